from velora.core._c cimport vel_queue_model_t, vel_queue_params_t


cdef class QueueModel:
    cdef readonly str name
    cdef vel_queue_model_t _model
    cdef vel_queue_params_t _params
    cdef object _error  # exception raised by a user's model, kept until it is checked

    # Override this in compiled models: lots ahead after the level went from `before` to `after` lots, of which `traded`
    # left by trades that `ahead` already includes. The result is clamped to 0 and `after`.
    cdef double lots_ahead_c(self, double ahead, double before, double after, double traded) except? -1
    cdef int check_c(self) except -1
