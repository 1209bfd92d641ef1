"""Instructions of each figure of `figures`, counted by callgrind and compared with the baseline.

A count hardly depends on what else the machine does, so that a regression shows where times are noise. It depends on
compiler and interpreter: the baseline holds which ones made it, and where they differ the counts are shown and nothing
fails. Needs valgrind with its headers and a C compiler.

    python -m perf_tests.micro.instructions [--renew] [--only TEXT] [--tolerance PERCENT]

exits with 1 when a figure takes more instructions an operation than the baseline allows. --renew writes a new baseline.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from perf_tests.micro.figures import FIGURES, MicroFigure

BASELINE = Path(__file__).resolve().parents[1] / "baseline" / "micro.json"
MARKS = Path(__file__).with_name("callgrind_marks.c")


def tool_version(*command: str) -> str:
    """The first number with a dot that a tool says of itself."""
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"\d+\.\d+", said)
    return found.group() if found else said.strip()


def made_with() -> dict[str, str]:
    """What a count depends on, apart from the code."""
    return {
        "compiler": tool_version("cc", "-dumpfullversion").split(".")[0],
        "machine": platform.machine(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "valgrind": tool_version("valgrind", "--version"),
    }


# ---------------------------------------------------------------- under callgrind


def count_one(marks: ctypes.CDLL, figure: MicroFigure) -> int:
    """One pass between the marks, after one that fills what is filled once."""
    figure.prepare(figure.size_counted)()
    call = figure.prepare(figure.size_counted)
    gc.collect()
    gc.disable()
    marks.marks_begin()
    done = call()
    marks.marks_end(figure.name.encode())
    gc.enable()
    return done


def run_counted(library: str, only: str) -> None:
    """Print how many operations each figure has done; callgrind writes what they took."""
    marks = ctypes.CDLL(library)
    marks.marks_end.argtypes = [ctypes.c_char_p]
    print(json.dumps({figure.name: count_one(marks, figure) for figure in FIGURES if only in figure.name}))


def read_dumps(folder: Path) -> dict[str, int]:
    """Instructions by figure, of callgrind's dumps."""
    counts: dict[str, int] = {}
    for dump in folder.glob("out.*"):
        text = dump.read_text(errors="replace")
        name = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.MULTILINE)
        total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
        if name and total:
            counts[name.group(1)] = int(total.group(1))
    return counts


def count_all(only: str) -> dict[str, float]:
    """Instructions an operation of each figure."""
    with tempfile.TemporaryDirectory() as place:
        library = os.path.join(place, "marks.so")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, str(MARKS)], check=True)
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={place}/out", "-q"]
        command += [sys.executable, "-m", __spec__.name, "--counted", library, "--only", only]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
        done, counts = json.loads(answer), read_dumps(Path(place))
        return {name: counts[name] / done[name] for name in done}


# ---------------------------------------------------------------- against the baseline


def show(counts: dict[str, float], known: dict[str, float], tolerance: float) -> list[str]:
    """Print a line a figure; the names of those that grew beyond the tolerance."""
    grown = []
    for figure in FIGURES:
        if figure.name not in counts:
            continue
        count, before = counts[figure.name], known.get(figure.name)
        change = "not in the baseline" if before is None else f"{100 * (count / before - 1):+6.1f} % of {before:,.1f}"
        print(f"{figure.name:<22} {count:10,.1f} instructions a {figure.unit:<8} {change}")
        if before is not None and count > before * (1 + tolerance / 100):
            grown.append(figure.name)
    return grown


def save(baseline: dict[str, Any], counts: dict[str, float], tools: dict[str, str]) -> None:
    """Write the counts; figures that were not counted keep theirs if the tools are the same."""
    kept = baseline["instructions"] if baseline.get("made_with") == tools else {}
    names = {figure.name for figure in FIGURES}
    merged = {name: round(count, 1) for name, count in {**kept, **counts}.items() if name in names}
    BASELINE.write_text(json.dumps({"made_with": tools, "instructions": merged}, indent=1, sort_keys=True) + "\n")
    print(f"wrote {BASELINE}")


def main() -> int:
    """Count, then compare or renew."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m perf_tests.micro.instructions", description=about)
    parser.add_argument("--renew", action="store_true", help="write a new baseline")
    parser.add_argument("--only", default="", metavar="TEXT", help="figures whose name holds TEXT")
    parser.add_argument("--tolerance", type=float, default=3.0, metavar="PERCENT")
    parser.add_argument("--counted", metavar="LIBRARY", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.counted:
        run_counted(arguments.counted, arguments.only)
        return 0
    if not shutil.which("valgrind") or not shutil.which("cc"):
        print("counting instructions needs valgrind (Debian: valgrind) and a C compiler")
        return 2
    tools = made_with()
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    counts = count_all(arguments.only)
    grown = show(counts, baseline.get("instructions", {}), arguments.tolerance)
    if arguments.renew:
        save(baseline, counts, tools)
        return 0
    if baseline.get("made_with") != tools:
        print(f"the baseline is of other tools, {baseline.get('made_with')}, not {tools}: nothing was compared")
        return 0
    for name in grown:
        print(f"{name}: more than {arguments.tolerance:g} % above the baseline")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
