"""Plots: what is drawn where, from any frame, to any format."""

from __future__ import annotations

import json
import re
import sys
from io import BytesIO
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from velora import ta
from velora.errors import InvalidArgument, MissingDependency, MissingFile
from velora.ta.canvas import PngCanvas, SvgCanvas
from velora.ta.chart import COLORS, build_chart
from velora.ta.chart_picture import LIGHT, draw_svg
from velora.testkit.candles import SHAPES, random_candles

ROWS = 400
CANDLES = random_candles(ROWS, 3)
TS = np.datetime64("2026-03-30T22:00", "ns") + np.arange(ROWS) * np.timedelta64(15, "m")
FRAME = CANDLES | {"ts": TS}


class PlotBands(ta.CustomIndicator):
    inputs = ("close",)
    outputs = tuple(ta.Output(name, "overlay") for name in ("upper", "middle", "lower"))
    params = (ta.Param(name="width", type="float", default=2.0, low=0, high=9),)

    def setup(self):
        self.mean = ta.SMA(5)

    def step(self, close):
        mean = self.mean.update(close) or np.nan
        return mean + self.width, mean, mean - self.width


class PlotMarks(ta.CustomIndicator):
    inputs = ("close",)
    outputs = (ta.Output("plot_marks", "mark"),)
    is_integer = True

    def step(self, close):
        return {0: 100, 11: -100}.get(self.count % 20, 0)


class PlotPoints(ta.CustomIndicator):
    inputs = ("high", "low")
    outputs = (ta.Output("plot_points", "points"),)

    def step(self, high, low):
        return low - 0.5


class PlotWaves(ta.CustomIndicator):
    inputs = ("x",)
    outputs = ("fast", "slow", ta.Output("distance", "histogram"))
    lookback = 30

    def step(self, x):
        fast, slow = np.sin(self.count / 7), np.sin(self.count / 9)
        return fast, slow, fast - slow


ALL = [PlotBands(1.5), "ema(50)", PlotMarks, PlotPoints(), PlotWaves(), ta.SMA]


@pytest.fixture(scope="module")
def svg():
    text = draw_svg(build_chart(FRAME, ALL, title="BTC <&> 15m").last(200))
    return text, ElementTree.fromstring(text)


def texts(root):
    return ["".join(one.itertext()).strip() for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_outputs_go_where_their_kind_says():
    chart = build_chart(FRAME, ALL)
    assert [drawn.label for drawn in chart.main.drawn] == [
        "PlotBands(1.5)",
        "EMA(50)",
        "PlotMarks",
        "PlotPoints",
        "SMA(30)",
    ]
    assert [[one.name for one in drawn.series] for pane in chart.panes for drawn in pane.drawn] == [
        ["fast", "slow", "distance"]
    ]
    np.testing.assert_array_equal(chart.main.drawn[1].series[0].values, ta.ema(CANDLES["close"], 50))
    assert len({one.color for one in chart.main.drawn[0].series}) == 1
    assert len({drawn.series[0].color for drawn in chart.main.drawn}) == 5


def test_indicators_of_a_user_are_not_changed():
    indicator = ta.EMA(10)
    indicator.extend(CANDLES["close"][:50])
    before = indicator.snapshot()
    chart = build_chart(FRAME, [indicator])
    assert indicator.snapshot() == before
    np.testing.assert_array_equal(chart.main.drawn[0].series[0].values, ta.ema(CANDLES["close"], 10))


@pytest.mark.parametrize("given", ["ema(20)", "EMA(20)", " ema( period = 20 ) ", ta.EMA(20)])
def test_an_indicator_is_named_in_several_ways(given):
    assert build_chart(FRAME, [given]).main.drawn[0].label == "EMA(20)"
    assert build_chart(FRAME, given).main.drawn[0].label == "EMA(20)"


@pytest.mark.parametrize("given", ["ema", ta.EMA, ta.ema, "EMA()"])
def test_defaults_apply_where_no_parameter_is_given(given):
    assert build_chart(FRAME, [given]).main.drawn[0].label == "EMA(30)"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("emma", "no indicator 'emma'"),
        ("ema(20", "written as"),
        ("ta.ema(20)", "written as"),
        ("ema(__import__('os'))", "written as"),
        ("ema(0)", "period must lie between"),
        ("ema(day=3)", "no parameter 'day'"),
        (3, "an indicator is"),
        (dict, "an indicator is"),
        (ta.BookPressure(), "needs a column 'bid_qty'"),
    ],
)
def test_what_is_no_indicator_of_the_frame_is_refused(given, message):
    with pytest.raises(InvalidArgument, match=message):
        build_chart(FRAME, [given])


