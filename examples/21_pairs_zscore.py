"""Pairs: trade the ratio of two markets by its Z-score.

    python examples/21_pairs_zscore.py             # the synthetic market

Idea: two markets with a common part drift apart and come back. When the log ratio of their mids, sampled each second,
is two deviations from its mean, sell the dear one and buy the cheap one; close both at the mean (E. Gatev, W.
Goetzmann, K. Rouwenhorst, 'Pairs trading', Review of Financial Studies 19 (2006)).

Assumes: the ratio has a mean, and returns to it before the fees of four trades are lost. Here the second market repeats
the first one with noise of its own, so it does.

Loses when: the ratio was only seemingly stable: most pairs part for good some day.

Earned, in USDT with positions of 600, before and after fees of 2 bps (maker) and 5 bps (taker):

    synthetic, 3 minutes    2 deviations             20 fills     +0.18     -5.82
                            1.5 deviations           34 fills     +0.24     -9.97
"""

from __future__ import annotations

import math

import velora as vl
from velora.testkit.pairs import lagging_pair
from velora.testkit.study import line, options, write_html


class Pair(vl.Strategy):
    """Against deviations of the log ratio, in both markets."""

    period = vl.Parameter(60, low=2, unit="seconds")
    entry = vl.Parameter(2.0, low=0.1, doc="deviations")
    qty_lots = vl.Parameter(200, low=1, unit="lots")

    def on_start(self) -> None:
        self.first, self.second = (self.book(one) for one in self.instruments)
        self.score = vl.ta.ZScore(self.period)
        self.side = 0
        self.every("1s", self.sample)

    def sample(self) -> None:
        first, second = self.first.mid, self.second.mid
        if first is None or second is None:
            return
        score = self.score.update(math.log(first / second))
        if score is None:
            return
        if self.side == 0 and abs(score) >= self.entry:
            side = -1 if score > 0.0 else 1
        elif self.side * score > 0.0:
            side = 0
        else:
            return
        self.side = side
        self.target(self.first.instrument, qty_lots=side * self.qty_lots, urgency="cross")
        self.target(self.second.instrument, qty_lots=-side * self.qty_lots, urgency="cross")


def main(tables: list[vl.EventTable]) -> dict[str, vl.Result]:
    """Run two bounds."""
    results = {}
    for entry in (2.0, 1.5):
        name = f"{entry:g} deviations"
        results[name] = vl.Backtest(tables, Pair(entry=entry), latency="5ms").run()
        print(line(name, results[name]))
    return results


if __name__ == "__main__":
    given = options(__doc__, session=False)
    write_html(given, main(lagging_pair(duration="180s")))
