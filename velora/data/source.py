"""What an engine reads from, and how anything a user has becomes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from velora.core.instrument import Instrument
from velora.data.table import EventTable
from velora.errors import InvalidArgument

__all__ = ["EventSource", "resolve"]


@runtime_checkable
class EventSource(Protocol):
    """Events of one instrument, chunk by chunk in the order of receipt.

    A source whose book comes order by order may say so with an attribute `has_orders`; the venue of a backtest then
    reads it by order, and the local side by level, see `velora.data.levels`. One that knows whether it holds trades may
    say so with an attribute `has_trades`: without any, triggers by the last trade look at quotes.
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
        self.has_trades = bool(getattr(table, "has_trades", False))

    def chunks(self, rows: int) -> Iterator[EventTable]:
        for chunk in self._source.chunks(rows):
            if self._end is not None and len(chunk) and chunk.ts_recv[0] >= self._end:
                return
            part = chunk.between(self._start, self._end)
            if len(part):
                yield part


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
        return [data.source(name, start=start, end=end) for name in data.names()]
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
