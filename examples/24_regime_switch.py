"""A switch between two rules by the state of the market.

    python examples/24_regime_switch.py                  # the synthetic market
    python examples/24_regime_switch.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: Kaufman's efficiency ratio is the net move divided by the sum of all moves: near 1 in a trend, near 0 in noise.
Above a bound the strategy follows the last move, below another one it trades against it, and between them it keeps what
it has (P. Kaufman, 'Trading Systems and Methods', 1995).

Assumes: the state lasts longer than it takes to measure it.

Loses when: it changes as fast as the measure: then the rule follows what is over and fades what begins.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 6 minutes    0.5 and 0.1              44 fills     -0.13     -6.73
                            0.7 and 0.05             27 fills     -0.35     -3.35
    BTCUSDT, 6 minutes      0.5 and 0.1              22 fills     -0.77     -4.10
                            0.7 and 0.05              7 fills     -0.26     -1.38
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html


class RegimeSwitch(vl.Strategy):
    """Follows in trends, fades in noise."""

    period = vl.Parameter(20, low=2, unit="candles")
    trend = vl.Parameter(0.5, low=0.0, high=1.0, doc="efficiency above which the market trends")
    noise = vl.Parameter(0.1, low=0.0, high=1.0, doc="efficiency below which it does not")
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.efficiency = self.indicator(vl.ta.ER(self.period), on=self.symbol, every="1s")
        self.mean = self.indicator(vl.ta.SMA(self.period), on=self.symbol, every="1s")
        self.side = 0

    def on_candle(self, candle: vl.Candle) -> None:
        efficiency, mean = self.efficiency.value, self.mean.value
        if efficiency is None or mean is None or candle.close == mean:
            return
        above = 1 if candle.close > mean else -1
        side = above if efficiency >= self.trend else -above if efficiency <= self.noise else self.side
        if side != self.side:
            self.side = side
            self.target(self.symbol, qty_lots=side * self.qty_lots, urgency="passive")


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run each variant."""
    variants = {
        "0.5 and 0.1": {},
        "0.7 and 0.05": {"trend": 0.7, "noise": 0.05},
    }
    results = {}
    for name, variant in variants.items():
        strategy = RegimeSwitch(**variant, qty_lots=clip(table))
        results[name] = vl.Backtest(table, strategy, latency="5ms", fuse_quotes=True).run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given, "6m")))
