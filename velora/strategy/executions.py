"""Execution algorithms as parts of a strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from velora.errors import InvalidArgument
from velora.strategy.bracket import Brackets

if TYPE_CHECKING:
    from velora.strategy.execution.algorithm import Algorithm
    from velora.strategy.execution.progress import Execution

__all__ = ["Executions"]


class Executions(Brackets):
    """The part of `velora.Strategy` that has large orders worked."""

    def execute(self, algorithm: Algorithm, on_done: Callable[[Execution], object] | None = None) -> Execution:
        """Have an algorithm work its order from now on, beside everything else this strategy does.

        Parameters
        ----------
        algorithm : Algorithm
            Such as ``Twap("BTCUSDT", "BUY", qty=10, duration="10m")``.
        on_done : callable, optional
            Called with the `Execution` when it is over.

        Returns
        -------
        Execution
            Its progress.

        Notes
        -----
        Its orders are orders of this strategy: `on_order` and `on_fill` tell of them, `cancel_all` cancels them (and
        the algorithm sends others), and what they fill is in `position`.
        """
        now = self.now  # raises outside of a run
        if algorithm._context.is_attached:
            raise InvalidArgument(f"{algorithm!r} runs already; an algorithm works one order once")
        algorithm._attach(self._context)
        execution = algorithm.execution
        execution.ts_begin = now
        execution._on_done = on_done
        algorithm.on_start()
        return execution
