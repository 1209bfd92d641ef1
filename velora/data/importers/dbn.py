"""The DBN format of Databento, versions 1 to 3, plain or zstd: metadata, then records of equal length.

Layout, little-endian::

    0    "DBN", version (u8), length of the metadata (u32)
    8    metadata: 100 bytes of fixed fields, of which one is read: u16 at 45, the width of symbols (22 in version 1)
    108  length of a schema definition (u32) and that definition
         three lists of symbols (requested, partly found, not found): count (u32), then count symbols
         mappings: count (u32), then for each a symbol, count (u32), and count times: first day, end day, symbol
    ...  records: length / 4 (u8), rtype (u8), publisher (u16), instrument id (u32), ts_event (u64), then by rtype

Symbols are ASCII, padded with zeros. Days are numbers such as 20240703; the end day is the first day not covered by the
mapping, and 0 means no bound. The inner symbol of a mapping is the instrument id as text.

All values are checked against the bytes: a count whose items need more bytes than are left, a width of 0, and a record
whose length is not its rtype's are damage. A zstd stream may expand to 64 times its size plus 16 MiB; no data of this
kind comes near that.
"""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.errors import CorruptData

__all__ = ["MBO", "MBP_1", "NO_DAY_BEFORE", "TRADES", "DbnFile", "Mapping", "is_databento", "read_records"]

