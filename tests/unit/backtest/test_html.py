"""What a notebook shows: tables with their style, names as text, and never an error over an empty thing."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

import velora as vl
from velora.backtest.audit import Audit
from velora.backtest.bounds import queue_bounds
from velora.backtest.explain import Explanation
from velora.core.html import facts_html, html_of, plain_table
from velora.data.schema import COLUMNS

EVIL = "<script>alert(1)</script>"
VOID = {"br"}


class Quoter(vl.Strategy):
    def on_start(self) -> None:
        self.every("200ms", self.requote)

    def requote(self) -> None:
        for instrument in self.instruments:
            book = self.book(instrument)
            self.quote(instrument, bid=book.best_bid, ask=book.best_ask, qty=0.01)


class Idle(vl.Strategy):
    pass


class Shown(HTMLParser):
    """The text of a page, by its tags; an unbalanced or foreign tag is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"div", "style", "table", "thead", "tbody", "tr", "th", "td", "p", "span", "br", "pre"}, tag
        assert {name for name, _ in attrs} <= {"class"}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def market(symbol: str = "SYN", seed: int = 7, seconds: int = 5) -> vl.EventTable:
    one = vl.Instrument(symbol, venue="v", tick_size=0.01, lot_size=0.001, base="S", settle="USDT")
    return vl.SyntheticMarket(seed=seed, duration=f"{seconds}s", instrument=one).table()


@pytest.fixture(scope="module")
def evil():
    """A run and its result, with markup in every name that a user gives."""
    tables = [market(EVIL), market(f"B{EVIL}", 8)]
    run = vl.Backtest(tables, {EVIL: Quoter(), f"b{EVIL}": Quoter()}, latency="5ms", trace_queue=True).start()
    run.advance("3s")
    return run, run.interim()


def things(evil, tmp_path):
    run, result = evil
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write(market(EVIL))
    table = market(EVIL)
    return {
        "Result": result,
        "Result.of": result.of(0),
        "Summary": result.summary(),
        "Audit": result.audit(),
        "Explanation": result.explain(int(result.fills["order_id"][0].as_py())),
        "QueueBounds": queue_bounds(lambda queue: vl.Backtest(table, Quoter(), queue=queue)),
        "Run": run,
        "OrderBookL2": run.book(run.instruments[0]),
        "EventTable": table,
        "Instrument": table.instrument,
        "Catalog": catalog,
        "BusStats": run.bus.stats(),
    }


def test_names_are_text_wherever_they_are_shown(evil, tmp_path):
    for name, thing in things(evil, tmp_path).items():
        html = thing._repr_html_()
        assert "<script" not in html, name
        shown = Shown(html)
        if name != "BusStats":  # it has the names of topics, none of which the user gave
            assert EVIL in shown.text or name in ("QueueBounds",), name


def test_what_a_notebook_shows_keeps_to_the_inks_of_its_page(evil, tmp_path):
    for thing in things(evil, tmp_path).values():
        html = thing._repr_html_()
        assert html.startswith('<div class="velora-html"><style>')
        style = html[: html.index("</style>")]
        assert not re.search(r"background:(?!none)", style)  # the page's ground
        assert not re.search(r"[^-]color:(#000|#fff|black|white)", style)
        assert "http" not in style
        assert "@import" not in style


def test_a_result_shows_its_figures(evil):
    _, result = evil
    shown = Shown(result._repr_html_())
    facts = {row[0]: row[1] for row in shown.rows if len(row) == 2}
    assert facts["Fills"] == f"{len(result.fills)} of {len(result.orders)} orders"
    assert facts["Hash"] == result.hash
    assert facts["Audit"] == result.audit().sentence
    total = next(row for row in shown.rows if row[0] == "TOTAL")
    assert total[1] == str(len(result.fills))


def test_equal_runs_are_shown_alike():
    first, second = (vl.Backtest(market(), Quoter()).run() for _ in range(2))
    assert first.elapsed_s != second.elapsed_s
    assert first._repr_html_() == second._repr_html_()


def test_a_table_of_rich_is_the_same_in_html(evil):
    summary = evil[1].summary()
    header, rows = summary.cause_rows()
    shown = Shown(summary._repr_html_()).rows
    at = shown.index(header)
    assert shown[at + 1 : at + 1 + len(rows)] == rows


def test_every_finding_of_an_audit_is_shown_with_its_grade(evil):
    audit = evil[1].audit()
    rows = Shown(audit._repr_html_()).rows
    for section in audit.sections:
        for item in section.items:
            assert [item.grade, item.name, item.value.strip(), item.advice] in rows


