"""hftbacktest's side of `perf_tests.compare.replay` and `perf_tests.compare.strategy`; runs in its own environment.

Reads the session from an .npz, then for each line ``workload variant`` on standard input runs one pass and prints one
JSON line with its seconds and what it saw. Building the backtest and compiling are outside the clock. A workload whose
name ends with ``-python`` is the same function, not compiled, which calls the compiled objects from CPython.
"""

import math
import sys
import time

import numpy as np
from hftbacktest import (
    GTX,
    LIMIT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import (
    BUY_EVENT,
    DEPTH_EVENT,
    DEPTH_SNAPSHOT_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)
from numba import njit
from serve import serve

TURNOVER_WAKE_NS = 10_000_000
FAR_TICKS = 20


def events(session):
    kind, flags = session["kind"], session["flags"]
    rows = (kind == 1) | (kind == 3)
    kind, flags = kind[rows], flags[rows]
    out = np.zeros(len(kind), event_dtype)
    what = np.where(kind == 1, TRADE_EVENT, np.where(flags & 2, DEPTH_SNAPSHOT_EVENT, DEPTH_EVENT)).astype(np.uint64)
    side = np.where(session["side"][rows] == 0, np.uint64(BUY_EVENT), np.uint64(SELL_EVENT))
    out["ev"] = np.uint64(EXCH_EVENT | LOCAL_EVENT) | what | side
    out["exch_ts"] = session["ts_event"][rows]
    out["local_ts"] = session["ts_recv"][rows]
    out["px"] = np.round(session["price"][rows] * float(session["tick"]), 10)
    out["qty"] = np.round(session["qty"][rows] * float(session["lot"]), 10)
    return out


def each(hbt, offset, qty, cap, tick, lot):
    wakes = 0
    while hbt.wait_next_feed(False, 10_000_000_000_000) == 2:
        wakes += 1
    return wakes, 0, 0


def timer(hbt, offset, qty, cap, tick, lot):
    wakes = 0
    while hbt.elapse(100_000_000) == 0:
        wakes += 1
    return wakes, 0, 0


def watcher(hbt, offset, qty, cap, tick, lot):
    """What `turnover` does, without its orders."""
    wakes = 0
    depth = hbt.depth(0)
    while hbt.elapse(TURNOVER_WAKE_NS) == 0:
        wakes += 1
        hbt.clear_inactive_orders(0)
        if depth.best_bid_tick < 0:
            continue
    return wakes, 0, 0


def turnover(hbt, offset, qty, cap, tick, lot):
    """Each wake cancels the order of the wake before and sends another, far from the touch."""
    wakes = 0
    sent = 0
    cancels = 0
    order_id = 0
    depth = hbt.depth(0)
    while hbt.elapse(TURNOVER_WAKE_NS) == 0:
        wakes += 1
        hbt.clear_inactive_orders(0)
        best_bid = depth.best_bid_tick
        if best_bid < 0:
            continue
        if order_id != 0:
            order = hbt.orders(0).get(order_id)
            if order is not None and order.cancellable:
                hbt.cancel(0, order_id, False)
                cancels += 1
        order_id += 1
        hbt.submit_buy_order(0, order_id, (best_bid - FAR_TICKS) * tick, qty, GTX, LIMIT, False)
        sent += 1
    return wakes, sent, cancels


def quoter(hbt, offset, qty, cap, tick, lot):
    wakes = 0
    sent = 0
    cancels = 0
    bid_id = 0
    ask_id = 0
    bid_at = -1
    ask_at = -1
    next_id = 1
    depth = hbt.depth(0)
    while hbt.elapse(100_000_000) == 0:
        wakes += 1
        hbt.clear_inactive_orders(0)
        best_bid = depth.best_bid_tick
        best_ask = depth.best_ask_tick
        if best_bid < 0 or best_ask > 2**40:
            continue
        mid = (best_bid + best_ask) * 0.5
        held = hbt.position(0)
        want_bid = math.floor(mid - offset) if held + qty <= cap + 1e-9 else -1
        want_ask = math.ceil(mid + offset) if held - qty >= -cap - 1e-9 else -1
        orders = hbt.orders(0)
        if bid_id != 0 and bid_id not in orders:
            bid_id = 0
        if ask_id != 0 and ask_id not in orders:
            ask_id = 0
        if bid_id == 0 or want_bid != bid_at:
            if bid_id != 0:
                order = orders.get(bid_id)
                if order.cancellable:
                    hbt.cancel(0, bid_id, False)
                    cancels += 1
                bid_id = 0
            if want_bid >= 0:
                bid_id = next_id
                next_id += 1
                bid_at = want_bid
                hbt.submit_buy_order(0, bid_id, want_bid * tick, qty, GTX, LIMIT, False)
                sent += 1
        if ask_id == 0 or want_ask != ask_at:
            if ask_id != 0:
                order = orders.get(ask_id)
                if order.cancellable:
                    hbt.cancel(0, ask_id, False)
                    cancels += 1
                ask_id = 0
            if want_ask >= 0:
                ask_id = next_id
                next_id += 1
                ask_at = want_ask
                hbt.submit_sell_order(0, ask_id, want_ask * tick, qty, GTX, LIMIT, False)
                sent += 1
    return wakes, sent, cancels


def build(rows, session, kind):
    tick, lot = float(session["tick"]), float(session["lot"])
    latency = int(session["order_latency"])
    asset = (
        BacktestAsset()
        .data([rows])
        .linear_asset(1.0)
        .constant_order_latency(latency, latency)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0002, 0.0005)
        .tick_size(tick)
        .lot_size(lot)
        .last_trades_capacity(0)
    )
    if kind == "HashMap":
        return HashMapMarketDepthBacktest([asset])
    low, high = float(session["low"]), float(session["high"])
    return ROIVectorMarketDepthBacktest([asset.roi_lb(low).roi_ub(high)])


def main():
    session = dict(np.load(sys.argv[1]))
    rows = events(session)
    functions = {"each": each, "timer": timer, "watcher": watcher, "turnover": turnover, "quoter": quoter}
    functions |= {f"{name}-python": function for name, function in functions.items()}
    compiled = {}
    arguments = (
        float(session["offset"]),
        float(session["quote_qty"]),
        float(session["cap"]),
        float(session["tick"]),
        float(session["lot"]),
    )
    warmed = set()

    def run(workload, kind):
        function = functions[workload]
        if not workload.endswith("-python"):
            function = compiled.setdefault(workload, njit(function))
        if (workload, kind) not in warmed:
            hbt = build(rows[:3000], session, kind)
            function(hbt, *arguments)
            hbt.close()
            warmed.add((workload, kind))
        hbt = build(rows, session, kind)
        began = time.perf_counter()
        wakes, sent, cancels = function(hbt, *arguments)
        seconds = time.perf_counter() - began
        depth = hbt.depth(0)
        seen = {
            "seconds": seconds,
            "rows": len(rows),
            "wakes": int(wakes),
            "orders": int(sent),
            "cancels": int(cancels),
            "fills": int(hbt.state_values(0).num_trades),
            "bid": int(depth.best_bid_tick),
            "ask": int(depth.best_ask_tick),
        }
        hbt.close()
        return seen

    serve(run)


if __name__ == "__main__":
    main()
