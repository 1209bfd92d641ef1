"""The grid of prices and quantities in files: decimal strings in units of 1e-8, and their steps."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from velora.core.events import EventKind, Side
from velora.core.instrument import Instrument
from velora.errors import CorruptData, InvalidArgument

__all__ = [
    "OFF_GRID_SHARE",
    "GridFinder",
    "off_grid",
    "scaled",
    "scaled_steps",
    "step_text",
    "with_partners",
    "without_value",
]

#: Share of prices that may be off the inferred tick.
OFF_GRID_SHARE = 1e-4

_SCALE_DIGITS = 8
_SCALED_MAX = 2**63 - 1


def scaled(text: str) -> int:
    """A decimal string as an integer of 1e-8; `ValueError` for other text, or beyond 64 bits."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > _SCALE_DIGITS:
        if fraction[_SCALE_DIGITS:].strip("0"):
            raise ValueError(f"{text[:40]!r} has more than {_SCALE_DIGITS} decimals")
        fraction = fraction[:_SCALE_DIGITS]
    value = int(whole + fraction.ljust(_SCALE_DIGITS, "0"))
    if not -_SCALED_MAX <= value <= _SCALED_MAX or "_" in text or not (whole or fraction):
        raise ValueError(f"{text[:40]!r} is not a decimal number below {_SCALED_MAX // 10**_SCALE_DIGITS:,}")
    return value


class GridFinder:
    """Finds the step of a column of scaled values: the largest among multiples of powers of ten.

    Parameters
    ----------
    multiples : tuple of int
        Multiples of the powers of ten, such as (5, 2, 1).
    tolerance : float
        Share of the values that may be off the step.
    """

    def __init__(self, multiples: tuple[int, ...], tolerance: float) -> None:
        self._candidates = np.array([m * 10**k for k in range(15, -1, -1) for m in multiples], np.int64)
        self._off = np.zeros(len(self._candidates), np.int64)
        self._count = 0
        self._tolerance = tolerance

    def add(self, values: NDArray[np.int64]) -> None:
        values, counts = np.unique(values[values > 0], return_counts=True)
        self._count += int(counts.sum())
        for at, step in enumerate(self._candidates.tolist()):
            self._off[at] += int(counts[values % step != 0].sum())

    def step(self) -> int:
        good = self._off <= self._count * self._tolerance
        return int(self._candidates[int(np.argmax(good))]) if self._count else 1


def step_text(step: int) -> str:
    return f"{(Decimal(step) / 10**_SCALE_DIGITS).normalize():f}"


def scaled_steps(instrument: Instrument) -> tuple[int, int]:
    """Tick and lot size in units of 1e-8, the unit of file values."""
    steps = []
    for name, size in (("tick_size", instrument.tick_size), ("lot_size", instrument.lot_size)):
        step = Decimal(size) * 10**_SCALE_DIGITS
        if step != int(step):
            raise InvalidArgument(f"{name} must be a multiple of 0.00000001, was {size}")
        steps.append(int(step))
    return steps[0], steps[1]


def without_value(rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Trades without a price or a quantity above 0, and sides and levels with a negative quantity; no other rows.

    A side or level of quantity 0 is empty, at any price.
    """
    price, qty, kind = rows["price"], rows["qty"], rows["kind"]
    is_trade = kind == EventKind.TRADE
    is_book = (kind == EventKind.QUOTE) | (kind == EventKind.DELTA)
    bad: NDArray[np.bool_] = is_trade & ((price <= 0) | (qty <= 0))
    bad |= is_book & ((qty < 0) | ((price <= 0) & (qty != 0)))
    return bad


def with_partners(rows: NDArray[np.void], bad: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add the other side of each quote with a bad side: a quote needs both."""
    quotes = rows["kind"] == EventKind.QUOTE
    bids = np.flatnonzero(quotes & (rows["side"] == Side.BUY))
    asks = bids + 1
    asks = asks[asks < len(rows)]
    bids = bids[: len(asks)]
    paired = quotes[asks] & (rows["side"][asks] == Side.SELL)
    both = bad[bids[paired]] | bad[asks[paired]]
    out = bad.copy()
    out[bids[paired]] |= both
    out[asks[paired]] |= both
    return out


def off_grid(file: Path, line: int, field: str, detail: str) -> CorruptData:
    """The error for a value off the grid."""
    return CorruptData(
        detail,
        file=file,
        row=line,
        field=field,
        hint="Set the right --tick-size and --lot-size, or skip such values with --skip-bad-lines",
    )
