"""Streaming averages against NumPy and pandas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from velora.errors import InvalidArgument
from velora.ta import EMA, SMA

VALUES = np.random.default_rng(7).normal(30_000, 50, 5_000)


@pytest.mark.parametrize("period", [1, 2, 7, 200])
def test_sma_is_the_mean_of_the_window(period):
    sma = SMA(period)
    found = [sma.update(x) for x in VALUES]
    wanted = np.lib.stride_tricks.sliding_window_view(VALUES, period).mean(axis=1)
    assert found[: period - 1] == [None] * (period - 1)
    np.testing.assert_allclose(np.array(found[period - 1 :], float), wanted, rtol=1e-14)


@pytest.mark.parametrize("period", [1, 2, 7, 200])
def test_ema_is_that_of_pandas_without_adjustment(period):
    ema = EMA(period)
    found = [ema.update(x) for x in VALUES]
    wanted = pd.Series(VALUES).ewm(span=period, adjust=False).mean().to_numpy()
    assert found[: period - 1] == [None] * (period - 1)
    np.testing.assert_allclose(np.array(found[period - 1 :], float), wanted[period - 1 :], rtol=1e-13)


def test_ema_of_an_alpha_is_ready_at_once():
    ema = EMA(alpha=0.25)
    wanted = pd.Series(VALUES[:50]).ewm(alpha=0.25, adjust=False).mean()
    np.testing.assert_allclose([ema.update(x) for x in VALUES[:50]], wanted, rtol=1e-14)


def test_sma_does_not_drift_after_large_values_have_left():
    sma = SMA(3)
    for x in [1e17, 1.0, -1e17, 3.25, 2.5, 0.125]:
        value = sma.update(x)
    assert value == float(Fraction("5.875") / 3)


def test_reset_starts_anew():
    for average in (SMA(2), EMA(2)):
        for x in (5.0, 6.0, 7.0):
            average.update(x)
        average.reset()
        assert (average.value, average.is_ready, average.count) == (None, False, 0)
        average.update(1.0)
        assert average.update(1.0) == 1.0


@pytest.mark.parametrize("x", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused_and_changes_nothing(x):
    for average in (SMA(2), EMA(2)):
        average.update(1.0)
        with pytest.raises(InvalidArgument, match="finite"):
            average.update(x)
        assert average.update(1.0) == 1.0


@pytest.mark.parametrize("make", [lambda: SMA(0), lambda: EMA(0), lambda: EMA(), lambda: EMA(3, alpha=0.5)])
def test_wrong_periods_are_refused(make):
    with pytest.raises(InvalidArgument):
        make()


@pytest.mark.parametrize("alpha", [0.0, 1.5, float("nan")])
def test_alpha_lies_above_0_and_at_most_at_1(alpha):
    with pytest.raises(InvalidArgument):
        EMA(alpha=alpha)
