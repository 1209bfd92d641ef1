"""Charts by plotly: a figure to work with, and an HTML page that needs no network."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import numpy as np

from velora.errors import MissingDependency
from velora.ta.chart import Chart, Drawn, Floats, Pane, Series
from velora.ta.chart_picture import DARK, LIGHT, Theme

__all__ = ["make_figure", "render_page"]

_MAIN = 420
_VOLUME = 90
_PANE = 150
_FIRST_ROWS = 300  # that a page shows before it is zoomed

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>html,body{{margin:0;background:{page}}}#chart{{width:100%;height:{height}}}</style></head>
<body><div id="chart"></div><script>{library}</script>
<script id="figure" type="application/json">{figure}</script>
<script>const figure = JSON.parse(document.getElementById('figure').textContent);
Plotly.newPlot('chart', figure.data, figure.layout,
  {{responsive: true, scrollZoom: true, displaylogo: false, modeBarButtonsToRemove: ['select2d', 'lasso2d']}});
</script></body></html>
"""


def make_figure(chart: Chart, *, theme: str = "light", width: int | None = None, height: int | None = None) -> Any:
    """The chart as a ``plotly.graph_objects.Figure``."""
    try:
        from plotly.graph_objects import Figure
    except ImportError:
        raise _missing() from None
    data, layout = _build(chart, DARK if theme == "dark" else LIGHT)
    return Figure(data, layout | {"width": width, "height": height or _height(chart)})


