"""How long messages take between the strategy and the venue."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.core.clock import duration_ns
from velora.errors import InvalidArgument

__all__ = ["Latency", "LatencyDistribution", "LatencyRecording"]

_Duration = str | int | timedelta

#: Quantiles that a distribution is kept by, and where one without an end is cut off.
_QUANTILES = 2049
_CUT = 0.9999


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


@dataclass(frozen=True, eq=False)
class LatencyDistribution:
    """How long a leg takes, when it does not always take the same.

    Made by `lognormal`, `exponential`, `gamma`, `pareto` or `of_samples`, or from text such as
    ``"lognormal(5ms, 40ms)"``. Each message draws one value, independent of the others.

    Parameters
    ----------
    name : str
    quantiles : (n,) int64 array
        Values in ns at 0, 1 / (n - 1), ... 1; ascending, at least two. Beyond the 99.99th percentile distributions
        without an end are cut off.
    """

    name: str
    quantiles: NDArray[np.int64]

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.quantiles, dtype=np.int64)
        object.__setattr__(self, "quantiles", values)
        if values.ndim != 1 or len(values) < 2 or values[0] < 0 or (np.diff(values) < 0).any():
            raise InvalidArgument("quantiles of a latency are at least two, at least 0 and ascend")

    @staticmethod
    def lognormal(median: _Duration, p99: _Duration) -> LatencyDistribution:
        """Log-normal, by its median and its 99th percentile."""
        from statistics import NormalDist

        low, high = _positive("median", median), _positive("p99", p99)
        if high <= low:
            raise InvalidArgument(f"p99 must be above the median, was {p99!r} with a median of {median!r}")
        normal = NormalDist()
        sigma = math.log(high / low) / normal.inv_cdf(0.99)
        values = [low * math.exp(sigma * normal.inv_cdf(p)) for p in _places()]
        return LatencyDistribution(f"lognormal({median}, {p99})", _ns(values))

    @staticmethod
    def exponential(mean: _Duration) -> LatencyDistribution:
        """Exponential, by its mean."""
        scale = _positive("mean", mean)
        return LatencyDistribution(f"exponential({mean})", _ns([-scale * math.log1p(-p) for p in _places()]))

    @staticmethod
    def gamma(mean: _Duration, shape: float) -> LatencyDistribution:
        """Gamma, by its mean and its shape (0.1 to 100; 1 is exponential, more is narrower)."""
        scale = _positive("mean", mean)
        if not 0.1 <= shape <= 100:
            raise InvalidArgument(f"shape must be within 0.1 and 100, was {shape}")
        quantiles = _gamma_quantiles(shape, np.array(_places()))
        return LatencyDistribution(f"gamma({mean}, {shape:g})", _ns((quantiles * (scale / shape)).tolist()))

    @staticmethod
    def pareto(minimum: _Duration, tail: float) -> LatencyDistribution:
        """Pareto: at least the minimum, the share above x falls as x to the power of minus `tail` (above 1)."""
        scale = _positive("minimum", minimum)
        if not tail > 1:
            raise InvalidArgument(f"tail must be above 1, was {tail}")
        return LatencyDistribution(
            f"pareto({minimum}, {tail:g})", _ns([scale * (1 - p) ** (-1 / tail) for p in _places()])
        )

    @staticmethod
    def of_samples(samples: ArrayLike) -> LatencyDistribution:
        """The distribution of measured latencies, ns."""
        values = np.sort(np.asarray(samples, dtype=np.int64))
        if values.ndim != 1 or len(values) < 2:
            raise InvalidArgument(f"a distribution needs at least two samples, was {values.shape}")
        if len(values) > _QUANTILES:
            at = np.rint(np.linspace(0, len(values) - 1, _QUANTILES)).astype(np.int64)
            values = values[at]
        return LatencyDistribution(f"of {len(np.asarray(samples))} samples", values)

    @staticmethod
    def of(text: str) -> LatencyDistribution:
        """From text: ``"lognormal(MEDIAN, P99)"``, ``"exponential(MEAN)"``, ``"gamma(MEAN, SHAPE)"`` or
        ``"pareto(MINIMUM, TAIL)"``, durations such as ``5ms``."""
        name, _, rest = text.partition("(")
        parts = [part.strip() for part in rest.removesuffix(")").split(",")]
        try:
            if name == "lognormal" and len(parts) == 2:
                return LatencyDistribution.lognormal(parts[0], parts[1])
            if name == "exponential" and len(parts) == 1:
                return LatencyDistribution.exponential(parts[0])
            if name in ("gamma", "pareto") and len(parts) == 2:
                make = LatencyDistribution.gamma if name == "gamma" else LatencyDistribution.pareto
                return make(parts[0], float(parts[1]))
        except ValueError as error:
            raise InvalidArgument(f"cannot read the latency {text!r}: {error}") from None
        raise InvalidArgument(
            f"cannot read the latency {text!r}: it is a duration, lognormal(MEDIAN, P99), exponential(MEAN), "
            "gamma(MEAN, SHAPE) or pareto(MINIMUM, TAIL)"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LatencyDistribution):
            return NotImplemented
        return self.name == other.name and np.array_equal(self.quantiles, other.quantiles)

    def __hash__(self) -> int:
        return hash((self.name, self.quantiles.tobytes()))


def _places() -> list[float]:
    """Where a distribution without an end is read: evenly up to the cut."""
    return [at / (_QUANTILES - 1) * _CUT if at else 1e-6 for at in range(_QUANTILES)]


def _gamma_quantiles(shape: float, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """By bisection of the regularised lower incomplete gamma function, summed as its series."""
    low = np.zeros(len(places))
    high = np.full(len(places), shape + 12 * math.sqrt(shape) + 30)
    terms = int(high[0]) + 60 + int(12 * math.sqrt(float(high[0])))
    for _ in range(60):
        x = (low + high) / 2
        term = np.ones(len(x))
        total = np.ones(len(x))
        for n in range(1, terms):
            term = term * x / (shape + n)
            total += term
        with np.errstate(divide="ignore"):
            cdf = np.exp(shape * np.log(x) - x - math.lgamma(shape + 1)) * total
        below = cdf < places
        low, high = np.where(below, x, low), np.where(below, high, x)
    return high


def _ns(values: list[float]) -> NDArray[np.int64]:
    return np.array([round(value) for value in values], np.int64)


def _positive(name: str, value: _Duration) -> int:
    ns = duration_ns(value)
    if ns <= 0:
        raise InvalidArgument(f"the {name} of a latency must be above 0, was {value!r}")
    return ns


_Leg = str | int | timedelta | LatencyDistribution


def _leg(name: str, value: _Leg) -> int | LatencyDistribution:
    if isinstance(value, LatencyDistribution):
        return value
    if isinstance(value, str) and "(" in value:
        return LatencyDistribution.of(value)
    ns = duration_ns(value)
    if ns < 0:
        raise InvalidArgument(f"the {name} latency must be at least 0, was {value!r}")
    return ns


@dataclass(frozen=True)
class Latency:
    """Latency of each leg, none of them overtaken by a later message.

    Each leg is a duration such as ``"5ms"`` (an int is nanoseconds), a `LatencyDistribution`, or its text. After
    construction each is ns or a `LatencyDistribution`.

    Parameters
    ----------
    entry : duration or distribution
        Local side to venue, of new orders.
    response : duration or distribution, optional
        Venue to local side; the entry's when not given.
    venue : duration or distribution
        Processing at the venue before an order acts.
    decision : duration or distribution
        The strategy's own time between an event and its orders: thinking is not free.
    amend, cancel : duration or distribution, optional
        Local side to venue, of amends and cancels; the entry's when not given.
    recording : LatencyRecording, optional
        Entry and response from measured round trips, instead of those legs.
    seed : int
        Of the random numbers of distributions, at least 0. Each leg draws from a stream of its own.

    Notes
    -----
    Feed latency is not here: it is in the data, the time between `ts_event` and `ts_recv` of each row.
    """

    entry: _Leg = 0
    response: _Leg | None = None
    venue: _Leg = 0
    decision: _Leg = 0
    amend: _Leg | None = None
    cancel: _Leg | None = None
    recording: LatencyRecording | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        entry = _leg("entry", self.entry)
        if self.seed < 0:
            raise InvalidArgument(f"seed must be at least 0, was {self.seed}")
        for name in ("entry", "response", "venue", "decision", "amend", "cancel"):
            value = getattr(self, name)
            object.__setattr__(self, name, entry if value is None or name == "entry" else _leg(name, value))

    @staticmethod
    def of(value: Latency | LatencyRecording | _Leg) -> Latency:
        """A `Latency` from itself, a recording, or one duration or distribution for both ways."""
        if isinstance(value, Latency):
            return value
        if isinstance(value, LatencyRecording):
            return Latency(recording=value)
        return Latency(entry=value)

    def to_dict(self) -> dict[str, Any]:
        """The assumptions, for a result's record."""
        legs: dict[str, Any] = {}
        names = ["decision", "venue"]
        if self.recording is None:
            names += ["entry", "response"]
            names += [name for name in ("amend", "cancel") if getattr(self, name) != self.entry]
        else:
            legs["recording_rows"] = len(self.recording.ts)
        for name in names:
            value = getattr(self, name)
            if isinstance(value, LatencyDistribution):
                legs[name] = value.name
                legs["seed"] = self.seed
            else:
                legs[f"{name}_ns"] = value
        return legs
