"""Queue models held against the truth: sessions by order say where each order stood, and when it filled.

From rows by order the feed by level is derived, as a venue would send it, and orders are followed through it twice:
exactly, through the orders ahead of them, and by each model, which sees the level's totals and the trades
(`velora.sim.queue_follow`). Virtual orders of one lot are placed on a seeded schedule, at the touch and behind it;
real orders are the recorded ones. A model is scored by the place, by who fills and when, and by what its fills are
worth: the bias of its PnL, split into the fills that it has too many or too few, and the adverse selection that it has
too little or too much of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import duration_ns, format_duration
from velora.core.events import EventFlag, EventKind
from velora.core.terminal import cell
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

#: Below this share of executions that came first in, first out, a session's truth should not be used.
FIFO_SHARE_MIN = 0.95

_Duration = str | int | timedelta
_Progress = Callable[[int, int], object]

_OPEN, _LOST = ENDS.index("OPEN"), ENDS.index("LOST")
_ORDER_KINDS = (EventKind.ORDER_ADD, EventKind.ORDER_CHANGE, EventKind.ORDER_CANCEL, EventKind.ORDER_EXECUTE)
_EXPONENTS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_FAMILIES = ("rigtorp", "power1", "power2", "power3")
_CRITERIA = ("place", "fills", "time", "pnl")


@dataclass(frozen=True)
class FillTimes:
    """How much later than the truth a model fills, over orders that both fill; s, negative when earlier.

    Parameters
    ----------
    orders : int
    mean_s, mean_absolute_s, p5_s, median_s, p95_s : float
        0 without such orders.
    """

    orders: int = 0
    mean_s: float = 0.0
    mean_absolute_s: float = 0.0
    p5_s: float = 0.0
    median_s: float = 0.0
    p95_s: float = 0.0

    @classmethod
    def of(cls, late_ns: NDArray[np.int64]) -> FillTimes:
        """From the differences."""
        if late_ns.size == 0:
            return cls()
        late = late_ns / 1e9
        p5, median, p95 = np.quantile(late, [0.05, 0.5, 0.95]).tolist()
        return cls(int(late.size), float(late.mean()), float(np.abs(late).mean()), p5, median, p95)


@dataclass(frozen=True)
class PnlBias:
    """What a model's fills are worth after a while, less what the true fills are; one lot each, before fees.

    Parameters
    ----------
    horizon_ns : int
        From a fill to the mid that values it.
    fills, true_fills : int
        Of which that mid is known.
    markout, true_markout : float
        Mean worth of a fill, ticks: the mid less the price for a buy, the price less the mid for a sell.
    total : float
        The model's PnL less the true one, ticks. It is `fill_count` plus `adverse_selection`.
    fill_count : float
        Of it, what fills too many or too few make, each worth the mean of the true ones.
    adverse_selection : float
        Of it, what the model's fills are worth more, each, than true ones.
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
    """How one model did.

    Parameters
    ----------
    model : str
    places : int
        Comparisons of places: one an event that changes the level while the order truly rests.
    bias_lots, mae_lots : float
        Mean and mean absolute error of the place: estimate less truth.
    mae_share : float
        Mean absolute error as a share of the level's quantity without the order.
    fills : int
        Orders that it fills.
    precision : float
        Of these, how many truly filled. 0 when it fills none.
    recall : float
        Of the orders that truly filled, how many it fills.
    late : FillTimes
    time_error_s : float
        Mean absolute error of the fill time over the orders that either fills; where one does not, the end of the
        order's life stands for it.
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
    """Scores on the virtual or on the real orders.

    Parameters
    ----------
    kind : str
        ``"virtual"`` or ``"real"``.
    orders : int
        Followed in all.
    undecided : int
        Of these, those that the recording lost sight of or that outlived it; only their places are counted.
    filled : int
        Of the rest, those that truly filled.
    causes : dict
        Of these, how many by QUEUE, THROUGH and CROSS.
    anomalies : int
        Virtual orders filled by one behind them while others still stood ahead.
    models : list of ModelScore
        The smallest mean absolute error of the place first.
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
        """Name of the model with the smallest mean absolute error of the place."""
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
class QueueScore:
    """Scores of all models on one session; print it.

    Parameters
    ----------
    symbol : str
    executions : int
    fifo_share : float
        Executions whose event filled all that had stood ahead, as a share of all; 0 without executions. Below 1 the
        session's queues are not first in, first out for all.
    lot_size : float
        Quantity of a lot.
    virtual, real : GroupScore or None
        None where none were followed.
    """

    symbol: str
    executions: int
    fifo_share: float
    lot_size: float
    virtual: GroupScore | None
    real: GroupScore | None

    @property
    def is_trusted(self) -> bool:
        """Whether the session's truth may be used: its executions come first in, first out in at least 95 %."""
        return self.fifo_share >= FIFO_SHARE_MIN

    @property
    def groups(self) -> list[GroupScore]:
        """Those that were followed."""
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
        verdict = "" if self.is_trusted else f", below {FIFO_SHARE_MIN:.0%}: take its truth with care"
        gate = cell(
            f"{self.symbol}: {self.fifo_share:.2%} of {self.executions:,} executions first in, first out{verdict}",
            style=style,
        )
        return Group(gate, *(_group_table(group, self.lot_size) for group in self.groups))


