"""The order book by price level."""

cimport cython
from cpython.buffer cimport Py_buffer, PyBuffer_Release
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport INT64_MIN, int64_t, uint8_t
from libc.stdlib cimport calloc, free

from velora.core._c cimport (
    VEL_BUY,
    VEL_NO_KEY,
    VEL_SELL,
    VEL_TICKS_MAX,
    vel_add,
    vel_book_apply_rows,
    vel_book_best,
    vel_book_best_qty,
    vel_book_clear,
    vel_book_depth,
    vel_book_free,
    vel_book_has_side,
    vel_book_init,
    vel_book_is_crossed,
    vel_book_is_known_to,
    vel_book_known_key,
    vel_book_level_state,
    vel_book_mid_x2,
    vel_book_qty,
    vel_book_set,
    vel_book_state_hash,
    vel_book_sweep,
    vel_book_sweep_key,
    vel_book_t,
    vel_i128,
    vel_key_ticks,
    VEL_OK,
)
from velora.core._c cimport vel_ladder_next, vel_ladder_qty, vel_ladder_t, vel_ours_lots, vel_ours_t, vel_side_key
from velora.core.columns cimport open_int64, open_uint8
from velora.core.instrument cimport Instrument
from velora.core.level_book cimport LevelBook
from velora.core.named_calls cimport name_call
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status

from typing import NamedTuple

from velora.core.enums import NamedEnum
from velora.core.terminal import readable
from velora.errors import InvalidArgument

#: Worst key of the last snapshot if there was no snapshot.
cdef int64_t _NOTHING_TOLD = INT64_MIN


class LevelState(NamedEnum):
    """Whether the quantity at a price is known.

    ``UNKNOWN``: the price lies outside the feed's window, or the book is stale, so a level there may exist unseen.
    ``EMPTY``: the feed would show a level and shows none. ``SHOWN``: the book has a level.

    Attributes
    ----------
    UNKNOWN
        The feed does not show this price.
    EMPTY
        The feed shows this price, and there is no order.
    SHOWN
        The book has a level at this price.
    """

    UNKNOWN = 0
    EMPTY = 1
    SHOWN = 2


class BookLevel(NamedTuple):
    """One price of a book at the time of reading; see `OrderBookL2.level`.

    Attributes
    ----------
    price, qty : float
        The quantity is 0.0 at a price that is empty or unknown.
    price_ticks, qty_lots : int
    state : LevelState
    """

    price: float
    qty: float
    price_ticks: int
    qty_lots: int
    state: LevelState

    @property
    def is_known(self):
        """Whether the quantity at the price is known, zero included."""
        return self.state != LevelState.UNKNOWN


class BookSweep(tuple):
    """Fill of a taker order: a pair of quantity and average price; see `OrderBookL2.sweep`.

    Attributes
    ----------
    qty : float
    price : float or None
        Average price, None for a quantity of 0.
    is_known : bool
        Whether each price that the order would reach is known. If not, more quantity may be available at better prices.
    """

    def __new__(cls, qty, price, is_known):
        self = tuple.__new__(cls, (qty, price))
        self.is_known = is_known
        return self

    @property
    def qty(self):
        return self[0]

    @property
    def price(self):
        return self[1]

    def __getnewargs__(self):
        return self[0], self[1], self.is_known

    def __repr__(self):
        return f"BookSweep(qty={self[0]}, price={self[1]}, is_known={self.is_known})"


class BookSnapshot:
    """All levels of a book at one moment; `OrderBookL2.restore` restores them.

    Attributes
    ----------
    instrument : Instrument
    bid_ticks, bid_lots, ask_ticks, ask_lots : (n,) int64 arrays
        Best first.
    ts_event : int
        When the last update happened: ns since 1970-01-01 UTC, the venue's clock.
    update_id : int
        The venue's id of the last update.
    is_stale : bool
        Whether a gap had made the book stale.
    view : tuple or None
        How far the feed's own snapshots had reached, so that a restored book has the same known prices. None: only the
        levels are known.
    """

    __slots__ = ("ask_lots", "ask_ticks", "bid_lots", "bid_ticks", "instrument", "is_stale", "ts_event", "update_id",
                 "view")

    def __init__(self, instrument, bid_ticks, bid_lots, ask_ticks, ask_lots, ts_event=0, update_id=0, is_stale=False,
                 view=None):
        self.instrument = instrument
        self.bid_ticks = bid_ticks
        self.bid_lots = bid_lots
        self.ask_ticks = ask_ticks
        self.ask_lots = ask_lots
        self.ts_event = ts_event
        self.update_id = update_id
        self.is_stale = is_stale
        self.view = view

    def __repr__(self):
        return (f"BookSnapshot({readable(self.instrument.symbol)}, {len(self.bid_ticks)} bids, "
                f"{len(self.ask_ticks)} asks)")


