"""Feed latency other than the recorded one."""

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
    """A change of the data's feed latency, ``ts_recv - ts_event`` of each row.

    Parameters
    ----------
    shift : duration or distribution
        Added latency: ``"2ms"`` for a machine that is farther away by this much, below 0 for a nearer one. Rows
        received at the same instant count as one message and draw one value.
    scale : float
        Factor of the data's latency, applied before the shift: 0.5 halves it.
    load : LatencyLoad, optional
        Adds a wait that depends on the rate of the feed's own rows, counted over the window before each receipt.

    Notes
    -----
    No row is received before its event (if the data's clocks already show that, not before the recorded receipt), nor
    before an earlier row of the same feed. The period of a run is selected by the recorded times, before the shift.
    """

    shift: LegSpec = 0
    scale: float = 1.0
    load: LatencyLoad | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", read_leg("feed", self.shift, signed=True))
        object.__setattr__(self, "scale", number("scale of a feed latency", self.scale, 0, 1e6))

    @staticmethod
    def of(value: FeedLatency | LegSpec) -> FeedLatency:
        """Convert a `FeedLatency` or a shift to a `FeedLatency`."""
        return value if isinstance(value, FeedLatency) else FeedLatency(value)

    @property
    def is_none(self) -> bool:
        """Whether the data's latency is unchanged."""
        return self.shift == 0 and self.scale == 1 and self.load is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values for a result's record."""
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
    """Receipt times of one instrument's feed, computed chunk by chunk, in the order of receipt.

    Parameters
    ----------
    latency : FeedLatency
    seed : int
        Seed of the draws.
    name : str
        Name of the feed, ``SYMBOL@VENUE``; with the seed it determines the draws.
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
        """Largest delay of a row beyond its recorded receipt, ns; None if unbounded."""
        latency = self._latency
        if latency.scale > 1:
            return None
        shift = latency.shift
        most = int(shift.quantiles[-1]) if isinstance(shift, LatencyDistribution) else duration_ns(shift)
        return max(most, 0) + (0 if latency.load is None else int(latency.load.most_ns))

    def go_on(self, messages: int, last_recv: int | None) -> None:
        """Skip the first messages of the feed; the last of them was received at `last_recv`."""
        self._message = messages - 1
        if last_recv is not None:
            self._last_recv = last_recv

    def apply(self, ts_event: _Ints, ts_recv: _Ints) -> _Ints:
        """New receipt times of the rows that follow those of the last call."""
        if len(ts_recv) == 0:
            return ts_recv
        goes_back = np.diff(ts_recv, prepend=max(self._last_recv, int(ts_recv[0]) - 1)) < 0
        if goes_back.any():
            # Check it here, because a running maximum would hide it.
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
        """Draw one value per message, by its number in the whole feed, so that chunk borders have no effect."""
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
        """Mean wait of each row at the rate of the rows received in the window that ends with it."""
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
    """A number in [0, 1) for each message number: splitmix64 of its position in the stream."""
    z = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed * 0xD1B54A32D192ED03 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
