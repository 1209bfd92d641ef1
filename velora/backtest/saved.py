"""The folder of a saved result: how it is written so that it is whole, and read only as it was written.

The folder (format 6) holds six files::

    result.json        format, versions, instruments, strategies, configuration, counters, run hash, a checksum of the
                       records in memory, and of each other file its size and BLAKE2b-128; sealed itself, see
                       `velora.core.seal`
    fills.parquet      the records as the engine wrote them: integers, one column per field
    orders.parquet
    samples.parquet
    instants.parquet   when all holdings were sampled
    queue_positions.parquet     changes of places in queues; empty where the run did not trace them

A save writes the five tables under hidden names that hold their checksums (``.fills.parquet.CHECKSUM``), then puts
result.json in its place, and then moves the tables to their names. A reader takes a table by its name, or by its hidden
name where the one by its name is not the one that result.json states. So whenever the writer is killed the folder holds
the old result or the new one. What else lies in the folder is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from velora.backtest.callbacks import CallbackTimes
from velora.backtest.totals import Totals
from velora.core.files import (
    PRIVATE,
    WholeFile,
    alone_in,
    is_partial,
    leftovers,
    open_regular,
    refuse_unless_regular,
    sync_folder,
    writing,
)
from velora.core.instrument import Instrument
from velora.core.seal import BLANK_SEAL, is_sealed, seal
from velora.core.vocabulary import RECORDS, fields_of
from velora.errors import CorruptData, InvalidArgument, MissingFile, VeloraError

__all__ = ["FORMAT", "SavedResult", "check_saved", "load_result", "save_result"]

Made = TypeVar("Made")

FORMAT = 6
_MANIFEST = "result.json"
_TABLES = tuple(RECORDS)
_FILES = tuple(f"{name}.parquet" for name in _TABLES)
_HIDDEN = re.compile(rf"\.(?:{'|'.join(re.escape(name) for name in _FILES)})\.[0-9a-f]{{32}}")
_DIGEST_BYTES = 16
_TRIES = 3
_RUN_AGAIN = "The folder was changed or damaged after it was saved: run the backtest again"

Records = npt.NDArray[Any]


class _File(msgspec.Struct):
    bytes: int
    blake2b: str


class _Strategy(msgspec.Struct):
    """Other keys may stand beside."""

    name: str
    state: str | None = None
    error: str | None = None
    capital: dict[str, str] | None = None
    funding_units: list[int] | None = None


class _Feed(msgspec.Struct):
    """What was counted of one instrument's data; other keys may stand beside."""

    kind: Literal["by order", "by level", "quotes only", "trades only"]
    looked_for: list[str]
    rows: int
    book_rows: int
    trades: int
    sampled_rows: int
    span_ns: int
    snapshots: int
    gaps: int
    stale_ns: int
    volume_lots: int
    off_book_trades: int
    hidden_trades: int
    estimated_rows: int
    recv_before_event_rows: int
    snapshot_after_ns: int | None
    start_ns: int | None
    is_whole_at_start: bool | None
    start_stale_ns: int | None
    resolution_event_ns: Literal[1, 1_000, 1_000_000, 1_000_000_000] | None
    resolution_recv_ns: Literal[1, 1_000, 1_000_000, 1_000_000_000] | None
    book_gap_median_ns: int | None
    book_gap_p99_ns: int | None
    tick_gap_median_ns: int | None
    tick_gap_p99_ns: int | None
    feed_latency_median_ns: int | None
    feed_latency_p99_ns: int | None
    clock_shift_ns: int = 0


class _Counters(msgspec.Struct):
    """Counts of the run; other keys may stand beside."""

    rows: int = 0
    venue_rows: int = 0
    commands: int = 0
    orders: int = 0
    open_orders: int = 0
    fills: int = 0
    commands_cut: int = 0
    reports_cut: int = 0
    queue_joins: list[int] = []
    queue_joins_unknown: list[int] = []
    unknown_orders: list[int] = []
    impact_cost_units: list[int] = []
    marks: list[dict[str, int]] = []
    mark_age_max_ns: list[int] = []
    funding_units: list[int] = []


