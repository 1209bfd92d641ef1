"""What a feed is made of, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.backtest.feed import Columns
from velora.backtest.feed_stats import FeedStats
from velora.core.events import EventFlag, EventKind

INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1")
WHOLE, BLOCK, EVERY = 16_384, 4_096, 64


def made(rows, seed=0, step_ns=1_000):
    """Random rows: mostly of the book, some trades, now and then a gap and the snapshot that ends it."""
    rng = np.random.default_rng(seed)
    kind = rng.choice([2, 3, 1, 10], rows, p=[0.2, 0.77, 0.02, 0.01]).astype(np.uint8)
    for at in range(500, rows - 40, 3_000):
        kind[at], kind[at + 20], kind[at + 30] = EventKind.GAP, EventKind.SNAPSHOT_BEGIN, EventKind.SNAPSHOT_END
    flags = rng.choice([0, 1, 4, 8, 16, 10], rows, p=[0.2, 0.75, 0.01, 0.02, 0.01, 0.01]).astype(np.uint8)
    event = 10**18 + np.cumsum(rng.integers(0, 5, rows)) * step_ns
    recv = np.maximum.accumulate(event + rng.integers(-1, 30, rows) * step_ns)
    price, qty = rng.integers(1, 100, rows), rng.integers(0, 50, rows)
    return vl.EventTable.from_numpy(
        INSTRUMENT, ts_event=event, ts_recv=recv, kind=kind, side=np.zeros(rows, np.uint8), price=price, qty=qty,
        flags=flags,
    )  # fmt: skip


def counted(table, chunk):
    stats = FeedStats()
    for part in table.chunks(chunk):
        stats.add(Columns.of(part))
    return stats.to_dict()


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 5_000, 300_000])
def test_counts_of_kinds_and_flags_are_those_of_numpy(rows):
    table = made(rows, seed=rows)
    found = counted(table, 10_000)
    kind, flags = table.kind, table.flags
    assert found["rows"] == rows
    assert found["book_rows"] == int(np.isin(kind, (2, 3)).sum())
    assert found["trades"] == int((kind == EventKind.TRADE).sum())
    assert found["gaps"] == int((kind == EventKind.GAP).sum())
    assert found["snapshots"] == int((kind == EventKind.SNAPSHOT_BEGIN).sum())
    on_book = (kind == EventKind.TRADE) & (flags & EventFlag.OFF_BOOK == 0)
    assert found["volume_lots"] == int(table.qty[on_book].sum())
    assert found["off_book_trades"] == int((flags & EventFlag.OFF_BOOK != 0).sum())
    assert found["hidden_trades"] == int((flags & EventFlag.HIDDEN != 0).sum())
    estimated = (flags & EventFlag.CLOCK_ESTIMATED != 0) & (flags & EventFlag.SNAPSHOT == 0)
    assert found["estimated_rows"] == int(estimated.sum())
    assert found["span_ns"] == int(table.ts_event[-1] - table.ts_event[0])


def test_chunks_change_nothing():
    table = made(300_000)
    whole = counted(table, 300_000)
    assert whole == counted(table, 1_000) == counted(table, 7_777) == counted(table, 65_536)
    blocks = [block for block in range(300_000 // BLOCK + 1) if block * BLOCK < WHOLE or block % EVERY == 0]
    assert whole["sampled_rows"] == sum(min(BLOCK, 300_000 - block * BLOCK) for block in blocks)


def test_gaps_and_latency_are_the_quantiles_of_numpy_to_one_part_in_eight():
    table = made(WHOLE, seed=3)
    found = counted(table, WHOLE)
    event, recv = table.ts_event, table.ts_recv
    is_book = np.isin(table.kind, (2, 3))
    book_gaps = np.diff(event[is_book])
    ticks = np.diff(event)
    is_instant = np.append(True, (np.diff(event) != 0) | (np.diff(recv) != 0))
    latency = (recv - event)[is_instant]
    for name, values in (
        ("book_gap", book_gaps[book_gaps > 0]),
        ("tick_gap", ticks[ticks > 0]),
        ("feed_latency", latency[latency >= 0]),
    ):
        for label, share in (("median", 0.5), ("p99", 0.99)):
            wanted = np.quantile(values, share, method="inverted_cdf")
            assert found[f"{name}_{label}_ns"] == pytest.approx(wanted, rel=1 / 8), name
    assert found["recv_before_event_rows"] == int((recv < event).sum())


def test_feed_is_stale_from_a_gap_to_the_end_of_the_next_snapshot():
    kinds = [
        3,
        EventKind.GAP,
        EventKind.GAP,
        3,
        EventKind.SNAPSHOT_BEGIN,
        3,
        EventKind.SNAPSHOT_END,
        3,
        EventKind.GAP,
        3,
    ]
    ts = [0, 10, 20, 30, 40, 50, 60, 70, 80, 100]
    table = vl.EventTable.from_numpy(INSTRUMENT, ts_event=ts, kind=kinds, side=[0] * 10, price=[1] * 10, qty=[1] * 10)
    assert counted(table, 10)["stale_ns"] == (60 - 10) + (100 - 80)
    assert counted(table, 3)["stale_ns"] == 70


@pytest.mark.parametrize(("step", "resolution"), [(1, 1), (1_000, 1_000), (5_000_000, 1_000_000), (10**9, 10**9)])
def test_resolution_of_a_clock_is_what_all_instants_are_multiples_of(step, resolution):
    found = counted(made(2_000, step_ns=step), 2_000)
    assert (found["resolution_event_ns"], found["resolution_recv_ns"]) == (resolution, resolution)


def test_feed_without_rows_has_no_figures():
    found = FeedStats().to_dict()
    assert found["rows"] == found["span_ns"] == 0
    assert found["book_gap_median_ns"] is found["resolution_event_ns"] is None
