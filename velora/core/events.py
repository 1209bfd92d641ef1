"""Kinds, flags and sides of market events; same numbers as csrc/include/velora/event.h."""

from __future__ import annotations

from velora.core.enums import NamedEnum, NamedFlag
from velora.errors import InvalidArgument

__all__ = ["RATE_SCALE", "EventFlag", "EventKind", "Side", "order_side"]

#: Scale of mark prices and funding rates, which are stored as integers in units of 1 / RATE_SCALE.
RATE_SCALE = 100_000_000


class Side(NamedEnum):
    """Side of an order, of a book level, or of a trade's aggressor.

    Attributes
    ----------
    BUY
        A buyer, or the bid side.
    SELL
        A seller, or the ask side.
    NONE
        Not stated, such as a trade whose aggressor the feed does not give.
    """

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
    """Kind of a row of an event table.

    Attributes
    ----------
    TRADE
        A trade; `side` is the aggressor, `order_id` the venue's trade id.
    QUOTE
        Best bid or ask: two rows, bid then ask; `order_id` is the update id.
    DELTA
        New total quantity of a price level, 0 deletes it; `order_id` is the update id.
    SNAPSHOT_BEGIN
        Empties the book; DELTA rows with the flag SNAPSHOT follow.
    SNAPSHOT_END
        The snapshot is complete.
    ORDER_ADD
        An order joined the book (data by order).
    ORDER_CHANGE
        An order's price or quantity changed (data by order).
    ORDER_CANCEL
        An order left the book (data by order).
    ORDER_EXECUTE
        An order was executed, in part or whole (data by order).
    MARK_PRICE
        `price` is the mark price and `qty` the announced funding rate, both times RATE_SCALE; `order_id` is the
        next funding time, ns.
    FUNDING
        Funding is paid now: `price` is the mark price and `qty` the rate, both times RATE_SCALE.
    STATUS
        `qty` is 1 when trading begins and 0 when it halts.
    GAP
        Rows are missing here; `order_id` is the first missing id, 0 if it is unknown.
    """

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
    """Bits of a row's `flags`.

    Attributes
    ----------
    LAST
        Ends its batch: one diff, one quote pair, one snapshot, one trade.
    SNAPSHOT
        Row of a snapshot.
    OFF_BOOK
        A trade that did not happen in the order book; it never fills an order.
    CLOCK_ESTIMATED
        The importer estimated `ts_event`.
    HIDDEN
        A trade against quantity that the book never showed.
    """

    LAST = 1
    SNAPSHOT = 2
    OFF_BOOK = 4
    CLOCK_ESTIMATED = 8
    HIDDEN = 16
