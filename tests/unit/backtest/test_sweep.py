"""A sweep is the loop over its cells: the same runs in the same order whatever ran where, each with its own error."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

import velora as vl
from velora.errors import InvalidArgument, NotFound


class Maker(vl.Strategy):
    half_spread = vl.Parameter(2)

    def on_start(self):
        self.every("100ms", self.requote)

    def requote(self):
        book, away = self.book("SYNUSDT"), int(self.half_spread)
        if book.best_bid_ticks and book.best_ask_ticks:
            self.quote(
                book.instrument,
                bid_ticks=book.best_bid_ticks - away,
                ask_ticks=book.best_ask_ticks + away,
                qty_lots=1,
            )


@pytest.fixture(scope="module")
def table():
    return vl.SyntheticMarket(seed=3, duration="20s").table()


def backtest(table, half_spread, latency="5ms"):
    """At the top of the module, so that spawned workers find it."""
    if half_spread == "raise":
        raise ValueError("no such spread")
    if half_spread == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if half_spread == "exit":
        raise SystemExit(2)
    return vl.Backtest(data=table, strategy=Maker(half_spread=half_spread), latency=latency)


def fill_ratio(result):
    return result.statistics()["fill_ratio"]


GRID = {"half_spread": [0, 1, 2], "latency": ["1ms", "20ms"]}


def comparable(sweep):
    return sweep.table.drop_columns(["elapsed_s"]).to_pylist()


def test_a_sweep_has_the_hashes_of_the_loop_written_by_hand(table):
    by_hand = [
        backtest(table, half_spread, latency).run().hash
        for half_spread in GRID["half_spread"]
        for latency in GRID["latency"]
    ]
    found = vl.sweep(functools.partial(backtest, table), GRID, workers=2)
    assert found.table["hash"].to_pylist() == by_hand
    assert len(set(by_hand)) > 3


@pytest.mark.parametrize("workers", [2, 3, 6, 20])
def test_the_table_does_not_depend_on_the_number_of_workers(table, workers):
    factory = functools.partial(backtest, table)
    assert comparable(vl.sweep(factory, GRID, workers=workers)) == comparable(vl.sweep(factory, GRID, workers=1))


def test_spawned_workers_give_the_same_table(table, monkeypatch):
    factory = functools.partial(backtest, table)
    forked = vl.sweep(factory, GRID, workers=2)
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda allow_none=False: "spawn")
    assert comparable(vl.sweep(factory, GRID, workers=2)) == comparable(forked)
    with pytest.raises(InvalidArgument, match=r"with def at the top of a module.*or give workers=1"):
        vl.sweep(lambda half_spread: factory(half_spread), {"half_spread": [0, 1]}, workers=2)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cell_that_fails_keeps_its_error_and_the_others_run(table, workers):
    found = vl.sweep(lambda half_spread: backtest(table, half_spread), {"half_spread": [0, "raise", "exit", 1]},
                     workers=workers)  # fmt: skip
    assert [cell.error for cell in found] == [None, "ValueError: no such spread", "SystemExit: 2", None]
    assert [cell.parameters["half_spread"] for cell in found.errors] == ["raise", "exit"]
    assert "raise ValueError" in found.errors[0].traceback
    assert found.is_complete
    assert "2 failed" in repr(found)


def test_a_worker_that_is_killed_costs_one_cell(table):
    found = vl.sweep(lambda half_spread: backtest(table, half_spread), {"half_spread": [0, "die", 1, 2]}, workers=2)
    assert [cell.error is None for cell in found] == [True, False, True, True]
    assert "signal 9" in found.errors[0].error
    assert "run out of memory" in found.errors[0].error


INTERRUPTED = """
import threading, os, signal
import velora as vl

class Idle(vl.Strategy):
    pass

table = vl.SyntheticMarket(seed=3, duration="1s").table()
never = threading.Event()

def factory(at):
    if at == 2:
        never.wait()
    return vl.Backtest(data=table, strategy=Idle())

def press(done, of):
    if done == 2:
        os.kill(os.getpid(), signal.SIGINT)

