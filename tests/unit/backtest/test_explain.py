"""An order's life told: sent, queued, moved up, filled, and why."""

from __future__ import annotations

import json
import re
from enum import IntEnum
from pathlib import Path

import pytest
from typer.testing import CliRunner

import velora as vl
from velora.backtest import tables as rs
from velora.backtest.formats import format_times
from velora.cli.main import app
from velora.core.orders import FillCause, OrderReason, OrderState, OrderType, TimeInForce, TriggerKind
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
    return vl.Backtest(flow.table(), Rester(), latency=vl.ns(10), **options).run()


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
    assert len(plain.queue_positions_raw) == 0
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


BTC = vl.Instrument("BTC", tick_size="0.01", lot_size="0.00001", quote="USDT", kind="spot")


def ways_to_end(**options):
    """A run of orders that end in many ways, in an instrument with prices of seven digits."""
    flow = (
        Flow(BTC)
        .snapshot(1_000, bids=[(6_183_764, 5_000_000)], asks=[(6_183_766, 5)])
        .trade(1_200, vl.Side.BUY, 6_183_766, 1)
        .trade(5_000, vl.Side.SELL, 6_183_764, 6_000_000)
        .delta(9_000, vl.Side.BUY, 6_183_700, 1)
    )

    class Sender(vl.Strategy):
        def on_start(self):
            self.at(1_500, self.send)
            self.at(6_000, lambda: self.mass_cancel("BTC"))

        def send(self):
            self.buy("BTC", qty_lots=1_234_567, price_ticks=6_183_764)
            self.buy("BTC", qty_lots=1, price_ticks=6_180_000, expire=3_000)
            self.sell("BTC", qty_lots=1, reduce_only=True)
            self.buy("BTC", qty_lots=1, stop_ticks=6_183_000)
            self.buy("BTC", qty_lots=9, price_ticks=6_183_766, post_only=True)
            self.buy("BTC", qty_lots=1, market_to_limit=True)
            self.buy("BTC", qty_lots=50, price_ticks=6_183_766, time_in_force="IOC")
            self.buy("BTC", qty_lots=9, price_ticks=6_183_766, time_in_force="FOK")
            self.buy("BTC", qty_lots=3, price_ticks=6_100_003, time_in_force="DAY")
            self.cancel(self.buy("BTC", qty_lots=7, price_ticks=6_100_001))

    return vl.Backtest(flow.table(), Sender(), **options).run()


def test_every_order_explains_itself_with_all_digits_of_its_price_and_quantity():
    result = ways_to_end()
    headlines = [result.explain(order).headline for order in result.orders_raw["order_id"].tolist()]
    assert headlines[0] == "Order 1: buy 12.34567 BTC at 61837.64, canceled, 10 filled (ALL)"
    assert headlines[8] == "Order 9: buy 0.00003 BTC at 61000.03, canceled (ALL)"
    told = {number: result.explain(number).steps[-1].text for number in (2, 3, 4, 5, 8)}
    assert told == {
        2: "known to be expired (expired)",
        3: "known to be rejected (reduce only)",
        4: "known to be rejected (triggered)",
        5: "known to be rejected (post only)",
        8: "known to be expired (fok)",
    }
    shown = {name: set(result.orders[name].to_pylist()) for name in ("type", "time_in_force", "reason", "state")}
    assert shown["type"] == {"LIMIT", "MARKET", "MARKET_TO_LIMIT"}
    assert shown["time_in_force"] == {"GTC", "GTD", "IOC", "FOK", "DAY"}
    assert not any(name.startswith("CODE") for names in shown.values() for name in names)


@pytest.fixture(scope="module")
def ended():
    return ways_to_end()


@pytest.mark.parametrize("reason", [*OrderReason, 13, 31, 200])
def test_no_state_or_reason_keeps_an_order_from_explaining_itself(ended, reason):
    for state in OrderState:
        check_explanations(vl.Result(vars(ended) | raw_of(ended)), state, reason)


def raw_of(result):
    names = ("fills", "orders", "samples", "instants", "queue_positions")
    return {name: getattr(result, f"{name}_raw").copy() for name in names}


