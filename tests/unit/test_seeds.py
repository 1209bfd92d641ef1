"""Seeds that reach numpy are whole numbers: numpy would take sequences, and crash on one that contains itself."""

from __future__ import annotations

import pytest

import velora as vl
from velora.backtest.bounds_check import check_bounds, draw_orders
from velora.backtest.takers_check import check_takers
from velora.errors import CapacityError, InvalidArgument
from velora.sim.queue_score import virtual_placements
from velora.testkit.candles import random_candles
from velora.testkit.order_streams import random_numbers
from velora.testkit.pairs import lagging_pair


@pytest.fixture(scope="module")
def by_order():
    return vl.SyntheticMarket(seed=5, duration="3s", orders=True).table()


@pytest.fixture(scope="module")
def by_level():
    return vl.SyntheticMarket(seed=5, duration="3s").table()


@pytest.fixture(
    params=["check_bounds", "draw_orders", "check_takers", "virtual_placements", "candles", "streams", "pair", "market"]
)
def seeded(request, by_order, by_level):
    return {
        "check_bounds": lambda seed: check_bounds(by_order, 4, seed=seed),
        "draw_orders": lambda seed: draw_orders(by_order, 4, seed=seed),
        "check_takers": lambda seed: check_takers(by_level, 4, seed=seed),
        "virtual_placements": lambda seed: virtual_placements(by_order, 4, seed=seed),
        "candles": lambda seed: random_candles(10, seed),
        "streams": random_numbers,
        "pair": lambda seed: lagging_pair(duration="30s", seed=seed),
        "market": vl.SyntheticMarket,
    }[request.param]


def endless():
    made = []
    made.append(made)
    return made


@pytest.mark.parametrize("seed", [endless(), [1, 2], -1, 1.5, "1", None, True], ids=repr)
def test_seed_must_be_a_whole_number_of_at_least_zero(seeded, seed):
    with pytest.raises(InvalidArgument, match="seed must be"):
        seeded(seed)


def test_seed_beyond_64_bits_is_refused(seeded):
    with pytest.raises(CapacityError, match="seed must be at most"):
        seeded(2**64)
