"""The HTML report: self-contained, honest about what it leaves out, and never half written."""

from __future__ import annotations

import builtins
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _fake import BTC, COIN, ETH, empty_run, fake_run

import velora as vl
from velora.backtest import report
from velora.backtest.report import charts, sections, style
from velora.backtest.result import Result
from velora.errors import InvalidArgument, MissingDependency, MissingFile
from velora.testkit import Flow

pytest.importorskip("plotly")


class Page(HTMLParser):
    """Collects tags, visible text and what the page would load."""

    VOID = frozenset({"meta", "link", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


@pytest.fixture(scope="module")
def result() -> Result:
    return Result(fake_run([BTC, ETH, COIN], seconds=200))


@pytest.fixture(scope="module")
def page(result: Result) -> str:
    return report.render_html(result)


def test_report_is_well_formed_and_loads_nothing(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    for tag, attributes in parsed.tags:
        assert tag not in ("link", "iframe", "img", "object")
        assert "src" not in attributes
    assert "@import" not in page[: page.index("<main>")]


def test_report_shows_the_key_figures(result: Result, page: str) -> None:
    text = " ".join(Page(page).text)
    for wanted in (result.hash, "MarketMaker", "BTCUSD_PERP", "QUEUE", "THROUGH", "CROSS", "TAKER"):
        assert wanted in text
    for wanted in ("Max drawdown USDT", "Rejected", "post only", "risk_averse", "entry 5.0 ms", "Made with"):
        assert wanted in text


def test_report_shows_every_finding_of_the_audit_with_its_grade_and_advice(result: Result, page: str) -> None:
    text = " ".join(" ".join(Page(page).text).split())
    audit = result.audit()
    assert audit.headline in text
    for section in audit.sections:
        assert section.title in text
        for item in section.items:
            assert " ".join([item.grade, item.name, item.value, item.advice]) in text


def test_report_of_a_run_without_fills_has_an_audit_too() -> None:
    text = " ".join(Page(report.render_html(Result(empty_run()))).text)
    assert "How far to trust it" in text
    assert "Nothing was filled" in text


def test_every_chart_of_the_page_has_a_figure_and_the_reverse(result: Result, page: str) -> None:
    places = {attributes["data-figure"] for _, attributes in Page(page).tags if "data-figure" in attributes}
    embedded = re.search(r'<script id="figures" type="application/json">(.*?)</script>', page, re.S)
    assert embedded is not None
    assert places == set(json.loads(embedded.group(1))) == set(report.build_figures(result))


def test_every_figure_is_valid_plotly(result: Result) -> None:
    import plotly.graph_objects as go

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(part) for key, part in value.items()}
        if isinstance(value, list):
            return [plain(part) for part in value]
        return "#123456" if isinstance(value, str) and value.startswith("@") else value

    for figure in report.build_figures(result).values():
        go.Figure(data=plain(figure["data"]), layout=plain(figure["layout"]))


def test_every_theme_colour_of_a_figure_exists_in_the_style(result: Result) -> None:
    used = set(re.findall(r'"@(\w+)"', json.dumps(report.build_figures(result))))
    assert used
    for name in used:
        assert style.STYLE.count(f"--{name}:") >= 2, name


def test_all_fills_are_drawn_at_their_price_and_time() -> None:
    result = Result(fake_run(seconds=300))
    figure = report.build_figures(result)["instrument-0"]
    markers = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    drawn = sorted((x, y) for trace in markers for x, y in zip(trace["x"], trace["y"], strict=True))
    fills = sorted(
        (ts / 1e6, BTC.ticks_to_price(ticks))
        for ts, ticks in zip(result.fills_raw["ts_local"].tolist(), result.fills_raw["price"].tolist(), strict=True)
    )
    assert [x for x, _ in drawn] == [x for x, _ in fills]
    assert [y for _, y in drawn] == pytest.approx([y for _, y in fills])
    assert {trace["marker"]["symbol"] for trace in markers if "buy" in trace["name"]} == {"triangle-up"}


def test_too_many_fills_are_thinned_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "MARKERS_MAX", 20)
    result = Result(fake_run(seconds=300))
    figure = report.build_figures(result)["instrument-0"]
    assert sum(len(trace["x"]) for trace in figure["data"] if trace["mode"] == "markers") == 20
    assert f"20 of {result.fills_raw.size:,} fills are drawn" in report.render_html(result)


def test_long_lines_are_decimated_and_spikes_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "LINE_POINTS_MAX", 50)
    raw = fake_run(seconds=600)
    spike = len(raw["samples"]) // 2
    raw["samples"]["mid_x2"][spike] = 2 * 900_000
    mid = report.build_figures(Result(raw))["instrument-0"]["data"][0]
    assert len(mid["x"]) <= 50
    assert max(mid["y"]) == 90_000.0


