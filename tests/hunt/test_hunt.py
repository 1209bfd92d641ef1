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
#: Of `type.__flags__`: made by a class statement, not by C.
HEAP_TYPE = 1 << 9
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
    """Methods of extension classes, by name; static methods have no self."""
    for module, name in sorted(surface().kinds):
        kind = getattr(importlib.import_module(module), name)
        if kind.__flags__ & HEAP_TYPE:
            continue  # a class of Python, in a .py or a .pyx: attributes are looked up by name
        for method, found in vars(kind).items():
            if type(found).__name__ in ("method_descriptor", "cython_function_or_method"):
                yield f"{module}.{name}.{method}", found


def test_methods_refuse_a_self_of_another_class():
    """Cython's functions do not look at it: `OrderBookL2.clear(trade)` would write into the trade."""
    found = list(compiled_methods())
    assert len(found) > 300
    for name, method in found:
        assert type(method).__name__ == "method_descriptor", name
        with pytest.raises(TypeError, match="doesn't apply to"):
            method(object())
