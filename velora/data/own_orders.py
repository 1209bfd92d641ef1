"""Removal of your own orders from a recording of a live session, so that a replay does not trade against them.

On a live venue the feed includes your own orders. Replayed unchanged, such a recording would let a strategy trade
against the orders that it had in the market at the time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from velora.core.events import EventFlag, EventKind, Side
from velora.data.table import EventTable
from velora.errors import InvalidArgument

__all__ = ["OwnChange", "StripSummary", "strip_own_orders"]

_DELTA, _QUOTE, _TRADE = int(EventKind.DELTA), int(EventKind.QUOTE), int(EventKind.TRADE)


class OwnChange(msgspec.Struct, frozen=True):
    """Quantity of your own order resting from an instant on.

    Parameters
    ----------
    ts_event : int
        When it changed: ns since 1970-01-01 UTC, the venue's clock.
    order_id : str or int
        Any unique name of the order.
    side : int
        0 bid, 1 ask.
    price_ticks : int
    lots : int
        Resting and displayed from then on; 0 when filled or canceled.
    """

    ts_event: int
    order_id: str | int
    side: int
    price_ticks: int
    lots: int


@dataclass(frozen=True)
class StripSummary:
    """Counts of the changes.

    Parameters
    ----------
    levels, quotes, trades : int
        Reduced level rows, reduced quotes, and own taker trades marked OFF_BOOK.
    quotes_dropped : int
        Quotes with a side reduced to zero: quotes do not show the levels behind.
    short : int
        Rows that showed less than your own orders: the two clocks or the two records disagree.
    """

    levels: int = 0
    quotes: int = 0
    trades: int = 0
    quotes_dropped: int = 0
    short: int = 0


def strip_own_orders(
    table: EventTable, changes: Iterable[OwnChange], *, taker_trade_ids: Iterable[int] = ()
) -> tuple[EventTable, StripSummary]:
    """Remove your own orders from a recording by level.

    A level's total is reduced by your own quantity resting there at the row's venue time. Trades in which you were the
    taker are marked OFF_BOOK, because without your order they would not have occurred. Trades against your own resting
    orders stay: that flow came from others.

    Parameters
    ----------
    table : EventTable
        DELTA, QUOTE and TRADE rows; rows by order are refused.
    changes : list of OwnChange
        Changes of this instrument, sorted by venue time.
    taker_trade_ids : list of int
        Venue ids of the trades in which your order was the aggressor.

    Returns
    -------
    EventTable, StripSummary

    Raises
    ------
    InvalidArgument
        If the changes are unsorted or invalid, or the table has rows by order.
    """
    if np.isin(table.kind, (EventKind.ORDER_ADD, EventKind.ORDER_CHANGE)).any():
        raise InvalidArgument("own orders are removed from rows by level; in a feed by order, filter them by their ids")
    by_time = list(changes)
    for before, after in itertools.pairwise(by_time):
        if after.ts_event < before.ts_event:
            raise InvalidArgument(f"the changes go back in time at order {after.order_id}: sort them by ts_event")
    for change in by_time:
        if change.side not in (Side.BUY, Side.SELL) or change.lots < 0:
            raise InvalidArgument(f"order {change.order_id} has side {change.side} and {change.lots} lots")
    ts, kind, side = table.ts_event.tolist(), table.kind.tolist(), table.side.tolist()
    price, qty = table.price.tolist(), table.qty.copy()
    flags = table.flags.copy()
    keep = np.ones(len(table), bool)
    resting: dict[str | int, tuple[int, int, int]] = {}
    own: dict[tuple[int, int], int] = {}
    levels = quotes = dropped = short = 0
    latest = next_change = 0
    for row, what in enumerate(kind):
        latest = max(latest, ts[row])
        while next_change < len(by_time) and by_time[next_change].ts_event <= latest:
            _rest(own, resting, by_time[next_change])
            next_change += 1
        if what not in (_DELTA, _QUOTE):
            continue
        mine = own.get((side[row], price[row]), 0)
        if not mine or (what == _DELTA and qty[row] == 0):
            continue
        short += int(qty[row]) < mine
        qty[row] = max(int(qty[row]) - mine, 0)
        if what == _DELTA:
            levels += 1
        elif qty[row]:
            quotes += 1
        else:
            first = row if side[row] == Side.BUY else row - 1
            dropped += bool(keep[first])
            keep[first : first + 2] = False
    taken = (table.kind == _TRADE) & np.isin(table.order_id, np.fromiter(taker_trade_ids, np.int64))
    flags[taken] |= np.uint8(EventFlag.OFF_BOOK)
    columns: dict[str, Any] = {"qty": qty, "flags": flags}
    stripped = EventTable.from_numpy(
        table.instrument,
        check=False,
        **{
            name: np.ascontiguousarray(columns.get(name, getattr(table, name))[keep])
            for name in ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
        },
    )
    return stripped, StripSummary(levels, quotes, int(taken.sum()), dropped, short)


def _rest(own: dict[tuple[int, int], int], resting: dict[str | int, tuple[int, int, int]], change: OwnChange) -> None:
    before = resting.pop(change.order_id, None)
    if before is not None:
        side, price, lots = before
        own[side, price] -= lots
        if own[side, price] == 0:
            del own[side, price]
    if change.lots:
        key = (change.side, change.price_ticks)
        resting[change.order_id] = (*key, change.lots)
        own[key] = own.get(key, 0) + change.lots
