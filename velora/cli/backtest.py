"""`velora backtest`: run the backtest of a TOML file."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from velora.cli.failures import describe_user_code
from velora.core.terminal import cell
from velora.errors import ConfigError, InvalidArgument, MissingFile, StrategyError, VeloraError

if TYPE_CHECKING:
    from velora.backtest.result import Result
    from velora.backtest.run import Backtest
    from velora.core.config import BacktestConfig, StrategySection
    from velora.strategy.base import StrategyBase

__all__ = ["backtest", "build_backtest", "load_strategy", "show_result", "write_result"]


def load_strategy(
    spec: str, params: dict[str, Any], folder: Path, parameters: dict[str, Any] | None = None
) -> StrategyBase:
    """Create the strategy named by ``"module:Class"`` or ``"file.py:Class"``; relative files are searched in `folder`.

    `params` are arguments of its constructor, `parameters` values of its declared `Parameter`s.
    """
    from velora.strategy.base import StrategyBase

    place, colon, name = spec.rpartition(":")
    if not colon or not place or not name:
        raise ConfigError(f'strategy.class must be "module:Class" or "file.py:Class", was {spec!r}')
    module = _module_of_file(place, folder) if place.endswith(".py") else _module(place, folder)
    found = getattr(module, name, None)
    if not (isinstance(found, type) and issubclass(found, StrategyBase)):
        there = sorted(
            key
            for key, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, StrategyBase) and value.__module__ == module.__name__
        )
        has = f"it has {', '.join(there)}" if there else "it has none"
        raise ConfigError(f"strategy.class: {place} has no strategy {name!r}; {has}")
    return _make(found, params, parameters or {})


def _module_of_file(place: str, folder: Path) -> ModuleType:
    """Import a Python file as a module; as for a script, its folder is searched for its own imports."""
    file = Path(place) if Path(place).is_absolute() else folder / place
    if "\0" in place or not file.exists():
        raise MissingFile(f"strategy.class: the file {str(file)!r} does not exist")
    if not file.is_file():
        raise ConfigError(f"strategy.class: {str(file)!r} is not a file")
    module_spec = importlib.util.spec_from_file_location(file.stem, file)
    if module_spec is None or module_spec.loader is None:
        raise ConfigError(f"strategy.class: {file} cannot be loaded as Python")
    module = importlib.util.module_from_spec(module_spec)
    is_new = sys.modules.setdefault(file.stem, module) is module
    try:
        with _importing(place, file.parent):
            module_spec.loader.exec_module(module)
    except BaseException:
        if is_new:
            sys.modules.pop(file.stem, None)
        raise
    return module


def _module(place: str, folder: Path) -> ModuleType:
    """An installed module, or one in `folder`, such as a compiled module beside the file that names it."""
    if not all(part.isidentifier() for part in place.split(".")):
        raise ConfigError(f"strategy.class: {place!r} is neither a .py file nor the name of a module")
    try:
        with _importing(place, folder):
            return importlib.import_module(place)
    except ModuleNotFoundError as error:
        raise ConfigError(f"strategy.class: {error}") from None


@contextmanager
def _importing(place: str, folder: Path) -> Iterator[None]:
    """Import with `folder` first on the path, afterwards last; an error in a strategy's file becomes one message."""
    name = str(folder.resolve())
    sys.path.insert(0, name)
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and f"{place}.".startswith(f"{error.name}."):
            raise
        raise StrategyError(f"strategy.class: {_at(error)}") from error
    except KeyboardInterrupt:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit):
            error.args = ("it exits the program during its import",)
        raise StrategyError(f"strategy.class: {_at(error)}") from error
    finally:
        with suppress(ValueError):  # the file may have changed the path
            sys.path.remove(name)
        if name not in sys.path:
            sys.path.append(name)


def _at(error: BaseException) -> str:
    """An exception with the line of the strategy's file that raised it."""
    return describe_user_code(error) or f"{type(error).__name__}: {error}"


def _make(found: type[StrategyBase], params: dict[str, Any], parameters: dict[str, Any]) -> StrategyBase:
    """An instance with its parameters, which are passed to the constructor if it accepts them."""
    from velora.strategy.parameters import converted_parameters
    from velora.strategy.strategy import Strategy

    name = found.__name__
    if not issubclass(found, Strategy):  # compiled from StrategyBase: it has a constructor only
        if parameters:
            raise ConfigError(f"strategy.parameters: {name} is a compiled strategy without parameters")
        return _called(found, params)
    try:
        converted_parameters(found, parameters)
    except InvalidArgument as error:
        raise ConfigError(f"strategy.parameters: {error}") from None
    signature = inspect.signature(found.__init__)
    takes_all = any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())
    taken = {key: value for key, value in parameters.items() if takes_all or key in signature.parameters}
    both = sorted(set(taken) & set(params))
    if both:
        raise ConfigError(f"set {both[0]} in strategy.parameters or in strategy.params, not in both")
    strategy = cast("Strategy", _called(found, {**params, **taken}))
    strategy.set_parameters(**{key: value for key, value in parameters.items() if key not in taken})
    return strategy


def _called(found: type[StrategyBase], arguments: dict[str, Any]) -> StrategyBase:
    """An instance; an exception in its constructor becomes one message."""
    try:
        return found(**arguments)
    except KeyboardInterrupt:
        raise
    except (Exception, SystemExit) as error:
        where = str(error) if isinstance(error, TypeError | VeloraError) else _at(error)
        raise ConfigError(f"strategy.params: cannot create {found.__name__}: {where}") from error


