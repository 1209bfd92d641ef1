"""LOBSTER: prices between two ticks, several days of a symbol, and what is wrong with a pair of files."""

from __future__ import annotations

import zipfile

import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.data.importers.lobster import import_lobster
from velora.errors import CorruptData, InvalidArgument

K = EventKind
EMPTY = "9999999999,0,-9999999999,0"


def files(folder, messages, books, day="2012-06-21", levels=1, symbol="PENY"):
    """A message and an order book file of lines."""
    paths = []
    for what, lines in (("message", messages), ("orderbook", books)):
        path = folder / f"{symbol}_{day}_34200000_57600000_{what}_{levels}.csv"
        path.write_text("".join(line + "\n" for line in lines))
        paths.append(path)
    return paths


def load(tmp_path, paths, **options):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    return import_lobster(paths, catalog, overwrite=True, **options), catalog


WHOLE = ["34200.1,1,11,100,5000,1", "34200.2,1,12,100,5100,-1", "34200.3,4,12,50,5100,-1"]
BOOKS = ["9999999999,0,5000,100", "5100,100,5000,100", "5100,50,5000,100"]


# ---------------------------------------------------------------------- prices between ticks


@pytest.mark.parametrize(
    ("name", "row", "old", "new", "finer"),
    [
        ("message", 2, ",5100,", ",5125,", "0.0005"),
        ("message", 3, ",5100,", ",5199,", "0.0001"),
        ("orderbook", 1, ",5000,", ",5050,", "0.005"),
        ("orderbook", 2, "5100,", "5110,", "0.001"),
        ("orderbook", 3, "5100,", "5102,", "0.0002"),
    ],
)
@pytest.mark.parametrize("skip_bad_lines", [False, True])
def test_a_price_between_two_ticks_is_an_error_with_its_row_and_the_tick_that_holds_it(
    tmp_path, name, row, old, new, finer, skip_bad_lines
):
    lines = {"message": list(WHOLE), "orderbook": list(BOOKS)}
    lines[name][row - 1] = lines[name][row - 1].replace(old, new)
    paths = files(tmp_path, lines["message"], lines["orderbook"])
    with pytest.raises(CorruptData, match=rf"{name}_1.csv, row {row}, field 'price': .*--tick-size {finer},"):
        load(tmp_path, paths, skip_bad_lines=skip_bad_lines)
    assert vl.Catalog(tmp_path / "catalog", create=True).names() == []


def test_the_tick_that_is_named_holds_every_price(tmp_path):
    messages = ["34200.1,1,11,100,5025,1", "34200.2,1,12,100,5075,-1", "34200.3,4,12,50,5075,-1"]
    books = ["9999999999,0,5025,100", "5075,100,5025,100", "5075,50,5025,100"]
    paths = files(tmp_path, messages, books)
    with pytest.raises(CorruptData, match=r"--tick-size 0.0005,"):
        load(tmp_path, paths)
    summary, catalog = load(tmp_path, paths, tick_size="0.0005")
    table = catalog.source("PENY").table()
    trades = table.kind == K.TRADE
    assert [table.instrument.ticks_to_price(tick) for tick in table.price[trades].tolist()] == [0.5075]
    assert summary.defects == {}
    assert (summary.instruments[0].book_equal, summary.instruments[0].book_checked) == (2, 2)


def test_a_tick_is_named_though_other_rows_hold_no_prices(tmp_path):
    messages = ["34200.1,1,11,100,5025,1", "34200.2", "34200.3,1,12,100," + "9" * 5000 + ",1", "34200.4,1,13,100,x,1"]
    with pytest.raises(CorruptData, match=r"--tick-size 0.0005,"):
        load(tmp_path, files(tmp_path, messages, ["9999999999,0,5025,100"] * 4))


def test_a_coarser_tick_than_the_prices_is_refused_too(tmp_path):
    with pytest.raises(CorruptData, match=r"the price 0.51 lies between two ticks of 0.05\. .*--tick-size 0.01,"):
        load(tmp_path, files(tmp_path, WHOLE, BOOKS), tick_size="0.05")


def test_a_cross_between_two_ticks_is_refused(tmp_path):
    paths = files(tmp_path, [*WHOLE, "34200.4,6,-1,500,5050,-1"], [*BOOKS, BOOKS[-1]])
    with pytest.raises(CorruptData, match=r"row 4, .*--tick-size 0.005,"):
        load(tmp_path, paths)


def test_a_hidden_fill_between_two_ticks_is_counted_with_its_price(tmp_path):
    paths = files(tmp_path, [*WHOLE, "34200.4,5,0,500,5075,-1"], [*BOOKS, BOOKS[-1]])
    summary, catalog = load(tmp_path, paths)
    assert summary.defects == {"hidden fill between two ticks, rounded": 1}
    (place,) = summary.places["hidden fill between two ticks, rounded"]
    assert place.endswith("_message_1.csv:4 (at 0.5075; a tick of 0.0025 would fit it)")
    assert catalog.source("PENY").table().flags[-1] & EventFlag.HIDDEN
    summary, catalog = load(tmp_path, paths, tick_size="0.0025")
    table = catalog.source("PENY").table()
    assert (summary.defects, table.instrument.ticks_to_price(int(table.price[-1]))) == ({}, 0.5075)


# ---------------------------------------------------------------------- several days


