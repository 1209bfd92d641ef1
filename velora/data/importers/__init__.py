"""Readers that turn other formats into event tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.core.clock import DurationLike
    from velora.data.catalog import Catalog
    from velora.data.feeds.guard import Crossed
    from velora.data.importers.report import ImportSummary

__all__ = ["FORMATS", "detect_format", "import_files"]

#: Importers by name.
FORMATS = ("binance-capture", "binance-json", "binance-archive", "lobster", "databento", "bitstamp", "table")


def detect_format(files: Sequence[Path]) -> str:
    """Name of the format of files, detected from their names and first bytes.

    Raises
    ------
    MissingFile
        If a file does not exist.
    InvalidArgument
        If the format is unknown.
    """
    from velora.data.importers.binance_archive import is_archive
    from velora.data.importers.binance_json import is_binance_json
    from velora.data.importers.bitstamp import is_bitstamp_line
    from velora.data.importers.databento import is_databento
    from velora.data.importers.lines import check_files, read_head
    from velora.data.importers.lobster import is_lobster

    check_files(list(files))
    first = files[0]
    name = first.name.lower()
    if name.endswith((".parquet", ".arrow", ".ipc", ".feather")):
        return "table"
    if is_databento(first):
        return "databento"
    if is_lobster(first):
        return "lobster"
    if name.endswith(".zip"):
        return "binance-archive"
    line = read_head(first).partition(b"\n")[0]
    head, _, rest = line.partition(b" ")
    if head.isdigit() and rest.lstrip().startswith(b"{"):
        return "binance-capture"
    if is_binance_json(line):
        return "binance-json"
    if is_bitstamp_line(line):
        return "bitstamp"
    columns = [cell.strip().strip(b'"') for cell in line.split(b",")]
    if any(
        column in columns for column in (b"ts_event", b"ts_event_ns", b"ts_event_us", b"ts_event_ms", b"ts_event_s")
    ):
        return "table"
    if is_archive(first.name, [column.decode("utf-8", "replace") for column in columns]):
        return "binance-archive"
    raise InvalidArgument(
        f"the format of {str(first)!r} is unknown; set it with --format: binance-capture (LOCAL_TIME JSON lines), "
        "binance-json (arrays of messages), binance-archive (public CSV or ZIP), lobster, databento (DBN), bitstamp "
        "(order feed) or table"
    )


def import_files(
    files: Sequence[Path],
    catalog: Catalog,
    *,
    format: str,
    market: str | None = None,
    symbol: str | None = None,
    tick_size: str | None = None,
    lot_size: str | None = None,
    quote: str | None = None,
    time_unit: str | None = None,
    overwrite: bool = False,
    skip_bad_lines: bool = False,
    strict: bool = False,
    crossed: Crossed = "uncross",
    clock_shift: DurationLike | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Import files of a named format into a catalog; see the importers for what each option does."""
    run: Callable[..., ImportSummary]
    common: dict[str, Any] = {"overwrite": overwrite, "on_bytes": on_bytes}
    options: dict[str, Any]
    if format == "binance-capture":
        from velora.data.importers.binance_capture import import_captures as run

        options = {"market": market, "tick_size": tick_size, "lot_size": lot_size, "quote": quote}
        options |= {"crossed": crossed, "skip_bad_lines": skip_bad_lines, "strict": strict, "clock_shift": clock_shift}
    elif format == "binance-json":
        from velora.data.importers.binance_json import import_json as run

        options = {"tick_size": tick_size, "lot_size": lot_size, "quote": quote, "strict": strict, "crossed": crossed}
    elif format == "binance-archive":
        from velora.data.importers.binance_archive import import_archives as run

        options = {"market": market, "symbol": symbol, "tick_size": tick_size, "lot_size": lot_size, "quote": quote}
        options |= {"skip_bad_lines": skip_bad_lines, "strict": strict}
    elif format == "lobster":
        from velora.data.importers.lobster import import_lobster as run

        options = {"tick_size": tick_size, "skip_bad_lines": skip_bad_lines, "strict": strict}
    elif format == "databento":
        from velora.data.importers.databento import import_databento as run

        options = {"tick_size": tick_size, "strict": strict}
    elif format == "bitstamp":
        from velora.data.importers.bitstamp import import_bitstamp as run

        options = {"symbol": symbol, "tick_size": tick_size, "lot_size": lot_size}
        options |= {"skip_bad_lines": skip_bad_lines, "strict": strict}
    elif format == "table":
        from velora.data.importers.columns import import_tables as run

        options = {"symbol": symbol, "venue": market or "", "tick_size": tick_size, "lot_size": lot_size}
        options |= {"quote": quote, "time_unit": time_unit}
    else:
        raise InvalidArgument(f"unknown format {format!r}; known: {', '.join(FORMATS)}")
    return run(files, catalog, **common, **options)
