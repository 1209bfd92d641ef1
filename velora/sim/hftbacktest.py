"""The venue under hftbacktest's rules, for moving over from it: `HftbacktestRules` and its corrections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.sim.latency import Latency

__all__ = ["CORRECTIONS", "HftbacktestRules"]

#: What each correction puts in place of a rule of hftbacktest 2.4.4; in the order of ``velora/venue_hft.h``.
CORRECTIONS = {
    "shared_volume": "a trade's volume at its price is spent once over all own orders; each order got the whole of it",
    "own_queue": "own orders ahead count in the queue (and share the volume); they did not",
    "through_volume": "a print through a price fills at most its volume; it filled the order whatever its size",
    "cross_volume": "orders crossed by the book get at most what it shows, once; they filled whatever it showed",
    "taker_depth": "takers get what shows less what printed since, and it is gone; they got all, again and again",
    "netting": "a depth row and a trade of one instant count once; a depth row before its trade counted twice",
    "whole_lots": "places in lots, from zero to what the level shows, any queue model; half a free lot filled as one",
    "exact_fills": "an order filled to exactly its size is done; it stayed behind and ended the run when touched again",
    "amends": "an amend sets price and total; it kept the old rest, and one that would take ended a post-only order",
    "feed_book": "the book is what the feed says, a snapshot one update; crossed levels were passed over",
    "venue_checks": "filters, halts, stale books, own orders do not meet, trades hidden or without a side; none was",
    "order_of_work": "venue before local at one instant, one link for all; local came first, a link an instrument",
}

_EXCHANGES = ("no_partial_fill", "partial_fill")


@dataclass(frozen=True)
class HftbacktestRules:
    """Rules of hftbacktest 2.4.4, with as many of them corrected as one wants.

    Parameters
    ----------
    exchange : {"no_partial_fill", "partial_fill"}
        Its `NoPartialFillExchange` or `PartialFillExchange`.
    corrections : iterable of str, or "all"
        Which of its rules give way to Velora's: keys of `CORRECTIONS`. With all of them the fills are those of
        Velora's own venue.

    Notes
    -----
    Differences that no correction is needed for: fills are integers of lots and ticks, every fill reaches position and
    fees (hftbacktest books an order's last fill only), own orders of one event fill in a stated order, and a market
    order that finds no book ends.

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
            raise InvalidArgument(f"corrections are {', '.join(CORRECTIONS)}, or 'all', was {unknown[0]!r}")
        if "own_queue" in named:
            named.add("shared_volume")
        object.__setattr__(self, "exchange", exchange)
        object.__setattr__(self, "corrections", tuple(name for name in CORRECTIONS if name in named))

    @staticmethod
    def of(value: HftbacktestRules | str | None, corrections: Iterable[str] = ()) -> HftbacktestRules | None:
        """Rules from themselves or their text: ``"hftbacktest"``, ``"hftbacktest(partial_fill)"``.

        None for ``"velora"``: the venue's own rules, where there is nothing to correct.
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
            raise InvalidArgument("corrections are those of hftbacktest's rules: set rules to 'hftbacktest' as well")
        return None

    @property
    def has_own_order_of_work(self) -> bool:
        """Whether the replay runs in hftbacktest's order, with its links."""
        return "order_of_work" not in self.corrections

    @property
    def correction_bits(self) -> int:
        """The venue's corrections, as the core wants them."""
        of_venue = [name for name in CORRECTIONS if name != "order_of_work"]
        return sum(1 << at for at, name in enumerate(of_venue) if name in self.corrections)

    def check_latency(self, latency: Latency) -> None:
        """Raise if a latency has parts that hftbacktest's links do not know."""
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
                    f"hftbacktest's links know no {name}: leave it out, or switch the correction 'order_of_work' on"
                )

    def to_dict(self) -> dict[str, Any]:
        """The assumptions, for a result's record."""
        return {"of": "hftbacktest 2.4.4", "exchange": self.exchange, "corrections": list(self.corrections)}
