"""Validation of numbers passed by users, with errors that name the parameter."""

from __future__ import annotations

import math
import operator
from typing import Any

from velora.errors import CapacityError, InvalidArgument

__all__ = ["number", "seed_number", "shown", "whole_number"]

_SHOWN_MAX = 60


def shown(value: Any) -> str:
    """Representation of a value for a message, shortened if long."""
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    """Validate a whole number within a range; a float such as 1e6 is accepted.

    Raises
    ------
    InvalidArgument
        If it is not a whole number, or is below the range.
    CapacityError
        If it is above the range.
    """
    try:
        result = int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        result = None
    if result is None or isinstance(value, bool):
        raise InvalidArgument(f"{name} must be a whole number, was {shown(value)}")
    if result < least:
        raise InvalidArgument(f"{name} must be at least {least}, was {shown(value)}")
    if result > most:
        raise CapacityError(f"{name} must be at most {most}, was {shown(value)}")
    return result


def seed_number(value: Any) -> int:
    """Validate the seed of random numbers: numpy would take a sequence too, and crash on one that contains itself.

    Raises
    ------
    InvalidArgument
        If it is not a whole number of at least 0.
    CapacityError
        If it does not fit 64 bits.
    """
    return whole_number("seed", value, 0, 2**64 - 1)


def number(name: str, value: Any, least: float, most: float) -> float:
    """Validate a finite number within a range.

    Raises
    ------
    InvalidArgument
        If it is not.
    """
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if isinstance(value, str | bytes | bool) or not least <= result <= most:
        raise InvalidArgument(f"{name} must be a number from {least:g} to {most:g}, was {shown(value)}")
    return result
