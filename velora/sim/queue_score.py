"""Scores of queue models against sessions by order, which show each order's queue position and when it filled.

From rows by order the feed by level is derived as a venue would send it, and orders are followed through it twice:
exactly, through the orders ahead of them, and by each model, which uses the level's totals and the trades
(`velora.sim.queue_follow`). Virtual orders of one lot are placed on a seeded schedule, at the touch and behind it; real
orders are the recorded ones. A model is scored by its queue positions, by which orders fill and when, and by the value
of its fills: the bias of its PnL, split into the effect of too many or too few fills, and of too much or too little
adverse selection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import DurationLike, duration_ns, format_duration
from velora.core.events import EventFlag, EventKind
from velora.core.html import ShownAsHtml
from velora.core.numbers import seed_number
from velora.core.terminal import cell
from velora.core.terminal_table import FittedTable
from velora.data.table import EventTable
from velora.errors import InvalidArgument
from velora.sim.queue_follow import CAUSES, ENDS, Followed, follow_orders
from velora.sim.queue_model import NAMES, QueueModel

__all__ = [
    "FIFO_SHARE_MIN",
    "FillTimes",
    "GroupScore",
    "ModelScore",
    "PnlBias",
    "QueueFit",
    "QueueScore",
    "fit_queue_model",
    "score_queue_models",
    "search_queue_models",
    "split_pnl",
    "virtual_placements",
]

#: Minimum share of first-in, first-out executions: below it, a session's truth should not be used.
FIFO_SHARE_MIN = 0.95

_Progress = Callable[[int, int], object]

_OPEN, _LOST = ENDS.index("OPEN"), ENDS.index("LOST")
_ORDER_KINDS = (EventKind.ORDER_ADD, EventKind.ORDER_CHANGE, EventKind.ORDER_CANCEL, EventKind.ORDER_EXECUTE)
_EXPONENTS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_FAMILIES = ("rigtorp", "power1", "power2", "power3")
_CRITERIA = ("place", "fills", "time", "pnl")


@dataclass(frozen=True)
class FillTimes:
    """Delay of a model's fills relative to the true ones, over orders that both fill; s, negative when earlier.

    Parameters
    ----------
    orders : int
    mean_s, mean_absolute_s, p5_s, median_s, p95_s : float
        0 if there are no such orders.
    """

    orders: int = 0
    mean_s: float = 0.0
    mean_absolute_s: float = 0.0
    p5_s: float = 0.0
    median_s: float = 0.0
    p95_s: float = 0.0

    @classmethod
    def of(cls, late_ns: NDArray[np.int64]) -> FillTimes:
        """Statistics of the differences."""
        if late_ns.size == 0:
            return cls()
        late = late_ns / 1e9
        p5, median, p95 = np.quantile(late, [0.05, 0.5, 0.95]).tolist()
        return cls(int(late.size), float(late.mean()), float(np.abs(late).mean()), p5, median, p95)


@dataclass(frozen=True)
class PnlBias:
    """Value of a model's fills after a while, less the value of the true fills; one lot each, before fees.

    Parameters
    ----------
    horizon_ns : int
        Time from a fill to the mid that values it.
    fills, true_fills : int
        Number of fills for which that mid is known.
    markout, true_markout : float
        Mean value of a fill, ticks: the mid less the price for a buy, the price less the mid for a sell.
    total : float
        The model's PnL less the true one, ticks. It is `fill_count` plus `adverse_selection`.
    fill_count : float
        Part of `total` from too many or too few fills, each valued at the mean of the true ones.
    adverse_selection : float
        Part of `total` from the difference in value per fill.
    """

    horizon_ns: int
    fills: int
    true_fills: int
    markout: float
    true_markout: float
    total: float
    fill_count: float
    adverse_selection: float


@dataclass(frozen=True)
class ModelScore:
    """Scores of one model.

    Parameters
    ----------
    model : str
    places : int
        Number of comparisons of queue positions: one per event that changes the level while the order truly rests.
    bias_lots, mae_lots : float
        Mean and mean absolute error of the queue position: estimate less truth.
    mae_share : float
        Mean absolute error as a share of the level's quantity without the order.
    fills : int
        Number of orders that the model fills.
    precision : float
        Share of these that truly filled; 0 when the model fills no order.
    recall : float
        Share of the truly filled orders that the model fills.
    late : FillTimes
    time_error_s : float
        Mean absolute error of the fill time over the orders filled by the model or in truth; for a missing fill the end
        of the order's life is used.
    pnl : list of PnlBias
        One for each horizon.
    """

    model: str
    places: int
    bias_lots: float
    mae_lots: float
    mae_share: float
    fills: int
    precision: float
    recall: float
    late: FillTimes
    time_error_s: float
    pnl: list[PnlBias] = field(default_factory=list)

    @property
    def miss(self) -> float:
        """1 less the harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 1.0 - 2.0 * self.precision * self.recall / both if both else 1.0


