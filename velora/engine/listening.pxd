from velora.engine.kernel cimport CandleMaker, Kernel


cdef class Fanout:
    # Callbacks of one hook, in the order in which they are called: (callback, ids of instruments or None).
    cdef tuple _entries


cdef class ListeningKernel(Kernel):
    cdef dict _methods                    # hook -> the strategy's own method, as bound at the start
    cdef dict _listeners                  # hook -> list of [callback, instruments or None, is_first]
    cdef list _own                        # per instrument: kinds that reach the strategy's own hooks
    cdef bint _is_starting
    cdef readonly long long warmup_ns     # time at the start of the data that only fills `history`; 0 for none
    cdef readonly object history          # of the warm-up, None without one

    cdef object _method(self, str hook)
    cdef int _bind(self, str hook, object callback) except -1
    cdef int _rebind(self, str hook) except -1
    cdef int _resume(self, CandleMaker maker, object trades) except -1
