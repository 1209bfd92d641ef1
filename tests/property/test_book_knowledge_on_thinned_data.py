"""What a book of a thinned feed says it knows, against the book of the whole feed."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.backtest.thinning import thin
from velora.core.quote_book import QuoteBook
from velora.testkit import random_order_flow

UNKNOWN, EMPTY, SHOWN = vl.LevelState.UNKNOWN, vl.LevelState.EMPTY, vl.LevelState.SHOWN


def _feed(book, table, start, end):
    rows = slice(start, end)
    book.apply(table.kind[rows], table.side[rows], table.price[rows], table.qty[rows])


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("source", ["best10", "best5", "best5_cold", "best2", "best5_snapshots", "best1"])
def test_what_a_poorer_feed_says_is_empty_is_empty_and_what_it_shows_is_there(source, seed):
    table = random_order_flow(seed, 500, depth=8)
    whole, poor = thin(table, "levels"), thin(table, source)
    truth = vl.OrderBookL2(table.instrument)
    book = QuoteBook(table.instrument) if source == "best1" else vl.OrderBookL2(table.instrument)
    counts = dict.fromkeys(vl.LevelState, 0)
    at = [0, 0]
    for ts in np.unique(whole.ts_event):
        for number, (one, its) in enumerate(((truth, whole), (book, poor))):
            end = int(np.searchsorted(its.ts_event, ts, side="right"))
            _feed(one, its, at[number], end)
            at[number] = end
        for side in (0, 1):
            for price in range(985, 1016):
                state = book.level_state_ticks(side, price)
                counts[state] += 1
                assert (truth.qty_lots(side, price) > 0) <= (state != EMPTY), (ts, side, price)
                if state == SHOWN and source != "best1":
                    assert book.qty_lots(side, price) == truth.qty_lots(side, price), (ts, side, price)
            known = book.known_depth_ticks(side)
            best = book.best_bid_ticks if side == 0 else book.best_ask_ticks
            if known is not None:
                between = range(known, best + 1) if side == 0 else range(best, known + 1)
                assert all(book.level_state_ticks(side, price) != UNKNOWN for price in between), (ts, side)
    if source.endswith("_cold"):  # nothing says that a price is empty where only changes have made the book
        assert counts.pop(EMPTY) == 0
    assert min(counts.values()) > 0
