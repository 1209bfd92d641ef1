"""hftbacktest's depths, for `perf_tests.compare.book`.

Its depth lives inside its engine: the feed is replayed with a wake-up at every update and the best prices read there
("touch"), or without any ("batch"). The engine keeps a book for the venue and one for the local side, and schedules the
rows; that is part of its figure, since there is no other way to its books. Compiling is outside the clock.
"""

import sys
import time

import numpy as np
from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest, ROIVectorMarketDepthBacktest
from hftbacktest.types import BUY_EVENT, DEPTH_EVENT, EXCH_EVENT, LOCAL_EVENT, SELL_EVENT, event_dtype
from numba import njit
from serve import serve


@njit
def touch(hbt):
    depth = hbt.depth(0)
    seen = 0
    while hbt.wait_next_feed(False, 10_000_000_000_000) == 2:
        seen += depth.best_bid_tick + depth.best_ask_tick
    return depth.best_bid_tick, depth.best_ask_tick


@njit
def batch(hbt):
    hbt.elapse(1_000_000_000_000_000)
    depth = hbt.depth(0)
    return depth.best_bid_tick, depth.best_ask_tick


def main():
    session = dict(np.load(sys.argv[1]))
    tick, lot = float(session["tick"]), float(session["lot"])
    rows = np.zeros(len(session["side"]), event_dtype)
    side = np.where(session["side"] == 0, np.uint64(BUY_EVENT), np.uint64(SELL_EVENT))
    rows["ev"] = np.uint64(EXCH_EVENT | LOCAL_EVENT | DEPTH_EVENT) | side
    rows["exch_ts"] = rows["local_ts"] = np.arange(len(rows)) * 1_000 + 1_000_000
    rows["px"] = np.round(session["price"] * tick, 10)
    rows["qty"] = np.round(session["qty"] * lot, 10)
    low, high = (int(session["price"].min()) - 1000) * tick, (int(session["price"].max()) + 1000) * tick

    def build(kind, data):
        asset = (
            BacktestAsset()
            .data([data])
            .linear_asset(1.0)
            .constant_order_latency(0, 0)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0)
            .tick_size(tick)
            .lot_size(lot)
            .last_trades_capacity(0)
        )
        if kind == "HashMap":
            return HashMapMarketDepthBacktest([asset])
        return ROIVectorMarketDepthBacktest([asset.roi_lb(low).roi_ub(high)])

    def run(workload, kind):
        function = {"touch": touch, "batch": batch}[workload]
        if kind not in warmed:
            for one in (touch, batch):
                hbt = build(kind, rows[:1000])
                one(hbt)
                hbt.close()
            warmed.add(kind)
        hbt = build(kind, rows)
        began = time.perf_counter()
        bid, ask = function(hbt)
        seconds = time.perf_counter() - began
        hbt.close()
        return {"seconds": seconds, "bid": int(bid), "ask": int(ask)}

    warmed = set()
    serve(run)


if __name__ == "__main__":
    main()
