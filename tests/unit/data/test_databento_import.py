"""Databento: empty sides, undefined values, marked records, and snapshots."""

from __future__ import annotations

import struct

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.data.importers.databento import import_databento
from velora.data.importers.dbn import MBO as _MBO
from velora.data.importers.dbn import MBP_1 as _MBP_1
from velora.data.importers.dbn import TRADES as _TRADES
from velora.errors import CorruptData

K = EventKind
S = 1_000_000_000
BEGIN = 1_700_000_000 * S
NO_PRICE, NO_SIZE = 2**63 - 1, 2**32 - 1
LAST, SNAPSHOT, BAD_RECV, BAD_BOOK = 128, 32, 8, 4


def fixed(price):
    return NO_PRICE if price is None else round(price * 10**9)


def mbo(ts, order_id, price, size, action, side, flags=LAST, recv=None):
    recv = ts + 5 if recv is None else recv
    head = (14, 160, 1, 42, BEGIN + ts, order_id, fixed(price), size, flags, 0)
    return (*head, ord(action), ord(side), BEGIN + recv, 0, 0)


def mbp(ts, action, side, price, size, top, flags=LAST, recv=None):
    bid, bid_size, ask, ask_size = top
    recv = ts + 5 if recv is None else recv
    head = (20, 1, 1, 42, BEGIN + ts, fixed(price), size, ord(action), ord(side), flags, 0, BEGIN + recv, 0, ts % 997)
    return (*head, fixed(bid), fixed(ask), bid_size, ask_size, 1, 1)


def load(tmp_path, records, dtype=_MBO, **options):
    """Import the records; gives back the summary, that of the instrument, and the rows as a table."""
    meta = bytes(100) + struct.pack("<IIII", 0, 0, 0, 0) + struct.pack("<I", 1)
    meta += b"XYZ".ljust(22, b"\0") + struct.pack("<III", 1, 0, 0) + b"42".ljust(22, b"\0")
    path = tmp_path / "xyz.dbn"
    rows = np.array(records, dtype)
    path.write_bytes(b"DBN\x01" + struct.pack("<I", len(meta)) + meta + rows.tobytes())
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_databento([path], catalog, overwrite=True, **options)
    return summary, summary.instruments[0], catalog.source("XYZ").table()


def shown(table, *names):
    return list(zip(*(getattr(table, name).tolist() for name in names), strict=True))


START = [mbo(1, 1, 50.0, 5, "A", "B"), mbo(2, 2, 50.5, 5, "A", "A")]


# ---------------------------------------------------------------------- quotes


def test_a_side_without_a_price_becomes_a_quote_of_nothing(tmp_path):
    records = [
        mbp(1, "A", "B", 50, 1, (50, 4, 51, 6)),
        mbp(2, "C", "A", 51, 6, (50, 4, None, 0)),
        mbp(3, "A", "B", 49, 1, (49, 7, None, 0)),
        mbp(4, "C", "B", 49, 7, (None, 0, None, 0)),
        mbp(5, "A", "A", 48, 2, (None, 0, 48, 2)),
    ]
    summary, one, table = load(tmp_path, records, _MBP_1)
    assert (summary.defects, one.quotes, one.crossed, one.gaps) == ({}, 5, 0, 0)
    assert shown(table, "ts_event", "side", "price", "qty") == [
        (BEGIN + 1, 0, 50, 4),
        (BEGIN + 1, 1, 51, 6),
        (BEGIN + 2, 0, 50, 4),
        (BEGIN + 2, 1, 51, 0),
        (BEGIN + 3, 0, 49, 7),
        (BEGIN + 3, 1, 51, 0),
        (BEGIN + 4, 0, 49, 0),
        (BEGIN + 4, 1, 51, 0),
        (BEGIN + 5, 0, 49, 0),
        (BEGIN + 5, 1, 48, 2),
    ]
    assert table.flags.tolist() == [0, int(EventFlag.LAST)] * 5


