cdef class ExternalInputs:
    cpdef object set_parameters(self, int index, dict values, object apply)
