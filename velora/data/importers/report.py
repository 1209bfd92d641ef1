"""Result of an import: counts, checks, and every defect with its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from velora.core.clock import format_duration, format_ns
from velora.core.html import ShownAsHtml
from velora.core.instrument import Instrument
from velora.core.terminal import cell
from velora.core.terminal_table import Pairs
from velora.errors import CorruptData

__all__ = ["Defects", "ImportSummary", "InstrumentSummary"]

_PLACES_MAX = 5


class Defects:
    """Counts defects by kind and keeps the first places of each."""

    #: Maximum number of places kept per kind.
    PLACES_MAX = _PLACES_MAX

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self.counts: dict[str, int] = {}
        self.places: dict[str, list[str]] = {}

    def add(self, kind: str, place: str, detail: str = "") -> None:
        """Record one defect; under `strict` it raises."""
        if self._strict:
            raise CorruptData(f"{kind}{': ' + detail if detail else ''}", file=place, hint="Import without --strict")
        self.counts[kind] = self.counts.get(kind, 0) + 1
        places = self.places.setdefault(kind, [])
        if len(places) < _PLACES_MAX:
            places.append(f"{place} ({detail})" if detail else place)

    def broken_off(self, file: str) -> Callable[[int, str], None]:
        """A callback for a broken compressed stream, called with the last good line of the file and the cause."""

        def note(line: int, why: str) -> None:
            self.add("compressed stream breaks off", f"{file}:{line}", f"after that line: {why}")

        return note


@dataclass
class InstrumentSummary:
    """Import result of one instrument."""

    name: str
    instrument: dict[str, Any] = field(default_factory=dict)
    grid: str = "given"
    messages: dict[str, int] = field(default_factory=dict)
    diffs: int = 0
    level_changes: int = 0
    diffs_kept: int = 0
    level_changes_kept: int = 0
    snapshots: int = 0
    trades: int = 0
    off_book_trades: int = 0
    quotes: int = 0
    mark_prices: int = 0
    funding: int = 0
    #: None if not checked: the data has no ids that reveal a gap.
    gaps: int | None = None
    #: Batches that left the book crossed, and crossed quotes; None if there was no book to check.
    crossed: int | None = None
    crossed_share: float | None = None
    crossed_halted: int = 0
    crossed_first_ts: int | None = None
    top_checked: int = 0
    top_equal: int = 0
    book_oracle: str = ""
    book_checked: int = 0
    book_equal: int = 0
    adopted: int = 0
    rows: int = 0
    first_ts: int | None = None
    last_ts: int | None = None
    disorder_ns: int = 0
    lowest_latency_raw_ns: int | None = None
    clock_shift_ns: int = 0
    joined: str = ""
    #: Continuations with another contract of the same name: time, and the instrument ids.
    rolls: list[str] = field(default_factory=list)

    def written(self, instrument: Instrument, stats: dict[str, Any]) -> None:
        """Record that the rows are in the catalog, with the statistics of the part."""
        self.instrument = instrument.to_dict()
        self.rows, self.first_ts, self.last_ts = stats["rows"], stats["first_ts"], stats["last_ts"]
        self.disorder_ns = stats["disorder_ns"]
        watch = stats["watch"]
        if not (watch["has_book"] or watch["has_quotes"]):
            self.crossed = self.crossed or None
        else:
            # An importer that removes crossed levels has counted them; the rows contain the remaining ones.
            self.crossed = max(self.crossed or 0, watch["crossed_batches"]) + watch["crossed_quotes"]
            self.crossed_share = watch["crossed_ns"] / watch["span_ns"] if watch["span_ns"] else 0.0
            self.crossed_halted = watch["halted_crossed"]
            self.crossed_first_ts = watch["first_crossed_ts"]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return dict(self.__dict__)


@dataclass
class ImportSummary(ShownAsHtml):
    """Result of an import; `to_dict` for machines, a rich table for display."""

    files: list[str]
    lines: int = 0
    seconds: float = 0.0
    catalog: str = ""
    instruments: list[InstrumentSummary] = field(default_factory=list)
    defects: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def finish(self, defects: Defects, began: float) -> ImportSummary:
        """Add the defects, and the time since `began` (of `time.perf_counter`)."""
        self.defects, self.places = defects.counts, defects.places
        self.seconds = time.perf_counter() - began
        return self

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "files": self.files,
            "lines": self.lines,
            "seconds": self.seconds,
            "catalog": self.catalog,
            "instruments": [one.to_dict() for one in self.instruments],
            "defects": self.defects,
            "places": self.places,
        }

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        parts: list[Any] = []
        for one in self.instruments:
            table = Pairs(one.name, indent=2)
            for label, value in _rows(one):
                table.add_pair(label, value)
            parts.append(table)
        if self.defects:
            parts.append(Text("defects", style="bold yellow"))
            for kind, count in sorted(self.defects.items()):
                parts.append(cell(f"  {count:,} {kind}"))
                parts.extend(cell(f"      {place}", style="dim") for place in self.places.get(kind, ()))
        elif any(one.crossed for one in self.instruments):
            parts.append(Text("no defects besides the crossed books", style="yellow"))
        else:
            parts.append(Text("no defects", style="green"))
        speed = self.lines / self.seconds if self.seconds else 0.0
        parts.append(cell(f"{self.lines:,} lines in {self.seconds:.1f} s ({speed:,.0f} a second) -> {self.catalog}"))
        return Group(*parts)


def _crossed_text(one: InstrumentSummary) -> str:
    if one.crossed is None:
        return "not checked: there is no book"
    text = f"{one.crossed:,}"
    if one.crossed and one.crossed_share:
        text += f" batches or quotes, {100 * one.crossed_share:.3g} % of the time"
    if one.crossed and one.crossed_first_ts is not None:
        text += f", first at {format_ns(one.crossed_first_ts)}"
    if one.crossed_halted:
        text += f"; {one.crossed_halted:,} more while trading was halted"
    return text


def _rows(one: InstrumentSummary) -> list[tuple[str, str]]:
    spec = one.instrument
    rows = [
        (
            "instrument",
            f"{spec.get('kind')}, tick {spec.get('tick_size')}, lot {spec.get('lot_size')} ({one.grid})",
        ),
        ("rows", f"{one.rows:,}"),
    ]
    if one.first_ts is not None and one.last_ts is not None:
        length = format_duration(one.last_ts - one.first_ts)
        rows.append(("received", f"{format_ns(one.first_ts)} to {format_ns(one.last_ts)} ({length})"))
    if one.rolls:
        rows.append(("rolls", f"{len(one.rolls):,}: {'; '.join(one.rolls[:_PLACES_MAX])}"))
    if one.diffs:
        rows.append(("diffs read", f"{one.diffs:,} with {one.level_changes:,} level changes"))
        rows.append(("diffs kept", f"{one.diffs_kept:,} with {one.level_changes_kept:,} ({one.joined})"))
    rows.append(
        (
            "trades",
            f"{one.trades:,}" + (f", {one.off_book_trades} off the book" if one.off_book_trades else ""),
        )
    )
    rows.append(("quotes", f"{one.quotes:,}"))
    if one.mark_prices:
        rows.append(("mark prices", f"{one.mark_prices:,}, {one.funding} funding"))
    rows.append(("gaps", "not checked: the data has no ids" if one.gaps is None else f"{one.gaps:,}"))
    rows.append(("crossed", _crossed_text(one)))
    if one.top_checked:
        rows.append(("book top", f"equals the last bookTicker after {one.top_equal:,} of {one.top_checked:,} diffs"))
    if one.book_checked:
        text = f"equals the {one.book_oracle} {one.book_equal:,} of {one.book_checked:,} times"
        rows.append(("book", text + (f", {one.adopted:,} levels of unknown orders" if one.adopted else "")))
    if one.lowest_latency_raw_ns is not None:
        text = f"lowest {format_duration(one.lowest_latency_raw_ns)} as recorded"
        if one.clock_shift_ns:
            text += f": the recorder ran behind, shifted by {format_duration(one.clock_shift_ns)} (raw times kept)"
        rows.append(("feed latency", text))
    return rows
