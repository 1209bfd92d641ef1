"""Models of market impact: how own executions move the price of later own executions.

Prices are in quote currency, quantities in base units, times in seconds or durations. An instrument converts them to
the ticks, lots and nanoseconds of ``csrc/include/velora/impact.h``, which does the arithmetic. The rules of the
simulated venue are documented under "Market impact".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.core.clock import DurationLike, duration_ns
from velora.core.instrument import Instrument
from velora.errors import InvalidArgument

__all__ = [
    "AlmgrenChrissImpact",
    "Impact",
    "ObizhaevaWangImpact",
    "PropagatorImpact",
    "SquareRootImpact",
    "exponential_sum",
]


#: csrc/include/velora/impact.h
_TERMS_MAX = 32
#: Ratio of neighboring time constants of a kernel's exponentials, and how far they extend beyond its ends.
_RATIO = 2.0
_BELOW, _ABOVE = 0.2, 3.0
_ERROR_MAX = 0.01


@dataclass(frozen=True)
class Impact:
    """Base class of the impact models; create one with a factory, or from text or a mapping with `of`.

    Attributes
    ----------
    model : str
        Name of the model, as `of` and a configuration take it.

    Examples
    --------
    >>> Impact.square_root(sigma_d=600, volume_d=20_000)
    SquareRootImpact(sigma_d=600, volume_d=20000, y=1.0, exponent=0.5, memory=vl.ns(86400000000000), passive_share=1.0)
    >>> Impact.of("obizhaeva_wang(depth=50, resilience=0.1)").to_dict()["depth"]
    50.0
    """

    model: ClassVar[str] = ""
    _models: ClassVar[dict[str, type[Impact]]] = {}
    #: Fields that are durations, ns after construction.
    _durations: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Impact._models[cls.model] = cls

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in self._durations:
                ns = duration_ns(value, f"{field.name} of {self.model}")
                if ns <= 0:
                    raise InvalidArgument(f"{field.name} of {self.model} must be above 0, was {value!r}")
                object.__setattr__(self, field.name, ns)
            elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise InvalidArgument(f"{field.name} of {self.model} must be a number of at least 0, was {value!r}")
            elif field.name.endswith("_share") and value > 1:
                raise InvalidArgument(f"{field.name} of {self.model} must be between 0 and 1, was {value}")

    # ------------------------------------------------------------------ factories

    @staticmethod
    def square_root(
        sigma_d: float,
        volume_d: float,
        y: float = 1.0,
        exponent: float = 0.5,
        memory: DurationLike = "1d",
        passive_share: float = 1.0,
    ) -> SquareRootImpact:
        """See `SquareRootImpact`."""
        return SquareRootImpact(sigma_d, volume_d, y, exponent, memory, passive_share)

    @staticmethod
    def almgren_chriss(
        permanent: float,
        temporary: float,
        half_spread: float = 0.0,
        interval: DurationLike = "1m",
        passive_share: float = 1.0,
    ) -> AlmgrenChrissImpact:
        """See `AlmgrenChrissImpact`."""
        return AlmgrenChrissImpact(permanent, temporary, half_spread, interval, passive_share)

    @staticmethod
    def obizhaeva_wang(
        depth: float,
        resilience: float,
        permanent_share: float = 0.0,
        half_spread: float = 0.0,
        passive_share: float = 1.0,
    ) -> ObizhaevaWangImpact:
        """See `ObizhaevaWangImpact`."""
        return ObizhaevaWangImpact(depth, resilience, permanent_share, half_spread, passive_share)

    @staticmethod
    def propagator(
        scale: float,
        decay: float,
        lag: float = 1.0,
        exponent: float = 0.5,
        horizon: DurationLike = "1d",
        passive_share: float = 1.0,
    ) -> PropagatorImpact:
        """See `PropagatorImpact`."""
        return PropagatorImpact(scale, decay, lag, exponent, horizon, passive_share)

    @staticmethod
    def of(value: Impact | str | Mapping[str, Any]) -> Impact:
        """Convert a model, text such as ``"obizhaeva_wang(depth=50, resilience=0.1)"``, or a mapping with the model's
        name as ``model`` (from `to_dict` or TOML) to a model."""
        if isinstance(value, Impact):
            return value
        if isinstance(value, str):
            name, _, rest = value.strip().partition("(")
            given: dict[str, Any] = {}
            for part in filter(None, (part.strip() for part in rest.removesuffix(")").split(","))):
                key, equals, text = (piece.strip() for piece in part.partition("="))
                if not equals:
                    raise InvalidArgument(f"cannot read the impact {value!r}: {part!r} is not name=value")
                try:
                    given[key] = float(text)
                except ValueError:
                    given[key] = text
        elif isinstance(value, Mapping):
            given = dict(value)
            name = given.pop("model", "")
        else:
            raise InvalidArgument(f"impact must be a model, text or a mapping with the key 'model', was {value!r}")
        kind = Impact._models.get(name) if name and isinstance(name, str) else None
        if kind is None:
            known = ", ".join(sorted(filter(None, Impact._models)))
            raise InvalidArgument(f"unknown impact model {name!r}; known: {known}")
        known_fields = [field.name for field in fields(kind)]
        unknown = sorted(set(given) - set(known_fields))
        if unknown:
            raise InvalidArgument(f"{name} has no parameter {unknown[0]!r}; known: {', '.join(known_fields)}")
        try:
            return kind(**given)
        except TypeError as error:
            raise InvalidArgument(f"invalid {name}: {error}") from None

    @staticmethod
    def by_symbol(
        value: Impact | str | Mapping[str, Any] | None, instruments: list[Instrument]
    ) -> list[Impact | None] | None:
        """A model or None per instrument, from one model or a mapping by symbol; None for no model."""
        if value is None:
            return None
        if isinstance(value, Mapping) and "model" not in value:
            symbols = [instrument.symbol for instrument in instruments]
            unknown = sorted(set(value) - set(symbols))
            if unknown:
                raise InvalidArgument(
                    f"impact names the symbol {unknown[0]!r}, which is not in the data; known: {', '.join(symbols)}"
                )
            return [Impact.of(value[symbol]) if symbol in value else None for symbol in symbols]
        return [Impact.of(value)] * len(instruments)

    # ------------------------------------------------------------------ conversions

    def to_dict(self) -> dict[str, Any]:
        """Name and parameters, for a result's record; `of` reads them. Durations are text."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"model": self.model} | values | {name: str(values[name]) for name in self._durations}

    def core_parameters(self, instrument: Instrument) -> dict[str, Any]:
        """Parameters in ticks, lots and ns: the fields of ``vel_impact_t``."""
        raise NotImplementedError


