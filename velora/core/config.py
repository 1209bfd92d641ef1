"""Configuration from TOML, then environment, then command line; later values win, and unknown keys are errors.

Environment variables are ``VELORA__SECTION__KEY``, such as ``VELORA__LATENCY__ENTRY=2ms``; the command line takes
``--set latency.entry=2ms``. Text values are parsed as TOML values where possible (``true``, ``0.5``, ``["a", "b"]``),
else they are strings.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from velora.core.clock import duration_ns
from velora.errors import ConfigError, InvalidArgument, MissingFile, VeloraError

__all__ = [
    "BacktestConfig",
    "DataSection",
    "FaultsSection",
    "FeedSection",
    "LatencySection",
    "LinkSection",
    "LoadSection",
    "ReportSection",
    "RunSection",
    "StrategiesSection",
    "StrategySection",
    "VenueSection",
    "load_config",
]

_PREFIX = "VELORA__"

#: Maximum bytes of a configuration, and maximum depth of nested tables in a key; more would exhaust memory or stack.
_MOST_BYTES = 1 << 24
_MOST_TABLES = 32


class DataSection(msgspec.Struct, forbid_unknown_fields=True):
    """Market data of the run: a catalog, or the synthetic market."""

    #: Folder or URL of a catalog.
    path: str | None = None
    #: Instruments of the catalog, SYMBOL or SYMBOL@VENUE; all instruments when empty.
    symbols: list[str] = []
    #: Parameters of `velora.SyntheticMarket`, instead of a path.
    synthetic: dict[str, Any] | None = None


class StrategySection(msgspec.Struct, forbid_unknown_fields=True):
    """The strategy, ``"package.module:Class"`` or ``"path/to/file.py:Class"``, and its arguments."""

    cls: str = msgspec.field(name="class", default="")
    params: dict[str, Any] = {}
    #: Values of the parameters that the class declares.
    parameters: dict[str, Any] = {}


class StrategiesSection(StrategySection, forbid_unknown_fields=True):
    """One of several strategies that run side by side, ``[[strategies]]``."""

    #: The class's name by default.
    name: str = ""
    #: Its share of the cash, a number or a table by currency if several settle; for all strategies or for none.
    capital: float | str | dict[str, float | str] | None = None

    @property
    def label(self) -> str:
        """Name of the strategy in the run."""
        return self.name or self.cls.rpartition(":")[2]


class LoadSection(msgspec.Struct, forbid_unknown_fields=True):
    """`velora.LatencyLoad`: additional delay of a busy venue."""

    service: str | Literal[0]
    window: str | Literal[0] = "100ms"
    cv: float = 1.0
    most: str | Literal[0] = "1s"


class FaultsSection(msgspec.Struct, forbid_unknown_fields=True):
    """`velora.LatencyFaults`: faults, each a probability or a table of new, amend and cancel."""

    refused: float | dict[str, float] = 0.0
    overloaded: float | dict[str, float] = 0.0
    lost: float | dict[str, float] = 0.0
    unanswered: float | dict[str, float] = 0.0
    timeout: str | Literal[0] = "10s"
    overload_from: float = 0.8


class FeedSection(msgspec.Struct, forbid_unknown_fields=True):
    """`velora.FeedLatency`: a change of the data's feed latency."""

    shift: str | Literal[0] = 0
    scale: float = 1.0
    load: LoadSection | None = None


class LinkSection(msgspec.Struct, forbid_unknown_fields=True):
    """Latency of each leg of one link, such as ``"5ms"`` or ``"lognormal(5ms, 40ms)"``; legs not given come from the
    preset, or are zero."""

    #: Name of a preset; see `velora.Latency.preset`.
    preset: str | None = None
    entry: str | Literal[0] | None = None
    response: str | Literal[0] | None = None
    venue: str | Literal[0] | None = None
    decision: str | Literal[0] | None = None
    amend: str | Literal[0] | None = None
    cancel: str | Literal[0] | None = None
    speed_bump: str | Literal[0] | None = None
    #: File of measured round trips, relative to the configuration's folder; see `velora.LatencyRecording.of`.
    recording: str | None = None
    seed: int | None = None
    #: A shift such as ``"2ms"``, or a table.
    feed: str | Literal[0] | FeedSection | None = None
    load: LoadSection | None = None
    faults: FaultsSection | None = None
    overtakes: bool | None = None


class LatencySection(LinkSection, forbid_unknown_fields=True):
    """Latency of all venues, or of the venues that `venues` does not name."""

    #: By venue, symbol or SYMBOL@VENUE.
    venues: dict[str, LinkSection] = {}


class VenueSection(msgspec.Struct, forbid_unknown_fields=True):
    """Assumptions about the venue."""

    queue: str = "risk_averse"
    impact: str | dict[str, Any] | None = None
    rules: str = "velora"
    corrections: list[str] = []
    #: Whether a taker may fill against quantity that the data does not confirm.
    take_unknown: bool = False
    #: Rules of orders with a parent, and the effect of a partial fill on the other orders of its OCO group.
    children: Literal["fills", "whole"] = "fills"
    oco: Literal["protect", "cancel"] = "protect"
    maker_fee: str | float | None = None
    taker_fee: str | float | None = None


