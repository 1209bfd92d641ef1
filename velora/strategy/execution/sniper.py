"""Sniper: hidden until the price is there."""

from __future__ import annotations

from velora.core.events import Side
from velora.core.market import Quote
from velora.errors import InvalidArgument
from velora.strategy.execution.algorithm import Algorithm
from velora.strategy.parameters import Duration, Parameter

__all__ = ["Sniper"]


class Sniper(Algorithm):
    """Shows nothing, and takes what stands at the other side's best price once that is within the limit and is enough.

    Each shot is an IOC order at the price seen, for no more than what was seen there. It pays the taker's fee on all of
    it, and what is gone by the time the order arrives is missed. Needs a limit.
    """

    _counts_misses = False  # a miss is what it lives with: the next shot needs the price to be seen again

    min_lots = Parameter(1, low=1, unit="lots", doc="smallest quantity at the best price that is shot at")
    duration = Duration(0, low=0, doc="time after which the rest is left; 0 for none")

    def begin(self) -> None:
        if self.limit_ticks is None:
            raise InvalidArgument("a sniper needs limit or limit_ticks: the worst price that it takes")
        self.subscribe_hook("on_quote", self._quoted)

    def _quoted(self, quote: Quote) -> None:
        if self.side is Side.BUY:
            self._shoot(quote.ask_ticks, quote.ask_lots)
        else:
            self._shoot(quote.bid_ticks, quote.bid_lots)

    def step(self, *, reprice: bool) -> None:
        if self.duration and self.now >= self.execution.ts_begin + self.duration:
            self.finish("time")
            return
        if not reprice and self.worker.sent:
            return  # the answer to a shot: the next quote or check shoots again
        other = Side.SELL if self.side is Side.BUY else Side.BUY
        ticks = self.market.best_ask_ticks if self.side is Side.BUY else self.market.best_bid_ticks
        if ticks is not None:
            self._shoot(ticks, self.market.qty_lots(other, ticks))

    def _shoot(self, price_ticks: int, lots: int) -> None:
        limit = self.limit_ticks
        assert limit is not None
        is_within = price_ticks <= limit if self.side is Side.BUY else price_ticks >= limit
        left = self.execution.remaining_lots
        if is_within and price_ticks > 0 and lots >= min(self.min_lots, left) and not self.market.is_stale:
            self.worker.take(self.side, min(lots, left), price_ticks)
