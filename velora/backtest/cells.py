"""Processes that work the cells of a sweep: each cell by one of them, one at a time."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, NamedTuple

from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["Outcome", "Pool"]

#: Time for a worker to end by itself, s.
_PATIENCE_S = 5.0


class Outcome(NamedTuple):
    """What became of one cell: its figures, or the error."""

    figures: Mapping[str, Any]
    error: str | None = None
    traceback: str | None = None
    result: Result | None = None


_Task = Callable[[Mapping[str, Any]], Outcome]


class Pool:
    """Works cells in processes; in this one where there is one worker.

    A worker that dies costs the cell that it worked, and is replaced.

    Parameters
    ----------
    task : callable
        Of the values of a cell. It must not raise. It is inherited by forked workers, and pickled for spawned ones.
    workers : int
    """

    def __init__(self, task: _Task, workers: int) -> None:
        self._task = task
        self._count = workers
        # Forked workers share the data and take any function. Other platforms spawn, where forking is not safe.
        default = "fork" if sys.platform.startswith("linux") else "spawn"
        self._context: Any = multiprocessing.get_context(multiprocessing.get_start_method(allow_none=True) or default)
        self._workers: dict[Connection, Any] = {}
        self._at: dict[Connection, int] = {}

    def run(self, cells: Sequence[Mapping[str, Any]]) -> Generator[tuple[int, Outcome]]:
        """Outcomes with the index of their cell, in the order in which they end."""
        if self._count == 1:
            yield from ((at, self._task(values)) for at, values in enumerate(cells))
            return
        payload = self._payload()
        left = iter(range(len(cells)))
        try:
            for _ in range(self._count):
                self._start(payload)
            for connection in list(self._workers):
                self._give(connection, left, cells)
            while self._workers:
                for ready in wait(list(self._workers)):
                    assert isinstance(ready, Connection)
                    connection = ready
                    at = self._at[connection]
                    try:
                        outcome = connection.recv()
                    except (EOFError, OSError):
                        outcome = self._died(connection)
                        connection = self._start(payload)
                    yield at, outcome
                    self._give(connection, left, cells)
        finally:
            self._end()

    def _payload(self) -> Any:
        """The task as a worker receives it."""
        if self._context.get_start_method() == "fork":
            return self._task
        try:
            return pickle.dumps(self._task)
        except Exception as error:
            raise InvalidArgument(
                f"the factory cannot be sent to a worker process ({error}): define it, and the metric, with def at the "
                "top of a module that can be imported, or give workers=1"
            ) from None

    def _start(self, payload: Any) -> Connection:
        ours, theirs = self._context.Pipe()
        # A forked worker closes the ends of the others, so that it sees when this process has gone.
        inherited = [ours, *self._workers] if self._context.get_start_method() == "fork" else []
        process = self._context.Process(target=_work, args=(theirs, payload, inherited), daemon=True)
        with warnings.catch_warnings():
            # Python warns of forks beside threads; ours of NumPy and Arrow hold no lock that a worker needs.
            warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
            process.start()
        theirs.close()
        self._workers[ours] = process
        return ours  # type: ignore[no-any-return]

    def _give(self, connection: Connection, left: Iterator[int], cells: Sequence[Mapping[str, Any]]) -> None:
        """Send the next cell to a worker, or its end."""
        at = next(left, None)
        if at is None:
            self._workers.pop(connection).join(0)
            connection.close()
            return
        self._at[connection] = at
        try:
            connection.send(cells[at])
        except (OSError, ValueError):
            pass  # the worker has died: reading from it says so
        except Exception as error:
            raise InvalidArgument(f"the values of a cell cannot be sent to a worker process ({error})") from None

    def _died(self, connection: Connection) -> Outcome:
        process = self._workers.pop(connection)
        process.join(_PATIENCE_S)
        connection.close()
        code = process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        why = ", as processes do that run out of memory" if code == -signal.SIGKILL else ""
        return Outcome({}, f"the worker process ended with {how}{why}")

    def _end(self) -> None:
        for connection, process in self._workers.items():
            process.terminate()
            process.join(_PATIENCE_S)
            connection.close()
        self._workers.clear()


def _work(connection: Connection, payload: Any, inherited: list[Connection]) -> None:
    """A worker's life: cells in, outcomes out, until the connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    failed = None
    if isinstance(payload, bytes):
        try:
            payload = pickle.loads(payload)
        except Exception as error:
            failed = Outcome(
                {},
                f"the factory cannot be read by a worker process ({type(error).__name__}: {error}): define it in a "
                "module that can be imported, or give workers=1",
            )
    while True:
        try:
            values = connection.recv()
        except (EOFError, OSError):
            return
        outcome = payload(values) if failed is None else failed
        try:
            connection.send(outcome)
        except (OSError, BrokenPipeError):
            return
        except Exception as error:
            connection.send(Outcome({}, f"{type(error).__name__}: {error}"))
