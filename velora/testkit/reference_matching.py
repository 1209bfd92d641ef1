"""A slow, simple reference for the matching engine: lists that are searched and sorted at each query.

It is the oracle of the differential tests: keep it simple, never optimize it. The rules are those of
``csrc/include/velora/match.h``; commands and reports are plain tuples with the numbers that it declares.
"""

from __future__ import annotations

from velora.testkit.reference_contingency import (
    ACTIVE,
    BUY,
    BY_ASK,
    BY_BID,
    BY_MARK,
    EXPIRED,
    FILL,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    R_FOK,
    R_IOC,
    R_NO_LIQUIDITY,
    R_REDUCE_ONLY,
    REDUCE_ONLY,
    RESTING,
    SELL,
    STP_BOTH,
    STP_MAKER,
    STP_TAKER,
    ReferenceContingency,
    ReferenceOrder,
    ReferenceReport,
)

__all__ = ["ReferenceMatching"]


class ReferenceMatching(ReferenceContingency):
    """One instrument.

    Parameters
    ----------
    amend : {"in_place", "reinsert"}
        As in `velora.MatchingEngine`.
    children : {"fills", "whole"}
    oco : {"protect", "cancel"}
    """

    def __init__(self, *, amend: str = "in_place", children: str = "fills", oco: str = "protect") -> None:
        super().__init__(children=children, oco=oco)
        self.reinserts = amend == "reinsert"
        self.trades = 0

    def queue(self, side: int) -> list[ReferenceOrder]:
        """Resting orders of a side in priority order."""
        resting = [one for one in self.live.values() if one.state == RESTING and one.spec.side == side]
        return sorted(resting, key=lambda one: (one.price if side == SELL else -one.price, one.time))

    def _best(self, side: int) -> int | None:
        queue = self.queue(side)
        return queue[0].price if queue else None

    def _quote(self, side: int) -> int | None:
        return self._best(side)

    def _has_price(self, by: int) -> bool:
        return by != BY_MARK

    def _finish(self) -> None:
        """Check triggers by the best prices, which may fire further ones."""
        while True:
            for by, side in ((BY_BID, BUY), (BY_ASK, SELL)):
                price = self._best(side)
                if price is not None and self._is_waited(by):
                    self._on_price(by, price, price)
            if not self._due and not self._ending:
                return
            self._settle()

    def advance(self, ts: int) -> None:
        super().advance(ts)
        self._finish()

    def end_of_day(self) -> None:
        super().end_of_day()
        self._finish()

    def _can_fill(self, one: ReferenceOrder) -> bool:
        need = one.leaves
        if one.has(REDUCE_ONLY) and self._reducible(one.spec) < need:
            return False
        queue = [maker for maker in self.queue(1 - one.spec.side) if self._may_meet(one, maker.price)]
        for price in dict.fromkeys(maker.price for maker in queue):
            shown = every = 0
            stopped = False
            for maker in (maker for maker in queue if maker.price == price):
                lots = maker.leaves
                if self._is_self(one, maker):
                    rule = self._rule(one, maker)
                    if rule in (STP_TAKER, STP_BOTH):
                        stopped = True
                        break
                    if rule == STP_MAKER:
                        continue
                elif maker.has(REDUCE_ONLY):
                    lots = min(lots, self._reducible(maker.spec))
                shown += min(lots, maker.shown)
                every += lots
            need -= shown if stopped else every
            if stopped or need <= 0:
                break
        return need <= 0

    def _trade(self, taker: ReferenceOrder, maker: ReferenceOrder, qty: int) -> None:
        price = maker.price
        self.trades += 1
        taker.leaves -= qty
        self._take_off(maker, qty)
        for one in (taker, maker):
            self._move_position(one, qty)
        for one, other in ((taker, maker), (maker, taker)):
            self.reports.append(
                ReferenceReport(
                    FILL,
                    one.id,
                    price,
                    qty,
                    one.left,
                    one.spec.owner,
                    one.spec.side,
                    0,
                    int(one is maker),
                    other.id,
                    self.trades,
                )
            )
        if maker.leaves == 0:
            self._leave(maker)
            maker.state = ACTIVE  # it was removed from the book
        self._filled(maker, qty)
        self._filled(taker, qty)
        for one in (maker, taker):
            if one.leaves == 0:
                self._end(one, FILL)
        self._end_pending()
        self._on_last(price)
        self._end_pending()

    def _act(self, one: ReferenceOrder) -> None:
        has_traded = False
        if one.has(REDUCE_ONLY) and self._reducible(one.spec) == 0:
            self._end(one, EXPIRED, R_REDUCE_ONLY)
            return
        if one.spec.tif == FOK and not self._can_fill(one):
            self._end(one, EXPIRED, R_FOK)
            return
        others = self.queue(1 - one.spec.side)
        only = others[0].price if others and one.type == MARKET_TO_LIMIT else None
        while True:
            others = self.queue(1 - one.spec.side)
            if not others or not self._may_meet(one, others[0].price):
                break
            maker = others[0]
            if one.type == MARKET_TO_LIMIT and maker.price != only:
                break
            if self._is_self(one, maker):
                self._prevent(one, maker)
            else:
                qty = min(maker.shown, one.leaves)
                if maker.has(REDUCE_ONLY):
                    most = self._reducible(maker.spec)
                    if most == 0:
                        self._end(maker, EXPIRED, R_REDUCE_ONLY)
                        self._end_pending()
                        if one.state != ACTIVE:
                            return
                        continue
                    qty = min(qty, most)
                if one.has(REDUCE_ONLY):
                    most = self._reducible(one.spec)
                    if most == 0:
                        self._end(one, EXPIRED, R_REDUCE_ONLY)
                        return
                    qty = min(qty, most)
                if one.type == MARKET_TO_LIMIT:
                    one.price = maker.price
                has_traded = True
                self._trade(one, maker, qty)
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
