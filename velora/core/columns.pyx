"""Numeric columns passed by a caller, read in place."""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBuffer_Release, PyObject_GetBuffer

from velora.errors import InvalidArgument


cdef object _refused(object column, str name, str wanted):
    dtype = getattr(column, "dtype", type(column).__name__)
    shape = getattr(column, "shape", "")
    return InvalidArgument(f"{name} must be a contiguous array of {wanted} in one dimension, was {dtype} {shape}")


cdef int _open(object column, str name, str wanted, Py_buffer *view, Py_ssize_t itemsize) except -1:
    try:
        PyObject_GetBuffer(column, view, PyBUF_ND | PyBUF_FORMAT)
    except (BufferError, TypeError, ValueError):
        raise _refused(column, name, wanted) from None
    if view.ndim != 1 or view.itemsize != itemsize:
        PyBuffer_Release(view)
        raise _refused(column, name, wanted)
    return 0


cdef const int64_t *open_int64(object column, str name, Py_buffer *view, int64_t *rows) except? NULL:
    _open(column, name, "int64", view, sizeof(int64_t))
    cdef char code = view.format[0] if view.format != NULL else 0
    if code != c"l" and code != c"q":
        PyBuffer_Release(view)
        raise _refused(column, name, "int64")
    rows[0] = view.shape[0]
    return <const int64_t *>view.buf


cdef const uint8_t *open_uint8(object column, str name, Py_buffer *view, int64_t *rows) except? NULL:
    _open(column, name, "uint8", view, sizeof(uint8_t))
    if view.format != NULL and view.format[0] != c"B":
        PyBuffer_Release(view)
        raise _refused(column, name, "uint8")
    rows[0] = view.shape[0]
    return <const uint8_t *>view.buf
