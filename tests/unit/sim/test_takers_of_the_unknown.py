"""What takers get where the data is silent or contradicts itself: stale books, quotes beside depth, trades alone."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.core.orders import FillCause, FillDoubt, OrderReason
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL
BIDS, ASKS = [(100, 5), (99, 20)], [(101, 5), (102, 20)]


def book():
    return Flow().snapshot(0, bids=BIDS, asks=ASKS)


def stale():
    """The same, and after it a gap."""
    return book().row(5, EventKind.GAP)


def play(flow, *steps, **options):
    script = Script(*steps)
    result = vl.Backtest(flow.table(), script, **options).run()
    return script, result


def fills(result):
    return [
        (int(f["order_id"]), int(f["price"]), int(f["qty"]), FillCause(int(f["cause"])).name) for f in result.fills_raw
    ]


def doubts(result):
    return [FillDoubt(int(one)) for one in result.fills_raw["doubts"]]


def reasons(script):
    return [order.reason for order in script.sent]


class Kept(Script):
    """A script that keeps its orders."""

    def on_start(self):
        self.sent = []
        super().on_start()

    def take(self, side, qty, price=None, **options):
        send = self.buy if side is BUY else self.sell
        limit = {} if price is None else {"price_ticks": price}
        order = send("TEST", qty_lots=qty, **limit, **options)
        self.sent.append(order)
        return order


def run(flow, *steps, **options):
    script = Kept(*steps)
    return script, vl.Backtest(flow.table(), script, **options).run()


# ---------------------------------------------------------------- stale books


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("terms", [{}, {"time_in_force": "IOC"}, {"time_in_force": "FOK"}])
def test_nothing_is_taken_from_a_book_of_before_a_gap(side, terms):
    price = None if not terms else 101 if side is BUY else 100
    flow = stale().snapshot(50, bids=BIDS, asks=ASKS)
    script, result = run(flow, (10, lambda s: s.take(side, 2, price, **terms)))
    assert fills(result) == []
    assert reasons(script) == [OrderReason.FOK if terms.get("time_in_force") == "FOK" else OrderReason.UNKNOWN_BOOK]


@pytest.mark.parametrize(("side", "price", "own"), [(BUY, 102, 102), (SELL, 99, 99)])
def test_a_limit_order_rests_in_a_stale_book_and_crosses_as_a_maker_what_the_snapshot_shows(side, price, own):
    flow = stale().snapshot(50, bids=BIDS, asks=ASKS).delta(60, BUY, 1, 1)
    _, result = run(flow, (10, lambda s: s.take(side, 2, price)))
    assert fills(result) == [(1, own, 2, "CROSS")]
    assert result.fills_raw["maker"].tolist() == [1]


@pytest.mark.parametrize("side", [BUY, SELL])
def test_who_takes_the_unknown_says_so_and_the_fills_are_in_doubt(side):
    _, result = run(stale().delta(50, BUY, 1, 1), (10, lambda s: s.take(side, 7)), take_unknown=True)
    near, far = (101, 102) if side is BUY else (100, 99)
    assert fills(result) == [(1, near, 5, "TAKER"), (1, far, 2, "TAKER")]
    assert doubts(result) == [FillDoubt.BOOK] * 2


def test_a_whole_book_leaves_no_doubt_whoever_takes_the_unknown():
    _, result = run(book().delta(50, BUY, 1, 1), (10, lambda s: s.take(BUY, 2)), take_unknown=True)
    assert doubts(result) == [FillDoubt(0)]


def test_a_quote_after_the_gap_vouches_for_what_it_shows_at_its_price():
    flow = stale().quote(8, (103, 4), (104, 3)).delta(50, BUY, 1, 1)
    script, result = run(flow, (10, lambda s: s.take(BUY, 7)), (20, lambda s: s.take(SELL, 2)))
    assert fills(result) == [(1, 104, 3, "TAKER"), (2, 103, 2, "TAKER")]
    assert doubts(result) == [FillDoubt(0)] * 2
    assert reasons(script)[0] is OrderReason.IOC


def test_nobody_wins_each_round_trip_because_one_feed_is_down():
    rng = np.random.default_rng(7)
    lag, lead = (
        Flow(
            vl.Instrument(name, tick_size=1, lot_size=1, quote="USD", maker_fee=0, taker_fee=0),
            feed_latency=vl.ns(2_000),
        )
        for name in ("LAG", "LEAD")
    )
    ts, mid = 10**12, 10_000
    for flow in (lag, lead):
        flow.snapshot(ts, [(mid - 1, 50)], [(mid + 1, 50)])
    for _ in range(60):
        ts += 1_000_000_000
        lag.row(ts, EventKind.GAP)
        mid += int(rng.choice([-15, 15]))
        lead.snapshot(ts + 50_000_000, [(mid - 1, 50)], [(mid + 1, 50)])
        lag.snapshot(ts + 400_000_000, [(mid - 1, 50)], [(mid + 1, 50)])

    class Follow(vl.Strategy):
        last = None
        sent = 0

        def on_start(self):
            self.subscribe_book("LEAD")

        def on_book(self, book):
            now = book.best_bid_ticks
            if self.last is not None and now != self.last and self.book("LAG").is_stale:
                self.sent += 1
                (self.buy if now > self.last else self.sell)("LAG", qty_lots=10)
            self.last = now

    strategy = Follow()
    result = vl.Backtest([lag.table(), lead.table()], strategy, latency="5ms").run()
    assert strategy.sent == 60
    assert len(result.fills_raw) == 0
    evidence = result.audit().item("Strong evidence")
    assert (evidence.value, evidence.grade) == ("no fills", "unknown")


# ---------------------------------------------------------------- quotes beside depth


def test_depth_that_a_newer_quote_contradicts_is_not_there_to_take():
    flow = book().quote(8, (102, 4), (103, 3)).delta(50, BUY, 1, 1)
    script, result = run(flow, (10, lambda s: s.take(BUY, 2, 102, time_in_force="IOC")), (20, lambda s: s.take(BUY, 4)))
    assert fills(result) == [(2, 103, 3, "TAKER")]
    assert reasons(script)[0] is OrderReason.IOC


def test_at_the_quote_s_price_there_is_at_most_what_it_shows_and_behind_it_what_depth_shows():
    flow = book().quote(8, (100, 5), (101, 2)).delta(50, BUY, 1, 1)
    _, result = run(flow, (10, lambda s: s.take(BUY, 6)))
    assert fills(result) == [(1, 101, 2, "TAKER"), (1, 102, 4, "TAKER")]


def test_a_level_that_the_quote_says_is_gone_crosses_no_resting_order():
    flow = book().quote(8, (102, 4), (104, 3)).delta(30, SELL, 101, 4)
    _, result = run(flow, (10, lambda s: s.take(BUY, 2, 103)))
    assert fills(result) == []


def test_a_post_only_order_may_rest_where_the_quote_says_that_nobody_stands():
    flow = book().quote(8, (101, 4), (104, 3)).delta(50, BUY, 1, 1)
    script, result = run(flow, (10, lambda s: s.take(BUY, 2, 102, post_only=True)))
    assert reasons(script) == [OrderReason.NONE]
    assert fills(result) == []


def test_a_quote_ahead_of_depth_fills_a_resting_order_once():
    flow = book().quote(20, (98, 4), (99, 3)).delta(30, BUY, 100, 0).delta(30, BUY, 99, 0).delta(30, SELL, 99, 3)
    _, result = run(flow, (10, lambda s: s.take(BUY, 9, 100)))
    assert sum(one[2] for one in fills(result)) <= 3
    assert {one[3] for one in fills(result)} <= {"CROSS"}


def test_what_was_taken_at_a_quote_is_not_taken_again_when_depth_catches_up():
    flow = book().quote(8, (102, 4), (103, 3)).delta(30, SELL, 101, 0).delta(30, SELL, 102, 0).delta(30, SELL, 103, 3)
    flow.delta(60, BUY, 1, 1)
    _, result = run(flow, (10, lambda s: s.take(BUY, 3)), (40, lambda s: s.take(BUY, 3)))
    assert fills(result) == [(1, 103, 3, "TAKER")]


def test_a_quote_that_is_a_second_behind_a_better_book_counts_for_nothing():
    late = 1_000_000_020
    flow = book().quote(8, (98, 4), (103, 3)).delta(late, SELL, 101, 6).delta(2 * late, BUY, 1, 1)
    _, result = run(flow, (late + 5, lambda s: s.take(BUY, 6)))
    assert fills(result) == [(1, 101, 6, "TAKER")]


def test_within_a_second_the_quote_counts_though_a_depth_row_came_after_it():
    flow = book().quote(8, (98, 4), (102, 3)).delta(900_000_000, SELL, 101, 6).delta(10**9, BUY, 1, 1)
    _, result = run(flow, (900_000_005, lambda s: s.take(BUY, 6)))
    assert fills(result) == [(1, 102, 3, "TAKER")]


# ---------------------------------------------------------------- trades alone


def trades():
    return Flow().trade(0, BUY, 103, 5).trade(2, SELL, 101, 5).trade(100, SELL, 101, 1)


@pytest.mark.parametrize("side", [BUY, SELL])
def test_where_trades_are_all_that_is_known_a_market_order_ends_by_name(side):
    script, result = run(trades(), (10, lambda s: s.take(side, 2)))
    assert fills(result) == []
    assert reasons(script) == [OrderReason.UNKNOWN_BOOK]


@pytest.mark.parametrize(("side", "price"), [(BUY, 103), (SELL, 101)])
def test_who_takes_the_unknown_pays_the_worse_of_the_last_price_and_the_last_of_its_side(side, price):
    _, result = run(trades(), (10, lambda s: s.take(side, 2)), take_unknown=True)
    assert fills(result) == [(1, price, 2, "TAKER")]
    assert doubts(result) == [FillDoubt.BOOK]


@pytest.mark.parametrize(
    ("side", "price", "got"), [(BUY, 102, []), (BUY, 104, [103]), (SELL, 102, []), (SELL, 100, [101])]
)
def test_a_limit_is_kept_where_the_last_price_is_taken(side, price, got):
    _, result = run(trades(), (10, lambda s: s.take(side, 2, price, time_in_force="IOC")), take_unknown=True)
    assert [one[1] for one in fills(result)] == got


def test_a_reduce_only_order_takes_no_more_than_the_position_at_the_last_price():
    steps = (10, lambda s: s.take(BUY, 2)), (20, lambda s: s.take(SELL, 5, reduce_only=True))
    _, result = run(trades(), *steps, take_unknown=True)
    assert fills(result) == [(1, 103, 2, "TAKER"), (2, 101, 2, "TAKER")]


def test_a_post_only_order_does_not_take_the_last_price():
    script, result = run(trades(), (10, lambda s: s.take(BUY, 2, 104, post_only=True)), take_unknown=True)
    assert fills(result) == []
    assert reasons(script) == [OrderReason.POST_ONLY]


def test_an_amend_takes_the_last_price_as_a_new_order_would():
    steps = (10, lambda s: s.take(BUY, 2, 90)), (20, lambda s: s.amend(s.sent[0], price_ticks=104))
    _, result = run(trades(), *steps, take_unknown=True)
    assert fills(result) == [(1, 103, 2, "TAKER")]


# ---------------------------------------------------------------- hftbacktest's rules


@pytest.mark.parametrize("exchange", ["partial_fill", "no_partial_fill"])
@pytest.mark.parametrize("corrections", ["venue_checks", "all"])
def test_the_checks_of_the_venue_keep_takers_from_a_stale_book_under_hftbacktest_s_rules(exchange, corrections):
    rules = vl.HftbacktestRules(exchange, corrections)
    script, result = run(stale().delta(50, BUY, 1, 1), (10, lambda s: s.take(BUY, 2)), rules=rules)
    assert fills(result) == []
    assert reasons(script) == [OrderReason.UNKNOWN_BOOK]


def test_without_the_checks_hftbacktest_s_takers_take_from_a_stale_book():
    _, result = run(stale().delta(50, BUY, 1, 1), (10, lambda s: s.take(BUY, 2)), rules=vl.HftbacktestRules())
    assert fills(result) == [(1, 101, 2, "TAKER")]
