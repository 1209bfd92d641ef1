"""Binance's public archive: trades, aggTrades, bookTicker and klines, CSV or ZIP, with or without a header row.

The columns are those of the published archive. Times are milliseconds or, in newer spot files, microseconds, recognized
by their size. If a ``.CHECKSUM`` file lies beside an archive, its SHA-256 is verified first. The archive has one time
per row, the venue's: `ts_recv` equals `ts_event`, and the summary states this. Klines go to the candles of the catalog.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import interval_name
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.convert import SANE_SECONDS
from velora.data.importers.archive_rows import AGG_TRADES, BOOK_TICKER, CHUNK, TRADES, RowOrder, RowSpool
from velora.data.importers.binance_capture import FEES, make_instrument
from velora.data.importers.binance_symbols import is_symbol
from velora.data.importers.grid import (
    off_grid,
    scaled,
    scaled_steps,
    step_text,
    with_partners,
    without_value,
)
from velora.data.importers.lines import LINE_MAX, Expansion, check_files
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.together import stored_together
from velora.data.table import EventTable
from velora.errors import CorruptData, InvalidArgument

__all__ = ["import_archives", "is_archive"]

_NAME = re.compile(
    r"(?P<symbol>[^-]+)-(?P<kind>trades|aggTrades|bookTicker|\d+(?:mo|[smhdwM]))-(?P<period>\d{4}-\d{2}(?:-\d{2})?)"
    r"\.csv(?:\.gz)?",
    re.ASCII,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STREAMS = {"trades": TRADES, "aggTrades": AGG_TRADES, "bookTicker": BOOK_TICKER}
_INT64_MAX = 2**63 - 1
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


#: Columns of a file without a header, by kind.
_WIDTHS = {"trades": (6, 7), "aggTrades": (7, 8), "bookTicker": (7,), "klines": (11, 12)}
_NEEDED = {
    "trades": ("id", "price", "qty", "time", "is_buyer_maker"),
    "aggTrades": ("id", "price", "qty", "first_id", "last_id", "time", "is_buyer_maker"),
    "bookTicker": ("id", "bid", "bid_qty", "ask", "ask_qty", "time"),
    "klines": _KLINE,
}
#: A column whose name only one kind has in its header.
_TELLING = {
    "open_time": "klines",
    "agg_trade_id": "aggTrades",
    "best_bid_price": "bookTicker",
    "is_buyer_maker": "trades",
}


def _ns(text: str) -> int:
    """Nanoseconds of an archive time: milliseconds before the year 5000 have 13 digits, microseconds 16."""
    value = int(text)
    ns = value * (1_000_000 if value < 10**14 else 1_000 if value < 10**17 else 1)
    if not SANE_SECONDS[0] * 10**9 <= ns <= SANE_SECONDS[1] * 10**9:
        raise ValueError(f"the time {text[:40]} lies outside of the years 1990 to 2100")
    return ns


def _id(text: str) -> int:
    value = int(text)
    if not 0 <= value <= _INT64_MAX:
        raise ValueError(f"the id {text[:40]} does not fit 64 bits")
    return value


def _true(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "1", "false", "0"):
        raise ValueError(f"{text[:40]!r} is neither true nor false")
    return word in ("true", "1")


def _verify(path: Path) -> bool:
    """Check the SHA-256 beside an archive; returns whether there was one."""
    beside = path.with_name(path.name + ".CHECKSUM")
    if not beside.is_file():
        return False
    with beside.open("rb") as text:
        words = text.read(1024).decode("utf-8", "replace").split()
    wanted = words[0].lower() if words else ""
    if _SHA256.fullmatch(wanted) is None:
        raise CorruptData("contains no SHA-256", file=beside, hint="Fetch it again, or remove it")
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != wanted:
        raise CorruptData(
            f"its SHA-256 is {found}, {beside.name} says {wanted}", file=path, hint="Fetch the archive again"
        )
    return True


def _members(path: Path) -> Iterator[tuple[str, IO[bytes] | gzip.GzipFile]]:
    """Names and bytes of a CSV, of a gzipped CSV, or of each CSV in a ZIP."""
    with path.open("rb") as probe:
        head = probe.read(4)
    if head[:2] == b"PK":
        # zipfile raises errors of various kinds for hostile bytes, most of them undocumented.
        try:
            archive = zipfile.ZipFile(path)
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        except Exception as error:
            raise CorruptData(f"cannot be read as a ZIP ({error})", file=path, hint="Fetch the file again") from None
        with archive:
            if not names:
                raise CorruptData("contains no CSV", file=path)
            for name in names:
                try:
                    member = archive.open(name)
                except Exception as error:
                    raise CorruptData(f"cannot be read ({error})", file=path, hint="Fetch the file again") from None
                with member:
                    yield name, member
    elif head[:2] == b"\x1f\x8b":
        with gzip.open(path, "rb") as packed:
            yield path.name, packed
    else:
        with path.open("rb") as plain:
            yield path.name, plain


def _text_lines(stream: IO[bytes] | gzip.GzipFile, path: Path, broken: Callable[[int, str], None]) -> Iterator[str]:
    """Lines of a CSV; if a compressed stream breaks off, `broken` is called with the number of the last good line."""
    expansion = Expansion(path, path.stat().st_size)
    number = 0
    while True:
        try:
            line = stream.readline(LINE_MAX + 1)
        except Exception as error:  # zlib, lzma, bz2 and zipfile each have their own errors
            broken(number, f"{type(error).__name__}: {error}" if not str(error) else str(error))
            return
        if not line:
            return
        number += 1
        if len(line) > LINE_MAX:
            raise CorruptData(f"the line is longer than {LINE_MAX:,} bytes", file=path, row=number)
        expansion.add(len(line))
        yield line.decode("utf-8", "replace")


@dataclass
class _Content:
    """Contents of a file, from its name and its first row."""

    symbol: str  # "" when the name does not contain it
    kind: str
    interval: str  # of candles; "" when the name does not contain it
    period: str  # YYYY-MM or YYYY-MM-DD
    columns: dict[str, int]
    width: int
    has_header: bool


def _named(name: str) -> re.Match[str] | None:
    """The parts of a file name in the archive's format, as a whole."""
    match = _NAME.fullmatch(name)
    return match if match and is_symbol(match["symbol"]) else None


