"""Databento's DBN files, plain or zstd: market by order (mbo), top of book (mbp-1) and trades.

Rules
-----
Orders (mbo). A is ORDER_ADD, C ORDER_CANCEL, M ORDER_CHANGE, T a TRADE, R an empty snapshot. F names the resting order
that a trade filled, and becomes ORDER_EXECUTE; a following C or M that only repeats the fill is dropped, so that a fill
is not counted as a cancel. An M that raises a filled order above its leaves quantity (an iceberg's next slice) goes to
the back of the queue, like an A. An F at a price other than the order's belongs to the aggressor: its C or M states the
result. Records flagged as a snapshot become one snapshot, at their time of receipt; an R within it clears the records
before.

Quotes (mbp-1). A side without a price is empty and becomes a QUOTE of quantity 0.

Missing values. An undefined price, size, side or action counts as missing: the record is left out and counted; a C
without a size cancels the rest of its order. If one of two times is undefined, the other is used for both. A record
marked F_MAYBE_BAD_BOOK makes the book unreliable: it becomes a GAP, until the next snapshot (mbo) or the next record
without the mark (mbp-1).

Batches end with the event (F_LAST). Times are the venue's (`ts_event`) and the capture server's (`ts_recv`). A time of
receipt marked F_BAD_TS_RECV is replaced by the record's venue time, bounded by the times of the records before and
after. If other times go back, the smallest possible number of them is changed, and counted.

Symbols. A file's mapping gives the symbol of an instrument id by days, [first, end), UTC; a record belongs to the day
of its receipt. Consecutive ids of one symbol, as of a continuous contract, are one instrument in the order of time,
over all files. When the id changes, the order book starts empty with a GAP, until the next snapshot. An id without a
symbol on its day is named by its number. Records in two files are used once; files with conflicting overlaps are
refused.

Grid. The tick is inferred as the largest step of 1, 2, 2.5 or 5 times a power of ten with fewer than one price in ten
thousand off it; the lot is one contract. DBN market data does not contain contract size and fees.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import format_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.importers.dbn import MBO, TRADES, is_databento, read_records
from velora.data.importers.dbn_symbols import F_SNAPSHOT, NO_TIME, Block, blocks_of, in_order
from velora.data.importers.grid import OFF_GRID_SHARE, GridFinder
from velora.data.importers.lines import check_files
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.rows import RowWriter
from velora.data.importers.together import stored_together
from velora.errors import CorruptData, InvalidArgument

__all__ = ["import_databento", "is_databento"]

_NO_PRICE = 2**63 - 1
_NO_SIZE = 2**32 - 1
#: Number of records converted at a time.
_CHUNK = 1 << 15
_F_LAST, _F_MAYBE_BAD_BOOK = 128, 4
_LEVEL = ("bid_price", "ask_price", "bid_size", "ask_size")  # fields of a quote
_PRICE_DIGITS = 9
_TICK_MULTIPLES = (50, 25, 20, 10)
_LAST, _SNAPSHOT, _ESTIMATED = (int(flag) for flag in (EventFlag.LAST, EventFlag.SNAPSHOT, EventFlag.CLOCK_ESTIMATED))
_TRADE, _QUOTE = int(EventKind.TRADE), int(EventKind.QUOTE)
_BEGIN, _END, _GAP = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END), int(EventKind.GAP)
_ADD, _CHANGE = int(EventKind.ORDER_ADD), int(EventKind.ORDER_CHANGE)
_CANCEL, _EXECUTE = int(EventKind.ORDER_CANCEL), int(EventKind.ORDER_EXECUTE)
_SIDES = {ord("B"): int(Side.BUY), ord("A"): int(Side.SELL), ord("N"): int(Side.NONE)}
_BUY, _SELL, _NONE = (int(side) for side in Side)


def _is_price(price: int) -> bool:
    """Whether a price is defined: not one of the ends of int64."""
    return abs(price) < _NO_PRICE


class _Orders:
    """Converts the records of one instrument to rows, and tracks the leaves quantity of each order."""

    def __init__(self, rows: RowWriter, tick: int, one: InstrumentSummary, defects: Defects) -> None:
        self._rows = rows
        self._tick = tick
        self._one = one
        self._defects = defects
        self._live: dict[int, list[int]] = {}  # id -> side, price in ticks, lots left
        self._filled: set[int] = set()  # orders with a fill whose C or M is yet to come
        self._batch: list[tuple[int, int, int, int, int, int]] = []  # rows of the event, without times
        self._in_snapshot = False
        self._ts = (0, 0)
        self._is_whole = False  # the snapshot's last record has been read
        self._is_bad = False  # the source marks the book as unreliable
        self._clock = 0  # the flag of an estimated time
        one.gaps = 0

    def roll(self, block: Block) -> None:
        """Continue with another instrument id: the orders of the previous one are removed."""
        self.finish()
        self._live.clear()
        self._filled.clear()
        first = block.records[0]
        if int(first["flags"]) & F_SNAPSHOT or first["action"] == ord("R"):
            return  # the snapshot replaces the book
        recv = int(block.recv[0])
        self._rows.add(recv, recv, _BEGIN, _NONE, _SNAPSHOT | _ESTIMATED, 0, 0, 0)
        self._rows.add(recv, recv, _END, _NONE, _SNAPSHOT | _ESTIMATED, 0, 0, 0)
        self._rows.add(recv, recv, _GAP, _NONE, _ESTIMATED | _LAST, 0, 0, 0)
        self._one.gaps = (self._one.gaps or 0) + 1

    def take(self, block: Block) -> None:
        records, places = block.records, block.places
        columns = [records[name].tolist() for name in ("action", "side", "order_id", "size", "price")]
        flags, recvs = records["flags"].tolist(), block.recv.tolist()
        timeless = (records["ts_event"] == NO_TIME).tolist()
        for at, (ts, action, side, order_id, size, price) in enumerate(
            zip(block.event.tolist(), *columns, strict=True)
        ):
            recv = recvs[at]
            is_snapshot = flags[at] & F_SNAPSHOT != 0
            if is_snapshot != self._in_snapshot:
                self._turn(recv, is_snapshot)
            elif self._is_whole and action == ord("R"):  # a snapshot directly after another
                self._turn(recv, False)
                self._turn(recv, True)
            self._is_whole = is_snapshot and flags[at] & _F_LAST != 0
            self._ts = (recv if is_snapshot else ts, recv)
            self._clock = _ESTIMATED if timeless[at] else 0
            if flags[at] & _F_MAYBE_BAD_BOOK:
                self._defects.add("book marked as unreliable", places[at])
                if not self._is_bad:
                    self._is_bad = True
                    if not self._in_snapshot:
                        self._gap()
            if self._is_defined(chr(action), side, price, size, places[at]):
                ticks = price // self._tick
                self._record(chr(action), _SIDES.get(side, _NONE), order_id, ticks, size, places[at])
            if flags[at] & _F_LAST:
                self.end()

    def finish(self) -> None:
        """There are no more records."""
        if self._in_snapshot:
            self._turn(self._ts[1], False)
        self.end()

    def _gap(self) -> None:
        self._one.gaps = (self._one.gaps or 0) + 1
        self._put(_GAP, _NONE, _LAST, 0, 0, 0)

    def _is_defined(self, action: str, side: int, price: int, size: int, place: str) -> bool:
        """Whether a record has the fields that its action needs; a missing field is counted."""
        undefined = ""
        if action in "AMTF" and not _is_price(price):
            undefined = "price undefined"
        elif size == _NO_SIZE and action in "AMTFC":
            undefined = "size undefined"
        elif size == 0 and action in "ATF":
            undefined = "size 0"
        elif side not in _SIDES or (action == "A" and _SIDES[side] == _NONE):
            undefined = "side undefined" if action in "AT" else ""
        if not undefined:
            return True
        is_whole = action == "C"  # the order id is sufficient
        self._defects.add(
            f"{undefined}, the rest cancelled" if is_whole else f"{undefined}, left out", place, f"action {action!r}"
        )
        return is_whole

    def _turn(self, recv: int, is_snapshot: bool) -> None:
        if is_snapshot:
            self.end()
            self._rows.add(recv, recv, _BEGIN, _NONE, _SNAPSHOT | _ESTIMATED, 0, 0, 0)
            self._live.clear()
            self._filled.clear()
            self._is_bad = False
            self._one.snapshots += 1
        else:
            self._flush()
            ts, seen = self._ts
            self._rows.add(ts, seen, _END, _NONE, _SNAPSHOT | _ESTIMATED | _LAST, 0, 0, 0)
        self._in_snapshot = is_snapshot
        if self._is_bad and not is_snapshot:  # unless the snapshot itself is marked
            self._gap()
            self._flush()

    def end(self) -> None:
        """End the event."""
        if self._in_snapshot:
            return
        if self._batch:
            last = self._batch[-1]
            self._batch[-1] = (last[0], last[1], last[2] | _LAST, last[3], last[4], last[5])
        self._flush()

    def _flush(self) -> None:
        ts, recv = self._ts
        for row in self._batch:
            self._rows.add(ts, recv, *row)
        self._batch.clear()

    def _put(self, kind: int, side: int, flags: int, price: int, qty: int, order_id: int) -> None:
        if self._in_snapshot:
            flags |= _SNAPSHOT | _ESTIMATED
        flags |= self._clock
        self._batch.append((kind, side, flags, price, qty, order_id))

    def _record(self, action: str, side: int, order_id: int, price: int, size: int, place: str) -> None:
        live = self._live
        order = live.get(order_id)
        if action == "A" or (action == "M" and order is None):
            if order is not None:
                self._defects.add("order added twice", place, str(order_id))
                self._put(_CANCEL, order[0], 0, order[1], order[2], order_id)
            elif action == "M" and order_id not in self._filled:
                self._defects.add("order unknown", place, f"{order_id} is modified")
            self._filled.discard(order_id)
            if size and side != _NONE:
                live[order_id] = [side, price, size]
                self._put(_ADD, side, 0, price, size, order_id)
        elif action == "T":
            self._one.trades += 1
            self._put(_TRADE, side, _LAST, price, size, order_id)
        elif action == "F":
            if order is not None and order[1] == price:
                lots = min(size, order[2])
                self._filled.add(order_id)
                self._put(_EXECUTE, order[0], 0, price, lots, order_id)
                order[2] -= lots
                if order[2] == 0:
                    del live[order_id]
        elif action == "C":
            if order is None:
                if order_id not in self._filled:
                    self._defects.add("order unknown", place, f"{order_id} is cancelled")
            else:
                # An order that was filled in this event loses its leaves quantity.
                lots = order[2] if order_id in self._filled else min(size, order[2])
                self._put(_CANCEL, order[0], 0, order[1], lots, order_id)
                order[2] -= lots
                if order[2] == 0:
                    del live[order_id]
            self._filled.discard(order_id)
        elif action == "M" and order is not None:
            self._filled.discard(order_id)
            if size == 0:
                self._put(_CANCEL, order[0], 0, order[1], order[2], order_id)
                del live[order_id]
            elif (price, size) != (order[1], order[2]):
                self._put(_CHANGE, order[0], 0, price, size, order_id)
                order[1], order[2] = price, size
        elif action == "R":
            live.clear()
            self._filled.clear()
            if self._in_snapshot:
                self._batch.clear()  # the snapshot has begun already
                return
            self._is_bad = False
            self._put(_BEGIN, _NONE, _SNAPSHOT, 0, 0, 0)
            self._put(_END, _NONE, _SNAPSHOT, 0, 0, 0)
        elif action != "N":
            self._defects.add("record left out", place, f"action {action!r}")


class _Tops:
    """Converts the records of one instrument to trades, and to quotes where the top changed."""

    def __init__(self, rows: RowWriter, tick: int, one: InstrumentSummary, defects: Defects) -> None:
        self._rows = rows
        self._tick = tick
        self._one = one
        self._defects = defects
        self._before: tuple[int, ...] = ()
        self._is_bad = False  # the source marks the book as unreliable
        self._clock = 0  # the flag of an estimated time

    def take(self, block: Block) -> None:
        records, places = block.records, block.places
        columns = [records[name].tolist() for name in ("action", "side", "size", "price", "flags", "sequence")]
        has_quotes = "bid_price" in (records.dtype.names or ())
        if has_quotes:
            self._one.gaps = self._one.gaps or 0
            tops = list(zip(*(records[name].tolist() for name in _LEVEL), strict=True))
        timeless = (records["ts_event"] == NO_TIME).tolist()
        times = zip(block.event.tolist(), block.recv.tolist(), strict=True)
        for at, ((ts, recv), (action, side, size, price, flags, sequence)) in enumerate(
            zip(times, zip(*columns, strict=True), strict=True)
        ):
            self._clock = _ESTIMATED if timeless[at] else 0
            if action == ord("T"):
                self._trade(ts, recv, side, price, size, places[at])
            elif chr(action) not in "ACMRFN":
                self._defects.add("record left out", places[at], f"action {chr(action)!r}")
                continue
            if not has_quotes:
                continue
            if flags & _F_MAYBE_BAD_BOOK:
                self._defects.add("book marked as unreliable", places[at])
                if not self._is_bad:
                    self._is_bad = True
                    self._one.gaps = (self._one.gaps or 0) + 1
                    self._rows.add(ts, recv, _GAP, _NONE, _LAST | self._clock, 0, 0, 0)
                continue
            bid, ask, bid_size, ask_size = tops[at]
            self._quote(ts, recv, ((bid, bid_size), (ask, ask_size)), sequence, places[at])

    def _trade(self, ts: int, recv: int, side: int, price: int, size: int, place: str) -> None:
        undefined = ""
        if not _is_price(price):
            undefined = "price undefined"
        elif size in (0, _NO_SIZE):
            undefined = "size undefined" if size else "size 0"
        elif side not in _SIDES:
            undefined = "side undefined"
        if undefined:
            self._defects.add(f"{undefined}, left out", place, "action 'T'")
            return
        self._one.trades += 1
        self._rows.add(ts, recv, _TRADE, _SIDES[side], _LAST | self._clock, price // self._tick, size, 0)

    def _quote(self, ts: int, recv: int, sides: tuple[tuple[int, int], ...], sequence: int, place: str) -> None:
        """Write both sides; a side without a price is empty, and its row repeats its last price."""
        quote: list[int] = []
        for at, (price, size) in enumerate(sides):
            if not _is_price(price) or size == 0:
                if size != 0:
                    self._defects.add("price undefined, its side treated as empty", place, f"size {size}")
                quote += [self._before[2 * at] if self._before else 0, 0]
            elif size == _NO_SIZE:
                self._defects.add("size undefined, left out", place, "a quote")
                return
            else:
                quote += [price // self._tick, size]
        if tuple(quote) == self._before and not self._is_bad:
            return
        if not self._before and quote[1] == quote[3] == 0:
            return  # no quote so far
        self._before = tuple(quote)
        self._is_bad = False
        self._one.quotes += 1
        self._rows.add(ts, recv, _QUOTE, _BUY, self._clock, quote[0], quote[1], sequence)
        self._rows.add(ts, recv, _QUOTE, _SELL, _LAST | self._clock, quote[2], quote[3], sequence)


def _tick_of(blocks: Sequence[Block], tick_size: str | None) -> tuple[int, str]:
    """The tick in units of 1e-9 and as text; it divides every price of the blocks."""
    if tick_size is None:
        finder = GridFinder(_TICK_MULTIPLES, OFF_GRID_SHARE)
        for block in blocks:
            for prices, is_price in _prices(block):
                finder.add(np.abs(prices[is_price]))
        tick = finder.step()
    else:
        tick = _scaled_tick(tick_size)
    for block in blocks:
        for prices, is_price in _prices(block):
            off = np.flatnonzero(is_price & (prices % tick != 0))
            if len(off):
                at = int(off[0])
                raise CorruptData(
                    f"price {_text(int(prices[at]))} is not a multiple of {_text(tick)}",
                    file=block.path,
                    row=block.places.row(at),
                    field="price",
                    hint="Set the right --tick-size",
                )
    return tick, _text(tick)


def _prices(block: Block) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Each price column of a block, and a mask of the defined prices."""
    for name in ("price", "bid_price", "ask_price"):
        if name in (block.records.dtype.names or ()):
            prices = block.records[name].astype(np.int64)
            yield prices, (np.abs(prices) < _NO_PRICE) & (prices != 0) & (prices != -(2**63))


