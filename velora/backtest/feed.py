"""One pass over a source, handed to the venue's cursor and to the local one.

Rows come in the order of receipt, which is the local cursor's order. The venue's cursor wants them by `ts_event`. Where
the source says that its venue times never go back the same columns serve both; else rows are held back until no later
row can come before them, which needs no more than the source's stated disorder.

A run that starts inside its data is given the rows from before the start too, by `Feed.open`: what they make is the
state that the run begins with. The local cursor's rows begin with the first one received at the start or after it, the
venue's with the first one that happened then. So both sides are, from the start on, where a run over all of the data
has them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.backtest.feed_stats import FeedStats
from velora.core.events import EventFlag, EventKind, Side
from velora.data.row_check import check_rows
from velora.data.source import opening_of

if TYPE_CHECKING:
    from velora.data import EventSource, EventTable
    from velora.sim.feed_latency import FeedShift

__all__ = ["Columns", "Feed", "FeedByOrder", "Given"]

#: Called with rows from before the start, and whether they sum up earlier ones.
Given = Callable[["Columns", bool], object]

#: Time before the start within which each row is read where the run has another feed latency than the data: rows
#: received then may arrive after the start.
_SLACK_NS = 60_000_000_000


class Columns(NamedTuple):
    """Columns of one chunk, contiguous, of equal length."""

    ts_event: NDArray[np.int64]
    ts_recv: NDArray[np.int64]
    kind: NDArray[np.uint8]
    side: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    price: NDArray[np.int64]
    qty: NDArray[np.int64]
    order_id: NDArray[np.int64]

    @classmethod
    def of(cls, table: EventTable) -> Columns:
        """The columns of an event table, without a copy."""
        return cls._make(np.ascontiguousarray(getattr(table, name)) for name in cls._fields)

    def take(self, rows: NDArray[np.intp]) -> Columns:
        """A copy of some rows."""
        return Columns._make(column[rows] for column in self)

    def part(self, start: int, stop: int | None = None) -> Columns:
        """Rows [start, stop), without a copy."""
        return Columns._make(column[start:stop] for column in self)


class _Mark(NamedTuple):
    """A GAP, or the end of a snapshot."""

    is_gap: bool
    ts_event: int
    missing_id: int


class Feed:
    """Chunks of one instrument for both cursors.

    Parameters
    ----------
    source : EventSource
    chunk_rows : int
        Rows to ask the source for at a time.
    shift : FeedShift, optional
        Changes the times of receipt of the local cursor; the venue's knows none.
    has_local, has_venue : bool
        Whether somebody asks for the rows of that cursor; those of nobody are not kept.
    warmup_ns : int
        Time at the start in which nothing is traded, for the statistics.
    before_ns : int, optional
        Time before the start within which `open` gives each row as it is, where there is a start: a venue's load
        depends on their number. None gives all of them.
    """

    def __init__(
        self,
        source: EventSource,
        chunk_rows: int,
        shift: FeedShift | None = None,
        *,
        has_local: bool = True,
        has_venue: bool = True,
        warmup_ns: int = 0,
        before_ns: int | None = 0,
    ) -> None:
        self._shift = shift
        self._has_local = has_local
        self._has_venue = has_venue
        self._disorder_ns = int(source.disorder_ns)
        self._symbol = source.instrument.symbol
        self._rows = 0
        self._last_recv: int | None = None
        slack = before_ns
        if shift is not None and slack is not None:
            reach = shift.reach_ns
            slack = None if reach is None else max(slack, _SLACK_NS + reach)
        self._opening = opening_of(source, chunk_rows, slack)
        self._chunks = iter(source.chunks(chunk_rows) if self._opening is None else self._opening.chunks)
        #: Rows received before it are not the run's, ns.
        self._start = None if self._opening is None else self._opening.start
        self._has_orders = bool(getattr(source, "has_orders", False) or getattr(source, "is_of_orders", False))
        self._has_depth = bool(source.has_depth or self._has_orders)
        self._local: deque[Columns] = deque()
        self._venue: deque[Columns] = deque()
        self._held: Columns | None = None
        self._latest = np.iinfo(np.int64).min
        self._has_ended = False
        self._first_recv: int | None = None
        self._marks: dict[bool, _Mark | None] = {False: None, True: None}  # by whether it is the venue's cursor
        self._was_given = False
        self._stats = FeedStats(warmup_ns)
        self._uncounted: Columns | None = None

    @property
    def stats(self) -> FeedStats:
        """Of the rows read so far."""
        self._count()
        return self._stats

    def _count(self) -> None:
        # A chunk is counted when the next one is asked for: the engine has just been through it, so it is in the cache.
        if self._uncounted is not None:
            self._stats.add(self._uncounted)
            self._uncounted = None

    # ------------------------------------------------------------------ the start

    def open(self, local: Given | None = None, venue: Given | None = None) -> int | None:
        """Give what comes from before the start, ahead of the first `next_local` and `next_venue`.

        Where the book is not whole at the start, the first local row is a GAP, and the venue's book is stale too: until
        the next snapshot. Nobody knows it where the feed is in a gap, or has not come to its first snapshot.

        Parameters
        ----------
        local, venue : callable, optional
            Receive the rows of each cursor.

        Returns
        -------
        int or None
            The start, ns, where there were rows before it.
        """
        opening, start = self._opening, self._start
        if opening is None or start is None:
            return None
        self._opening = None
        if opening.state is not None:
            state = Columns.of(opening.state)
            if len(state.ts_recv):
                # A state's rows are in an order of their own; each of them is checked.
                together = state._replace(ts_recv=np.full_like(state.ts_recv, state.ts_recv.max()))
                check_rows(together, file=self._symbol)
            if self._shift is not None:
                self._shift.go_on(opening.messages, opening.last_recv)
            self._look_back(state, False)
            self._look_back(state, True)
            self._was_given = True
            _give(local if self._has_local else None, state, True)
            _give(venue if self._has_venue else None, state, True)
        else:
            first = self._pull_first()
            if first is None or first >= start:
                return None  # there is nothing before: the source begins here
        while True:
            self._give_before(self._local, start, False, local)
            self._give_before(self._venue, start, True, venue)
            is_short = (self._has_local and not self._local) or (self._has_venue and not self._venue)
            if not is_short or self._has_ended:
                break
            self._pull()
        if not self._was_given:
            return None  # another latency than the data's: nothing has arrived by the start
        # What the levels were before the first row is not known where a snapshot was to come. A source that does not
        # say is taken to have one, unless it is by order: sessions by order do begin with an empty book.
        may_come = opening.has_snapshots or (opening.has_snapshots is None and not self._has_orders)
        is_unknown = self._has_depth and may_come
        if is_unknown and self._has_venue and self._marks[True] is None:
            _give(venue, _gap(start, start, 0), False)
        mark = self._marks[False]
        gap = _gap(start, start, 0)
        if mark is not None and mark.is_gap:
            gap = _gap(mark.ts_event, start, mark.missing_id)
        elif mark is None and is_unknown and self._has_local:
            _give(local, gap, False)
        is_stale = is_unknown if mark is None else mark.is_gap
        if is_stale and self._local:
            self._local.appendleft(gap)
        is_whole = not is_stale and (mark is not None or not self._has_depth or self._has_orders)
        self._stats.begin(start, is_whole=is_whole, is_stale=is_stale)
        return start

    def _pull_first(self) -> int | None:
        """Read up to the first rows; when the first one was received, None where there is none."""
        while self._first_recv is None and not self._has_ended:
            self._pull()
        return self._first_recv

    def _give_before(self, queue: deque[Columns], start: int, is_venue: bool, given: Given | None) -> None:
        """Give the rows of a cursor from before the start, and keep the others."""
        while queue:
            columns = queue[0]
            count = int(np.searchsorted(columns.ts_event if is_venue else columns.ts_recv, start, side="left"))
            if count == 0:
                return
            queue.popleft()
            before = columns.part(0, count)
            self._look_back(before, is_venue)
            self._was_given |= not is_venue or not self._has_local
            _give(given, before, False)
            if count < len(columns.ts_event):
                queue.appendleft(columns.part(count))
                return

    def _look_back(self, columns: Columns, is_venue: bool) -> None:
        """Keep the last word of a cursor's rows on whether the book is whole."""
        rows = np.flatnonzero((columns.kind == EventKind.GAP) | (columns.kind == EventKind.SNAPSHOT_END))
        if len(rows):
            row = rows[-1]
            is_gap = bool(columns.kind[row] == EventKind.GAP)
            self._marks[is_venue] = _Mark(is_gap, int(columns.ts_event[row]), int(columns.order_id[row]))

    # ------------------------------------------------------------------ rows

    def next_local(self) -> Columns | None:
        """Next chunk in the order of receipt, None at the end."""
        return self._next(self._local)

    def next_venue(self) -> Columns | None:
        """Next chunk in venue order, None at the end."""
        return self._next(self._venue)

    def _next(self, queue: deque[Columns]) -> Columns | None:
        while not queue:
            if self._has_ended:
                return None
            self._pull()
        return queue.popleft()

    def _pull(self) -> None:
        self._count()
        table = next(self._chunks, None)
        if table is None:
            self._has_ended = True
            if self._held is not None:
                self._venue.append(self._held)
                self._held = None
            return
        columns = Columns.of(table)
        if len(columns.ts_event) == 0:
            return
        self._check(table, columns)
        if self._first_recv is None:
            self._first_recv = int(columns.ts_recv[0])
        if self._start is None or columns.ts_recv[0] >= self._start:
            self._uncounted = columns
        elif columns.ts_recv[-1] >= self._start:
            self._uncounted = columns.part(int(np.searchsorted(columns.ts_recv, self._start, side="left")))
        if self._has_local:
            shifted = columns
            if self._shift is not None:
                shifted = columns._replace(ts_recv=self._shift.apply(columns.ts_event, columns.ts_recv))
            self._local.append(shifted)
        if not self._has_venue:
            return
        if self._disorder_ns == 0:
            self._venue.append(columns)
        else:
            self._release(columns)

    def _check(self, table: EventTable, columns: Columns) -> None:
        """Check rows that nobody has checked: those of a source of the user's own."""
        last = self._last_recv
        if not getattr(table, "_is_checked", False):
            check_rows(columns, file=self._symbol, first_row=self._rows, after=last)
        elif last is not None and columns.ts_recv[0] < last:
            check_rows(columns.part(0, 1), file=self._symbol, first_row=self._rows, after=last)
        self._rows += len(columns.ts_recv)
        self._last_recv = int(columns.ts_recv[-1])

    def _release(self, columns: Columns) -> None:
        """Queue the rows before which nothing can come any more, in order of venue time, then of receipt."""
        self._latest = max(self._latest, int(columns.ts_event.max()))
        if self._held is not None:
            pairs = zip(self._held, columns, strict=True)
            columns = Columns._make(np.concatenate([held, new]) for held, new in pairs)
        order = np.argsort(columns.ts_event, kind="stable")
        ordered = columns.take(order)
        # A later row lies at most the disorder behind the latest venue time seen; equal times keep their order.
        ready = int(np.searchsorted(ordered.ts_event, self._latest - self._disorder_ns, side="left"))
        if ready > 0:
            self._venue.append(Columns._make(column[:ready] for column in ordered))
        self._held = Columns._make(column[ready:] for column in ordered) if ready < len(order) else None


