"""Properties of the book in the rows of a feed: whether it was checked, and how often and how long it was crossed."""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport (
    VEL_ENOENT,
    VEL_EV_DELTA,
    VEL_EV_GAP,
    VEL_EV_ORDER_ADD,
    VEL_EV_ORDER_EXECUTE,
    VEL_EV_QUOTE,
    VEL_EV_SNAPSHOT_BEGIN,
    VEL_EV_SNAPSHOT_END,
    VEL_EV_STATUS,
    VEL_FLAG_LAST,
    VEL_OK,
    VEL_PRIORITY_LOST_BY_MORE,
    VEL_SELL,
    vel_book_apply,
    vel_book_free,
    vel_book_init,
    vel_book_is_crossed,
    vel_book_l3_apply,
    vel_book_l3_free,
    vel_book_l3_init,
    vel_book_l3_t,
    vel_book_t,
)
from velora.core.status cimport ROWS_BETWEEN_SIGNALS, check_status

import numpy as np


@cython.final
@cython.nonecheck(False)  # code that runs without raising uses only the object itself
cdef class BookWatch:
    """Follows the book of one instrument through its rows, by level, by order and by quote.

    A batch is crossed if it leaves the book, or a quote, with the best bid at or above the best ask. Within one instant
    (rows with the same times) only the last state counts, so rows without batch flags do not cross a book between two
    of them. A snapshot is checked when it is complete. From a GAP to the next snapshot (for quotes: to the next quote)
    crossings are not counted, and crossings while trading is halted, as in an auction, are counted separately.

    Times are venue times and never go back: a row that is too early counts at the latest time so far.
    """

    cdef vel_book_t _levels
    cdef vel_book_l3_t _orders
    cdef int64_t _quote_price[2]
    cdef int64_t _quote_qty[2]
    cdef bint _has_levels, _has_orders, _has_quotes, _has_states
    cdef bint _is_halted, _is_stale, _is_quote_stale, _in_snapshot
    cdef bint _is_book_crossed, _is_quote_crossed   # after the last batch
    cdef bint _is_book_pending, _is_quote_pending   # rows since then
    cdef bint _was_crossed                          # at the end of the last instant
    cdef int64_t _rows, _first, _now, _event, _recv
    cdef int64_t _batches, _quotes, _unknown_orders, _unfit_rows
    cdef int64_t _crossed_batches, _crossed_quotes, _halted_crossed
    cdef int64_t _new_batches, _new_quotes, _new_halted      # of the current instant
    cdef int64_t _crossed_ns, _halted_crossed_ns, _halted_ns
    cdef int64_t _first_crossed

    def __cinit__(self):
        check_status(vel_book_init(&self._levels), "no memory for a book")
        check_status(vel_book_l3_init(&self._orders, VEL_PRIORITY_LOST_BY_MORE), "no memory for a book by order")
        self._first_crossed = -1

    def __dealloc__(self):
        vel_book_free(&self._levels)
        vel_book_l3_free(&self._orders)

    def add(self, table):
        """Process the next rows.

        Parameters
        ----------
        table : EventTable or Columns
            A value with the columns of an event table.
        """
        cdef const int64_t[::1] ts_event = np.ascontiguousarray(table.ts_event)
        cdef const int64_t[::1] ts_recv = np.ascontiguousarray(table.ts_recv)
        cdef const uint8_t[::1] kind = np.ascontiguousarray(table.kind)
        cdef const uint8_t[::1] side = np.ascontiguousarray(table.side)
        cdef const uint8_t[::1] flags = np.ascontiguousarray(table.flags)
        cdef const int64_t[::1] price = np.ascontiguousarray(table.price)
        cdef const int64_t[::1] qty = np.ascontiguousarray(table.qty)
        cdef const int64_t[::1] ids = np.ascontiguousarray(table.order_id)
        cdef int64_t row
        cdef int64_t start = 0, stop
        while start < ts_event.shape[0]:
            stop = min(ts_event.shape[0], start + ROWS_BETWEEN_SIGNALS)
            for row in range(start, stop):
                if ts_event[row] != self._event or ts_recv[row] != self._recv or self._rows == 0:
                    self._begin(ts_event[row], ts_recv[row])
                self._rows += 1
                self._row(kind[row], side[row], flags[row], price[row], qty[row], ids[row])
            start = stop
            PyErr_CheckSignals()

    def know(self, table):
        """Process rows before the first `add`, without counting them: they only build the book.

        Parameters
        ----------
        table : EventTable or Columns
        """
        self.add(table)
        self._settle()
        self._rows = self._batches = self._quotes = self._unknown_orders = self._unfit_rows = 0
        self._crossed_batches = self._crossed_quotes = self._halted_crossed = 0
        self._crossed_ns = self._halted_crossed_ns = self._halted_ns = 0
        self._first_crossed = -1

    cdef void _begin(self, int64_t event, int64_t recv) noexcept nogil:
        """Begin another instant."""
        cdef int64_t passed
        if self._rows == 0:
            self._first = self._now = event
        else:
            self._settle()
        passed = event - self._now
        if passed > 0:
            self._now = event
            self._halted_ns += passed * self._is_halted
            if self._was_crossed:
                if self._is_halted:
                    self._halted_crossed_ns += passed
                else:
                    self._crossed_ns += passed
        self._event = event
        self._recv = recv

    cdef void _settle(self) noexcept nogil:
        """End the instant: count the crossings at its end."""
        self._end_batch()
        self._was_crossed = self._is_book_crossed or self._is_quote_crossed
        if self._is_book_crossed:
            self._crossed_batches += self._new_batches
        if self._is_quote_crossed:
            self._crossed_quotes += self._new_quotes
        if self._was_crossed:
            self._halted_crossed += self._new_halted
            if self._first_crossed < 0 and self._new_batches + self._new_quotes > 0:
                self._first_crossed = self._event
        self._new_batches = self._new_quotes = self._new_halted = 0

    cdef void _end_batch(self) noexcept nogil:
        """End a batch."""
        if self._is_book_pending:
            self._is_book_pending = False
            self._batches += 1
            self._is_book_crossed = not self._is_stale and vel_book_is_crossed(
                &self._levels if self._has_levels else &self._orders.levels)
            if self._is_book_crossed:
                if self._is_halted:
                    self._new_halted += 1
                else:
                    self._new_batches += 1
        if self._is_quote_pending:
            self._is_quote_pending = False
            self._quotes += 1
            self._is_quote_crossed = (not self._is_quote_stale and self._quote_qty[0] > 0 and self._quote_qty[1] > 0
                                      and self._quote_price[0] >= self._quote_price[1])
            if self._is_quote_crossed:
                if self._is_halted:
                    self._new_halted += 1
                else:
                    self._new_quotes += 1

    cdef void _row(self, uint8_t kind, uint8_t side, uint8_t flags, int64_t price, int64_t qty,
                   int64_t order_id) noexcept nogil:
        cdef int status = VEL_OK
        if kind == VEL_EV_DELTA:
            self._has_levels = True
            self._is_book_pending = True
            status = vel_book_apply(&self._levels, kind, side, price, qty)
        elif kind == VEL_EV_QUOTE:
            if side <= VEL_SELL:
                self._has_quotes = True
                self._is_quote_pending = True
                self._is_quote_stale = False
                self._quote_price[side] = price
                self._quote_qty[side] = qty
            else:
                self._unfit_rows += 1
        elif VEL_EV_ORDER_ADD <= kind <= VEL_EV_ORDER_EXECUTE:
            self._has_orders = True
            self._is_book_pending = True
            status = vel_book_l3_apply(&self._orders, kind, side, price, qty, order_id)
        elif kind == VEL_EV_SNAPSHOT_BEGIN:
            self._in_snapshot = True
            vel_book_apply(&self._levels, kind, side, 0, 0)
            vel_book_l3_apply(&self._orders, kind, side, 0, 0, 0)
            return
        elif kind == VEL_EV_SNAPSHOT_END:
            self._in_snapshot = self._is_stale = False
            self._is_book_pending = True
            vel_book_apply(&self._levels, kind, side, 0, 0)
            vel_book_l3_apply(&self._orders, kind, side, 0, 0, 0)
            self._end_batch()
            return
        elif kind == VEL_EV_GAP:
            self._is_stale = self._is_quote_stale = True
            self._is_book_crossed = self._is_quote_crossed = False
            return
        elif kind == VEL_EV_STATUS:
            self._has_states = True
            self._is_halted = qty == 0
            return
        else:
            return
        if status == VEL_ENOENT:
            self._unknown_orders += 1
        elif status != VEL_OK:
            self._unfit_rows += 1
        if flags & VEL_FLAG_LAST and not self._in_snapshot:
            self._end_batch()

    def to_dict(self):
        """JSON-ready figures of the rows so far.

        Returns
        -------
        dict
            ``has_book`` and ``has_quotes``: whether there was one to check; ``has_states``: whether rows state when
            trading was halted. ``batches``, ``crossed_batches``, ``quotes``, ``crossed_quotes``: while trading;
            ``halted_crossed``: both, while halted. ``unknown_orders``: rows about orders without an add;
            ``unfit_rows``: rows that contradict the book. ``span_ns``, ``crossed_ns``, ``halted_crossed_ns`` and
            ``halted_ns`` by the venue's clock, ``first_crossed_ts`` in ns or None.
        """
        self._settle()
        return {
            "has_book": bool(self._has_levels or self._has_orders),
            "has_quotes": bool(self._has_quotes),
            "has_states": bool(self._has_states),
            "batches": self._batches,
            "crossed_batches": self._crossed_batches,
            "quotes": self._quotes,
            "crossed_quotes": self._crossed_quotes,
            "halted_crossed": self._halted_crossed,
            "unknown_orders": self._unknown_orders,
            "unfit_rows": self._unfit_rows,
            "span_ns": self._now - self._first,
            "crossed_ns": self._crossed_ns,
            "halted_crossed_ns": self._halted_crossed_ns,
            "halted_ns": self._halted_ns,
            "first_crossed_ts": None if self._first_crossed < 0 else self._first_crossed,
        }
