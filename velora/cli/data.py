"""`velora data`: samples, import, list and inspect."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from velora.cli.completion import CatalogOption, complete_files, complete_symbols, one_of
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.data.catalog import Leftover
    from velora.data.feeds.guard import Crossed

__all__ = ["app"]

app = typer.Typer(help="Import market data and inspect a catalog.", no_args_is_help=True)

#: Copies of names in `velora.data.importers` and `velora.data.samples`, whose import would double the start time of
#: the command line.
_FORMATS = ("auto", "binance-capture", "binance-json", "binance-archive", "lobster", "databento", "bitstamp", "table")
_CROSSED = ("uncross", "stale", "keep")
_SAMPLES = ("binance-capture", "binance-archive", "lobster", "databento", "bitstamp")


@app.command("import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files of one session, in the order of recording.", autocompletion=complete_files),
    ],
    catalog: CatalogOption = "catalog",
    format: Annotated[
        str, typer.Option(help=f"One of {', '.join(_FORMATS)}.", autocompletion=one_of(*_FORMATS))
    ] = "auto",
    market: Annotated[
        str | None,
        typer.Option(help="spot, usdm or coinm; detected by default.", autocompletion=one_of("spot", "usdm", "coinm")),
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol, if the data does not contain it.")] = None,
    tick_size: Annotated[str | None, typer.Option(help="Price step; inferred by default.")] = None,
    lot_size: Annotated[str | None, typer.Option(help="Quantity step; inferred by default.")] = None,
    quote: Annotated[
        str | None, typer.Option(help="Quote currency, if it cannot be derived from data or symbol.")
    ] = None,
    time_unit: Annotated[
        str | None,
        typer.Option(
            help="Unit of integer times in a table: ns, us, ms or s.", autocompletion=one_of("ns", "us", "ms", "s")
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the stored data of the instrument.")] = False,
    skip_bad_lines: Annotated[bool, typer.Option(help="Skip and count unreadable lines.")] = False,
    strict: Annotated[bool, typer.Option(help="Stop at the first defect of any kind.")] = False,
    crossed: Annotated[
        str,
        typer.Option(
            help=f"Treatment of a crossed book in a capture: {', '.join(_CROSSED)}.", autocompletion=one_of(*_CROSSED)
        ),
    ] = "uncross",
    clock_shift: Annotated[
        str | None,
        typer.Option(help="Shift of the times of receipt, such as 1.277s; computed by default."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Import files into a catalog and print a summary."""
    from velora.cli.progress import bytes_bar
    from velora.data.catalog import Catalog
    from velora.data.importers import detect_format, import_files

    if format not in _FORMATS:
        raise InvalidArgument(f"--format must be one of {', '.join(_FORMATS)}, was {format!r}")
    if crossed not in _CROSSED:
        raise InvalidArgument(f"--crossed must be one of {', '.join(_CROSSED)}, was {crossed!r}")
    chosen = detect_format(files) if format == "auto" else format
    total = sum(path.stat().st_size for path in files if path.is_file())
    with bytes_bar("importing", total, quiet=as_json) as on_bytes:
        summary = import_files(
            files,
            Catalog(catalog, create=True),
            format=chosen,
            market=market,
            symbol=symbol,
            tick_size=tick_size,
            lot_size=lot_size,
            quote=quote,
            time_unit=time_unit,
            overwrite=overwrite,
            skip_bad_lines=skip_bad_lines,
            strict=strict,
            crossed=cast("Crossed", crossed),
            clock_shift=clock_shift,
            on_bytes=on_bytes,
        )
    if as_json:
        typer.echo(json.dumps(summary.to_dict()))
        return
    from rich.console import Console

    Console().print(summary)


@app.command("sample")
def sample(
    kinds: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(_SAMPLES)}; all by default.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the samples, one folder a kind.")] = Path(
        "samples"
    ),
    seed: Annotated[int, typer.Option(help="Another seed, another market.")] = 7,
    duration: Annotated[str | None, typer.Option(help="Market time, 1s to 1h; 1 to 3 minutes by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Make sample files: synthetic sessions in the formats of venues."""
    from velora.cli.progress import steps_bar
    from velora.data.samples import sample as make

    chosen = list(dict.fromkeys(kinds or _SAMPLES))
    wrong = [kind for kind in chosen if kind not in _SAMPLES]
    if wrong:
        raise InvalidArgument(f"KINDS must be of {', '.join(_SAMPLES)}, was {wrong[0]!r}")
    made = []
    for kind in chosen:
        with steps_bar(f"making {kind}", quiet=as_json) as on_rows:
            made.append(make(kind, out, seed=seed, duration=duration, on_rows=on_rows))
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {
                        "kind": one.kind,
                        "symbol": one.symbol,
                        "folder": str(one.folder),
                        "files": [str(path) for path in one.files],
                        "commands": list(one.commands),
                    }
                    for one in made
                ]
            )
        )
        return
    for one in made:
        size = sum(path.stat().st_size for path in one.files)
        typer.echo(
            f"{one.folder}: {one.symbol}, {len(one.files)} file{'s' * (len(one.files) > 1)}, {size / 1e6:.1f} MB"
        )
    typer.echo(
        "\nSynthetic, free to use; each README.txt says how it was made. To import one and run a backtest on it:\n"
    )
    for command in (f"cd {shlex.quote(str(made[0].folder))}", *made[0].commands):
        typer.echo(f"    {command}")