def _scaled_tick(tick_size: str) -> int:
    try:
        exact = Decimal(tick_size).scaleb(_PRICE_DIGITS)
        tick = int(exact)
    except (ArithmeticError, ValueError):
        raise InvalidArgument(f"tick_size must be a decimal such as '0.25', was {tick_size!r}") from None
    if exact != tick or not 0 < tick < _NO_PRICE:
        raise InvalidArgument(f"tick_size must be a multiple of 0.000000001, was {tick_size}")
    return tick


def _text(price: int) -> str:
    return f"{Decimal(price).scaleb(-_PRICE_DIGITS).normalize():f}"


@stored_together
def import_databento(
    paths: Sequence[str | Path],
    catalog: Catalog,
    *,
    tick_size: str | None = None,
    overwrite: bool = False,
    strict: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import DBN files of mbo, mbp-1 or trades into a catalog.

    Parameters
    ----------
    paths : list of path
        Files of one schema, in any order; overlapping files must agree in the overlap.
    catalog : Catalog
    tick_size : str, optional
        Inferred by default.
    overwrite, strict, on_bytes
        As for `import_captures`.

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then unchanged.
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    check_files(files)
    defects = Defects(strict=strict)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    found: dict[str, list[Block]] = {}
    rtypes = set()
    for path in files:
        file = read_records(path)
        rtypes.add(file.rtype)
        summary.lines += len(file.records)
        for symbol, block in blocks_of(path, file, defects):
            found.setdefault(symbol, []).append(block)
        if on_bytes is not None:
            on_bytes(path.stat().st_size)
    if len(rtypes) > 1:
        raise InvalidArgument("the files are of different schemas; import one schema at a time")
    for symbol, blocks in found.items():
        one = _store(symbol, in_order(symbol, blocks, defects), catalog, tick_size, overwrite, defects)
        if one is None:
            defects.add("no rows to store, left out", symbol)
        else:
            summary.instruments.append(one)
    if not summary.instruments:
        raise CorruptData("the files contain no rows", file=files[0])
    return summary.finish(defects, began)


class _NothingToStore(Exception):
    """No record of the instrument became a row."""


def _store(
    symbol: str,
    blocks: Sequence[Block],
    catalog: Catalog,
    tick_size: str | None,
    overwrite: bool,
    defects: Defects,
) -> InstrumentSummary | None:
    """Write one instrument; None if none of its records became a row."""
    one = InstrumentSummary(symbol)
    tick, text = _tick_of(blocks, tick_size)
    instrument = Instrument(
        symbol, venue="databento", kind="linear", tick_size=text, lot_size="1", maker_fee="0", taker_fee="0"
    )
    dtype = blocks[0].records.dtype
    names = dict.fromkeys(block.path.name for block in blocks)
    try:
        with catalog.writer(instrument, overwrite=overwrite) as part:
            part.extra = {"files": list(names), "looked_for": [] if dtype == TRADES else ["gaps"]}
            rows = RowWriter(instrument, part)
            reader: _Orders | _Tops = (_Orders if dtype == MBO else _Tops)(rows, tick, one, defects)
            last: Block | None = None
            for block in blocks:
                if last is not None and last.number != block.number:
                    one.rolls.append(f"{format_ns(int(block.recv[0]))}: {last.number} to {block.number}")
                    if isinstance(reader, _Orders):
                        reader.roll(block)
                last = block
                for start in range(0, len(block.records), _CHUNK):
                    reader.take(block.slice(start, start + _CHUNK))
            if isinstance(reader, _Orders):
                reader.finish()
            rows.flush()
            if not rows.count:
                raise _NothingToStore
    except _NothingToStore:
        return None
    one.written(instrument, part.stats)
    one.grid = "given" if tick_size else "inferred"
    one.lowest_latency_raw_ns = part.stats["lowest_latency_ns"]
    return one
