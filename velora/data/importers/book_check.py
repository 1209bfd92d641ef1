"""Checks of the book before its rows are written: crossed books, and the top against the bookTicker."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from velora.core.book import OrderBookL2
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.feeds.guard import BookGuard, Crossed
from velora.data.importers.report import InstrumentSummary

__all__ = ["BookCheck"]

_LAST = int(EventFlag.LAST)
_QUOTE, _DELTA, _GAP = int(EventKind.QUOTE), int(EventKind.DELTA), int(EventKind.GAP)
_BEGIN, _END = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END)
_BUY, _SELL, _NONE = (int(side) for side in Side)

_Top = tuple[int, int, int, int]


class BookCheck:
    """Follows one book through blocks of rows, and changes the rows where the book is wrong.

    A crossed book is resolved by the guard's policy: levels that it removes become DELTA rows at the end of the batch.
    A faulty book, or one that lost a level change, becomes a GAP row there, so no callback sees the book in between.

    The reference for a diff is the last bookTicker whose update id is not above the diff's. Either may arrive first, so
    both wait until the stream of bookTickers has passed the diff. Diffs that were held for the snapshot are not
    checked, because there was no book when they arrived.
    """

    def __init__(self, instrument: Instrument, summary: InstrumentSummary, *, crossed: Crossed) -> None:
        self._guard = BookGuard(OrderBookL2(instrument), crossed=crossed)
        self._summary = summary
        self._tops: deque[tuple[int, _Top]] = deque()
        self._tickers: deque[tuple[int, _Top]] = deque()
        self._latest = 0  # update id of the last bookTicker
        self._ticker: _Top | None = None
        self._bid: tuple[int, int] | None = None
        self._is_whole = False
        self._lost = 0  # level changes left out of the current batch
        self._snapshot_line: tuple[int, int] | None = None
        #: (file, line) of every batch that left the book crossed, and the action taken.
        self.crossed_lines: list[tuple[int, int, str]] = []

    def follow(self, rows: NDArray[np.void], bad: NDArray[np.bool_]) -> NDArray[np.void]:
        """Process the next rows, in ticks and lots, without the bad ones; returns the rows to write."""
        kinds, sides, flags = rows["kind"].tolist(), rows["side"].tolist(), rows["flags"].tolist()
        ids, prices, qtys = rows["order_id"].tolist(), rows["price"].tolist(), rows["qty"].tolist()
        guard = self._guard
        drop = bad.copy()
        more: list[tuple[int, list[tuple[int, int, int]]]] = []
        for at, kind in enumerate(kinds):
            if kind == _DELTA:
                if bad[at]:
                    self._lost += 1
                else:
                    guard.set(sides[at], prices[at], qtys[at])
                if flags[at] & _LAST:
                    added = self._end_of_diff(ids[at], (int(rows["file"][at]), int(rows["line"][at])))
                    if added:
                        more.append((at, added))
            elif kind == _QUOTE:
                if sides[at] == _BUY:
                    self._bid = None if bad[at] else (prices[at], qtys[at])
                elif bad[at] or self._bid is None:
                    drop[max(at - 1, 0) : at + 1] = True  # a quote without one of its sides is useless
                else:
                    self._tickers.append((ids[at], (*self._bid, prices[at], qtys[at])))
                    self._latest = ids[at]
                    self._resolve()
            elif kind == _BEGIN:
                guard.clear()
                self._is_whole = True
                self._snapshot_line = (int(rows["file"][at]), int(rows["line"][at]))
            elif kind == _END:
                added = self._verdict((int(rows["file"][at]), int(rows["line"][at])))
                if added:
                    more.append((at, added))
            elif kind == _GAP:
                self._is_whole = False
        return _with_more(rows, drop, more) if more or drop.any() else rows

    def end(self) -> None:
        """There are no more rows: compare the pending diffs with the last bookTicker."""
        self._latest = 2**63
        self._resolve()

    def _resolve(self) -> None:
        while self._tops and self._tops[0][0] < self._latest:
            update_id, top = self._tops.popleft()
            while self._tickers and self._tickers[0][0] <= update_id:
                self._ticker = self._tickers.popleft()[1]
            if self._ticker is not None:
                self._summary.top_checked += 1
                self._summary.top_equal += top == self._ticker

    def _verdict(self, line: tuple[int, int]) -> list[tuple[int, int, int]]:
        """Rows to add after the batch: (kind, side, price)."""
        verdict = self._guard.end()
        added = [(_DELTA, side, price) for side, price in verdict.removed]
        if verdict.was_crossed:
            self._summary.crossed = (self._summary.crossed or 0) + 1
            if verdict.fault:
                done = f"{verdict.fault}; marked as a gap"
                added.append((_GAP, _NONE, 0))
                self._summary.gaps = (self._summary.gaps or 0) + 1
                self._is_whole = False
            else:
                done = f"{len(added)} phantom level(s) removed" if added else "kept"
            self.crossed_lines.append((*line, done))
        if self._lost:
            self._lost = 0
            if not (added and added[-1][0] == _GAP):
                added.append((_GAP, _NONE, 0))
                self._summary.gaps = (self._summary.gaps or 0) + 1
                self._is_whole = False
        return added

    def _end_of_diff(self, update_id: int, line: tuple[int, int]) -> list[tuple[int, int, int]]:
        added = self._verdict(line)
        book = self._guard.book
        bid, ask = book.best_bid_ticks, book.best_ask_ticks
        if self._is_whole and line != self._snapshot_line and bid is not None and ask is not None:
            self._tops.append((update_id, (bid, book.qty_lots(_BUY, bid), ask, book.qty_lots(_SELL, ask))))
            self._resolve()
        return added


def _with_more(
    rows: NDArray[np.void], drop: NDArray[np.bool_], more: list[tuple[int, list[tuple[int, int, int]]]]
) -> NDArray[np.void]:
    """Rows without the dropped ones, with rows added at the ends of some batches; the added rows end these batches."""
    places: list[int] = []
    new = np.empty(sum(len(added) for _, added in more), rows.dtype)
    kept = np.cumsum(~drop)
    for at, added in more:
        rows["flags"][at] &= ~np.uint8(_LAST)
        for kind, side, price in added:
            row = new[len(places) : len(places) + 1]
            row[:] = rows[at]
            row["kind"], row["side"], row["price"], row["qty"] = kind, side, price, 0
            if kind == _GAP:
                row["order_id"], row["flags"] = 0, _LAST
            places.append(int(kept[at]))
        new["flags"][len(places) - 1] |= _LAST
    return np.insert(rows[~drop], places, new)
