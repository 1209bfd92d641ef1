"""A slow, simple reference for the venue over recorded flow: dictionaries and lists that are searched at each query.

It is the oracle of the differential tests: keep it simple, never optimize it. The rules are those of
``csrc/include/velora/venue.h``; prices are ticks and quantities lots. It is one file of more than 900 lines: one
model, read from top to bottom beside that header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from velora.core.events import EventFlag, EventKind
from velora.testkit.reference_contingency import (
    ACTIVE,
    AMEND,
    AMEND_REJECTED,
    BUY,
    BY_ASK,
    BY_BID,
    BY_MARK,
    CANCEL_REJECTED,
    DAY,
    EXPIRED,
    FILL,
    FOK,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    NEW,
    R_FOK,
    R_IOC,
    R_NO_LIQUIDITY,
    R_REDUCE_ONLY,
    REDUCE_ONLY,
    REJECTED,
    RESTING,
    SELL,
    STOP,
    STP_BOTH,
    STP_DECREMENT,
    STP_NONE,
    STP_TAKER,
    TOUCHED,
    ReferenceCommand,
    ReferenceContingency,
    ReferenceOrder,
    ReferenceReport,
)

__all__ = ["ReferenceVenue", "VenueFill"]

QUEUE, THROUGH, CROSS, TAKER = 0, 1, 2, 3
R_HALTED, R_FILTER, R_UNKNOWN_BOOK = 6, 7, 13
DOUBT_QUEUE, DOUBT_BOOK, DOUBT_SIDE, DOUBT_PRINT = 1, 2, 4, 8
UNKNOWN = 1e18
QUOTE_TRUST_NS = 1_000_000_000
PRINTS_RECENT = 16
ESTIMATED_NS = 1_000_000_000
DAY_NS = 86_400_000_000_000
INFINITE = float("inf")
RATE_SCALE = 100_000_000  # of marks
ORDER_KINDS = (EventKind.ORDER_ADD, EventKind.ORDER_CHANGE, EventKind.ORDER_CANCEL, EventKind.ORDER_EXECUTE)


class VenueFill(NamedTuple):
    """A fill, in addition to its report.

    Attributes
    ----------
    order_id, side : int
        Id and `velora.Side` of the order.
    price, qty : int
        Ticks and lots.
    cause, doubts : int
        `velora.FillCause` and bits of `velora.FillDoubt`.
    row : int
        Row of the event table that caused it.
    """

    order_id: int
    side: int
    price: int
    qty: int
    cause: int
    row: int
    doubts: int = 0


@dataclass
class _Recorded:
    """A recorded order of a feed by order."""

    id: int
    side: int
    price: int
    qty: int


@dataclass
class _QueuePosition:
    """Queue position of an own order."""

    ahead: float
    traded: float = 0.0
    cut: float = 0.0
    cut_ts: int | None = None
    before_us: list[_Recorded] = field(default_factory=list)  # by order: the recorded orders ahead
    carried_lots: int = 0
    last_trade_row: int = -1
    doubts: int = 0
    kept: float | None = None  # by order: lots ahead when the level left the view
    listed: float = 0  # lots of these that are listed again


def _risk_averse(ahead: float, before: float, after: float, traded: float) -> float:
    return min(ahead, after)


def _optimistic(ahead: float, before: float, after: float, traded: float) -> float:
    gone = before - after - traded
    return max(0.0, min(ahead - gone if gone > 0 else ahead, after))


MODELS: dict[str, Callable[[float, float, float, float], float]] = {
    "risk_averse": _risk_averse,
    "optimistic": _optimistic,
}


class ReferenceVenue(ReferenceContingency):
    """One instrument and one account.

    Parameters
    ----------
    queue : {"risk_averse", "optimistic"}
    by_order : bool
        Whether rows are by order.
    min_qty : int
        Smallest quantity of an order, lots.
    min_notional : int
        Minimum value of an order, ticks times lots.
    quote_fed : bool
        Whether the book consists of quotes only.
    has_trades : bool
        Whether the data has trades.
    take_unknown : bool
        Whether takers may fill against quantity that the data does not confirm.
    children : {"fills", "whole"}
    oco : {"protect", "cancel"}
    last_by_quotes : bool
        Whether triggers by the last trade use the other side of the book before the first trade.
    """

    def __init__(
        self,
        queue: str = "risk_averse",
        *,
        by_order: bool = False,
        min_qty: int = 1,
        min_notional: int = 0,
        quote_fed: bool = False,
        has_trades: bool = True,
        take_unknown: bool = False,
        children: str = "fills",
        oco: str = "protect",
        last_by_quotes: bool = False,
    ) -> None:
        super().__init__(children=children, oco=oco)
        self.lacks_prints = last_by_quotes
        self.min_notional = min_notional
        self.model = MODELS[queue]
        self.optimistic = queue == "optimistic"
        self.quote_fed = quote_fed
        self.has_trades = has_trades
        self.take_unknown = take_unknown
        self.snapshot_reach: dict[int, tuple[float, int] | None] = {
            BUY: None,
            SELL: None,
        }  # worst price and number of levels of the last snapshot
        self.quotes: dict[int, tuple[int | None, int, int, int]] = {}  # side -> price, lots, ts, row
        self.quote_taken = {BUY: 0, SELL: 0}  # lots of the newest quote taken by own orders
        self.shown_before: dict[tuple[int, int], int | None] = {}  # own levels when a snapshot began
        self.best_before: dict[int, int | None] = {BUY: None, SELL: None}
        self.best_lots_before = {BUY: 0, SELL: 0}
        self.front: dict[int, int] = {}  # without a snapshot: worst price at which a trade has executed
        self.gapped = self.estimated = False
        self.blocked: set[int] = set()
        self.last_print: dict[int, int] = {}  # aggressor -> price
        self.recent: list[int] = []  # prices of trades while there is no book
        self.doubts = 0
        self.by_order = by_order
        self.min_qty = min_qty
        self.levels: dict[tuple[int, int], int] = {}  # (side, price) -> lots
        self.recorded: list[_Recorded] = []  # by order, in time priority
        self.queue_positions: dict[int, _QueuePosition] = {}  # order id -> queue position of resting orders
        self.taken: dict[tuple[int, int], int] = {}
        self.printed: dict[int, dict[int, int]] = {BUY: {}, SELL: {}}  # price -> lots since the last depth row
        self.printed_row = {BUY: -1, SELL: -1}
        self.depth_ts: int | None = None
        self.fills: list[VenueFill] = []
        self.position = 0
        self.cash = 0  # ticks times lots
        self.halted = self.stale = self.in_snapshot = self.has_book = False
        self.ts = 0
        self.rows = 0
        self.missed_at: tuple[int, int, int] | None = None  # instant, side and price of the entries below
        self.missed: list[list[int]] = []  # lots executed behind own orders that were not first, and the row

    # ------------------------------------------------------------------ reading

    def shown(self, side: int, price: int) -> int:
        """Lots that the recorded book shows at a price."""
        if self.by_order:
            return sum(one.qty for one in self.recorded if (one.side, one.price) == (side, price))
        return self.levels.get((side, price), 0)

    def prices(self, side: int) -> list[int]:
        """Recorded prices of a side, best first."""
        if self.by_order:
            found = {one.price for one in self.recorded if one.side == side}
        else:
            found = {price for at, price in self.levels if at == side}
        return sorted(found, reverse=side == BUY)

    def best_shown(self, side: int) -> int | None:
        """Best recorded price of a side."""
        return next(iter(self.prices(side)), None)

    def in_view(self, side: int, price: int) -> bool:
        """Whether the feed would report a level at a price, the book not being stale."""
        prices = self.prices(side)
        if prices and self.snapshot_reach[side] is None:
            front = self.front.get(side)
            first = self._is_better(side, price, prices[0])
            return price in prices or (first and front is not None and self._is_better(side, price, front))
        if not prices:
            return self.snapshot_reach[side] is not None and self.snapshot_reach[side][1] == 0  # type: ignore[index]
        if not self._is_better(side, prices[0], price):
            return True
        if self.quote_fed or self._is_better(side, prices[-1], price):
            return False
        worst, count = self.snapshot_reach[side] or (None, -1)
        reached = worst is not None and not self._is_better(side, worst, price)
        return reached or len(prices) == count or price in prices

    def state(self, side: int, price: int) -> str:
        """Whether a price is shown, empty or unknown."""
        if self.stale or self.in_snapshot:
            return "unknown"
        if self.shown(side, price):
            return "shown"
        return "empty" if self.in_view(side, price) else "unknown"

    def quote(self, side: int) -> tuple[int | None, int, int, int] | None:
        """The newest quote of a side, if it states the current top: price, lots, time and row."""
        found = self.quotes.get(side)
        if found is None:
            return None
        best = self.best_shown(side)
        old = self.depth_ts is not None and self.depth_ts - found[2] > QUOTE_TRUST_NS
        better = best is not None and (found[0] is None or self._is_better(side, best, found[0]))
        return None if old and better else found

    def offered(self, side: int) -> list[int]:
        """Prices that the book or the newest quote shows, best first."""
        quote = self.quote(side)
        found = set(self.prices(side)) | ({quote[0]} if quote and quote[0] is not None else set())
        return sorted(found, reverse=side == BUY)

    def available(self, side: int, price: int) -> int:
        """Lots of a level that are available to a taker."""
        shown = self.shown(side, price)
        lots = shown - self.taken.get((side, price), 0)
        stale = self.stale and not self.take_unknown
        quote = self.quote(side)
        quoted = quote is not None and quote[0] == price
        if quote is not None:
            if quote[0] is None or self._is_better(side, price, quote[0]):
                return 0
            newer = self.depth_ts is None or quote[2] >= self.depth_ts
            left = quote[1] - self.quote_taken[side]
            if quoted and (stale or (shown == 0 and newer)):
                lots = left
            elif quoted:
                lots = min(lots, left)
        if stale and not quoted:
            return 0
        if self.printed[side] and not (quoted and quote[3] > self.printed_row[side]):  # type: ignore[index]
            worst = (min if side == BUY else max)(self.printed[side])
            if price == worst:
                lots -= self.printed[side][worst]
            elif self._is_better(side, price, worst):
                lots = 0
        return max(lots, 0)

    @staticmethod
    def _is_better(side: int, price: float, other: float) -> bool:
        return price > other if side == BUY else price < other

    def _resting(self, side: int, price: int | None = None) -> list[ReferenceOrder]:
        """Own resting orders, best price first, then by time."""
        found = [
            one
            for one in self.live.values()
            if one.state == RESTING and one.spec.side == side and (price is None or one.price == price)
        ]
        return sorted(found, key=lambda one: (one.price if side == SELL else -one.price, one.time))

    def _best_recorded(self, side: int) -> int | None:
        return next((price for price in self.offered(side) if self.available(side, price) > 0), None)

    def _is_blind(self) -> bool:
        """Whether the data shows no liquidity for a taker at all."""
        return self.stale or not (self.has_book or self.quotes)

    def _best_own(self, side: int) -> int | None:
        resting = self._resting(side)
        return resting[0].price if resting else None

    def _best(self, side: int) -> int | None:
        offers = (self._best_recorded(side), self._best_own(side), self._print_price(1 - side))
        found = [price for price in offers if price is not None]
        return (max if side == BUY else min)(found) if found else None

    # ------------------------------------------------------------------ resting

    def _join(self, one: ReferenceOrder) -> None:
        super()._join(one)
        side, price = one.spec.side, one.price
        known = self.state(side, price) != "unknown"
        ahead = self.shown(side, price) if known else 0 if self.optimistic else UNKNOWN
        position = self.queue_positions[one.id] = _QueuePosition(
            ahead=ahead,
            before_us=[other for other in self.recorded if (other.side, other.price) == (side, price)],
            doubts=0 if known else DOUBT_QUEUE,
        )
        if not known and self.by_order:
            self._make_unknown(position)

    def _make_unknown(self, position: _QueuePosition) -> None:
        """The lots ahead are no longer reported."""
        position.doubts |= DOUBT_QUEUE
        if self.by_order and position.kept is None and position.ahead < UNKNOWN:
            position.ahead = self._standing(position)
        if self.optimistic:
            position.ahead, position.before_us = 0, []
        if self.by_order:
            self._settle_listed(position)
            if position.kept is None:
                position.kept = position.ahead

    def _list_again(self, side: int, price: int, lots: int) -> None:
        """A recorded order is listed again: it is ahead up to the lots that were ahead when the level left the view."""
        for one in self._resting(side, price):
            position = self.queue_positions[one.id]
            part = 0 if position.kept is None else min(position.kept - position.listed, lots)
            if part > 0:
                position.listed += part
                position.before_us = [at for at in self.recorded if (at.side, at.price) == (side, price)]

    def _settle_listed(self, position: _QueuePosition) -> None:
        if position.listed:
            position.ahead, position.kept, position.listed = position.listed, None, 0

    def _look(self, side: int, price: int) -> None:
        """Bound the lots ahead of own orders by the level's total."""
        state = self.state(side, price)
        for one in self._resting(side, price):
            position = self.queue_positions[one.id]
            if position.doubts and state == "shown" and not self.by_order:
                position.ahead = min(position.ahead, self.shown(side, price))
            elif position.doubts and state == "empty":
                position.ahead, position.before_us, position.kept, position.listed, position.doubts = 0, [], None, 0, 0

    def _leave(self, one: ReferenceOrder) -> None:
        del self.queue_positions[one.id]

    def _ahead(self, one: ReferenceOrder) -> float:
        position = self.queue_positions[one.id]
        if not self.by_order or position.ahead >= UNKNOWN / 2 or position.kept is not None:
            return position.ahead
        return self._standing(position)

    def _standing(self, position: _QueuePosition) -> int:
        return sum(other.qty for other in position.before_us if any(other is there for there in self.recorded))

    # ------------------------------------------------------------------ fills

    def _fill(self, one: ReferenceOrder, price: int, qty: int, cause: int, doubts: int = 0) -> None:
        sign = 1 if one.spec.side == BUY else -1
        self.position += sign * qty
        self.cash -= sign * qty * price
        self._move_position(one, qty)
        self.fills.append(VenueFill(one.id, one.spec.side, price, qty, cause, self.rows - 1, doubts))
        self.reports.append(
            ReferenceReport(FILL, one.id, price, qty, 0, 1, one.spec.side, 0, int(cause != TAKER), cause)
        )

    def _may_fill(self, one: ReferenceOrder, lots: int) -> int:
        if not one.has(REDUCE_ONLY):
            return lots
        lots = min(lots, self._reducible(one.spec))
        if lots == 0:
            self._end(one, EXPIRED, R_REDUCE_ONLY)
            self._end_pending()
        return lots

    def _fill_resting(self, one: ReferenceOrder, qty: int, cause: int) -> None:
        doubts = self.doubts | (self.queue_positions[one.id].doubts if cause == QUEUE else 0)
        self._fill(one, one.price, qty, cause, doubts)
        one.leaves -= qty
        one.shown -= min(qty, one.shown)
        if cause != QUEUE:
            if not self.by_order:
                self.queue_positions[one.id].ahead = 0.0
                self.queue_positions[one.id].doubts = 0
            if one.shown == 0:
                one.shown = min(one.display, one.leaves)
        self._filled(one, qty)
        if one.leaves == 0:
            self._end(one, FILL)
        elif one.shown == 0:
            self._leave(one)
            self._join(one)
        self._end_pending()

    def _fill_beyond(self, side: int, is_beyond: Callable[[int], bool], volume: int, cause: int) -> int:
        """Fill own orders of a side, best price first, while the price is beyond; returns the remaining volume."""
        while volume > 0:
            resting = self._resting(side)
            if not resting or not is_beyond(resting[0].price):
                break
            qty = self._may_fill(resting[0], min(resting[0].leaves, volume))
            if qty:
                volume -= qty
                self._fill_resting(resting[0], qty, cause)
        return volume

    # ------------------------------------------------------------------ levels

    def _refresh(self, side: int, price: int, before: int, after: int) -> None:
        taken = self.taken.get((side, price), 0)
        if taken and after < before:
            left = after - min(before - taken, after)
            if left:
                self.taken[side, price] = left
            else:
                del self.taken[side, price]

    def _note_taken(self, side: int, price: int, lots: int) -> None:
        self.taken[side, price] = self.taken.get((side, price), 0) + lots
        if side in self.quotes and self.quotes[side][0] == price:
            self.quote_taken[side] += lots

    def _cross(self, side: int, price: int) -> None:
        own_side = 1 - side

        def is_beyond(own: int) -> bool:
            return own <= price if own_side == SELL else own >= price

        best_own = self._best_own(own_side)
        if best_own is None or not is_beyond(best_own):
            return
        quote = self.quote(own_side)
        newer = quote is not None and (self.depth_ts is None or quote[2] >= self.depth_ts)
        stands = quote[0] if quote is not None and newer else self.best_shown(own_side)
        if stands is not None and is_beyond(stands):  # recorded orders fill first
            self.blocked.add(own_side)
            return
        available = self.available(side, price)
        left = self._fill_beyond(own_side, is_beyond, available, CROSS)
        if left < available:
            self._note_taken(side, price, available - left)

    def _can_cross(self) -> bool:
        return not (self.halted or self.stale or self.in_snapshot)

    def _cross_side(self, own_side: int) -> None:
        for price in self.prices(1 - own_side):
            self._cross(1 - own_side, price)

    def _cross_shown(self) -> None:
        """Fill crossed orders after a time without a crossed book."""
        if self._can_cross():
            for own_side in (SELL, BUY):
                self._cross_side(own_side)

    def _unblock(self) -> None:
        """The recorded book may no longer be crossed."""
        bid, ask = self.best_shown(BUY), self.best_shown(SELL)
        if not self._can_cross() or (bid is not None and ask is not None and bid >= ask):
            return
        blocked, self.blocked = self.blocked, set()
        for own_side in (SELL, BUY):
            if own_side in blocked:
                self._cross_side(own_side)

    # ------------------------------------------------------------------ unreported trades

    def _guesses(self) -> bool:
        return (
            self.optimistic
            and (not self.has_trades or self.gapped or self.estimated)
            and not self.halted
            and not self.by_order
        )

    def _guess_print(self, side: int, price: int, lots: int) -> None:
        self.doubts = DOUBT_PRINT
        if self._resting(side):
            self._match_trade(side, price, lots)
        self.doubts = 0

    def _is_across(self, side: int, price: int) -> bool:
        other = self.best_shown(1 - side)
        return other is not None and not self._is_better(side, other, price)

    def _guess_sweep(self, side: int, start: int, now: int | None) -> None:
        """The best price of a side became worse, or the side became empty."""
        if self._is_across(side, start):
            return
        self.doubts = DOUBT_PRINT
        while (best := self._best_own(side)) is not None and (now is None or self._is_better(side, best, now)):
            if self._is_better(side, best, start):
                break
            one = self._resting(side)[0]
            got = self._may_fill(one, one.leaves)
            if got:
                self._fill_resting(one, got, THROUGH)
        while now is not None and (waiting := self._resting(side, now)) and self.queue_positions[waiting[0].id].doubts:
            self._fill_in_queue(waiting[0], 2**62)
        self.doubts = 0

    # ------------------------------------------------------------------ queue positions by level

    def _is_one_instant(self, ts: int | None) -> bool:
        return ts is not None and (ts == self.ts or (self.estimated and ts >= self.ts - ESTIMATED_NS))

    def _update_queue_position(self, one: ReferenceOrder, before: int, after: int) -> None:
        position = self.queue_positions[one.id]
        ahead = position.ahead
        position.ahead = self.model(ahead, before, after, position.traded)
        position.traded = 0.0
        if not self._is_one_instant(position.cut_ts) or ahead >= UNKNOWN / 2:
            position.cut = 0.0
        if position.ahead < ahead < UNKNOWN / 2:
            position.cut += ahead - position.ahead
        position.cut_ts = self.ts
        if after == 0:
            position.doubts = 0

    def _update_queue_positions(self, side: int, price: int, before: int, after: int, *, leaves: bool) -> None:
        for one in self._resting(side, price):
            if leaves:
                self._make_unknown(self.queue_positions[one.id])
            else:
                self._update_queue_position(one, before, after)

    def _note_depth(self) -> None:
        self.depth_ts = self.ts
        self.printed = {BUY: {}, SELL: {}}

    def _set_level(self, side: int, price: int, lots: int, *, restated: bool = False) -> None:
        before, best = self.shown(side, price), self.best_shown(side)
        self._note_depth()
        if before == 0 and lots and not self.in_snapshot:
            self._look(side, price)
        self.levels.pop((side, price), None)
        if lots:
            self.levels[side, price] = lots
        if self.in_snapshot:
            return
        now = self.best_shown(side)
        leaves = restated or (lots == 0 and before > 0 and (now is None or not self.in_view(side, price)))
        worse = best is not None and (now is None or self._is_better(side, best, now))
        if not leaves:
            self._refresh(side, price, before, lots)
        if self._resting(side):
            first = best is None or not self._is_better(side, best, price) or self._is_across(side, best)
            goes = not leaves or (not restated and now is not None and self.snapshot_reach[side] is None)
            if lots < before and goes and first and self._guesses():
                self._guess_print(side, price, before - lots)
                if worse and (not self.has_trades or self.gapped):
                    self._guess_sweep(side, best, now)  # type: ignore[arg-type]
                before = lots
            self._update_queue_positions(side, price, before, lots, leaves=leaves)
        if lots and self._can_cross():
            self._cross(side, price)

    # ------------------------------------------------------------------ snapshots

    def _begin_snapshot(self) -> None:
        if not self.in_snapshot:
            self.shown_before = {}
            for side in (BUY, SELL):
                best = self.best_before[side] = self.best_shown(side)
                self.best_lots_before[side] = 0 if best is None else self.shown(side, best)
                for one in self._resting(side):
                    known = self.has_book and self.in_view(side, one.price)
                    self.shown_before[side, one.price] = self.shown(side, one.price) if known else None
                    self._look(side, one.price)
        self.levels, self.recorded = {}, []
        self.in_snapshot = self.has_book = True
        self.printed = {BUY: {}, SELL: {}}

    def _end_snapshot(self) -> None:
        self.in_snapshot = self.stale = False
        for side in (BUY, SELL):
            prices = self.prices(side)
            self.snapshot_reach[side] = (
                (prices[-1], len(prices)) if prices else (-INFINITE if side == BUY else INFINITE, 0)
            )
            if self._guesses() and self._resting(side):
                self._guess_in_snapshot(side)
            for price in dict.fromkeys(one.price for one in self._resting(side)):
                if self.by_order:
                    for one in self._resting(side, price):
                        self._bound(one)
                    continue
                before, now = self.shown_before.get((side, price)), self.shown(side, price)
                compared = before is not None and not self.gapped
                leaves = not self.in_view(side, price)
                self._update_queue_positions(side, price, before if compared else now, now, leaves=leaves)  # type: ignore[arg-type]
        for side, price in list(self.taken):
            left = self.taken[side, price]
            if self.in_view(side, price):
                left = min(left, self.shown(side, price))
            if left:
                self.taken[side, price] = left
            else:
                del self.taken[side, price]
        self.shown_before = {}
        self.gapped = False
        self.blocked = set()
        self._cross_shown()

    def _guess_in_snapshot(self, side: int) -> None:
        first = self.best_before[side]
        if first is not None and not self._resting(side, first) and self.in_view(side, first):
            gone = self.best_lots_before[side] - self.shown(side, first)
            if gone > 0:
                self._guess_print(side, first, gone)
        for price in dict.fromkeys(one.price for one in self._resting(side)):
            before, now = self.shown_before.get((side, price)), self.shown(side, price)
            if before is not None and before > now and self.in_view(side, price):
                self.shown_before[side, price] = now
                self._guess_print(side, price, before - now)
        start, best = self.best_before[side], self.best_shown(side)
        if start is not None and (best is None or self._is_better(side, start, best)):
            self._guess_sweep(side, start, best)

    def _bound(self, one: ReferenceOrder) -> None:
        """By order: the oldest orders of the level are ahead, up to the lots that were ahead before."""
        position = self.queue_positions[one.id]
        was, sum_ = position.ahead, 0
        position.before_us = []
        for other in self.recorded:
            if (other.side, other.price) == (one.spec.side, one.price) and sum_ < was:
                position.before_us.append(other)
                sum_ += other.qty
        position.ahead = sum_
        position.kept, position.listed = None, 0

    def _gap(self) -> None:
        self.stale = self.gapped = True
        for one in self._resting(BUY) + self._resting(SELL):
            self._make_unknown(self.queue_positions[one.id])

    # ------------------------------------------------------------------ quotes

    def _quote_level(self, side: int, price: int, lots: int) -> None:
        """A quote replaces all that is known of its side."""
        old = self.best_shown(side)
        self.has_book, self.stale = True, False
        self.snapshot_reach[side] = (-INFINITE if side == BUY else INFINITE, 0)
        if lots:
            self._set_level(side, price, lots)
        if old is not None and (lots == 0 or old != price):
            self._set_level(side, old, 0)
        best = self.best_shown(side)
        for at, taken in list(self.taken):
            if at == side and (best is None or self._is_better(side, taken, best)):
                del self.taken[at, taken]
        if old is not None and (best is None or self._is_better(side, old, best)):
            for one in self._resting(side):  # no order is ahead of the best price
                if best is None or self._is_better(side, one.price, best):
                    self.queue_positions[one.id].ahead, self.queue_positions[one.id].doubts = 0.0, 0
        if self.gapped and side == SELL:
            self.gapped = False
            self._cross_shown()

    def _note_quote(self, side: int, price: int, lots: int) -> None:
        """Process a quote beside a feed by level."""
        old = self.quotes.get(side)
        self.quotes[side] = (price if lots else None, lots, self.ts, self.rows)
        if old is not None and lots and old[0] == price:  # as for a level: growth is new quantity
            left = min(old[1] - self.quote_taken[side], lots)
            self.quote_taken[side] = self.quote_taken[side] if lots >= old[1] else lots - left
        else:
            self.quote_taken[side] = min(self.taken.get((side, price), 0), lots)
        if old is not None and old[0] is not None and old[0] != self.quotes[side][0] and not self.shown(side, old[0]):
            self.taken.pop((side, old[0]), None)
        if lots and not self.halted and not self.in_snapshot and self._resting(1 - side):
            self._cross(side, price)

    # ------------------------------------------------------------------ trades

    def _unseen(self, side: int, price: int) -> ReferenceOrder | None:
        return next(
            (one for one in self._resting(side, price) if self.queue_positions[one.id].last_trade_row != self.rows),
            None,
        )

    def _fill_in_queue(self, one: ReferenceOrder, left: int) -> int:
        got = self._may_fill(one, min(one.shown, left))
        if got:
            self._fill_resting(one, got, QUEUE)
        return left - got

    def _print_through(self, side: int, price: int, qty: int) -> int:
        left = self._fill_beyond(side, lambda own: self._is_better(side, own, price), qty, THROUGH)
        if not self.by_order:
            for one in self._resting(side):
                if self._is_better(side, one.price, price):
                    self.queue_positions[one.id].ahead = 0.0
                    self.queue_positions[one.id].doubts = 0
        return left

    def _match_trade(self, side: int, price: int, qty: int) -> None:
        left = self._print_through(side, price, qty)
        self._look(side, price)
        passed = 0.0
        while (one := self._unseen(side, price)) is not None:
            position = self.queue_positions[one.id]
            position.last_trade_row = self.rows
            is_netted = self._is_one_instant(position.cut_ts)
            cut = position.cut if is_netted else 0.0
            ahead = position.ahead + cut
            if ahead > passed and left > 0:
                took = min(ahead - passed, left)
                passed += took
                left -= -int(-took // 1)  # a fraction of a lot does not fill
            if not is_netted:
                position.traded = min(position.traded + qty, self.shown(side, price))
            position.ahead = min(position.ahead, max(ahead - passed, 0.0))
            position.cut = max(cut - passed, 0.0)
            if left > 0 and ahead <= passed:
                left = self._fill_in_queue(one, left)
                if one.state == RESTING and self.queue_positions[one.id].last_trade_row != self.rows and is_netted:
                    self.queue_positions[one.id].ahead += passed

    def _match_hidden(self, side: int, price: int, qty: int) -> None:
        left = self._print_through(side, price, qty)
        self._look(side, price)
        while left > 0 and (one := self._unseen(side, price)) is not None:
            position = self.queue_positions[one.id]
            position.last_trade_row = self.rows
            if self._ahead(one) + position.carried_lots > 0:
                return
            left = self._fill_in_queue(one, left)

    def _match_execution(self, recorded: _Recorded, qty: int) -> None:
        side, price = recorded.side, recorded.price
        left = self._print_through(side, price, qty)
        was_missed = False
        while (one := self._unseen(side, price)) is not None:
            position = self.queue_positions[one.id]
            position.last_trade_row = self.rows
            if position.kept is not None or position.ahead >= UNKNOWN / 2:
                if position.kept is not None and position.kept > 0:
                    continue
            elif any(other is recorded for other in position.before_us):
                position.carried_lots += qty - left
                if self._ahead(one) == qty:  # it is the last lot ahead
                    self._fill_missed(one, side, price)
                continue
            if self._ahead(one) > 0:
                was_missed = True
                continue
            took = min(position.carried_lots, left)
            position.carried_lots -= took
            left -= took
            if left > 0 and position.carried_lots == 0:
                left = self._fill_in_queue(one, left)
        if was_missed:
            if self.missed_at != (self.ts, side, price):
                self.missed_at, self.missed = (self.ts, side, price), []
            if left:
                self.missed.append([left, self.rows - 1])

    def _fill_missed(self, one: ReferenceOrder, side: int, price: int) -> None:
        """The last order ahead is executed: executions behind in this instant fill the own order."""
        if self.missed_at != (self.ts, side, price):
            return
        position = self.queue_positions[one.id]
        for entry in self.missed:
            if (
                one.state != RESTING or self.queue_positions[one.id] is not position
            ):  # it has ended, or an iceberg's next slice waits
                break
            carried = min(position.carried_lots, entry[0])
            position.carried_lots -= carried
            entry[0] -= carried
            if entry[0] and position.carried_lots == 0:
                entry[0] = self._fill_in_queue(one, entry[0])

    def _meet(self, side: int, price: int, qty: int, *, hidden: bool) -> None:
        """A trade fills own orders of its passive side."""
        if hidden:
            self._match_hidden(side, price, qty)
        elif not self.by_order:
            self._match_trade(side, price, qty)

    def _meet_either(self, side: int, price: int, qty: int, *, hidden: bool) -> None:
        """A trade with an unknown passive side."""
        if self.by_order or not self._resting(side):
            return
        if self.optimistic:
            self._meet(side, price, qty, hidden=hidden)
        elif not self.has_book and not hidden:
            self._print_through(side, price, qty)

    def _on_trade(self, aggressor: int, price: int, qty: int, *, hidden: bool) -> None:
        if self.halted:
            return
        has_side = aggressor in (BUY, SELL)
        if not has_side:
            self.doubts = DOUBT_SIDE
            bids, asks = self.prices(BUY), self.prices(SELL)
            if bids and price <= bids[0]:
                aggressor = SELL
            elif asks and price >= asks[0]:
                aggressor = BUY
        if aggressor in (BUY, SELL):
            side = 1 - aggressor
            self._meet(side, price, qty, hidden=hidden)
            if not hidden and self.depth_ts != self.ts:
                self.printed[side][price] = self.printed[side].get(price, 0) + qty
                self.printed_row[side] = self.rows
            if has_side and not hidden and self.snapshot_reach[side] is None:
                front = self.front.get(side, price)
                self.front[side] = min(front, price) if side == BUY else max(front, price)
            self.last_print[aggressor] = price
            if not has_side or not self.has_book:
                self._meet_either(aggressor, price, qty, hidden=hidden)
        else:
            self._meet_either(BUY, price, qty, hidden=hidden)
            self._meet_either(SELL, price, qty, hidden=hidden)
        self.doubts = 0
        if not self.has_book:
            self.recent.append(price)
        if self.lacks_prints:
            self._on_print()
        self._on_last(price)

    # ------------------------------------------------------------------ rows by order

    def _look_before_best(self, side: int) -> None:
        """No order is ahead at prices before the best one."""
        best = self.best_shown(side)
        for price in dict.fromkeys(one.price for one in self._resting(side)):
            if best is not None and self._is_better(side, price, best):
                self._look(side, price)

    def _on_order_row(
        self, kind: int, side: int, price: int, qty: int, order_id: int, *, restated: bool = False
    ) -> None:
        known = next((one for one in self.recorded if one.id == order_id), None)
        if kind == EventKind.ORDER_ADD:
            self._note_depth()
            if not restated:
                self._look(side, price)
            self.recorded.append(_Recorded(order_id, side, price, qty))
            if not self.in_snapshot:
                self._look_before_best(side)
                if restated:
                    self._list_again(side, price, qty)
            if not self.in_snapshot and self._can_cross():
                self._cross(side, price)
            return
        if known is None:
            return
        side, at = known.side, known.price
        before = self.shown(side, at)
        self._note_depth()
        joined = None
        executes = kind == EventKind.ORDER_EXECUTE and not self.halted
        was = {} if executes else {one.id: self._ahead(one) for one in self._resting(side, at)}
        hides = restated and kind == EventKind.ORDER_CANCEL and not self.in_snapshot
        for one in self._resting(side, at) if hides else []:
            self._make_unknown(self.queue_positions[one.id])
        if kind == EventKind.ORDER_EXECUTE:
            if not self.halted:
                self._match_execution(known, qty)
            known.qty -= qty
        elif kind == EventKind.ORDER_CANCEL:
            known.qty -= qty or known.qty
        elif price == at and qty <= known.qty:
            known.qty = qty
        else:  # it loses its queue position, like a new order
            known.qty = 0
            joined = _Recorded(order_id, side, price, qty)
            self.recorded.append(joined)
        self.recorded = [one for one in self.recorded if one.qty > 0]
        if self.in_snapshot:
            return
        self._look_before_best(side)
        if hides:  # quantity taken there stays taken when the level comes back
            return
        for one in self._resting(side, at):  # it is first now: executions behind in this instant fill it
            if one.state == RESTING and was.get(one.id, 0) > 0 and self._ahead(one) == 0:
                self._fill_missed(one, side, at)
        self._refresh(side, at, before, self.shown(side, at))
        stands = joined or known
        if stands.qty > 0 and self._can_cross():
            self._cross(side, stands.price)

    # ------------------------------------------------------------------ rows

    def on_row(
        self,
        ts: int,
        kind: int,
        side: int = 2,
        price: int = 0,
        qty: int = 0,
        *,
        flags: int = 0,
        order_id: int = 0,
    ) -> list[ReferenceReport]:
        """Process a recorded row; returns the resulting reports."""
        self.reports = []
        self._expire(ts - 1)
        self.ts = ts
        self.rows += 1
        if self.by_order:
            # Keep the exact position for a later snapshot.
            for one in self._resting(BUY) + self._resting(SELL):
                if (
                    kind == EventKind.SNAPSHOT_BEGIN
                    and not self.in_snapshot
                    and self.queue_positions[one.id].ahead < UNKNOWN
                ):
                    self.queue_positions[one.id].ahead = self._ahead(one)
        if kind == EventKind.DELTA:
            self.has_book = True
            self._set_level(side, price, qty, restated=bool(flags & EventFlag.SNAPSHOT))
        elif kind == EventKind.TRADE:
            self.estimated |= bool(flags & EventFlag.CLOCK_ESTIMATED)
            if not flags & EventFlag.OFF_BOOK:
                self._on_trade(side, price, qty, hidden=bool(flags & EventFlag.HIDDEN))
        elif kind in ORDER_KINDS:
            self.has_book = True
            self._on_order_row(kind, side, price, qty, order_id, restated=bool(flags & EventFlag.SNAPSHOT))
        elif kind == EventKind.QUOTE:
            if self.quote_fed:
                self._quote_level(side, price, qty)
            elif not self.by_order:
                self._note_quote(side, price, qty)
        elif kind == EventKind.SNAPSHOT_BEGIN:
            self._begin_snapshot()
        elif kind == EventKind.SNAPSHOT_END:
            self._end_snapshot()
        elif kind == EventKind.GAP:
            self._gap()
        elif kind == EventKind.STATUS:
            resumes = self.halted and qty != 0
            self.halted = qty == 0
            if resumes:
                self._cross_shown()
        elif kind in (EventKind.MARK_PRICE, EventKind.FUNDING) and price > 0:
            # The tick is 1 here. A mark between two ticks counts as the upper one on a fall, as the lower one on a
            # rise.
            self.mark = -(-price // RATE_SCALE), price // RATE_SCALE
        if self.blocked and flags & EventFlag.LAST:
            self._unblock()
        self._follow_prices()
        self._settle()
        return self.reports

    # ------------------------------------------------------------------ prices of triggers

    def _quote(self, side: int) -> int | None:
        prices = self.prices(side) if self._can_cross() else []
        return prices[0] if prices else None

    def _has_price(self, by: int) -> bool:
        return self.mark is not None if by == BY_MARK else self.has_book

    def _follow_prices(self) -> None:
        if self._can_cross() and self.mark is not None and self._is_waited(BY_MARK):
            self._on_price(BY_MARK, *self.mark)
        for by, side in ((BY_BID, BUY), (BY_ASK, SELL)):
            price = self._quote(side)
            if price is not None and self._is_waited(by):
                self._on_price(by, price, price)

    # ------------------------------------------------------------------ taking

    def _reachable(self, side: int, price: int) -> int:
        """Lots of a level that a taker reaches before the first own order there."""
        lots = self.available(side, price)
        for one in self._resting(side, price)[:1]:
            ahead = self._ahead(one) + self.queue_positions[one.id].carried_lots - self.taken.get((side, price), 0)
            lots = min(lots, max(int(ahead), 0))
        return lots

    def _can_fill(self, one: ReferenceOrder) -> bool:
        side, need = 1 - one.spec.side, one.leaves
        if one.has(REDUCE_ONLY) and self._reducible(one.spec) < need:
            return False
        stoppers = [m.price for m in self._resting(side) if self._rule(one, m) in (STP_TAKER, STP_BOTH)]
        own = stoppers[0] if stoppers else None
        for price in self.offered(side):
            stops = own is not None
            if not self._may_meet(one, price) or (stops and self._is_better(side, own, price)):  # type: ignore[arg-type]
                break
            need -= self._reachable(side, price) if stops else self.available(side, price)
        if one.spec.stp == STP_DECREMENT:
            need -= sum(
                maker.leaves
                for maker in self._resting(side)
                if self._may_meet(one, maker.price) and (own is None or self._is_better(side, maker.price, own))
            )
        return need <= 0

    def _take(self, one: ReferenceOrder, side: int, price: int, qty: int) -> None:
        quote = self.quote(side)
        doubtful = self.stale and not (quote is not None and quote[0] == price)
        self._note_taken(side, price, qty)
        self._report_take(one, price, qty, DOUBT_BOOK if doubtful else 0)

    def _print_price(self, side: int) -> int | None:
        """Price if the data has only trades: the worse of the last price and the last one of a taker's side."""
        if not self.take_unknown or self.last is None or self.stale or not self._is_blind():
            return None
        return (max if side == BUY else min)(self.last, self.last_print.get(side, self.last))

    def _take_at_print(self, one: ReferenceOrder) -> None:
        side, qty = one.spec.side, one.leaves
        price = self._print_price(side)
        if price is None or one.type == MARKET_TO_LIMIT:
            return
        if one.has(REDUCE_ONLY):
            qty = min(qty, self._reducible(one.spec))
        if self._may_meet(one, price):
            self._report_take(one, price, qty, DOUBT_BOOK)

    def _report_take(self, one: ReferenceOrder, price: int, qty: int, doubts: int) -> None:
        one.leaves -= qty
        self._fill(one, price, qty, TAKER, doubts)
        self._filled(one, qty)
        if one.leaves == 0:
            self._end(one, FILL)
        self._end_pending()
        self._on_last(price)
        self._end_pending()

    def _act(self, one: ReferenceOrder) -> None:
        side = 1 - one.spec.side
        if one.has(REDUCE_ONLY) and self._reducible(one.spec) == 0:
            self._end(one, EXPIRED, R_REDUCE_ONLY)
            return
        blind = self._is_blind()
        self._take_at_print(one)
        if one.state != ACTIVE:
            return
        if one.spec.tif == FOK and not self._can_fill(one):
            self._end(one, EXPIRED, R_FOK)
            return
        only = self._best(side) if one.type == MARKET_TO_LIMIT else None
        has_traded = False

        def may_meet(price: int) -> bool:
            if one.type == MARKET_TO_LIMIT:
                return only is not None and not self._is_better(side, only, price)
            return self._may_meet(one, price)

        while True:
            own, best = self._best_own(side), self._best_recorded(side)
            is_own = own is not None and may_meet(own) and (best is None or not self._is_better(side, best, own))
            if is_own and self._reachable(side, own) == 0:  # type: ignore[arg-type]
                self._prevent(one, self._resting(side)[0])
                if one.state != ACTIVE:
                    return
                continue
            if best is None or not may_meet(best):
                break
            qty = min(self._reachable(side, best), one.leaves)
            if one.has(REDUCE_ONLY):
                qty = min(qty, self._reducible(one.spec))
                if qty == 0:
                    self._end(one, EXPIRED, R_REDUCE_ONLY)
                    return
            if one.type == MARKET_TO_LIMIT:
                one.price = best
            has_traded = True
            self._take(one, side, best, qty)
            if one.state != ACTIVE:
                return
        if one.type == MARKET or (one.type == MARKET_TO_LIMIT and not has_traded):
            nothing = R_UNKNOWN_BOOK if blind else R_NO_LIQUIDITY
            self._end(one, EXPIRED, R_IOC if has_traded else nothing)
        elif one.spec.tif in (IOC, FOK):
            self._end(one, EXPIRED, R_UNKNOWN_BOOK if blind and not has_traded else R_IOC)
        else:
            one.type = LIMIT
            one.state = RESTING
            self._join(one)
            self._meet_recent(one)

    def _meet_recent(self, one: ReferenceOrder) -> None:
        """If the data has only trades, optimistically: the other side is where the market was recently."""
        side = one.spec.side
        if self.has_book or not self.optimistic or self.halted:
            return
        recent = self.recent[-PRINTS_RECENT:]
        if not recent:
            return
        span = max(recent) - min(recent)
        reached = one.price >= min(recent) - span if side == BUY else one.price <= max(recent) + span
        if reached and self._resting(side)[0] is one:
            self.doubts = DOUBT_BOOK
            got = self._may_fill(one, one.leaves)
            if got:
                self._fill_resting(one, got, CROSS)
            self.doubts = 0

    # ------------------------------------------------------------------ commands

    def _refuse(self, kind: int, c: ReferenceCommand, reason: int) -> None:
        if kind in (AMEND_REJECTED, CANCEL_REJECTED):
            one = self.live.get(c.order_id)
            c = c._replace(price=one.price if one else 0, qty=one.qty if one else 0)
        super()._refuse(kind, c, reason)

    def _screen(self, c: ReferenceCommand) -> int:
        wanted = c
        if c.action == AMEND:
            one = self.live.get(c.order_id)
            if one is None or (not self.halted and c.qty <= one.qty - one.left):
                return 0
            wanted = one.spec._replace(
                type=one.type, trigger_kind=one.trigger_kind, price=c.price, trigger=c.trigger or one.spec.trigger
            )
        elif c.action != NEW:
            return 0
        if self.halted:
            return R_HALTED
        if c.qty <= 0 or c.qty < self.min_qty:
            return R_FILTER
        worth: int | None = wanted.price
        if wanted.type != LIMIT:
            is_fixed = wanted.trigger_kind in (STOP, TOUCHED)
            worth = wanted.trigger if is_fixed else self._best_recorded(1 - wanted.side)
        return R_FILTER if worth is not None and worth * c.qty < self.min_notional else 0

    def _expire(self, ts: int) -> None:
        """End the orders that expire by `ts`, each at its own time."""
        while due := [o.spec.expiry for o in self.live.values() if o.spec.tif == GTD and o.spec.expiry <= ts]:
            self.ts = max(self.ts, min(due))
            self._go_on(min(due))

    def on_command(self, command: ReferenceCommand) -> list[ReferenceReport]:
        """Process an order, amend or cancel of the account; returns the resulting reports."""
        self.reports = []
        self._expire(command.ts)
        self.ts = command.ts
        reason = self._screen(command)
        if reason:
            self._refuse(REJECTED if command.action == NEW else AMEND_REJECTED, command, reason)
            return self.reports
        command = command._replace(owner=1)
        if command.action == NEW:
            if command.stp == STP_NONE:
                command = command._replace(stp=STP_TAKER)
            if command.tif == DAY:
                command = command._replace(tif=GTD, expiry=(command.ts // DAY_NS + 1) * DAY_NS)
        made = self.reports
        made += super().on_command(command)
        self.reports = made
        return made
