"""Limits on the age of data and signals: beyond them a strategy's quotes are pulled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from velora.core.book import OrderBookL2
from velora.core.clock import duration_ns
from velora.core.instrument import Instrument
from velora.core.market import Signal
from velora.errors import InvalidArgument
from velora.strategy.history import Histories, History

__all__ = ["Freshness"]

_Where = str | Instrument
_Duration = str | int | timedelta


class _Watch:
    """One limit: what is watched, how old it may be, and whose quotes hang on it."""

    __slots__ = ("book", "is_stale", "limit_ns", "pulls", "timer", "ts", "what")

    def __init__(self, what: str, limit_ns: int, book: OrderBookL2 | None, pulls: list[Instrument], ts: int) -> None:
        self.what = what
        self.limit_ns = limit_ns
        self.book = book
        self.pulls = pulls
        self.ts = ts  # of the newest datum; of the watch's beginning before the first
        self.is_stale = False
        self.timer = 0

    def newest(self) -> int:
        if self.book is not None and self.book.ts_event > self.ts:
            self.ts = self.book.ts_event
        return self.ts


class Freshness(Histories):
    """The part of `velora.Strategy` that pulls quotes when what they rest on is old."""

    _watches: dict[str, _Watch] | None = None

    def on_stale(self, what: str) -> None:
        """What is watched by `max_age` has become older than its limit; the quotes that hang on it are pulled."""

    def on_fresh(self, what: str) -> None:
        """What was stale is fresh again; quotes are accepted from now on."""

    def max_age(self, what: _Where, limit: _Duration, *, pulls: Sequence[_Where] | None = None) -> None:
        """Set how old the data of an instrument, or a signal, may be before quotes are pulled.

        Parameters
        ----------
        what : str or Instrument
            An instrument of the run, else the name of a signal.
        limit : str, int or timedelta
            The age of an instrument is the local time less `ts_event` of the last update of its book, so the way here
            counts; a book that is stale because its feed lost something is too old at once. The age of a signal is the
            time since it was last emitted, or since this call.
        pulls : sequence of str or Instrument, optional
            Instruments whose quotes are pulled; the instrument itself, or for a signal all, when not given.

        Notes
        -----
        The limit holds to the nanosecond: a timer is due when the newest datum reaches it. It is checked again before
        each `quote`, which then pulls instead of quoting; orders sent by `buy` and `sell` are left alone.
        """
        limit_ns = duration_ns(limit)
        if limit_ns <= 0:
            raise InvalidArgument(f"limit must be positive, was {limit!r}")
        known = {one.symbol: one for one in self.instruments}
        known.update({f"{one.symbol}@{one.venue}": one for one in self.instruments})
        instrument = what if isinstance(what, Instrument) else known.get(what)
        name = what if isinstance(what, str) else what.symbol
        book = None if instrument is None else self.book(instrument)
        if pulls is not None:
            pulled = [self.instrument(one) for one in pulls]
        else:
            pulled = self.instruments if instrument is None else [self.instrument(instrument)]
        if self._watches is None:
            self._watches = {}
            self._context.subscribe_hook("on_signal", self._note_signal, first=True)
            self._guard()
        old = self._watches.get(name)
        if old is not None:
            self.cancel_timer(old.timer)
        watch = self._watches[name] = _Watch(name, limit_ns, book, pulled, self.now)
        if old is not None:
            watch.ts, watch.is_stale = old.ts, old.is_stale
        self._check_age(watch)

    def _guard(self) -> None:
        """Put the check before `quote`; in a warm-up that is refused anyway."""
        if self._watches is not None and not self._is_warming:
            setattr(self, "quote", self._guarded_quote)  # noqa: B010 (a method, to mypy)

    def _warm_up(self, history: History) -> None:
        super()._warm_up(history)
        self._guard()

    def age_ns(self, what: _Where) -> int:
        """Age of what is watched by `max_age`, ns."""
        name = what if isinstance(what, str) else what.symbol
        watch = None if self._watches is None else self._watches.get(name)
        if watch is None:
            raise InvalidArgument(f"{name} is not watched: set its max_age first")
        return self.now - watch.newest()

    @property
    def stale(self) -> list[str]:
        """What is older than its limit now, in the order of `max_age`."""
        return [] if self._watches is None else [watch.what for watch in self._watches.values() if watch.is_stale]

    def _note_signal(self, signal: Signal) -> None:
        assert self._watches is not None
        watch = self._watches.get(signal.name)
        if watch is not None and watch.book is None:
            watch.ts = signal.ts
            if watch.is_stale:
                self._check_age(watch)

    def _check_age(self, watch: _Watch) -> None:
        """Tell of a change, and set the timer for the next look."""
        self._judge(watch)
        self.cancel_timer(watch.timer)
        if watch.is_stale:
            # A book says nothing when it comes back; a quarter of the limit is soon enough to quote again.
            delay = max(watch.limit_ns // 4, 1)
        else:
            delay = max(watch.ts + watch.limit_ns + 1 - self.now, 1)
        watch.timer = self.after(delay, lambda: self._check_age(watch), name="max_age")

    def _judge(self, watch: _Watch) -> bool:
        is_stale = self.now - watch.newest() > watch.limit_ns or (watch.book is not None and watch.book.is_stale)
        if is_stale != watch.is_stale:
            watch.is_stale = is_stale
            if is_stale:
                for instrument in watch.pulls:
                    super().quote(instrument)  # nothing should stand
                self.on_stale(watch.what)
            else:
                self.on_fresh(watch.what)
        return is_stale

    def _guarded_quote(self, instrument: _Where, *args: Any, **options: Any) -> None:
        """`quote`, unless something that these quotes hang on is stale: then nothing stands."""
        assert self._watches is not None
        one = self.instrument(instrument)
        is_blocked = False
        for watch in self._watches.values():
            if one in watch.pulls and self._judge(watch):
                is_blocked = True
        if is_blocked:
            super().quote(one)
        else:
            super().quote(one, *args, **options)
