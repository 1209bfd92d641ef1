"""Assignment of the records of DBN files to symbols, in the order of their times of receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import format_ns
from velora.data.importers.dbn import DbnFile, Mapping
from velora.data.importers.report import Defects
from velora.errors import CorruptData, InvalidArgument

__all__ = ["F_BAD_TS_RECV", "F_SNAPSHOT", "NO_TIME", "Block", "Places", "blocks_of", "in_order"]

F_SNAPSHOT, F_BAD_TS_RECV = 32, 8
#: The undefined time.
NO_TIME = 2**64 - 1
_NEVER = 2**63 - 1
_DAY_NS = 86_400 * 10**9
#: Maximum number of symbols of one instrument id on one day, such as a contract that is first by calendar and by
#: volume.
_SYMBOLS_MAX = 16


class Places:
    """Locations of the records of a block, as FILE:RECORD, counted from 0."""

    def __init__(self, name: str, rows: NDArray[np.intp]) -> None:
        self._name = name
        self._rows = rows

    def __getitem__(self, at: int) -> str:
        return f"{self._name}:{self._rows[at]}"

    def row(self, at: int) -> int:
        """Number of a record in its file."""
        return int(self._rows[at])

    def slice(self, start: int, stop: int) -> Places:
        """Locations [start, stop)."""
        return Places(self._name, self._rows[start:stop])


class Block(NamedTuple):
    """Records of one instrument id in one file, and their times in ns; times of receipt do not decrease."""

    path: Path
    number: int
    places: Places
    records: NDArray[np.void]
    event: NDArray[np.int64]
    recv: NDArray[np.int64]

    def slice(self, start: int, stop: int) -> Block:
        """Records [start, stop), sharing memory."""
        return Block(
            self.path,
            self.number,
            self.places.slice(start, stop),
            self.records[start:stop],
            self.event[start:stop],
            self.recv[start:stop],
        )


def blocks_of(path: Path, file: DbnFile, defects: Defects) -> Iterator[tuple[str, Block]]:
    """Yield (symbol, block) for each id and each run of days on which it has a symbol."""
    mappings = _by_number(file.mappings)
    numbers = file.records["instrument"]
    order = np.argsort(numbers, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        number = int(numbers[rows[0]])
        records = file.records if len(rows) == len(numbers) else file.records[rows]
        places = Places(path.name, rows)
        whole = Block(path, number, places, records, *_times(path, records, places, defects))
        days = whole.recv // _DAY_NS
        symbols = np.zeros(len(rows), np.uint8)
        for one in mappings.get(number, ()):
            start, stop = (int(at) for at in np.searchsorted(days, (one.first_day, one.end_day)))
            if start == stop:
                continue
            symbols[start:stop] += 1
            if symbols.max() > _SYMBOLS_MAX:
                raise CorruptData(f"instrument id {number} has more than {_SYMBOLS_MAX} symbols at once", file=path)
            yield one.symbol, whole.slice(start, stop)
        nameless = np.flatnonzero(symbols == 0)
        if len(nameless) == 0:
            continue
        if number in mappings:
            what = "instrument id without a symbol on its day, named by its number"
            defects.add(what, places[int(nameless[0])], f"id {number}, {len(nameless):,} records")
        for part in np.split(nameless, np.flatnonzero(np.diff(nameless) > 1) + 1):
            yield str(number), whole.slice(int(part[0]), int(part[-1]) + 1)


def _by_number(mappings: list[Mapping]) -> dict[int, list[Mapping]]:
    """Mappings of each id; consecutive days are merged into one mapping."""
    found: dict[int, list[Mapping]] = {}
    for one in sorted(set(mappings), key=lambda one: (one.number, one.symbol, one.first_day, one.end_day)):
        own = found.setdefault(one.number, [])
        last = own[-1] if own else None
        if last is not None and last.symbol == one.symbol and one.first_day <= last.end_day:
            own[-1] = last._replace(end_day=max(last.end_day, one.end_day))
        else:
            own.append(one)
    return found


def _times(
    path: Path, block: NDArray[np.void], places: Places, defects: Defects
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Venue times, and non-decreasing times of receipt, of the records of one instrument id."""
    no_recv, no_event = block["ts_recv"] == NO_TIME, block["ts_event"] == NO_TIME
    given, event = (
        np.where(block[name] == NO_TIME, 0, block[name]).astype(np.int64) for name in ("ts_recv", "ts_event")
    )
    recv = given.copy()
    # The records of a snapshot all have the mark: they share the snapshot's time.
    bad = block["flags"] & (F_BAD_TS_RECV | F_SNAPSHOT) == F_BAD_TS_RECV
    bad |= no_recv
    if bad.any():
        before = np.maximum.accumulate(np.where(bad, 0, recv))
        after = np.minimum.accumulate(np.where(bad, _NEVER, recv)[::-1])[::-1]
        venue = np.where(no_event, np.where(before > 0, before, after), np.maximum(event, before))
        recv[bad] = np.minimum(venue, np.maximum(after, before))[bad]
        timeless = np.flatnonzero(recv == _NEVER)
        if len(timeless):
            raise CorruptData("no record has a time", file=path, field="ts_recv", hint="Fetch the file again")
        for at in np.flatnonzero(bad).tolist():
            if no_recv[at]:
                defects.add("time of receipt undefined", places[at], f"set to {recv[at]} ns")
            else:
                defects.add("time of receipt marked as bad", places[at], f"{given[at]} ns, set to {recv[at]}")
    forward = np.maximum.accumulate(recv)
    backward = np.minimum.accumulate(recv[::-1])[::-1]
    up, down = forward != recv, backward != recv
    if up.any():
        # A time that is too early makes one row wrong, one that is too late all rows after it.
        corrected, changed = (forward, up) if up.sum() <= down.sum() else (backward, down)
        for at in np.flatnonzero(changed).tolist():
            defects.add("time of receipt goes back", places[at], f"{recv[at]} ns, set to {corrected[at]}")
        recv = corrected
    for at in np.flatnonzero(no_event).tolist():
        event[at] = recv[at]
        defects.add("venue time undefined", places[at], f"set to the time of receipt, {recv[at]} ns")
    return event, recv


