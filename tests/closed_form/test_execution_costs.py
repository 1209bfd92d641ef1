"""Executions through the simulated venue cost what the papers say they do.

The recorded book is flat and deep, so that all that an execution pays beyond the first price is the model's. The venue
pays whole ticks; over a fill they are rounded up by less than one tick of one lot, so every bound here is a tick times
the number of fills at most.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import velora as vl
from velora.core.events import Side
from velora.sim.impact import Impact
from velora.strategy.schedules import (
    almgren_chriss_cost,
    almgren_chriss_schedule,
    obizhaeva_wang_cost,
    obizhaeva_wang_schedule,
)
from velora.testkit.flow import Flow, Script

SECOND, DAY = 1_000_000_000, 86_400_000_000_000
CENT = 0.01
#: Example of Almgren and Chriss (2000), section 4: a million shares at 50 $ over five days.
EXAMPLE = {"sigma": 0.95, "permanent": 2.5e-7, "temporary": 2.5e-6, "half_spread": 0.0625}
PRICE, SHARES = 50.0, 1_000_000


def execute(side, times, lots, impact):
    """Cost in money beyond the first price, and the number of fills, of market orders on a flat book."""
    instrument = vl.Instrument("FLAT", tick_size=CENT, lot_size=1, quote="USD", maker_fee=0, taker_fee=0)
    first = round(PRICE / CENT)
    bids, asks = [(first, 10**9)], [(first + 1, 10**9)]
    flow = Flow(instrument).snapshot(0, bids=bids, asks=asks).delta(max(times) + DAY, Side.BUY, 1, 1)
    send = Script.buy if side is Side.BUY else Script.sell
    steps = [
        (int(t), partial(lambda qty, s: send(s, s.instruments[0], qty_lots=qty), int(qty)))
        for t, qty in zip(times, lots, strict=True)
        if qty > 0
    ]
    result = vl.Backtest(flow.table(), Script(*steps), impact=impact).run()
    fills = result.fills_raw
    assert int(fills["qty"].sum()) == sum(map(int, lots))
    best = first if side is Side.SELL else first + 1
    ticks = np.abs(fills["price"] - best)
    cost = float((ticks * fills["qty"]).sum()) * CENT
    assert result.impact_cost_units("USD") * float(instrument.money_unit) == pytest.approx(cost, abs=1e-6)
    return cost, len(fills)


def whole(trades):
    """Whole lots with the same running total, rounded."""
    return np.diff(np.concatenate([[0], np.rint(np.cumsum(trades))])).astype(int)


# ---------------------------------------------------------------- Almgren and Chriss


def test_constant_rate_costs_662500_with_a_variance_of_1_083e12():
    cost, variance = almgren_chriss_cost([SHARES / 5] * 5, 1.0, **EXAMPLE)
    assert cost == pytest.approx(662_500, abs=1e-6)
    assert variance == pytest.approx(1.0830e12, rel=1e-12)
    plan = almgren_chriss_schedule(SHARES, 5, 1.0, **EXAMPLE)
    assert plan.kappa == 0
    assert plan.trades.tolist() == [SHARES / 5] * 5


def test_risk_averse_schedule_is_the_papers():
    plan = almgren_chriss_schedule(SHARES, 5, 1.0, risk_aversion=1e-6, **EXAMPLE)
    assert plan.kappa == pytest.approx(0.60708, abs=5e-6)
    assert plan.holdings.round().tolist() == [1_000_000, 541_956, 289_854, 147_897, 62_142, 0]
    assert round(plan.cost) == 911_227
    assert plan.variance == pytest.approx(3.6413e11, abs=5e6)


def test_risk_averse_schedule_is_a_minimum():
    averse = 1e-6
    plan = almgren_chriss_schedule(SHARES, 5, 1.0, risk_aversion=averse, **EXAMPLE)
    best = plan.cost + averse * plan.variance
    rng = np.random.default_rng(1)
    for _ in range(200):
        shift = rng.normal(0, 1_000, 5)
        cost, variance = almgren_chriss_cost(plan.trades + shift - shift.mean(), 1.0, **EXAMPLE)
        assert cost + averse * variance > best


@pytest.mark.parametrize(("risk_aversion", "cost"), [(0.0, 662_500), (1e-6, 911_227)])
@pytest.mark.parametrize("children", [1, 8])
def test_execution_by_slices_costs_what_almgren_and_chriss_say(risk_aversion, cost, children):
    plan = almgren_chriss_schedule(SHARES, 5, 1.0, risk_aversion=risk_aversion, **EXAMPLE)
    # Each day's slice goes out as one order or as eight over six hours: the model sees their sum.
    lots = whole(np.repeat(plan.trades / children, children))
    hours = np.arange(children) * 6 / children
    times = np.concatenate([(day * 24 + 1 + hours) * 3_600 * SECOND for day in range(5)]).astype(np.int64)
    impact = Impact.almgren_chriss(
        permanent=EXAMPLE["permanent"],
        temporary=EXAMPLE["temporary"] * 86_400,
        half_spread=EXAMPLE["half_spread"],
        interval="1d",
    )
    paid, fills = execute(Side.SELL, times.tolist(), lots.tolist(), impact)
    said, _ = almgren_chriss_cost(lots.reshape(5, children).sum(axis=1), 1.0, **EXAMPLE)
    assert said - 1e-3 <= paid < said + fills * CENT
    assert paid == pytest.approx(cost, abs=fills * CENT + 2)  # whole shares move the second schedule's cost by 0.4


# ---------------------------------------------------------------- Obizhaeva and Wang

HORIZON, RHO, DEPTH, QTY = 600, 0.01, 20_000, 100_000  # s, 1/s, units a price unit, units


def ow(lots, permanent_share=0.0):
    """(paid, said, bound) of trades at even times."""
    times = np.linspace(0, HORIZON, len(lots))
    impact = Impact.obizhaeva_wang(DEPTH, RHO, permanent_share)
    at = ((times + 1) * SECOND).astype(np.int64)
    paid, fills = execute(Side.BUY, at.tolist(), lots.tolist(), impact)
    said = obizhaeva_wang_cost(times, lots, depth=DEPTH, resilience=RHO, permanent_share=permanent_share)
    return paid, said, fills * CENT


@pytest.mark.parametrize("permanent_share", [0.0, 0.4])
def test_optimal_blocks_and_rate_cost_their_closed_form(permanent_share):
    periods = 100
    lots = whole(obizhaeva_wang_schedule(QTY, periods, HORIZON, resilience=RHO))
    paid, said, bound = ow(lots, permanent_share)
    assert said - 1e-3 <= paid < said + bound
    a = math.exp(-RHO * HORIZON / periods)
    scale = QTY * QTY / DEPTH
    exact = (1 - permanent_share) * scale * (1 + a) / 2 / (2 + (periods - 1) * (1 - a)) + permanent_share * scale / 2
    assert paid == pytest.approx(exact, abs=bound + 2)  # whole units: the schedule is rounded
    # In continuous time; a hundred trades are within a percent of it.
    limit = (1 - permanent_share) * scale / (RHO * HORIZON + 2) + permanent_share * scale / 2
    assert paid == pytest.approx(limit, rel=0.01)


def test_end_blocks_are_x_over_rho_t_plus_2():
    trades = obizhaeva_wang_schedule(QTY, 100_000, HORIZON, resilience=RHO)
    assert trades[0] == trades[-1] == pytest.approx(QTY / (RHO * HORIZON + 2), rel=1e-4)
    assert trades[1] * 100_000 / HORIZON == pytest.approx(RHO * QTY / (RHO * HORIZON + 2), rel=1e-3)
    assert trades.sum() == pytest.approx(QTY)


def test_optimal_schedule_costs_less_than_a_constant_rate_by_what_theory_says():
    constant, said, bound = ow(whole(np.full(101, QTY / 101)))
    optimal, _, _ = ow(whole(obizhaeva_wang_schedule(QTY, 100, HORIZON, resilience=RHO)))
    assert said - 1e-3 <= constant < said + bound
    x = RHO * HORIZON
    wanted = 2 * (x - 1 + math.exp(-x)) / x**2 * (x + 2) / 2  # both in continuous time
    assert constant / optimal == pytest.approx(wanted, rel=0.01)
    assert constant > 1.1 * optimal


def test_one_block_costs_more_than_the_schedule_by_half_of_rho_t_plus_2():
    lots = np.zeros(101, int)
    lots[0] = QTY
    block, said, bound = ow(lots)
    assert said - 1e-3 <= block < said + bound
    assert said == pytest.approx(QTY * QTY / (2 * DEPTH))
