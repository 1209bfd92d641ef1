"""Import of any table with the right columns: CSV, Parquet or Arrow files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.convert import arrow_column, check_nanoseconds, times
from velora.data.importers.lines import check_files
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.together import stored_together
from velora.data.schema import COLUMNS, decode_instrument
from velora.data.table import EventTable
from velora.errors import CorruptData, DataError, InvalidArgument, VeloraError

__all__ = ["import_tables"]

_EXACT = ("price", "qty")
_BATCH_ROWS = 1 << 16

#: Units of times, ns, for the suffix of a column's name and for the option.
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
_TIMES = ("ts_event", "ts_recv")


def _batches(path: Path) -> Iterator[Any]:
    """Record batches of a file; each is validated first, because a damaged one would crash its reader."""
    import pyarrow as pa

    try:
        for batch in _raw_batches(path):
            batch.validate(full=True)
            batch.schema.names  # noqa: B018 - raises for names that are not text
            for start in range(0, batch.num_rows, _BATCH_ROWS):
                yield batch.slice(start, _BATCH_ROWS)
    except VeloraError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError) as error:
        raise CorruptData(f"cannot be read as a table ({error})", file=path, hint="Is it whole?") from None


def _raw_batches(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.ipc as ipc
    import pyarrow.parquet as pq

    suffix = path.name.lower()
    if suffix.endswith(".parquet"):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=_BATCH_ROWS)
    elif suffix.endswith((".arrow", ".ipc", ".feather")):
        with pa.OSFile(str(path)) as raw:  # not a memory map: if the file is truncated meanwhile, that would crash
            reader = ipc.open_file(raw)
            for at in range(reader.num_record_batches):
                yield reader.get_batch(at)
    else:
        # Prices and quantities are read as text, so that they are converted exactly or raise an error.
        options = pacsv.ConvertOptions(column_types=dict.fromkeys(_EXACT, pa.string()))
        with pacsv.open_csv(path, convert_options=options) as stream:
            yield from stream


def _instrument_of(batch: Any, path: Path) -> Instrument | None:
    """The instrument in a file's metadata."""
    try:
        return decode_instrument(batch.schema.metadata or {})
    except VeloraError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise CorruptData(f"invalid instrument metadata ({error})", file=path, hint="Pass the instrument") from None


def _names(names: Sequence[str], rename: Mapping[str, str], path: Path) -> tuple[list[str], dict[str, str]]:
    """Event table names for the columns of a file, and the units in the file's column names."""
    out: list[str] = []
    units: dict[str, str] = {}
    for name in names:
        known = rename.get(name, name)
        column, _, unit = known.rpartition("_")
        if column in _TIMES and unit in _UNITS:
            units[column] = unit
            known = column
        out.append(known)
    for column in COLUMNS:
        if out.count(column) > 1:
            raise CorruptData(f"has the column {column!r} {out.count(column)} times", file=path, hint="Rename one")
    missing = [name for name in ("ts_event", "kind", "price", "qty") if name not in out]
    if missing:
        raise CorruptData(
            f"has no column {missing[0]!r}; an event table has {', '.join(COLUMNS)}", file=path, hint="Rename it"
        )
    return out, units


def _nanoseconds(name: str, column: Any, unit: str | None, place: str, first_row: int) -> NDArray[np.int64]:
    """A column of times; integers are of the unit, or checked to be nanoseconds when none is given."""
    import pyarrow as pa

    if not pa.types.is_integer(column.type):
        made = times(name, arrow_column(name, column, place, first_row), place, first_row)
        check_nanoseconds(name, made, place, first_row)
        return made
    values = times(name, arrow_column(name, column, place, first_row), place, first_row)
    if unit is None:
        check_nanoseconds(name, values, place, first_row)
        return values
    scale = _UNITS[unit]
    bad = (values > (2**63 - 1) // scale) | (values < -((2**63 - 1) // scale))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"the time {int(values[row])} {unit} does not fit 64 bits of nanoseconds",
            file=place,
            row=first_row + row,
            field=name,
        )
    return values * scale


