"""A journal that somebody else has made: each record is looked at before it acts."""

import json
import struct

import pytest

import velora as vl
from velora.engine.journal import RecordType, crc32c
from velora.errors import CorruptData

ACK, FILL, CANCELED, AMENDED, CANCEL_REJECTED, RELEASED, STATUS, DENIED = 0, 1, 2, 5, 6, 9, 11, 12
FUNDING, TRANSFER, LIQUIDATION = 32, 35, 36


class Quiet(vl.Strategy):
    pass


class Sends(vl.Strategy):
    def on_start(self):
        self.mine = self.buy("X", qty_lots=10, price_ticks=100)

    def on_fill(self, fill):
        repr(fill), repr(fill.side)

    def on_order(self, order):
        repr(order), order.reason, order.refusal


#: The fields of a report and of an account event as csrc/include/velora/message.h lays them out.
HEAD = ("ts_venue", "instrument", "account", "kind")
REPORT = (*HEAD, "side", "maker", "reason", "fee_currency", "order_id", "trade_id", "price", "qty", "fee")
EVENT = (*HEAD, "currency", "strategy", "event_id", "amount", "qty", "price")


def report(**changes):
    values = {"ts_venue": 1, "order_id": 1, **changes}
    return RecordType.MESSAGE, 2, struct.pack("<qii4Bi5q", *(values.get(name, 0) for name in REPORT))


def event(**changes):
    values = {"ts_venue": 1, **changes}
    return RecordType.MESSAGE, 2, struct.pack("<qiiB3xii4x4q", *(values.get(name, 0) for name in EVENT))


START = (RecordType.START, 1, struct.pack("<q", 0))
#: What `Sends` decides upon its start: a buy order of 10 lots at 100 ticks, of id 1.
COMMAND = struct.pack("<2q8q8B3iIB7x", 1, 1, 100, 10, *[0] * 6, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
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
    made = b"VELORAJ\n" + struct.pack("<II", 2, 0x01020304)
    for number, (kind, ts, payload) in enumerate(((RecordType.BEGIN, 0, json.dumps(head(cls)).encode()), *records)):
        top = struct.pack("<IIqIII", len(payload), number, ts, kind, crc32c(payload) if payload else 0, 0)
        made += top + struct.pack("<I", crc32c(top)) + payload
    path.write_bytes(made)
    return vl.replay_journal(path, cls())


FUNDED = {"kind": FUNDING, "qty": 1, "amount": -5}
CLOSED = {"kind": LIQUIDATION, "qty": -1, "price": 90, "amount": -5}
FILLED = {"kind": FILL, "price": 100, "qty": 1}


@pytest.mark.parametrize(
    "changes",
    [
        *({**FILLED, "instrument": index} for index in (1, -1, 1_000_000)),
        *({**FILLED, "account": account} for account in (1, -1)),
        *({**FILLED, "fee_currency": currency} for currency in (1, -1)),
        *({**FILLED, "side": side} for side in (1, 2, 3, 200, 255)),
        *({**FILLED, "reason": reason} for reason in (14, 31, 40, 43, 45, 48, 49, 200, 255)),
        {**FILLED, "maker": 2},
        *({**FILLED, "qty": qty} for qty in (0, -1, 2**62, 2**63 - 1)),
        *({**FILLED, "price": price} for price in (2**60, -(2**63), 2**63 - 1)),
        {**FILLED, "ts_venue": 2**63 - 1},
        {"kind": ACK, "price": 2**62},
        {"kind": AMENDED, "price": 100, "qty": 0},
        {"kind": AMENDED, "price": 100, "qty": -(2**63)},
        {"kind": RELEASED, "qty": 11},
        {"kind": STATUS, "price": 100, "qty": 0},
        {"kind": DENIED},
        {"kind": DENIED + 1},
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


@pytest.mark.parametrize(
    "changes",
    [
        *({**FUNDED, "instrument": index} for index in (1, 3, -1, 1_000_000, -(2**31), 2**31 - 1)),
        *({**FUNDED, "strategy": index} for index in (1, -1, 2**31 - 1)),
        {**FUNDED, "amount": -(2**63)},
        {**FUNDED, "qty": -(2**63)},
        *({**CLOSED, "qty": qty} for qty in (0, 2**60, -(2**60))),
        *({**CLOSED, "price": price} for price in (2**60, -(2**63))),
        {**CLOSED, "strategy": -1},
        {"kind": TRANSFER, "instrument": -2},
        {"kind": LIQUIDATION + 1},
        {"kind": FUNDING - 1},
    ],
    ids=str,
)
def test_an_account_event_that_names_what_is_not_there_is_refused_by_its_record(tmp_path, changes):
    with pytest.raises(CorruptData, match="record 3 at byte"):
        replay(tmp_path / "a.journal", Sends, *SENT, event(**changes))


def test_messages_that_fit_are_given(tmp_path):
    reports = (report(kind=ACK, price=100), report(**FILLED))
    events = (event(**FUNDED), event(**CLOSED), event(kind=TRANSFER, instrument=-1, strategy=-1, amount=7))
    found = replay(tmp_path / "a.journal", Sends, *SENT, *reports, *events)
    assert found.is_same
    assert found.inputs == 6


@pytest.mark.parametrize("order_id", [2, -1, 2**62, -(2**63)])
def test_a_report_of_an_order_that_was_not_sent_is_a_difference(tmp_path, order_id):
    one = report(kind=ACK, order_id=order_id)
    if order_id > 0:
        assert "which was not sent" in replay(tmp_path / "a.journal", Sends, *SENT, one).difference
    else:
        with pytest.raises(CorruptData, match="record 3"):
            replay(tmp_path / "a.journal", Sends, *SENT, one)


@pytest.mark.parametrize("fee", [2**63 - 1, -(2**63 - 1)])
def test_fees_that_wrap_end_the_replay(tmp_path, fee):
    one = event(**{**FUNDED, "amount": -fee})
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
