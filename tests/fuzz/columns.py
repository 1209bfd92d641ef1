"""Tables with the columns of an event table: CSV, Parquet and Arrow."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

import velora as vl
from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import import_all, pick
from velora.data.schema import arrow_schema

_T0 = 1_700_000_000_000_000_000
_CSV = b"""ts_event,ts_recv,kind,side,flags,price,qty,order_id
1700000000000000000,1700000000000000000,4,2,2,0,0,0
1700000000000000000,1700000000000000000,3,0,2,100.5,1,0
1700000000000000000,1700000000000000000,5,2,3,0,0,0
1700000000000000001,1700000000000000002,1,0,1,100.5,1.5,7
1700000000000000003,1700000000000000004,2,0,0,100,2,0
1700000000000000003,1700000000000000004,2,1,1,101,2,0
1700000000000000004,1700000000000000005,6,1,1,101,2,9
"""


def _tables():
    """Two tables: of the schema with its instrument, and of other types."""
    spec = vl.Instrument("X", venue="v", tick_size="0.5", lot_size="0.5")
    names = [field.name for field in arrow_schema(spec)]
    rows = [
        (_T0, _T0, 4, 2, 2, 0, 0, 0),
        (_T0, _T0, 3, 0, 2, 201, 2, 0),
        (_T0, _T0, 5, 2, 3, 0, 0, 0),
        (_T0, _T0, 1, 0, 1, 201, 3, 7),
    ]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    first = pa.table({name: pa.array(values) for name, values in columns.items()}).cast(arrow_schema(spec))
    other = pa.table(
        {
            "ts_event": pa.array([_T0, _T0 + 1], pa.timestamp("ns", "UTC")),
            "kind": pa.array([1, 1], pa.int32()),
            "price": pa.array([100.5, 101.0]),
            "qty": pa.array(["1", "1.5"]),
            "side": pa.array([0, 1], pa.uint16()),
        }
    )
    return first, other


def seeds():
    found = [{"x.csv": _CSV}, {"a.csv": _CSV, "b.csv": _CSV.replace(b"17000000", b"17000001")}]
    for table in _tables():
        arrow, parquet = io.BytesIO(), io.BytesIO()
        with pa.ipc.new_file(arrow, table.schema) as writer:
            writer.write_table(table)
        pq.write_table(table, parquet, compression="none")
        found += [{"x.arrow": arrow.getvalue()}, {"x.parquet": parquet.getvalue()}]
    return found


def change(rng, files):
    text = (mutate.octets, mutate.number, mutate.lines, mutate.cells, mutate.cells)
    name = rng.choice(list(files))
    return pick(rng, {name: files[name]}, rng.choice(text) if name.endswith(".csv") else mutate.octets) | {
        other: data for other, data in files.items() if other != name
    }


def read(folder, rng):
    options = {"symbol": "X", "tick_size": "0.5", "lot_size": "0.5"} if rng.random() < 0.8 else {}
    return import_all(folder, rng, "table", **options)


TARGET = Target("columns", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.columns")
