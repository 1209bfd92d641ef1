"""Strategies that Velora's side and hftbacktest's side of `perf_tests.compare.fills` both run, line by line the same.

Nothing here knows either of them: a strategy sees a desk, which each side provides, and decides from integers alone.
"""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["DONE", "OPEN", "PENDING", "Desk", "Dice", "Ladder", "Steps", "make"]

#: How an order stands as far as the local side knows.
PENDING, OPEN, DONE = 0, 1, 2

BUY, SELL = 0, 1


class Desk(Protocol):
    """One instrument as a strategy sees it. Orders are known by their number, 1 for the first of the run."""

    def best(self) -> tuple[int, int] | None:
        """Best bid and ask in ticks, None where a side is missing."""

    def submit(self, side: int, price: int, qty: int, kind: str) -> int:
        """Send an order in ticks and lots: GTC, GTX, IOC, FOK or MARKET; returns its number."""

    def cancel(self, number: int) -> None:
        """Ask for a cancel."""

    def amend(self, number: int, price: int, qty: int) -> None:
        """Ask for another price and quantity."""

    def state(self, number: int) -> int:
        """PENDING, OPEN or DONE."""

    def is_busy(self, number: int) -> bool:
        """Whether a request about it is under way."""

    def filled(self, number: int) -> int:
        """Lots filled, as far as known here."""


class Ladder:
    """Keeps one order a slot at a distance from its side's best price, and moves it as the market leaves it.

    Two slots at one distance are two own orders at one price.

    Parameters
    ----------
    qty, cap : int
        Lots of each order, and the largest position.
    distances : list of int
        Ticks behind the best price, one a slot and side; negative is in front of it.
    amends : bool
        Whether to move by an amend, not by a cancel and a new order. Where orders fill in part hftbacktest forgets
        that a request is under way, so there it must be a cancel.
    flatten : int
        Lots at which a market order closes the position; 0 is never.
    """

    def __init__(self, qty: int, cap: int, distances: list[int], *, amends: bool = False, flatten: int = 0) -> None:
        self.qty, self.cap, self.amends, self.flatten = qty, cap, amends, flatten
        self.slots = [[side, distance, 0, 0, False] for distance in distances for side in (BUY, SELL)]
        self.closed = 0  # position of orders that have ended
        self.exit = [BUY, 0]  # side and number of the order that closes the position

    def wake(self, desk: Desk, may_open: bool) -> None:
        """Look and act."""
        top = desk.best()
        position = self.closed
        for side, number in [(slot[0], slot[2]) for slot in self.slots] + [tuple(self.exit)]:
            if number:
                position += desk.filled(number) * (1 if side == BUY else -1)
        if self.exit[1] and desk.state(self.exit[1]) == DONE:
            self.closed += desk.filled(self.exit[1]) * (1 if self.exit[0] == BUY else -1)
            self.exit[1] = 0
        if self.flatten and abs(position) >= self.flatten and not self.exit[1] and may_open:
            side = SELL if position > 0 else BUY
            self.exit = [side, desk.submit(side, 0, abs(position), "MARKET")]
        for slot in self.slots:
            side, distance, number, price, is_canceled = slot
            sign = 1 if side == BUY else -1
            if number and desk.state(number) == DONE:
                self.closed += sign * desk.filled(number)
                slot[2] = number = 0
            if top is None:
                continue
            want = top[side] - sign * distance
            if number:
                if price == want or is_canceled or desk.state(number) != OPEN or desk.is_busy(number):
                    continue
                if self.amends:
                    desk.amend(number, want, self.qty)
                    slot[3] = want
                else:
                    desk.cancel(number)
                    slot[4] = True
            elif may_open and abs(position + sign * self.qty) <= self.cap:
                slot[2:] = [desk.submit(side, want, self.qty, "GTX"), want, False]


class Dice:
    """Sends, cancels and amends orders of all kinds at random, from a stream of integers of its own.

    An order is left alone for `rest` wakes after each request about it, which must be longer than a round trip, and is
    not amended once it has filled in part: hftbacktest's answer to that cannot be told from a fill.

    Parameters
    ----------
    seed, qty, rest : int
        `qty` is the largest quantity, lots.
    amends : bool
        Whether to amend.
    """

    def __init__(self, seed: int, qty: int, rest: int, amends: bool = True) -> None:
        self.state, self.qty, self.rest, self.amends = seed, qty, rest, amends
        self.wakes = 0
        self.live: dict[int, list[int]] = {}  # number -> [wake of the last request, side]

    def draw(self, n: int) -> int:
        """An integer in [0, n)."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def wake(self, desk: Desk, may_open: bool) -> None:
        """Look and act."""
        self.wakes += 1
        self.live = {number: one for number, one in self.live.items() if desk.state(number) != DONE}
        top = desk.best()
        for _ in range(self.draw(3)):
            choice = self.draw(10)
            if choice < 6 and top is not None and may_open and len(self.live) < 40:
                side = self.draw(2)
                kind = ("GTC", "GTC", "GTX", "GTX", "GTX", "IOC", "FOK", "MARKET")[self.draw(8)]
                price = top[side] + self.draw(9) - 4
                number = desk.submit(side, price, 1 + self.draw(self.qty), kind)
                self.live[number] = [self.wakes, side]
                continue
            ready = [number for number, one in self.live.items() if self.wakes - one[0] > self.rest]
            if not ready:
                continue
            number = ready[self.draw(len(ready))]
            if choice < 8 or not self.amends or desk.filled(number) or top is None:
                desk.cancel(number)
                self.live.pop(number)
            else:
                self.live[number][0] = self.wakes
                desk.amend(number, top[self.live[number][1]] + self.draw(7) - 3, 1 + self.draw(self.qty))


class Steps:
    """Does given things at given wakes.

    Parameters
    ----------
    steps : list
        Of ``[wake, "submit", side, price, qty, kind]``, ``[wake, "amend", number, price, qty]`` and
        ``[wake, "cancel", number]``; the first wake is 1.
    """

    def __init__(self, steps: list[list[Any]]) -> None:
        self.steps, self.wakes = steps, 0

    def wake(self, desk: Desk, may_open: bool) -> None:
        """Look and act."""
        self.wakes += 1
        for wake, action, *arguments in self.steps:
            if wake == self.wakes:
                getattr(desk, action)(*arguments)


def make(name: str, options: dict[str, Any]) -> Ladder | Dice | Steps:
    """A strategy from its name and options."""
    return {"ladder": Ladder, "dice": Dice, "steps": Steps}[name](**options)  # type: ignore[no-any-return]
