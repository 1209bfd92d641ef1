"""Candles from trades: one interval's trades, gathered by the C core, and whole histories.

An interval is [start, end), as venues' klines have it: a trade received at the very nanosecond at which an interval
ends belongs to the next one. Its candle is published by a timer at the end, and the rows of that nanosecond come before
the timer, so the C core keeps their trades for the interval that opens there. With ``closed="right"`` an interval is
(start, end].
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport VEL_TIME_MAX, vel_add, vel_candle_add, vel_candle_close, vel_candle_part_t
from velora.core.bus cimport MessageBus
from velora.core.instrument cimport Instrument
from velora.core.market cimport Candle
from velora.core.sealed cimport seal

from velora.errors import CapacityError, InvalidArgument

#: Of one history.
cdef int64_t _CANDLES_MOST = 10_000_000


cdef bint is_right_c(object closed) except -1:
    """Whether intervals are closed on the right."""
    if closed not in ("left", "right"):
        raise InvalidArgument(f"closed must be left or right, was {closed!r}")
    return closed == "right"


@cython.final
cdef class CandleTopic:
    """The topic of the candles of one instrument and interval, shared by the strategies that subscribed to them."""

    cdef int find(self, MessageBus bus) except -1:
        """Find the topic, if it has subscribers."""
        self.topic = bus.subscribed_topic_c(self.name)
        return 0

    cdef int publish(self, int64_t ts_end) except -1:
        """Publish the candle of an interval that ends, once: the first maker to close does it for all makers.

        The oldest maker's candle is published: it covers most of the first interval.
        """
        if ts_end <= self.ts_end:
            return 0
        self.ts_end = ts_end
        if self.topic is not None:
            candle = (<CandleMaker>self.makers[0]).peek(ts_end)
            if candle is not None:
                self.topic.publish_c(candle)
        return 0


@cython.final
cdef class CandleMaker:
    """Candles of one interval; the C core adds the trades."""

    cdef int begin(self, int64_t ts_close) except -1:
        """The interval under way ends at `ts_close`."""
        self.candle.ts_next = vel_add(ts_close, self.is_right)
        return 0

    cdef object peek(self, int64_t ts_close):
        """The candle as it would close now, or None before the first trade ever."""
        cdef vel_candle_part_t *made = &self.candle.now
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
        candle = self.peek(ts_close)
        vel_candle_close(&self.candle, vel_add(vel_add(ts_close, self.interval_ns), self.is_right))
        return candle

    cdef int resume(self, object trades, int64_t now) except -1:
        """Give a new maker the trades of the interval in progress that a warm-up has recorded."""
        cdef const int64_t[::1] ts = trades.ts, price = trades.price_ticks, qty = trades.qty_lots, side = trades.side
        cdef int64_t opens = now // self.interval_ns * self.interval_ns
        cdef int64_t row, rows = ts.shape[0]
        self.begin(opens)  # all that came before counts as one interval: its close is what goes on
        for row in range(rows):
            vel_candle_add(&self.candle, ts[row], price[row], qty[row], <uint8_t>side[row])
        self.close(opens)
        return 0


def make_candles(Instrument instrument not None, int64_t interval_ns, const int64_t[::1] ts, const int64_t[::1] price,
                 const int64_t[::1] qty, const int64_t[::1] side, int64_t ts_begin, int64_t ts_end,
                 str closed="left"):
    """Candles of trades, as a kernel makes them: those that ended in (ts_begin, ts_end], None before the first trade.

    Parameters
    ----------
    instrument : Instrument
    interval_ns : int
    ts, price, qty, side : (n,) int64 arrays
        Trades by time of receipt: ns, ticks, lots, `Side` of the aggressor.
    ts_begin, ts_end : int
        ns; an interval that had begun at `ts_begin` already is not whole and is left out.
    closed : {"left", "right"}
        Whether a trade at the boundary of two intervals belongs to the one that opens there, or to the one that ends.

    Returns
    -------
    list of Candle
    """
    cdef CandleMaker maker = CandleMaker.__new__(CandleMaker)
    cdef int64_t row = 0, rows = ts.shape[0]
    cdef int64_t opens
    if interval_ns <= 0:
        raise InvalidArgument(f"a candle's interval must be positive, was {interval_ns} ns")
    if not rows == price.shape[0] == qty.shape[0] == side.shape[0]:
        raise InvalidArgument("the columns of trades differ in length")
    if not -VEL_TIME_MAX <= ts_begin <= ts_end <= VEL_TIME_MAX:
        raise InvalidArgument(f"ts_begin must not lie after ts_end, nor either outside of 1823 to 2116, was {ts_begin} "
                              f"and {ts_end}")
    if (ts_end - ts_begin) // interval_ns > _CANDLES_MOST:
        raise CapacityError(f"candles of {interval_ns} ns from {ts_begin} to {ts_end} are more than {_CANDLES_MOST:,}: "
                            "choose a longer interval")
    opens = vel_add(ts_begin, interval_ns - 1) // interval_ns * interval_ns
    maker.instrument = instrument
    maker.interval_ns = interval_ns
    maker.is_right = is_right_c(closed)
    found = []
    while row < rows and opens > ts_begin and ts[row] < vel_add(opens, maker.is_right):
        row += 1
    maker.begin(vel_add(opens, interval_ns))
    while vel_add(opens, interval_ns) <= ts_end:
        if len(found) & 0xFFFF == 0:
            PyErr_CheckSignals()
        while row < rows and ts[row] < opens + interval_ns + maker.is_right:
            vel_candle_add(&maker.candle, ts[row], price[row], qty[row], <uint8_t>side[row])
            row += 1
        opens += interval_ns
        PyErr_CheckSignals()
        candle = maker.close(opens)
        if candle is not None:
            found.append(candle)
    return found


seal(CandleMaker)
seal(CandleTopic)
