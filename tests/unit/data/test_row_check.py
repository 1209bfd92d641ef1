"""The checker of rows: it finds what a slow one finds, at the same row, and says where it is."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.data.row_check import check_rows
from velora.data.schema import COLUMNS
from velora.errors import DataError, InvalidArgument

INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1", quote="USD")
TICKS, LOTS, NUMBER = 2**60, 2**60 - 1, 2**62
OF_BOOK = (EventKind.QUOTE, EventKind.DELTA, EventKind.ORDER_ADD)
WITH_QTY = (EventKind.TRADE, EventKind.ORDER_ADD, EventKind.ORDER_EXECUTE)
ON_GRID = (*OF_BOOK, EventKind.TRADE, EventKind.ORDER_CHANGE)
WITHOUT_LOTS = (
    EventKind.SNAPSHOT_BEGIN, EventKind.SNAPSHOT_END, EventKind.MARK_PRICE, EventKind.FUNDING, EventKind.GAP,
)  # fmt: skip


def is_right(row, needs_qty):
    """By the rules as the documentation tells them."""
    ts_event, _, kind, side, flags, price, qty, _ = row
    if kind not in set(EventKind) or side > (Side.SELL if kind in OF_BOOK else Side.NONE) or flags > sum(EventFlag):
        return False
    if kind in ON_GRID and not -TICKS < price < TICKS:
        return False
    if not -NUMBER <= price <= NUMBER or not -NUMBER <= ts_event <= NUMBER:
        return False
    if kind in WITHOUT_LOTS:
        return -NUMBER <= qty <= NUMBER
    return (1 if needs_qty and kind in WITH_QTY else 0) <= qty <= LOTS


def first_wrong(rows, needs_qty):
    last = -(2**63)
    for number, row in enumerate(rows):
        if not is_right(row, needs_qty) or not -NUMBER <= row[1] <= NUMBER or row[1] < last:
            return number
        last = row[1]
    return None


def table_of(rows):
    columns = {name: np.array(values) for name, values in zip(COLUMNS, zip(*rows, strict=True), strict=True)}
    return vl.EventTable.from_numpy(INSTRUMENT, check=False, **columns)


def found_in(table, **options):
    try:
        check_rows(table, **options)
    except DataError as error:
        return error.row
    return None


def random_rows(rng, count):
    """Mostly right ones."""
    rows, recv = [], 0
    numbers = (0, 1, 5, -1, TICKS - 1, TICKS, -TICKS, NUMBER, NUMBER + 1, -NUMBER, -NUMBER - 1, 2**63 - 1, -(2**63))
    for _ in range(count):
        recv += rng.integers(0, 3)
        row = [int(recv), int(recv), int(rng.integers(1, 14)), int(rng.integers(0, 2)), int(rng.integers(0, 32)),
               int(rng.integers(-9, 9)), int(rng.integers(1, 9)), 0]  # fmt: skip
        if rng.random() < 3 / count:
            at = int(rng.integers(0, 7))
            row[at] = int(rng.integers(0, 256)) if 2 <= at <= 4 else int(rng.choice(numbers))
        rows.append(tuple(row))
    return rows


@pytest.mark.parametrize("needs_qty", [True, False])
def test_the_first_row_that_cannot_be_is_found(needs_qty):
    rng = np.random.default_rng(1)
    wrong = 0
    for count in (*range(1, 40), *[700, 1_500] * 40):
        rows = random_rows(rng, count)
        expected = first_wrong(rows, needs_qty)
        assert found_in(table_of(rows), needs_qty=needs_qty) == expected
        wrong += expected is not None
    assert wrong > 20


@pytest.mark.parametrize("kind", list(EventKind))
def test_each_bound_of_each_kind_is_where_it_is_said_to_be(kind):
    values = sorted(
        {edge + step for edge in (0, TICKS, -TICKS, LOTS, NUMBER, -NUMBER) for step in (-1, 0, 1)}
        | {2**63 - 1, -(2**63)}
    )
    for price, qty in [*((1, value) for value in values), *((value, 1) for value in values)]:
        for side in (0, 1, 2, 3, 77, 255):
            row = (5, 5, int(kind), side, 1, price, qty, 0)
            for needs_qty in (True, False):
                expected = None if is_right(row, needs_qty) else 0
                assert found_in(table_of([row]), needs_qty=needs_qty) == expected, row


def test_the_message_names_file_row_field_and_value():
    rows = [(1, 1, 1, 0, 1, 5, 5, 0), (2, 2, 1, 77, 1, 5, 5, 0)]
    with pytest.raises(
        DataError, match=r"here\.parquet, row 101, field 'side': side must be 0 to 2 in a TRADE, was 77"
    ):
        check_rows(table_of(rows), file="here.parquet", first_row=100)
    with pytest.raises(DataError, match=r"TEST, row 0, field 'ts_recv': .* goes back between two chunks"):
        check_rows(table_of(rows[:1]), after=2)


def test_columns_of_other_types_or_lengths_are_refused():
    table = table_of([(1, 1, 1, 0, 1, 5, 5, 0)] * 3)

    class Bent:
        pass

    for name, values in (("price", np.zeros(3)), ("kind", np.ones(3)), ("qty", np.ones(2, np.int64)), ("side", None)):
        bent = Bent()
        for column in COLUMNS:
            setattr(bent, column, getattr(table, column))
        setattr(bent, name, values)
        with pytest.raises(InvalidArgument):
            check_rows(bent)


class Source:
    """One of the user's own, which hands on whatever it has."""

    disorder_ns = 0
    has_depth = True

    def __init__(self, *tables):
        self.instrument = tables[0].instrument
        self._tables = tables

    def chunks(self, rows):
        yield from self._tables


@pytest.mark.parametrize(
    ("name", "value"), [("side", 3), ("kind", 99), ("price", -(2**63)), ("qty", 2**63 - 1), ("flags", 128)]
)
@pytest.mark.parametrize("give", [lambda table: table, lambda table: Source(table, table), lambda table: [table]])
def test_a_run_refuses_rows_that_nobody_checked(name, value, give):
    rows = [(at, at, 1, 0, 1, 5, 5, 0) for at in range(1, 2_000)]
    table = table_of(rows)
    getattr(table, name)[1_500] = value
    with pytest.raises(DataError, match=f"row 1500, field '{name}'"):
        vl.Backtest(give(table), vl.Strategy()).run()


def test_a_source_of_ones_own_whose_chunks_go_back_in_time_is_refused():
    table = table_of([(at, at, 1, 0, 1, 5, 5, 0) for at in range(1, 2_000)])
    with pytest.raises(DataError, match="row 1999, field 'ts_recv'"):
        vl.Backtest(Source(table, table), vl.Strategy()).run()
    table.check()
    with pytest.raises(DataError, match="row 1999, field 'ts_recv'"):
        vl.Backtest(Source(table, table), vl.Strategy()).run()
