from libc.stdint cimport int64_t, uint8_t

from velora.core.book cimport OrderBookL2
from velora.core.bus cimport MessageBus, Topic
from velora.core.context cimport Context
from velora.core.market cimport Candle, Funding, Gap, Quote, Signal, Timer, Trade
from velora.core.orders cimport Fill, Order, Position


cdef class StrategyBase:
    cdef readonly Context _context          # a detached one until a run attaches its own

    # Hooks. An override in a compiled class is called through the vtable, one in a Python class as a bound method.
    cpdef on_start(self)
    cpdef on_stop(self)
    cpdef on_trade(self, Trade trade)
    cpdef on_quote(self, Quote quote)
    cpdef on_book(self, OrderBookL2 book)
    cpdef on_candle(self, Candle candle)
    cpdef on_order(self, Order order)
    cpdef on_fill(self, Fill fill)
    cpdef on_position(self, Position position)
    cpdef on_funding(self, Funding funding)
    cpdef on_gap(self, Gap gap)
    cpdef on_timer(self, Timer timer)
    cpdef on_signal(self, Signal signal)

    # The methods of a compiled strategy. Instruments are indices, see index_c; prices ticks, quantities lots.
    cdef int64_t now_c(self) except -1
    cdef int index_c(self, object instrument) except -1
    cdef OrderBookL2 book_c(self, int index)
    cdef Position position_c(self, int index)
    # The run's bus: keep a `Topic` of it and publish with `topic.publish_c(message)`.
    cdef MessageBus bus_c(self)
    cdef Topic topic_c(self, str name)
    # What is sent between the two travels as one message to each venue.
    cdef int begin_batch_c(self) except -1
    cdef int end_batch_c(self) except -1
    cdef int64_t buy_c(self, int index, int64_t price_ticks, int64_t qty_lots, bint post_only=*) except -1
    cdef int64_t sell_c(self, int index, int64_t price_ticks, int64_t qty_lots, bint post_only=*) except -1
    cdef int cancel_c(self, int64_t order_id) except -1
    cdef int amend_c(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots) except -1
    # A quantity of 0 lots means that nothing should stand on that side.
    cdef int quote_ticks_c(self, int index, int64_t bid_ticks, int64_t bid_lots, int64_t ask_ticks, int64_t ask_lots,
                           bint post_only=*) except -1

    cdef int _subscribe(self, int kind, tuple instruments, object every_n, object volume, object interval,
                        object price_move_ticks, bint best_change) except -1
    cdef object _submit(self, object where, uint8_t side, object qty, object price, object price_ticks,
                        object qty_lots, str time_in_force, bint post_only, object snap, dict terms)
