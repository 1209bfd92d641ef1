"""Strategies that show the API and that the demo runs."""

from __future__ import annotations

from velora.errors import InvalidArgument
from velora.strategy.strategy import Strategy

__all__ = ["MarketMaker"]


class MarketMaker(Strategy):
    """Quotes both sides around the mid on a timer, and stops adding at an inventory cap.

    Assumes that the mid is a fair price for the next interval; it earns the spread from takers and loses to
    informed ones. It has no view and no hedge.

    Parameters
    ----------
    symbol : str, optional
        What to quote; the first instrument of the run when not given.
    qty_lots : int
        Quantity of each quote, lots.
    cap_lots : int
        Largest position to either side, lots.
    offset_ticks : float
        Distance of each quote from the mid, ticks; a price between two ticks is rounded away from the mid.
    interval : str
        Time between two requotes.
    """

    def __init__(
        self,
        symbol: str | None = None,
        qty_lots: int = 10,
        cap_lots: int = 100,
        offset_ticks: float = 1.0,
        interval: str = "100ms",
    ) -> None:
        if qty_lots < 1 or cap_lots < qty_lots:
            raise InvalidArgument(f"need 1 <= qty_lots <= cap_lots, was {qty_lots} and {cap_lots}")
        self.symbol = symbol
        self.qty_lots = qty_lots
        self.cap_lots = cap_lots
        self.offset_half_ticks = round(2 * offset_ticks)
        self.interval = interval

    def on_start(self) -> None:
        symbol = self.symbol or self.instruments[0]
        self.market = self.book(symbol)
        self.held = self.position(symbol)
        self.every(self.interval, self.requote)

    def requote(self) -> None:
        bid, ask = self.market.best_bid_ticks, self.market.best_ask_ticks
        if bid is None or ask is None or self.market.is_stale:
            self.quote(self.market.instrument)  # nothing to stand by
            return
        mid_x2, lots = bid + ask, self.held.qty_lots
        self.quote(
            self.market.instrument,
            bid_ticks=(mid_x2 - self.offset_half_ticks) // 2 if lots + self.qty_lots <= self.cap_lots else None,
            ask_ticks=-((-mid_x2 - self.offset_half_ticks) // 2) if lots - self.qty_lots >= -self.cap_lots else None,
            qty_lots=self.qty_lots,
        )
