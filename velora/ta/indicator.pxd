cimport cython
from libc.stdint cimport int64_t

from velora.ta._c cimport vel_indicator_t, vel_indicator_update


cdef class Indicator:
    cdef vel_indicator_t _c
    cdef readonly object kind        # IndicatorKind
    cdef object _value_type          # named tuple of several outputs, None for one
    cdef bint _is_first              # is_ready means that there is a value, not that it has settled

    # One row, `row` having as many values as the kind has inputs; returns the first output, NaN during the warm-up.
    cdef inline double update_c(self, const double *row) noexcept nogil:
        return vel_indicator_update(&self._c, row)

    # The last value of an output.
    cdef inline double output_c(self, int index) noexcept nogil:
        return self._c.out[index]
