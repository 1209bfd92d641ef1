"""A slow, simple reference for the compiled book by order: lists of orders by price, with linear search.

It is the oracle of the differential tests: keep it simple, never optimize it.
"""

from __future__ import annotations

from collections.abc import Iterable

from velora.core.events import EventKind, Side

__all__ = ["ReferenceBookL3"]


class ReferenceBookL3:
    """Orders of one instrument, in ticks and lots.

    Parameters
    ----------
    priority : {"lost_by_more", "lost_by_any", "kept"}
        As in `velora.OrderBookL3`.
    """

    def __init__(self, priority: str = "lost_by_more") -> None:
        self.priority = priority
        #: price -> [[order id, lots], ...] in priority order, for both sides.
        self.sides: tuple[dict[int, list[list[int]]], dict[int, list[list[int]]]] = ({}, {})

    def find(self, order_id: int) -> tuple[int, int, int] | None:
        """(side, price, index in the queue) of an order, or None."""
        for side, levels in enumerate(self.sides):
            for price, queue in levels.items():
                for index, order in enumerate(queue):
                    if order[0] == order_id:
                        return side, price, index
        return None

    def _remove(self, side: int, price: int, index: int) -> None:
        del self.sides[side][price][index]
        if not self.sides[side][price]:
            del self.sides[side][price]

    def add(self, order_id: int, side: int, price: int, qty: int) -> str:
        """Add an order; returns the error, "" if there is none."""
        if qty <= 0:
            return "invalid"
        if self.find(order_id):
            return "exists"
        self.sides[side].setdefault(price, []).append([order_id, qty])
        return ""

    def change(self, order_id: int, price: int, qty: int) -> str:
        """Set a new price and total."""
        found = self.find(order_id)
        if found is None:
            return "unknown"
        side, old_price, index = found
        order = self.sides[side][old_price][index]
        if qty == 0:
            self._remove(*found)
            return ""
        if price == old_price and qty == order[1]:
            return ""
        is_kept = self.priority == "kept" or (self.priority == "lost_by_more" and qty < order[1])
        if price == old_price and is_kept:
            order[1] = qty
            return ""
        self._remove(*found)
        self.sides[side].setdefault(price, []).append([order_id, qty])
        return ""

    def cancel(self, order_id: int, qty: int = 0) -> str:
        """Remove lots from an order, 0 for all."""
        found = self.find(order_id)
        if found is None:
            return "unknown"
        side, price, index = found
        order = self.sides[side][price][index]
        if qty > order[1]:
            return "too much"
        order[1] -= qty or order[1]
        if order[1] == 0:
            self._remove(*found)
        return ""

    def execute(self, order_id: int, qty: int) -> str:
        """Fill an order."""
        return "invalid" if qty <= 0 else self.cancel(order_id, qty)

    def replace(self, order_id: int, new_id: int, price: int, qty: int) -> str:
        """Replace an order by a new one on its side."""
        found = self.find(order_id)
        if found is None:
            return "unknown"
        if qty <= 0:
            return "invalid"
        if new_id != order_id and self.find(new_id):
            return "exists"
        self._remove(*found)
        self.sides[found[0]].setdefault(price, []).append([new_id, qty])
        return ""

    def clear(self) -> None:
        """Remove every order."""
        for side in self.sides:
            side.clear()

    def apply(self, rows: Iterable[tuple[int, int, int, int, int]]) -> None:
        """Apply (kind, side, price, qty, order id) rows of an event table."""
        for kind, side, price, qty, order_id in rows:
            if kind == EventKind.ORDER_ADD:
                self.add(order_id, side, price, qty)
            elif kind == EventKind.ORDER_CHANGE:
                self.change(order_id, price, qty)
            elif kind == EventKind.ORDER_CANCEL:
                self.cancel(order_id, qty)
            elif kind == EventKind.ORDER_EXECUTE:
                self.execute(order_id, qty)
            elif kind == EventKind.SNAPSHOT_BEGIN:
                self.clear()

    def ahead(self, order_id: int) -> tuple[int, int] | None:
        """Lots and orders ahead of an order in its queue, or None."""
        found = self.find(order_id)
        if found is None:
            return None
        side, price, index = found
        before = self.sides[side][price][:index]
        return sum(order[1] for order in before), len(before)

    def levels(self, side: int) -> list[tuple[int, int]]:
        """(ticks, lots) of a side, best first."""
        totals = [(price, sum(order[1] for order in queue)) for price, queue in self.sides[side].items()]
        return sorted(totals, reverse=side == Side.BUY)

    def orders(self, side: int) -> list[tuple[int, int, int]]:
        """(order id, ticks, lots) of a side in priority order."""
        prices = sorted(self.sides[side], reverse=side == Side.BUY)
        return [(order[0], price, order[1]) for price in prices for order in self.sides[side][price]]
