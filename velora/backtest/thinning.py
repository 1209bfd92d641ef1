"""Sessions thinned to what a poorer feed would have sent: best levels, quotes, trades, trades without a side.

A thinned table is on the venue's clock and has the rows of the whole one in their order, as far as the poorer feed has
them. What the poorer feed lacks is left out, never marked: a consumer of the table has what a subscriber of such a feed
has. `velora.backtest.bounds_check` runs one set of orders on the whole and on the thinned session.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from velora.core.events import EventFlag, EventKind, Side
from velora.data.levels import LevelReader
from velora.data.table import EventTable
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.data.source import EventSource

__all__ = ["THINNINGS", "Thinning", "in_venue_order", "levels_of", "thin"]

#: The thinnings that `velora check bounds` tries when none is named.
THINNINGS = (
    "levels",
    "best10",
    "best10_cold",
    "best10_snapshots",
    "best5",
    "best5_cold",
    "best5_snapshots",
    "best1",
    "quotes",
    "trades",
    "levels_no_side",
    "trades_no_side",
)

_PATTERN = re.compile(r"best(?P<depth>[1-9][0-9]*)(?P<form>|_cold|_snapshots)")
_BOOK_KINDS = (EventKind.DELTA, EventKind.SNAPSHOT_BEGIN, EventKind.SNAPSHOT_END, EventKind.QUOTE)
_TRADE, _QUOTE, _DELTA = int(EventKind.TRADE), int(EventKind.QUOTE), int(EventKind.DELTA)
_BEGIN, _END, _GAP = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END), int(EventKind.GAP)
_LAST, _SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
_NONE = int(Side.NONE)
_FLAGS_OF_LAST = -2  # of the numbers of a window's rows, the flags of the newest row


@dataclass(frozen=True)
class Thinning:
    """What a poorer feed sends.

    Parameters
    ----------
    name : str
    book : {"levels", "deltas", "snapshots", "quotes", "none"}
        Every level; the best levels as changes or as whole snapshots; best bid and ask as QUOTE rows; no book.
    depth : int
        Levels a side, of "deltas" and "snapshots"; else 0.
    has_start : bool
        Whether a feed of "deltas" begins with a snapshot. Without one the first levels come as changes.
    has_trades, has_sides : bool
        Whether there are trades, and whether these name the aggressor's side.
    """

    name: str
    book: str
    depth: int = 0
    has_start: bool = True
    has_trades: bool = True
    has_sides: bool = True

    @classmethod
    def of(cls, name: str | Thinning) -> Thinning:
        """A thinning by its name.

        ``"levels"``
            Every level.
        ``"levels_no_side"``
            Every level, trades without a side.
        ``"best5"``, ``"best10"`` and so on
            The best levels as changes after a snapshot: a level that leaves the window goes to 0, one that enters it
            comes with its total, in the batch in which it happens.
        ``"best5_cold"``
            The same without a snapshot at the start.
        ``"best5_snapshots"``
            The best levels as a whole snapshot whenever one of them has changed.
        ``"best1"``
            Quotes and trades.
        ``"quotes"``, ``"trades"``, ``"trades_no_side"``
            Quotes alone, trades alone, trades alone and without a side.

        Raises
        ------
        InvalidArgument
            If there is none of that name.
        """
        if isinstance(name, Thinning):
            return name
        plain = {
            "levels": cls("levels", "levels"),
            "levels_no_side": cls("levels_no_side", "levels", has_sides=False),
            "best1": cls("best1", "quotes"),
            "quotes": cls("quotes", "quotes", has_trades=False),
            "trades": cls("trades", "none"),
            "trades_no_side": cls("trades_no_side", "none", has_sides=False),
        }
        found = plain.get(name)
        match = _PATTERN.fullmatch(name)
        if found is None and match is not None:
            form, depth = match["form"], int(match["depth"])
            found = cls(name, "snapshots" if form == "_snapshots" else "deltas", depth, has_start=form != "_cold")
        if found is None:
            raise InvalidArgument(
                f"a thinning is one of {', '.join(THINNINGS)}, or best<levels> with any number of levels, was {name!r}"
            )
        return found


def in_venue_order(data: EventTable | EventSource) -> EventTable:
    """The rows of a table or source in the order of the venue's clock, each received as it happens.

    Rows of one instant keep their order. This is the order in which the venue of a backtest reads a feed.
    """
    table = _whole(data)
    if table.disorder_ns == 0 and np.array_equal(table.ts_event, table.ts_recv):
        return table
    order = np.argsort(table.ts_event, kind="stable")
    columns = {name: getattr(table, name)[order] for name in ("kind", "side", "flags", "price", "qty", "order_id")}
    ts = table.ts_event[order]
    return EventTable.from_numpy(table.instrument, check=False, ts_event=ts, ts_recv=ts, **columns)


def levels_of(data: EventTable | EventSource) -> EventTable:
    """A session by level in venue order: of rows by order the levels that they make, of rows by level themselves."""
    table = in_venue_order(data)
    return LevelReader().convert(table) if table.has_orders else table


def thin(data: EventTable | EventSource, thinning: str | Thinning) -> EventTable:
    """Thin a session to what a poorer feed would have sent.

    Parameters
    ----------
    data : EventTable or EventSource
        By order or by level.
    thinning : str or Thinning
        See `Thinning.of`.

    Returns
    -------
    EventTable
        On the venue's clock. Trades keep their flags and their order among the rows of the book; STATUS, GAP, mark and
        funding rows stay. QUOTE rows of the session stay in "levels" alone.

    Raises
    ------
    InvalidArgument
        If the thinning is unknown, or the session has no book to thin.

    Examples
    --------
    >>> from velora.testkit import Flow
    >>> flow = Flow().snapshot(0, bids=[(99, 5), (98, 7)], asks=[(101, 4), (102, 6)]).delta(10, 0, 99, 0)
    >>> thin(flow.table(), "best1").counts()
    {'quote': 4}
    """
    chosen = Thinning.of(thinning)
    table = levels_of(data)
    if chosen.book in ("deltas", "snapshots", "quotes") and not table.has_depth:
        raise InvalidArgument(f"{table.instrument.symbol} has no levels to thin to {chosen.name!r}")
    if chosen.book in ("levels", "none"):
        kept = np.ones(len(table), np.bool_) if chosen.book == "levels" else ~np.isin(table.kind, _BOOK_KINDS)
        return _masked(table, kept, chosen)
    return _Window(table, chosen).table()


def _whole(data: EventTable | EventSource) -> EventTable:
    if isinstance(data, EventTable):
        return data
    chunks = list(data.chunks(1 << 30))
    if len(chunks) == 1:
        return chunks[0]
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    columns = {
        name: np.concatenate([getattr(one, name) for one in chunks]) if chunks else np.zeros(0, np.int64)
        for name in names
    }
    return EventTable.from_numpy(data.instrument, check=False, **columns)


def _batches(flags: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number of the batch of each row."""
    ends = (flags & _LAST) != 0
    numbers: NDArray[np.int64] = np.cumsum(ends) - ends
    return numbers


