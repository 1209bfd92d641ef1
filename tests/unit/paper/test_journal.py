"""Journals: what they refuse, what a crash leaves of them, and that decisions depend on nothing else."""

from __future__ import annotations

import re
import shutil
import signal
import struct

import numpy as np
import pytest
from _busy import Busy, drive

import velora as vl
from velora.engine.journal import JournalReader, JournalWriter, RecordType, crc32c
from velora.errors import CorruptData, InvalidArgument, MissingFile
from velora.paper.clock import ManualClock
from velora.paper.run import PacedRun
from velora.strategy.examples import MarketMaker


def market():
    return vl.SyntheticMarket(seed=3, duration="3s")


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """A short run's."""
    path = tmp_path_factory.mktemp("journal") / "run.journal"
    drive(PacedRun(vl.Backtest(market(), Busy(), latency="2ms"), clock=ManualClock(10_007), journal=path))
    return path


@pytest.fixture(scope="module")
def short_journal(tmp_path_factory):
    """That of a run of some decisions."""
    path = tmp_path_factory.mktemp("journal") / "short.journal"
    test = vl.Backtest(vl.SyntheticMarket(seed=3, duration="500ms"), Busy(), latency="2ms")
    drive(PacedRun(test, clock=ManualClock(10_007), journal=path))
    return path


