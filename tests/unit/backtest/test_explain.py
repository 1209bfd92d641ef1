"""An order's life told: sent, queued, moved up, filled, and why."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import velora as vl
from velora.cli.main import app
from velora.errors import NotFound
from velora.testkit import Flow


class Rester(vl.Strategy):
    def on_start(self):
        self.at(50, self.place)

    def place(self):
        self.buy(self.instruments[0], price_ticks=100, qty_lots=3)


def run(**options):
    flow = (
        Flow()
        .snapshot(0, bids=[(100, 10), (99, 5)], asks=[(101, 5)])
        .trade(100, vl.Side.SELL, 100, 4)
        .delta(100, vl.Side.BUY, 100, 6)
        .delta(200, vl.Side.BUY, 100, 2)
        .trade(300, vl.Side.SELL, 100, 3)
        .trade(400, vl.Side.SELL, 99, 7)
        .delta(1_000, vl.Side.SELL, 105, 1)
    )
    return vl.Backtest(flow.table(), Rester(), latency=10, **options).run()


def test_each_fill_has_its_cause_its_datum_and_the_queue_before_it():
    found = run(trace_queue=True).explain(1)
    assert found.is_traced
    assert found.headline.startswith("Order 1: buy 3 TEST at 100, filled")
    steps = [(step.ts, step.what, step.ahead_lots) for step in found.steps]
    assert steps == [
        (50, "sent", None),
        (60, "joined", 10.0),
        (70, "accepted", None),
        (100, "trade", 6.0),
        (200, "depth", 2.0),
        (300, "trade", 0.0),
        (300, "fill", None),
        (400, "fill", None),
    ]
    fills = [step for step in found.steps if step.what == "fill"]
    assert ["QUEUE" in fills[0].text, "THROUGH" in fills[1].text] == [True, True]
    assert fills[0].datum_row == [step for step in found.steps if step.what == "trade"][1].datum_row
    assert "the level went from 6 to 2 without a trade: 2 is ahead" in str(found)


def test_tracing_changes_nothing_but_the_explanation():
    traced, plain = run(trace_queue=True), run()
    assert traced.hash == plain.hash
    assert len(plain.places_raw) == 0
    found = plain.explain(1)
    assert not found.is_traced
    assert "run again with trace_queue=True" in str(found)
    assert [step.what for step in found.steps] == ["sent", "accepted", "fill", "fill"]


def test_models_optimism_shows_in_the_steps():
    steps = run(trace_queue=True, queue="optimistic").explain(1).steps
    assert [step.ahead_lots for step in steps if step.what == "depth"] == [2.0]


def test_unknown_order_is_an_error_that_says_how_many_there_are():
    with pytest.raises(NotFound, match="no order 7; it has 1 orders"):
        run().explain(7)


def test_saved_result_explains_itself_on_the_command_line(tmp_path):
    result = run(trace_queue=True)
    result.to_parquet(tmp_path / "saved")
    loaded = vl.Result.load(tmp_path / "saved")
    assert loaded.explain(1) == result.explain(1)
    shown = CliRunner().invoke(app, ["explain", str(tmp_path / "saved"), "1"])
    assert shown.exit_code == 0
    assert "QUEUE" in shown.output
    as_json = CliRunner().invoke(app, ["explain", str(tmp_path / "saved"), "1", "--json"])
    assert json.loads(as_json.output)["steps"][1]["what"] == "joined"
    assert CliRunner().invoke(app, ["explain", str(tmp_path / "saved"), "9"]).exit_code != 0
