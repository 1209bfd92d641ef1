"""A user-defined queue model beside the bounds: how much the assumption about the queue matters.

The model says that cancels come mostly from the back, because orders at the front have more to lose: a lot ahead is
half as likely to be canceled as its share of the level suggests. The same quoter runs under each model; the spread
between the pessimistic and the optimistic bound is the uncertainty that the data leaves.
"""

from __future__ import annotations

import velora as vl
from velora.testkit.study import options, write_html


class BackHeavy(vl.QueueModel):
    """A lot ahead is half as likely to be canceled as its share of the level suggests."""

    def lots_ahead(self, ahead: float, before: float, after: float, traded: float) -> float:
        cancelled = max(before - after - traded, 0.0)
        level = max(before - traded, 1.0)
        return ahead - cancelled * 0.5 * ahead / level


class Quoter(vl.Strategy):
    def on_start(self) -> None:
        self.every("100ms", self.requote)

    def requote(self) -> None:
        book = self.book("SYNUSDT")
        held = self.position("SYNUSDT").qty
        self.quote(
            book.instrument,
            bid=book.best_bid if held < 0.05 else None,
            ask=book.best_ask if held > -0.05 else None,
            qty=0.01,
        )


def main() -> dict[str, vl.Result]:
    market = vl.SyntheticMarket(seed=7, duration="1m")
    models: list[str | vl.QueueModel] = ["risk_averse", BackHeavy(), "proportional", "power3", "log1", "optimistic"]
    results = {}
    for model in models:
        backtest = vl.Backtest(market, Quoter(), latency="5ms", queue=model, cash=10_000, fees=("0", "0.0005"))
        results[backtest.queue.name] = backtest.run()
    return results


if __name__ == "__main__":
    given = options(__doc__, session=False)
    results = main()
    for name, result in results.items():
        profit = result.pnl_units("USDT") * float(result.money_unit("USDT"))
        print(f"{name:14} {len(result.fills):5} fills  {profit:8.3f} USDT  Hash {result.hash[:16]}")
    write_html(given, results)
