"""Tables keep every number whole at any width of the terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from rich.console import Console

import velora as vl
from velora.backtest.bounds import QueueBounds
from velora.core.bus_stats import BusStats, EndpointStats, SubscriptionStats, TopicStats
from velora.core.terminal_table import FittedTable, Pairs
from velora.strategy.examples import MarketMaker

WIDTHS = (60, 80, 120, 200)
NUMBER = re.compile(r"[-+]?\d[\d,.:]*\d|\d")


def drawn(renderable: object, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(renderable)
    return out.getvalue()


@cache
def result() -> vl.Result:
    market = vl.SyntheticMarket(7, events=60_000).table()
    test = vl.Backtest(market, MarketMaker(), latency="5ms", cash=10_000, fees=("0", "0.0005"), trace_queue=True)
    return test.run()


def plain_table() -> FittedTable:
    table = FittedTable("title", "caption of 12,345 rows")
    for name in ("name", *(f"figure {number}" for number in range(12))):
        table.add_column(name, "left" if name == "name" else "right")
    for row in range(3):
        table.add_row(f"model_{row}", *(f"{-1234.5678 * (row + at):,.4f}" for at in range(12)), end_section=True)
    return table


def prose_table() -> FittedTable:
    table = FittedTable()
    for name in ("grade", "finding", "value", "advice"):
        table.add_column(name, wraps=name != "grade")
    table.add_row("poor", "Own part of the prints in this run", "median 12,345.678 of 98,765.4321", "Look again. " * 9)
    return table


def bus_stats() -> BusStats:
    return BusStats(
        (TopicStats("fills.SYNUSDT", 1_234_567, ("first", "second", "third" * 5)),),
        (SubscriptionStats("a" * 20, "fills.*", 0, 987_654_321, 12, "ValueError", 34, 123_456_789_012, 7),),
        (EndpointStats("risk", 55_555_555, 3),),
        *(0,) * 5,
    )


TABLES: dict[str, Callable[[], Any]] = {
    "figures": plain_table,
    "prose": prose_table,
    "bus": bus_stats,
    "summary": lambda: result().summary(),
    "audit": lambda: result().audit(),
    "explanation": lambda: result().explain(int(result().fills_raw["order_id"][0])),
    "bounds": lambda: QueueBounds("power3(2)", result(), result(), result()),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_table_at_any_width_shows_every_number_whole(name: str, width: int) -> None:
    shown = TABLES[name]()
    wide, narrow = drawn(shown, 1_000), drawn(shown, width)
    assert "…" not in narrow
    assert max(map(len, narrow.splitlines())) <= width
    numbers = NUMBER.findall(wide)
    assert numbers
    assert not set(numbers) - set(NUMBER.findall(narrow))


def test_table_that_is_split_repeats_its_first_column() -> None:
    lines = drawn(plain_table(), 60).splitlines()
    assert sum(line.startswith("model_1") for line in lines) >= 3


def test_table_narrower_than_two_columns_has_a_line_for_each_value() -> None:
    text = drawn(plain_table(), 15)
    assert "-1,234.5678" in text
    assert "…" not in text


def test_prose_that_does_not_fit_moves_below_its_row() -> None:
    wide, narrow = drawn(prose_table(), 200), drawn(prose_table(), 60)
    row = next(line for line in wide.splitlines() if line.startswith("poor"))
    assert "Look again." in row
    row = next(line for line in narrow.splitlines() if line.startswith("poor"))
    assert "Look again." not in row
    assert "Look again." in narrow


def test_values_of_pairs_wrap_between_words() -> None:
    pairs = Pairs("title")
    pairs.add_pair("label", "12,345,678 " * 9)
    text = drawn(pairs, 60)
    assert text.count("12,345,678") == 9


def test_cell_of_a_table_is_no_markup() -> None:
    table = FittedTable()
    table.add_column("[red]name[/red]")
    table.add_row("[bold]1[/bold]\x1b[2J")
    text = drawn(table, 80)
    assert "[bold]1[/bold]" in text
    assert "[red]name[/red]" in text
    assert "\x1b" not in text
