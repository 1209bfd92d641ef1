"""The strategies of a configuration: their classes from files or modules, and instances with their parameters."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from velora.cli.failures import describe_user_code, mark_user_code
from velora.errors import ConfigError, InvalidArgument, MissingFile, StrategyError, VeloraError

if TYPE_CHECKING:
    from velora.core.config import BacktestConfig, StrategySection
    from velora.strategy.base import StrategyBase

__all__ = ["constructor_arguments", "known_parameters", "load_strategies", "load_strategy", "strategy_class"]


def strategy_class(spec: str, folder: Path) -> type[StrategyBase]:
    """The class named by ``"module:Class"`` or ``"file.py:Class"``; relative files are searched in `folder`.

    Raises
    ------
    ConfigError
        If there is no such module or class.
    MissingFile
        If the file does not exist.
    StrategyError
        If the import raises; the message has the line of the user's file.
    """
    return _module_and_class(spec, folder)[1]


def _module_and_class(spec: str, folder: Path) -> tuple[ModuleType, type[StrategyBase]]:
    """See `strategy_class`; its module need not be the one that `sys.modules` has by this name."""
    from velora.strategy.base import StrategyBase

    place, colon, name = spec.rpartition(":")
    if spec.endswith(".py") and (folder / spec).is_file():
        there = _strategies_of(_module_of_file(spec, folder))
        has = f"; it has {', '.join(there)}" if there else ""
        raise ConfigError(f'strategy.class must be "{spec}:Class", and names no class{has}')
    if not colon or not place or not name:
        raise ConfigError(f'strategy.class must be "module:Class" or "file.py:Class", was {spec!r}')
    module = _module_of_file(place, folder) if place.endswith(".py") else _module(place, folder)
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, StrategyBase):
        return module, found
    there = _strategies_of(module)
    if found is None:
        close = get_close_matches(name, there, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        has = f"{hint}it has {', '.join(there)}" if there else "it has none"
        raise ConfigError(f"strategy.class: {place} has no strategy {name!r}; {has}")
    has = f"; its strategies are {', '.join(there)}" if there else ""
    raise ConfigError(f"strategy.class: {name} of {place}{_line_of(name, module)} does not extend velora.Strategy{has}")


def _strategies_of(module: ModuleType) -> list[str]:
    """Names of the strategies that a module defines."""
    from velora.strategy.base import StrategyBase

    return sorted(
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, StrategyBase) and value.__module__ == module.__name__
    )


def _module_of_file(place: str, folder: Path) -> ModuleType:
    """The module of a Python file; as for a script, its folder is searched for its own imports."""
    from velora.cli.strategy_folder import StrategyFolder

    file = folder / place
    if "\0" in place or not file.exists():
        looked = "" if "\0" in place or Path(place).is_absolute() else f"; looked in {str(folder.resolve())!r}"
        raise MissingFile(f"strategy.class: the file {str(file)!r} does not exist{looked}")
    if not file.is_file():
        raise ConfigError(f"strategy.class: {str(file)!r} is not a file")
    with _importing(place):
        module = StrategyFolder(file.parent).load(file.resolve())
    mark_user_code(module)
    return module


def _module(place: str, folder: Path) -> ModuleType:
    """An installed module, or one in `folder`, such as a compiled module beside the file that names it."""
    from velora.cli.strategy_folder import StrategyFolder

    if not all(part.isidentifier() for part in place.split(".")):
        raise ConfigError(f"strategy.class: {place!r} is neither a .py file nor the name of a module")
    try:
        with _importing(place):
            module = StrategyFolder(folder).module(place)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"strategy.class: {error}; looked in {str(folder.resolve())!r}, then among the installed packages"
        ) from None
    mark_user_code(module)
    return module


@contextmanager
def _importing(place: str) -> Iterator[None]:
    """An error in a strategy's file becomes one message; that there is no module of its name stays an ImportError."""
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


def _at(error: BaseException) -> str:
    """An exception with the line of the strategy's file that raised it."""
    return describe_user_code(error) or f"{type(error).__name__}: {error}"


