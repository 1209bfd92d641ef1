from libc.stdint cimport int64_t

cimport cython

from velora.engine.context cimport StrategyContext
from velora.engine.delivery cimport Delivery


@cython.final
cdef class Kernel(Delivery):
    cdef readonly int64_t retention       # done orders, fills and samples kept, -1 for all
    cdef readonly list order_qty_max      # lots by instrument, None for no limit; None where no limit was set
    cdef readonly bint warns              # of subscriptions whose events nothing receives
    cdef object _sink
    cdef object _tally                    # adds up records before they are dropped, or None
    cdef readonly int64_t tallied_fills   # number of the oldest kept ones that `_tally` has; likewise samples
    cdef readonly int64_t tallied_samples
    cdef int64_t _warmup_ns               # time at the start of the data that only fills `history`; 0 for none

    cdef int start(self, int64_t ts) except -1
    cdef int begin(self) except -1
    cdef bint _has_receiver(self, StrategyContext context, int kind) except -1
    cdef bint _has_candle_topic(self, StrategyContext context) except -1
    cdef int _warn_unreceived(self, StrategyContext context) except -1
    cdef int begin_samples(self, int64_t interval_ns) except -1
    cdef int start_samples(self) except -1
    cdef int stop(self) except -1
    cdef int retire(self) except -1
    cdef int tally_new(self) except -1
