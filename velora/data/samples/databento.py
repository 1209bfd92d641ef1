"""Databento's DBN: market by order (mbo), version 2 of the format, zstd.

As in the original: the opening book is a snapshot (a clear record and the orders, flagged F_SNAPSHOT and
F_BAD_TS_RECV, because they share one time of receipt). A trade is one T record of what the aggressor took from a price,
an F record for each resting order, and then a C or an M that states what the fill left of the order. The last record of
an event is flagged F_LAST. The layout is described in `velora.data.importers.dbn`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from velora.core.events import EventKind, Side
from velora.core.instrument import Instrument
from velora.data.importers.dbn import MBO
from velora.data.samples.files import OnRows, write_bytes
from velora.data.samples.rows import Row, events_of
from velora.data.synth import SyntheticMarket
from velora.data.table import EventTable

__all__ = ["market", "write"]

_START = "2024-01-02T14:30:00Z"
_DATASET = b"VELORA.SYNTHETIC"
_INSTRUMENT_ID, _PUBLISHER = 1, 1
_VERSION, _SYMBOL_WIDTH = 2, 71
_SCHEMA_MBO, _RAW_SYMBOL, _INSTRUMENT = 0, 1, 0  # numbers of the schema and of the types of symbols
_LENGTH, _RTYPE = MBO.itemsize // 4, 160
_F_LAST, _F_SNAPSHOT, _F_BAD_TS_RECV = 128, 32, 8
_NO_PRICE = 2**63 - 1
_PRICE_UNIT = 10**9
_SIDES = {Side.BUY: ord("B"), Side.SELL: ord("A"), Side.NONE: ord("N")}

#: action, side, order id, price in ticks or None, size, flags
_Record = tuple[str, int, int, int | None, int, int]


def market(seed: int, duration: Any) -> SyntheticMarket:
    """A future at 5,000 points of a quarter each."""
    instrument = Instrument(
        "SYNH4", venue="databento", kind="linear", tick_size="0.25", lot_size="1", maker_fee="0", taker_fee="0"
    )
    return SyntheticMarket(
        seed, duration=duration, instrument=instrument, start=_START, price=5_000.0, feed_latency="100us",
        latency_tail="50us", quotes=False, orders=True, order_lots=4.0, market_lots=11.0,
    )  # fmt: skip


def write(table: EventTable, folder: Path, on_rows: OnRows | None) -> list[Path]:
    """Write the file."""
    import pyarrow as pa

    tick = int(table.instrument.tick_size * _PRICE_UNIT)
    rows: list[tuple[int, ...]] = []
    events = _Events()
    for sequence, event in enumerate(events_of(table, on_rows), 1):
        ts, recv = event[0].ts, event[0].recv
        for action, side, order_id, ticks, size, flags in events.records(event):
            price = _NO_PRICE if ticks is None else ticks * tick
            head = (_LENGTH, _RTYPE, _PUBLISHER, _INSTRUMENT_ID, ts)
            rows.append((*head, order_id, price, size, flags, 0, ord(action), side, recv, recv - ts, sequence))
    metadata = _metadata(table)
    plain = b"DBN" + bytes([_VERSION]) + struct.pack("<I", len(metadata)) + metadata + np.array(rows, MBO).tobytes()
    path = folder / f"{table.instrument.symbol.lower()}_20240102.mbo.dbn.zst"
    return [write_bytes(path, pa.Codec("zstd").compress(plain, asbytes=True))]


class _Events:
    """Turns events into records, and keeps the open quantity of each order."""

    def __init__(self) -> None:
        self._left: dict[int, int] = {}

    def records(self, event: list[Row]) -> Iterator[_Record]:
        """The records of one event; the last one ends it."""
        records = list(self._snapshot(event) if event[0].kind == EventKind.SNAPSHOT_BEGIN else self._changes(event))
        for at, (action, side, order_id, ticks, size, flags) in enumerate(records, 1):
            yield action, side, order_id, ticks, size, flags | (_F_LAST if at == len(records) else 0)

    def _snapshot(self, event: list[Row]) -> Iterator[_Record]:
        flags = _F_SNAPSHOT | _F_BAD_TS_RECV
        yield "R", _SIDES[Side.NONE], 0, None, 0, flags
        for row in event:
            if row.kind == EventKind.ORDER_ADD:
                self._left[row.id] = row.qty
                yield "A", _SIDES[Side(row.side)], row.id, row.price, row.qty, flags

    def _changes(self, event: list[Row]) -> Iterator[_Record]:
        filled: list[Row] = []
        for row in event:
            side = _SIDES[Side(row.side)]
            if row.kind != EventKind.ORDER_EXECUTE:
                yield from self._after_fills(filled)
                filled = []
            if row.kind == EventKind.TRADE:
                yield "T", side, 0, row.price, row.qty, 0
            elif row.kind == EventKind.ORDER_EXECUTE:
                filled.append(row)
                yield "F", side, row.id, row.price, row.qty, 0
            elif row.kind == EventKind.ORDER_ADD:
                self._left[row.id] = row.qty
                yield "A", side, row.id, row.price, row.qty, 0
            elif row.kind == EventKind.ORDER_CANCEL:
                del self._left[row.id]
                yield "C", side, row.id, row.price, row.qty, 0
        yield from self._after_fills(filled)

    def _after_fills(self, filled: list[Row]) -> Iterator[_Record]:
        """C of each filled order, or M of what is left of it."""
        for row in filled:
            self._left[row.id] -= row.qty
            left = self._left[row.id]
            yield "M" if left else "C", _SIDES[Side(row.side)], row.id, row.price, left or row.qty, 0
            if not left:
                del self._left[row.id]


def _metadata(table: EventTable) -> bytes:
    first, last = int(table.ts_recv[0]), int(table.ts_recv[-1])
    symbol = table.instrument.symbol.encode("ascii")

    def text(value: bytes) -> bytes:
        return value.ljust(_SYMBOL_WIDTH, b"\0")

    fixed = struct.pack(
        "<16sHQQQBBBH", _DATASET, _SCHEMA_MBO, first, last + 1, 0, _RAW_SYMBOL, _INSTRUMENT, 0, _SYMBOL_WIDTH
    ).ljust(100, b"\0")
    begin = datetime.fromtimestamp(first // _PRICE_UNIT, UTC)
    end = datetime.fromtimestamp(last // _PRICE_UNIT, UTC) + timedelta(days=1)
    days = struct.pack("<II", int(f"{begin:%Y%m%d}"), int(f"{end:%Y%m%d}"))
    lists = struct.pack("<I", 1) + text(symbol) + struct.pack("<II", 0, 0)
    mapping = struct.pack("<I", 1) + text(symbol) + struct.pack("<I", 1) + days + text(str(_INSTRUMENT_ID).encode())
    return fixed + struct.pack("<I", 0) + lists + mapping
