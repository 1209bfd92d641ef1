from libc.stdint cimport int64_t

cimport cython

from velora.core._c cimport vel_candle_t
from velora.core.instrument cimport Instrument


@cython.final
cdef class CandleMaker:
    cdef Instrument instrument
    cdef int index                        # of the instrument
    cdef int64_t interval_ns
    cdef vel_candle_t candle              # what the C core adds trades to

    cdef object close(self, int64_t ts_close)
    cdef int resume(self, object trades, int64_t now) except -1
