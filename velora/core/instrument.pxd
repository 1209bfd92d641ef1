cimport cython
from libc.stdint cimport int64_t

from velora.core._c cimport vel_money_spec_t

#: Which multiple of the tick or lot a number off the grid becomes.
cdef enum:
    ROUND_DOWN = -1
    ROUND_NEAREST = 0
    ROUND_UP = 1


@cython.final
cdef class Instrument:
    cdef readonly str symbol
    cdef readonly str venue
    cdef readonly str kind           # "linear", "inverse" or "spot"
    cdef readonly str base
    cdef readonly str quote
    cdef readonly str settle         # currency of margin and PnL
    cdef readonly object tick_size   # Decimal, quote units per tick
    cdef readonly object lot_size    # Decimal, base units (or contracts) per lot
    cdef readonly object contract_size
    cdef readonly object min_qty     # Decimal or None
    cdef readonly object min_notional
    cdef readonly object maker_fee   # Decimal, fraction of notional; negative is a rebate
    cdef readonly object taker_fee
    cdef readonly object money_unit  # Decimal, settlement currency per money unit
    cdef readonly bint is_inverse
    # price = ticks * tick_num / tick_den, both exact in a double, so one division gives the nearest double
    cdef readonly int64_t tick_num
    cdef readonly int64_t tick_den
    cdef readonly int64_t lot_num
    cdef readonly int64_t lot_den
    # linear and spot: money units per tick * lot; inverse: money units * ticks per lot (value = this * lots / ticks)
    cdef readonly int64_t value_mult
    # fee rates in units of 1e-9 of notional
    cdef readonly int64_t maker_rate
    cdef readonly int64_t taker_rate
    cdef int64_t _min_qty_lots
    cdef object _min_notional_units

    cdef void money_spec_c(self, vel_money_spec_t *spec) noexcept nogil
    cdef double ticks_to_price_c(self, int64_t ticks) noexcept nogil
    cdef double lots_to_qty_c(self, int64_t lots) noexcept nogil
    cpdef int64_t price_to_ticks(self, object price) except? -1
    cpdef int64_t qty_to_lots(self, object qty) except? -1
    cdef int64_t snapped_ticks_c(self, object price, int rounding) except? -1
    cdef int64_t _snapped(self, object value, int64_t num, int64_t den, str name, int rounding) except? -1
    cdef int64_t _to_grid(self, object value, int64_t num, int64_t den, str name) except? -1
