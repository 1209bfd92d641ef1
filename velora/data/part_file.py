"""Parquet with checksums: how a catalog's files are written and verified.

A file is plain Parquet, readable by any Parquet reader. Two keys of its metadata hold the checksums::

    velora.groups    [[end, crc], ...]: of each row group the byte behind it, and the CRC32C of the bytes from the end
                     of the group before it (the first: from the beginning of the file)
    velora.seal      the seal of the footer, see `velora.core.seal`: from the last row group's end to the file's

So each byte is covered, and a reader of some row groups verifies only these. Parquet's own page checksums do not cover
page headers and the footer.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from velora.core.checksum import crc32c
from velora.core.files import open_regular
from velora.core.seal import BLANK_SEAL, is_sealed, seal
from velora.data.row_check import check_rows
from velora.errors import CorruptData, DataError, MissingFile, VeloraError

if TYPE_CHECKING:
    import pyarrow as pa

    from velora.core.files import WholeFile

__all__ = ["PartFile", "PartFileWriter", "is_local"]

_KEY_GROUPS = b"velora.groups"
_KEY_SEAL = b"velora.seal"
_MAGIC = b"PAR1"
#: Maximum size of a footer: enough at 500 bytes per row group and column for a year of a busy instrument.
_FOOTER_MAX = 1 << 28
_AGAIN = "Import the data again with --overwrite"


def is_local(fs: Any) -> bool:
    """Whether a file system is local."""
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(fs, LocalFileSystem)


class _Sink:
    """Counts and checksums the output of Parquet's writer, and holds the footer back for the seal."""

    def __init__(self, out: WholeFile) -> None:
        self._out = out
        self.position = 0
        self.crc = 0
        self.footer: list[bytes] | None = None
        self.closed = False

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if self.footer is not None:
            self.footer.append(bytes(view))
        else:
            self.crc = crc32c(view, self.crc)
            self._out.write(view)
        self.position += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.position

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


class PartFileWriter:
    """Writes Parquet with checksums into a file, which the caller commits.

    Parameters
    ----------
    out : WholeFile
    schema : pyarrow.Schema
    group_rows : int
        Maximum number of rows of a row group.
    **options
        Options of `pyarrow.parquet.ParquetWriter`.
    """

    def __init__(self, out: WholeFile, schema: pa.Schema, group_rows: int, **options: Any) -> None:
        import pyarrow.parquet as pq

        self._sink = _Sink(out)
        self._out = out
        self._group_rows = group_rows
        self._groups: list[tuple[int, int]] = []
        self._writer: Any = pq.ParquetWriter(self._sink, schema, compression="zstd", **options)
        self.schema = schema

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        for start in range(0, table.num_rows, self._group_rows):
            part = table.slice(start, self._group_rows)
            self._writer.write_table(part, row_group_size=max(part.num_rows, 1))
            self._groups.append((self._sink.position, self._sink.crc))
            self._sink.crc = 0

    def close(self, metadata: Mapping[bytes, bytes]) -> None:
        """Write the footer with its metadata; the file is then complete, but not yet committed."""
        own = {_KEY_GROUPS: json.dumps(self._groups, separators=(",", ":")).encode(), _KEY_SEAL: BLANK_SEAL.encode()}
        self._writer.add_key_value_metadata({**metadata, **own})
        head = b"" if self._groups else _MAGIC
        self._sink.footer = []
        self._writer.close()
        sealed = seal(head + b"".join(self._sink.footer))
        self._out.write(sealed[len(head) :])

    def abandon(self) -> None:
        """Stop writing: the file will be discarded."""
        self._sink.footer = []  # discards further output of Parquet's writer
        with contextlib.suppress(Exception):
            self._writer.close()
        self._writer.is_open = False  # or it tries to close again when it is collected


class _Groups:
    """Verifies row groups by their checksums, each once."""

    def __init__(self, file: Any, path: str, ends: Sequence[int], crcs: Sequence[int], rows: Sequence[int]) -> None:
        self.file = file
        self.path = path
        self._ends = ends
        self._crcs = crcs
        self._rows = rows
        self._known: set[int] = set()
        self._buffer = memoryview(b"")

    def verify(self, number: int) -> None:
        """Raise CorruptData if the bytes of a row group have changed since they were written."""
        if number in self._known:
            return
        begin = self._ends[number - 1] if number else 0
        size = self._ends[number] - begin
        if len(self._buffer) < size:
            self._buffer = memoryview(bytearray(size))
        into = self._buffer[:size]
        if self._fill(into, begin) < size or crc32c(into) != self._crcs[number]:
            raise CorruptData(
                f"row group {number} does not match its checksum", file=self.path, hint=_damaged(self.path)
            )
        self._known.add(number)

    def _fill(self, into: memoryview, begin: int) -> int:
        done = 0
        self.file.seek(begin)  # Parquet's reader, which shares the file, seeks before each of its reads
        while done < len(into):
            read = self.file.readinto(into[done:])
            if not read:
                break
            done += read
        return done

    def verifying(self, batches: Iterator[Any], groups: Sequence[int], rows: int) -> Iterator[Any]:
        """Batches of `rows` rows of some row groups; the groups of a batch are verified before it is read."""
        ahead = verified = given = 0
        while True:
            while ahead < len(groups) and verified <= given + rows:
                self.verify(groups[ahead])
                verified += self._rows[groups[ahead]]
                ahead += 1
            batch = next(batches, None)
            if batch is None:
                return
            given += len(batch)
            yield batch


