"""Limits on the age of data and signals: beyond them a strategy's quotes are pulled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from velora.core.book import OrderBookL2
from velora.core.clock import DurationLike, duration_ns
from velora.core.context import Context
from velora.core.instrument import Instrument
from velora.core.market import Signal
from velora.errors import InvalidArgument

__all__ = ["Freshness"]

_Where = str | Instrument
_Hook = Callable[[str], object]


class _Watch:
    """A limit on the age of one instrument's data or one signal, and the instruments whose quotes depend on it."""

    __slots__ = ("book", "is_stale", "limit_ns", "on_fresh", "on_stale", "pulls", "timer", "ts", "what")

    def __init__(
        self,
        what: str,
        limit_ns: int,
        book: OrderBookL2 | None,
        pulls: list[Instrument],
        on_stale: _Hook,
        on_fresh: _Hook,
    ) -> None:
        self.what = what
        self.limit_ns = limit_ns
        self.book = book
        self.pulls = pulls
        self.on_stale = on_stale
        self.on_fresh = on_fresh
        self.ts = 0  # of the newest datum; of the watch's beginning before the first
        self.is_stale = False
        self.timer = 0

    def newest(self) -> int:
        if self.book is not None and self.book.ts_event > self.ts:
            self.ts = self.book.ts_event
        return self.ts


class Freshness:
    """The component of a strategy that pulls quotes when the data that they depend on are old.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._watches: dict[str, _Watch] = {}

    def set_limit(
        self,
        what: _Where,
        limit: DurationLike,
        pulls: Sequence[_Where] | None,
        on_stale: _Hook,
        on_fresh: _Hook,
    ) -> None:
        """Set how old the data of an instrument, or a signal, may be; see `Strategy.max_age`."""
        context = self._context
        limit_ns = duration_ns(limit, "limit")
        if limit_ns <= 0:
            raise InvalidArgument(f"limit must be positive, was {limit!r}")
        known = {one.symbol: one for one in context.instruments}
        known.update({f"{one.symbol}@{one.venue}": one for one in context.instruments})
        instrument = what if isinstance(what, Instrument) else known.get(what)
        name = what if isinstance(what, str) else what.symbol
        book = None if instrument is None else context.book(instrument)
        if pulls is not None:
            pulled = [context.instrument(one) for one in pulls]
        else:
            pulled = context.instruments if instrument is None else [context.instrument(instrument)]
        if not self._watches:
            context.subscribe_hook("on_signal", self._note_signal, first=True)
            context.guard_quotes(self._may_quote)
        old = self._watches.get(name)
        if old is not None:
            context.cancel_timer(old.timer)
        watch = self._watches[name] = _Watch(name, limit_ns, book, pulled, on_stale, on_fresh)
        watch.ts = context.now
        if old is not None:
            watch.ts, watch.is_stale = old.ts, old.is_stale
        self._check_age(watch)

    def age_ns(self, what: _Where) -> int:
        """Age of an instrument's data or a signal that has a limit, ns."""
        name = what if isinstance(what, str) else what.symbol
        watch = self._watches.get(name)
        if watch is None:
            raise InvalidArgument(f"{name} is not watched: set its max_age first")
        return self._context.now - watch.newest()

    @property
    def stale(self) -> list[str]:
        """Instruments and signals that are older than their limits now, in the order in which those were set."""
        return [watch.what for watch in self._watches.values() if watch.is_stale]

    def _note_signal(self, signal: Signal) -> None:
        watch = self._watches.get(signal.name)
        if watch is not None and watch.book is None:
            watch.ts = signal.ts
            if watch.is_stale:
                self._check_age(watch)

    def _check_age(self, watch: _Watch) -> None:
        """Act on a change, and set the timer for the next check."""
        self._judge(watch)
        self._context.cancel_timer(watch.timer)
        if watch.is_stale:
            # Nothing is called when a book comes back; to quote again within a quarter of the limit is soon enough.
            delay = max(watch.limit_ns // 4, 1)
        else:
            delay = max(watch.ts + watch.limit_ns + 1 - self._context.now, 1)
        watch.timer = self._context.call_after(delay, lambda: self._check_age(watch), "max_age")

    def _judge(self, watch: _Watch) -> bool:
        """Whether a watch is stale now; pulls quotes and calls the hooks upon a change."""
        is_old = self._context.now - watch.newest() > watch.limit_ns
        is_stale = is_old or (watch.book is not None and watch.book.is_stale)
        if is_stale != watch.is_stale:
            watch.is_stale = is_stale
            if is_stale:
                for instrument in watch.pulls:
                    self._context.pull_quotes(instrument)
                watch.on_stale(watch.what)
            else:
                watch.on_fresh(watch.what)
        return is_stale

    def _may_quote(self, instrument: Instrument) -> bool:
        """Whether everything that the quotes of an instrument depend on is fresh."""
        is_fresh = True
        for watch in list(self._watches.values()):
            if instrument in watch.pulls and self._judge(watch):
                is_fresh = False
        return is_fresh
