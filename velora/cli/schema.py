"""The JSON schema of a run's TOML file, made from the typed configuration, and the command that prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["SCHEMA_FILE", "allowed_values", "make_schema", "schema", "schema_keys", "schema_text"]

#: The schema in the package, as `schema_text` makes it; renew it with ``python -m velora.cli.schema``.
SCHEMA_FILE = Path(__file__).with_name("run.schema.json")

#: The version that editors support most widely: it has ``definitions``, and ignores what stands beside a ``$ref``.
_DIALECT = "http://json-schema.org/draft-07/schema#"


def make_schema() -> dict[str, Any]:
    """The JSON schema of the TOML file of `velora backtest` and `velora paper`."""
    import msgspec

    from velora.core.config import BacktestConfig
    from velora.sim.latency_presets import PRESETS
    from velora.sim.queue_model import NAMES

    made = msgspec.json.schema(BacktestConfig)
    definitions = {name: _cleaned(part) for name, part in made["$defs"].items()}
    definitions["VenueSection"]["properties"]["queue"]["examples"] = list(NAMES)
    for name in ("LatencySection", "LinkSection"):
        definitions[name]["properties"]["preset"]["examples"] = list(PRESETS)
    root = definitions.pop("BacktestConfig")
    return {"$schema": _DIALECT, "title": "Run of Velora", **root, "definitions": definitions}


def _cleaned(part: Any) -> Any:
    """A part of msgspec's schema without null, which TOML does not have, and without titles and empty lists."""
    if isinstance(part, list):
        return [_cleaned(one) for one in part if one != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    found: dict[str, Any] = {
        key: {name: _cleaned(inner) for name, inner in value.items()} if key == "properties" else _cleaned(value)
        for key, value in part.items()
        if not (
            key == "title" or (key == "default" and value in (None, {}, [], "")) or (key == "required" and not value)
        )
    }
    if "$ref" in found:
        return {"$ref": found["$ref"].replace("#/$defs/", "#/definitions/")}
    if "enum" in found:
        found["enum"] = [value for value in found["enum"] if value is not None]
    choices = found.get("anyOf", ())
    if len(choices) == 1:
        del found["anyOf"]
        found = {**choices[0], **found} if "$ref" not in choices[0] else {"allOf": choices, **found}
    if isinstance(found.get("description"), str):
        found["description"] = " ".join(found["description"].replace("``", "`").split())
    return found


def schema_text() -> str:
    """The schema as the package and a project contain it."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


@cache
def _shipped() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return loaded


def schema_keys() -> Iterator[tuple[str, dict[str, Any]]]:
    """All keys of a run's TOML file, such as ``latency.entry``, each with its schema, from the shipped file.

    A list of tables has the keys of one of them, and a table by name the name ``NAME``.
    """
    yield from _keys(_shipped(), "")


def _keys(part: dict[str, Any], dotted: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for inner in _choices(part):
        for name, value in inner.get("properties", {}).items():
            key = f"{dotted}.{name}".lstrip(".")
            yield key, value
            yield from _keys(value, key)
        if inner.get("type") == "array":
            yield from _keys(inner["items"], dotted)
        if isinstance(inner.get("additionalProperties"), dict):
            yield from _keys(inner["additionalProperties"], f"{dotted}.NAME")


def _choices(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The alternatives of a part, with references resolved."""
    if "$ref" in part:
        part = _shipped()["definitions"][part["$ref"].rpartition("/")[2]]
    inner = [*part.get("anyOf", ()), *part.get("allOf", ())]
    for one in inner:
        yield from _choices(one)
    if not inner:
        yield part


def allowed_values(key: str) -> list[str]:
    """Values of a key that takes one of a few, or whose usual values are listed."""
    for name, part in schema_keys():
        if name == key:
            if part.get("type") == "boolean":
                return ["true", "false"]
            found = [value for one in (part, *_choices(part)) for value in one.get("enum", one.get("examples", ()))]
            return list(dict.fromkeys(map(str, found)))
    return []


def schema(
    path: Annotated[bool, typer.Option("--path", help="Print the path of the schema's file instead.")] = False,
) -> None:
    """Print the JSON schema of a run's TOML file, for editors and other tools."""
    typer.echo(str(SCHEMA_FILE) if path else SCHEMA_FILE.read_text(encoding="utf-8"), nl=path)


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), "utf-8")
