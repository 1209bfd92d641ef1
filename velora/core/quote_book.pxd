cimport cython
from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport vel_quote_book_t
from velora.core.instrument cimport Instrument


@cython.final
cdef class QuoteBook:
    cdef vel_quote_book_t _book
    cdef readonly Instrument instrument

    cdef bint has_side_c(self, uint8_t side) noexcept nogil
    cdef int64_t best_bid_ticks_c(self) noexcept nogil
    cdef int64_t best_ask_ticks_c(self) noexcept nogil
    cdef int level_state_c(self, uint8_t side, int64_t price_ticks) noexcept nogil