class RunSection(msgspec.Struct, forbid_unknown_fields=True):
    """Settings of the run."""

    fuse_quotes: bool = False
    trace_queue: bool = False
    #: Largest quantity of one order, or a table by symbol; larger ones are denied.
    max_order_qty: float | dict[str, float] | None = None
    measure_callbacks: bool = False
    #: A number, or a table by currency if several settle.
    cash: float | dict[str, float | str] = 0
    #: Reaction to an exception in a hook; by default "raise" for one strategy and "stop" for several.
    on_error: Literal["raise", "stop"] | None = None
    #: Minimum number of ended orders, fills and samples to keep; all by default.
    retention: int | None = None
    #: Time at the start of the data that only warms up the strategy.
    warmup: str | Literal[0] = 0
    #: Interval of the samples; by default it follows the data, see `velora.Backtest`.
    sample: str | Literal[0] | None = None
    chunk_rows: int = 65_536
    start: str | int | None = None
    end: str | int | None = None


class ReportSection(msgspec.Struct, forbid_unknown_fields=True):
    """Destinations of the results."""

    html: str | None = None
    save: str | None = None


class BacktestConfig(msgspec.Struct, forbid_unknown_fields=True):
    """Configuration of a backtest."""

    data: DataSection = msgspec.field(default_factory=DataSection)
    strategy: StrategySection = msgspec.field(default_factory=StrategySection)
    #: Several strategies instead of one, in the order of delivery.
    strategies: list[StrategiesSection] = []
    latency: LatencySection = msgspec.field(default_factory=LatencySection)
    venue: VenueSection = msgspec.field(default_factory=VenueSection)
    run: RunSection = msgspec.field(default_factory=RunSection)
    report: ReportSection = msgspec.field(default_factory=ReportSection)


#: Tables whose keys the user chooses.
_FREE = (
    "strategy.params",
    "strategy.parameters",
    "strategies.params",
    "strategies.parameters",
    "strategies.capital",
    "data.synthetic",
)

#: Keys of durations by section, in its tables at any depth.
_DURATIONS = {
    "latency": {
        *("entry", "response", "venue", "decision", "amend", "cancel", "speed_bump", "feed"),
        *("service", "window", "most", "timeout", "shift"),
    },
    "run": {"warmup", "sample"},
}

#: The section that is a list of tables.
_LIST = "strategies"


def _sections() -> dict[str, list[str]]:
    fields = {field.name: field.type for field in msgspec.structs.fields(BacktestConfig)}
    kinds = {name: get_args(kind)[0] if get_args(kind) else kind for name, kind in fields.items()}
    return {name: [field.encode_name for field in msgspec.structs.fields(kind)] for name, kind in kinds.items()}


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # not TOML, an integer of thousands of digits, thousands of brackets
        return text


def _read(path: str | Path) -> str:
    """The text of a configuration."""
    file = Path(path)
    try:
        if not file.exists():
            raise MissingFile(f"the configuration {str(path)!r} does not exist")
        if not file.is_file():
            raise ConfigError(f"the configuration {str(path)!r} is not a file")
        if file.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"the configuration {str(path)!r} is larger than {_MOST_BYTES >> 20} MiB")
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except (OSError, ValueError) as error:
        if isinstance(error, VeloraError):
            raise
        raise ConfigError(f"the configuration {str(path)!r} cannot be read: {error}") from None


