"""Microstructure measures against formulas written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

import velora as vl
from velora.errors import InvalidArgument
from velora.testkit import Flow

INSTRUMENT = vl.Instrument("TEST", tick_size="0.5", lot_size="0.01")


def by_hand(bids, asks, levels, decay):
    """The formulas of the module's docstring over (price, qty) lists, best first."""
    (bid, bid_qty), (ask, ask_qty) = bids[0], asks[0]
    mid = (bid + ask) / 2

    def weighted(weight):
        parts = [
            sum(weight(i, abs(price - mid)) * qty for i, (price, qty) in enumerate(side[:levels]))
            for side in (bids, asks)
        ]
        return (parts[0] - parts[1]) / (parts[0] + parts[1])

    def slope(side):
        total, rise, run = 0.0, 0.0, 0.0
        for price, qty in side[:levels]:
            total += qty
            rise += abs(price - mid) * total
            run += (price - mid) ** 2
        return rise / run

    return {
        "mid": mid,
        "spread": ask - bid,
        "microprice": (bid * ask_qty + ask * bid_qty) / (bid_qty + ask_qty),
        "imbalance": (bid_qty - ask_qty) / (bid_qty + ask_qty),
        "depth_imbalance": weighted(lambda i, _: math.exp(-decay * i)),
        "pressure": weighted(lambda _, distance: 1 / distance),
        "slope_bid": slope(bids),
        "slope_ask": slope(asks),
        "depth_bid": sum(qty for _, qty in bids[:levels]),
        "depth_ask": sum(qty for _, qty in asks[:levels]),
    }


def flow_by_hand(before, after):
    """e_n of Cont, Kukanov and Stoikov from two (bid, bid qty, ask, ask qty)."""
    (pb, qb, pa, qa), (nb, nqb, na, nqa) = before, after
    return (nb >= pb) * nqb - (nb <= pb) * qb - (na <= pa) * nqa + (na >= pa) * qa


@pytest.mark.parametrize(("levels", "decay"), [(1, 0.0), (3, 0.0), (5, 0.7), (50, 0.1)])
def test_measures_are_their_formulas(levels, decay):
    rng = np.random.default_rng(levels)
    book = vl.OrderBookL2(INSTRUMENT)
    measures = vl.BookMeasures(book, levels=levels, decay=decay)
    assert measures.update() is False
    assert measures.mid is None
    last, total = None, 0.0
    for _ in range(400):
        side = int(rng.integers(0, 2))
        book.set(side, 100 + (1 if side else -1) * int(rng.integers(1, 12)), int(rng.integers(0, 9)))
        if not measures.update():
            last = None
            continue
        bids, asks = book.bids(), book.asks()
        for name, value in by_hand(bids, asks, levels, decay).items():
            assert getattr(measures, name) == pytest.approx(value, rel=1e-9, abs=1e-12), name
        top = (*bids[0], *asks[0])
        wanted = 0.0 if last is None else flow_by_hand(last, top)
        assert measures.flow == pytest.approx(wanted, abs=1e-12)
        total += wanted
        assert measures.flow_sum == pytest.approx(total, abs=1e-9)
        last = top
    assert measures.reset_flow() == pytest.approx(total, abs=1e-9)
    assert measures.flow_sum == 0.0


def test_table_of_measures_has_a_row_for_each_batch():
    table = vl.SyntheticMarket(3, events=40_000).table()
    measured = vl.measure_table(table, levels=4, decay=0.3)
    book = vl.OrderBookL2(table.instrument)
    measures = vl.BookMeasures(book, levels=4, decay=0.3)
    rows = measured["row"].to_pylist()
    at = 0
    for line, row in enumerate(rows[:500]):
        book.apply(
            table.kind[at : row + 1], table.side[at : row + 1], table.price[at : row + 1], table.qty[at : row + 1]
        )
        at = row + 1
        measures.update()
        for name in ("mid", "microprice", "depth_imbalance", "slope_ask", "pressure"):
            assert measured[name][line].as_py() == pytest.approx(getattr(measures, name), rel=1e-12)
        if line:
            assert measured["flow"][line].as_py() == pytest.approx(measures.flow, abs=1e-12)
    depth = (table.kind == vl.EventKind.DELTA) | (table.kind == vl.EventKind.SNAPSHOT_END)
    assert len(rows) == int((depth & (table.flags & vl.EventFlag.LAST != 0)).sum())
    assert (table.ts_recv[rows] == measured["ts_recv"].to_numpy()).all()


def test_empty_tables_and_one_sided_books_give_no_rows():
    assert vl.measure_table(Flow(INSTRUMENT).table()).num_rows == 0
    assert vl.measure_table(Flow(INSTRUMENT).delta(0, vl.Side.BUY, 1, 1).table()).num_rows == 0


def test_bad_parameters_are_refused():
    book = vl.OrderBookL2(INSTRUMENT)
    for options in ({"levels": 0}, {"decay": -1.0}, {"decay": math.nan}):
        with pytest.raises(InvalidArgument):
            vl.BookMeasures(book, **options)
