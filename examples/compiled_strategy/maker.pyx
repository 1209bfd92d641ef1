# cython: language_level=3
"""A market maker without Python calls: hooks through the vtable; books, positions and orders through their C interface.

It joins both sides of the book whenever the best prices change, up to an inventory cap.
`examples/06_compiled_strategy.py` has its Python twin.
"""

from libc.stdint cimport int64_t

from velora.core.book cimport OrderBookL2
from velora.core.orders cimport Fill, Position
from velora.strategy.base cimport StrategyBase


cdef class Maker(StrategyBase):
    cdef int64_t qty_lots, cap_lots
    cdef int index
    cdef Position held
    cdef readonly int64_t fills

    def __init__(self, qty_lots=10, cap_lots=100):
        self.qty_lots = qty_lots
        self.cap_lots = cap_lots

    cpdef on_start(self):
        self.index = self.index_c(self.instruments[0])
        self.held = self.position_c(self.index)
        self.subscribe_book(best_change=True)

    cpdef on_book(self, OrderBookL2 book):
        cdef int64_t held = self.held.lots_c()
        if not book.has_side_c(0) or not book.has_side_c(1):
            return
        self.quote_ticks_c(
            self.index,
            book.best_bid_ticks_c(), self.qty_lots if held + self.qty_lots <= self.cap_lots else 0,
            book.best_ask_ticks_c(), self.qty_lots if held - self.qty_lots >= -self.cap_lots else 0,
        )

    cpdef on_fill(self, Fill fill):
        self.fills += 1
