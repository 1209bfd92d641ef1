"""Momentum and convergence: the claims that go beyond those of every indicator."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from velora import ta
from velora.testkit.candles import random_candles

ROWS = 400
WALK = random_candles(ROWS, 31)
FLAT = random_candles(ROWS, 31, "constant")
ZERO_WHEN_FLAT = (
    *("mom", "roc", "rocp", "trix", "tsi", "qstick", "bop", "cmo", "cmou", "kst"),
    *("macd", "macdfix", "apo", "ppo", "dpo", "eri", "ao", "ac", "coppock", "fosc"),
)


def as_list(result):
    return list(result) if isinstance(result, tuple) else [result]


def of(name, candles, **params):
    """The outputs of a kind over candles."""
    function = getattr(ta, name)
    return as_list(function(*[candles[one] for one in function.kind.inputs], **params))


def mean(values, rows):
    """The simple mean of the last `rows` values, NaN before there are as many."""
    found = np.full(len(values), np.nan)
    found[rows - 1 :] = np.lib.stride_tricks.sliding_window_view(values, rows).mean(axis=1)
    return found


@pytest.mark.parametrize("name", ZERO_WHEN_FLAT)
def test_equal_prices_give_exactly_zero(name):
    for column in of(name, FLAT):
        assert set(column[~np.isnan(column)]) == {0.0}


@pytest.mark.parametrize("name", ["rocr", "rocr100"])
def test_the_ratio_of_equal_prices_is_one(name):
    (column,) = of(name, FLAT)
    assert set(column[~np.isnan(column)]) == {100.0 if name == "rocr100" else 1.0}


@pytest.mark.parametrize("name", ["tsi", "cmo", "cmou"])
def test_a_nan_stays_for_ever(name):
    candles = random_candles(ROWS, 31, "nan_inside")
    (column,) = of(name, candles)
    at = int(np.flatnonzero(np.isnan(candles["close"]))[0])
    assert np.isfinite(column[at - 20 : at]).all()
    assert np.isnan(column[at:]).all()


@pytest.mark.parametrize("name", ["cmou", "dpo", "ao"])
def test_large_prices_that_have_left_the_window_leave_no_trace(name):
    candles = {key: np.full(ROWS, 100.1) for key in WALK}
    for column in candles.values():
        column[50:60] = 3e15 * np.arange(1.0, 11.0)
    (column,) = of(name, candles)
    assert set(column[110:]) == {0.0}


def test_rates_of_change_from_a_price_of_zero_are_zero():
    values = [0.0, 5.0, -3.0, 0.0, 2.0]
    for function in (ta.roc, ta.rocp, ta.rocr, ta.rocr100):
        found = function(values, 1)
        assert found[1] == 0.0
        assert found[4] == 0.0


def test_macd_takes_the_larger_period_as_the_slow_one():
    for one, other in zip(ta.macd(WALK["close"], 26, 12), ta.macd(WALK["close"], 12, 26), strict=True):
        np.testing.assert_array_equal(one, other)


def test_histogram_is_macd_less_its_signal():
    found = ta.macd(WALK["close"])
    np.testing.assert_array_equal(found.histogram, found.macd - found.signal)


@pytest.mark.parametrize("signal", [1, 9])
@pytest.mark.parametrize("rates", [(10, 15, 20, 30), (1, 2, 3, 4), (30, 1, 7, 2)])
def test_kst_is_the_weighted_sum_of_smoothed_rates_of_change(rates, signal):
    # The formula of M. J. Pring, Technical Analysis of Stocks & Commodities 10:9 (1992), written anew.
    close = WALK["close"]
    rows = (10, 10, 10, 15)
    total = np.zeros(ROWS)
    for weight, (lag, length) in enumerate(zip(rates, rows, strict=True), 1):
        rate = np.full(ROWS, np.nan)
        rate[lag:] = 100.0 * (close[lag:] / close[:-lag] - 1.0)
        total += weight * mean(rate, length)
    found = ta.kst(close, *rates, *rows, signal)
    smoothed = mean(total, signal)
    total[np.isnan(smoothed)] = np.nan
    np.testing.assert_allclose(found.kst, total, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(found.signal, smoothed, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("period", [2, 5, 20, 61])
def test_fosc_is_the_distance_from_the_line_of_least_squares_to_the_last_bits(period):
    close = random_candles(ROWS, 31, "fall")["close"]
    found = ta.fosc(close, period)
    places = [Fraction(2 * k - period + 1, 2) for k in range(period)]
    squares = sum(place * place for place in places)
    for row in range(period, ROWS, 37):
        window = [Fraction(value) for value in close[row - period : row].tolist()]
        slope = sum(place * value for place, value in zip(places, window, strict=True)) / squares
        forecast = sum(window) / period + slope * Fraction(period + 1, 2)
        price = Fraction(close[row])
        assert abs(Fraction(found[row]) - 100 * (price - forecast) / price) < Fraction(1, 10**12)


@pytest.mark.parametrize("types", [("sma", "sma"), ("ema", "wma"), ("rma", "hma"), ("tema", "none")])
def test_macdext_is_the_difference_of_averages_whose_first_values_share_a_row(types):
    close = WALK["close"]
    averages = {5: types[0], 23: types[1]}
    first = max(ta.MA(rows, kind).lookback for rows, kind in averages.items())
    parts = []
    for rows, kind in averages.items():
        late = first - ta.MA(rows, kind).lookback
        parts.append(np.r_[np.full(late, np.nan), ta.ma(close[late:], rows, kind)])
    wanted = parts[0] - parts[1]
    found = ta.macdext(close, 5, types[0], 23, types[1], 1)
    np.testing.assert_allclose(found.macd, wanted, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(found.signal, found.macd)


def test_macdext_of_exponential_means_is_macd():
    for one, other in zip(
        ta.macdext(WALK["close"], 12, "ema", 26, "ema", 9, "ema"), ta.macd(WALK["close"]), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_apo_and_ppo_are_differences_of_averages():
    close = WALK["close"]
    fast, slow = ta.ema(close, 12), ta.ema(close, 26)
    np.testing.assert_array_equal(ta.apo(close), fast - slow)
    np.testing.assert_allclose(ta.ppo(close), 100.0 * (fast - slow) / slow, rtol=1e-14)
    np.testing.assert_array_equal(ta.apo(close, 26, 12), ta.apo(close))
