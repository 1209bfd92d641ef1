"""Durations and instants: whole nanoseconds or an error."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.core.clock import duration_ns, format_ns, interval_name, timer_interval_ns, timestamp_ns
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


def test_duration_of_ns_and_timedelta():
    assert duration_ns(vl.ns(7)) == 7
    assert duration_ns(timedelta(days=1, microseconds=3)) == 86_400 * 10**9 + 3_000


@pytest.mark.parametrize("bad", ["100", "ms", "1.5ns", "1 fortnight", 1.5, None, True])
def test_anything_else_is_no_duration(bad):
    with pytest.raises(InvalidArgument, match="duration"):
        duration_ns(bad)


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        (5, "5ms"),
        (1500, "1500ms"),
        (5_000_000, "5ms"),
        (-7, "-7ms"),
        (1.5, "1.5s"),
        (0.005, "0.005s"),
        (1e9, "1s"),
        ("5", "5ms"),
        (np.int64(5), "5ms"),
        (np.float64(0.5), "0.5s"),
    ],
)
def test_number_without_a_unit_is_refused_with_what_was_probably_meant(number, meant):
    with pytest.raises(InvalidArgument, match=rf'^latency must be .*; did you mean "{meant}"\?$'):
        duration_ns(number, "latency")
    duration_ns(meant)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 2**80, True, 1e-12])
def test_number_that_is_no_duration_in_any_unit_is_refused_without_a_guess(number):
    with pytest.raises(InvalidArgument, match=r"^latency must be") as refusal:
        duration_ns(number, "latency")
    assert "did you mean" not in str(refusal.value)


@pytest.mark.parametrize("zero", [0, 0.0, "0", np.int32(0)])
def test_zero_needs_no_unit(zero):
    assert duration_ns(zero) == 0


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_text_and_pickle_of_ns_give_the_same_ns(value):
    made = vl.ns(value)
    for again in (duration_ns(str(made)), pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert type(again) is vl.ns
        assert again == value


def test_ns_stays_a_duration_in_sums_and_multiples_and_becomes_an_instant_beside_an_int():
    five = vl.ns(5)
    durations = [five + five, five - vl.ns(7), five * 3, 3 * five, five // 2, -five, abs(-five), vl.ns(12) % five]
    assert [type(one) for one in durations] == [vl.ns] * 8
    assert durations == [10, -2, 15, 15, 2, -5, 5, 2]
    numbers = [1_000 + five, five + 1_000, 1_000 - five, five // vl.ns(2), 11 // five]
    assert [type(one) for one in numbers] == [int] * 5
    assert numbers == [1_005, 1_005, 995, 2, 2]


def test_ns_is_an_int_where_it_is_compared_hashed_and_written():
    assert (vl.ns(5), hash(vl.ns(5)), f"{vl.ns(5_000):,}", json.dumps(vl.ns(5))) == (5, hash(5), "5,000", "5")
    assert repr(vl.ns(5_000_000)) == "vl.ns(5000000)"
    assert [str(vl.ns(one)) for one in (0, 5_000_000, 90 * 10**9, -1500)] == ["0s", "5ms", "90s", "-1500ns"]


@pytest.mark.parametrize("bad", [1.5, "5", True, None])
def test_ns_of_anything_but_a_whole_number_is_refused(bad):
    with pytest.raises(InvalidArgument, match="ns must be a whole number"):
        vl.ns(bad)


def test_ns_beyond_64_bits_is_refused():
    with pytest.raises(CapacityError):
        vl.ns(2**63)


@pytest.mark.parametrize("interval", ["1ns", "999ns", timedelta(0), "-1s"])
def test_timer_that_would_never_let_a_run_end_is_refused(interval):
    with pytest.raises(InvalidArgument, match=r"interval must be (at least 1 us|positive)"):
        timer_interval_ns(interval)


def test_timer_of_nanoseconds_is_possible_by_intent():
    assert timer_interval_ns(vl.ns(1)) == 1
    assert timer_interval_ns("1us") == 1_000


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
