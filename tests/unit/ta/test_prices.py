"""Prices of a candle: the claims that go beyond those of every indicator."""

from __future__ import annotations

import numpy as np

from velora import ta
from velora.testkit.candles import random_candles

CANDLE = (10.0, 16.0, 8.0, 14.0)


def test_prices_are_their_formulas():
    high, low, close = CANDLE[1:]
    assert ta.AVGPRICE().update(*CANDLE) == 12.0
    assert ta.MEDPRICE().update(high, low) == 12.0
    assert ta.TYPPRICE().update(high, low, close) == 38.0 / 3.0
    assert ta.WCLPRICE().update(high, low, close) == 13.0


def test_the_first_heikin_ashi_candle_opens_in_the_middle_of_the_body():
    assert tuple(ta.HA().update(*CANDLE)) == (12.0, 16.0, 8.0, 12.0)


def test_a_heikin_ashi_candle_opens_in_the_middle_of_the_one_before_and_holds_its_body():
    candles = random_candles(400, 12)
    opened, high, low, close = ta.ha(*[candles[name] for name in ("open", "high", "low", "close")])
    np.testing.assert_array_equal(opened[1:], (opened[:-1] + close[:-1]) / 2)
    np.testing.assert_array_equal(high, np.maximum.reduce([candles["high"], opened, close]))
    np.testing.assert_array_equal(low, np.minimum.reduce([candles["low"], opened, close]))
    mean = (candles["open"] + candles["high"] + candles["low"] + candles["close"]) / 4
    np.testing.assert_allclose(close, mean, rtol=1e-15)
