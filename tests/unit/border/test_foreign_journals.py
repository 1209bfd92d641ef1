"""A journal that somebody else has made: each record is looked at before it acts."""

import json
import struct

import pytest

import velora as vl
from velora.engine.journal import RecordType, crc32c
from velora.errors import CorruptData

FIELDS = ("ts_arrival", "ts_venue", "order_id", "price", "qty", "fee", "datum_ts", "datum_row", "mid_x2", "instrument")
CODES = ("kind", "side", "cause", "maker", "reason")
ACK, FILL, CANCELED, AMENDED, CANCEL_REJECTED, RELEASED, FUNDING = 0, 1, 2, 5, 6, 9, 10


class Quiet(vl.Strategy):
    pass


class Sends(vl.Strategy):
    def on_start(self):
        self.mine = self.buy("X", qty_lots=10, price_ticks=100)

    def on_fill(self, fill):
        repr(fill), repr(fill.side)

    def on_order(self, order):
        repr(order), order.reason, order.refusal


def report(**changes):
    values = {
        **dict.fromkeys((*FIELDS, *CODES), 0),
        "ts_arrival": 1,
        "ts_venue": 1,
        "order_id": 1,
        "strategy": 0,
        **changes,
    }
    body = struct.pack("<9qi5B3x", *(values[name] for name in (*FIELDS, *CODES)))
    return RecordType.REPORT, 2, body + struct.pack("<i", values["strategy"])


START = (RecordType.START, 1, struct.pack("<q", 0))
#: What `Sends` decides upon its start: a buy order of 10 lots at 100 ticks, of id 1.
COMMAND = struct.pack("<9qi8BIqi4x", 1, 1, 100, 10, *[0] * 6, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0)
SENT = (START, (RecordType.COMMAND, 1, COMMAND))


def head(cls):
    return {
        "instruments": [{"symbol": "X", "tick_size": "0.1", "lot_size": "0.001", "quote": "USDT"}],
        "quote_fed": [False],
        "strategies": {cls.__name__: f"m.{cls.__name__}"},
        "parameters": {cls.__name__: {}},
        "capital": {cls.__name__: {}},
        "on_error": "raise",
        "retention": -1,
        "fuse_quotes": False,
        "warmup_ns": 0,
        "speed": 1.0,
        "assumptions": {},
    }


def replay(path, cls, *records):
    made = b"VELORAJ\n" + struct.pack("<II", 1, 0x01020304)
    for number, (kind, ts, payload) in enumerate(((RecordType.BEGIN, 0, json.dumps(head(cls)).encode()), *records)):
        top = struct.pack("<IIqIII", len(payload), number, ts, kind, crc32c(payload) if payload else 0, 0)
        made += top + struct.pack("<I", crc32c(top)) + payload
    path.write_bytes(made)
    return vl.replay_journal(path, cls())


FUNDING_REPORT = {"kind": FUNDING, "qty": 1, "fee": 5}
FILL_REPORT = {"kind": FILL, "price": 100, "qty": 1}


@pytest.mark.parametrize(
    "changes",
    [
        *({**FUNDING_REPORT, "instrument": index} for index in (1, 3, -1, 1_000_000, -(2**31), 2**31 - 1)),
        *({**FUNDING_REPORT, "strategy": index} for index in (1, -1, 2**31 - 1)),
        *({**FILL_REPORT, "instrument": index} for index in (1, -1, 1_000_000)),
        *({**FILL_REPORT, "side": side} for side in (1, 2, 3, 200, 255)),
        *({**FILL_REPORT, "reason": reason} for reason in (14, 31, 40, 43, 45, 200, 255)),
        *({**FILL_REPORT, "cause": cause} for cause in (5, 255)),
        {**FILL_REPORT, "maker": 2},
        *({**FILL_REPORT, "qty": qty} for qty in (0, -1, 2**62, 2**63 - 1)),
        *({**FILL_REPORT, "price": price} for price in (2**60, -(2**63), 2**63 - 1)),
        {**FILL_REPORT, "ts_venue": 2**63 - 1},
        {"kind": ACK, "price": 2**62},
        {"kind": AMENDED, "price": 100, "qty": 0},
        {"kind": AMENDED, "price": 100, "qty": -(2**63)},
        {"kind": RELEASED, "qty": 11},
        {"kind": FUNDING + 1},
        {"kind": 255},
        {"kind": ACK, "order_id": 0},
        {"kind": CANCEL_REJECTED, "order_id": 0, "instrument": 9},
        {"kind": CANCELED, "reason": 99},
    ],
    ids=str,
)
def test_a_report_that_names_what_is_not_there_is_refused_by_its_record(tmp_path, changes):
    with pytest.raises(CorruptData, match="record 3 at byte"):
        replay(tmp_path / "a.journal", Sends, *SENT, report(**changes))