def test_every_kind_of_frame_gives_the_same_chart():
    pandas, polars, arrow = map(pytest.importorskip, ("pandas", "polars", "pyarrow"))
    table = arrow.table(FRAME)
    candles = [
        SimpleNamespace(
            **{name: float(column[row]) for name, column in CANDLES.items()}, ts_open=int(TS[row].astype(int))
        )
        for row in range(ROWS)
    ]
    wanted = draw_svg(build_chart(FRAME, ["ema"]))
    frames = [
        table,
        pandas.DataFrame(FRAME),
        pandas.DataFrame(CANDLES, index=pandas.DatetimeIndex(TS)),
        pandas.DataFrame(FRAME).rename(columns=str.title),
        pandas.DataFrame(CANDLES | {"time": pandas.DatetimeIndex(TS).tz_localize("UTC")}),
        polars.DataFrame(FRAME),
        candles,
        CANDLES | {"time": (TS.astype(np.int64) // 10**6).tolist()},
        CANDLES | {"timestamp": TS.astype(np.int64) / 1e9},
        CANDLES | {"date": [str(one) for one in TS]},
    ]
    for frame in frames:
        assert draw_svg(build_chart(frame, ["ema"])) == wanted


def test_a_frame_without_what_is_needed_is_refused():
    for frame, message in (
        ({"open": [1.0]}, "no column 'close'"),
        ({"close": []}, "no rows"),
        ({"close": ["a"]}, "must hold numbers"),
        ({"close": [1.0, 2.0], "volume": [1.0]}, "differ in length"),
        (3, "a frame is"),
        ({"close": [1.0], "time": ["yesterday"]}, "times of the rows"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            build_chart(frame)
    with pytest.raises(InvalidArgument, match="no column 'volume'"):
        build_chart({"close": [1.0]}, volume=True)


def test_a_picture_has_names_values_and_times(svg):
    _, root = svg
    found = texts(root)
    assert any(one.startswith("BTC <&> 15m") for one in found)
    assert any("PlotBands(1.5)" in one and "EMA(50)" in one for one in found)
    assert any("fast" in one and "slow" in one and "distance" in one for one in found)
    assert "Volume" in found
    assert f"{CANDLES['close'][-1]:.1f}" in found or f"{CANDLES['close'][-1]:.2f}" in found
    assert {"3 Apr", "4 Apr"} <= set(found)
    assert any(re.fullmatch(r"\d\d:00", one) for one in found)


def test_a_picture_draws_each_candle_mark_and_point(svg):
    text, root = svg
    paths = list(root.iter("{http://www.w3.org/2000/svg}path"))
    solid = [one.get("fill") for one in paths if one.get("fill-opacity") is None]
    is_up = CANDLES["close"][-200:] >= CANDLES["open"][-200:]
    # The tag of the last price has the colour of its candle.
    assert solid.count(LIGHT.up) == is_up.sum() + is_up[-1]
    assert solid.count(LIGHT.down) == (~is_up).sum() + (not is_up[-1])
    assert text.count("<circle") == 200
    triangles = [one for one in paths if one.get("fill") == COLORS[2] and one.get("d").count("L") == 2]
    assert len(triangles) == 20


def test_nothing_of_a_picture_leaves_its_canvas(svg):
    _, root = svg
    width, height = float(root.get("width")), float(root.get("height"))
    for one in root.iter("{http://www.w3.org/2000/svg}path"):
        for x, y in re.findall(r"[ML](-?[\d.e+]+) (-?[\d.e+]+)", one.get("d")):
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [1, 2, 90])
def test_any_candles_can_be_drawn(shape, rows):
    candles = random_candles(rows, 7, shape)
    for frame in (candles, {"close": candles["close"]}, candles | {"time": np.arange(rows) * 86_400}):
        indicators = ["ema(3)", PlotMarks, PlotWaves]
        ElementTree.fromstring(draw_svg(build_chart(frame, indicators), theme="dark"))
    infinite = candles | {"close": np.full(rows, np.inf), "volume": np.zeros(rows)}
    ElementTree.fromstring(draw_svg(build_chart(infinite, ["ema(3)"])))


@pytest.mark.parametrize("step", ["1s", "1m", "1h", "1D", "7D"])
def test_times_of_any_step_have_labels_that_do_not_touch(step):
    unit = np.timedelta64(int(step[:-1]), step[-1])
    times = np.datetime64("2025-12-30", "ns") + np.arange(ROWS) * unit
    root = ElementTree.fromstring(draw_svg(build_chart(CANDLES | {"time": times})))
    places = [
        float(one.get("x"))
        for one in root.iter("{http://www.w3.org/2000/svg}text")
        if one.get("text-anchor") == "middle"
    ]
    assert len(places) >= 3
    assert np.diff(places).min() >= 55


def test_a_file_is_written_by_its_ending(tmp_path):
    pytest.importorskip("plotly")
    page = ta.plot(FRAME, ALL, tmp_path / "chart.html", title="A </script> in a title")
    text = page.read_text()
    assert text.count("</script>") == 3
    found = json.loads(re.search(r'application/json">(.*?)</script>', text, re.DOTALL)[1])
    assert len(found["data"][0]["close"]) == ROWS
    svg = ta.plot(FRAME, ALL, str(tmp_path / "chart.svg"), last=50)
    assert svg == tmp_path / "chart.svg"
    assert svg.read_text().count("<circle") == 50


def test_a_png_has_the_picture_in_twice_the_resolution(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="a PNG needs Pillow")
    path = ta.plot(FRAME, ALL, tmp_path / "chart.png", width=800, height=600, theme="light")
    made = image.open(path).convert("RGB")
    assert made.size == (1600, 1200)
    colors = {color for _, color in made.getcolors(2**24)}
    for wanted in (LIGHT.up, LIGHT.down, LIGHT.page, *COLORS[:5]):
        assert tuple(int(wanted[i : i + 2], 16) for i in (1, 3, 5)) in colors, wanted


def test_a_line_lies_at_the_same_place_on_both_canvases():
    image = pytest.importorskip("PIL.Image", reason="a PNG needs Pillow")
    svg, png = SvgCanvas(40, 30, "#ffffff"), PngCanvas(40, 30, "#ffffff")
    for canvas in (svg, png):
        canvas.line([(10.5, 5), (10.5, 25)], "#ff0000", 1.0)
        canvas.line([(20, 5), (30, 15), (30, 25)], "#0000ff", 2.0, dash=3.0)
        canvas.rect(2, 2, 4, 4, "#00ff00")
    pixels = np.asarray(image.open(BytesIO(png.finish())).convert("RGB")).astype(int)
    red = np.argwhere((pixels[:, :, 0] == 255) & (pixels[:, :, 1] == 0) & (pixels[:, :, 2] == 0))
    assert (red.min(axis=0).tolist(), red.max(axis=0).tolist()) == ([10, 20], [49, 21])
    green = np.argwhere((pixels[:, :, 1] == 255) & (pixels[:, :, 0] == 0))
    assert (green.min(axis=0).tolist(), green.max(axis=0).tolist()) == ([4, 4], [11, 11])
    assert "M10.5 5L10.5 25" in svg.finish()


def test_a_figure_has_a_trace_of_each_output():
    figure = pytest.importorskip("plotly.graph_objects").Figure
    made = ta.plot(FRAME, ALL, title="BTC <b>bold", volume=False)
    assert isinstance(made, figure)
    assert [trace.type for trace in made.data][:2] == ["candlestick", "scatter"]
    assert sum(trace.yaxis == "y" for trace in made.data) == 1 + 3 + 4
    assert sum(trace.yaxis == "y2" for trace in made.data) == 3
    assert made.layout.title.text == "BTC &lt;b&gt;bold"
    assert len(ta.plot({"close": CANDLES["close"]}).data) == 1


@pytest.mark.parametrize(
    ("package", "ending", "extra"), [("PIL", ".png", "plot"), ("plotly", ".html", "report"), ("plotly", "", "report")]
)
def test_a_package_that_is_not_there_is_named_with_its_extra(package, ending, extra, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / f"chart{ending}" if ending else None
    with pytest.raises(MissingDependency, match=rf"velora-hft\[{extra}\]"):
        ta.plot(FRAME, ["ema"], path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"path": "chart.pdf"}, InvalidArgument, "must end in"),
        ({"path": "nowhere/chart.svg"}, MissingFile, "make it first"),
        ({"theme": "blue"}, InvalidArgument, "theme must be"),
        ({"width": 3}, InvalidArgument, "width must be"),
        ({"height": 10**6}, InvalidArgument, "height must be"),
        ({"last": 0}, InvalidArgument, "last must be"),
    ],
)
def test_a_wrong_option_is_named(options, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        ta.plot(FRAME, ["ema"], **options)


def test_loading_velora_ta_loads_no_library_for_plots():
    import subprocess

    program = "import sys; from velora import ta; ta.ema; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"'(\w+)'", done.stdout))
    assert not loaded & {"plotly", "PIL", "pandas", "polars", "pyarrow", "rich"}
    assert "numpy" in loaded
