"""The matching engine driven by Poisson flow, against a model that is solved exactly.

R. Cont, S. Stoikov, R. Talreja, "A stochastic model for order book dynamics", Operations Research 58 (2010). One level
a side, spread of one tick: limit orders of one lot arrive at a rate of 1.85, market orders at 0.94, each order is
cancelled at a rate of 0.71. The numbers were solved from the linear equations of the two queues, cut at 40 orders.
"""

from __future__ import annotations

import math
import random

import pytest

import velora as vl

LIMIT, MARKET, CANCEL = 1.85, 0.94, 0.71
TRIALS = 1_500

#: P(the ask queue empties first), by orders at the bid (rows, 1 to 5) and at the ask (columns, 1 to 5).
UP = [
    [0.500, 0.335, 0.259, 0.216, 0.188],
    [0.665, 0.500, 0.407, 0.348, 0.307],
    [0.741, 0.593, 0.500, 0.437, 0.391],
    [0.784, 0.652, 0.563, 0.500, 0.452],
    [0.812, 0.693, 0.609, 0.548, 0.500],
]
#: P(an own order, last in a bid queue of this length and never cancelled, fills before the ask queue empties).
FILL = {
    1: [0.503, 0.698, 0.794, 0.848, 0.882],
    2: [0.359, 0.551, 0.664, 0.737, 0.787],
    3: [0.291, 0.465, 0.578, 0.656, 0.713],
    5: [0.224, 0.369, 0.472, 0.548, 0.607],
}
PRICE = (100, 101)  # ticks of the bid and the ask
OWNER, OTHERS = 1, 2


class Queues:
    """Two levels of an engine under Poisson flow."""

    def __init__(self, seed):
        self.engine = vl.MatchingEngine(vl.Instrument("CST", tick_size="1", lot_size="1"))
        self.rng = random.Random(seed)
        self.next_id = 1

    def join(self, side, owner=OTHERS):
        self.live[side].append(self.next_id)
        self.engine.submit(self.next_id, side, 1, PRICE[side], owner=owner)
        self.next_id += 1
        return self.next_id - 1

    def begin(self, bids, asks):
        for owner in (OWNER, OTHERS):
            self.engine.cancel_all(owner)
        self.live = ([], [])  # ids that may be cancelled, in any order
        for side, count in ((0, bids), (1, asks)):
            for _ in range(count):
                self.join(side)

    def step(self):
        """One event of either side."""
        sizes = [self.engine.levels.qty_lots(side, PRICE[side]) for side in (0, 1)]
        cancels = [CANCEL * len(self.live[side]) for side in (0, 1)]
        draw = self.rng.random() * (2 * LIMIT + 2 * MARKET + sum(cancels))
        for side in (0, 1):
            if draw < LIMIT:
                self.join(side)
                return
            draw -= LIMIT
            if draw < MARKET:
                if sizes[side]:
                    reports = self.engine.submit(self.next_id, 1 - side, 1, owner=3)
                    self.next_id += 1
                    filled = [one.order_id for one in reports if one.is_maker]
                    self.live[side][:] = [one for one in self.live[side] if one not in filled]
                return
            draw -= MARKET
            if draw < cancels[side]:
                at = self.rng.randrange(len(self.live[side]))
                self.engine.cancel(self.live[side].pop(at), owner=OTHERS)
                return
            draw -= cancels[side]

    def is_empty(self, side):
        return self.engine.levels.qty_lots(side, PRICE[side]) == 0


def close(hits, trials, wanted):
    """Within three standard errors."""
    return abs(hits / trials - wanted) <= 3 * math.sqrt(wanted * (1 - wanted) / trials)


def test_mid_goes_up_as_often_as_the_model_says():
    far = []
    for bids in range(1, 6):
        for asks in range(1, 6):
            queues = Queues(bids * 10 + asks)
            ups = 0
            for _ in range(TRIALS):
                queues.begin(bids, asks)
                while not (queues.is_empty(0) or queues.is_empty(1)):
                    queues.step()
                ups += queues.is_empty(1)
            if not close(ups, TRIALS, UP[bids - 1][asks - 1]):
                far.append((bids, asks, ups / TRIALS, UP[bids - 1][asks - 1]))
    assert far == []


@pytest.mark.parametrize("bids", sorted(FILL))
def test_own_order_fills_as_often_as_the_model_says(bids):
    far = []
    for asks in range(1, 6):
        queues = Queues(100 + bids * 10 + asks)
        fills = 0
        for _ in range(TRIALS):
            queues.begin(bids - 1, asks)
            own = queues.join(0, OWNER)
            queues.live[0].remove(own)  # never cancelled
            while own in queues.engine and not queues.is_empty(1):
                queues.step()
            fills += own not in queues.engine
        if not close(fills, TRIALS, FILL[bids][asks - 1]):
            far.append((asks, fills / TRIALS, FILL[bids][asks - 1]))
    assert far == []