found = vl.sweep(factory, {"at": [0, 1, 2, 2]}, workers=2, progress=press)
print([bool(cell.figures) for cell in found], found.is_complete)
"""


def test_ctrl_c_leaves_what_is_done():
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED)], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout == "[True, True, False, False] False\n", ran.stderr
    assert not ran.stderr


def test_forking_beside_other_threads_warns_of_nothing(table):
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert vl.sweep(functools.partial(backtest, table), {"half_spread": [0, 1]}, workers=2).is_complete
    finally:
        stop.set()
        thread.join()


def test_best_takes_the_highest_and_the_lowest_of_costs(table):
    found = vl.sweep(functools.partial(backtest, table), GRID, workers=1)
    rows = found.table.to_pylist()
    assert found.best()["pnl"] == max(row["pnl"] for row in rows)
    assert found.best("max_drawdown")["max_drawdown"] == min(row["max_drawdown"] for row in rows)
    assert found.best("pnl", lowest=True)["pnl"] == min(row["pnl"] for row in rows)
    with pytest.raises(InvalidArgument, match="no figure 'profit'; known: pnl"):
        found.best("profit")
    with pytest.raises(NotFound, match="no figure or parameter 'size'"):
        found.best()["size"]


def test_best_without_a_good_cell_quotes_the_first_error(table):
    found = vl.sweep(functools.partial(backtest, table), {"half_spread": ["raise"]}, workers=1)
    with pytest.raises(InvalidArgument, match="first error was ValueError: no such spread"):
        found.best()


def test_a_metric_of_one_s_own_is_a_figure(table):
    found = vl.sweep(functools.partial(backtest, table), GRID, workers=2, metric=fill_ratio, keep=True)
    assert found.metric == "fill_ratio"
    assert found.table["fill_ratio"].to_pylist() == [fill_ratio(result) for result in found.results]


def test_results_are_kept_on_demand_alone(table):
    factory = functools.partial(backtest, table)
    kept = vl.sweep(factory, {"half_spread": [0, 1]}, workers=2, keep=True)
    assert [result.hash for result in kept.results] == kept.table["hash"].to_pylist()
    assert kept.results[0].summary()
    assert vl.sweep(factory, {"half_spread": [0]}, workers=1).results == [None]


def test_a_heat_map_shows_each_cell(table):
    found = vl.sweep(functools.partial(backtest, table), GRID, workers=1)
    (trace,) = found.heat_map("half_spread", "latency").data
    assert list(trace.x) == ["0", "1", "2"]
    assert [list(row) for row in trace.z] == [
        [cell["pnl"] for cell in found if cell.parameters["latency"] == latency] for latency in GRID["latency"]
    ]
    with pytest.raises(InvalidArgument, match="x and y must be two parameters"):
        found.heat_map("half_spread", "half_spread")
    with pytest.raises(InvalidArgument, match="no parameter 'spread'; it has half_spread, latency"):
        found.heat_map("spread", "latency")


def test_a_heat_map_of_more_than_two_parameters_needs_the_others_fixed(table):
    def factory(half_spread, latency, cash):
        return vl.Backtest(data=table, strategy=Maker(half_spread=half_spread), latency=latency, cash=cash)

    found = vl.sweep(factory, {**GRID, "cash": [1_000, 2_000]}, workers=1)
    with pytest.raises(InvalidArgument, match="fix the others, such as cash=2000"):
        found.heat_map("half_spread", "latency")
    assert len(found.heat_map("half_spread", "latency", cash=2_000).data[0].z) == 2


def test_cells_may_be_listed_and_scalars_are_single_values(table):
    factory = functools.partial(backtest, table)
    listed = vl.sweep(factory, [{"half_spread": 0}, {"half_spread": 1, "latency": "1ms"}], workers=1)
    assert listed.table["latency"].to_pylist() == [None, "1ms"]
    assert len(vl.sweep(factory, {"half_spread": 1, "latency": "1ms"}, workers=1)) == 1


def test_a_strategy_that_has_run_is_refused(table):
    strategy = Maker()
    found = vl.sweep(lambda at: vl.Backtest(data=table, strategy=strategy), {"at": [0, 1]}, workers=1)
    assert found.cells[0].error is None
    assert "make a new one in each call" in found.cells[1].error


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((Maker(), GRID), {}, "factory must be a function"),
        ((backtest, {}), {}, "the grid has no cells"),
        ((backtest, {"half_spread": []}), {}, "no values of 'half_spread'"),
        ((backtest, [3]), {}, "a cell must be a mapping"),
        ((backtest, "half_spread"), {}, "grid must be a mapping"),
        ((backtest, {"pnl": [1]}), {}, "has the name of a figure: rename it"),
        ((backtest, GRID), {"workers": 0}, "workers must be at least 1"),
        ((backtest, GRID), {"metric": "profit"}, "metric must be one of pnl"),
    ],
)
def test_wrong_arguments_are_refused(arguments, options, text):
    with pytest.raises(InvalidArgument, match=text):
        vl.sweep(*arguments, **options)


def test_progress_counts_the_cells_that_ended(table):
    seen = []
    vl.sweep(functools.partial(backtest, table), GRID, workers=2, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(done, 6) for done in range(1, 7)]


def test_text_and_html_show_the_best_cell_first(table):
    found = vl.sweep(functools.partial(backtest, table), {"half_spread": [0, 1, 2]}, workers=1)
    lines = str(found).splitlines()
    assert lines[0].split()[:2] == ["half_spread", "pnl"]
    assert lines[1].split()[0] == str(found.best().parameters["half_spread"])
    assert max(map(len, lines[:-1])) <= 80
    assert found._repr_html_().startswith("<table>")
    assert found.to_pandas().shape == (3, 11)
