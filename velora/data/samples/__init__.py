"""Sample data: sessions of synthetic markets as files in the formats of venues, made by a seed.

Nothing in them was recorded, so they may be used and passed on freely. They are complete for our importers, and as
close to the venue's own files as its documentation and recordings allow; the heads of the modules here name the
simplifications.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from velora.core.clock import duration_ns, format_duration
from velora.core.numbers import whole_number
from velora.data.samples.files import write_bytes
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.data.synth import SyntheticMarket
    from velora.data.table import EventTable

__all__ = ["KINDS", "Sample", "sample"]


@dataclass(frozen=True)
class _Kind:
    """How the files of a kind are made and imported."""

    module: str
    format: str
    duration: str
    title: str
    options: tuple[str, ...] = ()


_KINDS = {
    "binance-capture": _Kind(
        "binance_capture", "binance-capture", "60s",
        "a raw capture of a Binance USD-M perpetual: depth diffs, a snapshot, trades and best prices",
    ),
    "binance-archive": _Kind(
        "binance_archive", "binance-archive", "3m",
        "files of Binance's public archive: trades, aggregated trades, best prices and candles of a minute",
        ("--market", "usdm"),
    ),
    "lobster": _Kind(
        "lobster", "lobster", "60s",
        "LOBSTER's message and order book files of a stock, ten levels",
    ),
    "databento": _Kind(
        "databento", "databento", "60s",
        "Databento's DBN file of a future, market by order",
    ),
    "bitstamp": _Kind(
        "bitstamp", "bitstamp", "60s",
        "a recording of Bitstamp's order feed",
        ("--symbol", "SYNUSD"),
    ),
}  # fmt: skip

#: Kinds of samples.
KINDS = tuple(_KINDS)

_DURATIONS = 1_000_000_000, 3_600_000_000_000
_README = "README.txt"
_FIRST_LINE = "Synthetic market data made by Velora"

_CONFIG = """\
# A market maker on the sample. Import it first, in this folder; see README.txt.

[data]
path = "catalog"

[strategy]
class = "velora.strategy.examples:MarketMaker"

[strategy.params]
qty_lots = 10
cap_lots = 100
offset_ticks = 1.0
interval = "100ms"

[latency]
entry = "5ms"
response = "5ms"

