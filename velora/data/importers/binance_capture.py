"""Raw Binance captures: one ``LOCAL_TIME JSON`` a line, as received.

The JSON is a combined-stream message (``stream``, ``data``) or a REST depth answer. Local times have 13, 16 or 19
digits: milliseconds, microseconds or nanoseconds.

Rules
-----
Join (Binance's published one, see `velora.data.feeds`). The diffs before a REST snapshot are held. Held diffs that are
kept count as received with the snapshot: nobody could have had the book before. A broken chain makes a GAP row. Without
any snapshot the book is built from diffs alone. A diff of which a level is left out makes a GAP row too.

Venue time. ``T`` where the message has it, else ``E``. Spot quotes have neither, and spot snapshots have none: they get
the latest venue time stated before them and the flag CLOCK_ESTIMATED. Book rows never go back in venue time: one that
would is set to the time of the row before and flagged too.

Clock. If some message seems to arrive before it was sent, the recorder's clock ran behind the venue's. All times of
receipt are then shifted by the constant that makes the smallest latency one millisecond, the resolution of the venue's
stamps: those of all instruments of a session by the same, since one recorder saw them. What it saw in several imports,
such as spot and futures, is comparable when all are given the largest of their shifts. The raw times stay in the column
``ts_recv_raw``.

Grid. Tick and lot size are taken from the options, else inferred: the tick is the largest step of 1, 2 or 5 times a
power of ten that fewer than one price in ten thousand is off, the lot the largest power of ten that every quantity is a
multiple of (books do hold quantities finer than the lot for orders).
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

from velora.core.clock import duration_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.feeds import BINANCE_FUTURES, BINANCE_SPOT, BookDiff, BookSync, FeedSnapshot, Missing
from velora.data.feeds.guard import Crossed
from velora.data.importers.book_check import BookCheck
from velora.data.importers.grid import (
    OFF_GRID_SHARE,
    GridFinder,
    off_grid,
    scaled,
    scaled_steps,
    step_text,
    without_value,
)
from velora.data.importers.lines import check_files, read_lines
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.together import stored_together
from velora.data.schema import COLUMNS
from velora.data.table import EventTable
from velora.errors import CorruptData, DataError, InvalidArgument

__all__ = [
    "FEES",
    "import_captures",
    "make_instrument",
]

#: Smallest latency after a clock shift: the venue stamps whole milliseconds.
LATENCY_FLOOR_NS = 1_000_000

_FLUSH_ROWS = 1 << 16
_LAST, _SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
_OFF_BOOK, _ESTIMATED = int(EventFlag.OFF_BOOK), int(EventFlag.CLOCK_ESTIMATED)
_TRADE, _QUOTE, _DELTA = int(EventKind.TRADE), int(EventKind.QUOTE), int(EventKind.DELTA)
_BEGIN, _END = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END)
_MARK, _FUNDING, _GAP = int(EventKind.MARK_PRICE), int(EventKind.FUNDING), int(EventKind.GAP)
_BUY, _SELL, _NONE = (int(side) for side in Side)
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "BTC", "ETH", "BNB", "EUR", "TRY", "USD")
FEES = {"spot": ("0.001", "0.001"), "usdm": ("0.0002", "0.0005"), "coinm": ("0.0002", "0.0005")}

#: Kinds of rows whose price and qty are on the instrument's grid.
_ON_GRID = (_TRADE, _QUOTE, _DELTA)

_PARTIAL_DEPTH = re.compile(r"@depth(5|10|20)(@|$)")

_Level = tuple[str, str]


class _Envelope(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    lastUpdateId: int = 0


class _Depth(msgspec.Struct):
    E: int
    s: str
    U: int
    u: int
    b: list[_Level]
    a: list[_Level]
    T: int = 0
    pu: int | None = None
    ps: str | None = None


class _Ticker(msgspec.Struct):
    u: int
    s: str
    b: str
    B: str
    a: str
    A: str
    T: int = 0
    E: int = 0
    ps: str | None = None


class _Trade(msgspec.Struct):
    s: str
    p: str
    q: str
    T: int
    m: bool
    t: int | None = None
    a: int | None = None
    X: str = "MARKET"


class _Mark(msgspec.Struct):
    E: int
    s: str
    p: str
    r: str = "0"
    T: int = 0


class _Snapshot(msgspec.Struct):
    lastUpdateId: int
    bids: list[_Level]
    asks: list[_Level]
    T: int = 0
    E: int = 0
    symbol: str = ""


def _local_ns(text: bytes) -> int:
    digits = len(text)
    if digits == 19:
        return int(text)
    if digits == 16:
        return int(text) * 1_000
    if digits == 13:
        return int(text) * 1_000_000
    raise ValueError(f"the local time {text[:24]!r} has {digits} digits, not 13, 16 or 19")


_ROW = np.dtype(
    [(name, "i8") for name in ("ts_event", "ts_recv", "price", "qty", "order_id", "line")]
    + [(name, "u1") for name in ("kind", "side", "flags", "file")]
)


class _Symbol:
    """Rows of one symbol, spooled to disk with prices and quantities in 1e-8."""

    def __init__(self, symbol: str, spool: IO[bytes], defects: Defects, *, holds: bool) -> None:
        self.summary = InstrumentSummary(symbol, gaps=0, crossed=0)
        self.defects = defects
        self.is_futures = False
        self.is_coin = False
        self.prices = GridFinder((5, 2, 1), OFF_GRID_SHARE)
        self.lots = GridFinder((1,), 0.0)
        self._spool = spool
        self._rows: list[tuple[int, int, int, int, int, int, int, int, int, int]] = []
        self._recv = 0
        self._line = 0
        self._file = 0
        self._stated = 0  # latest venue time stated so far, ns
        self._book_ts = 0  # venue time of the last book row, ns
        self._holds = holds
        self._sync: BookSync | None = None  # once it is known which rule the venue keeps
        self._trade_id: int | None = None
        self._funding: tuple[int, int, int] | None = None  # time, mark, rate announced

    # -------------------------------------------------------------- rows

    def at(self, recv: int, file: int, line: int, place: str) -> None:
        if recv < self._recv:
            self.defects.add("local time goes back", place, f"by {self._recv - recv} ns; set to the time before")
            recv = self._recv
        self._recv, self._file, self._line = recv, file, line

    def _row(self, ts: int, kind: int, side: int, flags: int, price: int, qty: int, order_id: int) -> None:
        self._rows.append((ts, self._recv, price, qty, order_id, self._line, kind, side, flags, self._file))
        if len(self._rows) >= _FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        if not self._rows:
            return
        block = np.array(self._rows, dtype=_ROW)
        self._rows.clear()
        on_grid = np.isin(block["kind"], _ON_GRID)
        self.prices.add(block["price"][on_grid])
        self.lots.add(block["qty"][on_grid])
        block.tofile(self._spool)
        self.summary.rows += len(block)

    def _count(self, kind: str) -> None:
        self.summary.messages[kind] = self.summary.messages.get(kind, 0) + 1

    # -------------------------------------------------------------- messages

    def trade(self, message: _Trade, place: str) -> None:
        self._count("aggTrade" if message.t is None else "trade")
        summary = self.summary
        summary.trades += 1
        trade_id = message.t if message.t is not None else (message.a or 0)
        if self._trade_id is not None and trade_id != self._trade_id + 1:
            if trade_id <= self._trade_id:
                self.defects.add("trade id repeated or out of order", place, f"{trade_id} after {self._trade_id}")
            else:
                self.defects.add("trade ids missing", place, f"{trade_id} after {self._trade_id}")
        self._trade_id = max(trade_id, self._trade_id or 0)
        off_book = message.X != "MARKET"
        summary.off_book_trades += off_book
        ts = message.T * 1_000_000
        self._stated = max(self._stated, ts)
        flags = _LAST | (_OFF_BOOK if off_book else 0)
        side = _SELL if message.m else _BUY
        self._row(ts, _TRADE, side, flags, scaled(message.p), scaled(message.q), trade_id)

    def ticker(self, message: _Ticker) -> None:
        self._count("bookTicker")
        self.summary.quotes += 1
        self.is_coin |= message.ps is not None
        stamp = message.T or message.E
        ts = stamp * 1_000_000 if stamp else (self._stated or self._recv)
        flags = 0 if stamp else _ESTIMATED
        self._stated = max(self._stated, ts if stamp else 0)
        self._row(ts, _QUOTE, _BUY, flags, scaled(message.b), scaled(message.B), message.u)
        self._row(ts, _QUOTE, _SELL, flags | _LAST, scaled(message.a), scaled(message.A), message.u)

    def mark(self, message: _Mark) -> None:
        self._count("markPrice")
        self.summary.mark_prices += 1
        ts = message.E * 1_000_000
        self._stated = max(self._stated, ts)
        mark, rate, due = scaled(message.p), _signed(message.r), message.T * 1_000_000
        if self._funding is not None and due > self._funding[0]:
            # The next funding time has moved on: the announced one has come, at the last mark and rate before it.
            self.summary.funding += 1
            self._row(self._funding[0], _FUNDING, _NONE, _LAST, self._funding[1], self._funding[2], 0)
        if due:
            self._funding = (due, mark, rate)
        self._row(ts, _MARK, _NONE, _LAST, mark, rate, due)

    def depth(self, message: _Depth, place: str) -> None:
        self._count("depthUpdate")
        self.is_futures |= message.pu is not None
        self.is_coin |= message.ps is not None
        self.summary.diffs += 1
        self.summary.level_changes += len(message.b) + len(message.a)
        stamp = (message.T or message.E) * 1_000_000
        sync = self._synced()
        repeats = sync.repeats
        given = sync.on_diff(BookDiff(message.U, message.u, message.pu, stamp, message))
        if sync.repeats > repeats:
            self.defects.add("diff repeated or out of order", place, f"{message.u} after {sync.last_id}")
        self._take(given, place, is_first=True)

    def _synced(self) -> BookSync:
        if self._sync is None:
            # Without any snapshot to wait for, diffs are taken as they come.
            rule = BINANCE_FUTURES if self.is_futures else BINANCE_SPOT
            self._sync = BookSync(rule, from_diffs=not self._holds, confirm=False)
        return self._sync

    def _take(self, given: Sequence[FeedSnapshot | BookDiff | Missing], place: str, *, is_first: bool) -> None:
        """Rows of what the synchronisation gives back; `is_first` unless diffs may have been written before."""
        for at, item in enumerate(given):
            if isinstance(item, BookDiff):
                self._diff_rows(item, place, is_first=is_first)
            elif isinstance(item, Missing):
                # A diff that breaks the chain is still to be written: its time is that of the gap.
                follower = given[at + 1] if at + 1 < len(given) else None
                stamp = follower.ts_event if isinstance(follower, BookDiff) else self._book_ts
                self.summary.gaps = (self.summary.gaps or 0) + 1
                self.defects.add("gap in the diffs", place, item.reason)
                self._row(max(stamp, self._book_ts), _GAP, _NONE, _LAST, 0, 0, item.first_id)
            else:
                follower = given[at + 1] if at + 1 < len(given) else None
                before = follower.ts_event if isinstance(follower, BookDiff) else None
                self._snapshot_rows(item, before)

    def _diff_rows(self, diff: BookDiff, place: str, *, is_first: bool) -> None:
        message: _Depth = diff.body
        stamp = diff.ts_event
        self._stated = max(self._stated, stamp)
        flags = 0
        if stamp < self._book_ts:
            stamp, flags = self._book_ts, _ESTIMATED
            if is_first:
                self.defects.add("venue time of the book goes back", place)
        if is_first:
            self.summary.diffs_kept += 1
            self.summary.level_changes_kept += len(message.b) + len(message.a)
        self._book_ts = stamp
        last = len(message.b) + len(message.a) - 1
        at = 0
        for side, levels in ((_BUY, message.b), (_SELL, message.a)):
            for price, qty in levels:
                row_flags = flags | _LAST if at == last else flags
                self._row(stamp, _DELTA, side, row_flags, scaled(price), scaled(qty), message.u)
                at += 1

    def snapshot(self, message: _Snapshot, place: str) -> None:
        self._count("snapshot")
        self.summary.snapshots += 1
        self.is_futures |= message.T != 0  # spot answers have no time
        stamp = (message.T or message.E) * 1_000_000
        sync = self._synced()
        is_first = not sync.has_snapshot
        given = sync.on_snapshot(FeedSnapshot(message.lastUpdateId, stamp, message))
        if not given:
            self.defects.add("snapshot older than the book, left out", place, f"{message.lastUpdateId}")
        self._take(given, place, is_first=is_first)

    def _snapshot_rows(self, snapshot: FeedSnapshot, before: int | None) -> None:
        message: _Snapshot = snapshot.body
        flags = _SNAPSHOT if snapshot.ts_event else _SNAPSHOT | _ESTIMATED
        ts = snapshot.ts_event or self._stated or self._recv
        if before is not None:
            # In venue order the snapshot must come before the diffs that are applied to it.
            ts = min(ts, before)
        ts = max(ts, self._book_ts)
        self._book_ts = ts
        self._row(ts, _BEGIN, _NONE, flags, 0, 0, message.lastUpdateId)
        for side, levels in ((_BUY, message.bids), (_SELL, message.asks)):
            for price, qty in levels:
                self._row(ts, _DELTA, side, flags, scaled(price), scaled(qty), message.lastUpdateId)
        self._row(ts, _END, _NONE, flags | _LAST, 0, 0, message.lastUpdateId)

    def close(self) -> None:
        self._spool.close()

    def end(self) -> None:
        """No more lines."""
        if self._sync is not None and self._sync.held and not self._sync.has_snapshot:
            raise CorruptData(
                f"{self.summary.name} has diffs but no REST snapshot, while another symbol of the capture has one",
                mend="Import the symbols from files of their own",
            )
        self.flush()


def _signed(text: str) -> int:
    return -scaled(text[1:]) if text.startswith("-") else scaled(text)


class _Decoders:
    def __init__(self) -> None:
        self.envelope = msgspec.json.Decoder(_Envelope)
        self.depth = msgspec.json.Decoder(_Depth)
        self.ticker = msgspec.json.Decoder(_Ticker)
        self.trade = msgspec.json.Decoder(_Trade)
        self.mark = msgspec.json.Decoder(_Mark)
        self.snapshot = msgspec.json.Decoder(_Snapshot)


def _has_snapshot(paths: list[Path]) -> bool:
    """Whether any line is a REST answer: only then are diffs held for it."""
    for path in paths:
        for _, line in read_lines(path, tolerate_truncation=True):
            at = line.find(b" ")
            if line[at + 1 : at + 16] == b'{"lastUpdateId"':
                return True
    return False


class _Reader:
    """Reads capture files into symbols."""

    def __init__(self, folder: str, defects: Defects, *, skip_bad_lines: bool, hold: bool) -> None:
        self._folder = folder
        self._decoders = _Decoders()
        self._defects = defects
        self._skip = skip_bad_lines
        self._hold = hold
        self.symbols: dict[str, _Symbol] = {}
        self.lines = 0
        self._early: tuple[_Snapshot, int, int, int, str] | None = None  # a snapshot before any message

    def _symbol(self, name: str) -> _Symbol:
        found = self.symbols.get(name)
        if found is None:
            spool = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with the import
            found = self.symbols[name] = _Symbol(name, spool, self._defects, holds=self._hold)
            if self._early is not None:
                snapshot, recv, index, number, place = self._early
                self._early = None
                found.at(recv, index, number, place)
                found.snapshot(snapshot, place)
        return found

    def close(self) -> None:
        """Drop the spooled rows."""
        for symbol in self.symbols.values():
            symbol.close()

    def read(self, path: Path, index: int, on_bytes: Callable[[int], None] | None) -> None:
        for number, line in read_lines(path, on_bytes=on_bytes, tolerate_truncation=self._skip):
            if not line.strip():
                continue
            self.lines += 1
            place = f"{path.name}:{number}"
            try:
                self._line(line, index, number, place)
            except (msgspec.MsgspecError, ValueError) as error:
                if isinstance(error, DataError):
                    raise
                if not self._skip:
                    raise CorruptData(
                        f"cannot be read: {error}",
                        file=path,
                        row=number,
                        mend="Mend the line, or leave such lines out with --skip-bad-lines",
                    ) from None
                self._defects.add("bad line", place, str(error))

    def _line(self, line: bytes, index: int, number: int, place: str) -> None:
        head, _, body = line.partition(b" ")
        if not head.isdigit():
            raise ValueError(f"the line does not start with a local time but with {head[:24]!r}")
        recv = _local_ns(head)
        envelope = self._decoders.envelope.decode(body)
        if not envelope.stream:
            if not envelope.lastUpdateId:
                raise ValueError("neither a stream message nor a REST depth answer")
            snapshot = self._decoders.snapshot.decode(body)
            if not snapshot.symbol and not self.symbols:
                self._early = (snapshot, recv, index, number, place)
                return
            symbol = self._of_snapshot(snapshot)
            symbol.at(recv, index, number, place)
            symbol.snapshot(snapshot, place)
            return
        name = envelope.stream
        if _PARTIAL_DEPTH.search(name):
            # The best levels again and again: neither a diff nor a whole book.
            self._defects.add("stream left out", place, name)
        elif "@depth" in name:
            depth = self._decoders.depth.decode(envelope.data)
            symbol = self._symbol(depth.s)
            symbol.at(recv, index, number, place)
            symbol.depth(depth, place)
        elif name.endswith("@bookTicker"):
            ticker = self._decoders.ticker.decode(envelope.data)
            symbol = self._symbol(ticker.s)
            symbol.at(recv, index, number, place)
            symbol.ticker(ticker)
        elif name.endswith(("@trade", "@aggTrade")):
            trade = self._decoders.trade.decode(envelope.data)
            symbol = self._symbol(trade.s)
            symbol.at(recv, index, number, place)
            symbol.trade(trade, place)
        elif "@markPrice" in name:
            mark = self._decoders.mark.decode(envelope.data)
            symbol = self._symbol(mark.s)
            symbol.at(recv, index, number, place)
            symbol.mark(mark)
        else:
            self._defects.add("stream left out", place, name)

    def _of_snapshot(self, snapshot: _Snapshot) -> _Symbol:
        if snapshot.symbol:
            return self._symbol(snapshot.symbol)
        if len(self.symbols) == 1:
            return next(iter(self.symbols.values()))
        raise ValueError(f"a REST depth answer without a symbol among {', '.join(self.symbols)}")


def split_symbol(symbol: str) -> tuple[str, str]:
    name = symbol.partition("_")[0]
    for quote in _QUOTES:
        if name.endswith(quote) and len(name) > len(quote):
            return name[: -len(quote)], quote
    return name, ""


def make_instrument(symbol: str, market: str, tick_size: str, lot_size: str) -> Instrument:
    """A Binance instrument, with the market's usual kind and fees."""
    base, quote = split_symbol(symbol)
    inverse = market == "coinm"
    return Instrument(
        symbol,
        venue=f"binance_{market}",
        kind="inverse" if inverse else "linear" if market == "usdm" else "spot",
        base=base,
        quote=quote,
        tick_size=tick_size,
        lot_size=lot_size,
        contract_size=("100" if base == "BTC" else "10") if inverse else "1",
        maker_fee=FEES[market][0],
        taker_fee=FEES[market][1],
    )


