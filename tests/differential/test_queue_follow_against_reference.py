"""Followed orders against a slow follower that keeps the set of orders ahead of each."""

from __future__ import annotations

import random

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.sim.queue_follow import CAUSES, ENDS, follow_orders
from velora.sim.queue_model import QueueModel

INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1")
ADD, CHANGE, CANCEL, EXECUTE = (
    EventKind.ORDER_ADD,
    EventKind.ORDER_CHANGE,
    EventKind.ORDER_CANCEL,
    EventKind.ORDER_EXECUTE,
)
BEGIN, END, GAP = EventKind.SNAPSHOT_BEGIN, EventKind.SNAPSHOT_END, EventKind.GAP
LAST, SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
MODELS = ["risk_averse", "optimistic", "proportional", "rigtorp", "power1(2)", "power3"]
HORIZON = 200


class Follower:
    """One followed order."""

    def __init__(self, key, side, price, ts, ahead, own, models):
        self.key, self.side, self.price, self.ts = key, side, price, ts
        self.ahead = dict(ahead)  # id -> lots
        self.own = own  # id of a real order
        self.start = self.before = sum(ahead.values())
        self.fill = self.end_ts = -1
        self.end, self.cause = "OPEN", "QUEUE"
        self.places, self.seen = 0, 0
        self.fresh = own is not None
        self.estimates = [[float(self.start), 0.0, 0.0, -1] for _ in models]

    @property
    def lives(self):
        return self.end == "OPEN"


