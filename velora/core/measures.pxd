cimport cython
from libc.stdint cimport int64_t

from velora.core._c cimport vel_flow_t, vel_measures_t
from velora.core.book cimport OrderBookL2


@cython.final
cdef class BookMeasures:
    cdef OrderBookL2 _book
    cdef vel_measures_t _now         # ticks and lots
    cdef vel_flow_t _top
    cdef bint _has_both
    cdef bint _is_known
    cdef double _flow, _flow_sum     # lots
    cdef double _tick, _lot
    cdef readonly int64_t levels
    cdef readonly double decay

    cdef bint update_c(self) noexcept nogil
