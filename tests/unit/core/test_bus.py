"""The message bus: routes, order, failures, endpoints, requests, tables, other threads, and what it leaves behind."""

from __future__ import annotations

import gc
import sys
import threading
import traceback
import weakref
from functools import partial

import pytest

import velora as vl
from velora.core.bus import DirectTable, HandlerList, MessageBus, Subscription, Topic
from velora.core.thread_ring import ThreadRing
from velora.errors import CapacityError, InvalidArgument, NotFound


class Seen(list):
    """Messages as they come, under a name."""

    def __init__(self, name="", log=None):
        self.name, self.log = name, log

    def on(self, message):
        self.append(message)
        if self.log is not None:
            self.log.append((self.name, message))


def fail(message):
    raise ValueError(f"cannot take {message}")


# ---------------------------------------------------------------------- topics and patterns


def test_a_subscriber_gets_the_topics_that_fit_its_pattern_whenever_they_are_made():
    bus, exact, wild, one = vl.MessageBus(), Seen(), Seen(), Seen()
    before = bus.topic("data.trades.BTCUSDT")
    bus.subscribe("data.trades.BTCUSDT", exact.on)
    bus.subscribe("data.*.BTC*", wild.on)
    bus.subscribe("data.trades.BTCUSD?", one.on)
    before.publish(1)
    bus.publish("data.quotes.BTCUSDC", 2)
    bus.publish("data.trades.BTCUSD", 3)
    bus.publish("data.trades.ETHUSDT", 4)
    assert (exact, wild, one) == ([1], [1, 2, 3], [1])


def test_a_topic_is_the_same_object_for_the_same_name():
    bus = vl.MessageBus()
    assert bus.topic("a") is bus.topic("a")
    assert bus.topic("a") is not bus.topic("b")
    assert bus.topics == [bus.topic("a"), bus.topic("b")]


@pytest.mark.parametrize("name", ["", "a*", "?"])
def test_topics_are_no_patterns(name):
    bus = vl.MessageBus()
    for refused in (bus.topic, lambda name: bus.publish(name, 1), lambda name: bus.post_from_thread(name, 1)):
        with pytest.raises(InvalidArgument, match="must not contain"):
            refused(name)
    assert bus.topics == []


def test_the_number_of_topics_is_bounded():
    bus = vl.MessageBus(topics_max=2)
    bus.topic("a"), bus.topic("b")
    with pytest.raises(CapacityError, match="'c'"):
        bus.topic("c")
    assert bus.topic("a").name == "a"


def test_publishing_to_nobody_is_counted_and_asks_for_nothing():
    bus = vl.MessageBus()
    topic = bus.topic("nobody")
    message = object()
    before = sys.getrefcount(message)
    for _ in range(100):
        topic.publish(message)
    assert topic.published == 100
    assert sys.getrefcount(message) == before
    assert not topic.has_subscribers
    subscription = bus.subscribe("*", print)
    assert topic.has_subscribers
    subscription.cancel()
    assert not topic.has_subscribers


def test_higher_priorities_come_first_and_equal_ones_in_the_order_of_subscription():
    bus, log = vl.MessageBus(), []
    topic = bus.topic("t")
    for name, pattern, priority in (("low", "t", -1), ("a", "*", 0), ("high", "?", 9), ("b", "t", 0), ("c", "t*", 0)):
        bus.subscribe(pattern, Seen(name, log).on, priority=priority)
    topic.publish(0)
    assert [name for name, _ in log] == ["high", "a", "b", "c", "low"]
    assert [one.priority for one in topic.subscriptions] == [9, 0, 0, 0, -1]


def test_a_handler_subscribed_twice_is_called_twice():
    bus, seen = vl.MessageBus(), Seen()
    bus.subscribe("t", seen.on)
    bus.subscribe("*", seen.on).cancel()
    bus.subscribe("*", seen.on)
    bus.publish("t", 1)
    assert seen == [1, 1]


