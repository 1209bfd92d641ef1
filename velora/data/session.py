"""Opening of sessions: any files that an importer reads, or a catalog, as event tables."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from velora.data.catalog import Catalog
from velora.data.schema import COLUMNS
from velora.data.table import EventTable
from velora.errors import InvalidArgument

__all__ = ["open_session", "open_sessions"]

_Path = str | os.PathLike[str]


def open_session(files: _Path | Sequence[_Path], symbol: str | None = None, **options: Any) -> EventTable:
    """Read the events of one instrument from files of any format that can be imported, or from a catalog.

    Parameters
    ----------
    files : path or list of path
        A catalog's folder or URL, or the files of one session in the order of recording. Their format is detected;
        they are imported into a temporary catalog.
    symbol : str, optional
        The instrument, SYMBOL or SYMBOL@VENUE, if the session has several. It also names the instrument of a format
        that has no symbol: Bitstamp's order feed, a CSV table.
    **options
        Options of the import, such as ``market="usdm"``; see `velora.data.importers.import_files`.

    Returns
    -------
    EventTable

    Raises
    ------
    MissingFile
        If a file or a folder does not exist.
    InvalidArgument
        If the format is unknown, or the session has several instruments and `symbol` is not given.
    UnknownInstrument
        If the session does not have the instrument.
    CorruptData
        If a file cannot be read.

    Examples
    --------
    >>> from velora.data import open_session, sample
    >>> made = sample("binance-capture", "samples", duration="2s")
    >>> open_session(made.files).instrument.symbol
    'SYNUSDT'
    """
    return open_sessions([files], [symbol], **options)[0]


def open_sessions(
    sessions: Sequence[_Path | Sequence[_Path]], symbols: Sequence[str | None] | None = None, **options: Any
) -> list[EventTable]:
    """Read one instrument from each of several sessions of one recorder, on one clock.

    The import of a capture whose clock ran behind shifts its times of receipt by a constant, and each session has its
    own. Here all get the largest of these shifts, as if they had been imported together: their times are comparable.

    Parameters
    ----------
    sessions : list
        Each as the `files` of `open_session`. A single session gives one table for each of the `symbols`.
    symbols : list of str or None, optional
        The instrument of each session, where it has several.
    **options
        Options of the imports.

    Raises
    ------
    MissingFile, InvalidArgument, UnknownInstrument, CorruptData
        As `open_session`.
    """
    wanted = list(symbols) if symbols is not None else [None] * len(sessions)
    if len(sessions) == 1 and wanted:
        read = _read(sessions[0], wanted, options)
    elif not sessions or len(sessions) != len(wanted):
        raise InvalidArgument(f"give one symbol for each session, was {len(wanted)} for {len(sessions)}")
    else:
        read = [_read(files, [symbol], options)[0] for files, symbol in zip(sessions, wanted, strict=True)]
    largest = max(shift for _, shift in read)
    return [_later(table, largest - shift) for table, shift in read]


def _read(
    files: _Path | Sequence[_Path], symbols: Sequence[str | None], options: dict[str, Any]
) -> list[tuple[EventTable, int]]:
    """The tables of some instruments of a session, and the shift of the times of receipt of each, ns."""
    paths = [os.fspath(files)] if isinstance(files, (str, os.PathLike)) else [os.fspath(one) for one in files]
    if len(paths) == 1 and ("://" in paths[0] or Path(paths[0]).is_dir()):
        catalog = Catalog(paths[0])
        return [_table(catalog, symbol, paths) for symbol in symbols]
    with tempfile.TemporaryDirectory(prefix="velora-session-") as folder:
        catalog = Catalog(folder, create=True)
        _import([Path(path) for path in paths], catalog, symbols[0], options)
        return [_table(catalog, symbol, paths) for symbol in symbols]


def _import(files: list[Path], catalog: Catalog, symbol: str | None, options: dict[str, Any]) -> None:
    from velora.data.importers import detect_format, import_files

    given = {"format": detect_format(files), **options}
    if symbol is not None and (given["format"] == "bitstamp" or files[0].suffix == ".csv"):
        given.setdefault("symbol", symbol.partition("@")[0])  # the file does not contain it
    import_files(files, catalog, **given)


def _table(catalog: Catalog, symbol: str | None, paths: list[str]) -> tuple[EventTable, int]:
    names = catalog.names()
    if symbol is None and len(names) != 1:
        has = f"has {', '.join(names)}: choose one by its symbol" if names else "has no events of an instrument"
        raise InvalidArgument(f"{', '.join(paths)} {has}")
    name = names[0] if symbol is None else symbol
    info = catalog.info(name)
    return catalog.source(name).table(), info["parts"][0].get("clock_shift_ns", 0)


def _later(table: EventTable, ns: int) -> EventTable:
    """The same events, received later by a constant."""
    if ns == 0:
        return table
    columns = {name: getattr(table, name) for name in COLUMNS}
    return EventTable.from_numpy(table.instrument, **{**columns, "ts_recv": table.ts_recv + np.int64(ns)})
