"""A run, a venue and a book belong to whoever works on them: callbacks and threads are told so."""

import threading

import numpy as np
import pytest

import velora as vl
from velora.errors import InvalidArgument
from velora.paper.clock import ManualClock
from velora.sim.venue import SimulatedVenue

K, T = vl.EventKind, 1_700_000_000_000_000_000


def market(events=5_000):
    return vl.SyntheticMarket(1, events=events)


class Once(vl.Strategy):
    """Calls something in its first trade."""

    def __init__(self, call):
        self.call, self.raised = call, []

    def on_trade(self, trade):
        if not self.raised:
            try:
                self.call()
            except vl.VeloraError as error:
                self.raised.append(str(error))


@pytest.mark.parametrize("what", ["advance_to_end", "finish", "step"])
def test_a_callback_cannot_drive_its_own_run(what):
    calls = {
        "advance_to_end": lambda: run.advance_to_end(),
        "finish": lambda: run.finish(),
        "step": lambda: run.advance("1s"),
    }
    strategy = Once(lambda: calls[what]())
    run = vl.Backtest(market(), strategy, latency="1ms").start()
    run.advance_to_end()
    assert ["the run is at work" in one for one in strategy.raised] == [True]
    assert run.finish().hash == vl.Backtest(market(), Once(lambda: None), latency="1ms").run().hash


def test_a_callback_cannot_drive_the_venue_of_its_run():
    strategy = Once(lambda: run.venue.on_command(0, 0, 1, ts=2**61, side=0, price=1, qty=1))
    run = vl.Backtest(market(), strategy, latency="1ms").start()
    run.advance_to_end()
    assert ["the venue is busy" in one for one in strategy.raised] == [True]


def test_a_progress_callback_cannot_drive_its_run():
    raised = []

    def progress(rows, now):
        try:
            run.advance_to_end()
        except vl.VeloraError as error:
            raised.append(str(error))

    run = vl.Backtest(market(), vl.Strategy()).start()
    run.advance_to_end(progress)
    assert raised
    assert all("at work" in one for one in raised)


def test_a_queue_model_that_drives_the_venue_is_told_that_it_is_at_work():
    instrument = vl.Instrument("X", tick_size="0.1", lot_size="0.001")

    class Model(vl.QueueModel):
        calls = 0

        def lots_ahead(self, ahead, before, after, traded):
            self.calls += 1
            venue.on_command(0, 0, 1_000 + self.calls, ts=T, side=0, price=999, qty=1)
            return ahead

    venue = SimulatedVenue([instrument], [False], Model())
    venue.on_row(0, int(K.DELTA), ts=T, side=0, price=999, qty=100, flags=1)
    venue.on_command(0, 0, 1, ts=T, side=0, price=999, qty=5)
    with pytest.raises(vl.VeloraError, match="the venue is busy"):
        venue.on_row(0, int(K.DELTA), ts=T + 1, side=0, price=999, qty=90, flags=1)
    venue.on_command(0, 2, 1, ts=T + 2, side=0)  # it is itself again
    assert venue.queue_ahead(0, 1) is None


def test_a_queue_model_that_advances_its_run_is_told_that_it_is_at_work():
    class Model(vl.QueueModel):
        def lots_ahead(self, ahead, before, after, traded):
            run.advance_to_end()
            return ahead

    class Quoter(vl.Strategy):
        def on_start(self):
            self.every("50ms", self.quote_all)

        def quote_all(self):
            book = self.book(self.instruments[0])
            if book.best_bid_ticks:
                self.quote(self.instruments[0], bid_ticks=book.best_bid_ticks, qty_lots=1)

    run = vl.Backtest(market(), Quoter(), latency="1ms", queue=Model()).start()
    with pytest.raises(vl.VeloraError, match="the run is at work"):
        run.advance_to_end()


def test_a_live_run_cannot_be_pumped_from_within_a_hook():
    strategy = Once(lambda: live.pump())
    live = vl.PacedRun(vl.Backtest(market(), strategy), clock=ManualClock(1_000_000))
    live.start()
    while live.pump(100):
        pass
    live.finish()
    assert ["the run is at work" in one for one in strategy.raised] == [True]


def test_a_driver_is_started_once_and_before_it_is_pumped():
    live = vl.PacedRun(vl.Backtest(market(), vl.Strategy()), clock=ManualClock(1_000_000))
    live.start()
    for index in (1, -1, 10**6):
        with pytest.raises(InvalidArgument, match="there is no strategy"):
            live.driver.set_parameters(index, {})
    with pytest.raises(InvalidArgument, match="started already"):
        live.driver.start(0)
    with pytest.raises(InvalidArgument, match="has started"):
        live.driver.connect(live.driver.intake, ManualClock())


def test_two_threads_cannot_drive_one_run():
    raised, inside = [], threading.Event()

    def second():
        inside.wait()
        try:
            run.advance_to_end()
        except vl.VeloraError as error:
            raised.append(str(error))
        done.set()

    done = threading.Event()
    thread = threading.Thread(target=second)

    def call():
        inside.set()
        done.wait()

    run = vl.Backtest(market(), Once(call), latency="1ms").start()
    thread.start()
    run.advance_to_end()
    thread.join()
    assert len(raised) == 1
    assert "two threads" in raised[0]


def random_rows(rows=20_000):
    rng = np.random.default_rng(0)
    return (
        np.full(rows, int(K.DELTA), np.uint8),
        rng.integers(0, 2, rows).astype(np.uint8),
        rng.integers(0, 200_000, rows) * 97,
        rng.integers(0, 3, rows),
    )


def test_a_book_read_in_one_thread_while_another_applies_is_whole():
    book = vl.OrderBookL2(vl.Instrument("X", tick_size="0.1", lot_size="0.001"))
    rows = random_rows()
    done = threading.Event()

    def feed():
        for _ in range(20):
            book.apply(*rows)
        done.set()

    def read():
        while not done.is_set():
            for _ in book.levels(0):
                break
            book.depth(20)
            assert (book.best_bid is None) or book.best_bid >= 0

    threads = [threading.Thread(target=work) for work in (feed, feed, read, read)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    alone = vl.OrderBookL2(book.instrument)
    alone.apply(*rows)
    assert book.state_hash() == alone.state_hash()


def test_what_raises_in_on_stop_leaves_the_other_strategies_stopped_and_a_result():
    class Bad(vl.Strategy):
        def on_stop(self):
            raise RuntimeError("no")

    class Good(vl.Strategy):
        stopped = False

        def on_stop(self):
            self.stopped = True

    good = Good()
    run = vl.Backtest(market(), {"bad": Bad(), "good": good}, latency="1ms", on_error="raise").start()
    run.advance_to_end()
    with pytest.raises(RuntimeError):
        run.finish()
    assert good.stopped
    result = run.finish()
    assert result.instants_raw["ts"][-1] == run.now
