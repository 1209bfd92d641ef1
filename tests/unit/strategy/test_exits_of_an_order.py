"""`take_profit=` and `stop_loss=` of `buy` and `sell`: exits that stand at the venue as soon as the entry fills."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.core.orders import OrderReason, OrderState
from velora.errors import InvalidArgument
from velora.testkit.flow import Flow, Script


def book():
    return Flow().snapshot(0, bids=[(100, 50), (95, 50)], asks=[(101, 50), (102, 50), (110, 50)])


def run(flow, *steps, **options):
    script = Script(*steps)
    result = vl.Backtest(flow.row(1_000_000, EventKind.STATUS, qty=1).table(), script, **options).run()
    return script, result


def fills(script):
    return [(one.order_id, str(one.side), one.price_ticks, one.qty_lots) for one in script.fills]


def ends(result):
    return [(str(OrderState(o["state"])), str(OrderReason(o["reason"])), int(o["qty"])) for o in result.orders_raw]


def long(s, **options):
    s.placed.append(s.buy("TEST", qty_lots=10, take_profit_ticks=105, stop_loss_ticks=97, **options))


@pytest.mark.parametrize("latency", [0, "1ns", "7us"])
def test_a_long_position_stops_out_at_the_stop(latency):
    script, result = run(book().trade(90_000, Side.SELL, 97, 1), (10, long), latency=latency)
    assert fills(script) == [(1, "BUY", 101, 10), (3, "SELL", 95, 10)]
    assert ends(result) == [("FILLED", "NONE", 10), ("CANCELED", "OCO", 10), ("FILLED", "NONE", 10)]


def test_a_long_position_takes_its_profit_and_the_stop_goes():
    script, result = run(book().trade(90_000, Side.BUY, 106, 30), (10, long))
    assert fills(script) == [(1, "BUY", 101, 10), (2, "SELL", 105, 10)]
    assert ends(result)[2] == ("CANCELED", "OCO", 10)
    assert script.position("TEST").is_flat


def test_a_short_position_is_the_mirror():
    def short(s):
        s.sell("TEST", qty_lots=10, take_profit_ticks=96, stop_loss_ticks=104)

    script, _ = run(book().trade(90_000, Side.BUY, 104, 1), (10, short))
    assert fills(script) == [(1, "SELL", 100, 10), (3, "BUY", 110, 10)]  # the print has emptied what lay below


def test_one_exit_alone_is_an_exit():
    script, result = run(
        book().trade(90_000, Side.SELL, 97, 1), (10, lambda s: s.buy("TEST", qty_lots=10, stop_loss_ticks=97))
    )
    assert fills(script) == [(1, "BUY", 101, 10), (2, "SELL", 95, 10)]
    assert result.orders["oco_group"].to_pylist() == [None, None]


def test_exits_follow_an_entry_that_fills_in_part_and_is_cancelled():
    def enter(s):
        s.placed.append(s.buy("TEST", price_ticks=99, qty_lots=10, take_profit_ticks=105, stop_loss_ticks=97))

    flow = book().trade(1_000, Side.SELL, 99, 4).trade(90_000, Side.SELL, 97, 1)
    script, result = run(flow, (10, enter), (2_000, lambda s: s.cancel(s.placed[0])))
    assert fills(script) == [(1, "BUY", 99, 4), (3, "SELL", 95, 4)]
    assert script.position("TEST").is_flat
    assert ends(result)[0] == ("CANCELED", "NONE", 10)


def test_exits_of_an_entry_that_never_fills_end_with_it():
    def enter(s):
        s.placed.append(s.buy("TEST", price_ticks=90, qty_lots=10, take_profit_ticks=105, stop_loss_ticks=80))

    _, result = run(book(), (10, enter), (2_000, lambda s: s.cancel(s.placed[0])))
    assert [state for state, _, _ in ends(result)] == ["CANCELED"] * 3


def test_all_three_travel_as_one_message():
    _, result = run(book(), (10, long), latency="100ns")
    assert len(set(result.orders["ts_ack"].to_pylist())) == 1


def test_children_are_found_by_their_parent():
    def look(s):
        s.seen = [(one.id, one.reduce_only, one.parent_id) for one in s.orders(parent=s.placed[0])]

    script, _ = run(book(), (10, long), (20, look))
    assert script.seen == [(2, True, 1), (3, True, 1)]


def test_prices_are_numbers_too_and_snap():
    def enter(s):
        tick = float(s.instrument("TEST").tick_size)
        s.buy("TEST", qty_lots=1, take_profit=105.4 * tick, stop_loss=97.4 * tick, snap="outward")
        s.seen = [(one.price_ticks, one.trigger_ticks) for one in s.orders()[1:]]

    script, _ = run(book(), (10, enter))
    assert script.seen == [(106, 0), (0, 97)]


def test_two_entries_have_exits_of_their_own():
    flow = book().trade(90_000, Side.SELL, 97, 1)
    script, _ = run(flow, (10, long), (20, lambda s: s.buy("TEST", qty_lots=5, stop_loss_ticks=80)))
    assert script.position("TEST").qty_lots == 5


def test_an_entry_that_the_gate_denies_has_no_exits():
    def enter(s):
        s.placed.append(s.buy("TEST", qty_lots=10, take_profit_ticks=105, stop_loss_ticks=97))

    _, result = run(book(), (5, lambda s: s.kill()), (10, enter))
    assert ends(result) == [("DENIED", "KILLED", 10)]


@pytest.mark.parametrize(
    ("side", "options", "match"),
    [
        ("buy", {"price_ticks": 100, "take_profit_ticks": 100}, "to buy, price must lie below take_profit"),
        ("buy", {"price_ticks": 100, "stop_loss_ticks": 101}, "to buy, stop_loss must lie below price"),
        ("buy", {"take_profit_ticks": 90, "stop_loss_ticks": 97}, "stop_loss must lie below take_profit"),
        ("sell", {"price_ticks": 100, "take_profit_ticks": 101}, "to sell, price must lie above take_profit"),
        ("sell", {"price_ticks": 100, "stop_loss_ticks": 99}, "to sell, stop_loss must lie above price"),
        ("buy", {"stop_ticks": 105, "take_profit_ticks": 105}, "the trigger must lie below take_profit"),
        ("buy", {"take_profit_ticks": 105, "take_profit": 105.0}, "give take_profit or take_profit_ticks, not both"),
        ("buy", {"stop_loss": "abc"}, "price must be a decimal number"),
    ],
)
def test_exits_on_the_wrong_side_are_refused_and_nothing_is_sent(side, options, match):
    def enter(s):
        with pytest.raises(InvalidArgument, match=match):
            getattr(s, side)("TEST", qty_lots=1, **options)

    _, result = run(book(), (10, enter))
    assert ends(result) == []


def test_a_group_number_below_zero_is_the_engines():
    def enter(s):
        with pytest.raises(InvalidArgument, match="oco_group must be at least 0"):
            s.buy("TEST", qty_lots=1, oco_group=-1)

    run(book(), (10, enter))
