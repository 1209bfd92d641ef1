"""`velora new`: the first files of a new project."""

from __future__ import annotations

import keyword
import re
import sys
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

    def __init__(self, qty_lots: int = 10, cap_lots: int = 100, interval: str = "100ms") -> None:
        self.qty_lots = qty_lots
        self.cap_lots = cap_lots
        self.interval = interval

    def on_start(self) -> None:
        self.symbol = self.instruments[0].symbol
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

_SETUP = """\
import velora
from Cython.Build import cythonize
from setuptools import Extension, setup

setup(name="{name}", ext_modules=cythonize([Extension("{name}", ["{name}.pyx"], include_dirs=[velora.get_include()])]))
"""

_TEST = '''\
"""Properties of {title} that must hold; run with pytest."""

import velora as vl
from {name} import {title}

MARKET = vl.SyntheticMarket(seed=7, duration="20s").table()


def run(**options):
    return vl.Backtest(MARKET, {title}(**options), latency="5ms").run()


def test_it_trades_and_stays_within_its_cap():
    result = run(qty_lots=10, cap_lots=30)
    assert result.fills_raw.size > 0
    # A quote on its way when the other one fills may exceed the cap by its own quantity.
    assert abs(result.samples_raw["position"]).max() <= 30 + 10


def test_the_same_run_twice_has_the_same_hash():
    assert run().hash == run().hash
'''

_BACKTEST = """\
# velora backtest {name}.toml
[data]
synthetic = {{ seed = 7, duration = "60s" }}

[strategy]
class = "{place}:{title}"

[latency]
entry = "5ms"
response = "5ms"
"""


@app.callback()
def _new() -> None:
    """Create the first files of a strategy."""


@app.command()
def strategy(
    name: Annotated[str, typer.Argument(help="Name of the folder and the module, such as my_maker.")],
    compiled: Annotated[bool, typer.Option("--compiled", help="Cython instead of Python, with a setup.py.")] = False,
    folder: Annotated[Path, typer.Option(help="Parent of the new folder.")] = Path(),
) -> None:
    """Create a folder with a working strategy, a test, and a backtest file."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise InvalidArgument(f"a strategy's name must be lower case with underscores, such as my_maker, was {name!r}")
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or name in ("velora", "numpy", "pytest"):
        raise InvalidArgument(f"{name!r} is a keyword or another module's name: choose another name")
    target = folder / name
    if target.exists() or target.is_symlink():
        raise InvalidArgument(f"{target} exists already: choose another name or folder")
    title = "".join(part.capitalize() for part in name.split("_"))
    files = {f"{name}.pyx": _COMPILED, "setup.py": _SETUP} if compiled else {f"{name}.py": _PYTHON}
    files |= {f"test_{name}.py": _TEST, f"{name}.toml": _BACKTEST}
    place = name if compiled else f"{name}.py"
    with writing(str(target)):
        target.mkdir(parents=True)
    for file, template in files.items():
        with WholeFile(target / file) as out:
            out.write(template.format(name=name, title=title, place=place).encode())
        typer.echo(readable(target / file))
    typer.echo("")
    build = "python setup.py build_ext --inplace && " if compiled else ""
    typer.echo(readable(f"try it:  cd {target} && {build}python -m pytest && velora backtest {name}.toml"))
