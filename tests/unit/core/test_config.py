"""Configuration: TOML, then environment, then command line; unknown keys are errors with their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from velora.core.config import load_config
from velora.errors import ConfigError, MissingFile

TEXT = """
[data]
path = "here"

[strategy]
class = "a:B"

[strategy.parameters]
anything = 1

[latency]
entry = "5ms"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[latency]\nentry = 5", r'line 2: latency.entry must be .*was 5; did you mean "5ms"'),
        ("[run]\nsample = 1.5", r'line 2: run.sample must be .*did you mean "1.5s"'),
        ("[latency]\nfaults = { timeout = 3, lost = { cancel = 0.1 } }", r"line 2: latency.faults.timeout must be"),
        ('[latency.venues.one]\nvenue = "1ms"\nentry = 2_000_000', r'latency.venues.one.entry must be .*"2ms"'),
    ],
)
def test_duration_without_a_unit_is_refused_with_its_place(tmp_path, text, message):
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(tmp_path / "run.toml", environment={})


def test_command_line_wins_over_environment_wins_over_file(file):
    environment = {"VELORA__LATENCY__ENTRY": "7ms", "VELORA__RUN__CASH": "100", "OTHER": "x"}
    config = load_config(file, ["run.cash=200", "strategy.parameters.more=[1, 2]"], environment)
    assert config.data.path == "here"
    assert config.latency.entry == "7ms"
    assert config.run.cash == 200
    assert config.strategy.parameters == {"anything": 1, "more": [1, 2]}


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
parameters = { away = 1 }
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
        several, ["strategies.near.parameters.away=7"], {"VELORA__STRATEGIES__TAKER__PARAMETERS__SPREAD": "9"}
    )
    assert config.strategies[0].parameters == {"away": 7}
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "9" * 5_000, "a number of thousands of digits"),
        ("x = " + "1" * 4_301, "a number of thousands of digits"),
        ("x = " + "[" * 5_000, "brackets or tables are nested too deeply"),
        ("x = " + "{a=" * 5_000, "brackets or tables are nested too deeply"),
        ("[run]\ncash = " + "9" * 400, r"line 2: run\.cash: Number out of range"),
        ("[run]\nstart = 2024-08-08T00:00:00Z", r"line 2: run\.start: .*got `datetime`; put it in quotes"),
        ("[run]\nend = 12:30:00", r"run\.end: .*got `time`; put it in quotes"),
        ("strategies = [1]", r"\[\[strategies\]\] must be tables"),
        ('[data]\n"\\u001b[2J" = 1', r"unknown key data\.\\x1b\[2J"),
    ],
)
def test_what_toml_cannot_hold_is_one_message(tmp_path, text, message):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(path, environment={})


@pytest.mark.parametrize(
    ("overrides", "environment", "message"),
    [
        (["data.path.x=1"], {}, r"--set data\.path\.x=1: data\.path is a value, not a table: it has no key 'x'"),
        (["latency.entry.a.b=1"], {}, r"latency\.entry is a value, not a table"),
        (["run.cash=1"], {"VELORA__RUN": "1"}, r"--set run\.cash=1: run is a value, not a table"),
        ([], {"VELORA__DATA__PATH__X": "1"}, r"VELORA__DATA__PATH__X: data\.path is a value"),
        (["data.synthetic." + "a." * 5_000 + "b=1"], {}, "more than 32 nested tables"),
        (["run.cash=" + "9" * 5_000], {}, r"run\.cash=9+\.\.\.: run\.cash: Expected"),
        (["run.cash=" + "[" * 5_000], {}, r"run\.cash: Expected"),
        (["data.=1"], {}, "unknown field"),
        ([".=1"], {}, "unknown section ''"),
        (["="], {}, "section.key=value"),
    ],
)
def test_keys_and_values_that_make_no_sense_are_one_message(file, overrides, environment, message):
    with pytest.raises(ConfigError, match=message):
        load_config(file, overrides, environment)


@pytest.mark.parametrize("kind", ["binary", "folder", "pipe", "device", "loop", "long", "null", "surrogate", "large"])
def test_what_is_no_file_of_text_is_one_message(tmp_path, kind):
    path = tmp_path / "run.toml"
    if kind == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(1 << 30)
    elif kind != "binary":
        path = tmp_path / {"long": "x" * 5_000, "null": "a\0b", "surrogate": "\udcff"}[kind]
    with pytest.raises((ConfigError, MissingFile)):
        load_config(path, environment={})
