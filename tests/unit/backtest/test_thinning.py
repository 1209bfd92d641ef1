"""A thinned session has what a poorer feed would have sent, row by row."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.backtest.thinning import THINNINGS, Thinning, in_venue_order, levels_of, thin
from velora.core.events import EventFlag, EventKind, Side
from velora.data.levels import LevelsOfOrders
from velora.errors import InvalidArgument
from velora.testkit import Flow, ReferenceBook, random_order_flow

K, BUY, SELL = EventKind, Side.BUY, Side.SELL
LAST, SNAPSHOT, HIDDEN, OFF_BOOK = (
    int(one) for one in (EventFlag.LAST, EventFlag.SNAPSHOT, EventFlag.HIDDEN, EventFlag.OFF_BOOK)
)
NAMES = ("kind", "side", "price", "qty", "flags")


def rows(table, names=NAMES):
    return list(zip(*(getattr(table, name).tolist() for name in names), strict=True))


def start():
    """Three levels a side: bids 100, 99, 97 and asks 101, 102, 104."""
    return Flow().snapshot(0, bids=[(100, 5), (99, 7), (97, 9)], asks=[(101, 4), (102, 6), (104, 8)])


def after_start(table, snapshot=6):
    """What follows the snapshot of two levels a side."""
    return rows(table)[snapshot:]


def test_the_window_starts_as_a_snapshot_of_its_levels():
    assert rows(thin(start().table(), "best2")) == [
        (K.SNAPSHOT_BEGIN, Side.NONE, 0, 0, 0),
        (K.DELTA, BUY, 100, 5, SNAPSHOT),
        (K.DELTA, BUY, 99, 7, SNAPSHOT),
        (K.DELTA, SELL, 101, 4, SNAPSHOT),
        (K.DELTA, SELL, 102, 6, SNAPSHOT),
        (K.SNAPSHOT_END, Side.NONE, 0, 0, LAST),
    ]


def test_a_cold_window_starts_as_changes():
    assert rows(thin(start().delta(5, BUY, 97, 3).delta(6, BUY, 99, 8).table(), "best2_cold")) == [
        (K.DELTA, BUY, 100, 5, 0),
        (K.DELTA, BUY, 99, 7, 0),
        (K.DELTA, SELL, 101, 4, 0),
        (K.DELTA, SELL, 102, 6, LAST),
        (K.DELTA, BUY, 99, 8, LAST),
    ]


def test_a_session_without_a_snapshot_gets_one_of_its_first_levels():
    table = Flow().delta(3, BUY, 90, 2).delta(4, SELL, 95, 1).table()
    assert [row[0] for row in rows(thin(table, "best3"))] == [K.SNAPSHOT_BEGIN, K.DELTA, K.SNAPSHOT_END, K.DELTA]
    assert rows(thin(table, "best3_cold")) == [(K.DELTA, BUY, 90, 2, LAST), (K.DELTA, SELL, 95, 1, LAST)]


def test_a_better_level_pushes_the_last_one_out_and_lets_it_in_again():
    flow = start().delta(5, BUY, 100, 0).delta(6, BUY, 100, 2).delta(7, SELL, 103, 1)
    assert after_start(thin(flow.table(), "best2")) == [
        (K.DELTA, BUY, 100, 0, 0),
        (K.DELTA, BUY, 97, 9, LAST),  # comes into view
        (K.DELTA, BUY, 97, 0, 0),  # leaves it again
        (K.DELTA, BUY, 100, 2, LAST),
    ]


def test_a_batch_that_moves_both_sides_is_one_batch_of_the_window():
    flow = start()
    flow.row(5, K.DELTA, BUY, 101, 3, flags=0).row(5, K.DELTA, SELL, 101, 0, flags=0).row(5, K.DELTA, SELL, 110, 1)
    assert after_start(thin(flow.table(), "best2")) == [
        (K.DELTA, BUY, 99, 0, 0),
        (K.DELTA, SELL, 101, 0, 0),
        (K.DELTA, BUY, 101, 3, 0),
        (K.DELTA, SELL, 104, 8, LAST),
    ]


def test_levels_outside_the_window_and_repeats_are_not_sent():
    flow = start().delta(5, BUY, 97, 1).delta(6, SELL, 104, 0).delta(7, BUY, 99, 7).delta(8, SELL, 150, 2)
    assert after_start(thin(flow.table(), "best2")) == []
    assert len(thin(flow.table(), "best2_snapshots")) == 6
    assert len(thin(flow.table(), "quotes")) == 2


def test_whole_snapshots_come_whenever_a_level_of_the_window_changes():
    made = thin(start().delta(5, BUY, 97, 1).delta(6, BUY, 99, 1).delta(7, SELL, 101, 0).table(), "best2_snapshots")
    assert np.flatnonzero(made.kind == K.SNAPSHOT_BEGIN).tolist() == [0, 6, 12]
    assert made.ts_event[[0, 6, 12]].tolist() == [0, 6, 7]
    assert rows(made)[12:] == [
        (K.SNAPSHOT_BEGIN, Side.NONE, 0, 0, 0),
        (K.DELTA, BUY, 100, 5, SNAPSHOT),
        (K.DELTA, BUY, 99, 1, SNAPSHOT),
        (K.DELTA, SELL, 102, 6, SNAPSHOT),
        (K.DELTA, SELL, 104, 8, SNAPSHOT),
        (K.SNAPSHOT_END, Side.NONE, 0, 0, LAST),
    ]


def test_quotes_tell_both_sides_when_either_changes():
    flow = start().delta(5, BUY, 99, 1).delta(6, BUY, 100, 0).trade(7, SELL, 99, 1).delta(8, SELL, 101, 9)
    quotes = [
        (K.QUOTE, BUY, 100, 5, 0),
        (K.QUOTE, SELL, 101, 4, LAST),
        (K.QUOTE, BUY, 99, 1, 0),
        (K.QUOTE, SELL, 101, 4, LAST),
        (K.QUOTE, BUY, 99, 1, 0),
        (K.QUOTE, SELL, 101, 9, LAST),
    ]
    assert rows(thin(flow.table(), "quotes")) == quotes
    assert rows(thin(flow.table(), "best1")) == [*quotes[:4], (K.TRADE, SELL, 99, 1, LAST), *quotes[4:]]


def test_no_quote_is_sent_while_a_side_is_empty():
    flow = Flow().delta(1, BUY, 90, 2).delta(2, SELL, 95, 1).delta(3, SELL, 95, 0).delta(4, BUY, 90, 3)
    made = thin(flow.delta(5, SELL, 96, 1).table(), "quotes")
    assert made.ts_event.tolist() == [2, 2, 5, 5]
    assert rows(made, ("price", "qty")) == [(90, 2), (95, 1), (90, 3), (96, 1)]


@pytest.mark.parametrize("name", ["best2", "best2_snapshots", "best1", "levels"])
def test_trades_keep_their_place_among_the_rows_of_the_book(name):
    flow = start()
    flow.row(5, K.TRADE, SELL, 100, 5, flags=0).row(5, K.DELTA, BUY, 100, 0)  # print, then the level
    flow.row(6, K.DELTA, SELL, 101, 1, flags=0).row(6, K.TRADE, BUY, 101, 3)  # the level, then the print
    made = thin(flow.table(), name)
    kinds = [kind for kind, flags in rows(made, ("kind", "flags")) if not flags & SNAPSHOT and kind != K.SNAPSHOT_END]
    is_trade = [kind == K.TRADE for kind in kinds]
    first, second = [at for at, is_one in enumerate(is_trade) if is_one]
    assert 0 < first < second - 1
    assert second == len(kinds) - 1
    assert made.ts_event[made.kind == K.TRADE].tolist() == [5, 6]


def test_the_last_row_that_is_left_of_a_batch_ends_it():
    flow = start().row(5, K.TRADE, SELL, 100, 5, flags=0).row(5, K.DELTA, BUY, 97, 0)
    flow.row(6, K.TRADE, SELL, 100, 1, flags=0).row(6, K.TRADE, SELL, 99, 1, flags=0).row(6, K.DELTA, BUY, 99, 6)
    for name in ("trades", "best1"):
        made = thin(flow.table(), name)
        is_trade = made.kind == K.TRADE
        assert (made.flags[is_trade] & LAST).tolist() == [1, 0, 1], name


def test_a_batch_that_is_cut_stays_open():
    flow = start().row(5, K.TRADE, SELL, 100, 5, flags=0)
    assert thin(flow.table(), "trades").flags.tolist() == [0]


def test_trades_keep_flags_and_ids_and_lose_their_side_where_it_is_asked():
    flow = start().row(5, K.TRADE, SELL, 100, 5, flags=LAST | HIDDEN, order_id=77)
    flow.row(6, K.TRADE, BUY, 101, 1, flags=LAST | OFF_BOOK, order_id=78)
    names = (*NAMES, "order_id")
    for name, sides in (("trades", (SELL, BUY)), ("trades_no_side", (2, 2)), ("levels_no_side", (2, 2))):
        made = [row for row in rows(thin(flow.table(), name), names) if row[0] == K.TRADE]
        assert made == [
            (K.TRADE, sides[0], 100, 5, LAST | HIDDEN, 77),
            (K.TRADE, sides[1], 101, 1, LAST | OFF_BOOK, 78),
        ]
    levels = thin(flow.table(), "levels_no_side")
    assert [row for row in rows(levels) if row[0] == K.DELTA] == [
        row for row in rows(flow.table()) if row[0] == K.DELTA
    ]


@pytest.mark.parametrize("name", THINNINGS)
def test_status_gaps_and_rates_stay(name):
    flow = (
        start().row(5, K.STATUS, qty=0).row(6, K.GAP).row(7, K.FUNDING, price=100, qty=3).row(8, K.MARK_PRICE, price=9)
    )
    kinds = [row[:1] + row[2:4] for row in rows(thin(flow.table(), name)) if row[0] >= K.MARK_PRICE]
    assert kinds == [(K.STATUS, 0, 0), (K.GAP, 0, 0), (K.FUNDING, 100, 3), (K.MARK_PRICE, 9, 0)]


def test_a_snapshot_after_a_gap_is_one_of_the_window_even_when_it_started_cold():
    flow = start().row(5, K.GAP).snapshot(9, bids=[(80, 1), (79, 2), (78, 3)], asks=[(81, 4)])
    for name in ("best2", "best2_cold"):
        assert rows(thin(flow.table(), name))[-5:] == [
            (K.SNAPSHOT_BEGIN, Side.NONE, 0, 0, 0),
            (K.DELTA, BUY, 80, 1, SNAPSHOT),
            (K.DELTA, BUY, 79, 2, SNAPSHOT),
            (K.DELTA, SELL, 81, 4, SNAPSHOT),
            (K.SNAPSHOT_END, Side.NONE, 0, 0, LAST),
        ]


def test_quotes_of_the_session_give_way_to_those_of_its_book():
    flow = start().quote(5, (50, 1), (60, 1)).delta(6, BUY, 100, 1)
    assert thin(flow.table(), "levels").counts()["quote"] == 2
    assert rows(thin(flow.table(), "best1"), ("price", "qty")) == [(100, 5), (101, 4), (100, 1), (101, 4)]
    assert "quote" not in thin(flow.table(), "best2").counts()


@pytest.mark.parametrize("prints", ["level", "order"])
@pytest.mark.parametrize("depth", [1, 3, 7])
def test_the_window_of_a_random_session_is_that_of_its_book_at_the_end_of_each_batch(prints, depth):
    whole = levels_of(random_order_flow(depth, 600, prints=prints, trade_share=0.3))
    feeds = {f"best{depth}_snapshots": None, f"best{depth + 1}": None, f"best{depth + 1}_cold": None}
    tops = {}
    for name in [*feeds, ""]:
        feed, book, top, in_snapshot = thin(whole, name) if name else whole, ReferenceBook(), {}, False
        for ts, kind, side, price, qty, flags in rows(feed, ("ts_event", *NAMES)):
            if kind == K.SNAPSHOT_BEGIN:
                book, in_snapshot = ReferenceBook(), True
            elif kind == K.DELTA:
                book.set(side, price, qty)
            in_snapshot = in_snapshot and kind != K.SNAPSHOT_END
            if flags & LAST and not in_snapshot:
                top[ts] = [book.levels(side)[: depth + 1 - name.endswith("snapshots")] for side in (0, 1)]
                if name:
                    assert all(len(book.levels(side)) <= depth + 1 for side in (0, 1))
        tops[name] = top
    for name in feeds:
        shown = depth if name.endswith("snapshots") else depth + 1
        expected = {ts: [one[:shown] for one in both] for ts, both in tops[""].items()}
        known = None
        for ts, both in expected.items():
            known = tops[name].get(ts, known)
            assert known == both, (name, ts)


def test_rows_by_order_and_by_level_are_thinned_alike():
    by_order = random_order_flow(5, 300)
    by_level = next(iter(LevelsOfOrders(by_order).chunks(10**9)))
    for name in THINNINGS:
        assert rows(thin(by_order, name)) == rows(thin(by_level, name)) != []


def test_a_source_of_many_chunks_is_thinned_like_its_table():
    class Source:
        def __init__(self, table):
            self.table, self.instrument, self.disorder_ns, self.has_depth = table, table.instrument, 0, True

        def chunks(self, rows):
            return self.table.chunks(97)

    table = random_order_flow(6, 300)
    assert rows(thin(Source(table), "best3")) == rows(thin(table, "best3"))
    assert rows(thin(Source(start().table()), "best3")) == rows(thin(start().table(), "best3"))


def test_rows_come_in_the_order_of_the_venues_clock_with_that_time_of_receipt():
    instrument = vl.Instrument("T", tick_size=1, lot_size=1, quote="USD")
    table = vl.EventTable.from_numpy(
        instrument,
        ts_event=np.array([30, 10, 20, 10]),
        ts_recv=np.array([40, 41, 42, 43]),
        kind=np.array([K.TRADE] * 4, np.uint8),
        price=np.array([1, 2, 3, 4]),
        qty=np.array([1, 1, 1, 1]),
    )
    made = in_venue_order(table)
    assert made.price.tolist() == [2, 4, 3, 1]
    assert made.ts_event.tolist() == made.ts_recv.tolist() == [10, 10, 20, 30]
    assert in_venue_order(made) is made


def test_a_thinning_is_found_by_its_name_or_refused():
    assert Thinning.of("best25") == Thinning("best25", "deltas", 25)
    assert Thinning.of("best25_snapshots") == Thinning("best25_snapshots", "snapshots", 25)
    assert Thinning.of("best25_cold") == Thinning("best25_cold", "deltas", 25, has_start=False)
    assert Thinning.of("best1").book == "quotes"
    assert Thinning.of(Thinning.of("trades")).book == "none"
    for name in ("best0", "best", "worst5", "best5_", "best5_no_side", "best-1", ""):
        with pytest.raises(InvalidArgument, match="a thinning is one of levels"):
            Thinning.of(name)


def test_a_session_without_a_book_cannot_be_thinned_to_one():
    trades = Flow().trade(1, BUY, 100, 1).table()
    assert rows(thin(trades, "trades")) == [(K.TRADE, BUY, 100, 1, LAST)]
    for name in ("best5", "best5_snapshots", "quotes", "best1"):
        with pytest.raises(InvalidArgument, match="TEST has no levels to thin"):
            thin(trades, name)


@pytest.mark.parametrize("name", THINNINGS)
def test_an_empty_session_with_a_book_stays_empty(name):
    made = thin(start().table().slice(0, 1), name)
    assert set(made.kind.tolist()) <= {int(K.SNAPSHOT_BEGIN), int(K.SNAPSHOT_END)}
