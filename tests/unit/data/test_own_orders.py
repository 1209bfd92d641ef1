"""Own orders come out of the recording of a live session, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import velora as vl
from velora.core.events import EventFlag, EventKind
from velora.data.own_orders import OwnChange, strip_own_orders
from velora.errors import InvalidArgument
from velora.testkit import ReferenceBook

INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1")
LAST = int(EventFlag.LAST)


def table(rows):
    """Rows of (ts, kind, side, price, qty, order_id)."""
    ts, kind, side, price, qty, ids = (list(column) for column in zip(*rows, strict=True))
    return vl.EventTable.from_numpy(
        INSTRUMENT, ts_event=ts, kind=kind, side=side, price=price, qty=qty, order_id=ids, flags=[LAST] * len(ts)
    )


def test_levels_lose_what_rested_there_at_the_time_of_the_row():
    rows = [(10, 3, 0, 100, 5, 0), (20, 3, 0, 100, 8, 0), (30, 3, 0, 100, 6, 0), (40, 3, 0, 100, 5, 0)]
    changes = [OwnChange(15, "a", 0, 100, 3), OwnChange(25, "a", 0, 100, 1), OwnChange(35, "a", 0, 100, 0)]
    stripped, summary = strip_own_orders(table(rows), changes)
    assert stripped.qty.tolist() == [5, 5, 5, 5]
    assert (summary.levels, summary.short) == (2, 0)


def test_quote_of_which_nothing_is_left_is_dropped_whole():
    rows = [(10, 2, 0, 101, 3, 0), (10, 2, 1, 103, 4, 0), (20, 2, 0, 100, 7, 0), (20, 2, 1, 103, 4, 0)]
    stripped, summary = strip_own_orders(table(rows), [OwnChange(5, 1, 0, 101, 3), OwnChange(5, 2, 1, 103, 1)])
    assert list(zip(stripped.price.tolist(), stripped.qty.tolist(), strict=True)) == [(100, 7), (103, 3)]
    assert (summary.quotes, summary.quotes_dropped) == (2, 1)


def test_own_taker_trades_are_off_the_book_and_own_maker_trades_stay():
    rows = [(10, 1, 0, 100, 5, 71), (20, 1, 1, 100, 5, 72)]
    stripped, summary = strip_own_orders(table(rows), [], taker_trade_ids=[72])
    assert stripped.flags.tolist() == [LAST, LAST | EventFlag.OFF_BOOK]
    assert summary.trades == 1


def test_row_that_shows_less_than_ours_is_counted():
    stripped, summary = strip_own_orders(table([(10, 3, 1, 100, 2, 0)]), [OwnChange(5, "a", 1, 100, 3)])
    assert (stripped.qty.tolist(), summary.short) == ([0], 1)


def test_changes_out_of_order_and_rows_by_order_are_refused():
    with pytest.raises(InvalidArgument, match="go back in time at order b"):
        strip_own_orders(table([(10, 3, 1, 100, 2, 0)]), [OwnChange(9, "a", 1, 1, 1), OwnChange(5, "b", 1, 1, 1)])
    with pytest.raises(InvalidArgument, match="by order"):
        strip_own_orders(table([(10, EventKind.ORDER_ADD, 1, 100, 2, 7)]), [])


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 1), st.integers(0, 3), st.integers(0, 4), st.integers(0, 2)),
        min_size=1,
        max_size=60,
    )
)
def test_stripped_book_is_the_book_of_the_others(steps):
    """Others and we act in turn; the feed shows the sum, the stripped feed the others alone."""
    others, own, rows, changes = ReferenceBook(), {}, [], []
    for ts, (is_ours, side, level, lots, name) in enumerate(steps):
        price = 100 - level if side == 0 else 101 + level
        if is_ours:
            touched = [key for key, _ in [own[name]]] if name in own else []
            own.pop(name, None)
            if lots:
                own[name] = ((side, price), lots)
                touched.append((side, price))
            changes.append(OwnChange(ts, name, side, price, lots))
        else:
            others.set(side, price, lots)
            touched = [(side, price)]
        for s, p in touched:
            ours = sum(rests for key, rests in own.values() if key == (s, p))
            rows.append((ts, 3, s, p, others.sides[s].get(p, 0) + ours, 0))
    if not rows:
        return
    stripped, summary = strip_own_orders(table(rows), changes)
    book = ReferenceBook()
    book.apply(zip(*(getattr(stripped, n).tolist() for n in ("kind", "side", "price", "qty")), strict=True))
    assert book.sides == others.sides
    assert summary.short == 0
