"""Measured callbacks: a record beside the run, and the decision leg of a later one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import velora as vl
from velora.backtest.callbacks import CallbackClock, CallbackTime, CallbackTimes, _Samples
from velora.core.events import Side
from velora.errors import InvalidArgument
from velora.testkit import Flow


class Busy(vl.Strategy):
    def on_start(self):
        self.every(vl.ns(50), self.tick)
        self.subscribe_candles(self.instruments[0], vl.ns(1_000))

    def tick(self):
        self.buy(self.instruments[0], price_ticks=101, qty_lots=1, time_in_force="IOC")

    def on_trade(self, trade):
        pass

    def on_candle(self, candle):
        pass

    def on_fill(self, fill):
        pass


def run(**options):
    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 50_000)])
    for ts in range(100, 5_000, 100):
        flow.trade(ts, Side.SELL, 100, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", vl.VeloraWarning)
        return vl.Backtest(flow.table(), Busy(), **options).run()


def test_measuring_changes_nothing_in_the_run():
    plain, measured = run(), run(measure_callbacks=True)
    assert plain.hash == measured.hash
    assert plain.callback_times is None
    with pytest.raises(InvalidArgument, match="did not measure"):
        _ = plain.callback_ns


def test_each_hook_is_counted_once_a_call():
    result = run(measure_callbacks=True)
    counts = {name: one.count for name, one in result.callback_times.by_hook.items()}
    assert counts == {"on_trade": 49, "on_candle": 4, "on_fill": len(result.fills_raw), "timer": len(result.orders_raw)}
    total = result.callback_times.total
    assert total.count == sum(counts.values()) == len(result.callback_ns)
    assert 0 < total.p50_ns <= total.p99_ns <= total.max_ns == int(result.callback_ns.max())


def test_what_was_measured_is_the_decision_leg_of_a_later_run():
    measured = run(measure_callbacks=True)
    decision = measured.callback_times.distribution()
    assert decision == vl.LatencyDistribution.of_samples(measured.callback_ns)
    later = [run(latency=vl.Latency(decision=decision)).hash for _ in range(2)]
    assert later[0] == later[1]


def slow_run(latency):
    flow = Flow().snapshot(0, bids=[(100, 5)]).trade(100, Side.SELL, 100, 1).trade(200, Side.SELL, 100, 1)
    return vl.Backtest(flow.table(), Busy(), latency=latency, measure_callbacks=True).run()


def test_run_warns_when_callbacks_take_longer_than_modelled():
    with pytest.warns(vl.VeloraWarning, match="longer than the decision leg has it: p50 was .*, modelled 0 ns") as seen:
        result = slow_run("1ms")
    assert len(seen) == 1
    summary = result.summary()
    assert summary.to_dict()["run"]["callbacks_note"] == result.callback_note
    assert "longer than the decision leg has it" in str(summary)


def test_run_does_not_warn_when_the_decision_leg_covers_them():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = slow_run(vl.Latency(decision="10s"))
    assert result.callback_note is None
    assert result.summary().to_dict()["run"]["callbacks"]["count"] == result.callback_times.total.count
    assert "Callbacks" in str(result.summary())


def test_fastest_decision_leg_is_the_one_to_keep():
    with pytest.warns(vl.VeloraWarning):
        slow_run({"default": vl.Latency(decision="10s"), "TEST": "1ms"})


def test_summary_says_nothing_of_callbacks_that_were_not_measured():
    summary = run().summary()
    assert "callbacks" not in summary.to_dict()["run"]
    assert "Callbacks" not in str(summary)


def test_saved_result_keeps_the_figures_and_not_the_samples(tmp_path):
    result = run(measure_callbacks=True)
    result.to_parquet(tmp_path / "kept")
    loaded = vl.Result.load(tmp_path / "kept")
    assert loaded.callback_times.by_hook == result.callback_times.by_hook
    assert loaded.callback_note == result.callback_note
    assert loaded.callback_times.total.count == result.callback_times.total.count
    assert loaded.callback_ns.size == 0
    assert vl.Result.load(tmp_path / "kept").hash == result.hash


def test_callback_that_raises_is_measured_and_raises():
    clock = CallbackClock()
    with pytest.raises(ZeroDivisionError):
        clock.wrap("on_trade", lambda value: 1 / value)(0)
    assert clock.times().by_hook["on_trade"].count == 1
    assert CallbackTimes({}).total == CallbackTime(0, 0, 0, 0)
    with pytest.raises(InvalidArgument, match="no times of 'on_book'; known are on_trade"):
        clock.times().samples_ns("on_book")


def test_samples_are_thinned_evenly_once_they_are_many(monkeypatch):
    monkeypatch.setattr("velora.backtest.callbacks._KEPT", 1_024)
    samples = _Samples()
    for value in range(10_000):
        samples.add(value)
    assert (samples.count, samples.largest, samples.stride) == (10_000, 9_999, 16)
    assert np.array_equal(samples.values[: samples.kept], np.arange(0, 10_000, 16))
