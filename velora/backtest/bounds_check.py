"""Whether the bounds of the queue hold where data is thinned: sessions by order are the truth.

Virtual orders of one lot are drawn over a session by order and run on it. In the backtest by order every recorded order
has its place, so it says when each virtual order fills. Then the session is thinned to what poorer feeds send
(`velora.backtest.thinning`), and the same orders run under both bounds of the queue. An order is inside when the
pessimistic bound fills it no earlier than the truth, or never, and the optimistic bound no later, or the truth never.
Bounds that hold because they are wide are of no use, so the share of orders on which they differ stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from velora.backtest.run import Backtest
from velora.backtest.thinning import THINNINGS, Thinning, in_venue_order, levels_of, thin
from velora.core.clock import DurationLike, duration_ns, ns
from velora.core.events import EventKind
from velora.core.html import ShownAsHtml
from velora.core.numbers import seed_number
from velora.core.terminal import readable
from velora.core.terminal_table import FittedTable
from velora.core.vocabulary import CAUSES, ORDER_STATES
from velora.errors import InvalidArgument
from velora.strategy.strategy import Strategy

if TYPE_CHECKING:
    from velora.backtest.result import Result
    from velora.core.orders import Order
    from velora.data.source import EventSource
    from velora.data.table import EventTable

__all__ = [
    "INSIDE_FILLED_MIN",
    "INSIDE_MIN",
    "ORDER_DTYPE",
    "OVER_FILLED_MAX",
    "BoundsCell",
    "BoundsCheck",
    "Violation",
    "check_bounds",
    "draw_orders",
    "run_orders",
    "score_bounds",
]

#: Shares that each cell should reach: inside of all orders, and of those that the truth or a bound fills.
INSIDE_MIN = 0.99
INSIDE_FILLED_MIN = 0.97
#: The most orders that the pessimistic bound may fill and the truth never does, as a share of all.
OVER_FILLED_MAX = 0.001

#: Virtual orders: instant and life in ns, side, ticks behind the best price of its side, price, and the run it is in.
ORDER_DTYPE = np.dtype(
    [("ts", "i8"), ("life", "i8"), ("price", "i8"), ("away", "i4"), ("run", "i4"), ("side", "u1"), ("pad", "V7")]
)

_Progress = Callable[[int, int], object]
_Ints = NDArray[np.int64]

_NEVER = np.iinfo(np.int64).max
#: Stretches without a row count as this long when instants are drawn: nothing fills while nothing happens.
_IDLE_NS = 60_000_000_000


# ---------------------------------------------------------------------- orders


class _Touch(Strategy):
    """Reads the best prices at given instants; 0 and 0 where the book has no two sides, is crossed or stale."""

    def __init__(self, instants: Sequence[int]) -> None:
        self.instants = instants
        self.best = np.zeros((len(instants), 2), np.int64)

    def on_start(self) -> None:
        for at, ts in enumerate(self.instants):
            self.at(ts, partial(self._look_at, at))

    def _look_at(self, at: int) -> None:
        book = self.book(self.instruments[0])
        bid, ask = book.best_bid_ticks, book.best_ask_ticks
        if bid is not None and ask is not None and bid < ask and not book.is_stale:
            self.best[at] = bid, ask


class _Placements(Strategy):
    """Sends given orders at given instants and cancels each at the end of its life; sees nothing."""

    def __init__(self, orders: NDArray[np.void]) -> None:
        self.placed = orders
        self.ids = np.zeros(len(orders), np.int64)

    def on_start(self) -> None:
        for at, ts in enumerate(self.placed["ts"].tolist()):
            self.at(ts, partial(self._send, at))

    def _send(self, at: int) -> None:
        one = self.placed[at]
        send = self.sell if one["side"] else self.buy
        order: Order = send(self.instruments[0], qty_lots=1, price_ticks=int(one["price"]))
        self.ids[at] = order.id
        self.after(ns(int(one["life"])), partial(self.cancel, order))


def draw_orders(
    data: EventTable | EventSource,
    count: int = 4_000,
    *,
    away: Sequence[int] = (0, 1, 2, 5),
    life: tuple[DurationLike, DurationLike] = ("1s", "60s"),
    seed: int = 1,
) -> NDArray[np.void]:
    """Draw virtual orders over a session.

    Instants are uniform over the session, where a stretch without a row counts as one minute at most; the logarithms of
    lives are uniform. Orders live between the session's first and last trade, the period that the poorest of its feeds
    covers. An instant at which the book has not two sides, is crossed or stale is drawn again. The distances from the
    best price and the sides come in equal parts.

    Parameters
    ----------
    data : EventTable or EventSource
        By order or by level.
    count : int
    away : sequence of int
        Ticks behind the best price of the order's own side.
    life : (duration, duration)
        Shortest and longest life.
    seed : int

    Returns
    -------
    (n,) array of ORDER_DTYPE
        By instant; fewer than `count` where the session has too few instants with a book. Orders of one `run` are never
        alive at the same time.
    """
    low, high = duration_ns(life[0], "life"), duration_ns(life[1], "life")
    if count < 0 or not away or min(away) < 0 or not 0 < low <= high:
        raise InvalidArgument(
            f"count and away must be at least 0 and lives positive, were {count}, {tuple(away)} and {life}"
        )
    table = in_venue_order(data)
    levels = levels_of(table)
    trades = np.flatnonzero(table.kind == EventKind.TRADE)
    span = table.ts_event[trades[0] : trades[-1] + 1] if len(trades) else table.ts_event
    rng = np.random.default_rng(seed_number(seed))
    made = np.zeros(0, ORDER_DTYPE)
    for _ in range(8):
        missing = count - len(made)
        if missing <= 0 or len(span) == 0:
            break
        fresh = np.zeros(missing + missing // 4 + 16, ORDER_DTYPE)
        fresh["ts"] = _instants(span, len(fresh), rng)
        fresh["life"] = np.exp(rng.uniform(np.log(low), np.log(high), len(fresh))).astype(np.int64).clip(low, high)
        fresh = fresh[np.argsort(fresh["ts"], kind="stable")]
        touch = _Touch(fresh["ts"].tolist())
        Backtest(levels, touch, sample="1h").run()
        best = touch.best
        is_fit = (best[:, 0] < best[:, 1]) & (fresh["ts"] + fresh["life"] < span[-1])
        fresh, best = fresh[is_fit], best[is_fit]
        fresh["price"] = best[:, 0]
        fresh["away"] = best[:, 1] - best[:, 0]  # the spread, until sides are dealt
        made = np.concatenate([made, rng.permutation(fresh)[:missing]])
    kinds = rng.permutation(np.arange(len(made)) % (2 * len(away)))
    side, distance = kinds % 2, np.asarray(away)[kinds // 2]
    made["side"] = side
    made["price"] += np.where(side == 1, made["away"] + distance, -distance)
    made["away"] = distance
    made = made[np.argsort(made["ts"], kind="stable")]
    made["run"] = _runs(made)
    return made


def _instants(ts: _Ints, count: int, rng: np.random.Generator) -> _Ints:
    """Instants that are uniform over time, with long silences cut short."""
    steps = np.minimum(np.diff(ts), _IDLE_NS)
    clock = np.concatenate([[0], np.cumsum(steps)])
    drawn = rng.integers(0, max(int(clock[-1]), 1), count)
    row = np.searchsorted(clock, drawn, side="right") - 1
    instants: _Ints = ts[row] + (drawn - clock[row])
    return instants


def _runs(orders: NDArray[np.void]) -> NDArray[np.int32]:
    """For each order the first run in which no other is alive."""
    free_from: list[int] = []
    runs = np.zeros(len(orders), np.int32)
    for at, (ts, life) in enumerate(zip(orders["ts"].tolist(), orders["life"].tolist(), strict=True)):
        run = next((run for run, until in enumerate(free_from) if until < ts), len(free_from))
        if run == len(free_from):
            free_from.append(0)
        free_from[run] = ts + life
        runs[at] = run
    return runs


@dataclass(frozen=True)
class _Fills:
    """What became of each order: the instant of its fill (-1 for none), its cause, and the state it ended in."""

    ts: _Ints
    cause: NDArray[np.uint8]
    state: NDArray[np.uint8]


def _take_fills(result: Result, ids: _Ints, out: _Fills, rows: NDArray[np.intp]) -> None:
    fills = result.fills_raw
    order = np.argsort(fills["order_id"], kind="stable")
    ordered = fills[order]
    at = np.searchsorted(ordered["order_id"], ids)
    has = at < len(ordered)
    has[has] = ordered["order_id"][at[has]] == ids[has]
    out.ts[rows[has]] = ordered["ts_venue"][at[has]]
    out.cause[rows[has]] = ordered["cause"][at[has]]
    is_sent = ids > 0  # not when the feed ends before
    place = np.searchsorted(result.orders_raw["order_id"], ids[is_sent])
    out.state[rows[is_sent]] = result.orders_raw["state"][place]


def _run(
    table: EventTable, orders: NDArray[np.void], queue: str, progress: Callable[[int], object] | None = None
) -> _Fills:
    found = _Fills(np.full(len(orders), -1, np.int64), np.zeros(len(orders), np.uint8), np.zeros(len(orders), np.uint8))
    for run in range(int(orders["run"].max()) + 1 if len(orders) else 0):
        rows = np.flatnonzero(orders["run"] == run)
        placements = _Placements(orders[rows])
        result = Backtest(table, placements, queue=queue, sample="1h").run()
        _take_fills(result, placements.ids, found, rows)
        if progress is not None:
            progress(len(table))
    return found


def run_orders(table: EventTable, orders: NDArray[np.void], queue: str = "risk_averse") -> _Ints:
    """Run virtual orders over a table without latency, and say when each is filled.

    Parameters
    ----------
    table : EventTable
        By order, by level, or thinned, on the venue's clock (`velora.backtest.thinning.in_venue_order`).
    orders : (n,) array of ORDER_DTYPE
        Those of one `run` go through one backtest.
    queue : str

    Returns
    -------
    (n,) int64 array
        Instants of the fills by the venue's clock, -1 for none.
    """
    return _run(table, orders, queue).ts


# ---------------------------------------------------------------------- scores


@dataclass(frozen=True)
class BoundsCell:
    """Both bounds against the truth, on some orders.

    Parameters
    ----------
    thinning : str
    away : int or None
        Ticks behind the best price; None for all.
    orders : int
    filled : int
        Of these, those that truly fill.
    pessimistic, optimistic : int
        Those that each bound fills.
    anybody : int
        Those that the truth or a bound fills.
    inside : int
        Those with the truth between the bounds.
    early : int
        Those that the pessimistic bound fills before the truth does.
    over_filled : int
        Those that the pessimistic bound fills and the truth never does.
    late : int
        Those that the optimistic bound fills after the truth does, or never.
    wide : int
        Those on which the bounds differ: one fills alone, or both at different instants.
    """

    thinning: str
    away: int | None
    orders: int
    filled: int
    pessimistic: int
    optimistic: int
    anybody: int
    inside: int
    early: int
    over_filled: int
    late: int
    wide: int

    @property
    def inside_share(self) -> float:
        """Share of the orders with the truth between the bounds; 1 without orders."""
        return self.inside / self.orders if self.orders else 1.0

    @property
    def inside_filled_share(self) -> float:
        """The same of the orders that the truth or a bound fills."""
        return 1.0 - (self.orders - self.inside) / self.anybody if self.anybody else 1.0

    @property
    def over_filled_share(self) -> float:
        """Share of the pessimistic bound's fills that the truth never has."""
        return self.over_filled / self.pessimistic if self.pessimistic else 0.0

    @property
    def width(self) -> float:
        """Share of the orders on which the bounds differ."""
        return self.wide / self.orders if self.orders else 0.0

    @property
    def passes(self) -> bool:
        """Whether the cell reaches `INSIDE_MIN`, `INSIDE_FILLED_MIN` and `OVER_FILLED_MAX`."""
        return (
            self.inside_share >= INSIDE_MIN
            and self.inside_filled_share >= INSIDE_FILLED_MIN
            and self.over_filled <= OVER_FILLED_MAX * self.orders
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        names = ("inside_share", "inside_filled_share", "over_filled_share", "width", "passes")
        return {**self.__dict__, **{name: getattr(self, name) for name in names}}


def _masks(truth: _Ints, pessimistic: _Ints, optimistic: _Ints) -> dict[str, NDArray[np.bool_]]:
    """Which orders are early, over-filled and late."""
    when = [np.where(ts < 0, _NEVER, ts) for ts in (truth, pessimistic, optimistic)]
    is_over = (when[1] < when[0]) & (truth < 0)
    return {
        "early": (when[1] < when[0]) & ~is_over,
        "over_filled": is_over,
        "late": when[2] > when[0],
    }


def score_bounds(
    truth: _Ints, pessimistic: _Ints, optimistic: _Ints, *, thinning: str = "", away: int | None = None
) -> BoundsCell:
    """Score the fills of both bounds against the true ones.

    Parameters
    ----------
    truth, pessimistic, optimistic : (n,) int64 arrays
        Instants of the fills of the same orders, -1 for none.
    thinning, away
        For the cell's name.
    """
    if not len(truth) == len(pessimistic) == len(optimistic):
        raise InvalidArgument(f"fills differ in number: {len(truth)}, {len(pessimistic)} and {len(optimistic)}")
    masks = _masks(truth, pessimistic, optimistic)
    outside = masks["early"] | masks["over_filled"] | masks["late"]
    return BoundsCell(
        thinning,
        away,
        len(truth),
        int((truth >= 0).sum()),
        int((pessimistic >= 0).sum()),
        int((optimistic >= 0).sum()),
        int(((truth >= 0) | (pessimistic >= 0) | (optimistic >= 0)).sum()),
        int((~outside).sum()),
        int(masks["early"].sum()),
        int(masks["over_filled"].sum()),
        int(masks["late"].sum()),
        int((np.where(pessimistic < 0, -1, pessimistic) != np.where(optimistic < 0, -1, optimistic)).sum()),
    )


@dataclass(frozen=True)
class Violation:
    """One order whose true fill lies outside the bounds, and what each run did with it.

    Parameters
    ----------
    thinning : str
    kind : {"early", "over_filled", "late"}
    number : int
        Of the order among those drawn.
    ts, life_ns : int
    side : {"BUY", "SELL"}
    price_ticks, away : int
    fills : dict
        By ``"truth"``, ``"pessimistic"`` and ``"optimistic"``: the instant, the cause and the state at the end.
    text : str
        The order's life in each run, and the rows of the thinned feed that concern it.
    """

    thinning: str
    kind: str
    number: int
    ts: int
    life_ns: int
    side: str
    price_ticks: int
    away: int
    fills: dict[str, dict[str, Any]]
    text: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return dict(self.__dict__)

    def __str__(self) -> str:
        return readable(self.text, lines=True)


@dataclass(frozen=True)
class BoundsCheck(ShownAsHtml):
    """The bounds on one session, thinned in several ways; print it, and each of its `violations`.

    Parameters
    ----------
    symbol : str
    rows : int
        Of the session by order.
    runs : int
        Into which the orders were dealt, so that no two are alive at once.
    cells : list of BoundsCell
        Of each thinning one for each distance, then one for all orders.
    violations : list of Violation
        The first ones of each thinning and kind, as many as were asked for.
    """

    symbol: str
    rows: int
    runs: int
    cells: list[BoundsCell]
    violations: list[Violation] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        """Whether every cell does."""
        return all(cell.passes for cell in self.cells)

    def cell(self, thinning: str, away: int | None = None) -> BoundsCell:
        """The cell of a thinning and a distance, None for all distances."""
        for cell in self.cells:
            if (cell.thinning, cell.away) == (thinning, away):
                return cell
        raise InvalidArgument(f"no cell of {thinning!r} and {away!r} ticks behind was made")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "symbol": self.symbol,
            "rows": self.rows,
            "runs": self.runs,
            "passes": self.passes,
            "targets": {
                "inside_share": INSIDE_MIN,
                "inside_filled_share": INSIDE_FILLED_MIN,
                "over_filled_of_orders": OVER_FILLED_MAX,
            },
            "cells": [cell.to_dict() for cell in self.cells],
            "violations": [one.to_dict() for one in self.violations],
        }

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        total = self.cells[-1] if self.cells else None
        table = FittedTable(
            f"{self.symbol}: {total.orders if total else 0:,} orders in {self.runs} runs over {self.rows:,} rows"
        )
        names = ("away", "orders", "filled", "inside", "of filled", "early", "over", "", "late", "width")
        for name in ("thinning", *names):
            table.add_column(name, "left" if name == "thinning" else "right")
        before = ""
        for cell in self.cells:
            table.add_row(
                cell.thinning if cell.thinning != before else "",
                "all" if cell.away is None else str(cell.away),
                f"{cell.orders:,}",
                f"{cell.filled:,}",
                _share(cell.inside_share, cell.inside_share < INSIDE_MIN),
                _share(cell.inside_filled_share, cell.inside_filled_share < INSIDE_FILLED_MIN),
                f"{cell.early:,}",
                Text(f"{cell.over_filled:,}", style="red" if cell.over_filled > OVER_FILLED_MAX * cell.orders else ""),
                f"{cell.over_filled_share:.0%}" if cell.over_filled else "",
                f"{cell.late:,}",
                f"{cell.width:.1%}",
                end_section=cell.away is None,
            )
            before = cell.thinning
        failed = sum(not cell.passes for cell in self.cells)
        verdict = Text(
            f"every cell reaches {INSIDE_MIN:.0%} inside, {INSIDE_FILLED_MIN:.0%} of filled, "
            f"{OVER_FILLED_MAX:.1%} over-filled"
            if not failed
            else f"{failed} of {len(self.cells)} cells miss {INSIDE_MIN:.0%} inside, {INSIDE_FILLED_MIN:.0%} of filled "
            f"or {OVER_FILLED_MAX:.1%} over-filled",
            style="" if not failed else "yellow",
        )
        return Group(table, verdict)


