"""States stored beside a part of the catalog, so that a run may start inside it without reading it from its beginning.

The file ``states-00000.parquet`` beside ``events-00000.parquet`` has one row group for each state: an event table whose
rows make the same state as all rows of the part before a certain row, see `velora.data.state`. Its metadata contains,
as JSON under ``velora.states``:

    version    2; a reader ignores other versions
    part       the mark of its part, which the part's own statistics contain as `states_mark`
    entries    for each state: `group` (its row group), `row` (the first row of the part after it), `messages` (number
               of messages received before that row; rows with one time of receipt are one message), `last_recv` and
               `last_event` (the latest times of the rows before it, ns)

The file carries checksums like a part, see `velora.data.part_file`. Both are written under hidden names. The states are
renamed first: if a part has another mark than its states, or has no states, it is read from its beginning. The mark is
computed from all columns of the part.

A state is stored only if the rows before it make the same state in the order of receipt and in that of `ts_event`, and
no later row of the same group of kinds precedes them in `ts_event`. So it serves both sides of a run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from velora.core.checksum import crc32c
from velora.core.events import EventFlag, EventKind
from velora.core.instrument import Instrument
from velora.data.part_file import PartFile, PartFileWriter
from velora.data.row_check import check_rows
from velora.data.schema import COLUMNS, METADATA_STATES, arrow_schema
from velora.data.state import GROUP_OF_KIND, FeedState
from velora.data.table import EventTable
from velora.errors import CorruptData, DataError, InvalidArgument, MissingFile

if TYPE_CHECKING:
    from velora.core.files import WholeFile

__all__ = ["STATES_VERSION", "StateWriter", "StoredState", "check_states", "read_state", "stored_states"]

STATES_VERSION = 2

#: Minimum number of rows between two states.
_ROWS_MIN = 1 << 16
#: Minimum number of rows of the part per row of a state: the file stays within a few percent of the part.
_ROWS_PER_STATE_ROW = 40

#: Number of rows searched at a time for a point where a state may be taken.
_LOOK_ROWS = 4096

_GROUPS = 4
_NO_GROUP = 255
_GROUP = np.full(256, _NO_GROUP, np.uint8)
for _kind, _number in GROUP_OF_KIND.items():
    _GROUP[_kind] = _number

_IS_BOOK = np.zeros(256, bool)
for _kind in (
    EventKind.DELTA,
    EventKind.SNAPSHOT_END,
    EventKind.ORDER_ADD,
    EventKind.ORDER_CHANGE,
    EventKind.ORDER_CANCEL,
    EventKind.ORDER_EXECUTE,
):
    _IS_BOOK[_kind] = True


class StoredState(NamedTuple):
    """Position of a stored state in its part; the fields of the file's metadata."""

    group: int
    row: int
    messages: int
    last_recv: int
    last_event: int


class _States(msgspec.Struct):
    """Contents of the metadata."""

    version: int = 0
    part: str | None = None
    entries: list[dict[str, int]] = []


