"""The kernel driven by a clock: a backtest when all is in time, and replayable whatever the time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from decimal import Decimal

import pytest
from _busy import Busy, drive

import velora as vl
from velora.core.events import Side
from velora.engine.journal import JournalReader, RecordType
from velora.errors import InvalidArgument
from velora.paper.clock import ManualClock, PacedClock
from velora.paper.driver import PacedDriver
from velora.paper.run import PacedRun
from velora.strategy.examples import MarketMaker
from velora.testkit import Flow

ASSUMPTIONS = {
    "plain": {"latency": "2ms"},
    "none": {"latency": 0},
    "faults": {
        "latency": vl.Latency(
            entry="1ms",
            response="500us",
            decision="100us",
            seed=4,
            faults=vl.LatencyFaults(refused=0.05, lost=0.05, unanswered=0.05, timeout="200ms"),
        )
    },
    "load": {"latency": vl.Latency(entry="1ms", response="1ms", load=vl.LatencyLoad(service="20us"), overtakes=True)},
    "optimistic": {"latency": "1ms", "queue": "optimistic", "fuse_quotes": True},
    "warmed up": {"latency": "1ms", "warmup": "3s"},
    "small chunks": {"latency": "1ms", "chunk_rows": 100},
}


def market(seed=3, duration="12s"):
    return vl.SyntheticMarket(seed=seed, duration=duration)


def two_markets():
    other = vl.Instrument("OTHER", tick_size="0.01", lot_size="0.001", quote="USDT")
    return [market(3, "8s"), vl.SyntheticMarket(seed=4, duration="8s", instrument=other)]


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_a_run_in_which_all_is_in_time_is_the_backtest(name):
    backtest = vl.Backtest(market(), Busy(), **ASSUMPTIONS[name]).run()
    live = drive(PacedRun(vl.Backtest(market(), Busy(), **ASSUMPTIONS[name]), clock=ManualClock()))
    assert live.hash == backtest.hash
    assert len(live.fills) == len(backtest.fills) > 0
    assert live.samples_raw.tobytes() == backtest.samples_raw.tobytes()


def test_several_strategies_on_several_instruments_in_time_are_the_backtest():
    def make():
        return vl.Backtest(two_markets(), {"one": Busy("OTHER"), "two": Busy("SYNUSDT")}, latency="2ms")

    backtest, live = make().run(), drive(PacedRun(make(), clock=ManualClock()))
    assert live.hash == backtest.hash
    assert len(live.fills) > 0


@pytest.mark.parametrize(("closed", "late_ns"), [("left", 0), ("right", 0), ("left", 1)])
def test_candles_of_trades_at_the_boundaries_are_those_of_the_backtest(closed, late_ns):
    """Also where each message is a nanosecond late, as any real clock makes it."""
    flow = Flow().snapshot(0, bids=[(1, 9)], asks=[(99, 9)])
    for at in range(1, 81):
        flow.trade(at * 5_000_000, Side.BUY, 10 + at * 7 % 31, at)  # each fourth at the end of 20 ms

    class Takes(vl.Strategy):
        def __init__(self):
            self.got = []

        def on_start(self):
            self.subscribe_candles("TEST", "20ms", closed=closed)

        def on_candle(self, one):
            prices = (one.open_ticks, one.high_ticks, one.low_ticks, one.close_ticks)
            self.got.append((one.ts_open, prices, one.volume_lots, one.trades))

    takes, lives = Takes(), Takes()
    vl.Backtest(flow.table(), takes).run()
    live = PacedRun(vl.Backtest(flow.table(), lives), clock=ManualClock())
    live.start()
    while live.pump():
        live.clock.ts = max(live.clock.ts, live.driver.next_due + late_ns)
    live.finish()
    assert lives.got[: len(takes.got)] == takes.got
    assert [one[3] for one in takes.got][1:19] == [4] * 18
    assert takes.got[2][2] == sum(range(8, 12) if closed == "left" else range(9, 13))


def test_a_feed_whose_venue_time_is_ahead_of_ours_ends():
    """The venue's last rows are then due when the local side has had all of its own."""

    class Idle(vl.Strategy):
        pass

    instrument = vl.Instrument("AHEAD", tick_size="0.01", lot_size="0.001", quote="USDT")
    ts = [1_000_000_000 + 1_000_000 * at for at in range(50)]
    table = vl.EventTable.from_numpy(
        instrument,
        ts_event=[one + 20_000_000 for one in ts],
        ts_recv=ts,
        kind=[1] * 50,
        side=[0] * 50,
        price=[100] * 50,
        qty=[1] * 50,
    )
    backtest = vl.Backtest(table, Idle(), sample=0).run()
    assert drive(PacedRun(vl.Backtest(table, Idle(), sample=0), clock=ManualClock())).rows == 50
    live = PacedRun(vl.Backtest(table, Idle(), sample=0), speed=1)
    assert live.run().rows == backtest.rows == 50
    assert live.driver.counters()["venue_rows"] == 50


