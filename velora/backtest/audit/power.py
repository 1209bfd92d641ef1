"""How far a run went beyond what its account could pay for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from velora.backtest.audit.findings import AuditItem, at_most
from velora.backtest.formats import format_money

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["power_items", "power_warnings"]


def power_items(result: Result) -> list[AuditItem]:
    """How far the run went beyond what its account could pay for: nothing limits it."""
    figures = result.statistics()
    items = []
    for money in figures["money"]:
        currency = money["currency"]
        of = f" ({currency})" if len(figures["money"]) > 1 else ""
        exposure, equity = f"Largest exposure over equity{of}", f"Lowest equity{of}"
        if money["lowest_equity"] is None:
            if not money["turnover"]:
                continue
            advice = f"Give the cash at the start in {currency or 'its currency'}: without it no leverage is known."
            items += [AuditItem(name, "no start cash", "unknown", advice) for name in (exposure, equity)]
            continue
        leverage, lowest = money["largest_leverage"], money["lowest_equity"]
        grade = "poor" if lowest <= 0 else "good" if leverage is None else at_most(leverage, 1.0, 10.0)
        advice = {
            "good": "The account could pay for all that it held, without leverage.",
            "fair": "The positions need margin, which the run does not ask for: check that the venue grants it.",
            "poor": "Few venues grant this leverage: margin and liquidation are not modelled, so the run went on.",
        }[grade]
        value = "no positions" if leverage is None else f"{leverage:,.2f}"
        if lowest <= 0:
            value = "without bound: positions stood with no equity left"
        items.append(AuditItem(exposure, value, grade, advice))
        share = lowest / money["start_cash"]
        grade = "good" if share >= 0.5 else "fair" if share > 0 else "poor"
        advice = {
            "good": "The equity stayed well above zero.",
            "fair": "More than half of the equity was lost in between: a leveraged account may be liquidated sooner.",
            "poor": "The equity was negative or zero: a real account is liquidated before, and its run ends there.",
        }[grade]
        items.append(AuditItem(equity, f"{format_money(lowest)} at the samples", grade, advice))
    for balance in figures["balances"]:
        short = balance["lowest"] < 0
        if balance["is_cash"]:
            name, good = f"Lowest cash ({balance['asset']})", "What was bought was paid for with cash that was there."
            advice = "It bought for more than its cash: a spot account cannot without borrowing, which is not modelled."
        else:
            name, good = f"Short on spot ({balance['asset']})", "Nothing was sold that was not held."
            advice = "It sold what it did not hold: a spot account cannot without borrowing, which is not modelled."
        value = f"{balance['lowest']:,.8g}" if short or balance["is_cash"] else "never"
        items.append(AuditItem(name, value, "poor" if short else "good", advice if short else good))
    return items


def power_warnings(result: Result) -> list[str]:
    """What a summary must say of a run that went beyond its buying power."""
    figures = result.statistics()
    found = [
        f"equity fell to {format_money(money['lowest_equity'])} {money['currency']}".rstrip()
        for money in figures["money"]
        if money["lowest_equity"] is not None and money["lowest_equity"] <= 0
    ]
    found += [
        f"held {money['largest_leverage']:,.1f} times its equity in {money['currency'] or 'quote currency'}"
        for money in figures["money"]
        if money["largest_leverage"] is not None and money["largest_leverage"] > 10.0
    ]
    for balance in figures["balances"]:
        if balance["lowest"] < 0:
            what = "bought beyond its cash" if balance["is_cash"] else "was short on spot"
            found.append(f"{what}: {balance['asset']} down to {balance['lowest']:,.8g}")
    return found
