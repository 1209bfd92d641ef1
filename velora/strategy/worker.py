"""One order at a time: how targets and execution algorithms work a quantity without ever having twice of it out."""

from __future__ import annotations

from velora.core.context import Context
from velora.core.events import Side
from velora.core.instrument import Instrument
from velora.core.orders import Order, TimeInForce
from velora.strategy.refusals import Refusals, ended_unfilled, is_locked

__all__ = ["Worker"]


class Worker:
    """Works a quantity of one instrument with one order at a time.

    While a request is under way nothing more is sent: its answer brings the next step. So each decision rests on what
    has filled and what may still fill. After several orders in a row that ended unfilled the next one waits, longer
    each time; `give_up_reason` says when to give up.

    Parameters
    ----------
    context : Context
        Of the strategy whose orders it sends.
    instrument : Instrument
    """

    def __init__(self, context: Context, instrument: Instrument) -> None:
        self.instrument = instrument
        self._context = context
        self._book = context.book(instrument)
        self._order: Order | None = None
        #: Orders sent so far.
        self.sent = 0
        self._refusals = Refusals()
        self._muted_until = 0

    @property
    def order(self) -> Order | None:
        """The order that works now, None when there is none."""
        return self._order if self._order is not None and not self._order.is_done else None

    @property
    def last(self) -> Order | None:
        """The newest order, whether it works or has ended."""
        return self._order

    @property
    def give_up_reason(self) -> str | None:
        """Why no further order would do better; None while one may."""
        return self._refusals.give_up_reason

    def note(self, order: Order, retry_ns: int) -> bool:
        """Take note of a change of the newest order; returns whether it ended unfilled.

        Parameters
        ----------
        order : Order
        retry_ns : int
            Usual time to the next try.
        """
        self._refusals.note(order)
        growth = self._refusals.growth
        if growth > 1:
            self._muted_until = self._context.now + growth * retry_ns
        return ended_unfilled(order)

    def reset(self) -> None:
        """Forget the orders that ended unfilled: they say nothing about the next aim."""
        self._refusals.reset()
        self._muted_until = 0

    def work(
        self,
        side: Side,
        lots: int,
        *,
        cross: bool,
        limit_ticks: int | None = None,
        through_ticks: int = 0,
        reprice: bool = False,
    ) -> None:
        """Do the next thing towards filling `lots` more, if it can be done now.

        Parameters
        ----------
        side : Side
        lots : int
            What may still fill from now on, the working order's part in it; 0 or less cancels that.
        cross : bool
            Take at the best price of the other side, rather than rest post-only at the best of this one.
        limit_ticks : int, optional
            Worst price.
        through_ticks : int
            How far beyond the best price of the other side a crossing order may trade.
        reprice : bool
            Whether a resting order may follow the best price now. Not in answer to a report: a refused amend would be
            sent again in the same instant.
        """
        order = self.order
        if order is not None and (order.is_pending or order.time_in_force is TimeInForce.IOC):
            return  # its answer, or its end, comes by itself
        if order is None:
            if lots > 0:
                self._send(side, lots, cross, limit_ticks, through_ticks)
        elif lots <= 0 or order.side is not side or cross or is_locked(order):
            self._context.cancel(order)
        else:
            price = self._price(side, False, limit_ticks, 0)
            if price is None or not reprice:
                price = order.price_ticks
            if price != order.price_ticks or order.leaves_qty_lots > lots or (reprice and order.leaves_qty_lots < lots):
                self._context.amend(order, price, order.cum_qty_lots + lots)

    def rest(self, side: Side, lots: int, price_ticks: int, *, post_only: bool = False) -> None:
        """Rest an order for `lots` at one price, unless one works already."""
        if self.order is None and lots > 0:
            self._submit(side, lots, price_ticks, TimeInForce.GTC, post_only)

    def take(self, side: Side, lots: int, price_ticks: int) -> None:
        """Take up to `lots` at a price or better now, unless an order works already."""
        if self.order is None and lots > 0:
            self._submit(side, lots, price_ticks, TimeInForce.IOC, False)

    def cancel(self) -> None:
        """Cancel the working order."""
        order = self.order
        if order is not None and not order.is_pending and order.time_in_force is not TimeInForce.IOC:
            self._context.cancel(order)

    def _price(self, side: Side, cross: bool, limit_ticks: int | None, through_ticks: int) -> int | None:
        """Price to work at, no worse than the limit; None while there is none."""
        own, other = self._book.best_bid_ticks, self._book.best_ask_ticks
        if side is Side.SELL:
            own, other = other, own
        best = other if cross else own
        if best is None or self._book.is_stale:
            return None
        away = 1 if side is Side.BUY else -1
        if limit_ticks is None:
            return best + away * through_ticks if cross else best
        if (best - limit_ticks) * away > 0:  # beyond the limit
            return None if cross else limit_ticks
        if cross and (best + away * through_ticks - limit_ticks) * away > 0:
            return limit_ticks
        return best + away * through_ticks if cross else best

    def _send(self, side: Side, lots: int, cross: bool, limit_ticks: int | None, through_ticks: int) -> None:
        price = self._price(side, cross, limit_ticks, through_ticks)
        if price is None:
            self._refusals.checks_without_price += self._lacks_price(side, cross)
        else:
            self._refusals.checks_without_price = 0
            self._submit(side, lots, price, TimeInForce.IOC if cross else TimeInForce.GTC, not cross)

    def _lacks_price(self, side: Side, cross: bool) -> bool:
        """Whether the book has no price to work at, whatever the limit."""
        needs_ask = (side is Side.BUY) == cross
        best = self._book.best_ask_ticks if needs_ask else self._book.best_bid_ticks
        return best is None or self._book.is_stale

    def _submit(self, side: Side, lots: int, price_ticks: int, time_in_force: TimeInForce, post_only: bool) -> None:
        if self._context.now < self._muted_until:
            return
        self._order = self._context.submit(
            self.instrument, side, lots, price_ticks, time_in_force=time_in_force, post_only=post_only
        )
        self.sent += 1
