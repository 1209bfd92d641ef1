from libc.stdint cimport int64_t, uint8_t

cimport cython

from velora.core._c cimport vel_local_instrument_t, vel_order_t, vel_position_t
from velora.core.instrument cimport Instrument


@cython.final
cdef class Order:
    cdef vel_order_t *_c              # lives as long as _owner, or is _kept
    cdef vel_order_t _kept            # the last state, once the engine has dropped its record
    cdef object _owner
    cdef readonly Instrument instrument

    cdef void keep(self) noexcept


@cython.final
cdef class Fill:
    cdef readonly Instrument instrument
    cdef readonly int64_t order_id
    cdef readonly int64_t ts_event    # ns, venue clock
    cdef readonly int64_t ts_recv     # ns, our clock
    cdef readonly int64_t price_ticks
    cdef readonly int64_t qty_lots
    cdef readonly int64_t fee_units   # Instrument.money_unit
    cdef readonly bint is_maker
    cdef uint8_t _side


@cython.final
cdef class Position:
    cdef const vel_position_t *_c     # lives as long as _owner; likewise the next
    cdef const vel_local_instrument_t *_market
    cdef object _owner
    cdef readonly Instrument instrument
    cdef double _unit               # settlement currency per money unit
