"""Captures: microseconds, prints told twice, repeats, REST answers of several files, hostile values."""

from __future__ import annotations

import bz2
import gzip
import json

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind
from velora.data.importers.binance_capture import import_captures
from velora.errors import CorruptData, VeloraError

T0 = 1_735_689_600_000  # ms


def line(at, message):
    """`at` in ms."""
    return f"{(T0 + at) * 1_000_000} {json.dumps(message)}\n"


def trade(number, at, qty="1.0", symbol="BTCUSDT", unit=1, **more):
    stamp = (T0 + at) * unit
    data = {"e": "trade", "E": stamp, "T": stamp, "s": symbol, "t": number, "p": "100.1", "q": qty, "m": True}
    return {"stream": f"{symbol.lower()}@trade", "data": data | {"X": "MARKET"} | more}


def aggregated(number, at, first, last, qty="1.0"):
    data = {"e": "aggTrade", "E": T0 + at, "T": T0 + at, "s": "BTCUSDT", "a": number, "p": "100.1", "q": qty}
    return {"stream": "btcusdt@aggTrade", "data": data | {"f": first, "l": last, "m": True}}


def ticker(update_id, bid, at=None):
    data = {"u": update_id, "s": "BTCUSDT", "b": bid, "B": "1.0", "a": "101.0", "A": "1.0"}
    return {"stream": "btcusdt@bookTicker", "data": data | ({} if at is None else {"T": T0 + at, "E": T0 + at})}


def diff(symbol, first, last, at, unit=1):
    stamp = (T0 + at) * unit
    data = {"e": "depthUpdate", "E": stamp, "T": stamp, "s": symbol, "U": first, "u": last, "pu": first - 1}
    return {"stream": f"{symbol.lower()}@depth@0ms", "data": data | {"b": [["99.5", "1.0"]], "a": []}}


def rest(update_id, bid="99.0", **more):
    return {"lastUpdateId": update_id, "bids": [[bid, "1.0"]], "asks": [["101.0", "1.0"]], **more}


def load(folder, *files, **options):
    """Import captures, each a list of lines; (summary, catalog)."""
    paths = []
    for number, lines in enumerate(files):
        paths.append(folder / f"{number}.txt")
        paths[-1].write_text("".join(lines))
    catalog = vl.Catalog(folder / "catalog", create=True)
    return import_captures(paths, catalog, overwrite=True, **options), catalog


def test_times_in_microseconds_are_those_in_milliseconds(tmp_path):
    mark = {"e": "markPriceUpdate", "s": "BTCUSDT", "p": "100.0", "r": "0.0001", "i": "100.0"}
    tables = []
    for unit in (1, 1_000):
        marks = [mark | {"E": (T0 + at) * unit, "T": (T0 + due) * unit} for at, due in ((4, 6), (7, 900))]
        lines = [line(0, rest(10, T=T0 * unit, E=T0 * unit)), line(1, diff("BTCUSDT", 10, 11, 1, unit))]
        lines += [line(2, trade(1, 2, unit=unit)), line(3, ticker(12, "100.0"))]
        lines += [line(at, {"stream": "btcusdt@markPrice", "data": one}) for at, one in zip((5, 8), marks, strict=True)]
        summary, catalog = load(tmp_path, lines)
        assert summary.defects == {}
        tables.append(catalog.source("BTCUSDT").table())
    for name in ("ts_event", "ts_recv", "kind", "price", "qty", "order_id"):
        assert np.array_equal(getattr(tables[0], name), getattr(tables[1], name))
    assert tables[0].counts()["funding"] == 1


def test_a_print_of_both_streams_is_kept_once_in_either_order(tmp_path):
    single = [line(n, trade(n, n)) for n in range(1, 4)]
    both = [line(2, aggregated(70, 2, 1, 2, qty="2.0")), line(3, aggregated(71, 3, 3, 3))]
    for lines in (single + both, sorted(single + both, reverse=True), both[:1] + single + both[1:]):
        summary, catalog = load(tmp_path, lines)
        table = catalog.source("BTCUSDT").table()
        assert table.order_id.tolist() in ([1, 2, 3], [3, 2, 1])
        (one,) = summary.instruments
        assert (one.trades, one.rows) == (3, 3)
        assert one.messages["aggTrade also recorded by @trade, left out"] == 2


