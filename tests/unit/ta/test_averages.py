"""Averages: the claims that go beyond those of every indicator."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from velora import ta
from velora.errors import InvalidArgument

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
