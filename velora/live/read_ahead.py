"""A source read by a thread of its own, some chunks ahead, so that a node does not stand still while it is decoded."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from velora.data import EventSource, EventTable

__all__ = ["ReadAhead"]

#: Chunks read ahead at most.
_AHEAD_MAX = 4


class ReadAhead:
    """The same events as a source's.

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
        self.has_trades = bool(getattr(source, "has_trades", False))

    def chunks(self, rows: int) -> Iterator[EventTable]:
        """Tables of at most `rows` rows; a new pass, and a thread for it, at each call."""
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
                for chunk in self._source.chunks(rows):
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
