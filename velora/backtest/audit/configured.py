"""What a run was configured with, by instrument, out of its record: latencies by venue and impact models by symbol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["Configured", "impacts_of", "latencies_of"]

#: One of the two is in the record of every latency.
_LATENCY_KEYS = ("decision", "decision_ns")


class Configured(NamedTuple):
    """What an instrument was configured with, and the key under which it stood: empty where there was one for all."""

    key: str
    values: dict[str, Any]


def latencies_of(result: Result) -> list[Configured] | None:
    """The legs of each instrument's latency, None where the result does not say them.

    A mapping names them by ``SYMBOL@VENUE``, symbol or venue, the closest name winning, or as ``"default"``; see
    `velora.sim.venue_latencies.VenueLatencies`.
    """
    legs = result.config.get("latency")
    if not isinstance(legs, dict):
        return None
    if any(key in legs for key in _LATENCY_KEYS):
        return [Configured("", legs)] * len(result.instruments)
    found = []
    for one in result.instruments:
        names = (f"{one.symbol}@{one.venue}", one.symbol, one.venue, "default")
        key = next((name for name in names if isinstance(legs.get(name), dict)), None)
        if key is None:
            return None
        found.append(Configured(key, legs[key]))
    return found


def impacts_of(result: Result) -> list[dict[str, Any] | None]:
    """Name and parameters of each instrument's impact model, None where it has none."""
    impact = result.config.get("impact")
    if not isinstance(impact, dict) or "model" in impact:
        return [impact if isinstance(impact, dict) else None] * len(result.instruments)
    return [impact.get(one.symbol) for one in result.instruments]
