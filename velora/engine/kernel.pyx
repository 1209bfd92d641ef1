"""The kernel: the local side of one run, and what it calls in its strategies.

It knows neither where rows and reports come from nor where commands go. A driver hands it events with their local time;
commands wait in the outbox of its C core. Each strategy knows it through a desk of its own: its orders, holdings,
timers and subscriptions. Books, clock and the account at the venue are shared.

What an event sets off (messages, signals, strategies that stop, changed subscriptions) takes effect when the event
has been delivered to everybody, so that the order of delivery decides as little as possible. The bus is held until
then. It delivers in the order of publication; what a topic says of the event itself is published before any hook is
called.
"""

from cpython.object cimport PyObject
from libc.math cimport INFINITY
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

cimport cython

from velora.core._c cimport (
    VEL_BUY,
    VEL_FLAG_OFF_BOOK,
    VEL_NEVER,
    VEL_ORDERS_PER_BLOCK,
    VEL_RATE_SCALE,
    VEL_REPORT_FILL,
    VEL_ROUTE_BOOK,
    VEL_ROUTE_FUNDING,
    VEL_ROUTE_GAP,
    VEL_ROUTE_QUOTE,
    VEL_ROUTE_TRADE,
    VEL_SELL,
    VEL_WAKE_BOOK,
    VEL_WAKE_FILL,
    VEL_WAKE_FUNDING,
    VEL_WAKE_GAP,
    VEL_WAKE_ORDER,
    VEL_WAKE_QUOTE,
    VEL_WAKE_TRADE,
    vel_candle_t,
    vel_add,
    vel_candles_push,
    vel_columns_t,
    vel_hash_i64,
    vel_local_amend,
    vel_local_batch_begin,
    vel_local_batch_end,
    vel_local_cancel,
    vel_orders_drop,
    vel_local_drop_fills,
    vel_local_drop_instants,
    vel_local_drop_samples,
    vel_orders_droppable,
    vel_local_sample_all,
    vel_local_free,
    vel_local_init,
    vel_market_t,
    vel_orders_get,
    vel_local_quote,
    vel_market_quote_fed,
    vel_market_queue_position,
    vel_local_route_add,
    vel_local_routes_clear,
    vel_local_stop,
    vel_local_amend_trigger,
    vel_local_cancel_all,
    vel_local_submit,
    VEL_EXEC_POST_ONLY,
    VEL_STP_TAKER,
    vel_holdings_make,
    vel_holdings_row,
    vel_holdings_t,
    vel_holdings_position,
    vel_holding_t,
    vel_timers_add,
    vel_timers_remove,
    vel_order_terms_t,
    vel_order_t,
    vel_queue_is_unknown,
    vel_report_t,
    vel_routes_t,
    vel_timer_t,
    vel_tracked_position_t,
    VEL_OK,
)
from velora.core.book cimport OrderBookL2
from velora.core.bus cimport Endpoint, Handler, HandlerList, MessageBus, Topic, check_handler, handler_name
from velora.core.context cimport Context
from velora.core.instrument cimport Instrument
from velora.core.market cimport Funding, Gap, Quote, Signal, Timer, Trade
from velora.core.orders cimport Fill, Order, Position
from velora.core.sealed cimport seal
from velora.core.status cimport check_status
from velora.engine.calls cimport ON_CANDLE, ON_FILL, ON_FUNDING, ON_ORDER, ON_POSITION, ON_QUOTE, ON_SIGNAL, ON_TIMER
from velora.engine.calls cimport ON_BOOK, ON_GAP, ON_TRADE, call_hook, open_hooks
from velora.engine.candles cimport CandleMaker, CandleTopic
from velora.engine.records cimport fill_records, order_records, sample_records
from velora.strategy.base cimport StrategyBase

import logging
import traceback
from collections import Counter

from velora.core.clock import interval_name
from velora.core.life import StrategyState
from velora.core.orders import QueuePosition
from velora.core.portfolio import Portfolio
from velora.core.terminal import readable
from velora.engine.calls import HOOK_NAMES as _HOOK_NAMES
from velora.errors import InvalidArgument, UnknownInstrument, VeloraError

_LOG = logging.getLogger("velora.engine")

#: How many notes of what a strategy gave up are kept.
_GIVEN_UP_MAX = 1_000

#: Topics of market data, by the kind of route.
cdef tuple _DATA_TOPICS = ("trades", "quotes", "books", "gaps", "funding")


#: Samples that a run holds at once, 3 GB.
SAMPLES_MAX = 2**25


cdef int _check_parts(list instruments, object strategies, list quote_fed) except -1:
    if not isinstance(strategies, dict):
        raise InvalidArgument(f"strategies must be a Strategy, or a dict of them by name, was {strategies!r}")
    for name, strategy in strategies.items():
        if not isinstance(name, str) or not isinstance(strategy, StrategyBase):
            raise InvalidArgument(f"strategies must be strategies by name, was {name!r}: {strategy!r}")
    for instrument in instruments:
        if not isinstance(instrument, Instrument):
            raise InvalidArgument(f"instruments must be Instrument, was {instrument!r}")
    if len(quote_fed) != len(instruments):
        raise InvalidArgument(f"quote_fed needs one entry an instrument: {len(instruments)}, was {len(quote_fed)}")
    return 0


cdef double _lots(double ahead) noexcept:
    return INFINITY if vel_queue_is_unknown(ahead) else ahead


@cython.final
cdef class Subscription:
    """One kind of event of one instrument, for one strategy."""


