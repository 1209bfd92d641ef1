"""Names of instruments for display."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from velora.core.instrument import Instrument

__all__ = ["instrument_name", "instrument_names"]


def instrument_name(instrument: Instrument) -> str:
    """SYMBOL@VENUE; the symbol alone where the venue has no name."""
    return f"{instrument.symbol}@{instrument.venue}" if instrument.venue else instrument.symbol


def instrument_names(instruments: Sequence[Instrument]) -> list[str]:
    """A name of each instrument among these: its symbol, with the venue, as SYMBOL@VENUE, where symbols repeat."""
    counts = Counter(one.symbol for one in instruments)
    return [instrument_name(one) if counts[one.symbol] > 1 else one.symbol for one in instruments]
