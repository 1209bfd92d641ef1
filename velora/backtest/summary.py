"""The summary of a run: as text, through rich, and in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from velora.backtest.formats import (
    finite_or_none,
    format_money,
    format_percent,
    format_ratio,
    format_span,
    format_time,
    money_digits,
)
from velora.backtest.money import per_unit
from velora.backtest.notices import notices, without_latency
from velora.core.html import ShownAsHtml
from velora.core.terminal import readable
from velora.core.terminal_table import FittedTable, Pairs

if TYPE_CHECKING:
    from rich.console import RenderableType

    from velora.backtest.result import Result

__all__ = ["Summary", "money_pairs"]


def _callbacks(result: Result) -> dict[str, Any]:
    """What was measured of the callbacks, nothing where it was not."""
    if result.callback_times is None:
        return {}
    return {
        "callbacks": asdict(result.callback_times.total) | {"by_hook": result.callback_times.to_dict()},
        "callbacks_note": result.callback_note,
    }


_DAY_S = 86_400.0
_CAUSES_TITLE = "PnL by fill cause (edge and markouts in bps)"


class Summary(ShownAsHtml):
    """The figures of a run; prints as text, through rich, and in a notebook.

    Parameters
    ----------
    result : Result
    audit_hint : str
        The sentence that says where the whole audit is.
    """

    def __init__(self, result: Result, audit_hint: str = "See result.audit().") -> None:
        self._result = result
        self._audit_hint = audit_hint
        self._causes = result.pnl_by_cause().to_pylist()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: ``run``, ``totals`` (see `Result.statistics`), ``causes`` (one dict per row) and ``audit`` (the
        number of findings of each grade, see `Result.audit`) with it in one sentence, ``audit_sentence``, and the
        names of the poor ones, ``audit_poor``."""
        result = self._result
        audit = result.audit()
        start, end = result.period
        causes = [
            {key: finite_or_none(value) if isinstance(value, float) else value for key, value in row.items()}
            for row in self._causes
        ]
        return {
            "run": {
                "strategy": result.strategy,
                "instruments": result.names,
                "start_ns": start,
                "end_ns": end,
                "rows": result.rows,
                "elapsed_s": result.elapsed_s,
                "rows_per_s": result.rows / result.elapsed_s if result.elapsed_s > 0 else None,
                "hash": result.hash,
                "dropped": result.dropped,
            }
            | _callbacks(result),
            "totals": result.statistics(),
            "causes": causes,
            "audit": audit.counts,
            "audit_sentence": audit.sentence,
            "audit_poor": audit.poor,
            "strategies": self._strategies(),
        }

    def _strategies(self) -> list[dict[str, Any]]:
        """State, counts and PnL by currency of each strategy, where there are several."""
        result = self._result
        if len(result.strategies) == 1:
            return []
        totals = result.totals
        fills = [0] * len(result.strategies)
        for (_, strategy, _), sums in totals.causes.items():
            fills[strategy] += sums.fills
        return [
            {
                "name": one["name"],
                "state": one["state"],
                "orders": totals.orders[index].count,
                "fills": fills[index],
                "pnl": {
                    currency: totals.curves[index, currency].pnl / per_unit(result.money_unit(currency))
                    for currency in result.currencies
                },
                "hash": one.get("hash", result.hash),
            }
            for index, one in enumerate(result.strategies)
        ]

    def sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Titles with their (label, value) pairs, formatted."""
        values = self.to_dict()
        run, totals = values["run"], values["totals"]
        strategies = values["strategies"]
        speed = "" if not run["rows_per_s"] else f" ({run['rows_per_s']:,.0f} rows/s)"
        warnings = notices(self._result)
        free = without_latency(self._result)
        sections = [("Look first", warnings)] if warnings else []
        sections.append(
            (
                f"Run with {free}: orders and answers take no time" if free else "Run",
                [
                    ("Strategy", run["strategy"]),
                    ("Instruments", ", ".join(run["instruments"])),
                    (
                        "Period",
                        f"{format_time(run['start_ns'])} to {format_time(run['end_ns'])} UTC"
                        f" ({format_span((run['end_ns'] - run['start_ns']) / 1e9)})"
                        if run["end_ns"]
                        else "no samples",
                    ),
                    ("Rows", f"{run['rows']:,} in {format_span(run['elapsed_s'])}{speed}"),
                    ("Hash", run["hash"]),
                    ("Audit", f"{values['audit_sentence']} {self._audit_hint}"),
                    *([("Poor", ", ".join(values["audit_poor"]))] if len(values["audit_poor"]) > 1 else []),
                ],
            )
        )
        if free:  # the first line of all
            sections.insert(0, sections.pop())
        about = sections[0 if free else -1][1]
        dropped = run["dropped"]
        if any(dropped.values()):
            counts = ", ".join(f"{count:,} {name}" for name, count in dropped.items() if count)
            about.append(("Dropped", f"{counts}: not in the tables, all in the figures"))
        if "callbacks" in run:
            total = run["callbacks"]
            speeds = f"p50 {format_span(total['p50_ns'] / 1e9)}, p99 {format_span(total['p99_ns'] / 1e9)}"
            above = "" if run["callbacks_note"] is None else "; longer than the decision leg has it"
            about.append(("Callbacks", f"{total['count']:,}: {speeds}{above}"))
        if strategies:
            sections.append(
                (
                    "Strategies",
                    [
                        (
                            one["name"],
                            ", ".join(
                                f"{format_money(pnl, signed=True)} {currency}".rstrip()
                                for currency, pnl in one["pnl"].items()
                            )
                            + f" in {one['fills']:,} fills of {one['orders']:,} orders, {one['state'].lower()}",
                        )
                        for one in strategies
                    ],
                )
            )
        sections += [
            (f"Money ({money['currency'] or 'in quote currency'})", money_pairs(money, totals))
            for money in totals["money"]
        ]
        outcomes = ", ".join(f"{count:,} {name.lower()}" for name, count in totals["order_outcomes"].items() if count)
        sections.append(
            (
                "Orders",
                [
                    ("Orders", f"{totals['orders']:,}" + (f" ({outcomes})" if outcomes else "")),
                    ("Amends", f"{totals['amends']:,}"),
                    ("Fills", f"{totals['fills']:,}"),
                    ("Orders with a fill", format_percent(totals["fill_ratio"])),
                    ("Order-to-trade", format_ratio(totals["order_to_trade"])),
                    ("Time to first fill", format_span(totals["average_time_to_fill_s"])),
                ],
            )
        )
        cut = _cut(self._result.counters)
        if cut:
            sections[-1][1].append(("Cut at the end", cut))
        given_up = [note for one in self._result.strategies for note in one.get("given_up") or ()]
        if given_up:
            notes = [f"{note['what']} of {self._name(note)}: {note['why']}" for note in given_up[:3]]
            if len(given_up) > 3:
                notes.append(f"{len(given_up) - 3:,} more")
            sections[-1][1].append(("Given up", "; ".join(notes)))
        for inventory in totals["inventory"]:
            sections.append(
                (
                    f"Inventory ({inventory['name']})",
                    [
                        ("At the end", f"{inventory['end_position']:,.8g}"),
                        (
                            "Largest",
                            f"{inventory['max_long']:,.8g} long, {inventory['max_short']:,.8g} short",
                        ),
                        ("Average size", f"{inventory['average_inventory']:,.4g}"),
                        ("Time in market", format_percent(inventory["time_in_market"])),
                    ],
                )
            )
        return [
            (readable(title), [(readable(label), readable(value)) for label, value in pairs])
            for title, pairs in sections
        ]

    def _name(self, note: Mapping[str, Any]) -> str:
        """The name of the instrument of a record that has its symbol and venue."""
        whole = f"{note['symbol']}@{note.get('venue', '')}"
        return whole if whole in self._result.names else str(note["symbol"])

    def cause_rows(self) -> tuple[list[str], list[list[str]]]:
        """Header and formatted rows of the table by fill cause; causes without fills are left out."""
        header = ["Cause", "Fills", "Notional", "Fee", "Realised", "PnL", "Edge", "1 s", "10 s"]
        several = len(self._result.currencies) > 1
        rows = []
        for currency in self._result.currencies:
            per = per_unit(self._result.money_unit(currency))
            shown = [r for r in self._causes if r["currency"] == currency and (r["fills"] or r["pnl_units"])]
            sums = {
                name: sum(int(r[f"{name}_units"]) for r in shown) / per
                for name in ("notional", "fee", "realized", "pnl")
            }
            moneys = [r[name] for r in shown for name in ("fee", "realized_pnl", "pnl")]
            digits = money_digits(*moneys, *(sums[name] for name in ("fee", "realized", "pnl")))
            wide = money_digits(sums["notional"])
            rows += [
                [
                    f"{row['cause']} {currency}" if several else row["cause"],
                    f"{row['fills']:,}",
                    format_money(row["notional"], wide),
                    format_money(row["fee"], digits),
                    format_money(row["realized_pnl"], digits, signed=True),
                    format_money(row["pnl"], digits, signed=True),
                    *(format_ratio(row[f"{name}_bps"]) for name in ("edge", "markout_1s", "markout_10s")),
                ]
                for row in shown
            ]
            rows.append(
                [
                    f"TOTAL {currency}" if several else "TOTAL",
                    f"{sum(r['fills'] for r in shown):,}",
                    *(
                        format_money(value, wide if name == "notional" else digits, signed=name in ("realized", "pnl"))
                        for name, value in sums.items()
                    ),
                    "",
                    "",
                    "",
                ]
            )
        return header, [[readable(cell) for cell in row] for row in rows]

    def __str__(self) -> str:
        lines = []
        for title, pairs in self.sections():
            lines.append(title)
            width = max(len(label) for label, _ in pairs)
            lines += [f"  {label:<{width}}  {value}" for label, value in pairs]
            lines.append("")
        header, rows = self.cause_rows()
        widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
        lines.append(_CAUSES_TITLE)
        for row in [header, *rows]:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            lines.append("  " + "  ".join(cells).rstrip())
        return "\n".join(lines)

    __repr__ = __str__

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        parts: list[RenderableType] = []
        for title, pairs in self.sections():
            grid = Pairs(title, indent=2)
            for label, value in pairs:
                grid.add_pair(label, Text(value, style=_tone(label, value)))
            parts += [grid, Text("")]
        return Group(*parts, self.causes_table())

    def causes_table(self) -> FittedTable:
        """The table by fill cause, to print through rich."""
        from rich.text import Text

        header, rows = self.cause_rows()
        table = FittedTable(_CAUSES_TITLE)
        for column, name in enumerate(header):
            table.add_column(name, "left" if column == 0 else "right")
        for row in rows:
            table.add_row(
                *(Text(cell, style=_tone(name, cell)) for name, cell in zip(header, row, strict=True)),
                style="bold" if row[0].startswith("TOTAL") else "",
            )
        return table


def _cut(counters: Mapping[str, Any]) -> str:
    """What was under way when the run ended, "" for nothing."""
    named = (
        ("commands_cut", "command that the venue never got", "commands that the venue never got"),
        ("reports_cut", "report that never arrived", "reports that never arrived"),
        ("open_orders", "order open", "orders open"),
    )
    found = [(int(counters.get(key) or 0), one, more) for key, one, more in named]
    return ", ".join(f"{count:,} {one if count == 1 else more}" for count, one, more in found if count)


def _tone(label: str, value: str) -> str:
    """Rich style of a value: PnL is green or red, everything else plain."""
    if label not in ("PnL", "Realised", "Unrealised"):
        return ""
    return "red" if value.startswith("-") else "green" if value.startswith("+") else ""


def _annualised(money: Mapping[str, Any], totals: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Sharpe and Sortino; of less than a day a year says nothing, so they are left out."""
    if money["sharpe"] is not None and totals["period_s"] < _DAY_S:
        return [("Sharpe, Sortino", "n/a (a year is not scaled from less than a day of data)")]
    interval = format_span(totals["sample_interval_s"])
    sharpe = (
        "n/a (no variation)"
        if money["sharpe"] is None
        else format_ratio(money["sharpe"], 2, f" (annualised from {interval} steps)")
    )
    return [("Sharpe", sharpe), ("Sortino", format_ratio(money["sortino"]))]