def _share(value: float, is_short: bool) -> Any:
    from rich.text import Text

    # Never rounded up to a share that was not reached.
    return Text(f"{np.floor(value * 1_000 + 1e-9) / 10:.1f}%", style="red" if is_short else "")


# ---------------------------------------------------------------------- the check


def check_bounds(
    data: EventTable | EventSource,
    orders: int | NDArray[np.void] = 4_000,
    *,
    thinnings: Iterable[str | Thinning] = THINNINGS,
    away: Sequence[int] = (0, 1, 2, 5),
    life: tuple[DurationLike, DurationLike] = ("1s", "60s"),
    seed: int = 1,
    explain: int = 0,
    progress: _Progress | None = None,
) -> BoundsCheck:
    """Check on a session by order that the true fills lie between the bounds when the session is thinned.

    Parameters
    ----------
    data : EventTable or EventSource
        With rows by order, such as `import_lobster`, `import_databento` and `import_bitstamp` make.
    orders : int or array of ORDER_DTYPE
        How many to draw, or orders of one's own.
    thinnings : iterable of str or Thinning
    away, life, seed
        See `draw_orders`.
    explain : int
        Of each thinning and each kind of violation, how many to explain at most.
    progress : callable, optional
        Called with the rows done and the number of all rows of all runs.

    Raises
    ------
    InvalidArgument
        If the session has no rows by order, or a thinning is unknown.
    """
    chosen = [Thinning.of(one) for one in thinnings]
    table = in_venue_order(data)
    if not table.has_orders:
        raise InvalidArgument(f"{table.instrument.symbol} has no rows by order: its true fills cannot be known")
    if isinstance(orders, int):
        drawn = draw_orders(table, orders, away=away, life=life, seed=seed)
    else:
        drawn = orders
    levels = levels_of(table)
    runs = int(drawn["run"].max()) + 1 if len(drawn) else 0
    steps = _Steps(progress, runs, len(table), len(levels), chosen)
    truth = _run(table, drawn, "risk_averse", steps.add)
    cells: list[BoundsCell] = []
    violations: list[Violation] = []
    for one in chosen:
        feed = thin(levels, one)
        steps.expect(one, len(feed))
        low = _run(feed, drawn, "risk_averse", steps.add)
        high = _run(feed, drawn, "optimistic", steps.add)
        groups: list[int | None] = [*dict.fromkeys(int(value) for value in away), None]
        for group in groups:
            rows = np.ones(len(drawn), np.bool_) if group is None else drawn["away"] == group
            cells.append(score_bounds(truth.ts[rows], low.ts[rows], high.ts[rows], thinning=one.name, away=group))
        if explain > 0:
            violations += _violations(table, levels, feed, one.name, drawn, (truth, low, high), explain)
    return BoundsCheck(table.instrument.symbol, len(table), runs, cells, violations)


