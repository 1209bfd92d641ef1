"""What must hold of runs whose strategies talk over the bus and send batches: one result, and no look-ahead."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl

from test_backtest_properties import RandomTrader, random_table  # isort: skip

COLUMNS = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
LATENCIES = st.sampled_from(
    [0, "9ns", vl.Latency(entry="lognormal(20ns, 90ns)", response="gamma(15ns, 2)", cancel="exponential(10ns)")]
)


class Talker(RandomTrader):
    """Trades at random, also in batches; tells what it does, asks, and does what it is told."""

    def __init__(self, seed, own, other):
        super().__init__(seed)
        self.own, self.other, self.waiting = own, other, []

    def on_start(self):
        self.subscribe(f"{self.other}.*", self.hear, priority=self.rng.randrange(3))
        self.subscribe("data.trades.*", self.hear_trade)
        self.subscribe(f"fills.{self.other}", lambda fill: self.note("their fill", fill.price_ticks, fill.qty_lots))
        self.endpoint(f"ask.{self.own}", self.waiting.append)
        self.every(vl.ns(17), self.tell)
        super().on_start()

    def note(self, *what):
        self.seen.append((self.now, *what))

    def hear_trade(self, trade):
        self.note("topic", trade.price_ticks, trade.qty_lots)
        if self.rng.random() < 0.1:
            self.emit("trade", trade.price_ticks)

    def on_signal(self, signal):
        self.note("signal", signal.strategy, signal.value)

    def tell(self):
        rng = self.rng
        self.publish(f"{self.own}.numbers", rng.randrange(100))
        if rng.random() < 0.3:
            heard = lambda answer: self.note(answer.status, answer.message)  # noqa: E731
            self.request(f"ask.{self.other}", rng.randrange(9), heard, timeout=vl.ns(rng.choice([0, 20, 50, 300])))
        if self.waiting and rng.random() < 0.5:
            self.note("responds", self.respond(self.waiting.pop(rng.randrange(len(self.waiting))), rng.randrange(9)))
        with self.batch():
            for _ in range(rng.randrange(3)):
                self.act()

    def hear(self, message):
        self.note("message", message)
        if message % 3 == 0:
            self.publish(f"{self.own}.answers", message + 1)
            self.act()


class Recorder(vl.Strategy):
    """Hears everything and does nothing."""

    def on_start(self):
        self.heard = []
        self.subscribe("*", lambda message: self.heard.append((self.now, type(message).__name__)))


def play(table, seed, latency, chunk_rows=65_536, recorder=None):
    talkers = {"a": Talker(seed, "a", "b"), "b": Talker(seed + 1, "b", "a")}
    strategies = talkers if recorder is None else {**talkers, "recorder": recorder}
    run = vl.Backtest(
        table, strategies, latency=latency, sample=vl.ns(100), chunk_rows=chunk_rows, on_error="raise"
    ).start()
    run.advance_to_end()
    result = run.finish()
    return [talker.seen for talker in talkers.values()], [result.of(name).hash for name in talkers], run


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), chunk_rows=st.sampled_from([1, 7, 50]), latency=LATENCIES)
def test_a_run_with_messages_is_the_same_again_whatever_the_chunks_and_who_listens(seed, chunk_rows, latency):
    table = random_table(seed)
    seen, hashes, _ = play(table, seed, latency)
    kinds = {entry[1] for entry in seen[0]}
    assert {"message", "topic", "signal", "act"} <= kinds
    recorder = Recorder()
    assert play(table, seed, latency, chunk_rows, recorder)[:2] == (seen, hashes)
    assert {"int", "Trade", "Signal", "Order"} <= {name for _, name in recorder.heard}
    assert [ts for ts, _ in recorder.heard] == sorted(ts for ts, _ in recorder.heard)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), cut=st.floats(0.4, 0.95), latency=LATENCIES)
def test_data_that_has_not_happened_yet_changes_no_message(seed, cut, latency):
    table = random_table(seed)
    keep = table.ts_recv <= int(np.quantile(table.ts_recv, cut))
    columns = {name: np.ascontiguousarray(getattr(table, name)[keep]) for name in COLUMNS}
    part = vl.EventTable.from_numpy(table.instrument, **columns)
    whole, _, _ = play(table, seed, latency)
    short, _, run = play(part, seed, latency)
    until = min(int(table.ts_event[~keep].min()), run.now) if not keep.all() else run.now
    for all_seen, cut_seen in zip(whole, short, strict=True):
        before = [entry for entry in all_seen if entry[0] < until]
        assert before
        assert [entry for entry in cut_seen if entry[0] < until] == before
