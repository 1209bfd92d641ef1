"""Random flows through the compiled book and its slow twin: the same after every operation."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.core.events import EventKind
from velora.testkit import ReferenceBook

INSTRUMENT = vl.Instrument("TEST", tick_size="0.1", lot_size="0.001")


def same_levels(book, reference):
    for side in (0, 1):
        ticks, lots = book.levels(side)
        assert list(zip(ticks.tolist(), lots.tolist(), strict=True)) == reference.levels(side)


#: Distances between prices: within a page of 64 ticks, across pages, across the directory's window, far beyond it.
SPANS = (40, 3_000, 400_000, 10**12)


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("seed", range(4))
def test_random_flow_agrees_after_every_operation(span, seed):
    rng = random.Random(seed * 1_000_003 + span)
    book, reference = vl.OrderBookL2(INSTRUMENT), ReferenceBook()
    centre = 0
    for step in range(4_000):
        side = rng.randrange(2)
        if rng.random() < 0.002:
            book.clear()
            reference.clear()
        if rng.random() < 0.01:
            centre += rng.randrange(-span, span) * 4
        price, qty = centre + rng.randrange(-span, span), rng.choice((0, 1, 5, 10**12))
        held = reference.sides[side]
        if held and rng.random() < 0.45:
            best = reference.best_bid_ticks if side == 0 else reference.best_ask_ticks
            price, qty = (best if rng.random() < 0.5 else rng.choice(list(held))), 0
        book.set(side, price, qty)
        reference.set(side, price, qty)
        assert (book.best_bid_ticks, book.best_ask_ticks) == (reference.best_bid_ticks, reference.best_ask_ticks)
        assert book.qty_lots(side, price) == held.get(price, 0)
        assert (book.bid_levels, book.ask_levels) == tuple(map(len, reference.sides))
        if step % 200 == 0:
            same_levels(book, reference)
    same_levels(book, reference)


@pytest.mark.parametrize("span", SPANS)
def test_batches_agree_with_single_rows(span):
    rng = np.random.default_rng(span)
    rows = 60_000
    kind = np.where(rng.random(rows) < 0.0005, EventKind.SNAPSHOT_BEGIN, EventKind.DELTA).astype(np.uint8)
    side = rng.integers(0, 2, rows).astype(np.uint8)
    price = rng.integers(-min(span, 500_000), min(span, 500_000), rows) * max(1, span // 500_000)
    qty = rng.integers(0, 3, rows)
    book, reference = vl.OrderBookL2(INSTRUMENT), ReferenceBook()
    book.apply(kind, side, price, qty)
    reference.apply(zip(kind.tolist(), side.tolist(), price.tolist(), qty.tolist(), strict=True))
    same_levels(book, reference)


OPERATIONS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.one_of(st.integers(-70, 70), st.sampled_from([k * 4096 * 64 + d for k in range(-3, 4) for d in (-1, 0, 1)])),
        st.integers(0, 3),
    ),
    max_size=120,
)


@given(OPERATIONS)
def test_any_sequence_agrees_with_the_reference(operations):
    book, reference = vl.OrderBookL2(INSTRUMENT), ReferenceBook()
    for side, price, qty in operations:
        book.set(side, price, qty)
        reference.set(side, price, qty)
        assert (book.best_bid_ticks, book.best_ask_ticks) == (reference.best_bid_ticks, reference.best_ask_ticks)
    same_levels(book, reference)


@given(OPERATIONS, st.randoms(use_true_random=False))
def test_state_hash_tells_levels_and_not_paths(operations, rng):
    book, other, reference = vl.OrderBookL2(INSTRUMENT), vl.OrderBookL2(INSTRUMENT), ReferenceBook()
    for side, price, qty in operations:
        book.set(side, price, qty)
        reference.set(side, price, qty)
    final = [(side, price, qty) for side in (0, 1) for price, qty in reference.sides[side].items()]
    rng.shuffle(final)
    for side, price, qty in final:
        other.set(side, price, qty)
    assert book.state_hash() == other.state_hash()
    assert book == other
    if final:
        side, price, qty = final[0]
        other.set(side, price, qty + 1)
        assert book.state_hash() != other.state_hash()
        assert book != other


def test_copy_is_independent():
    book = vl.OrderBookL2(INSTRUMENT)
    book.set(0, 100, 5)
    copied = book.copy()
    book.set(0, 100, 0)
    assert copied.best_bid_ticks == 100
    assert book.best_bid is None
