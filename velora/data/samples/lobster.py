"""LOBSTER's pair of files in its ZIP: messages, and the best ten levels after each.

As in the original, the files list only what happens within these levels, orders that rest at the opening have no
message, times are seconds after midnight in New York with nine digits, and prices are in 1/10,000 of a dollar.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from velora.core.book_l3 import OrderBookL3
from velora.core.events import EventKind, Side
from velora.core.instrument import Instrument
from velora.data.samples.files import OnRows, write_zip
from velora.data.samples.rows import Row, events_of
from velora.data.synth import SyntheticMarket
from velora.data.table import EventTable

__all__ = ["LEVELS", "market", "write"]

LEVELS = 10
_OPEN = "2024-01-02T14:30:00Z"  # 09:30 in New York
_OPEN_S, _CLOSE_S = 34_200, 57_600
_DAY = "2024-01-02"
_NS = 1_000_000_000
_PRICE_UNIT = 10_000
_NO_PRICE = 9_999_999_999
_TYPES = {EventKind.ORDER_ADD: 1, EventKind.ORDER_CANCEL: 3, EventKind.ORDER_EXECUTE: 4}


def market(seed: int, duration: Any) -> SyntheticMarket:
    """A stock at 300 dollars."""
    instrument = Instrument(
        "SYN", venue="nasdaq", kind="spot", base="SYN", quote="USD", tick_size="0.01", lot_size="1", maker_fee="0",
        taker_fee="0",
    )  # fmt: skip
    return SyntheticMarket(
        seed, duration=duration, instrument=instrument, start=_OPEN, price=300.0, feed_latency=0, latency_tail=0,
        quotes=False, orders=True, order_lots=120.0, market_lots=330.0,
    )  # fmt: skip


def write(table: EventTable, folder: Path, on_rows: OnRows | None) -> list[Path]:
    """Write the ZIP."""
    messages, books = [], []
    for message, book in _lines(table, on_rows):
        messages.append(message)
        books.append(book)
    stem = f"{table.instrument.symbol}_{_DAY}_{_OPEN_S * 1000}_{_CLOSE_S * 1000}"
    members = {f"{stem}_orderbook_{LEVELS}.csv": "".join(books), f"{stem}_message_{LEVELS}.csv": "".join(messages)}
    return [write_zip(folder / f"LOBSTER_{table.instrument.symbol}_{_DAY}_{LEVELS}.zip", members)]


def _lines(table: EventTable, on_rows: OnRows | None) -> Iterator[tuple[str, str]]:
    """Yield each message within the levels, and the book after it."""
    tick = int(table.instrument.tick_size * _PRICE_UNIT)
    book = OrderBookL3(table.instrument)
    opening = int(table.ts_event[0])
    before = _depth(book)
    for event in events_of(table, on_rows):
        is_opening = event[0].kind == EventKind.SNAPSHOT_BEGIN
        for row in event:
            if row.kind not in _TYPES:
                continue
            _apply(book, row)
            if is_opening:
                continue
            after = _depth(book)
            if any(price == row.price for price, _ in (*before[row.side], *after[row.side])):
                ns = row.ts - opening
                direction = 1 if row.side == Side.BUY else -1
                yield (
                    f"{_OPEN_S + ns // _NS}.{ns % _NS:09},{_TYPES[EventKind(row.kind)]},{row.id},{row.qty},"
                    f"{row.price * tick},{direction}\n",
                    _book_line(after, tick),
                )
            before = after
        if is_opening:
            before = _depth(book)


def _apply(book: OrderBookL3, row: Row) -> None:
    if row.kind == EventKind.ORDER_ADD:
        book.add(row.id, row.side, row.price, row.qty)
    elif row.kind == EventKind.ORDER_CANCEL:
        book.cancel(row.id, row.qty)
    else:
        book.execute(row.id, row.qty)


def _depth(book: OrderBookL3) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The best levels of bids and asks, (ticks, lots)."""
    depth = book.levels.depth(LEVELS)
    return (
        list(zip(depth.bid_ticks.tolist(), depth.bid_lots.tolist(), strict=True))[: depth.bid_levels],
        list(zip(depth.ask_ticks.tolist(), depth.ask_lots.tolist(), strict=True))[: depth.ask_levels],
    )


def _book_line(depth: tuple[list[tuple[int, int]], list[tuple[int, int]]], tick: int) -> str:
    cells = []
    for level in range(LEVELS):
        for side, empty in ((Side.SELL, _NO_PRICE), (Side.BUY, -_NO_PRICE)):
            has = level < len(depth[side])
            ticks, lots = depth[side][level] if has else (0, 0)
            cells.append(f"{ticks * tick if has else empty},{lots}")
    return ",".join(cells) + "\n"
