"""The frame of a study such as the numbered examples: its command line, its market, and a line for each result."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from velora.core.events import EventKind
from velora.errors import VeloraError

if TYPE_CHECKING:
    from velora.backtest.result import Result
    from velora.data import EventTable

__all__ = ["clip", "line", "market", "options", "parser", "sessions", "worth", "write_html"]


def parser(doc: str | None, *, session: bool = True) -> argparse.ArgumentParser:
    """The command line of a study: ``--session``, ``--symbol`` and ``--html``; add more options to it.

    Parameters
    ----------
    doc : str
        The study's docstring, shown by ``--help``.
    session : bool
        Whether the study runs on any session.
    """
    found = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    if session:
        found.add_argument(
            "--session",
            nargs="+",
            action="append",
            metavar="PATH",
            help="your data instead of the synthetic market: a catalog, or the files of one session in any format that "
            "`velora data import` reads; `velora data sample` makes some",
        )
        found.add_argument(
            "--symbol", action="append", help="instrument of the session, where it has several: SYMBOL or SYMBOL@VENUE"
        )
    found.add_argument("--html", metavar="FILE", help="write a report of each result, FILE or FILE with its name")
    return found


def options(doc: str | None, *, session: bool = True) -> argparse.Namespace:
    """The parsed command line of a study without options of its own; see `parser`."""
    return parser(doc, session=session).parse_args()


def sessions(given: argparse.Namespace) -> list[EventTable]:
    """The tables of ``--session`` and ``--symbol``, each of which may be repeated; all on one clock.

    An error of the user's data ends the program with its message.
    """
    from velora.data import open_sessions

    try:
        return open_sessions(given.session, given.symbol)
    except VeloraError as error:
        sys.exit(f"error: {error}")


def market(given: argparse.Namespace, duration: str = "3m", seed: int = 7) -> EventTable:
    """The session that the command line names, else a synthetic market."""
    from velora.data.synth import SyntheticMarket

    if given.session:
        found = sessions(given)
        if len(found) > 1:
            sys.exit("error: this study runs on one instrument: give --session and --symbol once")
        return found[0]
    return SyntheticMarket(seed, duration=duration).table()


def clip(table: EventTable, notional: float = 600.0) -> int:
    """Lots for about this amount of money at the first price, at least one."""
    one = table.instrument
    priced = (EventKind.TRADE, EventKind.QUOTE, EventKind.ORDER_ADD, EventKind.DELTA)
    first = int(table.price[np.isin(table.kind, priced)][0])
    return max(1, round(notional / (one.ticks_to_price(first) * one.lots_to_qty(1))))


def line(name: str, result: Result) -> str:
    """One result as a line: its earnings before and after fees, and its hash."""
    figures = result.statistics()
    # Of several currencies the one in which the most was traded.
    money = max(figures["money"], key=lambda one: one["turnover"])
    pnl, fees = money["pnl"], money["fees"]
    per_turnover = money["return_on_turnover_bps"]
    return (
        f"{name:24} {figures['orders']:6} orders {figures['fills']:5} fills {money['maker_share'] or 0:5.0%} maker"
        f"{pnl + fees:+10.3f} before fees {fees:8.3f} fees {pnl:+10.3f} after fees, {money['currency']}"
        f" ({per_turnover or 0:+.2f} bps of turnover)   Hash {result.hash}"
    )


def worth(result: Result) -> str:
    """Mean value of the fills against the mid, in basis points of their notional, before fees.

    Fills of one burst are correlated, so the standard errors are those of sums over ten seconds each.
    """
    fills = result.fills
    notional, block = fills["notional"].to_numpy(), result.fills_raw["ts_local"] // 10_000_000_000
    parts = []
    for column, when in (("edge", "at the fill"), ("markout_1s", "1 s later"), ("markout_10s", "10 s later")):
        gain = fills[column].to_numpy() / notional * 1e4
        known = ~np.isnan(gain)
        count = max(int(known.sum()), 1)
        mean = gain[known].sum() / count
        sums = np.bincount(np.unique(block[known], return_inverse=True)[1], gain[known] - mean)
        parts.append(f"{mean:+.3f} ± {np.sqrt(np.sum(sums**2)) / count:.3f} bps {when}")
    return f"{'':24} a fill is worth " + ", ".join(parts)


def write_html(given: argparse.Namespace, results: Mapping[str, Result]) -> list[Path]:
    """Write the reports that ``--html`` asks for, and print where they are.

    A single result goes to FILE; of several each goes to FILE with its name added: ``out.html`` becomes
    ``out-trust-1.html``.
    """
    if given.html is None:
        return []
    file = Path(given.html)
    written = []
    for name, result in results.items():
        path = file
        if len(results) > 1:
            path = file.with_name(f"{file.stem}-{re.sub('[^A-Za-z0-9.]+', '-', name).strip('-')}{file.suffix}")
        try:
            written.append(result.to_html(path))
        except (VeloraError, OSError) as error:
            sys.exit(f"error: {error}")
        print(f"report: {path}")
    return written
