"""The link: what one message is, and whose random numbers it draws."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import Side
from velora.testkit import Flow

END = 40_000_000


def instrument(symbol, venue="one"):
    return vl.Instrument(symbol, tick_size=1, lot_size=1, quote="USD", venue=venue, maker_fee=0, taker_fee=0)


def ladder(symbol="M", venue="one", rows=400):
    """Five asks of two lots each, and a book that goes on moving far away."""
    flow = Flow(instrument(symbol, venue), feed_latency=50)
    flow.snapshot(0, bids=[(90, 9)], asks=[(101 + k, 2) for k in range(5)])
    for k in range(rows):
        flow.delta(100_000 * (k + 1), Side.BUY, 10, 1 + k % 7)
        for level in range(5):
            flow.delta(100_000 * (k + 1), Side.SELL, 101 + level, 2 + (k + level) % 2)
    return flow


class Sweeps(vl.Strategy):
    """Buys through the five levels again and again; its orders' answers are kept by order."""

    def __init__(self, symbol, every=1_000_000, qty=10):
        self.symbol, self.interval, self.lots, self.told = symbol, every, qty, []

    def on_start(self):  # at times of the data, not of the first row that was received
        for ts in range(5_000_000, END, self.interval):
            self.at(ts, self.act)

    def act(self):
        self.buy(self.symbol, qty_lots=self.lots)
        self.buy(self.symbol, price_ticks=60, qty_lots=1)

    def on_order(self, order):
        self.told.append((order.id, self.now, order.cum_qty_lots, order.state.name))


# ---------------------------------------------------------------------- one instant is one message


@pytest.mark.parametrize("overtakes", [False, True])
def test_fills_of_one_instant_arrive_together_and_in_their_order(overtakes):
    latency = vl.Latency(entry="3us", response="lognormal(40us, 900us)", seed=3, overtakes=overtakes)
    result = vl.Backtest(ladder().table(), Sweeps("M"), latency=latency).run()
    fills = result.fills_raw
    by_instant = [fills[fills["ts_venue"] == ts] for ts in np.unique(fills["ts_venue"])]
    assert len(by_instant) > 30
    assert all(len(one) >= 4 for one in by_instant)
    assert all(len(np.unique(one["ts_local"])) == 1 for one in by_instant)
    assert all((np.diff(one["price"]) > 0).all() for one in by_instant)
    waits = {int(one["ts_local"][0] - one["ts_venue"][0]) for one in by_instant}
    assert len(waits) > 25, "each message still draws its own"


@pytest.mark.parametrize("overtakes", [False, True])
def test_reports_about_two_orders_of_one_instant_are_one_message(overtakes):
    class Pair(vl.Strategy):
        def __init__(self):
            self.told = {}

        def on_start(self):
            self.every(vl.ns(1_000_000), self.act)

        def act(self):
            with self.batch():
                self.buy("M", qty_lots=2)
                self.buy("M", price_ticks=60, qty_lots=1)

        def on_order(self, order):
            self.told.setdefault(order.ts_sent, []).append((self.now, order.id))

    strategy = Pair()
    latency = vl.Latency(entry="exponential(9us)", response="exponential(200us)", seed=8, overtakes=overtakes)
    vl.Backtest(ladder().table(), strategy, latency=latency).run()
    rounds = list(strategy.told.values())[:-1]
    assert len(rounds) > 30
    assert all(len({now for now, _ in one}) == 1 and len({order for _, order in one}) == 2 for one in rounds)


def test_the_number_of_fills_of_an_order_does_not_move_later_draws():
    latency = vl.Latency(entry="3us", response="exponential(200us)", seed=5, overtakes=True)
    waits = []
    for qty in (2, 9):  # through one level, and through four or five
        fills = vl.Backtest(ladder().table(), Sweeps("M", qty=qty), latency=latency).run().fills_raw
        instants, first = np.unique(fills["ts_venue"], return_index=True)
        waits.append(dict(zip(instants.tolist(), (fills["ts_local"] - fills["ts_venue"])[first].tolist(), strict=True)))
    assert len(waits[0]) > 30
    assert waits[0] == waits[1]


# ---------------------------------------------------------------------- streams belong to names

EVERYTHING = vl.Latency(
    entry="exponential(70us)",
    response="lognormal(40us, 900us)",
    cancel="exponential(10us)",
    feed=vl.FeedLatency("exponential(300us)"),
    faults=vl.LatencyFaults(refused=0.1, lost=0.1, unanswered=0.1, timeout="2ms"),
    seed=11,
)
WORDS = ("ts_venue", "ts_local", "order_id", "price", "qty", "cause")


def played(tables, latency):
    strategy = Sweeps("M", every=700_000)
    result = vl.Backtest(tables, strategy, latency=latency).run()
    assert result.fills_raw.size > 40
    return [result.fills_raw[name].tolist() for name in WORDS], strategy.told


@pytest.mark.parametrize("idle_venue", ["one", "other"])
@pytest.mark.parametrize("latency", [EVERYTHING, {"default": EVERYTHING}, {"M": EVERYTHING, "default": "1ms"}])
def test_an_idle_instrument_that_sorts_first_changes_nothing(latency, idle_venue):
    alone = played([ladder().table()], latency)
    before = played([ladder("A", idle_venue).table(), ladder().table()], latency)
    after = played([ladder().table(), ladder("Z", idle_venue).table()], latency)
    assert alone == before == after


def test_order_of_venues_does_not_decide_their_draws():
    class Both(vl.Strategy):
        def on_start(self):
            for ts in range(5_000_000, END, 1_000_000):
                self.at(ts, self.act)

        def act(self):
            self.buy("P", qty_lots=1)
            self.buy("Q", qty_lots=1)

    tables = [ladder("P", "east").table(), ladder("Q", "west").table()]
    waits = []
    for given in (tables, tables[::-1]):
        result = vl.Backtest(given, Both(), latency=EVERYTHING).run()
        names = [one.symbol for one in result.instruments]
        fills = result.fills_raw
        waits.append({(names[one["instrument"]], int(one["ts_venue"]), int(one["ts_local"])) for one in fills})
    assert len(waits[0]) > 30
    assert waits[0] == waits[1]
    assert {wait[1] for wait in waits[0] if wait[0] == "P"} != {wait[1] for wait in waits[0] if wait[0] == "Q"}


def test_a_link_of_an_instrument_draws_otherwise_than_its_venue():
    only = vl.Latency(entry="exponential(70us)", seed=2)
    of_venue, _ = played([ladder().table()], {"one": only})
    of_default, _ = played([ladder().table()], only)
    of_symbol, _ = played([ladder().table()], {"M": only})
    assert of_venue == of_default
    assert of_symbol != of_venue
