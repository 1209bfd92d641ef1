"""The HTML report of a result: one self-contained file that opens without a network.

The page carries its style, plotly.js and the data of its charts. Charts are plain plotly figures as JSON; a
small script draws them with the page's colours, light or dark, keeps their time axes together and draws those
of one instrument when its tab is chosen. On paper it is light and shows every instrument.
"""

from __future__ import annotations

import json
import math
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest import statistics as st
from velora.backtest.money import amounts, plus
from velora.backtest.result import Result, versions
from velora.backtest.summary import (
    format_money,
    format_percent,
    format_ratio,
    format_span,
    format_time,
    money_pairs,
)
from velora.core.files import WholeFile
from velora.core.vocabulary import CAUSES, ORDER_STATES, REASONS, SIDES
from velora.errors import InvalidArgument, MissingDependency, MissingFile

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["render_html", "write_html"]

#: Points of one line, and markers of one instrument, that a chart holds: a browser pans these smoothly.
LINE_POINTS_MAX = 4_000
MARKERS_MAX = 6_000

#: Colours by cause; distinct in both themes and for common colour blindness (after Okabe and Ito 2008).
CAUSE_COLORS = {
    "QUEUE": "#3b82c4",
    "THROUGH": "#12a37f",
    "CROSS": "#e0a11b",
    "TAKER": "#d4573b",
    "CANDLE": "#a875c9",
    "FUNDING": "#8a8f98",
}


def write_html(result: Result, path: str | os.PathLike[str]) -> Path:
    """Write the report of a result.

    Parameters
    ----------
    result : Result
    path : path
        The file to write; replaced when it exists. Its folder must exist.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    MissingFile
        If the folder does not exist.
    MissingDependency
        If plotly is not installed.
    """
    target = Path(path)
    parent = target.absolute().parent
    if not parent.is_dir():
        raise MissingFile(f"cannot write the report {target}: the folder {parent} does not exist; make it first")
    if target.is_dir():
        raise InvalidArgument(f"cannot write the report {target}: it is a folder; name a file such as report.html")
    page = render_html(result)
    with WholeFile(target) as out:
        out.write(page.encode())
    return target


