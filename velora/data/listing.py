"""What a terminal and a notebook show of a catalog and of an event table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from velora.core.clock import format_duration, format_ns
from velora.core.events import EventKind, Side
from velora.core.html import ShownAsHtml, facts_html, plain_table
from velora.core.instrument_names import instrument_name
from velora.core.terminal_table import FittedTable

if TYPE_CHECKING:
    from velora.core.instrument import Instrument
    from velora.data.table import EventTable

__all__ = ["ListedCatalog", "catalog_table", "event_table_html"]

#: Rows of an event table that a notebook shows of each end.
_ROWS = 5
_NO_PRICE = (EventKind.SNAPSHOT_BEGIN, EventKind.GAP)


def catalog_table(root: str, infos: Iterable[Mapping[str, Any]]) -> FittedTable:
    """The instruments of a catalog as a table.

    Parameters
    ----------
    root : str
        Folder or URL, the title.
    infos : iterable of mapping
        Of each instrument, as `Catalog.info` returns it.
    """
    table = FittedTable(root)
    for name in ("instrument", "rows", "from", "length", "MB"):
        table.add_column(name, "left" if name in ("instrument", "from") else "right")
    for info in infos:
        first, last = info["first_ts"], info["last_ts"]
        table.add_row(
            info["name"],
            f"{info['rows']:,}",
            "" if first is None else format_ns(first)[:19],
            "" if first is None else format_duration(last - first),
            f"{info['bytes'] / 1e6:.1f}",
        )
    return table


class ListedCatalog(ShownAsHtml):
    """How a catalog shows itself: by its root, and as the list of its instruments."""

    root: str

    if TYPE_CHECKING:

        def names(self) -> list[str]: ...

        def info(self, symbol: str | Instrument) -> dict[str, Any]: ...

    def __repr__(self) -> str:
        return f"Catalog({self.root!r})"

    def __rich__(self) -> FittedTable:
        return catalog_table(self.root, map(self.info, self.names()))


def event_table_html(table: EventTable) -> str:
    """The extent of a table, its rows by kind, and the rows of both ends."""
    rows, one = len(table), table.instrument
    facts = [("Rows", f"{rows:,}")]
    if rows:
        first, last = int(table.ts_recv[0]), int(table.ts_recv[-1])
        facts.append(("Received", f"{format_ns(first)} to {format_ns(last)} ({format_duration(last - first)})"))
        kinds, counts = np.unique(table.kind, return_counts=True)
        named = zip(kinds.tolist(), counts.tolist(), strict=True)
        facts.append(("Kinds", ", ".join(f"{count:,} {_name(EventKind, kind)}" for kind, count in named)))
    shown = [*range(min(rows, _ROWS)), *range(max(rows - _ROWS, min(rows, _ROWS)), rows)]
    body = []
    for at in shown:
        if at and at - 1 not in shown:
            body.append(["…"] + [""] * 5)
        kind = int(table.kind[at])
        priced = kind not in _NO_PRICE
        body.append(
            [
                f"{at:,}",
                format_ns(int(table.ts_recv[at])),
                _name(EventKind, kind),
                _name(Side, int(table.side[at])),
                f"{one.ticks_to_price(int(table.price[at])):.12g}" if priced else "",
                f"{one.lots_to_qty(int(table.qty[at])):.12g}" if priced else "",
            ]
        )
    header = ["Row", "Received", "Kind", "Side", "Price", "Quantity"]
    parts = [plain_table(header, body, left=4)] if body else []
    return facts_html(f"EventTable of {instrument_name(one)}", facts, *parts)


def _name(enum: type[Any], code: int) -> str:
    """The name of a member; of an unknown code the number."""
    try:
        return str(enum(code).name)
    except ValueError:
        return str(code)
