"""Feeds by order: what each kind of message becomes, and what is wrong with a file."""

from __future__ import annotations

import bz2
import contextlib
import struct
import zipfile

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.data.importers import FORMATS, detect_format, import_files
from velora.data.importers.dbn import MBO as _MBO
from velora.errors import CorruptData, InvalidArgument, VeloraError

K = EventKind


def load(path, tmp_path, symbol=None, **options):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_files([path], catalog, format=detect_format([path]), **options)
    return summary, summary.instruments[0], catalog.source(summary.instruments[0].name).table()


def shown(table, *names):
    return list(zip(*(getattr(table, name).tolist() for name in names), strict=True))


def test_no_files_are_refused_by_every_importer(tmp_path):
    for format in FORMATS:
        with pytest.raises(InvalidArgument, match="nothing to import"):
            import_files([], vl.Catalog(tmp_path / "catalog", create=True), format=format)


def test_command_line_offers_every_format():
    from velora.cli.data import _FORMATS

    assert ("auto", *FORMATS) == _FORMATS


# ---------------------------------------------------------------------- LOBSTER

NAME = "XYZ_2012-06-21_34200000_57600000_{}_2.csv"
NONE_ASK, NONE_BID = (9999999999, 0), (-9999999999, 0)


def lobster(tmp_path, messages, books):
    """A zip of messages (time, type, id, shares, price in cents, side) and books [(ask, bid), ...]."""
    path = tmp_path / "XYZ.zip"
    lines = [f"{t},{kind},{oid},{qty},{cents * 100},{side}\n" for t, kind, oid, qty, cents, side in messages]
    rows = []
    for levels in books:
        cells = []
        for ask, bid in levels:
            cells += [
                ask[0] * (1 if ask is NONE_ASK else 100),
                ask[1],
                bid[0] * (1 if bid is NONE_BID else 100),
                bid[1],
            ]
        rows.append(",".join(map(str, cells)) + "\n")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NAME.format("message"), "".join(lines))
        archive.writestr(NAME.format("orderbook"), "".join(rows))
    return path


def test_lobster_messages_become_rows_by_order(tmp_path):
    first = [((101, 5), (99, 5)), ((102, 5), (98, 5))]
    path = lobster(
        tmp_path,
        [
            ("34200.5", 1, 7, 5, 99, 1),
            ("34201.000000001", 1, 8, 3, 99, 1),
            ("34202", 2, 8, 1, 99, 1),
            ("34203", 4, 7, 5, 99, 1),
            ("34204", 5, 0, 9, 100, -1),
            ("34205", 3, 8, 2, 99, 1),
            ("34206", 7, 0, 0, -1, -1),
        ],
        [
            first,
            [((101, 5), (99, 8)), ((102, 5), (98, 5))],
            [((101, 5), (99, 7)), ((102, 5), (98, 5))],
            [((101, 5), (99, 2)), ((102, 5), (98, 5))],
            [((101, 5), (99, 2)), ((102, 5), (98, 5))],
            [((101, 5), (98, 5)), ((102, 5), (97, 4))],
            [((101, 5), (98, 5)), ((102, 5), (97, 4))],
        ],
    )
    summary, one, table = load(path, tmp_path)
    assert summary.defects == {}
    assert (one.book_equal, one.book_checked, one.trades) == (5, 5, 2)
    rows = shown(table, "kind", "side", "price", "qty")[6:]
    assert rows == [
        (K.ORDER_ADD, 0, 99, 3),
        (K.ORDER_CANCEL, 0, 99, 1),
        (K.TRADE, 1, 99, 5),
        (K.ORDER_EXECUTE, 0, 99, 5),
        (K.TRADE, 0, 100, 9),
        (K.ORDER_CANCEL, 0, 99, 2),
        (K.ORDER_ADD, 0, 97, 4),  # the level that has come into the window
        (K.STATUS, 2, 0, 0),
    ]
    # The first message's order is part of the snapshot, under an invented id, and its fill is taken from there.
    assert table.order_id[9] < 0
    assert table.flags[10] == EventFlag.LAST | EventFlag.HIDDEN
    assert int(table.ts_event[6]) == 1340285401000000001
    assert table.flags[12] == EventFlag.LAST | EventFlag.SNAPSHOT


