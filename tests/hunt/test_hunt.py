"""What nobody should do ends in an error: never in a signal, a hang or a SystemError."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hunt.surface import surface

CALLS = int(os.environ.get("VELORA_HUNT_CALLS", "2000"))
SEED = int(os.environ.get("VELORA_HUNT_SEED", "1"))


def test_hostile_calls_end_in_errors():
    tests = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "hunt", "--calls", str(CALLS), "--seed", str(SEED)],
        env={**os.environ, "PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) calls", done.stdout)[1]) >= CALLS


def compiled_methods():
    """Methods of compiled classes, by name."""
    for module, name in sorted(surface().kinds):
        kind = getattr(importlib.import_module(module), name)
        for method, found in vars(kind).items():
            if type(found).__name__ in ("method_descriptor", "cython_function_or_method"):
                yield f"{module}.{name}.{method}", found


def test_methods_refuse_a_self_of_another_class():
    """Cython's functions do not look at it: `OrderBookL2.clear(trade)` would write into the trade."""
    found = list(compiled_methods())
    assert len(found) > 300
    for name, method in found:
        for wrong in (None, 5, "X", object()):
            with pytest.raises(TypeError, match="descriptor"):
                method(wrong)
                pytest.fail(f"{name} took {wrong!r} for its self")