def _sizes(instrument: Instrument) -> tuple[float, float]:
    return float(instrument.tick_size), float(instrument.lot_size)


def _exponent(model: str, value: float) -> None:
    if not 0 < value <= 1:
        raise InvalidArgument(f"exponent of {model} must be above 0 and at most 1, was {value}")


@dataclass(frozen=True)
class SquareRootImpact(Impact):
    """The square-root law: trading Q moves the price by y * sigma_d * (Q / volume_d) ** exponent.

    Parameters
    ----------
    sigma_d : float
        Daily volatility in price units: 0.02 * price for 2 %.
    volume_d : float
        Daily volume in base units.
    y : float
        About 1.
    exponent : float
        About 0.5.
    memory : duration
        Time constant of the decay of own volume: after this time a trade counts 37 %.
    passive_share : float
        Share of own passive executions that counts, 0 to 1.

    Notes
    -----
    The price follows the cumulative volume, so a metaorder pays 1 / (1 + exponent) of its peak impact on average,
    however it is split.

    References
    ----------
    Toth et al. (2011), Physical Review X 1, 021006. Sato and Kanazawa (2024), arXiv:2411.13965, for the exponent.
    """

    sigma_d: float
    volume_d: float
    y: float = 1.0
    exponent: float = 0.5
    memory: DurationLike = "1d"
    passive_share: float = 1.0

    model: ClassVar[str] = "square_root"
    _durations: ClassVar[tuple[str, ...]] = ("memory",)

    def __post_init__(self) -> None:
        super().__post_init__()
        _exponent(self.model, self.exponent)
        if self.volume_d == 0:
            raise InvalidArgument("volume_d of square_root must be above 0, was 0")

    def peak(self, qty: ArrayLike) -> NDArray[np.float64]:
        """Displacement after trading the given quantities, in price units."""
        share = np.asarray(qty, np.float64) / self.volume_d
        return np.asarray(self.y * self.sigma_d * np.sign(share) * np.abs(share) ** self.exponent)

    def core_parameters(self, instrument: Instrument) -> dict[str, Any]:
        tick, lot = _sizes(instrument)
        return {
            "kind": 1,
            "scale": self.y * self.sigma_d / tick * (lot / self.volume_d) ** self.exponent,
            "exponent": self.exponent,
            "passive_share": self.passive_share,
            "terms": [(1 / duration_ns(self.memory), 0.0)],
        }


