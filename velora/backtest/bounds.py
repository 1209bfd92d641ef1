"""How much of a result rests on the queue model: the same run under both bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from velora.backtest.formats import format_money
from velora.backtest.result import Result
from velora.backtest.run import Backtest
from velora.core.html import ShownAsHtml
from velora.core.terminal import cell, readable
from velora.core.terminal_table import FittedTable
from velora.errors import InvalidArgument
from velora.sim.queue_model import QueueModel

__all__ = ["QueueBounds", "queue_bounds"]


@dataclass(frozen=True, repr=False)
class QueueBounds(ShownAsHtml):
    """Three results of one strategy; print it.

    Parameters
    ----------
    model : str
        Name of the model between the bounds.
    pessimistic, between, optimistic : Result
        Under ``"risk_averse"``, the model, and ``"optimistic"``.
    """

    model: str
    pessimistic: Result
    between: Result
    optimistic: Result

    def rows(self) -> list[dict[str, Any]]:
        """Of each result and currency: ``queue``, ``fills``, ``queue_fills`` (by place), ``currency`` and ``pnl``."""
        return [
            {
                "queue": name,
                "fills": len(result.fills),
                "queue_fills": result.fills["cause"].to_pylist().count("QUEUE"),
                "currency": currency,
                "pnl": result.pnl_units(currency) * float(result.money_unit(currency)),
            }
            for name, result in self._named()
            for currency in result.currencies
        ]

    def _named(self) -> list[tuple[str, Result]]:
        return [("risk_averse", self.pessimistic), (self.model, self.between), ("optimistic", self.optimistic)]

    def __repr__(self) -> str:
        fills = ", ".join(f"{name} {result.totals.fills}" for name, result in self._named())
        return readable(f"QueueBounds({self.between.title}: fills {fills})")

    def __rich__(self) -> Any:
        table = FittedTable("the same run under the bounds of the queue")
        for name in ("queue model", "fills", "by their place", "PnL", ""):
            table.add_column(name, "left" if name in ("queue model", "") else "right")
        for row in self.rows():
            table.add_row(
                cell(row["queue"]),
                f"{row['fills']:,}",
                f"{row['queue_fills']:,}",
                format_money(row["pnl"], signed=True),
                cell(row["currency"]),
            )
        return table


def queue_bounds(make: Callable[[str | QueueModel], Backtest], model: str | QueueModel = "proportional") -> QueueBounds:
    """Run a backtest under the pessimistic bound, a model and the optimistic bound.

    Parameters
    ----------
    make : callable
        Makes a fresh backtest, with a fresh strategy, for a queue model: ``lambda queue: Backtest(data, Quoter(),
        queue=queue)``.
    model : str or QueueModel

    Raises
    ------
    InvalidArgument
        If `make` gives the same strategy twice, or does not hand the model on.
    """
    chosen = QueueModel.of(model)
    runs = [make(queue) for queue in ("risk_averse", chosen, "optimistic")]
    if len({id(run.strategy) for run in runs}) != len(runs):
        raise InvalidArgument("make must give each backtest a strategy of its own: a strategy keeps what it has seen")
    for run, wanted in zip(runs, ("risk_averse", chosen.name, "optimistic"), strict=True):
        if run.queue.name != wanted:
            raise InvalidArgument(f"make was given the queue model {wanted!r} and used {run.queue.name!r}")
    pessimistic, between, optimistic = (run.run() for run in runs)
    for result in (between, optimistic):
        result.pessimistic = pessimistic
    return QueueBounds(chosen.name, pessimistic, between, optimistic)