class _Meta(msgspec.Struct):
    """What result.json says."""

    format: int
    strategy: str
    hash: str
    rows: int
    elapsed_s: float
    instruments: list[dict[str, str | None]]
    strategies: Annotated[list[_Strategy], msgspec.Meta(min_length=1)]
    counters: dict[str, Any]
    config: dict[str, Any]
    data: list[dict[str, Any]]
    files: dict[str, _File]
    records: str
    versions: dict[str, str] = {}
    totals: dict[str, Any] | None = None
    callbacks: dict[str, dict[str, int]] | None = None
    callbacks_note: str | None = None


# ---------------------------------------------------------------------- saving


def save_result(meta: Mapping[str, Any], tables: Mapping[str, Records], folder: str | os.PathLike[str]) -> Path:
    """Save a result in a folder.

    Parameters
    ----------
    meta : mapping
        JSON-ready but for `files` and the checksum, which are added.
    tables : mapping
        Record arrays: fills, orders, samples, places.
    folder : path
        Made if absent (its parent must exist). The files of a result that is there already are replaced; nothing else
        is touched.

    Raises
    ------
    MissingFile
        If the parent folder does not exist.
    InvalidArgument
        If the folder is a link or a file, or holds files and no result.
    """
    target = Path(folder)
    _refuse_other_folders(target)
    is_new = not target.exists()
    if is_new:
        with writing(str(target)):
            target.mkdir()
    try:
        with alone_in(target):
            _replace(target, meta, tables)
    except BaseException:
        if is_new and not any(target.iterdir()):
            target.rmdir()
        raise
    return target


def _replace(target: Path, meta: Mapping[str, Any], tables: Mapping[str, Records]) -> None:
    """Write the files of a result over those that are there."""
    earlier = set(os.listdir(target))
    hidden: list[tuple[Path, str]] = []
    manifest = None
    try:
        files: dict[str, dict[str, Any]] = {}
        for name in _TABLES:
            path, stated = _write_table(target, f"{name}.parquet", tables[name])
            hidden.append((path, f"{name}.parquet"))
            files[f"{name}.parquet"] = stated
        text = json.dumps({**meta, "files": files, "checksum": BLANK_SEAL}, indent=2, default=_plain) + "\n"
        with WholeFile(target / _MANIFEST, mode=PRIVATE) as manifest:
            manifest.write(seal(text.encode()))
    except BaseException:
        if manifest is not None and manifest.is_committed:
            raise  # from here on it is the new result, whose tables a reader finds
        for name in os.listdir(target):
            # One from before may be a table of the result that is there.
            if _HIDDEN.fullmatch(name) and name not in earlier:
                (target / name).unlink(missing_ok=True)
        raise
    with writing(str(target)):
        for path, name in hidden:
            os.replace(path, target / name)
        sync_folder(str(target))
    for name in _own_leftovers(target):
        (target / name).unlink(missing_ok=True)


