"""A subscription whose events nothing receives makes a warning; every kind of receiver prevents it."""

from __future__ import annotations

import warnings

import pytest

import velora as vl
from velora.paper.clock import ManualClock

KINDS = {
    "subscribe_trades": "on_trade",
    "subscribe_quotes": "on_quote",
    "subscribe_book": "on_book",
    "subscribe_funding": "on_funding",
    "subscribe_gaps": "on_gap",
    "subscribe_candles": "on_candle",
}
TOPICS = {
    "subscribe_trades": "data.trades.SYNUSDT",
    "subscribe_quotes": "data.quotes.*",
    "subscribe_book": "data.books.SYNUSDT",
    "subscribe_funding": "data.funding.SYNUSDT",
    "subscribe_gaps": "data.*",
    "subscribe_candles": "data.candles.SYNUSDT.1s",
}


@pytest.fixture(scope="module")
def market():
    return vl.SyntheticMarket(seed=5, duration="3s").table()


def subscribe(strategy, method):
    getattr(strategy, method)(*(("SYNUSDT", "1s") if method == "subscribe_candles" else ()))


class Deaf(vl.Strategy):
    def __init__(self, *methods):
        super().__init__()
        self._methods = methods

    def on_start(self):
        for method in self._methods:
            subscribe(self, method)


@pytest.mark.parametrize("method", KINDS)
def test_subscription_without_a_hook_warns_of_class_call_and_hook(market, method):
    with pytest.warns(vl.VeloraWarning, match=rf"^Deaf calls {method} in on_start.*define {KINDS[method]}\(self, "):
        vl.Backtest(market, Deaf(method)).run()


def test_each_kind_warns_once(market):
    with pytest.warns(vl.VeloraWarning) as caught:
        vl.Backtest(market, Deaf(*KINDS)).run()
    assert len(caught) == len(KINDS)


@pytest.mark.parametrize("method", KINDS)
def test_hook_makes_no_warning(market, method):
    kind = type("Hears", (Deaf,), {KINDS[method]: lambda self, event: None})
    vl.Backtest(market, kind(method)).run()


@pytest.mark.parametrize("method", KINDS)
def test_bus_subscription_of_another_strategy_makes_no_warning(market, method):
    class Reader(vl.Strategy):
        def on_start(self):
            self.subscribe(TOPICS[method], lambda message: None)

    vl.Backtest(market, [Deaf(method), Reader()]).run()


def test_bus_subscription_of_other_topics_does_not_count(market):
    class Reader(vl.Strategy):
        def on_start(self):
            self.subscribe("data.quotes.*", lambda message: None)

    with pytest.warns(vl.VeloraWarning, match="subscribe_trades"):
        vl.Backtest(market, [Deaf("subscribe_trades"), Reader()]).run()


def test_indicators_make_no_warning(market):
    class Averages(vl.Strategy):
        def on_start(self):
            self.subscribe_candles("SYNUSDT", "1s")
            self.subscribe_trades()
            self.indicator(vl.EMA(3), "SYNUSDT", "1s")
            self.indicator(vl.EMA(3), "SYNUSDT")

    vl.Backtest(market, Averages()).run()


def test_indicators_and_targets_alone_make_no_warning(market):
    class Aims(vl.Strategy):
        def on_start(self):
            self.indicator(vl.EMA(3), "SYNUSDT", "1s")
            self.target("SYNUSDT", 0.01)

    vl.Backtest(market, Aims()).run()


def test_candles_that_are_read_from_the_history_make_no_warning(market):
    class Reads(vl.Strategy):
        def on_start(self):
            self.subscribe_candles("SYNUSDT", "1s")

        def on_trade(self, trade):
            self.candles("SYNUSDT", "1s")

    vl.Backtest(market, Reads()).run()


def test_strategy_that_stops_in_on_start_makes_no_warning(market):
    class Stops(Deaf):
        def on_start(self):
            super().on_start()
            self.stop()

    vl.Backtest(market, Stops("subscribe_trades"), on_error="stop").run()


def test_replay_of_a_journal_does_not_warn_again(market, tmp_path):
    path = tmp_path / "run.vlj"
    live = vl.PacedRun(vl.Backtest(market, Deaf("subscribe_quotes")), clock=ManualClock(), journal=path)
    with pytest.warns(vl.VeloraWarning, match="subscribe_quotes"):
        live.start()
    while live.pump():
        live.clock.ts = max(live.clock.ts, live.driver.next_due)
    live.finish()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vl.replay_journal(path, Deaf("subscribe_quotes")).is_same
