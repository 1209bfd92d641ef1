"""Checksums of books that venues send with them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from decimal import Decimal

from velora.core.book import OrderBookL2
from velora.core.instrument import Instrument
from velora.errors import InvalidArgument

__all__ = ["Checksum", "kraken_checksum", "okx_checksum"]

#: The checksum of a book as it stands.
Checksum = Callable[[OrderBookL2], int]

_BIDS, _ASKS = 0, 1


def _per_step(step: Decimal, decimals: int, name: str) -> int:
    scaled = Decimal(step).scaleb(decimals)
    if scaled != int(scaled):
        raise InvalidArgument(f"{name} {step} has more than {decimals} decimals")
    return int(scaled)


def kraken_checksum(instrument: Instrument, *, price_decimals: int, qty_decimals: int = 8) -> Checksum:
    """Kraken's: CRC32 over the best ten asks, then the best ten bids; price and quantity in the venue's number of
    decimals, without the point and leading zeros.

    Parameters
    ----------
    instrument : Instrument
    price_decimals, qty_decimals : int
        Decimals with which the venue writes the pair.
    """
    price_step = _per_step(instrument.tick_size, price_decimals, "tick_size")
    qty_step = _per_step(instrument.lot_size, qty_decimals, "lot_size")

    def checksum(book: OrderBookL2) -> int:
        depth = book.depth(10)
        parts: list[str] = []
        for count, ticks, lots in (
            (depth.ask_levels, depth.ask_ticks, depth.ask_lots),
            (depth.bid_levels, depth.bid_ticks, depth.bid_lots),
        ):
            for price, qty in zip(ticks.tolist()[:count], lots.tolist()[:count], strict=True):
                parts.append(str(price * price_step))
                parts.append(str(qty * qty_step))
        return zlib.crc32("".join(parts).encode())

    return checksum


def okx_checksum(instrument: Instrument) -> Checksum:
    """OKX's: signed CRC32 over the best 25 levels as ``bid:qty:ask:qty:...``, in turn; a side that has ended is left
    out. Numbers are plain decimals without trailing zeros.

    Since 23 June 2026 OKX sends 0, which says nothing: give the guard None for it, and trust `LINKED`."""
    tick, lot = Decimal(instrument.tick_size), Decimal(instrument.lot_size)

    def text(value: Decimal) -> str:
        return f"{value.normalize():f}"

    def checksum(book: OrderBookL2) -> int:
        depth = book.depth(25)
        sides = []
        for count, ticks, lots in (
            (depth.bid_levels, depth.bid_ticks, depth.bid_lots),
            (depth.ask_levels, depth.ask_ticks, depth.ask_lots),
        ):
            levels = zip(ticks.tolist()[:count], lots.tolist()[:count], strict=True)
            sides.append([f"{text(price * tick)}:{text(qty * lot)}" for price, qty in levels])
        parts = [
            side[level]
            for level in range(max(len(sides[_BIDS]), len(sides[_ASKS])))
            for side in sides
            if level < len(side)
        ]
        value = zlib.crc32(":".join(parts).encode())
        return value - (1 << 32) if value >= 1 << 31 else value

    return checksum