@app.command("list")
def list_(
    catalog: CatalogOption = "catalog",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the instruments of a catalog."""
    from velora.data.catalog import Catalog
    from velora.data.listing import catalog_table

    opened = Catalog(catalog)
    infos = [opened.info(instrument) for instrument in opened.instruments()]
    left = opened.leftovers()
    if left:
        typer.echo(f"{_summary(left)}; remove them with `velora data clean --catalog {catalog}`", err=True)
    if as_json:
        typer.echo(json.dumps(infos))
        return
    from rich.console import Console

    Console().print(catalog_table(opened.root, infos))


def _crossed(watch: dict[str, Any] | None) -> str:
    """How often and how long the book was crossed."""
    if watch is None:
        return "not checked: import the data again"
    if not (watch["has_book"] or watch["has_quotes"]):
        return "not checked: there is no book"
    parts = [
        f"{watch[f'crossed_{name}']:,} of {watch[name]:,} {name}"
        for name, there in (("batches", watch["has_book"]), ("quotes", watch["has_quotes"]))
        if there
    ]
    if watch["crossed_ns"] and watch["span_ns"]:
        parts.append(f"{100 * watch['crossed_ns'] / watch['span_ns']:.3g} % of the time")
    if watch["halted_crossed"]:
        parts.append(f"{watch['halted_crossed']:,} more while trading was halted")
    return ", ".join(parts)


@app.command("clean")
def clean(
    catalog: CatalogOption = "catalog",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the files to remove.")] = False,
) -> None:
    """Remove the files left by killed imports; files in use are kept."""
    from velora.data.catalog import Catalog

    opened = Catalog(catalog)
    left = opened.leftovers() if dry_run else opened.remove_leftovers()
    for one in left:
        typer.echo(f"{one.path}: {one.bytes:,} bytes, {one.why}")
    typer.echo(f"{_summary(left)}{'' if dry_run or not left else ', removed'}")


@app.command("verify")
def verify(
    catalog: CatalogOption = "catalog",
    symbol: Annotated[
        str | None, typer.Option(help="Only this SYMBOL or SYMBOL@VENUE.", autocompletion=complete_symbols)
    ] = None,
) -> None:
    """Read a whole catalog and compare each file with its checksums."""
    from velora.data.catalog import Catalog

    total = Catalog(catalog).verify(symbol)
    typer.echo(f"{total:,} bytes read, all checksums correct")


def _summary(left: Sequence[Leftover]) -> str:
    if not left:
        return "no leftovers"
    size = sum(one.bytes for one in left)
    return f"{len(left)} leftover{'s' * (len(left) > 1)} of killed imports, {size / 1e6:.1f} MB"


@app.command("inspect")
def inspect(
    symbol: Annotated[str, typer.Argument(help="SYMBOL or SYMBOL@VENUE.", autocompletion=complete_symbols)],
    catalog: CatalogOption = "catalog",
    rows: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many of the first rows to show.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a catalog holds of one instrument, and its first rows."""
    from velora.core.clock import format_duration, format_ns
    from velora.core.events import EventKind, Side
    from velora.data.catalog import Catalog

    opened = Catalog(catalog)
    info = opened.info(symbol)
    if as_json:
        typer.echo(json.dumps(info))
        return
    from rich.console import Console

    from velora.core.terminal_table import FittedTable, Pairs

    console = Console()
    facts = Pairs(info["name"], indent=2)
    spec = info["instrument"]
    facts.add_pair("instrument", f"{spec['kind']}, tick {spec['tick_size']}, lot {spec['lot_size']}")
    facts.add_pair("fees", f"maker {spec['maker_fee']}, taker {spec['taker_fee']}")
    facts.add_pair("rows", f"{info['rows']:,}")
    for kind, count in sorted(info["counts"].items(), key=lambda pair: -pair[1]):
        facts.add_pair(f"  {kind}", f"{count:,}")
    if info["first_ts"] is not None:
        length = format_duration(info["last_ts"] - info["first_ts"])
        facts.add_pair("received", f"{format_ns(info['first_ts'])} to {format_ns(info['last_ts'])} ({length})")
    facts.add_pair("venue times", f"up to {format_duration(info['disorder_ns'])} out of order")
    facts.add_pair("crossed", _crossed(info["watch"]))
    shift = max((part.get("clock_shift_ns", 0) for part in info["parts"]), default=0)
    if shift:
        facts.add_pair("clock", f"shifted by {format_duration(shift)}; raw times in ts_recv_raw")
    facts.add_pair("on disk", f"{info['bytes'] / 1e6:.1f} MB in {len(info['parts'])} file(s)")
    console.print(facts)
    source = opened.source(symbol)
    if rows > 0 and (first := next(source.chunks(rows), None)) is not None:
        table = FittedTable("first rows")
        for name in ("row", "ts_recv", "ts_event", "kind", "side", "flags", "price", "qty", "order_id"):
            table.add_column(name, "left" if name in ("kind", "side") else "right")
        on_grid = (EventKind.TRADE, EventKind.QUOTE, EventKind.DELTA)
        instrument = first.instrument
        for at in range(len(first)):
            kind = EventKind(int(first.kind[at]))
            price, qty = int(first.price[at]), int(first.qty[at])
            grid = kind in on_grid
            table.add_row(
                str(at),
                format_ns(int(first.ts_recv[at]))[11:],
                format_ns(int(first.ts_event[at]))[11:],
                kind.name,
                Side(int(first.side[at])).name,
                str(int(first.flags[at])),
                f"{instrument.ticks_to_price(price):g}" if grid else str(price),
                f"{instrument.lots_to_qty(qty):g}" if grid else str(qty),
                str(int(first.order_id[at])),
            )
        console.print(table)
