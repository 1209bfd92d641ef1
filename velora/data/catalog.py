"""The catalog: event tables of any number of instruments as Parquet, through fsspec.

Layout, below the root::

    SYMBOL@VENUE/events-00000.parquet      parts in the order of receipt
    SYMBOL@VENUE/states-00000.parquet      states of the part of that number, from which a run may start inside it
    SYMBOL@VENUE/candles-1m-00000.parquet  candles of one interval

A folder's name identifies its instrument uniquely: characters other than ASCII letters, digits and ``-_.+`` are
percent-encoded, as is a dot at the beginning. Without a venue there is no ``@``.

Each part has in its metadata the instrument and statistics (rows, rows of each kind, first and last time, disorder,
clock shift, and properties of the book). It carries checksums, see `velora.data.part_file`, and its rows are checked
when they are read. A file is written under a hidden name, synced, and renamed when it is complete, see
`velora.core.files`: a killed writer leaves existing files unchanged, and a hidden file that `Catalog.leftovers` finds.
States are described in `velora.data.states`; a part without them is read from its beginning.
"""

from __future__ import annotations

import json
import os
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

import numpy as np
from numpy.typing import NDArray

from velora.core.files import WholeFile, is_partial, leftovers
from velora.core.instrument import Instrument
from velora.core.instrument_names import instrument_name
from velora.data.listing import ListedCatalog
from velora.data.part_file import PartFile, PartFileWriter, is_local
from velora.data.pending import Pending
from velora.data.schema import (
    COLUMNS,
    METADATA_INSTRUMENT,
    METADATA_REPLACES,
    METADATA_STATS,
    arrow_schema,
    decode_instrument,
    decode_replaces,
    decode_stats,
)
from velora.data.source import EventSource, Opening
from velora.data.states import StateWriter, check_states, read_state
from velora.data.table import EventTable
from velora.data.watch import BookWatch
from velora.errors import CorruptData, InvalidArgument, MissingFile, UnknownInstrument, WriteError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Catalog", "CatalogSource", "Leftover", "PartWriter"]

_CHUNK_ROWS = 1 << 18
#: A run that starts inside a part reads at least one row group.
_ROW_GROUP = 1 << 16
_ENCODINGS = dict.fromkeys(("ts_event", "ts_recv", "price", "qty", "order_id"), "DELTA_BINARY_PACKED")
_PLAIN = frozenset(string.ascii_letters + string.digits + "-_.+")
#: Maximum length of a folder's name in bytes; file systems allow 255.
_NAME_MAX = 255
_INTERVAL = re.compile(r"[0-9]{1,9}[A-Za-z]{1,9}")
_AGAIN = "Import the data again with --overwrite"


def _encoded(text: str) -> str:
    """Encode text as part of a folder's name; `_decoded` decodes it."""
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in text.encode())


def _decoded(name: str) -> str:
    return unquote_to_bytes(name).decode("utf-8", "replace")


def _folder(instrument: Instrument) -> str:
    """The folder of an instrument; unique to it."""
    try:
        name = _encoded(instrument.symbol) + (f"@{_encoded(instrument.venue)}" if instrument.venue else "")
    except UnicodeEncodeError:
        raise InvalidArgument(
            f"a catalog cannot store the name {instrument_name(instrument)!r}: not Unicode text"
        ) from None
    if not instrument.symbol.strip("."):
        raise InvalidArgument(f"a catalog cannot hold the symbol {instrument.symbol!r}: it consists of dots only")
    if name.startswith("."):
        name = f"%2E{name[1:]}"  # a folder that starts with a dot is hidden
    if len(name) > _NAME_MAX:
        raise InvalidArgument(
            f"the instrument {instrument_name(instrument)[:40]}... has too long a name for a catalog: {len(name)} "
            f"bytes, the maximum is {_NAME_MAX}"
        )
    return name


class _Stored(NamedTuple):
    """One folder of a catalog."""

    folder: str
    symbol: str
    venue: str
    files: list[str]

    @property
    def name(self) -> str:
        return f"{self.symbol}@{self.venue}" if self.venue else self.symbol

    def parts(self, prefix: str) -> list[str]:
        return sorted(one for one in self.files if one.startswith(f"{prefix}-") and one.endswith(".parquet"))