def _strategies(
    config: BacktestConfig, folder: Path
) -> tuple[StrategyBase | dict[str, StrategyBase], dict[str, Any] | None]:
    """The single strategy, or the strategies by name, and the capital of each if given."""
    if not config.strategies:
        return _load(config.strategy, "strategy", folder), None
    if config.strategy.cls:
        raise ConfigError("set [strategy] or [[strategies]], not both")
    strategies: dict[str, StrategyBase] = {}
    capital = {}
    for at, one in enumerate(config.strategies):
        strategy = _load(one, f"strategies[{at}]", folder)
        if one.label in strategies:
            raise ConfigError(f"strategies[{at}]: two strategies are named {one.label!r}: set different names")
        strategies[one.label] = strategy
        if one.capital is not None:
            capital[one.label] = one.capital
    lacking = [name for name in strategies if name not in capital]
    if capital and lacking:
        raise ConfigError(f"strategies.capital: {', '.join(lacking)} has none: set it for all or for none")
    return strategies, capital or None


def _load(section: StrategySection, place: str, folder: Path) -> StrategyBase:
    if not section.cls:
        raise ConfigError(f'{place}.class is required, such as "my_strategy.py:MyStrategy"')
    try:
        return load_strategy(section.cls, section.params, folder, section.parameters)
    except (ConfigError, MissingFile, StrategyError) as error:
        if place == "strategy":
            raise
        raise type(error)(f"{place}: {error}") from error


def build_backtest(config: BacktestConfig, folder: Path) -> Backtest:
    """Build the backtest of a configuration."""
    from velora.backtest.run import Backtest
    from velora.cli.latency import latency_of
    from velora.data.catalog import Catalog
    from velora.data.synth import SyntheticMarket
    from velora.sim.hftbacktest import HftbacktestRules

    data: Any
    if config.data.synthetic is not None:
        if config.data.path is not None:
            raise ConfigError("set data.path or data.synthetic, not both")
        try:
            data = SyntheticMarket(**config.data.synthetic)
        except (TypeError, InvalidArgument) as error:
            raise ConfigError(f"data.synthetic: {error}") from None
    elif config.data.path is not None:
        catalog = Catalog(config.data.path)
        data = dict.fromkeys(config.data.symbols, catalog) if config.data.symbols else catalog
    else:
        raise ConfigError("data.path (a catalog) or data.synthetic is required")
    strategies, capital = _strategies(config, folder)
    venue = config.venue
    fees = {
        kind: str(value)
        for kind, value in (("maker", venue.maker_fee), ("taker", venue.taker_fee))
        if value is not None
    }
    return Backtest(
        data,
        strategies,
        capital=capital,
        on_error=config.run.on_error,
        retention=config.run.retention,
        latency=latency_of(config.latency, folder),
        queue=venue.queue,
        impact=venue.impact,
        rules=HftbacktestRules.of(venue.rules, venue.corrections) or "velora",
        take_unknown=venue.take_unknown,
        children=venue.children,
        oco=venue.oco,
        fuse_quotes=config.run.fuse_quotes,
        trace_queue=config.run.trace_queue,
        max_order_qty=config.run.max_order_qty,
        measure_callbacks=config.run.measure_callbacks,
        cash=config.run.cash,
        fees=fees or None,
        warmup=config.run.warmup,
        sample=config.run.sample,
        start=config.run.start,
        end=config.run.end,
        chunk_rows=config.run.chunk_rows,
    )


def write_result(result: Result, *, html: str | None, save: str | None) -> None:
    """Write the requested files."""
    if save is not None:
        result.to_parquet(save)
    if html is not None:
        result.to_html(html)


def show_result(
    result: Result, *, as_json: bool, html: str | None, save: str | None, folder: str | None = None
) -> None:
    """Print a result and write the requested files; `folder` is where the result was read."""
    write_result(result, html=html, save=save)
    if as_json:
        typer.echo(json.dumps(result.summary().to_dict(), default=str))
        return
    from rich.console import Console

    console = Console()
    from velora.backtest.summary import Summary

    place = save or folder
    hint = f"See `velora report {place or 'FOLDER'} --audit`" + ("." if place else " after --save FOLDER.")
    console.print(Summary(result, hint))
    for label, path in (("report", html), ("saved", save)):
        if path is not None:
            console.print(cell(f"{label}: {path}", "green"), soft_wrap=True)


def backtest(
    file: Annotated[Path, typer.Argument(help="TOML file of the backtest.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value; overrides file and environment.")
    ] = None,
    html: Annotated[str | None, typer.Option(help="Write the HTML report here.")] = None,
    save: Annotated[str | None, typer.Option(help="Save the result in this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    look: Annotated[
        bool, typer.Option(help="Read the data again after the run for the data checks of the audit.")
    ] = True,
) -> None:
    """Run the backtest of a TOML file."""
    from velora.cli.progress import rows_bar
    from velora.core.config import load_config

    config = load_config(file, set_ or ())
    test = build_backtest(config, file.parent)
    with rows_bar("backtest", None, quiet=as_json) as progress:
        result = test.run(progress)
    if result.rows == 0:
        raise VeloraError("the backtest had no rows")
    if look:
        result.audit(test.data)  # its findings are stored in the result
    show_result(result, as_json=as_json, html=html or config.report.html, save=save or config.report.save)
