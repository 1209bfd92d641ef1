"""`velora data sample`: what it prints works as it stands."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from velora.cli import data
from velora.data.samples import KINDS

VELORA = [sys.executable, "-c", "from velora.cli.main import run; run()"]


def velora(*arguments, cwd):
    return subprocess.run([*VELORA, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def test_command_offers_the_kinds_of_the_package():
    assert data._SAMPLES == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_commands_that_are_printed_import_the_sample_and_run_a_backtest(kind, tmp_path):
    made = velora("data", "sample", kind, "--duration", "5s", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    commands = [line.strip() for line in made.stdout.splitlines() if line.startswith("    ")]
    assert commands[0] == f"cd samples/{kind}"
    assert len(commands) == 3
    for command in commands[1:]:
        name, *words = command.split()
        assert name == "velora"
        done = velora(*words, cwd=tmp_path / "samples" / kind)
        assert done.returncode == 0, done.stderr
    assert "Hash" in done.stdout


def test_json_lists_the_files(tmp_path):
    done = velora("data", "sample", "lobster", "databento", "--out", "x y", "--duration", "1s", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["kind"] for one in found] == ["lobster", "databento"]
    assert all((tmp_path / path).is_file() for one in found for path in one["files"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lobsters"], "KINDS must be of binance-capture"),
        (["lobster", "--duration", "1"], "duration"),
        (["lobster", "--duration", "2h"], "1s to 1h"),
        (["lobster", "--seed", "-1"], "seed"),
    ],
)
def test_wrong_arguments_are_one_message_and_no_files(arguments, message, tmp_path):
    done = velora("data", "sample", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
