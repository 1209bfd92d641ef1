"""What fits of market impact refuse, and how they read a result and a table."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import Side
from velora.sim.impact import Impact
from velora.sim.impact_fit import Metaorders, fit_impact, market_scale
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL
SECOND = 1_000_000_000


def sizes(count=60, seed=1):
    return np.exp(np.random.default_rng(seed).uniform(0, 5, count))


def metaorders(count=60, seed=1, noise=0.1):
    qty = sizes(count, seed)
    return Metaorders(qty, 0.3 * qty**0.5 + np.random.default_rng(seed + 1).normal(0, noise, count))


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: fit_impact("square_root"), "pass metaorders="),
        (lambda: fit_impact("square_root", metaorders=metaorders(29)), "needs at least 30 metaorders"),
        (
            lambda: fit_impact("square_root", metaorders=Metaorders(np.ones(40), np.ones(40)), sigma_d=1, volume_d=1),
            "metaorders of different size",
        ),
        (lambda: fit_impact("square_root", metaorders=metaorders()), "pass table="),
        (
            lambda: fit_impact("square_root", metaorders=Metaorders(sizes(), -sizes()), sigma_d=1, volume_d=1),
            "there is no impact to fit",
        ),
        (lambda: fit_impact("square_root", metaorders=metaorders(), sigma_d=0, volume_d=1), "must be above 0"),
        (lambda: fit_impact("cube"), "unknown impact model 'cube'"),
        (lambda: fit_impact("propagator"), "pass table="),
        (lambda: fit_impact("propagator", metaorders=metaorders()), "not from metaorders"),
        (lambda: fit_impact("obizhaeva_wang", flow().table(), depth=3), "unexpected keyword argument 'depth'"),
        (lambda: fit_impact("obizhaeva_wang", flow().table()), "at least 200 trades"),
        (lambda: fit_impact("almgren_chriss", flow().table()), "at least 30 intervals"),
        (lambda: fit_impact("propagator", flow().table()), "at least 5000 trades for 50 lags"),
        (lambda: fit_impact("propagator", flow().table(), lags=3), "lags >= 10"),
        (lambda: market_scale(Flow().trade(1, BUY, 5, 1).table()), "quotes or a two-sided book"),
        (lambda: Metaorders([1, 0], [1, 1]), "qty must be above 0, row 1 was 0.0"),
        (lambda: Metaorders([1, 2], [1]), "of equal length"),
        (lambda: Metaorders([1, 2], [1, np.nan]), "finite"),
    ],
)
def test_data_that_say_too_little_are_refused(call, says):
    with pytest.raises(vl.VeloraError) as caught:
        call()
    assert says in str(caught.value)


def flow():
    """A minute of a flat book with a trade a second."""
    made = Flow().snapshot(0, bids=[(1000, 50)], asks=[(1001, 50)])
    for at in range(1, 60):
        made.trade(at * SECOND, BUY if at % 2 else SELL, 1001 if at % 2 else 1000, at).delta(at * SECOND, BUY, 999, at)
    return made.delta(60 * SECOND, BUY, 999, 1)


# ---------------------------------------------------------------- what they read


def test_error_falls_with_the_root_of_the_number_of_metaorders():
    few = fit_impact("square_root", metaorders=metaorders(100), sigma_d=1, volume_d=1)
    many = fit_impact("square_root", metaorders=metaorders(10_000), sigma_d=1, volume_d=1)
    assert few.estimates["exponent"].error / many.estimates["exponent"].error == pytest.approx(10, rel=0.4)
    assert many.estimates["y"].value == pytest.approx(0.3 * 1.5, abs=3 * many.estimates["y"].error)
    assert "exponent" in str(many)
    assert many.samples == 10_000


def test_standard_errors_cover_the_truth_as_often_as_they_say():
    hits, trials = 0, 200
    for seed in range(trials):
        fit = fit_impact("square_root", metaorders=metaorders(80, seed * 7, noise=0.5), sigma_d=1, volume_d=1)
        estimate = fit.estimates["exponent"]
        hits += abs(estimate.value - 0.5) <= 2 * estimate.error
    assert hits / trials > 0.9  # 95.4 % of a normal law


def test_known_half_spread_is_taken_off():
    qty = sizes(300)
    cost = 0.7 + 0.3 * qty**0.5 + np.random.default_rng(5).normal(0, 0.1, 300)
    fitted = fit_impact("square_root", metaorders=Metaorders(qty, cost), sigma_d=1, volume_d=1)
    known = fit_impact("square_root", metaorders=Metaorders(qty, cost), sigma_d=1, volume_d=1, half_spread=0.7)
    assert fitted.estimates["half_spread"].value == pytest.approx(0.7, abs=3 * fitted.estimates["half_spread"].error)
    assert "half_spread" not in known.estimates
    assert known.estimates["exponent"].error < fitted.estimates["exponent"].error


def test_metaorders_are_fills_of_one_side_close_together():
    steps = [
        (10 * SECOND, lambda s: s.buy("TEST", qty_lots=4)),
        (11 * SECOND, lambda s: s.buy("TEST", qty_lots=6)),
        (12 * SECOND, lambda s: s.sell("TEST", qty_lots=3)),
        (40 * SECOND, lambda s: s.sell("TEST", qty_lots=2)),
    ]
    result = vl.Backtest(flow().table(), Script(*steps), impact=Impact.obizhaeva_wang(depth=1, resilience=0)).run()
    found = Metaorders.of_result(result, gap="10s")
    assert found.qty.tolist() == [10, 3, 2]
    # 10 lots at half a tick above the mid and 5 more for their own displacement; what is sold gets the recorded bid.
    assert found.cost == pytest.approx([5.5, 0.5, 0.5])
    assert Metaorders.of_result(result, "TEST", gap="1m").qty.tolist() == [10, 5]
    with pytest.raises(vl.VeloraError, match="no symbol 'X'"):
        Metaorders.of_result(result, "X")


def test_market_scale_reads_a_book_by_level():
    made = Flow().snapshot(0, bids=[(1000, 50)], asks=[(1002, 50)])
    for at in range(1, 101):
        price = 1000 + at % 2
        made.delta(at * SECOND, BUY, 1001 - at % 2, 0).delta(at * SECOND, BUY, price, 50)
        made.delta(at * SECOND, SELL, 1003 - at % 2, 0).delta(at * SECOND, SELL, price + 2, 50)
        made.trade(at * SECOND, SELL, price, 3)
    sigma, volume = market_scale(made.table(), "1s")
    assert sigma.value == pytest.approx(np.sqrt(86_400))  # one tick a second
    assert volume.value == pytest.approx(3 * 86_400, rel=0.02)
