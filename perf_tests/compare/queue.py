"""Places in queues: Velora's followed orders against mbo-queue's shadow orders, one by one.

On the CME session of market by order data both sides place a bid and an ask of one lot behind the best levels each
second and follow them for 60 s, by the true queue and by six estimators. Compared are, shadow by shadow: instant,
price and lots ahead at joining, the sums of the estimators' errors of the place (which hold the true place at every
change of the level), the number of these, the true instant of the fill, and that of each estimator.

mbo-queue's estimators are queue models that Velora has:

    risk_averse       risk_averse
    prob_power1..3    rigtorp(1) to rigtorp(3): E. Rigtorp, "Estimating order queue position" (2013), f(x) = x**n
    prob_log          rigtorp: f(x) = ln(1 + x)
    front_optimistic  optimistic

One rule differs. An execution record (F) at another price than its order's is the aggressor's own here; mbo-queue takes
it to be a fill where the order rests. The comparison is made with these records as they are, and once more with them
taken out of what mbo-queue reads: a shadow that still differs is not explained, and the command fails.

    python -m perf_tests.compare.queue [--json] [--update]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import velora as vl
from perf_tests.compare.book import CME, orders_columns
from perf_tests.compare.peer import Peer
from velora.core.events import EventFlag, EventKind
from velora.data.importers.databento import read_records
from velora.sim.queue_follow import follow_orders
from velora.sim.queue_model import QueueModel

__all__ = ["GOLDEN", "HORIZON_NS", "MODELS", "compare", "differences", "place_times", "placements"]

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "mboqueue_shadows.npz"
HORIZON_NS = 60_000_000_000
#: The peer's estimators, as Velora's models.
MODELS = {
    "risk_averse": "risk_averse",
    "prob_power1": "rigtorp(1)",
    "prob_power2": "rigtorp(2)",
    "prob_power3": "rigtorp(3)",
    "prob_log": "rigtorp",
    "front_optimistic": "optimistic",
}
#: Sums of errors are of fractions of lots in another order of operations.
_ERROR_LOTS = 1e-6


def place_times(table: vl.EventTable) -> NDArray[np.int64]:
    """Ends of events after the opening snapshot, the first of each second: both sides have an event there."""
    is_end = (table.flags & EventFlag.LAST != 0) & (table.kind != EventKind.TRADE)
    is_end[: int(np.flatnonzero(table.kind == EventKind.SNAPSHOT_END)[0]) + 1] = False
    ends = np.unique(table.ts_event[is_end])
    grid = np.arange(ends[0], ends[-1], 1_000_000_000)
    return np.unique(ends[np.searchsorted(ends, grid)])


def placements(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """A bid and an ask behind the best level at each instant."""
    rows = np.zeros((len(times), 2, 3), np.int64)
    rows[:, :, 0] = times[:, None]
    rows[:, 1, 2] = 1
    return rows.reshape(-1, 3)


def _elsewhere(records: NDArray[Any]) -> NDArray[np.bool_]:
    """Executions at another price than that of their order."""
    prices: dict[int, int] = {}
    found = np.zeros(len(records), np.bool_)
    columns = (records[name].tolist() for name in ("action", "order_id", "price"))
    for at, (action, order_id, price) in enumerate(zip(*columns, strict=True)):
        if action in b"AM":
            prices[order_id] = price
        elif action == ord("F"):
            found[at] = prices.get(order_id, price) != price
    return found


def differences(followed: Any, shadows: dict[str, NDArray[Any]], tick: int) -> dict[str, NDArray[np.bool_]]:
    """For each quantity, the shadows in which both sides differ."""
    orders, estimates = followed.orders, followed.estimates
    off = np.abs(estimates["error"] - shadows["err_sum"]) > _ERROR_LOTS
    off |= np.abs(estimates["absolute"] - shadows["abserr_sum"]) > _ERROR_LOTS
    return {
        "instant": orders["ts_start"] != shadows["t_place"],
        "price": orders["price"] * tick != shadows["price"],
        "side": np.where(orders["side"] == 0, 1, -1) != shadows["side"],
        "lots ahead at joining": orders["ahead_start"] != shadows["q0"],
        "comparisons of the place": orders["places"] != shadows["nobs"],
        "true fill": orders["ts_fill"] != shadows["true_t_fill"],
        **{f"fill by {name}": estimates["ts_fill"][:, at] != shadows["est_t_fill"][:, at]
           for at, name in enumerate(MODELS)},
        **{f"place by {name}": off[:, at] for at, name in enumerate(MODELS)},
    }  # fmt: skip


def compare(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Run both sides; figures, and the peer's shadows without the records of the rule that differs."""
    table, _ = orders_columns(CME, folder)
    records, _, _ = read_records(CME)
    tick = int(table.instrument.tick_size * 10**9)
    times = place_times(table)
    names = ("ts_event", "order_id", "price", "size", "flags", "action", "side")
    session = folder / "session.npz"
    elsewhere = _elsewhere(records)
    np.savez(session, tick=tick, horizon_ns=HORIZON_NS, place_times=times, is_elsewhere=elsewhere,
             **{name: records[name] for name in names})  # fmt: skip
    began = time.perf_counter()
    models = [QueueModel.of(name) for name in MODELS.values()]
    followed = follow_orders(
        table, models, placements=placements(times), horizon_ns=HORIZON_NS, every=0, has_trades=True, crosses=False
    )
    seconds = time.perf_counter() - began
    figures: dict[str, Any] = {
        "shadows": len(followed.orders),
        "records_elsewhere": int(elsewhere.sum()),
        "seconds": seconds,
        "executed": followed.executed,
        "executed_first": followed.executed_first,
        "truly_filled": int((followed.orders["ts_fill"] >= 0).sum()),
        "filled_by": dict(zip(MODELS, (followed.estimates["ts_fill"] >= 0).sum(axis=0).tolist(), strict=True)),
    }
    peer = Peer("mbo-queue-0.7.0", "mboqueue_shadows.py", session)
    shadows: dict[str, NDArray[Any]] = {}
    for rules in ("recorded", "record_price", "without"):
        path = folder / f"{rules}.npz"
        seen = peer.run(f"{rules} {path}")
        shadows = dict(np.load(path))
        if len(shadows["sid"]) != len(followed.orders):
            raise SystemExit(f"{len(followed.orders)} orders against {len(shadows['sid'])} shadows")
        found = differences(followed, shadows, tick)
        figures[rules] = {
            "peer_seconds": seen["seconds"],
            "peer_executed": seen["executed"],
            "peer_executed_first": seen["executed_first"],
            "differ": {name: int(rows.sum()) for name, rows in found.items()},
            "shadows_differ": int(np.any(list(found.values()), axis=0).sum()),
        }
    peer.close()
    without = figures["without"]
    figures["unexplained"] = without["shadows_differ"]
    figures["fifo_differs"] = without["peer_executed_first"] != followed.executed_first
    return figures, shadows | {"place_times": times, "tick": np.array(tick)}


