"""Hooks: a misspelt one is an error when the class is made."""

from __future__ import annotations

import gc
import re
import sys
import weakref

import pytest

import velora as vl
from velora.core.events import Side
from velora.core.orders import OrderState
from velora.errors import StrategyError, UnknownInstrument, VeloraError
from velora.strategy.base import StrategyBase
from velora.testkit import Flow, Script


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("on_trades", "on_trade"),
        ("on_trad", "on_trade"),
        ("onTrade", "on_trade"),
        ("on_bar", "on_candle"),
        ("on_order_book", "on_book"),
        ("on_init", "on_start"),
        ("on_fills", "on_fill"),
    ],
)
def test_near_miss_is_an_error_that_says_what_was_meant(name, meant):
    with pytest.raises(StrategyError, match=f"did you mean {meant}"):
        type("Mine", (vl.Strategy,), {name: lambda self, event: None})


def test_methods_of_other_names_are_the_users_own():
    type("Mine", (vl.Strategy,), {"_on_requote": lambda self: None, "once": lambda self: None, "only": lambda self: 0})


@pytest.mark.parametrize("name", ["on_requote", "onRequote", "OnAnything", "on_x"])
def test_public_method_that_starts_with_on_and_is_no_hook_is_an_error(name):
    with pytest.raises(StrategyError, match=f"Mine.{name} is not a hook; the hooks are .*underscore: _{name}"):
        type("Mine", (vl.Strategy,), {name: lambda self: None})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("on_data", "on_trade"), ("OnData", "on_trade"), ("on_bars", "on_candle"), ("on_tick", "on_trade")),
        *(("on_order_book_delta", "on_book"), ("on_order_accepted", "on_order"), ("on_order_filled", "on_fill")),
        *(("on_position_opened", "on_position"), ("on_quote_tick", "on_quote"), ("on_reset", "on_start")),
        *(("on_close", "on_stop"), ("OnOrderEvent", "on_order"), ("OnEndOfDay", 'self.every("1d"')),
        *(("next", "on_trade"), ("prenext", "on_warmup"), ("init", "on_start"), ("Initialize", "on_start")),
        *(("initialize", "on_start"), ("notify_order", "on_order"), ("notify_trade", "on_position")),
        *(("populate_indicators", "self.indicator"), ("populate_entry_trend", "on_candle")),
        *(("custom_stoploss", "stop="), ("handle_data", "on_trade")),
    ],
)
def test_method_of_another_framework_is_an_error_that_names_what_to_use(name, meant):
    with pytest.raises(StrategyError, match=f"Mine.{name} is not a hook; did you mean {re.escape(meant)}"):
        type("Mine", (vl.Strategy,), {name: lambda self: None})


def test_plain_word_that_the_strategy_calls_or_gives_arguments_is_its_own():
    class Mine(vl.Strategy):
        def on_start(self):
            self.init()
            self.every("1s", lambda: self.next())

        def init(self):
            pass

        def next(self):
            pass

        def initialize(self, model):
            pass

        def next_level(self):
            pass

    class Mixin:
        def init(self):
            pass

    class Other(Mixin, vl.Strategy):
        def on_start(self):
            self.init()


@pytest.mark.parametrize(
    ("name", "function"),
    [("on_trade", lambda self: None), ("on_trade", lambda self, trade, more: None), ("on_start", lambda self, x: None)],
)
def test_wrong_signature_is_an_error(name, function):
    with pytest.raises(StrategyError, match=f"Mine.{name} must be callable as {name}"):
        type("Mine", (vl.Strategy,), {name: function})


def test_async_hook_is_an_error():
    async def on_trade(self, trade):
        pass

    with pytest.raises(StrategyError, match="async"):
        type("Mine", (vl.Strategy,), {"on_trade": on_trade})


def test_hooks_of_a_mixin_are_checked_too():
    class Mixin:
        def on_trads(self, trade):
            pass

    with pytest.raises(StrategyError, match="on_trade"):

        class Mine(Mixin, vl.Strategy):
            pass


def test_books_and_orders_before_the_run_are_a_clear_error():
    class Mine(vl.Strategy):
        def __init__(self):
            self.book("TEST")

    with pytest.raises(VeloraError, match="from on_start on"):
        Mine()


def test_unknown_symbol_says_which_there_are():
    script = Script((1, lambda s: s.book("NONE")))
    with pytest.raises(UnknownInstrument, match="TEST"):
        vl.Backtest(Flow().trade(0, Side.BUY, 100, 1).trade(9, Side.BUY, 100, 1).table(), script).run()


