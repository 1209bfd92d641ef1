"""A retention bound and the size of the chunks change what is kept, never a figure."""

from __future__ import annotations

import functools
import random

import pytest

import velora as vl
from velora.backtest.result import Result
from velora.backtest.totals import Totals
from velora.core.events import EventKind, Side
from velora.testkit import Flow

SECOND = 1_000_000_000
STEP = 50_000_000
ROUNDS = 3_000

LINEAR = vl.Instrument(
    "LIN", tick_size="0.1", lot_size="0.001", quote="USDT", maker_fee="0.00017", taker_fee="0.00055"
)  # fmt: skip
ODD = vl.Instrument(
    "ODD", tick_size="0.001", lot_size="0.00000001", quote="USDT", maker_fee="-0.0001", taker_fee="0.0003"
)  # fmt: skip
INVERSE = vl.Instrument(
    "INV", tick_size="0.5", lot_size="1", kind="inverse", base="BTC", quote="USD", contract_size="100",
    maker_fee="0.0001", taker_fee="0.0004",
)  # fmt: skip
SPOT = vl.Instrument(
    "SPT", tick_size="0.01", lot_size="0.0001", kind="spot", base="ETH", quote="USDT", maker_fee="0", taker_fee="0.001"
)  # fmt: skip


def market(instrument: vl.Instrument, seed: int, mid: int) -> vl.EventTable:
    """A walk with trades, empty sides now and then, and funding."""
    rng = random.Random(seed)
    flow = Flow(instrument, feed_latency=1_000_000)
    for number in range(ROUNDS):
        ts = SECOND + number * STEP + rng.randrange(1000)
        mid += rng.choice([-3, -1, 0, 1, 3])
        bids = [] if rng.random() < 0.03 else [(mid - 1 - k, 40) for k in range(3)]
        asks = [] if rng.random() < 0.03 else [(mid + rng.randrange(2) + k, 40) for k in range(3)]
        flow.snapshot(ts, bids=bids, asks=asks)
        flow.trade(ts + 1_000, Side(rng.randrange(2)), mid + rng.choice([-2, 0, 2]), rng.randrange(1, 30))
        if number % 400 == 399 and instrument.kind != "spot":
            flow.row(ts + 2_000, EventKind.FUNDING, price=mid * 10**7 * 7, qty=rng.choice([-1, 1]) * 12_345)
    return flow.table()