def _write(
    symbol: _Symbol,
    instrument: Instrument,
    catalog: Catalog,
    files: list[Path],
    *,
    shift: int,
    overwrite: bool,
    skip_bad_lines: bool,
    crossed: Crossed,
    writers: list[Any],
) -> None:
    """Second pass over the spooled rows: grid, clock, checks, catalog."""
    summary, defects = symbol.summary, symbol.defects
    spool = symbol._spool
    tick, lot = scaled_steps(instrument)
    summary.clock_shift_ns = shift
    writer = catalog.writer(instrument, overwrite=overwrite, raw_clock=shift != 0)
    writer.extra = {"clock_shift_ns": shift, "files": [path.name for path in files]}
    writers.append(writer.__enter__())
    check = BookCheck(instrument, summary, crossed=crossed)
    spool.seek(0)
    while len(block := np.fromfile(spool, dtype=_ROW, count=_FLUSH_ROWS)):
        on_grid = np.isin(block["kind"], _ON_GRID)
        bad = on_grid & ((block["price"] % tick != 0) | (block["qty"] % lot != 0))
        for at in np.flatnonzero(bad).tolist():
            row = block[at]
            field = "price" if row["price"] % tick else "qty"
            step = instrument.tick_size if field == "price" else instrument.lot_size
            detail = f"{field} {step_text(int(row[field]))} is not a multiple of {step}"
            if not skip_bad_lines:
                raise off_grid(files[row["file"]], int(row["line"]), field, detail)
            defects.add("off the grid, left out", f"{files[row['file']].name}:{row['line']}", detail)
        nothing = without_value(block) & ~bad
        for at in np.flatnonzero(nothing).tolist():
            row = block[at]
            detail = f"{step_text(int(row['qty']))} at {step_text(int(row['price']))}"
            defects.add("no price or quantity, left out", f"{files[row['file']].name}:{row['line']}", detail)
        bad |= nothing
        block["price"][on_grid] //= tick
        block["qty"][on_grid] //= lot
        block = check.follow(block, bad)
        recv = np.ascontiguousarray(block["ts_recv"])
        columns = {name: np.ascontiguousarray(block[name]) for name in COLUMNS if name != "ts_recv"}
        table = EventTable.from_numpy(instrument, check=False, ts_recv=recv + shift, **columns)
        writer.add(table, recv if shift else None)
    check.end()
    for file, line, done in check.crossed_lines:
        defects.add("crossed book", f"{files[file].name}:{line}", done)


