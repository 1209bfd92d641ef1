"""mbo-queue's replay of a book by order, for `perf_tests.compare.book`, without shadows, samples or tracks.

Its core always writes its outcome tables; there is no way to switch that off.
"""

import sys
import time

import numpy as np
from mboq import fast
from serve import serve


def main():
    session = dict(np.load(sys.argv[1]))
    record = {name: session[name] for name in ("ts_event", "order_id", "price", "size", "flags", "action", "side")}
    tick = int(session["tick"])

    def run(_workload):
        began = time.perf_counter()
        fast.run(record, tick)
        return {"seconds": time.perf_counter() - began}

    serve(run)


if __name__ == "__main__":
    main()