@dataclass(frozen=True)
class GroupScore:
    """Scores for the virtual or for the real orders.

    Parameters
    ----------
    kind : str
        ``"virtual"`` or ``"real"``.
    orders : int
        Number of orders followed.
    undecided : int
        Number of these whose level left the recording's view or that outlived it; only their positions are scored.
    filled : int
        Number of the others that truly filled.
    causes : dict
        Number of these by QUEUE, THROUGH and CROSS.
    anomalies : int
        Virtual orders filled by an order behind them while orders ahead were still open.
    models : list of ModelScore
        Sorted by mean absolute error of the queue position, smallest first.
    """

    kind: str
    orders: int
    undecided: int
    filled: int
    causes: dict[str, int]
    anomalies: int
    models: list[ModelScore]

    @property
    def best(self) -> str:
        """Name of the model with the smallest mean absolute error of the queue position."""
        return self.models[0].model

    def score(self, model: str) -> ModelScore:
        """The score of a model by its name."""
        for one in self.models:
            if one.model == model:
                return one
        raise InvalidArgument(f"{model!r} was not scored; known: {', '.join(one.model for one in self.models)}")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        models = [
            {
                **one.__dict__,
                "late": dict(one.late.__dict__),
                "pnl": [dict(bias.__dict__) for bias in one.pnl],
            }
            for one in self.models
        ]
        return {**self.__dict__, "models": models, "best": self.best}


@dataclass(frozen=True)
class QueueScore(ShownAsHtml):
    """Scores of all models on one session; print it.

    Parameters
    ----------
    symbol : str
    executions : int
    fifo_share : float
        Share of executions in events that filled all orders ahead of them; 0 without executions. Below 1 some queues of
        the session are not first in, first out.
    lot_size : float
        Quantity of a lot.
    virtual, real : GroupScore or None
        None if no orders of the kind were followed.
    """

    symbol: str
    executions: int
    fifo_share: float
    lot_size: float
    virtual: GroupScore | None
    real: GroupScore | None

    @property
    def is_trusted(self) -> bool:
        """Whether the session's truth may be used: at least 95 % of its executions are first in, first out."""
        return self.fifo_share >= FIFO_SHARE_MIN

    @property
    def groups(self) -> list[GroupScore]:
        """The groups that were followed."""
        return [group for group in (self.virtual, self.real) if group is not None]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            **self.__dict__,
            "is_trusted": self.is_trusted,
            "virtual": self.virtual.to_dict() if self.virtual else None,
            "real": self.real.to_dict() if self.real else None,
        }

    def __rich__(self) -> Any:
        from rich.console import Group

        style = "" if self.is_trusted else "yellow"
        verdict = "" if self.is_trusted else f", below {FIFO_SHARE_MIN:.0%}: its truth is doubtful"
        gate = cell(
            f"{self.symbol}: {self.fifo_share:.2%} of {self.executions:,} executions first in, first out{verdict}",
            style=style,
        )
        return Group(gate, *(_group_table(group, self.lot_size) for group in self.groups))


def _signed(seconds: float) -> str:
    return ("-" if seconds < 0 else "") + format_duration(round(abs(seconds) * 1e9))


