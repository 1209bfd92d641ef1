"""Raw Binance captures: one ``LOCAL_TIME JSON`` a line, as received.

The JSON is a combined-stream message (``stream``, ``data``) or a REST depth answer. Local times have 13, 16 or 19
digits: milliseconds, microseconds or nanoseconds.

Rules
-----
Join (Binance's published one, see `velora.data.feeds`). The diffs before a REST snapshot are held. Held diffs that are
kept count as received with the snapshot: nobody could have had the book before. A broken chain makes a GAP row. Without
any snapshot the book is built from diffs alone. A diff of which a level is left out makes a GAP row too.

Files. A REST answer says no symbol on futures: it is of the one symbol that the other lines of its file are of.

Prints. A trade id that comes again is left out, and so are a bookTicker older than the last and an older diff. Where
``@trade`` and ``@aggTrade`` are both recorded, an aggregated trade that is there one by one is left out as well; of one
that is there in part, what is left.

Venue time. ``T`` where the message has it, else ``E``; milliseconds or microseconds, told by their size. Spot quotes
have neither, and spot snapshots have none: they get the latest venue time stated before them and the flag
CLOCK_ESTIMATED. Book rows never go back in venue time: one that would is set to the time of the row before and
flagged too.

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
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from velora.core.clock import duration_ns
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
from velora.data.importers.prints import IdRuns, drop_told_twice
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

#: Smallest latency after a clock shift: the venue stamps whole milliseconds.
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

#: Symbols of one import: each has a file of its own open while it is written.
_SYMBOLS_MAX = 300

#: Rows of all symbols together that wait in memory.
_PENDING_MAX = 1 << 17

_INT64_MAX = 2**63 - 1
_STREAM = re.compile(rb'"stream"\s*:\s*"([^"@!]{1,64})@')
_REST = re.compile(rb'\{\s*"lastUpdateId"')
_PARTIAL_DEPTH = re.compile(r"@depth(5|10|20)(@|$)")

_Level = tuple[str, str]


#: Not up to the last number of 64 bits: what is missing begins with the next one.
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


class _ToldTwice(NamedTuple):
    """Numbers of rows, ascending."""

    rows: NDArray[np.int64]  # aggregated trades that are there one by one
    parts: NDArray[np.int64]  # those that are so in part
    rest: NDArray[np.int64]  # and what is left of them


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
        self._sync: BookSync | None = None  # once it is known which rule the venue keeps
        self._ticker_id, self._ticker_ts = -1, 0
        self._last_ids = [-1, -1]  # of trades and of aggregated ones
        self._ids = (IdRuns(), IdRuns())
        #: By aggregated trade, in order: its row, and its first and last trade.
        self._aggregated = array("q")
        self._funding: tuple[int, int, int] | None = None  # time, mark, rate announced

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
        """Write what is held in memory."""
        if not self._rows:
            return
        block = np.array(self._rows, dtype=_ROW)
        self._rows.clear()
        self.pending = 0
        on_grid = np.isin(block["kind"], _ON_GRID)
        self.prices.add(block["price"][on_grid])
        self.lots.add(block["qty"][on_grid])
        with self.spool.open("ab") as out:  # not kept open: there may be more symbols than files may be open
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

    def find_told_twice(self) -> _ToldTwice:
        """What ``@trade`` and ``@aggTrade`` both tell."""
        rows, first, last = (np.ascontiguousarray(one) for one in np.array(self._aggregated, np.int64).reshape(-1, 3).T)
        whole, part = drop_told_twice(first, last, self._ids[0].runs())
        told = rows[whole]
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
            told = np.sort(np.concatenate((told, parts[rest <= 0])))
            parts, rest = parts[rest > 0], rest[rest > 0]
            if len(parts):
                self.summary.messages["aggTrade told by @trade in part, the rest kept"] = len(parts)
        if len(told):
            self.summary.messages["aggTrade told by @trade too, left out"] = len(told)
            self.summary.trades -= len(told)
        return _ToldTwice(told, parts, rest)

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
            # The next funding time has moved on: the announced one has come, at the last mark and rate before it.
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
        self.is_futures |= message.T != 0  # spot answers have no time
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
        """No more lines."""
        if self._sync is not None and self._sync.held and not self._sync.has_snapshot:
            raise CorruptData(
                f"{self.summary.name} has diffs but no REST snapshot, while another symbol of the capture has one",
                hint="Import the symbols from files of their own",
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
    """What the files hold, as a first look at their lines says: symbols, and whether there are REST answers."""

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
                    raise InvalidArgument(f"{path} holds more than {_SYMBOLS_MAX} symbols: split it")
            self.symbols.append({name.decode("utf-8", "replace").upper() for name in names})
            self.has_rest.append(has_rest)

    def owner(self, index: int) -> str:
        """The symbol that a REST answer of a file is of."""
        symbols = self.symbols[index]
        if not symbols:  # a file of answers alone goes with the others
            symbols = set().union(*self.symbols)
        if len(symbols) != 1:
            raise ValueError(
                f"a REST depth answer without a symbol in a file of {', '.join(sorted(symbols)[:5]) or 'no symbol'}"
            )
        return next(iter(symbols))

    def with_rest(self) -> set[str]:
        """Symbols that some file has a REST answer for."""
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
                raise InvalidArgument(f"the files hold more than {_SYMBOLS_MAX} symbols: import fewer at once")
            spool = self._folder / str(len(self.symbols))
            found = self.symbols[name] = _Symbol(name, spool, self._defects, holds=name in self._with_rest)
        return found

    def _spill(self) -> None:
        """Keep the rows in memory few, however many symbols they are of."""
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
                        hint="Mend the line, or leave such lines out with --skip-bad-lines",
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
            symbol = self._symbol(snapshot.symbol or self._contents.owner(index))
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
        Quote currency; told by the symbol's end when not given.

    Raises
    ------
    InvalidArgument
        If the currency is not given, and the symbol does not say it.
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
    told = symbol.find_told_twice()
    tick, lot = scaled_steps(instrument)
    summary.clock_shift_ns = shift
    writer = catalog.writer(instrument, overwrite=overwrite, raw_clock=shift != 0)
    writer.extra = {"clock_shift_ns": shift, "files": [path.name for path in files]}
    writers.append(writer.__enter__())
    check = BookCheck(instrument, summary, crossed=crossed)
    done = 0
    for spooled in symbol.blocks():
        parts = slice(*np.searchsorted(told.parts, (done, done + len(spooled))))
        spooled["qty"][told.parts[parts] - done] = told.rest[parts]
        again = slice(*np.searchsorted(told.rows, (done, done + len(spooled))))
        block = np.delete(spooled, told.rows[again] - done)
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
    """What all times of receipt of a session are shifted by."""
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
    quote : str, optional
        Quote currency; told by the symbol's end when not given.
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
            # All instruments or none: nothing is moved into place before every one is whole.
            for symbol, writer in zip(reader.symbols.values(), writers, strict=True):
                looked_for = ["gaps"] if symbol.summary.diffs else []  # only the diffs have numbers that would show one
                messages = symbol.summary.messages
                if "trade" in messages and "aggTrade" not in messages:
                    looked_for.append("off_book")
                writer.extra["looked_for"] = looked_for
                writer.__exit__(None, None, None)
        for symbol, writer in zip(reader.symbols.values(), writers, strict=True):
            one = symbol.summary
            one.written(writer.instrument, writer.stats)
            if not one.diffs and not one.gaps:
                one.gaps = None  # only the diffs have numbers that would show one
            one.grid = "given" if tick_size and lot_size else "inferred"
            one.joined = "joined to the REST snapshot" if one.snapshots else "no snapshot: built from diffs alone"
            summary.instruments.append(one)
    return summary.finish(defects, began)
