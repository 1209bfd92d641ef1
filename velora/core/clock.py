"""Durations and instants: every time inside Velora is an int64 of nanoseconds, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, overload

from velora.errors import CapacityError, InvalidArgument

__all__ = [
    "DurationLike",
    "duration_ns",
    "format_duration",
    "format_ns",
    "interval_name",
    "ns",
    "timer_interval_ns",
    "timestamp_ns",
]

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
_NUMBER = re.compile(r"\s*[-+]?\d+(?:\.\d+)?\s*")
_FRACTION = re.compile(r"(\.\d+)")
_INT64_MAX = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Longest text that is parsed as a duration or a time, or shown in a message.
_TEXT_MAX = 100
#: Shortest interval of a repeating timer that needs no `ns`.
_TIMER_LEAST = 1_000
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


class ns(int):
    """A duration in nanoseconds: a whole number that cannot be taken for seconds or milliseconds.

    Every duration that Velora returns is one, such as the value of a `Duration` parameter. Every place that takes a
    duration accepts one; it refuses a plain number, which has no unit.

    Parameters
    ----------
    value : int
        Nanoseconds, within 64 bits.

    Raises
    ------
    InvalidArgument
        If the value is not a whole number.
    CapacityError
        If it does not fit 64 bits.

    Notes
    -----
    It is an int in comparisons, hashes, formats such as ``:,`` and arithmetic. A sum, difference or remainder of two
    durations is a duration, and so is a duration times or divided (``//``) by an int. A duration plus an int is an int,
    so an instant such as `Strategy.now` plus a duration is an instant. `str` gives the text that every duration
    argument accepts, in the largest whole unit.

    Examples
    --------
    >>> ns(1_500_000) * 2
    vl.ns(3000000)
    >>> str(ns(1_500_000) * 2)
    '3ms'
    """

    __slots__ = ()

    def __new__(cls, value: int) -> ns:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise InvalidArgument(f"ns must be a whole number of nanoseconds, was {_shown(value)}")
        return int.__new__(cls, _fits("ns", value.__index__(), value))

    def __repr__(self) -> str:
        return f"vl.ns({int.__repr__(self)})"

    def __str__(self) -> str:
        return interval_name(int(self)) if self else "0s"

    def __getnewargs__(self) -> tuple[int]:
        return (int(self),)

    @overload
    def __add__(self, other: ns, /) -> ns: ...
    @overload
    def __add__(self, other: int, /) -> int: ...
    def __add__(self, other: int, /) -> int:
        result = int.__add__(self, other)
        return ns(result) if isinstance(other, ns) else result

    @overload
    def __sub__(self, other: ns, /) -> ns: ...
    @overload
    def __sub__(self, other: int, /) -> int: ...
    def __sub__(self, other: int, /) -> int:
        result = int.__sub__(self, other)
        return ns(result) if isinstance(other, ns) else result

    @overload
    def __mul__(self, other: ns, /) -> int: ...  # type: ignore[overload-overlap]
    @overload
    def __mul__(self, other: int, /) -> ns: ...
    def __mul__(self, other: int, /) -> int:
        result = int.__mul__(self, other)
        return result if result is NotImplemented or isinstance(other, ns) else ns(result)

    def __rmul__(self, other: int, /) -> ns:
        result = int.__rmul__(self, other)
        return result if result is NotImplemented else ns(result)

    @overload
    def __floordiv__(self, other: ns, /) -> int: ...  # type: ignore[overload-overlap]
    @overload
    def __floordiv__(self, other: int, /) -> ns: ...
    def __floordiv__(self, other: int, /) -> int:
        result = int.__floordiv__(self, other)
        return result if result is NotImplemented or isinstance(other, ns) else ns(result)

    @overload
    def __mod__(self, other: ns, /) -> ns: ...
    @overload
    def __mod__(self, other: int, /) -> int: ...
    def __mod__(self, other: int, /) -> int:
        result = int.__mod__(self, other)
        return ns(result) if isinstance(other, ns) else result

    def __neg__(self) -> ns:
        return ns(int.__neg__(self))

    def __pos__(self) -> ns:
        return self

    def __abs__(self) -> ns:
        return ns(int.__abs__(self))


#: Values that convert to a duration; pandas.Timedelta is a timedelta. 0 needs no unit.
DurationLike = str | timedelta | ns | Literal[0]


def duration_ns(value: DurationLike | Any, name: str = "a duration") -> ns:
    """Convert a duration to nanoseconds.

    Parameters
    ----------
    value : str, timedelta, ns, pandas.Timedelta, numpy.timedelta64 or 0
        A number with a unit (``ns us ms s m h d``) such as ``"100ms"`` or ``"1.5s"``. Nanoseconds of pandas values are
        kept.
    name : str
        Name of the parameter, for messages.

    Raises
    ------
    InvalidArgument
        If the value is a number without a unit other than 0, has another type, is NaT, or is not a whole number of
        nanoseconds.
    CapacityError
        If it does not fit 64 bits of nanoseconds.
    """
    if type(value) is ns:
        return value
    if isinstance(value, str):
        if len(value) <= _TEXT_MAX and (found := _text_ns(name, value)) is not None:
            return found
    elif isinstance(value, timedelta):
        whole = value.days * 86_400 * 10**6 + value.seconds * 10**6 + value.microseconds
        # pandas.Timedelta is a timedelta with additional nanoseconds.
        return ns(_fits(name, whole * 1_000 + getattr(value, "nanoseconds", 0), value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value == 0:
            return ns(0)
    else:
        kind = _numpy_kind(value)
        if kind == "m":
            return ns(_fits(name, _numpy_ns(name, value), value))
        if kind in "iuf" and value == 0:
            return ns(0)
    raise InvalidArgument(
        f'{name} must be a string such as "100ms" (ns, us, ms, s, m, h, d), a timedelta or vl.ns(...), '
        f"was {_shown(value)}{_suggestion(value)}"
    )


def timer_interval_ns(value: DurationLike | Any, name: str = "interval") -> ns:
    """Convert the interval of a repeating timer to nanoseconds.

    Raises
    ------
    InvalidArgument
        If it is no positive duration, or is below 1 us without being an `ns`: a timer of a few nanoseconds calls back
        so often that a run over seconds of data does not end.
    """
    interval = duration_ns(value, name)
    if interval <= 0:
        raise InvalidArgument(f"{name} must be positive, was {value!r}")
    if interval < _TIMER_LEAST and not isinstance(value, ns):
        raise InvalidArgument(
            f"{name} must be at least 1 us, was {value!r}: that is {10**9 // interval:,} callbacks per second of data, "
            f"and such a run may not end; if it is intended, write vl.ns({int(interval)})"
        )
    return interval


@lru_cache(maxsize=256)
def _text_ns(name: str, text: str) -> ns | None:
    """Nanoseconds of a duration's text; None if it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return ns(0) if _is_zero(text) else None
    exact = Fraction(match[1]) * _UNITS[match[2]]
    if exact.denominator != 1:
        raise InvalidArgument(f"{name} must be a whole number of nanoseconds, was {text!r}")
    return ns(_fits(name, exact.numerator, text))


def _is_zero(text: str) -> bool:
    """Whether a text is zero: a command line has no other form for a number."""
    return _NUMBER.fullmatch(text) is not None and float(text) == 0


def _suggestion(value: object) -> str:
    """The end of a message about a number without a unit."""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
    if type(value).__module__ == "numpy" and _numpy_kind(value) in "iuf":
        text = str(value)
    text = text.strip()
    if isinstance(value, bool) or len(text) > 20 or _NUMBER.fullmatch(text) is None:
        return ""
    number = Fraction(text)
    if number.denominator != 1:  # a fraction is in seconds, as of `time.sleep`
        meant = number * 10**9
        return f'; did you mean "{text}s"?' if meant.denominator == 1 else ""
    whole = int(number)
    # A million and more is a count of nanoseconds; a small number is in milliseconds.
    meant_text = str(ns(whole)) if abs(whole) >= 10**6 else f"{whole}ms"
    return f'; did you mean "{meant_text}"?'


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
        return _fits("time", _numpy_ns("a time", value), value)
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
        raise InvalidArgument(f"{name} must not be NaT")
    unit, count = np.datetime_data(value.dtype)
    if unit in ("Y", "M"):
        if value.dtype.kind == "m":
            raise InvalidArgument(f"{name} must have a unit of a fixed length, was {value!r}")
        value, unit, count = value.astype("datetime64[D]"), "D", 1
    if unit not in _NUMPY_UNITS:
        raise InvalidArgument(f"{name} must have a unit from ns to weeks, was {value!r}")
    ns = Fraction(int(value.astype(np.int64)) * count) * _NUMPY_UNITS[unit]
    if ns.denominator != 1:
        raise InvalidArgument(f"{name} must be a whole number of nanoseconds, was {value!r}")
    return ns.numerator


def format_ns(ts: int) -> str:
    """ISO 8601 of a time in nanoseconds, with nine decimals and a Z."""
    seconds, ns = divmod(ts, 10**9)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"


def format_duration(duration: int) -> str:
    """A duration in the largest unit that keeps it short, such as ``"350.2 s"`` or ``"5 ms"``."""
    for unit, size in (("h", 3_600 * 10**9), ("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if abs(duration) >= size:
            return f"{duration / size:.4g} {unit}"
    return f"{int(duration)} ns"


def interval_name(interval: int) -> str:
    """Name of an interval of at least 1 ns in its largest whole unit, such as ``"90s"`` or ``"1m"``."""
    whole = int(interval)
    unit = max((unit for unit, size in _UNITS.items() if whole % size == 0), key=_UNITS.__getitem__)
    return f"{whole // _UNITS[unit]}{unit}"
