"""The feed's way from the venue, when it is not the one that the data was recorded on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import duration_ns
from velora.core.numbers import number, whole_number
from velora.errors import DataError
from velora.sim.distribution import LatencyDistribution, LegSpec, read_leg, stream_of
from velora.sim.latency_load import LatencyLoad

__all__ = ["FeedLatency", "FeedShift"]

_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class FeedLatency:
    """A change of the feed latency that the data has, ``ts_recv - ts_event`` of each row.

    Parameters
    ----------
    shift : duration or distribution
        Added: ``"2ms"`` for a machine that much further away, below 0 for one that is nearer. Rows that were received
        in one instant were one message and draw one value.
    scale : float
        Factor of the data's latency, before the shift: 0.5 is half as far.
    load : LatencyLoad, optional
        Added by the rate of the feed's own rows, each received within the window before it.

    Notes
    -----
    Nothing is received before it happened (unless the data's clocks say so already: then not before the data says), nor
    before an earlier row of the same feed. The local period of a run is cut by the times of the data, before the shift.
    """

    shift: LegSpec = 0
    scale: float = 1.0
    load: LatencyLoad | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", read_leg("feed", self.shift, signed=True))
        object.__setattr__(self, "scale", number("scale of a feed latency", self.scale, 0, 1e6))

    @staticmethod
    def of(value: FeedLatency | LegSpec) -> FeedLatency:
        """A `FeedLatency` from itself, or from its shift."""
        return value if isinstance(value, FeedLatency) else FeedLatency(value)

    @property
    def is_none(self) -> bool:
        """Whether it leaves the data as it is."""
        return self.shift == 0 and self.scale == 1 and self.load is None

    def to_dict(self) -> dict[str, Any]:
        """For a result's record."""
        out: dict[str, Any] = {}
        if isinstance(self.shift, LatencyDistribution):
            out["shift"] = self.shift.name
        elif self.shift:
            out["shift_ns"] = self.shift
        if self.scale != 1:
            out["scale"] = self.scale
        if self.load is not None:
            out["load"] = self.load.to_dict()
        return out


class FeedShift:
    """Receipt times of one instrument's feed, chunk by chunk, in the order of receipt.

    Parameters
    ----------
    latency : FeedLatency
    seed : int
        Of its draws.
    name : str
        Of the feed: ``SYMBOL@VENUE``. With the seed it decides the draws.
    """

    def __init__(self, latency: FeedLatency, seed: int, name: str = "") -> None:
        self._latency = latency
        self._name = name
        self._rows = 0
        self._seed = (whole_number("seed", seed, 0, 2**64 - 1) * 65_536 + stream_of(name)) & (2**64 - 1)
        self._message = -1
        self._last_recv = np.iinfo(np.int64).min
        self._received = np.empty(0, np.int64)
        self._latest = np.iinfo(np.int64).min

    @property
    def reach_ns(self) -> int | None:
        """How much later than the data says a row may be received, ns; None where that has no bound."""
        latency = self._latency
        if latency.scale > 1:
            return None
        shift = latency.shift
        most = int(shift.quantiles[-1]) if isinstance(shift, LatencyDistribution) else duration_ns(shift)
        return max(most, 0) + (0 if latency.load is None else int(latency.load.most_ns))

    def go_on(self, messages: int, last_recv: int | None) -> None:
        """Leave out the first messages of the feed, the last of which was received at `last_recv`."""
        self._message = messages - 1
        if last_recv is not None:
            self._last_recv = last_recv

    def apply(self, ts_event: _Ints, ts_recv: _Ints) -> _Ints:
        """New receipt times of the rows that follow those of the last call."""
        if len(ts_recv) == 0:
            return ts_recv
        goes_back = np.diff(ts_recv, prepend=max(self._last_recv, int(ts_recv[0]) - 1)) < 0
        if goes_back.any():
            # A running maximum would hide it.
            raise DataError("ts_recv goes back", file=self._name, row=self._rows + int(np.argmax(goes_back)))
        latency = self._latency
        base = ts_recv - ts_event
        if latency.scale != 1:
            base = np.rint(base * latency.scale).astype(np.int64)
        moved = ts_event + base
        if isinstance(latency.shift, LatencyDistribution):
            moved = moved + self._draws(latency.shift, ts_recv)
        else:
            moved = moved + duration_ns(latency.shift)
        if latency.load is not None:
            moved = moved + self._waits(latency.load, ts_recv)
        moved = np.maximum(moved, np.minimum(ts_event, ts_recv))
        moved[0] = max(int(moved[0]), self._latest)
        moved = np.maximum.accumulate(moved)
        self._latest = int(moved[-1])
        self._last_recv = int(ts_recv[-1])
        self._rows += len(ts_recv)
        return moved

    def _draws(self, distribution: LatencyDistribution, ts_recv: _Ints) -> _Ints:
        """One value a message, numbered over the whole feed, so that where chunks end does not matter."""
        is_new = np.empty(len(ts_recv), bool)
        is_new[0] = int(ts_recv[0]) != self._last_recv
        is_new[1:] = ts_recv[1:] != ts_recv[:-1]
        number = self._message + np.cumsum(is_new)
        self._message = int(number[-1])
        place = _uniform(self._seed, number) * (len(distribution.quantiles) - 1)
        at = place.astype(np.int64)
        low, high = distribution.quantiles[at], distribution.quantiles[at + 1]
        return low + ((place - at) * (high - low)).astype(np.int64)

    def _waits(self, load: LatencyLoad, ts_recv: _Ints) -> _Ints:
        """Mean waits at the rate of the rows received in the window that ends with each row."""
        window, service = load.window_ns, load.service_ns
        received = np.concatenate([self._received, ts_recv])
        first = np.searchsorted(received, ts_recv - window, side="right")
        count = np.arange(len(self._received) + 1, len(received) + 1) - first
        self._received = received[np.searchsorted(received, ts_recv[-1] - window, side="right") :]
        rho = count * (service / window)
        with np.errstate(divide="ignore"):
            wait = np.where(rho < 1, rho * service * load.spread / np.maximum(1 - rho, 1e-300), np.inf)
        return np.minimum(wait, float(load.most_ns)).astype(np.int64)


def _uniform(seed: int, number: _Ints) -> NDArray[np.float64]:
    """A number in [0, 1) for each number of a message: splitmix64 of its place in the stream."""
    z = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed * 0xD1B54A32D192ED03 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
