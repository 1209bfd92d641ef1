"""The message bus: topics, direct tables, endpoints, requests, and rings from other threads.

All delivery is synchronous and belongs to one thread; only `post_from_thread` may be called from other threads.

Order of delivery
-----------------
1. A message goes to the handlers subscribed at the time of publication. A handler canceled before its turn is left
   out: after `cancel` returns, it is not called again.
2. Higher priority first, then in the order of subscription.
3. A handler is never interrupted by another one: messages that it publishes wait until the current message has
   reached all of its subscribers, and are then delivered in the order of publication. All subscribers therefore receive
   the same messages in the same order, a cause before its effect. `send` is the exception: it is a direct call.

Topics, endpoints and requests stand in one file of more than 900 lines: they share the subscriptions, the queue of
messages and the isolation of failures, whose C methods no other module uses.
"""

cimport cython
from cpython.method cimport PyMethod_Check, PyMethod_GET_FUNCTION, PyMethod_GET_SELF
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ
from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport calloc, free

from velora.core._c cimport VEL_NEVER
from velora.core.market cimport Signal
from velora.core.named_calls cimport name_call
from velora.core.sealed cimport seal
from velora.core.thread_ring cimport ThreadRing

from _thread import allocate_lock, get_ident
from heapq import heapify, heappop, heappush

from velora.errors import CapacityError, InvalidArgument, NotFound, NotPicklable, OutOfMemory

cdef extern from "Python.h":
    # Declared as a plain pointer: the caller checks for NULL, and no exception state is saved around a call.
    PyObject *PyObject_Vectorcall(PyObject *function, PyObject **args, size_t nargsf, PyObject *names) noexcept
    PyObject *PyObject_CallOneArg(object function, object argument) noexcept
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET

cdef enum:
    CALL_FUNCTION
    CALL_METHOD
    CALL_COMPILED

cdef enum:
    POLICY_RAISE
    POLICY_ISOLATE
    POLICY_DROP

cdef dict _POLICIES = {"raise": POLICY_RAISE, "isolate": POLICY_ISOLATE, "drop": POLICY_DROP}

#: Route of a list whose subscribers have changed: rebuilt at the next publication.
cdef tuple _STALE = ()
cdef dict _NONE = {}

#: Maximum number of kinds of one table: bits of its mask.
cdef int _KINDS_MAX = 32
#: Instruments of a table: more than any run has, and still made in a moment.
cdef int _INSTRUMENTS_MAX = 1_000_000
cdef int _THREADS_MAX = 64
#: CO_GENERATOR, CO_COROUTINE and CO_ASYNC_GENERATOR: calling such a function does not run its body.
cdef int _RUNS_LATER = 0x20 | 0x80 | 0x200


cdef bint _matches(str pattern, str name) noexcept:
    """Whether all of `name` matches: `*` stands for any run of characters, also an empty one, `?` for exactly one."""
    cdef int pattern_kind = PyUnicode_KIND(pattern), name_kind = PyUnicode_KIND(name)
    cdef void *pattern_data = PyUnicode_DATA(pattern)
    cdef void *name_data = PyUnicode_DATA(name)
    cdef Py_ssize_t pattern_end = PyUnicode_GET_LENGTH(pattern), name_end = PyUnicode_GET_LENGTH(name)
    cdef Py_ssize_t p = 0, n = 0, star = -1, mark = 0
    cdef Py_UCS4 wanted
    # The text after the last star must be the end of the name: this rejects most names early.
    while pattern_end > 0:
        wanted = PyUnicode_READ(pattern_kind, pattern_data, pattern_end - 1)
        if wanted == u"*":
            break
        if name_end == 0 or (wanted != u"?" and wanted != PyUnicode_READ(name_kind, name_data, name_end - 1)):
            return False
        pattern_end -= 1
        name_end -= 1
    if pattern_end == 0:
        return name_end == 0
    while n < name_end:
        wanted = PyUnicode_READ(pattern_kind, pattern_data, p) if p < pattern_end else 0
        if wanted == u"*":
            if p + 1 == pattern_end:
                return True
            star = p
            mark = n
            p += 1
        elif p < pattern_end and (wanted == u"?" or wanted == PyUnicode_READ(name_kind, name_data, n)):
            p += 1
            n += 1
        elif star >= 0:
            # Only the last star may have to match more: earlier stars already match as early as possible.
            mark += 1
            n = mark
            p = star + 1
        else:
            return False
    while p < pattern_end and PyUnicode_READ(pattern_kind, pattern_data, p) == u"*":
        p += 1
    return p == pattern_end


def topic_matches(str pattern not None, str topic not None):
    """Whether a topic matches a pattern.

    Parameters
    ----------
    pattern : str
        ``*`` stands for any run of characters, also an empty one or one with dots, ``?`` for exactly one; no escapes.
    topic : str
    """
    return _matches(pattern, topic)


cdef bint is_wild(str pattern) noexcept:
    return u"*" in pattern or u"?" in pattern


cdef tuple _anatomy(str pattern):
    """The text with which a matching topic must begin and end, and the longest text that it must contain in between."""
    cdef list pieces = pattern.replace("?", "*").split("*")
    begins, ends = pieces.pop(0), pieces.pop()  # they are separated by one wildcard at least
    return begins, ends, max(pieces, key=len, default="")


cdef int _check_topic(str name) except -1:
    if not name or is_wild(name):
        raise InvalidArgument(f"a topic's name must not be empty and must not contain * or ?, was {name!r}")
    return 0


