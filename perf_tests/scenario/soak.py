"""Soak: does a long run grow? A market maker over a synthetic session again and again, in one run.

Each time round the session's times are moved on and its snapshot begins the book anew, so the market stays the same and
the run goes on. Resident memory is sampled as it runs; the slope is that of a straight line through the samples after
the warm-up. Exit status 1 when it is above the limit.

What is kept for the result grows by design: orders, fills and samples. `--retention` bounds it where `Backtest` knows
that argument; without, they are part of the slope, and their number is printed.

    python -m perf_tests.scenario.soak [--events N] [--limit MB_PER_HOUR] [--retention N]
"""

from __future__ import annotations

import argparse
import inspect
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import velora as vl
from velora.strategy.examples import MarketMaker

COLUMNS = ("kind", "side", "flags", "price", "qty", "order_id")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Looped:
    """An event source that gives a table again and again, each time later.

    Parameters
    ----------
    table : EventTable
        Begins with a snapshot.
    loops : int
    """

    def __init__(self, table: vl.EventTable, loops: int) -> None:
        self.instrument = table.instrument
        self.disorder_ns = table.disorder_ns
        self.has_depth = table.has_depth
        self._table = table
        self._loops = loops
        # The next round begins when every row of this one has been received.
        self._period_ns = int(table.ts_recv[-1] - min(table.ts_event[0], table.ts_recv[0])) + 1_000_000

    def chunks(self, rows: int) -> Iterator[vl.EventTable]:
        for loop in range(self._loops):
            shift = loop * self._period_ns
            for at in range(0, len(self._table), rows):
                part = self._table.slice(at, min(at + rows, len(self._table)))
                yield vl.EventTable.from_numpy(
                    self.instrument,
                    check=False,
                    ts_event=part.ts_event + shift,
                    ts_recv=part.ts_recv + shift,
                    **{name: getattr(part, name) for name in COLUMNS},
                )


def resident_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def slope(x: list[float], y: list[float]) -> float:
    """Of the straight line through points."""
    return float(np.polyfit(x, y, 1)[0])


def main() -> int:
    """Run and print; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.scenario.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--session", type=int, default=1_000_000, help="events of the session that is looped")
    parser.add_argument("--warm-up", type=float, default=0.1, help="share of the events before the first sample")
    parser.add_argument("--limit", type=float, default=1.0, help="MB an hour")
    parser.add_argument("--retention", type=int, help="given to Backtest(retention=...)")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    options: dict[str, object] = {}
    if arguments.retention is not None:
        if "retention" not in inspect.signature(vl.Backtest).parameters:
            raise SystemExit("this Backtest has no retention")
        options["retention"] = arguments.retention
    table = vl.SyntheticMarket(arguments.seed, events=arguments.session, quotes=False).table()
    loops = -(-arguments.events // len(table))
    backtest = vl.Backtest(Looped(table, loops), MarketMaker(), latency="1ms", sample=0, **options)
    total = loops * len(table)
    hours: list[float] = []
    events: list[float] = []
    memory: list[float] = []
    began = time.perf_counter()
    progress_at = [0]

    def sample(done: int, _now: int) -> None:
        if done < arguments.warm_up * total or done - progress_at[0] < total / 500:
            return
        progress_at[0] = done
        hours.append((time.perf_counter() - began) / 3600)
        events.append(done / 1e8)
        memory.append(resident_mb())

    run = backtest.start()
    run.advance_to_end(sample)
    took = time.perf_counter() - began
    if len(memory) < 10:
        raise SystemExit(f"only {len(memory)} samples: run more events")
    an_hour = slope(hours, memory)
    counters = run.finish().counters
    print(f"{total:,} events in {took:.1f} s ({total / took / 1e6:.1f} M/s), chunks made inside the clock")
    print(f"{counters['orders']:,} orders, {counters['fills']:,} fills")
    print(
        f"resident: {memory[0]:.1f} MB after the warm-up, {memory[-1]:.1f} MB at the end, {max(memory):.1f} MB at most"
    )
    print(f"slope: {an_hour:.1f} MB an hour, {slope(events, memory):.2f} MB for 100,000,000 events")
    return int(an_hour > arguments.limit)


if __name__ == "__main__":
    sys.exit(main())
