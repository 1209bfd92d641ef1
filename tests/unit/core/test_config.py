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
        ('[run]\ncash = "much"', r"run\.toml, line 2: run\.cash: Expected `float`"),
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
