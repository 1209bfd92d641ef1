"""Values that the shell completes, through the protocol that its scripts use."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

import velora as vl

STRATEGY = """
import velora as vl


class Mine(vl.Strategy):
    spread = vl.Parameter(2.0)
    interval = vl.Duration("100ms")

    def __init__(self, side="BUY", **parameters):
        super().__init__(**parameters)
"""

FILE = """
[data]
path = "catalog"

[strategy]
class = "mine.py:Mine"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    market = vl.SyntheticMarket(seed=3, events=300)
    for root in ("catalog", "other"):
        vl.Catalog(folder / root, create=True).write(market)
    vl.Backtest(market, vl.Strategy()).run().to_parquet(folder / "kept")
    (folder / "mine.py").write_text(STRATEGY)
    (folder / "run.toml").write_text(FILE)
    (folder / "pyproject.toml").write_text("")
    (folder / "sub").mkdir()
    (folder / "sub" / "deep.toml").write_text(FILE)
    (folder / "a.journal").write_bytes(b"VELORAJ\n....")
    return folder


def completed(folder, line):
    """What bash offers for the last word of a line."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    env = {
        **os.environ,
        "_VELORA_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    program = "import sys; sys.argv[0] = 'velora'; from velora.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("velora backtest ", ["run.toml", "sub/"]),
        ("velora backtest r", ["run.toml"]),
        ("velora paper sub/", ["sub/deep.toml"]),
        ("velora report k", ["kept"]),
        ("velora explain k", ["kept"]),
        ("velora journal a", ["a.journal"]),
        ("velora data inspect ", ["SYNUSDT@synthetic"]),
        ("velora data inspect --catalog other SYN", ["SYNUSDT@synthetic"]),
        ("velora data inspect --catalog nowhere SYN", []),
        ("velora check queue SYN", ["SYNUSDT@synthetic"]),
        ("velora data import x --format binance-", ["binance-capture", "binance-json", "binance-archive"]),
        ("velora data import x --crossed st", ["stale"]),
        ("velora data list --catalog o", ["other/"]),
        (
            "velora backtest run.toml --set strategy.p",
            [f"strategy.parameters.{one}=" for one in ("interval", "side", "spread")],
        ),
        ("velora backtest run.toml --set latency.en", ["latency.entry="]),
        ("velora backtest run.toml --set venue.queue=ri", ["venue.queue=rigtorp", "venue.queue=risk_averse"]),
        ("velora backtest run.toml --set venue.oco=", ["venue.oco=cancel", "venue.oco=protect"]),
        ("velora backtest run.toml --set latency.preset=paradex_p", ["latency.preset=paradex_pro"]),
        ("velora backtest run.toml --set run.fuse_quotes=t", ["run.fuse_quotes=true"]),
    ],
)
def test_values_complete(folder, line, values):
    found = completed(folder, line)
    for value in values:
        assert value in found
    if not line.endswith((" ", "strategy.p")):
        assert sorted(set(found)) == sorted(values)


def test_a_broken_project_completes_without_a_word_on_standard_error(folder, tmp_path):
    (tmp_path / "run.toml").write_text(FILE)
    (tmp_path / "mine.py").write_text("1 / 0\n")
    assert "latency.entry=" in completed(tmp_path, "velora backtest run.toml --set latency.entry")
    (tmp_path / "run.toml").write_text("[data\n")
    assert "latency.entry=" in completed(tmp_path, "velora backtest run.toml --set latency.entry")
