"""The book by best quote (L1)."""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy, memset

from velora.core._c cimport (
    VEL_BUY,
    VEL_SELL,
    VEL_TICKS_MAX,
    vel_quote_book_apply,
    vel_quote_book_clear,
    vel_quote_book_level_state,
    vel_quote_book_set,
    vel_side_key,
    VEL_OK,
)
from velora.core.instrument cimport Instrument
from velora.core.named_calls cimport name_call
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status

from velora.core.book import LevelState
from velora.core.terminal import readable
from velora.errors import InvalidArgument


@cython.final
cdef class QuoteBook:
    """Best bid and best ask of one instrument.

    Parameters
    ----------
    instrument : Instrument
        Gives the grid of prices and quantities.
    """

    def __cinit__(self, Instrument instrument not None):
        self.instrument = instrument
        memset(&self._book, 0, sizeof(self._book))

    cdef bint has_side_c(self, uint8_t side) noexcept nogil:
        return self._book.qty[side] > 0

    cdef int64_t best_bid_ticks_c(self) noexcept nogil:
        return self._book.price[VEL_BUY]

    cdef int64_t best_ask_ticks_c(self) noexcept nogil:
        return self._book.price[VEL_SELL]

    cdef int level_state_c(self, uint8_t side, int64_t price_ticks) noexcept nogil:
        return vel_quote_book_level_state(&self._book, side, vel_side_key(side, price_ticks))

    # ------------------------------------------------------------------ updates

    def set(self, int side, int64_t price_ticks, int64_t qty_lots):
        """Set one side; 0 lots empty it."""
        cdef int status
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bid) or 1 (ask), was {side}")
        status = vel_quote_book_set(&self._book, <uint8_t>side, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot set {qty_lots} lots at {price_ticks} ticks: quantities are at least 0, "
                                 f"prices within +-{VEL_TICKS_MAX} ticks")

    def apply(self, const uint8_t[::1] kind, const uint8_t[::1] side, const int64_t[::1] price,
              const int64_t[::1] qty):
        """Apply rows of an event table, (n,) arrays as in `OrderBookL2.apply`; uses quotes, snapshots and gaps only.

        Raises
        ------
        InvalidArgument
            If lengths differ or a quote is out of range; the rows before it are applied, and the message gives the row.
        """
        cdef int64_t rows = kind.shape[0]
        cdef int64_t row = 0
        cdef int status = VEL_OK
        if side.shape[0] != rows or price.shape[0] != rows or qty.shape[0] != rows:
            raise InvalidArgument(f"columns differ in length: kind {rows}, side {side.shape[0]}, "
                                  f"price {price.shape[0]}, qty {qty.shape[0]}")
        cdef int64_t stop = 0
        while row < rows and row == stop:
            if row:
                PyErr_CheckSignals()
            stop = min(rows, row + ROWS_BETWEEN_SIGNALS)
            while row < stop:
                status = vel_quote_book_apply(&self._book, kind[row], side[row], price[row], qty[row])
                if status != VEL_OK:
                    break
                row += 1
        if status != VEL_OK:
            check_status(status, f"row {row}: side {side[row]}, price {price[row]} ticks, qty {qty[row]} lots "
                                 "is not a quote")

    def clear(self):
        """Empty both sides; their prices are unknown until the next quote."""
        vel_quote_book_clear(&self._book)

    # ------------------------------------------------------------------ reading

    @property
    def best_bid(self):
        """Best bid price, or None when there is no bid."""
        return self.instrument.ticks_to_price_c(self._book.price[VEL_BUY]) if self._book.qty[VEL_BUY] > 0 else None

    @property
    def best_ask(self):
        """Best ask price, or None when there is no ask."""
        return self.instrument.ticks_to_price_c(self._book.price[VEL_SELL]) if self._book.qty[VEL_SELL] > 0 else None

    @property
    def best_bid_ticks(self):
        """Best bid in ticks, or None."""
        return self._book.price[VEL_BUY] if self._book.qty[VEL_BUY] > 0 else None

    @property
    def best_ask_ticks(self):
        """Best ask in ticks, or None."""
        return self._book.price[VEL_SELL] if self._book.qty[VEL_SELL] > 0 else None

    @property
    def best_bid_qty(self):
        """Quantity at the best bid, 0.0 when there is none."""
        return self.instrument.lots_to_qty_c(self._book.qty[VEL_BUY])

    @property
    def best_ask_qty(self):
        """Quantity at the best ask, 0.0 when there is none."""
        return self.instrument.lots_to_qty_c(self._book.qty[VEL_SELL])

    @property
    def mid(self):
        """Mean of best bid and best ask, or None when a side is empty."""
        if self._book.qty[VEL_BUY] == 0 or self._book.qty[VEL_SELL] == 0:
            return None
        return 0.5 * self.instrument.ticks_to_price_c(self._book.price[VEL_BUY] + self._book.price[VEL_SELL])

    @property
    def spread_ticks(self):
        """Best ask minus best bid in ticks, or None when a side is empty."""
        if self._book.qty[VEL_BUY] == 0 or self._book.qty[VEL_SELL] == 0:
            return None
        return self._book.price[VEL_SELL] - self._book.price[VEL_BUY]

    @property
    def spread(self):
        """Best ask minus best bid in quote currency, or None when a side is empty."""
        ticks = self.spread_ticks
        return None if ticks is None else self.instrument.ticks_to_price_c(ticks)

    @property
    def imbalance(self):
        """(bid qty - ask qty) / (bid qty + ask qty), in [-1, 1]; None when a side is empty."""
        cdef double bid = <double>self._book.qty[VEL_BUY]
        cdef double ask = <double>self._book.qty[VEL_SELL]
        return None if bid == 0.0 or ask == 0.0 else (bid - ask) / (bid + ask)

    @property
    def microprice(self):
        """Best prices weighted by the opposite quantities; None when a side is empty."""
        cdef double bid = <double>self._book.qty[VEL_BUY]
        cdef double ask = <double>self._book.qty[VEL_SELL]
        if bid == 0.0 or ask == 0.0:
            return None
        return (self.instrument.ticks_to_price_c(self._book.price[VEL_BUY]) * ask
                + self.instrument.ticks_to_price_c(self._book.price[VEL_SELL]) * bid) / (bid + ask)

    @property
    def is_crossed(self):
        """Whether the bid is at or above the ask."""
        return (self._book.qty[VEL_BUY] > 0 and self._book.qty[VEL_SELL] > 0
                and self._book.price[VEL_BUY] >= self._book.price[VEL_SELL])

    @property
    def is_stale(self):
        """Whether the feed lost messages and no quote has come since; no price of a stale book is known."""
        return self._book.is_stale != 0

    def level_state(self, int side, price):
        """Whether the quantity at a price is known, as a `LevelState`: prices behind the best one are unknown."""
        return self.level_state_ticks(side, self.instrument.price_to_ticks(price))

    def level_state_ticks(self, int side, int64_t price_ticks):
        """`level_state` of a price in ticks."""
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bid) or 1 (ask), was {side}")
        if not -VEL_TICKS_MAX < price_ticks < VEL_TICKS_MAX:
            return LevelState.UNKNOWN
        return LevelState(self.level_state_c(<uint8_t>side, price_ticks))

    def is_known(self, int side, price):
        """Whether the quantity at a price is known, zero included."""
        return self.level_state(side, price) != LevelState.UNKNOWN

    def known_depth(self, int side):
        """Worst price up to which each price of a side is known, which is its best price; None when no price is."""
        ticks = self.known_depth_ticks(side)
        return None if ticks is None else self.instrument.ticks_to_price_c(ticks)

    def known_depth_ticks(self, int side):
        """`known_depth` in ticks."""
        if not 0 <= side <= 1:
            raise InvalidArgument(f"side must be 0 (bid) or 1 (ask), was {side}")
        return None if self._book.is_stale or self._book.qty[side] == 0 else self._book.price[side]

    @property
    def updates(self):
        """Quotes applied from event tables."""
        return self._book.updates

    def __eq__(self, other):
        if not isinstance(other, QuoteBook):
            return NotImplemented
        cdef QuoteBook book = other
        return (self.instrument == book.instrument and self.best_bid_ticks == book.best_bid_ticks
                and self.best_ask_ticks == book.best_ask_ticks
                and self._book.qty[VEL_BUY] == book._book.qty[VEL_BUY]
                and self._book.qty[VEL_SELL] == book._book.qty[VEL_SELL])

    __hash__ = None

    def __reduce__(self):
        return _restored, (self.instrument, <bytes>(<const char *>&self._book)[:sizeof(self._book)])

    def __repr__(self):
        return (f"QuoteBook({readable(self.instrument.symbol)}, {self.best_bid_qty:g} at {self.best_bid} x "
                f"{self.best_ask_qty:g} at {self.best_ask})")

    def _repr_html_(self):
        from velora.core.html import facts_html, plain_table

        row = [f"{self.best_bid_qty:.12g}", self.best_bid, self.best_ask, f"{self.best_ask_qty:.12g}"]
        table = plain_table(["Bid qty", "Bid", "Ask", "Ask qty"], [["" if cell is None else cell for cell in row]], 0)
        return facts_html(f"QuoteBook of {self.instrument.symbol}", [], table)


def _restored(Instrument instrument not None, bytes state not None):
    """A book out of a pickle."""
    cdef QuoteBook book = QuoteBook(instrument)
    if len(state) != <Py_ssize_t>sizeof(book._book):
        raise InvalidArgument(f"the state of a QuoteBook has {sizeof(book._book)} bytes, was {len(state)}")
    memcpy(&book._book, <const char *>state, sizeof(book._book))
    return book


name_call(QuoteBook, "QuoteBook(instrument)")
