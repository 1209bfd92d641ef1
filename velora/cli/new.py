"""`velora new`: the first files of a new project."""

from __future__ import annotations

import keyword
import re
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Annotated

import typer

from velora.core.files import WholeFile, writing
from velora.core.terminal import readable
from velora.errors import InvalidArgument

__all__ = ["app", "strategy"]

app = typer.Typer(help="Create the first files of a strategy.", no_args_is_help=True)

_PYTHON = '''\
"""{title}: a market maker to start from."""

import velora as vl


class {title}(vl.Strategy):
    """Joins both sides of the book on a timer, up to an inventory cap."""

    qty_lots = vl.Parameter(10, low=1, unit="lots", doc="quantity of each quote")
    cap_lots = vl.Parameter(100, low=1, unit="lots", doc="largest position that a quote may lead to")
    interval = vl.Duration("100ms", low="1ms", doc="time between two looks at the book")

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.market = self.book(self.symbol)
        self.held = self.position(self.symbol)
        self.every(self.interval, self.requote)

    def requote(self) -> None:
        bid, ask, lots = self.market.best_bid_ticks, self.market.best_ask_ticks, self.held.qty_lots
        if bid is None or ask is None or self.market.is_stale:
            self.quote(self.symbol)
            return
        self.quote(
            self.symbol,
            bid_ticks=bid if lots + self.qty_lots <= self.cap_lots else None,
            ask_ticks=ask if lots - self.qty_lots >= -self.cap_lots else None,
            qty_lots=self.qty_lots,
        )
'''

_COMPILED = '''\
# cython: language_level=3
"""{title}: a compiled market maker to start from. Its hooks run without a Python call."""

from libc.stdint cimport int64_t

from velora.core.book cimport OrderBookL2
from velora.core.market cimport Timer
from velora.core.orders cimport Position
from velora.strategy.base cimport StrategyBase


cdef class {title}(StrategyBase):
    """Joins both sides of the book on a timer, up to an inventory cap."""

    cdef int64_t qty_lots, cap_lots
    cdef object interval
    cdef int index
    cdef OrderBookL2 market
    cdef Position held

    def __init__(self, qty_lots=10, cap_lots=100, interval="100ms"):
        self.qty_lots = qty_lots
        self.cap_lots = cap_lots
        self.interval = interval

    cpdef on_start(self):
        self.index = self.index_c(self.instruments[0])
        self.market = self.book_c(self.index)
        self.held = self.position_c(self.index)
        self.every(self.interval)

    cpdef on_timer(self, Timer timer):
        cdef int64_t lots = self.held.lots_c()
        cdef bint whole = self.market.has_side_c(0) and self.market.has_side_c(1)
        # A quantity of 0 lots means no quote on that side.
        self.quote_ticks_c(
            self.index,
            self.market.best_bid_ticks_c(), self.qty_lots if whole and lots + self.qty_lots <= self.cap_lots else 0,
            self.market.best_ask_ticks_c(), self.qty_lots if whole and lots - self.qty_lots >= -self.cap_lots else 0,
        )
'''

_PROJECT = """\
[build-system]
requires = [{requires}]
build-backend = "setuptools.build_meta"

[project]
name = "{project}"
version = "0.1.0"
description = "{title}, a strategy for Velora"
requires-python = ">=3.11"
dependencies = ["velora-hft"]

[project.optional-dependencies]
test = ["pytest>=8"]

[tool.setuptools]
{modules}

[tool.pytest.ini_options]
testpaths = ["test_{name}.py"]
"""

_SETUP = """\
import velora
from Cython.Build import cythonize
from setuptools import Extension, setup

setup(ext_modules=cythonize([Extension("{name}", ["{name}.pyx"], include_dirs=[velora.get_include()])]))
"""

_TEST = '''\
"""Properties of {title} that must hold; run with pytest."""

import velora as vl
from {name} import {title}

MARKET = vl.SyntheticMarket(seed=7, duration="20s").table()


def run(**parameters):
    return vl.Backtest(MARKET, {title}(**parameters), latency="5ms").run()


def test_it_trades_and_stays_within_its_cap():
    result = run(qty_lots=10, cap_lots=30)
    assert result.fills_raw.size > 0
    # A quote on its way when the other one fills may exceed the cap by its own quantity.
    assert abs(result.samples_raw["position"]).max() <= 30 + 10


def test_the_same_run_twice_has_the_same_hash():
    assert run().hash == run().hash
'''

