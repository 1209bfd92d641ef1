"""The result: exact money, tables, figures, and the way to disk and back."""

from __future__ import annotations

import io
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from _fake import BTC, COIN, ETH, SECOND, START, Recorder, empty_run, fake_run
from hypothesis import given, settings
from hypothesis import strategies as hs

from velora.backtest.result import Result
from velora.core.vocabulary import CAUSES
from velora.errors import CorruptData, InvalidArgument, MissingFile


@pytest.fixture(scope="module")
def result() -> Result:
    return Result(fake_run([BTC, ETH, COIN], seconds=300))


def by_cause(result: Result, currency: str) -> dict[str, dict[str, Any]]:
    return {row["cause"]: row for row in result.pnl_by_cause().to_pylist() if row["currency"] == currency}


fill_moves = hs.tuples(
    hs.integers(0, 1),  # side
    hs.integers(0, 4),  # cause
    hs.integers(1, 300),  # lots
    hs.integers(-60, 60),  # price from the bid
    hs.integers(-50, 50),  # bid moves
    hs.booleans(),  # a side of the book is empty afterwards
)


@settings(max_examples=150, deadline=None)
@given(hs.lists(hs.tuples(hs.integers(0, 2), fill_moves), max_size=30), hs.integers(-500, 500))
def test_pnl_by_cause_sums_exactly_to_the_pnl_of_the_run(
    moves: list[tuple[int, tuple[int, int, int, int, int, bool]]], funding: int
) -> None:
    recorder = Recorder([BTC, ETH, COIN])
    bids = [571_003, 245_777, 569_801]
    for number, (index, (side, cause, lots, distance, step, emptied)) in enumerate(moves):
        bids[index] += step
        recorder.mid_x2[index] = 2 * bids[index] + 1
        recorder.fill(START + number * SECOND, index, side, cause, bids[index] + distance, lots)
        if emptied:
            recorder.mid_x2[index] = 0
    for account in recorder.accounts:
        account.fees += funding
    recorder.sample_all(START + 100 * SECOND)
    result = Result(recorder.raw())
    for currency, accounts in (("USDT", recorder.accounts[:2]), ("BTC", recorder.accounts[2:])):
        causes = by_cause(result, currency)
        assert sum(row["pnl_units"] for row in causes.values()) == result.pnl_units(currency)
        assert sum(row["fee_units"] for row in causes.values()) == sum(a.fees for a in accounts)
        assert sum(row["realized_units"] for row in causes.values()) == sum(a.realized for a in accounts)
        assert result.funding_units(currency) == funding * len(accounts)
        marked = all(recorder.mid_x2[recorder.accounts.index(a)] or not a.lots for a in accounts)
        if marked:
            exact = [a.realized + a.unrealized(recorder.mid_x2[recorder.accounts.index(a)]) - a.fees for a in accounts]
            assert result.pnl_units(currency) == sum(exact)


def test_linear_pnl_by_cause_is_the_hand_computed_mark_to_the_end() -> None:
    recorder = Recorder([BTC])
    recorder.mid_x2 = [2 * 570_000 + 1]
    recorder.fill(START, 0, 0, 0, 570_000, 10)  # buy 0.010 at 57000.0, QUEUE, maker 0.002 %
    recorder.fill(START + SECOND, 0, 1, 3, 570_050, 4)  # sell 0.004 at 57005.0, TAKER 0.05 %
    recorder.mid_x2 = [2 * 570_100 + 1]  # 57010.05
    recorder.sample_all(START + 2 * SECOND)
    causes = by_cause(Result(recorder.raw()), "USDT")
    # 0.010 * (57010.05 - 57000.0) - 0.0114; -0.004 * (57010.05 - 57005) - 0.11401
    assert causes["QUEUE"]["pnl"] == pytest.approx(0.1005 - 0.0114, abs=1e-12)
    assert causes["TAKER"]["pnl"] == pytest.approx(-0.0202 - 0.11401, abs=1e-12)
    # edge: mid 57000.05 at both fills
    assert causes["QUEUE"]["edge"] == pytest.approx(0.0005, abs=1e-12)
    assert causes["TAKER"]["edge"] == pytest.approx(0.004 * (57005.0 - 57000.05), abs=1e-12)
    # One second after the first fill the sample of the second still shows the old mid, after two the new one.
    assert causes["QUEUE"]["markout_1s"] == pytest.approx(0.0005, abs=1e-12)
    assert causes["TAKER"]["markout_1s"] == pytest.approx(-0.0202, abs=1e-12)
    assert math.isnan(causes["QUEUE"]["markout_10s"])
    assert causes["THROUGH"]["fills"] == 0
    assert math.isnan(causes["THROUGH"]["edge_bps"])