def render_html(result: Result) -> str:
    """Make the report's page; see `write_html`."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingDependency(
            'the HTML report needs plotly; install it with: pip install "velora-hft[report]"'
        ) from None
    figures = build_figures(result)
    body = "".join(
        [
            _header(result),
            _cards(result),
            _account_sections(result),
            _cause_section(result),
            _audit_section(result),
            _instrument_sections(result),
            _order_section(result),
            _assumption_section(result),
        ]
    )
    data = json.dumps(figures, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    title = escape(f"{result.title}: backtest report")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main>{body}</main>"
        f"<script>{get_plotlyjs()}</script>"
        f'<script id="figures" type="application/json">{data}</script>'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


# ---------------------------------------------------------------------- figures


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
        figures[f"equity-{code}"] = _equity_figure(result, currency)
        if result.totals.fills:
            figures[f"cause-{code}"] = _cause_figure(result, currency)
            figures[f"markout-{code}"] = _markout_figure(result, currency)
    for index in range(len(result.instruments)):
        figures[f"instrument-{index}"] = _instrument_figure(result, index)
    return figures


def _span(result: Result) -> dict[str, Any]:
    """The whole period as the range of a time axis, so that charts stand exactly above one another."""
    start, end = result.period
    return {"range": [start / 1e6, end / 1e6]} if end > start else {}


def _axis_title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 8}


def _equity_figure(result: Result, currency: str) -> dict[str, Any]:
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


def _cause_figure(result: Result, currency: str) -> dict[str, Any]:
    rows = [
        row
        for row in result.pnl_by_cause().to_pylist()
        if row["currency"] == currency and (row["fills"] or row["pnl_units"])
    ]
    names = [row["cause"] for row in rows]
    low = min(0.0, *(row["pnl"] for row in rows))
    high = max(0.0, *(row["pnl"] for row in rows))
    room = 0.25 * (high - low or 1.0)  # for the figures that stand outside short bars
    return {
        "data": [
            {
                "type": "bar",
                "x": [row["pnl"] for row in rows],
                "y": names,
                "orientation": "h",
                "marker": {"color": [CAUSE_COLORS[name] for name in names]},
                "text": [format_money(row["pnl"], signed=True) for row in rows],
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
                "range": [low - room, high + room],
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


def _instrument_figure(result: Result, index: int) -> dict[str, Any]:
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
            hovertemplate="%{y:,.8~f}<extra>mid</extra>",
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
                    "hovertemplate": f"<b>{SIDES[side].lower()} %{{customdata[0]:.8~g}} at %{{y:,.8~f}}</b>"
                    "<br>order %{customdata[2]}, position after %{customdata[1]:.8~g}"
                    f"<extra>{cause}</extra>",
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
            hovertemplate="%{y:,.8~g}<extra>position</extra>",
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


# ---------------------------------------------------------------------- page


def _table(header: list[str], rows: Iterable[list[str]], *, total: bool = False) -> str:
    """A table: first column left, numbers right; cells that are a signed number get its colour."""
    made = list(rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    lines = []
    for number, row in enumerate(made):
        last = ' class="total"' if total and number == len(made) - 1 else ""
        cells = []
        for cell in row:
            tone = " class=gain" if cell.startswith("+") else " class=loss" if _is_loss(cell) else ""
            swatch = CAUSE_COLORS.get(cell)
            mark = f'<i class="swatch" style="background:{swatch}"></i>' if swatch else ""
            cells.append(f"<td{tone}>{mark}{escape(cell)}</td>")
        lines.append(f"<tr{last}>{''.join(cells)}</tr>")
    body = "".join(lines)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _is_loss(cell: str) -> bool:
    return cell.startswith("-") and cell[1:2].isdigit()


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in pairs)
    return f"<dl>{rows}</dl>"


def _header(result: Result) -> str:
    start, end = result.period
    symbols = ", ".join(
        f"{instrument.symbol} ({instrument.venue})" if instrument.venue else instrument.symbol
        for instrument in result.instruments
    )
    period = (
        f"{format_time(start)} to {format_time(end)} UTC, {format_span((end - start) / 1e9)}" if end else "no samples"
    )
    speed = f"{result.rows:,} rows in {format_span(result.elapsed_s)}"
    if result.elapsed_s > 0:
        speed += f", {result.rows / result.elapsed_s:,.0f} rows/s"
    return (
        f'<header><p class="eyebrow">Velora backtest</p><h1>{escape(result.title)}</h1>'
        f"<p>{escape(symbols)}</p><p>{escape(period)}</p>"
        f"<p>{escape(speed)}</p><p>Run hash <code>{escape(result.hash)}</code></p>"
        f'<p class="audit-line">How far to trust it: {escape(result.audit().sentence)}</p></header>'
    )


def _card(label: str, value: str, note: str = "", tone: str = "") -> str:
    return (
        f'<div class="card"><span>{escape(label)}</span><strong class="{tone}">{escape(value)}</strong>'
        f"<small>{escape(note)}</small></div>"
    )


def _cards(result: Result) -> str:
    figures = result.statistics()
    parts = []
    for money in figures["money"]:
        currency = money["currency"]
        tone = "gain" if money["pnl"] > 0 else "loss" if money["pnl"] < 0 else ""
        earned = format_percent(money["total_return"], 3)
        note = f"{earned} on {format_money(money['start_cash'])}" if money["start_cash"] else "after fees"
        parts.append(_card(f"PnL {currency}", format_money(money["pnl"], signed=True), note, tone))
        fraction = money["max_drawdown_fraction"]
        parts.append(
            _card(
                f"Max drawdown {currency}",
                format_money(money["max_drawdown"]),
                format_percent(fraction, 3) if fraction is not None else "from the highest PnL",
            )
        )
        parts.append(_card(f"Fees {currency}", format_money(money["fees"]), _maker_note(money)))
        parts.append(
            _card(
                f"Turnover {currency}",
                _short(money["turnover"]),
                f"{format_ratio(money['return_on_turnover_bps'], 3)} bps kept"
                if money["turnover"]
                else "nothing traded",
            )
        )
    parts.append(
        _card(
            "Fills",
            f"{figures['fills']:,}",
            f"{format_percent(figures['fill_ratio'])} of {figures['orders']:,} orders"
            if figures["orders"]
            else "no orders sent",
        )
    )
    wait = figures["average_time_to_fill_s"]
    parts.append(_card("Time to first fill", format_span(wait), "mean of filled orders"))
    return f'<section class="cards">{"".join(parts)}</section>'


def _short(value: float) -> str:
    """Money for a card: millions and more shortened, the table below has them in full."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:,.3f} {letter}"
    return format_money(value)


