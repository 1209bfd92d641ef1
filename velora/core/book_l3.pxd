cimport cython
from libc.stdint cimport int64_t

from velora.core._c cimport vel_book_l3_t
from velora.core.book cimport OrderBookL2
from velora.core.instrument cimport Instrument


@cython.final
cdef class OrderBookL3:
    cdef vel_book_l3_t *_l3          # owned
    cdef readonly Instrument instrument
    cdef readonly OrderBookL2 levels  # a view of the totals by price

    cdef int64_t lots_ahead_c(self, int64_t order_id) noexcept nogil
