"""Parts that are stored together, or not at all."""

from __future__ import annotations

import os
import sys

import numpy as np
import pyarrow as pa
import pytest

import velora as vl
from velora.data.importers.binance_archive import import_archives
from velora.errors import CorruptData, InvalidArgument


def table(symbol, rows=3, price=100):
    spec = vl.Instrument(symbol, tick_size="1", lot_size="1")
    ones = np.ones(rows, np.uint8)
    return vl.EventTable.from_numpy(
        spec, ts_event=np.arange(rows) + 1, kind=ones, price=np.full(rows, price), qty=np.full(rows, 5)
    )


@pytest.fixture(params=["folder", "memory"])
def catalog(request, tmp_path):
    where = str(tmp_path / "catalog") if request.param == "folder" else f"memory://{tmp_path.name}"
    return vl.Catalog(where, create=True)


def together(catalog, *steps):
    """Do the steps in one transaction."""
    with catalog.transaction():
        for step in steps:
            step()


def fail():
    raise RuntimeError("enough")


def hidden(catalog):
    """Files under hidden names."""
    fs = catalog._fs
    found = fs.find(catalog._path) if fs.isdir(catalog._path) else []
    return [path for path in found if path.rpartition("/")[2].startswith(".")]


def test_nothing_of_a_transaction_can_be_read_before_its_end(catalog):
    with catalog.transaction():
        catalog.write(table("AAA"))
        catalog.write(table("BBB"))
        assert catalog.names() == []
    assert catalog.names() == ["AAA", "BBB"]
    assert hidden(catalog) == []


def test_a_transaction_that_fails_leaves_the_catalog_as_it_was(catalog):
    catalog.write(table("AAA", price=7))
    steps = (
        lambda: catalog.write(table("AAA", price=9), overwrite=True),
        lambda: catalog.write(table("BBB")),
        lambda: catalog.write_candles(table("AAA").instrument, "1m", pa.table({"ts_open": [1]})),
    )
    with pytest.raises(RuntimeError, match="enough"):
        together(catalog, *steps, fail)
    assert catalog.names() == ["AAA"]
    assert catalog.source("AAA").table().price.tolist() == [7, 7, 7]
    assert hidden(catalog) == []
    catalog.write(table("BBB"))  # of its own again
    assert catalog.names() == ["AAA", "BBB"]


def test_a_part_that_fails_within_a_transaction_takes_the_others_with_it(catalog):
    with pytest.raises(InvalidArgument, match="no rows to write"):
        together(catalog, lambda: catalog.write(table("AAA")), lambda: catalog.write(iter(())))
    assert catalog.names() == []


def test_a_transaction_within_another_ends_with_it(catalog):
    with pytest.raises(RuntimeError, match="enough"):
        together(catalog, lambda: together(catalog, lambda: catalog.write(table("AAA"))), fail)
    assert catalog.names() == []


def test_a_part_written_twice_in_one_transaction_is_refused(catalog):
    with pytest.raises(InvalidArgument, match="twice in one import"):
        together(catalog, *[lambda: catalog.write(table("AAA"), overwrite=True)] * 2)
    assert catalog.names() == []
    candles = pa.table({"ts_open": [1]})
    spec = table("AAA").instrument
    with pytest.raises(InvalidArgument, match="twice in one import"):
        together(catalog, *[lambda: catalog.write_candles(spec, "1m", candles, overwrite=True)] * 2)
    assert hidden(catalog) == []


def test_an_overwrite_and_candles_are_moved_into_place_at_the_end(catalog):
    catalog.write(table("AAA", price=7))
    with catalog.transaction():
        catalog.write(table("AAA", price=9), overwrite=True)
        catalog.write_candles(table("AAA").instrument, "1m", pa.table({"ts_open": [1]}))
        assert catalog.source("AAA").table().price.tolist() == [7, 7, 7]
        with pytest.raises(vl.VeloraError):
            catalog.candles("AAA", "1m")
    assert catalog.source("AAA").table().price.tolist() == [9, 9, 9]
    assert catalog.candles("AAA", "1m").num_rows == 1


def test_an_archive_of_trades_and_candles_is_stored_together(tmp_path):
    trades = tmp_path / "ABCUSDT-trades-2025-01-01.csv"
    trades.write_text("1,17.80,5.690,101.282,1735689600010,True,True\n")
    klines = tmp_path / "ABCUSDT-1m-2025-01.csv"
    klines.write_text("1735689600000,1,2,0.5,1.5,10,1735689659999,15,3,4,6,0\n")
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write_candles(
        vl.Instrument("ABCUSDT", venue="binance_spot", tick_size="1", lot_size="1"), "1m", pa.table({"ts_open": [1]})
    )
    with pytest.raises(InvalidArgument, match="exists already"):
        import_archives([trades, klines], catalog)
    assert catalog.names() == []
    klines.write_text("1735689600000,1,2,0.5\n")
    with pytest.raises(CorruptData):
        import_archives([trades, klines], catalog, overwrite=True)
    assert catalog.names() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of that kind")
def test_a_transaction_of_very_many_parts_needs_few_descriptors(tmp_path):
    import resource

    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 40, hard))
    try:
        together(catalog, *[lambda at=at: catalog.write(table(f"S{at}")) for at in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(catalog.names()) == 100
