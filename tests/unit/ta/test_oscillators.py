"""Oscillators and stochastics: the claims that go beyond those of every indicator."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta
from velora.testkit.candles import SHAPES, random_candles

ROWS = 400
WALK = random_candles(ROWS, 41)
FLAT = random_candles(ROWS, 41, "constant")
BOUNDS = {
    "rsi": (0, 100),
    "mfi": (0, 100),
    "ultosc": (0, 100),
    "imi": (0, 100),
    "er": (0, 1),
    "willr": (-100, 0),
} | dict.fromkeys(("stoch", "stochf", "stochrsi"), (0, 100))


def of(name, candles, **params):
    """The first output of a kind over candles."""
    function = getattr(ta, name)
    found = function(*[candles[one] for one in function.kind.inputs], **params)
    return found[0] if isinstance(found, tuple) else found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rsi", 0.0),
        ("cci", 0.0),
        ("mfi", 0.0),
        ("ultosc", 0.0),
        ("imi", 50.0),
        ("er", 1.0),
        ("willr", 0.0),
        ("smi", 0.0),
        ("stoch", 0.0),
        ("stochf", 0.0),
        ("kdj", 0.0),
        ("stochrsi", 0.0),
    ],
)
def test_equal_prices_give_exactly_the_value_of_a_window_without_movement(name, value):
    column = of(name, FLAT)
    assert set(column[~np.isnan(column)]) == {value}


@pytest.mark.parametrize(
    ("name", "value"), [("cci", 0.0), ("mfi", 0.0), ("ultosc", 0.0), ("imi", 50.0), ("er", 1.0), ("willr", 0.0)]
)
def test_large_prices_that_have_left_the_window_leave_no_trace(name, value):
    candles = {key: np.full(ROWS, 100.1) for key in WALK}
    for key, column in candles.items():
        column[50:60] = 3e15 * np.arange(1.0, 11.0) * (1.0 + 0.1 * (key == "close"))
    assert set(of(name, candles)[110:]) == {value}


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_values_stay_within_the_bounds(name, shape):
    low, high = BOUNDS[name]
    for seed in range(5):
        column = of(name, random_candles(ROWS, seed, shape))
        column = column[~np.isnan(column)]
        assert column.min() >= low
        assert column.max() <= high


@pytest.mark.parametrize(("shape", "value"), [("trend", 100.0), ("fall", 0.0)])
def test_rsi_of_prices_that_move_one_way_is_at_its_bound(shape, value):
    assert set(of("rsi", random_candles(ROWS, 1, shape))[14:]) == {value}


@pytest.mark.parametrize("name", ["rsi", "ultosc", "smi", "mfi", "er"])
def test_a_nan_stays_for_ever(name):
    candles = random_candles(ROWS, 41, "nan_inside")
    at = int(np.flatnonzero(np.isnan(candles["close"]))[0])
    column = of(name, candles)
    assert np.isfinite(column[at - 20 : at]).all()
    assert np.isnan(column[at:]).all()


@pytest.mark.parametrize(("name", "rows"), [("willr", 14), ("cci", 14), ("imi", 14)])
def test_a_nan_leaves_with_the_window(name, rows):
    candles = random_candles(ROWS, 41, "nan_inside")
    at = int(np.flatnonzero(np.isnan(candles["close"]))[0])
    column = of(name, candles)
    assert np.isnan(column[at : at + rows]).all()
    assert np.isfinite(column[at + rows :]).all()


@pytest.mark.parametrize("period", [2, 3, 4, 5, 14, 77])
def test_cci_is_the_distance_from_the_mean_in_mean_deviations(period):
    price = (WALK["high"] + WALK["low"] + WALK["close"]) / 3.0
    windows = np.lib.stride_tricks.sliding_window_view(price, period)
    middle = windows.mean(axis=1)
    deviation = np.abs(windows - middle[:, None]).mean(axis=1)
    wanted = (price[period - 1 :] - middle) / (0.015 * deviation)
    np.testing.assert_allclose(of("cci", WALK, period=period)[period - 1 :], wanted, rtol=1e-9, atol=1e-9)


def test_the_order_of_the_periods_of_ultosc_does_not_matter():
    inputs = WALK["high"], WALK["low"], WALK["close"]
    np.testing.assert_array_equal(ta.ultosc(*inputs, 28, 7, 14), ta.ultosc(*inputs))


def test_stochrsi_does_not_move_while_the_price_does_not():
    close = np.repeat(WALK["close"], 30)
    found = ta.stochrsi(close, 14, 5, 1)
    for start in range(60, len(close), 30):
        assert set(found.k[start + 5 : start + 30]) == {0.0}


def test_stoch_is_the_smoothed_place_in_the_range():
    high, low, close = WALK["high"], WALK["low"], WALK["close"]
    wide = np.lib.stride_tricks.sliding_window_view
    highest, lowest = wide(high, 5).max(axis=1), wide(low, 5).min(axis=1)
    place = 100.0 * (close[4:] - lowest) / (highest - lowest)
    found = ta.stoch(high, low, close)
    k = wide(place, 3).mean(axis=1)
    np.testing.assert_allclose(found.k[8:], k[2:], rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(found.d[8:], wide(k, 3).mean(axis=1), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(ta.stochf(high, low, close).k[6:], place[2:], rtol=1e-12)
    kdj = ta.kdj(high, low, close)
    np.testing.assert_array_equal(kdj.j, 3.0 * kdj.k - 2.0 * kdj.d)
