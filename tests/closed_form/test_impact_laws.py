"""Laws of market impact, made by the simulated venue and found again by the fits."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.sim.impact import Impact
from velora.sim.impact_fit import Metaorders, fit_impact
from velora.testkit.flow import Flow, Script

SECOND = 1_000_000_000


def within(estimate, wanted, errors=3):
    return abs(estimate.value - wanted) <= errors * estimate.error


# ---------------------------------------------------------------- square-root law

METAORDERS, APART, SLICES = 400, 300, 8  # seconds between two, orders each


def random_market(seconds, seed):
    """A second a quote: a mid that walks, a spread of two ticks, a book of 10 million lots, and trades of others."""
    rng = np.random.default_rng(seed)
    instrument = vl.Instrument("WALK", tick_size="0.1", lot_size="0.001", quote="USD", maker_fee=0, taker_fee=0)
    mid = 300_000 + np.cumsum(np.rint(rng.normal(0, 8, seconds)).astype(np.int64))
    rows = (seconds, 3)
    ts = np.repeat(np.arange(1, seconds + 1) * SECOND, 3)
    is_buy = rng.random(seconds) < 0.5
    price = np.column_stack([mid - 1, mid + 1, np.where(is_buy, mid + 1, mid - 1)])
    qty = np.column_stack([np.full((seconds, 2), 10_000_000), rng.integers(1, 400, seconds)])
    side = np.column_stack([np.full(seconds, 0), np.full(seconds, 1), np.where(is_buy, 0, 1)])
    kind = np.broadcast_to(np.array([EventKind.QUOTE, EventKind.QUOTE, EventKind.TRADE]), rows)
    flags = np.broadcast_to(np.array([0, EventFlag.LAST, EventFlag.LAST]), rows)
    return vl.EventTable.from_numpy(
        instrument, ts_event=ts, kind=kind.ravel().astype(np.uint8), side=side.ravel().astype(np.uint8),
        flags=flags.ravel().astype(np.uint8), price=price.ravel(), qty=qty.ravel(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def executed():
    """(table, law, result) of metaorders of a hundredfold range of sizes under the law."""
    table = random_market(METAORDERS * APART, seed=11)
    law = Impact.square_root(sigma_d=230.0, volume_d=17_000.0, y=0.9, exponent=0.5, memory="20s")
    rng = np.random.default_rng(12)
    steps = []
    for number in range(METAORDERS - 1):
        slice_lots = int(math.exp(rng.uniform(math.log(1_000), math.log(100_000)))) // SLICES
        send = Script.buy if rng.random() < 0.5 else Script.sell
        for at in range(SLICES):
            ts = (number + 1) * APART * SECOND + at * SECOND // 4 + 7
            steps.append((ts, partial(lambda send, lots, s: send(s, "WALK", qty_lots=lots), send, slice_lots)))
    result = vl.Backtest(table, Script(*steps), impact=law, sample="1h").run()
    return table, law, result


def test_square_root_law_is_recovered_from_metaorders_through_the_venue(executed):
    table, law, result = executed
    metaorders = Metaorders.of_result(result, gap="10s")
    assert len(metaorders) == METAORDERS - 1
    fit = fit_impact("square_root", table, metaorders)
    print(fit)
    assert fit.samples == METAORDERS - 1
    assert within(fit.estimates["exponent"], 0.5)
    assert fit.estimates["exponent"].error < 0.05
    # The session's own volatility and volume are what the law was given, within their errors.
    sigma, volume = fit.estimates["sigma_d"], fit.estimates["volume_d"]
    assert within(sigma, 0.8 * math.sqrt(86_400))
    assert within(volume, 0.2 * 86_400)
    given = Impact.square_root(law.sigma_d, law.volume_d, law.y)
    sizes = np.geomspace(2, 80, 5)
    assert fit.impact.peak(sizes) == pytest.approx(given.peak(sizes), rel=0.08)


def test_mean_cost_is_two_thirds_of_the_peak(executed):
    _, law, result = executed
    metaorders = Metaorders.of_result(result, gap="10s")
    spread = 0.1
    ratio = (metaorders.cost - spread) / law.peak(metaorders.qty)
    assert abs(ratio.mean() - 2 / 3) <= 3 * ratio.std() / math.sqrt(len(ratio)) + 0.02  # 2 % is forgotten on the way


def test_linear_impact_is_not_taken_for_a_square_root():
    rng = np.random.default_rng(3)
    qty = np.exp(rng.uniform(0, 5, 400))
    fit = fit_impact(
        "square_root", metaorders=Metaorders(qty, 0.4 * qty**0.9 + rng.normal(0, 1, 400)), sigma_d=1, volume_d=1
    )
    assert within(fit.estimates["exponent"], 0.9)
    assert not within(fit.estimates["exponent"], 0.5)


# ---------------------------------------------------------------- propagator


def long_memory_signs(count, gamma, seed):
    """Signs of a Gaussian process whose autocorrelation falls as lag ** -gamma (by embedding in a circle)."""
    rng = np.random.default_rng(seed)
    lags = np.arange(count)
    correlation = (1 + lags.astype(float)) ** -gamma
    circle = np.concatenate([correlation, correlation[-2:0:-1]])
    spectrum = np.maximum(np.fft.rfft(circle).real, 0)
    noise = rng.normal(size=len(spectrum)) + 1j * rng.normal(size=len(spectrum))
    return np.where(np.fft.irfft(np.sqrt(spectrum) * noise, len(circle))[:count] > 0, 1, -1)


def autocorrelation(values, lag):
    apart = values - values.mean()
    return float(apart[:-lag] @ apart[lag:] / (apart @ apart))


ORDERS, GAMMA = 30_000, 0.5
LAGS = (1, 2, 3, 5, 10, 20, 50)


@pytest.fixture(scope="module")
def signs():
    """Signs whose autocorrelation is 0.18 * lag ** -0.5: sixty in a hundred remember, the others are coins."""
    rng = np.random.default_rng(21)
    return np.where(rng.random(ORDERS) < 0.6, long_memory_signs(ORDERS, GAMMA, 22), rng.choice([-1, 1], ORDERS))


def displaced_returns(signs, impact):
    """Changes of the venue's displacement from just before one own order to just before the next, an order a second."""
    flow = Flow().snapshot(0, bids=[(10**6, 10**9)], asks=[(10**6 + 1, 10**9)])
    flow.delta((len(signs) + 2) * SECOND, Side.BUY, 1, 1)

    class OneASecond(vl.Strategy):
        def on_start(self):
            self.name = self.instruments[0]
            self.every("1s", self.trade)
            self.done = 0

        def trade(self):
            if self.done < len(signs):
                (self.buy if signs[self.done] > 0 else self.sell)(self.name, qty_lots=1)
                self.done += 1

    run = vl.Backtest(flow.table(), OneASecond(), impact=impact, sample=0).start()
    moved = np.empty(len(signs))
    for at in range(len(signs)):
        run.advance_to((at + 1) * SECOND - 1)
        moved[at] = run.venue.displacement(0, (at + 1) * SECOND - 1)
    return np.diff(moved)


