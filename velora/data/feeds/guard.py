"""Holds a book that is built from a feed against what a book must be."""

from __future__ import annotations

from typing import Literal

import msgspec

from velora.core.book import OrderBookL2
from velora.data.feeds.checksum import Checksum
from velora.errors import InvalidArgument

__all__ = ["BookGuard", "Crossed", "Verdict"]

#: What to do with a book that a batch leaves crossed.
Crossed = Literal["uncross", "stale", "keep"]

_BIDS, _ASKS = 0, 1


class Verdict(msgspec.Struct):
    """What the guard says after a batch.

    Attributes
    ----------
    removed : list of tuple of int
        Side and price in ticks of the levels that it took out of the book, in order; whoever writes rows adds a
        deletion for each.
    fault : str
        Why the book must not be believed, "" when it may.
    was_crossed : bool
        Whether the batch left the book crossed, before anything was removed.
    """

    removed: list[tuple[int, int]]
    fault: str = ""
    was_crossed: bool = False


class BookGuard:
    """Follows a book batch by batch.

    Parameters
    ----------
    book : OrderBookL2
        A book of the guard's own; the guard applies the rows.
    crossed : {"uncross", "stale", "keep"}
        A batch may leave bids at or above asks. ``"uncross"``: what the batch itself says is newer than what it does
        not mention, so levels of the other side that it crosses and does not mention are phantoms and go; where it
        mentions both, nothing tells which is right and the book is at fault. ``"stale"``: the book is at fault.
        ``"keep"``: crossed is how it stands, as in an auction.
    checksum : Checksum, optional
        Held against the one that comes with a batch.
    depth : int, optional
        Levels a side that the venue keeps up to date; worse ones are removed, as its rules say.
    """

    def __init__(
        self,
        book: OrderBookL2,
        *,
        crossed: Crossed = "uncross",
        checksum: Checksum | None = None,
        depth: int | None = None,
    ) -> None:
        if crossed not in ("uncross", "stale", "keep"):
            raise InvalidArgument(f"crossed must be 'uncross', 'stale' or 'keep', was {crossed!r}")
        if depth is not None and depth < 1:
            raise InvalidArgument(f"depth must be at least 1, was {depth}")
        self.book = book
        self.crossed = crossed
        self.checksum = checksum
        self.depth = depth
        self._touched: tuple[set[int], set[int]] = (set(), set())

    def clear(self) -> None:
        """A snapshot begins."""
        self.book.clear()
        for side in self._touched:
            side.clear()

    def set(self, side: int, price_ticks: int, qty_lots: int) -> None:
        """One level of the batch."""
        self.book.set(side, price_ticks, qty_lots)
        if qty_lots:
            self._touched[side].add(price_ticks)

    def end(self, checksum: int | None = None) -> Verdict:
        """The batch is over.

        Parameters
        ----------
        checksum : int, optional
            What the venue says the book's checksum is.
        """
        removed: list[tuple[int, int]] = []
        fault = ""
        was_crossed = self.book.is_crossed
        if was_crossed and self.crossed != "keep":
            fault = self._uncross(removed) if self.crossed == "uncross" else "the book is crossed"
        if self.depth is not None:
            self._trim(removed)
        if checksum is not None and self.checksum is not None and not fault:
            own = self.checksum(self.book)
            if own != checksum:
                fault = f"the book's checksum is {own}, the venue's {checksum}"
        for side in self._touched:
            side.clear()
        return Verdict(removed, fault, was_crossed)

    def _uncross(self, removed: list[tuple[int, int]]) -> str:
        book, touched = self.book, self._touched
        while book.is_crossed:
            bid, ask = book.best_bid_ticks, book.best_ask_ticks
            assert bid is not None
            assert ask is not None
            if (bid in touched[_BIDS]) == (ask in touched[_ASKS]):
                return f"the book is crossed, bid {bid} and ask {ask} ticks, and nothing tells which is newer"
            side, price = (_ASKS, ask) if bid in touched[_BIDS] else (_BIDS, bid)
            book.set(side, price, 0)
            removed.append((side, price))
        return ""

    def _trim(self, removed: list[tuple[int, int]]) -> None:
        assert self.depth is not None
        book = self.book
        for side, levels in ((_BIDS, book.bid_levels), (_ASKS, book.ask_levels)):
            if levels > self.depth:
                for price in book.levels(side)[0][self.depth :].tolist():
                    book.set(side, price, 0)
                    removed.append((side, price))