def test_inverse_long_gains_coin_when_the_price_rises() -> None:
    recorder = Recorder([COIN])
    recorder.mid_x2 = [2 * 500_000]
    recorder.fill(START, 0, 0, 0, 500_000, 100)  # 100 contracts of 100 USD at 50000
    recorder.mid_x2 = [2 * 625_000]
    recorder.sample_all(START + SECOND)
    result = Result(recorder.raw())
    # 10000 * (1/50000 - 1/62500) = 0.04 BTC, fee 0.01 % of 0.2 BTC
    assert result.pnl_units("BTC") == 4_000_000 - 2_000
    assert by_cause(result, "BTC")["QUEUE"]["pnl"] == pytest.approx(0.03998)


def test_every_cause_has_a_row_for_every_currency(result: Result) -> None:
    table = result.pnl_by_cause()
    assert table.column("currency").to_pylist() == ["USDT"] * 5 + ["BTC"] * 5
    assert table.column("cause").to_pylist() == list(CAUSES) * 2
    assert sum(table.column("fills").to_pylist()) == result.fills.num_rows


def test_fills_that_contradict_the_samples_are_refused() -> None:
    raw = fake_run(seconds=60)
    raw["fills"]["fee"][0] += 1
    raw["fills"]["price"][1] += 7
    with pytest.raises(CorruptData, match="the samples end at"):
        Result(raw).pnl_by_cause()


def test_fills_are_in_human_units_beside_the_exact_integers(result: Result) -> None:
    fills = result.fills
    assert fills.schema.field("ts_venue").type == pa.timestamp("ns", tz="UTC")
    first, raw = fills.slice(0, 1).to_pylist()[0], result.fills_raw[0]
    instrument = result.instruments[raw["instrument"]]
    assert first["price"] == instrument.ticks_to_price(int(raw["price"]))
    assert first["qty"] == instrument.lots_to_qty(int(raw["qty"]))
    assert first["price_ticks"] == raw["price"]
    assert first["fee_units"] == raw["fee"]
    assert Decimal(str(first["fee"])) == int(raw["fee"]) * instrument.money_unit
    assert first["symbol"] == instrument.symbol
    assert first["side"] in ("BUY", "SELL")
    assert sum(fills.column("pnl_units").to_pylist()) == sum(map(result.pnl_units, result.currencies))


def test_orders_show_instants_that_never_came_as_null(result: Result) -> None:
    rows = result.orders.to_pylist()
    rejected = [row for row in rows if row["state"] == "REJECTED"]
    assert rejected
    assert all(row["ts_ack"] is None and row["reason"] == "POST_ONLY" for row in rejected)
    assert {row["type"] for row in rows} == {"LIMIT"}


def slow_equity(result: Result, currency: str, ts: int) -> int:
    total = result.start_cash_units(currency)
    for index, instrument in enumerate(result.instruments):
        rows = [r for r in result.samples_raw if r["instrument"] == index and r["ts"] <= ts]
        if instrument.settle == currency and rows:
            total += int(rows[-1]["realized"]) + int(rows[-1]["unrealized"]) - int(rows[-1]["fee"])
    return total


def test_equity_is_cash_plus_the_last_sample_of_every_instrument() -> None:
    result = Result(fake_run([BTC, ETH, COIN], seconds=40, config={"cash": {"USDT": 1000, "BTC": "0.5"}}))
    rows = result.equity.to_pylist()
    assert [row["currency"] for row in rows] == sorted((row["currency"] for row in rows), reverse=True)
    for row in rows:
        assert row["equity_units"] == slow_equity(result, row["currency"], row["ts"].value)
    for currency in ("USDT", "BTC"):
        curve = [row for row in rows if row["currency"] == currency]
        assert curve[-1]["equity_units"] == result.start_cash_units(currency) + result.pnl_units(currency)
        ts = [row["ts"].value for row in curve]
        assert ts == sorted(set(ts))


