"""Figures over what they should be over: warm-up, variation, drawdown, currencies, and the account's buying power."""

from __future__ import annotations

import math

import numpy as np
import pytest

import velora as vl
from velora.backtest import statistics as st
from velora.errors import InvalidArgument
from velora.testkit import Flow, Script

SECOND = 1_000_000_000
YEAR_S = 365 * 86_400


def instrument(symbol: str = "TEST", **spec: object) -> vl.Instrument:
    return vl.Instrument(
        symbol, **({"tick_size": "1", "lot_size": "1", "quote": "USDT", "maker_fee": 0, "taker_fee": 0} | spec)
    )


def books(mids: list[int], one: vl.Instrument | None = None, step: int = SECOND, first: int = SECOND) -> Flow:
    """A book around each mid, one a step."""
    flow = Flow(one or instrument())
    for number, mid in enumerate(mids):
        flow.snapshot(first + number * step, bids=[(mid - 1, 50)], asks=[(mid + 1, 50)])
    return flow


def buying(lots: int, ts: int | None = None) -> Script:
    class Hold(Script):
        def on_start(self) -> None:
            if ts is None:
                self.buy(self.instruments[0], qty_lots=lots)
            super().on_start()

    return Hold() if ts is None else Script((ts, lambda s: s.buy(s.instruments[0], qty_lots=lots)))


# ---------------------------------------------------------------------- warm-up


@pytest.mark.parametrize("warmup", [0, 100, 250, 390])
def test_a_warm_up_is_outside_every_figure(warmup):
    rng = np.random.default_rng(4)
    path = (10_000 + np.cumsum(rng.integers(-5, 7, 401))).tolist()
    result = vl.Backtest(books(path).table(), buying(3), warmup=f"{warmup}s").run()
    steps = 3.0 * np.diff(path[warmup:])
    money, inventory = result.statistics()["money"][0], result.statistics()["inventory"][0]
    assert money["sharpe"] == pytest.approx(steps.mean() / steps.std(ddof=1) * math.sqrt(YEAR_S))
    downside = math.sqrt(np.mean(np.minimum(steps, 0) ** 2))
    assert money["sortino"] == pytest.approx(steps.mean() / downside * math.sqrt(YEAR_S))
    assert inventory["time_in_market"] == 1.0
    assert inventory["average_inventory"] == pytest.approx(3.0)
    assert result.period == ((1 + warmup) * SECOND, 401 * SECOND)
    assert int(result.samples_raw["ts"].min()) == (1 + warmup) * SECOND