def _maker_note(money: dict[str, Any]) -> str:
    return f"{format_percent(money['maker_share'])} as maker" if money["maker_share"] is not None else ""


def _account_sections(result: Result) -> str:
    figures = result.statistics()
    parts = []
    for code, money in enumerate(figures["money"]):
        title = "Account" if len(figures["money"]) == 1 else f"Account in {money['currency']}"
        parts.append(
            f"<section><h2>{escape(title)}</h2>{_chart(f'equity-{code}')}"
            f"{_pairs(money_pairs(money, figures))}"
            f"{_dropped_note(result)}"
            '<p class="note">The position is marked at the mid. Sharpe and Sortino are scaled to a year of '
            f"365 days from steps of {format_span(figures['sample_interval_s'])} as if those were "
            "independent; use them to compare runs over the same data.</p></section>"
        )
    return "".join(parts)


def _dropped_note(result: Result) -> str:
    """What a retention bound left out of the charts."""
    dropped = result.dropped
    if not any(dropped.values()):
        return ""
    counts = ", ".join(f"{count:,} {name}" for name, count in dropped.items() if count)
    return f'<p class="note">Retention dropped {counts}: the charts begin after them, the figures hold them all.</p>'


def _cause_section(result: Result) -> str:
    if result.totals.fills == 0:
        return '<section><h2>Fills by cause</h2><p class="empty">No order was filled in this run.</p></section>'
    rows = result.pnl_by_cause().to_pylist()
    parts = []
    for code, currency in enumerate(result.currencies):
        shown = [row for row in rows if row["currency"] == currency and (row["fills"] or row["pnl_units"])]
        if len(result.currencies) > 1:
            parts.append(f"<h3>{escape(currency)}</h3>")
        unit = float(result.money_unit(currency))
        fills = sum(row["fills"] for row in shown)
        body = [
            [
                row["cause"],
                f"{row['fills']:,}",
                format_percent(row["fills"] / fills) if fills else "n/a",
                format_money(row["notional"]),
                format_money(row["fee"]),
                format_money(row["realized_pnl"], signed=True),
                format_money(row["pnl"], signed=True),
                *(format_ratio(row[f"{name}_bps"], 3) for name in ("edge", "markout_1s", "markout_10s")),
            ]
            for row in shown
        ]
        sums = {
            name: sum(row[f"{name}_units"] for row in shown) * unit for name in ("notional", "fee", "realized", "pnl")
        }
        body.append(
            [
                "Total",
                f"{fills:,}",
                "",
                format_money(sums["notional"]),
                format_money(sums["fee"]),
                format_money(sums["realized"], signed=True),
                format_money(sums["pnl"], signed=True),
                "",
                "",
                "",
            ]
        )
        header = [
            "Cause",
            "Fills",
            "Share",
            "Notional",
            "Fee",
            "Realised",
            "PnL",
            "Edge bps",
            "1 s bps",
            "10 s bps",
        ]
        parts.append(_table(header, body, total=True))
        parts.append(
            '<div class="pair"><figure><figcaption>PnL by cause</figcaption>'
            f"{_chart(f'cause-{code}')}</figure>"
            f"<figure><figcaption>Markout by cause</figcaption>{_chart(f'markout-{code}')}</figure></div>"
        )
    return (
        f"<section><h2>Fills by cause</h2>{''.join(parts)}"
        '<p class="note">PnL marks every fill to the mid at the end of the run, after its fee; over the '
        "causes it sums exactly to the run's PnL. Edge is the mid at the venue at the fill against its "
        "price, the markouts the mid 1 s and 10 s later, all before fees. QUEUE: a trade at our price "
        "reached our place. THROUGH: a trade printed beyond our price. CROSS: the other side came to our "
        "price. TAKER: we took displayed quantity.</p></section>"
    )


