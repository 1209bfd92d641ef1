"""`velora paper`: run a TOML file in real time over a replayed feed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from velora.cli.completion import complete_folders, complete_setting, complete_toml
from velora.cli.failures import Traceback
from velora.cli.status_line import StatusLine
from velora.core.terminal import readable
from velora.errors import ConfigError, VeloraError

if TYPE_CHECKING:
    from velora.core.config import BacktestConfig, StrategySection
    from velora.paper.run import PacedRun
    from velora.strategy.base import StrategyBase
    from velora.strategy.strategy import Strategy

__all__ = ["paper"]


def paper(
    file: Annotated[Path, typer.Argument(help="TOML file, as for `velora backtest`.", autocompletion=complete_toml)],
    speed: Annotated[float, typer.Option(help="Speed as a multiple of real time.")] = 1.0,
    feed: Annotated[
        str | None, typer.Option(help="Catalog to replay, instead of the file's data.", autocompletion=complete_folders)
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Record inputs and decisions in this new file, for `velora journal`.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="section.key=value; overrides file and environment.", autocompletion=complete_setting
        ),
    ] = None,
    html: Annotated[str | None, typer.Option(help="Write the HTML report here.")] = None,
    save: Annotated[str | None, typer.Option(help="Save the result in this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    traceback: Traceback = False,
) -> None:
    """Run a strategy in real time over a replayed feed, against the simulated venue.

    Ctrl-C stops the run normally. On SIGHUP the file is read again, and its parameters are set on the strategies.
    """
    from velora.cli.backtest import build_backtest, destinations, show_result, write_result
    from velora.core.config import load_config
    from velora.paper.run import PacedRun

    config = load_config(file, set_ or ())
    if feed is not None:
        config.data.path = feed if "://" in feed else str(Path(feed).absolute())
        config.data.synthetic = None
    html, save = destinations(config, file.parent, html, save)
    # The line is there before the strategies are imported, so that the handlers of their loggers write above it.
    with StatusLine(quiet=as_json) as line:
        run = PacedRun(build_backtest(config, file.parent), speed=speed, journal=journal)
        read_again = partial(_read_again, file, set_ or (), config, line)
        result = run.run(line.update if line.is_shown else None, on_hangup=read_again)
    late = _lateness(run)
    if as_json:
        write_result(result, html=html, save=save)
        typer.echo(json.dumps({**result.summary().to_dict(), "pacing": late}, default=str))
        return
    show_result(result, as_json=False, html=html, save=save)
    typer.echo(
        f"lateness: p50 {late['p50_ms']:.3f} ms, p99 {late['p99_ms']:.3f} ms, max {late['max_ms']:.3f} ms of this "
        f"machine's time, {late['inputs']:,} inputs at {speed:g}x"
    )
    if journal is not None:
        typer.echo(readable(f"journal: {journal}"))


def _read_again(file: Path, settings: Sequence[str], began: BacktestConfig, line: StatusLine, run: PacedRun) -> None:
    """Set the file's current parameters on the strategies; if one is refused, none is set."""
    from velora.core.clock import format_ns
    from velora.core.config import load_config

    try:
        given = _given_again(began, load_config(file, settings), run)
    except (VeloraError, ValueError) as error:
        line.say(f"{file}: {error}; the parameters are unchanged")
        return
    count = 0
    for strategy, values in given:
        try:
            changed = strategy.set_parameters(**values)
        except Exception as error:
            line.say(f"{type(strategy).__name__} rejected its parameters: {error}")
            continue
        count += len(changed)
        for one in changed.values():
            where = f"{format_ns(one.ts)[:19]}Z  {type(strategy).__name__}.{one.name}"
            line.say(f"{where}: {one.old} is now {one.new}")
    if count == 0:
        line.say(f"{file}: read again, no parameter has changed")


def _given_again(began: BacktestConfig, now: BacktestConfig, run: PacedRun) -> list[tuple[Strategy, dict[str, Any]]]:
    """The strategies and the values of their declared parameters in a file that was read again.

    Raises
    ------
    ConfigError
        If the file has other strategies, or another argument of a constructor: neither changes in a running session.
    """
    from velora.cli.strategies import constructor_arguments, known_parameters
    from velora.strategy.strategy import Strategy

    sections: Sequence[StrategySection] = now.strategies or [now.strategy]
    before: Sequence[StrategySection] = began.strategies or [began.strategy]
    names = [one.label for one in now.strategies]
    if len(sections) != len(run.strategies) or names not in ([], list(run.strategies)):
        raise ConfigError(f"the run's strategies are {', '.join(run.strategies)}, but the file now has others")
    given = []
    for section, old, strategy in zip(sections, before, run.strategies.values(), strict=True):
        name = type(strategy).__name__
        arguments = constructor_arguments(type(strategy), section.parameters)
        started_with = {key: value for key, value in old.parameters.items() if key not in _declared(strategy)}
        if arguments != started_with:
            differing = sorted(
                key
                for key in {**arguments, **started_with}
                if key not in arguments or key not in started_with or arguments[key] != started_with[key]
            )
            known = known_parameters(type(strategy))
            if known and differing[0] not in known:
                close = get_close_matches(differing[0], known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(known)}"
                raise ConfigError(f"{name} has no parameter {differing[0]!r}; {hint}")
            raise ConfigError(
                f"{differing[0]} is an argument of {name}'s constructor, which a running session cannot change; "
                "declare it with vl.Parameter"
            )
        if isinstance(strategy, Strategy):
            declared = {key: value for key, value in section.parameters.items() if key not in arguments}
            given.append((strategy, strategy._plain_parameters(declared)))
    return given


def _declared(strategy: StrategyBase) -> Collection[str]:
    """Names of the parameters that a strategy's class declares."""
    from velora.strategy.parameters import declared_parameters

    return declared_parameters(type(strategy))


def _lateness(run: PacedRun) -> dict[str, Any]:
    """Lateness in this machine's time."""
    late = run.lateness
    values = {
        name: value / run.speed / 1e6
        for name, value in (("p50_ms", late.p50_ns), ("p99_ms", late.p99_ns), ("max_ms", late.max_ns))
    }
    return {"speed": run.speed, "inputs": late.inputs, **values, "hash": run.hash}
