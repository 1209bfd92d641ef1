"""Candles from trades: one interval's trades, gathered by the C core, and whole histories."""

cimport cython
from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport vel_candle_add, vel_candle_t
from velora.core.bus cimport MessageBus
from velora.core.market cimport Candle

from velora.errors import InvalidArgument


@cython.final
cdef class CandleTopic:
    """Where the candles of one instrument and interval are published, once for all who subscribed to them."""

    cdef int find(self, MessageBus bus) except -1:
        """Find out whether anybody listens."""
        self.topic = bus.heard_c(self.name)
        return 0

    cdef int publish(self, int64_t ts_end) except -1:
        """One of the makers is about to close: the first to come at this end of an interval speaks for all.

        What is published is the candle of the one that has been at work for longest, whose first is the most whole.
        """
        if ts_end <= self.ts_end:
            return 0
        self.ts_end = ts_end
        if self.topic is not None:
            candle = (<CandleMaker>self.makers[0]).look(ts_end)
            if candle is not None:
                self.topic.publish_c(candle)
        return 0


@cython.final
cdef class CandleMaker:
    """Candles of one interval; the C core adds the trades."""

    cdef object look(self, int64_t ts_close):
        """The candle as it would close now, or None before the first trade ever."""
        cdef vel_candle_t *made = &self.candle
        if not made.has_close:
            return None
        cdef Candle candle = Candle.__new__(Candle)
        candle.instrument = self.instrument
        candle.interval_ns = self.interval_ns
        candle.ts_open = ts_close - self.interval_ns
        candle.ts_close = ts_close
        if made.trades == 0:
            candle.open_ticks = candle.high_ticks = candle.low_ticks = made.close
        else:
            candle.open_ticks = made.open
            candle.high_ticks = made.high
            candle.low_ticks = made.low
        candle.close_ticks = made.close
        candle.volume_lots = made.volume
        candle.buy_volume_lots = made.buy_volume
        candle.trades = made.trades
        return candle

    cdef object close(self, int64_t ts_close):
        """The candle, or None before the first trade ever; the next one begins."""
        cdef vel_candle_t *made = &self.candle
        candle = self.look(ts_close)
        made.volume = made.buy_volume = made.trades = 0
        return candle

    cdef int resume(self, object trades, int64_t now) except -1:
        """Give a new maker the trades that a warm-up saw of the interval in progress."""
        cdef const int64_t[::1] ts = trades.ts, price = trades.price_ticks, qty = trades.qty_lots, side = trades.side
        cdef int64_t opens = now // self.interval_ns * self.interval_ns
        cdef int64_t row, rows = ts.shape[0]
        for row in range(rows):
            if row > 0 and ts[row - 1] <= opens < ts[row]:
                self.close(opens)
            vel_candle_add(&self.candle, price[row], qty[row], <uint8_t>side[row])
        if rows > 0 and ts[rows - 1] <= opens:
            self.close(opens)
        return 0


def make_candles(instrument, int64_t interval_ns, const int64_t[::1] ts, const int64_t[::1] price,
                 const int64_t[::1] qty, const int64_t[::1] side, int64_t ts_begin, int64_t ts_end):
    """Candles of trades, as a kernel makes them: those that ended in (ts_begin, ts_end], None before the first trade.

    Parameters
    ----------
    instrument : Instrument
    interval_ns : int
    ts, price, qty, side : (n,) int64 arrays
        Trades by time of receipt: ns, ticks, lots, `Side` of the aggressor.
    ts_begin, ts_end : int
        ns; an interval that had begun at `ts_begin` already is not whole and is left out.

    Returns
    -------
    list of Candle
    """
    cdef CandleMaker maker = CandleMaker.__new__(CandleMaker)
    cdef int64_t row = 0, rows = ts.shape[0]
    cdef int64_t opens
    if interval_ns <= 0:
        raise InvalidArgument(f"a candle's interval must be positive, was {interval_ns} ns")
    opens = (ts_begin + interval_ns - 1) // interval_ns * interval_ns
    maker.instrument = instrument
    maker.interval_ns = interval_ns
    found = []
    # At equal nanoseconds a kernel's timers come after the rows, so a trade at the very end of an interval is in it.
    while row < rows and opens > ts_begin and ts[row] <= opens:
        row += 1
    while opens + interval_ns <= ts_end:
        while row < rows and ts[row] <= opens + interval_ns:
            vel_candle_add(&maker.candle, price[row], qty[row], <uint8_t>side[row])
            row += 1
        opens += interval_ns
        candle = maker.close(opens)
        if candle is not None:
            found.append(candle)
    return found
