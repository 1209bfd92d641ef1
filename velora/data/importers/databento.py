"""Databento's DBN files, plain or zstd: market by order (mbo), top of book (mbp-1) and trades.

Rules
-----
Orders (mbo). A is ORDER_ADD, C ORDER_CANCEL, M ORDER_CHANGE, T a TRADE, R a snapshot of nothing. F says which resting
order a trade filled and becomes ORDER_EXECUTE; the C or M that follows and only says the same again is dropped, so
that a fill is a fill and not a cancel. An M that gives a filled order more than it had left (an iceberg's next part)
goes to the back of the queue, as does an A. An F at another price than the order's is the aggressor's own: its C or M
says what became of it. Records flagged as a snapshot become one, at their time of receipt; an R within it clears what
came before.

Quotes (mbp-1). A side without a price is empty and becomes a QUOTE of quantity 0.

What is not there. An undefined price, size, side or action is none: the record is left out and counted; a C without a
size cancels what is left of its order. From a record marked F_MAYBE_BAD_BOOK on the book is not to be relied on: a GAP,
until the next snapshot (mbo) or the next record without the mark (mbp-1).

Batches end with the event (F_LAST). Times are the venue's (`ts_event`) and the capture server's (`ts_recv`). One marked
F_BAD_TS_RECV is not believed: the record's venue time stands for it, no earlier than the record before and no later
than the one after it. Where others go back, the fewest of them are changed, and counted.

Grid. The tick is inferred, as the largest step of 1, 2, 2.5 or 5 times a power of ten that fewer than one price in ten
thousand is off; the lot is one contract. DBN market data says nothing of contract size and fees.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.data.catalog import Catalog
from velora.data.importers.grid import OFF_GRID_SHARE, GridFinder
from velora.data.importers.lines import check_files
from velora.data.importers.report import Defects, ImportSummary, InstrumentSummary
from velora.data.importers.rows import RowWriter
from velora.errors import CorruptData, InvalidArgument

__all__ = ["import_databento", "is_databento", "read_records"]

_HEADER = [
    ("length", "u1"),
    ("rtype", "u1"),
    ("publisher", "<u2"),
    ("instrument", "<u4"),
    ("ts_event", "<u8"),
]
_MBO = np.dtype(
    [
        *_HEADER,
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("size", "<u4"),
        ("flags", "u1"),
        ("channel", "u1"),
        ("action", "u1"),
        ("side", "u1"),
        ("ts_recv", "<u8"),
        ("delta", "<i4"),
        ("sequence", "<u4"),
    ]
)
_TRADES = np.dtype(
    [
        *_HEADER,
        ("price", "<i8"),
        ("size", "<u4"),
        ("action", "u1"),
        ("side", "u1"),
        ("flags", "u1"),
        ("depth", "u1"),
        ("ts_recv", "<u8"),
        ("delta", "<i4"),
        ("sequence", "<u4"),
    ]
)
_LEVEL = [  # the first four are what a quote is of
    ("bid_price", "<i8"),
    ("ask_price", "<i8"),
    ("bid_size", "<u4"),
    ("ask_size", "<u4"),
    ("bid_count", "<u4"),
    ("ask_count", "<u4"),
]
_MBP_1 = np.dtype([*_TRADES.descr, *_LEVEL])
_RECORDS = {0: _TRADES, 1: _MBP_1, 160: _MBO}
_SCHEMAS = "mbo, mbp-1, trades"
_NOT_DATA = (21, 22, 23)  # errors, symbol mappings, system messages

_ZSTD = b"\x28\xb5\x2f\xfd"
_NO_PRICE = 2**63 - 1
_NO_SIZE = 2**32 - 1
_F_LAST, _F_SNAPSHOT, _F_BAD_TS_RECV, _F_MAYBE_BAD_BOOK = 128, 32, 8, 4
_PRICE_DIGITS = 9
_TICK_MULTIPLES = (50, 25, 20, 10)
_LAST, _SNAPSHOT, _ESTIMATED = (int(flag) for flag in (EventFlag.LAST, EventFlag.SNAPSHOT, EventFlag.CLOCK_ESTIMATED))
_TRADE, _QUOTE = int(EventKind.TRADE), int(EventKind.QUOTE)
_BEGIN, _END, _GAP = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END), int(EventKind.GAP)
_ADD, _CHANGE = int(EventKind.ORDER_ADD), int(EventKind.ORDER_CHANGE)
_CANCEL, _EXECUTE = int(EventKind.ORDER_CANCEL), int(EventKind.ORDER_EXECUTE)
_SIDES = {ord("B"): int(Side.BUY), ord("A"): int(Side.SELL), ord("N"): int(Side.NONE)}
_BUY, _SELL, _NONE = (int(side) for side in Side)


def is_databento(path: Path) -> bool:
    """Whether the file is a DBN file, by its first bytes (and, for zstd, its name)."""
    with path.open("rb") as file:
        head = file.read(4)
    return head[:3] == b"DBN" or (head == _ZSTD and ".dbn" in path.name)


def _read(path: Path) -> bytes:
    import pyarrow as pa

    raw = path.read_bytes()
    if raw[:4] != _ZSTD:
        return raw
    try:
        return bytes(pa.CompressedInputStream(pa.py_buffer(raw), "zstd").read())
    except (pa.ArrowException, OSError) as error:
        raise CorruptData(f"the zstd stream is damaged ({error})", file=path, mend="Fetch the file again") from None


class _Names:
    """Symbols of instrument ids, from a file's metadata."""

    def __init__(self, raw: bytes, version: int) -> None:
        self._raw = raw
        self._at = 100  # of fixed length in all versions
        width = 22 if version == 1 else struct.unpack_from("<H", raw, 45)[0]
        self.by_id: dict[int, str] = {}
        self._at += 4 + struct.unpack_from("<I", raw, self._at)[0]  # schema definition
        for _ in range(3):  # symbols asked for, in part found, not found
            asked = self._count()
            self._at += asked * width
        for _ in range(self._count()):
            symbol = self._text(width)
            for _ in range(self._count()):
                self._at += 8  # first and last day
                number = self._text(width)
                if number.isdigit():
                    self.by_id[int(number)] = symbol

    def _count(self) -> int:
        (value,) = struct.unpack_from("<I", self._raw, self._at)
        self._at += 4
        return int(value)

    def _text(self, width: int) -> str:
        value = self._raw[self._at : self._at + width]
        if len(value) < width:
            raise struct.error("the names end early")
        self._at += width
        return value.partition(b"\0")[0].decode("ascii")


