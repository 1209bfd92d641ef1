"""The fuzzers, for a few inputs each, and that the harness finds what it is there to find."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the harness measures memory by /proc")
INPUTS = int(os.environ.get("VELORA_FUZZ_INPUTS", "40"))


def fuzz(*words, **environment):
    command = [sys.executable, "-m", *words]
    surroundings = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


def test_importers_and_readers_raise_nothing_but_their_own_errors():
    code, text = fuzz("tests.fuzz", "--inputs", str(INPUTS), "--seconds", "60")
    assert code == 0, text


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("raise", "ZeroDivisionError at ?: 'by nothing'"),
        ("hang", "more than 0.3 s of CPU"),
        ("grow", "memory: '1"),
        ("crash", "SIGSEGV in"),
        ("nothing", "0 kinds of findings"),
    ],
)
def test_the_harness_finds_what_breaks_a_promise(how, found):
    code, text = fuzz("tests.fuzz.broken", "--inputs", "6", "--seed", "2", VELORA_FUZZ_BREAK=how)
    assert (code == 0) == (how == "nothing"), text
    assert found in text, text


def test_an_input_can_be_run_again_by_its_number(tmp_path):
    for _ in range(2):
        code, text = fuzz(
            "tests.fuzz.broken",
            "--seed",
            "2",
            "--only",
            "4",
            "--keep",
            str(tmp_path / "kept"),
            VELORA_FUZZ_BREAK="raise",
        )
        assert (code, "by nothing" in text) == (1, True), text
        data = (tmp_path / "kept" / "a").read_bytes()
        assert repr(data) in text