def _damaged(path: str) -> str:
    return f"Bytes of {path.rpartition('/')[2]} have changed since it was written. {_AGAIN}"


class PartFile:
    """A Parquet file written by `PartFileWriter`; use it as a context manager.

    Parameters
    ----------
    fs : fsspec file system
    path : str

    Raises
    ------
    CorruptData
        If the file has changed since it was written, or has no checksums.
    """

    def __init__(self, fs: Any, path: str) -> None:
        self.path = path
        self._file: Any = open_regular(path) if is_local(fs) else _open_remote(fs, path)
        try:
            self._open()
        except (VeloraError, MemoryError):
            self._file.close()
            raise
        except Exception as error:  # the errors of Parquet's reader for invalid bytes
            self._file.close()
            raise CorruptData(f"cannot be read as Parquet ({error})", file=path, hint=_AGAIN) from None

    def _open(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        size = self._file.seek(0, 2)
        tail = self._bytes(max(size - 8, 0), 8)
        length = int.from_bytes(tail[:4], "little")
        if size < 12 or tail[4:] != _MAGIC or length + 12 > size or length > _FOOTER_MAX:
            raise CorruptData("is not a complete Parquet file", file=self.path, hint=_AGAIN)
        data_end = size - 8 - length
        footer = self._bytes(data_end, length + 8)
        head = _MAGIC if data_end == len(_MAGIC) else b""  # without a row group the seal covers the bytes before it
        if _KEY_SEAL not in footer:
            if _KEY_GROUPS not in footer:  # no single bit error removes both
                self._explain()
            raise CorruptData(
                "carries no checksum: another program or an earlier version wrote it", file=self.path, hint=_AGAIN
            )
        if not is_sealed((self._bytes(0, 4) if head else b"") + footer):
            raise CorruptData("its footer does not match its checksum", file=self.path, hint=_damaged(self.path))
        #: As in `pyarrow.parquet`.
        self.metadata: Any = pq.read_metadata(pa.BufferReader(_MAGIC + footer))
        groups = json.loads((self.metadata.metadata or {})[_KEY_GROUPS])
        ends = [int(end) for end, _ in groups]
        if len(ends) != self.metadata.num_row_groups or sorted(ends) != ends or (ends or [len(_MAGIC)])[-1] != data_end:
            raise CorruptData("its row groups are not at the positions in its footer", file=self.path, hint=_AGAIN)
        rows = [self.metadata.row_group(number).num_rows for number in range(len(ends))]
        self._groups = _Groups(self._file, self.path, ends, [int(crc) for _, crc in groups], rows)
        self._parquet = pq.ParquetFile(pa.PythonFile(self._file, mode="r"), metadata=self.metadata, pre_buffer=False)

    def _bytes(self, begin: int, size: int) -> bytes:
        self._file.seek(begin)
        found: bytes = self._file.read(size)
        return found

    def _explain(self) -> None:
        """For a part rewritten by another program, raise for the first invalid row, if any."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        from velora.data.table import EventTable

        if not self.path.rpartition("/")[2].startswith("events-"):
            return
        self._file.seek(0)
        try:
            with pq.ParquetFile(pa.PythonFile(self._file, mode="r")) as file:
                row, after = 0, None
                for batch in file.iter_batches(batch_size=1 << 16):
                    table = EventTable.from_arrow(batch, check=False)
                    check_rows(table, file=self.path, first_row=row, after=after, needs_qty=True)
                    row, after = row + len(table), int(table.ts_recv[-1]) if len(table) else after
        except DataError:
            raise
        except Exception:  # not a table of events
            return

    @property
    def num_row_groups(self) -> int:
        """Number of row groups."""
        return int(self.metadata.num_row_groups)

    @property
    def seal(self) -> str:
        """A seal that identifies the file."""
        return str((self.metadata.metadata or {})[_KEY_SEAL].decode())

    def key_values(self) -> dict[bytes, bytes]:
        """Keys and values of the file's metadata and of its schema."""
        found = dict(self._parquet.schema_arrow.metadata or {})
        found.update(self.metadata.metadata or {})
        return found

    def batches(self, rows: int, groups: Sequence[int], columns: Sequence[str]) -> Iterator[Any]:
        """Record batches of some row groups."""
        with self._failing():
            batches = self._parquet.iter_batches(batch_size=rows, row_groups=list(groups), columns=list(columns))
            yield from self._groups.verifying(batches, groups, rows)

    def read(self, groups: Sequence[int] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """Some or all row groups as a table."""
        with self._failing():
            chosen = range(self.num_row_groups) if groups is None else groups
            for number in chosen:
                self._groups.verify(number)
            return self._parquet.read_row_groups(list(chosen), columns=None if columns is None else list(columns))

    def _failing(self) -> _Failing:
        return _Failing(self.path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> PartFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Failing:
    """Converts errors of Parquet's reader to errors that name the file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import pyarrow as pa

        if isinstance(error, (pa.ArrowException, OSError)) and not isinstance(error, VeloraError):
            raise CorruptData(f"cannot be read as Parquet ({error})", file=self._path, hint=_AGAIN) from None


def _open_remote(fs: Any, path: str) -> Any:
    try:
        return fs.open(path, "rb")
    except FileNotFoundError:
        raise MissingFile(f"{path} does not exist") from None
