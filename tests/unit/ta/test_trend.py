"""Trend: the claims that go beyond those of every indicator. TA-Lib is compared in tests/differential."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta
from velora.testkit.candles import random_candles

CANDLES = random_candles(3_000, 5)
HIGH, LOW, CLOSE = CANDLES["high"], CANDLES["low"], CANDLES["close"]


def movements(high, low):
    """+DM1 and -DM1 as Wilder defines them."""
    up, down = np.diff(high, prepend=np.nan), -np.diff(low, prepend=np.nan)
    return np.where((up > 0) & (up > down), up, 0.0), np.where((down > 0) & (down > up), down, 0.0)


def wilder_sum(values, period):
    """Wilder's sum, a row at a time; the first row of `values` has no value."""
    total, out = values[1:period].sum(), np.full(len(values), np.nan)
    out[period - 1] = total
    for row in range(period, len(values)):
        out[row] = total = total - total / period + values[row]
    return out


@pytest.mark.parametrize("period", [2, 14, 60])
def test_the_directional_family_is_made_of_one_set_of_sums(period):
    plus, minus = (wilder_sum(one, period) for one in movements(HIGH, LOW))
    before = np.r_[np.nan, CLOSE[:-1]]
    true_range = np.fmax(HIGH, before) - np.fmin(LOW, before)
    ranges = wilder_sum(true_range, period)
    index = 100 * np.abs(plus - minus) / (plus + minus)
    index[:period] = np.nan
    mean, average = index[period : 2 * period].mean(), np.full(len(index), np.nan)
    average[2 * period - 1] = mean
    for row in range(2 * period, len(index)):
        average[row] = mean = mean + (index[row] - mean) / period
    rating = (average + np.r_[np.full(period - 1, np.nan), average[: len(average) - period + 1]]) / 2
    close_to = {"rtol": 1e-10, "atol": 1e-10}
    np.testing.assert_allclose(ta.plus_dm(HIGH, LOW, period), plus, **close_to)
    np.testing.assert_allclose(ta.minus_dm(HIGH, LOW, period), minus, **close_to)
    columns = (HIGH, LOW, CLOSE, period)
    np.testing.assert_allclose(ta.plus_di(*columns)[period:], (100 * plus / ranges)[period:], **close_to)
    np.testing.assert_allclose(ta.minus_di(*columns)[period:], (100 * minus / ranges)[period:], **close_to)
    np.testing.assert_allclose(ta.dx(*columns), index, **close_to)
    np.testing.assert_allclose(ta.adx(*columns), average, **close_to)
    np.testing.assert_allclose(ta.adxr(*columns), rating, **close_to)


def test_a_market_that_stands_still_keeps_its_index():
    high, low, close = (np.r_[one[:500], np.full(300, one[499])] for one in (HIGH, LOW, CLOSE))
    assert np.all(np.isfinite(ta.adx(high, low, close)[27:]))
    flat = np.full(200, 7.3)
    for found in (ta.dx(flat, flat, flat), ta.adx(flat, flat, flat), ta.adxr(flat, flat, flat)):
        assert set(found[~np.isnan(found)]) == {0.0}


def test_a_straight_trend_has_the_index_100():
    line = 100.0 + np.arange(300.0)
    np.testing.assert_allclose(ta.adx(line + 1, line - 1, line)[27:], 100.0, rtol=1e-12)
    np.testing.assert_allclose(ta.aroonosc(line + 1, line - 1)[14:], 100.0)
    np.testing.assert_allclose(ta.vhf(line)[28:], 27 / 28, rtol=1e-12)


@pytest.mark.parametrize("name", ["plus_di", "minus_di", "dx", "adx", "adxr", "vortex"])
def test_a_nan_high_makes_later_values_nan(name):
    high = HIGH.copy()
    high[400] = np.nan
    found = getattr(ta, name)(high, LOW, CLOSE)
    for one in found if isinstance(found, tuple) else (found,):
        assert np.isfinite(one[60:400]).all()
        assert np.isnan(one[401:]).all()


def rows_since_the_extremum(values, period, best):
    """The latest of equal extrema among period + 1 rows."""
    windows = np.lib.stride_tricks.sliding_window_view(values, period + 1)[:, ::-1]
    return best(windows, axis=1)


@pytest.mark.parametrize("period", [2, 5, 14, 255, 256, 300, 1000])
@pytest.mark.parametrize("shape", ["walk", "ticks", "steps", "constant"])
def test_aroon_counts_the_rows_since_the_latest_extremum(period, shape):
    candles = random_candles(2_000, 8, shape)
    down, up = ta.aroon(candles["high"], candles["low"], period)
    since_low = rows_since_the_extremum(candles["low"], period, np.argmin)
    since_high = rows_since_the_extremum(candles["high"], period, np.argmax)
    np.testing.assert_allclose(down[period:], 100.0 * (period - since_low) / period, rtol=1e-14)
    np.testing.assert_allclose(up[period:], 100.0 * (period - since_high) / period, rtol=1e-14)
    oscillator = ta.aroonosc(candles["high"], candles["low"], period)
    np.testing.assert_allclose(oscillator, up - down, rtol=1e-12, atol=1e-12)


def test_aroon_is_nan_while_a_nan_is_in_the_window_and_recovers():
    high, low = HIGH.copy(), LOW.copy()
    high[500] = low[1_100] = np.nan
    down, up = ta.aroon(high, low, 20)
    assert np.flatnonzero(np.isnan(up)).tolist() == [*range(20), *range(500, 521)]
    assert np.flatnonzero(np.isnan(down)).tolist() == [*range(20), *range(1_100, 1_121)]


def test_sums_that_divide_are_exactly_0_once_nothing_has_moved():
    random = np.random.default_rng(4)
    values = np.r_[random.lognormal(0, 3, 300) * 0.1, np.full(100, 0.7)]
    assert set(ta.vhf(values, 28)[-70:]) == {0.0}
    plus, minus = ta.vortex(values, values, values, 14)
    assert set(plus[-80:]) == set(minus[-80:]) == {0.0}
