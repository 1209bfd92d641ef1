"""Latency of a leg: a constant, or a distribution."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.core.clock import DurationLike, duration_ns
from velora.core.numbers import number, shown
from velora.errors import CapacityError, CorruptData, InvalidArgument, MissingFile
from velora.sim.numpy_file import as_ns, load_array

__all__ = ["LatencyDistribution", "LegSpec", "read_leg", "stream_of"]


#: Number of quantiles of a distribution, and the percentile at which an unbounded one is truncated.
_QUANTILES = 2049
_CUT = 0.9999


def stream_of(name: str) -> int:
    """Number of the random stream for a name, 64 bits.

    A stream chosen by name gives the same numbers regardless of the other streams in the run and their order.
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, eq=False)
class LatencyDistribution:
    """Distribution of a leg's latency.

    Created by `lognormal`, `exponential`, `gamma`, `pareto` or `of_samples`, or from text such as ``"lognormal(5ms,
    40ms)"``. Each message draws one value, independent of the others.

    Parameters
    ----------
    name : str
    quantiles : (n,) int64 array
        Values in ns at 0, 1 / (n - 1), ... 1; ascending, at least two. Unbounded distributions are truncated at the
        99.99th percentile.
    """

    name: str
    quantiles: NDArray[np.int64]

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.quantiles, dtype=np.int64)
        object.__setattr__(self, "quantiles", values)
        if values.ndim != 1 or len(values) < 2 or values[0] < 0 or (np.diff(values) < 0).any():
            raise InvalidArgument("a latency needs at least two quantiles, ascending and at least 0")

    @staticmethod
    def lognormal(median: DurationLike, p99: DurationLike) -> LatencyDistribution:
        """Log-normal, by its median and its 99th percentile.

        Parameters
        ----------
        median, p99 : str, timedelta or ns
            Both above 0; `p99` above `median`.
        """
        from statistics import NormalDist

        low, high = _positive("median", median), _positive("p99", p99)
        if high <= low:
            raise InvalidArgument(f"p99 must be above the median, was {p99!r} with a median of {median!r}")
        normal = NormalDist()
        sigma = math.log(high / low) / normal.inv_cdf(0.99)
        values = [low * math.exp(min(sigma * normal.inv_cdf(p), 700.0)) for p in _probabilities()]
        return LatencyDistribution(f"lognormal({median}, {p99})", _ns(values))

    @staticmethod
    def exponential(mean: DurationLike) -> LatencyDistribution:
        """Exponential, by its mean."""
        scale = _positive("mean", mean)
        return LatencyDistribution(f"exponential({mean})", _ns([-scale * math.log1p(-p) for p in _probabilities()]))

    @staticmethod
    def gamma(mean: DurationLike, shape: float) -> LatencyDistribution:
        """Gamma, by its mean and its shape (0.1 to 100; 1 is exponential, a larger one narrower)."""
        scale = _positive("mean", mean)
        shape = number("shape", shape, 0.1, 100)
        quantiles = _gamma_quantiles(shape, np.array(_probabilities()))
        return LatencyDistribution(f"gamma({mean}, {shape:g})", _ns((quantiles * (scale / shape)).tolist()))

    @staticmethod
    def pareto(minimum: DurationLike, tail: float) -> LatencyDistribution:
        """Pareto: at least the minimum; the share of values above x falls as x ** -tail (tail above 1)."""
        scale = _positive("minimum", minimum)
        tail = number("tail", tail, 0, math.inf)
        if not tail > 1:
            raise InvalidArgument(f"tail must be above 1, was {tail}")
        return LatencyDistribution(
            f"pareto({minimum}, {tail:g})", _ns([scale * (1 - p) ** (-1 / tail) for p in _probabilities()])
        )

    @staticmethod
    def of_samples(samples: ArrayLike) -> LatencyDistribution:
        """The distribution of measured latencies, ns.

        Parameters
        ----------
        samples : (n,) array of ns
            At least two measured latencies, not negative.
        """
        values = np.sort(as_ns(np.asarray(samples), "samples of a latency"))
        if values.ndim != 1 or len(values) < 2:
            raise InvalidArgument(f"a distribution needs at least two samples, was {values.shape}")
        if len(values) > _QUANTILES:
            at = np.rint(np.linspace(0, len(values) - 1, _QUANTILES)).astype(np.int64)
            values = values[at]
        return LatencyDistribution(f"of {len(np.asarray(samples))} samples", values)

    @staticmethod
    def load(path: str) -> LatencyDistribution:
        """The distribution of measured latencies in a ``numpy.save`` file: ns, one dimension.

        Parameters
        ----------
        path : str
            File of an (n,) array, as of `of_samples`.
        """
        return LatencyDistribution.of_samples(load_array(path, "file of latency samples"))

    @staticmethod
    def of(text: str) -> LatencyDistribution:
        """From text: ``"lognormal(MEDIAN, P99)"``, ``"exponential(MEAN)"``, ``"gamma(MEAN, SHAPE)"``,
        ``"pareto(MINIMUM, TAIL)"``, durations such as ``5ms``, or ``"samples(FILE.npy)"``; see `load`."""
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
            if name == "samples" and rest.endswith(")"):
                return LatencyDistribution.load(rest[:-1].strip())
        except (MissingFile, CorruptData):
            raise
        except ValueError as error:
            raise InvalidArgument(f"cannot read the latency {text!r}: {error}") from None
        raise InvalidArgument(
            f"cannot read the latency {text!r}: use a duration, lognormal(MEDIAN, P99), exponential(MEAN), "
            "gamma(MEAN, SHAPE), pareto(MINIMUM, TAIL) or samples(FILE.npy)"
        )

    def quantile(self, p: float) -> int:
        """The value in ns below which a share `p` of the draws lies."""
        if not 0 <= p <= 1:
            raise InvalidArgument(f"p must be between 0 and 1, was {p}")
        place = p * (len(self.quantiles) - 1)
        at = min(int(place), len(self.quantiles) - 2)
        low, high = int(self.quantiles[at]), int(self.quantiles[at + 1])
        return low + int((place - at) * (high - low))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LatencyDistribution):
            return NotImplemented
        return self.name == other.name and np.array_equal(self.quantiles, other.quantiles)

    def __hash__(self) -> int:
        return hash((self.name, self.quantiles.tobytes()))