class _Steps:
    """Rows done of all runs, for a bar: the rows of a thinned feed are a guess until it is made."""

    def __init__(
        self, progress: _Progress | None, runs: int, rows: int, rows_by_level: int, chosen: Sequence[Thinning]
    ) -> None:
        self._progress = progress
        self._runs = runs
        self._done = 0
        self._rows = rows
        self._of = {one.name: rows_by_level for one in chosen}

    def expect(self, thinning: Thinning, rows: int) -> None:
        """A thinned feed has been made."""
        self._of[thinning.name] = rows

    def add(self, rows: int) -> None:
        """A run is over."""
        self._done += rows
        if self._progress is not None:
            self._progress(self._done, self._runs * (self._rows + 2 * sum(self._of.values())))


# ---------------------------------------------------------------------- why


_NAMES = ("truth", "pessimistic", "optimistic")
_QUEUES = ("risk_averse", "risk_averse", "optimistic")
_ROWS_SHOWN = 20


def _violations(
    table: EventTable,
    levels: EventTable,
    feed: EventTable,
    thinning: str,
    orders: NDArray[np.void],
    fills: tuple[_Fills, _Fills, _Fills],
    most: int,
) -> list[Violation]:
    masks = _masks(*(one.ts for one in fills))
    outside = sorted({at for mask in masks.values() for at in np.flatnonzero(mask)[:most].tolist()})
    made = []
    for at in outside:
        one = orders[at : at + 1].copy()
        one["run"] = 0
        kind = next(name for name, mask in masks.items() if mask[at])
        outcomes: dict[str, dict[str, Any]] = {
            name: {
                "ts": int(found.ts[at]) if found.ts[at] >= 0 else None,
                "cause": CAUSES[found.cause[at]] if found.ts[at] >= 0 else None,
                "state": ORDER_STATES[found.state[at]],
            }
            for name, found in zip(_NAMES, fills, strict=True)
        }
        side = ("BUY", "SELL")[int(one["side"][0])]
        lines = [
            f"{thinning}, order {at}: {kind.replace('_', '-')}. {side} 1 at {int(one['price'][0])} ticks, "
            f"{int(one['away'][0])} behind, sent at {_clock(int(one['ts'][0]))}, life {int(one['life'][0]) / 1e9:.3f} s"
        ]
        for name, queue, source in zip(_NAMES, _QUEUES, (table, feed, feed), strict=True):
            outcome = outcomes[name]
            when = "never filled" if outcome["ts"] is None else f"{outcome['cause']} at {_clock(outcome['ts'])}"
            lines.append(f"  {name}: {when}, {outcome['state']}")
            lines += [f"    {line}" for line in _life(source, one, queue)]
        ends = [outcome["ts"] for outcome in outcomes.values() if outcome["ts"] is not None]
        start, stop = int(one["ts"][0]), min(int(one["ts"][0] + one["life"][0]), max(ends))
        sources = [("thinned feed", feed), ("whole session by level", levels)]
        for label, source in sources if Thinning.of(thinning).book != "levels" else sources[1:]:
            lines.append(f"  {label}, rows that concern the price:")
            lines += [f"    {line}" for line in _rows_around(source, start, stop, one[0])]
        made.append(
            Violation(
                thinning,
                kind,
                at,
                start,
                int(one["life"][0]),
                side,
                int(one["price"][0]),
                int(one["away"][0]),
                outcomes,
                "\n".join(lines),
            )
        )
    return made


