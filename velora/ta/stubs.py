"""The types of `velora.ta`, made from the descriptors of the compiled indicators.

    python -m velora.ta.stubs

writes ``velora/ta/__init__.pyi`` anew; a contract test compares the file with the descriptors.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from velora.core.files import WholeFile
from velora.ta.indicator import compiled_kinds
from velora.ta.kinds import IndicatorKind, Param

__all__ = ["make_stub"]

_WIDTH = 120

_HEAD = """\
# Made from the descriptors by `python -m velora.ta.stubs`; that is why it may have more than 900 lines.
# Arrays are float64, or int32 for indicators of integers; when all inputs are float32, the outputs are float32 too.
from collections.abc import Mapping
from typing import {typing}

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.ta.custom import CustomIndicator as CustomIndicator
from velora.ta.indicator import ColumnFunction as ColumnFunction
from velora.ta.indicator import Indicator as Indicator
{bases}from velora.ta.kinds import IndicatorKind as IndicatorKind
from velora.ta.kinds import Output as Output
from velora.ta.kinds import Param as Param
from velora.ta.panel import Panel as Panel
from velora.ta.plotting import plot as plot
from velora.ta.registry import kinds as kinds
from velora.ta.registry import register as register

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

_Floats: TypeAlias = NDArray[np.float64]
_Integers: TypeAlias = NDArray[np.int32]
_ReadyAt: TypeAlias = Literal["settled", "first"]

class _Table(Protocol):
    @property
    def columns(self) -> Any: ...
    def __getitem__(self, key: str, /) -> Any: ...

_Frame: TypeAlias = Mapping[str, Any] | _Table

class _Function(Protocol):
    @property
    def kind(self) -> IndicatorKind: ...
