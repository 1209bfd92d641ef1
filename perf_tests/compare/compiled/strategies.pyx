"""The workloads of `perf_tests.compare.strategy`, compiled as a user would compile a strategy."""

from libc.stdint cimport int64_t

from velora.core.book cimport OrderBookL2
from velora.core.market cimport Timer, Trade
from velora.core.orders cimport Position
from velora.strategy.base cimport StrategyBase


cdef class Each(StrategyBase):
    cdef readonly int64_t trades, updates

    @property
    def wakes(self):
        return self.trades + self.updates

    cpdef on_trade(self, Trade trade):
        self.trades += 1

    cpdef on_book(self, OrderBookL2 book):
        self.updates += 1


cdef class _Waking(StrategyBase):
    cdef readonly int64_t wakes
    cdef int index
    cdef OrderBookL2 market
    cdef Position held
    cdef object interval

    def __init__(self, interval):
        self.interval = interval

    cpdef on_start(self):
        self.index = self.index_c(self.instruments[0])
        self.market = self.book_c(self.index)
        self.held = self.position_c(self.index)
        self.every(self.interval, name="wake")


cdef class Timed(_Waking):
    cpdef on_timer(self, Timer timer):
        self.wakes += 1


cdef class Maker(_Waking):
    """`quote` around the mid."""
    cdef int64_t half, qty_lots, cap_lots

    def __init__(self, interval, half, qty_lots, cap_lots):
        super().__init__(interval)
        self.half = half
        self.qty_lots = qty_lots
        self.cap_lots = cap_lots

    cpdef on_timer(self, Timer timer):
        cdef int64_t lots = self.held.lots_c()
        cdef int64_t mid_x2
        self.wakes += 1
        if not self.market.has_side_c(0) or not self.market.has_side_c(1):
            return
        mid_x2 = self.market.best_bid_ticks_c() + self.market.best_ask_ticks_c()
        self.quote_ticks_c(
            self.index,
            (mid_x2 - self.half) // 2, self.qty_lots if lots + self.qty_lots <= self.cap_lots else 0,
            -((-mid_x2 - self.half) // 2), self.qty_lots if lots - self.qty_lots >= -self.cap_lots else 0,
        )


cdef class Watcher(_Waking):
    """What `Turnover` does, without its orders."""
    cdef int64_t seen

    cpdef on_timer(self, Timer timer):
        self.wakes += 1
        if self.market.has_side_c(0):
            self.seen = self.market.best_bid_ticks_c()


cdef class Turnover(_Waking):
    """Each wake cancels the order of the wake before and sends another, far from the touch."""
    cdef int64_t far, qty_lots, resting

    def __init__(self, interval, far, qty_lots):
        super().__init__(interval)
        self.far = far
        self.qty_lots = qty_lots

    cpdef on_timer(self, Timer timer):
        self.wakes += 1
        if not self.market.has_side_c(0):
            return
        if self.resting != 0:
            self.cancel_c(self.resting)
        self.resting = self.buy_c(self.index, self.market.best_bid_ticks_c() - self.far, self.qty_lots, True)