@dataclass(frozen=True)
class AlmgrenChrissImpact(Impact):
    """Linear impact of Almgren and Chriss, in intervals of venue time.

    Executing n within an interval of length tau costs half_spread + temporary * n / tau on each unit, and moves the
    price by permanent * n when the interval ends.

    Parameters
    ----------
    permanent : float
        gamma: price per unit.
    temporary : float
        eta: price per unit per second, price * s / unit.
    half_spread : float
        epsilon: cost per unit that a taker pays in addition to the recorded book.
    interval : duration
        tau; intervals begin at its multiples.
    passive_share : float
        Share of own passive executions that counts, 0 to 1.

    Notes
    -----
    Only the sum within an interval matters, not how it is split. Buys and sells within one interval both pay.

    References
    ----------
    Almgren and Chriss (2000), Journal of Risk 3(2), 5-39.
    """

    permanent: float
    temporary: float
    half_spread: float = 0.0
    interval: DurationLike = "1m"
    passive_share: float = 1.0

    model: ClassVar[str] = "almgren_chriss"
    _durations: ClassVar[tuple[str, ...]] = ("interval",)

    def core_parameters(self, instrument: Instrument) -> dict[str, Any]:
        tick, lot = _sizes(instrument)
        interval = duration_ns(self.interval)
        return {
            "kind": 3,
            "exponent": 1.0,
            "permanent": self.permanent * lot / tick,
            "temporary": self.temporary / (interval / 1e9) * lot / tick,
            "half_spread": self.half_spread / tick,
            "interval": interval,
            "passive_share": self.passive_share,
            "terms": [],
        }


@dataclass(frozen=True)
class ObizhaevaWangImpact(Impact):
    """The block book of Obizhaeva and Wang: `depth` units per price unit, refilled at a rate of `resilience`.

    Executing x moves the price by x / depth; a share of it is permanent, the rest decays as exp(-resilience * t).

    Parameters
    ----------
    depth : float
        q: units per price unit, above 0.
    resilience : float
        rho: per second.
    permanent_share : float
        Share of the move that is permanent, 0 to 1.
    half_spread : float
        Cost per unit that a taker pays in addition to the recorded book.
    passive_share : float
        Share of own passive executions that counts, 0 to 1.

    References
    ----------
    Obizhaeva and Wang (2013), Journal of Financial Markets 16(1), 1-32.
    """

    depth: float
    resilience: float
    permanent_share: float = 0.0
    half_spread: float = 0.0
    passive_share: float = 1.0

    model: ClassVar[str] = "obizhaeva_wang"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth == 0:
            raise InvalidArgument("depth of obizhaeva_wang must be above 0, was 0")

    def core_parameters(self, instrument: Instrument) -> dict[str, Any]:
        tick, lot = _sizes(instrument)
        per_lot = lot / self.depth / tick
        return {
            "kind": 2,
            "exponent": 1.0,
            "permanent": per_lot * self.permanent_share,
            "half_spread": self.half_spread / tick,
            "passive_share": self.passive_share,
            "terms": [(self.resilience / 1e9, per_lot * (1 - self.permanent_share))],
        }


