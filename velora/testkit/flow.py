"""Small flows and scripted strategies, for tests of single rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.core.orders import Fill, Order
from velora.strategy.strategy import Strategy

if TYPE_CHECKING:
    from velora.data import EventTable

__all__ = ["Flow", "Script"]

_Levels = Iterable[tuple[int, int]]


class Flow:
    """Builds an event table row by row; prices are ticks, quantities lots, times nanoseconds.

    Parameters
    ----------
    instrument : Instrument, optional
        Tick 1 and lot 1 by default.
    feed_latency : int
        `ts_recv` minus `ts_event`, ns.

    Examples
    --------
    >>> flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 5)])
    >>> flow = flow.trade(10, Side.SELL, 100, 5).delta(10, Side.BUY, 100, 0)
    >>> len(flow.table())
    6
    """

    def __init__(self, instrument: Instrument | None = None, *, feed_latency: int = 0) -> None:
        self.instrument = instrument or Instrument(
            "TEST", tick_size=1, lot_size=1, quote="USD", maker_fee=0, taker_fee=0
        )
        self.feed_latency = feed_latency
        self._rows: list[tuple[int, int, int, int, int, int, int]] = []

    def row(
        self,
        ts: int,
        kind: EventKind,
        side: Side = Side.NONE,
        price: int = 0,
        qty: int = 0,
        *,
        flags: EventFlag | int = EventFlag.LAST,
        order_id: int = 0,
    ) -> Flow:
        """Add a row of any kind."""
        self._rows.append((ts, int(kind), int(side), int(flags), price, qty, order_id))
        return self

    def snapshot(self, ts: int, bids: _Levels = (), asks: _Levels = (), *, update_id: int = 0) -> Flow:
        """Add a snapshot of the whole book."""
        self.row(ts, EventKind.SNAPSHOT_BEGIN, flags=0, order_id=update_id)
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for price, qty in levels:
                self.row(ts, EventKind.DELTA, side, price, qty, flags=EventFlag.SNAPSHOT, order_id=update_id)
        return self.row(ts, EventKind.SNAPSHOT_END, order_id=update_id)

    def delta(self, ts: int, side: Side, price: int, qty: int, *, update_id: int = 0) -> Flow:
        """Add one level update: the level's new total, 0 deletes it."""
        return self.row(ts, EventKind.DELTA, side, price, qty, order_id=update_id)

    def trade(self, ts: int, aggressor: Side, price: int, qty: int, *, off_book: bool = False) -> Flow:
        """Add one trade."""
        flags = EventFlag.LAST | (EventFlag.OFF_BOOK if off_book else 0)
        return self.row(ts, EventKind.TRADE, aggressor, price, qty, flags=flags)

    def quote(self, ts: int, bid: tuple[int, int], ask: tuple[int, int], *, update_id: int = 0) -> Flow:
        """Add a quote: (price, qty) of both sides."""
        self.row(ts, EventKind.QUOTE, Side.BUY, *bid, flags=0, order_id=update_id)
        return self.row(ts, EventKind.QUOTE, Side.SELL, *ask, order_id=update_id)

    def table(self) -> EventTable:
        """The event table of all rows so far."""
        from velora.data import EventTable

        columns = list(zip(*self._rows, strict=True)) or [()] * 7
        ts_event = np.array(columns[0], np.int64)
        return EventTable.from_numpy(
            self.instrument,
            ts_event=ts_event,
            ts_recv=ts_event + self.feed_latency,
            kind=np.array(columns[1], np.uint8),
            side=np.array(columns[2], np.uint8),
            flags=np.array(columns[3], np.uint8),
            price=np.array(columns[4], np.int64),
            qty=np.array(columns[5], np.int64),
            order_id=np.array(columns[6], np.int64),
        )


class Script(Strategy):
    """A strategy that runs given actions at given local times and records its fills and order changes.

    Parameters
    ----------
    *steps : (ts, action)
        `action` is called with the strategy at local time `ts`.

    Attributes
    ----------
    fills : list of Fill
    log : list of (ts, order id, state name)
        One entry for each change of an own order.
    """

    def __init__(self, *steps: tuple[int, Callable[[Script], Any]]) -> None:
        self._steps = steps
        self.fills: list[Fill] = []
        self.log: list[tuple[int, int, str]] = []
        self.placed: list[Order] = []

    def on_start(self) -> None:
        for ts, action in self._steps:
            self.at(ts, partial(action, self))

    def on_order(self, order: Order) -> None:
        self.log.append((self.now, order.id, order.state.name))

    def on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)

    def bid(self, price: int, qty: int, **options: Any) -> Order:
        """Send a limit buy in ticks and lots."""
        order = self.buy(self.instruments[0], price_ticks=price, qty_lots=qty, **options)
        self.placed.append(order)
        return order

    def ask(self, price: int, qty: int, **options: Any) -> Order:
        """Send a limit sell in ticks and lots."""
        order = self.sell(self.instruments[0], price_ticks=price, qty_lots=qty, **options)
        self.placed.append(order)
        return order
