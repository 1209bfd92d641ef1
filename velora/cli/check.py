"""`velora check`: validate a simulation's assumptions on data."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from velora.cli.completion import CatalogOption, complete_symbols
from velora.core.terminal import cell
from velora.errors import InvalidArgument

__all__ = ["app"]

app = typer.Typer(help="Validate a simulation's assumptions on data.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Validate a simulation's assumptions on data."""


@app.command()
def queue(
    symbol: Annotated[
        str,
        typer.Argument(
            help="Instrument with rows by order: LOBSTER, Databento mbo, Bitstamp.", autocompletion=complete_symbols
        ),
    ],
    catalog: CatalogOption = "catalog",
    every: Annotated[int, typer.Option(help="Follow one of this many real orders, 0 none.")] = 1,
    virtual: Annotated[int, typer.Option(help="Instants at which virtual orders are placed, 0 for none.")] = 5_000,
    away: Annotated[list[int], typer.Option(help="Ticks behind the best price; repeatable.")] = [0, 1],  # noqa: B006
    horizon: Annotated[str, typer.Option(help="Lifetime of a virtual order.")] = "60s",
    markout: Annotated[str, typer.Option(help="Time from a fill to the mid that values it.")] = "10s",
    seed: Annotated[int, typer.Option(help="Seed of the schedule of virtual orders.")] = 0,
    fit: Annotated[bool, typer.Option(help="Try exponents too, and name the model that fits best.")] = False,
    criterion: Annotated[str, typer.Option(help="What the fit minimizes: place, fills, time or pnl.")] = "place",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score the queue models against the truth: queue positions, fills, and the value of the fills."""
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
        console.print(cell(f'Use it with Backtest(queue="{fitted.model.name}").'))


@app.command()
def bounds(
    catalog: Annotated[str, typer.Argument(help="Folder or URL of a catalog with rows by order.")] = "catalog",
    symbol: Annotated[list[str] | None, typer.Option(help="Instrument; repeatable.")] = None,
    orders: Annotated[int, typer.Option(help="Virtual orders per session.")] = 4_000,
    away: Annotated[list[int], typer.Option(help="Ticks behind the best price; repeatable.")] = [0, 1, 2, 5],  # noqa: B006
    thin: Annotated[
        list[str] | None,
        typer.Option(help="Such as levels, best5, best5_snapshots, best1, quotes, trades; repeatable."),
    ] = None,
    life: Annotated[tuple[str, str], typer.Option(help="Minimum and maximum lifetime of an order.")] = ("1s", "60s"),
    seed: Annotated[int, typer.Option(help="Seed of the instants, lifetimes and sides.")] = 1,
    start: Annotated[str | None, typer.Option(help="Start of the part of the session to use.")] = None,
    end: Annotated[str | None, typer.Option(help="Its end.")] = None,
    explain: Annotated[int, typer.Option(help="Number of orders to explain per thinning and kind of violation.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check that true fills lie within the queue bounds when data is thinned."""
    from rich.console import Console

    from velora.backtest.bounds_check import check_bounds
    from velora.backtest.thinning import THINNINGS
    from velora.cli.progress import steps_bar
    from velora.core.clock import timestamp_ns
    from velora.data.catalog import Catalog

    opened = Catalog(catalog)
    period = {
        "start": None if start is None else timestamp_ns(start),
        "end": None if end is None else timestamp_ns(end),
    }
    checks = []
    for name in symbol or opened.names():
        table = opened.source(name, **period).table()
        if not (symbol or table.has_orders):
            continue
        with steps_bar(f"orders on {name}", quiet=as_json) as progress:
            checks.append(
                check_bounds(
                    table,
                    orders,
                    thinnings=thin or THINNINGS,
                    away=away,
                    life=life,
                    seed=seed,
                    explain=explain,
                    progress=progress,
                )
            )
    if not checks:
        raise InvalidArgument(f"{catalog} has no instrument by order: import LOBSTER, Databento mbo or Bitstamp files")
    if as_json:
        typer.echo(json.dumps([check.to_dict() for check in checks]))
        return
    console = Console()
    for check in checks:
        console.print(check)
        for one in check.violations:
            typer.echo(f"\n{one}")  # unwrapped: long lines are for reading in a pager


@app.command()
def takers(
    catalog: Annotated[str, typer.Argument(help="Folder or URL of a catalog with depth and quotes.")] = "catalog",
    symbol: Annotated[list[str] | None, typer.Option(help="Instrument; repeatable.")] = None,
    orders: Annotated[int, typer.Option(help="Blind market orders per session.")] = 4_000,
    latency: Annotated[str, typer.Option(help="Latency of orders, and of reports.")] = "1ms",
    lots: Annotated[int, typer.Option(help="Lots per order.")] = 1,
    jump: Annotated[int, typer.Option(help="Ticks of a move upon which a lead-lag taker sends an order.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the instants and sides of blind orders.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the fills of takers with the venue's newest quote, for blind and for lead-lag takers."""
    from velora.backtest.takers_check import check_takers
    from velora.core.events import EventKind
    from velora.data.catalog import Catalog

    opened = Catalog(catalog)
    checks = []
    for name in symbol or opened.names():
        table = opened.source(name).table()
        if symbol or (table.has_depth and bool((table.kind == EventKind.QUOTE).any())):
            checks.append(check_takers(table, orders, latency=latency, lots=lots, jump_ticks=jump, seed=seed))
    if not checks:
        raise InvalidArgument(f"{catalog} has no instrument with depth and quotes: import a capture that has both")
    typer.echo(json.dumps([one.to_dict() for one in checks]) if as_json else "\n\n".join(map(str, checks)))
