"""Replays a session in the terminal with a live ladder: pause, step, change the speed, jump to a time.

    python examples/02_book_explorer.py                                          # the synthetic market
    python examples/02_book_explorer.py --session FILE --symbol BTCUSDT --at 23:56:00   # yours

Keys: space pauses; n or right steps one batch, N a hundred; + and - change the speed; g jumps to a time (HH:MM:SS of
UTC, or seconds from the start such as +90); q ends. Without a terminal it prints the book at the end of `--for`.

Rows by order work too: the ladder then shows the number of orders at each level.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import time
from collections import deque
from datetime import UTC, datetime

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

import velora as vl
from velora.data import open_session

LAST, SNAPSHOT = int(vl.EventFlag.LAST), int(vl.EventFlag.SNAPSHOT)
ORDER_KINDS = (vl.EventKind.ORDER_ADD, vl.EventKind.ORDER_CHANGE, vl.EventKind.ORDER_CANCEL)
NS = 1_000_000_000


class Session:
    """A table with a cursor, and the book at the cursor."""

    def __init__(self, table: vl.EventTable) -> None:
        self.table = table
        self.by_order = bool(np.isin(table.kind, ORDER_KINDS).any())
        # Trades form batches of their own; a step of the book ends with its last row.
        is_end = (table.flags & LAST != 0) & (table.kind != vl.EventKind.TRADE)
        self._ends = np.flatnonzero(is_end) + 1
        self._rewind()

    def _rewind(self) -> None:
        instrument = self.table.instrument
        self.orders = vl.OrderBookL3(instrument) if self.by_order else None
        self.book = self.orders.levels if self.orders is not None else vl.OrderBookL2(instrument)
        self.row = 0
        self.now = int(self.table.ts_recv[0])  # ns; the clock goes on between events
        self.trades: deque[tuple[int, int, int, int]] = deque(maxlen=12)

    @property
    def is_over(self) -> bool:
        return self.row >= len(self.table)

    def _advance(self, to: int) -> None:
        rows = slice(self.row, to)
        t = self.table
        if self.orders is not None:
            self.orders.apply(
                t.kind[rows], t.side[rows], t.price[rows], t.qty[rows], t.order_id[rows], skip_unknown=True
            )
        else:
            self.book.apply(t.kind[rows], t.side[rows], t.price[rows], t.qty[rows])
        for at in (np.flatnonzero(t.kind[rows] == vl.EventKind.TRADE)[-12:] + self.row).tolist():
            self.trades.appendleft((int(t.ts_recv[at]), int(t.side[at]), int(t.price[at]), int(t.qty[at])))
        self.row = to

    def step(self, batches: int = 1) -> None:
        """Apply the next batches."""
        at = int(np.searchsorted(self._ends, self.row, side="right")) + batches - 1
        self._advance(int(self._ends[at]) if at < len(self._ends) else len(self.table))
        self.now = int(self.table.ts_recv[self.row - 1])

    def run_to(self, ts: int) -> None:
        """Move to a time of receipt, ns; to move back, replay from the start."""
        to = int(np.searchsorted(self.table.ts_recv, ts, side="right"))
        if to < self.row:
            self._rewind()
        if to > self.row:
            self._advance(to)
        self.now = ts


def clock(ts: int) -> str:
    return datetime.fromtimestamp(ts // NS, UTC).strftime("%H:%M:%S") + f".{ts % NS // 1_000_000:03d}"


def ladder(session: Session, rows: int, bar_most: int = 20) -> Table:
    """The best levels of both sides, quantities as bars of at most so many characters; orders where they are known."""
    book, instrument = session.book, session.table.instrument
    depth = book.depth(rows)
    table = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
    counted = ["orders"] if session.orders is not None else []
    for name, justify in (
        *((one, "right") for one in counted),
        ("bid", "right"),
        ("price", "center"),
        ("ask", "left"),
        *((one, "left") for one in counted),
    ):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    levels = [(1, t, q) for t, q in zip(depth.ask_ticks.tolist(), depth.ask_lots.tolist(), strict=True)]
    levels = levels[: depth.ask_levels][::-1]
    bids = list(zip(depth.bid_ticks.tolist(), depth.bid_lots.tolist(), strict=True))[: depth.bid_levels]
    levels += [(0, ticks, lots) for ticks, lots in bids]
    most = max((lots for _, _, lots in levels), default=1)
    for side, ticks, lots in levels:
        bar = Text("█" * max(1, round(bar_most * lots / most)), style="red" if side else "green")
        count = [str(session.orders.orders_at(side, ticks))] if session.orders is not None else []
        qty = Text(f"{instrument.lots_to_qty(lots):.12g}", style="red" if side else "green")
        cell = Text.assemble(bar, " ", qty) if side else Text.assemble(qty, " ", bar)
        decimals = max(0, -int(instrument.tick_size.as_tuple().exponent))
        price = Text(f"{instrument.ticks_to_price(ticks):,.{decimals}f}")
        if side:
            table.add_row(*("" for _ in count), "", price, cell, *count)
        else:
            table.add_row(*count, cell, price, "", *("" for _ in count))
    return table


def screen(session: Session, rows: int, speed: float, is_paused: bool, prompt: str, width: int) -> Group:
    """The whole screen, for a terminal of so many columns."""
    book, instrument = session.book, session.table.instrument
    share = 100 * session.row / max(len(session.table), 1)
    state = "stale" if book.is_stale else "crossed" if book.is_crossed else ""
    head = Text.assemble(
        (f"{instrument.symbol}  ", "bold"),
        f"{clock(session.now)}  {share:.1f} %  ",
        ("paused" if is_paused else f"{speed:g}x", "yellow"),
        (f"  {state}", "bold red"),
    )
    spread, micro, imbalance = book.spread_ticks, book.microprice, book.imbalance
    measures = "" if micro is None else f"spread {spread} ticks   microprice {micro:,.4f}   imbalance {imbalance:+.2f}"
    trades = Table(box=None, padding=(0, 1), header_style="dim")
    for name in ("trades", "price", "qty"):
        trades.add_column(name, justify="right", no_wrap=True)
    for ts, side, price, qty in session.trades:
        style = ("green", "red", "dim")[side]
        trades.add_row(
            clock(ts), f"{instrument.ticks_to_price(price):.12g}", f"{instrument.lots_to_qty(qty):.12g}", style=style
        )
    body = Table.grid(padding=(0, 2 if width < 100 else 4))
    # A narrow terminal has no room for the trades.
    body.add_row(ladder(session, rows, max(4, min(20, (width - 62) // 2))), *([trades] if width >= 72 else []))
    keys = prompt or "space pause   n step   N 100 steps   + - speed   g go to   q end"
    return Group(head, Text(measures, style="dim"), body, Text(keys, style="dim"))


class Keys:
    """Single key presses of a terminal, without waiting."""

    def __enter__(self) -> Keys:
        import termios
        import tty

        self._saved = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, *_: object) -> None:
        import termios

        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)

    def read(self, wait: float) -> str:
        if not select.select([sys.stdin], [], [], wait)[0]:
            return ""
        return os.read(sys.stdin.fileno(), 8).decode(errors="ignore")


def target(text: str, session: Session) -> int | None:
    """Parse a time: +SECONDS from the start, or HH:MM[:SS] of the session's (or the next) day."""
    start = int(session.table.ts_recv[0])
    try:
        if text.startswith("+"):
            return start + round(float(text[1:]) * NS)
        hours, minutes, *seconds = (float(part) for part in text.split(":"))
    except ValueError:
        return None
    of_day = round((hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)) * NS)
    ts = start - start % (86_400 * NS) + of_day
    return ts if ts >= start - NS else ts + 86_400 * NS