def in_order(symbol: str, blocks: list[Block], defects: Defects) -> list[Block]:
    """The blocks of one symbol in the order of time, without records repeated by another block.

    Raises
    ------
    CorruptData
        If the symbol has two ids at the same time.
    InvalidArgument
        If files overlap and their records differ.
    """
    found: list[Block] = []
    for block in sorted(blocks, key=lambda one: (int(one.recv[0]), int(one.recv[-1]))):
        last = found[-1] if found else None
        if last is None or block.recv[0] > last.recv[-1]:
            found.append(block)
            continue
        repeated = _repeated(last, block) if last.number == block.number else 0
        if repeated:
            what = "records also in another file, left out"
            defects.add(what, block.places[0], f"{repeated:,} also in {last.path.name}")
            block = block.slice(repeated, len(block.records))
        if len(block.records) == 0:
            continue
        if block.recv[0] < last.recv[-1]:
            _refuse(symbol, last, block)
        found.append(block)
    return found


def _repeated(last: Block, block: Block) -> int:
    """Number of records at the beginning of a block that repeat the end or a part of the previous one."""
    tail = last.records[int(np.searchsorted(last.recv, block.recv[0])) :]
    head = block.records[: int(np.searchsorted(block.recv, last.recv[-1], side="right"))]
    count = min(len(tail), len(head))
    return count if np.array_equal(tail[:count], head[:count]) else 0


def _refuse(symbol: str, last: Block, block: Block) -> None:
    since = format_ns(int(block.recv[0]))
    if last.number != block.number:
        raise CorruptData(
            f"{symbol} is instrument id {last.number} (in {last.path.name}) and {block.number} at once from {since} on",
            file=block.path,
            hint="Import each id from files of its own symbol",
        )
    if last.path == block.path:
        raise CorruptData(f"{symbol} overlaps itself from {since} on", file=block.path, hint="Fetch it again")
    raise InvalidArgument(
        f"{last.path.name} and {block.path.name} overlap from {since} on, and differ for {symbol}: import "
        "files that do not overlap"
    )
