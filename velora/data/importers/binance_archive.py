"""Binance's public archive: trades, aggTrades, bookTicker and klines, CSV or ZIP, with or without a header row.

The columns are those the archive publishes; times are milliseconds or, in newer spot files, microseconds, told by their
size. Where a ``.CHECKSUM`` file lies beside an archive, its SHA-256 is verified first. The archive has one time a
row, the venue's: `ts_recv` equals `ts_event`, and the summary says so. Klines go to the candles of the catalog.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.importers.binance_capture import FEES, make_instrument
from velora.data.importers.grid import (
    OFF_GRID_SHARE,
    GridFinder,
    off_grid,
    scaled,
    scaled_steps,
    step_text,
    with_partners,
    without_value,
)
from velora.data.importers.lines import check_files
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.together import stored_together
from velora.data.table import EventTable
from velora.errors import CorruptData, InvalidArgument

__all__ = ["import_archives"]

_CHUNK = 1 << 16
_NAME = re.compile(r"(?P<symbol>[A-Z0-9_]+?)-(?P<kind>trades|aggTrades|bookTicker|\d+[smhdwM]o?)-\d{4}-\d{2}", re.ASCII)
_TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    # name: header names in the archive's order for spot and for futures
    "trades": {
        "spot": ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match"),
        "futures": ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker"),
    },
    "aggTrades": {
        "spot": ("id", "price", "qty", "first_id", "last_id", "time", "is_buyer_maker", "is_best_match"),
        "futures": ("id", "price", "qty", "first_id", "last_id", "time", "is_buyer_maker"),
    },
    "bookTicker": {
        "futures": ("id", "bid", "bid_qty", "ask", "ask_qty", "time", "event_time"),
    },
}
_RENAMED = {
    "agg_trade_id": "id",
    "trade_id": "id",
    "update_id": "id",
    "quantity": "qty",
    "transact_time": "time",
    "timestamp": "time",
    "transaction_time": "time",
    "best_bid_price": "bid",
    "best_bid_qty": "bid_qty",
    "best_ask_price": "ask",
    "best_ask_qty": "ask_qty",
    "first_trade_id": "first_id",
    "last_trade_id": "last_id",
    "base_qty": "quote_qty",
}
_KLINE = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
)


def _ns(value: int) -> int:
    """Nanoseconds of an archive time: milliseconds before the year 5000 have 13 digits, microseconds 16."""
    if value < 10**14:
        return value * 1_000_000
    if value < 10**17:
        return value * 1_000
    return value


def _true(text: str) -> bool:
    return text.strip().lower() in ("true", "1")


def _verify(path: Path) -> bool:
    """Check the SHA-256 beside an archive; whether there was one."""
    beside = path.with_name(path.name + ".CHECKSUM")
    if not beside.is_file():
        return False
    wanted = beside.read_text().split()[0].lower()
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wanted:
        raise CorruptData(
            f"its SHA-256 is {found}, {beside.name} says {wanted}", file=path, mend="Fetch the archive again"
        )
    return True


def _open(path: Path) -> Iterator[tuple[str, IO[str]]]:
    """Text of a CSV, of a gzipped one, or of each CSV in a ZIP."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith(".csv"):
                        with archive.open(name) as raw:
                            yield name, io.TextIOWrapper(raw, "utf-8")
            return
        with path.open("rb") as probe:
            is_gzip = probe.read(2) == b"\x1f\x8b"
        opener: Any = gzip.open if is_gzip else open
        with opener(path, "rt", encoding="utf-8") as text:
            yield path.name, text
    except (zipfile.BadZipFile, EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise CorruptData(f"cannot be read ({error})", file=path, mend="Fetch the file again") from None


def _kind_of(name: str, header: Sequence[str] | None, width: int) -> tuple[str, str]:
    """Symbol ("" when the name does not say it) and kind of a file."""
    match = _NAME.search(name)
    symbol = match["symbol"] if match else ""
    if match and match["kind"] in _TABLES:
        return symbol, match["kind"]
    if header and "open_time" in header:
        return symbol or name.partition("-")[0], "klines"
    if header and "agg_trade_id" in header:
        return symbol, "aggTrades"
    if header and "best_bid_price" in header:
        return symbol, "bookTicker"
    if header and "is_buyer_maker" in header:
        return symbol, "trades"
    if match or width in (11, 12):
        return symbol or name.partition("-")[0], "klines"
    raise CorruptData(
        "is neither trades, aggTrades, bookTicker nor klines",
        file=name,
        mend="Keep the archive's file name, or import it as a table",
    )


def _interval_of(name: str) -> str:
    match = re.search(r"-(\d+[smhdwM]o?)-", name)
    return match[1] if match else "1m"


_ROW = np.dtype(
    [(name, "i8") for name in ("ts", "price", "qty", "id", "line")]
    + [(name, "u1") for name in ("kind", "side", "flags")]
    + [("file", "u2")]
)


class _Spool:
    """Rows of one symbol on disk, with prices and quantities in 1e-8."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._rows: list[tuple[int, ...]] = []
        self.prices, self.lots = GridFinder((5, 2, 1), OFF_GRID_SHARE), GridFinder((1,), 0.0)
        self.count = 0

    def add(self, *row: int) -> None:
        """Append one row, in the order of the dtype."""
        self._rows.append(row)
        if len(self._rows) >= _CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what is held in memory."""
        if self._rows:
            block = np.array(self._rows, dtype=_ROW)
            self._rows.clear()
            self.prices.add(block["price"])
            self.lots.add(block["qty"])
            block.tofile(self._file)
            self.count += len(block)

    def read(self) -> NDArray[np.void]:
        """All rows, mapped from disk."""
        self.flush()
        self._file.flush()
        return np.memmap(self._file, dtype=_ROW, mode="r", shape=(self.count,))


@stored_together
def import_archives(
    paths: Sequence[str | Path],
    catalog: Catalog,
    *,
    market: str | None = None,
    symbol: str | None = None,
    tick_size: str | None = None,
    lot_size: str | None = None,
    overwrite: bool = False,
    skip_bad_lines: bool = False,
    strict: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import files of Binance's public archive into a catalog.

    Parameters
    ----------
    paths : list of path
        CSV, gzipped CSV or ZIP files of one symbol; trades and quotes of one period are merged by time.
    catalog : Catalog
    market : {"spot", "usdm", "coinm"}, optional
        ``"spot"`` when not given.
    symbol : str, optional
        Needed where the file name does not say it.
    tick_size, lot_size : str, optional
        Inferred when not given.
    overwrite, skip_bad_lines, strict : bool
        See `import_captures`.

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then as it was.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    check_files(files)
    chosen_market = market or "spot"
    if chosen_market not in FEES:
        raise InvalidArgument(f"market must be one of {', '.join(FEES)}, was {market!r}")
    defects = Defects(strict=strict)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    candles: dict[str, list[list[Any]]] = {}
    name = symbol or ""
    one = InstrumentSummary("")
    with tempfile.TemporaryFile(prefix="velora-import-") as file:
        spool = _Spool(file)
        for index, path in enumerate(files):
            if _verify(path):
                one.messages["checksum verified"] = one.messages.get("checksum verified", 0) + 1
            for inner, text in _open(path):
                found = _read(inner, text, path, index, chosen_market, spool, candles, one, defects, summary)
                if not name:
                    name = found
                elif found and found != name and not symbol:
                    raise InvalidArgument(
                        f"{path} is of {found}, the files before it of {name}: import one symbol at a time"
                    )
            if on_bytes is not None:
                on_bytes(path.stat().st_size)
        if not name:
            raise InvalidArgument("the symbol is not in the file names: give it with --symbol")
        one.name = name
        _store(
            name,
            chosen_market,
            tick_size,
            lot_size,
            spool,
            candles,
            one,
            defects,
            catalog,
            files,
            overwrite,
            skip_bad_lines,
        )
    summary.instruments.append(one)
    return summary.finish(defects, began)


def _read(
    inner: str,
    text: IO[str],
    path: Path,
    index: int,
    market: str,
    spool: _Spool,
    candles: dict[str, list[list[Any]]],
    one: InstrumentSummary,
    defects: Defects,
    summary: ImportSummary,
) -> str:
    reader = csv.reader(text)
    header: list[str] | None = None
    kind = symbol = ""
    columns: dict[str, int] = {}
    last_id: int | None = None
    try:
        for number, cells in enumerate(reader, 1):
            if not cells:
                continue
            if number == 1:
                if not re.fullmatch(r"-?\d+(\.\d+)?", cells[0].strip()):
                    header = [cell.strip() for cell in cells]
                symbol, kind = _kind_of(inner, header, len(cells))
                names = [_RENAMED.get(cell, cell) for cell in header] if header else None
                if names is None:
                    family = "spot" if market == "spot" else "futures"
                    names = list(_KLINE if kind == "klines" else _TABLES[kind].get(family) or _TABLES[kind]["futures"])
                columns = {column: at for at, column in enumerate(names)}
                if header:
                    continue
            summary.lines += 1
            place = f"{path.name}:{number}"
            try:
                if kind == "klines":
                    values: list[Any] = [_ns(int(cells[columns["open_time"]]))]
                    values += [float(cells[columns[c]]) for c in _KLINE[1:6]]
                    values += [_ns(int(cells[columns["close_time"]])), float(cells[columns["quote_volume"]])]
                    values += [int(float(cells[columns["count"]]))]
                    values += [float(cells[columns[c]]) for c in _KLINE[9:11]]
                    candles.setdefault(_interval_of(inner), []).append(values)
                elif kind == "bookTicker":
                    ts = _ns(int(cells[columns["time"]]))
                    update = int(cells[columns["id"]])
                    for side, price, qty, flags in (
                        (Side.BUY, "bid", "bid_qty", 0),
                        (Side.SELL, "ask", "ask_qty", 1),
                    ):
                        spool.add(
                            ts,
                            scaled(cells[columns[price]]),
                            scaled(cells[columns[qty]]),
                            update,
                            number,
                            EventKind.QUOTE,
                            side,
                            flags,
                            index,
                        )
                    one.quotes += 1
                else:
                    trade_id = int(cells[columns["id"]])
                    if last_id is not None and trade_id != last_id + 1:
                        what = "trade ids missing" if trade_id > last_id else "trade id repeated or out of order"
                        defects.add(what, place, f"{trade_id} after {last_id}")
                    last_id = trade_id
                    side = Side.SELL if _true(cells[columns["is_buyer_maker"]]) else Side.BUY
                    spool.add(
                        _ns(int(cells[columns["time"]])),
                        scaled(cells[columns["price"]]),
                        scaled(cells[columns["qty"]]),
                        trade_id,
                        number,
                        EventKind.TRADE,
                        side,
                        EventFlag.LAST,
                        index,
                    )
                    one.trades += 1
            except (ValueError, IndexError, KeyError) as error:
                raise CorruptData(
                    f"cannot be read as {kind}: {error!r}",
                    file=path,
                    row=number,
                    mend="Mend or remove the line",
                ) from None
    except (csv.Error, EOFError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise CorruptData(f"breaks off or is damaged ({error})", file=path, mend="Fetch the file again") from None
    return symbol


def _store(
    name: str,
    market: str,
    tick_size: str | None,
    lot_size: str | None,
    spool: _Spool,
    candles: dict[str, list[list[Any]]],
    one: InstrumentSummary,
    defects: Defects,
    catalog: Catalog,
    files: list[Path],
    overwrite: bool,
    skip_bad_lines: bool,
) -> None:
    spool.flush()
    rows = spool.read() if spool.count else None
    instrument = make_instrument(
        name,
        market,
        tick_size or step_text(spool.prices.step()),
        lot_size or step_text(spool.lots.step()),
    )
    one.instrument = instrument.to_dict()
    one.grid = "given" if tick_size and lot_size else "inferred"
    if rows is not None:
        order = _time_order(rows, files, defects)
        with catalog.writer(instrument, overwrite=overwrite) as writer:
            for start in range(0, len(order), _CHUNK):
                chosen = order[start : start + _CHUNK]
                writer.add(_table(np.asarray(rows[chosen]), instrument, files, defects, skip_bad_lines))
        one.written(instrument, writer.stats)
    for interval, values in candles.items():
        import pyarrow as pa

        columns = list(zip(*values, strict=True))
        ordered = np.argsort(np.array(columns[0], np.int64), kind="stable")
        types = [np.int64, *[np.float64] * 5, np.int64, np.float64, np.int64, np.float64, np.float64]
        names = (
            "ts_open",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "ts_close",
            "quote_volume",
            "trades",
            "taker_buy_volume",
            "taker_buy_quote_volume",
        )
        opened = np.array(columns[0], np.int64)[ordered]
        repeated = int(np.count_nonzero(np.diff(opened) == 0))
        if repeated:
            defects.add("candle repeated", files[0].name, f"{repeated} in all")
        table_out = pa.table({n: np.array(c, t)[ordered] for n, c, t in zip(names, columns, types, strict=True)})
        catalog.write_candles(instrument, interval, table_out, overwrite=overwrite)
        one.messages[f"{interval} candles"] = len(values)
        one.first_ts, one.last_ts = int(opened[0]), int(opened[-1])
    if rows is None and not candles:
        raise CorruptData("the files hold no rows", file=files[0])


def _time_order(rows: NDArray[np.void], files: list[Path], defects: Defects) -> NDArray[np.intp]:
    """Row numbers by time; rows of one instant stay in the order of the files."""
    ts = np.ascontiguousarray(rows["ts"])
    same_file = rows["file"][1:] == rows["file"][:-1]
    back = np.flatnonzero((np.diff(ts) < 0) & same_file)
    if len(back):
        first = int(back[0]) + 1
        place = f"{files[rows['file'][first]].name}:{rows['line'][first]}"
        defects.add("time goes back, sorted", place, f"{len(back)} in all")
    return np.argsort(ts, kind="stable")


def _table(
    block: NDArray[np.void], instrument: Instrument, files: list[Path], defects: Defects, skip_bad_lines: bool
) -> EventTable:
    """Spooled rows on the instrument's grid."""
    tick, lot = scaled_steps(instrument)
    bad = (block["price"] % tick != 0) | (block["qty"] % lot != 0)
    for at in np.flatnonzero(bad).tolist():
        field = "price" if block["price"][at] % tick else "qty"
        step = instrument.tick_size if field == "price" else instrument.lot_size
        detail = f"{field} {step_text(int(block[field][at]))} is not a multiple of {step}"
        file, line = files[block["file"][at]], int(block["line"][at])
        if not skip_bad_lines:
            raise off_grid(file, line, field, detail)
        defects.add("off the grid, left out", f"{file.name}:{line}", detail)
    nothing = without_value(block) & ~bad
    for at in np.flatnonzero(nothing).tolist():
        detail = f"{step_text(int(block['qty'][at]))} at {step_text(int(block['price'][at]))}"
        place = f"{files[block['file'][at]].name}:{int(block['line'][at])}"
        defects.add("no price or quantity, left out", place, detail)
    block = block[~with_partners(block, bad | nothing)]
    return EventTable.from_numpy(
        instrument,
        check=False,
        ts_event=np.ascontiguousarray(block["ts"]),
        ts_recv=np.ascontiguousarray(block["ts"]),
        kind=np.ascontiguousarray(block["kind"]),
        side=np.ascontiguousarray(block["side"]),
        flags=np.ascontiguousarray(block["flags"]),
        price=block["price"] // tick,
        qty=block["qty"] // lot,
        order_id=np.ascontiguousarray(block["id"]),
    )
