"""Values that the shell completes: files of the right kind, symbols, formats, and settings of a TOML file.

A completion writes nothing and fails silently: an error while the user types would spoil the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from velora.core.config import StrategySection

__all__ = [
    "CatalogOption",
    "complete_files",
    "complete_folders",
    "complete_journals",
    "complete_results",
    "complete_setting",
    "complete_symbols",
    "complete_toml",
    "one_of",
]

#: First bytes of a journal, see csrc/include/velora/journal.h.
_JOURNAL = b"VELORAJ\n"


def one_of(*values: str) -> Callable[[str], list[str]]:
    """A completion of fixed values."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def _paths(incomplete: str, is_wanted: Callable[[Path], bool], *, through: bool = True) -> list[str]:
    """Wanted paths that begin with the text, and with `through` the folders that may hold others, with a slash."""
    head, slash, tail = incomplete.rpartition("/")
    folder = Path(head + slash).expanduser() if head or slash else Path()
    found = []
    with suppress(OSError, ValueError, RuntimeError):
        for path in sorted(folder.iterdir()):
            if not path.name.startswith(tail) or (path.name.startswith(".") and not tail.startswith(".")):
                continue
            if is_wanted(path):
                found.append(f"{head}{slash}{path.name}")
            elif through and path.is_dir():
                found.append(f"{head}{slash}{path.name}/")
    return found


def complete_files(incomplete: str) -> list[str]:
    """All files."""
    return _paths(incomplete, Path.is_file)


def complete_toml(incomplete: str) -> list[str]:
    """TOML files, but not a project's own."""
    return _paths(incomplete, lambda path: path.suffix == ".toml" and path.name != "pyproject.toml")


def complete_folders(incomplete: str) -> list[str]:
    """Folders."""
    return _paths(incomplete, lambda path: False)


def complete_results(incomplete: str) -> list[str]:
    """Folders of saved results."""
    return _paths(incomplete, lambda path: (path / "result.json").is_file())


def complete_journals(incomplete: str) -> list[str]:
    """Journals, by their first bytes."""
    return _paths(incomplete, _is_journal)


def _is_journal(path: Path) -> bool:
    if not path.is_file():
        return False
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(_JOURNAL)) == _JOURNAL
    return False


def complete_symbols(ctx: typer.Context, incomplete: str) -> list[str]:
    """Instruments of the catalog that the command line names."""
    from velora.data.catalog import Catalog

    with suppress(Exception):
        names = Catalog(str(ctx.params.get("catalog") or "catalog")).names()
        return [name for name in names if name.startswith(incomplete)]
    return []


#: The catalog of a command.
CatalogOption = Annotated[
    str,
    typer.Option("--catalog", "-c", help="Folder or URL of the catalog.", autocompletion=complete_folders),
]


def complete_setting(ctx: typer.Context, incomplete: str) -> list[str]:
    """``section.key=`` of a run's TOML file, and the values of keys that take one of a few."""
    with suppress(Exception):
        key, equals, value = incomplete.partition("=")
        if equals:
            return [f"{key}={one}" for one in _values(key) if one.startswith(value)]
        return sorted(f"{one}=" for one in _keys(ctx) if one.startswith(incomplete))
    return []


def _keys(ctx: typer.Context) -> Iterator[str]:
    """Keys that ``--set`` takes, with the strategies' parameters if the file is known."""
    from velora.cli.schema import schema_keys

    for key, part in schema_keys():
        is_free = part.get("type") == "object" or "$ref" in part
        if "NAME" not in key and not key.startswith("strategies") and "." in key and not is_free:
            yield key
    with suppress(Exception):  # a broken file: its keys alone do not complete
        yield from _strategy_keys(ctx)


def _strategy_keys(ctx: typer.Context) -> Iterator[str]:
    """Keys of the strategies that the command line's file names."""
    from velora.cli.strategies import known_parameters, strategy_class
    from velora.core.config import load_config

    # An option without its value, as while it is typed, may keep the file out of the parsed arguments.
    given = ctx.params.get("file") or next((one for one in ctx.args if one.endswith(".toml")), None)
    if given is None:
        return
    file = Path(given)
    config = load_config(file, environment={})
    sections: dict[str, StrategySection] = {f"strategies.{one.label}": one for one in config.strategies}
    sections = sections or {"strategy": config.strategy}
    for place, section in sections.items():
        if config.strategies:
            yield f"{place}.capital"
        for name in known_parameters(strategy_class(section.cls, file.parent)):
            yield f"{place}.parameters.{name}"


def _values(key: str) -> Iterable[str]:
    """Values of a key that takes one of a few."""
    from velora.cli.schema import allowed_values

    return allowed_values(key)
