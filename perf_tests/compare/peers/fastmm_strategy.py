"""fastmm's side of `perf_tests.compare.strategy`: its Python hooks, or its compiled hot hooks.

Its columns have one clock, which is given the times of receipt: the feed's latency is left out, which spares it work.
Its book keeps 256 levels a side. A hot strategy has no hook for trades, so "each" counts fewer calls there, and it
declares its quotes (the engine cancels and resends what differs) where the plain one sends and cancels orders.
"""

import math
import sys
import time

import fastmm
import numpy as np
from serve import serve

from velora.core.clock import ns

WAKE_NS = 100_000_000
TURNOVER_WAKE_NS = 10_000_000
FAR_TICKS = 20
RAW = 100_000_000  # its fixed point

CONFIG = """
[venues.sim]
kind = "sim"
[venues.sim.fees]
maker_bps = 2.0
taker_bps = 5.0
[[instruments]]
venue = "sim"
symbol = "SYN"
base = "SYN"
quote = "USDT"
asset_class = "spot"
tick = "{tick}"
lot = "{lot}"
min_qty = "{lot}"
min_notional = "0"
[risk]
max_order_qty = "1000000"
max_order_notional = "1000000000"
max_position = "1000000"
max_open_orders = 64
price_collar_bps = 5000
fat_finger_bps = 5000
max_loss = "1000000000"
[backtest]
fill_model = "l2_queue"
queue_conservatism = 1.0
latency_fixed_us = {latency_us}
"""


def columns(session):
    """The rows in its form: 0 snapshot, 1 level, 2 trade; prices and quantities in its fixed point."""
    kind, flags = session["kind"], session["flags"]
    rows = (kind == 1) | (kind == 3)
    kind, flags = kind[rows], flags[rows]
    snapshot = (flags & 2) != 0
    seq = np.arange(1, len(kind) + 1, dtype=np.uint64)
    seq[snapshot] = 1
    return {
        "ts": session["ts_recv"][rows],
        "type": np.where(kind == 1, 2, np.where(snapshot, 0, 1)).astype(np.uint8),
        "inst": np.zeros(len(kind), np.uint32),
        "side": session["side"][rows].astype(np.int8),
        "price": session["price"][rows] * round(float(session["tick"]) * RAW),
        "qty": session["qty"][rows] * round(float(session["lot"]) * RAW),
        "seq": seq,
    }


def plain_strategies(tick, offset, qty, cap):
    class Base(fastmm.Strategy):
        def __init__(self):
            super().__init__()
            self.wakes = self.sent = self.cancels = self.fills = 0
            self.touch = (0, 0)

        def on_stop(self, ctx):
            book = ctx.book(0)
            self.touch = (round(book.best_bid[0] / tick), round(book.best_ask[0] / tick))

    class Each(Base):
        def on_book(self, ctx, inst, book):
            self.wakes += 1

        def on_trade(self, ctx, inst, trade):
            self.wakes += 1

    class Timer(Base):
        def on_start(self, ctx):
            ctx.every(ns(WAKE_NS))

        def on_timer(self, ctx, timer_id, tag):
            self.wakes += 1

    class Watcher(Base):
        def on_start(self, ctx):
            ctx.every(ns(TURNOVER_WAKE_NS))

        def on_timer(self, ctx, timer_id, tag):
            self.wakes += 1
            _ = ctx.book(0).best_bid[0]

    class Turnover(Watcher):
        def __init__(self):
            super().__init__()
            self.resting = 0

        def on_timer(self, ctx, timer_id, tag):
            self.wakes += 1
            bid = ctx.book(0).best_bid[0]
            if self.resting:
                self.cancels += ctx.cancel(self.resting)
            self.sent += 1
            self.resting = ctx.send(0, 0, bid - FAR_TICKS * tick, qty, post_only=True)

    class Quoter(Timer):
        def __init__(self):
            super().__init__()
            self.held = 0.0
            self.resting = [0, 0]
            self.at = [0, 0]

        def side(self, ctx, side, want):
            order = self.resting[side]
            if order and ctx.order(order) is None:
                order = self.resting[side] = 0
            if want is not None and order and self.at[side] == want:
                return
            if order:
                self.cancels += ctx.cancel(order)
                self.resting[side] = 0
            if want is None:
                return
            self.at[side] = want
            self.sent += 1
            try:
                self.resting[side] = ctx.send(0, side, want * tick, qty, post_only=True)
            except fastmm.OrderRejected:
                self.resting[side] = 0

        def on_timer(self, ctx, timer_id, tag):
            self.wakes += 1
            book = ctx.book(0)
            if not book.valid:
                return
            mid = book.mid / tick
            self.side(ctx, 0, math.floor(mid - offset + 1e-6) if self.held + qty <= cap + 1e-9 else None)
            self.side(ctx, 1, math.ceil(mid + offset - 1e-6) if self.held - qty >= -cap - 1e-9 else None)

        def on_fill(self, ctx, fill):
            self.fills += 1
            self.held += fill.qty if fill.side == 0 else -fill.qty

    return {"each": Each, "timer": Timer, "watcher": Watcher, "turnover": Turnover, "quoter": Quoter}


