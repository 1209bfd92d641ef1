"""What users compile against the message bus: publishers and subscribers that make no Python call."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import velora as vl
from velora.core.bus import DirectTable

MODULE = """
from libc.stdint cimport int64_t
from velora.core.bus cimport DirectTable, Handler, MessageBus, Topic
from velora.core.market cimport Trade
from velora.strategy.base cimport StrategyBase


cdef class Adder(Handler):
    cdef readonly int64_t total

    cdef int on_message_c(self, object message) except -1:
        self.total += <int64_t>message
        return 0


cdef class Forgetful(Handler):
    pass


cdef class Counter(Handler):
    cdef readonly int64_t count

    cdef int on_message_c(self, object message) except -1:
        self.count += 1
        if self.count == 40:
            raise RuntimeError("enough")
        return 0


cdef class Talks(StrategyBase):
    cdef Topic topic
    cdef int index
    cdef readonly Counter counter

    cpdef on_start(self):
        self.counter = Counter()
        self.topic = self.topic_c("compiled.trades")
        assert self.bus_c().topic_c("compiled.trades") is self.topic
        self.index = self.index_c(self.instruments[0])
        self.subscribe("compiled.*", self.counter)
        self.after("1s", self.place)

    def place(self):
        cdef int64_t bid = self.book_c(self.index).best_bid_ticks_c()
        self.begin_batch_c()
        self.buy_c(self.index, bid - 5, 1)
        self.buy_c(self.index, bid - 6, 1)
        self.end_batch_c()

    cpdef on_trade(self, Trade trade):
        self.topic.publish_c(trade)


def publish(MessageBus bus not None, str name, list messages):
    cdef Topic topic = bus.topic_c(name)
    for message in messages:
        topic.publish_c(message)
    return topic.has_subscribers_c()


def publish_direct(DirectTable table not None, int kind, int instrument, message):
    wanted = table.wants_c(kind, instrument)
    table.publish_c(kind, instrument, message)
    return wanted, table.mask_c(instrument)
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The module above, compiled and imported."""
    pytest.importorskip("Cython", reason="building a user's module needs Cython")
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        compiler = "cc"
    if shutil.which(compiler) is None:
        pytest.skip("building a user's module needs a C compiler")
    folder = tmp_path_factory.mktemp("compiled_bus")
    (folder / "mybus.pyx").write_text(MODULE)
    root = Path(vl.__file__).resolve().parents[1]
    library = folder / f"mybus{sysconfig.get_config_var('EXT_SUFFIX')}"
    includes = [f"-I{sysconfig.get_paths()['include']}", f"-I{vl.get_include()}"]
    for command in (
        [sys.executable, "-m", "cython", "-3", "-I", str(root), "mybus.pyx"],
        [compiler, "-shared", "-fPIC", "-O1", *includes, "mybus.c", "-o", str(library)],
    ):
        subprocess.run(command, cwd=folder, check=True, timeout=120)
    spec = importlib.util.spec_from_file_location("mybus", library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("clock", [None, lambda: 0])
def test_compiled_and_python_subscribers_share_one_topic(compiled, clock):
    bus, adder, seen = vl.MessageBus(clock=clock), compiled.Adder(), []
    assert compiled.publish(bus, "t", [1, 2, 3]) is False
    subscription = bus.subscribe("*", adder)
    bus.subscribe("t", seen.append)
    assert compiled.publish(bus, "t", [1, 2, 3]) is True
    assert (adder.total, seen, subscription.count, subscription.name) == (6, [1, 2, 3], 3, "Adder")


def test_compiled_failures_are_isolated_like_others(compiled):
    bus, seen = vl.MessageBus(policy="isolate"), []
    adder, forgetful = bus.subscribe("t", compiled.Adder()), bus.subscribe("t", compiled.Forgetful())
    bus.subscribe("t", seen.append)
    compiled.publish(bus, "t", [1, "no number"])
    assert (adder.errors, type(adder.last_error), forgetful.errors) == (1, TypeError, 2)
    assert "must override on_message_c" in str(forgetful.last_error)
    assert seen == [1, "no number"]
    raising = vl.MessageBus()
    raising.subscribe("t", compiled.Adder())
    with pytest.raises(TypeError):
        compiled.publish(raising, "t", ["no number"])


def test_compiled_endpoints_and_requesters_are_called(compiled):
    bus, adder = vl.MessageBus(), compiled.Adder()
    bus.endpoint("add", adder)
    bus.send("add", 5)
    assert adder.total == 5
    bus.endpoint("echo", lambda request: bus.respond(request.id, 1))
    with pytest.raises(TypeError):  # a Response is no number: the requester was called, and failed
        bus.request("echo", 1, compiled.Adder())


def test_a_compiled_publisher_asks_a_table_who_listens(compiled):
    table, adder = DirectTable(vl.MessageBus(), 3, 2), compiled.Adder()
    assert compiled.publish_direct(table, 2, 1, 7) == (False, 0)
    subscription = table.subscribe(2, 1, adder)
    assert compiled.publish_direct(table, 2, 1, 7) == (True, 0b100)
    subscription.cancel()
    assert compiled.publish_direct(table, 2, 1, 7) == (False, 0)
    assert adder.total == 7


def test_a_compiled_strategy_publishes_hears_fails_alone_and_sends_batches(compiled):
    table = vl.SyntheticMarket(seed=7, duration="5s").table()
    talks, heard = compiled.Talks(), []

    class Hears(vl.Strategy):
        def on_start(self):
            self.subscribe("compiled.trades", heard.append)

    latency = vl.Latency(entry="lognormal(5ms, 40ms)", response=0)
    result = vl.Backtest(table, {"talks": talks, "hears": Hears()}, latency=latency).run()
    assert [one["state"] for one in result.strategies] == ["FAILED", "STOPPED"]
    assert "enough" in result.errors["talks"]
    assert talks.counter.count == 40
    assert [type(message) for message in heard] == [vl.Trade] * 40
    assert len(set(result.orders_raw["ts_ack"])) == 1
    assert result.orders_raw.size == 2
