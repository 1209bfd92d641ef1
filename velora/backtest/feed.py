"""One pass over a source, handed to the venue's cursor and to the local one.

Rows come in the order of receipt, which is the local cursor's order. The venue's cursor wants them by `ts_event`. Where
the source says that its venue times never go back the same columns serve both; else rows are held back until no later
row can come before them, which needs no more than the source's stated disorder.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.backtest.feed_stats import FeedStats

if TYPE_CHECKING:
    from velora.data import EventSource, EventTable
    from velora.sim.feed_latency import FeedShift

__all__ = ["Columns", "Feed", "FeedByOrder"]


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
    ) -> None:
        self._shift = shift
        self._has_local = has_local
        self._has_venue = has_venue
        self._disorder_ns = int(source.disorder_ns)
        self._chunks = iter(source.chunks(chunk_rows))
        self._local: deque[Columns] = deque()
        self._venue: deque[Columns] = deque()
        self._held: Columns | None = None
        self._latest = np.iinfo(np.int64).min
        self._has_ended = False
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
        self._uncounted = columns
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


class FeedByOrder:
    """A source by order: the venue's cursor reads its rows, the local one the levels that they make.

    Parameters
    ----------
    source : EventSource
    chunk_rows : int
    shift : FeedShift, optional
        As of `Feed`, likewise `warmup_ns`.
    """

    def __init__(
        self, source: EventSource, chunk_rows: int, shift: FeedShift | None = None, *, warmup_ns: int = 0
    ) -> None:
        from velora.data.levels import LevelsOfOrders

        self._venue = Feed(source, chunk_rows, has_local=False)
        self._local = Feed(LevelsOfOrders(source), chunk_rows, shift, has_venue=False, warmup_ns=warmup_ns)

    @property
    def stats(self) -> FeedStats:
        """Of the rows by level that were read so far."""
        return self._local.stats

    def next_local(self) -> Columns | None:
        """Next chunk in the order of receipt, by level; None at the end."""
        return self._local.next_local()

    def next_venue(self) -> Columns | None:
        """Next chunk in venue order, by order; None at the end."""
        return self._venue.next_venue()
