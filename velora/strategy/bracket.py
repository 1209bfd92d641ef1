"""An entry with a profit to take and a loss to stop; and ladders of orders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal, Protocol

from velora.core.events import Side, order_side
from velora.core.instrument import Instrument
from velora.core.market import Quote, Trade
from velora.core.orders import Fill, Order
from velora.errors import InvalidArgument
from velora.strategy.refusals import Refusals
from velora.strategy.signals import Signals

__all__ = ["Bracket", "Brackets", "Exits"]

_Where = str | Instrument
_Number = float | int | str | Decimal
#: Time to the next try after an exit was refused.
_RETRY_NS = 100_000_000
_State = Literal["entering", "protected", "stopping", "done"]


class Exits(Protocol):
    """Who brings a bracket's position home. Ours watches from here; one of a venue's own links may take its place."""

    def protect(self, lots: int) -> None:
        """The entry has filled so many lots in all: exits for as many must stand."""

    def on_order(self, order: Order) -> None:
        """An order of the instrument changed."""

    def leave(self) -> None:
        """Leave at the market now."""

    def end(self) -> None:
        """All is over: stop watching."""

    @property
    def exited_lots(self) -> int:
        """Lots brought home."""

    @property
    def state(self) -> _State:
        """Where the exits are; ``"entering"`` before the first protect."""


class ClientExits:
    """A limit order that takes the profit, and a stop that is watched here.

    Only one of them acts at a time: when the stop is reached the profit-taking order is cancelled, and what it has not
    filled by then is sold (bought) at the market once its end is known. So no more is ever exited than was entered; it
    costs one way to the venue and back.
    """

    def __init__(self, bracket: Bracket) -> None:
        self._bracket = bracket
        self._strategy = bracket._strategy
        self._orders: list[Order] = []
        self._profit: Order | None = None
        self._protected = 0
        self._is_stopping = False
        self._is_waiting = False
        self._refusals = Refusals()

    @property
    def exited_lots(self) -> int:
        return sum(order.cum_qty_lots for order in self._orders)

    @property
    def state(self) -> _State:
        if self._protected == 0:
            return "entering"
        if self.exited_lots >= self._protected:
            return "done"
        return "stopping" if self._is_stopping else "protected"

    def protect(self, lots: int) -> None:
        is_first = self._protected == 0
        self._protected = lots
        bracket = self._bracket
        if is_first and bracket.stop_ticks is not None:
            context = self._strategy._context
            context.subscribe_hook("on_trade", self._on_trade, [bracket.instrument])
            context.subscribe_hook("on_quote", self._on_quote, [bracket.instrument])
        self._work()

    def on_order(self, order: Order) -> None:
        if order not in self._orders:
            return
        if order.is_done and order.cum_qty_lots == 0 and not (self._is_stopping and order is self._profit):
            # Refused, or nothing was there: at once again would be the same again.
            self._is_waiting = True
            self._orders.remove(order)
            self._refusals.note(order)
            why = self._refusals.hopeless
            if why is None:
                self._strategy.after(_RETRY_NS * self._refusals.growth, self._again, name="bracket")
            else:
                self._bracket._give_up(why)
        self._work()

    def leave(self) -> None:
        self._is_stopping = True
        self._work()

    def end(self) -> None:
        context = self._strategy._context
        context.unsubscribe_hook("on_trade", self._on_trade)
        context.unsubscribe_hook("on_quote", self._on_quote)

    def _again(self) -> None:
        self._is_waiting = False
        self._work()

    def _send(self, lots: int, price_ticks: int | None) -> Order:
        send = self._strategy.sell if self._bracket.side is Side.BUY else self._strategy.buy
        order = send(self._bracket.instrument, qty_lots=lots, price_ticks=price_ticks)
        self._orders.append(order)
        return order

    def _work(self) -> None:
        """Do the next thing, if it can be done now."""
        left = self._protected - self.exited_lots
        live = [order for order in self._orders if not order.is_done]
        if left <= 0 or self._is_waiting or any(order.is_pending for order in live):
            return  # an answer, or a fill of the entry, brings the next step
        profit = self._profit
        if self._is_stopping:
            if profit is not None and not profit.is_done:
                self._strategy.cancel(profit)
            elif not live:
                self._send(left, None)
        elif self._bracket.profit_ticks is not None:
            if profit is None or profit.is_done:
                self._profit = self._send(left, self._bracket.profit_ticks)
            elif profit.leaves_qty_lots < left:
                self._strategy.amend(profit, qty_lots=profit.cum_qty_lots + left)

    def _on_trade(self, trade: Trade) -> None:
        if not trade.is_off_book:
            self._look(trade.price_ticks)

    def _on_quote(self, quote: Quote) -> None:
        self._look(quote.bid_ticks if self._bracket.side is Side.BUY else quote.ask_ticks)

    def _look(self, price_ticks: int) -> None:
        stop = self._bracket.stop_ticks
        assert stop is not None
        is_reached = price_ticks <= stop if self._bracket.side is Side.BUY else price_ticks >= stop
        if is_reached and price_ticks > 0 and not self._is_stopping and self._protected > self.exited_lots:
            self._bracket.leave()


class Bracket:
    """An entry and its exits; made by `Strategy.bracket`.

    Attributes
    ----------
    entry : Order
    side : Side
        Of the entry.
    profit_ticks, stop_ticks : int or None
    given_up : str or None
        Why the exits were given up: order after order ended in vain, see `velora.strategy.targets.Target`. What the
        entry filled is still held then.
    """

    def __init__(
        self,
        strategy: Brackets,
        entry: Order,
        profit_ticks: int | None,
        stop_ticks: int | None,
        on_done: Callable[[Bracket], object] | None,
        exits: Callable[[Bracket], Exits] = ClientExits,
    ) -> None:
        self.entry = entry
        self.instrument = entry.instrument
        self.side = entry.side
        self.profit_ticks = profit_ticks
        self.stop_ticks = stop_ticks
        self._strategy = strategy
        self._on_done = on_done
        self._is_done = False
        self.given_up: str | None = None
        self._exits = exits(self)
        strategy._context.subscribe_hook("on_fill", self._on_fill, [self.instrument])
        strategy._context.subscribe_hook("on_order", self._on_order, [self.instrument])

    @property
    def state(self) -> _State:
        """``"entering"``, ``"protected"`` (exits stand), ``"stopping"``, or ``"done"``."""
        if self._is_done:
            return "done"
        state = self._exits.state
        return "protected" if state == "done" else state

    @property
    def is_done(self) -> bool:
        """Whether the entry has ended and all that it filled is brought home."""
        return self._is_done

    @property
    def open_lots(self) -> int:
        """Lots entered and not yet brought home."""
        return self.entry.cum_qty_lots - self._exits.exited_lots

    def cancel(self) -> None:
        """Cancel what the entry has not filled; exits stay for what it has."""
        self._strategy.cancel(self.entry)

    def leave(self) -> None:
        """Cancel the entry and leave at the market."""
        self.cancel()
        if self.entry.cum_qty_lots > 0:
            self._exits.leave()

    def _give_up(self, why: str) -> None:
        self.given_up = why
        self._strategy._context.record_given_up(self.instrument, f"the exits of {self.open_lots} lots", why)

    def _on_fill(self, fill: Fill) -> None:
        if fill.order_id == self.entry.id:
            self._exits.protect(self.entry.cum_qty_lots)

    def _on_order(self, order: Order) -> None:
        self._exits.on_order(order)
        if not self._is_done and self.entry.is_done and self.open_lots == 0:
            self._is_done = True
            context = self._strategy._context
            context.unsubscribe_hook("on_fill", self._on_fill)
            context.unsubscribe_hook("on_order", self._on_order)
            self._exits.end()
            if self._on_done is not None:
                self._on_done(self)


class Brackets(Signals):
    """The part of `velora.Strategy` that sends several orders for one thought."""

    def bracket(
        self,
        instrument: _Where,
        side: Side | str | int,
        qty: _Number | None = None,
        price: _Number | None = None,
        *,
        take_profit: _Number | None = None,
        stop_loss: _Number | None = None,
        qty_lots: int | None = None,
        price_ticks: int | None = None,
        take_profit_ticks: int | None = None,
        stop_loss_ticks: int | None = None,
        on_done: Callable[[Bracket], object] | None = None,
        **options: Any,
    ) -> Bracket:
        """Enter, and protect what fills by an order that takes the profit and a stop that ends the loss.

        Parameters
        ----------
        instrument : str or Instrument
        side : Side
            Of the entry.
        qty, price : float, str or Decimal
            Of the entry; at the market without a price. Or `qty_lots`, `price_ticks`.
        take_profit, stop_loss : float, str or Decimal
            At least one (or in ticks). The profit is taken by a limit order; the stop is reached when a trade prints
            there, or the best price to leave at is there, and leaves at the market.
        on_done : callable, optional
            Called with the bracket when it is over.
        **options
            Of the entry, as in `buy`.

        Notes
        -----
        The stop is watched on our side: it acts one feed latency later than a venue's would, and not at all while the
        strategy is cut off.
        """
        one = self.instrument(instrument)
        is_buy = order_side(side) is Side.BUY
        entry_at = _ticks_of(one, price, price_ticks, "price")
        profit = _ticks_of(one, take_profit, take_profit_ticks, "take_profit")
        stop = _ticks_of(one, stop_loss, stop_loss_ticks, "stop_loss")
        if profit is None and stop is None:
            raise InvalidArgument("a bracket needs take_profit or stop_loss")
        order = [each for each in (stop, entry_at, profit) if each is not None]
        if not is_buy:
            order.reverse()
        if any(a >= b for a, b in itertools.pairwise(order)):
            way = "stop_loss < price < take_profit" if is_buy else "take_profit < price < stop_loss"
            raise InvalidArgument(f"a bracket to {'buy' if is_buy else 'sell'} needs {way}, in ticks was {order}")
        send = self.buy if is_buy else self.sell
        entry = send(one, qty, qty_lots=qty_lots, price_ticks=entry_at, **options)
        return Bracket(self, entry, profit, stop, on_done)

    def scale(
        self,
        instrument: _Where,
        side: Side | str | int,
        qty: _Number | None = None,
        *,
        levels: int = 5,
        step_ticks: int = 1,
        weights: Sequence[float] | None = None,
        price: _Number | None = None,
        price_ticks: int | None = None,
        qty_lots: int | None = None,
        post_only: bool = False,
    ) -> list[Order]:
        """Send a ladder of limit orders, each a step further from the market.

        Parameters
        ----------
        instrument : str or Instrument
        side : Side
        qty : float, str or Decimal
            Quantity of all of them together (or `qty_lots`), split to the lot; a level that gets none is left out.
        levels : int
        step_ticks : int
            Between two levels.
        weights : sequence of float, optional
            Share of each level, nearest first; equal when not given.
        price : float, str or Decimal, optional
            Of the nearest (or `price_ticks`); the best price of this side when not given.

        Returns
        -------
        list of Order
            Nearest first.
        """
        one = self.instrument(instrument)
        is_buy = order_side(side) is Side.BUY
        if (qty is None) == (qty_lots is None):
            raise InvalidArgument("give qty or qty_lots, one of them")
        if qty_lots is None:
            assert qty is not None
            qty_lots = one.qty_to_lots(qty)
        if levels < 1 or step_ticks < 1 or qty_lots < 1:
            raise InvalidArgument(
                f"a ladder needs at least 1 level, step and lot, was {levels}, {step_ticks} and {qty_lots}"
            )
        shares = [1.0] * levels if weights is None else [float(weight) for weight in weights]
        if len(shares) != levels:
            raise InvalidArgument(f"weights must have one for each of {levels} levels, was {len(shares)}")
        if not all(share >= 0 for share in shares) or not 0 < sum(shares) < float("inf"):
            raise InvalidArgument(f"weights must be at least 0 with a positive sum, was {weights!r}")
        nearest = _ticks_of(one, price, price_ticks, "price")
        if nearest is None:
            book = self.book(one)
            nearest = book.best_bid_ticks if is_buy else book.best_ask_ticks
            if nearest is None:
                raise InvalidArgument(f"{one.symbol} has no best price on this side: give price")
        step = -step_ticks if is_buy else step_ticks
        send = self.buy if is_buy else self.sell
        return [
            send(one, price_ticks=nearest + level * step, qty_lots=lots, post_only=post_only)
            for level, lots in enumerate(split_lots(qty_lots, shares))
            if lots > 0
        ]


def split_lots(lots: int, weights: Sequence[float]) -> list[int]:
    """Split whole lots by weights: the sum is exact, and no part is a lot or more off its share."""
    total = sum(weights)
    parts, done, share = [], 0, 0.0
    for weight in weights:
        share += weight
        upto = lots if share >= total else min(int(lots * (share / total) + 0.5), lots)
        parts.append(upto - done)
        done = upto
    parts[-1] += lots - done
    return parts


def _ticks_of(instrument: Instrument, price: _Number | None, ticks: int | None, name: str) -> int | None:
    if price is not None and ticks is not None:
        raise InvalidArgument(f"give {name} or {name}_ticks, not both")
    return ticks if price is None else instrument.price_to_ticks(price)