def test_an_empty_side_of_quotes_is_empty_for_strategy_and_venue(tmp_path):
    records = [
        mbp(S, "A", "B", 50, 1, (50, 4, 51, 6)),
        mbp(2 * S, "C", "A", 51, 6, (50, 4, None, 0)),
        mbp(3 * S, "A", "B", 49, 1, (49, 7, None, 0)),
        mbp(60 * S, "A", "A", 52, 3, (49, 7, 52, 3)),
        mbp(70 * S, "C", "B", 49, 7, (None, 0, 52, 3)),
        mbp(90 * S, "A", "B", 49, 7, (48, 7, 52, 3)),
    ]
    load(tmp_path, records, _MBP_1)

    class Buyer(vl.Strategy):
        def __init__(self):
            self.seen, self.quotes, self.done = [], [], []

        def on_start(self):
            for at, act in ((30, self.buy), (65, self.buy), (80, self.sell)):
                self.at(BEGIN + at * S, lambda act=act: (self.look(), act("XYZ", 2)))

        def look(self):
            book = self.book("XYZ")
            self.seen.append((book.best_bid, book.best_ask, book.mid))

        def on_quote(self, quote):
            self.quotes.append((quote.bid, quote.ask, quote.mid, quote.bid_qty, quote.ask_qty))

        def on_order(self, order):
            if order.is_done:
                self.done.append((order.state.name, order.reason.name, order.cum_qty))

    buyer = Buyer()
    result = vl.Backtest(vl.Catalog(tmp_path / "catalog"), buyer, latency="1ms").run()
    assert buyer.seen == [(49.0, None, None), (49.0, 52.0, 50.5), (None, 52.0, None)]
    assert buyer.quotes[:3] == [
        (50.0, 51.0, 50.5, 4.0, 6.0),
        (50.0, None, None, 4.0, 0.0),
        (49.0, None, None, 7.0, 0.0),
    ]
    assert buyer.quotes[4] == (None, 52.0, None, 0.0, 3.0)
    assert [done[0] for done in buyer.done] == ["EXPIRED", "FILLED", "EXPIRED"]
    assert [done[2] for done in buyer.done] == [0.0, 2.0, 0.0]
    assert result.fills_raw["price"].tolist() == [52]


def test_the_going_of_a_side_is_a_change_of_the_best_quote(tmp_path):
    tops = [(50, 4, 51, 6), (50, 5, 51, 6), (50, 5, None, 0), (50, 6, None, 0), (50, 6, 51, 6)]
    load(tmp_path, [mbp((1 + at) * S, "A", "B", 50, 1, top) for at, top in enumerate(tops)], _MBP_1)

    class Watches(vl.Strategy):
        def on_start(self):
            self.asks = []
            self.subscribe_quotes(best_change=True)

        def on_quote(self, quote):
            self.asks.append(quote.ask)

    watches = Watches()
    vl.Backtest(vl.Catalog(tmp_path / "catalog"), watches).run()
    assert watches.asks == [51.0, None, 51.0]


def test_quotes_of_a_record_marked_bad_are_a_gap_until_one_without_the_mark(tmp_path):
    records = [
        mbp(1, "A", "B", 50, 1, (50, 4, 51, 6)),
        mbp(2, "T", "B", 51, 1, (50, 4, 53, 6), LAST | BAD_BOOK),
        mbp(3, "A", "B", 50, 1, (50, 9, 53, 6), LAST | BAD_BOOK),
        mbp(4, "A", "B", 50, 1, (50, 4, 51, 6)),
        mbp(5, "A", "B", 50, 1, (50, 4, 51, 6)),
    ]
    summary, one, table = load(tmp_path, records, _MBP_1)
    assert summary.defects == {"book marked as unreliable": 2}
    assert summary.places["book marked as unreliable"] == ["xyz.dbn:1", "xyz.dbn:2"]
    assert (one.gaps, one.trades, one.quotes) == (1, 1, 2)
    assert shown(table, "kind", "qty") == [
        (K.QUOTE, 4),
        (K.QUOTE, 6),
        (K.TRADE, 1),
        (K.GAP, 0),
        (K.QUOTE, 4),
        (K.QUOTE, 6),
    ]

    class Looks(vl.Strategy):
        def on_start(self):
            self.seen = []
            for at in (6, 7, 8, 9):
                self.at(BEGIN + at, lambda: self.seen.append(self.book("XYZ").is_stale))

    looks = Looks()
    vl.Backtest(table, looks).run()
    assert looks.seen == [False, True, True, False]


