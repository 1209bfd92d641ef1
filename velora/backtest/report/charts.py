"""The charts of the report as plotly figures."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest import statistics as st
from velora.backtest.formats import format_money, money_digits
from velora.backtest.money import amounts, plus
from velora.core.vocabulary import CAUSES, SIDES

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["CAUSE_COLORS", "LINE_POINTS_MAX", "MARKERS_MAX", "build_figures", "equity_figure", "instrument_figure"]

#: Points of one line, and markers of one instrument, that a chart holds: a browser pans these smoothly.
LINE_POINTS_MAX = 4_000
MARKERS_MAX = 6_000

#: Width of a bar's figure against that of all bars, on a narrow screen.
_LABEL_SHARE = 0.45

#: Colours by cause; distinct in both themes and for common colour blindness (after Okabe and Ito 2008).
CAUSE_COLORS = {
    "QUEUE": "#3b82c4",
    "THROUGH": "#12a37f",
    "CROSS": "#e0a11b",
    "TAKER": "#d4573b",
    "CANDLE": "#a875c9",
    "FUNDING": "#8a8f98",
}


def _times(ts: npt.NDArray[np.int64]) -> list[float]:
    """Milliseconds since the epoch, what a plotly date axis takes."""
    return [value / 1e6 for value in ts.tolist()]


def _values(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Floats of a figure; a hole is null."""
    return [float(f"{value:.10g}") if math.isfinite(value) else None for value in values.tolist()]


def _line(ts: npt.NDArray[np.int64], values: npt.NDArray[np.float64], **style: Any) -> dict[str, Any]:
    kept = st.decimate_extrema(ts, values, LINE_POINTS_MAX)
    return {"type": "scatter", "mode": "lines", "x": _times(ts[kept]), "y": _values(values[kept]), **style}


def build_figures(result: Result) -> dict[str, dict[str, Any]]:
    """All charts as plotly figures (``data`` and ``layout``), by the id of their place in the page.

    Colours that follow the theme are names such as ``"@ink"``; the page's script puts in the theme's own.
    """
    figures: dict[str, dict[str, Any]] = {}
    for code, currency in enumerate(result.currencies):
        figures[f"equity-{code}"] = equity_figure(result, currency)
        if result.totals.fills:
            figures[f"cause-{code}"] = _cause_figure(result, currency)
            figures[f"markout-{code}"] = _markout_figure(result, currency)
    for index in range(len(result.instruments)):
        figures[f"instrument-{index}"] = instrument_figure(result, index)
    return figures


def _span(result: Result) -> dict[str, Any]:
    """The whole period as the range of a time axis, so that charts stand exactly above one another."""
    start, end = result.period
    return {"range": [start / 1e6, end / 1e6]} if end > start else {}


def _axis_title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 8}


def equity_figure(result: Result, currency: str) -> dict[str, Any]:
    """The account in one currency, with and without fees, above its drawdown."""
    curve = result._ledger.equity(currency)
    ts, equity = curve["ts"], amounts(curve["equity"], result.money_unit(currency))
    fall = equity - np.maximum.accumulate(equity) if equity.size else equity
    name = "Equity" if result.start_cash_units(currency) else "PnL"
    hover = f"%{{y:,.6~f}} {escape(currency)}"
    gross = amounts(plus(curve["equity"], curve["fee"]), result.money_unit(currency))
    return {
        "time": True,
        "data": [
            _line(
                ts,
                gross,
                name=f"{name} before fees",
                line={"color": "@muted", "width": 1, "dash": "dot", "shape": "hv"},
                hovertemplate=f"{hover}<extra>before fees</extra>",
            ),
            _line(
                ts,
                equity,
                name=name,
                line={"color": "@accent", "width": 1.8, "shape": "hv"},
                hovertemplate=f"<b>{hover}</b><extra>{name.lower()}</extra>",
            ),
            _line(
                ts,
                fall,
                name="Drawdown",
                yaxis="y2",
                fill="tozeroy",
                fillcolor="@lossfill",
                line={"color": "@loss", "width": 1, "shape": "hv"},
                hovertemplate=f"{hover}<extra>drawdown</extra>",
                showlegend=False,
            ),
        ],
        "layout": {
            "height": 430,
            "xaxis": {"anchor": "y2", "type": "date", **_span(result)},
            "yaxis": {"domain": [0.34, 1], "title": _axis_title(f"{name} ({currency})" if currency else name)},
            "yaxis2": {"domain": [0, 0.27], "title": _axis_title("Drawdown"), "nticks": 4},
        },
    }