def test_days_of_a_symbol_are_one_part_in_the_order_of_time(tmp_path):
    days = [files(tmp_path, WHOLE, BOOKS, f"2012-06-{day}") for day in (20, 21, 22)]
    one_day, _ = load(tmp_path, days[0])
    for order in ([0, 1, 2], [2, 0, 1]):
        summary, catalog = load(tmp_path, [path for at in order for path in days[at]])
        (one,) = summary.instruments
        assert catalog.names() == ["PENY@nasdaq"]
        assert one.rows == catalog.info("PENY")["rows"] == 3 * one_day.instruments[0].rows
        assert (one.trades, one.book_equal, one.book_checked, summary.lines) == (3, 6, 6, 9)
        table = catalog.source("PENY").table()
        assert table.kind.tolist().count(K.SNAPSHOT_BEGIN) == 3
        assert (table.ts_recv[1:] >= table.ts_recv[:-1]).all()
        invented = table.order_id[table.order_id < 0]
        assert len(set(invented.tolist())) == 3
        catalog.source("PENY").table().check()


def test_symbols_of_one_import_are_stored_together_or_not_at_all(tmp_path):
    good, bad = files(tmp_path, WHOLE, BOOKS, symbol="AAA"), files(tmp_path, WHOLE[:2], BOOKS, symbol="BBB")
    with pytest.raises(CorruptData, match="the message file ends at row 2, the order book file is longer"):
        load(tmp_path, good + bad)
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    assert catalog.names() == []
    load(tmp_path, good)
    with pytest.raises(CorruptData):
        load(tmp_path, good + bad)
    assert catalog.names() == ["AAA@nasdaq"]


def test_a_session_that_is_given_twice_is_refused(tmp_path):
    paths = files(tmp_path, WHOLE, BOOKS)
    packed = tmp_path / "PENY.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    for given, text in (
        ([*paths, packed], "and .*PENY.zip: import it once"),
        ([*paths, paths[0]], "twice: import it once"),
    ):
        with pytest.raises(InvalidArgument, match=text):
            load(tmp_path, given)
    both = paths + files(tmp_path, WHOLE, BOOKS, levels=2)
    with pytest.raises(InvalidArgument, match="with 1 and with 2 levels"):
        load(tmp_path, both)


# ---------------------------------------------------------------------- what is wrong with a line


@pytest.mark.parametrize(
    "line",
    [
        "34200.15,1,13,0,5000,1",
        "34200.15,1,13,-5,5000,1",
        "34200.15,1,13,1000000000001,5000,1",
        "34200.15,1,0,5,5000,1",
        "34200.15,1,-3,5,5000,1",
        "34200.15,1,9223372036854775808,5,5000,1",
        "34200.15,1,13,5,0,1",
        "34200.15,1,13,5,-5000,1",
        "34200.15,1,13,5,99999999999,1",
        "34200.15,1,13,5,5000,0",
        "34200.15,1,1_3,5,5000,1",
        "34200.15,9,13,5,5000,1",
        "-34200.15,1,13,5,5000,1",
        "86400,1,13,5,5000,1",
        "34200.1e5,1,13,5,5000,1",
        "34200.15,1,13,5",
        "nan,1,13,5,5000,1",
        "34200.15,1,13,5," + "9" * 5000 + ",1",
        "",
    ],
)
def test_a_line_that_is_no_message_is_refused_by_its_row_or_counted(tmp_path, line):
    paths = files(tmp_path, [WHOLE[0], line, *WHOLE[1:]], [BOOKS[0], *BOOKS])
    with pytest.raises(CorruptData, match=r"message_1\.csv, row 2: cannot be read"):
        load(tmp_path, paths)
    summary, _ = load(tmp_path, paths, skip_bad_lines=True)
    assert summary.defects == {"bad line": 1}


@pytest.mark.parametrize(
    "line", ["5100,-1,5000,100", "5100,100", "", "x,1,2,3", "5100,100,-5000,100", "5_100,1,5000,1"]
)
def test_a_row_of_the_order_book_that_is_none_is_refused_by_its_number(tmp_path, line):
    paths = files(tmp_path, WHOLE, [BOOKS[0], line, BOOKS[2]])
    with pytest.raises(CorruptData, match=r"orderbook_1.csv, row 2: "):
        load(tmp_path, paths)


def test_a_halt_before_the_first_message_is_not_taken_for_it(tmp_path):
    paths = files(tmp_path, ["34200,7,0,0,-1,-1", *WHOLE], [BOOKS[0], *BOOKS])
    summary, catalog = load(tmp_path, paths)
    assert [K(kind).name for kind in catalog.source("PENY").table().kind[:3]] == [
        "STATUS",
        "SNAPSHOT_BEGIN",
        "ORDER_ADD",
    ]
    assert (summary.defects, summary.instruments[0].book_equal) == ({}, 2)


@pytest.mark.parametrize("day", ["2012-13-45", "0000-01-01", "9999-01-01", "1969-12-31"])
def test_a_day_that_is_none_is_refused(tmp_path, day):
    with pytest.raises(CorruptData, match=day):
        load(tmp_path, files(tmp_path, WHOLE, BOOKS, day))


def test_a_level_that_comes_back_after_its_order_s_id_was_used_again_is_an_invented_order(tmp_path):
    messages = [
        "34200,1,1,5,9800,1",
        "34201,1,2,4,9900,1",
        "34202,1,3,4,10000,1",
        "34203,1,2,7,10100,-1",
        "34204,3,3,4,10000,1",
    ]
    books = ["10100,5,9800,5", "10100,5,9900,4", "10100,5,10000,4", "10100,12,10000,4", "10100,12,9900,4"]
    summary, catalog = load(tmp_path, files(tmp_path, messages, books))
    assert (summary.defects, summary.instruments[0].book_equal) == ({}, 4)
    table = catalog.source("PENY").table()
    assert (table.kind[-1], table.qty[-1], table.order_id[-1] < 0) == (K.ORDER_ADD, 4, True)
