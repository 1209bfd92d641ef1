"""The context of a strategy: all that it has of the engine that runs it.

`Context` is the contract between the two. The engine extends it, once for each strategy of a run; a strategy and its
components (targets, brackets, signals and so on) see nothing else of the engine. Compiled code calls the `cdef`
methods. Python components call the `def` methods, which take instruments instead of indices and keep to ticks and lots.
"""

from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport VEL_GTC, VEL_LIMIT, VEL_MARKET, vel_add, vel_order_terms_t
from velora.core.book cimport OrderBookL2
from velora.core.bus cimport MessageBus
from velora.core.instrument cimport Instrument
from velora.core.orders cimport Order, Position

from velora.core.life import StrategyState
from velora.errors import NotPicklable, VeloraError

cdef tuple _STATES = tuple(StrategyState)


cdef class Context:
    """What an engine offers a strategy. This base class is the state before a strategy is part of a run: nearly every
    method raises.
    """

    def __reduce__(self):
        raise NotPicklable("this object works through the run of its strategy and can be neither "
                           "pickled nor copied: make it anew in on_start")

    def _detached(self):
        return VeloraError("this strategy is not part of a run yet: books, orders and timers exist from on_start on")

    # ------------------------------------------------------------------ for an engine to implement

    cdef int64_t now_c(self) except -1:
        raise self._detached()

    cdef int state_c(self) noexcept:
        return 0

    cdef int index_of(self, object instrument) except -1:
        raise self._detached()

    cdef object instrument_at(self, int index):
        raise self._detached()

    cdef list all_instruments(self):
        raise self._detached()

    cdef OrderBookL2 book_at(self, int index):
        raise self._detached()

    cdef Position position_at(self, int index):
        raise self._detached()

    cdef object portfolio_c(self):
        raise self._detached()

    cdef Order order_of(self, int64_t order_id):
        raise self._detached()

    cdef list open_orders(self, int index):
        raise self._detached()

    cdef int check_own_c(self, Order order) except -1:
        raise self._detached()

    cdef int check_can_trade_c(self) except -1:
        raise self._detached()

    cdef int64_t submit_c(self, int index, uint8_t side, uint8_t type, uint8_t tif, bint post_only,
                          int64_t price_ticks, int64_t qty_lots) except -1:
        raise self._detached()

    cdef int64_t submit_terms_c(self, int index, const vel_order_terms_t *terms) except -1:
        raise self._detached()

    cdef int amend_c(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots) except -1:
        raise self._detached()

    cdef int amend_trigger_c(self, int64_t order_id, int64_t trigger_ticks) except -1:
        raise self._detached()

    cdef int cancel_c(self, int64_t order_id) except -1:
        raise self._detached()

    cdef int mass_cancel_c(self, int index) except -1:
        raise self._detached()

    cdef int quote_c(self, int index, uint8_t side, bint is_wanted, int64_t price_ticks, int64_t qty_lots,
                     bint post_only) except -1:
        raise self._detached()

    cdef int pull_quotes_c(self, int index) except -1:
        raise self._detached()

    cdef int batch_c(self, bint begins) except -1:
        raise self._detached()

    cdef int kill_c(self) except -1:
        raise self._detached()

    cdef int track_queue_c(self, object instruments) except -1:
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

    cdef int subscribe_candles_c(self, int index, int64_t interval_ns, object closed) except -1:
        raise self._detached()

    cdef int stop_c(self) except -1:
        raise self._detached()

    cdef int emit_c(self, str name, object value) except -1:
        raise self._detached()

    cdef MessageBus bus_c(self):
        raise self._detached()

    cdef object subscribe_topic_c(self, str pattern, object handler, int priority):
        raise self._detached()

    cdef object endpoint_c(self, str name, object handler):
        raise self._detached()

    cdef int64_t request_c(self, str name, object message, object on_response, int64_t timeout_ns) except -1:
        raise self._detached()

    # The engine implements these in Python's terms; only components call them, and none for each event.

    @property
    def is_attached(self):
        """Whether a run has given its strategy this context."""
        return False

    @property
    def has_fresh_history(self):
        """Whether a warm-up has just ended, so that candles which begin now continue those of the history."""
        raise self._detached()

    def subscribe_hook(self, str hook, callback, instruments=None, *, bint first=False):
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
        raise self._detached()

    def unsubscribe_hook(self, str hook, callback):
        """Stop calling back; a callback without a subscription is fine."""
        raise self._detached()

    def record_given_up(self, Instrument instrument not None, str what, str why):
        """Record that a target or another aim was given up: it is in the result and in the log."""
        raise self._detached()

    def route_parameters(self, dict values, apply):
        """Apply a change of parameters, or have it recorded first.

        Parameters
        ----------
        values : dict
            The change as it was asked for.
        apply : callable
            Makes the change and returns what changed. A run that keeps a journal may record `values` as an input and
            have the strategy ask again, instead of calling it.
        """
        return apply()

    # ------------------------------------------------------------------ for components

    @property
    def now(self):
        """Local time in nanoseconds since the Unix epoch, UTC."""
        return self.now_c()

    @property
    def life(self):
        """StrategyState of the strategy."""
        return _STATES[self.state_c()]

    @property
    def instruments(self):
        """List of all instruments of the run."""
        return self.all_instruments()

    def instrument(self, where):
        """Instrument by symbol, "SYMBOL@venue" or itself."""
        return self.instrument_at(self.index_of(where))

    def book(self, where):
        """Book of an instrument: a live view."""
        return self.book_at(self.index_of(where))

    def position(self, where):
        """Position of the strategy in an instrument: a live view."""
        return self.position_at(self.index_of(where))

    def orders(self, where=None):
        """List of orders that may still fill, of one instrument or of all, oldest first."""
        return self.open_orders(-1 if where is None else self.index_of(where))

    def check_can_trade(self):
        """Raise during a warm-up and once the strategy has ended."""
        self.check_can_trade_c()

    def submit(self, where, uint8_t side, int64_t qty_lots, price_ticks=None, *, uint8_t time_in_force=VEL_GTC,
               bint post_only=False):
        """Send a limit order, or a market order without a price; returns the `Order`."""
        cdef bint is_market = price_ticks is None
        return self.order_of(self.submit_c(self.index_of(where), side, VEL_MARKET if is_market else VEL_LIMIT,
                                           time_in_force, post_only, 0 if is_market else price_ticks, qty_lots))

    def cancel(self, Order order not None):
        """Ask for the cancellation of an order; one that has ended is fine."""
        self.cancel_order_c(order)

    def amend(self, Order order not None, int64_t price_ticks, int64_t qty_lots):
        """Ask for a new price and total quantity of an order that has not ended."""
        self.check_own_c(order)
        self.amend_c(order._c.id, price_ticks, qty_lots)

    def guard_quotes(self, guard):
        """Ask a guard before each `Strategy.quote` from now on.

        Parameters
        ----------
        guard : callable
            Called with the instrument; where it returns False, the quotes of the instrument are pulled instead.
        """
        if self._quote_guards is None:
            self._quote_guards = []
        self._quote_guards.append(guard)

    cdef bint may_quote_c(self, Instrument instrument) except -1:
        """Ask all guards, each of them: they may act on what they find."""
        cdef bint may = True
        self.check_can_trade_c()
        for guard in self._quote_guards:
            may &= <bint>guard(instrument)
        return may

    def pull_quotes(self, where):
        """Declare that no quote of an instrument should stand; allowed during a warm-up."""
        self.pull_quotes_c(self.index_of(where))

    def call_after(self, int64_t delay_ns, callback, str name=""):
        """Call back once after a delay; returns the id of the timer."""
        return self.timer_c(vel_add(self.now_c(), delay_ns), 0, callback, name)

    def call_every(self, int64_t interval_ns, callback, str name=""):
        """Call back at each interval from now on; returns the id of the timer."""
        return self.timer_c(vel_add(self.now_c(), interval_ns), interval_ns, callback, name)

    def cancel_timer(self, int64_t timer_id):
        """Stop a timer; one that is unknown or done is fine."""
        self.cancel_timer_c(timer_id)

    def subscribe_candles(self, where, int64_t interval_ns, closed):
        """Have `on_candle` called at the end of each interval; `closed` as of `Strategy.subscribe_candles`."""
        self.subscribe_candles_c(self.index_of(where), interval_ns, closed)

    def emit(self, str name, value):
        """Publish a signal."""
        self.emit_c(name, value)
