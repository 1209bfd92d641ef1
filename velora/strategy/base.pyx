"""The compiled base class of strategies."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

cimport cython

from velora.core._c cimport (
    VEL_BUY,
    VEL_DAY,
    VEL_FOK,
    VEL_GTC,
    VEL_GTD,
    VEL_IOC,
    VEL_LIMIT,
    VEL_MARKET,
    VEL_EXEC_POST_ONLY,
    VEL_SELL,
    VEL_STP_TAKER,
    VEL_TRIGGER_STOP,
    VEL_TRIGGER_TOUCHED,
    vel_add,
    vel_order_terms_t,
    VEL_ROUTE_BOOK,
    VEL_ROUTE_FUNDING,
    VEL_ROUTE_GAP,
    VEL_ROUTE_QUOTE,
    VEL_ROUTE_TRADE,
)
from velora.core.book cimport OrderBookL2
from velora.core.bus cimport MessageBus, Request, Topic
from velora.core.context cimport Context
from velora.core.inline_values cimport give_inline_values
from velora.core.instrument cimport Instrument
from velora.core.market cimport Candle, Funding, Gap, Quote, Signal, Timer, Trade
from velora.core.orders cimport Fill, Order, Position
from velora.core.sealed cimport seal
from velora.strategy.terms cimport (
    SNAP_NONE,
    Exits,
    Snap,
    check_exits,
    exit_terms,
    set_terms,
    snap_of,
    snapped,
    take_exits,
)

from velora.core.clock import duration_ns, timer_interval_ns, timestamp_ns
from velora.core.life import StrategyState
from velora.errors import InvalidArgument, NotPicklable

cdef tuple _STATES = tuple(StrategyState)
cdef str _GTC = "GTC"
cdef dict _TIFS = {"GTC": VEL_GTC, "IOC": VEL_IOC, "FOK": VEL_FOK, "GTD": VEL_GTD, "DAY": VEL_DAY}


cdef int64_t _ticks(Instrument instrument, object price, object ticks, str name, bint is_below,
                    Snap snap) except? -1:
    if ticks is not None:
        if price is not None:
            raise InvalidArgument(f"give {name} or {name}_ticks, not both")
        return <int64_t>ticks
    return instrument.price_to_ticks(price) if snap == SNAP_NONE else snapped(instrument, price, is_below, snap)


cdef int64_t _lots(Instrument instrument, object qty, object lots) except? -1:
    if lots is not None:
        if qty is not None:
            raise InvalidArgument("give qty or qty_lots, not both")
        return <int64_t>lots
    if qty is None:
        raise InvalidArgument(f"an order in {instrument.symbol} needs qty or qty_lots")
    return instrument.qty_to_lots(qty)


cdef Order _send_with_exits(Context context, int index, vel_order_terms_t *terms, Exits *exits):
    """Send an entry and the orders that end what it fills as one message."""
    cdef vel_order_terms_t made
    cdef bint both = exits.has_profit and exits.has_stop
    cdef Order entry
    context.batch_c(True)
    try:
        entry = context.order_of(context.submit_terms_c(index, terms))
        if entry.is_done:
            return entry  # denied: there is nothing to protect
        if exits.has_profit:
            exit_terms(&made, terms, entry._c.id, both)
            made.type = VEL_LIMIT
            made.price = exits.profit
            context.submit_terms_c(index, &made)
        if exits.has_stop:
            exit_terms(&made, terms, entry._c.id, both)
            made.type = VEL_MARKET
            made.trigger_kind = VEL_TRIGGER_STOP
            made.trigger = exits.stop
            context.submit_terms_c(index, &made)
    finally:
        context.batch_c(False)
    return entry


@cython.final
cdef class Batch:
    """Commands sent inside travel as one message to each venue; `StrategyBase.batch` makes it."""
    cdef Context _context

    def __enter__(self):
        self._context.batch_c(True)
        return self

    def __exit__(self, *_):
        self._context.batch_c(False)


cdef class StrategyBase:
    """Compiled part of `velora.Strategy`: the hooks as they are when not overridden, and the trading methods.

    A compiled strategy cimports this class and extends it; Python code extends `velora.Strategy`, which adds the checks
    of hook names and signatures.
    """

    def __cinit__(self, *args, **kwargs):
        self._context = Context()

    def __reduce__(self):
        raise NotPicklable(f"the compiled strategy {type(self).__name__} has fields that Python does not see: define "
                           "its __reduce__ to pickle or copy it")

    def _attach(self, Context context not None):
        """Act through a context from now on; the engine calls it at the start of each run."""
        self._context = context

    def _warm_up(self, history):
        """Called by the engine between the warm-up and `on_start`."""

    # ------------------------------------------------------------------ hooks

    cpdef on_start(self):
        """Called once at the start: subscribe, set timers."""

    cpdef on_stop(self):
        """Called once at the end of the run, or after `stop`; not when the strategy failed."""

    cpdef on_trade(self, Trade trade):
        """A trade was received."""

    cpdef on_quote(self, Quote quote):
        """Best bid or ask, or a quantity there, changed."""

    cpdef on_book(self, OrderBookL2 book):
        """A book was updated: once for each diff or snapshot, when all of its levels are in."""

    cpdef on_candle(self, Candle candle):
        """An interval asked for by `subscribe_candles` has ended."""

    cpdef on_order(self, Order order):
        """An own order changed: acknowledged, amended, refused, filled or ended."""

    cpdef on_fill(self, Fill fill):
        """An own order was filled, wholly or in part."""

    cpdef on_position(self, Position position):
        """A position changed."""

    cpdef on_funding(self, Funding funding):
        """Funding is paid."""

    cpdef on_gap(self, Gap gap):
        """The feed lost messages; the book is stale until the next snapshot."""

    cpdef on_timer(self, Timer timer):
        """A timer set without a callback is due."""

    cpdef on_signal(self, Signal signal):
        """A signal was emitted."""

    # ------------------------------------------------------------------ reading

    @property
    def now(self):
        """Local time in nanoseconds since the Unix epoch, UTC."""
        return self._context.now_c()

    @property
    def instruments(self):
        """List of all instruments of the run."""
        return self._context.all_instruments()

    def instrument(self, symbol):
        """Instrument by symbol, or by "SYMBOL@venue" where two venues share one."""
        return self._context.instrument_at(self._context.index_of(symbol))

    def book(self, instrument):
        """Book of an instrument as received up to now: a live view."""
        return self._context.book_at(self._context.index_of(instrument))

    def position(self, instrument):
        """Position in an instrument: a live view."""
        return self._context.position_at(self._context.index_of(instrument))

    def order(self, int64_t order_id):
        """Own order by id."""
        return self._context.order_of(order_id)

    def orders(self, instrument=None, *, Order parent=None):
        """List of own orders that may still fill, of one instrument or of all, oldest first.

        Parameters
        ----------
        instrument : str or Instrument, optional
        parent : Order, optional
            Only its children, such as those that ``take_profit=`` and ``stop_loss=`` have made.
        """
        if parent is not None and instrument is None:
            instrument = parent.instrument
        found = self._context.open_orders(-1 if instrument is None else self._context.index_of(instrument))
        return found if parent is None else [one for one in found if (<Order>one)._c.terms.parent == parent._c.id]

    # ------------------------------------------------------------------ life

    @property
    def life(self):
        """StrategyState: NEW, RUNNING, STOPPING, STOPPED or FAILED."""
        return _STATES[self._context.state_c()]

    @property
    def portfolio(self):
        """Capital, positions, exposure and PnL of this strategy: a live view."""
        return self._context.portfolio_c()

    def stop(self):
        """End this strategy; the others of the run go on.

        When the current event has been delivered to every strategy, the open orders of this one are cancelled, its
        timers and subscriptions removed, and `on_stop` is called, which may still trade. Reports of its orders keep
        updating its positions.
        """
        self._context.stop_c()

    def kill(self):
        """Close the gate of the run: from here on new orders and amends of every strategy are denied.

        A denied order exists, in state DENIED with the reason KILLED, and `on_order` is called with it. Cancels pass.
        The gate stays closed until the run ends.
        """
        self._context.kill_c()

    # ------------------------------------------------------------------ subscriptions

    cdef int _subscribe(self, int kind, tuple instruments, object every_n, object volume, object interval,
                        object price_move_ticks, bint best_change) except -1:
        cdef int64_t n = every_n, move = price_move_ticks
        cdef int64_t interval_ns = 0 if interval is None else duration_ns(interval, "interval")
        if n < 1:
            raise InvalidArgument(f"every_n must be at least 1, was {every_n!r}")
        if move < 0:
            raise InvalidArgument(f"price_move_ticks must be at least 0, was {price_move_ticks!r}")
        if interval_ns < 0:
            raise InvalidArgument(f"interval must be at least 0, was {interval!r}")
        return self._context.subscribe_c(kind, instruments, n, volume, interval_ns, move, best_change)

    def subscribe_trades(self, *instruments, every_n=1, volume=None, interval=None, price_move_ticks=0):
        """Receive `on_trade` for these instruments (all when none is named), each trade or fewer.

        Parameters
        ----------
        *instruments : str or Instrument
        every_n : int
            Only each n-th trade.
        volume : float, str or Decimal, optional
            Only when this much was traded since the last wake-up.
        interval : str, timedelta or ns, optional
            Only when this much local time has passed since the last wake-up.
        price_move_ticks : int
            Only when the price has moved so far since the last wake-up.

        Notes
        -----
        The conditions of one subscription must all hold; they are checked before Python is called. A strategy may
        subscribe several times: a trade that several of them let through is delivered once.
        """
        self._subscribe(VEL_ROUTE_TRADE, instruments, every_n, volume, interval, price_move_ticks, False)

    def subscribe_quotes(self, *instruments, every_n=1, interval=None, price_move_ticks=0, bint best_change=False):
        """Receive `on_quote` for these instruments (all when none is named), each quote or fewer.

        Parameters
        ----------
        *instruments : str or Instrument
        every_n, interval
            See `subscribe_trades`.
        price_move_ticks : int
            Only when the mid has moved so far since the last wake-up.
        best_change : bool
            Only when the best bid or ask price has changed, not for quantities alone.
        """
        self._subscribe(VEL_ROUTE_QUOTE, instruments, every_n, None, interval, price_move_ticks, best_change)

    def subscribe_book(self, *instruments, every_n=1, interval=None, price_move_ticks=0, bint best_change=False):
        """Receive `on_book` for these instruments (all when none is named), each update or fewer.

        Parameters
        ----------
        *instruments : str or Instrument
        every_n, interval, price_move_ticks, best_change
            See `subscribe_quotes`.
        """
        self._subscribe(VEL_ROUTE_BOOK, instruments, every_n, None, interval, price_move_ticks, best_change)

    def subscribe_funding(self, *instruments):
        """Receive `on_funding` for these instruments (all when none is named)."""
        self._subscribe(VEL_ROUTE_FUNDING, instruments, 1, None, None, 0, False)

    def subscribe_gaps(self, *instruments):
        """Receive `on_gap` for these instruments (all when none is named)."""
        self._subscribe(VEL_ROUTE_GAP, instruments, 1, None, None, 0, False)

    def subscribe_candles(self, instrument, interval, *, closed="left"):
        """Receive `on_candle` at the end of each interval, such as ``"1m"``; intervals start at its multiples.

        A trade at the boundary of two intervals belongs to the one that opens there, as in venues' klines; with
        ``closed="right"`` to the one that ends there.
        """
        self._context.subscribe_candles(instrument, duration_ns(interval, "interval"), closed)

    def track_queue(self, *instruments):
        """Estimate from now on where own orders of these instruments (all when none is named) stand in their queues."""
        self._context.track_queue_c(instruments)

    def queue_position(self, Order order not None):
        """Where an order stands in its queue, estimated from what a strategy receives: a `QueuePosition`.

        None for orders that are not tracked (see `track_queue`), not yet acknowledged, or over. It is made here from
        the feed by level and the venue's answers, the same way live and in a backtest.
        """
        return self._context.queue_position_c(order)

    # ------------------------------------------------------------------ timers and signals

    def every(self, interval, callback=None, *, str name=""):
        """Call back at each interval from now on; without a callback, `on_timer` is called.

        Parameters
        ----------
        interval : str, timedelta or ns
            Such as ``"100ms"``; at least 1 us unless given as `vl.ns`.
        callback : callable, optional
            Called without arguments.
        name : str
            Name of the `Timer`.

        Returns
        -------
        int
            Id for `cancel_timer`.
        """
        cdef int64_t interval_ns = timer_interval_ns(interval)
        return self._context.timer_c(vel_add(self._context.now_c(), interval_ns), interval_ns, callback, name)

    def at(self, ts, callback=None, *, str name=""):
        """Call back once at a local time (ns, ISO string or datetime); a past time is due at once."""
        cdef int64_t due = timestamp_ns(ts)
        cdef int64_t now = self._context.now_c()
        return self._context.timer_c(due if due > now else now, 0, callback, name)

    def after(self, delay, callback=None, *, str name=""):
        """Call back once after a delay such as ``"5s"``."""
        cdef int64_t delay_ns = duration_ns(delay, "delay")
        if delay_ns < 0:
            raise InvalidArgument(f"delay must be at least 0, was {delay!r}")
        return self._context.timer_c(vel_add(self._context.now_c(), delay_ns), 0, callback, name)

    def cancel_timer(self, int64_t timer_id):
        """Stop a timer; one that is unknown or done is fine."""
        self._context.cancel_timer_c(timer_id)

    def emit(self, str name, value=None):
        """Publish a signal; `on_signal` receives it when the current event has been delivered to every strategy.

        It is a message to the topic ``signals.NAME`` as well, and its `strategy` names the emitting strategy.
        """
        self._context.emit_c(name, value)

    # ------------------------------------------------------------------ the bus

    def publish(self, str topic not None, message=None):
        """Publish any object to a topic of the run's bus.

        The present subscribers receive it when the current event has been delivered to every strategy: in the order of
        publication, before the next event. See the message bus.

        Parameters
        ----------
        topic : str
            Such as ``"skew.BTCUSDT"``.
        message : object
        """
        self._context.bus_c().topic_c(topic).publish_c(message)

    def subscribe(self, str pattern not None, handler, int priority=0):
        """Call a handler with each message of each topic that fits a pattern, until this strategy ends.

        Parameters
        ----------
        pattern : str
            A topic's name; ``*`` stands for any run of characters, ``?`` for one. The engine publishes
            ``data.trades.SYMBOL``, ``data.quotes.``, ``data.books.``, ``data.gaps.`` and ``data.funding.``,
            ``data.candles.SYMBOL.INTERVAL`` (an interval that a strategy subscribed to, such as ``1m``),
            ``orders.STRATEGY``, ``fills.`` and ``positions.``, and ``signals.NAME``.
        handler : callable
            Called with the message. What it raises is this strategy's failure, as if a hook had raised it.
        priority : int
            Higher is served first; equal ones in the order of subscription.

        Returns
        -------
        velora.core.bus.Subscription
            Its `cancel` ends it.
        """
        return self._context.subscribe_topic_c(pattern, handler, priority)

    def endpoint(self, str name not None, handler):
        """Give a handler a name that other strategies can `send` to or `request` from, until this strategy ends.

        Parameters
        ----------
        name : str
        handler : callable
            Called with the message, or for a request with a `velora.core.bus.Request`. What it raises is raised to the
            sender, or makes the request fail: it is a call.

        Returns
        -------
        velora.core.bus.Endpoint
        """
        return self._context.endpoint_c(name, handler)

    def send(self, str endpoint not None, message=None):
        """Call an endpoint's handler now and give back what it returns.

        Raises
        ------
        NotFound
            If there is no such endpoint; the message names those that are near.
        """
        return self._context.bus_c().send(endpoint, message)

    def request(self, str endpoint not None, message, on_response, *, timeout=None):
        """Send a request to an endpoint, which may answer it later.

        Parameters
        ----------
        endpoint : str
        message : object
        on_response : callable
            Called once with a `velora.core.bus.Response`: its `status` is "answered", "failed" or "timed_out".
        timeout : str, timedelta or ns, optional
            Local time after which there is no answer; none by default.

        Returns
        -------
        int
            The request's id.
        """
        cdef int64_t timeout_ns = -1
        if timeout is not None:
            timeout_ns = duration_ns(timeout, "timeout")
            if timeout_ns < 0:
                raise InvalidArgument(f"timeout must be at least 0, was {timeout!r}")
        return self._context.request_c(endpoint, message, on_response, timeout_ns)

    def respond(self, request, message=None):
        """Answer a request, given itself or by its id; False when it was answered already, or too late."""
        cdef int64_t request_id
        if type(request) is Request:
            request_id = (<Request>request).id
        elif isinstance(request, int):
            request_id = request
        else:
            raise InvalidArgument(f"respond answers a Request or the id of one, was {request!r}; `endpoint` takes them")
        return self._context.bus_c().respond(request_id, message)

    # ------------------------------------------------------------------ of compiled strategies

    cdef MessageBus bus_c(self):
        return self._context.bus_c()

    cdef Topic topic_c(self, str name):
        return self._context.bus_c().topic_c(name)

    cdef int begin_batch_c(self) except -1:
        return self._context.batch_c(True)

    cdef int end_batch_c(self) except -1:
        return self._context.batch_c(False)

    cdef int64_t now_c(self) except -1:
        return self._context.now_c()

    cdef int index_c(self, object instrument) except -1:
        return self._context.index_of(instrument)

    cdef OrderBookL2 book_c(self, int index):
        return self._context.book_at(index)

    cdef Position position_c(self, int index):
        return self._context.position_at(index)

    cdef int64_t buy_c(self, int index, int64_t price_ticks, int64_t qty_lots, bint post_only=False) except -1:
        return self._context.submit_c(index, VEL_BUY, VEL_LIMIT, VEL_GTC, post_only, price_ticks, qty_lots)

    cdef int64_t sell_c(self, int index, int64_t price_ticks, int64_t qty_lots, bint post_only=False) except -1:
        return self._context.submit_c(index, VEL_SELL, VEL_LIMIT, VEL_GTC, post_only, price_ticks, qty_lots)

    cdef int cancel_c(self, int64_t order_id) except -1:
        return self._context.cancel_c(order_id)

    cdef int amend_c(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots) except -1:
        return self._context.amend_c(order_id, price_ticks, qty_lots)

    cdef int quote_ticks_c(self, int index, int64_t bid_ticks, int64_t bid_lots, int64_t ask_ticks, int64_t ask_lots,
                           bint post_only=True) except -1:
        if bid_lots > 0 and ask_lots > 0 and bid_ticks >= ask_ticks:
            raise InvalidArgument(f"the quoted bid must lie below the ask, was {bid_ticks} and {ask_ticks} ticks")
        self._context.quote_c(index, VEL_BUY, bid_lots > 0, bid_ticks, bid_lots, post_only)
        return self._context.quote_c(index, VEL_SELL, ask_lots > 0, ask_ticks, ask_lots, post_only)

    # ------------------------------------------------------------------ trading

    cdef object _submit(self, object where, uint8_t side, object qty, object price, object price_ticks,
                        object qty_lots, str time_in_force, bint post_only, object snap, dict terms):
        cdef int index = self._context.index_of(where)
        cdef Snap way = SNAP_NONE if snap is None else snap_of(snap)
        cdef Instrument instrument = None
        cdef bint market = price is None and price_ticks is None
        cdef uint8_t tif = VEL_GTC
        cdef vel_order_terms_t made
        cdef Exits exits
        exits.has_profit = exits.has_stop = False
        if qty_lots is None or price is not None or terms:  # else nothing is to be converted
            instrument = self._context.instrument_at(index)
        memset(&made, 0, sizeof(made))
        made.side = side
        made.qty = _lots(instrument, qty, qty_lots)
        made.price = 0 if market else _ticks(instrument, price, price_ticks, "price", side == VEL_BUY, way)
        made.type = VEL_MARKET if market else VEL_LIMIT
        made.stp = VEL_STP_TAKER
        if time_in_force is not _GTC:
            found = _TIFS.get(time_in_force)
            if found is None:
                raise InvalidArgument(f"time_in_force must be one of {', '.join(_TIFS)}, was {time_in_force!r}")
            tif = found
        made.tif = tif
        if made.qty <= 0:
            raise InvalidArgument(f"qty must be positive, was {qty if qty_lots is None else qty_lots!r}")
        if post_only:
            if market:
                raise InvalidArgument("a market order cannot be post-only")
            if tif == VEL_IOC or tif == VEL_FOK:
                raise InvalidArgument(f"a post-only order rests: its time_in_force must be GTC, GTD or DAY, was "
                                      f"{time_in_force}")
            made.flags = VEL_EXEC_POST_ONLY
        if terms:
            if isinstance(terms.get("parent"), Order):
                self._context.check_own_c(terms["parent"])
            take_exits(&exits, &made, instrument, terms, way)
            set_terms(&made, instrument, terms, way)
        if made.tif == VEL_GTD and made.expiry == 0:
            raise InvalidArgument("a GTD order needs expire=, when it ends")
        if exits.has_profit or exits.has_stop:
            check_exits(&exits, &made, instrument)
            return _send_with_exits(self._context, index, &made, &exits)
        return self._context.order_of(self._context.submit_terms_c(index, &made))

    def buy(self, instrument, qty=None, price=None, *, price_ticks=None, qty_lots=None, str time_in_force="GTC",
            bint post_only=False, snap=None, **terms):
        """Send a buy order: limit at `price`, or market without one.

        Parameters
        ----------
        instrument : str or Instrument
        qty, price : float, str or Decimal
            On the grid; or `qty_lots` and `price_ticks` as integers.
        time_in_force : {"GTC", "IOC", "FOK", "GTD", "DAY"}
        post_only : bool
            Refused rather than taking liquidity.
        snap : {"outward", "inward", "nearest"}, optional
            What becomes of prices off the grid, which are refused without it: they move by less than a tick away from
            the market (a buy's price down, a sell's up), towards it, or to the nearest tick. Quantities are not
            rounded, see `Instrument.floor_qty`.
        **terms
            Further terms: `take_profit`, `stop_loss`, `stop`, `touch`, `trail`, `display`, `reduce_only`, `expire`,
            `oco_group`, `parent` and so on; see `velora.strategy.terms.OrderTerms`.

        Returns
        -------
        Order
            The object that callbacks receive too; it is up to date at any time.

        Raises
        ------
        OffGrid, InvalidArgument, UnknownInstrument
        """
        return self._submit(instrument, VEL_BUY, qty, price, price_ticks, qty_lots, time_in_force, post_only, snap,
                            terms)

    def sell(self, instrument, qty=None, price=None, *, price_ticks=None, qty_lots=None, str time_in_force="GTC",
             bint post_only=False, snap=None, **terms):
        """Send a sell order; see `buy`."""
        return self._submit(instrument, VEL_SELL, qty, price, price_ticks, qty_lots, time_in_force, post_only, snap,
                            terms)

    def mass_cancel(self, instrument):
        """Ask the venue in one message to cancel every order of an instrument that it holds when that arrives."""
        self._context.mass_cancel_c(self._context.index_of(instrument))

    def cancel(self, Order order not None):
        """Ask for the cancellation of an order; one that has ended is fine."""
        self._context.cancel_order_c(order)

    def cancel_all(self, instrument=None):
        """Ask for the cancellation of every open order, of one instrument or of all."""
        for order in self.orders(instrument):
            self._context.cancel_c((<Order>order)._c.id)

    def amend(self, Order order not None, *, price=None, qty=None, price_ticks=None, qty_lots=None, trigger=None,
              trigger_ticks=None, snap=None):
        """Ask for a new price, a new total quantity, or both; or for a new trigger.

        A smaller quantity at the same price keeps the queue position; any other change loses it. `trigger` (or
        `trigger_ticks`) moves the trigger of a stop or touched order that waits for it. `snap` is that of `buy`.
        """
        cdef Snap way = SNAP_NONE if snap is None else snap_of(snap)
        cdef bint is_buy = order._c.terms.side == VEL_BUY
        if order.is_done:
            raise InvalidArgument(f"{order!r} has ended and cannot be amended")
        self._context.check_own_c(order)
        if trigger is not None or trigger_ticks is not None:
            if price is not None or qty is not None or price_ticks is not None or qty_lots is not None:
                raise InvalidArgument("amend the trigger, or price and quantity, not both at once")
            self._context.amend_trigger_c(order._c.id, _ticks(
                order.instrument, trigger, trigger_ticks, "trigger",
                is_buy == (order._c.terms.trigger_kind == VEL_TRIGGER_TOUCHED), way))
            return
        if order._c.terms.type == VEL_MARKET:
            raise InvalidArgument(f"{order!r} is a market order and cannot be amended")
        cdef int64_t ticks = order._c.terms.price
        cdef int64_t lots = order._c.terms.qty
        if price is not None or price_ticks is not None:
            ticks = _ticks(order.instrument, price, price_ticks, "price", is_buy, way)
        if qty is not None or qty_lots is not None:
            lots = _lots(order.instrument, qty, qty_lots)
        if lots <= 0:
            raise InvalidArgument(f"qty must be positive, was {lots} lots")
        self._context.amend_c(order._c.id, ticks, lots)

    def quote(self, instrument, bid=None, ask=None, qty=None, *, bid_qty=None, ask_qty=None, bid_ticks=None,
              ask_ticks=None, qty_lots=None, bint post_only=True, snap=None):
        """Declare the quotes that should stand; the engine sends the difference as new, amend or cancel.

        Parameters
        ----------
        instrument : str or Instrument
        bid, ask : float, str, Decimal or None
            Price of each side (or `bid_ticks`, `ask_ticks`); None means that nothing should stand there.
        qty : float, str or Decimal
            Quantity of both sides (or `qty_lots`), or of one by `bid_qty` and `ask_qty`.
        post_only : bool
            Refused rather than taking liquidity.
        snap : {"outward", "inward", "nearest"}, optional
            What becomes of prices off the grid, which are refused without it: the bid moves down and the ask up by less
            than a tick, the other way, or each to the nearest tick.

        Notes
        -----
        A quote that was filled is not replaced before the next call. While a request for it is unanswered a declaration
        waits for the answer; the latest one counts.
        """
        cdef int index = self._context.index_of(instrument)
        cdef Instrument spec = self._context.instrument_at(index)
        cdef int64_t ticks, lots
        cdef bint wanted
        cdef Snap way = SNAP_NONE if snap is None else snap_of(snap)
        if self._context._quote_guards is not None and not self._context.may_quote_c(spec):
            self._context.pull_quotes_c(index)
            return
        wanted = bid is not None or bid_ticks is not None
        ticks = _ticks(spec, bid, bid_ticks, "bid", True, way) if wanted else 0
        lots = (spec.qty_to_lots(bid_qty) if bid_qty is not None else _lots(spec, qty, qty_lots)) if wanted else 0
        if wanted and lots <= 0:
            raise InvalidArgument(f"quoted quantities must be positive, was {lots} lots")
        cdef int64_t bid_at = ticks, bid_lots = lots
        cdef bint bid_wanted = wanted
        wanted = ask is not None or ask_ticks is not None
        ticks = _ticks(spec, ask, ask_ticks, "ask", False, way) if wanted else 0
        lots = (spec.qty_to_lots(ask_qty) if ask_qty is not None else _lots(spec, qty, qty_lots)) if wanted else 0
        if wanted and lots <= 0:
            raise InvalidArgument(f"quoted quantities must be positive, was {lots} lots")
        if wanted and bid_wanted and bid_at >= ticks:
            raise InvalidArgument(f"the quoted bid must lie below the ask, was {bid_at} and {ticks} ticks")
        self._context.quote_c(index, VEL_BUY, bid_wanted, bid_at, bid_lots, post_only)
        self._context.quote_c(index, VEL_SELL, wanted, ticks, lots, post_only)

    def batch(self):
        """Commands sent inside (new, amend, cancel, quote) travel as one message to each venue.

        The message has one latency and one fate, those of its first command. Its commands arrive at one instant and act
        in order, as at a venue's batch endpoint. Answers come one by one. A speed bump holds those of its commands
        that may take, and not the others. A batch within a batch is part of it.

        Examples
        --------
        >>> with self.batch():  # doctest: +SKIP
        ...     self.cancel(old)
        ...     self.buy("BTCUSDT", 0.01, 61_000)
        ...     self.quote("ETHUSDT", bid=2_600, ask=2_601, qty=0.1)
        """
        cdef Batch made = Batch.__new__(Batch)
        made._context = self._context
        return made

    def quote_many(self, quotes, *, bint post_only=True, snap=None):
        """Declare quotes of several instruments in one batch.

        Parameters
        ----------
        quotes : iterable of tuple
            ``(instrument, bid, ask, qty)`` each, as in `quote`; a price of None means that nothing should stand on that
            side.
        post_only, snap
            As in `quote`.
        """
        with self.batch():
            for instrument, bid, ask, qty in quotes:
                self.quote(instrument, bid, ask, qty, post_only=post_only, snap=snap)


give_inline_values(StrategyBase)
seal(Batch)
