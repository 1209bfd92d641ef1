from libc.stdint cimport int64_t, uint8_t

cimport cython

from velora.core.instrument cimport Instrument


@cython.final
cdef class Trade:
    cdef readonly Instrument instrument
    cdef readonly int64_t ts_event      # ns, venue clock
    cdef readonly int64_t ts_recv       # ns, our clock
    cdef readonly int64_t price_ticks
    cdef readonly int64_t qty_lots
    cdef readonly int64_t trade_id
    cdef uint8_t _side
    cdef readonly bint is_off_book


@cython.final
cdef class Quote:
    cdef readonly Instrument instrument
    cdef readonly int64_t ts_event
    cdef readonly int64_t ts_recv
    cdef readonly int64_t bid_ticks
    cdef readonly int64_t ask_ticks
    cdef readonly int64_t bid_lots
    cdef readonly int64_t ask_lots


@cython.final
cdef class Candle:
    cdef readonly Instrument instrument
    cdef readonly int64_t interval_ns
    cdef readonly int64_t ts_open       # ns, start of the interval, our clock
    cdef readonly int64_t ts_close      # ns, its end
    cdef readonly int64_t open_ticks
    cdef readonly int64_t high_ticks
    cdef readonly int64_t low_ticks
    cdef readonly int64_t close_ticks
    cdef readonly int64_t volume_lots
    cdef readonly int64_t buy_volume_lots   # of buying aggressors
    cdef readonly int64_t trades


@cython.final
cdef class Funding:
    cdef readonly Instrument instrument
    cdef readonly int64_t ts_event
    cdef readonly int64_t ts_recv
    cdef readonly double mark_price
    cdef readonly double rate


@cython.final
cdef class Gap:
    cdef readonly Instrument instrument
    cdef readonly int64_t ts_event
    cdef readonly int64_t ts_recv
    cdef readonly int64_t missing_id    # first missing id, 0 when unknown


@cython.final
cdef class Timer:
    cdef readonly int64_t id
    cdef readonly int64_t ts            # ns, due time
    cdef readonly int64_t interval_ns   # 0 for a one-shot timer
    cdef readonly str name


@cython.final
cdef class Signal:
    cdef readonly str name
    cdef readonly object value
    cdef readonly int64_t ts
    cdef readonly str strategy          # name of the strategy that published it; None when it was not a strategy
