"""A breakout of the Bollinger bands.

    python examples/17_bollinger_breakout.py                  # the synthetic market
    python examples/17_bollinger_breakout.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: a close above the upper band is two deviations away from the mean of the last candles: buy, and hold until the
price is back at the mean; below the lower band the other way (J. Bollinger, 'Bollinger on Bollinger Bands', 2001).

Assumes: a large deviation begins a trend rather than ends one.

Loses when: it does not, which example 16 hopes for: one of the two rules must be wrong on any market.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 6 minutes    2 deviations             24 fills     +0.00     -7.20
                            3 deviations              6 fills     -0.26     -2.06
    BTCUSDT, 6 minutes      2 deviations             22 fills     -0.20     -6.99
                            3 deviations             10 fills     -0.52     -3.60
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html


class BollingerBreakout(vl.Strategy):
    """With moves that leave the bands, until the mean."""

    period = vl.Parameter(20, low=2, unit="candles")
    width = vl.Parameter(2.0, low=0.1, doc="deviations")
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.bands = self.indicator(vl.ta.BBANDS(self.period, self.width, self.width), on=self.symbol, every="1s")
        self.side = 0

    def on_candle(self, candle: vl.Candle) -> None:
        bands = self.bands.value
        if bands is None:
            return
        if self.side == 0 and not bands.lower <= candle.close <= bands.upper:
            side = 1 if candle.close > bands.upper else -1
        elif self.side * (candle.close - bands.middle) < 0.0:
            side = 0
        else:
            return
        self.side = side
        self.target(self.symbol, qty_lots=side * self.qty_lots, urgency="cross")


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run each variant."""
    variants = {
        "2 deviations": {},
        "3 deviations": {"width": 3.0},
    }
    results = {}
    for name, variant in variants.items():
        strategy = BollingerBreakout(**variant, qty_lots=clip(table))
        results[name] = vl.Backtest(table, strategy, latency="5ms", fuse_quotes=True).run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given, "6m")))
