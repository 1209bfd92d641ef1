"""A second look at the data of a run: its book in venue order, and what stood there at each fill."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from velora.backtest.feed import Columns, Feed
from velora.core.book import OrderBookL2
from velora.core.events import EventKind
from velora.core.instrument_names import instrument_name, instrument_names
from velora.data import Catalog, resolve
from velora.data.watch import BookWatch
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.backtest.result import Result
    from velora.data import EventSource

__all__ = ["look_again"]


def look_again(result: Result, data: object) -> None:
    """Look at the data once more; what is found stays with the result."""
    if len(result.data) < len(result.instruments):
        raise InvalidArgument("this result does not say what its data was made of, so no data can be held against it")
    for index, (source, by_order) in enumerate(_sources(result, data)):
        result.data[index]["look"] = _second_pass(result, index, source, by_order)


def _sources(result: Result, data: object) -> list[tuple[EventSource, bool]]:
    """The source of each instrument, and whether the venue read it by order."""
    start, end = result.config.get("start_ns"), result.config.get("end_ns")
    if isinstance(data, (str, Path)):
        data = Catalog(data)
    if isinstance(data, Catalog):  # which may hold more than the run had
        there = set(data.names())
        names = [instrument_name(one) for one in result.instruments]
        if there.issuperset(names):
            data = dict.fromkeys(names, data)
    sources = resolve(data, start=start, end=end)
    symbols = instrument_names([source.instrument for source in sources])
    wanted = result.names
    if symbols != wanted:
        raise InvalidArgument(f"the run had the instruments {', '.join(wanted)}, the data has {', '.join(symbols)}")
    return [(source, bool(getattr(source, "has_orders", False))) for source in sources]


def _shares(values: list[float]) -> dict[str, Any] | None:
    if not values:
        return None
    median, high = np.quantile(np.array(values), [0.5, 0.95]).tolist()
    return {"median": median, "p95": high, "fills": len(values)}


def _second_pass(result: Result, index: int, source: EventSource, by_order: bool) -> dict[str, Any]:
    """Replay the book of an instrument in venue order, and stop at each row that filled something.

    Rows by order have numbers of their own: what filled us is not looked up in them.
    """
    feed = Feed(source, 65_536, has_local=False)
    fills = result.fills_raw[result._of("fills", index)]
    own = fills[(fills["maker"] != 0) & (fills["datum_row"] >= 0)]
    own = own[np.argsort(own["datum_row"], kind="stable")][: 0 if by_order else None]
    watch = BookWatch()
    book = OrderBookL2(result.instruments[index])
    taken: Counter[int] = Counter()
    for row, qty in own[["datum_row", "qty"]].tolist():
        taken[row] += qty
    print_shares: list[float] = []
    level_shares: list[float] = []
    done = at = total = 0

    def know(columns: Columns, is_state: bool) -> None:
        book.apply(columns.kind, columns.side, columns.price, columns.qty)
        watch.know(columns)

    feed.open(None, know)
    while (columns := feed.next_venue()) is not None:
        rows = len(columns.ts_event)
        total += rows
        watch.add(columns)
        start = rows if by_order else 0
        while start < rows:
            stop = rows
            if at < len(own) and own["datum_row"][at] < done + rows:
                stop = int(own["datum_row"][at]) - done
            if stop > start:
                rows_of = slice(start, stop)
                book.apply(columns.kind[rows_of], columns.side[rows_of], columns.price[rows_of], columns.qty[rows_of])
                start = stop
            while at < len(own) and own["datum_row"][at] == done + start and start < rows:
                fill = own[at]
                shown = book.qty_lots(int(fill["side"]), int(fill["price"]))
                if shown > 0:
                    level_shares.append(int(fill["qty"]) / shown)
                if columns.kind[start] == EventKind.TRADE and columns.qty[start] > 0:
                    print_shares.append(taken[done + start] / int(columns.qty[start]))
                at += 1
        done += rows
    return {
        **watch.to_dict(),
        "rows": total,
        "print_shares": _shares(print_shares),
        "level_shares": _shares(level_shares),
    }
