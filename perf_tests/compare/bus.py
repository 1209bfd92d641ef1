"""The message bus: Velora's against nautilus_trader's, and against a bare Python call of the same handler.

One message is published again and again: to nobody, to one Python subscriber (a method, as in a strategy), to ten, to
one that subscribed by a pattern, and sent to one endpoint. ``topic`` keeps the topic's handle, as a publisher does;
``name`` names the topic at each call, which is the only way of the peer. The compiled publisher is a Cython loop built
against the installed package, as a user builds one. Loops are part of what is measured, on both sides.

Passes are shorter than a time slice and taken in turn, so that a busy machine spoils few of them and both sides alike.
A slower figure here than in the last run on the same machine means that the fast path of `HandlerList.publish_c` or
`MessageBus._serve` has grown.

    python -m perf_tests.compare.bus [--json] [--publishes N] [--passes N]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import velora as vl
from perf_tests.compare.compiled import build
from perf_tests.compare.figures import Figure, show
from perf_tests.compare.peer import Peer

PEERS = ("nautilus_trader-1.221.0", "nautilus_trader-2.0.0rc6")
TOPIC = "data.trades.VENUE.BTCUSDT"


class Subscriber:
    """What a strategy's handler costs at least."""

    __slots__ = ()

    def on(self, message: object) -> None:
        """Take a message and do nothing."""


class Own:
    """Velora's side: one bus with the subscribers of every workload."""

    def __init__(self, times: int, folder: Path) -> None:
        self.times = times
        self.message = object()
        self.bus = vl.MessageBus()
        self.loop = build("bus_loop", folder)
        self.counter = self.loop.Counter()
        self.bus.subscribe(TOPIC, Subscriber().on)
        for _ in range(10):
            self.bus.subscribe("ten", Subscriber().on)
        self.bus.subscribe("wild.*", Subscriber().on)
        self.bus.subscribe("compiled", self.counter)
        self.bus.endpoint("endpoint", Subscriber().on)
        self.names = {"one": TOPIC, "ten": "ten", "wild": "wild.trades.BTCUSDT", "none": "nobody"}

    def _timed(self, call: Callable[[], None]) -> float:
        began = time.perf_counter()
        call()
        return time.perf_counter() - began

    def _repeat(self, call: Callable[[object], object]) -> None:
        message = self.message
        for _ in range(self.times):
            call(message)

    def bare(self) -> float:
        """The handler called by a loop."""
        return self._timed(partial(self._repeat, Subscriber().on))

    def bare_compiled(self) -> float:
        """The handler called by a compiled loop."""
        return self._timed(partial(self.loop.call, Subscriber().on, self.message, self.times))

    def topic(self, workload: str) -> float:
        """Publish by the topic's handle."""
        return self._timed(partial(self._repeat, self.bus.topic(self.names[workload]).publish))

    def name(self, workload: str) -> float:
        """Publish by the topic's name."""

        def run() -> None:
            publish, name, message = self.bus.publish, self.names[workload], self.message
            for _ in range(self.times):
                publish(name, message)

        return self._timed(run)

    def send(self) -> float:
        """Send by the endpoint's name."""

        def run() -> None:
            send, message = self.bus.send, self.message
            for _ in range(self.times):
                send("endpoint", message)

        return self._timed(run)

    def compiled(self, *topics: str) -> float:
        """Publish in a compiled loop, to each topic in turn."""
        return self._timed(partial(self.loop.publish, tuple(map(self.bus.topic, topics)), self.message, self.times))


def passes_of(count: int, *sides: Callable[[], float]) -> list[tuple[float, ...]]:
    """Seconds of each side, passes in turn, after one that does not count."""
    seconds = [tuple(side() for side in sides) for _ in range(count + 1)]
    return [tuple(column) for column in zip(*seconds[1:], strict=True)]


