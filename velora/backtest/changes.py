"""What samples change: each as a step from the sample before it of the same strategy and instrument.

A sum over strategies and instruments is a running sum of these steps, in the order of time. So the work grows with the
samples, however many strategies and instruments there could be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from velora.backtest.money import Exact, Groups, difference, groups_of, plus, scaled

__all__ = ["Changed", "Changes", "pieces_of"]

Ints = npt.NDArray[np.int64]
Records = npt.NDArray[Any]

_PIECE = 1 << 17

#: What a pair of strategy and instrument has before its first sample.
_BEFORE = {"lots": 0, "realized": 0, "unrealized": 0, "fee": 0, "cash": 0, "value": 0, "known": 1}


@dataclass(frozen=True)
class Changed:
    """Samples in time order, and by how much each column differs from the pair's sample before.

    ``value`` is that of the position at its mark; ``known`` is 0 where a position was open and nothing said what it was
    worth, else 1.
    """

    ts: Ints
    instrument: Ints
    strategy: Ints
    steps: dict[str, Exact]
    #: By instrument times the number of strategies, plus strategy; of all samples, also where some were taken.
    by_pair: Groups

    def take(self, rows: Ints) -> Changed:
        """Some of them, in their order."""
        return replace(
            self,
            ts=self.ts[rows],
            instrument=self.instrument[rows],
            strategy=self.strategy[rows],
            steps={name: column[rows] for name, column in self.steps.items()},
        )

    def last_of_instants(self) -> npt.NDArray[np.bool_]:
        """Where an instant is complete."""
        return np.append(self.ts[1:] != self.ts[:-1], True)


class Changes:
    """Steps of one piece of samples after another.

    Parameters
    ----------
    directions : (n,) int64 array
        Of each instrument: -1 for an inverse contract, which gains as its value in coins falls, else 1.
    strategies : int
    """

    def __init__(self, directions: Ints, strategies: int) -> None:
        self._directions = directions
        self._strategies = strategies
        #: Pairs that had samples, ascending, and by column the last value of each.
        self._pairs = np.zeros(0, np.int64)
        self._last: dict[str, Exact] = {name: np.zeros(0, np.int64) for name in _BEFORE}

    def next(self, samples: Records) -> Changed:
        """Samples that follow those of the calls before, in time order."""
        instrument, strategy = samples["instrument"].astype(np.int64), samples["strategy"].astype(np.int64)
        by = groups_of(instrument * self._strategies + strategy)
        self._add_pairs(by.keys)
        # cash + direction * value = realised + unrealised holds at every instant
        value = difference(plus(samples["realized"], samples["unrealized"]), samples["cash"])
        columns = {
            "lots": samples["position"],
            "realized": samples["realized"],
            "unrealized": samples["unrealized"],
            "fee": samples["fee"],
            "cash": samples["cash"],
            "value": scaled(value, self._directions[instrument]),
            "known": ((samples["position"] == 0) | (samples["mark_source"] != 0)).astype(np.int64),
        }
        steps = {name: self._step(name, column, by) for name, column in columns.items()}
        return Changed(samples["ts"].astype(np.int64), instrument, strategy, steps, by)

    def _add_pairs(self, keys: Ints) -> None:
        """Pairs, of which some may be new: they begin with nothing."""
        pairs = np.union1d(self._pairs, keys)
        if pairs.size == self._pairs.size:
            return
        at = np.searchsorted(pairs, self._pairs)
        for name, last in self._last.items():
            self._last[name] = np.full(pairs.size, _BEFORE[name], last.dtype)
            self._last[name][at] = last
        self._pairs = pairs

    def _step(self, name: str, column: Exact, by: Groups) -> Exact:
        now, last, at = column[by.order], self._last[name], np.searchsorted(self._pairs, by.keys)
        if now.dtype != last.dtype:
            now, last = now.astype(object), last.astype(object)
        before: Exact = np.empty_like(now)
        before[1:], before[by.starts] = now[:-1], last[at]
        step = difference(now, before)
        result: Exact = np.empty_like(step)
        result[by.order] = step
        last[at] = now[by.ends - 1]
        self._last[name] = last
        return result


def pieces_of(samples: Records) -> Iterator[Records]:
    """Samples in pieces that bound the memory of what is computed of each; the sums do not depend on the cuts."""
    for at in range(0, samples.size, _PIECE):
        yield samples[at : at + _PIECE]
