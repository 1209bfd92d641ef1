"""The feed leg: a change of the data's feed latency that never reorders a feed and never looks ahead."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import DataError, InvalidArgument
from velora.sim.feed_latency import FeedShift
from velora.testkit import Flow

EVENT = np.array([0, 100, 100, 150, 300, 310], np.int64)
RECV = np.array([40, 140, 140, 190, 320, 350], np.int64)


def shifted(latency, event=EVENT, recv=RECV, seed=1, chunk=None):
    shift = FeedShift(latency, seed)
    step = chunk or len(event)
    return np.concatenate(
        [shift.apply(event[at : at + step], recv[at : at + step]) for at in range(0, len(event), step)]
    )


def test_a_machine_further_away_receives_later():
    assert shifted(vl.FeedLatency("2us")).tolist() == (RECV + 2_000).tolist()


def test_half_as_far_halves_the_datas_latency():
    assert shifted(vl.FeedLatency(scale=0.5)).tolist() == [20, 120, 120, 170, 310, 330]


def test_nothing_is_received_before_it_happened():
    assert shifted(vl.FeedLatency(vl.ns(-35))).tolist() == [5, 105, 105, 155, 300, 315]


def test_a_receipt_that_the_data_has_before_the_event_stays():
    event, recv = np.array([100, 200]), np.array([90, 230])
    assert shifted(vl.FeedLatency(vl.ns(-50)), event, recv).tolist() == [90, 200]
    assert shifted(vl.FeedLatency(vl.ns(7)), event, recv).tolist() == [97, 237]


def test_an_earlier_row_is_never_received_later():
    event, recv = np.array([0, 10, 20]), np.array([100, 105, 106])
    # Scaled alone the rows would be received at 500, 485 and 450.
    assert shifted(vl.FeedLatency(scale=5), event, recv).tolist() == [500, 500, 500]


def long_feed(rows=4_000, seed=3):
    rng = np.random.default_rng(seed)
    event = np.cumsum(rng.integers(0, 40, rows)).astype(np.int64)
    recv = np.maximum.accumulate(event + rng.integers(0, 300, rows))
    return event, recv


ALL = vl.FeedLatency("lognormal(200ns, 900ns)", scale=1.5, load=vl.LatencyLoad(service=vl.ns(5), window=vl.ns(1_000)))


@pytest.mark.parametrize("chunk", [1, 7, 1_000])
def test_chunks_change_nothing(chunk):
    event, recv = long_feed()
    assert np.array_equal(shifted(ALL, event, recv, chunk=chunk), shifted(ALL, event, recv))


def test_rows_that_are_not_there_yet_change_nothing():
    event, recv = long_feed()
    assert np.array_equal(shifted(ALL, event[:1_234], recv[:1_234]), shifted(ALL, event, recv)[:1_234])


def test_order_is_kept_and_nothing_is_early():
    event, recv = long_feed()
    moved = shifted(ALL, event, recv)
    assert (np.diff(moved) >= 0).all()
    assert (moved >= event).all()


def test_rows_of_one_message_draw_once():
    event = np.repeat(np.arange(500, dtype=np.int64) * 10**6, 3)
    moved = shifted(vl.FeedLatency("exponential(10us)"), event, event + 50)
    delays = (moved - event).reshape(-1, 3)
    assert (delays == delays[:, :1]).all()
    assert len(np.unique(delays[:, 0])) > 450
    assert np.mean(delays[:, 0]) == pytest.approx(10_050, rel=0.15)
    assert np.array_equal(moved, shifted(vl.FeedLatency("exponential(10us)"), event, event + 50, chunk=4))


def test_wait_follows_the_rate_of_the_rows_received():
    load = vl.LatencyLoad(service=vl.ns(20), window=vl.ns(1_000), cv=0, most=vl.ns(500))
    recv = np.array([0, 5_000, 5_010, 5_020, 6_015], np.int64)
    wanted = [load.wait_ns(count / 1e-6) for count in (1, 1, 2, 3, 2)]
    assert (shifted(vl.FeedLatency(load=load), recv, recv) - recv).tolist() == wanted


def test_a_feed_that_goes_back_is_still_an_error():
    with pytest.raises(DataError, match="ts_recv goes back"):
        shifted(vl.FeedLatency(vl.ns(5)), np.array([0, 1, 2]), np.array([5, 9, 8]))
    with pytest.raises(DataError, match="ts_recv goes back"):
        shifted(vl.FeedLatency(vl.ns(5)), np.array([0, 1, 2]), np.array([5, 9, 8]), chunk=2)


class Watcher(vl.Strategy):
    def __init__(self):
        self.seen = []

    def on_trade(self, trade):
        self.seen.append((trade.instrument.symbol, trade.ts_event, trade.ts_recv, self.now))


def test_strategy_receives_by_the_shifted_clock_and_the_venue_by_its_own():
    flow = Flow(feed_latency=40).snapshot(0, bids=[(100, 5)], asks=[(101, 5)]).trade(100, Side.SELL, 100, 1)
    watcher = Watcher()
    result = vl.Backtest(flow.trade(900, Side.SELL, 100, 1).table(), watcher, latency=vl.Latency(feed="1us")).run()
    assert watcher.seen == [("TEST", 100, 1_140, 1_140), ("TEST", 900, 1_940, 1_940)]
    assert result.rows == 6


def test_each_venue_has_its_feed():
    tables = []
    for name in ("A", "B"):
        instrument = vl.Instrument(name, tick_size=1, lot_size=1, quote="USD", venue=f"venue{name}")
        tables.append(Flow(instrument).snapshot(0, bids=[(100, 5)]).trade(100, Side.SELL, 100, 1).table())
    watcher = Watcher()
    vl.Backtest(tables, watcher, latency={"venueA": vl.Latency(feed=vl.ns(500)), "default": 0}).run()
    assert watcher.seen == [("B", 100, 100, 100), ("A", 100, 600, 600)]


def test_changes_that_make_no_sense_are_refused():
    with pytest.raises(InvalidArgument, match="scale"):
        vl.FeedLatency(scale=-1)
    assert vl.Latency(feed=0).feed is None
    assert vl.FeedLatency("gamma(1ms, 2)", scale=2).to_dict() == {"shift": "gamma(1ms, 2)", "scale": 2}


@pytest.mark.parametrize("seed", ["7", None, -1, 2**64, 0.5])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(vl.VeloraError, match="seed"):
        FeedShift(vl.FeedLatency("1ms"), seed)