def test_long_memory_signs_with_the_matched_propagator_leave_returns_uncorrelated(signs):
    of_signs = [autocorrelation(signs, lag) for lag in LAGS]
    matched = Impact.propagator(scale=100, decay=(1 - GAMMA) / 2, lag=0.5, horizon="12h")
    returns = displaced_returns(signs, matched)
    of_returns = [autocorrelation(returns, lag) for lag in LAGS]
    print(np.round(of_signs, 3), np.round(of_returns, 3))
    assert of_signs[0] > 0.15
    assert of_signs[-1] > 0.015  # still there after fifty trades
    assert max(map(abs, of_returns)) < 0.02  # three to four standard errors of 30,000 returns
    # Wrong kernels do not: one that stays makes returns as predictable as the signs, one that falls too fast reverses
    # them.
    stays = displaced_returns(signs, Impact.obizhaeva_wang(depth=0.01, resilience=0, permanent_share=1))
    assert [autocorrelation(stays, lag) for lag in LAGS] == pytest.approx(of_signs, abs=0.005)
    fast = displaced_returns(signs, Impact.propagator(scale=100, decay=1.0, lag=0.5, horizon="12h"))
    assert autocorrelation(fast, 1) < -0.1


def test_propagator_is_recovered_from_trades_and_mids(signs):
    kernel = Impact.propagator(scale=2.0, decay=0.4, lag=1.5, exponent=0.5, horizon="12h")
    qty = np.random.default_rng(23).integers(1, 20, ORDERS)
    size = 2 * ORDERS
    u = signs * np.sqrt(qty)
    # The quote after a trade shows at once what will be left of it when the next one comes.
    ages = np.arange(1, ORDERS + 1)
    moved = np.fft.irfft(np.fft.rfft(u, size) * np.fft.rfft(kernel.kernel(ages), size), size)[:ORDERS]
    table = traded_table(np.arange(1, ORDERS + 1) * SECOND, signs, qty, moved, noise=1.0)
    fit = fit_impact("propagator", table, exponent=0.5, lags=100)
    print(fit)
    assert within(fit.estimates["decay"], 0.4)
    assert fit.estimates["decay"].error < 0.1
    ages = np.array([1.0, 3.0, 10.0, 30.0, 100.0])
    assert fit.impact.kernel(ages) == pytest.approx(kernel.kernel(ages), rel=0.1)


