"""Average prices of inverse contracts: equal contracts are worth coins in proportion to one over the price."""

from __future__ import annotations

from fractions import Fraction

import pytest

import velora as vl
from velora.core.events import Side
from velora.testkit import Flow, Script

COIN = {"kind": "inverse", "base": "BTC", "quote": "USD", "contract_size": "10", "maker_fee": 0, "taker_fee": "0.0005"}


def coin(**changes):
    return vl.Instrument("PERP", **({"tick_size": "0.5", "lot_size": 1} | COIN | changes))


def mean(*parts):
    """Harmonic mean of (lots, price)."""
    return float(sum(lots for lots, _ in parts) / sum(Fraction(lots) / Fraction(price) for lots, price in parts))


def ladder(*asks):
    flow = Flow(coin()).snapshot(0, bids=[(30_000, 500)], asks=asks)
    return flow.delta(100, Side.BUY, 10, 1)


def test_an_order_over_several_levels_has_the_harmonic_mean_of_its_fills():
    said = {}
    script = Script(
        (10, lambda s: said.update(order=s.buy("PERP", qty_lots=300))),
        (20, lambda s: said.update(order_avg=said["order"].avg_price, position_avg=s.position("PERP").avg_price)),
    )
    vl.Backtest(ladder((40_000, 100), (50_000, 120), (80_000, 100)).table(), script).run()
    want = mean((100, 20_000), (120, 25_000), (80, 40_000))
    assert said["order_avg"] == pytest.approx(want, rel=1e-14)
    assert said["position_avg"] == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("ticks", [123_457, 99_999_999, 3])
def test_fills_at_one_price_have_exactly_that_average(ticks):
    """However few coins they cost: their cost is rounded to 1e-8 coins, their average is not."""
    flow = Flow(coin()).snapshot(0, bids=[(1, 5)], asks=[(ticks, 500)]).delta(100, Side.BUY, 1, 6)
    script = Script(*((10 * k, lambda s, k=k: s.buy("PERP", qty_lots=k)) for k in (1, 2, 3)))
    vl.Backtest(flow.table(), script).run()
    assert script.position("PERP").avg_price == ticks / 2
    assert [script.order(k).avg_price for k in (1, 2, 3)] == [ticks / 2] * 3


def test_closing_leaves_the_average_and_turning_begins_another():
    flow = Flow(coin()).snapshot(0, bids=[(30_000, 500)], asks=[(40_000, 10), (50_000, 500)])
    flow.delta(100, Side.BUY, 10, 1)
    seen = []
    script = Script(
        (10, lambda s: s.buy("PERP", qty_lots=25)),
        (20, lambda s: s.sell("PERP", qty_lots=7)),
        (30, lambda s: seen.append(s.position("PERP").avg_price)),
        (40, lambda s: s.sell("PERP", qty_lots=20)),
        (50, lambda s: seen.append((s.position("PERP").qty_lots, s.position("PERP").avg_price))),
        (60, lambda s: s.buy("PERP", qty_lots=2)),  # flat
        (70, lambda s: seen.append(s.position("PERP").avg_price)),
    )
    vl.Backtest(flow.table(), script).run()
    assert seen == [pytest.approx(mean((10, 20_000), (15, 25_000)), rel=1e-14), (-2, 15_000.0), None]


def test_an_execution_reports_harmonic_means_and_fees_of_the_coins_traded():
    class Works(vl.Strategy):
        def on_start(self):
            self.work = self.execute(vl.Twap("PERP", "BUY", qty=60, duration="9us", slices=3, patience=0.0))

    flow = Flow(coin())
    for k, price in enumerate((40_000, 50_000, 90_000, 90_000)):
        flow.snapshot(3_000 * k, bids=[(price - 2, 100)], asks=[(price, 100)])
        flow.trade(3_000 * k + 500, Side.BUY, price, 4 + k)
    strategy = Works()
    result = vl.Backtest(flow.delta(20_000, Side.BUY, 5, 1).table(), strategy).run()
    report = strategy.work.report()
    fills = [(int(fill["qty"]), Fraction(int(fill["price"]), 2)) for fill in result.fills_raw]
    assert len({price for _, price in fills}) > 1
    assert report.avg_price == pytest.approx(mean(*fills), rel=1e-13)
    assert report.fees_bps == pytest.approx(5, rel=1e-3)  # rounded up to 1e-8 coins
    trades = [(4 + k, Fraction(price, 2)) for k, price in enumerate((40_000, 50_000, 90_000, 90_000))]
    seen = [mean(*trades[:count]) for count in range(1, 5)] + [mean(*trades[1:count]) for count in range(2, 5)]
    assert min(abs(report.vwap / one - 1) for one in seen) < 1e-12
    coins = sum(Fraction(10 * lots) / price for lots, price in fills)
    assert result.fills["notional"].to_pylist() == pytest.approx([float(Fraction(10 * q) / p) for q, p in fills])
    assert float(coins) == pytest.approx(10 * report.filled_qty / report.avg_price)
