"""`velora ta`: the indicators of `velora.ta`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from velora.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from rich.console import RenderableType

    from velora.ta import IndicatorKind, Param

__all__ = ["app"]

app = typer.Typer(help="List the indicators of velora.ta, and show what is known of one.", no_args_is_help=True)


@app.callback()
def _ta() -> None:
    """List the indicators of velora.ta, and show what is known of one."""


def _complete_name(incomplete: str) -> list[str]:
    from velora import ta

    names = [name for kind in ta.kinds().values() for name in (kind.name, kind.class_name)]
    return sorted(name for name in names if name.startswith(incomplete))


def _complete_group(incomplete: str) -> list[str]:
    from velora import ta

    return sorted({kind.group for kind in ta.kinds().values() if kind.group.startswith(incomplete)})


@app.command("list")
def list_indicators(
    group: Annotated[
        str | None, typer.Option("--group", "-g", help="Only this group.", autocompletion=_complete_group)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the indicators, those of installed packages included."""
    from velora import ta

    kinds = sorted(ta.kinds().values(), key=lambda kind: (kind.group, kind.name))
    groups = sorted({kind.group for kind in kinds})
    if group is not None:
        kinds = [kind for kind in kinds if kind.group == group]
        if not kinds:
            raise InvalidArgument(f"there is no group {group!r}: there are {', '.join(groups)}")
    if as_json:
        typer.echo(json.dumps([_row(kind) for kind in kinds]))
        return
    from rich.console import Console
    from rich.text import Text

    from velora.core.terminal import cell
    from velora.core.terminal_table import FittedTable

    table = FittedTable()
    columns = ("name", "class", "title", "inputs", "parameters", "warm-up", "TA-Lib")
    for column in columns:
        table.add_column(
            column, "right" if column == "warm-up" else "left", wraps=column in ("title", "inputs", "parameters")
        )
    for name in groups:
        members = [kind for kind in kinds if kind.group == name]
        if members:
            table.add_row(Text(name, style="bold cyan"), *[""] * (len(columns) - 1))
        for kind in members:
            table.add_row(
                cell(f"  {kind.name}", "green"),
                cell(kind.class_name),
                cell(kind.title),
                cell(" ".join(kind.inputs)),
                cell(" ".join(f"{param.name}={_plain(param.initial)}" for param in kind.params)),
                str(_defaults(kind).lookback),
                cell(kind.talib),
            )
    console = Console()
    console.print(table)
    count = "1 indicator" if len(kinds) == 1 else f"{len(kinds)} indicators"
    console.print(f"\n{count}; velora ta show NAME prints all about one", style="dim")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Name of the function or the class.", autocompletion=_complete_name)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is known of an indicator: inputs, parameters, outputs, formula, warm-up, source."""
    kind = _find(name)
    if as_json:
        typer.echo(json.dumps(_row(kind)))
        return
    from rich.console import Console

    Console().print(_sheet(kind))


def _find(name: str) -> IndicatorKind:
    """The kind of a function or a class, in any case of letters."""
    from difflib import get_close_matches

    from velora import ta

    kinds = ta.kinds()
    by_name = {kind.class_name.lower(): kind for kind in kinds.values()} | kinds
    if name.lower() in by_name:
        return by_name[name.lower()]
    near = get_close_matches(name.lower(), by_name, 1)
    advice = f"did you mean {near[0]}?" if near else "velora ta list prints all"
    raise NotFound(f"there is no indicator {name!r}; {advice}")


def _defaults(kind: IndicatorKind) -> Any:
    """The indicator of the default parameters."""
    from velora import ta

    return getattr(ta, kind.class_name)()


def _row(kind: IndicatorKind) -> dict[str, Any]:
    import msgspec

    made = _defaults(kind)
    found: dict[str, Any] = msgspec.to_builtins(kind)
    found["params"] = [_param(param) for param in kind.params]
    return found | {"lookback": made.lookback, "settles": None if kind.is_anchored else made.settles}


def _param(param: Param) -> dict[str, Any]:
    row: dict[str, Any] = {"name": param.name, "type": param.type, "default": param.initial, "text": param.text}
    if param.choices:
        return row | {"choices": list(param.choices)}
    return row | {"low": param.low, "high": param.high}


def _plain(value: int | float | str) -> str:
    """A value of a parameter without the fraction that is zero."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sheet(kind: IndicatorKind) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from velora.core.terminal import cell, readable
    from velora.core.terminal_table import FittedTable

    made = _defaults(kind)
    call = ", ".join([*kind.inputs, *(f"{param.name}={param.initial!r}" for param in kind.params)])
    given = ", ".join(f"{param.name}={param.initial!r}" for param in kind.params)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    facts.add_row("columns", cell(f"ta.{kind.name}({call})"))
    facts.add_row("streaming", cell(f"ta.{kind.class_name}({given}).update({', '.join(kind.inputs)})"))
    facts.add_row("group", cell(kind.group + (", a user's own" if kind.is_custom else "")))
    numbers = " (whole numbers)" if kind.is_integer else ""
    facts.add_row("outputs", cell(", ".join(f"{one.name} ({one.plot})" for one in kind.outputs) + numbers))
    facts.add_row("warm-up", f"{made.lookback} rows at the defaults")
    facts.add_row("converges", _convergence(kind, made.settles))
    if kind.is_pattern:
        facts.add_row("settings", "candle settings, as settings={'body_long': ('body', 10, 1.0)}")
    if kind.talib:
        facts.add_row("TA-Lib", cell(kind.talib))
    parts: list[RenderableType] = [Text(readable(kind.title), style="bold cyan"), "", facts]
    if kind.params:
        table = FittedTable()
        for column in ("parameter", "default", "range", "meaning"):
            table.add_column(column, wraps=column in ("range", "meaning"))
        for param in kind.params:
            bounds = ", ".join(param.choices) if param.choices else f"{param.low:g} to {param.high:g}"
            table.add_row(cell(param.name, "green"), cell(_plain(param.initial)), cell(bounds), cell(param.text))
        parts += ["", table]
    for title, text in (("Formula", kind.formula), ("Notes", kind.notes), ("Source", kind.source)):
        if text:
            parts += ["", Text(title, style="bold"), Text(readable(text, lines=True))]
    return Group(*parts)


def _convergence(kind: IndicatorKind, settles: int) -> str:
    """After how many rows a value no longer depends on where the series started."""
    if kind.is_anchored:
        return "depends on the first row for ever, or without a known bound"
    return f"within 1e-9 of an infinite history after {settles} rows"
