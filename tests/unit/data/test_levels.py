"""A feed by level derived from a feed by order is the one that the venue would have sent."""

from __future__ import annotations

import random

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.data.levels import LevelReader, LevelsOfOrders
from velora.errors import VeloraError
from velora.testkit import ReferenceBook, ReferenceBookL3

K = EventKind
LAST = int(EventFlag.LAST)
INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1", quote="USD")


def table(rows):
    """Rows of (kind, side, price, qty, order id, flags), one a nanosecond."""
    kind, side, price, qty, ids, flags = (list(column) for column in zip(*rows, strict=True))
    return vl.EventTable.from_numpy(
        INSTRUMENT,
        ts_event=list(range(len(rows))),
        kind=kind,
        side=side,
        price=price,
        qty=qty,
        order_id=ids,
        flags=flags,
    )


def shown(made):
    return list(zip(*(getattr(made, n).tolist() for n in ("kind", "side", "price", "qty", "flags")), strict=True))


def test_each_row_becomes_the_new_total_of_its_level():
    rows = [
        (K.ORDER_ADD, 0, 100, 5, 1, LAST),
        (K.ORDER_ADD, 0, 100, 3, 2, LAST),
        (K.TRADE, 1, 100, 4, 9, LAST),
        (K.ORDER_EXECUTE, 0, 100, 4, 1, LAST),
        (K.ORDER_CHANGE, 0, 99, 3, 2, LAST),
        (K.ORDER_CANCEL, 0, 100, 0, 1, LAST),
    ]
    assert shown(LevelReader().convert(table(rows))) == [
        (K.DELTA, 0, 100, 5, LAST),
        (K.DELTA, 0, 100, 8, LAST),
        (K.TRADE, 1, 100, 4, LAST),
        (K.DELTA, 0, 100, 4, LAST),
        (K.DELTA, 0, 100, 1, 0),
        (K.DELTA, 0, 99, 3, LAST),
        (K.DELTA, 0, 100, 0, LAST),
    ]


def test_unknown_orders_are_left_out_and_the_batch_still_ends():
    rows = [(K.ORDER_ADD, 0, 100, 5, 1, 0), (K.ORDER_CANCEL, 0, 100, 5, 7, LAST), (K.ORDER_CANCEL, 0, 1, 1, 8, LAST)]
    reader = LevelReader()
    assert shown(reader.convert(table(rows))) == [(K.DELTA, 0, 100, 5, LAST)]
    assert reader.unknown == 2


def test_order_added_twice_is_an_error_with_its_row():
    rows = [(K.ORDER_ADD, 0, 100, 5, 1, LAST)] * 2
    with pytest.raises(VeloraError, match="row 1: order 1"):
        LevelReader().convert(table(rows))


def test_random_flow_gives_the_reference_books_levels_whatever_the_chunks():
    rng = random.Random(3)
    rows = []
    for _ in range(4_000):
        kind = rng.choice((K.ORDER_ADD, K.ORDER_ADD, K.ORDER_CHANGE, K.ORDER_CANCEL, K.ORDER_EXECUTE))
        rows.append((kind, rng.randrange(2), rng.randrange(-9, 9), rng.randrange(1, 5), rng.randrange(50), LAST))
    reference, fits = ReferenceBookL3(), []
    for row in rows:
        kind, side, price, qty, order_id, _ = row
        calls = {
            K.ORDER_ADD: lambda: reference.add(order_id, side, price, qty),  # noqa: B023
            K.ORDER_CHANGE: lambda: reference.change(order_id, price, qty),  # noqa: B023
            K.ORDER_CANCEL: lambda: reference.cancel(order_id, qty),  # noqa: B023
            K.ORDER_EXECUTE: lambda: reference.execute(order_id, qty),  # noqa: B023
        }
        if calls[kind]() in ("", "unknown"):
            fits.append(row)
    whole = table(fits)
    for size in (7, 5_000):
        book = ReferenceBook()
        for chunk in LevelsOfOrders(whole).chunks(size):
            book.apply(zip(*(getattr(chunk, n).tolist() for n in ("kind", "side", "price", "qty")), strict=True))
        assert [book.levels(side) for side in (0, 1)] == [reference.levels(side) for side in (0, 1)]


class Rester(vl.Strategy):
    def on_start(self):
        self.seen = []
        self.subscribe_book(self.instruments[0])
        self.at(1, lambda: self.buy(self.instruments[0], price_ticks=100, qty_lots=2))

    def on_book(self, book):
        self.seen.append((book.best_bid_ticks, book.best_bid_qty))


def test_backtest_reads_a_session_by_order(tmp_path):
    rows = [
        (K.ORDER_ADD, 0, 100, 5, 1, LAST),
        (K.ORDER_ADD, 1, 101, 5, 2, LAST),
        (K.ORDER_ADD, 0, 90, 1, 3, LAST),
        (K.ORDER_ADD, 0, 100, 3, 5, LAST),
        (K.TRADE, 1, 100, 6, 9, LAST),
        (K.ORDER_EXECUTE, 0, 100, 5, 1, LAST),
        (K.ORDER_EXECUTE, 0, 100, 1, 5, LAST),
        (K.ORDER_ADD, 0, 89, 1, 4, LAST),
    ]
    made = table(rows)
    assert made.has_orders
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write([made])
    for data in (made, catalog):
        strategy = Rester()
        result = vl.Backtest(data, strategy, sample=0).run()
        assert strategy.seen[0] == (100, 5.0)
        # Five ahead of us, three behind, six traded: one lot.
        assert [int(fill["qty"]) for fill in result.fills_raw] == [1]
    assert not vl.SyntheticMarket(seed=1, duration="1s").table().has_orders
    assert np.array_equal(made.kind, catalog.source("TEST").table().kind)
