"""`velora backtest`: run the backtest of a TOML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from velora.cli.completion import complete_setting, complete_toml
from velora.cli.failures import Traceback
from velora.core.terminal import cell
from velora.errors import ConfigError, InvalidArgument, MissingFile, VeloraError

if TYPE_CHECKING:
    from velora.backtest.result import Result
    from velora.backtest.run import Backtest
    from velora.core.config import BacktestConfig
    from velora.data.catalog import Catalog

__all__ = ["backtest", "build_backtest", "destinations", "show_result", "write_result"]


def build_backtest(config: BacktestConfig, folder: Path) -> Backtest:
    """Build the backtest of a configuration; its relative paths are searched in `folder`."""
    from velora.backtest.run import Backtest
    from velora.cli.latency import latency_of
    from velora.cli.strategies import load_strategies
    from velora.core.config import given_duration
    from velora.data.synth import SyntheticMarket
    from velora.sim.hftbacktest import HftbacktestRules

    data: Any
    if config.data.synthetic is not None:
        if config.data.path is not None:
            raise ConfigError("set data.path or data.synthetic, not both")
        try:
            data = SyntheticMarket(**config.data.synthetic)
        except (TypeError, InvalidArgument) as error:
            raise ConfigError(f"data.synthetic: {error}") from None
    elif config.data.path is not None:
        catalog = _catalog(config.data.path, folder)
        data = dict.fromkeys(config.data.symbols, catalog) if config.data.symbols else catalog
    else:
        raise ConfigError("data.path (a catalog) or data.synthetic is required")
    strategies, capital = load_strategies(config, folder)
    venue = config.venue
    fees = {
        kind: str(value)
        for kind, value in (("maker", venue.maker_fee), ("taker", venue.taker_fee))
        if value is not None
    }
    return Backtest(
        data,
        strategies,
        capital=capital,
        on_error=config.run.on_error,
        retention=config.run.retention,
        latency=latency_of(config.latency, folder),
        queue=venue.queue,
        impact=venue.impact,
        rules=HftbacktestRules.of(venue.rules, venue.corrections) or "velora",
        take_unknown=venue.take_unknown,
        children=venue.children,
        oco=venue.oco,
        fuse_quotes=config.run.fuse_quotes,
        trace_queue=config.run.trace_queue,
        max_order_qty=config.run.max_order_qty,
        measure_callbacks=config.run.measure_callbacks,
        cash=config.run.cash,
        fees=fees or None,
        warmup=given_duration(config.run.warmup),
        sample=None if config.run.sample is None else given_duration(config.run.sample),
        start=config.run.start,
        end=config.run.end,
        chunk_rows=config.run.chunk_rows,
    )


def _catalog(path: str, folder: Path) -> Catalog:
    """The catalog of a configuration."""
    from velora.data.catalog import Catalog

    at = _beside(path, folder)
    try:
        return Catalog(at)
    except MissingFile as error:
        if at == path:
            raise
        raise MissingFile(
            f"data.path: {error}. Looked in {str(folder.resolve())!r}: a path is relative to the TOML file"
        ) from None


def _beside(path: str, folder: Path) -> str:
    """A path of a configuration, relative to its file; URLs are unchanged."""
    return path if "://" in path or "::" in path else str(folder / path)


def destinations(
    config: BacktestConfig, folder: Path, html: str | None, save: str | None
) -> tuple[str | None, str | None]:
    """Files of the report and folder of the result: of the command's options, else of the configuration."""
    wanted = [(html, config.report.html), (save, config.report.save)]
    found = [option if option is not None else None if key is None else _beside(key, folder) for option, key in wanted]
    return found[0], found[1]


def write_result(result: Result, *, html: str | None, save: str | None) -> None:
    """Write the requested files."""
    if save is not None:
        result.to_parquet(save)
    if html is not None:
        result.to_html(html)


def show_result(
    result: Result, *, as_json: bool, html: str | None, save: str | None, folder: str | None = None
) -> None:
    """Print a result and write the requested files; `folder` is where the result was read."""
    write_result(result, html=html, save=save)
    if as_json:
        typer.echo(json.dumps(result.summary().to_dict(), default=str))
        return
    from rich.console import Console

    console = Console()
    from velora.backtest.summary import Summary

    place = save or folder
    hint = f"See `velora report {place or 'FOLDER'} --audit`" + ("." if place else " after --save FOLDER.")
    console.print(Summary(result, hint))
    for label, path in (("report", html), ("saved", save)):
        if path is not None:
            console.print(cell(f"{label}: {path}", "green"), soft_wrap=True)


def backtest(
    file: Annotated[Path, typer.Argument(help="TOML file of the backtest.", autocompletion=complete_toml)],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="section.key=value; overrides file and environment.", autocompletion=complete_setting
        ),
    ] = None,
    html: Annotated[str | None, typer.Option(help="Write the HTML report here.")] = None,
    save: Annotated[str | None, typer.Option(help="Save the result in this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    look: Annotated[
        bool, typer.Option(help="Read the data again after the run for the data checks of the audit.")
    ] = True,
    traceback: Traceback = False,
) -> None:
    """Run the backtest of a TOML file."""
    from velora.cli.progress import rows_bar
    from velora.core.config import load_config

    config = load_config(file, set_ or ())
    test = build_backtest(config, file.parent)
    html, save = destinations(config, file.parent, html, save)
    with rows_bar("backtest", None, quiet=as_json) as progress:
        result = test.run(progress)
    if result.rows == 0:
        raise VeloraError("the backtest had no rows")
    if look:
        result.audit(test.data)  # its findings are stored in the result
    show_result(result, as_json=as_json, html=html, save=save)
