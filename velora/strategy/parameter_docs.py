"""Docstring and signature of a strategy class, completed from its declared parameters.

A `Parameter` is declared once, with its default, bounds, unit and meaning. `help()`, editors and the documentation read
docstrings and signatures, so a class gets both from the declarations.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from velora.core.clock import interval_name
from velora.strategy.parameters import Duration, Parameter, declared_parameters

__all__ = ["DeclaredSignature", "document_parameters"]

_TITLE = "Parameters"
_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_KEYWORDS = inspect.Parameter.VAR_KEYWORD
#: Docstrings as their classes were written, before parameters were added.
_WRITTEN: WeakKeyDictionary[type, str] = WeakKeyDictionary()


class DeclaredSignature:
    """The attribute ``__signature__`` of strategy classes: that of ``__init__``, with the declared parameters by name.

    It is made when somebody asks for it, because most programs never do.
    """

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        if instance is not None:  # an instance is not called
            raise AttributeError("__signature__")
        return inspect.Signature(list(_arguments(owner).values()))


def _arguments(owner: type) -> dict[str, inspect.Parameter]:
    """Arguments of a class's constructor: a starred argument stands for those of the next constructor above."""
    found: dict[str, inspect.Parameter] = {}
    takes_more = True
    for part in owner.__mro__:
        init = vars(part).get("__init__")
        if not takes_more or not inspect.isfunction(init):
            continue
        own = list(inspect.signature(init).parameters.values())[1:]
        takes_more = any(one.kind is _KEYWORDS for one in own)
        for one in own:
            if one.kind not in (_POSITIONAL, _KEYWORDS):
                found.setdefault(one.name, one)
    if takes_more:
        for name, spec in declared_parameters(owner).items():
            default = _value(spec, spec.default)
            found.setdefault(name, inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default))
    return dict(sorted(found.items(), key=lambda item: (item[1].kind, item[1].default is not inspect.Parameter.empty)))


def _value(spec: Parameter[Any], value: Any) -> Any:
    """A value as a user gives it."""
    return interval_name(value) if isinstance(spec, Duration) and value else value


def _entry(name: str, spec: Parameter[Any]) -> list[str]:
    """A parameter as numpydoc describes it."""
    if spec.choices:
        kind = "{" + ", ".join(repr(choice) for choice in spec.choices) + "}"
    elif isinstance(spec, Duration):
        kind = "str or timedelta"
    else:
        kind = spec.type.__name__
    text = (spec.doc[:1].upper() + spec.doc[1:]).rstrip(".") or "A parameter"
    low, high = (None if end is None else _value(spec, end) for end in (spec.low, spec.high))
    if isinstance(spec, Duration) and spec.low == 1:
        text += "; more than 0"
    elif low is not None and high is not None:
        text += f"; from {low} to {high}"
    elif low is not None:
        text += f"; at least {low}"
    elif high is not None:
        text += f"; at most {high}"
    unit = f" {spec.unit}" if spec.unit and not isinstance(spec, Duration) else ""
    return [f"{name} : {kind}, default {_value(spec, spec.default)!r}{unit}", f"    {text}."]


def _sections(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """The lines before the first section of a docstring, and those of each section."""
    lines = inspect.cleandoc(text).splitlines()
    head: list[str] = []
    sections: dict[str, list[str]] = {}
    current = head
    for at, line in enumerate(lines):
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", below) and line and not line.startswith(" "):
            current = sections.setdefault(line, [])
        elif not (re.fullmatch(r"-{3,}", line) and current is not head and not current):
            current.append(line)
    return head, sections


def _entries(lines: list[str]) -> dict[str, list[str]]:
    """The entries of a section by their heading."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        if line and not line.startswith(" "):
            name = line
        if name:
            found.setdefault(name, []).append(line)
    return {name: _stripped(entry) for name, entry in found.items()}


def _stripped(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _names(heading: str) -> list[str]:
    return [name.strip() for name in heading.split(" : ")[0].split(",")]


def _described(owner: type) -> Mapping[str, list[str]]:
    """What the docstrings of a class and its bases say about arguments, by the heading of each entry."""
    found: dict[str, list[str]] = {}
    for part in owner.__mro__:
        text = _WRITTEN[part] if part in _WRITTEN else vars(part).get("__doc__")
        for heading, entry in _entries(_sections(text or "")[1].get(_TITLE, [])).items():
            found.setdefault(heading, entry)
    return found


def document_parameters(owner: type) -> None:
    """Add the declared parameters to the docstring of a class, with the arguments that its bases describe.

    A class without declared parameters keeps its docstring.
    """
    specs = declared_parameters(owner)
    if not specs:
        return
    own = vars(owner).get("__doc__") or ""
    _WRITTEN[owner] = own
    head, sections = _sections(own)
    arguments = _arguments(owner)
    lines: list[str] = []
    for heading, entry in _described(owner).items():
        names = _names(heading)
        if any(name in arguments for name in names) and not any(name in specs for name in names):
            lines += entry
    for name, spec in specs.items():
        if name in arguments:
            lines += _entry(name, spec)
    if not lines:
        return
    parts = [*_stripped(head)]
    for title, body in {_TITLE: lines, **{name: one for name, one in sections.items() if name != _TITLE}}.items():
        parts += [*([""] if parts else []), title, "-" * len(title), *_stripped(body)]
    owner.__doc__ = "\n".join(parts)
