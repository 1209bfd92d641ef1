"""The command line: one file per sub-command; every expected error is one message and exit code 1."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from velora.cli import backtest, check, data, demo, explain, journal, new, paper, report, schema, ta
from velora.cli.failures import describe, escape_unprintable, fail, flush_output, print_error, wants_traceback

__all__ = ["app", "run"]

#: Exit code after Ctrl-C: 128 plus the number of SIGINT, as in shells.
_INTERRUPTED = 130

app = typer.Typer(
    name="velora",
    help="Velora: tick backtests you can trust, and the same strategy live.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
app.add_typer(check.app, name="check")
app.add_typer(new.app, name="new")
app.add_typer(ta.app, name="ta")
app.command()(demo.demo)
app.command()(backtest.backtest)
app.command()(paper.paper)
app.command()(journal.journal)
app.command()(report.report)
app.command()(explain.explain)
app.command()(schema.schema)


def _version(wanted: bool) -> None:
    if wanted:
        import velora

        typer.echo(f"velora {velora.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Velora: tick backtests you can trust, and the same strategy live."""


def run() -> None:
    """Run the command line; errors end with one message and exit code 1."""
    escape_unprintable()
    code: int | str | None = 0
    try:
        app()
    except SystemExit as ended:  # raised by a command to set the exit code
        code = ended.code
        if code == _INTERRUPTED:
            print_error("interrupted")
    except KeyboardInterrupt:
        code = _INTERRUPTED
        print_error("interrupted")
    except Exception as error:
        if wants_traceback():
            raise
        code = fail(describe(error))
    sys.exit(flush_output() or code)