def _range_with_labels(values: list[float]) -> tuple[float, float]:
    """Range of horizontal bars with room for the figures beside short ones, on a telephone too."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = _LABEL_SHARE * (high - low or 1.0)
    short = [value for value in values if abs(value) < room]
    return (
        min(low, *(value - room for value in short if value < 0), 0.0),
        max(high, *(value + room for value in short if value >= 0), 0.0),
    )


def _cause_figure(result: Result, currency: str) -> dict[str, Any]:
    rows = [
        row
        for row in result.pnl_by_cause().to_pylist()
        if row["currency"] == currency and (row["fills"] or row["pnl_units"])
    ]
    names = [row["cause"] for row in rows]
    pnls = [row["pnl"] for row in rows]
    low, high = _range_with_labels(pnls)
    digits = money_digits(*pnls)
    return {
        "data": [
            {
                "type": "bar",
                "x": pnls,
                "y": names,
                "orientation": "h",
                "marker": {"color": [CAUSE_COLORS[name] for name in names]},
                "text": [format_money(pnl, digits, signed=True) for pnl in pnls],
                "textposition": "auto",
                "insidetextfont": {"color": "#ffffff"},
                "customdata": [[row["fills"], row["fee"]] for row in rows],
                "hovertemplate": "<b>%{y}</b><br>PnL %{x:,.6~f}<br>fills %{customdata[0]:,}"
                "<br>fees %{customdata[1]:,.6~f}<extra></extra>",
            }
        ],
        "layout": {
            "height": 90 + 44 * max(len(rows), 3),
            "showlegend": False,
            "bargap": 0.35,
            "hovermode": "closest",
            "xaxis": {
                "title": _axis_title("PnL to the end, after fees" + (f" ({currency})" if currency else "")),
                "zeroline": True,
                "range": [low, high],
            },
            "yaxis": {"autorange": "reversed", "showgrid": False},
        },
    }


def _markout_figure(result: Result, currency: str) -> dict[str, Any]:
    data = []
    for row in result.pnl_by_cause().to_pylist():
        if row["currency"] != currency or not row["fills"]:
            continue
        values = [row["edge_bps"], row["markout_1s_bps"], row["markout_10s_bps"]]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": row["cause"],
                "x": ["at the fill", "1 s", "10 s"],
                "y": [value if math.isfinite(value) else None for value in values],
                "line": {"color": CAUSE_COLORS[row["cause"]], "width": 2},
                "marker": {"size": 8},
                "hovertemplate": f"<b>%{{y:.3f}} bps</b><extra>{row['cause']}</extra>",
            }
        )
    return {
        "data": data,
        "layout": {
            "height": 90 + 44 * max(len(data), 3),
            "xaxis": {"type": "category", "range": [-0.15, 2.15], "showgrid": False},
            "yaxis": {"title": _axis_title("Mid against price (bps)"), "zeroline": True},
        },
    }


def instrument_figure(result: Result, index: int) -> dict[str, Any]:
    """The price of an instrument with the fills by cause, above its position."""
    instrument = result.instruments[index]
    samples = result.samples_raw[result._of("samples", index)]
    held_ts, held = result._net_position(index)
    tick = instrument.tick_num / instrument.tick_den
    lot = instrument.lot_num / instrument.lot_den
    mid = np.where(samples["mid_x2"] != 0, samples["mid_x2"] * (tick / 2), np.nan)
    data: list[dict[str, Any]] = [
        _line(
            samples["ts"],
            mid,
            name="Mid",
            line={"color": "@muted", "width": 1.2},
            hovertemplate="mid %{y:,.8~f}<extra></extra>",
        )
    ]
    fills = result.fills_raw[result._of("fills", index)]
    if fills.size > MARKERS_MAX:
        fills = fills[np.linspace(0, fills.size - 1, MARKERS_MAX).astype(np.int64)]
    for code, cause in enumerate(CAUSES):
        for side in (0, 1):
            own = fills[(fills["cause"] == code) & (fills["side"] == side)]
            if own.size == 0:
                continue
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": f"{cause} {SIDES[side].lower()}",
                    "legendgroup": cause,
                    "x": _times(own["ts_local"]),
                    "y": _values(own["price"] * tick),
                    "marker": {
                        "symbol": "triangle-up" if side == 0 else "triangle-down",
                        "size": 9 if fills.size < 500 else 6.5,
                        "opacity": 0.9,
                        "color": CAUSE_COLORS[cause],
                        "line": {"width": 0.6, "color": "@surface"},
                    },
                    "customdata": [
                        [lots * lot, after * lot, order]
                        for lots, after, order in zip(
                            own["qty"].tolist(),
                            own["position"].tolist(),
                            own["order_id"].tolist(),
                            strict=True,
                        )
                    ],
                    "hovertemplate": f"<b>{SIDES[side].lower()} %{{customdata[0]:.8~g}} at %{{y:,.8~f}}</b>, {cause}"
                    "<br>order %{customdata[2]}, position after %{customdata[1]:.8~g}<extra></extra>",
                }
            )
    data.append(
        _line(
            held_ts,
            held.astype(np.float64) * lot,
            name="Position",
            yaxis="y2",
            fill="tozeroy",
            fillcolor="@accentfill",
            line={"color": "@accent", "width": 1.2, "shape": "hv"},
            hovertemplate="position %{y:,.8~g}<extra></extra>",
            showlegend=False,
        )
    )
    unit = instrument.base if not instrument.is_inverse else "contracts"
    return {
        "time": True,
        "data": data,
        "layout": {
            "height": 620,
            "hovermode": "closest",
            "xaxis": {"anchor": "y2", "type": "date", **_span(result)},
            "yaxis": {
                "domain": [0.33, 1],
                "title": _axis_title(f"Price ({instrument.quote})" if instrument.quote else "Price"),
            },
            "yaxis2": {
                "domain": [0, 0.27],
                "title": _axis_title(f"Position ({unit})" if unit else "Position"),
                "zeroline": True,
                "nticks": 5,
            },
        },
    }
