"""One plotly figure of a result, for a notebook or a file: the report's charts above one another on one time axis."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from velora.backtest.report.charts import equity_figure, instrument_figure
from velora.core.instrument import Instrument
from velora.core.numbers import shown
from velora.core.terminal import readable
from velora.errors import InvalidArgument, MissingDependency

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from velora.backtest.result import Result

__all__ = ["PANELS", "needs_plotly", "plot"]


class _Panel(NamedTuple):
    """Where the report draws a panel, and the share of the height that it has here."""

    chart: str
    axis: str
    weight: float


PANELS = {
    "equity": _Panel("equity", "y", 1.0),
    "drawdown": _Panel("equity", "y2", 0.45),
    "price": _Panel("instrument", "y", 1.3),
    "position": _Panel("instrument", "y2", 0.5),
}
_DEFAULT = ("equity", "price", "position")
_PIXELS = 220  # of weight 1
_LABELS = 48  # pixels
_GAP = 0.035

#: A figure cannot see whether its page is light or dark: the ground is the page's own, and these can be read on both.
_COLORS = {
    "ink": "#76829a",
    "muted": "#8792a5",
    "line": "rgba(128,140,160,.24)",
    "surface": "rgba(128,140,160,.5)",
    "accent": "#4f83e6",
    "loss": "#e0604c",
    "accentfill": "rgba(79,131,230,.16)",
    "lossfill": "rgba(224,96,76,.18)",
}


def needs_plotly(what: str) -> MissingDependency:
    """The error of something that needs plotly, where it is not installed."""
    return MissingDependency(f'{what} needs plotly; install it with: pip install "velora-hft[report]"')


def plot(
    result: Result, *, draw: str | Sequence[str] = _DEFAULT, instrument: str | Instrument | None = None
) -> go.Figure:
    """Draw a result; see `Result.plot`."""
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise needs_plotly("a plot of a result") from None
    names = _panels(draw)
    index = _index_of(result, instrument)
    one = result.instruments[index]
    charts: dict[str, dict[str, Any]] = {}
    for name in names:
        if (chart := PANELS[name].chart) not in charts:
            charts[chart] = equity_figure(result, one.settle) if chart == "equity" else instrument_figure(result, index)
    title = escape(readable(f"{result.title} on {result.names[index]}"))
    return go.Figure(_stacked(names, charts, title))


def _panels(draw: str | Sequence[str]) -> list[str]:
    """The names of the panels, each once, from top to bottom."""
    wanted = [draw] if isinstance(draw, str) else list(draw) if isinstance(draw, Sequence) else [draw]
    for name in wanted:
        if not isinstance(name, str) or name not in PANELS:
            near = difflib.get_close_matches(str(name), PANELS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InvalidArgument(f"draw takes {', '.join(map(repr, PANELS))}, was {shown(name)}{hint}")
    if not wanted:
        raise InvalidArgument(f"draw takes at least one of {', '.join(map(repr, PANELS))}, was empty")
    return list(dict.fromkeys(wanted))


def _index_of(result: Result, instrument: str | Instrument | None) -> int:
    """The place of an instrument; where none is named, of the one with the most fills."""
    if instrument is None:
        counts = [result._of("fills", index).size for index in range(len(result.instruments))]
        return counts.index(max(counts))
    if isinstance(instrument, Instrument):
        found = [at for at, one in enumerate(result.instruments) if one == instrument]
    else:
        found = [
            at
            for at, one in enumerate(result.instruments)
            if instrument in (one.symbol, f"{one.symbol}@{one.venue}", result.names[at])
        ]
    if len(found) != 1:
        problem = "names several instruments" if found else "is no instrument of the run"
        raise InvalidArgument(readable(f"{shown(instrument)} {problem}; they are {', '.join(result.names)}"))
    return found[0]


def _stacked(names: Sequence[str], charts: dict[str, dict[str, Any]], title: str) -> dict[str, Any]:
    """The panels as one figure."""
    axis = {
        "gridcolor": "@line",
        "linecolor": "@line",
        "zerolinecolor": "@muted",
        "zeroline": False,
        "automargin": True,
        "exponentformat": "none",
        "separatethousands": True,
    }
    weights = [PANELS[name].weight for name in names]
    height = (1 - _GAP * (len(names) - 1)) / sum(weights)
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    pixels = _PIXELS * sum(weights)
    top = 1.0
    for number, (name, weight) in enumerate(zip(names, weights, strict=True), 1):
        panel, chart = PANELS[name], charts[PANELS[name].chart]
        suffix = "" if number == 1 else str(number)
        bottom = max(top - weight * height, 0.0)
        own = chart["layout"]["yaxis" + panel.axis[1:]]
        layout[f"yaxis{suffix}"] = {**axis, **own, "domain": [bottom, top], "anchor": "x"}
        data += [
            {**trace, "yaxis": f"y{suffix}", "xaxis": "x"}
            for trace in chart["data"]
            if trace.get("yaxis", "y") == panel.axis
        ]
        layout["xaxis"] = {**axis, **chart["layout"]["xaxis"], "anchor": f"y{suffix}"}
        top = bottom - _GAP
    layout |= {
        "title": {
            "text": title,
            "x": 0,
            "xref": "paper",
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 12},
            "font": {"size": 15},
        },
        "height": round(pixels) + 150,
        "margin": {"l": 64, "r": 12, "t": 48, "b": 36},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "@ink", "size": 12},
        # Below the labels of the time axis: on a narrow page it takes several lines, which above would cover the title.
        "legend": {"orientation": "h", "x": 0, "y": -_LABELS / pixels, "yanchor": "top", "xanchor": "left"},
        "hovermode": "closest",
        # One of plotly's buttons uploads the figure to a service.
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": "@ink",
            "activecolor": "@accent",
            "remove": ["sendChartToCloud", "sendDataToCloud", "lasso2d", "select2d", "autoScale2d"],
        },
    }
    figure: dict[str, Any] = _painted({"data": data, "layout": layout})
    return figure


def _painted(value: Any) -> Any:
    """A figure with the colours in place of their names."""
    if isinstance(value, dict):
        return {key: _painted(part) for key, part in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_painted(part) for part in value]
    return _COLORS[value[1:]] if isinstance(value, str) and value.startswith("@") else value
