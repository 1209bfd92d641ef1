from libc.stdint cimport int64_t, uint8_t

cimport cython

from velora.core._c cimport vel_market_t, vel_mark_t, vel_order_t, vel_position_t
from velora.core.instrument cimport Instrument


# One order has at most one view, which its record knows: who asks for the order again gets the same object. No view
# outlives its record with a pointer to it; see `keep`.
@cython.final
cdef class Order:
    cdef vel_order_t *_c              # of the engine, or our own copy
    cdef bint _is_kept                # whether it is our own
    cdef readonly Instrument instrument

    @staticmethod
    cdef Order view(vel_order_t *order, Instrument instrument)
    cdef int keep(self) except -1
    cdef void keep_or_lose(self) noexcept


@cython.final
cdef class Fill:
    cdef readonly Instrument instrument
    cdef readonly int64_t order_id
    cdef readonly int64_t trade_id    # the venue's, 0 where it gives none
    cdef readonly int64_t ts_event    # ns, venue clock
    cdef readonly int64_t ts_recv     # ns, our clock
    cdef readonly int64_t price_ticks
    cdef readonly int64_t qty_lots
    cdef readonly int64_t fee_units   # Instrument.money_unit
    cdef readonly bint is_maker
    cdef uint8_t _side


@cython.final
cdef class Position:
    cdef const vel_position_t *_c     # lives as long as _owner; likewise the next two
    cdef const vel_market_t *_market
    cdef const int64_t *_now          # local clock
    cdef object _owner
    cdef readonly Instrument instrument
    cdef double _unit               # settlement currency per money unit

    cdef inline int64_t lots_c(self) noexcept:
        return self._c.lots

    cdef vel_mark_t mark_c(self) noexcept