@cython.final
cdef class Desk(Context):
    """What one strategy has of the kernel; made by it."""

    # ------------------------------------------------------------------ Context

    cdef int64_t now_c(self) except -1:
        return self._local.now

    cdef int index_of(self, object instrument) except -1:
        found = self.kernel._index.get(instrument) if type(instrument) is str else None
        if found is None and type(instrument) is Instrument:
            name = (<Instrument>instrument).symbol
            found = self.kernel._index.get(name)
            if found is None:
                found = self.kernel._index.get(f"{name}@{(<Instrument>instrument).venue}")
        if found is None:
            known = ", ".join(sorted(self.kernel._index))
            raise UnknownInstrument(f"the run has no instrument {instrument!r}; it has {known}")
        return found

    cdef object instrument_at(self, int index):
        return self.kernel.instruments[index]

    cdef OrderBookL2 book_at(self, int index):
        return <OrderBookL2>self.kernel._books[index]

    cdef Position position_at(self, int index):
        cdef Position position = <Position>self._positions[index]
        return self._make_position(index) if position is None else position

    def touched_positions(self):
        """Positions of the instruments that the strategy has traded, quoted or looked at, in their order."""
        cdef const vel_holdings_t *holdings = &self._local.holdings
        cdef const vel_holding_t *row
        if self._rows_seen < holdings.count:
            for number in range(self._rows_seen, holdings.count):
                row = vel_holdings_row(holdings, number)
                if row.strategy == self.index:
                    self.position_at(row.instrument)
            self._rows_seen = holdings.count
            self._touched = [position for position in self._positions if position is not None]
        return self._touched

    cdef Position _make_position(self, int index):
        """The view of a position, made when it is first asked for; its row stays where it is."""
        cdef vel_holding_t *holding = vel_holdings_make(&self._local.holdings, self.index, index)
        if holding == NULL:
            raise MemoryError
        cdef Instrument instrument = <Instrument>self.kernel.instruments[index]
        cdef Position position = Position.__new__(Position)
        position._c = &holding.position
        position._market = &self._local.instruments[index]
        position._now = &self._local.now
        position._owner = self.kernel
        position.instrument = instrument
        position._unit = float(instrument.money_unit)
        self._positions[index] = position
        return position

    cdef Order order_of(self, int64_t order_id):
        cdef vel_order_t *c_order = vel_orders_get(&self._local.orders, order_id)
        if c_order == NULL or c_order.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order_id}")
        return Order.view(c_order, <Instrument>self.kernel.instruments[c_order.instrument])

    cdef int check_trades(self) except -1:
        if self.state > STOPPING:
            raise VeloraError(f"the strategy {self.name} has {'failed' if self.state == FAILED else 'stopped'} and "
                              "trades no more")
        return 0

    cdef int check_subscribes(self) except -1:
        """Raise where a subscription would outlive the strategy: once it has stopped, in `on_stop` too."""
        self.check_trades()
        if self._subscriptions is None:
            raise VeloraError(f"the strategy {self.name} has stopped: in on_stop it may trade, and subscribes to "
                              "nothing more")
        return 0

    cdef int64_t submit_c(self, int index, uint8_t side, uint8_t type, uint8_t tif, bint post_only,
                          int64_t price_ticks, int64_t qty_lots) except -1:
        cdef vel_order_terms_t terms
        memset(&terms, 0, sizeof(terms))
        terms.price = price_ticks
        terms.qty = qty_lots
        terms.side = side
        terms.type = type
        terms.tif = tif
        terms.stp = VEL_STP_TAKER
        terms.flags = VEL_EXEC_POST_ONLY if post_only else 0
        return self.submit_terms_c(index, &terms)

    cdef int64_t submit_terms_c(self, int index, const vel_order_terms_t *terms) except -1:
        cdef int64_t order_id = 0
        if self.state > STOPPING:
            self.check_trades()
        cdef int status = vel_local_submit(self._local, self.index, index, terms, &order_id)
        if status != VEL_OK:
            check_status(status, f"cannot send an order of {terms.qty} lots at {terms.price} ticks")
        return order_id

    cdef int amend_trigger_c(self, int64_t order_id, int64_t trigger_ticks) except -1:
        cdef const vel_order_t *order = vel_orders_get(&self._local.orders, order_id)
        if order != NULL and order.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order_id}")
        if self.state > STOPPING:
            self.check_trades()
        check_status(vel_local_amend_trigger(self._local, order_id, trigger_ticks),
                     f"cannot move the trigger of order {order_id} to {trigger_ticks} ticks: it must wait for a stop "
                     "or touch")
        return 0

    cdef int mass_cancel_c(self, int index) except -1:
        check_status(vel_local_cancel_all(self._local, self.index, index), "cannot cancel all orders")
        return 0

    cdef int track_queue_c(self, object instruments) except -1:
        chosen = [self.index_of(one) for one in instruments] if instruments else range(len(self.kernel.instruments))
        for index in chosen:
            self._local.instruments[<int>index].tracks_queue = 1
        return 0

    cdef int check_own_c(self, Order order) except -1:
        if not order._is_kept and vel_orders_get(&self._local.orders, order._c.id) != order._c:
            raise InvalidArgument(f"{order!r} is not an order of this run")
        if order._c.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order._c.id}")
        return 0

    cdef object queue_position_c(self, Order order):
        cdef vel_market_t *inst
        cdef vel_tracked_position_t position
        if order._is_kept:  # it has ended, and its record is gone
            return None
        self.check_own_c(order)
        inst = &self._local.instruments[order._c.instrument]
        if not vel_market_queue_position(inst, order._c.id, &position):
            return None
        return QueuePosition(_lots(position.likely), _lots(position.low), _lots(position.high), position.confidence)

    cdef int cancel_c(self, int64_t order_id) except -1:
        cdef const vel_order_t *order = vel_orders_get(&self._local.orders, order_id)
        if order != NULL and order.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order_id}")
        cdef int status = vel_local_cancel(self._local, order_id)
        if status != VEL_OK:
            check_status(status, f"cannot cancel order {order_id}")
        return 0

    cdef int amend_c(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots) except -1:
        cdef const vel_order_t *order = vel_orders_get(&self._local.orders, order_id)
        if order != NULL and order.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order_id}")
        if self.state > STOPPING:
            self.check_trades()
        cdef int status = vel_local_amend(self._local, order_id, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot amend order {order_id} to {qty_lots} lots at {price_ticks} ticks")
        return 0

    cdef int quote_c(self, int index, uint8_t side, bint is_wanted, int64_t price_ticks, int64_t qty_lots,
                     bint post_only) except -1:
        if self.state > STOPPING:
            self.check_trades()
        cdef int status = vel_local_quote(self._local, self.index, index, side, is_wanted, price_ticks, qty_lots,
                                          post_only)
        if status != VEL_OK:
            check_status(status, f"cannot quote {qty_lots} lots at {price_ticks} ticks")
        return 0

    cdef int64_t timer_c(self, int64_t ts, int64_t interval_ns, object callback, str name) except -1:
        if callback is not None and not callable(callback):
            raise InvalidArgument(f"a timer's callback must be callable, was {callback!r}")
        if self.kernel._stopwatch is not None and callback is not None:
            callback = self.kernel._stopwatch.wrap("timer", callback)
        return self._add_timer(ts, interval_ns, callback, name)

    def _add_timer(self, int64_t ts, int64_t interval_ns, callback, str name):
        self.check_trades()
        self._timer_id += 1
        self._timers[self._timer_id] = (callback, name)
        check_status(vel_timers_add(&self._local.timers, self.index, ts, interval_ns, self._timer_id),
                     "no memory for a timer")
        return self._timer_id

    cdef int cancel_timer_c(self, int64_t timer_id) except -1:
        if self._timers.pop(timer_id, None) is not None:
            vel_timers_remove(&self._local.timers, self.index, timer_id)
        return 0

    cdef int subscribe_c(self, int kind, object instruments, int64_t every_n, object volume, int64_t interval_ns,
                         int64_t price_move_ticks, bint best_change) except -1:
        cdef Subscription made, other
        cdef Instrument instrument
        cdef int index
        self.check_subscribes()
        self._subscribed |= 1 << kind
        chosen = [self.index_of(one) for one in instruments] if instruments else range(len(self.kernel.instruments))
        for index in chosen:
            made = Subscription.__new__(Subscription)
            made.kind = kind
            made.index = index
            if volume is not None:
                instrument = <Instrument>self.kernel.instruments[index]
                made.filter.volume = instrument.qty_to_lots(volume)
                if made.filter.volume < 0:
                    raise InvalidArgument(f"volume must be at least 0, was {volume!r}")
            made.filter.every_n = every_n
            made.filter.interval = interval_ns
            made.filter.move2 = vel_add(price_move_ticks, price_move_ticks)
            made.filter.best_change = best_change
            made.is_filtered = (every_n > 1 or interval_ns > 0 or price_move_ticks > 0 or best_change
                                or made.filter.volume > 0)
            for other in self._subscriptions:
                if (not made.is_filtered and not other.is_filtered and other.callback is None and other.kind == kind
                        and other.index == index):
                    break  # there is one like it
            else:
                self._subscriptions.append(made)
        self.kernel._is_rerouted = self.kernel._has_work = True
        return 0

    cdef int subscribe_candles_c(self, int index, int64_t interval_ns, bint is_right) except -1:
        cdef CandleMaker maker
        cdef vel_candle_t *candle
        cdef int64_t ends
        if interval_ns <= 0:
            raise InvalidArgument(f"a candle's interval must be positive, was {interval_ns} ns")
        self.check_subscribes()
        for maker in self._candles:
            if maker.index == index and maker.interval_ns == interval_ns:
                if maker.is_right != is_right:
                    raise InvalidArgument(f"candles of {interval_name(interval_ns)} of {maker.instrument.symbol} are "
                                          f"closed on the {'right' if maker.is_right else 'left'} here already")
                return 0
        maker = CandleMaker.__new__(CandleMaker)
        maker.instrument = self.kernel.instruments[index]
        maker.index = index
        maker.interval_ns = interval_ns
        maker.is_right = is_right
        maker.shared = self.kernel.candle_topic(index, interval_ns, is_right)
        maker.shared.makers.append(maker)
        candle = &maker.candle
        memset(candle, 0, sizeof(vel_candle_t))
        self._candles.append(maker)
        check_status(vel_candles_push(&self._local.instruments[index].candles, &candle), "no memory for a candle")
        if self.has_fresh_history:
            maker.resume(self.kernel.history.trades(maker.instrument), self._local.now)
        ends = vel_add(self._local.now - self._local.now % interval_ns, interval_ns)
        maker.begin(ends)
        self._add_timer(ends, interval_ns, maker, "candle")
        return 0

    cdef int emit_c(self, str name, object value) except -1:
        cdef Signal signal = Signal.__new__(Signal)
        signal.name = name
        signal.value = value
        signal.ts = self._local.now
        signal.strategy = self.name
        self.kernel._signals.publish_c(signal)
        if self.kernel.bus.has_patterns_c():
            self.kernel.bus.topic_c(f"signals.{name}").publish_c(signal)
        return 0

    # ------------------------------------------------------------------ the bus

    cdef MessageBus bus_c(self):
        return self.kernel.bus

    cdef object receiver(self, object handler, str kind):
        """A handler of the strategy's as the bus shall know it."""
        check_handler(handler)
        cdef Receiver made = Receiver.__new__(Receiver)
        made.desk = self
        made.is_compiled = isinstance(handler, Handler) and self.kernel._stopwatch is None
        made.callback = handler
        if self.kernel._stopwatch is not None:
            made.callback = self.kernel._stopwatch.wrap(kind, handler)
        return made

    cdef object listen_to_c(self, str pattern, object handler, int priority):
        self.check_trades()
        made = self.kernel.bus.subscribe(pattern, self.receiver(handler, "message"), priority=priority,
                                         name=f"{self.name}: {handler_name(handler)}")
        self._heard.append(made)
        return made

    cdef object endpoint_c(self, str name, object handler):
        check_handler(handler)
        self.check_trades()
        if self.kernel._stopwatch is not None:
            handler = self.kernel._stopwatch.wrap("endpoint", handler)
        made = self.kernel.bus.endpoint(name, handler)
        self._endpoints.append(made)
        return made

    cdef int64_t request_c(self, str name, object message, object on_response, int64_t timeout_ns) except -1:
        self.check_trades()
        deadline = None if timeout_ns < 0 else vel_add(self._local.now, timeout_ns)
        request = self.kernel.bus.request(name, message, self.receiver(on_response, "response"), deadline_ns=deadline)
        self.kernel.watch_requests()
        return request

    cdef int find_topics(self) except -1:
        """The topics of its orders that somebody listens to."""
        cdef MessageBus bus = self.kernel.bus
        self._order_topic = bus.heard_c(f"orders.{self.name}")
        self._fill_topic = bus.heard_c(f"fills.{self.name}")
        self._position_topic = bus.heard_c(f"positions.{self.name}")
        self._has_topics = (self._order_topic is not None or self._fill_topic is not None
                            or self._position_topic is not None)
        return self.wake_for_orders()

    cdef int leave_bus(self) except -1:
        cdef Endpoint endpoint
        heard, self._heard = self._heard, []
        for subscription in heard:
            subscription.cancel()
        endpoints, self._endpoints = self._endpoints, []
        for endpoint in endpoints:
            endpoint.close()
            self.kernel.bus.fail_requests_c(endpoint.name, VeloraError(f"the strategy {self.name} has ended"))
        return 0

    # ------------------------------------------------------------------ batches

    cdef int batch_c(self, bint begins) except -1:
        self._batch_depth += 1 if begins else -1
        if begins and self._batch_depth == 1:
            vel_local_batch_begin(self._local, self.index)
        elif self._batch_depth == 0:
            vel_local_batch_end(self._local, self.index)
        return 0

    cdef list open_orders(self, int index):
        cdef int64_t order_id = self._local.strategies[self.index].open.first
        cdef vel_order_t *order
        found = []
        while order_id != 0:
            order = vel_orders_get(&self._local.orders, order_id)
            if index < 0 or order.instrument == index:
                found.append(self.order_of(order_id))
            order_id = order.open_next
        return found

    cdef list all_instruments(self):
        return list(self.kernel.instruments)

    cdef int stop_c(self) except -1:
        if self.state == RUNNING:
            self.state = STOPPING
            self.kernel._has_work = True
        return 0

    cdef int state_c(self) noexcept:
        return self.state

    cdef object portfolio_c(self):
        if self._portfolio is None:
            self._portfolio = Portfolio(self.kernel.instruments, self.touched_positions, self.capital)
        return self._portfolio

    # ------------------------------------------------------------------ hooks

    cdef int open(self) except -1:
        """Find out which hooks the strategy has and how to call them."""
        self._methods = open_hooks(self.strategy, self.kernel._stopwatch, self.hooks)
        return 0

    cdef bint has(self, int hook) noexcept:
        return self.hooks[hook].callable != NULL or self.hooks[hook].native != NULL

    cdef bint is_heard(self, int hook):
        """Whether somebody takes this hook's events: the strategy itself, or one who listens."""
        return self.has(hook) or hook in self._listeners

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
        cdef Subscription made
        if hook not in _HOOK_NAMES or hook in ("on_timer", "on_position"):
            raise InvalidArgument(f"a listener may join {', '.join(_HOOK_NAMES[:8])} and on_signal, was {hook!r}")
        cdef int number = _HOOK_NAMES.index(hook)
        chosen = None if instruments is None else [self.index_of(one) for one in instruments]
        if number <= VEL_ROUTE_FUNDING:
            self.check_subscribes()
            for index in range(len(self.kernel.instruments)) if chosen is None else chosen:
                made = Subscription.__new__(Subscription)
                made.kind = number
                made.index = <int>index
                made.callback = callback
                if first:
                    self._subscriptions.insert(0, made)
                else:
                    self._subscriptions.append(made)
            self.kernel._is_rerouted = self.kernel._has_work = True
            return
        only = None if chosen is None else frozenset(id(self.kernel.instruments[index]) for index in chosen)
        self._listeners[number] = (*self._listeners.get(number, ()), (callback, only, first))
        self.wake_for_orders()

    def unlisten(self, str hook, callback):
        """Stop calling back; a callback that does not listen is fine."""
        cdef Subscription made
        cdef int number = _HOOK_NAMES.index(hook)
        if number <= VEL_ROUTE_FUNDING and self._subscriptions is not None:
            self._subscriptions = [made for made in self._subscriptions
                                   if made.kind != number or made.callback != callback]
            self.kernel._is_rerouted = self.kernel._has_work = True
        kept = tuple(one for one in self._listeners.get(number, ()) if one[0] != callback)
        if kept:
            self._listeners[number] = kept
        else:
            self._listeners.pop(number, None)

    def give_up(self, object instrument, str what, str why):
        """Note that something was given up, such as a target: it is in the result, and in the log."""
        if len(self._given_up) < _GIVEN_UP_MAX:
            self._given_up.append({"ts": self._local.now, "symbol": instrument.symbol, "what": what, "why": why})
            _LOG.warning("strategy %s gave up %s of %s: %s", readable(self.name), what, readable(instrument.symbol),
                         why)

    @property
    def gate(self):
        """Takes what comes from outside and makes it an input; None where nothing keeps a record of those, and while
        an input is under way, as what happens then comes from the strategies."""
        return self.kernel.gate

    def adopt(self, StrategyBase part not None):
        """Let another strategy act here: its orders and positions are this one's."""
        part._context = self

    @property
    def has_fresh_history(self):
        """Whether a warm-up has just ended, so that what begins now goes on from it without a hole."""
        return self.kernel.history is not None and self.kernel.history.ts_end == self._local.now

    cdef int wake_for_orders(self) except -1:
        cdef uint32_t wakes = 0
        cdef bint calls = self.state <= RUNNING
        if self._order_topic is not None or (calls and self.is_heard(ON_ORDER)):
            wakes |= VEL_WAKE_ORDER
        if (self._fill_topic is not None or self._position_topic is not None
                or (calls and (self.is_heard(ON_FILL) or self.has(ON_POSITION)))):
            wakes |= VEL_WAKE_FILL
        self._local.strategies[self.index].wake_mask = wakes
        return 0

    cdef int tell_listeners(self, int hook, object event, bint first) except -1:
        for callback, only, is_first in self._listeners.get(hook, ()):
            if is_first == first and (only is None or id(event.instrument) in only):
                self.kernel.tell_one(self, callback, event)
        return 0

    cdef int tell_all(self, int hook, object event) except -1:
        """The strategy's own method, and those who listen, in their order."""
        if not self._listeners:
            return self.kernel.tell(self, hook, event)
        self.tell_listeners(hook, event, True)
        if self.state == RUNNING or self.state == STOPPING:
            self.kernel.tell(self, hook, event)
        if self.state == RUNNING or self.state == STOPPING:
            self.tell_listeners(hook, event, False)
        return 0

    cdef int call(self, int hook, object event) except -1:
        return call_hook(&self.hooks[hook], self.strategy, event)


@cython.final
cdef class Receiver(Handler):

    cdef int on_message_c(self, object message) except -1:
        cdef Kernel kernel = self.desk.kernel
        if self.desk.state > STOPPING:
            return 0
        if not self.is_compiled:
            return kernel.tell_one(self.desk, self.callback, message)
        if not kernel.isolates:
            return (<Handler>self.callback).on_message_c(message)
        try:
            (<Handler>self.callback).on_message_c(message)
        except Exception as error:
            kernel.fail(self.desk, error)
        return 0


@cython.final
cdef class SignalRelay(Handler):

    cdef int on_message_c(self, object message) except -1:
        return self.kernel.tell_signal(<Signal>message)


@cython.final
cdef class Kernel:
    """Local side of a run.

    Parameters
    ----------
    instruments : list of Instrument
        Their order is their index.
    strategies : Strategy, or dict of str to Strategy
        One, or several by name; their order is the order of delivery.
    quote_fed : list of bool
        Whether an instrument's data has quotes but no depth, so that its book is made from quotes.
    capital : mapping, optional
        Start capital of each strategy by name and settlement currency.
    isolates : bool
        Whether a strategy that raises in a hook is stopped alone; otherwise its error ends the run.
    retention : int
        Done orders, fills and samples to keep; -1 keeps all.
    sink : callable, optional
        Called with "orders", "fills" or "samples" and the records that are dropped.
    tally : optional
        Adds up records before any are dropped: its ``begin`` receives the first sampling instant, then its
        ``add_fills``, ``add_samples`` and ``add_orders`` receive each record once, fills and samples up to an instant
        before the orders that end by it.
    fuse_quotes : bool
        Whether quotes with a newer update id than the book move its top until the level feed has caught up.
    shows_own : bool
        Whether the feed's levels include our own orders.
    stopwatch : optional
        Times callbacks: its ``wrap(hook, callback)`` gives what is called instead.
    """

    def __cinit__(self, list instruments not None, strategies not None, list quote_fed not None, *,
                  capital=None, bint isolates=False, int64_t retention=-1, sink=None, tally=None,
                  bint fuse_quotes=False, bint shows_own=False, stopwatch=None):
        cdef Instrument instrument
        cdef vel_market_t *inst
        cdef Desk desk
        memset(&self._local, 0, sizeof(self._local))
        if isinstance(strategies, StrategyBase):
            strategies = {type(strategies).__name__: strategies}
        _check_parts(instruments, strategies, quote_fed)
        check_status(vel_local_init(&self._local, <int>len(instruments), <int>len(strategies)),
                     "a run needs at least one instrument and one strategy")
        self._local.samples_most = SAMPLES_MAX
        self.instruments = instruments
        self.isolates = isolates
        self.retention = retention
        self._sink = sink
        self._tally = tally
        self._stopwatch = stopwatch
        self._targets = []
        self._index = {}
        self._books = []
        self._names = []
        self._candle_topics = {}
        self._deadline = VEL_NEVER
        self.bus = MessageBus()
        self.bus.hold_c()
        self._signals = HandlerList(self.bus, "on_signal")
        relay = SignalRelay.__new__(SignalRelay)
        (<SignalRelay>relay).kernel = self
        self._signals.subscribe(relay)
        self._trade = Trade.__new__(Trade)
        self._quote = Quote.__new__(Quote)
        self._fill = Fill.__new__(Fill)
        for index, instrument in enumerate(instruments):
            inst = &self._local.instruments[index]
            instrument.money_spec_c(&inst.money)
            if quote_fed[index]:
                vel_market_quote_fed(&self._local.instruments[index])
            inst.is_fused = fuse_quotes
            inst.ours.is_shown = shows_own
            # The views do not own the kernel's memory, and the kernel owns the views: `self` keeps it alive for
            # whoever holds one.
            self._books.append(OrderBookL2.view(&inst.book, &inst.ours, instrument, self))
            self._add_name(f"{instrument.symbol}@{instrument.venue}", index)
        symbols = [instrument.symbol for instrument in instruments]
        counts = Counter(symbols)
        for index, symbol in enumerate(symbols):
            if counts[symbol] == 1:
                self._add_name(symbol, index)
                self._names.append(symbol)
            else:
                self._names.append(f"{symbol}@{instruments[index].venue}")
        self.desks = []
        for name, strategy in strategies.items():
            desk = Desk.__new__(Desk)
            desk.kernel = self
            desk._local = &self._local
            desk.index = <int>len(self.desks)
            desk.name = name
            desk.strategy = strategy
            desk.capital = dict((capital or {}).get(name, {}))
            desk._positions = [None] * len(instruments)
            desk._touched = []
            desk._timers = {}
            desk._given_up = []
            desk._listeners = {}
            desk._subscriptions = []
            desk._candles = []
            desk._heard = []
            desk._endpoints = []
            self.desks.append(desk)

    def __dealloc__(self):
        cdef int64_t order_id
        cdef vel_order_t *order
        cdef int64_t first = self._local.orders.blocks_dropped * VEL_ORDERS_PER_BLOCK + 1
        for order_id in range(first, self._local.orders.count + 1):
            order = vel_orders_get(&self._local.orders, order_id)
            if order != NULL and order.view != NULL:
                (<Order>order.view).keep_or_lose()
        vel_local_free(&self._local)

    def _add_name(self, name, index):
        if name in self._index:
            symbol = self.instruments[index].symbol
            if self.instruments[self._index[name]] == self.instruments[index]:
                raise InvalidArgument(
                    f"{symbol} is there twice, as source {self._index[name] + 1} and {index + 1} of the data. Give the "
                    "parts of one instrument as one table, in order (pyarrow.concat_tables of their to_arrow()), or "
                    "write them to a catalog together")
            raise InvalidArgument(f"two instruments are named {name.removesuffix('@')}: give them different venues")
        self._index[name] = index

    def strategies(self):
        """What became of each strategy: name, class, state, error, hash and counts, as JSON-ready dicts."""
        cdef Desk desk
        found = []
        for desk in self.desks:
            cls = type(desk.strategy)
            state = self._local.strategies[desk.index]
            found.append({
                "name": desk.name,
                "class": f"{cls.__module__}.{cls.__qualname__}",
                "state": StrategyState(desk.state).name,
                "error": desk.error,
                "capital": {currency: str(amount) for currency, amount in desk.capital.items()},
                "hash": self._hash(desk.index),
                "orders": state.orders_count,
                "commands": state.commands_sent,
                "fills": state.fills_count,
                "open_orders": state.open.count,
                "unprotected": state.unprotected,
                "given_up": list(desk._given_up),
                "funding_units": [vel_holdings_position(&self._local.holdings, desk.index, index).funding
                                  for index in range(self._local.instruments_count)],
            })
        return found

    def _hash(self, int strategy):
        """Hash of a strategy's own commands and reports and of its final positions: 16 hex digits."""
        cdef uint64_t state
        cdef int index
        if not 0 <= strategy < self._local.strategies_count:
            raise InvalidArgument(f"there is no strategy {strategy}")
        state = self._local.strategies[strategy].hash
        for index in range(self._local.instruments_count):
            position = vel_holdings_position(&self._local.holdings, strategy, index)[0]
            state = vel_hash_i64(state, position.lots)
            state = vel_hash_i64(state, position.cash)
            state = vel_hash_i64(state, position.fees)
        return f"{state:016x}"

    # ------------------------------------------------------------------ life

    def warm_up(self, int64_t duration_ns, history):
        """Give the first `duration_ns` of the run to `history`, before the strategies start.

        Parameters
        ----------
        duration_ns : int
        history : History
            Its `add` receives each trade; `on_warmup` of each strategy receives it at the end.
        """
        self._warmup_ns = duration_ns
        self.history = history

    cdef int start(self, int64_t ts) except -1:
        cdef Desk desk
        cdef int index
        self._local.now = ts
        for desk in self.desks:
            desk.open()
            desk.strategy._context = desk
            if hasattr(desk.strategy, "_join"):  # a compiled strategy has no use for it
                desk.strategy._join(desk)
        if self._warmup_ns == 0:
            return self.begin()
        self._is_warming = True
        self.history.ts_begin = ts
        for index in range(self._local.instruments_count):
            self._local.instruments[index].wake_mask |= VEL_WAKE_TRADE
        check_status(vel_timers_add(&self._local.timers, 0, vel_add(ts, self._warmup_ns), 0, 0),
                     "no memory for a timer")
        return 0

    cdef int begin_samples(self, int64_t interval_ns) except -1:
        """Take the first sample now, then one each interval; after a warm-up where there is one: it is no part of the
        run's figures."""
        self._local.sample_interval = interval_ns
        return 0 if self._warmup_ns > 0 else self.start_samples()

    cdef int start_samples(self) except -1:
        if self._local.sample_interval > 0:
            self._local.sample_next = vel_add(self._local.now, self._local.sample_interval)
        if self._tally is not None:
            self._tally.begin(self._local.now)
        check_status(vel_local_sample_all(&self._local), "no memory for samples")
        return 0

    cdef int end_warmup(self) except -1:
        cdef Desk desk
        cdef int index
        self._is_warming = False
        for index in range(self._local.instruments_count):
            self._local.instruments[index].wake_mask = 0
        self.history.ts_end = self._local.now
        self.start_samples()
        for desk in self.desks:
            if hasattr(desk.strategy, "_warm_up"):
                desk.strategy._warm_up(self.history)
        return self.begin()

    cdef int begin(self) except -1:
        cdef Desk desk
        for desk in self.desks:
            desk.state = RUNNING
            self.tell_plain(desk, getattr(desk.strategy, "on_start"))
            for kind in range(VEL_ROUTE_FUNDING + 1):  # the kinds of routes are the first hooks
                if desk.has(kind) and not desk._subscribed & 1 << kind and desk.state == RUNNING:
                    desk.subscribe_c(kind, None, 1, None, 0, 0, False)
            desk.wake_for_orders()
        self._has_work = self._is_rerouted = True
        return self.finish_event()

    cdef int stop(self) except -1:
        cdef Desk desk
        if self._is_warming:
            raise InvalidArgument(f"the data ends within the warm-up of {self._warmup_ns / 1e9:g} s: "
                                  "the strategy never started")
        raised = None
        for desk in self.desks:
            if desk.state == RUNNING:
                desk.state = STOPPING
                try:
                    self.tell_plain(desk, getattr(desk.strategy, "on_stop"))
                    self.bus.settle_c()
                except BaseException as error:  # the others stop too, and then it goes on
                    raised = error if raised is None else raised
                if desk.state == STOPPING:
                    desk.state = STOPPED
                desk.leave_bus()
        if raised is not None:
            raise raised
        return self.bus.settle_c()

    cdef int tell_plain(self, Desk desk, object method) except -1:
        """Call what takes no event: `on_start`, `on_stop`, a timer's callback."""
        if not self.isolates:
            method()
            return 0
        try:
            method()
        except Exception as error:
            self.fail(desk, error)
        return 0

    cdef int tell(self, Desk desk, int hook, object event) except -1:
        if not self.isolates:
            return desk.call(hook, event)
        try:
            desk.call(hook, event)
        except Exception as error:
            self.fail(desk, error)
        return 0

    cdef int tell_one(self, Desk desk, object callback, object event) except -1:
        """Call one who listens."""
        if not self.isolates:
            callback(event)
            return 0
        try:
            callback(event)
        except Exception as error:
            self.fail(desk, error)
        return 0

    cdef int fail(self, Desk desk, object error) except -1:
        """A hook raised: the strategy is told nothing more, and ended with the event at hand."""
        desk.state = FAILED
        desk.error = "".join(traceback.format_exception(error))
        self._has_work = True
        desk.leave_bus()
        _LOG.error("strategy %s failed and was stopped; its orders are cancelled", readable(desk.name), exc_info=error)
        return 0

    cdef int finish_event(self) except -1:
        """What the event has set off."""
        cdef Desk desk
        if self._is_warming:
            return 0
        while self._has_work or self.bus._is_unsettled or self.bus.changes != self._bus_changes:
            self._has_work = False
            for desk in self.desks:
                if (desk.state == STOPPING or desk.state == FAILED) and desk._subscriptions is not None:
                    self.end(desk)
            if self.bus.changes != self._bus_changes:
                self._bus_changes = self.bus.changes
                self._is_rerouted = True
                for desk in self.desks:
                    desk.find_topics()
                for candles in self._candle_topics.values():
                    (<CandleTopic>candles).find(self.bus)
            if self._is_rerouted:
                self.reroute()
            self.bus.settle_c()
        return 0

    cdef int end(self, Desk desk) except -1:
        cdef vel_market_t *inst
        cdef CandleMaker maker
        cdef int64_t at, kept
        for maker in desk._candles:
            maker.shared.makers.remove(maker)
            if not maker.shared.makers:
                del self._candle_topics[maker.index, maker.interval_ns, maker.is_right]
            inst = &self._local.instruments[maker.index]
            kept = 0
            for at in range(inst.candles.count):
                if inst.candles.items[at] != &maker.candle:
                    inst.candles.items[kept] = inst.candles.items[at]
                    kept += 1
            inst.candles.count = kept
        desk._candles = []
        desk._timers.clear()
        desk._subscriptions = None  # and so it is done once
        desk.wake_for_orders()
        desk.leave_bus()
        self._is_rerouted = True
        check_status(vel_local_stop(&self._local, desk.index), f"the orders of {desk.name} cannot be cancelled")
        if desk.state == STOPPING:
            self.tell_plain(desk, getattr(desk.strategy, "on_stop"))
            if desk.state == STOPPING:
                desk.state = STOPPED
            # What began in on_stop ends with it: nothing calls a strategy that has stopped.
            desk._timers.clear()
            desk.leave_bus()
        return 0

    cdef int reroute(self) except -1:
        cdef Desk desk
        cdef Subscription made
        self._is_rerouted = False
        vel_local_routes_clear(&self._local)
        self._targets = []
        self.route_topics()
        for desk in self.desks:
            if desk.state == RUNNING:
                for made in desk._subscriptions:
                    if made.callback is not None:
                        self._targets.append(made.callback)
                    elif not desk.has(made.kind):
                        continue
                    check_status(vel_local_route_add(&self._local, made.index, made.kind, desk.index,
                                                     -1 if made.callback is None else <int>len(self._targets) - 1,
                                                     &made.filter if made.is_filtered else NULL),
                                 "no memory for a subscription")
        return 0

    cdef int route_topics(self) except -1:
        """Lead events to the topics that somebody listens to; before any hook, so that a cause is before its effect."""
        cdef Topic topic
        if not self.bus.has_patterns_c():
            return 0
        for index, name in enumerate(self._names):
            for kind in range(VEL_ROUTE_FUNDING + 1):
                topic = self.bus.heard_c(f"data.{_DATA_TOPICS[kind]}.{name}")
                if topic is not None:
                    self._targets.append(topic)
                    check_status(vel_local_route_add(&self._local, index, kind, -1, <int>len(self._targets) - 1, NULL),
                                 "no memory for a subscription")
        return 0

    cdef CandleTopic candle_topic(self, int index, int64_t interval_ns, bint is_right):
        cdef CandleTopic found = self._candle_topics.get((index, interval_ns, is_right))
        if found is None:
            found = CandleTopic.__new__(CandleTopic)
            found.name = f"data.candles.{self._names[index]}.{interval_name(interval_ns)}"
            if is_right:
                found.name += "-right"
            found.makers = []
            found.ts_end = self._local.now
            found.find(self.bus)
            self._candle_topics[index, interval_ns, is_right] = found
        return found

    cdef int watch_requests(self) except -1:
        """Have a timer for the earliest deadline of a request; it belongs to no strategy."""
        cdef int64_t deadline
        earliest = self.bus.next_deadline_ns
        if earliest is None or <int64_t>earliest >= self._deadline:
            return 0
        deadline = earliest
        if self._deadline != VEL_NEVER:
            vel_timers_remove(&self._local.timers, -1, 0)
        self._deadline = deadline
        check_status(vel_timers_add(&self._local.timers, -1, deadline, 0, 0), "no memory for a timer")
        return 0

    # ------------------------------------------------------------------ events

    cdef int deliver(self, const vel_routes_t *routes, int hook, object event) except -1:
        cdef int64_t at
        cdef int target
        cdef Desk desk
        for at in range(routes.count):
            if routes.items[at].passed:
                target = routes.items[at].target
                if routes.items[at].strategy < 0:
                    (<Topic>self._targets[target]).publish_c(event)
                    continue
                desk = <Desk>self.desks[routes.items[at].strategy]
                if desk.state == RUNNING and target < 0:
                    self.tell(desk, hook, event)
                elif desk.state == RUNNING:
                    self.tell_one(desk, self._targets[target], event)
        return 0

    cdef int on_market(self, uint32_t bits, int index, const vel_columns_t *columns, int64_t row) except -1:
        cdef vel_market_t *inst = &self._local.instruments[index]
        cdef Trade trade
        cdef Quote quote
        cdef Funding funding
        cdef Gap gap
        if bits & VEL_WAKE_TRADE:
            if (<PyObject *>self._trade).ob_refcnt > 1:  # somebody kept it
                self._trade = Trade.__new__(Trade)
            trade = self._trade
            trade.instrument = <Instrument>self.instruments[index]
            trade.ts_event = columns.ts_event[row]
            trade.ts_recv = columns.ts_recv[row]
            trade.price_ticks = columns.price[row]
            trade.qty_lots = columns.qty[row]
            trade.trade_id = columns.order_id[row]
            trade._side = columns.side[row]
            trade.is_off_book = (columns.flags[row] & VEL_FLAG_OFF_BOOK) != 0
            if self._is_warming:
                self.history.add(trade)
                return 0
            self.deliver(&inst.routes[VEL_ROUTE_TRADE], ON_TRADE, trade)
        if bits & VEL_WAKE_BOOK:
            self.deliver(&inst.routes[VEL_ROUTE_BOOK], ON_BOOK, <OrderBookL2>self._books[index])
        if bits & VEL_WAKE_QUOTE:
            if (<PyObject *>self._quote).ob_refcnt > 1:  # somebody kept it
                self._quote = Quote.__new__(Quote)
            quote = self._quote
            quote.instrument = <Instrument>self.instruments[index]
            quote.ts_event = inst.quote_ts_event
            quote.ts_recv = inst.quote_ts_recv
            quote.bid_ticks = inst.quote_price[VEL_BUY]
            quote.ask_ticks = inst.quote_price[VEL_SELL]
            quote.bid_lots = inst.quote_qty[VEL_BUY]
            quote.ask_lots = inst.quote_qty[VEL_SELL]
            self.deliver(&inst.routes[VEL_ROUTE_QUOTE], ON_QUOTE, quote)
        if bits & VEL_WAKE_GAP:
            gap = Gap.__new__(Gap)
            gap.instrument = self.instruments[index]
            gap.ts_event = columns.ts_event[row]
            gap.ts_recv = columns.ts_recv[row]
            gap.missing_id = columns.order_id[row]
            self.deliver(&inst.routes[VEL_ROUTE_GAP], ON_GAP, gap)
        if bits & VEL_WAKE_FUNDING:
            funding = Funding.__new__(Funding)
            funding.instrument = self.instruments[index]
            funding.ts_event = columns.ts_event[row]
            funding.ts_recv = columns.ts_recv[row]
            funding.mark_price = <double>columns.price[row] / <double>VEL_RATE_SCALE
            funding.rate = <double>columns.qty[row] / <double>VEL_RATE_SCALE
            self.deliver(&inst.routes[VEL_ROUTE_FUNDING], ON_FUNDING, funding)
        return self.finish_event() if self._has_work or self.bus._is_unsettled else 0

    cdef Fill make_fill(self, const vel_report_t *report):
        cdef Fill fill
        if (<PyObject *>self._fill).ob_refcnt > 1:  # somebody kept it
            self._fill = Fill.__new__(Fill)
        fill = self._fill
        fill.instrument = <Instrument>self.instruments[report.instrument]
        fill.order_id = report.order_id
        fill.trade_id = report.trade_id
        fill.ts_event = report.ts_venue
        fill.ts_recv = self._local.now
        fill.price_ticks = report.price
        fill.qty_lots = report.qty
        fill.fee_units = report.fee
        fill.is_maker = report.maker != 0
        fill._side = report.side
        return fill

    cdef Fill publish_report(self, Desk desk, uint32_t bits, const vel_report_t *report):
        """Publish what a report says to the topics of its strategy; returns the fill if one was made for it."""
        cdef Fill fill = None
        if bits & VEL_WAKE_ORDER and desk._order_topic is not None:
            desk._order_topic.publish_c(desk.order_of(report.order_id))
        if report.kind == VEL_REPORT_FILL and bits & VEL_WAKE_FILL:
            if desk._fill_topic is not None:
                fill = self.make_fill(report)
                desk._fill_topic.publish_c(fill)
            if desk._position_topic is not None:
                desk._position_topic.publish_c(desk.position_at(report.instrument))
        return fill

    cdef int on_report(self, uint32_t bits, const vel_report_t *report) except -1:
        cdef Fill fill = None
        cdef Desk desk = <Desk>self.desks[vel_orders_get(&self._local.orders, report.order_id).strategy]
        if desk._has_topics:
            fill = self.publish_report(desk, bits, report)
        if bits & VEL_WAKE_ORDER and desk.state == RUNNING:
            desk.tell_all(ON_ORDER, desk.order_of(report.order_id))
        if report.kind == VEL_REPORT_FILL and bits & VEL_WAKE_FILL and desk.state == RUNNING:
            if desk.is_heard(ON_FILL):
                desk.tell_all(ON_FILL, self.make_fill(report) if fill is None else fill)
            if desk.has(ON_POSITION) and desk.state == RUNNING:
                self.tell(desk, ON_POSITION, desk.position_at(report.instrument))
        return self.finish_event() if self._has_work or self.bus._is_unsettled else 0

    cdef int on_timer(self, const vel_timer_t *timer) except -1:
        cdef Timer event
        if self._is_warming:
            return self.end_warmup()
        if timer.strategy < 0:
            self._deadline = VEL_NEVER
            self.bus.expire(self._local.now)
            self.watch_requests()
            return self.finish_event()
        cdef Desk desk = <Desk>self.desks[timer.strategy]
        found = desk._timers.get(timer.id)
        if found is None or desk.state != RUNNING:  # set while its strategy was being stopped
            vel_timers_remove(&self._local.timers, timer.strategy, timer.id)
            return 0
        callback, name = <tuple>found
        if timer.interval == 0:
            del desk._timers[timer.id]
        if callback is None:
            event = Timer.__new__(Timer)
            event.id = timer.id
            event.ts = timer.ts
            event.interval_ns = timer.interval
            event.name = name
            self.tell(desk, ON_TIMER, event)
        elif type(callback) is CandleMaker:
            # Its times are the interval's, also where the clock has come to its end a little late.
            (<CandleMaker>callback).shared.publish(timer.ts)
            candle = (<CandleMaker>callback).close(timer.ts)
            if candle is not None:
                desk.tell_all(ON_CANDLE, candle)
        else:
            self.tell_plain(desk, callback)
        return self.finish_event() if self._has_work or self.bus._is_unsettled else 0

    cdef int tell_signal(self, Signal signal) except -1:
        cdef Desk desk
        for desk in self.desks:
            if desk.is_heard(ON_SIGNAL) and (desk.state == RUNNING or desk.state == STOPPING):
                desk.tell_all(ON_SIGNAL, signal)
        return 0

    # ------------------------------------------------------------------ retention

    cdef int retire(self) except -1:
        """Drop the oldest records beyond the retention bound, handing them to the sink."""
        cdef vel_local_t *local = &self._local
        cdef const vel_order_t *first
        cdef const vel_order_t *block[1024]
        cdef int64_t excess, at
        if self.retention < 0:
            return 0
        # Twice the bound before anything moves, so that dropping costs a constant for each record. The sink comes
        # first: where it raises, nothing has been dropped, and it is given the same records the next time.
        excess = local.fills.count - self.retention
        if excess > self.retention + 1024:
            self.tally_new()
            if self._sink is not None:
                self._sink("fills", fill_records(local, excess))
            self.tallied_fills -= excess
            vel_local_drop_fills(local, excess)
        excess = local.samples.count - self.retention
        if excess > self.retention + 1024:
            self.tally_new()
            if self._sink is not None:
                self._sink("samples", sample_records(local, excess))
            self.tallied_samples -= excess
            vel_local_drop_samples(local, excess)
        excess = local.instants.count - self.retention
        if excess > self.retention + 1024:
            vel_local_drop_instants(local, excess)
        while True:
            first = vel_orders_droppable(&local.orders, self.retention)
            if first == NULL:
                return 0
            for at in range(VEL_ORDERS_PER_BLOCK):
                block[at] = &first[at]
                if first[at].view != NULL:
                    (<Order>first[at].view).keep()
            if self._sink is not None:
                self._sink("orders", order_records(block, VEL_ORDERS_PER_BLOCK))
            if self._tally is not None:
                self.tally_new()
                self._tally.add_orders(order_records(block, VEL_ORDERS_PER_BLOCK))
            for at in range(VEL_ORDERS_PER_BLOCK):  # a sink may have asked for one
                if first[at].view != NULL:
                    (<Order>first[at].view).keep()
            vel_orders_drop(&local.orders, first)

    cdef int tally_new(self) except -1:
        """Give what `_tally` has not yet received of the fills and samples."""
        cdef vel_local_t *local = &self._local
        if self._tally is None:
            return 0
        if local.fills.count > self.tallied_fills:
            self._tally.add_fills(fill_records(local, local.fills.count)[self.tallied_fills:])
            self.tallied_fills = local.fills.count
        if local.samples.count > self.tallied_samples:
            self._tally.add_samples(sample_records(local, local.samples.count)[self.tallied_samples:])
            self.tallied_samples = local.samples.count
        return 0


for _cls in (Subscription, Desk, Receiver, SignalRelay):
    seal(_cls)
del _cls
