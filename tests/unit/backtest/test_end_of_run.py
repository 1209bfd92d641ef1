"""The end of a run: what is under way arrives, what cannot act any more is counted."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.paper.clock import ManualClock
from velora.paper.run import PacedRun
from velora.sim.hftbacktest import HftbacktestRules
from velora.testkit import Flow, Script

MS = 1_000_000
END = 120 * MS


def market(feed_latency=0):
    """Asks 301 and bids 299; at 110 ms a funding row, at 115 ms a sale through 299, and the last row at 120 ms."""
    instrument = vl.Instrument(
        "M", tick_size=1, lot_size=1, quote="USD", maker_fee="0.0001", taker_fee="0.0004", kind="linear"
    )
    flow = Flow(instrument, feed_latency=feed_latency).snapshot(MS, bids=[(299, 40)], asks=[(301, 40)])
    for at in range(2, 110):
        flow.delta(at * MS, Side.BUY, 200, at)
    flow.row(110 * MS, EventKind.FUNDING, price=300 * 10**8, qty=2 * 10**6)
    flow.trade(115 * MS, Side.SELL, 298, 60)
    return flow.delta(END, Side.BUY, 200, 7)


def plan(*more):
    return Script((3 * MS, lambda s: s.bid(299, 8)), (40 * MS, lambda s: s.ask(250, 5)), *more)


def driven(live):
    """A live run on its `ManualClock`, from due time to due time."""
    live.start()
    while live.pump():
        live.clock.ts = max(live.clock.ts, live.driver.next_due)
    return live.finish()


def summed(result):
    account = result.statistics()["money"][0]
    return round(account["fees"] + account["funding"], 8), result.statistics()["inventory"][0]["end_position"]


@pytest.mark.parametrize("latency", ["0ms", "1ms", "11ms", "37ms", vl.Latency(entry="2ms", response="400ms")])
def test_what_the_venue_has_reported_by_the_end_arrives(latency):
    run = vl.Backtest(market().table(), plan(), latency=latency).start()
    run.advance_to_end()
    account = run.venue.account(0)
    result = run.finish()
    assert summed(result) == (round(account["fees"] * 1e-8, 8), account["position"])
    assert account["position"] == 3
    assert result.counters["funding_units"][0] == -5 * 300 * 10**6 * 2  # of the five that were short at 110 ms
    assert result.counters["reports_cut"] == result.counters["commands_cut"] == 0
    assert result.equity["equity"].to_pylist()[-1] == result.statistics()["money"][0]["end_equity"]
    assert result.period[1] == max(END, int(result.fills_raw["ts_local"].max()))


def test_the_local_clock_goes_on_to_the_last_report_and_no_further():
    run = vl.Backtest(market().table(), plan(), latency=vl.Latency(entry="1ms", response="50ms")).start()
    run.advance_to_end()
    assert run.now == 165 * MS
    quiet = vl.Backtest(market().table(), Script(), latency="50ms").start()
    quiet.advance_to_end()
    assert quiet.now == END


def test_data_received_later_than_the_venue_ends_waits_for_its_own_end():
    """The book of the last row holds until that row is here, and a command that arrives by then acts."""
    last = plan((130 * MS, lambda s: s.bid(301, 1)))
    result = vl.Backtest(market(feed_latency=vl.ns(30 * MS)).table(), last, latency="9ms").run()
    assert [fill.ts_recv for fill in last.fills][-1] == 148 * MS
    assert result.counters["commands_cut"] == 0


def test_commands_that_would_arrive_after_the_end_are_cut_and_counted():
    late = plan((118 * MS, lambda s: s.bid(301, 2)), (119 * MS, lambda s: s.cancel(s.placed[0])))
    result = vl.Backtest(market().table(), late, latency="5ms").run()
    assert result.counters["commands_cut"] == 2
    assert result.counters["open_orders"] == 1
    assert late.placed[2].state.name == "PENDING"
    assert late.placed[0].state.name == "FILLED", "its fill is here all the same"
    assert "Cut at the end" in str(result.summary())
    assert "2 commands that the venue never got, 1 order open" in str(result.summary())


def test_a_run_with_nothing_under_way_says_nothing_of_it():
    result = vl.Backtest(market().table(), plan(), latency="1ms").run()
    assert "Cut at the end" not in str(result.summary())


class Eager(vl.Strategy):
    """Answers each fill with another order, and counts its timers."""

    def __init__(self):
        self.ticks, self.filled, self.sent_after = [], [], 0

    def on_start(self):
        self.every(vl.ns(MS), self.tick)
        self.buy("M", price_ticks=299, qty_lots=8)

    def tick(self):
        self.ticks.append(self.now)

    def on_fill(self, fill):
        self.filled.append(self.now)
        self.buy("M", price_ticks=301, qty_lots=1)
        self.sent_after += self.now > END


def test_in_the_tail_fills_are_told_timers_are_not_and_orders_are_cut():
    strategy = Eager()
    result = vl.Backtest(market().table(), strategy, latency="20ms").run()
    assert strategy.filled == [135 * MS]
    assert strategy.ticks[-1] == END
    assert strategy.sent_after == 1
    assert result.counters["commands_cut"] == 1
    assert result.counters["open_orders"] == 1
    samples = np.unique(result.samples_raw["ts"])
    assert samples[samples > END].tolist() == [135 * MS]


def test_losses_without_end_do_not_keep_a_run_going():
    class Again(vl.Strategy):
        def on_start(self):
            self.buy("M", qty_lots=1)

        def on_order(self, order):
            if order.is_done:
                self.buy("M", qty_lots=1)

    latency = vl.Latency(entry="1ms", faults=vl.LatencyFaults(lost=1, timeout="50ms"))
    result = vl.Backtest(market().table(), Again(), latency=latency).run()
    assert result.counters["orders"] == 3  # a lost order is UNKNOWN until its query is answered
    assert result.counters["commands_cut"] == 1


@pytest.mark.parametrize("latency", ["0ms", "5ms", "20ms", "300ms"])
def test_steps_chunks_and_a_clock_end_alike(latency):
    def make(**options):
        return vl.Backtest(market().table(), Eager(), latency=latency, sample="7ms", **options)

    whole = make().run()
    run = make().start()
    while run.advance("900us"):
        pass
    stepped = run.finish()
    live = driven(PacedRun(make(), clock=ManualClock()))
    chunks = make(chunk_rows=3).run()
    assert whole.hash == stepped.hash == live.hash == chunks.hash
    assert whole.samples_raw.tobytes() == live.samples_raw.tobytes() == stepped.samples_raw.tobytes()
    for name in ("commands_cut", "reports_cut", "open_orders"):
        assert len({one.counters[name] for one in (whole, stepped, live, chunks)}) == 1


def test_a_late_clock_gives_the_tail_too_and_its_journal_replays(tmp_path):
    journal = tmp_path / "run.journal"
    test = vl.Backtest(market().table(), Eager(), latency="20ms")
    live = driven(PacedRun(test, clock=ManualClock(370_003), journal=journal))
    assert live.fills_raw.size == 1
    assert live.counters["reports_cut"] == 0
    replay = vl.replay_journal(journal, Eager())
    assert replay.is_same, replay.difference


def test_the_end_of_a_period_is_an_end_of_data():
    def make():
        return vl.Backtest(market().table(), plan(), latency="20ms", end=117 * MS)

    run = make().start()
    run.advance_to_end()
    account, now = run.venue.account(0), run.now
    result = run.finish()
    assert now == 135 * MS
    assert summed(result) == (round(account["fees"] * 1e-8, 8), account["position"])
    assert account["position"] == 3


def test_a_run_that_is_finished_early_counts_what_was_on_its_way():
    run = vl.Backtest(market().table(), plan((115 * MS, lambda s: s.bid(150, 1))), latency="4ms").start()
    run.advance_to(117 * MS)
    result = run.finish()
    assert result.counters["reports_cut"] == 1
    assert result.counters["commands_cut"] == 1
    assert result.counters["open_orders"] == 2
    assert "1 report that never arrived" in str(result.summary())


def test_hftbacktests_rules_end_with_the_data_and_count_what_they_cut():
    rules = HftbacktestRules()
    result = vl.Backtest(market().table(), plan(), latency="20ms", rules=rules, queue="risk_averse").run()
    assert result.counters["reports_cut"] > 0
    assert result.period[1] == END