_HEADER = [
    ("length", "u1"),
    ("rtype", "u1"),
    ("publisher", "<u2"),
    ("instrument", "<u4"),
    ("ts_event", "<u8"),
]
MBO = np.dtype(
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
TRADES = np.dtype(
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
MBP_1 = np.dtype(
    [
        *TRADES.descr,
        ("bid_price", "<i8"),
        ("ask_price", "<i8"),
        ("bid_size", "<u4"),
        ("ask_size", "<u4"),
        ("bid_count", "<u4"),
        ("ask_count", "<u4"),
    ]
)
_RECORDS = {0: TRADES, 1: MBP_1, 160: MBO}
_SCHEMAS = "mbo, mbp-1, trades"
_NOT_DATA = (21, 22, 23)  # errors, symbol mappings, system messages
_HEADER_BYTES = 16
_TS_OUT_BYTES = 8  # the time of sending, which a live session may append to each record

_ZSTD = b"\x28\xb5\x2f\xfd"
_GROWTH_MAX, _SMALL_MAX = 64, 1 << 24
_BLOCK = 1 << 20
_LOOK_MIN = 64
_FIXED = 100
_INT64_MAX = 2**63 - 1
_UNDEFINED_TIME = 2**64 - 1

#: Bounds of a mapping without days.
NO_DAY_BEFORE, _NO_DAY_AFTER = -(2**31), 2**31
_EPOCH = date(1970, 1, 1).toordinal()


class Mapping(NamedTuple):
    """A symbol, and its instrument id from one day until another; days since 1970-01-01, UTC."""

    symbol: str
    number: int
    first_day: int
    end_day: int


class DbnFile(NamedTuple):
    """A file's records as an array of their fields, their rtype, and the symbols of its instrument ids."""

    records: NDArray[np.void]
    rtype: int
    mappings: list[Mapping]


def is_databento(path: Path) -> bool:
    """Whether the file is a DBN file, by its first bytes (and, for zstd, its name)."""
    with path.open("rb") as file:
        head = file.read(4)
    return head[:3] == b"DBN" or (head == _ZSTD and ".dbn" in path.name)


def _read(path: Path) -> bytes | bytearray:
    import pyarrow as pa

    raw = path.read_bytes()
    if raw[:4] != _ZSTD:
        return raw
    bound = _GROWTH_MAX * len(raw) + _SMALL_MAX
    plain = bytearray()
    try:
        stream = pa.CompressedInputStream(pa.py_buffer(raw), "zstd")
        # Into memory owned here: for a damaged stream `read` never frees the memory of its block.
        block = memoryview(bytearray(_BLOCK))
        while count := stream.readinto(block):
            plain += block[:count]
            if len(plain) > bound:
                raise CorruptData(
                    f"the zstd stream of {len(raw):,} bytes expands beyond {bound:,} bytes, which market data does not",
                    file=path,
                    hint="If the file is valid, decompress it first",
                )
    except (pa.ArrowException, OSError) as error:
        raise CorruptData(f"the zstd stream is damaged ({error})", file=path, hint="Fetch the file again") from None
    return plain


class _Metadata:
    """Reads the lists of a file's metadata; raises ValueError if they do not fit the bytes."""

    def __init__(self, raw: bytes, version: int) -> None:
        if len(raw) < _FIXED + 4:
            raise ValueError(f"{len(raw)} bytes, where at least {_FIXED + 4} are needed")
        self._raw = raw
        self._width = 22 if version == 1 else struct.unpack_from("<H", raw, 45)[0]
        if self._width == 0:
            raise ValueError("symbols of 0 bytes")
        self._at = _FIXED
        self._skip(self._count(1))  # schema definition
        for _ in range(3):
            self._skip(self._count(self._width) * self._width)

    def mappings(self) -> list[Mapping]:
        found = []
        for _ in range(self._count(self._width + 4)):
            symbol = self._text()
            for _ in range(self._count(self._width + 8)):
                first, end = struct.unpack_from("<II", self._raw, self._at)
                self._at += 8
                number = self._text()
                if number.isdigit():
                    days = _day(first, NO_DAY_BEFORE), _day(end, _NO_DAY_AFTER)
                    found.append(Mapping(symbol, int(number), *days))
        return found

    def _count(self, item_bytes: int) -> int:
        """Number of items that follow, each of at least `item_bytes` bytes."""
        left = len(self._raw) - self._at - 4
        if left < 0:
            raise ValueError("it ends early")
        (count,) = struct.unpack_from("<I", self._raw, self._at)
        self._at += 4
        if count * item_bytes > left:
            raise ValueError(f"{count:,} items at byte {self._at + 4}, where {left:,} bytes are left")
        return int(count)

    def _skip(self, size: int) -> None:
        self._at += size

    def _text(self) -> str:
        value = self._raw[self._at : self._at + self._width]
        if len(value) < self._width:
            raise ValueError("it ends early")
        self._at += self._width
        return value.partition(b"\0")[0].decode("ascii")


def _day(number: int, default: int) -> int:
    """Days since 1970 of a number such as 20240703; `default` for 0."""
    if number == 0:
        return default
    try:
        return date(number // 10_000, number // 100 % 100, number % 100).toordinal() - _EPOCH
    except ValueError:
        raise ValueError(f"{number} is not a date") from None


def read_records(path: Path) -> DbnFile:
    """Read a DBN file of one schema: mbo, mbp-1 or trades.

    Raises
    ------
    CorruptData
        If it is not a DBN file, is damaged or breaks off; the message gives the record, counted from 0, and its byte.
    """
    raw = _read(path)
    if raw[:3] != b"DBN" or len(raw) < 8:
        raise CorruptData("does not start with 'DBN'", file=path, hint="Is this a DBN file?")
    (length,) = struct.unpack_from("<I", raw, 4)
    version = raw[3]
    if not 1 <= version <= 3:
        raise CorruptData(f"is of version {version} of DBN; 1 to 3 are known", file=path)
    if 8 + length > len(raw):
        raise CorruptData(
            f"the metadata cannot be read ({length:,} bytes, {len(raw) - 8:,} of them present)",
            file=path,
            hint="Fetch it again",
        )
    try:
        mappings = _Metadata(bytes(raw[8 : 8 + length]), version).mappings()
    except (struct.error, ValueError) as error:
        raise CorruptData(f"the metadata cannot be read ({error})", file=path, hint="Fetch it again") from None
    records, rtype = _records(path, raw, 8 + length)
    for name in ("ts_event", "ts_recv", "order_id"):
        if name in (records.dtype.names or ()):
            values = records[name]
            beyond = values > _INT64_MAX
            if name != "order_id":
                beyond &= values != _UNDEFINED_TIME
            if beyond.any():
                row = int(np.argmax(beyond))
                raise CorruptData(f"{name} is {values[row]}", file=path, row=row, field=name, hint="Fetch it again")
    return DbnFile(records, rtype, mappings)


def _records(path: Path, raw: bytes | bytearray, at: int) -> tuple[NDArray[np.void], int]:
    """The records of data from a byte on, and their rtype; runs of equal records are read at once."""
    octets = np.frombuffer(raw, np.uint8)
    size = len(raw)
    runs: list[tuple[int, int]] = []  # start, and number of records
    count = 0
    look = _LOOK_MIN  # number of records checked at a time
    kept: tuple[int, int] | None = None
    while at < size:
        step, rtype = raw[at] * 4, raw[at + 1] if at + 1 < size else 0
        if step < _HEADER_BYTES or at + step > size:
            raise CorruptData(
                f"breaks off or is damaged in record {count}, at byte {at} of {size}",
                file=path,
                row=count,
                hint="Fetch it again",
            )
        heads = octets[at : at + min((size - at) // step, look) * step].reshape(-1, step)
        same = (heads[:, 0] == raw[at]) & (heads[:, 1] == rtype)
        run, look = (len(heads), look * 2) if same.all() else (int(np.argmin(same)), _LOOK_MIN)
        if rtype not in _NOT_DATA:
            if kept is None:
                kept = _checked(path, rtype, step)
            elif kept != (rtype, step):
                raise CorruptData(
                    f"mixes records of type {kept[0]} ({kept[1]} bytes) and of type {rtype} ({step} bytes)",
                    file=path,
                    row=count,
                )
            runs.append((at, run))
            count += run
        at += run * step
    if kept is None:
        raise CorruptData("contains no records", file=path)
    rtype, step = kept
    dtype = _RECORDS[rtype]
    records = np.empty(count, dtype)
    packed = records.view(np.uint8).reshape(-1, dtype.itemsize)
    done = 0
    for at, run in runs:
        packed[done : done + run] = octets[at : at + run * step].reshape(-1, step)[:, : dtype.itemsize]
        done += run
    return records, rtype


def _checked(path: Path, rtype: int, step: int) -> tuple[int, int]:
    if rtype not in _RECORDS:
        raise CorruptData(f"has records of type {rtype}; supported are {_SCHEMAS}", file=path)
    size = _RECORDS[rtype].itemsize
    if step not in (size, size + _TS_OUT_BYTES):
        raise CorruptData(f"has records of {step} bytes, not {size}", file=path, row=0)
    return rtype, step
