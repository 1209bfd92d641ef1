"""Progress bars on a terminal and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from velora.core.terminal import readable

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

__all__ = ["is_in_notebook", "notebook_bar", "terminal_bar"]


def is_in_notebook() -> bool:
    """Whether the code runs in the kernel of a notebook, whose output is HTML."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return type(shell).__name__ == "ZMQInteractiveShell"


@contextmanager
def terminal_bar(
    label: str, total: float | None, *columns: ProgressColumn, **fields: Any
) -> Iterator[tuple[Progress, TaskID]]:
    """A bar on the standard error between its label and `columns` with the time left; it disappears when done.

    `fields` are those of the task that the columns show.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    shown = [TextColumn("{task.description}", markup=False), BarColumn(), *columns, TimeRemainingColumn()]
    with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
        yield progress, progress.add_task(readable(label), total=total, **fields)


@contextmanager
def notebook_bar(label: str) -> Iterator[Callable[[float | None, str], None]]:
    """A bar in the output of a notebook's cell; yields the function to call with the share done and a text.

    The bar is HTML that replaces itself, so that it needs no widgets. It disappears when done, and so a stored notebook
    keeps no trace of it.
    """
    from html import escape

    from IPython.display import HTML, display

    def html(share: float | None, text: str) -> HTML:
        value = "" if share is None else f' value="{min(max(share, 0.0), 1.0):.4f}"'
        return HTML(f"<progress{value} style='width:40%'></progress> {escape(readable(f'{label} {text}'))}")

    handle = display(html(0.0, ""), display_id=True)
    try:
        yield lambda share, text: handle.update(html(share, text))
    finally:
        handle.update(HTML(""))