def _probabilities() -> list[float]:
    """Probabilities at which an unbounded distribution is evaluated: evenly spaced up to the truncation."""
    return [at / (_QUANTILES - 1) * _CUT if at else 1e-6 for at in range(_QUANTILES)]


def _gamma_quantiles(shape: float, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """By bisection of the regularized lower incomplete gamma function, summed as its series."""
    low = np.zeros(len(probabilities))
    high = np.full(len(probabilities), shape + 12 * math.sqrt(shape) + 30)
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
        below = cdf < probabilities
        low, high = np.where(below, x, low), np.where(below, high, x)
    return high


def _whole(samples: ArrayLike) -> NDArray[np.int64]:
    """Whole numbers of ns."""
    try:
        given = np.asarray(samples)
        if given.dtype.kind in "iuf" and given.size and bool((np.abs(given) < 2.0**62).all()):
            values = given.astype(np.int64)
            if bool((values == given).all()):
                return values
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidArgument(f"samples of a latency must be whole numbers of ns, was {shown(samples)}")


def _ns(values: list[float]) -> NDArray[np.int64]:
    if max(values) >= 2.0**63:
        raise CapacityError("this latency exceeds 292 years, the range of 64-bit ns: use a narrower one")
    return np.array([round(value) for value in values], np.int64)


def _positive(name: str, value: DurationLike) -> int:
    ns = duration_ns(value, f"the {name} of a latency")
    if ns <= 0:
        raise InvalidArgument(f"the {name} of a latency must be above 0, was {value!r}")
    return ns


LegSpec = DurationLike | LatencyDistribution


def read_leg(name: str, value: LegSpec, *, signed: bool = False) -> int | LatencyDistribution:
    """Nanoseconds or distribution of a leg; `name` is for messages."""
    if isinstance(value, LatencyDistribution):
        return value
    if isinstance(value, str) and "(" in value:
        return LatencyDistribution.of(value)
    ns = duration_ns(value, f"the {name} latency")
    if ns < 0 and not signed:
        raise InvalidArgument(f"the {name} latency must be at least 0, was {value!r}")
    return ns