[run]
cash = 1000000
sample = "1s"
"""


@dataclass(frozen=True)
class Sample:
    """Files of one sample, and how they were made.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    folder : Path
        The folder that has the files.
    files : tuple of Path
        Data files, in the order in which they are imported.
    format : str
        Name of the format, as for ``velora data import --format``.
    market : SyntheticMarket
        The market in the files; its `table()` has the rows.
    """

    kind: str
    folder: Path
    files: tuple[Path, ...]
    format: str
    market: SyntheticMarket

    @property
    def symbol(self) -> str:
        """Symbol in the files."""
        return self.market.instrument.symbol

    @property
    def import_options(self) -> dict[str, str]:
        """Values that the files do not contain, as keyword arguments of `velora.data.importers.import_files`."""
        words = _KINDS[self.kind].options
        return {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}

    @property
    def commands(self) -> tuple[str, ...]:
        """Commands that import the files and run a backtest on them, to be run in `folder`."""
        files = " ".join(path.name for path in self.files)
        options = "".join(f" {word}" for word in _KINDS[self.kind].options)
        return f"velora data import {files}{options}", "velora backtest backtest.toml"


def sample(
    kind: str,
    folder: str | Path,
    *,
    seed: int = 7,
    duration: str | timedelta | None = None,
    on_rows: Callable[[int, int], None] | None = None,
) -> Sample:
    """Write a session of a synthetic market in a venue's format.

    The same arguments give the same bytes. Beside the data there are a README.txt, which says how it was made, and a
    backtest.toml for ``velora backtest``.

    Parameters
    ----------
    kind : str
        One of `velora.data.samples.KINDS`: ``binance-capture``, ``binance-archive``, ``lobster``, ``databento``,
        ``bitstamp``.
    folder : str or Path
        The files are written to its folder `kind`, which is created. Files of an earlier sample there are replaced.
    seed : int
        From 0 to 2**64 - 1.
    duration : str or timedelta, optional
        Length in market time, one second to one hour; one minute by default, three for ``binance-archive``: about a
        megabyte of files.
    on_rows : callable, optional
        Called at intervals with the number of rows written, and their total.

    Returns
    -------
    Sample

    Raises
    ------
    InvalidArgument
        If the kind is unknown, the duration is out of range, or the folder has files that are not of a sample.

    Examples
    --------
    >>> import velora as vl
    >>> made = vl.data.sample("lobster", "samples", duration="5s")
    >>> made.commands
    ('velora data import LOBSTER_SYN_2024-01-02_10.zip', 'velora backtest backtest.toml')
    """
    chosen = _KINDS.get(kind)
    if chosen is None:
        raise InvalidArgument(f"kind of a sample must be one of {', '.join(KINDS)}, was {kind!r}")
    seed = whole_number("seed", seed, 0, 2**64 - 1)
    length = duration_ns(chosen.duration if duration is None else duration, "duration")
    if not _DURATIONS[0] <= length <= _DURATIONS[1]:
        raise InvalidArgument(f"duration of a sample must be 1s to 1h, was {format_duration(length)}")
    place = Path(folder) / kind
    _prepare(place)
    module: Any = import_module(f"velora.data.samples.{chosen.module}")
    market: SyntheticMarket = module.market(seed, length)
    table = market.table()
    files = module.write(table, place, _counter(table, on_rows))
    made = Sample(kind, place, tuple(files), chosen.format, market)
    write_bytes(place / "backtest.toml", _CONFIG.encode())
    write_bytes(place / _README, _readme(made, seed, length).encode())
    return made


def _prepare(place: Path) -> None:
    """Make the folder, and refuse one that has files of something else."""
    place.mkdir(parents=True, exist_ok=True)
    readme = place / _README
    is_ours = readme.is_file() and readme.read_bytes().startswith(_FIRST_LINE.encode())
    if not is_ours and any(place.iterdir()):
        raise InvalidArgument(f"the folder {str(place)!r} has files that are not of a sample: choose another folder")
    if not is_ours:  # so that an interrupted run can be repeated
        write_bytes(readme, f"{_FIRST_LINE}: not complete.\n".encode())


def _counter(table: EventTable, on_rows: Callable[[int, int], None] | None) -> Callable[[int], None] | None:
    if on_rows is None:
        return None
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        on_rows(done, len(table))

    return count


def _duration(ns: int) -> str:
    """A duration in the largest unit that has a whole number of it."""
    unit, per = next(
        (unit, per) for unit, per in (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)) if not ns % per
    )
    return f"{ns // per}{unit}"


def _readme(made: Sample, seed: int, length: int) -> str:
    one = made.market.instrument
    lines = [
        f"{_FIRST_LINE}: {_KINDS[made.kind].title}.",
        "",
        "Nothing here was recorded at a venue. The orders come from a seeded random model (a queue-reactive book with",
        "clustered market orders, after Huang, Lehalle and Rosenbaum, 2015). The model has no news, no strategic",
        "traders and no memory of prices: a profit on this data is no evidence for a profit on a market.",
        "",
        f"Made by:     velora data sample {made.kind} --seed {seed} --duration {_duration(length)}",
        f"Instrument:  {one.symbol}, tick {one.tick_size}, lot {one.lot_size}",
        "The same command makes the same files.",
        "",
        "To import it and run a backtest on it, in this folder:",
        "",
        *(f"    {command}" for command in made.commands),
        "",
        "You may use, change and pass on these files freely, without conditions (CC0).",
        "",
    ]
    return "\n".join(lines)
