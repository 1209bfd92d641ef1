"""Stops that follow a trend: the claims that go beyond those of every indicator."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from velora import ta
from velora.testkit.candles import random_candles

CANDLES = random_candles(2_000, 4)
HIGH, LOW, CLOSE = CANDLES["high"], CANDLES["low"], CANDLES["close"]


def average_true_range(period):
    """Wilder's, by pandas: the mean of the first ranges, then smoothed."""
    before = CLOSE[:-1]
    ranges = np.max([HIGH[1:] - LOW[1:], abs(before - HIGH[1:]), abs(before - LOW[1:])], axis=0)
    series = np.r_[ranges[:period].mean(), ranges[period:]]
    return np.r_[np.full(period, np.nan), pd.Series(series).ewm(alpha=1 / period, adjust=False).mean()]


@pytest.mark.parametrize("period", [1, 22])
def test_chandelier_hangs_average_true_ranges_below_the_high_and_above_the_low(period):
    exits = ta.chandelier(HIGH, LOW, CLOSE, period, 3.0)
    wide = 3.0 * average_true_range(period)
    np.testing.assert_allclose(exits[0], pd.Series(HIGH).rolling(period).max() - wide, rtol=1e-12)
    np.testing.assert_allclose(exits[1], pd.Series(LOW).rolling(period).min() + wide, rtol=1e-12)


def test_supertrend_says_on_which_side_of_it_the_trend_began():
    line, trend = ta.supertrend(HIGH, LOW, CLOSE, 10, 3.0)
    turns = np.flatnonzero(np.diff(trend[10:]) != 0) + 11
    assert len(turns) > 10
    for row in turns:
        assert (CLOSE[row] > line[row]) == (trend[row] > 0)


def test_the_parabolic_stop_is_on_its_side_of_every_row():
    signed, stop = ta.sarext(HIGH, LOW)[1:], ta.sar(HIGH, LOW)[1:]
    np.testing.assert_array_equal(abs(signed), stop)
    assert (stop[signed > 0] <= LOW[1:][signed > 0]).all()
    assert (stop[signed < 0] >= HIGH[1:][signed < 0]).all()
    assert np.count_nonzero(np.diff(np.sign(signed))) > 10


def test_the_parabolic_stop_turns_at_the_extreme_of_the_trend_before():
    stop, signed = ta.sar(HIGH, LOW), ta.sarext(HIGH, LOW)
    turns = np.flatnonzero(np.diff(np.sign(signed[1:])) != 0) + 2
    for first, row in itertools.pairwise(turns):
        extreme = HIGH[first : row + 1].max() if signed[row] < 0 else LOW[first : row + 1].min()
        assert stop[row] == extreme


def test_the_offset_moves_the_stop_away_where_it_turns():
    plain, moved = ta.sarext(HIGH, LOW), ta.sarext(HIGH, LOW, offset=0.01)
    row = np.flatnonzero(np.diff(np.sign(plain[1:])) != 0)[0] + 2
    assert moved[row] == pytest.approx(plain[row] * (1.01 if plain[row] < 0 else 0.99), rel=1e-14)


@pytest.mark.parametrize("start", [150.0, -250.0])
def test_a_start_gives_the_first_stop_and_its_direction(start):
    assert ta.sarext(HIGH, LOW, start=start)[1] == start