def test_of_a_print_that_one_stream_tells_in_part_the_rest_is_kept(tmp_path):
    lines = [
        line(1, aggregated(70, 1, 1, 4, qty="10.0")),
        line(2, trade(3, 1, qty="2.0")),
        line(3, trade(4, 1, qty="5.0")),
        line(4, aggregated(71, 4, 5, 6, qty="1.5")),
    ]
    summary, catalog = load(tmp_path, lines)
    table = catalog.source("BTCUSDT").table()
    qty = [table.instrument.lots_to_qty(lots) for lots in table.qty.tolist()]
    assert dict(zip(table.order_id.tolist(), qty, strict=True)) == {70: 3.0, 3: 2.0, 4: 5.0, 71: 1.5}
    assert summary.instruments[0].trades == 4


def test_one_stream_alone_is_kept_as_it_is(tmp_path):
    summary, catalog = load(tmp_path, [line(n, aggregated(n, n, 2 * n, 2 * n + 1)) for n in range(5)])
    assert summary.defects == {}
    assert catalog.source("BTCUSDT").table().order_id.tolist() == list(range(5))


def test_a_trade_that_comes_again_fills_once(tmp_path):
    first = [line(n, trade(n, n)) for n in range(1, 6)]
    summary, catalog = load(tmp_path, first, [*first[2:], line(6, trade(6, 6))])
    assert catalog.source("BTCUSDT").table().order_id.tolist() == [1, 2, 3, 4, 5, 6]
    assert summary.defects["trade repeated, left out"] == 3
    assert summary.places["trade repeated, left out"][0] == "1.txt:1 (id 3)"
    assert summary.instruments[0].trades == 6


def test_a_trade_that_comes_late_is_kept(tmp_path):
    summary, catalog = load(tmp_path, [line(n, trade(number, n)) for n, number in enumerate((1, 3, 2, 4))])
    assert catalog.source("BTCUSDT").table().order_id.tolist() == [1, 3, 2, 4]
    assert summary.defects == {"trade ids missing": 1, "trade id out of order": 1}


def test_an_older_quote_does_not_come_back(tmp_path):
    lines = [line(n, ticker(n, f"{100 + n}.0")) for n in range(4)]
    summary, catalog = load(tmp_path, lines, lines[1:3])
    table = catalog.source("BTCUSDT").table()
    assert table.order_id.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert summary.defects["quote older than the one before, left out"] == 2


def test_an_update_id_that_begins_anew_later_is_no_older_quote(tmp_path):
    lines = [line(0, ticker(900, "100.0", at=0)), line(5, ticker(3, "100.5", at=5))]
    summary, catalog = load(tmp_path, lines)
    assert (summary.defects, len(catalog.source("BTCUSDT").table())) == ({}, 4)


@pytest.mark.parametrize("early", [True, False])
def test_a_rest_answer_belongs_to_the_file_it_stands_in(tmp_path, early):
    files = []
    for number, symbol in enumerate(("BTCUSDT", "ETHUSDT", "BNBUSDT")):
        update, bid = 10 * (number + 1), f"{90 + number}.0"
        lines = [line(0, diff(symbol, update, update + 3, 0)), line(1, rest(update + 1, bid, T=T0 + 1, E=T0 + 1))]
        files.append(lines[::-1] if early else lines)
    summary, catalog = load(tmp_path, *files)
    assert [one.snapshots for one in summary.instruments] == [1, 1, 1]
    for number, symbol in enumerate(("BTCUSDT", "ETHUSDT", "BNBUSDT")):
        table = catalog.source(symbol).table()
        book = vl.OrderBookL2(table.instrument)
        book.apply(table.kind, table.side, table.price, table.qty)
        assert book.bids() == [(99.5, 1.0), (90.0 + number, 1.0)]


def test_a_symbol_without_a_rest_answer_beside_one_that_has_it_is_built_from_diffs(tmp_path):
    summary, _ = load(
        tmp_path,
        [line(0, diff("BTCUSDT", 1, 3, 0)), line(1, rest(2, T=T0, E=T0))],
        [line(0, diff("ETHUSDT", 1, 3, 0))],
    )
    assert [one.joined for one in summary.instruments] == [
        "joined to the REST snapshot",
        "no snapshot: built from diffs alone",
    ]


