"""Faults injected into real sessions: afterwards the book is the oracle's, or it is marked stale.

`VELORA_FAULTS` sets how many; a few thousand take seconds, 100,000 minutes.
"""

from __future__ import annotations

import functools
import json
import os
import random
from collections import deque

import pytest
from recordings import binance_depth, parse_depth

import velora as vl
from velora.data.feeds import BINANCE_FUTURES, BookDiff, BookGuard, BookSync, FeedSnapshot, Missing

FAULTS = int(os.environ.get("VELORA_FAULTS", "1000"))
#: Messages between the moment a book turns stale and the answer of a REST request.
RECOVERY = 3


def reader(inst):
    """Parses a message into ids and (side, ticks, lots), remembering what it has seen."""

    @functools.cache
    def read(raw):
        depth = parse_depth(raw)
        return depth, [(s, inst.price_to_ticks(p), inst.qty_to_lots(q)) for s, p, q in depth.levels]

    return read


class Oracle:
    """The book after every diff of the whole session, and snapshots of it."""

    def __init__(self, inst, messages, read):
        self.read = read
        self.book = vl.OrderBookL2(inst)
        self.hashes = []
        started = False
        self.messages = []
        for message in messages:
            if message.first_id is None:
                started = True
                snapshot_id = message.last_id
                self.start = message
                continue
            self.messages.append(message)
        assert started
        self.messages = [m for m in self.messages if m.last_id >= snapshot_id]
        self._apply(self.start)
        for message in self.messages:
            self._apply(message)
            self.hashes.append(self.book.state_hash())
        self.book.clear()
        self._apply(self.start)
        self.at = -1

    def _apply(self, message):
        for side, price, qty in self.read(message.raw)[1]:
            self.book.set(side, price, qty)

    def advance(self, at):
        """Go to the state after message `at`, and back to the start for an earlier one."""
        while self.at < at:
            self.at += 1
            self._apply(self.messages[self.at])

    def snapshot(self):
        levels = [(side, *row) for side in (0, 1) for row in self.book.iterate(side)]
        return FeedSnapshot(self.messages[self.at].last_id, body=(self.at, levels))


class Client:
    """A feed handler as an adapter would have it."""

    def __init__(self, inst, read):
        self.read = read
        self.sync = BookSync(BINANCE_FUTURES)
        self.guard = BookGuard(vl.OrderBookL2(inst))
        self.at = -1
        self.is_stale = True

    def snapshot(self, snapshot):
        self._take(self.sync.on_snapshot(snapshot))

    def raw(self, at, raw):
        try:
            depth, levels = self.read(raw)
        except (ValueError, KeyError, TypeError, ArithmeticError):
            self._take(self.sync.on_lost("a message could not be read"))
            return
        self._take(self.sync.on_diff(BookDiff(depth.first_id, depth.last_id, depth.previous_id, body=(at, levels))))

    def _take(self, given):
        for item in given:
            if isinstance(item, Missing):
                self.is_stale = True
                continue
            if isinstance(item, FeedSnapshot):
                self.guard.clear()
                self.is_stale = False
            self.at, levels = item.body
            for side, price, qty in levels:
                self.guard.set(side, price, qty)
            if self.guard.end().fault:
                self._take(self.sync.on_lost("the book is at fault"))
        self.is_stale |= self.sync.is_stale


def mangled(raw, rng):
    """Bytes as a broken parser or transport would leave them: cut off, overwritten, or with other ids."""
    how = rng.randrange(3)
    if how == 0:
        return raw[: rng.randrange(1, len(raw) - 2)]
    if how == 1:
        at = rng.randrange(len(raw) - 2)
        return raw[:at] + bytes([rng.choice(b'{}[]":,xX\x00\xff')]) + raw[at + 1 :]
    message = json.loads(raw)
    key = rng.choice(["u", "pu"])
    message["data"][key] += rng.choice([-1, 1]) * rng.choice([1, 10, 1000, 10**9])
    return json.dumps(message).encode()


@pytest.mark.parametrize("name", ["btcusdt_20240808.gz", "ethusdt_20240808.gz"])
def test_no_fault_is_silent(shared_data, name):
    rng = random.Random(name)
    inst = vl.Instrument("X", tick_size="0.01", lot_size="0.001")
    read = reader(inst)
    oracle = Oracle(inst, list(binance_depth(shared_data / "binance_usdm" / name)), read)
    faults, silent, checks, fresh, kinds = 0, 0, 0, 0, dict.fromkeys(["drop", "repeat", "reorder", "corrupt"], 0)
    while faults < FAULTS // 2:
        client = Client(inst, read)
        client.snapshot(FeedSnapshot(oracle.start.last_id, body=(-1, read(oracle.start.raw)[1])))
        oracle.book.clear()
        oracle._apply(oracle.start)
        oracle.at = -1
        late: deque = deque()  # (due, at, raw)
        wait = 0
        for at, message in enumerate(oracle.messages):
            oracle.advance(at)
            arriving = [(at, message.raw)]
            if rng.random() < 0.1 and faults < FAULTS // 2:
                faults += 1
                kind = rng.choice(list(kinds))
                kinds[kind] += 1
                if kind == "drop":
                    arriving = []
                elif kind == "repeat":
                    late.append((at + rng.randrange(1, 40), at, message.raw))
                elif kind == "reorder":
                    arriving = []
                    late.append((at + rng.randrange(1, 6), at, message.raw))
                else:
                    arriving = [(at, mangled(message.raw, rng))]
            arriving += [(was, raw) for due, was, raw in late if due <= at]
            late = deque(entry for entry in late if entry[0] > at)
            for was, raw in arriving:
                client.raw(was, raw)
                checks += 1
                if not client.is_stale:
                    fresh += 1
                    silent += client.guard.book.state_hash() != oracle.hashes[client.at]
            if not client.is_stale and client.at < at - 64:
                silent += 1  # a book that stands still and says that it is fresh
            wait = wait + 1 if client.is_stale else 0
            if wait == RECOVERY:
                wait = 0
                client.snapshot(oracle.snapshot())
    assert silent == 0
    assert min(kinds.values()) > faults // 6
    assert fresh > checks // 4
