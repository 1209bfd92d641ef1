"""Pages of the reference, written from the package into docs/reference/api/ when the documentation is built.

    python docs/reference_pages.py FOLDER

Each public class of `velora` has a page under its public name (`velora.Backtest`), each module that is documented
besides has a page, and each subject an index. Which names exist is read from the package, so that a new public name has
a page without a change here; its subject follows from the module that defines it. A file that would not change is not
touched, so that Sphinx reads only what is new.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.pycode import ModuleAnalyzer

import velora
from velora.core.files import WholeFile


@dataclass
class Subject:
    """A group of pages."""

    name: str
    title: str
    about: str
    #: Modules whose public names belong here; the longest that fits decides.
    homes: tuple[str, ...]
    #: Modules that are documented as a page of their own.
    modules: tuple[str, ...] = ()
    pages: list[str] = field(default_factory=list)


SUBJECTS = (
    Subject(
        "backtests",
        "Backtests and results",
        "Run a strategy over recorded or synthetic events, and read what it did.",
        ("velora.backtest",),
        (
            "velora.backtest.explain",
            "velora.backtest.statistics",
            "velora.backtest.bounds",
            "velora.backtest.bounds_check",
            "velora.backtest.takers_check",
            "velora.backtest.thinning",
            "velora.backtest.audit",
            "velora.backtest.audit.findings",
            "velora.backtest.audit.doubts",
            "velora.backtest.callbacks",
            "velora.backtest.feed_stats",
        ),
    ),
    Subject(
        "simulation",
        "Simulated venue",
        "Latency, queue position, market impact and the matching of orders.",
        ("velora.sim",),
        (
            "velora.sim.venue",
            "velora.sim.matching",
            "velora.sim.impact",
            "velora.sim.impact_fit",
            "velora.sim.queue_score",
            "velora.sim.queue_follow",
            "velora.sim.hftbacktest",
        ),
    ),
    Subject(
        "real_time",
        "Real time and journals",
        "The same strategy paced by a clock, and the journal that replays a run.",
        ("velora.paper", "velora.engine", "velora.live"),
        ("velora.paper.replay", "velora.paper.clock", "velora.paper.driver", "velora.engine.journal"),
    ),
    Subject(
        "strategies",
        "Strategies",
        "The base class with its hooks and methods, parameters, signals, targets and brackets.",
        ("velora.strategy", "velora.core.life"),
        (
            "velora.strategy.parameters",
            "velora.strategy.signals",
            "velora.strategy.history",
            "velora.strategy.targets",
            "velora.strategy.bracket",
            "velora.strategy.quoting",
            "velora.strategy.schedules",
        ),
    ),
    Subject(
        "execution",
        "Execution algorithms",
        "TWAP, VWAP, POV, iceberg and sniper, and what an execution cost.",
        ("velora.strategy.execution",),
        ("velora.strategy.execution",),
    ),
    Subject(
        "orders",
        "Orders, fills and positions",
        "Own orders with their states and reasons, fills with their causes, positions and the portfolio.",
        ("velora.core.orders", "velora.core.portfolio"),
    ),
    Subject("events", "Market events", "The objects that hooks receive.", ("velora.core.market",)),
    Subject(
        "books",
        "Order books",
        "Books by level and by order, their views and measures.",
        ("velora.core.book", "velora.core.book_l3", "velora.core.quote_book", "velora.core.measures"),
        ("velora.core.book", "velora.core.book_views"),
    ),
    Subject(
        "instruments",
        "Instruments and time",
        "Ticks, lots, fees and money of an instrument; durations and instants.",
        ("velora.core.instrument", "velora.core.clock"),
        ("velora.core.clock",),
    ),
    Subject(
        "data",
        "Data",
        "Event tables, the catalog, importers, synthetic markets and feeds.",
        ("velora.data", "velora.core.events"),
        (
            "velora.data",
            "velora.core.events",
            "velora.data.importers",
            "velora.data.own_orders",
            "velora.data.watch",
            "velora.data.levels",
            "velora.data.feeds.sequence",
            "velora.data.feeds.sync",
            "velora.data.feeds.guard",
            "velora.data.feeds.checksum",
        ),
    ),
    Subject(
        "indicators",
        "Indicators",
        "What all indicators have in common; each has its own page under Indicators.",
        ("velora.ta",),
        ("velora.ta",),
    ),
    Subject(
        "bus",
        "Message bus",
        "Topics, endpoints and requests inside one engine.",
        ("velora.core.bus", "velora.core.thread_ring"),
        ("velora.core.bus", "velora.core.bus_stats", "velora.core.thread_ring"),
    ),
    Subject("errors", "Errors", "All errors derive from `VeloraError`.", ("velora.errors",), ("velora.errors",)),
    Subject(
        "testkit",
        "Test helpers",
        "Small flows, scripted strategies and slow reference implementations for tests.",
        ("velora.testkit",),
        ("velora.testkit",),
    ),
    Subject("package", "Package", "The package itself, and all that has no other subject.", ("velora",)),
)


# ---- what is public


def public_names() -> dict[str, Any]:
    """Classes and functions of the package by their public name."""
    return {
        name: value
        for name in velora.__all__
        if not name.startswith("_") and not isinstance(value := getattr(velora, name), ModuleType)
    }


def subject_of(home: str) -> Subject:
    """The subject of a module: its own, or the next one above that a subject names."""

    def fit(subject: Subject) -> int:
        return max((len(one) for one in subject.homes if f"{home}.".startswith(f"{one}.")), default=-1)

    return max(SUBJECTS, key=fit)


def names_of(module: ModuleType) -> list[str]:
    """Public names of a module."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(listed)
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    )


