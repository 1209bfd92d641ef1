"""Warm-up, candles of several intervals, and rings of the last ones."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import Side
from velora.errors import InvalidArgument, UnknownInstrument, VeloraError
from velora.testkit import Flow

S = 1_000_000_000


def fields(candle):
    names = ("interval_ns", "ts_open", "ts_close", "open_ticks", "high_ticks", "low_ticks", "close_ticks")
    return tuple(getattr(candle, name) for name in (*names, "volume_lots", "buy_volume_lots", "trades"))


class Collects(vl.Strategy):
    def __init__(self):
        self.seen = []
        self.started = None

    def on_start(self):
        self.started = self.now
        self.subscribe_candles("SYNUSDT", "1s", "5s")

    def on_candle(self, candle):
        self.seen.append(fields(candle))
        assert fields(self.candles("SYNUSDT", vl.ns(candle.interval_ns), 1)[0]) == fields(candle)


def market(**options):
    return vl.SyntheticMarket(seed=5, duration="21s", **options)


def test_candles_of_the_warm_up_are_those_that_a_run_makes():
    class Warm(Collects):
        def on_warmup(self, history):
            self.past = {interval: history.candles("SYNUSDT", interval) for interval in ("1s", "5s")}
            self.trades = history.trades("SYNUSDT")

    cold, warm = Collects(), Warm()
    vl.Backtest(market(), cold).run()
    vl.Backtest(market(), warm, warmup="12s").run()
    assert warm.started == cold.started + 12 * S
    for interval, count in (("1s", 11), ("5s", 1)):
        past = [fields(candle) for candle in warm.past[interval]]
        ns = vl.core.clock.duration_ns(interval)
        assert past == [one for one in cold.seen if one[0] == ns and one[2] <= warm.started][-len(past) :]
        assert len(past) == count
    assert (warm.trades.ts <= warm.started).all()
    assert len(warm.trades.ts) > 50


def test_rings_go_on_from_the_warm_up():
    cold, warm = Collects(), Collects()
    vl.Backtest(market(), cold).run()
    vl.Backtest(market(), warm, warmup="12s").run()
    for interval in ("1s", "5s"):
        whole = [fields(candle) for candle in cold.candles("SYNUSDT", interval)]
        joined = [fields(candle) for candle in warm.candles("SYNUSDT", interval)]
        assert joined == whole[-len(joined) :]
        assert len(whole) - len(joined) == 1  # the first one had begun before the data


def test_nothing_is_called_before_the_start_and_books_are_there():
    class Hooks(vl.Strategy):
        def __init__(self):
            self.first = []

        def on_warmup(self, history):
            self.warm = self.now
            assert self.book("SYNUSDT").best_bid is not None

        def on_start(self):
            self.first.append(("start", self.now))

        def on_trade(self, trade):
            self.first.append(("trade", self.now))

        def on_book(self, book):
            self.first.append(("book", self.now))

    strategy = Hooks()
    vl.Backtest(market(), strategy, warmup="5s").run()
    assert strategy.first[0] == ("start", strategy.warm)
    assert all(ts >= strategy.warm for _, ts in strategy.first)
    assert {name for name, _ in strategy.first} == {"start", "trade", "book"}


@pytest.mark.parametrize(
    "act",
    [
        lambda s: s.buy("SYNUSDT", 1),
        lambda s: s.sell("SYNUSDT", 1),
        lambda s: s.quote("SYNUSDT"),
        lambda s: s.target("SYNUSDT", 1),
        lambda s: s.close("SYNUSDT"),
        lambda s: s.bracket("SYNUSDT", Side.BUY, 1, stop_loss=1),
        lambda s: s.scale("SYNUSDT", Side.BUY, 1),
        lambda s: s.execute(vl.Twap(side="BUY", qty=1)),
    ],
)
def test_orders_are_refused_during_the_warm_up_and_accepted_after(act):
    class Early(vl.Strategy):
        def on_warmup(self, history):
            with pytest.raises(InvalidArgument, match="during the warm-up"):
                act(self)

        def on_start(self):
            self.sell("SYNUSDT", 1)

    assert vl.Backtest(market(), Early(), warmup="2s").run().counters["orders"] == 1


def test_a_run_with_a_warm_up_trades_as_if_its_data_began_there():
    class Quoter(vl.Strategy):
        def on_start(self):
            self.every("100ms", self.requote)

        def requote(self):
            book = self.book("SYNUSDT")
            self.quote(book.instrument, bid=book.best_bid, ask=book.best_ask, qty=0.01)

    result = vl.Backtest(market(), Quoter(), warmup="10s").run()
    begin = vl.Backtest(market(), Quoter()).run().period[0]
    assert result.fills_raw.size > 0
    assert result.orders_raw["ts_sent"].min() > begin + 10 * S
    assert result.period[0] == begin + 10 * S
    assert result.config["warmup_ns"] == 10 * S
    again = vl.Backtest(market(), Quoter(), warmup="10s", chunk_rows=17).run()
    assert again.hash == result.hash


def test_limits_and_candles_may_be_asked_for_in_the_warm_up():
    class Early(Collects):
        def on_warmup(self, history):
            self.max_age("SYNUSDT", "10s")
            self.subscribe_candles("SYNUSDT", "1s")
            self.reading = self.latest("alpha")
            assert len(self.candles("SYNUSDT", "1s")) == 11

        def on_start(self):
            assert len(self.candles("SYNUSDT", "1s")) == 11
            self.quote("SYNUSDT", bid=1, qty=1)
            self.emit("alpha", 5)

    early, cold = Early(), Collects()
    result = vl.Backtest(market(), early, warmup="12s").run()
    vl.Backtest(market(), cold).run()
    assert result.counters["orders"] == 1
    assert early.age_ns("SYNUSDT") < S
    assert early.reading.value == 5
    whole = [fields(candle) for candle in cold.candles("SYNUSDT", "1s")]
    assert [fields(candle) for candle in early.candles("SYNUSDT", "1s")] == whole[1:]


def test_data_that_ends_within_the_warm_up_is_an_error():
    with pytest.raises(InvalidArgument, match="ends within the warm-up of 60 s"):
        vl.Backtest(market(), Collects(), warmup="1m").run()
    with pytest.raises(InvalidArgument, match="warmup must be at least 0"):
        vl.Backtest(market(), Collects(), warmup="-1s")


def test_of_intervals_that_end_together_the_longest_comes_first():
    collects = Collects()
    vl.Backtest(market(), collects).run()
    ends = [one[2] for one in collects.seen]
    assert ends == sorted(ends)
    together = [(one[2], one[0]) for one in collects.seen if ends.count(one[2]) == 2]
    assert len(together) == 8
    assert [interval for _, interval in together] == [5 * S, S] * 4
    assert all(ts % interval == 0 for ts, interval in ((one[2], one[0]) for one in collects.seen))


def test_a_ring_is_bounded_and_gives_the_last_ones():
    class Short(vl.Strategy):
        def on_start(self):
            self.subscribe_candles("SYNUSDT", "1s", keep=4)
            assert self.candles("SYNUSDT", "1s") == []

    short = Short()
    vl.Backtest(market(), short).run()
    kept = short.candles("SYNUSDT", "1s")
    assert len(kept) == 4
    assert short.candles("SYNUSDT", "1s", 2) == kept[-2:]
    assert short.candles("SYNUSDT", "1s", 0) == []
    with pytest.raises(InvalidArgument, match="subscribe_candles"):
        short.candles("SYNUSDT", "2s")


def test_an_unknown_instrument_says_which_there_are():
    class Asks(vl.Strategy):
        def on_warmup(self, history):
            with pytest.raises(UnknownInstrument, match="SYNUSDT"):
                history.trades("NONE")

    vl.Backtest(market(), Asks(), warmup="1s").run()


def test_before_the_run_there_are_no_candles():
    with pytest.raises(VeloraError, match="not part of a run"):
        vl.Strategy().candles("X", "1s")


def test_trades_outside_of_the_book_are_in_no_candle():
    class Warm(vl.Strategy):
        def on_warmup(self, history):
            self.found = history.trades("TEST")

    flow = Flow().trade(1, Side.BUY, 100, 1).trade(2, Side.BUY, 100, 1, off_book=True).trade(3, Side.SELL, 99, 2)
    flow.trade(50, Side.BUY, 100, 1)
    warm = Warm()
    vl.Backtest(flow.table(), warm, warmup=vl.ns(10)).run()
    assert warm.found.ts.tolist() == [1, 3]
    assert warm.found.side.tolist() == [0, 1]
