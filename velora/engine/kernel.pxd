from libc.stdint cimport int64_t, uint8_t, uint32_t

cimport cython

from velora.core._c cimport (
    vel_columns_t,
    vel_filter_t,
    vel_local_t,
    vel_report_t,
    vel_routes_t,
    vel_timer_t,
)
from velora.core.bus cimport Handler, HandlerList, MessageBus, Topic
from velora.core.context cimport Context
from velora.core.instrument cimport Instrument
from velora.core.market cimport Quote, Signal, Trade
from velora.core.orders cimport Fill, Order, Position
from velora.engine.calls cimport HOOKS, hook_t
from velora.engine.candles cimport CandleTopic
from velora.strategy.base cimport StrategyBase

cdef enum:   # StrategyState
    NEW, RUNNING, STOPPING, STOPPED, FAILED


@cython.final
cdef class Subscription:
    cdef int kind                         # VEL_ROUTE_
    cdef int index                        # of the instrument
    cdef bint is_filtered
    cdef object callback                  # of one who listens; None for the strategy's own method
    cdef vel_filter_t filter              # read and counted by the C core


@cython.final
cdef class Desk(Context):
    cdef Kernel kernel
    cdef vel_local_t *_local              # the kernel's
    cdef readonly int index
    cdef readonly str name
    cdef readonly StrategyBase strategy
    cdef readonly dict capital            # currency -> Decimal
    cdef readonly str error               # traceback of what made it fail, None
    cdef Position _make_position(self, int index)
    cdef int state
    cdef hook_t hooks[HOOKS]
    cdef list _methods                    # keeps what the hooks point to
    cdef list _touched
    cdef int64_t _rows_seen
    cdef list _positions
    cdef object _portfolio
    cdef dict _timers                     # id -> (callback, CandleMaker or None, name)
    cdef list _given_up                   # what the strategy gave up, as JSON-ready dicts
    cdef int64_t _timer_id
    cdef list _subscriptions
    cdef dict _listeners                  # hook -> tuple of (callback, ids of instruments or None, whether first)
    cdef list _candles
    cdef int _subscribed                  # kinds that the strategy subscribed to itself, as bits
    cdef list _heard                      # its subscriptions of the bus
    cdef list _endpoints
    cdef Topic _order_topic               # "orders.NAME" while somebody listens to it, else None; likewise the next two
    cdef Topic _fill_topic
    cdef Topic _position_topic
    cdef bint _has_topics                 # one of the three
    cdef int _batch_depth

    cdef int open(self) except -1
    cdef bint has(self, int hook) noexcept
    cdef int call(self, int hook, object event) except -1
    cdef int check_trades(self) except -1
    cdef int check_subscribes(self) except -1
    cdef bint is_heard(self, int hook)
    cdef int wake_for_orders(self) except -1
    cdef object receiver(self, object handler, str kind)
    cdef int find_topics(self) except -1
    cdef int leave_bus(self) except -1
    cdef int tell_listeners(self, int hook, object event, bint first) except -1
    cdef int tell_all(self, int hook, object event) except -1


@cython.final
cdef class Kernel:
    cdef vel_local_t _local               # owned by value
    cdef readonly list instruments
    cdef readonly list desks              # one a strategy, in the order of delivery
    cdef readonly bint isolates           # whether a strategy that raises is stopped alone
    cdef readonly int64_t retention       # done orders, fills and samples kept, -1 for all
    cdef readonly MessageBus bus          # of the run; delivers when an event has been delivered to all
    cdef object _sink
    cdef object _tally                    # adds up records before they are dropped, or None
    cdef readonly int64_t tallied_fills   # of those kept, the oldest ones that it has; likewise samples
    cdef readonly int64_t tallied_samples
    cdef object _stopwatch                # times callbacks, or None
    cdef list _targets                    # callbacks that routes lead to
    cdef int64_t _warmup_ns               # time at the start of the data that only fills `history`; 0 for none
    cdef bint _is_warming
    cdef readonly object history          # of the warm-up, None without one
    cdef object gate                      # takes what comes from outside between two inputs, or None
    cdef dict _index                      # symbol, "symbol@venue" -> index
    cdef list _books
    cdef list _names                      # of each instrument in topics: "SYMBOL", "SYMBOL@venue" where two share one
    cdef dict _candle_topics              # (index of the instrument, interval, closed right) -> CandleTopic
    cdef HandlerList _signals             # leads to `on_signal`
    cdef int64_t _bus_changes             # of the bus's subscriptions, those that routes know of
    cdef int64_t _deadline                # ns, of the timer set for the earliest request; VEL_NEVER for none
    cdef bint _has_work                   # for the end of the event: stops, changed subscriptions
    cdef bint _is_rerouted
    cdef Trade _trade                     # reused while nobody holds it; likewise the next two
    cdef Quote _quote
    cdef Fill _fill

    cdef int start(self, int64_t ts) except -1
    cdef int begin(self) except -1
    cdef int begin_samples(self, int64_t interval_ns) except -1
    cdef int start_samples(self) except -1
    cdef int end_warmup(self) except -1
    cdef int tell_one(self, Desk desk, object callback, object event) except -1
    cdef int stop(self) except -1
    cdef int on_market(self, uint32_t bits, int index, const vel_columns_t *columns, int64_t row) except -1
    cdef int on_report(self, uint32_t bits, const vel_report_t *report) except -1
    cdef int on_timer(self, const vel_timer_t *timer) except -1
    cdef int retire(self) except -1
    cdef int tally_new(self) except -1
    cdef int tell_plain(self, Desk desk, object method) except -1
    cdef int tell(self, Desk desk, int hook, object event) except -1
    cdef int deliver(self, const vel_routes_t *routes, int hook, object event) except -1
    cdef int fail(self, Desk desk, object error) except -1
    cdef int finish_event(self) except -1
    cdef int end(self, Desk desk) except -1
    cdef int reroute(self) except -1
    cdef int route_topics(self) except -1
    cdef CandleTopic candle_topic(self, int index, int64_t interval_ns, bint is_right)
    cdef int watch_requests(self) except -1
    cdef int tell_signal(self, Signal signal) except -1
    cdef Fill make_fill(self, const vel_report_t *report)
    cdef Fill publish_report(self, Desk desk, uint32_t bits, const vel_report_t *report)


@cython.final
cdef class Receiver(Handler):
    """A strategy's handler, subscribed: nothing reaches it when its strategy has ended, and it fails as a hook does."""
    cdef Desk desk
    cdef object callback
    cdef bint is_compiled


@cython.final
cdef class SignalRelay(Handler):
    """Hands signals to `on_signal` of each strategy."""
    cdef Kernel kernel
