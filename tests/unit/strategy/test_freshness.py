"""Age limits: beyond them quotes are pulled, to the nanosecond."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.errors import InvalidArgument
from velora.testkit import Flow

MS = 1_000_000


class Watched(vl.Strategy):
    def __init__(self, what="TEST", limit="100ms", every="10ms", signals=(), **options):
        self.what, self.limit, self.interval, self.signals, self.options = what, limit, every, signals, options
        self.told = []

    def on_start(self):
        self.max_age(self.what, self.limit, **self.options)
        self.every(self.interval, self.requote)
        for ts in self.signals:
            self.at(ts, lambda: self.emit("alpha", 1))

    def requote(self):
        self.quote("TEST", bid_ticks=95, ask_ticks=105, qty_lots=1)

    def on_stale(self, what):
        self.told.append((self.now, "stale", what))
        assert self.stale == [what]

    def on_fresh(self, what):
        self.told.append((self.now, "fresh", what))
        assert self.stale == []


def flow(*updates):
    made = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)])
    for ts in updates:
        made.delta(ts, Side.BUY, 80, ts % 7 + 1)
    return made


def states(result):
    return [(int(o["ts_sent"]), vl.OrderState(o["state"]).name, int(o["ts_done"])) for o in result.orders_raw]


def test_quotes_are_pulled_when_the_limit_is_passed_and_come_back_with_the_data():
    strategy = Watched()
    result = vl.Backtest(flow(30 * MS, 310 * MS, 390 * MS).table(), strategy).run()
    assert strategy.told[0] == (130 * MS + 1, "stale", "TEST")
    assert strategy.told[1][1:] == ("fresh", "TEST")
    assert 310 * MS <= strategy.told[1][0] <= 310 * MS + 25 * MS
    pulled = [done for _, state, done in states(result) if state == "CANCELED"]
    assert pulled == [130 * MS + 1] * 2
    again = [sent for sent, state, _ in states(result) if state == "OPEN"]
    assert len(again) == 2
    assert strategy.told[1][0] <= again[0] <= strategy.told[1][0] + 10 * MS


def test_quoting_itself_checks_the_age():
    # No timer of the limit is due before: the data is old the moment it comes.
    late = Flow(feed_latency=200 * MS).snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).delta(500 * MS, Side.BUY, 80, 1)
    strategy = Watched(every="150ms")
    result = vl.Backtest(late.table(), strategy).run()
    # The watch begins at 200 ms and counts from there; the book it got is of 0.
    assert strategy.told[0] == (300 * MS + 1, "stale", "TEST")
    assert all(sent <= 300 * MS for sent, _, _ in states(result))


def test_a_book_that_lost_something_is_too_old_at_once():
    made = flow(20 * MS).row(35 * MS, EventKind.GAP, order_id=5).delta(45 * MS, Side.BUY, 80, 3)
    made.snapshot(70 * MS, bids=[(90, 5)], asks=[(110, 5)]).delta(120 * MS, Side.BUY, 80, 2)
    strategy = Watched()
    vl.Backtest(made.table(), strategy).run()
    assert strategy.told[0] == (40 * MS, "stale", "TEST")  # the next quote looks
    assert strategy.told[1] == (70 * MS, "fresh", "TEST")


def test_a_signal_ages_from_its_last_emission():
    strategy = Watched("alpha", "50ms", signals=(20 * MS, 60 * MS, 200 * MS))
    result = vl.Backtest(flow(300 * MS).table(), strategy).run()
    assert strategy.told == [
        (110 * MS + 1, "stale", "alpha"),
        (200 * MS, "fresh", "alpha"),
        (250 * MS + 1, "stale", "alpha"),
    ]
    assert [state for _, state, _ in states(result)] == ["CANCELED"] * 4


def test_a_signal_can_hang_on_chosen_instruments():
    strategy = Watched("alpha", "50ms", pulls=[])
    result = vl.Backtest(flow(300 * MS).table(), strategy).run()
    assert strategy.told == [(50 * MS + 1, "stale", "alpha")]
    assert [state for _, state, _ in states(result)] == ["OPEN"] * 2


def test_orders_that_are_no_quotes_are_left_alone():
    class Both(Watched):
        def on_start(self):
            super().on_start()
            self.buy("TEST", price_ticks=85, qty_lots=1)

    result = vl.Backtest(flow(300 * MS).table(), Both()).run()
    assert [state for _, state, _ in states(result)] == ["OPEN", "CANCELED", "CANCELED", "OPEN", "OPEN"]


def test_age_is_readable_and_a_limit_can_be_changed():
    class Reads(Watched):
        def on_start(self):
            super().on_start()
            self.at(50 * MS, self.widen)

        def widen(self):
            assert self.age_ns("TEST") == 20 * MS
            self.max_age("TEST", "200ms")

    strategy = Reads()
    vl.Backtest(flow(30 * MS, 400 * MS).table(), strategy).run()
    assert strategy.told[0] == (230 * MS + 1, "stale", "TEST")


def test_wrong_arguments_are_refused():
    class Wrong(vl.Strategy):
        def on_start(self):
            with pytest.raises(InvalidArgument, match="positive"):
                self.max_age("TEST", 0)
            with pytest.raises(InvalidArgument, match="not watched"):
                self.age_ns("TEST")

    vl.Backtest(flow(10).table(), Wrong()).run()


def test_without_limits_quotes_take_the_plain_way():
    class Plain(vl.Strategy):
        def on_start(self):
            assert "quote" not in self.__dict__

    vl.Backtest(flow(10).table(), Plain()).run()
