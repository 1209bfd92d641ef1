"""[latency] of a configuration: everything that `velora.Latency` takes, and nothing that it does not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import velora as vl
from velora.cli.latency import latency_of
from velora.core.config import load_config
from velora.errors import ConfigError, InvalidArgument


def read(tmp_path, text, *overrides):
    (tmp_path / "run.toml").write_text(text)
    return latency_of(load_config(tmp_path / "run.toml", overrides, environment={}).latency, tmp_path)


def test_everything_has_its_key(tmp_path):
    np.save(tmp_path / "callbacks.npy", np.array([5, 7, 9]))
    np.savez(
        tmp_path / "trips.npz", data=np.array([(1, 2, 3)], [("req_ts", "i8"), ("exch_ts", "i8"), ("resp_ts", "i8")])
    )
    text = """
        [latency]
        entry = "lognormal(5ms, 40ms)"
        response = "4ms"
        venue = "7ns"
        decision = "samples(callbacks.npy)"
        amend = "6ms"
        cancel = "1ms"
        speed_bump = "200ms"
        recording = "trips.npz"
        seed = 9
        overtakes = true
        feed = { shift = "-1ms", scale = 0.5, load = { service = "1us" } }
        load = { service = "20us", window = "1s", cv = 2, most = "100ms" }
        faults = { refused = 0.1, overloaded = { new = 0.5 }, lost = 0.01, unanswered = 0.02, timeout = "5s" }
    """
    assert read(tmp_path, text) == vl.Latency(
        "lognormal(5ms, 40ms)",
        "4ms",
        "7ns",
        vl.LatencyDistribution("of 3 samples", np.array([5, 7, 9])),
        "6ms",
        "1ms",
        vl.LatencyRecording([1], [1], [1]),
        9,
        vl.FeedLatency("-1ms", 0.5, vl.LatencyLoad("1us")),
        vl.LatencyLoad("20us", "1s", 2, "100ms"),
        vl.LatencyFaults(0.1, {"new": 0.5}, 0.01, 0.02, "5s"),
        "200ms",
        True,
    )


def test_nothing_is_no_latency(tmp_path):
    assert read(tmp_path, "") == vl.Latency()


def test_preset_with_changes(tmp_path):
    made = read(tmp_path, '[latency]\npreset = "lighter_premium"\ndecision = "1ms"', "latency.feed=2ms")
    assert made == vl.Latency.preset("lighter_premium", decision="1ms", feed="2ms")


def test_each_venue_has_its_table(tmp_path):
    text = """
        [latency]
        entry = "5ms"
        [latency.venues.binance_usdm]
        preset = "binance_usdm_tokyo"
        [latency.venues.paradex]
        entry = "9ms"
    """
    assert read(tmp_path, text) == {
        "default": vl.Latency("5ms"),
        "binance_usdm": vl.Latency.preset("binance_usdm_tokyo"),
        "paradex": vl.Latency("9ms"),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[latency]\nfeeds = 1", r"unknown key latency\.feeds; did you mean latency\.feed\?"),
        ("[latency]\nload = { services = 1 }", "unknown field `services`"),
        ("[latency.faults]\nrefuse = 1", "unknown field `refuse`"),
        ("[latency.feed]\nshifts = 1", "unknown field `shifts`"),
        ("[latency.venues.a]\nentri = 1", "unknown field `entri`"),
        ("[latency]\novertakes = 3", "latency.overtakes: Expected `bool"),
    ],
)
def test_keys_that_are_none_are_errors(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, text)


def test_values_that_make_no_sense_are_errors(tmp_path):
    with pytest.raises(InvalidArgument, match="unknown latency preset"):
        read(tmp_path, '[latency]\npreset = "none"')


def test_callbacks_are_measured_where_the_file_says_so(tmp_path):
    (tmp_path / "run.toml").write_text("[run]\nmeasure_callbacks = true")
    assert load_config(tmp_path / "run.toml", environment={}).run.measure_callbacks is True


def test_example_of_the_documentation_is_read(tmp_path):
    page = Path(__file__).parents[3] / "docs" / "concepts" / "simulation.md"
    if not page.is_file():
        pytest.skip("the documentation is not here")
    (text,) = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    np.save(tmp_path / "callbacks.npy", np.array([5, 7, 9]))
    made = read(tmp_path, text)
    assert made["paradex"] == vl.Latency.preset("paradex_pro")
    assert made["default"].faults == vl.LatencyFaults(refused=0.001, lost={"cancel": 0.001})
    assert made["default"].entry == vl.Latency.preset("binance_usdm_tokyo").entry
