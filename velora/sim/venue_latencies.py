"""Latencies of the venues of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from velora.errors import InvalidArgument
from velora.sim.latency import Latency, LatencySpec

if TYPE_CHECKING:
    from velora.core.instrument import Instrument

__all__ = ["VenueLatencies", "VenueLink"]

#: Key of the latency for instruments that no other key names.
DEFAULT = "default"


class VenueLink(NamedTuple):
    """One link: its venue, the key of its latency, the latency, and the name of its random streams.

    The name is the venue's, or ``SYMBOL@VENUE`` if an instrument has its own link.
    """

    venue: str
    key: str
    latency: Latency
    name: str


class VenueLatencies:
    """The latencies of a run.

    Parameters
    ----------
    value : Latency (or a value that converts to one), or a mapping of these
        One for all, or by venue, symbol or ``SYMBOL@VENUE``, where the most specific key wins; ``"default"`` applies to
        instruments that no other key names.

    Notes
    -----
    Instruments of one venue share a link, on which no message overtakes another; different venues have different links,
    and an instrument named by its symbol has its own. Each link draws from streams that depend only on its name and the
    seed, not on other instruments or their order.
    """

    def __init__(self, value: LatencySpec | Mapping[str, LatencySpec]) -> None:
        if isinstance(value, Mapping):
            if not value:
                raise InvalidArgument("a mapping of latencies needs at least one")
            self._by_name = {str(name): Latency.of(one) for name, one in value.items()}
        else:
            self._by_name = {DEFAULT: Latency.of(value)}

    @property
    def only(self) -> Latency | None:
        """The latency of all venues if there is only one, else None."""
        return self._by_name[DEFAULT] if set(self._by_name) == {DEFAULT} else None

    def links(self, instruments: Sequence[Instrument]) -> tuple[list[VenueLink], list[int]]:
        """The links of a run, and for each instrument the index of its link.

        Raises
        ------
        InvalidArgument
            If an instrument has no latency, or a key names none of the instruments.
        """
        links: list[VenueLink] = []
        places: dict[tuple[str, str], int] = {}
        link_of = []
        for instrument in instruments:
            names = (f"{instrument.symbol}@{instrument.venue}", instrument.symbol, instrument.venue, DEFAULT)
            key = next((name for name in names if name in self._by_name), None)
            if key is None:
                raise InvalidArgument(
                    f"there is no latency for {names[0]}; known: {', '.join(self._by_name)}. "
                    'Name it by venue or symbol, or add a "default"'
                )
            place = (instrument.venue, key)
            if place not in places:
                places[place] = len(links)
                name = instrument.venue if key in (instrument.venue, DEFAULT) else names[0]
                links.append(VenueLink(instrument.venue, key, self._by_name[key], name))
            link_of.append(places[place])
        used = {link.key for link in links} | {DEFAULT}
        known = {name for one in instruments for name in (f"{one.symbol}@{one.venue}", one.symbol, one.venue)}
        for name in self._by_name:
            if name not in used and name not in known:
                raise InvalidArgument(f"latency names {name!r}, but the data has no such venue or symbol")
        return links, link_of

    def to_dict(self) -> dict[str, Any]:
        """The assumptions, for a result's record: of the single latency, or by name."""
        if self.only is not None:
            return self.only.to_dict()
        return {name: latency.to_dict() for name, latency in self._by_name.items()}
