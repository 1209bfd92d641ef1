"""Drive everything that is public with hostile values, and say what goes wrong.

    python -m tests.hunt --calls 100000 --seed 7 [--build sanitized] [--workers 2]
    python -m tests.hunt --script "7/12"          # the statements of one script, run again

A script is made of calls that depend on its seed and on the code alone, so that a fault repeats. Each distinct fault is
shrunk to the smallest script that shows it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .surface import Surface

PER_SCRIPT = 100
_COUNTED = ("raised", "poor", "ignored", "tried", "went_well")


def _sanitized(arguments: list[str]) -> int:
    """This hunt again, with the sanitized build."""
    root = Path(__file__).resolve().parents[2]
    script = root / "cmake" / "asan_python.sh"
    return subprocess.run([script, root / ".venv", "-m", "tests.hunt", *arguments], check=False).returncode


def _worker(index: int, workers: int, calls: int, seed: int, seconds: float, leaks: bool) -> dict[str, object]:
    from .server import Server
    from .surface import surface

    warnings.simplefilter("ignore")
    server = Server(surface())
    until = time.monotonic() + seconds
    number = index
    while server.tally.calls < calls and time.monotonic() < until:
        if leaks:
            server.look_for_leaks(f"{seed}/{number}", 12)
        else:
            server.write_and_run(f"{seed}/{number}", PER_SCRIPT)
        number += workers
    tally = server.tally
    return {
        "calls": tally.calls, "scripts": tally.scripts, "slow": tally.slow, "raised": tally.raised, "poor": tally.poor,
        "ignored": tally.ignored, "tried": tally.tried, "went_well": tally.went_well,
        "faults": [vars(one) for one in tally.faults],
    }  # fmt: skip


def _show_coverage(known: Surface, tried: Counter[str], went_well: Counter[str]) -> None:
    """What of the public surface the hunt has not come to."""
    names = {f"a call of {kind.name}.{one}" for kind in known.kinds.values() for one in (*kind.methods, *kind.values)}
    names |= {kind.name for kind in known.kinds.values()}
    names |= {f"function {name}" for _, name in known.functions}
    for what, missing in (
        ("never called", names - set(tried)),
        ("never went well", names & set(tried) - set(went_well)),
    ):
        print(f"{what}: {len(missing)} of {len(names)}:", ", ".join(sorted(missing)))


def main() -> int:
    """Read the options and hunt."""
    parser = argparse.ArgumentParser(prog="python -m tests.hunt")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after this time")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--build", choices=["release", "sanitized"], default="release")
    parser.add_argument("--shrink", type=float, default=30.0, help="seconds to shrink one fault, 0 for not at all")
    parser.add_argument("--script", help="seed of one script, to be run again and shown")
    parser.add_argument("--poor", action="store_true", help="show errors that say little, by place")
    parser.add_argument("--leaks", action="store_true", help="run each script many times and look whether memory grows")
    parser.add_argument("--coverage", action="store_true", help="show what was never called, or never went well")
    parser.add_argument("--json", type=Path, help="write the faults to this file")
    given = parser.parse_args()
    if given.build == "sanitized":
        arguments = [one for one in sys.argv[1:] if one not in ("sanitized", "--build", "--build=sanitized")]
        return _sanitized(arguments)
    from .server import Fault, Server, is_sanitized
    from .shrink import as_program, shrink
    from .surface import surface

    warnings.simplefilter("ignore")
    if given.script:
        server = Server(surface())
        server.write_and_run(given.script, PER_SCRIPT)
        for fault in server.tally.faults:
            print(fault.kind, fault.detail, fault.key, fault.output, *fault.statements, sep="\n")
        return 1 if server.tally.faults else 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        children = []
        share = -(-given.calls // given.workers)
        for index in range(given.workers):
            pid = os.fork()
            if pid == 0:
                try:
                    found = _worker(index, given.workers, share, given.seed, given.seconds, given.leaks)
                    Path(folder, f"{index}.json").write_text(json.dumps(found))
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(0)
            children.append(pid)
        for pid in children:
            os.waitpid(pid, 0)
        parts = [json.loads(Path(folder, f"{index}.json").read_text()) for index in range(given.workers)]
    calls, scripts, slow = (sum(part[name] for part in parts) for name in ("calls", "scripts", "slow"))
    totals = {name: sum((Counter(part[name]) for part in parts), Counter()) for name in _COUNTED}
    faults = [Fault(**one) for part in parts for one in part["faults"]]
    took = time.monotonic() - began
    build = "sanitized" if is_sanitized() else "release"
    print(f"{calls} calls in {scripts} scripts, {took:.0f} s, {build} build, seed {given.seed}; {slow} interrupted")
    print("kinds of fault:", dict(Counter(one.kind for one in faults)) or "none")
    print("raised:", dict(totals["raised"].most_common(30)))
    if given.coverage:
        _show_coverage(surface(), totals["tried"], totals["went_well"])
    if given.poor:
        for name in ("poor", "ignored"):
            print(f"{name}:", *(f"{count:6} {text}" for text, count in totals[name].most_common(60)), sep="\n  ")
    distinct: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        distinct.setdefault((fault.kind, fault.key), []).append(fault)
    server = Server(surface()) if distinct and given.shrink else None
    smallest = []
    for (kind, key), several in sorted(distinct.items(), key=lambda item: -len(item[1])):
        one = min(several, key=lambda fault: len(fault.statements))
        if server is not None:
            one = shrink(server, one, given.shrink)
        smallest.append(one)
        print(f"\n=== {kind}, {len(several)} times, script {one.seed}: {one.detail[:300]}\n    {key}")
        print(as_program(one))
        if one.output:
            print("    | " + "\n    | ".join(one.output.strip().split("\n")[-45:]))
        sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps([vars(one) for one in smallest], indent=1))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
