"""All indicators by name: those of the C library, a user's own, and those of installed packages.

A package offers indicators as entry points of the group ``velora.indicators``. Each names a `CustomIndicator` class, or
a module that defines some:

    [project.entry-points."velora.indicators"]
    my_mean = "my_package.indicators:MyMean"

They are loaded when all kinds are listed for the first time, or when a name is asked for that no other kind has. A
package that cannot be loaded gives a warning, and the other indicators stay usable.
"""

from __future__ import annotations

import threading
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from velora.errors import InvalidArgument, VeloraWarning
from velora.ta.custom import CustomFunction, CustomIndicator
from velora.ta.indicator import ColumnFunction, compiled_kinds, indicator_class, value_type
from velora.ta.kinds import IndicatorKind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "RESERVED", "find", "is_compiled", "kinds", "names", "register"]

GROUP = "velora.indicators"

#: Names of velora.ta that are no indicators, its modules included.
RESERVED = frozenset(
    {
        "ColumnFunction",
        "CustomIndicator",
        "Indicator",
        "IndicatorKind",
        "Output",
        "Panel",
        "Param",
        "annotations",
        "canvas",
        "chart",
        "chart_html",
        "chart_picture",
        "custom",
        "custom_state",
        "indicator",
        "kinds",
        "panel",
        "plot",
        "plotting",
        "register",
        "registry",
        "stubs",
    }
)

_Class = TypeVar("_Class", bound=type[CustomIndicator])

_compiled = compiled_kinds()
_compiled_names = {name for kind in _compiled.values() for name in (kind.name, kind.class_name)}
_by_class = {kind.class_name: kind for kind in _compiled.values()}
_custom: dict[str, type[CustomIndicator]] = {}
_faces: dict[str, Any] = {}
_lock = threading.RLock()
_is_loaded = False


def kinds() -> dict[str, IndicatorKind]:
    """Descriptors of all indicators, by name; loads those of installed packages."""
    _load_packages()
    return _compiled | {name: cls.KIND for name, cls in _custom.items()}


def names() -> list[str]:
    """Names of the functions and classes that are there without loading a package."""
    return sorted({*_compiled_names, *_custom, *(cls.KIND.class_name for cls in _custom.values())})


def is_compiled(name: str) -> bool:
    """Whether this is a name of an indicator of the C library, which stays what it is."""
    return name in _compiled_names


def register(cls: _Class) -> _Class:
    """Make an own indicator available by its names; as a decorator of its class, or called.

    ``velora.ta`` then has its function and its class, and `kinds` contains it. A class that is defined anew, as in a
    notebook, replaces the former one of the same module and name.

    Raises
    ------
    InvalidArgument
        If it is no `CustomIndicator` class with inputs, outputs and a `step`, or if one of its names is taken.
    """
    if not (isinstance(cls, type) and issubclass(cls, CustomIndicator)):
        raise InvalidArgument(f"register takes a class that extends CustomIndicator, was {cls!r}")
    kind = cls.__dict__.get("KIND")
    if kind is None:
        raise InvalidArgument(f"{cls.__name__} lacks inputs, outputs or a step method")
    with _lock:
        taken = {name: other for other in _custom.values() for name in (other.KIND.name, other.KIND.class_name)}
        for name in (kind.name, kind.class_name):
            if name in _compiled_names:
                raise InvalidArgument(f"{cls.__name__}: {name} is an indicator of velora.ta; choose another name")
            if name in RESERVED or name.removesuffix("Value") in {*_by_class, *RESERVED}:
                raise InvalidArgument(f"{cls.__name__}: velora.ta uses the name {name}; choose another one")
            if name in taken and _path(taken[name]) != _path(cls):
                raise InvalidArgument(
                    f"{cls.__name__}: {name} is registered already, as {_path(taken[name])}; choose another name"
                )
        for former in [name for name, other in _custom.items() if _path(other) == _path(cls)]:
            _forget(former)
        _custom[kind.name] = cls
        _faces.update({kind.name: CustomFunction(cls), kind.class_name: cls})
    return cls


def find(name: str) -> Any:
    """The function or the class of an indicator, or the named tuple of its outputs; None when no kind has this name."""
    found = _find(name)
    if found is None and not name.startswith("_"):
        _load_packages()
        found = _find(name)
    return found


def _find(name: str) -> Any:
    with _lock:
        if name not in _faces:
            kind = _compiled.get(name) or _by_class.get(name) or _by_class.get(name.removesuffix("Value"))
            if kind is not None and kind.name not in _faces:
                # The function and the class share the named tuple of their outputs.
                value = value_type(kind)
                _faces[kind.name] = ColumnFunction(kind, value)
                _faces[kind.class_name] = indicator_class(kind, value)
                if value is not None:
                    _faces[value.__name__] = value
        return _faces.get(name)


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _forget(name: str) -> None:
    kind = _custom.pop(name).KIND
    for face in (kind.name, kind.class_name):
        _faces.pop(face, None)


# ---- packages


def _load_packages() -> None:
    """Load the entry points, once; a package that asks for kinds while it is loaded gets those that are there."""
    global _is_loaded
    if _is_loaded:
        return
    with _lock:
        if _is_loaded:
            return
        _is_loaded = True
        from importlib.metadata import entry_points  # takes a third of the time that importing velora.ta takes

        for entry in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
            try:
                _load(entry)
            except Exception as error:
                package = entry.dist.name if entry.dist is not None else entry.value
                warnings.warn(
                    f"the package {package} offers the indicator {entry.name} ({entry.value}), which cannot be loaded: "
                    f"{type(error).__name__}: {error}",
                    VeloraWarning,
                    stacklevel=3,
                )


def _load(entry: EntryPoint) -> None:
    found = entry.load()
    if isinstance(found, ModuleType):
        offered = [
            one
            for one in vars(found).values()
            if isinstance(one, type) and issubclass(one, CustomIndicator) and one.__module__ == found.__name__
        ]
        if not any("KIND" in one.__dict__ for one in offered):
            raise InvalidArgument("the module defines no CustomIndicator")
        for one in offered:
            if "KIND" in one.__dict__ and _custom.get(one.KIND.name) is not one:
                register(one)
        return
    register(found)
