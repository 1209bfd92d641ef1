"""Amounts of money in whole units of a currency."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from velora.errors import InvalidArgument

__all__ = ["AMOUNT_MAX", "amount", "amount_of", "units_of"]

#: Amounts that are given, such as the start cash, lie below this: then all sums of a run fit 38 digits.
AMOUNT_MAX = Decimal(10) ** 18


def amount(name: str, value: Any) -> Decimal:
    """A given amount of money.

    Raises
    ------
    InvalidArgument
        If it is no number, is not finite, or is not below `AMOUNT_MAX` in size.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise InvalidArgument(f"{name} must be a number, was {value!r}")
    try:
        result = Decimal(str(value))
    except InvalidOperation:
        raise InvalidArgument(f"{name} must be a number, was {value!r}") from None
    except ValueError:  # an integer of thousands of digits
        raise InvalidArgument(f"{name} must lie below {AMOUNT_MAX:.0e}, was a number of thousands of digits") from None
    if not result.is_finite():
        raise InvalidArgument(f"{name} must be finite, was {value!r}")
    if abs(result) >= AMOUNT_MAX:
        raise InvalidArgument(f"{name} must lie below {AMOUNT_MAX:.0e}, was {result:.3e}")
    return result


def units_of(value: Any, unit: Decimal) -> int:
    """An amount of money in units, rounded half to even."""
    return round(Fraction(Decimal(str(value))) / Fraction(unit))


def amount_of(units: int, unit: Decimal) -> Decimal:
    """Units of money as an amount, exact: a unit is a power of ten."""
    exponent = int(unit.normalize().as_tuple().exponent)
    sign, digits, _ = Decimal(units).as_tuple()
    return Decimal((sign, digits, exponent))
