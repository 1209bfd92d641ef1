"""A day of many strategies on many instruments, of which a few trade: memory of the run and time of its summary.

Every instrument has a book that changes a few times over the day. Some strategies buy and sell one instrument each
every ten minutes, the others do nothing. The run samples once a second for the whole day. Prints the resident memory
before the run and its peak, the times of the run and of `summary()`, and how many samples there are. Exit status 1 when
the peak is a gigabyte or more, or the summary takes five seconds or more.

A regression means that results grow with the strategies times the instruments again.

    python -m perf_tests.scenario.many_pairs [--json] [--strategies N] [--instruments N] [--trading N] [--hours N]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

import velora as vl

S = 1_000_000_000
START = 1_704_067_200 * S
BOOKS = 24
MOST_BYTES = 10**9
MOST_S = 5.0


class Idle(vl.Strategy):
    """Does nothing."""


class Trades(vl.Strategy):
    """Buys and sells a lot of one instrument in turn, every ten minutes."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol

    def on_start(self) -> None:
        self.every("10m", self.turn)

    def turn(self) -> None:
        position = self.position(self.symbol)
        send = self.buy if position.qty_lots <= 0 else self.sell
        send(self.symbol, qty_lots=1)


def book_of(number: int, hours: int) -> vl.EventTable:
    """An instrument and the rows of its day: a book around a mid that moves, `BOOKS` times."""
    instrument = vl.Instrument(f"S{number:04}", tick_size="0.01", lot_size="1", quote="USD", taker_fee="0.0001")
    rng = np.random.default_rng(number)
    mids = 10_000 + np.cumsum(rng.integers(-20, 21, BOOKS))
    first = START + number * 1_000
    at = np.repeat(np.arange(BOOKS), 2)
    sides = np.tile([0, 1], BOOKS).astype(np.uint8)
    ts = first + at * (hours * 3_600 * S // BOOKS)
    ts[-2:] = first + hours * 3_600 * S  # the day ends with a row
    return vl.EventTable.from_numpy(
        instrument,
        ts_event=ts,
        kind=np.full(ts.size, int(vl.EventKind.QUOTE), np.uint8),
        side=sides,
        flags=sides,
        price=mids[at] + np.where(sides == 0, -1, 1),
        qty=np.full(ts.size, 1_000),
    )


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--strategies", type=int, default=500)
    parser.add_argument("--instruments", type=int, default=2_000)
    parser.add_argument("--trading", type=int, default=20)
    parser.add_argument("--hours", type=int, default=24)
    args = parser.parse_args()
    tables = [book_of(number, args.hours) for number in range(args.instruments)]
    step = max(args.instruments // max(args.trading, 1), 1)
    strategies: dict[str, vl.Strategy] = {
        f"s{number}": Trades(f"S{number * step % args.instruments:04}") if number < args.trading else Idle()
        for number in range(args.strategies)
    }
    figures: dict[str, float] = {"resident_before_bytes": resident()}

    def timed(name: str, work: object) -> object:
        began = time.perf_counter()
        made = work()  # type: ignore[operator]
        figures[f"{name}_s"] = time.perf_counter() - began
        figures[f"{name}_peak_bytes"] = peak()
        return made

    backtest = vl.Backtest(tables, strategies, latency="1ms", sample="1s")
    run = timed("start", backtest.start)
    timed("replay", run.advance_to_end)
    result = timed("finish", run.finish)
    timed("summary", lambda: str(result.summary()))
    timed("equity", lambda: result.equity)
    figures |= {
        "instants": int(result.instants_raw.size),
        "samples": int(result.samples_raw.size),
        "fills": int(result.fills_raw.size),
        "peak_bytes": peak(),
    }
    for name, value in figures.items():
        if args.json:
            print(json.dumps({"figure": name, "value": value}))
        else:
            shown = f"{value / 1e6:,.0f} MB" if name.endswith("_bytes") else f"{value:,.3f}"
            print(f"{name.removesuffix('_bytes'):24} {shown}")
    return int(figures["peak_bytes"] >= MOST_BYTES or figures["summary_s"] >= MOST_S)


if __name__ == "__main__":
    sys.exit(main())