def test_a_feed_by_order_in_time_is_the_backtest():
    table = by_order_table()
    backtest = vl.Backtest(table, MarketMaker(interval="20ms"), latency="1ms").run()
    live = drive(PacedRun(vl.Backtest(table, MarketMaker(interval="20ms"), latency="1ms"), clock=ManualClock()))
    assert live.hash == backtest.hash
    assert live.rows > 0


def by_order_table():
    rows, ts = [], 0
    for number in range(1, 400):
        ts += 1_000_000
        side = number % 2
        rows.append((ts, ts + 300_000, 6, side, 1, (100 - number % 5) if side == 0 else (102 + number % 5), 5, number))
        if number > 20 and number % 3 == 0:
            rows.append((ts, ts + 300_000, 8, (number - 20) % 2, 1, 0, 0, number - 20))
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
    instrument = vl.Instrument("ORDERS", tick_size="0.01", lot_size="0.001", quote="USDT")
    return vl.EventTable.from_numpy(instrument, **{name: [row[at] for row in rows] for at, name in enumerate(names)})


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_decisions_of_a_late_run_are_replayed_byte_for_byte(name, tmp_path):
    journal = tmp_path / "run.journal"
    live = PacedRun(vl.Backtest(market(), Busy(), **ASSUMPTIONS[name]), clock=ManualClock(37_003), journal=journal)
    result = drive(live)
    replay = vl.replay_journal(journal, Busy())
    assert replay.is_same, replay.difference
    assert replay.decisions == replay.recorded
    assert replay.hash == replay.recorded_hash == live.hash
    assert replay.commands == sum(one["commands"] for one in live.driver.kernel.strategies()) > 50
    assert len(result.fills) > 0


def test_the_strategy_of_these_tests_uses_what_it_says(tmp_path):
    strategy = Busy()
    drive(PacedRun(vl.Backtest(market(), strategy, latency="2ms"), clock=ManualClock(37_003)))
    assert strategy.places > 0
    assert strategy.execution.filled_lots > 0


def test_lateness_changes_decisions_and_is_counted():
    in_time = PacedRun(vl.Backtest(market(), Busy(), latency="2ms"), clock=ManualClock())
    late = PacedRun(vl.Backtest(market(), Busy(), latency="2ms"), clock=ManualClock(200_000))
    assert drive(in_time).hash != drive(late).hash
    assert in_time.lateness.max_ns == 0
    assert late.lateness.inputs > 5_000
    assert 200_000 <= late.lateness.p50_ns <= late.lateness.p99_ns <= late.lateness.max_ns


def test_inputs_are_never_early_and_orders_leave_after_the_input_they_answer(tmp_path):
    step = 50_000
    seen = []

    class Watcher(vl.Strategy):
        def on_trade(self, trade):
            seen.append((trade.ts_recv, self.now))
            self.buy(trade.instrument, qty_lots=1)

        def on_fill(self, fill):
            seen.append((fill.ts_event + 1_000_000, fill.ts_recv))

    source = market(5, "5s")
    due = source.table()
    live = PacedRun(
        vl.Backtest(source, Watcher(), latency=vl.Latency(entry="3ms", response="1ms")), clock=ManualClock(step)
    )
    result = drive(live)
    assert len(seen) > 50
    assert all(given <= now for given, now in seen)
    trades = due.ts_recv[due.kind == 1]
    given = [ts for ts, now in seen if ts == now]
    assert all(ts >= nominal for ts, nominal in zip(given, trades, strict=False))
    sent = {int(order["order_id"]): int(order["ts_sent"]) for order in result.orders_raw}
    for fill in result.fills_raw:
        # The clock is read once more when the order leaves: that is later by a step than the input it answers.
        assert fill["ts_venue"] >= sent[int(fill["order_id"])] + step + 3_000_000


class HearsCandles(Busy):
    """As busy as the others, and listens to the candles of all."""

    def on_start(self):
        super().on_start()
        self.heard = []
        self.subscribe("data.candles.*", self.hear)

    def hear(self, candle):
        self.heard.append((candle.interval_ns, candle.ts_close, candle.close_ticks, candle.volume_lots, self.now))


