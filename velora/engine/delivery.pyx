"""Delivery: how events reach the strategies of a run.

A `Recipient` is one strategy as delivery sees it: its hooks, who else is called with its events, its timers and
subscriptions, and what happens when it raises. `Delivery` holds the recipients of a run, the routes of market data, the
topics of its message bus and the market views that the recipients share.

The effects of an event (messages, signals, strategies that stop, changed subscriptions) come when the event has been
delivered to every strategy, so that the order of delivery decides as little as possible. The bus is held until then,
and delivers in the order of publication. Topics that carry the event itself are published before any hook is called.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint32_t

cimport cython

from velora.core._c cimport (
    VEL_BUY,
    VEL_FLAG_OFF_BOOK,
    VEL_NEVER,
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
    vel_columns_t,
    vel_market_t,
    vel_orders_get,
    vel_local_route_add,
    vel_local_routes_clear,
    vel_local_stop,
    vel_timers_add,
    vel_timers_remove,
    vel_order_t,
    vel_report_t,
    vel_routes_t,
    vel_timer_t,
)
from velora.core.book cimport OrderBookL2
from velora.core.bus cimport Endpoint, Handler, HandlerList, MessageBus, Topic, check_handler, is_wild
from velora.core.context cimport Context
from velora.core.instrument cimport Instrument
from velora.core.market cimport Funding, Gap, Quote, Signal, Timer, Trade
from velora.core.orders cimport Fill, Order
from velora.core.sealed cimport seal
from velora.core.status cimport check_status
from velora.engine.calls cimport ON_CANDLE, ON_FILL, ON_FUNDING, ON_ORDER, ON_POSITION, ON_QUOTE, ON_SIGNAL, ON_TIMER
from velora.engine.calls cimport ON_BOOK, ON_GAP, ON_TRADE, call_hook_c, open_hooks
from velora.engine.candles cimport CandleMaker, CandleTopic
from velora.engine.external_inputs cimport ExternalInputs

import logging
import traceback

from velora.core.clock import interval_name
from velora.core.terminal import readable
from velora.errors import VeloraError

_LOG = logging.getLogger("velora.engine")

#: Topics of market data, by the kind of route.
cdef tuple _DATA_TOPICS = ("trades", "quotes", "books", "gaps", "funding")


@cython.final
cdef class HookSubscription:
    """One kind of market event of one instrument, for one strategy."""


cdef class Recipient(Context):
    """One strategy as delivery sees it; `StrategyContext` adds what the strategy can do."""

    # ------------------------------------------------------------------ hooks

    @cython.final
    cdef int find_hooks(self) except -1:
        """Find out which hooks the strategy has and how to call them."""
        self._methods = open_hooks(self.strategy, self._delivery._stopwatch, self.hooks)
        return 0

    @cython.final
    cdef bint has_hook(self, int hook) noexcept:
        return self.hooks[hook].callable != NULL or self.hooks[hook].native != NULL

    @cython.final
    cdef bint has_subscriber(self, int hook):
        """Whether the strategy's own method or a callback receives this hook's events."""
        return self.has_hook(hook) or hook in self._hook_callbacks

    @cython.final
    cdef int update_wakes(self) except -1:
        """Have the C core wake the kernel for those reports that have a receiver, and for no others."""
        cdef uint32_t wakes = 0
        cdef bint calls = self.state <= RUNNING
        if self._order_topic is not None or (calls and self.has_subscriber(ON_ORDER)):
            wakes |= VEL_WAKE_ORDER
        if (self._fill_topic is not None or self._position_topic is not None
                or (calls and (self.has_subscriber(ON_FILL) or self.has_hook(ON_POSITION)))):
            wakes |= VEL_WAKE_FILL
        self._local.strategies[self.index].wake_mask = wakes
        return 0

    # ------------------------------------------------------------------ calls, isolated where the run isolates

    @cython.final
    cdef int call_hook(self, int hook, object event) except -1:
        """Call the strategy's own method, if it has one."""
        if not self._delivery.isolates:
            return call_hook_c(&self.hooks[hook], self.strategy, event)
        try:
            call_hook_c(&self.hooks[hook], self.strategy, event)
        except Exception as error:
            self.fail(error)
        return 0

    @cython.final
    cdef int call_callback(self, object callback, object event) except -1:
        """Call a callback that subscribed to an event."""
        if not self._delivery.isolates:
            callback(event)
            return 0
        try:
            callback(event)
        except Exception as error:
            self.fail(error)
        return 0

    @cython.final
    cdef int call_method(self, object method) except -1:
        """Call a method without an argument: `on_start`, `on_stop`, a timer's callback."""
        if not self._delivery.isolates:
            method()
            return 0
        try:
            method()
        except Exception as error:
            self.fail(error)
        return 0

    @cython.final
    cdef int notify(self, int hook, object event) except -1:
        """Call the strategy's own method and the callbacks of a hook, in their order."""
        if not self._hook_callbacks:
            return self.call_hook(hook, event)
        self._notify_callbacks(hook, event, True)
        if self.state == RUNNING or self.state == STOPPING:
            self.call_hook(hook, event)
        if self.state == RUNNING or self.state == STOPPING:
            self._notify_callbacks(hook, event, False)
        return 0

    @cython.final
    cdef int _notify_callbacks(self, int hook, object event, bint first) except -1:
        for callback, only, is_first in self._hook_callbacks.get(hook, ()):
            if is_first == first and (only is None or id(event.instrument) in only):
                self.call_callback(callback, event)
        return 0

    @cython.final
    cdef int fail(self, object error) except -1:
        """Mark the strategy FAILED: it gets no more callbacks and is ended when the event has been delivered."""
        self.state = FAILED
        self.error = "".join(traceback.format_exception(error))
        self._delivery._has_work = True
        self.leave_bus()
        _LOG.error("strategy %s failed and was stopped; its orders are cancelled", readable(self.name), exc_info=error)
        return 0

    # ------------------------------------------------------------------ the bus

    @cython.final
    cdef object make_receiver(self, object handler, str kind):
        """Wrap a handler of the strategy for the bus."""
        check_handler(handler)
        cdef Receiver made = Receiver.__new__(Receiver)
        made.recipient = self
        made.is_compiled = isinstance(handler, Handler) and self._delivery._stopwatch is None
        made.callback = handler
        if self._delivery._stopwatch is not None:
            made.callback = self._delivery._stopwatch.wrap(kind, handler)
        return made

    @cython.final
    cdef int find_topics(self) except -1:
        """Find the topics of its orders that have subscribers."""
        cdef MessageBus bus = self._delivery.bus
        self._order_topic = bus.subscribed_topic_c(f"orders.{self.name}")
        self._fill_topic = bus.subscribed_topic_c(f"fills.{self.name}")
        self._position_topic = bus.subscribed_topic_c(f"positions.{self.name}")
        self._has_topics = (self._order_topic is not None or self._fill_topic is not None
                            or self._position_topic is not None)
        return self.update_wakes()

    @cython.final
    cdef int leave_bus(self) except -1:
        """End its subscriptions and endpoints; requests to those fail."""
        cdef Endpoint endpoint
        subscriptions, self._bus_subscriptions = self._bus_subscriptions, []
        for subscription in subscriptions:
            subscription.cancel()
        endpoints, self._endpoints = self._endpoints, []
        for endpoint in endpoints:
            endpoint.close()
            self._delivery.bus.fail_requests_c(endpoint.name, VeloraError(f"the strategy {self.name} has ended"))
        return 0


