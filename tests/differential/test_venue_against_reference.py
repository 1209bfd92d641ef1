"""The recorded venue against its slow twin: random rows and orders of every kind, report by report."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.sim.venue import SimulatedVenue
from velora.testkit import ReferenceCommand, ReferenceVenue

EVENTS = int(os.environ.get("VELORA_VENUE_EVENTS", "60000"))
SEEDS = 2
FILL = 1
INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1", quote="USD", maker_fee=0, taker_fee=0)


def random_command(rng, ts, next_id, live):
    """A command; mostly orders that may go together, sometimes anything."""
    draw = rng.random()
    if draw < 0.15 and live:
        return ReferenceCommand(2, rng.choice(live), ts=ts)
    if draw < 0.3 and live:
        trigger = rng.choice([0, 0, 0, rng.randrange(90, 111)])
        return ReferenceCommand(
            1, rng.choice(live), price=rng.randrange(92, 109), qty=rng.randrange(0, 9), trigger=trigger, ts=ts
        )
    if draw < 0.31:
        return ReferenceCommand(3, ts=ts, strategy=rng.randrange(2))
    side, type_ = rng.randrange(2), rng.choice([0, 0, 0, 0, 0, 1, 2])
    kind = rng.choice([0, 0, 0, 0, 0, 1, 2, 3, 4])
    trigger = 0
    if kind:
        trigger = rng.randrange(90, 111) if kind < 3 else rng.randrange(1, 5) if kind == 3 else rng.randrange(50, 300)
    qty = rng.randrange(1, 9)
    tif = rng.choice([0, 0, 0, 0, 1, 2, 3, 3, 4])
    return ReferenceCommand(
        0,
        next_id,
        side=side,
        price=rng.randrange(92, 109) if type_ == 0 else 0,
        qty=qty,
        type=type_,
        tif=tif,
        display=rng.choice([0, 0, 0, rng.randrange(1, 4)]) if type_ == 0 else 0,
        trigger_kind=kind,
        trigger=trigger,
        stp=rng.randrange(5),
        flags=(rng.choice([0, 0, 0, 0, 1, 1, 3, 4, 2]) if type_ == 0 else rng.choice([0, 0, 4]))
        | rng.choice([0, 0, 0, 0, 8, 16, 32]),
        expiry=ts + rng.randrange(0, 60) if tif == 3 else 0,
        oco_group=rng.choice([0, 0, 0, 1, 2, 3]),
        parent=parent_of(rng, next_id, live),
        ts=ts,
        trigger_by=rng.choice([0, 0, 0, 1, 2, 3]) if kind else 0,
        activation=rng.choice([0, rng.randrange(94, 107)]) if kind > 2 else 0,
        strategy=rng.choice([0, 0, 0, 1, 2]),
    )


def parent_of(rng, next_id, live):
    """Mostly none; one that is alive, or one that may have ended a moment ago."""
    draw = rng.random()
    if draw < 0.1 and live:
        return rng.choice(live)
    return rng.randrange(max(1, next_id - 12), next_id) if draw < 0.2 and next_id > 1 else 0


@dataclass(frozen=True)
class Feed:
    """What a feed sends, and how the venue is to read it."""

    by_order: bool = False
    quote_fed: bool = False
    has_depth: bool = True
    has_trades: bool = True
    take_unknown: bool = False
    quotes: float = 0.0  # share of the rows
    restated: float = 0.0  # of the rows by level or by order, flagged SNAPSHOT outside one
    window: int = 0  # levels a side that changes move
    estimated: bool = False
    last: float = 1.0  # share of the rows that end their batch
    gaps: bool = True


FEEDS = {
    "by level": Feed(),
    "batches": Feed(last=0.3),
    "quotes beside depth": Feed(quotes=0.2, last=0.6),
    "quotes beside depth, taking the unknown": Feed(quotes=0.2, take_unknown=True),
    "quotes alone": Feed(quote_fed=True, has_depth=False, quotes=0.7),
    "quotes alone, no trades": Feed(quote_fed=True, has_depth=False, has_trades=False, quotes=1.0),
    "no trades": Feed(has_trades=False),
    "no trades, quotes": Feed(has_trades=False, quotes=0.2, last=0.5),
    "trades alone": Feed(has_depth=False, gaps=False),
    "trades alone, taking the unknown": Feed(has_depth=False, gaps=False, take_unknown=True),
    "taking the unknown": Feed(take_unknown=True),
    "a window of changes": Feed(window=3),
    "a window of changes, no trades": Feed(window=3, has_trades=False),
    "restated levels": Feed(restated=0.3, quotes=0.1),
    "estimated times": Feed(estimated=True),
    "by order": Feed(by_order=True, gaps=False),
    "by order, batches": Feed(by_order=True, gaps=False, last=0.4),
    "by order, gaps": Feed(by_order=True),
    "by order, restated": Feed(by_order=True, restated=0.3),
    "by order, taking the unknown": Feed(by_order=True, take_unknown=True, restated=0.1),
}


def random_trade(rng, feed):
    flags = int(EventFlag.HIDDEN) if rng.random() < 0.1 else 0
    flags |= int(EventFlag.OFF_BOOK) if rng.random() < 0.03 else 0
    flags |= int(EventFlag.CLOCK_ESTIMATED) if feed.estimated and rng.random() < 0.5 else 0
    return (EventKind.TRADE, rng.choice([0, 1, 0, 1, 2]), rng.randrange(94, 107), rng.randrange(1, 9), flags, 0)


def random_level(rng, feed, state):
    """A change of a level, with its flags; in a window one that keeps it, as feeds that show the best N do."""
    side = rng.randrange(2)
    price = rng.randrange(92, 102) if side == 0 else rng.randrange(99, 109)
    lots = rng.choice([0, 0, 1, 3, 5, 8])
    flags = int(EventFlag.SNAPSHOT) if rng.random() < feed.restated else 0
    if not feed.window:
        return [(EventKind.DELTA, side, price, lots, flags, 0)]
    market, shown = state["market"][side], state["shown"][side]
    market.pop(price, None)
    if lots:
        market[price] = lots
    wanted = dict(sorted(market.items(), key=lambda one: one[0] if side else -one[0])[: feed.window])
    rows = [(EventKind.DELTA, side, at, 0, flags, 0) for at in shown if at not in wanted]
    rows += [(EventKind.DELTA, side, at, qty, flags, 0) for at, qty in wanted.items() if shown.get(at) != qty]
    state["shown"][side] = wanted
    rng.shuffle(rows)
    return rows


def random_quote(rng):
    bid, ask = rng.randrange(95, 103), rng.randrange(98, 107)
    if rng.random() < 0.8 and bid >= ask:
        bid = ask - 1
    lots = [rng.choice([0, 1, 2, 4, 7, 9, 9]) for _ in range(2)]
    rows = [(EventKind.QUOTE, 0, bid, lots[0], 0, 0), (EventKind.QUOTE, 1, ask, lots[1], int(EventFlag.LAST), 0)]
    return rows if rng.random() < 0.9 else rows[:1] if rng.random() < 0.5 else rows[1:]


def random_rows_by_level(rng, feed, state):
    draw = rng.random()
    if feed.quotes > 0 and rng.random() < feed.quotes:
        return random_quote(rng)
    if draw < 0.6 and feed.has_depth:
        return random_level(rng, feed, state)
    if draw < 0.9 and feed.has_trades:
        return [random_trade(rng, feed)]
    if draw < 0.93 and feed.has_depth:
        wide = rng.choice([6, 6, 2, 1, 0])
        state["snapshot"] = [
            (s, p, rng.randrange(1, 9))
            for s, best in ((0, rng.randrange(97, 100)), (1, rng.randrange(101, 104)))
            for p in (range(best, best - wide, -1) if s == 0 else range(best, best + wide))
        ]
        if feed.window:
            state["snapshot"] = [
                (s, p, q)
                for s in (0, 1)
                for p, q in sorted(state["market"][s].items(), key=lambda one: one[0] if s else -one[0])[: feed.window]
            ]
            for s in (0, 1):
                state["shown"][s] = {p: q for at, p, q in state["snapshot"] if at == s}
        return [(EventKind.SNAPSHOT_BEGIN, 2, 0, 0, 0, 0)]
    if draw < 0.95:
        return [(EventKind.STATUS, 2, 0, rng.choice([0, 1, 1, 1]), 0, 0)]
    if draw < 0.98:
        return [(EventKind.MARK_PRICE, 2, rng.randrange(94 * 10**8, 107 * 10**8, 10**7), 0, 0, 0)]
    return [(EventKind.GAP, 2, 0, 0, 0, 0)] if feed.gaps else []


def random_row_by_order(rng, feed, state):
    orders, hidden = state["orders"], state["hidden"]
    draw = rng.random()
    if feed.gaps and rng.random() < 0.02:
        return (EventKind.GAP, 2, 0, 0, 0, 0)
    if rng.random() < feed.restated:
        if hidden and rng.random() < 0.6:  # comes back into view
            order_id = rng.choice(sorted(hidden))
            side, price, left = orders[order_id] = hidden.pop(order_id)
            return (EventKind.ORDER_ADD, side, price, left, int(EventFlag.SNAPSHOT), order_id)
        if orders:
            order_id = rng.choice(sorted(orders))
            side, price, left = hidden[order_id] = orders.pop(order_id)
            return (EventKind.ORDER_CANCEL, side, price, 0, int(EventFlag.SNAPSHOT), order_id)
    if draw < 0.4 and len(orders) > 60:
        draw = 0.43 + 0.45 * rng.random()  # a book that only grows is slow and has little in front
    if draw < 0.4 or not orders:
        state["id"] += 1
        side = rng.randrange(2)
        price = rng.randrange(92, 102) if side == 0 else rng.randrange(99, 109)
        orders[state["id"]] = [side, price, rng.randrange(1, 9)]
        return (EventKind.ORDER_ADD, side, price, orders[state["id"]][2], 0, state["id"])
    if draw < 0.43:
        return (EventKind.ORDER_CANCEL, 0, 100, 0, 0, 10**9)  # unknown
    order_id = rng.choice(sorted(orders))
    side, price, left = orders[order_id]
    if draw < 0.6:
        qty = rng.choice([0, rng.randrange(1, left + 1)])
        if qty in (0, left):
            del orders[order_id]
        else:
            orders[order_id][2] -= qty
        return (EventKind.ORDER_CANCEL, side, price, qty, 0, order_id)
    if draw < 0.8:
        # Mostly the oldest of the best level trades, sometimes anybody.
        if rng.random() < 0.8:
            best = (max if side == 0 else min)(p for s, p, _ in orders.values() if s == side)
            order_id = next(i for i, (s, p, _) in orders.items() if (s, p) == (side, best))
            side, price, left = orders[order_id]
        qty = rng.randrange(1, left + 1)
        if qty == left:
            del orders[order_id]
        else:
            orders[order_id][2] -= qty
        return (EventKind.ORDER_EXECUTE, side, price, qty, 0, order_id)
    if draw < 0.88:
        new = rng.choice([price, rng.randrange(92, 102) if side == 0 else rng.randrange(99, 109)])
        qty = rng.randrange(1, 9)
        if new != price or qty > left:  # to the back, also of our own map
            del orders[order_id]
        orders[order_id] = [side, new, qty]
        return (EventKind.ORDER_CHANGE, side, new, qty, 0, order_id)
    if draw < 0.96:
        hidden = int(EventFlag.HIDDEN) if rng.random() < 0.5 else 0
        return (EventKind.TRADE, rng.randrange(3), rng.randrange(94, 107), rng.randrange(1, 9), hidden, 0)
    if draw < 0.98:
        return (EventKind.STATUS, 2, 0, rng.choice([0, 1, 1, 1]), 0, 0)
    state["snapshot"] = [(i, *one) for i, one in orders.items()]
    return (EventKind.SNAPSHOT_BEGIN, 2, 0, 0, 0, 0)


class Pair:
    """Both venues, event by event."""

    def __init__(self, queue, feed, rules):
        self.venue = SimulatedVenue(
            [INSTRUMENT],
            [feed.quote_fed],
            queue,
            by_order=[feed.by_order],
            has_trades=[feed.has_trades],
            take_unknown=feed.take_unknown,
            **rules,
        )
        self.twin = ReferenceVenue(
            queue,
            by_order=feed.by_order,
            quote_fed=feed.quote_fed,
            has_trades=feed.has_trades,
            take_unknown=feed.take_unknown,
            **rules,
        )
        self.fills = 0

    def compare(self, got, wanted):
        doubts = iter([one.doubts for one in self.twin.fills[self.fills :]])
        self.fills = len(self.twin.fills)
        assert [(*tuple(one)[:8], one.doubts) for one in got] == [
            (
                *(r.kind, r.order_id, r.side, r.price, r.qty, r.other_id if r.kind == FILL else 0),
                *(bool(r.maker), r.reason, next(doubts) if r.kind == FILL else 0),
            )
            for r in wanted
        ]

    def row(self, ts, kind, side, price, qty, flags, order_id):
        wanted = self.twin.on_row(ts, kind, side, price, qty, flags=flags, order_id=order_id)
        got = self.venue.on_row(0, kind, ts=ts, side=side, price=price, qty=qty, flags=flags, order_id=order_id)
        self.compare(got, wanted)

    def command(self, c):
        wanted = self.twin.on_command(c)
        got = self.venue.on_command(
            0, c.action, c.order_id, ts=c.ts, side=c.side, price=c.price, qty=c.qty, type=c.type, tif=c.tif,
            trigger_kind=c.trigger_kind, trigger=c.trigger, display=c.display, self_trade=c.stp, flags=c.flags,
            expiry=c.expiry, oco_group=c.oco_group, parent=c.parent, activation=c.activation, trigger_by=c.trigger_by,
            strategy=c.strategy,
        )  # fmt: skip
        self.compare(got, wanted)


#: Of a run, by its seed.
RULES = ({}, {"last_by_quotes": True}, {"children": "whole"}, {"oco": "cancel", "last_by_quotes": True})


class Flow:
    """Random rows of a feed, one batch after the other."""

    def __init__(self, rng, feed):
        self.rng, self.feed = rng, feed
        self.state = {"orders": {}, "hidden": {}, "id": 0, "market": ({}, {}), "shown": ({}, {})}
        self.state["shown"] = [{}, {}]
        self.halted_since = self.stale_since = None

    def batch(self, at):
        rng, feed, state = self.rng, self.feed, self.state
        if self.halted_since is not None and at - self.halted_since > 20:
            rows = [(EventKind.STATUS, 2, 0, 1, 0, 0)]
        elif self.stale_since is not None and at - self.stale_since > 20 and (feed.has_depth or feed.by_order):
            state["snapshot"] = [(i, *one) for i, one in state["orders"].items()]
            if not feed.by_order:
                state["snapshot"] = [(0, 99, 3), (1, 101, 4)]
                state["market"], state["shown"] = ({99: 3}, {101: 4}), [{99: 3}, {101: 4}]
            rows = [(EventKind.SNAPSHOT_BEGIN, 2, 0, 0, 0, 0)]
        elif feed.by_order:
            rows = [random_row_by_order(rng, feed, state)]
        else:
            rows = random_rows_by_level(rng, feed, state)
        made = []
        for row in rows:
            if row[0] == EventKind.STATUS:
                self.halted_since = at if row[3] == 0 else None
            if row[0] == EventKind.GAP:
                self.stale_since = at
            made.append((*row[:4], row[4] | (int(EventFlag.LAST) if rng.random() < feed.last else 0), row[5]))
            if row[0] == EventKind.SNAPSHOT_BEGIN:
                self.stale_since = None
                state["hidden"].clear()
                made += self.snapshot()
        return made

    def snapshot(self):
        flag = int(EventFlag.SNAPSHOT)
        for one in self.state.pop("snapshot"):
            if self.feed.by_order:
                order_id, side, price, qty = one
                yield (EventKind.ORDER_ADD, side, price, qty, flag, order_id)
            else:
                yield (EventKind.DELTA, *one, flag, 0)
        yield (EventKind.SNAPSHOT_END, 2, 0, 0, int(EventFlag.LAST), 0)


def play(seed, queue, feed, events):
    rng = random.Random(seed)
    rules = RULES[seed % len(RULES)]
    pair = Pair(queue, feed, rules)
    may_print = events // 3 if rules.get("last_by_quotes") else 0  # without trades before, where they matter
    flow = Flow(rng, feed)
    ts, next_id = 1, 1
    for at in range(events):
        ts += rng.choice([0, 0, 0, 1, 3, 9])
        if rng.random() < 0.01:
            ts += rng.choice([400_000_000, 1_200_000_000])
        try:
            if rng.random() < 0.6:
                for row in flow.batch(at):
                    if row[0] != EventKind.TRADE or at >= may_print:
                        pair.row(ts, *row)
            else:
                pair.command(random_command(rng, ts, next_id, sorted(pair.twin.live)))
                next_id += 1
            if at % 4 == 0:
                side, price = rng.randrange(2), rng.randrange(92, 109)
                got, wanted = pair.venue.available(0, side, price), pair.twin.available(side, price)
                assert got == wanted, f"available at {side} {price}: {got}, not {wanted}"
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, event {at}, {queue}, {feed}: {error}") from error
    account = pair.venue.account(0)
    assert account["position"] == pair.twin.position == sum(f.qty if f.side == 0 else -f.qty for f in pair.twin.fills)
    assert account["cash"] == pair.twin.cash * INSTRUMENT.value_mult
    return pair.twin.fills


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("queue", ["risk_averse", "optimistic"])
def test_every_report_of_the_venue_is_the_twins(queue, name):
    feed = FEEDS[name]
    events = EVENTS // len(FEEDS) // 2
    fills = [fill for seed in range(SEEDS) for fill in play(seed, queue, feed, events // SEEDS)]
    wanted = {1, 3} if feed.has_trades else {2, 3}
    if not feed.has_depth and not feed.quotes:
        wanted = {1} | ({2} if queue == "optimistic" else set()) | ({3} if feed.take_unknown else set())
    assert wanted <= {fill.cause for fill in fills}
    assert len(fills) > events // 60


def test_random_flows_fill_by_each_cause():
    assert {fill.cause for name in ("by level", "by order") for fill in play(2, "risk_averse", FEEDS[name], 4_000)} == {
        *range(4)
    }


def test_a_fill_tells_each_doubt_that_there_is():
    doubts = 0
    for name in ("quotes beside depth, taking the unknown", "no trades", "a window of changes"):
        for fill in play(1, "optimistic", FEEDS[name], 1_500):
            doubts |= fill.doubts
    assert doubts == 1 | 2 | 4 | 8
