"""Listeners: they get what they asked for, the strategy's own hooks get what it asked for, and nothing more."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument
from velora.testkit import Flow


def tables():
    found = []
    for symbol in ("A", "B"):
        flow = Flow(vl.Instrument(symbol, tick_size=1, lot_size=1, maker_fee=0, taker_fee=0))
        flow.snapshot(0, bids=[(99, 5)], asks=[(101, 5)])
        for ts in range(10, 100, 10):
            flow.trade(ts, Side.BUY, 101, 1).delta(ts + 1, Side.BUY, 99, ts)
        found.append(flow.table())
    return found


class Host(vl.Strategy):
    def __init__(self):
        self.own, self.heard = [], []

    def hear(self, trade):
        self.heard.append((self.now, trade.instrument.symbol))


def test_a_listener_wakes_a_strategy_that_has_no_such_hook():
    class Bare(Host):
        def on_start(self):
            self._context.subscribe_hook("on_trade", self.hear, ["B"])

    host = Bare()
    vl.Backtest(tables(), host).run()
    assert host.heard == [(ts, "B") for ts in range(10, 100, 10)]


def test_own_hook_does_not_get_what_only_a_listener_asked_for():
    class Own(Host):
        def on_start(self):
            self.subscribe_trades("A")
            self._context.subscribe_hook("on_trade", self.hear, ["B"])

        def on_trade(self, trade):
            self.own.append(trade.instrument.symbol)

    host = Own()
    vl.Backtest(tables(), host).run()
    assert set(host.own) == {"A"}
    assert {symbol for _, symbol in host.heard} == {"B"}


def test_own_hook_without_a_subscription_still_gets_everything():
    class Own(Host):
        def on_start(self):
            self._context.subscribe_hook("on_trade", self.hear, ["B"], first=True)

        def on_trade(self, trade):
            self.own.append((trade.instrument.symbol, len(self.heard)))

    host = Own()
    vl.Backtest(tables(), host).run()
    assert [symbol for symbol, _ in host.own] == ["A", "B"] * 9
    assert host.own[1] == ("B", 1)  # the listener came first


def test_a_listener_comes_and_goes_during_the_run():
    class Comes(Host):
        def on_start(self):
            self.at(25, lambda: self._context.subscribe_hook("on_trade", self.hear))
            self.at(45, lambda: self._context.unsubscribe_hook("on_trade", self.hear))
            self.at(65, lambda: self.subscribe_trades("A"))

        def on_trade(self, trade):
            self.own.append((self.now, trade.instrument.symbol))

    host = Comes()
    vl.Backtest(tables(), host).run()
    assert host.heard == [(30, "A"), (30, "B"), (40, "A"), (40, "B")]
    assert len(host.own) == 18


def test_own_orders_are_heard_without_own_hooks():
    class Trades(Host):
        def on_start(self):
            self.states, self.fills = [], []
            self._context.subscribe_hook("on_order", lambda order: self.states.append(order.state.name))
            self._context.subscribe_hook("on_fill", lambda fill: self.fills.append(fill.qty_lots))
            self.buy("A", qty_lots=2)

    host = Trades()
    vl.Backtest(tables(), host, latency=vl.ns(7)).run()
    assert host.fills == [2]
    assert host.states[-1] == "FILLED"


def test_a_hook_that_cannot_be_joined_is_refused():
    class Wrong(Host):
        def on_start(self):
            with pytest.raises(InvalidArgument, match="on_trade"):
                self._context.subscribe_hook("on_start", print)

    vl.Backtest(tables(), Wrong()).run()


def test_a_strategy_can_run_again():
    class Again(Host):
        def on_start(self):
            self.max_age("A", vl.ns(50))
            self.subscribe_candles("A", vl.ns(20))
            self.target("A", qty_lots=1, urgency="cross")

        def on_candle(self, candle):
            pass

    host = Again()
    hashes = {vl.Backtest(tables(), host).run().hash for _ in range(2)}
    assert len(hashes) == 1
    assert len(host.candles("A", vl.ns(20))) == 4
