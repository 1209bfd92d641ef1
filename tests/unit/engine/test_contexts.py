"""Timers, the portfolio, views of orders, and memory that stays bounded."""

from __future__ import annotations

import gc
import random
import sys
from decimal import Decimal

import numpy as np
import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument
from velora.testkit import Flow, Script


def quiet(until=1000):
    flow = Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)])
    for ts in range(10, until, 10):
        flow.delta(ts, Side.BUY, 90, 1 + ts % 20)
    return flow


class Clock(vl.Strategy):
    """Writes down when its timers fire."""

    def __init__(self, setup):
        self.setup, self.fired = setup, []

    def on_start(self):
        self.setup(self)

    def note(self, name):
        return lambda: self.fired.append((self.now, name))


def fired(setup, until=100):
    clock = Clock(setup)
    vl.Backtest(quiet(until).table(), clock).run()
    return clock.fired


def test_timers_of_one_instant_fire_in_the_order_in_which_they_were_set():
    def setup(s):
        s.every(vl.ns(20), s.note("every"))
        s.at(40, s.note("at"))
        s.after(vl.ns(40), s.note("after"))

    assert fired(setup, 60) == [(20, "every"), (40, "at"), (40, "after"), (40, "every")]


def test_a_cancelled_timer_never_fires_and_leaves_the_others_alone():
    def setup(s):
        ids = [s.at(ts, s.note(ts)) for ts in (70, 10, 50, 30, 20, 60, 40)]
        periodic = s.every(vl.ns(15), s.note("periodic"))
        for at in (3, 0, 5):
            s.cancel_timer(ids[at])
        s.at(35, lambda: s.cancel_timer(periodic))
        s.cancel_timer(ids[3])
        s.cancel_timer(999)

    assert fired(setup) == [(10, 10), (15, "periodic"), (20, 20), (30, "periodic"), (40, 40), (50, 50)]


def test_timer_may_cancel_itself():
    def setup(s):
        def once():
            s.note("once")()
            s.cancel_timer(made[0])

        made = [s.every(vl.ns(10), once)]

    assert fired(setup) == [(10, "once")]


@pytest.mark.parametrize("seed", range(20))
def test_timers_fire_as_a_sorted_list_of_those_not_cancelled_says(seed):
    rng = random.Random(seed)
    expected = []

    def setup(s):
        for name in range(40):
            due = rng.randrange(1, 90)
            timer = s.at(due, s.note(name))
            if rng.random() < 0.4:
                s.cancel_timer(timer)
            else:
                expected.append((due, name))

    assert fired(setup) == sorted(expected)


def test_same_order_is_the_same_object_while_somebody_holds_it():
    seen = []

    class Holder(Script):
        def on_order(self, order):
            seen.append((order is self.placed[0], self.order(order.id) is order, self.orders()[:1]))

    holder = Holder((15, lambda s: s.bid(95, 1)), (25, lambda s: s.cancel(s.placed[0])))
    vl.Backtest(quiet().table(), holder).run()
    assert [entry[:2] for entry in seen] == [(True, True), (True, True)]
    assert seen[0][2] == [holder.placed[0]]


def test_orders_stay_readable_when_the_run_is_gone():
    holder = Script((15, lambda s: s.bid(95, 3)), (25, lambda s: s.cancel(s.placed[0])))
    vl.Backtest(quiet().table(), holder).run()
    order = holder.placed[0]
    del holder
    gc.collect()
    assert (order.id, order.state.name, order.price, order.qty_lots) == (1, "CANCELED", 95.0, 3)


class Churner(vl.Strategy):
    """Sends and cancels at each update, and holds one order of each thousand."""

    def __init__(self):
        self.held = []

    def on_start(self):
        self.first = self.buy("TEST", price_ticks=80, qty_lots=1)

    def on_book(self, book):
        order = self.buy("TEST", price_ticks=90, qty_lots=1)
        if order.id % 1000 == 0:
            self.held.append(order)
        self.cancel(order)


def churn(rows, **options):
    flow = Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)])
    for ts in range(10, 10 + rows):
        flow.delta(ts, Side.BUY, 70, 1 + ts % 20)
    churner = Churner()
    return churner, vl.Backtest(flow.table(), churner, chunk_rows=500, sample=vl.ns(1), **options).run()


