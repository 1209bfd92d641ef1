"""Raw Binance spot messages kept as JSON arrays, without a local time.

A file is an array of ``depthUpdate`` or of ``aggTrade`` messages, or one REST depth answer. Files of one symbol are
merged by the time ``E`` of their messages into the lines of a capture, which `import_captures` reads.

Rules
-----
Local time. There is none: a message counts as received at its ``E``, so the feed has no latency but what a run adds,
see `velora.FeedLatency`. A REST answer counts as received behind the last diff whose ``u`` is at most its
``lastUpdateId``, where the published rule would join it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from velora.data.catalog import Catalog
from velora.data.feeds.guard import Crossed
from velora.data.importers.binance_capture import import_captures
from velora.data.importers.lines import check_files, read_lines
from velora.data.importers.report import ImportSummary
from velora.data.importers.together import stored_together
from velora.errors import CorruptData, InvalidArgument

__all__ = ["import_json", "is_binance_json"]

_STREAMS = {"depthUpdate": "depth", "aggTrade": "aggTrade"}


def is_binance_json(line: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    start = line[:200].replace(b" ", b"")
    return start.startswith((b'[{"e":"depthUpdate"', b'[{"e":"aggTrade"', b'{"lastUpdateId"'))


@stored_together
def import_json(
    paths: Iterable[str | Path],
    catalog: Catalog,
    *,
    tick_size: str | None = None,
    lot_size: str | None = None,
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
    catalog, tick_size, lot_size, overwrite, strict, crossed, on_bytes
        As of `velora.data.importers.binance_capture.import_captures`.

    Raises
    ------
    MissingFile, CorruptData, InvalidArgument
        The catalog is then as it was.
    """
    files = [Path(path) for path in paths]
    check_files(files)
    messages: list[dict[str, Any]] = []
    snapshots: list[dict[str, Any]] = []
    for path in files:
        for found in _read(path):
            (messages if "e" in found else snapshots).append(found)
        if on_bytes is not None:
            on_bytes(path.stat().st_size)
    symbols = sorted({message["s"] for message in messages})
    if len(symbols) != 1:
        raise InvalidArgument(f"give the files of one symbol at a time; these are of {', '.join(symbols) or 'none'}")
    with tempfile.TemporaryDirectory(prefix="velora-import-") as folder:
        capture = Path(folder) / f"{symbols[0].lower()}.txt"
        with capture.open("wb") as out:
            for ts, body in _lines(messages, snapshots):
                out.write(b"%d %b\n" % (ts, msgspec.json.encode(body)))
        try:
            summary = import_captures(
                [capture],
                catalog,
                market="spot",
                tick_size=tick_size,
                lot_size=lot_size,
                overwrite=overwrite,
                strict=strict,
                crossed=crossed,
            )
        except CorruptData as error:  # its place is in a file that nobody knows
            text = str(error).replace(f"{capture}, row ", "message ", 1).replace(": ", " in order of time: ", 1)
            raise CorruptData(text) from None
    return replace(summary, files=[str(path) for path in files])


def _read(path: Path) -> list[dict[str, Any]]:
    text = b"".join(line for _, line in read_lines(path))
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise CorruptData(f"this is no JSON: {error}", file=path) from None
    items = found if isinstance(found, list) else [found]
    for number, item in enumerate(items, 1):
        is_message = isinstance(item, dict) and item.get("e") in _STREAMS and type(item.get("E")) is int
        is_message = is_message and isinstance(item.get("s"), str)
        if not is_message and not (isinstance(item, dict) and "lastUpdateId" in item):
            raise CorruptData(
                "this is neither a depthUpdate, nor an aggTrade, nor a depth answer", file=path, row=number
            )
    return items


def _lines(messages: list[dict[str, Any]], snapshots: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Capture lines as (local time in ms, JSON), in their order."""
    # Trades before the diffs of the same millisecond, as the streams have it; equal ones stay in their order.
    keyed = [((message["E"], message["e"] == "depthUpdate", 0), message) for message in messages]
    diffs = sorted((one for _, one in keyed if one["e"] == "depthUpdate"), key=lambda one: one["E"])
    for snapshot in snapshots:
        before = [diff for diff in diffs if diff["u"] <= snapshot["lastUpdateId"]]
        keyed.append((((before or diffs)[-1 if before else 0]["E"], bool(before), 1 if before else -1), snapshot))
    keyed.sort(key=lambda pair: pair[0])
    return [
        (key[0], {"stream": f"{body['s'].lower()}@{_STREAMS[body['e']]}", "data": body} if "e" in body else body)
        for key, body in keyed
    ]