def test_a_report_that_fits_is_given(tmp_path):
    fits = (report(kind=ACK, price=100), report(**FILL_REPORT), report(**FUNDING_REPORT))
    found = replay(tmp_path / "a.journal", Sends, *SENT, *fits)
    assert found.is_same
    assert found.inputs == 4


@pytest.mark.parametrize("order_id", [2, -1, 2**62, -(2**63)])
def test_a_report_of_an_order_that_was_not_sent_is_a_difference(tmp_path, order_id):
    one = report(kind=ACK, order_id=order_id)
    if order_id > 0:
        assert "which was not sent" in replay(tmp_path / "a.journal", Sends, *SENT, one).difference
    else:
        with pytest.raises(CorruptData, match="record 3"):
            replay(tmp_path / "a.journal", Sends, *SENT, one)


@pytest.mark.parametrize("fee", [2**63 - 1, -(2**63)])
def test_fees_that_wrap_end_the_replay(tmp_path, fee):
    one = report(**{**FUNDING_REPORT, "fee": fee})
    with pytest.raises(vl.VeloraError):
        replay(tmp_path / "a.journal", Quiet, START, one, one, one)


def rows(*each, instrument=0):
    body = struct.pack("<ii", instrument, len(each))
    for price, qty, kind, side in each:
        body += struct.pack("<4q3B5x", 1, price, qty, 0, kind, side, 1)
    return RecordType.ROWS, 2, body


@pytest.mark.parametrize(
    "row",
    [
        (100, 5, 1, 3),
        (100, 5, 1, 77),
        (100, -5, 3, 0),
        (2**61, 5, 3, 0),
        (100, 5, 99, 0),
        (100, 5, 0, 0),
        (-(2**63), 5, 1, 0),
    ],
)
def test_rows_out_of_range_are_refused_by_their_record(tmp_path, row):
    with pytest.raises(CorruptData, match="record 2 at byte"):
        replay(tmp_path / "a.journal", Quiet, START, rows((100, 5, 3, 0), row))


@pytest.mark.parametrize(
    "records",
    [
        (START, START),
        (report(kind=ACK, price=100),),
        ((RecordType.TIMER, 1, struct.pack("<qqi4x", 1, 1, 0)),),
        ((RecordType.SAMPLE, 1, b""),),
        ((RecordType.STOP, 1, b""),),
        (START, (RecordType.STOP, 2, b""), (RecordType.STOP, 2, b"")),
        (START, (RecordType.STOP, 2, b""), rows((100, 5, 3, 0))),
        (START, (RecordType.SAMPLE, 0, b"")),
        (START, (RecordType.SAMPLE, 2**63 - 1, b"")),
        ((RecordType.START, 1, struct.pack("<q", -5)),),
    ],
    ids=lambda records: " ".join(RecordType(kind).name for kind, *_ in records),
)
def test_records_out_of_their_order_are_refused(tmp_path, records):
    with pytest.raises(vl.VeloraError, match=r"record|sample"):
        replay(tmp_path / "a.journal", Quiet, *records)


def test_a_journal_that_becomes_shorter_while_it_is_read_is_an_error(tmp_path):
    from velora.engine.journal import JournalReader

    path = tmp_path / "a.journal"
    replay(path, Quiet, START, *[rows((100, 5, 3, 0)) for _ in range(500)])
    reader = iter(JournalReader(path))
    next(reader)
    path.write_bytes(path.read_bytes()[:64])
    with pytest.raises(CorruptData, match="became shorter"):
        list(reader)
