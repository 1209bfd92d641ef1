"""Lines of plain, gzip or bzip2 files, with their place and the progress made."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from velora.errors import CorruptData, InvalidArgument, MissingFile

__all__ = ["check_files", "read_lines"]


def check_files(paths: list[Path]) -> None:
    """Raise `InvalidArgument` when there is none, and `MissingFile` for the first path that is not a file."""
    if not paths:
        raise InvalidArgument("there is nothing to import: give at least one file")
    for path in paths:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise MissingFile(f"the file {str(path)!r} {what}")


def read_lines(
    path: Path, *, on_bytes: Callable[[int], None] | None = None, tolerate_truncation: bool = False
) -> Iterator[tuple[int, bytes]]:
    """Yield (1-based line number, line) of a file, decompressing gzip and bzip2 by their content.

    Parameters
    ----------
    on_bytes : callable, optional
        Called now and then with the bytes of the file read since the last call.
    tolerate_truncation : bool
        End quietly where a truncated stream breaks off.

    Raises
    ------
    CorruptData
        If a compressed stream is truncated or damaged; the message names the last good line.
    """
    number = 0
    with path.open("rb") as raw:
        head = raw.read(3)
        raw.seek(0)
        stream: io.BufferedReader | gzip.GzipFile | bz2.BZ2File = raw
        if head[:2] == b"\x1f\x8b":
            stream = gzip.GzipFile(fileobj=raw)
        elif head == b"BZh":
            stream = bz2.BZ2File(raw)
        reported = 0
        try:
            for line in stream:
                number += 1
                if on_bytes is not None and number % 4096 == 0:
                    at = os.lseek(raw.fileno(), 0, os.SEEK_CUR)
                    on_bytes(at - reported)
                    reported = at
                yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
            if tolerate_truncation:
                return
            raise CorruptData(
                f"the compressed stream breaks off or is damaged after line {number} ({error})",
                file=path,
                row=number,
                mend="Fetch the file again, or keep what is readable with --skip-bad-lines",
            ) from None
        if on_bytes is not None:
            on_bytes(os.path.getsize(path) - reported)
