"""What must hold of every link: with everything switched on, still one result, no look-ahead and no broken order."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import Side
from velora.testkit import Flow

from test_backtest_properties import RandomTrader, TwoMarkets, random_table, run  # isort: skip

EVERYTHING = vl.Latency(
    entry="lognormal(20ns, 90ns)",
    response="gamma(15ns, 2)",
    venue="exponential(5ns)",
    decision="pareto(2ns, 2)",
    cancel="exponential(10ns)",
    amend="gamma(30ns, 0.5)",
    speed_bump="exponential(10ns)",
    feed=vl.FeedLatency("exponential(8ns)", scale=0.7, load=vl.LatencyLoad(service=vl.ns(1), window=vl.ns(640))),
    load=vl.LatencyLoad(service=vl.ns(2), window=vl.ns(640), cv=2, most=vl.ns(200)),
    faults=vl.LatencyFaults(
        refused=0.05,
        overloaded={"new": 0.3, "amend": 0.3},
        lost=0.05,
        unanswered=0.05,
        timeout=vl.ns(150),
        overload_from=0.05,
    ),
    seed=4,
)
OVERTAKING = dataclasses.replace(EVERYTHING, overtakes=True)
BOTH = st.sampled_from([EVERYTHING, OVERTAKING])
COLUMNS = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")


def rows_of(table, keep):
    columns = {name: np.ascontiguousarray(getattr(table, name)[keep]) for name in COLUMNS}
    return vl.EventTable.from_numpy(table.instrument, **columns)


def with_rest(table):
    """The table and a last row long after, so that every answer and time-out arrives."""
    late = int(table.ts_recv[-1]) + 5_000
    ends = {"ts_event": late, "ts_recv": late, "kind": 1, "side": 0, "flags": 1, "price": 1, "qty": 1, "order_id": 0}
    whole = {name: getattr(table, name) for name in COLUMNS}
    columns = {name: np.append(column, np.array(ends[name], column.dtype)) for name, column in whole.items()}
    return vl.EventTable.from_numpy(table.instrument, **columns)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), cut=st.floats(0.4, 0.95), latency=BOTH)
def test_data_that_has_not_happened_yet_changes_nothing(seed, cut, latency):
    table = random_table(seed)
    keep = table.ts_recv <= int(np.quantile(table.ts_recv, cut))
    whole, _, _ = run(table, seed, latency=latency)
    trader, cut_run, _ = run(rows_of(table, keep), seed, latency=latency)
    # After the cut data its run only waits for reports.
    until = min(int(table.ts_event[~keep].min()), int(table.ts_event[keep].max()), cut_run.now)
    before = [entry for entry in whole.seen if entry[0] < until]
    assert before
    assert [entry for entry in trader.seen if entry[0] < until] == before


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), chunk_rows=st.sampled_from([1, 2, 7, 50]), latency=BOTH)
def test_chunk_size_changes_nothing(seed, chunk_rows, latency):
    tables = [random_table(seed), random_table(seed + 1, symbol="OTHER")]
    latencies = {"TEST": latency, "default": dataclasses.replace(latency, seed=9)}
    seen, hashes = [], set()
    for rows in (65_536, chunk_rows):
        trader = TwoMarkets(seed)
        hashes.add(vl.Backtest(tables, trader, latency=latencies, sample=vl.ns(100), chunk_rows=rows).run().hash)
        seen.append(trader.seen)
    assert seen[0] == seen[1]
    assert len(hashes) == 1


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), steps=st.lists(st.integers(0, 200), max_size=20), latency=BOTH)
def test_stepping_changes_nothing(seed, steps, latency):
    table = random_table(seed)
    whole, _, result = run(table, seed, latency=latency)
    trader = RandomTrader(seed)
    stepped = vl.Backtest(table, trader, latency=latency, sample=vl.ns(100)).start()
    for step in steps:
        stepped.advance(vl.ns(step))
    stepped.advance_to_end()
    assert trader.seen == whole.seen
    assert stepped.finish().hash == result.hash


def test_twenty_runs_with_everything_on_have_one_hash():
    tables = [random_table(5), random_table(6, symbol="OTHER")]
    latencies = {"TEST": OVERTAKING, "default": EVERYTHING}
    hashes = {
        vl.Backtest(tables, TwoMarkets(5), latency=latencies, sample=vl.ns(100), chunk_rows=1 + at * 13).run().hash
        for at in range(20)
    }
    assert len(hashes) == 1


class Retiring(RandomTrader):
    """Sends nothing after a time."""

    until = 0

    def act(self):
        if self.now <= self.until:
            super().act()


@settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 10_000), latency=BOTH)
def test_every_request_is_answered_and_answers_keep_their_order(seed, latency):
    table = random_table(seed)
    trader = Retiring(seed)
    trader.until = int(table.ts_recv[-1])
    run_ = vl.Backtest(with_rest(table), trader, latency=latency).start()
    run_.advance_to_end()
    result = run_.finish()
    orders = result.orders_raw
    assert not [order.id for order in trader.orders() if order.is_pending]
    assert (orders["state"] != 0).all()
    assert ((orders["ts_ack"] == 0) | (orders["ts_ack"] >= orders["ts_sent"])).all()
    first_fill = {int(f["order_id"]): int(f["ts_local"]) for f in result.fills_raw[::-1]}
    for order_id, ts in first_fill.items():
        assert 0 < int(orders["ts_ack"][order_id - 1]) <= ts
    for order_id in first_fill:
        own = result.fills_raw[result.fills_raw["order_id"] == order_id]
        assert (np.diff(own["ts_local"]) >= 0).all()
        assert (np.diff(own["ts_venue"]) >= 0).all()
        assert own["qty"].sum() == orders["cum_qty"][order_id - 1] <= orders["qty"][order_id - 1]
    signs = np.where(result.fills_raw["side"] == 0, 1, -1)
    assert run_.position("TEST").qty_lots == (signs * result.fills_raw["qty"]).sum()


class Alternating(vl.Strategy):
    """Takes now here, now there."""

    def on_start(self):
        self.sent = 0
        self.every(vl.ns(500), self.take)

    def take(self):
        name = ("A", "B")[self.sent % 2]
        self.sent += 1
        self.buy(name, price_ticks=101, qty_lots=1, time_in_force="IOC")


@pytest.mark.parametrize("overtakes", [False, True])
def test_nothing_overtakes_within_a_venue_and_direction_unless_asked_for(overtakes):
    tables = []
    for name in ("A", "B"):
        instrument = vl.Instrument(name, tick_size=1, lot_size=1, quote="USD", venue=f"venue {name}")
        flow = Flow(instrument).snapshot(0, bids=[(100, 5)], asks=[(101, 10**6)])
        tables.append(flow.delta(2_000_000, Side.BUY, 1, 1).table())
    latency = vl.Latency("lognormal(500ns, 4us)", venue="exponential(1us)", overtakes=overtakes)
    fills = vl.Backtest(tables, Alternating(), latency=latency).run().fills_raw
    assert len(fills) > 3_900
    ordered = {}
    for number in (0, 1):
        own = np.sort(fills[fills["instrument"] == number], order="order_id")
        ordered[number] = [bool((np.diff(own[clock]) >= 0).all()) for clock in ("ts_venue", "ts_local")]
    assert ordered == {0: [not overtakes] * 2, 1: [not overtakes] * 2}
    # Between venues there is no order in either case.
    both = np.sort(fills, order="order_id")
    assert (np.diff(both["ts_venue"]) < 0).any()
