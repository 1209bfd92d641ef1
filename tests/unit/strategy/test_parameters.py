"""Parameters: typed, bounded, changed whole or not at all, and every change on record."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest

import velora as vl
from velora.cli.backtest import build_backtest
from velora.cli.strategies import load_strategy
from velora.core.config import load_config
from velora.core.events import Side
from velora.errors import ConfigError, InvalidArgument
from velora.testkit import Flow


class Tuned(vl.Strategy):
    spread = vl.Parameter(2.0, low=0.5, high=20, step=0.5, unit="ticks", doc="distance of the quotes")
    levels = vl.Parameter(3, low=1, high=10)
    is_shy = vl.Parameter(False)
    size = vl.Parameter(Decimal("0.01"), low=Decimal("0.001"))
    interval = vl.Duration("100ms", low="1ms", high="10s", log=True)
    model = vl.Choice(["plain", "skewed"])


def flow():
    return Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).trade(900, Side.BUY, 110, 1).table()


def test_defaults_are_of_the_declared_types():
    assert Tuned().parameter_values() == {
        "spread": 2.0,
        "levels": 3,
        "is_shy": False,
        "size": Decimal("0.01"),
        "interval": 100_000_000,
        "model": "plain",
    }


def test_constructor_keywords_come_with_the_declaration():
    tuned = Tuned(spread=3, interval="5ms", size="0.5", model="skewed")
    assert (tuned.spread, tuned.interval, tuned.size, tuned.model) == (3.0, 5_000_000, Decimal("0.5"), "skewed")
    assert type(tuned.spread) is float
    assert Tuned(interval=timedelta(seconds=1)).interval == 10**9
    assert Tuned().spread == 2.0


def test_a_constructor_of_its_own_may_pass_them_on_or_not():
    class Passes(Tuned):
        def __init__(self, symbol, **parameters):
            super().__init__(**parameters)
            self.symbol = symbol

    class Alone(Tuned):
        def __init__(self):
            self.half = self.spread / 2

    assert Passes("X", levels=4).levels == 4
    alone = Alone()
    alone.set_parameters(levels=5)
    assert (alone.half, alone.levels, Alone().levels) == (1.0, 5, 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"spread": 0.4}, r"spread must be in \[0.5, 20.0\] ticks, was 0.4"),
        ({"spread": float("nan")}, "spread must be a finite number"),
        ({"spread": "2"}, "spread must be a finite number"),
        ({"spread": True}, "spread must be a finite number"),
        ({"levels": 3.0}, "levels must be a whole number"),
        ({"levels": True}, "levels must be a whole number"),
        ({"is_shy": 1}, "is_shy must be true or false"),
        ({"size": 0.1}, "size must be a Decimal"),
        ({"size": "x"}, "size must be a Decimal"),
        ({"size": Decimal(0)}, "size must be at least 0.001"),
        ({"interval": "11s"}, r"interval must be in \[1ms, 10s\]"),
        ({"model": "other"}, "model must be one of 'plain', 'skewed', was 'other'"),
        ({"sprea": 1}, "has no parameter 'sprea'; did you mean spread?"),
    ],
)
def test_wrong_values_are_refused_by_name(given, words):
    with pytest.raises(InvalidArgument, match=words):
        Tuned(**given)


def test_a_change_is_made_whole_or_not_at_all():
    tuned = Tuned()
    with pytest.raises(InvalidArgument, match="levels"):
        tuned.set_parameters(spread=5, levels=11)
    assert tuned.spread == 2.0


@pytest.mark.parametrize(
    "declare",
    [
        lambda: vl.Parameter(1.0, low=2.0),
        lambda: vl.Parameter(1.0, low=3.0, high=2.0),
        lambda: vl.Parameter(1.0, step=0.0),
        lambda: vl.Parameter(1.0, low=0.0, log=True),
        lambda: vl.Parameter(True, low=False),
        lambda: vl.Parameter([1]),
        lambda: vl.Choice([]),
        lambda: vl.Choice("ab"),
        lambda: vl.Choice([1, 2], default=3),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(declare):
    with pytest.raises(InvalidArgument):
        declare()


def test_specifications_are_there_for_an_optimiser():
    specs = Tuned.parameters()
    assert list(specs) == ["spread", "levels", "is_shy", "size", "interval", "model"]
    spread = specs["spread"]
    assert (spread.low, spread.high, spread.step, spread.unit, spread.type) == (0.5, 20.0, 0.5, "ticks", float)
    assert (specs["interval"].low, specs["interval"].log) == (1_000_000, True)
    assert specs["model"].choices == ("plain", "skewed")
    assert Tuned.spread is spread


def test_a_subclass_inherits_replaces_and_hides():
    class Sub(Tuned):
        spread = vl.Parameter(7.0)
        levels = 4  # an attribute like any other from here on

    assert list(Sub.parameters()) == ["spread", "is_shy", "size", "interval", "model"]
    assert (Sub().spread, Sub().levels) == (7.0, 4)


class Changed(Tuned):
    def __init__(self, changes, refuse=False):
        self.changes = changes
        self.refuse = refuse
        self.told = []

    def on_start(self):
        for ts, values in self.changes:
            self.at(ts, lambda values=values: self.set_parameters(**values))

    def on_parameters(self, changed):
        if self.refuse:
            raise InvalidArgument("not now")
        self.told.append((self.now, {name: change.new for name, change in changed.items()}))

    def on_signal(self, signal):
        self.told.append((signal.name, list(signal.value)))


def test_changes_of_a_running_session_are_told_journalled_and_kept_with_the_result(tmp_path):
    strategy = Changed(
        [(100, {"spread": 3, "levels": 3}), (200, {"spread": 4.0, "size": "0.02"}), (300, {"levels": 3})]
    )
    strategy.set_parameters(levels=2)  # before the session: not a change of it
    strategy.set_parameters(levels=3)
    result = vl.Backtest(flow(), strategy).run()
    assert strategy.told == [
        (100, {"spread": 3.0}),
        ("parameters", ["spread"]),
        (200, {"spread": 4.0, "size": Decimal("0.02")}),
        ("parameters", ["spread", "size"]),
    ]
    assert strategy.parameter_changes == (
        (100, "spread", 2.0, 3.0),
        (200, "spread", 3.0, 4.0),
        (200, "size", Decimal("0.01"), Decimal("0.02")),
    )
    result.to_parquet(tmp_path / "kept")
    config = vl.Result.load(tmp_path / "kept").config
    assert config["parameters"]["spread"] == 4.0
    assert config["parameter_changes"][2] == {"ts": 200, "name": "size", "old": "0.01", "new": "0.02"}


def test_a_hook_that_raises_refuses_the_change():
    strategy = Changed([(100, {"spread": 3})], refuse=True)
    with pytest.raises(InvalidArgument, match="not now"):
        vl.Backtest(flow(), strategy).run()
    assert strategy.spread == 2.0
    assert strategy.parameter_changes == ()


def test_assigning_is_a_change_like_any_other():
    class Assigns(Tuned):
        def on_start(self):
            self.at(50, self.change)

        def change(self):
            self.spread = 9

    strategy = Assigns()
    vl.Backtest(flow(), strategy).run()
    assert strategy.parameter_changes == ((50, "spread", 2.0, 9.0),)
    with pytest.raises(InvalidArgument, match="spread"):
        strategy.spread = 99


# ---------------------------------------------------------------------- configuration

MODULE = """
import velora as vl


