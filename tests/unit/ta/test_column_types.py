"""What the functions over columns take: arrays, Arrow, Polars and pandas columns, frames; and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from velora import ta
from velora.errors import InvalidArgument
from velora.testkit.candles import random_candles

CANDLES = random_candles(300, 5)
CLOSE = CANDLES["close"]
WANTED = ta.rsi(CLOSE, 14)


@pytest.mark.parametrize(
    "column",
    [
        CLOSE.tolist(),
        pa.array(CLOSE),
        pa.chunked_array([CLOSE[:100], CLOSE[100:]]),
        pl.Series(CLOSE),
        pd.Series(CLOSE, index=range(7, 307)),
    ],
    ids=["list", "arrow", "chunked", "polars", "pandas"],
)
def test_columns_of_other_libraries_give_the_values_of_an_array(column):
    np.testing.assert_array_equal(ta.rsi(column, 14), WANTED)


@pytest.mark.parametrize("make", [pa.array, pl.Series, pd.Series])
def test_columns_of_other_libraries_are_read_in_place(make):
    column = make(CLOSE)
    assert np.shares_memory(np.asarray(column), np.asarray(column))
    assert np.asarray(column).base is not None


@pytest.mark.parametrize(
    "frame",
    [
        CANDLES,
        pd.DataFrame(CANDLES),
        pd.DataFrame({name.title(): column for name, column in CANDLES.items()}),
        pl.DataFrame(CANDLES),
        pa.table(CANDLES),
    ],
    ids=["dict", "pandas", "title case", "polars", "arrow"],
)
def test_a_frame_gives_its_columns_by_name(frame):
    wanted = ta.atr(CANDLES["high"], CANDLES["low"], CLOSE, 14)
    np.testing.assert_array_equal(ta.atr(frame, 14), wanted)
    np.testing.assert_array_equal(ta.atr(frame, period=14), wanted)


def test_whole_numbers_are_taken_and_a_missing_value_is_nan():
    np.testing.assert_array_equal(ta.sma(np.arange(10), 2)[1:], np.arange(9) + 0.5)
    found = ta.sma(pa.array([None, 1.0, 2.0, 3.0]), 2)
    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == [1.5, 2.5]


def test_inputs_may_be_given_by_name():
    found = ta.atr(high=CANDLES["high"], low=CANDLES["low"], close=CLOSE, period=14)
    np.testing.assert_array_equal(found, ta.atr(CANDLES, 14))


def test_outputs_go_where_the_caller_wants_them():
    out = tuple(np.empty(300) for _ in range(3))
    found = ta.bbands(CLOSE, 20, out=out)
    assert found.upper is out[0]
    np.testing.assert_array_equal(out[1], ta.bbands(CLOSE, 20).middle)
    wide = np.empty(600)
    ta.sma(CLOSE, 5, out=wide[::2])
    np.testing.assert_array_equal(wide[::2], ta.sma(CLOSE, 5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ta.sma(["a", "b"], 2), "close must hold numbers"),
        (lambda: ta.sma(3.0, 2), "takes one at a time"),
        (lambda: ta.atr(CLOSE, CLOSE[:-1], CLOSE), r"low has the shape \(299,\)"),
        (lambda: ta.atr(CLOSE, CLOSE), "takes 3 columns"),
        (lambda: ta.atr({"high": CLOSE, "low": CLOSE}), "needs a column 'close'"),
        (lambda: ta.sma(CLOSE, 5, 6), "takes 1 parameters"),
        (lambda: ta.sma(CLOSE, length=5), "no parameter 'length': it has period"),
        (lambda: ta.sma(CLOSE, 5, out=CLOSE), "must not overlap"),
        (lambda: ta.sma(CLOSE, 5, out=np.empty(3)), "out must be arrays"),
        (lambda: ta.sma(CLOSE.reshape(-1, 10), 5, axis=2), "axis must lie between"),
        (lambda: ta.bbands(CLOSE, ma_type="square"), "must be one of sma"),
        (lambda: ta.cdl_doji(CANDLES, settings={"body": ("body", 1, 1.0)}), "settings has no 'body'"),
    ],
)
def test_a_wrong_call_says_what_to_do(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()
