from libc.stdint cimport int64_t, uint64_t

cimport cython

from velora.core._c cimport vel_columns_t, vel_journal_row_t, vel_journal_timer_t, vel_market_t, vel_message_t
from velora.engine.journal cimport JournalWriter
from velora.engine.external_inputs cimport ExternalInputs
from velora.engine.kernel cimport Kernel


@cython.final
cdef class Intake:
    cdef readonly Kernel kernel
    cdef readonly JournalWriter journal     # None keeps none
    cdef readonly int64_t inputs
    cdef readonly bint is_started
    cdef readonly bint is_stopped
    cdef ExternalInputs external_inputs     # of the kernel between two inputs
    cdef ExternalInputs _direct             # of the kernel during an input

    cdef int start_c(self, int64_t ts, int64_t sample_ns) except -1
    cdef void _begin_rows(self, vel_market_t *inst) noexcept
    cdef int rows_c(self, int64_t ts, int index, const vel_columns_t *columns, int64_t row, int64_t count) except -1
    cdef int message_c(self, int64_t ts, const vel_message_t *message) except -1
    cdef int timer_c(self, int64_t ts) except -1
    cdef int sample_c(self, int64_t ts) except -1
    cdef object parameters_c(self, int64_t ts, int index, dict values)
    cdef int stop_c(self, int64_t ts) except -1
    cdef int end_c(self) except -1
    cdef int _begin_input(self, int64_t ts) except -1
    cdef int _end_input(self) except -1
    cdef int _deliver_denials(self) except -1
    cdef int _keep_commands(self) except -1
    cdef int _give_rows(self, int64_t ts, int index, const vel_journal_row_t *rows, int64_t count) except -1
    cdef bint _is_next(self, const vel_journal_timer_t *timer) noexcept
    cdef uint64_t hash_c(self) noexcept