def check_explanations(result, state, reason):
    result.orders_raw["state"], result.orders_raw["reason"] = state, reason
    result.orders_raw["type"] = [number % 4 for number in range(result.orders_raw.size)]
    for order in result.orders_raw["order_id"].tolist():
        found = result.explain(order)
        assert state.name.lower() in found.headline
        if state is not OrderState.FILLED and result.orders_raw["ts_done"][order - 1] and reason:
            name = OrderReason(reason).name if reason in list(OrderReason) else f"CODE_{reason}"
            assert f"({name.lower().replace('_', ' ')})" in str(found)
    assert result.orders.num_rows == result.orders_raw.size


@pytest.mark.parametrize(
    ("tick", "ticks", "expected"),
    [("0.01", 6_183_764, "61837.64"), ("0.00000001", 1, "0.00000001"), ("25", 4_000_001, "100000025"),
     ("0.125", -3, "-0.375"), ("1", 123_456_789_012, "123456789012"), ("0.5", 200, "100")],
)  # fmt: skip
def test_prices_print_with_all_their_digits_and_no_more(tick, ticks, expected):
    from velora.backtest.explain import _digits

    one = vl.Instrument("X", tick_size=tick, lot_size="1")
    assert _digits(ticks, one.tick_num, one.tick_den) == expected


#: Enums of order.h and evidence.h: the prefix of the members, and those that share it.
ENUMS = {
    "REASON": (OrderReason, rs.REASONS),
    "ORDER": (OrderState, rs.ORDER_STATES),
    "CAUSE": (FillCause, rs.CAUSES),
    "TRIGGER": (TriggerKind, rs.TRIGGERS),
}


def members(prefix: str) -> dict[str, int]:
    headers = Path(__file__).parents[3] / "csrc/include/velora"
    text = (headers / "order.h").read_text() + (headers / "evidence.h").read_text()
    found = re.findall(rf"\bVEL_{prefix}_([A-Z_]+) = (\d+)", text)
    return {name: int(code) for name, code in found}


@pytest.mark.parametrize("prefix", ENUMS)
def test_every_code_of_the_core_has_its_name(prefix):
    kind, names = ENUMS[prefix]
    codes = members(prefix)
    assert {member.name: int(member) for member in kind} == codes
    assert {name: code for code, name in enumerate(names) if not name.startswith("CODE_")} == codes


@pytest.mark.parametrize(
    ("kind", "names", "line"),
    [(OrderType, rs.ORDER_TYPES, "VEL_LIMIT"), (TimeInForce, rs.TIMES_IN_FORCE, "VEL_GTC")],
)
def test_every_type_and_time_in_force_of_the_core_has_its_name(kind: type[IntEnum], names, line):
    header = (Path(__file__).parents[3] / "csrc/include/velora/order.h").read_text()
    text = next(text for text in header.splitlines() if text.startswith(f"enum {{ {line} "))
    codes = {name: int(code) for name, code in re.findall(r"VEL_([A-Z_]+) = (\d+)", text)}
    assert {member.name: int(member) for member in kind} == codes
    assert dict(zip(names, range(len(names)), strict=True)) == codes


def test_steps_closer_than_a_second_have_the_time_to_the_unit_and_since_the_order_was_sent():
    lines = str(run(trace_queue=True).explain(1)).splitlines()
    assert "1970-01-01" in lines[1]
    shown = [line.split()[:3] for line in lines[2:]]
    assert shown[0][:1] == ["00:00:00.000000050"]
    assert shown[1][:3] == ["00:00:00.000000060", "+10", "ns"]
    assert len({tuple(one) for one in shown}) > 5


@pytest.mark.parametrize(
    ("instants", "texts"),
    [
        ([0, 3_000_000_000], ["00:00:00", "00:00:03"]),
        ([0, 5_000_000, 5_001_000], ["00:00:00.000000", "00:00:00.005000", "00:00:00.005001"]),
        ([7, 7, 8], ["00:00:00.000000007", "00:00:00.000000007", "00:00:00.000000008"]),
        ([0, 86_400_000_000_000], ["1970-01-01 00:00:00", "1970-01-02 00:00:00"]),
        ([], []),
    ],
)
def test_times_of_one_story_can_be_told_apart(instants, texts):
    assert format_times(instants) == texts


def test_quantity_ahead_is_in_base_units_in_the_column_and_in_the_text():
    found = ways_to_end(trace_queue=True)
    steps = [step for order in found.orders_raw["order_id"].tolist() for step in found.explain(order).steps]
    joined = [step for step in steps if step.ahead]
    assert joined
    for step in joined:
        assert step.ahead == pytest.approx(step.ahead_lots * 0.00001)
        assert f"{step.ahead:g} is ahead" in step.text
