"""Orders beyond limit and market, sent by a strategy and told back to it."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import Side
from velora.core.orders import OrderReason, OrderState, TriggerKind
from velora.errors import InvalidArgument, OffGrid
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL


def book(**options):
    return Flow(**options).snapshot(0, bids=[(100, 5), (99, 20)], asks=[(101, 5), (102, 20)])


def play(flow, *steps, end=1000, **options):
    flow.delta(end, BUY, 1, 1)
    script = Script(*steps)
    run = vl.Backtest(flow.table(), script, **options).start()
    run.advance_to_end()
    return script, run.finish()


def fills(result):
    return [(int(f["order_id"]), int(f["price"]), int(f["qty"])) for f in result.fills_raw]


def test_a_stop_waits_fires_and_takes():
    flow = book().trade(20, BUY, 102, 1)
    script, result = play(flow, (10, lambda s: s.buy("TEST", qty_lots=3, stop=102)))
    order = result.orders_raw[0]
    assert fills(result) == [(1, 102, 3)]
    assert int(order["ts_ack"]) == 10
    assert int(order["ts_done"]) == 20
    assert [entry[1:] for entry in script.log] == [(1, "OPEN"), (1, "OPEN"), (1, "FILLED")]


def test_a_waiting_order_says_what_it_waits_for():
    seen = {}

    def send(s):
        seen["order"] = s.sell("TEST", 2, 99, stop_ticks=99)

    def look(s):
        order = seen["order"]
        seen["before"] = (order.is_contingent, order.trigger_kind, order.trigger_ticks, order.price)

    play(book().trade(30, SELL, 99, 1), (10, send), (20, look))
    assert seen["before"] == (True, TriggerKind.STOP, 99, 99.0)
    assert not seen["order"].is_contingent
    assert seen["order"].trigger_kind is TriggerKind.NONE


def test_a_trailing_stop_follows_the_last_price():
    flow = book().trade(20, BUY, 105, 1).trade(30, BUY, 103, 1).trade(40, SELL, 102, 1)
    _, result = play(flow, (10, lambda s: s.sell("TEST", qty_lots=2, trail_ticks=3)))
    assert fills(result) == [(1, 100, 2)]
    assert int(result.fills_raw[0]["ts_venue"]) == 40


def test_a_moved_trigger_counts():
    def send(s):
        s.order_ = s.buy("TEST", qty_lots=1, stop=105)

    flow = book().trade(20, BUY, 103, 1).trade(40, BUY, 103, 1)
    script, result = play(flow, (10, send), (30, lambda s: s.amend(s.order_, trigger=104)))
    assert fills(result) == []
    assert script.order_.trigger_ticks == 104
    flow = book().trade(40, BUY, 101, 1)
    _, result = play(flow, (10, send), (30, lambda s: s.amend(s.order_, trigger=101)))
    assert fills(result) == [(1, 101, 1)]


def test_an_iceberg_fills_part_by_part_and_shows_no_more_in_our_own_book():
    seen = []

    def look(s):
        seen.append(s.book("TEST").own_lots(BUY, 101))

    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(105, 5)]).trade(20, SELL, 101, 3)
    _, result = play(flow, (10, lambda s: s.bid(101, 6, display_lots=2)), (15, look), (25, look))
    assert fills(result) == [(1, 101, 2), (1, 101, 1)]
    assert seen == [2, 2]


def test_one_of_a_link_fills_and_the_other_ends():
    flow = book().trade(20, SELL, 98, 2)
    script, result = play(flow, (10, lambda s: (s.bid(99, 2, oco_group=7), s.ask(103, 2, oco_group=7))))
    assert [one[0] for one in fills(result)] == [1]
    assert script.placed[1].state is OrderState.CANCELED
    assert script.placed[1].reason is OrderReason.OCO


def test_a_bracket_at_the_venue_needs_no_message_from_us():
    def send(s):
        entry = s.bid(100, 2)
        s.ask(104, 2, parent=entry, oco_group=1, reduce_only=True)
        s.placed.append(s.sell("TEST", qty_lots=2, stop=98, parent=entry, oco_group=1, reduce_only=True))

    flow = book().delta(15, BUY, 100, 0).trade(20, SELL, 100, 2).trade(30, BUY, 105, 5)
    script, result = play(flow, (10, send), latency=vl.ns(3))
    assert fills(result) == [(1, 100, 2), (2, 104, 2)]
    assert script.placed[2].state is OrderState.CANCELED
    assert script.position("TEST").is_flat


def test_a_gtd_order_ends_at_its_own_nanosecond_without_any_row():
    script, result = play(book(), (10, lambda s: s.bid(99, 1, expire=123)))
    order = result.orders_raw[0]
    assert int(order["ts_done"]) == 123
    assert script.placed[0].state is OrderState.EXPIRED
    assert script.placed[0].reason is OrderReason.EXPIRED


def test_a_day_order_ends_at_midnight_utc():
    day = 86_400_000_000_000
    flow = Flow().snapshot(day - 50, bids=[(100, 5)], asks=[(101, 5)])
    script, result = play(flow, (day - 40, lambda s: s.bid(99, 1, time_in_force="DAY")), end=day + 100)
    assert int(result.orders_raw[0]["ts_done"]) == day
    assert script.placed[0].state is OrderState.EXPIRED


def test_a_reduce_only_order_stops_at_flat():
    flow = book().trade(30, BUY, 104, 50)
    script, result = play(
        flow, (10, lambda s: s.buy("TEST", qty_lots=3)), (20, lambda s: s.ask(103, 10, reduce_only=True))
    )
    assert fills(result) == [(1, 101, 3), (2, 103, 3)]
    assert script.position("TEST").is_flat


def test_a_mass_cancel_is_one_message_and_ends_all_of_the_instrument():
    def send(s):
        for price in (97, 98, 99):
            s.bid(price, 1)

    script, result = play(book(), (10, send), (20, lambda s: s.mass_cancel("TEST")))
    assert {order.state for order in script.placed} == {OrderState.CANCELED}
    assert {order.reason for order in script.placed} == {OrderReason.ALL}
    assert result.counters["commands"] == 4


def test_a_post_only_order_that_slides_rests_one_tick_before_the_other_side():
    script, _ = play(book(), (10, lambda s: s.bid(103, 1, post_only=True, slide=True)))
    assert script.placed[0].price_ticks == 100
    assert script.placed[0].state is OrderState.OPEN


def test_a_market_to_limit_order_rests_where_it_traded():
    seen = []
    script, result = play(book(), (10, lambda s: seen.append(s.buy("TEST", qty_lots=8, market_to_limit=True))))
    assert fills(result) == [(1, 101, 5)]
    assert seen[0].price_ticks == 101
    assert script.book("TEST").own_lots(BUY, 101) == 3


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"stop": 102, "touch": 99}, "one trigger"),
        ({"trail_bps": 0}, "trail_bps"),
        ({"trail_ticks": 0}, "at least one tick"),
        ({"display_lots": 9}, "iceberg"),
        ({"display_lots": 1, "time_in_force": "IOC"}, "iceberg"),
        ({"slide": True}, "post_only"),
        ({"time_in_force": "GTD"}, "expire"),
        ({"expire": 10, "time_in_force": "IOC"}, "GTD"),
        ({"market_to_limit": True}, "give no price"),
        ({"self_trade": "maker"}, "expire_maker"),
        ({"stop_at": 3}, "no term 'stop_at'"),
    ],
)
def test_terms_that_do_not_go_together_are_refused_before_they_are_sent(terms, words):
    def send(s):
        with pytest.raises(InvalidArgument, match=words):
            s.buy("TEST", 2, 99, **terms)

    _, result = play(book(), (10, send))
    assert result.counters["commands"] == 0


def test_a_trigger_off_the_grid_is_refused():
    def send(s):
        with pytest.raises(OffGrid):
            s.buy("TEST", 2, stop=102.5)

    play(book(), (10, send))


@pytest.mark.parametrize(
    ("rule", "states"),
    [
        ("expire_taker", ("OPEN", "EXPIRED")),
        ("expire_maker", ("EXPIRED", "EXPIRED")),
        ("expire_both", ("EXPIRED", "EXPIRED")),
        ("decrement", ("EXPIRED", "EXPIRED")),
    ],
)
def test_who_goes_when_own_orders_meet(rule, states):
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)])

    def take(s):
        s.placed.append(s.sell("TEST", 2, 100, time_in_force="IOC", self_trade=rule))

    script, result = play(flow, (10, lambda s: s.bid(100, 2)), (20, take))
    assert tuple(order.state.name for order in script.placed) == states
    assert fills(result) == []
