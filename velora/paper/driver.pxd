from libc.stdint cimport int64_t

cimport cython

from velora.backtest.replay cimport Replay
from velora.engine.external_inputs cimport ExternalInputs
from velora.engine.intake cimport Intake
from velora.paper.clock cimport LocalClock

cdef enum:
    LATENESS_BUCKETS = 1024


@cython.final
cdef class PacedDriver(Replay):
    cdef readonly Intake intake
    cdef readonly LocalClock clock
    cdef readonly int64_t next_due        # ns, local: time of the earliest pending input
    cdef public object on_given           # called after an external input: a current wait may be too long
    cdef int64_t _lateness[LATENESS_BUCKETS]
    cdef int64_t _late_most
    cdef dict _states                     # states from before the start, until they are delivered

    cdef int _give_states(self) except -1
    cdef int _run_venue(self, int64_t until) except -1
    cdef int64_t _now(self) except? -1
    cdef bint _pump(self, int64_t budget) except -1
    cdef int _send(self) except -1
    cdef int _count_late(self, int64_t late) except -1
    cdef int _give_message(self, int index, int64_t now) except -1


@cython.final
cdef class JournalledInputs(ExternalInputs):
    cdef PacedDriver driver