def _audit_section(result: Result) -> str:
    """Findings with their grades; the table by evidence stands above them."""
    found = result.audit()
    header, rows = found.evidence_rows()
    parts = [f'<div class="evidence">{_table(header, rows)}</div>' if rows else ""]
    for section in found.sections:
        lines = "".join(
            f'<tr><td><span class="grade {item.grade}">{item.grade}</span></td><td>{escape(item.name)}</td>'
            f'<td>{escape(item.value)}</td><td class="advice">{escape(item.advice)}</td></tr>'
            for item in section.items
        )
        parts.append(
            f'<h3>{escape(section.title)}</h3><div class="scroll"><table class="audit"><tbody>{lines}'
            "</tbody></table></div>"
        )
    return (
        f'<section><h2>How far to trust it</h2><p class="note lead">{escape(found.headline)}.</p>'
        f"{''.join(parts)}"
        '<p class="note">Grades say how well the run imitates the market, not how good the strategy is. '
        "result.audit(data) looks at the data once more, for the size of the fills beside their prints and levels and "
        "for crossed books.</p></section>"
    )


def _instrument_sections(result: Result) -> str:
    figures = result.statistics()["inventory"]
    tabs, panels = [], []
    for index, inventory in enumerate(figures):
        selected = "true" if index == 0 else "false"
        tabs.append(
            f'<button role="tab" id="tab-{index}" aria-controls="panel-{index}" aria-selected="{selected}">'
            f"{escape(inventory['name'])}</button>"
        )
        note = ""
        if inventory["fills"] > MARKERS_MAX:
            note = (
                f'<p class="note">{MARKERS_MAX:,} of {inventory["fills"]:,} fills are drawn, evenly chosen; '
                "lines keep the extremes of every stretch.</p>"
            )
        pairs = [
            ("Position at the end", f"{inventory['end_position']:,.8g}"),
            ("Largest long", f"{inventory['max_long']:,.8g}"),
            ("Largest short", f"{inventory['max_short']:,.8g}"),
            ("Average size", f"{inventory['average_inventory']:,.4g}"),
            ("Time in market", format_percent(inventory["time_in_market"])),
            ("Fills", f"{inventory['fills']:,}"),
        ]
        heading = f"<h3>{escape(inventory['name'])}</h3>" if len(figures) > 1 else ""
        panels.append(
            f'<div class="panel" role="tabpanel" id="panel-{index}" aria-labelledby="tab-{index}"'
            f"{'' if index == 0 else ' data-off'}>{heading}"
            f"{_chart(f'instrument-{index}')}{_pairs(pairs)}{note}</div>"
        )
    selector = f'<div class="tabs" role="tablist">{"".join(tabs)}</div>' if len(figures) > 1 else ""
    return f"<section><h2>Price, fills and position</h2>{selector}{''.join(panels)}</section>"


def _reason(code: int) -> str:
    if code == 0:
        return ""
    name = REASONS.of(code)
    return name if len(name) == 3 else name.replace("_", " ").lower()