def test_a_number_of_cash_belongs_to_the_first_currency(result: Result) -> None:
    run = Result({**fake_run([BTC, COIN], seconds=5), "config": {"cash": 2500.5}})
    assert run.start_cash_units("USDT") == 250_050_000_000
    assert run.start_cash_units("BTC") == 0


def test_an_empty_side_of_the_book_does_not_dent_the_equity() -> None:
    for instrument, price in ((BTC, 570_000), (COIN, 569_800)):
        recorder = Recorder([instrument])
        recorder.mid_x2 = [2 * price + 1]
        recorder.fill(START, 0, 0, 0, price - 40, 10)
        recorder.mid_x2 = [0]
        recorder.sample_all(START + SECOND)
        recorder.mid_x2 = [2 * price + 1]
        recorder.sample_all(START + 2 * SECOND)
        equity = Result(recorder.raw()).equity.column("equity_units").to_pylist()
        assert equity[0] == equity[1] == equity[2]


def test_instruments_of_different_money_units_add_up_in_the_finer_one() -> None:
    fine = BTC.replace(symbol="FINE", tick_size="0.000001", lot_size="0.0001")
    assert fine.money_unit < BTC.money_unit
    result = Result(fake_run([BTC, fine], seconds=120))
    assert result.money_unit("USDT") == fine.money_unit
    assert sum(row["pnl_units"] for row in by_cause(result, "USDT").values()) == result.pnl_units("USDT")
    position = result.position.to_pylist()
    last = {row["symbol"]: row["fee_units"] for row in position}
    assert result.equity.column("fee_units").to_pylist()[-1] == sum(last.values())


def test_statistics_agree_with_the_tables(result: Result) -> None:
    figures = result.statistics()
    orders, fills = result.orders.to_pylist(), result.fills.to_pylist()
    assert figures["fills"] == len(fills)
    assert sum(figures["order_outcomes"].values()) == figures["orders"] == len(orders)
    assert figures["fill_ratio"] == sum(row["cum_qty"] > 0 for row in orders) / len(orders)
    messages = len(orders) + sum(row["amends"] for row in orders)
    assert figures["order_to_trade"] == messages / len(fills)
    for money in figures["money"]:
        own = [row for row in fills if row["currency"] == money["currency"]]
        turnover = sum(row["notional"] for row in own)
        maker = sum(row["notional"] for row in own if row["liquidity"] == "MAKER")
        assert money["turnover"] == pytest.approx(turnover)
        assert money["maker_share"] == pytest.approx(maker / turnover)
        assert money["return_on_turnover_bps"] == pytest.approx(money["pnl"] / turnover * 1e4)
        assert money["fees"] == pytest.approx(sum(row["fee"] for row in own))
        assert money["pnl"] == pytest.approx(money["realized_pnl"] + money["unrealized_pnl"] - money["fees"])
    json.dumps(figures, allow_nan=False)


def test_inventory_is_weighted_by_time() -> None:
    recorder = Recorder([BTC])
    recorder.mid_x2 = [1_140_001]
    recorder.sample_all(START)
    recorder.fill(START + 10 * SECOND, 0, 0, 0, 570_000, 10)
    recorder.fill(START + 30 * SECOND, 0, 1, 0, 570_001, 10)
    recorder.sample_all(START + 40 * SECOND)
    [inventory] = Result(recorder.raw()).statistics()["inventory"]
    assert inventory["average_inventory"] == pytest.approx(0.010 * 20 / 40)
    assert inventory["time_in_market"] == pytest.approx(0.5)
    assert (inventory["max_long"], inventory["max_short"]) == (0.01, 0.0)


def test_sample_interval_is_found_among_the_samples_after_fills(result: Result) -> None:
    unstated = Result(fake_run(seconds=120, config={}))
    assert unstated.sample_interval_ns() == SECOND
    assert Result(fake_run(seconds=5, config={"sample_ns": 77})).sample_interval_ns() == 77