_BACKTEST = """\
#:schema ./{schema}
# velora backtest {name}.toml
# Editors complete and check this file by the schema beside it; `velora schema > {schema}` renews it.

[data]
synthetic = {{ seed = 7, duration = "60s" }}
# path = "catalog"            # instead: a catalog of `velora data import`, relative to this file

[strategy]
class = "{place}:{title}"

[strategy.parameters]
qty_lots = 10
cap_lots = 100
interval = "100ms"

[latency]
entry = "5ms"
response = "5ms"
"""

_SCHEMA = "velora.schema.json"


@app.callback()
def _new() -> None:
    """Create the first files of a strategy."""


@app.command()
def strategy(
    name: Annotated[str, typer.Argument(help="Name of the folder and the module, such as my_maker.")],
    compiled: Annotated[bool, typer.Option("--compiled", help="Cython instead of Python.")] = False,
    folder: Annotated[Path, typer.Option(help="Parent of the new folder.")] = Path(),
) -> None:
    """Create a project with a working strategy, its test, and a backtest file."""
    from velora.cli.schema import SCHEMA_FILE

    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise InvalidArgument(f"a strategy's name must be lower case with underscores, such as my_maker, was {name!r}")
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or name in _TAKEN:
        raise InvalidArgument(f"{name!r} is a keyword or another module's name: choose another name")
    target = folder / name
    if target.exists() or target.is_symlink():
        raise InvalidArgument(f"{target} exists already: choose another name or folder")
    templates = {f"{name}.pyx": _COMPILED, "setup.py": _SETUP} if compiled else {f"{name}.py": _PYTHON}
    templates |= {f"test_{name}.py": _TEST, f"{name}.toml": _BACKTEST, "pyproject.toml": _PROJECT}
    values = {
        "name": name,
        "title": "".join(part.capitalize() for part in name.split("_")),
        "project": name.strip("_").replace("_", "-"),
        "place": name if compiled else f"{name}.py",
        "schema": _SCHEMA,
        # The build of a compiled strategy reads Velora's declarations and headers.
        "requires": '"setuptools>=77", "cython>=3.1", "velora-hft"' if compiled else '"setuptools>=77"',
        "modules": "py-modules = []" if compiled else f'py-modules = ["{name}"]',
    }
    files = {file: template.format(**values).encode() for file, template in templates.items()}
    files[_SCHEMA] = SCHEMA_FILE.read_bytes()
    with writing(str(target)):
        target.mkdir(parents=True)
    for file, content in files.items():
        with WholeFile(target / file) as out:
            out.write(content)
        typer.echo(readable(target / file))
    typer.echo("\ntry it:\n")
    for command in _next_commands(target, name, compiled):
        typer.echo(readable(f"  {command}"))


#: Names of modules that a project's own would hide.
_TAKEN = ("velora", "numpy", "pytest", "setuptools", "cython", "pyarrow", "msgspec", "rich", "typer", "fsspec")


def _next_commands(target: Path, name: str, compiled: bool) -> list[str]:
    """The commands that build and try the project, as they work in this shell."""
    python, velora = _command("python"), _command("velora")
    if compiled:
        # Without isolation the build reads the declarations of the Velora that the strategy then runs with.
        install = [
            f'{python} -m pip install "setuptools>=77" "cython>=3.1"',
            f'{python} -m pip install --no-build-isolation -e ".[test]"',
        ]
    else:
        install = [f'{python} -m pip install -e ".[test]"']
    return [f"cd {shlex.quote(str(target))}", *install, f"{python} -m pytest", f"{velora} backtest {name}.toml"]


def _command(name: str) -> str:
    """A program of this Python's environment: its name if the shell finds it, else its path."""
    own = Path(sys.executable) if name == "python" else Path(sysconfig.get_path("scripts")) / name
    found = shutil.which(name)
    is_found = found is not None and Path(found).parent == own.parent
    return name if is_found or not own.exists() else shlex.quote(str(own))