def test_undefined_values_of_quotes_and_trades_are_left_out_and_counted(tmp_path):
    top = (50, 4, 51, 6)
    records = [
        mbp(1, "A", "B", 50, 1, top),
        mbp(2, "T", "B", None, 1, top),
        mbp(3, "T", "B", 51, 0, top),
        mbp(4, "T", "B", 51, NO_SIZE, top),
        mbp(5, "T", "?", 51, 1, top),
        mbp(6, "Y", "B", 51, 1, (1, 1, 2, 2)),
        mbp(7, "A", "B", 50, 1, (50, NO_SIZE, 51, 6)),
        mbp(8, "A", "B", 50, 1, (None, 3, 51, 6)),
        mbp(9, "T", "N", 51, 2, top),
    ]
    summary, one, table = load(tmp_path, records, _MBP_1)
    assert summary.defects == {
        "price undefined, left out": 1,
        "size 0, left out": 1,
        "size undefined, left out": 2,
        "side undefined, left out": 1,
        "record left out": 1,
        "price undefined, its side treated as empty": 1,
    }
    assert (one.trades, one.quotes) == (1, 3)
    assert [row for row in shown(table, "kind", "side", "price", "qty") if row[0] == K.TRADE] == [(K.TRADE, 2, 51, 2)]
    with pytest.raises(CorruptData, match="price undefined, left out"):
        load(tmp_path, records, _MBP_1, strict=True)


def test_trades_alone_have_no_book_to_look_at(tmp_path):
    records = [mbp(at, "T", "B", 50, 1, (50, 1, 51, 1))[: len(_TRADES)] for at in (1, 2)]
    records = [(12, 0, *one[2:]) for one in records]
    summary, one, _ = load(tmp_path, records, _TRADES)
    assert (one.trades, one.crossed, one.gaps, summary.defects) == (2, None, None, {})


# ---------------------------------------------------------------------- orders


def test_from_a_mark_on_the_book_is_stale_until_the_next_snapshot(tmp_path):
    records = [
        *START,
        mbo(3, 3, 49.5, 5, "A", "B", LAST | BAD_BOOK),
        mbo(4, 4, 49.0, 5, "A", "B", LAST | BAD_BOOK),
        mbo(5, 5, 48.5, 5, "A", "B"),
        mbo(6, 0, None, 0, "R", "N", SNAPSHOT),
        mbo(6, 1, 50.0, 5, "A", "B", SNAPSHOT | LAST),
        mbo(7, 6, 48.0, 5, "A", "B", LAST | BAD_BOOK),
        mbo(8, 0, None, 0, "R", "N"),
        mbo(9, 7, 48.0, 5, "A", "B"),
    ]
    summary, one, table = load(tmp_path, records)
    assert summary.defects == {"book marked as unreliable": 3}
    assert (one.gaps, one.snapshots) == (2, 1)
    kinds = [K(kind).name for kind in table.kind]
    assert kinds[:4] == ["ORDER_ADD", "ORDER_ADD", "GAP", "ORDER_ADD"]
    assert kinds.count("GAP") == 2
    stale = []

    class Looks(vl.Strategy):
        def on_start(self):
            for at in (7, 8, 10, 11, 12, 13, 14):
                self.at(BEGIN + at, lambda: stale.append(self.book("XYZ").is_stale))

    vl.Backtest(table, Looks()).run()
    assert stale == [False, True, True, False, True, False, False]