"""

_SETTINGS = "settings: Mapping[str, tuple[str, int, float]] | None = None"


def make_stub(kinds: Iterable[IndicatorKind]) -> str:
    """The text of the stub of `velora.ta` with these kinds, as ruff formats it."""
    kinds = sorted(kinds, key=lambda kind: kind.name)
    choices = _Choices(kinds)
    bodies = [_kind(kind, choices) for kind in kinds]
    body = "".join(bodies)
    optional = {"Generic": "Generic[", "NamedTuple": "NamedTuple", "TypeVar": "Generic[", "overload": "@overload"}
    typing = ["Any", "Literal", "Protocol", "Self", "TypeAlias"]
    typing += [name for name, sign in optional.items() if sign in body]
    names = ", ".join(f"Indicator{count}" for count in sorted({len(kind.inputs) for kind in kinds}))
    bases = f"from velora.ta.indicator import {names}\n"
    head = _HEAD.format(typing=", ".join(sorted(typing, key=_sorted_by_ruff)), bases=bases)
    if "TypeVar" in typing:
        head = head.replace("\n_Floats", '\n_T = TypeVar("_T")\n\n_Floats', 1)
    return head + choices.text + "\n" + "\n".join(bodies)


def _sorted_by_ruff(name: str) -> tuple[bool, str]:
    """Imported names in the order of isort: classes, then functions."""
    return name[0].islower(), name


class _Choices:
    """Aliases of the choices of parameters, one for each list of names."""

    def __init__(self, kinds: list[IndicatorKind]) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        self.text = ""
        for kind in kinds:
            for param in kind.params:
                if param.choices and param.choices not in self._names:
                    self._add(param)

    def _add(self, param: Param) -> None:
        base = name = "_" + "".join(part.capitalize() for part in param.name.split("_"))
        number = 1
        while name in self._names.values():
            number += 1
            name = f"{base}{number}"
        self._names[param.choices] = name
        quoted = [f'"{one}"' for one in param.choices]
        line = f"{name}: TypeAlias = Literal[{', '.join(quoted)}] | int\n"
        if len(line) > _WIDTH + 1:
            items = "".join(f"        {one},\n" for one in quoted)
            line = f"{name}: TypeAlias = (\n    Literal[\n{items}    ]\n    | int\n)\n"
        self.text += line if self.text else f"\n{line}"

    def of(self, param: Param) -> str:
        return self._names[param.choices] if param.choices else param.type


def _kind(kind: IndicatorKind, choices: _Choices) -> str:
    scalar, array = ("int", "_Integers") if kind.is_integer else ("float", "_Floats")
    value, arrays, text = scalar, array, ""
    if len(kind.outputs) > 1:
        name = f"{kind.class_name}Value"
        fields = "".join(f"    {output.name}: _T\n" for output in kind.outputs)
        text = f"class {name}(NamedTuple, Generic[_T]):\n{fields}\n"
        value, arrays = f"{name}[{scalar}]", f"{name}[{array}]"
    return text + _function(kind, choices, arrays) + "\n" + _class(kind, choices, value, arrays, scalar)


def _parameters(kind: IndicatorKind, choices: _Choices) -> list[str]:
    found = []
    for param in kind.params:
        initial = f'"{param.initial}"' if param.choices else repr(param.initial)
        found.append(f"{param.name}: {choices.of(param)} = {initial}")
    return found


def _function(kind: IndicatorKind, choices: _Choices, arrays: str) -> str:
    protocol = f"_{kind.class_name}Function"
    behind = [*_parameters(kind, choices), "*", "axis: int = 0", "out: Any = None"]
    if kind.is_pattern:
        behind.append(_SETTINGS)
    text = f"class {protocol}(_Function, Protocol):\n"
    if len(kind.inputs) == 1:
        text += _def("__call__", ["self", f"{kind.inputs[0]}: ArrayLike | _Frame", *behind], arrays)
    else:
        columns = [f"{name}: ArrayLike" for name in kind.inputs]
        text += "    @overload\n" + _def("__call__", ["self", *columns, *behind], arrays)
        text += "    @overload\n" + _def("__call__", ["self", "frame: _Frame", "/", *behind], arrays)
    return text + f"\n{kind.name}: {protocol}\n"


def _class(kind: IndicatorKind, choices: _Choices, value: str, arrays: str, scalar: str) -> str:
    base = f"Indicator{len(kind.inputs)}"
    made = [*_parameters(kind, choices), "*", 'ready_at: _ReadyAt = "settled"']
    if kind.is_pattern:
        made.append(_SETTINGS)
    text = f"class {kind.class_name}({base}):\n"
    text += _def("__new__", ["cls", *made], "Self")
    text += _def("update", ["self", *[f"{name}: float" for name in kind.inputs], "/"], f"{value} | None")
    text += _def("update_candle", ["self", "candle: object"], f"{value} | None")
    text += _def("extend", ["self", "*columns: ArrayLike | _Frame"], arrays)
    text += _property("value", f"{value} | None")
    outputs = [output.name for output in kind.outputs] if len(kind.outputs) > 1 else []
    text += "".join(_property(name, f"{scalar} | None") for name in outputs)
    for param in kind.params:
        if param.name in outputs:
            continue  # the attribute is the output; `parameters` has both
        text += _property(param.name, "str" if param.choices else param.type)
    return text


def _property(name: str, result: str) -> str:
    return "    @property\n" + _def(name, ["self"], result)


def _def(name: str, parameters: list[str], result: str) -> str:
    """A method, in lines as ruff breaks them."""
    line = f"    def {name}({', '.join(parameters)}) -> {result}: ..."
    if len(line) <= _WIDTH:
        return line + "\n"
    inner = f"        {', '.join(parameters)}"
    if len(inner) > _WIDTH or parameters[-1] == "/":
        inner = "\n".join(f"        {one}," for one in parameters)
    return f"    def {name}(\n{inner}\n    ) -> {result}: ...\n"


def main() -> None:
    """Write the stub of this package."""
    target = Path(__file__).with_name("__init__.pyi")
    with WholeFile(target) as out:
        out.write(make_stub(compiled_kinds().values()).encode())
    print(target)


if __name__ == "__main__":
    main()
