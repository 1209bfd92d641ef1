"""Event tables from frames of trades and quotes: any vendor's names, exact values, and a cure for each refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.data.schema import COLUMNS
from velora.errors import DataError, InvalidArgument, OffGrid

BTC = vl.Instrument("BTCUSDT", tick_size="0.1", lot_size="0.001", quote="USDT")
START_MS = 1_723_118_400_000

TRADES = pd.DataFrame(
    {
        "time": pd.to_datetime([START_MS, START_MS + 1, START_MS + 1, START_MS + 7], unit="ms"),
        "price": [61000.1, 61000.2, 61000.0, 61000.3],
        "qty": [0.5, 0.001, 2.0, 0.25],
        "side": ["buy", "sell", "sell", "buy"],
    }
)
QUOTES = pd.DataFrame(
    {
        "time": pd.to_datetime([START_MS, START_MS + 1], unit="ms"),
        "bid": [61000.0, 61000.1],
        "bid_qty": [1.0, 2.0],
        "ask": [61000.2, 61000.2],
        "ask_qty": [0.5, 0.25],
    }
)


def assert_same(one, other):
    for name in COLUMNS:
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


def trades(frame, **options):
    return vl.EventTable.from_trades(frame, BTC, **options)


def quotes(frame, **options):
    return vl.EventTable.from_quotes(frame, BTC, **options)


def test_trades_hold_ticks_lots_and_the_side_of_the_aggressor():
    table = trades(TRADES)
    assert table.kind.tolist() == [EventKind.TRADE] * 4
    assert table.price.tolist() == [610001, 610002, 610000, 610003]
    assert table.qty.tolist() == [500, 1, 2000, 250]
    assert table.side.tolist() == [Side.BUY, Side.SELL, Side.SELL, Side.BUY]
    assert table.flags.tolist() == [EventFlag.LAST] * 4
    assert table.ts_event.tolist() == [START_MS * 10**6 + ms * 10**6 for ms in (0, 1, 1, 7)]
    assert table.ts_recv.tolist() == table.ts_event.tolist()


@pytest.mark.parametrize(
    "convert",
    [
        pl.from_pandas,
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False).to_batches()[0],
        lambda frame: {name: frame[name].to_numpy() for name in frame},
        lambda frame: {name: frame[name] for name in frame},
        lambda frame: frame.to_records(index=False),
        lambda frame: frame.set_index("time"),
        lambda frame: frame.set_index("time").rename_axis(None),
        lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.assign(side=frame["side"].astype("category")),
        lambda frame: frame.assign(price=frame["price"].astype(str), qty=frame["qty"].astype(str)),
    ],
)
def test_each_kind_of_frame_gives_the_same_table(convert):
    assert_same(trades(convert(TRADES)), trades(TRADES))


@pytest.mark.parametrize(
    "names",
    [
        ("timestamp", "px", "size", "aggressor"),
        ("ts_event", "Price", "Amount", "Taker Side"),
        ("datetime", "price", "quantity", "aggressor_side"),
    ],
)
def test_usual_names_are_found(names):
    renamed = TRADES.rename(columns=dict(zip(TRADES.columns, names, strict=True)))
    assert_same(trades(renamed), trades(TRADES))


@pytest.mark.parametrize(
    "times",
    [
        TRADES["time"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        TRADES["time"].astype("datetime64[ms]"),
        TRADES["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        TRADES["time"].dt.strftime("%Y-%m-%d %H:%M:%S.%f"),
        [datetime.fromtimestamp(START_MS / 1000, UTC).replace(microsecond=ms * 1000) for ms in (0, 1, 1, 7)],
    ],
)
def test_times_of_any_type_mean_the_same_instants(times):
    assert_same(trades(TRADES.assign(time=times)), trades(TRADES))


@pytest.mark.parametrize(("unit", "factor"), [("s", 0.001), ("ms", 1), ("us", 10**3), ("ns", 10**6)])
def test_numbers_are_times_in_the_given_unit(unit, factor):
    numbers = [(START_MS + ms) * factor for ms in (0, 1, 1, 7)]
    assert_same(trades(TRADES.assign(time=numbers), unit=unit), trades(TRADES))


def test_numbers_without_a_unit_are_refused_with_the_unit_that_makes_dates():
    with pytest.raises(InvalidArgument, match=r"'time' holds numbers.*unit='ms' makes them 2024-08-08T12:00:00"):
        trades(TRADES.assign(time=[START_MS, START_MS, START_MS, START_MS]))


def test_a_unit_that_makes_no_dates_is_refused_with_the_one_that_does():
    with pytest.raises(InvalidArgument, match=r"unit='us' puts outside.*unit='ms'"):
        trades(TRADES.assign(time=START_MS), unit="us")


def test_floats_too_coarse_for_their_times_are_refused():
    with pytest.raises(InvalidArgument, match="too coarse"):
        trades(TRADES.assign(time=np.full(4, START_MS * 1e6)), unit="ns")


def test_receipt_is_the_column_or_the_latency_or_the_event():
    received = TRADES.assign(local_timestamp=TRADES["time"] + pd.Timedelta("3ms"))
    assert (trades(received).ts_recv - trades(received).ts_event).tolist() == [3_000_000] * 4
    assert (trades(TRADES, latency="5ms").ts_recv - trades(TRADES).ts_event).tolist() == [5_000_000] * 4
    with pytest.raises(InvalidArgument, match="latency or the times of receipt 'local_timestamp'"):
        trades(received, latency="5ms")


WORDS = {
    Side.BUY: ["buy", "BUY", "Buy", "b", "bid", "buyer", " buy "],
    Side.SELL: ["sell", "SELL", "s", "ask", "A", "seller"],
    Side.NONE: [None, "", "unknown", "N", "none", float("nan"), pd.NA],
}


@pytest.mark.parametrize(("side", "word"), [(side, word) for side, words in WORDS.items() for word in words])
def test_sides_are_words_in_any_usual_spelling(side, word):
    assert trades({**TRADES[:1].to_dict("list"), "side": [word]}).side.tolist() == [side]


def test_trades_without_a_side_are_of_an_unknown_aggressor():
    assert trades(TRADES.drop(columns="side")).side.tolist() == [Side.NONE] * 4


@pytest.mark.parametrize("name", ["is_buyer_maker", "isBuyerMaker"])
@pytest.mark.parametrize("values", [[False, True, True, False], ["false", "True", "true", "False"], [0, 1, 1, 0]])
def test_a_buying_maker_means_a_selling_aggressor(name, values):
    frame = TRADES.drop(columns="side").assign(**{name: values})
    assert_same(trades(frame), trades(TRADES))


def test_signs_are_sides_and_other_numbers_are_refused():
    assert_same(trades(TRADES.assign(side=[1, -1, -1, 1])), trades(TRADES))
    for numbers in ([1, 1, 0, 0], [1, 1, 1, 1], [1, 2, 2, 1], [True, False, False, True]):
        with pytest.raises(InvalidArgument, match="do not say who buys: map them to 'buy' and 'sell'"):
            trades(TRADES.assign(side=numbers))


@pytest.mark.parametrize(
    ("name", "value", "error", "text"),
    [
        ("price", 61000.15, OffGrid, r"row 2, field 'price': .*tick_size of this data"),
        ("qty", 0.0005, OffGrid, r"row 2, field 'qty': .*lot_size of this data"),
        ("price", float("nan"), DataError, "row 2, field 'price': is empty"),
        ("qty", None, DataError, "row 2, field 'qty': is empty"),
        ("price", -61000.0, DataError, r"row 2, field 'price': must be above 0 in a trade, was -61000\.0"),
        ("qty", 0.0, DataError, r"row 2, field 'qty': must be above 0 in a trade, was 0\.0\. Leave"),
        ("price", float("inf"), OffGrid, "row 2, field 'price'"),
        ("time", pd.NaT, DataError, "row 2, field 'time': is empty"),
        ("time", pd.Timestamp(START_MS, unit="ms"), DataError, "row 2, field 'time': goes back.*Pass sort=True"),
        ("side", "up", DataError, "row 2, field 'side': 'up' is no side. Write buy or sell"),
    ],
)
def test_a_bad_value_is_refused_with_row_field_and_cure(name, value, error, text):
    frame = TRADES.copy()
    frame.loc[2, name] = value
    with pytest.raises(error, match=text):
        trades(frame)


def test_the_frame_s_own_name_is_in_the_error():
    frame = TRADES.rename(columns={"price": "px_last"})
    frame.loc[1, "px_last"] = 0.05
    with pytest.raises(OffGrid, match="row 1, field 'px_last'"):
        trades(frame, columns={"price": "px_last"})


def test_whole_numbers_are_prices_and_not_ticks():
    table = trades({"time": [1.5], "price": [61000], "qty": [2]}, unit="s")
    assert (table.price.tolist(), table.qty.tolist()) == ([610000], [2000])
    assert trades({"time": [1.5], "price": np.array([61000], object), "qty": [2]}, unit="s").price.tolist() == [610000]
    coarse = vl.Instrument("X", tick_size="5", lot_size="1", quote="USD")
    with pytest.raises(OffGrid, match="row 1, field 'price'"):
        vl.EventTable.from_trades({"time": [1, 2], "price": [10, 12], "qty": [1, 1]}, coarse, unit="s")


def test_sorting_keeps_the_order_of_rows_of_one_instant():
    turned = TRADES.iloc[[3, 1, 2, 0]]
    assert_same(trades(turned, sort=True), trades(TRADES))


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"px": "price"}, "no field 'px'.*such as {'price': 'px'}"),
        ({"price": "prise"}, "no column 'prise' for 'price'.*did you mean 'price'"),
        ("price", "columns must be a mapping"),
    ],
)
def test_a_wrong_mapping_of_columns_is_refused_with_the_right_one(columns, text):
    with pytest.raises(InvalidArgument, match=text):
        trades(TRADES, columns=columns)


def test_two_columns_for_a_field_are_refused_until_one_is_chosen():
    frame = TRADES.assign(size=1.0)
    with pytest.raises(InvalidArgument, match="'qty' and 'size' could both be the 'qty'"):
        trades(frame)
    assert trades(frame, columns={"qty": "size"}).qty.tolist() == [1000] * 4
    with pytest.raises(InvalidArgument, match="both state the aggressor"):
        trades(TRADES.assign(is_buyer_maker=True))
    assert trades(TRADES.assign(is_buyer_maker=True), columns={"side": None}).side.tolist() == [Side.SELL] * 4


def test_a_missing_column_is_refused_with_the_names_there_are():
    with pytest.raises(InvalidArgument, match=r"no column is the 'price'; the frame has time, cost.*columns=\{'price'"):
        trades(TRADES.rename(columns={"price": "cost"}))


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (pl.from_pandas(TRADES).lazy(), r"frame\.collect\(\)"),
        (TRADES["price"], "pass a frame"),
        (TRADES[["price"]].to_numpy(), "no names of columns"),
        ([1, 2], "cannot read columns of a list"),
    ],
)
def test_what_is_no_frame_is_refused_with_what_is(frame, text):
    with pytest.raises(InvalidArgument, match=text):
        trades(frame)


def test_quotes_are_two_rows_each():
    table = quotes(QUOTES)
    assert table.kind.tolist() == [EventKind.QUOTE] * 4
    assert table.side.tolist() == [Side.BUY, Side.SELL] * 2
    assert table.price.tolist() == [610000, 610002, 610001, 610002]
    assert table.qty.tolist() == [1000, 500, 2000, 250]
    assert table.flags.tolist() == [0, EventFlag.LAST] * 2


@pytest.mark.parametrize("price", [float("nan"), 0.0])
@pytest.mark.parametrize("qty", [float("nan"), 0.0])
def test_a_side_without_price_and_quantity_is_empty(price, qty):
    frame = QUOTES.copy()
    frame.loc[1, ["ask", "ask_qty"]] = [price, qty]
    assert quotes(frame).qty.tolist() == [1000, 500, 2000, 0]
    assert quotes(pl.from_pandas(frame)).qty.tolist() == [1000, 500, 2000, 0]


@pytest.mark.parametrize(
    ("name", "value", "error", "text"),
    [
        ("ask", float("nan"), DataError, "row 1, field 'ask': is empty, while 'ask_qty' is not"),
        ("bid_qty", float("nan"), DataError, "row 1, field 'bid_qty': is empty, while 'bid' is not"),
        ("bid_qty", -1.0, DataError, "row 1, field 'bid_qty': must be at least 0"),
        ("ask", -1.0, DataError, "row 1, field 'ask': must be above 0"),
        ("bid", 61000.05, OffGrid, "row 1, field 'bid'"),
    ],
)
def test_a_bad_side_of_a_quote_is_refused(name, value, error, text):
    frame = QUOTES.copy()
    frame.loc[1, name] = value
    with pytest.raises(error, match=text):
        quotes(frame)


def test_quotes_without_quantities_are_refused_with_the_reason():
    with pytest.raises(InvalidArgument, match=r"no column is the 'ask_qty'.*Quotes need quantities"):
        quotes(QUOTES.drop(columns="ask_qty"))


def test_a_backtest_runs_over_merged_trades_and_quotes():
    class Count(vl.Strategy):
        seen = 0

        def on_trade(self, trade):
            self.seen += 1

        def on_quote(self, quote):
            self.seen += 100

    strategy = Count()
    vl.Backtest(data=vl.EventTable.merge(trades(TRADES), quotes(QUOTES)), strategy=strategy).run()
    assert strategy.seen == 204


def test_merging_different_instruments_is_refused_with_the_cure():
    other = vl.EventTable.from_trades(TRADES, BTC.replace(symbol="ETHUSDT"))
    with pytest.raises(InvalidArgument, match="BTCUSDT and ETHUSDT: pass a list of tables to a backtest"):
        vl.EventTable.merge(trades(TRADES), other)
    dearer = vl.EventTable.from_trades(TRADES, BTC.replace(taker_fee="0.01"))
    with pytest.raises(InvalidArgument, match=r"taker_fee is .* and 0\.01. Make all of them with one Instrument"):
        vl.EventTable.merge(trades(TRADES), dearer)
    with pytest.raises(InvalidArgument, match=r"was a list: write merge\(\*tables\)"):
        vl.EventTable.merge([trades(TRADES)])
    with pytest.raises(InvalidArgument, match="at least one"):
        vl.EventTable.merge()


#: Times of receipt of up to five tables, many of them equal.
receipts = st.lists(st.lists(st.integers(0, 8), max_size=12).map(sorted), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(receipts)
def test_merge_is_the_stable_sort_of_all_rows_by_receipt(times):
    tables = []
    for at, ts in enumerate(times):
        ids = at * 100 + np.arange(len(ts), dtype=np.int64)
        column = np.ones(len(ts), np.int64)
        kinds = np.full(len(ts), EventKind.TRADE, np.uint8)
        given_times = np.array(ts, np.int64)
        tables.append(
            vl.EventTable.from_numpy(BTC, ts_event=given_times, kind=kinds, price=column, qty=column + at, order_id=ids)
        )
    merged = vl.EventTable.merge(*tables)
    rows = [(ts, at * 100 + row, at) for at, one in enumerate(times) for row, ts in enumerate(one)]
    expected = sorted(rows, key=lambda row: row[0])
    assert merged.ts_recv.tolist() == [row[0] for row in expected]
    assert merged.order_id.tolist() == [row[1] for row in expected]
    assert merged.qty.tolist() == [row[2] + 1 for row in expected]
