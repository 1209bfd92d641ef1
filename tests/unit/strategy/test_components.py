"""Components: each works through a context alone, begins anew with a run, and leaves a user's overrides in place."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.context import Context
from velora.core.events import Side
from velora.errors import InvalidArgument, VeloraError
from velora.strategy.bracket import Brackets
from velora.strategy.executions import Executions
from velora.strategy.freshness import Freshness
from velora.strategy.history import Histories
from velora.strategy.parameters import Parameters
from velora.strategy.signals import Signals
from velora.strategy.targets import Targets
from velora.testkit import Flow

MS = 1_000_000


def table():
    flow = Flow().snapshot(0, bids=[(99, 50)], asks=[(101, 50)])
    for at in range(1, 60):
        flow.delta(at * 10 * MS, Side.BUY, 99, 50 + at)
    return flow.table()


def test_each_component_takes_a_context_and_refuses_without_a_run():
    context = Context()
    targets = Targets(context)
    uses = {
        "targets": lambda: targets.set("TEST", 1),
        "close": lambda: targets.close("TEST"),
        "signals": lambda: Signals(context, targets).latest("alpha", None),
        "brackets": lambda: Brackets(context).scale("TEST", Side.BUY, 1),
        "executions": lambda: Executions(context).execute(vl.Twap(qty=1), None),
        "histories": lambda: Histories(context).subscribe("TEST", ("1s",), 5, "left"),
        "freshness": lambda: Freshness(context).set_limit("TEST", "1s", None, print, print),
    }
    for name, use in uses.items():
        with pytest.raises(VeloraError, match="not part of a run"):
            pytest.fail(f"{name}: {use()}")


def test_a_component_works_beside_a_strategy_that_does_not_have_it():
    class Bare(vl.Strategy):
        def on_start(self):
            self.own = Targets(self._context)
            self.own.set("TEST", qty_lots=3, urgency="cross")

    bare = Bare()
    vl.Backtest(table(), bare, latency="1ms").run()
    assert bare.position("TEST").qty_lots == 3


def test_a_strategy_that_runs_again_begins_with_new_components_and_keeps_its_parameters():
    class Again(vl.Strategy):
        size = vl.Parameter(2, low=1)

        def on_start(self):
            self.parts = [self._targets, self._signals, self._freshness, self._histories, self._brackets]
            self.target("TEST", qty_lots=self.size)
            self.max_age("TEST", "1s")
            self.subscribe_candles("TEST", "50ms")
            self.set_parameters(size=self.size + 1)

        def on_candle(self, candle):
            pass

    again = Again(size=3)
    vl.Backtest(table(), again).run()
    first = again.parts
    vl.Backtest(table(), again).run()
    assert not {id(one) for one in first} & {id(one) for one in again.parts}
    assert [change.new for change in again.parameter_changes] == [4, 5]


def test_a_subclass_that_overrides_quote_is_asked_first_and_the_guard_still_holds():
    class Wider(vl.Strategy):
        def __init__(self):
            self.asked, self.pulled = 0, []

        def on_start(self):
            self.max_age("TEST", "100ms")
            self.every("10ms", lambda: self.quote("TEST", bid_ticks=95, ask_ticks=105, qty_lots=1))

        def quote(self, instrument, **options):
            self.asked += 1
            super().quote(instrument, **options)

        def on_stale(self, what):
            self.pulled.append(self.now)

    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 5)]).delta(500 * MS, Side.BUY, 80, 1)
    wider = Wider()
    result = vl.Backtest(flow.table(), wider).run()
    assert wider.asked > 40
    assert wider.pulled == [100 * MS + 1]
    assert not any(100 * MS < sent < 500 * MS for sent in result.orders_raw["ts_sent"])  # none while it was stale


def test_all_guards_of_quotes_are_asked_and_any_of_them_pulls():
    class Guarded(vl.Strategy):
        def on_start(self):
            self.asked = []
            self.answers = {"a": True, "b": True}
            for name in self.answers:
                self._context.guard_quotes(lambda one, name=name: self.asked.append(name) or self.answers[name])
            self.at(10 * MS, self.requote)
            self.at(20 * MS, self.forbid)

        def requote(self):
            self.quote("TEST", bid_ticks=95, ask_ticks=105, qty_lots=1)

        def forbid(self):
            self.answers["a"] = False
            self.requote()

    guarded = Guarded()
    result = vl.Backtest(table(), guarded).run()
    assert guarded.asked == ["a", "b"] * 2
    assert [vl.OrderState(order["state"]).name for order in result.orders_raw] == ["CANCELED"] * 2


def test_a_guard_that_raises_is_the_strategys_failure_and_a_wrong_answer_pulls():
    class Raises(vl.Strategy):
        def on_start(self):
            self._context.guard_quotes(lambda one: 1 / 0)
            self.after("10ms", lambda: self.quote("TEST", bid_ticks=95, qty_lots=1))

    result = vl.Backtest(table(), {"raises": Raises(), "other": vl.Strategy()}).run()
    assert [one["state"] for one in result.strategies] == ["FAILED", "STOPPED"]


@pytest.mark.parametrize("side", [2, 7, 255])
def test_a_context_sends_no_order_of_a_side_that_does_not_exist(side):
    class Sends(vl.Strategy):
        def on_start(self):
            with pytest.raises(InvalidArgument):
                self._context.submit("TEST", side, 1, 95)
            with pytest.raises(OverflowError):
                self._context.submit("TEST", side + 256, 1, 95)
            with pytest.raises(InvalidArgument):
                self._context.submit("TEST", Side.BUY, 0, 95)
            with pytest.raises(InvalidArgument):
                self._context.submit("TEST", Side.BUY, 1, 95, time_in_force=99)

    assert vl.Backtest(table(), Sends()).run().counters["orders"] == 0


def test_parameters_are_a_component_of_any_class_that_declares_them():
    class Declares:
        level = vl.Parameter(5, low=1)
        level.__set_name__(None, "level")

    values = Parameters(Declares, Context())
    assert values.values == {"level": 5}
    assert values.change({"level": 7}, print)["level"].old == 5
    assert values.values == {"level": 7}
    assert values.changes == ()  # no session is running


def test_a_change_of_parameters_between_two_steps_of_a_backtest_is_applied_at_once():
    class Tuned(vl.Strategy):
        width = vl.Parameter(1, low=1)

        def on_parameters(self, changed):
            self.seen = (self.now, changed["width"].new)

    tuned = Tuned()
    run = vl.Backtest(table(), tuned).start()
    run.advance("100ms")
    assert tuned.set_parameters(width=4)["width"].old == 1
    assert tuned.seen == (run.now, 4)
    with pytest.raises(InvalidArgument, match="at least 1"):
        tuned.set_parameters(width=0)
    run.finish()
    assert [change.new for change in tuned.parameter_changes] == [4]
