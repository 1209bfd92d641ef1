"""Nothing grows with the square: four times the orders, levels, timers or topics cost no more than six times the time.

Linear work costs four times as much, the square sixteen times. CPU time of the process alone is measured, and a shape
fails only when its best ratio of several tries is over the bound. `VELORA_LOAD_SIZE` sets the smaller size.
"""

import os

import pytest

shapes = pytest.importorskip("perf_tests.load.shapes", reason="the load shapes are not here")
measure = pytest.importorskip("perf_tests.load.measure")

SIZE = int(os.environ.get("VELORA_LOAD_SIZE", "2000"))
#: Between four, which is linear, and sixteen.
RATIO_MAX = 9.0
TRIES = 4
#: A run as short as this says nothing of growth: the larger size is as large as its square would show.
SECONDS_MIN = 0.02


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_four_times_as_many_do_not_cost_the_square(name):
    best = float("inf")
    for _ in range(TRIES):
        small, large = measure.seconds_of(name, SIZE), measure.seconds_of(name, 4 * SIZE)
        if large < SECONDS_MIN:
            return
        best = min(best, large / max(small, SECONDS_MIN / 16))
        if best < RATIO_MAX:
            return
    pytest.fail(f"{name}: {4 * SIZE:,} cost {best:.1f} times as much as {SIZE:,}")
