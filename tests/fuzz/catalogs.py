"""Parts of a catalog: their bytes and their metadata, damaged, then read in whole and from inside."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import velora as vl
from tests.fuzz import mutate, resealed
from tests.fuzz.harness import Target, main

#: Between the folder and the file, in the name of an input.
_SLASH = "!"


def seeds():
    found = []
    for events in (100, 400):
        with tempfile.TemporaryDirectory() as folder:
            vl.Catalog(folder).write(vl.SyntheticMarket(events=events, seed=2))
            paths = Path(folder).rglob("*.parquet")
            found.append({f"{path.parent.name}{_SLASH}{path.name}": path.read_bytes() for path in paths})
    return found


def change(rng, files):
    name = rng.choice(list(files))
    if rng.random() < 0.4:
        return {**files, name: mutate.octets(rng, files[name])}
    try:
        table = pq.read_table(io.BytesIO(files[name]))
    except (pa.ArrowException, OSError, ValueError):
        return files
    stored = pq.read_metadata(io.BytesIO(files[name])).metadata or {}
    meta = {**(table.schema.metadata or {}), **stored}
    for own in (b"velora.groups", b"velora.seal", b"ARROW:schema"):
        meta.pop(own, None)
    if meta and rng.random() < 0.7:
        key = rng.choice(list(meta))
        meta[key] = rng.choice((mutate.json_text, mutate.octets))(rng, meta[key])
    else:
        at = rng.randrange(table.num_columns)
        column = table.schema.field(at)
        kinds = (pa.int32(), pa.uint64(), pa.float64(), pa.string(), pa.bool_())
        try:
            table = table.set_column(at, column.name, table.column(at).cast(rng.choice(kinds), safe=False))
        except pa.ArrowException:
            table = table.drop_columns([column.name])
    return {**files, name: resealed.part(table, meta)}


def read(folder, rng):
    for path in list(folder.iterdir()):
        inside, _, name = path.name.partition(_SLASH)
        (folder / inside).mkdir(exist_ok=True)
        path.rename(folder / inside / name)
    catalog = vl.Catalog(folder)
    for name in catalog.names():
        json.dumps(catalog.info(name))
        source = catalog.source(name)
        table = source.table()
        if len(table) and rng.random() < 0.3:
            middle = int(table.ts_recv[len(table) // 2])
            opened = catalog.source(name, start=middle)
            opened.opening(1 << 10, 0)
            opened.table()


TARGET = Target("catalogs", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.catalogs")
