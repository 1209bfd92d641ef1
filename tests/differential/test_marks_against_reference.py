"""Marks of long, short and flat positions against the rules written to be read, at every instant of random feeds."""

from __future__ import annotations

import random

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.testkit import ReferenceMarks

K = EventKind


def instrument(kind):
    options = {"kind": "inverse", "base": "BTC", "contract_size": "100"} if kind == "inverse" else {}
    return vl.Instrument("T", tick_size="0.25", lot_size=1, quote="USD", maker_fee=0, taker_fee=0, **options)


def start(detail):
    """Rows with which both strategies find somebody to trade with."""
    if detail == "trades":
        return [(0, K.TRADE, 2, 100, 1, 1)]
    if detail == "quotes":
        return [(0, K.QUOTE, 0, 100, 99, 0), (0, K.QUOTE, 1, 101, 99, 1)]
    return [
        (0, K.SNAPSHOT_BEGIN, 2, 0, 0, 0),
        (0, K.DELTA, 0, 100, 99, 2),
        (0, K.DELTA, 1, 101, 99, 2),
        (0, K.SNAPSHOT_END, 2, 0, 0, 1),
    ]


def random_rows(rng, detail, count):
    """Rows at even instants: sides come and go, books become stale and whole again, prints and mark prices between."""
    rows, ts, centre, held = start(detail), 100, 100, [{100}, {101}]
    in_snapshot = False
    for _ in range(count):
        ts += rng.choice((0, 2, 2, 8))
        centre += rng.choice((-2, -1, 0, 0, 1, 2))
        what = rng.random()
        if what < 0.12 or detail == "trades":
            off_book = rng.random() < 0.2
            rows.append(
                (ts, K.TRADE, rng.randrange(3), centre + rng.randrange(-3, 4), 1, 1 | (off_book * EventFlag.OFF_BOOK))
            )
            if rng.random() < 0.2:
                rows.append((ts, K.MARK_PRICE, 2, centre * 25_000_000 + rng.randrange(-90, 90), 0, 1))
        elif what < 0.2:
            rows.append((ts, K.MARK_PRICE, 2, centre * 25_000_000 + rng.randrange(-(10**8), 10**8), 0, 1))
        elif what < 0.24:
            rows.append((ts, K.GAP, 2, 0, 0, 1))
        elif detail == "quotes" or (detail == "both" and what < 0.4):
            for side in (0, 1):
                price = centre - 1 if side == 0 else centre + rng.randrange(1, 3)
                rows.append((ts, K.QUOTE, side, price, rng.choice((0, 4, 4)), side))
        elif what < 0.32:
            rows.append((ts, K.SNAPSHOT_END if in_snapshot else K.SNAPSHOT_BEGIN, 2, 0, 0, int(in_snapshot)))
            if not in_snapshot:
                held = [set(), set()]
            in_snapshot = not in_snapshot
        elif what < 0.7:
            side = rng.randrange(2)
            price = centre - rng.randrange(3) if side == 0 else centre + 1 + rng.randrange(3)
            held[side].add(price)
            rows.append((ts, K.DELTA, side, price, rng.randrange(1, 5), 1))
        else:
            side = rng.randrange(2)
            for price in sorted(held[side])[: rng.randrange(1, 6)]:
                held[side].discard(price)
                rows.append((ts, K.DELTA, side, price, 0, 1))
            if rng.random() < 0.3:
                rows.append((ts, K.DELTA, side, 40, 0, 1))  # nothing stood there
    return rows


class Watcher(vl.Strategy):
    """Takes once at the beginning and writes down its mark at every odd instant."""

    def __init__(self, side, until, price):
        self.side, self.until, self.price, self.seen = side, until, price, []

    def on_start(self):
        for ts in range(101, self.until, 2):
            self.at(ts, self.look)
        if self.side:
            send = self.buy if self.side > 0 else self.sell
            send("T", qty_lots=3, price_ticks=self.price)

    def look(self):
        position = self.position("T")
        assert position.qty_lots == 3 * self.side
        self.seen.append((self.now, position.mark, position.mark_source, position.mark_age_ns))


@pytest.mark.parametrize("kind", ["linear", "inverse"])
@pytest.mark.parametrize("detail", ["levels", "quotes", "both", "trades"])
@pytest.mark.parametrize("seed", range(6))
def test_marks_are_those_of_the_rules(kind, detail, seed):
    rows = random_rows(random.Random(f"{kind} {detail} {seed}"), detail, 220)
    until = rows[-1][0]
    if detail == "trades":  # nobody takes there: a print fills who waits
        rows[1:1] = [(50, K.TRADE, 1, 80, 9, 1), (51, K.TRADE, 0, 120, 9, 1)]
    one = instrument(kind)
    columns = dict(zip(("ts_event", "kind", "side", "price", "qty", "flags"), np.array(rows).T, strict=True))
    table = vl.EventTable.from_numpy(
        one,
        **{
            name: column.astype(np.uint8 if name in ("kind", "side", "flags") else np.int64)
            for name, column in columns.items()
        },
        ts_recv=columns["ts_event"].astype(np.int64),
    )
    reach = -10 if detail == "trades" else 10
    watchers = {
        name: Watcher(side, until, 100 + side * reach) for name, side in (("long", 1), ("short", -1), ("flat", 0))
    }
    vl.Backtest(table, watchers, on_error="raise", sample=0).run()
    reference = ReferenceMarks(one, quote_fed=detail in ("quotes", "trades"))
    found, at = set(), 0
    for now in range(101, until, 2):
        while at < len(rows) and rows[at][0] <= now:
            ts, row_kind, side, price, qty, flags = rows[at]
            reference.on_row(ts, row_kind, side, price, qty, flags)
            at += 1
        for name, watcher in watchers.items():
            want = reference.mark({"long": 3, "short": -3, "flat": 0}[name], now)
            ts, mark, source, age = watcher.seen[(now - 101) // 2]
            assert ts == now
            assert (source, age) == (want.source, now - want.ts), (name, now, mark, want)
            assert mark == float(want.price)
            found.add((name, source.name))
    assert len(found) >= (6 if detail == "trades" else 9)
