"""The shapes: what there is n of, and the work that must not grow with its square.

Each shape is a function of n that makes what it needs and returns the work to be measured. Orders of a strategy and its
timers are made within the work: that is part of what must not grow.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import velora as vl
from perf_tests.load.markets import (
    INSTRUMENT,
    T0,
    K,
    Scripted,
    falling,
    ladder,
    prints_at_the_bid,
    to_and_fro,
)

Work = Callable[[], object]
SHAPES: dict[str, Callable[[int], Work]] = {}

_OVERTAKING = {"entry": "lognormal(5ms, 50ms)", "response": "lognormal(5ms, 50ms)", "seed": 1, "overtakes": True}


def _shape(name: str) -> Callable[[Callable[[int], Work]], Callable[[int], Work]]:
    def note(make: Callable[[int], Work]) -> Callable[[int], Work]:
        SHAPES[name] = make
        return make

    return note


def _run(
    market: Any, first: Callable[[Any], object], later: Callable[[Any], object] | None = None, **options: Any
) -> Work:
    options = {"latency": "1ms", "sample": "1h", **options}
    return lambda: vl.Backtest(market, Scripted(first, later), **options).run()


def _buys(n: int, price: Callable[[int], int] = lambda _: 999, **terms: Any) -> Callable[[Any], list[vl.Order]]:
    return lambda s: [s.buy("X", qty_lots=1, price_ticks=price(i), **terms) for i in range(n)]


def _each(act: Callable[[Any, Any], object]) -> Callable[[Any], None]:
    def later(s: Any) -> None:
        for one in s.kept:
            act(s, one)

    return later


# ---------------------------------------------------------------- own orders


@_shape("own orders at one price, 500 prints")
def _at_one_price(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n))


@_shape("own orders at n prices, 500 prints")
def _at_n_prices(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n, lambda i: 999 - i * 7919 % n))


@_shape("icebergs at one price, 500 prints")
def _icebergs(n: int) -> Work:
    first = lambda s: [s.buy("X", qty_lots=3, price_ticks=999, display=0.001) for _ in range(n)]  # noqa: E731
    return _run(prints_at_the_bid(), first)


@_shape("tracked orders at one price, 500 prints")
def _tracked(n: int) -> Work:
    def first(s: Any) -> list[vl.Order]:
        s.track_queue("X")
        return _buys(n)(s)

    return _run(prints_at_the_bid(), first, _each(lambda s, one: s.queue_position(one)))


@_shape("tracked orders at n prices, 500 prints")
def _tracked_apart(n: int) -> Work:
    def first(s: Any) -> list[vl.Order]:
        s.track_queue("X")
        return _buys(n, lambda i: 999 - i * 7919 % n)(s)

    return _run(prints_at_the_bid(), first, _each(lambda s, one: s.queue_position(one)))


@_shape("orders cancelled one by one")
def _cancels(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n), _each(lambda s, one: s.cancel(one)))


@_shape("orders cancelled all at once")
def _cancel_all(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n, lambda i: 999 - i % 1_000), lambda s: s.cancel_all("X"))


@_shape("orders amended to another price")
def _amends(n: int) -> Work:
    moves = itertools.count()
    act = lambda s, one: s.amend(one, price_ticks=900 - next(moves) * 7919 % n, qty_lots=1)  # noqa: E731
    return _run(prints_at_the_bid(), _buys(n), _each(act))


@_shape("orders(), order() and open orders read")
def _read(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n), lambda s: [s.order(one.id) for one in s.orders("X")])


@_shape("orders that overtake each other on their way")
def _overtaking(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n), latency=vl.Latency(**_OVERTAKING))


@_shape("orders with a time, cancelled before it")
def _good_till(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n, expire=T0 + 3_600_000_000_000), _each(lambda s, one: s.cancel(one)))


@_shape("orders with a time, expired")
def _expired(n: int) -> Work:
    first = lambda s: [s.buy("X", qty_lots=1, price_ticks=900, expire=T0 + 50_000_000 + i) for i in range(n)]  # noqa: E731
    return _run(prints_at_the_bid(), first)


@_shape("market orders, one level each")
def _takers(n: int) -> Work:
    return _run(ladder(n, rows=500), lambda s: [s.buy("X", qty_lots=1) for _ in range(n)])


@_shape("a market order of n levels")
def _sweep(n: int) -> Work:
    return _run(ladder(n, rows=500), lambda s: s.buy("X", qty_lots=n))


@_shape("fill-or-kill orders beside n own orders")
def _fill_or_kill(n: int) -> Work:
    def first(s: Any) -> None:
        for i in range(n):
            s.buy("X", qty_lots=1, price_ticks=999 - 1 - i % 500)
        for _ in range(n):
            s.sell("X", qty_lots=1_000_000, price_ticks=1_000, time_in_force="FOK")

    return _run(prints_at_the_bid(), first)


# ---------------------------------------------------------------- triggers, links, children


@_shape("stops at one trigger, fired")
def _stops(n: int) -> Work:
    first = lambda s: [s.sell("X", qty_lots=1, stop=0.1 * 10, price_ticks=2_000_000) for _ in range(n)]  # noqa: E731
    return _run(falling(), first)


@_shape("stops at n triggers, fired")
def _stops_apart(n: int) -> Work:
    first = lambda s: [  # noqa: E731
        s.sell("X", qty_lots=1, stop=-0.1 * (1 + i), price_ticks=2_000_000) for i in range(n)
    ]
    return _run(falling(), first)


def _trailing(n: int) -> Callable[[Any], list[vl.Order]]:
    return lambda s: [s.sell("X", qty_lots=1, trail=50.0) for _ in range(n)]


@_shape("trailing stops, cancelled")
def _trailing_cancelled(n: int) -> Work:
    return _run(to_and_fro(), _trailing(n), _each(lambda s, one: s.cancel(one)))


@_shape("trailing stops, 2,000 trades")
def _trailed(n: int) -> Work:
    return _run(to_and_fro(), _trailing(n))


@_shape("orders of one link, one filled")
def _one_link(n: int) -> Work:
    return _run(prints_at_the_bid(), _buys(n, oco_group=7))


@_shape("brackets, parents filled")
def _brackets(n: int) -> Work:
    def first(s: Any) -> None:
        for i in range(n):
            parent = s.buy("X", qty_lots=1)
            s.sell("X", qty_lots=1, price_ticks=2_000, parent=parent, oco_group=i + 1)
            s.sell("X", qty_lots=1, stop=1.0, parent=parent, oco_group=i + 1)

    return _run(ladder(n, rows=200), first)


@_shape("children of one parent, filled in parts")
def _children(n: int) -> Work:
    def first(s: Any) -> None:
        parent = s.buy("X", qty_lots=2_000, price_ticks=999)
        for _ in range(n):
            s.sell("X", qty_lots=1, price_ticks=2_000, parent=parent)

    return _run(prints_at_the_bid(), first)


# ---------------------------------------------------------------- timers, strategies, subscriptions


def _after(s: Any, n: int) -> list[int]:
    return [s.after(f"{1000 + i % 997}s", print) for i in range(n)]


@_shape("timers cancelled, oldest first")
def _timers(n: int) -> Work:
    return _run(prints_at_the_bid(40), lambda s: [s.cancel_timer(one) for one in _after(s, n)])


@_shape("timers cancelled, newest first")
def _timers_back(n: int) -> Work:
    return _run(prints_at_the_bid(40), lambda s: [s.cancel_timer(one) for one in reversed(_after(s, n))])


@_shape("timers that fire")
def _timers_fire(n: int) -> Work:
    return _run(prints_at_the_bid(), lambda s: [s.after(vl.ns(1_000_000 + i), lambda: None) for i in range(n)])


@_shape("n/25 strategies at one price, 500 prints")
def _strategies(n: int) -> Work:
    market = prints_at_the_bid()
    return lambda: vl.Backtest(market, [Scripted(_buys(20)) for _ in range(n // 25)], latency="1ms", sample="1h").run()


@_shape("n/25 strategies with a position, 500 fills")
def _holders(n: int) -> Work:
    market = ladder(n, rows=500)

    def work() -> None:
        many = [Scripted(lambda s: s.buy("X", qty_lots=1)) for _ in range(n // 25)]
        busy = Scripted(lambda s: [s.buy("X", qty_lots=1) for _ in range(500)])
        vl.Backtest(market, [*many, busy], latency="1ms", sample="1h").run()

    return work


@_shape("n/25 instruments of one strategy")
def _instruments(n: int) -> Work:
    tables = [
        prints_at_the_bid(100, vl.Instrument(f"I{i}", tick_size="0.1", lot_size="0.001", quote="USDT"))
        for i in range(n // 25)
    ]
    act = lambda s: [s.buy(one.symbol, qty_lots=1, price_ticks=999, expire=T0 + 20_000_000) for one in s.instruments]  # noqa: E731
    return lambda: vl.Backtest(tables, Scripted(act, act), latency="1ms", sample="1h").run()


@_shape("subscriptions with a filter")
def _filtered(n: int) -> Work:
    class Many(vl.Strategy):
        def on_start(self) -> None:
            for i in range(n // 25):
                self.subscribe_trades("X", every_n=2 + i % 3)

        def on_trade(self, trade: vl.Trade) -> None:
            pass

    return lambda: vl.Backtest(prints_at_the_bid(), Many(), sample="1h").run()


@_shape("n/25 candle intervals")
def _candles(n: int) -> Work:
    class Many(vl.Strategy):
        def on_start(self) -> None:
            for i in range(n // 25):
                self.subscribe_candles("X", vl.ns(400_000_000 + i * 1_000_000))

        def on_candle(self, candle: vl.Candle) -> None:
            pass

    return lambda: vl.Backtest(prints_at_the_bid(), Many(), sample="1h").run()


# ---------------------------------------------------------------- books


def _levels(n: int, step: int, side: int, order: Any, and_back: bool = False) -> Work:
    price = (np.arange(n, dtype=np.int64) * step)[order] * (1 if side == 0 else -1)
    kind, sides, qty = np.full(n, int(K.DELTA), np.uint8), np.full(n, side, np.uint8), np.ones(n, np.int64)

    def work() -> None:
        book = vl.OrderBookL2(INSTRUMENT)
        book.apply(kind, sides, price, qty)
        if and_back:
            book.apply(kind, sides, np.ascontiguousarray(price[::-1]), np.zeros(n, np.int64))

    return work


for _step, _side in ((1_000, 0), (1_000, 1), (10_007, 0), (10_007, 1), (97, 0), (300_007, 1)):
    _name = f"levels {_step:,} ticks apart, {'bids' if _side == 0 else 'asks'}, best last"
    SHAPES[_name] = lambda n, step=_step, side=_side: _levels(n, step, side, slice(None))  # type: ignore[misc]
SHAPES["levels 1,000 ticks apart, best last and removed again"] = lambda n: _levels(n, 1_000, 0, slice(None), True)
SHAPES["levels 10,007 ticks apart, best first and removed again"] = lambda n: _levels(
    n, 10_007, 0, slice(None, None, -1), True
)
SHAPES["levels 10,007 ticks apart, at random"] = lambda n: _levels(
    n, 10_007, 1, np.random.default_rng(1).permutation(n), True
)


@_shape("a book by order, n at one price")
def _by_order(n: int) -> Work:
    def work() -> None:
        book = vl.OrderBookL3(INSTRUMENT)
        for i in range(n):
            book.add(i + 1, 0, 1_000, 1)
        for i in range(n):
            book.cancel(1 + i)

    return work


@_shape("a book by order, n prices")
def _by_order_apart(n: int) -> Work:
    def work() -> None:
        book = vl.OrderBookL3(INSTRUMENT)
        for i in range(n):
            book.add(i + 1, 0, i * 1_000, 1)
        for i in range(n):
            book.cancel(1 + i)

    return work


# ---------------------------------------------------------------- the matching engine


@_shape("matching: resting, then cancelled")
def _resting(n: int) -> Work:
    def work() -> None:
        engine = vl.MatchingEngine(INSTRUMENT)
        for i in range(n):
            engine.submit(i + 1, 0, 1, price_ticks=i * 7919 % n)
        for i in range(n):
            engine.cancel(i + 1)

    return work


@_shape("matching: stops, trailing stops, cancelled")
def _matching_stops(n: int) -> Work:
    def work() -> None:
        engine = vl.MatchingEngine(INSTRUMENT)
        for i in range(n):
            engine.submit(i + 1, 1, 1, trail_ticks=5 + i, type="MARKET", owner=1)
        for i in range(n):
            engine.cancel(i + 1, owner=1)

    return work


# ---------------------------------------------------------------- the bus


@_shape("bus: topics and one pattern over all")
def _topics(n: int) -> Work:
    def work() -> None:
        bus = vl.MessageBus()
        bus.subscribe("*", lambda _: None)
        for i in range(n):
            bus.publish(f"a.{i}", 1)

    return work


@_shape("bus: n patterns and n topics, one each")
def _patterns(n: int) -> Work:
    def work() -> None:
        bus = vl.MessageBus()
        for i in range(n):
            bus.subscribe(f"desk.{i}.*", lambda _: None)
        for i in range(n):
            bus.publish(f"desk.{i}.fills", 1)

    return work


@_shape("bus: n patterns that begin with a star")
def _suffixes(n: int) -> Work:
    def work() -> None:
        bus = vl.MessageBus()
        for i in range(n):
            bus.subscribe(f"*.{i}", lambda _: None)
        for i in range(n):
            bus.publish(f"fills.{i}", 1)

    return work


@_shape("bus: n topics, then n patterns, then cancelled")
def _late_patterns(n: int) -> Work:
    def work() -> None:
        bus = vl.MessageBus()
        for i in range(n):
            bus.publish(f"desk.{i}.fills", 1)
        made = [bus.subscribe(f"desk.{i}.*", lambda _: None) for i in range(n)]
        for one in made:
            one.cancel()

    return work


@_shape("bus: n subscribers of one topic, cancelled")
def _subscribers(n: int) -> Work:
    def work() -> None:
        bus = vl.MessageBus()
        made = [bus.subscribe("a", lambda _: None) for _ in range(n)]
        bus.publish("a", 1)
        for one in made:
            one.cancel()

    return work
