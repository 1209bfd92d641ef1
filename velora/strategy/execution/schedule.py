"""Algorithms with a schedule: TWAP and VWAP."""

from __future__ import annotations

import itertools
import random
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from velora.core.clock import ns
from velora.errors import InvalidArgument
from velora.strategy.bracket import split_lots
from velora.strategy.execution.algorithm import Algorithm
from velora.strategy.execution.curve import VolumeCurve
from velora.strategy.parameters import Duration, Parameter

__all__ = ["Scheduled", "Twap", "Vwap"]


class Scheduled(Algorithm):
    """Works its quantity in slices over a duration.

    Each slice rests post-only at the best price of its own side and follows it for the first part of its time, its
    `patience`; what has not filled by then crosses the spread. At the end of the duration everything left crosses.
    Slices begin at a random instant of their first part, from a seed; what is due at any instant is never exceeded.
    """

    duration = Duration("10m", low="1ns", doc="time for the whole quantity")
    slices = Parameter(20, low=1, high=100_000, doc="number of slices")
    patience = Parameter(0.6, low=0.0, high=1.0, doc="part of a slice's time in which it rests before it crosses")
    jitter = Parameter(0.3, low=0.0, high=1.0, doc="part of a slice's patient time within which it begins, at random")
    grace = Duration("5s", low=0, doc="time after the duration in which what is left still tries to cross")
    seed = Parameter(0, low=0, doc="seed of the random start times")

    def weights(self, edges: Sequence[int]) -> list[float]:
        """Share of each slice, between two instants each, ns; equal here."""
        return [1.0] * (len(edges) - 1)

    def begin(self) -> None:
        start, rng = self.now, random.Random(self.seed)
        count, duration = self.slices, self.duration
        edges = [start + duration * at // count for at in range(count + 1)]
        weights = self.weights(edges)
        #: When the patience of each slice begins and is over, ns.
        self.begins: list[int] = []
        self.deadlines: list[int] = []
        for left, right in itertools.pairwise(edges):
            patient = int((right - left) * self.patience)
            self.begins.append(left + int(patient * self.jitter * rng.random()))
            self.deadlines.append(left + patient)
        #: Lots that are due from the begin of each slice on.
        self.due_lots: list[int] = []
        total = 0
        for lots in split_lots(self.execution.qty_lots, weights):
            total += lots
            self.due_lots.append(total)
        self.ts_end = edges[-1]
        for ts in self.begins:
            self.at(ts, self._wake, name="slice")

    def _wake(self) -> None:
        if not self.execution.is_done:
            self._act(reprice=True)

    def step(self, *, reprice: bool) -> None:
        now = self.now
        if now >= self.ts_end + self.grace:
            self.finish("time")
            return
        at = bisect_right(self.begins, now) - 1
        due = self.due_lots[at] if at >= 0 else 0
        cross = now >= self.ts_end or (at >= 0 and now >= self.deadlines[at])
        if now >= self.ts_end:
            due = self.execution.qty_lots
        elif not cross and at >= 1 and due - self.execution.filled_lots > self.due_lots[at] - self.due_lots[at - 1]:
            cross = True  # more than this slice is open: what an earlier one left behind has had its patience
        self.worker.work(
            self.side,
            due - self.execution.filled_lots,
            cross=cross,
            limit_ticks=self.limit_ticks,
            through_ticks=self.through,
            reprice=reprice,
        )


class Twap(Scheduled):
    """Spreads a quantity evenly over time: the average price aims at the mean price of the period.

    Assumes nothing about volume. It pays the spread on what does not fill passively, and shows a pattern that others
    may see; `jitter` blurs it.

    Examples
    --------
    >>> Twap("BTCUSDT", "BUY", qty=10, duration="10m", slices=20)  # doctest: +SKIP
    """


class Vwap(Scheduled):
    """Spreads a quantity like the market's volume: the average price aims at the volume-weighted price of the period.

    Assumes that the volume will be spread as the curve says; it is off by as much as the day differs from the curve.

    Parameters
    ----------
    curve : VolumeCurve or sequence of float
        A curve of clock time, or the weights of equal parts of the duration.

    Examples
    --------
    >>> Vwap("BTCUSDT", "SELL", qty=10, duration="1h", curve=[3, 1, 1, 3])  # doctest: +SKIP
    """

    def __init__(self, *arguments: Any, curve: VolumeCurve | Sequence[float], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.curve = curve

    def weights(self, edges: Sequence[int]) -> list[float]:
        curve = self.curve
        if not isinstance(curve, VolumeCurve):
            curve = VolumeCurve(curve, period=ns(edges[-1] - edges[0]), anchor=edges[0])
        found = [curve.volume(left, right) for left, right in itertools.pairwise(edges)]
        if sum(found) <= 0:
            raise InvalidArgument(f"{curve!r} has no volume in the period of the execution")
        return [max(volume, 0.0) for volume in found]
