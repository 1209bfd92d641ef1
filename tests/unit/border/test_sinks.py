"""A sink that raises: nothing has been dropped, and it is given the same records again."""

import gc

import numpy as np
import pytest

import velora as vl


class Many(vl.Strategy):
    """Sends orders that end at once, and keeps the objects; holds a lot, so that there are samples."""

    def __init__(self, keeps=True):
        self.kept, self.keeps = [], keeps

    def on_start(self):
        self.every("10ms", self.send)

    def send(self):
        if self.position(self.instruments[0]).is_flat:
            self.buy(self.instruments[0], qty_lots=1)
        for _ in range(50):
            order = self.buy(self.instruments[0], qty_lots=1, price_ticks=1, time_in_force="IOC")
            if self.keeps:
                self.kept.append(order)


class Sink:
    """Raises the first `times` times that it is given records of one name."""

    def __init__(self, name="orders", times=1, error=OSError):
        self.name, self.times, self.error = name, times, error
        self.got = {"orders": [], "fills": [], "samples": []}

    def __call__(self, name, records):
        if name == self.name and self.times > 0:
            self.times -= 1
            raise self.error("no space left on device")
        self.got[name].append(records.copy())


def run_with(sink, strategy):
    run = vl.Backtest(
        vl.SyntheticMarket(1, events=60_000),
        strategy,
        latency="1ms",
        sample="1ms",
        retention=0,
        sink=sink,
        chunk_rows=64,
    ).start()
    raised = 0
    while True:
        try:
            run.advance_to_end()
            return run.finish(), raised
        except (OSError, KeyboardInterrupt):
            raised += 1


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("name", ["orders", "samples"])
def test_after_a_sink_that_raised_every_record_comes_once(name, times, error):
    strategy = Many()
    whole, failing = Sink(times=0), Sink(name, times, error)
    expected, _ = run_with(whole, Many())
    result, raised = run_with(failing, strategy)
    assert raised == times
    assert result.hash == expected.hash
    for kind in ("orders", "samples"):
        # How many have been handed over at the end hangs on when it is looked at; none is missing, none comes twice.
        key = "order_id" if kind == "orders" else "ts"
        one, other = (np.concatenate([part[key] for part in sink.got[kind]]) for sink in (whole, failing))
        both = min(one.size, other.size)
        assert both > 5_000
        assert np.array_equal(one[:both], other[:both])
    assert result.statistics() == expected.statistics()
    assert [order.state.name for order in strategy.kept[:100]] == ["EXPIRED"] * 100


def test_orders_kept_by_a_strategy_stay_readable_after_a_sink_that_raised():
    strategy = Many()
    sink = Sink()
    run = vl.Backtest(
        vl.SyntheticMarket(1, events=20_000), strategy, latency="1ms", retention=0, sink=sink, chunk_rows=64
    ).start()
    with pytest.raises(OSError, match="no space"):
        run.advance_to_end()
    strategy.kept.clear()
    gc.collect()
    held = [bytearray(72) for _ in range(20_000)]
    run.advance_to_end()
    ids = [order.id for order in strategy.kept]
    assert ids == sorted(ids)
    assert run.finish().counters["orders"] > 5_000
    del held