def _clock(ts: int) -> str:
    return str(np.datetime64(ts, "ns"))[11:]


def _life(table: EventTable, order: NDArray[np.void], queue: str) -> list[str]:
    """What the venue did with one order, run alone up to a little after its life."""
    end = int(order["ts"][0] + order["life"][0]) + 1_000_000_000
    rows = int(np.searchsorted(table.ts_event, end, side="right")) + 1  # the row after it, for the run to get there
    part = table.slice(0, min(rows, len(table)))
    result = Backtest(part, _Placements(order), queue=queue, sample="1h", trace_queue=True).run()
    if len(result.orders_raw) == 0:
        return ["the feed ends before the order is sent"]
    steps = result.explain(1).steps
    shown = steps if len(steps) <= 2 * _ROWS_SHOWN else [*steps[:_ROWS_SHOWN], *steps[-_ROWS_SHOWN:]]
    lines = [
        f"{_clock(step.ts)} {step.text}" + (f" [row {step.datum_row}]" if step.datum_row is not None else "")
        for step in shown
    ]
    if len(shown) < len(steps):
        lines.insert(_ROWS_SHOWN, f"... {len(steps) - len(shown)} more")
    return lines


def _rows_around(table: EventTable, start: int, stop: int, order: np.void) -> list[str]:
    """Rows at the order's price or beyond it, from a little before its start to a little after `stop`."""
    first = int(np.searchsorted(table.ts_event, start, side="right"))
    last = int(np.searchsorted(table.ts_event, stop, side="right"))
    price, is_sell = int(order["price"]), bool(order["side"])
    prices = table.price
    is_trade, is_level = table.kind == EventKind.TRADE, table.kind == EventKind.DELTA
    is_quote, is_own = table.kind == EventKind.QUOTE, table.side == int(is_sell)
    reaches = prices >= price if is_sell else prices <= price
    concerns = (
        (is_trade & reaches)
        | (is_level & is_own & (prices == price))
        | (is_level & ~is_own & reaches)
        | is_quote
        | np.isin(table.kind, (EventKind.STATUS, EventKind.GAP))
    )
    rows = np.flatnonzero(concerns[:last])
    split = int(np.searchsorted(rows, first))
    chosen = rows[max(split - 6, 0) :]
    if len(chosen) > 2 * _ROWS_SHOWN:
        chosen = np.concatenate([chosen[:_ROWS_SHOWN], chosen[-_ROWS_SHOWN:]])
    lines, has_started = [], False
    for row in chosen.tolist():
        if row >= first and not has_started:
            lines.append(f"---- {_clock(start)} the order arrives")
            has_started = True
        kind, side = EventKind(int(table.kind[row])).name, ("buy", "sell", "none")[int(table.side[row])]
        flags = int(table.flags[row])
        lines.append(
            f"row {row:>7} {_clock(int(table.ts_event[row]))} {kind:<9} {side:<4} {int(prices[row])} x "
            f"{int(table.qty[row])}" + (f" flags {flags}" if flags & ~1 else "")
        )
    if not has_started:
        lines.append(f"---- {_clock(start)} the order arrives")
    return lines
