"""Soak: does a long run grow? A market maker over a synthetic session again and again, in one run.

Each time round the session's times are moved on and its snapshot begins the book anew, so the market stays the same and
the run goes on, for so many events and so long at least: 100,000,000 events take seconds, in which one page more would
be megabytes an hour. Resident memory is sampled as it runs; the slope is that of a straight line through the samples
after the warm-up. Exit status 1 when it is above the limit.

What is kept for the result grows by design: orders, fills and samples. `--retention` bounds it, and they have grown to
that bound in the warm-up; with `--retention -1` they are part of the slope, and their number is printed.

    python -m perf_tests.scenario.soak [--events N] [--seconds S] [--limit MB_PER_HOUR] [--retention N]
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
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
    goes_on : callable
        Asked with the events given so far, before each time round.
    """

    def __init__(self, table: vl.EventTable, goes_on: Callable[[int], bool]) -> None:
        self.instrument = table.instrument
        self.disorder_ns = table.disorder_ns
        self.has_depth = table.has_depth
        self._table = table
        self._goes_on = goes_on
        # The next round begins when every row of this one has been received.
        self._period_ns = int(table.ts_recv[-1] - min(table.ts_event[0], table.ts_recv[0])) + 1_000_000

    def chunks(self, rows: int) -> Iterator[vl.EventTable]:
        for loop in itertools.count():
            if not self._goes_on(loop * len(self._table)):
                return
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
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--warm-up", type=float, default=0.1, help="share of both before the first sample")
    parser.add_argument("--limit", type=float, default=1.0, help="MB an hour")
    parser.add_argument("--retention", type=int, default=10_000, help="given to Backtest(retention=...); -1 for none")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    table = vl.SyntheticMarket(arguments.seed, events=arguments.session, quotes=False).table()
    began = time.perf_counter()

    def has_done(share: float, done: int) -> bool:
        return done >= share * arguments.events and time.perf_counter() - began >= share * arguments.seconds

    backtest = vl.Backtest(
        Looped(table, lambda done: not has_done(1.0, done)),
        MarketMaker(),
        latency="1ms",
        sample=0,
        retention=None if arguments.retention < 0 else arguments.retention,
    )
    hours: list[float] = []
    events: list[float] = []
    memory: list[float] = []
    sampled_at = 0.0

    def sample(done: int, _now: int) -> None:
        nonlocal sampled_at
        now = time.perf_counter()
        if not has_done(arguments.warm_up, done) or now - sampled_at < arguments.seconds / 500:
            return
        sampled_at = now
        hours.append((now - began) / 3600)
        events.append(done / 1e8)
        memory.append(resident_mb())

    run = backtest.start()
    run.advance_to_end(sample)
    took = time.perf_counter() - began
    if len(memory) < 10:
        raise SystemExit(f"only {len(memory)} samples: run more events")
    an_hour = slope(hours, memory)
    counters = run.finish().counters
    total = counters["rows"]
    print(f"{total:,} events in {took:.1f} s ({total / took / 1e6:.1f} M/s), chunks made inside the clock")
    print(f"{counters['orders']:,} orders, {counters['fills']:,} fills")
    print(
        f"resident: {memory[0]:.1f} MB after the warm-up, {memory[-1]:.1f} MB at the end, {max(memory):.1f} MB at most"
    )
    print(f"slope: {an_hour:.1f} MB an hour, {slope(events, memory):.2f} MB for 100,000,000 events")
    return int(an_hour > arguments.limit)


if __name__ == "__main__":
    sys.exit(main())