def _line_of(name: str, module: ModuleType) -> str:
    """File and line that define a class or a function, between commas for a message; empty if unknown."""
    file = getattr(module, "__file__", None) or ""
    if not file.endswith(".py"):
        return ""
    try:
        nodes = ast.parse(Path(file).read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ""
    lines = [node.lineno for node in nodes if getattr(node, "name", None) == name]
    return f", {file}, line {lines[-1]}," if lines else ""


def load_strategy(spec: str, parameters: dict[str, Any], folder: Path) -> StrategyBase:
    """Create a strategy, see `strategy_class`.

    `parameters` are values of the declared parameters of the class, and arguments of its constructor.
    """
    from velora.strategy.parameters import converted_parameters
    from velora.strategy.strategy import Strategy

    module, found = _module_and_class(spec, folder)
    arguments = constructor_arguments(found, parameters)
    if not issubclass(found, Strategy):  # compiled from StrategyBase: it has a constructor only
        return _called(found, arguments, module)
    declared = {name: value for name, value in parameters.items() if name not in arguments}
    try:
        converted_parameters(found, declared)
    except InvalidArgument as error:
        raise ConfigError(f"strategy.parameters: {error}") from None
    # A constructor that takes a declared parameter computes with it.
    named, takes_all = _constructor(found)
    taken = {name: value for name, value in declared.items() if takes_all or name in named}
    strategy = _called(found, {**arguments, **taken}, module)
    assert isinstance(strategy, Strategy)
    strategy.set_parameters(**{name: value for name, value in declared.items() if name not in taken})
    return strategy


def constructor_arguments(found: type[StrategyBase], parameters: dict[str, Any]) -> dict[str, Any]:
    """The part of `parameters` that the class does not declare as parameters: arguments of its constructor.

    Raises
    ------
    ConfigError
        If its constructor takes no such argument.
    """
    from velora.strategy.parameters import declared_parameters
    from velora.strategy.strategy import Strategy

    if not issubclass(found, Strategy):
        return dict(parameters)
    declared = declared_parameters(found)
    arguments = {name: value for name, value in parameters.items() if name not in declared}
    named, takes_all = _constructor(found)
    known = known_parameters(found)
    for name in arguments:
        if name not in named and not (takes_all and found.__init__ is not Strategy.__init__):
            close = get_close_matches(name, known, n=1)
            has = f"it has {', '.join(known)}" if known else "it has none"
            hint = f"did you mean {close[0]}?" if close else has
            raise ConfigError(f"strategy.parameters: {found.__name__} has no parameter {name!r}; {hint}")
    return arguments


def known_parameters(found: type[StrategyBase]) -> list[str]:
    """Names that a class may be given: of its declared parameters, then of its constructor's other arguments."""
    from velora.strategy.parameters import declared_parameters
    from velora.strategy.strategy import Strategy

    if not issubclass(found, Strategy):
        return []
    declared = list(declared_parameters(found))
    return [*declared, *(name for name in _constructor(found)[0] if name not in declared)]


def _constructor(found: type[StrategyBase]) -> tuple[list[str], bool]:
    """Names of the arguments of a constructor, and whether it takes any others."""
    given = list(inspect.signature(found.__init__).parameters.values())[1:]
    takes_all = any(one.kind is one.VAR_KEYWORD for one in given)
    return [one.name for one in given if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)], takes_all


def _called(found: type[StrategyBase], arguments: dict[str, Any], module: ModuleType) -> StrategyBase:
    """An instance; an exception in its constructor becomes one message."""
    try:
        return found(**arguments)
    except KeyboardInterrupt:
        raise
    except (Exception, SystemExit) as error:
        where = describe_user_code(error)
        if where is None:
            # The call itself fails: an argument is missing or unknown, or the class is abstract.
            where = f"{error}" if isinstance(error, TypeError | VeloraError) else f"{type(error).__name__}: {error}"
            where += _line_of(found.__name__, module).rstrip(",")
        raise ConfigError(f"strategy.parameters: cannot create {found.__name__}: {where}") from error


def load_strategies(
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
        return load_strategy(section.cls, section.parameters, folder)
    except (ConfigError, MissingFile, StrategyError) as error:
        if place == "strategy":
            raise
        raise type(error)(f"{place}: {error}") from error
