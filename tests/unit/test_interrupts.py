"""Ctrl-C is heard soon, whatever is under way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

#: Rows of each case; the bound on the time to hear a signal is the same for any number.
ROWS = int(os.environ.get("VELORA_INTERRUPT_ROWS", "3_000_000"))

#: What is begun, with `ready()` before the long call.
LONG = {
    "a synthetic market": """
        market = vl.SyntheticMarket(seed=1, events=4 * ROWS)
        ready()
        market.table()
    """,
    "a book by level": """
        rng = np.random.default_rng(1)
        kind, side = np.full(ROWS, int(vl.EventKind.DELTA), np.uint8), rng.integers(0, 2, ROWS).astype(np.uint8)
        price, qty = rng.integers(0, 5_000, ROWS), rng.integers(0, 3, ROWS)
        book = vl.OrderBookL2(instrument)
        ready()
        while True:
            book.apply(kind, side, price, qty)
    """,
    "a book by order": """
        kind = np.full(ROWS, int(vl.EventKind.ORDER_ADD), np.uint8)
        side, qty, ids = np.zeros(ROWS, np.uint8), np.ones(ROWS, np.int64), np.arange(1, ROWS + 1)
        price = np.random.default_rng(1).integers(0, 5_000, ROWS)
        ready()
        while True:
            vl.OrderBookL3(instrument).apply(kind, side, price, qty, ids)
    """,
    "a book by quote": """
        kind = np.full(ROWS, int(vl.EventKind.QUOTE), np.uint8)
        side, price, qty = np.zeros(ROWS, np.uint8), np.ones(ROWS, np.int64), np.ones(ROWS, np.int64)
        ready()
        while True:
            vl.QuoteBook(instrument).apply(kind, side, price, qty)
    """,
    "what the rows of a feed come to": """
        from velora.data.state import FeedState
        from velora.data.watch import BookWatch
        table = vl.SyntheticMarket(seed=1, events=ROWS // 4).table()
        ready()
        while True:
            BookWatch().add(table)
    """,
    "a backtest": """
        table = vl.SyntheticMarket(seed=1, events=ROWS // 4).table()
        ready()
        while True:
            vl.Backtest(table, vl.Strategy()).run()
    """,
    "a check of the queue models": """
        from velora.sim.queue_score import score_queue_models
        from velora.testkit import random_order_flow
        table = random_order_flow(1, events=20_000)
        ready()
        while True:
            score_queue_models(table)
    """,
}

PROGRAM = """
import sys
import numpy as np
import velora as vl
ROWS = {rows}
instrument = vl.Instrument("X", tick_size="0.1", lot_size="0.001")
def ready():
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
{body}
"""


def body(text: str) -> str:
    import textwrap

    return textwrap.dedent(text)


@pytest.mark.parametrize("case", LONG)
def test_an_interrupt_is_heard_within_a_fifth_of_a_second(case):
    """Of the process's own time: what a busy machine takes from it does not count."""
    program = PROGRAM.format(rows=ROWS, body=body(LONG[case]))
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read() if process.stderr else ""
        time.sleep(0.2)
        before = cpu_s(process.pid)
        process.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            process.kill()
        _, errors = process.communicate()
    assert "KeyboardInterrupt" in errors
    # The end of an interpreter with much memory is in it: hence the margin.
    assert usage.ru_utime + usage.ru_stime - before < 0.2 + 0.3


def cpu_s(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_command_that_is_interrupted_ends_with_a_word(tmp_path):
    program = "from velora.cli import main; main()"
    command = [sys.executable, "-c", program, "demo", "--events", "100000000", "--html", "report.html"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "interrupted\n"
    assert list(tmp_path.iterdir()) == []
