"""A compiled publisher and a compiled subscriber, as a user writes them, for `perf_tests.compare.bus`."""

from libc.stdint cimport int64_t

from velora.core.bus cimport Handler, Topic


cdef class Counter(Handler):
    cdef readonly int64_t count

    cdef int on_message_c(self, object message) except -1:
        self.count += 1
        return 0


def publish(tuple topics not None, object message, int64_t times):
    """Publish to each topic in turn: of one topic alone the compiler could take the comparison out of the loop."""
    cdef int64_t i
    cdef Py_ssize_t at = 0
    for i in range(times):
        (<Topic>topics[at]).publish_c(message)
        at += 1
        if at == len(topics):
            at = 0


def call(object handler, object message, int64_t times):
    cdef int64_t i
    for i in range(times):
        handler(message)
