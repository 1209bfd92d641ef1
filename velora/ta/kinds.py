"""Descriptors of indicators: functions, classes, stubs, documentation and `velora ta list` are made from them.

The compiled ones come from the C library, row by row of its table; a user's own are registered by
`velora.ta.CustomIndicator`, or found in packages that name them as entry points of the group ``velora.indicators``.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from velora.errors import InvalidArgument

__all__ = ["IndicatorKind", "Output", "Param", "candle_settings", "values_of"]

CANDLE_SETTINGS = (
    "body_long",
    "body_very_long",
    "body_short",
    "body_doji",
    "shadow_long",
    "shadow_very_long",
    "shadow_short",
    "shadow_very_short",
    "near",
    "far",
    "equal",
)
RANGES = ("body", "high_low", "shadows")
#: How a plot shows an output, in the order of the C library's numbers.
PLOTS = ("overlay", "panel", "histogram", "mark", "points")


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of an indicator.

    Parameters
    ----------
    name : str
    type : {"int", "float", "choice"}
    default, low, high : float
        Its default and its bounds, both included; of a choice the positions in `choices` counted from `low`.
    choices : tuple of str
    text : str
        One line for the documentation.
    """

    name: str
    type: str = "int"
    default: float
    low: float
    high: float
    choices: tuple[str, ...] = ()
    text: str = ""

    def parse(self, value: Any, owner: str) -> float:
        """The value as a number within the bounds.

        Raises
        ------
        InvalidArgument
            If it is not one; the message names the indicator and the parameter.
        """
        if self.choices and isinstance(value, str):
            if value.lower() not in self.choices:
                raise InvalidArgument(f"{owner}: {self.name} must be one of {', '.join(self.choices)}, was {value!r}")
            return self.low + self.choices.index(value.lower())
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise InvalidArgument(f"{owner}: {self.name} must be a number, was {value!r}") from None
        if isinstance(value, str | bytes | bool):
            raise InvalidArgument(f"{owner}: {self.name} must be a number, was {value!r}")
        if not self.low <= number <= self.high:
            raise InvalidArgument(
                f"{owner}: {self.name} must lie between {self.low:g} and {self.high:g}, was {value!r}"
            )
        if self.type != "float" and number != int(number):
            raise InvalidArgument(f"{owner}: {self.name} must be a whole number, was {value!r}")
        return number

    def show(self, number: float) -> int | float | str:
        """A number of the parameter vector as the user wrote it."""
        if self.choices:
            return self.choices[int(number - self.low)]
        return number if self.type == "float" else int(number)

    @property
    def initial(self) -> int | float | str:
        """The default as a user writes it."""
        return self.show(self.default)


class Output(msgspec.Struct, frozen=True):
    """An output of an indicator.

    Parameters
    ----------
    name : str
    plot : {"overlay", "panel", "histogram", "mark", "points"}
        How a plot shows it.
    """

    name: str
    plot: str = "panel"


class IndicatorKind(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said of one indicator.

    Parameters
    ----------
    name, class_name : str
        Of the function over columns and of the streaming class: ``ema``, ``EMA``.
    title, group, formula, source, notes : str
    talib : str
        Name of TA-Lib's function of the same meaning, empty when it has none.
    inputs : tuple of str
    outputs : tuple of Output
    params : tuple of Param
    is_integer : bool
        Whether all outputs are integers.
    is_pattern : bool
        Whether it takes candle settings.
    is_anchored : bool
        Whether its level depends on its first row for ever, or no bound of its convergence is known.
    is_custom : bool
        Whether it is a user's own.
    """

    name: str
    class_name: str
    title: str
    group: str
    formula: str = ""
    source: str = ""
    notes: str = ""
    talib: str = ""
    inputs: tuple[str, ...]
    outputs: tuple[Output, ...]
    params: tuple[Param, ...] = ()
    is_integer: bool = False
    is_pattern: bool = False
    is_anchored: bool = False
    is_custom: bool = False

    def describe(self) -> str:
        """The docstring of its function and class."""
        lines = [f"{self.title}.", ""]
        if self.params:
            lines += ["Parameters", "----------"]
            for param in self.params:
                bounds = f"in {{{', '.join(param.choices)}}}" if param.choices else f"{param.low:g} to {param.high:g}"
                lines.append(
                    f"{param.name} : {param.type if not param.choices else 'str'}, {bounds}, default {param.initial}"
                )
                if param.text:
                    lines.append(f"    {param.text}")
            lines.append("")
        for title, text in (("Formula", self.formula), ("Notes", self.notes), ("References", self.source)):
            if text:
                lines += [title, "-" * len(title), text, ""]
        return "\n".join(lines).rstrip() + "\n"


def candle_settings(settings: dict[str, Any] | None, defaults: list[float]) -> list[float]:
    """Candle settings as numbers: range type, period and factor of each.

    Parameters
    ----------
    settings : dict, optional
        From names such as ``body_long`` to (range, period, factor), with range in
        {"body", "high_low", "shadows"}; a name that is not given keeps TA-Lib's defaults.

    Raises
    ------
    InvalidArgument
        If a name or a value is wrong.
    """
    values = list(defaults)
    for name, setting in (settings or {}).items():
        if name not in CANDLE_SETTINGS:
            raise InvalidArgument(f"settings has no {name!r}: it may have {', '.join(CANDLE_SETTINGS)}")
        try:
            kind, period, factor = setting
            row = [float(RANGES.index(kind)), float(period), float(factor)]
        except (TypeError, ValueError):
            raise InvalidArgument(
                f"settings[{name!r}] must be (range, period, factor) with range in {', '.join(RANGES)}, was {setting!r}"
            ) from None
        at = 3 * CANDLE_SETTINGS.index(name)
        values[at : at + 3] = row
    return values


def values_of(kind: IndicatorKind, given: tuple[Any, ...], named: dict[str, Any]) -> list[float]:
    """The parameter vector of positional and named arguments; `named` loses the ones that are used.

    Raises
    ------
    InvalidArgument
        If there are too many, one is given twice, or one is out of bounds.
    """
    if len(given) > len(kind.params):
        names = ", ".join(param.name for param in kind.params) or "none"
        raise InvalidArgument(f"{kind.name} takes {len(kind.params)} parameters ({names}), {len(given)} were given")
    values = []
    for index, param in enumerate(kind.params):
        if index < len(given):
            if param.name in named:
                raise InvalidArgument(f"{kind.name}: {param.name} is given twice")
            values.append(param.parse(given[index], kind.name))
        elif param.name in named:
            values.append(param.parse(named.pop(param.name), kind.name))
        else:
            values.append(param.default)
    return values


def refuse_names(kind: IndicatorKind, named: dict[str, Any]) -> None:
    """Raise for arguments that no parameter has used."""
    if named:
        names = ", ".join(param.name for param in kind.params) or "none"
        raise InvalidArgument(f"{kind.name} has no parameter {next(iter(named))!r}: it has {names}")


def snake_case(name: str) -> str:
    """``MyMean`` as ``my_mean``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