def _update(shadows: dict[str, NDArray[Any]]) -> None:
    """Keep the peer's shadows; instants as distances from the joining, which compress."""
    kept = {name: shadows[name] for name in ("side", "price", "q0", "nobs", "place_times", "tick")}
    start = shadows["t_place"]
    kept["t_place"] = np.diff(start, prepend=0)
    kept["true_t_fill"] = np.where(shadows["true_t_fill"] < 0, -1, shadows["true_t_fill"] - start)
    after = np.where(shadows["est_t_fill"] < 0, -1, shadows["est_t_fill"] - start[:, None])
    kept["est_t_fill"] = after
    kept["err_sum"] = shadows["err_sum"]
    kept["abserr_sum"] = shadows["abserr_sum"]
    GOLDEN.parent.mkdir(exist_ok=True)
    np.savez_compressed(GOLDEN, **kept)
    print(f"wrote {GOLDEN}: {GOLDEN.stat().st_size:,} bytes", file=sys.stderr)


def _show(figures: dict[str, Any]) -> None:
    print(f"{figures['shadows']:,} shadows; truly filled {figures['truly_filled']:,}, {figures['seconds']:.2f} s")
    print(f"first in, first out: {figures['executed_first']:,} of {figures['executed']:,} executions")
    for rules, title in (
        ("recorded", f"all records, {figures['records_elsewhere']} executions at another price than their order's"),
        ("record_price", "the peer's truth_record_price"),
        ("without", "without these executions"),
    ):
        one = figures[rules]
        print(f"\n{title}: {one['shadows_differ']:,} shadows differ ({one['peer_seconds']:.2f} s)")
        print(f"  first in, first out: {one['peer_executed_first']:,} of {one['peer_executed']:,} executions")
        for name, count in one["differ"].items():
            if count:
                print(f"  {name:<28}{count:>8,}")


def main() -> None:
    """Compare and print; exit 1 when a difference is not explained."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.queue", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--update", action="store_true", help="write the peer's shadows to tests/golden")
    arguments = parser.parse_args()
    if not CME.is_file():
        raise SystemExit(f"the session is not here: {CME}")
    with tempfile.TemporaryDirectory() as name:
        figures, shadows = compare(Path(name))
    if arguments.json:
        print(json.dumps(figures))
    else:
        _show(figures)
    if figures["unexplained"] or figures["fifo_differs"]:
        raise SystemExit(f"{figures['unexplained']} shadows differ without a reason")
    if arguments.update:
        _update(shadows)


if __name__ == "__main__":
    main()