def _group_table(group: GroupScore, lot_size: float) -> Any:
    causes = ", ".join(f"{count:,} {cause}" for cause, count in group.causes.items() if count)
    table = FittedTable(
        f"{group.orders:,} {group.kind} orders, {group.undecided:,} undecided, {group.filled:,} filled"
        + (f" ({causes})" if causes else "")
    )
    pnl = group.models[0].pnl
    chosen = min(1, len(pnl) - 1)
    after = f" {format_duration(pnl[chosen].horizon_ns)}" if pnl else ""
    header = ["model", "bias", "MAE", "of level", "precision", "recall", "late p50", "late mean"]
    for name in [*header, *([f"PnL bias{after}", "by fills", "by adverse"] if pnl else [])]:
        table.add_column(name, "left" if name == "model" else "right")
    for one in group.models:
        row: list[Any] = [
            cell(one.model),
            f"{one.bias_lots * lot_size:+,.4g}",
            f"{one.mae_lots * lot_size:,.4g}",
            f"{one.mae_share:.1%}",
            f"{one.precision:.1%}",
            f"{one.recall:.1%}",
            _signed(one.late.median_s),
            _signed(one.late.mean_s),
        ]
        if pnl:
            bias = one.pnl[chosen]
            row += [f"{value:+,.1f}" for value in (bias.total, bias.fill_count, bias.adverse_selection)]
        table.add_row(*row)
    if pnl:
        table.caption = (
            f"PnL bias in ticks of one lot, over {pnl[chosen].true_fills:,} true fills worth "
            f"{pnl[chosen].true_markout:+.3f} ticks each after{after}"
        )
    return table


# ---------------------------------------------------------------------- value of fills


def split_pnl(worth: Fraction, fills: int, true_worth: Fraction, true_fills: int) -> tuple[Fraction, Fraction]:
    """Split a PnL bias into the effect of the number of fills and of their value; the two parts sum to it exactly.

    Parameters
    ----------
    worth, true_worth : Fraction
        Total value of the fills.
    fills, true_fills : int

    Notes
    -----
    ``worth - true_worth = (fills - true_fills) * m + fills * (worth / fills - m)`` where m is the mean value of a true
    fill, 0 if there is none.
    """
    mean = true_worth / true_fills if true_fills else Fraction(0)
    by_count = (fills - true_fills) * mean
    return by_count, worth - true_worth - by_count


class _Mids:
    """Mids of a session by time, and values of fills against later mids."""

    def __init__(self, followed: Followed, end: int) -> None:
        self._ts = np.maximum.accumulate(followed.mids["ts"]) if len(followed.mids) else followed.mids["ts"]
        self._mid2 = followed.mids["mid_x2"]
        self._end = end

    def value_x2(self, orders: NDArray[Any], ts: NDArray[np.int64], horizon_ns: int) -> NDArray[np.int64]:
        """Twice the value in ticks of the fills (``ts >= 0``) whose later mid is known."""
        later = ts + horizon_ns
        rows = np.flatnonzero((ts >= 0) & (later <= self._end))
        at = np.searchsorted(self._ts, later[rows], side="right") - 1
        rows, at = rows[at >= 0], at[at >= 0]
        sign = np.where(orders["side"][rows] == 0, 1, -1)
        worth: NDArray[np.int64] = sign * (self._mid2[at] - 2 * orders["price"][rows])
        return worth


def _pnl_bias(
    mids: _Mids, orders: NDArray[Any], fill: NDArray[np.int64], true: NDArray[np.int64], horizon_ns: int
) -> PnlBias:
    own, truth = mids.value_x2(orders, fill, horizon_ns), mids.value_x2(orders, true, horizon_ns)
    worth, true_worth = Fraction(int(own.sum()), 2), Fraction(int(truth.sum()), 2)
    by_count, by_worth = split_pnl(worth, len(own), true_worth, len(truth))
    return PnlBias(
        horizon_ns,
        len(own),
        len(truth),
        float(worth / len(own)) if len(own) else 0.0,
        float(true_worth / len(truth)) if len(truth) else 0.0,
        float(worth - true_worth),
        float(by_count),
        float(by_worth),
    )


# ---------------------------------------------------------------------- scores


def _within(ts: NDArray[np.int64], orders: NDArray[Any], horizon_ns: int) -> NDArray[np.int64]:
    """Instants of fills, -1 for none; fills after a virtual order's horizon are ignored."""
    is_late = (orders["is_real"] == 0) & (ts - orders["ts_start"] > horizon_ns)
    return np.where(is_late, -1, ts)


