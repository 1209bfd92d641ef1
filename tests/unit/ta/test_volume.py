"""Volume: averages weighted by volume against sums over their rows, and what holds of lines and flows."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta
from velora.testkit.candles import random_candles

CANDLES = random_candles(4_000, 13, "no_volume")
HIGH, LOW, CLOSE, VOLUME = (CANDLES[name] for name in ("high", "low", "close", "volume"))
COLUMNS = (HIGH, LOW, CLOSE, VOLUME)
TYPICAL = (HIGH + LOW + CLOSE) / 3
DAY = 86_400_000_000_000
# One row each half hour from 2024-03-10 00:00 UTC on: 48 a day.
START = 1_710_028_800_000_000_000
TS = (START + np.arange(len(CLOSE)) * (DAY // 48)).astype(float)


def weighted(groups):
    """The average price of each row and the rows before it in its group; NaN without volume."""
    out = np.full(len(groups), np.nan)
    for group in np.unique(groups):
        rows = groups == group
        value, volume = np.cumsum((TYPICAL * VOLUME)[rows]), np.cumsum(VOLUME[rows])
        out[rows] = np.divide(value, volume, out=np.full(rows.sum(), np.nan), where=volume > 0)
    return out


@pytest.mark.parametrize(
    ("session", "offset"), [(86_400, 0), (86_400, 14 * 3_600 + 1_800), (3_600, 0), (604_800, 4 * 86_400)]
)
def test_session_vwap_starts_anew_with_each_session(session, offset):
    groups = (TS.astype(np.int64) // 10**9 - offset) // session
    np.testing.assert_allclose(ta.session_vwap(*COLUMNS, TS, session, offset), weighted(groups), rtol=1e-12)


def test_the_first_nanosecond_of_a_day_begins_its_session():
    vwap, midnight = ta.SessionVWAP(), float(START + DAY)
    before = float(np.nextafter(midnight, 0.0))
    vwap.update(10, 10, 10, 1, before - 1e9)
    assert vwap.update(20, 20, 20, 1, before) == 15.0
    assert vwap.update(30, 30, 30, 2, midnight) == 30.0
    assert vwap.update(60, 60, 60, 1, midnight + 1) == 40.0


def test_times_before_1970_and_beyond_the_range_of_integers_are_defined():
    vwap = ta.SessionVWAP()
    vwap.update(10, 10, 10, 1, -1.0)
    assert vwap.update(20, 20, 20, 1, 0.0) == 20.0
    assert vwap.update(40, 40, 40, 1, float("nan")) == 30.0
    assert vwap.update(90, 90, 90, 1, float("inf")) == 50.0
    assert vwap.update(90, 90, 90, 1, 1e300) == 60.0


def test_a_session_without_volume_has_no_price_and_does_not_keep_the_last():
    vwap = ta.SessionVWAP()
    vwap.update(10, 10, 10, 1, float(START))
    assert np.isnan(vwap.update(20, 20, 20, 0, float(START + DAY)))
    assert vwap.update(20, 20, 20, 5, float(START + DAY)) == 20.0


def test_anchored_vwap_starts_anew_at_each_reset():
    reset = np.zeros(len(CLOSE))
    reset[[0, 700, 701, 2_500]] = [0.0, 1.0, -2.0, 0.5]
    found = ta.anchored_vwap(*COLUMNS, reset)
    np.testing.assert_allclose(found, weighted(np.cumsum(reset != 0.0)), rtol=1e-12)


def test_a_reset_that_is_nan_is_none():
    reset = np.zeros(len(CLOSE))
    wanted = ta.anchored_vwap(*COLUMNS, reset)
    reset[100] = np.nan
    np.testing.assert_array_equal(ta.anchored_vwap(*COLUMNS, reset), wanted)


@pytest.mark.parametrize("period", [1, 5, 20, 500])
def test_rolling_vwap_is_the_weighted_mean_of_its_window(period):
    windows = np.lib.stride_tricks.sliding_window_view
    value, volume = windows(TYPICAL * VOLUME, period).sum(axis=1), windows(VOLUME, period).sum(axis=1)
    wanted = np.divide(value, volume, out=np.full(len(value), np.nan), where=volume > 0)
    np.testing.assert_allclose(ta.rolling_vwap(*COLUMNS, period)[period - 1 :], wanted, rtol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_have_no_weight(bad):
    close, volume = CLOSE.copy(), VOLUME.copy()
    close[500] = volume[800] = bad
    without = VOLUME.copy()
    without[[500, 800]] = 0.0
    for name, more in (("vwap", ()), ("rolling_vwap", ()), ("session_vwap", (TS,)), ("anchored_vwap", (0.0 * TS,))):
        found = getattr(ta, name)(HIGH, LOW, close, volume, *more)
        np.testing.assert_array_equal(found, getattr(ta, name)(HIGH, LOW, CLOSE, without, *more), err_msg=name)


def test_vwap_is_0_until_something_was_traded():
    assert ta.vwap([1, 2, 3], [1, 2, 3], [1, 2, 3], [0, 0, 4]).tolist() == [0.0, 0.0, 3.0]


@pytest.mark.parametrize(("name", "columns"), [("cmf", COLUMNS), ("volume_sma", (VOLUME,)), ("rolling_vwap", COLUMNS)])
def test_a_window_without_volume_leaves_no_trace_of_volumes_before_it(name, columns):
    busy = np.random.default_rng(6).lognormal(0, 5, 400) * 0.1
    volume = np.r_[busy, np.zeros(60)]
    columns = [*[column[: len(volume)] for column in columns[:-1]], volume]
    found = getattr(ta, name)(*columns, 20)[-40:]
    assert np.isnan(found).all() if name == "rolling_vwap" else set(found) == {0.0}


def test_volume_sma_is_the_mean_of_the_window():
    wanted = np.lib.stride_tricks.sliding_window_view(VOLUME, 20).mean(axis=1)
    np.testing.assert_allclose(ta.volume_sma(VOLUME)[19:], wanted, rtol=1e-13)


def test_relative_volume_leaves_the_row_itself_out_of_the_mean():
    assert ta.rvol([2.0, 4.0, 9.0, 0.0, 0.0, 0.0], 2)[2] == 3.0
    after_nothing = ta.rvol([1.0, 0.0, 0.0, 0.0, 5.0], 2)
    assert np.isnan(after_nothing[3])
    assert after_nothing[4] == np.inf


def test_lines_add_what_their_formulas_say():
    close, volume = [10.0, 11.0, 11.0, 9.9], [5.0, 7.0, 8.0, 2.0]
    assert ta.obv(close, volume).tolist() == [5.0, 12.0, 12.0, 10.0]
    np.testing.assert_allclose(ta.pvt(close, volume), [0.0, 0.7, 0.7, 0.5], rtol=1e-12)
    np.testing.assert_allclose(ta.nvi(close, volume), [1000.0, 1000.0, 1000.0, 900.0], rtol=1e-12)
    np.testing.assert_allclose(ta.pvi(close, volume), [1000.0, 1100.0, 1100.0, 1100.0], rtol=1e-12)
    high, low = [10.5, 11.5, 12.0, 10.4], [9.5, 10.2, 10.0, 9.4]
    np.testing.assert_allclose(ta.wad(high, low, close), [0.0, 1.0, 1.0, -0.1], atol=1e-12)
    np.testing.assert_allclose(ta.marketfi(high, low, volume), [0.2, 1.3 / 7, 0.25, 0.5], rtol=1e-12)
    np.testing.assert_allclose(ta.efi(close, volume, 1), [np.nan, 7.0, 0.0, -2.2], rtol=1e-12)
    np.testing.assert_allclose(ta.ad(high, low, close, volume), [0.0, 21 / 13, 21 / 13, 21 / 13], atol=1e-12)


@pytest.mark.parametrize(("fast", "slow"), [(3, 10), (10, 3), (5, 5)])
def test_the_chaikin_oscillator_is_the_same_for_any_level_of_the_line(fast, slow):
    whole = ta.adosc(*COLUMNS, fast, slow)
    late = ta.adosc(*[column[1_000:] for column in COLUMNS], fast, slow)
    np.testing.assert_allclose(late[500:], whole[1_500:], rtol=1e-9, atol=1e-9 * np.nanmax(np.abs(whole)) + 1e-12)


def test_a_close_of_0_does_not_break_an_index():
    close, volume = [10.0, 0.0, 5.0, 6.0], [4.0, 3.0, 2.0, 1.0]
    assert ta.nvi(close, volume).tolist() == [1000.0, 0.0, 0.0, 0.0]
    assert ta.pvt(close, volume).tolist() == [0.0, -3.0, -3.0, -2.8]
