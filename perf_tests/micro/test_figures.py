"""The time of each figure of `figures`; `make bench` runs it. The table gives passes, the lines before it operations.

Seconds are of processor time, so that a busy machine disturbs them less.
"""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from perf_tests.micro.figures import FIGURES, MicroFigure
from perf_tests.micro.report import OPERATIONS, Timed

ROUNDS = 7


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_time_of_an_operation(benchmark: BenchmarkFixture, figure: MicroFigure, request: pytest.FixtureRequest) -> None:
    done = benchmark.pedantic(
        lambda call: call(),
        setup=lambda: ((figure.prepare(figure.size),), {}),
        rounds=ROUNDS,
        warmup_rounds=1,
    )
    assert done > 0
    if benchmark.enabled:
        fastest = benchmark.stats.stats.min / done * 1e9
        benchmark.extra_info.update(operations=done, ns_per_operation=fastest)
        request.config.stash.setdefault(OPERATIONS, []).append(Timed(figure.name, figure.unit, fastest))
