from velora.core._c cimport vel_order_spec_t
from velora.core.instrument cimport Instrument


cdef int set_terms(vel_order_spec_t *spec, Instrument instrument, dict terms) except -1