def entries(docstring: str | None, title: str) -> dict[str, tuple[str, list[str]]]:
    """Type and description of each name in a section of a numpydoc docstring."""
    found: dict[str, tuple[str, list[str]]] = {}
    lines = inspect.cleandoc(docstring or "").splitlines() or [""]
    inside, names = False, []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"-{3,}", below) and line and not line.startswith(" "):
            inside, names = line == title, []
        elif inside and line and not line.startswith((" ", "---")):
            head, _, kind = line.partition(" : ")
            names = [name.strip() for name in head.split(",")]
            found.update({name: (kind, []) for name in names})
        elif names and line.strip():
            for name in names:
                found[name][1].append(line.strip())
    return found


def without_attributes(lines: list[str]) -> list[str]:
    """A docstring without the section "Attributes", whose entries have directives of their own on a page."""
    kept: list[str] = []
    inside = False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"-{3,}", below.strip()) and line.strip():
            inside = line.strip() == "Attributes"
        if not inside:
            kept.append(line)
    return kept


def members(cls: type) -> Iterator[tuple[str, type]]:
    """Members of a class that its page shows: its own, and those of bases that have no page."""
    public = {value for value in public_names().values() if isinstance(value, type) and value is not cls}
    elsewhere = {part for base in cls.__mro__ if base in public for part in base.__mro__}
    seen: set[str] = set()
    for owner in cls.__mro__:
        if not owner.__module__.startswith("velora") or owner in elsewhere:
            continue
        for name in (*vars(owner), *inspect.get_annotations(owner)):
            if not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, owner


def is_method(cls: type, name: str) -> bool:
    return callable(getattr(cls, name, None)) and not isinstance(getattr(cls, name), type | enum.Enum)


def first_sentence(text: str | None) -> str:
    """First sentence of a docstring."""
    paragraph = " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.!?;:])\s+(?=[A-Z`]|$)", paragraph)[0].rstrip(";:")


# ---- pages


def heading(text: str, mark: str = "=") -> list[str]:
    return [text, mark * len(text), ""]


def listing(rows: Iterable[tuple[str, str]]) -> list[str]:
    """A table of references and their first sentences."""
    lines = [".. list-table::", "   :class: summary", "   :widths: 30 70", ""]
    for name, text in rows:
        lines += [f"   * - {name}", f"     - {text}"]
    return [*lines, ""]


def class_body(where: str, cls: type, mark: str = "-") -> list[str]:
    """The directives of a class: itself, its attributes, its methods, below headings of a mark."""
    lines = [f".. autoclass:: {where}", "   :no-members:", ""]
    public = {value: name for name, value in public_names().items()}
    bases = [public[base] for base in cls.__mro__[1:] if base in public]
    if bases:
        shown = ", ".join(f":py:obj:`velora.{base}`" for base in bases)
        lines += [f"Derives from {shown}, and has the attributes and methods described there.", ""]
    inherited = {part for base in cls.__mro__[1:] if base in public for part in base.__mro__}
    said: dict[str, tuple[str, list[str]]] = {}
    for part in reversed(cls.__mro__):
        if part is cls or (part not in inherited and part.__module__.startswith("velora")):
            said.update(entries(part.__doc__, "Attributes"))
    given = entries(cls.__doc__, "Parameters")
    attributes: list[str] = []
    groups: dict[str, list[str]] = {"Constructors": [], "Hooks": [], "Methods": []}
    for name, owner in members(cls):
        value = inspect.getattr_static(owner, name, None)
        if is_method(cls, name):
            is_made = isinstance(value, classmethod) and name.startswith(("from_", "of"))
            groups["Constructors" if is_made else "Hooks" if name.startswith("on_") else "Methods"].append(name)
        elif name not in said and name not in given and inspect.getdoc(value):
            attributes.append(name)
    if said or attributes:
        lines += heading("Attributes", mark)
    for name, (kind, text) in said.items():
        lines += [f".. py:attribute:: {where.rpartition('.')[2]}.{name}", *([f"   :type: {kind}"] if kind else [])]
        member = getattr(cls, name, None)
        if isinstance(member, enum.Enum):
            lines.append(f"   :value: {int(member)}")
        lines += ["", *(f"   {line}" for line in text), ""]
    for name in sorted(attributes):
        lines += [f".. autoattribute:: {where}.{name}", "   :no-value:", ""]
    for title, names in groups.items():
        if not names:
            continue
        lines += heading(title, mark)
        if len(names) > 3:
            lines += listing(
                (f":py:obj:`{name} <{where}.{name}>`", first_sentence(inspect.getdoc(getattr(cls, name))))
                for name in sorted(names)
            )
        for name in sorted(names):
            lines += [f".. automethod:: {where}.{name}", ""]
    return lines