def _signed(seconds: float) -> str:
    return ("-" if seconds < 0 else "") + format_duration(round(abs(seconds) * 1e9))


def _group_table(group: GroupScore, lot_size: float) -> Any:
    from rich.table import Table

    causes = ", ".join(f"{count:,} {cause}" for cause, count in group.causes.items() if count)
    table = Table(
        title=f"{group.orders:,} {group.kind} orders, {group.undecided:,} undecided, {group.filled:,} filled"
        + (f" ({causes})" if causes else ""),
        title_justify="left",
        title_style="bold",
    )
    pnl = group.models[0].pnl
    chosen = min(1, len(pnl) - 1)
    after = f" {format_duration(pnl[chosen].horizon_ns)}" if pnl else ""
    header = ["model", "bias", "MAE", "of level", "precision", "recall", "late p50", "late mean"]
    for name in [*header, *([f"PnL bias{after}", "by fills", "by adverse"] if pnl else [])]:
        table.add_column(name, justify="left" if name == "model" else "right")
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
        table.caption_justify = "left"
    return table


# ---------------------------------------------------------------------- what fills are worth


def split_pnl(worth: Fraction, fills: int, true_worth: Fraction, true_fills: int) -> tuple[Fraction, Fraction]:
    """Split a PnL bias into what the number of fills makes and what their worth makes; the two sum to it exactly.

    Parameters
    ----------
    worth, true_worth : Fraction
        Of all fills.
    fills, true_fills : int

    Notes
    -----
    ``worth - true_worth = (fills - true_fills) * m + fills * (worth / fills - m)`` with m the mean worth of a true
    fill, taken as 0 where there is none.
    """
    mean = true_worth / true_fills if true_fills else Fraction(0)
    by_count = (fills - true_fills) * mean
    return by_count, worth - true_worth - by_count


