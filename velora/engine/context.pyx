"""The context of a strategy in a run: how its calls reach the local side.

Each strategy has one: its orders, holdings, timers and subscriptions are its own. Books, the clock and the account at
the venue are shared. Commands wait in the outbox of the C core.
"""

from libc.math cimport INFINITY
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

cimport cython

from velora.core._c cimport (
    VEL_EXEC_POST_ONLY,
    VEL_OK,
    VEL_ROUTE_FUNDING,
    VEL_STP_TAKER,
    vel_add,
    vel_candle_t,
    vel_candles_push,
    vel_gate_kill,
    vel_holding_t,
    vel_holdings_make,
    vel_holdings_row,
    vel_holdings_t,
    vel_local_amend,
    vel_local_amend_trigger,
    vel_local_batch_begin,
    vel_local_batch_end,
    vel_local_cancel,
    vel_local_cancel_all,
    vel_market_t,
    vel_orders_get,
    vel_market_queue_position,
    vel_local_quote,
    vel_local_submit,
    vel_timers_add,
    vel_timers_remove,
    vel_order_terms_t,
    vel_order_t,
    vel_queue_is_unknown,
    vel_tracked_position_t,
)
from velora.core.book cimport OrderBookL2
from velora.core.bus cimport MessageBus, check_handler, handler_name
from velora.core.instrument cimport Instrument
from velora.core.market cimport Signal
from velora.core.orders cimport Order, Position
from velora.core.sealed cimport seal
from velora.core.status cimport check_status
from velora.engine.candles cimport CandleMaker, is_right_c
from velora.engine.delivery cimport RUNNING, STOPPING, FAILED, HookSubscription, Recipient

import logging

from velora.core.clock import interval_name
from velora.core.orders import QueuePosition
from velora.core.portfolio import Portfolio
from velora.core.terminal import readable
from velora.engine.calls import HOOK_NAMES as _HOOK_NAMES
from velora.errors import InvalidArgument, UnknownInstrument, VeloraError

_LOG = logging.getLogger("velora.engine")

#: Records of given-up aims that are kept.
_GIVEN_UP_MAX = 1_000


cdef double _lots(double ahead) noexcept:
    return INFINITY if vel_queue_is_unknown(ahead) else ahead


