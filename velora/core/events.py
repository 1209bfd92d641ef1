"""Kinds, flags and sides of market events; same numbers as csrc/include/velora/event.h."""

from __future__ import annotations

from velora.core.enums import NamedEnum, NamedFlag
from velora.errors import InvalidArgument

__all__ = ["RATE_SCALE", "EventFlag", "EventKind", "Side", "order_side"]

#: Scale of mark prices and funding rates, which are stored as integers in units of 1 / RATE_SCALE.
RATE_SCALE = 100_000_000


class Side(NamedEnum):
    """Side of an order, of a book level, or of a trade's aggressor."""

    BUY = 0
    SELL = 1
    NONE = 2


def order_side(side: Side | str | int) -> Side:
    """Side of an order, BUY or SELL, from a `Side`, its number, or its name in either case.

    Raises
    ------
    InvalidArgument
        For any other value.
    """
    found = Side.__members__.get(side.upper()) if isinstance(side, str) else side
    if found not in (Side.BUY, Side.SELL):
        raise InvalidArgument(f"side must be BUY or SELL, was {side!r}")
    return Side(found)


class EventKind(NamedEnum):
    """Kind of a row of an event table."""

    TRADE = 1
    QUOTE = 2
    DELTA = 3
    SNAPSHOT_BEGIN = 4
    SNAPSHOT_END = 5
    ORDER_ADD = 6
    ORDER_CHANGE = 7
    ORDER_CANCEL = 8
    ORDER_EXECUTE = 9
    MARK_PRICE = 10
    FUNDING = 11
    STATUS = 12
    GAP = 13


class EventFlag(NamedFlag):
    """Bits of a row's `flags`."""

    LAST = 1
    SNAPSHOT = 2
    OFF_BOOK = 4
    CLOCK_ESTIMATED = 8
    HIDDEN = 16
