"""Market makers of the literature through the engine, against the papers' figures.

M. Avellaneda, S. Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8 (2008), section 3.3:
s = 100, T = 1, sigma = 2, dt = 0.005, q = 0, k = 1.5, A = 140, and a thousand paths. Each step the mid goes up or down
by sigma * sqrt(dt), and a quote at distance d is filled with probability A * exp(-k * d) * dt, at most 1.

As a session: quotes far from the mid tell where it is, and in each step one print a side reaches log(A * dt / U) / k
beyond the mid, U uniform, so that it goes through a quote at distance d with just that probability. The paths follow
each other with a pause, in which the quotes are taken back and the mid returns to 100; inventory goes on, and is
counted from each path's start.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.core.orders import FillCause
from velora.strategy.quoting import avellaneda_stoikov, glft, glft_exact

SIGMA, T, DT, K, A, START = 2.0, 1.0, 0.005, 1.5, 140.0, 100.0
STEPS, PATHS = round(T / DT), 1_000
STEP_NS, PATH_NS = 5_000_000, 2_000_000_000  # a path of one second every two
TICK, FAR = 1e-4, 50.0

#: Journal's tables: mean and standard deviation of profit, standard deviation of the final inventory.
JOURNAL = {
    (0.1, "inventory"): (65.0, 6.6, 2.9),
    (0.1, "symmetric"): (68.4, 12.7, 8.4),
    (0.01, "inventory"): (68.6, 8.7, 5.1),
    (0.01, "symmetric"): (68.8, 12.8, 8.7),
    (1.0, "inventory"): (31.4, 5.0, 1.7),
    (1.0, "symmetric"): (44.0, 11.0, 5.1),
}
#: The same from 50,000 paths, computed apart from this package.
COMPUTED = {
    (0.1, "inventory"): (64.86, 6.57, 2.92),
    (0.1, "symmetric"): (68.18, 13.31, 8.37),
    (0.01, "inventory"): (68.38, 8.89, 5.20),
    (0.01, "symmetric"): (68.62, 13.49, 8.69),
    (1.0, "inventory"): (31.44, 4.86, 1.65),
    (1.0, "symmetric"): (43.65, 10.69, 5.16),
}


@cache
def session():
    """(event table, mid in ticks at the end of each path)."""
    rng = np.random.default_rng(2008)
    jumps = round(SIGMA * math.sqrt(DT) / TICK) * rng.choice([-1, 1], (PATHS, STEPS))
    mid = round(START / TICK) + np.concatenate([np.zeros((PATHS, 1), int), np.cumsum(jumps, axis=1)], axis=1)
    reach = np.rint(np.log(A * DT / rng.random((2, PATHS, STEPS))) / K / TICK).astype(int)
    # Rows of a step: a quote of either side at its begin, then the two prints. The last mid of a path has no prints.
    shape = (PATHS, STEPS + 1, 4)
    ts, price = np.empty(shape, np.int64), np.empty(shape, np.int64)
    ts[:] = 1 + np.arange(PATHS)[:, None, None] * PATH_NS + np.arange(STEPS + 1)[None, :, None] * STEP_NS
    ts[..., 2:] += STEP_NS // 2
    far = round(FAR / TICK)
    price[..., 0], price[..., 1] = mid - far, mid + far
    price[:, :-1, 2], price[:, :-1, 3] = mid[:, :-1] + reach[0], mid[:, :-1] - reach[1]
    kept = np.ones(shape, bool)
    kept[:, -1, 2:] = False

    def column(*values):
        return np.broadcast_to(np.array(values, np.uint8), shape)[kept]

    table = vl.EventTable.from_numpy(
        vl.Instrument("AS", tick_size=TICK, lot_size=1, quote="USD", maker_fee=0, taker_fee=0),
        ts_event=ts[kept],
        kind=column(EventKind.QUOTE, EventKind.QUOTE, EventKind.TRADE, EventKind.TRADE),
        side=column(Side.BUY, Side.SELL, Side.BUY, Side.SELL),
        flags=column(0, EventFlag.LAST, EventFlag.LAST, EventFlag.LAST),
        price=price[kept],
        qty=np.ones(int(kept.sum()), np.int64),
    )
    return table, mid[:, -1]


class Maker(vl.Strategy):
    """Quotes one unit a side at each step of a path, around the reservation price or around the mid."""

    def __init__(self, gamma, kind):
        self.gamma = gamma
        halves = [avellaneda_stoikov(0, 0, T - i * DT, gamma=gamma, sigma=SIGMA, k=K)[1] for i in range(STEPS)]
        self.half = float(np.mean(halves)) if kind == "symmetric" else None

    def on_start(self):
        self.name = self.instruments[0]
        self.held = self.position(self.name)
        self.before = 0

    def on_quote(self, quote):
        step = self.now % PATH_NS // STEP_NS
        lots = self.held.qty_lots
        if step == 0:
            self.before = lots
        if step == STEPS:
            self.quote(self.name)  # the path has ended
            return
        mid = (quote.bid_ticks + quote.ask_ticks) / 2 * TICK
        if self.half is not None:
            bid, ask = mid - self.half, mid + self.half
        else:
            left = T - step * DT
            bid, ask = avellaneda_stoikov(mid, lots - self.before, left, gamma=self.gamma, sigma=SIGMA, k=K)
        self.quote(self.name, bid_ticks=round(bid / TICK), ask_ticks=round(ask / TICK), qty_lots=1)


@cache
def run(gamma, kind):
    """Profit and final inventory of each path."""
    table, ends = session()
    result = vl.Backtest(table, Maker(gamma, kind), sample=0).run()
    fills = result.fills_raw
    assert set(fills["cause"]) <= {FillCause.THROUGH, FillCause.QUEUE}
    assert (fills["cause"] == FillCause.THROUGH).mean() > 0.999  # a print just at a quote is rare on this tick
    assert (fills["qty"] == 1).all()
    path = (fills["ts_venue"] - 1) // PATH_NS
    sign = np.where(fills["side"] == Side.BUY, 1, -1)
    lots = np.bincount(path, sign, PATHS)
    cash = np.bincount(path, -sign * fills["price"] * TICK, PATHS)
    return cash + lots * ends * TICK, lots


def error_of_deviation(values):
    """Standard error of a standard deviation; without assuming a normal law, which the profit of a maker with an
    unbounded inventory is far from (its kurtosis is 5.5)."""
    apart = (values - values.mean()) ** 2
    return apart.std() / (2 * math.sqrt(apart.mean() * len(values)))


@pytest.mark.parametrize(("gamma", "kind"), list(JOURNAL), ids=lambda value: str(value))
def test_avellaneda_stoikov_earns_what_the_journal_says(gamma, kind):
    profit, lots = run(gamma, kind)
    got = (profit.mean(), profit.std(ddof=1), lots.std(ddof=1))
    errors = (got[1] / math.sqrt(PATHS), error_of_deviation(profit), error_of_deviation(lots))
    # Both have a thousand paths; the journal prints one decimal.
    for value, said, error in zip(got, JOURNAL[gamma, kind], errors, strict=True):
        assert abs(value - said) <= 3 * error + 0.05
    for value, said, error in zip(got, COMPUTED[gamma, kind], errors, strict=True):
        assert abs(value - said) <= 3 * error


def test_aversion_trades_profit_for_certainty():
    paths = [run(gamma, "inventory") for gamma in (0.01, 0.1, 1.0)]
    for figures in (
        [profit.mean() for profit, _ in paths],
        [profit.std() for profit, _ in paths],
        [lots.std() for _, lots in paths],
    ):
        assert sorted(figures, reverse=True) == figures


# ---------------------------------------------------------------- Gueant, Lehalle and Fernandez-Tapia


@pytest.mark.parametrize(
    "market",
    [
        {"gamma": 0.01, "sigma": 0.3, "k": 0.3, "a": 0.9},  # the paper's
        {"gamma": 0.05, "sigma": 0.3, "k": 0.3, "a": 0.9},
        {"gamma": 0.1, "sigma": 2.0, "k": 1.5, "a": 140.0},
    ],
)
def test_glft_is_the_eigenvector_solution_at_small_inventories(market):
    bid, ask = glft_exact(40, **market)
    for held in range(-3, 4):
        near = glft(held, **market)
        assert near == pytest.approx((bid[40 + held], ask[40 + held]), rel=0.02)
    # It is an approximation: the farther from 0, the worse.
    errors = [abs(glft(held, **market)[0] - bid[40 + held]) for held in (0, 10, 20)]
    assert sorted(errors) == errors


def test_glft_at_the_bound_quotes_one_side():
    bid, ask = glft_exact(5, gamma=0.01, sigma=0.3, k=0.3, a=0.9)
    assert np.isinf(bid[-1])
    assert np.isinf(ask[0])
    assert np.isfinite(bid[:-1]).all()
    assert np.allclose(bid[:-1], ask[1:][::-1])  # a short position is a long one's mirror
    assert (np.diff(bid[:-1]) > 0).all()


def test_glft_satisfies_the_equation_it_solves():
    # v' = M v at its smallest eigenvalue: what M does to v is the same multiple everywhere.
    market = {"gamma": 0.1, "sigma": 2.0, "k": 1.5, "a": 140.0}
    bid, _ = glft_exact(30, **market)
    fixed = math.log1p(market["gamma"] / market["k"]) / market["gamma"]
    value = np.exp(-market["k"] * np.concatenate([[0], np.cumsum(bid[:-1] - fixed)]))
    held = np.arange(-30, 31)
    eta = market["a"] * (1 + market["gamma"] / market["k"]) ** -(1 + market["k"] / market["gamma"])
    diagonal = market["k"] * market["gamma"] * market["sigma"] ** 2 / 2 * held**2
    shifted = np.concatenate([[0], value, [0]])
    multiple = diagonal - eta * (shifted[:-2] + shifted[2:]) / value
    assert np.allclose(multiple[20:-20], multiple[30], rtol=1e-6)
