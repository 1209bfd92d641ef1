"""Which latency is which venue's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from velora.errors import InvalidArgument
from velora.sim.latency import Latency, LatencySpec

if TYPE_CHECKING:
    from velora.core.instrument import Instrument

__all__ = ["VenueLatencies", "VenueLink"]

#: Key of the latency for the instruments that no other key names.
DEFAULT = "default"


class VenueLink(NamedTuple):
    """One link: its venue, the key of its latency, the latency, and the name that its random numbers belong to.

    The name is the venue's, or ``SYMBOL@VENUE`` where an instrument has a link of its own.
    """

    venue: str
    key: str
    latency: Latency
    name: str


class VenueLatencies:
    """The latencies of a run.

    Parameters
    ----------
    value : Latency (or what makes one), or a mapping of these
        One for all, or by venue, symbol or ``SYMBOL@VENUE``, the closest name winning; ``"default"`` is for those that
        no other key names.

    Notes
    -----
    Instruments of one venue share a link, on which no message overtakes; different venues have different links, and
    so has an instrument that is named by its symbol. Each link draws from streams of its own, which depend on its name
    and the seed: other instruments and their order change nothing.
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
        """The latency of all, where there is only that."""
        return self._by_name[DEFAULT] if set(self._by_name) == {DEFAULT} else None

    def links(self, instruments: Sequence[Instrument]) -> tuple[list[VenueLink], list[int]]:
        """The links of a run, and the place among them of each instrument's.

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
                    f"there is no latency for {names[0]}; known are {', '.join(self._by_name)}. "
                    'Name it by venue or symbol, or give a "default"'
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
        """The assumptions, for a result's record: of the one latency, or by name."""
        if self.only is not None:
            return self.only.to_dict()
        return {name: latency.to_dict() for name, latency in self._by_name.items()}
