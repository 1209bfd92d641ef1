"""Error messages of the commands: one message with its source, and the line of the user's file if there is one."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Annotated

import typer

from velora.core.terminal import readable
from velora.errors import VeloraError

__all__ = [
    "Traceback",
    "describe",
    "describe_user_code",
    "escape_unprintable",
    "fail",
    "flush_output",
    "mark_user_code",
    "print_error",
    "wants_traceback",
]

#: Maximum characters of a message; longer names and values are truncated.
_LONGEST = 2_000

_WITH_TRACEBACK = "Add --traceback for the whole traceback"

#: Environment variable that does for any program what the option --traceback does for one command.
_DEBUG = "VELORA_DEBUG"

#: Files and folders of strategies, which are the user's code even where they are installed as packages are.
_user_code: set[Path] = set()


def _show_traceback(wanted: bool) -> bool:
    if wanted:
        os.environ[_DEBUG] = "1"
    return wanted


#: The option of the commands that run the user's code.
Traceback = Annotated[
    bool,
    typer.Option(
        "--traceback",
        callback=_show_traceback,
        is_eager=True,
        help="Show the whole Python traceback of an error, as VELORA_DEBUG=1 does.",
    ),
]


def wants_traceback() -> bool:
    """Whether errors end with their traceback instead of one message."""
    return bool(os.environ.get(_DEBUG))


def mark_user_code(module: ModuleType) -> None:
    """Count a strategy's module, or the package that it is in, as the user's code from now on."""
    file = getattr(module, "__file__", None)
    if file is not None and not module.__name__.startswith("velora."):
        path = Path(file).resolve()
        depth = module.__name__.count(".") + (path.stem == "__init__")
        _user_code.add(path.parents[depth - 1] if depth else path)


def describe(error: BaseException) -> str:
    """One message for any exception."""
    if isinstance(error, VeloraError):
        return describe_user_code(error) or str(error)
    if isinstance(error, OSError) and error.strerror:
        names = [str(name) for name in (error.filename, error.filename2) if name is not None]
        return f"{', '.join(names)}: {error.strerror}" if names else error.strerror
    if isinstance(error, MemoryError):
        return "out of memory: use less data, fewer orders or a longer sample interval"
    user = describe_user_code(error)
    if user is not None:
        return f"{user}. {_WITH_TRACEBACK}"
    if isinstance(error, ValueError) and str(error) == "embedded null byte":
        return "a path contains a null character"
    if isinstance(error, UnicodeError):
        return f"text that is not UTF-8, in a file or a name: {error}. {_WITH_TRACEBACK}"
    if isinstance(error, OverflowError):
        return f"a number is too large: {error}. {_WITH_TRACEBACK}"
    if isinstance(error, RecursionError):
        return f"a value is nested too deeply: {error}. {_WITH_TRACEBACK}"
    return f"unexpected {_named(error)}. Please report it: the message should be clearer. {_WITH_TRACEBACK}"


def describe_user_code(error: BaseException) -> str | None:
    """The error with file, line and source of the innermost frame of the user's code; None without such a frame."""
    if isinstance(error, SyntaxError) and error.filename is not None and error.lineno is not None:
        source = f": `{error.text.strip()}`" if error.text and error.text.strip() else ""
        return f"{error.filename}, line {error.lineno}: {type(error).__name__}: {error.msg}{source}"
    place = _user_place(error.__traceback__)
    if place is None:
        return None
    file, line = place
    source = linecache.getline(file, line).strip()
    return f"{file}, line {line}: {_named(error)}" + (f": `{source}`" if source else "")


def _named(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _user_place(traceback: TracebackType | None) -> tuple[str, int] | None:
    """File and line of the innermost frame of the user's code."""
    import velora

    paths = sysconfig.get_paths()
    installed = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    others = [Path(velora.__file__).resolve().parent, *(Path(one).resolve() for one in installed)]
    found = None
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        # A compiled module names its source relative to its build folder: that file is rarely present.
        if os.path.isfile(file) and _is_users(Path(file).resolve(), others):
            found = (file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _is_users(file: Path, others: list[Path]) -> bool:
    return any(file.is_relative_to(one) for one in _user_code) or not any(file.is_relative_to(one) for one in others)


def escape_unprintable() -> None:
    """Escape characters that the standard streams cannot encode, and give tables a width if the terminal has none."""
    if not os.environ.get("COLUMNS", "80").isdigit() or int(os.environ.get("COLUMNS", "80")) == 0:
        del os.environ["COLUMNS"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def fail(message: str) -> int:
    """Write one message on standard error; returns the exit code, 1."""
    print_error(message if len(message) <= _LONGEST else f"{message[: _LONGEST - 3]}...", "error: ")
    return 1


def print_error(message: str, head: str = "") -> None:
    """Write one message on standard error, if it is open."""
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            from rich.console import Console
            from rich.text import Text

            text = Text.assemble((head, "bold red"), readable(message, lines=True))
            Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print(text)


def flush_output() -> int:
    """Flush buffered output; returns the exit code, 1 if it could not be written."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        # Otherwise Python retries at exit, and prints another message.
        sys.stdout = None
        if isinstance(error, BrokenPipeError):
            return 1
        return fail(f"standard output: {describe(error)}")
    return 0
