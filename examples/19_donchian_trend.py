"""The channel breakout of the turtles.

    python examples/19_donchian_trend.py                  # the synthetic market
    python examples/19_donchian_trend.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: buy when the price passes the highest high of the last candles, sell short below the lowest low, and leave at the
opposite end of a shorter channel (C. Faith, 'Way of the Turtle', 2007). The channel is that of the candles before: the
one that breaks it is not part of it.

Assumes: a new extreme is followed by another one.

Loses when: extremes are noise: the price returns into the channel, and the exit lies half a channel away.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 6 minutes    40 and 20                12 fills     -0.29     -4.19
                            120 and 40                3 fills     +0.15     -0.75
    BTCUSDT, 6 minutes      40 and 20                 7 fills     -0.49     -2.96
                            120 and 40                4 fills     -0.18     -1.41
"""

from __future__ import annotations

from typing import Any

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html


class DonchianTrend(vl.Strategy):
    """In at the long channel, out at the short one."""

    entry = vl.Parameter(40, low=2, unit="candles")
    leave = vl.Parameter(20, low=2, unit="candles")
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.wide = self.indicator(vl.ta.DONCHIAN(self.entry), on=self.symbol, every="1s")
        self.tight = self.indicator(vl.ta.DONCHIAN(self.leave), on=self.symbol, every="1s")
        self.before: tuple[Any, Any] = (None, None)
        self.side = 0

    def on_candle(self, candle: vl.Candle) -> None:
        (wide, tight), self.before = self.before, (self.wide.value, self.tight.value)
        if wide is None or tight is None:
            return
        side = self.side
        if (side > 0 and candle.low < tight.lower) or (side < 0 and candle.high > tight.upper):
            side = 0
        if side == 0 and not wide.lower <= candle.close <= wide.upper:
            side = 1 if candle.close > wide.upper else -1
        if side != self.side:
            self.side = side
            self.target(self.symbol, qty_lots=side * self.qty_lots, urgency="cross")


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run each variant."""
    variants = {
        "40 and 20": {},
        "120 and 40": {"entry": 120, "leave": 40},
    }
    results = {}
    for name, variant in variants.items():
        strategy = DonchianTrend(**variant, qty_lots=clip(table))
        results[name] = vl.Backtest(table, strategy, latency="5ms", fuse_quotes=True).run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given, "6m")))
