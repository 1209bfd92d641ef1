"""The slow, obvious twin of the venue over recorded flow: dictionaries and lists that are searched at each question.

It is kept for ever as an oracle. Nothing here is clever, and nothing here may become so. The rules are those of
``csrc/include/velora/venue.h``; prices are ticks and quantities lots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from velora.core.events import EventFlag, EventKind
from velora.testkit.reference_desk import (
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
    ReferenceDesk,
    ReferenceOrder,
    ReferenceReport,
)

__all__ = ["ReferenceVenue", "VenueFill"]

QUEUE, THROUGH, CROSS, TAKER = 0, 1, 2, 3
R_HALTED, R_FILTER = 6, 7
UNKNOWN = 1e18
DAY_NS = 86_400_000_000_000
RATE_SCALE = 100_000_000  # of marks
ORDER_KINDS = (EventKind.ORDER_ADD, EventKind.ORDER_CHANGE, EventKind.ORDER_CANCEL, EventKind.ORDER_EXECUTE)


class VenueFill(NamedTuple):
    """A fill, beside its report."""

    order_id: int
    side: int
    price: int
    qty: int
    cause: int
    row: int


@dataclass
class _Recorded:
    """A recorded order of a feed by order."""

    id: int
    side: int
    price: int
    qty: int


@dataclass
class _Place:
    """Where an own order stands."""

    ahead: float
    traded: float = 0.0
    cut: float = 0.0
    cut_ts: int | None = None
    before_us: list[_Recorded] = field(default_factory=list)  # by order: who stands ahead
    owed: int = 0
    seen: int = -1


def _risk_averse(ahead: float, before: float, after: float, traded: float) -> float:
    return min(ahead, after)


def _optimistic(ahead: float, before: float, after: float, traded: float) -> float:
    gone = before - after - traded
    return max(0.0, min(ahead - gone if gone > 0 else ahead, after))


MODELS: dict[str, Callable[[float, float, float, float], float]] = {
    "risk_averse": _risk_averse,
    "optimistic": _optimistic,
}


class ReferenceVenue(ReferenceDesk):
    """One instrument and one account.

    Parameters
    ----------
    queue : {"risk_averse", "optimistic"}
    by_order : bool
        Whether rows are by order.
    min_qty : int
        Smallest quantity of an order, lots.
    min_notional : int
        Least that an order is worth, ticks times lots.
    children : {"fills", "whole"}
    links : {"protect", "cancel"}
    last_by_quotes : bool
        Whether triggers by the last trade look at the other side of the book before the first trade.
    """

    def __init__(
        self,
        queue: str = "risk_averse",
        *,
        by_order: bool = False,
        min_qty: int = 1,
        min_notional: int = 0,
        children: str = "fills",
        links: str = "protect",
        last_by_quotes: bool = False,
    ) -> None:
        super().__init__(children=children, links=links)
        self.lacks_prints = last_by_quotes
        self.min_notional = min_notional
        self.model = MODELS[queue]
        self.by_order = by_order
        self.min_qty = min_qty
        self.levels: dict[tuple[int, int], int] = {}  # (side, price) -> lots
        self.recorded: list[_Recorded] = []  # by order, in time priority
        self.places: dict[int, _Place] = {}  # order id -> place of those that rest
        self.taken: dict[tuple[int, int], int] = {}
        self.printed: dict[int, dict[int, int]] = {BUY: {}, SELL: {}}  # price -> lots since the last depth row
        self.depth_ts: int | None = None
        self.fills: list[VenueFill] = []
        self.position = 0
        self.cash = 0  # ticks times lots
        self.halted = self.stale = self.in_snapshot = self.has_book = False
        self.ts = 0
        self.rows = 0
        self.missed_at: tuple[int, int, int] | None = None  # instant, side and price of what follows
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

    def available(self, side: int, price: int) -> int:
        """Lots of a level that a taker may still get."""
        lots = self.shown(side, price) - self.taken.get((side, price), 0)
        if self.printed[side]:
            worst = (min if side == BUY else max)(self.printed[side])
            if price == worst:
                lots -= self.printed[side][worst]
            elif self._is_better(side, price, worst):
                lots = 0
        return max(lots, 0)

    @staticmethod
    def _is_better(side: int, price: int, other: int) -> bool:
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
        return next((price for price in self.prices(side) if self.available(side, price) > 0), None)

    def _best_own(self, side: int) -> int | None:
        resting = self._resting(side)
        return resting[0].price if resting else None

    def _best(self, side: int) -> int | None:
        found = [price for price in (self._best_recorded(side), self._best_own(side)) if price is not None]
        return (max if side == BUY else min)(found) if found else None

    # ------------------------------------------------------------------ resting

    def _join(self, one: ReferenceOrder) -> None:
        super()._join(one)
        side, price = one.spec.side, one.price
        known = self.has_book
        self.places[one.id] = _Place(
            ahead=self.shown(side, price) if known else UNKNOWN,
            before_us=[other for other in self.recorded if (other.side, other.price) == (side, price)],
        )

    def _leave(self, one: ReferenceOrder) -> None:
        del self.places[one.id]

    def _ahead(self, one: ReferenceOrder) -> float:
        place = self.places[one.id]
        if not self.by_order or place.ahead >= UNKNOWN:
            return place.ahead
        return sum(other.qty for other in place.before_us if any(other is there for there in self.recorded))

    # ------------------------------------------------------------------ fills

    def _fill(self, one: ReferenceOrder, price: int, qty: int, cause: int) -> None:
        sign = 1 if one.spec.side == BUY else -1
        self.position += sign * qty
        self.cash -= sign * qty * price
        self._move_position(one, qty)
        self.fills.append(VenueFill(one.id, one.spec.side, price, qty, cause, self.rows - 1))
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
        self._fill(one, one.price, qty, cause)
        one.leaves -= qty
        one.shown -= min(qty, one.shown)
        if cause != QUEUE:
            if not self.by_order:
                self.places[one.id].ahead = 0.0
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
        """Fill own orders of a side from the best price on while it is beyond; what is left of the volume."""
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

    def _cross(self, side: int, price: int) -> None:
        own_side = 1 - side

        def is_beyond(own: int) -> bool:
            return own <= price if own_side == SELL else own >= price

        if self.by_order and any(is_beyond(recorded) for recorded in self.prices(own_side)):
            return
        available = self.available(side, price)
        left = self._fill_beyond(own_side, is_beyond, available, CROSS)
        if left < available:
            self.taken[side, price] = self.taken.get((side, price), 0) + available - left

    def _can_cross(self) -> bool:
        return not (self.halted or self.stale or self.in_snapshot)

    def _cross_shown(self) -> None:
        """After a time in which nothing crossed."""
        if self._can_cross():
            for side in (BUY, SELL):
                for price in self.prices(side):
                    self._cross(side, price)

    def _update_places(self, side: int, price: int, before: int, after: int) -> None:
        for one in self._resting(side, price):
            place = self.places[one.id]
            ahead = place.ahead
            place.ahead = self.model(ahead, before, after, place.traded)
            place.traded = 0.0
            if place.cut_ts != self.ts or ahead >= UNKNOWN:
                place.cut = 0.0
            if place.ahead < ahead < UNKNOWN:
                place.cut += ahead - place.ahead
            place.cut_ts = self.ts

    def _note_depth(self) -> None:
        self.depth_ts = self.ts
        self.printed = {BUY: {}, SELL: {}}

    def _set_level(self, side: int, price: int, lots: int) -> None:
        before = self.shown(side, price)
        self._note_depth()
        self.levels.pop((side, price), None)
        if lots:
            self.levels[side, price] = lots
        if self.in_snapshot:
            return
        self._refresh(side, price, before, lots)
        self._update_places(side, price, before, lots)
        if lots and self._can_cross():
            self._cross(side, price)

    def _end_snapshot(self) -> None:
        self.in_snapshot = self.stale = False
        for side in (BUY, SELL):
            for one in self._resting(side):
                if self.by_order:
                    self._bound(one)
                else:
                    now = self.shown(side, one.price)
                    self._update_one(one, now)
        for side, price in list(self.taken):
            left = min(self.taken[side, price], self.shown(side, price))
            if left:
                self.taken[side, price] = left
            else:
                del self.taken[side, price]
        self._cross_shown()

    def _update_one(self, one: ReferenceOrder, now: int) -> None:
        place = self.places[one.id]
        ahead = place.ahead
        place.ahead = self.model(ahead, now, now, place.traded)
        place.traded = 0.0
        if place.cut_ts != self.ts or ahead >= UNKNOWN:
            place.cut = 0.0
        if place.ahead < ahead < UNKNOWN:
            place.cut += ahead - place.ahead
        place.cut_ts = self.ts

    def _bound(self, one: ReferenceOrder) -> None:
        """By order: the oldest of the level, as many lots as stood ahead before."""
        place = self.places[one.id]
        was, sum_ = place.ahead, 0
        place.before_us = []
        for other in self.recorded:
            if (other.side, other.price) == (one.spec.side, one.price) and sum_ < was:
                place.before_us.append(other)
                sum_ += other.qty
        place.ahead = sum_

    # ------------------------------------------------------------------ trades

    def _unseen(self, side: int, price: int) -> ReferenceOrder | None:
        return next((one for one in self._resting(side, price) if self.places[one.id].seen != self.rows), None)

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
                    self.places[one.id].ahead = 0.0
        return left

    def _match_trade(self, side: int, price: int, qty: int) -> None:
        left = self._print_through(side, price, qty)
        passed = 0.0
        while (one := self._unseen(side, price)) is not None:
            place = self.places[one.id]
            place.seen = self.rows
            told = place.cut_ts == self.ts
            cut = place.cut if told else 0.0
            ahead = place.ahead + cut
            if ahead > passed and left > 0:
                took = min(ahead - passed, left)
                passed += took
                left -= -int(-took // 1)  # a lot that is not wholly free does not fill
            if not told:
                place.traded = min(place.traded + qty, self.shown(side, price))
            place.ahead = min(place.ahead, max(ahead - passed, 0.0))
            place.cut = max(cut - passed, 0.0)
            if left > 0 and ahead <= passed:
                left = self._fill_in_queue(one, left)
                if one.state == RESTING and self.places[one.id].seen != self.rows and told:
                    self.places[one.id].ahead += passed

    def _match_hidden(self, side: int, price: int, qty: int) -> None:
        left = self._print_through(side, price, qty)
        while left > 0 and (one := self._unseen(side, price)) is not None:
            place = self.places[one.id]
            place.seen = self.rows
            if self._ahead(one) + place.owed > 0:
                return
            left = self._fill_in_queue(one, left)

    def _match_execution(self, recorded: _Recorded, qty: int) -> None:
        side, price = recorded.side, recorded.price
        left = self._print_through(side, price, qty)
        was_missed = False
        while (one := self._unseen(side, price)) is not None:
            place = self.places[one.id]
            place.seen = self.rows
            if any(other is recorded for other in place.before_us):
                place.owed += qty - left
                if self._ahead(one) == qty:  # it is the last of them
                    self._fill_missed(one, side, price)
                continue
            if self._ahead(one) > 0:
                was_missed = True
                continue
            took = min(place.owed, left)
            place.owed -= took
            left -= took
            if left > 0 and place.owed == 0:
                left = self._fill_in_queue(one, left)
        if was_missed:
            if self.missed_at != (self.ts, side, price):
                self.missed_at, self.missed = (self.ts, side, price), []
            if left:
                self.missed.append([left, self.rows - 1])

    def _fill_missed(self, one: ReferenceOrder, side: int, price: int) -> None:
        """The last order ahead is executed: what was executed behind in this instant was this one's."""
        if self.missed_at != (self.ts, side, price):
            return
        place = self.places[one.id]
        for entry in self.missed:
            if one.state != RESTING or self.places[one.id] is not place:  # it is over, or an iceberg's next part waits
                break
            owed = min(place.owed, entry[0])
            place.owed -= owed
            entry[0] -= owed
            if entry[0] and place.owed == 0:
                entry[0] = self._fill_in_queue(one, entry[0])

    def _on_trade(self, aggressor: int, price: int, qty: int, *, hidden: bool) -> None:
        if self.halted:
            return
        if aggressor not in (BUY, SELL):
            bids, asks = self.prices(BUY), self.prices(SELL)
            if bids and price <= bids[0]:
                aggressor = SELL
            elif asks and price >= asks[0]:
                aggressor = BUY
        if aggressor in (BUY, SELL):
            side = 1 - aggressor
            if hidden:
                self._match_hidden(side, price, qty)
            elif not self.by_order:
                self._match_trade(side, price, qty)
            if not hidden and self.depth_ts != self.ts:
                self.printed[side][price] = self.printed[side].get(price, 0) + qty
        if self.lacks_prints:
            self._on_print()
        self._on_last(price)

    # ------------------------------------------------------------------ rows by order

    def _on_order_row(self, kind: int, side: int, price: int, qty: int, order_id: int) -> None:
        known = next((one for one in self.recorded if one.id == order_id), None)
        if kind == EventKind.ORDER_ADD:
            self._note_depth()
            self.recorded.append(_Recorded(order_id, side, price, qty))
            if not self.in_snapshot and self._can_cross():
                self._cross(side, price)
            return
        if known is None:
            return
        side, at = known.side, known.price
        before = self.shown(side, at)
        self._note_depth()
        joined = None
        if kind == EventKind.ORDER_EXECUTE:
            if not self.halted:
                self._match_execution(known, qty)
            known.qty -= qty
        elif kind == EventKind.ORDER_CANCEL:
            known.qty -= qty or known.qty
        elif price == at and qty <= known.qty:
            known.qty = qty
        else:  # it loses its place: a new order, as far as the queue goes
            known.qty = 0
            joined = _Recorded(order_id, side, price, qty)
            self.recorded.append(joined)
        self.recorded = [one for one in self.recorded if one.qty > 0]
        if self.in_snapshot:
            return
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
        """A recorded row; gives back what it led to."""
        self.reports = []
        self._expire(ts - 1)
        self.ts = ts
        self.rows += 1
        if self.by_order:
            # The exact place, kept for a snapshot to come.
            for one in self._resting(BUY) + self._resting(SELL):
                if kind == EventKind.SNAPSHOT_BEGIN and not self.in_snapshot and self.places[one.id].ahead < UNKNOWN:
                    self.places[one.id].ahead = self._ahead(one)
        if kind == EventKind.DELTA:
            self.has_book = True
            self._set_level(side, price, qty)
        elif kind == EventKind.TRADE:
            if not flags & EventFlag.OFF_BOOK:
                self._on_trade(side, price, qty, hidden=bool(flags & EventFlag.HIDDEN))
        elif kind in ORDER_KINDS:
            self.has_book = True
            self._on_order_row(kind, side, price, qty, order_id)
        elif kind == EventKind.SNAPSHOT_BEGIN:
            self.levels, self.recorded = {}, []
            self.in_snapshot = self.has_book = True
            self.printed = {BUY: {}, SELL: {}}
        elif kind == EventKind.SNAPSHOT_END:
            self._end_snapshot()
        elif kind == EventKind.GAP:
            self.stale = True
        elif kind == EventKind.STATUS:
            resumes = self.halted and qty != 0
            self.halted = qty == 0
            if resumes:
                self._cross_shown()
        elif kind in (EventKind.MARK_PRICE, EventKind.FUNDING) and price > 0:
            # The tick is 1 here. A mark between two counts as the upper on its way down, as the lower on its way up.
            self.mark = -(-price // RATE_SCALE), price // RATE_SCALE
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
        """Lots of a level that a taker comes to before the first own order there."""
        lots = self.available(side, price)
        for one in self._resting(side, price)[:1]:
            ahead = self._ahead(one) + self.places[one.id].owed - self.taken.get((side, price), 0)
            lots = min(lots, max(int(ahead), 0))
        return lots

    def _can_fill(self, one: ReferenceOrder) -> bool:
        side, need = 1 - one.spec.side, one.leaves
        if one.has(REDUCE_ONLY) and self._reducible(one.spec) < need:
            return False
        stoppers = [m.price for m in self._resting(side) if self._rule(one, m) in (STP_TAKER, STP_BOTH)]
        own = stoppers[0] if stoppers else None
        for price in self.prices(side):
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
        one.leaves -= qty
        self.taken[side, price] = self.taken.get((side, price), 0) + qty
        self._fill(one, price, qty, TAKER)
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
            self._end(one, EXPIRED, R_IOC if has_traded else R_NO_LIQUIDITY)
        elif one.spec.tif in (IOC, FOK):
            self._end(one, EXPIRED, R_IOC)
        else:
            one.type = LIMIT
            one.state = RESTING
            self._join(one)

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
        """Orders whose time has come by `ts` end, each at its own time."""
        while due := [o.spec.expiry for o in self.live.values() if o.spec.tif == GTD and o.spec.expiry <= ts]:
            self.ts = max(self.ts, min(due))
            self._go_on(min(due))

    def on_command(self, command: ReferenceCommand) -> list[ReferenceReport]:
        """An order, amend or cancel of the account; gives back what it led to."""
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
