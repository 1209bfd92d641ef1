"""Raw Binance captures: one ``LOCAL_TIME JSON`` a line, as received.

The JSON is a combined-stream message (``stream``, ``data``) or a REST depth response. Local times have 13, 16 or 19
digits: milliseconds, microseconds or nanoseconds.

Rules
-----
Synchronization (Binance's published rule, see `velora.data.feeds`). Diffs before a REST snapshot are held. Held diffs
that are kept count as received with the snapshot, because no book was possible before it. A broken chain makes a GAP
row. Without any snapshot the book is built from diffs alone. A diff with a level left out makes a GAP row too.

Files. On futures a REST response does not name its symbol: it gets the one symbol of the other lines of its file.

Prints. A repeated trade id is left out, and so are a bookTicker older than the last and an older diff. If ``@trade``
and ``@aggTrade`` are both recorded, an aggregated trade is left out when its single trades are present, and reduced to
the rest when some of them are.

Venue time. ``T`` if the message has it, else ``E``; milliseconds or microseconds, recognized by their size. Spot quotes
have neither, and spot snapshots have none: they get the latest venue time stated before them and the flag
CLOCK_ESTIMATED. Book rows never go back in venue time: a row that would is set to the time of the row before and
flagged too.

Clock. If a message seems to arrive before it was sent, the recorder's clock was behind the venue's. All times of
receipt are then shifted by the constant that makes the smallest latency one millisecond, the resolution of the venue's
timestamps. All instruments of a session get the same shift, since one recorder recorded them. Several imports of one
recorder, such as spot and futures, are comparable when all use the largest of their shifts. The raw times are kept in
the column ``ts_recv_raw``.

Grid. Tick and lot size come from the options, or are inferred: the tick is the largest step of 1, 2 or 5 times a power
of ten with fewer than one price in ten thousand off it, the lot the largest power of ten that divides every quantity
(books do have quantities finer than the lot for orders).
"""

from __future__ import annotations

import re
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from velora.core.clock import DurationLike, duration_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.feeds import BINANCE_FUTURES, BINANCE_SPOT, BookDiff, BookSync, FeedSnapshot, Missing
from velora.data.feeds.guard import Crossed
from velora.data.importers.binance_symbols import split_symbol
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
from velora.data.importers.prints import IdRuns, find_duplicate_prints
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.together import stored_together
from velora.data.schema import COLUMNS
from velora.data.table import EventTable
from velora.errors import CorruptData, InvalidArgument, VeloraError

__all__ = [
    "FEES",
    "import_captures",
    "make_instrument",
    "venue_ns",
]

#: Smallest latency after a clock shift: the venue's timestamps are whole milliseconds.
LATENCY_FLOOR_NS = 1_000_000

_FLUSH_ROWS = 1 << 16
_LAST, _SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
_OFF_BOOK, _ESTIMATED = int(EventFlag.OFF_BOOK), int(EventFlag.CLOCK_ESTIMATED)
_TRADE, _QUOTE, _DELTA = int(EventKind.TRADE), int(EventKind.QUOTE), int(EventKind.DELTA)
_BEGIN, _END = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END)
_MARK, _FUNDING, _GAP = int(EventKind.MARK_PRICE), int(EventKind.FUNDING), int(EventKind.GAP)
_BUY, _SELL, _NONE = (int(side) for side in Side)
FEES = {"spot": ("0.001", "0.001"), "usdm": ("0.0002", "0.0005"), "coinm": ("0.0002", "0.0005")}

#: Kinds of rows whose price and qty are on the instrument's grid.
_ON_GRID = (_TRADE, _QUOTE, _DELTA)

#: Maximum number of symbols of one import: each has an open file while it is written.
_SYMBOLS_MAX = 300

#: Maximum number of rows in memory, over all symbols.
_PENDING_MAX = 1 << 17

_INT64_MAX = 2**63 - 1
_STREAM = re.compile(rb'"stream"\s*:\s*"([^"@!]{1,64})@')
_REST = re.compile(rb'\{\s*"lastUpdateId"')
_PARTIAL_DEPTH = re.compile(r"@depth(5|10|20)(@|$)")

