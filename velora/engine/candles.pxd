from libc.stdint cimport int64_t

cimport cython

from velora.core._c cimport vel_candle_t
from velora.core.bus cimport MessageBus, Topic
from velora.core.instrument cimport Instrument


cdef bint is_right_c(object closed) except -1


@cython.final
cdef class CandleTopic:
    cdef str name                         # "data.candles.SYMBOL.INTERVAL"
    cdef Topic topic                      # None while it has no subscribers
    cdef list makers                      # of its instrument and interval, the oldest first
    cdef int64_t ts_end                   # ns, of the last interval that was published

    cdef int find(self, MessageBus bus) except -1
    cdef int publish(self, int64_t ts_end) except -1


@cython.final
cdef class CandleMaker:
    cdef Instrument instrument
    cdef int index                        # of the instrument
    cdef int64_t interval_ns
    cdef bint is_right                    # whether a trade at the very end belongs to the interval that ends there
    cdef vel_candle_t candle              # what the C core adds trades to
    cdef CandleTopic shared               # with the other strategies of the same instrument and interval

    cdef int begin(self, int64_t ts_close) except -1
    cdef object peek(self, int64_t ts_close)
    cdef object close(self, int64_t ts_close)
    cdef int resume(self, object trades, int64_t now) except -1
