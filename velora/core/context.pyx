"""The small face through which a strategy knows its engine."""

from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport vel_order_terms_t
from velora.core.book cimport OrderBookL2
from velora.core.bus cimport MessageBus
from velora.core.orders cimport Order, Position

from velora.errors import VeloraError


cdef class Context:
    """What an engine offers a strategy; this base is the state before a strategy is given to one."""

    def _detached(self):
        return VeloraError("this strategy is not part of a run yet: books, orders and timers exist from on_start on")

    cdef int64_t now_c(self) except -1:
        raise self._detached()

    cdef int index_of(self, object instrument) except -1:
        raise self._detached()

    cdef object instrument_at(self, int index):
        raise self._detached()

    cdef OrderBookL2 book_at(self, int index):
        raise self._detached()

    cdef Position position_at(self, int index):
        raise self._detached()

    cdef Order order_of(self, int64_t order_id):
        raise self._detached()

    cdef int64_t submit_c(self, int index, uint8_t side, uint8_t type, uint8_t tif, bint post_only,
                          int64_t price_ticks, int64_t qty_lots) except -1:
        raise self._detached()

    cdef int64_t submit_terms_c(self, int index, const vel_order_terms_t *terms) except -1:
        raise self._detached()

    cdef int amend_trigger_c(self, int64_t order_id, int64_t trigger_ticks) except -1:
        raise self._detached()

    cdef int mass_cancel_c(self, int index) except -1:
        raise self._detached()

    cdef int cancel_c(self, int64_t order_id) except -1:
        raise self._detached()

    cdef int amend_c(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots) except -1:
        raise self._detached()

    cdef int quote_c(self, int index, uint8_t side, bint is_wanted, int64_t price_ticks, int64_t qty_lots,
                     bint post_only) except -1:
        raise self._detached()

    cdef int track_queue_c(self, object instruments) except -1:
        raise self._detached()

    cdef int check_own_c(self, Order order) except -1:
        raise self._detached()

    cdef object queue_position_c(self, Order order):
        raise self._detached()

    cdef int64_t timer_c(self, int64_t ts, int64_t interval_ns, object callback, str name) except -1:
        raise self._detached()

    cdef int cancel_timer_c(self, int64_t timer_id) except -1:
        raise self._detached()

    cdef int subscribe_c(self, int kind, object instruments, int64_t every_n, object volume, int64_t interval_ns,
                         int64_t price_move_ticks, bint best_change) except -1:
        raise self._detached()

    cdef int subscribe_candles_c(self, int index, int64_t interval_ns, bint is_right) except -1:
        raise self._detached()

    cdef int emit_c(self, str name, object value) except -1:
        raise self._detached()

    cdef MessageBus bus_c(self):
        raise self._detached()

    cdef object listen_to_c(self, str pattern, object handler, int priority):
        raise self._detached()

    cdef object endpoint_c(self, str name, object handler):
        raise self._detached()

    cdef int64_t request_c(self, str name, object message, object on_response, int64_t timeout_ns) except -1:
        raise self._detached()

    cdef int batch_c(self, bint begins) except -1:
        raise self._detached()

    cdef list open_orders(self, int index):
        raise self._detached()

    cdef list all_instruments(self):
        raise self._detached()

    cdef int stop_c(self) except -1:
        raise self._detached()

    cdef int state_c(self) noexcept:
        return 0

    cdef object portfolio_c(self):
        raise self._detached()
