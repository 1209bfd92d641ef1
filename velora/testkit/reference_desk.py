"""The slow, obvious twin of the desk: who is alive, what waits, and which orders end with which.

It is kept for ever as an oracle. Nothing here is clever, and nothing here may become so. The rules are those of
``csrc/include/velora/desk.h``; commands and reports are plain tuples with the numbers that it declares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["ReferenceCommand", "ReferenceDesk", "ReferenceOrder", "ReferenceReport"]

BUY, SELL = 0, 1
LIMIT, MARKET, MARKET_TO_LIMIT = 0, 1, 2
GTC, IOC, FOK, GTD, DAY = 0, 1, 2, 3, 4
NO_TRIGGER, STOP, TOUCHED, TRAIL_TICKS, TRAIL_BPS = 0, 1, 2, 3, 4
STP_NONE, STP_TAKER, STP_MAKER, STP_BOTH, STP_DECREMENT = 0, 1, 2, 3, 4
POST_ONLY, SLIDE, REDUCE_ONLY = 1, 2, 4
NEW, AMEND, CANCEL, CANCEL_ALL = 0, 1, 2, 3
ACK, FILL, CANCELED, REJECTED, EXPIRED, AMENDED, CANCEL_REJECTED, AMEND_REJECTED, FIRED, RELEASED = range(10)
R_NONE, R_POST_ONLY, R_FOK, R_IOC, R_NO_LIQUIDITY, R_SELF_TRADE = 0, 1, 2, 3, 4, 5
R_UNKNOWN, R_AMEND = 8, 9
R_INVALID, R_DUPLICATE, R_TRIGGERED, R_REDUCE_ONLY, R_LINKED, R_PARENT, R_EXPIRED, R_ALL = range(32, 40)
RESTING, WAITING, HELD, ACTIVE, OVER = 0, 1, 2, 3, 4
TICKS_MAX, QTY_MAX = 1 << 60, 1 << 60


class ReferenceCommand(NamedTuple):
    """A command; see ``vel_desk_command_t``."""

    action: int
    order_id: int = 0
    side: int = 0
    price: int = 0
    qty: int = 0
    owner: int = 0
    type: int = LIMIT
    tif: int = GTC
    display: int = 0
    trigger_kind: int = NO_TRIGGER
    trigger: int = 0
    stp: int = STP_NONE
    flags: int = 0
    expiry: int = 0
    link: int = 0
    parent: int = 0
    ts: int = 0


class ReferenceReport(NamedTuple):
    """A report; see ``vel_match_report_t``."""

    kind: int
    order_id: int
    price: int
    qty: int
    leaves: int
    owner: int
    side: int
    reason: int = 0
    maker: int = 0
    other_id: int = 0
    trade: int = 0


@dataclass
class ReferenceOrder:
    spec: ReferenceCommand
    price: int
    qty: int
    leaves: int
    sequence: int
    type: int
    display: int
    trigger_kind: int
    link: int
    parent: int
    shown: int = 0
    time: int = 0  # of joining its queue, of the book or of its trigger's price
    waits: int = 0  # since when it waits for its trigger
    trigger: int | None = None  # as it stands
    best: int | None = None
    state: int = ACTIVE
    children: list[int] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.spec.order_id

    def has(self, flag: int) -> bool:
        return self.spec.flags & flag != 0


class ReferenceDesk:
    """Orders apart from liquidity; a venue extends it with what rests and what trades."""

    #: Whether an amend takes the order out and brings it in again, its quantity being what shall be open.
    reinserts = False

    def __init__(self) -> None:
        self.live: dict[int, ReferenceOrder] = {}
        self.positions: dict[int, int] = {}
        self.reports: list[ReferenceReport] = []
        self.last: int | None = None
        self.now = -(1 << 63)
        self._sequence = 0
        self._time = 0
        self._due: list[ReferenceOrder] = []
        self._ending: list[tuple[ReferenceOrder, int]] = []

    # ------------------------------------------------------------------ reading

    def _reducible(self, owner: int, side: int) -> int:
        position = self.positions.get(owner, 0) if owner else 0
        return max(position if side == SELL else -position, 0)

    # ------------------------------------------------------------------ reports and ends

    def _report(self, kind: int, one: ReferenceOrder, price: int, qty: int, reason: int = 0) -> None:
        self.reports.append(
            ReferenceReport(kind, one.id, price, qty, one.leaves, one.spec.owner, one.spec.side, reason)
        )

    def _refuse(self, kind: int, c: ReferenceCommand, reason: int) -> None:
        self.reports.append(ReferenceReport(kind, c.order_id, c.price, c.qty, 0, c.owner, c.side, reason))

    def _mates(self, one: ReferenceOrder) -> list[ReferenceOrder]:
        """The others of its link, in the order in which they come after it, around the ring."""
        if one.link == 0:
            return []
        ring = sorted((o for o in self.live.values() if o.link == one.link), key=lambda o: o.sequence)
        at = ring.index(one)
        return ring[at + 1 :] + ring[:at]

    def _end_link(self, one: ReferenceOrder) -> None:
        mates = self._mates(one)
        self._ending += [(mate, R_LINKED) for mate in mates]
        for member in [*mates, one]:
            member.link = 0

    def _end(self, one: ReferenceOrder, kind: int, reason: int = 0) -> None:
        if one.state == RESTING:
            self._leave(one)
        if kind != FILL:
            self._report(kind, one, one.price, one.leaves, reason)
        self._end_link(one)
        for child_id in one.children:
            child = self.live[child_id]
            child.parent = 0
            if kind == FILL:
                self._due.append(child)
            else:
                self._ending.append((child, R_PARENT))
        if one.parent:
            self.live[one.parent].children.remove(one.id)
        one.state = OVER
        del self.live[one.id]

    def _end_pending(self) -> None:
        while self._ending:
            one, reason = self._ending.pop(0)
            if one.state != OVER:
                self._end(one, CANCELED, reason)

    # ------------------------------------------------------------------ triggers

    @staticmethod
    def _fires_on_rise(one: ReferenceOrder) -> bool:
        return (one.spec.side == BUY) != (one.trigger_kind == TOUCHED)

    def _is_reached(self, one: ReferenceOrder, trigger: int, last: int) -> bool:
        return last >= trigger if self._fires_on_rise(one) else last <= trigger

    def _trail(self, one: ReferenceOrder) -> int:
        assert one.best is not None
        distance = one.spec.trigger
        if one.trigger_kind == TRAIL_BPS:
            distance = max(1, -(-abs(one.best) * distance // 10_000))
        trigger = one.best + distance if one.spec.side == BUY else one.best - distance
        return max(min(trigger, TICKS_MAX - 1), 1 - TICKS_MAX)

    def _wait(self, one: ReferenceOrder) -> None:
        one.state = WAITING
        self._time += 1
        one.time = one.waits = self._time
        if one.trigger_kind < TRAIL_TICKS:
            one.trigger = one.spec.trigger
        elif self.last is not None:
            one.best = self.last
            one.trigger = self._trail(one)

    def _fire(self, one: ReferenceOrder) -> None:
        trigger = one.trigger
        assert trigger is not None
        one.trigger_kind = NO_TRIGGER
        one.state = ACTIVE
        self._report(FIRED, one, trigger, one.leaves)
        self._due.append(one)
        self._end_link(one)

    def _on_last(self, price: int) -> None:
        self.last = price
        trailing = [o for o in self.live.values() if o.state == WAITING and o.trigger_kind >= TRAIL_TICKS]
        for one in sorted(trailing, key=lambda o: o.waits):
            better = one.best is None or (price < one.best if one.spec.side == BUY else price > one.best)
            if better:
                one.best = price
                one.trigger = self._trail(one)
                self._time += 1
                one.time = self._time
        # Those that fire on a fall, the highest first, then those that fire on a rise; at one price by time of joining
        # the price.
        for rises in (False, True):
            while True:
                ready = [
                    o
                    for o in self.live.values()
                    if o.state == WAITING
                    and o.trigger is not None
                    and self._fires_on_rise(o) == rises
                    and self._is_reached(o, o.trigger, price)
                ]
                if not ready:
                    break
                self._fire(min(ready, key=lambda o: (o.trigger if rises else -o.trigger, o.time)))  # type: ignore[operator]

    # ------------------------------------------------------------------ what a venue adds

    def _best(self, side: int) -> int | None:
        """Best price of a side that an order could meet."""
        raise NotImplementedError

    def _act(self, one: ReferenceOrder) -> None:
        """An active order takes what it may, and rests or ends with what is left."""
        raise NotImplementedError

    def _join(self, one: ReferenceOrder) -> None:
        """A resting order, or an iceberg's next part, goes to the back of its price."""
        self._time += 1
        one.time = self._time
        one.shown = min(one.display, one.leaves) if one.display else one.leaves

    def _leave(self, one: ReferenceOrder) -> None:
        """A resting order leaves the book."""

    def _take_off(self, one: ReferenceOrder, lots: int) -> None:
        one.shown -= min(lots, one.shown)
        one.leaves -= lots
        if one.leaves and not one.shown:
            self._leave(one)
            self._join(one)

    def _move_position(self, one: ReferenceOrder, qty: int) -> None:
        if one.spec.owner:
            lots = qty if one.spec.side == BUY else -qty
            self.positions[one.spec.owner] = self.positions.get(one.spec.owner, 0) + lots

    # ------------------------------------------------------------------ meeting

    @staticmethod
    def _may_meet(one: ReferenceOrder, price: int) -> bool:
        if one.type != LIMIT:
            return True
        return price <= one.price if one.spec.side == BUY else price >= one.price

    def _would_take(self, one: ReferenceOrder) -> bool:
        best = self._best(1 - one.spec.side)
        return best is not None and self._may_meet(one, best)

    @staticmethod
    def _is_self(taker: ReferenceOrder, maker: ReferenceOrder) -> bool:
        return taker.spec.owner != 0 and taker.spec.owner == maker.spec.owner and taker.spec.stp != STP_NONE

    def _prevent(self, taker: ReferenceOrder, maker: ReferenceOrder) -> None:
        rule = taker.spec.stp
        if rule == STP_DECREMENT:
            lots = min(taker.leaves, maker.leaves)
            ends = {id(one): one.leaves == lots for one in (maker, taker)}
            for one in (maker, taker):
                if not ends[id(one)]:
                    one.qty -= lots
                    if one is maker:
                        self._take_off(one, lots)
                    else:
                        one.leaves -= lots
                    self._report(AMENDED, one, one.price, one.qty, R_SELF_TRADE)
            for one in (maker, taker):
                if ends[id(one)]:
                    self._end(one, EXPIRED, R_SELF_TRADE)
        else:
            if rule in (STP_MAKER, STP_BOTH):
                self._end(maker, EXPIRED, R_SELF_TRADE)
            if rule in (STP_TAKER, STP_BOTH):
                self._end(taker, EXPIRED, R_SELF_TRADE)
        self._end_pending()

    def _begin(self, one: ReferenceOrder, is_new: bool) -> None:
        if one.trigger_kind != NO_TRIGGER:
            is_trailing = one.trigger_kind >= TRAIL_TICKS
            if not is_trailing and self.last is not None and self._is_reached(one, one.spec.trigger, self.last):
                one.trigger = one.spec.trigger
                self._fire(one)
            else:
                self._wait(one)
            return
        if one.has(POST_ONLY) and self._would_take(one):
            if not one.has(SLIDE):
                if is_new:
                    one.link = 0  # a refused order was never one of its link
                self._end(one, REJECTED if is_new else EXPIRED, R_POST_ONLY)
                return
            best = self._best(1 - one.spec.side)
            assert best is not None
            one.price = best - 1 if one.spec.side == BUY else best + 1
        if is_new:
            self._report(ACK, one, one.price, one.qty)
        self._act(one)

    def _settle(self) -> None:
        self._end_pending()
        while self._due:
            one = self._due.pop(0)
            if one.state == OVER:
                continue
            if one.state == HELD:
                one.state = ACTIVE
                self._report(RELEASED, one, one.price, one.leaves)
            self._begin(one, False)
            self._end_pending()

    # ------------------------------------------------------------------ commands

    def _check(self, c: ReferenceCommand) -> int:
        is_limit, may_rest = c.type == LIMIT, c.tif in (GTC, GTD, DAY)
        good = (
            c.side in (0, 1)
            and c.type in (0, 1, 2)
            and c.tif in range(5)
            and c.trigger_kind in range(5)
            and c.stp in range(5)
            and c.flags in range(8)
            and 0 < c.qty <= QTY_MAX
            and c.order_id != 0
            and (not is_limit or abs(c.price) < TICKS_MAX)
            and 0 <= c.display <= c.qty
            and (c.display == 0 or (is_limit and may_rest))
            and (not c.flags & POST_ONLY or (is_limit and may_rest))
            and (not c.flags & SLIDE or c.flags & POST_ONLY)
            and (c.type != MARKET_TO_LIMIT or may_rest)
            and c.parent != c.order_id
        )
        if c.trigger_kind in (STOP, TOUCHED):
            good = good and abs(c.trigger) < TICKS_MAX
        elif c.trigger_kind:
            good = good and 1 <= c.trigger <= (9_999 if c.trigger_kind == TRAIL_BPS else TICKS_MAX // 4)
        if not good:
            return R_INVALID
        if c.order_id in self.live:
            return R_DUPLICATE
        if c.tif == GTD and c.expiry <= self.now:
            return R_EXPIRED
        if c.link and any(o.link == c.link and o.spec.owner != c.owner for o in self.live.values()):
            return R_INVALID
        if c.parent:
            parent = self.live.get(c.parent)
            return R_PARENT if parent is None or parent.spec.owner != c.owner else R_NONE
        if c.trigger_kind in (STOP, TOUCHED):
            if self.last is not None and self._is_reached(self._made(c), c.trigger, self.last):
                return R_TRIGGERED
        elif c.flags & REDUCE_ONLY and c.trigger_kind == NO_TRIGGER and self._reducible(c.owner, c.side) == 0:
            return R_REDUCE_ONLY
        return R_NONE

    def _made(self, c: ReferenceCommand) -> ReferenceOrder:
        return ReferenceOrder(
            c, c.price, c.qty, c.qty, self._sequence, c.type, c.display, c.trigger_kind, c.link, c.parent
        )

    def _new(self, c: ReferenceCommand) -> None:
        reason = self._check(c)
        if reason:
            self._refuse(REJECTED, c, reason)
            return
        self._sequence += 1
        one = self.live[c.order_id] = self._made(c)
        if c.parent:
            self.live[c.parent].children.append(c.order_id)
            one.state = HELD
        if c.parent or c.trigger_kind:
            self._report(ACK, one, c.price, c.qty)
        if not c.parent:
            self._begin(one, True)

    def _move_trigger(self, one: ReferenceOrder, trigger: int) -> int:
        if trigger == 0 or one.trigger_kind == NO_TRIGGER or trigger == one.spec.trigger:
            return R_NONE
        if one.trigger_kind >= TRAIL_TICKS or abs(trigger) >= TICKS_MAX:
            return R_INVALID
        if one.state == WAITING:
            if self.last is not None and self._is_reached(one, trigger, self.last):
                return R_TRIGGERED
            self._time += 1
            one.time = self._time
            one.trigger = trigger
        one.spec = one.spec._replace(trigger=trigger)
        return R_NONE

    def _amend(self, c: ReferenceCommand) -> None:
        one = self.live.get(c.order_id)
        if one is None or one.spec.owner != c.owner:
            self._refuse(AMEND_REJECTED, c, R_UNKNOWN)
            return
        if not 0 < c.qty <= QTY_MAX or (one.type == LIMIT and abs(c.price) >= TICKS_MAX):
            self._refuse(AMEND_REJECTED, c, R_INVALID)
            return
        filled = one.qty - one.leaves
        total = filled + c.qty if self.reinserts else c.qty
        if total > QTY_MAX:
            self._refuse(AMEND_REJECTED, c, R_INVALID)
            return
        if total <= filled:
            self._end(one, CANCELED, R_AMEND)
            return
        leaves = total - filled
        if one.state != RESTING:
            reason = self._move_trigger(one, c.trigger)
            if reason:
                self._refuse(AMEND_REJECTED, c, reason)
                return
            if one.type == LIMIT:
                one.price = c.price
            one.qty, one.leaves = total, leaves
            one.display = min(one.display, total)
        elif not self.reinserts and c.price == one.price and total <= one.qty:
            one.qty, one.leaves = total, leaves
            one.shown = min(one.shown, leaves)
        else:
            best = self._best(1 - one.spec.side)
            crosses = best is not None and (best <= c.price if one.spec.side == BUY else best >= c.price)
            if one.has(POST_ONLY) and crosses:
                self._refuse(AMEND_REJECTED, c, R_POST_ONLY)
                return
            self._leave(one)
            one.price, one.qty, one.leaves = c.price, total, leaves
            one.state, one.shown = ACTIVE, 0
        self._report(AMENDED, one, one.price, one.qty)
        if one.state == ACTIVE:
            self._act(one)

    def _cancel(self, c: ReferenceCommand) -> None:
        one = self.live.get(c.order_id)
        if one is None or one.spec.owner != c.owner:
            self._refuse(CANCEL_REJECTED, c, R_UNKNOWN)
        else:
            self._end(one, CANCELED)

    def _cancel_all(self, c: ReferenceCommand) -> None:
        while True:
            mine = [one for one in self.live.values() if one.spec.owner == c.owner]
            if not mine:
                return
            self._end(min(mine, key=lambda one: one.sequence), CANCELED, R_ALL)
            self._end_pending()

    def advance(self, ts: int) -> None:
        """The clock goes on."""
        while True:
            due = [o for o in self.live.values() if o.spec.tif == GTD and o.spec.expiry <= ts]
            if not due:
                break
            one = min(due, key=lambda o: (o.spec.expiry, o.sequence))
            self.now = max(self.now, one.spec.expiry)
            self._end(one, EXPIRED, R_EXPIRED)
            self._settle()
        self.now = ts

    def end_of_day(self) -> None:
        """DAY orders end."""
        for one in sorted(self.live.values(), key=lambda o: o.sequence):
            if one.spec.tif == DAY and one.state != OVER:
                self._end(one, EXPIRED, R_EXPIRED)
                self._settle()

    def on_command(self, command: ReferenceCommand) -> list[ReferenceReport]:
        """One command; gives back what it led to."""
        self.reports = []
        self.advance(command.ts)
        (self._new, self._amend, self._cancel, self._cancel_all)[command.action](command)
        self._settle()
        return self.reports