@pytest.mark.parametrize("step", [0, 37_003])
def test_candles_are_published_once_and_again_in_a_replay(step, tmp_path):
    def make():
        return {"busy": Busy(), "hears": HearsCandles()}

    in_backtest, strategies, journal = make(), make(), tmp_path / "run.journal"
    vl.Backtest(market(), in_backtest, latency="2ms").run()
    drive(PacedRun(vl.Backtest(market(), strategies, latency="2ms"), clock=ManualClock(step), journal=journal))
    heard = strategies["hears"].heard
    # The same candles, heard late by what the inputs are late by.
    assert [candle for *candle, _ in heard] == [candle for *candle, _ in in_backtest["hears"].heard]
    assert len({ts for _, ts, *_ in heard}) == len(heard) > 10
    assert all(ts % 700_000_000 == 0 and (now == ts if step == 0 else now > ts) for _, ts, *_, now in heard)
    again = make()
    assert vl.replay_journal(journal, again).is_same
    assert again["hears"].heard == heard


def test_rows_of_one_message_are_received_together():
    receipts = {}

    class Watcher(vl.Strategy):
        def on_quote(self, quote):
            receipts.setdefault(quote.ts_event, set()).add(self.now)

    drive(PacedRun(vl.Backtest(market(6, "3s"), Watcher()), clock=ManualClock(10)))
    assert receipts


def test_stopping_early_stops_in_order(tmp_path):
    journal = tmp_path / "run.journal"
    strategy = Busy()
    live = PacedRun(vl.Backtest(market(), strategy, latency="2ms"), clock=ManualClock(1_000), journal=journal)
    start = int(market().table().ts_recv[0])
    result = drive(live, stop_at=start + 5_000_000_000)
    assert strategy.life == vl.StrategyState.STOPPED
    assert result.rows < len(market().table())
    replay = vl.replay_journal(journal, Busy())
    assert replay.is_same
    assert replay.recorded_hash is not None


def test_an_error_in_a_hook_ends_the_run_and_leaves_a_journal_that_raises_it_again(tmp_path):
    class Fails(Busy):
        def on_candle(self, candle):
            raise RuntimeError("this candle is one too many")

    journal = tmp_path / "run.journal"
    live = PacedRun(vl.Backtest(market(), Fails(), latency="2ms"), speed=1000, journal=journal)
    with pytest.raises(RuntimeError, match="one too many"):
        live.run()
    with pytest.raises(RuntimeError, match="one too many"):
        vl.replay_journal(journal, Fails())


def test_a_strategy_that_fails_among_several_is_stopped_alone_and_replayed(tmp_path):
    class Fails(Busy):
        def on_candle(self, candle):
            raise RuntimeError("this candle is one too many")

    def make():
        return {"fails": Fails(), "goes on": Busy()}

    journal = tmp_path / "run.journal"
    live = PacedRun(vl.Backtest(market(), make(), latency="2ms"), clock=ManualClock(900), journal=journal)
    result = drive(live)
    assert [one["state"] for one in result.strategies] == ["FAILED", "STOPPED"]
    assert vl.replay_journal(journal, make()).is_same


def test_retention_drops_the_same_records_in_a_replay(tmp_path):
    journal = tmp_path / "run.journal"
    test = vl.Backtest(market(), Busy(), latency="2ms", retention=10)
    live = PacedRun(test, clock=ManualClock(500), journal=journal)
    drive(live)
    assert vl.replay_journal(journal, Busy()).is_same


def test_a_backtest_drives_the_kernel_of_a_live_run_and_no_other():
    test = vl.Backtest(market(), Busy(), latency="2ms")
    live = PacedRun(vl.Backtest(market(), Busy(), latency="2ms"), clock=ManualClock())
    live.start()
    assert type(test.start()._replay.kernel) is type(live.driver.kernel)
    assert isinstance(live.driver, PacedDriver)


def test_what_a_live_run_cannot_do_it_says(tmp_path):
    test = vl.Backtest(market(), Busy())
    with pytest.raises(InvalidArgument, match="not both"):
        PacedRun(test, speed=2, clock=ManualClock())
    with pytest.raises(InvalidArgument, match="process events in another order"):
        PacedRun(vl.Backtest(market(), Busy(), rules="hftbacktest"))
    with pytest.raises(InvalidArgument, match="speed must be"):
        PacedRun(test, speed=0)
    live = PacedRun(test, clock=ManualClock())
    with pytest.raises(InvalidArgument, match="not started"):
        live.finish()
    live.start()
    with pytest.raises(InvalidArgument, match="started already"):
        live.start()
    with pytest.raises(InvalidArgument, match="follows its clock"):
        live.joined.advance("1s")
    with pytest.raises(InvalidArgument, match="step_ns"):
        ManualClock(-1)