def _by_priority(Subscription subscription):
    return (-subscription.priority, subscription._sequence)


cdef object handler_name(object handler):
    name = getattr(handler, "__qualname__", None)
    return name if type(name) is str else type(handler).__qualname__


cdef int check_handler(object handler) except -1:
    if not callable(handler):
        raise InvalidArgument(f"a handler must be callable, was {handler!r}")
    code = getattr(getattr(handler, "__func__", handler), "__code__", None)
    if code is not None and code.co_flags & _RUNS_LATER:
        raise InvalidArgument(
            f"the handler {handler_name(handler)} is a coroutine or a generator: calling it would not run its body. "
            "Give a plain function, which may start a task"
        )
    return 0


# For `_serve`, which checks for NULL itself: a call of this type leaves the exception set and continues.
ctypedef PyObject *(*call_t)(Handler handler, object message) noexcept


cdef PyObject *_call_compiled(Handler handler, object message) except NULL:
    """Return a new reference to None, as a Python call would."""
    handler.on_message_c(message)
    Py_INCREF(None)
    return <PyObject *>None


cdef int _raise_what_is_set() except -1:
    return -1


cdef class Handler:
    """A compiled subscriber: override `on_message_c` in Cython; a delivery then makes no Python call."""

    cdef int on_message_c(self, object message) except -1:
        raise NotImplementedError(f"{type(self).__qualname__} must override on_message_c, in Cython")

    def __call__(self, message, /):
        self.on_message_c(message)


# The garbage collector clears a garbage cycle object by object, and code (a `__del__`) may run meanwhile. So objects
# that hold borrowed pointers, a subscription to its handler and a table to its lists, are never cleared. Every cycle
# through them goes through the bus, a list or a topic, which are cleared, and after that have no subscribers.
@cython.final
@cython.no_gc_clear
cdef class Subscription:
    """One handler of one pattern; created by `subscribe`.

    Attributes
    ----------
    pattern : str
        Pattern that it subscribed to; for a handler of a list the list's name.
    name : str
        Name of the subscriber in statistics and errors.
    handler : callable
        The handler, as given.
    priority : int
        Higher is served first.
    count, errors : int
        Messages delivered, and exceptions raised.
    slow_count : int
        Deliveries that took at least `MessageBus.slow_ns`.
    slowest_ns, total_ns : int
        Longest and total time of its deliveries, ns; 0 without a clock.
    last_error : BaseException or None
        The last exception, with its traceback.
    is_active : bool
        Whether it still receives messages.
    is_dropped : bool
        Whether the bus cancelled it because of its errors.
    """

    def __init__(self):
        raise TypeError("subscriptions are made by subscribe")

    def cancel(self):
        """End the subscription. The handler is not called again, not even for a message that is being delivered."""
        self._bus._cancel(self)

    def __repr__(self):
        state = "dropped" if self.is_dropped else "active" if self.is_active else "cancelled"
        return f"<Subscription {self.name} to {self.pattern}, {state}, {self.count} messages, {self.errors} errors>"


cdef class HandlerList:
    """Handlers with priorities that one publisher calls directly, without a topic.

    Parameters
    ----------
    bus : MessageBus
        The bus whose delivery order and failure policy apply.
    name : str
        Names it in statistics.

    Attributes
    ----------
    published : int
        Messages published so far, including those without a subscriber.
    """

    def __cinit__(self, MessageBus bus not None, str name not None):
        self._bus = bus
        self.name = name
        self._members = {}

    cdef tuple _find(self):
        """The subscriptions in the order of delivery, or None."""
        return tuple(sorted(self._members.values(), key=_by_priority)) or None

    cdef tuple _resolve(self):
        self._route = self._find()
        return self._route

    cdef int _changed(self) except -1:
        cdef DirectTable table = self._table
        self._route = _STALE
        if table is not None:
            if self._members:
                table._masks[self._table_instrument] |= <uint32_t>1 << self._table_kind
            else:
                table._masks[self._table_instrument] &= ~(<uint32_t>1 << self._table_kind)
        return 0

    @cython.nonecheck(True)
    def subscribe(self, handler, *, int priority=0, str name not None=""):
        """Add a handler.

        Returns
        -------
        Subscription
        """
        return self._bus._subscribe(self.name, handler, priority, name, self)

    def publish(self, message, /):
        """Deliver a message; the module states the order of delivery."""
        self.publish_c(message)

    @property
    def has_subscribers(self):
        """Whether the list has subscribers: without any, a message that is costly to build need not be built."""
        return self.has_subscribers_c()

    @property
    def subscriptions(self):
        """The current subscriptions in the order of delivery, as a tuple."""
        return self._find() or ()


@cython.final
cdef class Topic(HandlerList):
    """A topic's publisher handle; `MessageBus.topic` returns the same one for the same name.

    Attributes
    ----------
    name : str
        Name of the topic.
    published : int
        Messages published so far, including those without a subscriber.
    """

    def __init__(self, *args):
        raise TypeError("topics are made by MessageBus.topic")

    @cython.nonecheck(True)
    cdef tuple _find(self):
        return tuple(sorted(self._bus._listeners(self.name), key=_by_priority)) or None

    @cython.nonecheck(True)
    cdef tuple _resolve(self):
        if not self._is_routed:
            self._is_routed = True
            self._bus._routed.append(self.name)
        self._route = self._find()
        return self._route

    @cython.nonecheck(True)
    def subscribe(self, handler, *, int priority=0, str name not None=""):
        """Add a handler of this topic only.

        Returns
        -------
        Subscription
        """
        return self._bus._subscribe(self.name, handler, priority, name, None)

    def publish(self, message, /):
        """Deliver a message; the module states the order of delivery."""
        self.publish_c(message)

    def __reduce__(self):
        raise NotPicklable("a Topic belongs to the bus of its run and can be neither pickled nor "
                           "copied: subscribe to it by name")

    def __repr__(self):
        return f"<Topic {self.name}, {self.published} published, {len(self.subscriptions)} subscribers>"


