"""Install Velora from its sources with pip, show how far the compiler is, and on failure its messages.

    python cmake/build.py [arguments of pip install]

pip alone is either silent for a minute or prints all commands. This prints one sentence when there is something to
compile, a counter on one line where stderr is a terminal, and nothing when everything is up to date.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import deque
from pathlib import Path

_STEP = re.compile(r"^\s*\[(\d+)/(\d+)\]")
#: Builds of fewer steps take seconds.
_LONG = 60
#: Lines of pip that say why it failed where no compiler did.
_TAIL = 40
_FAILED = re.compile(r"FAILED:|CMake Error")
#: What follows says only that pip failed.
_END = re.compile(r"ninja: build stopped|\*\*\* CMake (?:build|configuration) failed")


def modules() -> int:
    text = (Path(__file__).resolve().parents[1] / "CMakeLists.txt").read_text()
    return len(re.findall(r"^velora_add_module\(", text, re.MULTILINE))


def main(arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pip", "install", "-v", "--progress-bar", "off", *arguments]
    is_terminal = sys.stderr.isatty()
    tail: deque[str] = deque(maxlen=_TAIL)
    failure: list[str] = []
    is_announced = is_shown = is_complete = False
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            step = _STEP.match(line)
            if step is None:
                tail.append(line)
                is_complete = is_complete or (bool(failure) and _END.search(line) is not None)
                if not is_complete and (failure or _FAILED.search(line)):
                    failure.append(line)
                continue
            done, total = int(step[1]), int(step[2])
            if total >= _LONG and not is_announced:
                is_announced = True
                print(f"velora: compiling {modules()} modules and the C library, about a minute", flush=True)
            if is_terminal and total > 1:
                is_shown = True
                print(f"\r\033[Kvelora: compiling {done}/{total}", end="", file=sys.stderr, flush=True)
    if is_shown:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if pip.returncode != 0:
        sys.stderr.writelines(failure or tail)
        print("velora: the build failed", file=sys.stderr)
    return pip.returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
