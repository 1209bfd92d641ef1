from libc.stdint cimport int64_t

cimport cython

from velora.core.orders cimport Position
from velora.engine.delivery cimport Recipient


@cython.final
cdef class StrategyContext(Recipient):
    cdef readonly dict capital            # currency -> Decimal
    cdef bint is_in_warmup                # while `on_warmup` is called
    cdef object _portfolio
    cdef list _given_up                   # JSON-ready dicts
    cdef int _subscribed_kinds            # kinds of market data that the strategy subscribed to itself, as bits
    cdef int _batch_depth

    cdef object _latest                   # the instrument, or its name, that was looked up last, None before any
    cdef int _latest_index

    cdef list _touched                    # positions that are not None
    cdef int64_t _rows_seen               # of the holdings, when `_touched` was made

    cdef Position _make_position(self, int index)
    cdef int check_not_ended(self) except -1
    cdef int check_subscribes(self) except -1
    cdef int64_t _add_timer(self, int64_t ts, int64_t interval_ns, object callback, str name) except -1
