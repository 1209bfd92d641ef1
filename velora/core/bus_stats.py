"""Statistics of a message bus, as numbers and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from velora.core.html import ShownAsHtml
from velora.core.terminal import cell
from velora.core.terminal_table import FittedTable

if TYPE_CHECKING:
    from rich.console import Group

    from velora.core.bus import Endpoint, HandlerList, MessageBus, Subscription

__all__ = ["BusStats", "EndpointStats", "SubscriptionStats", "TopicStats"]


@dataclass(frozen=True, slots=True)
class TopicStats:
    """A topic, or a list of a direct table.

    Attributes
    ----------
    name : str
        Name of the topic.
    published : int
        Messages published.
    subscribers : tuple of str
        Names of its subscribers, in the order of delivery.
    """

    name: str
    published: int
    subscribers: tuple[str, ...]

    @classmethod
    def of(cls, topic: HandlerList) -> TopicStats:
        """Current statistics of one topic."""
        return cls(topic.name, topic.published, tuple(one.name for one in topic.subscriptions))


@dataclass(frozen=True, slots=True)
class SubscriptionStats:
    """A subscriber; the times are 0 if the bus has no clock.

    Attributes
    ----------
    name, pattern : str
        Name of the subscriber, and the pattern that it subscribed to.
    priority : int
        Higher is served first.
    count, errors : int
        Messages delivered, and exceptions raised.
    last_error : str
        The last exception, empty without one.
    slow_count : int
        Deliveries that took at least `MessageBus.slow_ns`.
    slowest_ns, total_ns : int
        Longest and total time of its deliveries, ns.
    """

    name: str
    pattern: str
    priority: int
    count: int
    errors: int
    last_error: str
    slow_count: int
    slowest_ns: int
    total_ns: int

    @classmethod
    def of(cls, one: Subscription) -> SubscriptionStats:
        """Current statistics of one subscription."""
        last_error = "" if one.last_error is None else repr(one.last_error)
        return cls(
            one.name,
            one.pattern,
            one.priority,
            one.count,
            one.errors,
            last_error,
            one.slow_count,
            one.slowest_ns,
            one.total_ns,
        )


@dataclass(frozen=True, slots=True)
class EndpointStats:
    """An endpoint.

    Attributes
    ----------
    name : str
        Name of the endpoint.
    count : int
        Messages delivered to it.
    errors : int
        Exceptions it raised.
    """

    name: str
    count: int
    errors: int

    @classmethod
    def of(cls, endpoint: Endpoint) -> EndpointStats:
        """Current statistics of one endpoint."""
        return cls(endpoint.name, endpoint.count, endpoint.errors)


@dataclass(frozen=True, slots=True)
class BusStats(ShownAsHtml):
    """Statistics of a bus at one moment, made by `MessageBus.stats`; prints as a table.

    Attributes
    ----------
    topics : tuple of TopicStats
    subscriptions : tuple of SubscriptionStats
    endpoints : tuple of EndpointStats
    errors : int
        Exceptions raised by subscribers.
    abandoned : int
        Messages not delivered because a cascade was interrupted.
    late_responses, timed_out_requests : int
        Responses that came too late, and requests without a response in time.
    refused_posts : int
        Messages of other threads refused because the ring was full.
    """

    topics: tuple[TopicStats, ...]
    subscriptions: tuple[SubscriptionStats, ...]
    endpoints: tuple[EndpointStats, ...]
    errors: int
    abandoned: int
    late_responses: int
    timed_out_requests: int
    refused_posts: int

    @classmethod
    def of(cls, bus: MessageBus) -> BusStats:
        """Current statistics of a bus."""
        lists: list[HandlerList] = [*bus.topics, *(one for table in bus.tables for one in table.lists())]
        return cls(
            topics=tuple(map(TopicStats.of, lists)),
            subscriptions=tuple(map(SubscriptionStats.of, bus.subscriptions)),
            endpoints=tuple(map(EndpointStats.of, bus.endpoints)),
            errors=bus.errors,
            abandoned=bus.abandoned,
            late_responses=bus.late_responses,
            timed_out_requests=bus.timed_out_requests,
            refused_posts=sum(ring.refused for ring in bus.rings),
        )

    def __rich__(self) -> Group:
        from rich.console import Group

        topics = FittedTable("topics")
        for name in ("topic", "published", "subscribers, in order"):
            topics.add_column(name, "right" if name == "published" else "left", wraps=name.startswith("subscribers"))
        for topic in self.topics:
            topics.add_row(cell(topic.name), f"{topic.published:,}", cell(", ".join(topic.subscribers) or "none"))
        subscribers = FittedTable("subscribers")
        for name in ("subscriber", "pattern", "priority", "messages", "errors", "slow", "slowest", "last error"):
            subscribers.add_column(name, "left" if name in ("subscriber", "pattern", "last error") else "right")
        for one in self.subscriptions:
            subscribers.add_row(
                cell(one.name),
                cell(one.pattern),
                str(one.priority),
                f"{one.count:,}",
                f"{one.errors:,}",
                f"{one.slow_count:,}",
                f"{one.slowest_ns:,} ns" if one.slowest_ns else "",
                cell(one.last_error),
            )
        parts = [topics, subscribers]
        if self.endpoints:
            endpoints = FittedTable("endpoints")
            for name in ("endpoint", "messages", "errors"):
                endpoints.add_column(name, "left" if name == "endpoint" else "right")
            for endpoint in self.endpoints:
                endpoints.add_row(cell(endpoint.name), f"{endpoint.count:,}", f"{endpoint.errors:,}")
            parts.append(endpoints)
        counts = ("errors", "abandoned", "late_responses", "timed_out_requests", "refused_posts")
        totals = ", ".join(f"{getattr(self, name):,} {name.replace('_', ' ')}" for name in counts)
        return Group(*parts, totals)

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=140, color_system=None)
        with console.capture() as captured:
            console.print(self)
        return captured.get()