def _tables(
    path: Path, instrument: Instrument | None, options: Mapping[str, str | None], rename: Mapping[str, str]
) -> Iterator[EventTable]:
    """Event tables of a file; errors give the file and the row."""
    done = 0
    last: int | None = None
    for batch in _batches(path):
        names, units = _names(batch.schema.names, rename, path)
        spec = instrument or _instrument_of(batch, path)
        if spec is None:
            symbol, tick_size, lot_size = options["symbol"], options["tick_size"], options["lot_size"]
            if not (symbol and tick_size and lot_size):
                raise InvalidArgument(f"{path} does not name its instrument: set --symbol, --tick-size and --lot-size")
            spec = Instrument(
                symbol,
                venue=options["venue"] or "",
                # Unknown currencies get different names, so profits in them are never added.
                quote=options["quote"] or f"{symbol}?",
                tick_size=tick_size,
                lot_size=lot_size,
            )
        place = str(path)
        columns = {name: batch.column(at) for at, name in enumerate(names) if name in COLUMNS}
        given: dict[str, Any] = {}
        for name, column in columns.items():
            if name in _TIMES:
                given[name] = _nanoseconds(name, column, units.get(name, options["time_unit"]), place, done)
            else:
                given[name] = arrow_column(name, column, place, done)
        made = EventTable.of_columns(spec, given, check=False, owner=batch, place=place, first_row=done)
        made.check(file=place, first_row=done, after=last, needs_qty=True)
        last = int(made.ts_recv[-1]) if len(made) else last
        yield made
        done += batch.num_rows


@stored_together
def import_tables(
    paths: Sequence[str | Path],
    catalog: Catalog,
    *,
    instrument: Instrument | None = None,
    symbol: str | None = None,
    venue: str = "",
    tick_size: str | None = None,
    lot_size: str | None = None,
    quote: str | None = None,
    time_unit: str | None = None,
    rename: Mapping[str, str] | None = None,
    overwrite: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import tables that have the columns of an event table.

    Parameters
    ----------
    paths : list of path
        CSV, Parquet or Arrow files, in the order of receipt. Required columns: `ts_event`, `kind`, `price`, `qty`;
        optional: `ts_recv`, `side`, `flags`, `order_id`. Integer prices and quantities in Parquet and Arrow are ticks
        and lots; text, decimals and floats are in quote and base currency.
    catalog : Catalog
    instrument : Instrument, optional
        By default read from the file's metadata, or built from `symbol`, `venue`, `quote`, `tick_size` and `lot_size`.
        Without `quote` the currency is named after the symbol, with a question mark.
    time_unit : {"ns", "us", "ms", "s"}, optional
        Unit of integer times. By default it is the suffix of a column's name (``ts_event_ms``), or nanoseconds; times
        that can only be in another unit are then refused.
    rename : mapping, optional
        Mapping from the file's column names to these names.

    Raises
    ------
    OffGrid, DataError, InvalidArgument
        The catalog is then unchanged; the message gives file and row.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    check_files(files)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    if time_unit is not None and time_unit not in _UNITS:
        raise InvalidArgument(f"time_unit must be one of {', '.join(_UNITS)}, was {time_unit!r}")
    options = {"symbol": symbol, "venue": venue, "quote": quote, "tick_size": tick_size, "lot_size": lot_size}
    options["time_unit"] = time_unit
    spec: Instrument | None = None

    def all_tables() -> Iterator[EventTable]:
        nonlocal spec
        for path in files:
            for table in _tables(path, instrument, options, rename or {}):
                spec = spec or table.instrument
                if table.instrument != spec:
                    raise InvalidArgument(
                        f"{path} is for {table.instrument.symbol}, the previous files for {spec.symbol}"
                    )
                summary.lines += len(table)
                yield table
            if on_bytes is not None:
                on_bytes(path.stat().st_size)

    stats = catalog.write(all_tables(), overwrite=overwrite)
    if spec is None:
        raise CorruptData("the files contain no rows", file=files[0])
    counts = stats["counts"]
    one = InstrumentSummary(
        spec.symbol,
        trades=counts.get("trade", 0),
        quotes=counts.get("quote", 0) // 2,
        snapshots=counts.get("snapshot_begin", 0),
        gaps=counts.get("gap"),  # only GAP rows count; the data has no other sign of a gap
    )
    one.written(spec, stats)
    summary.instruments.append(one)
    watch = stats["watch"]
    defects = Defects()
    for kind, count in (("order unknown", watch["unknown_orders"]), ("row contradicts the book", watch["unfit_rows"])):
        if count:
            defects.counts[kind] = count
    return summary.finish(defects, began)
