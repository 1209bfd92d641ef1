"""`velora report`: show a saved result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from velora.cli.completion import complete_results
from velora.errors import MissingFile

__all__ = ["report"]


def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder written by `velora backtest --save`.", autocompletion=complete_results)
    ],
    html: Annotated[str | None, typer.Option(help="Write the HTML report here.")] = None,
    audit: Annotated[bool, typer.Option("--audit", help="Print the audit instead of the summary.")] = False,
    data: Annotated[
        str | None,
        typer.Option("--data", help="Catalog of the run's data, for the data checks of the audit."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary, or the audit, as JSON.")] = False,
) -> None:
    """Show a saved result, and write its report."""
    import json

    from rich.console import Console

    from velora.backtest.result import Result
    from velora.cli.backtest import show_result

    if not folder.is_dir():
        raise MissingFile(f"the folder {str(folder)!r} does not exist")
    result = Result.load(str(folder))
    if data is not None:
        result.audit(data)  # its findings are stored in the result
    if not audit:
        show_result(result, as_json=as_json, html=html, save=None, folder=str(folder))
        return
    if html is not None:
        result.to_html(html)
    if as_json:
        typer.echo(json.dumps(result.audit().to_dict()))
    else:
        Console().print(result.audit())
