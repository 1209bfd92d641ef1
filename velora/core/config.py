"""Configuration from TOML, then environment, then command line; later values win, and unknown keys are errors.

Environment variables are ``VELORA__SECTION__KEY``, such as ``VELORA__LATENCY__ENTRY=2ms``; the command line takes
``--set latency.entry=2ms``. Text values are parsed as TOML values where possible (``true``, ``0.5``, ``["a", "b"]``),
else they are strings.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from velora.core.clock import duration_ns
from velora.errors import ConfigError, MissingFile, VeloraError

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
    "given_duration",
    "load_config",
]

_PREFIX = "VELORA__"

#: Maximum bytes of a configuration, and maximum depth of nested tables in a key; more would exhaust memory or stack.
_MOST_BYTES = 1 << 24
_MOST_TABLES = 32


def _text_or_zero(pattern: str | None) -> msgspec.Meta:
    """Schema of a duration, text with a unit; a number without one can only be 0."""
    schema: dict[str, Any] = {"minimum": 0, "maximum": 0}
    return msgspec.Meta(extra_json_schema=schema if pattern is None else {"pattern": pattern, **schema})


_NUMBER_AND_UNIT = r"[0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|min|s|m|h|d)\s*$"
_IS_DURATION = _text_or_zero(rf"^\s*{_NUMBER_AND_UNIT}")
_IS_SHIFT = _text_or_zero(rf"^\s*-?{_NUMBER_AND_UNIT}")
_IS_LEG = _text_or_zero(None)
_Duration = Annotated[str | int | float, _IS_DURATION]
_Shift = Annotated[str | int | float, _IS_SHIFT]
#: A leg of a latency: a duration, or a distribution such as ``"lognormal(5ms, 40ms)"``.
_Leg = Annotated[str | int | float, _IS_LEG]
_Time = str | int
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Shares = _Share | dict[Literal["new", "amend", "cancel"], _Share]
_Free = dict[str, Any]


def _is(text: str) -> msgspec.Meta:
    """Description of a key, for editors and the documentation."""
    return msgspec.Meta(description=text)


class DataSection(msgspec.Struct, forbid_unknown_fields=True):
    """Market data of the run: a catalog, or the synthetic market."""

    path: Annotated[
        str | None, _is("Folder or URL of a catalog. A relative folder is searched in the folder of this file.")
    ] = None
    symbols: Annotated[
        list[str], _is("Instruments of the catalog, SYMBOL or SYMBOL@VENUE; all instruments when left out.")
    ] = []
    synthetic: Annotated[
        _Free | None,
        _is('Parameters of velora.SyntheticMarket, such as { seed = 7, duration = "5m" }, instead of a path.'),
    ] = None


class StrategySection(msgspec.Struct, forbid_unknown_fields=True):
    """The strategy and its parameters."""

    cls: Annotated[
        str,
        _is(
            'The strategy\'s class, "file.py:Class" or "package.module:Class". A relative file is searched in the '
            "folder of this file, and so is a module before the installed ones."
        ),
    ] = msgspec.field(name="class", default="")
    parameters: Annotated[
        _Free,
        _is("Values of the parameters that the class declares with vl.Parameter, and arguments of its constructor."),
    ] = {}


class StrategiesSection(StrategySection, forbid_unknown_fields=True):
    """One of several strategies that run side by side."""

    name: Annotated[str, _is("Name of the strategy in the run; the class's name when left out.")] = ""
    capital: Annotated[
        float | str | dict[str, float | str] | None,
        _is(
            "Its share of the cash: a number, or a table by currency if the run settles in several. Set it for all "
            "strategies or for none."
        ),
    ] = None

    @property
    def label(self) -> str:
        """Name of the strategy in the run."""
        return self.name or self.cls.rpartition(":")[2]


class LoadSection(msgspec.Struct, forbid_unknown_fields=True):
    """Additional delay of a busy venue: velora.LatencyLoad."""

    service: Annotated[_Duration, _is("Mean service time of one recorded row, above 0.")]
    window: Annotated[_Duration, _is("Length over which rows are counted.")] = "100ms"
    cv: Annotated[
        Annotated[float, msgspec.Meta(ge=0, le=100)],
        _is("Coefficient of variation of the service time: 0 is constant, 1 exponential."),
    ] = 1.0
    most: Annotated[_Duration, _is("The longest wait.")] = "1s"


class FaultsSection(msgspec.Struct, forbid_unknown_fields=True):
    """Faults on the way to the venue, each a probability or a table of new, amend and cancel: velora.LatencyFaults."""

    refused: Annotated[_Shares, _is("Probability that the venue's gateway refuses a command.")] = 0.0
    overloaded: Annotated[
        _Shares, _is("Probability that a command is refused while the venue is overloaded; needs a load.")
    ] = 0.0
    lost: Annotated[_Shares, _is("Probability that a command never arrives.")] = 0.0
    unanswered: Annotated[_Shares, _is("Probability that a command arrives and its answer never does.")] = 0.0
    timeout: Annotated[_Duration, _is("Time after which a command without an answer counts as lost.")] = "10s"
    overload_from: Annotated[
        Annotated[float, msgspec.Meta(ge=0, lt=1)], _is("Utilization from which the venue is overloaded.")
    ] = 0.8


class FeedSection(msgspec.Struct, forbid_unknown_fields=True):
    """A change of the data's feed latency: velora.FeedLatency."""

    shift: Annotated[_Shift, _is("Time added to the latency of each row; negative takes away.")] = 0
    scale: Annotated[Annotated[float, msgspec.Meta(ge=0, le=1e6)], _is("Factor of the recorded latency.")] = 1.0
    load: Annotated[LoadSection | None, _is("Additional delay of a busy venue.")] = None


