"""Progress bars of the commands; only drawn on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from velora.core.progress import terminal_bar

__all__ = ["bytes_bar", "rows_bar", "steps_bar"]


@contextmanager
def bytes_bar(label: str, total: int, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """A bar that advances by bytes; yields the function to call after each step, None when quiet."""
    if _is_hidden(quiet):
        yield None
        return
    from rich.progress import DownloadColumn

    with terminal_bar(label, total, DownloadColumn()) as (progress, task):
        yield lambda done: progress.advance(task, done)


@contextmanager
def rows_bar(label: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar that advances by rows; yields the function to call with (rows, local time), None when quiet."""
    if _is_hidden(quiet):
        yield None
        return
    from rich.progress import MofNCompleteColumn, TextColumn

    with terminal_bar(label, total, MofNCompleteColumn(), TextColumn("rows")) as (progress, task):
        yield lambda rows, _: progress.update(task, completed=rows)


@contextmanager
def steps_bar(label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar whose total may change; yields the function to call with (done, total), None when quiet."""
    if _is_hidden(quiet):
        yield None
        return
    from rich.progress import TaskProgressColumn

    with terminal_bar(label, None, TaskProgressColumn()) as (progress, task):
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _is_hidden(quiet: bool) -> bool:
    return quiet or not sys.stderr.isatty()
