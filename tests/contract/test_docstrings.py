"""`help()` of every public name and of each of its members says something.

A member is documented by a docstring of its own, or by an entry of its name in the section "Attributes" or "Parameters"
of the docstring of its class or of a base. Enum members, fields of named tuples and data classes, and attributes of
compiled classes cannot have a docstring of their own, so their entry is in the docstring of the class.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from velora.core.clock import ns
from velora.core.orders import Order
from velora.strategy.parameters import Choice, Duration, Parameter
from velora.strategy.strategy import Strategy

#: Modules whose names are public: what users import, and what the reference describes.
MODULES = (
    "velora",
    "velora.backtest.audit",
    "velora.backtest.bounds",
    "velora.backtest.bounds_check",
    "velora.backtest.callbacks",
    "velora.backtest.explain",
    "velora.backtest.feed_stats",
    "velora.backtest.statistics",
    "velora.backtest.takers_check",
    "velora.backtest.thinning",
    "velora.core.book",
    "velora.core.book_views",
    "velora.core.bus",
    "velora.core.bus_stats",
    "velora.core.clock",
    "velora.core.events",
    "velora.core.market",
    "velora.core.measures",
    "velora.core.orders",
    "velora.core.thread_ring",
    "velora.data",
    "velora.data.importers",
    "velora.data.levels",
    "velora.data.own_orders",
    "velora.data.watch",
    "velora.engine.journal",
    "velora.errors",
    "velora.paper.clock",
    "velora.paper.driver",
    "velora.paper.replay",
    "velora.sim.feed_latency",
    "velora.sim.hftbacktest",
    "velora.sim.impact",
    "velora.sim.impact_fit",
    "velora.sim.latency",
    "velora.sim.matching",
    "velora.sim.queue_follow",
    "velora.sim.queue_model",
    "velora.sim.queue_score",
    "velora.sim.venue",
    "velora.strategy",
    "velora.strategy.bracket",
    "velora.strategy.execution",
    "velora.strategy.history",
    "velora.strategy.parameters",
    "velora.strategy.quoting",
    "velora.strategy.schedules",
    "velora.strategy.signals",
    "velora.strategy.targets",
    "velora.ta",
    "velora.testkit",
)
#: Endings of names that state a unit, and what their description must say.
UNITS = {"_ns": "ns|nanosecond", "_ticks": "ticks?", "_lots": "lots?", "_units": "money unit", "_bps": "basis points"}


def entries(docstring: str | None) -> dict[str, str]:
    """Text of each name in the sections "Attributes" and "Parameters" of a docstring."""
    found: dict[str, str] = {}
    if not docstring:
        return found
    lines = inspect.cleandoc(docstring).splitlines()
    inside, names = False, []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"-{3,}", below) and line and not line.startswith(" "):
            inside, names = line in ("Attributes", "Parameters"), []
        elif inside and line and not line.startswith((" ", "---")):
            names = [name.strip().lstrip("*") for name in line.split(" : ")[0].split(",")]
            found.update(dict.fromkeys(names, line))
        elif names:
            for name in names:
                found[name] += " " + line.strip()
    return found


def members(cls: type) -> Iterator[tuple[str, type]]:
    """Public members of a class that Velora defines, and the class that defines each."""
    owners = [
        part for part in cls.__mro__ if part.__module__.split(".")[0] not in ("builtins", "enum", "typing", "abc")
    ]
    seen = set()
    for owner in owners:
        for name in (*vars(owner), *inspect.get_annotations(owner)):
            if not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, owner


def description(cls: type, name: str, owner: type) -> str:
    """What `help()` says of a member: empty where that is nothing."""
    for part in cls.__mro__:
        if name in (found := entries(part.__doc__)):
            return found[name]
    value = vars(owner).get(name)
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, enum.Enum | Parameter) or value is None:
        return ""  # their docstring is that of their class
    if callable(value) and not isinstance(value, type):
        return inspect.getdoc(getattr(cls, name)) or ""
    text = value.__doc__ if type(value).__doc__ != value.__doc__ else None
    return "" if text is None or text.startswith("Alias for field number") else text


@dataclass(frozen=True)
class Public:
    """A public class or function."""

    module: str
    name: str
    value: object

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def public() -> list[Public]:
    """Every public class and function once, under the first of its names."""
    found: dict[int, Public] = {}
    for module in MODULES:
        home = importlib.import_module(module)
        named = getattr(home, "__all__", None) or [
            name for name, value in vars(home).items() if getattr(value, "__module__", None) == module
        ]
        for name in named:
            value = getattr(home, name)
            is_ours = (getattr(value, "__module__", None) or "").startswith("velora")
            if callable(value) and is_ours and not name.startswith("_"):
                found.setdefault(id(value), Public(module, name, value))
    return list(found.values())


PUBLIC = public()
CLASSES = [one for one in PUBLIC if isinstance(one.value, type)]


def silent(cls: type) -> list[str]:
    """Members of a class that `help()` says nothing of."""
    return [name for name, owner in members(cls) if not description(cls, name, owner)]


def test_every_public_name_has_a_docstring():
    assert [
        str(one)
        for one in PUBLIC
        if not (vars(one.value) if isinstance(one.value, type) else {}).get("__doc__", one.value.__doc__)
    ] == []


def test_every_member_of_a_public_class_is_documented():
    lacking = [f"{one}.{name}" for one in CLASSES for name in silent(one.value)]
    assert lacking == [], f"{len(lacking)} members without a docstring"


def test_times_say_their_clock_and_numbers_their_unit():
    lacking = []
    for one in CLASSES:
        for name, owner in members(one.value):
            text = description(one.value, name, owner)
            if callable(getattr(owner, name, None)):
                continue
            if name.startswith("ts_") and not ("clock" in text and "ns" in text):
                lacking.append(f"{one}.{name}: {text!r}")
            for ending, unit in UNITS.items():
                if name.endswith(ending) and not re.search(unit, text, re.IGNORECASE):
                    lacking.append(f"{one}.{name} lacks {unit!r}: {text!r}")
    assert lacking == []


# ---- the rule itself


class Told(NamedTuple):
    """A tuple.

    Attributes
    ----------
    first, second : int
        Two numbers.
    """

    first: int
    second: int
    third: int


class Colour(enum.IntEnum):
    """A colour.

    Attributes
    ----------
    RED
        Like blood.
    """

    RED = 1
    BLUE = 2


class Plain:
    """A class."""

    rate = Parameter(1.0)

    def told(self) -> None:
        """Do it."""

    def untold(self) -> None: ...

    @property
    def value(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("cls", "lacking"),
    [(Told, ["third"]), (Colour, ["BLUE"]), (Plain, ["rate", "untold", "value"]), (Order, [])],
)
def test_rule_finds_the_members_without_a_description(cls, lacking):
    assert silent(cls) == lacking


# ---- declared parameters


def test_declared_parameters_are_in_the_docstring_and_the_signature():
    class Maker(Strategy):
        """Quotes around the mid.

        Examples
        --------
        >>> Maker(edge=3)  # doctest: +SKIP
        """

        edge = Parameter(2.0, low=0.5, high=20, unit="ticks", doc="distance from the mid")
        hold = Duration("90s", low=ns(1), doc="time that a quote stays")
        mode = Choice(["calm", "fast"], doc="how it reacts")

    text = inspect.getdoc(Maker)
    assert "edge : float, default 2.0 ticks\n    Distance from the mid; from 0.5 to 20.0." in text
    assert "hold : str or timedelta, default '90s'\n    Time that a quote stays; more than 0." in text
    assert "mode : {'calm', 'fast'}, default 'calm'\n    How it reacts." in text
    assert text.index("Quotes around") < text.index("Parameters\n------") < text.index("Examples\n------")
    assert str(inspect.signature(Maker)) == "(*, edge=2.0, hold='90s', mode='calm')"
    assert silent(Maker) == []


def test_a_subclass_describes_the_arguments_of_its_bases_once():
    class Base(Strategy):
        """A base.

        Parameters
        ----------
        where : str
            The instrument.
        **parameters
            Values of the declared parameters.
        """

        rate = Parameter(0.1, doc="part of the volume")

        def __init__(self, where: str, **parameters: float) -> None:
            super().__init__(**parameters)

    class Fast(Base):
        """A fast one."""

        rate = Parameter(0.5, doc="part of the volume")
        size = Parameter(1, low=1, doc="of an order")

    text = inspect.getdoc(Fast)
    assert text.startswith(
        "A fast one.\n\nParameters\n----------\nwhere : str\n    The instrument.\nrate : float, default 0.5"
    )
    assert text.count("where :") == text.count("rate :") == text.count("size :") == 1
    assert "**parameters" not in text
    assert list(inspect.signature(Fast).parameters) == ["where", "rate", "size"]
    assert Fast("X", rate=0.2).rate == 0.2


def test_a_strategy_without_parameters_keeps_its_docstring():
    class Quiet(Strategy):
        """Does nothing."""

    assert Quiet.__doc__ == "Does nothing."
    assert str(inspect.signature(Quiet)) == "()"
