"""Durations and instants: every time inside Velora is an int64 of nanoseconds, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Longest text that is parsed as a duration or a time, or shown in a message.
_TEXT_MAX = 100
#: Units of NumPy's times, ns.
_NUMPY_UNITS = {
    "W": Fraction(604_800 * 10**9),
    "D": Fraction(86_400 * 10**9),
    "h": Fraction(3_600 * 10**9),
    "m": Fraction(60 * 10**9),
    "s": Fraction(10**9),
    "ms": Fraction(10**6),
    "us": Fraction(10**3),
    "ns": Fraction(1),
    "ps": Fraction(1, 10**3),
    "fs": Fraction(1, 10**6),
    "as": Fraction(1, 10**9),
}


def _fits(name: str, value: int, given: object) -> int:
    if not -_INT64_MAX <= value <= _INT64_MAX:
        raise CapacityError(f"{name} {_shown(given)} does not fit 64 bits of nanoseconds")
    return value


def duration_ns(value: str | int | timedelta | Any) -> int:
    """Nanoseconds of a duration.

    Parameters
    ----------
    value : str, int, timedelta, pandas.Timedelta or numpy.timedelta64
        A number with a unit (``ns us ms s m h d``) such as ``"100ms"`` or ``"1.5s"``; an int is nanoseconds.
        Nanoseconds of pandas values are kept.

    Raises
    ------
    InvalidArgument
        If the value has another type, is NaT, or is not a whole number of nanoseconds.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return _fits("duration", value, value)
    if isinstance(value, timedelta):
        whole = value.days * 86_400 * 10**6 + value.seconds * 10**6 + value.microseconds
        # pandas.Timedelta is a timedelta with additional nanoseconds.
        return _fits("duration", whole * 1_000 + getattr(value, "nanoseconds", 0), value)
    kind = _numpy_kind(value)
    if kind in "iu":
        return _fits("duration", int(value), value)
    if kind == "m":
        return _fits("duration", _numpy_ns("duration", value), value)
    if isinstance(value, str) and len(value) <= _TEXT_MAX:
        match = _DURATION.fullmatch(value)
        if match is not None:
            ns = Fraction(match[1]) * _UNITS[match[2]]
            if ns.denominator != 1:
                raise InvalidArgument(f"a duration must be a whole number of nanoseconds, was {value!r}")
            return _fits("duration", ns.numerator, value)
    raise InvalidArgument(
        "a duration must be a string such as '100ms' (ns, us, ms, s, m, h, d), an int of ns or a timedelta, "
        f"was {_shown(value)}"
    )


def timestamp_ns(value: str | int | datetime | Any) -> int:
    """Nanoseconds since the Unix epoch, UTC.

    Parameters
    ----------
    value : str, int, datetime, pandas.Timestamp or numpy.datetime64
        ISO 8601 with up to nine decimals (no zone means UTC), or an int of nanoseconds. Nanoseconds of pandas values
        are kept.

    Raises
    ------
    InvalidArgument
        If the value has another type, or is NaT.
    CapacityError
        If it does not fit 64 bits of nanoseconds: it must lie in the years 1678 to 2262.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return _fits("time", value, value)
    if isinstance(value, datetime):
        if value != value:  # pandas.NaT is a datetime that does not equal itself
            raise InvalidArgument("a time must not be NaT")
        try:
            since = (value if value.tzinfo is not None else value.replace(tzinfo=UTC)) - _EPOCH
        except (ValueError, OverflowError) as error:  # near the ends of the calendar, or of pandas' own
            raise CapacityError(f"time {_shown(value)} does not fit 64 bits of nanoseconds ({error})") from None
        whole = since.days * 86_400 * 10**6 + since.seconds * 10**6 + since.microseconds
        # pandas.Timestamp is a datetime with additional nanoseconds, and its difference to the epoch has them too.
        return _fits("time", whole * 1_000 + getattr(since, "nanoseconds", 0), value)
    if isinstance(value, str):
        fraction = _FRACTION.search(value)
        digits = fraction[1][1:] if fraction else ""
        if len(digits) <= 9 and len(value) <= _TEXT_MAX:
            text = value.replace(fraction[1], "", 1) if fraction else value
            try:
                whole = timestamp_ns(datetime.fromisoformat(text))
            except (ValueError, OverflowError) as error:
                if isinstance(error, CapacityError):
                    raise
            else:
                return _fits("time", whole + int(digits.ljust(9, "0") or 0), value)
    kind = _numpy_kind(value)
    if kind in "iu":
        return _fits("time", int(value), value)
    if kind == "M":
        return _fits("time", _numpy_ns("time", value), value)
    raise InvalidArgument(
        f"a time must be ISO 8601 such as '2024-08-08T23:54:15', an int of ns or a datetime, was {_shown(value)}"
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}..."


def _numpy_kind(value: object) -> str:
    """The letter of a NumPy scalar's kind; a blank for any other value."""
    if type(value).__module__ != "numpy" or getattr(value, "shape", None) != ():
        return " "
    return str(getattr(getattr(value, "dtype", None), "kind", " "))


def _numpy_ns(name: str, value: Any) -> int:
    """Nanoseconds of a numpy.datetime64 or timedelta64 in any unit."""
    import numpy as np

    if np.isnat(value):
        raise InvalidArgument(f"a {name} must not be NaT")
    unit, count = np.datetime_data(value.dtype)
    if unit in ("Y", "M"):
        if value.dtype.kind == "m":
            raise InvalidArgument(f"a {name} must have a unit of a fixed length, was {value!r}")
        value, unit, count = value.astype("datetime64[D]"), "D", 1
    if unit not in _NUMPY_UNITS:
        raise InvalidArgument(f"a {name} must have a unit from ns to weeks, was {value!r}")
    ns = Fraction(int(value.astype(np.int64)) * count) * _NUMPY_UNITS[unit]
    if ns.denominator != 1:
        raise InvalidArgument(f"a {name} must be a whole number of nanoseconds, was {value!r}")
    return ns.numerator


def format_ns(ts: int) -> str:
    """ISO 8601 of a time in nanoseconds, with nine decimals and a Z."""
    seconds, ns = divmod(ts, 10**9)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"


def format_duration(ns: int) -> str:
    """A duration in the largest unit that keeps it short, such as ``"350.2 s"`` or ``"5 ms"``."""
    for unit, size in (("h", 3_600 * 10**9), ("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if abs(ns) >= size:
            return f"{ns / size:.4g} {unit}"
    return f"{ns} ns"


def interval_name(ns: int) -> str:
    """Name of an interval of at least 1 ns in its largest whole unit, such as ``"90s"`` or ``"1m"``."""
    unit = max((unit for unit, size in _UNITS.items() if ns % size == 0), key=_UNITS.__getitem__)
    return f"{ns // _UNITS[unit]}{unit}"