def _parsed(path: str | Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{path}: not valid TOML: brackets or tables are nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except ValueError:  # int() refuses thousands of digits
        raise ConfigError(f"{path}: not valid TOML: a number of thousands of digits") from None


def _short(text: str) -> str:
    """Text of a value, shortened for a message."""
    return text if len(text) <= 100 else f"{text[:97]}..."


def _line_of(text: str, section: str, key: str | None, at: int = 0) -> int | None:
    """1-based line of a key in TOML text, for plain tables; `at` is the index in a list of tables."""
    current, table = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            current = stripped.partition("#")[0].strip().strip("[]").strip()
            table += stripped.startswith("[[") and current == section
            if current == section and key is None:
                return number
        elif (
            current == section
            and table in (0, at + 1)
            and key is not None
            and stripped.partition("=")[0].strip().strip("\"'") == key
        ):
            return number
    return None


def _known(dotted: str, place: str) -> None:
    """Raise for a key that does not exist."""
    sections = _sections()
    section, _, key = dotted.partition(".")
    if section not in sections:
        close = get_close_matches(section, sections, n=1)
        hint = f"did you mean [{close[0]}]?" if close else f"known: {', '.join(sections)}"
        raise ConfigError(f"{place}: unknown section {section!r}; {hint}")
    if not key or any(dotted.startswith(f"{free}.") for free in _FREE):
        return
    key = key.partition(".")[0]
    if key not in sections[section]:
        close = get_close_matches(key, sections[section], n=1)
        hint = f"did you mean {section}.{close[0]}?" if close else f"known: {', '.join(sections[section])}"
        raise ConfigError(f"{place}: unknown key {section}.{key}; {hint}")


def _put(tree: dict[str, Any], dotted: str, value: Any, place: str) -> str:
    """Set a value; returns its path in the tree for error messages."""
    *path, last = dotted.split(".")
    if path[:1] == [_LIST]:
        at = _strategy_at(tree, path[1] if len(path) > 1 else "", place)
        tree, path, dotted = tree[_LIST][at], path[2:], ".".join([f"{_LIST}[{at}]", *path[2:], last])
        _known(".".join([_LIST, *path, last]), place)
    else:
        _known(dotted, place)
    if len(path) > _MOST_TABLES:
        raise ConfigError(f"{place}: more than {_MOST_TABLES} nested tables")
    for at, name in enumerate(path):
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            inner = ".".join(path[: at + 1])
            raise ConfigError(f"{place}: {inner} is a value, not a table: it has no key {last!r}")
    tree[last] = value
    return dotted


def _strategy_at(tree: dict[str, Any], name: str, place: str) -> int:
    """Index of the strategy with a name. Case is ignored, because environment variables may have only one."""
    names = [str(one.get("name") or str(one.get("class", "")).rpartition(":")[2]) for one in tree.get(_LIST, ())]
    found = [at for at, one in enumerate(names) if name and one.lower() == name.lower()]
    if len(found) != 1:
        known = f"the file has {', '.join(names)}" if names else f"the file has no [[{_LIST}]]"
        raise ConfigError(f"{place}: {_LIST}.NAME.key=value names one strategy; {known}")
    return found[0]


def load_config(
    path: str | Path,
    overrides: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
) -> BacktestConfig:
    """Read a backtest's configuration.

    Parameters
    ----------
    path : path
        A TOML file.
    overrides : iterable of str
        ``section.key=value``, from the command line.
    environment : mapping, optional
        `os.environ` when not given.

    Raises
    ------
    MissingFile
        If the file does not exist.
    ConfigError
        If it is not TOML, or a key is unknown or has a value of the wrong type; the message gives file, line and key.
    """
    text = _read(path)
    tree = _parsed(path, text)
    sources = {}
    for section, content in tree.items():
        _known(section, _place(path, text, section, None))
        is_list = section == _LIST
        tables = content if is_list else [content]
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            wanted = f"[[{section}]] must be tables" if is_list else f"[{section}] must be a table"
            line = _place(path, text, section, None) if isinstance(content, list) else _place(path, text, "", section)
            raise ConfigError(f"{line}: {wanted}")
        for at, table in enumerate(tables):
            for key in table:
                place = _place(path, text, section, key, at)
                _known(f"{section}.{key}", place)
                sources[f"{section}[{at}].{key}" if is_list else f"{section}.{key}"] = place
    for name, raw in sorted((environment if environment is not None else os.environ).items()):
        if name.startswith(_PREFIX):
            dotted = name[len(_PREFIX) :].lower().replace("__", ".")
            place = f"environment variable {_short(name)}"
            sources[_put(tree, dotted, _value(raw), place)] = place
    for override in overrides:
        dotted, equals, raw = override.partition("=")
        if not equals or "." not in dotted:
            raise ConfigError(f"--set takes section.key=value, was {_short(override)!r}")
        place = f"--set {_short(override)}"
        sources[_put(tree, dotted, _value(raw), place)] = place
    for dotted, value in _durations_of(tree):
        key = ".".join(dotted.split(".")[:2])
        try:
            duration_ns(value, dotted)
        except InvalidArgument as error:
            raise ConfigError(f"{sources.get(key, str(path))}: {error}") from None
    try:
        return msgspec.convert(tree, BacktestConfig)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        message = message.replace("`float | object`", "`float` or a table by currency")
        if message.endswith(("got `datetime`", "got `date`", "got `time`")):
            message += "; put it in quotes"
        dotted = where.rstrip("`")
        key = ".".join(dotted.split(".")[:2])
        raise ConfigError(f"{sources.get(key, str(path))}: {dotted or 'the file'}: {message}") from None
    except (OverflowError, RecursionError) as error:  # an integer too large for a float; arrays in arrays
        raise ConfigError(f"{path}: a value is too large or nested too deeply: {error}") from None


def _durations_of(tree: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of the durations that are given as numbers: a number has no unit."""
    for section, keys in _DURATIONS.items():
        tables = [(section, tree.get(section))]
        while tables:
            name, table = tables.pop()
            for key, value in table.items() if isinstance(table, Mapping) else ():
                if isinstance(value, Mapping):
                    if not name.endswith(".faults"):  # their tables hold probabilities
                        tables.append((f"{name}.{key}", value))
                elif key in keys and isinstance(value, int | float) and not isinstance(value, bool):
                    yield f"{name}.{key}", value


def _place(path: str | Path, text: str, section: str, key: str | None, at: int = 0) -> str:
    line = _line_of(text, section, key, at)
    return f"{path}, line {line}" if line else str(path)
