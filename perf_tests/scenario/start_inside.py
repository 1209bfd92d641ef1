"""A start inside a day: what opening an hour costs against reading the day, on a synthetic day in a catalog.

Writes a day of a synthetic market to a catalog, reads all of it, then opens a run at each hour: from the call to the
first instant of the run, with the book of that instant. Says both times, how long writing took, and the share of the
states in the bytes of the part. Exit status 1 when opening costs a tenth of reading or more, or when the states take
more than a twentieth of the part.

A regression means that a run which starts inside a day reads more of it than it needs.

    python -m perf_tests.scenario.start_inside [--json] [--hours N] [--slower FACTOR]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import velora as vl
from velora.data import states

NS_PER_HOUR = 3_600 * 10**9

#: Rates of a default synthetic market, per second and level.
LIMIT = (70.0, 62.0, 54.0, 46.0, 40.0, 34.0, 29.0, 25.0, 21.0, 18.0)
CANCEL = (6.0, 4.0, 3.2, 2.8, 2.6, 2.4, 2.2, 2.0, 2.0, 2.0)


def write(folder: Path, hours: int, slower: float) -> tuple[vl.Catalog, float]:
    """A catalog with the day, and the seconds that it took to make and write."""
    rates = {
        "limit": [one / slower for one in LIMIT],
        "cancel": [one / slower for one in CANCEL],
        "market": 2.0 / slower,
        "far_rate": 60.0 / slower,
    }
    market = vl.SyntheticMarket(seed=11, duration=f"{hours}h", **rates)
    catalog = vl.Catalog(folder, create=True)
    began = time.perf_counter()
    catalog.write(market)
    return catalog, time.perf_counter() - began


def read(catalog: vl.Catalog) -> tuple[int, float]:
    """Rows of the day, and the seconds that it takes to read them."""
    began = time.perf_counter()
    rows = sum(len(chunk) for chunk in catalog.source(catalog.names()[0]).chunks(65_536))
    return rows, time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument(
        "--slower", type=float, default=12.0, help="how many times fewer events than the default market"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        catalog, wrote = write(Path(folder), options.hours, options.slower)
        name = catalog.names()[0]
        info = catalog.info(name)
        part = Path(info["parts"][0]["file"])
        stored = part.with_name(part.name.replace("events", "states"))
        share = stored.stat().st_size / part.stat().st_size
        readings = [read(catalog) for _ in range(3)]
        rows, day = readings[0][0], min(seconds for _, seconds in readings)
        first = info["first_ts"]
        opened = []
        for hour in range(1, options.hours):
            start = first + hour * NS_PER_HOUR
            backtest = vl.Backtest(catalog, vl.Strategy(), start=start, end=start + NS_PER_HOUR)
            began = time.perf_counter()
            run = backtest.start()
            opened.append(time.perf_counter() - began)
            assert run.now == start
            assert run.book(run.instruments[0]).best_bid is not None
    ratio = statistics.median(opened) / day
    figures = {
        "figure": "opening an hour / reading the day",
        "unit": "ratio",
        "rows": rows,
        "write_s": round(wrote, 3),
        "read_day_s": round(day, 3),
        "open_s": round(statistics.median(opened), 4),
        "open_max_s": round(max(opened), 4),
        "ratio": round(ratio, 4),
        "states_share": round(share, 4),
        "states_version": states.STATES_VERSION,
    }
    if options.json:
        print(json.dumps(figures))
    else:
        print(f"{rows:,} rows, written in {wrote:.1f} s, read in {day:.2f} s; states are {share:.2%} of the part")
        print(f"opening an hour: median {1e3 * statistics.median(opened):.1f} ms, at most {1e3 * max(opened):.1f} ms")
        print(f"that is {ratio:.2%} of reading the day")
    return int(ratio >= 0.1 or share > 0.05)


if __name__ == "__main__":
    sys.exit(main())
