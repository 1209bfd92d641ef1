"""Wake-up filters: the events that pass are those that a plain loop over all events picks."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument
from velora.testkit import Flow, Script

FILTERS = [
    {},
    {"every_n": 7},
    {"interval": "300ms"},
    {"price_move_ticks": 3},
    {"every_n": 5, "price_move_ticks": 1},
    {"interval": "200ms", "price_move_ticks": 2},
]


@pytest.fixture(scope="module")
def market():
    return vl.SyntheticMarket(seed=5, duration="20s").table()


class All(vl.Strategy):
    """Writes down every trade, quote and book update, and those that pass a filter."""

    def __init__(self, kind, options):
        self.kind, self.options = kind, options
        self.events = []

    def on_start(self):
        getattr(self, f"subscribe_{self.kind}")(**self.options)

    def on_trade(self, trade):
        if self.kind == "trades":
            self.events.append((self.now, trade.price_ticks, trade.price_ticks, trade.qty_lots))

    def on_quote(self, quote):
        if self.kind == "quotes":
            self.events.append((self.now, quote.bid_ticks, quote.ask_ticks, 0))

    def on_book(self, book):
        if self.kind == "book":
            self.events.append((self.now, book.best_bid_ticks or 0, book.best_ask_ticks or 0, 0))


def plain_filter(events, every_n=1, interval=None, price_move_ticks=0, best_change=False, volume=0):
    """The obvious way."""
    interval = 0 if interval is None else int(interval.removesuffix("ms")) * 1_000_000
    passed, since, last = [], [], None
    for event in events:
        since.append(event)
        if len(since) < every_n or sum(one[3] for one in since) < volume:
            continue
        if last is not None:
            if event[0] - last[0] < interval:
                continue
            if best_change and event[1:3] == last[1:3]:
                continue
            if abs(event[1] + event[2] - last[1] - last[2]) < 2 * price_move_ticks:
                continue
        passed.append(event)
        since, last = [], event
    return passed


def events_of(market, kind, options):
    strategy = All(kind, options)
    vl.Backtest(market, strategy).run()
    return strategy.events


@pytest.mark.parametrize("options", [*FILTERS, {"best_change": True}, {"best_change": True, "every_n": 3}])
@pytest.mark.parametrize("kind", ["trades", "quotes", "book"])
def test_filter_lets_through_what_the_plain_loop_does(market, kind, options):
    if kind == "trades" and "best_change" in options:
        pytest.skip("trades have no best price")
    every = events_of(market, kind, {})
    passed = events_of(market, kind, options)
    assert passed == plain_filter(every, **options)
    assert passed
    assert len(passed) < len(every) or not options


def test_volume_wakes_when_that_much_was_traded(market):
    every = events_of(market, "trades", {})
    lots = 4 * max(event[3] for event in every) // 3
    passed = events_of(market, "trades", {"volume": market.instrument.lots_to_qty(lots)})
    assert passed == plain_filter(every, volume=lots)
    assert 0 < len(passed) < len(every)


def test_two_filters_of_one_strategy_tell_it_once(market):
    class Two(All):
        def on_start(self):
            self.subscribe_trades(every_n=2)
            self.subscribe_trades(every_n=3)

    two = Two("trades", {})
    vl.Backtest(market, two).run()
    every = events_of(market, "trades", {})
    assert two.events == [event for n, event in enumerate(every, 1) if n % 2 == 0 or n % 3 == 0]


def test_strategies_have_filters_of_their_own_and_are_told_in_their_order(market):
    order = []

    class Told(All):
        def on_trade(self, trade):
            super().on_trade(trade)
            order.append((self.now, self.options.get("every_n", 1), trade.trade_id))

    strategies = [Told("trades", {"every_n": 2}), Told("trades", {}), Told("trades", {"every_n": 3})]
    vl.Backtest(market, strategies).run()
    every = strategies[1].events
    assert strategies[0].events == every[1::2]
    assert strategies[2].events == every[2::3]
    sixth = [entry[1] for entry in order if entry[2] == order[[n for n, e in enumerate(order) if e[1] == 3][1]][2]]
    assert sixth == [2, 1, 3]


def test_only_the_named_instruments_are_delivered():
    flow = Flow().trade(0, Side.BUY, 100, 1).trade(9, Side.BUY, 100, 1)
    other = Flow(vl.Instrument("OTHER", tick_size="1", lot_size="1", quote="USD"))
    other.trade(1, Side.BUY, 100, 1).trade(5, Side.BUY, 100, 1)
    seen = []

    class One(vl.Strategy):
        def on_start(self):
            self.subscribe_trades("OTHER")

        def on_trade(self, trade):
            seen.append(trade.instrument.symbol)

    vl.Backtest([flow.table(), other.table()], One()).run()
    assert seen == ["OTHER", "OTHER"]


def test_subscribing_later_counts_from_the_next_event():
    flow = Flow()
    for ts in range(10, 60, 10):
        flow.trade(ts, Side.BUY, 100, ts)
    seen = []

    class Late(Script):
        def on_start(self):
            super().on_start()
            self.subscribe_trades(every_n=100)

        def on_trade(self, trade):
            seen.append(trade.qty_lots)

    vl.Backtest(flow.table(), Late((25, lambda s: s.subscribe_trades()))).run()
    assert seen == [30, 40, 50]


@pytest.mark.parametrize(
    ("options", "what"),
    [({"every_n": 0}, "every_n"), ({"interval": "-1s"}, "interval"), ({"price_move_ticks": -1}, "price_move_ticks")],
)
def test_filters_out_of_range_are_errors(options, what):
    script = Script((1, lambda s: s.subscribe_trades(**options)))
    with pytest.raises((InvalidArgument, ValueError), match=what.split("_")[0]):
        vl.Backtest(Flow().trade(0, Side.BUY, 100, 1).trade(9, Side.BUY, 100, 1).table(), script).run()
