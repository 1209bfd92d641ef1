"""Runs leave nothing behind: no object, no memory block, no reference."""

from __future__ import annotations

import gc
import sys
import weakref

import pytest

import velora as vl
from velora.errors import InvalidArgument
from velora.paper.clock import ManualClock
from velora.paper.run import PacedRun
from velora.strategy.examples import MarketMaker

#: Objects that the compiled code hands out all the time: a reference lost with each shows here.
SHARED = (None, True, False, vl.Strategy, vl.Trade, vl.Order, vl.Fill, vl.OrderBookL2)
RUNS = 4


class Busy(MarketMaker):
    """Hears of everything, keeps some of it, sends, amends and cancels."""

    def on_start(self):
        super().on_start()
        self.kept = []
        self.every("150ms", name="tick")
        self.subscribe_candles(self.instruments[0], "500ms")
        self.subscribe("fills.*", self.kept.append)

    def on_trade(self, trade):
        if trade.qty_lots % 7 == 0:
            self.kept.append(trade)
        self.emit("traded", trade.price_ticks)

    def on_quote(self, quote):
        self.kept = [*self.kept[-5:], quote]

    def on_book(self, book):
        self.spread = book.spread

    def on_timer(self, timer):
        with self.batch():
            order = self.buy(self.instruments[0], price_ticks=self.market.best_bid_ticks - 3, qty_lots=1)
            self.kept.append(order)
        if len(self.kept) > 2 and isinstance(self.kept[0], vl.Order):
            self.cancel(self.kept.pop(0))
        with pytest.raises(InvalidArgument):
            self.buy(self.instruments[0], price_ticks=-1, qty_lots=0)

    def on_candle(self, candle):
        self.kept.append(candle)


def table():
    return vl.SyntheticMarket(seed=5, events=20_000).table()


def backtest(data):
    result = vl.Backtest(data, Busy(), latency="2ms").run()
    assert len(result.fills) > 10
    return result.hash


def several(data):
    result = vl.Backtest(
        data, {"one": Busy(), "two": MarketMaker()}, latency="2ms", on_error="stop", retention=100
    ).run()
    return result.hash


def live(data):
    run = PacedRun(vl.Backtest(data, Busy(), latency="2ms"), clock=ManualClock())
    run.start()
    while run.pump():
        run.clock.ts = max(run.clock.ts, run.driver.next_due)
    return run.finish().hash


def measure():
    gc.collect()
    return sys.getallocatedblocks(), len(gc.get_objects()), [sys.getrefcount(one) for one in SHARED]


@pytest.mark.parametrize("way", [backtest, several, live])
def test_runs_leave_nothing_behind(way):
    data = table()
    for _ in range(2):  # caches fill
        way(data)
    before = measure()
    assert len({way(data) for _ in range(RUNS)}) == 1
    after = measure()
    # One object a run would be RUNS of them. Blocks are also in the interpreter's caches, such as names in that of
    # methods; one for each of a run's hundreds of orders or thousands of events would be more than that.
    assert after[1] - before[1] < RUNS
    assert after[0] - before[0] < 100 * RUNS
    for one, was, now in zip(SHARED, before[2], after[2], strict=True):
        assert now - was < 10 * RUNS, one


def test_a_bus_and_who_listens_go_when_nobody_holds_them():
    class Listener:
        def hear(self, message):
            self.heard = message

    bus = vl.MessageBus()
    listener = Listener()
    listener.bus = bus  # a cycle through the route of a topic
    listener.subscription = bus.subscribe("a.*", listener.hear)
    topic = bus.topic("a.b")
    topic.publish(1)
    assert listener.heard == 1
    gone = weakref.ref(listener)
    del bus, listener, topic
    gc.collect()
    assert gone() is None


def test_a_topic_that_was_collected_has_nobody_to_deliver_to():
    """Code may run while the collector empties garbage: what it reaches then is whole or refuses, and never crashes."""
    told = []

    class Last:  # no object of the collector's: its __del__ runs in the midst of it
        __slots__ = ("topic",)

        def __del__(self):
            try:
                self.topic.publish(2)
                self.topic.subscribe(told.append)
            except (AttributeError, TypeError) as error:
                told.append(error)

    class Listener:
        def hear(self, message):
            told.append(message)

    for order in range(2):
        bus = vl.MessageBus()
        listener = Listener()
        listener.bus = bus
        if order:
            listener.last = Last()
            listener.last.topic = bus.topic("a")
        bus.subscribe("a", listener.hear)
        bus.topic("a").publish(1)
        if not order:
            listener.last = Last()
            listener.last.topic = bus.topic("a")
        del bus, listener
        gc.collect()
    assert told.count(1) == 2


def test_a_strategy_and_its_run_go_when_nobody_holds_them():
    data = table()
    strategy = Busy()
    run = vl.Backtest(data, strategy, latency="2ms").start()
    run.advance_to_end()
    run.finish()
    gone = weakref.ref(strategy)
    del strategy, run
    gc.collect()
    assert gone() is None
