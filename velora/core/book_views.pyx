"""Views of a level book: the best levels in arrays, the book without our own orders, a table for display."""

cimport cython
from libc.math cimport NAN
from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport (
    VEL_BUY,
    VEL_NO_KEY,
    VEL_SELL,
    vel_book_depth,
    vel_book_is_known_for,
    vel_book_is_known_to,
    vel_side_key,
    vel_key_ticks,
    vel_ours_lots,
    vel_ours_others_best,
    vel_ours_others_depth,
)
from velora.core.level_book cimport LevelBook

import numpy as np

from velora.core.terminal import readable
from velora.errors import InvalidArgument


@cython.final
cdef class BookDepth:
    """The best n levels of both sides; created and refreshed by `OrderBookL2.depth`.

    Attributes
    ----------
    bid_ticks, ask_ticks, bid_lots, ask_lots : (n,) int64 arrays
        Best first. Missing levels are 0.
    bid_prices, ask_prices, bid_qtys, ask_qtys : (n,) float64 arrays
        The same in quote and base currency. Missing prices are NaN, missing quantities 0.
    bid_levels, ask_levels : int
        Number of levels present, at most n.
    bid_known, ask_known : int
        Number of these known to be the best ones: no unknown level lies before them.
    is_known : bool
        Whether the n levels of both sides are known to be the best n. A side with fewer levels counts as known only if
        the rest is known to be empty.
    n : int
        Number of levels asked for.

    Notes
    -----
    The arrays are read-only views of one buffer, which every refresh overwrites: copy values that you keep.
    """

    def __cinit__(self, LevelBook book not None, int64_t n):
        if n < 1:
            raise InvalidArgument(f"n must be at least 1, was {n}")
        self._book = book
        self.n = n
        ticks, lots = np.zeros((2, n), np.int64), np.zeros((2, n), np.int64)
        prices, qtys = np.full((2, n), np.nan), np.zeros((2, n))
        self._ticks, self._lots, self._prices, self._qtys = ticks, lots, prices, qtys
        for array in (ticks, lots, prices, qtys):
            array.flags.writeable = False
        self.bid_ticks, self.ask_ticks = ticks
        self.bid_lots, self.ask_lots = lots
        self.bid_prices, self.ask_prices = prices
        self.bid_qtys, self.ask_qtys = qtys

    cdef int64_t _fill(self, uint8_t side) noexcept:
        cdef int64_t at
        cdef int64_t count = vel_book_depth(self._book._book, side, self.n, &self._ticks[side, 0],
                                            &self._lots[side, 0])
        for at in range(count):
            self._prices[side, at] = self._book.instrument.ticks_to_price_c(self._ticks[side, at])
            self._qtys[side, at] = self._book.instrument.lots_to_qty_c(self._lots[side, at])
        for at in range(count, self.n):
            self._ticks[side, at] = self._lots[side, at] = 0
            self._prices[side, at] = NAN
            self._qtys[side, at] = 0.0
        return count

    cdef int64_t _count_known(self, uint8_t side, int64_t count) noexcept:
        while count > 0 and not vel_book_is_known_to(self._book._book, side,
                                                     vel_side_key(side, self._ticks[side, count - 1])):
            count -= 1
        return count

    def refresh(self):
        """Update the arrays from the book."""
        self.bid_levels = self._fill(VEL_BUY)
        self.ask_levels = self._fill(VEL_SELL)
        self.bid_known = self._count_known(VEL_BUY, self.bid_levels)
        self.ask_known = self._count_known(VEL_SELL, self.ask_levels)
        self.is_known = (vel_book_is_known_for(self._book._book, VEL_BUY, self.n)
                         and vel_book_is_known_for(self._book._book, VEL_SELL, self.n))

    @property
    def bid_cumulative(self):
        """(n,) float64 array: quantity of the bids up to each level; the first `bid_known` are known to be complete."""
        return np.cumsum(self.bid_qtys)

    @property
    def ask_cumulative(self):
        """(n,) float64 array: quantity of the asks up to each level; the first `ask_known` are known to be complete."""
        return np.cumsum(self.ask_qtys)

    def __repr__(self):
        return f"BookDepth({readable(self._book.instrument.symbol)}, {self.bid_levels} bids, {self.ask_levels} asks)"


