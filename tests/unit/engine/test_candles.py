"""Candles are [start, end): a trade at the boundary belongs to the interval that opens there."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.engine.candles import make_candles
from velora.errors import InvalidArgument
from velora.testkit import Flow

S = 1_000_000_000
MINUTE = 60 * S


def ohlcv(candle):
    return (candle.open_ticks, candle.high_ticks, candle.low_ticks, candle.close_ticks, candle.volume_lots)


class Takes(vl.Strategy):
    """Keeps the candles of an interval by their start, and what it saw before each."""

    def __init__(self, interval, *, closed="left", at=None, symbol="TEST"):
        self.interval, self.closed, self.start_at, self.symbol = interval, closed, at, symbol
        self.got, self.order = {}, []

    def on_start(self):
        if self.start_at is None:
            self.subscribe_candles(self.symbol, self.interval, closed=self.closed)
        else:
            self.at(self.start_at, lambda: self.subscribe_candles(self.symbol, self.interval, closed=self.closed))

    def on_trade(self, trade):
        self.order.append(("trade", self.now, trade.price_ticks))

    def on_candle(self, candle):
        assert self.now == candle.ts_close
        self.got[candle.ts_open] = ohlcv(candle)
        self.order.append(("candle", self.now, candle.close_ticks))


def tape(trades, **options):
    flow = Flow(**options).snapshot(0, bids=[(1, 9)], asks=[(999, 9)])
    for ts, price, qty in trades:
        flow.trade(ts, Side.BUY, price, qty)
    return flow.table()


def by_hand(trades, interval, *, right=False):
    """Open, high, low, close and volume of each interval that has a trade."""
    found = {}
    for ts, price, qty in trades:
        found.setdefault((ts - right) // interval * interval, []).append((price, qty))
    return {
        opens: (
            rows[0][0],
            max(price for price, _ in rows),
            min(price for price, _ in rows),
            rows[-1][0],
            sum(qty for _, qty in rows),
        )
        for opens, rows in found.items()
    }


def test_a_trade_at_the_boundary_opens_the_next_candle():
    trades = [
        (MINUTE - 7 * S, 40, 3),
        (MINUTE, 70, 11),
        (MINUTE + 20 * S, 60, 2),
        (2 * MINUTE, 90, 1),
        (3 * MINUTE, 5, 1),
    ]
    takes = Takes("1m")
    vl.Backtest(tape(trades), takes).run()
    assert takes.got[0] == (40, 40, 40, 40, 3)
    assert takes.got[MINUTE] == (70, 70, 60, 60, 13)
    assert takes.got[2 * MINUTE] == (90, 90, 90, 90, 1)


def test_with_the_right_edge_closed_a_trade_at_the_boundary_ends_its_candle():
    trades = [
        (MINUTE - 7 * S, 40, 3),
        (MINUTE, 70, 11),
        (MINUTE + 20 * S, 60, 2),
        (2 * MINUTE, 90, 1),
        (3 * MINUTE, 5, 1),
    ]
    takes = Takes("1m", closed="right")
    vl.Backtest(tape(trades), takes).run()
    assert takes.got[0] == (40, 70, 40, 70, 14)
    assert takes.got[MINUTE] == (60, 90, 60, 90, 3)


def test_an_interval_without_trades_carries_the_close_and_not_the_trade_of_its_end():
    takes = Takes("1s")
    vl.Backtest(tape([(100, 50, 1), (3 * S, 80, 4), (5 * S, 90, 1)]), takes).run()
    assert takes.got[S] == takes.got[2 * S] == (50, 50, 50, 50, 0)
    assert takes.got[3 * S] == (80, 80, 80, 80, 4)
    assert takes.got[4 * S] == (80, 80, 80, 80, 0)


def test_the_candle_comes_at_its_end_after_the_rows_of_that_instant():
    takes = Takes("1s")
    vl.Backtest(tape([(S - 1, 50, 1), (S, 51, 1), (S, 52, 1), (S + 1, 53, 1), (2 * S + 1, 1, 1)]), takes).run()
    at_end = [one for one in takes.order if one[1] == S]
    assert at_end == [("trade", S, 51), ("trade", S, 52), ("candle", S, 50)]
    assert takes.got[S] == (51, 53, 51, 53, 3)


@pytest.mark.parametrize("closed", ["left", "right"])
@pytest.mark.parametrize("seed", range(6))
def test_random_trades_of_a_coarse_clock_make_the_candles_of_a_sum_by_hand(seed, closed):
    rng = np.random.default_rng(seed)
    step, interval = (S // 4, S) if seed % 2 else (S, 3 * S)
    times = np.sort(rng.integers(1, 200, 150)) * step
    trades = list(
        zip(times.tolist(), rng.integers(2, 900, 150).tolist(), rng.integers(1, 9, 150).tolist(), strict=True)
    )
    wanted = by_hand(trades, interval, right=closed == "right")
    takes = Takes(vl.ns(interval), closed=closed)
    vl.Backtest(tape(trades), takes).run()
    assert len(takes.got) > 20
    for opens, found in takes.got.items():
        assert found == wanted.get(opens, (*[found[3]] * 4, 0))
    again = Takes(vl.ns(interval), closed=closed)
    vl.Backtest(tape(trades), again, chunk_rows=3).run()
    assert again.got == takes.got


@pytest.mark.parametrize("closed", ["left", "right"])
def test_history_and_the_candle_in_progress_have_the_same_edge(closed):
    rng = np.random.default_rng(3)
    trades = [
        (int(ts) * S // 2, int(price), 1)
        for ts, price in zip(np.sort(rng.integers(1, 80, 90)), rng.integers(2, 900, 90), strict=True)
    ]
    whole = Takes("2s", closed=closed)
    vl.Backtest(tape(trades), whole).run()

    class Warm(Takes):
        def on_warmup(self, history):
            for candle in history.candles(self.symbol, "2s", closed=self.closed):
                self.got[candle.ts_open] = ohlcv(candle)

    for warmup in ("12s", "13s", "12.5s"):
        warm = Warm("2s", closed=closed)
        vl.Backtest(tape(trades), warm, warmup=warmup).run()
        assert warm.got == {opens: found for opens, found in whole.got.items() if opens in warm.got}
        # The data begin with the snapshot at 0, so all that ended in the warm-up are whole.
        assert set(whole.got) == set(warm.got)


def test_the_topic_has_what_the_hook_has():
    heard = []
    takes = Takes("1s")
    run = vl.Backtest(tape([(S, 50, 1), (2 * S, 60, 2), (3 * S, 70, 3), (4 * S + 1, 1, 1)]), takes).start()
    run.bus.subscribe("data.candles.TEST.1s", lambda one: heard.append((one.ts_open, ohlcv(one))))
    run.advance_to_end()
    run.finish()
    assert heard == list(takes.got.items())
    assert heard[0] == (S, (50, 50, 50, 50, 1))


def test_both_edges_of_one_interval_have_topics_of_their_own():
    class Both(vl.Strategy):
        def __init__(self):
            self.heard = {}

        def on_start(self):
            for name in ("data.candles.TEST.1s", "data.candles.TEST.1s-right"):
                self.subscribe(name, lambda one, name=name: self.heard.setdefault(name, []).append(one.volume_lots))

    both = Both()
    table = tape([(S, 50, 1), (2 * S, 60, 2), (3 * S, 70, 4), (4 * S + 1, 1, 1)])
    vl.Backtest(table, {"both": both, "left": Takes("1s"), "right": Takes("1s", closed="right")}).run()
    assert both.heard == {"data.candles.TEST.1s": [1, 2, 4], "data.candles.TEST.1s-right": [1, 2, 4, 0]}


def test_one_strategy_has_one_edge_for_an_interval():
    class Twice(vl.Strategy):
        def on_start(self):
            self.subscribe_candles("TEST", "1s")
            self.subscribe_candles("TEST", "2s", closed="right")
            with pytest.raises(InvalidArgument, match="closed on the left here already"):
                self.subscribe_candles("TEST", "1s", closed="right")
            with pytest.raises(InvalidArgument, match="must be left or right, was 'both'"):
                self.subscribe_candles("TEST", "3s", closed="both")

        def on_candle(self, candle):
            pass

    vl.Backtest(tape([(S, 50, 1)]), Twice()).run()


def test_a_candle_in_progress_may_be_subscribed_to_at_a_boundary():
    takes = Takes("1s", at=2 * S)
    vl.Backtest(tape([(S, 50, 1), (2 * S + 1, 60, 2), (3 * S, 70, 4), (4 * S + 1, 1, 1)]), takes).run()
    assert takes.got == {2 * S: (60, 60, 60, 60, 2), 3 * S: (70, 70, 70, 70, 4)}


def test_receipt_decides_and_a_feed_that_takes_its_time_moves_the_boundary():
    takes = Takes("1s")
    trades = [(S - 10, 50, 1), (S, 60, 2), (2 * S, 70, 4), (3 * S, 1, 1)]
    vl.Backtest(tape(trades, feed_latency=vl.ns(10)), takes).run()
    assert takes.got[S] == (50, 60, 50, 60, 3)


def test_make_candles_leaves_out_the_interval_that_had_begun():
    spec = vl.Instrument("T", tick_size=1, lot_size=1, quote="USD")
    ts, price = np.array([5, 10, 12, 20, 25]), np.array([1, 2, 3, 4, 5])
    ones = np.ones(5, np.int64)
    found = make_candles(spec, 10, ts, price, ones, ones, 5, 30)
    assert [(one.ts_open, *ohlcv(one)) for one in found] == [(10, 2, 3, 2, 3, 2), (20, 4, 5, 4, 5, 2)]
    found = make_candles(spec, 10, ts, price, ones, ones, 5, 30, "right")
    assert [(one.ts_open, *ohlcv(one)) for one in found] == [(10, 3, 4, 3, 4, 2), (20, 5, 5, 5, 5, 1)]
    with pytest.raises(InvalidArgument, match="must be left or right"):
        make_candles(spec, 10, ts, price, ones, ones, 5, 30, "in")


def test_trades_off_the_book_are_in_no_candle_at_the_boundary_either():
    flow = Flow().snapshot(0, bids=[(1, 9)], asks=[(999, 9)]).trade(5, Side.BUY, 40, 1)
    flow.row(S, EventKind.TRADE, Side.BUY, 700, 5, flags=vl.EventFlag.LAST | vl.EventFlag.OFF_BOOK).trade(
        S, Side.BUY, 41, 2
    )
    takes = Takes("1s")
    vl.Backtest(flow.trade(3 * S, Side.BUY, 1, 1).table(), takes).run()
    assert takes.got[0] == (40, 40, 40, 40, 1)
    assert takes.got[S] == (41, 41, 41, 41, 2)