@cython.final
cdef class Receiver(Handler):

    cdef int on_message_c(self, object message) except -1:
        cdef Recipient recipient = self.recipient
        if recipient.state > STOPPING:
            return 0
        if not self.is_compiled:
            return recipient.call_callback(self.callback, message)
        if not recipient._delivery.isolates:
            return (<Handler>self.callback).on_message_c(message)
        try:
            (<Handler>self.callback).on_message_c(message)
        except Exception as error:
            recipient.fail(error)
        return 0


@cython.final
cdef class SignalRelay(Handler):

    cdef int on_message_c(self, object message) except -1:
        return self.delivery.on_signal(<Signal>message)


cdef class Delivery:
    """Events of a run on their way to its strategies; `Kernel` adds their life cycle and the records."""

    @cython.final
    cdef int open_delivery(self) except -1:
        """Make what delivery needs; the kernel has set its instruments, contexts and options."""
        self._route_targets = [[] for _ in self.instruments]
        self._stale_routes = set()
        self._candle_topics = {}
        self._candle_names = {}
        self._request_deadline = VEL_NEVER
        self.external_inputs = ExternalInputs.__new__(ExternalInputs)
        self.bus = MessageBus()
        self.bus.hold_c()
        self._signals = HandlerList(self.bus, "on_signal")
        relay = SignalRelay.__new__(SignalRelay)
        (<SignalRelay>relay).delivery = self
        self._signals.subscribe(relay)
        self._trade = Trade.__new__(Trade)
        self._quote = Quote.__new__(Quote)
        self._fill = Fill.__new__(Fill)
        return 0

    # ------------------------------------------------------------------ events

    @cython.final
    cdef int deliver(self, const vel_routes_t *routes, int index, int hook, object event) except -1:
        """Deliver an event of market data along its routes, which are of the instrument at an index."""
        cdef int64_t at
        cdef int target
        cdef Recipient recipient
        for at in range(routes.count):
            if routes.items[at].passed:
                target = routes.items[at].target
                if routes.items[at].strategy < 0:
                    (<Topic>(<list>self._route_targets[index])[target]).publish_c(event)
                    continue
                recipient = <Recipient>self.contexts[routes.items[at].strategy]
                if recipient.state == RUNNING and target < 0:
                    recipient.call_hook(hook, event)
                elif recipient.state == RUNNING:
                    recipient.call_callback((<list>self._route_targets[index])[target], event)
        return 0

    @cython.final
    cdef int on_market(self, uint32_t bits, int index, const vel_columns_t *columns, int64_t row) except -1:
        cdef vel_market_t *inst = &self._local.instruments[index]
        cdef Trade trade
        cdef Quote quote
        cdef Funding funding
        cdef Gap gap
        if bits & VEL_WAKE_TRADE:
            if (<PyObject *>self._trade).ob_refcnt > 1:  # it was kept
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
            self.deliver(&inst.routes[VEL_ROUTE_TRADE], index, ON_TRADE, trade)
        if bits & VEL_WAKE_BOOK:
            self.deliver(&inst.routes[VEL_ROUTE_BOOK], index, ON_BOOK, <OrderBookL2>self._books[index])
        if bits & VEL_WAKE_QUOTE:
            if (<PyObject *>self._quote).ob_refcnt > 1:  # it was kept
                self._quote = Quote.__new__(Quote)
            quote = self._quote
            quote.instrument = <Instrument>self.instruments[index]
            quote.ts_event = inst.quote_ts_event
            quote.ts_recv = inst.quote_ts_recv
            quote.bid_ticks = inst.quote_price[VEL_BUY]
            quote.ask_ticks = inst.quote_price[VEL_SELL]
            quote.bid_lots = inst.quote_qty[VEL_BUY]
            quote.ask_lots = inst.quote_qty[VEL_SELL]
            self.deliver(&inst.routes[VEL_ROUTE_QUOTE], index, ON_QUOTE, quote)
        if bits & VEL_WAKE_GAP:
            gap = Gap.__new__(Gap)
            gap.instrument = self.instruments[index]
            gap.ts_event = columns.ts_event[row]
            gap.ts_recv = columns.ts_recv[row]
            gap.missing_id = columns.order_id[row]
            self.deliver(&inst.routes[VEL_ROUTE_GAP], index, ON_GAP, gap)
        if bits & VEL_WAKE_FUNDING:
            funding = Funding.__new__(Funding)
            funding.instrument = self.instruments[index]
            funding.ts_event = columns.ts_event[row]
            funding.ts_recv = columns.ts_recv[row]
            funding.mark_price = <double>columns.price[row] / <double>VEL_RATE_SCALE
            funding.rate = <double>columns.qty[row] / <double>VEL_RATE_SCALE
            self.deliver(&inst.routes[VEL_ROUTE_FUNDING], index, ON_FUNDING, funding)
        return self.finish_event() if self._has_work or self.bus._is_unsettled else 0

    @cython.final
    cdef Fill make_fill(self, const vel_report_t *report):
        cdef Fill fill
        if (<PyObject *>self._fill).ob_refcnt > 1:  # it was kept
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

    @cython.final
    cdef Fill publish_report(self, Recipient recipient, uint32_t bits, const vel_report_t *report):
        """Publish a report to the topics of its strategy; returns the fill if one was made for that."""
        cdef Fill fill = None
        if bits & VEL_WAKE_ORDER and recipient._order_topic is not None:
            recipient._order_topic.publish_c(recipient.order_of(report.order_id))
        if report.kind == VEL_REPORT_FILL and bits & VEL_WAKE_FILL:
            if recipient._fill_topic is not None:
                fill = self.make_fill(report)
                recipient._fill_topic.publish_c(fill)
            if recipient._position_topic is not None:
                recipient._position_topic.publish_c(recipient.position_at(report.instrument))
        return fill

    @cython.final
    cdef int on_report(self, uint32_t bits, const vel_report_t *report) except -1:
        """Call the hooks of a strategy with a report, which the C core has applied to its order and its position."""
        cdef Fill fill = None
        cdef vel_order_t *order = vel_orders_get(&self._local.orders, report.order_id)
        cdef Recipient recipient = <Recipient>self.contexts[order.strategy]
        if recipient._has_topics:
            fill = self.publish_report(recipient, bits, report)
        if bits & VEL_WAKE_ORDER and recipient.state == RUNNING:
            recipient.notify(ON_ORDER, Order.view(order, <Instrument>self.instruments[order.instrument]))
        if report.kind == VEL_REPORT_FILL and bits & VEL_WAKE_FILL and recipient.state == RUNNING:
            if recipient.has_subscriber(ON_FILL):
                recipient.notify(ON_FILL, self.make_fill(report) if fill is None else fill)
            if recipient.has_hook(ON_POSITION) and recipient.state == RUNNING:
                recipient.call_hook(ON_POSITION, recipient.position_at(report.instrument))
        return self.finish_event() if self._has_work or self.bus._is_unsettled else 0

    @cython.final
    cdef int on_timer(self, const vel_timer_t *timer) except -1:
        """Call the callback of a timer that is due, or `on_timer`."""
        cdef Timer event
        if self._is_warming:
            return self.end_warmup()
        if timer.strategy < 0:
            self._request_deadline = VEL_NEVER
            self.bus.expire(self._local.now)
            self.watch_requests()
            return self.finish_event()
        cdef Recipient recipient = <Recipient>self.contexts[timer.strategy]
        found = recipient._timers.get(timer.id)
        if found is None or recipient.state != RUNNING:  # set while its strategy was being stopped
            vel_timers_remove(&self._local.timers, timer.strategy, timer.id)
            return 0
        callback, name = <tuple>found
        if timer.interval == 0:
            del recipient._timers[timer.id]
        if callback is None:
            event = Timer.__new__(Timer)
            event.id = timer.id
            event.ts = timer.ts
            event.interval_ns = timer.interval
            event.name = name
            recipient.call_hook(ON_TIMER, event)
        elif type(callback) is CandleMaker:
            # A candle's times are its interval's, also where the clock reached the end of it a little late.
            (<CandleMaker>callback).shared.publish(timer.ts)
            candle = (<CandleMaker>callback).close(timer.ts)
            if candle is not None:
                recipient.notify(ON_CANDLE, candle)
        else:
            recipient.call_method(callback)
        return self.finish_event() if self._has_work or self.bus._is_unsettled else 0

    @cython.final
    cdef int on_signal(self, Signal signal) except -1:
        cdef Recipient recipient
        for recipient in self.contexts:
            if recipient.has_subscriber(ON_SIGNAL) and (recipient.state == RUNNING or recipient.state == STOPPING):
                recipient.notify(ON_SIGNAL, signal)
        return 0

    cdef int end_warmup(self) except -1:
        """Start the strategies: the kernel's part."""
        return 0

    # ------------------------------------------------------------------ the end of an event

    @cython.final
    cdef int finish_event(self) except -1:
        """Let the effects of an event come: end strategies, renew routes, deliver messages, until there are no more."""
        cdef Recipient recipient
        if self._is_warming:
            return 0
        while self._has_work or self.bus._is_unsettled or self.bus.changes != self._bus_changes:
            self._has_work = False
            for recipient in self.contexts:
                if (recipient.state == STOPPING or recipient.state == FAILED) and recipient._subscriptions is not None:
                    self.end(recipient)
            if self.bus.changes != self._bus_changes:
                self._bus_changes = self.bus.changes
                self.follow_bus()
            if self._stale_routes:
                stale = sorted(self._stale_routes)
                self._stale_routes.clear()
                for index in stale:
                    self.make_routes(index)
            self.bus.settle_c()
        return 0

    @cython.final
    cdef int end(self, Recipient recipient) except -1:
        """Remove a strategy's timers and subscriptions and cancel its orders; call `on_stop` unless it failed."""
        cdef vel_market_t *inst
        cdef CandleMaker maker
        cdef int64_t at, kept
        for maker in recipient._candles:
            maker.shared.makers.remove(maker)
            if not maker.shared.makers:
                del self._candle_topics[maker.index, maker.interval_ns, maker.is_right]
                del self._candle_names[maker.shared.name]
            inst = &self._local.instruments[maker.index]
            kept = 0
            for at in range(inst.candles.count):
                if inst.candles.items[at] != &maker.candle:
                    inst.candles.items[kept] = inst.candles.items[at]
                    kept += 1
            inst.candles.count = kept
        recipient._candles = []
        recipient._timers.clear()
        self.mark_routes(recipient._subscriptions)
        recipient._subscriptions = None  # so this is done once
        recipient.update_wakes()
        recipient.leave_bus()
        check_status(vel_local_stop(&self._local, recipient.index),
                     f"the orders of {recipient.name} cannot be cancelled")
        if recipient.state == STOPPING:
            recipient.call_method(getattr(recipient.strategy, "on_stop"))
            if recipient.state == STOPPING:
                recipient.state = STOPPED
            # Timers and subscriptions made in on_stop end with it: nothing calls a strategy that has stopped.
            recipient._timers.clear()
            recipient.leave_bus()
        return 0

    # ------------------------------------------------------------------ routes and topics

    @cython.final
    cdef int mark_routes(self, object instruments) except -1:
        """Have the routes of these instruments made anew at the end of the event."""
        self._stale_routes.update(instruments)
        self._has_work = True
        return 0

    @cython.final
    cdef int follow_bus(self) except -1:
        """Find the topics again whose subscribers have changed: those of one name, or all of them for a wildcard."""
        cdef Recipient recipient
        cdef CandleTopic candles
        cdef list changed = self.bus.take_changed_c()
        cdef bint is_any = any(is_wild(pattern) for pattern in changed)
        if is_any:
            self.mark_routes(range(len(self.instruments)))
            for candles in self._candle_topics.values():
                candles.find(self.bus)
        for pattern in changed:
            if pattern.startswith("data.candles."):
                candles = self._candle_names.get(pattern)
                if candles is not None:
                    candles.find(self.bus)
            elif pattern.startswith("data."):
                index = self._index.get(pattern.removeprefix("data.").partition(".")[2])
                if index is not None:
                    self.mark_routes((index,))
            elif pattern.startswith(("orders.", "fills.", "positions.")):
                is_any = True
        if is_any:
            for recipient in self.contexts:
                recipient.find_topics()
        return 0

    @cython.final
    cdef int make_routes(self, int index) except -1:
        """Give the C core the routes of an instrument's events: topics first, then the strategies in their order."""
        cdef Recipient recipient
        cdef HookSubscription made
        cdef list targets = []
        vel_local_routes_clear(&self._local, index)
        self._route_targets[index] = targets
        self.route_topics(index, targets)
        for recipient in self.contexts:
            if recipient.state == RUNNING:
                for made in recipient._subscriptions.get(index, ()):
                    if made.callback is not None:
                        targets.append(made.callback)
                    elif not recipient.has_hook(made.kind):
                        continue
                    check_status(vel_local_route_add(
                        &self._local, index, made.kind, recipient.index,
                        -1 if made.callback is None else <int>len(targets) - 1,
                        &made.filter if made.is_filtered else NULL), "no memory for a subscription")
        return 0

    @cython.final
    cdef Topic data_topic(self, int kind, int index):
        """The topic of a kind of market data of an instrument, or None if it has no subscribers."""
        return self.bus.subscribed_topic_c(f"data.{_DATA_TOPICS[kind]}.{self._names[index]}")

    @cython.final
    cdef int route_topics(self, int index, list targets) except -1:
        """Route events to the topics that have subscribers; before any hook, so that a cause precedes its effect."""
        cdef Topic topic
        if not self.bus.has_patterns_c():
            return 0
        for kind in range(VEL_ROUTE_FUNDING + 1):
            topic = self.data_topic(kind, index)
            if topic is not None:
                targets.append(topic)
                check_status(vel_local_route_add(&self._local, index, kind, -1, <int>len(targets) - 1, NULL),
                             "no memory for a subscription")
        return 0

    @cython.final
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
            self._candle_names[found.name] = found
        return found

    @cython.final
    cdef int watch_requests(self) except -1:
        """Set a timer for the earliest deadline of a request; it belongs to no strategy."""
        cdef int64_t deadline
        earliest = self.bus.next_deadline_ns
        if earliest is None or <int64_t>earliest >= self._request_deadline:
            return 0
        deadline = earliest
        if self._request_deadline != VEL_NEVER:
            vel_timers_remove(&self._local.timers, -1, 0)
        self._request_deadline = deadline
        check_status(vel_timers_add(&self._local.timers, -1, deadline, 0, 0), "no memory for a timer")
        return 0


for _cls in (HookSubscription, Receiver, SignalRelay):
    seal(_cls)
del _cls