@cython.final
cdef class BookWithoutUs:
    """A level book without our own orders; see `OrderBookL2.without_us`.

    A live view. If the feed shows our orders, they are subtracted from their levels, by the venue's reports so far; if
    not, the levels are those of the feed.
    """

    def __cinit__(self, LevelBook book not None):
        self._book = book

    @property
    def best_bid_ticks(self):
        """Best bid of others in ticks, or None."""
        return self._best(VEL_BUY)

    @property
    def best_ask_ticks(self):
        """Best ask of others in ticks, or None."""
        return self._best(VEL_SELL)

    def _best(self, uint8_t side):
        cdef int64_t lots = 0
        cdef int64_t key = vel_ours_others_best(self._book._ours, self._book._book, side, &lots)
        return None if key == VEL_NO_KEY else vel_key_ticks(side, key)

    @property
    def best_bid(self):
        """Best bid price of others, or None."""
        ticks = self._best(VEL_BUY)
        return None if ticks is None else self._book.instrument.ticks_to_price_c(ticks)

    @property
    def best_ask(self):
        """Best ask price of others, or None."""
        ticks = self._best(VEL_SELL)
        return None if ticks is None else self._book.instrument.ticks_to_price_c(ticks)

    @property
    def mid(self):
        """Mean of the best prices of others, or None when a side is empty."""
        bid, ask = self._best(VEL_BUY), self._best(VEL_SELL)
        return None if bid is None or ask is None else 0.5 * self._book.instrument.ticks_to_price_c(bid + ask)

    @property
    def spread_ticks(self):
        """Best ask minus best bid of others in ticks, or None when a side is empty."""
        bid, ask = self._best(VEL_BUY), self._best(VEL_SELL)
        return None if bid is None or ask is None else ask - bid

    def qty_lots(self, int side, int64_t price_ticks):
        """Lots of others at a price."""
        lots = self._book.qty_lots(side, price_ticks)
        if self._book._ours != NULL and self._book._ours.is_shown:
            lots = max(0, lots - vel_ours_lots(self._book._ours, <uint8_t>side, price_ticks))
        return lots

    def levels(self, int side, n=None):
        """Levels of others of a side, best first, in ticks and lots: two (m,) int64 arrays, m at most n."""
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bids) or 1 (asks), was {side}")
        cdef int64_t count = self._book._book.side[side].levels
        if n is not None:
            if n < 0:
                raise InvalidArgument(f"n must be at least 0, was {n}")
            count = min(count, <int64_t>n)
        ticks, lots = np.empty(count, np.int64), np.empty(count, np.int64)
        cdef int64_t[::1] ticks_view = ticks
        cdef int64_t[::1] lots_view = lots
        if count > 0:
            count = vel_ours_others_depth(self._book._ours, self._book._book, <uint8_t>side, count, &ticks_view[0],
                                          &lots_view[0])
        return ticks[:count], lots[:count]

    def __repr__(self):
        return f"BookWithoutUs({readable(self._book.instrument.symbol)}, {self.best_bid} x {self.best_ask})"


def ladder_table(LevelBook book not None, n=10):
    """The best n levels of both sides as a rich Table; marks our own quantity."""
    from rich.table import Table
    from rich.text import Text

    instrument = book.instrument
    title = f"{readable(instrument.symbol)}{' (stale)' if book.is_stale else ' (crossed)' if book.is_crossed else ''}"
    table = Table(title=Text(title, "table.title"), expand=False)
    for name in ("bid qty", "bid", "ask", "ask qty"):
        table.add_column(name, justify="right")
    columns = []
    for side, style in ((VEL_BUY, "green"), (VEL_SELL, "red")):
        cells = []
        ticks, lots = book.levels(side, n)
        for price, qty in zip(ticks.tolist(), lots.tolist()):
            ours = book.own_lots(side, price)
            mark = f" [bold yellow]({instrument.lots_to_qty(ours):g})[/]" if ours else ""
            cells.append((f"[{style}]{instrument.ticks_to_price(price):.12g}[/]",
                          f"{instrument.lots_to_qty(qty):.12g}{mark}"))
        columns.append(cells)
    bids, asks = columns
    for at in range(max(len(bids), len(asks))):
        bid = bids[at] if at < len(bids) else ("", "")
        ask = asks[at] if at < len(asks) else ("", "")
        table.add_row(bid[1], bid[0], ask[0], ask[1])
    return table
