"""`velora check`: assumptions held against data."""

from __future__ import annotations

import json
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="Hold assumptions of a simulation against data.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Hold assumptions of a simulation against data."""


@app.command()
def queue(
    symbol: Annotated[str, typer.Argument(help="Instrument with rows by order: LOBSTER, Databento mbo, Bitstamp.")],
    catalog: Annotated[str, typer.Option("--catalog", "-c", help="Folder or URL of the catalog.")] = "catalog",
    every: Annotated[int, typer.Option(help="Follow one of this many orders.")] = 1,
    fit: Annotated[bool, typer.Option(help="Try exponents too, and name the model that fits best.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score the queue models against the true places of real orders."""
    from rich.console import Console

    from velora.data.catalog import Catalog
    from velora.sim.queue_score import fit_queue_model, score_queue_models

    table = Catalog(catalog).source(symbol).table()
    console = Console(stderr=as_json)
    with console.status(f"following the orders of {symbol}"):
        score = score_queue_models(table, every=every)
        fitted = fit_queue_model(table, every=every).name if fit else None
    if as_json:
        typer.echo(json.dumps(score.to_dict() | ({"fitted": fitted} if fitted else {})))
        return
    console.print(score)
    if fitted:
        console.print(f"fits best: [bold]{fitted}[/bold]")