def _time_error(fill: NDArray[np.int64], true: NDArray[np.int64], life_end: NDArray[np.int64]) -> float:
    either = (fill >= 0) | (true >= 0)
    error = np.where(fill >= 0, fill, life_end) - np.where(true >= 0, true, life_end)
    return float(np.abs(error[either]).mean()) / 1e9 if either.any() else 0.0


def _group(
    kind: str,
    followed: Followed,
    rows: NDArray[np.bool_],
    models: Sequence[QueueModel],
    mids: _Mids,
    horizon_ns: int,
    markouts_ns: Sequence[int],
) -> GroupScore:
    orders, estimates = followed.orders[rows], followed.estimates[rows]
    places = int(orders["places"].sum())
    n = max(places, 1)
    is_decided = ~np.isin(orders["end"], (_OPEN, _LOST))
    decided, guesses = orders[is_decided], estimates[is_decided]
    true = _within(decided["ts_fill"], decided, horizon_ns)
    has_filled = true >= 0
    life_end = np.where(
        decided["is_real"] == 0, np.minimum(decided["ts_end"], decided["ts_start"] + horizon_ns), decided["ts_end"]
    )
    made = []
    for at, model in enumerate(models):
        own = estimates[:, at]
        fill = _within(guesses["ts_fill"][:, at], decided, horizon_ns)
        filled, both = int((fill >= 0).sum()), (fill >= 0) & has_filled
        made.append(
            ModelScore(
                model.name,
                places,
                float(own["error"].sum()) / n,
                float(own["absolute"].sum()) / n,
                float(own["share"].sum()) / n,
                filled,
                int(both.sum()) / filled if filled else 0.0,
                int(both.sum()) / int(has_filled.sum()) if has_filled.any() else 0.0,
                FillTimes.of(fill[both] - true[both]),
                _time_error(fill, true, life_end),
                [_pnl_bias(mids, decided, fill, true, after) for after in markouts_ns],
            )
        )
    causes = np.bincount(decided["cause"][has_filled], minlength=len(CAUSES)).tolist()
    return GroupScore(
        kind,
        len(orders),
        int((~is_decided).sum()),
        int(has_filled.sum()),
        dict(zip(CAUSES, causes, strict=True)),
        int(decided["is_anomaly"][has_filled].sum()),
        sorted(made, key=lambda one: (one.mae_lots, one.model)),
    )


def virtual_placements(table: EventTable, count: int, away: Sequence[int] = (0, 1), seed: int = 0) -> NDArray[np.int64]:
    """Instants, distances and sides of virtual orders, for `follow_orders`.

    Parameters
    ----------
    table : EventTable
    count : int
        Number of instants to draw: each row by order is equally likely, so busy periods get more of them.
    away : tuple of int
        Ticks behind the best price; each instant gets a bid and an ask at each distance.
    seed : int

    Returns
    -------
    (n, 3) int64 array
    """
    if count < 0 or not away or min(away) < 0:
        raise InvalidArgument(f"count and away must be at least 0, were {count} and {tuple(away)}")
    is_news = np.isin(table.kind, _ORDER_KINDS) & (table.flags & EventFlag.SNAPSHOT == 0)
    rows = np.flatnonzero(is_news)
    rng = np.random.default_rng(seed_number(seed))
    drawn = rng.choice(rows, min(count, len(rows)), replace=False) if len(rows) else rows
    instants = np.unique(table.ts_event[drawn])
    pairs = np.array([(distance, side) for distance in away for side in (0, 1)], np.int64)
    made = np.zeros((len(instants), len(pairs), 3), np.int64)
    made[:, :, 0] = instants[:, None]
    made[:, :, 1:] = pairs
    return made.reshape(-1, 3)


def _follow(
    table: EventTable,
    models: Sequence[QueueModel],
    every: int,
    virtual: int,
    away: Sequence[int],
    horizon_ns: int,
    seed: int,
    progress: _Progress | None,
) -> Followed:
    if every < 0 or (every == 0 and virtual == 0):
        raise InvalidArgument(f"every must be at least 1, or 0 with virtual orders, was {every}")
    if not (table.kind == EventKind.ORDER_ADD).any():
        raise InvalidArgument(f"{table.instrument.symbol} has no rows by order: its queues are unknown")
    placements = virtual_placements(table, virtual, away, seed)
    return follow_orders(table, models, placements=placements, horizon_ns=horizon_ns, every=every, progress=progress)


