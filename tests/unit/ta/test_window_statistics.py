"""Statistics of a window against their formulas in NumPy, and the claims that go beyond those of every indicator."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest

from velora import ta
from velora.errors import InvalidArgument
from velora.testkit.candles import random_candles

CLOSE = random_candles(1_500, 31)["close"]
OTHER = random_candles(1_500, 31)["y"]


def windows(function, values, period, *others):
    """A function of each window of a column, or of the same windows of several."""
    found = np.full(len(values), np.nan)
    for row in range(period - 1, len(values)):
        found[row] = function(*[column[row - period + 1 : row + 1] for column in (values, *others)])
    return found


def exact_variance(values):
    window = [Fraction(x) for x in values.tolist()]
    mean = sum(window) / len(window)
    return float(sum((x - mean) ** 2 for x in window) / len(window))


def skew(window):
    d = window - window.mean()
    return (d**3).mean() / (d**2).mean() ** 1.5


def kurtosis(window):
    d = window - window.mean()
    return (d**4).mean() / (d**2).mean() ** 2 - 3.0


# ---- variance and its kin


@pytest.mark.parametrize("period", [1, 2, 5, 64, 65, 300])
def test_variance_is_exact_to_ten_digits(period):
    found = ta.var(CLOSE, period)
    for row in range(period - 1, len(CLOSE), 97):
        np.testing.assert_allclose(found[row], exact_variance(CLOSE[row - period + 1 : row + 1]), rtol=1e-10, atol=0)


def test_variance_far_from_zero_is_that_of_the_differences():
    values = 1e9 + np.round(CLOSE * 64) / 64
    np.testing.assert_allclose(ta.var(values, 20), ta.var(values - 1e9, 20), rtol=1e-9)


def test_a_wrong_tick_that_has_left_leaves_no_trace():
    for spike in (1e6, 1e12, -1e150):
        values = CLOSE.copy()
        values[700] = spike
        np.testing.assert_allclose(ta.var(values, 20)[720:], ta.var(CLOSE, 20)[720:], rtol=1e-11)
        np.testing.assert_allclose(ta.linearreg(values, 20)[720:], ta.linearreg(CLOSE, 20)[720:], rtol=1e-11)
        np.testing.assert_allclose(ta.kurtosis(values, 20)[720:], ta.kurtosis(CLOSE, 20)[720:], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(
            ta.correl(values, OTHER, 20)[720:], ta.correl(CLOSE, OTHER, 20)[720:], rtol=1e-10, atol=1e-11
        )


@pytest.mark.parametrize("name", ["var", "stddev", "zscore", "skew", "kurtosis", "linearreg_slope", "linearreg_angle"])
def test_equal_values_give_exactly_zero_wherever_they_start(name):
    values = np.concatenate([CLOSE[:333], np.full(200, 0.1), CLOSE[:400], np.full(300, 123.456)])
    found = getattr(ta, name)(values, 10)
    assert np.all(found[342:533] == 0.0)
    assert np.all(found[942:] == 0.0)


@pytest.mark.parametrize(
    "name",
    ["var", "stddev", "zscore", "skew", "kurtosis", "linearreg", "tsf", "percentile", "avgdev", "half_life", "entropy"],
)
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_there_is_no_value_exactly_while_a_nan_or_infinity_is_in_the_window(name, wrong):
    if np.isinf(wrong) and name in ("percentile", "avgdev"):
        pytest.skip("an infinity has its place in an order, and an infinite distance")
    values = CLOSE.copy()
    values[400] = wrong
    found, wanted = getattr(ta, name)(values, 16), getattr(ta, name)(CLOSE, 16)
    rows = 16 + (name in ("half_life", "entropy"))
    assert np.isnan(found[400 : 400 + rows]).all()
    np.testing.assert_allclose(found[:400], wanted[:400], rtol=1e-15)
    np.testing.assert_allclose(found[400 + rows :], wanted[400 + rows :], rtol=1e-9, atol=1e-9)


def test_two_columns_with_nan_at_different_rows_have_no_value_while_either_is_in_the_window():
    x, y = CLOSE.copy(), OTHER.copy()
    x[[300, 900]] = np.nan
    y[[305, 880]] = np.nan
    found, wanted = ta.correl(x, y, 12), ta.correl(CLOSE, OTHER, 12)
    bad = windows(lambda *both: float(np.isnan(both).any()), x, 12, y) == 1.0
    assert np.isnan(found[bad]).all()
    np.testing.assert_allclose(found[11:][~bad[11:]], wanted[11:][~bad[11:]], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("period", [5, 20, 64, 130])
def test_moments_are_those_of_the_window(period):
    np.testing.assert_allclose(ta.skew(CLOSE, period), windows(skew, CLOSE, period), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(ta.kurtosis(CLOSE, period), windows(kurtosis, CLOSE, period), rtol=1e-9, atol=1e-10)
    wanted = windows(lambda w: (w[-1] - w.mean()) / w.std(), CLOSE, period)
    np.testing.assert_allclose(ta.zscore(CLOSE, period), wanted, rtol=1e-9, atol=1e-11)


def test_skew_and_kurtosis_are_those_of_pandas_without_its_correction():
    pandas = pytest.importorskip("pandas")
    n, series = 30, pandas.Series(CLOSE)
    corrected = ta.skew(CLOSE, n) * math.sqrt(n * (n - 1)) / (n - 2)
    np.testing.assert_allclose(corrected, series.rolling(n).skew(), rtol=1e-6, atol=1e-7)
    corrected = ((n + 1) * ta.kurtosis(CLOSE, n) + 6) * (n - 1) / ((n - 2) * (n - 3))
    np.testing.assert_allclose(corrected, series.rolling(n).kurt(), rtol=1e-6, atol=1e-7)


# ---- lines


def test_lines_are_those_of_polyfit():
    period, rows = 25, np.arange(25.0)
    fits = np.array([np.polyfit(rows, CLOSE[row - 24 : row + 1], 1) for row in range(24, 400)])
    for name, wanted in (
        ("linearreg_slope", fits[:, 0]),
        ("linearreg_intercept", fits[:, 1]),
        ("linearreg", fits[:, 1] + 24 * fits[:, 0]),
        ("tsf", fits[:, 1] + 25 * fits[:, 0]),
        ("linearreg_angle", np.degrees(np.arctan(fits[:, 0]))),
    ):
        np.testing.assert_allclose(getattr(ta, name)(CLOSE, period)[24:400], wanted, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("width", ["error", "deviation"])
def test_the_channel_is_as_wide_as_stated(width):
    period, factor, rows = 40, 1.5, np.arange(40.0)

    def half(window):
        residuals = window - np.polyval(np.polyfit(rows, window, 1), rows)
        return factor * (math.sqrt((residuals**2).sum() / 38) if width == "error" else window.std())

    upper, middle, lower = ta.linear_regression_channel(CLOSE[:300], period, factor, width)
    np.testing.assert_array_equal(middle, ta.linearreg(CLOSE[:300], period))
    wanted = windows(half, CLOSE[:300], period)
    np.testing.assert_allclose(upper - middle, wanted, rtol=1e-9)
    np.testing.assert_allclose(middle - lower, wanted, rtol=1e-9)


def test_the_channel_around_a_straight_line_has_no_width():
    upper, middle, lower = ta.linear_regression_channel(0.1 * np.arange(500.0), 30)
    np.testing.assert_array_equal(upper, lower)
    np.testing.assert_allclose(middle[29:], 0.1 * np.arange(29.0, 500.0), rtol=1e-12)


# ---- two columns


def test_correlation_and_beta_are_those_of_numpy():
    period = 15
    wanted = windows(lambda x, y: np.corrcoef(x, y)[0, 1], CLOSE, period, OTHER)
    np.testing.assert_allclose(ta.correl(CLOSE, OTHER, period), wanted, rtol=1e-8, atol=1e-10)
    p, q = CLOSE[1:] / CLOSE[:-1] - 1, OTHER[1:] / OTHER[:-1] - 1
    wanted = windows(lambda x, y: np.cov(x, y)[0, 1] / x.var(ddof=1), p, period, q)
    np.testing.assert_allclose(ta.beta(CLOSE, OTHER, period)[1:], wanted, rtol=1e-8, atol=1e-10)


def test_a_column_is_correlated_with_itself_and_against_its_negative():
    np.testing.assert_allclose(ta.correl(CLOSE, CLOSE, 9)[8:], 1.0, rtol=1e-12)
    np.testing.assert_allclose(ta.correl(CLOSE, -CLOSE, 9)[8:], -1.0, rtol=1e-12)
    assert np.abs(ta.correl(CLOSE, CLOSE, 9)[8:]).max() <= 1.0
    np.testing.assert_allclose(ta.beta(CLOSE, CLOSE, 9)[9:], 1.0, rtol=1e-9)
    assert np.all(ta.correl(CLOSE, np.ones(len(CLOSE)), 9)[8:] == 0.0)


@pytest.mark.parametrize("lag", [1, 3, 40])
def test_autocorrelation_is_the_correlation_with_the_past(lag):
    returns, period = np.diff(np.log(CLOSE)), 30
    found = ta.autocorrelation(returns, period, lag)
    assert np.isnan(found[: period + lag - 1]).all()
    wanted = windows(lambda x, y: np.corrcoef(x, y)[0, 1], returns[lag:], period, returns[:-lag])
    np.testing.assert_allclose(found[lag:], wanted, rtol=1e-8, atol=1e-10)


def test_half_life_is_that_of_the_fitted_process():
    period = 60

    def half_life(past, change):
        keep = 1.0 + np.polyfit(past, change, 1)[0]
        return math.log(0.5) / math.log(keep) if 0.0 < keep < 1.0 else 0.0 if keep <= 0.0 else np.nan

    random, level, values = np.random.default_rng(4), 0.0, []
    for shock in random.normal(0, 1, 1_000):
        level = 0.9 * level + shock
        values.append(level)
    values = np.array(values)
    found = ta.half_life(values, period)
    wanted = windows(half_life, values[:-1], period, np.diff(values))
    np.testing.assert_allclose(found[1:], wanted, rtol=1e-7, atol=1e-9)
    # ln(1/2) / ln(0.9) is 6.6 rows.
    assert 5.5 < ta.half_life(values, 999)[-1] < 7.5


def test_half_life_of_what_does_not_revert_is_nan_and_of_what_overshoots_zero():
    assert np.isnan(ta.half_life(1.1 ** np.arange(50.0), 20)[20:]).all()
    assert np.isnan(ta.half_life(np.ones(50), 20)).all()
    assert np.all(ta.half_life((-1.5) ** np.arange(50), 20)[20:] == 0.0)


# ---- order


@pytest.mark.parametrize("period", [2, 3, 30, 400])
@pytest.mark.parametrize("share", [0.0, 10.0, 50.0, 99.0, 100.0])
def test_a_percentile_is_a_value_of_the_window(period, share):
    values = np.round(CLOSE, 1)
    values[[200, 201, 900]] = np.nan
    place = min(max(math.ceil(share * period / 100), 1), period) - 1
    wanted = windows(lambda w: np.nan if np.isnan(w).any() else np.sort(w)[place], values, period)
    np.testing.assert_array_equal(ta.percentile(values, period, share), wanted)


def test_percent_rank_counts_what_is_below():
    assert ta.percentrank([3.0, 1.0, 2.0, 2.0, 5.0], 4)[-1] == 100.0
    assert ta.percentrank([3.0, 1.0, 2.0, 2.0, 2.0], 4)[-1] == 25.0
    assert ta.percentrank([1.0, np.nan, 2.0], 2)[-1] == 50.0


@pytest.mark.parametrize("period", [2, 3, 4, 7, 33, 1023, 1024, 1025, 1100])
def test_average_deviation_is_that_of_the_window_in_both_faces(period):
    found = ta.avgdev(CLOSE, period)
    wanted = windows(lambda w: np.abs(w - w.mean()).mean(), CLOSE, period)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    indicator = ta.AVGDEV(period)
    rows = [np.nan if (y := indicator.update(x)) is None else y for x in CLOSE.tolist()]
    np.testing.assert_array_equal(rows, found)


# ---- complexity


def katz(window):
    """M. J. Katz 1988 as R. Esteller et al. 2001 state it for values alone."""
    path, reach, steps = np.abs(np.diff(window)).sum(), np.abs(window - window[0]).max(), len(window) - 1
    return math.log(steps) / (math.log(steps) + math.log(reach / path))


@pytest.mark.parametrize("period", [3, 4, 30, 200, 300])
def test_the_fractal_dimension_is_that_of_katz(period):
    np.testing.assert_allclose(ta.fractal_dimension(CLOSE, period), windows(katz, CLOSE, period), rtol=1e-9)


def test_a_straight_line_has_the_dimension_one_and_a_zigzag_more():
    np.testing.assert_allclose(ta.fractal_dimension(np.arange(100.0), 10)[9:], 1.0, rtol=1e-12)
    assert np.all(ta.fractal_dimension(np.r_[CLOSE[:50], np.full(50, 7.0)], 10)[60:] == 1.0)
    assert ta.fractal_dimension([0.0, 1.0] * 30, 30)[-1] > 2.0


@pytest.mark.parametrize(("period", "bins"), [(100, 10), (30, 4), (12, 50)])
def test_entropy_is_that_of_the_histogram(period, bins):
    returns = np.diff(np.log(CLOSE))

    def bits(window):
        low, high = window.min(), window.max()
        places = np.minimum(((window - low) / (high - low) * bins).astype(int), bins - 1)
        shares = np.bincount(places) / period
        shares = shares[shares > 0]
        return -(shares * np.log2(shares)).sum()

    wanted = windows(bits, returns, period)
    np.testing.assert_allclose(ta.entropy(CLOSE, period, bins)[1:], wanted, rtol=1e-9, atol=1e-11)


def test_entropy_of_equal_returns_is_zero_and_of_equal_shares_the_logarithm_of_the_bins():
    assert np.all(ta.entropy(np.ones(100), 20)[20:] == 0.0)
    steps = np.exp(np.cumsum(np.tile([0.0, 1.0, 2.0, 3.0], 30)))
    np.testing.assert_allclose(ta.entropy(steps, 20, 4)[20:], 2.0, rtol=1e-9)


@pytest.mark.parametrize(("period", "order"), [(100, 3), (60, 4), (10, 5), (40, 7), (20, 2)])
def test_permutation_entropy_is_that_of_the_counted_orders(period, order):
    names = {pattern: number for number, pattern in enumerate(permutations(range(order)))}
    values = np.round(CLOSE[:400], 0)

    def share(window):
        counts = np.zeros(len(names))
        for start in range(period - order + 1):
            counts[names[tuple(np.argsort(window[start : start + order], kind="stable"))]] += 1
        shares = counts[counts > 0] / counts.sum()
        return -(shares * np.log2(shares)).sum() / math.log2(math.factorial(order))

    found = ta.permutation_entropy(values, period, order)
    np.testing.assert_allclose(found, windows(share, values, period), rtol=1e-9, atol=1e-11)


def test_permutation_entropy_of_the_example_of_bandt_and_pompe():
    # Physical Review Letters 88 (2002) 174102: 4, 7, 9, 10, 6, 11, 3 has H(2) = 0.918 and H(3) = 1.522 bits.
    values = [4.0, 7.0, 9.0, 10.0, 6.0, 11.0, 3.0]
    assert round(float(ta.permutation_entropy(values, 7, 2)[-1]), 3) == 0.918
    assert round(float(ta.permutation_entropy(values, 7, 3)[-1]) * math.log2(6), 3) == 1.522


def test_permutation_entropy_is_nan_while_a_nan_is_in_the_window():
    values = CLOSE[:300].copy()
    values[150] = np.nan
    found, wanted = ta.permutation_entropy(values, 40), ta.permutation_entropy(CLOSE[:300], 40)
    assert np.isnan(found[150:190]).all()
    np.testing.assert_array_equal(np.r_[found[:150], found[190:]], np.r_[wanted[:150], wanted[190:]])
    with pytest.raises(InvalidArgument, match="order does not go with"):
        ta.PermutationEntropy(5, 5)


def hurst(returns):
    """R/S over halved sizes, as the formula of the kind states it, on the returns."""
    n, points = len(returns), []
    size = n
    while size >= 8:
        ranges = []
        for block in range(n // size):
            part = returns[n - (block + 1) * size : n - block * size]
            sums = np.r_[0.0, np.cumsum(part - part.mean())]
            ranges.append((sums.max() - sums.min()) / part.std())
        points.append((math.log(size), math.log(np.mean(ranges))))
        size //= 2
    return np.polyfit(*zip(*points, strict=True), 1)[0]


@pytest.mark.parametrize("period", [16, 100, 128, 301])
def test_the_hurst_exponent_is_the_slope_of_rescaled_ranges(period):
    values = CLOSE[:700]
    found = ta.hurst(values, period)[1:]
    np.testing.assert_allclose(found, windows(hurst, np.diff(np.log(values)), period), rtol=1e-8, atol=1e-9)


def test_the_hurst_exponent_orders_persistent_independent_and_reverting_returns():
    random, rows = np.random.default_rng(8), 4_000
    shocks = random.normal(0, 0.01, rows)
    found = []
    for keep in (0.6, 0.0, -0.6):
        returns = [0.0]
        for shock in shocks:
            returns.append(keep * returns[-1] + shock)
        found.append(np.nanmean(ta.hurst(np.exp(np.cumsum(returns)), 512)))
    assert all(former > latter + 0.05 for former, latter in pairwise(found))
    assert 0.5 < found[1] < 0.65


def test_the_hurst_exponent_of_a_constant_or_negative_price_is_nan():
    assert np.isnan(ta.hurst(np.ones(200), 64)).all()
    values = CLOSE[:400].copy()
    values[150] = -1.0
    found = ta.hurst(values, 64)
    assert np.isnan(found[150:215]).all()
    assert np.isfinite(found[215:]).all()
