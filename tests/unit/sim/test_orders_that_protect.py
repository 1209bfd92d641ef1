"""What stands between a position and the market: children, links, reduce-only orders and triggers."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.core.orders import OrderReason, OrderState, TriggerBy
from velora.errors import InvalidArgument
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL


def book(**options):
    return Flow(**options).snapshot(0, bids=[(100, 50), (95, 50)], asks=[(101, 50), (102, 50), (110, 50)])


def run(flow, strategies, *, end=1_000_000, **options):
    """The result, the book standing still until `end`."""
    return vl.Backtest(flow.row(end, EventKind.STATUS, qty=1).table(), strategies, **options).run()


def fills(script):
    return [(one.order_id, one.side.name, one.price_ticks, one.qty_lots) for one in script.fills]


def orders(result):
    return [
        (int(o["order_id"]), OrderState(o["state"]).name, OrderReason(o["reason"]).name, int(o["qty"]))
        for o in result.orders_raw
    ]


def enter_and_protect(script, qty=10, **child):
    """An entry at the market, and its stop sent in the same breath."""
    entry = script.buy("TEST", qty_lots=qty)
    script.placed.append(script.sell("TEST", qty_lots=qty, stop_ticks=97, parent=entry, **child))


# ---------------------------------------------------------------------- children


@pytest.mark.parametrize("latency", [0, "1ns", "7us"])
@pytest.mark.parametrize("when", ["fills", "filled"])
@pytest.mark.parametrize("reduce_only", [False, True])
def test_a_stop_sent_with_an_entry_that_fills_on_arrival_stands_and_fires(latency, when, reduce_only):
    script = Script((10, lambda s: enter_and_protect(s, reduce_only=reduce_only, when=when)))
    run(book().trade(90_000, SELL, 97, 1), script, latency=latency)
    assert fills(script) == [(1, "BUY", 101, 10), (2, "SELL", 95, 10)]
    assert script.position("TEST").is_flat


def test_a_stop_in_one_batch_with_its_entry_stands():
    def act(s):
        with s.batch():
            enter_and_protect(s)

    script = Script((10, act))
    result = run(book(), script, latency=vl.ns(5))
    assert orders(result)[1] == (2, "OPEN", "NONE", 10)


def test_a_stop_sent_long_after_its_entry_filled_stands():
    script = Script(
        (10, lambda s: s.placed.append(s.buy("TEST", qty_lots=3))),
        (900, lambda s: s.sell("TEST", qty_lots=3, stop_ticks=97, parent=s.placed[0])),
    )
    result = run(book(), script)
    assert orders(result) == [(1, "FILLED", "NONE", 3), (2, "OPEN", "NONE", 3)]


def test_a_late_stop_whose_trigger_is_behind_the_market_fires_at_once():
    script = Script(
        (10, lambda s: s.placed.append(s.buy("TEST", qty_lots=3))),
        (900, lambda s: s.sell("TEST", qty_lots=3, stop_ticks=97, parent=s.placed[0])),
    )
    run(book().trade(500, SELL, 96, 1), script)
    assert fills(script) == [(1, "BUY", 101, 3), (2, "SELL", 95, 3)]


def test_a_child_of_an_order_that_never_filled_is_refused():
    script = Script(
        (10, lambda s: s.bid(99, 3)),
        (20, lambda s: s.cancel(s.placed[0])),
        (30, lambda s: s.sell("TEST", qty_lots=3, stop_ticks=90, parent=s.placed[0])),
    )
    assert orders(run(book(), script))[1] == (2, "REJECTED", "PARENT", 3)


def test_children_grow_with_what_fills_of_their_parent():
    seen = []

    def look(s):
        seen.append((s.placed[1].held_qty_lots, s.placed[1].leaves_qty_lots, s.book("TEST").own_lots(SELL, 105)))

    def enter(s):
        entry = s.bid(99, 400)
        s.ask(105, 400, parent=entry, oco_group=1)
        s.placed.append(s.sell("TEST", qty_lots=400, stop_ticks=90, parent=entry, oco_group=1))

    flow = book().trade(50, SELL, 99, 170).trade(150, SELL, 99, 30).trade(250, SELL, 99, 200)
    script = Script((10, enter), (20, look), (60, look), (160, look), (260, look))
    run(flow, script)
    assert seen == [(400, 400, 0), (230, 400, 170), (200, 400, 200), (0, 400, 400)]


def test_a_child_of_another_quantity_works_for_its_share_in_whole_lots():
    def enter(s):
        s.bid(99, 7)
        s.ask(105, 3, parent=s.placed[0])

    seen = []
    flow = book().trade(50, SELL, 99, 2).trade(150, SELL, 99, 3).trade(250, SELL, 99, 2)
    look = [(at, lambda s: seen.append(s.book("TEST").own_lots(SELL, 105))) for at in (60, 160, 260)]
    run(flow, Script((10, enter), *look))
    assert seen == [0, 2, 3]  # 3 x 2/7, 3 x 5/7, 3


def test_a_child_that_is_to_wait_for_the_whole_waits():
    def enter(s):
        s.bid(99, 7)
        s.ask(105, 7, parent=s.placed[0], when="filled")

    seen = []
    flow = book().trade(50, SELL, 99, 2).trade(150, SELL, 99, 5)
    look = [(at, lambda s: seen.append(s.book("TEST").own_lots(SELL, 105))) for at in (60, 160)]
    run(flow, Script((10, enter), *look))
    assert seen == [0, 7]


@pytest.mark.parametrize("when", ["fills", "filled"])
@pytest.mark.parametrize("filled", [1, 170, 399])
def test_the_stop_of_the_part_that_filled_stands_when_the_rest_is_cancelled(when, filled):
    def enter(s):
        entry = s.bid(99, 400)
        s.placed.append(s.sell("TEST", qty_lots=400, stop_ticks=97, parent=entry, reduce_only=True, when=when))

    flow = book().trade(50, SELL, 99, filled).delta(300, BUY, 96, 500).trade(400, SELL, 97, 1)
    seen = []
    look = (200, lambda s: seen.append((s.placed[1].state.name, s.placed[1].reason.name, s.placed[1].held_qty_lots)))
    script = Script((10, enter), (100, lambda s: s.cancel(s.placed[0])), look)
    result = run(flow, script)
    assert seen == [("OPEN", "PARENT", 0)]
    assert script.placed[1].qty_lots == filled
    assert sum(qty for order, _, _, qty in fills(script) if order == 2) == filled
    assert script.position("TEST").is_flat
    assert orders(result)[0][1:3] == ("CANCELED", "NONE")


def test_a_parent_that_ends_with_nothing_filled_takes_its_child_with_it():
    def enter(s):
        s.bid(99, 4)
        s.ask(105, 4, parent=s.placed[0])

    result = run(book(), Script((10, enter), (20, lambda s: s.cancel(s.placed[0]))))
    assert orders(result) == [(1, "CANCELED", "NONE", 4), (2, "CANCELED", "PARENT", 4)]


def test_a_venue_may_hold_children_for_the_whole_and_end_them_with_the_rest():
    def enter(s):
        entry = s.bid(99, 400)
        s.placed.append(s.sell("TEST", qty_lots=400, stop_ticks=97, parent=entry))

    script = Script((10, enter), (100, lambda s: s.cancel(s.placed[0])))
    result = run(book().trade(50, SELL, 99, 170), script, children="whole")
    assert orders(result)[1] == (2, "CANCELED", "PARENT", 400)
    assert result.config["children"] == "whole"


def test_what_a_venue_does_with_children_and_links_is_one_of_the_known():
    with pytest.raises(InvalidArgument, match="children must be one of 'fills', 'whole', was 'all'"):
        vl.Backtest(book().table(), Script(), children="all")
    with pytest.raises(InvalidArgument, match="oco must be one of 'protect', 'cancel', was 'all'"):
        vl.Backtest(book().table(), Script(), oco="all")


def test_the_desk_remembers_the_last_16_384_orders_that_ended_with_a_fill():
    engine = vl.MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"))
    engine.submit(1, SELL, 70_000, 10, owner=9)
    for order_id in range(2, 20_002):
        engine.submit(order_id, BUY, 1, owner=1)
    assert [r.reason.name for r in engine.submit(100_000, SELL, 1, 20, owner=1, parent=3_617)] == ["PARENT"]
    for at, parent in enumerate((3_618, 12_000, 20_001)):
        made = engine.submit(100_001 + at, SELL, 1, 20, owner=1, parent=parent)
        assert [r.kind.name for r in made] == ["ACK", "RELEASED"]


# ---------------------------------------------------------------------- links


@pytest.mark.parametrize("terms", [{"reduce_only": True}, {}])
def test_a_profit_taken_in_part_leaves_the_stop_of_the_rest(terms):
    def exits(s):
        s.ask(105, 10, oco_group=1, **terms)
        s.placed.append(s.sell("TEST", qty_lots=10, stop_ticks=97, oco_group=1, **terms))

    flow = book().trade(50, BUY, 105, 4).trade(60, SELL, 97, 1)
    script = Script((10, lambda s: s.buy("TEST", qty_lots=10)), (20, exits))
    run(flow, script)
    assert fills(script) == [(1, "BUY", 101, 10), (2, "SELL", 105, 4), (3, "SELL", 95, 6)]
    assert (script.placed[0].state, script.placed[0].reason) == (OrderState.CANCELED, OrderReason.OCO)
    assert script.position("TEST").is_flat


def test_entries_of_a_link_end_one_another_on_a_fill_in_part():
    flow = book().trade(50, SELL, 99, 1)
    script = Script((10, lambda s: (s.bid(99, 5, oco_group=1), s.bid(98, 5, oco_group=1))))
    result = run(flow, script)
    assert orders(result)[1] == (2, "CANCELED", "OCO", 5)


@pytest.mark.parametrize(("rule", "venue"), [({"on_oco": "cancel"}, "protect"), ({}, "cancel")])
def test_a_fill_in_part_ends_the_stop_where_that_is_chosen(rule, venue):
    def exits(s):
        s.ask(105, 10, oco_group=1, reduce_only=True)
        s.sell("TEST", qty_lots=10, stop_ticks=97, oco_group=1, reduce_only=True, **rule)

    script = Script((10, lambda s: s.buy("TEST", qty_lots=10)), (20, exits))
    result = run(book().trade(50, BUY, 105, 4), script, oco=venue)
    assert orders(result)[2] == (3, "CANCELED", "OCO", 10)


def test_a_profit_order_whose_time_comes_leaves_the_stop():
    def exits(s):
        s.ask(105, 10, oco_group=1, expire=40)
        s.sell("TEST", qty_lots=10, stop_ticks=97, oco_group=1)

    script = Script((10, lambda s: s.buy("TEST", qty_lots=10)), (20, exits))
    assert orders(run(book(), script))[1:] == [(2, "EXPIRED", "EXPIRED", 10), (3, "OPEN", "NONE", 10)]


def test_a_bracket_on_an_entry_that_fills_in_parts_never_exits_more_than_it_entered():
    def enter(s):
        entry = s.bid(99, 10)
        s.ask(105, 10, parent=entry, oco_group=1)
        s.placed.append(s.sell("TEST", qty_lots=10, stop_ticks=97, parent=entry, oco_group=1))

    flow = book().trade(50, SELL, 99, 4).trade(60, BUY, 105, 4).trade(70, SELL, 99, 6).trade(80, BUY, 105, 1)
    script = Script((10, enter))
    run(flow.trade(90, SELL, 97, 1), script)
    assert [one for one in fills(script) if one[0] != 1] == [
        (2, "SELL", 105, 4),
        (2, "SELL", 105, 1),
        (3, "SELL", 95, 5),
    ]
    assert script.position("TEST").is_flat


# ---------------------------------------------------------------------- a strategy's own


def oco(profit, stop, qty=5):
    return lambda s: (
        s.ask(profit, qty, oco_group=1),
        s.placed.append(s.sell("TEST", qty_lots=qty, stop_ticks=stop, oco_group=1)),
    )


def test_links_of_two_strategies_are_two_links():
    a, b = Script((30, oco(103, 90))), Script((40, oco(120, 80)), (50, lambda s: s.mass_cancel("TEST")))
    run(book(), {"a": a, "b": b})
    assert [one.state.name for one in a.placed] == ["OPEN", "OPEN"]
    assert [one.state.name for one in b.placed] == ["CANCELED", "CANCELED"]


def test_a_fill_of_one_strategy_leaves_the_link_of_another_alone():
    a, b = Script((30, oco(103, 90))), Script((40, oco(104, 80)))
    run(book().trade(50, BUY, 103, 100).trade(60, BUY, 103, 1), {"a": a, "b": b})
    assert [one.state.name for one in a.placed] == ["FILLED", "CANCELED"]
    assert [one.state.name for one in b.placed] == ["OPEN", "OPEN"]


@pytest.mark.parametrize("others", [0, 1, 2])
def test_a_reduce_only_stop_closes_the_position_of_its_own_strategy(others):
    flow = book().trade(50, SELL, 95, 1)
    a = Script(
        (20, lambda s: (s.buy("TEST", qty_lots=10), s.sell("TEST", qty_lots=10, stop_ticks=96, reduce_only=True)))
    )
    rest = {f"b{i}": Script((30 + i, lambda s: s.sell("TEST", qty_lots=10))) for i in range(others)}
    result = run(flow, {"a": a, **rest})
    assert sum(qty for _, side, _, qty in fills(a) if side == "SELL") == 10
    assert result.of("a").fills_raw["position"][-1] == 0


def test_a_strategy_without_a_position_has_nothing_to_reduce_whatever_another_holds():
    a = Script((20, lambda s: s.buy("TEST", qty_lots=10)))
    b = Script((30, lambda s: s.sell("TEST", qty_lots=10, reduce_only=True)))
    result = run(book(), {"a": a, "b": b})
    assert orders(result)[1] == (2, "REJECTED", "REDUCE_ONLY", 10)


@pytest.mark.parametrize("rule", ["expire_maker", "expire_both", "decrement"])
def test_no_self_trade_rule_touches_an_order_of_another_strategy(rule):
    a = Script((20, lambda s: s.bid(101 - 1, 5)))
    b = Script((30, lambda s: s.ask(99, 80, self_trade=rule)))
    run(Flow().snapshot(0, bids=[(98, 9)], asks=[(103, 9)]), {"a": a, "b": b})
    assert a.placed[0].state is OrderState.OPEN
    assert a.placed[0].qty_lots == 5
    assert (b.placed[0].state.name, b.placed[0].reason.name) == ("EXPIRED", "SELF_TRADE")


def test_a_self_trade_rule_holds_among_the_orders_of_one_strategy_beside_another():
    a = Script((20, lambda s: s.bid(100, 5)), (30, lambda s: s.ask(100, 8, self_trade="expire_maker")))
    run(Flow().snapshot(0, bids=[(98, 9)], asks=[(103, 9)]), {"a": a, "b": Script()})
    assert [one.state.name for one in a.placed] == ["EXPIRED", "OPEN"]


# ---------------------------------------------------------------------- triggers


def falling(step=5):
    flow = Flow()
    for k in range(10):
        flow.quote(100 * (k + 1), (100 - step * k, 50), (101 - step * k, 50))
    return flow


def test_without_trades_a_stop_looks_at_the_side_that_it_would_trade_against():
    script = Script((101, lambda s: (s.buy("TEST", qty_lots=1), s.sell("TEST", qty_lots=1, stop_ticks=90))))
    run(falling(), script)
    assert fills(script) == [(1, "BUY", 101, 1), (2, "SELL", 90, 1)]
    assert script.fills[1].ts_event == 300


def test_without_trades_a_trailing_stop_follows_the_side_that_it_would_trade_against():
    flow = Flow().quote(100, (100, 50), (101, 50)).quote(200, (108, 50), (109, 50)).quote(300, (105, 50), (106, 50))
    script = Script((101, lambda s: s.sell("TEST", qty_lots=1, trail_ticks=3)))
    run(flow, script)
    assert [(one.ts_event, one.price_ticks) for one in script.fills] == [(300, 105)]


def test_without_trades_a_buy_stop_looks_at_the_ask():
    flow = Flow().quote(100, (100, 50), (101, 50)).quote(200, (100, 50), (104, 50))
    script = Script((101, lambda s: s.buy("TEST", qty_lots=1, stop_ticks=104)))
    run(flow, script)
    assert [(one.ts_event, one.price_ticks) for one in script.fills] == [(200, 104)]


def test_by_level_without_trades_a_stop_fires_when_the_book_comes_to_it():
    flow = book().delta(50, BUY, 100, 0).delta(60, SELL, 101, 0)
    script = Script((10, lambda s: s.sell("TEST", qty_lots=2, stop_ticks=96)))
    run(flow, script)
    assert [(one.ts_event, one.price_ticks) for one in script.fills] == [(50, 95)]


def test_with_trades_a_stop_by_the_last_trade_does_not_look_at_the_book():
    flow = book().delta(50, BUY, 100, 0).trade(60, SELL, 95, 1)
    script = Script((10, lambda s: s.sell("TEST", qty_lots=2, stop_ticks=96)))
    run(flow, script)
    assert [one.ts_event for one in script.fills] == [60]


@pytest.mark.parametrize(("by", "at"), [("bid", 300), ("ask", 400), ("last", 300)])
def test_on_quotes_alone_a_trigger_by_bid_or_ask_looks_at_them(by, at):
    script = Script((101, lambda s: s.sell("TEST", qty_lots=1, stop_ticks=90, trigger_by=by)))
    run(falling(), script)
    assert [one.ts_event for one in script.fills] == [at]


@pytest.mark.parametrize(
    ("by", "at"), [("bid", 40), ("last", 60), ("mark", 80), ("ask", 100)], ids=["bid", "last", "mark", "ask"]
)
def test_a_trigger_looks_at_the_price_that_it_is_by(by, at):
    flow = book().row(1, EventKind.MARK_PRICE, price=100 * 10**8).trade(2, BUY, 101, 1)
    flow.delta(40, BUY, 100, 0).trade(60, SELL, 95, 1).row(80, EventKind.MARK_PRICE, price=96 * 10**8)
    flow.delta(100, SELL, 96, 9)
    script = Script((10, lambda s: s.placed.append(s.sell("TEST", qty_lots=2, stop_ticks=96, trigger_by=by))))
    run(flow, script)
    assert [one.ts_event for one in script.fills] == [at]
    assert script.placed[0].trigger_by is TriggerBy[by.upper()]


def test_a_mark_between_two_ticks_has_reached_only_what_it_is_beyond():
    flow = book().row(1, EventKind.MARK_PRICE, price=100 * 10**8).row(40, EventKind.MARK_PRICE, price=9601 * 10**6)
    flow.row(50, EventKind.MARK_PRICE, price=96 * 10**8)
    script = Script((10, lambda s: s.sell("TEST", qty_lots=2, stop_ticks=96, trigger_by="mark")))
    run(flow, script)
    assert [one.ts_event for one in script.fills] == [50]


@pytest.mark.parametrize("terms", [{"stop_ticks": 96}, {"trail_ticks": 3}, {"touch_ticks": 110}])
def test_a_trigger_by_a_price_that_the_data_has_not_is_refused_by_name(terms):
    script = Script((10, lambda s: s.sell("TEST", qty_lots=2, trigger_by="mark", **terms)))
    assert orders(run(book(), script)) == [(1, "REJECTED", "NO_PRICE", 2)]
    trades = Flow().trade(1, BUY, 100, 1)
    script = Script((10, lambda s: s.sell("TEST", qty_lots=2, trigger_by="bid", **terms)))
    assert orders(run(trades, script)) == [(1, "REJECTED", "NO_PRICE", 2)]


def test_a_trailing_stop_begins_to_follow_at_its_activation_price():
    flow = book().trade(1, BUY, 101, 1).trade(20, SELL, 98, 1).trade(30, BUY, 105, 1).trade(40, BUY, 107, 1)
    script = Script((10, lambda s: s.sell("TEST", qty_lots=2, trail_ticks=3, activation_ticks=105)))
    run(flow.trade(50, SELL, 104, 1), script)
    assert [one.ts_event for one in script.fills] == [50]


def test_an_activation_price_that_is_reached_begins_at_once():
    flow = book().trade(1, BUY, 101, 1).trade(20, SELL, 98, 1)
    script = Script((10, lambda s: s.sell("TEST", qty_lots=2, trail_ticks=3, activation_ticks=101)))
    run(flow, script)
    assert [one.ts_event for one in script.fills] == [20]


def test_terms_that_do_not_go_together_are_refused_before_they_are_sent():
    wrong = [
        ({"trigger_by": "mark"}, "trigger_by goes with"),
        ({"trigger_by": "index", "stop_ticks": 90}, "trigger_by must be one of 'last', 'mark', 'bid', 'ask'"),
        ({"activation_ticks": 90, "stop_ticks": 90}, "activation goes with trail"),
        ({"when": "filled"}, "when goes with parent"),
        ({"on_oco": "reduce"}, "on_oco goes with oco_group"),
        ({"on_oco": "end", "oco_group": 1}, "on_oco must be one of 'reduce', 'cancel'"),
    ]

    def act(s):
        for terms, message in wrong:
            with pytest.raises(InvalidArgument, match=message):
                s.sell("TEST", qty_lots=1, **terms)

    run(book(), Script((10, act)))


# ---------------------------------------------------------------------- filters, and what a summary says


def test_the_smallest_notional_holds_for_market_orders():
    one = vl.Instrument("TEST", tick_size=1, lot_size=1, quote="USD", maker_fee=0, taker_fee=0, min_notional="500")
    script = Script(
        (10, lambda s: s.bid(101, 4)),
        (20, lambda s: s.buy("TEST", qty_lots=4)),  # 404 at the ask
        (30, lambda s: s.buy("TEST", qty_lots=5)),  # 505
        (40, lambda s: s.sell("TEST", qty_lots=5)),  # 500 at the bid
        (50, lambda s: s.sell("TEST", qty_lots=5, stop_ticks=99)),  # 495 at its trigger
        (60, lambda s: s.sell("TEST", qty_lots=6, stop_ticks=99)),
    )
    result = run(book(instrument=one), script)
    assert [one[1:3] for one in orders(result)] == [
        ("REJECTED", "FILTER"),
        ("REJECTED", "FILTER"),
        ("FILLED", "NONE"),
        ("FILLED", "NONE"),
        ("REJECTED", "FILTER"),
        ("OPEN", "NONE"),
    ]


def test_a_summary_warns_of_protection_that_was_refused_while_a_position_was_open():
    script = Script(
        (10, lambda s: s.buy("TEST", qty_lots=5)),
        (20, lambda s: s.buy("TEST", qty_lots=5, reduce_only=True)),
        (30, lambda s: s.sell("TEST", qty_lots=5, stop_ticks=99, trigger_by="mark", reduce_only=True)),
    )
    result = run(book(), script)
    assert "2 child or reduce-only orders were refused while a position was open" in str(result.summary())
    script = Script((20, lambda s: s.buy("TEST", qty_lots=5, reduce_only=True)))
    assert "refused while" not in str(run(book(), script).summary())
