"""Floats of prices and quantities: each is the multiple of the step that it is the nearest float of, at any size."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.errors import CapacityError, InvalidArgument, OffGrid

STEPS = st.builds(lambda m, e: Decimal(m).scaleb(-e), st.sampled_from([1, 2, 5, 25, 125]), st.integers(-3, 9))


def of_step(step):
    return vl.Instrument("TEST", tick_size=step, lot_size=1)


def table_of(instrument, values):
    rows = len(values)
    return vl.EventTable.from_numpy(
        instrument,
        ts_event=np.arange(rows),
        kind=np.ones(rows, np.uint8),
        price=values,
        qty=np.ones(rows, np.int64),
    )


@given(step=STEPS, steps=st.integers(1, 2**52 - 2**20))
def test_the_nearest_float_of_a_multiple_is_that_multiple(step, steps):
    instrument = of_step(step)
    value = float(Fraction(step) * steps)
    if value == float(Fraction(step) * (steps + 1)) or value == float(Fraction(step) * (steps - 1)):
        with pytest.raises(InvalidArgument, match="nearest float of"):
            instrument.price_to_ticks(value)
        return
    assert instrument.price_to_ticks(value) == steps
    assert vl.Instrument("TEST", tick_size=1, lot_size=step).qty_to_lots(value) == steps
    assert table_of(instrument, np.array([value])).price.tolist() == [steps]


@given(step=STEPS, steps=st.integers(2**20, 2**44))
def test_a_float_between_two_multiples_is_refused_at_any_size(step, steps):
    instrument = of_step(step)
    value = float(Fraction(step) * steps + Fraction(step) / 2)
    with pytest.raises(OffGrid):
        instrument.price_to_ticks(value)
    with pytest.raises(OffGrid, match="row 1"):
        table_of(instrument, np.array([float(step), value]))


@pytest.mark.parametrize("middle", [2**33, 2**34, 2**43, 2**49, 2**52])
def test_many_floats_of_eight_decimals_are_their_decimals(middle):
    instrument = vl.Instrument("XRPUSD", tick_size="0.00001", lot_size="0.00000001")
    lots = np.random.default_rng(7).integers(middle - 2**20, middle + 2**20, 2_000)
    values = lots / 1e8  # one division of exact numbers: the nearest float
    assert [instrument.qty_to_lots(value) for value in values.tolist()] == lots.tolist()
    table = vl.EventTable.from_numpy(
        instrument, ts_event=np.arange(2_000), kind=np.ones(2_000, np.uint8), price=np.ones(2_000), qty=values
    )
    assert table.qty.tolist() == lots.tolist()


def test_quantities_that_the_instrument_gives_it_takes_back():
    instrument = vl.Instrument("BTCUSD", tick_size="0.01", lot_size="0.00000001")
    lots = np.random.default_rng(3).integers(10**10, 10**13, 5_000).tolist()
    assert [instrument.qty_to_lots(instrument.lots_to_qty(n)) for n in lots] == lots


def test_a_float_that_stands_for_two_multiples_is_refused_and_never_guessed():
    instrument = vl.Instrument("TEST", tick_size="0.00000001", lot_size="1")
    lots = 2**53 - 2**20 + np.arange(200)
    for ticks, value in zip(lots.tolist(), (lots / 1e8).tolist(), strict=True):
        try:
            assert instrument.price_to_ticks(value) == ticks
        except InvalidArgument as error:
            assert "pass text or a Decimal" in str(error)  # noqa: PT017 - either is right, a wrong number is not


def test_text_and_decimals_reach_beyond_the_floats():
    instrument = vl.Instrument("TEST", tick_size="0.00000001", lot_size="1")
    assert instrument.price_to_ticks("90071992547.40993123") == 9_007_199_254_740_993_123
    assert instrument.price_to_ticks(Decimal("90071992547.40993123")) == 9_007_199_254_740_993_123


def test_marks_and_rates_of_floats_are_exact_too():
    table = vl.EventTable.from_numpy(
        vl.Instrument("TEST", tick_size="0.5", lot_size="1"),
        ts_event=[1, 2, 3],
        kind=[10, 10, 1],
        price=np.array([61_234.56789012, 128.2, 50.5]),
        qty=np.array([0.0001, -0.00012345, 1.0]),
    )
    assert table.price.tolist() == [6_123_456_789_012, 12_820_000_000, 101]
    assert table.qty.tolist() == [10_000, -12_345, 1]


def test_marks_of_text_are_on_the_same_scale_as_those_of_floats():
    instrument = vl.Instrument("TEST", tick_size="0.5", lot_size="1")
    for price in (np.array([1.23456789, 50.5]), np.array(["1.23456789", "50.5"])):
        table = vl.EventTable.from_numpy(instrument, ts_event=[1, 2], kind=[10, 1], price=price, qty=[0, 1])
        assert table.price.tolist() == [123_456_789, 101]


def test_single_precision_is_compared_in_single_precision():
    instrument = vl.Instrument("TEST", tick_size="0.01", lot_size="1")
    ticks = np.arange(1, 100_000, 7)
    assert table_of(instrument, (ticks / 100).astype(np.float32)).price.tolist() == ticks.tolist()


@pytest.mark.parametrize("number", [np.float64(128.2), np.int64(3), np.uint8(3), 3])
def test_numbers_of_numpy_are_numbers(number):
    instrument = vl.Instrument("TEST", tick_size="0.1", lot_size="1")
    assert instrument.price_to_ticks(number) == (1282 if number > 100 else 30)


@pytest.mark.parametrize(
    ("name", "value"),
    [("tick_size", "1e99999999"), ("lot_size", "1e-99999999"), ("min_notional", "1e30"), ("tick_size", "1" * 5_000)],
)
def test_sizes_beyond_64_bits_end_in_one_error(name, value):
    with pytest.raises(CapacityError):
        vl.Instrument("TEST", **{"tick_size": "0.1", "lot_size": "0.001", name: value})


@pytest.mark.parametrize("value", ["1e999999999", "1e-999999999", Decimal("1e400"), float("nan"), float("inf"), 1e300])
def test_prices_beyond_64_bits_end_in_one_error(value):
    instrument = vl.Instrument("TEST", tick_size="0.1", lot_size="1")
    with pytest.raises((CapacityError, InvalidArgument)):
        instrument.price_to_ticks(value)
