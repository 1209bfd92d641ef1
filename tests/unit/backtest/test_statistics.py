"""Statistics against slow, obvious twins and values worked out by hand."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as hs

from velora.backtest import statistics as st

SECOND = 1_000_000_000


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def exact_divide(a: int, b: int) -> int:
    with localcontext() as context:
        context.prec = 120
        return int((Decimal(a) / Decimal(b)).quantize(Decimal(1), ROUND_HALF_EVEN))


@given(hs.lists(hs.integers(-(10**17), 10**17), min_size=1), hs.integers(1, 10**9))
def test_round_half_even_agrees_with_decimal(numerators: list[int], denominator: int) -> None:
    expected = [exact_divide(a, denominator) for a in numerators]
    assert st.round_half_even(ints(*numerators), denominator).tolist() == expected
    objects = np.array(numerators, dtype=object)
    assert st.round_half_even(objects, denominator).tolist() == expected


def test_round_half_even_takes_ties_to_the_even_side() -> None:
    assert st.round_half_even(ints(1, 3, 5, -1, -3, -5), 2).tolist() == [0, 2, 2, 0, -2, -2]


@given(
    hs.lists(hs.tuples(hs.integers(1, 10**7), hs.integers(1, 10**6)), min_size=1),
    hs.integers(1, 10**5),
)
def test_fill_values_agree_with_python_integers(fills: list[tuple[int, int]], mult: int) -> None:
    price, qty = ints(*(p for p, _ in fills)), ints(*(q for _, q in fills))
    assert st.fill_values(price, qty, mult, False).tolist() == [mult * p * q for p, q in fills]
    inverse = st.fill_values(price, qty, mult, True).tolist()
    assert inverse == [exact_divide(mult * q, p) for p, q in fills]


def test_inverse_values_whose_product_passes_64_bits_stay_exact() -> None:
    # 10^11 * 4 * 10^8 is beyond 2^63; the quotient is not.
    lots, mult, price = 4 * 10**8, 10**11, 569_801
    assert st.fill_values(ints(price), ints(lots), mult, True).tolist() == [exact_divide(mult * lots, price)]
    mid = st.values_at_mid(ints(2 * price + 1), ints(-lots), mult, True).tolist()
    assert mid == [exact_divide(-2 * mult * lots, 2 * price + 1)]


def test_value_at_mid_without_a_mid_is_zero() -> None:
    assert st.values_at_mid(ints(0, 0), ints(5, -5), 3, True).tolist() == [0, 0]
    assert st.values_at_mid(ints(0), ints(5), 3, False).tolist() == [0]


@given(hs.lists(hs.integers(-1000, 1000), max_size=40), hs.integers(1, 10**6), hs.booleans())
def test_end_marks_sum_exactly_to_the_value_of_the_position(lots: list[int], mid_x2: int, inverse: bool) -> None:
    marks = st.end_marks(ints(*lots), mid_x2, 7, inverse)
    total = sum(lots)
    exact = exact_divide(14 * total, mid_x2) if inverse else exact_divide(7 * mid_x2 * total, 2)
    assert int(marks.sum()) == exact
    for mark, qty in zip(marks.tolist(), lots, strict=True):
        unrounded = 14 * qty / mid_x2 if inverse else 7 * mid_x2 * qty / 2
        assert abs(mark - unrounded) <= 1 + 1e-6 * abs(unrounded)


def test_markout_takes_the_first_sample_at_or_after_the_horizon() -> None:
    sample_ts, mid_x2 = ints(0, 10, 20, 30, 100), ints(2, 4, 0, 8, 10)
    # 5+10 -> 20 has no mid -> 30 is later than 5+20: unknown; 20+10 -> 30 exactly; past the end: unknown.
    assert st.markout_mid2(ints(0, 5, 20, 95), 10, sample_ts, mid_x2).tolist() == [4, 0, 8, 0]


def test_markout_without_samples_is_unknown() -> None:
    assert st.markout_mid2(ints(1, 2), 10, ints(), ints()).tolist() == [0, 0]


@given(hs.lists(hs.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_drawdown_agrees_with_every_pair(values: list[float]) -> None:
    deepest = max(a - b for i, a in enumerate(values) for b in values[i:])
    found = st.drawdown(np.array(values))
    assert found.amount == deepest
    assert values[found.peak] - values[found.trough] == deepest


def test_drawdown_of_a_known_curve() -> None:
    found = st.drawdown(np.array([100.0, 120.0, 90.0, 110.0, 80.0, 130.0]))
    assert found == (40.0, 40.0 / 120.0, 1, 4)


def test_drawdown_without_a_positive_high_has_no_fraction() -> None:
    assert st.drawdown(np.array([0.0, -5.0])) == (5.0, None, 0, 1)
    assert st.drawdown(np.empty(0)) == (0.0, None, 0, 0)


def test_increments_hold_the_last_value_and_leave_out_the_open_interval() -> None:
    ts = ints(0, 4, 10, 10, 25, 38)
    values = np.array([1.0, 2.0, 3.0, 5.0, 4.0, 9.0])
    assert st.increments_on_grid(ts, values, 10).tolist() == [4.0, 0.0, -1.0]  # 1, 5, 5, 4


def test_sharpe_and_sortino_of_known_increments() -> None:
    moves = np.array([1.0, -1.0, 3.0, 1.0])
    per_year = math.sqrt(365 * 86_400)
    # mean 1; squares from the mean 0 4 4 0 over 3; downside squares 0 1 0 0 over 4
    assert st.sharpe_ratio(moves, SECOND) == pytest.approx(1 / math.sqrt(8 / 3) * per_year)
    assert st.sortino_ratio(moves, SECOND) == pytest.approx(1 / 0.5 * per_year)


def test_ratios_over_nothing_are_nan() -> None:
    assert math.isnan(st.sharpe_ratio(np.zeros(5), SECOND))
    assert math.isnan(st.sharpe_ratio(np.array([1.0]), SECOND))
    assert math.isnan(st.sortino_ratio(np.ones(3), SECOND))
    assert math.isnan(st.round_trips(ints(), ints(), ints(), ints()).win_rate)
    assert math.isnan(st.average_time_to_fill_ns(ints(1), ints(0), ints(), ints()))


def test_round_trips_close_at_flat_and_at_a_change_of_side() -> None:
    position = ints(2, 3, 0, -1, 2, 1)
    realized = ints(0, 0, 30, 0, -8, 5)
    fee = ints(1, 1, 1, 2, 2, 2)
    trips = st.round_trips(position, realized, fee, ints(10, 20, 30, 50, 70, 90))
    # first: 30 - 3; second closes at the fill that turned short into long: -8 - 4; the third is still open
    assert trips.pnl_units.tolist() == [27, -12]
    assert trips.duration_ns.tolist() == [20, 20]
    assert trips.win_rate == 0.5


def slow_round_trips(position: list[int], realized: list[int], fee: list[int], ts: list[int]):
    trips, held, net, opened = [], 0, 0, 0
    for after, gain, paid, now in zip(position, realized, fee, ts, strict=True):
        if held == 0:
            net, opened = 0, now
        net += gain - paid
        if held != 0 and (after == 0 or (after > 0) != (held > 0)):
            trips.append((net, now - opened))
            net, opened = 0, now
        held = after
    return trips


@given(hs.lists(hs.tuples(hs.integers(-3, 3).filter(bool), hs.integers(-9, 9), hs.integers(-2, 2)), max_size=40))
def test_round_trips_agree_with_a_walk_over_the_fills(fills: list[tuple[int, int, int]]) -> None:
    position = np.cumsum([lots for lots, _, _ in fills]).astype(np.int64)
    realized, fee = ints(*(r for _, r, _ in fills)), ints(*(f for _, _, f in fills))
    ts = np.arange(len(fills), dtype=np.int64) ** 2
    trips = st.round_trips(position, realized, fee, ts)
    expected = slow_round_trips(position.tolist(), realized.tolist(), fee.tolist(), ts.tolist())
    assert list(zip(trips.pnl_units.tolist(), trips.duration_ns.tolist(), strict=True)) == expected


def test_time_weighted_mean_counts_how_long_a_value_held() -> None:
    # 0 for 10, 4 for 30, 1 for 60
    assert st.time_weighted(ints(0, 10, 40), np.array([0.0, 4.0, 1.0]), 100) == pytest.approx(1.8)
    assert st.time_weighted(ints(5), np.array([3.0]), 5) == 0.0


def test_time_to_fill_counts_the_first_fill_of_filled_orders() -> None:
    orders, sent = ints(1, 2, 3), ints(100, 200, 300)
    # order 1 after 50 (its second fill does not count), order 3 after 10, order 2 never
    assert st.average_time_to_fill_ns(orders, sent, ints(1, 3, 1), ints(150, 310, 900)) == 30.0


@given(
    hs.lists(hs.floats(-1e9, 1e9), min_size=1, max_size=300),
    hs.integers(4, 40),
    hs.lists(hs.integers(0, 50), min_size=300, max_size=300),
)
def test_decimation_keeps_the_ends_and_the_extremes(values: list[float], points_max: int, steps: list[int]) -> None:
    y, x = np.array(values), np.cumsum(steps[: len(values)]).astype(np.int64)
    kept = st.decimate_extrema(x, y, points_max)
    assert kept.size <= max(points_max, 4)
    assert (np.diff(kept) > 0).all()
    assert {0, len(values) - 1} <= set(kept.tolist())
    assert y[kept].max() == y.max()
    assert y[kept].min() == y.min()


def test_decimation_of_a_line_with_holes_keeps_its_spike() -> None:
    y = np.zeros(10_000)
    y[::3] = np.nan
    y[7_777 - 7_777 % 3 + 1] = 50.0
    kept = st.decimate_extrema(np.arange(10_000, dtype=np.int64), y, 100)
    assert np.nanmax(y[kept]) == 50.0
