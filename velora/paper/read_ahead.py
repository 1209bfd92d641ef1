"""Reading of a source ahead in a separate thread, so that decoding does not block the run."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from velora.data import EventSource, EventTable
from velora.data.source import Opening, extent_of, opening_of

__all__ = ["ReadAhead"]

#: Maximum number of chunks read ahead.
_AHEAD_MAX = 4


class ReadAhead:
    """An event source with the same events as another one.

    Parameters
    ----------
    source : EventSource
    """

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self.instrument = source.instrument
        self.disorder_ns = source.disorder_ns
        self.has_depth = source.has_depth
        self.has_orders = bool(getattr(source, "has_orders", False))
        if hasattr(source, "has_trades"):
            self.has_trades = bool(source.has_trades)
        extent = extent_of(source)
        self.period = None if extent is None else (extent.first, extent.last)
        self.rows = 0 if extent is None else extent.rows

    def chunks(self, rows: int) -> Iterator[EventTable]:
        """Tables of at most `rows` rows; each call starts a new pass and a thread for it."""
        return self._ahead(self._source.chunks(rows))

    def opening(self, rows: int, slack_ns: int | None = 0) -> Opening | None:
        """See `velora.data.source.opening_of`."""
        found = opening_of(self._source, rows, slack_ns)
        return None if found is None else found._replace(chunks=self._ahead(found.chunks))

    def _ahead(self, chunks: Iterator[EventTable]) -> Iterator[EventTable]:
        ready: queue.Queue[EventTable | BaseException | None] = queue.Queue(_AHEAD_MAX)
        is_wanted = threading.Event()
        is_wanted.set()

        def put(item: EventTable | BaseException | None) -> None:
            while is_wanted.is_set():
                try:
                    ready.put(item, timeout=0.2)
                except queue.Full:
                    continue
                return

        def read() -> None:
            try:
                for chunk in chunks:
                    put(chunk)
                    if not is_wanted.is_set():
                        return
                put(None)
            except BaseException as error:
                put(error)

        thread = threading.Thread(target=read, name=f"velora-read-{self.instrument.symbol}", daemon=True)
        thread.start()
        try:
            while (item := ready.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            is_wanted.clear()
            thread.join()
