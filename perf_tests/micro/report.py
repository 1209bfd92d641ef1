"""What the figures print beside pytest-benchmark's table."""

from __future__ import annotations

from typing import NamedTuple

import pytest

__all__ = ["OPERATIONS", "Timed"]


class Timed(NamedTuple):
    """The fastest pass of a figure, by operation."""

    name: str
    unit: str
    ns: float


OPERATIONS = pytest.StashKey[list[Timed]]()
