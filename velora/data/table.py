"""Event tables: columns of market events of one instrument, in Arrow memory layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.core.terminal import readable
from velora.data.row_check import check_rows
from velora.data.schema import COLUMNS, METADATA_INSTRUMENT, arrow_schema, decode_instrument
from velora.errors import InvalidArgument, OffGrid

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EventTable"]

_SLACK = 1e-6  # share of a step by which a float may miss the grid; see Instrument.price_to_ticks


class EventTable:
    """Market events of one instrument, one row each, in the order of receipt.

    Columns are contiguous NumPy arrays that share memory with whatever they were made from: `ts_event` and `ts_recv`
    (int64, ns), `kind`, `side` and `flags` (uint8), `price` (int64, ticks), `qty` (int64, lots) and `order_id` (int64).
    What a row of each kind means is told in the docs, "Events and data".

    Make one with `from_numpy`, `from_arrow`, `from_pandas`, `from_polars`, or `from_table` for any of them.
    """

    __slots__ = ("_disorder_ns", "_has_depth", "_is_checked", "_owner", "instrument", *COLUMNS)

    instrument: Instrument
    ts_event: NDArray[np.int64]
    ts_recv: NDArray[np.int64]
    kind: NDArray[np.uint8]
    side: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    price: NDArray[np.int64]
    qty: NDArray[np.int64]
    order_id: NDArray[np.int64]
    _owner: object
    _disorder_ns: int | None
    _has_depth: bool | None
    _is_checked: bool

    def __init__(self) -> None:
        raise InvalidArgument("make an EventTable with from_numpy, from_arrow, from_pandas, from_polars or from_table")

    # ------------------------------------------------------------------ making one

    @classmethod
    def from_numpy(cls, instrument: Instrument, *, check: bool = True, **columns: Any) -> EventTable:
        """Make a table from arrays.

        Parameters
        ----------
        instrument : Instrument
        ts_event : (n,) int64 array
            Venue time, ns. Required, like `kind`, `price` and `qty`.
        ts_recv : (n,) int64 array, optional
            Time of receipt, ns, non-decreasing; `ts_event` when not given.
        kind, side, flags : (n,) uint8 arrays
            `side` is NONE and `flags` is LAST when not given.
        price, qty : (n,) arrays
            int64 columns are ticks and lots and are taken without a copy. Floats, decimals and strings are converted,
            exactly or not at all.
        order_id : (n,) int64 array, optional
        check : bool
            Whether to check the rows, see `check`. A run checks rows that were not.

        Raises
        ------
        OffGrid
            If a price or quantity is off the instrument's grid; the message names the row.
        DataError
            If a row cannot be what it says: its times of receipt go back, its kind or side is unknown, its price or
            quantity is none.
        """
        unknown = sorted(set(columns) - set(COLUMNS))
        if unknown:
            raise InvalidArgument(f"unknown column {unknown[0]!r}; an event table has {', '.join(COLUMNS)}")
        for name in ("ts_event", "kind", "price", "qty"):
            if columns.get(name) is None:
                raise InvalidArgument(f"an event table needs the column {name!r}")
        self = object.__new__(cls)
        self.instrument = instrument
        self._owner = None
        self._disorder_ns = None
        self._has_depth = None
        self._is_checked = False
        rows = len(columns["ts_event"])
        self.ts_event = _integers("ts_event", columns["ts_event"], np.int64)
        ts_recv = columns.get("ts_recv")
        self.ts_recv = self.ts_event if ts_recv is None else _integers("ts_recv", ts_recv, np.int64)
        self.kind = _integers("kind", columns["kind"], np.uint8)
        self.side = _optional("side", columns.get("side"), np.uint8, rows, int(Side.NONE))
        self.flags = _optional("flags", columns.get("flags"), np.uint8, rows, int(EventFlag.LAST))
        self.order_id = _optional("order_id", columns.get("order_id"), np.int64, rows, 0)
        scaled = _rate_rows(self.kind)
        self.price = _grid(instrument, "price", columns["price"], scaled)
        self.qty = _grid(instrument, "qty", columns["qty"], scaled)
        for name in COLUMNS:
            if len(getattr(self, name)) != rows:
                raise InvalidArgument(f"columns differ in length: ts_event {rows}, {name} {len(getattr(self, name))}")
        if check:
            self.check()
        return self

    @classmethod
    def from_arrow(cls, table: Any, instrument: Instrument | None = None, *, check: bool = True) -> EventTable:
        """Make a table from a pyarrow Table or RecordBatch; columns in one chunk are taken without a copy."""
        metadata = table.schema.metadata or {}
        if instrument is None:
            instrument = decode_instrument(metadata)
        if instrument is None:
            raise InvalidArgument(
                f"the table says nothing about its instrument (metadata {METADATA_INSTRUMENT.decode()!r}); give one"
            )
        columns = {}
        for name in table.schema.names:
            if name in COLUMNS:
                columns[name] = _arrow_column(name, table.column(name))
        made = cls.from_numpy(instrument, check=check, **columns)
        made._owner = table
        return made

    @classmethod
    def from_pandas(cls, frame: Any, instrument: Instrument) -> EventTable:
        """Make a table from a pandas DataFrame."""
        columns = {name: frame[name].to_numpy() for name in frame.columns if name in COLUMNS}
        return cls.from_numpy(instrument, **columns)

    @classmethod
    def from_polars(cls, frame: Any, instrument: Instrument) -> EventTable:
        """Make a table from a polars DataFrame."""
        return cls.from_arrow(frame.select([c for c in frame.columns if c in COLUMNS]).to_arrow(), instrument)

    @classmethod
    def from_table(cls, table: Any, instrument: Instrument | None = None) -> EventTable:
        """Make a table from an EventTable, a pyarrow Table, a pandas or polars frame, or a mapping of arrays."""
        if isinstance(table, EventTable):
            return table
        if isinstance(table, Mapping):
            return cls.from_numpy(_needed(instrument), **table)
        home = type(table).__module__.partition(".")[0]
        if home == "pyarrow":
            return cls.from_arrow(table, instrument)
        if home == "pandas":
            return cls.from_pandas(table, _needed(instrument))
        if home == "polars":
            return cls.from_polars(table, _needed(instrument))
        if hasattr(table, "__arrow_c_stream__"):
            import pyarrow as pa

            return cls.from_arrow(pa.table(table), instrument)
        raise InvalidArgument(f"cannot make an event table from a {type(table).__name__}")

    # ------------------------------------------------------------------ reading

    def __len__(self) -> int:
        return len(self.ts_event)

    def slice(self, start: int, stop: int) -> EventTable:
        """Rows [start, stop), sharing memory."""
        part = object.__new__(EventTable)
        part.instrument = self.instrument
        part._owner = self
        part._disorder_ns = None
        part._has_depth = None
        part._is_checked = self._is_checked
        for name in COLUMNS:
            setattr(part, name, getattr(self, name)[start:stop])
        return part

    def between(self, start: int | None, end: int | None) -> EventTable:
        """Rows with start <= ts_recv < end (ns), sharing memory."""
        first = 0 if start is None else int(np.searchsorted(self.ts_recv, start, side="left"))
        last = len(self) if end is None else int(np.searchsorted(self.ts_recv, end, side="left"))
        return self if (first, last) == (0, len(self)) else self.slice(first, max(first, last))

    def chunks(self, rows: int) -> Iterator[EventTable]:
        """Slices of at most `rows` rows."""
        for start in range(0, len(self), rows):
            yield self.slice(start, min(start + rows, len(self)))

    @property
    def period(self) -> tuple[int, int] | None:
        """When the first and the last row were received, ns; None without rows."""
        return (int(self.ts_recv[0]), int(self.ts_recv[-1])) if len(self) else None

    @property
    def disorder_ns(self) -> int:
        """How far a row's `ts_event` lies behind the latest one before it, at most: ns, 0 when in order."""
        if self._disorder_ns is None:
            ts = self.ts_event
            self._disorder_ns = 0 if len(ts) == 0 else int((np.maximum.accumulate(ts) - ts).max())
        return self._disorder_ns

    @property
    def has_depth(self) -> bool:
        """Whether there are level updates or snapshots."""
        if self._has_depth is None:
            self._has_depth = bool(np.isin(self.kind, (EventKind.DELTA, EventKind.SNAPSHOT_BEGIN)).any())
        return self._has_depth

    @property
    def has_trades(self) -> bool:
        """Whether there are trades."""
        return bool((self.kind == EventKind.TRADE).any())

    @property
    def has_orders(self) -> bool:
        """Whether the book comes order by order, without level updates."""
        orders = bool((self.kind == EventKind.ORDER_ADD).any())
        return orders and not bool((self.kind == EventKind.DELTA).any())

    def counts(self) -> dict[str, int]:
        """Rows of each kind."""
        found = np.bincount(self.kind, minlength=max(EventKind) + 1)
        return {kind.name.lower(): int(found[kind]) for kind in EventKind if found[kind]}

    def to_arrow(self) -> pa.Table:
        """The columns as a pyarrow Table, without a copy; the instrument is in its metadata."""
        import pyarrow as pa

        return pa.Table.from_arrays(
            [pa.array(getattr(self, name)) for name in COLUMNS], schema=arrow_schema(self.instrument)
        )

    def check(
        self,
        *,
        file: str | PathLike[str] | None = None,
        first_row: int = 0,
        after: int | None = None,
        needs_qty: bool = False,
    ) -> None:
        """Check that the rows can be what they say, see `velora.data.row_check.check_rows`.

        Parameters
        ----------
        file : str or path, optional
            For the message; the symbol when not given.
        first_row : int
            Number of the first row, for the message.
        after : int, optional
            When the row before the first one was received, ns.
        needs_qty : bool
            Whether a trade, an order and an execution need a quantity, as the rows of a catalog do.

        Raises
        ------
        DataError
            With the row and the field.
        """
        check_rows(self, file=file, first_row=first_row, after=after, needs_qty=needs_qty)
        self._is_checked = True

    def __repr__(self) -> str:
        return f"EventTable({readable(self.instrument.symbol)}, {len(self)} rows)"


