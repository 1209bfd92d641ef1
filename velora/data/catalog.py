"""The catalog: event tables of many instruments as Parquet, through fsspec.

Layout, below the root::

    SYMBOL@VENUE/events-00000.parquet      parts in the order of receipt
    SYMBOL@VENUE/states-00000.parquet      states of the part of that number, from which a run may start inside it
    SYMBOL@VENUE/candles-1m-00000.parquet  candles of one interval

Each part says what it holds in its metadata: the instrument, and statistics (rows, rows of each kind, first and last
time, disorder, clock shift, and what its rows make of the book). A part is written under a hidden name and moved into
place when it is whole. States are described in `velora.data.states`; a part without them is read from its beginning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.data.pending import Pending
from velora.data.schema import COLUMNS, METADATA_STATS, arrow_schema, decode_instrument, decode_stats
from velora.data.source import EventSource, Opening
from velora.data.states import StateWriter, read_state
from velora.data.table import EventTable, check_values
from velora.data.watch import BookWatch
from velora.errors import CorruptData, DataError, InvalidArgument, MissingFile, UnknownInstrument

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Catalog", "CatalogSource", "PartWriter"]

_CHUNK_ROWS = 1 << 18
#: A run that starts inside a part reads a row group at least.
_ROW_GROUP = 1 << 16
_ENCODINGS = dict.fromkeys(("ts_event", "ts_recv", "price", "qty", "order_id"), "DELTA_BINARY_PACKED")


def _folder(instrument: Instrument) -> str:
    name = f"{instrument.symbol}@{instrument.venue}" if instrument.venue else instrument.symbol
    return "".join(c if c.isalnum() or c in "@-_.+" else "_" for c in name)


class Catalog:
    """Event tables below one folder or URL.

    Parameters
    ----------
    root : str or path
        A local folder, or any fsspec URL such as ``s3://bucket/ticks`` or ``memory://ticks``.
    create : bool
        Whether a root that does not exist is fine; it is made with the first write.
    **storage_options
        Passed to the fsspec file system.
    """

    def __init__(self, root: str | Path, *, create: bool = False, **storage_options: Any) -> None:
        import fsspec

        self.root = str(root)
        try:
            self._fs, self._path = fsspec.core.url_to_fs(self.root, **storage_options)
        except (ImportError, ValueError) as error:
            raise InvalidArgument(f"cannot open the catalog {self.root!r}: {error}") from None
        self._path = self._path.rstrip("/")
        self._pending: Pending | None = None
        if not create and not self._fs.isdir(self._path):
            what = "is a file, not a catalog" if self._fs.exists(self._path) else "does not exist"
            raise MissingFile(f"the catalog {self.root!r} {what}; make one with `velora data import FILE {self.root}`")

    # ------------------------------------------------------------------ reading

    def names(self) -> list[str]:
        """Names of what is stored, SYMBOL@VENUE, sorted."""
        if not self._fs.isdir(self._path):
            return []
        found = set()
        for path in self._fs.find(self._path):
            parts = path[len(self._path) :].strip("/").split("/")
            if len(parts) == 2 and parts[1].startswith("events-") and parts[1].endswith(".parquet"):
                found.add(parts[0])
        return sorted(found)

    def instruments(self) -> list[Instrument]:
        """All instruments, sorted by name."""
        return [self.source(name).instrument for name in self.names()]

    def _resolve(self, symbol: str | Instrument) -> str:
        names = self.names()
        wanted = _folder(symbol) if isinstance(symbol, Instrument) else symbol
        if wanted in names:
            return wanted
        matches = [name for name in names if name.partition("@")[0] == wanted]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UnknownInstrument(f"{wanted!r} is ambiguous in the catalog {self.root!r}: {', '.join(matches)}")
        holds = f"it holds {', '.join(names)}" if names else "it is empty"
        raise UnknownInstrument(f"the catalog {self.root!r} holds no instrument {wanted!r}; {holds}")

    def _parts(self, name: str, prefix: str = "events") -> list[str]:
        found = self._fs.glob(f"{self._path}/{name}/{prefix}-*.parquet")
        return sorted(str(path) for path in found)

    def source(self, symbol: str | Instrument, *, start: int | None = None, end: int | None = None) -> CatalogSource:
        """Events of one instrument received in [start, end), ns.

        Raises
        ------
        UnknownInstrument
            If the catalog does not hold it.
        """
        return CatalogSource(self._fs, self._parts(self._resolve(symbol)), start, end)

    def info(self, symbol: str | Instrument) -> dict[str, Any]:
        """Statistics of one instrument: rows, rows of each kind, period, parts, bytes and those of each part."""
        name = self._resolve(symbol)
        source = self.source(name)
        parts = [{"file": path, "bytes": int(self._fs.size(path)), **stats} for path, stats in source.parts()]
        counts: dict[str, int] = {}
        for part in parts:
            for kind, rows in part.get("counts", {}).items():
                counts[kind] = counts.get(kind, 0) + rows
        return {
            "name": name,
            "instrument": source.instrument.to_dict(),
            "rows": sum(part.get("rows", 0) for part in parts),
            "counts": counts,
            "first_ts": min((part["first_ts"] for part in parts if part.get("rows")), default=None),
            "last_ts": max((part["last_ts"] for part in parts if part.get("rows")), default=None),
            "disorder_ns": source.disorder_ns,
            "watch": _joined([part.get("watch") for part in parts]),
            "bytes": sum(part["bytes"] for part in parts),
            "parts": parts,
        }

    def candles(self, symbol: str | Instrument, interval: str) -> pa.Table:
        """Stored candles of one interval such as ``"1m"``, as a pyarrow Table."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        name = symbol if isinstance(symbol, str) else _folder(symbol)
        folders = [f"{self._path}/{name}", *self._fs.glob(f"{self._path}/{name}@*")]
        for folder in folders:
            parts = sorted(self._fs.glob(f"{folder}/candles-{interval}-*.parquet"))
            if parts:
                return pa.concat_tables([pq.read_table(part, filesystem=self._fs) for part in parts])
        raise UnknownInstrument(f"the catalog {self.root!r} holds no {interval} candles of {name!r}")

    # ------------------------------------------------------------------ writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store what is written within the block together: all of it at its end, or nothing after an exception.

        Parts are written under hidden names and moved into place when the block ends. A transaction within another is
        part of it. What is not yet in place cannot be read.

        Raises
        ------
        InvalidArgument
            By `writer` and `write_candles`, if one block writes the same twice.

        Examples
        --------
        >>> with catalog.transaction():  # doctest: +SKIP
        ...     catalog.write(first)
        ...     catalog.write(second)
        """
        if self._pending is not None:
            yield
            return
        pending = self._pending = Pending()
        try:
            yield
        except BaseException:
            self._pending = None
            pending.drop()
            raise
        self._pending = None
        pending.commit()

    def writer(self, instrument: Instrument, *, overwrite: bool = False, raw_clock: bool = False) -> PartWriter:
        """Open a part for writing; use it as a context manager.

        With `raw_clock` each chunk comes with its raw times of receipt, kept in the column `ts_recv_raw`.

        Raises
        ------
        InvalidArgument
            If the instrument is stored already and `overwrite` is false.
        """
        folder = f"{self._path}/{_folder(instrument)}"
        existing = self._parts(_folder(instrument))
        if existing and not overwrite:
            raise InvalidArgument(
                f"the catalog {self.root!r} holds {_folder(instrument)} already; choose --overwrite, or another catalog"
            )
        replaces = existing + self._parts(_folder(instrument), "states") if existing else []
        return PartWriter(self._fs, folder, instrument, replaces=replaces, raw_clock=raw_clock, pending=self._pending)

    def write(
        self,
        source: EventSource | Iterable[EventTable],
        *,
        overwrite: bool = False,
        chunk_rows: int = _CHUNK_ROWS,
    ) -> dict[str, Any]:
        """Store a source; returns its statistics."""
        chunks = source.chunks(chunk_rows) if isinstance(source, EventSource) else iter(source)
        first = next(iter(chunks), None)
        if first is None:
            raise InvalidArgument("there is nothing to write: the source has no rows")
        with self.writer(first.instrument, overwrite=overwrite) as writer:
            writer.extra["looked_for"] = sorted(getattr(source, "looked_for", ()))
            writer.add(first)
            for chunk in chunks:
                writer.add(chunk)
        return writer.stats

    def write_candles(self, instrument: Instrument, interval: str, table: pa.Table, *, overwrite: bool = False) -> None:
        """Store candles of one interval."""
        import pyarrow.parquet as pq

        folder = f"{self._path}/{_folder(instrument)}"
        final = f"{folder}/candles-{interval}-00000.parquet"
        if self._fs.exists(final) and not overwrite:
            raise InvalidArgument(f"{final} exists already; choose --overwrite, or another catalog")
        self._fs.makedirs(folder, exist_ok=True)
        partial = f"{folder}/.candles-{interval}.partial"

        def drop() -> None:
            if self._fs.exists(partial):
                self._fs.rm(partial)

        pending = self._pending or Pending()
        pending.reserve(final)
        try:
            with self._fs.open(partial, "wb") as out:
                pq.write_table(table, out, compression="zstd")
        except BaseException:
            drop()
            raise
        pending.add(lambda: self._fs.mv(partial, final), drop)
        if self._pending is None:
            pending.commit()


def _joined(watches: list[dict[str, Any] | None]) -> dict[str, Any] | None:
    """What the rows of all parts make of the book, None where a part was written without a look at it."""
    known = [watch for watch in watches if watch is not None]
    if not known or len(known) < len(watches):
        return None
    joined = dict(known[0])
    for watch in known[1:]:
        for name, value in watch.items():
            if name == "first_crossed_ts":
                joined[name] = value if joined[name] is None else joined[name]
            else:
                joined[name] = joined[name] or value if isinstance(value, bool) else joined[name] + value
    return joined


class CatalogSource:
    """Events of one instrument in a catalog; an `EventSource` that reads part by part."""

    def __init__(self, fs: Any, paths: list[str], start: int | None = None, end: int | None = None) -> None:
        self._fs = fs
        self._paths = paths
        self._start = start
        self._end = end
        self._stats: list[dict[str, Any]] = []
        instrument = None
        for path in paths:
            with self._open(path) as file:
                metadata = dict(file.schema_arrow.metadata or {})
                metadata.update(file.metadata.metadata or {})
            instrument = decode_instrument(metadata)
            if instrument is None:
                raise CorruptData(
                    "this file does not say its instrument",
                    file=path,
                    mend="Import the data again with --overwrite",
                )
            self.instrument: Instrument = instrument
            self._stats.append(decode_stats(metadata))

    def _open(self, path: str) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(path, filesystem=self._fs, pre_buffer=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise CorruptData(
                f"cannot be read as Parquet ({error})",
                file=path,
                mend="Import the data again with --overwrite",
            ) from None

    def parts(self) -> list[tuple[str, dict[str, Any]]]:
        """Path and statistics of each part."""
        return list(zip(self._paths, self._stats, strict=True))

    @property
    def rows(self) -> int:
        """Rows of all parts, the chosen period apart."""
        return sum(int(stats.get("rows", 0)) for stats in self._stats)

    @property
    def disorder_ns(self) -> int:
        """See `EventSource.disorder_ns`."""
        return max((int(stats.get("disorder_ns", 0)) for stats in self._stats), default=0)

    @property
    def has_depth(self) -> bool:
        """See `EventSource.has_depth`."""
        return any(
            stats.get("counts", {}).get(kind, 0) for stats in self._stats for kind in ("delta", "snapshot_begin")
        )

    @property
    def has_trades(self) -> bool:
        """Whether there are trades, the chosen period apart."""
        return any(stats.get("counts", {}).get("trade", 0) for stats in self._stats)

    @property
    def has_orders(self) -> bool:
        """Whether the book comes order by order, without level updates."""
        counts = [stats.get("counts", {}) for stats in self._stats]
        return any(one.get("order_add", 0) for one in counts) and not any(one.get("delta", 0) for one in counts)

    @property
    def looked_for(self) -> frozenset[str]:
        """See `EventSource`; what each part was looked at for."""
        found = [frozenset(stats.get("looked_for", ())) for stats in self._stats]
        return frozenset.intersection(*found) if found else frozenset()

    @property
    def has_snapshots(self) -> bool:
        """Whether there is a snapshot in any part."""
        return any(stats.get("counts", {}).get("snapshot_begin", 0) for stats in self._stats)

    def chunks(self, rows: int) -> Iterator[EventTable]:
        """See `EventSource.chunks`."""
        return self._read(rows, self._start, 0)

    def opening(self, rows: int, slack_ns: int | None = 0) -> Opening | None:
        """See `velora.data.source.opening_of`."""
        if self._start is None:
            return None
        found = Opening(self._start, self._read(rows, None, 0), self.has_snapshots)
        if slack_ns is None or not self._paths:
            return found
        # A state sums up the rows of its own part: those of the first serve, as there is nothing before them.
        mark = self._stats[0].get("states_mark")
        stored = read_state(self._fs, _states_of(self._paths[0]), mark, self.instrument, self._start - slack_ns)
        if stored is None:
            return found
        where, state = stored
        return found._replace(
            chunks=self._read(rows, None, where.row),
            state=state,
            messages=where.messages,
            last_recv=where.last_recv,
        )

    def _read(self, rows: int, start: int | None, first_row: int) -> Iterator[EventTable]:
        """Rows received from `start` on, from a row of the first part on."""
        for path in self._paths:
            with self._open(path) as file:
                groups, skipped = self._groups(file, start, first_row)
                first_row = 0
                if not groups:
                    continue
                for batch in file.iter_batches(batch_size=rows, row_groups=groups, columns=list(COLUMNS)):
                    if skipped >= len(batch):
                        skipped -= len(batch)
                        continue
                    table = EventTable.from_arrow(batch.slice(skipped), self.instrument, check=False)
                    skipped = 0
                    if start is not None or self._end is not None:
                        table = table.between(start, self._end)
                    if len(table):
                        yield table

    def _groups(self, file: Any, start: int | None, first_row: int) -> tuple[list[int], int]:
        """Row groups that can hold rows of the period from a row on, and the rows before that one in the first."""
        column = COLUMNS.index("ts_recv")
        chosen: list[int] = []
        skipped = row = 0
        for group in range(file.num_row_groups):
            metadata = file.metadata.row_group(group)
            begin, row = row, row + metadata.num_rows
            if row <= first_row:
                continue
            stats = metadata.column(column).statistics
            if stats is not None and stats.has_min_max:
                if start is not None and stats.max < start:
                    continue
                if self._end is not None and stats.min >= self._end:
                    continue
            if not chosen:
                skipped = max(first_row - begin, 0)
            chosen.append(group)
        return chosen, skipped

    def table(self) -> EventTable:
        """All rows in memory."""
        import pyarrow as pa

        batches = [chunk.to_arrow() for chunk in self.chunks(_CHUNK_ROWS)]
        if not batches:
            empty: dict[str, Any] = {
                name: np.empty(0, np.uint8 if name in ("kind", "side", "flags") else np.int64) for name in COLUMNS
            }
            return EventTable.from_numpy(self.instrument, **empty)
        return EventTable.from_arrow(pa.concat_tables(batches).combine_chunks(), self.instrument)


def _states_of(path: str) -> str:
    """The file with the states of a part."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/states-{name.removeprefix('events-')}"


