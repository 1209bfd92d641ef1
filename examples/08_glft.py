"""Gueant, Lehalle and Fernandez-Tapia: market making without a horizon, with parameters measured during the run.

    python examples/08_glft.py                  # the synthetic market
    python examples/08_glft.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: far from the end of a session the optimal quotes depend on the inventory only: a fixed distance from the mid, and
a skew for each unit held. "Dealing with the inventory risk", Mathematics and Financial Economics 7 (2013), 477-507. The
parameters are measured in a moving window: the volatility, and the rate a * exp(-k * d) at which a quote at distance d
is filled, from how far prints reach beyond the mid within a tenth of a second.

Assumes: the assumptions of `07_avellaneda_stoikov.py`, and that the next seconds are like those of the window.

Loses when: fills predict the next move, or the regime changes faster than the window; and to fees, like example 07.

Earned, in USDT with quotes of 600, before and after the maker's fee of 2 bps:

    synthetic, 2.5 minutes     aversion 0.01    194 fills    -2.70   -21.03
                               aversion 0.1     199 fills    -1.40   -20.60
                               aversion 1       194 fills    -0.35   -19.31
                               beyond its fee     2 fills    -0.16    -0.31
    BTCUSDT, 5 minutes         aversion 0.01    529 fills   -16.91   -51.96
                               aversion 0.1     472 fills   -14.38   -46.89
                               aversion 1       368 fills    -8.67   -32.96
                               beyond its fee    47 fills    -0.96    -3.68
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

import velora as vl
from velora.errors import InvalidArgument
from velora.strategy.quoting import fit_arrivals, glft
from velora.testkit.study import clip, line, market, options, write_html

STEP_S = 0.1


class Glft(vl.Strategy):
    """Quotes both sides ten times a second, after measuring for one window."""

    aversion = vl.Parameter(0.1, low=0.001, high=10.0, log=True, doc="gamma as a multiple of k")
    window_s = vl.Parameter(30.0, low=5.0, unit="s")
    qty_lots = vl.Parameter(1, low=1, unit="lots")
    cap = vl.Parameter(5, low=1, doc="maximum inventory, in filled quotes")
    fee = vl.Parameter(0.0, low=0.0, doc="each quote is moved away from the mid by this share of the price")

    def on_start(self) -> None:
        self.market = self.book(self.instruments[0])
        self.held = self.position(self.instruments[0])
        steps = round(self.window_s / STEP_S)
        self.mids: deque[float] = deque(maxlen=steps)
        self.reach: deque[float] = deque(maxlen=2 * steps)
        self.up = self.down = 0.0
        self.fits: list[tuple[float, float, float]] = []
        self.every("100ms", self.step)

    def on_trade(self, trade: vl.Trade) -> None:
        if self.mids:
            away = trade.price_ticks - self.mids[-1]
            self.up, self.down = max(self.up, away), max(self.down, -away)

    def step(self) -> None:
        best_bid, best_ask = self.market.touch
        if best_bid is None or best_ask is None or self.market.is_stale:
            self.quote(self.market.instrument)
            return
        self.reach.extend((self.up, self.down))
        self.up = self.down = 0.0
        self.mids.append((best_bid + best_ask) / 2)
        if len(self.mids) == self.mids.maxlen:
            if not self.fits or self.now // 1_000_000_000 % 5 == 0:
                self.measure()
            if self.fits:
                self.requote(best_bid, best_ask)

    def measure(self) -> None:
        second = round(1 / STEP_S)
        sigma = max(1.0, float(np.sqrt(np.mean(np.diff(np.array(self.mids)[::second]) ** 2))))
        try:
            a, k = fit_arrivals(list(self.reach), len(self.reach) * STEP_S, step=1.0, first=0.5)
        except InvalidArgument:
            return  # no prints beyond the best prices: keep the last fit
        self.fits.append((sigma, a, k))

    def requote(self, best_bid: int, best_ask: int) -> None:
        sigma, a, k = self.fits[-1]
        inventory = self.held.qty_lots / self.qty_lots
        below, above = glft(inventory, gamma=self.aversion * k, sigma=sigma, k=k, a=a)
        mid = self.mids[-1]
        out = self.fee * mid
        self.quote(
            self.market.instrument,
            bid_ticks=min(math.floor(mid - below - out), best_ask - 1) if inventory < self.cap else None,
            ask_ticks=max(math.ceil(mid + above + out), best_bid + 1) if inventory > -self.cap else None,
            qty_lots=self.qty_lots,
        )


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """The published model, with less and more aversion, and with its fee in its quotes."""
    results = {}
    variants = {
        "aversion 0.01": {"aversion": 0.01},
        "aversion 0.1": {"aversion": 0.1},
        "aversion 1": {"aversion": 1.0},
        "beyond its fee": {"aversion": 0.1, "fee": float(table.instrument.maker_fee)},
    }
    for name, parameters in variants.items():
        maker = Glft(qty_lots=clip(table), **parameters)
        results[name] = vl.Backtest(table, maker, latency="5ms", fuse_quotes=True, sample="100ms").run()
        print(line(name, results[name]))
    low, high = np.min(maker.fits, axis=0), np.max(maker.fits, axis=0)
    for name, least, most in zip(("sigma, ticks", "a, 1/s", "k, 1/tick"), low, high, strict=True):
        print(f"measured {name:14} {least:8.3f} to {most:8.3f}")
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given)))
