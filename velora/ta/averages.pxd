cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class SMA:
    cdef double[::1] _window      # the last `period` values, a ring
    cdef int64_t _at              # index of the next value
    cdef int64_t _count
    cdef double _sum
    cdef double _lost             # rounding error of the sum (Neumaier)
    cdef readonly int64_t period

    cdef void _add(self, double x) noexcept nogil
    cdef double update_c(self, double x) noexcept nogil


@cython.final
cdef class EMA:
    cdef double _value
    cdef int64_t _count
    cdef readonly double alpha
    cdef readonly int64_t period  # 0 when made from alpha

    cdef double update_c(self, double x) noexcept nogil