def test_samples_after_a_warm_up_stand_at_its_end_and_each_interval_from_there():
    flow = books([100] * 12, step=300_000_000)
    result = vl.Backtest(flow.table(), Script(), warmup="1.1s", sample="0.5s").run()
    assert ((result.instants_raw["ts"] - SECOND) // 10**8).tolist() == [11, 16, 21, 26, 31, 33]


def test_a_warm_up_without_interval_samples_still_begins_the_curve():
    result = vl.Backtest(books([100] * 5).table(), buying(1), warmup="2s", sample=0).run()
    assert result.period == (3 * SECOND, 5 * SECOND)


# ---------------------------------------------------------------------- variation


@pytest.mark.parametrize("slope", [-7, -1, 1, 3])
@pytest.mark.parametrize("spec", [{}, {"tick_size": "0.1", "lot_size": "0.001"}, {"tick_size": "0.00003"}])
def test_a_curve_of_equal_steps_has_no_ratio(slope, spec):
    path = [1_000 + slope * k for k in range(80)]
    result = vl.Backtest(books(path, instrument(**spec)).table(), buying(3)).run()
    money = result.statistics()["money"][0]
    assert (money["sharpe"], money["sortino"]) == (None, None)
    line = next(line for line in str(result.summary()).splitlines() if "Sharpe" in line)
    assert line.endswith("n/a (no variation)")


def test_a_curve_that_varies_by_one_unit_has_its_ratio():
    path = [1_000 + k for k in range(40)] + [1_041]
    result = vl.Backtest(books(path, instrument(tick_size="0.1", lot_size="0.001")).table(), buying(3)).run()
    steps = np.array([1.0] * 39 + [2.0])
    assert result.statistics()["money"][0]["sharpe"] == pytest.approx(
        steps.mean() / steps.std(ddof=1) * math.sqrt(YEAR_S)
    )


def test_one_sample_or_no_trade_has_no_ratio():
    for flow in (books([100]), books([100, 101, 102, 99])):
        money = vl.Backtest(flow.table(), Script()).run().statistics()["money"][0]
        assert (money["sharpe"], money["sortino"], money["max_drawdown"]) == (None, None, 0.0)


@pytest.mark.parametrize("value", [0.1, -0.1, 1e-9, 123_456.7, 1 / 3])
def test_ratios_of_equal_floats_are_nan_whatever_their_rounding(value):
    assert math.isnan(st.sharpe_ratio(np.full(60, value), SECOND))
    assert math.isnan(st.sortino_ratio(np.full(60, value), SECOND))


def test_ratios_of_integers_are_those_of_the_same_floats():
    units = np.array([5, -3, 8, 0, -2, 11], np.int64)
    for ratio in (st.sharpe_ratio, st.sortino_ratio):
        assert ratio(units, SECOND) == pytest.approx(ratio(units / 1e8, SECOND))
        assert math.isnan(ratio(np.array([-4, -4, -4]), SECOND))
        assert math.isnan(ratio(np.array([7]), SECOND))
    large = np.array([2**61, -(2**61), 2**61, 5], object)  # squares that no 64 bits hold
    assert st.sharpe_ratio(large, SECOND) == pytest.approx(st.sharpe_ratio(large.astype(float), SECOND))


# ---------------------------------------------------------------------- the curve


def test_the_curve_begins_at_the_start_cash_before_any_fill():
    result = vl.Backtest(books([100, 100, 100]).table(), buying(7), cash=5_000, fees=("0", "0.001")).run()
    first = result.equity.to_pylist()[0]
    assert (first["equity"], first["fee"], first["ts"].value) == (5_000.0, 0.0, SECOND)
    money = result.statistics()["money"][0]
    lost = 7 * 1 + 7 * 101 * 0.001  # half the spread, and the fee
    assert money["max_drawdown"] == pytest.approx(lost)
    assert money["max_drawdown_fraction"] == pytest.approx(lost / 5_000)
    assert money["lowest_equity"] == pytest.approx(5_000 - lost)


def test_drawdown_says_what_it_is_of():
    flow = books([1_000] * 10 + [700] + [1_000] * 10, step=250_000_000)
    result = vl.Backtest(flow.table(), buying(7), cash=5_000).run()
    money = result.statistics()["money"][0]
    assert money["drawdown_of"] == "samples every 1.0 s and after each fill"
    line = next(line for line in str(result.summary()).splitlines() if "Max drawdown" in line)
    assert line.endswith("of samples every 1.0 s and after each fill")
    finer = vl.Backtest(flow.table(), buying(7), cash=5_000, sample="250ms").run()
    assert finer.statistics()["money"][0]["max_drawdown"] == 2_107.0
    assert vl.Backtest(flow.table(), buying(7), sample=0).run().statistics()["money"][0]["drawdown_of"] == (
        "samples after each fill"
    )


# ---------------------------------------------------------------------- currencies


def test_a_plain_cash_is_refused_where_several_currencies_settle():
    data = [
        books([100, 100], instrument(symbol, quote=quote)).table() for symbol, quote in (("A", "BTC"), ("B", "EUR"))
    ]
    with pytest.raises(InvalidArgument, match=r"settles in BTC, EUR.*cash=\{'BTC': 1000\} or cash=\{'EUR': 1000\}"):
        vl.Backtest(data, Script(), cash=1_000).run()
    capital = {"one": 5, "two": {"EUR": 1}}
    with pytest.raises(InvalidArgument, match=r"capital=\{'one': \{'BTC': 5\}\}"):
        vl.Backtest(data, {"one": Script(), "two": Script()}, capital=capital).run()
    result = vl.Backtest(data, Script(), cash={"EUR": 1_000}).run()
    assert [money["start_cash"] for money in result.statistics()["money"]] == [0.0, 1_000.0]
    assert vl.Backtest(data, Script()).run().currencies == ["BTC", "EUR"]
    one = books([100, 100], instrument("A", quote="BTC")).table()
    assert vl.Backtest(one, Script(), cash=2).run().statistics()["money"][0]["start_cash"] == 2.0


# ---------------------------------------------------------------------- buying power


SPOT = {"kind": "spot", "base": "BTC", "tick_size": "0.5", "lot_size": "0.01", "taker_fee": "0.001"}


def power(result):
    section = next(section for section in result.audit().sections if section.title == "Buying power")
    return {item.name: (item.value, item.grade) for item in section.items}


def warning(result):
    return [line.split("  ", 2)[-1] for line in str(result.summary()).splitlines() if "Buying power" in line]


def test_spot_sold_without_holding_it_is_said():
    flow = books([200] * 4, instrument(**SPOT))
    result = vl.Backtest(flow.table(), Script((SECOND + 5, lambda s: s.sell("TEST", qty_lots=250))), cash=1e6).run()
    assert power(result)["Short on spot (BTC)"] == ("-0.5", "poor")
    assert "was short on spot: BTC down to -0.5" in warning(result)[0]
    assert result.statistics()["balances"][0] == {"asset": "BTC", "is_cash": False, "lowest": -0.5}


def test_spot_bought_beyond_the_cash_is_said():
    flow = books([200] * 4, instrument(**SPOT))
    result = vl.Backtest(flow.table(), buying(40), cash=40).run()  # 0.4 at 100.5, and a fee of 0.0402
    found = power(result)
    assert found["Lowest cash (USDT)"] == ("-0.2402", "poor")
    assert found["Short on spot (BTC)"] == ("never", "good")
    assert found["Largest exposure over equity"] == (f"{40 / (40 - 0.2 - 0.0402):,.2f}", "fair")
    assert "bought beyond its cash: USDT down to -0.2402" in warning(result)[0]
    within = vl.Backtest(flow.table(), buying(40), cash=41).run()
    assert {grade for _, grade in power(within).values()} == {"good"}
    assert warning(within) == []


def test_a_coin_bought_through_one_instrument_may_be_sold_through_another():
    coin = books([200] * 4, instrument("BTCUSDT", **SPOT))
    cross = books([40] * 4, instrument("ETHBTC", **(SPOT | {"base": "ETH", "quote": "BTC", "tick_size": "0.001"})))
    script = Script(
        (SECOND + 5, lambda s: s.buy("BTCUSDT", qty_lots=10)), (SECOND + 9, lambda s: s.buy("ETHBTC", qty_lots=50))
    )
    result = vl.Backtest([coin.table(), cross.table()], script, cash={"USDT": 100}).run()
    lowest = {balance["asset"]: balance["lowest"] for balance in result.statistics()["balances"]}
    # 0.10 BTC bought, of which 0.5 * 0.041 and its fee go for ETH.
    assert lowest == {"BTC": 0.0, "USDT": pytest.approx(100 - 10.05 * 1.001), "ETH": 0.0}
    alone = Script((SECOND + 9, lambda s: s.buy("ETHBTC", qty_lots=50)))
    short = vl.Backtest([coin.table(), cross.table()], alone, cash={"USDT": 100}).run()
    assert power(short)["Lowest cash (BTC)"][1] == "poor"


def test_a_run_that_would_have_been_liquidated_is_said():
    flow = books([1_000, 1_000, 700, 1_200])
    result = vl.Backtest(flow.table(), buying(10), cash=1_000).run()
    found = power(result)
    assert found["Lowest equity"] == ("-2,010.00 at the samples", "poor")
    assert found["Largest exposure over equity"][1] == "poor"
    assert "equity fell to -2,010.00 USDT" in warning(result)[0]
    assert result.statistics()["money"][0]["end_equity"] > 0


def test_leverage_within_the_equity_is_good_and_some_is_fair():
    for lots, grade in ((1, "good"), (5, "fair"), (40, "poor")):
        result = vl.Backtest(books([1_000] * 4).table(), buying(lots), cash=2_000).run()
        value = lots * 1_000 / (2_000 - lots)
        assert power(result)["Largest exposure over equity"] == (f"{value:,.2f}", grade)
        assert result.statistics()["money"][0]["largest_leverage"] == pytest.approx(value)
        assert bool(warning(result)) == (grade == "poor")


def test_buying_power_is_not_known_without_cash_and_each_strategy_has_its_own():
    result = vl.Backtest(books([1_000] * 4).table(), buying(1)).run()
    assert power(result)["Lowest equity"] == ("no start cash", "unknown")
    assert warning(result) == []
    run = {"small": buying(1), "large": Script((SECOND + 5, lambda s: s.buy("TEST", qty_lots=20)))}
    result = vl.Backtest(books([1_000] * 4).table(), run, capital={"small": 1_500, "large": 1_500}).run()
    assert power(result.of("small"))["Largest exposure over equity"][1] == "good"
    assert power(result.of("large"))["Largest exposure over equity"][1] == "poor"
    assert power(result)["Largest exposure over equity"][1] == "fair"
