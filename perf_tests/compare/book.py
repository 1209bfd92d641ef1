"""Order books: Velora against the books of its peers, on the same updates.

By level (L2): N level updates of a synthetic session. ``touch`` reads the best prices after every update inside
compiled code, ``delta`` does so from Python, one call an update, and ``batch`` applies 100 updates a call without
reading. The touch at the end must be the same. By order (L3): a CME session of market by order data (against
mbo-queue, on the same records) and two LOBSTER sessions, looped; these need the recorded sessions and are left out
where they are not.

A slower figure here than in the last run on the same machine means that the ladder's page, the pool of orders or the
call from Python has become slower.

    python -m perf_tests.compare.book [--json] [--updates N] [--passes N]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import velora as vl
from perf_tests.compare.figures import Figure, show
from perf_tests.compare.peer import Peer
from velora.data.importers import detect_format, import_files

SHARED = Path(os.environ.get("VELORA_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
CME = SHARED / "databento_cme" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
LOBSTER = [
    SHARED / "lobster" / f"LOBSTER_SampleFile_{name}.zip" for name in ("GOOG_2012-06-21_10", "AAPL_2012-06-21_1")
]
LOOPS = 20


class Levels:
    """The updates of a session, and Velora's passes over them."""

    def __init__(self, updates: int, seed: int) -> None:
        table = vl.SyntheticMarket(seed, events=round(updates * 1.1) + 10_000, quotes=False).table()
        rows = np.flatnonzero(table.kind == vl.EventKind.DELTA)[:updates]
        self.instrument = table.instrument
        self.kind, self.side, self.price, self.qty = (
            np.ascontiguousarray(getattr(table, name)[rows]) for name in ("kind", "side", "price", "qty")
        )
        self._touch = np.zeros((len(rows), 2), np.int64)
        self._updates = (self.side.tolist(), self.price.tolist(), self.qty.tolist())
        columns = (self.kind, self.side, self.price, self.qty)
        self._batches = [tuple(column[at : at + 100] for column in columns) for at in range(0, len(rows), 100)]

    def __len__(self) -> int:
        return len(self.kind)

    def save(self, path: Path) -> None:
        """Write the updates for the peers."""
        np.savez(
            path,
            side=self.side,
            price=self.price,
            qty=self.qty,
            tick=float(self.instrument.tick_size),
            lot=float(self.instrument.lot_size),
        )

    def run(self, workload: str) -> dict[str, Any]:
        """One pass."""
        book = vl.OrderBookL2(self.instrument)
        if workload == "touch":
            began = time.perf_counter()
            book.apply(self.kind, self.side, self.price, self.qty, self._touch)
            seconds = time.perf_counter() - began
        elif workload == "whole":
            began = time.perf_counter()
            book.apply(self.kind, self.side, self.price, self.qty)
            seconds = time.perf_counter() - began
        elif workload == "batch":
            apply, batches = book.apply, self._batches
            began = time.perf_counter()
            for kind, side, price, qty in batches:
                apply(kind, side, price, qty)
            seconds = time.perf_counter() - began
        else:
            set_level, updates = book.set, self._updates
            began = time.perf_counter()
            for is_touch in map(set_level, *updates):  # says whether the touch may have changed
                if is_touch:
                    _ = book.touch
            seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "bid": book.best_bid_ticks,
            "ask": book.best_ask_ticks,
            "hash": f"{book.state_hash():016x}",
        }