def score_queue_models(
    table: EventTable,
    models: Iterable[str | QueueModel] = NAMES,
    *,
    every: int = 1,
    virtual: int = 5_000,
    away: Sequence[int] = (0, 1),
    horizon: DurationLike = "60s",
    markouts: Sequence[DurationLike] = ("1s", "10s", "60s"),
    seed: int = 0,
    progress: _Progress | None = None,
) -> QueueScore:
    """Score queue models on a session by order.

    Parameters
    ----------
    table : EventTable
        A table with rows by order, such as from `import_lobster`, `import_databento` and `import_bitstamp`.
    models : list of str or QueueModel
    every : int
        Follow one of this many real orders, 0 none.
    virtual, away, seed
        Instants and distances of virtual orders; see `virtual_placements`. 0 instants: no virtual orders.
    horizon : duration
        Lifetime of a virtual order.
    markouts : list of duration
        Times from a fill to the mid that values it.
    progress : callable, optional
        Called with the number of rows processed and the time in ns.

    Returns
    -------
    QueueScore

    Raises
    ------
    InvalidArgument
        If the table has no rows by order.
    """
    chosen = [QueueModel.of(model) for model in models]
    horizon_ns, after = duration_ns(horizon, "horizon"), [duration_ns(one, "markouts") for one in markouts]
    followed = _follow(table, chosen, every, virtual, away, horizon_ns, seed, progress)
    mids = _Mids(followed, int(table.ts_event.max()))
    is_real = followed.orders["is_real"] != 0
    groups = [
        _group(kind, followed, rows, chosen, mids, horizon_ns, after) if rows.any() else None
        for kind, rows in (("virtual", ~is_real), ("real", is_real))
    ]
    share = followed.executed_first / followed.executed if followed.executed else 0.0
    return QueueScore(
        table.instrument.symbol, followed.executed, share, float(table.instrument.lot_size), groups[0], groups[1]
    )


# ---------------------------------------------------------------------- fitting


@dataclass(frozen=True)
class QueueFit(ShownAsHtml):
    """The model that fits a session best, with its score on held-out data; prints as a table.

    Parameters
    ----------
    model : QueueModel
        The value for ``Backtest(queue=...)``.
    criterion : str
    fitted, held_out : float
        Value of the criterion on both parts; smaller is better.
    held_out_rank : int
        Rank among all candidates on the held-out part, 1 the best.
    candidates : list of tuple
        Name, value on the fitted part, value on the held-out part; best first.
    is_trusted : bool
        Whether the session passes `QueueScore.is_trusted`.
    """

    model: QueueModel
    criterion: str
    fitted: float
    held_out: float
    held_out_rank: int
    candidates: list[tuple[str, float, float]]
    is_trusted: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**self.__dict__, "model": self.model.name, "candidates": [list(one) for one in self.candidates]}

    def __rich__(self) -> Any:
        table = FittedTable(
            f"fits best: {self.model.name} (rank {self.held_out_rank} of {len(self.candidates)} on held-out data)"
        )
        unit = {"place": "MAE of level", "fills": "1 - F1", "time": "error of fill time, s", "pnl": "|PnL bias| a fill"}
        for name in ("model", f"{unit[self.criterion]}, fitted", "held out"):
            table.add_column(name, "left" if name == "model" else "right")
        for name, fitted, held_out in self.candidates[:6]:
            table.add_row(cell(name), f"{fitted:.4g}", f"{held_out:.4g}")
        return table


def _value(score: ModelScore, criterion: str) -> float:
    if criterion == "place":
        return score.mae_share
    if criterion == "fills":
        return score.miss
    if criterion == "time":
        return score.time_error_s
    bias = score.pnl[0]
    return abs(bias.total) / max(bias.true_fills, 1)


def _between(name: str) -> list[str]:
    """Models with exponents between a grid point and its neighbors."""
    model, _, rest = name.partition("(")
    value = float(rest.removesuffix(")"))
    grid = [_EXPONENTS[0] / 2, *_EXPONENTS, _EXPONENTS[-1] * 1.5]
    at = grid.index(value)
    points = [*np.linspace(grid[at - 1], value, 5)[1:-1], *np.linspace(value, grid[at + 1], 5)[1:-1]]
    return [f"{model}({point:g})" for point in points]


