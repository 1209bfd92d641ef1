"""The kernel: the local side of one run, and what it calls in a strategy.

It knows neither where rows and reports come from nor where commands go. A driver hands it events with their local time;
commands wait in the outbox of its C core.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memset

from velora.core._c cimport (
    VEL_BUY,
    VEL_FLAG_OFF_BOOK,
    VEL_RATE_SCALE,
    VEL_REPORT_FILL,
    VEL_SELL,
    VEL_WAKE_BOOK,
    VEL_WAKE_FILL,
    VEL_WAKE_FUNDING,
    VEL_WAKE_GAP,
    VEL_WAKE_ORDER,
    VEL_WAKE_QUOTE,
    VEL_WAKE_TRADE,
    vel_columns_t,
    vel_local_amend,
    vel_local_cancel,
    vel_local_free,
    vel_local_init,
    vel_local_instrument_t,
    vel_local_order,
    vel_local_quote,
    vel_local_amend_trigger,
    vel_local_cancel_all,
    vel_local_submit,
    vel_local_submit_spec,
    vel_local_timer_add,
    vel_order_spec_t,
    vel_order_t,
    vel_report_t,
    vel_queue_tracker_find,
    vel_timer_t,
    vel_tracked_confidence,
    vel_tracked_t,
    VEL_OK,
)
from velora.core.book cimport OrderBookL2
from velora.core.context cimport Context
from velora.core.instrument cimport Instrument
from velora.core.market cimport Candle, Funding, Gap, Quote, Signal, Timer, Trade
from velora.core.orders cimport Fill, Order, Position
from velora.core.status cimport check_status
from velora.strategy.base cimport StrategyBase

from velora.core.orders import QueuePlace
from velora.errors import InvalidArgument, UnknownInstrument


cdef class CandleMaker:
    """Collects the trades of one interval."""

    cdef void add(self, int64_t price_ticks, int64_t qty_lots, uint8_t side) noexcept:
        if self.trades == 0:
            self.open_ticks = self.high_ticks = self.low_ticks = price_ticks
        if price_ticks > self.high_ticks:
            self.high_ticks = price_ticks
        if price_ticks < self.low_ticks:
            self.low_ticks = price_ticks
        self.close_ticks = price_ticks
        self.has_close = True
        self.volume_lots += qty_lots
        if side == VEL_BUY:
            self.buy_volume_lots += qty_lots
        self.trades += 1

    cdef object close(self, int64_t ts_close):
        """The candle, or None before the first trade ever."""
        if not self.has_close:
            return None
        cdef Candle candle = Candle.__new__(Candle)
        candle.instrument = self.instrument
        candle.interval_ns = self.interval_ns
        candle.ts_open = ts_close - self.interval_ns
        candle.ts_close = ts_close
        if self.trades == 0:
            candle.open_ticks = candle.high_ticks = candle.low_ticks = self.close_ticks
        else:
            candle.open_ticks = self.open_ticks
            candle.high_ticks = self.high_ticks
            candle.low_ticks = self.low_ticks
        candle.close_ticks = self.close_ticks
        candle.volume_lots = self.volume_lots
        candle.buy_volume_lots = self.buy_volume_lots
        candle.trades = self.trades
        self.volume_lots = self.buy_volume_lots = self.trades = 0
        return candle


cdef class Kernel(Context):
    """Local side of a run with one strategy.

    Parameters
    ----------
    instruments : list of Instrument
        Their order is their index.
    strategy : Strategy
    quote_fed : list of bool
        Whether an instrument's data has quotes but no depth, so that its book is made from quotes.
    fuse_quotes : bool
        Whether quotes with a newer update id than the book move its top until the level feed has caught up.
    shows_own : bool
        Whether the feed's levels include our own orders.
    stopwatch : optional
        Times callbacks: its ``wrap(hook, callback)`` gives what is called instead.
    """

    def __cinit__(self, list instruments not None, StrategyBase strategy not None, list quote_fed not None, *,
                  bint fuse_quotes=False, bint shows_own=False, stopwatch=None):
        cdef Instrument instrument
        cdef vel_local_instrument_t *inst
        cdef OrderBookL2 book
        cdef Position position
        memset(&self._local, 0, sizeof(self._local))
        check_status(vel_local_init(&self._local, <int>len(instruments)), "a run needs at least one instrument")
        self.instruments = instruments
        self.strategy = strategy
        self._stopwatch = stopwatch
        self._index = {}
        self._books = []
        self._positions = []
        self._orders = {}
        self._timers = {}
        self._candles = [[] for _ in instruments]
        self._signals = []
        self._trade = Trade.__new__(Trade)
        self._quote = Quote.__new__(Quote)
        self._fill = Fill.__new__(Fill)
        for index, instrument in enumerate(instruments):
            inst = &self._local.instruments[index]
            instrument.money_spec_c(&inst.money)
            inst.is_quote_fed = bool(quote_fed[index])
            inst.is_fused = fuse_quotes
            inst.ours.is_shown = shows_own
            # The views do not own the kernel's memory, and the kernel owns the views: `self` keeps it alive for
            # whoever holds one.
            book = OrderBookL2.view(&inst.book, &inst.ours, instrument, self)
            self._books.append(book)
            position = Position.__new__(Position)
            position._c = inst
            position._owner = self
            position.instrument = instrument
            position._unit = float(instrument.money_unit)
            self._positions.append(position)
            self._add_name(f"{instrument.symbol}@{instrument.venue}", index)
        symbols = [instrument.symbol for instrument in instruments]
        for index, symbol in enumerate(symbols):
            if symbols.count(symbol) == 1:
                self._add_name(symbol, index)

    def __dealloc__(self):
        vel_local_free(&self._local)

    def _add_name(self, name, index):
        if name in self._index:
            raise InvalidArgument(f"two instruments are named {name}: give them different venues")
        self._index[name] = index

    # ------------------------------------------------------------------ Context

    cdef int64_t now_c(self) except -1:
        return self._local.now

    cdef int index_of(self, object instrument) except -1:
        if type(instrument) is Instrument:
            name = (<Instrument>instrument).symbol
            found = self._index.get(name)
            if found is None:
                found = self._index.get(f"{name}@{(<Instrument>instrument).venue}")
        else:
            found = self._index.get(instrument)
        if found is None:
            known = ", ".join(sorted(self._index))
            raise UnknownInstrument(f"the run has no instrument {instrument!r}; it has {known}")
        return found

    cdef object instrument_at(self, int index):
        return self.instruments[index]

    cdef OrderBookL2 book_at(self, int index):
        return self._books[index]

    cdef Position position_at(self, int index):
        return self._positions[index]

    cdef Order order_of(self, int64_t order_id):
        found = self._orders.get(order_id)
        if found is not None:
            return found
        cdef vel_order_t *c_order = vel_local_order(&self._local, order_id)
        if c_order == NULL:
            raise InvalidArgument(f"there is no order {order_id}")
        cdef Order order = Order.__new__(Order)
        order._c = c_order
        order._owner = self
        order.instrument = self.instruments[c_order.instrument]
        self._orders[order_id] = order
        return order

    cdef int64_t submit_c(self, int index, uint8_t side, uint8_t type, uint8_t tif, bint post_only,
                          int64_t price_ticks, int64_t qty_lots) except -1:
        cdef int64_t order_id = 0
        cdef int status = vel_local_submit(&self._local, index, side, type, tif, post_only, price_ticks, qty_lots,
                                           &order_id)
        if status != VEL_OK:
            check_status(status, f"cannot send an order of {qty_lots} lots at {price_ticks} ticks")
        return order_id

    cdef int64_t submit_spec_c(self, const vel_order_spec_t *spec) except -1:
        cdef int64_t order_id = 0
        cdef int status = vel_local_submit_spec(&self._local, spec, &order_id)
        if status != VEL_OK:
            check_status(status, f"cannot send an order of {spec.qty} lots at {spec.price} ticks")
        return order_id

    cdef int amend_trigger_c(self, int64_t order_id, int64_t trigger_ticks) except -1:
        check_status(vel_local_amend_trigger(&self._local, order_id, trigger_ticks),
                     f"cannot move the trigger of order {order_id} to {trigger_ticks} ticks: it must wait for a stop or "
                     "touch")
        return 0

    cdef int mass_cancel_c(self, int index) except -1:
        check_status(vel_local_cancel_all(&self._local, index), "cannot cancel all orders")
        return 0

    cdef int cancel_c(self, int64_t order_id) except -1:
        cdef int status = vel_local_cancel(&self._local, order_id)
        if status != VEL_OK:
            check_status(status, f"cannot cancel order {order_id}")
        return 0

    cdef int amend_c(self, int64_t order_id, int64_t price_ticks, int64_t qty_lots) except -1:
        cdef int status = vel_local_amend(&self._local, order_id, price_ticks, qty_lots)
        if status != VEL_OK:
            check_status(status, f"cannot amend order {order_id} to {qty_lots} lots at {price_ticks} ticks")
        return 0

    cdef int quote_c(self, int index, uint8_t side, bint is_wanted, int64_t price_ticks, int64_t qty_lots,
                     bint post_only) except -1:
        cdef int status = vel_local_quote(&self._local, index, side, is_wanted, price_ticks, qty_lots, post_only)
        if status != VEL_OK:
            check_status(status, f"cannot quote {qty_lots} lots at {price_ticks} ticks")
        return 0

    cdef int track_queue_c(self, object instruments) except -1:
        for index in [self.index_of(one) for one in instruments] if instruments else range(len(self.instruments)):
            self._local.instruments[<int>index].tracks_queue = 1
        return 0

    cdef object queue_place_c(self, Order order):
        cdef vel_local_instrument_t *inst = &self._local.instruments[order._c.instrument]
        cdef const vel_tracked_t *found = vel_queue_tracker_find(&inst.tracker, order._c.id)
        if found == NULL:
            return None
        return QueuePlace(found.likely.ahead, found.low.ahead, found.high.ahead, vel_tracked_confidence(found))

    cdef int64_t timer_c(self, int64_t ts, int64_t interval_ns, object callback, str name) except -1:
        if callback is not None and not callable(callback):
            raise InvalidArgument(f"a timer's callback must be callable, was {callback!r}")
        if self._stopwatch is not None and callback is not None and name is not None:
            callback = self._stopwatch.wrap("timer", callback)
        self._timer_id += 1
        self._timers[self._timer_id] = (callback, name)
        check_status(vel_local_timer_add(&self._local, ts, interval_ns, self._timer_id), "no memory for a timer")
        return self._timer_id

    cdef int cancel_timer_c(self, int64_t timer_id) except -1:
        # The core keeps a periodic timer's entry; without a callback it fires into nothing once more and is dropped.
        self._timers.pop(timer_id, None)
        return 0

    cdef int subscribe_c(self, int wakes, object instruments) except -1:
        self._subscribed |= wakes
        chosen = [self.index_of(one) for one in instruments] if instruments else range(len(self.instruments))
        for index in chosen:
            self._local.instruments[<int>index].wake_mask |= <uint32_t>wakes
        return 0

    cdef int subscribe_candles_c(self, int index, int64_t interval_ns) except -1:
        cdef CandleMaker maker
        if interval_ns <= 0:
            raise InvalidArgument(f"a candle's interval must be positive, was {interval_ns} ns")
        for maker in self._candles[index]:
            if maker.interval_ns == interval_ns:
                return 0
        maker = CandleMaker.__new__(CandleMaker)
        maker.instrument = self.instruments[index]
        maker.interval_ns = interval_ns
        self._candles[index].append(maker)
        self._local.instruments[index].wake_mask |= VEL_WAKE_TRADE
        cdef int64_t first = (self._local.now // interval_ns + 1) * interval_ns
        self.timer_c(first, interval_ns, lambda: self._close_candle(maker), None)  # no name: not the strategy's own
        return 0

    def _close_candle(self, CandleMaker maker):
        candle = maker.close(self._local.now)
        if candle is not None and self._on_candle is not None:
            self._on_candle(candle)

    cdef int emit_c(self, str name, object value) except -1:
        cdef Signal signal = Signal.__new__(Signal)
        signal.name = name
        signal.value = value
        signal.ts = self._local.now
        self._signals.append(signal)
        return 0

    cdef list open_orders(self, int index):
        cdef int64_t order_id = self._local.live_first
        cdef vel_order_t *order
        found = []
        while order_id != 0:
            order = vel_local_order(&self._local, order_id)
            if index < 0 or order.instrument == index:
                found.append(self.order_of(order_id))
            order_id = order.live_after
        return found

    cdef list all_instruments(self):
        return list(self.instruments)

    # ------------------------------------------------------------------ life

    def _hook(self, name):
        """The strategy's own method of this name, None when it only has the base's."""
        method = getattr(self.strategy, name)
        if getattr(type(self.strategy), name) is getattr(StrategyBase, name):
            return None
        return method if self._stopwatch is None else self._stopwatch.wrap(name, method)

    cdef int start(self, int64_t ts) except -1:
        cdef int wakes = 0
        self._local.now = ts
        self._on_trade = self._hook("on_trade")
        self._on_quote = self._hook("on_quote")
        self._on_book = self._hook("on_book")
        self._on_candle = self._hook("on_candle")
        self._on_order = self._hook("on_order")
        self._on_fill = self._hook("on_fill")
        self._on_position = self._hook("on_position")
        self._on_funding = self._hook("on_funding")
        self._on_gap = self._hook("on_gap")
        self._on_timer = self._hook("on_timer")
        self._on_signal = self._hook("on_signal")
        self._is_started = True
        (<StrategyBase>self.strategy)._context = self
        self.strategy.on_start()
        for kind, hook in ((VEL_WAKE_TRADE, self._on_trade), (VEL_WAKE_QUOTE, self._on_quote),
                           (VEL_WAKE_BOOK, self._on_book), (VEL_WAKE_FUNDING, self._on_funding),
                           (VEL_WAKE_GAP, self._on_gap)):
            if hook is not None and not self._subscribed & kind:
                wakes |= kind
        if self._on_order is not None:
            wakes |= VEL_WAKE_ORDER
        if self._on_fill is not None or self._on_position is not None:
            wakes |= VEL_WAKE_FILL
        for index in range(self._local.instruments_count):
            self._local.instruments[index].wake_mask |= <uint32_t>wakes
        return self.flush_signals()

    cdef int stop(self) except -1:
        self.strategy.on_stop()
        self.flush_signals()
        return 0

    # ------------------------------------------------------------------ events

    cdef int on_market(self, uint32_t bits, int index, const vel_columns_t *columns, int64_t row) except -1:
        cdef vel_local_instrument_t *inst = &self._local.instruments[index]
        cdef Trade trade
        cdef Quote quote
        cdef Funding funding
        cdef Gap gap
        cdef CandleMaker maker
        if bits & VEL_WAKE_TRADE:
            for maker in <list>self._candles[index]:
                if not columns.flags[row] & VEL_FLAG_OFF_BOOK:
                    maker.add(columns.price[row], columns.qty[row], columns.side[row])
            if self._on_trade is not None:
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
                self._on_trade(trade)
        if bits & VEL_WAKE_BOOK and self._on_book is not None:
            self._on_book(<OrderBookL2>self._books[index])
        if bits & VEL_WAKE_QUOTE and self._on_quote is not None:
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
            self._on_quote(quote)
        if bits & VEL_WAKE_GAP and self._on_gap is not None:
            gap = Gap.__new__(Gap)
            gap.instrument = self.instruments[index]
            gap.ts_event = columns.ts_event[row]
            gap.ts_recv = columns.ts_recv[row]
            gap.missing_id = columns.order_id[row]
            self._on_gap(gap)
        if bits & VEL_WAKE_FUNDING and self._on_funding is not None:
            funding = Funding.__new__(Funding)
            funding.instrument = self.instruments[index]
            funding.ts_event = columns.ts_event[row]
            funding.ts_recv = columns.ts_recv[row]
            funding.mark_price = <double>columns.price[row] / <double>VEL_RATE_SCALE
            funding.rate = <double>columns.qty[row] / <double>VEL_RATE_SCALE
            self._on_funding(funding)
        if self._signals:
            self.flush_signals()
        return 0

    cdef int on_report(self, uint32_t bits, const vel_report_t *report) except -1:
        cdef Fill fill
        if bits & VEL_WAKE_ORDER and self._on_order is not None:
            self._on_order(self.order_of(report.order_id))
        if report.kind == VEL_REPORT_FILL:
            if self._on_fill is not None:
                if (<PyObject *>self._fill).ob_refcnt > 1:  # somebody kept it
                    self._fill = Fill.__new__(Fill)
                fill = self._fill
                fill.instrument = <Instrument>self.instruments[report.instrument]
                fill.order_id = report.order_id
                fill.ts_event = report.ts_venue
                fill.ts_recv = self._local.now
                fill.price_ticks = report.price
                fill.qty_lots = report.qty
                fill.fee_units = report.fee
                fill.is_maker = report.maker != 0
                fill._side = report.side
                self._on_fill(fill)
            if self._on_position is not None:
                self._on_position(<Position>self._positions[report.instrument])
        if self._signals:
            self.flush_signals()
        return 0

    cdef int on_timer(self, const vel_timer_t *timer) except -1:
        cdef Timer event
        found = self._timers.get(timer.id)
        if found is None:
            return 0
        callback, name = <tuple>found
        if timer.interval == 0:
            del self._timers[timer.id]
        if callback is not None:
            callback()
        elif self._on_timer is not None:
            event = Timer.__new__(Timer)
            event.id = timer.id
            event.ts = timer.ts
            event.interval_ns = timer.interval
            event.name = name
            self._on_timer(event)
        if self._signals:
            self.flush_signals()
        return 0

    cdef int flush_signals(self) except -1:
        # A signal emitted by on_signal is delivered too; a bound keeps an endless exchange from hanging the run.
        cdef int delivered = 0
        while self._signals:
            signals, self._signals = self._signals, []
            if self._on_signal is None:
                return 0
            for signal in signals:
                delivered += 1
                if delivered > 100_000:
                    raise InvalidArgument("on_signal emitted more than 100,000 signals in answer to one event")
                self._on_signal(signal)
        return 0
