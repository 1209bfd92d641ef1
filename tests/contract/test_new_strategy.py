"""`velora new strategy`: what it makes builds, passes its own test and runs from its file, outside of the package."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from velora.cli.main import app
from velora.errors import InvalidArgument


def in_folder(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["python", "compiled"])
def test_scaffolded_strategy_passes_its_test_and_runs(tmp_path, kind):
    if kind == "compiled":
        pytest.importorskip("Cython", reason="needs Cython to build the strategy")
        pytest.importorskip("setuptools", reason="needs setuptools to build the strategy")
    options = ["--compiled"] if kind == "compiled" else []
    done = CliRunner().invoke(app, ["new", "strategy", "my_maker", "--folder", str(tmp_path), *options])
    assert done.exit_code == 0, done.output
    folder = tmp_path / "my_maker"
    if kind == "compiled":
        in_folder(folder, sys.executable, "setup.py", "-q", "build_ext", "--inplace")
    assert "2 passed" in in_folder(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    main = "from velora.cli import main; main()"
    assert '"hash"' in in_folder(folder, sys.executable, "-c", main, "backtest", "my_maker.toml", "--json")


def test_names_and_folders_that_will_not_do_are_refused(tmp_path):
    runner = CliRunner()
    for name in ("My-Maker", "class", "json", "velora", ""):
        refused = runner.invoke(app, ["new", "strategy", name, "--folder", str(tmp_path)])
        assert isinstance(refused.exception, InvalidArgument)
    (tmp_path / "there").mkdir()
    refused = runner.invoke(app, ["new", "strategy", "there", "--folder", str(tmp_path)])
    assert isinstance(refused.exception, InvalidArgument)
