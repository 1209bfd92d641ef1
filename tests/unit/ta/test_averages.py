"""Averages: the claims that go beyond those of every indicator."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from velora import ta
from velora.errors import InvalidArgument
from velora.testkit.candles import random_candles

VALUES = np.random.default_rng(7).normal(30_000, 50, 5_000)


@pytest.mark.parametrize("period", [1, 2, 7, 200])
def test_sma_is_the_mean_of_the_window(period):
    wanted = np.lib.stride_tricks.sliding_window_view(VALUES, period).mean(axis=1)
    np.testing.assert_allclose(ta.sma(VALUES, period)[period - 1 :], wanted, rtol=1e-14)


def test_sma_does_not_drift_after_large_values_have_left():
    found = ta.sma([1e17, 1.0, -1e17, 3.25, 2.5, 0.125], 3)
    assert found[-1] == float(Fraction("5.875") / 3)


def test_sma_of_a_hundred_thousand_rows_is_exact_to_the_last_bits():
    values = np.random.default_rng(3).lognormal(0, 4, 100_000)
    found = ta.sma(values, 50)
    for row in (60, 5_000, 99_999):
        exact = sum(map(Fraction, values[row - 49 : row + 1].tolist())) / 50
        assert abs(Fraction(found[row]) - exact) <= exact * Fraction(4, 2**53)


@pytest.mark.parametrize("period", [0, -1, 2.5, "a", True, None, float("nan"), 100_001])
def test_a_period_out_of_bounds_is_named(period):
    with pytest.raises(InvalidArgument, match="sma: period must"):
        ta.SMA(period)


def windows(values, period):
    return np.lib.stride_tricks.sliding_window_view(values, period)


@pytest.mark.parametrize("period", [2, 3, 7, 30, 400])
def test_wma_is_the_weighted_mean_of_the_window(period):
    weights = np.arange(1.0, period + 1)
    wanted = windows(VALUES, period) @ weights / weights.sum()
    np.testing.assert_allclose(ta.wma(VALUES, period)[period - 1 :], wanted, rtol=1e-13)


def test_wma_forgets_large_values_that_have_left():
    values = np.r_[VALUES[:500], 1e15, VALUES[:500]]
    np.testing.assert_allclose(ta.wma(values, 30)[-400:], ta.wma(VALUES[:500], 30)[-400:], rtol=1e-13)


@pytest.mark.parametrize("name", ["sma", "wma", "hma", "trima", "zlema", "kama", "ema", "rma"])
def test_of_a_constant_it_is_the_constant(name):
    found = getattr(ta, name)(np.full(500, 0.1), 20)
    np.testing.assert_allclose(found[~np.isnan(found)], 0.1, rtol=1e-15)


@pytest.mark.parametrize("name", ["wma", "hma"])
def test_of_a_constant_the_weighted_ones_are_the_constant_to_the_bit(name):
    found = getattr(ta, name)(np.full(500, 0.1), 20)
    assert set(found[~np.isnan(found)]) == {0.1}


@pytest.mark.parametrize("period", [2, 5, 6, 31])
def test_trima_has_triangular_weights(period):
    weights = np.minimum(np.arange(1, period + 1), np.arange(period, 0, -1)).astype(float)
    wanted = windows(VALUES, period) @ weights / weights.sum()
    np.testing.assert_allclose(ta.trima(VALUES, period)[period - 1 :], wanted, rtol=1e-13)


def test_hma_is_made_of_three_weighted_means():
    wanted = ta.wma(2.0 * ta.wma(VALUES, 12) - ta.wma(VALUES, 25), 5)
    np.testing.assert_allclose(ta.hma(VALUES, 25), wanted, rtol=1e-13)


def test_rma_is_the_exponential_mean_of_pandas_with_the_mean_of_the_window_as_its_start():
    period = 14
    series = np.r_[VALUES[:period].mean(), VALUES[period:]]
    wanted = pd.Series(series).ewm(alpha=1.0 / period, adjust=False).mean().to_numpy()
    np.testing.assert_allclose(ta.rma(VALUES, period)[period - 1 :], wanted, rtol=1e-12)


@pytest.mark.parametrize("alpha", [1e-6, 0.01, 0.1, 0.5, 0.97, 1.0])
def test_ewma_is_that_of_pandas_without_adjustment(alpha):
    wanted = pd.Series(VALUES).ewm(alpha=alpha, adjust=False).mean().to_numpy()
    np.testing.assert_allclose(ta.ewma(VALUES, alpha), wanted, rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.5, float("nan")])
def test_a_factor_out_of_bounds_is_named(alpha):
    with pytest.raises(InvalidArgument, match="ewma: alpha must"):
        ta.EWMA(alpha)


def test_vwma_of_a_window_without_volume_is_nan_and_goes_on_after_it():
    volume = np.r_[np.full(10, 3.1), np.zeros(10), np.full(10, 0.7)]
    found = ta.vwma(VALUES[:30], volume, 4)
    assert np.isnan(found[13:20]).all()
    assert found[20] == pytest.approx(VALUES[20])


@pytest.mark.parametrize("name", ["sma", "ema", "wma", "dema", "tema", "trima", "kama", "hma", "zlema", "rma"])
@pytest.mark.parametrize("period", [1, 2, 21])
def test_ma_by_name_is_the_average_of_that_name(name, period):
    np.testing.assert_array_equal(ta.ma(VALUES, period, name), getattr(ta, name)(VALUES, period))


@pytest.mark.parametrize(
    "name", ["sma", "ema", "wma", "dema", "tema", "trima", "kama", "mama", "t3", "hma", "zlema", "rma"]
)
def test_a_period_of_one_smooths_nothing(name):
    np.testing.assert_array_equal(ta.ma(VALUES, 1, name), VALUES)


def test_mavp_of_sma_takes_the_mean_of_as_many_rows_as_each_row_says():
    periods = 1.0 + np.random.default_rng(2).integers(0, 40, len(VALUES)) + 0.5
    found = ta.mavp(VALUES, periods, 3, 25)
    for row in (24, 25, 100, 4_999):
        period = int(np.clip(np.floor(periods[row]), 3, 25))
        assert found[row] == pytest.approx(VALUES[row + 1 - period : row + 1].mean(), rel=1e-14)
    assert np.isnan(found[:24]).all()


def test_mavp_with_bounds_that_contradict_each_other_is_refused():
    with pytest.raises(InvalidArgument, match="max_period"):
        ta.MAVP(20, 10)
    with pytest.raises(InvalidArgument, match="max_period"):
        ta.MAVP(2, 5_000, "ema")
    assert ta.MAVP(2, 5_000).lookback == 4_999


def test_kama_follows_a_straight_line_with_its_fastest_factor():
    found = ta.kama(np.arange(200.0), 10)
    steps = np.diff(found[10:])
    # The lag of a mean with the factor k behind a line of slope 1 is (1 - k) / k.
    k = (2 / 3) ** 2
    assert steps[-1] == pytest.approx(1.0)
    assert 199.0 - found[-1] == pytest.approx((1 - k) / k)


def test_kama_follows_a_price_that_swings_in_place_with_its_slowest_factor():
    values = np.tile([1.0, -1.0], 100)
    found, k = ta.kama(values, 10), (2 / 31) ** 2
    np.testing.assert_allclose(found[11:], found[10:-1] + k * (values[11:] - found[10:-1]), rtol=1e-9, atol=1e-15)


def test_mama_stays_between_its_limits():
    values = random_candles(3_000, 5)["close"]
    mama, fama = ta.mama(values, 0.5, 0.05)
    k = (mama[33:] - mama[32:-1]) / (values[33:] - mama[32:-1])
    assert k.min() > 0.05 - 1e-6
    assert k.max() < 0.5 + 1e-6
    np.testing.assert_allclose(fama[33:], fama[32:-1] + k / 2 * (mama[33:] - fama[32:-1]), rtol=1e-9)
