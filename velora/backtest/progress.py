"""How far a run is: a callback of the user's, or a bar over its local time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from velora.core.numbers import shown
from velora.errors import InvalidArgument

__all__ = ["Progress", "ProgressCallback", "shown_progress"]

#: Called now and then with the rows done so far and the local time in ns.
ProgressCallback = Callable[[int, int], object]
#: What `Backtest.run` takes: a callback, or whether to draw a bar.
Progress = bool | ProgressCallback | None

#: A notebook redraws its bar at most this often, s: each time is a message to the browser.
_REDRAW_S = 0.1


@contextmanager
def shown_progress(progress: Progress, start: int, end: int | None) -> Iterator[ProgressCallback | None]:
    """What a run calls with (rows, local time); None for nothing.

    Parameters
    ----------
    progress : bool or callable, optional
        True draws a bar in a notebook, or on the standard error where that is a terminal.
    start, end : int
        Local time in ns at the two ends of the bar; an end of None is not known, and the bar only moves.

    Raises
    ------
    InvalidArgument
        If `progress` is neither a bool nor callable.
    """
    if progress is None or progress is False:
        yield None
    elif progress is not True:
        if not callable(progress):
            raise InvalidArgument(f"progress must be True or a callable of (rows, local time), was {shown(progress)}")
        yield progress
    else:
        from velora.core.progress import is_in_notebook

        draw = _in_notebook if is_in_notebook() else _on_terminal if sys.stderr.isatty() else None
        if draw is None:
            yield None
            return
        with draw(start, end) as callback:
            yield callback


def _share(now: int, start: int, end: int | None) -> float | None:
    return None if end is None or end <= start else (now - start) / (end - start)


@contextmanager
def _in_notebook(start: int, end: int | None) -> Iterator[ProgressCallback]:
    from velora.core.progress import notebook_bar

    with notebook_bar("backtest") as draw:
        drawn = 0.0

        def step(rows: int, now: int) -> None:
            nonlocal drawn
            if time.monotonic() - drawn >= _REDRAW_S:
                drawn = time.monotonic()
                draw(_share(now, start, end), f"{rows:,} rows")

        yield step


@contextmanager
def _on_terminal(start: int, end: int | None) -> Iterator[ProgressCallback]:
    from rich.progress import TaskProgressColumn, TextColumn

    from velora.core.progress import terminal_bar

    total = None if end is None or end <= start else 1.0
    text = TextColumn("{task.fields[rows]} rows")
    with terminal_bar("backtest", total, TaskProgressColumn(), text, rows="0") as (bar, task):
        yield lambda rows, now: bar.update(task, completed=_share(now, start, end) or 0.0, rows=f"{rows:,}")
