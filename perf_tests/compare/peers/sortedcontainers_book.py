"""A book of two sorted dicts, for `perf_tests.compare.book`."""

import sys
import time

import numpy as np
from serve import serve
from sortedcontainers import SortedDict


def main():
    session = dict(np.load(sys.argv[1]))
    updates = list(zip(session["side"].tolist(), session["price"].tolist(), session["qty"].tolist(), strict=True))

    def run(_workload):
        bids, asks = SortedDict(), SortedDict()
        bid_keys, ask_keys = bids.keys(), asks.keys()
        bid = ask = 0
        began = time.perf_counter()
        for side, price, qty in updates:
            book, key = (asks, price) if side else (bids, -price)
            if qty:
                book[key] = qty
            else:
                book.pop(key, None)
            if bids:
                bid = -bid_keys[0]
            if asks:
                ask = ask_keys[0]
        return {"seconds": time.perf_counter() - began, "bid": bid, "ask": ask}

    serve(run)


if __name__ == "__main__":
    main()
