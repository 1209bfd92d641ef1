"""What an engine reads from: the protocol of a source, and what it may say of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from velora.core.events import EventKind
from velora.core.instrument import Instrument
from velora.data.table import EventTable

__all__ = ["EventSource", "Extent", "Opening", "extent_of", "has_snapshots", "opening_of"]


@runtime_checkable
class EventSource(Protocol):
    """Events of one instrument, chunk by chunk in the order of receipt.

    A run checks the rows of a source of your own as it reads them, see `velora.data.row_check.check_rows`.

    A source whose book comes order by order may say so with an attribute `has_orders`; the venue of a backtest then
    reads it by order, and the local side by level, see `velora.data.levels`. What its maker would have marked in the
    rows, an attribute `looked_for` may say: ``gaps``, ``hidden`` and ``off_book`` trades. An audit takes what nobody
    looked for as unknown. One that knows whether it holds trades may say so with an attribute `has_trades`: without
    any, triggers by the last trade look at quotes, and what leaves a level may be a trade that nobody tells. One that
    knows whether it has snapshots may say so with an attribute `has_snapshots`, for runs that start before the first.
    One that knows when its first and last rows were received may say so with an attribute `period`, a pair of ns, and
    how many rows it has with `rows`: a run's default sampling interval follows them. One whose times of receipt were
    shifted may say by how much with an attribute `clock_shift_ns`: an audit compares the shifts of the instruments.
    """

    @property
    def instrument(self) -> Instrument:
        """What is traded."""

    @property
    def disorder_ns(self) -> int:
        """How far a row's `ts_event` may lie behind the latest one before it, ns."""

    @property
    def has_depth(self) -> bool:
        """Whether there are level updates or snapshots, and not only quotes and trades."""

    def chunks(self, rows: int) -> Iterator[EventTable]:
        """Tables of at most `rows` rows; a new pass at each call."""


class Opening(NamedTuple):
    """The rows of a source for a run that starts inside it: those from before its start come too.

    Attributes
    ----------
    start : int
        Of the period, ns, by time of receipt.
    chunks : iterator of EventTable
        Rows up to the period's end: from the beginning of the source, or those that follow `state`.
    has_snapshots : bool or None
        Whether there is a snapshot anywhere in the source, None where nobody knows.
    state : EventTable, optional
        What the rows before those of `chunks` have made, see `velora.data.state`; all of those have been received, and
        have happened, before the start.
    messages : int
        How many messages were received before the rows of `chunks`: rows of one instant of receipt are one.
    last_recv : int, optional
        When the last of these was received.
    """

    start: int
    chunks: Iterator[EventTable]
    has_snapshots: bool | None
    state: EventTable | None = None
    messages: int = 0
    last_recv: int | None = None


def opening_of(source: EventSource, rows: int, slack_ns: int | None = 0) -> Opening | None:
    """The rows of a source and what came before them, None where the source has no start.

    Parameters
    ----------
    source : EventSource
        One of `resolve`: a source without a method `opening` has no start.
    rows : int
        Of a chunk at most.
    slack_ns : int, optional
        Time before the start within which each row is wanted as it is. None wants all of them.
    """
    opening = getattr(source, "opening", None)
    found: Opening | None = None if opening is None else opening(rows, slack_ns)
    return found


def has_snapshots(source: EventSource) -> bool | None:
    if isinstance(source, EventTable):
        return bool((source.kind == EventKind.SNAPSHOT_BEGIN).any())
    stated = getattr(source, "has_snapshots", None)
    return None if stated is None else bool(stated)


class Extent(NamedTuple):
    """When the rows of a source were received, and how many there are.

    Attributes
    ----------
    first, last : int
        ns.
    rows : int
    is_whole : bool
        Whether it is of all rows; False where only the beginning was looked at.
    """

    first: int
    last: int
    rows: int
    is_whole: bool


_LOOKED_AT = 65_536


def extent_of(source: EventSource) -> Extent | None:
    """The extent of a source, None without rows. Of a source that does not say its `period` the first rows are read."""
    period = getattr(source, "period", None)
    if isinstance(source, EventTable):
        return None if period is None else Extent(period[0], period[1], len(source), True)
    if period is not None:
        return Extent(int(period[0]), int(period[1]), int(getattr(source, "rows", 0)), True)
    for chunk in source.chunks(_LOOKED_AT):
        if len(chunk):
            return Extent(int(chunk.ts_recv[0]), int(chunk.ts_recv[-1]), len(chunk), len(chunk) < _LOOKED_AT)
    return None
