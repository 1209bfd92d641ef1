"""What a strategy is told of its place in a queue against the simulated venue's own places, on thinned random sessions.

The venue's place under either bound lies between the bounds that the local side gives, whatever the feed leaves out.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

import velora as vl
from velora.backtest.thinning import THINNINGS, thin
from velora.core.events import EventFlag, EventKind, Side
from velora.testkit import random_order_flow

_SOURCES = ("orders", *THINNINGS, "best3", "best2_snapshots", "gaps", "halts", "estimated")


def _disturbed(table, rng, source):
    """A session by level with rows that disturb it: gaps, each with a snapshot some time later, or halts."""
    columns = {name: getattr(table, name).tolist() for name in ("ts_event", "kind", "side", "price", "qty", "flags")}
    rows = list(zip(*columns.values(), strict=True))
    if source == "estimated":
        trade, estimated = int(EventKind.TRADE), int(EventFlag.CLOCK_ESTIMATED)
        rows = [(*row[:5], row[5] | estimated) if row[1] == trade else row for row in rows]
    out, levels, gapped = [], ({}, {}), False
    for at, row in enumerate(rows):
        ts, kind, side, price, qty, flags = row
        if kind == int(EventKind.DELTA):
            levels[side][price] = qty
        if not (gapped and kind == int(EventKind.DELTA) and rng.random() < 0.2):
            out.append(row)
        if not flags & 1 or at < 50 or source == "estimated":
            continue
        if source == "halts" and rng.random() < 0.02:
            out.append((ts, int(EventKind.STATUS), 2, 0, rng.randrange(2), 1))
        if source == "gaps" and not gapped and rng.random() < 0.01:
            out.append((ts, int(EventKind.GAP), 2, 0, 0, 1))
            gapped = True
        elif gapped and rng.random() < 0.03:
            out.append((ts, int(EventKind.SNAPSHOT_BEGIN), 2, 0, 0, 0))
            for one in (0, 1):
                shown = sorted((p for p, q in levels[one].items() if q > 0), reverse=one == 0)[:6]
                out += [(ts, int(EventKind.DELTA), one, p, levels[one][p], int(EventFlag.SNAPSHOT)) for p in shown]
            out.append((ts, int(EventKind.SNAPSHOT_END), 2, 0, 0, 1))
            gapped = False
    names = ("ts_event", "kind", "side", "price", "qty", "flags")
    columns = dict(zip(names, (list(one) for one in zip(*out, strict=True)), strict=True))
    return vl.EventTable.from_numpy(table.instrument, ts_recv=columns["ts_event"], **columns)


def _session(source, seed):
    table = random_order_flow(seed, 700, depth=8)
    if source == "orders":
        return table
    if source in ("gaps", "halts", "estimated"):
        return _disturbed(thin(table, "levels"), random.Random(seed), source)
    return thin(table, source)


class _Watcher(vl.Strategy):
    """Places orders around the market at random, moves and cancels some."""

    def __init__(self, seed, most):
        self.rng = random.Random(seed)
        self.most = most
        self.open = []

    def on_start(self):
        self.track_queue("TEST")
        self.every("7ms", self.act)

    def act(self):
        book, rng = self.book("TEST"), self.rng
        self.open = [order for order in self.open if not order.is_done]
        if len(self.open) < self.most and rng.random() < 0.4:
            side = rng.choice((Side.BUY, Side.SELL))
            best = book.best_bid_ticks if side == Side.BUY else book.best_ask_ticks
            away = rng.randrange(-1, 9)
            price = (best if best is not None else 1000) + (away if side == Side.SELL else -away)
            send = self.buy if side == Side.BUY else self.sell
            self.open.append(send("TEST", qty=rng.randrange(1, 4), price=price, post_only=True))
        elif self.open and rng.random() < 0.08:
            order = rng.choice(self.open)
            if not order.is_pending:
                self.amend(order, price=order.price_ticks + rng.randrange(-2, 3))
        elif self.open and rng.random() < 0.05:
            self.cancel(rng.choice(self.open))


def _check(source, seed, queue, latency):
    """How many places were compared, and how many of them were not certain."""
    # By order, what own orders took of recorded ones ahead stays ahead of later own orders: no feed shows that.
    watcher = _Watcher(seed, 1 if source == "orders" else 6)
    run = vl.Backtest(_session(source, seed), watcher, queue=queue, latency=latency).start()
    compared = unsure = 0
    while not run.has_ended:
        run.advance("5ms")
        book = run.book("TEST")
        for order in watcher.open:
            place = None if order.is_done or order.is_pending else watcher.queue_position(order)
            ahead = None if place is None else run.venue.queue_ahead(0, order.id)
            if ahead is None:
                continue
            assert 0.0 <= place.low_lots <= place.ahead_lots <= place.high_lots
            assert 0.0 <= place.confidence <= 1.0
            if source == "orders" and ahead == np.inf:
                continue  # by order a place stays unknown where the local side, by level, has seen what stands there
            # The venue looks at a level only when something happens there.
            if book.level_state_ticks(order.side, order.price_ticks) != vl.LevelState.UNKNOWN:
                ahead = min(ahead, book.qty_lots(order.side, order.price_ticks))
            told = (seed, order.id, run.now, ahead, place)
            assert place.low_lots <= ahead + 1e-9, told
            assert ahead <= place.high_lots + 1e-9, told
            compared += 1
            unsure += place.confidence < 1.0
    run.finish()
    return compared, unsure


@pytest.mark.parametrize("latency", [0, "3ms"])
@pytest.mark.parametrize("source", _SOURCES)
@pytest.mark.parametrize("queue", ["risk_averse", "optimistic"])
def test_the_venues_place_lies_between_the_bounds_of_the_estimate(source, queue, latency):
    compared = unsure = 0
    for seed in range(1, 4):
        counts = _check(source, seed, queue, vl.Latency(entry=latency, response=latency))
        compared, unsure = compared + counts[0], unsure + counts[1]
    assert compared > 100
    assert unsure > 0
