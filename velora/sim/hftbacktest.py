"""The simulated venue under hftbacktest's rules, for users who migrate: `HftbacktestRules` and its corrections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.sim.latency import Latency

__all__ = ["CORRECTIONS", "HftbacktestRules"]

#: Effect of each correction, then the rule of hftbacktest 2.4.4; in the order of ``velora/venue_hft.h``.
CORRECTIONS = {
    "shared_volume": "own orders share a trade's volume at its price; each order got all of it",
    "own_queue": "own orders ahead count in the queue and share the volume; they did not",
    "through_volume": "a print through a price fills at most its volume; it filled orders of any size",
    "cross_volume": "orders crossed by the book get at most its quantity, once; they filled completely",
    "taker_depth": "takers get the shown quantity less later prints, once; they got all, each time",
    "netting": "a depth row and a trade of one instant count once; a depth row before its trade counted twice",
    "whole_lots": "positions in lots, from 0 to the level's total, any queue model; half a free lot filled a whole one",
    "exact_fills": "an order filled to exactly its size ends; it stayed and aborted the run at the next fill",
    "amends": "an amend sets price and total; it kept the old leaves, and a crossing one ended a post-only order",
    "feed_book": "the book follows the feed, a snapshot is one update; crossed levels were skipped",
    "venue_checks": "filters, halts, stale books, self-trades, hidden and sideless trades are handled; they were not",
    "order_of_work": "venue before local at one instant, one link for all; local came first, one link per instrument",
}

_EXCHANGES = ("no_partial_fill", "partial_fill")


@dataclass(frozen=True)
class HftbacktestRules:
    """Rules of hftbacktest 2.4.4, with selected corrections.

    Parameters
    ----------
    exchange : {"no_partial_fill", "partial_fill"}
        Its `NoPartialFillExchange` or `PartialFillExchange`.
    corrections : iterable of str, or "all"
        Rules to replace by Velora's: keys of `CORRECTIONS`. With all of them the fills equal those of Velora's own
        venue.

    Notes
    -----
    Differences that need no correction: fills are integers of lots and ticks; every fill updates position and fees
    (hftbacktest books only an order's last fill); own orders of one event fill in a stated order; a market order that
    finds no book ends.

    Examples
    --------
    >>> HftbacktestRules("partial_fill", ["netting", "exact_fills"]).corrections
    ('netting', 'exact_fills')
    """

    exchange: str = "no_partial_fill"
    corrections: tuple[str, ...] = ()

    def __init__(self, exchange: str = "no_partial_fill", corrections: Iterable[str] | str = ()) -> None:
        if exchange not in _EXCHANGES:
            raise InvalidArgument(f"exchange must be one of {', '.join(_EXCHANGES)}, was {exchange!r}")
        if isinstance(corrections, str):
            corrections = CORRECTIONS if corrections == "all" else [corrections]
        named = set(corrections)
        unknown = sorted(named - set(CORRECTIONS))
        if unknown:
            raise InvalidArgument(f"corrections must be from {', '.join(CORRECTIONS)}, or 'all', was {unknown[0]!r}")
        if "own_queue" in named:
            named.add("shared_volume")
        object.__setattr__(self, "exchange", exchange)
        object.__setattr__(self, "corrections", tuple(name for name in CORRECTIONS if name in named))

    @staticmethod
    def of(value: HftbacktestRules | str | None, corrections: Iterable[str] = ()) -> HftbacktestRules | None:
        """Convert rules or their text to rules: ``"hftbacktest"``, ``"hftbacktest(partial_fill)"``.

        None for ``"velora"``, the venue's own rules, which have no corrections.
        """
        if isinstance(value, HftbacktestRules):
            return value
        name, _, exchange = (value or "velora").partition("(") if isinstance(value, (str, type(None))) else ("", "", "")
        if name == "hftbacktest" and exchange:
            return HftbacktestRules(exchange.removesuffix(")"), corrections)
        if name == "hftbacktest":
            return HftbacktestRules(corrections=corrections)
        if name != "velora":
            raise InvalidArgument(
                f"rules must be 'velora', 'hftbacktest', 'hftbacktest(partial_fill)' or HftbacktestRules, was {value!r}"
            )
        if tuple(corrections):
            raise InvalidArgument("corrections apply to hftbacktest's rules: set rules='hftbacktest' as well")
        return None

    @property
    def has_own_order_of_work(self) -> bool:
        """Whether the replay processes events in hftbacktest's order, with its links."""
        return "order_of_work" not in self.corrections

    @property
    def correction_bits(self) -> int:
        """Bits of the corrections for the C venue."""
        of_venue = [name for name in CORRECTIONS if name != "order_of_work"]
        return sum(1 << at for at, name in enumerate(of_venue) if name in self.corrections)

    def check_latency(self, latency: Latency) -> None:
        """Raise if a latency has parts that hftbacktest's links do not support."""
        if not self.has_own_order_of_work:
            return
        has_refusals = latency.recording is not None and latency.recording.refused is not None
        unknown = {
            "load": latency.load is not None,
            "faults": latency.faults is not None,
            "speed_bump": latency.speed_bump != 0,
            "overtakes": latency.overtakes,
            "refused requests of a recording": has_refusals,
        }
        for name, is_given in unknown.items():
            if is_given:
                raise InvalidArgument(
                    f"hftbacktest's links do not support {name}: leave it out, or enable the correction 'order_of_work'"
                )

    def to_dict(self) -> dict[str, Any]:
        """The assumptions, for a result's record."""
        return {"of": "hftbacktest 2.4.4", "exchange": self.exchange, "corrections": list(self.corrections)}
