"""What a user meets of the book by order."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.book_l3 import BookOrder
from velora.errors import CorruptData, InvalidArgument, NotFound

INSTRUMENT = vl.Instrument("TEST", tick_size="0.5", lot_size="0.01")
ADD, CHANGE, CANCEL, EXECUTE = (
    vl.EventKind.ORDER_ADD,
    vl.EventKind.ORDER_CHANGE,
    vl.EventKind.ORDER_CANCEL,
    vl.EventKind.ORDER_EXECUTE,
)


@pytest.fixture
def book():
    book = vl.OrderBookL3(INSTRUMENT)
    for order_id, side, price, qty in ((1, 0, 100, 5), (2, 0, 100, 7), (3, 0, 99, 2), (4, 1, 102, 9), (5, 0, 100, 1)):
        book.add(order_id, side, price, qty)
    return book


def test_totals_by_price_are_a_level_book(book):
    assert (book.best_bid, book.best_ask) == (50.0, 51.0)
    assert book.levels.bids() == [(50.0, 0.13), (49.5, 0.02)]
    assert book.levels.depth(2).bid_lots.tolist() == [13, 2]
    with pytest.raises(InvalidArgument, match="read only"):
        book.levels.set(0, 100, 1)


def test_the_level_book_lives_on_without_the_one_by_order(book):
    levels = book.levels
    del book
    assert levels.best_bid == 50.0


def test_queue_position_counts_lots_and_orders_ahead(book):
    assert [book.queue_position(order_id) for order_id in (1, 2, 5, 3)] == [(0, 0), (5, 1), (12, 2), (0, 0)]


def test_fill_keeps_the_place(book):
    book.execute(2, 3)
    assert book.queue(0, 100)[0].tolist() == [1, 2, 5]
    assert book.queue_position(5) == (9, 2)


def test_more_quantity_goes_to_the_back_and_less_stays(book):
    book.change(1, 100, 4)
    assert book.queue(0, 100)[0].tolist() == [1, 2, 5]
    book.change(1, 100, 6)
    assert book.queue(0, 100)[0].tolist() == [2, 5, 1]


def test_another_price_goes_to_the_back(book):
    book.change(3, 100, 1)
    assert book.queue(0, 100)[0].tolist() == [1, 2, 5, 3]
    assert book.levels.bid_levels == 1


@pytest.mark.parametrize(("rule", "less", "more"), [("kept", [1, 2], [1, 2]), ("lost_by_any", [2, 1], [2, 1])])
def test_venue_rule_decides_what_keeps_the_place(rule, less, more):
    for qty, wanted in ((1, less), (9, more)):
        book = vl.OrderBookL3(INSTRUMENT, priority=rule)
        book.add(1, 0, 100, 5)
        book.add(2, 0, 100, 5)
        book.change(1, 100, qty)
        assert book.queue(0, 100)[0].tolist() == wanted
        assert book.levels.qty_lots(0, 100) == 5 + qty


def test_replace_is_a_new_order_at_the_back(book):
    book.replace(1, 10, 100, 5)
    assert book.queue(0, 100)[0].tolist() == [2, 5, 10]
    assert 1 not in book
    assert book.order(10) == BookOrder(10, 0, 100, 5)


def test_cancel_of_a_part_and_of_all(book):
    book.cancel(2, 3)
    assert book.order(2).qty_lots == 4
    book.cancel(2)
    assert book.order(2) is None
    assert len(book) == 4


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda book: book.add(1, 0, 100, 5), InvalidArgument),
        (lambda book: book.add(9, 2, 100, 5), InvalidArgument),
        (lambda book: book.add(9, 0, 100, 0), InvalidArgument),
        (lambda book: book.change(9, 100, 5), NotFound),
        (lambda book: book.cancel(9), NotFound),
        (lambda book: book.cancel(1, 6), CorruptData),
        (lambda book: book.execute(1, 0), InvalidArgument),
        (lambda book: book.execute(1, 6), CorruptData),
        (lambda book: book.replace(1, 2, 100, 5), InvalidArgument),
        (lambda book: book.queue_position(9), NotFound),
        (lambda book: book.queue(2, 0), InvalidArgument),
        (lambda book: vl.OrderBookL3(INSTRUMENT, priority="none"), InvalidArgument),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(book, call, error):
    before = book.state_hash()
    with pytest.raises(error):
        call(book)
    assert book.state_hash() == before


def columns(*rows):
    kind, side, price, qty, ids = zip(*rows, strict=True)
    return (
        np.array(kind, np.uint8),
        np.array(side, np.uint8),
        np.array(price, np.int64),
        np.array(qty, np.int64),
        np.array(ids, np.int64),
    )


def test_rows_name_the_one_that_does_not_fit(book):
    rows = columns((EXECUTE, 0, 0, 5, 1), (CANCEL, 0, 0, 1, 77), (CANCEL, 0, 0, 1, 2))
    with pytest.raises(NotFound, match="row 1: order 77"):
        book.apply(*rows)
    assert 1 not in book
    assert book.apply(*columns((CANCEL, 0, 0, 1, 77), (CHANGE, 0, 100, 2, 2)), skip_unknown=True) == 1
    assert book.order(2).qty_lots == 2


def test_snapshot_begins_anew(book):
    book.apply(
        *columns((vl.EventKind.SNAPSHOT_BEGIN, 2, 0, 0, 0), (ADD, 0, 90, 1, 1), (vl.EventKind.SNAPSHOT_END, 2, 0, 0, 0))
    )
    assert book.levels.bids() == [(45.0, 0.01)]


def test_gap_makes_the_book_stale(book):
    book.apply(*columns((vl.EventKind.GAP, 2, 0, 0, 0)))
    assert book.is_stale


def test_to_arrow_lists_orders_in_priority(book):
    table = book.to_arrow()
    assert table["order_id"].to_pylist() == [1, 2, 5, 3, 4]
    assert table["price"].to_pylist() == [50.0, 50.0, 50.0, 49.5, 51.0]


def test_room_for_many_orders_can_be_made_at_once():
    book = vl.OrderBookL3(INSTRUMENT, orders=200_000)
    rows = 200_000
    book.apply(
        np.full(rows, ADD, np.uint8),
        (np.arange(rows) % 2).astype(np.uint8),
        np.arange(rows) % 2 * 10_000 + np.arange(rows) % 1_000,
        np.ones(rows, np.int64),
        np.arange(rows),
    )
    assert len(book) == rows
    assert book.queue_position(rows - 1) == (199, 199)


@pytest.mark.parametrize("orders", [-1, 2**24 + 1, 10**9, 2**62, 2**63 - 1])
def test_room_for_more_orders_than_a_bound_is_refused_at_once(orders):
    with pytest.raises(vl.VeloraError, match=r"orders must be from 0 to 16,777,216"):
        vl.OrderBookL3(INSTRUMENT, orders=orders)
