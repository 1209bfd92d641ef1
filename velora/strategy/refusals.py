"""Orders that end unfilled: when to try again, and when to give up."""

from __future__ import annotations

from velora.core.orders import Order, OrderReason, OrderState, OrderType, TimeInForce

__all__ = ["CHECKS_WITHOUT_PRICE_MAX", "Refusals", "ended_unfilled", "is_locked"]

#: Orders in a row after which a quantity is given up. The same order will not pass the same filter later either; where
#: there is no liquidity or the market is halted, the waits have grown to a quarter of an hour in all by then.
_IN_A_ROW_MAX = 100
_OF_REASON_MAX = {
    OrderReason.FILTER: 10,
    OrderReason.INVALID: 10,
    OrderReason.DUPLICATE: 10,
    OrderReason.ORDER_QTY: 10,
    OrderReason.KILLED: 1,  # a closed gate stays closed
    # The price had moved on, which says nothing about the next try: it neither waits nor is soon given up.
    OrderReason.POST_ONLY: 10_000,
}
#: Orders in a row from which on the wait doubles with each, and the most that it grows.
_PATIENT = 10
_GROWTH_MAX = 100
#: Checks in a row that find a book without a price, after which a quantity is given up: an hour of checks each 100 ms.
CHECKS_WITHOUT_PRICE_MAX = 36_000


def ended_unfilled(order: Order) -> bool:
    """Whether an order ended without a fill and without being cancelled: it was refused or found no liquidity.

    The same order sent again in the same instant would end the same way, for ever: its sender waits.
    """
    was_cancelled = order.state is OrderState.CANCELED and order.time_in_force is TimeInForce.GTC
    return order.is_done and order.cum_qty_lots == 0 and not was_cancelled


def is_locked(order: Order) -> bool:
    """Whether our own gate has denied the last amend of an order: it would deny the same again at once, for ever."""
    return order.refusal in (OrderReason.KILLED, OrderReason.ORDER_QTY)


def _rests(order: Order) -> bool:
    """Whether an order rests in the book; one that only takes is open too until the report of its end arrives."""
    can_rest = order.type is OrderType.LIMIT and order.time_in_force not in (TimeInForce.IOC, TimeInForce.FOK)
    return can_rest and order.state is OrderState.OPEN


class Refusals:
    """Counts the orders of one purpose that ended unfilled, one after the other."""

    def __init__(self) -> None:
        self._counts: dict[OrderReason, int] = {}
        #: Checks in a row that found no price to send an order at.
        self.checks_without_price = 0

    def note(self, order: Order) -> None:
        """Count an order that has changed, if it ended unfilled; start again if it filled or rests."""
        if ended_unfilled(order):
            reason = OrderReason(order.reason)
            self._counts[reason] = self._counts.get(reason, 0) + 1
        elif order.cum_qty_lots or _rests(order):
            self._counts.clear()

    def reset(self) -> None:
        """Count from zero."""
        self._counts.clear()
        self.checks_without_price = 0

    @property
    def give_up_reason(self) -> str | None:
        """Why to give up; None while a further order may do better."""
        for reason, count in self._counts.items():
            if count >= _OF_REASON_MAX.get(reason, _IN_A_ROW_MAX):
                return f"{count:,} orders in a row ended unfilled, with {reason.name}"
        if self._waiting() >= _IN_A_ROW_MAX:
            reasons = ", ".join(reason.name for reason in self._counts)
            return f"{self._waiting():,} orders in a row ended unfilled, with {reasons}"
        if self.checks_without_price >= CHECKS_WITHOUT_PRICE_MAX:
            return f"no price to send an order at in {self.checks_without_price:,} checks"
        return None

    @property
    def growth(self) -> int:
        """How many times longer than usual to wait before the next try."""
        return min(1 << max(self._waiting() - _PATIENT, 0), _GROWTH_MAX) if self._counts else 1

    def _waiting(self) -> int:
        return sum(count for reason, count in self._counts.items() if reason is not OrderReason.POST_ONLY)