def test_a_snapshot_that_is_marked_itself_is_followed_by_a_gap(tmp_path):
    records = [
        mbo(1, 1, 50.0, 5, "A", "B", SNAPSHOT | BAD_BOOK),
        mbo(1, 2, 50.5, 5, "A", "A", SNAPSHOT | LAST),
        mbo(2, 3, 49.0, 5, "A", "B"),
    ]
    _, one, table = load(tmp_path, records)
    assert [K(kind).name for kind in table.kind] == [
        "SNAPSHOT_BEGIN", "ORDER_ADD", "ORDER_ADD", "SNAPSHOT_END", "GAP", "ORDER_ADD",
    ]  # fmt: skip
    assert one.gaps == 1


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_clear_within_a_snapshot_makes_one_snapshot_of_what_follows(tmp_path, first):
    before = [mbo(1, 90 + at, 40.0 + at, 1, "A", "B", SNAPSHOT) for at in range(first)]
    records = [
        *before,
        mbo(1, 0, None, 0, "R", "N", SNAPSHOT),
        mbo(2, 1, 50.0, 5, "A", "B", SNAPSHOT),
        mbo(2, 2, 50.5, 7, "A", "A", SNAPSHOT | LAST),
        mbo(3, 3, 49.0, 5, "A", "B"),
    ]
    summary, one, table = load(tmp_path, records)
    assert shown(table, "kind", "order_id") == [
        (K.SNAPSHOT_BEGIN, 0),
        (K.ORDER_ADD, 1),
        (K.ORDER_ADD, 2),
        (K.SNAPSHOT_END, 0),
        (K.ORDER_ADD, 3),
    ]
    assert table.flags[3] & EventFlag.LAST
    assert (one.snapshots, summary.defects) == (1, {})


def test_a_file_that_ends_within_its_snapshot_keeps_it(tmp_path):
    records = [mbo(1, 1, 50.0, 5, "A", "B", SNAPSHOT), mbo(1, 2, 50.5, 7, "A", "A", SNAPSHOT)]
    _, _, table = load(tmp_path, records)
    assert shown(table, "kind", "qty") == [
        (K.SNAPSHOT_BEGIN, 0),
        (K.ORDER_ADD, 5),
        (K.ORDER_ADD, 7),
        (K.SNAPSHOT_END, 0),
    ]


def test_undefined_values_of_orders_are_left_out_and_counted(tmp_path):
    records = [
        *START,
        mbo(3, 9, None, 5, "A", "B"),
        mbo(4, 9, 49.0, 0, "A", "B"),
        mbo(5, 9, 49.0, NO_SIZE, "A", "B"),
        mbo(6, 9, 49.0, 5, "A", "N"),
        mbo(7, 9, 49.0, 5, "A", "x"),
        mbo(8, 1, None, 4, "M", "B"),
        mbo(9, 1, 50.0, NO_SIZE, "M", "B"),
        mbo(10, 0, None, 1, "T", "B"),
        mbo(11, 0, 50.5, 0, "T", "B"),
        mbo(12, 2, None, 1, "F", "A"),
        mbo(13, 2, 50.5, 0, "F", "A"),
        mbo(14, 0, 50.5, 1, "T", "%"),
        mbo(15, 2, 50.5, 5, "z", "A"),
        mbo(16, 2, None, NO_SIZE, "C", "A"),
        mbo(17, 1, None, 5, "C", "B"),
    ]
    summary, _, table = load(tmp_path, records)
    assert summary.defects == {
        "price undefined, left out": 4,
        "size 0, left out": 3,
        "size undefined, left out": 2,
        "side undefined, left out": 3,
        "record left out": 1,
        "size undefined, the rest cancelled": 1,
    }
    assert shown(table, "kind", "price", "qty", "order_id") == [
        (K.ORDER_ADD, 100, 5, 1),
        (K.ORDER_ADD, 101, 5, 2),
        (K.ORDER_CANCEL, 101, 5, 2),
        (K.ORDER_CANCEL, 100, 5, 1),
    ]


