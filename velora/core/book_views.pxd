from libc.stdint cimport int64_t, uint8_t

cimport cython

from velora.core.level_book cimport LevelBook


@cython.final
cdef class BookDepth:
    cdef LevelBook _book
    cdef readonly int64_t n
    cdef readonly int64_t bid_levels       # number of bid levels present, at most n
    cdef readonly int64_t ask_levels
    cdef readonly int64_t bid_known        # number of these known to be the best ones
    cdef readonly int64_t ask_known
    cdef readonly bint is_known            # whether all n of both sides are
    cdef readonly object bid_ticks         # (n,) arrays, see the docstring
    cdef readonly object bid_lots
    cdef readonly object ask_ticks
    cdef readonly object ask_lots
    cdef readonly object bid_prices
    cdef readonly object bid_qtys
    cdef readonly object ask_prices
    cdef readonly object ask_qtys
    cdef int64_t[:, ::1] _ticks            # [side, level]
    cdef int64_t[:, ::1] _lots
    cdef double[:, ::1] _prices
    cdef double[:, ::1] _qtys

    cdef int64_t _fill(self, uint8_t side) noexcept
    cdef int64_t _count_known(self, uint8_t side, int64_t count) noexcept


@cython.final
cdef class BookWithoutUs:
    cdef LevelBook _book
