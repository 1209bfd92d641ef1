"""A grid: buy each step down, sell each step up, and hope that the price stays in its range.

    python examples/09_grid.py                  # the synthetic market
    python examples/09_grid.py --session FILE   # yours: a capture, an archive, a catalog, ...

Idea: a ladder of limit orders around the start price. After a bid fills, an ask is placed one step higher, after an ask
fills, a bid one step lower, so that each round trip earns a step; a folk strategy without a paper of its own.

Assumes: the price moves up and down within the ladder, and steps are wider than two maker fees.

Loses when: the price leaves the ladder. Then the strategy holds everything that it bought on the way down, or is short
everything that it sold on the way up; its earnings from steps are a premium for that risk. A step below two fees also
loses on each round trip.

Earned, in USDT with orders of 600, before (and the realized part of it) and after the maker's fee of 2 bps:

    synthetic, 3 minutes       steps of 1 bps    126 fills   -1.16 (realized +2.46)   -14.76
                               2.5 bps            18 fills   -0.29 (realized +0.96)    -2.33
                               5 bps               4 fills   -0.26 (realized +0.30)    -0.74
    BTCUSDT, 6 minutes         1 bps              89 fills   -9.69 (realized +0.43)   -14.63
                               2.5 bps            73 fills   -3.07 (realized -0.98)    -8.38
                               5 bps              29 fills   -0.36 (realized -0.08)    -2.58
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import clip, line, market, options, write_html


class Grid(vl.Strategy):
    """One order at each level except the current price."""

    step_bps = vl.Parameter(5.0, low=0.1, unit="bps")
    levels = vl.Parameter(10, low=1, doc="orders per side")
    qty_lots = vl.Parameter(1, low=1, unit="lots")

    def on_start(self) -> None:
        self.market = self.book(self.instruments[0])
        self.level_of: dict[int, int] = {}
        self.after("1s", self.build)

    def build(self) -> None:
        bid, ask = self.market.touch
        if bid is None or ask is None:
            self.after("1s", self.build)
            return
        self.centre = (bid + ask) // 2
        self.step = max(2, round(self.centre * self.step_bps / 1e4))
        for level in range(1, self.levels + 1):
            self.place(-level, vl.Side.BUY)
            self.place(level, vl.Side.SELL)

    def place(self, level: int, side: vl.Side) -> None:
        send = self.buy if side is vl.Side.BUY else self.sell
        order = send(self.market.instrument, price_ticks=self.centre + level * self.step, qty_lots=self.qty_lots)
        self.level_of[order.id] = level

    def on_order(self, order: vl.Order) -> None:
        if order.state is vl.OrderState.FILLED:
            level = self.level_of.pop(order.id)
            if order.side is vl.Side.BUY:
                self.place(level + 1, vl.Side.SELL)
            else:
                self.place(level - 1, vl.Side.BUY)


def main(table: vl.EventTable) -> dict[str, vl.Result]:
    """Run three step sizes."""
    results = {}
    for step_bps in (1.0, 2.5, 5.0):
        name = f"steps of {step_bps} bps"
        grid = Grid(qty_lots=clip(table), step_bps=step_bps)
        results[name] = vl.Backtest(table, grid, latency="5ms", fuse_quotes=True).run()
        money = results[name].statistics()["money"][0]
        print(line(name, results[name]))
        print(f"{'':24} realized {money['realized_pnl']:+.3f}, open at the end {money['unrealized_pnl']:+.3f}")
    return results


if __name__ == "__main__":
    given = options(__doc__)
    write_html(given, main(market(given)))
