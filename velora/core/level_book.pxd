from velora.core._c cimport vel_book_t, vel_ours_t
from velora.core.instrument cimport Instrument


cdef class LevelBook:
    cdef vel_book_t *_book           # owned unless this is a view
    cdef vel_ours_t *_ours           # our resting orders, borrowed from the engine; NULL outside one
    cdef readonly Instrument instrument
