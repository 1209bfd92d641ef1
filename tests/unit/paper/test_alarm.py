"""The alarm of paper runs: with a kernel timer, and with the loop's timer where the system gives none."""

from __future__ import annotations

import asyncio
import errno
import os
import time

import pytest

from velora.paper.alarm import Alarm


async def _elapsed(ns: int) -> float:
    alarm = Alarm(asyncio.get_running_loop())
    try:
        began = time.perf_counter()
        await alarm.wait(ns)
        return time.perf_counter() - began
    finally:
        alarm.close()


async def _ring_ends_the_wait() -> None:
    loop = asyncio.get_running_loop()
    alarm = Alarm(loop)
    try:
        async with asyncio.timeout(60):
            loop.call_soon(alarm.ring)
            await alarm.wait(3_600_000_000_000)
    finally:
        alarm.close()


@pytest.fixture(params=["kernel", "loop"])
def timers(request: pytest.FixtureRequest) -> str:
    """A process without a free descriptor gets no kernel timer, as on a system that has none."""
    return request.param


def _run(coroutine, timers: str):
    if timers == "kernel":
        return asyncio.run(coroutine)
    resource = pytest.importorskip("resource")
    with asyncio.Runner() as runner:
        runner.get_loop()  # opens its own descriptors
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.open(os.devnull, os.O_RDONLY)  # the lowest free one
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            with pytest.raises(OSError) as failed:  # noqa: PT011
                os.open(os.devnull, os.O_RDONLY)
            assert failed.value.errno == errno.EMFILE
            return runner.run(coroutine)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_alarm_waits_its_time(timers: str) -> None:
    assert 0.02 <= _run(_elapsed(20_000_000), timers) < 10


def test_a_ring_ends_a_wait(timers: str) -> None:
    _run(_ring_ends_the_wait(), timers)
