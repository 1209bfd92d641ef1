"""The compiled bus and its slow twin: the same deliveries, whatever handlers do while they are called."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from velora.core.bus import MessageBus, topic_matches
from velora.testkit import ReferenceBus
from velora.testkit.reference_bus import reference_matches

TOPICS = ("a", "b", "ab", "a.b", "b.a", "aaab")
PATTERNS = (*TOPICS, "*", "a*", "*b", "?", "a?b", "*.*", "?*?", "a*b", "**", "*a*a*b")

ACTION = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(TOPICS)),
    st.tuples(st.just("subscribe"), st.sampled_from(PATTERNS), st.integers(-1, 1)),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.just("fail")),
)
#: What is done from outside, and what each subscriber does in its first calls: subscriber -> call -> actions.
PROGRAM = st.tuples(
    st.lists(ACTION, max_size=25),
    st.dictionaries(st.integers(0, 12), st.lists(st.lists(ACTION, max_size=3), max_size=3), max_size=8),
)


class Failed(Exception):
    pass


def run(bus, program, directly):
    """Deliveries as (subscriber, message), what was raised to the outside, and the counts of each subscriber."""
    outside, inside = program
    subscriptions, calls, log, raised = [], defaultdict(int), [], []
    published = 0

    def act(action):
        nonlocal published
        if action[0] == "publish":
            published += 1
            if directly:
                bus.topic(action[1]).publish(published)
            else:
                bus.publish(action[1], published)
        elif action[0] == "subscribe":
            number = len(subscriptions)
            subscriptions.append(bus.subscribe(action[1], lambda message: handle(number, message), priority=action[2]))
        elif action[0] == "cancel":
            if subscriptions:
                subscriptions[action[1] % len(subscriptions)].cancel()
        else:
            raise Failed(f"at {len(log)}")

    def handle(number, message):
        log.append((number, message))
        script = inside.get(number, [])
        calls[number] += 1
        if calls[number] <= len(script):
            for action in script[calls[number] - 1]:
                act(action)

    for action in outside:
        try:
            act(action)
        except Failed as error:
            raised.append(str(error))
    return log, raised, [(one.count, one.errors, one.is_active) for one in subscriptions]


@given(PROGRAM, st.sampled_from(["raise", "isolate", "drop"]), st.booleans())
@settings(max_examples=300)
def test_any_program_gives_the_deliveries_of_the_reference(program, policy, directly):
    bus = MessageBus(policy=policy, drop_after=2)
    assert run(bus, program, directly) == run(ReferenceBus(policy=policy, drop_after=2), program, False)
    active = [one for one in bus.subscriptions if one.is_active]
    assert active == bus.subscriptions


@given(PROGRAM)
def test_a_clock_changes_no_delivery(program):
    timed = MessageBus(clock=iter(range(10**9)).__next__)
    assert run(timed, program, True) == run(MessageBus(), program, True)


@pytest.mark.parametrize("seed", range(20))
def test_long_random_programs_agree(seed):
    rng = random.Random(seed)

    def action():
        kind = rng.choices(("publish", "subscribe", "cancel", "fail"), (6, 3, 2, 1))[0]
        return {
            "publish": lambda: ("publish", rng.choice(TOPICS)),
            "subscribe": lambda: ("subscribe", rng.choice(PATTERNS), rng.randrange(-3, 4)),
            "cancel": lambda: ("cancel", rng.randrange(1000)),
            "fail": lambda: ("fail",),
        }[kind]()

    outside = [action() for _ in range(150)]
    inside = {
        number: [[action() for _ in range(rng.randrange(3))] for _ in range(rng.randrange(4))] for number in range(60)
    }
    log, *_ = seen = run(MessageBus(policy="isolate"), (outside, inside), True)
    assert seen == run(ReferenceBus(policy="isolate"), (outside, inside), False)
    assert len(log) > 200


TEXT = st.text("abé€\U0001f40b.", max_size=7)  # 1, 2 and 4 bytes a character: all three layouts of a str


@given(st.text("abé€\U0001f40b.*?", max_size=7), TEXT)
@settings(max_examples=1_000)
def test_patterns_match_as_trying_every_run_says(pattern, topic):
    assert topic_matches(pattern, topic) == reference_matches(pattern, topic)


@given(TEXT, st.randoms(use_true_random=False))
def test_patterns_made_from_a_topic_match_it(topic, rng):
    pattern = "".join(rng.choice((one, one, "?", "*", "*" + one)) for one in topic)
    assert topic_matches(pattern, topic)
    assert topic_matches(pattern, topic) == reference_matches(pattern, topic)


def test_a_pattern_of_many_stars_takes_no_exponential_time():
    assert not topic_matches("a*" * 30 + "b", "a" * 2_000)
