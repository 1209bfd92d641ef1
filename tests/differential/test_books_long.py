"""Long random flows through both compiled books and their slow twins.

`VELORA_BOOK_OPERATIONS` sets how many operations in all; the default takes seconds, 10**8 half an hour.
"""

from __future__ import annotations

import os
import random

import numpy as np

import velora as vl
from velora.core.events import EventKind
from velora.errors import VeloraError
from velora.testkit import ReferenceBook, ReferenceBookL3

OPERATIONS = int(os.environ.get("VELORA_BOOK_OPERATIONS", "300000"))
INSTRUMENT = vl.Instrument("TEST", tick_size="0.1", lot_size="0.001")
BLOCK = 20_000


def test_levels_agree_over_a_long_flow():
    """A mid that wanders far, so that pages come and go on both sides of the window; snapshots now and then."""
    rng = np.random.default_rng(11)
    book, reference = vl.OrderBookL2(INSTRUMENT), ReferenceBook()
    mid = 0
    touch = np.zeros((BLOCK, 2), np.int64)
    for block in range(max(1, OPERATIONS * 7 // 10 // BLOCK)):
        mid += int(rng.normal(0, 3_000))
        spread = int(rng.choice([20, 2_000, 10**6]))
        side = rng.integers(0, 2, BLOCK).astype(np.uint8)
        price = mid + np.where(side == 1, 1, -1) * rng.integers(0, spread, BLOCK)
        qty = np.where(rng.random(BLOCK) < 0.45, 0, rng.integers(1, 10**6, BLOCK))
        kind = np.full(BLOCK, EventKind.DELTA, np.uint8)
        if block % 50 == 0:
            kind[BLOCK // 2] = EventKind.SNAPSHOT_BEGIN
        book.apply(kind, side, price, qty, touch)
        reference.apply(zip(kind.tolist(), side.tolist(), price.tolist(), qty.tolist(), strict=True))
        for s in (0, 1):
            levels = book.levels(s)
            assert list(zip(*(column.tolist() for column in levels), strict=True)) == reference.levels(s)
        assert book.best_bid_ticks == reference.best_bid_ticks
        assert touch[-1, 1] == reference.best_ask_ticks


def test_orders_agree_over_a_long_flow():
    rng = random.Random(12)
    book, reference = vl.OrderBookL3(INSTRUMENT), ReferenceBookL3()
    draw, pick = rng.random, rng.randrange
    calls = {name: (getattr(book, name), getattr(reference, name)) for name in ("add", "change", "cancel", "execute")}
    calls["replace"] = (book.replace, reference.replace)
    refused = 0
    for step in range(OPERATIONS * 3 // 10):
        order_id, price, qty = pick(60), pick(-6, 6), pick(5)
        kind = draw()
        if kind < 0.4:
            name, arguments = "add", (order_id, pick(2), price, qty)
        elif kind < 0.6:
            name, arguments = "change", (order_id, price, qty)
        elif kind < 0.75:
            name, arguments = "cancel", (order_id, qty)
        elif kind < 0.9:
            name, arguments = "execute", (order_id, qty)
        else:
            name, arguments = "replace", (order_id, pick(60), price, qty)
        own, slow = calls[name]
        try:
            own(*arguments)
            got = False
        except VeloraError:
            got = True
            refused += 1
        assert got == bool(slow(*arguments)), (name, arguments)
        if step % 50 == 0:
            for side in (0, 1):
                assert list(book.iterate(side)) == reference.orders(side)
    assert 0 < refused < OPERATIONS * 3 // 10