def hot_strategies(tick, offset, qty, cap):
    # Numba takes numbers of the closure as constants.
    tick_raw = round(tick * RAW)
    offset_raw = round(offset * tick_raw)
    qty_raw, cap_raw = round(qty * RAW), round(cap * RAW)

    class Each(fastmm.Strategy):
        count = fastmm.State(0)

        @fastmm.hot
        def on_book(self, ctx, book):
            self.count += 1

    class Timer(fastmm.Strategy):
        count = fastmm.State(0)

        @fastmm.hot(every="100ms")
        def wake(self, ctx, book):
            self.count += 1

    class Quoter(fastmm.Strategy):
        @fastmm.hot(every="100ms")
        def wake(self, ctx, book):
            if not book.valid:
                ctx.pull()
                return
            ctx.clear()
            mid_x2 = book.best_bid_raw + book.best_ask_raw
            held = ctx.position_raw
            if held + qty_raw <= cap_raw:
                ctx.bid_raw((mid_x2 - 2 * offset_raw) // (2 * tick_raw) * tick_raw, qty_raw)
            if held - qty_raw >= -cap_raw:
                ctx.ask_raw(-((-mid_x2 - 2 * offset_raw) // (2 * tick_raw)) * tick_raw, qty_raw)

    return {"each": Each, "timer": Timer, "quoter": Quoter}


def count_hot_calls():
    """Keep the number of calls of the hot hooks, which `run_backtest` drops."""
    from fastmm._hot import compiler

    run = compiler.run
    calls = []

    def counting(*arguments):
        out = run(*arguments)
        calls.append(out[2])
        return out

    compiler.run = counting
    return calls


def main():
    session = dict(np.load(sys.argv[1]))
    rows = columns(session)
    tick, lot = float(session["tick"]), float(session["lot"])
    config = fastmm.BacktestConfig.from_toml_string(
        CONFIG.format(tick=f"{tick:.8f}", lot=f"{lot:.8f}", latency_us=int(session["order_latency"]) // 1000)
    )
    config.markout_horizons_s = []
    parameters = (tick, float(session["offset"]), float(session["quote_qty"]), float(session["cap"]))
    plain = plain_strategies(*parameters)
    hot, calls = {}, []

    def run_hot(workload):
        if not hot:
            hot.update(hot_strategies(*parameters))
            calls.append(count_hot_calls())
            first = {name: column[:3000] for name, column in rows.items()}
            for strategy in hot.values():  # compiles
                fastmm.run_backtest(config, first, strategy())
        one = hot[workload]()
        began = time.perf_counter()
        result = fastmm.run_backtest(config, rows, one)
        seconds = time.perf_counter() - began
        stats = result.stats()
        return {
            "seconds": seconds,
            "wakes": calls[0][-1],
            "orders": stats["orders"],
            "cancels": stats["cancels"] + stats["replaces"],
            "fills": stats["fills"],
        }

    def run(workload, kind):
        if kind == "hot":
            return run_hot(workload)
        one = plain[workload]()
        began = time.perf_counter()
        fastmm.run_backtest(config, rows, one)
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "wakes": one.wakes,
            "orders": one.sent,
            "cancels": one.cancels,
            "fills": one.fills,
            "bid": one.touch[0],
            "ask": one.touch[1],
        }

    serve(run)


if __name__ == "__main__":
    main()
