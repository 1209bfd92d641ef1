"""Raw captures, line by line: joins, gaps, clocks, and what is wrong with a file."""

from __future__ import annotations

import gzip
import json

import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.data.importers.binance_capture import import_captures
from velora.errors import CorruptData, InvalidArgument, MissingFile

T0 = 1_700_000_000_000  # ms


def line(at_ms, message):
    return f"{(T0 + at_ms) * 1_000_000} {json.dumps(message)}\n"


def diff(first, last, prev, at_ms, bids=(), asks=(), symbol="BTCUSDT"):
    data = {"e": "depthUpdate", "E": T0 + at_ms, "T": T0 + at_ms, "s": symbol, "U": first, "u": last}
    data |= {"pu": prev} if prev is not None else {}
    return {"stream": "btcusdt@depth@0ms", "data": data | {"b": list(bids), "a": list(asks)}}


def rest(update_id, bids=(("100.0", "1.000"),), asks=(("100.1", "1.000"),), **more):
    return {"lastUpdateId": update_id, "bids": list(bids), "asks": list(asks), **more}


def trade(trade_id, price, qty, at_ms, **more):
    data = {"e": "trade", "E": T0 + at_ms, "T": T0 + at_ms, "s": "BTCUSDT", "t": trade_id, "p": price, "q": qty}
    return {"stream": "btcusdt@trade", "data": data | {"X": "MARKET", "m": True} | more}