class Callable:
    def __init__(self, seen):
        self.seen = seen

    def __call__(self, message):
        self.seen.append(message)

    @classmethod
    def of_class(cls, message):
        cls.last = message

    @staticmethod
    def of_nobody(message):
        Callable.static = message


def test_whatever_can_be_called_can_subscribe():
    bus, seen = vl.MessageBus(), []
    for handler in (seen.append, Callable(seen), Callable(seen).__call__, lambda m: seen.append(m),
                    partial(seen.insert, 0), Callable.of_class, Callable.of_nobody):  # fmt: skip
        bus.subscribe("t", handler)
    bus.publish("t", 5)
    assert seen == [5] * 5
    assert Callable.last == Callable.static == 5


async def coroutine(message):
    pass


def generator(message):
    yield message


async def both(message):
    yield message


@pytest.mark.parametrize("handler", [coroutine, generator, both, 5, None, "name"])
def test_what_runs_nothing_when_called_cannot_subscribe(handler):
    bus = vl.MessageBus()
    for take in (partial(bus.subscribe, "t"), partial(bus.endpoint, "e")):
        with pytest.raises(InvalidArgument, match="handler"):
            take(handler)
    assert bus.subscriptions == []


def test_bad_arguments_are_refused_by_name():
    with pytest.raises(InvalidArgument, match="policy must be one of raise, isolate, drop, was 'ignore'"):
        vl.MessageBus(policy="ignore")
    with pytest.raises(InvalidArgument, match="cascade_max must be at least 1, was 0"):
        vl.MessageBus(cascade_max=0)
    with pytest.raises(InvalidArgument, match="pattern"):
        vl.MessageBus().subscribe("", print)
    for made_elsewhere in (Subscription, Topic):
        with pytest.raises(TypeError):
            made_elsewhere()


def test_signals_go_to_topics_of_their_names():
    bus, seen = vl.MessageBus(), Seen()
    bus.signal("skew", 1, ts=5)
    bus.subscribe("signals.sk*", seen.on)
    bus.signal("skew", 2, ts=7)
    bus.signal("spread", 3)
    ((signal,), published) = seen, bus.topic("signals.skew").published
    assert isinstance(signal, vl.Signal)
    assert (signal.name, signal.value, signal.ts, published) == ("skew", 2, 7, 2)


# ---------------------------------------------------------------------- order of delivery


def test_everybody_sees_a_cause_before_its_effect():
    bus, log = vl.MessageBus(), []

    def first(message):
        log.append(("first", message))
        if message == "cause":
            bus.publish("t", "effect")
            log.append(("first", "published"))

    bus.subscribe("t", first)
    bus.subscribe("t", Seen("second", log).on)
    bus.publish("t", "cause")
    assert log == [("first", "cause"), ("first", "published"), ("second", "cause"), ("first", "effect"),
                   ("second", "effect")]  # fmt: skip


def test_a_message_goes_to_those_subscribed_when_it_was_published():
    bus, late, log = vl.MessageBus(), Seen(), []

    def handler(message):
        log.append(message)
        if message == 1:
            bus.publish("t", 2)
            bus.subscribe("t", late.on)
            bus.publish("t", 3)

    bus.subscribe("t", handler)
    bus.publish("t", 1)
    assert (log, late) == ([1, 2, 3], [3])


def test_a_cancelled_handler_is_not_called_again_even_where_its_turn_was_to_come():
    bus, victim = vl.MessageBus(), Seen()

    def first(message):
        bus.publish("t", message + 1) if message < 2 else None
        subscription.cancel()
        subscription.cancel()  # twice is once

    bus.subscribe("t", first)
    subscription = bus.subscribe("t", victim.on)
    bus.publish("t", 1)
    bus.publish("t", 5)
    assert (victim, subscription.is_active, subscription.count) == ([], False, 0)


