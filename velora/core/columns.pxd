# Numeric columns passed by a caller, read in place.
from cpython.buffer cimport Py_buffer
from libc.stdint cimport int64_t, uint8_t

# Pointer to the values of a contiguous, one-dimensional array, and their number in *rows. The view stays open until
# PyBuffer_Release; on an error it is closed. A Cython memoryview costs three times as much to create.
cdef const int64_t *open_int64(object column, str name, Py_buffer *view, int64_t *rows) except? NULL
cdef const uint8_t *open_uint8(object column, str name, Py_buffer *view, int64_t *rows) except? NULL
