from libc.stdint cimport int64_t, uint32_t

cimport cython

from velora.core._c cimport vel_columns_t, vel_command_t, vel_journal_t


@cython.final
cdef class JournalWriter:
    cdef vel_journal_t _journal      # owned by value
    cdef readonly str path
    cdef int _file                   # descriptor, -1 once closed
    cdef bint _has_begun             # whether `_file` has been set
    cdef readonly int64_t bytes_written

    cdef int record(self, uint32_t type, int64_t ts, const void *payload, size_t size) except -1
    cdef int rows(self, int64_t ts, int index, const vel_columns_t *columns, int64_t row, int64_t count) except -1
    cdef int command(self, int64_t ts, const vel_command_t *command) except -1
    cdef int flush_c(self) except -1
