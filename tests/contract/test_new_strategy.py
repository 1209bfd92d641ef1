"""`velora new strategy`: what it makes builds, passes its own test and runs from its file, outside of the package."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
import venv

import pytest
from typer.testing import CliRunner

from velora.cli.main import app
from velora.cli.schema import SCHEMA_FILE
from velora.errors import InvalidArgument

KINDS = ["python", "compiled"]


def in_folder(folder, *command, **environment):
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def made(folder, kind):
    options = ["--compiled"] if kind == "compiled" else []
    done = CliRunner().invoke(app, ["new", "strategy", "my_maker", "--folder", str(folder), *options])
    assert done.exit_code == 0, done.output
    return folder / "my_maker", done.output


def typed(output):
    """The commands that `velora new` prints, in their order."""
    return [line.strip() for line in output.partition("try it:")[2].splitlines() if line.strip()]


@pytest.mark.parametrize("kind", KINDS)
def test_scaffolded_strategy_passes_its_test_and_runs(tmp_path, kind):
    if kind == "compiled":
        pytest.importorskip("Cython", reason="needs Cython to build the strategy")
        pytest.importorskip("setuptools", reason="needs setuptools to build the strategy")
    folder, _ = made(tmp_path, kind)
    if kind == "compiled":
        in_folder(folder, sys.executable, "setup.py", "-q", "build_ext", "--inplace")
    assert "2 passed" in in_folder(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    main = "from velora.cli import main; main()"
    run = [sys.executable, "-c", main, "backtest", "my_maker.toml", "--json"]
    first = in_folder(folder, *run)
    assert '"hash"' in first
    assert in_folder(folder, *run, "--set", "strategy.parameters.qty_lots=5") != first


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_declares_what_its_build_and_its_tests_import(tmp_path, kind):
    folder, output = made(tmp_path, kind)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    declared = {re.split(r"[^\w-]", one)[0] for one in project["build-system"]["requires"]}
    assert declared == ({"setuptools", "cython", "velora-hft"} if kind == "compiled" else {"setuptools"})
    assert project["project"]["dependencies"] == ["velora-hft"]
    assert project["project"]["optional-dependencies"]["test"] == ["pytest>=8"]
    # What is typed before a build without isolation is what the project declares.
    commands = typed(output)
    if kind == "compiled":
        assert set(shlex.split(commands[1])[4:]) == set(project["build-system"]["requires"]) - {"velora-hft"}
    assert all("--no-build-isolation" in one for one in commands if kind == "compiled" and " -e " in one)


@pytest.mark.readme
@pytest.mark.skipif("VELORA_README" not in os.environ, reason="installs packages: run it by `make readme`")
@pytest.mark.parametrize("kind", KINDS)
def test_the_printed_commands_work_as_typed_in_a_fresh_environment(built_wheel, tmp_path, kind):
    venv.create(tmp_path / "env", with_pip=True)
    path = os.pathsep.join([str(tmp_path / "env" / "bin"), os.environ["PATH"]])
    in_folder(tmp_path, "python", "-m", "pip", "install", "-q", str(built_wheel), PATH=path)
    options = "--compiled" if kind == "compiled" else ""
    output = in_folder(tmp_path, "bash", "-c", f"velora new strategy my_maker {options}", PATH=path)
    commands = typed(output)
    assert commands[-1] == "velora backtest my_maker.toml"
    shown = in_folder(tmp_path, "bash", "-e", "-c", "\n".join(commands), PATH=path)
    assert "2 passed" in shown
    assert "Hash" in shown


def test_the_schema_of_a_project_is_the_packages(tmp_path):
    folder, _ = made(tmp_path, "python")
    first = (folder / "my_maker.toml").read_text().splitlines()[0]
    assert first == "#:schema ./velora.schema.json"
    assert (folder / "velora.schema.json").read_bytes() == SCHEMA_FILE.read_bytes()


def test_names_and_folders_that_will_not_do_are_refused(tmp_path):
    runner = CliRunner()
    for name in ("My-Maker", "class", "json", "velora", ""):
        refused = runner.invoke(app, ["new", "strategy", name, "--folder", str(tmp_path)])
        assert isinstance(refused.exception, InvalidArgument)
    (tmp_path / "there").mkdir()
    refused = runner.invoke(app, ["new", "strategy", "there", "--folder", str(tmp_path)])
    assert isinstance(refused.exception, InvalidArgument)
