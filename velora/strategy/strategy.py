"""The base class of strategies written in Python."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from velora.core.context import Context
from velora.strategy.executions import Executions
from velora.strategy.hooks import check_hooks

__all__ = ["Strategy"]


class Strategy(Executions):
    """Base of strategies: override the hooks you want, and trade through the methods.

    Only hooks that a strategy defines cost anything. One that defines `on_trade`, `on_quote`, `on_book`, `on_funding`
    or `on_gap` gets those events of every instrument, unless it subscribed to that kind itself in `on_start`.

    A hook with a near-miss name or a wrong signature raises `StrategyError` when the class is made.

    Prices and quantities are floats, strings or Decimals on the instrument's grid, or exact integers through the
    `*_ticks` and `*_lots` arguments; anything off the grid raises `OffGrid`.

    Examples
    --------
    >>> class Quoter(Strategy):
    ...     def on_start(self):
    ...         self.every("100ms", self.requote)
    ...
    ...     def requote(self):
    ...         book = self.book("BTCUSDT")
    ...         self.quote(book.instrument, bid=book.best_bid, ask=book.best_ask, qty=0.01)
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Hooks may come from mixins, which are not checked when they are made.
        for part in reversed(cls.__mro__[: cls.__mro__.index(Strategy)]):
            check_hooks(cls.__name__, vars(part))

    def _attach(self, context: Context) -> None:
        """Called by the engine before `on_start`: a strategy that ran before begins anew."""
        super()._attach(context)
        self._rings = self._watches = self._targets = self._readings = self._follows = self._history = None
        # Not by `self.__dict__`: asking for it takes an instance's attributes out of the interpreter's fast paths.
        with suppress(AttributeError):
            del self.quote
