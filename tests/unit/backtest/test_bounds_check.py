"""The check of the bounds counts what it says, on orders that are drawn as it says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import velora as vl
from velora.backtest.bounds_check import (
    ORDER_DTYPE,
    BoundsCell,
    check_bounds,
    draw_orders,
    run_orders,
    score_bounds,
)
from velora.backtest.thinning import levels_of, thin
from velora.cli.main import app
from velora.core.events import EventKind, Side
from velora.errors import InvalidArgument
from velora.testkit import Flow, random_order_flow

LIFE = ("20ms", "2s")


def fills(*instants):
    return np.array(instants, np.int64)


# ---------------------------------------------------------------------- scores


@pytest.mark.parametrize(
    ("truth", "pessimistic", "optimistic", "counted"),
    [
        (-1, -1, -1, ()),
        (50, 50, 50, ("filled", "pessimistic", "optimistic", "anybody")),
        (50, 70, 30, ("filled", "pessimistic", "optimistic", "anybody", "wide")),
        (50, -1, 50, ("filled", "optimistic", "anybody", "wide")),
        (-1, -1, 30, ("optimistic", "anybody", "wide")),
        (50, 49, 30, ("filled", "pessimistic", "optimistic", "anybody", "wide", "early")),
        (50, 49, 49, ("filled", "pessimistic", "optimistic", "anybody", "early")),
        (-1, 70, 30, ("pessimistic", "optimistic", "anybody", "wide", "over_filled")),
        (-1, 70, 70, ("pessimistic", "optimistic", "anybody", "over_filled")),
        (50, 51, 51, ("filled", "pessimistic", "optimistic", "anybody", "late")),
        (50, -1, -1, ("filled", "anybody", "late")),
        (50, 49, 51, ("filled", "pessimistic", "optimistic", "anybody", "wide", "early", "late")),
        (0, 0, 0, ("filled", "pessimistic", "optimistic", "anybody")),
    ],
)
def test_an_order_is_inside_when_its_true_fill_lies_between_the_bounds(truth, pessimistic, optimistic, counted):
    cell = score_bounds(fills(truth), fills(pessimistic), fills(optimistic))
    names = ("filled", "pessimistic", "optimistic", "anybody", "wide", "early", "over_filled", "late")
    assert tuple(name for name in names if getattr(cell, name)) == tuple(name for name in names if name in counted)
    assert cell.inside == (not {"early", "over_filled", "late"} & set(counted))
    assert cell.orders == 1


def test_shares_are_of_all_orders_of_those_that_anybody_fills_and_of_the_pessimists_fills():
    truth = fills(-1, -1, -1, -1, 50, 50, -1, 50)
    pessimistic = fills(-1, -1, -1, -1, 50, 40, 10, -1)
    optimistic = fills(-1, -1, -1, 20, 40, 40, 10, 60)
    cell = score_bounds(truth, pessimistic, optimistic, thinning="best5", away=2)
    assert (cell.thinning, cell.away, cell.orders, cell.filled, cell.anybody) == ("best5", 2, 8, 3, 5)
    assert (cell.inside, cell.early, cell.over_filled, cell.late, cell.wide) == (5, 1, 1, 1, 3)
    assert cell.inside_share == 5 / 8
    assert cell.inside_filled_share == pytest.approx(2 / 5)
    assert cell.over_filled_share == 1 / 3
    assert cell.width == 3 / 8
    assert not cell.passes
    assert cell.to_dict()["inside_share"] == 5 / 8


def test_a_cell_without_orders_or_fills_passes():
    assert score_bounds(fills(), fills(), fills()).passes
    idle = score_bounds(fills(-1, -1), fills(-1, -1), fills(-1, -1))
    assert (idle.inside_share, idle.inside_filled_share, idle.over_filled_share, idle.width) == (1.0, 1.0, 0.0, 0.0)
    assert idle.passes


@pytest.mark.parametrize(
    ("inside", "anybody", "over_filled", "passes"),
    [
        (990, 400, 0, True),
        (989, 400, 0, False),
        (990, 330, 1, False),  # 10 of 330 outside: 97.0 % needs 334
        (990, 334, 1, True),
        (998, 400, 2, False),
    ],
)
def test_a_cell_passes_at_the_targets_and_not_below(inside, anybody, over_filled, passes):
    outside = 1_000 - inside
    cell = BoundsCell("x", 0, 1_000, 300, 300, 300, anybody, inside, 0, over_filled, outside - over_filled, 0)
    assert cell.passes is passes


def test_fills_of_different_orders_cannot_be_scored():
    with pytest.raises(InvalidArgument, match="fills differ in number: 2, 1 and 2"):
        score_bounds(fills(1, 2), fills(1), fills(1, 2))


# ---------------------------------------------------------------------- orders


def test_orders_lie_behind_the_best_price_in_equal_parts_and_never_two_of_a_run_are_alive():
    table = random_order_flow(3, 3_000)
    orders = draw_orders(table, 800, away=(0, 1, 4), life=LIFE, seed=7)
    assert len(orders) == 800
    counts = {
        (away, side): int(((orders["away"] == away) & (orders["side"] == side)).sum())
        for away in (0, 1, 4)
        for side in (0, 1)
    }
    assert max(counts.values()) - min(counts.values()) <= 1
    trades = table.ts_event[table.kind == EventKind.TRADE]
    assert (orders["ts"] >= trades[0]).all()
    assert (orders["ts"] + orders["life"] < trades[-1]).all()
    assert orders["life"].min() >= 20_000_000
    assert orders["life"].max() <= 2_000_000_000
    assert np.median(orders["life"]) == pytest.approx(200_000_000, rel=0.2)  # the middle of the logarithms
    for run in range(orders["run"].max() + 1):
        mine = orders[orders["run"] == run]
        assert (mine["ts"][1:] > mine["ts"][:-1] + mine["life"][:-1]).all()
    book, levels = vl.OrderBookL2(table.instrument), levels_of(table)
    row = 0
    for one in orders:
        while levels.ts_event[row] <= one["ts"]:
            if levels.kind[row] == EventKind.DELTA:
                book.set(int(levels.side[row]), int(levels.price[row]), int(levels.qty[row]))
            row += 1
        best = book.best_ask_ticks + one["away"] if one["side"] else book.best_bid_ticks - one["away"]
        assert one["price"] == best


def test_orders_follow_their_seed():
    table = random_order_flow(3, 500)
    first = draw_orders(table, 50, life=LIFE, seed=1)
    assert (draw_orders(table, 50, life=LIFE, seed=1) == first).all()
    assert (draw_orders(table, 50, life=LIFE, seed=2) != first).any()


def test_no_order_is_drawn_while_the_book_is_one_sided_crossed_or_stale():
    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 4)]).trade(10, Side.BUY, 101, 1)
    flow.delta(2_000, Side.SELL, 101, 0)  # no ask until 4,000
    flow.delta(4_000, Side.SELL, 102, 1).delta(6_000, Side.BUY, 103, 1)  # crossed until 8,000
    flow.delta(8_000, Side.BUY, 103, 0).row(9_000, EventKind.GAP)  # stale until 9,500
    flow.snapshot(9_500, bids=[(99, 5)], asks=[(101, 4)]).trade(11_000, Side.BUY, 101, 1)
    starts = draw_orders(flow.table(), 400, life=("1ns", "2ns"))["ts"]
    assert len(starts) == 400
    bad = ((2_000, 4_000), (6_000, 8_000), (9_000, 9_500))
    assert not any(((starts >= begin) & (starts < end)).any() for begin, end in bad)
    good = ((10, 2_000), (4_000, 6_000), (8_000, 9_000), (9_500, 11_000))
    assert all(((starts >= begin) & (starts < end)).any() for begin, end in good)


def test_silence_counts_as_a_minute_at_most():
    hour = 3_600_000_000_000
    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 4)]).trade(1, Side.BUY, 101, 1)
    flow.delta(hour, Side.BUY, 100, 6).trade(hour + 60_000_000_000, Side.BUY, 101, 1)
    starts = draw_orders(flow.table(), 400, life=("1ns", "2ns"))["ts"]
    assert ((starts <= 60_000_000_001) | (starts >= hour)).all()
    assert 0.4 < (starts >= hour).mean() < 0.6


@pytest.mark.parametrize(
    "options",
    [{"count": -1}, {"away": ()}, {"away": (0, -1)}, {"life": (0, "5s")}, {"life": ("5s", "1s")}],
)
def test_orders_that_cannot_be_drawn_are_refused(options):
    with pytest.raises(InvalidArgument, match="count and away must be at least 0"):
        draw_orders(random_order_flow(1, 50), **options)


def test_a_session_with_too_few_instants_gives_fewer_orders():
    flow = Flow().delta(0, Side.BUY, 100, 5).trade(10, Side.SELL, 100, 1).trade(5_000, Side.SELL, 100, 1)
    assert len(draw_orders(flow.table(), 40)) == 0
    assert len(draw_orders(flow.table().slice(0, 0), 40)) == 0


def test_each_order_is_filled_when_the_backtest_fills_it_and_lives_no_longer():
    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(102, 4)])
    flow.trade(50, Side.SELL, 100, 5).trade(60, Side.SELL, 100, 1).trade(90, Side.SELL, 99, 1).delta(
        200, Side.BUY, 99, 2
    )
    orders = np.zeros(4, ORDER_DTYPE)
    orders["ts"], orders["life"] = (10, 10, 70, 10), (100, 45, 100, 15)
    orders["price"], orders["run"] = (100, 100, 100, 100), (0, 1, 2, 3)
    assert run_orders(flow.table(), orders).tolist() == [60, -1, 90, -1]
    orders["life"][1] = 51
    assert run_orders(flow.table(), orders).tolist() == [60, 60, 90, -1]


def test_orders_after_the_end_of_a_feed_are_never_filled():
    flow = Flow().snapshot(0, bids=[(100, 5)], asks=[(102, 4)]).trade(50, Side.SELL, 99, 5)
    orders = np.zeros(2, ORDER_DTYPE)
    orders["ts"], orders["life"], orders["price"] = (10, 60), 20, 100
    assert run_orders(flow.table(), orders).tolist() == [-1, -1]
    orders["life"][0] = 45
    assert run_orders(flow.table(), orders).tolist() == [50, -1]


# ---------------------------------------------------------------------- the check


def test_the_check_scores_the_runs_over_the_thinned_session():
    table = random_order_flow(4, 1_500, trade_share=0.3)
    orders = draw_orders(table, 200, life=LIFE, seed=2)
    check = check_bounds(table, orders, thinnings=["levels", "best1"])
    truth = run_orders(table, orders)
    assert (truth >= 0).sum() > 10
    for name in ("levels", "best1"):
        feed = thin(table, name)
        low, high = (run_orders(feed, orders, queue) for queue in ("risk_averse", "optimistic"))
        assert check.cell(name) == score_bounds(truth, low, high, thinning=name)
        near = orders["away"] == 0
        assert check.cell(name, 0) == score_bounds(truth[near], low[near], high[near], thinning=name, away=0)
    assert [(cell.thinning, cell.away) for cell in check.cells] == [
        (name, away) for name in ("levels", "best1") for away in (0, 1, 2, 5, None)
    ]
    assert check.cell("levels").orders == sum(check.cell("levels", away).orders for away in (0, 1, 2, 5))
    with pytest.raises(InvalidArgument, match="no cell of 'best5'"):
        check.cell("best5")


def test_the_bounds_hold_by_level_where_nothing_is_hidden():
    check = check_bounds(random_order_flow(8, 3_000, trade_share=0.3), 400, life=LIFE, thinnings=["levels"])
    cell = check.cell("levels")
    assert cell.filled > 50
    assert cell.inside == cell.orders == 400
    assert cell.wide > 0
    assert check.passes


def test_a_violation_is_explained_with_the_orders_life_in_each_run_and_the_rows_around_it():
    table = random_order_flow(4, 1_500, trade_share=0.3)
    orders = draw_orders(table, 120, life=LIFE, seed=2)
    check = check_bounds(table, orders, thinnings=["trades_no_side"], explain=2)
    outside = check.cell("trades_no_side").orders - check.cell("trades_no_side").inside
    for one in check.violations:
        assert f"order {one.number}" in one.text
        assert one.kind in ("early", "over_filled", "late")
        assert one.price_ticks == orders["price"][one.number]
        for name in ("truth", "pessimistic", "optimistic", "thinned feed", "whole session by level"):
            assert f"  {name}" in str(one)
    assert bool(check.violations) == bool(outside)
    assert len(check.violations) <= 3 * 2
    assert json.loads(json.dumps(check.to_dict()))["violations"] == [one.to_dict() for one in check.violations]


def test_a_violation_names_the_fills_of_all_three_runs():
    # Thinned to nothing but one trade through the order's price, which the whole session does not match with it.
    flow = Flow()
    add, execute = EventKind.ORDER_ADD, EventKind.ORDER_EXECUTE
    flow.row(0, add, Side.BUY, 100, 5, order_id=1).row(0, add, Side.SELL, 102, 5, order_id=2)
    flow.trade(10, Side.BUY, 102, 1).row(10, execute, Side.SELL, 102, 1, order_id=2)
    flow.row(1_000, add, Side.BUY, 99, 3, order_id=3)
    flow.trade(2_000, Side.SELL, 98, 1)  # beyond the price, and of no recorded order
    flow.trade(9_000, Side.BUY, 102, 1).row(9_000, execute, Side.SELL, 102, 1, order_id=2)
    orders = np.zeros(1, ORDER_DTYPE)
    orders["ts"], orders["life"], orders["price"] = 500, 5_000, 100
    check = check_bounds(flow.table(), orders, thinnings=["levels"], away=(0,), explain=1)
    (one,) = check.violations
    assert (one.kind, one.ts, one.life_ns, one.side, one.price_ticks) == ("over_filled", 500, 5_000, "BUY", 100)
    assert one.fills["truth"] == {"ts": None, "cause": None, "state": "CANCELED"}
    assert one.fills["pessimistic"] == {"ts": 2_000, "cause": "THROUGH", "state": "FILLED"}
    assert "98 x 1" in one.text
    assert "thinned feed" not in one.text  # it is the whole session
    assert "the order arrives" in one.text


def test_a_session_by_level_has_no_truth():
    with pytest.raises(InvalidArgument, match="TEST has no rows by order"):
        check_bounds(levels_of(random_order_flow(1, 50)))


def test_progress_ends_where_it_says():
    calls = []
    check_bounds(
        random_order_flow(2, 300),
        30,
        life=LIFE,
        thinnings=["levels", "best2"],
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls[-1][0] == calls[-1][1]
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


# ---------------------------------------------------------------------- the command


@pytest.fixture
def catalog(tmp_path):
    made = vl.Catalog(tmp_path / "catalog", create=True)
    made.write([random_order_flow(11, 1_500, trade_share=0.3)])
    return str(tmp_path / "catalog")


def test_command_prints_a_table_of_80_columns(catalog):
    arguments = ["check", "bounds", catalog, "--orders", "80", "--life", "20ms", "2s", "--explain", "1"]
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "80"})
    assert shown.exit_code == 0, shown.output
    table = shown.output.split("\n\n")[0]
    assert max(len(line) for line in table.splitlines()) <= 80
    for word in ("TEST: 80 orders", "best10_snapshots", "trades_no_side", "width", "over"):
        assert word in table
    assert "cells" in table or "every cell" in table


def test_command_prints_json_of_the_thinnings_that_are_asked_for(catalog):
    arguments = ["check", "bounds", catalog, "--orders", "40", "--life", "20ms", "2s", "--json", "--seed", "3"]
    arguments += ["--thin", "best3", "--thin", "quotes", "--away", "0", "--away", "2"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    (found,) = json.loads(shown.stdout)
    assert [(cell["thinning"], cell["away"], cell["orders"]) for cell in found["cells"]] == [
        ("best3", 0, 20),
        ("best3", 2, 20),
        ("best3", None, 40),
        ("quotes", 0, 20),
        ("quotes", 2, 20),
        ("quotes", None, 40),
    ]
    assert found["targets"] == {"inside_share": 0.99, "inside_filled_share": 0.97, "over_filled_of_orders": 0.001}
    again = CliRunner().invoke(app, arguments)
    assert json.loads(again.stdout) == [found]


def test_command_takes_a_part_of_the_session(catalog):
    whole = vl.Catalog(catalog).source("TEST").table()
    middle = int(whole.ts_recv[len(whole) // 2])
    arguments = ["check", "bounds", catalog, "--orders", "20", "--life", "20ms", "1s", "--thin", "levels", "--json"]
    shown = CliRunner().invoke(app, [*arguments, "--end", str(np.datetime64(middle, "ns"))])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)[0]["rows"] == int((whole.ts_recv < middle).sum())


def test_command_refuses_a_catalog_without_rows_by_order(tmp_path):
    vl.Catalog(tmp_path / "plain", create=True).write([levels_of(random_order_flow(1, 50))])
    shown = CliRunner().invoke(app, ["check", "bounds", str(tmp_path / "plain")])
    assert isinstance(shown.exception, InvalidArgument)
    assert "has no instrument by order" in str(shown.exception)
    with_symbol = CliRunner().invoke(app, ["check", "bounds", str(tmp_path / "plain"), "--symbol", "TEST"])
    assert "TEST has no rows by order" in str(with_symbol.exception)