def name_page(name: str, value: Any) -> str:
    """Page of a public class or function."""
    where = f"velora.{name}"
    lines = [*heading(name), ".. currentmodule:: velora", ""]
    lines += class_body(where, value) if isinstance(value, type) else [f".. autofunction:: {where}", ""]
    return "\n".join(lines)


def module_page(name: str, module: ModuleType) -> str:
    """Page of a module: what its docstring says, and its names that have no page of their own."""
    own = {id(value): public for public, value in public_names().items()}
    lines = [*heading(name), f".. automodule:: {name}", "   :no-members:", "", f".. currentmodule:: {name}", ""]
    described = {at[1] for at in ModuleAnalyzer.for_module(name).find_attr_docs()} if is_python(module) else set()
    elsewhere: list[str] = []
    for one in names_of(module):
        value = getattr(module, one)
        if name == "velora.ta" and hasattr(value, "kind") | hasattr(value, "KIND") and one not in ta_names():
            continue
        if id(value) in own:
            elsewhere.append(own[id(value)])
        elif isinstance(value, type):
            lines += [*heading(one, "-"), *class_body(f"{name}.{one}", value, "~")]
        elif callable(value) and not repr(value).startswith("typing."):
            lines += [f".. autofunction:: {name}.{one}", ""]
        elif one in described:
            lines += [f".. autodata:: {name}.{one}", "   :no-value:", ""]
    if elsewhere:
        lines += ["See also " + ", ".join(f":py:obj:`velora.{one}`" for one in elsewhere) + ".", ""]
    return "\n".join(lines)


def is_python(module: ModuleType) -> bool:
    """Whether a module has a source that Python's parser reads: a compiled one has not."""
    return (module.__file__ or "").endswith(".py")


def ta_names() -> set[str]:
    """Names of `velora.ta` that are no indicator."""
    from velora import ta

    kinds = [kind for kind in ta.kinds().values() if not kind.is_custom]
    return set(ta.__all__) - {name for kind in kinds for name in (kind.name, kind.class_name)}


def pages() -> dict[str, str]:
    """All pages by the name of their file."""
    found: dict[str, str] = {}
    for subject in SUBJECTS:
        subject.pages = []
    about: dict[str, str] = {}
    documented: set[int] = set()
    for name, value in sorted(public_names().items(), key=lambda item: item[0].lower()):
        subject = subject_of(getattr(value, "__module__", "velora"))
        found[f"velora.{name}.rst"] = name_page(name, value)
        subject.pages.append(f"velora.{name}")
        about[f"velora.{name}"] = first_sentence(inspect.getdoc(value))
        documented.add(id(value))
    for subject in SUBJECTS:
        for name in subject.modules:
            module = importlib.import_module(name)
            if all(id(getattr(module, one)) in documented for one in names_of(module)):
                continue
            found[f"{name}.rst"] = module_page(name, module)
            subject.pages.append(name)
            about[name] = first_sentence(module.__doc__)
            documented.update(id(getattr(module, one)) for one in names_of(module))
    shown = [subject for subject in SUBJECTS if subject.pages]
    for subject in shown:
        lines = [*heading(subject.title), subject.about, ""]
        lines += listing((f":doc:`{page} <{page}>`", about[page]) for page in subject.pages)
        lines += [".. toctree::", "   :hidden:", ""]
        lines += [f"   {page.removeprefix('velora.')} <{page}>" for page in subject.pages]
        found[f"{subject.name}.rst"] = "\n".join([*lines, ""])
    lines = [*heading("API"), "Everything public, by subject. The same text is in Python's ``help()``.", ""]
    for subject in shown:
        lines += [*heading(subject.title, "-"), f"{subject.about} :doc:`Summary <{subject.name}>`.", ""]
        for is_module in (False, True):
            group = [
                page for page in subject.pages if (page.removeprefix("velora.") not in public_names()) is is_module
            ]
            if group:
                lines += [" · ".join(f":doc:`{page.removeprefix('velora.')} <{page}>`" for page in group), ""]
    lines += [".. toctree::", "   :hidden:", "", *[f"   {subject.name}" for subject in shown], ""]
    found["index.rst"] = "\n".join(lines)
    return found


def write_pages(folder: Path) -> list[str]:
    """Write all pages, remove those of names that are gone, and return the names of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = pages()
    for old in folder.glob("*.rst"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            with WholeFile(path) as out:
                out.write(text.encode())
    return sorted(files)


if __name__ == "__main__":
    print(f"{len(write_pages(Path(sys.argv[1])))} pages")
