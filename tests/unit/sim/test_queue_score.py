"""Queue models scored against sessions whose truth is known."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from typer.testing import CliRunner

import velora as vl
from velora.cli.main import app
from velora.core.events import EventFlag, EventKind
from velora.errors import InvalidArgument
from velora.sim.queue_score import fit_queue_model, score_queue_models

INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1")
ADD, CHANGE, CANCEL, EXECUTE = (
    EventKind.ORDER_ADD,
    EventKind.ORDER_CHANGE,
    EventKind.ORDER_CANCEL,
    EventKind.ORDER_EXECUTE,
)


def table(rows):
    """Rows of (kind, order_id, price, qty), one a second, all bids."""
    kind, ids, price, qty = (list(column) for column in zip(*rows, strict=True))
    ts = [at * 1_000_000_000 for at in range(len(rows))]
    return vl.EventTable.from_numpy(
        INSTRUMENT, ts_event=ts, kind=kind, side=[0] * len(rows), price=price, qty=qty, order_id=ids
    )


def test_place_and_fill_of_one_order_by_the_bounds():
    # Order 2 has 10 ahead; 4 of them are cancelled, 6 trade, then it fills.
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (ADD, 3, 100, 4), (CANCEL, 1, 100, 4), (EXECUTE, 1, 100, 6)]
    rows += [(EXECUTE, 2, 100, 5), (EXECUTE, 3, 100, 4)]
    score = score_queue_models(table(rows), ["risk_averse", "optimistic"])
    assert (score.orders, score.filled, score.fifo_share) == (3, 3, 1.0)
    by_name = {one.model: one for one in score.models}
    assert score.best == "optimistic"
    assert by_name["optimistic"].mae_lots == 0
    # Order 3 truly has 11 ahead after the cancel, and 15 by the pessimist; and so on.
    assert by_name["risk_averse"].bias_lots == by_name["risk_averse"].mae_lots > 0
    assert by_name["optimistic"].recall == 1.0


def test_all_cancels_behind_are_what_the_pessimist_says():
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (ADD, 3, 100, 9), (CANCEL, 3, 100, 9), (EXECUTE, 1, 100, 10)]
    rows += [(EXECUTE, 2, 100, 5)]
    score = score_queue_models(table(rows), ["risk_averse", "optimistic"])
    assert score.best == "risk_averse"
    assert score.models[0].mae_lots == 0


def flow(seed, front_share):
    """Queues at one price whose cancels come from the front with a given probability."""
    rng = random.Random(seed)
    rows, queue, next_id = [], [], 1
    for _ in range(4_000):
        kind = rng.random()
        if kind < 0.5 or len(queue) < 3:
            queue.append([next_id, rng.randrange(1, 9)])
            rows.append((ADD, *queue[-1][:1], 100, queue[-1][1]))
            next_id += 1
        elif kind < 0.85:
            half = max(1, len(queue) // 2)
            at = rng.randrange(half) if rng.random() < front_share else rng.randrange(half, len(queue))
            order_id, qty = queue.pop(at)
            rows.append((CANCEL, order_id, 100, qty))
        else:
            order = queue[0]
            lots = rng.randrange(1, order[1] + 1)
            rows.append((EXECUTE, order[0], 100, lots))
            order[1] -= lots
            if order[1] == 0:
                queue.pop(0)
    return table(rows)


def test_the_truth_lies_between_the_bounds_and_the_fit_follows_the_flow():
    for seed in range(3):
        score = score_queue_models(flow(seed, 0.5))
        by_name = {one.model: one for one in score.models}
        assert by_name["optimistic"].bias_lots <= 0 <= by_name["risk_averse"].bias_lots
        assert by_name["proportional"].mae_lots < by_name["risk_averse"].mae_lots
    assert score_queue_models(flow(1, 0.02)).best in ("risk_averse", "power3", "log2")
    assert score_queue_models(flow(1, 0.98)).best in ("optimistic", "power2", "log1", "rigtorp")
    assert fit_queue_model(flow(2, 0.5), every=3).name != "risk_averse"


def test_rows_that_only_restate_a_level_are_no_cancels():
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (CANCEL, 1, 100, 10), (CANCEL, 2, 100, 5)]
    made = table(rows)
    made.flags[2:] |= np.uint8(EventFlag.SNAPSHOT)
    score = score_queue_models(made, ["risk_averse"])
    assert score.models[0].places == 0


def test_order_that_a_model_fills_too_early_costs_precision():
    # 10 ahead of order 2. The level loses 8 behind it; the optimist thinks them ahead, and fills it at the next trade.
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (ADD, 3, 100, 8), (CANCEL, 3, 100, 8), (EXECUTE, 1, 100, 4)]
    rows += [(CANCEL, 2, 100, 5)]
    score = score_queue_models(table(rows), ["risk_averse", "optimistic"], every=2)
    by_name = {one.model: one for one in score.models}
    assert score.orders == 1
    assert (by_name["optimistic"].precision, by_name["optimistic"].recall) == (0.0, 0.0)


def test_table_without_orders_is_refused():
    with pytest.raises(InvalidArgument, match="no rows by order"):
        score_queue_models(vl.SyntheticMarket(seed=1, duration="1s").table())


def test_command_prints_the_table_and_json(tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write([flow(3, 0.5)])
    shown = CliRunner().invoke(app, ["check", "queue", "TEST", "-c", str(tmp_path / "catalog")])
    assert shown.exit_code == 0, shown.output
    assert "risk_averse" in shown.output.replace("\n", "") or "risk" in shown.output
    as_json = CliRunner().invoke(app, ["check", "queue", "TEST", "-c", str(tmp_path / "catalog"), "--json", "--fit"])
    found = json.loads(as_json.stdout)
    assert found["best"] in {one["model"] for one in found["models"]}
    assert found["fitted"] != ""