class Leftover(NamedTuple):
    """An unused file of a catalog.

    Attributes
    ----------
    path : str
    bytes : int
    why : str
        Cause of the file.
    """

    path: str
    bytes: int
    why: str


class Catalog(ListedCatalog):
    """Event tables below one folder or URL.

    Parameters
    ----------
    root : str or path
        A local folder, or any fsspec URL such as ``s3://bucket/ticks`` or ``memory://ticks``.
    create : bool
        Whether a missing root is allowed; the first write creates it.
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
            raise MissingFile(
                f"the catalog {self.root!r} {what}; create it with `velora data import FILE --catalog {self.root}`"
            )

    # ------------------------------------------------------------------ reading

    def _stored(self) -> list[_Stored]:
        """Contents of the folders, sorted by name."""
        if not self._fs.isdir(self._path):
            return []
        found: dict[str, list[str]] = {}
        for path in self._fs.find(self._path):
            parts = path[len(self._path) :].strip("/").split("/")
            if len(parts) == 2:
                found.setdefault(parts[0], []).append(parts[1])
        stored = []
        for folder, files in sorted(found.items()):
            symbol, _, venue = folder.partition("@")
            stored.append(_Stored(folder, _decoded(symbol), _decoded(venue), files))
        return stored

    def names(self) -> list[str]:
        """Names of the stored instruments, SYMBOL@VENUE, sorted."""
        return sorted(one.name for one in self._stored() if one.parts("events"))

    def instruments(self) -> list[Instrument]:
        """All instruments, sorted by name."""
        return [source.instrument for source in self.sources()]

    def sources(self, *, start: int | None = None, end: int | None = None) -> list[CatalogSource]:
        """Events of all instruments received in [start, end), ns; sorted by name."""
        stored = sorted((one for one in self._stored() if one.parts("events")), key=lambda one: one.name)
        return [self._source(one, start, end) for one in stored]

    def _resolve(self, symbol: str | Instrument, prefix: str = "events") -> _Stored:
        """The folder of an instrument, by its symbol, alone or as SYMBOL@VENUE."""
        stored = [one for one in self._stored() if one.parts(prefix)]
        if isinstance(symbol, Instrument):
            wanted, folder = instrument_name(symbol), _folder(symbol)
            matches = [one for one in stored if one.folder == folder]
        elif isinstance(symbol, str):
            wanted = symbol
            matches = [one for one in stored if one.name == wanted] or [one for one in stored if one.symbol == wanted]
        else:
            raise InvalidArgument(f"expected a symbol or an Instrument, was a {type(symbol).__name__}")
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UnknownInstrument(
                f"{wanted!r} is ambiguous in the catalog {self.root!r}: {', '.join(one.name for one in matches)}; "
                "pass the Instrument or SYMBOL@VENUE"
            )
        what = "instrument" if prefix == "events" else f"{prefix.removeprefix('candles-')} candles of"
        holds = f"it holds {', '.join(sorted(one.name for one in stored))}" if stored else "it is empty"
        if prefix != "events" and not stored:
            holds = "it holds none"
        raise UnknownInstrument(f"the catalog {self.root!r} has no {what} {wanted!r}; {holds}")

    def source(self, symbol: str | Instrument, *, start: int | None = None, end: int | None = None) -> CatalogSource:
        """Events of one instrument received in [start, end), ns.

        Parameters
        ----------
        symbol : str or Instrument
            The venue's symbol, alone if only one venue in the catalog has it, or SYMBOL@VENUE.
        start, end : int, optional

        Raises
        ------
        UnknownInstrument
            If the catalog does not have it.
        CorruptData
            If a part has changed since it was written.
        """
        return self._source(self._resolve(symbol), start, end)

    def _source(self, stored: _Stored, start: int | None = None, end: int | None = None) -> CatalogSource:
        paths = [f"{self._path}/{stored.folder}/{name}" for name in stored.parts("events")]
        source = CatalogSource(self._fs, paths, start, end)
        if _folder(source.instrument) != stored.folder:
            raise CorruptData(
                f"it contains {instrument_name(source.instrument)}, but is in the folder of {stored.name}",
                file=paths[0],
                hint="A folder or a file was renamed: restore its name",
            )
        return source

    def info(self, symbol: str | Instrument) -> dict[str, Any]:
        """Statistics of one instrument: rows, rows of each kind, period, bytes, and its parts with theirs."""
        stored = self._resolve(symbol)
        source = self._source(stored)
        parts = [{"file": path, "bytes": int(self._fs.size(path)), **stats} for path, stats in source.parts()]
        counts: dict[str, int] = {}
        for part in parts:
            for kind, rows in part.get("counts", {}).items():
                counts[kind] = counts.get(kind, 0) + rows
        return {
            "name": stored.name,
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

        prefix = f"candles-{_interval(interval)}"
        stored = self._resolve(symbol, prefix)
        tables = []
        for name in stored.parts(prefix):
            path = f"{self._path}/{stored.folder}/{name}"
            with PartFile(self._fs, path) as file:
                instrument = _instrument_of(file)
                if instrument is None or _folder(instrument) != stored.folder:
                    raise CorruptData(
                        f"it does not contain candles of {stored.name}",
                        file=path,
                        hint="A folder or a file was renamed: restore its name",
                    )
                table = file.read()
            kept = {key: value for key, value in (table.schema.metadata or {}).items() if key[:7] != b"velora."}
            tables.append(table.replace_schema_metadata(kept or None))
        return pa.concat_tables(tables)

    def verify(self, symbol: str | Instrument | None = None) -> int:
        """Read all files of an instrument, or of the whole catalog, and compare them with their checksums.

        Parameters
        ----------
        symbol : str or Instrument, optional

        Returns
        -------
        int
            Bytes read.

        Raises
        ------
        CorruptData, DataError
            For the first file that has changed since it was written, or the first invalid row.
        """
        chosen = [one for one in self._stored() if one.files] if symbol is None else [self._resolve(symbol)]
        total = 0
        for stored in chosen:
            if stored.parts("events"):
                source = self._source(stored)
                for path, stats in source.parts():
                    states = _states_of(path)
                    if states.rpartition("/")[2] in stored.files:
                        check_states(self._fs, states, stats.get("states_mark"), source.instrument)
                for _ in source.chunks(_CHUNK_ROWS):
                    pass
            for name in stored.files:
                path = f"{self._path}/{stored.folder}/{name}"
                if name.startswith("candles-") and name.endswith(".parquet"):
                    with PartFile(self._fs, path) as file:
                        file.read()
                total += 0 if is_partial(name) else int(self._fs.size(path))
        return total

    def leftovers(self) -> list[Leftover]:
        """Files without an owner, left by killed writers.

        They are never read, and a later write of the same instrument removes them. A file that a process of this
        machine is writing is not included.
        """
        found = []
        for stored in self._stored():
            folder = f"{self._path}/{stored.folder}"
            hidden = [f"{folder}/{name}" for name in stored.files if is_partial(name)]
            if hidden and is_local(self._fs):
                dead = set(leftovers(folder))
                hidden = [path for path in hidden if path in dead]
            found += [(path, "an interrupted write") for path in hidden]
            events = stored.parts("events")
            for name in stored.parts("states"):
                if f"events-{name.removeprefix('states-')}" not in events:
                    found.append((f"{folder}/{name}", "states of a missing part"))
            if len(events) > 1:
                _, replaced = _open_parts(self._fs, [f"{folder}/{name}" for name in events])
                found += [(path, "a part that another write has replaced") for path in replaced]
        return [Leftover(path, int(self._fs.size(path)), why) for path, why in found]

    def remove_leftovers(self) -> list[Leftover]:
        """Remove the files that `leftovers` finds, and return them."""
        found = self.leftovers()
        for one in found:
            self._fs.rm(one.path)
            folder = one.path.rpartition("/")[0]
            if not self._fs.ls(folder):
                self._fs.rmdir(folder)
        return found

    # ------------------------------------------------------------------ writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all writes of the block together: all of them at its end, or none after an exception.

        Parts are written under hidden names and renamed when the block ends. A nested transaction becomes part of the
        outer one. Parts cannot be read before the block ends.

        Raises
        ------
        InvalidArgument
            Raised by `writer` and `write_candles`, if one block writes the same name twice.

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

        With `raw_clock`, each chunk needs its raw times of receipt, which are stored in the column `ts_recv_raw`.

        Raises
        ------
        InvalidArgument
            If the instrument is stored already and `overwrite` is false.
        """
        name = _folder(instrument)
        stored = next((one for one in self._stored() if one.folder == name), None)
        if stored is not None and stored.parts("events") and not overwrite:
            raise InvalidArgument(
                f"the catalog {self.root!r} holds {stored.name} already; choose --overwrite, or another catalog"
            )
        replaces = [] if stored is None else stored.parts("events") + stored.parts("states")
        folder = f"{self._path}/{name}"
        return PartWriter(
            self._fs,
            folder,
            instrument,
            replaces=[f"{folder}/{one}" for one in replaces],
            raw_clock=raw_clock,
            pending=self._pending,
        )

    def write(
        self,
        source: EventSource | Iterable[EventTable],
        *,
        overwrite: bool = False,
        chunk_rows: int = _CHUNK_ROWS,
    ) -> dict[str, Any]:
        """Store a source, and return its statistics."""
        chunks = source.chunks(chunk_rows) if isinstance(source, EventSource) else iter(source)
        first = next(iter(chunks), None)
        if first is None:
            raise InvalidArgument("the source has no rows to write")
        with self.writer(first.instrument, overwrite=overwrite) as writer:
            writer.extra["looked_for"] = sorted(getattr(source, "looked_for", ()))
            writer.add(first)
            for chunk in chunks:
                writer.add(chunk)
        return writer.stats

    def write_candles(self, instrument: Instrument, interval: str, table: pa.Table, *, overwrite: bool = False) -> None:
        """Store candles of one interval."""
        folder = f"{self._path}/{_folder(instrument)}"
        final = f"{folder}/candles-{_interval(interval)}-00000.parquet"
        if self._fs.exists(final) and not overwrite:
            raise InvalidArgument(f"{final} exists already; choose --overwrite, or another catalog")
        pending = self._pending or Pending()
        pending.reserve(final)
        made = _Folders(self._fs, folder)
        try:
            out = WholeFile(final, fs=None if is_local(self._fs) else self._fs)
            try:
                writer = PartFileWriter(out, table.schema, _ROW_GROUP)
                try:
                    writer.write(table)
                    writer.close({METADATA_INSTRUMENT: json.dumps(instrument.to_dict()).encode()})
                except BaseException:
                    writer.abandon()
                    raise
                out.finish(release=self._pending is not None)
            except BaseException:
                out.discard()
                raise
        except BaseException:
            made.remove()
            raise

        def drop() -> None:
            out.discard()
            made.remove()

        pending.add(lambda: out.commit(is_finished=True), drop)
        if self._pending is None:
            pending.commit()


