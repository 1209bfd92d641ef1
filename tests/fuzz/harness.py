"""Feed damaged and hostile files to a reader, in a process of their own, and hold what it does against three promises.

1. It raises nothing but a VeloraError, and the process lives.
2. Its memory stays under ten times the input and 100 MB, above what the process had before.
3. It needs less than SECONDS_MAX of CPU for an input.

    python -m tests.fuzz.NAME [--inputs N] [--seed S] [--only I] [--seconds T]

An input follows from the seed and its number alone; `--only I` runs one again, with the traceback of what it raised.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import mmap
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SECONDS_MAX = 4
MEMORY_TIMES, MEMORY_BYTES = 10, 100 << 20
#: What a process may have at all, so that no input takes the machine with it.
ADDRESS_SPACE_MAX = 6 << 30
_CRASHES_MAX = 200
_FINDINGS_MAX = 200

Files = dict[str, bytes]


class Target(NamedTuple):
    """What is fuzzed.

    `seeds` makes valid inputs, files by name; `mutate` changes one; `read` reads those that lie in a folder. `read` may
    do more with what it has read, and gives back nothing.
    """

    name: str
    seeds: Callable[[], Sequence[Files]]
    mutate: Callable[[random.Random, Files], Files]
    read: Callable[[Path, random.Random], Any]
    seconds: float = SECONDS_MAX


class _Hang(BaseException):
    """An input needs too long."""


def _cpu_is_up(number: int, frame: Any) -> None:
    raise _Hang


def input_of(target: Target, seeds: Sequence[Files], seed: int, number: int) -> tuple[Files, random.Random]:
    """Input `number`, and the random numbers with which to read it."""
    rng = random.Random(seed * 1_000_000_007 + number)
    files = rng.choice(seeds)
    if number >= len(seeds):  # the first ones are the seeds as they are
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            files = target.mutate(rng, files)
    else:
        files = seeds[number]
    return files, rng


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _remove(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


class _Memory:
    """The largest resident size of the process since a mark, above what it was there: bytes."""

    def __init__(self) -> None:
        self._page = resource.getpagesize()
        self._size = os.open("/proc/self/statm", os.O_RDONLY)
        self._status = os.open("/proc/self/status", os.O_RDONLY)
        self._reset = os.open("/proc/self/clear_refs", os.O_WRONLY)
        self._before = 0

    def mark(self) -> None:
        """Begin anew."""
        os.pwrite(self._reset, b"5", 0)  # the largest size is the present one
        self._before = int(os.pread(self._size, 200, 0).split()[1]) * self._page

    def more(self) -> int:
        """How much more it was at most."""
        status = os.pread(self._status, 4096, 0)
        at = status.index(b"VmHWM:") + 6
        return int(status[at : status.index(b"kB", at)]) * 1024 - self._before


def _where(error: BaseException) -> str:
    """The exception, and the innermost frames of it in Velora."""
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "velora" in frame.filename
    ]
    return f"{type(error).__name__} at {' < '.join(frames[:-4:-1]) or '?'}"


def _child(target: Target, first: int, stop: int, seed: int, deadline: float, place: str) -> None:
    """Run inputs [first, stop); the last one begun stands in the file `place`."""
    from velora.errors import VeloraError

    warnings.simplefilter("ignore")
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_MAX, ADDRESS_SPACE_MAX))
    signal.signal(signal.SIGPROF, _cpu_is_up)
    seeds = target.seeds()
    with open(place, "r+b") as file:
        shared = mmap.mmap(file.fileno(), 32)
    found: dict[str, int] = {}
    accepted = done = 0
    root = Path(tempfile.mkdtemp(prefix="velora-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        memory, largest = _Memory(), 0
        for number in range(first, stop):
            if time.monotonic() > deadline:
                break
            files, rng = input_of(target, seeds, seed, number)
            struct.pack_into("<qqq", shared, 0, number, accepted, done)
            _write(root, files)
            memory.mark()
            try:
                signal.setitimer(signal.ITIMER_PROF, target.seconds)
                try:
                    target.read(root, rng)
                    accepted += 1
                except VeloraError:
                    pass
                finally:
                    signal.setitimer(signal.ITIMER_PROF, 0)
            except _Hang as error:
                _tell(found, number, f"more than {target.seconds} s of CPU, {_where(error)}", "")
            except BaseException as error:
                _tell(found, number, _where(error), str(error))
            done += 1
            more = memory.more()
            if more > largest and done > len(seeds):  # all is imported and warm
                largest = more
                if more > MEMORY_BYTES + MEMORY_TIMES * sum(len(data) for data in files.values()):
                    _tell(found, number, "memory", f"{more >> 20} MB more")
            _remove(root)
        struct.pack_into("<qqqq", shared, 0, -1, accepted, done, largest)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _tell(found: dict[str, int], number: int, what: str, detail: str) -> None:
    found[what] = found.get(what, 0) + 1
    if found[what] == 1 and len(found) <= _FINDINGS_MAX:
        print(f"FOUND {number} {what}: {detail[:160]!r}", flush=True)


def _only(target: Target, seed: int, number: int, keep: str | None) -> int:
    """Run one input here and let what it raises through."""
    files, rng = input_of(target, target.seeds(), seed, number)
    folder = Path(keep) if keep else Path(tempfile.mkdtemp(prefix="velora-fuzz-"))
    folder.mkdir(exist_ok=True)
    _write(folder, files)
    for name, data in files.items():
        print(f"{folder / name}: {len(data):,} bytes, {data[:300]!r}")
    memory = _Memory()
    memory.mark()
    began = time.process_time()
    try:
        print(target.read(folder, rng))
    finally:
        print(f"{time.process_time() - began:.2f} s of CPU, {memory.more() >> 20} MB more")
        if not keep:
            shutil.rmtree(folder)
    return 0


def run(target: Target, inputs: int, seed: int, seconds: float, module: str) -> int:
    """Run the inputs in children, a new one after each crash; the number of kinds of findings."""
    environment = {
        **os.environ,
        "MALLOC_ARENA_MAX": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }
    deadline = time.monotonic() + seconds
    began = time.monotonic()
    findings: dict[str, str] = {}
    accepted = done = crashes = largest = first = 0
    with tempfile.NamedTemporaryFile() as place:
        place.write(bytes(32))
        place.flush()
        while first < inputs and time.monotonic() < deadline and crashes < _CRASHES_MAX:
            words = [str(word) for word in (first, inputs, seed, deadline, place.name)]
            child = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", "-m", module, "--child", *words],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            out, err = child.communicate()
            for line in out.splitlines():
                if line.startswith("FOUND "):
                    number, _, what = line[6:].partition(" ")
                    findings.setdefault(what.partition(": ")[0], f"input {number}: {what}")
            number, more_accepted, more_done, memory = struct.unpack("<qqqq", Path(place.name).read_bytes()[:32])
            accepted, done, largest = accepted + more_accepted, done + more_done, max(largest, memory)
            if number < 0 and child.returncode == 0:
                break
            if number < 0 or child.returncode == 0 or (more_done == number == 0 < child.returncode):
                print(err[-3000:])
                findings["harness"] = f"the child ended with {child.returncode}"
                break
            crashes += 1
            frame = next((line.strip() for line in err.splitlines() if "velora" in line and "File" in line), "?")
            name = signal.Signals(-child.returncode).name if child.returncode < 0 else f"exit {child.returncode}"
            findings.setdefault(f"{name} {frame}", f"input {number}: {name} in {frame}")
            first = number + 1
            done += 1
    for text in findings.values():
        print(f"{target.name}: {text}")
    pace = done / max(time.monotonic() - began, 1e-9)
    print(
        f"{target.name}: {done:,} inputs of seed {seed}, {accepted:,} accepted, {pace:,.0f} a second, "
        f"{largest >> 20} MB more at most, {crashes} crashes, {len(findings)} kinds of findings",
        flush=True,
    )
    return len(findings)


def main(target: Target, module: str) -> None:
    """The command line of a fuzzer."""
    words = sys.argv[1:]
    if words[:1] == ["--child"]:
        first, stop, seed, deadline, place = words[1:]
        _child(target, int(first), int(stop), int(seed), float(deadline), place)
        sys.stdout.flush()
        os._exit(0)  # Arrow's threads may be at work on damaged input: their end is not what is looked for
    parser = argparse.ArgumentParser(description=f"Fuzz {target.name}.")
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--only", type=int, help="run this input alone")
    parser.add_argument("--keep", help="with --only: leave its files in this folder")
    given = parser.parse_args(words)
    with contextlib.suppress(BrokenPipeError):
        if given.only is not None:
            sys.exit(_only(target, given.seed, given.only, given.keep))
        sys.exit(min(run(target, given.inputs, given.seed, given.seconds, module), 1))