def own_figures(own: Own, passes: int) -> list[Figure]:
    """Against a bare call: the ratio says how near the bus comes to it."""
    sides = {
        "publish to nobody, from Python": partial(own.topic, "none"),
        "publish to one Python subscriber": partial(own.topic, "one"),
        "publish to one Python subscriber, by name": partial(own.name, "one"),
        "publish to ten Python subscribers": partial(own.topic, "ten"),
        "publish to nobody, compiled": partial(own.compiled, *(f"nobody{at}" for at in range(64))),
        "publish to one Python subscriber, compiled": partial(own.compiled, TOPIC),
        "publish to one compiled subscriber, compiled": partial(own.compiled, "compiled"),
    }
    bare, bare_compiled, *measured = passes_of(passes, own.bare, own.bare_compiled, *sides.values())
    figures = []
    for name, seconds in zip(sides, measured, strict=True):
        against = bare_compiled if name.endswith("compiled") else bare
        over = statistics.median(mine - theirs for mine, theirs in zip(seconds, against, strict=True))
        print(
            f"{name}: {statistics.median(seconds) / own.times * 1e9:.1f} ns, "
            f"a bare call {statistics.median(against) / own.times * 1e9:.1f} ns, "
            f"pair by pair {over / own.times * 1e9:+.1f} ns",
            file=sys.stderr,
        )
        figures.append(
            Figure(
                figure=name,
                unit="publishes/s",
                items=own.times,
                velora_s=seconds,
                peer_s=against,
                peer_name="a bare call of the handler" + (", compiled" if against is bare_compiled else ""),
                hash="",
            )
        )
    return figures


def peer_figures(own: Own, passes: int, environment: str) -> list[Figure]:
    peer = Peer(environment, "nautilus_bus.py", Path(str(own.times)))
    workloads = (
        ("publish to one Python subscriber, topic", partial(own.topic, "one"), "one"),
        ("publish to one Python subscriber, name", partial(own.name, "one"), "one"),
        ("publish to one subscriber of a pattern, topic", partial(own.topic, "wild"), "wild"),
        ("publish to ten Python subscribers, topic", partial(own.topic, "ten"), "ten"),
        ("publish to nobody, topic", partial(own.topic, "none"), "none"),
        ("publish to nobody, name", partial(own.name, "none"), "none"),
        ("send to an endpoint, name", own.send, "send"),
    )
    figures = []
    for name, mine, theirs in workloads:
        own_s, peer_s = passes_of(passes, mine, lambda theirs=theirs: float(peer.run(theirs)["seconds"]))  # type: ignore[misc]
        figures.append(
            Figure(
                figure=name,
                unit="publishes/s",
                items=own.times,
                velora_s=own_s,
                peer_s=peer_s,
                peer_name=environment.replace("-", " "),
                hash="",
            )
        )
    peer.close()
    return figures


def resolution(topics: int = 10_000, patterns: int = 1_000) -> None:
    """What it costs to find the routes of many topics under many patterns; Velora alone."""
    bus, message = vl.MessageBus(), object()
    handles = [bus.topic(f"data.trades.VENUE{at % 50}.SYMBOL{at}") for at in range(topics)]
    taken = Subscriber().on
    began = time.perf_counter()
    for at in range(patterns):
        bus.subscribe(f"data.*.VENUE{at % 50}.SYMBOL*{at}", taken)
    subscribed = time.perf_counter()
    for topic in handles:
        topic.publish(message)
    published = time.perf_counter()
    again = []
    for _ in range(9):
        began_again = time.perf_counter()
        for topic in handles:
            topic.publish(message)
        again.append(time.perf_counter() - began_again)
    print(
        f"{patterns:,} patterns over {topics:,} topics: {(subscribed - began) / patterns * 1e6:.0f} us a subscription, "
        f"{(published - subscribed) / topics * 1e6:.1f} us the first publish of a topic (finds its route), "
        f"{statistics.median(again) / topics * 1e9:.0f} ns the next",
        file=sys.stderr,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.bus", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--publishes", type=int, default=2_000)
    parser.add_argument("--passes", type=int, default=151)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        own = Own(arguments.publishes, Path(name))
        figures = own_figures(own, arguments.passes)
        for environment in PEERS:
            figures += peer_figures(own, arguments.passes, environment)
        deliveries = [one.count for one in own.bus.subscriptions]
        if own.counter.count != deliveries[-1] or 0 in deliveries:
            raise SystemExit(f"some subscriber was not served: {deliveries}")
    resolution()
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
