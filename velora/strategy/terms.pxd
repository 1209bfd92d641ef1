from velora.core._c cimport vel_order_terms_t
from velora.core.instrument cimport Instrument


cdef int set_terms(vel_order_terms_t *made, Instrument instrument, dict terms) except -1
