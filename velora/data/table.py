"""Event tables: columns of market events of one instrument, in Arrow memory layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.core.instrument_names import instrument_name
from velora.core.terminal import readable
from velora.data.convert import (
    arrow_column,
    check_nanoseconds,
    grid,
    integers,
    known_columns,
    one_dimension,
    optional,
    pandas_column,
    rate_rows,
    times,
)
from velora.data.row_check import check_rows
from velora.data.schema import COLUMNS, METADATA_INSTRUMENT, arrow_schema, decode_instrument
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EventTable"]


class EventTable:
    """Market events of one instrument, one row each, in the order of receipt.

    Columns are contiguous NumPy arrays that share memory with their source: `ts_event` and `ts_recv` (int64, ns),
    `kind`, `side` and `flags` (uint8), `price` (int64, ticks), `qty` (int64, lots) and `order_id` (int64). The docs
    describe the rows of each kind under "Events and data".

    Create one from trades or quotes with the columns of any vendor by `from_trades` and `from_quotes`, and join them by
    `merge`. From the columns above create one with `from_numpy`, `from_arrow`, `from_pandas`, `from_polars`, or
    `from_table` for any of them.

    Attributes
    ----------
    instrument : Instrument
        The instrument that all rows are about.
    ts_event : (n,) int64 array
        When each row happened: ns since 1970-01-01 UTC, the venue's clock.
    ts_recv : (n,) int64 array
        When each row was received: ns since 1970-01-01 UTC, the local clock; non-decreasing.
    kind : (n,) uint8 array
        `EventKind` of each row.
    side : (n,) uint8 array
        `Side` of each row.
    flags : (n,) uint8 array
        `EventFlag` bits of each row.
    price : (n,) int64 array
        Ticks; of mark prices and funding the price times RATE_SCALE.
    qty : (n,) int64 array
        Lots; of mark prices and funding the rate times RATE_SCALE.
    order_id : (n,) int64 array
        Id of the trade, update or order, as the kind says.
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
        raise InvalidArgument(
            "make an EventTable with from_trades, from_quotes, from_numpy, from_arrow, from_pandas, from_polars or "
            "from_table"
        )

    # ------------------------------------------------------------------ construction

    @classmethod
    def from_numpy(cls, instrument: Instrument, *, check: bool = True, **columns: Any) -> EventTable:
        """Create a table from arrays.

        Parameters
        ----------
        instrument : Instrument
        ts_event : (n,) int64 or datetime64 array
            Venue time; integers are ns. Required, like `kind`, `price` and `qty`.
        ts_recv : (n,) int64 or datetime64 array, optional
            Time of receipt, non-decreasing; `ts_event` by default.
        kind, side, flags : (n,) uint8 arrays
            By default `side` is NONE and `flags` is LAST.
        price, qty : (n,) arrays
            int64 columns, and object columns of integers, are ticks and lots; int64 is used without a copy. Floats,
            decimals and strings are converted exactly or raise: a float stands for the multiple of the step that it is
            nearest to.
        order_id : (n,) int64 array, optional
        check : bool
            Whether to check the rows, see `check`. A run checks rows that were not checked.

        Raises
        ------
        OffGrid
            If a price or quantity is off the instrument's grid; the message gives the row.
        DataError
            If a row is invalid: its time of receipt decreases, its kind or side is unknown, its price or quantity is
            missing.
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
        """Create a table from part of a file, like `from_numpy`; errors give the file and count from its first row.

        Parameters
        ----------
        instrument : Instrument
        columns : mapping
            From names to arrays, with at least `ts_event`, `kind`, `price` and `qty`.
        check : bool
            Whether to check the rows, see `check`.
        owner : object
            Object that owns the memory of the columns; referenced by the table.
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
        self._is_checked = False
        at = (place, first_row)
        self.ts_event = times("ts_event", columns["ts_event"], *at)
        rows = len(self.ts_event)
        ts_recv = columns.get("ts_recv")
        self.ts_recv = self.ts_event if ts_recv is None else times("ts_recv", ts_recv, *at)
        self.kind = integers("kind", columns["kind"], np.uint8, *at)
        self.side = optional("side", columns.get("side"), np.uint8, rows, int(Side.NONE), *at)
        self.flags = optional("flags", columns.get("flags"), np.uint8, rows, int(EventFlag.LAST), *at)
        self.order_id = optional("order_id", columns.get("order_id"), np.int64, rows, 0, *at)
        given = {name: one_dimension(name, columns[name], *at) for name in ("price", "qty")}
        for name in COLUMNS:
            length = len(given[name] if name in given else getattr(self, name))
            if length != rows:
                raise InvalidArgument(f"columns differ in length: ts_event {rows}, {name} {length}")
        scaled = rate_rows(self.kind)
        self.price = grid(instrument, "price", given["price"], scaled, *at)
        self.qty = grid(instrument, "qty", given["qty"], scaled, *at)
        if check:
            self.check(file=place, first_row=first_row)
        return self

    @classmethod
    def from_arrow(cls, table: Any, instrument: Instrument | None = None, *, check: bool = True) -> EventTable:
        """Create a table from a pyarrow Table or RecordBatch; columns in one chunk are used without a copy.

        Parameters
        ----------
        table : pyarrow.Table or pyarrow.RecordBatch
            Columns as of `from_numpy`.
        instrument : Instrument, optional
            Taken from the metadata of the table where it is left out.
        check : bool
            Whether to check the rows.

        Raises
        ------
        OffGrid
            If a price or quantity is off the grid; the message gives the row.
        DataError
            If a row is invalid; see `from_numpy`.
        """
        metadata = table.schema.metadata or {}
        if instrument is None:
            instrument = decode_instrument(metadata)
        if instrument is None:
            raise InvalidArgument(f"the table has no instrument (metadata {METADATA_INSTRUMENT.decode()!r}); pass one")
        return cls._of_arrow(table, instrument, check=check, place=instrument.symbol, first_row=0)

    @classmethod
    def _of_arrow(cls, table: Any, instrument: Instrument, *, check: bool, place: str, first_row: int) -> EventTable:
        columns = {
            name: arrow_column(name, table.column(at), place, first_row)
            for at, name in known_columns(table.schema.names)
        }
        return cls.of_columns(instrument, columns, check=check, owner=table, place=place, first_row=first_row)

    @classmethod
    def from_pandas(cls, frame: Any, instrument: Instrument) -> EventTable:
        """Create a table from a pandas DataFrame.

        Times keep their nanoseconds; times with a zone are converted to UTC. An object column of integers is treated
        like an int64 column. Integer times that can only be seconds, milliseconds or microseconds are refused.

        Parameters
        ----------
        frame : pandas.DataFrame
            Columns as of `from_numpy`.
        instrument : Instrument
            Gives the grid of prices and quantities.

        Raises
        ------
        OffGrid
            If a price or quantity is off the grid; the message gives the row.
        DataError
            If a row is invalid; see `from_numpy`.
        """
        place = instrument.symbol
        columns = {name: pandas_column(name, frame.iloc[:, at], place) for at, name in known_columns(frame.columns)}
        made = cls.of_columns(instrument, columns, check=True, owner=frame, place=place, first_row=0)
        return made._in_nanoseconds()

    @classmethod
    def from_polars(cls, frame: Any, instrument: Instrument) -> EventTable:
        """Create a table from a polars DataFrame; integer times are checked as by `from_pandas`.

        Parameters
        ----------
        frame : polars.DataFrame
            Columns as of `from_numpy`.
        instrument : Instrument
            Gives the grid of prices and quantities.

        Raises
        ------
        OffGrid
            If a price or quantity is off the grid; the message gives the row.
        DataError
            If a row is invalid; see `from_numpy`.
        """
        made = cls.from_arrow(frame.select([c for c in frame.columns if c in COLUMNS]).to_arrow(), instrument)
        return made._in_nanoseconds()

    @classmethod
    def from_table(cls, table: Any, instrument: Instrument | None = None) -> EventTable:
        """Create a table from an EventTable, a pyarrow Table, a pandas or polars frame, or a mapping of arrays.

        Integer times that can only be in another unit than nanoseconds are refused, except in a mapping.
        """
        if isinstance(table, EventTable):
            return table
        if isinstance(table, Mapping):
            return cls.from_numpy(_needed(instrument), **table)
        home = type(table).__module__.partition(".")[0]
        if home == "pyarrow":
            return cls.from_arrow(table, instrument)._in_nanoseconds()
        if home == "pandas":
            return cls.from_pandas(table, _needed(instrument))
        if home == "polars":
            return cls.from_polars(table, _needed(instrument))
        if hasattr(table, "__arrow_c_stream__"):
            import pyarrow as pa

            return cls.from_arrow(pa.table(table), instrument)._in_nanoseconds()
        raise InvalidArgument(f"cannot make an event table from a {type(table).__name__}")

    @classmethod
    def _of_arrays(cls, instrument: Instrument, columns: Mapping[str, Any]) -> EventTable:
        return cls.of_columns(instrument, columns, check=True, owner=None, place=instrument.symbol, first_row=0)

    @classmethod
    def from_trades(
        cls,
        frame: Any,
        instrument: Instrument,
        *,
        columns: Mapping[str, Any] | None = None,
        unit: str | None = None,
        latency: str | timedelta | None = None,
        sort: bool = False,
    ) -> EventTable:
        """Create a table of trades from a frame with any usual names of columns.

        Parameters
        ----------
        frame : pandas or polars DataFrame, pyarrow Table, structured array, or mapping of arrays
            One trade a row. A pandas index of times counts as a column.
        instrument : Instrument
            Prices must be multiples of its tick size, quantities of its lot size.
        columns : mapping, optional
            The frame's name of a field, for names that are not found: ``columns={"price": "px_last"}``; None leaves a
            field out. The fields are `time`, `price` and `qty`, and optionally `ts_recv`, `id`, and one of `side`,
            `is_buyer_maker` and `is_buy` for the aggressor. Usual names such as ``timestamp``, ``size``, ``amount`` or
            ``isBuyerMaker`` are found without it.
        unit : {"s", "ms", "us", "ns"}, optional
            Unit of times that are numbers, which is never guessed. Times that are datetime64 (with a zone or in UTC) or
            ISO 8601 text have one already.
        latency : str or timedelta, optional
            Time from each event to its receipt, such as ``"5ms"``, for frames without times of receipt. Without either
            a trade is received when it happens.
        sort : bool
            Whether to sort rows that are not in the order of receipt; rows of one instant keep theirs.

        Returns
        -------
        EventTable
            Of `TRADE` rows. The side is NONE where the frame does not state the aggressor: no side column, an empty
            value, or a word such as "unknown". ``bid`` and ``ask`` are the sides of the aggressor's order.

        Raises
        ------
        InvalidArgument
            If a field has no column or two, the unit of times is not given, or numbers do not say which side buys.
        OffGrid
            If a price or quantity is off the grid, with its row, counted from 0, and column.
        DataError
            If a price or quantity is missing or not above 0, a side is no word for one, or rows are out of order.

        Examples
        --------
        >>> btc = Instrument("BTCUSDT", tick_size="0.1", lot_size="0.001", quote="USDT")
        >>> trades = {"time": ["2024-08-08T12:00:00.5"], "px": [61000.1], "size": [0.02], "side": ["sell"]}
        >>> EventTable.from_trades(trades, btc, latency="5ms")
        EventTable(BTCUSDT, 1 rows)
        """
        from velora.data.frames import trade_columns

        made = trade_columns(frame, instrument, columns, unit, latency, sort)
        return cls._of_arrays(instrument, made)

    @classmethod
    def from_quotes(
        cls,
        frame: Any,
        instrument: Instrument,
        *,
        columns: Mapping[str, Any] | None = None,
        unit: str | None = None,
        latency: str | timedelta | None = None,
        sort: bool = False,
    ) -> EventTable:
        """Create a table of best bids and asks from a frame with any usual names of columns.

        Parameters
        ----------
        frame : pandas or polars DataFrame, pyarrow Table, structured array, or mapping of arrays
            One quote a row. A side without price and quantity (NaN, None or 0) is empty.
        instrument : Instrument
        columns : mapping, optional
            As in `from_trades`. The fields are `time`, `bid`, `bid_qty`, `ask` and `ask_qty`, and optionally `ts_recv`
            and `id`, an update id. Usual names such as ``bid_price``, ``bestBidQty`` or ``ask_size`` are found.
        unit, latency, sort
            As in `from_trades`.

        Returns
        -------
        EventTable
            Of two `QUOTE` rows for each row of the frame, bid and ask.

        Raises
        ------
        InvalidArgument, OffGrid, DataError
            As `from_trades`; also if a side has a price without a quantity or the reverse.

        Examples
        --------
        >>> btc = Instrument("BTCUSDT", tick_size="0.1", lot_size="0.001", quote="USDT")
        >>> quotes = {"ts": [1723118400000], "bid": [61000.1], "bid_size": [2], "ask": [61000.2], "ask_size": [1.5]}
        >>> EventTable.from_quotes(quotes, btc, unit="ms")
        EventTable(BTCUSDT, 2 rows)
        """
        from velora.data.frames import quote_columns

        made = quote_columns(frame, instrument, columns, unit, latency, sort)
        return cls._of_arrays(instrument, made)

    @classmethod
    def merge(cls, *tables: EventTable) -> EventTable:
        """Create one table of several tables of one instrument, such as its trades and its quotes, in time order.

        Parameters
        ----------
        tables : EventTable
            Rows of one time of receipt come in the order of the tables, and in a table keep their order.

        Raises
        ------
        InvalidArgument
            If there is no table, an argument is no table, or the instruments differ: a backtest takes a list of tables
            for several instruments.
        """
        for table in tables:
            if not isinstance(table, EventTable):
                cure = "write merge(*tables)" if isinstance(table, list | tuple) else "make one with from_trades or so"
                raise InvalidArgument(f"merge takes event tables, was a {type(table).__name__}: {cure}")
        if not tables:
            raise InvalidArgument("merge needs at least one table")
        first = tables[0].instrument
        for table in tables:
            if table.instrument != first:
                raise InvalidArgument(_difference(first, table.instrument))
        if len(tables) == 1:
            return tables[0]
        ts_recv = np.concatenate([table.ts_recv for table in tables])
        order = np.argsort(ts_recv, kind="stable")
        columns = {name: np.concatenate([getattr(table, name) for table in tables])[order] for name in COLUMNS}
        return cls._of_arrays(first, columns)

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
        """Times of receipt of the first and the last row, ns; None for an empty table."""
        return (int(self.ts_recv[0]), int(self.ts_recv[-1])) if len(self) else None

    @property
    def disorder_ns(self) -> int:
        """Maximum lag of a row's `ts_event` behind the latest one before it: ns, 0 when in order."""
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
        """Whether the book is given by order, without level updates."""
        orders = bool((self.kind == EventKind.ORDER_ADD).any())
        return orders and not bool((self.kind == EventKind.DELTA).any())

    def counts(self) -> dict[str, int]:
        """Number of rows of each kind."""
        found = np.bincount(self.kind, minlength=max(EventKind) + 1)
        return {kind.name.lower(): int(found[kind]) for kind in EventKind if found[kind]}

    def to_arrow(self) -> pa.Table:
        """The columns as a pyarrow Table, without a copy; the instrument is in its metadata."""
        import pyarrow as pa

        return pa.Table.from_arrays(
            [pa.array(getattr(self, name)) for name in COLUMNS], schema=arrow_schema(self.instrument)
        )

    def _in_nanoseconds(self) -> EventTable:
        """The table itself, after checking the unit of its times."""
        for name in ("ts_event", "ts_recv"):
            check_nanoseconds(name, getattr(self, name), self.instrument.symbol, 0)
        return self

    def check(
        self,
        *,
        file: str | PathLike[str] | None = None,
        first_row: int = 0,
        after: int | None = None,
        needs_qty: bool = False,
    ) -> None:
        """Check that the rows are valid, see `velora.data.row_check.check_rows`.

        Parameters
        ----------
        file : str or path, optional
            For the message; the symbol by default.
        first_row : int
            Number of the first row, for the message.
        after : int, optional
            Time of receipt of the row before the first one, ns.
        needs_qty : bool
            Whether trades, orders and executions need a quantity above 0, as in a catalog.

        Raises
        ------
        DataError
            With the row and the field.
        """
        check_rows(self, file=file, first_row=first_row, after=after, needs_qty=needs_qty)
        self._is_checked = True

    def __repr__(self) -> str:
        return f"EventTable({readable(self.instrument.symbol)}, {len(self)} rows)"

    def _repr_html_(self) -> str:
        from velora.data.listing import event_table_html

        return event_table_html(self)


def _difference(one: Instrument, other: Instrument) -> str:
    """Why two instruments cannot share a table."""
    if (one.symbol, one.venue) != (other.symbol, other.venue):
        names = [instrument_name(it) for it in (one, other)]
        return (
            f"merge makes one table of one instrument, was given {names[0]} and {names[1]}: pass a list of tables to a "
            "backtest, one for each instrument"
        )
    fields, others = one.to_dict(), other.to_dict()
    name = next(name for name in fields if fields[name] != others[name])
    return (
        f"the tables have different instruments of the name {one.symbol}: {name} is {fields[name]} and {others[name]}. "
        "Make all of them with one Instrument"
    )


def _needed(instrument: Instrument | None) -> Instrument:
    if instrument is None:
        raise InvalidArgument("a frame has no instrument; pass one")
    return instrument