def money_pairs(money: Mapping[str, Any], totals: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Formatted (label, value) pairs of one currency's figures."""
    fraction = money["max_drawdown_fraction"]
    digits = money_digits(*(money[name] for name in ("pnl", "realized_pnl", "unrealized_pnl", "fees", "max_drawdown")))
    won = f", {format_percent(money['win_rate'])} won" if money["round_trips"] else ""
    pairs = [
        ("PnL", format_money(money["pnl"], digits, signed=True)),
        ("Realised", format_money(money["realized_pnl"], digits, signed=True)),
        ("Unrealised", format_money(money["unrealized_pnl"], digits, signed=True)),
        ("Fees", format_money(money["fees"], digits)),
        (
            "Return",
            format_percent(money["total_return"], 4) if money["start_cash"] else "n/a (no start cash)",
        ),
        ("Turnover", format_money(money["turnover"])),
        ("PnL per turnover", format_ratio(money["return_on_turnover_bps"], 3, " bps")),
        ("Maker share", format_percent(money["maker_share"])),
        (
            "Max drawdown",
            format_money(money["max_drawdown"], digits)
            + (f" ({format_percent(fraction, 4)})" if fraction is not None else "")
            + f", of {money['drawdown_of']}",
        ),
        *_annualised(money, totals),
        ("Round trips", f"{money['round_trips']:,}" + won),
    ]
    if money.get("impact_cost"):
        pairs.insert(4, ("Paid for own impact", format_money(money["impact_cost"])))
    if money["funding"]:
        pairs.insert(4, ("Funding paid", format_money(money["funding"])))
    return pairs
