"""True fills lie between the bounds of the queue, whatever the feed leaves out.

Random sessions by order, first in, first out and without hidden orders, are thinned, begun in the middle, or cut by a
gap. On such sessions nothing may be outside the bounds: the pessimist fills no order before the session by order does,
and the optimist none later. Where a gap swallows the truth's own fill the optimist cannot know it, and is not asked.
"""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest

import velora as vl
from velora.backtest.bounds_check import draw_orders, run_orders
from velora.backtest.thinning import THINNINGS, levels_of, thin
from velora.core.events import EventFlag, EventKind
from velora.testkit import random_order_flow

SEEDS = range(4)
CHANGES = ("whole", "cut", "gap")
WINDOWS = ("best2", "best2_snapshots", "best3_cold")  # narrow ones, which orders leave and come back to
NEVER = np.iinfo(np.int64).max


@cache
def session(seed):
    """A session by level, its virtual orders, and the truth of each."""
    table = random_order_flow(seed, 1_500, prints=("level", "order")[seed % 2], trade_share=(0.15, 0.3)[seed // 2 % 2])
    orders = draw_orders(table, 100, life=("20ms", "4s"), seed=seed)
    return levels_of(table), orders, run_orders(table, orders)


def cut(feed, at):
    """The feed of somebody who subscribes in the middle of it, without a snapshot."""
    return feed.slice(int(np.searchsorted(feed.ts_event, at)), len(feed))


def with_gap(feed, begin, end):
    """The feed without its rows of [begin, end): a GAP row, and a snapshot at the end where it has levels."""
    names = ("ts_event", "kind", "side", "price", "qty", "flags", "order_id")
    first, last = (int(at) for at in np.searchsorted(feed.ts_event, (begin, end)))
    book = vl.OrderBookL2(feed.instrument)
    is_level = feed.kind[:last] == EventKind.DELTA
    for kind, side, price, qty in zip(*(getattr(feed, name)[:last].tolist() for name in names[1:5]), strict=True):
        if kind == EventKind.SNAPSHOT_BEGIN:
            book.clear()
        elif kind == EventKind.DELTA:
            book.set(side, price, qty)
    between = [(begin, EventKind.GAP, 2, 0, 0, EventFlag.LAST, 0)]
    if is_level.any():
        between.append((end, EventKind.SNAPSHOT_BEGIN, 2, 0, 0, 0, 0))
        for side in (0, 1):
            for price, qty in np.array(book.levels(side, 1_000)).T.tolist():
                between.append((end, EventKind.DELTA, side, price, qty, EventFlag.SNAPSHOT, 0))
        between.append((end, EventKind.SNAPSHOT_END, 2, 0, 0, EventFlag.LAST, 0))
    columns = {}
    for name, added in zip(names, zip(*between, strict=True), strict=True):
        column = getattr(feed, name)
        columns[name] = np.concatenate([column[:first], np.array(added, column.dtype), column[last:]])
    return vl.EventTable.from_numpy(feed.instrument, **columns)


def outside(thinning, change, seed):
    """Orders that the pessimist fills before the truth, and those that the optimist fills after it."""
    levels, orders, truth = session(seed)
    feed = thin(levels, thinning)
    begin, end = (
        int(levels.ts_event[int(len(levels) * share)]) for share in (0.3, random.Random(seed).uniform(0.32, 0.5))
    )
    if change == "cut":
        feed = cut(feed, end)
        known = orders["ts"] >= feed.ts_event[0]
        orders, truth = orders[known], truth[known]
    elif change == "gap":
        feed = with_gap(feed, begin, end)
    low, high = (run_orders(feed, orders, queue) for queue in ("risk_averse", "optimistic"))
    low, high, true = (np.where(ts < 0, NEVER, ts) for ts in (low, high, truth))
    swallowed = (change == "gap") & (truth >= begin) & (truth < end)
    return {
        "early": np.flatnonzero(low < true).tolist(),
        "late": np.flatnonzero((high > true) & ~swallowed).tolist(),
    }


CELLS = [(thinning, change) for thinning in (*THINNINGS, *WINDOWS) for change in CHANGES]


@pytest.mark.parametrize(("thinning", "change"), CELLS)
def test_true_fills_lie_between_the_bounds(thinning, change):
    found = {"early": {}, "late": {}}
    for seed in SEEDS:
        for side, orders in outside(thinning, change, seed).items():
            if orders:
                found[side][seed] = orders
    assert found == {"early": {}, "late": {}}


def test_the_sessions_fill_enough_to_say_something():
    for seed in SEEDS:
        _, orders, truth = session(seed)
        assert len(orders) == 100
        assert (truth >= 0).sum() >= 10
