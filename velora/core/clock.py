"""Durations and instants: every time inside Velora is an int64 of nanoseconds, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from velora.errors import CapacityError, InvalidArgument

__all__ = ["duration_ns", "format_duration", "format_ns", "interval_name", "timestamp_ns"]

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
_DURATION = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(ns|us|µs|ms|min|s|m|h|d)\s*")
_FRACTION = re.compile(r"(\.\d+)")
_INT64_MAX = 2**63 - 1


def _fits(name: str, value: int, given: object) -> int:
    if not -_INT64_MAX <= value <= _INT64_MAX:
        raise CapacityError(f"{name} {given!r} does not fit 64 bits of nanoseconds")
    return value


def duration_ns(value: str | int | timedelta) -> int:
    """Nanoseconds of a duration.

    Parameters
    ----------
    value : str, int or timedelta
        A number with a unit (``ns us ms s m h d``) such as ``"100ms"`` or ``"1.5s"``; an int is nanoseconds.

    Raises
    ------
    InvalidArgument
        If it is neither, or not a whole number of nanoseconds.
    """
    if isinstance(value, bool):
        raise InvalidArgument(
            f"a duration must be a string such as '100ms', an int of ns or a timedelta, was {value!r}"
        )
    if isinstance(value, int):
        return _fits("duration", value, value)
    if isinstance(value, timedelta):
        whole = value.days * 86_400 * 10**6 + value.seconds * 10**6 + value.microseconds
        return _fits("duration", whole * 1_000, value)
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if match is not None:
            ns = Decimal(match[1]) * _UNITS[match[2]]
            if ns != int(ns):
                raise InvalidArgument(f"a duration must be a whole number of nanoseconds, was {value!r}")
            return _fits("duration", int(ns), value)
    raise InvalidArgument(
        "a duration must be a string such as '100ms' (ns, us, ms, s, m, h, d), an int of ns or a timedelta, "
        f"was {value!r}"
    )


def timestamp_ns(value: str | int | datetime | Any) -> int:
    """Nanoseconds since the Unix epoch, UTC.

    Parameters
    ----------
    value : str, int, datetime or numpy.datetime64
        ISO 8601 with up to nine decimals (no zone means UTC), or an int of nanoseconds.

    Raises
    ------
    InvalidArgument
        If it is none of them.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return _fits("time", value, value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        since = aware - datetime(1970, 1, 1, tzinfo=UTC)
        return duration_ns(since)
    if isinstance(value, str):
        fraction = _FRACTION.search(value)
        digits = fraction[1][1:] if fraction else ""
        if len(digits) <= 9:
            text = value.replace(fraction[1], "", 1) if fraction else value
            try:
                return timestamp_ns(datetime.fromisoformat(text)) + int(digits.ljust(9, "0") or 0)
            except ValueError:
                pass
    elif type(value).__module__ == "numpy":
        return int(value.astype("datetime64[ns]").astype("int64")) if hasattr(value, "astype") else int(value)
    raise InvalidArgument(
        f"a time must be ISO 8601 such as '2024-08-08T23:54:15', an int of ns or a datetime, was {value!r}"
    )


def format_ns(ts: int) -> str:
    """ISO 8601 of a time in nanoseconds, with nine decimals and a Z."""
    seconds, ns = divmod(ts, 10**9)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"


def format_duration(ns: int) -> str:
    """A duration in the largest unit that keeps it short, such as ``"350.2 s"`` or ``"5 ms"``."""
    for unit, size in (("h", 3_600 * 10**9), ("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if abs(ns) >= size:
            return f"{ns / size:.4g} {unit}"
    return f"{ns} ns"


def interval_name(ns: int) -> str:
    """An interval of at least 1 ns in the largest unit that it is a whole number of, such as ``"90s"`` or ``"1m"``."""
    unit = max((unit for unit, size in _UNITS.items() if ns % size == 0), key=_UNITS.__getitem__)
    return f"{ns // _UNITS[unit]}{unit}"