def explore(session: Session, rows: int, speed: float) -> None:
    """Loop of the live screen."""
    is_paused, typed = False, None
    with Keys() as keys, Live(console=Console(), screen=True, auto_refresh=False) as live:
        before = time.monotonic()
        while True:
            prompt = "" if typed is None else f"go to (HH:MM:SS or +SECONDS), then enter: {typed}"
            live.update(screen(session, rows, speed, is_paused, prompt, live.console.width), refresh=True)
            key = keys.read(0.05)
            now = time.monotonic()
            elapsed, before = now - before, now
            if typed is not None:
                for letter in key:
                    if letter in "\r\n":
                        ts = target(typed, session)
                        if ts is not None:
                            session.run_to(ts)
                        typed = None
                        break
                    typed = typed[:-1] if letter in "\x7f\b" else "" if letter == "\x1b" else typed + letter
                continue
            if key == "q":
                return
            if key == " ":
                is_paused = not is_paused
            elif key in ("n", "\x1b[C"):
                is_paused = True
                session.step()
            elif key == "N":
                is_paused = True
                session.step(100)
            elif key in "+-" and key:
                speed *= 2 if key == "+" else 0.5
            elif key == "g":
                typed = ""
            if not is_paused and not session.is_over:
                session.run_to(session.now + round(elapsed * speed * NS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--session", nargs="+", metavar="PATH", help="a catalog, or the files of one session; else the synthetic market"
    )
    parser.add_argument("--symbol", help="instrument of the session, where it has several")
    parser.add_argument("--at", default="+0", help="start time: HH:MM:SS of UTC, or +SECONDS")
    parser.add_argument("--rows", type=int, default=12, help="levels per side")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--for", dest="seconds", type=float, default=10.0, help="without a terminal: seconds to replay")
    arguments = parser.parse_args()
    try:
        table = (
            open_session(arguments.session, arguments.symbol)
            if arguments.session
            else vl.SyntheticMarket(seed=7, duration="5m").table()
        )
    except vl.VeloraError as error:
        sys.exit(f"error: {error}")
    session = Session(table)
    session.run_to(target(arguments.at, session) or 0)
    if sys.stdin.isatty() and sys.stdout.isatty():
        explore(session, arguments.rows, arguments.speed)
        return
    session.run_to(session.now + round(arguments.seconds * NS))
    console = Console()
    console.print(screen(session, arguments.rows, arguments.speed, True, " ", console.width))


if __name__ == "__main__":
    main()