def is_archive(name: str, columns: Sequence[str]) -> bool:
    """Whether a CSV with that name and first row is one of the archive's."""
    return _named(name) is not None or any(column in _TELLING for column in columns)


def _content(name: str, cells: Sequence[str], market: str, path: Path, *, has_symbol: bool) -> _Content:
    """Determine a file's contents from its name and first row; with a symbol given, any text may precede the name."""
    name = name.rpartition("/")[2]
    match = _NAME.fullmatch(name) if has_symbol else _named(name)
    header = None if _NUMBER.fullmatch(cells[0].strip()) else [cell.strip() for cell in cells]
    kind = ""
    if match:
        kind = match["kind"] if match["kind"] in _TABLES else "klines"
    elif header:
        kind = next((_TELLING[column] for column in _TELLING if column in header), "")
    if not kind:
        raise CorruptData(
            "is neither trades, aggTrades, bookTicker nor klines",
            file=path,
            hint="Keep the archive's file name (BTCUSDT-trades-2025-01-01.zip), give --symbol, or import it as a table",
        )
    if header:
        names = [_RENAMED.get(cell, cell) for cell in header]
        missing = [column for column in _NEEDED[kind] if column not in names]
        if missing:
            raise CorruptData(f"has no column {missing[0]!r}, which {kind} need", file=path, row=1)
    else:
        if len(cells) not in _WIDTHS[kind]:
            wanted = " or ".join(map(str, _WIDTHS[kind]))
            raise CorruptData(f"has {len(cells)} columns; {kind} have {wanted}", file=path, row=1)
        family = "spot" if market == "spot" else "futures"
        names = list(_KLINE if kind == "klines" else _TABLES[kind].get(family) or _TABLES[kind]["futures"])
    return _Content(
        symbol=match["symbol"] if match else "",
        kind=kind,
        interval=match["kind"] if match and kind == "klines" else "",
        period=match["period"] if match else "",
        columns={column: at for at, column in enumerate(names)},
        width=len(cells),
        has_header=header is not None,
    )


