from libc.stdint cimport int64_t, uint8_t, uint32_t

from velora.core._c cimport vel_columns_t, vel_local_t, vel_report_t, vel_timer_t
from velora.core.book cimport OrderBookL2
from velora.core.context cimport Context
from velora.core.instrument cimport Instrument
from velora.core.market cimport Quote, Trade
from velora.core.orders cimport Fill, Order, Position


cdef class CandleMaker:
    cdef Instrument instrument
    cdef int64_t interval_ns
    cdef int64_t open_ticks, high_ticks, low_ticks, close_ticks
    cdef int64_t volume_lots, buy_volume_lots, trades
    cdef bint has_close

    cdef void add(self, int64_t price_ticks, int64_t qty_lots, uint8_t side) noexcept
    cdef object close(self, int64_t ts_close)


cdef class Kernel(Context):
    cdef vel_local_t _local               # owned by value
    cdef readonly list instruments
    cdef dict _index                      # symbol, "symbol@venue" -> index
    cdef list _books
    cdef list _positions
    cdef dict _orders                     # id -> Order, made when first asked for
    cdef dict _timers                     # id -> (callback or None, name)
    cdef int64_t _timer_id
    cdef list _candles                    # per instrument: CandleMaker list
    cdef list _signals
    cdef readonly object strategy
    cdef object _stopwatch                # times callbacks, or None
    cdef bint _is_started
    cdef int _subscribed                  # kinds that the strategy subscribed to itself
    cdef object _on_trade, _on_quote, _on_book, _on_candle, _on_order, _on_fill, _on_position
    cdef object _on_funding, _on_gap, _on_timer, _on_signal
    cdef Trade _trade                     # reused while nobody holds it; likewise the next two
    cdef Quote _quote
    cdef Fill _fill

    cdef int start(self, int64_t ts) except -1
    cdef int stop(self) except -1
    cdef int on_market(self, uint32_t bits, int index, const vel_columns_t *columns, int64_t row) except -1
    cdef int on_report(self, uint32_t bits, const vel_report_t *report) except -1
    cdef int on_timer(self, const vel_timer_t *timer) except -1
    cdef int flush_signals(self) except -1
