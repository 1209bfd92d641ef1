"""What cannot be done is given up after a while, and the result says so."""

from __future__ import annotations

from itertools import pairwise

import pytest

import velora as vl
from velora.core.events import Side
from velora.core.orders import OrderReason
from velora.strategy.execution.iceberg import Iceberg
from velora.testkit import Flow, Script

S = 10**9


def orders(result, state="REJECTED"):
    return [o for o in result.orders_raw if vl.OrderState(o["state"]).name == state]


def small_position(**options):
    """A position of 4 lots where an order must have 10, and a minute of depth after it."""
    instrument = vl.Instrument("TEST", tick_size=1, lot_size=1, min_qty=10, **options)
    flow = Flow(instrument).snapshot(0, bids=((99, 50), (98, 50)), asks=((101, 50),))
    flow.delta(3 * S, Side.BUY, 100, 0).trade(3 * S, Side.SELL, 100, 4)
    for at in range(4, 64):
        flow.delta(at * S, Side.BUY, 90, at)
    return flow.table()


def test_close_of_less_than_the_venue_takes_is_given_up():
    told = []

    def close(strategy):
        strategy.target_ = strategy.close("TEST", on_given_up=lambda: told.append(strategy.now))

    script = Script(
        (1 * S, lambda s: s.bid(100, 10)),
        (4 * S, lambda s: s.cancel(s.placed[0])),
        (5 * S, close),
    )
    result = vl.Backtest(small_position(), script, latency="5ms").run()
    assert script.position("TEST").qty_lots == 4
    refused = orders(result)
    assert len(refused) == 10
    assert {OrderReason(o["reason"]).name for o in refused} == {"FILTER"}
    assert told == [int(refused[-1]["ts_done"])]
    assert script.target_.given_up == "10 orders in a row ended unfilled, with FILTER"
    assert not script.target_.is_reached
    (note,) = result.strategies[0]["given_up"]
    assert note["symbol"] == "TEST"
    assert note["ts"] == told[0]
    assert "Given up" in str(result.summary())
    assert "10 orders in a row ended unfilled" in str(result.summary())


def test_the_same_aim_again_is_one_more_try():
    def again(strategy):
        strategy.target("TEST", qty_lots=5, urgency="cross")

    flow = Flow(vl.Instrument("TEST", tick_size=1, lot_size=1, min_qty=10)).snapshot(
        0, bids=((99, 50),), asks=((101, 50),)
    )
    table = flow.delta(60 * S, Side.BUY, 90, 1).table()
    result = vl.Backtest(table, Script((1 * S, again), (20 * S, again), (30 * S, again)), latency="5ms").run()
    assert len(orders(result)) == 12


def test_a_new_aim_begins_anew():
    table = (
        Flow(vl.Instrument("TEST", tick_size=1, lot_size=1, min_qty=10))
        .snapshot(0, bids=((99, 50),), asks=((101, 50),))
        .delta(60 * S, Side.BUY, 90, 1)
        .table()
    )
    script = Script(
        (1 * S, lambda s: s.target("TEST", qty_lots=5, urgency="cross")),
        (20 * S, lambda s: s.target("TEST", qty_lots=10, urgency="cross")),
    )
    result = vl.Backtest(table, script, latency="5ms").run()
    assert len(orders(result)) == 10
    assert script.position("TEST").qty_lots == 10
    assert script._targets is not None


def test_without_liquidity_the_waits_grow_and_it_is_given_up():
    """The local book shows an ask that the venue has not: each order finds nothing."""
    flow = Flow().snapshot(0, bids=((99, 50),), asks=((101, 5),))
    flow.delta(3_600 * S, Side.BUY, 90, 1)
    script = Script((1, lambda s: s.target("TEST", qty_lots=50, urgency="cross")))
    result = vl.Backtest(flow.table(), script, latency="5ms").run()
    assert script.position("TEST").qty_lots == 5
    vain = [o for o in orders(result, "EXPIRED") if o["cum_qty"] == 0]
    assert len(vain) == 100
    gaps = [int(b["ts_sent"] - a["ts_sent"]) for a, b in pairwise(vain)]
    assert gaps[0] < 200_000_000
    assert 10 * S <= gaps[-1] < 11 * S
    assert "with " in result.strategies[0]["given_up"][0]["why"]


def test_no_price_to_work_at_is_given_up_after_an_hour_of_checks():
    flow = Flow().snapshot(0, bids=((99, 50),), asks=()).delta(2 * 3_600 * S, Side.BUY, 90, 1)
    script = Script((1, lambda s: s.target("TEST", qty_lots=50, urgency="cross", retry="1s")))
    result = vl.Backtest(flow.delta(12 * 3_600 * S, Side.BUY, 90, 2).table(), script, latency="5ms").run()
    (note,) = result.strategies[0]["given_up"]
    assert note["why"] == "no price to send an order at in 36,000 checks"
    assert result.counters["orders"] == 0 if "orders" in result.counters else result.orders_raw.size == 0


def test_an_execution_that_is_refused_again_and_again_ends():
    instrument = vl.Instrument("TEST", tick_size=1, lot_size=1, min_qty=10)
    flow = Flow(instrument).snapshot(0, bids=((99, 50),), asks=((101, 50),)).delta(60 * S, Side.BUY, 90, 1)
    done = []
    algorithm = Iceberg("TEST", "BUY", qty_lots=40, limit_ticks=99, show_lots=4, on_done=done.append)
    result = vl.Backtest(flow.table(), algorithm, latency="5ms").run()
    assert len(orders(result)) == 10
    assert [one.ending for one in done] == ["given_up"]
    assert result.strategies[0]["given_up"][0]["what"] == "the Iceberg of 40 lots"


def test_exits_of_a_bracket_that_are_refused_are_given_up():
    instrument = vl.Instrument("TEST", tick_size=1, lot_size=1, min_qty=10)
    flow = Flow(instrument).snapshot(0, bids=((99, 50), (98, 50)), asks=((101, 50),))
    flow.delta(3 * S, Side.BUY, 100, 0).trade(3 * S, Side.SELL, 100, 4).delta(60 * S, Side.BUY, 90, 1)
    made = []

    def enter(strategy):
        made.append(
            strategy.bracket("TEST", "BUY", qty_lots=10, price_ticks=100, take_profit_ticks=120, stop_loss_ticks=50)
        )

    script = Script((1 * S, enter))
    result = vl.Backtest(flow.table(), script, latency="5ms").run()
    assert len(orders(result)) == 10
    assert made[0].given_up == "10 orders in a row ended unfilled, with FILTER"
    assert result.strategies[0]["given_up"][0]["what"] == "the exits of 4 lots"


@pytest.mark.parametrize("urgency", ["passive", "cross"])
def test_a_target_that_can_be_reached_is_not_given_up(urgency):
    script = Script((10, lambda s: s.target("SYNUSDT", qty_lots=50, urgency=urgency)))
    result = vl.Backtest(vl.SyntheticMarket(seed=5, events=50_000), script, latency="5ms").run()
    assert result.strategies[0]["given_up"] == []
