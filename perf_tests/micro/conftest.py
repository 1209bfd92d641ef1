"""Prints nanoseconds an operation beside pytest-benchmark's table of passes."""

from __future__ import annotations

import pytest

from perf_tests.micro.report import OPERATIONS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    timed = config.stash.get(OPERATIONS, [])
    if timed:
        terminalreporter.section("time of one operation, fastest pass")
    for one in timed:
        terminalreporter.line(f"{one.name:<22} {one.ns:10,.1f} ns a {one.unit}")
