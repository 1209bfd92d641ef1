"""The book by best quote."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.errors import InvalidArgument
from velora.testkit import Flow

INSTRUMENT = vl.Instrument("TEST", tick_size="0.5", lot_size="0.01")


def test_reads_are_those_of_the_quote():
    book = vl.QuoteBook(INSTRUMENT)
    assert (book.best_bid, book.best_ask, book.mid, book.imbalance) == (None, None, None, None)
    book.set(0, 100, 3)
    book.set(1, 102, 1)
    assert (book.best_bid, book.best_ask, book.mid, book.spread) == (50.0, 51.0, 50.5, 1.0)
    assert (book.best_bid_qty, book.best_ask_qty, book.imbalance) == (0.03, 0.01, 0.5)
    assert book.microprice == pytest.approx(50.75)
    assert not book.is_crossed
    book.set(1, 100, 1)
    assert book.is_crossed


def test_rows_of_a_table_make_it():
    table = (
        Flow(INSTRUMENT).quote(0, (100, 3), (102, 1)).trade(1, vl.Side.BUY, 102, 1).quote(2, (101, 3), (103, 1)).table()
    )
    book = vl.QuoteBook(INSTRUMENT)
    book.apply(table.kind, table.side, table.price, table.qty)
    assert (book.best_bid_ticks, book.best_ask_ticks, book.updates) == (101, 103, 2)
    other = vl.QuoteBook(INSTRUMENT)
    other.set(0, 101, 3)
    other.set(1, 103, 1)
    assert other == book


def test_gap_makes_it_stale_until_the_next_quote():
    book = vl.QuoteBook(INSTRUMENT)
    for kind, stale in ((vl.EventKind.GAP, True), (vl.EventKind.QUOTE, False)):
        book.apply(np.array([kind], np.uint8), np.zeros(1, np.uint8), np.array([100]), np.array([1]))
        assert book.is_stale is stale


def test_bad_quotes_are_refused():
    book = vl.QuoteBook(INSTRUMENT)
    with pytest.raises(InvalidArgument):
        book.set(2, 1, 1)
    with pytest.raises(InvalidArgument):
        book.set(0, 1, -1)