def search_queue_models(
    table: EventTable,
    *,
    criterion: str = "place",
    orders: str = "virtual",
    held_out: float = 0.3,
    every: int = 1,
    virtual: int = 5_000,
    away: Sequence[int] = (0, 1),
    horizon: DurationLike = "60s",
    markout: DurationLike = "10s",
    seed: int = 0,
    progress: _Progress | None = None,
) -> QueueFit:
    """Choose a queue model and its exponent on the first part of a session, and test it on the rest.

    Parameters
    ----------
    table : EventTable
        A table with rows by order.
    criterion : {"place", "fills", "time", "pnl"}
        The quantity to minimize: the mean absolute error of the queue position as a share of the level; 1 less the
        harmonic mean of precision and recall; `ModelScore.time_error_s`, of virtual orders; or the absolute bias of the
        PnL after `markout`, per true fill. The queue position has the most comparisons and is the least noisy.
    orders : {"virtual", "real"}
        Orders to fit on.
    held_out : float
        Share of the orders, the last by the instant of joining, that the fit does not use. Orders still open at its
        start are left out of both parts.
    every, virtual, away, horizon, seed, progress
        As for `score_queue_models`.
    markout : duration

    Returns
    -------
    QueueFit

    Raises
    ------
    InvalidArgument
        If the table has no rows by order, or too few orders for two parts.
    """
    if criterion not in _CRITERIA:
        raise InvalidArgument(f"criterion must be one of {', '.join(_CRITERIA)}, was {criterion!r}")
    if orders not in ("virtual", "real"):
        raise InvalidArgument(f"orders must be 'virtual' or 'real', was {orders!r}")
    if criterion == "time" and orders == "real":
        raise InvalidArgument("fit 'time' on virtual orders: a real order ends with its fill, no model can fill later")
    if not 0.0 < held_out < 1.0:
        raise InvalidArgument(f"held_out must be between 0 and 1, was {held_out}")
    horizon_ns, after = duration_ns(horizon, "horizon"), duration_ns(markout, "markout")
    is_real = orders == "real"
    values: dict[str, tuple[float, float, float]] = {}
    is_trusted = False

    def order(name: str) -> tuple[float, float, str]:
        return (*values[name][:2], name)

    def try_models(names: Sequence[str]) -> None:
        nonlocal is_trusted
        models = [QueueModel.of(name) for name in names]
        followed = _follow(
            table, models, every if is_real else 0, 0 if is_real else virtual, away, horizon_ns, seed, progress
        )
        is_trusted = followed.executed > 0 and followed.executed_first >= FIFO_SHARE_MIN * followed.executed
        start, end = followed.orders["ts_start"], followed.orders["ts_end"]
        if len(start) < 2:
            raise InvalidArgument(f"{len(start)} orders to fit on are too few")
        cut = int(np.sort(start)[int(len(start) * (1.0 - held_out))])
        mids = _Mids(followed, int(table.ts_event.max()))
        parts = [
            _group(orders, followed, rows, models, mids, horizon_ns, [after])
            for rows in ((start < cut) & (end >= 0) & (end < cut), start >= cut)
        ]
        for model in models:
            first, rest = (part.score(model.name) for part in parts)
            known, unknown = (_value(one, criterion) for one in (first, rest))
            values[model.name] = (known, first.mae_share, unknown)

    grid = [f"{name}({n:g})" for name in _FAMILIES for n in _EXPONENTS]
    try_models(["risk_averse", "optimistic", "proportional", "rigtorp", "log1", "log2", *grid])
    try_models(_between(min(grid, key=order)))
    ranked = sorted(values, key=order)
    best = ranked[0]
    rank = 1 + sum(one[2] < values[best][2] for one in values.values())
    return QueueFit(
        QueueModel.of(best),
        criterion,
        values[best][0],
        values[best][2],
        rank,
        [(name, values[name][0], values[name][2]) for name in ranked],
        is_trusted,
    )


def fit_queue_model(table: EventTable, **options: Any) -> QueueModel:
    """Model of `search_queue_models` that fits a session best.

    Parameters
    ----------
    table : EventTable
        A table with rows by order.
    **options
        As for `search_queue_models`.
    """
    return search_queue_models(table, **options).model
