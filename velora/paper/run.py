"""`PacedRun`: run a `Backtest` in real time."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from velora.backtest.run import Backtest, Run
from velora.data.source import extent_of
from velora.engine.intake import Intake
from velora.engine.journal import JournalWriter
from velora.errors import InvalidArgument, NotPicklable
from velora.paper.alarm import Alarm
from velora.paper.clock import LocalClock, PacedClock
from velora.paper.driver import Lateness, PacedDriver
from velora.paper.head import head_of
from velora.paper.read_ahead import ReadAhead

if TYPE_CHECKING:
    from velora.backtest.replay import Replay
    from velora.backtest.result import Result
    from velora.core.instrument import Instrument
    from velora.data import EventSource
    from velora.engine.kernel import Kernel
    from velora.strategy.base import StrategyBase

__all__ = ["PacedRun"]

#: Inputs delivered before the loop processes its other work.
_BUDGET = 512
#: Shorter waits are skipped: the loop itself takes as long.
_SHORT_NS = 20_000


class _Joined(Run):
    """A run whose kernel is driven by a clock."""

    def __init__(self, test: Backtest, clock: LocalClock, journal: str | PathLike[str] | None) -> None:
        self._live_clock = clock
        self._journal_path = journal
        super().__init__(test)

    def _sources(self) -> list[EventSource]:
        sources = super()._sources()
        ends = [_end_of(source) for source in sources]
        known = [end for end in ends if end is not None]
        self.feed_end = max(known) if len(known) == len(ends) else None
        return [ReadAhead(source) for source in sources]

    def _join(self, kernel: Kernel, link_of: list[int]) -> Replay:
        writer = None
        if self._journal_path is not None:
            head = head_of(self._backtest, self.instruments, self._given, self._capital, self._live_clock)
            writer = JournalWriter(self._journal_path, head)
        self.driver = PacedDriver(kernel, self.venue, self._feeds, *self._ways(), link_of)
        self.driver.connect(Intake(kernel, writer), self._live_clock)
        return self.driver

    def advance(self, *_: object, **__: object) -> bool:
        raise InvalidArgument("a paced run follows its clock: use run, or pump with your own clock")

    advance_to = advance_to_end = advance  # type: ignore[assignment]


class PacedRun:
    """A strategy over a replayed feed in real time, against the simulated venue.

    Kernel, venue and links are those of the backtest. Only the delivery of inputs differs: here they follow a clock
    that does not wait. Rows, reports and timers reach the strategy when they are due and this machine has processed the
    earlier ones, and orders leave when the strategy has decided.

    Parameters
    ----------
    test : Backtest
        Data, strategy and assumptions. Rows are due at their times of receipt.
    speed : float
        Speed as a multiple of real time.
    journal : str or path, optional
        New file to record inputs and decisions, for `replay_journal`; it must not exist. By default none is written.
    clock : LocalClock, optional
        Clock to use instead of the machine's, without `speed`: a `ManualClock` for tests.

    Examples
    --------
    >>> test = Backtest(data="catalog/", strategy=Quoter(), latency="5ms")  # doctest: +SKIP
    >>> result = PacedRun(test, speed=10, journal="today.journal").run()  # doctest: +SKIP
    """

    def __init__(
        self,
        test: Backtest,
        *,
        speed: float = 1.0,
        journal: str | PathLike[str] | None = None,
        clock: LocalClock | None = None,
    ) -> None:
        if test.rules is not None:
            raise InvalidArgument("a paced run needs Velora's own rules: hftbacktest's process events in another order")
        if clock is not None and speed != 1.0:
            raise InvalidArgument("set speed or clock, not both")
        self._test = test
        self.clock = PacedClock(speed) if clock is None else clock
        self.speed = speed
        self.journal = None if journal is None else Path(journal)
        self._joined: _Joined | None = None
        self._alarm: Alarm | None = None
        self._is_stopping = False
        self._elapsed_s = 0.0

    # ------------------------------------------------------------------ running

    def __reduce__(self) -> tuple[Any, ...]:
        raise NotPicklable("a paced run follows the clock and can be neither pickled nor copied: start another")

    def run(
        self,
        status: Callable[[PacedRun], object] | None = None,
        *,
        on_hangup: Callable[[PacedRun], object] | None = None,
    ) -> Result:
        """Run to the end of the feed on a new event loop; of uvloop if installed.

        Ctrl-C stops the run like `stop`.

        Parameters
        ----------
        status : callable, optional
            Called with this run four times a second.
        on_hangup : callable, optional
            Called with this run on SIGHUP, between two inputs, to read a configuration again as servers do.
        """
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(self._run_with_signals(status, on_hangup))

    async def _run_with_signals(
        self, status: Callable[[PacedRun], object] | None, on_hangup: Callable[[PacedRun], object] | None
    ) -> Result:
        loop = asyncio.get_running_loop()
        handled = []
        wanted: dict[int, Callable[[], object]] = {signal.SIGINT: self.stop, signal.SIGTERM: self.stop}
        if on_hangup is not None and hasattr(signal, "SIGHUP"):
            wanted[signal.SIGHUP] = partial(on_hangup, self)
        for number, handler in wanted.items():
            try:
                loop.add_signal_handler(number, handler)
            except (NotImplementedError, RuntimeError, ValueError):  # not the main thread, or not supported
                continue
            handled.append(number)
        try:
            return await self.run_async(status)
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    async def run_async(self, status: Callable[[PacedRun], object] | None = None) -> Result:
        """Run to the end of the feed, or until `stop`, on the running loop."""
        loop = asyncio.get_running_loop()
        self._alarm = Alarm(loop)
        reporter = None if status is None else asyncio.ensure_future(_report_status(self, status))
        try:
            self.start()
            self.driver.on_given = self._alarm.ring
            while not self._is_stopping and self.pump(_BUDGET):
                wait_ns = self.clock.real_ns(self.driver.next_due - self.clock.now())
                if wait_ns > _SHORT_NS:
                    await self._alarm.wait(wait_ns)
                else:
                    await asyncio.sleep(0)
            return self.finish()
        finally:
            if reporter is not None:
                reporter.cancel()
            if self._joined is not None:
                self.driver.on_given = None
            self._alarm.close()
            self._alarm = None
            self.close()

    def stop(self) -> None:
        """Stop normally: the strategies' `on_stop`, the last sample, the journal's end. Safe from a signal handler."""
        self._is_stopping = True
        if self._alarm is not None:
            self._alarm.ring()

    # ------------------------------------------------------------------ manual control

    def start(self) -> None:
        """Read the first rows, start the clock and the strategies. `run` does this."""
        if self._joined is not None:
            raise InvalidArgument("this run has started already; create another")
        began = time.perf_counter()
        self._joined = _Joined(self._test, self.clock, self.journal)
        self._began = began

    def pump(self, budget: int = _BUDGET) -> bool:
        """Deliver the due inputs; returns whether the feed continues. `run` does this."""
        return self.driver.pump(budget)

    def finish(self) -> Result:
        """Stop the strategies, end the journal and return the result. `run` does this."""
        joined = self._started()
        self.driver.stop()  # before the slow import of the result's modules
        joined._elapsed_s = time.perf_counter() - self._began
        result = joined.finish()
        self.close()
        return result

    def close(self) -> None:
        """Close the journal, also after an abnormal end; may be called repeatedly."""
        if self._joined is not None and self.driver.intake.journal is not None:
            self.driver.intake.journal.close()

    def _started(self) -> _Joined:
        if self._joined is None:
            raise InvalidArgument("the run has not started")
        return self._joined

    # ------------------------------------------------------------------ state

    @property
    def driver(self) -> PacedDriver:
        """The driver that delivers the kernel's inputs."""
        return self._started().driver

    @property
    def joined(self) -> Run:
        """Books and positions, in the form of a backtest's `Run`."""
        return self._started()

    @property
    def now(self) -> int:
        """Local time of the last input, ns."""
        return self.driver.now

    @property
    def lateness(self) -> Lateness:
        """Delay of the inputs after their due times, in local time."""
        return self.driver.lateness

    @property
    def strategies(self) -> dict[str, StrategyBase]:
        """The strategies by name, in the order of delivery; setting their parameters is an input of the run."""
        return self._test.strategies

    @property
    def feed_end(self) -> int | None:
        """Local time of the feed's last row, ns; None if a source does not say how far it goes."""
        return self._started().feed_end

    def holding(self, instrument: Instrument) -> tuple[int, float | None]:
        """Lots and PnL in an instrument, over all strategies; the PnL is None if a mark is unknown."""
        positions = [strategy.position(instrument) for strategy in self._test.strategies.values()]
        gains = [one.pnl for one in positions]
        known = [gain for gain in gains if gain is not None]
        return sum(one.qty_lots for one in positions), sum(known) if len(known) == len(gains) else None

    @property
    def hash(self) -> str:
        """Hash of the local side, as in the journal's last record."""
        return self.driver.intake.hash()


def _end_of(source: EventSource) -> int | None:
    """Time of the last row of a source, ns, if it says so before it is read."""
    extent = extent_of(source)
    if extent is None or extent.is_whole:
        return None if extent is None else extent.last
    return getattr(source, "end_ns", None)


async def _report_status(run: PacedRun, status: Callable[[PacedRun], object]) -> None:
    while True:
        await asyncio.sleep(0.25)
        if run._joined is not None:
            status(run)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's factory, if installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
