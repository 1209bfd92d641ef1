"""A seeded market by order of any length, from a venue with strict price and time priority."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.data import EventTable

__all__ = ["random_order_flow"]

_MID = 1_000  # ticks
_ORDERS_USUAL = 40  # per side; above this, orders are canceled rather than added
_TAKEN_LOTS = (1, 1, 1, 2, 2, 3, 4, 6, 20)
_LAST, _SNAPSHOT = EventFlag.LAST, EventFlag.SNAPSHOT
_COLUMNS = ("ts_event", "kind", "side", "price", "qty", "flags", "order_id")
_Row = tuple[int, int, int, int, int, int, int]  # one value of each column


class _Market:
    """Queues by side and price, and the rows that describe them."""

    def __init__(self, rng: random.Random, prints: str) -> None:
        self.rng = rng
        self.prints = prints
        self.ts = 1_000_000
        self.queues: tuple[dict[int, list[list[int]]], ...] = ({}, {})
        self.rows: list[_Row] = []
        self.next_id = 1

    def row(self, kind: EventKind, side: int, price: int, qty: int, flags: int, order_id: int = 0) -> None:
        self.rows.append((self.ts, int(kind), side, price, qty, int(flags), order_id))

    def best(self, side: int) -> int | None:
        prices = self.queues[side]
        return (max(prices) if side == 0 else min(prices)) if prices else None

    def add(self, side: int, price: int, qty: int, flags: int = _LAST) -> None:
        self.queues[side].setdefault(price, []).append([self.next_id, qty])
        self.row(EventKind.ORDER_ADD, side, price, qty, flags, self.next_id)
        self.next_id += 1

    def cancel(self, side: int, price: int, at: int, qty: int) -> None:
        queue = self.queues[side][price]
        self.row(EventKind.ORDER_CANCEL, side, price, qty, _LAST, queue[at][0])
        queue[at][1] -= qty
        if queue[at][1] == 0:
            del queue[at]
        if not queue:
            del self.queues[side][price]

    def move(self, side: int, price: int, at: int, target: int) -> None:
        order_id, qty = self.queues[side][price].pop(at)
        if not self.queues[side][price]:
            del self.queues[side][price]
        self.queues[side].setdefault(target, []).append([order_id, qty])
        self.row(EventKind.ORDER_CHANGE, side, target, qty, _LAST, order_id)

    def take(self, aggressor: int, qty: int, limit: int | None) -> int:
        """Execute against the other side; returns the remaining lots."""
        passive = 1 - aggressor
        while qty > 0 and (price := self.best(passive)) is not None:
            if limit is not None and (price > limit if aggressor == 0 else price < limit):
                break
            queue, executed = self.queues[passive][price], []
            while qty > 0 and queue:
                lots = min(qty, queue[0][1])
                executed.append((queue[0][0], lots))
                queue[0][1] -= lots
                qty -= lots
                if queue[0][1] == 0:
                    del queue[0]
            if not queue:
                del self.queues[passive][price]
            if self.prints == "order":
                for order_id, lots in executed:
                    self.row(EventKind.TRADE, aggressor, price, lots, _LAST)
                    self.row(EventKind.ORDER_EXECUTE, passive, price, lots, _LAST, order_id)
            else:
                self.row(EventKind.TRADE, aggressor, price, sum(lots for _, lots in executed), 0)
                for order_id, lots in executed:
                    self.row(EventKind.ORDER_EXECUTE, passive, price, lots, 0, order_id)
        self.flag_last(ends_batch=True)
        return qty

    def flag_last(self, *, ends_batch: bool) -> None:
        """Set whether the newest row ends its batch."""
        *head, flags, order_id = self.rows[-1]
        self.rows[-1] = (*head, flags | int(_LAST) if ends_batch else flags & ~int(_LAST), order_id)  # type: ignore[assignment]


def random_order_flow(
    seed: int,
    events: int = 2_000,
    *,
    prints: str = "level",
    depth: int = 12,
    spread: int = 1,
    trade_share: float = 0.15,
    instrument: Instrument | None = None,
) -> EventTable:
    """Make a session by order.

    Orders are added around the best prices, canceled from any queue position, amended, and executed strictly first in,
    first out. No order is hidden, no two events share an instant, and no book is crossed at the end of a batch.

    Parameters
    ----------
    seed : int
    events : int
        Number of events after the initial snapshot; an event is one or more rows of one instant, 10 ms apart on
        average.
    prints : {"level", "order"}
        Whether a trade row has the lots of a whole level, as at CME, or of one resting order, as in LOBSTER data.
    depth : int
        Range, in ticks from the best price of the other side, in which orders are added.
    spread : int
        Ticks between the best prices at the start.
    trade_share : float
        Share of the events that are aggressive orders.
    instrument : Instrument, optional
        Tick 1 and lot 1 by default.

    Examples
    --------
    >>> random_order_flow(1, 100).has_orders
    True
    """
    from velora.data import EventTable

    if prints not in ("level", "order"):
        raise InvalidArgument(f'prints must be "level" or "order", was {prints!r}')
    rng = random.Random(seed)
    market = _Market(rng, prints)
    market.row(EventKind.SNAPSHOT_BEGIN, Side.NONE, 0, 0, 0)
    for side in (0, 1):
        for away in range(depth):
            price = _MID - away if side == 0 else _MID + spread + away
            for _ in range(rng.randrange(1, 5)):
                market.add(side, price, rng.randrange(1, 9), _SNAPSHOT)
    market.row(EventKind.SNAPSHOT_END, Side.NONE, 0, 0, _LAST)
    for _ in range(events):
        market.ts += 1 + int(rng.expovariate(1 / 10_000_000))
        _event(market, depth, trade_share)
    columns: dict[str, Any] = dict(zip(_COLUMNS, zip(*market.rows, strict=True), strict=True))
    given = instrument or Instrument("TEST", tick_size=1, lot_size=1, quote="USD", maker_fee=0, taker_fee=0)
    return EventTable.from_numpy(given, **columns)


def _event(market: _Market, depth: int, trade_share: float) -> None:
    rng = market.rng
    side = rng.randrange(2)
    away = -1 if side == 0 else 1  # ticks to a worse price
    queues, own, other = market.queues[side], market.best(side), market.best(1 - side)
    if own is None or other is None or len(queues) < 3:  # the side is nearly empty: add orders at worse prices
        price = own + away if own is not None else (other if other is not None else _MID) + 2 * away
        market.add(side, price, rng.randrange(1, 9))
        return
    if rng.random() < trade_share:
        limit = None if rng.random() < 0.5 else other
        left = market.take(side, rng.choice(_TAKEN_LOTS), limit)
        if left and limit is not None and market.best(1 - side) is not None:
            market.flag_last(ends_batch=False)
            market.add(side, limit, left)
        return
    draw = rng.random()
    orders = sum(len(queue) for queue in queues.values())
    if draw < (0.6 if orders < _ORDERS_USUAL else 0.3):
        market.add(side, other + away * (1 + min(int(rng.expovariate(0.35)), depth)), rng.randrange(1, 9))
    elif draw < 0.65:
        price = rng.choice(list(queues))
        market.move(side, price, rng.randrange(len(queues[price])), other + away * (1 + rng.randrange(depth)))
    else:
        best_first = sorted(queues, reverse=side == 0)
        price = best_first[min(int(rng.expovariate(0.4)), len(best_first) - 1)]
        at = rng.randrange(len(queues[price]))
        lots = queues[price][at][1]
        market.cancel(side, price, at, lots if rng.random() < 0.8 else rng.randrange(1, lots + 1))
