"""`velora paper`: run a TOML file in real time over a replayed feed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from velora.core.terminal import cell, readable
from velora.errors import ConfigError, VeloraError

if TYPE_CHECKING:
    from velora.core.config import StrategySection
    from velora.paper.run import PacedRun

__all__ = ["paper"]


def paper(
    file: Annotated[Path, typer.Argument(help="TOML file, as for `velora backtest`.")],
    speed: Annotated[float, typer.Option(help="Speed as a multiple of real time.")] = 1.0,
    feed: Annotated[str | None, typer.Option(help="Catalog to replay, instead of the file's data.")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Record inputs and decisions in this new file, for `velora journal`.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value; overrides file and environment.")
    ] = None,
    html: Annotated[str | None, typer.Option(help="Write the HTML report here.")] = None,
    save: Annotated[str | None, typer.Option(help="Save the result in this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run a strategy in real time over a replayed feed, against the simulated venue.

    Ctrl-C stops the run normally. On SIGHUP the file is read again, and its parameters are set on the strategies.
    """
    from velora.cli.backtest import build_backtest, show_result, write_result
    from velora.core.config import load_config
    from velora.paper.run import PacedRun

    config = load_config(file, set_ or ())
    if feed is not None:
        config.data.path, config.data.synthetic = feed, None
    run = PacedRun(build_backtest(config, file.parent), speed=speed, journal=journal)
    with _status_line(quiet=as_json) as status:
        result = run.run(status, on_hangup=partial(_read_again, file, set_ or ()))
    late = _lateness(run)
    if as_json:
        write_result(result, html=html or config.report.html, save=save or config.report.save)
        typer.echo(json.dumps({**result.summary().to_dict(), "pacing": late}, default=str))
        return
    show_result(result, as_json=False, html=html or config.report.html, save=save or config.report.save)
    typer.echo(
        f"lateness: p50 {late['p50_ms']:.3f} ms, p99 {late['p99_ms']:.3f} ms, max {late['max_ms']:.3f} ms of this "
        f"machine's time, {late['inputs']:,} inputs at {speed:g}x"
    )
    if journal is not None:
        typer.echo(readable(f"journal: {journal}"))


def _read_again(file: Path, settings: Sequence[str], run: PacedRun) -> None:
    """Set the file's current parameters on the strategies; if one is refused, none is set."""
    from velora.core.clock import format_ns
    from velora.core.config import load_config
    from velora.strategy.strategy import Strategy

    try:
        config = load_config(file, settings)
        sections: Sequence[StrategySection] = config.strategies or [config.strategy]
        names = [one.label for one in config.strategies]
        if len(sections) != len(run.strategies) or names not in ([], list(run.strategies)):
            raise ConfigError(f"the run's strategies are {', '.join(run.strategies)}, but the file now has others")
        given = []
        for section, strategy in zip(sections, run.strategies.values(), strict=True):
            if section.parameters and not isinstance(strategy, Strategy):
                raise ConfigError(f"{type(strategy).__name__} is a compiled strategy and has no parameters")
            if isinstance(strategy, Strategy):
                given.append((strategy, strategy._plain_parameters(section.parameters)))
    except (VeloraError, ValueError) as error:
        typer.echo(readable(f"{file}: {error}; the parameters are unchanged"), err=True)
        return
    for strategy, values in given:
        try:
            changed = strategy.set_parameters(**values)
        except Exception as error:
            typer.echo(readable(f"{type(strategy).__name__} rejected its parameters: {error}"), err=True)
            continue
        for one in changed.values():
            where = f"{format_ns(one.ts)[:19]}Z  {type(strategy).__name__}.{one.name}"
            typer.echo(readable(f"{where}: {one.old} is now {one.new}"), err=True)


def _lateness(run: PacedRun) -> dict[str, Any]:
    """Lateness in this machine's time."""
    late = run.lateness
    values = {
        name: value / run.speed / 1e6
        for name, value in (("p50_ms", late.p50_ns), ("p99_ms", late.p99_ns), ("max_ms", late.max_ns))
    }
    return {"speed": run.speed, "inputs": late.inputs, **values, "hash": run.hash}


@contextmanager
def _status_line(*, quiet: bool) -> Iterator[Callable[[PacedRun], None] | None]:
    """A status line of the run; none without a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.live import Live

    with Live("starting", console=Console(stderr=True), transient=True, auto_refresh=False) as line:
        yield lambda run: line.update(cell(describe(run)), refresh=True)


def describe(run: PacedRun) -> str:
    """Local time, lateness, positions and PnL of a run, in one line."""
    from velora.core.clock import format_ns
    from velora.core.instrument_names import instrument_names

    late = run.lateness
    held: list[str] = []
    pnl: dict[str, float | None] = {}
    instruments = run.joined.instruments
    for name, instrument in zip(instrument_names(instruments), instruments, strict=True):
        lots, value = run.holding(instrument)
        held.append(f"{name} {instrument.lots_to_qty(lots):g}")
        before = pnl.get(instrument.settle, 0.0)
        pnl[instrument.settle] = None if before is None or value is None else before + value
    money = ", ".join(f"{'n/a' if gain is None else f'{gain:+,.2f}'} {currency}" for currency, gain in pnl.items())
    return (
        f"{format_ns(run.now)[:19]}Z  late p50 {late.p50_ns / run.speed / 1e6:.2f} ms, "
        f"p99 {late.p99_ns / run.speed / 1e6:.2f} ms  {'; '.join(held)}  {money}"
    )