def slow_crc32c(data):
    """Bit by bit, by the polynomial."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def test_the_checksum_is_crc32c():
    assert crc32c(b"123456789") == 0xE3069283
    rng = np.random.default_rng(1)
    for size in (*range(20), 255, 256, 1000):
        data = rng.bytes(size)
        assert crc32c(data) == slow_crc32c(data)
        assert crc32c(data[5:], crc32c(data[:5])) == slow_crc32c(data)


def test_a_journal_is_laid_out_as_its_header_says(journal):
    data = journal.read_bytes()
    assert data[:16] == b"VELORAJ\n" + struct.pack("<II", 2, 0x01020304)
    at, number, rows, types = 16, 0, 0, []
    while at < len(data):
        length, found, _, kind, payload_crc, zero, header_crc = struct.unpack_from("<IIqIIII", data, at)
        payload = data[at + 32 : at + 32 + length]
        assert (found, zero) == (number, 0)
        assert header_crc == slow_crc32c(data[at : at + 28])
        if number < 50:
            assert payload_crc == slow_crc32c(payload)
        if kind == RecordType.ROWS:
            instrument, count = struct.unpack_from("<ii", payload)
            assert (instrument, len(payload)) == (0, 8 + 40 * count)
            rows += count
        types.append(kind)
        at += 32 + length
        number += 1
    assert at == len(data)
    assert rows == len(market().table())
    assert types[:2] == [RecordType.BEGIN, RecordType.START]
    assert types[-1] == RecordType.END
    assert set(types) == set(RecordType) - {RecordType.PARAMETERS, RecordType.DENIED}


def test_recorded_rows_are_those_of_the_feed(journal):
    rows = []
    for record in JournalReader(journal):
        if record.type == RecordType.ROWS:
            rows += [struct.unpack_from("<qqqqBBB", record.payload, at) for at in range(8, len(record.payload), 40)]
    table = market().table()
    names = ("ts_event", "price", "qty", "order_id", "kind", "side", "flags")
    assert rows == list(zip(*(getattr(table, name).tolist() for name in names), strict=True))


def test_the_feed_of_a_journal_is_data_with_its_real_times(journal, tmp_path):
    (table,) = vl.journal_tables(journal)
    feed = market().table()
    for name in ("ts_event", "kind", "side", "flags", "price", "qty", "order_id"):
        assert (getattr(table, name) == getattr(feed, name)).all()
    assert (table.ts_recv > feed.ts_recv)[100:].all()
    assert len(vl.Backtest([table], Busy(), latency="2ms").run().fills) > 0
    in_time = tmp_path / "in_time.journal"
    drive(PacedRun(vl.Backtest(market(), Busy(), latency="2ms"), clock=ManualClock(), journal=in_time))
    again = vl.Backtest(vl.journal_tables(in_time), Busy(), latency="2ms").run()
    assert again.hash == vl.Backtest(market(), Busy(), latency="2ms").run().hash


def test_every_cut_of_the_end_replays_to_a_prefix_of_the_decisions(short_journal, tmp_path):
    """As a kill at any moment leaves it."""
    whole = vl.replay_journal(short_journal, Busy())
    records = list(JournalReader(short_journal))
    commands = [at for at, record in enumerate(records) if record.type == RecordType.COMMAND]
    begin = records[commands[-3] - 1].offset
    data = short_journal.read_bytes()
    cut = tmp_path / "cut.journal"
    seen = set()
    for size in range(begin, len(data)):
        cut.write_bytes(data[:size])
        replay = vl.replay_journal(cut, Busy())
        assert replay.is_same, (size, replay.difference)
        assert whole.decisions.startswith(replay.recorded)
        assert whole.decisions.startswith(replay.decisions)
        assert replay.recorded_hash is None
        at = max(record.offset for record in records if record.offset <= size)
        assert replay.torn_bytes in (size - at, 0)
        assert (replay.torn_bytes == 0) == any(record.offset == size for record in records)
        seen.add(len(replay.recorded))
    assert len(seen) > 2


def test_every_changed_byte_is_an_error_that_names_the_record(journal, tmp_path):
    records = list(JournalReader(journal))
    data = bytearray(journal.read_bytes())
    changed = tmp_path / "changed.journal"
    for record in (records[1], records[len(records) // 2], records[-1]):
        for at in range(record.offset, record.offset + 32 + len(record.payload)):
            data[at] ^= 0x10
            changed.write_bytes(data)
            data[at] ^= 0x10
            with pytest.raises(CorruptData, match=rf"record {record.number} at byte {record.offset}: "):
                list(JournalReader(changed))


def test_zeros_that_a_crash_leaves_behind_are_left_out(journal, tmp_path):
    longer = tmp_path / "longer.journal"
    longer.write_bytes(journal.read_bytes() + bytes(5_000))
    replay = vl.replay_journal(longer, Busy())
    assert replay.is_same
    assert replay.torn_bytes == 5_000


def test_a_replay_in_which_the_strategy_decides_otherwise_says_where(journal):
    class Other(Busy):
        def on_start(self):
            super().on_start()
            self.after("1500ms", lambda: setattr(self, "seen", self.seen + 1))

    Other.__name__ = Other.__qualname__ = "Busy"
    replay = vl.replay_journal(journal, Other())
    assert re.fullmatch(r"record \d+ fires a timer that is not the next one here", replay.difference)
    assert not replay.is_same

    class Wider(Busy):
        def requote(self):
            self.seen += self.now % 2
            super().requote()

    Wider.__name__ = Wider.__qualname__ = "Busy"
    replay = vl.replay_journal(journal, Wider())
    assert not replay.is_same
    assert re.fullmatch(
        r"decision \d+ differs, on record \d+, at 2024-.*Z: \d+ decided, \d+ recorded so far", replay.difference
    )


def test_a_changed_time_of_one_input_changes_the_hash(journal, tmp_path):
    """The local times of inputs are part of what is replayed."""
    records = list(JournalReader(journal))
    path = tmp_path / "changed.journal"
    data = bytearray(journal.read_bytes())
    report = next(one for one in records if one.type == RecordType.MESSAGE)
    struct.pack_into("<q", data, report.offset + 8, report.ts - 1)
    struct.pack_into("<I", data, report.offset + 28, crc32c(bytes(data[report.offset : report.offset + 28])))
    path.write_bytes(data)
    assert not vl.replay_journal(path, Busy()).is_same


def test_a_journal_is_never_written_over(journal):
    with pytest.raises(InvalidArgument, match="never written over"):
        JournalWriter(journal, {})
    with pytest.raises(InvalidArgument, match="never written over"):
        PacedRun(vl.Backtest(market(), Busy()), clock=ManualClock(), journal=journal).start()
    with pytest.raises(MissingFile, match="folder"):
        JournalWriter(journal.parent / "nowhere" / "x", {})


def test_a_journal_of_another_strategy_is_refused(journal):
    with pytest.raises(InvalidArgument, match=r"the journal is for .*Busy, was given .*MarketMaker"):
        vl.replay_journal(journal, MarketMaker())


def test_what_is_no_journal_is_refused(journal, tmp_path):
    path = tmp_path / "x"
    with pytest.raises(MissingFile):
        JournalReader(path)
    for data, what in (
        (b"", "empty"),
        (b"something else", "no journal"),
        (b"VELORAJ\n\1", "not whole"),
        (b"VELORAJ\n\1\0\0\0\1\2\3\4", "not whole"),
        (b"VELORAJ\n\3\0\0\0\4\3\2\1", "version 3"),
        (b"VELORAJ\n\2\0\0\0\4\3\2\1", "first record"),
        (journal.read_bytes()[:60], "first record"),
    ):
        path.write_bytes(data)
        with pytest.raises(CorruptData, match=what):
            JournalReader(path)


def test_a_file_that_takes_no_more_is_an_error_and_the_journal_goes_on_whole(tmp_path):
    import resource

    path = tmp_path / "full.journal"
    test = vl.Backtest(market(), Busy(), latency="2ms")
    live = PacedRun(test, clock=ManualClock(10_007), journal=path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, hard))
    try:
        with pytest.raises(OSError, match=r"full\.journal"):
            drive(live)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    cut = path.read_bytes()
    assert len(cut) == 100_001
    assert vl.replay_journal(path, Busy()).is_same
    live.close()  # there is room again: what waited follows what is there
    assert path.read_bytes()[: len(cut)] == cut
    replay = vl.replay_journal(path, Busy())
    assert replay.is_same
    assert replay.torn_bytes == 0


def test_a_writer_of_a_closed_journal_says_so(tmp_path):
    writer = JournalWriter(tmp_path / "x", {"a": 1})
    assert writer.records == 1
    writer.close()
    writer.close()
    assert JournalReader(tmp_path / "x").head == {"a": 1}
    shutil.rmtree(tmp_path)
