from libc.stdint cimport int32_t, int64_t, uint8_t

from velora.core._c cimport vel_columns_t, vel_replay_t
from velora.engine.kernel cimport Kernel
from velora.sim.venue cimport SimulatedVenue


# Point `out` at the arrays of a `Columns`; None is no rows.
cdef int _fill_columns(vel_columns_t *out, object chunk) except -1


cdef class Replay:
    cdef vel_replay_t _replay        # owned by value
    cdef readonly Kernel kernel      # lives at least as long: the core borrows both
    cdef readonly SimulatedVenue venue
    cdef list _feeds
    cdef list _venue_chunks          # what the cursors read from, kept alive
    cdef list _local_chunks
    cdef list _latencies             # keep distributions and recordings alive
    cdef readonly int64_t start_ts
    cdef int64_t _begin               # of the chosen period, where there were rows before it, else INT64_MAX
    cdef readonly bint is_started
    cdef readonly bint has_ended
    cdef readonly bint is_stopped
    cdef readonly bint is_at_work     # a call is under way, and with it the callbacks from within it

    cdef int begin_work_c(self) except -1
    cdef void end_work_c(self) noexcept
    cdef object _next_chunk(self, int index, bint is_venue)
    cdef int64_t _read_first(self) except? -1
    cdef int _open(self, int index) except -1
    cdef int _feed(self, int index, bint is_venue) except -1
    cdef bint _advance(self, int64_t until, object progress) except -1
    cdef int _explain(self, int status) except -1
