"""Fees of an instrument beyond 5 % of the notional are questioned where a user sets them, and only there."""

from __future__ import annotations

import pickle
import warnings

import pytest

import velora as vl
from velora.errors import InvalidArgument


def made(**fees):
    return vl.Instrument("BTCUSDT", tick_size="0.1", lot_size="0.001", quote="USDT", **fees)


@pytest.mark.parametrize("value", ["0.1", 0.1, "-0.06", 1])
@pytest.mark.parametrize("kind", ["maker", "taker"])
def test_fee_beyond_five_percent_is_questioned_at_the_callers_line(kind, value):
    with pytest.warns(vl.VeloraWarning, match=f"^the {kind} fee of BTCUSDT is {value}, that is ") as caught:
        made(**{f"{kind}_fee": value})
    assert [one.filename for one in caught] == [__file__]
    with pytest.warns(vl.VeloraWarning, match=f"^the {kind} fee of BTCUSDT is {value}, that is ") as caught:
        made().replace(**{f"{kind}_fee": value})
    assert [one.filename for one in caught] == [__file__]


def test_usual_fees_are_not_questioned():
    made(maker_fee="-0.05", taker_fee="0.05")


def test_instrument_that_is_read_back_is_not_questioned_again():
    with pytest.warns(vl.VeloraWarning):
        dear = made(taker_fee="0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vl.Instrument.from_dict(dear.to_dict()) == dear
        assert pickle.loads(pickle.dumps(dear)) == dear
        assert dear.replace(venue="x").taker_fee == dear.taker_fee


def test_fees_of_a_backtest_are_questioned_once():
    market = vl.SyntheticMarket(duration="2s").table()
    with pytest.warns(vl.VeloraWarning) as caught:
        vl.Backtest(market, vl.Strategy(), fees=("0.1", 0)).run()
    assert [str(one.message)[:33] for one in caught] == ["the maker fee of the backtest is "]
    assert caught[0].filename == __file__


@pytest.mark.parametrize("value", ["x", None, "nan"])
def test_fee_that_is_no_number_is_refused(value):
    with pytest.raises(InvalidArgument, match="taker_fee"):
        made(taker_fee=value)
