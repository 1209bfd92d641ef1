"""Any table with the right columns: CSV, Parquet or Arrow files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.importers.lines import check_files
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.together import stored_together
from velora.data.schema import COLUMNS, decode_instrument
from velora.data.table import EventTable
from velora.errors import CorruptData, DataError, InvalidArgument

__all__ = ["import_tables"]

_EXACT = ("price", "qty")
_BATCH_ROWS = 1 << 16


def _batches(path: Path) -> Iterator[Any]:
    """Record batches of a file, one after the other."""
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.ipc as ipc
    import pyarrow.parquet as pq

    suffix = path.name.lower()
    try:
        if suffix.endswith(".parquet"):
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=_BATCH_ROWS)
        elif suffix.endswith((".arrow", ".ipc", ".feather")):
            with pa.memory_map(str(path)) as mapped:
                reader = ipc.open_file(mapped)
                for at in range(reader.num_record_batches):
                    yield reader.get_batch(at)
        else:
            # Prices and quantities are read as text, so that they are converted exactly or not at all.
            options = pacsv.ConvertOptions(column_types=dict.fromkeys(_EXACT, pa.string()))
            with pacsv.open_csv(path, convert_options=options) as stream:
                yield from stream
    except (pa.ArrowException, OSError) as error:
        raise CorruptData(f"cannot be read as a table ({error})", file=path, mend="Is it whole?") from None


def _tables(
    path: Path, instrument: Instrument | None, options: Mapping[str, str | None], rename: Mapping[str, str]
) -> Iterator[EventTable]:
    """Event tables of a file; errors name the file and the row in it."""
    done = 0
    for batch in _batches(path):
        table = batch.rename_columns([rename.get(name, name) for name in batch.schema.names]) if rename else batch
        missing = [name for name in ("ts_event", "kind", "price", "qty") if name not in table.schema.names]
        if missing:
            raise CorruptData(
                f"has no column {missing[0]!r}; an event table has {', '.join(COLUMNS)}", file=path, mend="Rename it"
            )
        spec = instrument or decode_instrument(table.schema.metadata or {})
        if spec is None:
            symbol, tick_size, lot_size = options["symbol"], options["tick_size"], options["lot_size"]
            if not (symbol and tick_size and lot_size):
                raise InvalidArgument(f"{path} does not say its instrument: give --symbol, --tick-size and --lot-size")
            spec = Instrument(symbol, venue=options["venue"] or "", tick_size=tick_size, lot_size=lot_size)
        try:
            made = EventTable.from_arrow(table, spec, check=False)
            made.check(needs_qty=True)
        except InvalidArgument as error:
            raise type(error)(f"{path}, in the rows from {done} on: {error}") from None
        except DataError as error:
            row = None if error.row is None else done + error.row
            raise DataError(error.message, file=path, row=row, field=error.field, mend=error.mend) from None
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
    rename: Mapping[str, str] | None = None,
    overwrite: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import tables that have the columns of an event table.

    Parameters
    ----------
    paths : list of path
        CSV, Parquet or Arrow files, in the order of receipt. Needed columns: `ts_event`, `kind`, `price`, `qty`;
        optional: `ts_recv`, `side`, `flags`, `order_id`. Integer prices and quantities in Parquet and Arrow are ticks
        and lots; text, decimals and floats are in quote and base currency.
    catalog : Catalog
    instrument : Instrument, optional
        Read from the file's metadata when not given, or made of `symbol`, `venue`, `tick_size` and `lot_size`.
    rename : mapping, optional
        From the file's column names to these.

    Raises
    ------
    OffGrid, DataError, InvalidArgument
        The catalog is then as it was; the message names file and row.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    check_files(files)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    options = {"symbol": symbol, "venue": venue, "tick_size": tick_size, "lot_size": lot_size}
    spec: Instrument | None = None

    def all_tables() -> Iterator[EventTable]:
        nonlocal spec
        for path in files:
            for table in _tables(path, instrument, options, rename or {}):
                spec = spec or table.instrument
                if table.instrument != spec:
                    raise InvalidArgument(
                        f"{path} is of {table.instrument.symbol}, the files before it of {spec.symbol}"
                    )
                summary.lines += len(table)
                yield table
            if on_bytes is not None:
                on_bytes(path.stat().st_size)

    stats = catalog.write(all_tables(), overwrite=overwrite)
    assert spec is not None
    counts = stats["counts"]
    one = InstrumentSummary(
        spec.symbol,
        trades=counts.get("trade", 0),
        quotes=counts.get("quote", 0) // 2,
        snapshots=counts.get("snapshot_begin", 0),
        gaps=counts.get("gap"),  # those that the table states; nothing else would show one
    )
    one.written(spec, stats)
    summary.instruments.append(one)
    watch = stats["watch"]
    defects = Defects()
    for kind, count in (("order unknown", watch["unknown_orders"]), ("row contradicts the book", watch["unfit_rows"])):
        if count:
            defects.counts[kind] = count
    return summary.finish(defects, began)