@cython.final
cdef class StrategyContext(Recipient):
    """All that one strategy of a run has of the engine; the kernel makes it."""

    # ------------------------------------------------------------------ reading

    cdef int64_t now_c(self) except -1:
        return self._local.now

    cdef int index_of(self, object instrument) except -1:
        # Most strategies name one instrument by one object again and again.
        if instrument is self._latest and instrument is not None:
            return self._latest_index
        found = self._delivery._index.get(instrument) if type(instrument) is str else None
        if found is None and type(instrument) is Instrument:
            name = (<Instrument>instrument).symbol
            found = self._delivery._index.get(name)
            if found is None:
                found = self._delivery._index.get(f"{name}@{(<Instrument>instrument).venue}")
        if found is None:
            known = ", ".join(sorted(self._delivery._index))
            raise UnknownInstrument(f"the run has no instrument {instrument!r}; it has {known}")
        self._latest = instrument
        self._latest_index = found
        return found

    cdef object instrument_at(self, int index):
        return self._delivery.instruments[index]

    cdef OrderBookL2 book_at(self, int index):
        return <OrderBookL2>self._delivery._books[index]

    cdef Position position_at(self, int index):
        cdef Position position = <Position>self._positions[index]
        return self._make_position(index) if position is None else position

    cdef Position _make_position(self, int index):
        """The view of a position, made when it is first asked for; its row stays where it is."""
        cdef vel_holding_t *holding = vel_holdings_make(&self._local.holdings, self.index, index)
        if holding == NULL:
            raise MemoryError
        cdef Instrument instrument = <Instrument>self._delivery.instruments[index]
        cdef Position position = Position.__new__(Position)
        position._c = &holding.position
        position._market = &self._local.instruments[index]
        position._now = &self._local.now
        position._owner = self._delivery
        position.instrument = instrument
        position._unit = float(instrument.money_unit)
        self._positions[index] = position
        return position

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

    cdef Order order_of(self, int64_t order_id):
        cdef vel_order_t *c_order = vel_orders_get(&self._local.orders, order_id)
        if c_order == NULL or c_order.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order_id}")
        return Order.view(c_order, <Instrument>self._delivery.instruments[c_order.instrument])

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
        return list(self._delivery.instruments)

    cdef int state_c(self) noexcept:
        return self.state

    cdef object portfolio_c(self):
        if self._portfolio is None:
            self._portfolio = Portfolio(self._delivery.instruments, self.touched_positions, self.capital)
        return self._portfolio

    cdef int check_own_c(self, Order order) except -1:
        if not order._is_kept and vel_orders_get(&self._local.orders, order._c.id) != order._c:
            raise InvalidArgument(f"{order!r} is not an order of this run")
        if order._c.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order._c.id}")
        return 0

    @property
    def is_attached(self):
        return True

    @property
    def has_fresh_history(self):
        return self._delivery.history is not None and self._delivery.history.ts_end == self._local.now

    # ------------------------------------------------------------------ trading

    cdef int check_can_trade_c(self) except -1:
        if self.is_in_warmup:
            raise InvalidArgument("no orders during the warm-up: trading begins with on_start")
        return self.check_not_ended()

    cdef int check_not_ended(self) except -1:
        if self.state > STOPPING:
            raise VeloraError(f"the strategy {self.name} has {'failed' if self.state == FAILED else 'stopped'} and "
                              "trades no more")
        return 0

    cdef int check_subscribes(self) except -1:
        """Raise where a subscription would outlive the strategy: once it has stopped, in `on_stop` too."""
        self.check_not_ended()
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
        if self.state != RUNNING:
            self.check_can_trade_c()
        cdef int status = vel_local_submit(self._local, self.index, index, terms, &order_id)
        if status != VEL_OK:
            check_status(status, f"cannot send an order of {terms.qty} lots at {terms.price} ticks")
        return order_id

    cdef int amend_trigger_c(self, int64_t order_id, int64_t trigger_ticks) except -1:
        cdef const vel_order_t *order = vel_orders_get(&self._local.orders, order_id)
        if order != NULL and order.strategy != self.index:
            raise InvalidArgument(f"this strategy has no order {order_id}")
        if self.state != RUNNING:
            self.check_can_trade_c()
        check_status(vel_local_amend_trigger(self._local, order_id, trigger_ticks),
                     f"cannot move the trigger of order {order_id} to {trigger_ticks} ticks: it must wait for a stop "
                     "or touch")
        return 0

    cdef int mass_cancel_c(self, int index) except -1:
        check_status(vel_local_cancel_all(self._local, self.index, index), "cannot cancel all orders")
        return 0

    cdef int track_queue_c(self, object instruments) except -1:
        chosen = [self.index_of(one) for one in instruments] if instruments else range(len(self._delivery.instruments))
        for index in chosen:
            self._local.instruments[<int>index].tracks_queue = 1
        return 0

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
        if self.state != RUNNING:
            self.check_can_trade_c()
        cdef int status = vel_local_amend(self._local, order_id, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot amend order {order_id} to {qty_lots} lots at {price_ticks} ticks")
        return 0

    cdef int quote_c(self, int index, uint8_t side, bint is_wanted, int64_t price_ticks, int64_t qty_lots,
                     bint post_only) except -1:
        if self.state != RUNNING:
            self.check_can_trade_c()
        cdef int status = vel_local_quote(self._local, self.index, index, side, is_wanted, price_ticks, qty_lots,
                                          post_only)
        if status != VEL_OK:
            check_status(status, f"cannot quote {qty_lots} lots at {price_ticks} ticks")
        return 0

    cdef int pull_quotes_c(self, int index) except -1:
        cdef uint8_t side
        self.check_not_ended()
        for side in range(2):
            check_status(vel_local_quote(self._local, self.index, index, side, False, 0, 0, True),
                         "cannot pull quotes")
        return 0

    cdef int stop_c(self) except -1:
        if self.state == RUNNING:
            self.state = STOPPING
            self._delivery._has_work = True
        return 0

    cdef int kill_c(self) except -1:
        vel_gate_kill(&self._local.gate)
        return 0

    cdef int batch_c(self, bint begins) except -1:
        self._batch_depth += 1 if begins else -1
        if begins and self._batch_depth == 1:
            vel_local_batch_begin(self._local, self.index)
        elif self._batch_depth == 0:
            vel_local_batch_end(self._local, self.index)
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

    # ------------------------------------------------------------------ timers and subscriptions

    cdef int64_t timer_c(self, int64_t ts, int64_t interval_ns, object callback, str name) except -1:
        if callback is not None and not callable(callback):
            raise InvalidArgument(f"a timer's callback must be callable, was {callback!r}")
        if self._delivery._stopwatch is not None and callback is not None:
            callback = self._delivery._stopwatch.wrap("timer", callback)
        return self._add_timer(ts, interval_ns, callback, name)

    cdef int64_t _add_timer(self, int64_t ts, int64_t interval_ns, object callback, str name) except -1:
        self.check_not_ended()
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
        cdef HookSubscription made, other
        cdef Instrument instrument
        cdef int index
        self.check_subscribes()
        self._subscribed_kinds |= 1 << kind
        chosen = [self.index_of(one) for one in instruments] if instruments else range(len(self._delivery.instruments))
        for index in chosen:
            made = HookSubscription.__new__(HookSubscription)
            made.kind = kind
            if volume is not None:
                instrument = <Instrument>self._delivery.instruments[index]
                made.filter.volume = instrument.qty_to_lots(volume)
                if made.filter.volume < 0:
                    raise InvalidArgument(f"volume must be at least 0, was {volume!r}")
            made.filter.every_n = every_n
            made.filter.interval = interval_ns
            made.filter.move2 = vel_add(price_move_ticks, price_move_ticks)
            made.filter.best_change = best_change
            made.is_filtered = (every_n > 1 or interval_ns > 0 or price_move_ticks > 0 or best_change
                                or made.filter.volume > 0)
            same = self._subscriptions.setdefault(index, [])
            for other in same:
                if not made.is_filtered and not other.is_filtered and other.callback is None and other.kind == kind:
                    break  # there is one like it
            else:
                same.append(made)
        self._delivery.mark_routes(chosen)
        return 0

    cdef int subscribe_candles_c(self, int index, int64_t interval_ns, object closed) except -1:
        cdef bint is_right = is_right_c(closed)
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
        maker.instrument = self._delivery.instruments[index]
        maker.index = index
        maker.interval_ns = interval_ns
        maker.is_right = is_right
        maker.shared = self._delivery.candle_topic(index, interval_ns, is_right)
        maker.shared.makers.append(maker)
        candle = &maker.candle
        memset(candle, 0, sizeof(vel_candle_t))
        self._candles.append(maker)
        check_status(vel_candles_push(&self._local.instruments[index].candles, &candle), "no memory for a candle")
        if self.has_fresh_history:
            maker.resume(self._delivery.history.trades(maker.instrument), self._local.now)
        ends = vel_add(self._local.now - self._local.now % interval_ns, interval_ns)
        maker.begin(ends)
        self._add_timer(ends, interval_ns, maker, "candle")
        return 0

    # ------------------------------------------------------------------ callbacks of components

    def subscribe_hook(self, str hook, callback, instruments=None, *, bint first=False):
        cdef HookSubscription made
        if hook not in _HOOK_NAMES or hook in ("on_timer", "on_position"):
            raise InvalidArgument(f"callbacks may subscribe to {', '.join(_HOOK_NAMES[:8])} and on_signal, was "
                                  f"{hook!r}")
        cdef int number = _HOOK_NAMES.index(hook)
        chosen = None if instruments is None else [self.index_of(one) for one in instruments]
        if number <= VEL_ROUTE_FUNDING:
            self.check_subscribes()
            if chosen is None:
                chosen = range(len(self._delivery.instruments))
            for index in chosen:
                made = HookSubscription.__new__(HookSubscription)
                made.kind = number
                made.callback = callback
                same = self._subscriptions.setdefault(index, [])
                same.insert(0 if first else len(same), made)
            self._delivery.mark_routes(chosen)
            return
        only = None if chosen is None else frozenset(id(self._delivery.instruments[index]) for index in chosen)
        self._hook_callbacks[number] = (*self._hook_callbacks.get(number, ()), (callback, only, first))
        self.update_wakes()

    def unsubscribe_hook(self, str hook, callback):
        cdef HookSubscription made
        cdef int number = _HOOK_NAMES.index(hook)
        if number <= VEL_ROUTE_FUNDING and self._subscriptions is not None:
            for index, same in self._subscriptions.items():
                kept = [made for made in same if made.kind != number or made.callback != callback]
                if len(kept) < len(same):
                    self._subscriptions[index] = kept
                    self._delivery.mark_routes((index,))
        kept = tuple(one for one in self._hook_callbacks.get(number, ()) if one[0] != callback)
        if kept:
            self._hook_callbacks[number] = kept
        else:
            self._hook_callbacks.pop(number, None)

    def record_given_up(self, Instrument instrument not None, str what, str why):
        if len(self._given_up) < _GIVEN_UP_MAX:
            self._given_up.append({"ts": self._local.now, "symbol": instrument.symbol, "venue": instrument.venue,
                                   "what": what, "why": why})
            _LOG.warning("strategy %s gave up %s of %s: %s", readable(self.name), what, readable(instrument.symbol),
                         why)

    def route_parameters(self, dict values, apply):
        return self._delivery.external_inputs.set_parameters(self.index, values, apply)

    # ------------------------------------------------------------------ the bus

    cdef int emit_c(self, str name, object value) except -1:
        cdef Signal signal = Signal.__new__(Signal)
        signal.name = name
        signal.value = value
        signal.ts = self._local.now
        signal.strategy = self.name
        self._delivery._signals.publish_c(signal)
        if self._delivery.bus.has_patterns_c():
            self._delivery.bus.topic_c(f"signals.{name}").publish_c(signal)
        return 0

    cdef MessageBus bus_c(self):
        return self._delivery.bus

    cdef object subscribe_topic_c(self, str pattern, object handler, int priority):
        self.check_not_ended()
        made = self._delivery.bus.subscribe(pattern, self.make_receiver(handler, "message"), priority=priority,
                                            name=f"{self.name}: {handler_name(handler)}")
        self._bus_subscriptions.append(made)
        return made

    cdef object endpoint_c(self, str name, object handler):
        check_handler(handler)
        self.check_not_ended()
        if self._delivery._stopwatch is not None:
            handler = self._delivery._stopwatch.wrap("endpoint", handler)
        made = self._delivery.bus.endpoint(name, handler)
        self._endpoints.append(made)
        return made

    cdef int64_t request_c(self, str name, object message, object on_response, int64_t timeout_ns) except -1:
        self.check_not_ended()
        deadline = None if timeout_ns < 0 else vel_add(self._local.now, timeout_ns)
        request = self._delivery.bus.request(name, message, self.make_receiver(on_response, "response"),
                                             deadline_ns=deadline)
        self._delivery.watch_requests()
        return request


seal(StrategyContext)
