"""Technical analysis: each indicator as a function over columns and as an object that takes one row at a time.

``ta.ema(close, 20)`` is the array, ``ta.EMA(20)`` the object; both are made from one descriptor (`kinds`) when they are
first used. `CustomIndicator` and `register` give a user's own indicators the same faces, `plot` draws them.
"""

from __future__ import annotations

from typing import Any

from velora.ta.custom import CustomIndicator
from velora.ta.indicator import ColumnFunction, Indicator
from velora.ta.kinds import IndicatorKind, Output, Param
from velora.ta.panel import Panel
from velora.ta.plotting import plot
from velora.ta.registry import find, is_compiled, kinds, names, register

__all__ = [
    "ColumnFunction",
    "CustomIndicator",
    "Indicator",
    "IndicatorKind",
    "Output",
    "Panel",
    "Param",
    "kinds",
    "plot",
    "register",
]


def __getattr__(name: str) -> Any:
    found = find(name)
    if found is None:
        raise AttributeError(f"module 'velora.ta' has no attribute {name!r}")
    if is_compiled(name):  # a user's own may be registered anew
        globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *names()})
