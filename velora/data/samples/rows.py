"""Rows of a synthetic market, event by event, and its numbers as text."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from velora.core.events import EventKind
from velora.data.samples.files import OnRows, watched
from velora.data.table import EventTable

__all__ = ["Row", "decimals_of", "events_of", "scaled_text"]


class Row(NamedTuple):
    """One row; prices in ticks, quantities in lots, times in ns."""

    ts: int
    recv: int
    kind: int
    side: int
    price: int
    qty: int
    id: int


def events_of(table: EventTable, on_rows: OnRows | None) -> Iterator[list[Row]]:
    """Yield the rows of each event; the opening snapshot is the first event, with the rows that begin and end it."""
    columns = (table.ts_event, table.ts_recv, table.kind, table.side, table.price, table.qty, table.order_id)
    rows = map(Row._make, zip(*(column.tolist() for column in columns), strict=True))
    for _, group in groupby(watched(rows, on_rows), attrgetter("ts")):
        event = list(group)
        # An event may fall on the instant of the snapshot.
        ends = [at for at, row in enumerate(event) if row.kind == EventKind.SNAPSHOT_END]
        if ends and ends[0] + 1 < len(event):
            yield event[: ends[0] + 1]
            event = event[ends[0] + 1 :]
        yield event


def decimals_of(step: Decimal) -> int:
    """Digits after the point of a step."""
    return max(0, -int(step.normalize().as_tuple().exponent))


def scaled_text(steps: int, step: Decimal, decimals: int) -> str:
    """A number of steps as text with a fixed number of decimals."""
    return f"{steps * step:.{decimals}f}"
