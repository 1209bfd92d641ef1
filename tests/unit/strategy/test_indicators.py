"""Indicators that a run feeds: by candles, events, other indicators and a warm-up."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora import ta
from velora.errors import InvalidArgument


def market(**options):
    return vl.SyntheticMarket(seed=5, duration="21s", **options)


class Watches(vl.Strategy):
    """Records the candles and the value that an indicator of them has in `on_candle`."""

    def on_start(self):
        self.ema = self.indicator(ta.EMA(3), on="SYNUSDT", every="1s")
        self.top = self.indicator(ta.MAX(2), on=self.ema)
        self.seen = []

    def on_candle(self, candle):
        self.seen.append((candle.close, self.ema.value, self.top.value))


def test_candles_reach_the_indicator_before_the_strategy():
    strategy = Watches()
    vl.Backtest(market(), strategy).run()
    closes = np.array([one[0] for one in strategy.seen])
    wanted = ta.ema(closes, 3)
    np.testing.assert_array_equal(np.array([one[1] for one in strategy.seen], float), wanted)
    np.testing.assert_array_equal(np.array([one[2] for one in strategy.seen], float), ta.max(wanted, 2))
    assert len(closes) > 15


def test_after_a_warm_up_the_values_are_those_of_a_longer_run():
    class Means(vl.Strategy):
        def on_start(self):
            self.mean = self.indicator(ta.SMA(3), on="SYNUSDT", every="1s")
            self.top = self.indicator(ta.MAX(2), on=self.mean)
            self.seen = []

        def on_candle(self, candle):
            self.seen.append((candle.close, self.mean.value, self.top.value))

    cold, warm = Means(), Means()
    vl.Backtest(market(), cold).run()
    vl.Backtest(market(), warm, warmup="12s").run()
    assert len(warm.seen) < len(cold.seen)
    assert warm.seen == cold.seen[-len(warm.seen) :]


def test_a_warm_up_of_trades_gives_the_values_of_a_longer_run():
    class Ticks(vl.Strategy):
        def on_start(self):
            self.mean = self.indicator(ta.SMA(5), on="SYNUSDT")
            self.seen = []

        def on_trade(self, trade):
            self.seen.append((trade.ts_recv, self.mean.value))

    cold, warm = Ticks(), Ticks()
    vl.Backtest(market(), cold).run()
    vl.Backtest(market(), warm, warmup="12s").run()
    assert 0 < len(warm.seen) < len(cold.seen)
    assert warm.seen == cold.seen[-len(warm.seen) :]


@pytest.mark.parametrize(("every", "hook"), [("quote", "on_quote"), ("book", "on_book")])
def test_quotes_and_book_updates_give_their_mid(every, hook):
    seen = []

    def called(self, event):
        seen.append((event.mid, self.high.value))

    body = {
        "on_start": lambda self: setattr(self, "high", self.indicator(ta.MAX(2), on="SYNUSDT", every=every)),
        hook: called,
    }
    if hook == "on_quote":
        body["on_quote"] = lambda self, quote: called(self, quote)
    else:
        body["on_book"] = lambda self, book: called(self, book)
    strategy = type("Mids", (vl.Strategy,), body)()
    vl.Backtest(market(), strategy, fuse_quotes=True).run()
    mids = np.array([mid for mid, _ in seen if mid is not None])
    found = np.array([value for mid, value in seen if mid is not None], float)
    assert len(mids) > 20
    np.testing.assert_array_equal(found, ta.max(mids, 2))


def test_value_makes_the_row():
    class Spread(vl.Strategy):
        def on_start(self):
            self.mean = self.indicator(ta.SMA(1), on="SYNUSDT", every="book", value=lambda book: book.spread)
            self.seen = []

        def on_book(self, book):
            if book.spread is not None:
                self.seen.append(self.mean.value == book.spread)

    strategy = Spread()
    vl.Backtest(market(), strategy).run()
    assert strategy.seen
    assert all(strategy.seen)


def test_a_user_gets_errors_that_help():
    def start(**given):
        class Wrong(vl.Strategy):
            def on_start(self):
                self.indicator(**given)

        vl.Backtest(market(), Wrong()).run()

    ema = ta.EMA(3)
    for given, message in (
        ({"indicator": 3, "on": "SYNUSDT"}, "object of velora.ta"),
        ({"indicator": ta.EMA(3), "on": ema}, "attach EMA"),
        ({"indicator": ta.EMA(3), "on": "SYNUSDT", "output": "ema"}, "on` is no indicator"),
        ({"indicator": ta.EMA(3), "on": ["SYNUSDT", "SYNUSDT"], "every": "1s"}, "has 1 inputs"),
    ):
        with pytest.raises((InvalidArgument, vl.VeloraError), match=message):
            start(**given)
