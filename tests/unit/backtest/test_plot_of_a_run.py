"""`Result.plot`: the charts of the report as one figure, of what was asked for."""

from __future__ import annotations

import builtins
import itertools
import json
import sys

import pytest

import velora as vl
from velora.backtest.report import charts
from velora.errors import InvalidArgument, MissingDependency

pytest.importorskip("plotly")


class Quoter(vl.Strategy):
    def on_start(self) -> None:
        self.every("200ms", self.requote)

    def requote(self) -> None:
        for instrument in self.instruments[:-1] or self.instruments:
            book = self.book(instrument)
            self.quote(instrument, bid=book.best_bid, ask=book.best_ask, qty=0.01)


def market(symbol="AUSDT", venue="X", seed=7):
    one = vl.Instrument(symbol, venue=venue, tick_size=0.01, lot_size=0.001, base="A", quote="USDT", settle="USDT")
    return vl.SyntheticMarket(seed=seed, duration="20s", instrument=one).table()


def backtest(*tables):
    return vl.Backtest(list(tables) or [market()], Quoter(), latency="5ms", cash=1_000)


@pytest.fixture(scope="module")
def result():
    return backtest().run()


@pytest.fixture(scope="module")
def several():
    return backtest(market(), market("AUSDT", "Y", 8), market("BUSDT", "X", 9)).run()


def panels(figure):
    """Titles of the vertical axes, from top to bottom."""
    layout = figure.to_plotly_json()["layout"]
    axes = sorted((layout[name] for name in layout if name.startswith("yaxis")), key=lambda axis: -axis["domain"][1])
    for above, below in itertools.pairwise(axes):
        assert below["domain"][1] < above["domain"][0]
    return [axis["title"]["text"] for axis in axes]


def test_a_plot_has_equity_price_and_position_on_one_time_axis(result):
    figure = result.plot()
    assert panels(figure) == ["Equity (USDT)", "Price (USDT)", "Position (A)"]
    assert {trace.xaxis for trace in figure.data} == {"x"}
    assert figure.layout.title.text == "Quoter on AUSDT"


def test_the_lines_and_marks_are_those_of_the_report(result):
    drawn = result.plot(draw=["equity", "drawdown", "price", "position"]).to_plotly_json()["data"]
    made = charts.equity_figure(result, "USDT")["data"] + charts.instrument_figure(result, 0)["data"]
    assert [(one["name"], list(one["x"]), list(one["y"])) for one in drawn] == [
        (one["name"], one["x"], one["y"]) for one in made
    ]


def test_every_fill_is_marked_with_its_cause(result):
    figure = result.plot(draw="price")
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in marks) == len(result.fills) > 0
    assert {trace.name.split()[0] for trace in marks} == set(result.fills["cause"].to_pylist())
    assert {trace.marker.color for trace in marks} <= set(charts.CAUSE_COLORS.values())


def test_panels_stand_in_the_order_asked_for_and_once_each(result):
    assert panels(result.plot(draw=["position", "equity", "position"])) == ["Position (A)", "Equity (USDT)"]
    assert panels(result.plot(draw="drawdown")) == ["Drawdown"]


def test_no_name_of_a_colour_is_left_in_a_figure(result):
    assert '"@' not in json.dumps(result.plot(draw=["equity", "drawdown", "price", "position"]).to_plotly_json())


@pytest.mark.parametrize(
    ("given", "wanted"), [("AUSDT@Y", "AUSDT@Y"), ("BUSDT", "BUSDT"), ("BUSDT@X", "BUSDT"), (None, "AUSDT@")]
)
def test_the_instrument_is_the_one_named_or_the_one_with_most_fills(several, given, wanted):
    title = several.plot(instrument=given).layout.title.text
    assert title.startswith(f"Quoter on {wanted}")
    if given is None:
        counts = several.fills.group_by(["symbol", "venue"]).aggregate([("order_id", "count")]).to_pylist()
        most = max(counts, key=lambda one: one["order_id_count"])
        assert title.endswith(f"{most['symbol']}@{most['venue']}")


def test_an_instrument_may_be_given_itself(several):
    assert several.plot(instrument=several.instruments[1]).layout.title.text == "Quoter on AUSDT@Y"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"instrument": "AUSDT"}, "'AUSDT' names several instruments; they are AUSDT@X, AUSDT@Y, BUSDT"),
        ({"instrument": "C"}, "'C' is no instrument of the run"),
        ({"draw": "prize"}, "did you mean 'price'"),
        ({"draw": []}, "at least one of"),
        ({"draw": 5}, "draw takes 'equity'"),
    ],
)
def test_other_options_are_refused_by_name(several, options, message):
    with pytest.raises(InvalidArgument, match=message):
        several.plot(**options)


def test_a_run_is_drawn_up_to_now():
    run = backtest().start()
    assert len(run.plot().data[0].x) == 1  # the start cash
    run.advance("10s")
    half = run.plot(draw="equity")
    assert half.data[0].x[-1] <= run.now / 1e6
    run.advance_to_end()
    assert run.finish().plot(draw="equity").data[0].x[: len(half.data[0].x)] == half.data[0].x


def test_a_run_without_a_fill_can_be_drawn():
    class Idle(vl.Strategy):
        pass

    figure = vl.Backtest([market()], Idle()).run().plot(draw=["equity", "drawdown", "price", "position"])
    assert len(figure.data) == 5


def test_names_are_text_and_no_markup():
    one = vl.Instrument("<b>A</b>", tick_size=0.01, lot_size=0.001, settle="USDT")
    table = vl.SyntheticMarket(seed=7, duration="2s", instrument=one).table()
    title = vl.Backtest([table], {"<script>alert(1)</script>": Quoter(), "b": Quoter()}).run().plot().layout.title.text
    assert "<" not in title
    assert "&lt;script&gt;" in title


def test_a_figure_is_written_as_a_page_that_loads_nothing(result, tmp_path):
    path = tmp_path / "plot.html"
    result.plot().write_html(path, include_plotlyjs=False)
    assert "Quoter on AUSDT" in path.read_text()


def test_without_plotly_the_error_says_how_to_get_it(result, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "plotly"]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without(name, *rest, **options):
        if name.split(".")[0] == "plotly":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependency, match=r'pip install "velora-hft\[report\]"'):
        result.plot()
