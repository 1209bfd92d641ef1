"""Technical analysis: each indicator as a function over columns and as an object that takes one row at a time.

``ta.ema(close, 20)`` is the array, ``ta.EMA(20)`` the object; both are made from one descriptor (`kinds`) when they are
first used.
"""

from __future__ import annotations

from typing import Any

from velora.ta.indicator import ColumnFunction, Indicator, compiled_kinds, indicator_class, value_type
from velora.ta.kinds import IndicatorKind, Output, Param
from velora.ta.panel import Panel

__all__ = ["ColumnFunction", "Indicator", "IndicatorKind", "Output", "Panel", "Param", "kinds"]

_compiled = compiled_kinds()
_by_class = {kind.class_name: kind for kind in _compiled.values()}


def kinds() -> dict[str, IndicatorKind]:
    """Descriptors of all indicators, by name."""
    return dict(_compiled)


def __getattr__(name: str) -> Any:
    kind = _compiled.get(name) or _by_class.get(name)
    if kind is None:
        raise AttributeError(f"module 'velora.ta' has no attribute {name!r}")
    # A function and a class share the named tuple of their outputs.
    value = value_type(kind)
    globals()[kind.name] = ColumnFunction(kind, value)
    globals()[kind.class_name] = indicator_class(kind, value)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *_compiled, *_by_class})
