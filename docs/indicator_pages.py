"""Pages of the indicators, written from their descriptors into docs/indicators/ when the documentation is built.

    python docs/indicator_pages.py FOLDER

Each page has the facts of the descriptor, the warm-up at the defaults, an example of both faces, and a picture over a
fixed random walk. A file that would not change is not touched, so that Sphinx reads only what is new.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from velora import ta
from velora.core.files import WholeFile
from velora.ta import IndicatorKind
from velora.ta.chart import build_chart
from velora.ta.chart_picture import draw_svg
from velora.testkit.candles import random_candles

ROWS = 2000
SHOWN = 130
SEED = 11
CANDLE = ("open", "high", "low", "close", "volume")

#: How an example makes an input that candles lack; {rows} is their number.
MADE: Mapping[str, str] = {
    "x": 'candles["close"]',
    "y": 'candles["y"]',
    "price": 'candles["close"]',
    "mid": '(candles["high"] + candles["low"]) / 2',
    "bid": 'candles["close"] - 0.01',
    "ask": 'candles["close"] + 0.01',
    "qty": 'candles["volume"]',
    "bid_qty": 'candles["volume"]',
    "ask_qty": 'np.roll(candles["volume"], 7)',
    "side": 'np.where(candles["close"] >= candles["open"], 1.0, -1.0)',
    "buy_volume": 'candles["volume"] * (candles["close"] >= candles["open"])',
    "periods": "2.0 + np.arange({rows}) % 29",
    "ts": "1.7e18 + 6e10 * np.arange({rows})",
    "reset": "(np.arange({rows}) % 100 == 0).astype(float)",
}
WAVE = "np.cos(np.arange({rows}) / 10.0)"
RANGES = {"overlay": "line over the candles", "panel": "line in a panel", "histogram": "bars in a panel"}
PLOTS = RANGES | {"mark": "marks at the candles where it is not 0", "points": "points over the candles"}


def write_pages(folder: Path) -> list[str]:
    """Write all pages, remove the ones of kinds that are gone, and return the names of the kinds."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = sorted((kind for kind in ta.kinds().values() if not kind.is_custom), key=lambda kind: kind.name)
    files = {"index.md": index_page(kinds)}
    for kind in kinds:
        files[f"{kind.name}.md"] = page(kind)
        files[f"{kind.name}.svg"] = picture(kind)
    for old in folder.iterdir():
        if old.name not in files and old.suffix in (".md", ".svg"):
            old.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            with WholeFile(path) as out:
                out.write(text.encode())
    return [kind.name for kind in kinds]


# ---- pages


def index_page(kinds: list[IndicatorKind]) -> str:
    """All indicators by group."""
    lines = [
        "# Indicators",
        "",
        f"{len(kinds)} indicators, each as a function over columns and as an object that takes one row at a time; "
        "[the guide](../how_to/indicators.md) shows how they are used. The same list on a terminal: `velora ta list`.",
        "",
    ]
    groups: dict[str, list[IndicatorKind]] = {}
    for kind in kinds:
        groups.setdefault(kind.group, []).append(kind)
    for group in sorted(groups):
        lines += [f"## {group.capitalize()}", "", "| function | indicator | inputs | parameters | TA-Lib |"]
        lines.append("|---|---|---|---|---|")
        for kind in groups[group]:
            given = ", ".join(f"{param.name} {shown(param.initial)}" for param in kind.params)
            lines.append(
                f"| [`{kind.name}`]({kind.name}.md) | {plain(kind.title)} | {plain(', '.join(kind.inputs))} "
                f"| {plain(given)} | {plain(kind.talib)} |"
            )
        lines.append("")
    return "\n".join(lines)


def page(kind: IndicatorKind) -> str:
    """Everything about one indicator."""
    made = streaming(kind)
    call = ", ".join([*kind.inputs, *(f"{param.name}={param.initial!r}" for param in kind.params)])
    anchor = re.sub(r"[^a-z0-9]+", "-", kind.group.lower())
    lines = [
        # The index links the page. In the contents of the site it would make the navigation of every page longer and
        # the build slow.
        "---",
        "orphan: true",
        "---",
        "",
        f"# {plain(kind.title)}",
        "",
        f"`ta.{kind.name}({call})` and `ta.{kind.class_name}`, group [{plain(kind.group)}](index.md#{anchor})"
        + (f", TA-Lib's `{kind.talib}`." if kind.talib else "."),
        "",
        f"```{{image}} {kind.name}.svg",
        f":alt: {kind.title} over a random walk",
        "```",
        "",
    ]
    if kind.formula:
        formula = "\n".join(textwrap.fill(line, 96) for line in kind.formula.splitlines())
        lines += ["## Formula", "", "```text", formula, "```", ""]
    lines += ["## Inputs and parameters", "", f"Inputs: {', '.join(f'`{name}`' for name in kind.inputs)}.", ""]
    if kind.params:
        lines += ["| parameter | type | default | range | meaning |", "|---|---|---|---|---|"]
        for param in kind.params:
            bounds = ", ".join(f"`{one}`" for one in param.choices) or f"{param.low:g} to {param.high:g}"
            lines.append(
                f"| `{param.name}` | {param.type} | `{shown(param.initial)}` | {bounds} | {plain(param.text)} |"
            )
        lines.append("")
    if kind.is_pattern:
        lines += ["Takes candle settings: see {ref}`candle-settings`.", ""]
    numbers = "whole numbers (int32)" if kind.is_integer else "float64, float32 if all inputs are"
    lines += ["## Outputs", "", "| output | in a plot |", "|---|---|"]
    lines += [f"| `{output.name}` | {PLOTS[output.plot]} |" for output in kind.outputs]
    lines += ["", f"Their type: {numbers}.", "", "## Warm-up", "", warm_up(kind, made), ""]
    if kind.notes:
        lines += ["## Notes", "", plain(kind.notes), ""]
    lines += ["## Example", "", "```python", example(kind), "```", ""]
    if kind.source:
        lines += ["## Source", "", plain(kind.source), ""]
    return "\n".join(lines)


