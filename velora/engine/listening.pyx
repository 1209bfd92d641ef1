"""A kernel whose hooks may be joined while it runs, and that can warm a strategy up.

Without listeners an event takes the plain kernel's way and costs nothing more: the first listener of a hook puts a
fan-out in the place of the strategy's own method, the last one takes it away again.
"""

from libc.stdint cimport int64_t, uint32_t

from velora.core._c cimport (
    VEL_WAKE_BOOK,
    VEL_WAKE_FILL,
    VEL_WAKE_FUNDING,
    VEL_WAKE_GAP,
    VEL_WAKE_ORDER,
    VEL_WAKE_QUOTE,
    VEL_WAKE_TRADE,
)
from velora.engine.kernel cimport CandleMaker, Kernel
from velora.strategy.base cimport StrategyBase

from velora.errors import InvalidArgument

#: Hooks that a listener may join, and what wakes them; 0 where nothing has to be asked for.
cdef dict _WAKES = {
    "on_trade": VEL_WAKE_TRADE,
    "on_quote": VEL_WAKE_QUOTE,
    "on_book": VEL_WAKE_BOOK,
    "on_funding": VEL_WAKE_FUNDING,
    "on_gap": VEL_WAKE_GAP,
    "on_order": VEL_WAKE_ORDER,
    "on_fill": VEL_WAKE_FILL,
    "on_candle": 0,
    "on_signal": 0,
}


cdef class Fanout:
    """Calls several callbacks with one event."""

    def __init__(self, tuple entries not None):
        self._entries = entries

    def __call__(self, event):
        for callback, instruments in self._entries:
            if instruments is None or id(event.instrument) in instruments:
                callback(event)


