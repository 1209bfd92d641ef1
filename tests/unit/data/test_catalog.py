"""The catalog: what is written comes back, whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.data.schema import COLUMNS
from velora.errors import CorruptData, InvalidArgument, MissingFile, UnknownInstrument

INSTRUMENT = vl.Instrument("TEST", venue="here", tick_size="0.5", lot_size="0.1", quote="USD")


def random_table(seed, rows, instrument=INSTRUMENT):
    rng = np.random.default_rng(seed)
    ts = np.cumsum(rng.integers(0, 5, rows))
    return vl.EventTable.from_numpy(
        instrument,
        ts_event=ts - rng.integers(0, 20, rows),
        ts_recv=ts,
        kind=rng.choice([1, 3], rows).astype(np.uint8),
        side=rng.integers(0, 2, rows).astype(np.uint8),
        flags=rng.integers(0, 2, rows).astype(np.uint8),
        price=rng.integers(1, 10**9, rows),
        qty=rng.integers(0, 10**6, rows),
        order_id=rng.integers(0, 2**62, rows),
    )


def same(a, b):
    return all((getattr(a, name) == getattr(b, name)).all() for name in COLUMNS)


@given(seed=st.integers(0, 1000), rows=st.integers(1, 300), chunk=st.integers(1, 400))
def test_written_rows_come_back_in_any_chunks(tmp_path_factory, seed, rows, chunk):
    table = random_table(seed, rows)
    catalog = vl.Catalog(tmp_path_factory.mktemp("catalog"), create=True)
    stats = catalog.write(table, chunk_rows=chunk)
    source = catalog.source("TEST")
    assert same(source.table(), table)
    parts = list(source.chunks(chunk))
    assert max(len(part) for part in parts) <= chunk
    assert np.concatenate([part.order_id for part in parts]).tolist() == table.order_id.tolist()
    assert stats["rows"] == rows
    assert source.disorder_ns == table.disorder_ns


def test_memory_and_local_file_systems_hold_the_same(tmp_path):
    table = random_table(1, 50)
    for root in (str(tmp_path / "c"), "memory://catalog-test"):
        catalog = vl.Catalog(root, create=True)
        catalog.write(table)
        assert same(vl.Catalog(root).source("TEST@here").table(), table)


def test_period_is_chosen_by_time_of_receipt(tmp_path):
    table = random_table(2, 200)
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(table)
    start, end = int(table.ts_recv[50]), int(table.ts_recv[150])
    chosen = catalog.source("TEST", start=start, end=end).table()
    keep = (table.ts_recv >= start) & (table.ts_recv < end)
    assert chosen.order_id.tolist() == table.order_id[keep].tolist()


def test_second_write_of_an_instrument_is_refused_unless_asked_for(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(random_table(1, 50))
    with pytest.raises(InvalidArgument, match="--overwrite"):
        catalog.write(random_table(2, 50))
    catalog.write(random_table(2, 60), overwrite=True)
    assert len(catalog.source("TEST").table()) == 60


def test_failed_write_leaves_nothing_and_keeps_what_was(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)

    def broken():
        yield random_table(1, 50)
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError):
        catalog.write(broken())
    assert list(tmp_path.iterdir()) == []
    catalog.write(random_table(3, 50))
    with pytest.raises(RuntimeError):
        catalog.write(broken(), overwrite=True)
    assert same(catalog.source("TEST").table(), random_table(3, 50))
    assert [path.name for path in (tmp_path / "TEST@here").iterdir()] == ["events-00000.parquet"]


def test_missing_catalog_and_unknown_instrument_say_what_there_is(tmp_path):
    with pytest.raises(MissingFile, match="velora data import"):
        vl.Catalog(tmp_path / "nowhere")
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(random_table(1, 5))
    with pytest.raises(UnknownInstrument, match="it holds TEST@here"):
        catalog.source("OTHER")


def test_symbol_of_two_venues_has_to_be_told_apart(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(random_table(1, 5))
    catalog.write(random_table(1, 5, INSTRUMENT.replace(venue="there")))
    with pytest.raises(UnknownInstrument, match="ambiguous"):
        catalog.source("TEST")
    assert catalog.source("TEST@there").instrument.venue == "there"


def test_damaged_part_is_named(tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(random_table(1, 50))
    part = tmp_path / "TEST@here" / "events-00000.parquet"
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(CorruptData, match=r"events-00000\.parquet"):
        catalog.source("TEST")
