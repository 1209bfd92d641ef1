"""Names of instruments for display."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from velora.core.instrument import Instrument

__all__ = ["instrument_names"]


def instrument_names(instruments: Sequence[Instrument]) -> list[str]:
    """A name of each instrument among these: its symbol, with the venue, as SYMBOL@VENUE, where symbols repeat."""
    counts = Counter(one.symbol for one in instruments)
    return [f"{one.symbol}@{one.venue}" if counts[one.symbol] > 1 and one.venue else one.symbol for one in instruments]
