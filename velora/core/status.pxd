# Rows that a loop in C may work through between two looks for a signal, so that Ctrl-C is heard within 0.2 s: some
# 10 ms where a row is cheap, 100 ms where it is not.
cdef enum:
    ROWS_BETWEEN_SIGNALS = 262_144

# Turns a C status into the exception of velora.errors; the GIL is taken only on failure.
cdef int check_status(int status, str what) except -1
