"""`velora demo`: a market maker on the embedded synthetic market."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    events: Annotated[int, typer.Option(help="Rows of the session.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Seed of the market.")] = 7,
    html: Annotated[str, typer.Option(help="Path of the report.")] = "report.html",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run a tick backtest without any files: a synthetic market and a market maker."""
    from importlib.util import find_spec

    from velora.backtest.run import Backtest
    from velora.cli.backtest import show_result
    from velora.cli.progress import rows_bar
    from velora.data.synth import SyntheticMarket
    from velora.strategy.examples import MarketMaker

    if not as_json:
        typer.echo(f"A synthetic market of {events:,} events (seed {seed}), a market maker on a 100 ms timer,")
        typer.echo("5 ms to the venue and 5 ms back, queueing behind the displayed quantity. Makers pay no fee here.")
        typer.echo("")
    market = SyntheticMarket(seed, events=events).table()
    test = Backtest(market, MarketMaker(), latency="5ms", cash=10_000, fees=("0", "0.0005"))
    with rows_bar("backtest", len(market), quiet=as_json) as progress:
        result = test.run(progress)
    has_plotly = find_spec("plotly") is not None
    path = str(Path(html).resolve()) if has_plotly else None
    show_result(result, as_json=as_json, html=path, save=None)
    if not as_json:
        typer.echo(f"events per second: {result.rows / result.elapsed_s:,.0f}")
        typer.echo(f"hash: {result.hash}")
        if not has_plotly:
            typer.echo('no report: it needs plotly (pip install "velora-hft[report]")')
