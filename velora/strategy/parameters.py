"""Typed parameters of strategies, with bounds: declared in the class, changed in a running session.

A declaration is a descriptor and a specification at once: on the class it is the `Parameter`, which the optimiser
reads; on an instance it is the value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar, overload

from velora.core.clock import DurationLike, duration_ns, ns
from velora.core.context import Context
from velora.core.life import StrategyState
from velora.errors import InvalidArgument

__all__ = ["Choice", "Duration", "Parameter", "ParameterChange", "Parameters"]

T = TypeVar("T")


class ParameterChange(NamedTuple):
    """One change of a parameter in a running session.

    Attributes
    ----------
    ts : int
        When it was changed: ns since 1970-01-01 UTC, the local clock.
    name : str
        Name of the parameter.
    old, new : bool, int, float, Decimal or str
        Value before and after.
    """

    ts: int
    name: str
    old: Any
    new: Any


class _Parameterised(Protocol):
    """A strategy, as its parameters see it."""

    _parameters: Parameters

    def set_parameters(self, **values: Any) -> dict[str, ParameterChange]: ...


class Parameter(Generic[T]):
    """A parameter of a strategy: a bool, int, float, Decimal or string, of the type of its default.

    Parameters
    ----------
    default : bool, int, float, Decimal or str
    low, high : optional
        Bounds, both allowed values.
    step : optional
        Grid of an optimiser, from `low` on; a value set by hand may lie off it.
    log : bool
        Whether an optimiser should search it on a logarithmic scale; needs a positive `low`.
    unit : str
        Such as ``"ticks"``; shown, not used.
    doc : str
        What it does.

    Attributes
    ----------
    name : str
        Name of the class attribute that declares it.
    type
        Type of its values.
    choices : tuple
        Allowed values of a `Choice`, else empty.
    default, low, high, step, log, unit, doc
        As given; numbers converted to `type`.

    Examples
    --------
    >>> class Quoter(Strategy):  # doctest: +SKIP
    ...     spread = Parameter(2.0, low=0.5, high=20, unit="ticks")
    >>> Quoter(spread=3).spread  # doctest: +SKIP
    3.0
    """

    name = ""

    def __init__(
        self,
        default: T,
        *,
        low: T | None = None,
        high: T | None = None,
        step: T | None = None,
        log: bool = False,
        unit: str = "",
        doc: str = "",
    ) -> None:
        self.type: type = type(default)
        if self.type not in _CONVERTERS:
            known = ", ".join(kind.__name__ for kind in _CONVERTERS)
            raise InvalidArgument(f"a parameter's default must be one of {known}, was {default!r}")
        self.choices: tuple[T, ...] = ()
        self.unit = unit
        self.doc = doc
        self.low: T | None = None
        self.high: T | None = None
        if self.type in (bool, str) and not (low is None and high is None and step is None):
            raise InvalidArgument(f"a parameter of type {self.type.__name__} has no bounds")
        self.low = None if low is None else self.convert(low)
        self.high = None if high is None else self.convert(high)
        if low is not None and high is not None and self.low > self.high:  # type: ignore[operator]
            raise InvalidArgument(f"low must not exceed high, was {low!r} and {high!r}")
        self.step = None if step is None else self._plain(step)
        if step is not None and not self.step > self._plain(0):  # type: ignore[operator]
            raise InvalidArgument(f"step must be positive, was {step!r}")
        self.log = log
        if log and not (self.low is not None and self.low > self._plain(0)):  # type: ignore[operator]
            raise InvalidArgument(f"a logarithmic scale needs a positive low, was {low!r}")
        self.default: T = self.convert(default)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: _Parameterised, owner: type) -> T: ...
    def __get__(self, instance: _Parameterised | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value: T = instance._parameters.values[self.name]
        return value

    def __set__(self, instance: _Parameterised, value: T) -> None:
        instance.set_parameters(**{self.name: value})

    def _plain(self, value: Any) -> T:
        converted: T = _CONVERTERS[self.type](self.name or "a parameter", value)
        return converted

    def convert(self, value: Any) -> T:
        """The value as this parameter's type, checked against its bounds.

        Raises
        ------
        InvalidArgument
            If it is of another type or out of bounds.
        """
        plain = self._plain(value)
        low, high = self.low, self.high
        below = low is not None and plain < low  # type: ignore[operator]
        above = high is not None and plain > high  # type: ignore[operator]
        if below or above:
            unit = f" {self.unit}" if self.unit else ""
            end = f"at least {low}" if high is None else f"at most {high}" if low is None else f"in [{low}, {high}]"
            raise InvalidArgument(f"{self.name or 'a parameter'} must be {end}{unit}, was {value!r}")
        return plain

    def __repr__(self) -> str:
        bounds = "" if self.low is None and self.high is None else f" in [{self.low}, {self.high}]"
        return f"{type(self).__name__}({self.name or '?'} = {self.default!r}{bounds})"


class Duration(Parameter[ns]):
    """A parameter that is a duration: given as ``"100ms"``, timedelta or `vl.ns`; its value is a `vl.ns`."""

    def __init__(
        self,
        default: DurationLike,
        *,
        low: DurationLike | None = None,
        high: DurationLike | None = None,
        step: DurationLike | None = None,
        log: bool = False,
        doc: str = "",
    ) -> None:
        super().__init__(
            duration_ns(default, "default"),
            low=None if low is None else duration_ns(low, "low"),
            high=None if high is None else duration_ns(high, "high"),
            step=None if step is None else duration_ns(step, "step"),
            log=log,
            doc=doc,
        )

    def _plain(self, value: Any) -> ns:
        return duration_ns(value, self.name or "a parameter")


class Choice(Parameter[T]):
    """A parameter that takes one of a few values.

    Parameters
    ----------
    choices : sequence
        At least one; the first is the default when none is given.
    """

    def __init__(self, choices: Sequence[T], *, default: T | None = None, unit: str = "", doc: str = "") -> None:
        if isinstance(choices, str) or not choices:
            raise InvalidArgument(f"choices must be a list of at least one value, was {choices!r}")
        super().__init__(choices[0], unit=unit, doc=doc)
        self.choices = tuple(choices)
        self.default = self.convert(choices[0] if default is None else default)

    def convert(self, value: Any) -> T:
        """The value, if it is one of the choices."""
        for choice in self.choices:
            if type(choice) is type(value) and choice == value:
                return choice
        if self.choices:
            known = ", ".join(repr(choice) for choice in self.choices)
            raise InvalidArgument(f"{self.name or 'a parameter'} must be one of {known}, was {value!r}")
        return super().convert(value)


def _bool(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidArgument(f"{name} must be true or false, was {value!r}")


def _int(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidArgument(f"{name} must be a whole number, was {value!r}")


def _float(name: str, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise InvalidArgument(f"{name} must be a finite number, was {value!r}")


def _decimal(name: str, value: Any) -> Decimal:
    # A float would bring its binary digits with it.
    if isinstance(value, (int, str, Decimal)) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("nan")
        if number.is_finite():
            return number
    raise InvalidArgument(f"{name} must be a Decimal, a whole number or a string of one, was {value!r}")


def _str(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise InvalidArgument(f"{name} must be a string, was {value!r}")


_CONVERTERS: dict[type, Any] = {bool: _bool, int: _int, ns: duration_ns, float: _float, Decimal: _decimal, str: _str}


def plain_json(value: Any) -> Any:
    """A parameter's value as JSON holds it."""
    return str(value) if isinstance(value, Decimal | ns) else value