cdef int _check_side(int side) except -1:
    if not 0 <= side <= 1:
        raise InvalidArgument(f"side must be 0 (bids) or 1 (asks), was {side}")
    return 0


@cython.final
cdef class OrderBookL2(LevelBook):
    """Price levels of one instrument; exact at any depth.

    Setting a level and reading the best price take constant time near the touch at any depth. Prices and quantities are
    stored as integers (ticks and lots); the properties without a suffix give floats for reading.

    The book holds the levels that it was given, a crossed book included: see `is_crossed`. A price without a level is
    empty or unknown: a feed may show its best levels only, a snapshot has an end, a quote shows one price, and after a
    gap no level is certain. `level_state` distinguishes empty from unknown, `known_depth` is how far a side is known.
    The best prices, and values computed from them alone (`mid`, `spread`, `imbalance`, `microprice`), are known unless
    the book `is_stale`.

    Parameters
    ----------
    instrument : Instrument
        Gives the grid of prices and quantities.

    Notes
    -----
    A book that an engine passes to a strategy is a live view of the engine's book: it changes as the run goes on.
    `copy` returns an independent book, `snapshot` the levels.

    Read a single value with a property or a call, and many values without a copy with `depth`. `velora.core.measures`
    has microstructure measures.
    """

    def __cinit__(self, Instrument instrument not None):
        self.instrument = instrument
        self._owner = None
        self._ours = NULL
        self._depths = {}
        self._book = <vel_book_t *>calloc(1, sizeof(vel_book_t))
        if self._book == NULL:
            raise MemoryError("order book")
        check_status(vel_book_init(self._book), "no memory for an order book")

    def __dealloc__(self):
        # Not by _owner: the garbage collector clears references before it frees the objects.
        if not self._is_view and self._book != NULL:
            vel_book_free(self._book)
            free(self._book)

    @staticmethod
    cdef OrderBookL2 view(vel_book_t *book, vel_ours_t *ours, Instrument instrument, object owner):
        cdef OrderBookL2 self = OrderBookL2.__new__(OrderBookL2, instrument)
        vel_book_free(self._book)
        free(self._book)
        self._book = book
        self._ours = ours
        self._owner = owner
        self._is_view = True
        return self

    # ------------------------------------------------------------------ C view

    cdef bint has_side_c(self, uint8_t side) noexcept nogil:
        return vel_book_has_side(self._book, side)

    cdef int64_t best_bid_ticks_c(self) noexcept nogil:
        return vel_book_best(self._book, VEL_BUY)

    cdef int64_t best_ask_ticks_c(self) noexcept nogil:
        return vel_book_best(self._book, VEL_SELL)

    cdef int64_t qty_lots_c(self, uint8_t side, int64_t price_ticks) noexcept nogil:
        return vel_book_qty(self._book, side, price_ticks)

    cdef int level_state_c(self, uint8_t side, int64_t price_ticks) noexcept nogil:
        return vel_book_level_state(self._book, side, vel_side_key(side, price_ticks))

    cdef bint is_known_to_c(self, uint8_t side, int64_t price_ticks) noexcept nogil:
        return vel_book_is_known_to(self._book, side, vel_side_key(side, price_ticks))

    cdef int _check_writable(self) except -1:
        if self._is_view:
            raise InvalidArgument("this book belongs to an engine and is read only; change a copy() instead")
        return 0

    # ------------------------------------------------------------------ updates

    @cython.binding(False)  # a plain C method: a third less to call
    def set(self, int side, int64_t price_ticks, int64_t qty_lots):
        """Set the total quantity of one level; 0 deletes it.

        Parameters
        ----------
        side : Side or int
            0 bids, 1 asks.
        price_ticks : int
        qty_lots : int
            At least 0.

        Returns
        -------
        bool
            Whether the best level of the side was set or has moved. If False, values read from the touch before are
            still current.
        """
        cdef int status
        cdef int64_t best
        cdef vel_ladder_t *ladder
        if self._is_view:
            self._check_writable()
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bid) or 1 (ask), was {side}")
        ladder = &self._book.side[side]
        best = ladder.best_key
        status = vel_book_set(self._book, <uint8_t>side, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot set {qty_lots} lots at {price_ticks} ticks: quantities are at least 0, "
                                 f"prices within {-VEL_TICKS_MAX} and {VEL_TICKS_MAX}")
        return ladder.best_key != best or vel_side_key(<uint8_t>side, price_ticks) == best

    @cython.binding(False)
    def apply(self, kind, side, price, qty, int64_t[:, ::1] touch=None):
        """Apply rows of an event table in their order.

        Parameters
        ----------
        kind, side : (n,) uint8 arrays
        price : (n,) int64 array
            Ticks.
        qty : (n,) int64 array
            Lots: the level's new total.
        touch : (n, 2) int64 array, optional
            Receives best bid and best ask in ticks after each row; -(2**63 - 1) and 2**63 - 1 for an empty side.

        Raises
        ------
        InvalidArgument
            If lengths differ, or a row has a bad side, price or quantity; the rows before it are applied, and the
            message gives the row.
        """
        self._check_writable()
        cdef Py_buffer views[4]
        cdef int64_t rows[4]
        cdef int64_t row = 0
        cdef int64_t done = 0, count
        cdef int64_t *out = NULL
        cdef const uint8_t *kinds
        cdef const uint8_t *sides
        cdef const int64_t *prices
        cdef const int64_t *qtys
        cdef int status = VEL_OK
        cdef int opened = 0
        try:
            kinds = open_uint8(kind, "kind", &views[0], &rows[0])
            opened = 1
            sides = open_uint8(side, "side", &views[1], &rows[1])
            opened = 2
            prices = open_int64(price, "price", &views[2], &rows[2])
            opened = 3
            qtys = open_int64(qty, "qty", &views[3], &rows[3])
            opened = 4
            if rows[1] != rows[0] or rows[2] != rows[0] or rows[3] != rows[0]:
                raise InvalidArgument(f"columns differ in length: kind {rows[0]}, side {rows[1]}, price {rows[2]}, "
                                      f"qty {rows[3]}")
            if touch is not None:
                if touch.shape[0] != rows[0] or touch.shape[1] != 2:
                    raise InvalidArgument(f"touch must be of shape ({rows[0]}, 2), was ({touch.shape[0]}, "
                                          f"{touch.shape[1]})")
                if rows[0]:
                    out = &touch[0, 0]
            while True:
                count = min(rows[0] - done, ROWS_BETWEEN_SIGNALS)
                status = vel_book_apply_rows(self._book, kinds + done, sides + done, prices + done, qtys + done, count,
                                             NULL if out == NULL else out + 2 * done, &row)
                if status != VEL_OK:
                    row += done
                    break
                done += count
                if done == rows[0]:
                    break
                PyErr_CheckSignals()
            if status != VEL_OK:
                check_status(status, f"row {row}: side {sides[row]}, price {prices[row]} ticks, qty {qtys[row]} lots "
                                     "is not a book update")
        finally:
            while opened:
                opened -= 1
                PyBuffer_Release(&views[opened])

    def clear(self):
        """Remove every level."""
        self._check_writable()
        vel_book_clear(self._book)

    # ------------------------------------------------------------------ best prices

    @property
    def best_bid(self):
        """Best bid price, or None when there is no bid."""
        if not vel_book_has_side(self._book, VEL_BUY):
            return None
        return self.instrument.ticks_to_price_c(vel_book_best(self._book, VEL_BUY))

    @property
    def best_ask(self):
        """Best ask price, or None when there is no ask."""
        if not vel_book_has_side(self._book, VEL_SELL):
            return None
        return self.instrument.ticks_to_price_c(vel_book_best(self._book, VEL_SELL))

    @property
    def touch(self):
        """Best bid and best ask in ticks, each None when the side is empty."""
        return (vel_book_best(self._book, VEL_BUY) if vel_book_has_side(self._book, VEL_BUY) else None,
                vel_book_best(self._book, VEL_SELL) if vel_book_has_side(self._book, VEL_SELL) else None)

    @property
    def best_bid_ticks(self):
        """Best bid in ticks, or None."""
        return vel_book_best(self._book, VEL_BUY) if vel_book_has_side(self._book, VEL_BUY) else None

    @property
    def best_ask_ticks(self):
        """Best ask in ticks, or None."""
        return vel_book_best(self._book, VEL_SELL) if vel_book_has_side(self._book, VEL_SELL) else None

    @property
    def best_bid_qty(self):
        """Quantity at the best bid, 0.0 when there is none."""
        return self.instrument.lots_to_qty_c(vel_book_best_qty(self._book, VEL_BUY))

    @property
    def best_ask_qty(self):
        """Quantity at the best ask, 0.0 when there is none."""
        return self.instrument.lots_to_qty_c(vel_book_best_qty(self._book, VEL_SELL))

    @property
    def mid(self):
        """Mean of best bid and best ask, or None when a side is empty."""
        if not (vel_book_has_side(self._book, VEL_BUY) and vel_book_has_side(self._book, VEL_SELL)):
            return None
        return 0.5 * self.instrument.ticks_to_price_c(vel_book_mid_x2(self._book))

    @property
    def spread(self):
        """Best ask minus best bid in quote currency, or None when a side is empty."""
        ticks = self.spread_ticks
        return None if ticks is None else self.instrument.ticks_to_price_c(ticks)

    @property
    def spread_ticks(self):
        """Best ask minus best bid in ticks, or None when a side is empty."""
        if not (vel_book_has_side(self._book, VEL_BUY) and vel_book_has_side(self._book, VEL_SELL)):
            return None
        return vel_book_best(self._book, VEL_SELL) - vel_book_best(self._book, VEL_BUY)

    @property
    def imbalance(self):
        """(bid qty - ask qty) / (bid qty + ask qty) at the touch, in [-1, 1]; None when a side is empty."""
        cdef double bid = <double>vel_book_best_qty(self._book, VEL_BUY)
        cdef double ask = <double>vel_book_best_qty(self._book, VEL_SELL)
        if bid == 0.0 or ask == 0.0:
            return None
        return (bid - ask) / (bid + ask)

    @property
    def microprice(self):
        """Best prices weighted by the opposite quantities; None when a side is empty."""
        cdef double bid = <double>vel_book_best_qty(self._book, VEL_BUY)
        cdef double ask = <double>vel_book_best_qty(self._book, VEL_SELL)
        if bid == 0.0 or ask == 0.0:
            return None
        return (self.instrument.ticks_to_price_c(vel_book_best(self._book, VEL_BUY)) * ask
                + self.instrument.ticks_to_price_c(vel_book_best(self._book, VEL_SELL)) * bid) / (bid + ask)

    # ------------------------------------------------------------------ depth

    def qty_lots(self, int side, int64_t price_ticks):
        """Lots at a price, 0 when there is no such level.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.
        price_ticks : int
            Price in ticks.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        """
        _check_side(side)
        if not -VEL_TICKS_MAX < price_ticks < VEL_TICKS_MAX:
            return 0
        return vel_book_qty(self._book, <uint8_t>side, price_ticks)

    def level_state(self, int side, price):
        """Whether the quantity at a price is known.

        Returns
        -------
        LevelState
        """
        return self.level_state_ticks(side, self.instrument.price_to_ticks(price))

    def level_state_ticks(self, int side, int64_t price_ticks):
        """`level_state` of a price in ticks.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.
        price_ticks : int
            Price in ticks.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        """
        _check_side(side)
        if not -VEL_TICKS_MAX < price_ticks < VEL_TICKS_MAX:
            return LevelState.UNKNOWN
        return LevelState(self.level_state_c(<uint8_t>side, price_ticks))

    def is_known(self, int side, price):
        """Whether the quantity at a price is known, zero included.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.
        price : float, str or Decimal
            Price on the grid.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        OffGrid
            If the price is off the grid.
        """
        return self.level_state(side, price) != LevelState.UNKNOWN

    def is_known_to(self, int side, price):
        """Whether each price of a side is known, from the best one up to and including a price.

        True too for a side that is known to be empty.
        """
        _check_side(side)
        return self.is_known_to_c(<uint8_t>side, self.instrument.price_to_ticks(price))

    def known_depth(self, int side):
        """Worst price up to which each price of a side is known, starting at the best one; None when no price is.

        Returns
        -------
        float or None
        """
        ticks = self.known_depth_ticks(side)
        return None if ticks is None else self.instrument.ticks_to_price_c(ticks)

    def known_depth_ticks(self, int side):
        """`known_depth` in ticks.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        """
        _check_side(side)
        cdef int64_t key = vel_book_known_key(self._book, <uint8_t>side)
        return None if key == VEL_NO_KEY else vel_key_ticks(<uint8_t>side, key)

    def level(self, int side, price):
        """One price with its quantity and whether that is known, as a `BookLevel`.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.
        price : float, str or Decimal
            Price on the grid.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        OffGrid
            If the price is off the grid.
        """
        cdef int64_t ticks = self.instrument.price_to_ticks(price)
        cdef int64_t lots = self.qty_lots(side, ticks)
        return BookLevel(self.instrument.ticks_to_price_c(ticks), self.instrument.lots_to_qty_c(lots), ticks, lots,
                         self.level_state_ticks(side, ticks))

    def bid_qty(self, price):
        """Quantity bid at a price."""
        return self.instrument.lots_to_qty_c(self.qty_lots(VEL_BUY, self.instrument.price_to_ticks(price)))

    def ask_qty(self, price):
        """Quantity offered at a price."""
        return self.instrument.lots_to_qty_c(self.qty_lots(VEL_SELL, self.instrument.price_to_ticks(price)))

    def depth(self, int64_t n):
        """The best n levels of both sides in arrays that are filled in place.

        Returns
        -------
        BookDepth
            The same object for the same n at each call; the call overwrites its values. Its arrays are never replaced,
            so a strategy may keep them and call `depth` to refresh them.
        """
        found = self._depths.get(n)
        if found is None:
            from velora.core.book_views import BookDepth

            found = self._depths[n] = BookDepth(self, n)
        found.refresh()
        return found

    def levels(self, int side, n=None):
        """Levels of a side, best first, in ticks and lots.

        Returns
        -------
        (m,) int64 array, (m,) int64 array
            Prices in ticks and quantities in lots; m is at most n. The caller owns the arrays.
        """
        import numpy as np

        _check_side(side)
        cdef int64_t count = self._book.side[side].levels
        if n is not None:
            if n < 0:
                raise InvalidArgument(f"n must be at least 0, was {n}")
            count = min(count, <int64_t>n)
        ticks = np.empty(count, dtype=np.int64)
        lots = np.empty(count, dtype=np.int64)
        cdef int64_t[::1] ticks_view = ticks
        cdef int64_t[::1] lots_view = lots
        if count > 0:
            vel_book_depth(self._book, <uint8_t>side, count, &ticks_view[0], &lots_view[0])
        return ticks, lots

    def iterate(self, int side):
        """Yield (price_ticks, qty_lots) of a side, best first; each level is read when the iterator reaches it."""
        _check_side(side)
        cdef int64_t key = self._book.side[side].best_key
        cdef int64_t lots
        while key != VEL_NO_KEY:
            lots = vel_ladder_qty(&self._book.side[side], key)
            if lots > 0:
                yield vel_key_ticks(<uint8_t>side, key), lots
            key = vel_ladder_next(&self._book.side[side], key)

    def _floats(self, int side, n):
        ticks, lots = self.levels(side, n)
        instrument = self.instrument
        return [(instrument.ticks_to_price(t), instrument.lots_to_qty(q))
                for t, q in zip(ticks.tolist(), lots.tolist())]

    def bids(self, n=None):
        """List of (price, qty) of the best n bids, best first; all of them when n is None."""
        return self._floats(VEL_BUY, n)

    def asks(self, n=None):
        """List of (price, qty) of the best n asks, best first; all of them when n is None."""
        return self._floats(VEL_SELL, n)

    def sweep(self, int side, qty, limit=None):
        """Fill of a taker order against the current book.

        Parameters
        ----------
        side : Side or int
            Of the taker: 0 buys from the asks, 1 sells to the bids.
        qty : int, float, str or Decimal
            Quantity of the order.
        limit : optional
            Worst price to trade at; unlimited when not given.

        Returns
        -------
        BookSweep
            The pair of available quantity and average price, the latter None for a quantity of 0. Its `is_known` says
            whether each price that the order would reach is known: up to the last level that it takes, or up to
            its limit when it is not filled.
        """
        _check_side(side)
        cdef int64_t lots = self.instrument.qty_to_lots(qty)
        cdef int64_t worst = VEL_TICKS_MAX - 1 if side == VEL_BUY else 1 - VEL_TICKS_MAX
        cdef int64_t filled = 0
        cdef vel_i128 value = 0
        cdef double average
        if lots < 0:
            raise InvalidArgument(f"qty must be at least 0, was {qty!r}")
        if limit is not None:
            worst = self.instrument.price_to_ticks(limit)
        vel_book_sweep(self._book, <uint8_t>side, lots, worst, &filled, &value)
        cdef uint8_t other = VEL_SELL if side == VEL_BUY else VEL_BUY
        cdef bint is_known = vel_book_is_known_to(self._book, other,
                                                  vel_book_sweep_key(self._book, <uint8_t>side, lots, worst))
        if filled == 0:
            return BookSweep(0.0, None, is_known)
        average = <double>value / <double>filled * self.instrument.tick_num / self.instrument.tick_den
        return BookSweep(self.instrument.lots_to_qty_c(filled), average, is_known)

    def qty_to(self, int side, price):
        """Quantity of a side from the touch up to and including a price.

        Unknown levels count as zero: `is_known_to` says whether the range has any.
        """
        _check_side(side)
        cdef int64_t limit = vel_side_key(<uint8_t>side, self.instrument.price_to_ticks(price))
        cdef int64_t key = self._book.side[side].best_key
        cdef int64_t lots = 0
        while key <= limit and key != VEL_NO_KEY:
            lots = vel_add(lots, vel_ladder_qty(&self._book.side[side], key))
            key = vel_ladder_next(&self._book.side[side], key)
        return self.instrument.lots_to_qty_c(lots)

    # ------------------------------------------------------------------ own orders

    def own_lots(self, int side, int64_t price_ticks):
        """Our own lots resting at a price, by the venue's reports so far; 0 for a book outside an engine.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.
        price_ticks : int
            Price in ticks.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        """
        _check_side(side)
        if self._ours == NULL or not -VEL_TICKS_MAX < price_ticks < VEL_TICKS_MAX:
            return 0
        return vel_ours_lots(self._ours, <uint8_t>side, price_ticks)

    def own_qty(self, int side, price):
        """Our own quantity resting at a price, by the venue's reports so far; 0.0 for a book outside an engine.

        Parameters
        ----------
        side : Side
            BUY for the bids, SELL for the asks.
        price : float, str or Decimal
            Price on the grid.

        Raises
        ------
        InvalidArgument
            If the side is no side of a book.
        OffGrid
            If the price is off the grid.
        """
        return self.instrument.lots_to_qty_c(self.own_lots(side, self.instrument.price_to_ticks(price)))

    @property
    def without_us(self):
        """The book without our own orders: the same in a backtest and live, where the feed shows our orders."""
        if self._without_us is None:
            from velora.core.book_views import BookWithoutUs

            self._without_us = BookWithoutUs(self)
        return self._without_us

    # ------------------------------------------------------------------ state

    @property
    def bid_levels(self):
        """Number of bid levels."""
        return self._book.side[VEL_BUY].levels

    @property
    def ask_levels(self):
        """Number of ask levels."""
        return self._book.side[VEL_SELL].levels

    @property
    def is_crossed(self):
        """Whether the best bid is at or above the best ask."""
        return vel_book_is_crossed(self._book)

    @property
    def is_stale(self):
        """Whether the feed lost messages and no snapshot has come since; for a book built from quotes, no quote.

        No price of a stale book is known.
        """
        return self._book.is_stale != 0

    @property
    def ts_event(self):
        """When the last update happened: ns since 1970-01-01 UTC, the venue's clock; 0 before the first.

        Engines set it.
        """
        return self._book.ts_event

    @property
    def update_id(self):
        """The venue's id of the last update; kept by engines."""
        return self._book.update_id

    def state_hash(self):
        """64-bit hash of all levels, independent of the updates that led to them."""
        return vel_book_state_hash(self._book)

    cdef int _load(self, int side, const int64_t[::1] ticks, const int64_t[::1] lots) except -1:
        cdef int64_t at
        cdef int status = VEL_OK
        if ticks.shape[0] != lots.shape[0]:
            raise InvalidArgument(f"{ticks.shape[0]} prices but {lots.shape[0]} quantities")
        for at in range(ticks.shape[0]):
            status = vel_book_set(self._book, <uint8_t>side, ticks[at], lots[at])
            if status != VEL_OK:
                check_status(status, f"level {at}: cannot set {lots[at]} lots at {ticks[at]} ticks")
        return 0

    def copy(self):
        """An independent book with the same levels."""
        book = OrderBookL2(self.instrument)
        book.restore(self.snapshot())
        return book

    def snapshot(self):
        """All levels at this moment, as a `BookSnapshot`."""
        return BookSnapshot(self.instrument, *self.levels(VEL_BUY), *self.levels(VEL_SELL), self.ts_event,
                            self.update_id, self.is_stale, self._view())

    def _view(self):
        cdef vel_book_t *book = self._book
        return (book.told_key[VEL_BUY], book.told_key[VEL_SELL], book.told_levels[VEL_BUY], book.told_levels[VEL_SELL],
                book.is_quotes, book.in_snapshot)

    cdef int _set_view(self, object view) except -1:
        cdef vel_book_t *book = self._book
        if view is None:
            view = (_NOTHING_TOLD, _NOTHING_TOLD, 0, 0, 0, 0)
        book.told_key[VEL_BUY], book.told_key[VEL_SELL] = view[:2]
        book.told_levels[VEL_BUY], book.told_levels[VEL_SELL] = view[2:4]
        book.is_quotes, book.in_snapshot = view[4:]
        return 0

    def restore(self, snapshot):
        """Replace all levels with those of a `BookSnapshot` of the same instrument."""
        self._check_writable()
        if snapshot.instrument != self.instrument:
            raise InvalidArgument(f"a snapshot of {snapshot.instrument.symbol} does not fit a book of "
                                  f"{self.instrument.symbol}")
        vel_book_clear(self._book)
        self._load(VEL_BUY, snapshot.bid_ticks, snapshot.bid_lots)
        self._load(VEL_SELL, snapshot.ask_ticks, snapshot.ask_lots)
        self._book.ts_event = snapshot.ts_event
        self._book.update_id = snapshot.update_id
        self._book.is_stale = snapshot.is_stale
        self._set_view(snapshot.view)

    def to_arrow(self, n=None):
        """The best n levels of both sides (all when None) as a pyarrow Table, bids before asks, best first.

        Columns: `side` (uint8), `price` and `qty` (float64), `price_ticks` and `qty_lots` (int64).
        """
        import numpy as np
        import pyarrow as pa

        bid_ticks, bid_lots = self.levels(VEL_BUY, n)
        ask_ticks, ask_lots = self.levels(VEL_SELL, n)
        ticks, lots = np.concatenate((bid_ticks, ask_ticks)), np.concatenate((bid_lots, ask_lots))
        side = np.repeat(np.array([VEL_BUY, VEL_SELL], np.uint8), (len(bid_ticks), len(ask_ticks)))
        instrument = self.instrument
        return pa.table({
            "side": side,
            "price": ticks * float(instrument.tick_num) / instrument.tick_den,
            "qty": lots * float(instrument.lot_num) / instrument.lot_den,
            "price_ticks": ticks,
            "qty_lots": lots,
        })

    def __eq__(self, other):
        if not isinstance(other, OrderBookL2):
            return NotImplemented
        if self.instrument != (<OrderBookL2>other).instrument:
            return False
        for side in (VEL_BUY, VEL_SELL):
            mine, theirs = self.levels(side), other.levels(side)
            if mine[0].tolist() != theirs[0].tolist() or mine[1].tolist() != theirs[1].tolist():
                return False
        return True

    __hash__ = None

    def __reduce__(self):
        return _restored, (self.snapshot(),)

    def __repr__(self):
        return (f"OrderBookL2({readable(self.instrument.symbol)}, {self.best_bid} x {self.best_ask}, "
                f"{self.bid_levels} bids, {self.ask_levels} asks)")

    def __rich__(self):
        from velora.core.book_views import ladder_table

        return ladder_table(self)

    def _repr_html_(self):
        from velora.core.html import html_of

        return html_of(self)


def _restored(snapshot not None):
    """A book out of a pickle; one of a run's live view is independent of the run."""
    book = OrderBookL2(snapshot.instrument)
    book.restore(snapshot)
    return book


name_call(OrderBookL2, "OrderBookL2(instrument)")
