cimport cython
from libc.stdint cimport int64_t

from velora.core._c cimport vel_spsc_t


@cython.final
cdef class ThreadRing:
    cdef vel_spsc_t *_ring               # owned; of pairs (topic, message), each with one reference
    cdef readonly int64_t posted
    cdef readonly int64_t refused        # posts into a full ring

    cdef bint post_c(self, object topic, object message) noexcept