def _masked(table: EventTable, kept: NDArray[np.bool_], chosen: Thinning) -> EventTable:
    """Some rows as they are; the last that is left of a batch ends it."""
    is_trade = table.kind == _TRADE
    if not chosen.has_trades:
        kept = kept & ~is_trade
    rows = np.flatnonzero(kept)
    columns = {name: getattr(table, name)[rows] for name in ("ts_event", "kind", "side", "flags", "price", "qty")}
    batch = _batches(table.flags)[rows]
    if len(rows):
        has_ended = batch[-1] < np.count_nonzero(table.flags & _LAST)
        ends = np.append(batch[1:] != batch[:-1], has_ended)
        columns["flags"] = np.where(ends, columns["flags"] | _LAST, columns["flags"]).astype(np.uint8)
    if not chosen.has_sides:
        columns["side"] = np.where(columns["kind"] == _TRADE, np.uint8(_NONE), columns["side"]).astype(np.uint8)
    return EventTable.from_numpy(table.instrument, check=False, order_id=table.order_id[rows], **columns)


class _Side:
    """One side of a book: lots by key, the price times the sign, so that the best level has the smallest key.

    `sent` is the window of the best levels, by price, as it was sent last.
    """

    def __init__(self, sign: int, depth: int) -> None:
        self.sign = sign
        self.depth = depth
        self.keys: list[int] = []
        self.qty: dict[int, int] = {}
        self.sent: dict[int, int] = {}

    def clear(self) -> None:
        """Remove every level."""
        self.keys.clear()
        self.qty.clear()

    def set(self, price: int, qty: int) -> bool:
        """Set a level; returns whether the window may have changed."""
        key, keys = price * self.sign, self.keys
        in_window = len(keys) < self.depth or key <= keys[self.depth - 1]
        if qty > 0:
            if key not in self.qty:
                insort(keys, key)
            self.qty[key] = qty
        elif self.qty.pop(key, None) is not None:
            del keys[bisect_left(keys, key)]
        return in_window

    def window(self) -> dict[int, int]:
        """The best levels by price, the best first."""
        return {key * self.sign: self.qty[key] for key in self.keys[: self.depth]}


