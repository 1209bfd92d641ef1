"""Objects that only a run makes: they cannot be empty, and those of another run are refused."""

import copy
import importlib
import inspect
import os
import pickle
import pkgutil

import numpy as np
import pytest

import velora as vl
from velora.core.bus import Endpoint, Request, Response, Subscription, Topic
from velora.engine.context import StrategyContext
from velora.errors import CapacityError, InvalidArgument
from velora.sim.venue import SimulatedVenue

MADE_BY_RUNS = (
    *(vl.Order, vl.Position, vl.Fill, vl.Trade, vl.Quote, vl.Candle, vl.Gap, vl.Funding),
    *(Topic, Subscription, Endpoint, Request, Response, StrategyContext),
    *(importlib.import_module("velora.core.market").Timer, importlib.import_module("velora.core.market").Signal),
)


def market(events=2_000, seed=1):
    return vl.SyntheticMarket(seed, events=events)


@pytest.mark.parametrize("cls", MADE_BY_RUNS, ids=lambda cls: cls.__name__)
def test_an_object_of_the_engine_cannot_be_made_empty(cls):
    with pytest.raises(TypeError):
        cls()
    with pytest.raises(TypeError):
        cls.__new__(cls)
    with pytest.raises(TypeError):
        object.__new__(cls)
    for name in ("__setstate_cython__", "__reduce_cython__"):
        assert name not in vars(cls)


def compiled_classes():
    for found in pkgutil.walk_packages(vl.__path__, "velora."):
        module = importlib.import_module(found.name)
        if str(getattr(module, "__file__", "")).endswith(".so"):
            for cls in vars(module).values():
                if inspect.isclass(cls) and cls.__module__ == module.__name__ and not cls.__flags__ & 1 << 9:
                    yield cls


@pytest.mark.parametrize("cls", sorted(set(compiled_classes()), key=str), ids=lambda cls: cls.__name__)
def test_what_can_be_made_without_arguments_can_be_looked_at(cls):
    try:
        made = cls.__new__(cls)
    except (TypeError, vl.VeloraError):
        return
    for name in dir(cls):
        try:
            getattr(made, name)
        except (AttributeError, NotImplementedError, vl.VeloraError):
            continue
    repr(made)


@pytest.mark.parametrize("arguments", [(), (1,), (None, None), ("x",), ("x", []), ("x", {}, 3)], ids=str)
def test_a_constructor_that_is_refused_closes_no_file_of_others(arguments):
    from velora.engine.journal import JournalWriter

    before = {name: os.readlink(f"/proc/self/fd/{name}") for name in ("0", "1", "2")}
    with pytest.raises((TypeError, vl.VeloraError)):
        JournalWriter(*arguments)
    assert {name: os.readlink(f"/proc/self/fd/{name}") for name in ("0", "1", "2")} == before


def kept_events():
    class Keeper(vl.Strategy):
        def __init__(self):
            self.kept = []

        def on_start(self):
            self.every("100ms", name="tick")
            self.subscribe_candles(self.instruments[0], "1s")
            self.subscribe_trades()
            self.buy(self.instruments[0], qty_lots=1)

        def on_trade(self, trade):
            self.kept.append(trade)
            self.emit("seen", trade.price)

        def on_candle(self, candle):
            self.kept.append(candle)

        def on_timer(self, timer):
            self.kept.append(timer)

        def on_signal(self, signal):
            self.kept.append(signal)

        def on_fill(self, fill):
            self.kept.append(fill)

        def on_quote(self, quote):
            if len(self.kept) < 50:
                self.kept.append(quote)

    keeper = Keeper()
    vl.Backtest(market(20_000), keeper, latency="1ms").run()
    return {type(one).__name__: one for one in keeper.kept}


def test_kept_events_can_be_pickled_and_copied():
    events = kept_events()
    assert {"Trade", "Quote", "Candle", "Timer", "Signal", "Fill"} <= set(events)
    for one in events.values():
        for other in (pickle.loads(pickle.dumps(one)), copy.copy(one)):
            assert type(other) is type(one)
            assert repr(other) == repr(one)


def test_a_pickled_event_of_a_side_that_does_not_exist_is_refused():
    make, values = kept_events()["Trade"].__reduce__()
    with pytest.raises(InvalidArgument, match="no side 77"):
        make(*values[:-2], 77, False)
    with pytest.raises(TypeError):
        make(None, *values[1:])


