"""The rules of the simulated venue, one flow each: ticks of 1, lots of 1, no feed latency, no order latency."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.core.orders import FillCause, OrderReason, OrderState
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL


def book(**options):
    """A book of five lots at 100 bid and 101 offered, with more behind."""
    return Flow(**options).snapshot(0, bids=[(100, 5), (99, 20)], asks=[(101, 5), (102, 20)])


def play(flow, *steps, end=1000, **options):
    """Run a script; a row far away keeps the clock going to `end`."""
    flow.delta(end, BUY, 1, 1)
    script = Script(*steps)
    run = vl.Backtest(flow.table(), script, **options).start()
    run.advance_to_end()
    result = run.finish()
    account = run.venue.account(0)
    assert account["position"] == sum(f.qty_lots if f.side is BUY else -f.qty_lots for f in script.fills)
    return script, result


def fills(result):
    """(order id, price, qty, cause) of each fill."""
    return [
        (int(f["order_id"]), int(f["price"]), int(f["qty"]), FillCause(int(f["cause"])).name) for f in result.fills_raw
    ]


# ---------------------------------------------------------------- queue


def test_order_waits_behind_the_displayed_quantity():
    flow = book().trade(20, SELL, 100, 5).delta(20, BUY, 100, 0)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == []


def test_trade_beyond_the_queue_fills_the_rest_of_its_volume():
    flow = book().trade(20, SELL, 100, 6)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_trades_accumulate_through_the_queue():
    flow = book().trade(20, SELL, 100, 3).trade(21, SELL, 100, 2).trade(22, SELL, 100, 1)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_cancels_ahead_move_the_queue_only_by_the_displayed_total():
    flow = book().delta(15, BUY, 100, 2).trade(20, SELL, 100, 3)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_orders_joining_behind_do_not_move_us():
    flow = book().delta(15, BUY, 100, 50).trade(20, SELL, 100, 6)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_three_own_orders_at_one_price_and_one_lot_of_volume_fill_one_lot():
    flow = book().delta(15, BUY, 100, 0).trade(20, SELL, 100, 1)
    place = [(10 + i, lambda s: s.bid(100, 1)) for i in range(3)]
    _, result = play(flow, *place)
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_own_orders_fill_in_their_order_with_recorded_ones_between():
    # Five recorded lots, own A, ten more recorded lots, own B: 5 pass, A gets 2, 10 pass, B gets 1.
    flow = book().delta(15, BUY, 100, 15).trade(30, SELL, 100, 18)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)), (20, lambda s: s.bid(100, 4)))
    assert fills(result) == [(1, 100, 2, "QUEUE"), (2, 100, 1, "QUEUE")]


def test_trade_then_depth_of_one_instant_counts_once():
    flow = book().trade(20, SELL, 100, 3).delta(20, BUY, 100, 2).trade(30, SELL, 100, 2)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == []


def test_depth_then_trade_of_one_instant_counts_once():
    flow = book().delta(20, BUY, 100, 2).trade(20, SELL, 100, 3).trade(30, SELL, 100, 2)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == []


def test_order_at_an_empty_price_is_first():
    flow = Flow().snapshot(0, bids=[(99, 5)], asks=[(103, 5)]).trade(20, SELL, 101, 1)
    _, result = play(flow, (10, lambda s: s.bid(101, 2)))
    assert fills(result) == [(1, 101, 1, "QUEUE")]


def test_snapshot_does_not_lose_the_place():
    flow = book().trade(15, SELL, 100, 3)
    flow.snapshot(20, bids=[(100, 50), (99, 20)], asks=[(101, 5)]).trade(30, SELL, 100, 3)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_order_sent_before_any_book_fills_only_through_its_price():
    flow = Flow().trade(0, SELL, 100, 1).trade(20, SELL, 100, 50).trade(30, SELL, 99, 1)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "THROUGH")]


# ---------------------------------------------------------------- through and cross


def test_print_through_a_resting_bid_fills_it():
    flow = book().trade(20, SELL, 99, 10)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 2, "THROUGH")]


def test_print_through_a_large_order_fills_only_its_volume():
    flow = book().trade(20, SELL, 99, 1)
    _, result = play(flow, (10, lambda s: s.bid(100, 1000)))
    assert fills(result) == [(1, 100, 1, "THROUGH")]


def test_print_through_two_prices_is_spent_once_from_the_best():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).trade(20, SELL, 98, 3)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)), (11, lambda s: s.bid(99, 2)))
    assert fills(result) == [(1, 100, 2, "THROUGH"), (2, 99, 1, "THROUGH")]


def test_print_at_one_own_price_and_through_another_shares_the_volume():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).trade(20, SELL, 99, 3)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)), (11, lambda s: s.bid(99, 2)))
    assert fills(result) == [(1, 100, 2, "THROUGH"), (2, 99, 1, "QUEUE")]


def test_trade_of_the_other_side_does_not_fill():
    flow = book().trade(20, BUY, 101, 50)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == []


def test_off_book_trade_does_not_fill():
    flow = book().trade(20, SELL, 50, 50, off_book=True)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == []


def test_offer_shown_at_our_bid_fills_at_most_what_is_shown():
    flow = book().delta(20, BUY, 100, 0).delta(20, SELL, 100, 3)
    _, result = play(flow, (10, lambda s: s.bid(100, 10)))
    assert fills(result) == [(1, 100, 3, "CROSS")]


def test_level_shown_once_fills_once():
    flow = book().delta(20, BUY, 100, 0).delta(20, SELL, 100, 3).delta(30, SELL, 100, 3).delta(40, SELL, 100, 2)
    _, result = play(flow, (10, lambda s: s.bid(100, 10)))
    assert fills(result) == [(1, 100, 3, "CROSS")]


def test_growth_of_a_taken_level_is_new_liquidity():
    flow = book().delta(20, BUY, 100, 0).delta(20, SELL, 100, 3).delta(30, SELL, 100, 5)
    _, result = play(flow, (10, lambda s: s.bid(100, 10)))
    assert fills(result) == [(1, 100, 3, "CROSS"), (1, 100, 2, "CROSS")]


def test_snapshot_that_repeats_a_taken_level_does_not_fill_again():
    flow = book().delta(20, SELL, 100, 3).snapshot(30, bids=[(99, 5)], asks=[(100, 3)])
    _, result = play(flow, (10, lambda s: s.bid(100, 10)))
    assert fills(result) == [(1, 100, 3, "CROSS")]


def test_snapshot_beyond_our_price_fills_us():
    flow = book().row(15, EventKind.GAP).snapshot(30, bids=[(95, 5)], asks=[(97, 3)])
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 2, "CROSS")]


# ---------------------------------------------------------------- takers


def test_market_order_after_a_sell_print_pays_the_ask():
    flow = book().trade(15, SELL, 100, 1)
    _, result = play(flow, (20, lambda s: s.placed.append(s.buy("TEST", qty_lots=2))))
    assert fills(result) == [(1, 101, 2, "TAKER")]


def test_market_order_walks_the_book():
    _, result = play(book(), (20, lambda s: s.placed.append(s.buy("TEST", qty_lots=7))))
    assert fills(result) == [(1, 101, 5, "TAKER"), (1, 102, 2, "TAKER")]


def test_taken_liquidity_is_gone_until_the_feed_shows_more():
    flow = book().delta(40, SELL, 101, 4).delta(60, SELL, 101, 6)
    buy = lambda s: s.bid(101, 5, time_in_force="IOC")  # noqa: E731
    _, result = play(flow, (20, buy), (30, buy), (50, buy), (70, buy))
    assert fills(result) == [(1, 101, 5, "TAKER"), (4, 101, 2, "TAKER")]


def test_market_order_with_nothing_to_take_expires():
    script, result = play(
        Flow().snapshot(0, bids=[(100, 5)]), (10, lambda s: s.placed.append(s.buy("TEST", qty_lots=1)))
    )
    assert script.placed[0].state is OrderState.EXPIRED
    assert script.placed[0].reason is OrderReason.NO_LIQUIDITY
    assert fills(result) == []


def test_limit_order_takes_what_it_can_and_rests():
    flow = book().trade(30, SELL, 101, 1)
    script, result = play(flow, (20, lambda s: s.bid(101, 8)))
    assert fills(result) == [(1, 101, 5, "TAKER"), (1, 101, 1, "QUEUE")]
    assert script.placed[0].leaves_qty_lots == 2


def test_ioc_remainder_expires():
    script, _ = play(book(), (20, lambda s: s.bid(101, 8, time_in_force="IOC")))
    assert script.placed[0].state is OrderState.EXPIRED
    assert script.placed[0].reason is OrderReason.IOC
    assert script.placed[0].cum_qty_lots == 5


def test_fok_fills_whole_or_not_at_all():
    script, result = play(
        book(),
        (20, lambda s: s.bid(101, 6, time_in_force="FOK")),
        (21, lambda s: s.bid(102, 6, time_in_force="FOK")),
    )
    assert [o.state for o in script.placed] == [OrderState.EXPIRED, OrderState.FILLED]
    assert fills(result) == [(2, 101, 5, "TAKER"), (2, 102, 1, "TAKER")]


def test_post_only_that_would_take_is_rejected():
    script, result = play(book(), (20, lambda s: s.bid(101, 1, post_only=True)))
    assert script.placed[0].state is OrderState.REJECTED
    assert script.placed[0].reason is OrderReason.POST_ONLY
    assert fills(result) == []


def test_own_orders_never_trade_with_each_other():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)])
    script, result = play(flow, (10, lambda s: s.ask(100, 1)), (20, lambda s: s.bid(105, 1)))
    assert script.placed[1].reason is OrderReason.SELF_TRADE
    assert fills(result) == []


# ---------------------------------------------------------------- cancel and amend


def test_cancelled_order_does_not_fill():
    flow = book().trade(30, SELL, 99, 10)
    script, result = play(flow, (10, lambda s: s.bid(100, 2)), (20, lambda s: s.cancel(s.placed[0])))
    assert script.placed[0].state is OrderState.CANCELED
    assert fills(result) == []


def test_smaller_quantity_keeps_the_place():
    flow = book().trade(15, SELL, 100, 3).delta(16, BUY, 100, 50).trade(30, SELL, 100, 3)
    _, result = play(flow, (10, lambda s: s.bid(100, 5)), (20, lambda s: s.amend(s.placed[0], qty_lots=2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_larger_quantity_loses_the_place():
    flow = book().trade(15, SELL, 100, 3).delta(16, BUY, 100, 50).trade(30, SELL, 100, 3)
    _, result = play(flow, (10, lambda s: s.bid(100, 5)), (20, lambda s: s.amend(s.placed[0], qty_lots=6)))
    assert fills(result) == []


def test_new_price_joins_the_back():
    flow = book().trade(30, SELL, 99, 21)
    script, result = play(flow, (10, lambda s: s.bid(100, 2)), (20, lambda s: s.amend(s.placed[0], price_ticks=99)))
    assert fills(result) == [(1, 99, 1, "QUEUE")]
    assert script.placed[0].price_ticks == 99


def test_amend_that_would_take_leaves_a_post_only_order_as_it_was():
    flow = book()
    script, result = play(
        flow,
        (10, lambda s: s.bid(100, 2, post_only=True)),
        (20, lambda s: s.amend(s.placed[0], price_ticks=101)),
    )
    assert script.placed[0].state is OrderState.OPEN
    assert script.placed[0].price_ticks == 100
    assert fills(result) == []


def test_amend_below_what_is_filled_ends_the_order():
    flow = book().trade(15, SELL, 100, 8)
    script, _ = play(flow, (10, lambda s: s.bid(100, 5)), (20, lambda s: s.amend(s.placed[0], qty_lots=2)))
    assert script.placed[0].state is OrderState.CANCELED
    assert script.placed[0].cum_qty_lots == 3


# ---------------------------------------------------------------- time


def test_order_between_two_data_acts_at_its_own_time():
    # The ask is lifted at 50; the order arrives at 40, between two rows, and takes it.
    flow = book().delta(30, SELL, 102, 21).delta(50, SELL, 101, 0)
    _, result = play(flow, (10, lambda s: s.bid(101, 1)), latency=vl.ns(30))
    assert fills(result) == [(1, 101, 1, "TAKER")]
    assert int(result.fills_raw[0]["ts_venue"]) == 40
    assert int(result.fills_raw[0]["ts_local"]) == 70


def test_feed_row_of_the_same_nanosecond_comes_before_the_order():
    flow = book().delta(40, SELL, 101, 0)
    _, result = play(flow, (10, lambda s: s.bid(101, 1, time_in_force="IOC")), latency=vl.ns(30))
    assert fills(result) == []


def test_strategy_sees_the_book_only_at_receipt():
    seen = []
    flow = Flow(feed_latency=25).snapshot(0, bids=[(100, 5)], asks=[(101, 5)]).delta(50, BUY, 100, 9)
    flow.delta(1000, BUY, 1, 1)

    class Reader(vl.Strategy):
        def on_start(self):
            for ts in (60, 74, 75, 76):
                self.at(ts, self.read)

        def read(self):
            seen.append((self.now, self.book("TEST").best_bid_qty))

    vl.Backtest(flow.table(), Reader()).run()
    # A timer comes after the feed of its nanosecond.
    assert seen == [(60, 5.0), (74, 5.0), (75, 9.0), (76, 9.0)]


def test_cancel_that_crosses_a_fill_on_its_way_is_refused():
    flow = book().trade(30, SELL, 99, 10)
    script, result = play(flow, (10, lambda s: s.bid(100, 2)), (25, lambda s: s.cancel(s.placed[0])), latency=vl.ns(10))
    assert script.placed[0].state is OrderState.FILLED
    assert fills(result) == [(1, 100, 2, "THROUGH")]


def test_halted_instrument_refuses_orders_and_fills_nothing():
    flow = book().row(15, EventKind.STATUS, qty=0).trade(30, SELL, 99, 10)
    script, result = play(flow, (10, lambda s: s.bid(100, 2)), (20, lambda s: s.bid(99, 2)))
    assert script.placed[1].reason is OrderReason.HALTED
    assert fills(result) == []


# ---------------------------------------------------------------- filters, fees, quotes


def test_order_below_the_venues_minimum_is_rejected():
    instrument = vl.Instrument("TEST", tick_size=1, lot_size=1, min_qty=3, min_notional=500)
    script, _ = play(
        book(instrument=instrument),
        (10, lambda s: s.bid(100, 2)),
        (11, lambda s: s.bid(100, 4)),
        (12, lambda s: s.bid(100, 5)),
    )
    assert [o.reason for o in script.placed] == [OrderReason.FILTER, OrderReason.FILTER, OrderReason.NONE]


def test_fees_are_rounded_up_to_the_money_unit():
    instrument = vl.Instrument(
        "TEST", tick_size="0.00000001", lot_size=1, maker_fee="-0.0001", taker_fee="0.0005", quote="USD"
    )
    flow = book(instrument=instrument).trade(30, SELL, 99, 10)
    _, result = play(flow, (10, lambda s: s.bid(100, 1)), (20, lambda s: s.bid(101, 1)))
    # Values of 101 and 100 units: 0.0505 rounds up to 1 paid, -0.01 to 0 received.
    assert [int(f["fee"]) for f in result.fills_raw] == [1, 0]


def test_quotes_make_the_book_where_there_is_no_depth():
    flow = Flow().quote(0, (100, 5), (101, 5)).quote(20, (98, 5), (99, 2))
    _, result = play(flow, (10, lambda s: s.bid(100, 3)))
    assert fills(result) == [(1, 100, 2, "CROSS")]  # depth rows appear at the end: quotes beside depth
    only = Flow().quote(0, (100, 5), (101, 5)).quote(20, (98, 5), (99, 2)).quote(1000, (98, 5), (99, 2))
    script = Script((10, lambda s: s.bid(100, 3)))
    result = vl.Backtest(only.table(), script).run()
    assert fills(result) == [(1, 100, 2, "CROSS")]


def test_trade_without_an_aggressor_is_read_from_the_book():
    flow = book().trade(20, Side.NONE, 100, 6)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_funding_is_paid_by_the_long_at_its_instant():
    instrument = vl.Instrument("TEST", tick_size="0.1", lot_size="0.001", quote="USDT", maker_fee=0, taker_fee=0)
    flow = Flow(instrument).snapshot(0, bids=[(599_999, 5000)], asks=[(600_000, 5000)])
    flow.row(50, EventKind.FUNDING, price=60_000 * 10**8, qty=10_000)
    _, result = play(flow, (10, lambda s: s.bid(600_000, 2000)))
    # 2 BTC at 60,000 and a rate of 0.0001: 12 USDT.
    last = result.samples_raw[-1]
    assert int(last["fee"]) == 12 * 10**8


@pytest.mark.parametrize("flags", [EventFlag.LAST, EventFlag.LAST | EventFlag.CLOCK_ESTIMATED])
def test_flags_that_say_nothing_about_matching_change_nothing(flags):
    flow = book().row(20, EventKind.TRADE, SELL, 100, 6, flags=flags)
    _, result = play(flow, (10, lambda s: s.bid(100, 2)))
    assert fills(result) == [(1, 100, 1, "QUEUE")]


def test_inverse_contract_pays_in_coin():
    instrument = vl.Instrument(
        "BTCUSD_PERP", tick_size="0.1", lot_size=1, contract_size=100, kind="inverse", base="BTC", quote="USD"
    )
    flow = Flow(instrument).snapshot(0, bids=[(499_990, 50)], asks=[(500_000, 50)])
    flow.snapshot(50, bids=[(501_000, 50)], asks=[(501_010, 50)])
    _, result = play(
        flow,
        (10, lambda s: s.buy("BTCUSD_PERP", qty_lots=7)),
        (60, lambda s: s.sell("BTCUSD_PERP", qty_lots=7)),
    )
    # 7 contracts of 100 USD: bought at 50,000.0 for 0.014 BTC, sold at 50,100.0 for 0.01397206 BTC (1e-8, half even).
    units = 10**8
    bought, sold = round(700 * units / 50_000), round(700 * units / 50_100)
    assert [int(f["realized"]) for f in result.fills_raw] == [0, bought - sold]
    fees = [-(-value * 5 // 10_000) for value in (bought, sold)]
    assert [int(f["fee"]) for f in result.fills_raw] == fees
    last = result.samples_raw[-1]
    assert (int(last["position"]), int(last["cash"]), int(last["unrealized"])) == (0, bought - sold, 0)