class _Window:
    """The best levels of a session by level, as the rows of a feed that sends no more."""

    def __init__(self, table: EventTable, chosen: Thinning) -> None:
        self._table = table
        self._chosen = chosen
        self._depth = chosen.depth or 1
        self._sides = (_Side(-1, self._depth), _Side(1, self._depth))
        self._rows = array("q")  # seven numbers each: row of the session, kind, side, price, qty, flags, id
        self._has_sent = False

    def table(self) -> EventTable:
        """All rows."""
        table, chosen, sides, rows = self._table, self._chosen, self._sides, self._rows
        is_changed = in_snapshot = had_gap = False
        batch = 0
        columns = (table.kind, table.side, table.price, table.qty, table.flags, table.order_id)
        for row, (kind, side, price, qty, flags, order_id) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            if kind == _DELTA:
                is_changed = sides[side].set(price, qty) or is_changed
            elif kind == _BEGIN:
                for one in sides:
                    one.clear()
                in_snapshot = is_changed = True
            elif kind == _END:
                in_snapshot = False
                self._send(row, is_snapshot=chosen.has_start or had_gap)
                is_changed = False
            elif kind != _QUOTE:
                if is_changed and not in_snapshot:
                    self._send(row - 1)
                    is_changed = False
                had_gap = had_gap or kind == _GAP
                if kind == _TRADE and not chosen.has_sides:
                    side = _NONE
                if kind != _TRADE or chosen.has_trades:
                    rows.extend((row, kind, side, price, qty, flags, order_id))
            if flags & _LAST:
                if is_changed and not in_snapshot:
                    self._send(row)
                    is_changed = False
                if len(rows) > batch:
                    rows[_FLAGS_OF_LAST] |= _LAST
                batch = len(rows)
        return self._made()

    def _send(self, row: int, *, is_snapshot: bool = False) -> None:
        """Rows for what the window has become."""
        now = [one.window() for one in self._sides]
        before = [one.sent for one in self._sides]
        if now == before and not is_snapshot:
            return
        rows, book = self._rows, self._chosen.book
        if book == "quotes":
            best = [next(iter(levels.items()), None) for levels in now]
            if best[0] is None or best[1] is None:
                return
            if now != before:
                rows.extend((row, _QUOTE, 0, *best[0], 0, 0))
                rows.extend((row, _QUOTE, 1, *best[1], _LAST, 0))
        elif book == "snapshots" or is_snapshot or (self._chosen.has_start and not self._has_sent):
            rows.extend((row, _BEGIN, _NONE, 0, 0, 0, 0))
            for side, levels in enumerate(now):
                for price, qty in levels.items():
                    rows.extend((row, _DELTA, side, price, qty, _SNAPSHOT, 0))
            rows.extend((row, _END, _NONE, 0, 0, _LAST, 0))
        else:
            for side in (0, 1):
                for price in before[side]:
                    if price not in now[side]:
                        rows.extend((row, _DELTA, side, price, 0, 0, 0))
            for side in (0, 1):
                for price, qty in now[side].items():
                    if before[side].get(price) != qty:
                        rows.extend((row, _DELTA, side, price, qty, 0, 0))
        self._has_sent = True
        for one, levels in zip(self._sides, now, strict=True):
            one.sent = levels

    def _made(self) -> EventTable:
        columns = np.frombuffer(self._rows, np.int64).reshape(-1, 7)
        source = columns[:, 0]
        return EventTable.from_numpy(
            self._table.instrument,
            check=False,
            ts_event=self._table.ts_event[source],
            kind=columns[:, 1].astype(np.uint8),
            side=columns[:, 2].astype(np.uint8),
            price=np.ascontiguousarray(columns[:, 3]),
            qty=np.ascontiguousarray(columns[:, 4]),
            flags=columns[:, 5].astype(np.uint8),
            order_id=np.ascontiguousarray(columns[:, 6]),
        )
