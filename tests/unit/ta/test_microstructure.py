"""Measures of trades and quotes against their formulas written anew in NumPy, and against the book's own measures."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora import ta

ROWS = 600
RANDOM = np.random.default_rng(5)
SIDE = RANDOM.choice([1.0, -1.0], ROWS)
QTY = RANDOM.integers(1, 40, ROWS).astype(float)
MID = 100.0 + np.cumsum(RANDOM.normal(0.0, 0.05, ROWS))
PRICE = MID + SIDE * RANDOM.choice([0.05, 0.1], ROWS)


def windows(values, n):
    return np.lib.stride_tricks.sliding_window_view(values, n)


def padded(values):
    return np.r_[np.full(ROWS - len(values), np.nan), values]


def test_ofi_is_the_flow_of_the_book_measures():
    market = vl.SyntheticMarket(seed=5, duration="20s")
    rows, flow = [], []

    class Tops(vl.Strategy):
        def on_start(self):
            self.measures = vl.BookMeasures(self.book("SYNUSDT"))

        def on_book(self, book):
            if book.best_bid is not None and book.best_ask is not None:
                self.measures.update()
                rows.append((book.best_bid, book.best_ask, book.best_bid_qty, book.best_ask_qty))
                flow.append(self.measures.flow)

    vl.Backtest(market, Tops()).run()
    found = ta.ofi(*np.array(rows).T.copy(), 1)
    assert len(found) > 100
    np.testing.assert_allclose(found[1:], flow[1:], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n", [8, 50])
def test_kyle_lambda_is_the_slope_of_price_changes_on_signed_volume(n):
    flow, change = (SIDE * QTY)[1:], np.diff(PRICE)
    wanted = [np.polyfit(flow[i : i + n], change[i : i + n], 1)[0] for i in range(len(flow) - n + 1)]
    np.testing.assert_allclose(ta.kyle_lambda(PRICE, QTY, SIDE, n), padded(np.array(wanted)), rtol=1e-7, atol=1e-12)


def test_kyle_lambda_of_a_flow_that_does_not_vary_is_unknown():
    assert np.isnan(ta.kyle_lambda(PRICE, np.full(ROWS, 3.0), np.ones(ROWS), 10)).all()


def test_amihud_leaves_rows_without_volume_out():
    volume = QTY.copy()
    volume[100:130] = 0.0
    returns = np.abs(PRICE[1:] / PRICE[:-1] - 1.0)
    with np.errstate(divide="ignore"):
        parts = np.where(volume[1:] > 0, returns / (PRICE[1:] * volume[1:]), np.nan)
    wanted = [np.nanmean(one) if np.isfinite(one).any() else np.nan for one in windows(parts, 20)]
    np.testing.assert_allclose(ta.amihud(PRICE, volume, 20), padded(np.array(wanted)), rtol=1e-9)


def test_roll_finds_the_spread_of_a_bid_ask_bounce():
    random = np.random.default_rng(1)
    bounce = 100.0 + 0.05 * random.choice([1.0, -1.0], 20_000)
    assert ta.roll(bounce, 19_990)[-1] == pytest.approx(0.1, rel=0.03)
    change = np.diff(PRICE)
    wanted = []
    for a, b in zip(windows(change[1:], 30), windows(change[:-1], 30), strict=True):
        covariance = np.mean(a * b) - np.mean(a) * np.mean(b)
        wanted.append(2 * np.sqrt(-covariance) if covariance <= 0 else np.nan)
    np.testing.assert_allclose(ta.roll(PRICE, 30), padded(np.array(wanted)), rtol=1e-6)


def test_effective_spread_is_realised_spread_plus_impact():
    n, horizon = 40, 7
    effective = ta.effective_spread(PRICE, MID, SIDE, n)
    later = ta.realised_spread(PRICE, MID, SIDE, n, horizon)
    wanted = windows(2 * SIDE * (PRICE - MID), n).mean(axis=1)
    np.testing.assert_allclose(effective.spread, padded(wanted), rtol=1e-9)
    np.testing.assert_allclose(
        effective.relative, padded(windows(2 * SIDE * (PRICE - MID) / MID, n).mean(axis=1)), rtol=1e-9
    )
    np.testing.assert_allclose(
        (later.realised + later.impact)[n + horizon :], effective.spread[n : ROWS - horizon], rtol=1e-9
    )


def test_trade_imbalance_and_book_pressure_and_microprice():
    found = ta.trade_imbalance(QTY, SIDE, 25)
    wanted = windows(QTY * SIDE, 25).sum(axis=1) / windows(QTY, 25).sum(axis=1)
    np.testing.assert_allclose(found, padded(wanted), rtol=1e-12)
    other = np.roll(QTY, 3)
    np.testing.assert_allclose(ta.book_pressure(QTY, other), (QTY - other) / (QTY + other), rtol=1e-12)
    bid, ask = MID - 0.5, MID + 0.5
    np.testing.assert_allclose(
        ta.microprice(bid, ask, QTY, other), (bid * other + ask * QTY) / (QTY + other), rtol=1e-12
    )
    assert np.isnan(ta.microprice([1.0], [2.0], [0.0], [0.0])[0])


def vpin_of_units(qty, side, n, bucket):
    """Unit by unit."""
    units = np.repeat(side, qty.astype(int))
    whole = units[: len(units) // bucket * bucket].reshape(-1, bucket)
    imbalance = np.abs(whole.sum(axis=1))
    ends = np.cumsum(qty)
    found = []
    for end in ends:
        done = int(end // bucket)
        found.append(np.nan if done < n else imbalance[done - n : done].sum() / (n * bucket))
    return np.array(found)


@pytest.mark.parametrize(("n", "bucket"), [(5, 100), (10, 7), (50, 1)])
def test_vpin_splits_trades_at_the_end_of_a_bucket(n, bucket):
    np.testing.assert_allclose(ta.vpin(QTY, SIDE, n, bucket), vpin_of_units(QTY, SIDE, n, bucket), rtol=1e-12)


def test_vpin_of_a_trade_of_many_buckets_takes_as_many_steps_as_the_window():
    assert ta.vpin([1e300], [1.0], 50, 1e-9)[0] == pytest.approx(1.0)
