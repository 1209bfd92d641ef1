"""Raw Binance spot messages stored as JSON arrays, without a local time.

A file is an array of ``depthUpdate`` or of ``aggTrade`` messages, or one REST depth response. Files of one symbol are
merged by the time ``E`` of their messages into the lines of a capture, which `import_captures` reads.

Rules
-----
Local time. There is none: a message counts as received at its ``E``, so the feed has only the latency that a run adds,
see `velora.FeedLatency`. A REST response counts as received after the last diff whose ``u`` is at most its
``lastUpdateId``, where the published rule would join it.
"""

from __future__ import annotations

import mmap
import re
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from velora.data.catalog import Catalog
from velora.data.feeds.guard import Crossed
from velora.data.importers.binance_capture import import_captures, venue_ns
from velora.data.importers.lines import LINE_MAX, check_files, copy_unpacked
from velora.data.importers.report import ImportSummary
from velora.data.importers.together import stored_together
from velora.errors import CorruptData, InvalidArgument

__all__ = ["import_json", "is_binance_json"]

_STREAMS = {"depthUpdate": "depth", "aggTrade": "aggTrade"}
_TRADE, _DIFF, _SNAPSHOT = range(3)
_KINDS = {"aggTrade": _TRADE, "depthUpdate": _DIFF}

#: Matches whole strings, and brackets.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)
_Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 2)]


class _Key(msgspec.Struct):
    """Fields of a message that determine its order and file."""

    e: str = ""
    E: _Id | None = None
    s: str = ""
    u: _Id = 0
    lastUpdateId: _Id | None = None


def is_binance_json(line: bytes) -> bool:
    """Whether a file with this beginning has this format."""
    start = line[:200].replace(b" ", b"")
    return start.startswith((b'[{"e":"depthUpdate"', b'[{"e":"aggTrade"', b'{"lastUpdateId"'))