def _write_table(folder: Path, name: str, records: Records) -> tuple[Path, dict[str, Any]]:
    """Write a table under its hidden name; that, and what result.json says of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({field: np.ascontiguousarray(records[field]) for field in fields_of(records.dtype)})
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with WholeFile(folder / name, mode=PRIVATE, digest=digest) as out:
        pq.write_table(table, out, compression="zstd")
        out.path = str(folder / f".{name}.{digest.hexdigest()}")
        return Path(out.path), {"bytes": out.tell(), "blake2b": digest.hexdigest()}


def _refuse_other_folders(target: Path) -> None:
    """Raise where something else is than a result."""
    parent = target.absolute().parent
    if not parent.is_dir():
        raise MissingFile(f"cannot save the result to {target}: the folder {parent} does not exist; make it first")
    if target.is_symlink():
        raise InvalidArgument(f"cannot save the result to {target}: it is a link; name the folder itself")
    if not target.exists():
        return
    if not target.is_dir():
        raise InvalidArgument(f"cannot save the result to {target}: it is a file; name a folder")
    for name in (_MANIFEST, *_FILES):
        refuse_unless_regular(target / name)
    own = set(_own_leftovers(target))
    if not [one for one in os.listdir(target) if one not in own and not is_partial(one)]:
        return
    if not (target / _MANIFEST).exists():
        raise InvalidArgument(
            f"cannot save the result to {target}: the folder holds other files, and no result; name a new folder"
        )
    try:
        meta = json.loads(_read(target / _MANIFEST))
        if not isinstance(meta, dict) or not {"format", "strategy", "hash", "instruments"} <= meta.keys():
            raise ValueError
    except (ValueError, RecursionError):
        raise InvalidArgument(
            f"cannot save the result to {target}: the folder holds other files, {_MANIFEST} there is none of a result; "
            "name a new folder"
        ) from None


def _own_leftovers(folder: Path) -> list[str]:
    """Files that a save which was cut short has left in a folder of a result."""
    own = (_MANIFEST, *_FILES)
    dead = [os.path.basename(path) for name in own for path in leftovers(folder, name)]
    return sorted([*dead, *(name for name in os.listdir(folder) if _HIDDEN.fullmatch(name))])


def _plain(value: Any) -> Any:
    """JSON form of what a configuration or counter may hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, tuple)):
        return list(value)
    return str(value)


# ---------------------------------------------------------------------- loading


class SavedResult(NamedTuple):
    """What a folder holds: the parameters of `Result`, the checksum of its records, and the file that states it."""

    raw: dict[str, Any]
    checksum: str
    path: Path


def load_result(folder: str | os.PathLike[str], make: Callable[[dict[str, Any]], Made]) -> tuple[Made, SavedResult]:
    """Read what `save_result` saved.

    Parameters
    ----------
    folder : path
    make : callable
        Makes a result of the parameters of `Result`.

    Raises
    ------
    MissingFile
        If the folder or one of its files does not exist.
    CorruptData
        If a file is not the one that was saved, or `make` refuses what it holds.
    """
    source = Path(folder)
    for _ in range(_TRIES):
        text = _read(source / _MANIFEST, source)
        meta, strategies = _decoded(text, source / _MANIFEST)
        try:
            tables = {name: _table(source, f"{name}.parquet", meta) for name in _TABLES}
            break
        except (CorruptData, MissingFile):
            if _read(source / _MANIFEST, source) == text:
                raise
            # Another process has saved meanwhile.
    else:
        raise CorruptData("it changes faster than it can be read", file=source / _MANIFEST)
    return _made(meta, strategies, tables, source / _MANIFEST, make)


def _read(path: Path, folder: Path | None = None) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read()
    except MissingFile:
        if folder is None:
            raise
        left = _own_leftovers(folder) if folder.is_dir() else []
        cut = f" (a save was cut short and has left {', '.join(left)})" if left else ""
        raise MissingFile(
            f"{folder} holds no saved result: {path.name} is missing{cut}; save one with to_parquet()"
        ) from None