def test_every_hook_is_called():
    from velora.core.events import EventKind

    seen = set()

    class All(vl.Strategy):
        def on_start(self):
            seen.add("start")
            self.every(vl.ns(10), name="tick")
            self.subscribe_candles("TEST", vl.ns(20))
            self.buy("TEST", qty_lots=1, price_ticks=100)

        def on_stop(self):
            seen.add("stop")

        def on_trade(self, trade):
            seen.add("trade")
            self.emit("seen", trade.price)

        def on_quote(self, quote):
            seen.add(("quote", quote.bid_ticks, quote.ask_ticks))

        def on_book(self, book):
            seen.add("book")

        def on_candle(self, candle):
            seen.add(("candle", candle.open, candle.high, candle.low, candle.close, candle.volume, candle.trades))

        def on_order(self, order):
            seen.add(("order", order.state.name))

        def on_fill(self, fill):
            seen.add(("fill", fill.price, fill.qty, fill.is_maker))

        def on_position(self, position):
            seen.add(("position", position.qty, position.avg_price))

        def on_funding(self, funding):
            seen.add(("funding", funding.rate))

        def on_gap(self, gap):
            seen.add(("gap", gap.missing_id))

        def on_timer(self, timer):
            seen.add(("timer", timer.name))

        def on_signal(self, signal):
            seen.add(("signal", signal.name, signal.value))

    flow = Flow().snapshot(5, bids=[(99, 5)], asks=[(101, 5)])
    flow.trade(12, Side.SELL, 100, 3).trade(13, Side.BUY, 101, 4).trade(14, Side.BUY, 101, 1)
    flow.row(30, EventKind.FUNDING, price=100 * 10**8, qty=10_000).row(40, EventKind.GAP, order_id=77)
    flow.delta(50, Side.BUY, 98, 1)
    vl.Backtest(flow.table(), All()).run()
    assert seen == {
        "start",
        "stop",
        "trade",
        "book",
        ("quote", 99, 101),
        ("candle", 100.0, 101.0, 100.0, 101.0, 8.0, 3),
        ("candle", 101.0, 101.0, 101.0, 101.0, 0.0, 0),
        ("order", "OPEN"),
        ("order", "FILLED"),
        ("fill", 100.0, 1.0, True),
        ("position", 1.0, 100.0),
        ("funding", 0.0001),
        ("gap", 77),
        ("timer", "tick"),
        ("signal", "seen", 100.0),
        ("signal", "seen", 101.0),
    }


def test_quote_sends_the_difference_as_new_amend_and_cancel():
    flow = Flow().snapshot(0, bids=[(99, 5)], asks=[(105, 5)]).delta(100, Side.BUY, 1, 1)

    def quote(bid, ask, qty=2):
        return lambda s: s.quote("TEST", bid_ticks=bid, ask_ticks=ask, qty_lots=qty)

    script = Script((10, quote(100, 104)), (20, quote(100, 104)), (30, quote(101, 104)), (40, quote(None, 104, 1)))
    result = vl.Backtest(flow.table(), script).run()
    # Two new; nothing; one amend; one cancel and one amend of the quantity.
    assert result.counters["commands"] == 5
    orders = result.orders_raw
    assert [(int(o["price"]), int(o["qty"]), int(o["state"]), int(o["amends"])) for o in orders] == [
        (101, 2, OrderState.CANCELED, 1),
        (104, 1, 1, 1),
    ]


def test_quote_declared_while_a_request_is_under_way_waits_and_the_latest_counts():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).delta(500, Side.BUY, 1, 1)

    def quote(bid):
        return lambda s: s.quote("TEST", bid_ticks=bid, qty_lots=1)

    script = Script((10, quote(95)), (12, quote(96)), (14, quote(97)))
    result = vl.Backtest(flow.table(), script, latency=vl.ns(20)).run()
    assert result.counters["commands"] == 2
    assert [int(o["price"]) for o in result.orders_raw] == [97]


def test_filled_quote_is_not_replaced_before_the_next_declaration():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).trade(50, Side.SELL, 94, 5).delta(500, Side.BUY, 1, 1)
    script = Script((10, lambda s: s.quote("TEST", bid_ticks=95, qty_lots=1)))
    result = vl.Backtest(flow.table(), script).run()
    assert (result.counters["orders"], result.counters["fills"]) == (1, 1)


def test_live_orders_are_listed_oldest_first_until_they_end():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).trade(50, Side.SELL, 96, 1).delta(500, Side.BUY, 1, 1)
    listed = []
    script = Script(
        *[(10 + i, lambda s, i=i: s.bid(95 + i, 1)) for i in range(4)],
        (20, lambda s: s.cancel(s.placed[1])),
        (30, lambda s: listed.append([o.id for o in s.orders()])),
        (60, lambda s: listed.append([o.id for o in s.orders("TEST")])),
        (70, lambda s: s.cancel_all()),
        (80, lambda s: listed.append(s.orders())),
    )
    vl.Backtest(flow.table(), script).run()
    assert listed == [[1, 3, 4], [1, 3], []]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="CPython 3.13 has none for classes with compiled fields")
def test_attributes_of_a_strategy_are_where_the_interpreter_reads_them_directly():
    """CPython's fast paths end where an instance has a dict, which a look at `__dict__` makes for good."""

    class Counts(vl.Strategy):
        def __init__(self):
            self.count = 1_000_003

        def on_trade(self, trade):
            self.count += 1

    strategy = Counts()
    vl.Backtest(vl.SyntheticMarket(seed=1, events=5_000), strategy, latency="1ms").run()
    assert not [one for one in gc.get_referents(strategy) if isinstance(one, dict) and "count" in one]
    assert strategy.count > 1_000_003
    assert vars(strategy)["count"] == strategy.count  # makes it
    strategy.count = 5
    assert vars(strategy)["count"] == 5
    assert [one for one in gc.get_referents(strategy) if isinstance(one, dict) and "count" in one]


def test_a_python_strategy_is_made_by_the_compiled_constructor_whatever_its_bases():
    class Mixin:
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.mixed = True

    class Nested(Mixin, vl.Strategy):
        def __init__(self):
            super().__init__()
            self.inner = Plain()  # one that is made while another is

    class Plain(vl.Strategy):
        pass

    class Slotted(vl.Strategy):
        __slots__ = ("one",)

    nested = Nested()
    assert nested.mixed
    assert nested.inner.life == vl.StrategyState.NEW
    slotted = Slotted()
    slotted.one = 1
    slotted.two = 2
    assert (slotted.one, slotted.two) == (1, 2)
    with pytest.raises(AttributeError):
        StrategyBase().three = 3
    for cls in (Nested, Plain, Slotted):
        reference = weakref.ref(cls())
        gc.collect()
        assert reference() is None
