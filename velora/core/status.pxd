# Rows that a loop in C may process between two checks for signals, so that Ctrl-C takes effect within 0.2 s: some 10 ms
# for cheap rows, 100 ms for expensive ones.
cdef enum:
    ROWS_BETWEEN_SIGNALS = 262_144

# Raises the exception of velora.errors for a C status; the GIL is taken only on failure.
cdef int check_status(int status, str what) except -1
