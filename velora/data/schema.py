"""The schema of event tables: names and types of the columns, and what the metadata says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from velora.core.instrument import Instrument

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "COLUMNS",
    "METADATA_INSTRUMENT",
    "METADATA_SCHEMA",
    "METADATA_STATES",
    "METADATA_STATS",
    "SCHEMA_VERSION",
    "arrow_schema",
    "decode_instrument",
    "decode_stats",
]

#: Columns of an event table, in their order.
COLUMNS = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")

METADATA_SCHEMA = b"velora.schema"
METADATA_INSTRUMENT = b"velora.instrument"
METADATA_STATS = b"velora.stats"
METADATA_STATES = b"velora.states"
SCHEMA_VERSION = b"1"

_BYTE_COLUMNS = ("kind", "side", "flags")


def arrow_schema(
    instrument: Instrument, stats: Mapping[str, Any] | None = None, *, raw_clock: bool = False
) -> pa.Schema:
    """Arrow schema of an instrument's event table; with `raw_clock` there is `ts_recv_raw` besides."""
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


def decode_instrument(metadata: Mapping[bytes, bytes]) -> Instrument | None:
    """The instrument in a schema's metadata, None when there is none."""
    text = metadata.get(METADATA_INSTRUMENT)
    return None if text is None else Instrument.from_dict(json.loads(text))


def decode_stats(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    """The statistics in a schema's metadata."""
    stats: dict[str, Any] = json.loads(metadata.get(METADATA_STATS, b"{}"))
    return stats
