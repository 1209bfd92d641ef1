"""Branch coverage of csrc, as the C tests of a build with VELORA_COVERAGE have left it; `make cov` runs them first.

Every branch that the compiler made of a source file or a header of csrc counts, summed over all that was compiled from
it: a branch of an inline function is taken if one of its users takes it. Left out are the lines of VEL_ASSERT and
VEL_DEBUG_ASSERT, whose failure ends the program, and nothing else.

    python cmake/coverage.py TREE [--minimum PERCENT] [--missed TEXT]

prints the branches taken of each file and in total, and exits with 1 below the minimum. With --missed the lines with a
branch that was not taken follow, of the files whose path holds TEXT: 1 for a branch taken, 0 for one not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COUNTED = ("csrc/src/", "csrc/include/")
ASSERTION = re.compile(r"\bVEL_(DEBUG_)?ASSERT\(")

# (file, function, line) -> how often each of its branches was taken. A macro that defines functions makes several of
# them on one line, so that the line alone would mix their branches.
Branches = dict[tuple[str, str, int], list[int]]


def read_tree(tree: Path) -> Branches:
    """Ask gcov for the branches of every object file below a build tree, and add them up."""
    branches: Branches = defaultdict(list)
    for notes in sorted(tree.resolve().rglob("*.gcno")):
        command = [os.environ.get("GCOV", "gcov"), "--json-format", "--branch-probabilities", "--stdout", str(notes)]
        answer = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout
        for line in answer.splitlines():
            add_unit(branches, json.loads(line))
    return branches


def add_unit(branches: Branches, unit: dict[str, Any]) -> None:
    """Add the branches of one compiled file."""
    for file in unit["files"]:
        path = os.path.relpath(os.path.join(unit["current_working_directory"], file["file"]), ROOT)
        if not path.startswith(COUNTED):
            continue
        for line in file["lines"]:
            taken = [branch["count"] for branch in line["branches"]]
            known = branches[path, line.get("function_name", ""), line["line_number"]]
            known.extend([0] * (len(taken) - len(known)))
            for at, count in enumerate(taken):
                known[at] += count


def without_assertions(branches: Branches) -> Branches:
    """Leave out the lines that assert something."""
    sources: dict[str, list[str]] = {}
    kept: Branches = {}
    for key, taken in branches.items():
        path, _, number = key
        lines = sources.setdefault(path, (ROOT / path).read_text(encoding="utf-8").splitlines())
        if taken and not ASSERTION.search(lines[number - 1]):
            kept[key] = taken
    return kept


def main() -> int:
    """Print the figures; 1 where they are too low."""
    parser = argparse.ArgumentParser(prog="python cmake/coverage.py", description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--minimum", type=float, default=90.0)
    parser.add_argument("--missed", metavar="TEXT")
    arguments = parser.parse_args()
    branches = without_assertions(read_tree(arguments.tree))
    if not branches:
        print(f"no coverage data below {arguments.tree}: build it with VELORA_COVERAGE and run its tests")
        return 1
    files: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (path, _, _), taken in branches.items():
        files[path][0] += sum(count > 0 for count in taken)
        files[path][1] += len(taken)
    for path, (taken_count, all_count) in sorted(files.items()):
        print(f"{path:<45} {taken_count:5} of {all_count:5}  {100 * taken_count / all_count:5.1f} %")
    taken_count, all_count = (sum(counts) for counts in zip(*files.values(), strict=True))
    percent = 100 * taken_count / all_count
    print(f"{'branches of csrc':<45} {taken_count:5} of {all_count:5}  {percent:5.1f} %")
    if arguments.missed is not None:
        for (path, function, number), taken in sorted(branches.items()):
            if arguments.missed in path and not all(taken):
                print(f"{path}:{number}: {function}: {''.join(str(int(count > 0)) for count in taken)}")
    if percent < arguments.minimum:
        print(f"below {arguments.minimum:g} %")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