@pytest.mark.parametrize("undefined", [NO_PRICE, -(2**63), -(2**63) + 1])
def test_no_end_of_the_numbers_is_a_price(tmp_path, undefined):
    one = list(mbo(3, 9, 1.0, 5, "A", "B"))
    one[6] = undefined
    summary, _, table = load(tmp_path, [*START, tuple(one)])
    assert summary.defects == {"price undefined, left out": 1}
    assert len(table) == 2


# ---------------------------------------------------------------------- times of receipt


def recvs(tmp_path, given, marked=()):
    records = [
        mbo(at, 10 + at, 50.0 + at % 2, 5, "A", "B", LAST | (BAD_RECV if at in marked else 0), recv=recv)
        for at, recv in enumerate(given)
    ]
    summary, _, table = load(tmp_path, records)
    assert (np.diff(table.ts_recv) >= 0).all()
    return summary, (table.ts_recv - BEGIN).tolist()


def test_one_time_of_receipt_that_lies_behind_is_set_to_the_one_before(tmp_path):
    summary, found = recvs(tmp_path, [10, 20, 15, 30])
    assert found == [10, 20, 20, 30]
    assert summary.defects == {"time of receipt goes back": 1}
    assert summary.places["time of receipt goes back"] == [f"xyz.dbn:2 ({BEGIN + 15} ns, set to {BEGIN + 20})"]


def test_one_time_of_receipt_that_runs_ahead_does_not_move_all_after_it(tmp_path):
    summary, found = recvs(tmp_path, [10, 900, 20, 30, 40])
    assert found == [10, 20, 20, 30, 40]
    assert summary.defects == {"time of receipt goes back": 1}


def test_a_time_of_receipt_that_is_marked_bad_is_the_venue_s_within_its_neighbours(tmp_path):
    summary, found = recvs(tmp_path, [10, 900, 20, 0, 30, 1], marked=(1, 3, 5))
    assert found == [10, 10, 20, 20, 30, 30]
    assert summary.defects == {"time of receipt marked as bad": 3}
    assert recvs(tmp_path, [0, 0, 9], marked=(1,))[1] == [0, 1, 9]


def test_a_time_of_receipt_in_the_midst_of_a_long_file_is_looked_at(tmp_path):
    given = list(range(10, 5_010))
    given[1_700] = 12
    summary, found = recvs(tmp_path, given)
    assert summary.defects == {"time of receipt goes back": 1}
    assert found[1_700] == found[1_699]
    vl.Backtest(vl.Catalog(tmp_path / "catalog"), vl.Strategy()).run()


def test_times_of_receipt_of_another_instrument_do_not_matter(tmp_path):
    one, other = mbo(1, 1, 50.0, 5, "A", "B", recv=100), list(mbo(2, 2, 50.0, 5, "A", "B", recv=50))
    other[3] = 43
    summary, _, _ = load(tmp_path, [one, tuple(other)])
    assert summary.defects == {}


def test_a_crossed_book_by_order_is_counted(tmp_path):
    records = [*START, mbo(3, 3, 51.0, 2, "A", "B"), mbo(4, 4, 51.0, 2, "A", "B"), mbo(14, 2, 50.5, 5, "C", "A")]
    summary, one, _ = load(tmp_path, records)
    assert (one.crossed, one.crossed_first_ts, one.crossed_halted) == (2, BEGIN + 3, 0)
    assert one.crossed_share == pytest.approx(11 / 13)
    assert summary.to_dict()["instruments"][0]["crossed"] == 2
    assert Side.NONE == 2