@dataclass(frozen=True)
class PropagatorImpact(Impact):
    """Transient impact with a power-law kernel: an execution of v moves the price by scale * v ** exponent at once, and
    the share (1 + (t / lag)**2) ** (-decay / 2) of that remains after t.

    Parameters
    ----------
    scale : float
        Initial displacement in price units per unit ** exponent: that of one unit.
    decay : float
        beta: above 0; (1 - gamma) / 2 keeps returns uncorrelated if the signs of trades decay as lag ** -gamma.
    lag : float
        Seconds after which the kernel decays.
    exponent : float
        psi: exponent of an order's executed quantity, above 0 and at most 1.
    horizon : duration
        The kernel is accurate to 1 % up to here; beyond, it decays exponentially.
    passive_share : float
        Share of own passive executions that counts, 0 to 1.

    Notes
    -----
    The kernel is evaluated as a sum of exponentials, `exponential_sum`, so its cost does not depend on the history.
    With an exponent below 1 an order split into pieces pays more than a single one.

    References
    ----------
    Bouchaud, Gefen, Potters and Wyart (2004), Quantitative Finance 4(2), 176-190.
    """

    scale: float
    decay: float
    lag: float = 1.0
    exponent: float = 0.5
    horizon: DurationLike = "1d"
    passive_share: float = 1.0

    model: ClassVar[str] = "propagator"
    _durations: ClassVar[tuple[str, ...]] = ("horizon",)

    def __post_init__(self) -> None:
        super().__post_init__()
        _exponent(self.model, self.exponent)
        if not self.lag > 0 or not self.decay > 0:
            raise InvalidArgument(f"lag and decay of propagator must be above 0, was {self.lag} and {self.decay}")
        exponential_sum(self.lag, self.decay, duration_ns(self.horizon) / 1e9)

    def kernel(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """The kernel in price units: displacement of one unit after some time."""
        t = np.asarray(seconds, np.float64) / self.lag
        return np.asarray(self.scale * (1 + t * t) ** (-self.decay / 2))

    def core_parameters(self, instrument: Instrument) -> dict[str, Any]:
        tick, lot = _sizes(instrument)
        rates, weights = exponential_sum(self.lag, self.decay, duration_ns(self.horizon) / 1e9)
        scale = self.scale * lot**self.exponent / tick
        return {
            "kind": 2,
            "exponent": self.exponent,
            "passive_share": self.passive_share,
            "terms": [(rate / 1e9, scale * weight) for rate, weight in zip(rates, weights, strict=True)],
        }


def exponential_sum(lag: float, decay: float, horizon: float) -> tuple[list[float], list[float]]:
    """Exponentials whose sum is (1 + (t / lag)**2) ** (-decay / 2) for t from 0 to a horizon.

    Time constants double from a fifth of the lag to three horizons; the weights minimize the squared relative errors,
    with the value at 0 exact.

    Parameters
    ----------
    lag, horizon : float
        In the same unit of time.
    decay : float

    Returns
    -------
    rates, weights : list of float
        Rates per unit of time; weights sum to 1, and some may be negative.

    Raises
    ------
    InvalidArgument
        If more than 32 exponentials are needed, or the error exceeds 1 % at any point.
    """
    if not horizon > lag:
        raise InvalidArgument(f"the horizon must be above the lag, was {horizon:g} s with a lag of {lag:g} s")
    span = _ABOVE * horizon / (_BELOW * lag)
    count = math.ceil(math.log(span, _RATIO)) + 1
    if count > _TERMS_MAX:
        raise InvalidArgument(
            f"a kernel from {lag:g} s to {horizon:g} s needs {count} exponentials, at most {_TERMS_MAX} are allowed; "
            "raise the lag or lower the horizon"
        )
    tau = np.geomspace(_BELOW * lag, _ABOVE * horizon, count)

    def relative(points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each exponential as a share of the kernel, one row per point."""
        return np.asarray(np.exp(-points[:, None] / tau) * ((1 + (points / lag) ** 2) ** (decay / 2))[:, None])

    points = np.geomspace(lag / 30, horizon, 60 * count)
    # One weight is left out and set to 1 less the others, which makes the value at 0 exact.
    rows = relative(points)
    others = rows[:, 1:] - rows[:, :1]
    weights = np.linalg.lstsq(others, 1 - rows[:, 0], rcond=1e-12)[0]
    weights = np.concatenate([[1 - weights.sum()], weights])
    error = float(np.abs(relative(np.geomspace(lag / 100, horizon, 4_001)) @ weights - 1).max())
    if error > _ERROR_MAX:
        raise InvalidArgument(f"a kernel with decay {decay:g} is off by {error:.1%} as a sum of exponentials")
    return (1 / tau).tolist(), weights.tolist()
