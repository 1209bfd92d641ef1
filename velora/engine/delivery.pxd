"""C view of delivery: what a kernel calls when something happened, and what each strategy receives.

`Delivery` is the part of a run, `Recipient` that of one strategy in it; `Kernel` and `StrategyContext` extend them.
"""

from libc.stdint cimport int64_t, uint32_t

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
from velora.core.market cimport Quote, Signal, Trade
from velora.core.orders cimport Fill
from velora.engine.calls cimport HOOKS, hook_t
from velora.engine.candles cimport CandleTopic
from velora.engine.external_inputs cimport ExternalInputs
from velora.strategy.base cimport StrategyBase

cdef enum:   # StrategyState
    NEW, RUNNING, STOPPING, STOPPED, FAILED


@cython.final
cdef class HookSubscription:
    cdef int kind                         # VEL_ROUTE_
    cdef bint is_filtered
    cdef object callback                  # None for the strategy's own method
    cdef vel_filter_t filter              # read and counted by the C core


cdef class Recipient(Context):
    cdef Delivery _delivery
    cdef vel_local_t *_local              # the kernel's, which `_delivery` is
    cdef readonly int index
    cdef readonly str name
    cdef readonly StrategyBase strategy
    cdef readonly str error               # traceback of what made it fail, None
    cdef int state
    cdef hook_t hooks[HOOKS]
    cdef list _methods                    # keeps what the hooks point to
    cdef list _positions
    cdef dict _timers                     # id -> (callback or CandleMaker or None, name)
    cdef int64_t _timer_id                # the newest
    cdef dict _subscriptions              # instrument -> list of HookSubscription; None once it has ended
    cdef dict _hook_callbacks             # other hooks -> tuple of (callback, ids of instruments or None, is first)
    cdef list _candles
    cdef list _bus_subscriptions
    cdef list _endpoints
    cdef Topic _order_topic               # "orders.NAME" while it has subscribers, else None; likewise the next two
    cdef Topic _fill_topic
    cdef Topic _position_topic
    cdef bint _has_topics                 # one of the three

    cdef int find_hooks(self) except -1
    cdef bint has_hook(self, int hook) noexcept
    cdef bint has_subscriber(self, int hook)
    cdef int update_wakes(self) except -1
    cdef int find_topics(self) except -1
    cdef int leave_bus(self) except -1
    cdef object make_receiver(self, object handler, str kind)
    cdef int call_hook(self, int hook, object event) except -1
    cdef int call_callback(self, object callback, object event) except -1
    cdef int call_method(self, object method) except -1
    cdef int notify(self, int hook, object event) except -1
    cdef int _notify_callbacks(self, int hook, object event, bint first) except -1
    cdef int fail(self, object error) except -1


cdef class Delivery:
    cdef vel_local_t _local               # owned by value; the kernel makes and frees it
    cdef readonly list instruments
    cdef readonly list contexts           # one a strategy, in the order of delivery
    cdef readonly bint isolates           # whether a strategy that raises is stopped alone
    cdef readonly MessageBus bus          # of the run; delivers when an event has been delivered to all
    cdef readonly object history          # of the warm-up, None without one
    cdef ExternalInputs external_inputs   # never None
    cdef bint _is_warming
    cdef object _stopwatch                # times callbacks, or None
    cdef dict _index                      # symbol, "symbol@venue" -> index
    cdef list _books
    cdef list _names                      # of each instrument in topics: "SYMBOL", "SYMBOL@venue" where two share one
    cdef list _route_targets              # of each instrument: callbacks and topics that its routes lead to
    cdef set _stale_routes                # instruments whose routes are made anew at the end of the event
    cdef dict _candle_topics              # (index of the instrument, interval, closed right) -> CandleTopic
    cdef dict _candle_names               # name of the topic -> CandleTopic
    cdef HandlerList _signals             # leads to `on_signal`
    cdef int64_t _bus_changes             # `bus.changes` when the routes were made
    cdef int64_t _request_deadline        # ns, of the timer set for the earliest request; VEL_NEVER for none
    cdef bint _has_work                   # for the end of the event: stops, changed subscriptions
    cdef Trade _trade                     # reused unless it was kept; likewise the next two
    cdef Quote _quote
    cdef Fill _fill

    cdef int open_delivery(self) except -1
    cdef int on_market(self, uint32_t bits, int index, const vel_columns_t *columns, int64_t row) except -1
    cdef int on_report(self, uint32_t bits, const vel_report_t *report) except -1
    cdef int on_timer(self, const vel_timer_t *timer) except -1
    cdef int on_signal(self, Signal signal) except -1
    cdef int finish_event(self) except -1
    cdef int end_warmup(self) except -1
    cdef int deliver(self, const vel_routes_t *routes, int index, int hook, object event) except -1
    cdef Fill make_fill(self, const vel_report_t *report)
    cdef Fill publish_report(self, Recipient recipient, uint32_t bits, const vel_report_t *report)
    cdef int end(self, Recipient recipient) except -1
    cdef int mark_routes(self, object instruments) except -1
    cdef int follow_bus(self) except -1
    cdef int make_routes(self, int index) except -1
    cdef Topic data_topic(self, int kind, int index)
    cdef int route_topics(self, int index, list targets) except -1
    cdef CandleTopic candle_topic(self, int index, int64_t interval_ns, bint is_right)
    cdef int watch_requests(self) except -1


@cython.final
cdef class Receiver(Handler):
    """A strategy's handler on the bus: it is called until its strategy has ended, and fails as a hook does."""
    cdef Recipient recipient
    cdef object callback
    cdef bint is_compiled


@cython.final
cdef class SignalRelay(Handler):
    """Hands signals to `on_signal` of each strategy."""
    cdef Delivery delivery
