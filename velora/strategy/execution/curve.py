"""How a market's volume is spread over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from velora.core.clock import DurationLike, duration_ns
from velora.core.events import EventFlag, EventKind
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.data.table import EventTable

__all__ = ["VolumeCurve"]


class VolumeCurve:
    """Volume per bucket of a period that comes again and again, such as the five minutes of a day.

    Within a bucket the volume is taken to be spread evenly.

    Parameters
    ----------
    weights : sequence of float
        Of each bucket, at least 0; their scale does not matter.
    period : str, timedelta or ns
        Length of all buckets together.
    anchor : int
        ns of an instant at which a period begins; midnight UTC for the default period.
    """

    def __init__(
        self, weights: Sequence[float] | NDArray[Any], *, period: DurationLike = "1d", anchor: int = 0
    ) -> None:
        self.weights = np.asarray(weights, np.float64)
        self.period_ns = duration_ns(period, "period")
        self.anchor = anchor
        if self.weights.ndim != 1 or self.weights.size == 0 or not np.isfinite(self.weights).all():
            raise InvalidArgument("a volume curve needs at least one finite weight")
        if (self.weights < 0).any() or self.weights.sum() <= 0:
            raise InvalidArgument("the weights of a volume curve must be at least 0 and not all 0")
        if self.period_ns < self.weights.size:
            raise InvalidArgument(f"period must be at least a nanosecond a bucket, was {period!r}")
        self._sums = np.concatenate([[0.0], np.cumsum(self.weights)])

    @classmethod
    def of_trades(
        cls, ts: ArrayLike, qty: ArrayLike, *, buckets: int = 288, period: DurationLike = "1d", anchor: int = 0
    ) -> VolumeCurve:
        """Learn a curve from trades: their volume in each bucket, all periods together.

        Parameters
        ----------
        ts : (n,) int64 array
            ns.
        qty : (n,) array
            Of each trade, in whatever unit.
        buckets : int
        period, anchor
            As of the class.
        """
        if buckets < 1:
            raise InvalidArgument(f"buckets must be at least 1, was {buckets}")
        period_ns = duration_ns(period, "period")
        times = np.asarray(ts, np.int64)
        into = (times - anchor) % period_ns
        bucket = np.minimum(into / (period_ns / buckets), buckets - 1).astype(np.int64)
        weights = np.bincount(bucket, np.asarray(qty, np.float64), minlength=buckets)
        return cls(weights, period=period_ns, anchor=anchor)

    @classmethod
    def of_table(
        cls, table: EventTable, *, buckets: int = 288, period: DurationLike = "1d", anchor: int = 0
    ) -> VolumeCurve:
        """Learn a curve from the trades of an event table."""
        rows = (table.kind == EventKind.TRADE) & (table.flags & EventFlag.OFF_BOOK == 0)
        return cls.of_trades(table.ts_recv[rows], table.qty[rows], buckets=buckets, period=period, anchor=anchor)

    def _upto(self, ts: int) -> float:
        """Volume from the anchor to an instant."""
        periods, into = divmod(ts - self.anchor, self.period_ns)
        at = into / self.period_ns * self.weights.size
        bucket = min(int(at), self.weights.size - 1)
        return float(periods * self._sums[-1] + self._sums[bucket] + (at - bucket) * self.weights[bucket])

    def volume(self, start: int, end: int) -> float:
        """Volume between two instants, ns, in the unit of the weights.

        Parameters
        ----------
        start, end : int
            ns since 1970-01-01 UTC, the local clock.
        """
        return self._upto(end) - self._upto(start)

    def __repr__(self) -> str:
        return f"VolumeCurve({self.weights.size} buckets in {self.period_ns / 1e9:g} s)"
