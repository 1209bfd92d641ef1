"""POV: a part of the volume."""

from __future__ import annotations

from velora.errors import InvalidArgument
from velora.strategy.execution.algorithm import Algorithm
from velora.strategy.parameters import Duration, Parameter

__all__ = ["Pov"]


class Pov(Algorithm):
    """Trades a part of the market's volume, and no more: fast in a busy market, slow in a quiet one.

    What is due is `rate` times the volume that the feed has shown since the beginning; in a live market that volume has
    our own fills in it, in a backtest it has not. What is due rests post-only and crosses when it has waited for
    `patience`. Nothing guarantees an end: `duration` bounds it, and leaves the rest undone.
    """

    rate = Parameter(0.1, low=1e-6, high=1.0, doc="part of the volume")
    clip_lots = Parameter(1, low=1, unit="lots", doc="smallest order, but for the last")
    patience = Duration("2s", low=0, doc="time that what is due rests before it crosses")
    duration = Duration(0, low=0, doc="time after which the rest is left; 0 for none")

    def begin(self) -> None:
        self._due_since: int | None = None

    @property
    def due_lots(self) -> int:
        """Lots that the volume so far calls for."""
        return min(int(self.rate * self.execution._volume_lots), self.execution.qty_lots)

    def step(self, *, reprice: bool) -> None:
        now = self.now
        if self.duration and now >= self.execution.ts_begin + self.duration:
            self.finish("time")
            return
        open_lots = self.due_lots - self.execution.filled_lots
        order = self.worker.order
        if open_lots <= 0:
            self._due_since = None
        elif self._due_since is None:
            self._due_since = now
        if order is None and open_lots < min(self.clip_lots, self.execution.remaining_lots):
            return
        if order is not None and not reprice:
            return  # a resting order grows at the checks, not with each trade
        cross = self._due_since is not None and now - self._due_since >= self.patience
        self.worker.work(
            self.side,
            open_lots,
            cross=cross,
            limit_ticks=self.limit_ticks,
            through_ticks=self.through,
            reprice=reprice,
        )

    def on_parameters(self, changed: object) -> None:
        if self.execution._volume_lots and self.due_lots < self.execution.filled_lots:
            raise InvalidArgument(
                f"at a rate of {self.rate} less would be due than the {self.execution.filled_lots} lots filled already"
            )
