"""What books say of prices at which they show nothing: known to be empty, or unknown."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import velora as vl
from velora.core.book import BookLevel
from velora.core.book_l3 import OrderBookL3
from velora.core.events import EventKind, Side
from velora.core.measures import BookMeasures, measure_table
from velora.core.quote_book import QuoteBook
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL
UNKNOWN, EMPTY, SHOWN = vl.LevelState.UNKNOWN, vl.LevelState.EMPTY, vl.LevelState.SHOWN

BIDS, ASKS = [(100, 5), (98, 4), (96, 3)], [(102, 5), (103, 1)]


def applied(flow):
    table = flow.table()
    book = vl.OrderBookL2(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty)
    return book


def whole():
    return Flow().snapshot(0, bids=BIDS, asks=ASKS)


def states(book, side, prices):
    return [book.level_state(side, price) for price in prices]


def test_prices_within_a_snapshot_are_known_and_those_beyond_it_are_not():
    book = applied(whole())
    assert states(book, BUY, (101, 100, 99, 98, 97, 96, 95)) == [EMPTY, SHOWN, EMPTY, SHOWN, EMPTY, SHOWN, UNKNOWN]
    assert states(book, SELL, (101, 102, 103, 104)) == [EMPTY, SHOWN, SHOWN, UNKNOWN]
    assert (book.known_depth(BUY), book.known_depth_ticks(SELL)) == (96.0, 103)
    assert [book.is_known(BUY, price) for price in (97, 95)] == [True, False]
    assert [book.is_known_to(BUY, price) for price in (101, 97, 96, 95)] == [True, True, True, False]


def test_a_book_that_only_changes_have_made_knows_its_levels_and_nothing_else():
    book = applied(Flow().delta(0, BUY, 100, 5).delta(0, BUY, 98, 4))
    assert states(book, BUY, (101, 100, 99, 98)) == [UNKNOWN, SHOWN, UNKNOWN, SHOWN]
    assert book.known_depth(BUY) == 100.0
    assert book.known_depth(SELL) is None
    assert book.level_state(SELL, 101) == UNKNOWN


def test_a_level_beyond_the_snapshot_is_known_and_what_lies_between_is_not():
    book = applied(whole().delta(1, BUY, 90, 7))
    assert states(book, BUY, (96, 95, 90, 89)) == [SHOWN, UNKNOWN, SHOWN, UNKNOWN]
    assert book.known_depth(BUY) == 96.0


def test_a_window_that_moves_keeps_all_between_its_levels_known():
    # The best bid goes and the fourth level enters: three levels as before.
    book = applied(whole().delta(1, BUY, 100, 0).delta(1, BUY, 90, 7))
    assert states(book, BUY, (99, 97, 95, 90, 89)) == [EMPTY, EMPTY, EMPTY, SHOWN, UNKNOWN]
    assert book.known_depth(BUY) == 90.0


def test_a_gap_makes_every_price_unknown_until_the_next_snapshot():
    flow = whole().row(1, EventKind.GAP)
    book = applied(flow)
    assert book.is_stale
    assert set(states(book, BUY, range(90, 110))) == {UNKNOWN}
    assert book.known_depth(BUY) is None
    assert not book.level(BUY, 100).is_known
    again = applied(flow.snapshot(2, bids=BIDS, asks=ASKS))
    assert not again.is_stale
    assert again.level_state(BUY, 99) == EMPTY


def test_a_side_that_a_snapshot_shows_empty_is_and_one_emptied_by_changes_may_not_be():
    book = applied(Flow().snapshot(0, bids=[(100, 5)]).delta(1, BUY, 100, 0))
    assert book.level_state(SELL, 105) == EMPTY
    assert book.level_state(BUY, 100) == UNKNOWN
    assert book.is_known_to(SELL, 200)
    assert book.depth(1).bid_known == 0


def test_a_level_carries_its_quantity_and_state():
    book = applied(whole())
    assert book.level(BUY, 98) == BookLevel(98.0, 4.0, 98, 4, SHOWN)
    assert book.level(BUY, 99) == BookLevel(99.0, 0.0, 99, 0, EMPTY)
    assert book.level(BUY, 99).is_known
    assert not book.level(SELL, 110).is_known


def test_a_sweep_says_whether_it_met_prices_that_are_not_known():
    book = applied(whole())
    assert book.sweep(BUY, 6).is_known  # both asks, to the last lot
    assert not book.sweep(BUY, 7).is_known  # more than is shown: the next price is not known
    assert book.sweep(BUY, 7, limit=103).is_known
    assert not book.sweep(BUY, 7, limit=104).is_known
    qty, price = got = book.sweep(SELL, 9)
    assert (qty, price) == (got.qty, got.price) == (9.0, pytest.approx((500 + 4 * 98) / 9))
    assert pickle.loads(pickle.dumps(got)) == got
    assert pickle.loads(pickle.dumps(got)).is_known
    assert not applied(whole().row(1, EventKind.GAP)).sweep(BUY, 1).is_known
    # Between a level beyond the snapshot and the snapshot's last there may be more.
    assert not applied(whole().delta(1, SELL, 110, 9)).sweep(BUY, 7).is_known


def test_depth_counts_the_levels_that_are_known_to_be_the_best():
    book = applied(whole().delta(1, BUY, 90, 7))
    depth = book.depth(4)
    assert (depth.bid_levels, depth.bid_known, depth.ask_levels, depth.ask_known) == (4, 3, 2, 2)
    assert not depth.is_known
    assert book.depth(2).is_known


def test_measures_say_whether_their_levels_are_known():
    table = whole().delta(1, BUY, 99, 1).row(2, EventKind.GAP).delta(3, BUY, 99, 2).table()
    book = vl.OrderBookL2(table.instrument)
    book.apply(table.kind[:6], table.side[:6], table.price[:6], table.qty[:6])
    two, three = (BookMeasures(applied(whole()), levels=levels) for levels in (2, 3))
    assert two.update()
    assert two.is_known
    assert three.update()
    assert not three.is_known  # two asks are all that is shown
    assert measure_table(table, levels=2)["is_known"].to_pylist() == [True, True, False]


@pytest.mark.parametrize("flow", [whole(), whole().delta(1, BUY, 90, 7), whole().row(1, EventKind.GAP)])
def test_copies_and_snapshots_know_what_the_book_knew(flow):
    book = applied(flow)
    stored = pickle.loads(pickle.dumps(book.snapshot()))
    restored = vl.OrderBookL2(book.instrument)
    restored.restore(stored)
    for other in (book.copy(), restored):
        assert states(other, BUY, range(85, 105)) == states(book, BUY, range(85, 105))
        assert other.known_depth(BUY) == book.known_depth(BUY)


def test_a_book_by_order_knows_as_its_levels_do_and_so_does_its_copy():
    book = OrderBookL3(Flow().instrument)
    kinds = [EventKind.SNAPSHOT_BEGIN, EventKind.ORDER_ADD, EventKind.ORDER_ADD, EventKind.SNAPSHOT_END]
    arrays = [
        np.array(one, dtype)
        for one, dtype in (
            (kinds, np.uint8),
            ([2, 0, 0, 2], np.uint8),
            ([0, 100, 98, 0], np.int64),
            ([0, 5, 5, 0], np.int64),
            ([0, 1, 2, 0], np.int64),
        )
    ]
    book.apply(*arrays)
    for one in (book, book.copy()):
        assert states(one.levels, BUY, (99, 98, 97)) == [EMPTY, SHOWN, UNKNOWN]
        assert one.levels.level_state(SELL, 101) == EMPTY


def test_a_quote_book_knows_its_best_prices_and_what_is_before_them():
    book = QuoteBook(Flow().instrument)
    assert book.level_state(BUY, 100) == UNKNOWN
    book.set(BUY, 100, 5)
    book.set(SELL, 0, 0)
    assert [book.level_state(BUY, price) for price in (101, 100, 99)] == [EMPTY, SHOWN, UNKNOWN]
    assert book.level_state(SELL, 105) == EMPTY
    assert (book.known_depth(BUY), book.known_depth(SELL)) == (100.0, None)
    book.clear()
    assert not book.is_known(BUY, 100)


def seen_by_a_strategy(flow, *times, **options):
    """(bid states of 101, 100, 99; whether stale; known depth of the bids) at each time."""
    out = []

    def look(s):
        book = s.book("TEST")
        out.append((states(book, BUY, (101, 100, 99)), book.is_stale, book.known_depth(BUY)))

    flow.delta(1000, SELL, 500, 1) if not options.pop("quotes", False) else flow.quote(1000, (90, 1), (200, 1))
    vl.Backtest(flow.table(), Script(*((ts, look) for ts in times)), latency=0).run()
    return out


def test_a_strategy_sees_what_the_book_of_a_feed_by_level_knows():
    flow = whole().row(20, EventKind.GAP).snapshot(40, bids=[(100, 5), (99, 1)], asks=ASKS)
    assert seen_by_a_strategy(flow, 10, 30, 50) == [
        ([EMPTY, SHOWN, EMPTY], False, 96.0),
        ([UNKNOWN] * 3, True, None),
        ([EMPTY, SHOWN, SHOWN], False, 99.0),
    ]


def test_a_strategy_on_quotes_knows_one_price_and_a_quote_ends_a_gap():
    flow = Flow().quote(0, (100, 5), (102, 5)).row(20, EventKind.GAP).quote(40, (101, 1), (102, 5))
    flow.quote(60, (101, 0), (102, 5))
    assert seen_by_a_strategy(flow, 10, 30, 50, 70, quotes=True) == [
        ([EMPTY, SHOWN, UNKNOWN], False, 100.0),
        ([UNKNOWN] * 3, True, None),
        ([SHOWN, UNKNOWN, UNKNOWN], False, 101.0),
        ([EMPTY] * 3, False, None),
    ]
