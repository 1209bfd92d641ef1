"""Binance's public archive: CSV and ZIP, with and without a header, milliseconds and microseconds, checksums."""

from __future__ import annotations

import hashlib
import zipfile

import pytest

import velora as vl
from velora.data.importers import detect_format
from velora.data.importers.binance_archive import import_archives
from velora.errors import CorruptData, InvalidArgument

TRADES = ["1,17.80,5.690,101.282,{t0},True,True", "2,17.81,1.000,17.81,{t1},False,True"]
AGG_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"


def write(folder, name, lines, *, as_zip=True, checksum=None):
    text = "\n".join(lines) + "\n"
    path = folder / f"{name}.{'zip' if as_zip else 'csv'}"
    if as_zip:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}.csv", text)
    else:
        path.write_text(text)
    if checksum is not None:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(path.name + ".CHECKSUM").write_text(f"{found if checksum else '0' * 64}  {path.name}\n")
    return path


@pytest.mark.parametrize(("unit", "factor"), [("ms", 1_000_000), ("us", 1_000)])
@pytest.mark.parametrize("as_zip", [True, False])
def test_trades_of_either_unit_and_container(tmp_path, unit, factor, as_zip):
    base = 1_735_689_600_010 * (1 if unit == "ms" else 1_000)
    lines = [line.format(t0=base, t1=base + 5) for line in TRADES]
    path = write(tmp_path, "ABCUSDT-trades-2025-01-01", lines, as_zip=as_zip)
    catalog = vl.Catalog(tmp_path / "c", create=True)
    summary = import_archives([path], catalog)
    table = catalog.source("ABCUSDT").table()
    assert table.ts_event.tolist() == [base * factor, (base + 5) * factor]
    assert table.side.tolist() == [1, 0]
    assert [table.instrument.ticks_to_price(t) for t in table.price.tolist()] == [17.8, 17.81]
    assert summary.instruments[0].trades == 2
    assert not catalog.source("ABCUSDT").has_depth


def test_aggregated_trades_with_a_header_and_a_good_checksum(tmp_path):
    lines = [AGG_HEADER, "7,100.1,0.5,1,2,1700000000000,true", "8,100.2,0.5,3,3,1700000000001,false"]
    path = write(tmp_path, "BTCUSDT-aggTrades-2023-11-01", lines, checksum=True)
    catalog = vl.Catalog(tmp_path / "c", create=True)
    summary = import_archives([path], catalog, market="usdm")
    assert summary.instruments[0].messages["checksum verified"] == 1
    assert catalog.source("BTCUSDT").table().order_id.tolist() == [7, 8]


def test_bad_checksum_is_an_error_and_nothing_is_written(tmp_path):
    lines = [line.format(t0=1_700_000_000_000, t1=1_700_000_000_001) for line in TRADES]
    path = write(tmp_path, "ABCUSDT-trades-2025-01-01", lines, checksum=False)
    with pytest.raises(CorruptData, match="SHA-256"):
        import_archives([path], vl.Catalog(tmp_path / "c", create=True))
    assert not (tmp_path / "c").exists()


def test_book_tickers_become_quotes(tmp_path):
    header = "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time"
    path = write(tmp_path, "BTCUSDT-bookTicker-2023-06-01", [header, "5,100.0,1,100.1,2,1700000000000,1700000000001"])
    catalog = vl.Catalog(tmp_path / "c", create=True)
    import_archives([path], catalog, market="usdm")
    table = catalog.source("BTCUSDT").table()
    assert table.kind.tolist() == [2, 2]
    assert table.qty.tolist() == [1, 2]


def test_missing_trade_ids_are_counted(tmp_path):
    lines = ["1,1.0,1,1,1700000000000,True,True", "4,1.0,1,1,1700000000001,True,True"]
    path = write(tmp_path, "ABCUSDT-trades-2025-01-01", lines)
    summary = import_archives([path], vl.Catalog(tmp_path / "c", create=True))
    assert summary.defects == {"trade ids missing": 1}


