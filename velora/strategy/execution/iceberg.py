"""Iceberg: a limit order that shows a part of itself."""

from __future__ import annotations

import random

from velora.errors import InvalidArgument
from velora.strategy.execution.algorithm import Algorithm
from velora.strategy.parameters import Duration, Parameter

__all__ = ["Iceberg"]


class Iceberg(Algorithm):
    """Rests at its limit price with a small part of the quantity shown; the next part follows when one is filled.

    Made on our side, for venues without the order type and against those who look for it: each part joins the back of
    the queue, one way to the venue and back after the last, and has a random size of its own. Needs a limit.
    """

    show_lots = Parameter(1, low=1, unit="lots", doc="largest part that is shown")
    vary = Parameter(0.0, low=0.0, high=0.9, doc="a part is smaller than show_lots by up to this share, at random")
    duration = Duration(0, low=0, doc="time after which the rest is left; 0 for none")
    post_only = Parameter(True, doc="refused rather than taking; the part is tried again at the next check")
    seed = Parameter(0, low=0, doc="seed of the random sizes")

    def begin(self) -> None:
        if self.limit_ticks is None:
            raise InvalidArgument("an iceberg needs limit or limit_ticks: the price that it rests at")
        self._rng = random.Random(self.seed)

    def step(self, *, reprice: bool) -> None:
        assert self.limit_ticks is not None
        if self.duration and self.now >= self.execution.ts_begin + self.duration:
            self.finish("time")
        elif self.worker.order is None:
            lots = max(1, self.show_lots - int(self.show_lots * self.vary * self._rng.random()))
            self.worker.rest(
                self.side, min(lots, self.execution.remaining_lots), self.limit_ticks, post_only=self.post_only
            )