class Noise(vl.Strategy):
    """Sends orders of many kinds, most of which fill."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_start(self) -> None:
        self.rng = random.Random(self.seed)
        self.every("50ms", self.act)

    def act(self) -> None:
        rng = self.rng
        for instrument in self.instruments:
            if rng.random() < 0.25:
                continue
            book = self.book(instrument)
            held = self.position(instrument).qty_lots
            sell = rng.random() < (0.8 if held > 20 else 0.2 if held < -20 else 0.5)
            send = self.sell if sell else self.buy
            best = book.best_ask_ticks if sell else book.best_bid_ticks
            if rng.random() < 0.6 or best is None:
                send(instrument, qty_lots=rng.randrange(1, 9))
            else:
                order = send(instrument, qty_lots=rng.randrange(1, 9), price_ticks=best)
                self.after("120ms", lambda order=order: self.cancel(order))


@functools.cache
def run(instruments: tuple[vl.Instrument, ...], strategies: int, retention: int | None, chunk_rows: int) -> Result:
    starts = {"LIN": 600_001, "ODD": 3_333, "INV": 120_001, "SPT": 250_000}
    tables = [market(one, number, starts[one.symbol]) for number, one in enumerate(instruments)]
    cash = {one.settle: 5_000 for one in instruments}
    return vl.Backtest(
        tables, {f"s{k}": Noise(k) for k in range(strategies)}, latency="3ms", cash=cash, sample="100ms",
        retention=retention, chunk_rows=chunk_rows, on_error="raise",
    ).run()  # fmt: skip


def figures(result: Result) -> dict[str, object]:
    """All that a result says of the whole run, comparable: NaN is not equal to itself."""
    summary = [
        line
        for line in str(result.summary()).splitlines()
        if not line.strip().startswith(("Rows", "Dropped", "Audit", "Poor"))
    ]
    audit = {
        item.name: (item.value, item.grade, item.advice)
        for section in result.audit().sections
        if section.title in ("Buying power", "Assumptions")
        for item in section.items
    }
    return {
        "hash": result.hash,
        "period": result.period,
        "statistics": repr(result.statistics()),
        "causes": repr(result.pnl_by_cause().to_pylist()),
        "summary": summary,
        "funding": [result.funding_units(currency) for currency in result.currencies],
        "pnl": [result.pnl_units(currency) for currency in result.currencies],
        "audit": audit,
        "volume": result.audit().item("Own part of the volume traded").value,
    }


BOUNDS = [(retention, chunk_rows) for retention in (0, 1, 100) for chunk_rows in (64, 65_536)]
CASES = [
    pytest.param((LINEAR,), 1, BOUNDS, id="linear"),
    pytest.param((INVERSE, ODD), 1, [(0, 64), (100, 64)], id="inverse and odd units"),
    pytest.param((LINEAR, INVERSE, SPOT), 2, [(1, 64), (100, 999)], id="two strategies"),
]


@pytest.mark.parametrize(("instruments", "strategies", "bounds"), CASES)
def test_figures_are_the_same_whatever_is_dropped_and_however_the_data_is_cut(instruments, strategies, bounds):
    whole = run(instruments, strategies, None, 65_536)
    expected = figures(whole)
    parts = [figures(whole.of(k)) for k in range(strategies)]
    assert whole.is_complete
    assert whole.totals.fills == whole.fills_raw.size > 1_500
    assert all(whole.funding_units(currency) for currency in whole.currencies)
    for retention, chunk_rows in bounds:
        result = run(instruments, strategies, retention, chunk_rows)
        assert result.dropped["fills"] > 0 or chunk_rows == 65_536
        assert result.dropped["samples"] > 0 or chunk_rows == 65_536
        assert figures(result) == expected
        assert [figures(result.of(k)) for k in range(strategies)] == parts


def test_a_saved_result_keeps_the_figures_of_what_it_dropped(tmp_path):
    result = run((LINEAR, INVERSE, SPOT), 2, 50, 64)
    assert not result.is_complete
    again = Result.load(result.to_parquet(tmp_path / "run"))
    assert figures(again) == figures(result)
    assert again.dropped == result.dropped
    assert [figures(again.of(k)) for k in range(2)] == [figures(result.of(k)) for k in range(2)]


@pytest.mark.parametrize("seed", range(6))
def test_sums_do_not_depend_on_where_the_records_are_cut(seed):
    rng = random.Random(seed)
    result = run((LINEAR, INVERSE, SPOT), 2, None, 65_536)
    whole = result.totals.to_dict()
    pieces = Totals(result.instruments, 2, result.totals.interval_ns, result.totals.cash)
    pieces.begin(result.period[0])
    fills, samples, orders = result.fills_raw, result.samples_raw, result.orders_raw
    instants = [*sorted(rng.sample(range(int(samples["ts"][0]), int(samples["ts"][-1])), 40)), 2**62]
    for instant in instants:  # anywhere, also between the samples of one instant
        upto = int(fills["ts_local"].searchsorted(instant))
        pieces.add_fills(fills[pieces.fills : upto])
        done = sum(pieces.samples_of.values())
        stop = int(samples["ts"].searchsorted(instant))
        while done < stop:
            some = min(stop, done + rng.randrange(1, 900))
            pieces.add_samples(samples[done:some])
            done = some
    pieces.add_orders(orders)
    assert pieces.finish(result.period[1]).to_dict() == whole


def test_dropped_records_are_counted_in_the_summary():
    result = run((LINEAR,), 1, 100, 64)
    line = next(line for line in str(result.summary()).splitlines() if line.strip().startswith("Dropped"))
    assert f"{result.dropped['fills']:,} fills" in line
    assert "all in the figures" in line
    assert result.dropped["fills"] == result.counters["fills"] - result.fills_raw.size
    # What is kept of the curve is right: it ends where the whole one ends.
    whole = run((LINEAR,), 1, None, 64)
    kept = result.equity.to_pylist()
    assert kept == whole.equity.to_pylist()[-len(kept) :]
