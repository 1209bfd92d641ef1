"""Limits of the gate, from quantities to lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

from velora.core.instrument import Instrument
from velora.errors import InvalidArgument, UnknownInstrument

__all__ = ["order_limits"]

#: Largest quantity of the engine.
_LOTS_MAX = (1 << 60) - 1


def order_limits(limit: float | Mapping[str, float], instruments: Sequence[Instrument]) -> list[int | None]:
    """The largest quantity of one order of each instrument, in lots; None for no limit.

    Parameters
    ----------
    limit : float or mapping
        For every instrument, or by symbol.
    instruments : sequence of Instrument

    Raises
    ------
    InvalidArgument
        If a limit is less than one lot, or not a number.
    UnknownInstrument
        If a symbol is not one of the instruments'.
    """
    if not isinstance(limit, Mapping):
        return [_lots(limit, instrument) for instrument in instruments]
    symbols = {instrument.symbol for instrument in instruments}
    for symbol in limit:
        if symbol not in symbols:
            raise UnknownInstrument(f"max_order_qty names {symbol!r}; the run has {', '.join(sorted(symbols))}")
    return [
        _lots(limit[instrument.symbol], instrument) if instrument.symbol in limit else None
        for instrument in instruments
    ]


def _lots(qty: float, instrument: Instrument) -> int:
    """Whole lots within a quantity."""
    try:
        lots = floor(Fraction(str(qty)) / Fraction(str(instrument.lot_size)))
    except (ValueError, ZeroDivisionError):
        lots = 0
    if lots < 1:
        raise InvalidArgument(f"max_order_qty of {instrument.symbol} must be at least one lot, was {qty!r}")
    return min(lots, _LOTS_MAX)
