"""What users compile against the installed package: it builds outside of it and does what its Python twin does."""

from __future__ import annotations

import importlib.util
import runpy
import shutil
import subprocess
import sys

import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.errors import StrategyError
from velora.testkit import Flow

pytest.importorskip("Cython", reason="needs Cython to build the example")
pytest.importorskip("setuptools", reason="needs setuptools to build the example")


@pytest.fixture(scope="module")
def compiled(repository, tmp_path_factory):
    """The compiled queue model, built in a folder of its own with its own setup.py."""
    folder = tmp_path_factory.mktemp("compiled") / "model"
    shutil.copytree(repository / "examples" / "compiled_queue_model", folder)
    return build(folder, "back_heavy")


@pytest.fixture(scope="module")
def maker(repository, tmp_path_factory):
    """The compiled strategy, built in a folder of its own with its own setup.py."""
    folder = tmp_path_factory.mktemp("compiled") / "strategy"
    shutil.copytree(repository / "examples" / "compiled_strategy", folder)
    setup = (folder / "setup.py").read_text().splitlines()
    assert len([line for line in setup if line.strip()]) == 4
    return build(folder, "maker")


def build(folder, name):
    """Run setup.py in a folder and import what it made."""
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob(f"{name}.*.so")
    spec = importlib.util.spec_from_file_location(name, built)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def twin(repository):
    """The Python twin of the compiled strategy."""
    return runpy.run_path(str(repository / "examples" / "06_compiled_strategy.py"))["Maker"]


def test_compiled_strategy_gives_the_result_of_its_python_twin(maker, twin):
    market = vl.SyntheticMarket(seed=7, duration="20s").table()
    made = [cls() for cls in (maker.Maker, twin)]
    results = [vl.Backtest(market, strategy, latency="2ms").run() for strategy in made]
    assert results[0].hash == results[1].hash
    assert made[0].fills == made[1].fills == results[0].fills_raw.size > 0


def test_python_class_over_a_compiled_one_overrides_single_hooks(maker, twin):
    seen = []

    class Talks(maker.Maker):
        def on_fill(self, fill):
            seen.append(fill.price_ticks)

    market = vl.SyntheticMarket(seed=7, duration="20s").table()
    talks = Talks()
    result = vl.Backtest(market, talks, latency="2ms").run()
    assert result.hash == vl.Backtest(market, twin(), latency="2ms").run().hash
    assert seen == result.fills_raw["price"].tolist()
    assert talks.fills == 0


def test_compiled_and_python_strategies_run_side_by_side(maker, twin):
    market = vl.SyntheticMarket(seed=7, duration="20s").table()
    result = vl.Backtest(market, {"python": twin(), "compiled": maker.Maker(cap_lots=20)}, latency="2ms").run()
    assert all(one["fills"] > 0 for one in result.strategies)


