"""What is public: modules, classes, functions, and the parameters that their stubs state."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import velora

#: Commands read files and print; they are tried by the tests of the command line. The helpers of the examples read the
#: command line of their process, and end it where that is wrong.
_LEFT_OUT = ("velora.cli", "velora.testkit.study")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, its annotation as text, and how it is given."""

    name: str
    annotation: str
    has_default: bool
    kind: str  # "plain", "keyword", "rest" or "keywords"


@dataclass
class Kind:
    """A class: what may be called on its objects."""

    module: str
    name: str
    init: tuple[Parameter, ...] = ()
    methods: dict[str, tuple[Parameter, ...]] = field(default_factory=dict)
    statics: dict[str, tuple[Parameter, ...]] = field(default_factory=dict)
    values: list[str] = field(default_factory=list)


@dataclass
class Surface:
    """All that is public."""

    kinds: dict[tuple[str, str], Kind]
    functions: dict[tuple[str, str], tuple[Parameter, ...]]


def _text(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, skip: int) -> tuple[Parameter, ...]:
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    first_default = len(plain) - len(given.defaults)
    found = [
        Parameter(one.arg, _text(one.annotation), index >= first_default, "plain") for index, one in enumerate(plain)
    ][skip:]
    if given.vararg is not None:
        found.append(Parameter(given.vararg.arg, _text(given.vararg.annotation), True, "rest"))
    for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        found.append(Parameter(one.arg, _text(one.annotation), default is not None, "keyword"))
    if given.kwarg is not None:
        found.append(Parameter(given.kwarg.arg, "", True, "keywords"))
    return tuple(found)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _kind(module: str, node: ast.ClassDef) -> Kind:
    made = Kind(module, node.name)
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {_text(decorator) for decorator in one.decorator_list}
            if one.name in ("__init__", "__new__"):
                made.init = made.init or _parameters(one, 1)
            elif not _is_public(one.name):
                continue
            elif decorators & {"property", "cached_property", "functools.cached_property"}:
                made.values.append(one.name)
            elif any("setter" in name for name in decorators):
                continue
            elif "staticmethod" in decorators:
                made.statics[one.name] = _parameters(one, 0)
            elif "classmethod" in decorators:
                made.statics[one.name] = _parameters(one, 1)
            else:
                made.methods[one.name] = _parameters(one, 1)
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and _is_public(one.target.id):
            made.values.append(one.target.id)
    if not made.init and any("dataclass" in _text(decorator) for decorator in node.decorator_list):
        made.init = tuple(
            Parameter(one.target.id, _text(one.annotation), one.value is not None, "plain")
            for one in node.body
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        )
    return made


def modules() -> list[str]:
    """Names of the public modules."""
    found = ["velora"]
    for one in pkgutil.walk_packages(velora.__path__, "velora."):
        parts = one.name.split(".")
        if any(part.startswith("_") for part in parts) or one.name.startswith(_LEFT_OUT):
            continue
        found.append(one.name)
    return found


def surface() -> Surface:
    """Import everything and read what it states."""
    kinds: dict[tuple[str, str], Kind] = {}
    functions: dict[tuple[str, str], tuple[Parameter, ...]] = {}
    for name in modules():
        module = importlib.import_module(name)
        place = Path(module.__file__ or "")
        source = Path(inspect.getsourcefile(module) or "") if place.suffix == ".py" else None
        if source is None:
            parts = name.split(".")[1:]
            source = next(
                (path for folder in velora.__path__ if (path := Path(folder, *parts).with_suffix(".pyi")).is_file()),
                None,
            )
        if source is None:
            continue
        for node in ast.parse(source.read_text()).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
                continue
            found = getattr(module, node.name, None)
            if isinstance(node, ast.ClassDef) and isinstance(found, type):
                kinds[name, node.name] = _kind(name, node)
            elif isinstance(node, ast.FunctionDef) and callable(found):
                functions[name, node.name] = _parameters(node, 0)
    return Surface(kinds, functions)


def kinds_of(known: Surface, kind: type) -> list[Kind]:
    """What is stated of a class and of those above it."""
    return [found for one in kind.__mro__ if (found := known.kinds.get((one.__module__, one.__qualname__))) is not None]


def members(value: Any) -> list[str]:
    """Names that an object has, public or of Python itself."""
    return [name for name in dir(type(value)) if _is_public(name)]