cdef class ListeningKernel(Kernel):
    """A `Kernel` that more than the strategy's own hooks can listen to.

    Takes the arguments of `Kernel`. The strategy finds it in its attribute `_engine` from `on_start` on.
    """

    def __cinit__(self, *args, **kwargs):
        self._methods = {}
        self._listeners = {}
        self._own = [0] * len(self.instruments)

    def warm_up(self, int64_t duration_ns, history):
        """Give the first `duration_ns` of the run to `history`, before the strategy starts.

        Parameters
        ----------
        duration_ns : int
        history : History
            Its `add` receives each trade; `on_warmup` of the strategy receives it at the end.
        """
        if self._is_started:
            raise InvalidArgument("a warm-up is set before the run starts")
        self.warmup_ns = duration_ns
        self.history = history

    # ------------------------------------------------------------------ listeners

    def listen(self, str hook, callback, instruments=None, *, bint first=False):
        """Call back with every event of a hook from now on, besides the strategy's own method.

        Parameters
        ----------
        hook : str
            Such as ``"on_trade"``.
        callback : callable
            Called with the event.
        instruments : sequence of str or Instrument, optional
            Only with events of these; of all when not given.
        first : bool
            Before the strategy's own method rather than after it.
        """
        if hook not in _WAKES:
            raise InvalidArgument(f"a listener may join {', '.join(_WAKES)}, was {hook!r}")
        indices = range(len(self.instruments))
        if instruments is not None:
            indices = [self.index_of(one) for one in instruments]
        only = None if instruments is None else frozenset(id(self.instruments[index]) for index in indices)
        self._listeners.setdefault(hook, []).append((callback, only, first))
        for index in indices:
            self._local.instruments[<int>index].wake_mask |= <uint32_t><int>_WAKES[hook]
        if not self._is_starting:
            self._rebind(hook)

    def unlisten(self, str hook, callback):
        """Stop calling back; a callback that does not listen is fine. Wakes stay: they cost little."""
        kept = [entry for entry in self._listeners.get(hook, ()) if entry[0] != callback]
        self._listeners[hook] = kept
        if not self._is_starting:
            self._rebind(hook)

    def adopt(self, StrategyBase part not None):
        """Let another strategy act in this run: its orders and positions are the run's."""
        part._context = self

    cdef object _method(self, str hook):
        return self._methods.get(hook)

    cdef int _rebind(self, str hook) except -1:
        listeners = self._listeners.get(hook)
        own = self._method(hook)
        if not listeners:
            return self._bind(hook, own)
        entries = [(callback, only) for callback, only, first in listeners if first]
        if own is not None:
            entries.append((own, self._own_instruments(hook)))
        entries.extend((callback, only) for callback, only, first in listeners if not first)
        return self._bind(hook, Fanout(tuple(entries)))

    def _own_instruments(self, hook):
        """Ids of the instruments whose events of this kind the strategy itself asked for; None for all."""
        cdef int kind = _WAKES[hook]
        if kind == 0 or kind & (VEL_WAKE_ORDER | VEL_WAKE_FILL):
            return None
        return frozenset(id(self.instruments[index]) for index, mask in enumerate(self._own) if mask & kind)

    cdef int _bind(self, str hook, object callback) except -1:
        if hook == "on_trade":
            self._on_trade = callback
        elif hook == "on_quote":
            self._on_quote = callback
        elif hook == "on_book":
            self._on_book = callback
        elif hook == "on_funding":
            self._on_funding = callback
        elif hook == "on_gap":
            self._on_gap = callback
        elif hook == "on_order":
            self._on_order = callback
        elif hook == "on_fill":
            self._on_fill = callback
        elif hook == "on_candle":
            self._on_candle = callback
        else:
            self._on_signal = callback
        return 0

    # ------------------------------------------------------------------ of the kernel

    cdef int subscribe_c(self, int wakes, object instruments) except -1:
        Kernel.subscribe_c(self, wakes, instruments)
        for index in ([self.index_of(one) for one in instruments] if instruments else range(len(self.instruments))):
            self._own[index] = self._own[index] | wakes
        if not self._is_starting:
            for hook, kind in _WAKES.items():
                if kind & wakes and self._listeners.get(hook):
                    self._rebind(hook)
        return 0

    cdef int subscribe_candles_c(self, int index, int64_t interval_ns) except -1:
        cdef Py_ssize_t before = len(self._candles[index])
        Kernel.subscribe_candles_c(self, index, interval_ns)
        if len(self._candles[index]) > before and self.has_fresh_history:
            self._resume(<CandleMaker>self._candles[index][before], self.history.trades(self.instruments[index]))
        return 0

    @property
    def has_fresh_history(self):
        """Whether a warm-up has just ended, so that what begins now goes on from it without a hole."""
        return self.history is not None and self.history.ts_end == self._local.now

    cdef int _resume(self, CandleMaker maker, object trades) except -1:
        """Give a new maker the trades that the warm-up saw of the interval in progress."""
        cdef const int64_t[::1] ts = trades.ts, price = trades.price_ticks, qty = trades.qty_lots, side = trades.side
        cdef int64_t opens = self._local.now // maker.interval_ns * maker.interval_ns
        cdef int64_t row, rows = ts.shape[0]
        for row in range(rows):
            if row > 0 and ts[row - 1] <= opens < ts[row]:
                maker.close(opens)
            maker.add(price[row], qty[row], <unsigned char>side[row])
        if rows > 0 and ts[rows - 1] <= opens:
            maker.close(opens)
        return 0

    cdef int start(self, int64_t ts) except -1:
        cdef int index
        if not self._is_started and hasattr(self.strategy, "_join"):  # a compiled strategy has no use for it
            self.strategy._join(self)
        if self.warmup_ns > 0 and not self._is_started:
            self._is_started = True
            self._local.now = ts
            (<StrategyBase>self.strategy)._context = self
            self.history.ts_begin = ts
            self._on_trade = self.history.add
            for index in range(self._local.instruments_count):
                self._local.instruments[index].wake_mask |= VEL_WAKE_TRADE
            self.timer_c(ts + self.warmup_ns, 0, self._end_warmup, "warm-up")
            return 0
        # Whatever joins in on_start is bound when the kernel has bound and subscribed the strategy's own hooks.
        self._is_starting = True
        Kernel.start(self, ts)
        self._is_starting = False
        self._methods = {
            "on_trade": self._on_trade, "on_quote": self._on_quote, "on_book": self._on_book,
            "on_funding": self._on_funding, "on_gap": self._on_gap, "on_order": self._on_order,
            "on_fill": self._on_fill, "on_candle": self._on_candle, "on_signal": self._on_signal,
        }
        for hook, kind in _WAKES.items():
            if self._methods[hook] is not None and not self._subscribed & <int>kind:
                self._own = [mask | kind for mask in self._own]
            if self._listeners.get(hook):
                self._rebind(hook)
        return self.flush_signals()

    cdef int flush_signals(self) except -1:
        # What on_start emits waits until whoever began to listen there is bound.
        return 0 if self._is_starting else Kernel.flush_signals(self)

    def _end_warmup(self):
        cdef int index
        for index in range(self._local.instruments_count):
            self._local.instruments[index].wake_mask = 0
        self._on_trade = None
        history, duration = self.history, self.warmup_ns
        self.warmup_ns = 0
        history.ts_end = self._local.now
        self.strategy._warm_up(history)
        self.start(self._local.now)
        self.warmup_ns = duration

    cdef int stop(self) except -1:
        if self.history is not None and self.history.ts_end == 0:
            raise InvalidArgument(f"the data ends within the warm-up of {self.warmup_ns / 1e9:g} s: "
                                  "the strategy never started")
        return Kernel.stop(self)


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
            maker.add(price[row], qty[row], <unsigned char>side[row])
            row += 1
        opens += interval_ns
        candle = maker.close(opens)
        if candle is not None:
            found.append(candle)
    return found
