from libc.stdint cimport int64_t, uint8_t

cimport cython

from velora.core._c cimport VEL_ORDER_FILLED, vel_order_terms_t
from velora.core.book cimport OrderBookL2
from velora.core.bus cimport MessageBus
from velora.core.instrument cimport Instrument
from velora.core.orders cimport Order, Position


cdef class Context:
    cdef list _quote_guards               # None while there is none, see `guard_quotes`

    # ---- What an engine implements. Instruments are indices here; `index_of` finds one by symbol, "SYMBOL@venue" or
    # Instrument. Times are ns of the local clock, prices ticks, quantities lots.

    # Reading.
    cdef int64_t now_c(self) except -1
    cdef int state_c(self) noexcept                # a StrategyState
    cdef int index_of(self, object instrument) except -1
    cdef object instrument_at(self, int index)
    cdef list all_instruments(self)
    cdef OrderBookL2 book_at(self, int index)      # live views, as are positions and the portfolio
    cdef Position position_at(self, int index)
    cdef object portfolio_c(self)
    cdef Order order_of(self, int64_t order_id)    # of this strategy; raises for another's
    cdef list open_orders(self, int index)         # oldest first; of all instruments for -1
    cdef int check_own_c(self, Order order) except -1

    # Trading. A new order's id is returned; the venue's answers come as reports.
    cdef int check_can_trade_c(self) except -1     # raises during a warm-up and after the strategy's end
    cdef int64_t submit_c(self, int index, uint8_t side, uint8_t type, uint8_t tif, bint post_only,
                          int64_t price_ticks, int64_t qty_lots) except -1
    cdef int64_t submit_terms_c(self, int index, const vel_order_terms_t *terms) except -1
    cdef int amend_c(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots) except -1
    cdef int amend_trigger_c(self, int64_t order_id, int64_t trigger_ticks) except -1
    cdef int cancel_c(self, int64_t order_id) except -1
    cdef int mass_cancel_c(self, int index) except -1
    cdef int quote_c(self, int index, uint8_t side, bint is_wanted, int64_t price_ticks, int64_t qty_lots,
                     bint post_only) except -1
    cdef int pull_quotes_c(self, int index) except -1   # both sides; allowed during a warm-up
    cdef int batch_c(self, bint begins) except -1
    cdef int kill_c(self) except -1                     # closes the gate of the run
    cdef int track_queue_c(self, object instruments) except -1
    cdef object queue_position_c(self, Order order)

    # Timers and subscriptions.
    cdef int64_t timer_c(self, int64_t ts, int64_t interval_ns, object callback, str name) except -1
    cdef int cancel_timer_c(self, int64_t timer_id) except -1
    cdef int subscribe_c(self, int kind, object instruments, int64_t every_n, object volume, int64_t interval_ns,
                         int64_t price_move_ticks, bint best_change) except -1
    cdef int subscribe_candles_c(self, int index, int64_t interval_ns, object closed) except -1   # "left" or "right"
    cdef int stop_c(self) except -1

    # The run's message bus.
    cdef int emit_c(self, str name, object value) except -1
    cdef MessageBus bus_c(self)
    cdef object subscribe_topic_c(self, str pattern, object handler, int priority)
    cdef object endpoint_c(self, str name, object handler)
    cdef int64_t request_c(self, str name, object message, object on_response, int64_t timeout_ns) except -1

    # ---- Made of the above.

    cdef bint may_quote_c(self, Instrument instrument) except -1

    @cython.final
    cdef inline int cancel_order_c(self, Order order) except -1:
        """Cancel an own order; one that has ended stays as it is."""
        if order._c.state < VEL_ORDER_FILLED:
            self.check_own_c(order)
            self.cancel_c(order._c.id)
        return 0