class PartWriter:
    """Writes one part of an instrument, chunk by chunk; nothing is seen of it before it is whole."""

    def __init__(
        self,
        fs: Any,
        folder: str,
        instrument: Instrument,
        *,
        replaces: list[str],
        raw_clock: bool = False,
        pending: Pending | None = None,
    ) -> None:
        self._fs = fs
        self._pending = pending
        self._folder = folder
        self._replaces = replaces
        self._final = f"{folder}/events-00000.parquet"
        self._partial = f"{folder}/.events.partial"
        self._states_partial = f"{folder}/.states.partial"
        self.instrument = instrument
        self.stats: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self._raw_clock = raw_clock
        self._root = folder.rpartition("/")[0]
        self._had_folder = False
        self._had_root = False
        self._file: Any = None
        self._writer: Any = None
        self._states: StateWriter | None = None
        self._has_states = False
        self._rows = 0
        self._counts = np.zeros(256, np.int64)
        self._first: int | None = None
        self._last = np.iinfo(np.int64).min
        self._latest = np.iinfo(np.int64).min
        self._disorder = 0
        self._lowest_latency: int | None = None
        self._watch = BookWatch()

    def __enter__(self) -> PartWriter:
        if self._pending is not None:
            self._pending.reserve(self._final)
        self._had_folder = self._fs.isdir(self._folder)
        self._had_root = self._fs.isdir(self._root)
        self._fs.makedirs(self._folder, exist_ok=True)
        import pyarrow.parquet as pq

        schema = arrow_schema(self.instrument, raw_clock=self._raw_clock)
        encodings = {**_ENCODINGS, **({"ts_recv_raw": "DELTA_BINARY_PACKED"} if self._raw_clock else {})}
        self._file = self._fs.open(self._partial, "wb")
        self._writer = pq.ParquetWriter(
            self._file,
            schema,
            compression="zstd",
            use_dictionary=["kind", "side", "flags"],
            column_encoding=encodings,
        )
        self._states = StateWriter(self._fs.open(self._states_partial, "wb"), self.instrument)
        return self

    def add(self, table: EventTable, ts_recv_raw: NDArray[np.int64] | None = None) -> None:
        """Append rows; times of receipt must not go back, and prices and quantities must be some.

        Raises
        ------
        DataError
            With the row, see `velora.data.table.check_values`.
        """
        if len(table) == 0:
            return
        if int(table.ts_recv[0]) < self._last:
            raise DataError(
                "time of receipt goes back between two chunks",
                file=self.instrument.symbol,
                row=self._rows,
                field="ts_recv",
                mend="Give the files in the order in which they were recorded",
            )
        back = np.flatnonzero(table.ts_recv[1:] < table.ts_recv[:-1])
        if len(back):
            at = int(back[0])
            raise DataError(
                f"time of receipt goes back by {int(table.ts_recv[at] - table.ts_recv[at + 1])} ns",
                file=self.instrument.symbol,
                row=self._rows + at + 1,
                field="ts_recv",
                mend="Sort the rows by ts_recv",
            )
        check_values(table, self._rows)
        if self._first is None:
            self._first = int(table.ts_recv[0])
        self._last = int(table.ts_recv[-1])
        self._counts += np.bincount(table.kind, minlength=256)
        running = np.maximum(np.maximum.accumulate(table.ts_event), self._latest)
        self._disorder = max(self._disorder, int((running - table.ts_event).max()))
        self._latest = int(running[-1])
        stated = table.flags & 8 == 0
        if stated.any():
            lowest = int((table.ts_recv - table.ts_event)[stated].min())
            if self._lowest_latency is None or lowest < self._lowest_latency:
                self._lowest_latency = lowest
        self._rows += len(table)
        self._watch.add(table)
        columns = table.to_arrow().replace_schema_metadata()
        if self._raw_clock:
            if ts_recv_raw is None or len(ts_recv_raw) != len(table):
                raise InvalidArgument("a part with raw clock needs ts_recv_raw of each row")
            columns = columns.append_column("ts_recv_raw", [ts_recv_raw])
        self._writer.write_table(columns.cast(self._writer.schema), row_group_size=_ROW_GROUP)
        if self._states is not None:
            self._states.add(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._rows == 0:
                raise InvalidArgument(f"{self.instrument.symbol}: there is nothing to write, no row was found")
            if kind is None:
                self._seal()
                if self._pending is None:
                    self._move()
                else:
                    self._pending.add(self._move, self._drop)
            else:
                self._close()
        except BaseException:
            self._close()
            self._drop()
            raise
        if kind is not None:
            self._drop()

    def _close(self) -> None:
        for thing in (self._writer, self._file):
            if thing is not None:
                thing.close()
        self._writer = self._file = None
        if self._states is not None:
            self._states.close()
            self._states = None

    def _drop(self) -> None:
        for path in (self._partial, self._states_partial):
            if self._fs.exists(path):
                self._fs.rm(path)
        if not self._had_folder and self._fs.isdir(self._folder) and not self._fs.ls(self._folder):
            self._fs.rmdir(self._folder)
        if not self._had_root and self._fs.isdir(self._root) and not self._fs.ls(self._root):
            self._fs.rmdir(self._root)

    def _seal(self) -> None:
        """Write the end of the hidden files."""
        counts = {name.lower(): int(self._counts[value]) for name, value in _kinds().items() if self._counts[value]}
        self.stats = {
            "rows": self._rows,
            "counts": counts,
            "first_ts": self._first,
            "last_ts": int(self._last),
            "disorder_ns": self._disorder,
            "lowest_latency_ns": self._lowest_latency,
            "watch": self._watch.to_dict(),
            **self.extra,
        }
        if self._states is not None:
            mark = self._states.mark
            self._has_states = self._states.close()
            self._states = None
            if self._has_states:
                self.stats["states_mark"] = mark
        self._writer.add_key_value_metadata({METADATA_STATS: json.dumps(self.stats).encode()})
        self._close()

    def _move(self) -> None:
        """Put the hidden files in the place of those that they replace."""
        for path in self._replaces:
            self._fs.rm(path)
        if self._has_states:
            self._fs.mv(self._states_partial, _states_of(self._final))
        elif self._fs.exists(self._states_partial):
            self._fs.rm(self._states_partial)
        self._fs.mv(self._partial, self._final)


def _kinds() -> Mapping[str, int]:
    from velora.core.events import EventKind

    return {kind.name: int(kind) for kind in EventKind}
