"""`velora demo`: a market maker on the embedded synthetic market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from velora.backtest.result import Result

__all__ = ["demo"]

_MAKER_FEE = "-0.00005"
_TAKER_FEE = "0.0005"


def demo(
    events: Annotated[int, typer.Option(help="Rows of the session.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Seed of the market.")] = 7,
    html: Annotated[str, typer.Option(help="Path of the report.")] = "report.html",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run a tick backtest without any files: a synthetic market and a market maker."""
    from importlib.util import find_spec

    from velora.backtest.run import Backtest
    from velora.cli.backtest import show_result, write_result
    from velora.cli.progress import rows_bar
    from velora.data.synth import SyntheticMarket
    from velora.strategy.examples import MarketMaker

    if not as_json:
        typer.echo(f"A market maker on {events:,} synthetic events (seed {seed}), 5 ms from its venue.\n")
    market = SyntheticMarket(seed, events=events).table()
    test = Backtest(market, MarketMaker(), latency="5ms", cash=10_000, fees=(_MAKER_FEE, _TAKER_FEE))
    with rows_bar("backtest", len(market), quiet=as_json) as progress:
        result = test.run(progress)
    path = str(Path(html).resolve()) if find_spec("plotly") is not None else None
    if as_json:
        show_result(result, as_json=True, html=path, save=None)
        return
    write_result(result, html=path, save=None)
    _show(result, path)


def _show(result: Result, report: str | None) -> None:
    """The run on one screen: a sentence, the fills by cause, the result, and where the rest is."""
    from rich.console import Console

    from velora.backtest.formats import format_span
    from velora.core.terminal import cell

    console = Console()
    figures = result.statistics()
    money = figures["money"][0]
    summary = result.summary()
    rate = result.rows / result.elapsed_s
    see = "their list is in `result.fills`" if report is None else f"open {Path(report).name}"
    sentence = (
        f"Velora replayed {result.rows:,} market events in {format_span(result.elapsed_s)}, "
        f"{rate / 1e6:.1f} million a second: the maker's {figures['orders']:,} orders got {figures['fills']:,} fills, "
        f"each with its cause; {see}."
    )
    console.print(cell(sentence, "bold"))
    console.print()
    console.print(summary.causes_table())
    console.print()
    if report is None:
        typer.echo('no report: it needs plotly (pip install "velora-hft[report]")')
    else:
        console.print(cell(f"report: {report}", "green"), soft_wrap=True)
    typer.echo(f"events per second: {rate:,.0f}")
    typer.echo(f"hash: {result.hash}")
    console.print(cell(f"audit: {result.audit().sentence}", "dim"))
    console.print()
    console.print(_outcome(money, format_span((result.period[1] - result.period[0]) / 1e9)))
    console.print(
        "This is no evidence of an edge: the market is generated, its prices do not react to the "
        "quotes, and the rebate alone decides the sign.",
        style="dim",
    )


def _outcome(money: dict[str, Any], span: str) -> Text:
    """What the run earned, and of what."""
    from rich.text import Text

    from velora.backtest.formats import format_money, money_digits

    rebate = -money["fees"]
    rest = money["pnl"] - rebate
    digits = money_digits(money["pnl"], rebate, rest, money["max_drawdown"])

    def shown(value: float) -> str:
        return format_money(value, digits, signed=True)

    return Text.assemble(
        (f"PnL {shown(money['pnl'])} {money['currency']}", "bold green" if money["pnl"] > 0 else "bold red"),
        f" on {format_money(money['start_cash'])} in {span}: {shown(rebate)} of the venue's rebate of 0.5 bps, "
        f"{shown(rest)} of trading; largest drawdown {format_money(money['max_drawdown'], digits)}.",
    )
