# Turns a C status into the exception of velora.errors; the GIL is taken only on failure.
cdef int check_status(int status, str what) except -1
