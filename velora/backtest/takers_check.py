"""What takers get where a feed has quotes beside depth: their fills against the venue's own newest quote.

Takers are drawn over a session in three ways. Blind ones send market orders at random instants, on either side. The
others ask for a price that has gone: late ones where a quote has jumped, lead-lag ones wherever quote and depth
disagree. A fill is better than the quote when it buys below the newest ask of its venue instant, or sells above the
newest bid: a venue that tells its best price gives nobody more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from velora.backtest.run import Backtest
from velora.core.clock import DurationLike, duration_ns, ns
from velora.core.events import EventKind, Side
from velora.core.numbers import seed_number
from velora.core.orders import FillCause
from velora.core.terminal import readable
from velora.errors import InvalidArgument
from velora.strategy.strategy import Strategy

if TYPE_CHECKING:
    from velora.core.market import Quote
    from velora.core.orders import Fill
    from velora.data.table import EventTable

__all__ = ["TAKERS", "TakersCell", "TakersCheck", "check_takers", "fills_against_quotes"]

#: The takers that `check_takers` sends.
TAKERS = ("blind", "late", "lead-lag")


class _Blind(Strategy):
    """Takes at random instants, on either side, and sees nothing."""

    def __init__(self, instants: NDArray[np.int64], sides: NDArray[np.int64], lots: NDArray[np.int64]) -> None:
        self.plan = list(zip(instants.tolist(), sides.tolist(), lots.tolist(), strict=True))

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        for at, (ts, _, _) in enumerate(self.plan):
            self.at(ts, partial(self._send, at))

    def _send(self, at: int) -> None:
        _, side, lots = self.plan[at]
        (self.sell if side else self.buy)(self.symbol, qty_lots=lots)


class _LeadLag(Strategy):
    """Asks for the old price once the quote has jumped, or for the depth's where the quote says that it has gone."""

    def __init__(self, kind: str, jump_ticks: int, lots: int, hold_ns: int) -> None:
        self.kind, self.jump, self.lots, self.hold_ns = kind, jump_ticks, lots, hold_ns
        self.last: tuple[int, int] | None = None
        self.exits: set[int] = set()

    def on_start(self) -> None:
        self.symbol = self.instruments[0]
        self.subscribe_quotes(self.symbol)

    def on_quote(self, quote: Quote) -> None:
        bid, ask = quote.bid_ticks, quote.ask_ticks
        old, self.last = self.last, (bid, ask)
        if self.kind == "lead-lag":
            book = self.book(self.symbol)
            shown_bid, shown_ask = book.best_bid_ticks, book.best_ask_ticks
            old = None if shown_bid is None or shown_ask is None else (shown_bid, shown_ask)
        if old is None or self.orders() or not self.position(self.symbol).is_flat:
            return
        if ask - old[1] >= self.jump:
            self.buy(self.symbol, qty_lots=self.lots, price_ticks=old[1], time_in_force="IOC")
        elif old[0] - bid >= self.jump:
            self.sell(self.symbol, qty_lots=self.lots, price_ticks=old[0], time_in_force="IOC")

    def on_fill(self, fill: Fill) -> None:
        if fill.order_id not in self.exits:
            self.after(ns(self.hold_ns), self._leave)

    def _leave(self) -> None:
        held = self.position(self.symbol).qty_lots
        if held and not self.orders():
            order = (self.sell if held > 0 else self.buy)(self.symbol, qty_lots=abs(held))
            self.exits.add(order.id)


# ---------------------------------------------------------------------- fills against quotes


def fills_against_quotes(table: EventTable, fills: NDArray[np.void]) -> NDArray[np.void]:
    """Hold takers' fills against the newest quotes of their venue instants.

    Parameters
    ----------
    table : EventTable
        Rows with quotes.
    fills : structured array
        Such as `Result.fills_raw`; those of takers count.

    Returns
    -------
    structured array
        An entry for each fill that a quote of its side came before: ``fill`` (its index), ``side``, ``qty``, ``price``,
        ``bid``, ``ask`` (ticks), ``shown`` (lots that the quote it meets shows), ``row`` (of that quote among those of
        its side), and ``ticks``: how much worse than the quote it is, below 0 when it is better.
    """
    taken = np.flatnonzero(fills["cause"] == FillCause.TAKER)
    out = np.zeros(len(taken), _AGAINST_DTYPE)
    out["fill"] = taken
    for name in ("side", "qty", "price"):
        out[name] = fills[name][taken]
    known = np.ones(len(taken), bool)
    for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
        rows = np.flatnonzero((table.kind == EventKind.QUOTE) & (table.side == side))
        rows = rows[np.argsort(table.ts_event[rows], kind="stable")]
        at = np.searchsorted(table.ts_event[rows], fills["ts_venue"][taken], side="right") - 1
        known &= at >= 0
        if not len(rows):
            continue
        known &= table.qty[rows[at]] > 0
        out[name] = table.price[rows[at]]
        meets = out["side"] != side
        out["shown"][meets] = table.qty[rows[at]][meets]
        out["row"][meets] = at[meets]
    out["ticks"] = np.where(out["side"] == Side.BUY, out["price"] - out["ask"], out["bid"] - out["price"])
    return out[known]