def declared_parameters(cls: type) -> dict[str, Parameter[Any]]:
    """The parameters of a class by name, in the order of declaration, a base class's first."""
    found: dict[str, Parameter[Any]] = {}
    for part in reversed(cls.__mro__):
        for name, value in vars(part).items():
            if isinstance(value, Parameter):
                found[name] = value
            else:
                found.pop(name, None)  # hidden by a subclass's attribute
    return found


def converted_parameters(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values of some parameters of a class; an unknown name is an error."""
    specs = declared_parameters(cls)
    for name in given:
        if name not in specs:
            close = get_close_matches(name, specs, n=1)
            known = f"it has {', '.join(specs)}" if specs else "it has none"
            hint = f"did you mean {close[0]}?" if close else known
            raise InvalidArgument(f"{cls.__name__} has no parameter {name!r}; {hint}")
    return {name: specs[name].convert(value) for name, value in given.items()}


class Parameters:
    """The component of a strategy that holds the values of its parameters and changes them.

    Parameters
    ----------
    owner : type
        Class of the strategy, which declares the parameters.
    context : Context
        Of the strategy; replaced when a run begins.

    Attributes
    ----------
    values : dict
        By name, those at their defaults included.
    changes : tuple of ParameterChange
        Of running sessions, oldest first.
    """

    def __init__(self, owner: type, context: Context) -> None:
        self.context = context
        self.values: dict[str, Any] = {name: spec.default for name, spec in declared_parameters(owner).items()}
        self.changes: tuple[ParameterChange, ...] = ()
        self._owner = owner

    def start_with(self, given: Mapping[str, Any]) -> None:
        """Set the values that a constructor was given."""
        if given:
            self.values.update(converted_parameters(self._owner, given))

    def change(
        self, values: dict[str, Any], on_change: Callable[[Mapping[str, ParameterChange]], object]
    ) -> dict[str, ParameterChange]:
        """Change some parameters, all or none; see `Strategy.set_parameters`.

        Parameters
        ----------
        values : dict
            By name.
        on_change : callable
            Called with the changes in a running session; an exception of it refuses them.
        """
        context = self.context
        converted = converted_parameters(self._owner, values)
        is_running = context.life in (StrategyState.RUNNING, StrategyState.STOPPING)
        ts = context.now if is_running else 0
        old = self.values
        changed = {
            name: ParameterChange(ts, name, old[name], value) for name, value in converted.items() if value != old[name]
        }
        if not changed:
            return {}

        def apply() -> dict[str, ParameterChange]:
            before = self.values
            self.values = {**before, **converted}
            if is_running:
                try:
                    on_change(changed)
                except BaseException:
                    self.values = before
                    raise
                self.changes += tuple(changed.values())
                context.emit("parameters", changed)
            return changed

        return context.route_parameters(values, apply)

    def plain(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Checked values of some parameters, as JSON holds them; setting those sets the same."""
        return {name: plain_json(value) for name, value in converted_parameters(self._owner, values).items()}

    def record(self) -> dict[str, Any]:
        """Values at the end and the changes on the way, for the record of a run."""
        return {
            "parameters": {name: plain_json(value) for name, value in self.values.items()},
            "parameter_changes": [
                {"ts": ts, "name": name, "old": plain_json(old), "new": plain_json(new)}
                for ts, name, old, new in self.changes
            ],
        }
