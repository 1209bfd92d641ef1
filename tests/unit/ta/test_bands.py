"""Bands and channels: the claims that go beyond those of every indicator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from velora import ta
from velora.testkit.candles import random_candles

CANDLES = random_candles(2_000, 4)
HIGH, LOW, CLOSE = CANDLES["high"], CANDLES["low"], CANDLES["close"]


def middle(period):
    """(highest high + lowest low) / 2 by pandas."""
    return ((pd.Series(HIGH).rolling(period).max() + pd.Series(LOW).rolling(period).min()) / 2).to_numpy()


def moved(values, rows):
    return np.r_[np.full(rows, np.nan), values[: len(values) - rows]]


def average_true_range(period):
    """Wilder's, by pandas: the mean of the first ranges, then smoothed."""
    before = CLOSE[:-1]
    ranges = np.max([HIGH[1:] - LOW[1:], abs(before - HIGH[1:]), abs(before - LOW[1:])], axis=0)
    series = np.r_[ranges[:period].mean(), ranges[period:]]
    return np.r_[np.full(period, np.nan), pd.Series(series).ewm(alpha=1 / period, adjust=False).mean()]


@pytest.mark.parametrize("period", [2, 5, 20, 300])
def test_bollinger_bands_are_the_mean_and_the_deviation_of_pandas(period):
    rolling = pd.Series(CLOSE).rolling(period)
    upper, mean, lower = ta.bbands(CLOSE, period, 1.5, 2.5)
    deviation = rolling.std(ddof=0)
    np.testing.assert_allclose(mean, rolling.mean(), rtol=1e-13)
    np.testing.assert_allclose(upper, rolling.mean() + 1.5 * deviation, rtol=1e-11)
    np.testing.assert_allclose(lower, rolling.mean() - 2.5 * deviation, rtol=1e-11)


def test_bollinger_bands_of_equal_prices_have_no_width():
    values = np.r_[CLOSE[:100], np.full(60, 7.1), CLOSE[:30], np.full(60, 1e9 + 0.1)]
    upper, _, lower = ta.bbands(values, 20)
    width = upper - lower
    assert (width[119:160] == 0).all()
    assert (width[209:] == 0).all()
    assert (width[30:119] > 0).all()


def test_bollinger_bands_forget_large_values_that_have_left():
    values = np.r_[CLOSE[:500], 1e12, CLOSE[:500]]
    for found, wanted in zip(ta.bbands(values, 20), ta.bbands(CLOSE[:500], 20), strict=True):
        np.testing.assert_allclose(found[-400:], wanted[-400:], rtol=1e-12)


def test_the_bands_are_the_same_distance_from_any_average():
    plain, other = ta.bbands(CLOSE, 20), ta.bbands(CLOSE, 20, ma_type="ema")
    np.testing.assert_array_equal(other[1], ta.ema(CLOSE, 20))
    np.testing.assert_allclose(other[0] - other[1], plain[0] - plain[1], rtol=1e-9)


@pytest.mark.parametrize("displacement", [0, 1, 26])
def test_ichimoku_is_made_of_middles_of_ranges_and_looks_at_no_later_row(displacement):
    found = ta.ichimoku(HIGH, LOW, CLOSE, 9, 26, 52, displacement)
    conversion, base, wide = middle(9), middle(26), middle(52)
    wanted = (conversion, base, moved((conversion + base) / 2, displacement), moved(wide, displacement), CLOSE)
    first = 51 + displacement
    for one, other in zip(found, wanted, strict=True):
        assert np.isnan(one[:first]).all()
        np.testing.assert_allclose(one[first:], other[first:], rtol=1e-14)
    # Rows to come change nothing.
    shorter = ta.ichimoku(HIGH[:500], LOW[:500], CLOSE[:500], 9, 26, 52, displacement)
    for one, other in zip(found, shorter, strict=True):
        np.testing.assert_array_equal(one[:500], other)


def test_keltner_is_a_mean_and_an_average_true_range_that_start_together():
    upper, mean, lower = ta.kc(HIGH, LOW, CLOSE, 5, 10, 2.0)
    typical = (HIGH + LOW + CLOSE) / 3
    wide = 2.0 * average_true_range(10)
    # The mean waits for the first average true range, at row 10: it starts from rows 6 to 10.
    wanted = np.r_[np.full(6, np.nan), ta.ema(typical[6:], 5)]
    np.testing.assert_allclose(mean, wanted, rtol=1e-13)
    np.testing.assert_allclose(upper, wanted + wide, rtol=1e-12)
    np.testing.assert_allclose(lower, wanted - wide, rtol=1e-12)