_CANDLE_NAMES = (
    *("ts_open", "open", "high", "low", "close", "volume", "ts_close", "quote_volume", "trades"),
    *("taker_buy_volume", "taker_buy_quote_volume"),
)
_CANDLE = np.dtype([(name, "i8" if name in ("ts_open", "ts_close", "trades") else "f8") for name in _CANDLE_NAMES])


class _Candles:
    """Candles of one interval, in the order read."""

    def __init__(self) -> None:
        self._rows: list[tuple[int | float, ...]] = []
        self._blocks: list[NDArray[np.void]] = []

    def add(self, row: tuple[int | float, ...]) -> None:
        """Append one candle."""
        self._rows.append(row)
        if len(self._rows) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._blocks.append(np.array(self._rows, dtype=_CANDLE))
            self._rows.clear()

    def in_order(self) -> NDArray[np.void]:
        """All candles, sorted by opening time."""
        self._flush()
        candles = np.concatenate(self._blocks)
        self._blocks.clear()
        opened = np.ascontiguousarray(candles["ts_open"])
        return candles if (opened[1:] >= opened[:-1]).all() else candles[np.argsort(opened, kind="stable")]


@stored_together
def import_archives(
    paths: Sequence[str | Path],
    catalog: Catalog,
    *,
    market: str | None = None,
    symbol: str | None = None,
    tick_size: str | None = None,
    lot_size: str | None = None,
    quote: str | None = None,
    overwrite: bool = False,
    skip_bad_lines: bool = False,
    strict: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import files of Binance's public archive into a catalog.

    Parameters
    ----------
    paths : list of path
        CSV, gzipped CSV or ZIP files of one symbol, in any order; trades and quotes are merged by time. Rows in two
        files (a day and its month) are kept once, and so are prints in both trades and aggTrades.
    catalog : Catalog
    market : {"spot", "usdm", "coinm"}, optional
        ``"spot"`` by default.
    symbol : str, optional
        Required if the file name is not in the archive's format.
    tick_size, lot_size : str, optional
        Inferred by default.
    quote : str, optional
        Quote currency; by default derived from the end of the symbol.
    overwrite, skip_bad_lines, strict : bool
        See `import_captures`.

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then unchanged.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    check_files(files)
    chosen_market = market or "spot"
    if chosen_market not in FEES:
        raise InvalidArgument(f"market must be one of {', '.join(FEES)}, was {market!r}")
    defects = Defects(strict=strict)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    one = InstrumentSummary(symbol or "")
    with tempfile.TemporaryFile(prefix="velora-import-") as file:
        reader = _Reader(files, chosen_market, RowSpool(file), defects, symbol=symbol, skip_bad_lines=skip_bad_lines)
        for index, path in enumerate(files):
            if _verify(path):
                one.messages["checksum verified"] = one.messages.get("checksum verified", 0) + 1
            for inner, stream in _members(path):
                reader.read(inner, stream, index)
            if on_bytes is not None:
                on_bytes(path.stat().st_size)
        summary.lines = reader.lines
        if not reader.name:
            raise InvalidArgument("the symbol is not in the file names: set it with --symbol")
        one.name = reader.name
        reader.spool.flush()
        instrument = make_instrument(
            reader.name,
            chosen_market,
            tick_size or step_text(reader.spool.prices.step()),
            lot_size or step_text(reader.spool.lots.step()),
            quote=quote,
        )
        one.instrument = instrument.to_dict()
        one.grid = "given" if tick_size and lot_size else "inferred"
        if not reader.spool.count and not reader.candles:
            raise CorruptData("the files contain no rows", file=files[0])
        reader.find_missing_days()
        if reader.spool.count:
            order, parts, rest = RowOrder(reader.spool, files, defects).find(one)
            with catalog.writer(instrument, overwrite=overwrite) as writer:
                for start in range(0, len(order), CHUNK):
                    block = reader.spool.rows(order[start : start + CHUNK])
                    mine = slice(*np.searchsorted(parts, (start, start + CHUNK)))
                    block["qty"][parts[mine] - start] = rest[mine]
                    writer.add(_table(block, instrument, files, defects, skip_bad_lines))
            one.written(instrument, writer.stats)
            counts = writer.stats["counts"]
            one.trades, one.quotes = counts.get("trade", 0), counts.get("quote", 0) // 2
        for interval, candles in reader.candles.items():
            _write_candles(candles.in_order(), interval, instrument, one, defects, catalog, files[0].name, overwrite)
    summary.instruments.append(one)
    return summary.finish(defects, began)


class _Reader:
    """Reads files of one symbol into a spool, and into candles."""

    def __init__(
        self,
        files: list[Path],
        market: str,
        spool: RowSpool,
        defects: Defects,
        *,
        symbol: str | None,
        skip_bad_lines: bool,
    ) -> None:
        self.name = symbol or ""
        self.spool = spool
        self.candles: dict[str, _Candles] = {}
        self.lines = 0
        self._files = files
        self._market = market
        self._defects = defects
        self._is_given = bool(symbol)
        self._skip = skip_bad_lines
        self._periods: dict[str, set[str]] = {}  # of quotes and candles, whose ids do not reveal a gap

    def read(self, inner: str, stream: IO[bytes] | gzip.GzipFile, index: int) -> None:
        """Read one CSV."""
        path = self._files[index]
        content: _Content | None = None
        lines = csv.reader(_text_lines(stream, path, lambda row, why: self._broken(path, row, why)))
        while True:
            try:
                cells = next(lines, None)
            except csv.Error as error:
                self._bad(path, lines.line_num, f"cannot be read as CSV: {error}")
                continue
            if cells is None:
                return
            if not cells:
                continue
            number = lines.line_num
            if content is None:
                content = _content(inner, cells, self._market, path, has_symbol=self._is_given)
                self._take_name(content, path)
                if content.has_header:
                    continue
            self.lines += 1
            try:
                if len(cells) != content.width:
                    raise ValueError(f"it has {len(cells)} columns, not {content.width}")
                self._row(content, cells, number, index)
            except (ValueError, OverflowError) as error:
                self._bad(path, number, f"cannot be read as {content.kind}: {error}")

    def _take_name(self, content: _Content, path: Path) -> None:
        if not self.name:
            self.name = content.symbol
        elif content.symbol and content.symbol != self.name and not self._is_given:
            raise InvalidArgument(
                f"{path} is for {content.symbol}, the previous files for {self.name}: import one symbol at a time"
            )
        if not self.name:
            raise InvalidArgument(
                f"the name of {path} is not in the archive's format (BTCUSDT-trades-2025-01-01.zip) and does not "
                "contain the symbol: set it with --symbol"
            )
        if content.period and content.kind in ("bookTicker", "klines"):
            self._periods.setdefault(content.interval or content.kind, set()).add(content.period)

    def _row(self, content: _Content, cells: list[str], number: int, index: int) -> None:
        columns, kind = content.columns, content.kind
        if kind == "klines":
            opened, closed = _ns(cells[columns["open_time"]]), _ns(cells[columns["close_time"]])
            prices = [float(cells[columns[name]]) for name in _KLINE[1:6]]
            more = [float(cells[columns[name]]) for name in (_KLINE[7], *_KLINE[9:11])]
            if not all(map(isfinite, (*prices, *more))) or prices[1] < prices[2]:
                raise ValueError("a value is not finite, or the highest price is below the lowest")
            if not content.interval:
                content.interval = _interval(opened, closed)
            row = (opened, *prices, closed, more[0], _id(cells[columns["count"]].partition(".")[0]), *more[1:])
            self.candles.setdefault(content.interval, _Candles()).add(row)
            return
        ts, row_id = _ns(cells[columns["time"]]), _id(cells[columns["id"]])
        if kind == "bookTicker":
            bid, ask = (
                (scaled(cells[columns[side]]), scaled(cells[columns[f"{side}_qty"]])) for side in ("bid", "ask")
            )
            where = (row_id, 0, 0, number, EventKind.QUOTE)
            self.spool.add(ts, *bid, *where, Side.BUY, 0, BOOK_TICKER, index)
            self.spool.add(ts, *ask, *where, Side.SELL, EventFlag.LAST, BOOK_TICKER, index)
            return
        side = Side.SELL if _true(cells[columns["is_buyer_maker"]]) else Side.BUY
        price, qty = scaled(cells[columns["price"]]), scaled(cells[columns["qty"]])
        first = last = row_id
        if kind == "aggTrades":
            first, last = (int(cells[columns[name]]) for name in ("first_id", "last_id"))
            if not 0 <= first <= last <= _INT64_MAX:
                first, last = 0, -1  # the oldest rows have no trade ids (-1): nothing to compare
        stream = _STREAMS[kind]
        self.spool.add(
            ts, price, qty, row_id, first, last, number, EventKind.TRADE, side, EventFlag.LAST, stream, index
        )

    def _bad(self, path: Path, number: int, text: str) -> None:
        if not self._skip:
            raise CorruptData(
                text, file=path, row=number, hint="Correct or remove the line, or skip such lines with --skip-bad-lines"
            )
        self._defects.add("bad line", f"{path.name}:{number}", text)

    def _broken(self, path: Path, number: int, why: str) -> None:
        if not self._skip:
            raise CorruptData(f"breaks off or is damaged ({why})", file=path, row=number, hint="Fetch the file again")
        self._defects.broken_off(path.name)(number, why)

    def find_missing_days(self) -> None:
        """Find days between the files of one kind for which there is no file, by the file names."""
        for kind, periods in self._periods.items():
            spans = sorted(map(_days, periods))
            end = spans[0][1]
            for first, last in spans:
                if first > end + timedelta(days=1):
                    gap = f"{end + timedelta(days=1)} to {first - timedelta(days=1)}"
                    self._defects.add("days missing between the files", f"{kind} of {self.name}", gap)
                end = max(end, last)


def _days(period: str) -> tuple[date, date]:
    """First and last day of YYYY-MM-DD or YYYY-MM; raises for an impossible date."""
    try:
        if len(period) > 7:
            day = date.fromisoformat(period)
            return day, day
        first = date.fromisoformat(f"{period}-01")
    except ValueError as error:
        raise CorruptData(f"a file name has the date {period}: {error}") from None
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _interval(opened: int, closed: int) -> str:
    """Name of a candle's interval; a candle ends one millisecond or microsecond before the next begins."""
    for unit in (10**6, 10**3, 1):
        if (closed - opened + unit) % 10**9 == 0 and closed > opened:
            return interval_name(closed - opened + unit)
    raise ValueError("its times are not those of a candle, and the file name does not contain the interval")


def _write_candles(
    candles: NDArray[np.void],
    interval: str,
    instrument: Instrument,
    one: InstrumentSummary,
    defects: Defects,
    catalog: Catalog,
    file: str,
    overwrite: bool,
) -> None:
    """Store candles in order, without duplicates."""
    import pyarrow as pa

    opened = candles["ts_open"]
    repeated = np.concatenate(([False], opened[1:] == opened[:-1]))
    if repeated.any():
        defects.add("candle repeated, kept once", file, f"{int(repeated.sum())} in total")
    kept = candles[~repeated] if repeated.any() else candles
    table = pa.table({name: np.ascontiguousarray(kept[name]) for name in _CANDLE_NAMES})
    catalog.write_candles(instrument, interval, table, overwrite=overwrite)
    one.messages[f"{interval} candles"] = len(kept)
    if not one.rows:  # else they are those of the rows
        one.first_ts, one.last_ts = int(opened[0]), int(opened[-1])


def _table(
    block: NDArray[np.void], instrument: Instrument, files: list[Path], defects: Defects, skip_bad_lines: bool
) -> EventTable:
    """Yield spooled rows on the instrument's grid."""
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
