"""Configuration: TOML, then environment, then command line; unknown keys are errors with their place."""

from __future__ import annotations

import pytest

from velora.core.config import load_config
from velora.errors import ConfigError, MissingFile

TEXT = """
[data]
path = "here"

[strategy]
class = "a:B"

[strategy.params]
anything = 1

[latency]
entry = "5ms"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(TEXT)
    return path


def test_command_line_wins_over_environment_wins_over_file(file):
    environment = {"VELORA__LATENCY__ENTRY": "7ms", "VELORA__RUN__CASH": "100", "OTHER": "x"}
    config = load_config(file, ["run.cash=200", "strategy.params.more=[1, 2]"], environment)
    assert config.data.path == "here"
    assert config.latency.entry == "7ms"
    assert config.run.cash == 200
    assert config.strategy.params == {"anything": 1, "more": [1, 2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[latency]\nentri = "5ms"', r"run\.toml, line 2: unknown key latency\.entri; did you mean latency\.entry\?"),
        ("[latensy]\nentry = 1", r"run\.toml, line 1: unknown section 'latensy'; did you mean \[latency\]\?"),
        ('[run]\ncash = "much"', r"run\.toml, line 2: run\.cash: Expected `float` or a table by currency"),
        ("[run\ncash = 1", "not valid TOML"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, text, message):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(path, environment={})


def test_unknown_keys_of_environment_and_command_line_are_errors(file):
    with pytest.raises(ConfigError, match=r"VELORA__RUN__CASHH.*did you mean run\.cash"):
        load_config(file, environment={"VELORA__RUN__CASHH": "1"})
    with pytest.raises(ConfigError, match=r"--set run\.foo=1: unknown key run\.foo"):
        load_config(file, ["run.foo=1"], {})
    with pytest.raises(ConfigError, match=r"--set takes section\.key=value"):
        load_config(file, ["run"], {})


def test_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFile, match=r"none\.toml"):
        load_config(tmp_path / "none.toml")


SEVERAL = """
[[strategies]]
name = "near"
class = "a.py:Maker"
params = { away = 1 }
capital = 5000

[[strategies]]
class = "a.py:Taker"
capital = { USDT = "10.5" }

[strategies.parameters]
spread = 2

[run]
on_error = "stop"
retention = 100
"""


@pytest.fixture
def several(tmp_path):
    path = tmp_path / "several.toml"
    path.write_text(SEVERAL)
    return path


def test_several_strategies_are_read_in_their_order(several):
    config = load_config(several, environment={})
    assert [(one.label, one.cls, one.capital) for one in config.strategies] == [
        ("near", "a.py:Maker", 5000),
        ("Taker", "a.py:Taker", {"USDT": "10.5"}),
    ]
    assert config.strategies[1].parameters == {"spread": 2}
    assert (config.run.on_error, config.run.retention) == ("stop", 100)


def test_one_of_several_strategies_is_set_by_its_name(several):
    config = load_config(
        several, ["strategies.near.params.away=7"], {"VELORA__STRATEGIES__TAKER__PARAMETERS__SPREAD": "9"}
    )
    assert config.strategies[0].params == {"away": 7}
    assert config.strategies[1].parameters == {"spread": 9}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("capital = {", "capitl = {"), r"line 10: unknown key strategies\.capitl; did you mean strategies\.capital\?"),
        (("capital = 5000", "capital = [1]"), r"line 6: strategies\[0\]\.capital: Expected"),
        (('"stop"', '"halt"'), r"line 16: run\.on_error: Invalid enum value 'halt'"),
        (("[[strategies]]\nname", "[[strategy]]\nname"), r"line 2: \[strategy\] must be a table"),
    ],
)
def test_mistakes_in_several_strategies_are_named_with_their_line(several, change, message):
    several.write_text(SEVERAL.replace(*change, 1))
    with pytest.raises(ConfigError, match=message):
        load_config(several, environment={})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("strategies.far.capital=1", r"names one strategy; the file has near, Taker"),
        ("strategies.near=1", r"names one strategy; the file has near, Taker"),
        ("strategies.near.capitol=1", r"did you mean strategies\.capital\?"),
    ],
)
def test_a_wrong_override_of_one_of_several_is_an_error(several, override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(several, [override], {})


def test_cash_may_be_by_currency(tmp_path):
    (tmp_path / "run.toml").write_text('[run]\ncash = { USDT = 1000, BTC = "0.5" }\n')
    assert load_config(tmp_path / "run.toml", environment={}).run.cash == {"USDT": 1000.0, "BTC": "0.5"}
