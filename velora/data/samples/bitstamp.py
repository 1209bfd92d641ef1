"""Bitstamp's order feed in the format of its early years: ``LOCAL_MS EVENT JSON`` a line, gzip.

The recording begins with the orders that rest at the opening, one order_created each, so that no order is unknown. A
market order is an order too: it is created at the worst price that it reaches, each fill changes or deletes it and the
resting order, and a trade follows. Until its fills the book is crossed, as in recordings of the venue. An order_book
with the best 20 levels follows about every three seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from velora.core.book_l3 import OrderBookL3
from velora.core.clock import format_ns
from velora.core.events import EventKind, Side
from velora.core.instrument import Instrument
from velora.data.samples.files import OnRows, write_gzip
from velora.data.samples.rows import Row, decimals_of, events_of, scaled_text
from velora.data.synth import SyntheticMarket
from velora.data.table import EventTable

__all__ = ["market", "write"]

_LEVELS = 20
_BOOK_NS = 3_000_000_000
_MS, _NS = 1_000_000, 1_000_000_000
_FIRST_ORDER, _FIRST_TRADE = 65_000_000, 8_000_000
_QTY_DECIMALS = 8


def market(seed: int, duration: Any) -> SyntheticMarket:
    """A coin at 300 dollars."""
    instrument = Instrument(
        "SYNUSD", venue="bitstamp", kind="spot", base="SYN", quote="USD", tick_size="0.01", lot_size="0.001",
        maker_fee="0.0025", taker_fee="0.0025",
    )  # fmt: skip
    return SyntheticMarket(
        seed, duration=duration, instrument=instrument, price=300.0, feed_latency="20ms", latency_tail="5ms",
        quotes=False, orders=True,
    )  # fmt: skip


def write(table: EventTable, folder: Path, on_rows: OnRows | None) -> list[Path]:
    """Write the recording."""
    day = format_ns(int(table.ts_event[0]))[:10]
    return [write_gzip(folder / f"{table.instrument.symbol.lower()}_{day}.log.gz", _Recording(table).lines(on_rows))]


class _Recording:
    """Lines of the feed; ids are given in the order of creation, as the venue does."""

    def __init__(self, table: EventTable) -> None:
        instrument = table.instrument
        self._table = table
        self._tick, self._lot = instrument.tick_size, instrument.lot_size
        self._price_decimals = decimals_of(self._tick)
        self._book = OrderBookL3(instrument)
        self._ids: dict[int, tuple[int, int]] = {}  # id and second of creation, by the market's id
        self._last_id, self._last_trade = _FIRST_ORDER, _FIRST_TRADE

    def lines(self, on_rows: OnRows | None) -> Iterator[str]:
        next_book = 0
        for event in events_of(self._table, on_rows):
            recv = event[0].recv
            if next_book and recv >= next_book:
                yield self._order_book(next_book)
                next_book += _BOOK_NS
            trades = [row for row in event if row.kind == EventKind.TRADE]
            if trades:
                yield from self._market_order(event, trades)
            for row in event:
                if row.kind == EventKind.ORDER_ADD:
                    yield self._created(row)
                elif row.kind == EventKind.ORDER_CANCEL:
                    number, second = self._ids.pop(row.id)
                    self._book.cancel(row.id)
                    yield self._order("deleted", recv, number, second, row.side, row.price, row.qty)
            if not next_book:
                yield self._order_book(recv)
                next_book = recv + _BOOK_NS

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _created(self, row: Row) -> str:
        number, second = self._ids[row.id] = self._new_id(), row.ts // _NS
        self._book.add(row.id, row.side, row.price, row.qty)
        return self._order("created", row.recv, number, second, row.side, row.price, row.qty)

    def _market_order(self, event: list[Row], trades: list[Row]) -> Iterator[str]:
        number, second, recv = self._new_id(), event[0].ts // _NS, event[0].recv
        side, worst, left = trades[0].side, trades[-1].price, sum(row.qty for row in trades)
        yield self._order("created", recv, number, second, side, worst, left)
        for row in event:
            if row.kind != EventKind.ORDER_EXECUTE:
                continue
            left -= row.qty
            yield self._filled(recv, number, second, side, worst, left)
            resting, created = self._ids[row.id]
            self._book.execute(row.id, row.qty)
            order = self._book.order(row.id)
            yield self._filled(recv, resting, created, row.side, row.price, 0 if order is None else order.qty_lots)
            if order is None:
                del self._ids[row.id]
            self._last_trade += 1
            body = {"price": float(self._price(row.price)), "amount": float(self._qty(row.qty)), "id": self._last_trade}
            yield f"{recv // _MS} trade {json.dumps(body)}\n"

    def _filled(self, recv: int, number: int, second: int, side: int, price: int, left: int) -> str:
        return self._order("changed" if left else "deleted", recv, number, second, side, price, left)

    def _order(self, event: str, recv: int, number: int, second: int, side: int, price: int, qty: int) -> str:
        body = {
            "price": self._price(price),
            "amount": self._qty(qty),
            "datetime": str(second),
            "id": number,
            "order_type": 0 if side == Side.BUY else 1,
        }
        return f"{recv // _MS} order_{event} {json.dumps(body)}\n"

    def _order_book(self, recv: int) -> str:
        depth = self._book.levels.depth(_LEVELS)
        sides = {
            "bids": (depth.bid_ticks[: depth.bid_levels], depth.bid_lots[: depth.bid_levels]),
            "asks": (depth.ask_ticks[: depth.ask_levels], depth.ask_lots[: depth.ask_levels]),
        }
        body = {
            name: [
                [self._price(price), self._qty(qty)] for price, qty in zip(prices.tolist(), lots.tolist(), strict=True)
            ]
            for name, (prices, lots) in sides.items()
        }
        return f"{recv // _MS} order_book {json.dumps(body)}\n"

    def _price(self, ticks: int) -> str:
        return scaled_text(ticks, self._tick, self._price_decimals)

    def _qty(self, lots: int) -> str:
        return scaled_text(lots, self._lot, _QTY_DECIMALS)
