"""The check of takers counts what it says."""

from __future__ import annotations

import json

import numpy as np
import pytest

import velora as vl
from velora.backtest.takers_check import TAKERS, check_takers, fills_against_quotes
from velora.core.events import Side
from velora.core.orders import FillCause
from velora.core.vocabulary import EVIDENCED_FILL_DTYPE
from velora.testkit.flow import Flow

BUY, SELL = Side.BUY, Side.SELL


def flow():
    made = Flow().snapshot(0, bids=[(100, 5)], asks=[(102, 5)]).quote(0, (100, 5), (102, 5))
    for ts in range(1_000_000, 60_000_000, 1_000_000):
        away = ts // 1_000_000 % 3
        made.quote(ts, (100 + away, 3), (102 + away, 4))
        if ts % 10_000_000 == 0:
            made.snapshot(ts, bids=[(100 + away, 3)], asks=[(102 + away, 4)])
    return made.table()


def fills(*rows):
    made = np.zeros(len(rows), EVIDENCED_FILL_DTYPE)
    for at, (ts, side, price, qty, cause) in enumerate(rows):
        made[at]["ts_venue"], made[at]["side"], made[at]["price"], made[at]["qty"] = ts, side, price, qty
        made[at]["cause"] = cause
    return made


def test_a_fill_is_held_against_the_newest_quote_of_its_venue_instant():
    table = Flow().quote(10, (100, 5), (102, 6)).quote(20, (101, 3), (103, 4)).table()
    found = fills_against_quotes(
        table,
        fills(
            (5, BUY, 102, 1, FillCause.TAKER),  # before any quote
            (19, BUY, 102, 1, FillCause.TAKER),
            (20, BUY, 102, 2, FillCause.TAKER),
            (25, SELL, 99, 2, FillCause.TAKER),
            (25, SELL, 99, 2, FillCause.QUEUE),  # no taker's
        ),
    )
    assert found["fill"].tolist() == [1, 2, 3]
    assert found["ticks"].tolist() == [0, -1, 2]
    assert found["shown"].tolist() == [6, 4, 3]
    assert found["row"].tolist() == [0, 1, 1]


def test_each_kind_of_taker_has_a_cell_and_none_is_better_than_the_quote():
    check = check_takers(flow(), 50, latency=0)
    assert tuple(cell.takers for cell in check.cells) == TAKERS
    blind = check.cells[0]
    assert blind.fills > 30
    assert blind.better == 0
    assert blind.fills == blind.better + blind.equal + blind.worse
    assert blind.mid_bps > blind.mean_bps >= 0
    assert "blind" in str(check)
    json.dumps(check.to_dict())


def test_data_without_quotes_is_refused():
    table = Flow().snapshot(0, bids=[(100, 5)], asks=[(102, 5)]).table()
    with pytest.raises(vl.errors.InvalidArgument, match="depth and quotes"):
        check_takers(table)


@pytest.mark.parametrize("wrong", [{"orders": 0}, {"lots": 0}, {"jump_ticks": 0}])
def test_sizes_are_above_zero(wrong):
    with pytest.raises(vl.errors.InvalidArgument, match="above 0"):
        check_takers(flow(), **wrong)
