"""What a notebook shows of a result and of a run that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from velora.backtest.formats import format_money, format_span, format_time
from velora.core.clock import format_ns
from velora.core.html import facts_html, plain_table
from velora.core.instrument_names import instrument_names

if TYPE_CHECKING:
    from velora.backtest.result import Result
    from velora.backtest.run import Run

__all__ = ["result_html", "run_html"]


def result_html(result: Result) -> str:
    """The few figures to look at first, and the fills by cause; nothing that two equal runs differ in."""
    totals, summary = result.totals, result.summary()
    start, end = result.period
    facts: list[tuple[str, object]] = []
    if end:
        length = format_span((end - start) / 1e9)
        facts.append(("Period", f"{format_time(start)} to {format_time(end)} UTC ({length})"))
    for money in result.statistics()["money"]:
        currency = money["currency"]
        facts += [
            (f"PnL {currency}".rstrip(), _gain(money["pnl"])),
            (f"Fees {currency}".rstrip(), format_money(money["fees"])),
        ]
    orders = sum(sums.count for sums in totals.orders.values())
    facts += [
        ("Fills", f"{totals.fills:,} of {orders:,} orders"),
        ("Rows", f"{result.rows:,}"),
        ("Audit", result.audit().sentence),
        ("Hash", result.hash),
    ]
    facts += [(f"Error in {name}", error.strip().rpartition("\n")[2]) for name, error in result.errors.items()]
    parts = [plain_table(*summary.cause_rows())] if totals.fills else []
    return facts_html(
        f"{result.title} on {', '.join(result.names)}",
        facts,
        *parts,
        note="More: summary(), audit(), plot(), explain(order_id), and the tables orders, fills, equity, position.",
    )


def run_html(run: Run) -> str:
    """The time, the books, and what is held."""
    interim, test = run.interim(), run._backtest
    names = instrument_names(run.instruments)
    state = "the data has ended" if run.has_ended else "going on"
    orders = interim.counters["orders"]
    facts: list[tuple[str, object]] = [
        ("Time", f"{format_ns(run.now)}, {state}"),
        ("Rows", f"{interim.rows:,}"),
        ("Orders", f"{orders:,}, {interim.counters['open_orders']:,} of them open"),
        ("Fills", f"{interim.totals.fills:,}"),
    ]
    facts += [(f"PnL {money['currency']}".rstrip(), _gain(money["pnl"])) for money in interim.statistics()["money"]]
    rows = []
    for name, instrument in zip(names, run.instruments, strict=True):
        book = run.book(instrument)
        lots = sum(one.position(instrument).qty_lots for one in test.strategies.values())
        rows.append(
            [
                name,
                "" if book.best_bid is None else f"{book.best_bid:.12g}",
                "" if book.best_ask is None else f"{book.best_ask:.12g}",
                f"{instrument.lots_to_qty(lots):.12g}",
            ]
        )
    table = plain_table(["Instrument", "Bid", "Ask", "Position"], rows)
    return facts_html(
        f"Run of {interim.title} on {', '.join(names)}",
        facts,
        table,
        note="More: advance(), book(), position(), orders, fills, equity, plot(), interim(), finish().",
    )


def _gain(value: float | None) -> Text:
    """Money with its sign, in green or red."""
    text = format_money(value, signed=True)
    return Text(text, style="red" if text.startswith("-") else "green" if text.startswith("+") else "")
