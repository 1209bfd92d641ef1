"""`journal_tables`: the feed of a journal as event tables, with the actual times of receipt."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from velora.data.table import EventTable
from velora.engine.journal import JournalReader, RecordType
from velora.errors import CorruptData, DataError
from velora.paper.head import check_head, instruments_of

__all__ = ["journal_tables"]

_ROW = np.dtype(
    [(name, "<i8") for name in ("ts_event", "price", "qty", "order_id")]
    + [(name, "u1") for name in ("kind", "side", "flags")]
    + [("zero", "V5")]
)


def journal_tables(path: str | PathLike[str]) -> list[EventTable]:
    """The rows of a journal, one table for each instrument with rows.

    The tables are ordinary data: a backtest on them uses the feed as the run received it. Orders then leave at the time
    of the callback, without the strategy's computing time, unless the latency has a decision leg.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    MissingFile, CorruptData
    """
    reader = JournalReader(path)
    check_head(reader.head, reader.path)
    instruments = instruments_of(reader.head, reader.path)
    parts: list[list[Any]] = [[] for _ in instruments]
    times: list[list[Any]] = [[] for _ in instruments]
    for record in reader:
        if record.type == RecordType.ROWS:
            index, count = (int.from_bytes(record.payload[at : at + 4], "little", signed=True) for at in (0, 4))
            if not 0 <= index < len(instruments) or len(record.payload) != 8 + count * _ROW.itemsize:
                raise CorruptData(
                    f"record {record.number} at byte {record.offset}: {count} rows of instrument {index} in "
                    f"{len(record.payload)} bytes, the journal has {len(instruments)} instruments",
                    file=reader.path,
                )
            rows = np.frombuffer(record.payload, _ROW, offset=8)
            parts[index].append(rows)
            times[index].append(np.full(len(rows), record.ts))
    tables = []
    for instrument, part, received in zip(instruments, parts, times, strict=True):
        if part:
            rows = np.concatenate(part)
            columns: dict[str, Any] = {
                name: np.ascontiguousarray(rows[name]) for name in _ROW.names or () if name != "zero"
            }
            try:
                tables.append(EventTable.from_numpy(instrument, ts_recv=np.concatenate(received), **columns))
            except DataError as error:
                what = f"{instrument.symbol}: {error.message}"
                raise DataError(what, file=reader.path, row=error.row, field=error.field, hint=error.hint) from None
    return tables
