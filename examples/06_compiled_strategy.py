"""The same market maker in Python and compiled: one result, two speeds.

Build the compiled one first: `cd examples/compiled_strategy && python setup.py build_ext --inplace`.
"""

from __future__ import annotations

import importlib
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


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent / "compiled_strategy"))
    makers = [Maker]
    try:
        makers.append(importlib.import_module("maker").Maker)
    except ImportError:
        print("the compiled strategy is not built: see the top of this file")
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
