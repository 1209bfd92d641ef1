"""Event tables: taken without a copy, converted exactly or not at all."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import velora as vl
from velora.errors import DataError, InvalidArgument, OffGrid

INSTRUMENT = vl.Instrument("TEST", tick_size="0.5", lot_size="0.1", quote="USD")


def columns(n=4):
    return {
        "ts_event": np.arange(n, dtype=np.int64),
        "ts_recv": np.arange(n, dtype=np.int64) + 5,
        "kind": np.full(n, 1, np.uint8),
        "side": np.zeros(n, np.uint8),
        "flags": np.ones(n, np.uint8),
        "price": np.arange(100, 100 + n, dtype=np.int64),
        "qty": np.ones(n, np.int64),
        "order_id": np.arange(n, dtype=np.int64),
    }


def test_numpy_columns_are_taken_without_a_copy():
    given = columns()
    table = vl.EventTable.from_numpy(INSTRUMENT, **given)
    for name, array in given.items():
        assert np.shares_memory(getattr(table, name), array)


def test_arrow_columns_are_taken_and_given_without_a_copy():
    given = pa.table(columns())
    table = vl.EventTable.from_arrow(given, INSTRUMENT)
    out = table.to_arrow()
    for name in columns():
        address = given.column(name).chunk(0).buffers()[1].address
        assert getattr(table, name).ctypes.data == address
        assert out.column(name).chunk(0).buffers()[1].address == address


def test_pandas_and_polars_frames_are_taken_without_a_copy():
    frame = pd.DataFrame(columns())
    table = vl.EventTable.from_pandas(frame, INSTRUMENT)
    assert np.shares_memory(table.price, frame["price"].to_numpy())
    other = pl.DataFrame(columns())
    table = vl.EventTable.from_polars(other, INSTRUMENT)
    assert np.shares_memory(table.price, other["price"].to_numpy())


def test_instrument_travels_in_the_metadata():
    table = vl.EventTable.from_numpy(INSTRUMENT, **columns())
    assert vl.EventTable.from_table(table.to_arrow()).instrument == INSTRUMENT


@pytest.mark.parametrize(
    "prices",
    [
        np.array([50.0, 50.5, 51.0, 51.5]),
        np.array(["50", "50.5", "51.0", "51.50"]),
        np.array([Decimal("50"), Decimal("50.5"), Decimal(51), Decimal("51.5")], dtype=object),
    ],
)
def test_prices_in_currency_become_ticks_exactly(prices):
    table = vl.EventTable.from_numpy(INSTRUMENT, **{**columns(), "price": prices})
    assert table.price.tolist() == [100, 101, 102, 103]


@pytest.mark.parametrize("bad", [np.array([50.0, 50.25, 51.0, 51.5]), np.array(["50", "50.25", "51", "51"])])
def test_price_off_the_grid_names_its_row(bad):
    with pytest.raises(OffGrid, match=r"row 1.*price"):
        vl.EventTable.from_numpy(INSTRUMENT, **{**columns(), "price": bad})


def test_nan_is_off_the_grid():
    with pytest.raises(OffGrid, match="row 2"):
        vl.EventTable.from_numpy(INSTRUMENT, **{**columns(), "qty": np.array([0.1, 0.2, np.nan, 0.1])})


def test_time_of_receipt_going_back_names_its_row():
    given = columns()
    given["ts_recv"] = np.array([5, 6, 4, 8])
    with pytest.raises(DataError, match=r"row 2.*goes back by 2 ns"):
        vl.EventTable.from_numpy(INSTRUMENT, **given)


def test_unknown_kind_and_column_are_refused():
    given = columns()
    given["kind"][3] = 99
    with pytest.raises(DataError, match="row 3"):
        vl.EventTable.from_numpy(INSTRUMENT, **given)
    with pytest.raises(InvalidArgument, match="unknown column 'volume'"):
        vl.EventTable.from_numpy(INSTRUMENT, volume=1, **columns())


def test_missing_optional_columns_have_defaults():
    table = vl.EventTable.from_numpy(INSTRUMENT, ts_event=[1, 2], kind=[1, 1], price=[1, 2], qty=[1, 1])
    assert table.ts_recv.tolist() == [1, 2]
    assert table.side.tolist() == [2, 2]
    assert table.flags.tolist() == [1, 1]
    assert table.order_id.tolist() == [0, 0]


def test_disorder_is_how_far_venue_times_go_back():
    given = columns()
    given["ts_event"] = np.array([10, 30, 12, 31])
    assert vl.EventTable.from_numpy(INSTRUMENT, **given).disorder_ns == 18


def test_mark_prices_are_not_on_the_grid():
    given = {**columns(2), "kind": np.array([10, 1], np.uint8), "price": [1.23456789, 50.5], "qty": [0.0001, 0.1]}
    table = vl.EventTable.from_numpy(INSTRUMENT, **given)
    assert table.price.tolist() == [123_456_789, 101]
    assert table.qty.tolist() == [10_000, 1]