def _give(given: Given | None, columns: Columns, is_state: bool) -> None:
    if given is not None and len(columns.ts_event):
        given(columns, is_state)


def _gap(ts_event: int, ts_recv: int, missing_id: int) -> Columns:
    """One GAP row."""
    return Columns(
        ts_event=np.array([ts_event], np.int64),
        ts_recv=np.array([ts_recv], np.int64),
        kind=np.array([EventKind.GAP], np.uint8),
        side=np.array([Side.NONE], np.uint8),
        flags=np.array([EventFlag.LAST], np.uint8),
        price=np.zeros(1, np.int64),
        qty=np.zeros(1, np.int64),
        order_id=np.array([missing_id], np.int64),
    )


class FeedByOrder:
    """A source by order: the venue's cursor reads its rows, the local one the levels that they make.

    Parameters
    ----------
    source : EventSource
    chunk_rows : int
    shift : FeedShift, optional
        As of `Feed`, likewise `warmup_ns` and `before_ns`.
    """

    def __init__(
        self,
        source: EventSource,
        chunk_rows: int,
        shift: FeedShift | None = None,
        *,
        warmup_ns: int = 0,
        before_ns: int | None = 0,
    ) -> None:
        from velora.data.levels import LevelsOfOrders

        self._venue = Feed(source, chunk_rows, has_local=False, before_ns=before_ns)
        self._local = Feed(LevelsOfOrders(source), chunk_rows, shift, has_venue=False, warmup_ns=warmup_ns)

    @property
    def stats(self) -> FeedStats:
        """Of the rows by level that were read so far."""
        return self._local.stats

    def open(self, local: Given | None = None, venue: Given | None = None) -> int | None:
        """As `Feed.open`."""
        self._venue.open(None, venue)
        return self._local.open(local)

    def next_local(self) -> Columns | None:
        """Next chunk in the order of receipt, by level; None at the end."""
        return self._local.next_local()

    def next_venue(self) -> Columns | None:
        """Next chunk in venue order, by order; None at the end."""
        return self._venue.next_venue()
