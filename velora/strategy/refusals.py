"""Orders that end in vain: when to try again, and when to give up."""

from __future__ import annotations

from velora.core.orders import Order, OrderReason, OrderState, OrderType, TimeInForce

__all__ = ["BLIND_LOOKS_MAX", "Refusals", "was_in_vain"]

#: In a row, after which a quantity is given up. The same order will not pass the same filter later either; what has no
#: liquidity, or is halted, may have waited for a quarter of an hour by then, as the waits grow.
_IN_A_ROW_MAX = 100
_OF_REASON_MAX = {
    OrderReason.FILTER: 10,
    OrderReason.INVALID: 10,
    OrderReason.DUPLICATE: 10,
    # The price had moved on, which says nothing about the next try: it neither waits nor is soon given up.
    OrderReason.POST_ONLY: 10_000,
}
#: In a row, from which on the wait doubles with each, and the most that it grows.
_PATIENT = 10
_GROWTH_MAX = 100
#: Looks in a row at a book without a price, after which a quantity is given up: an hour of looks each 100 ms.
BLIND_LOOKS_MAX = 36_000


def was_in_vain(order: Order) -> bool:
    """Whether an order ended without a fill and not because it was cancelled: refused, or nothing was there.

    To send the same again in the same instant would end the same, for ever; so wait.
    """
    was_cancelled = order.state is OrderState.CANCELED and order.time_in_force is TimeInForce.GTC
    return order.is_done and order.cum_qty_lots == 0 and not was_cancelled


def _rests(order: Order) -> bool:
    """Whether an order stands in the book; one that only takes is open too while its end is under way."""
    can_rest = order.type is OrderType.LIMIT and order.time_in_force not in (TimeInForce.IOC, TimeInForce.FOK)
    return can_rest and order.state is OrderState.OPEN


class Refusals:
    """Orders of one purpose that ended in vain, one after the other."""

    def __init__(self) -> None:
        self._counts: dict[OrderReason, int] = {}
        #: Looks in a row that saw no price to send an order at.
        self.blind_looks = 0

    def note(self, order: Order) -> None:
        """An order has ended, or was changed."""
        if was_in_vain(order):
            reason = OrderReason(order.reason)
            self._counts[reason] = self._counts.get(reason, 0) + 1
        elif order.cum_qty_lots or _rests(order):
            self._counts.clear()

    def forget(self) -> None:
        """Begin anew."""
        self._counts.clear()
        self.blind_looks = 0

    @property
    def hopeless(self) -> str | None:
        """Why to give up; None while there is hope."""
        for reason, count in self._counts.items():
            if count >= _OF_REASON_MAX.get(reason, _IN_A_ROW_MAX):
                return f"{count:,} orders in a row ended in vain, with {reason.name}"
        if self._waiting() >= _IN_A_ROW_MAX:
            reasons = ", ".join(reason.name for reason in self._counts)
            return f"{self._waiting():,} orders in a row ended in vain, with {reasons}"
        if self.blind_looks >= BLIND_LOOKS_MAX:
            return f"no price to send an order at in {self.blind_looks:,} looks"
        return None

    @property
    def growth(self) -> int:
        """How many times longer than usual to wait before the next try."""
        return min(1 << max(self._waiting() - _PATIENT, 0), _GROWTH_MAX) if self._counts else 1

    def _waiting(self) -> int:
        return sum(count for reason, count in self._counts.items() if reason is not OrderReason.POST_ONLY)