def read_records(path: Path) -> tuple[NDArray[np.void], int, dict[int, str]]:
    """Records of a DBN file as an array of its fields, their type, and the symbols of its instrument ids."""
    raw = _read(path)
    if raw[:3] != b"DBN" or len(raw) < 8:
        raise CorruptData("does not start with 'DBN'", file=path, mend="Is this a DBN file?")
    (length,) = struct.unpack_from("<I", raw, 4)
    version = raw[3]
    if not 1 <= version <= 3:
        raise CorruptData(f"is of version {version} of DBN; 1 to 3 are known", file=path)
    try:
        names = _Names(raw[8 : 8 + length], version).by_id
    except (struct.error, UnicodeDecodeError) as error:
        raise CorruptData(f"the metadata cannot be read ({error})", file=path, mend="Fetch it again") from None
    starts: list[int] = []
    rtypes = set()
    at, size = 8 + length, len(raw)
    while at < size:
        step = raw[at] * 4
        if step < 16 or at + step > size:
            raise CorruptData(
                f"breaks off or is damaged in record {len(starts)}", file=path, row=len(starts), mend="Fetch it again"
            )
        if raw[at + 1] not in _NOT_DATA:
            starts.append(at)
            rtypes.add((raw[at + 1], step))
        at += step
    if not starts:
        raise CorruptData("holds no records", file=path)
    if len(rtypes) > 1:
        raise CorruptData(f"mixes records of the types {sorted(kind for kind, _ in rtypes)}", file=path)
    ((rtype, step),) = rtypes
    if rtype not in _RECORDS:
        raise CorruptData(f"has records of type {rtype}; those of {_SCHEMAS} are read", file=path)
    dtype = _RECORDS[rtype]
    if step < dtype.itemsize:
        raise CorruptData(f"has records of {step} bytes, not {dtype.itemsize}", file=path)
    where = np.array(starts)[:, None] + np.arange(dtype.itemsize)
    packed = np.frombuffer(raw, np.uint8)[where]
    records = np.ascontiguousarray(packed).view(dtype)[:, 0]
    for name in ("ts_event", "ts_recv", "order_id"):
        if name in (dtype.names or ()):
            beyond = np.flatnonzero(records[name] > _NO_PRICE)
            if len(beyond):
                row = int(beyond[0])
                raise CorruptData(
                    f"{name} is {records[name][row]}", file=path, row=row, field=name, mend="Fetch it again"
                )
    return records, rtype, names


