"""What is said of the book that stored rows make, and of rows that hold no value."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import velora as vl
from velora.cli.main import app
from velora.core.book import OrderBookL2
from velora.core.events import EventKind, Side
from velora.data.importers import detect_format, import_files
from velora.data.watch import BookWatch
from velora.errors import DataError, OffGrid
from velora.testkit import Flow

K = EventKind
BUY, SELL = Side.BUY, Side.SELL


def load(tmp_path, name, text, **options):
    """Import one file of text: the summary, that of the instrument, and the rows."""
    path = tmp_path / name
    path.write_text(text)
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_files([path], catalog, format=detect_format([path]), overwrite=True, **options)
    one = summary.instruments[0]
    return summary, one, catalog.source(one.name).table()


def said(summary):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(summary)
    return console.export_text()


def watched(*tables):
    watch = BookWatch()
    for table in tables:
        watch.add(table)
    return watch.to_dict()


TABLE = {"symbol": "T", "tick_size": "0.5", "lot_size": "1"}
HEAD = "ts_event,kind,side,flags,price,qty,order_id\n"


# ---------------------------------------------------------------------- crossed


def test_a_table_by_order_says_how_often_and_how_long_its_book_was_crossed(tmp_path):
    rows = "100,6,0,1,20,3,1\n200,6,1,1,19.5,3,2\n600,6,0,1,19,1,3\n1100,8,0,1,20,3,1\n"
    summary, one, _ = load(tmp_path, "t.csv", HEAD + rows, **TABLE)
    assert (one.crossed, one.crossed_first_ts, one.crossed_share, one.gaps) == (2, 200, 0.9, None)
    assert summary.defects == {}
    text = said(summary)
    assert "2 batches or quotes, 90 % of the time, first at 1970-01-01T00:00:00.000000200Z" in text
    assert "no defects besides the crossed books" in text
    assert "not checked: the data has no ids" in text


def test_crossed_quotes_of_a_ticker_are_counted(tmp_path):
    text = "".join(
        f'17000000000{u:02}000000 {{"stream":"abcusdt@bookTicker","data":{{"e":"bookTicker","u":{u},'
        f'"E":17000000000{u:02},"T":17000000000{u:02},"s":"ABCUSDT","b":"{bid}","B":"1","a":"{ask}","A":"2"}}}}\n'
        for u, bid, ask in ((1, "7.0", "7.1"), (2, "7.3", "7.2"), (3, "7.2", "7.2"), (4, "7.1", "7.2"))
    )
    _, one, _ = load(tmp_path, "c.txt", text)
    assert (one.quotes, one.crossed, one.gaps) == (4, 2, None)
    assert one.crossed_share == pytest.approx(2 / 3)


def test_crossed_quotes_of_an_archive_are_counted(tmp_path):
    head = "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
    rows = "1,7.4,1,7.3,1,1700000000000,1700000000001\n2,7.2,1,7.3,1,1700000000100,1700000000101\n"
    _, one, _ = load(tmp_path, "ABCUSDT-bookTicker-2023-01-01.csv", head + rows)
    assert (one.crossed, one.rows) == (1, 4)


def test_trades_alone_are_not_said_to_be_uncrossed(tmp_path):
    summary, one, _ = load(tmp_path, "ABCUSDT-trades-2021-04-24.csv", "1,10.5,1,10.5,1700000000000,True,True\n")
    assert (one.crossed, one.gaps) == (None, None)
    assert summary.to_dict()["instruments"][0]["crossed"] is None
    assert "not checked: there is no book" in said(summary)


def test_a_catalog_keeps_what_was_seen_and_inspect_shows_it(tmp_path):
    flow = Flow().snapshot(0, bids=[(10, 1)], asks=[(12, 1)]).delta(10, BUY, 12, 1).delta(30, BUY, 12, 0)
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write(flow.delta(110, BUY, 9, 1).table())
    watch = catalog.info("TEST")["watch"]
    assert (watch["crossed_batches"], watch["crossed_ns"], watch["span_ns"]) == (1, 20, 110)
    shown = CliRunner().invoke(
        app, ["data", "inspect", "TEST", "-c", str(tmp_path / "catalog")], env={"COLUMNS": "160"}
    )
    assert "1 of 4 batches, 18.2 % of the time" in shown.output
    as_json = CliRunner().invoke(app, ["data", "inspect", "TEST", "-c", str(tmp_path / "catalog"), "--json"])
    assert json.loads(as_json.stdout)["watch"] == watch


def test_what_is_crossed_while_trading_is_halted_is_counted_apart():
    flow = Flow().snapshot(0, bids=[(10, 1)], asks=[(12, 1)]).row(5, K.STATUS, qty=0)
    flow.delta(10, BUY, 13, 1).delta(15, BUY, 14, 1).delta(25, BUY, 13, 0).delta(25, BUY, 14, 0).row(
        40, K.STATUS, qty=1
    )
    found = watched(flow.delta(50, SELL, 10, 3).delta(70, SELL, 10, 0).delta(100, BUY, 9, 1).table())
    assert (found["crossed_batches"], found["halted_crossed"], found["has_states"]) == (1, 2, True)
    assert (found["crossed_ns"], found["halted_crossed_ns"], found["halted_ns"]) == (20, 15, 35)
    assert found["first_crossed_ts"] == 50


def test_what_crosses_and_uncrosses_within_one_instant_is_not_crossed():
    flow = Flow().snapshot(0, bids=[(10, 1)], asks=[(12, 1)])
    flow.delta(10, BUY, 12, 1).delta(10, SELL, 12, 0).delta(10, SELL, 13, 1)
    flow.row(20, K.QUOTE, BUY, 12, 1).row(20, K.QUOTE, SELL, 13, 1).row(30, K.QUOTE, BUY, 14, 1)
    found = watched(flow.row(30, K.QUOTE, SELL, 15, 1).table())
    assert (found["crossed_batches"], found["crossed_quotes"], found["crossed_ns"]) == (0, 0, 0)
    assert (found["has_book"], found["has_quotes"]) == (True, True)


def test_from_a_gap_to_the_next_snapshot_nothing_is_counted():
    flow = Flow().snapshot(0, bids=[(10, 1)], asks=[(12, 1)]).delta(10, BUY, 12, 1).row(20, K.GAP)
    flow.delta(30, BUY, 13, 1).snapshot(40, bids=[(10, 1)], asks=[(12, 1)])
    found = watched(flow.delta(60, BUY, 11, 1).table())
    assert (found["crossed_batches"], found["crossed_ns"]) == (1, 10)


def test_a_crossed_snapshot_counts_when_it_is_whole():
    flow = Flow().snapshot(10, bids=[(13, 1), (10, 1)], asks=[(12, 1)])
    found = watched(flow.delta(30, BUY, 13, 0).delta(50, BUY, 9, 1).table())
    assert (found["crossed_batches"], found["crossed_ns"], found["batches"]) == (1, 20, 3)


def test_rows_from_before_make_the_book_and_are_in_no_figure():
    flow = Flow().snapshot(0, bids=[(10, 1)], asks=[(12, 1)]).delta(10, BUY, 13, 1).row(11, K.ORDER_CANCEL, BUY, 1, 1)
    before, after = flow.table(), Flow().delta(50, BUY, 9, 1).delta(70, BUY, 13, 0).delta(90, BUY, 9, 2).table()
    watch = BookWatch()
    watch.know(before)
    watch.add(after)
    found = watch.to_dict()
    assert (found["span_ns"], found["crossed_ns"], found["crossed_batches"], found["batches"]) == (40, 20, 1, 3)
    assert (found["first_crossed_ts"], found["unknown_orders"]) == (50, 0)


def test_an_empty_side_of_a_quote_crosses_nothing():
    flow = Flow().row(1, K.QUOTE, BUY, 10, 1, flags=0).row(1, K.QUOTE, SELL, 9, 0).row(5, K.QUOTE, BUY, 10, 2, flags=0)
    assert watched(flow.row(5, K.QUOTE, SELL, 9, 0).table())["crossed_quotes"] == 0


def test_orders_that_nothing_added_are_counted():
    flow = Flow().row(1, K.ORDER_ADD, BUY, 10, 1, order_id=1).row(2, K.ORDER_CANCEL, BUY, 10, 1, order_id=7)
    flow.row(3, K.ORDER_ADD, BUY, 10, 1, order_id=1).row(4, K.ORDER_EXECUTE, BUY, 10, 5, order_id=1)
    found = watched(flow.table())
    assert (found["unknown_orders"], found["unfit_rows"]) == (1, 2)


@pytest.mark.parametrize("seed", range(4))
def test_random_levels_are_crossed_as_long_as_a_book_says_and_in_any_chunks(seed):
    rng = np.random.default_rng(seed)
    flow = Flow()
    ts = 0
    for _ in range(600):
        ts += int(rng.integers(0, 3))
        side = Side(int(rng.integers(2)))
        flow.delta(ts, side, int(rng.integers(90, 104)) + 4 * side, int(rng.integers(0, 3)))
    table = flow.table()
    book = OrderBookL2(table.instrument)
    crossed = batches = 0
    for row in range(len(table)):
        book.set(int(table.side[row]), int(table.price[row]), int(table.qty[row]))
        is_last = row + 1 == len(table) or table.ts_event[row + 1] != table.ts_event[row]
        if is_last and book.is_crossed:
            batches += 1
            crossed += 0 if row + 1 == len(table) else int(table.ts_event[row + 1] - table.ts_event[row])
    found = watched(table)
    assert found["crossed_ns"] == crossed > 0
    assert found["crossed_batches"] >= batches > 0
    assert watched(*(table.slice(at, at + 7) for at in range(0, len(table), 7))) == found


# ---------------------------------------------------------------------- rows without a value


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("3,1,0,1,20,0,0", "qty"),
        ("3,1,0,1,20,-2,0", "qty"),
        ("3,6,0,1,20,0,7", "qty"),
        ("3,9,0,1,20,-1,7", "qty"),
        ("3,3,0,1,20,-1,0", "qty"),
        ("3,2,0,1,20,-4,0", "qty"),
        ("3,7,0,1,20,-4,0", "qty"),
        ("3,1,0,1,1152921504606846976,1,0", "price"),
    ],
)
def test_a_table_with_a_row_without_value_is_refused_by_file_and_row(tmp_path, row, field):
    good = "1,6,0,1,20,5,1\n2,6,1,1,21,5,2\n"
    with pytest.raises(DataError, match=f"t.csv, row 2, field '{field}': the {field} of a [A-Z_]+ must be") as caught:
        load(tmp_path, "t.csv", HEAD + good + row + "\n", **TABLE)
    assert (caught.value.row, caught.value.field) == (2, field)
    assert vl.Catalog(tmp_path / "catalog", create=True).names() == []


def test_a_table_whose_receipt_goes_back_is_refused_by_file_and_row(tmp_path):
    head = "ts_event,ts_recv,kind,side,price,qty\n"
    rows = [(n, n if n != 70_001 else 3, 1, 0, 20, 1) for n in range(70_010)]  # beyond the first batch of the reader
    text = head + "".join(",".join(map(str, row)) + "\n" for row in rows)
    with pytest.raises(DataError, match=r"t\.csv, row 70001, field 'ts_recv': time of receipt goes back") as caught:
        load(tmp_path, "t.csv", text, **TABLE)
    assert caught.value.row == 70_001


@pytest.mark.parametrize("price", ["nan", "inf", "-inf", ""])
def test_a_table_with_a_price_that_is_no_number_is_refused(tmp_path, price):
    with pytest.raises(OffGrid, match="row 1, field 'price'"):
        load(tmp_path, "t.csv", HEAD + f"1,1,0,1,20,5,1\n2,1,1,1,{price},5,2\n", **TABLE)


def test_a_level_and_a_side_of_nothing_are_kept(tmp_path):
    rows = "1,3,0,1,20,5,0\n2,3,0,1,20,0,0\n3,2,0,0,20,1,0\n3,2,1,1,0,0,0\n"
    _, _, table = load(tmp_path, "t.csv", HEAD + rows, **TABLE)
    assert table.qty.tolist() == [5, 0, 1, 0]


def test_a_catalog_takes_no_row_without_value_from_anybody(tmp_path):
    table = Flow().trade(1, BUY, 10, 1).trade(2, BUY, 10, 1).table()
    table.qty[1] = 0
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(DataError, match="row 1, field 'qty': the qty of a TRADE must be more than 0 lots, was 0"):
        catalog.write(table)
    assert catalog.names() == []


def test_a_catalog_looks_at_every_time_of_receipt(tmp_path):
    n = 3_000
    ts = np.arange(n)
    ts[1_234] = 7
    columns = {"kind": np.full(n, 1, np.uint8), "price": np.full(n, 5), "qty": np.full(n, 1)}
    table = vl.EventTable.from_numpy(Flow().instrument, check=False, ts_event=ts, **columns)
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(DataError, match="row 1234, field 'ts_recv': time of receipt goes back by 1226 ns"):
        catalog.write(table)


def trade(number, price, qty):
    body = f'"t":{number},"p":"{price}","q":"{qty}","X":"MARKET","m":true'
    head = f'17000000000{number:02}000000 {{"stream":"abcusdt@trade","data":{{"e":"trade","E":17000000000{number:02},'
    return f'{head}"T":17000000000{number:02},"s":"ABCUSDT",{body}}}}}\n'


@pytest.mark.parametrize(("price", "qty"), [("0", "1.5"), ("7.5", "0"), ("7.5", "-1.5"), ("-7.5", "1.5")])
def test_trades_of_a_capture_without_value_are_left_out_and_counted(tmp_path, price, qty):
    text = trade(1, "7.5", "1.5") + trade(2, price, qty) + trade(3, "7.5", "3.0")
    summary, _, table = load(tmp_path, "c.txt", text)
    assert summary.defects == {"no price or quantity, left out": 1}
    assert summary.places["no price or quantity, left out"][0].startswith("c.txt:2")
    assert len(table) == 2


def test_a_level_of_a_capture_below_nothing_makes_a_gap(tmp_path):
    def diff(first, last, bids):
        body = f'"U":{first},"u":{last},"b":{json.dumps(bids)},"a":[["8.0","1.0"]]'
        return (
            f'17000000000{last:02}000000 {{"stream":"abcusdt@depth","data":{{"e":"depthUpdate",'
            f'"E":17000000000{last:02},"s":"ABCUSDT",{body}}}}}\n'
        )

    text = diff(1, 1, [["7.0", "1.0"]]) + diff(2, 2, [["7.5", "-1.0"]]) + diff(3, 3, [["7.0", "2.0"]])
    summary, one, table = load(tmp_path, "c.txt", text)
    assert summary.defects == {"no price or quantity, left out": 1}
    assert one.gaps == 1
    assert (table.qty >= 0).all()
    assert K.GAP in table.kind


def test_trades_and_quotes_of_archives_without_value_are_left_out_and_counted(tmp_path):
    rows = (
        "1,7.5,1.5,11,1700000000000,True,True\n2,0,1.5,0,1700000000001,True,True\n3,7.5,0,0,1700000000002,True,True\n"
    )
    summary, _, table = load(tmp_path, "ABCUSDT-trades-2021-04-24.csv", rows)
    assert summary.defects == {"no price or quantity, left out": 2}
    assert len(table) == 1
    head = "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
    quotes = "1,7.2,1,7.3,1,1700000000000,1700000000001\n2,7.2,-1,7.3,1,1700000000100,1700000000101\n"
    summary, _, table = load(tmp_path, "ABCUSDT-bookTicker-2023-01-01.csv", head + quotes)
    assert summary.defects == {"no price or quantity, left out": 1}
    assert table.qty.tolist() == [1, 1]
