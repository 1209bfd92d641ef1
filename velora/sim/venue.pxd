from libc.stdint cimport int64_t

from velora.core._c cimport vel_venue_t
from velora.sim.queue_model cimport QueueModel


cdef class SimulatedVenue:
    cdef vel_venue_t _venue        # owned by value
    cdef readonly list instruments
    cdef readonly QueueModel queue
    cdef readonly object rules     # HftbacktestRules, or None for the venue's own
    cdef readonly bint is_at_work  # a row, a command or the owning run is in progress

    cdef list _take(self)
    cdef int begin_work_c(self) except -1
    cdef int _go_to(self, int index, int64_t ts, bint is_command) except -1
    cdef int _set_impact(self, int index, dict parameters) except -1
    cdef int _follow_hftbacktest(self) except -1
