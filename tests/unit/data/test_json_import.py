"""Arrays of Binance messages without a local time."""

from __future__ import annotations

import gzip
import json

import pytest

import velora as vl
from velora.core.events import EventKind
from velora.data.importers import detect_format, import_files
from velora.data.importers.binance_json import import_json
from velora.errors import CorruptData, InvalidArgument, MissingFile

#: ms
BEGIN = 1_604_221_200_000


def diff(ts, first, last, bids=(), asks=()):
    return {"e": "depthUpdate", "E": BEGIN + ts, "s": "ETHBTC", "U": first, "u": last, "b": list(bids), "a": list(asks)}


def trade(ts, number, price):
    return {
        "e": "aggTrade",
        "E": BEGIN + ts,
        "s": "ETHBTC",
        "a": number,
        "p": price,
        "q": "1.000",
        "T": BEGIN + ts - 2,
        "m": False,
    }


DIFFS = [
    diff(1_000, 1, 10, [("0.0300", "1.000")]),
    diff(2_000, 11, 20, [("0.0301", "2.000")], [("0.0303", "4.000")]),
    diff(3_000, 21, 30, [("0.0301", "0.000")]),
]
SNAPSHOT = {"lastUpdateId": 15, "bids": [["0.0300", "9.000"]], "asks": [["0.0302", "3.000"]]}
TRADES = [trade(1_500, 1, "0.0302"), trade(2_500, 2, "0.0302")]


@pytest.fixture
def files(tmp_path):
    found = {}
    for name, content in (("trades", TRADES), ("snapshot", SNAPSHOT), ("update", DIFFS)):
        found[name] = tmp_path / f"x_{name}.json.gz"
        with gzip.open(found[name], "wt") as out:
            json.dump(content, out)
    return found


def test_files_in_any_order_become_one_feed_joined_at_the_snapshot(files, tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    for path in files.values():
        assert detect_format([path]) == "binance-json"
    summary = import_files(list(files.values()), catalog, format="binance-json")
    (found,) = summary.instruments
    assert (found.diffs, found.diffs_kept, found.trades, found.snapshots, found.gaps) == (3, 2, 2, 1, 0)
    assert summary.files == [str(path) for path in files.values()]
    (table,) = catalog.source("ETHBTC").chunks(1_000)
    assert (table.kind == EventKind.TRADE).sum() == 2
    book = vl.OrderBookL2(table.instrument)
    columns = {name: getattr(table, name) for name in ("kind", "side", "price", "qty")}
    book.apply(**columns)
    assert (book.best_bid, book.best_ask) == (0.03, 0.0302)


def test_messages_count_as_received_at_their_event_time(files, tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    import_json(files.values(), catalog)
    (table,) = catalog.source("ETHBTC").chunks(1_000)
    trades = table.kind == EventKind.TRADE
    assert (table.ts_recv[trades] // 1_000_000 - BEGIN).tolist() == [1_500, 2_500]
    assert (table.ts_event[trades] // 1_000_000 - BEGIN).tolist() == [1_498, 2_498]


def test_what_it_cannot_read_it_says(files, tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    bad = tmp_path / "bad.json"
    for text, kind, words in (
        ("[{", CorruptData, "not a JSON array"),
        ('[{"e": "kline"}]', CorruptData, "row 1: neither"),
        ("[]", InvalidArgument, "one symbol at a time"),
    ):
        bad.write_text(text)
        with pytest.raises(kind, match=words):
            import_json([bad], catalog)
    bad.write_text(json.dumps([{**TRADES[0], "p": "cheap"}]))
    with pytest.raises(CorruptData, match=r"^message 1 in time order: cannot be read"):
        import_json([bad], catalog)
    bad.write_text(json.dumps([{**TRADES[0], "s": "BTCUSDT"}]))
    with pytest.raises(InvalidArgument, match="BTCUSDT, ETHBTC"):
        import_json([bad, files["trades"]], catalog)
    with pytest.raises(MissingFile):
        import_json([tmp_path / "nowhere"], catalog)


def test_a_snapshot_without_diffs_stands_before_the_trades(tmp_path):
    paths = []
    for name, content in (("t", TRADES), ("s", SNAPSHOT)):
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(content))
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_json(paths, catalog)
    assert (summary.instruments[0].snapshots, summary.instruments[0].trades) == (1, 2)
    (table,) = catalog.source("ETHBTC").chunks(1_000)
    assert table.kind.tolist() == [4, 3, 3, 5, 1, 1]


def test_times_in_microseconds_are_read(tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    path = tmp_path / "t.json"
    path.write_text(json.dumps([{**one, "E": one["E"] * 1_000, "T": one["T"] * 1_000} for one in TRADES]))
    import_json([path], catalog)
    (table,) = catalog.source("ETHBTC").chunks(1_000)
    assert (table.ts_event // 1_000_000 - BEGIN).tolist() == [1_498, 2_498]


def test_a_defect_has_its_place_in_the_file_it_was_given_in(tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps([TRADES[0], trade(2_600, 4, "0.0302")]))
    second.write_text(json.dumps([TRADES[0], TRADES[1]], indent=1))
    summary = import_json([first, second], catalog)
    assert summary.places == {
        "trade repeated, left out": ["second.json:1 (id 1)"],
        "trade ids missing": ["first.json:2 (4 after 2)"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "[",
        "[]]",
        "[1, 2]",
        '["e"]',
        "[{}, ]",
        "[{}{}]",
        "{}",
        '{"a": [}',
        "[" * 100_000,
        json.dumps([{**TRADES[0], "E": 10**40}]),
        json.dumps([{**TRADES[0], "a": 2**64}]),
        json.dumps([{**TRADES[0], "p": "9" * 40}]),
        json.dumps([{**DIFFS[0], "u": -1}]),
    ],
)
def test_anything_else_ends_in_one_error(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises((CorruptData, InvalidArgument)):
        import_json([path], vl.Catalog(tmp_path / "catalog", create=True))
