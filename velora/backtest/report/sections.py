"""The sections of the report's page, as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from velora.backtest.formats import (
    format_money,
    format_percent,
    format_ratio,
    format_span,
    format_time,
    money_digits,
)
from velora.backtest.notices import notices, without_latency
from velora.backtest.report import charts
from velora.backtest.summary import money_pairs
from velora.backtest.versions import versions
from velora.core.vocabulary import ORDER_STATES, REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from velora.backtest.result import Result

__all__ = [
    "account_sections",
    "assumption_section",
    "audit_section",
    "cards",
    "cause_section",
    "header",
    "instrument_sections",
    "order_section",
]


def _table(header: list[str], rows: Iterable[list[str]], *, total: bool = False) -> str:
    """A table: first column left, numbers right; cells that are a signed number get its colour.

    Each cell has its column's name, for narrow screens, where the cells of a row stand below each other.
    """
    made = list(rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    lines = []
    for number, row in enumerate(made):
        last = ' class="total"' if total and number == len(made) - 1 else ""
        cells = []
        for name, cell in zip(header, row, strict=True):
            tone = _tone_of(name, cell)
            swatch = charts.CAUSE_COLORS.get(cell)
            mark = f'<i class="swatch" style="background:{swatch}"></i>' if swatch else ""
            cells.append(f'<td{tone} data-label="{escape(name)}">{mark}{escape(cell)}</td>')
        lines.append(f"<tr{last}>{''.join(cells)}</tr>")
    body = "".join(lines)
    return (
        f'<div class="scroll"><table class="stacks"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _tone_of(column: str, cell: str) -> str:
    """The class of a signed number: a negative fee is a rebate, which is a gain."""
    if cell.startswith("+"):
        return " class=gain"
    if cell.startswith("-") and cell[1:2].isdigit():
        return " class=gain" if column.lower().endswith("fee") else " class=loss"
    return ""


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in pairs)
    return f"<dl>{rows}</dl>"


def header(result: Result) -> str:
    start, end = result.period
    symbols = ", ".join(
        f"{name} ({one.venue})" if one.venue and "@" not in name else name
        for name, one in zip(result.names, result.instruments, strict=True)
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
        f"{_notices(result)}"
        f'<p class="audit-line">How far to trust it: {escape(result.audit().sentence)}</p></header>'
    )


def _notices(result: Result) -> str:
    """What a reader must see before the figures."""
    free = without_latency(result)
    found = notices(result)
    if free:
        found.insert(0, ("Latency", f"{free}: orders and answers take no time"))
    poor = result.audit().poor
    if len(poor) > 1:
        found.append(("Poor", ", ".join(poor)))
    if not found:
        return ""
    lines = "".join(f"<li><b>{escape(label)}.</b> {escape(text)}</li>" for label, text in found)
    return f'<ul class="notices">{lines}</ul>'


def _card(label: str, value: str, note: str = "", tone: str = "") -> str:
    return (
        f'<div class="card"><span>{escape(label)}</span><strong class="{tone}">{escape(value)}</strong>'
        f"<small>{escape(note)}</small></div>"
    )


def cards(result: Result) -> str:
    figures = result.statistics()
    parts = []
    for money in figures["money"]:
        currency = money["currency"]
        tone = "gain" if money["pnl"] > 0 else "loss" if money["pnl"] < 0 else ""
        earned = format_percent(money["total_return"], 3)
        note = f"{earned} on {format_money(money['start_cash'])}" if money["start_cash"] else "after fees"
        # Side by side, so with the same decimals; the tables below have the small ones in full.
        digits = money_digits(money["pnl"], money["max_drawdown"], money["fees"])
        parts.append(_card(f"PnL {currency}", format_money(money["pnl"], digits, signed=True), note, tone))
        fraction = money["max_drawdown_fraction"]
        parts.append(
            _card(
                f"Max drawdown {currency}",
                format_money(money["max_drawdown"], digits),
                format_percent(fraction, 3) if fraction is not None else "from the highest PnL",
            )
        )
        label = f"{'Rebates' if money['fees'] < 0 else 'Fees'} {currency}"
        parts.append(_card(label, format_money(abs(money["fees"]), digits), _maker_note(money)))
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


def account_sections(result: Result) -> str:
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


def cause_section(result: Result) -> str:
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
        sums = {
            name: sum(row[f"{name}_units"] for row in shown) * unit for name in ("notional", "fee", "realized", "pnl")
        }
        amounts = (row[name] for row in shown for name in ("fee", "realized_pnl", "pnl"))
        digits = money_digits(*amounts, sums["fee"], sums["realized"], sums["pnl"])
        wide = money_digits(sums["notional"])
        body = [
            [
                row["cause"],
                f"{row['fills']:,}",
                format_percent(row["fills"] / fills) if fills else "n/a",
                format_money(row["notional"], wide),
                format_money(row["fee"], digits),
                format_money(row["realized_pnl"], digits, signed=True),
                format_money(row["pnl"], digits, signed=True),
                *(format_ratio(row[f"{name}_bps"], 3) for name in ("edge", "markout_1s", "markout_10s")),
            ]
            for row in shown
        ]
        body.append(
            [
                "Total",
                f"{fills:,}",
                "",
                format_money(sums["notional"], wide),
                format_money(sums["fee"], digits),
                format_money(sums["realized"], digits, signed=True),
                format_money(sums["pnl"], digits, signed=True),
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


def audit_section(result: Result) -> str:
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


def instrument_sections(result: Result) -> str:
    figures = result.statistics()["inventory"]
    tabs, panels = [], []
    first = next((index for index, inventory in enumerate(figures) if inventory["fills"]), 0)
    for index, inventory in enumerate(figures):
        selected = "true" if index == first else "false"
        tabs.append(
            f'<button role="tab" id="tab-{index}" aria-controls="panel-{index}" aria-selected="{selected}">'
            f"{escape(inventory['name'])}</button>"
        )
        note = ""
        if inventory["fills"] > charts.MARKERS_MAX:
            note = (
                f'<p class="note">{charts.MARKERS_MAX:,} of {inventory["fills"]:,} fills are drawn, evenly chosen; '
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
            f"{'' if index == first else ' data-off'}>{heading}"
            f"{_chart(f'instrument-{index}')}{_pairs(pairs)}{note}</div>"
        )
    selector = f'<div class="tabs" role="tablist">{"".join(tabs)}</div>' if len(figures) > 1 else ""
    return f"<section><h2>Price, fills and position</h2>{selector}{''.join(panels)}</section>"


def _reason(code: int) -> str:
    if code == 0:
        return ""
    name = REASONS.of(code)
    return name if len(name) == 3 else name.replace("_", " ").lower()


def order_section(result: Result) -> str:
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


def _with_readable_changes(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration whose changes of parameters are sentences with their times."""
    changes = config.get("parameter_changes")
    if changes is None:
        return config

    def told(own: list[dict[str, Any]]) -> list[str]:
        return [
            f"{format_time(one['ts'])} UTC {' '.join(_setting(one['name'], one['old']))} to "
            f"{_setting(one['name'], one['new'])[1]}"
            for one in own
        ]

    by_strategy = isinstance(changes, dict)
    return {**config, "parameter_changes": {k: told(v) for k, v in changes.items()} if by_strategy else told(changes)}


def assumption_section(result: Result) -> str:
    settings = [("Strategy", result.strategy)]
    for key, value in _with_readable_changes(result.config).items():
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