class LinkSection(msgspec.Struct, forbid_unknown_fields=True):
    """Latency of each leg of one link. Legs that are left out come from the preset, or are zero."""

    preset: Annotated[str | None, _is("Name of a preset; see velora.Latency.preset.")] = None
    entry: Annotated[
        _Leg | None,
        _is('From the strategy to the venue: a duration such as "5ms", or "lognormal(5ms, 40ms)".'),
    ] = None
    response: Annotated[_Leg | None, _is("From the venue back to the strategy.")] = None
    venue: Annotated[_Leg | None, _is("Processing time of the venue.")] = None
    decision: Annotated[_Leg | None, _is("From the row that wakes the strategy to its command.")] = None
    amend: Annotated[_Leg | None, _is("Of amends; entry when left out.")] = None
    cancel: Annotated[_Leg | None, _is("Of cancels; entry when left out.")] = None
    speed_bump: Annotated[_Leg | None, _is("Delay of takers at the venue.")] = None
    recording: Annotated[
        str | None,
        _is("File of measured round trips; a relative one is searched in the folder of this file."),
    ] = None
    seed: Annotated[Annotated[int, msgspec.Meta(ge=0)] | None, _is("Seed of the random draws.")] = None
    feed: Annotated[
        _Shift | FeedSection | None, _is('Change of the feed\'s latency: a shift such as "2ms", or a table.')
    ] = None
    load: Annotated[LoadSection | None, _is("Additional delay of a busy venue.")] = None
    faults: Annotated[FaultsSection | None, _is("Faults on the way to the venue.")] = None
    overtakes: Annotated[bool | None, _is("Whether a later command may arrive before an earlier one.")] = None


class LatencySection(LinkSection, forbid_unknown_fields=True):
    """Latency of all venues, or of the venues that `venues` does not name. Legs that are left out come from the preset,
    or are zero."""

    venues: Annotated[dict[str, LinkSection], _is("Latency by venue, symbol or SYMBOL@VENUE.")] = {}


class VenueSection(msgspec.Struct, forbid_unknown_fields=True):
    """Assumptions about the venue."""

    queue: Annotated[str, _is('Queue model, such as "risk_averse" or "power3(2)".')] = "risk_averse"
    impact: Annotated[
        str | _Free | None,
        _is('Impact model, such as "obizhaeva_wang(depth=50, resilience=0.1)", or a table with the key model.'),
    ] = None
    rules: Annotated[
        str,
        _is('"velora"; or "hftbacktest" or "hftbacktest(partial_fill)", for a comparison.'),
    ] = "velora"
    corrections: Annotated[list[str], _is("Corrections of hftbacktest's rules, by name.")] = []
    take_unknown: Annotated[bool, _is("Whether a taker may fill against quantity that the data does not confirm.")] = (
        False
    )
    children: Annotated[
        Literal["fills", "whole"],
        _is("When orders with a parent go live: with each fill of it, or when it has filled completely."),
    ] = "fills"
    oco: Annotated[
        Literal["protect", "cancel"],
        _is("Whether a partial fill ends the other orders of its OCO group, also protecting ones."),
    ] = "protect"
    maker_fee: Annotated[str | float | None, _is("Fee rate of makers; of the instruments when left out.")] = None
    taker_fee: Annotated[str | float | None, _is("Fee rate of takers; of the instruments when left out.")] = None


