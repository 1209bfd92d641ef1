"""The base of execution algorithms."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from velora.core.events import Side, order_side
from velora.core.instrument import Instrument
from velora.core.market import Trade
from velora.core.orders import Fill, Order, OrderState
from velora.errors import InvalidArgument, StrategyError
from velora.strategy.execution.progress import Ending, Execution
from velora.strategy.parameters import Duration, Parameter
from velora.strategy.refusals import ended_unfilled
from velora.strategy.strategy import Strategy
from velora.strategy.worker import Worker

__all__ = ["Algorithm"]

_Number = float | int | str | Decimal

_REFUSED_HOOKS = ("on_trade", "on_quote", "on_book", "on_order", "on_fill", "on_position", "on_gap", "on_funding")


class Algorithm(Strategy):
    """A strategy that works one order: a whole backtest's, or a part of another by `Strategy.execute`.

    A subclass says in `step` what is to be done now; one order at a time is out, so the fills never pass the quantity.
    It has no hooks of the market, for these are the whole strategy's: subscribe to them by `subscribe_hook` in `begin`.

    Parameters
    ----------
    instrument : str or Instrument, optional
        The only one of the run when not given.
    side : Side or {"BUY", "SELL"}
        Side of the order.
    qty : float, str or Decimal
        Quantity of the whole order, base currency or contracts (or `qty_lots`, in lots).
    limit : float, str or Decimal, optional
        Worst price that it trades at, quote currency (or `limit_ticks`, in ticks).
    on_done : callable, optional
        Called with the `Execution` when it is over.
    **parameters
        Values of the declared parameters.

    Attributes
    ----------
    execution : Execution
        Its progress: fills, filled and remaining lots, how it ended.
    """

    #: Whether an order that found nothing to take counts as one that ended unfilled.
    _counts_misses = True

    check = Duration("100ms", low="1ns", doc="time between two steps where no report brings one")
    through = Parameter(0, low=0, unit="ticks", doc="how far beyond the best price a crossing order may trade")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for hook in _REFUSED_HOOKS:
            if hook in vars(cls):
                raise StrategyError(
                    f"{cls.__name__}.{hook} would not be called as a part of another strategy; "
                    f'call self.subscribe_hook("{hook}", ...) in begin'
                )

    def __init__(
        self,
        instrument: str | Instrument | None = None,
        side: Side | str = "BUY",
        qty: _Number | None = None,
        *,
        qty_lots: int | None = None,
        limit: _Number | None = None,
        limit_ticks: int | None = None,
        on_done: Callable[[Execution], object] | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(**parameters)
        if (qty is None) == (qty_lots is None):
            raise InvalidArgument("give qty or qty_lots, one of them")
        if limit is not None and limit_ticks is not None:
            raise InvalidArgument("give limit or limit_ticks, not both")
        if qty_lots is not None and qty_lots < 1:
            raise InvalidArgument(f"qty_lots must be at least 1, was {qty_lots}")
        self.side = order_side(side)
        self.execution = Execution(self, self.side)
        self._where = instrument
        self._qty = qty
        self._qty_lots = qty_lots
        self._limit = limit
        self.limit_ticks = limit_ticks
        self._callback = on_done
        self._clock = 0
        self._is_cancelled = False

    # ------------------------------------------------------------------ what a subclass says

    def begin(self) -> None:
        """The order is there: make the plan."""

    def step(self, *, reprice: bool) -> None:
        """Do what is to be done now: called each `check`, with `reprice`, and after each report, without."""
        raise NotImplementedError

    # ------------------------------------------------------------------ the life of an order

    def on_start(self) -> None:
        where = self._where
        if where is None:
            if len(self.instruments) != 1:
                raise InvalidArgument(f"{type(self).__name__} needs an instrument: the run has several")
            where = self.instruments[0]
        #: The instrument, from `on_start` on.
        self.resolved = self.instrument(where)
        lots = self._qty_lots
        if lots is None:
            assert self._qty is not None
            lots = self.resolved.qty_to_lots(self._qty)
        if lots < 1:
            raise InvalidArgument(f"qty must be positive, was {self._qty!r}")
        if self._limit is not None:
            self.limit_ticks = self.resolved.price_to_ticks(self._limit)
        self.market = self.book(self.resolved)
        self.worker = Worker(self._context, self.resolved)
        if self.execution.instrument is not None:  # a backtest of it ran before
            self.execution = Execution(self, self.side)
            self._is_cancelled = False
        execution = self.execution
        execution.qty_lots = lots
        execution.instrument = self.resolved
        execution.ts_begin = self.now
        execution._sample_mid(self.market.mid)
        self._subscribed: list[tuple[str, Callable[[Any], object]]] = []
        self.subscribe_hook("on_fill", self._filled)
        self.subscribe_hook("on_order", self._changed)
        self.subscribe_hook("on_trade", self._traded)
        self._clock = self.every(self.check, self._tick, name="execution")
        self.begin()
        self._act(reprice=False)

    def finish(self, ending: Ending) -> None:
        """End once no order is open; an open one is cancelled first."""
        execution = self.execution
        if execution.is_done:
            return
        if self.worker.order is not None:
            self.worker.cancel()
            return
        last = self.worker.last
        if last is not None and last.cum_qty_lots > self._counted(last):
            return  # cancelled in on_order of a fill: on_fill comes next, and counts it
        execution.is_done = True
        execution.ending = "filled" if execution.remaining_lots == 0 else ending
        execution.ts_end = self.now
        self.cancel_timer(self._clock)
        for hook, callback in self._subscribed:
            self._context.unsubscribe_hook(hook, callback)
        for done in (self._callback, execution._on_done):
            if done is not None:
                done(execution)

    def subscribe_hook(self, hook: str, callback: Callable[[Any], object]) -> None:
        """Call back with the events of a hook, such as ``"on_quote"``, of the instrument, until it is over."""
        self._subscribed.append((hook, callback))
        self._context.subscribe_hook(hook, callback, [self.resolved])

    def _cancel(self) -> None:
        self._is_cancelled = True
        if self._context.is_attached and not self.execution.is_done:
            self.finish("cancelled")

    def _act(self, *, reprice: bool) -> None:
        if self.execution.is_done:
            return
        if self._is_cancelled or self.execution.remaining_lots == 0:
            self.finish("cancelled")
        else:
            self.step(reprice=reprice)

    def _gave_up(self) -> None:
        """End when no further order would do better."""
        why = self.worker.give_up_reason
        if why is None or self.execution.is_done:
            return
        self.finish("given_up")
        if self.execution.is_done and self.execution.ending == "given_up":
            what = f"the {type(self).__name__} of {self.execution.remaining_lots} lots"
            self._context.record_given_up(self.resolved, what, why)

    def _tick(self) -> None:
        self.execution._sample_mid(self.market.mid)
        self._act(reprice=True)
        self._gave_up()

    def _filled(self, fill: Fill) -> None:
        last = self.worker.last
        # Only one order is out at a time, and its end is reported after its fills.
        if last is not None and fill.order_id == last.id:
            self.execution._add(fill)
            self._act(reprice=False)

    def _changed(self, order: Order) -> None:
        # A fill's report comes here first; its quantity is counted in `_filled`.
        if order is not self.worker.last or order.cum_qty_lots > self._counted(order):
            return
        is_miss = order.state is OrderState.EXPIRED and not self._counts_misses
        is_unfilled = ended_unfilled(order) if is_miss else self.worker.note(order, self.check)
        if self._is_cancelled or not is_unfilled:
            self._act(reprice=False)
        else:
            self._gave_up()

    def _counted(self, order: Order) -> int:
        """Lots of an order that `_filled` has counted."""
        total = 0
        for fill in reversed(self.execution.fills):
            if fill.order_id != order.id:
                break
            total += fill.qty_lots
        return total

    def _traded(self, trade: Trade) -> None:
        if not trade.is_off_book:
            self.execution._trade(trade)
