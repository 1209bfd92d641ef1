"""Exact money in arrays.

A column of money is an int64 array while its values fit, else an array of Python ints: nothing here wraps, whatever
the size. The functions choose; callers add, scale and accumulate without asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Exact",
    "Groups",
    "amounts",
    "column",
    "difference",
    "exactly",
    "groups_of",
    "joined",
    "largest",
    "narrowed",
    "numbers",
    "per_unit",
    "plus",
    "running",
    "running_in_groups",
    "scaled",
    "squares",
    "sums_by_group",
    "total",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
#: int64, or Python ints in an array of objects.
Exact = npt.NDArray[Any]

#: Below this a number, judged in float64, surely fits 64 bits.
_SAFE = 2.0**62
_EXACT_DOUBLE = 2**53
_LOW = np.int64(0xFFFFFFFF)
_LOW_31 = np.int64(0x7FFFFFFF)
_SHORT = 1 << 16


def largest(values: Exact) -> int:
    """The largest absolute value, 0 of nothing."""
    return max(abs(int(values.max())), abs(int(values.min()))) if values.size else 0


def narrowed(values: Exact) -> Exact:
    """The same values as int64 where all of them fit."""
    return values.astype(np.int64) if values.dtype == object and largest(values) < _SAFE else values


def scaled(values: Exact, scale: Any) -> Exact:
    """Values times an integer, or times an array of them."""
    factor = np.asarray(scale)
    if values.dtype != object and factor.dtype != object:
        bound = np.abs(values.astype(np.float64)) * np.abs(factor.astype(np.float64))
        if values.size == 0 or float(bound.max()) < _SAFE:
            result: Exact = values * factor.astype(np.int64)
            return result
    return narrowed(values.astype(object) * (factor.astype(object) if factor.ndim else int(scale)))


def joined(*parts: Exact) -> Exact:
    """Arrays one after another."""
    kind: Any = object if any(part.dtype == object for part in parts) else np.int64
    return np.concatenate([part.astype(kind, copy=False) for part in parts])


def exactly(*values: int) -> Exact:
    """Python ints as an array."""
    return narrowed(np.array(values, object))


def plus(*columns: Exact) -> Exact:
    """Columns added up, row by row."""
    if any(one.dtype == object for one in columns) or sum(map(largest, columns)) >= _SAFE:
        return narrowed(sum((one.astype(object) for one in columns[1:]), columns[0].astype(object)))
    result = columns[0]
    for one in columns[1:]:
        result = result + one
    return result


def difference(values: Exact, less: Exact) -> Exact:
    """One column less another one."""
    if values.dtype == object or less.dtype == object or largest(values) + largest(less) >= _SAFE:
        return narrowed(values.astype(object) - less.astype(object))
    return values - less


def total(values: Exact) -> int:
    """The sum, exact at any size."""
    if values.dtype == object:
        return int(values.sum()) if values.size else 0
    # Each half sums to less than 2**63 for up to 2**31 values.
    return (int((values >> 32).sum()) << 32) + int((values & _LOW).sum())


def squares(values: Exact) -> int:
    """The sum of the squares."""
    if values.dtype == object:
        return sum(int(value) ** 2 for value in values.tolist())
    most = largest(values)
    if float(most) ** 2 * values.size < _SAFE:
        return int(np.dot(values, values))
    if most >= _SAFE:
        return squares(values.astype(object))
    # Two halves of 31 bits: each product is below 2**62.
    high, low = np.abs(values) >> 31, np.abs(values) & _LOW_31
    return (total(high * high) << 62) + (total(high * low) << 32) + total(low * low)


def running(values: Exact, base: int = 0) -> Exact:
    """The sum up to each value, and a base."""
    return running_in_groups(values, np.zeros(min(1, values.size), np.int64), exactly(base))


def running_in_groups(values: Exact, starts: Ints, bases: Exact) -> Exact:
    """The sum up to each value within its group, and the group's base.

    Parameters
    ----------
    values : (n,) array
    starts : (k,) int64 array
        Where each group begins; the first one at 0.
    bases : (k,) array
    """
    if values.size == 0:
        return values
    sizes = np.diff(np.append(starts, values.size))
    if values.dtype != object and bases.dtype != object:
        # The same sums in floats bound the integers, which come out right modulo 2**64.
        rough = np.cumsum(values, dtype=np.float64)
        before = np.append(0.0, rough)[starts]
        rough = rough - np.repeat(before, sizes) + np.repeat(bases.astype(np.float64), sizes)
        if float(np.abs(rough).max()) < _SAFE:
            sums = np.cumsum(values)
            result: Exact = sums + np.repeat(bases - np.append(np.int64(0), sums)[starts], sizes)
            return result
    sums = np.cumsum(values.astype(object))
    before = np.append(np.array([0], object), sums)[starts]
    return narrowed(sums + np.repeat(bases.astype(object) - before, sizes))


def sums_by_group(values: Exact, starts: Ints) -> list[int]:
    """The sum of each group, exact; `starts` says where each begins."""
    if values.size == 0:
        return []
    if values.dtype == object:
        return [int(value) for value in np.add.reduceat(values, starts)]
    high = np.add.reduceat(values >> 32, starts)
    low = np.add.reduceat(values & _LOW, starts)
    return [(one << 32) + other for one, other in zip(high.tolist(), low.tolist(), strict=True)]


class Groups(NamedTuple):
    """Rows by a key: those of one key follow one another in `order`, as they stood."""

    order: Ints
    #: Where in `order` each key begins.
    starts: Ints
    #: Each key once, ascending.
    keys: Ints

    @property
    def ends(self) -> Ints:
        """Where in `order` each key ends."""
        return np.append(self.starts[1:], self.order.size)

    def rows(self, key: int) -> Ints:
        """Rows of one key, ascending."""
        at = int(np.searchsorted(self.keys, key))
        if at == self.keys.size or self.keys[at] != key:
            return self.order[:0]
        return self.order[self.starts[at] : self.order.size if at + 1 == self.starts.size else self.starts[at + 1]]


def groups_of(keys: Ints) -> Groups:
    """Rows by their key."""
    # NumPy sorts 16 bits by their digits, in a fifth of the time.
    is_short = keys.size > 0 and int(keys.min()) >= 0 and int(keys.max()) < _SHORT
    order = np.argsort(keys.astype(np.uint16) if is_short else keys, kind="stable")
    ordered = keys[order]
    begins = np.ones(keys.size, np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(begins)
    return Groups(order, starts, ordered[starts])


def per_unit(unit: Decimal) -> int:
    """Money units in one of the currency."""
    return int(1 / unit)


def amounts(units: Exact, unit: Decimal) -> Floats:
    """Money in the currency: the float nearest to each number of units."""
    per = per_unit(unit)
    if units.dtype != object and largest(units) <= _EXACT_DOUBLE and per <= 10**22:
        return units.astype(np.float64) / float(per)  # both are exact: the division rounds once
    return np.array([int(value) / per for value in units.tolist()], np.float64)


def column(units: Exact, known: npt.NDArray[np.bool_] | None = None) -> pa.Array[Any]:
    """An Arrow column: int64, or decimals of 38 digits where the values do not fit; null where not `known`."""
    import pyarrow as pa

    mask = None if known is None else np.ascontiguousarray(~known)
    units = narrowed(units)
    if units.dtype == object:
        return pa.array([Decimal(value) for value in units.tolist()], pa.decimal128(38, 0), mask=mask)
    return pa.array(np.ascontiguousarray(units), mask=mask)


def numbers(values: Sequence[int]) -> pa.Array[Any]:
    """Python ints as an Arrow column, see `column`."""
    return column(np.array([int(value) for value in values], object))
