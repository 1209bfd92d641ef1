"""Event tables: columns of market events of one instrument, in Arrow memory layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import timestamp_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.schema import COLUMNS, METADATA_INSTRUMENT, arrow_schema, decode_instrument
from velora.errors import CapacityError, DataError, InvalidArgument, OffGrid

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SANE_SECONDS", "EventTable", "check_nanoseconds", "check_values", "times"]

#: Share of a step by which a float of fewer steps than that may miss the grid; see `Instrument.price_to_ticks`.
_SLACK, _SLACK_STEPS = 1e-6, 2.0**34
_EXACT_DOUBLE = 2.0**53

#: Grid of marks and rates, whose rows do not keep to the instrument's.
_RATE_STEP = Instrument("rates", tick_size="0.00000001", lot_size="0.00000001")

#: Converted texts and decimals that are remembered.
_KNOWN_MAX = 1 << 16

_UNBOUND = 2**63 - 1
#: Prices beyond this are none; as VEL_TICKS_MAX of csrc/include/velora/book_l2.h.
_TICKS_MAX = 1 << 60
#: By column: values in [low, high) in rows of some kinds, and what to say of others.
_BOUNDS = (
    (
        "qty",
        1,
        _UNBOUND,
        (EventKind.TRADE, EventKind.ORDER_ADD, EventKind.ORDER_EXECUTE),
        "more than 0 lots",
    ),
    (
        "qty",
        0,
        _UNBOUND,
        (EventKind.QUOTE, EventKind.DELTA, EventKind.ORDER_CHANGE, EventKind.ORDER_CANCEL),
        "at least 0 lots",
    ),
    (
        "price",
        1 - _TICKS_MAX,
        _TICKS_MAX,
        (EventKind.TRADE, EventKind.QUOTE, EventKind.DELTA, EventKind.ORDER_ADD, EventKind.ORDER_CHANGE),
        "a price in ticks",
    ),
)


class EventTable:
    """Market events of one instrument, one row each, in the order of receipt.

    Columns are contiguous NumPy arrays that share memory with whatever they were made from: `ts_event` and `ts_recv`
    (int64, ns), `kind`, `side` and `flags` (uint8), `price` (int64, ticks), `qty` (int64, lots) and `order_id` (int64).
    What a row of each kind means is told in the docs, "Events and data".

    Make one with `from_numpy`, `from_arrow`, `from_pandas`, `from_polars`, or `from_table` for any of them.
    """

    __slots__ = ("_disorder_ns", "_has_depth", "_owner", "instrument", *COLUMNS)

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
            Whether to check times, kinds and sides.

        Raises
        ------
        OffGrid
            If a price or quantity is off the instrument's grid; the message names the row.
        DataError
            If times of receipt go back, or a kind or side is unknown.
        """
        unknown = sorted(set(columns) - set(COLUMNS))
        if unknown:
            raise InvalidArgument(f"unknown column {unknown[0]!r}; an event table has {', '.join(COLUMNS)}")
        for name in ("ts_event", "kind", "price", "qty"):
            if columns.get(name) is None:
                raise InvalidArgument(f"an event table needs the column {name!r}")
        return cls.of_columns(instrument, columns, check=check, owner=None, place=instrument.symbol, first_row=0)

    @classmethod
    def of_columns(
        cls,
        instrument: Instrument,
        columns: Mapping[str, Any],
        *,
        check: bool,
        owner: object,
        place: str,
        first_row: int,
    ) -> EventTable:
        """Make a table as `from_numpy` does, of a part of a file: errors name its place and count from its first row.

        Parameters
        ----------
        instrument : Instrument
        columns : mapping
            From names to arrays; `ts_event`, `kind`, `price` and `qty` are there.
        check : bool
            Whether to check times, kinds and sides.
        owner : object
            Kept as long as the table is: owns the memory of the columns.
        place : str
            File or symbol.
        first_row : int
            Number of the first row.
        """
        self = object.__new__(cls)
        self.instrument = instrument
        self._owner = owner
        self._disorder_ns = None
        self._has_depth = None
        at = (place, first_row)
        self.ts_event = times("ts_event", columns["ts_event"], *at)
        rows = len(self.ts_event)
        ts_recv = columns.get("ts_recv")
        self.ts_recv = self.ts_event if ts_recv is None else times("ts_recv", ts_recv, *at)
        self.kind = _integers("kind", columns["kind"], np.uint8, *at)
        self.side = _optional("side", columns.get("side"), np.uint8, rows, int(Side.NONE), *at)
        self.flags = _optional("flags", columns.get("flags"), np.uint8, rows, int(EventFlag.LAST), *at)
        self.order_id = _optional("order_id", columns.get("order_id"), np.int64, rows, 0, *at)
        given = {name: _array(name, columns[name], *at) for name in ("price", "qty")}
        for name in COLUMNS:
            length = len(given[name] if name in given else getattr(self, name))
            if length != rows:
                raise InvalidArgument(f"columns differ in length: ts_event {rows}, {name} {length}")
        scaled = _rate_rows(self.kind)
        self.price = _grid(instrument, "price", given["price"], scaled, *at)
        self.qty = _grid(instrument, "qty", given["qty"], scaled, *at)
        if check:
            self._check(*at)
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
        return cls._of_arrow(table, instrument, check=check, place=instrument.symbol, first_row=0)

    @classmethod
    def _of_arrow(cls, table: Any, instrument: Instrument, *, check: bool, place: str, first_row: int) -> EventTable:
        columns = {
            name: cls.arrow_column(name, table.column(at), place, first_row)
            for at, name in _known_columns(table.schema.names)
        }
        return cls.of_columns(instrument, columns, check=check, owner=table, place=place, first_row=first_row)

    @classmethod
    def from_pandas(cls, frame: Any, instrument: Instrument) -> EventTable:
        """Make a table from a pandas DataFrame.

        Times keep their nanoseconds; those with a zone are converted to UTC. A column of objects that are all integers
        means what a column of int64 does. Integer times that can only be seconds, milliseconds or microseconds are
        refused.
        """
        place = instrument.symbol
        columns = {name: _pandas_column(name, frame.iloc[:, at], place) for at, name in _known_columns(frame.columns)}
        made = cls.of_columns(instrument, columns, check=True, owner=frame, place=place, first_row=0)
        made._check_units()
        return made

    @classmethod
    def from_polars(cls, frame: Any, instrument: Instrument) -> EventTable:
        """Make a table from a polars DataFrame; integer times are looked at as by `from_pandas`."""
        made = cls.from_arrow(frame.select([c for c in frame.columns if c in COLUMNS]).to_arrow(), instrument)
        made._check_units()
        return made

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

    @staticmethod
    def arrow_column(name: str, column: Any, place: str, first_row: int) -> Any:
        """A pyarrow column as something that `of_columns` takes."""
        import pyarrow as pa

        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            if isinstance(column, pa.ChunkedArray):
                column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if column.null_count:
            row = first_row + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
            raise DataError(
                f"is empty, as {column.null_count} values are",
                file=place,
                row=row,
                field=name,
                mend="Fill them or leave their rows out",
            )
        if pa.types.is_timestamp(column.type):
            try:
                return column.cast(pa.timestamp("ns", column.type.tz)).view(pa.int64())
            except pa.ArrowInvalid as error:
                raise InvalidArgument(f"column {name!r} does not fit 64 bits of nanoseconds ({error})") from None
        if (
            pa.types.is_decimal(column.type)
            or pa.types.is_string(column.type)
            or pa.types.is_large_string(column.type)
            or pa.types.is_string_view(column.type)
        ):
            return np.array(column.to_pylist(), dtype=object)
        return column.to_numpy(zero_copy_only=False)

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

    def check(self) -> None:
        """Check times, kinds and sides; raises `DataError` with the row."""
        self._check(self.instrument.symbol, 0)

    def _check_units(self) -> None:
        for name in ("ts_event", "ts_recv"):
            check_nanoseconds(name, getattr(self, name), self.instrument.symbol, 0)

    def _check(self, place: str, first_row: int) -> None:
        if len(self) == 0:
            return
        back = np.flatnonzero(self.ts_recv[1:] < self.ts_recv[:-1])
        if len(back):
            row = int(back[0]) + 1
            raise DataError(
                f"time of receipt goes back by {int(self.ts_recv[row - 1]) - int(self.ts_recv[row])} ns",
                file=place,
                row=first_row + row,
                field="ts_recv",
                mend="Sort the rows by ts_recv",
            )
        for name, low, high in (("kind", min(EventKind), max(EventKind)), ("side", min(Side), max(Side))):
            values = getattr(self, name)
            bad = np.flatnonzero((values < low) | (values > high))
            if len(bad):
                row = int(bad[0])
                raise DataError(
                    f"{name} must be {int(low)} to {int(high)}, was {int(values[row])}",
                    file=place,
                    row=first_row + row,
                    field=name,
                )

    def __repr__(self) -> str:
        return f"EventTable({self.instrument.symbol}, {len(self)} rows)"