def _interval(interval: str) -> str:
    if not isinstance(interval, str) or _INTERVAL.fullmatch(interval) is None:
        raise InvalidArgument(f"an interval must be a number and a unit, such as 1m, was {interval!r}")
    return interval


class _Folders:
    """Creates a folder of a catalog, and removes it again if it stays empty."""

    def __init__(self, fs: Any, folder: str) -> None:
        self._fs = fs
        root = folder.rpartition("/")[0]
        self._made = [one for one in (folder, root) if not fs.isdir(one)]
        if is_local(fs) and os.path.islink(folder):
            raise InvalidArgument(f"cannot write into {folder}: it is a link to a place outside the catalog")
        try:
            fs.makedirs(folder, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InvalidArgument(f"cannot write into {folder}: it is not a folder") from None
        except OSError as error:
            raise WriteError(f"cannot write into {folder}: {error.strerror or error}") from error

    def remove(self) -> None:
        for folder in self._made:
            if self._fs.isdir(folder) and not self._fs.ls(folder):
                self._fs.rmdir(folder)


def _joined(watches: list[dict[str, Any] | None]) -> dict[str, Any] | None:
    """Properties of the book over all parts, None if a part was written without them."""
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
        self._start = start
        self._end = end
        parts, _ = _open_parts(fs, paths)
        if not parts:
            raise UnknownInstrument("the instrument has no part")
        self.instrument: Instrument = parts[0].instrument
        for part in parts[1:]:
            if part.instrument != self.instrument:
                raise CorruptData(
                    f"it contains {part.instrument.to_dict()}, the previous part {self.instrument.to_dict()}",
                    file=part.path,
                    hint=_AGAIN,
                )
        self._paths = [part.path for part in parts]
        self._stats = [part.stats for part in parts]

    def parts(self) -> list[tuple[str, dict[str, Any]]]:
        """Path and statistics of each part."""
        return list(zip(self._paths, self._stats, strict=True))

    @property
    def rows(self) -> int:
        """Rows of all parts, regardless of the selected period."""
        return sum(int(stats.get("rows", 0)) for stats in self._stats)

    @property
    def period(self) -> tuple[int, int] | None:
        """Times of receipt of the first and last row of the selected period, ns; None if no part states them."""
        spans = [(int(one["first_ts"]), int(one["last_ts"])) for one in self._stats if one.get("rows")]
        if not spans:
            return None
        first, last = min(one for one, _ in spans), max(one for _, one in spans)
        first = first if self._start is None else max(first, self._start)
        return first, last if self._end is None else max(min(last, self._end), first)

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
        """Whether there are trades, regardless of the selected period."""
        return any(stats.get("counts", {}).get("trade", 0) for stats in self._stats)

    @property
    def has_orders(self) -> bool:
        """Whether the book is given by order, without level updates."""
        counts = [stats.get("counts", {}) for stats in self._stats]
        return any(one.get("order_add", 0) for one in counts) and not any(one.get("delta", 0) for one in counts)

    @property
    def looked_for(self) -> frozenset[str]:
        """See `EventSource`; the properties that all parts were checked for."""
        found = [frozenset(stats.get("looked_for", ())) for stats in self._stats]
        return frozenset.intersection(*found) if found else frozenset()

    @property
    def clock_shift_ns(self) -> int:
        """See `EventSource`; the largest of the parts."""
        return max((int(stats.get("clock_shift_ns", 0)) for stats in self._stats), default=0)

    @property
    def has_snapshots(self) -> bool:
        """Whether any part has a snapshot."""
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
        # A state covers the rows of its own part only: use the states of the first part, which has no part before it.
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
        """Rows received from `start` on, beginning at a row of the first part."""
        after: int | None = None
        for path in self._paths:
            with PartFile(self._fs, path) as file:
                groups, row, skipped = self._groups(file, start, first_row)
                first_row = 0
                for batch in file.batches(rows, groups, COLUMNS):
                    try:
                        table = EventTable.from_arrow(batch, self.instrument, check=False)
                    except InvalidArgument as error:
                        raise CorruptData(str(error), file=path, hint=_AGAIN) from None
                    table.check(file=path, first_row=row, after=after, needs_qty=True)
                    row += len(table)
                    after = int(table.ts_recv[-1])
                    if skipped >= len(table):
                        skipped -= len(table)
                        continue
                    if skipped:
                        table = table.slice(skipped, len(table))
                        skipped = 0
                    if start is not None or self._end is not None:
                        table = table.between(start, self._end)
                    if len(table):
                        yield table

    def _groups(self, file: PartFile, start: int | None, first_row: int) -> tuple[list[int], int, int]:
        """Row groups that may have rows of the period, the number of their first row, and the rows to skip."""
        column = COLUMNS.index("ts_recv")
        chosen: list[int] = []
        first = skipped = row = 0
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
                first, skipped = begin, max(first_row - begin, 0)
            chosen.append(group)
        return chosen, first, skipped

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


class _Part(NamedTuple):
    """Metadata of a part."""

    path: str
    instrument: Instrument
    stats: dict[str, Any]


def _instrument_of(file: PartFile) -> Instrument | None:
    return decode_instrument(file.key_values(), file=file.path)


def _open_parts(fs: Any, paths: list[str]) -> tuple[list[_Part], list[str]]:
    """The parts of an instrument, and replaced parts that a killed writer did not remove."""
    found: list[_Part] = []
    seals: dict[str, str] = {}
    replaced: dict[str, str] = {}
    for path in paths:
        with PartFile(fs, path) as file:
            metadata = file.key_values()
        instrument = decode_instrument(metadata, file=path)
        if instrument is None:
            raise CorruptData("this file does not name its instrument", file=path, hint=_AGAIN)
        found.append(_Part(path, instrument, decode_stats(metadata, file=path)))
        seals[path] = file.seal
        folder = path.rpartition("/")[0]
        replaced |= {f"{folder}/{name}": seal for name, seal in decode_replaces(metadata, file=path).items()}
    gone = [path for path in paths if path in replaced and replaced[path] == seals[path]]
    return [part for part in found if part.path not in gone], gone


def _states_of(path: str) -> str:
    """The file with the states of a part."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/states-{name.removeprefix('events-')}"


class PartWriter:
    """Writes one part of an instrument, chunk by chunk; the part is invisible until it is complete."""

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
        self.instrument = instrument
        self.stats: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self._raw_clock = raw_clock
        self._made: _Folders | None = None
        self._file: WholeFile | None = None
        self._states_file: WholeFile | None = None
        self._writer: PartFileWriter | None = None
        self._states: StateWriter | None = None
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
        schema = arrow_schema(self.instrument, raw_clock=self._raw_clock)
        encodings = {**_ENCODINGS, **({"ts_recv_raw": "DELTA_BINARY_PACKED"} if self._raw_clock else {})}
        fs = None if is_local(self._fs) else self._fs
        self._made = _Folders(self._fs, self._folder)
        try:
            self._file = WholeFile(self._final, fs=fs)
            self._states_file = WholeFile(_states_of(self._final), fs=fs)
            self._writer = PartFileWriter(
                self._file, schema, _ROW_GROUP, use_dictionary=["kind", "side", "flags"], column_encoding=encodings
            )
            self._states = StateWriter(self._states_file, self.instrument)
        except BaseException:
            self._drop()
            raise
        return self

    def add(self, table: EventTable, ts_recv_raw: NDArray[np.int64] | None = None) -> None:
        """Append rows. Times of receipt must not decrease, and prices and quantities must be valid.

        Raises
        ------
        DataError
            For the first invalid row, see `velora.data.row_check.check_rows`.
        """
        if len(table) == 0:
            return
        table.check(first_row=self._rows, after=self._last if self._rows else None, needs_qty=True)
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
        if self._writer is None:
            raise InvalidArgument("write a part within its context manager")
        self._writer.write(columns.cast(self._writer.schema))
        if self._states is not None:
            self._states.add(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._rows == 0:
                raise InvalidArgument(f"{self.instrument.symbol}: there are no rows to write")
            if kind is None:
                self._seal()
                if self._pending is None:
                    self._move()
                else:
                    self._pending.add(self._move, self._drop)
        except BaseException:
            self._drop()
            raise
        if kind is not None:
            self._drop()

    def _drop(self) -> None:
        """Leave existing files unchanged."""
        for writer in (self._writer, self._states):
            if writer is not None:
                writer.abandon()
        for file in (self._file, self._states_file):
            if file is not None:
                file.discard()
        self._writer = self._states = self._file = self._states_file = None
        if self._made is not None:
            self._made.remove()

    def _seal(self) -> None:
        """Write the end of the hidden files and sync them to disk."""
        assert self._file is not None
        assert self._states_file is not None
        assert self._writer is not None
        assert self._states is not None
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
        mark = self._states.mark
        if self._states.close():
            self.stats["states_mark"] = mark
            self._states_file.finish(release=self._pending is not None)
        else:
            self._states_file.discard()
            self._states_file = None
        self._states = None
        metadata = {METADATA_STATS: json.dumps(self.stats).encode()}
        parts = [path for path in self._replaces if path != self._final and "/events-" in path]
        if parts:
            # Until they are removed, the new part's metadata marks them as replaced.
            seals = {path.rpartition("/")[2]: _seal_of(self._fs, path) for path in parts}
            metadata[METADATA_REPLACES] = json.dumps(seals).encode()
        self._writer.close(metadata)
        self._writer = None
        self._file.finish(release=self._pending is not None)

    def _move(self) -> None:
        """Rename the hidden files to their final names; remove the replaced files afterwards."""
        assert self._file is not None
        written = [self._final]
        # The states come first: until their part is in place they belong to no part.
        if self._states_file is not None:
            self._states_file.commit(is_finished=True)
            written.append(self._states_file.path)
        self._file.commit(is_finished=True)
        for path in self._replaces:
            if path not in written:
                self._fs.rm(path)


def _seal_of(fs: Any, path: str) -> str:
    """The seal of a part, empty if it cannot be read."""
    try:
        with PartFile(fs, path) as file:
            return file.seal
    except CorruptData:
        return ""


def _kinds() -> Mapping[str, int]:
    from velora.core.events import EventKind

    return {kind.name: int(kind) for kind in EventKind}