def test_one_instrument_has_no_selector_and_several_have_one_tab_each(page: str) -> None:
    tabs = [attributes for _, attributes in Page(page).tags if attributes.get("role") == "tab"]
    assert [tab["aria-selected"] for tab in tabs] == ["true", "false", "false"]
    single = Page(report.render_html(Result(fake_run(seconds=10))))
    assert not [1 for _, attributes in single.tags if attributes.get("role") == "tab"]


def test_report_of_a_run_without_fills_says_so() -> None:
    text = " ".join(Page(report.render_html(Result(empty_run()))).text)
    assert "No order was filled in this run." in text
    assert "The strategy sent no order." in text


def test_report_of_a_run_without_samples_renders() -> None:
    raw = {**fake_run(seconds=1), **dict.fromkeys(("fills", "orders", "samples", "instants"), np.empty(0))}
    assert "no samples" in report.render_html(Result(raw))


def test_names_cannot_inject_markup() -> None:
    evil = BTC.replace(symbol="</script><b>X")
    text = report.render_html(Result(fake_run([evil, ETH], seconds=20, strategy="<i>S", config={"<u>": "<u>v"})))
    for bad in ("</script><b>", "<i>S", "<u>"):
        assert bad not in text


def test_to_html_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    assert Result(empty_run()).to_html(target) == target
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_to_html_that_fails_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        Result(empty_run()).to_html(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_to_html_names_the_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere does not exist; make it first"):
        Result(empty_run()).to_html(tmp_path / "nowhere" / "report.html")
    with pytest.raises(InvalidArgument, match="it is a folder"):
        Result(empty_run()).to_html(tmp_path)


def test_without_plotly_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_plotly(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "plotly":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_plotly)
    with pytest.raises(MissingDependency, match=re.escape('pip install "velora-hft[report]"')):
        Result(empty_run()).to_html(tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_durations_among_the_parameters_have_their_unit():
    class Holding(vl.Strategy):
        hold = vl.Duration("2s")

    flow = Flow().snapshot(0, bids=[(100, 10)], asks=[(101, 5)]).delta(1_000, vl.Side.SELL, 105, 1)
    one = vl.Backtest(flow.table(), Holding()).run()
    assert "<dt>Parameters</dt><dd>hold 2s</dd>" in report.render_html(one)
    two = vl.Backtest(flow.table(), {"a": Holding(), "b": Holding(hold="5ms")}).run()
    text = report.render_html(two)
    assert "hold 2s" in text
    assert "hold 5ms" in text


def test_a_rebate_is_no_loss() -> None:
    assert "gain" in sections._tone_of("Fee", "-0.5")
    assert "gain" in sections._tone_of("Maker fee", "-0.0050%")
    assert "loss" in sections._tone_of("PnL", "-0.5")
    assert sections._tone_of("Maker fee", "0.0200%") == ""


@pytest.mark.parametrize("values", [[0.3, 0.005], [45.0, -3.0, -2.9], [-1.0], [0.0], [2.0, 2.0], [-40.0, 1.0]])
def test_short_bars_have_room_for_their_figures_and_long_ones_are_whole(values: list[float]) -> None:
    low, high = charts._range_with_labels(values)
    span = max(0.0, *values) - min(0.0, *values) or 1.0
    for value in values:
        assert low <= value <= high
        if abs(value) < charts._LABEL_SHARE * span:
            beside = value - low if value < 0 else high - value
            assert beside >= charts._LABEL_SHARE * span * (1 - 1e-9)


def test_amounts_of_a_column_have_the_same_decimals(result: Result) -> None:
    _, rows = result.audit().evidence_rows()
    decimals: dict[str, set[int]] = {}
    for row in rows:
        currency = row[0].partition(" ")[2]
        decimals.setdefault(currency, set()).add(len(row[-1].partition(".")[2]))
    assert decimals
    assert all(len(found) == 1 for found in decimals.values())


def test_points_of_a_chart_name_themselves_in_the_label_that_follows_the_theme(result: Result) -> None:
    """The second box of a label has its line's colour as ground, which is unreadable in one of the themes."""
    for figure in charts.build_figures(result).values():
        if figure["layout"].get("hovermode") == "closest":
            assert all(trace["hovertemplate"].endswith("<extra></extra>") for trace in figure["data"])