def render_page(chart: Chart, *, theme: str = "light", height: int | None = None) -> str:
    """The chart as an HTML page with plotly in it."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise _missing() from None
    look = DARK if theme == "dark" else LIGHT
    data, layout = _build(chart, look)
    text = json.dumps({"data": data, "layout": layout}, separators=(",", ":"), allow_nan=False)
    return _PAGE.format(
        title=escape(chart.title or "Chart"),
        page=look.page,
        height=f"max(100vh, {_height(chart)}px)" if height is None else f"{height}px",
        library=get_plotlyjs(),
        figure=text.replace("</", "<\\/"),
    )


def _missing() -> MissingDependency:
    return MissingDependency(
        'a chart in HTML needs plotly; install it with: pip install "velora-hft[report]"; '
        'a .png needs "velora-hft[plot]", an .svg nothing'
    )


def _height(chart: Chart) -> int:
    return 90 + _MAIN + (_VOLUME if chart.volume is not None else 0) + _PANE * len(chart.panes)


class _Build:
    """The traces and the layout of one chart."""

    def __init__(self, chart: Chart, look: Theme) -> None:
        self.chart = chart = chart.painted(look.line)
        self.look = look
        self.x: list[Any] = list(range(chart.rows)) if chart.times is None else _iso(chart.times)
        heights = [_MAIN, *([] if chart.volume is None else [_VOLUME]), *[_PANE] * len(chart.panes)]
        self.domains = _domains(heights)
        self.data: list[dict[str, Any]] = []
        self.shapes: list[dict[str, Any]] = []

    def whole(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        chart = self.chart
        self._main()
        below = 2
        if chart.volume is not None:
            self._add(
                below,
                type="bar",
                y=_values(chart.volume),
                name="Volume",
                marker={"color": self._up_down(self._is_up())},
                opacity=0.55,
                showlegend=False,
            )
            below += 1
        for index, pane in enumerate(chart.panes):
            self._pane(pane, below + index)
        return self.data, self._layout()

    def _add(self, axis: int, **trace: Any) -> None:
        where = {"xaxis": "x", "yaxis": "y" if axis == 1 else f"y{axis}"}
        self.data.append({"x": self.x, **where, **trace})

    def _is_up(self) -> Any:
        prices = self.chart.prices
        first = prices.get("open", np.concatenate([prices["close"][:1], prices["close"][:-1]]))
        return prices["close"] >= first

    def _up_down(self, is_up: Any) -> list[str]:
        return [self.look.up if one else self.look.down for one in is_up]

    def _main(self) -> None:
        chart, look = self.chart, self.look
        if chart.has_candles:
            self._add(
                1,
                type="candlestick",
                name=chart.title or "Price",
                showlegend=False,
                increasing={"line": {"color": look.up, "width": 1}, "fillcolor": look.up},
                decreasing={"line": {"color": look.down, "width": 1}, "fillcolor": look.down},
                **{name: _values(values) for name, values in chart.prices.items()},
            )
        else:
            self._line(1, chart.title or "Price", chart.prices["close"], look.ink)
        marks = 0
        for drawn in chart.main.drawn:
            names = [one.name for one in drawn.series]
            if {"upper", "lower"} <= set(names):
                self._band(drawn)
                continue
            for one in drawn.series:
                label = _label(drawn, one)
                if one.plot == "mark":
                    self._marks(one, label, marks)
                    marks += 1
                elif one.plot == "points":
                    self._add(
                        1,
                        type="scatter",
                        mode="markers",
                        y=_values(one.values),
                        name=label,
                        marker={"color": one.color, "size": 4},
                    )
                else:
                    self._line(1, label, one.values, one.color)

    def _line(self, axis: int, name: str, values: Floats, color: str, **more: Any) -> None:
        style = {"color": color, "width": 1.6} | more.pop("line", {})
        self._add(axis, type="scatter", mode="lines", y=_values(values), name=name, line=style, **more)

    def _band(self, drawn: Drawn) -> None:
        """Upper and lower line with the area between them, and the lines inside."""
        by_name = {one.name: one for one in drawn.series}
        color = by_name["upper"].color
        group = {"legendgroup": drawn.label}
        self._line(1, drawn.label, by_name["upper"].values, color, line={"width": 1.2}, **group)
        fill = {"fill": "tonexty", "fillcolor": _transparent(color, 0.07), "showlegend": False}
        self._line(1, f"{drawn.label} lower", by_name["lower"].values, color, line={"width": 1.2}, **group, **fill)
        for one in drawn.series:
            if one.name not in ("upper", "lower"):
                style = {"width": 1.2, "dash": "dash"}
                name = f"{drawn.label} {one.name}"
                self._line(1, name, one.values, one.color, line=style, showlegend=False, **group)

    def _marks(self, series: Series, label: str, index: int) -> None:
        prices = self.chart.prices
        lows, highs = prices.get("low", prices["close"]), prices.get("high", prices["close"])
        away = (np.nanmax(highs) - np.nanmin(lows)) * (0.02 + 0.025 * index)
        rows = np.flatnonzero(np.isfinite(series.values) & (series.values != 0))
        is_up = series.values[rows] > 0
        trace = {
            "type": "scatter",
            "mode": "markers",
            "name": label,
            "x": [self.x[row] for row in rows],
            "y": _values(np.where(is_up, lows[rows] - away, highs[rows] + away)),
            "text": [f"{series.values[row]:g}" for row in rows],
            "hovertemplate": "%{text}",
            "marker": {
                "color": series.color,
                "size": 9,
                "symbol": ["triangle-up" if one else "triangle-down" for one in is_up],
            },
        }
        self._add(1, **trace)

    def _pane(self, pane: Pane, axis: int) -> None:
        for drawn in pane.drawn:
            for one in drawn.series:
                if one.plot == "histogram":
                    colors = self._up_down(one.values >= 0)
                    self._add(
                        axis,
                        type="bar",
                        y=_values(one.values),
                        name=_label(drawn, one),
                        marker={"color": colors},
                        opacity=0.6,
                    )
                else:
                    self._line(axis, _label(drawn, one), one.values, one.color)
        for level in pane.levels:
            line = {"color": self.look.muted, "width": 1, "dash": "dash"}
            place = {"xref": "paper", "x0": 0, "x1": 1, "yref": f"y{axis}", "y0": level, "y1": level}
            self.shapes.append({"type": "line", "line": line, **place})

    def _layout(self) -> dict[str, Any]:
        chart, look = self.chart, self.look
        axis = {
            "gridcolor": look.grid,
            "linecolor": look.edge,
            "zeroline": False,
            "showline": True,
            "ticks": "outside",
            "tickcolor": look.edge,
        }
        layout: dict[str, Any] = {
            "title": {"text": _safe(chart.title), "x": 0.01, "font": {"size": 16, "color": look.ink}},
            "paper_bgcolor": look.page,
            "plot_bgcolor": look.page,
            "font": {"family": "Inter, system-ui, sans-serif", "size": 12, "color": look.muted},
            "margin": {"l": 16, "r": 70, "t": 64 if chart.title else 40, "b": 36},
            "hovermode": "x unified",
            "hoversubplots": "axis",
            "hoverlabel": {"bgcolor": look.page, "bordercolor": look.edge, "font": {"color": look.ink}},
            "dragmode": "pan",
            "bargap": 0.3,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left"},
            "shapes": self.shapes,
            "xaxis": axis
            | {
                "anchor": "free",
                "position": 0,
                "rangeslider": {"visible": False},
                "showspikes": True,
                "spikemode": "across",
                "spikethickness": 1,
                "spikedash": "dot",
                "spikecolor": look.muted,
                "spikesnap": "cursor",
                "type": "linear" if chart.times is None else "date",
            },
        }
        if chart.rows > _FIRST_ROWS:
            layout["xaxis"]["range"] = [self.x[-_FIRST_ROWS], self.x[-1]]
        for index, domain in enumerate(self.domains, 1):
            layout["yaxis" if index == 1 else f"yaxis{index}"] = axis | {
                "domain": domain,
                "side": "right",
                "anchor": "x",
                "fixedrange": False,
                "nticks": 9 if index == 1 else 4,
            }
        return layout


def _build(chart: Chart, look: Theme) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    return _Build(chart, look).whole()


def _domains(heights: list[int]) -> list[list[float]]:
    """The part of the height of each pane, from the top."""
    gap = 0.02
    free = 1.0 - gap * (len(heights) - 1)
    top, found = 1.0, []
    for height in heights:
        bottom = max(0.0, top - free * height / sum(heights))
        found.append([bottom, top])
        top = bottom - gap
    return found


def _label(drawn: Drawn, series: Series) -> str:
    """Its name in the legend, in which plotly reads markup."""
    return _safe(drawn.label if len(drawn.series) == 1 else f"{drawn.label} {series.name}")


def _safe(text: str) -> str:
    return escape(text, quote=False)


def _iso(times: Any) -> list[str]:
    return [str(one) for one in times.astype("datetime64[ms]")]


def _values(values: Floats) -> list[float | None]:
    """With nothing where a value is not finite: JSON has neither NaN nor infinities."""
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _transparent(color: str, opacity: float) -> str:
    return f"rgba({int(color[1:3], 16)},{int(color[3:5], 16)},{int(color[5:7], 16)},{opacity:g})"
