"""What an engine reads from, and how anything a user has becomes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from velora.core.events import EventKind
from velora.core.instrument import Instrument
from velora.data.table import EventTable
from velora.errors import InvalidArgument

__all__ = ["EventSource", "Extent", "Opening", "extent_of", "opening_of", "resolve"]


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
    how many rows it has with `rows`: a run's default sampling interval follows them.
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


def _has_snapshots(source: EventSource) -> bool | None:
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


class _Window:
    """The rows of a source that were received in a period."""

    def __init__(self, source: EventSource, start: int | None, end: int | None) -> None:
        self._source = source
        self._start = start
        self._end = end
        self.instrument = source.instrument
        self.disorder_ns = source.disorder_ns
        self.has_depth = source.has_depth
        self.has_orders = bool(getattr(source, "has_orders", False))
        table = source.between(start, end) if isinstance(source, EventTable) else source
        self.period = _clipped(getattr(table, "period", None), start, end)
        self.rows = len(table) if isinstance(table, EventTable) else int(getattr(table, "rows", 0))
        if hasattr(table, "has_trades"):
            self.has_trades = bool(table.has_trades)
        self.looked_for = frozenset(getattr(source, "looked_for", ()))

    def chunks(self, rows: int) -> Iterator[EventTable]:
        return self._between(rows, self._start)

    def opening(self, rows: int, slack_ns: int | None = 0) -> Opening | None:
        """See `opening_of`."""
        if self._start is None:
            return None
        return Opening(self._start, self._between(rows, None), _has_snapshots(self._source))

    def _between(self, rows: int, start: int | None) -> Iterator[EventTable]:
        for chunk in self._source.chunks(rows):
            if self._end is not None and len(chunk) and chunk.ts_recv[0] >= self._end:
                return
            part = chunk.between(start, self._end)
            if len(part):
                yield part


def _clipped(period: tuple[int, int] | None, start: int | None, end: int | None) -> tuple[int, int] | None:
    """A period, as far as it lies in [start, end)."""
    if period is None:
        return None
    first = period[0] if start is None else max(period[0], start)
    return first, period[1] if end is None else max(min(period[1], end), first)


def resolve(data: object, *, start: int | None = None, end: int | None = None) -> list[EventSource]:
    """Sources of whatever a user gives as data.

    Parameters
    ----------
    data : str, path, Catalog, EventTable, pyarrow.Table, EventSource, or a list or mapping of these
        A string or path is a catalog; all of its instruments are taken.
    start, end : int, optional
        Local period [start, end), ns.

    Raises
    ------
    MissingFile
        If a catalog does not exist.
    InvalidArgument
        If it is something else.
    """
    from velora.data.catalog import Catalog

    if isinstance(data, (str, Path)):
        data = Catalog(data)
    if isinstance(data, Catalog):
        return list(data.sources(start=start, end=end))
    if isinstance(data, Mapping):
        found: list[EventSource] = []
        for name, one in data.items():
            if isinstance(one, (str, Path, Catalog)):
                catalog = one if isinstance(one, Catalog) else Catalog(one)
                found.append(catalog.source(name, start=start, end=end))
            else:
                found.extend(resolve(one, start=start, end=end))
        return found
    if isinstance(data, Sequence) and not isinstance(data, (bytes, bytearray)):
        return [source for one in data for source in resolve(one, start=start, end=end)]
    source: EventSource
    if isinstance(data, EventTable):
        source = data
    elif all(hasattr(data, name) for name in ("instrument", "disorder_ns", "chunks", "has_depth")):
        source = data  # type: ignore[assignment]
    elif hasattr(data, "schema") or hasattr(data, "columns"):
        source = EventTable.from_table(data)
    else:
        raise InvalidArgument(f"data must be a catalog, a table or an event source, was {type(data).__name__}")
    return [source if start is None and end is None else _Window(source, start, end)]
