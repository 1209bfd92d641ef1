"""Takers on the recorded sessions that have depth and quotes: nobody gets more than the venue's own newest quote.

A fill may be worse than the quote, where an order is larger than what stands there. None is better, and those of one
quote at its price are together at most what it shows.
"""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.backtest.takers_check import check_takers, fills_against_quotes
from velora.core.events import EventKind
from velora.data.importers.binance_capture import import_captures

SESSIONS = {
    "usdm-btc": ["binance_usdm/btcusdt_20240808.gz"],
    "usdm-eth": ["binance_usdm/ethusdt_20240808.gz"],
    "usdm-btc-2023": ["binance_usdm/btcusdt_20230404.dat.gz"],
    "spot-btc": ["binance_spot/btcusdt_20240808.gz"],
    "spot-eth": ["binance_spot/ethusdt_20240808.gz"],
    "spot-btc-2023": ["binance_spot/btcusdt_20230405.dat.gz"],
    "coinm-btc": ["binance_coinm/btcusd_perp_20240808.gz"],
}
ROWS = 120_000


@pytest.fixture(scope="module")
def table_of(shared_data, tmp_path_factory):
    """The first rows of a session."""
    kept = {}

    def get(name):
        if name not in kept:
            catalog = vl.Catalog(tmp_path_factory.mktemp(name), create=True)
            import_captures([shared_data / file for file in SESSIONS[name]], catalog)
            (symbol,) = catalog.names()
            table = catalog.source(symbol).table()
            kept[name] = table.slice(0, min(ROWS, len(table)))
        return kept[name]

    return get


class Blind(vl.Strategy):
    """Orders of every kind that takes, of many sizes, at random instants."""

    def __init__(self, table, seed, count=800):
        rng = np.random.default_rng(seed)
        rows = np.flatnonzero(table.kind == EventKind.QUOTE)
        self.instants = np.sort(rng.integers(table.ts_recv[rows[0]], table.ts_recv[rows[-1]], count))
        self.typical = max(int(np.median(table.qty[rows])), 1)
        self.rng = rng

    def on_start(self):
        for ts in self.instants.tolist():
            self.at(ts, self.send)

    def send(self):
        symbol, rng = self.instruments[0], self.rng
        book = self.book(symbol)
        if book.best_bid_ticks is None or book.best_ask_ticks is None:
            return
        lots = max(int(self.typical * rng.choice([0.0, 0.3, 1, 3, 20])), 1)
        buys, kind = rng.random() < 0.5, rng.integers(0, 4)
        send, touch = (self.buy, book.best_ask_ticks) if buys else (self.sell, book.best_bid_ticks)
        if kind == 0:
            send(symbol, qty_lots=lots)
            return
        away = int(rng.choice([0, 1, -1, 5, 100])) * (1 if buys else -1)
        send(symbol, qty_lots=lots, price_ticks=touch + away, time_in_force="FOK" if kind == 1 else "IOC")


@pytest.mark.parametrize("name", SESSIONS)
def test_no_taker_gets_more_than_the_venue_s_newest_quote_shows(table_of, name):
    table = table_of(name)
    at_quote = worse = 0
    for seed, (latency, fused) in enumerate((("1ms", False), (0, True), ("10ms", False))):
        run = vl.Backtest(table, Blind(table, seed), latency=latency, fuse_quotes=fused, fees=(0, 0), cash=1e12)
        against = fills_against_quotes(table, run.run().fills_raw)
        assert not (against["ticks"] < 0).any(), against[against["ticks"] < 0][:5]
        touch = against[against["ticks"] == 0]
        keys, back = np.unique(np.stack([touch["side"], touch["row"]]), axis=1, return_inverse=True)
        taken = np.bincount(back.ravel(), weights=touch["qty"], minlength=keys.shape[1])
        shown = np.zeros(keys.shape[1])
        shown[back.ravel()] = touch["shown"]
        assert (taken <= shown).all()
        at_quote += len(touch)
        worse += int((against["ticks"] > 0).sum())
    assert at_quote > 300
    assert worse > 20


@pytest.mark.parametrize("name", SESSIONS)
def test_who_asks_for_the_price_that_has_gone_gets_none_better_than_the_quote(table_of, name):
    for latency, fused in (("1ms", False), (0, True), ("10ms", True)):
        check = check_takers(table_of(name), 300, latency=latency, fuse_quotes=fused)
        assert [cell.better for cell in check.cells] == [0, 0, 0]
        assert check.cells[0].fills > 200
        assert abs(check.cells[0].mean_bps) < 0.05
