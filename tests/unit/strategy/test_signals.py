"""Conditions in three values, and positions that follow them."""

from __future__ import annotations

import itertools

import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument
from velora.testkit import Flow

MS = 1_000_000


def of(state):
    return vl.Condition(lambda: state)


@pytest.mark.parametrize(("a", "b"), list(itertools.product([True, False, None], repeat=2)))
def test_combinations_are_kleenes(a, b):
    # As the least and the greatest of false < unknown < true.
    rank = {False: 0, None: 1, True: 2}
    back = {value: key for key, value in rank.items()}
    assert (of(a) & of(b)).state is back[min(rank[a], rank[b])]
    assert (of(a) | of(b)).state is back[max(rank[a], rank[b])]
    assert (~of(a)).state is back[2 - rank[a]]
    assert bool(of(a)) is (a is True)


class Emits(vl.Strategy):
    """Emits the given values of "alpha" and hands each look to `see`."""

    def __init__(self, values, begin, see=None):
        self.values, self.begin, self.see, self.seen = values, begin, see, []

    def on_start(self):
        self.begin(self)
        for ts, value in self.values:
            self.at(ts * MS, lambda value=value: self.emit("alpha", value))
        if self.see is not None:
            self.every(vl.ns(10 * MS), lambda: self.seen.append((self.now // MS, self.see(self))))


def run(strategy, until=400, latency=0):
    flow = Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)]).delta(until * MS, Side.BUY, 1, 1)
    return vl.Backtest(flow.table(), strategy, latency=latency).run()


def test_a_reading_is_unknown_before_the_first_value_and_beyond_its_age():
    def begin(s):
        s.alpha = s.latest("alpha", "50ms")
        s.high = s.alpha > 1

    strategy = Emits([(25, 2), (125, 0)], begin, lambda s: (s.alpha.value, s.high.state, s.alpha.age_ns))
    run(strategy)
    seen = dict(strategy.seen)
    assert seen[20] == (None, None, None)
    assert seen[30] == (2, True, 5 * MS)
    assert seen[70][:2] == (2, True)
    assert seen[80] == (None, None, 55 * MS)
    assert seen[130][:2] == (0, False)


def test_comparisons_and_crossings():
    def begin(s):
        a = s.latest("alpha")
        s.all = [a > 1, a >= 1, a < 1, a <= 1, a.crosses_above(1), a.crosses_below(1)]

    strategy = Emits([(5, 0), (15, 1), (25, 2), (35, 3), (45, 1), (55, 0)], begin, lambda s: [c.state for c in s.all])
    run(strategy, 70)
    assert [states for _, states in strategy.seen][:6] == [
        [False, False, True, True, False, False],
        [False, True, False, True, False, False],
        [True, True, False, False, True, False],
        [True, True, False, False, False, False],
        [False, True, False, True, False, False],
        [False, False, True, True, False, True],
    ]


def test_held_asks_for_a_time_without_a_break():
    def begin(s):
        s.high = s.held_for(s.latest("alpha") > 0, "30ms")

    strategy = Emits([(5, 1), (25, -1), (35, 1)], begin, lambda s: s.high.state)
    run(strategy, 110)
    states = dict(strategy.seen)
    assert [states[ts] for ts in (10, 20, 30, 40, 50, 60, 70, 80)] == [False] * 6 + [True, True]


def positions(strategy, **options):
    result = run(strategy, **options)
    return [(int(f["ts_local"]) // MS, int(f["position"])) for f in result.fills_raw]


def test_a_position_follows_its_entry_and_its_exit():
    def begin(s):
        alpha = s.latest("alpha")
        s.follow("TEST", 3, entry=alpha > 1, exit=alpha < 0, urgency="cross")

    values = [(50, 0.5), (100, 2), (150, 0.5), (200, -1), (250, -2), (300, 5)]
    assert positions(Emits(values, begin)) == [(100, 3), (200, 0), (300, 3)]


def test_a_short_without_an_exit_leaves_with_its_entry():
    def begin(s):
        s.follow("TEST", qty_lots=2, side=Side.SELL, entry=s.latest("alpha") > 1, urgency="cross")

    assert positions(Emits([(100, 2), (200, 0)], begin)) == [(100, -2), (200, 0)]


def test_a_signal_that_is_too_old_is_an_exit_unless_told_to_hold():
    def begin(unknown):
        def start(s):
            alpha = s.latest("alpha", "60ms")
            s.follow("TEST", 1, entry=alpha > 1, exit=alpha < 0, urgency="cross", unknown=unknown, check="10ms")

        return start

    assert positions(Emits([(100, 2)], begin("exit"))) == [(100, 1), (170, 0)]
    assert positions(Emits([(100, 2)], begin("hold"))) == [(100, 1)]


def test_nothing_is_entered_while_the_exit_holds_or_is_unknown():
    def begin(s):
        s.follow("TEST", 1, entry=of(True), exit=s.latest("alpha") > 0, urgency="cross")

    assert positions(Emits([(100, 1), (200, -1)], begin)) == [(200, 1)]


def test_a_follow_that_was_stopped_acts_no_more():
    def begin(s):
        follow = s.follow("TEST", 1, entry=s.latest("alpha") > 0, urgency="cross")
        s.at(150 * MS, follow.stop)

    assert positions(Emits([(100, 1), (200, -1)], begin)) == [(100, 1)]


def test_signals_under_latency_never_pile_up():
    def begin(s):
        s.follow("TEST", 5, entry=s.latest("alpha") > 0, urgency="cross")

    values = [(10 + 5 * i, (-1) ** i) for i in range(60)]
    held = [position for _, position in positions(Emits(values, begin), latency=vl.ns(12 * MS), until=2000)]
    assert held
    assert min(held) >= 0
    assert max(held) <= 5


def test_wrong_arguments_are_refused():
    def begin(s):
        for options in ({}, {"qty": 1, "qty_lots": 1}, {"qty_lots": -1}, {"qty": 1, "unknown": "?"}):
            with pytest.raises(InvalidArgument):
                s.follow("TEST", entry=of(True), **options)
        with pytest.raises(InvalidArgument):
            s.latest("alpha", 0)

    run(Emits([], begin))
