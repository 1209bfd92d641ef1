"""Followed orders against the shadow orders of mbo-queue 0.7, an independent rebuild of CME queues.

The golden file holds the shadows that mbo-queue made of the session without the executions at another price than their
order's, where the two have different rules: see `perf_tests.compare.queue`, which wrote it and runs the peer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import velora as vl
from velora.data.importers import detect_format, import_files
from velora.sim.queue_follow import follow_orders
from velora.sim.queue_model import QueueModel

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mboqueue_shadows.npz"
ESTIMATORS = ["risk_averse", "rigtorp(1)", "rigtorp(2)", "rigtorp(3)", "rigtorp", "optimistic"]


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN))


@pytest.fixture(scope="module")
def followed(shared_data, golden, tmp_path_factory):
    path = shared_data / "databento_cme" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
    catalog = vl.Catalog(tmp_path_factory.mktemp("es") / "catalog", create=True)
    summary = import_files([path], catalog, format=detect_format([path]))
    table = catalog.source(summary.instruments[0].name).table()
    placements = [(ts, 0, side) for ts in golden["place_times"].tolist() for side in (0, 1)]
    models = [QueueModel.of(name) for name in ESTIMATORS]
    return follow_orders(
        table, models, placements=np.array(placements), horizon_ns=60_000_000_000, every=0, has_trades=True,
        crosses=False,
    )  # fmt: skip


def test_every_shadow_joins_where_mboqueue_places_it(followed, golden):
    orders = followed.orders
    assert len(orders) == len(golden["q0"]) == 6_468
    np.testing.assert_array_equal(orders["ts_start"], np.cumsum(golden["t_place"]))
    np.testing.assert_array_equal(orders["price"] * int(golden["tick"]), golden["price"])
    np.testing.assert_array_equal(np.where(orders["side"] == 0, 1, -1), golden["side"])
    np.testing.assert_array_equal(orders["ahead_start"], golden["q0"])


def test_every_shadow_truly_fills_when_mboqueue_says(followed, golden):
    orders = followed.orders
    after = np.where(orders["ts_fill"] < 0, -1, orders["ts_fill"] - orders["ts_start"])
    np.testing.assert_array_equal(after, golden["true_t_fill"])
    assert int((after >= 0).sum()) > 3_000


@pytest.mark.parametrize("at", range(len(ESTIMATORS)), ids=ESTIMATORS)
def test_every_estimator_has_the_place_and_the_fill_of_mboqueue(followed, golden, at):
    orders, estimates = followed.orders, followed.estimates[:, at]
    np.testing.assert_array_equal(orders["places"], golden["nobs"])
    np.testing.assert_allclose(estimates["error"], golden["err_sum"][:, at], rtol=0, atol=1e-6)
    np.testing.assert_allclose(estimates["absolute"], golden["abserr_sum"][:, at], rtol=0, atol=1e-6)
    after = np.where(estimates["ts_fill"] < 0, -1, estimates["ts_fill"] - orders["ts_start"])
    np.testing.assert_array_equal(after, golden["est_t_fill"][:, at])