def test_retention_drops_old_records_and_nothing_else():
    everything, whole = churn(6000)
    bounded, result = churn(6000, retention=100)
    assert result.hash == whole.hash
    assert whole.orders_raw.size == whole.counters["orders"] == result.counters["orders"] == 6002
    assert result.orders_raw.size < 3000
    assert result.samples_raw.size < 3000
    assert not result.is_complete
    assert whole.is_complete
    newest = whole.orders_raw[-100:]
    assert (result.orders_raw[-100:] == newest).all()
    # Views of dropped orders keep their last state; the oldest, still live, is still there.
    assert [repr(order) for order in bounded.held] == [repr(order) for order in everything.held]
    assert bounded.held[0].id == 1000
    assert bounded.held[0].is_done
    assert bounded.first.state is vl.OrderState.OPEN
    assert int(result.orders_raw["order_id"][0]) == 1


def test_sink_gets_what_is_dropped_and_no_more():
    parts = {"orders": [], "fills": [], "samples": []}
    _, whole = churn(6000)
    _, result = churn(6000, retention=100, sink=lambda kind, records: parts[kind].append(records))
    orders = np.concatenate([part["order_id"] for part in parts["orders"]] + [result.orders_raw["order_id"]])
    assert sorted(orders.tolist()) == whole.orders_raw["order_id"].tolist()
    samples = np.concatenate([part["ts"] for part in parts["samples"]] + [result.samples_raw["ts"]])
    assert samples.tolist() == whole.samples_raw["ts"].tolist()


def test_dropped_order_is_unknown_by_its_id():
    class Asks(Churner):
        def on_stop(self):
            with pytest.raises(InvalidArgument, match="no order 1500"):
                self.order(1500)
            self.cancel(self.held[1])
            self.asked = True

    flow = Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)])
    for ts in range(10, 6010):
        flow.delta(ts, Side.BUY, 70, 1 + ts % 20)
    asks = Asks()
    vl.Backtest(flow.table(), asks, chunk_rows=500, retention=100).run()
    assert asks.asked


def test_summary_of_a_run_with_dropped_fills_still_adds_up():
    flow = Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)])
    for ts in range(10, 30_010, 10):
        flow.trade(ts, Side.SELL, 99, 1).delta(ts + 1, Side.BUY, 98, 1 + ts % 7)
    flow.delta(30_020, Side.SELL, 103, 5).delta(30_020, Side.SELL, 101, 0)

    class Maker(vl.Strategy):
        def on_trade(self, trade):
            self.buy("TEST", price_ticks=100, qty_lots=1)

    result = vl.Backtest(flow.table(), Maker(), chunk_rows=500, retention=10).run()
    assert result.fills_raw.size < result.counters["fills"]
    rows = result.pnl_by_cause().to_pylist()
    assert sum(row["fills"] for row in rows) == result.counters["fills"]
    assert sum(row["pnl_units"] for row in rows) == result.pnl_units("USD")
    str(result.summary())


def test_portfolio_is_exact_and_live():
    seen = []

    def look(s):
        book = s.portfolio
        seen.append((book.capital(), book.pnl(), book.equity(), book.net_exposure(), book.gross_exposure()))

    flow = quiet(200)
    script = Script((5, look), (15, lambda s: s.buy("TEST", qty_lots=2)), (25, look), (35, lambda s: s.sell(
        "TEST", qty_lots=5)), (45, look))  # fmt: skip
    vl.Backtest(flow.table(), {"a": script, "b": Script()}, capital={"a": 1000, "b": 1}, fees=(0, 0)).run()
    # Bought at 101 and sold at 99 with the mid at 100; one tick and one lot are 1.
    assert seen == [
        (Decimal(1000), 0, 1000, 0, 0),
        (1000, -2, 998, 200, 200),
        (1000, -7, 993, -300, 300),
    ]
    assert script.portfolio.positions[0].qty_lots == -3
    with pytest.raises(InvalidArgument, match="currency"):
        script.portfolio.pnl("XYZ")


def test_event_given_to_two_strategies_is_left_alone_when_one_keeps_it():
    class Keeps(vl.Strategy):
        def __init__(self):
            self.kept = []

        def on_trade(self, trade):
            self.kept.append(trade)

    class Reads(vl.Strategy):
        def __init__(self):
            self.read = []

        def on_trade(self, trade):
            self.read.append((trade.price_ticks, sys.getrefcount(trade)))

    flow = Flow()
    for n in range(5):
        flow.trade(n * 10, Side.BUY, 100 + n, 1)
    keeps, reads = Keeps(), Reads()
    vl.Backtest(flow.table(), [keeps, reads]).run()
    assert (
        [trade.price_ticks for trade in keeps.kept] == [entry[0] for entry in reads.read] == [100, 101, 102, 103, 104]
    )


def test_live_views_before_the_run_are_new():
    assert Script().life is vl.StrategyState.NEW
