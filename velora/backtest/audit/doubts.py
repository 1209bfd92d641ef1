"""What a run rests on that its data does not say: queues out of view, books taken on trust, marks without a mid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from velora.backtest.audit.findings import AuditItem
from velora.backtest.formats import format_money, format_percent, format_span
from velora.backtest.money import per_unit, total
from velora.core.orders import FillCause, FillDoubt, OrderReason

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["doubt_items"]

_NO_FILLS = "no fills"


def doubt_items(result: Result) -> list[AuditItem]:
    """Findings of an audit: shares of queue positions, fills, takes and marks that rest on something unknown."""
    return [_queue_item(result), _fill_item(result), _take_item(result), _mark_item(result), _bounds_item(result)]


def _grade(share: float) -> str:
    return "good" if share == 0 else "fair" if share <= 0.05 else "poor"


def _queue_item(result: Result) -> AuditItem:
    """How many orders joined a queue that nobody showed."""
    name = "Queue positions unknown when joined"
    joins, unknown = (sum(result.counters.get(key, ())) for key in ("queue_joins", "queue_joins_unknown"))
    if not joins:
        return AuditItem(name, "no order rested", "unknown", "No order joined a queue that the venue keeps.")
    share = unknown / joins
    value = f"{unknown:,} of {joins:,}, {format_percent(share)}"
    if unknown == 0:
        return AuditItem(name, value, "good", "The data showed what stood ahead of each order when it joined.")
    return AuditItem(
        name,
        value,
        _grade(share),
        "They stand behind all that shows up there (in front, under the optimistic bound): keep orders where the feed "
        "shows the level.",
    )


def _doubted(result: Result, doubts: FillDoubt) -> tuple[int, float, str]:
    """Fills with any of these doubts, their share of all fills, and their PnL in words."""
    fills = result.fills_raw
    of = (fills["doubts"] & int(doubts)) != 0
    pnl = []
    for currency in result.currencies:
        rows = of & result._in_currency("fills", currency)
        if rows.any():
            made = total(result._ledger.fills()[0]["pnl"][rows]) / per_unit(result.money_unit(currency))
            pnl.append(f"{format_money(made, signed=True)} {currency}".rstrip())
    return int(of.sum()), float(of.mean()), ", ".join(pnl)


def _fill_item(result: Result) -> AuditItem:
    """Fills of resting orders that rest on an unknown queue, side or trade."""
    name = "Fills that rest on something unknown"
    fills = result.fills_raw
    if fills.size == 0:
        return AuditItem(name, _NO_FILLS, "unknown", "Nothing was filled.")
    count, share, pnl = _doubted(result, FillDoubt.QUEUE | FillDoubt.SIDE | FillDoubt.PRINT)
    if count == 0:
        return AuditItem(name, "none", "good", "The data shows the queue, the side and the trade behind each fill.")
    parts = [
        f"{int(((fills['doubts'] & int(doubt)) != 0).sum()):,} by {word}"
        for doubt, word in ((FillDoubt.QUEUE, "queue"), (FillDoubt.SIDE, "side"), (FillDoubt.PRINT, "print"))
        if ((fills["doubts"] & int(doubt)) != 0).any()
    ]
    return AuditItem(
        name,
        f"{count:,} of {fills.size:,} ({', '.join(parts)}), PnL {pnl}",
        _grade(share),
        "What stood ahead, who was aggressive, or whether there was a trade at all is assumed: believe the others.",
    )


def _take_item(result: Result) -> AuditItem:
    """Takers that met a book of which the data says nothing."""
    name = "Takes from an unknown book"
    takers = int((result.fills_raw["cause"] == FillCause.TAKER).sum())
    refused = int((result.orders_raw["reason"] == OrderReason.UNKNOWN_BOOK).sum())
    count, _, pnl = _doubted(result, FillDoubt.BOOK) if result.fills_raw.size else (0, 0.0, "")
    if count:
        return AuditItem(
            name,
            f"{count:,} fills, PnL {pnl}",
            "poor",
            "They were filled from a stale book, or at the last price: nobody knows what there was.",
        )
    if refused:
        return AuditItem(
            name,
            f"none; {refused:,} orders ended with UNKNOWN_BOOK",
            "fair",
            "Takers found a stale book or none at all and got nothing. take_unknown=True lets them take on trust.",
        )
    if not takers:
        return AuditItem(name, "nothing was taken", "unknown", "No order took from the book.")
    return AuditItem(name, f"none of {takers:,} fills", "good", "The data vouches for all that was taken.")


def _mark_item(result: Result) -> AuditItem:
    """What said what open positions were worth."""
    name = "Marks without a mid"
    total: dict[str, int] = {}
    for counts in result.counters.get("marks", ()):
        for source, count in counts.items():
            total[source] = total.get(source, 0) + count
    samples = sum(total.values())
    if not samples:
        return AuditItem(name, "no position at any sample", "unknown", "Nothing was marked.")
    other = {source: count for source, count in total.items() if source != "MID" and count}
    if not other:
        return AuditItem(name, "none", "good", "Each sample of a position is marked by the mid of its book.")
    oldest = max(result.counters.get("mark_age_max_ns", (0,)))
    words = ", ".join(f"{source.lower().replace('_', ' ')} {count:,}" for source, count in sorted(other.items()))
    share = sum(other.values()) / samples
    return AuditItem(
        name,
        f"{format_percent(share)} of {samples:,} samples ({words}), at most {format_span(oldest / 1e9)} old",
        "poor" if other.get("UNKNOWN") else _grade(share),
        "Equity and drawdown rest on the last thing that was known there.",
    )


def _bounds_item(result: Result) -> AuditItem:
    """How far the bounds lie apart in money."""
    name = "PnL between the bounds"
    lower = result.pessimistic
    if lower is None:
        return AuditItem(
            name, "not known", "unknown", "Run queue_bounds: it runs the same under both bounds of what is unknown."
        )
    parts, widest = [], 0.0
    for currency in result.currencies:
        unit = float(result.money_unit(currency))
        low, high = lower.pnl_units(currency) * unit, result.pnl_units(currency) * unit
        parts.append(f"{format_money(low, signed=True)} to {format_money(high, signed=True)} {currency}".rstrip())
        scale = max(abs(low), abs(high))
        widest = max(widest, abs(high - low) / scale if scale else 0.0)
    grade = "good" if widest <= 0.1 else "fair" if widest <= 0.5 else "poor"
    return AuditItem(name, ", ".join(parts), grade, "From the pessimistic bound to this run: the truth lies between.")
