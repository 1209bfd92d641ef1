"""A strategy that has stopped is called no more, whatever it begins in `on_stop`."""

from __future__ import annotations

import pytest

import velora as vl
from velora.errors import VeloraError

MARKET = vl.SyntheticMarket(seed=3, events=3_000)


class Stops(vl.Strategy):
    """Stops at the first trade, and does something in `on_stop`."""

    def __init__(self, what):
        self.what = what
        self.raised = None
        self.called = []

    def on_start(self):
        self.sym = self.instruments[0].symbol
        self.after("1ms", self.stop)

    def on_stop(self):
        try:
            self.what(self)
        except VeloraError as error:
            self.raised = error

    def on_trade(self, trade):
        self.called.append("trade")

    def on_candle(self, candle):
        self.called.append("candle")


@pytest.mark.parametrize(
    "what",
    [
        lambda s: s.subscribe_trades(s.sym),
        lambda s: s.subscribe_quotes(),
        lambda s: s.subscribe_book(s.sym),
        lambda s: s.subscribe_funding(),
        lambda s: s.subscribe_gaps(),
        lambda s: s.subscribe_candles(s.sym, "1ms"),
        lambda s: s.execute(vl.Twap(s.sym, "BUY", qty_lots=3, duration="1s")),
    ],
)
def test_a_subscription_in_on_stop_is_an_error_that_says_so(what):
    strategy = Stops(what)
    result = vl.Backtest(MARKET, strategy).run()
    assert "subscribes to nothing more" in str(strategy.raised)
    assert strategy.called == []
    assert result.strategies[0]["state"] == "STOPPED"


@pytest.mark.parametrize(
    "what",
    [
        lambda s: s.after("1ms", lambda: s.called.append("timer")),
        lambda s: s.every("1ms", lambda: s.called.append("timer")),
        lambda s: s.subscribe("topic", lambda m: s.called.append("message")),
        lambda s: s.close(s.sym),
    ],
)
def test_what_begins_in_on_stop_ends_with_it(what):
    strategy = Stops(what)

    class Talks(vl.Strategy):
        def on_start(self):
            self.every("2ms", lambda: self.publish("topic", 1))

    result = vl.Backtest(MARKET, {"stops": strategy, "talks": Talks()}).run()
    assert strategy.raised is None
    assert strategy.called == []
    assert result.errors == {}


def test_a_strategy_may_still_trade_in_on_stop():
    strategy = Stops(lambda s: s.buy(s.sym, qty_lots=1))
    result = vl.Backtest(MARKET, strategy).run()
    assert strategy.raised is None
    assert result.orders_raw.size == 1


def test_at_the_end_of_the_data_on_stop_may_do_the_same():
    class Ends(vl.Strategy):
        def on_stop(self):
            self.subscribe_trades()
            self.after("1ms", print)

    vl.Backtest(MARKET, Ends()).run()
