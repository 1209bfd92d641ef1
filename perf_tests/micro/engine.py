"""What the engine costs around a strategy, at full fidelity: both books, queues, one millisecond of latency each way.

    loop        rows a second with a strategy on a 100 ms timer that does nothing
    callback    events a second when every row calls a Python hook that does nothing
    filtered    the same with a filter that lets each hundredth through
    commands    nanoseconds a command of a strategy that sends an order far from the market when the last one was
                cancelled, and cancels it when it was acknowledged: sending, simulated way, venue, report and two hooks
    quoter      rows a second of the market maker that looks at the book each 100 ms

Seconds are of processor time, so that a busy machine disturbs them less.

    python -m perf_tests.micro.engine [--events N] [--passes N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

import velora as vl
from velora.strategy.examples import MarketMaker


class Idle(vl.Strategy):
    """Wakes each 100 ms and does nothing."""

    def on_start(self) -> None:
        self.every("100ms", self.wake)

    def wake(self) -> None:
        pass


class Each(vl.Strategy):
    """Is called at each row."""

    def on_book(self, book: vl.OrderBookL2) -> None:
        pass

    def on_trade(self, trade: vl.Trade) -> None:
        pass


class Filtered(Each):
    """Is called at each hundredth."""

    def on_start(self) -> None:
        self.subscribe_book(every_n=100)
        self.subscribe_trades(every_n=100)


class Sender(vl.Strategy):
    """Keeps one order on its way, in or out."""

    def on_start(self) -> None:
        self.symbol = self.instruments[0].symbol
        self.book_here = self.book(self.symbol)
        self.after("1s", self.place)

    def place(self) -> None:
        self.buy(self.symbol, price_ticks=self.book_here.best_bid_ticks // 2, qty_lots=1)

    def on_order(self, order: vl.Order) -> None:
        if order.is_done:
            self.place()
        else:
            self.cancel(order)


def seconds(table: vl.EventTable, make: Callable[[], vl.Strategy], latency: int) -> tuple[float, vl.Result]:
    """One pass."""
    run = vl.Backtest(table, make(), latency=latency, sample=0).start()
    began = time.process_time()
    run.advance_to_end()
    took = time.process_time() - began
    return took, run.finish()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.micro.engine", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    table = vl.SyntheticMarket(7, events=arguments.events, quotes=False).table()
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    columns = {name: np.ascontiguousarray(getattr(table, name)) for name in names}
    columns["flags"] = columns["flags"] | np.uint8(vl.EventFlag.LAST)
    each = vl.EventTable.from_numpy(table.instrument, **columns)
    for name, rows, make, latency in (
        ("loop", table, Idle, 1_000_000),
        ("callback", each, Each, 1_000_000),
        ("filtered", each, Filtered, 1_000_000),
        ("commands", table, Sender, 1_000_000),
        ("quoter", table, MarketMaker, 1_000_000),
    ):
        if arguments.only and name != arguments.only:
            continue
        passes = [seconds(rows, make, latency) for _ in range(arguments.passes)]
        best, result = min(passes, key=lambda one: one[0])
        figure = f"{len(rows) / best / 1e6:8.2f} M rows/s"
        if name == "commands":
            idle = min(seconds(rows, Idle, latency)[0] for _ in range(arguments.passes))
            commands = result.counters["commands"]
            figure = f"{(best - idle) / commands * 1e9:8.0f} ns a command ({commands:,} commands)"
        print(f"{name:<10} {figure}   {result.hash}")


if __name__ == "__main__":
    main()
