"""How anything that a user gives as data becomes sources, and the part of a source in a chosen period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from velora.data.catalog import Catalog
from velora.data.source import EventSource, Opening, has_snapshots
from velora.data.table import EventTable
from velora.errors import InvalidArgument

__all__ = ["resolve"]


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
        self.clock_shift_ns = int(getattr(source, "clock_shift_ns", 0))

    def chunks(self, rows: int) -> Iterator[EventTable]:
        return self._between(rows, self._start)

    def opening(self, rows: int, slack_ns: int | None = 0) -> Opening | None:
        """See `opening_of`."""
        if self._start is None:
            return None
        return Opening(self._start, self._between(rows, None), has_snapshots(self._source))

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
