"""Rows of Binance archive files: spooled to disk, then sorted, with duplicate prints and quotes removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from velora.data.importers.grid import OFF_GRID_SHARE, GridFinder
from velora.data.importers.prints import find_duplicate_prints, id_runs
from velora.data.importers.report import Defects, InstrumentSummary

__all__ = ["AGG_TRADES", "BOOK_TICKER", "CHUNK", "TRADES", "RowOrder", "RowSpool"]

#: Rows per read or write.
CHUNK = 1 << 16

#: Kinds of files whose rows are spooled.
TRADES, AGG_TRADES, BOOK_TICKER = range(3)

_ROW = np.dtype(
    [(name, "i8") for name in ("ts", "price", "qty", "id", "first", "last", "line")]
    + [(name, "u1") for name in ("kind", "side", "flags", "stream")]
    + [("file", "u4")]
)


class RowSpool:
    """Rows of one symbol on disk, with prices and quantities in 1e-8."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._rows: list[tuple[int, ...]] = []
        self.prices, self.lots = GridFinder((5, 2, 1), OFF_GRID_SHARE), GridFinder((1,), 0.0)
        self.count = 0

    def add(self, *row: int) -> None:
        """Append one row, in the order of the dtype."""
        self._rows.append(row)
        if len(self._rows) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write the rows held in memory."""
        if self._rows:
            block = np.array(self._rows, dtype=_ROW)
            self._rows.clear()
            self.prices.add(block["price"])
            self.lots.add(block["qty"])
            block.tofile(self._file)
            self.count += len(block)

    def column(self, name: str) -> NDArray[Any]:
        """One column of all rows."""
        self._file.seek(0)
        parts = []
        while len(block := np.fromfile(self._file, dtype=_ROW, count=CHUNK)):
            parts.append(np.ascontiguousarray(block[name]))
        return np.concatenate(parts)

    def rows(self, numbers: NDArray[np.intp]) -> NDArray[np.void]:
        """Some rows. The memory map is opened anew each time, so that pages read do not stay in memory."""
        mapped = np.memmap(self._file, dtype=_ROW, mode="r", shape=(self.count,))
        return np.array(mapped[numbers])


class RowOrder:
    """Finds the output order of spooled rows, and the duplicates to leave out."""

    def __init__(self, spool: RowSpool, files: list[Path], defects: Defects) -> None:
        self._spool = spool
        self._files = files
        self._defects = defects
        self._ts, self._ids = spool.column("ts"), spool.column("id")
        self._stream = spool.column("stream")
        self._keep = np.ones(spool.count, np.bool_)

    def find(self, one: InstrumentSummary) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
        """Row numbers by time; positions in that order of partly duplicated aggregated trades, and the quantity that
        they keep.

        Rows of one instant are ordered by kind, in the order of each kind's first file, and by id within a kind.
        """
        self._find_disorder()
        rank = np.zeros(3, np.uint8)
        present = [stream for stream in range(3) if (self._stream == stream).any()]
        present.sort(key=lambda stream: int(np.argmax(self._stream == stream)))
        rank[present] = np.arange(len(present))
        order = np.lexsort((self._ids, rank[self._stream], self._ts))
        for stream in present:
            rows = order[self._stream[order] == stream]
            (self._check_quotes if stream == BOOK_TICKER else self._check_trades)(rows)
        none = np.empty(0, np.int64)
        rows, rest = self._without_duplicates(order, one) if {TRADES, AGG_TRADES} <= set(present) else (none, none)
        order = order[self._keep[order]]
        if not len(rows):
            return order, rows, rest
        by_row = np.argsort(rows)
        places = np.flatnonzero(np.isin(order, rows))
        return order, places, rest[by_row][np.searchsorted(rows[by_row], order[places])]

    def _place(self, row: int) -> str:
        found = self._spool.rows(np.array([row]))[0]
        return f"{self._files[int(found['file'])].name}:{int(found['line'])}"

    def _note(self, kind: str, rows: NDArray[np.intp], detail: Callable[[int], str]) -> None:
        """Add one defect for each row; the detail is of the position in `rows`."""
        for at in range(min(len(rows), Defects.PLACES_MAX)):
            self._defects.add(kind, self._place(int(rows[at])), detail(at))
        if len(rows) > Defects.PLACES_MAX:
            self._defects.counts[kind] += len(rows) - Defects.PLACES_MAX

    def _find_disorder(self) -> None:
        file = self._spool.column("file")
        back = np.flatnonzero((self._ts[1:] < self._ts[:-1]) & (file[1:] == file[:-1]))
        if len(back):
            self._defects.add("time goes back, sorted", self._place(int(back[0]) + 1), f"{len(back)} in total")

    def _same(self, rows: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether rows are equal to others, pair by pair."""
        equal = np.empty(len(rows), np.bool_)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            one, other = self._spool.rows(rows[part]), self._spool.rows(others[part])
            equal[part] = np.logical_and.reduce([one[name] == other[name] for name in ("ts", "price", "qty", "side")])
        return equal

    def _check_trades(self, rows: NDArray[np.intp]) -> None:
        """Check trades of one kind, by time: each id once, none missing."""
        by_id = rows[np.argsort(self._ids[rows], kind="stable")]
        ids = self._ids[by_id]
        again = np.flatnonzero(ids[1:] == ids[:-1]) + 1
        if len(again):
            starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
            originals = by_id[starts[np.searchsorted(starts, again, side="right") - 1]]
            repeats = by_id[again]
            same = self._same(repeats, originals)
            self._note("trade repeated, kept once", repeats[same], lambda at: f"id {self._ids[repeats[same][at]]}")
            other = repeats[~same]
            self._note(
                "trade id repeated with other values, the first kept", other, lambda at: f"id {self._ids[other[at]]}"
            )
            self._keep[repeats] = False
            by_id = by_id[starts]
            ids = ids[starts]
        holes = np.flatnonzero(ids[1:] - ids[:-1] > 1)
        self._note("trade ids missing", by_id[holes + 1], lambda at: f"{ids[holes[at] + 1]} after {ids[holes[at]]}")
        kept = rows[self._keep[rows]]
        in_time = self._ids[kept]
        back = np.flatnonzero(in_time[1:] < in_time[:-1])
        self._note(
            "trade id out of order", kept[back + 1], lambda at: f"{in_time[back[at] + 1]} after {in_time[back[at]]}"
        )

    def _check_quotes(self, rows: NDArray[np.intp]) -> None:
        """Check quotes by time, bid and ask of each one after the other: each quote once, update ids ascending."""
        bids, asks = rows[0::2], rows[1::2]
        ids = self._ids[bids]
        by_id = np.argsort(ids, kind="stable")
        again = np.flatnonzero(ids[by_id][1:] == ids[by_id][:-1]) + 1
        repeats, originals = by_id[again], by_id[again - 1]
        same = self._same(bids[repeats], bids[originals]) & self._same(asks[repeats], asks[originals])
        chosen, other = repeats[same], repeats[~same]
        self._note("quote repeated, kept once", bids[chosen], lambda at: f"update id {ids[chosen[at]]}")
        self._note("update id repeated with other values", bids[other], lambda at: f"update id {ids[other[at]]}")
        self._keep[bids[chosen]] = self._keep[asks[chosen]] = False
        kept = bids[self._keep[bids]]
        in_time = self._ids[kept]
        back = np.flatnonzero(in_time[1:] < in_time[:-1])
        self._note(
            "update id out of order", kept[back + 1], lambda at: f"{in_time[back[at] + 1]} after {in_time[back[at]]}"
        )

    def _without_duplicates(
        self, order: NDArray[np.intp], one: InstrumentSummary
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Drop aggregated trades with all single trades present; returns partly covered ones, and their rest."""
        kept = order[self._keep[order]]
        trades, aggregated = kept[self._stream[kept] == TRADES], kept[self._stream[kept] == AGG_TRADES]
        trades = trades[np.argsort(self._ids[trades], kind="stable")]
        ids = self._ids[trades]
        first, last = self._spool.column("first")[aggregated], self._spool.column("last")[aggregated]
        whole, part = find_duplicate_prints(first, last, id_runs(ids))
        self._keep[aggregated[whole]] = False
        if whole.any():
            one.messages["aggregated trades also present as single trades, left out"] = int(whole.sum())
        qty = self._spool.column("qty")
        # Sums wrap, and so do their differences, which are correct as long as an aggregated trade fits 64 bits.
        sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(qty[trades])))
        low, high = np.searchsorted(ids, first[part]), np.searchsorted(ids, last[part], side="right")
        rest = qty[aggregated[part]] - (sums[high] - sums[low])
        self._keep[aggregated[part][rest <= 0]] = False
        if (rest > 0).any():
            one.messages["aggregated trades partly present as single trades, the rest kept"] = int((rest > 0).sum())
        return aggregated[part][rest > 0], rest[rest > 0]
