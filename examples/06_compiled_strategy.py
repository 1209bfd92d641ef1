"""The same market maker in Python and compiled: one result, two speeds.

python examples/06_compiled_strategy.py           # runs the compiled one if it is built
python examples/06_compiled_strategy.py --build   # builds it first: needs a C compiler, Cython and setuptools
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import velora as vl


class Maker(vl.Strategy):
    """Joins both sides of the book whenever the best prices change, up to an inventory cap."""

    def __init__(self, qty_lots: int = 10, cap_lots: int = 100) -> None:
        self.qty_lots = qty_lots
        self.cap_lots = cap_lots
        self.fills = 0

    def on_start(self) -> None:
        self.symbol = self.instruments[0].symbol
        self.held = self.position(self.symbol)
        self.subscribe_book(best_change=True)

    def on_book(self, book: vl.OrderBookL2) -> None:
        bid, ask, held = book.best_bid_ticks, book.best_ask_ticks, self.held.qty_lots
        if bid is None or ask is None:
            return
        self.quote(
            self.symbol,
            bid_ticks=bid if held + self.qty_lots <= self.cap_lots else None,
            ask_ticks=ask if held - self.qty_lots >= -self.cap_lots else None,
            qty_lots=self.qty_lots,
        )

    def on_fill(self, fill: vl.Fill) -> None:
        self.fills += 1


def build(folder: Path) -> None:
    """Compile the strategy beside its source, or say what is missing."""
    missing = [name for name in ("Cython", "setuptools") if importlib.util.find_spec(name) is None]
    if missing:
        pip = f"{sys.executable} -m pip install {' '.join(missing).lower()}"
        sys.exit(f"the build needs {' and '.join(missing)}: {pip}")
    print(f"building {folder / 'maker.pyx'}, some ten seconds", flush=True)
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}\nthe build failed: is there a C compiler?")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="store_true", help="build the compiled strategy first")
    folder = Path(__file__).resolve().parent / "compiled_strategy"
    if parser.parse_args().build:
        build(folder)
    sys.path.insert(0, str(folder))
    makers = [Maker]
    try:
        makers.append(importlib.import_module("maker").Maker)
    except ImportError:
        print(f"the compiled strategy is not built, so only Python runs; build it with: python {sys.argv[0]} --build")
    table = vl.SyntheticMarket(seed=7, events=1_000_000).table()
    for cls in makers:
        run = vl.Backtest(table, cls(), latency="2ms", sample="10s").start()
        began = time.perf_counter()
        run.advance_to_end()
        seconds = time.perf_counter() - began
        result = run.finish()
        print(
            f"{cls.__module__}: {len(table) / seconds / 1e6:.1f} M rows/s, {result.fills_raw.size} fills, {result.hash}"
        )
