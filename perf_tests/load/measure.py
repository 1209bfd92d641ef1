"""One figure: a shape at a size, in a process of its own."""

from __future__ import annotations

import gc
import math
import multiprocessing
import resource
import time
from multiprocessing.connection import Connection
from typing import NamedTuple

from perf_tests.load.shapes import SHAPES

#: Less than this is noise: two figures below it tell no growth.
SECONDS_MIN = 0.004


class Figure(NamedTuple):
    """CPU seconds and memory of a shape at a size."""

    n: int
    seconds: float
    mb: float


def seconds_of(name: str, n: int) -> float:
    """CPU seconds of a shape at a size, in this process. What else lives here is not looked through for garbage."""
    work = SHAPES[name](n)
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        gc.enable()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measure(name: str, n: int, passes: int, to: Connection) -> None:
    seconds_of(name, 50)  # what is imported and made once
    work = SHAPES[name](n)
    before, least = _peak_mb(), math.inf
    for _ in range(passes):
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
    to.send((least, _peak_mb() - before))


def measure(name: str, n: int, passes: int = 3) -> Figure:
    """The least CPU time of some passes, and the memory they took on top of what they were given."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(name, n, passes, theirs))
    process.start()
    theirs.close()
    try:
        seconds, mb = mine.recv()
    except EOFError:
        raise SystemExit(f"{name} of {n:,} failed, see above") from None
    finally:
        process.join()
    return Figure(n, seconds, mb)


def growth(figures: list[Figure]) -> float:
    """The exponent between the last two figures, NaN where they are too small to tell."""
    if len(figures) < 2 or figures[-1].seconds < SECONDS_MIN:
        return math.nan
    last, before = figures[-1], figures[-2]
    return math.log(last.seconds / max(before.seconds, SECONDS_MIN / 4)) / math.log(last.n / before.n)
