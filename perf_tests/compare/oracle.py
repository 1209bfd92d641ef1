"""Matching on the streams of the oracle: Velora's engine in C against a book of ``std::map``, and from Python.

The streams are `velora.testkit.order_streams`, at 1,000,000 and 100,000 orders, and at 100,000 with lives of orders
that overlap, so that trades and the middle of queues have their part. The peer, `peers/map_book.cpp`, does what the
streams ask for and nothing else: no owners, no order types but limit and IOC, no checks, and ids that are dense. Before
anything is measured, the reports of both are written as text, and their SHA-256 must be equal, and equal to the
published one where there is one.

``C``            a call for each message, with its fields (`vel_match_limit`, `vel_match_cancel`, `vel_match_amend`);
                 the peer reads the messages.
``from Python``  ready commands, 4,096 a call of `MatchingEngine.apply`, beside the same calls in C as the peer.

Times are CPU times. Both programs are compiled at the run, with -O3 and the compiler that built Python. A slower figure
here than in the last run on the same machine means that the engine's way of a plain order has become longer.

    python -m perf_tests.compare.oracle [--json] [--scenario NAME] [--size NAME] [--passes N]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import velora as vl
from perf_tests.compare.figures import Figure, show
from velora.sim.matching import MatchingEngine
from velora.testkit.order_streams import SCENARIOS, make_messages, to_bytes, to_commands

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLDEN = ROOT / "tests/golden/matching_oracle.json"
SOURCES = ("book_l2", "book_l3", "contingency", "map", "match", "sorted")
#: Name of a size: new orders, and whether their lives overlap.
SIZES = {"1,000,000 orders": (1_000_000, False), "100,000 orders": (100_000, False), "overlap": (100_000, True)}
BATCH = 4_096


def compile_programs(folder: Path) -> tuple[Path, Path]:
    """Build the engine's program and the peer's."""
    own, peer = folder / "matching_oracle", folder / "map_book"
    flags = ["-O3", "-DNDEBUG", "-ffp-contract=off", f"-I{HERE / 'peers'}"]
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    csrc = [str(ROOT / "csrc/src" / f"{name}.c") for name in SOURCES]
    source = str(HERE / "compiled/matching_oracle.c")
    subprocess.run(
        [compiler, "-std=c11", *flags, f"-I{ROOT / 'csrc/include'}", source, *csrc, "-o", str(own)], check=True
    )
    names = ((sysconfig.get_config_var("CXX") or "c++").split()[0], "c++", "g++", "clang++")
    cxx = next((name for name in names if shutil.which(name)), None)
    if cxx is None:
        raise SystemExit("the peer needs a C++ compiler: install g++ or clang++")
    subprocess.run([cxx, "-std=c++17", *flags, str(HERE / "peers/map_book.cpp"), "-o", str(peer)], check=True)
    return own, peer


class Program:
    """One of the programs, over one stream; `peers/order_stream.h` has the requests."""

    def __init__(self, path: Path, stream: Path, **environment: str) -> None:
        self.path = path
        self._process = subprocess.Popen(
            [str(path), str(stream)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.path.name} stopped with {self._process.wait()}")
        return line

    def _ask(self, request: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(request + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._read())
        return answer

    def time(self) -> float:
        """CPU seconds of one pass."""
        return float(self._ask("time")["seconds"])

    def digest(self, scratch: Path) -> str:
        """SHA-256 of the canonical text of a pass."""
        self._ask(f"text {scratch}")
        text = scratch.read_bytes().removesuffix(b"\n")
        scratch.unlink()
        return hashlib.sha256(text).hexdigest()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def apply_in_batches(commands: NDArray[np.void]) -> float:
    """CPU seconds of a pass from Python; the reports of a batch are dropped with the next."""
    engine = MatchingEngine(vl.Instrument("MATCH", tick_size="1", lot_size="1"), amend="reinsert")
    batches = [commands[at : at + BATCH] for at in range(0, len(commands), BATCH)]
    began = time.process_time()
    for batch in batches:
        engine.apply(batch)
    return time.process_time() - began


def expected(scenario: str, size: str) -> str | None:
    """Digest of the right reports, where it is kept."""
    golden = json.loads(GOLDEN.read_text())
    kept = {"1,000,000 orders": "published", "overlap": "overlap"}.get(size)
    return None if kept is None else str(golden[kept][scenario]["reports"])


def in_turn(passes: int, own: Callable[[], float], peer: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Seconds of passes, one of each side in turn, after one that does not count."""
    own(), peer()
    pairs = [(own(), peer()) for _ in range(passes)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def measure(scenario: str, size: str, programs: tuple[Path, Path], folder: Path, passes: int) -> list[Figure]:
    """Check and measure one stream."""
    count, overlap = SIZES[size]
    messages = make_messages(scenario, count, overlap=overlap)
    stream = folder / "stream"
    stream.write_bytes(to_bytes(messages))
    own, peer = Program(programs[0], stream), Program(programs[1], stream)
    digests = {program.path.name: program.digest(folder / "text") for program in (own, peer)}
    wanted = expected(scenario, size) or digests["map_book"]
    for name, digest in digests.items():
        if digest != wanted:
            raise SystemExit(f"{scenario}, {size}: the reports of {name} are {digest}, not {wanted}")
    commands = to_commands(messages)
    ready = Program(programs[0], stream, READY="1")
    rows = (
        ("C", own.time, peer.time, "std::map"),
        ("from Python", lambda: apply_in_batches(commands), ready.time, "the same calls in C"),
    )
    figures = []
    for name, mine, theirs, peer_name in rows:
        seconds = in_turn(passes, mine, theirs)
        figures.append(
            Figure(
                figure=f"oracle, {scenario}, {size}, {name}",
                unit="messages/s",
                items=len(messages),
                velora_s=tuple(seconds[0]),
                peer_s=tuple(seconds[1]),
                peer_name=peer_name,
                hash=wanted[:16],
            )
        )
    for program in (own, peer, ready):
        program.close()
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m perf_tests.compare.oracle", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS), help="may be repeated; all by default")
    parser.add_argument("--size", action="append", choices=list(SIZES), help="may be repeated; all by default")
    parser.add_argument("--passes", type=int, default=7)
    arguments = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = compile_programs(folder)
        for size in arguments.size or SIZES:
            for scenario in arguments.scenario or SCENARIOS:
                print(f"{scenario}, {size}", file=sys.stderr)
                figures += measure(scenario, size, programs, folder, arguments.passes)
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
