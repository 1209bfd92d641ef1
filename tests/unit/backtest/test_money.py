"""Money of results: exact at any size, in every unit, and the same however the records are cut."""

from __future__ import annotations

import random
from decimal import Decimal

import numpy as np
import pytest

import velora as vl
from velora.backtest import money
from velora.backtest.formats import format_money, format_percent, format_ratio
from velora.core.money import amount, amount_of, units_of
from velora.errors import CapacityError, InvalidArgument, VeloraError

S = 10**9
QUOTE = int(vl.EventKind.QUOTE)


def quotes(instrument: vl.Instrument, price: int, lots: int, seconds: int = 8) -> vl.EventTable:
    """One quote a second around a price."""
    at = np.arange(2 * seconds)
    return vl.EventTable.from_numpy(
        instrument,
        ts_event=(1 + at // 2) * S,
        kind=np.full(at.size, QUOTE, np.uint8),
        side=(at % 2).astype(np.uint8),
        flags=(at % 2).astype(np.uint8),
        price=price - 1 + at % 2,
        qty=np.full(at.size, lots),
    )


class Trades(vl.Strategy):
    """Buys and sells in turn, one lot size each, half a second after each quote."""

    def __init__(self, *symbols: str, lots: int, pairs: int) -> None:
        self.symbols, self.lots, self.pairs = symbols, lots, pairs

    def on_start(self) -> None:
        for pair in range(self.pairs):
            for symbol in self.symbols:
                self.at(int((1.5 + 2 * pair) * S), lambda symbol=symbol: self.buy(symbol, qty_lots=self.lots))
                self.at(int((2.5 + 2 * pair) * S), lambda symbol=symbol: self.sell(symbol, qty_lots=self.lots))


def instrument(symbol: str, **changes: str) -> vl.Instrument:
    spec = {"tick_size": "1", "lot_size": "1", "maker_fee": "0", "taker_fee": "0", "quote": "USD"}
    return vl.Instrument(symbol, **{**spec, **changes})


@pytest.mark.parametrize("size", [10, 10**12, 2**62, 10**24])
def test_sums_and_running_sums_are_those_of_python_at_any_size(size):
    rng = random.Random(size)
    values = [rng.randrange(-size, size) for _ in range(200)]
    array, starts = money.exactly(*values), np.array([0, 1, 50, 51, 150])
    assert money.total(array) == sum(values)
    assert money.squares(array) == sum(value**2 for value in values)
    ends = [*starts[1:].tolist(), 200]
    groups = [values[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]
    assert money.sums_by_group(array, starts) == [sum(group) for group in groups]
    bases = [rng.randrange(-size, size) for _ in groups]
    expected = [
        base + sum(group[: at + 1]) for base, group in zip(bases, groups, strict=True) for at in range(len(group))
    ]
    assert money.running_in_groups(array, starts, money.exactly(*bases)).tolist() == expected
    assert money.running(array, 7).tolist() == np.cumsum(np.array(values, object) + 0).__add__(7).tolist()
    assert money.scaled(array, 10**9).tolist() == [value * 10**9 for value in values]
    assert money.plus(array, array, array).tolist() == [3 * value for value in values]
    assert money.difference(array, array[::-1]).tolist() == [a - b for a, b in zip(values, values[::-1], strict=True)]


@pytest.mark.parametrize("values", [[2**62, 2**62, 2**62], [2**63 - 1, 2**63 - 1], [-(2**63), -(2**63)]])
def test_a_sum_of_64_bit_values_that_leaves_64_bits_is_right(values):
    array = np.array(values, np.int64)
    assert money.total(array) == sum(values)
    assert money.sums_by_group(array, np.array([0])) == [sum(values)]
    assert money.column(money.running(array)).to_pylist() == np.cumsum(np.array(values, object)).tolist()


def test_amounts_are_the_floats_nearest_to_the_units():
    for units in (2**53 + 1, 2**62 + 1, 123_456_789_012_345_678, 10**20 + 1):
        assert money.amounts(money.exactly(units), Decimal("1e-13"))[0] == units / 10**13


def test_turnover_beyond_64_bits_of_the_unit_is_right_in_every_figure():
    coin = instrument("SHIBUSD", tick_size="0.00000001", lot_size="0.00001")
    assert coin.money_unit == Decimal("1e-13")
    pairs, lots, price = 60, 2 * 10**14, 1_000
    test = vl.Backtest(quotes(coin, price, 2_000 * lots, 2 * pairs + 4), Trades("SHIBUSD", lots=lots, pairs=pairs))
    result = test.run()
    turnover = Decimal(lots * (price + price - 1) * pairs) * Decimal("1e-13")
    figures = result.statistics()["money"][0]
    assert figures["turnover"] == float(turnover) > 922_337
    assert figures["pnl"] == -pairs * lots * 1e-13
    taker = next(row for row in result.pnl_by_cause().to_pylist() if row["fills"])
    assert taker["notional"] == float(turnover)
    assert taker["notional_units"] == turnover.scaleb(13)
    assert sum(result.fills["notional_units"].to_pylist()) == turnover.scaleb(13)


def test_coins_of_tiny_steps_and_large_amounts_meet_in_one_run():
    coin = instrument("SHIBUSD", tick_size="0.00000001", lot_size="0.00001")
    btc = instrument("BTCUSD", tick_size="0.1", lot_size="0.00000001")
    tables = [quotes(coin, 1_234, 10**16), quotes(btc, 1_000_000, 10**16)]
    result = vl.Backtest(tables, Trades("SHIBUSD", "BTCUSD", lots=10**10, pairs=1), cash=100_000_000_000).run()
    figures = result.statistics()["money"][0]
    assert figures["start_cash"] == 1e11
    assert figures["turnover"] == pytest.approx(100 * 199_999.9 + 10**5 * (1_234 + 1_233) * 1e-8, rel=1e-15)
    for name in ("fills", "orders", "position", "equity"):
        assert getattr(result, name).to_pandas().shape[0] == getattr(result, name).num_rows
    assert result.equity["equity_units"].to_pylist()[0] == 10**11 * 10**13
    assert "Turnover" in str(result.summary())


@pytest.mark.parametrize(
    ("value", "text"),
    [(4e-9, "+0.000000004"), (-4e-9, "-0.000000004"), (1e-12, "+0.000000000001"), (-1.5e-7, "-0.00000015"),
     (0.0, "0.00"), (-0.0, "0.00"), (0.05, "+0.05"), (-1234.5, "-1,234.50"), (3e-30, "+3e-30")],
)  # fmt: skip
def test_small_money_prints_with_its_digits_and_sign(value, text):
    assert format_money(value, signed=True) == text


def test_what_rounds_to_zero_has_no_sign():
    assert (format_ratio(-0.001), format_percent(-0.00001)) == ("0.00", "0.0 %")


@pytest.mark.parametrize("given", [float("nan"), float("inf"), "nan", "x", None, True, 1e18, 10**400, "1e99999", [1]])
def test_an_amount_that_is_none_is_refused_before_the_run(given):
    with pytest.raises(InvalidArgument, match="cash"):
        amount("cash", given)
    with pytest.raises(VeloraError, match="cash"):
        vl.Backtest([], vl.Strategy(), cash=given)
    with pytest.raises(VeloraError, match="capital"):
        vl.Backtest([], vl.Strategy(), capital={"Strategy": given})


@pytest.mark.parametrize(("value", "unit"), [("99999999999999999.99", "1e-18"), ("0.000000015", "1e-8"), (-3, "1e-13")])
def test_amounts_and_units_are_exact_both_ways(value, unit):
    units = units_of(value, Decimal(unit))
    assert units == round(Decimal(str(value)).scaleb(-Decimal(unit).adjusted()))
    assert abs(amount_of(units, Decimal(unit)) - Decimal(str(value))) <= Decimal(unit) / 2


def test_the_error_of_money_names_the_row_and_the_bound():
    btc = instrument("BTCUSD", tick_size="0.01", lot_size="0.00000001")
    table = quotes(btc, 10_000_000, 10**14, 30)

    class Buys(vl.Strategy):
        def on_start(self) -> None:
            for second in range(30):
                self.at(int((1.5 + second) * S), lambda: self.buy("BTCUSD", qty_lots=10**11))

    with pytest.raises(CapacityError, match=r"BTCUSD, near row 19: .*1E-10.*9\.2e\+08 USD"):
        vl.Backtest(table, Buys()).run()  # the tenth purchase, after ten quotes of two rows


def test_a_smallest_notional_that_does_not_fit_is_refused_with_its_name():
    with pytest.raises(CapacityError, match="min_notional"):
        instrument("X", min_notional="1e30")
