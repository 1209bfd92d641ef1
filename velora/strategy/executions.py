"""Execution algorithms as parts of a strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from velora.core.context import Context
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.strategy.execution.algorithm import Algorithm
    from velora.strategy.execution.progress import Execution

__all__ = ["Executions"]


class Executions:
    """The component of a strategy that has algorithms work large orders.

    Parameters
    ----------
    context : Context
        Shared with the algorithms: their orders are the strategy's.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def execute(self, algorithm: Algorithm, on_done: Callable[[Execution], object] | None) -> Execution:
        """Have an algorithm work its order from now on; see `Strategy.execute`."""
        self._context.check_can_trade()
        if algorithm._context.is_attached:
            raise InvalidArgument(f"{algorithm!r} runs already; an algorithm works one order once")
        algorithm._attach(self._context)
        execution = algorithm.execution
        execution.ts_begin = self._context.now
        execution._on_done = on_done
        algorithm.on_start()
        return execution
