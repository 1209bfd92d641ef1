"""What is measured: one public operation each, on a structure that is populated as in use.

    replay              a row of a session, with a strategy on a 100 ms timer that does nothing
    call a row          a row, with a Python hook that does nothing called at each
    call, filtered      the same with a filter that lets each hundredth through
    quoter              a row, with a market maker that looks at the book each 100 ms
    command             an order far from the market or its cancel: sending, simulated way, venue, report and two hooks
    level update        a row applied to a book by price level, from one call with all of them
    level update, call  the same, with a call from Python for each
    order row           a row applied to a book by order, from one call with all of them
    match               a command of the matching engine, from one call with all of them
    match, call         the same, with a call from Python for each
    publish             a message published by its topic to one Python subscriber

An operation that takes more instructions than before has become dearer, however noisy the machine is; more time at the
same instructions is the machine, or a cache that no longer holds what it did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import velora as vl
from perf_tests.compare.matching import make_commands
from velora.sim.matching import MatchingEngine
from velora.strategy.examples import MarketMaker

__all__ = ["FIGURES", "MicroFigure"]

Operation = Callable[[], int]


@dataclass(frozen=True)
class MicroFigure:
    """One operation to measure.

    Parameters
    ----------
    name : str
    unit : str
        What one operation is.
    prepare : callable
        Takes a size and returns the call to measure, which returns how many operations it has done. What it makes
        before it returns is not measured.
    size : int
        Of a pass whose time is taken.
    size_counted : int
        Of a pass under callgrind, which is 50 times as slow.
    """

    name: str
    unit: str
    prepare: Callable[[int], Operation]
    size: int
    size_counted: int


# ---------------------------------------------------------------- sessions


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
    """Keeps one order on its way, in or out, until it has sent so many commands."""

    def __init__(self, commands: int) -> None:
        self.left = commands

    def on_start(self) -> None:
        self.symbol = self.instruments[0].symbol
        self.book_here = self.book(self.symbol)
        self.after("10ms", self.place)

    def place(self) -> None:
        if self.left > 0:
            self.left -= 1
            self.buy(self.symbol, price_ticks=self.book_here.best_bid_ticks // 2, qty_lots=1)

    def on_order(self, order: vl.Order) -> None:
        if order.is_done:
            self.place()
        elif self.left > 0:
            self.left -= 1
            self.cancel(order)


@cache
def session(rows: int) -> vl.EventTable:
    """A synthetic session without quotes."""
    return vl.SyntheticMarket(7, events=rows, quotes=False).table()


@cache
def session_of_single_rows(rows: int) -> vl.EventTable:
    """The same with every row an event of its own."""
    table = session(rows)
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    columns: dict[str, Any] = {name: np.ascontiguousarray(getattr(table, name)) for name in names}
    columns["flags"] = columns["flags"] | np.uint8(vl.EventFlag.LAST)
    return vl.EventTable.from_numpy(table.instrument, **columns)


def replay(make: Callable[[], vl.Strategy], tables: Callable[[int], vl.EventTable], rows: int) -> Operation:
    """A backtest up to its end, at full fidelity: both books, queues, 1 ms of latency each way."""
    table = tables(rows)
    run = vl.Backtest(table, make(), latency="1ms", sample=0).start()

    def advance() -> int:
        run.advance_to_end()
        return len(table)

    return advance


def commands(count: int) -> Operation:
    """A backtest of few rows and many commands; 5 microseconds each way, so that one follows the other."""
    run = vl.Backtest(session(2_000), Sender(count), latency="5us", sample=0).start()

    def advance() -> int:
        run.advance_to_end()
        return int(run.finish().counters["commands"])

    return advance


# ---------------------------------------------------------------- books


@cache
def level_rows(count: int) -> tuple[NDArray[Any], ...]:
    """The level updates of a session."""
    table = session(2 * count)
    rows = np.flatnonzero(table.kind == vl.EventKind.DELTA)[:count]
    return tuple(np.ascontiguousarray(getattr(table, name)[rows]) for name in ("kind", "side", "price", "qty"))


def level_updates(count: int) -> Operation:
    columns = level_rows(count)
    book = vl.OrderBookL2(session(2 * count).instrument)

    def apply() -> int:
        book.apply(*columns)
        return len(columns[0])

    return apply


def level_update_calls(count: int) -> Operation:
    _, side, price, qty = (column.tolist() for column in level_rows(count))
    book = vl.OrderBookL2(session(2 * count).instrument)

    def apply() -> int:
        for _ in map(book.set, side, price, qty):
            pass
        return len(side)

    return apply


@cache
def order_rows(count: int) -> tuple[NDArray[Any], ...]:
    """Orders that come, change, fill and go around a mid: some two thousand are live."""
    rng = np.random.default_rng(7)
    kind, side = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
    price, qty, order_id = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    live: list[tuple[int, int, int, int]] = []
    acts, picks, gaps = rng.random(count), rng.random(count), rng.geometric(0.08, count)
    for at in range(count):
        if len(live) < 2_000 or acts[at] < 0.45:
            row = (at + 1, at & 1, 10_000 - int(gaps[at]) if at & 1 == 0 else 10_000 + int(gaps[at]), 8)
            live.append(row)
            kind[at] = vl.EventKind.ORDER_ADD
        else:
            pick = int(picks[at] * len(live))
            row = live[pick]
            if acts[at] < 0.55:
                row = (*row[:3], row[3] - 1)
                kind[at] = vl.EventKind.ORDER_CHANGE
            else:
                kind[at] = vl.EventKind.ORDER_CANCEL if acts[at] < 0.9 else vl.EventKind.ORDER_EXECUTE
            if kind[at] == vl.EventKind.ORDER_CHANGE and row[3] > 0:
                live[pick] = row
            else:
                live[pick] = live[-1]
                live.pop()
        order_id[at], side[at], price[at], qty[at] = row
    return kind, side, price, qty, order_id


def order_updates(count: int) -> Operation:
    columns = order_rows(count)
    book = vl.OrderBookL3(session(2_000).instrument)

    def apply() -> int:
        book.apply(*columns)
        return count

    return apply


# ---------------------------------------------------------------- matching and messages


match_commands = cache(partial(make_commands, seed=7))


def match(step: int, count: int) -> Operation:
    """Commands of the mix that `perf_tests.compare.matching` describes, all in one call or so many a call."""
    stream = match_commands(count)
    engine = MatchingEngine(vl.Instrument("MATCH", tick_size="1", lot_size="1"))
    parts = [stream[at : at + step] for at in range(0, len(stream), step)] if step > 0 else [stream]

    def apply() -> int:
        for part in parts:
            engine.apply(part)
        return len(stream)

    return apply


class Subscriber:
    """Takes a message and does nothing."""

    def on(self, message: object) -> None:
        pass


def publish(count: int) -> Operation:
    bus, message = vl.MessageBus(), object()
    bus.subscribe("data.trades.VENUE.BTCUSDT", Subscriber().on)
    call = bus.topic("data.trades.VENUE.BTCUSDT").publish

    def run() -> int:
        for _ in range(count):
            call(message)
        return count

    return run


FIGURES = (
    MicroFigure("replay", "row", partial(replay, Idle, session), 1_000_000, 50_000),
    MicroFigure("call a row", "row", partial(replay, Each, session_of_single_rows), 300_000, 20_000),
    MicroFigure("call, filtered", "row", partial(replay, Filtered, session_of_single_rows), 500_000, 50_000),
    MicroFigure("quoter", "row", partial(replay, MarketMaker, session), 1_000_000, 50_000),
    MicroFigure("command", "command", commands, 30_000, 2_000),
    MicroFigure("level update", "row", level_updates, 500_000, 50_000),
    MicroFigure("level update, call", "row", level_update_calls, 200_000, 20_000),
    MicroFigure("order row", "row", order_updates, 200_000, 50_000),
    MicroFigure("match", "command", partial(match, 0), 100_000, 20_000),
    MicroFigure("match, call", "command", partial(match, 1), 50_000, 5_000),
    MicroFigure("publish", "message", publish, 300_000, 20_000),
)
