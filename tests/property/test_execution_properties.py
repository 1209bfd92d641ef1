"""What must hold for every execution: never more than its quantity, whatever the flow and the latency."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_backtest_properties import random_table

import velora as vl

LATENCIES = st.sampled_from([0, "3ns", "1ms", "30ms", "250ms", "lognormal(5ms, 40ms)", "exponential(60ms)"])
MAKERS = {
    "twap": lambda o: vl.Twap(
        duration="12s", slices=o["slices"], patience=o["share"], jitter=o["share"], **o["common"]
    ),
    "vwap": lambda o: vl.Vwap(duration="12s", slices=o["slices"], patience=o["share"], curve=[5, 1, 3], **o["common"]),
    "pov": lambda o: vl.Pov(rate=max(o["share"], 0.01), patience="300ms", **o["common"]),
    "iceberg": lambda o: vl.Iceberg(show_lots=o["slices"], vary=o["share"] * 0.9, limit=3000, **o["common"]),
    "sniper": lambda o: vl.Sniper(min_lots=o["slices"], limit=3000, **o["common"]),
}


class Checked(vl.Strategy):
    """Looks at each report whether what has filled and what is out stay within the quantity."""

    def __init__(self, algorithm):
        self.algorithm = algorithm

    def on_start(self):
        self.execution = self.execute(self.algorithm)

    def on_order(self, order):
        held = abs(self.position(self.instruments[0]).qty_lots)
        live = self.orders()
        assert len(live) <= 1
        assert held + sum(each.leaves_qty_lots for each in live) <= self.execution.qty_lots


@settings(max_examples=60)
@given(
    kind=st.sampled_from(sorted(MAKERS)),
    seed=st.integers(0, 10_000),
    latency=LATENCIES,
    side=st.sampled_from(["BUY", "SELL"]),
    lots=st.integers(1, 4_000),
    slices=st.integers(1, 40),
    share=st.floats(0, 1),
    check=st.sampled_from(["10ms", "100ms", "1s"]),
)
def test_no_execution_fills_more_than_its_quantity(kind, seed, latency, side, lots, slices, share, check):
    common = {"side": side, "qty_lots": lots, "check": check, "seed": seed} if kind not in ("pov", "sniper") else {
        "side": side, "qty_lots": lots, "check": check
    }  # fmt: skip
    checked = Checked(MAKERS[kind]({"slices": slices, "share": share, "common": common}))
    result = vl.Backtest(vl.SyntheticMarket(seed=seed, duration="20s"), checked, latency=latency).run()
    execution = checked.execution
    assert execution.filled_lots <= lots
    assert execution.filled_lots == abs(checked.position("SYNUSDT").qty_lots) == int(result.fills_raw["qty"].sum())
    if kind in ("twap", "vwap"):
        # There is always somebody on the other side of this market, and time enough to reach him.
        assert (execution.filled_lots, execution.ending) == (lots, "filled")


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), latency=st.sampled_from([0, 1, 9, 60]).map(vl.ns), lots=st.integers(1, 60))
@pytest.mark.parametrize("kind", ["twap", "pov", "iceberg", "sniper"])
def test_nor_in_a_market_of_ties_gaps_and_crossed_books(kind, seed, latency, lots):
    makers = {
        "twap": lambda: vl.Twap(qty_lots=lots, duration=vl.ns(1_000), slices=5, check=vl.ns(40), grace=vl.ns(500)),
        "pov": lambda: vl.Pov(qty_lots=lots, rate=0.5, patience=vl.ns(20), check=vl.ns(40)),
        "iceberg": lambda: vl.Iceberg(qty_lots=lots, show_lots=3, limit_ticks=25, check=vl.ns(40)),
        "sniper": lambda: vl.Sniper(qty_lots=lots, limit_ticks=26, check=vl.ns(40)),
    }
    checked = Checked(makers[kind]())
    result = vl.Backtest(random_table(seed), checked, latency=latency).run()
    assert checked.execution.filled_lots == int(result.fills_raw["qty"].sum()) <= lots
