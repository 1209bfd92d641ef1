"""Markets and strategies of the load shapes: few rows and many things that they meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import velora as vl

K = vl.EventKind
T0 = 1_700_000_000_000_000_000
MS = 1_000_000
INSTRUMENT = vl.Instrument("X", tick_size="0.1", lot_size="0.001", quote="USDT")


def table(rows: dict[str, Any], instrument: vl.Instrument = INSTRUMENT, first: int = 0) -> vl.EventTable:
    """A table of rows a millisecond apart, so many of the first at one instant."""
    at = np.maximum(np.arange(len(rows["price"]), dtype=np.int64) - first, 0)
    return vl.EventTable.from_numpy(instrument, ts_event=T0 + at * MS, **rows)


def prints_at_the_bid(rows: int = 2_000, instrument: vl.Instrument = INSTRUMENT) -> vl.EventTable:
    """Depth at 999 and 1001, and each fourth row a print of one lot at the bid."""
    at = np.arange(rows)
    is_print = at % 4 == 3
    return table(
        {
            "kind": np.where(is_print, int(K.TRADE), int(K.DELTA)),
            "side": np.where(is_print, vl.Side.SELL, at % 2),
            "qty": np.where(is_print, 1, 50 + at % 50),
            "price": np.where(is_print | (at % 2 == 0), 999, 1001),
        },
        instrument,
    )


def ladder(levels: int, step: int = 1, rows: int = 0) -> vl.EventTable:
    """A snapshot of so many levels a side, one lot each, then rows that change the best ones."""
    up = np.arange(levels, dtype=np.int64) * step
    price = np.concatenate([[0], 10_000_000 - 1 - up, 10_000_000 + 1 + up, [0], np.full(rows, 10_000_000 - 1)])
    side = np.concatenate([[0], np.zeros(levels), np.ones(levels), [0], np.zeros(rows)]).astype(np.int64)
    qty = np.concatenate([[0], np.ones(2 * levels), [0], 1 + np.arange(rows) % 2]).astype(np.int64)
    kind = np.full(len(price), int(K.DELTA))
    kind[0], kind[2 * levels + 1] = int(K.SNAPSHOT_BEGIN), int(K.SNAPSHOT_END)
    return table({"kind": kind, "side": side, "price": price, "qty": qty}, first=2 * levels + 1)


def falling(rows: int = 200) -> vl.EventTable:
    """Trades from 1000 upward and down again to far below, in a thin book."""
    at = np.arange(rows)
    price = np.where(at < rows // 2, 1_000 + at, 1_000 + rows // 2 - (at - rows // 2) * 2_000)
    is_print = at >= 2
    return table(
        {
            "kind": np.where(is_print, int(K.TRADE), int(K.DELTA)),
            "side": np.where(is_print, vl.Side.SELL, at % 2),
            "qty": np.full(rows, 5),
            "price": np.where(is_print, price, np.where(at == 0, -90_000_000, 90_000_000)),
        }
    )


def to_and_fro(rows: int = 2_000) -> vl.EventTable:
    """Trades at 1000 and 1001 in turn, and nothing else."""
    return table(
        {
            "kind": np.full(rows, int(K.TRADE)),
            "side": np.ones(rows, np.int64),
            "price": 1_000 + np.arange(rows) % 2,
            "qty": np.ones(rows, np.int64),
        }
    )


class Scripted(vl.Strategy):
    """Runs one function at the start, and with `later` another one after 100 milliseconds."""

    def __init__(self, first: Callable[[Any], object], later: Callable[[Any], object] | None = None) -> None:
        self.first, self.later = first, later
        self.kept: Any = None

    def on_start(self) -> None:
        """Do the work."""
        self.kept = self.first(self)
        if self.later is not None:
            self.after("100ms", self._do_later)

    def _do_later(self) -> None:
        assert self.later is not None
        self.later(self)