class Reference:
    """The rules of queue_follow.h, said again with dictionaries."""

    def __init__(self, models, placements, every):
        self.models, self.placements, self.every = models, list(placements), every
        self.levels = {}  # (side, price) -> {id: lots}, in priority
        self.where = {}
        self.followers, self.prints, self.touched = [], [], set()
        self.count = 0
        self.quiet = self.stale = False

    def total(self, side, price):
        return sum(self.levels.get((side, price), {}).values())

    def best(self, side):
        prices = [price for (at, price), orders in self.levels.items() if at == side and orders]
        return None if not prices else max(prices) if side == 0 else min(prices)

    def is_crossed(self):
        bid, ask = self.best(0), self.best(1)
        return bid is not None and ask is not None and bid >= ask

    def better(self, side, price, other):
        """Whether `price` stands before `other` on a side."""
        return price > other if side == 0 else price < other

    def stop(self, one, how, ts):
        one.end, one.end_ts = how, ts

    def add(self, key, side, price, qty, ts, news):
        ahead = dict(self.levels.get((side, price), {}))
        self.levels.setdefault((side, price), {})[key] = qty
        self.where[key] = (side, price)
        self.count += 1
        if not news and not self.quiet:
            for one in self.at(side, price):
                self.stop(one, "LOST", ts)
        if news and self.every and self.count % self.every == 0:
            one = Follower(key, side, price, ts, ahead, key, self.models)
            one.seen = len(self.prints)
            self.followers.append(one)
        self.touched.add((side, price))

    def at(self, side, price):
        return [one for one in self.followers if one.lives and (one.side, one.price) == (side, price)]

    def take(self, key, lots, ts, *, executed, known=True):
        side, price = self.where[key]
        level = self.levels[side, price]
        lots = min(lots or level[key], level[key])
        self.touched.add((side, price))
        for one in self.at(side, price):
            if not known:
                self.stop(one, "LOST", ts)
            elif one.own == key:
                continue
            elif key in one.ahead:
                one.ahead[key] -= lots
                if one.ahead[key] == 0:
                    del one.ahead[key]
            elif executed and one.own is None and one.fill < 0:
                one.fill, one.cause = ts, "QUEUE"
        if executed:
            for one in self.followers:
                is_better = one.side == side and self.better(side, one.price, price)
                if one.lives and one.own is None and is_better and one.fill < 0:
                    one.fill, one.cause = ts, "THROUGH"
            self.prints.append((price, lots, 1 - side))
        level[key] -= lots
        gone = level[key] == 0
        if gone:
            del level[key], self.where[key]
        for one in self.at(side, price):
            if one.own == key and (executed or gone):
                if executed:
                    one.fill = ts
                self.update(one, touched=True, met=False, ts=ts)
                self.stop(one, "FILLED" if executed else "CANCELED", ts)

    def update(self, one, *, touched, met, ts):
        traded, through = 0, met
        for price, lots, aggressor in self.prints[one.seen :]:
            if aggressor != one.side:
                traded += lots if price == one.price else 0
                through = through or self.better(one.side, one.price, price)
        if not (touched or traded or through):
            return
        level = self.levels.get((one.side, one.price), {})
        after = sum(lots for key, lots in level.items() if key != one.own)
        counts = touched and not one.fresh and one.fill < 0
        one.fresh = False
        one.places += counts
        for model, estimate in zip(self.models, one.estimates, strict=True):
            if estimate[3] < 0 and (through or traded - estimate[0] >= 1.0):
                estimate[3] = ts
            estimate[0] = model.after(max(estimate[0] - traded, 0.0), one.before, after, traded)
            if counts:
                error = estimate[0] - sum(one.ahead.values())
                estimate[1] += error
                estimate[2] += abs(error)
        one.before = after

    def end_event(self, ts):
        sound = not self.quiet and not self.stale and not self.is_crossed()
        for one in [one for one in self.followers if one.lives]:
            other = self.best(1 - one.side)
            met = sound and one.own is None and other is not None and not self.better(one.side, other, one.price)
            met = met and (other <= one.price if one.side == 0 else other >= one.price)
            if met and one.fill < 0:
                one.fill, one.cause = ts, "CROSS"
            self.update(one, touched=(one.side, one.price) in self.touched, met=met, ts=ts)
            one.seen = 0
            if one.own is None:
                if one.fill >= 0 and all(estimate[3] >= 0 for estimate in one.estimates):
                    self.stop(one, "FILLED", ts)
                elif ts >= one.ts + HORIZON:
                    self.stop(one, "HORIZON", ts)
        self.prints.clear()
        self.touched.clear()
        while self.placements and self.placements[0][0] <= ts:
            _, away, side = self.placements.pop(0)
            best = self.best(side)
            if self.quiet or self.stale or best is None or self.is_crossed():
                continue
            price = best - away if side == 0 else best + away
            known = [at for (of, at), orders in self.levels.items() if of == side and orders]
            if all(self.better(side, at, price) for at in known):
                continue
            ahead = self.levels.get((side, price), {})
            self.followers.append(Follower(None, side, price, ts, ahead, None, self.models))

    def run(self, rows):
        for at, (ts, kind, side, flags, price, qty, key) in enumerate(rows):
            news = not flags & SNAPSHOT
            if kind == ADD:
                self.add(key, side, price, qty, ts, news)
            elif kind in (CANCEL, EXECUTE):
                self.take(key, qty, ts, executed=kind == EXECUTE, known=news or kind == EXECUTE)
            elif kind == CHANGE:
                was_side, was = self.where[key]
                left = self.levels[was_side, was][key]
                if price == was and qty <= left:
                    if qty < left:
                        self.take(key, left - qty, ts, executed=False)
                else:
                    self.take(key, 0, ts, executed=False)
                    self.add(key, was_side, price, qty, ts, True)
            else:
                for one in self.followers:
                    if one.lives and kind in (BEGIN, GAP):
                        self.stop(one, "LOST", ts)
                if kind == BEGIN:
                    self.levels.clear()
                    self.where.clear()
                    self.quiet = True
                elif kind == END:
                    self.quiet = self.stale = False
                else:
                    self.stale = True
            if flags & LAST or at + 1 == len(rows) or rows[at + 1][0] != ts:
                self.end_event(ts)