def test_a_rest_answer_in_a_file_of_two_symbols_is_an_error(tmp_path):
    lines = [line(0, diff("BTCUSDT", 1, 3, 0)), line(1, rest(2)), line(2, diff("ETHUSDT", 1, 3, 2))]
    with pytest.raises(CorruptData, match=r"row 2.*without a symbol in a file of BTCUSDT, ETHUSDT"):
        load(tmp_path, lines)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_what_breaks_off_is_counted(tmp_path, pack):
    path = tmp_path / "c.gz"
    numbers = np.random.default_rng(5).integers(1, 10**9, 3_000).tolist()
    lines = [line(n, trade(n, n, qty=f"{value / 1e8:.8f}")) for n, value in enumerate(numbers)]
    path.write_bytes(pack("".join(lines).encode())[:-9_000])
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(CorruptData, match="breaks off"):
        import_captures([path], catalog)
    try:
        summary = import_captures([path], catalog, skip_bad_lines=True)
    except CorruptData as error:
        assert pack is bz2.compress
        assert "no market data" in str(error)  # noqa: PT017
        return
    assert summary.defects == {"compressed stream breaks off": 1}
    assert 0 < summary.lines < 3_000
    assert summary.places["compressed stream breaks off"][0].startswith(f"c.gz:{summary.lines} (")


HOSTILE = {
    "id of 40 digits": {"t": int("9" * 40)},
    "id below 0": {"t": -1},
    "id beyond 64 bits": {"t": 2**63},
    "no id": {"t": None},
    "price of 40 digits": {"p": "9" * 40},
    "price of 5,000 digits": {"p": "9" * 5_000},
    "empty price": {"p": ""},
    "a point for a price": {"p": "."},
    "underscored price": {"p": "1_0.0"},
    "exponent": {"q": "1E-15"},
    "NaN": {"q": "NaN"},
    "time of 40 digits": {"T": int("9" * 40)},
    "time beyond 64 bits": {"T": 2**63},
    "time in a string": {"T": "1"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_a_bad_line(tmp_path, name):
    lines = [line(0, trade(1, 0)), line(1, trade(2, 1, **HOSTILE[name])), line(2, trade(2, 2))]
    with pytest.raises(CorruptData, match=r"0.txt, row 2"):
        load(tmp_path, lines)
    summary, catalog = load(tmp_path, lines, skip_bad_lines=True)
    assert summary.defects == {"bad line": 1}
    assert catalog.source("BTCUSDT").table().order_id.tolist() == [1, 2]


def test_a_diff_with_one_bad_level_is_left_out_as_a_whole(tmp_path):
    bad = diff("BTCUSDT", 4, 6, 1)
    bad["data"]["b"] = [["99.6", "1.0"], ["99.7", "oops"]]
    lines = [line(0, rest(3, T=T0, E=T0)), line(1, bad), line(2, diff("BTCUSDT", 7, 9, 2))]
    summary, catalog = load(tmp_path, lines, skip_bad_lines=True)
    assert summary.defects == {"bad line": 1, "gap in the diffs": 1}
    assert catalog.source("BTCUSDT").table().counts()["delta"] == 3


@pytest.mark.parametrize("text", [b"", b"\n", b"\xff" * 100, b"1700000000000 {", b"9" * 19 + b" {}", b"[" * 100_000])
def test_anything_else_ends_in_one_error(tmp_path, text):
    path = tmp_path / "c.txt"
    path.write_bytes(text)
    for skip in (False, True):
        with pytest.raises(VeloraError):
            import_captures([path], vl.Catalog(tmp_path / "catalog", create=True), skip_bad_lines=skip)


def test_many_symbols_need_no_more_open_files_than_there_are(tmp_path):
    symbols = [f"A{number:03}USDT" for number in range(250)]
    lines = [line(n, trade(1, n, symbol=symbol)) for n, symbol in enumerate(symbols)]
    summary, _ = load(tmp_path, lines)
    assert [one.name for one in summary.instruments] == symbols
    more = [line(n, trade(1, n, symbol=f"B{n:03}USDT")) for n in range(400)]
    with pytest.raises(VeloraError, match="more than 300 symbols"):
        load(tmp_path, more)


def test_trades_are_of_the_kind_trade(tmp_path):
    _, catalog = load(tmp_path, [line(1, trade(1, 1))])
    assert catalog.source("BTCUSDT").table().kind.tolist() == [EventKind.TRADE]
