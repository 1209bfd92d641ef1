"""Targets: towards a net position, never past it, never twice."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument
from velora.testkit import Flow, Script


def book(bids=((99, 50),), asks=((101, 50),)):
    return Flow().snapshot(0, bids=bids, asks=asks)


def end(flow, ts=10**9):
    return flow.delta(ts, Side.BUY, 1, 1).table()


def sent(result):
    """(side, price, qty, filled, state) of all orders."""
    sides = ("buy", "sell")
    return [
        (sides[o["side"]], int(o["price"]), int(o["qty"]), int(o["cum_qty"]), vl.OrderState(o["state"]).name)
        for o in result.orders_raw
    ]


def test_crossing_takes_until_the_position_is_there():
    reached = []
    script = Script(
        (10, lambda s: s.target("TEST", qty_lots=7, urgency="cross", on_reached=lambda: reached.append(s.now)))
    )
    result = vl.Backtest(end(book(asks=[(101, 3), (102, 10)])), script, latency=vl.ns(5)).run()
    assert sent(result)[0] == ("buy", 101, 7, 3, "EXPIRED")
    assert script.position("TEST").qty_lots == 3  # the feed never showed the next level as the best one
    assert reached == []
    script = Script(
        (10, lambda s: s.target("TEST", qty_lots=7, urgency="cross", on_reached=lambda: reached.append(s.now)))
    )
    flow = book(asks=[(101, 3), (102, 10)]).delta(40, Side.SELL, 101, 0)
    vl.Backtest(end(flow), script, latency=vl.ns(5)).run()
    assert script.position("TEST").qty_lots == 7
    assert reached == [100_000_000 + 30 + 10]  # the second's end is reported at 30; the retry, there and back


def test_passive_rests_at_the_best_price_and_follows_it():
    flow = book().delta(50_000_000, Side.BUY, 100, 4)
    script = Script((10, lambda s: s.target("TEST", qty_lots=5)))
    result = vl.Backtest(end(flow), script).run()
    assert sent(result) == [("buy", 100, 5, 0, "OPEN")]
    assert int(result.orders_raw["amends"][0]) == 1


def test_passive_sell_with_a_limit_stays_at_it():
    script = Script((10, lambda s: s.target("TEST", qty_lots=-5, limit_ticks=103)))
    assert sent(vl.Backtest(end(book()), script).run()) == [("sell", 103, 5, 0, "OPEN")]


def test_crossing_waits_beyond_its_limit():
    flow = book().delta(10**8, Side.SELL, 101, 0).delta(10**8, Side.SELL, 105, 9).delta(5 * 10**8, Side.SELL, 103, 9)
    script = Script((2 * 10**8, lambda s: s.target("TEST", qty=5, urgency="cross", limit=104)))
    result = vl.Backtest(end(flow), script).run()
    assert sent(result) == [("buy", 103, 5, 5, "FILLED")]
    assert int(result.orders_raw["ts_sent"][0]) >= 5 * 10**8


def test_a_new_aim_cancels_what_overshoots_before_it_turns_round():
    script = Script(
        (10, lambda s: s.target("TEST", qty_lots=5)),
        (40, lambda s: s.target("TEST", qty_lots=-2, urgency="cross")),
    )
    result = vl.Backtest(end(book()), script, latency=vl.ns(5)).run()
    assert sent(result) == [("buy", 99, 5, 0, "CANCELED"), ("sell", 99, 2, 2, "FILLED")]
    assert int(result.orders_raw["ts_sent"][1]) == int(result.orders_raw["ts_done"][0])


def test_a_smaller_aim_makes_the_order_smaller_and_keeps_its_place():
    script = Script((10, lambda s: s.target("TEST", qty_lots=9)), (40, lambda s: s.target("TEST", qty_lots=4)))
    assert sent(vl.Backtest(end(book()), script, latency=vl.ns(5)).run()) == [("buy", 99, 4, 0, "OPEN")]


def test_nothing_is_sent_while_a_request_is_under_way():
    steps = [(10 + i, lambda s: s.target("TEST", qty_lots=5, urgency="cross")) for i in range(30)]
    assert sent(vl.Backtest(end(book()), Script(*steps), latency=vl.ns(100)).run()) == [("buy", 101, 5, 5, "FILLED")]


def test_orders_sent_otherwise_count_and_are_left_alone():
    script = Script((10, lambda s: s.bid(98, 3)), (20, lambda s: s.target("TEST", qty_lots=5)))
    assert sent(vl.Backtest(end(book()), script).run()) == [("buy", 98, 3, 0, "OPEN"), ("buy", 99, 2, 0, "OPEN")]


def test_close_cancels_and_leaves():
    script = Script(
        (10, lambda s: s.buy("TEST", qty_lots=4)),
        (20, lambda s: s.ask(105, 4)),
        (30, lambda s: s.quote("TEST", bid_ticks=97, ask_ticks=106, qty_lots=1)),
        (40, lambda s: s.close("TEST")),
    )
    result = vl.Backtest(end(book()), script).run()
    assert script.position("TEST").qty_lots == 0
    assert script.orders() == []
    assert sent(result)[-1] == ("sell", 99, 4, 4, "FILLED")


def test_cancel_leaves_what_is_held():
    targets = []
    script = Script(
        (10, lambda s: targets.append(s.target("TEST", qty_lots=5))), (2 * 10**8, lambda s: targets[0].cancel())
    )
    result = vl.Backtest(end(book()), script).run()
    assert sent(result) == [("buy", 99, 5, 0, "CANCELED")]


def test_a_portfolio_of_instruments_is_worked_at_once():
    class Rebalancer(vl.Strategy):
        def on_start(self):
            self.weights = {one.symbol: (-1) ** at * (at + 1) for at, one in enumerate(self.instruments)}
            self.reached = []
            self.every("100ms", self.rebalance)

        def rebalance(self):
            for symbol, lots in self.weights.items():
                self.target(symbol, qty_lots=lots, urgency="cross", on_reached=lambda s=symbol: self.reached.append(s))

    tables = []
    for number in range(8):
        flow = Flow(vl.Instrument(f"S{number}", tick_size=1, lot_size=1, maker_fee=0, taker_fee=0))
        tables.append(end(flow.snapshot(0, bids=[(99, 50)], asks=[(101, 50)])))
    rebalancer = Rebalancer()
    result = vl.Backtest(tables, rebalancer, latency="130ms").run()
    held = {one.symbol: rebalancer.position(one).qty_lots for one in rebalancer.instruments}
    assert held == rebalancer.weights == {f"S{at}": (-1) ** at * (at + 1) for at in range(8)}
    assert set(rebalancer.reached) == set(held)
    assert result.counters["orders"] == 8


def test_wrong_arguments_are_refused():
    bad = [{}, {"qty": 1, "qty_lots": 1}, {"qty": 1, "urgency": "soon"}, {"qty": 1, "retry": 0}]
    for options in bad:
        script = Script((10, lambda s, options=options: s.target("TEST", **options)))
        with pytest.raises(InvalidArgument):
            vl.Backtest(end(book()), script).run()


class Wanderer(vl.Strategy):
    """Takes a new aim again and again, and checks at each report that no more can fill than it wants."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.aim = 0
        self.low = self.high = 0

    def on_start(self):
        self.every("37ms", self.think)

    def think(self):
        if self.now < 2_600_000_000:
            self.aim = self.rng.randrange(-300, 300)
            self.low, self.high = min(self.low, self.aim), max(self.high, self.aim)
            self.target("SYNUSDT", qty_lots=self.aim, urgency=self.rng.choice(["passive", "cross"]))

    def on_order(self, order):
        held = self.position("SYNUSDT").qty_lots
        for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
            out = sum(each.leaves_qty_lots for each in self.orders() if each.side is side)
            assert self.low <= held + sign * out <= self.high
        assert sum(not each.is_pending for each in self.orders()) <= 1


@settings(max_examples=8)
@given(seed=st.integers(0, 1_000), latency=st.sampled_from([0, "1ms", "20ms", "90ms", "lognormal(5ms, 40ms)"]))
def test_whatever_the_aims_and_latencies_nothing_is_out_twice(seed, latency):
    market = vl.SyntheticMarket(seed=seed, duration="4s", start=0)
    wanderer = Wanderer(seed)
    wanderer.on_stop = lambda: wanderer.ends.append(wanderer.position("SYNUSDT").qty_lots)
    wanderer.ends = []
    result = vl.Backtest(market, wanderer, latency=latency).run()
    assert result.counters["orders"] > 3
    held = result.fills_raw["position"]
    assert held.min() >= wanderer.low
    assert held.max() <= wanderer.high