def test_impact_that_stays_is_no_propagator_and_no_block_book(signs):
    qty = np.ones(ORDERS, int)
    table = traded_table(np.arange(1, ORDERS + 1) * SECOND, signs, qty, 0.5 * np.cumsum(signs), noise=0.1)
    with pytest.raises(
        vl.VeloraError, match="no power law fits the kernel of these data over 50 trades: it does not f"
    ):
        fit_impact("propagator", table)
    with pytest.raises(vl.VeloraError, match="there is no resilience to fit"):
        fit_impact("obizhaeva_wang", table)


def traded_table(ts, sign, qty, moved, noise=0.0, extra_ts=None, extra_moved=None):
    """Trades at given times, the mid after each, and mids at other times; a spread of 0.02 and a mid around 1000."""
    rng = np.random.default_rng(31)
    instrument = vl.Instrument("FLOW", tick_size="0.01", lot_size=1, quote="USD")
    mid = np.rint(100 * (1000 + moved + np.cumsum(rng.normal(0, noise, len(moved))))).astype(np.int64)
    before = np.concatenate([[100_000], mid[:-1]])
    trades = (ts, np.full(len(ts), EventKind.TRADE), np.where(sign > 0, 0, 1), before + sign.astype(np.int64), qty)
    parts = [trades]
    quotes = [(ts, mid)]
    if extra_ts is not None:
        quotes.append((extra_ts, np.rint(100 * (1000 + extra_moved)).astype(np.int64)))
    for at, price in quotes:
        for side, away in ((0, -1), (1, 1)):
            parts.append((at, np.full(len(at), EventKind.QUOTE), np.full(len(at), side), price + away, 0 * price + 5))
    first = (
        np.array([0, 0]),
        np.full(2, EventKind.QUOTE),
        np.array([0, 1]),
        np.array([99_999, 100_001]),
        np.full(2, 5),
    )
    columns = [np.concatenate(column) for column in zip(first, *parts, strict=True)]
    order = np.lexsort((columns[1] == EventKind.QUOTE, columns[0]))
    ts, kind, side, price, qty = (column[order] for column in columns)
    return vl.EventTable.from_numpy(
        instrument, ts_event=ts, kind=kind.astype(np.uint8), side=side.astype(np.uint8), price=price, qty=qty
    )


