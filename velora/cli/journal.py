"""`velora journal`: inspect, check and replay a journal."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from velora.cli.completion import complete_journals, complete_toml
from velora.cli.failures import Traceback
from velora.core.terminal import readable
from velora.errors import InvalidArgument, MissingFile, VeloraError

if TYPE_CHECKING:
    from velora.strategy.base import StrategyBase

__all__ = ["journal"]


def journal(
    file: Annotated[
        Path, typer.Argument(help="Journal written by `velora paper --journal`.", autocompletion=complete_journals)
    ],
    replay: Annotated[
        str | None,
        typer.Option(
            help="Replay the inputs to this strategy: the TOML file of the run, or module:Class.",
            autocompletion=complete_toml,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    traceback: Traceback = False,
) -> None:
    """Check every record of a journal and print a summary; with --replay, compare the decisions of a replay."""
    found = _inspect(file)
    if replay is not None:
        found["replay"] = _replay(file, replay)
    if as_json:
        typer.echo(json.dumps(found))
    else:
        _show(found)
    if replay is not None and not found["replay"]["is_same"]:
        raise VeloraError(f"the replay differs from the recorded run: {found['replay']['difference']}")


def _inspect(file: Path) -> dict[str, Any]:
    from velora.core.clock import format_ns
    from velora.engine.journal import JournalReader, RecordType
    from velora.paper.head import check_head

    if not file.exists():
        raise MissingFile(f"the journal {str(file)!r} does not exist")
    if not file.is_file():  # opening a pipe would block
        raise InvalidArgument(f"the journal {str(file)!r} is not a file")
    reader = JournalReader(file)
    check_head(reader.head, reader.path)
    counts: Counter[str] = Counter()
    rows = 0
    first = last = None
    for record in reader:
        counts[record.type.name] += 1
        if record.type == RecordType.ROWS:
            rows += int.from_bytes(record.payload[4:8], "little")
        if record.type != RecordType.BEGIN:
            first = record.ts if first is None else first
            last = record.ts
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "strategies": reader.head["strategies"],
        "instruments": [one["symbol"] for one in reader.head["instruments"]],
        "speed": reader.head.get("speed"),
        "from": None if first is None else format_ns(first),
        "to": None if last is None else format_ns(last),
        "records": dict(counts),
        "rows": rows,
        "torn_bytes": reader.torn_bytes,
        "has_ended": counts["END"] == 1,
    }


def _replay(file: Path, spec: str) -> dict[str, Any]:
    from velora.paper.replay import replay_journal

    done = replay_journal(file, _strategy(spec))
    return {
        "is_same": done.is_same,
        "inputs": done.inputs,
        "commands": done.commands,
        "hash": done.hash,
        "recorded_hash": done.recorded_hash,
        "difference": done.difference,
    }


def _strategy(spec: str) -> StrategyBase:
    from velora.cli.strategies import load_strategy
    from velora.core.config import load_config

    if not spec.endswith(".toml"):
        return load_strategy(spec, {}, Path())
    config = load_config(Path(spec), ()).strategy
    return load_strategy(config.cls, config.parameters, Path(spec).parent)


def _show(found: dict[str, Any]) -> None:
    strategies = ", ".join(found["strategies"].values())
    lines = [
        ("strategies", strategies),
        ("instruments", ", ".join(found["instruments"])),
        ("local time", f"{found['from']} to {found['to']}"),
        ("records", ", ".join(f"{count:,} {name}" for name, count in found["records"].items())),
        ("rows", f"{found['rows']:,}"),
        ("bytes", f"{found['bytes']:,}, all checksums correct"),
    ]
    if found["torn_bytes"]:
        lines.append(("torn", f"{found['torn_bytes']:,} bytes at the end are an incomplete record and were ignored"))
    if not found["has_ended"]:
        lines.append(("end", "none: the run did not end normally"))
    if "replay" in found:
        done = found["replay"]
        same = "the same decisions, byte for byte" if done["is_same"] else "other decisions"
        lines.append(("replay", f"{same}: {done['commands']:,} commands on {done['inputs']:,} inputs"))
        lines.append(("hash", f"{done['hash']}, recorded {done['recorded_hash'] or 'none'}"))
    for name, text in lines:
        typer.echo(f"{name:<12} {readable(text)}")