def test_the_clock_of_a_machine_goes_as_fast_as_it_is_told():
    clock = PacedClock(100)
    assert clock.now() == 0
    clock.start(1_000)
    began = time.monotonic_ns()
    first = clock.now()
    while time.monotonic_ns() < began + 2_000_000:
        pass
    assert 1_000 <= first < clock.now()
    assert clock.now() >= 200_000_000
    assert clock.real_ns(1_000_000) == 10_001


# The tests below go by the machine's clock, with bounds that a busy machine keeps.


def test_a_run_in_real_time_takes_its_time_and_is_replayed(tmp_path):
    journal = tmp_path / "run.journal"
    told = []
    live = PacedRun(vl.Backtest(market(), Busy(), latency="2ms"), speed=20, journal=journal)
    began = time.monotonic()
    result = live.run(lambda run: told.append(run.now))
    assert time.monotonic() - began >= 11.5 / 20
    assert result.rows == len(market().table())
    assert told == sorted(told)
    assert live.lateness.inputs > 5_000
    assert vl.replay_journal(journal, Busy()).is_same


def test_a_running_loop_can_run_it_beside_other_work():
    beats = []

    async def beat():
        while True:
            beats.append(1)
            await asyncio.sleep(0.01)

    async def main():
        task = asyncio.ensure_future(beat())
        result = await PacedRun(vl.Backtest(market(3, "4s"), Busy(), latency="2ms"), speed=10).run_async()
        task.cancel()
        return result

    assert asyncio.run(main()).rows > 0
    assert len(beats) > 5


def test_an_interrupt_stops_a_run_in_order(tmp_path):
    journal = tmp_path / "run.journal"
    strategy = Busy()
    live = PacedRun(vl.Backtest(market(3, "60s"), strategy, latency="2ms"), speed=1, journal=journal)
    result = live.run(lambda _: os.kill(os.getpid(), signal.SIGINT))
    assert strategy.life == vl.StrategyState.STOPPED
    assert 0 < result.rows < len(market(3, "60s").table())
    replay = vl.replay_journal(journal, Busy())
    assert replay.is_same
    assert replay.recorded_hash == live.hash


# ---------------------------------------------------------------- changes from outside


class Tuned(Busy):
    """Parameters go into its decisions, and are changed by itself and from outside."""

    width = vl.Parameter(0, low=0, high=50)
    size = vl.Parameter(Decimal("0.1"), low=Decimal("0.1"))
    label = vl.Parameter("")

    def __init__(self):
        super().__init__()
        self.refusals = 0

    def requote(self):
        bid, ask = self.market.best_bid_ticks, self.market.best_ask_ticks
        if bid is not None and ask is not None:
            lots = int(self.size * 100)
            self.quote(self.market.instrument, bid_ticks=bid - self.width, ask_ticks=ask + self.width, qty_lots=lots)

    def on_parameters(self, changed):
        if "label" in changed and changed["label"].new == "no":
            self.refusals += 1
            self.sell(self.symbol, qty_lots=1)  # what is done before a refusal is done
            raise RuntimeError("not this label")
        self.buy(self.symbol, qty_lots=1)

    def on_signal(self, signal):
        super().on_signal(signal)
        if signal.name == "trades" and self.width == 0:
            self.width = 3


def tuned_run(tmp_path, act):
    """Run on a clock that is 3 ms late for everything; `act(strategy, count)` is called between two pumps."""
    journal = tmp_path / "tuned.journal"
    strategy = Tuned()
    live = PacedRun(vl.Backtest(market(5), strategy, latency="3ms"), clock=ManualClock(), journal=journal)
    live.start()
    count = 0
    while live.pump(50):
        live.clock.ts = max(live.clock.ts, live.driver.next_due + 3_000_000)
        act(strategy, count)
        count += 1
    live.finish()
    return live, strategy, journal


