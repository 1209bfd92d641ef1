"""A slow, simple reference for the compiled message bus: one list of subscriptions, searched and sorted at each
message.

It is the oracle of the differential tests: keep it simple, never optimize it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["ReferenceBus", "ReferenceSubscription", "reference_matches"]


def reference_matches(pattern: str, topic: str) -> bool:
    """Whether a topic matches a pattern, by trying every run of characters for each ``*``."""
    if not pattern:
        return not topic
    if pattern[0] == "*":
        return any(reference_matches(pattern[1:], topic[taken:]) for taken in range(len(topic) + 1))
    return bool(topic) and pattern[0] in ("?", topic[0]) and reference_matches(pattern[1:], topic[1:])


class ReferenceSubscription:
    """One handler of one pattern."""

    def __init__(self, pattern: str, handler: Callable[[Any], object], priority: int) -> None:
        self.pattern = pattern
        self.handler = handler
        self.priority = priority
        self.is_active = True
        self.count = 0
        self.errors = 0

    def cancel(self) -> None:
        """End the subscription."""
        self.is_active = False


class ReferenceBus:
    """Topics only; the policies are those of the bus."""

    def __init__(self, *, policy: str = "raise", drop_after: int = 3) -> None:
        self.policy = policy
        self.drop_after = drop_after
        self.all: list[ReferenceSubscription] = []  # all subscriptions ever made, in order
        self.waiting: list[tuple[list[ReferenceSubscription], Any]] = []
        self.is_busy = False

    def subscribe(self, pattern: str, handler: Callable[[Any], object], *, priority: int = 0) -> ReferenceSubscription:
        """Call a handler with each message of each topic that matches."""
        subscription = ReferenceSubscription(pattern, handler, priority)
        self.all.append(subscription)
        return subscription

    def publish(self, topic: str, message: Any) -> None:
        """Deliver a message after the messages published before it."""
        served = [one for one in self.all if one.is_active and reference_matches(one.pattern, topic)]
        served.sort(key=lambda one: -one.priority)  # a stable sort: equal priorities stay in the order of subscription
        self.waiting.append((served, message))
        if self.is_busy:
            return
        self.is_busy = True
        errors = []
        while self.waiting:
            served, message = self.waiting.pop(0)
            for one in served:
                if not one.is_active:
                    continue
                one.count += 1
                try:
                    one.handler(message)
                except Exception as error:
                    one.errors += 1
                    errors.append(error)
                    if self.policy == "drop" and one.errors >= self.drop_after:
                        one.cancel()
        self.is_busy = False
        if errors and self.policy == "raise":
            raise errors[0]
