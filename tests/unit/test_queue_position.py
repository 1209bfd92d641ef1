"""What a strategy may know of its place in a queue: only what the feed and the venue's answers have told it."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.sim.latency import Latency
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL


def look(flow, *, at, send=10, price=100, latency=0, end=1000, extra=()):
    """The place of an order sent at one time, as seen at others."""
    seen = []
    flow.delta(end, BUY, 1, 1)

    def start(s):
        s.track_queue("TEST")
        s.bid(price, 2)

    steps = [(send, start), *extra, *((ts, lambda s: seen.append(s.queue_position(s.placed[0]))) for ts in at)]
    vl.Backtest(flow.table(), Script(*steps), latency=latency).run()
    return seen


def book(**options):
    return Flow(**options).snapshot(0, bids=[(100, 10), (99, 20)], asks=[(101, 5)])


def places(seen):
    return [None if one is None else (one.low_lots, one.ahead_lots, one.high_lots) for one in seen]


def test_it_begins_behind_what_the_book_shows():
    [place] = look(book(), at=[20])
    assert place == vl.QueuePosition(10.0, 10.0, 10.0, 1.0)


def test_a_trade_takes_from_the_front_and_is_certain():
    [place] = look(book().trade(15, SELL, 100, 4).delta(16, BUY, 100, 6), at=[20])
    assert place == vl.QueuePosition(6.0, 6.0, 6.0, 1.0)


def test_a_depth_row_that_tells_the_trade_first_counts_it_once():
    [place] = look(book().delta(15, BUY, 100, 6).trade(15, SELL, 100, 4), at=[20])
    assert (place.low_lots, place.high_lots) == (6.0, 6.0)


def test_a_cancel_leaves_bounds_and_less_confidence():
    # Five join behind us, five of fifteen leave: from ahead, from behind, or from each lot alike.
    [place] = look(book().delta(15, BUY, 100, 15).delta(16, BUY, 100, 10), at=[20])
    assert (place.low_lots, place.high_lots) == (5.0, 10.0)
    assert place.ahead_lots == pytest.approx(10 - 5 * 10 / 15)
    assert place.confidence == pytest.approx(0.5)


def test_a_print_through_our_price_leaves_nobody_ahead():
    [place] = look(book().trade(15, SELL, 98, 1), at=[20])
    assert place.high_lots == 0.0


def test_changes_before_the_order_was_at_the_venue_are_ahead_of_it_and_later_ones_are_not():
    # Sent at 10, at the venue at 30, the answer here at 60. Growth at 20 stands ahead, growth at 40 behind.
    flow = book().delta(20, BUY, 100, 14).delta(40, BUY, 100, 30)
    assert places(look(flow, at=[50, 70], latency=Latency(entry=vl.ns(20), response=vl.ns(30)))) == [
        None,
        (14.0, 14.0, 14.0),
    ]


def test_an_answer_that_outruns_the_feed_is_mended_when_the_feed_comes():
    # The feed is 50 late: what the level showed at the venue at 30 is known here only at 75.
    flow = book(feed_latency=vl.ns(50)).delta(25, BUY, 100, 14).delta(40, BUY, 100, 30)
    seen = look(flow, at=[70, 80, 95], send=60, latency=Latency(entry=0, response=vl.ns(1)))
    assert places(seen) == [(10.0, 10.0, 10.0), (14.0, 14.0, 14.0), (30.0, 30.0, 30.0)]


def test_a_move_to_another_price_begins_anew_and_a_smaller_size_keeps_the_place():
    flow = book().trade(15, SELL, 100, 4).delta(16, BUY, 100, 6)
    smaller = look(flow, at=[40], extra=[(30, lambda s: s.amend(s.placed[0], qty_lots=1))])
    assert places(smaller) == [(6.0, 6.0, 6.0)]
    flow = book().trade(15, SELL, 100, 4).delta(16, BUY, 100, 6)
    moved = look(flow, at=[40], extra=[(30, lambda s: s.amend(s.placed[0], price_ticks=99))])
    assert places(moved) == [(20.0, 20.0, 20.0)]
    flow = book().trade(15, SELL, 100, 4).delta(16, BUY, 100, 6)
    larger = look(flow, at=[40], extra=[(30, lambda s: s.amend(s.placed[0], qty_lots=5))])
    assert places(larger) == [(6.0, 6.0, 6.0)]


def test_an_order_that_is_over_has_no_place():
    assert look(book(), at=[40], extra=[(30, lambda s: s.cancel(s.placed[0]))]) == [None]


def test_without_tracking_there_is_no_place_and_no_difference():
    def quoter(track):
        class Quoter(vl.Strategy):
            def on_start(self):
                if track:
                    self.track_queue()
                self.every("50ms", self.requote)

            def requote(self):
                book = self.book("SYNUSDT")
                self.quote(book.instrument, bid=book.best_bid, ask=book.best_ask, qty=0.01)
                for order in self.orders():
                    place = self.queue_position(order)
                    assert (place is None) or track
                    if place is not None:
                        assert 0 <= place.low_lots <= place.ahead_lots + 1e-9 <= place.high_lots + 2e-9
                        assert 0 <= place.confidence <= 1

        return vl.Backtest(vl.SyntheticMarket(seed=3, events=40_000), Quoter(), latency="5ms").run().hash

    assert quoter(True) == quoter(False)


def test_the_estimate_lies_near_the_true_place_on_average():
    errors, held = [], []

    class Watcher(vl.Strategy):
        def on_start(self):
            self.track_queue()
            self.every("200ms", self.requote)

        def requote(self):
            book = self.book("SYNUSDT")
            self.quote(book.instrument, bid=book.best_bid, ask=book.best_ask, qty=0.01)
            for order in self.orders():
                place = self.queue_position(order)
                if place is not None:
                    held.append((self.now, order.id, place))

    result = vl.Backtest(
        vl.SyntheticMarket(seed=5, events=60_000), Watcher(), latency="1ms", queue="proportional", trace_queue=True
    ).run()
    truth = result.queue_positions_raw
    for now, order_id, place in held:
        own = truth[(truth["order_id"] == order_id) & (truth["ts"] <= now)]
        if len(own):
            errors.append((place.ahead_lots - float(own["ahead"][-1]), float(own["ahead"][0])))
    assert len(errors) > 100
    assert sum(abs(error) for error, _ in errors) < 0.15 * sum(max(ahead, 1.0) for _, ahead in errors)


INF = float("inf")


def window(**options):
    """Bids of which the feed shows two."""
    return Flow(**options).snapshot(0, bids=[(100, 10), (99, 20)], asks=[(101, 5)])


def test_at_an_unknown_price_nothing_or_anything_stands_ahead_until_the_level_shows():
    flow = window().delta(15, BUY, 100, 0).delta(15, BUY, 98, 7).delta(25, BUY, 98, 9).trade(35, SELL, 98, 3)
    seen = look(flow.delta(35, BUY, 98, 6), price=98, send=10, at=[12, 20, 30, 40])
    assert places(seen) == [(0.0, INF, INF), (0.0, 7.0, 7.0), (0.0, 7.0, 7.0), (0.0, 4.0, 4.0)]
    assert [one.confidence for one in seen] == [0.0, 0.0, 0.0, pytest.approx(1 - 4 / 7)]


def test_an_unknown_price_that_proves_empty_has_nothing_ahead():
    flow = window().delta(15, BUY, 100, 0).delta(15, BUY, 97, 7)  # the window has moved past 98
    [before, after] = look(flow, price=98, send=10, at=[12, 20])
    assert (before.high_lots, before.confidence) == (INF, 0.0)
    assert after == vl.QueuePosition(0.0, 0.0, 0.0, 1.0)


def test_a_price_that_is_known_empty_has_nothing_ahead_from_the_start():
    flow = Flow().snapshot(0, bids=[(100, 10), (97, 20)], asks=[(103, 5)])
    assert look(flow, price=98, at=[12]) == [vl.QueuePosition(0.0, 0.0, 0.0, 1.0)]
    assert look(flow, price=101, at=[12]) == [vl.QueuePosition(0.0, 0.0, 0.0, 1.0)]


def test_a_level_that_leaves_the_view_keeps_the_upper_bound_and_comes_back_within_it():
    flow = window().delta(15, BUY, 101, 1).delta(15, BUY, 99, 0)
    flow.delta(25, BUY, 101, 0).delta(25, BUY, 99, 30)
    flow.delta(35, BUY, 99, 12)
    seen = look(flow, price=99, at=[12, 20, 30, 40])
    assert [(one.low_lots, one.high_lots) for one in seen] == [(20.0, 20.0), (0.0, 20.0), (0.0, 20.0), (0.0, 12.0)]
    assert [one.confidence for one in seen] == [1.0, 0.0, 0.0, pytest.approx(0.4)]


def test_a_gap_keeps_the_upper_bound_and_a_snapshot_bounds_it():
    flow = window().trade(14, SELL, 100, 4).delta(14, BUY, 100, 6)
    flow.row(15, EventKind.GAP).snapshot(25, bids=[(100, 3), (99, 20)], asks=[(101, 5)])
    seen = look(flow, at=[20, 30])
    assert [(one.low_lots, one.high_lots) for one in seen] == [(0.0, 6.0), (0.0, 3.0)]
    assert [one.confidence for one in seen] == pytest.approx([0.4, 0.7])


def test_an_order_sent_while_the_book_is_stale_stands_behind_what_the_snapshot_shows():
    flow = window().row(5, EventKind.GAP).snapshot(25, bids=[(100, 3), (99, 20)], asks=[(101, 5)])
    assert places(look(flow, at=[20, 30])) == [(0.0, INF, INF), (0.0, 3.0, 3.0)]


def test_on_quotes_a_place_behind_the_best_price_is_unknown_until_the_quote_comes_to_it():
    flow = Flow().quote(0, (100, 10), (102, 5)).quote(15, (99, 7), (102, 5)).quote(25, (98, 4), (102, 5))
    seen = []
    flow.quote(1000, (98, 4), (102, 5))
    steps = [
        (10, lambda s: (s.track_queue("TEST"), s.bid(99, 2))),
        *((ts, lambda s: seen.append(s.queue_position(s.placed[0]))) for ts in (12, 20, 30)),
    ]
    vl.Backtest(flow.table(), Script(*steps), latency=0).run()
    assert places(seen) == [(0.0, INF, INF), (0.0, 7.0, 7.0), (0.0, 0.0, 0.0)]


def test_what_the_window_did_while_an_order_was_on_its_way_counts():
    # Known empty when it was sent at 10; out of the window when it joined at 30.
    flow = Flow().snapshot(0, bids=[(100, 10), (97, 20)], asks=[(103, 5)])
    flow.delta(20, BUY, 101, 1).delta(20, BUY, 97, 0).delta(40, BUY, 101, 0).delta(40, BUY, 98, 5)
    seen = look(flow, price=98, at=[37, 55], latency=Latency(entry=vl.ns(20), response=vl.ns(6)))
    assert places(seen) == [(0.0, INF, INF), (0.0, 5.0, 5.0)]


def test_a_restated_level_outside_of_a_snapshot_is_no_news():
    flow = window().row(15, EventKind.DELTA, BUY, 99, 0, flags=EventFlag.SNAPSHOT | EventFlag.LAST)
    flow.row(25, EventKind.DELTA, BUY, 99, 30, flags=EventFlag.SNAPSHOT | EventFlag.LAST).delta(35, BUY, 99, 8)
    seen = look(flow, price=99, at=[12, 20, 30, 40])
    assert [(one.low_lots, one.high_lots) for one in seen] == [(20.0, 20.0), (0.0, 20.0), (0.0, 20.0), (0.0, 8.0)]


def test_a_fill_in_part_proves_that_nobody_stands_ahead():
    [place] = look(book().delta(12, BUY, 100, 15).delta(13, BUY, 100, 9).trade(15, SELL, 100, 10), at=[20])
    assert place == vl.QueuePosition(0.0, 0.0, 0.0, 1.0)


def test_own_orders_before_it_may_have_got_a_trade():
    flow, seen = book(), []
    flow.delta(12, BUY, 100, 20).trade(15, SELL, 100, 14).delta(1000, BUY, 1, 1)
    steps = [
        (10, lambda s: (s.track_queue("TEST"), s.bid(100, 5))),
        (13, lambda s: s.bid(100, 2)),
        (16, lambda s: seen.append(s.queue_position(s.placed[1]))),
    ]
    vl.Backtest(flow.table(), Script(*steps), latency=0).run()
    # The trade of 14 took 10 lots before the first order and 4 of the first order: of 20 recorded lots 10 are left.
    assert seen[0].low_lots <= 10.0 <= seen[0].high_lots
