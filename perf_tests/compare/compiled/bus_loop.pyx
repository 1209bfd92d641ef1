"""A compiled publisher and a compiled subscriber, as a user writes them, for `perf_tests.compare.bus`."""

from libc.stdint cimport int64_t

from velora.core.bus cimport Handler, Topic


cdef class Counter(Handler):
    cdef readonly int64_t count

    cdef int on_message_c(self, object message) except -1:
        self.count += 1
        return 0


def publish(Topic topic not None, object message, int64_t times):
    cdef int64_t i
    for i in range(times):
        topic.publish_c(message)


def call(object handler, object message, int64_t times):
    cdef int64_t i
    for i in range(times):
        handler(message)
