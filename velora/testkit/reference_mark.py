"""Mark of a position by the rules of ``csrc/include/velora/mark.h``, written for readability."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from velora.core.events import EventFlag, EventKind, Side
from velora.core.instrument import Instrument
from velora.core.orders import MarkSource

__all__ = ["ReferenceMark", "ReferenceMarks"]


class ReferenceMark(NamedTuple):
    """A price, its source, and when it was last known; the price is None if unknown.

    Attributes
    ----------
    price : Fraction or None
        The price, None if unknown.
    source : MarkSource
        What it rests on.
    ts : int
        When it was last known: ns, the local clock.
    """

    price: Fraction | None
    source: MarkSource
    ts: int


_UNKNOWN = ReferenceMark(None, MarkSource.UNKNOWN, 0)


def _newest(*marks: ReferenceMark) -> ReferenceMark:
    """The latest known mark, the first of equal ones."""
    known = [mark for mark in marks if mark.price is not None]
    return max(known, key=lambda mark: mark.ts, default=_UNKNOWN)


def _worst(lots: int, *marks: ReferenceMark) -> ReferenceMark:
    """The worst mark for a position, the first of equal ones."""
    sign = 1 if lots > 0 else -1
    return min(marks, key=lambda mark: sign * (mark.price or Fraction(0)))


class ReferenceMarks:
    """Marks of one instrument.

    Parameters
    ----------
    instrument : Instrument
    quote_fed : bool
        Whether quotes make the book, as for data without depth.
    """

    def __init__(self, instrument: Instrument, *, quote_fed: bool = False) -> None:
        self._tick = Fraction(instrument.tick_num, instrument.tick_den)
        self._quote_fed = quote_fed
        self._levels: list[dict[int, int]] = [{}, {}]
        self._is_stale = self._in_snapshot = False
        self._mid: tuple[int, int, int] | None = None  # bid, ask, time
        self._side: tuple[int, int, int] | None = None  # side, price, time
        self._quote: list[tuple[int, int]] = [(0, 0), (0, 0)]
        self._quote_ts: int | None = None
        self._events = [_UNKNOWN, _UNKNOWN]  # trade, mark price

    def _best(self, side: int) -> int | None:
        levels = self._levels[side]
        return (max(levels) if side == Side.BUY else min(levels)) if levels else None

    def _keep(self, bid: int | None, ask: int | None, now: int) -> None:
        if self._is_stale or self._in_snapshot:
            return
        if bid is not None and ask is not None:
            self._mid = (bid, ask, now)
        elif bid is not None or ask is not None:
            side = Side.BUY if bid is not None else Side.SELL
            self._side = (side, bid if bid is not None else ask or 0, now)

    def on_row(self, now: int, kind: int, side: int, price: int, qty: int, flags: int = EventFlag.LAST) -> None:
        """Process a row at its receipt."""
        before = self._best(0), self._best(1)
        if kind == EventKind.TRADE and not flags & EventFlag.OFF_BOOK:
            self._events[0] = ReferenceMark(price * self._tick, MarkSource.TRADE, now)
        elif kind in (EventKind.MARK_PRICE, EventKind.FUNDING) and price:
            self._events[1] = ReferenceMark(Fraction(price, 10**8), MarkSource.MARK_PRICE, now)
        elif kind == EventKind.GAP:
            self._keep(*before, now)
            self._is_stale = True
        elif kind == EventKind.SNAPSHOT_BEGIN:
            self._keep(*before, now)
            self._levels = [{}, {}]
            self._in_snapshot = True
        elif kind == EventKind.SNAPSHOT_END:
            self._in_snapshot = self._is_stale = False
        elif kind == EventKind.QUOTE:
            self._quote[side], self._quote_ts = (price, qty), now
            if self._quote_fed:
                self._is_stale = False  # a quote is the complete state of such a book
                self._levels[side] = {price: qty} if qty else {}
        elif kind == EventKind.DELTA and qty:
            self._levels[side][price] = qty
        elif kind == EventKind.DELTA:
            self._levels[side].pop(price, None)
        if kind in (EventKind.QUOTE, EventKind.DELTA):
            after = self._best(0), self._best(1)
            if any(old is not None and new is None for old, new in zip(before, after, strict=True)):
                self._keep(*before, now)

    def _at(self, ticks: int, source: MarkSource, ts: int) -> ReferenceMark:
        return ReferenceMark(ticks * self._tick, source, ts)

    def _last_mid(self) -> ReferenceMark:
        if self._mid is None:
            return _UNKNOWN
        bid, ask, ts = self._mid
        return ReferenceMark((bid + ask) * self._tick / 2, MarkSource.LAST_MID, ts)

    def _by_side(
        self, lots: int, side: int, price: int, ts: int, earlier: ReferenceMark, event: ReferenceMark
    ) -> ReferenceMark:
        shown, mid = self._at(price, MarkSource.QUOTE, ts), self._last_mid()
        if lots == 0 or (lots > 0) != (side == Side.BUY):  # not the side that the position would be closed against
            found = _newest(earlier, event)
            if found.price is None:
                return shown
            return found if lots == 0 else _worst(lots, found, shown)
        if self._mid is None or price != self._mid[side]:
            return shown
        if event.price is not None and event.ts > mid.ts:
            mid = _worst(lots, mid, event)
        return _worst(-lots, shown, mid)

    def _before(self, lots: int) -> ReferenceMark:
        """The mark as of the time when the book was last not stale."""
        mid = self._last_mid()
        if self._side is None or (self._mid is not None and self._side[2] < mid.ts):
            return mid
        return self._by_side(lots, *self._side, mid, _UNKNOWN)

    def mark(self, lots: int, now: int) -> ReferenceMark:
        """Mark of a position of `lots`; only the sign matters."""
        bid, ask = self._best(0), self._best(1)
        is_whole = not self._is_stale and not self._in_snapshot
        event = _newest(*self._events)
        if is_whole and bid is not None and ask is not None:
            return ReferenceMark((bid + ask) * self._tick / 2, MarkSource.MID, now)
        if self._quote_ts is not None and all(qty for _, qty in self._quote):
            is_newer = self._mid is None or self._quote_ts > self._mid[2]
            if is_newer and (self._side is None or self._quote_ts >= self._side[2]):
                quoted = sum(price for price, _ in self._quote) * self._tick / 2
                return _newest(ReferenceMark(quoted, MarkSource.LAST_MID, self._quote_ts), event)
        if is_whole and bid is not None:
            return self._by_side(lots, Side.BUY, bid, now, self._before(lots), event)
        if is_whole and ask is not None:
            return self._by_side(lots, Side.SELL, ask, now, self._before(lots), event)
        found = _newest(self._before(lots), event)
        is_old = found.source in (MarkSource.LAST_MID, MarkSource.QUOTE)
        if is_old and lots and not self._in_snapshot and bid is not None and ask is not None and bid < ask:
            stale = ReferenceMark((bid + ask) * self._tick / 2, MarkSource.STALE_MID, now)
            return _worst(lots, found, stale)
        return found
