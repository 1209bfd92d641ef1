"""Replay of one synthetic session: Velora against hftbacktest, with the same latency and queue rule.

Both keep the venue's book and the local book of each row, wake the strategy each 100 ms of local time, and in the
second workload quote both sides around the mid with an inventory cap. Same rows in memory, same feed latency (from
the rows' two clocks), one millisecond of order latency each way, risk-averse queues. A slower figure here than in the
last run on the same machine means that the engine's loop, its book or its wake-ups have become slower.

    python -m perf_tests.compare.replay [--json] [--events N] [--passes N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import velora as vl
from perf_tests.compare.figures import Figure, show
from perf_tests.compare.peer import Peer
from velora.strategy.examples import MarketMaker

PEER = "hftbacktest-2.4.4"
ORDER_LATENCY_NS = 1_000_000
QTY_LOTS, CAP_LOTS, OFFSET_TICKS = 10, 100, 1.0


class Timer(vl.Strategy):
    """Wakes each 100 ms and does nothing."""

    def on_start(self) -> None:
        self.wakes = 0
        self.every("100ms", self.wake)

    def wake(self) -> None:
        self.wakes += 1


class Quoter(MarketMaker):
    """The market maker, counting its wakes."""

    def on_start(self) -> None:
        self.wakes = 0
        super().on_start()

    def requote(self) -> None:
        self.wakes += 1
        super().requote()


def make_session(events: int, seed: int) -> vl.EventTable:
    """Trades and level updates, without quotes: hftbacktest does not read them."""
    return vl.SyntheticMarket(seed, events=events, quotes=False).table()


def save_session(table: vl.EventTable, path: Path) -> None:
    """Write the rows and the assumptions for the peer."""
    tick, lot = float(table.instrument.tick_size), float(table.instrument.lot_size)
    traded = table.price[(table.kind == vl.EventKind.TRADE) | (table.kind == vl.EventKind.DELTA)]
    np.savez(
        path,
        ts_event=table.ts_event,
        ts_recv=table.ts_recv,
        kind=table.kind,
        side=table.side,
        flags=table.flags,
        price=table.price,
        qty=table.qty,
        tick=tick,
        lot=lot,
        order_latency=ORDER_LATENCY_NS,
        offset=OFFSET_TICKS,
        quote_qty=QTY_LOTS * lot,
        cap=CAP_LOTS * lot,
        low=(int(traded.min()) - 1000) * tick,
        high=(int(traded.max()) + 1000) * tick,
    )


def run_velora(table: vl.EventTable, workload: str) -> dict[str, Any]:
    """One pass of Velora; seconds and what it saw."""
    strategy = (
        Timer() if workload == "timer" else Quoter(qty_lots=QTY_LOTS, cap_lots=CAP_LOTS, offset_ticks=OFFSET_TICKS)
    )
    run = vl.Backtest(table, strategy, latency=vl.ns(ORDER_LATENCY_NS), sample=0).start()
    began = time.perf_counter()
    run.advance_to_end()
    seconds = time.perf_counter() - began
    book = run.book(table.instrument)
    result = run.finish()
    return {
        "seconds": seconds,
        "rows": result.rows,
        "wakes": strategy.wakes,
        "orders": result.counters["orders"],
        "fills": result.counters["fills"],
        "bid": book.best_bid_ticks,
        "ask": book.best_ask_ticks,
        "hash": result.hash,
    }


def compare(table: vl.EventTable, peer: Peer, workload: str, peer_workload: str, kind: str, passes: int) -> Figure:
    """Passes of both in turn; raises when they did not see the same market."""
    run_velora(table, workload)
    peer.run(f"{peer_workload} {kind}")
    own, other = [], []
    for _ in range(passes):
        own.append(run_velora(table, workload))
        other.append(peer.run(f"{peer_workload} {kind}"))
    mine, theirs = own[-1], other[-1]
    if (mine["bid"], mine["ask"]) != (theirs["bid"], theirs["ask"]):
        raise SystemExit(f"the books differ at the end: {mine} against {theirs}")
    if abs(mine["wakes"] - theirs["wakes"]) > 1:
        raise SystemExit(f"the strategies woke differently: {mine['wakes']} and {theirs['wakes']} times")
    print(
        f"{workload}, {kind}: {mine['wakes']} and {theirs['wakes']} wakes, "
        f"{mine['orders']} and {theirs['orders']} orders, {mine['fills']} and {theirs['fills']} fills",
        file=sys.stderr,
    )
    variant = (
        f"{PEER.replace('-', ' ')} {kind}, {'CPython' if peer_workload.endswith('python') else 'compiled'} strategy"
    )
    return Figure(
        figure={"timer": "replay, 100 ms wake-up", "quoter": "replay, market maker on 100 ms"}[workload],
        unit="rows/s",
        items=len(table),
        velora_s=tuple(one["seconds"] for one in own),
        peer_s=tuple(one["seconds"] for one in other),
        peer_name=variant,
        hash=mine["hash"],
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.replay", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    table = make_session(arguments.events, arguments.seed)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        session = Path(folder) / "session.npz"
        save_session(table, session)
        peer = Peer(PEER, "hftbacktest_replay.py", session)
        for workload, peer_workload, kind in (
            ("timer", "timer", "ROIVector"),
            ("timer", "timer", "HashMap"),
            ("quoter", "quoter", "ROIVector"),
            ("quoter", "quoter", "HashMap"),
            ("quoter", "quoter-python", "ROIVector"),
        ):
            figures.append(compare(table, peer, workload, peer_workload, kind, arguments.passes))
        peer.close()
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
