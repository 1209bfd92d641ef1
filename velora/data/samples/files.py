"""Files of a sample: the same content gives the same bytes, and a file appears only once it is complete."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

__all__ = ["OnRows", "watched", "write_bytes", "write_gzip", "write_zip"]

#: Called with the number of rows written since the last call.
OnRows = Callable[[int], None]

_ROWS_BETWEEN = 4_096
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the format's earliest
_UNIX = 3

_Row = TypeVar("_Row")


def watched(rows: Iterable[_Row], on_rows: OnRows | None) -> Iterator[_Row]:
    """Yield the rows, and report how many there were at intervals."""
    count = 0
    for row in rows:
        yield row
        count += 1
        if count == _ROWS_BETWEEN and on_rows is not None:
            on_rows(count)
            count = 0
    if on_rows is not None:
        on_rows(count)


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file in one step."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def write_gzip(path: Path, lines: Iterable[str]) -> Path:
    """Write lines as gzip, without the time and the name that its header usually has."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as out:
            for line in lines:
                out.write(line.encode("ascii"))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def write_zip(path: Path, members: dict[str, str]) -> Path:
    """Write texts by name as a ZIP, all with the earliest time of the format."""
    part = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for name, text in members.items():
                info = zipfile.ZipInfo(name, _ZIP_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = _UNIX
                info.external_attr = 0o644 << 16
                archive.writestr(info, text)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path
