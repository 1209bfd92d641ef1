"""Random flows through the compiled book by order and its slow twin: the same after every operation."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.core.events import EventKind
from velora.errors import VeloraError
from velora.testkit import ReferenceBookL3

INSTRUMENT = vl.Instrument("TEST", tick_size="0.1", lot_size="0.001")
RULES = ("lost_by_more", "lost_by_any", "kept")


def outcome(call, *arguments):
    try:
        call(*arguments)
    except VeloraError:
        return "refused"
    return ""


def act(book, reference, name, *arguments):
    """The same call on both; they must agree on whether it can be done."""
    before = book.state_hash()
    got, wanted = outcome(getattr(book, name), *arguments), getattr(reference, name)(*arguments)
    assert bool(got) == bool(wanted), (name, arguments, wanted)
    if got:
        assert book.state_hash() == before


def same(book, reference):
    for side in (0, 1):
        assert list(book.iterate(side)) == reference.orders(side)
        ticks, lots = book.levels.levels(side)
        assert list(zip(ticks.tolist(), lots.tolist(), strict=True)) == reference.levels(side)
    assert len(book) == sum(len(reference.orders(side)) for side in (0, 1))


def draw(rng, span, ids):
    """One operation as (name, arguments)."""
    name = rng.choice(("add", "add", "add", "change", "change", "cancel", "execute", "replace"))
    order_id, price, qty = rng.randrange(ids), rng.randrange(-span, span), rng.choice((0, 1, 2, 5, 10**12))
    if name == "add":
        return name, (order_id, rng.randrange(2), price, qty)
    if name == "change":
        return name, (order_id, price, qty)
    if name == "replace":
        return name, (order_id, rng.randrange(ids), price, qty)
    return name, (order_id, qty)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("span", [3, 200, 10**9])
def test_random_flow_agrees_after_every_operation(rule, span):
    rng = random.Random(span)
    book, reference = vl.OrderBookL3(INSTRUMENT, priority=rule), ReferenceBookL3(rule)
    for step in range(3_000):
        if rng.random() < 0.001:
            book.clear()
            reference.clear()
        name, arguments = draw(rng, span, 60)
        act(book, reference, name, *arguments)
        order_id = arguments[0]
        found = reference.find(order_id)
        assert (order_id in book) == (found is not None)
        if found is not None:
            assert book.queue_position(order_id) == reference.ahead(order_id)
            assert book.order(order_id).price_ticks == found[1]
        if step % 100 == 0:
            same(book, reference)
    same(book, reference)
    assert book.copy() == book
    assert book.copy().state_hash() == book.state_hash()


def test_batches_agree_with_single_calls():
    rng = np.random.default_rng(1)
    rows = 4_000
    kinds = (EventKind.ORDER_ADD, EventKind.ORDER_CHANGE, EventKind.ORDER_CANCEL, EventKind.ORDER_EXECUTE)
    kind = rng.choice(kinds, rows, p=(0.4, 0.2, 0.2, 0.2)).astype(np.uint8)
    side, price = rng.integers(0, 2, rows).astype(np.uint8), rng.integers(-5, 5, rows)
    qty, ids = rng.integers(1, 4, rows), rng.integers(0, 50, rows)
    reference = ReferenceBookL3()
    fits = []
    for at, row in enumerate(
        zip(kind.tolist(), side.tolist(), price.tolist(), qty.tolist(), ids.tolist(), strict=True)
    ):
        before = [reference.orders(s) for s in (0, 1)]
        reference.apply([row])
        unchanged = before == [reference.orders(s) for s in (0, 1)]
        if not unchanged or (row[0] == EventKind.ORDER_CHANGE and reference.find(row[4]) is not None):
            fits.append(at)
    book = vl.OrderBookL3(INSTRUMENT)
    book.apply(kind[fits], side[fits], price[fits], qty[fits], ids[fits])
    same(book, reference)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"), st.tuples(st.integers(0, 9), st.integers(0, 1), st.integers(-2, 2), st.integers(0, 3))
        ),
        st.tuples(st.just("change"), st.tuples(st.integers(0, 9), st.integers(-2, 2), st.integers(0, 3))),
        st.tuples(st.just("cancel"), st.tuples(st.integers(0, 9), st.integers(0, 3))),
        st.tuples(st.just("execute"), st.tuples(st.integers(0, 9), st.integers(0, 3))),
        st.tuples(
            st.just("replace"), st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(-2, 2), st.integers(0, 3))
        ),
    ),
    max_size=80,
)


@given(OPERATIONS, st.sampled_from(RULES))
def test_any_sequence_agrees_with_the_reference(operations, rule):
    book, reference = vl.OrderBookL3(INSTRUMENT, priority=rule), ReferenceBookL3(rule)
    for name, arguments in operations:
        act(book, reference, name, *arguments)
    same(book, reference)
    for side in (0, 1):
        for order_id, _, _ in reference.orders(side):
            assert book.queue_position(order_id) == reference.ahead(order_id)


@given(OPERATIONS)
def test_snapshot_brings_back_every_place(operations):
    book = vl.OrderBookL3(INSTRUMENT)
    for name, arguments in operations:
        outcome(getattr(book, name), *arguments)
    kept, value = book.snapshot(), book.state_hash()
    book.add(1_000, 0, 0, 1)
    book.restore(kept)
    assert book.state_hash() == value