# ---------------------------------------------------------------- Obizhaeva and Wang, Almgren and Chriss


def test_depth_and_resilience_are_recovered_from_the_refill_after_trades():
    depth, rho, stays = 40.0, 0.5, 0.25
    rng = np.random.default_rng(41)
    count = 5_000
    ts = np.cumsum(rng.integers(100_000_000, 4 * SECOND, count))
    # Signs that repeat: a fit that took each trade alone would find that prices run on.
    sign, qty = long_memory_signs(count, GAMMA, 42), rng.integers(1, 60, count)
    step = SECOND // 10
    grid = np.arange(step, ts[-1] + 40 * SECOND, step)
    grid = grid[~np.isin(grid, ts)]
    # The displacement at every quote, trade by trade, and a walk of others; a quote on the grid stands for the middle
    # of the time it holds.
    clock = np.concatenate([ts, grid])
    jump = np.concatenate([sign * qty / depth, np.zeros(len(grid))])
    half = np.concatenate([np.ones(count), np.full(len(grid), math.exp(-rho * step / 2e9))])
    noise = rng.normal(0, 0.02, len(clock)).cumsum()
    transient, held, last = 0.0, 0.0, 0
    moved = np.empty(len(clock))
    for row, at in enumerate(np.argsort(clock, kind="stable")):
        transient = transient * math.exp(-rho * (clock[at] - last) / 1e9) + (1 - stays) * jump[at]
        held += stays * jump[at]
        moved[at], last = transient * half[at] + held + noise[row], clock[at]
    table = traded_table(ts, sign, qty, moved[:count], extra_ts=grid, extra_moved=moved[count:])
    fit = fit_impact("obizhaeva_wang", table)
    print(fit)
    for name, wanted in (("depth", depth), ("resilience", rho), ("permanent_share", stays)):
        assert within(fit.estimates[name], wanted), name
        assert fit.estimates[name].error < 0.15 * wanted
    assert fit.impact.depth == fit.estimates["depth"].value


def test_linear_impact_is_recovered_from_intervals():
    gamma, eta, epsilon = 0.004, 0.3, 0.05  # price a unit, price * s a unit, price
    rng = np.random.default_rng(51)
    count, interval = 2_000, 10
    net = rng.integers(-200, 200, count)
    net[net == 0] = 1
    start = 1000 + np.concatenate([[0], np.cumsum(gamma * net + rng.normal(0, 0.4, count))])
    instrument = vl.Instrument("FLOW", tick_size="0.01", lot_size=1, quote="USD")
    rows = []
    for k in range(count):
        at = (k + 1) * interval * SECOND - 1  # just before the interval begins
        bid = round(100 * start[k]) - 1
        rows += [(at, EventKind.QUOTE, 0, bid, 5), (at, EventKind.QUOTE, 1, bid + 2, 5)]
        side = int(np.sign(net[k]))
        paid = start[k] + side * (epsilon + eta * abs(net[k]) / interval) + rng.normal(0, 0.2)
        rows.append((at + 3 * SECOND, EventKind.TRADE, 0 if side > 0 else 1, round(100 * paid), abs(int(net[k]))))
    at, kind, side, price, qty = map(np.array, zip(*rows, strict=True))
    table = vl.EventTable.from_numpy(
        instrument, ts_event=at, kind=kind.astype(np.uint8), side=side.astype(np.uint8), price=price, qty=qty
    )
    fit = fit_impact("almgren_chriss", table, interval="10s")
    print(fit)
    assert within(fit.estimates["temporary"], eta)
    assert within(fit.estimates["permanent"], gamma)
    assert fit.estimates["temporary"].error < 0.02 * eta
    assert fit.estimates["permanent"].error < 0.1 * gamma
