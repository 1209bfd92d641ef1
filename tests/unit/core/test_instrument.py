"""Instruments: an exact grid, and money that keeps price times quantity exact."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.errors import InvalidArgument, OffGrid

STEPS = st.builds(lambda m, e: Decimal(m).scaleb(-e), st.sampled_from([1, 2, 5, 25, 125]), st.integers(0, 8))


@given(tick=STEPS, ticks=st.integers(1, 10**9))
def test_price_of_ticks_comes_back_from_float_decimal_and_text(tick, ticks):
    instrument = vl.Instrument("TEST", tick_size=tick, lot_size=1)
    exact = tick * ticks
    assert instrument.ticks_to_price(ticks) == float(exact)
    assert instrument.price_to_ticks(float(exact)) == ticks
    assert instrument.price_to_ticks(exact) == ticks
    assert instrument.price_to_ticks(f"{exact:f}") == ticks


@given(tick=STEPS, ticks=st.integers(2, 10**6))
def test_price_half_a_tick_off_is_refused(tick, ticks):
    instrument = vl.Instrument("TEST", tick_size=tick, lot_size=1)
    for price in (tick * ticks + tick / 2, float(tick * ticks + tick / 2)):
        with pytest.raises(OffGrid, match="tick_size"):
            instrument.price_to_ticks(price)


def test_float_noise_of_arithmetic_is_accepted():
    instrument = vl.Instrument("TEST", tick_size="0.1", lot_size="0.001")
    assert instrument.price_to_ticks(0.1 + 0.2) == 3
    assert instrument.qty_to_lots(0.001 * 3) == 3


@given(tick=STEPS, lot=STEPS, size=STEPS, ticks=st.integers(1, 10**5), lots=st.integers(1, 10**5))
def test_money_of_a_linear_fill_is_exact(tick, lot, size, ticks, lots):
    try:
        instrument = vl.Instrument("TEST", tick_size=tick, lot_size=lot, contract_size=size)
    except InvalidArgument as error:
        assert "1e-18" in str(error)  # noqa: PT017 - refused rather than rounded
        return
    value = instrument.value_mult * ticks * lots
    assert value * instrument.money_unit == (tick * ticks) * (lot * lots) * size


def test_inverse_value_is_contracts_over_price():
    instrument = vl.Instrument(
        "BTCUSD_PERP", tick_size="0.1", lot_size=1, contract_size=100, kind="inverse", base="BTC"
    )
    assert instrument.settle == "BTC"
    # One contract of 100 USD at 50,000 is 0.002 BTC.
    assert instrument.value_mult / 500_000 * float(instrument.money_unit) == pytest.approx(0.002)


def test_instruments_are_values():
    one = vl.Instrument("TEST", tick_size="0.10", lot_size="0.001", quote="USDT", min_qty="0.002")
    assert one == vl.Instrument.from_dict(one.to_dict())
    assert one == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(vl.Instrument.from_dict(one.to_dict()))
    assert one != one.replace(tick_size="0.2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tick_size": 0, "lot_size": 1}, "tick_size must be positive"),
        ({"tick_size": "x", "lot_size": 1}, "tick_size must be a decimal number"),
        ({"tick_size": 1, "lot_size": float("nan")}, "lot_size must be finite"),
        ({"tick_size": 1, "lot_size": 1, "kind": "option"}, "kind of TEST must be one of"),
        ({"tick_size": 1, "lot_size": 1, "maker_fee": "1.5"}, r"maker_fee must lie in \[-1, 1\]"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        vl.Instrument("TEST", **arguments)


def test_unknown_key_of_a_dict_is_named():
    with pytest.raises(InvalidArgument, match="unknown instrument key 'tick'"):
        vl.Instrument.from_dict({"symbol": "TEST", "tick": 1})
