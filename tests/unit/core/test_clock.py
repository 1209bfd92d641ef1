"""Durations and instants: whole nanoseconds or an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from velora.core.clock import duration_ns, format_ns, interval_name, timestamp_ns
from velora.errors import CapacityError, InvalidArgument


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("250ns", 250),
        ("5us", 5_000),
        ("100ms", 10**8),
        ("1.5s", 1_500_000_000),
        ("1m", 60 * 10**9),
        ("2h", 7200 * 10**9),
    ],
)
def test_duration_of_a_number_with_its_unit(text, ns):
    assert duration_ns(text) == ns


def test_duration_of_int_and_timedelta():
    assert duration_ns(7) == 7
    assert duration_ns(timedelta(days=1, microseconds=3)) == 86_400 * 10**9 + 3_000


@pytest.mark.parametrize("bad", ["100", "ms", "1.5ns", "1 fortnight", 1.5, None, True])
def test_anything_else_is_no_duration(bad):
    with pytest.raises(InvalidArgument, match="duration"):
        duration_ns(bad)


def test_duration_beyond_64_bits_is_refused():
    with pytest.raises(CapacityError):
        duration_ns("200000d")


@pytest.mark.parametrize("name", ["1ns", "1500ns", "250us", "700ms", "90s", "1m", "90m", "4h", "7d"])
def test_interval_is_named_in_the_largest_unit_that_it_is_a_whole_number_of(name):
    assert interval_name(duration_ns(name)) == name


@given(st.integers(1, 2**63 - 1))
def test_interval_read_from_its_name_is_the_same(ns):
    assert duration_ns(interval_name(ns)) == ns


@given(st.integers(-(2**60), 2**60))
def test_time_written_and_read_is_the_same(ns):
    assert timestamp_ns(format_ns(ns)) == ns


def test_time_without_a_zone_is_utc():
    assert timestamp_ns("2024-08-08T23:54:15") == timestamp_ns("2024-08-08T23:54:15+00:00")
    assert timestamp_ns(datetime(2024, 1, 1)) == timestamp_ns(datetime(2024, 1, 1, tzinfo=UTC))
    assert timestamp_ns(datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == timestamp_ns("2024-01-01")
    assert timestamp_ns(np.datetime64("2024-01-01")) == timestamp_ns("2024-01-01")


@pytest.mark.parametrize("bad", ["yesterday", 1.5, None, "2024-01-01T00:00:00.0123456789"])
def test_anything_else_is_no_time(bad):
    with pytest.raises(InvalidArgument, match="time"):
        timestamp_ns(bad)
