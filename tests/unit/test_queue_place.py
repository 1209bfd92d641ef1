"""What a strategy may know of its place in a queue: only what the feed and the venue's answers have told it."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import Side
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

    steps = [(send, start), *extra, *((ts, lambda s: seen.append(s.queue_place(s.placed[0]))) for ts in at)]
    vl.Backtest(flow.table(), Script(*steps), latency=latency).run()
    return seen


def book(**options):
    return Flow(**options).snapshot(0, bids=[(100, 10), (99, 20)], asks=[(101, 5)])


def places(seen):
    return [None if one is None else (one.low_lots, one.ahead_lots, one.high_lots) for one in seen]


def test_it_begins_behind_what_the_book_shows():
    [place] = look(book(), at=[20])
    assert place == vl.QueuePlace(10.0, 10.0, 10.0, 1.0)


def test_a_trade_takes_from_the_front_and_is_certain():
    [place] = look(book().trade(15, SELL, 100, 4).delta(16, BUY, 100, 6), at=[20])
    assert place == vl.QueuePlace(6.0, 6.0, 6.0, 1.0)


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
    assert places(look(flow, at=[50, 70], latency=Latency(entry=20, response=30))) == [None, (14.0, 14.0, 14.0)]


def test_an_answer_that_outruns_the_feed_is_mended_when_the_feed_comes():
    # The feed is 50 late: what the level showed at the venue at 30 is known here only at 75.
    flow = book(feed_latency=50).delta(25, BUY, 100, 14).delta(40, BUY, 100, 30)
    seen = look(flow, at=[70, 80, 95], send=60, latency=Latency(entry=0, response=1))
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
                    place = self.queue_place(order)
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
                place = self.queue_place(order)
                if place is not None:
                    held.append((self.now, order.id, place))

    result = vl.Backtest(
        vl.SyntheticMarket(seed=5, events=60_000), Watcher(), latency="1ms", queue="proportional", trace_queue=True
    ).run()
    truth = result.places_raw
    for now, order_id, place in held:
        own = truth[(truth["order_id"] == order_id) & (truth["ts"] <= now)]
        if len(own):
            errors.append((place.ahead_lots - float(own["ahead"][-1]), float(own["ahead"][0])))
    assert len(errors) > 100
    assert sum(abs(error) for error, _ in errors) < 0.15 * sum(max(ahead, 1.0) for _, ahead in errors)