class Buyer(vl.Strategy):
    def __init__(self, act=None, at=20_000):
        self.act, self.at_ticks, self.mine, self.raised = act, at, None, None

    def on_start(self):
        self.mine = self.buy(self.instruments[0], qty_lots=1, price_ticks=self.at_ticks)
        if self.act is not None:
            try:
                self.act(self)
            except vl.VeloraError as error:
                self.raised = error


@pytest.mark.parametrize("what", ["cancel", "amend", "queue_position", "parent", "trigger"])
def test_an_order_of_another_run_is_refused(what):
    other = Buyer()
    run = vl.Backtest(market(), other, latency="1ms").start()
    acts = {
        "cancel": lambda s: s.cancel(other.mine),
        "amend": lambda s: s.amend(other.mine, qty_lots=2),
        "queue_position": lambda s: s.queue_position(other.mine),
        "parent": lambda s: s.sell(s.instruments[0], qty_lots=1, price_ticks=40_000, parent=other.mine),
        "trigger": lambda s: s.amend(other.mine, trigger_ticks=10_000),
    }
    here = Buyer(acts[what], at=20_001)
    vl.Backtest(market(), here, latency="1ms").run()
    assert isinstance(here.raised, InvalidArgument), here.raised
    assert "not an order of this run" in str(here.raised)
    assert here.mine.state.name == "OPEN"
    assert other.mine.price_ticks == 20_000
    run.finish()


def test_an_order_of_another_strategy_of_the_run_is_refused():
    first = Buyer()
    second = Buyer(lambda s: s.queue_position(first.mine), at=20_001)
    vl.Backtest(market(), {"a": first, "b": second}, latency="1ms").run()
    assert "this strategy has no order" in str(second.raised)


def test_an_order_that_has_ended_is_cancelled_without_a_word_wherever_it_is_from():
    ended = Buyer(lambda s: s.cancel(s.mine))
    vl.Backtest(market(), ended, latency="1ms").run()
    assert ended.mine.state.name == "CANCELED"
    here = Buyer(lambda s: s.cancel(ended.mine), at=20_001)
    vl.Backtest(market(), here, latency="1ms").run()
    assert here.raised is None
    assert here.mine.state.name == "OPEN"


def test_a_parent_that_is_no_order_is_refused():
    here = Buyer(lambda s: s.sell(s.instruments[0], qty_lots=1, price_ticks=40_000, parent=7))
    vl.Backtest(market(), here, latency="1ms").run()
    assert "parent must be an Order" in str(here.raised)


@pytest.mark.parametrize(
    "given",
    [
        {"quote_fed": []},
        {"by_order": []},
        {"impact": []},
        {"has_trades": [True, True]},
        {"last_by_quotes": []},
        {"instruments": [None]},
        {"instruments": ["X"]},
    ],
    ids=str,
)
def test_a_list_of_another_length_or_kind_is_refused_by_the_venue(given):
    one = vl.Instrument("X", tick_size="0.1", lot_size="0.001")
    given = {"instruments": [one], "quote_fed": [False], **given}
    with pytest.raises(InvalidArgument):
        SimulatedVenue(given.pop("instruments"), given.pop("quote_fed"), **given)


@pytest.mark.parametrize("given", [[[None], [False]], [["X"], [False]], [[], []]], ids=str)
def test_a_kernel_takes_instruments_alone(given):
    from velora.engine.kernel import Kernel

    with pytest.raises(InvalidArgument):
        Kernel(given[0], {"s": vl.Strategy()}, given[1])
    one = vl.Instrument("X", tick_size="0.1", lot_size="0.001")
    for strategies in ({"s": None}, {1: vl.Strategy()}, None, {}):
        with pytest.raises((InvalidArgument, TypeError)):
            Kernel([one], strategies, [False])
    with pytest.raises(InvalidArgument):
        Kernel([one], {"s": vl.Strategy()}, [])


def test_candles_need_an_instrument_and_columns_of_one_length():
    from velora.engine.candles import make_candles

    one = vl.Instrument("X", tick_size="0.1", lot_size="0.001")
    rows, fewer = np.arange(1, 4), np.arange(1, 3)
    with pytest.raises(TypeError):
        make_candles(None, 10, rows, rows, rows, rows, 0, 100)
    with pytest.raises(InvalidArgument, match="differ in length"):
        make_candles(one, 10, rows, fewer, rows, rows, 0, 100)
    with pytest.raises(CapacityError, match="longer interval"):
        make_candles(one, 1, rows, rows, rows, np.zeros(3, np.int64), 0, 2**60)
    assert make_candles(one, 2**62, rows, rows, rows, np.zeros(3, np.int64), 0, 100) == []
