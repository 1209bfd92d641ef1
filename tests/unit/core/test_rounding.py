"""Prices and quantities put on the grid: down, up and to the nearest, beside exact arithmetic."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import velora as vl
from velora.errors import InvalidArgument, OffGrid

STEPS = st.builds(lambda m, e: Decimal(m).scaleb(-e), st.sampled_from([1, 2, 5, 25, 125]), st.integers(-2, 8))
BTC = vl.Instrument("BTCUSDT", tick_size="0.1", lot_size="0.001")
#: A float this close to a multiple, as a share of a step, is that multiple.
SLACK = Fraction(1, 10**6)


def steps_of(value: object, step: Decimal) -> Fraction:
    return Fraction(Decimal(repr(value)) if isinstance(value, float) else Decimal(value)) / Fraction(step)


@given(step=STEPS, value=st.decimals(-(10**7), 10**7, places=9))
def test_text_is_rounded_as_exact_arithmetic_does(step, value):
    instrument = vl.Instrument("TEST", tick_size=step, lot_size=step)
    exact = steps_of(value, step)
    for down, up, nearest in (
        (instrument.floor_price, instrument.ceil_price, instrument.round_price),
        (instrument.floor_qty, instrument.ceil_qty, instrument.round_qty),
    ):
        assert down(str(value)) == float(math.floor(exact) * Fraction(step))
        assert up(str(value)) == float(math.ceil(exact) * Fraction(step))
        assert nearest(value) == float(round(exact) * Fraction(step))


@given(step=STEPS, value=st.floats(-1e9, 1e9))
def test_a_float_is_rounded_and_what_comes_out_is_on_the_grid(step, value):
    exact = steps_of(value, step)
    assume(abs(exact) < 2**52)
    instrument = vl.Instrument("TEST", tick_size=step, lot_size="1")
    try:
        on_grid = instrument.price_to_ticks(value)
    except OffGrid:
        on_grid = None
    except InvalidArgument:
        return  # nearest to two multiples
    low, high = instrument.floor_price(value), instrument.ceil_price(value)
    if on_grid is not None:
        assert low == high == instrument.round_price(value) == instrument.ticks_to_price(on_grid)
        return
    assert instrument.price_to_ticks(low) == math.floor(exact)
    assert instrument.price_to_ticks(high) == math.ceil(exact)
    # Within a rounding error of the middle either neighbor is the nearest.
    if abs(exact - math.floor(exact) - Fraction(1, 2)) > SLACK:
        assert instrument.price_to_ticks(instrument.round_price(value)) == round(exact)


def test_a_sum_of_floats_that_means_a_multiple_is_that_multiple():
    assert 0.1 + 0.2 != 0.3
    assert BTC.floor_price(0.1 + 0.2) == BTC.ceil_price(0.1 + 0.2) == 0.3
    assert BTC.ceil_price(61_787.9 + 0.1) == 61_788.0


def test_of_two_nearest_multiples_the_even_one_is_taken():
    whole = vl.Instrument("TEST", tick_size=1, lot_size=1)
    assert [whole.round_price(value) for value in (0.5, 1.5, 2.5, "0.5", "1.5", Decimal("2.5"))] == [0, 2, 2, 0, 2, 2]


@pytest.mark.parametrize("name", ["floor_price", "ceil_price", "round_price", "floor_qty", "ceil_qty", "round_qty"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, None, "many", "nan", [1]])
def test_no_number_is_refused_by_name(name, value):
    with pytest.raises(InvalidArgument, match=name.split("_")[1]):
        getattr(BTC, name)(value)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (61_787.911549382035, "61787.9", "61788.0"),
        ("61787.91", "61787.9", "61788.0"),
        (Decimal("-0.05"), "-0.1", "0.0"),
        (0.05, "0.0", "0.1"),
    ],
)
def test_the_error_names_both_neighbours(value, low, high):
    with pytest.raises(OffGrid, match=rf"the nearest are {low} and {high}: see .*floor_price.*snap="):
        BTC.price_to_ticks(value)


def test_the_error_of_a_quantity_names_its_neighbours():
    with pytest.raises(OffGrid, match=r"lot_size 0\.001; the nearest are 0\.012 and 0\.013: see .*floor_qty"):
        BTC.qty_to_lots(0.0123)
