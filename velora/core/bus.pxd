"""C view of the message bus, for compiled publishers and subscribers.

A publisher keeps a `Topic` and calls `publish_c`. Without subscribers that costs an increment and one comparison. A
compiled subscriber is a `Handler` that overrides `on_message_c`; a delivery to it is one virtual call.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t


cdef bint is_wild(str pattern) noexcept
cdef int check_handler(object handler) except -1
cdef object handler_name(object handler)

cdef class MessageBus
cdef class HandlerList
cdef class DirectTable


cdef class Handler:
    cdef int on_message_c(self, object message) except -1


@cython.final
cdef class Subscription:
    cdef readonly str pattern            # the pattern subscribed to; for a direct subscription the list's name
    cdef readonly str name               # names the subscriber in statistics and errors
    cdef readonly int priority           # higher is served first
    cdef readonly int64_t count          # messages delivered, failed ones included
    cdef readonly int64_t errors
    cdef readonly int64_t slow_count     # deliveries that took slow_ns of the bus or longer
    cdef readonly int64_t slowest_ns     # 0 without a clock; so is total_ns
    cdef readonly int64_t total_ns
    cdef readonly object last_error      # with its traceback; None before the first
    cdef readonly bint is_active
    cdef readonly bint is_dropped        # canceled by the bus because of its errors
    cdef int _kind                       # how the handler is called: a CALL_ constant of bus.pyx
    cdef PyObject *_target               # a function, a callable or a Handler; borrowed from _handler
    cdef PyObject *_self                 # of a bound method; borrowed from _handler
    cdef readonly object handler
    cdef uint64_t _sequence
    cdef HandlerList _home               # of a direct subscription; None for a pattern of the bus
    cdef MessageBus _bus


cdef class HandlerList:
    """One destination of messages. `_route` is None without subscribers, empty when it must be rebuilt, else the
    subscriptions in order of delivery. A route is replaced, never changed, so a delivery in progress keeps its
    route."""
    cdef tuple _route
    cdef MessageBus _bus
    cdef readonly str name
    cdef readonly int64_t published      # messages published, also without subscribers
    cdef dict _members                   # sequence -> Subscription, of direct subscriptions only
    cdef DirectTable _table              # the table whose mask follows this list, or None
    cdef int _table_kind, _table_instrument

    cdef tuple _find(self)
    cdef tuple _resolve(self)
    cdef int _changed(self) except -1

    @cython.final
    cdef inline int publish_c(self, object message) except -1:
        self.published += 1
        if self._route is None:
            return 0
        return self._bus.deliver_c(self, message)

    @cython.final
    cdef inline bint has_subscribers_c(self) except -1:
        return self._route is not None and (len(self._route) > 0 or self._resolve() is not None)


@cython.final
cdef class Topic(HandlerList):
    cdef bint _is_routed                 # its route was built since the last change of a pattern


@cython.final
cdef class DirectTable:
    cdef readonly int kinds
    cdef readonly int instruments
    cdef readonly str name
    cdef MessageBus _bus
    cdef list _lists                     # HandlerList or None; kind `k` of instrument `i` is at i * kinds + k
    cdef PyObject **_slots               # the same, borrowed; NULL for None
    cdef uint32_t *_masks                # for each instrument: bit k is set while kind k has subscribers

    cdef int _check(self, int kind, int instrument) except -1

    cdef inline uint32_t mask_c(self, int instrument) noexcept nogil:
        return self._masks[instrument]

    cdef inline bint wants_c(self, int kind, int instrument) noexcept nogil:
        return (self._masks[instrument] >> kind) & 1

    cdef inline int publish_c(self, int kind, int instrument, object message) except -1:
        if not (self._masks[instrument] >> kind) & 1:
            return 0
        return (<HandlerList>self._slots[instrument * self.kinds + kind]).publish_c(message)


@cython.final
cdef class Endpoint:
    cdef readonly str name
    cdef readonly object handler
    cdef readonly int64_t count
    cdef readonly int64_t errors
    cdef readonly object last_error
    cdef readonly bint is_open
    cdef MessageBus _bus


@cython.final
cdef class Request:
    cdef readonly int64_t id
    cdef readonly str endpoint
    cdef readonly object message
    cdef readonly int64_t deadline_ns    # VEL_NEVER without a deadline
    cdef Subscription _answer            # the requester, as a subscription that is served once


@cython.final
cdef class Response:
    cdef readonly int64_t id
    cdef readonly str endpoint
    cdef readonly object message         # None unless the request was answered
    cdef readonly str status             # "answered", "timed_out" or "failed"
    cdef readonly object error           # the exception raised by the endpoint, when it failed


@cython.final
cdef class MessageBus:
    cdef dict _topics                    # name -> Topic
    cdef dict _exact                     # pattern without wildcards -> {sequence: Subscription}
    cdef dict _changed                   # patterns as keys, see take_changed_c
    cdef dict _wild                      # sequence -> Subscription, of patterns with wildcards
    cdef dict _by_ends                   # the same, keyed by the fixed text of the pattern, see `_index`
    cdef list _routed                    # names of topics whose route was built since the last change of a pattern
    cdef dict _endpoints                 # name -> Endpoint
    cdef dict _outstanding               # request id -> Request
    cdef list _deadlines                 # heap of (deadline_ns, request id); answered requests are removed late
    cdef dict _rings                     # thread -> ThreadRing
    cdef object _rings_lock
    cdef list _tables                    # DirectTable, for the statistics
    cdef list _pending                   # route, message, route, message, ... of this cascade
    cdef Py_ssize_t _head                # index of the next of them
    cdef bint _is_busy                   # a delivery is in progress: new messages wait until it ends
    cdef bint _is_unsettled              # messages or an error are pending; for a held bus, also changed subscriptions
    cdef bint _is_held                   # delivers only in settle_c
    cdef bint _is_fatal                  # a handler raised an exception that is not an Exception
    cdef object _raised                  # the exception that the outermost publish will raise
    cdef object _clock
    cdef int _policy
    cdef uint64_t _sequence
    cdef int64_t _request_id
    cdef readonly object on_error
    cdef readonly object on_slow
    cdef readonly int64_t drop_after
    cdef readonly int64_t slow_ns
    cdef readonly int64_t cascade_max
    cdef readonly int64_t topics_max
    cdef readonly int64_t requests_max
    cdef readonly int64_t ring_capacity
    cdef readonly int64_t changes        # subscriptions added or ended so far
    cdef readonly int64_t errors         # of all subscribers
    cdef readonly int64_t abandoned      # messages not delivered because of a KeyboardInterrupt or similar
    cdef readonly int64_t late_responses
    cdef readonly int64_t timed_out_requests

    cdef int deliver_c(self, HandlerList handlers, object message) except -1
    cdef Topic topic_c(self, str name)
    cdef int hold_c(self) except -1
    cdef int settle_c(self) except -1
    cdef bint has_patterns_c(self) noexcept
    cdef Topic subscribed_topic_c(self, str name)
    cdef int fail_requests_c(self, str endpoint, object error) except -1
    cdef int _note_change(self, str pattern) except -1
    cdef list take_changed_c(self)
    cdef Subscription _subscribe(self, str pattern, object handler, int priority, str name, HandlerList home)
    cdef int _cancel(self, Subscription subscription) except -1
    cdef int _index(self, Subscription subscription) except -1
    cdef int _unindex(self, Subscription subscription) except -1
    cdef list _listeners(self, str topic)
    cdef int _deliver(self, tuple route, object message) except -1
    cdef void _serve(self, tuple route, object message) noexcept
    cdef void _serve_timed(self, tuple route, object message) noexcept
    cdef int _wait(self, tuple route, object message) except -1
    cdef void _catch(self, Subscription subscription, object message) noexcept
    cdef int _failed(self, Subscription subscription, object message, object error) except -1
    cdef void _escalate(self, object error) noexcept
    cdef int _settle(self) except -1
    cdef Endpoint _find_endpoint(self, str name)
    cdef object _send(self, Endpoint endpoint, object message)
    cdef object _take_error(self, Endpoint endpoint)
    cdef int _finish(self, Request request, str status, object message, object error) except -1
