"""What is sampled: holdings from their first fill or funding on, and each instant by itself."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind
from velora.testkit import Flow, Script

S = 1_000_000_000
#: The sessions begin here: an instant of 0 stands for none.
T0 = 1_000 * S


def instrument(symbol: str, **spec: object) -> vl.Instrument:
    terms = {"tick_size": "1", "lot_size": "1", "quote": "USD", "maker_fee": 0, "taker_fee": 0} | spec
    return vl.Instrument(symbol, **terms)


ONE, TWO, THREE = (instrument(symbol) for symbol in ("ONE", "TWO", "THREE"))


def flow(one: vl.Instrument, funding: int | None = None) -> Flow:
    """A book each second, whose mid rises by two ticks; funding after one of them."""
    made = Flow(one)
    for second in range(10):
        mid = 1_000 + 2 * second
        made.snapshot(T0 + second * S, bids=[(mid - 1, 50)], asks=[(mid + 1, 50)])
        if second == funding:
            made.row(T0 + second * S + 1, EventKind.FUNDING, price=mid * 10**8, qty=10**6)
    return made


def buying(*orders: tuple[int, str]) -> Script:
    """Buys a lot of an instrument at each of some instants."""
    return Script(*((T0 + ts, lambda s, symbol=symbol: s.buy(symbol, qty_lots=1)) for ts, symbol in orders))


def run(strategies: object, *instruments: vl.Instrument, **options: object) -> vl.Result:
    return vl.Backtest([flow(one).table() for one in instruments], strategies, **options).run()


def test_a_holding_is_sampled_from_its_first_fill_on_and_no_other_is():
    result = run({"buys": buying((3 * S + 1, "TWO")), "idle": vl.Strategy()}, ONE, TWO, THREE)
    samples = result.samples_raw
    assert set(samples["instrument"].tolist()) == {1}
    assert set(samples["strategy"].tolist()) == {0}
    assert (samples["ts"] - T0).tolist() == [3 * S + 1, *(second * S for second in range(4, 10)), 9 * S]
    assert (result.instants_raw["ts"] - T0).tolist() == [*(second * S for second in range(10)), 9 * S]
    assert result.period == (T0, T0 + 9 * S)


def test_a_flat_holding_goes_on_being_sampled():
    both = Script(
        (T0 + S + 1, lambda s: s.buy("ONE", qty_lots=2)), (T0 + 3 * S + 1, lambda s: s.sell("ONE", qty_lots=2))
    )
    samples = run(both, ONE).samples_raw
    assert samples["position"].tolist() == [2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0]
    assert len(set(samples["realized"][3:].tolist())) == 1


def test_nothing_traded_makes_a_flat_curve_of_all_instants_and_no_sample():
    result = run({"a": vl.Strategy(), "b": vl.Strategy()}, ONE, TWO, cash=100)
    assert result.samples_raw.size == 0
    for part in (result, result.of("a")):
        table = part.equity.to_pydict()
        assert [ts.value for ts in table["ts"]] == result.instants_raw["ts"].tolist()
        assert set(table["pnl"]) == {0.0}
    assert result.statistics()["inventory"][0]["time_in_market"] == 0.0


def test_time_in_market_is_a_share_of_the_whole_run():
    inventory = run(buying((6 * S, "ONE")), ONE).statistics()["inventory"][0]
    assert inventory["time_in_market"] == pytest.approx(1 / 3)
    assert inventory["average_inventory"] == pytest.approx(1 / 3)


def test_fills_of_one_instant_sample_each_other_open_position_once():
    many = Script(
        (T0 + S, lambda s: (s.buy("ONE", qty_lots=1), s.buy("TWO", qty_lots=1))),
        (T0 + 4 * S + 5, lambda s: [s.buy("THREE", qty_lots=1) for _ in range(5)]),
    )
    result = run(many, ONE, TWO, THREE)
    at = result.samples_raw[result.samples_raw["ts"] == T0 + 4 * S + 5]
    assert Counter(at["instrument"].tolist()) == {0: 1, 1: 1, 2: 5}
    assert at["position"][at["instrument"] == 2].tolist() == [1, 2, 3, 4, 5]


def test_two_strategies_in_one_instrument_are_both_sampled_beside_the_fill_of_a_third():
    holders = {name: buying((S, "ONE")) for name in ("a", "b")}
    result = run({**holders, "c": buying((4 * S + 5, "TWO"), (4 * S + 5, "TWO"))}, ONE, TWO)
    at = result.samples_raw[result.samples_raw["ts"] == T0 + 4 * S + 5]
    assert Counter(zip(at["strategy"].tolist(), at["instrument"].tolist(), strict=True)) == {
        (0, 0): 1,
        (1, 0): 1,
        (2, 1): 2,
    }


#: With this seed the funding arrives before the report of the fill, which the venue had sent first.
OVERTAKING = vl.Latency(entry=0, response="exponential(2s)", overtakes=True, seed=9)


def test_funding_before_the_fill_is_known_is_in_the_curve():
    data = flow(ONE, funding=2).table()
    result = vl.Backtest(data, buying((S, "ONE")), latency=OVERTAKING, sample="250ms").run()
    samples = result.samples_raw
    paid = result.funding_units("USD")
    assert paid != 0
    assert int(samples["ts"][0]) < int(result.fills_raw["ts_local"][0])
    assert int(samples["fee"][0]) == paid
    assert result.totals.curves[-1, "USD"].fee == paid


@pytest.mark.parametrize("strategies", [1, 3])
@pytest.mark.parametrize("sample", ["250ms", "1s", 0])
def test_the_curve_is_the_sum_over_all_holdings_at_every_instant(strategies, sample):
    """By hand: the last sample of each holding up to an instant, none before its first."""
    made = {f"s{at}": buying((S + at, "ONE"), (3 * S, "TWO"), (5 * S + 7 * at, "ONE")) for at in range(strategies)}
    result = run({**made, "idle": vl.Strategy()}, ONE, TWO, sample=sample)
    samples, unit = result.samples_raw, Fraction(result.money_unit("USD"))
    for row in result.equity.to_pylist():
        held = {}
        for one in samples[samples["ts"] <= row["ts"].value]:
            held[int(one["strategy"]), int(one["instrument"])] = one
        pnl = sum(int(one["realized"]) + int(one["unrealized"]) - int(one["fee"]) for one in held.values())
        assert row["pnl"] == float(pnl * unit)
    assert np.isin(result.instants_raw["ts"], [row["ts"].value for row in result.equity.to_pylist()]).all()


def test_first_fills_of_many_holdings_at_one_instant_make_one_sample_each():
    made = {
        f"s{at}": Script((T0 + S + 1, lambda s: [s.buy(one, qty_lots=1) for one in s.instruments])) for at in range(9)
    }
    result = run(made, ONE, TWO, THREE)
    assert (result.fills_raw["ts_local"] == T0 + S + 1).all()
    assert result.fills_raw.size == 27
    assert (result.samples_raw["ts"] == T0 + S + 1).sum() == 27