def _is_price(price: int) -> bool:
    """Whether a price is one: neither of the ends of int64 is."""
    return abs(price) < _NO_PRICE


def _receipts(block: NDArray[np.void], places: list[str], last: int, defects: Defects) -> NDArray[np.int64]:
    """Times of receipt that do not go back, none before `last`."""
    given = block["ts_recv"].astype(np.int64)
    recv = given.copy()
    # The records of a snapshot all have the mark: theirs is the snapshot's own time.
    bad = block["flags"] & (_F_BAD_TS_RECV | _F_SNAPSHOT) == _F_BAD_TS_RECV
    if bad.any():
        before = np.maximum.accumulate(np.where(bad, last, recv))
        after = np.minimum.accumulate(np.where(bad, _NO_PRICE, recv)[::-1])[::-1]
        event = block["ts_event"].astype(np.int64)
        recv[bad] = np.minimum(np.maximum(event, before), np.maximum(after, before))[bad]
        for at in np.flatnonzero(bad).tolist():
            defects.add("time of receipt marked as bad", places[at], f"{given[at]} ns, taken as {recv[at]}")
    forward = np.maximum.accumulate(np.maximum(recv, last))
    backward = np.maximum(np.minimum.accumulate(recv[::-1])[::-1], last)
    up, down = forward != recv, backward != recv
    if up.any():
        # A time that lies behind makes one row wrong, one that runs ahead all that come after it.
        mended, changed = (forward, up) if up.sum() <= down.sum() else (backward, down)
        for at in np.flatnonzero(changed).tolist():
            defects.add("time of receipt goes back", places[at], f"{recv[at]} ns, taken as {mended[at]}")
        recv = mended
    return recv


