from libc.stdint cimport int64_t

cimport cython


cdef class LocalClock:
    cdef int64_t now_c(self) noexcept


@cython.final
cdef class PacedClock(LocalClock):
    cdef readonly double speed
    cdef int64_t _start_ts
    cdef int64_t _started_at      # ns, monotonic clock; 0 before the start


@cython.final
cdef class ManualClock(LocalClock):
    cdef public int64_t ts
    cdef readonly int64_t step_ns