def _clock_shift(symbols: Iterable[_Symbol], wanted: int | None) -> int:
    """What all times of receipt of a session are shifted by."""
    lows: list[int] = []
    for symbol in symbols:
        lowest = symbol.summary.lowest_latency_raw_ns = _lowest_latency(symbol._spool)
        if lowest is not None:
            lows.append(lowest)
    least = min(lows, default=0)
    if wanted is None:
        return LATENCY_FLOOR_NS - least if least < 0 else 0
    if least + wanted < 0:
        raise InvalidArgument(
            f"with clock_shift={wanted} ns a message would be received {-least - wanted} ns before it was sent; "
            f"this session needs at least {-least} ns"
        )
    return wanted


def _lowest_latency(spool: IO[bytes]) -> int | None:
    lowest: int | None = None
    spool.seek(0)
    while len(block := np.fromfile(spool, dtype=_ROW, count=_FLUSH_ROWS)):
        stated = (block["flags"] & _ESTIMATED) == 0
        if stated.any():
            smallest = int((block["ts_recv"] - block["ts_event"])[stated].min())
            lowest = smallest if lowest is None else min(lowest, smallest)
    return lowest


@stored_together
def import_captures(
    paths: Iterable[str | Path],
    catalog: Catalog,
    *,
    market: str | None = None,
    tick_size: str | None = None,
    lot_size: str | None = None,
    overwrite: bool = False,
    skip_bad_lines: bool = False,
    strict: bool = False,
    crossed: Crossed = "uncross",
    clock_shift: str | int | timedelta | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import raw Binance captures into a catalog.

    Parameters
    ----------
    paths : list of path
        Files of one session, in the order of recording; a file that goes on from another is read as one with it.
    catalog : Catalog
    market : {"spot", "usdm", "coinm"}, optional
        Told from the messages when not given.
    tick_size, lot_size : str, optional
        Inferred when not given. A value off the grid is an error, or left out and counted under `skip_bad_lines`.
    overwrite : bool
        Replace what the catalog holds of the same instrument.
    skip_bad_lines : bool
        Leave unreadable lines and values off the grid out, counted, instead of raising; keep what a truncated gzip
        still gives.
    strict : bool
        Raise at the first defect of any kind.
    crossed : {"uncross", "stale", "keep"}
        What to do with a diff that leaves the book crossed: see `velora.data.feeds.BookGuard`.
    clock_shift : str, int or timedelta, optional
        What to add to all times of receipt, such as ``"1.277s"``; found as said above when not given. The summary says
        what was used.
    on_bytes : callable, optional
        Called now and then with the bytes read since the last call.

    Returns
    -------
    ImportSummary

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then as it was.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    if market is not None and market not in FEES:
        raise InvalidArgument(f"market must be one of {', '.join(FEES)}, was {market!r}")
    wanted = None if clock_shift is None else duration_ns(clock_shift)
    check_files(files)
    defects = Defects(strict=strict)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    writers: list[Any] = []
    with tempfile.TemporaryDirectory(prefix="velora-import-") as folder:
        reader = _Reader(folder, defects, skip_bad_lines=skip_bad_lines, hold=_has_snapshot(files))
        try:
            for index, path in enumerate(files):
                reader.read(path, index, on_bytes)
            summary.lines = reader.lines
            if not reader.symbols:
                raise CorruptData("no market data found", file=files[0], mend="Is this a Binance capture?")
            for symbol in reader.symbols.values():
                symbol.end()
            shift = _clock_shift(reader.symbols.values(), wanted)
            for symbol in reader.symbols.values():
                found = market or ("coinm" if symbol.is_coin else "usdm" if symbol.is_futures else "spot")
                instrument = make_instrument(
                    symbol.summary.name,
                    found,
                    tick_size or step_text(symbol.prices.step()),
                    lot_size or step_text(symbol.lots.step()),
                )
                _write(
                    symbol,
                    instrument,
                    catalog,
                    files,
                    shift=shift,
                    overwrite=overwrite,
                    skip_bad_lines=skip_bad_lines,
                    crossed=crossed,
                    writers=writers,
                )
        except BaseException as error:
            for writer in writers:
                writer.__exit__(type(error), error, None)
            raise
        else:
            # All instruments or none: nothing is moved into place before every one is whole.
            for symbol, writer in zip(reader.symbols.values(), writers, strict=True):
                looked_for = ["gaps"] if symbol.summary.diffs else []  # only the diffs have numbers that would show one
                messages = symbol.summary.messages
                if "trade" in messages and "aggTrade" not in messages:
                    looked_for.append("off_book")
                writer.extra["looked_for"] = looked_for
                writer.__exit__(None, None, None)
        finally:
            reader.close()
        for symbol, writer in zip(reader.symbols.values(), writers, strict=True):
            one = symbol.summary
            one.written(writer.instrument, writer.stats)
            if not one.diffs and not one.gaps:
                one.gaps = None  # only the diffs have numbers that would show one
            one.grid = "given" if tick_size and lot_size else "inferred"
            one.joined = "joined to the REST snapshot" if one.snapshots else "no snapshot: built from diffs alone"
            summary.instruments.append(one)
    return summary.finish(defects, began)
