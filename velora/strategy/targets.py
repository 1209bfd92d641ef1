"""Working towards a net position."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from velora.core.clock import DurationLike, timer_interval_ns
from velora.core.context import Context
from velora.core.events import Side
from velora.core.instrument import Instrument
from velora.core.orders import Order
from velora.errors import InvalidArgument
from velora.strategy.worker import Worker

__all__ = ["Target", "Targets", "Urgency"]

Urgency = Literal["passive", "cross"]
_Where = str | Instrument
_Number = float | int | str | Decimal


class Target:
    """A net position that a strategy works towards; made by `Strategy.target`.

    It sends one order at a time, and none while a request is under way: the position, plus what open orders of the
    needed side could still fill, never passes the target. Other open orders of the strategy count, and are not
    cancelled.

    A target is given up when one order after the other ends unfilled: after 10 that the venue's filters refuse, as the
    same order will not pass them later either, and after 100 that find no liquidity or a halted market; the waits
    between those grow up to a hundred times `retry`. It is given up too when the book had no price in 36,000 checks.
    The log and the result say so, and `on_given_up` is called.

    Attributes
    ----------
    is_reached : bool
    given_up : str or None
        Why it was given up.
    """

    def __init__(self, context: Context, instrument: Instrument) -> None:
        self.instrument = instrument
        self.qty_lots = 0
        self.urgency: Urgency = "passive"
        self.limit_ticks: int | None = None
        self.is_reached = False
        self.given_up: str | None = None
        self._context = context
        self._position = context.position(instrument)
        self._worker = Worker(context, instrument)
        self._timer = 0
        self._retry_ns = 0
        self._on_reached: Callable[[], object] | None = None
        self._on_given_up: Callable[[], object] | None = None
        self._is_active = False

    @property
    def remaining_lots(self) -> int:
        """Signed lots from what is held to the target."""
        return self.qty_lots - self._position.qty_lots

    @property
    def order(self) -> Order | None:
        """The order that works now, None when there is none."""
        return self._worker.order

    def cancel(self) -> None:
        """Stop working: the order is cancelled, what is held stays."""
        self._rest()
        self._worker.cancel()

    def _aim(
        self,
        qty_lots: int,
        urgency: Urgency,
        limit_ticks: int | None,
        retry_ns: int,
        on_reached: Callable[[], object] | None,
        on_given_up: Callable[[], object] | None,
    ) -> None:
        # The same aim again continues the count of tries.
        if (qty_lots, urgency, limit_ticks) != (self.qty_lots, self.urgency, self.limit_ticks):
            self._worker.reset()
        self.qty_lots, self.urgency, self.limit_ticks = qty_lots, urgency, limit_ticks
        self._retry_ns, self._on_reached, self._on_given_up = retry_ns, on_reached, on_given_up
        self.is_reached = False
        self.given_up = None
        if not self._is_active:
            self._is_active = True
            self._context.subscribe_hook("on_order", self._on_order, [self.instrument])
        self._step(reprice=False)

    def _rest(self) -> None:
        self._is_active = False
        self._context.cancel_timer(self._timer)
        self._context.unsubscribe_hook("on_order", self._on_order)

    def _on_order(self, order: Order) -> None:
        if order is self._worker.last and self._worker.note(order, self._retry_ns):
            if not self._gave_up():
                self._wait()
        else:
            self._step(reprice=False)

    def _gave_up(self) -> bool:
        """Give up when order after order has ended unfilled; returns whether it did."""
        why = self._worker.give_up_reason
        if why is None or not self._is_active:
            return False
        self.given_up = why
        self._rest()
        self._context.record_given_up(self.instrument, f"the target of {self.qty_lots} lots", why)
        if self._on_given_up is not None:
            self._on_given_up()
        return True

    def _wait(self) -> None:
        self._context.cancel_timer(self._timer)
        self._timer = self._context.call_after(self._retry_ns, lambda: self._step(reprice=True), "target")

    def _step(self, *, reprice: bool) -> None:
        if not self._is_active:
            return
        need = self.remaining_lots
        if need == 0 and self.order is None:
            self.is_reached = True
            self._rest()
            if self._on_reached is not None:
                self._on_reached()
            return
        side = Side.BUY if need > 0 else Side.SELL
        others = sum(
            each.leaves_qty_lots
            for each in self._context.orders(self.instrument)
            if each.side is side and each is not self._worker.last
        )
        self._worker.work(
            side,
            abs(need) - others,
            cross=self.urgency == "cross",
            limit_ticks=self.limit_ticks,
            reprice=reprice,
        )
        if not self._gave_up():
            self._wait()


class Targets:
    """The component of a strategy that works towards net positions.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._targets: dict[int, Target] = {}

    def set(
        self,
        instrument: _Where,
        qty: _Number | None = None,
        *,
        qty_lots: int | None = None,
        urgency: Urgency = "passive",
        limit: _Number | None = None,
        limit_ticks: int | None = None,
        retry: DurationLike = "100ms",
        on_reached: Callable[[], object] | None = None,
        on_given_up: Callable[[], object] | None = None,
    ) -> Target:
        """Work towards a net position; see `Strategy.target`."""
        self._context.check_can_trade()
        one = self._context.instrument(instrument)
        if (qty is None) == (qty_lots is None):
            raise InvalidArgument("give qty or qty_lots, one of them")
        if limit is not None and limit_ticks is not None:
            raise InvalidArgument("give limit or limit_ticks, not both")
        if urgency not in ("passive", "cross"):
            raise InvalidArgument(f'urgency must be "passive" or "cross", was {urgency!r}')
        retry_ns = timer_interval_ns(retry, "retry")
        if qty_lots is None:
            assert qty is not None
            qty_lots = one.qty_to_lots(qty)
        if limit is not None:
            limit_ticks = one.price_to_ticks(limit)
        target = self._targets.get(id(one))
        if target is None:
            target = self._targets[id(one)] = Target(self._context, one)
        target._aim(qty_lots, urgency, limit_ticks, retry_ns, on_reached, on_given_up)
        return target

    def close(
        self,
        instrument: _Where,
        *,
        urgency: Urgency = "cross",
        on_reached: Callable[[], object] | None = None,
        on_given_up: Callable[[], object] | None = None,
    ) -> Target:
        """Pull quotes, cancel orders and work towards holding nothing; see `Strategy.close`."""
        context = self._context
        context.check_can_trade()
        context.pull_quotes(instrument)
        target = self._targets.get(id(context.instrument(instrument)))
        for order in context.orders(instrument):
            if target is None or order is not target.order:
                context.cancel(order)
        return self.set(instrument, qty_lots=0, urgency=urgency, on_reached=on_reached, on_given_up=on_given_up)
