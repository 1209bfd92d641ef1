"""MACD: the sign of its histogram, on candles and on ticks.

    python examples/18_macd.py                  # the synthetic market
    python examples/18_macd.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: the difference of two exponential averages against its own average says whether the move is gaining speed: long
while the histogram is positive, short while it is negative (G. Appel, 'The Moving Average Convergence-Divergence
Trading Method', 1979).

Assumes: acceleration persists.

Loses when: it does not: the histogram crosses zero more often than the averages cross each other, so this rule trades
more.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 6 minutes    on candles               24 fills     -1.20    -14.10
                            on trades                72 fills     -0.88    -37.15
    BTCUSDT, 6 minutes      on candles               15 fills     -0.16     -9.10
                            on trades               124 fills     -0.54    -74.27
"""

from __future__ import annotations

from typing import Any

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html


class Macd(vl.Strategy):
    """Long or short by the sign of the histogram."""

    source = vl.Parameter("1s", doc="interval of the candles, or trade")
    fast = vl.Parameter(12, low=2)
    slow = vl.Parameter(26, low=3)
    signal = vl.Parameter(9, low=1)
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        kind = vl.ta.MACD(self.fast, self.slow, self.signal)
        self.macd = self.indicator(kind, on=self.symbol, every=self.source)
        self.side = 0
        self.subscribe_trades(self.symbol, every_n=20)

    def on_candle(self, candle: vl.Candle) -> None:
        self.decide()

    def on_trade(self, trade: vl.Trade) -> None:
        if self.source == "trade":
            self.decide()

    def decide(self) -> None:
        histogram = self.macd.histogram
        if histogram is None or not self.macd.is_ready:  # until the averages no longer depend on where they started
            return
        side = 1 if histogram > 0.0 else -1
        if side != self.side and histogram != 0.0:
            self.side = side
            self.target(self.symbol, qty_lots=side * self.qty_lots, urgency="cross")


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run each variant."""
    variants: dict[str, dict[str, Any]] = {
        "on candles": {"fast": 6, "slow": 13, "signal": 5},
        "on trades": {"source": "trade", "fast": 60, "slow": 130, "signal": 45},
    }
    results = {}
    for name, variant in variants.items():
        strategy = Macd(**variant, qty_lots=clip(table))
        results[name] = vl.Backtest(table, strategy, latency="5ms", fuse_quotes=True).run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given, "6m")))
