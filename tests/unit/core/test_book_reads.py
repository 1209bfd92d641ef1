"""Reading a level book: depth in place, sweeps, snapshots, and the book without our own orders."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.errors import InvalidArgument, OffGrid
from velora.testkit import Flow, Script

INSTRUMENT = vl.Instrument("TEST", tick_size="0.5", lot_size="0.01")


@pytest.fixture
def book():
    book = vl.OrderBookL2(INSTRUMENT)
    for side, price, qty in ((0, 100, 5), (0, 98, 7), (1, 102, 3), (1, 103, 4), (1, 110, 100)):
        book.set(side, price, qty)
    return book


def test_depth_fills_the_same_arrays_again(book):
    depth = book.depth(3)
    prices = depth.bid_prices
    assert prices.tolist()[:2] == [50.0, 49.0]
    assert np.isnan(prices[2])
    assert (depth.bid_levels, depth.ask_levels) == (2, 3)
    assert depth.ask_qtys.tolist() == [0.03, 0.04, 1.0]
    assert depth.ask_cumulative.tolist() == pytest.approx([0.03, 0.07, 1.07])
    book.set(0, 101, 9)
    assert book.depth(3) is depth
    assert prices.tolist() == [50.5, 50.0, 49.0]
    assert depth.bid_lots.tolist() == [9, 5, 7]
    with pytest.raises(ValueError, match="read-only"):
        prices[0] = 1.0
    with pytest.raises(InvalidArgument):
        book.depth(0)


def test_sweep_pays_the_average_of_the_levels_it_takes(book):
    filled, average = book.sweep(vl.Side.BUY, 0.05)
    assert filled == 0.05
    assert average == pytest.approx((3 * 51.0 + 2 * 51.5) / 5)
    assert book.sweep(vl.Side.BUY, 100) == (1.07, pytest.approx((3 * 51 + 4 * 51.5 + 100 * 55) / 107))
    assert book.sweep(vl.Side.BUY, 100, limit=51.5)[0] == pytest.approx(0.07)
    assert book.sweep(vl.Side.SELL, 1, limit=50.5) == (0.0, None)
    assert book.sweep(vl.Side.SELL, 0) == (0.0, None)
    with pytest.raises(OffGrid):
        book.sweep(vl.Side.BUY, 0.001)
    with pytest.raises(InvalidArgument):
        book.sweep(vl.Side.BUY, -1)


def test_qty_to_counts_up_to_and_including_a_price(book):
    assert [book.qty_to(1, price) for price in (50.5, 51.0, 54.5, 55.0)] == pytest.approx([0, 0.03, 0.07, 1.07])
    assert book.qty_to(0, 49.0) == pytest.approx(0.12)


def test_iterate_reads_level_by_level(book):
    levels = book.iterate(0)
    assert next(levels) == (100, 5)
    book.set(0, 98, 0)
    book.set(0, 90, 1)
    assert list(levels) == [(90, 1)]


def test_snapshot_and_restore(book):
    kept = book.snapshot()
    book.set(0, 100, 0)
    assert book.best_bid_ticks == 98
    book.restore(kept)
    assert book.bids() == [(50.0, 0.05), (49.0, 0.07)]
    with pytest.raises(InvalidArgument, match="does not fit"):
        vl.OrderBookL2(vl.Instrument("OTHER", tick_size=1, lot_size=1)).restore(kept)


def test_to_arrow_has_both_sides_best_first(book):
    table = book.to_arrow(2)
    assert table["side"].to_pylist() == [0, 0, 1, 1]
    assert table["price"].to_pylist() == [50.0, 49.0, 51.0, 51.5]
    assert table["qty_lots"].to_pylist() == [5, 7, 3, 4]


def test_a_book_outside_an_engine_has_nothing_of_ours(book):
    assert book.own_qty(0, 50.0) == 0.0
    assert book.without_us.best_bid_ticks == 100
    assert book.without_us.levels(1, 2)[0].tolist() == [102, 103]


# ---------------------------------------------------------------------- our own orders


def strangers():
    return Flow().snapshot(0, bids=[(100, 5), (99, 5)], asks=[(103, 5), (104, 5)]).delta(1_000, 0, 90, 1)


def seen(shows_own, flow, *steps, at):
    """What a strategy reads of itself at `at`, in a run whose feed shows our orders or does not."""
    from velora.backtest.feed import Feed
    from velora.backtest.replay import Replay
    from velora.data import resolve
    from velora.engine.kernel import Kernel
    from velora.sim.latency import Latency
    from velora.sim.venue import SimulatedVenue

    found = {}

    def look(script):
        book = script.book(script.instruments[0])
        without = book.without_us
        found.update(
            own=[book.own_lots(side, price) for side, price in ((0, 101), (0, 100), (1, 103))],
            best=(without.best_bid_ticks, without.best_ask_ticks, without.mid, without.spread_ticks),
            depth=[column.tolist() for side in (0, 1) for column in without.levels(side)],
            at_100=without.qty_lots(0, 100),
            shown=book.best_bid_ticks,
        )

    (source,) = resolve(flow.table())
    kernel = Kernel([source.instrument], Script(*steps, (at, look)), [False], shows_own=shows_own)
    venue = SimulatedVenue([source.instrument], [False], "risk_averse")
    replay = Replay(kernel, venue, [Feed(source, 65_536)], Latency.of(0))
    replay.start(0)
    replay.advance(2**63 - 1, None)
    return found


STEPS = ((10, lambda s: s.bid(101, 3)), (20, lambda s: s.bid(100, 2)), (30, lambda s: s.ask(103, 4)))


def test_book_without_us_is_the_same_whether_the_feed_shows_us_or_not():
    hidden = seen(False, strangers(), *STEPS, at=500)
    shown_flow = (
        Flow()
        .snapshot(0, bids=[(100, 5), (99, 5)], asks=[(103, 5), (104, 5)])
        .delta(10, 0, 101, 3)
        .delta(20, 0, 100, 7)
        .delta(30, 1, 103, 9)
        .delta(1_000, 0, 90, 1)
    )
    shown = seen(True, shown_flow, *STEPS, at=500)
    assert (hidden.pop("shown"), shown.pop("shown")) == (100, 101)
    assert hidden == shown
    assert hidden["own"] == [3, 2, 4]
    assert hidden["best"] == (100, 103, 101.5, 3)
    assert hidden["at_100"] == 5


def test_own_quantity_follows_fills_amends_and_cancels():
    def amend(script):
        script.amend(script.placed[0], price_ticks=100, qty_lots=4)

    def cancel(script):
        script.cancel(script.placed[0])

    book = Flow().snapshot(0, bids=[(100, 5), (99, 5)], asks=[(103, 5), (104, 5)])
    flow = book.trade(600, vl.Side.SELL, 101, 1).delta(1_000, 0, 90, 2)
    assert seen(False, flow, STEPS[0], at=500)["own"] == [3, 0, 0]
    assert seen(False, flow, STEPS[0], at=700)["own"] == [2, 0, 0]
    assert seen(False, flow, STEPS[0], (650, amend), at=700)["own"] == [0, 3, 0]
    assert seen(False, flow, STEPS[0], (650, cancel), at=700)["own"] == [0, 0, 0]


# ---------------------------------------------------------------------- quotes fused over levels


def fused_tops(flow, *, fuse):
    """(time, best bid, best ask, bid levels, ask levels) at each book event."""
    tops = []

    class Watch(vl.Strategy):
        def on_book(self, book):
            tops.append((self.now, book.best_bid_ticks, book.best_ask_ticks, book.bid_levels, book.ask_levels))

    vl.Backtest(flow.table(), Watch(), fuse_quotes=fuse).run()
    return tops


def test_quote_ahead_of_the_levels_moves_the_top_and_leaves_nothing_behind():
    flow = (
        Flow()
        .snapshot(0, bids=[(100, 5), (99, 5)], asks=[(101, 5), (102, 5)], update_id=10)
        .quote(10, (98, 1), (99, 2), update_id=20)  # both bids are gone, says the quote, and there is an ask at 99
        .delta(20, vl.Side.BUY, 100, 0, update_id=15)  # the level feed is still behind
        .delta(30, vl.Side.BUY, 99, 0, update_id=21)  # and has caught up: what the quote alone knew is gone
        .quote(40, (97, 1), (102, 1), update_id=19)  # older than the book
    )
    assert fused_tops(flow, fuse=True) == [
        (0, 100, 101, 2, 2),
        (10, 98, 99, 1, 3),
        (20, 98, 99, 1, 3),
        (30, None, 101, 0, 2),
    ]
    assert fused_tops(flow, fuse=False) == [(0, 100, 101, 2, 2), (20, 99, 101, 1, 2), (30, None, 101, 0, 2)]


def test_gap_lifts_the_quote():
    flow = (
        Flow()
        .snapshot(0, bids=[(100, 5)], asks=[(101, 5)], update_id=10)
        .quote(10, (99, 1), (102, 2), update_id=20)
        .row(20, vl.EventKind.GAP)
        .quote(25, (95, 1), (96, 2), update_id=30)
        .delta(30, vl.Side.BUY, 90, 1, update_id=31)
    )
    assert fused_tops(flow, fuse=True)[-1] == (30, 100, 101, 2, 1)


def test_touch_is_both_best_prices_and_set_says_when_it_may_have_moved():
    book = vl.OrderBookL2(vl.Instrument("TEST", tick_size="1", lot_size="1"))
    assert book.touch == (None, None)
    assert book.set(0, 100, 5)
    assert book.touch == (100, None)
    assert book.set(1, 103, 5)
    assert not book.set(0, 99, 5)
    assert not book.set(0, 98, 0)
    assert book.touch == (100, 103)
    assert book.set(0, 100, 7)  # the best level's quantity
    assert book.set(0, 100, 0)
    assert book.touch == (99, 103)


def test_apply_writes_the_touch_after_every_row():
    book = vl.OrderBookL2(vl.Instrument("TEST", tick_size="1", lot_size="1"))
    touch = np.zeros((3, 2), np.int64)
    none = 2**63 - 1
    columns = ([3, 3, 3], [0, 1, 0]), ([100, 103, 100], [5, 5, 0])
    kind, side = (np.array(column, np.uint8) for column in columns[0])
    price, qty = (np.array(column, np.int64) for column in columns[1])
    book.apply(kind, side, price, qty, touch)
    assert touch.tolist() == [[100, none], [100, 103], [-none, 103]]
    with pytest.raises(InvalidArgument, match="touch must be of shape"):
        book.apply(kind, side, price, qty, touch[:2])
    with pytest.raises(InvalidArgument, match="price must be a contiguous array of int64"):
        book.apply(kind, side, price.astype(float), qty)
