"""An entry with a profit to take and a loss to stop; and ladders of orders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

from velora.core.context import Context
from velora.core.events import Side, order_side
from velora.core.instrument import Instrument
from velora.core.market import Quote, Trade
from velora.core.orders import Fill, Order
from velora.errors import InvalidArgument
from velora.strategy.refusals import Refusals, is_locked

__all__ = ["Bracket", "BracketLevels", "Brackets", "Exits"]

_Where = str | Instrument
_Number = float | int | str | Decimal
#: Time to the next try after an exit was refused.
_RETRY_NS = 100_000_000
_State = Literal["entering", "protected", "stopping", "done"]


class Exits(Protocol):
    """Manages the exits of a bracket. `ClientExits` watches the market here; orders at the venue may take its place."""

    def protect(self, lots: int) -> None:
        """The entry has filled `lots` in all: exits for as many must stand."""

    def on_order(self, order: Order) -> None:
        """An order of the instrument changed."""

    def leave(self) -> None:
        """Exit at the market now."""

    def end(self) -> None:
        """Stop watching: the bracket has ended."""

    @property
    def exited_lots(self) -> int:
        """Lots that the exits have filled."""

    @property
    def state(self) -> _State:
        """Where the exits are; ``"entering"`` before the first protect."""


class ClientExits:
    """A limit order that takes the profit, and a stop that the strategy watches on the client.

    Only one of them acts at a time: when the stop is reached the profit-taking order is cancelled, and the quantity
    that it has not filled is sold (bought) at the market once the report of its end has arrived. So no more is ever
    exited than was entered; it costs one way to the venue and back.
    """

    def __init__(self, bracket: Bracket) -> None:
        self._bracket = bracket
        self._context = bracket._context
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
            self._context.subscribe_hook("on_trade", self._on_trade, [bracket.instrument])
            self._context.subscribe_hook("on_quote", self._on_quote, [bracket.instrument])
        self._work()

    def on_order(self, order: Order) -> None:
        if order not in self._orders:
            return
        if order.is_done and order.cum_qty_lots == 0 and not (self._is_stopping and order is self._profit):
            # It was refused or found no liquidity: the same order sent at once would end the same way.
            self._is_waiting = True
            self._orders.remove(order)
            self._refusals.note(order)
            why = self._refusals.give_up_reason
            if why is None:
                self._context.call_after(_RETRY_NS * self._refusals.growth, self._retry, "bracket")
            else:
                self._bracket._give_up(why)
        self._work()

    def leave(self) -> None:
        self._is_stopping = True
        self._work()

    def end(self) -> None:
        self._context.unsubscribe_hook("on_trade", self._on_trade)
        self._context.unsubscribe_hook("on_quote", self._on_quote)

    def _retry(self) -> None:
        self._is_waiting = False
        self._work()

    def _send(self, lots: int, price_ticks: int | None) -> Order:
        side = Side.SELL if self._bracket.side is Side.BUY else Side.BUY
        order = self._context.submit(self._bracket.instrument, side, lots, price_ticks)
        self._orders.append(order)
        return order

    def _work(self) -> None:
        """Send, amend or cancel an exit, unless an answer is awaited."""
        left = self._protected - self.exited_lots
        open_orders = [order for order in self._orders if not order.is_done]
        if left <= 0 or self._is_waiting or any(order.is_pending for order in open_orders):
            return  # an answer, or a fill of the entry, brings the next step
        profit = self._profit
        if self._is_stopping:
            if profit is not None and not profit.is_done:
                self._context.cancel(profit)
            elif not open_orders:
                self._send(left, None)
        elif self._bracket.profit_ticks is not None:
            if profit is None or profit.is_done:
                self._profit = self._send(left, self._bracket.profit_ticks)
            elif profit.leaves_qty_lots < left and not is_locked(profit):
                self._context.amend(profit, self._bracket.profit_ticks, profit.cum_qty_lots + left)

    def _on_trade(self, trade: Trade) -> None:
        if not trade.is_off_book:
            self._check_stop(trade.price_ticks)

    def _on_quote(self, quote: Quote) -> None:
        self._check_stop(quote.bid_ticks if self._bracket.side is Side.BUY else quote.ask_ticks)

    def _check_stop(self, price_ticks: int) -> None:
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
        Why the exits were given up: order after order ended unfilled, see `velora.strategy.targets.Target`. What the
        entry filled is still held then.
    """

    def __init__(
        self,
        context: Context,
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
        self._context = context
        self._on_done = on_done
        self._is_done = False
        self.given_up: str | None = None
        self._exits = exits(self)
        context.subscribe_hook("on_fill", self._on_fill, [self.instrument])
        context.subscribe_hook("on_order", self._on_order, [self.instrument])

    @property
    def state(self) -> _State:
        """``"entering"``, ``"protected"`` (exits stand), ``"stopping"``, or ``"done"``."""
        if self._is_done:
            return "done"
        state = self._exits.state
        return "protected" if state == "done" else state

    @property
    def is_done(self) -> bool:
        """Whether the entry has ended and the exits have filled all that it filled."""
        return self._is_done

    @property
    def open_lots(self) -> int:
        """Lots entered and not yet exited."""
        return self.entry.cum_qty_lots - self._exits.exited_lots

    def cancel(self) -> None:
        """Cancel what the entry has not filled; exits stay for what it has."""
        self._context.cancel(self.entry)

    def leave(self) -> None:
        """Cancel the entry and leave at the market."""
        self.cancel()
        if self.entry.cum_qty_lots > 0:
            self._exits.leave()

    def _give_up(self, why: str) -> None:
        self.given_up = why
        self._context.record_given_up(self.instrument, f"the exits of {self.open_lots} lots", why)

    def _on_fill(self, fill: Fill) -> None:
        if fill.order_id == self.entry.id:
            self._exits.protect(self.entry.cum_qty_lots)

    def _on_order(self, order: Order) -> None:
        self._exits.on_order(order)
        if not self._is_done and self.entry.is_done and self.open_lots == 0:
            self._is_done = True
            self._context.unsubscribe_hook("on_fill", self._on_fill)
            self._context.unsubscribe_hook("on_order", self._on_order)
            self._exits.end()
            if self._on_done is not None:
                self._on_done(self)


class BracketLevels(NamedTuple):
    """The prices of a bracket, checked.

    Attributes
    ----------
    side : Side
        Side of the entry.
    entry_ticks, profit_ticks, stop_ticks : int or None
        Prices in ticks; None for a leg that is left out.
    """

    side: Side
    entry_ticks: int | None
    profit_ticks: int | None
    stop_ticks: int | None


class Brackets:
    """The component of a strategy that sends several orders for one purpose.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def levels(
        self,
        instrument: Instrument,
        side: Side | str | int,
        *,
        price: _Number | None,
        take_profit: _Number | None,
        stop_loss: _Number | None,
        price_ticks: int | None,
        take_profit_ticks: int | None,
        stop_loss_ticks: int | None,
    ) -> BracketLevels:
        """Check the prices of a bracket; see `Strategy.bracket`."""
        self._context.check_can_trade()
        entry_side = order_side(side)
        is_buy = entry_side is Side.BUY
        entry = _ticks_of(instrument, price, price_ticks, "price")
        profit = _ticks_of(instrument, take_profit, take_profit_ticks, "take_profit")
        stop = _ticks_of(instrument, stop_loss, stop_loss_ticks, "stop_loss")
        if profit is None and stop is None:
            raise InvalidArgument("a bracket needs take_profit or stop_loss")
        order = [each for each in (stop, entry, profit) if each is not None]
        if not is_buy:
            order.reverse()
        if any(a >= b for a, b in itertools.pairwise(order)):
            way = "stop_loss < price < take_profit" if is_buy else "take_profit < price < stop_loss"
            raise InvalidArgument(f"a bracket to {'buy' if is_buy else 'sell'} needs {way}, in ticks was {order}")
        return BracketLevels(entry_side, entry, profit, stop)

    def protect(self, entry: Order, levels: BracketLevels, on_done: Callable[[Bracket], object] | None) -> Bracket:
        """Bracket an entry that was just sent."""
        return Bracket(self._context, entry, levels.profit_ticks, levels.stop_ticks, on_done)

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
        """Send a ladder of limit orders; see `Strategy.scale`."""
        context = self._context
        context.check_can_trade()
        one = context.instrument(instrument)
        entry_side = order_side(side)
        is_buy = entry_side is Side.BUY
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
            book = context.book(one)
            nearest = book.best_bid_ticks if is_buy else book.best_ask_ticks
            if nearest is None:
                raise InvalidArgument(f"{one.symbol} has no best price on this side: give price")
        step = -step_ticks if is_buy else step_ticks
        return [
            context.submit(one, entry_side, lots, nearest + level * step, post_only=post_only)
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