def check_values(table: EventTable, first_row: int = 0, place: str | None = None) -> None:
    """Check that prices and quantities are some, before rows are stored.

    Parameters
    ----------
    table : EventTable
    first_row : int
        Number of its first row, for the message.
    place : str, optional
        The file; the symbol when not given.

    Raises
    ------
    DataError
        With the row: a trade, an order or an execution without a quantity, a quantity below 0, a price beyond the book.
    """
    for name, low, high, kinds, what in _BOUNDS:
        values = getattr(table, name)
        if len(values) == 0 or (low <= values.min() and values.max() < high):
            continue
        bad = np.flatnonzero(((values < low) | (values >= high)) & np.isin(table.kind, kinds))
        if len(bad):
            row = int(bad[0])
            kind = EventKind(int(table.kind[row])).name
            raise DataError(
                f"the {name} of a {kind} must be {what}, was {int(values[row])}",
                file=place or table.instrument.symbol,
                row=first_row + row,
                field=name,
                mend="Leave the row out, or give what it means",
            )


def _needed(instrument: Instrument | None) -> Instrument:
    if instrument is None:
        raise InvalidArgument("a frame says nothing about its instrument; give one")
    return instrument


#: Bounds of plausible times: 1990 and 2100, s.
SANE_SECONDS = (631_152_000, 4_102_444_800)
_UNITS = (("seconds", 1), ("milliseconds", 10**3), ("microseconds", 10**6))


