cdef class Alarm:
    cdef object _loop
    cdef object _waiter
    cdef int _file     # descriptor of the timer, -1 without kernel timers
