"""How often a run samples: by the span of its data, bounded."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import velora as vl
from velora.backtest.sampling import SAMPLES, default_interval, joint_extent, sampling_interval
from velora.data.resolve import resolve
from velora.data.source import Extent
from velora.errors import CapacityError, VeloraError, VeloraWarning

S = 10**9
HOUR = 3_600 * S
DAY = 24 * HOUR


def quotes(count: int, step: int, symbol: str = "TEST", first: int = 1_700_000_000 * S) -> vl.EventTable:
    one = vl.Instrument(symbol, tick_size="1", lot_size="1", quote="USD")
    at = np.arange(2 * count)
    return vl.EventTable.from_numpy(
        one,
        ts_event=first + at // 2 * step,
        kind=np.full(at.size, int(vl.EventKind.QUOTE), np.uint8),
        side=(at % 2).astype(np.uint8),
        flags=(at % 2).astype(np.uint8),
        price=100 + 2 * (at % 2),
        qty=np.full(at.size, 5),
    )


@pytest.mark.parametrize(("days", "seconds"), [(1, 1), (30, 30), (120, 120), (365, 600), (4_383, 7_200)])
def test_the_default_interval_follows_the_span_and_bounds_the_samples(days, seconds):
    table = quotes(24 * days, HOUR)
    result = vl.Backtest(table, vl.Strategy()).run()
    assert result.config["sample_ns"] == seconds * S
    assert result.instants_raw.size <= 100_002
    assert result.samples_raw.size == 0  # nothing ever traded
    assert result.statistics()["sample_interval_s"] == seconds


def test_a_short_session_is_sampled_each_second():
    result = vl.Backtest(quotes(600, S), vl.Strategy()).run()
    assert result.config["sample_ns"] == S
    assert result.instants_raw.size == 601


def test_dense_data_keeps_its_second():
    assert default_interval(Extent(0, 20 * DAY, 20 * 86_400 * 8, True), 1) == S
    assert default_interval(Extent(0, 20 * DAY, 1_000, True), 1) == 30 * S


def test_many_strategies_and_instruments_share_the_bound():
    for pairs, days in itertools.product((1, 100, 10_000, 1_000_000), (1, 30, 4_000)):
        interval = default_interval(Extent(0, days * DAY, 10**9, True), pairs)
        assert interval >= S
        assert (days * DAY // interval) * pairs <= SAMPLES


class Pieces:
    """A source that says nothing of its period."""

    disorder_ns = 0
    has_depth = False

    def __init__(self, table: vl.EventTable) -> None:
        self._table = table
        self.instrument = table.instrument

    def chunks(self, rows):
        return self._table.chunks(rows)


def test_a_source_that_does_not_say_its_period_is_looked_at():
    table = quotes(24 * 400, HOUR)
    assert joint_extent([Pieces(table)]) == joint_extent([table])
    long = joint_extent([Pieces(quotes(60_000, HOUR))])  # more rows than are looked at
    assert not long.is_whole
    assert 60_000 * HOUR // default_interval(long, 1) <= 2 * 60_000


def test_a_chosen_period_is_what_counts(tmp_path):
    table = quotes(24 * 4_383, HOUR)
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write([table])
    start, end = int(table.ts_recv[0]) + DAY, int(table.ts_recv[0]) + 2 * DAY
    for data in (table, Pieces(table), catalog):
        extent = joint_extent(resolve(data, start=start, end=end))
        assert extent is not None
        assert start <= extent.first <= extent.last <= end
        assert default_interval(extent, 1) == S


@pytest.mark.parametrize("sample", ["1ns", "1us", "1s"])
def test_an_interval_that_fills_the_memory_is_refused_with_one_that_does_not(sample):
    table = quotes(24 * 4_383, HOUR)
    with pytest.raises(CapacityError, match=r"give at least sample='\d+\w+'") as error:
        vl.Backtest(table, vl.Strategy(), sample=sample).start()
    advised = str(error.value).partition("sample='")[2].partition("'")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VeloraWarning)
        assert sampling_interval(vl.Backtest(table, vl.Strategy(), sample=advised).sample_ns, joint_extent([table]), 1)


def test_a_costly_interval_is_said_and_a_plain_one_is_not():
    extent = Extent(0, 300 * DAY, 1_000, True)
    with pytest.warns(VeloraWarning, match="samples"):
        assert sampling_interval(S, extent, 1) == S
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sampling_interval(60 * S, extent, 1) == 60 * S
        assert sampling_interval(S, extent, 1, drops=True) == S


def test_samples_after_fills_alone_cost_nothing_over_years():
    result = vl.Backtest(quotes(24 * 4_383, HOUR), vl.Strategy(), sample=0).run()
    assert result.config["sample_ns"] == 0
    assert result.instants_raw.size == 2
    assert result.statistics()["money"][0]["sharpe"] is None


@pytest.mark.parametrize(
    ("name", "given"),
    [("retention", 10**20), ("retention", "x"), ("chunk_rows", 10**12), ("chunk_rows", 0), ("chunk_rows", None),
     ("fees", 5), ("fees", (float("nan"), 0)), ("capital", 5), ("sample", -1)],
)  # fmt: skip
def test_a_number_that_makes_no_run_is_refused_by_name(name, given):
    with pytest.raises(VeloraError, match=name.removesuffix("s")):
        vl.Backtest(quotes(4, S), vl.Strategy(), **{name: given}).run()


@pytest.mark.parametrize("seed", [-1, 2**64, 10**20, "7", None, 1.5])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(VeloraError, match="seed"):
        vl.Latency(entry="lognormal(1ms, 2ms)", seed=seed)
    with pytest.raises(VeloraError, match="seed"):
        vl.SyntheticMarket(seed)