def check_nanoseconds(name: str, values: NDArray[np.int64], place: str, first_row: int) -> None:
    """Refuse times that can only be of another unit, and single ones that cannot be where the others are.

    Times near 0 of synthetic data pass: they are no date of our days in any unit. So do whole milliseconds between 0.6
    and 4.1 seconds, which as seconds would be dates.

    Parameters
    ----------
    name : str
        The column.
    values : (n,) int64 array
    place : str
        File or symbol.
    first_row : int
        Number of the first row.

    Raises
    ------
    DataError
        With the row.
    """
    if len(values) == 0:
        return
    low, high = int(values.min()), int(values.max())
    first, last = (bound * 10**9 for bound in SANE_SECONDS)
    if first <= low and high <= last:
        return
    if high > last or (high >= first and low < first) or low < 0:
        bad = (values > last) | (values < (first if high >= first else 0))
        row = int(np.argmax(bad))
        raise DataError(
            f"the time {int(values[row])} lies outside of the years 1990 to 2100 as nanoseconds",
            file=place,
            row=first_row + row,
            field=name,
            mend="Give all times as nanoseconds since 1970",
        )
    for unit, per_second in _UNITS:
        if SANE_SECONDS[0] * per_second <= low and high <= SANE_SECONDS[1] * per_second:
            if per_second == 1 and not (values % 10**6).any():
                return
            raise DataError(
                f"the times, from {low} to {high}, are {unit}, not nanoseconds",
                file=place,
                row=first_row,
                field=name,
                mend=f"Multiply them by {10**9 // per_second:,}",
            )


