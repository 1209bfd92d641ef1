"""The smallest script that still goes wrong in the same way."""

from __future__ import annotations

import time

from .server import Fault, Server


def same(first: Fault, second: Fault | None) -> bool:
    """Whether two faults are one."""
    return second is not None and (first.kind, first.trace or first.key) == (second.kind, second.trace or second.key)


def shrink(server: Server, fault: Fault, seconds: float = 60.0) -> Fault:
    """Take out statements, halves first, as long as the fault stays; what does not repeat is given back as it is."""
    until = time.monotonic() + seconds
    replay = server.replay_for_leaks if fault.kind == "leak" else server.replay
    statements = [one for one in fault.statements if not one.startswith("#")]
    found = None
    for _ in range(3):
        found = replay(statements)
        if same(fault, found):
            break
    else:
        fault.detail += " (does not repeat)"
        return fault
    size = max(1, len(statements) // 2)
    while size >= 1 and time.monotonic() < until:
        at = 0
        while at < len(statements) and time.monotonic() < until:
            fewer = statements[:at] + statements[at + size :]
            again = replay(fewer) if fewer else None
            if same(fault, again):
                statements, found = fewer, again
            else:
                at += size
        size //= 2
    if found is not None:
        fault.output = found.output
    fault.statements = statements
    return fault


def as_program(fault: Fault) -> str:
    """A script as a program to run in the folder `tests`."""
    return "\n".join(["from hunt.prelude import *", *fault.statements])