def _order_section(result: Result) -> str:
    orders = result.orders_raw
    if orders.size == 0:
        return '<section><h2>Orders</h2><p class="empty">The strategy sent no order.</p></section>'
    figures = result.statistics()
    pairs = np.stack([orders["state"], orders["reason"]], axis=1)
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    body = []
    for (state, reason), count in zip(kinds.tolist(), counts.tolist(), strict=True):
        own = orders[(orders["state"] == state) & (orders["reason"] == reason)]
        body.append(
            [
                ORDER_STATES.of(state).capitalize(),
                _reason(reason),
                f"{count:,}",
                format_percent(count / orders.size),
                f"{int((own['cum_qty'] > 0).sum()):,}",
                f"{int(own['amends'].sum()):,}",
            ]
        )
    facts = [
        ("Orders", f"{figures['orders']:,}"),
        ("Accepted amends", f"{figures['amends']:,}"),
        ("Orders and amends per fill", format_ratio(figures["order_to_trade"])),
        ("Orders with a fill", format_percent(figures["fill_ratio"])),
    ]
    header = ["Outcome", "Reason", "Orders", "Share", "With a fill", "Amends"]
    return f'<section><h2>Orders</h2><div class="reasons">{_table(header, body)}</div>{_pairs(facts)}</section>'


def _setting(key: str, value: Any) -> tuple[str, str]:
    """Label and text of one configuration entry; a key that ends in ``_ns`` is a duration or an instant."""
    label = key.removesuffix("_ns").replace("_", " ")
    if value is None:
        return label, "not set"
    if isinstance(value, dict):
        parts = (_setting(str(inner), part) for inner, part in value.items())
        return label, ", ".join(f"{name} {text}" for name, text in parts) or "none"
    if isinstance(value, (list, tuple)):
        return label, ", ".join(_setting(key, part)[1] for part in value) or "none"
    if isinstance(value, int) and not isinstance(value, bool):
        if key in ("start_ns", "end_ns"):
            return label, f"{format_time(value)} UTC"
        return label, format_span(value / 1e9) if key.endswith("_ns") else f"{value:,}"
    return label, str(value)


def _assumption_section(result: Result) -> str:
    settings = [("Strategy", result.strategy)]
    for key, value in result.config.items():
        label, text = _setting(str(key), value)
        settings.append((label[:1].upper() + label[1:], text))
    rows = [
        [
            name,
            instrument.kind,
            f"{instrument.tick_size:f}",
            f"{instrument.lot_size:f}",
            f"{instrument.contract_size:f}",
            f"{instrument.maker_fee:.4%}",
            f"{instrument.taker_fee:.4%}",
            instrument.settle,
        ]
        for name, instrument in zip(result.names, result.instruments, strict=True)
    ]
    header = ["Instrument", "Kind", "Tick", "Lot", "Contract", "Maker fee", "Taker fee", "Settles in"]
    fine = [(name, text) for name, text in versions().items()]
    return (
        f"<section><h2>Assumptions</h2>{_pairs(settings)}{_table(header, rows)}"
        f"<h3>Made with</h3>{_pairs([('hash', result.hash), *fine])}</section>"
    )


def _chart(name: str) -> str:
    return f'<div class="chart" data-figure="{name}"></div>'