_Level = tuple[str, str]


#: Below the largest 64-bit number, because a gap's first missing id is the next one.
_Id = Annotated[int, msgspec.Meta(ge=0, le=_INT64_MAX - 1)]


class _Envelope(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    lastUpdateId: _Id = 0


class _Depth(msgspec.Struct):
    E: _Id
    s: str
    U: _Id
    u: _Id
    b: list[_Level]
    a: list[_Level]
    T: _Id = 0
    pu: Annotated[int, msgspec.Meta(ge=-1, le=_INT64_MAX)] | None = None
    ps: str | None = None


class _Ticker(msgspec.Struct):
    u: _Id
    s: str
    b: str
    B: str
    a: str
    A: str
    T: _Id = 0
    E: _Id = 0
    ps: str | None = None


class _Trade(msgspec.Struct):
    s: str
    p: str
    q: str
    T: _Id
    m: bool
    t: _Id | None = None
    a: _Id | None = None
    first: int = msgspec.field(name="f", default=0)
    last: int = msgspec.field(name="l", default=-1)
    X: str = "MARKET"


class _Mark(msgspec.Struct):
    E: _Id
    s: str
    p: str
    r: str = "0"
    T: _Id = 0


class _Levels(NamedTuple):
    """Level changes, or all levels, in units of 1e-8."""

    last_id: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


class _Snapshot(msgspec.Struct):
    lastUpdateId: _Id
    bids: list[_Level]
    asks: list[_Level]
    T: _Id = 0
    E: _Id = 0
    symbol: str = ""


def _local_ns(text: bytes) -> int:
    digits = len(text)
    if digits not in (13, 16, 19):
        raise ValueError(f"the local time {text[:24]!r} has {digits} digits, not 13, 16 or 19")
    ns: int = int(text) * 10 ** (19 - digits)
    if ns > _INT64_MAX:
        raise ValueError(f"the local time {text!r} does not fit 64 bits of nanoseconds")
    return ns


def venue_ns(stamp: int) -> int:
    """Nanoseconds of a venue time; 13 digits are milliseconds, 16 microseconds (``timeUnit=MICROSECOND``)."""
    ns = stamp * (1_000_000 if stamp < 10**14 else 1_000 if stamp < 10**17 else 1)
    if ns > _INT64_MAX:
        raise ValueError(f"the venue time {stamp} does not fit 64 bits of nanoseconds")
    return ns


_ROW = np.dtype(
    [(name, "i8") for name in ("ts_event", "ts_recv", "price", "qty", "order_id", "line")]
    + [(name, "u1") for name in ("kind", "side", "flags")]
    + [("file", "u4")]
)


class _Duplicates(NamedTuple):
    """Row numbers, ascending."""

    rows: NDArray[np.int64]  # aggregated trades whose single trades are all present
    parts: NDArray[np.int64]  # aggregated trades with some single trades present
    rest: NDArray[np.int64]  # and the quantity that remains of them


class _Symbol:
    """Rows of one symbol, spooled to disk with prices and quantities in 1e-8."""

    def __init__(self, symbol: str, spool: Path, defects: Defects, *, holds: bool) -> None:
        self.summary = InstrumentSummary(symbol, gaps=0, crossed=0)
        self.defects = defects
        self.is_futures = False
        self.is_coin = False
        self.prices = GridFinder((5, 2, 1), OFF_GRID_SHARE)
        self.lots = GridFinder((1,), 0.0)
        self.spool = spool
        self.pending = 0
        self._rows: list[tuple[int, int, int, int, int, int, int, int, int, int]] = []
        self._recv = 0
        self._line = 0
        self._file = 0
        self._stated = 0  # latest venue time stated so far, ns
        self._book_ts = 0  # venue time of the last book row, ns
        self._holds = holds
        self._sync: BookSync | None = None  # set once the venue's rule is known
        self._ticker_id, self._ticker_ts = -1, 0
        self._last_ids = [-1, -1]  # of single trades and of aggregated ones
        self._ids = (IdRuns(), IdRuns())
        #: Per aggregated trade, in order: its row, and the ids of its first and last trade.
        self._aggregated = array("q")
        self._funding: tuple[int, int, int] | None = None  # time, mark, announced rate

    # -------------------------------------------------------------- rows

    def at(self, recv: int, file: int, line: int, place: str) -> None:
        if recv < self._recv:
            self.defects.add("local time goes back", place, f"by {self._recv - recv} ns; set to the time before")
            recv = self._recv
        self._recv, self._file, self._line = recv, file, line

    def _row(self, ts: int, kind: int, side: int, flags: int, price: int, qty: int, order_id: int) -> None:
        self._rows.append((ts, self._recv, price, qty, order_id, self._line, kind, side, flags, self._file))
        self.pending += 1
        if self.pending >= _FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows held in memory."""
        if not self._rows:
            return
        block = np.array(self._rows, dtype=_ROW)
        self._rows.clear()
        self.pending = 0
        on_grid = np.isin(block["kind"], _ON_GRID)
        self.prices.add(block["price"][on_grid])
        self.lots.add(block["qty"][on_grid])
        with self.spool.open("ab") as out:  # not kept open: the number of symbols may exceed that of open files
            block.tofile(out)
        self.summary.rows += len(block)

    def blocks(self) -> Iterable[NDArray[np.void]]:
        """All rows, in blocks."""
        if self.summary.rows:
            with self.spool.open("rb") as spooled:
                while len(block := np.fromfile(spooled, dtype=_ROW, count=_FLUSH_ROWS)):
                    yield block

    def _count(self, kind: str) -> None:
        self.summary.messages[kind] = self.summary.messages.get(kind, 0) + 1

    # -------------------------------------------------------------- messages

    def trade(self, message: _Trade, place: str) -> None:
        trade_id = message.t if message.t is not None else message.a
        if trade_id is None:
            raise ValueError("the trade has neither an id `t` nor an id `a`")
        is_aggregated = message.t is None
        off_book = message.X != "MARKET"
        ts, price, qty = venue_ns(message.T), scaled(message.p), scaled(message.q)
        self._count("aggTrade" if is_aggregated else "trade")
        last_id = self._last_ids[is_aggregated]
        if not self._ids[is_aggregated].add(trade_id):
            self.defects.add("trade repeated, left out", place, f"id {trade_id}")
            return
        if 0 <= last_id < trade_id - 1:
            self.defects.add("trade ids missing", place, f"{trade_id} after {last_id}")
        elif trade_id < last_id:
            self.defects.add("trade id out of order", place, f"{trade_id} after {last_id}")
        self._last_ids[is_aggregated] = max(trade_id, last_id)
        summary = self.summary
        summary.trades += 1
        summary.off_book_trades += off_book
        self._stated = max(self._stated, ts)
        flags = _LAST | (_OFF_BOOK if off_book else 0)
        side = _SELL if message.m else _BUY
        if is_aggregated:
            known = 0 <= message.first <= message.last <= _INT64_MAX
            first, last = (message.first, message.last) if known else (0, -1)
            self._aggregated.extend((summary.rows + self.pending, first, last))
        self._row(ts, _TRADE, side, flags, price, qty, trade_id)

    def find_duplicates(self) -> _Duplicates:
        """Trades recorded by both ``@trade`` and ``@aggTrade``."""
        rows, first, last = (np.ascontiguousarray(one) for one in np.array(self._aggregated, np.int64).reshape(-1, 3).T)
        whole, part = find_duplicate_prints(first, last, self._ids[0].runs())
        duplicates = rows[whole]
        parts, rest = rows[part], np.zeros(int(part.sum()), np.int64)
        if len(parts):
            by_first = np.argsort(first[part], kind="stable")
            firsts, lasts = first[part][by_first], last[part][by_first]
            done = 0
            for block in self.blocks():
                end = done + len(block)
                mine = slice(*np.searchsorted(parts, (done, end)))
                rest[mine] += block["qty"][parts[mine] - done]
                is_single = block["kind"] == _TRADE
                is_single[rows[slice(*np.searchsorted(rows, (done, end)))] - done] = False
                ids, qty = block["order_id"][is_single], block["qty"][is_single]
                at = np.searchsorted(firsts, ids, side="right") - 1
                within = (at >= 0) & (ids <= lasts[at])
                np.subtract.at(rest, by_first[at[within]], qty[within])
                done = end
            duplicates = np.sort(np.concatenate((duplicates, parts[rest <= 0])))
            parts, rest = parts[rest > 0], rest[rest > 0]
            if len(parts):
                self.summary.messages["aggTrade partly recorded by @trade, the rest kept"] = len(parts)
        if len(duplicates):
            self.summary.messages["aggTrade also recorded by @trade, left out"] = len(duplicates)
            self.summary.trades -= len(duplicates)
        return _Duplicates(duplicates, parts, rest)

    def ticker(self, message: _Ticker, place: str) -> None:
        stamp = venue_ns(message.T or message.E)
        bid, bid_qty, ask, ask_qty = scaled(message.b), scaled(message.B), scaled(message.a), scaled(message.A)
        self._count("bookTicker")
        self.is_coin |= message.ps is not None
        if message.u < self._ticker_id and (not stamp or stamp <= self._ticker_ts):
            self.defects.add("quote older than the one before, left out", place, f"{message.u} after {self._ticker_id}")
            return
        self._ticker_id, self._ticker_ts = message.u, stamp
        self.summary.quotes += 1
        ts = stamp or self._stated or self._recv
        flags = 0 if stamp else _ESTIMATED
        self._stated = max(self._stated, stamp)
        self._row(ts, _QUOTE, _BUY, flags, bid, bid_qty, message.u)
        self._row(ts, _QUOTE, _SELL, flags | _LAST, ask, ask_qty, message.u)

    def mark(self, message: _Mark) -> None:
        ts, due = venue_ns(message.E), venue_ns(message.T)
        mark, rate = scaled(message.p), scaled(message.r) if message.r else 0  # no rate: a contract without funding
        self._count("markPrice")
        self.summary.mark_prices += 1
        self._stated = max(self._stated, ts)
        if self._funding is not None and due > self._funding[0]:
            # The next funding time has advanced: the announced funding was paid, at the last mark and rate before it.
            self.summary.funding += 1
            self._row(self._funding[0], _FUNDING, _NONE, _LAST, self._funding[1], self._funding[2], 0)
        if due:
            self._funding = (due, mark, rate)
        self._row(ts, _MARK, _NONE, _LAST, mark, rate, due)

    def depth(self, message: _Depth, place: str) -> None:
        stamp = venue_ns(message.T or message.E)
        levels = _Levels(message.u, _levels(message.b), _levels(message.a))
        self._count("depthUpdate")
        self.is_futures |= message.pu is not None
        self.is_coin |= message.ps is not None
        self.summary.diffs += 1
        self.summary.level_changes += len(message.b) + len(message.a)
        sync = self._synced()
        repeats = sync.repeats
        given = sync.on_diff(BookDiff(message.U, message.u, message.pu, stamp, levels))
        if sync.repeats > repeats:
            self.defects.add("diff repeated or out of order", place, f"{message.u} after {sync.last_id}")
        self._take(given, place, is_first=True)

    def _synced(self) -> BookSync:
        if self._sync is None:
            # If there is no snapshot at all, diffs are applied as they arrive.
            rule = BINANCE_FUTURES if self.is_futures else BINANCE_SPOT
            self._sync = BookSync(rule, from_diffs=not self._holds, confirm=False)
        return self._sync

    def _take(self, given: Sequence[FeedSnapshot | BookDiff | Missing], place: str, *, is_first: bool) -> None:
        """Write the rows returned by the synchronization; `is_first` unless diffs may have been written before."""
        for at, item in enumerate(given):
            if isinstance(item, BookDiff):
                self._diff_rows(item, place, is_first=is_first)
            elif isinstance(item, Missing):
                # A diff that breaks the chain is yet to be written: its time is that of the gap.
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
        body: _Levels = diff.body
        stamp = diff.ts_event
        self._stated = max(self._stated, stamp)
        flags = 0
        if stamp < self._book_ts:
            stamp, flags = self._book_ts, _ESTIMATED
            if is_first:
                self.defects.add("venue time of the book goes back", place)
        if is_first:
            self.summary.diffs_kept += 1
            self.summary.level_changes_kept += len(body.bids) + len(body.asks)
        self._book_ts = stamp
        last = len(body.bids) + len(body.asks) - 1
        at = 0
        for side, levels in ((_BUY, body.bids), (_SELL, body.asks)):
            for price, qty in levels:
                row_flags = flags | _LAST if at == last else flags
                self._row(stamp, _DELTA, side, row_flags, price, qty, body.last_id)
                at += 1

    def snapshot(self, message: _Snapshot, place: str) -> None:
        stamp = venue_ns(message.T or message.E)
        levels = _Levels(message.lastUpdateId, _levels(message.bids), _levels(message.asks))
        self._count("snapshot")
        self.summary.snapshots += 1
        self.is_futures |= message.T != 0  # spot responses have no time
        sync = self._synced()
        is_first = not sync.has_snapshot
        given = sync.on_snapshot(FeedSnapshot(message.lastUpdateId, stamp, levels))
        if not given:
            self.defects.add("snapshot older than the book, left out", place, f"{message.lastUpdateId}")
        self._take(given, place, is_first=is_first)

    def _snapshot_rows(self, snapshot: FeedSnapshot, before: int | None) -> None:
        body: _Levels = snapshot.body
        flags = _SNAPSHOT if snapshot.ts_event else _SNAPSHOT | _ESTIMATED
        ts = snapshot.ts_event or self._stated or self._recv
        if before is not None:
            # In venue order the snapshot must come before the diffs that are applied to it.
            ts = min(ts, before)
        ts = max(ts, self._book_ts)
        self._book_ts = ts
        self._row(ts, _BEGIN, _NONE, flags, 0, 0, body.last_id)
        for side, levels in ((_BUY, body.bids), (_SELL, body.asks)):
            for price, qty in levels:
                self._row(ts, _DELTA, side, flags, price, qty, body.last_id)
        self._row(ts, _END, _NONE, flags | _LAST, 0, 0, body.last_id)

    def end(self) -> None:
        """There are no more lines."""
        if self._sync is not None and self._sync.held and not self._sync.has_snapshot:
            raise CorruptData(
                f"{self.summary.name} has diffs but no REST snapshot, while another symbol of the capture has one",
                hint="Import each symbol from its own files",
            )
        self.flush()


def _levels(levels: list[_Level]) -> list[tuple[int, int]]:
    return [(scaled(price), scaled(qty)) for price, qty in levels]


class _Decoders:
    def __init__(self) -> None:
        self.envelope = msgspec.json.Decoder(_Envelope)
        self.depth = msgspec.json.Decoder(_Depth)
        self.ticker = msgspec.json.Decoder(_Ticker)
        self.trade = msgspec.json.Decoder(_Trade)
        self.mark = msgspec.json.Decoder(_Mark)
        self.snapshot = msgspec.json.Decoder(_Snapshot)


class _Contents:
    """Contents of the files from a first pass over their lines: symbols, and whether there are REST responses."""

    def __init__(self, paths: list[Path]) -> None:
        self.symbols: list[set[str]] = []
        self.has_rest: list[bool] = []
        for path in paths:
            names: set[bytes] = set()
            has_rest = False
            for _, line in read_lines(path, tolerate_truncation=True):
                at = line.find(b" ") + 1
                found = _STREAM.search(line, at, at + 200) or _STREAM.search(line, max(at, len(line) - 200))
                if found:
                    names.add(found[1])
                elif not has_rest:
                    has_rest = _REST.match(line, at) is not None
                if len(names) > 2 * _SYMBOLS_MAX:
                    raise InvalidArgument(f"{path} has more than {_SYMBOLS_MAX} symbols: split it")
            self.symbols.append({name.decode("utf-8", "replace").upper() for name in names})
            self.has_rest.append(has_rest)

    def owner(self, index: int) -> str:
        """The symbol of a file's REST responses."""
        symbols = self.symbols[index]
        if not symbols:  # a file with responses only belongs to the other files
            symbols = set().union(*self.symbols)
        if len(symbols) != 1:
            raise ValueError(
                f"a REST depth response without a symbol in a file of {', '.join(sorted(symbols)[:5]) or 'no symbol'}"
            )
        return next(iter(symbols))

    def with_rest(self) -> set[str]:
        """Symbols with a REST response in some file."""
        found = set()
        for index, has_rest in enumerate(self.has_rest):
            if has_rest and len(self.symbols[index] or set().union(*self.symbols)) == 1:
                found.add(self.owner(index))
        return found


class _Reader:
    """Reads capture files into symbols."""

    def __init__(self, folder: str, files: list[Path], defects: Defects, *, skip_bad_lines: bool) -> None:
        self._folder = Path(folder)
        self._decoders = _Decoders()
        self._defects = defects
        self._skip = skip_bad_lines
        self._contents = _Contents(files)
        self._with_rest = self._contents.with_rest()
        self.symbols: dict[str, _Symbol] = {}
        self.lines = 0

    def _symbol(self, name: str) -> _Symbol:
        found = self.symbols.get(name)
        if found is None:
            if len(self.symbols) >= _SYMBOLS_MAX:
                raise InvalidArgument(f"the files have more than {_SYMBOLS_MAX} symbols: import fewer at once")
            spool = self._folder / str(len(self.symbols))
            found = self.symbols[name] = _Symbol(name, spool, self._defects, holds=name in self._with_rest)
        return found

    def _spill(self) -> None:
        """Write rows to disk so that the rows in memory stay within a bound for any number of symbols."""
        if sum(symbol.pending for symbol in self.symbols.values()) > _PENDING_MAX:
            for symbol in self.symbols.values():
                symbol.flush()

    def read(self, path: Path, index: int, on_bytes: Callable[[int], None] | None) -> None:
        lines = read_lines(
            path,
            on_bytes=on_bytes,
            tolerate_truncation=self._skip,
            on_truncation=self._defects.broken_off(path.name),
        )
        for number, line in lines:
            if not line.strip():
                continue
            self.lines += 1
            if self.lines % 4096 == 0:
                self._spill()
            place = f"{path.name}:{number}"
            try:
                self._line(line, index, number, place)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                if isinstance(error, VeloraError):
                    raise
                if not self._skip:
                    raise CorruptData(
                        f"cannot be read: {error}",
                        file=path,
                        row=number,
                        hint="Correct the line, or skip such lines with --skip-bad-lines",
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
                raise ValueError("neither a stream message nor a REST depth response")
            snapshot = self._decoders.snapshot.decode(body)
            symbol = self._symbol(snapshot.symbol or self._contents.owner(index))
            symbol.at(recv, index, number, place)
            symbol.snapshot(snapshot, place)
            return
        name = envelope.stream
        if _PARTIAL_DEPTH.search(name):
            # Repeated best levels: neither a diff nor a whole book.
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
            symbol.ticker(ticker, place)
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


def make_instrument(symbol: str, market: str, tick_size: str, lot_size: str, *, quote: str | None = None) -> Instrument:
    """A Binance instrument, with the market's usual kind and fees.

    Parameters
    ----------
    symbol : str
        Such as ``BTCUSDT`` or ``BTCUSD_PERP``.
    market : {"spot", "usdm", "coinm"}
    tick_size, lot_size : str
    quote : str, optional
        Quote currency; by default derived from the end of the symbol.

    Raises
    ------
    InvalidArgument
        If the quote currency is not given and cannot be derived from the symbol.
    """
    if quote is None:
        base, quote = split_symbol(symbol, market)
    else:
        name = symbol.partition("_")[0]
        base = name.removesuffix(quote) or name
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
    duplicates = symbol.find_duplicates()
    tick, lot = scaled_steps(instrument)
    summary.clock_shift_ns = shift
    writer = catalog.writer(instrument, overwrite=overwrite, raw_clock=shift != 0)
    writer.extra = {"clock_shift_ns": shift, "files": [path.name for path in files]}
    writers.append(writer.__enter__())
    check = BookCheck(instrument, summary, crossed=crossed)
    done = 0
    for spooled in symbol.blocks():
        parts = slice(*np.searchsorted(duplicates.parts, (done, done + len(spooled))))
        spooled["qty"][duplicates.parts[parts] - done] = duplicates.rest[parts]
        again = slice(*np.searchsorted(duplicates.rows, (done, done + len(spooled))))
        block = np.delete(spooled, duplicates.rows[again] - done)
        done += len(spooled)
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
    for file, line, what in check.crossed_lines:
        defects.add("crossed book", f"{files[file].name}:{line}", what)


def _clock_shift(symbols: Iterable[_Symbol], wanted: int | None) -> int:
    """Shift of all times of receipt of a session, ns."""
    lows: list[int] = []
    for symbol in symbols:
        lowest = symbol.summary.lowest_latency_raw_ns = _lowest_latency(symbol.blocks())
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


def _lowest_latency(blocks: Iterable[NDArray[np.void]]) -> int | None:
    lowest: int | None = None
    for block in blocks:
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
    quote: str | None = None,
    overwrite: bool = False,
    skip_bad_lines: bool = False,
    strict: bool = False,
    crossed: Crossed = "uncross",
    clock_shift: DurationLike | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import raw Binance captures into a catalog.

    Parameters
    ----------
    paths : list of path
        Files of one session, in the order of recording; consecutive files are read as one.
    catalog : Catalog
    market : {"spot", "usdm", "coinm"}, optional
        Detected from the messages by default.
    tick_size, lot_size : str, optional
        Inferred by default. A value off the grid is an error, or skipped and counted under `skip_bad_lines`.
    quote : str, optional
        Quote currency; by default derived from the end of the symbol.
    overwrite : bool
        Replace the stored data of the same instrument.
    skip_bad_lines : bool
        Skip and count unreadable lines and values off the grid instead of raising; keep the readable part of a
        truncated gzip file.
    strict : bool
        Raise at the first defect of any kind.
    crossed : {"uncross", "stale", "keep"}
        Treatment of a diff that leaves the book crossed: see `velora.data.feeds.BookGuard`.
    clock_shift : str, timedelta or ns, optional
        Shift added to all times of receipt, such as ``"1.277s"``; by default found as described above. The summary
        states it.
    on_bytes : callable, optional
        Called at intervals with the number of bytes read since the last call.

    Returns
    -------
    ImportSummary

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then unchanged.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    if market is not None and market not in FEES:
        raise InvalidArgument(f"market must be one of {', '.join(FEES)}, was {market!r}")
    wanted = None if clock_shift is None else duration_ns(clock_shift, "clock_shift")
    check_files(files)
    defects = Defects(strict=strict)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    writers: list[Any] = []
    with tempfile.TemporaryDirectory(prefix="velora-import-") as folder:
        reader = _Reader(folder, files, defects, skip_bad_lines=skip_bad_lines)
        try:
            for index, path in enumerate(files):
                reader.read(path, index, on_bytes)
            summary.lines = reader.lines
            if not reader.symbols:
                raise CorruptData("no market data found", file=files[0], hint="Is this a Binance capture?")
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
                    quote=quote,
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
            # All instruments or none: files are renamed only after all of them are complete.
            for symbol, writer in zip(reader.symbols.values(), writers, strict=True):
                looked_for = ["gaps"] if symbol.summary.diffs else []  # only diffs have ids that reveal a gap
                messages = symbol.summary.messages
                if "trade" in messages and "aggTrade" not in messages:
                    looked_for.append("off_book")
                writer.extra["looked_for"] = looked_for
                writer.__exit__(None, None, None)
        for symbol, writer in zip(reader.symbols.values(), writers, strict=True):
            one = symbol.summary
            one.written(writer.instrument, writer.stats)
            if not one.diffs and not one.gaps:
                one.gaps = None  # only diffs have ids that reveal a gap
            one.grid = "given" if tick_size and lot_size else "inferred"
            one.joined = "joined to the REST snapshot" if one.snapshots else "no snapshot: built from diffs alone"
            summary.instruments.append(one)
    return summary.finish(defects, began)
