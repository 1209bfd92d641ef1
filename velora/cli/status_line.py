"""The status line of a running session, and the messages above it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

import typer

from velora.core.terminal import readable

if TYPE_CHECKING:
    from rich.live import Live

    from velora.paper.run import PacedRun

__all__ = ["StatusLine", "describe"]

_GAP = "  "


class StatusLine:
    """A line at the bottom of the terminal; whatever else is printed while it is shown appears above it.

    Without a terminal there is no line, and messages are written to standard error.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.is_shown = not quiet and sys.stderr.isatty()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self.is_shown:
            from rich.console import Console
            from rich.live import Live

            # Output of the strategies goes through the console too, except where the user sent it to a file.
            self._live = Live(
                "starting",
                console=Console(stderr=True),
                transient=True,
                auto_refresh=False,
                redirect_stdout=sys.stdout.isatty(),
            )
            self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, run: PacedRun) -> None:
        """Show the present state of a run."""
        if self._live is not None:
            from rich.text import Text

            # One column less than there is: a full line makes some terminals go to the next one.
            width = self._live.console.width - 1
            text = Text(readable(describe(run, width)), no_wrap=True, overflow="ellipsis")
            self._live.update(text, refresh=True)

    def say(self, message: str) -> None:
        """Print one message above the line."""
        if self._live is None:
            typer.echo(readable(message), err=True)
        else:
            self._live.console.print(readable(message), markup=False, highlight=False, soft_wrap=True)


def describe(run: PacedRun, width: int) -> str:
    """State of a run in one line of at most `width` columns; a narrow line leaves out the less important parts.

    Local time, speed, time left, orders, fills, positions, PnL, and lateness in this machine's time.
    """
    parts = _parts(run)
    # From the least important; each step replaces one part by a shorter one, or leaves it out.
    steps = (
        ("late", parts["late"].partition(", ")[2]),
        ("time", parts["time"][11:]),
        ("late", ""),
        ("held", _shortened(parts["held"])),
        ("speed", ""),
        ("orders", ""),
        ("held", ""),
        ("left", ""),
        ("time", ""),
        ("fills", ""),
    )
    for name, shorter in steps:
        if len(_joined(parts)) <= width:
            break
        parts[name] = f"late {shorter}" if name == "late" and shorter else shorter
    line = _joined(parts)
    return line if len(line) <= width else f"{line[: max(width - 1, 0)]}…"[:width]


def _joined(parts: dict[str, str]) -> str:
    return _GAP.join(part for part in parts.values() if part)


def _shortened(held: str) -> str:
    """Positions as their number, where there are several."""
    count = held.count("; ") + 1
    return held if count == 1 else f"{count} instruments"


def _parts(run: PacedRun) -> dict[str, str]:
    """The parts of the line by name, in their order."""
    from velora.core.clock import format_ns
    from velora.core.instrument_names import instrument_names

    counts = run.driver.counters()
    instruments = run.joined.instruments
    held: list[str] = []
    pnl: dict[str, float | None] = {}
    for name, instrument in zip(instrument_names(instruments), instruments, strict=True):
        lots, value = run.holding(instrument)
        held.append(f"{name} {instrument.lots_to_qty(lots):g}")
        before = pnl.get(instrument.settle, 0.0)
        pnl[instrument.settle] = None if before is None or value is None else before + value
    late = run.lateness
    return {
        "time": f"{format_ns(run.now)[:19]}Z",
        "speed": f"{run.speed:g}x",
        "left": _left(run),
        "orders": _counted(counts["orders"], "order"),
        "fills": _counted(counts["fills"], "fill"),
        "held": "; ".join(held),
        "money": ", ".join(
            f"{'n/a' if gain is None else f'{gain:+,.2f}'} {currency}" for currency, gain in pnl.items()
        ),
        "late": f"late p50 {late.p50_ns / run.speed / 1e6:.2f} ms, p99 {late.p99_ns / run.speed / 1e6:.2f} ms",
    }


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _left(run: PacedRun) -> str:
    """Time to the end of the feed in this machine's time; empty if unknown."""
    if run.feed_end is None:
        return ""
    seconds = max(0, run.feed_end - run.now) / run.speed / 1e9
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m left" if hours else f"{minutes}m{rest:02}s left" if minutes else f"{rest}s left"
