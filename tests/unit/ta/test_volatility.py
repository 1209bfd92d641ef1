"""Volatility: the estimators of the variance of returns against their formulas, and what holds of ranges."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta
from velora.errors import InvalidArgument
from velora.testkit.candles import random_candles

CANDLES = random_candles(2_000, 31)
OPEN, HIGH, LOW, CLOSE = (CANDLES[name] for name in ("open", "high", "low", "close"))
ESTIMATORS = {
    "realised_volatility": (CLOSE,),
    "parkinson_volatility": (HIGH, LOW),
    "garman_klass_volatility": (OPEN, HIGH, LOW, CLOSE),
    "rogers_satchell_volatility": (OPEN, HIGH, LOW, CLOSE),
    "yang_zhang_volatility": (OPEN, HIGH, LOW, CLOSE),
}


def windows(values, period):
    return np.lib.stride_tricks.sliding_window_view(values, period)


def returns(close):
    return np.log(close[1:] / close[:-1])


def rogers_satchell(o, h, low, c):
    return np.log(h / c) * np.log(h / o) + np.log(low / c) * np.log(low / o)


@pytest.mark.parametrize("period", [2, 3, 20, 250])
def test_realised_volatility_is_the_sample_deviation_of_log_returns(period):
    wanted = windows(returns(CLOSE), period).std(axis=1, ddof=1)
    np.testing.assert_allclose(ta.realised_volatility(CLOSE, period)[period:], wanted, rtol=1e-9)


@pytest.mark.parametrize("period", [2, 20])
def test_parkinson_is_its_formula(period):
    wanted = np.sqrt((windows(np.log(HIGH / LOW), period) ** 2).sum(axis=1) / (4 * period * np.log(2)))
    np.testing.assert_allclose(ta.parkinson_volatility(HIGH, LOW, period)[period - 1 :], wanted, rtol=1e-9)


@pytest.mark.parametrize("period", [2, 20])
def test_garman_klass_is_its_formula(period):
    term = 0.5 * np.log(HIGH / LOW) ** 2 - (2 * np.log(2) - 1) * np.log(CLOSE / OPEN) ** 2
    wanted = np.sqrt(windows(term, period).mean(axis=1))
    found = ta.garman_klass_volatility(OPEN, HIGH, LOW, CLOSE, period)
    np.testing.assert_allclose(found[period - 1 :], wanted, rtol=1e-9)


@pytest.mark.parametrize("period", [2, 20])
def test_rogers_satchell_is_its_formula(period):
    wanted = np.sqrt(windows(rogers_satchell(OPEN, HIGH, LOW, CLOSE), period).mean(axis=1))
    found = ta.rogers_satchell_volatility(OPEN, HIGH, LOW, CLOSE, period)
    np.testing.assert_allclose(found[period - 1 :], wanted, rtol=1e-9)


@pytest.mark.parametrize("period", [2, 20])
def test_yang_zhang_is_its_formula(period):
    k = 0.34 / (1.34 + (period + 1) / (period - 1))
    gaps = windows(np.log(OPEN[1:] / CLOSE[:-1]), period).var(axis=1, ddof=1)
    changes = windows(np.log(CLOSE / OPEN)[1:], period).var(axis=1, ddof=1)
    ranges = windows(rogers_satchell(OPEN, HIGH, LOW, CLOSE)[1:], period).mean(axis=1)
    found = ta.yang_zhang_volatility(OPEN, HIGH, LOW, CLOSE, period)
    np.testing.assert_allclose(found[period:], np.sqrt(gaps + k * changes + (1 - k) * ranges), rtol=1e-9)


@pytest.mark.parametrize("period", [2, 20])
def test_bipower_variation_is_its_formula(period):
    r = returns(CLOSE)
    variance = (windows(r, period) ** 2).mean(axis=1)
    bipower = np.pi / 2 * windows(np.abs(r[1:] * r[:-1]), period - 1).mean(axis=1)
    found = ta.bipower_variation(CLOSE, period)
    np.testing.assert_allclose(found.variance[period:], variance, rtol=1e-9)
    np.testing.assert_allclose(found.bipower[period:], bipower, rtol=1e-9)
    np.testing.assert_allclose(found.jump[period:], np.maximum(variance - bipower, 0.0), rtol=1e-8, atol=1e-18)


def diffusion(days, steps, sigma, drift, seed):
    """Candles of a geometric Brownian motion with volatility `sigma` and `drift` a day."""
    random = np.random.default_rng(seed)
    path = np.cumsum(random.normal(drift / steps, sigma / np.sqrt(steps), (days, steps)).ravel()).reshape(days, steps)
    opened = np.r_[0.0, path[:-1, -1]]
    high, low = np.maximum(opened, path.max(axis=1)), np.minimum(opened, path.min(axis=1))
    return [100.0 * np.exp(one) for one in (opened, high, low, path[:, -1])]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_find_the_volatility_of_a_diffusion(name):
    o, h, low, c = diffusion(4_000, 2_000, 0.02, 0.0, 9)
    columns = {"realised_volatility": (c,), "parkinson_volatility": (h, low)}.get(name, (o, h, low, c))
    assert getattr(ta, name)(*columns, 3_900)[-1] == pytest.approx(0.02, rel=0.04)


def test_a_drift_deceives_parkinson_and_not_the_estimators_free_of_it():
    o, h, low, c = diffusion(2_000, 2_000, 0.02, 0.04, 10)
    assert ta.parkinson_volatility(h, low, 1_900)[-1] > 0.026
    assert ta.rogers_satchell_volatility(o, h, low, c, 1_900)[-1] == pytest.approx(0.02, rel=0.04)
    assert ta.yang_zhang_volatility(o, h, low, c, 1_900)[-1] == pytest.approx(0.02, rel=0.04)


def test_a_jump_is_found_as_one():
    r = np.random.default_rng(2).normal(0.0, 0.001, 2_000)
    r[1_500] += 0.05
    found = ta.bipower_variation(np.exp(np.cumsum(r)), 1_000)
    assert found.bipower[-1] == pytest.approx(1e-6, rel=0.2)
    assert found.jump[-1] == pytest.approx(0.05**2 / 1_000, rel=0.15)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_per_year_annualises_by_its_root(name):
    columns, estimator = ESTIMATORS[name], getattr(ta, name)
    np.testing.assert_allclose(estimator(*columns, 20, 252), estimator(*columns, 20) * np.sqrt(252), rtol=1e-14)
    with pytest.raises(InvalidArgument, match="per_year"):
        estimator(*columns, 20, 0.5)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimate_is_independent_of_the_unit_of_price(name):
    columns, estimator = ESTIMATORS[name], getattr(ta, name)
    np.testing.assert_array_equal(estimator(*[column * 1024 for column in columns]), estimator(*columns))


@pytest.mark.parametrize("name", [*ESTIMATORS, "bipower_variation"])
def test_a_market_without_movement_has_exactly_no_volatility(name):
    columns = ESTIMATORS.get(name, (CLOSE,))
    still = [np.r_[column[:500], np.full(80, CLOSE[499])] for column in columns]
    found = getattr(ta, name)(*still, 20)
    for one in found if isinstance(found, tuple) else (found,):
        assert set(one[-59:]) == {0.0}
        assert np.isfinite(one[21:]).all()


def test_realised_volatility_of_rare_large_moves_keeps_its_digits():
    r = np.random.default_rng(5).normal(0.0, 1e-5, 3_000)
    r[::500] += 0.3
    close = np.exp(np.cumsum(r))
    wanted = windows(returns(close), 50).std(axis=1, ddof=1)
    np.testing.assert_allclose(ta.realised_volatility(close, 50)[50:], wanted, rtol=1e-9)


def test_candles_that_contradict_themselves_do_not_make_a_root_of_a_negative_number():
    found = ta.garman_klass_volatility(OPEN, OPEN * 1.0001, OPEN, OPEN * 1.1, 5)
    assert set(found[4:]) == {0.0}


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_a_price_that_is_not_positive_gives_nan(bad):
    low = LOW.copy()
    low[300] = bad
    found = ta.parkinson_volatility(HIGH, low, 10)
    assert np.isfinite(found[9:300]).all()
    assert not np.isfinite(found[300:]).any()


def test_true_range_counts_the_gap():
    found = ta.trange([10, 13, 8], [9, 12, 7], [9.5, 12.5, 7.5])
    np.testing.assert_array_equal(found, [np.nan, 3.5, 5.5])


def test_atr_of_equal_ranges_is_the_range():
    high, low = np.full(300, 101.0), np.full(300, 100.0)
    assert set(ta.atr(high, low, low, 14)[14:]) == {1.0}


def test_rvi_reads_50_without_a_move_and_100_in_a_straight_rise():
    assert set(ta.rvi(np.full(100, 3.1))[22:]) == {50.0}
    assert set(ta.rvi(np.arange(1.0, 101.0))[22:]) == {100.0}


def test_mass_index_of_a_steady_range_is_its_period():
    high, low = 100.0 + np.sin(np.arange(300)), 99.0 + np.sin(np.arange(300))
    np.testing.assert_allclose(ta.massi(high, low, 9, 25)[40:], 25.0, rtol=1e-12)
