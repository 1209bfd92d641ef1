"""Ctrl-C ends any command with one word and exit code 130; a misspelt word is answered by the one that was meant."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import pytest

import velora as vl

PROGRAM = "import sys; sys.argv[0] = 'velora'; from velora.cli import main; main()"

#: A strategy that leaves a file when its run has begun, and then takes long.
STRATEGY = """
import pathlib

import velora as vl


class Mine(vl.Strategy):
    def on_start(self):
        pathlib.Path("begun").touch()
"""

FILE = '[data]\nsynthetic = { seed = 3, duration = "1d" }\n[strategy]\nclass = "mine.py:Mine"\n'


@pytest.mark.parametrize(
    ("command", "begun"),
    [
        (["backtest", "run.toml"], "begun"),
        (["backtest", "slow.toml"], "begun"),
        (["demo", "--events", "20000000", "--html", "r.html"], None),
    ],
    ids=["backtest", "import of a strategy", "demo"],
)
def test_ctrl_c_is_one_word_and_exit_code_130(tmp_path, command, begun):
    (tmp_path / "mine.py").write_text(STRATEGY)
    (tmp_path / "slow.py").write_text("import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(60)\n")
    (tmp_path / "run.toml").write_text(FILE)
    (tmp_path / "slow.toml").write_text(FILE.replace("mine.py", "slow.py"))
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 60
        while begun is not None and not (tmp_path / begun).exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if begun is None:
            assert process.stdout is not None
            assert process.stdout.readline()  # its first sentence
        process.send_signal(signal.SIGINT)
        shown, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.strip()) == (130, "interrupted")
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["bactest", "x"], "backtest"),
        (["data", "lst"], "list"),
        (["new", "stratgy", "x"], "strategy"),
        (["backtest", "x", "--htlm", "y"], "--html"),
        (["paper", "x", "--sped", "3"], "--speed"),
    ],
)
def test_a_misspelt_word_is_answered_by_the_one_that_was_meant(words, meant):
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert re.search(rf"(Did you mean|Possible options|did you mean).*{meant}", " ".join(done.stderr.split()))


def test_a_misspelt_parameter_of_a_market_is_answered_by_all_of_them():
    with pytest.raises(
        vl.errors.InvalidArgument, match=r"no parameter 'sed'; did you mean 'seed'\? It has seed, .*limit"
    ):
        vl.SyntheticMarket(sed=7)