class _Orders:
    """Turns the records of one instrument into rows, with what is left of each order beside them."""

    def __init__(self, rows: RowWriter, tick: int, one: InstrumentSummary, defects: Defects) -> None:
        self._rows = rows
        self._tick = tick
        self._one = one
        self._defects = defects
        self._live: dict[int, list[int]] = {}  # id -> side, price in ticks, lots left
        self._filled: set[int] = set()  # orders with a fill whose C or M is still to come
        self._batch: list[tuple[int, int, int, int, int, int]] = []  # rows of the event, without their times
        self._in_snapshot = False
        self._ts = (0, 0)
        self._is_bad = False  # the source does not vouch for the book
        one.gaps = 0

    def take(self, block: NDArray[np.void], places: list[str]) -> None:
        recvs = _receipts(block, places, self._ts[1], self._defects).tolist()
        columns = [block[name].tolist() for name in ("ts_event", "action", "side", "order_id", "size", "price")]
        flags = block["flags"].tolist()
        for at, (ts, action, side, order_id, size, price) in enumerate(zip(*columns, strict=True)):
            recv = recvs[at]
            is_snapshot = flags[at] & _F_SNAPSHOT != 0
            if is_snapshot != self._in_snapshot:
                self._turn(recv, is_snapshot)
            self._ts = (recv if is_snapshot else ts, recv)
            if flags[at] & _F_MAYBE_BAD_BOOK:
                self._defects.add("book marked as not to be relied on", places[at])
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
        """Whether a record says what its action needs; what it does not is counted."""
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
        is_whole = action == "C"  # its order is all that it needs
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
        if self._is_bad and not is_snapshot:  # of a snapshot that is itself marked
            self._gap()
            self._flush()

    def end(self) -> None:
        """The event is over."""
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
                # Of an order that has a fill behind it, what goes is what is left.
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
                self._batch.clear()  # it has begun already
                return
            self._is_bad = False
            self._put(_BEGIN, _NONE, _SNAPSHOT, 0, 0, 0)
            self._put(_END, _NONE, _SNAPSHOT, 0, 0, 0)
        elif action != "N":
            self._defects.add("record left out", place, f"action {action!r}")


