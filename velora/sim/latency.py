"""How long messages take between the strategy and the venue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.core.clock import duration_ns
from velora.errors import InvalidArgument

__all__ = ["Latency", "LatencyRecording"]

_Duration = str | int | timedelta


@dataclass(frozen=True)
class LatencyRecording:
    """Measured round trips, interpolated linearly by time of sending, clamped at both ends.

    Parameters
    ----------
    ts : (n,) int64 array
        When each request was sent: ns, our clock; strictly ascending.
    entry : (n,) int64 array
        Time to the venue, ns.
    response : (n,) int64 array
        Time back, ns.
    """

    ts: NDArray[np.int64]
    entry: NDArray[np.int64]
    response: NDArray[np.int64]

    def __init__(self, ts: ArrayLike, entry: ArrayLike, response: ArrayLike) -> None:
        columns = {"ts": ts, "entry": entry, "response": response}
        for name, values in columns.items():
            array = np.ascontiguousarray(values, dtype=np.int64)
            object.__setattr__(self, name, array)
            if array.ndim != 1 or len(array) == 0 or len(array) != len(self.ts):
                raise InvalidArgument(
                    f"a latency recording needs three columns of one length, at least 1; {name} has shape {array.shape}"
                )
            if name != "ts" and (array < 0).any():
                row = int(np.argmax(array < 0))
                raise InvalidArgument(f"latencies are at least 0; row {row} of {name} was {array[row]} ns")
        if (np.diff(self.ts) <= 0).any():
            row = int(np.argmax(np.diff(self.ts) <= 0)) + 1
            raise InvalidArgument(f"times of a latency recording must ascend; row {row} does not")


@dataclass(frozen=True)
class Latency:
    """Latency of each leg, none of them overtaken by a later message.

    Parameters
    ----------
    entry : str, int or timedelta
        Local side to venue, such as ``"5ms"``; an int is nanoseconds.
    response : str, int or timedelta, optional
        Venue to local side; the entry's when not given.
    venue : str, int or timedelta
        Processing at the venue before an order acts.
    decision : str, int or timedelta
        The strategy's own time between an event and its orders.
    recording : LatencyRecording, optional
        Entry and response from measured round trips instead of constants.

    Notes
    -----
    Feed latency is not here: it is in the data, the time between `ts_event` and `ts_recv` of each row.
    """

    entry: _Duration = 0
    response: _Duration | None = None
    venue: _Duration = 0
    decision: _Duration = 0
    recording: LatencyRecording | None = None
    entry_ns: int = field(init=False)
    response_ns: int = field(init=False)
    venue_ns: int = field(init=False)
    decision_ns: int = field(init=False)

    def __post_init__(self) -> None:
        response = self.entry if self.response is None else self.response
        legs = {"entry": self.entry, "response": response, "venue": self.venue, "decision": self.decision}
        for leg, value in legs.items():
            ns = duration_ns(value)
            if ns < 0:
                raise InvalidArgument(f"the {leg} latency must be at least 0, was {value!r}")
            object.__setattr__(self, f"{leg}_ns", ns)

    @staticmethod
    def of(value: Latency | LatencyRecording | _Duration) -> Latency:
        """A `Latency` from itself, a recording, or one duration for both ways."""
        if isinstance(value, Latency):
            return value
        if isinstance(value, LatencyRecording):
            return Latency(recording=value)
        return Latency(entry=value)

    def to_dict(self) -> dict[str, Any]:
        """The assumptions, for a result's record."""
        legs: dict[str, Any] = {
            "decision_ns": self.decision_ns,
            "venue_ns": self.venue_ns,
        }
        if self.recording is None:
            legs.update(entry_ns=self.entry_ns, response_ns=self.response_ns)
        else:
            legs.update(recording_rows=len(self.recording.ts))
        return legs
