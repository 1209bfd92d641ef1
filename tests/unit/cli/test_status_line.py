"""The status line of `velora paper`: it fits the terminal, and everything else is printed above it."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import sys
import time
from types import SimpleNamespace

import pytest

import velora as vl
from velora.cli.status_line import StatusLine, describe

STRATEGY = """
import logging
import warnings

import velora as vl

logging.basicConfig(level=logging.INFO, format="logged %(message)s")


class Mine(vl.Strategy):
    ticks = vl.Parameter(2, low=0, high=50)

    def on_start(self):
        self.after("2s", self.say)
        self.every("100ms", self.requote)

    def say(self):
        print("printed by the strategy")
        logging.getLogger("mine").info("by the strategy")
        warnings.warn("warned by the strategy", stacklevel=1)

    def requote(self):
        market = self.book(self.instruments[0])
        if market.best_bid_ticks is not None and market.best_ask_ticks is not None:
            self.quote(market.instrument, bid_ticks=market.best_bid_ticks, ask_ticks=market.best_ask_ticks, qty_lots=1)
"""

FILE = """
[data]
synthetic = { seed = 3, duration = "20s" }

[strategy]
class = "mine.py:Mine"
"""

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def drawn(folder, width, *, hangs_up=True):
    """What a run writes on a terminal of a width, between carriage returns, line breaks and erasures."""
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    import fcntl
    import termios

    program = "from velora.cli import main; main()"
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        # An environment of its own: readline sets COLUMNS behind the back of os.environ.
        env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
        env["TERM"] = "xterm-256color"
        os.execve(sys.executable, [sys.executable, "-c", program, "paper", "run.toml", "--speed", "10"], env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, width, 0, 0))
    text, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                piece = os.read(terminal, 65_536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            text += piece
        if hangs_up and b"fill" in text:
            hangs_up = False
            (folder / "run.toml").write_text(f"{FILE}\n[strategy.parameters]\nticks = 9\n")
            os.kill(child, signal.SIGHUP)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, text.decode()
    pieces = re.split(r"[\r\n]+|\x1b\[2K", text.decode())
    return [line for piece in pieces if (line := ESCAPES.sub("", piece)).strip()]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_messages_stand_on_lines_of_their_own_above_a_line_that_fits(tmp_path, width):
    (tmp_path / "mine.py").write_text(STRATEGY)
    (tmp_path / "run.toml").write_text(FILE)
    lines = drawn(tmp_path, width)
    status = [line for line in lines if " fills  " in line]
    assert len(status) > 3
    assert max(len(line) for line in status) < width
    assert all(re.fullmatch(r"(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\dZ  .*", line) for line in status)
    assert all(" left" in line and " USDT" in line for line in status)
    if width == 120:
        assert all(" orders" in line and "10x" in line and "late p50" in line for line in status)
    assert "printed by the strategy" in lines
    assert "logged by the strategy" in lines
    assert any("warned by the strategy" in line and "left" not in line for line in lines)
    assert any("Mine.ticks: 2 is now 9" in line and "left" not in line for line in lines)


def session(symbols=("BTCUSDT",), left=75, fills=1_234, gain=1_234_567.891):
    """A run as the line sees it."""
    instruments = [vl.Instrument(one, tick_size="0.1", lot_size="0.001", base="BTC", quote="USDT") for one in symbols]
    return SimpleNamespace(
        joined=SimpleNamespace(instruments=instruments),
        driver=SimpleNamespace(counters=lambda: {"orders": 5_678, "fills": fills}),
        holding=lambda instrument: (-1_234, gain),
        lateness=SimpleNamespace(p50_ns=120_000, p99_ns=9_800_000),
        now=10**18,
        feed_end=None if left is None else 10**18 + left * 10**10,
        speed=10.0,
    )


@pytest.mark.parametrize("symbols", [("BTCUSDT",), tuple(f"SYMBOL{at}USDT" for at in range(12))])
def test_a_line_is_never_wider_than_it_may_be(symbols):
    run = session(symbols)
    for width in range(200):
        assert len(describe(run, width)) <= width


def test_a_line_leaves_out_the_less_important_parts_first():
    run = session()
    whole = describe(run, 500)
    for part in ("2001-09-09T01:46:40Z", "10x", "1m15s left", "5,678 orders", "1,234 fills", "BTCUSDT -1.234"):
        assert part in whole
    assert "+1,234,567.89 USDT" in whole
    assert whole.endswith("late p50 0.01 ms, p99 0.98 ms")
    assert "orders" in describe(run, 100)
    narrow = describe(run, 59)
    assert "fills" in narrow
    assert "left" in narrow
    assert "+1,234,567.89 USDT" in describe(run, 20)
    assert "left" not in describe(session(left=None), 500)


def test_without_a_terminal_messages_are_lines_of_standard_error(capsys):
    with StatusLine(quiet=False) as line:
        assert not line.is_shown
        line.say("a message\x1b[2J")
    assert capsys.readouterr().err == "a message\\x1b[2J\n"