def _decoded(text: bytes, path: Path) -> tuple[_Meta, list[dict[str, Any]]]:
    """What result.json says, and its strategies with all of their keys."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorruptData(f"broken JSON: {error}", file=path) from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        was = values.get("format") if isinstance(values, dict) else values
        raise CorruptData(
            f"must be {FORMAT}, was {str(was)[:40]!r}",
            file=path,
            field="format",
            hint="It was written by another version of Velora: run the backtest again",
        )
    if not is_sealed(text):
        raise CorruptData("its text does not have the checksum that it states", file=path, hint=_RUN_AGAIN)
    try:
        meta = msgspec.convert(values, _Meta)
        msgspec.convert(meta.counters, _Counters)
        msgspec.convert(meta.data, list[_Feed])
        for name, value in meta.counters.items():
            if isinstance(value, list) and len(value) != len(meta.instruments):
                raise ValueError(f"counters: {name} needs one entry an instrument")
        for one in meta.data:
            for name in ("book_gap", "tick_gap", "feed_latency"):
                if (one[f"{name}_median_ns"] is None) != (one[f"{name}_p99_ns"] is None):
                    raise ValueError(f"data: {name}_median_ns and {name}_p99_ns are known together, or not at all")
        for kept in meta.strategies:
            if kept.funding_units is not None and len(kept.funding_units) != len(meta.instruments):
                raise ValueError("strategies: funding_units needs one entry an instrument")
        return meta, [dict(one) for one in values["strategies"]]
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise CorruptData(str(error), file=path, hint=_RUN_AGAIN) from None


def _table(source: Path, name: str, meta: _Meta) -> Records:
    """The records of a table, from the file that result.json states."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = source / name
    stated = meta.files.get(name)
    if stated is None:
        raise CorruptData(f"it states no checksum of {name}", file=source / _MANIFEST, field="files")
    data = None
    for one in (path, source / f".{name}.{stated.blake2b}"):
        try:
            with open_regular(one) as file:
                # One byte more than there should be is enough to know.
                data = file.read(stated.bytes + 1) if 0 <= stated.bytes < 1 << 62 else b""
        except MissingFile:
            continue
        if hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest() == stated.blake2b:
            break
    else:
        if data is None:
            raise MissingFile(f"{source} holds no saved result: {name} is missing; save one with to_parquet()")
        raise CorruptData(
            f"the file does not have the checksum {stated.blake2b} that {_MANIFEST} states", file=path, hint=_RUN_AGAIN
        )
    try:
        table = pq.read_table(pa.BufferReader(data))
        names = set(table.column_names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CorruptData(f"not readable as Parquet: {error}", file=path) from None
    dtype = RECORDS[name.removesuffix(".parquet")]
    records = np.zeros(table.num_rows, dtype)
    for field in fields_of(dtype):
        if field not in names:
            raise CorruptData("the column is missing", file=path, field=field)
        column = table.column(field)
        if column.type != pa.from_numpy_dtype(dtype[field]) or column.null_count:
            raise CorruptData(f"must be {dtype[field]} without nulls, was {column.type}", file=path, field=field)
        records[field] = column.to_numpy()
    if "side" in (dtype.names or ()) and records.size and int(records["side"].max()) > 1:
        row = int(np.argmax(records["side"] > 1))
        raise CorruptData(f"must be 0 or 1, was {int(records['side'][row])}", file=path, row=row, field="side")
    return records


def _made(
    meta: _Meta,
    strategies: list[dict[str, Any]],
    tables: Mapping[str, Records],
    path: Path,
    make: Callable[[dict[str, Any]], Made],
) -> tuple[Made, SavedResult]:
    field = "instruments"
    try:
        raw: dict[str, Any] = {
            name: getattr(meta, name)
            for name in ("strategy", "hash", "rows", "elapsed_s", "counters", "config", "data")
        }
        raw |= tables
        raw["strategies"] = strategies
        raw["instruments"] = [Instrument.from_dict(values) for values in meta.instruments]
        if meta.totals is not None:
            field = "totals"
            raw["totals"] = Totals.from_dict(raw["instruments"], meta.totals)
        if meta.callbacks is not None:
            field = "callbacks"
            raw |= {"callbacks": CallbackTimes.from_dict(meta.callbacks), "callbacks_note": meta.callbacks_note}
        field = ""
        return make(raw), SavedResult(raw, meta.records, path)
    except (VeloraError, KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise CorruptData(f"not what a run leaves: {error}", file=path, field=field or None) from None


def check_saved(saved: SavedResult, checksum: str) -> None:
    """Raise where the records are not those that were saved."""
    if checksum != saved.checksum:
        raise CorruptData(
            f"the records have the checksum {checksum}, saved was {saved.checksum}",
            file=saved.path,
            field="records",
            hint=_RUN_AGAIN,
        )
