"""Removal of duplicate prints: repeated trades, and trades recorded both singly and aggregated."""

from __future__ import annotations

from array import array
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

__all__ = ["IdRuns", "find_duplicate_prints", "id_runs"]


class IdRuns:
    """A set of ids, stored as runs of consecutive ones."""

    def __init__(self) -> None:
        self._first = array("q")
        self._last = array("q")

    def add(self, number: int) -> bool:
        """Add an id; returns whether it was new."""
        first, last = self._first, self._last
        if last and number == last[-1] + 1:
            last[-1] = number
            return True
        at = bisect_right(first, number) - 1
        if at >= 0 and number <= last[at]:
            return False
        joins_before = at >= 0 and last[at] == number - 1
        joins_after = at + 1 < len(first) and first[at + 1] == number + 1
        if joins_before and joins_after:
            last[at] = last.pop(at + 1)
            first.pop(at + 1)
        elif joins_before:
            last[at] = number
        elif joins_after:
            first[at + 1] = number
        else:
            first.insert(at + 1, number)
            last.insert(at + 1, number)
        return True

    def runs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First and last ids of the runs, ascending."""
        return np.array(self._first, np.int64), np.array(self._last, np.int64)


def id_runs(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last ids of the runs of consecutive ids in ascending ids."""
    if len(ids) == 0:
        return ids, ids
    ends = np.flatnonzero(ids[1:] - ids[:-1] > 1)
    return ids[np.concatenate(([0], ends + 1))], ids[np.concatenate((ends, [len(ids) - 1]))]


def find_duplicate_prints(
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    runs: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks of the aggregated trades that are recorded singly as well: (all of it, part of it).

    Parameters
    ----------
    first, last : (n,) int64 arrays
        Ids of the first and the last trade of each aggregated one.
    runs : (first, last)
        Runs of the ids of the single trades, as from `IdRuns.runs`.
    """
    starts, ends = runs
    if len(starts) == 0:
        none = np.zeros(len(first), np.bool_)
        return none, none.copy()
    # The runs are disjoint and not adjacent, so a range within them lies within one run.
    at = np.searchsorted(starts, first, side="right") - 1
    inside = (at >= 0) & (first <= ends[np.maximum(at, 0)])
    whole = inside & (last <= ends[np.maximum(at, 0)]) & (first <= last)
    following = np.minimum(at + 1, len(starts) - 1)
    reaches = (at + 1 < len(starts)) & (starts[following] <= last)
    return whole, (inside | reaches) & ~whole & (first <= last)