class RunSection(msgspec.Struct, forbid_unknown_fields=True):
    """Settings of the run."""

    fuse_quotes: Annotated[bool, _is("Whether quotes newer than the book move its best price.")] = False
    trace_queue: Annotated[
        bool, _is("Whether to keep each change of an own order's queue position, for `velora explain`.")
    ] = False
    max_order_qty: Annotated[
        float | dict[str, float] | None,
        _is("Largest quantity of one order, or a table by symbol; larger orders are denied."),
    ] = None
    measure_callbacks: Annotated[
        bool, _is("Whether to time the strategy's callbacks, and warn when they take longer than modelled.")
    ] = False
    cash: Annotated[
        float | dict[str, float | str], _is("Cash at the start; a table by currency if the run settles in several.")
    ] = 0
    on_error: Annotated[
        Literal["raise", "stop"] | None,
        _is('What an exception in a hook ends: the run, or that strategy alone. "raise" by default for one strategy.'),
    ] = None
    retention: Annotated[
        Annotated[int, msgspec.Meta(ge=0)] | None,
        _is("Minimum number of ended orders, fills and samples to keep; all when left out."),
    ] = None
    warmup: Annotated[_Duration, _is("Time at the start of the data that only warms up the strategy.")] = "0s"
    sample: Annotated[_Duration | None, _is("Interval of the samples; it follows the data when left out.")] = None
    chunk_rows: Annotated[Annotated[int, msgspec.Meta(ge=1, le=10**8)], _is("Rows that are read at once.")] = 65_536
    start: Annotated[
        _Time | None,
        _is("First time of the run, ISO 8601 in quotes, or nanoseconds. Earlier rows build the books."),
    ] = None
    end: Annotated[_Time | None, _is("End of the run, ISO 8601 in quotes, or nanoseconds.")] = None


class ReportSection(msgspec.Struct, forbid_unknown_fields=True):
    """Destinations of the results. A relative path lies in the folder of this file."""

    html: Annotated[str | None, _is("File of the HTML report.")] = None
    save: Annotated[str | None, _is("Folder of the saved result, for `velora report`.")] = None


class BacktestConfig(msgspec.Struct, forbid_unknown_fields=True):
    """Configuration of a run of Velora."""

    data: DataSection = msgspec.field(default_factory=DataSection)
    strategy: StrategySection = msgspec.field(default_factory=StrategySection)
    strategies: Annotated[
        list[StrategiesSection], _is("Several strategies instead of one, in the order of delivery.")
    ] = []
    latency: LatencySection = msgspec.field(default_factory=LatencySection)
    venue: VenueSection = msgspec.field(default_factory=VenueSection)
    run: RunSection = msgspec.field(default_factory=RunSection)
    report: ReportSection = msgspec.field(default_factory=ReportSection)


#: Tables whose keys the user chooses.
_FREE = (
    "strategy.parameters",
    "strategies.parameters",
    "strategies.capital",
    "data.synthetic",
)

#: The section that is a list of tables.
_LIST = "strategies"


def _sections() -> dict[str, list[str]]:
    fields = {field.name: field.type for field in msgspec.structs.fields(BacktestConfig)} | {_LIST: StrategiesSection}
    return {name: [field.encode_name for field in msgspec.structs.fields(kind)] for name, kind in fields.items()}


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
    try:
        config = msgspec.convert(tree, BacktestConfig)
        _check_durations(config, "", lambda key: sources.get(".".join(key.split(".")[:2]), str(path)))
        return config
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


def given_duration(value: str | float) -> str | Literal[0]:
    """A duration of a configuration that `load_config` has checked: the only number without a unit is 0."""
    return value if isinstance(value, str) else 0


def _check_durations(part: Any, dotted: str, place: Callable[[str], str]) -> None:
    """Check all durations below a part of the configuration; `place` is the source of a key, for messages."""
    if isinstance(part, dict):
        for name, inner in part.items():
            _check_durations(inner, f"{dotted}.{name}", place)
    if not isinstance(part, msgspec.Struct):
        return
    for field in msgspec.structs.fields(part):
        value, key = getattr(part, field.name), f"{dotted}.{field.encode_name}".lstrip(".")
        kind = next((one for one in _annotations(field.type) if one in (_IS_DURATION, _IS_SHIFT, _IS_LEG)), None)
        if kind is None or not isinstance(value, str | int | float):
            _check_durations(value, key, place)
        elif not isinstance(value, str) or kind is not _IS_LEG:
            try:
                is_negative = duration_ns(value, key) < 0
            except VeloraError as error:
                raise ConfigError(f"{place(key)}: {error}") from None
            if is_negative and kind is _IS_DURATION:
                raise ConfigError(f"{place(key)}: {key} must be at least 0, was {value!r}")


def _annotations(kind: Any) -> Iterator[Any]:
    """The parts of a type, its annotations included."""
    for part in get_args(kind):
        yield part
        yield from _annotations(part)


def _place(path: str | Path, text: str, section: str, key: str | None, at: int = 0) -> str:
    line = _line_of(text, section, key, at)
    return f"{path}, line {line}" if line else str(path)