def flow(seed, count=1_500):
    """Rows of a small market: events of several rows, sweeps, requeues, restated levels, gaps and snapshots."""
    rng = random.Random(seed)
    rows, live, ts, next_id = [], {}, 1_000, 1

    def put(kind, side, price, qty, key, flags=0):
        rows.append([ts, int(kind), side, flags, price, qty, key])

    while len(rows) < count:
        ts += rng.choice((0, 1, 3, 10))
        for _ in range(rng.choice((1, 1, 2, 4))):
            what = rng.random()
            side = rng.randrange(2)
            own = [key for key, order in live.items() if order[0] == side]
            if what < 0.5 or len(own) < 4:
                price = 100 - rng.randrange(4) if side == 0 else 101 + rng.randrange(4)
                live[next_id] = [side, price, rng.randrange(1, 6)]
                put(ADD, side, price, live[next_id][2], next_id)
                next_id += 1
            elif what < 0.7:
                key = rng.choice(own)
                lots = rng.choice((0, 1))
                put(CANCEL, side, live[key][1], lots, key)
                live[key][2] -= lots or live[key][2]
                if live[key][2] == 0:
                    del live[key]
            elif what < 0.8:
                key = rng.choice(own)
                price = live[key][1] + rng.choice((0, 0, -1 if side == 0 else 1))
                qty = rng.randrange(1, 7)
                put(CHANGE, side, price, qty, key)
                order = live.pop(key) if price != live[key][1] or qty > live[key][2] else live[key]
                live[key] = [order[0], price, qty]
            elif what < 0.82:
                # The best level goes, and the other side comes to its price for an event.
                best = max(live[key][1] for key in own) if side == 0 else min(live[key][1] for key in own)
                for key in [key for key in own if live[key][1] == best]:
                    put(CANCEL, side, best, 0, key)
                    del live[key]
                put(ADD, 1 - side, best, 1, next_id, LAST)
                ts += 1
                put(CANCEL, 1 - side, best, 0, next_id, LAST)
                next_id += 1
            elif what < 0.97:
                best = max(live[key][1] for key in own) if side == 0 else min(live[key][1] for key in own)
                queue = [key for key in own if live[key][1] == best]
                key = queue[0] if rng.random() < 0.9 else queue[-1]
                lots = rng.randrange(1, live[key][2] + 1)
                put(EXECUTE, side, best, lots, key)
                live[key][2] -= lots
                if live[key][2] == 0:
                    del live[key]
            elif what < 0.98:
                key = rng.choice(own)
                put(CANCEL, side, live[key][1], 0, key, SNAPSHOT)
                del live[key]
            elif what < 0.99:
                put(ADD, side, 98 if side == 0 else 103, 3, next_id, SNAPSHOT)
                live[next_id] = [side, 98 if side == 0 else 103, 3]
                next_id += 1
            else:
                if rng.random() < 0.3:
                    put(GAP, 2, 0, 0, 0)
                put(BEGIN, 2, 0, 0, 0, SNAPSHOT)
                for key, (of, price, qty) in live.items():
                    put(ADD, of, price, qty, key, SNAPSHOT)
                put(END, 2, 0, 0, 0, SNAPSHOT)
        if rng.random() < 0.9:
            rows[-1][3] |= LAST
    return [tuple(row) for row in rows]


def table(rows):
    names = ("ts_event", "kind", "side", "flags", "price", "qty", "order_id")
    columns = {name: np.array(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    for name in ("kind", "side", "flags"):
        columns[name] = columns[name].astype(np.uint8)
    return vl.EventTable.from_numpy(INSTRUMENT, **columns)


@pytest.mark.parametrize("seed", range(12))
def test_both_followers_agree_on_every_order(seed):
    rows = flow(seed)
    rng = random.Random(seed)
    last = rows[-1][0]
    placements = sorted((rng.randrange(1_000, last), rng.randrange(3), rng.randrange(2)) for _ in range(150))
    models = [QueueModel.of(name) for name in MODELS]
    reference = Reference(models, placements, every=3)
    reference.run(rows)
    found = follow_orders(table(rows), models, placements=np.array(placements), horizon_ns=HORIZON, every=3)

    assert len(found.orders) == len(reference.followers) > 200
    names = ("side", "price", "ts_start", "ahead_start", "ts_fill", "ts_end", "places")
    slow = [(one.side, one.price, one.ts, one.start, one.fill, one.end_ts, one.places) for one in reference.followers]
    assert found.orders[list(names)].tolist() == slow
    assert [ENDS[end] for end in found.orders["end"].tolist()] == [one.end for one in reference.followers]
    has_filled = found.orders["ts_fill"] >= 0
    causes = [CAUSES[cause] for cause in found.orders["cause"][has_filled].tolist()]
    assert causes == [one.cause for one in reference.followers if one.fill >= 0]
    estimates = np.array([[tuple(estimate) for estimate in one.estimates] for one in reference.followers])
    for at, name in enumerate(("ahead", "error", "absolute", "ts_fill")):
        np.testing.assert_allclose(found.estimates[name], estimates[:, :, at], rtol=1e-12, atol=1e-9)


def test_the_flows_above_have_every_way_to_fill_and_to_end():
    causes, ends = set(), set()
    for seed in range(12):
        rows = flow(seed)
        placements = [(ts, away, side) for ts in range(1_000, rows[-1][0], 40) for away in (0, 1) for side in (0, 1)]
        orders = follow_orders(table(rows), [], placements=np.array(placements), horizon_ns=HORIZON, every=3).orders
        causes |= set(orders["cause"][orders["ts_fill"] >= 0].tolist())
        ends |= set(orders["end"].tolist())
    assert causes == set(range(len(CAUSES)))
    assert ends == set(range(len(ENDS)))
