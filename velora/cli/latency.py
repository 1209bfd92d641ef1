"""Conversion of the [latency] section of a configuration to latencies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from velora.core.config import FeedSection, given_duration
from velora.sim.feed_latency import FeedLatency
from velora.sim.latency import Latency, LatencyFaults, LatencyLoad, LatencyRecording
from velora.sim.latency_presets import preset_arguments

if TYPE_CHECKING:
    from velora.core.config import LatencySection, LinkSection, LoadSection

__all__ = ["latency_of"]

_LEGS = ("entry", "response", "venue", "decision", "amend", "cancel", "speed_bump")


def latency_of(section: LatencySection, folder: Path) -> Latency | dict[str, Latency]:
    """The configured latency, of all venues or by name; relative files are searched in `folder`."""
    default = _link(section, folder)
    if not section.venues:
        return default
    return {name: _link(link, folder) for name, link in section.venues.items()} | {"default": default}


def _link(section: LinkSection, folder: Path) -> Latency:
    given: dict[str, Any] = {} if section.preset is None else preset_arguments(section.preset)
    for name in _LEGS:
        value = getattr(section, name)
        if value is not None:
            given[name] = _leg(value, folder)
    for name in ("seed", "overtakes"):
        value = getattr(section, name)
        if value is not None:
            given[name] = value
    if section.recording is not None:
        given["recording"] = LatencyRecording.of(folder / section.recording)
    if isinstance(section.feed, FeedSection):
        shift = _leg(section.feed.shift, folder)
        given["feed"] = FeedLatency(shift, section.feed.scale, _load(section.feed.load))
    elif section.feed is not None:
        given["feed"] = _leg(section.feed, folder)
    if section.load is not None:
        given["load"] = _load(section.load)
    if section.faults is not None:
        given["faults"] = LatencyFaults(**msgspec.structs.asdict(section.faults))
    return Latency(**given)


def _leg(value: str | float, folder: Path) -> str | Literal[0]:
    """Convert a leg; a relative file of measured samples is searched in the folder."""
    if isinstance(value, str) and value.startswith("samples(") and value.endswith(")"):
        return f"samples({folder / value[len('samples(') : -1].strip()})"
    return given_duration(value)


def _load(section: LoadSection | None) -> LatencyLoad | None:
    return None if section is None else LatencyLoad(**msgspec.structs.asdict(section))
