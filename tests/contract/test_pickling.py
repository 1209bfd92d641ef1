"""Every public class can be pickled and copied, or refuses with a sentence that names the remedy."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle

import numpy as np
import pytest

import velora as vl
from velora.core import market
from velora.core.events import EventKind
from velora.errors import NotPicklable


class Maker(vl.Strategy):
    half_spread = vl.Parameter(2)
    pause = vl.Duration("100ms")
    kept = ()

    def on_start(self):
        self.kept = {}
        self.every("100ms", self.requote)
        self.every("1s", name="tick")
        self.subscribe_candles(self.instruments[0], "1s")

    def keep(self, value):
        self.kept[type(value).__name__] = value

    on_quote = on_trade = on_fill = on_timer = on_candle = on_order = keep

    def on_warmup(self, history):
        self.history = history

    def on_signal(self, signal):
        self.keep(signal)

    def requote(self):
        book = self.book("SYNUSDT")
        self.emit("seen", 1.0)
        if book.best_bid_ticks and book.best_ask_ticks:
            self.quote(book.instrument, bid_ticks=book.best_bid_ticks, ask_ticks=book.best_ask_ticks, qty_lots=1)


class Holder(vl.Strategy):
    def on_start(self):
        self.held = {
            "Bracket": self.bracket("SYNUSDT", "BUY", qty_lots=1, price_ticks=20_000, stop_loss_ticks=10_000),
            "Execution": self.execute(vl.Twap("SYNUSDT", "BUY", qty_lots=4, duration="5s")),
            "Target": self.target("SYNUSDT", qty_lots=5),
        }


class Half(vl.QueueModel):
    def __init__(self, share=0.5):
        super().__init__()
        self.share = share

    def lots_ahead(self, ahead, before, after, traded):
        return min(ahead * self.share, after)


class Slotted(vl.Strategy):
    __slots__ = ("seen",)


TABLE = vl.SyntheticMarket(seed=3, duration="10s").table()
INSTRUMENT = TABLE.instrument


def a_run():
    strategy = Maker()
    run = vl.Backtest(data=TABLE, strategy=strategy, latency="5ms", warmup="1s").start()
    run.advance("6s")
    return run, strategy


@pytest.fixture(scope="module")
def live():
    """One object of each class that a run makes."""
    run, strategy = a_run()
    found = dict(strategy.kept)
    found |= {"Run": run, "MessageBus": run.bus, "Topic": run.bus.topic("x"), "Portfolio": strategy.portfolio}
    found |= {"Position": strategy.position(INSTRUMENT), "OrderBookL2": strategy.book(INSTRUMENT)}
    found |= {"BookMeasures": vl.BookMeasures(run.book(INSTRUMENT)), "History": strategy.history}
    holder = Holder()
    found["run of the holder"] = vl.Backtest(data=TABLE, strategy=holder, latency="5ms").start()
    found["run of the holder"].advance("1s")
    return found | holder.held


MADE = {
    "Algorithm": lambda: vl.Algorithm("SYNUSDT", "BUY", qty_lots=4),
    "Iceberg": lambda: vl.Iceberg("SYNUSDT", "BUY", qty_lots=4),
    "Pov": lambda: vl.Pov("SYNUSDT", "BUY", qty_lots=4),
    "Sniper": lambda: vl.Sniper("SYNUSDT", "BUY", qty_lots=4),
    "Twap": lambda: vl.Twap("SYNUSDT", "BUY", qty_lots=4, duration="5s"),
    "Vwap": lambda: vl.Vwap("SYNUSDT", "BUY", qty_lots=4, duration="5s", curve=[1.0, 2.0]),
    "VolumeCurve": lambda: vl.VolumeCurve([1.0, 2.0]),
    "ExecutionReport": lambda: vl.ExecutionReport(**dict.fromkeys(vl.ExecutionReport.__dataclass_fields__, 0)),
    "ns": lambda: vl.ns(5),
    "Catalog": lambda: vl.Catalog("memory://of-the-pickle", create=True),
    "Condition": lambda: vl.Condition(lambda: True),
    "FeedLatency": vl.FeedLatency,
    "Funding": lambda: market._funding(INSTRUMENT, 1, 2, 3.0, 0.0001),
    "Gap": lambda: market._gap(INSTRUMENT, 1, 2, 3),
    "LatencyFaults": vl.LatencyFaults,
    "LatencyLoad": lambda: vl.LatencyLoad("1ms"),
    "LatencyRecording": lambda: vl.LatencyRecording([1, 2], [3, 4], [5, 6]),
    "PacedRun": lambda: vl.PacedRun(vl.Backtest(data=TABLE, strategy=Maker())),
    "ParameterChange": lambda: vl.ParameterChange(1, "a", 2, 3),
    "QueuePosition": lambda: vl.QueuePosition(1.0, 0.0, 2.0, 0.5),
    "Choice": lambda: vl.Choice(["a", "b"]),
    "Duration": lambda: Maker.parameters()["pause"],
    "Parameter": lambda: Maker.parameters()["half_spread"],
    "EMA": lambda: vl.EMA(5),
    "SMA": lambda: vl.SMA(5),
    "EventTable": lambda: TABLE,
    "HftbacktestRules": vl.HftbacktestRules,
    "Impact": lambda: vl.Impact.of("square_root(sigma_d=600, volume_d=20000)"),
    "Instrument": lambda: INSTRUMENT,
    "Latency": lambda: vl.Latency.preset("adverse"),
    "LatencyDistribution": lambda: vl.LatencyDistribution.of_samples([1_000, 2_000, 3_000]),
    "MatchingEngine": lambda: vl.MatchingEngine(INSTRUMENT),
    "OrderBookL3": lambda: vl.OrderBookL3(INSTRUMENT),
    "QueueModel": lambda: vl.QueueModel("power3", 2),
    "QuoteBook": lambda: vl.QuoteBook(INSTRUMENT),
    "Strategy": Maker,
    "SyntheticMarket": lambda: vl.SyntheticMarket(seed=1, duration="1s"),
    "Backtest": lambda: vl.Backtest(data=TABLE, strategy=Maker(), latency="5ms", queue=Half(0.25)),
    "Result": lambda: vl.Backtest(data=TABLE, strategy=Maker(), latency="5ms").run(),
    "Sweep": lambda: vl.sweep(lambda cash: vl.Backtest(TABLE, Maker(), cash=cash), {"cash": [1, 2]}, workers=1),
    "VeloraError": lambda: vl.VeloraError("x"),
    "VeloraWarning": lambda: vl.VeloraWarning("x"),
}
PICKLED_OF_RUNS = ("Candle", "Fill", "History", "OrderBookL2", "Quote", "Signal", "Timer", "Trade")
REFUSED = (
    "BookMeasures",
    "Bracket",
    "Condition",
    "Execution",
    "MatchingEngine",
    "MessageBus",
    "Order",
    "PacedRun",
    "Portfolio",
    "Position",
    "Run",
    "Target",
    "Topic",
)
CLASSES = sorted(name for name in vl.__all__ if inspect.isclass(getattr(vl, name)))


@pytest.mark.parametrize("name", CLASSES)
def test_each_public_class_is_pickled_or_refuses_with_a_sentence(name, live):
    cls = getattr(vl, name)
    assert pickle.loads(pickle.dumps(cls)) is cls
    if issubclass(cls, enum.Enum):
        assert all(pickle.loads(pickle.dumps(one)) is one for one in cls)
        return
    one = live[name] if name in live else MADE[name]()
    assert isinstance(one, cls)
    for again in (lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy):
        if name in REFUSED:
            with pytest.raises(NotPicklable, match="can be neither pickled nor copied: "):
                again(one)
        else:
            assert name in (*MADE, *PICKLED_OF_RUNS)
            other = again(one)
            assert type(other) is type(one)


def test_books_keep_their_levels_and_their_orders(live):
    book = live["OrderBookL2"]
    other = pickle.loads(pickle.dumps(book))
    assert other == book
    assert other is not book
    by_order = vl.OrderBookL3(INSTRUMENT)
    for order_id, price in enumerate((100, 101, 101)):
        by_order.add(order_id, 0, price, 5 + order_id)
    assert pickle.loads(pickle.dumps(by_order)) == by_order
    quotes = vl.QuoteBook(INSTRUMENT)
    quotes.set(0, 100, 7)
    other = pickle.loads(pickle.dumps(quotes))
    assert (other.best_bid, other.best_bid_qty, other.best_ask) == (quotes.best_bid, quotes.best_bid_qty, None)


def test_a_history_finds_its_trades_after_pickling(live):
    history = live["History"]
    other = pickle.loads(pickle.dumps(history))
    assert len(history.trades("SYNUSDT").ts) > 0
    assert other.trades("SYNUSDT").price_ticks.tolist() == history.trades("SYNUSDT").price_ticks.tolist()


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy, copy.copy])
def test_a_strategy_keeps_parameters_and_attributes(again):
    strategy = Maker(half_spread=5)
    strategy.note = [1, 2]
    other = again(strategy)
    assert (other.half_spread, other.note) == (5, [1, 2])
    other.half_spread = 7
    assert strategy.half_spread == 5
    assert (other.note is strategy.note) is (again is copy.copy)
    slotted = Slotted()
    slotted.seen = 3
    assert again(slotted).seen == 3


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy])
def test_a_copy_of_a_backtest_runs_as_the_original(again):
    backtest = MADE["Backtest"]()
    other = again(backtest)
    assert other.strategy is next(iter(other.strategies.values()))
    assert other.strategy is not backtest.strategy
    assert other.run().hash == backtest.run().hash


def test_a_strategy_that_has_run_refuses_with_the_way_to_carry_its_state_over():
    _, strategy = a_run()
    for again in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(NotPicklable, match=r"Maker has been part of a run.*save_state and restore_state"):
            again(strategy)


@pytest.mark.parametrize(
    ("value", "text", "copies"),
    [
        ((one for one in ()), "Maker.held is a generator.*make it in on_start", False),
        (lambda: 0, "Maker.held is .*<lambda>.*define it with def at the top of a module", True),
    ],
)
def test_an_attribute_that_pickle_cannot_hold_is_named(value, text, copies):
    strategy = Maker()
    strategy.held = value
    with pytest.raises(NotPicklable, match=text):
        pickle.dumps(strategy)
    if copies:
        assert copy.deepcopy(strategy).held is value
    else:
        with pytest.raises(NotPicklable, match=text):
            copy.deepcopy(strategy)


def test_a_strategy_s_own_getstate_and_setstate_are_used():
    strategy = Counting()
    strategy.count = 4
    for again in (lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy):
        assert again(strategy).count == 40


class Counting(vl.Strategy):
    count = 0

    def __getstate__(self):
        return {**self.__dict__, "times": 10}

    def __setstate__(self, state):
        self.count = state["count"] * state["times"]


def test_a_queue_model_of_one_s_own_keeps_its_attributes():
    other = pickle.loads(pickle.dumps(Half(0.25)))
    assert other.after(8, 10, 9) == Half(0.25).after(8, 10, 9) == 2.0
    assert repr(pickle.loads(pickle.dumps(vl.QueueModel("power3", 2)))) == "QueueModel(power3(2))"


def test_a_table_keeps_its_rows():
    other = pickle.loads(pickle.dumps(TABLE))
    assert np.array_equal(other.price, TABLE.price)
    assert other.instrument == TABLE.instrument
    assert (other.kind == EventKind.TRADE).any()
