"""Columns of times and numbers as others write them: zones, units, nulls, objects, wrong shapes."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import velora as vl
from velora.errors import DataError, InvalidArgument

INSTRUMENT = vl.Instrument("TEST", tick_size="0.1", lot_size="1", quote="USD")
NS = [1_704_067_200_000_000_000, 1_704_067_201_000_000_000]
STAMPS = pd.DatetimeIndex(NS)


def of_pandas(times, **more):
    rows = len(times)
    columns = {"kind": np.ones(rows, np.uint8), "price": [100, 101][:rows], "qty": [1] * rows, **more}
    return vl.EventTable.from_pandas(pd.DataFrame({"ts_event": times, **columns}), INSTRUMENT)


@pytest.mark.parametrize(
    "times",
    [
        STAMPS,
        STAMPS.tz_localize("UTC"),
        STAMPS.tz_localize("UTC").tz_convert("Asia/Tokyo"),
        STAMPS.astype("datetime64[ms]"),
        STAMPS.tz_localize("UTC").astype("datetime64[s, UTC]"),
        pd.Series(STAMPS).astype("timestamp[ns][pyarrow]"),
        pd.Series(STAMPS.tz_localize("UTC")).astype("timestamp[us, UTC][pyarrow]"),
        pd.Series(list(STAMPS.tz_localize("UTC")), dtype=object),
        pd.Series([datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 1)], dtype=object),
        ["2024-01-01T00:00:00Z", "2024-01-01T01:00:01+01:00"],
        pd.array(NS, dtype="Int64"),
        pd.array(NS, dtype="int64[pyarrow]"),
        pd.Series(NS, dtype=object),
    ],
    ids=str,
)
def test_times_of_a_frame_are_utc_nanoseconds(times):
    assert of_pandas(times).ts_event.tolist() == NS


def test_times_with_a_zone_keep_their_nanoseconds():
    times = pd.DatetimeIndex([NS[0] + 1, NS[0] + 789]).tz_localize("UTC")
    assert of_pandas(times).ts_event.tolist() == [NS[0] + 1, NS[0] + 789]


@pytest.mark.parametrize(
    "times",
    [
        pd.DatetimeIndex(["2024-01-01", None]),
        pd.DatetimeIndex(["2024-01-01", None], tz="UTC"),
        pd.array([1, None], dtype="Int64"),
        pd.array([1, None], dtype="int64[pyarrow]"),
        pd.Series([pd.Timestamp("2024-01-01"), pd.NaT], dtype=object),
    ],
    ids=str,
)
def test_an_empty_time_names_its_row(times):
    with pytest.raises(DataError, match="row 1, field 'ts_event'"):
        of_pandas(times)


@pytest.mark.parametrize(("unit", "factor"), [("seconds", 10**9), ("milliseconds", 10**6), ("microseconds", 10**3)])
def test_integers_of_another_unit_are_recognised(unit, factor):
    times = [ns // factor for ns in NS]
    with pytest.raises(DataError, match=f"are {unit}, not nanoseconds. Multiply them by {factor:,}"):
        of_pandas(times)
    frame = pl.DataFrame({"ts_event": times, "kind": [1, 1], "price": [1, 1], "qty": [1, 1]})
    with pytest.raises(DataError, match=unit):
        vl.EventTable.from_polars(frame, INSTRUMENT)


@pytest.mark.parametrize("times", [[1, 2], [10**9, 2 * 10**9], [0, 34_200 * 10**9], [5]])
def test_small_times_of_made_up_data_stay_nanoseconds(times):
    assert of_pandas(times).ts_event.tolist() == times


def test_whole_numbers_are_ticks_whatever_the_column_is_made_of():
    for dtype in ("int64", "object", "Int64", "int64[pyarrow]", "uint8"):
        assert of_pandas(NS, price=pd.Series([101, 102], dtype=dtype)).price.tolist() == [101, 102]
    assert of_pandas(NS, price=pd.Series([101, 10.5], dtype=object)).price.tolist() == [1010, 105]


@pytest.mark.parametrize(
    "bad",
    [5, None, "ab", [[1, 2]], [1, [2]], np.array([1 + 2j, 2]), [10**30, 1], np.ma.array([1, 2], mask=[0, 1]), {1, 2}],
    ids=str,
)
@pytest.mark.parametrize("name", ["ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id"])
def test_columns_of_a_wrong_form_end_in_one_error(name, bad):
    columns = {"ts_event": [1, 2], "kind": [1, 1], "price": [1, 1], "qty": [1, 1]}
    if bad is None and name not in columns:
        return
    with pytest.raises((InvalidArgument, DataError)):
        vl.EventTable.from_numpy(INSTRUMENT, **{**columns, name: bad})


def test_a_null_of_arrow_names_its_row():
    table = pa.table({"ts_event": [1, 2], "kind": [1, 1], "price": [1, 1], "qty": [1, None]})
    with pytest.raises(DataError, match="row 1, field 'qty'"):
        vl.EventTable.from_arrow(table, INSTRUMENT)


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame([[1, 1, 1, 1, 1]], columns=["ts_event", "kind", "price", "qty", "qty"])
    with pytest.raises(InvalidArgument, match="'qty' occurs 2 times"):
        vl.EventTable.from_pandas(frame, INSTRUMENT)