def test_summary_prints_plain_in_a_pipe_and_through_rich(result: Result) -> None:
    from rich.console import Console

    summary = result.summary()
    text = str(summary)
    assert "\x1b" not in text
    for wanted in (result.hash, "MarketMaker", "QUEUE USDT", "TOTAL BTC", "rows/s", "Sharpe"):
        assert wanted in text
    console = Console(file=io.StringIO(), width=120)
    console.print(summary)
    assert "PnL by fill cause" in console.file.getvalue()  # type: ignore[attr-defined]


def test_summary_cause_table_fits_eighty_columns() -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=80)
    console.print(Result(fake_run(seconds=600)).summary())
    assert "…" not in console.file.getvalue()  # type: ignore[attr-defined]


def test_summary_in_a_notebook_escapes_names() -> None:
    page = Result(fake_run(seconds=5, strategy="<script>")).summary()._repr_html_()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_summary_dict_is_json_even_with_nothing_traded() -> None:
    values = Result(empty_run()).summary().to_dict()
    json.dumps(values, allow_nan=False)
    assert values["totals"]["money"][0]["sharpe"] is None
    assert values["run"]["hash"] == "5f1c9a3be07d42e8"


def test_a_run_without_a_single_sample_has_empty_tables() -> None:
    raw = {**fake_run(seconds=1), **dict.fromkeys(("fills", "orders", "samples", "instants"), np.empty(0))}
    result = Result(raw)
    assert (result.fills.num_rows, result.orders.num_rows, result.equity.num_rows) == (0, 0, 0)
    assert "no samples" in str(result.summary())


def test_a_record_array_without_a_field_is_refused_by_name() -> None:
    raw = fake_run(seconds=1)
    raw["fills"] = np.zeros(3, [("ts_venue", "<i8")])
    with pytest.raises(InvalidArgument, match="'ts_local'"):
        Result(raw)


def test_saved_result_comes_back_the_same(tmp_path: Path, result: Result) -> None:
    folder = result.to_parquet(tmp_path / "run")
    loaded = Result.load(folder)
    for name in ("fills", "orders", "equity", "position"):
        assert getattr(loaded, name).equals(getattr(result, name))
    assert loaded.pnl_by_cause().to_pydict().keys() == result.pnl_by_cause().to_pydict().keys()
    assert loaded.summary().to_dict() == result.summary().to_dict()
    assert loaded.instruments == result.instruments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_saving_again_replaces_the_old_result_but_nothing_else(tmp_path: Path, result: Result) -> None:
    result.to_parquet(tmp_path / "run")
    other = Result(empty_run())
    other.to_parquet(tmp_path / "run")
    assert Result.load(tmp_path / "run").fills.num_rows == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidArgument, match="holds other files"):
        result.to_parquet(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_saving_into_a_missing_folder_names_it(tmp_path: Path, result: Result) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        result.to_parquet(tmp_path / "nowhere" / "run")
    with pytest.raises(MissingFile, match=r"result\.json is missing"):
        Result.load(tmp_path)


@pytest.mark.parametrize("key", ["hash", "strategy", "rows"])
def test_a_changed_identity_is_found_on_load(tmp_path: Path, result: Result, key: str) -> None:
    folder = result.to_parquet(tmp_path / "run")
    meta = json.loads((folder / "result.json").read_text())
    meta[key] = 1 if key == "rows" else "changed"
    (folder / "result.json").write_text(json.dumps(meta))
    with pytest.raises(CorruptData, match="checksum"):
        Result.load(folder)


def test_changed_records_are_found_on_load(tmp_path: Path, result: Result) -> None:
    import pyarrow.parquet as pq

    folder = result.to_parquet(tmp_path / "run")
    table = pq.read_table(folder / "fills.parquet")
    price = table.column("price").to_numpy().copy()
    price[0] += 1
    pq.write_table(
        table.set_column(table.column_names.index("price"), "price", pa.array(price)),
        folder / "fills.parquet",
    )
    with pytest.raises(CorruptData, match="checksum"):
        Result.load(folder)


def test_damaged_files_are_named(tmp_path: Path, result: Result) -> None:
    folder = result.to_parquet(tmp_path / "run")
    (folder / "orders.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(CorruptData, match=r"orders\.parquet"):
        Result.load(folder)
    (folder / "result.json").write_text("{")
    with pytest.raises(CorruptData, match=r"result\.json.*broken JSON"):
        Result.load(folder)
