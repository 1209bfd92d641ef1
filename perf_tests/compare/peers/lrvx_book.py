"""lrvx's OrderBook, for `perf_tests.compare.book`: deltas of prebuilt arrays, a batch grouped by side."""

import sys
import time

import lrvx
import numpy as np
from serve import serve


def main():
    session = dict(np.load(sys.argv[1]))
    tick, lot = float(session["tick"]), float(session["lot"])
    side, price, qty = session["side"], np.round(session["price"] * tick, 10), np.round(session["qty"] * lot, 10)

    def batches(rows):
        for start in range(0, len(side), rows):
            s, p, q = side[start : start + rows], price[start : start + rows], qty[start : start + rows]
            yield tuple(np.ascontiguousarray(part) for part in (p[s == 0], q[s == 0], p[s == 1], q[s == 1]))

    prepared = {"delta": list(batches(1)), "batch": list(batches(100))}

    def run(workload):
        book = lrvx.OrderBook(tick)
        apply, best_bid, best_ask = book.apply_delta, book.best_bid, book.best_ask
        updates = prepared[workload]
        reads = workload == "delta"
        began = time.perf_counter()
        if reads:
            for update in updates:
                apply(*update)
                best_bid()
                best_ask()
        else:
            for update in updates:
                apply(*update)
        seconds = time.perf_counter() - began
        bid, ask = best_bid(), best_ask()
        return {"seconds": seconds, "bid": round(bid / tick), "ask": round(ask / tick)}

    serve(run)


if __name__ == "__main__":
    main()
