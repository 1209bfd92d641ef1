"""Bases of the enums: integers that print their names."""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = ["NamedEnum", "NamedFlag"]

#: Last letters of the format specifications that are of numbers and not of text.
_OF_NUMBERS = frozenset("bcdeEfFgGnoxX%")


def _format(text: str, number: int, spec: str) -> str:
    return format(number, spec) if spec[-1:] in _OF_NUMBERS else format(text, spec)


class NamedEnum(IntEnum):
    """An integer with a name: `str` and f-strings give the name, ``f"{member:d}"`` and arithmetic the number."""

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return _format(str(self), int(self), spec)


class NamedFlag(IntFlag):
    """Bits with names: `str` and f-strings give those that are set, joined by ``|``, and ``NONE`` where none is."""

    def __str__(self) -> str:
        return "|".join(one.name or "" for one in self) or "NONE"

    def __format__(self, spec: str) -> str:
        return _format(str(self), int(self), spec)
