"""Times and durations of pandas and NumPy: every nanosecond is kept, and what is no time is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import velora as vl
from velora.core.clock import duration_ns, timestamp_ns
from velora.errors import CapacityError, InvalidArgument

INSTANT = 1_717_236_000_000_000_789  # 2024-06-01T10:00:00.000000789Z


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp(INSTANT),
        pd.Timestamp(INSTANT, tz="UTC"),
        pd.Timestamp(INSTANT, tz="Europe/Berlin"),
        np.datetime64(INSTANT, "ns"),
        "2024-06-01T12:00:00.000000789+02:00",
        np.int64(INSTANT),
    ],
)
def test_an_instant_keeps_its_nanoseconds(value):
    assert timestamp_ns(value) == INSTANT


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "m", "h", "D"])
def test_units_of_numpy_are_converted(unit):
    assert timestamp_ns(np.datetime64("2024-06-01", unit)) == timestamp_ns("2024-06-01")


@pytest.mark.parametrize(
    ("value", "ns"),
    [
        (pd.Timedelta("800ns"), 800),
        (pd.Timedelta("1ms 3ns"), 1_000_003),
        (-pd.Timedelta("7ns"), -7),
        (np.timedelta64(3, "us"), 3_000),
        (np.timedelta64(2, "W"), 14 * 86_400 * 10**9),
        (vl.ns(5), 5),
        (timedelta(microseconds=1), 1_000),
    ],
)
def test_a_duration_keeps_its_nanoseconds(value, ns):
    assert duration_ns(value) == ns


def test_a_latency_of_pandas_keeps_its_nanoseconds():
    run = vl.Backtest([], vl.Strategy(), latency=pd.Timedelta("800ns"))
    assert run.to_dict()["latency"]["entry_ns"] == 800


@pytest.mark.parametrize("value", [pd.NaT, np.datetime64("NaT", "s"), np.datetime64("NaT", "ns")])
def test_no_time_is_no_time(value):
    with pytest.raises(InvalidArgument, match="NaT"):
        timestamp_ns(value)


@pytest.mark.parametrize("value", [pd.NaT, np.timedelta64("NaT", "s"), np.timedelta64(1, "ps"), np.timedelta64(1, "Y")])
def test_no_duration_is_no_duration(value):
    with pytest.raises(InvalidArgument, match="duration"):
        duration_ns(value)


@pytest.mark.parametrize("value", [np.float64(1.7e9), np.array([1]), np.timedelta64(1, "s"), np.bool_(True)])
def test_other_numbers_of_numpy_are_no_times(value):
    with pytest.raises(InvalidArgument):
        timestamp_ns(value)


@pytest.mark.parametrize("value", [datetime(1, 1, 1), pd.Timestamp("3000-01-01"), np.datetime64(2**62, "s"), 2**63])
def test_a_time_beyond_64_bits_is_refused(value):
    with pytest.raises(CapacityError):
        timestamp_ns(value)
