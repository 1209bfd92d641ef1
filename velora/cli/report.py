"""`velora report`: show a saved result again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from velora.errors import MissingFile

__all__ = ["report"]


def report(
    folder: Annotated[Path, typer.Argument(help="Folder that `velora backtest --save` wrote.")],
    html: Annotated[str | None, typer.Option(help="Write the HTML report here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Show a saved result, and write its report."""
    from velora.backtest.result import Result
    from velora.cli.backtest import show_result

    if not folder.is_dir():
        raise MissingFile(f"the folder {str(folder)!r} does not exist")
    show_result(Result.load(str(folder)), as_json=as_json, html=html, save=None)