def test_lobster_level_that_comes_back_has_its_orders_and_their_places(tmp_path):
    base = [((101, 5), (99, 5)), ((102, 5), (98, 5))]
    path = lobster(
        tmp_path,
        [
            ("34200", 1, 1, 5, 98, 1),
            ("34201", 1, 2, 4, 98, 1),
            ("34202", 1, 3, 1, 100, 1),
            ("34203", 3, 3, 1, 100, 1),
        ],
        [
            base,
            [((101, 5), (99, 5)), ((102, 5), (98, 9))],
            [((101, 5), (100, 1)), ((102, 5), (99, 5))],
            [((101, 5), (99, 5)), ((102, 5), (98, 9))],
        ],
    )
    summary, _, table = load(path, tmp_path)
    assert summary.defects == {}
    book = vl.OrderBookL3(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty, table.order_id)
    assert book.queue_position(2) == (5, 1)


def test_lobster_book_that_differs_is_a_defect_with_its_place(tmp_path):
    path = lobster(
        tmp_path,
        [("34200", 1, 1, 5, 99, 1), ("34201", 1, 2, 4, 99, 1)],
        [[((101, 5), (99, 5)), (NONE_ASK, NONE_BID)], [((101, 5), (99, 8)), (NONE_ASK, NONE_BID)]],
    )
    summary, one, table = load(path, tmp_path)
    assert summary.defects == {"book differs from the order book file": 1}
    assert summary.places["book differs from the order book file"][0].startswith("XYZ.zip:2")
    assert (one.book_equal, one.book_checked) == (0, 1)
    book = vl.OrderBookL3(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty, table.order_id)
    assert book.levels.bids() == [(0.99, 8.0)]


def test_lobster_files_belong_together(tmp_path):
    path = tmp_path / NAME.format("message")
    path.write_text("34200,1,1,5,990000,1\n")
    with pytest.raises(InvalidArgument, match="has no orderbook file"):
        load(path, tmp_path)


def test_lobster_zip_that_is_damaged_is_refused_by_name(tmp_path):
    path = lobster(tmp_path, [("34200", 1, 1, 5, 99, 1)], [[((101, 5), (99, 5)), (NONE_ASK, NONE_BID)]])
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        catalog = vl.Catalog(tmp_path / f"catalog-{at}", create=True)
        with contextlib.suppress(VeloraError):  # and no other kind of error
            import_files([path], catalog, format="lobster")


# ---------------------------------------------------------------------- Databento


def dbn(tmp_path, records, version=1):
    """A DBN file of mbo records (ts, id, price, size, flags, action, side)."""
    width = 22 if version == 1 else 71
    meta = bytearray(100)
    meta[0:16] = b"XNAS.ITCH".ljust(16, b"\0")
    if version > 1:
        struct.pack_into("<H", meta, 45, width)
    meta += struct.pack("<IIII", 0, 0, 0, 0) + struct.pack("<I", 1)
    meta += b"XYZ".ljust(width, b"\0") + struct.pack("<III", 1, 19700101, 19700102) + b"42".ljust(width, b"\0")
    rows = np.zeros(len(records), _MBO)
    for at, (ts, order_id, price, size, flags, action, side) in enumerate(records):
        rows[at] = (
            14,
            160,
            1,
            42,
            ts,
            order_id,
            int(price * 10**9),
            size,
            flags,
            0,
            ord(action),
            ord(side),
            ts + 5,
            0,
            at,
        )
    path = tmp_path / "xyz.mbo.dbn"
    path.write_bytes(b"DBN" + bytes([version]) + struct.pack("<I", len(meta)) + bytes(meta) + rows.tobytes())
    return path


