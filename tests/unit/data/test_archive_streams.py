"""Files of the archive beside each other: holes, repeats, prints told twice; names, bad lines, damage."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile

import pytest

import velora as vl
from velora.data.importers import detect_format, import_files
from velora.data.importers.binance_archive import import_archives
from velora.errors import CorruptData, InvalidArgument, VeloraError

T0 = 1_700_000_000_000  # ms
TICKERS = "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
AGGREGATED = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"


def trade(number, at, price="100.0", qty="1", maker="True"):
    return f"{number},{price},{qty},100,{T0 + at},{maker},True\n"


def aggregated(number, at, first, last, qty="1"):
    return f"{number},100.0,{qty},{first},{last},{T0 + at},true\n"


def ticker(update_id, at, bid="100.0", ask="100.1"):
    return f"{update_id},{bid},1,{ask},2,{T0 + at},0\n"


def load(folder, contents, **options):
    """Import files of the archive by name; (summary, table)."""
    paths = []
    for name, text in contents.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    catalog = vl.Catalog(folder / "catalog", create=True)
    summary = import_archives(paths, catalog, overwrite=True, **options)
    names = catalog.names()
    return summary, catalog.source(names[0]).table() if names else None


# ---------------------------------------------------------------- ids


def test_ids_missing_between_two_files_are_one_hole_with_its_place(tmp_path):
    summary, _ = load(
        tmp_path,
        {
            "BTCUSDT-trades-2024-01-01": trade(7, 0) + trade(8, 1),
            "BTCUSDT-trades-2024-01-02": trade(500, 10) + trade(501, 11),
        },
    )
    assert summary.defects == {"trade ids missing": 1}
    assert summary.places["trade ids missing"] == ["BTCUSDT-trades-2024-01-02.csv:1 (500 after 8)"]


@pytest.mark.parametrize("month_first", [True, False])
def test_a_day_and_its_month_are_kept_once(tmp_path, month_first):
    day = "".join(trade(n, n) for n in range(3, 6))
    month = "".join(trade(n, n) for n in range(1, 9))
    files = {"BTCUSDT-trades-2024-01-02": day, "BTCUSDT-trades-2024-01": month}
    summary, table = load(tmp_path, dict(sorted(files.items(), key=lambda one: len(one[0]), reverse=not month_first)))
    assert summary.defects == {"trade repeated, kept once": 3}
    assert table.order_id.tolist() == list(range(1, 9))
    assert summary.instruments[0].trades == 8


def test_files_in_any_order_are_one_history(tmp_path):
    summary, table = load(
        tmp_path,
        {
            "BTCUSDT-trades-2024-01-02": trade(3, 5) + trade(4, 6),
            "BTCUSDT-trades-2024-01-01": trade(1, 0) + trade(2, 1),
        },
    )
    assert (summary.defects, table.order_id.tolist()) == ({}, [1, 2, 3, 4])


def test_interleaved_runs_of_ids_have_one_hole(tmp_path):
    lines = "".join(trade(10 + k, k) + trade(70 + k, 5_000_000 + k) for k in range(4))
    summary, table = load(tmp_path, {"BTCUSDT-trades-2024-01": lines})
    assert summary.defects == {"time goes back, sorted": 1, "trade ids missing": 1}
    assert table.order_id.tolist() == [10, 11, 12, 13, 70, 71, 72, 73]


def test_trades_of_one_instant_are_ordered_by_id(tmp_path):
    summary, table = load(tmp_path, {"BTCUSDT-trades-2024-01-01": trade(2, 0) + trade(1, 0) + trade(3, 0)})
    assert (summary.defects, table.order_id.tolist()) == ({}, [1, 2, 3])


def test_an_id_that_comes_again_with_other_values_is_told_and_the_first_kept(tmp_path):
    summary, table = load(tmp_path, {"BTCUSDT-trades-2024-01-01": trade(1, 0) + trade(2, 1) + trade(2, 2, qty="5")})
    assert summary.defects == {"trade id repeated with other values, the first kept": 1}
    assert table.qty.tolist() == [1, 1]


def test_an_id_that_rises_while_the_time_falls_is_told(tmp_path):
    summary, _ = load(tmp_path, {"BTCUSDT-trades-2024-01-01": trade(1, 0) + trade(3, 1) + trade(2, 2)})
    assert summary.defects == {"trade id out of order": 1}


def test_quotes_of_a_day_and_its_month_are_kept_once_and_missing_days_told(tmp_path):
    month = TICKERS + "".join(ticker(10 * n, n) for n in range(1, 6))
    summary, table = load(
        tmp_path,
        {
            "BTCUSDT-bookTicker-2024-01": month,
            "BTCUSDT-bookTicker-2024-01-31": TICKERS + ticker(40, 4) + ticker(50, 5),
            "BTCUSDT-bookTicker-2024-02-04": TICKERS + ticker(90, 9),
        },
        market="usdm",
    )
    assert summary.defects == {"quote repeated, kept once": 2, "days missing between the files": 1}
    assert summary.places["days missing between the files"] == ["bookTicker of BTCUSDT (2024-02-01 to 2024-02-03)"]
    assert table.order_id.tolist() == [10, 10, 20, 20, 30, 30, 40, 40, 50, 50, 90, 90]
    assert table.side.tolist() == [0, 1] * 6
    assert summary.instruments[0].quotes == 6


def test_update_ids_that_fall_are_told(tmp_path):
    quotes = TICKERS + ticker(10, 1) + ticker(30, 2) + ticker(20, 3) + ticker(20, 3, bid="99.9")
    summary, table = load(tmp_path, {"BTCUSDT-bookTicker-2024-01-01": quotes}, market="usdm")
    assert summary.defects == {"update id out of order": 1, "update id repeated with other values": 1}
    assert len(table) == 8


def test_candles_of_two_files_are_kept_once(tmp_path):
    def candle(n, width):
        return f"{T0 - T0 % 60_000 + 60_000 * n},2,3,1,2,5,{T0 - T0 % 60_000 + 60_000 * (n + 1) - 1},9,4,1,2,0\n"

    paths = []
    for name, numbers in (("BTCUSDT-1m-2023-11", range(4)), ("BTCUSDT-1m-2023-11-14", range(2, 4))):
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text("".join(candle(n, 12) for n in numbers))
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_archives(paths, catalog)
    assert catalog.candles("BTCUSDT", "1m").num_rows == 4
    assert summary.defects == {"candle repeated, kept once": 1}
    assert summary.places["candle repeated, kept once"] == ["BTCUSDT-1m-2023-11.csv (2 in total)"]


# ---------------------------------------------------------------- one print once


def test_a_print_of_trades_and_of_agg_trades_is_kept_once(tmp_path):
    single = "".join(trade(n, n, qty="2") for n in range(1, 6))
    both = AGGREGATED + aggregated(50, 1, 1, 3, qty="6") + aggregated(51, 4, 4, 5, qty="4")
    summary, table = load(tmp_path, {"BTCUSDT-trades-2024-01-01": single, "BTCUSDT-aggTrades-2024-01-01": both})
    assert table.order_id.tolist() == [1, 2, 3, 4, 5]
    assert summary.defects == {}
    assert summary.instruments[0].messages["aggregated trades also present as single trades, left out"] == 2


def test_of_an_aggregated_trade_that_is_there_in_part_the_rest_is_kept(tmp_path):
    single = trade(3, 3, qty="2") + trade(4, 4, qty="5")
    both = AGGREGATED + aggregated(50, 1, 1, 3, qty="7") + aggregated(51, 4, 4, 4, qty="5") + aggregated(52, 5, 5, 9)
    summary, table = load(tmp_path, {"BTCUSDT-trades-2024-01-01": single, "BTCUSDT-aggTrades-2024-01-01": both})
    assert dict(zip(table.order_id.tolist(), table.qty.tolist(), strict=True)) == {50: 5, 3: 2, 4: 5, 52: 1}
    assert summary.instruments[0].trades == 4


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name", ["backup_BTCUSDT-trades-2025-10-10", "BTCUSDT-trades-2025-10-10 (1)", "old-BTCUSDT-trades-2025-10-10", "x"]
)
def test_a_name_that_is_not_wholly_the_archives_is_an_error(tmp_path, name):
    path = tmp_path / f"{name}.csv"
    path.write_text(trade(1, 0))
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(VeloraError, match="archive's"):
        import_archives([path], catalog)
    assert catalog.names() == []
    with pytest.raises(InvalidArgument, match="--format"):
        detect_format([path])


def test_a_symbol_beyond_ascii_is_read_as_a_whole(tmp_path):
    _, table = load(tmp_path, {"币安人生USDT-trades-2025-10-10": trade(1, 0)})
    assert (table.instrument.symbol, table.instrument.base, table.instrument.quote) == (
        "币安人生USDT",
        "币安人生",
        "USDT",
    )


def test_a_given_symbol_stands_for_one_that_the_name_does_not_say(tmp_path):
    _, table = load(tmp_path, {"backup_BTCUSDT-trades-2025-10-10": trade(1, 0)}, symbol="BTCUSDT")
    assert table.instrument.base == "BTC"


@pytest.mark.parametrize("columns", [5, 9, 11, 12])
def test_a_foreign_table_is_never_taken_for_candles(tmp_path, columns):
    path = tmp_path / "WIDE.csv"
    path.write_text((",".join(str(34_200_000 + n) for n in range(columns)) + "\n") * 2)
    with pytest.raises(InvalidArgument, match="is unknown; set it with"):
        detect_format([path])
    for options in ({}, {"symbol": "BTCUSDT"}):
        with pytest.raises(CorruptData, match="neither trades"):
            import_files([path], vl.Catalog(tmp_path / "c", create=True), format="binance-archive", **options)


def test_a_foreign_table_under_a_name_of_the_archive_is_refused_by_its_times(tmp_path):
    with pytest.raises(CorruptData, match=r"row 1.*1990 to 2100"):
        load(tmp_path, {"BTCUSDT-1m-2024-01": "34200000,100,101,99,100,5,34259999,103,101,102,7,0\n"})
    with pytest.raises(CorruptData, match=r"has 9 columns; trades have 6 or 7"):
        load(tmp_path, {"BTCUSDT-trades-2024-01": "1,2,3,4,5,6,7,8,9\n"})


def test_candles_whose_name_does_not_say_the_interval_are_named_by_their_times(tmp_path):
    head = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume\n"
    )
    path = tmp_path / "hourly.csv"
    path.write_text(head + "1700002800000,10,11,9,10.5,5,1700006399999,50,3,1,10\n")
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(InvalidArgument, match="--symbol"):
        import_archives([path], catalog)
    import_archives([path], catalog, symbol="BTCUSDT")
    assert catalog.candles("BTCUSDT", "1h").num_rows == 1


# ---------------------------------------------------------------- lines


BAD_LINES = {
    "torn": "2,18\n",
    "too fine": "2,1868.43,1.7763568394002505E-15,2,2,1682899200038,false\n",
    "wide": "2,1,1,2,2,1682899200038,false,1,1,1\n",
    "no number": "2,x,1,2,2,1682899200038,false\n",
    "underscored": "2,1_0,1,2,2,1682899200038,false\n",
    "id too large": f"{'9' * 40},1,1,2,2,1682899200038,false\n",
    "id of 5,000 digits": f"{'9' * 5_000},1,1,2,2,1682899200038,false\n",
    "price too large": f"2,{'9' * 30},1,2,2,1682899200038,false\n",
    "time of 1970": "2,1,1,2,2,1682899,false\n",
    "no truth": "2,1,1,2,2,1682899200038,maybe\n",
    "no text": "2,1,\udcff\udcfe,2,2,1682899200038,false\n",
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_named_or_counted(tmp_path, name):
    path = tmp_path / "ETHUSDT-aggTrades-2023-05.csv"
    good = "{},1868.42,1.0,1,1,1682899200037,false\n"
    text = AGGREGATED + good.format(1) + BAD_LINES[name] + good.format(2)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(CorruptData, match=r"ETHUSDT-aggTrades-2023-05.csv, row 3: cannot be read as aggTrades"):
        import_archives([path], catalog, market="usdm")
    summary = import_archives([path], catalog, market="usdm", skip_bad_lines=True)
    assert summary.defects == {"bad line": 1}
    assert summary.places["bad line"][0].startswith("ETHUSDT-aggTrades-2023-05.csv:3 (")
    assert catalog.source("ETHUSDT").table().order_id.tolist() == [1, 2]


def test_a_quantity_of_zero_is_left_out_and_counted(tmp_path):
    summary, table = load(tmp_path, {"BTCUSDT-trades-2024-01-01": trade(1, 0, qty="0.0") + trade(2, 1)})
    assert summary.defects == {"no price or quantity, left out": 1}
    assert (table.order_id.tolist(), summary.instruments[0].trades) == ([2], 1)


# ---------------------------------------------------------------- damage


def archive(folder, name="BTCUSDT-trades-2024-01-01", method=zipfile.ZIP_DEFLATED, rows=3_000):
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", method) as out:
        out.writestr(f"{name}.csv", "".join(trade(n, n, price=f"{100 + n % 7}.0") for n in range(rows)))
    return path


@pytest.mark.parametrize("text", [b"", b"\n \n", b"zz  x.zip", b"\xff\xfe", b"ab" * 31, b"x" * 5_000])
def test_a_checksum_file_without_one_is_an_error(tmp_path, text):
    path = archive(tmp_path)
    path.with_name(path.name + ".CHECKSUM").write_bytes(text)
    with pytest.raises(CorruptData, match="CHECKSUM: contains no SHA-256"):
        import_archives([path], vl.Catalog(tmp_path / "c", create=True))


def test_a_checksum_in_capitals_is_one(tmp_path):
    path = archive(tmp_path)
    path.with_name(path.name + ".CHECKSUM").write_text(hashlib.sha256(path.read_bytes()).hexdigest().upper())
    summary = import_archives([path], vl.Catalog(tmp_path / "c", create=True))
    assert summary.instruments[0].messages["checksum verified"] == 1


def encrypted(raw):
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1


def of_unknown_method(raw):
    raw[8] = 99
    raw[raw.index(b"PK\x01\x02") + 10] = 99


def damaged(raw):
    raw[200:260] = bytes(60)


def cut(raw):
    del raw[len(raw) // 2 :]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("harm", [encrypted, of_unknown_method, damaged, cut])
def test_a_zip_that_cannot_be_read_ends_in_one_error(tmp_path, method, harm):
    path = archive(tmp_path, method=method)
    raw = bytearray(path.read_bytes())
    harm(raw)
    path.write_bytes(raw)
    catalog = vl.Catalog(tmp_path / "c", create=True)
    with pytest.raises(CorruptData, match=path.name):
        import_archives([path], catalog)
    assert catalog.names() == []


def test_a_truncated_gzip_is_an_error_or_counted(tmp_path):
    path = tmp_path / "BTCUSDT-trades-2024-01-01.csv.gz"
    packed = gzip.compress("".join(trade(n, n, price=f"{n}.0") for n in range(1, 5_000)).encode())
    path.write_bytes(packed[:-3_000])
    catalog = vl.Catalog(tmp_path / "c", create=True)
    with pytest.raises(CorruptData, match="breaks off"):
        import_archives([path], catalog)
    summary = import_archives([path], catalog, skip_bad_lines=True)
    assert summary.defects == {"compressed stream breaks off": 1}
    assert 0 < summary.lines < 5_000
    assert summary.places["compressed stream breaks off"][0].startswith(f"{path.name}:{summary.lines} (")


def test_a_zip_of_another_kind_ends_in_one_error(tmp_path):
    path = tmp_path / "BTCUSDT-trades-2024-01-01.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("readme.txt", "hello")
    with pytest.raises(CorruptData, match="contains no CSV"):
        import_archives([path], vl.Catalog(tmp_path / "c", create=True))


@pytest.mark.parametrize("suffix", ["zip", "csv.gz"])
def test_a_file_that_expands_without_end_is_refused(tmp_path, suffix, monkeypatch):
    from velora.data.importers import lines

    monkeypatch.setattr(lines, "_GIVEN_FREE", 1 << 20)
    name = "BTCUSDT-trades-2024-01-01.csv"
    path = tmp_path / f"{name.removesuffix('.csv')}.{suffix}"
    bomb = (trade(1, 0) * 100_000).encode()
    if suffix == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr(name, bomb)
    else:
        path.write_bytes(gzip.compress(bomb))
    with pytest.raises(CorruptData, match="expands to more than"):
        import_archives([path], vl.Catalog(tmp_path / "c", create=True))


def test_a_line_without_end_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("BTCUSDT-trades-2024-01-01.csv", b"1" * (5 << 20))
    path = tmp_path / "BTCUSDT-trades-2024-01-01.zip"
    path.write_bytes(out.getvalue())
    with pytest.raises(CorruptData, match="longer than"):
        import_archives([path], vl.Catalog(tmp_path / "c", create=True))
