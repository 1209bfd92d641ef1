"""Journals of a live run: damaged as bytes, and rewritten with the checksums that fit, as somebody hostile would."""

from __future__ import annotations

import json
import struct
import tempfile
from pathlib import Path

import velora as vl
from tests.fuzz import mutate
from tests.fuzz.harness import Target, main
from velora.engine.journal import JournalReader, crc32c
from velora.paper.clock import ManualClock
from velora.paper.replay import replay_journal
from velora.paper.run import PacedRun
from velora.paper.tables import journal_tables
from velora.strategy.examples import MarketMaker

_HEAD = struct.Struct("<IIqIII")
_START = 16
_NUMBERS = (0, 1, -1, 2, 3, 127, 128, 200, 255, 256, 10**6, 2**31 - 1, -(2**31), 2**32 - 1, 2**62, 2**63 - 1, -(2**63))


def seeds():
    found = []
    for orders in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "j"
            strategy = MarketMaker() if orders else vl.Strategy()
            test = vl.Backtest(vl.SyntheticMarket(seed=3, duration="300ms"), strategy, latency="2ms")
            live = PacedRun(test, clock=ManualClock(10_007), journal=path)
            _drive(live)
            found.append({"j": path.read_bytes(), **({"orders": b""} if orders else {})})
    return found


def _drive(live):
    live.start()
    while live.pump():
        live.clock.ts = max(live.clock.ts, live.driver.next_due)
    live.finish()


def _records(data):
    """(number, type, ts, payload) of each record, as far as they can be read."""
    found, at = [], _START
    while at + 32 <= len(data):
        length, number, ts, kind, _, _ = _HEAD.unpack_from(data, at)
        if at + 32 + length > len(data):
            break
        found.append([number, kind, ts, data[at + 32 : at + 32 + length]])
        at += 32 + length
    return found


def _written(records, renumber):
    out = bytearray(b"VELORAJ\n" + struct.pack("<II", 2, 0x01020304))
    for at, (number, kind, ts, payload) in enumerate(records):
        head = _HEAD.pack(
            len(payload),
            at if renumber else number % 2**32,
            (ts + 2**63) % 2**64 - 2**63,
            kind % 2**32,
            crc32c(payload) if payload else 0,
            0,
        )
        out += head + struct.pack("<I", crc32c(head)) + payload
    return bytes(out)


def change(rng, files):
    data = files["j"]
    records = _records(data)
    if rng.random() < 0.25 or not records:
        return {**files, "j": mutate.octets(rng, data)}
    at = rng.randrange(min(len(records), rng.choice((3, 30, 10**6))))
    what = rng.randrange(10)
    number, kind, ts, payload = records[at]
    if what == 0:
        del records[at]
    elif what == 1:
        records.insert(at, records[rng.randrange(len(records))])
    elif what == 2:
        records[at] = [number, rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255, 2**31)), ts, payload]
    elif what == 3:
        records[at] = [number, kind, rng.choice(_NUMBERS), payload]
    elif kind == 1 or what == 4:
        head = records[0]
        records[0] = [*head[:3], mutate.json_text(rng, head[3])]
    else:
        changed = bytearray(payload)
        for _ in range(rng.choice((1, 1, 2, 4))):
            width = rng.choice((1, 1, 2, 4, 8, 8))
            where = rng.randrange(len(changed) + 1)
            where -= where % width if rng.random() < 0.8 else 0
            changed[where : where + width] = (rng.choice(_NUMBERS) % 2 ** (8 * width)).to_bytes(width, "little")
        if rng.random() < 0.1:
            del changed[rng.randrange(len(changed) + 1) :]
        records[at] = [number, kind, ts, bytes(changed)]
    return {**files, "j": _written(records, rng.random() < 0.95)}


def read(folder, rng):
    path = folder / "j"
    reader = JournalReader(path)
    json.dumps(reader.head)
    for record in reader:
        _ = record.type
    tables = rng.random() < 0.3
    if tables:
        for table in journal_tables(path):
            table.check()
    replay_journal(path, MarketMaker() if (folder / "orders").exists() else vl.Strategy())


TARGET = Target("journals", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.journals")
