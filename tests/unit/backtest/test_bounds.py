"""The same run under both bounds of the queue."""

from __future__ import annotations

import pytest
from rich.console import Console

import velora as vl
from velora.backtest.bounds import queue_bounds
from velora.errors import InvalidArgument

MARKET = vl.SyntheticMarket(seed=7, duration="20s")


class Quoter(vl.Strategy):
    def on_start(self):
        self.every("100ms", self.requote)

    def requote(self):
        book = self.book("SYNUSDT")
        held = self.position("SYNUSDT").qty
        bid, ask = book.best_bid if held < 0.05 else None, book.best_ask if held > -0.05 else None
        self.quote(book.instrument, bid=bid, ask=ask, qty=0.01)


def test_fills_by_place_grow_from_the_pessimistic_to_the_optimistic_bound():
    found = queue_bounds(lambda queue: vl.Backtest(MARKET, Quoter(), queue=queue, latency="5ms"), "log1")
    rows = found.rows()
    assert [row["queue"] for row in rows] == ["risk_averse", "log1", "optimistic"]
    assert rows[0]["queue_fills"] < rows[1]["queue_fills"] < rows[2]["queue_fills"]
    assert found.between.hash == vl.Backtest(MARKET, Quoter(), queue="log1", latency="5ms").run().hash
    console = Console(width=100, record=True)
    console.print(found)
    assert "risk_averse" in console.export_text()


def test_make_must_give_fresh_strategies_and_hand_the_model_on():
    shared = Quoter()
    with pytest.raises(InvalidArgument, match="strategy of its own"):
        queue_bounds(lambda queue: vl.Backtest(MARKET, shared, queue=queue))
    with pytest.raises(InvalidArgument, match="used 'risk_averse'"):
        queue_bounds(lambda queue: vl.Backtest(MARKET, Quoter()))
