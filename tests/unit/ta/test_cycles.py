"""Hilbert transform indicators: a pure cycle is found, and the claims that go beyond those of every indicator."""

from __future__ import annotations

import numpy as np
import pytest

from velora import ta

ROWS = np.arange(1_200.0)


def wave(period):
    return 100.0 + 5.0 * np.sin(2 * np.pi * ROWS / period)


@pytest.mark.parametrize("period", [12, 16, 20, 25, 30])
def test_the_period_of_a_sine_is_found(period):
    found = ta.ht_dcperiod(wave(period))[300:]
    assert abs(np.median(found) - period) < 0.1 * period


@pytest.mark.parametrize("period", [16, 20, 25])
def test_the_phase_of_a_sine_turns_once_a_period(period):
    turned = np.diff(ta.ht_dcphase(wave(period))[300:]) % 360
    assert abs(turned.mean() * period - 360) < 18


def test_the_sine_is_that_of_the_phase_and_leads_by_45_degrees():
    values = wave(18) + 0.3 * np.sin(ROWS * 0.9)
    phase, (sine, lead) = np.radians(ta.ht_dcphase(values)), ta.ht_sine(values)
    np.testing.assert_allclose(sine, np.sin(phase), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(lead, np.sin(phase + np.pi / 4), rtol=1e-12, atol=1e-12)


def test_the_phasor_of_a_sine_goes_round_a_circle():
    in_phase, quadrature = ta.ht_phasor(wave(20))
    radius = np.hypot(in_phase, quadrature)[300:]
    assert radius.std() < 0.2 * radius.mean()


def test_the_trend_line_follows_the_mean_of_a_cycle():
    line = ta.ht_trendline(wave(20))[300:]
    assert np.abs(line - 100.0).max() < 1.0


def test_a_sine_is_a_cycle_and_a_straight_line_a_trend():
    assert ta.ht_trendmode(wave(20) - 50.0 + 300.0)[300:].mean() < 0.5
    assert np.all(ta.ht_trendmode(100.0 * 1.01 ** ROWS[:600])[200:] == 1)


@pytest.mark.parametrize("name", ["ht_dcperiod", "ht_dcphase", "ht_trendline"])
def test_after_a_nan_there_is_no_value(name):
    values = wave(20)
    values[500] = np.nan
    found = getattr(ta, name)(values)
    assert np.isfinite(found[499])
    assert np.isnan(found[501:]).all()


def test_the_state_of_the_phase_keeps_its_table_of_angles_in_a_snapshot():
    values = wave(22) + np.cumsum(np.random.default_rng(2).normal(0, 0.3, len(ROWS)))
    indicator = ta.HT_SINE()
    indicator.extend(values[:700])
    other = ta.HT_SINE()
    other.restore(indicator.snapshot())
    for found, wanted in zip(other.extend(values[700:]), ta.ht_sine(values), strict=True):
        np.testing.assert_array_equal(found, wanted[700:])