@cython.final
@cython.no_gc_clear
cdef class DirectTable:
    """Handler lists by kind and instrument, found by two indexes; for market data and order events.

    Parameters
    ----------
    bus : MessageBus
    kinds : int
        Kinds of events, at most 32: bits of `mask`.
    instruments : int
    name : str
        Names it in statistics.
    """

    def __cinit__(self, MessageBus bus not None, int kinds, int instruments, str name not None="direct"):
        if not 1 <= kinds <= _KINDS_MAX:
            raise InvalidArgument(f"kinds must be from 1 to {_KINDS_MAX}, was {kinds}")
        if not 1 <= instruments <= _INSTRUMENTS_MAX:
            raise InvalidArgument(f"instruments must be from 1 to {_INSTRUMENTS_MAX}, was {instruments}")
        self._bus = bus
        self.kinds = kinds
        self.instruments = instruments
        self.name = name
        self._slots = <PyObject **>calloc(<size_t>kinds * <size_t>instruments, sizeof(PyObject *))
        self._masks = <uint32_t *>calloc(<size_t>instruments, sizeof(uint32_t))
        if self._slots == NULL or self._masks == NULL:
            raise OutOfMemory(f"no memory for a table of {kinds} kinds and {instruments} instruments")
        self._lists = [None] * (<Py_ssize_t>kinds * instruments)
        bus._tables.append(self)

    def __dealloc__(self):
        free(self._slots)
        free(self._masks)

    cdef int _check(self, int kind, int instrument) except -1:
        if not 0 <= kind < self.kinds or not 0 <= instrument < self.instruments:
            raise InvalidArgument(
                f"the table {self.name} has kinds 0 to {self.kinds - 1} and instruments 0 to {self.instruments - 1}, "
                f"was kind {kind} of instrument {instrument}"
            )
        return 0

    def subscribe(self, int kind, int instrument, handler, *, int priority=0, str name not None=""):
        """Add a handler of one kind of one instrument.

        Returns
        -------
        Subscription
        """
        cdef HandlerList handlers
        self._check(kind, instrument)
        cdef Py_ssize_t slot = <Py_ssize_t>instrument * self.kinds + kind
        if self._lists[slot] is None:
            handlers = HandlerList(self._bus, f"{self.name}[{kind}, {instrument}]")
            handlers._table = self
            handlers._table_kind = kind
            handlers._table_instrument = instrument
            self._lists[slot] = handlers
            self._slots[slot] = <PyObject *>handlers
        handlers = self._lists[slot]
        return handlers.subscribe(handler, priority=priority, name=name)

    def publish(self, int kind, int instrument, message):
        """Deliver a message; the module states the order of delivery."""
        self._check(kind, instrument)
        self.publish_c(kind, instrument, message)

    def mask(self, int instrument):
        """Bits of the kinds of an instrument that have subscribers."""
        self._check(0, instrument)
        return self._masks[instrument]

    def lists(self):
        """The lists that have or had a subscriber, by instrument and kind."""
        return [handlers for handlers in self._lists if handlers is not None]


@cython.final
cdef class Endpoint:
    """A named receiver of messages; created by `MessageBus.endpoint`.

    Attributes
    ----------
    name : str
        Name of the endpoint.
    handler : callable
        Receives the messages.
    count, errors : int
        Messages delivered, and exceptions raised.
    last_error : BaseException or None
        The last exception, with its traceback.
    is_open : bool
        Whether it receives messages; `close` ends that.
    """

    def __init__(self):
        raise TypeError("endpoints are made by MessageBus.endpoint")

    def send(self, message, /):
        """Call the handler now and return its result, like `MessageBus.send` without the lookup."""
        return self._bus._send(self, message)

    def close(self):
        """Release the name; sending to the endpoint then raises an error."""
        if self.is_open:
            self.is_open = False
            del self._bus._endpoints[self.name]

    def __repr__(self):
        return f"<Endpoint {self.name}, {self.count} messages, {self.errors} errors>"


@cython.final
cdef class Request:
    """A message to an endpoint whose sender expects an answer; answer with ``bus.respond(request.id, ...)``.

    Attributes
    ----------
    id : int
        Number of the request, for `MessageBus.respond`.
    endpoint : str
        Name of the endpoint that it was sent to.
    message : object
        The message.
    deadline_ns : int
        Time until which a response counts: ns on the clock of the calls, 2**63 - 1 without a deadline.
    """

    def __init__(self):
        raise TypeError("requests are made by MessageBus.request")

    def __repr__(self):
        return f"<Request {self.id} to {self.endpoint}: {self.message!r}>"


