"""Latency: each leg adds up, recordings are interpolated, nothing overtakes."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument
from velora.testkit import Flow, Script


def play(latency, *steps, end=10_000):
    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 50)]).delta(end, Side.BUY, 1, 1)
    script = Script(*steps)
    return vl.Backtest(flow.table(), script, latency=latency).run()


def take(script):
    script.bid(101, 1)


def times(result):
    return [(int(f["ts_venue"]), int(f["ts_local"])) for f in result.fills_raw]


def test_one_duration_holds_for_both_ways():
    assert times(play("5us", (10, take), end=50_000)) == [(5_010, 10_010)]


def test_legs_add_up():
    latency = vl.Latency(entry=100, response=30, venue=7, decision=1_000)
    assert times(play(latency, (10, take))) == [(1_117, 1_147)]


def test_recording_is_interpolated_between_its_rows_and_clamped_outside():
    recording = vl.LatencyRecording(ts=[100, 200], entry=[10, 30], response=[5, 25])
    result = play(recording, (50, take), (150, take), (900, take))
    # Sent at 50 and 900: the ends. Sent at 150: halfway; its response at 170, seven tenths of the way.
    assert times(result) == [(60, 65), (170, 189), (930, 955)]


def test_a_later_command_never_overtakes():
    recording = vl.LatencyRecording(ts=[100, 110], entry=[500, 10], response=[1, 1])
    result = play(recording, (100, take), (110, take))
    assert [venue for venue, _ in times(result)] == [600, 600]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 1], [1, 1], [1, 1]), "must ascend; row 1"),
        (([1, 2], [1], [1, 1]), "three columns of one length"),
        (([1, 2], [1, -1], [1, 1]), "at least 0; row 1 of entry was -1"),
        (([], [], []), "at least 1"),
    ],
)
def test_bad_recordings_are_refused(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        vl.LatencyRecording(*arguments)


def test_negative_latency_is_refused():
    with pytest.raises(InvalidArgument, match="entry latency must be at least 0"):
        vl.Latency(entry=-1)