def test_broken_line_is_named(tmp_path):
    path = write(tmp_path, "ABCUSDT-trades-2025-01-01", ["1,1.0,1,1,1700000000000,True,True", "2,oops,1,1,1,True,True"])
    with pytest.raises(CorruptData, match=r"row 2.*cannot be read as trades"):
        import_archives([path], vl.Catalog(tmp_path / "c", create=True))


def test_symbol_that_no_name_tells_has_to_be_given(tmp_path):
    path = write(tmp_path, "data", [AGG_HEADER, "7,100.1,0.5,1,2,1700000000000,true"], as_zip=False)
    with pytest.raises(InvalidArgument, match="--symbol"):
        import_archives([path], vl.Catalog(tmp_path / "c", create=True))


def test_formats_are_told_apart(tmp_path):
    capture = tmp_path / "a.txt"
    capture.write_text('1700000000000000000 {"stream":"x"}\n')
    table = tmp_path / "b.csv"
    table.write_text("ts_event,kind,price,qty\n")
    archive = write(tmp_path, "ABCUSDT-trades-2025-01-01", [TRADES[0].format(t0=1_700_000_000_000)], as_zip=False)
    assert [detect_format([path]) for path in (capture, table, archive)] == [
        "binance-capture",
        "table",
        "binance-archive",
    ]
    other = tmp_path / "c.txt"
    other.write_text("hello\n")
    with pytest.raises(InvalidArgument, match="--format"):
        detect_format([other])


def test_recorded_minute_candles_are_kept_as_candles(shared_data, tmp_path):
    files = sorted((shared_data / "ohlcv").glob("FILUSDT-1m-2023-*.csv.gz"))
    catalog = vl.Catalog(tmp_path, create=True)
    summary = import_archives(files, catalog, market="usdm")
    candles = catalog.candles("FILUSDT", "1m")
    assert candles.num_rows == 175_680
    assert summary.defects == {}
    opened = candles["ts_open"].to_numpy()
    assert set((opened[1:] - opened[:-1]).tolist()) == {60 * 10**9}


def test_trades_and_quotes_of_one_period_are_merged_by_time(tmp_path):
    header = "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time"
    quotes = [header, *[f"{i},100.0,1,100.1,2,{1_700_000_000_000 + 2 * i},0" for i in range(50)]]
    trades = [f"{i},100.1,1,100.1,{1_700_000_000_001 + 2 * i},true" for i in range(1, 50)]
    files = [
        write(tmp_path, "BTCUSDT-bookTicker-2023-06-01", quotes),
        write(tmp_path, "BTCUSDT-trades-2023-06-01", trades),
    ]
    catalog = vl.Catalog(tmp_path / "c", create=True)
    summary = import_archives(files, catalog, market="usdm")
    table = catalog.source("BTCUSDT").table()
    assert summary.defects == {}
    assert (table.ts_event[1:] >= table.ts_event[:-1]).all()
    assert table.counts() == {"trade": 49, "quote": 100}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
def test_tables_of_each_file_format_come_out_the_same(tmp_path, suffix):
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.feather as feather
    import pyarrow.parquet as pq

    from velora.data.importers.columns import import_tables

    rows = pa.table({"when": [1, 2, 3], "kind": [1, 1, 1], "price": ["1.5", "2.0", "2.5"], "qty": ["1", "2", "3"]})
    path = tmp_path / f"t.{suffix}"
    {"csv": pacsv.write_csv, "parquet": pq.write_table, "arrow": feather.write_feather}[suffix](rows, path)
    catalog = vl.Catalog(tmp_path / "c", create=True)
    import_tables([path], catalog, symbol="ABC", tick_size="0.5", lot_size="1", rename={"when": "ts_event"})
    assert catalog.source("ABC").table().price.tolist() == [3, 4, 5]
