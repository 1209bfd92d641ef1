"""A slow, simple reference for the compiled book: two dicts, with `max` and `min` at each query.

It is the oracle of the differential tests: keep it simple, never optimize it.
"""

from __future__ import annotations

from collections.abc import Iterable

from velora.core.events import EventKind, Side

__all__ = ["ReferenceBook"]


class ReferenceBook:
    """Price levels of one instrument, in ticks and lots."""

    def __init__(self) -> None:
        self.sides: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def set(self, side: int, price_ticks: int, qty_lots: int) -> None:
        """Set the total of one level; 0 deletes it."""
        if qty_lots:
            self.sides[side][price_ticks] = qty_lots
        else:
            self.sides[side].pop(price_ticks, None)

    def clear(self) -> None:
        """Remove every level."""
        for side in self.sides:
            side.clear()

    def apply(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Apply (kind, side, price, qty) rows of an event table."""
        for kind, side, price, qty in rows:
            if kind == EventKind.DELTA:
                self.set(side, price, qty)
            elif kind == EventKind.SNAPSHOT_BEGIN:
                self.clear()

    @property
    def best_bid_ticks(self) -> int | None:
        """Highest bid in ticks, or None."""
        return max(self.sides[Side.BUY], default=None)

    @property
    def best_ask_ticks(self) -> int | None:
        """Lowest ask in ticks, or None."""
        return min(self.sides[Side.SELL], default=None)

    def levels(self, side: int) -> list[tuple[int, int]]:
        """(ticks, lots) of a side, best first."""
        return sorted(self.sides[side].items(), reverse=side == Side.BUY)