_STYLE = """
:root{--page:#f5f6f8;--surface:#ffffff;--ink:#171a21;--muted:#667085;--line:#e3e6eb;--accent:#2f5fd0;
--gain:#0c8a5f;--loss:#c8402f;--fair:#9a6a00;--accentfill:rgba(47,95,208,.12);--lossfill:rgba(200,64,47,.14);
color-scheme:light}
@media (prefers-color-scheme:dark){:root{--page:#0e1116;--surface:#161b22;--ink:#e6e9ef;--muted:#8d97a8;
--line:#272e39;--accent:#7ba2ff;--gain:#3ecf95;--loss:#ff7d6b;--fair:#e3b341;--accentfill:rgba(123,162,255,.16);
--lossfill:rgba(255,125,107,.18);color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 Inter,"Segoe UI",system-ui,-apple-system,Roboto,
"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
main{max-width:1240px;margin:0 auto;padding:40px 24px 64px}
header{margin-bottom:28px}header p{margin:2px 0;color:var(--muted)}
header .eyebrow{color:var(--accent);font-weight:600;font-size:12px;letter-spacing:.08em;
text-transform:uppercase}
h1{font-size:34px;line-height:1.15;letter-spacing:-.02em;margin:4px 0 10px}
h2{font-size:19px;letter-spacing:-.01em;margin:0 0 14px}h3{font-size:15px;margin:22px 0 8px}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--ink);overflow-wrap:anywhere}
section{background:var(--surface);border:1px solid var(--line);border-radius:14px;
padding:22px 24px;margin-bottom:20px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(178px,1fr));gap:12px;background:none;border:0;padding:0}
.card{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:14px 16px;min-width:0}
.card span,.card small{display:block;color:var(--muted);font-size:13px}
.card strong{display:block;font-size:22px;line-height:1.35;letter-spacing:-.02em;font-weight:650}
.gain{color:var(--gain)}.loss{color:var(--loss)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:0 28px;margin:14px 0 0}
dl div{display:flex;justify-content:space-between;gap:14px;padding:6px 0;border-bottom:1px solid var(--line)}
dt{color:var(--muted)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
.scroll{overflow-x:auto}dl+.scroll{margin-top:18px}
table{width:100%;border-collapse:collapse;white-space:nowrap}
th{color:var(--muted);font-weight:500;font-size:13px}
th,td{text-align:right;padding:7px 10px;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;padding-left:0}th:last-child,td:last-child{padding-right:0}
.reasons th:nth-child(2),.reasons td:nth-child(2){text-align:left}
.evidence th:nth-child(-n+3),.evidence td:nth-child(-n+3){text-align:left}
table.audit{white-space:normal}table.audit td{text-align:left;vertical-align:top}
table.audit td:nth-child(1){width:86px}table.audit td:nth-child(2){width:21%}table.audit td:nth-child(3){width:31%}
.advice,.note.lead{color:var(--muted)}.note.lead{margin:-8px 0 12px;font-size:14px}
.grade{display:inline-block;min-width:68px;padding:1px 9px;border-radius:999px;border:1px solid currentColor;
font-size:12px;text-align:center}.grade.good{color:var(--gain)}.grade.fair{color:var(--fair)}.grade.poor{color:var(--loss)}
.grade.unknown{color:var(--muted)}
tr.total td{font-weight:650;border-bottom:0}
.swatch{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:9px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:24px;margin-top:18px}figure{margin:0;min-width:0}
figcaption{color:var(--muted);font-size:13px}
.note,.empty{color:var(--muted);font-size:13px;max-width:88ch;margin:14px 0 0}.empty{font-size:15px}
.chart{width:100%;min-height:120px}
.tabs{display:flex;flex-wrap:wrap;gap:6px;margin-bottom:10px}
.tabs button{font:inherit;font-size:14px;color:var(--muted);background:none;border:1px solid var(--line);
border-radius:999px;padding:5px 14px;cursor:pointer}
.tabs button[aria-selected=true]{color:var(--surface);background:var(--accent);border-color:var(--accent)}
.tabs button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.panel h3{display:none}.panel[data-off]{display:none}
@media screen and (max-width:760px){table.audit td{display:block;width:auto!important;padding:2px 0;border:0}
table.audit tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}
main{padding:22px 14px}.pair{grid-template-columns:1fr}
section{padding:16px}h1{font-size:27px}}
@media print{@page{margin:14mm}:root{--page:#fff;--surface:#fff;--ink:#171a21;--muted:#5c6675;--line:#d9dde3;
--accent:#2f5fd0;--gain:#0c8a5f;--loss:#c8402f;--fair:#9a6a00;color-scheme:light}
body{font-size:11px}main{padding:0;max-width:none}
section{padding:12px 0;border:0;border-top:1px solid var(--line);border-radius:0}.cards{border-top:0}
.tabs,.modebar{display:none!important}.scroll{overflow:visible}
table{font-size:9.5px;break-inside:avoid}
th{font-size:9px}
th,td{padding:4px 5px}.note{font-size:9.5px}
.panel[data-off],.panel h3{display:block}.card,.chart,tr,dl div,figure{break-inside:avoid}
h2,h3{break-after:avoid}}
"""