def warm_up(kind: IndicatorKind, made: Any) -> str:
    """Its warm-up and convergence at the defaults, in sentences."""
    rows = "no row" if made.lookback == 0 else "1 row" if made.lookback == 1 else f"{made.lookback} rows"
    text = f"At the defaults {rows} without a value; the first comes with row {made.lookback + 1}. "
    if kind.is_anchored:
        return text + (
            "Its value depends on the first row for ever, or no bound of its convergence is known: `is_ready` is true "
            f"from row {made.settles} on."
        )
    if made.settles == made.lookback + 1:
        return text + "A value depends on no row before those, so that `is_ready` is true from the first value on."
    return text + (
        f"From row {made.settles} on it is within 1e-9 of the value of an infinite history, relative to the range of "
        "the inputs; then `is_ready` is true."
    )


def example(kind: IndicatorKind) -> str:
    """Both faces over random candles, ready to run."""
    given = ", ".join(f"{param.name}={param.initial!r}" for param in kind.params)
    is_frame = len(kind.inputs) > 1 and set(kind.inputs) <= set(CANDLE)
    columns = "candles" if is_frame else ", ".join(columns_of(kind))
    rows = f"zip({', '.join(columns_of(kind))})" if len(kind.inputs) > 1 else columns_of(kind)[0]
    name = "row" if len(kind.inputs) > 1 else kind.inputs[0]
    lines = ["import numpy as np"] if "np." in ", ".join(inputs_of(kind)) else []
    lines += ["from velora import ta", "from velora.testkit.candles import random_candles", ""]
    lines += ["candles = random_candles(500)"]
    lines += [
        f"{one} = {MADE[one].format(rows=500)}" if one in MADE else f'{one} = candles["close"]'
        for one in kind.inputs
        if one not in CANDLE
    ]
    lines += [f"values = ta.{kind.name}({columns}{', ' if given else ''}{given})", ""]
    lines += [f"indicator = ta.{kind.class_name}({given})", f"for {name} in {rows}:"]
    lines += [f"    indicator.update({'*row' if name == 'row' else name})"]
    last = f"values.{kind.outputs[0].name}[-1]" if len(kind.outputs) > 1 else "values[-1]"
    now = f"indicator.{kind.outputs[0].name}" if len(kind.outputs) > 1 else "indicator.value"
    lines += [f"print({last}, {now})"]
    return "\n".join(lines)


def columns_of(kind: IndicatorKind) -> list[str]:
    """The inputs as an example names them."""
    return [f'candles["{name}"]' if name in CANDLE else name for name in kind.inputs]


def inputs_of(kind: IndicatorKind) -> list[str]:
    """The expressions of the inputs that are made."""
    return [MADE.get(name, "") for name in kind.inputs if name not in CANDLE]


# ---- pictures


def picture(kind: IndicatorKind) -> str:
    """The indicator over a random walk, as SVG; a pattern where it occurs."""
    candles = random_candles(ROWS, SEED)
    names = {"np": np, "candles": candles}
    frame: dict[str, Any] = {
        name: candles[name] if name in CANDLE else eval(MADE.get(name, MADE["x"]).format(rows=ROWS), names)
        for name in (*CANDLE, *kind.inputs)
    }
    values = outputs_of(kind, frame)
    if kind.inputs == ("x",) and not is_drawable(values):
        wave = eval(WAVE.format(rows=ROWS), names)
        frame = {"close": wave, "x": wave}
        values = outputs_of(kind, frame)
    end = ROWS
    if all(output.plot == "mark" for output in kind.outputs):
        found = np.flatnonzero(np.nan_to_num(values[0][SHOWN:]))
        end = ROWS if not found.size else min(ROWS, int(found[-1]) + SHOWN + 25)
    shown = {name: column[:end] for name, column in frame.items()}
    chart = build_chart(shown, [streaming(kind)], volume=None if "volume" in kind.inputs else False)
    return draw_svg(chart.last(SHOWN), width=860, height=None)


def outputs_of(kind: IndicatorKind, frame: Mapping[str, Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        found = getattr(ta, kind.name)(*[frame[name] for name in kind.inputs])
    return list(found) if isinstance(found, tuple) else [found]


def is_drawable(values: list[Any]) -> bool:
    """Whether the last rows are numbers of a size that an axis can show."""
    last = np.concatenate([np.asarray(one, float)[-SHOWN:] for one in values])
    return bool(np.isfinite(last).all() and np.abs(last).max() < 1e9)


def streaming(kind: IndicatorKind) -> Any:
    return getattr(ta, kind.class_name)()


# ---- text


def plain(text: str) -> str:
    """Text in which Markdown finds no markup."""
    return re.sub(r"([\\`*_{}\[\]<>|$#~^])", r"\\\1", " ".join(text.split()))


def shown(value: int | float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    print(f"{len(write_pages(Path(sys.argv[1])))} indicators")
