"""A crossing of two simple averages, on candles and on ticks.

    python examples/15_sma_cross.py                  # the synthetic market
    python examples/15_sma_cross.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: long while the fast mean of the closes is above the slow one, short while it is below. The same rule runs on
candles of a second and on every trade: only the source of the indicators differs.

Assumes: moves continue for longer than the slow mean looks back.

Loses when: the price goes sideways: each crossing pays the spread and two fees.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 6 minutes    10 and 40 candles         6 fills     +0.65     -2.65
                            100 and 400 trades       31 fills     -1.64    -15.72
    BTCUSDT, 6 minutes      10 and 40 candles         7 fills     +0.45     -3.56
                            100 and 400 trades       53 fills     +2.62    -28.42
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html


class SmaCross(vl.Strategy):
    """Long or short by the order of two means; trades only at crossings."""

    source = vl.Parameter("1s", doc="interval of the candles, or trade")
    fast = vl.Parameter(10, low=1)
    slow = vl.Parameter(40, low=2)
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.quick = self.indicator(vl.ta.SMA(self.fast), on=self.symbol, every=self.source)
        self.calm = self.indicator(vl.ta.SMA(self.slow), on=self.symbol, every=self.source)
        self.is_long: bool | None = None

    def on_candle(self, candle: vl.Candle) -> None:
        self.decide()

    def on_trade(self, trade: vl.Trade) -> None:
        if self.source == "trade":
            self.decide()

    def decide(self) -> None:
        quick, calm = self.quick.value, self.calm.value
        if quick is None or calm is None or quick == calm:
            return
        is_long = quick > calm
        if self.is_long is not None and is_long != self.is_long:
            self.target(self.symbol, qty_lots=self.qty_lots if is_long else -self.qty_lots, urgency="cross")
        self.is_long = is_long


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run each variant."""
    variants = {
        "10 and 40 candles": {},
        "100 and 400 trades": {"source": "trade", "fast": 100, "slow": 400},
    }
    results = {}
    for name, variant in variants.items():
        strategy = SmaCross(**variant, qty_lots=clip(table))
        results[name] = vl.Backtest(table, strategy, latency="5ms", fuse_quotes=True).run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given, "6m")))
