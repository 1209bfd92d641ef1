"""Two time frames: the slow one says where to, the fast one says when.

    python examples/23_multi_timeframe.py                  # the synthetic market
    python examples/23_multi_timeframe.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: only with the trend of ten-second candles, and only when the RSI of one-second candles says that the fast move
went against it: buy dips of a rising market, sell rallies of a falling one.

Assumes: the trend outlives the dip.

Loses when: the dip is the end of the trend.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 6 minutes    dips to 30                3 fills     -0.23     -0.47
                            dips to 40               11 fills     -0.22     -1.06
    BTCUSDT, 6 minutes      dips to 30                6 fills     +0.15     -0.10
                            dips to 40                4 fills     -0.14     -0.63
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html

SECOND = 1_000_000_000


class TwoFrames(vl.Strategy):
    """Enters against the fast move, with the slow one."""

    slow = vl.Parameter(12, low=2, unit="candles of 10 s")
    fast = vl.Parameter(7, low=2, unit="candles of 1 s")
    dip = vl.Parameter(30.0, low=1.0, high=49.0)
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.trend = self.indicator(vl.ta.EMA(self.slow), on=self.symbol, every="10s")
        self.rsi = self.indicator(vl.ta.RSI(self.fast), on=self.symbol, every="1s")
        self.side = 0

    def on_candle(self, candle: vl.Candle) -> None:
        trend, rsi = self.trend.value, self.rsi.value
        if candle.interval_ns != SECOND or trend is None or rsi is None:
            return
        direction = 1 if candle.close > trend else -1
        against = rsi < self.dip if direction > 0 else rsi > 100.0 - self.dip
        if self.side == 0 and against:
            self.side = direction
        elif self.side and direction != self.side:
            self.side = 0
        else:
            return
        self.target(self.symbol, qty_lots=self.side * self.qty_lots, urgency="passive")


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run each variant."""
    variants = {
        "dips to 30": {},
        "dips to 40": {"dip": 40.0},
    }
    results = {}
    for name, variant in variants.items():
        strategy = TwoFrames(**variant, qty_lots=clip(table))
        results[name] = vl.Backtest(table, strategy, latency="5ms", fuse_quotes=True).run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given, "6m")))