_SCRIPT = """
(() => {
const figures = JSON.parse(document.getElementById('figures').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)');
const drawn = new Map();
let printing = false, moving = false;
const color = name => printing && paper[name] ||
  getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const paper = {ink:'#171a21', muted:'#5c6675', line:'#d9dde3', surface:'#ffffff', accent:'#2f5fd0',
  loss:'#c8402f',
  accentfill:'rgba(47,95,208,.12)', lossfill:'rgba(200,64,47,.14)'};
const paint = value => typeof value === 'string' && value[0] === '@' ? color(value.slice(1))
  : Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null && !Array.isArray(value[0])
    ? value.map(paint)
  : value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, paint(part)])) : value;
function layout(figure) {
  const axis = {gridcolor: color('line'), linecolor: color('line'), zerolinecolor: color('muted'),
    zeroline: false,
    automargin: true, exponentformat: 'none', separatethousands: true, tickfont: {size: 12}};
  const made = {paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', hovermode: 'x unified',
    font: {family: getComputedStyle(document.body).fontFamily, size: 12.5, color: color('muted')},
    margin: {l: 64, r: 8, t: 34, b: 36}, dragmode: 'zoom',
    modebar: {bgcolor: 'rgba(0,0,0,0)', color: color('muted'), activecolor: color('accent')},
    legend: {orientation: 'h', x: 0, y: 1, yanchor: 'bottom', xanchor: 'left', bgcolor: 'rgba(0,0,0,0)'},
    hoverlabel: {bgcolor: color('surface'), bordercolor: color('line'), font: {color: color('ink')}},
    ...paint(figure.layout)};
  for (const name of ['xaxis', 'yaxis', 'yaxis2']) if (name !== 'yaxis2' || made.yaxis2)
    made[name] = {...axis, ...made[name]};
  return made;
}
function draw(place) {
  const figure = figures[place.dataset.figure], again = drawn.has(place);
  const made = layout(figure);
  if (again && figure.time) made.xaxis.range = place.layout.xaxis.range.slice();
  Plotly.react(place, paint(figure.data), made, {displaylogo: false, responsive: true, scrollZoom: false,
    displayModeBar: figure.time ? 'hover' : false,
    // Named one by one: plotly's default bar has a button that uploads the chart to a service.
    modeBarButtons: [['toImage'], ['zoom2d', 'pan2d'], ['zoomIn2d', 'zoomOut2d', 'resetScale2d']],
    toImageButtonOptions: {format: 'svg'}});
  drawn.set(place, figure);
  if (!again && figure.time) place.on('plotly_relayout', change => follow(place, change));
}
function follow(source, change) {
  if (moving || !Object.keys(change).some(key => key.startsWith('xaxis.'))) return;
  moving = true;
  const view = {'xaxis.range': source.layout.xaxis.range.slice()};
  Promise.all([...drawn].filter(([place, figure]) => figure.time && place !== source)
    .map(([place]) => Plotly.relayout(place, view))).finally(() => { moving = false; });
}
const places = [...document.querySelectorAll('.chart')];
const visible = place => place.offsetParent !== null;
const redraw = () => places.forEach(place => (visible(place) || printing) && draw(place));
const tabs = [...document.querySelectorAll('[role=tab]')];
function choose(tab) {
  tabs.forEach(other => {
    const on = other === tab, panel = document.getElementById(other.getAttribute('aria-controls'));
    other.setAttribute('aria-selected', on); other.tabIndex = on ? 0 : -1;
    panel.toggleAttribute('data-off', !on);
    if (on) panel.querySelectorAll('.chart').forEach(draw);
  });
}
tabs.forEach((tab, index) => {
  tab.tabIndex = index ? -1 : 0;
  tab.addEventListener('click', () => choose(tab));
  tab.addEventListener('keydown', event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    next.focus(); choose(next);
  });
});
dark.addEventListener('change', redraw);
addEventListener('beforeprint', () => { printing = true; redraw(); });
addEventListener('afterprint', () => { printing = false; redraw(); });
redraw();
})();
"""
