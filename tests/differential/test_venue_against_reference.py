"""The recorded venue against its slow twin: random rows and orders of every kind, report by report."""

from __future__ import annotations

import os
import random

import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.sim.venue import SimulatedVenue
from velora.testkit import ReferenceCommand, ReferenceVenue

EVENTS = int(os.environ.get("VELORA_VENUE_EVENTS", "60000"))
SEEDS = range(6)
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
        link=rng.choice([0, 0, 0, 1, 2, 3]),
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


def random_row_by_level(rng, state):
    draw = rng.random()
    side = rng.randrange(2)
    if draw < 0.6:
        price = rng.randrange(92, 102) if side == 0 else rng.randrange(99, 109)
        return (EventKind.DELTA, side, price, rng.choice([0, 0, 1, 3, 5, 8]), 0, 0)
    if draw < 0.9:
        hidden = int(EventFlag.HIDDEN) if rng.random() < 0.1 else 0
        off_book = int(EventFlag.OFF_BOOK) if rng.random() < 0.03 else 0
        aggressor = rng.choice([0, 1, 0, 1, 2])
        return (EventKind.TRADE, aggressor, rng.randrange(94, 107), rng.randrange(1, 9), hidden | off_book, 0)
    if draw < 0.93:
        state["snapshot"] = [(s, p, rng.randrange(1, 9)) for s, low in ((0, 94), (1, 101)) for p in range(low, low + 6)]
        return (EventKind.SNAPSHOT_BEGIN, 2, 0, 0, 0, 0)
    if draw < 0.95:
        return (EventKind.STATUS, 2, 0, rng.choice([0, 1, 1, 1]), 0, 0)
    if draw < 0.98:
        return (EventKind.MARK_PRICE, 2, rng.randrange(94 * 10**8, 107 * 10**8, 10**7), 0, 0, 0)
    return (EventKind.GAP, 2, 0, 0, 0, 0)


def random_row_by_order(rng, state):
    orders = state["orders"]
    draw = rng.random()
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

    def __init__(self, queue, by_order, rules):
        self.venue = SimulatedVenue([INSTRUMENT], [False], queue, by_order=[by_order], **rules)
        self.twin = ReferenceVenue(queue, by_order=by_order, **rules)

    @staticmethod
    def plain(reports):
        return [
            (r.kind, r.order_id, r.side, r.price, r.qty, r.other_id if r.kind == 1 else 0, bool(r.maker), r.reason)
            for r in reports
        ]

    def row(self, ts, kind, side, price, qty, flags, order_id):
        wanted = self.twin.on_row(ts, kind, side, price, qty, flags=flags, order_id=order_id)
        got = self.venue.on_row(0, kind, ts=ts, side=side, price=price, qty=qty, flags=flags, order_id=order_id)
        assert [tuple(one)[:8] for one in got] == self.plain(wanted)

    def command(self, c):
        wanted = self.twin.on_command(c)
        got = self.venue.on_command(
            0, c.action, c.order_id, ts=c.ts, side=c.side, price=c.price, qty=c.qty, type=c.type, tif=c.tif,
            trigger_kind=c.trigger_kind, trigger=c.trigger, display=c.display, self_trade=c.stp, flags=c.flags,
            expiry=c.expiry, link=c.link, parent=c.parent, activation=c.activation, trigger_by=c.trigger_by,
            strategy=c.strategy,
        )  # fmt: skip
        assert [tuple(one)[:8] for one in got] == self.plain(wanted)


#: Of a run, by its seed.
RULES = ({}, {"last_by_quotes": True}, {"children": "whole"}, {"links": "cancel", "last_by_quotes": True})


def play(seed, queue, by_order, events):
    rng = random.Random(seed)
    pair = Pair(queue, by_order, RULES[seed % len(RULES)])
    state = {"orders": {}, "id": 0}
    make = random_row_by_order if by_order else random_row_by_level
    ts, next_id, halted_since, stale_since = 1, 1, None, None
    may_print = 0 if seed % len(RULES) == 0 else events // 3  # without trades before, where they matter
    for at in range(events):
        ts += rng.choice([0, 0, 0, 1, 3, 9])
        try:
            if rng.random() < 0.6:
                if halted_since is not None and at - halted_since > 20:
                    row, halted_since = (EventKind.STATUS, 2, 0, 1, 0, 0), None
                elif stale_since is not None and at - stale_since > 20 and not by_order:
                    state["snapshot"] = [(0, 99, 3), (1, 101, 4)]
                    row, stale_since = (EventKind.SNAPSHOT_BEGIN, 2, 0, 0, 0, 0), None
                else:
                    row = make(rng, state)
                    while row[0] == EventKind.TRADE and at < may_print:
                        row = make(rng, state)
                if row[0] == EventKind.STATUS:
                    halted_since = at if row[3] == 0 else None
                if row[0] == EventKind.GAP:
                    stale_since = at
                pair.row(ts, *row)
                if row[0] == EventKind.SNAPSHOT_BEGIN:
                    for one in state.pop("snapshot"):
                        if by_order:
                            order_id, side, price, qty = one
                            pair.row(ts, EventKind.ORDER_ADD, side, price, qty, int(EventFlag.SNAPSHOT), order_id)
                        else:
                            pair.row(ts, EventKind.DELTA, *one, int(EventFlag.SNAPSHOT), 0)
                    pair.row(ts, EventKind.SNAPSHOT_END, 2, 0, 0, int(EventFlag.LAST), 0)
            else:
                live = sorted(pair.twin.live)
                pair.command(random_command(rng, ts, next_id, live))
                next_id += 1
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, event {at}, {queue}, by order {by_order}: {error}") from error
        if at % 16 == 0:
            side, price = rng.randrange(2), rng.randrange(92, 109)
            assert pair.venue.available(0, side, price) == pair.twin.available(side, price)
    account = pair.venue.account(0)
    assert account["position"] == pair.twin.position == sum(f.qty if f.side == 0 else -f.qty for f in pair.twin.fills)
    assert account["cash"] == pair.twin.cash * INSTRUMENT.value_mult
    causes = {f.cause for f in pair.twin.fills}
    return causes, len(pair.twin.fills)


@pytest.mark.parametrize(("queue", "by_order"), [("risk_averse", False), ("optimistic", False), ("risk_averse", True)])
def test_every_report_of_the_venue_is_the_twins(queue, by_order):
    causes, fills = set(), 0
    for seed in SEEDS:
        seen, count = play(seed, queue, by_order, EVENTS // len(SEEDS) // 3)
        causes |= seen
        fills += count
    assert causes == {0, 1, 2, 3}
    assert fills > EVENTS // 60