def ticker(update_id, bid, ask, at_ms):
    data = {"e": "bookTicker", "u": update_id, "s": "BTCUSDT", "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}
    return {"stream": "btcusdt@bookTicker", "data": data | {"T": T0 + at_ms, "E": T0 + at_ms}}


def load(tmp_path, lines, name="capture.txt", **options):
    path = tmp_path / name
    path.write_text("".join(lines))
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_captures([path], catalog, **options)
    return summary.instruments[0], catalog.source("BTCUSDT").table(), summary


def test_futures_join_drops_and_keeps_by_the_published_rule(tmp_path):
    lines = [
        line(1, diff(1, 10, 0, 0, bids=[("99.0", "1.000")])),
        line(2, diff(11, 20, 10, 1, bids=[("99.5", "1.000")])),
        line(3, rest(15)),
        line(4, diff(21, 30, 20, 3, asks=[("100.2", "2.000")])),
    ]
    found, table, _ = load(tmp_path, lines)
    assert (found.diffs, found.diffs_kept, found.gaps) == (3, 2, 0)
    book = vl.OrderBookL2(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty)
    assert book.bids() == [(100.0, 1.0), (99.5, 1.0)]
    assert book.asks() == [(100.1, 1.0), (100.2, 2.0)]


def test_spot_join_follows_the_spot_rule(tmp_path):
    lines = [
        line(1, diff(1, 10, None, 0, bids=[("99.0", "1.000")])),
        line(2, rest(10)),
        line(3, diff(11, 12, None, 2, bids=[("99.5", "1.000")])),
        line(4, diff(13, 14, None, 3, bids=[("99.5", "0.000")])),
    ]
    found, table, _ = load(tmp_path, lines)
    assert (found.diffs_kept, found.gaps) == (2, 0)
    assert table.instrument.kind == "spot"


def test_held_diffs_come_after_their_snapshot_at_both_clocks(tmp_path):
    lines = [
        line(1, diff(11, 20, 10, 1, bids=[("99.5", "1.000")])),
        line(9, rest(15, T=T0 + 5, E=T0 + 5)),
        line(10, diff(21, 30, 20, 9, asks=[("100.2", "2.000")])),
    ]
    _, table, _ = load(tmp_path, lines)
    order = table.ts_event.argsort(kind="stable")
    assert table.kind[order].tolist() == table.kind.tolist()
    held = int((table.kind == EventKind.DELTA).nonzero()[0][2])
    assert table.ts_recv[held] == table.ts_recv[0]


def test_broken_chain_is_a_gap_with_its_place(tmp_path):
    lines = [
        line(1, rest(15)),
        line(2, diff(10, 20, 9, 1, bids=[("99.5", "1.000")])),
        line(3, diff(31, 40, 30, 2, bids=[("99.6", "1.000")])),
    ]
    found, table, summary = load(tmp_path, lines)
    assert found.gaps == 1
    assert summary.defects == {"gap in the diffs": 1}
    assert summary.places["gap in the diffs"][0].startswith("capture.txt:3")
    (row,) = (table.kind == EventKind.GAP).nonzero()[0]
    assert table.order_id[row] == 21


CROSSED = [line(1, rest(15)), line(2, diff(10, 20, 9, 1, bids=[("100.2", "1.000")]))]


def test_crossed_book_loses_the_levels_that_the_diff_crossed_and_did_not_mention(tmp_path):
    found, table, summary = load(tmp_path, CROSSED)
    assert found.crossed == 1
    assert summary.places["crossed book"] == ["capture.txt:2 (1 phantom level(s) removed)"]
    book = vl.OrderBookL2(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty)
    assert (book.bids(), book.asks()) == ([(100.2, 1.0), (100.0, 1.0)], [])
    # One batch: no callback may see the book crossed.
    assert table.flags[-2:].tolist() == [0, EventFlag.LAST]


def test_crossed_book_whose_newer_side_nothing_tells_is_a_gap(tmp_path):
    both = [line(1, rest(15)), line(2, diff(10, 20, 9, 1, bids=[("100.2", "1.000")], asks=[("100.2", "1.000")]))]
    found, table, _ = load(tmp_path, both)
    assert (found.crossed, found.gaps) == (1, 1)
    assert table.kind[-1] == EventKind.GAP
    assert table.flags[-3:].tolist() == [0, 0, EventFlag.LAST]


def test_crossed_book_may_be_kept_or_marked_stale(tmp_path):
    for crossed, kinds in (("keep", [EventKind.DELTA]), ("stale", [EventKind.DELTA, EventKind.GAP])):
        root = tmp_path / crossed
        root.mkdir()
        found, table, _ = load(root, CROSSED, crossed=crossed)
        assert found.crossed == 1
        assert table.kind[4:].tolist() == kinds


def test_diff_that_loses_a_level_off_the_grid_is_a_gap(tmp_path):
    lines = [
        line(1, rest(15)),
        line(2, diff(10, 20, 9, 1, bids=[("99.55", "1.000"), ("99.5", "1.000")])),
        line(3, diff(21, 30, 20, 2, bids=[("99.5", "2.000"), ("99.45", "2.000")])),
    ]
    found, table, summary = load(tmp_path, lines, tick_size="0.1", lot_size="0.001", skip_bad_lines=True)
    assert summary.defects == {"off the grid, left out": 2}
    assert found.gaps == 2
    assert table.kind[4:].tolist() == [EventKind.DELTA, EventKind.GAP] * 2
    assert table.flags[4:].tolist() == [0, EventFlag.LAST] * 2


def test_second_snapshot_after_a_gap_makes_the_book_whole_again(tmp_path):
    lines = [
        line(1, rest(15)),
        line(2, diff(10, 20, 9, 1, bids=[("99.5", "1.000")])),
        line(3, diff(31, 40, 30, 2, bids=[("99.6", "1.000")])),
        line(4, diff(41, 50, 40, 3, bids=[("99.7", "1.000")])),
        line(5, rest(40, bids=[("99.9", "1.000")])),
        line(6, diff(51, 60, 50, 4, bids=[("99.8", "1.000")])),
    ]
    found, table, _ = load(tmp_path, lines)
    assert (found.diffs, found.diffs_kept, found.gaps, found.snapshots) == (4, 4, 1, 2)
    book = vl.OrderBookL2(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty)
    assert not book.is_stale
    # The diff 41..50 was held since the gap and follows the snapshot that does not contain it.
    assert book.bids() == [(99.9, 1.0), (99.8, 1.0), (99.7, 1.0)]


def test_snapshot_older_than_the_book_is_left_out(tmp_path):
    lines = [line(1, rest(15)), line(2, diff(10, 20, 9, 1, bids=[("99.5", "1.000")])), line(3, rest(12))]
    _, table, summary = load(tmp_path, lines)
    assert summary.defects == {"snapshot older than the book, left out": 1}
    assert int((table.kind == EventKind.SNAPSHOT_BEGIN).sum()) == 1


def test_book_top_is_held_against_the_last_ticker_not_after_the_diff(tmp_path):
    lines = [
        line(1, rest(15)),
        line(2, ticker(18, ("100.0", "1.000"), ("100.1", "1.000"), 1)),
        line(3, ticker(25, ("100.0", "9.000"), ("100.1", "1.000"), 2)),
        line(4, diff(10, 20, 9, 1, bids=[("99.5", "1.000")])),
        line(5, diff(21, 30, 20, 2, bids=[("100.0", "8.000")])),
    ]
    found, _, _ = load(tmp_path, lines)
    assert (found.top_equal, found.top_checked) == (1, 2)


def test_microsecond_and_millisecond_local_times_are_told_by_their_digits(tmp_path):
    body = json.dumps(trade(1, "100.0", "1.000", 0))
    for factor in (1, 1_000, 1_000_000):
        root = tmp_path / str(factor)
        root.mkdir()
        _, table, _ = load(root, [f"{(T0 + 5) * factor} {body}\n"])
        assert int(table.ts_recv[0]) == (T0 + 5) * 1_000_000


def test_clock_behind_is_shifted_to_one_millisecond(tmp_path):
    found, table, _ = load(
        tmp_path, [line(-500, trade(1, "100.0", "1.000", 0)), line(10, trade(2, "100.0", "1.000", 1))]
    )
    assert found.clock_shift_ns == 501_000_000
    assert (table.ts_recv - table.ts_event).tolist() == [1_000_000, 510_000_000]


def test_instruments_of_one_recorder_are_shifted_alike(tmp_path):
    lines = [
        line(-500, trade(1, "100.0", "1.000", 0)),
        line(-495, trade(1, "50.0", "1.000", 100, s="ETHUSDT")),
        line(-490, trade(2, "100.0", "1.000", 1)),
    ]
    found, table, summary = load(tmp_path, lines)
    assert [one.clock_shift_ns for one in summary.instruments] == [596_000_000, 596_000_000]
    assert found.lowest_latency_raw_ns == -500_000_000
    other = vl.Catalog(tmp_path / "catalog").source("ETHUSDT").table()
    received = [(int(ts), name) for one, name in ((table, "BTC"), (other, "ETH")) for ts in one.ts_recv]
    assert [name for _, name in sorted(received)] == ["BTC", "ETH", "BTC"]
    assert (other.ts_recv - other.ts_event).tolist() == [1_000_000]


def test_a_shift_that_is_given_is_used(tmp_path):
    lines = [line(-500, trade(1, "100.0", "1.000", 0)), line(10, trade(2, "100.0", "1.000", 1))]
    found, table, _ = load(tmp_path, lines, clock_shift="700ms")
    assert found.clock_shift_ns == 700_000_000
    assert (table.ts_recv - table.ts_event).tolist() == [200_000_000, 709_000_000]


def test_a_shift_that_would_have_messages_arrive_before_they_were_sent_is_refused(tmp_path):
    lines = [line(-500, trade(1, "100.0", "1.000", 0))]
    with pytest.raises(InvalidArgument, match="this session needs at least 500000000 ns"):
        load(tmp_path, lines, clock_shift="499ms")
    assert not (tmp_path / "catalog").exists()


def test_local_time_going_back_is_counted_and_held_at_the_time_before(tmp_path):
    _, table, summary = load(tmp_path, [line(5, trade(1, "100.0", "1.000", 0)), line(4, trade(2, "100.0", "1.000", 1))])
    assert summary.defects == {"local time goes back": 1}
    assert table.ts_recv[0] == table.ts_recv[1]


def test_trade_ids_missing_or_repeated_are_counted(tmp_path):
    lines = [line(i, trade(n, "100.0", "1.000", i)) for i, n in enumerate([1, 2, 5, 5])]
    found, table, summary = load(tmp_path, lines)
    assert summary.defects == {"trade ids missing": 1, "trade repeated, left out": 1}
    assert summary.places["trade repeated, left out"] == ["capture.txt:4 (id 5)"]
    assert table.order_id.tolist() == [1, 2, 5]
    assert found.trades == 3


def test_off_book_trade_is_flagged(tmp_path):
    found, table, _ = load(tmp_path, [line(1, trade(1, "100.0", "1.000", 0, X="INSURANCE_FUND"))])
    assert found.off_book_trades == 1
    assert table.flags[0] & EventFlag.OFF_BOOK


def test_price_off_the_grid_is_an_error_or_left_out_on_request(tmp_path):
    lines = [line(1, trade(1, "100.0", "1.000", 0)), line(2, trade(2, "100.05", "1.000", 1))]
    with pytest.raises(
        CorruptData, match=r"capture\.txt, row 2, field 'price': price 100\.05 is not a multiple of 0\.1"
    ):
        load(tmp_path, lines, tick_size="0.1")
    assert not (tmp_path / "catalog").exists()
    _, table, summary = load(tmp_path, lines, tick_size="0.1", skip_bad_lines=True)
    assert len(table) == 1
    assert summary.defects == {"off the grid, left out": 1}
    assert "price 100.05 is not a multiple of 0.1" in summary.places["off the grid, left out"][0]


def test_broken_json_is_one_error_with_file_line_and_hint(tmp_path):
    lines = [line(1, trade(1, "100.0", "1.000", 0)), line(2, trade(2, "100.0", "1.000", 0))[:60] + "\n"]
    with pytest.raises(CorruptData, match=r"capture\.txt, row 2.*--skip-bad-lines"):
        load(tmp_path, lines)
    assert not (tmp_path / "catalog").exists()
    found, _, summary = load(tmp_path, lines, skip_bad_lines=True)
    assert found.trades == 1
    assert summary.defects == {"bad line": 1}


def test_truncated_gzip_is_one_error_and_leaves_nothing(tmp_path):
    whole = gzip.compress("".join(line(i, trade(i, "100.0", "1.000", i)) for i in range(5000)).encode())
    path = tmp_path / "cut.gz"
    path.write_bytes(whole[: len(whole) // 2])
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(CorruptData, match=r"cut\.gz, row \d+: the compressed stream breaks off"):
        import_captures([path], catalog)
    assert not (tmp_path / "catalog").exists()
    summary = import_captures([path], catalog, skip_bad_lines=True)
    assert 0 < summary.instruments[0].trades < 5000


def test_strict_import_stops_at_the_first_defect(tmp_path):
    lines = [line(i, trade(n, "100.0", "1.000", i)) for i, n in enumerate([1, 2, 5])]
    with pytest.raises(CorruptData, match="trade ids missing"):
        load(tmp_path, lines, strict=True)
    assert not (tmp_path / "catalog").exists()


def test_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFile, match=r"nothing\.gz"):
        import_captures([tmp_path / "nothing.gz"], vl.Catalog(tmp_path, create=True))


def test_day_file_goes_on_from_the_one_before(tmp_path):
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text(line(1, rest(15)) + line(2, diff(10, 20, 9, 1, bids=[("99.5", "1.000")])))
    second.write_text(line(3, diff(21, 30, 20, 2, bids=[("99.6", "1.000")])))
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_captures([first, second], catalog)
    assert (summary.instruments[0].gaps, summary.instruments[0].diffs_kept) == (0, 2)


def test_one_price_off_an_inferred_grid_is_found():
    import numpy as np

    from velora.data.importers.grid import GridFinder

    finder = GridFinder((5, 2, 1), 1e-4)
    prices = 10_000_000 * np.arange(1, 20_001)
    prices[77] += 5_000_000
    finder.add(prices)
    assert finder.step() == 10_000_000


def test_streams_that_are_not_read_are_counted(tmp_path):
    partial = {"stream": "btcusdt@depth20@100ms", "data": {"lastUpdateId": 5, "bids": [], "asks": []}}
    kline = {"stream": "btcusdt@kline_1m", "data": {}}
    _, _, summary = load(tmp_path, [line(1, trade(1, "100.0", "1.000", 0)), line(2, partial), line(3, kline)])
    assert summary.defects == {"stream left out": 2}