def test_empty_things_are_shown(tmp_path):
    table = market(seconds=1)
    instrument = table.instrument
    idle = vl.Backtest(table, Idle()).start()
    empty = vl.EventTable.from_numpy(
        instrument, **{name: np.zeros(0, np.int64) for name in ("ts_event", "kind", "price", "qty")}
    )
    for thing in (
        idle,
        idle.interim(),
        idle.interim().summary(),
        idle.interim().audit(),
        Audit("S", "0" * 16, [], []),
        Explanation(1, "Order 1", False),
        vl.OrderBookL2(instrument),
        vl.OrderBookL3(instrument),
        vl.QuoteBook(instrument),
        empty,
        vl.Catalog(tmp_path / "none", create=True),
        vl.MessageBus().stats(),
    ):
        assert Shown(thing._repr_html_()).text
    finished = idle.finish()
    assert idle._repr_html_() == finished._repr_html_()


def test_a_table_shows_its_kinds_and_both_ends():
    table = market(seconds=2)
    shown = Shown(table._repr_html_())
    assert f"{len(table):,}" in shown.text
    assert [row[0] for row in shown.rows if len(row) == 6][1:] == [
        *map(str, range(5)),
        "…",
        *(f"{len(table) - back:,}" for back in (5, 4, 3, 2, 1)),
    ]


@pytest.mark.parametrize("count", [1, 5, 9, 10, 11])
def test_short_tables_show_each_row_once(count):
    table = market(seconds=1)
    short = vl.EventTable.from_numpy(table.instrument, **{name: getattr(table, name)[:count] for name in COLUMNS})
    rows = [row[0] for row in Shown(short._repr_html_()).rows if len(row) == 6][1:]
    assert [row for row in rows if row != "…"] == [str(at) for at in range(count)][: 10 if count < 11 else 5] + (
        [str(at) for at in range(6, 11)] if count == 11 else []
    )


@pytest.mark.parametrize("name", ["Audit", "Explanation", "QueueBounds", "Result", "Run", "Catalog", "EventTable"])
def test_a_repr_is_one_line(name, evil, tmp_path):
    text = repr(things(evil, tmp_path)[name])
    assert text.startswith(f"{name}(")
    assert "\n" not in text
    assert len(text) < 240


# ---- the translation of rich


def test_texts_keep_their_styles_and_lose_nothing():
    text = Text("plain ", style="bold")
    text.append("green", style="green")
    text.append(" <b>&</b>", style="dim red")
    html = html_of(Group(text, Text(""), "[yellow]marked[/] up"))
    assert '<p class="b">plain' in html
    assert '<span class="green">green</span>' in html
    assert '<span class="d red"> &lt;b&gt;&amp;&lt;/b&gt;</span>' in html
    assert '<span class="yellow">marked</span> up' in html


def test_cells_follow_their_columns_and_rows():
    table = Table(title="[not] markup \\[x]", title_justify="left")
    table.add_column("name")
    table.add_column("value", justify="right", style="cyan")
    table.add_row(Text("a"), "1", style="bold")
    html = html_of(table)
    assert '<td class="n b">a</td><td class="r b cyan">1</td>' in html
    assert '<th class="r">value</th>' in html


def test_anything_else_is_printed_as_rich_prints_it():
    assert "<pre>" in html_of(Panel("inside <x>"))
    assert "inside &lt;x&gt;" in html_of(Panel("inside <x>"))


def test_an_object_that_asks_for_the_width_is_drawn_with_its_own_parts():
    class Wide:
        def __rich_console__(self, console: Console, options: object) -> object:
            yield plain_table(["a", "b"], [[EVIL, console.width]])

    shown = Shown(html_of(Wide()))
    assert shown.rows == [["a", "b"], [EVIL, "200"]]


def test_nothing_is_printed_by_the_way(capsys):
    html_of(Panel("x"))
    facts_html("t", [("a", "b")], note="n")
    assert capsys.readouterr() == ("", "")


def test_characters_that_are_not_seen_are_escaped():
    html = facts_html("\x1b]0;title\x07", [("a\u202eb", "line\nline")], note="\x00")
    assert "\\x1b" in html
    assert "\\u202e" in html
    assert "\\x00" in html
    assert io.StringIO(html).read() == html
    assert not re.search(r"[\x00-\x08\x1b\u202e]", html)
