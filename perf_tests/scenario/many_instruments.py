"""What single operations of a strategy cost in a run of few instruments, and in one of many.

The strategy works on the same ten instruments in both runs. Measured are a command (a limit order and its cancel: the
call, and the way there and back), a subscription to a kind of market data, a timer that is set and cancelled, and a
subscription to a topic of the bus. Subscriptions take effect at the end of the event that they are made in, so that
the time is that of the whole event. Python's cyclic garbage collector is off, as in `timeit`. The runs alternate, and
the lowest of the passes counts. Exit status 1 when an operation costs more than `--limit` times as much among many
instruments as among few.

A regression means that the engine does something for each instrument of the run where one of them is concerned.

    python -m perf_tests.scenario.many_instruments [--json] [--few N] [--many N] [--passes N] [--limit FACTOR]
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from functools import partial

import numpy as np

import velora as vl

S = 1_000_000_000
START = 1_704_067_200 * S
USED = 10
ORDERS = 2_000
TIMERS = 2_000
TOPICS = 200
#: Operations of which each is an event of its own are this far apart.
APART = 1_000_000
STEPS = ("command", "subscription", "cancelled timer", "topic")


def symbol_of(number: int) -> str:
    return f"S{number:04}"


def quiet_book(number: int) -> vl.EventTable:
    """An instrument whose book is shown at the start and at the end of the run, and never in between."""
    instrument = vl.Instrument(symbol_of(number), tick_size="0.01", lot_size="1", quote="USD")
    ts = np.repeat([START + number, START + (len(STEPS) + 2) * S], 2)
    return vl.EventTable.from_numpy(
        instrument,
        ts_event=ts,
        ts_recv=ts,
        kind=np.full(4, vl.EventKind.DELTA, np.uint8),
        side=np.array([0, 1, 0, 1], np.uint8),
        price=np.array([9_999, 10_001, 9_999, 10_001]),
        qty=np.full(4, 100),
        flags=np.full(4, vl.EventFlag.LAST, np.uint8),
        order_id=np.zeros(4, np.int64),
    )


class Works(vl.Strategy):
    """Works through the operations, each kind in a second of its own."""

    def on_start(self) -> None:
        self.symbols = [symbol_of(number) for number in range(USED)]
        self.sent: list[vl.Order] = []
        first = self.now + S
        self.at(first, self.send_orders)
        self.at(first + S // 2, self.cancel_orders)
        subscribe = (self.subscribe_trades, self.subscribe_quotes, self.subscribe_book)
        for number in range(len(subscribe) * USED):
            one = partial(subscribe[number // USED], self.symbols[number % USED], every_n=2)
            self.at(first + S + number * APART, one)
        self.at(first + 2 * S, self.set_timers)
        for number in range(TOPICS):
            self.at(first + 3 * S + number * APART, partial(self.add_topic, number))

    def on_trade(self, trade: vl.Trade) -> None:
        """Never called: there are no trades."""

    def on_quote(self, quote: vl.Quote) -> None:
        """Never called: the last rows leave the best prices as they are."""

    def on_book(self, book: vl.OrderBookL2) -> None:
        """Called with the last rows alone, which are not measured."""

    def send_orders(self) -> None:
        for number in range(ORDERS):
            price_ticks = 9_000 + number % 100
            self.sent.append(self.buy(self.symbols[number % USED], price_ticks=price_ticks, qty_lots=1))

    def cancel_orders(self) -> None:
        for order in self.sent:
            self.cancel(order)

    def set_timers(self) -> None:
        timers = [self.after("1h", self.set_timers) for _ in range(TIMERS)]
        for timer in timers[::2] + timers[1::2]:
            self.cancel_timer(timer)

    def add_topic(self, number: int) -> None:
        self.subscribe(f"data.trades.{self.symbols[number % USED]}", self.on_trade)


#: Operations of each step.
COUNTS = {"command": 2 * ORDERS, "subscription": 3 * USED, "cancelled timer": TIMERS, "topic": TOPICS}


def measure(tables: list[vl.EventTable]) -> dict[str, float]:
    """Nanoseconds that one operation of each kind takes in a run of these instruments."""
    run = vl.Backtest(tables, Works(), latency=vl.ns(1_000_000), sample=0).start()
    run.advance_to(START + S // 2)  # all books are there
    took = {}
    gc.collect()
    gc.disable()
    for number, step in enumerate(STEPS):
        began = time.perf_counter_ns()
        run.advance_to(START + (number + 1) * S + S - APART)
        took[step] = (time.perf_counter_ns() - began) / COUNTS[step]
    gc.enable()
    counters = run.finish().counters
    if counters["commands"] != 2 * ORDERS or counters["open_orders"] != 0:
        raise SystemExit(f"not every order was sent and cancelled: {counters}")
    return took


def main() -> None:
    """Measure both runs and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--few", type=int, default=USED, help=f"instruments of the small run, at least {USED}")
    parser.add_argument("--many", type=int, default=2_000, help="instruments of the large run")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--limit", type=float, default=1.5, help="how many times as much an operation may cost")
    arguments = parser.parse_args()
    tables = [quiet_book(number) for number in range(arguments.many)]
    few = {step: float("inf") for step in STEPS}
    many = dict(few)
    for _ in range(arguments.passes):
        for best, count in ((few, arguments.few), (many, arguments.many)):
            for step, ns in measure(tables[:count]).items():
                best[step] = min(best[step], ns)
    grown = []
    for step in STEPS:
        ratio = many[step] / few[step]
        if ratio > arguments.limit:
            grown.append(step)
        if arguments.json:
            found = {"figure": step, "few_ns": round(few[step], 1), "many_ns": round(many[step], 1)}
            print(json.dumps(found | {"few": arguments.few, "many": arguments.many, "ratio": round(ratio, 2)}))
        else:
            print(
                f"{step:<16} {few[step]:10,.0f} ns at {arguments.few}, {many[step]:10,.0f} ns at {arguments.many}, "
                f"{ratio:.2f} times"
            )
    if grown:
        print(f"costs more among many instruments: {', '.join(grown)}", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