def test_two_that_answer_each_other_for_ever_are_stopped_and_named():
    bus = vl.MessageBus(cascade_max=50)
    one = bus.subscribe("a", lambda message: bus.publish("b", message + 1))
    two = bus.subscribe("b", lambda message: bus.publish("a", message + 1))
    with pytest.raises(CapacityError, match="more than 50 messages"):
        bus.publish("a", 0)
    assert one.count + two.count == 51
    assert one.errors + two.errors == 1
    with pytest.raises(CapacityError):  # and the bus works as before
        bus.publish("a", 0)


# ---------------------------------------------------------------------- failing and slow subscribers


def test_others_are_served_and_the_first_error_is_raised_where_it_began():
    bus, seen = vl.MessageBus(), Seen()
    failing = bus.subscribe("t", fail)
    bus.subscribe("t", seen.on)
    bus.subscribe("t", lambda message: 1 // 0)
    with pytest.raises(ValueError, match="cannot take 1"):
        bus.publish("t", 1)
    assert (seen, failing.count, failing.errors, bus.errors) == ([1], 1, 1, 2)
    assert traceback.extract_tb(failing.last_error.__traceback__)[-1].name == "fail"
    assert failing.name == "fail"


def test_isolated_errors_are_counted_kept_and_told():
    told = []
    bus = vl.MessageBus(policy="isolate", on_error=lambda *told_of: told.append(told_of))
    failing = bus.subscribe("t", fail, name="the broken one")
    for message in range(5):
        bus.publish("t", message)
    assert (failing.errors, failing.is_active, str(failing.last_error)) == (5, True, "cannot take 4")
    assert [(one.name, message, str(error)) for one, message, error in told] == [
        ("the broken one", message, f"cannot take {message}") for message in range(5)
    ]


def test_a_subscriber_with_too_many_errors_is_dropped():
    bus, seen = vl.MessageBus(policy="drop", drop_after=3), Seen()
    failing = bus.subscribe("*", fail)
    bus.subscribe("t", seen.on)
    for message in range(5):
        bus.publish("t", message)
    assert (failing.count, failing.is_active, failing.is_dropped, seen) == (3, False, True, [0, 1, 2, 3, 4])
    assert "dropped" in repr(failing)


def test_what_on_error_raises_is_raised_where_the_cascade_began():
    def escalate(subscription, message, error):
        raise RuntimeError(f"{subscription.name} must not fail") from error

    bus, seen = vl.MessageBus(policy="isolate", on_error=escalate), Seen()
    bus.subscribe("t", fail)
    bus.subscribe("t", seen.on)
    with pytest.raises(RuntimeError, match="fail must not fail"):
        bus.publish("t", 1)
    assert seen == [1]


@pytest.mark.parametrize("clock", [None, lambda: 0])
def test_an_interrupt_stops_at_once_and_counts_what_was_not_delivered(clock):
    def interrupted(message):
        bus.publish("t", 2)
        bus.publish("t", 3)
        raise KeyboardInterrupt

    bus, seen = vl.MessageBus(policy="isolate", clock=clock), Seen()
    subscription = bus.subscribe("t", interrupted)
    bus.subscribe("t", seen.on)
    with pytest.raises(KeyboardInterrupt):
        bus.publish("t", 1)
    assert (seen, bus.abandoned, bus.errors) == ([], 2, 0)
    subscription.cancel()
    bus.publish("t", 4)
    assert seen == [4]


def test_with_a_clock_slow_subscribers_are_named_and_counted():
    now, told = [0], []

    def takes(ns):
        now[0] += ns

    bus = vl.MessageBus(clock=lambda: now[0], slow_ns=100, on_slow=lambda *of: told.append(of))
    slow = bus.subscribe("t", takes, name="slow")
    quick = bus.subscribe("t", lambda ns: None)
    for ns in (99, 100, 250, 3):
        bus.publish("t", ns)
    assert (slow.slow_count, slow.slowest_ns, slow.total_ns) == (2, 250, 452)
    assert (quick.slow_count, quick.slowest_ns, quick.count) == (0, 0, 4)
    assert told == [(slow, 100, 100), (slow, 250, 250)]


def test_a_clock_that_fails_is_raised():
    bus, seen = vl.MessageBus(policy="isolate", clock=lambda: 1 // 0), Seen()
    bus.subscribe("t", seen.on)
    with pytest.raises(ZeroDivisionError):
        bus.publish("t", 1)
    assert seen == []


# ---------------------------------------------------------------------- point to point


def test_send_calls_the_endpoint_at_once_and_gives_back_its_result():
    bus, log = vl.MessageBus(), []

    def risk(order):
        bus.publish("risk.checked", order)
        log.append("checked")
        return order > 5

    bus.endpoint("risk", risk)
    bus.subscribe("risk.checked", log.append)
    assert bus.send("risk", 7) is True
    assert log == ["checked", 7]
    log.clear()
    bus.subscribe("order", lambda order: log.append(bus.send("risk", order)))
    bus.publish("order", 3)
    assert log == ["checked", False, 3]


def test_an_endpoint_s_exception_goes_to_the_sender_and_what_it_published_goes_out():
    bus, seen = vl.MessageBus(), Seen()

    def broken(message):
        bus.publish("t", message)
        fail(message)

    endpoint = bus.endpoint("e", broken)
    bus.subscribe("t", seen.on)
    with pytest.raises(ValueError, match="cannot take 1"):
        endpoint.send(1)
    assert (seen, endpoint.count, endpoint.errors, str(endpoint.last_error)) == ([1], 1, 1, "cannot take 1")


def test_an_unknown_endpoint_is_an_error_that_names_those_near():
    bus = vl.MessageBus()
    endpoint = bus.endpoint("execution.binance", print)
    for ask in (bus.send, lambda name, message: bus.request(name, message, print)):
        with pytest.raises(NotFound, match=r"'execution\.binanse': did you mean execution\.binance"):
            ask("execution.binanse", 1)
    with pytest.raises(InvalidArgument, match="already"):
        bus.endpoint("execution.binance", print)
    endpoint.close()
    endpoint.close()
    with pytest.raises(NotFound, match="there are 0 endpoints"):
        bus.send("execution.binance", 1)
    with pytest.raises(NotFound, match="closed"):
        endpoint.send(1)
    bus.endpoint("execution.binance", print)


# ---------------------------------------------------------------------- requests


def answers(seen):
    return [(one.id, one.status, one.message) for one in seen]


def test_a_request_is_answered_now_or_later_and_once():
    bus, kept, seen = vl.MessageBus(), [], Seen()
    bus.endpoint("echo", lambda request: bus.respond(request.id, request.message))
    bus.endpoint("later", kept.append)
    first = bus.request("echo", "now", seen.on)
    second = bus.request("later", "later", seen.on)
    assert (first, second, bus.outstanding_requests) == (1, 2, 1)
    assert answers(seen) == [(1, "answered", "now")]
    assert bus.respond(kept[0].id, "done") is True
    assert bus.respond(kept[0].id, "again") is False
    assert answers(seen) == [(1, "answered", "now"), (2, "answered", "done")]
    assert (bus.outstanding_requests, bus.late_responses) == (0, 1)
    with pytest.raises(NotFound, match="no request has had the id 3"):
        bus.respond(3, "what")


def test_an_answer_waits_until_the_endpoint_has_returned():
    bus, log = vl.MessageBus(), []

    def endpoint(request):
        bus.respond(request.id, "answer")
        log.append("endpoint returns")

    bus.endpoint("e", endpoint)
    bus.request("e", None, lambda response: log.append(response.message))
    assert log == ["endpoint returns", "answer"]


def test_deadlines_pass_on_the_caller_s_clock_earliest_first():
    bus, seen = vl.MessageBus(), Seen()
    bus.endpoint("silent", lambda request: None)
    for deadline in (30, 10, None, 20, 10):
        bus.request("silent", deadline, seen.on, deadline_ns=deadline)
    assert bus.next_deadline_ns == 10
    assert bus.expire(9) == 0
    assert bus.expire(20) == 3
    assert answers(seen) == [(2, "timed_out", None), (5, "timed_out", None), (4, "timed_out", None)]
    assert bus.next_deadline_ns == 30
    assert bus.respond(2, "too late") is False
    assert bus.respond(1, "in time") is True
    assert bus.next_deadline_ns is None
    assert bus.expire(10**18) == 0
    assert (bus.outstanding_requests, bus.timed_out_requests, bus.late_responses) == (1, 3, 1)


def test_a_failing_endpoint_answers_with_its_error():
    bus, seen = vl.MessageBus(), Seen()
    endpoint = bus.endpoint("e", fail)
    bus.request("e", 1, seen.on)
    ((response,), count) = seen, bus.outstanding_requests
    assert (response.status, type(response.error), response.is_answered, count) == ("failed", ValueError, False, 0)
    assert endpoint.errors == 1


def test_a_failing_requester_is_a_failing_subscriber():
    told = []
    bus = vl.MessageBus(policy="isolate", on_error=lambda one, *_: told.append((one.name, one.pattern)))
    bus.endpoint("echo", lambda request: bus.respond(request.id, 1))
    bus.request("echo", 1, fail)
    assert told == [("fail", "response of echo")]
    bus = vl.MessageBus(policy="drop", drop_after=1)
    bus.endpoint("echo", lambda request: bus.respond(request.id, 1))
    for _ in range(3):  # each answer has a subscription of its own, so that none is dropped for the one before
        bus.request("echo", 1, fail)
    assert (bus.errors, bus.subscriptions) == (3, [])


def test_requests_without_an_answer_are_bounded_and_answered_ones_leave_nothing():
    bus = vl.MessageBus(requests_max=3)
    bus.endpoint("silent", lambda request: None)
    for _ in range(3):
        bus.request("silent", 1, print)
    with pytest.raises(CapacityError, match="3 requests"):
        bus.request("silent", 1, print)
    bus = vl.MessageBus()
    bus.endpoint("echo", lambda request: bus.respond(request.id, request.message))
    message, seen = object(), Seen()
    before = sys.getrefcount(message)
    for _ in range(10_000):
        bus.request("echo", message, seen.on, deadline_ns=10**18)
    assert len(seen) == 10_000
    seen.clear()
    assert sys.getrefcount(message) == before


# ---------------------------------------------------------------------- direct tables


def test_a_table_goes_by_kind_and_instrument_and_its_mask_says_who_listens():
    bus, seen, log = vl.MessageBus(), Seen(), []
    table = DirectTable(bus, 4, 3, name="market")
    one = table.subscribe(2, 1, seen.on)
    table.subscribe(2, 1, Seen("late", log).on)
    table.subscribe(2, 1, Seen("early", log).on, priority=1)
    two = table.subscribe(0, 1, seen.on)
    for kind in range(4):
        for instrument in range(3):
            table.publish(kind, instrument, (kind, instrument))
    assert seen == [(0, 1), (2, 1)]
    assert [name for name, _ in log] == ["early", "late"]
    assert [table.mask(instrument) for instrument in range(3)] == [0, 0b101, 0]
    two.cancel()
    assert table.mask(1) == 0b100
    assert (one.pattern, [handlers.published for handlers in table.lists()]) == ("market[2, 1]", [1, 1])
    for kind, instrument in ((4, 0), (-1, 0), (0, 3), (0, -1)):
        with pytest.raises(InvalidArgument, match=f"was kind {kind} of instrument {instrument}"):
            table.publish(kind, instrument, 0)
        with pytest.raises(InvalidArgument):
            table.subscribe(kind, instrument, print)
    with pytest.raises(InvalidArgument, match="kinds must be from 1 to 32"):
        DirectTable(bus, 33, 1)


def test_direct_messages_and_topics_are_delivered_in_one_order():
    bus, log = vl.MessageBus(), []
    handlers = HandlerList(bus, "fills")

    def first(message):
        log.append(message)
        if message == "fill":
            bus.publish("t", "told")
            handlers.publish("next fill")

    handlers.subscribe(first)
    handlers.subscribe(log.append)
    bus.subscribe("t", log.append)
    handlers.publish("fill")
    assert log == ["fill", "fill", "told", "next fill", "next fill"]


# ---------------------------------------------------------------------- other threads


def test_what_threads_post_is_delivered_by_drain_in_the_order_of_each():
    bus, seen = vl.MessageBus(ring_capacity=64), Seen()
    topic = bus.topic("feed")
    bus.subscribe("feed*", seen.on)
    refused = [0, 0]
    count = 2_000

    def post(number):
        for message in range(count):
            while not bus.post_from_thread(topic if message % 2 else "feed", (number, message)):
                refused[number] += 1
                room.wait(0.001)

    room = threading.Event()
    threads = [threading.Thread(target=post, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    drained = 0
    while any(thread.is_alive() for thread in threads):
        drained += bus.drain()
    drained += bus.drain()
    assert drained == len(seen) == 2 * count
    for number in range(2):
        assert [message for sender, message in seen if sender == number] == list(range(count))
    assert sum(ring.refused for ring in bus.rings) == sum(refused)
    assert bus.stats().refused_posts == sum(refused)


def test_a_full_ring_refuses_and_keeps_what_it_has():
    bus, seen = vl.MessageBus(ring_capacity=4), Seen()
    bus.subscribe("t", seen.on)
    message = object()
    before = sys.getrefcount(message)
    assert [bus.post_from_thread("t", message) for _ in range(6)] == [True] * 4 + [False] * 2
    assert sys.getrefcount(message) == before + 4
    (ring,) = bus.rings
    assert (len(ring), ring.posted, ring.refused, ring.capacity) == (4, 4, 2, 4)
    assert seen == []
    assert bus.drain() == 4
    assert seen == [message] * 4
    assert bus.drain() == 0
    seen.clear()
    assert sys.getrefcount(message) == before


def test_an_error_while_draining_leaves_the_rest_for_the_next_time():
    bus, seen = vl.MessageBus(), Seen()
    bus.subscribe("bad", fail)
    bus.subscribe("t", seen.on)
    for topic in ("t", "bad", "t"):
        bus.post_from_thread(topic, topic)
    with pytest.raises(ValueError, match="cannot take bad"):
        bus.drain()
    assert seen == ["t"]
    assert bus.drain() == 1


def test_what_finds_no_room_within_a_handler_stays_in_its_ring():
    bus, seen = vl.MessageBus(cascade_max=3), Seen()
    bus.subscribe("t", seen.on)
    for message in range(5):
        bus.post_from_thread("t", message)
    bus.subscribe("now", lambda message: seen.append(f"drained {bus.drain()}"))
    bus.publish("now", None)
    assert seen == ["drained 3", 0, 1, 2]
    assert bus.drain() == 2
    assert seen[-2:] == [3, 4]


def test_posts_go_to_topics_of_the_same_bus():
    bus = vl.MessageBus()
    for topic in (vl.MessageBus().topic("t"), 5):
        with pytest.raises(InvalidArgument, match="of this bus"):
            bus.post_from_thread(topic, 1)


def test_a_ring_gives_back_what_was_never_taken():
    message = object()
    before = sys.getrefcount(message)
    ring = ThreadRing(3)
    assert all(ring.post("t", message) for _ in range(4))
    assert ring.take() == ("t", message)
    del ring
    assert sys.getrefcount(message) == before
    with pytest.raises(InvalidArgument, match="was 0"):
        ThreadRing(0)


# ---------------------------------------------------------------------- statistics and memory


def test_statistics_name_topics_subscribers_and_failures():
    bus = vl.MessageBus(policy="isolate")
    bus.subscribe("data.*", fail, priority=3)
    bus.subscribe("data.a", Seen().on, name="reader")
    DirectTable(bus, 1, 1, name="market").subscribe(0, 0, Seen().on, name="direct")
    bus.endpoint("risk", print)
    bus.publish("data.a", 1)
    bus.publish("dta.b", 1)
    stats = bus.stats()
    assert [(one.name, one.published, one.subscribers) for one in stats.topics] == [
        ("data.a", 1, ("fail", "reader")),
        ("dta.b", 1, ()),
        ("market[0, 0]", 0, ("direct",)),
    ]
    assert [(one.name, one.count, one.errors) for one in stats.subscriptions] == [
        ("fail", 1, 1),
        ("reader", 1, 0),
        ("direct", 0, 0),
    ]
    shown = str(stats)
    for text in ("data.a", "none", "ValueError('cannot take 1')", "risk", "1 errors"):
        assert text in shown


def test_a_million_publishes_and_subscriptions_leave_nothing_behind():
    bus = vl.MessageBus(policy="isolate")
    topic, message, handler = bus.topic("t"), object(), (lambda message: None)
    keeper = bus.subscribe("*", handler)
    bus.subscribe("t", lambda message: inner.publish(message))
    inner = bus.topic("inner")
    counts = [sys.getrefcount(one) for one in (message, handler, topic, bus, None)]
    for _ in range(200_000):
        topic.publish(message)  # three deliveries, one of them queued
    for _ in range(100_000):
        one = bus.subscribe("t", handler)
        one.cancel()
    for _ in range(100_000):
        one = bus.subscribe("t?*", handler)
        one.cancel()
    del one
    topic.publish(message)
    gc.collect()
    now = [sys.getrefcount(one) for one in (message, handler, topic, bus, None)]
    assert now[:4] == counts[:4]
    assert abs(now[4] - counts[4]) < 10_000  # of None, which others hold too
    assert keeper.count == 2 * 200_001
    assert len(bus.subscriptions) == 2


def test_failing_handlers_hold_one_error_and_no_more():
    bus = vl.MessageBus(policy="isolate")
    failing = bus.subscribe("t", fail)
    messages = [type("Message", (), {})() for _ in range(50)]
    held = [weakref.ref(message) for message in messages]
    for message in messages:
        bus.publish("t", message)
    del message, messages
    gc.collect()
    assert sum(one() is not None for one in held) == 1  # that of the last traceback
    assert failing.errors == 50


def test_a_strategy_and_the_bus_that_holds_it_are_collected():
    class Owner:
        def __init__(self):
            self.bus = vl.MessageBus()
            self.topic = self.bus.topic("t")
            self.table = DirectTable(self.bus, 2, 2)
            self.subscriptions = [
                self.bus.subscribe("*", self.on),
                self.bus.subscribe("t", self.on),
                self.table.subscribe(1, 1, self.on),
            ]
            self.bus.endpoint("me", self.on)
            self.topic.publish(1)
            self.bus.request("me", 1, self.on)

        def on(self, message):
            pass

    gone = weakref.ref(Owner())
    gc.collect()
    assert gone() is None


def test_exported_names_are_those_of_the_module():
    assert vl.MessageBus is MessageBus
    assert vl.Topic is Topic


def test_a_handler_may_drain_while_another_drain_goes_on():
    """What the inner one takes, the outer one leaves: each message is published once."""
    bus = vl.MessageBus()
    seen = []

    def handler(message):
        seen.append(message)
        counts.append(bus.drain())

    counts = []
    bus.subscribe("a", handler)
    for number in range(7):
        assert bus.post_from_thread("a", number)
    total = bus.drain() + sum(counts)
    assert sorted(seen) == list(range(7))
    assert total == 7
    assert bus.drain() == 0