def test_a_change_from_outside_is_an_input_with_its_time_and_in_the_journal(tmp_path):
    def act(strategy, count):
        if count == 2000:
            assert strategy.set_parameters(width=7, size="0.25")["width"].old == 3
        if count == 3000:
            strategy.width = 2
            strategy.width = 2  # as it is: no change, no record

    live, strategy, journal = tuned_run(tmp_path, act)
    records = [one for one in JournalReader(journal) if one.type == RecordType.PARAMETERS]
    assert [one.payload[:8] for one in records] == [bytes(8), bytes(8)]
    assert [json.loads(one.payload[8:]) for one in records] == [{"width": 7, "size": "0.25"}, {"width": 2}]
    changes = strategy.parameter_changes
    assert [(one.name, one.new) for one in changes] == [
        ("width", 3),  # the strategy's own, which follows from its inputs
        ("width", 7),
        ("size", Decimal("0.25")),
        ("width", 2),
    ]
    assert [one.ts for one in changes[1:]] == [records[0].ts, records[0].ts, records[1].ts]
    replayed = Tuned()
    replay = vl.replay_journal(journal, replayed)
    assert replay.is_same
    assert replay.recorded_hash == live.hash
    assert replayed.parameter_changes == changes


def test_without_the_recorded_change_the_replay_decides_otherwise(tmp_path):
    _, _, journal = tuned_run(tmp_path, lambda one, count: one.set_parameters(width=9) if count == 30 else None)

    class Deaf(Tuned):
        def set_parameters(self, **values):
            return {} if values == {"width": 9} else super().set_parameters(**values)

    Deaf.__qualname__ = Tuned.__qualname__
    assert not vl.replay_journal(journal, Deaf()).is_same


def test_a_value_out_of_bounds_is_refused_and_no_input(tmp_path):
    def act(strategy, count):
        if count == 10:
            with pytest.raises(InvalidArgument, match="width"):
                strategy.set_parameters(width=51)
            with pytest.raises(InvalidArgument, match="did you mean width"):
                strategy.set_parameters(widths=1)

    _, _, journal = tuned_run(tmp_path, act)
    assert not [one for one in JournalReader(journal) if one.type == RecordType.PARAMETERS]
    assert vl.replay_journal(journal, Tuned()).is_same


def test_a_change_that_the_strategy_refuses_is_refused_in_the_replay(tmp_path):
    def act(strategy, count):
        if count == 10:
            with pytest.raises(RuntimeError, match="not this label"):
                strategy.label = "no"

    _, strategy, journal = tuned_run(tmp_path, act)
    assert strategy.label == ""
    assert strategy.refusals == 1
    replayed = Tuned()
    assert vl.replay_journal(journal, replayed).is_same
    assert replayed.refusals == 1


def test_parameters_that_the_replayed_strategy_does_not_know_or_refuses_are_told(tmp_path):
    _, _, journal = tuned_run(tmp_path, lambda one, count: one.set_parameters(label="x") if count == 30 else None)

    class Narrower(Tuned):
        label = vl.Choice(["", "y"])

    Narrower.__qualname__ = Tuned.__qualname__
    replay = vl.replay_journal(journal, Narrower())
    assert not replay.is_same
    assert "sets parameters that this strategy refuses: label" in replay.difference

    class Older(Tuned):
        label = ""

    Older.__qualname__ = Tuned.__qualname__
    with pytest.raises(InvalidArgument, match="label"):
        vl.replay_journal(journal, Older())


def test_a_replay_begins_with_the_parameters_that_the_run_began_with(tmp_path):
    _, _, journal = tuned_run(tmp_path, lambda one, count: None)
    strategy = Tuned()
    strategy.set_parameters(width=5, size="3")
    assert vl.replay_journal(journal, strategy).is_same


def test_after_the_end_a_parameter_is_a_plain_value(tmp_path):
    _, strategy, _ = tuned_run(tmp_path, lambda one, count: None)
    before = strategy.parameter_changes
    strategy.width = 11  # the object's value, and no change of the session that is over
    assert strategy.width == 11
    assert strategy.parameter_changes == before


def test_a_task_beside_a_running_loop_changes_parameters(tmp_path):
    journal = tmp_path / "run.journal"
    strategy = Tuned()
    live = PacedRun(vl.Backtest(market(3, "5m"), strategy, latency="2ms"), speed=10, journal=journal)

    async def main():
        async def turn():
            for width in range(4, 9):
                await asyncio.sleep(0.05)
                strategy.width = width
            live.stop()

        task = asyncio.ensure_future(turn())
        await live.run_async()
        await task

    asyncio.run(main())
    records = [one for one in JournalReader(journal) if one.type == RecordType.PARAMETERS]
    assert len(records) == 5
    assert vl.replay_journal(journal, Tuned()).is_same
