"""Databento: which symbol an instrument id has on a day, rolls, several files, and what a header may not say."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.data.importers.databento import import_databento
from velora.data.importers.dbn import MBO, MBP_1, TRADES
from velora.errors import CorruptData, InvalidArgument

K = EventKind
S = 10**9
DAY = 86_400 * S
BEGIN = 19_876 * DAY  # 2024-06-02
NO_TIME = 2**64 - 1


def dated(after_days):
    """Such as 20240602."""
    return int(str(np.datetime64("2024-06-02") + np.timedelta64(after_days, "D")).replace("-", ""))


def file_of(records, mappings, dtype=MBP_1, version=1, **head):
    """Bytes of a DBN file; mappings are (symbol, [(first day, end day, id), ...])."""
    width = head.get("width", 22 if version == 1 else 71)

    def text(value):
        return str(value).encode().ljust(width, b"\0")[:width]

    meta = bytearray(100)
    if version > 1:
        struct.pack_into("<H", meta, 45, width)
    meta += struct.pack("<IIII", head.get("definition", 0), *head.get("lists", (0, 0, 0)))
    meta += struct.pack("<I", head.get("symbols", len(mappings)))
    for symbol, parts in mappings:
        meta += text(symbol) + struct.pack("<I", head.get("intervals", len(parts)))
        for first, end, number in parts:
            meta += struct.pack("<II", first, end) + text(number)
    body = np.array(records, dtype).tobytes()
    return b"DBN" + bytes([version]) + struct.pack("<I", head.get("length", len(meta))) + bytes(meta) + body


def top(number, ts, bid, ask=None, flags=128, recv=None):
    """A record of mbp-1 that adds a bid."""
    ask = bid + 1 if ask is None else ask
    recv = ts if recv is None else recv
    head = (20, 1, 1, number, BEGIN + ts, bid * S, 1, ord("A"), ord("B"), flags, 0, BEGIN + recv, 0, 0)
    return (*head, bid * S, ask * S, 5, 5, 1, 1)


def order(number, ts, order_id, price, action="A", side="B", flags=128, size=5, recv=None):
    recv = ts if recv is None else recv
    head = (14, 160, 1, number, BEGIN + ts, order_id, int(price * S), size, flags, 0)
    return (*head, ord(action), ord(side), BEGIN + recv, 0, 0)


def load(tmp_path, *files, **options):
    paths = []
    for at, raw in enumerate(files):
        paths.append(tmp_path / f"{at}.dbn")
        paths[-1].write_bytes(raw)
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    return import_databento(paths, catalog, overwrite=True, **options), catalog


def bids(catalog, name):
    table = catalog.source(name).table()
    return table.price[(table.kind == K.QUOTE) & (table.side == 0)].tolist()


ROLL = [("CL.c.0", [(dated(0), dated(1), 7), (dated(1), dated(3), 8)])]


# ---------------------------------------------------------------------- symbols by day


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_contracts_of_a_continuous_name_are_one_instrument_in_the_order_of_time(tmp_path, version):
    records = [top(7, 1, 70), top(7, DAY - 1, 71), top(8, DAY, 80), top(8, 3 * DAY - 1, 81)]
    summary, catalog = load(tmp_path, file_of(records, ROLL, version=version))
    (one,) = summary.instruments
    assert catalog.names() == ["CL.c.0@databento"]
    assert bids(catalog, "CL.c.0") == [70, 71, 80, 81]
    assert one.rows == catalog.info("CL.c.0")["rows"] == 8
    assert one.rolls == ["2024-06-03T00:00:00.000000000Z: 7 to 8"]
    assert summary.defects == {}


def test_a_day_belongs_to_the_mapping_that_begins_with_it_and_not_to_the_one_that_ends(tmp_path):
    names = [("AAA", [(dated(0), dated(1), 7)]), ("BBB", [(dated(1), dated(2), 7)])]
    records = [top(7, at, price) for at, price in ((0, 70), (DAY - 1, 71), (DAY, 80), (2 * DAY - 1, 81))]
    _, catalog = load(tmp_path, file_of(records, names))
    assert (bids(catalog, "AAA"), bids(catalog, "BBB")) == ([70, 71], [80, 81])


def test_the_day_of_a_record_is_that_of_its_receipt(tmp_path):
    names = [("AAA", [(dated(0), dated(1), 7)]), ("BBB", [(dated(1), dated(2), 7)])]
    records = [top(7, DAY - 9, 70), top(7, DAY - 5, 80, recv=DAY + 2), top(7, DAY + 3, 81, flags=128 | 8, recv=9)]
    summary, catalog = load(tmp_path, file_of(records, names))
    assert (bids(catalog, "AAA"), bids(catalog, "BBB")) == ([70], [80, 81])
    assert summary.defects == {"time of receipt marked as bad": 1}


def test_an_id_that_is_another_instrument_the_next_day_does_not_leak_between_files(tmp_path):
    one = file_of([top(7, k, 70 + k) for k in range(3)], [("ESU4", [(dated(0), dated(1), 7)])])
    two = file_of([top(7, DAY + k, 900 + k) for k in range(3)], [("NQU4", [(dated(1), dated(2), 7)])])
    for files in ((one, two), (two, one)):
        _, catalog = load(tmp_path, *files)
        assert (bids(catalog, "ESU4"), bids(catalog, "NQU4")) == ([70, 71, 72], [900, 901, 902])


def test_an_id_without_a_symbol_on_its_day_is_named_by_its_number_and_counted(tmp_path):
    records = [top(7, 1, 70), top(7, DAY, 71), top(9, 2, 50)]
    summary, catalog = load(tmp_path, file_of(records, [("AAA", [(dated(0), dated(1), 7)])]))
    assert catalog.names() == ["7@databento", "9@databento", "AAA@databento"]
    assert summary.defects == {"instrument id without a symbol on its day, named by its number": 1}
    (place,) = summary.places["instrument id without a symbol on its day, named by its number"]
    assert place.startswith("0.dbn:1 ")


def test_a_mapping_without_days_holds_on_all(tmp_path):
    _, catalog = load(tmp_path, file_of([top(7, 1, 70), top(7, 50 * DAY, 71)], [("AAA", [(0, 0, 7)])]))
    assert bids(catalog, "AAA") == [70, 71]


def test_an_id_with_two_symbols_on_a_day_is_stored_under_both(tmp_path):
    names = [("CL.c.0", [(dated(0), dated(2), 7)]), ("CL.v.0", [(dated(0), dated(1), 7), (dated(1), dated(2), 8)])]
    records = [top(7, 1, 70), top(7, DAY, 71), top(8, DAY + 1, 80)]
    _, catalog = load(tmp_path, file_of(records, names))
    assert (bids(catalog, "CL.c.0"), bids(catalog, "CL.v.0")) == ([70, 71], [70, 80])


def test_two_ids_of_one_symbol_at_one_time_are_refused(tmp_path):
    records = [top(7, 1, 70), top(8, 2, 80), top(7, 3, 71)]
    with pytest.raises(CorruptData, match=r"CL.c.0 is instrument id 7 .* and 8 at once"):
        load(tmp_path, file_of(records, [("CL.c.0", [(0, 0, 7), (0, 0, 8)])]))


# ---------------------------------------------------------------------- several files


def test_files_are_joined_in_the_order_of_time_however_they_are_given(tmp_path):
    days = []
    for day in range(3):
        records = [top(5 + day, day * DAY + k, 70 + 10 * day + k) for k in range(2)]
        days.append(file_of(records, [("X", [(dated(day), dated(day + 1), 5 + day)])]))
    for files in (days, days[::-1], (days[1], days[2], days[0])):
        summary, catalog = load(tmp_path, *files)
        assert bids(catalog, "X") == [70, 71, 80, 81, 90, 91]
        assert len(summary.instruments[0].rolls) == 2


def test_records_that_two_files_share_are_taken_once(tmp_path):
    records = [top(7, k, 70 + k) for k in range(6)]
    names = [("X", [(0, 0, 7)])]
    for parts in ((records, records), (records[:4], records[2:]), (records, records[2:4]), (records[:3], records[3:])):
        summary, catalog = load(tmp_path, *(file_of(part, names) for part in parts))
        assert bids(catalog, "X") == [70, 71, 72, 73, 74, 75]
        shared = len(parts[0]) + len(parts[1]) - 6
        assert summary.defects == ({"records also in another file, left out": 1} if shared else {})


def test_files_that_overlap_and_say_different_things_are_refused(tmp_path):
    names = [("X", [(0, 0, 7)])]
    one, two = [top(7, k, 70 + k) for k in (1, 3, 5)], [top(7, k, 80 + k) for k in (2, 4, 6)]
    with pytest.raises(InvalidArgument, match=r"0.dbn and 1.dbn overlap"):
        load(tmp_path, file_of(one, names), file_of(two, names))
    assert vl.Catalog(tmp_path / "catalog", create=True).names() == []


def test_an_import_is_stored_whole_or_not_at_all(tmp_path):
    names = [("AAA", [(0, 0, 7)]), ("BBB", [(0, 0, 8)])]
    load(tmp_path, file_of([top(7, 1, 70)], names))
    with pytest.raises(CorruptData, match="price 80 is not a multiple of 7"):
        load(tmp_path, file_of([top(7, 1, 77, 84), top(8, 1, 80)], names), tick_size="7")
    catalog = vl.Catalog(tmp_path / "catalog")
    assert (catalog.names(), bids(catalog, "AAA")) == (["AAA@databento"], [70])
    left = [path.name for path in (tmp_path / "catalog").rglob("*") if path.name.startswith(".")]
    assert left == []


def test_an_instrument_without_rows_is_left_out_and_counted(tmp_path):
    names = [("AAA", [(0, 0, 7)]), ("BBB", [(0, 0, 8)])]
    records = [order(7, 1, 1, 70), order(8, 2, 0, 1, action="N", side="N")]
    summary, catalog = load(tmp_path, file_of(records, names, MBO))
    assert catalog.names() == ["AAA@databento"]
    assert summary.defects == {"no rows to store, left out": 1}
    with pytest.raises(CorruptData, match="the files contain no rows"):
        load(tmp_path, file_of(records[1:], names, MBO))


# ---------------------------------------------------------------------- books at a roll


def kinds(catalog, name):
    return [K(kind).name for kind in catalog.source(name).table().kind]


def test_the_orders_of_the_contract_before_are_gone_after_a_roll(tmp_path):
    records = [
        order(7, 1, 1, 70),
        order(7, 2, 2, 71, side="A"),
        order(8, DAY, 1, 80),
        order(8, DAY + 1, 3, 81, side="A"),
    ]
    summary, catalog = load(tmp_path, file_of(records, ROLL, MBO))
    assert kinds(catalog, "CL.c.0")[2:] == ["SNAPSHOT_BEGIN", "SNAPSHOT_END", "GAP", "ORDER_ADD", "ORDER_ADD"]
    assert (summary.instruments[0].gaps, summary.defects) == (1, {})
    table = catalog.source("CL.c.0").table()
    book = vl.OrderBookL3(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty, table.order_id)
    assert (book.best_bid_ticks, book.best_ask_ticks, len(book)) == (80, 81, 2)


def test_a_roll_into_a_snapshot_is_no_gap(tmp_path):
    new = [
        order(8, DAY, 0, 1, action="R", side="N", flags=32 | 8),
        order(8, DAY, 5, 80, flags=32 | 8),
        order(8, DAY, 6, 81, side="A", flags=32 | 8 | 128),
    ]
    summary, catalog = load(
        tmp_path, file_of([order(7, 1, 1, 70), *new, order(8, DAY + 1, 5, 80, action="C")], ROLL, MBO)
    )
    assert kinds(catalog, "CL.c.0") == [
        "ORDER_ADD", "SNAPSHOT_BEGIN", "ORDER_ADD", "ORDER_ADD", "SNAPSHOT_END", "ORDER_CANCEL",
    ]  # fmt: skip
    table = catalog.source("CL.c.0").table()
    assert table.flags[4] & EventFlag.LAST
    assert (summary.instruments[0].gaps, summary.instruments[0].snapshots) == (0, 1)


def test_a_snapshot_right_behind_another_is_a_second_one(tmp_path):
    def snapshot(ts, *ids):
        clear = order(7, ts, 0, 1, action="R", side="N", flags=32)
        return [clear, *(order(7, ts, one, 70 + one, flags=32 | (128 if one == ids[-1] else 0)) for one in ids)]

    summary, catalog = load(tmp_path, file_of([*snapshot(1, 1, 2), *snapshot(9, 3)], [("X", [(0, 0, 7)])], MBO))
    assert kinds(catalog, "X") == [
        "SNAPSHOT_BEGIN", "ORDER_ADD", "ORDER_ADD", "SNAPSHOT_END", "SNAPSHOT_BEGIN", "ORDER_ADD", "SNAPSHOT_END",
    ]  # fmt: skip
    table = catalog.source("X").table()
    assert [bool(flag & EventFlag.LAST) for flag in table.flags] == [False, False, False, True, False, False, True]
    assert table.ts_recv[[0, 3, 4, 6]].tolist() == [BEGIN + 1, BEGIN + 1, BEGIN + 9, BEGIN + 9]
    assert summary.instruments[0].snapshots == 2


# ---------------------------------------------------------------------- undefined times


def test_of_two_times_the_undefined_one_is_the_other(tmp_path):
    records = [list(order(7, ts, ts, 70)) for ts in (10, 20, 30, 40)]
    records[1][12] = NO_TIME  # ts_recv
    records[2][4] = NO_TIME  # ts_event
    records[3][4] = records[3][12] = NO_TIME
    summary, catalog = load(tmp_path, file_of([tuple(one) for one in records], [("X", [(0, 0, 7)])], MBO))
    table = catalog.source("X").table()
    assert (table.ts_recv - BEGIN).tolist() == [10, 20, 30, 30]
    assert (table.ts_event - BEGIN).tolist() == [10, 20, 30, 30]
    assert (table.flags & EventFlag.CLOCK_ESTIMATED != 0).tolist() == [False, False, True, True]
    assert summary.defects == {"time of receipt undefined": 2, "venue time undefined": 2}


def test_records_without_any_time_are_refused(tmp_path):
    record = list(order(7, 1, 1, 70))
    record[4] = record[12] = NO_TIME
    with pytest.raises(CorruptData, match="no record has a time"):
        load(tmp_path, file_of([tuple(record)], [], MBO))


@pytest.mark.parametrize("field", [4, 12])
def test_a_time_beyond_64_signed_bits_is_refused_with_its_record(tmp_path, field):
    record = list(order(7, 1, 1, 70))
    record[field] = 2**63
    with pytest.raises(CorruptData, match=r"row 1, field 'ts_.*': ts_.* is 9223372036854775808"):
        load(tmp_path, file_of([order(7, 1, 1, 70), tuple(record)], [], MBO))


# ---------------------------------------------------------------------- hostile headers


@pytest.mark.parametrize(
    "head",
    [
        {"version": 2, "width": 0, "symbols": 1, "intervals": 2**32 - 1},
        {"version": 2, "width": 0, "lists": (2**32 - 1, 0, 0)},
        {"definition": 2**32 - 1},
        {"lists": (2**31, 0, 0)},
        {"lists": (0, 0, 2**32 - 1)},
        {"symbols": 2**32 - 1},
        {"intervals": 2**32 - 1},
        {"length": 0},
        {"length": 103},
        {"length": 120},
        {"length": 2**32 - 1},
    ],
)
def test_a_count_that_the_bytes_do_not_bear_out_is_refused_at_once(tmp_path, head):
    raw = file_of([order(7, 1, 1, 70)], [("X", [(0, 0, 7)])], MBO, **head)
    with pytest.raises(CorruptData, match="metadata cannot be read"):
        load(tmp_path, raw)


@pytest.mark.parametrize("day", [20241301, 20240230, 1, 99, 2**32 - 1])
def test_a_day_of_a_mapping_that_is_none_is_refused(tmp_path, day):
    with pytest.raises(CorruptData, match=f"{day} is not a date"):
        load(tmp_path, file_of([top(7, 1, 70)], [("X", [(day, 0, 7)])]))


def test_an_id_of_very_many_symbols_is_refused(tmp_path):
    names = [(f"S{at}", [(0, 0, 7)]) for at in range(200)]
    with pytest.raises(CorruptData, match="more than 16 symbols at once"):
        load(tmp_path, file_of([top(7, 1, 70)], names))


@pytest.mark.parametrize(("dtype", "rtype"), [(MBO, 160), (MBP_1, 1), (TRADES, 0)])
@pytest.mark.parametrize("change", [-4, 4, 12])
def test_a_record_of_another_length_than_its_type_s_is_refused(tmp_path, dtype, rtype, change):
    raw = bytearray(file_of([], [], dtype))
    size = dtype.itemsize + change
    raw += bytes([size // 4, rtype]) + bytes(size - 2)
    with pytest.raises(CorruptData, match=f"has records of {size} bytes, not {dtype.itemsize}"):
        load(tmp_path, bytes(raw))


def test_records_with_the_time_of_sending_are_read(tmp_path):
    raw = bytearray(file_of([], [("X", [(0, 0, 7)])], MBO))
    for ts in (1, 2):
        record = bytearray(np.array([order(7, ts, ts, 70)], MBO).tobytes() + bytes(8))
        record[0] = len(record) // 4
        raw += record
    _, catalog = load(tmp_path, bytes(raw))
    assert catalog.info("X")["rows"] == 2


def test_a_file_that_breaks_off_says_at_which_record_and_byte(tmp_path):
    raw = file_of([order(7, k, k, 70) for k in (1, 2, 3)], [], MBO)
    with pytest.raises(CorruptData, match=rf"row 2: .* in record 2, at byte {len(raw) - 56} of {len(raw) - 9}"):
        load(tmp_path, raw[:-9])


def test_other_records_between_those_of_the_data_are_left_out(tmp_path):
    other = bytes([4, 22]) + bytes(14)
    parts = [np.array([order(7, k, k, 70)], MBO).tobytes() for k in range(1, 200)]
    raw = file_of([], [("X", [(0, 0, 7)])], MBO) + other + other.join(parts) + other
    summary, catalog = load(tmp_path, raw)
    assert (summary.lines, catalog.info("X")["rows"]) == (199, 199)


def test_records_of_two_types_in_one_file_are_refused(tmp_path):
    raw = file_of([order(7, 1, 1, 70)], [], MBO) + np.array([top(7, 2, 70)], MBP_1).tobytes()
    with pytest.raises(CorruptData, match=r"row 1: mixes records of type 160 .* and of type 1"):
        load(tmp_path, raw)


def test_a_zstd_stream_that_grows_without_bound_is_refused(tmp_path):
    raw = file_of([order(7, 1, 1, 70)] * 1_000_000, [("X", [(0, 0, 7)])], MBO)
    path = tmp_path / "bomb.dbn.zst"
    path.write_bytes(pa.compress(raw, "zstd", asbytes=True))
    assert path.stat().st_size < 20_000
    with pytest.raises(CorruptData, match="expands beyond"):
        import_databento([path], vl.Catalog(tmp_path / "catalog", create=True))


def test_a_zstd_stream_that_breaks_off_is_refused(tmp_path):
    whole = pa.compress(file_of([order(7, k, k, 70) for k in range(99)], [], MBO), "zstd", asbytes=True)
    path = tmp_path / "x.dbn.zst"
    for cut in (5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(CorruptData, match="the zstd stream is damaged"):
            import_databento([path], vl.Catalog(tmp_path / "catalog", create=True))
