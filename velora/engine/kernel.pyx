"""The kernel: the local side of one run, and the life of its strategies in it.

A driver hands it events with their local time, from a recording, a simulator or a socket alike; commands wait in the
outbox of its C core until the driver takes them to their venue. `Delivery`, which it extends, brings the events to the
strategies; each strategy sees the kernel through a `StrategyContext` of its own.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset

cimport cython

from velora.core._c cimport (
    VEL_ORDERS_PER_BLOCK,
    VEL_ROUTE_FUNDING,
    VEL_WAKE_TRADE,
    vel_add,
    vel_hash_i64,
    vel_orders_drop,
    vel_gate_limit_order_qty,
    vel_holdings_position,
    vel_local_drop_fills,
    vel_local_drop_instants,
    vel_local_drop_samples,
    vel_orders_droppable,
    vel_local_free,
    vel_local_init,
    vel_market_t,
    vel_orders_get,
    vel_market_quote_fed,
    vel_local_sample_all,
    vel_local_t,
    vel_timers_add,
    vel_order_t,
)
from velora.core.book cimport OrderBookL2
from velora.core.instrument cimport Instrument
from velora.core.orders cimport Order
from velora.core.status cimport check_status
from velora.engine.calls cimport ON_CANDLE
from velora.engine.candles cimport CandleMaker
from velora.engine.context cimport StrategyContext
from velora.engine.delivery cimport RUNNING, STOPPED, STOPPING, Delivery, HookSubscription
from velora.engine.records cimport fill_records, order_records, sample_records
from velora.strategy.base cimport StrategyBase

from collections import Counter

from velora.core.life import StrategyState
from velora.engine.calls import HOOK_NAMES as _HOOK_NAMES
from velora.errors import InvalidArgument
from velora.strategy.receivers import reads_candles, receives_candles, warn_unreceived

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


@cython.final
cdef class Kernel(Delivery):
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
    warns : bool
        Whether a subscription in `on_start` whose events nothing receives makes a `VeloraWarning`. Not in the replay
        of a journal: its run has warned.
    """

    def __cinit__(self, list instruments not None, strategies not None, list quote_fed not None, *,
                  capital=None, bint isolates=False, int64_t retention=-1, sink=None, tally=None,
                  bint fuse_quotes=False, bint shows_own=False, stopwatch=None, bint warns=True):
        cdef Instrument instrument
        cdef vel_market_t *inst
        cdef StrategyContext context
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
        self.warns = warns
        self._index = {}
        self._books = []
        self._names = []
        self.open_delivery()
        for index, instrument in enumerate(instruments):
            inst = &self._local.instruments[index]
            instrument.money_spec_c(&inst.money)
            if quote_fed[index]:
                vel_market_quote_fed(&self._local.instruments[index])
            inst.is_fused = fuse_quotes
            inst.ours.is_shown = shows_own
            # The views point into the kernel's memory: `self` keeps the kernel alive as long as a view.
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
        self.contexts = []
        for name, strategy in strategies.items():
            context = StrategyContext.__new__(StrategyContext)
            context._delivery = self
            context._local = &self._local
            context.index = <int>len(self.contexts)
            context.name = name
            context.strategy = strategy
            context.capital = dict((capital or {}).get(name, {}))
            context._positions = [None] * len(instruments)
            context._touched = []
            context._timers = {}
            context._given_up = []
            context._hook_callbacks = {}
            context._subscriptions = {}
            context._candles = []
            context._bus_subscriptions = []
            context._endpoints = []
            self.contexts.append(context)

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

    def limit_order_qty(self, list lots not None):
        """Set the gate's largest quantity of one order, in lots by instrument; None for no limit."""
        if len(lots) != len(self.instruments):
            raise InvalidArgument(f"{len(self.instruments)} instruments need as many limits, was {len(lots)}")
        self.order_qty_max = list(lots)
        for index, limit in enumerate(lots):
            if limit is not None:
                check_status(vel_gate_limit_order_qty(&self._local.gate, index, limit),
                             f"the limit of an order must be within 1 and 2^60 - 1 lots, was {limit}")

    def strategies(self):
        """Name, class, state, error, hash and counts of each strategy, as JSON-ready dicts."""
        cdef StrategyContext context
        found = []
        for context in self.contexts:
            cls = type(context.strategy)
            state = self._local.strategies[context.index]
            found.append({
                "name": context.name,
                "class": f"{cls.__module__}.{cls.__qualname__}",
                "state": StrategyState(context.state).name,
                "error": context.error,
                "capital": {currency: str(amount) for currency, amount in context.capital.items()},
                "hash": self._hash(context.index),
                "orders": state.orders_count,
                "commands": state.commands_sent,
                "fills": state.fills_count,
                "open_orders": state.open.count,
                "unprotected": state.unprotected,
                "given_up": list(context._given_up),
                "funding_units": [vel_holdings_position(&self._local.holdings, context.index, index).funding
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
        """Attach the strategies to their contexts and begin the warm-up, or without one the run."""
        cdef StrategyContext context
        cdef int index
        self._local.now = ts
        for context in self.contexts:
            context.find_hooks()
            context.strategy._attach(context)
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
        """Show the strategies the history and begin the run."""
        cdef StrategyContext context
        cdef int index
        self._is_warming = False
        for index in range(self._local.instruments_count):
            self._local.instruments[index].wake_mask = 0
        self.history.ts_end = self._local.now
        self.start_samples()
        for context in self.contexts:
            context.is_in_warmup = True
            try:
                context.strategy._warm_up(self.history)
            finally:
                context.is_in_warmup = False
        return self.begin()

    cdef int begin(self) except -1:
        """Call `on_start`, and subscribe each strategy to the market data of its hooks."""
        cdef StrategyContext context
        for context in self.contexts:
            context.state = RUNNING
            context.call_method(getattr(context.strategy, "on_start"))
            for kind in range(VEL_ROUTE_FUNDING + 1):  # the kinds of routes are the first hooks
                if context.has_hook(kind) and not context._subscribed_kinds & 1 << kind and context.state == RUNNING:
                    context.subscribe_c(kind, None, 1, None, 0, 0, False)
            context.update_wakes()
        if self.warns:  # after all on_start: another strategy may read a topic of the bus
            for context in self.contexts:
                if context.state == RUNNING:
                    self._warn_unreceived(context)
        self.mark_routes(range(len(self.instruments)))
        return self.finish_event()

    cdef bint _has_receiver(self, StrategyContext context, int kind) except -1:
        """Whether a hook, a callback of a component or the bus receives a kind of market data."""
        cdef HookSubscription made
        if context.has_hook(kind):
            return True
        for same in context._subscriptions.values():
            for made in same:
                if made.kind == kind and made.callback is not None:
                    return True
        for index in range(<int>len(self.instruments)):
            if self.data_topic(kind, index) is not None:
                return True
        return False

    cdef bint _has_candle_topic(self, StrategyContext context) except -1:
        """Whether the bus has subscribers of a strategy's candles."""
        cdef CandleMaker maker
        for maker in context._candles:
            if self.bus.subscribed_topic_c(maker.shared.name) is not None:
                return True
        return False

    cdef int _warn_unreceived(self, StrategyContext context) except -1:
        """Warn of kinds of events that a strategy subscribed to and that nothing receives."""
        unreceived = []
        for kind in range(VEL_ROUTE_FUNDING + 1):
            if context._subscribed_kinds & 1 << kind and not self._has_receiver(context, kind):
                unreceived.append(_HOOK_NAMES[kind])
        if context._candles and not context.has_hook(ON_CANDLE):
            callbacks = context._hook_callbacks.get(ON_CANDLE, ())
            if not (any([receives_candles(callback) for callback, _, _ in callbacks]) or self._has_candle_topic(context)
                    or reads_candles(type(context.strategy))):
                unreceived.append("on_candle")
        warn_unreceived(type(context.strategy), unreceived)
        return 0

    cdef int stop(self) except -1:
        """Call `on_stop` of each strategy that runs."""
        cdef StrategyContext context
        if self._is_warming:
            raise InvalidArgument(f"the data ends within the warm-up of {self._warmup_ns / 1e9:g} s: "
                                  "the strategy never started")
        raised = None
        for context in self.contexts:
            if context.state == RUNNING:
                context.state = STOPPING
                try:
                    context.call_method(getattr(context.strategy, "on_stop"))
                    self.bus.settle_c()
                except BaseException as error:  # the others stop too, and then it goes on
                    raised = error if raised is None else raised
                if context.state == STOPPING:
                    context.state = STOPPED
                context.leave_bus()
        if raised is not None:
            raise raised
        return self.bus.settle_c()

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
        """Give `_tally` the fills and samples that it has not yet received."""
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
