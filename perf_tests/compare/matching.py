"""Matching alone: Velora's engine against those of the registry, on one stream of commands.

A mix as venues see it: 9 % new orders, 3 % IOC, 6 % cancels, 82 % amends, on a book of some thousand orders around a
mid that moves. The peers have no amend: theirs is a cancel and a new order, as their users write it. ``one call`` hands
all commands to the compiled engine at once, ``batches`` 100 a call from Python. Percentiles are of single calls from
Python, and hold the call.

A slower figure here than in the last run on the same machine means that the engine's lists, the book by order or the
map of ids has become slower.

    python -m perf_tests.compare.matching [--json] [--commands N] [--passes N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import velora as vl
from perf_tests.compare.figures import Figure, show
from perf_tests.compare.peer import Peer
from velora.sim.matching import COMMAND, MatchAction, MatchingEngine

PEERS = ("litebook-0.0.1", "cython-orderbook-0.1.2", "orderly-chaos-0.2.0")
NEW, AMEND, CANCEL = int(MatchAction.NEW), int(MatchAction.AMEND), int(MatchAction.CANCEL)
LIVE, IOC = 3_000, int(vl.TimeInForce.IOC)


def make_commands(count: int, seed: int) -> NDArray[np.void]:
    """The stream, with the orders that stand at its beginning before it."""
    rng = np.random.default_rng(seed)
    out = np.zeros(count + LIVE, COMMAND)
    live: list[tuple[int, int]] = []
    mid, next_id = 100_000, 1
    draws, gaps = rng.random(len(out)), 1 + rng.geometric(0.08, len(out))
    sides, lots, steps = rng.integers(0, 2, len(out)), rng.integers(1, 100, len(out)), rng.normal(0, 0.02, len(out))
    picks = rng.random(len(out))
    drift = 0.0
    for at in range(len(out)):
        row = out[at]
        drift += steps[at]
        mid = 100_000 + round(drift)
        kind = 0.0 if at < LIVE or len(live) < LIVE // 2 else draws[at]
        row["owner"], row["ts"] = 1 + at % 50, at
        if kind < 0.12:
            is_ioc = at >= LIVE and kind >= 0.09
            side = int(sides[at])
            away = -2 if is_ioc else int(gaps[at])
            row["action"], row["order_id"], row["side"] = NEW, next_id, side
            row["price"], row["qty"] = mid - away if side == 0 else mid + away, lots[at]
            row["tif"] = IOC if is_ioc else 0
            if not is_ioc:
                live.append((next_id, side))
            next_id += 1
            continue
        pick = int(picks[at] * len(live))
        order_id, side = live[pick]
        row["order_id"], row["side"] = order_id, side
        row["owner"] = 0
        if kind < 0.18:
            row["action"] = CANCEL
            live[pick] = live[-1]
            live.pop()
        else:
            row["action"] = AMEND
            away = int(gaps[at])
            row["price"], row["qty"] = mid - away if side == 0 else mid + away, lots[at]
    owners = {int(row["order_id"]): int(row["owner"]) for row in out if row["action"] == NEW}
    out["owner"] = [owners[order_id] for order_id in out["order_id"].tolist()]
    return out


def run_velora(commands: NDArray[np.void], batch: int) -> dict[str, Any]:
    """One pass; `batch` 0 is all in one call."""
    engine = MatchingEngine(vl.Instrument("MATCH", tick_size="1", lot_size="1"))
    parts = [commands] if batch == 0 else [commands[at : at + batch] for at in range(0, len(commands), batch)]
    began = time.perf_counter()
    for part in parts:
        engine.apply(part)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "hash": f"{engine.state_hash():016x}", "trades": engine.trades}


def percentiles(commands: NDArray[np.void]) -> str:
    """Of single calls, ns."""
    engine = MatchingEngine(vl.Instrument("MATCH", tick_size="1", lot_size="1"))
    clock, apply = time.perf_counter_ns, engine.apply
    spent = np.empty(len(commands), np.int64)
    for at in range(len(commands)):
        one = commands[at : at + 1]
        began = clock()
        apply(one)
        spent[at] = clock() - began
    return ", ".join(f"p{q:g} {np.percentile(spent, q):,.0f} ns" for q in (50, 99, 99.9))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.matching", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--commands", type=int, default=300_000)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    commands = make_commands(arguments.commands, arguments.seed)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        session = Path(folder) / "commands.npz"
        columns = {name: commands[name] for name in ("action", "order_id", "side", "price", "qty")}
        np.savez(session, ioc=commands["tif"] == IOC, **columns)
        for name in PEERS:
            peer = Peer(name, "matching_engines.py", session)
            engine = name.rpartition("-")[0]
            for batch, figure in ((0, "matching, one call"), (100, "matching, 100 commands a call, from Python")):
                own = partial(run_velora, commands, batch)
                own(), peer.run(engine)
                passes = [(own(), peer.run(engine)) for _ in range(arguments.passes)]
                figures.append(
                    Figure(
                        figure=figure,
                        unit="commands/s",
                        items=len(commands),
                        velora_s=tuple(mine["seconds"] for mine, _ in passes),
                        peer_s=tuple(theirs["seconds"] for _, theirs in passes),
                        peer_name=name.replace("-", " "),
                        hash=passes[-1][0]["hash"],
                    )
                )
            peer.close()
    print(f"single calls from Python: {percentiles(commands)}", file=sys.stderr)
    print(f"{run_velora(commands, 0)['trades']:,} trades in {len(commands):,} commands", file=sys.stderr)
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
