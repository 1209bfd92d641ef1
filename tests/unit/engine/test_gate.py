"""The gate: what it denies is never sent, exists as DENIED, and is reported."""

from __future__ import annotations

import pytest

import velora as vl
from velora import Side
from velora.core.orders import OrderReason, OrderState
from velora.errors import InvalidArgument, UnknownInstrument
from velora.paper.clock import ManualClock
from velora.paper.run import PacedRun
from velora.testkit import Flow


class Acts(vl.Strategy):
    """Calls functions of itself at given times, and keeps its orders and their reports."""

    def __init__(self, *steps):
        self.steps, self.mine, self.log = steps, [], []

    def on_start(self):
        for ts, act in self.steps:
            self.at(ts, lambda act=act: act(self))

    def rest(self, lots, price=99):
        self.mine.append(self.buy("TEST", qty_lots=lots, price_ticks=price))

    def on_order(self, order):
        self.log.append((self.now, order.id, order.state.name, order.reason.name, order.refusal.name))


def market():
    return Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)]).delta(100_000, Side.BUY, 1, 1).table()


def run(*steps, **options):
    strategy = Acts(*steps)
    return vl.Backtest(market(), strategy, **options).run(), strategy


def test_an_order_at_the_limit_is_sent_and_one_lot_more_is_denied():
    result, strategy = run((10, lambda s: s.rest(5)), (20, lambda s: s.rest(6)), max_order_qty=5)
    assert [order.state for order in strategy.mine] == [OrderState.OPEN, OrderState.DENIED]
    assert strategy.mine[1].reason is OrderReason.ORDER_QTY
    assert strategy.log[-1] == (20, 2, "DENIED", "ORDER_QTY", "NONE")
    assert (result.counters["orders"], result.counters["commands"], result.counters["open_orders"]) == (2, 1, 1)
    assert result.orders.to_pylist()[1]["state"] == "DENIED"


def test_an_amend_beyond_the_limit_is_denied_and_the_order_stays():
    _, strategy = run(
        (10, lambda s: s.rest(5)), (20, lambda s: s.amend(s.mine[0], qty_lots=6)), max_order_qty={"TEST": 5}
    )
    (order,) = strategy.mine
    assert (order.state, order.qty_lots, order.is_pending) == (OrderState.OPEN, 5, False)
    assert strategy.log[-1] == (20, 1, "OPEN", "NONE", "ORDER_QTY")


def test_a_quote_beyond_the_limit_is_denied_and_a_later_smaller_one_stands():
    _, strategy = run(
        (10, lambda s: s.quote("TEST", bid=99, qty=9)),
        (20, lambda s: s.quote("TEST", bid=99, qty=5)),
        max_order_qty=5,
    )
    assert [(number, state) for _, number, state, *_ in strategy.log] == [(1, "DENIED"), (2, "OPEN")]


def test_after_a_kill_new_orders_and_amends_are_denied_and_cancels_pass():
    result, strategy = run(
        (10, lambda s: s.rest(5)),
        (20, lambda s: s.kill()),
        (30, lambda s: s.rest(1)),
        (40, lambda s: s.amend(s.mine[0], qty_lots=4)),
        (50, lambda s: s.cancel(s.mine[0])),
    )
    assert [order.state for order in strategy.mine] == [OrderState.CANCELED, OrderState.DENIED]
    assert strategy.mine[1].reason is OrderReason.KILLED
    assert [entry[1:] for entry in strategy.log[1:3]] == [
        (2, "DENIED", "KILLED", "NONE"),
        (1, "OPEN", "NONE", "KILLED"),
    ]
    assert result.counters["commands"] == 2


def test_a_strategy_that_answers_each_denial_with_the_same_order_does_not_stop_the_clock():
    class Stubborn(vl.Strategy):
        def on_start(self):
            self.denied = 0
            self.buy("TEST", qty_lots=6, price_ticks=99)

        def on_order(self, order):
            if order.state is OrderState.DENIED:
                self.denied += 1
                self.buy("TEST", qty_lots=6, price_ticks=99)

    strategy = Stubborn()
    result = vl.Backtest(market(), strategy, max_order_qty=5).run()
    assert result.counters["commands"] == 0
    assert 64 <= strategy.denied < 1_000


def test_denials_are_in_the_journal_and_the_replay_repeats_them(tmp_path):
    from velora.engine.journal import JournalReader, RecordType

    steps = ((10, lambda s: s.rest(5)), (20, lambda s: s.rest(6)), (30, lambda s: s.kill()), (40, lambda s: s.rest(1)))
    path = tmp_path / "a.journal"
    clock = ManualClock()
    run = PacedRun(vl.Backtest(market(), Acts(*steps), max_order_qty=5), clock=clock, journal=path)
    run.start()
    while run.pump():
        clock.ts = max(clock.ts, run.driver.next_due)
    run.finish()
    assert sum(record.type == RecordType.DENIED for record in JournalReader(path)) == 2
    found = vl.replay_journal(path, Acts(*steps))
    assert found.is_same, found.difference
    assert found.commands == 1


@pytest.mark.parametrize("limit", [0, -1, 0.5, "many", float("nan"), float("inf"), None.__class__, {"TEST": 0}])
def test_a_limit_that_is_no_quantity_is_refused(limit):
    with pytest.raises(InvalidArgument, match="max_order_qty of TEST"):
        vl.Backtest(market(), Acts(), max_order_qty=limit).run()


def test_a_limit_of_an_instrument_that_the_run_does_not_have_is_refused():
    with pytest.raises(UnknownInstrument, match="max_order_qty names 'OTHER'"):
        vl.Backtest(market(), Acts(), max_order_qty={"OTHER": 5}).run()