def _needed(instrument: Instrument | None) -> Instrument:
    if instrument is None:
        raise InvalidArgument("a frame says nothing about its instrument; give one")
    return instrument


def _integers(name: str, values: Any, dtype: Any) -> Any:
    array = np.asarray(values)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[ns]").view(np.int64)
    if array.dtype != dtype:
        if array.dtype.kind not in "iu" and not (array.size == 0):
            raise InvalidArgument(f"column {name!r} must hold integers, was {array.dtype}")
        info = np.iinfo(dtype)
        if array.size and (array.min() < info.min or array.max() > info.max):
            raise InvalidArgument(f"column {name!r} has values outside {np.dtype(dtype)}")
        array = array.astype(dtype)
    return np.ascontiguousarray(array)


def _optional(name: str, values: Any, dtype: Any, rows: int, default: int) -> Any:
    return np.full(rows, default, dtype) if values is None else _integers(name, values, dtype)


def _rate_rows(kind: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Rows whose price and qty are not on the grid: marks, rates, and rows without a price."""
    on_grid = np.isin(
        kind,
        (
            EventKind.TRADE,
            EventKind.QUOTE,
            EventKind.DELTA,
            EventKind.ORDER_ADD,
            EventKind.ORDER_CHANGE,
            EventKind.ORDER_CANCEL,
            EventKind.ORDER_EXECUTE,
        ),
    )
    return None if on_grid.all() else ~on_grid


def _grid(instrument: Instrument, name: str, values: Any, scaled: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        result: NDArray[np.int64] = _integers(name, array, np.int64)
        return result
    convert = instrument.price_to_ticks if name == "price" else instrument.qty_to_lots
    num, den = (
        (instrument.tick_num, instrument.tick_den) if name == "price" else (instrument.lot_num, instrument.lot_den)
    )
    if array.dtype.kind == "f":
        steps = array.astype(np.float64) * den / num
        if scaled is not None:
            steps = np.where(scaled, array * 1e8, steps)
        nearest = np.rint(steps)
        bad = ~(np.abs(steps - nearest) <= _SLACK) | (np.abs(nearest) >= 2.0**53)
        if bad.any():
            row = int(np.argmax(bad))
            raise OffGrid(
                f"{instrument.symbol}, row {row}, field {name!r}: {array[row]!r} is not a multiple of "
                f"{instrument.tick_size if name == 'price' else instrument.lot_size}"
            )
        return nearest.astype(np.int64)
    out = np.empty(len(array), np.int64)
    known: dict[Any, int] = {}
    for row, value in enumerate(array.tolist()):
        steps_of = known.get(value)
        if steps_of is None:
            try:
                steps_of = known[value] = convert(value)
            except InvalidArgument as error:
                raise OffGrid(f"{instrument.symbol}, row {row}, field {name!r}: {error}") from None
        out[row] = steps_of
    return out


def _arrow_column(name: str, column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if column.null_count:
        raise InvalidArgument(f"column {name!r} has {column.null_count} empty values")
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", column.type.tz)).view(pa.int64())
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type) or pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array(column.to_pylist(), dtype=object)
    return column.to_numpy(zero_copy_only=False)
