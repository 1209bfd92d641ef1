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
    every: Annotated[int, typer.Option(help="Follow one of this many real orders, 0 none.")] = 1,
    virtual: Annotated[int, typer.Option(help="Instants at which virtual orders are placed, 0 for none.")] = 5_000,
    away: Annotated[list[int], typer.Option(help="Ticks behind the best price; may be given again.")] = [0, 1],  # noqa: B006
    horizon: Annotated[str, typer.Option(help="Life of a virtual order.")] = "60s",
    markout: Annotated[str, typer.Option(help="From a fill to the mid that values it.")] = "10s",
    seed: Annotated[int, typer.Option(help="Of the schedule of virtual orders.")] = 0,
    fit: Annotated[bool, typer.Option(help="Try exponents too, and name the model that fits best.")] = False,
    criterion: Annotated[str, typer.Option(help="What the fit makes small: place, fills, time or pnl.")] = "place",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score the queue models against the truth: places, fills, and what the fills are worth."""
    from rich.console import Console

    from velora.cli.progress import rows_bar
    from velora.data.catalog import Catalog
    from velora.sim.queue_score import score_queue_models, search_queue_models

    table = Catalog(catalog).source(symbol).table()
    with rows_bar(f"following {symbol}", len(table), quiet=as_json) as progress:
        score = score_queue_models(
            table,
            every=every,
            virtual=virtual,
            away=away,
            horizon=horizon,
            markouts=("1s", markout),
            seed=seed,
            progress=progress,
        )
    fitted = None
    if fit:
        with rows_bar("fitting", len(table), quiet=as_json) as progress:
            fitted = search_queue_models(
                table,
                criterion=criterion,
                orders="virtual" if virtual else "real",
                every=every,
                virtual=virtual,
                away=away,
                horizon=horizon,
                markout=markout,
                seed=seed,
                progress=progress,
            )
    if as_json:
        typer.echo(json.dumps(score.to_dict() | ({"fit": fitted.to_dict()} if fitted else {})))
        return
    console = Console()
    console.print(score)
    if fitted:
        console.print(fitted)
        console.print(f'Use it with Backtest(queue="{fitted.model.name}").')
