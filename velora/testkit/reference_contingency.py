"""A slow, simple reference for the contingency rules: triggers, OCO groups, parents and children, reduce-only, expiry.

It is the oracle of the differential tests: keep it simple, never optimize it. The rules are those of
``csrc/include/velora/contingency.h``; commands and reports are plain tuples with the numbers that it declares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["ReferenceCommand", "ReferenceContingency", "ReferenceOrder", "ReferenceReport"]

BUY, SELL = 0, 1
LIMIT, MARKET, MARKET_TO_LIMIT = 0, 1, 2
GTC, IOC, FOK, GTD, DAY = 0, 1, 2, 3, 4
NO_TRIGGER, STOP, TOUCHED, TRAIL_TICKS, TRAIL_BPS = 0, 1, 2, 3, 4
STP_NONE, STP_TAKER, STP_MAKER, STP_BOTH, STP_DECREMENT = 0, 1, 2, 3, 4
POST_ONLY, SLIDE, REDUCE_ONLY, WHEN_FILLED, OCO_CANCELS, OCO_REDUCES = 1, 2, 4, 8, 16, 32
BY_LAST, BY_MARK, BY_BID, BY_ASK = 0, 1, 2, 3
NEW, AMEND, CANCEL, CANCEL_ALL = 0, 1, 2, 3
ACK, FILL, CANCELED, REJECTED, EXPIRED, AMENDED, CANCEL_REJECTED, AMEND_REJECTED, FIRED, RELEASED = range(10)
R_NONE, R_POST_ONLY, R_FOK, R_IOC, R_NO_LIQUIDITY, R_SELF_TRADE = 0, 1, 2, 3, 4, 5
R_UNKNOWN, R_AMEND = 8, 9
R_INVALID, R_DUPLICATE, R_TRIGGERED, R_REDUCE_ONLY, R_LINKED, R_PARENT, R_EXPIRED, R_ALL = range(32, 40)
R_NO_PRICE = 44
RESTING, WAITING, HELD, ACTIVE, OVER = 0, 1, 2, 3, 4
TICKS_MAX, QTY_MAX = 1 << 60, (1 << 60) - 1
ENDED_MAX = 16_384


class ReferenceCommand(NamedTuple):
    """A command; see ``vel_contingency_command_t``.

    Attributes
    ----------
    action : int
        New, amend, cancel or cancel-all, as in ``contingency.h``.
    order_id, side, type, tif, flags : int
        Id and codes of the order, as in ``order.h``.
    price, qty, display : int
        Ticks and lots; `display` is 0 to show all.
    owner, strategy : int
        Account and strategy that the order belongs to.
    trigger_kind, trigger, trigger_by, activation : int
        The trigger, ticks (a trailing distance: ticks or basis points).
    stp : int
        Self-trade prevention, as `velora.SelfTrade`.
    expiry, ts : int
        When it expires and when it arrives: ns, the venue's clock.
    oco_group, parent : int
        Number of the OCO group and id of the parent order, 0 for none.
    """

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
    oco_group: int = 0
    parent: int = 0
    ts: int = 0
    trigger_by: int = BY_LAST
    activation: int = 0
    strategy: int = 0


class ReferenceReport(NamedTuple):
    """A report; see ``vel_match_report_t``.

    Attributes
    ----------
    kind : int
        Kind of the report, as in ``matching.h``.
    order_id, other_id : int
        Id of the order, and of the order that it traded with.
    price, qty, leaves : int
        Ticks and lots; `leaves` can still fill.
    owner, side, reason : int
        Account, `velora.Side` and `velora.OrderReason`.
    maker : int
        1 if the order rested in the book.
    trade : int
        Number of the trade.
    """

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
    oco_group: int
    parent: int
    held: int = 0  # of a child: lots that wait for the parent
    coming: int = 0  # of a child: lots that become active when the current event is done
    asked: int = 0  # of a child: quantity for the whole parent
    is_child: bool = False
    watches: int = BY_LAST  # the price that the trigger compares with
    shown: int = 0
    time: int = 0  # when it joined the queue of the book or of its trigger's price
    waits: int = 0  # time since which it waits for its trigger
    trigger: int | None = None  # current trigger price
    best: int | None = None
    state: int = ACTIVE
    children: list[int] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.spec.order_id

    @property
    def left(self) -> int:
        """Leaves quantity, with held and coming lots."""
        return self.leaves + self.held + self.coming

    @property
    def party(self) -> tuple[int, int]:
        return self.spec.owner, self.spec.strategy

    def has(self, flag: int) -> bool:
        return self.spec.flags & flag != 0


class ReferenceContingency:
    """Order rules that do not depend on liquidity; a venue adds resting and trading.

    Parameters
    ----------
    children : {"fills", "whole"}
    oco : {"protect", "cancel"}

    Attributes
    ----------
    reinserts : bool
        Whether an amend removes the order and enters it again with its quantity as the new open quantity.
    """

    reinserts = False

    def __init__(self, *, children: str = "fills", oco: str = "protect") -> None:
        self.children_whole = children == "whole"
        self.oco_cancel = oco == "cancel"
        self.live: dict[int, ReferenceOrder] = {}
        self.positions: dict[int, int] = {}  # by account
        self.own_positions: dict[tuple[int, int], int] = {}  # by account and strategy
        self.ended: dict[int, tuple[int, int, int, int]] = {}  # id, account, quantity and fills, by id modulo ENDED_MAX
        self.lacks_prints = False
        self.mark: tuple[int, int] | None = None  # for triggers on a fall, and on a rise
        self.reports: list[ReferenceReport] = []
        self.last: int | None = None
        self.now = -(1 << 63)
        self._sequence = 0
        self._time = 0
        self._due: list[ReferenceOrder] = []
        self._ending: list[tuple[ReferenceOrder, int, int]] = []  # with the reason, and the lots to remove (0: all)

    # ------------------------------------------------------------------ reading

    def _reducible(self, spec: ReferenceCommand) -> int:
        position = self.own_positions.get((spec.owner, spec.strategy), 0) if spec.owner else 0
        return max(position if spec.side == SELL else -position, 0)

    # ------------------------------------------------------------------ reports and ends

    def _report(self, kind: int, one: ReferenceOrder, price: int, qty: int, reason: int = 0) -> None:
        self.reports.append(ReferenceReport(kind, one.id, price, qty, one.left, one.spec.owner, one.spec.side, reason))

    def _refuse(self, kind: int, c: ReferenceCommand, reason: int) -> None:
        self.reports.append(ReferenceReport(kind, c.order_id, c.price, c.qty, 0, c.owner, c.side, reason))

    def _mates(self, one: ReferenceOrder) -> list[ReferenceOrder]:
        """The other orders of its OCO group, in ring order after it."""
        if one.oco_group == 0:
            return []
        ring = sorted(
            (o for o in self.live.values() if o.oco_group == one.oco_group and o.party == one.party),
            key=lambda o: o.sequence,
        )
        at = ring.index(one)
        return ring[at + 1 :] + ring[:at]

    def _protects(self, one: ReferenceOrder, other: ReferenceOrder) -> bool:
        if self.oco_cancel or one.has(OCO_CANCELS):
            return False
        if one.has(OCO_REDUCES) or one.has(REDUCE_ONLY) or one.is_child:
            return True
        return one.spec.side == other.spec.side and self._reducible(one.spec) > 0

    def _end_link(self, one: ReferenceOrder, lots: int, *, every: bool = False) -> None:
        """End the other orders of the OCO group; protective ones lose lots instead, unless `every` is set."""
        for mate in self._mates(one):
            if every or not self._protects(mate, one):
                self._ending.append((mate, R_LINKED, 0))
                mate.oco_group = 0
            elif lots:
                self._ending.append((mate, R_LINKED, lots))

    @staticmethod
    def _share(asked: int, filled: int, qty: int) -> int:
        return asked * filled // qty

    def _waits_for_whole(self, one: ReferenceOrder) -> bool:
        return self.children_whole or one.has(WHEN_FILLED)

    def _release(self, child: ReferenceOrder, filled: int, qty: int, *, ended: bool) -> None:
        """Release a child's quantity after a fill of the parent."""
        whole = filled == qty
        if not whole and ended and (filled == 0 or self.children_whole):
            self._ending.append((child, R_PARENT, 0))
            return
        if not whole and not ended and self._waits_for_whole(child):
            return
        released = child.asked - child.held
        more = min(max(self._share(child.asked, filled, qty) - released, 0), child.held)
        lost = child.held - more if ended else 0
        if lost and child.leaves + child.coming + more == 0:
            self._ending.append((child, R_PARENT, 0))
            return
        child.held -= more + lost
        child.coming += more
        if lost:
            self._set_qty(child, child.qty - lost)
            self._report(AMENDED, child, child.price, child.qty, R_PARENT)
        if more:
            self._due.append(child)

    @staticmethod
    def _set_qty(one: ReferenceOrder, qty: int) -> None:
        one.qty = qty
        one.display = min(one.display, qty)

    def _filled(self, one: ReferenceOrder, lots: int) -> None:
        """Process a fill that the order's leaves and the position already include."""
        if one.oco_group:
            self._end_link(one, lots)
            if not self._mates(one):
                one.oco_group = 0
        if one.left:
            for child_id in one.children:
                self._release(self.live[child_id], one.qty - one.left, one.qty, ended=False)

    def _end(self, one: ReferenceOrder, kind: int, reason: int = 0) -> None:
        if one.state == RESTING:
            self._leave(one)
            one.shown = 0
        if kind == FILL and one.left:
            one.state = HELD
            return
        filled = one.qty - (0 if kind == FILL else one.left)
        if kind != FILL:
            self._report(kind, one, one.price, one.left, reason)
            if reason != R_LINKED:
                self._end_link(one, 0, every=kind != EXPIRED and reason != R_PARENT)
        one.oco_group = 0
        for child_id in one.children:
            child = self.live[child_id]
            self._release(child, filled, one.qty, ended=True)
            child.parent = 0
        if one.parent:
            self.live[one.parent].children.remove(one.id)
        one.state = OVER
        del self.live[one.id]
        if filled:
            self.ended[one.id % ENDED_MAX] = (one.id, one.spec.owner, one.qty, filled)

    def _lose(self, one: ReferenceOrder, lots: int) -> None:
        """Remove lots because another order of the OCO group filled: active lots first."""
        if lots >= one.left:
            self._end(one, CANCELED, R_LINKED)
            return
        worked = min(lots, one.leaves)
        came = min(lots - worked, one.coming)
        one.coming -= came
        one.held -= lots - worked - came
        if worked and worked == one.leaves:
            if one.state == RESTING:
                self._leave(one)
            one.state, one.shown, one.leaves = HELD, 0, 0
        elif worked and one.state == RESTING:
            self._take_off(one, worked)
        else:
            one.leaves -= worked
        self._set_qty(one, one.qty - lots)
        self._report(AMENDED, one, one.price, one.qty, R_LINKED)

    def _end_pending(self) -> None:
        while self._ending:
            one, reason, lots = self._ending.pop(0)
            if one.state != OVER:
                if lots:
                    self._lose(one, lots)
                else:
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

    def _watched(self, c: ReferenceCommand) -> int:
        """Kind of the price that a trigger of this command compares with now."""
        if c.trigger_by != BY_LAST or not self.lacks_prints:
            return c.trigger_by
        return BY_ASK if c.side == BUY else BY_BID

    def _price(self, by: int, *, rises: bool) -> int | None:
        """Current price, for triggers on a rise or on a fall."""
        if by == BY_LAST:
            return self.last
        if by == BY_MARK:
            return None if self.mark is None else self.mark[rises]
        return self._quote(BUY if by == BY_BID else SELL)

    def _is_reached_now(self, one: ReferenceOrder, by: int, trigger: int) -> bool:
        price = self._price(by, rises=self._fires_on_rise(one))
        return price is not None and self._is_reached(one, trigger, price)

    def _follow(self, one: ReferenceOrder, price: int) -> None:
        """Update a trailing order with a price."""
        is_buy = one.spec.side == BUY
        if one.best is None:
            at = one.spec.activation
            if at and (price > at if is_buy else price < at):
                return
        elif price >= one.best if is_buy else price <= one.best:
            return
        one.best = price
        one.trigger = self._trail(one)
        self._time += 1
        one.time = self._time

    def _wait(self, one: ReferenceOrder) -> None:
        one.state = WAITING
        one.watches = self._watched(one.spec)
        one.best = one.trigger = None
        self._time += 1
        one.time = one.waits = self._time
        if one.trigger_kind < TRAIL_TICKS:
            one.trigger = one.spec.trigger
        else:
            price = self._price(one.watches, rises=self._fires_on_rise(one))
            if price is not None:
                self._follow(one, price)

    def _fire(self, one: ReferenceOrder) -> None:
        trigger = one.trigger
        assert trigger is not None
        one.trigger_kind = NO_TRIGGER
        one.state = ACTIVE
        self._report(FIRED, one, trigger, one.leaves)
        self._due.append(one)
        self._end_link(one, one.left)
        one.oco_group = 0

    def _on_last(self, price: int) -> None:
        self.last = price
        self._on_price(BY_LAST, price, price)

    def _on_price(self, by: int, fall: int, rise: int) -> None:
        trailing = [
            o for o in self.live.values() if o.state == WAITING and o.trigger_kind >= TRAIL_TICKS and o.watches == by
        ]
        for one in sorted(trailing, key=lambda o: o.waits):
            self._follow(one, rise if self._fires_on_rise(one) else fall)
        # Triggers on a fall, the highest first, then triggers on a rise; at one price by time of joining it.
        for rises in (False, True):
            while True:
                ready = [
                    o
                    for o in self.live.values()
                    if o.state == WAITING
                    and o.trigger is not None
                    and o.watches == by
                    and self._fires_on_rise(o) == rises
                    and self._is_reached(o, o.trigger, rise if rises else fall)
                ]
                if not ready:
                    break
                self._fire(min(ready, key=lambda o: (o.trigger if rises else -o.trigger, o.time)))  # type: ignore[operator]

    def _on_print(self) -> None:
        """The data has trades after all: triggers by the last trade use it from now on."""
        self.lacks_prints = False
        for one in sorted(self.live.values(), key=lambda o: o.sequence):
            if one.state == WAITING and one.spec.trigger_by == BY_LAST and one.watches != BY_LAST:
                one.watches = BY_LAST
                self._time += 1
                one.time = self._time

    def _is_waited(self, by: int) -> bool:
        return any(o.state == WAITING and o.watches == by for o in self.live.values())

    # ------------------------------------------------------------------ hooks of a venue

    def _best(self, side: int) -> int | None:
        """Best price of a side that an order could trade with."""
        raise NotImplementedError

    def _quote(self, side: int) -> int | None:
        """Best price of a side for triggers, None when there is none now."""
        raise NotImplementedError

    def _has_price(self, by: int) -> bool:
        """Whether a price of this kind has ever been set."""
        raise NotImplementedError

    def _act(self, one: ReferenceOrder) -> None:
        """Execute an active order as far as possible; the rest rests or ends."""
        raise NotImplementedError

    def _join(self, one: ReferenceOrder) -> None:
        """Move a resting order, or an iceberg's next slice, to the back of its price."""
        self._time += 1
        one.time = self._time
        one.shown = min(one.display, one.leaves) if one.display else one.leaves

    def _leave(self, one: ReferenceOrder) -> None:
        """Remove a resting order from the book."""

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
            self.own_positions[one.party] = self.own_positions.get(one.party, 0) + lots

    # ------------------------------------------------------------------ matching

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

    @staticmethod
    def _rule(taker: ReferenceOrder, maker: ReferenceOrder) -> int:
        """Self-trade rule: the taker's, and between two strategies the taker ends."""
        return taker.spec.stp if taker.spec.strategy == maker.spec.strategy else STP_TAKER

    def _prevent(self, taker: ReferenceOrder, maker: ReferenceOrder) -> None:
        rule = self._rule(taker, maker)
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
            if not is_trailing and self._is_reached_now(one, self._watched(one.spec), one.spec.trigger):
                one.trigger = one.spec.trigger
                self._fire(one)
            else:
                self._wait(one)
            return
        if one.has(POST_ONLY) and self._would_take(one):
            if not one.has(SLIDE):
                if is_new:
                    one.oco_group = 0  # a rejected order never belonged to its group
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
            if one.coming:
                if one.state == RESTING:
                    self._leave(one)
                    one.state, one.shown = ACTIVE, 0
                one.leaves += one.coming
                one.coming = 0
                if one.state == HELD:
                    one.state = ACTIVE
                self._report(RELEASED, one, one.price, one.leaves)
            if one.state == ACTIVE:
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
            and c.flags in range(64)
            and c.trigger_by in range(4)
            and not (c.flags & OCO_CANCELS and c.flags & OCO_REDUCES)
            and (c.activation == 0 or (c.trigger_kind >= TRAIL_TICKS and abs(c.activation) < TICKS_MAX))
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
        if c.trigger_kind and c.trigger_by != BY_LAST and not self._has_price(c.trigger_by):
            return R_NO_PRICE
        if c.parent:
            parent = self.live.get(c.parent)
            if parent is None:
                return R_NONE if self._ended_parent(c) else R_PARENT
            return R_PARENT if parent.spec.owner != c.owner else R_NONE
        if c.trigger_kind in (STOP, TOUCHED):
            if self._is_reached_now(self._made(c), self._watched(c), c.trigger):
                return R_TRIGGERED
        elif c.flags & REDUCE_ONLY and c.trigger_kind == NO_TRIGGER and self._reducible(c) == 0:
            return R_REDUCE_ONLY
        return R_NONE

    def _ended_parent(self, c: ReferenceCommand) -> tuple[int, int] | None:
        """Fills and quantity of a parent that ended before its child arrived, if they activate part of the child."""
        order_id, owner, qty, filled = self.ended.get(c.parent % ENDED_MAX, (0, 0, 1, 0))
        is_too_little = filled < qty and self.children_whole
        if order_id != c.parent or owner != c.owner or is_too_little or self._share(c.qty, filled, qty) == 0:
            return None
        return filled, qty

    def _made(self, c: ReferenceCommand) -> ReferenceOrder:
        return ReferenceOrder(
            c, c.price, c.qty, c.qty, self._sequence, c.type, c.display, c.trigger_kind, c.oco_group, c.parent
        )

    def _new(self, c: ReferenceCommand) -> None:
        reason = self._check(c)
        if reason:
            self._refuse(REJECTED, c, reason)
            return
        self._sequence += 1
        one = self.live[c.order_id] = self._made(c)
        if c.parent:
            one.is_child, one.state = True, HELD
            one.held, one.asked, one.leaves = c.qty, c.qty, 0
            self._report(ACK, one, c.price, c.qty)
            parent = self.live.get(c.parent)
            if parent is None:
                one.parent = 0
                ended = self._ended_parent(c)
                assert ended is not None
                self._release(one, *ended, ended=True)
            else:
                parent.children.append(c.order_id)
                if parent.qty > parent.left:
                    self._release(one, parent.qty - parent.left, parent.qty, ended=False)
            return
        if c.trigger_kind:
            self._report(ACK, one, c.price, c.qty)
        self._begin(one, True)

    def _move_trigger(self, one: ReferenceOrder, trigger: int) -> int:
        if trigger == 0 or one.trigger_kind == NO_TRIGGER or trigger == one.spec.trigger:
            return R_NONE
        if one.trigger_kind >= TRAIL_TICKS or abs(trigger) >= TICKS_MAX:
            return R_INVALID
        if one.state == WAITING:
            if self._is_reached_now(one, one.watches, trigger):
                return R_TRIGGERED
            self._time += 1
            one.time = self._time
            one.trigger = trigger
        one.spec = one.spec._replace(trigger=trigger)
        return R_NONE

    def _amend_child(self, one: ReferenceOrder, c: ReferenceCommand) -> None:
        """Amend a child with lots that wait for its parent."""
        if not 0 < c.qty <= QTY_MAX or (one.type == LIMIT and abs(c.price) >= TICKS_MAX):
            self._refuse(AMEND_REJECTED, c, R_INVALID)
            return
        filled = one.qty - one.left
        total = filled + c.qty if self.reinserts else c.qty
        if total > QTY_MAX:
            self._refuse(AMEND_REJECTED, c, R_INVALID)
            return
        if total <= filled:
            self._end(one, CANCELED, R_AMEND)
            return
        if one.state == RESTING:
            best = self._best(1 - one.spec.side)
            crosses = best is not None and (best <= c.price if one.spec.side == BUY else best >= c.price)
            if one.has(POST_ONLY) and crosses:
                self._refuse(AMEND_REJECTED, c, R_POST_ONLY)
                return
        else:
            reason = self._move_trigger(one, c.trigger)
            if reason:
                self._refuse(AMEND_REJECTED, c, reason)
                return
        parent = self.live[one.parent]
        part = 0 if self._waits_for_whole(one) else self._share(total, parent.qty - parent.left, parent.qty)
        part = max(part, filled)
        if one.type == LIMIT:
            one.price = c.price
        self._set_qty(one, total)
        one.asked, one.held, one.coming, one.leaves = total, total - part, part - filled, 0
        if one.state == RESTING or one.coming == 0:
            if one.state == RESTING:
                self._leave(one)
            one.state, one.shown = HELD, 0
        self._report(AMENDED, one, one.price, one.qty)
        if one.coming:
            self._due.append(one)

    def _amend(self, c: ReferenceCommand) -> None:
        one = self.live.get(c.order_id)
        if one is None or one.spec.owner != c.owner:
            self._refuse(AMEND_REJECTED, c, R_UNKNOWN)
            return
        if one.held:
            self._amend_child(one, c)
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
            mine = [one for one in self.live.values() if one.party == (c.owner, c.strategy)]
            if not mine:
                return
            self._end(min(mine, key=lambda one: one.sequence), CANCELED, R_ALL)
            self._end_pending()

    def advance(self, ts: int) -> None:
        """Advance the clock."""
        self._go_on(ts)

    def _go_on(self, ts: int) -> None:
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
        """End DAY orders."""
        for one in sorted(self.live.values(), key=lambda o: o.sequence):
            if one.spec.tif == DAY and one.state != OVER:
                self._end(one, EXPIRED, R_EXPIRED)
                self._settle()

    def on_command(self, command: ReferenceCommand) -> list[ReferenceReport]:
        """Process one command; returns the resulting reports."""
        self.reports = []
        self._go_on(command.ts)
        (self._new, self._amend, self._cancel, self._cancel_all)[command.action](command)
        self._settle()
        self._finish()
        return self.reports

    def _finish(self) -> None:
        """Checks of a venue after each command."""
