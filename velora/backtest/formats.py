"""How figures of a run are written for reading: money, ratios, shares, instants and spans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

__all__ = [
    "finite_or_none",
    "format_money",
    "format_percent",
    "format_ratio",
    "format_span",
    "format_time",
    "format_times",
    "money_digits",
]

_SECOND_NS = 1_000_000_000


def finite_or_none(value: float) -> float | None:
    """NaN and infinity have no place in JSON."""
    return value if math.isfinite(value) else None


def money_digits(*values: float | None) -> int | None:
    """Decimals for amounts that are read side by side, by the largest of them; None where all are tiny."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    return 2 if largest >= 100 or largest == 0 else 4 if largest >= 0.01 else None


def format_money(value: float | None, digits: int | None = None, *, signed: bool = False) -> str:
    """Money for reading, grouped, n/a for None or NaN: about six figures, or as many decimals as stated."""
    if value is None or not math.isfinite(value):
        return "n/a"
    if digits is not None:
        is_zero = abs(value) < 0.5 * 10.0**-digits
        return f"{0:.{digits}f}" if is_zero else f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    magnitude = abs(value)
    digits = 2 if magnitude >= 100 or magnitude == 0 else 4 if magnitude >= 0.1 else 8
    if 0 < magnitude < 1e-18:  # finer than any money unit
        return f"{value:+.6g}" if signed else f"{value:.6g}"
    if 0 < magnitude < 1e-4:  # six digits from the first one that is not zero
        digits = 5 - math.floor(math.log10(magnitude))
    text = f"{value:+,.{digits}f}" if signed and value else f"{value:,.{digits}f}"
    if digits >= 8:
        text = text.rstrip("0")
    return text.removeprefix("-") if value == 0 else text


def format_ratio(value: float | None, digits: int = 2, unit: str = "") -> str:
    """A plain number with its unit, n/a for None or NaN."""
    return "n/a" if value is None or not math.isfinite(value) else _plain(f"{value:,.{digits}f}") + unit


def _plain(number: str) -> str:
    """A formatted number; what rounds to zero has no sign."""
    return number.removeprefix("-") if not any(digit in number for digit in "123456789") else number


def format_percent(value: float | None, digits: int = 1) -> str:
    """A share in percent, n/a for None."""
    return "n/a" if value is None or not math.isfinite(value) else _plain(f"{value * 100:,.{digits}f}") + " %"


def format_time(ts: int) -> str:
    """An instant to the second, UTC."""
    return str(np.datetime64(ts, "ns").astype("datetime64[s]")).replace("T", " ")


def format_times(instants: Sequence[int]) -> list[str]:
    """Instants of one story, UTC: in seconds, or in us or ns where two are closer; with dates where these differ."""
    distinct = sorted(set(instants))
    gap = min((after - before for before, after in pairwise(distinct)), default=_SECOND_NS)
    unit = "s" if gap >= _SECOND_NS else "us" if gap >= 1_000 else "ns"
    texts = [str(np.datetime64(ts, "ns").astype(f"datetime64[{unit}]")).split("T") for ts in instants]
    dates = {date for date, _ in texts}
    return [time if len(dates) == 1 else f"{date} {time}" for date, time in texts]


def format_span(seconds: float | None) -> str:
    """A duration for reading."""
    if seconds is None or not math.isfinite(seconds):
        return "n/a"
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:,.1f} {unit}"
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds * 1e9:,.0f} ns"