def _known_columns(names: Any) -> list[tuple[int, str]]:
    """Places and names of the columns of an event table among others."""
    found = [(at, name) for at, name in enumerate(names) if name in COLUMNS]
    known = [name for _, name in found]
    for name in ("ts_event", "kind", "price", "qty"):
        if name not in known:
            raise InvalidArgument(f"an event table needs the column {name!r}")
    for name in known:
        if known.count(name) > 1:
            raise InvalidArgument(f"the column {name!r} is there {known.count(name)} times")
    return found


def _pandas_column(name: str, column: Any, place: str) -> Any:
    import pandas as pd

    if isinstance(column.dtype, pd.ArrowDtype):
        import pyarrow as pa

        return EventTable.arrow_column(name, pa.chunked_array(column.array.__arrow_array__()), place, 0)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(None)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    missing = column.isna().to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise DataError(
            "is empty (NaN, NaT or NA)", file=place, row=row, field=name, mend="Fill it or leave the row out"
        )
    return column.to_numpy()


def _array(name: str, values: Any, place: str, first_row: int) -> Any:
    """A column as an array of one dimension."""
    if np.ma.is_masked(values):
        row = first_row + int(np.argmax(np.ma.getmaskarray(values)))
        raise DataError("is masked", file=place, row=row, field=name, mend="Fill it or leave the row out")
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidArgument(f"column {name!r} cannot be made an array ({error})") from None
    if array.ndim != 1:
        raise InvalidArgument(f"column {name!r} must have one dimension, had {array.ndim}")
    return array


def times(name: str, values: Any, place: str, first_row: int) -> NDArray[np.int64]:
    """Nanoseconds of a column of times, as int64.

    Integers are nanoseconds; datetime64 of any unit and objects (datetime, pandas.Timestamp with or without a zone, ISO
    8601 text) are converted.

    Raises
    ------
    DataError
        With the row, where a time is none (NaT) or does not fit.
    InvalidArgument
        If they are no times.
    """
    array = _array(name, values, place, first_row)
    if array.dtype.kind == "M":
        missing = np.isnat(array)
        if missing.any():
            row = first_row + int(np.argmax(missing))
            raise DataError("is no time (NaT)", file=place, row=row, field=name, mend="Fill it or leave the row out")
        unit = np.datetime_data(array.dtype)[0]
        if unit not in ("ns", "us", "ms", "s", "m", "h", "D"):
            raise InvalidArgument(f"column {name!r} must have a unit from nanoseconds to days, was {array.dtype}")
        made = array.astype("datetime64[ns]")
        wrong = made.astype(array.dtype) != array
        if wrong.any():
            row = first_row + int(np.argmax(wrong))
            raise DataError("does not fit 64 bits of nanoseconds", file=place, row=row, field=name)
        return np.ascontiguousarray(made).view(np.int64)
    if array.dtype.kind in "OUT" and not _all_integers(array):
        out = np.empty(len(array), np.int64)
        for row, value in enumerate(array.tolist()):
            try:
                if isinstance(value, float) or value is None:
                    raise InvalidArgument(f"was {value!r}, which is no time")
                out[row] = timestamp_ns(value)
            except (InvalidArgument, CapacityError) as error:
                raise DataError(str(error), file=place, row=first_row + row, field=name) from None
        return out
    made_of: NDArray[np.int64] = _integers(name, array, np.int64, place, first_row)
    return made_of


def _all_integers(array: Any) -> bool:
    """Whether a column of objects holds integers only."""
    if array.dtype.kind != "O":
        return False
    return all(isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in array.tolist())


def _integers(name: str, values: Any, dtype: Any, place: str, first_row: int) -> Any:
    array = _array(name, values, place, first_row)
    if array.dtype != dtype:
        if array.size == 0:
            return np.empty(0, dtype)
        if array.dtype.kind not in "iu" and not _all_integers(array):
            raise InvalidArgument(f"column {name!r} must hold integers, was {array.dtype}")
        info = np.iinfo(dtype)
        bad = (array < info.min) | (array > info.max)
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"must be {info.min} to {info.max}, was {array[row]}", file=place, row=first_row + row, field=name
            )
        array = array.astype(dtype)
    return np.ascontiguousarray(array)


