"""Databento's DBN files, plain or zstd: market by order (mbo), top of book (mbp-1) and trades.

Rules
-----
Orders (mbo). A is ORDER_ADD, C ORDER_CANCEL, M ORDER_CHANGE, T a TRADE, R a snapshot of nothing. F says which resting
order a trade filled and becomes ORDER_EXECUTE; the C or M that follows and only says the same again is dropped, so
that a fill is a fill and not a cancel. An M that gives a filled order more than it had left (an iceberg's next part)
goes to the back of the queue, as does an A. An F at another price than the order's is the aggressor's own: its C or M
says what became of it. Records flagged as a snapshot become one, at their time of receipt.

Batches end with the event (F_LAST). Times are the venue's (`ts_event`) and the capture server's (`ts_recv`).

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
_LEVEL = [
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
_F_LAST, _F_SNAPSHOT = 128, 32
_PRICE_DIGITS = 9
_TICK_MULTIPLES = (50, 25, 20, 10)
_LAST, _SNAPSHOT, _ESTIMATED = (int(flag) for flag in (EventFlag.LAST, EventFlag.SNAPSHOT, EventFlag.CLOCK_ESTIMATED))
_TRADE, _QUOTE = int(EventKind.TRADE), int(EventKind.QUOTE)
_BEGIN, _END = int(EventKind.SNAPSHOT_BEGIN), int(EventKind.SNAPSHOT_END)
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

    def take(self, block: NDArray[np.void], places: list[str]) -> None:
        columns = [block[name].tolist() for name in ("ts_event", "ts_recv", "action", "side", "order_id", "size")]
        prices, flags = (block["price"] // self._tick).tolist(), block["flags"].tolist()
        for at, (ts, recv, action, side, order_id, size) in enumerate(zip(*columns, strict=True)):
            is_snapshot = flags[at] & _F_SNAPSHOT != 0
            if is_snapshot != self._in_snapshot:
                self._turn(recv, is_snapshot)
            self._ts = (recv if is_snapshot else ts, recv)
            self._record(chr(action), _SIDES.get(side, _NONE), order_id, prices[at], size, places[at])
            if flags[at] & _F_LAST:
                self.end()

    def _turn(self, recv: int, is_snapshot: bool) -> None:
        if is_snapshot:
            self.end()
            self._rows.add(recv, recv, _BEGIN, _NONE, _SNAPSHOT | _ESTIMATED, 0, 0, 0)
            self._live.clear()
            self._one.snapshots += 1
        else:
            self._flush()
            ts, seen = self._ts
            self._rows.add(ts, seen, _END, _NONE, _SNAPSHOT | _ESTIMATED | _LAST, 0, 0, 0)
        self._in_snapshot = is_snapshot

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
            self._put(_BEGIN, _NONE, _SNAPSHOT, 0, 0, 0)
            self._put(_END, _NONE, _SNAPSHOT, 0, 0, 0)
        elif action != "N":
            self._defects.add("record left out", place, f"action {action!r}")


def _top_rows(rows: RowWriter, block: NDArray[np.void], tick: int, one: InstrumentSummary) -> None:
    """Trades, and the quotes where the top changed."""
    has_quotes = "bid_price" in (block.dtype.names or ())
    before: tuple[int, ...] = ()
    for record in block:
        ts, recv = int(record["ts_event"]), int(record["ts_recv"])
        if record["action"] == ord("T"):
            one.trades += 1
            price = int(record["price"]) // tick
            rows.add(ts, recv, _TRADE, _SIDES.get(int(record["side"]), _NONE), _LAST, price, int(record["size"]), 0)
        if not has_quotes:
            continue
        quote = tuple(int(record[name]) for name in ("bid_price", "bid_size", "ask_price", "ask_size"))
        if quote == before or _NO_PRICE in quote:
            continue
        before = quote
        one.quotes += 1
        rows.add(ts, recv, _QUOTE, _BUY, 0, quote[0] // tick, quote[1], int(record["sequence"]))
        rows.add(ts, recv, _QUOTE, _SELL, _LAST, quote[2] // tick, quote[3], int(record["sequence"]))


def _tick_of(block: NDArray[np.void], tick_size: str | None, path: Path) -> tuple[int, str]:
    names = [name for name in ("price", "bid_price", "ask_price") if name in (block.dtype.names or ())]
    prices = np.concatenate([block[name] for name in names])
    prices = prices[(prices != _NO_PRICE) & (prices != 0)]
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
            part.extra = {"files": [path.name for path in files]}
            rows = RowWriter(instrument, part)
            orders = _Orders(rows, tick, one, defects)
            for path, chosen, block in parts:
                if is_mbo:
                    orders.take(block, [f"{path.name}:{row}" for row in chosen.tolist()])
                else:
                    _top_rows(rows, block, tick, one)
            orders.end()
            rows.flush()
        one.written(instrument, part.stats)
        one.grid = "given" if tick_size else "inferred"
        one.lowest_latency_raw_ns = part.stats["lowest_latency_ns"]
        summary.instruments.append(one)
    return summary.finish(defects, began)
