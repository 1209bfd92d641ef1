from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport vel_contingency_command_t, vel_match_t
from velora.core.book cimport OrderBookL2
from velora.core.instrument cimport Instrument


cdef class MatchingEngine:
    cdef vel_match_t *_engine          # owned
    cdef readonly Instrument instrument
    cdef readonly OrderBookL2 levels

    cdef list _take(self)
    cdef int _make_room(self, int64_t reports) except -1
    cdef object _take_array(self)
    cdef list _run(self, vel_contingency_command_t *command)
    cdef list _simple(self, uint8_t action, int64_t order_id, int64_t qty, int64_t price, int owner, int64_t ts,
                      int64_t trigger, int strategy=*)
