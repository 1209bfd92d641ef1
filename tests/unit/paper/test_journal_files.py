"""Journals as files: private, never something else, and heads that are none."""

from __future__ import annotations

import json
import os
import stat
import struct

import numpy as np
import pytest
from typer.testing import CliRunner

import velora as vl
from velora.cli.main import app
from velora.core.checksum import crc32c
from velora.engine.journal import JournalReader, JournalWriter
from velora.errors import CorruptData, DataError, InvalidArgument, MissingFile, VeloraError

HEAD = {
    "instruments": [{"symbol": "X", "tick_size": "0.1", "lot_size": "0.001", "quote": "USDT"}],
    "quote_fed": [False],
    "strategies": {"Quiet": "m.Quiet"},
    "parameters": {"Quiet": {}},
    "capital": {"Quiet": {}},
    "on_error": "raise",
    "retention": -1,
    "fuse_quotes": False,
    "warmup_ns": 0,
    "speed": 1.0,
    "assumptions": {},
}


class Quiet(vl.Strategy):
    pass


def record(number, kind, ts, payload):
    head = struct.pack("<IIqIII", len(payload), number, ts, kind, crc32c(payload) if payload else 0, 0)
    return head + struct.pack("<I", crc32c(head)) + payload


def journal(path, *payloads):
    data = b"VELORAJ\n" + struct.pack("<II", 2, 0x01020304)
    for number, (kind, payload) in enumerate(payloads):
        data += record(number, kind, number, payload)
    path.write_bytes(data)
    return path


def rows(index, *, count=1, kind=1, side=0, price=5, qty=5):
    row = struct.pack("<qqqqBBB5x", 1, price, qty, 0, kind, side, 1)
    return struct.pack("<ii", index, count) + row


def test_a_journal_is_private(tmp_path):
    JournalWriter(tmp_path / "a.journal", {}).close()
    assert stat.S_IMODE((tmp_path / "a.journal").stat().st_mode) == 0o600


def test_a_journal_is_never_written_over_anything(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("pipe", "victim", "link", "dangling"):
        with pytest.raises(InvalidArgument, match="exists"):
            JournalWriter(tmp_path / name, {})
    assert not (tmp_path / "nowhere").exists()
    for name in ("nowhere/a", "victim/a"):
        with pytest.raises(MissingFile):
            JournalWriter(tmp_path / name, {})


def test_a_journal_whose_head_cannot_be_written_is_not_there(tmp_path):
    with pytest.raises(TypeError):
        JournalWriter(tmp_path / "a.journal", {"x": object()})
    assert not (tmp_path / "a.journal").exists()


def test_a_pipe_or_a_device_is_no_journal_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(InvalidArgument, match=r"pipe|device"):
            JournalReader(path)
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(MissingFile):
            JournalReader(path)
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(CorruptData, match="empty"):
        JournalReader(tmp_path / "empty")


@pytest.mark.parametrize("head", [b"[]", b"{", b"", b"5", b'"x"', b"null", b"[" * 100_000, b"9" * 5_000, b"\xff\xfe"])
def test_a_head_that_is_no_object_is_corrupt(tmp_path, head):
    with pytest.raises(CorruptData, match="record 0 at byte 16: its head"):
        JournalReader(journal(tmp_path / "j", (1, head)))


@pytest.mark.parametrize("key", [key for key in HEAD if key not in ("speed", "assumptions")])
def test_a_wrong_value_in_a_head_is_corrupt(tmp_path, key):
    for value in (5.5, "x", None, [5], {"x": 5}, [None], {"Quiet": 5}, {"Quiet": {"USDT": 5}}, -2, 2**64, []):
        path = journal(tmp_path / "j", (1, json.dumps({**HEAD, key: value}).encode()))
        with pytest.raises(VeloraError):
            vl.replay_journal(path, Quiet())
        if key != "strategies" and (key, value) != ("parameters", {"Quiet": {"USDT": 5}}):
            with pytest.raises(CorruptData, match="record 0"):
                vl.journal_tables(path)
        assert CliRunner().invoke(app, ["journal", str(path)]).exception.__class__ is not KeyError
    without = {name: value for name, value in HEAD.items() if name != key}
    with pytest.raises(CorruptData, match=f"record 0.*{key}"):
        vl.replay_journal(journal(tmp_path / "j", (1, json.dumps(without).encode())), Quiet())


@pytest.mark.parametrize("index", [1, -1, 1_000_000, -(2**31)])
def test_rows_of_an_instrument_that_is_not_there_are_corrupt(tmp_path, index):
    path = journal(tmp_path / "j", (1, json.dumps(HEAD).encode()), (3, rows(0)), (3, rows(index)))
    with pytest.raises(CorruptData, match=r"record 2 at byte \d+: 1 rows of instrument"):
        vl.journal_tables(path)


@pytest.mark.parametrize("payload", [b"", b"1234", rows(0, count=2), rows(0, count=-1), rows(0)[:-1]])
def test_a_record_of_rows_of_another_length_is_corrupt(tmp_path, payload):
    path = journal(tmp_path / "j", (1, json.dumps(HEAD).encode()), (3, payload))
    with pytest.raises(CorruptData, match="record 1"):
        vl.journal_tables(path)


def test_rows_of_a_journal_that_cannot_be_are_named(tmp_path):
    for change in ({"side": 77}, {"kind": 99}, {"price": -(2**63)}, {"qty": 2**63 - 1}):
        path = journal(tmp_path / "j", (1, json.dumps(HEAD).encode()), (3, rows(0)), (3, rows(0, **change)))
        with pytest.raises(DataError, match=f"row 1, field '{next(iter(change))}'") as caught:
            vl.journal_tables(path)
        assert caught.value.file == str(path)
    (table,) = vl.journal_tables(journal(tmp_path / "j", (1, json.dumps(HEAD).encode()), (3, rows(0))))
    assert np.array_equal(table.price, [5])
