"""Working towards a net position."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from velora.core.clock import duration_ns
from velora.core.events import Side
from velora.core.instrument import Instrument
from velora.core.orders import Order
from velora.errors import InvalidArgument
from velora.strategy.freshness import Freshness
from velora.strategy.worker import Worker

__all__ = ["Target", "Targets", "Urgency"]

Urgency = Literal["passive", "cross"]
_Where = str | Instrument
_Number = float | int | str | Decimal


class Target:
    """A net position that is worked towards; made by `Strategy.target`.

    One order at a time, and none while a request is under way: what is held, plus what the live orders of the needed
    side could still fill, never passes the target. Orders of the strategy that were not sent from here count, and are
    not cancelled.

    It gives up when one order after the other ends in vain: after 10 that the venue's filters refuse, as the same order
    will not pass them later either, and after 100 that find no liquidity or a halted market; the waits between those
    grow up to a hundred times `retry`. It gives up too when it has seen no price in 36,000 looks. The log and the
    result say so, and `on_given_up` is called.

    Attributes
    ----------
    is_reached : bool
    given_up : str or None
        Why it was given up.
    """

    def __init__(self, strategy: Targets, instrument: Instrument) -> None:
        self.instrument = instrument
        self.qty_lots = 0
        self.urgency: Urgency = "passive"
        self.limit_ticks: int | None = None
        self.is_reached = False
        self.given_up: str | None = None
        self._strategy = strategy
        self._position = strategy.position(instrument)
        self._worker = Worker(strategy, instrument)
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
        # The same aim again is one more try, not as many as before.
        if (qty_lots, urgency, limit_ticks) != (self.qty_lots, self.urgency, self.limit_ticks):
            self._worker.forget()
        self.qty_lots, self.urgency, self.limit_ticks = qty_lots, urgency, limit_ticks
        self._retry_ns, self._on_reached, self._on_given_up = retry_ns, on_reached, on_given_up
        self.is_reached = False
        self.given_up = None
        if not self._is_active:
            self._is_active = True
            self._strategy._context.subscribe_hook("on_order", self._on_order, [self.instrument])
        self._step(reprice=False)

    def _rest(self) -> None:
        self._is_active = False
        self._strategy.cancel_timer(self._timer)
        self._strategy._context.unsubscribe_hook("on_order", self._on_order)

    def _on_order(self, order: Order) -> None:
        if order is self._worker.last and self._worker.note(order, self._retry_ns):
            if not self._gave_up():
                self._wait()
        else:
            self._step(reprice=False)

    def _gave_up(self) -> bool:
        """Give up where there is no hope."""
        why = self._worker.hopeless
        if why is None or not self._is_active:
            return False
        self.given_up = why
        self._rest()
        self._strategy._context.record_given_up(self.instrument, f"the target of {self.qty_lots} lots", why)
        if self._on_given_up is not None:
            self._on_given_up()
        return True

    def _wait(self) -> None:
        self._strategy.cancel_timer(self._timer)
        self._timer = self._strategy.after(self._retry_ns, lambda: self._step(reprice=True), name="target")

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
            for each in self._strategy.orders(self.instrument)
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


class Targets(Freshness):
    """The part of `velora.Strategy` that thinks in positions."""

    _targets: dict[int, Target] | None = None

    def target(
        self,
        instrument: _Where,
        qty: _Number | None = None,
        *,
        qty_lots: int | None = None,
        urgency: Urgency = "passive",
        limit: _Number | None = None,
        limit_ticks: int | None = None,
        retry: str | int | timedelta = "100ms",
        on_reached: Callable[[], object] | None = None,
        on_given_up: Callable[[], object] | None = None,
    ) -> Target:
        """Work towards a net position; a later call for the instrument replaces the aim.

        Parameters
        ----------
        instrument : str or Instrument
        qty : float, str or Decimal
            Net position wanted, negative for a short (or `qty_lots`).
        urgency : {"passive", "cross"}
            ``"passive"`` rests post-only at the best price of its own side and follows it; ``"cross"`` takes what
            stands at the best price of the other, again and again.
        limit : float, str or Decimal, optional
            Price beyond which nothing is bought or sold (or `limit_ticks`).
        retry : str, int or timedelta
            Time to the next look where an event does not bring one: a resting order follows the best price so often.
        on_reached : callable, optional
            Called without arguments, once the position is there and no order is left.
        on_given_up : callable, optional
            Called without arguments, once order after order has ended in vain; see `Target`.

        Returns
        -------
        Target
            The same for every call with the instrument.
        """
        one = self.instrument(instrument)
        if (qty is None) == (qty_lots is None):
            raise InvalidArgument("give qty or qty_lots, one of them")
        if limit is not None and limit_ticks is not None:
            raise InvalidArgument("give limit or limit_ticks, not both")
        if urgency not in ("passive", "cross"):
            raise InvalidArgument(f'urgency must be "passive" or "cross", was {urgency!r}')
        retry_ns = duration_ns(retry)
        if retry_ns <= 0:
            raise InvalidArgument(f"retry must be positive, was {retry!r}")
        if qty_lots is None:
            assert qty is not None
            qty_lots = one.qty_to_lots(qty)
        if limit is not None:
            limit_ticks = one.price_to_ticks(limit)
        if self._targets is None:
            self._targets = {}
        target = self._targets.setdefault(id(one), Target(self, one))
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
        """Leave an instrument: pull its quotes, cancel its orders, and work towards holding nothing.

        What cannot be closed, such as less than the venue takes, is given up after a while; see `Target`.
        """
        self.quote(instrument)
        target = None if self._targets is None else self._targets.get(id(self.instrument(instrument)))
        for order in self.orders(instrument):
            if target is None or order is not target.order:
                self.cancel(order)
        return self.target(instrument, qty_lots=0, urgency=urgency, on_reached=on_reached, on_given_up=on_given_up)
