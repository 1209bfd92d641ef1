"""The schema of event tables: names and types of the columns, and the metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from velora.core.instrument import Instrument
from velora.errors import CorruptData, VeloraError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "COLUMNS",
    "METADATA_INSTRUMENT",
    "METADATA_REPLACES",
    "METADATA_SCHEMA",
    "METADATA_STATES",
    "METADATA_STATS",
    "SCHEMA_VERSION",
    "arrow_schema",
    "decode_instrument",
    "decode_replaces",
    "decode_stats",
]

#: Columns of an event table, in order.
COLUMNS = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")

METADATA_SCHEMA = b"velora.schema"
METADATA_INSTRUMENT = b"velora.instrument"
METADATA_STATS = b"velora.stats"
METADATA_STATES = b"velora.states"
#: Of a part: the neighboring parts that it has replaced, by name, with their seals.
METADATA_REPLACES = b"velora.replaces"
SCHEMA_VERSION = b"1"

_BYTE_COLUMNS = ("kind", "side", "flags")


def arrow_schema(
    instrument: Instrument, stats: Mapping[str, Any] | None = None, *, raw_clock: bool = False
) -> pa.Schema:
    """Arrow schema of an instrument's event table; `raw_clock` adds the column `ts_recv_raw`."""
    import pyarrow as pa

    fields = [pa.field(name, pa.uint8() if name in _BYTE_COLUMNS else pa.int64(), False) for name in COLUMNS]
    if raw_clock:
        fields.append(pa.field("ts_recv_raw", pa.int64(), False))
    metadata = {
        METADATA_SCHEMA: SCHEMA_VERSION,
        METADATA_INSTRUMENT: json.dumps(instrument.to_dict()).encode(),
    }
    if stats is not None:
        metadata[METADATA_STATS] = json.dumps(stats).encode()
    return pa.schema(fields, metadata)


class _Stats(msgspec.Struct):
    """Required statistics of a part; further keys are allowed."""

    rows: int = 0
    counts: dict[str, int] = {}
    first_ts: int | None = None
    last_ts: int | None = None
    disorder_ns: int = 0
    lowest_latency_ns: int | None = None
    watch: dict[str, bool | int | None] | None = None
    looked_for: list[str] = []
    states_mark: str | None = None


def decode_instrument(metadata: Mapping[bytes, bytes], *, file: str | None = None) -> Instrument | None:
    """The instrument in a schema's metadata, None when there is none.

    Raises
    ------
    CorruptData
        If the metadata is not a valid instrument.
    """
    text = metadata.get(METADATA_INSTRUMENT)
    if text is None:
        return None
    try:
        return Instrument.from_dict(msgspec.json.decode(text, type=dict[str, Any]))
    except (msgspec.MsgspecError, VeloraError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise CorruptData(f"not an instrument: {error}", file=file, field=METADATA_INSTRUMENT.decode()) from None


def decode_stats(metadata: Mapping[bytes, bytes], *, file: str | None = None) -> dict[str, Any]:
    """The statistics in a schema's metadata.

    Raises
    ------
    CorruptData
        If the metadata is not valid.
    """
    text = metadata.get(METADATA_STATS, b"{}")
    try:
        known = msgspec.json.decode(text, type=_Stats)
        if known.rows < 0 or (known.rows > 0 and None in (known.first_ts, known.last_ts)):
            raise ValueError(f"{known.rows} rows without their first and last time")
        stats: dict[str, Any] = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CorruptData(f"not valid statistics: {error}", file=file, field=METADATA_STATS.decode()) from None
    return stats


def decode_replaces(metadata: Mapping[bytes, bytes], *, file: str | None = None) -> dict[str, str]:
    """Parts that a part has replaced, by name, with their seals.

    Raises
    ------
    CorruptData
        If the metadata is not valid.
    """
    try:
        return msgspec.json.decode(metadata.get(METADATA_REPLACES, b"{}"), type=dict[str, str])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CorruptData(f"not names of parts: {error}", file=file, field=METADATA_REPLACES.decode()) from None
