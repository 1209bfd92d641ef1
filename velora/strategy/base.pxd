from libc.stdint cimport uint8_t

from velora.core.context cimport Context


cdef class StrategyBase:
    cdef Context _context

    cdef object _submit(self, object where, uint8_t side, object qty, object price, object price_ticks,
                        object qty_lots, str time_in_force, bint post_only, dict terms)
