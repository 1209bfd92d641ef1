"""Queue models: golden rows, bounds, and models of one's own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.errors import InvalidArgument
from velora.testkit import Flow

NAMES = ["risk_averse", "optimistic", "proportional", "rigtorp", "power1", "power2", "power3", "log1", "log2"]


@pytest.mark.parametrize(
    ("name", "calm", "after_trade"),
    [
        ("power1", 52.285714, 51.769417),
        ("power2", 50.64, 50.455625),
        ("power3", 57.84, 54.168125),
        ("log1", 54.746115, 52.437385),
        ("log2", 58.046533, 54.147932),
        ("risk_averse", 60.0, 55.0),
    ],
)
def test_models_of_hftbacktest_give_its_golden_rows(name, calm, after_trade):
    """100 lots shown, 60 ahead, then 90 shown; n = 3. With a trade of 5 in between: 55 ahead, 5 of the 10 explained."""
    model = vl.QueueModel(name)
    assert model.after(60, 100, 90) == pytest.approx(calm, abs=5e-7)
    assert model.after(55, 100, 90, traded=5) == pytest.approx(after_trade, abs=5e-7)


def test_proportional_and_rigtorp_leave_out_what_traded():
    # 100 shown, 5 traded: 95 left, 55 ahead and 40 behind; 5 cancelled.
    assert vl.QueueModel("proportional").after(55, 100, 90, traded=5) == pytest.approx(55 - 5 * 55 / 95)
    ahead, behind = math.log1p(55), math.log1p(40)
    assert vl.QueueModel("rigtorp").after(55, 100, 90, traded=5) == pytest.approx(55 - 5 * ahead / (ahead + behind))
    assert vl.QueueModel("rigtorp", 1).after(55, 100, 90, traded=5) == pytest.approx(55 - 5 * 55 / 95)


def test_what_one_side_does_not_have_left_came_from_the_other():
    # 10 cancelled, 2 behind: at least 8 were ahead.
    assert vl.QueueModel("rigtorp", 1).after(8, 10, 0) == 0.0
    assert vl.QueueModel("optimistic").after(3, 10, 2) == 0.0


@given(
    st.sampled_from(NAMES),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_every_model_stays_between_its_bounds(name, share, before, after, traded):
    ahead = min(share, before)
    traded = min(traded, before - ahead)
    got = vl.QueueModel(name).after(ahead, before, after, traded)
    lowest = vl.QueueModel("optimistic").after(ahead, before, after, traded)
    highest = vl.QueueModel("risk_averse").after(ahead, before, after, traded)
    assert lowest - 1e-6 <= got <= highest + 1e-6
    assert 0.0 <= got <= max(after, 0.0)


def test_growth_and_trades_alone_do_not_move_the_place():
    for name in NAMES:
        assert vl.QueueModel(name).after(60, 100, 150) == 60
        assert vl.QueueModel(name).after(60, 100, 80, traded=20) == 60


def test_names_and_exponents_are_checked():
    assert vl.QueueModel.of("power3(2)").name == "power3(2)"
    assert vl.QueueModel.of("log1").name == "log1"
    for bad in ("no", "power1(0)", "power1(x)", "log1(2)", 3):
        with pytest.raises(InvalidArgument):
            vl.QueueModel.of(bad)
    with pytest.raises(InvalidArgument, match="neither name nor exponent"):
        Half("power1")


class Half(vl.QueueModel):
    def lots_ahead(self, ahead, before, after, traded):
        return ahead - max(before - after - traded, 0) / 2


class Broken(vl.QueueModel):
    def lots_ahead(self, ahead, before, after, traded):
        raise RuntimeError("no idea")


class Rester(vl.Strategy):
    def on_start(self):
        self.fills = []
        self.at(50, self.place)

    def place(self):
        self.buy(self.instruments[0], price_ticks=100, qty_lots=1)

    def on_fill(self, fill):
        self.fills.append(fill.ts_event)


def filled_at(queue):
    """10 shown; 6 of them leave without a trade, then single lots trade one by one."""
    flow = Flow().snapshot(0, bids=[(100, 10)], asks=[(101, 5)]).delta(100, vl.Side.BUY, 100, 4)
    for n in range(6):
        flow = flow.trade(200 + n, vl.Side.SELL, 100, 1)
    strategy = Rester()
    vl.Backtest(flow.table(), strategy, queue=queue).run()
    return strategy.fills


def test_model_decides_when_an_order_fills():
    assert filled_at("optimistic") == [204]
    assert filled_at("risk_averse") == [204]  # the total bounds the place
    assert filled_at(Half) == filled_at(Half()) == [204]


def deep_fill(queue):
    """20 shown, we are last; 10 more join behind, then 10 leave without a trade."""
    flow = (
        Flow()
        .snapshot(0, bids=[(100, 20)], asks=[(101, 5)])
        .delta(100, vl.Side.BUY, 100, 30)
        .delta(150, vl.Side.BUY, 100, 20)
    )
    for n in range(21):
        flow = flow.trade(200 + n, vl.Side.SELL, 100, 1)
    strategy = Rester()
    vl.Backtest(flow.table(), strategy, queue=queue).run()
    return strategy.fills


def test_models_of_ones_own_move_the_place_and_earlier_fills_follow():
    assert deep_fill("risk_averse") == [220]
    assert deep_fill("optimistic") == [210]
    assert deep_fill(Half()) == [215]
    assert deep_fill("optimistic") < deep_fill("power1") < deep_fill("risk_averse")


def test_error_in_a_model_of_ones_own_ends_the_run_with_it():
    with pytest.raises(RuntimeError, match="no idea"):
        filled_at(Broken())


def test_model_is_part_of_the_results_assumptions():
    flow = Flow().snapshot(0, bids=[(100, 10)], asks=[(101, 5)])
    backtest = vl.Backtest(flow.table(), Rester(), queue="power3(2)")
    assert backtest.to_dict()["queue"] == "power3(2)"