class Mine(vl.Strategy):
    spread = vl.Parameter(2.0, low=0.5, high=20)
    interval = vl.Duration("100ms")


class Own(Mine):
    def __init__(self, spread):
        super().__init__(spread=spread)


class Silent(Mine):
    def __init__(self):
        pass
"""

FILE = """
[data]
synthetic = { seed = 3, events = 2000 }

[strategy]
class = "mine.py:Mine"

[strategy.parameters]
spread = 3
interval = "5ms"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "run.toml").write_text(FILE)
    return tmp_path


@pytest.mark.parametrize("name", ["Mine", "Own", "Silent"])
def test_parameters_of_a_file_reach_any_kind_of_constructor(folder, name):
    strategy = load_strategy(f"mine.py:{name}", {"spread": 3, "interval": "5ms"}, folder)
    assert strategy.parameter_values() == {"spread": 3.0, "interval": 5_000_000}


def test_parameters_come_from_file_environment_and_command_line(folder):
    config = load_config(
        folder / "run.toml", ["strategy.parameters.spread=4.5"], {"VELORA__STRATEGY__PARAMETERS__INTERVAL": "7ms"}
    )
    strategy = build_backtest(config, folder).strategy
    assert strategy.parameter_values() == {"spread": 4.5, "interval": 7_000_000}


def test_an_algorithm_and_its_warm_up_come_from_a_file_too(folder):
    text = FILE.replace("mine.py:Mine", "velora.strategy.execution:Twap").replace("events = 2000", 'duration = "20s"')
    text = text[: text.index("spread")] + 'duration = "8s"\nslices = 4\nside = "SELL"\nqty = 0.4\n'
    (folder / "run.toml").write_text(text + '\n[run]\nwarmup = "5s"\n')
    backtest = build_backtest(load_config(folder / "run.toml", environment={}), folder)
    result = backtest.run()
    assert backtest.strategy.execution.ending == "filled"
    assert result.config["parameters"]["duration"] == "8s"
    assert result.config["warmup_ns"] == 5 * 10**9
    assert result.orders_raw["ts_sent"].min() > result.period[0]  # taken when the warm-up was over


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({"spraed": 1}, "did you mean spread"), ({"spread": 100}, "spread must be in"), ({"x": 1}, "it has spread")],
)
def test_wrong_parameters_of_a_file_are_errors_by_name(folder, parameters, words):
    with pytest.raises(ConfigError, match=f"strategy.parameters: .*{words}"):
        load_strategy("mine.py:Mine", parameters, folder)


def test_types_are_revealed_as_documented(tmp_path):
    pytest.importorskip("mypy", reason="needs mypy")
    (tmp_path / "typed.py").write_text(
        "from decimal import Decimal\n\nimport velora as vl\n\n\n"
        "class Mine(vl.Strategy):\n"
        "    spread = vl.Parameter(2.0, low=0.5, high=20)\n"
        "    levels = vl.Parameter(3)\n"
        '    size = vl.Parameter(Decimal("0.01"))\n'
        '    interval = vl.Duration("100ms")\n'
        '    model = vl.Choice(["a", "b"])\n\n\n'
        "def read(mine: Mine) -> tuple[float, int, Decimal, int, str]:\n"
        "    return mine.spread, mine.levels, mine.size, mine.interval, mine.model\n\n\n"
        "def spec() -> float | None:\n"
        "    return Mine.spread.low\n\n\n"
        "reveal_type(Mine().spread)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "typed.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert '"builtins.float"' in done.stdout or '"float"' in done.stdout