_AGAINST_DTYPE = np.dtype(
    [(name, "i8") for name in ("fill", "side", "qty", "price", "bid", "ask", "shown", "row", "ticks")]
)


@dataclass(frozen=True)
class TakersCell:
    """Fills of one kind of taker.

    Attributes
    ----------
    takers : str
        One of `TAKERS`.
    fills : int
        Fills of takers, exits of lead-lag ones apart.
    better : int
        Fills at a better price than the newest quote.
    equal : int
        Fills at the price of the newest quote.
    worse : int
        Fills at a worse price than the newest quote.
    mean_bps, median_bps : float
        Slippage in basis points against the side of the quote that they met, above 0 where they paid more.
    mid_bps : float
        Mean slippage against the quote's mid, basis points.
    """

    takers: str
    fills: int
    better: int
    equal: int
    worse: int
    mean_bps: float
    median_bps: float
    mid_bps: float

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class TakersCheck:
    """What takers got in one session.

    Attributes
    ----------
    symbol : str
    cells : tuple of TakersCell
    """

    symbol: str
    cells: tuple[TakersCell, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {"symbol": self.symbol, "cells": [one.to_dict() for one in self.cells]}

    def __str__(self) -> str:
        head = (
            f"{'takers':<10}{'fills':>8}{'better':>9}{'equal':>9}{'worse':>9}{'mean':>10}{'median':>10}{'to mid':>10}"
        )
        lines = [f"{readable(self.symbol)}: takers against the venue's newest quote, slippage in bps", head]
        for one in self.cells:
            shares = "".join(f"{part / one.fills if one.fills else 0.0:>9.1%}" for part in _parts(one))
            lines.append(
                f"{one.takers:<10}{one.fills:>8,}{shares}{one.mean_bps:>10.3f}{one.median_bps:>10.3f}{one.mid_bps:>10.3f}"
            )
        return "\n".join(lines)


def _parts(cell: TakersCell) -> tuple[int, int, int]:
    return cell.better, cell.equal, cell.worse


def _cell(takers: str, against: NDArray[np.void]) -> TakersCell:
    mid = (against["bid"] + against["ask"]) / 2
    slippage = against["ticks"] / np.where(mid > 0, mid, 1) * 1e4
    to_mid = np.where(against["side"] == Side.BUY, against["price"] - mid, mid - against["price"]) / mid * 1e4
    return TakersCell(
        takers,
        len(against),
        int((against["ticks"] < 0).sum()),
        int((against["ticks"] == 0).sum()),
        int((against["ticks"] > 0).sum()),
        float(slippage.mean()) if len(against) else 0.0,
        float(np.median(slippage)) if len(against) else 0.0,
        float(to_mid.mean()) if len(against) else 0.0,
    )


def check_takers(
    table: EventTable,
    orders: int = 4_000,
    *,
    latency: DurationLike = "1ms",
    lots: int = 1,
    jump_ticks: int = 1,
    hold: DurationLike = "200ms",
    fuse_quotes: bool = False,
    seed: int = 1,
) -> TakersCheck:
    """Send takers over a session and hold their fills against its quotes.

    Parameters
    ----------
    table : EventTable
        A session with depth and quotes.
    orders : int
        Blind market orders, at instants uniform over the session.
    latency : duration
        Of orders and of their reports, each.
    lots : int
        Of each order.
    jump_ticks : int
        From how far on a lead-lag taker asks for the old price.
    hold : duration
        From a lead-lag taker's fill to the market order that closes its position.
    fuse_quotes : bool
        Whether the strategies' books have the quotes fused over depth.
    seed : int
        Of the instants and sides of blind orders.

    Returns
    -------
    TakersCheck
        A cell for each of `TAKERS`.
    """
    quotes = np.flatnonzero(table.kind == EventKind.QUOTE)
    if not table.has_depth or not len(quotes):
        raise InvalidArgument(f"takers are checked on data with depth and quotes, {table.instrument.symbol} lacks one")
    if orders < 1 or lots < 1 or jump_ticks < 1:
        raise InvalidArgument(f"orders, lots and jump_ticks must be above 0, were {orders}, {lots} and {jump_ticks}")
    rng = np.random.default_rng(seed_number(seed))
    instants = np.sort(rng.integers(table.ts_recv[quotes].min(), table.ts_recv[quotes].max() + 1, orders))
    strategies: dict[str, Strategy] = {
        "blind": _Blind(instants, rng.integers(0, 2, orders), np.full(orders, lots, np.int64))
    }
    for kind in ("late", "lead-lag"):
        strategies[kind] = _LeadLag(kind, jump_ticks, lots, duration_ns(hold, "hold"))
    cells = []
    for name, strategy in strategies.items():
        run = Backtest(table, strategy, latency=latency, fuse_quotes=fuse_quotes, fees=(0, 0), cash=1e9)
        fills = run.run().fills_raw
        exits = list(getattr(strategy, "exits", ()))
        cells.append(_cell(name, fills_against_quotes(table, fills[~np.isin(fills["order_id"], exits)])))
    return TakersCheck(table.instrument.symbol, tuple(cells))