def in_turn(
    own: Callable[[], dict[str, Any]], peer: Callable[[], dict[str, Any]], passes: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Passes of both sides in turn, after one of each that does not count."""
    own(), peer()
    mine, theirs = [], []
    for _ in range(passes):
        mine.append(own())
        theirs.append(peer())
    return mine, theirs


def levels_figures(updates: int, passes: int, seed: int, folder: Path) -> list[Figure]:
    levels = Levels(updates, seed)
    session = folder / "levels.npz"
    levels.save(session)
    figures = []
    for environment, script, workloads in (
        (
            "hftbacktest-2.4.4",
            "hftbacktest_book.py",
            [(own, f"{own if own == 'touch' else 'batch'} {depth}") for own in ("touch", "whole")
             for depth in ("ROIVector", "HashMap")],
        ),
        ("nautilus_trader-1.221.0", "nautilus_book.py", [("delta", "delta"), ("batch", "batch")]),
        ("nautilus_trader-2.0.0rc6", "nautilus_book.py", [("delta", "delta"), ("batch", "batch")]),
        ("lrvx-0.11.0", "lrvx_book.py", [("delta", "delta"), ("batch", "batch")]),
        ("sortedcontainers-2.4.0", "sortedcontainers_book.py", [("delta", "delta")]),
    ):  # fmt: skip
        peer = Peer(environment, script, session)
        for own, theirs in workloads:
            mine, others = in_turn(partial(levels.run, own), partial(peer.run, theirs), passes)
            if (mine[-1]["bid"], mine[-1]["ask"]) != (others[-1]["bid"], others[-1]["ask"]):
                raise SystemExit(f"the books differ at the end: {mine[-1]} against {others[-1]} of {environment}")
            named = {
                "touch": "L2, best read after each, compiled",
                "whole": "L2, all updates in one call",
                "delta": "L2, one call an update, best known after it, from Python",
                "batch": "L2, 100 updates a call, from Python",
            }[own]
            depth = theirs.partition(" ")[2]
            figures.append(
                Figure(
                    figure=named,
                    unit="updates/s",
                    items=len(levels),
                    velora_s=tuple(one["seconds"] for one in mine),
                    peer_s=tuple(one["seconds"] for one in others),
                    peer_name=f"{environment.replace('-', ' ')} {depth}".strip(),
                    hash=mine[-1]["hash"],
                )
            )
        peer.close()
    return figures


def orders_columns(path: Path, folder: Path) -> tuple[vl.EventTable, int]:
    """Order rows of a recorded session, and the messages of the file."""
    catalog = vl.Catalog(folder / f"catalog-{path.stem}", create=True)
    summary = import_files([path], catalog, format=detect_format([path]))
    return catalog.source(summary.instruments[0].name).table(), summary.lines


def replay_orders(table: vl.EventTable, loops: int) -> dict[str, Any]:
    """The rows again and again, the book emptied in between."""
    book = vl.OrderBookL3(table.instrument, orders=100_000)
    columns = (table.kind, table.side, table.price, table.qty, table.order_id)
    book.apply(*columns)
    began = time.perf_counter()
    for _ in range(loops):
        book.apply(*columns)  # begins with a snapshot, which empties the book
    seconds = (time.perf_counter() - began) / loops
    return {"seconds": seconds, "hash": f"{book.state_hash():016x}"}


def orders_figures(passes: int, folder: Path) -> list[Figure]:
    from velora.data.importers.databento import read_records

    table, messages = orders_columns(CME, folder)
    records, _, _ = read_records(CME)
    session = folder / "orders.npz"
    tick = int(table.instrument.tick_size * 10**9)
    names = ("ts_event", "order_id", "price", "size", "flags", "action", "side")
    np.savez(session, tick=tick, **{name: records[name] for name in names})
    peer = Peer("mbo-queue-0.7.0", "mboqueue_orders.py", session)
    mine, others = in_turn(lambda: replay_orders(table, LOOPS), lambda: peer.run("replay"), passes)
    peer.close()
    return [
        Figure(
            figure="L3, a CME session by order",
            unit="messages/s",
            items=messages,
            velora_s=tuple(one["seconds"] for one in mine),
            peer_s=tuple(one["seconds"] for one in others),
            peer_name="mbo-queue 0.7.0 (with its outcome tables)",
            hash=mine[-1]["hash"],
        )
    ]


def lobster_rates(passes: int, folder: Path) -> None:
    """Velora alone: there is no peer for these files."""
    for path in LOBSTER:
        table, messages = orders_columns(path, folder)
        best = min(replay_orders(table, LOOPS)["seconds"] for _ in range(passes))
        print(
            f"{table.instrument.symbol}: {messages / best / 1e6:.1f} M messages/s, "
            f"{len(table) / best / 1e6:.1f} M rows/s ({len(table):,} rows of {messages:,} messages, looped)",
            file=sys.stderr,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.book", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--updates", type=int, default=500_000)
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = levels_figures(arguments.updates, arguments.passes, arguments.seed, folder)
        if CME.is_file():
            figures += orders_figures(arguments.passes, folder)
            lobster_rates(arguments.passes, folder)
        else:
            print(f"the sessions by order are left out: {CME} is not here", file=sys.stderr)
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
