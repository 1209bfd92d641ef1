"""Latency between the strategy and the venue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from velora.core.numbers import whole_number
from velora.errors import InvalidArgument
from velora.sim.distribution import LatencyDistribution, LegSpec, read_leg
from velora.sim.feed_latency import FeedLatency
from velora.sim.latency_load import LatencyFaults, LatencyLoad
from velora.sim.latency_presets import PRESETS, preset_arguments
from velora.sim.latency_recording import LatencyRecording

__all__ = ["Latency", "LatencyDistribution", "LatencyFaults", "LatencyLoad", "LatencyRecording", "LatencySpec"]

_LEGS = ("decision", "entry", "amend", "cancel", "venue", "response", "speed_bump")


@dataclass(frozen=True)
class Latency:
    """Latency of each leg between the strategy and one venue. By default messages do not overtake each other.

    Each leg is a duration such as ``"5ms"`` or `vl.ns(500)`, a `LatencyDistribution`, or its text. After
    construction each is a `vl.ns` or a `LatencyDistribution`.

    Parameters
    ----------
    entry : duration or distribution
        Local side to venue, for new orders.
    response : duration or distribution, optional
        Venue to local side; the entry latency by default.
    venue : duration or distribution
        Processing at the venue before an order takes effect.
    decision : duration or distribution
        The strategy's computing time between an event and its orders. ``earlier.callback_times.distribution()`` is the
        distribution measured in an earlier run.
    amend, cancel : duration or distribution, optional
        Local side to venue, for amends and cancels; the entry latency by default.
    recording : LatencyRecording, optional
        Measured round trips that replace entry and response.
    seed : int
        Seed of the distributions' draws, at least 0. Each leg draws from its own stream.
    feed : FeedLatency, duration or distribution, optional
        A change of the data's feed latency; a duration or distribution is added to it.
    load : LatencyLoad, optional
        Additional delay of a busy venue, in both directions.
    faults : LatencyFaults, optional
        Refusals, losses and timeouts.
    speed_bump : duration or distribution
        Additional time that the venue holds commands that may take liquidity: orders that are not post-only, and their
        amends. Commands that are not held overtake them.
    overtakes : bool
        Whether messages may overtake each other, as over several connections. Reports about one order still arrive in
        the order in which the venue sent them. A cancel that arrives before its order is rejected, and the order stays,
        as at real venues.

    Notes
    -----
    Feed latency is part of the data, the time between `ts_event` and `ts_recv` of each row; `feed` changes it.
    """

    entry: LegSpec = 0
    response: LegSpec | None = None
    venue: LegSpec = 0
    decision: LegSpec = 0
    amend: LegSpec | None = None
    cancel: LegSpec | None = None
    recording: LatencyRecording | None = None
    seed: int = 0
    feed: FeedLatency | LegSpec | None = None
    load: LatencyLoad | None = None
    faults: LatencyFaults | None = None
    speed_bump: LegSpec = 0
    overtakes: bool = False

    def __post_init__(self) -> None:
        entry = read_leg("entry", self.entry)
        object.__setattr__(self, "seed", whole_number("seed", self.seed, 0, 2**64 - 1))
        for name in _LEGS:
            value = getattr(self, name)
            object.__setattr__(self, name, entry if value is None or name == "entry" else read_leg(name, value))
        feed = None if self.feed is None else FeedLatency.of(self.feed)
        object.__setattr__(self, "feed", None if feed is None or feed.is_none else feed)
        if self.faults is not None and any(self.faults.by_action("overloaded")) and self.load is None:
            raise InvalidArgument("faults by overload need a load, such as load=LatencyLoad(service='20us')")

    @staticmethod
    def of(value: LatencySpec) -> Latency:
        """Convert a recording, a duration or distribution for both ways, or a preset's name to a `Latency`."""
        if isinstance(value, Latency):
            return value
        if isinstance(value, LatencyRecording):
            return Latency(recording=value)
        if isinstance(value, str) and (value.startswith("preset:") or value in PRESETS):
            return Latency.preset(value.removeprefix("preset:").strip())
        return Latency(entry=value)

    @staticmethod
    def preset(name: str, **changes: Any) -> Latency:
        """A latency by name; `velora.sim.latency_presets.PRESETS` has the description and source of each.

        Parameters
        ----------
        name : str
        **changes
            Arguments of `Latency` that override the preset's.
        """
        return Latency(**(preset_arguments(name) | changes))

    @property
    def feed_latency(self) -> FeedLatency | None:
        """The change of the feed latency, None if the data's is unchanged."""
        assert self.feed is None or isinstance(self.feed, FeedLatency)
        return self.feed

    def decision_quantile(self, p: float) -> int:
        """Quantile of the decision leg, ns."""
        leg = read_leg("decision", self.decision)
        return leg.quantile(p) if isinstance(leg, LatencyDistribution) else leg

    def to_dict(self) -> dict[str, Any]:
        """The assumptions, for a result's record."""
        legs: dict[str, Any] = {}
        names = ["decision", "venue"]
        if self.recording is None:
            names += ["entry", "response"]
            names += [name for name in ("amend", "cancel") if getattr(self, name) != self.entry]
        else:
            legs["recording_rows"] = len(self.recording.ts)
            if self.recording.refused is not None:
                legs["recording_refused"] = int(self.recording.refused.sum())
        if self.speed_bump != 0:
            names.append("speed_bump")
        for name in names:
            value = getattr(self, name)
            if isinstance(value, LatencyDistribution):
                legs[name] = value.name
                legs["seed"] = self.seed
            else:
                legs[f"{name}_ns"] = value
        for name in ("feed", "load", "faults"):
            part = getattr(self, name)
            if part is not None:
                legs[name] = part.to_dict()
                if name != "load":
                    legs["seed"] = self.seed
        if self.overtakes:
            legs["overtakes"] = True
        return legs


#: Values that convert to a latency: itself, a recording, a duration or distribution for both ways, or a preset's name.
LatencySpec = Latency | LatencyRecording | LegSpec
