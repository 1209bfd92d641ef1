"""Queue models held against the truth: sessions by order say where each order stood, and when it filled.

From rows by order the feed by level is derived, as a venue would send it. Each real order is then followed twice:
exactly, through the orders ahead of it, and by each model, which sees the level's totals (without the order itself) and
the trades. A model's place is compared with the true one after every change of the level; a model fills the order at
the first trade that is larger than what it holds to be ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from velora.core.clock import format_duration
from velora.core.events import EventFlag, EventKind
from velora.data.table import EventTable
from velora.errors import InvalidArgument
from velora.sim.queue_model import NAMES, QueueModel

__all__ = ["ModelScore", "QueueScore", "fit_queue_model", "score_queue_models"]

_ADD, _CHANGE = int(EventKind.ORDER_ADD), int(EventKind.ORDER_CHANGE)
_CANCEL, _EXECUTE = int(EventKind.ORDER_CANCEL), int(EventKind.ORDER_EXECUTE)
_BEGIN, _SNAPSHOT = int(EventKind.SNAPSHOT_BEGIN), int(EventFlag.SNAPSHOT)
_EXPONENTS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)


@dataclass
class ModelScore:
    """How one model did.

    Parameters
    ----------
    model : str
    places : int
        Comparisons of places.
    bias_lots, mae_lots : float
        Mean and mean absolute error of the place: estimate less truth.
    mae_share : float
        Mean absolute error as a share of the level's quantity without the order.
    precision : float
        Of the orders that the model fills, how many filled. 0 when it fills none.
    recall : float
        Of the orders that filled, how many the model had filled by then.
    early_s : float
        How much earlier than the truth the model fills, of orders that both fill: mean, s.
    """

    model: str
    places: int = 0
    bias_lots: float = 0.0
    mae_lots: float = 0.0
    mae_share: float = 0.0
    precision: float = 0.0
    recall: float = 0.0
    early_s: float = 0.0


@dataclass
class QueueScore:
    """Scores of all models on one session; print it.

    Parameters
    ----------
    symbol : str
    orders, filled : int
        Orders followed, and how many of them filled.
    fifo_share : float
        Executions that met the first order of their level, as a share of all. Below 1 the session's queues are not
        first in, first out for all, and its truth deserves less trust.
    lot_size : float
        Quantity of a lot.
    models : list of ModelScore
        The smallest mean absolute error first.
    """

    symbol: str
    orders: int
    filled: int
    fifo_share: float
    lot_size: float
    models: list[ModelScore] = field(default_factory=list)

    @property
    def best(self) -> str:
        """Name of the model with the smallest mean absolute error of the place."""
        return self.models[0].model

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**self.__dict__, "models": [dict(one.__dict__) for one in self.models], "best": self.best}

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(
            title=f"{self.symbol}: {self.orders:,} orders, {self.filled:,} filled, "
            f"{self.fifo_share:.2%} of the executions first in, first out",
            title_justify="left",
        )
        for name in ("model", "places", "bias", "MAE", "MAE of level", "precision", "recall", "fills early by"):
            table.add_column(name, justify="left" if name == "model" else "right")
        for one in self.models:
            early = ("-" if one.early_s < 0 else "") + format_duration(round(abs(one.early_s) * 1e9))
            table.add_row(
                one.model,
                f"{one.places:,}",
                f"{one.bias_lots * self.lot_size:+,.4g}",
                f"{one.mae_lots * self.lot_size:,.4g}",
                f"{one.mae_share:.1%}",
                f"{one.precision:.1%}",
                f"{one.recall:.1%}",
                early,
            )
        return table


class _Order:
    """A live order; followed ones have estimates."""

    __slots__ = ("estimates", "fills", "key", "qty", "sequence", "true_ahead")

    def __init__(self, key: tuple[int, int], qty: int, sequence: int) -> None:
        self.key = key
        self.qty = qty
        self.sequence = sequence
        self.true_ahead = 0
        self.estimates: list[float] | None = None
        self.fills: list[int] = []


class _Level:
    """One price: orders by id in priority (a dict keeps its order), and their sum."""

    __slots__ = ("followed", "orders", "total")

    def __init__(self) -> None:
        self.orders: dict[int, _Order] = {}
        self.followed: dict[int, _Order] = {}
        self.total = 0


class _Scorer:
    def __init__(self, models: Sequence[QueueModel], every: int) -> None:
        self.models = models
        self.every = every
        self.levels: dict[tuple[int, int], _Level] = {}
        self.orders: dict[int, _Order] = {}
        self.sequence = 0
        self.followed = self.filled = self.executions = self.first = 0
        count = len(models)
        self.places = 0
        self.errors, self.absolute, self.shares = [0.0] * count, [0.0] * count, [0.0] * count
        self.predicted, self.right, self.early = [0] * count, [0] * count, [[] for _ in range(count)]  # type: ignore[var-annotated]

    def clear(self) -> None:
        self.levels.clear()
        self.orders.clear()

    def add(self, order_id: int, side: int, price: int, qty: int, *, follow: bool) -> None:
        key = (side, price)
        level = self.levels.setdefault(key, _Level())
        self.sequence += 1
        order = _Order(key, qty, self.sequence)
        self.orders[order_id] = level.orders[order_id] = order
        if follow and self.sequence % self.every == 0:
            order.true_ahead = level.total
            order.estimates = [float(level.total)] * len(self.models)
            order.fills = [-1] * len(self.models)
            level.followed[order_id] = order
            self.followed += 1
        level.total += qty

    def take(self, order_id: int, lots: int, ts: int, *, is_trade: bool, is_known: bool) -> None:
        """Lots leave an order; with `is_known` false nothing happened, the recording only stops telling of it."""
        order = self.orders.get(order_id)
        if order is None:
            return
        level = self.levels[order.key]
        lots = min(lots or order.qty, order.qty)
        if is_trade:
            self.executions += 1
            self.first += next(iter(level.orders)) == order_id
        for other_id, one in list(level.followed.items()):
            if other_id == order_id:
                if is_trade:
                    self._fill(one, ts)
                if is_trade or lots == order.qty or not is_known:
                    self._end(level, other_id)
                continue
            if not is_known:
                self._end(level, other_id)
            else:
                self._move(level, one, order, lots, ts, is_trade=is_trade)
        order.qty -= lots
        level.total -= lots
        if order.qty == 0:
            del level.orders[order_id]
            del self.orders[order_id]

    def _move(self, level: _Level, one: _Order, mover: _Order, lots: int, ts: int, *, is_trade: bool) -> None:
        if mover.sequence < one.sequence:
            one.true_ahead -= lots
        before = level.total - one.qty
        after = before - lots
        estimates = one.estimates
        assert estimates is not None
        self.places += 1
        for at, model in enumerate(self.models):
            ahead = estimates[at]
            if is_trade:
                if one.fills[at] < 0 and lots > ahead:
                    one.fills[at] = ts
                ahead = max(ahead - lots, 0.0)
            estimates[at] = ahead = model.after(ahead, before, after, lots if is_trade else 0.0)
            error = ahead - one.true_ahead
            self.errors[at] += error
            self.absolute[at] += abs(error)
            self.shares[at] += abs(error) / max(after, 1)

    def _fill(self, one: _Order, ts: int) -> None:
        self.filled += 1
        for at, predicted in enumerate(one.fills):
            # An execution of the order itself is a trade at its price with nothing before it: every model that has
            # nothing ahead fills it now.
            estimates = one.estimates
            assert estimates is not None
            if predicted < 0 and estimates[at] < 1.0:
                one.fills[at] = predicted = ts
            if predicted >= 0:
                self.right[at] += 1
                self.early[at].append(ts - predicted)

    def _end(self, level: _Level, order_id: int) -> None:
        one = level.followed.pop(order_id)
        for at, predicted in enumerate(one.fills):
            self.predicted[at] += predicted >= 0

    def change(self, order_id: int, price: int, qty: int, ts: int) -> None:
        order = self.orders.get(order_id)
        if order is None:
            return
        if price == order.key[1] and qty <= order.qty:
            if qty < order.qty:
                self.take(order_id, order.qty - qty, ts, is_trade=False, is_known=True)
            return
        side = order.key[0]
        self.take(order_id, 0, ts, is_trade=False, is_known=True)
        if qty:
            self.add(order_id, side, price, qty, follow=True)

    def scores(self) -> list[ModelScore]:
        for level in self.levels.values():
            for order_id in list(level.followed):
                self._end(level, order_id)
        made = []
        n = max(self.places, 1)
        for at, model in enumerate(self.models):
            made.append(
                ModelScore(
                    model.name,
                    self.places,
                    self.errors[at] / n,
                    self.absolute[at] / n,
                    self.shares[at] / n,
                    self.right[at] / self.predicted[at] if self.predicted[at] else 0.0,
                    self.right[at] / self.filled if self.filled else 0.0,
                    float(np.mean(self.early[at])) / 1e9 if self.early[at] else 0.0,
                )
            )
        return sorted(made, key=lambda one: (one.mae_lots, one.model))


def score_queue_models(table: EventTable, models: Iterable[str | QueueModel] = NAMES, *, every: int = 1) -> QueueScore:
    """Score queue models on a session by order.

    Parameters
    ----------
    table : EventTable
        With rows by order, such as `import_lobster`, `import_databento` and `import_bitstamp` make.
    models : list of str or QueueModel
    every : int
        Follow one of this many orders.

    Returns
    -------
    QueueScore

    Raises
    ------
    InvalidArgument
        If the table has no rows by order.
    """
    if every < 1:
        raise InvalidArgument(f"every must be at least 1, was {every}")
    if not np.isin(table.kind, (_ADD,)).any():
        raise InvalidArgument(f"{table.instrument.symbol} has no rows by order: its queues cannot be known")
    scorer = _Scorer([QueueModel.of(model) for model in models], every)
    rows = zip(
        table.kind.tolist(),
        table.side.tolist(),
        table.price.tolist(),
        table.qty.tolist(),
        table.order_id.tolist(),
        table.flags.tolist(),
        table.ts_event.tolist(),
        strict=True,
    )
    for kind, side, price, qty, order_id, flags, ts in rows:
        restates = flags & _SNAPSHOT != 0
        if kind == _ADD:
            scorer.add(order_id, side, price, qty, follow=not restates)
        elif kind == _CANCEL:
            scorer.take(order_id, qty, ts, is_trade=False, is_known=not restates)
        elif kind == _EXECUTE:
            scorer.take(order_id, qty, ts, is_trade=True, is_known=True)
        elif kind == _CHANGE:
            scorer.change(order_id, price, qty, ts)
        elif kind == _BEGIN:
            scorer.clear()
    scores = scorer.scores()
    share = scorer.first / scorer.executions if scorer.executions else 0.0
    return QueueScore(
        table.instrument.symbol, scorer.followed, scorer.filled, share, float(table.instrument.lot_size), scores
    )


def fit_queue_model(table: EventTable, *, every: int = 1) -> QueueModel:
    """The model whose place has the smallest mean absolute error on a session, its exponent chosen as well.

    Parameters
    ----------
    table : EventTable
        With rows by order.
    every : int
        Follow one of this many orders.
    """
    names = ["risk_averse", "optimistic", "proportional", "rigtorp", "log1", "log2"]
    names += [f"{name}({n:g})" for name in ("rigtorp", "power1", "power2", "power3") for n in _EXPONENTS]
    return QueueModel.of(score_queue_models(table, names, every=every).best)