@stored_together
def import_json(
    paths: Iterable[str | Path],
    catalog: Catalog,
    *,
    tick_size: str | None = None,
    lot_size: str | None = None,
    quote: str | None = None,
    overwrite: bool = False,
    strict: bool = False,
    crossed: Crossed = "uncross",
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import JSON arrays of Binance spot messages of one symbol into a catalog.

    Parameters
    ----------
    paths : list of path
        In any order.
    catalog, tick_size, lot_size, quote, overwrite, strict, crossed, on_bytes
        As of `velora.data.importers.binance_capture.import_captures`.

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then unchanged.
    """
    files = [Path(path) for path in paths]
    check_files(files)
    with tempfile.TemporaryDirectory(prefix="velora-import-") as folder:
        with (Path(folder) / "messages").open("w+b") as bodies:
            messages = _Messages(bodies)
            for index, path in enumerate(files):
                messages.read(path, index)
                if on_bytes is not None:
                    on_bytes(path.stat().st_size)
            symbols = sorted(messages.symbols)
            if len(symbols) != 1:
                raise InvalidArgument(
                    f"import one symbol at a time; these files are for {', '.join(symbols[:5]) or 'none'}"
                )
            capture = Path(folder) / f"{len(files)}.txt"
            order, received = messages.order()
            with capture.open("wb") as out:
                messages.write(order, received, symbols[0].lower(), out)
        try:
            summary = import_captures(
                [capture],
                catalog,
                market="spot",
                tick_size=tick_size,
                lot_size=lot_size,
                quote=quote,
                overwrite=overwrite,
                strict=strict,
                crossed=crossed,
            )
        except CorruptData as error:  # its row refers to the temporary capture
            if error.row is None:
                raise
            path, number = messages.place(int(order[error.row - 1]), files)
            named = CorruptData(
                f"message {error.row} in time order: {error.message} ({path}, row {number})", hint="Correct the message"
            )
            named.file, named.row, named.field = str(path), number, error.field
            raise named from None
    placed = re.compile(re.escape(capture.name) + r":(\d+)")

    def place(match: re.Match[str]) -> str:
        path, number = messages.place(int(order[int(match[1]) - 1]), files)
        return f"{path.name}:{number}"

    places = {kind: [placed.sub(place, text) for text in found] for kind, found in summary.places.items()}
    return replace(summary, files=[str(path) for path in files], places=places)


class _Messages:
    """Messages of several files; their text is on disk."""

    def __init__(self, bodies: IO[bytes]) -> None:
        self.symbols: set[str] = set()
        self._bodies = bodies
        self._keys = msgspec.json.Decoder(_Key)
        #: Per message: time in ns, kind, last update id, file, index in it, and position of its text.
        self._columns = [array("q") for _ in range(7)]

    def read(self, path: Path, index: int) -> None:
        """Read all messages of a file."""
        with tempfile.TemporaryFile(prefix="velora-import-") as plain:
            copy_unpacked(path, plain)
            plain.flush()
            if not plain.tell():
                raise CorruptData("not JSON: the file is empty", file=path)
            with mmap.mmap(plain.fileno(), 0, access=mmap.ACCESS_READ) as text:
                for number, (start, end) in enumerate(_elements(text, path), 1):
                    if end - start > LINE_MAX:
                        raise CorruptData(f"the message is longer than {LINE_MAX:,} bytes", file=path, row=number)
                    self._add(text[start:end], path, index, number)

    def _add(self, body: bytes, path: Path, index: int, number: int) -> None:
        try:
            key = self._keys.decode(body)
        except (msgspec.ValidationError, RecursionError):
            key = _Key()
        except msgspec.DecodeError as error:
            raise CorruptData(f"not JSON: {error}", file=path, row=number) from None
        if key.e in _KINDS and key.E is not None and key.s:
            kind, ts = _KINDS[key.e], key.E
            if len(self.symbols) < 100:
                self.symbols.add(key.s)
        elif not key.e and key.lastUpdateId is not None:
            kind, ts = _SNAPSHOT, 0
        else:
            raise CorruptData("neither a depthUpdate, nor an aggTrade, nor a depth response", file=path, row=number)
        try:
            ns = venue_ns(ts)
        except ValueError as error:
            raise CorruptData(str(error), file=path, row=number, field="E") from None
        last_id = key.lastUpdateId if key.lastUpdateId is not None and kind == _SNAPSHOT else key.u
        line = body.replace(b"\n", b" ").replace(b"\r", b" ")
        values = (ns, kind, last_id, index, number, self._bodies.tell(), len(line))
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        self._bodies.write(line)

    def place(self, message: int, files: list[Path]) -> tuple[Path, int]:
        """File of a message, and its index in it."""
        return files[self._columns[3][message]], self._columns[4][message]

    def order(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Messages in the order of receipt, and for each message its time of receipt."""
        ts, kind, last_id = (np.array(column, np.int64) for column in self._columns[:3])
        # Trades before the diffs of the same millisecond, as in the streams; equal messages stay in their order.
        is_diff = kind == _DIFF
        place = np.zeros(len(ts), np.int64)
        diffs = np.flatnonzero(is_diff)
        diffs = diffs[np.argsort(ts[diffs], kind="stable")]
        for row in np.flatnonzero(kind == _SNAPSHOT).tolist():
            before = np.flatnonzero(last_id[diffs] <= last_id[row])
            if len(before):
                ts[row], is_diff[row], place[row] = ts[diffs[before[-1]]], True, 1
            else:
                first = diffs[:1] if len(diffs) else np.flatnonzero(kind == _TRADE)
                ts[row], place[row] = int(ts[first].min()), -1
        return np.lexsort((place, is_diff, ts)), ts

    def write(self, order: NDArray[np.intp], received: NDArray[np.int64], symbol: str, out: IO[bytes]) -> None:
        """Write the lines of a capture."""
        _, kind, _, _, _, offset, length = self._columns
        streams = {
            _KINDS[event]: f'{{"stream":"{symbol}@{stream}","data":'.encode() for event, stream in _STREAMS.items()
        }
        for message in order.tolist():
            self._bodies.seek(offset[message])
            body = self._bodies.read(length[message])
            stream = streams.get(kind[message])
            line = body if stream is None else b"%b%b}" % (stream, body)
            out.write(b"%019d %b\n" % (received[message], line))


def _elements(text: mmap.mmap, path: Path) -> Iterator[tuple[int, int]]:
    """Positions of the elements of an array; a single object counts as one element."""
    depth, base, start, done, count = 0, 0, 0, 0, 0
    is_over = False
    for match in _TOKEN.finditer(text):
        at = match.start()
        token = text[at : at + 1]
        if token == b'"':
            if depth == base:
                break
            continue
        if is_over:
            break
        if token in b"{[":
            if depth == base:
                between = text[done : min(at, done + LINE_MAX)].strip()
                if between != (b"," if count else b""):
                    break
                if depth == 0 and token == b"[":
                    base, done = 1, at + 1
                    depth = 1
                    continue
                start = at
            depth += 1
            continue
        depth -= 1
        if depth == base:
            done = at + 1
            count += 1
            yield start, done
            is_over = base == 0
        elif depth < base:
            if text[done : min(at, done + LINE_MAX)].strip():
                break
            done, is_over = at + 1, True
            base = depth = 0
    if not is_over or text[done : done + LINE_MAX].strip():
        raise CorruptData(f"not a JSON array after element {count}", file=path, row=count + 1)