@cython.final
cdef class Response:
    """The result of a request: an answer, or the reason why it has none.

    Attributes
    ----------
    id : int
        Number of the request.
    endpoint : str
        Name of the endpoint.
    message : object
        The answer; None unless the request was answered.
    status : str
        ``"answered"``, ``"timed_out"`` or ``"failed"``.
    error : BaseException or None
        The exception that the endpoint raised.
    """

    def __init__(self):
        raise TypeError("responses are made by MessageBus.respond")

    @property
    def is_answered(self):
        """Whether `message` is an answer."""
        return self.status == "answered"

    def __repr__(self):
        return f"<Response {self.id} of {self.endpoint}, {self.status}: {self.message!r}>"


@cython.final
cdef class MessageBus:
    """Topics, endpoints and requests of one engine.

    Parameters
    ----------
    policy : {"raise", "isolate", "drop"}
        Treatment of a handler's exception, after every other subscriber has received the message. ``raise``: the first
        exception is raised where the cascade began. ``isolate``: it is stored on the subscription. ``drop``: likewise,
        and a subscriber with `drop_after` errors is canceled. In every case it is counted, stored and passed to
        `on_error`.
    drop_after : int
        See `policy`.
    on_error : callable, optional
        Called with (subscription, message, error). Its own exceptions are raised where the cascade began.
    clock : callable, optional
        Returns nanoseconds. If given, every handler is timed, and reported when it took `slow_ns` or longer; the bus
        itself reads no clock.
    slow_ns : int
        See `clock`.
    on_slow : callable, optional
        Called with (subscription, message, elapsed_ns).
    cascade_max : int
        Messages that handlers may publish in response to one; a bound on handlers that answer each other endlessly.
    topics_max, requests_max, ring_capacity : int
        Bounds on topics, on unanswered requests, and on the messages of one thread that wait to be drained.

    Attributes
    ----------
    changes : int
        Subscriptions added or ended so far.
    errors : int
        Exceptions raised by subscribers so far.
    abandoned : int
        Messages not delivered because a KeyboardInterrupt or similar ended the cascade.
    late_responses : int
        Responses that arrived after their request had timed out.
    timed_out_requests : int
        Requests that reached their deadline without a response.

    Notes
    -----
    The order of delivery is stated at the top of `velora.core.bus`.
    """

    def __cinit__(self, *, str policy not None="raise", int64_t drop_after=3, on_error=None, clock=None,
                  int64_t slow_ns=1_000_000, on_slow=None, int64_t cascade_max=100_000, int64_t topics_max=100_000,
                  int64_t requests_max=10_000, int64_t ring_capacity=4_096):
        if policy not in _POLICIES:
            raise InvalidArgument(f"policy must be one of {', '.join(_POLICIES)}, was {policy!r}")
        for name, value in (("drop_after", drop_after), ("slow_ns", slow_ns), ("cascade_max", cascade_max),
                            ("topics_max", topics_max), ("requests_max", requests_max),
                            ("ring_capacity", ring_capacity)):
            if value < 1:
                raise InvalidArgument(f"{name} must be at least 1, was {value}")
        for callback in (on_error, clock, on_slow):
            if callback is not None:
                check_handler(callback)
        self._policy = _POLICIES[policy]
        self._clock = clock
        self.drop_after = drop_after
        self.on_error = on_error
        self.on_slow = on_slow
        self.slow_ns = slow_ns
        self.cascade_max = cascade_max
        self.topics_max = topics_max
        self.requests_max = requests_max
        self.ring_capacity = ring_capacity
        self._topics = {}
        self._exact = {}
        self._wild = {}
        self._changed = {}
        self._by_ends = {}
        self._routed = []
        self._endpoints = {}
        self._outstanding = {}
        self._deadlines = []
        self._rings = {}
        self._rings_lock = allocate_lock()
        self._tables = []
        self._pending = []

    # ------------------------------------------------------------------ topics and subscriptions

    cdef Topic topic_c(self, str name):
        found = self._topics.get(name)
        if found is not None:
            return found
        _check_topic(name)
        if len(self._topics) >= self.topics_max:
            raise CapacityError(f"the bus already has {self.topics_max} topics and cannot add {name!r} (topics_max)")
        cdef Topic topic = Topic.__new__(Topic, self, name)
        topic._route = _STALE
        self._topics[name] = topic
        return topic

    def __reduce__(self):
        raise NotPicklable("a MessageBus belongs to its run and can be neither pickled nor copied: make "
                           "a new one, and subscribe again")

    def topic(self, str name not None):
        """Publisher handle of a topic, the same for the same name; its route is cached.

        Returns
        -------
        Topic
        """
        return self.topic_c(name)

    def publish(self, str name not None, message, /):
        """Deliver a message to a topic by its name; a frequent publisher keeps the `Topic` instead."""
        self.topic_c(name).publish_c(message)

    def signal(self, str name not None, value, int64_t ts=0):
        """Publish a `Signal` to the topic ``signals.NAME``; without subscribers no object is created.

        Parameters
        ----------
        name : str
        value : object
        ts : int
            The publisher's time in nanoseconds; the bus reads no clock.
        """
        cdef Topic topic = self.topic_c(f"signals.{name}")
        cdef Signal signal = None
        if topic.has_subscribers_c():
            signal = Signal.__new__(Signal)
            signal.name = name
            signal.value = value
            signal.ts = ts
        topic.publish_c(signal)

    def subscribe(self, str pattern not None, handler, *, int priority=0, str name not None=""):
        """Call a handler with each message of each topic that matches a pattern, also of topics created later.

        Parameters
        ----------
        pattern : str
            A topic's name; ``*`` stands for any run of characters, ``?`` for one.
        handler : callable or Handler
            Called with the message; once for each subscription that matches.
        priority : int
            Higher is served first; equal priorities in the order of subscription.
        name : str, optional
            Name of the subscriber in statistics; the handler's own name by default.

        Returns
        -------
        Subscription
        """
        if not pattern:
            raise InvalidArgument("a pattern must not be empty: '*' stands for every topic")
        return self._subscribe(pattern, handler, priority, name, None)

    cdef Subscription _subscribe(self, str pattern, object handler, int priority, str name, HandlerList home):
        check_handler(handler)
        cdef Subscription subscription = Subscription.__new__(Subscription)
        subscription.pattern = pattern
        subscription.name = name or handler_name(handler)
        subscription.priority = priority
        subscription.handler = handler
        subscription.is_active = True
        subscription._home = home
        subscription._bus = self
        if isinstance(handler, Handler):
            subscription._kind = CALL_COMPILED
            subscription._target = <PyObject *>handler
        elif PyMethod_Check(handler):
            subscription._kind = CALL_METHOD
            subscription._target = <PyObject *>PyMethod_GET_FUNCTION(handler)
            subscription._self = <PyObject *>PyMethod_GET_SELF(handler)
        else:
            subscription._kind = CALL_FUNCTION
            subscription._target = <PyObject *>handler
        self._sequence += 1
        subscription._sequence = self._sequence
        self._note_change(None if home is not None else pattern)
        if home is not None:
            home._members[subscription._sequence] = subscription
            home._changed()
        elif is_wild(pattern):
            self._wild[subscription._sequence] = subscription
            self._index(subscription)
            self._stale(pattern)
        else:
            self._exact.setdefault(pattern, {})[subscription._sequence] = subscription
            self._stale(pattern)
        return subscription

    cdef int _note_change(self, str pattern) except -1:
        """Count a change of subscribers: of a pattern, or of a list of handlers for None."""
        self.changes += 1
        if self._is_held:  # its owner may track the subscribers
            self._is_unsettled = True
            if pattern is not None:
                self._changed[pattern] = None
        return 0

    cdef list take_changed_c(self):
        """The patterns whose subscribers have changed since the last call, oldest first; of a bus that is held."""
        changed = list(self._changed)
        self._changed.clear()
        return changed

    def _stale(self, str pattern):
        # The next message of a topic rebuilds its route, so a thousand subscriptions in a row cost each topic one
        # rebuild. A pattern marks the routes of all topics, whether they match or not; a marked topic is skipped until
        # its next message, which pays for the rebuild.
        cdef Topic topic
        if is_wild(pattern):
            for name in self._routed:
                topic = self._topics[name]
                topic._route = _STALE
                topic._is_routed = False
            self._routed.clear()
        else:
            topic = self._topics.get(pattern)
            if topic is not None:
                topic._route = _STALE

    cdef int _cancel(self, Subscription subscription) except -1:
        cdef dict same
        if not subscription.is_active:
            return 0
        subscription.is_active = False
        if subscription._sequence == 0:  # a requester: only in the route of its answer
            return 0
        self._note_change(None if subscription._home is not None else subscription.pattern)
        if subscription._home is not None:
            del subscription._home._members[subscription._sequence]
            subscription._home._changed()
        elif is_wild(subscription.pattern):
            del self._wild[subscription._sequence]
            self._unindex(subscription)
            self._stale(subscription.pattern)
        else:
            same = self._exact[subscription.pattern]
            del same[subscription._sequence]
            if not same:
                del self._exact[subscription.pattern]
            self._stale(subscription.pattern)
        return 0

    # Patterns are indexed by the text that a topic must have: first by the lengths of its beginning, its end and a
    # piece in between, then by the texts. A topic looks up each existing length once, so a thousand patterns that
    # differ only in text cost it as much as one.

    cdef int _index(self, Subscription subscription) except -1:
        cdef tuple text = _anatomy(subscription.pattern)
        same = self._by_ends.setdefault(tuple(map(len, text)), {}).setdefault(text, {})
        same[subscription._sequence] = subscription
        return 0

    cdef int _unindex(self, Subscription subscription) except -1:
        cdef tuple text = _anatomy(subscription.pattern)
        lengths = tuple(map(len, text))
        by_text = self._by_ends[lengths]
        del by_text[text][subscription._sequence]
        if not by_text[text]:
            del by_text[text]
        if not by_text:
            del self._by_ends[lengths]
        return 0

    cdef list _listeners(self, str topic):
        cdef Subscription subscription
        cdef list found = list(self._exact.get(topic, {}).values())
        cdef Py_ssize_t begin, end, piece, at, size = len(topic)
        for (begin, end, piece), by_text in self._by_ends.items():
            if begin + end + piece > size:
                continue
            begins, ends = topic[:begin], topic[size - end:]
            held = {topic[at:at + piece] for at in range(begin, size - end - piece + 1)} if piece else ("",)
            for holds in held:
                for subscription in (<dict>by_text).get((begins, ends, holds), _NONE).values():
                    if _matches(subscription.pattern, topic):
                        found.append(subscription)
        return found

    # ------------------------------------------------------------------ delivery

    cdef int deliver_c(self, HandlerList handlers, object message) except -1:
        cdef tuple route = handlers._route
        if PyTuple_GET_SIZE(route) == 0:
            route = handlers._resolve()
            if route is None:
                return 0
        return self._deliver(route, message)

    cdef int _deliver(self, tuple route, object message) except -1:
        if self._is_busy:
            if len(self._pending) >= 2 * self.cascade_max:
                raise CapacityError(
                    f"handlers published more than {self.cascade_max} messages in answer to one (cascade_max), "
                    f"this one to {(<Subscription>PyTuple_GET_ITEM(route, 0)).pattern}: do two answer each other?"
                )
            return self._wait(route, message)
        self._is_busy = True
        self._serve(route, message)
        if self._is_unsettled:
            return self._settle()
        self._is_busy = False
        return 0

    cdef int _wait(self, tuple route, object message) except -1:
        self._pending.append(route)
        self._pending.append(message)
        self._is_unsettled = True
        return 0

    cdef void _serve(self, tuple route, object message) noexcept:
        """Deliver one message to all subscriptions of a route."""
        cdef Subscription subscription
        cdef PyObject *result
        cdef PyObject *arguments[3]
        cdef Py_ssize_t i
        if self._clock is not None:
            self._serve_timed(route, message)
            return
        for i in range(PyTuple_GET_SIZE(route)):
            subscription = <Subscription>PyTuple_GET_ITEM(route, i)
            if not subscription.is_active:
                continue
            subscription.count += 1
            if subscription._kind == CALL_METHOD:
                arguments[1] = subscription._self
                arguments[2] = <PyObject *>message
                result = PyObject_Vectorcall(subscription._target, arguments + 1,
                                             2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL)
            elif subscription._kind == CALL_FUNCTION:
                arguments[1] = <PyObject *>message
                result = PyObject_Vectorcall(subscription._target, arguments + 1,
                                             1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL)
            else:
                result = (<call_t>_call_compiled)(<Handler>subscription._target, message)
            if result != NULL:
                Py_DECREF(<object>result)
            else:
                self._catch(subscription, message)
                if self._is_fatal:
                    return

    cdef void _serve_timed(self, tuple route, object message) noexcept:
        """`_serve`, with the clock read around each handler."""
        cdef Subscription subscription
        cdef int64_t began, elapsed
        try:
            for entry in route:
                subscription = entry
                if not subscription.is_active:
                    continue
                began = self._clock()
                subscription.count += 1
                try:
                    subscription.handler(message)
                except BaseException as error:
                    self._failed(subscription, message, error)
                    if self._is_fatal:
                        return
                elapsed = self._clock() - began
                subscription.total_ns += elapsed
                if elapsed > subscription.slowest_ns:
                    subscription.slowest_ns = elapsed
                if elapsed >= self.slow_ns:
                    subscription.slow_count += 1
                    if self.on_slow is not None:
                        self.on_slow(subscription, message, elapsed)
        except BaseException as error:
            # The clock or on_slow failed. They are not subscribers, so the error goes to the caller.
            self._is_fatal = True
            self._escalate(error)

    cdef void _catch(self, Subscription subscription, object message) noexcept:
        """Handle the exception that a handler has left set."""
        try:
            _raise_what_is_set()
        except BaseException as error:
            self._failed(subscription, message, error)

    cdef int _failed(self, Subscription subscription, object message, object error) except -1:
        """Count and store a handler's exception, and call on_error."""
        if not isinstance(error, Exception):  # a KeyboardInterrupt is not the handler's failure: stop
            self._is_fatal = True
            self._escalate(error)
            return 0
        subscription.errors += 1
        subscription.last_error = error
        self.errors += 1
        if self._policy == POLICY_DROP and subscription.errors >= self.drop_after and subscription.is_active:
            subscription.is_dropped = True
            self._cancel(subscription)
        if self.on_error is not None:
            try:
                self.on_error(subscription, message, error)
            except BaseException as raised:
                self._is_fatal = not isinstance(raised, Exception)
                self._escalate(raised)
        if self._policy == POLICY_RAISE:
            self._escalate(error)
        return 0

    cdef void _escalate(self, object error) noexcept:
        """Raise the error where the cascade began: the first one, unless a later one ends the program."""
        if self._raised is None or self._is_fatal:
            self._raised = error
        self._is_unsettled = True

    cdef int _settle(self) except -1:
        """Deliver the pending messages, then raise the escalated error."""
        cdef list pending = self._pending
        while self._head < len(pending) and not self._is_fatal:
            route, message = pending[self._head], pending[self._head + 1]
            pending[self._head] = pending[self._head + 1] = None
            self._head += 2
            self._serve(<tuple>route, message)
        self.abandoned += (len(pending) - self._head) // 2
        pending.clear()
        self._head = 0
        self._is_busy = self._is_held
        self._is_unsettled = self._is_fatal = False
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        return 0

    # ------------------------------------------------------------------ delivery by the owner of a held bus

    cdef int hold_c(self) except -1:
        """From now on deliver only in `settle_c`: for an engine whose callbacks must not be interrupted."""
        self._is_held = self._is_busy = True
        return 0

    cdef int settle_c(self) except -1:
        """Deliver the messages kept by a held bus, and messages published meanwhile, in the order of publication."""
        return self._settle() if self._is_unsettled else 0

    cdef bint has_patterns_c(self) noexcept:
        """Whether the bus has subscriptions."""
        return len(self._exact) > 0 or len(self._wild) > 0

    cdef Topic subscribed_topic_c(self, str name):
        """The topic of a name, or None if it has no subscribers."""
        return self.topic_c(name) if self._listeners(name) else None

    cdef int fail_requests_c(self, str endpoint, object error) except -1:
        """An endpoint will not answer: respond to its open requests with the error."""
        cdef Request request
        for request in list(self._outstanding.values()):
            if request.endpoint == endpoint:
                self._finish(request, "failed", None, error)
        return 0

    # ------------------------------------------------------------------ point to point

    def endpoint(self, str name not None, handler):
        """Register a handler under a name that messages can be sent to.

        Raises
        ------
        InvalidArgument
            If the name is taken.

        Returns
        -------
        Endpoint
        """
        check_handler(handler)
        if not name or name in self._endpoints:
            raise InvalidArgument(f"the endpoint {name!r} exists already" if name else "an endpoint needs a name")
        cdef Endpoint endpoint = Endpoint.__new__(Endpoint)
        endpoint.name = name
        endpoint.handler = handler
        endpoint.is_open = True
        endpoint._bus = self
        self._endpoints[name] = endpoint
        return endpoint

    cdef Endpoint _find_endpoint(self, str name):
        found = self._endpoints.get(name)
        if found is not None:
            return found
        import difflib

        near = difflib.get_close_matches(name, self._endpoints, n=3)
        known = f"did you mean {' or '.join(near)}?" if near else f"there are {len(self._endpoints)} endpoints"
        raise NotFound(f"there is no endpoint {name!r}: {known}")

    def send(self, str name not None, message, /):
        """Call an endpoint's handler now, from any context, and return its result.

        Messages that the handler publishes are delivered after it has returned. Its exception is counted and raised to
        the sender, because no other subscriber is involved.

        Raises
        ------
        NotFound
            If the endpoint does not exist; the message suggests similar names.
        """
        return self._send(self._find_endpoint(name), message)

    cdef object _send(self, Endpoint endpoint, object message):
        cdef bint is_first = not self._is_busy
        cdef PyObject *result
        if not endpoint.is_open:
            raise NotFound(f"the endpoint {endpoint.name!r} is closed")
        endpoint.count += 1
        self._is_busy = True
        result = PyObject_CallOneArg(endpoint.handler, message)
        if result == NULL:
            error = self._take_error(endpoint)
            if is_first:
                try:
                    self._settle()
                except BaseException:  # stored on its subscription; the sender's own error takes precedence
                    pass
            raise error
        answer = <object>result
        Py_DECREF(answer)
        if is_first:
            if self._is_unsettled:
                self._settle()
            else:
                self._is_busy = False
        return answer

    cdef object _take_error(self, Endpoint endpoint):
        """Count and return the exception that an endpoint's handler has left set."""
        try:
            _raise_what_is_set()
        except Exception as error:
            endpoint.errors += 1
            endpoint.last_error = error
            return error
        except BaseException as error:
            self._is_fatal = True
            self._escalate(error)
            return error

    def request(self, str name not None, message, on_response, *, deadline_ns=None):
        """Send a request to an endpoint, whose answer may come later.

        The endpoint receives a `Request`. `on_response` is called once, with a `Response`: the answer, the endpoint's
        failure, or the expiry of the deadline. The call waits for its turn like a published message, so an endpoint
        that answers at once may have done so before `request` returns.

        Parameters
        ----------
        name : str
            The endpoint.
        message : object
        on_response : callable
        deadline_ns : int, optional
            On the clock whose time the caller passes to `expire`; no deadline by default.

        Returns
        -------
        int
            The request's id, also found in the `Response`.

        Raises
        ------
        NotFound
            If the endpoint does not exist.
        CapacityError
            If `requests_max` requests are unanswered.
        """
        cdef Endpoint endpoint = self._find_endpoint(name)
        check_handler(on_response)
        if len(self._outstanding) >= self.requests_max:
            raise CapacityError(f"{self.requests_max} requests are unanswered already (requests_max)")
        cdef Request request = Request.__new__(Request)
        self._request_id += 1
        request.id = self._request_id
        request.endpoint = name
        request.message = message
        request.deadline_ns = VEL_NEVER if deadline_ns is None else deadline_ns
        request._answer = self._subscribe_once(on_response, name)
        self._outstanding[request.id] = request
        if deadline_ns is not None:
            heappush(self._deadlines, (request.deadline_ns, request.id))
        cdef bint is_first = not self._is_busy
        cdef PyObject *result
        endpoint.count += 1
        self._is_busy = True
        result = PyObject_CallOneArg(endpoint.handler, request)
        if result != NULL:
            Py_DECREF(<object>result)
        else:
            error = self._take_error(endpoint)
            if self._is_fatal and not is_first:
                raise error
            if request.id in self._outstanding:
                self._finish(request, "failed", None, error)
        if is_first:
            self._settle()
        return request.id

    def _subscribe_once(self, handler, str name):
        """A requester as a subscription, so that its failures are counted, named and isolated like any other."""
        cdef Subscription subscription = Subscription.__new__(Subscription)
        subscription.pattern = f"response of {name}"
        subscription.name = handler_name(handler)
        subscription.handler = handler
        subscription.is_active = True
        subscription._bus = self
        subscription._kind = CALL_COMPILED if isinstance(handler, Handler) else CALL_FUNCTION
        subscription._target = <PyObject *>handler
        return subscription

    def respond(self, int64_t request_id, message):
        """Answer a request.

        Returns
        -------
        bool
            False when the request was answered already or has expired; `late_responses` counts these calls.

        Raises
        ------
        NotFound
            If no request had this id.
        """
        cdef Request request = self._outstanding.get(request_id)
        if request is None:
            if not 1 <= request_id <= self._request_id:
                raise NotFound(f"no request has had the id {request_id}")
            self.late_responses += 1
            return False
        self._finish(request, "answered", message, None)
        return True

    cdef int _finish(self, Request request, str status, object message, object error) except -1:
        cdef Response response = Response.__new__(Response)
        response.id = request.id
        response.endpoint = request.endpoint
        response.message = message
        response.status = status
        response.error = error
        del self._outstanding[request.id]
        # Entries of answered requests are removed once they are most of the heap, so requests_max bounds it.
        if len(self._deadlines) > 64 + 2 * len(self._outstanding):
            self._deadlines = [entry for entry in self._deadlines if entry[1] in self._outstanding]
            heapify(self._deadlines)
        # No cascade_max here: requests_max bounds the answers, and a refused answer would be lost.
        cdef tuple route = (request._answer,)
        return self._wait(route, response) if self._is_busy else self._deliver(route, response)

    def expire(self, int64_t now_ns):
        """Expire the requests whose deadline is at or before an instant, earliest first: `on_response` gets no answer.

        Returns
        -------
        int
            Number of expired requests.
        """
        cdef Request request
        cdef bint is_first = not self._is_busy
        cdef int64_t count = 0
        self._is_busy = True
        try:
            while self._deadlines and self._deadlines[0][0] <= now_ns:
                request = self._outstanding.get(heappop(self._deadlines)[1])
                if request is not None:
                    self._finish(request, "timed_out", None, None)
                    count += 1
        finally:
            self.timed_out_requests += count
            if is_first:
                self._settle()
        return count

    @property
    def next_deadline_ns(self):
        """Earliest deadline of an open request, ns, or None; for setting a timer."""
        while self._deadlines and self._deadlines[0][1] not in self._outstanding:
            heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    @property
    def outstanding_requests(self):
        """Number of unanswered requests."""
        return len(self._outstanding)

    # ------------------------------------------------------------------ other threads

    def post_from_thread(self, topic, message):
        """Queue a message for the bus's own thread, which delivers it when it calls `drain`.

        Any thread may call this; each has its own ring, in which its messages keep their order.

        Parameters
        ----------
        topic : Topic or str
        message : object

        Returns
        -------
        bool
            False when the thread's ring is full: the message is not queued, and is counted as refused.
        """
        if type(topic) is str:
            _check_topic(topic)
        elif type(topic) is not Topic or (<Topic>topic)._bus is not self:
            raise InvalidArgument(f"topic must be a topic of this bus or a name, was {topic!r}")
        ring = self._rings.get(get_ident())
        if ring is None:
            with self._rings_lock:
                if len(self._rings) >= _THREADS_MAX:
                    raise CapacityError(f"{_THREADS_MAX} threads, the maximum, have posted to the bus already")
                # A copy, because drain may be iterating over the other one.
                self._rings = {**self._rings, get_ident(): ThreadRing(self.ring_capacity)}
            ring = self._rings[get_ident()]
        return (<ThreadRing>ring).post_c(topic, message)

    def drain(self):
        """Publish the messages that other threads have posted so far, thread by thread, in the order of their first
        post.

        Returns
        -------
        int
            Number of messages published. After an exception the rest stays for the next call.
        """
        cdef ThreadRing ring
        cdef int64_t count = 0
        cdef Py_ssize_t left
        cdef object topic, message
        for entry in self._rings.values():
            ring = entry
            left = len(ring)
            # Within a handler the messages wait; a message that would not fit the queue stays in its ring. A handler
            # may also call drain, which may empty the ring.
            while left > 0 and len(ring) > 0 and len(self._pending) < 2 * self.cascade_max:
                left -= 1
                count += 1
                topic, message = ring.take()
                if type(topic) is str:
                    topic = self.topic_c(topic)
                (<Topic>topic).publish_c(message)
        return count

    # ------------------------------------------------------------------ statistics

    @property
    def topics(self):
        """All topics so far, in the order of their first use."""
        return list(self._topics.values())

    @property
    def subscriptions(self):
        """All active subscriptions, in the order of subscription, including those of direct tables."""
        cdef HandlerList handlers
        cdef DirectTable table
        found = list(self._wild.values())
        for same in self._exact.values():
            found += same.values()
        for table in self._tables:
            for handlers in table.lists():
                found += handlers._members.values()
        return sorted(found, key=_by_sequence)

    @property
    def endpoints(self):
        """All open endpoints, in the order of registration."""
        return list(self._endpoints.values())

    @property
    def tables(self):
        """All direct tables."""
        return list(self._tables)

    @property
    def rings(self):
        """The ring of each thread that has posted."""
        return list(self._rings.values())

    def stats(self):
        """Statistics of topics, subscribers, errors and slow handlers.

        Returns
        -------
        BusStats
            Prints as a table.
        """
        from velora.core.bus_stats import BusStats

        return BusStats.of(self)


def _by_sequence(Subscription subscription):
    return subscription._sequence


for _cls in (Subscription, Topic, Endpoint, Request, Response):
    seal(_cls)
del _cls
name_call(Topic, "topics are made by MessageBus.topic")
name_call(
    MessageBus,
    'MessageBus(*, policy="raise", drop_after=3, on_error=None, clock=None, slow_ns=1_000_000, '
    "on_slow=None, cascade_max=100_000, topics_max=100_000, requests_max=10_000, "
    "ring_capacity=4_096)",
)
