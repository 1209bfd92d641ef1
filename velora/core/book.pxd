from libc.stdint cimport int64_t, uint8_t

cimport cython

from velora.core._c cimport vel_book_t, vel_ours_t
from velora.core.instrument cimport Instrument
from velora.core.level_book cimport LevelBook


@cython.final
cdef class OrderBookL2(LevelBook):
    cdef object _owner               # of a view: keeps the book alive; the garbage collector may clear it early
    cdef bint _is_view
    cdef dict _depths                # n -> BookDepth
    cdef object _without_us

    @staticmethod
    cdef OrderBookL2 view(vel_book_t *book, vel_ours_t *ours, Instrument instrument, object owner)

    cdef bint has_side_c(self, uint8_t side) noexcept nogil
    cdef int64_t best_bid_ticks_c(self) noexcept nogil
    cdef int64_t best_ask_ticks_c(self) noexcept nogil
    cdef int64_t qty_lots_c(self, uint8_t side, int64_t price_ticks) noexcept nogil
    cdef int level_state_c(self, uint8_t side, int64_t price_ticks) noexcept nogil
    cdef bint is_known_to_c(self, uint8_t side, int64_t price_ticks) noexcept nogil
    cdef int _check_writable(self) except -1
    cdef int _set_view(self, object view) except -1
    cdef int _load(self, int side, const int64_t[::1] ticks, const int64_t[::1] lots) except -1
