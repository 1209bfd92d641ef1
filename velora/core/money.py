"""Amounts of money in whole units of a currency."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from velora.core.numbers import shown
from velora.errors import InvalidArgument, VeloraWarning

__all__ = ["AMOUNT_MAX", "amount", "amount_of", "check_amounts", "check_fees", "units_of"]

#: Bound of given amounts such as the start cash; below it all sums of a run fit 38 digits.
AMOUNT_MAX = Decimal(10) ** 18
#: Fees above it are questioned: exchanges charge a tenth of it at most.
_FEE_QUESTIONED = Decimal("0.05")
#: Exponent of the first digit below which an amount counts as zero: far below any unit of money.
_ADJUSTED_MIN = -40


def amount(name: str, value: Any) -> Decimal:
    """Parse an amount of money.

    Raises
    ------
    InvalidArgument
        If it is not a number, is not finite, or is not within +-`AMOUNT_MAX`.
    """
    if isinstance(value, bool | bytes) or not (isinstance(value, str | Decimal) or hasattr(value, "__float__")):
        raise InvalidArgument(f"{name} must be a number, was {shown(value)}")
    try:
        result = Decimal(str(value))
    except (InvalidOperation, ValueError):  # ValueError: an integer of thousands of digits
        raise InvalidArgument(f"{name} must be a number below {AMOUNT_MAX:.0e}, was {shown(value)}") from None
    if not result.is_finite():
        raise InvalidArgument(f"{name} must be finite, was {shown(value)}")
    # Compared by the exponent of the first digit: arithmetic would overflow.
    if result and result.adjusted() >= AMOUNT_MAX.adjusted():
        raise InvalidArgument(f"{name} must lie below {AMOUNT_MAX:.0e}, was {shown(value)}")
    return Decimal(0) if not result or result.adjusted() < _ADJUSTED_MIN else result


def check_amounts(name: str, value: Any) -> None:
    """Check an amount of at least 0, or such amounts by currency, like `amount`."""
    amounts = {f"{name} in {currency}": one for currency, one in value.items()} if isinstance(value, Mapping) else None
    for what, one in ({name: value} if amounts is None else amounts).items():
        if amount(what, one) < 0:
            raise InvalidArgument(f"{what} must be at least 0, was {shown(one)}")


def check_fees(fees: Mapping[str, Any], of: str, *, stacklevel: int) -> None:
    """Question fees and rebates beyond 5 % of the notional: a percentage was probably given as a fraction.

    Parameters
    ----------
    fees : mapping
        Fractions of the notional by name, such as ``"maker fee"``.
    of : str
        What the fees belong to, for messages.
    stacklevel : int
        Of the warning, counted from the caller's frame, which is 1.

    Raises
    ------
    InvalidArgument
        If one is not a number.

    Warns
    -----
    VeloraWarning
    """
    for name, value in fees.items():
        fee = amount(f"the {name} of {of}", value)
        if abs(fee) > _FEE_QUESTIONED:
            percent, hundredth = (f"{one.normalize():f}" for one in (fee * 100, fee / 100))
            warnings.warn(
                f"the {name} of {of} is {value}, that is {percent} % of the notional; "
                f"if {value} % is meant, write {hundredth}",
                VeloraWarning,
                stacklevel=stacklevel + 1,
            )


def units_of(value: Any, unit: Decimal) -> int:
    """An amount of money in units, rounded half to even."""
    return round(Fraction(Decimal(str(value))) / Fraction(unit))


def amount_of(units: int, unit: Decimal) -> Decimal:
    """Exact amount for a number of money units: a unit is a power of ten."""
    exponent = int(unit.normalize().as_tuple().exponent)
    sign, digits, _ = Decimal(units).as_tuple()
    return Decimal((sign, digits, exponent))
