"""Levels: swings, pivot points and retracements, against the formulas written anew."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta
from velora.testkit.candles import random_candles

CANDLES = random_candles(1_500, 6)
OPEN, HIGH, LOW, CLOSE = (CANDLES[name] for name in ("open", "high", "low", "close"))
METHODS = ("classic", "fibonacci", "camarilla", "woodie", "demark")


def pivots(method, o, h, l, c):  # noqa: E741
    """pivot, r1 to r4, s1 to s4 of one period, by the published formulas."""
    nan, wide = np.nan, h - l
    p = (h + l + c) / 3
    if method == "fibonacci":
        up = [p + k * wide for k in (0.382, 0.618, 1.0)]
        down = [p - k * wide for k in (0.382, 0.618, 1.0)]
        return [p, *up, nan, *down, nan]
    if method == "camarilla":
        shares = [1.1 / k for k in (12, 6, 4, 2)]
        return [p, *[c + k * wide for k in shares], *[c - k * wide for k in shares]]
    if method == "demark":
        x = 2 * h + l + c if c > o else h + 2 * l + c if c < o else h + l + 2 * c
        return [x / 4, x / 2 - l, nan, nan, nan, x / 2 - h, nan, nan, nan]
    if method == "woodie":
        p = (h + l + 2 * c) / 4
    r3, s3 = h + 2 * (p - l), l - 2 * (h - p)
    return [p, 2 * p - l, p + wide, r3, r3 + wide, 2 * p - h, p - wide, s3, s3 - wide]


@pytest.mark.parametrize("method", METHODS)
def test_pivots_of_each_row_follow_the_published_formulas(method):
    opened = OPEN.copy()
    opened[::3] = CLOSE[::3]  # the third case of demark
    wanted = np.array([pivots(method, *row) for row in zip(opened, HIGH, LOW, CLOSE, strict=True)]).T
    for found, other in zip(ta.pivots(opened, HIGH, LOW, CLOSE, method), wanted, strict=True):
        np.testing.assert_allclose(found, other, rtol=1e-13)


def test_classic_pivots_of_a_worked_example():
    # H 110, L 90, C 100: the pivot is 100, the levels lie 10, 20, 30 and 50 from it.
    found = [float(one[0]) for one in ta.pivots([95.0], [110.0], [90.0], [100.0])]
    assert found == [100.0, 110.0, 120.0, 130.0, 150.0, 90.0, 80.0, 70.0, 50.0]


@pytest.mark.parametrize("method", METHODS)
def test_session_pivots_are_those_of_the_session_before(method):
    reset = np.zeros(len(CLOSE))
    starts = [40, 100, 101, 700]
    reset[starts] = 1
    found = np.array(ta.session_pivots(OPEN, HIGH, LOW, CLOSE, reset, method))
    assert np.isnan(found[:, :40]).all()
    edges = [0, *starts, len(CLOSE)]
    for first, last, end in zip(edges, edges[1:], edges[2:], strict=False):
        wanted = pivots(method, OPEN[first], HIGH[first:last].max(), LOW[first:last].min(), CLOSE[last - 1])
        np.testing.assert_allclose(found[:, last:end].T, np.tile(wanted, (end - last, 1)), rtol=1e-13)


def test_session_pivots_ignore_a_reset_at_the_very_first_row():
    reset = np.zeros(len(CLOSE))
    reset[50] = 1
    wanted = ta.session_pivots(OPEN, HIGH, LOW, CLOSE, reset)
    reset[0] = 1
    for one, other in zip(ta.session_pivots(OPEN, HIGH, LOW, CLOSE, reset), wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("left", "right"), [(1, 1), (2, 2), (5, 3), (3, 300), (300, 2)])
def test_a_fractal_is_above_all_its_neighbours(left, right):
    high = np.round(HIGH)  # with equal ones, which are no swing
    found = ta.fractal(high, LOW, left, right).swing_high
    for row in range(left + right, len(high)):
        at = row - right
        around = np.r_[high[at - left : at], high[at + 1 : row + 1]]
        assert found[row] == (100 if (high[at] > around).all() else 0)


@pytest.mark.parametrize("direction", ["auto", "up", "down"])
def test_retracements_go_back_from_the_end_of_the_move(direction):
    period = 60
    found = np.array(ta.retracements(HIGH, LOW, period, direction))
    shares = np.array([0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0])
    seen = set()
    for row in range(period - 1, len(HIGH)):
        highs, lows = HIGH[row + 1 - period : row + 1], LOW[row + 1 - period : row + 1]
        is_up = highs.argmax() >= lows.argmin() if direction == "auto" else direction == "up"
        seen.add(bool(is_up))
        high, low = highs.max(), lows.min()
        wanted = high - shares * (high - low) if is_up else low + shares * (high - low)
        np.testing.assert_allclose(found[:, row], wanted, rtol=1e-14)
    assert len(seen) == (2 if direction == "auto" else 1)