def _optional(name: str, values: Any, dtype: Any, rows: int, default: int, place: str, first_row: int) -> Any:
    return np.full(rows, default, dtype) if values is None else _integers(name, values, dtype, place, first_row)


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


def _grid(
    instrument: Instrument,
    name: str,
    array: Any,
    scaled: NDArray[np.bool_] | None,
    place: str,
    first_row: int,
) -> NDArray[np.int64]:
    """A column of prices or quantities in ticks or lots; the rows of `scaled` in units of 1e-8."""
    if array.size == 0 or array.dtype.kind in "iu" or _all_integers(array):
        result: NDArray[np.int64] = _integers(name, array, np.int64, place, first_row)
        return result
    if array.dtype.kind not in "fOUT":
        raise InvalidArgument(f"column {name!r} must hold numbers or text, was {array.dtype}")
    out = np.empty(len(array), np.int64)
    if scaled is None:
        parts = [(instrument, np.arange(len(array)))]
    else:
        parts = [(instrument, np.flatnonzero(~scaled)), (_RATE_STEP, np.flatnonzero(scaled))]
    for spec, rows in parts:
        if array.dtype.kind == "f":
            _of_floats(spec, name, array, rows, out, (instrument.symbol, place, first_row))
        else:
            _one_by_one(spec, name, array, rows, out, (instrument.symbol, place, first_row))
    return out


def _of_floats(
    spec: Instrument, name: str, array: Any, rows: NDArray[np.intp], out: NDArray[np.int64], where: tuple[str, str, int]
) -> None:
    """Steps of floats: each is the multiple of the step that it is the nearest float of."""
    num, den = (spec.tick_num, spec.tick_den) if name == "price" else (spec.lot_num, spec.lot_den)
    given = array[rows]
    values = given.astype(np.float64)
    with np.errstate(all="ignore"):
        steps = values * den / num
        nearest = np.rint(steps)
        good = (np.abs(nearest) < _SLACK_STEPS) & (np.abs(steps - nearest) <= _SLACK)
        if array.dtype.itemsize <= 8 and not good.all() and den < _EXACT_DOUBLE:
            # The nearest float of a product below 2**53 over a denominator below it is one division.
            close = np.flatnonzero(~good & ((np.abs(nearest) + 3) * num < _EXACT_DOUBLE))
            matches = np.zeros(len(close), np.int64)
            found = np.zeros(len(close))
            for away in (-2, -1, 0, 1, 2):
                steps_of = nearest[close] + away
                equal = (steps_of * num / den).astype(array.dtype) == given[close]
                found[equal] = steps_of[equal]
                matches += equal
            nearest[close] = found
            good[close] = matches == 1
    out[rows[good]] = nearest[good].astype(np.int64)
    _one_by_one(spec, name, values, np.flatnonzero(~good), out, where, rows)


def _one_by_one(
    spec: Instrument,
    name: str,
    array: Any,
    chosen: NDArray[np.intp],
    out: NDArray[np.int64],
    where: tuple[str, str, int],
    rows: NDArray[np.intp] | None = None,
) -> None:
    """Steps of some rows, each by itself; `rows` are their numbers in the table where `array` is a part of it."""
    convert = spec.price_to_ticks if name == "price" else spec.qty_to_lots
    known: dict[Any, int] = {}
    symbol, place, first_row = where
    for at in chosen.tolist():
        value = array[at]
        value = value.item() if isinstance(value, np.generic) else value
        row = at if rows is None else int(rows[at])
        try:
            steps = known.get(value)
            if steps is None:
                steps = known[value] = convert(value)
                if len(known) > _KNOWN_MAX:
                    known.clear()
        except (InvalidArgument, CapacityError, TypeError) as error:
            text = str(error).replace(f" of {spec.symbol}", f" of {symbol}")
            raise OffGrid(f"{place}, row {first_row + row}, field {name!r}: {text}") from None
        out[row] = steps
