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
    latency = vl.Latency(entry=vl.ns(100), response=vl.ns(30), venue=vl.ns(7), decision=vl.ns(1_000))
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
        vl.Latency(entry=vl.ns(-1))


# ---------------------------------------------------------------------- distributions


def quantile(distribution, p):
    """Of the distribution itself: the table is cut at the 99.99th percentile."""
    values = distribution.quantiles
    return values[round(p / 0.9999 * (len(values) - 1))]


@pytest.mark.parametrize(
    ("text", "p", "wanted"),
    [
        ("lognormal(5ms, 40ms)", 0.5, 5e6),
        ("lognormal(5ms, 40ms)", 0.99, 40e6),
        ("exponential(1ms)", 0.5, 0.6931e6),
        ("gamma(2ms, 2)", 0.5, 1.6783e6),  # of shape 2 and scale 1
        ("gamma(1ms, 1)", 0.9, 2.3026e6),  # exponential
        ("gamma(1ms, 0.5)", 0.5, 0.4549e6),  # chi-squared of one degree
        ("pareto(2ms, 3)", 0.5, 2e6 * 2 ** (1 / 3)),
    ],
)
def test_distributions_have_their_quantiles(text, p, wanted):
    distribution = vl.LatencyDistribution.of(text)
    assert quantile(distribution, p) == pytest.approx(wanted, rel=6e-3)
    assert distribution.name == text


def test_measured_latencies_make_a_distribution():
    made = vl.LatencyDistribution.of_samples(list(range(1_000, 11_000)))
    assert (made.quantiles[0], made.quantiles[-1], len(made.quantiles)) == (1_000, 10_999, 2_049)
    assert vl.LatencyDistribution.of_samples([7, 5]).quantiles.tolist() == [5, 7]


@pytest.mark.parametrize(
    "text",
    ["lognormal(5ms)", "lognormal(5ms, 4ms)", "gamma(1ms, 0)", "pareto(1ms, 1)", "weibull(1ms)", "exponential(0ms)"],
)
def test_distributions_that_make_no_sense_are_refused(text):
    with pytest.raises(InvalidArgument):
        vl.LatencyDistribution.of(text)
    with pytest.raises(InvalidArgument):
        vl.Latency(entry=text)


class Taker(vl.Strategy):
    def on_start(self):
        self.every(vl.ns(1_000_000), self.take)

    def take(self):
        self.buy(self.instruments[0], price_ticks=101, qty_lots=1, time_in_force="IOC")


def takes(latency, seconds=2):
    end = seconds * 1_000_000_000
    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 1_000_000)]).delta(end, Side.BUY, 1, 1)
    return vl.Backtest(flow.table(), Taker(), latency=latency).run()


def legs(result):
    sent = {int(order["order_id"]): int(order["ts_sent"]) for order in result.orders_raw}
    return [int(f["ts_venue"]) - sent[int(f["order_id"])] for f in result.fills_raw]


def test_each_message_draws_from_the_legs_distribution():
    latency = vl.Latency(entry="lognormal(200us, 600us)", response=0)
    entry = sorted(legs(takes(latency)))
    assert len(entry) == 1_999
    assert entry[len(entry) // 2] == pytest.approx(200_000, rel=0.05)
    assert entry[int(len(entry) * 0.99)] == pytest.approx(600_000, rel=0.2)


def test_seed_decides_the_draws_and_nothing_else():
    one, again = (takes(vl.Latency(entry="exponential(100us)", seed=3)).hash for _ in range(2))
    other = takes(vl.Latency(entry="exponential(100us)", seed=4)).hash
    assert one == again != other


def test_no_message_overtakes_another_whatever_it_draws():
    latency = vl.Latency(entry="pareto(100us, 1.1)", response="pareto(100us, 1.1)", venue="exponential(1ms)")
    result = takes(latency)
    ids = [int(f["order_id"]) for f in result.fills_raw]
    assert ids == sorted(ids)
    for name in ("ts_venue", "ts_local"):
        stamps = [int(f[name]) for f in result.fills_raw]
        assert stamps == sorted(stamps)


def test_cancels_and_amends_may_have_legs_of_their_own():
    def rest(script):
        script.bid(99, 5)

    def cancel(script):
        script.cancel(script.placed[0])

    result = play(vl.Latency(entry=vl.ns(100), cancel=vl.ns(7), response=0), (10, rest), (1_000, cancel))
    assert int(result.orders_raw[0]["ts_done"]) == 1_007
    assert vl.Latency(entry="1ms", cancel="lognormal(1ms, 2ms)", seed=5).to_dict() == {
        "decision_ns": 0,
        "venue_ns": 0,
        "entry_ns": 1_000_000,
        "response_ns": 1_000_000,
        "cancel": "lognormal(1ms, 2ms)",
        "seed": 5,
    }