@pytest.mark.parametrize("version", [1, 2, 3])
def test_databento_fills_are_executions_and_a_refill_goes_to_the_back(tmp_path, version):
    path = dbn(
        tmp_path,
        [
            (1, 7, 100.25, 5, 32, "A", "B"),
            (2, 8, 100.25, 4, 128, "A", "B"),
            (3, 0, 100.25, 5, 0, "T", "A"),
            (3, 7, 100.25, 5, 0, "F", "B"),
            (3, 7, 100.25, 3, 128, "M", "B"),  # an iceberg's next part
            (4, 0, 100.25, 1, 0, "T", "A"),
            (4, 8, 100.25, 1, 0, "F", "B"),
            (4, 8, 100.25, 3, 128, "M", "B"),  # says only the same again
            (5, 8, 100.25, 3, 128, "C", "B"),
        ],
        version,
    )
    summary, one, table = load(path, tmp_path)
    assert (one.name, summary.defects, one.trades) == ("XYZ", {}, 2)
    assert str(table.instrument.tick_size) == "0.25"
    assert shown(table, "kind", "side", "qty", "order_id")[2:] == [
        (K.SNAPSHOT_END, Side.NONE, 0, 0),
        (K.ORDER_ADD, 0, 4, 8),
        (K.TRADE, 1, 5, 0),
        (K.ORDER_EXECUTE, 0, 5, 7),
        (K.ORDER_ADD, 0, 3, 7),
        (K.TRADE, 1, 1, 0),
        (K.ORDER_EXECUTE, 0, 1, 8),
        (K.ORDER_CANCEL, 0, 3, 8),
    ]
    assert table.flags[[7, 8, 9]].tolist() == [EventFlag.LAST] * 3


def test_databento_file_that_breaks_off_is_refused_with_its_record(tmp_path):
    path = dbn(tmp_path, [(1, 7, 100.0, 5, 128, "A", "B")] * 3)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CorruptData, match="row 2: breaks off"):
        load(path, tmp_path)


def test_databento_file_with_damaged_names_is_refused_at_once(tmp_path):
    path = dbn(tmp_path, [(1, 7, 100.0, 5, 128, "A", "B")])
    raw = bytearray(path.read_bytes())
    raw[8 + 116 : 8 + 120] = b"\xff\xff\xff\x7f"  # two billion mappings
    path.write_bytes(bytes(raw))
    with pytest.raises(CorruptData, match="metadata cannot be read"):
        load(path, tmp_path)


def test_databento_orders_that_are_unknown_are_counted(tmp_path):
    path = dbn(tmp_path, [(1, 7, 100.0, 5, 128, "C", "B"), (2, 9, 100.0, 5, 128, "A", "B")])
    summary, _, _ = load(path, tmp_path)
    assert summary.defects == {"order unknown": 1}


# ---------------------------------------------------------------------- Bitstamp


def event(ms, name, order_id, side, price, amount):
    body = f'{{"price": "{price}", "amount": "{amount}", "datetime": "1", "id": {order_id}, "order_type": {side}}}'
    return f"{1430438400000 + ms} order_{name} {body}\n"


def test_bitstamp_changes_are_fills_and_trades_take_the_later_orders_side(tmp_path):
    path = tmp_path / "day.log.bz2"
    lines = [
        event(1, "created", 10, 1, "100.00", "2.00000000"),
        event(2, "created", 11, 0, "100.00", "0.50000000"),
        event(3, "changed", 10, 1, "100.00", "1.50000000"),
        event(4, "deleted", 11, 0, "100.00", "0.00000000"),
        '1430438400005 trade {"price": 100.0, "amount": 0.5, "id": 77}\n',
        event(6, "deleted", 10, 1, "100.00", "1.50000000"),
        event(7, "deleted", 9, 1, "99.00", "1.00000000"),
    ]
    path.write_bytes(bz2.compress("".join(lines).encode()))
    summary, one, table = load(path, tmp_path, lot_size="0.5")
    assert one.name == "BTCUSD"
    assert summary.defects == {"order unknown": 1}
    assert shown(table, "kind", "side", "price", "qty", "order_id") == [
        (K.ORDER_ADD, 1, 10000, 4, 10),
        (K.ORDER_ADD, 0, 10000, 1, 11),
        (K.ORDER_EXECUTE, 1, 10000, 1, 10),
        (K.ORDER_EXECUTE, 0, 10000, 1, 11),
        (K.TRADE, Side.BUY, 10000, 1, 77),
        (K.ORDER_CANCEL, 1, 10000, 3, 10),
    ]
    assert set(table.flags.tolist()) == {EventFlag.LAST | EventFlag.CLOCK_ESTIMATED}


def test_bitstamp_bad_line_is_an_error_or_counted(tmp_path):
    path = tmp_path / "day.log"
    good = event(1, "created", 10, 1, "100.00", "2.00000000")
    path.write_text(good + "1430438400002 order_created {\n")
    with pytest.raises(CorruptData, match="row 2: cannot be read"):
        load(path, tmp_path)
    summary, _, _ = load(path, tmp_path, skip_bad_lines=True)
    assert summary.defects == {"bad line": 1}
