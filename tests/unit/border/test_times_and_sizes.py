"""Sums of times, ticks and lots do not wrap, and no single number allocates without end."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import velora as vl
from velora.errors import CapacityError, DataError, InvalidArgument
from velora.paper.clock import ManualClock

NEVER = 2**63 - 1
ONE = vl.Instrument("X", tick_size="0.1", lot_size="0.001", quote="U")


def market(events=2_000):
    return vl.SyntheticMarket(1, events=events)


class Timed(vl.Strategy):
    """Sets one timer at the start."""

    def __init__(self, how, delay):
        self.how, self.delay, self.calls = how, delay, []

    def on_start(self):
        getattr(self, self.how)(self.delay, lambda: self.calls.append(self.now))


@pytest.mark.parametrize("delay", [vl.ns(NEVER), vl.ns(NEVER - 1), vl.ns(2**62), "99999d", "73000d"])
@pytest.mark.parametrize("how", ["after", "every"])
def test_a_timer_far_away_does_not_come(how, delay):
    strategy = Timed(how, delay)
    vl.Backtest(market(), strategy).run()
    assert strategy.calls == []


@pytest.mark.parametrize("how", ["after", "every"])
def test_a_timer_far_away_does_not_come_live(how):
    strategy = Timed(how, vl.ns(NEVER))
    live = vl.PacedRun(vl.Backtest(market(), strategy), clock=ManualClock(1_000_000))
    live.start()
    while live.pump(100):
        pass
    live.finish()
    assert strategy.calls == []


@pytest.mark.parametrize("sample", [vl.ns(NEVER), vl.ns(2**62), "99999d"])
def test_an_interval_of_samples_longer_than_the_data_takes_the_first_and_the_last(sample):
    result = vl.Backtest(market(), vl.Strategy(), sample=sample).run()
    assert result.instants_raw.size == 2
    live = vl.PacedRun(vl.Backtest(market(), vl.Strategy(), sample=sample), clock=ManualClock(1_000_000))
    live.start()
    while live.pump(100):
        pass
    assert live.finish().instants_raw.size == 2


def test_a_clock_beyond_all_times_is_refused():
    live = vl.PacedRun(vl.Backtest(market(), vl.Strategy()), clock=ManualClock(1_000_000))
    live.start()
    live.clock.ts = NEVER
    with pytest.raises(InvalidArgument, match="1823"):
        live.pump()


class Buy(vl.Strategy):
    def on_start(self):
        self.mine = self.buy(self.instruments[0], qty_lots=1, price_ticks=31_000)


@pytest.mark.parametrize(
    "latency",
    [vl.ns(NEVER), vl.ns(2**62), "99999d", {"entry": vl.ns(NEVER)}, {"entry": "1ms", "response": vl.ns(NEVER)}],
)
def test_an_order_or_answer_that_takes_for_ever_does_not_arrive(latency):
    strategy = Buy()
    made = vl.Latency(**latency) if isinstance(latency, dict) else latency
    result = vl.Backtest(market(), strategy, latency=made).run()
    assert strategy.mine.state.name == "PENDING"
    assert result.counters["commands_cut"] + result.counters["reports_cut"] > 0


@pytest.mark.parametrize("warmup", [vl.ns(NEVER), vl.ns(2**62), "99999d"])
def test_a_warmup_longer_than_the_data_is_said(warmup):
    with pytest.raises(InvalidArgument, match="warm-up"):
        vl.Backtest(market(), vl.Strategy(), warmup=warmup).run()


@pytest.mark.parametrize("ticks", [2**61, 2**62, NEVER])
def test_a_filter_of_the_widest_move_lets_no_second_trade_through(ticks):
    class Filtered(vl.Strategy):
        seen = 0

        def on_start(self):
            self.subscribe_trades(price_move_ticks=ticks)

        def on_trade(self, trade):
            self.seen += 1

    strategy = Filtered()
    vl.Backtest(market(5_000), strategy).run()
    assert strategy.seen <= 1


def late_row(by):
    table = market().table()
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    columns = {name: getattr(table, name).copy() for name in names}
    columns["ts_event"][-1] += by
    columns["ts_recv"][-1] += by
    return vl.EventTable.from_numpy(table.instrument, check=False, **columns)


def test_a_row_far_ahead_in_time_ends_in_a_bound_on_samples():
    with pytest.raises(CapacityError, match=r"more than 33,554,432"):
        vl.Backtest(late_row(10**18), vl.Strategy(), sample="1s").run()


class Unmeasured:
    """A source that does not say how long it lasts."""

    has_depth = has_trades = True
    disorder_ns = 0

    def __init__(self, table):
        self.table, self.instrument = table, table.instrument

    def chunks(self, rows):
        yield from self.table.slice(0, len(self.table) - 1).chunks(rows)
        yield self.table.slice(len(self.table) - 1, len(self.table))


def test_samples_of_a_source_that_does_not_say_its_span_have_a_bound():
    with pytest.raises(CapacityError, match=r"33,554,432 samples.*longer `sample`"):
        vl.Backtest(Unmeasured(late_row(10**18)), vl.Strategy(), sample="1s").run()


@pytest.mark.parametrize("by", [2**62, 2**62 + 2**61])
def test_a_row_beyond_all_times_is_refused_by_its_place(by):
    with pytest.raises(DataError, match=r"row 1999.*nanoseconds"):
        vl.Backtest(late_row(by), vl.Strategy(), sample=0).run()


def test_signals_are_heard_while_samples_are_taken():
    heard = []
    previous = signal.signal(signal.SIGUSR1, lambda *_: heard.append(time.monotonic()))
    sender = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        sender.start()
        with pytest.raises(CapacityError):
            vl.Backtest(Unmeasured(late_row(10**18)), vl.Strategy(), sample="1s").run()
    finally:
        sender.join()
        signal.signal(signal.SIGUSR1, previous)
    assert heard


@pytest.mark.parametrize("qty", [2**60, 2**62, NEVER])
def test_a_quantity_beyond_the_bound_is_refused(qty):
    book = vl.OrderBookL2(ONE)
    with pytest.raises(InvalidArgument):
        book.set(0, 100, qty)
    by_order = vl.OrderBookL3(ONE)
    with pytest.raises(InvalidArgument):
        by_order.add(1, 0, 100, qty)

    class Big(vl.Strategy):
        raised = None

        def on_start(self):
            try:
                self.buy("X", qty_lots=qty, price_ticks=100)
            except vl.VeloraError as error:
                self.raised = error

    table = vl.EventTable.from_numpy(
        ONE,
        ts_event=np.arange(2) + 10**18,
        kind=np.full(2, 3, np.uint8),
        side=np.zeros(2, np.uint8),
        price=np.array([1, 2]),
        qty=np.array([1, 1]),
    )
    strategy = Big()
    vl.Backtest(table, strategy).run()
    assert isinstance(strategy.raised, InvalidArgument)


def test_the_depth_of_a_book_of_the_largest_levels_does_not_wrap():
    book = vl.OrderBookL2(ONE)
    for ticks in range(100, 140):
        book.set(1, ticks, 2**60 - 1)
    assert book.qty_to(1, 14.0) == ONE.lots_to_qty(NEVER)
    assert book.qty_to(1, 10.3) == ONE.lots_to_qty(2**62 - 4)


@pytest.mark.parametrize(
    ("column", "value"),
    [("side", 3), ("side", 77), ("side", 255), ("price", -(2**63)), ("price", NEVER), ("qty", NEVER), ("qty", -5)],
)
def test_a_trade_out_of_range_ends_the_run_with_its_row(column, value):
    table = market(5_000).table()
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    columns = {name: getattr(table, name).copy() for name in names}
    row = int(np.flatnonzero(columns["kind"] == int(vl.EventKind.TRADE))[0])
    columns[column][row] = value

    class Looks(vl.Strategy):
        def on_trade(self, trade):
            repr(trade)

    with pytest.raises(DataError, match=rf"row {row}\b"):
        vl.Backtest(vl.EventTable.from_numpy(table.instrument, check=False, **columns), Looks()).run()


@pytest.mark.parametrize("kind", [0, 14, 99, 255])
def test_a_row_of_an_unknown_kind_ends_the_run_with_its_row(kind):
    table = market(5_000).table()
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    columns = {name: getattr(table, name).copy() for name in names}
    columns["kind"][1_000] = kind
    for rules in (None, "hftbacktest"):
        with pytest.raises(DataError, match=r"row 1000\b"):
            vl.Backtest(
                vl.EventTable.from_numpy(table.instrument, check=False, **columns), vl.Strategy(), rules=rules
            ).run()
