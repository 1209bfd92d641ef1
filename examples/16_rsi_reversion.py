"""Mean reversion by RSI: buy what has fallen too fast, and wait for the middle.

    python examples/16_rsi_reversion.py                  # the synthetic market
    python examples/16_rsi_reversion.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: when the relative strength index of one-second candles falls below a bound, the last moves were nearly all down:
buy, and sell when it is back at 50; the mirror image above the opposite bound (J. W. Wilder, 'New Concepts in Technical
Trading Systems', 1978).

Assumes: fast moves overshoot, and come back before the index does.

Loses when: a move continues: the index stays beyond its bound while the price runs away, and the rule holds on.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 6 minutes    bound 25                  6 fills     -0.26     -0.74
                            bound 35                 25 fills     -0.35     -2.39
    BTCUSDT, 6 minutes      bound 25                 13 fills     +0.01     -0.98
                            bound 35                 23 fills     -0.01     -1.86
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html


class RsiReversion(vl.Strategy):
    """Against moves that were too one-sided."""

    period = vl.Parameter(14, low=2, unit="candles")
    bound = vl.Parameter(25.0, low=1.0, high=49.0, doc="buys below it, sells above 100 less it")
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.rsi = self.indicator(vl.ta.RSI(self.period), on=self.symbol, every="1s")
        self.side = 0

    def on_candle(self, candle: vl.Candle) -> None:
        rsi = self.rsi.value
        if rsi is None:
            return
        if self.side == 0 and not self.bound <= rsi <= 100.0 - self.bound:
            side = 1 if rsi < self.bound else -1
        elif self.side * (rsi - 50.0) > 0.0:
            side = 0
        else:
            return
        self.side = side
        self.target(self.symbol, qty_lots=side * self.qty_lots, urgency="passive")


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run each variant."""
    variants = {
        "bound 25": {},
        "bound 35": {"bound": 35.0},
    }
    results = {}
    for name, variant in variants.items():
        strategy = RsiReversion(**variant, qty_lots=clip(table))
        results[name] = vl.Backtest(table, strategy, latency="5ms", fuse_quotes=True).run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given, "6m")))