class _Tops:
    """Turns the records of one instrument into trades, and into quotes where the top changed."""

    def __init__(self, rows: RowWriter, tick: int, one: InstrumentSummary, defects: Defects) -> None:
        self._rows = rows
        self._tick = tick
        self._one = one
        self._defects = defects
        self._before: tuple[int, ...] = ()
        self._last = 0  # time of receipt
        self._is_bad = False  # the source does not vouch for the book

    def take(self, block: NDArray[np.void], places: list[str]) -> None:
        recvs = _receipts(block, places, self._last, self._defects).tolist()
        columns = [
            block[name].tolist() for name in ("ts_event", "action", "side", "size", "price", "flags", "sequence")
        ]
        has_quotes = "bid_price" in (block.dtype.names or ())
        if has_quotes:
            self._one.gaps = self._one.gaps or 0
            tops = list(zip(*(block[name].tolist() for name, _ in _LEVEL[:4]), strict=True))
        for at, (ts, action, side, size, price, flags, sequence) in enumerate(zip(*columns, strict=True)):
            recv = self._last = recvs[at]
            if action == ord("T"):
                self._trade(ts, recv, side, price, size, places[at])
            elif chr(action) not in "ACMRFN":
                self._defects.add("record left out", places[at], f"action {chr(action)!r}")
                continue
            if not has_quotes:
                continue
            if flags & _F_MAYBE_BAD_BOOK:
                self._defects.add("book marked as not to be relied on", places[at])
                if not self._is_bad:
                    self._is_bad = True
                    self._one.gaps = (self._one.gaps or 0) + 1
                    self._rows.add(ts, recv, _GAP, _NONE, _LAST, 0, 0, 0)
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
        self._rows.add(ts, recv, _TRADE, _SIDES[side], _LAST, price // self._tick, size, 0)

    def _quote(self, ts: int, recv: int, sides: tuple[tuple[int, int], ...], sequence: int, place: str) -> None:
        """Both sides; one without a price is empty, and its row has the price that it had."""
        quote: list[int] = []
        for at, (price, size) in enumerate(sides):
            if not _is_price(price) or size == 0:
                if size != 0:
                    self._defects.add("price undefined, its side taken as empty", place, f"size {size}")
                quote += [self._before[2 * at] if self._before else 0, 0]
            elif size == _NO_SIZE:
                self._defects.add("size undefined, left out", place, "a quote")
                return
            else:
                quote += [price // self._tick, size]
        if tuple(quote) == self._before and not self._is_bad:
            return
        if not self._before and quote[1] == quote[3] == 0:
            return  # there has been no quote yet
        self._before = tuple(quote)
        self._is_bad = False
        self._one.quotes += 1
        self._rows.add(ts, recv, _QUOTE, _BUY, 0, quote[0], quote[1], sequence)
        self._rows.add(ts, recv, _QUOTE, _SELL, _LAST, quote[2], quote[3], sequence)


def _tick_of(block: NDArray[np.void], tick_size: str | None, path: Path) -> tuple[int, str]:
    names = [name for name in ("price", "bid_price", "ask_price") if name in (block.dtype.names or ())]
    prices = np.concatenate([block[name] for name in names])
    prices = prices[(np.abs(prices) < _NO_PRICE) & (prices != 0) & (prices != -(2**63))]
    if tick_size is None:
        finder = GridFinder(_TICK_MULTIPLES, OFF_GRID_SHARE)
        finder.add(np.abs(prices))
        tick = finder.step()
    else:
        exact = Decimal(tick_size).scaleb(_PRICE_DIGITS)
        if exact != int(exact) or exact < 1:
            raise InvalidArgument(f"tick_size must be a multiple of 0.000000001, was {tick_size}")
        tick = int(exact)
    off = np.flatnonzero(prices % tick != 0)
    if len(off):
        price = Decimal(int(prices[off[0]])).scaleb(-_PRICE_DIGITS).normalize()
        raise CorruptData(
            f"price {price:f} is not a multiple of {Decimal(tick).scaleb(-_PRICE_DIGITS).normalize():f}",
            file=path,
            field="price",
            mend="Give the right --tick-size",
        )
    return tick, f"{Decimal(tick).scaleb(-_PRICE_DIGITS).normalize():f}"


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
        Files of one schema, in the order of time.
    catalog : Catalog
    tick_size : str, optional
        Inferred when not given.
    overwrite, strict, on_bytes
        As for `import_captures`.

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
    """
    began = time.perf_counter()
    files = [Path(path) for path in paths]
    check_files(files)
    defects = Defects(strict=strict)
    summary = ImportSummary([str(path) for path in files], catalog=catalog.root)
    blocks: dict[int, list[tuple[Path, NDArray[np.intp], NDArray[np.void]]]] = {}
    names: dict[int, str] = {}
    rtypes = set()
    for path in files:
        records, rtype, found = read_records(path)
        rtypes.add(rtype)
        names.update(found)
        summary.lines += len(records)
        for number in np.unique(records["instrument"]).tolist():
            chosen = np.flatnonzero(records["instrument"] == number)
            blocks.setdefault(int(number), []).append((path, chosen, records[chosen]))
        if on_bytes is not None:
            on_bytes(path.stat().st_size)
    if len(rtypes) > 1:
        raise InvalidArgument("the files are of different schemas; import one schema at a time")
    is_mbo = rtypes == {160}
    for number, parts in blocks.items():
        name = names.get(number, str(number))
        one = InstrumentSummary(name)
        tick, text = _tick_of(np.concatenate([block for _, _, block in parts]), tick_size, parts[0][0])
        instrument = Instrument(
            name, venue="databento", kind="linear", tick_size=text, lot_size="1", maker_fee="0", taker_fee="0"
        )
        with catalog.writer(instrument, overwrite=overwrite) as part:
            part.extra = {"files": [path.name for path in files], "looked_for": ["gaps"] if rtypes != {0} else []}
            rows = RowWriter(instrument, part)
            reader: _Orders | _Tops = (_Orders if is_mbo else _Tops)(rows, tick, one, defects)
            for path, chosen, block in parts:
                reader.take(block, [f"{path.name}:{row}" for row in chosen.tolist()])
            if isinstance(reader, _Orders):
                reader.finish()
            rows.flush()
        one.written(instrument, part.stats)
        one.grid = "given" if tick_size else "inferred"
        one.lowest_latency_raw_ns = part.stats["lowest_latency_ns"]
        summary.instruments.append(one)
    return summary.finish(defects, began)
