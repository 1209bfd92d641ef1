"""Lines of plain, gzip or bzip2 files, with line numbers and progress."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from velora.errors import CorruptData, InvalidArgument, MissingFile

__all__ = ["LINE_MAX", "Expansion", "check_files", "copy_unpacked", "read_head", "read_lines"]

#: Errors raised when reading a damaged stream.
_BROKEN = (EOFError, zlib.error, OSError, ValueError)

#: Longest line that is read, bytes: a REST response of all levels is less than a tenth of that.
LINE_MAX = 1 << 22

#: A compressed file may expand to this many bytes plus this multiple of its size. Market data compresses by five to
#: fifty; a file made to fill a memory or a disk, by a thousand and more.
_GIVEN_FREE = 1 << 25
_GIVEN_RATIO = 100


class Expansion:
    """Counts the output of a compressed file, and refuses excessive expansion.

    Parameters
    ----------
    path : path
    size : int
        Size of the compressed data, bytes.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._most = _GIVEN_FREE + _GIVEN_RATIO * size
        self._given = 0

    def add(self, count: int) -> None:
        """Add `count` bytes of output; raises `CorruptData` when the total is too large."""
        self._given += count
        if self._given > self._most:
            raise CorruptData(
                f"expands to more than {_GIVEN_RATIO} times its size",
                file=self._path,
                hint="If the file is valid, decompress it first",
            )


def check_files(paths: list[Path]) -> None:
    """Raise `InvalidArgument` for an empty list, and `MissingFile` for the first path that is not a file."""
    if not paths:
        raise InvalidArgument("there is nothing to import: pass at least one file")
    for path in paths:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "does not exist"
            raise MissingFile(f"the file {str(path)!r} {what}")


def read_lines(
    path: Path,
    *,
    on_bytes: Callable[[int], None] | None = None,
    tolerate_truncation: bool = False,
    on_truncation: Callable[[int, str], None] | None = None,
) -> Iterator[tuple[int, bytes]]:
    """Yield (1-based line number, line) of a file; gzip and bzip2 are detected by content and decompressed.

    Parameters
    ----------
    on_bytes : callable, optional
        Called at intervals with the number of bytes of the file read since the last call.
    tolerate_truncation : bool
        Stop at the end of a truncated compressed stream instead of raising.
    on_truncation : callable, optional
        Called with the number of the last good line and the cause when that happens.

    Raises
    ------
    CorruptData
        If a compressed stream is truncated or damaged, with the last good line; if a line is longer than `LINE_MAX`; if
        the file expands excessively.
    """
    number = 0
    with path.open("rb") as raw:
        stream = _unpacked(raw)
        expansion = None if stream is raw else Expansion(path, os.path.getsize(path))
        reported = 0
        while True:
            try:
                line = stream.readline(LINE_MAX + 1)
            except _BROKEN as error:
                if tolerate_truncation:
                    if on_truncation is not None:
                        on_truncation(number, str(error))
                    return
                raise CorruptData(
                    f"the compressed stream breaks off or is damaged after line {number} ({error})",
                    file=path,
                    row=number,
                    hint="Fetch the file again, or keep what is readable with --skip-bad-lines",
                ) from None
            if not line:
                break
            number += 1
            if len(line) > LINE_MAX:
                raise CorruptData(f"the line is longer than {LINE_MAX:,} bytes", file=path, row=number)
            if expansion is not None:
                expansion.add(len(line))
            if on_bytes is not None and number % 4096 == 0:
                at = os.lseek(raw.fileno(), 0, os.SEEK_CUR)
                on_bytes(at - reported)
                reported = at
            yield number, line
        if on_bytes is not None:
            on_bytes(os.path.getsize(path) - reported)


def read_head(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of a file, decompressed; fewer if the file is shorter or damaged."""
    with path.open("rb") as raw:
        try:
            return _unpacked(raw).read(size)
        except _BROKEN:
            return b""


def copy_unpacked(path: Path, out: IO[bytes]) -> None:
    """Copy a file, decompressed; raises `CorruptData` like `read_lines`."""
    with path.open("rb") as raw:
        stream = _unpacked(raw)
        expansion = None if stream is raw else Expansion(path, os.path.getsize(path))
        while True:
            try:
                block = stream.read(1 << 20)
            except _BROKEN as error:
                raise CorruptData(
                    f"the compressed stream breaks off or is damaged ({error})", file=path, hint="Fetch the file again"
                ) from None
            if not block:
                return
            if expansion is not None:
                expansion.add(len(block))
            out.write(block)


def _unpacked(raw: io.BufferedReader) -> io.BufferedReader | gzip.GzipFile | bz2.BZ2File:
    """The decompressed stream of a file; the format is detected by its first bytes."""
    head = raw.read(3)
    raw.seek(0)
    if head[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=raw)
    return bz2.BZ2File(raw) if head == b"BZh" else raw
