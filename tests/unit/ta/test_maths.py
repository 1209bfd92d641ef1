"""Arithmetic, transforms, sums and extrema: the claims that go beyond those of every indicator."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta

PERIODS = (2, 3, 4, 5, 7, 8, 16, 17, 63, 127, 128, 129, 255, 256, 257, 700, 1500)


def windows(values, period, function):
    found = np.full(len(values), np.nan)
    if len(values) >= period:
        found[period - 1 :] = function(np.lib.stride_tricks.sliding_window_view(values, period), axis=1)
    return found


def columns():
    random = np.random.default_rng(5)
    walk = np.cumsum(random.normal(0, 1, 2_000))
    ticks = np.round(walk)
    holes = np.where(random.random(2_000) < 0.004, np.nan, walk)
    holes[0] = 0.0
    infinite = walk.copy()
    infinite[[300, 301, 900]] = np.inf, -np.inf, np.nan
    return {"walk": walk, "ticks": ticks, "holes": holes, "infinite": infinite, "falling": -np.arange(2_000.0)}


@pytest.mark.parametrize("shape", columns())
@pytest.mark.parametrize("period", PERIODS)
def test_extrema_are_those_of_the_window_for_any_mixture_of_rows_and_columns(period, shape):
    values = columns()[shape]
    for name, function in (("max", np.max), ("min", np.min)):
        wanted = windows(values, period, function)
        np.testing.assert_array_equal(getattr(ta, name)(values, period), wanted)
        indicator, found, at, random = getattr(ta, name.upper())(period), [], 0, np.random.default_rng(period)
        while at < len(values):
            size = int(random.choice([1, 2, 3, 30, 255, 256, 257, 600]))
            if size < 4:
                found += [np.nan if (y := indicator.update(x)) is None else y for x in values[at : at + size].tolist()]
            else:
                found += indicator.extend(values[at : at + size]).tolist()
            at += size
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("period", [2, 5, 130, 300])
def test_the_index_of_an_extremum_is_a_row_that_holds_it(period):
    values = columns()["ticks"]
    rows = np.arange(len(values))
    for index, function in ((ta.maxindex(values, period), np.max), (ta.minindex(values, period), np.min)):
        late = rows >= period - 1
        np.testing.assert_array_equal(values[index[late]], windows(values, period, function)[late])
        assert np.all((index[late] <= rows[late]) & (index[late] > rows[late] - period))
    low, high = ta.minmaxindex(values, period)
    np.testing.assert_array_equal(low, ta.minindex(values, period))
    np.testing.assert_array_equal(high, ta.maxindex(values, period))


def test_the_index_counts_rows_that_are_skipped_and_names_the_last_nan():
    nan = np.nan
    assert ta.maxindex([nan, nan, 1.0, 3.0, 2.0, 1.0], 2).tolist() == [0, 0, 0, 3, 3, 4]
    assert ta.minindex([4.0, 1.0, nan, 3.0, 3.0, 3.0, 2.0], 2).tolist() == [0, 1, 2, 2, 3, 4, 6]


def test_minmax_has_the_lowest_first():
    low, high = ta.minmax([3.0, 1.0, 2.0], 2)
    assert (low[-1], high[-1]) == (1.0, 2.0)
    assert ta.MINMAX(2).update(1.0) is None


@pytest.mark.parametrize("name", ["acos", "asin", "atan", "ceil", "cos", "cosh", "exp", "floor", "ln", "log10"])
def test_transforms_are_those_of_numpy(name):
    numpy_name = {"acos": "arccos", "asin": "arcsin", "atan": "arctan", "ln": "log"}.get(name, name)
    values = np.array([0.5, -0.25, 0.0, 1.0, 2.5, -3.75, np.nan, np.inf])
    with np.errstate(all="ignore"):
        wanted = getattr(np, numpy_name)(values)
    np.testing.assert_allclose(getattr(ta, name)(values), wanted, rtol=1e-15)


@pytest.mark.parametrize("name", ["sin", "sinh", "sqrt", "tan", "tanh"])
def test_more_transforms_are_those_of_numpy(name):
    values = np.array([0.5, -0.25, 0.0, 1.0, 2.5, -3.75, np.nan, np.inf])
    with np.errstate(all="ignore"):
        wanted = getattr(np, name)(values)
    np.testing.assert_allclose(getattr(ta, name)(values), wanted, rtol=1e-15)


def test_arithmetic_of_two_columns():
    x, y = np.array([1.0, 6.0, -2.0, 0.0]), np.array([2.0, 3.0, 0.0, 0.0])
    assert ta.add(x, y).tolist() == [3.0, 9.0, -2.0, 0.0]
    assert ta.sub(x, y).tolist() == [-1.0, 3.0, -2.0, 0.0]
    assert ta.mult(x, y).tolist() == [2.0, 18.0, 0.0, 0.0]
    np.testing.assert_array_equal(ta.div(x, y), [0.5, 2.0, -np.inf, np.nan])
    assert ta.DIV().update(1.0, 4.0) == 0.25


def test_sum_keeps_no_trace_of_large_values_that_have_left():
    assert ta.sum([1e17, 1.0, -1e17, 3.25, 2.5, 0.125], 3)[-1] == 5.875
    assert ta.cumsum([0.5, 0.25, 4.0]).tolist() == [0.5, 0.75, 4.75]
