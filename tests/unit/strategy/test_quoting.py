"""What a quoting strategy measures of the market before it can quote."""

from __future__ import annotations

import math

import numpy as np
import pytest

from velora.errors import InvalidArgument
from velora.strategy.quoting import fit_arrivals

A, K, SECONDS = 3.0, 0.8, 20_000.0


def reaches(seed, first=0.0):
    """Poisson arrivals at rate A * exp(-K * d), as far as they come beyond `first`."""
    rng = np.random.default_rng(seed)
    return first + rng.exponential(1 / K, rng.poisson(A * math.exp(-K * first) * SECONDS))


def near(found, count):
    """Within four standard errors: that of k is k / sqrt(n), that of a is about a / sqrt(n) times some more."""
    a, k = found
    return k == pytest.approx(K, rel=4 / math.sqrt(count)) and a == pytest.approx(A, rel=8 / math.sqrt(count))


@pytest.mark.parametrize("seed", range(5))
def test_arrivals_are_found_again_without_a_grid(seed):
    reach = reaches(seed)
    assert near(fit_arrivals(reach, SECONDS), len(reach))


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0, 2.0])
def test_arrivals_are_found_again_on_a_grid(step):
    # A market order that would go as far as d prints at the last price before it.
    on_grid = np.floor(reaches(1) / step) * step
    assert near(fit_arrivals(on_grid, SECONDS, step=step), (on_grid > 0).sum())


def test_arrivals_are_found_again_around_a_mid_between_two_prices():
    reach = 0.5 + np.floor(reaches(2, first=0.5) - 0.5)
    assert near(fit_arrivals(reach, SECONDS, step=1.0, first=0.5), len(reach))


def test_a_grid_that_is_ignored_is_seen():
    on_grid = np.floor(reaches(1))
    assert not near(fit_arrivals(on_grid, SECONDS), (on_grid > 0).sum())


def test_intervals_without_a_print_count_as_time_only():
    reach = [0.0, 1.0, -2.0, 3.0, 0.0]
    assert fit_arrivals(reach, 10.0) == fit_arrivals([1.0, 3.0], 10.0) == (0.2, 0.5)


@pytest.mark.parametrize("reach", [[], [0.0, 0.0], [-1.0], [1.0, 1.0, 1.0]])
def test_k_without_a_bound_is_refused(reach):
    with pytest.raises(InvalidArgument, match="k has no bound"):
        fit_arrivals(reach, 1.0, step=1.0)


@pytest.mark.parametrize("bad", [{"seconds": 0.0}, {"seconds": math.inf}, {"step": -1.0}, {"first": -0.5}])
def test_times_and_steps_below_their_bounds_are_refused(bad):
    with pytest.raises(InvalidArgument, match="seconds must be above 0"):
        fit_arrivals([1.0, 2.0], **{"seconds": 1.0, **bad})
