from libc.stdint cimport int64_t

from velora.core._c cimport vel_order_terms_t
from velora.core.instrument cimport Instrument

#: Which way a price off the grid goes: away from the market, towards it, to the nearest, or nowhere: it is refused.
cdef enum Snap:
    SNAP_NONE = 0
    SNAP_OUTWARD
    SNAP_INWARD
    SNAP_NEAREST


#: Prices of the two orders that end what an entry has bought or sold, in ticks.
cdef struct Exits:
    bint has_profit
    bint has_stop
    int64_t profit
    int64_t stop


cdef Snap snap_of(object snap) except? SNAP_NONE
cdef int64_t snapped(Instrument instrument, object price, bint is_below, Snap snap) except? -1
cdef int set_terms(vel_order_terms_t *made, Instrument instrument, dict terms, Snap snap) except -1
cdef int take_exits(Exits *exits, vel_order_terms_t *entry, Instrument instrument, dict terms, Snap snap) except -1
cdef int check_exits(Exits *exits, vel_order_terms_t *entry, Instrument instrument) except -1
cdef void exit_terms(vel_order_terms_t *made, vel_order_terms_t *entry, int64_t entry_id, bint in_group) noexcept
