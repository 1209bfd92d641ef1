"""`velora explain`: the history of an order of a saved result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from velora.cli.completion import complete_results
from velora.errors import MissingFile

__all__ = ["explain"]


def explain(
    folder: Annotated[
        Path, typer.Argument(help="Folder written by `velora backtest --save`.", autocompletion=complete_results)
    ],
    order_id: Annotated[int, typer.Argument(help="Number of the order.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain an order: its life, its queue position, and the cause of each fill."""
    from velora.backtest.result import Result

    if not folder.is_dir():
        raise MissingFile(f"the folder {str(folder)!r} does not exist")
    found = Result.load(str(folder)).explain(order_id)
    if as_json:
        typer.echo(json.dumps(found.to_dict()))
        return
    from rich.console import Console

    Console().print(found)
