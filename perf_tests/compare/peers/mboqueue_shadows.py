"""mbo-queue's shadow orders, for `perf_tests.compare.queue`.

A workload is ``RULES PATH``: the records as they are (``recorded``), those with the executions at another price than
their order's taken out (``without``), or the peer's own other reading of these (``record_price``). The shadows go to
PATH, the counters to the answer.
"""

import sys
import time

import numpy as np
from mboq import fast
from serve import serve


def main():
    session = dict(np.load(sys.argv[1]))
    record = {name: session[name] for name in ("ts_event", "order_id", "price", "size", "flags", "action", "side")}
    without = record | {"action": np.where(session["is_elsewhere"], ord("N"), record["action"]).astype(np.uint8)}

    def run(rules, path):
        began = time.perf_counter()
        found = fast.run(
            without if rules == "without" else record,
            int(session["tick"]),
            place_times=session["place_times"],
            horizon_ns=int(session["horizon_ns"]),
            truth_record_price=rules == "record_price",
        )
        seconds = time.perf_counter() - began
        np.savez(path, **found["shadows"])
        ranks = found["fifo_rank"]
        return {
            "seconds": seconds,
            "executed": int((ranks >= 0).sum()),
            "executed_first": int((ranks == 0).sum()),
            "anomalies": found["stats"]["shadow_fifo_anomaly"],
        }

    serve(run)


if __name__ == "__main__":
    main()