class StateWriter:
    """Takes states of a part while its rows are written.

    Parameters
    ----------
    file : WholeFile
        Output file; the caller commits it.
    instrument : Instrument
    rows_min : int, optional
        Minimum number of rows between two states.
    """

    def __init__(self, file: WholeFile, instrument: Instrument, rows_min: int | None = None) -> None:
        self._file = file
        self._instrument = instrument
        self._rows_min = _ROWS_MIN if rows_min is None else rows_min
        self._writer: PartFileWriter | None = None
        self._groups = 0
        self._state = FeedState()
        self._entries: list[tuple[StoredState, NDArray[np.int64]]] = []
        self._rows = 0
        self._due = self._rows_min
        self._messages = 0
        self._last_recv = np.iinfo(np.int64).min
        self._last_event = np.iinfo(np.int64).min
        self._crcs = [0] * len(COLUMNS)

    def add(self, table: EventTable) -> None:
        """Process the next rows of the part."""
        rows = len(table)
        if self._state.has_failed or rows == 0:
            return
        columns = [np.ascontiguousarray(getattr(table, name)).view(np.uint8).data for name in COLUMNS]
        self._crcs = [crc32c(column, crc) for column, crc in zip(columns, self._crcs, strict=True)]
        self._drop_overtaken(table, 0)
        done = 0
        while done < rows:
            cut = self._cut(table, done)
            self._state.add(table, done, cut)
            self._count(table, done, cut)
            if cut < rows:
                if self._state.is_settled:
                    self._store()
                    self._drop_overtaken(table, cut)
                    self._due = self._rows + max(self._rows_min, _ROWS_PER_STATE_ROW * self._state.size)
                else:
                    self._due = self._rows + max(self._rows_min // 8, 1)
            done = cut

    def _cut(self, table: EventTable, done: int) -> int:
        """The row before which a state may be taken: the first of a message, after a row that ends a batch."""
        rows = len(table)
        first = max(done + self._due - self._rows, done + 1)
        while first < rows:
            last = min(first + _LOOK_ROWS, rows)
            before = slice(first - 1, last - 1)
            fits = table.ts_recv[first:last] != table.ts_recv[before]
            fits &= table.flags[before] & int(EventFlag.LAST) != 0
            # Trades since the last book row are not part of a state, so there must be none.
            if self._state.has_levels or self._state.has_orders:
                fits &= _IS_BOOK[table.kind[before]]
            found = np.flatnonzero(fits)
            if len(found):
                return first + int(found[0])
            first = last
        return rows

    def _count(self, table: EventTable, start: int, stop: int) -> None:
        recv = table.ts_recv[start:stop]
        self._messages += int(np.count_nonzero(np.diff(recv))) + int(int(recv[0]) != self._last_recv)
        self._last_recv = int(recv[-1])
        self._last_event = max(self._last_event, int(table.ts_event[start:stop].max()))
        self._rows += stop - start

    def _store(self) -> None:
        if self._writer is None:
            self._writer = PartFileWriter(
                self._file,
                arrow_schema(self._instrument),
                1 << 62,
                use_dictionary=["ts_event", "ts_recv", "kind", "side", "flags"],
                column_encoding=dict.fromkeys(("price", "qty", "order_id"), "DELTA_BINARY_PACKED"),
                write_statistics=False,
            )
        table = self._state.table(self._instrument).to_arrow()
        self._writer.write(table.cast(self._writer.schema))
        where = StoredState(self._groups, self._rows, self._messages, self._last_recv, self._last_event)
        self._groups += 1
        self._entries.append((where, self._state.latest))

    def _drop_overtaken(self, table: EventTable, start: int) -> None:
        """Drop the states that a row of this chunk precedes at the venue."""
        if not self._entries:
            return
        ts = table.ts_event[start:]
        early = np.flatnonzero(ts < self._entries[-1][1].max())
        if len(early) == 0:
            return
        group, ts = _GROUP[table.kind[start:][early]], ts[early]
        earliest = np.full(_GROUPS, np.iinfo(np.int64).max)
        for number in range(_GROUPS):
            of_group = ts[group == number]
            if len(of_group):
                earliest[number] = of_group.min()
        while self._entries and bool((self._entries[-1][1] > earliest).any()):
            self._entries.pop()

    @property
    def mark(self) -> str:
        """Mark of the part, also stored in its statistics."""
        return f"{self._rows}-{''.join(f'{crc:08x}' for crc in self._crcs)}"

    def close(self) -> bool:
        """Write the end of the file; returns whether it has states."""
        by_both = self._state.has_levels and self._state.has_orders
        kept = [] if self._state.has_failed or by_both else [where._asdict() for where, _ in self._entries]
        if self._writer is not None:
            text = {"version": STATES_VERSION, "part": self.mark, "entries": kept}
            self._writer.close({METADATA_STATES: json.dumps(text).encode()})
            self._writer = None
        return bool(kept)

    def abandon(self) -> None:
        """Stop writing: the file will be discarded."""
        if self._writer is not None:
            self._writer.abandon()
            self._writer = None


def read_state(
    fs: Any, path: str, mark: str | None, instrument: Instrument, before: int
) -> tuple[StoredState, EventTable] | None:
    """The last state of a file whose rows were all received, and occurred, before a time.

    Parameters
    ----------
    fs : fsspec file system
    path : str
        File of the states.
    mark : str or None
        Mark of the part.
    instrument : Instrument
    before : int
        ns.

    Returns
    -------
    (StoredState, EventTable) or None
        None if there is none, or if the file is missing, damaged, of another part or of another version: the part
        itself has all the data.
    """
    if mark is None or not fs.exists(path):
        return None
    try:
        with PartFile(fs, path) as file:
            chosen = None
            for where in stored_states(file, mark):
                if max(where.last_recv, where.last_event) < before:
                    chosen = where
            return None if chosen is None else (chosen, _state(file, chosen, instrument))
    except (DataError, MissingFile, InvalidArgument):
        return None


def check_states(fs: Any, path: str, mark: str | None, instrument: Instrument) -> None:
    """Read and verify all states of a file.

    Raises
    ------
    CorruptData
        If the file has changed since it was written. `read_state` ignores such a file.
    """
    with PartFile(fs, path) as file:
        for where in stored_states(file, mark):
            _state(file, where, instrument)
        file.read()


def _state(file: PartFile, where: StoredState, instrument: Instrument) -> EventTable:
    table = EventTable.from_arrow(file.read([where.group], COLUMNS), instrument, check=False)
    # The rows of a state have their own order.
    check_rows(_InOrder(table), file=file.path)
    return table


class _InOrder:
    """The columns of a state, as if all rows were received at once."""

    def __init__(self, table: EventTable) -> None:
        for name in COLUMNS:
            setattr(self, name, getattr(table, name))
        self.ts_recv = np.full(len(table), table.ts_recv.max(initial=0), np.int64)


def stored_states(file: PartFile, mark: str | None) -> list[StoredState]:
    """The states in an open file that belong to the part with a mark, in the order of its rows."""
    try:
        text = msgspec.json.decode(file.key_values().get(METADATA_STATES, b"{}"), type=_States)
        entries = [StoredState(**entry) for entry in text.entries]
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise CorruptData(f"not valid states: {error}", file=file.path, field=METADATA_STATES.decode()) from None
    if text.version != STATES_VERSION or text.part != mark:
        return []
    return [where for where in entries if 0 <= where.group < file.num_row_groups]