EVERY_HOOK = """
# cython: language_level=3
from velora.core.book cimport OrderBookL2
from velora.core.market cimport Candle, Funding, Gap, Quote, Signal, Timer, Trade
from velora.core.orders cimport Fill, Order, Position
from velora.strategy.base cimport StrategyBase


cdef class Every(StrategyBase):
    cdef readonly list seen

    cpdef on_start(self):
        self.seen = []
        self.subscribe_candles(self.instruments[0], "1s")
        self.every("1s", name="tick")
        self.emit("hello")

    cpdef on_stop(self):
        self.seen.append(("on_stop", None))

    cpdef on_trade(self, Trade trade):
        self.seen.append(("on_trade", trade))
        self.buy(trade.instrument, qty_lots=1)

    cpdef on_quote(self, Quote quote):
        self.seen.append(("on_quote", quote))

    cpdef on_book(self, OrderBookL2 book):
        self.seen.append(("on_book", book))

    cpdef on_gap(self, Gap gap):
        self.seen.append(("on_gap", gap))

    cpdef on_funding(self, Funding funding):
        self.seen.append(("on_funding", funding))

    cpdef on_candle(self, Candle candle):
        self.seen.append(("on_candle", candle))

    cpdef on_order(self, Order order):
        self.seen.append(("on_order", order))

    cpdef on_fill(self, Fill fill):
        self.seen.append(("on_fill", fill))

    cpdef on_position(self, Position position):
        self.seen.append(("on_position", position))

    cpdef on_timer(self, Timer timer):
        self.seen.append(("on_timer", timer))

    cpdef on_signal(self, Signal signal):
        self.seen.append(("on_signal", signal))


cdef class Raises(StrategyBase):
    cpdef on_trade(self, Trade trade):
        raise ValueError("compiled and unlucky")


class Plain(StrategyBase):
    def on_trade(self, trade):
        self.trades = getattr(self, "trades", 0) + 1


cdef class Misspelt(StrategyBase):
    cpdef on_trades(self, object trade):
        pass
"""


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled") / "hooks"
    folder.mkdir()
    (folder / "hooks.pyx").write_text(EVERY_HOOK)
    (folder / "setup.py").write_text(
        "import velora\nfrom Cython.Build import cythonize\nfrom setuptools import Extension, setup\n"
        "setup(name='hooks', ext_modules=cythonize([Extension('hooks', ['hooks.pyx'], "
        "include_dirs=[velora.get_include()])]))\n"
    )
    return build(folder, "hooks")


def test_every_compiled_hook_is_called(hooks):
    flow = Flow().snapshot(0, bids=[(99, 5)], asks=[(101, 5)])
    flow.trade(1_000_000_012, Side.SELL, 100, 3).trade(1_500_000_000, Side.BUY, 101, 4)
    flow.row(1_600_000_000, EventKind.FUNDING, price=100 * 10**8, qty=10_000).row(1_700_000_000, EventKind.GAP)
    flow.delta(2_500_000_000, Side.BUY, 98, 1)
    every = hooks.Every()
    vl.Backtest(flow.table(), every).run()
    events = ["Trade", "Quote", "Gap", "Funding", "Candle", "Order", "Fill", "Position", "Timer", "Signal"]
    called = {(hook, type(event)) for hook, event in every.seen if event is not None}
    assert called == {("on_book", vl.OrderBookL2), *((f"on_{name.lower()}", getattr(vl, name)) for name in events)}
    assert every.seen[-1] == ("on_stop", None)


def test_compiled_hook_that_raises_is_stopped_alone(hooks, twin):
    market = vl.SyntheticMarket(seed=7, duration="20s").table()
    with pytest.raises(ValueError, match="unlucky"):
        vl.Backtest(market, hooks.Raises()).run()
    result = vl.Backtest(market, {"bad": hooks.Raises(), "good": twin()}).run()
    assert [one["state"] for one in result.strategies] == ["FAILED", "STOPPED"]
    assert "compiled and unlucky" in result.errors["bad"]


def test_python_class_in_a_compiled_module_is_called_too(hooks):
    plain = hooks.Plain()
    vl.Backtest(Flow().trade(0, Side.BUY, 100, 1).trade(9, Side.BUY, 100, 1).table(), plain).run()
    assert plain.trades == 2


def test_near_miss_of_a_compiled_hook_is_an_error(hooks):
    with pytest.raises(StrategyError, match="did you mean on_trade"):
        vl.Backtest(Flow().trade(0, Side.BUY, 100, 1).table(), hooks.Misspelt())


def test_compiled_queue_model_gives_the_fills_of_its_python_twin(compiled, repository, monkeypatch):
    monkeypatch.setattr("sys.argv", ["example"])
    twin = runpy.run_path(str(repository / "examples" / "03_queue_model.py"))
    market = vl.SyntheticMarket(seed=7, duration="20s")
    hashes = {
        vl.Backtest(market, twin["Quoter"](), latency="5ms", queue=model).run().hash
        for model in (compiled.BackHeavy(), twin["BackHeavy"]())
    }
    assert len(hashes) == 1
    assert compiled.BackHeavy().after(vl.ns(60), 100, 90) == pytest.approx(57)