class _Mids:
    """Mids of a session by time, and what a fill is worth against a later one."""

    def __init__(self, followed: Followed, end: int) -> None:
        self._ts = np.maximum.accumulate(followed.mids["ts"]) if len(followed.mids) else followed.mids["ts"]
        self._mid2 = followed.mids["mid_x2"]
        self._end = end

    def worth2(self, orders: NDArray[Any], ts: NDArray[np.int64], horizon_ns: int) -> NDArray[np.int64]:
        """Twice the worth in ticks of the fills (those with ``ts >= 0``) of which the later mid is known."""
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
    own, truth = mids.worth2(orders, fill, horizon_ns), mids.worth2(orders, true, horizon_ns)
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
    """Instants of fills, -1 where there is none; what comes after a virtual order's horizon is none."""
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
        Instants to draw: rows by order, each as likely, so that busy stretches get more.
    away : tuple of int
        Ticks behind the best price; at each instant a bid and an ask at each.
    seed : int

    Returns
    -------
    (n, 3) int64 array
    """
    if count < 0 or not away or min(away) < 0:
        raise InvalidArgument(f"count and away must be at least 0, were {count} and {tuple(away)}")
    is_news = np.isin(table.kind, _ORDER_KINDS) & (table.flags & EventFlag.SNAPSHOT == 0)
    rows = np.flatnonzero(is_news)
    drawn = np.random.default_rng(seed).choice(rows, min(count, len(rows)), replace=False) if len(rows) else rows
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
        raise InvalidArgument(f"{table.instrument.symbol} has no rows by order: its queues cannot be known")
    placements = virtual_placements(table, virtual, away, seed)
    return follow_orders(table, models, placements=placements, horizon_ns=horizon_ns, every=every, progress=progress)


def score_queue_models(
    table: EventTable,
    models: Iterable[str | QueueModel] = NAMES,
    *,
    every: int = 1,
    virtual: int = 5_000,
    away: Sequence[int] = (0, 1),
    horizon: _Duration = "60s",
    markouts: Sequence[_Duration] = ("1s", "10s", "60s"),
    seed: int = 0,
    progress: _Progress | None = None,
) -> QueueScore:
    """Score queue models on a session by order.

    Parameters
    ----------
    table : EventTable
        With rows by order, such as `import_lobster`, `import_databento` and `import_bitstamp` make.
    models : list of str or QueueModel
    every : int
        Follow one of this many real orders, 0 none.
    virtual, away, seed
        Instants and distances of virtual orders; see `virtual_placements`. 0 instants for none.
    horizon : duration
        Life of a virtual order.
    markouts : list of duration
        From a fill to the mid that values it.
    progress : callable, optional
        Called with the rows done and the time in ns.

    Returns
    -------
    QueueScore

    Raises
    ------
    InvalidArgument
        If the table has no rows by order.
    """
    chosen = [QueueModel.of(model) for model in models]
    horizon_ns, after = duration_ns(horizon), [duration_ns(one) for one in markouts]
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
class QueueFit:
    """The model that fits a session best, and how well it holds where it was not fitted; print it.

    Parameters
    ----------
    model : QueueModel
        What ``Backtest(queue=...)`` takes.
    criterion : str
    fitted, held_out : float
        Its value of the criterion on both parts, less is better.
    held_out_rank : int
        Its rank among all candidates on the part held out, 1 the best there.
    candidates : list of tuple
        Name, value on the part fitted on, value on the part held out; the best first.
    is_trusted : bool
        Whether the session's truth passes its gate.
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
        from rich.table import Table

        table = Table(
            title=cell(
                f"fits best: {self.model.name} (rank {self.held_out_rank} of {len(self.candidates)} where held out)",
                "bold",
            ),
            title_justify="left",
        )
        unit = {"place": "MAE of level", "fills": "1 - F1", "time": "error of fill time, s", "pnl": "|PnL bias| a fill"}
        for name in ("model", f"{unit[self.criterion]}, fitted", "held out"):
            table.add_column(name, justify="left" if name == "model" else "right")
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
    """Models with exponents between one of the grid and its neighbours."""
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
    horizon: _Duration = "60s",
    markout: _Duration = "10s",
    seed: int = 0,
    progress: _Progress | None = None,
) -> QueueFit:
    """Choose a queue model and its exponent on the first part of a session, and try it on the rest.

    Parameters
    ----------
    table : EventTable
        With rows by order.
    criterion : {"place", "fills", "time", "pnl"}
        What to make small: the mean absolute error of the place as a share of the level; 1 less the harmonic mean of
        precision and recall; `ModelScore.time_error_s`, of virtual orders; or the absolute bias of the PnL after
        `markout`, a true fill. The place has the most comparisons behind it, and is the least noisy.
    orders : {"virtual", "real"}
        Which to fit on.
    held_out : float
        Share of the orders, the last by the instant of joining, that the choice does not see. Orders that were still
        alive when it begins are left out of both parts.
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
        raise InvalidArgument("fit on the time of virtual orders: a real one ends with its fill, no model can be late")
    if not 0.0 < held_out < 1.0:
        raise InvalidArgument(f"held_out must be between 0 and 1, was {held_out}")
    horizon_ns, after = duration_ns(horizon), duration_ns(markout)
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
            raise InvalidArgument(f"{len(start)} orders to fit on: that is too few")
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
    """The model that fits a session best: `search_queue_models`, its model alone.

    Parameters
    ----------
    table : EventTable
        With rows by order.
    **options
        As for `search_queue_models`.
    """
    return search_queue_models(table, **options).model
