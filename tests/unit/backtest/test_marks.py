"""What a position is worth where the book does not say: to the strategy, its portfolio, and the result."""

from __future__ import annotations

import random
from decimal import Decimal
from functools import partial

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.testkit import Flow

S = 1_000_000_000
BUY, SELL = Side.BUY, Side.SELL


def instrument(kind="linear", symbol="M", **changes):
    options = {"kind": kind, "base": "BTC", "contract_size": "100"} if kind == "inverse" else {}
    return vl.Instrument(
        symbol,
        **({"tick_size": "0.5", "lot_size": 1, "quote": "USD", "maker_fee": 0, "taker_fee": 0} | options | changes),
    )


def mark_price(flow, ts, price):
    return flow.row(ts, EventKind.MARK_PRICE, price=round(price * 10**8))


class Looks(vl.Strategy):
    """Takes `lots` at 2 s and writes down what it is told at given seconds."""

    def __init__(self, lots, *seconds, symbol="M"):
        self.lots, self.seconds, self.symbol, self.seen = lots, seconds, symbol, {}

    def on_start(self):
        self.at(2 * S, self.trade)
        for second in self.seconds:
            self.at(int(second * S), partial(self.look, second))

    def trade(self):
        (self.buy if self.lots > 0 else self.sell)(self.symbol, qty_lots=abs(self.lots))

    def look(self, second):
        one = self.position(self.symbol)
        source = one.mark_source.name
        self.seen[second] = one.mark, source, one.mark_age_ns, one.pnl, self.portfolio.equity()


def fallen(kind="linear"):
    """Both take about 200 to 202; then the market is at 119 to 121."""
    flow = Flow(instrument(kind)).snapshot(S, bids=[(200, 50)], asks=[(202, 50)])
    return flow.snapshot(3 * S, bids=[(119, 50)], asks=[(121, 50)])


def played(flow, strategy, **options):
    options = {"cash": 10_000, "sample": "500ms"} | options
    return vl.Backtest(flow.delta(60 * S, BUY, 1, 1).table(), strategy, **options).run()


def test_a_mark_between_the_bid_and_the_mid_is_a_trades():
    flow = Flow(instrument()).snapshot(S, bids=[(200, 50)], asks=[(202, 50)])
    flow.snapshot(3 * S, bids=[(110, 50)], asks=[(130, 50)]).delta(5 * S, SELL, 130, 0).trade(6 * S, SELL, 113, 1)
    long, short = Looks(4, 7), Looks(-4, 7)
    played(flow, {"long": long, "short": short}, capital={"long": 1, "short": 1}, cash=0)
    assert long.seen[7][:3] == short.seen[7][:3] == (56.5, "TRADE", S)


def at(result, ts):
    """The result's equity at an instant."""
    times = result.equity["ts"].cast("int64").to_pylist()
    return result.equity["equity"].to_pylist()[times.index(ts)]


def loses_asks(flow, how, ts):
    if how == "snapshot":
        return flow.snapshot(ts, bids=[(119, 50)])
    return flow.delta(ts, SELL, 121, 0)


# ---------------------------------------------------------------------- one side, or none


@pytest.mark.parametrize("how", ["snapshot", "delta"])
@pytest.mark.parametrize("kind", ["linear", "inverse"])
@pytest.mark.parametrize("lots", [10, -10, 3])
def test_a_side_that_goes_takes_no_loss_away(how, kind, lots):
    strategy = Looks(lots, 4, 6, 7.5)
    result = played(loses_asks(fallen(kind), how, 5 * S), strategy)
    before, after, later = strategy.seen.values()
    assert before[:3] == (60.0, "MID", 0)
    assert after[:3] == (60.0, "LAST_MID", S)
    assert later[:3] == (60.0, "LAST_MID", 2.5 * S)
    assert before[3:] == after[3:] == later[3:]
    assert before[3] != 0
    for second in (4, 6, 7.5):
        assert at(result, second * S) == pytest.approx(float(before[4]), abs=1e-12)
    if kind == "linear":
        assert before[3] == lots * (60.0 - (101.0 if lots > 0 else 100.0))


@pytest.mark.parametrize(
    ("lots", "bid", "mark", "source"),
    [
        (4, 119, 60.0, "LAST_MID"),  # it stands where it stood
        (4, 90, 45.0, "QUOTE"),  # what a sale would get, which is worse
        (4, 120, 60.0, "QUOTE"),
        (4, 160, 80.0, "QUOTE"),  # and better
        (-4, 119, 60.0, "LAST_MID"),
        (-4, 90, 60.0, "LAST_MID"),  # nobody sells: the last that was known
        (-4, 160, 80.0, "QUOTE"),  # a purchase cannot be cheaper than the bid
    ],
)
def test_a_lone_bid_marks_what_would_be_sold_to_it_and_bounds_the_rest(lots, bid, mark, source):
    flow = fallen().delta(5 * S, SELL, 121, 0)
    if bid != 119:
        flow.delta(6 * S, BUY, bid, 5).delta(6 * S, BUY, 119, 0)
    strategy = Looks(lots, 7)
    result = played(flow, strategy)
    assert strategy.seen[7][:2] == (mark, source)
    assert at(result, 7 * S) == float(strategy.seen[7][4])


@pytest.mark.parametrize(
    ("lots", "ask", "mark", "source"),
    [
        (-4, 121, 60.0, "LAST_MID"),
        (-4, 150, 75.0, "QUOTE"),
        (4, 121, 60.0, "LAST_MID"),
        (4, 150, 60.0, "LAST_MID"),
        (4, 80, 40.0, "QUOTE"),  # nobody pays more than what is offered
    ],
)
def test_a_lone_ask_is_the_mirror_of_it(lots, ask, mark, source):
    flow = fallen().delta(5 * S, BUY, 119, 0)
    if ask != 121:
        flow.delta(6 * S, SELL, ask, 5).delta(6 * S, SELL, 121, 0)
    strategy = Looks(lots, 7)
    played(flow, strategy)
    assert strategy.seen[7][:2] == (mark, source)


@pytest.mark.parametrize(
    ("lots", "price", "mark", "source"),
    [
        (4, 120, 60.0, "LAST_MID"),
        (4, 119, 59.5, "QUOTE"),  # as much as the bid pays
        (4, 100, 59.5, "QUOTE"),  # the bid would still pay 59.5
        (4, 180, 60.0, "LAST_MID"),  # no better by a trade that nobody offers to repeat
        (-4, 180, 90.0, "TRADE"),
        (-4, 100, 59.5, "QUOTE"),
    ],
)
def test_a_later_trade_counts_beside_a_lone_bid_where_it_is_worse_or_all_there_is(lots, price, mark, source):
    strategy = Looks(lots, 7)
    played(fallen().delta(5 * S, SELL, 121, 0).trade(6 * S, BUY, price, 1), strategy)
    assert strategy.seen[7][:2] == (mark, source)


def test_an_empty_book_is_marked_by_the_newest_that_is_known():
    flow = fallen().snapshot(5 * S)
    flow.trade(7 * S, SELL, 110, 1)
    mark_price(flow, 9 * S, 52.123)
    flow.trade(11 * S, SELL, 100, 1)
    strategy = Looks(5, 6, 8, 10, 12)
    result = played(flow, strategy)
    assert [one[:3] for one in strategy.seen.values()] == [
        (60.0, "LAST_MID", S),
        (55.0, "TRADE", S),
        (52.123, "MARK_PRICE", S),
        (50.0, "TRADE", S),
    ]
    assert strategy.seen[10][3] == pytest.approx(5 * (52.123 - 101))
    assert at(result, 10 * S) == float(strategy.seen[10][4])
    counts = result.counters["marks"][0]
    assert counts["LAST_MID"] == 4
    assert counts["MARK_PRICE"] == 4
    assert counts["MID"] > 0
    assert result.counters["mark_age_max_ns"] == [48.5 * S]


def test_a_lone_side_that_goes_counts_as_of_then():
    flow = (
        fallen()
        .delta(5 * S, SELL, 121, 0)
        .delta(6 * S, BUY, 100, 5)
        .delta(6 * S, BUY, 119, 0)
        .delta(8 * S, BUY, 100, 0)
    )
    long, short = Looks(5, 9), Looks(-5, 9)
    played(flow, {"long": long, "short": short}, capital={"long": 100, "short": 100}, cash=0)
    assert long.seen[9][:3] == (50.0, "QUOTE", S)
    assert short.seen[9][:3] == (60.0, "LAST_MID", 4 * S)


def test_a_snapshot_under_way_is_no_empty_book():
    flow = fallen()
    flow.row(5 * S, EventKind.SNAPSHOT_BEGIN, flags=0).row(5 * S, EventKind.DELTA, BUY, 30, 5, flags=2)
    flow.row(7 * S, EventKind.DELTA, SELL, 34, 5, flags=2).row(9 * S, EventKind.SNAPSHOT_END)
    strategy = Looks(5, 6, 8, 10)
    played(flow, strategy)
    assert [one[:2] for one in strategy.seen.values()] == [(60.0, "LAST_MID"), (60.0, "LAST_MID"), (16.0, "MID")]


# ---------------------------------------------------------------------- stale books


@pytest.mark.parametrize("lots", [5, -5])
def test_after_a_gap_trades_speak_and_until_then_the_worse_of_both_mids(lots):
    flow = fallen().row(5 * S, EventKind.GAP)
    flow.delta(7 * S, SELL, 111, 5).delta(7 * S, BUY, 119, 0).delta(7 * S, BUY, 109, 5)  # 55
    flow.trade(9 * S, SELL, 104, 1)
    flow.snapshot(11 * S, bids=[(99, 5)], asks=[(101, 5)])
    strategy = Looks(lots, 6, 8, 10, 12)
    result = played(flow, strategy)
    old = (60.0, "LAST_MID", S)
    assert strategy.seen[6][:3] == old
    assert strategy.seen[8][:3] == ((55.0, "STALE_MID", 0) if lots > 0 else (60.0, "LAST_MID", 3 * S))
    assert strategy.seen[10][:3] == (52.0, "TRADE", S)
    assert strategy.seen[12][:3] == (50.0, "MID", 0)
    for second in (6, 8, 10, 12):
        assert at(result, second * S) == float(strategy.seen[second][4])


def test_quotes_beside_a_stale_book_know_the_mid():
    flow = fallen().row(5 * S, EventKind.GAP).quote(7 * S, (99, 1), (103, 1))
    strategy = Looks(5, 6, 8)
    played(flow, strategy)
    assert strategy.seen[8][:3] == (50.5, "LAST_MID", S)


# ---------------------------------------------------------------------- thin data


def trades_only(kind="linear"):
    flow = Flow(instrument(kind))
    for k in range(20):
        flow.trade((1 + k) * S, SELL if k % 2 else BUY, 240 - 6 * k, 10)
    return flow


@pytest.mark.parametrize("kind", ["linear", "inverse"])
def test_trades_alone_mark_by_the_last_trade(kind):
    class Waits(Looks):
        def trade(self):
            self.buy("M", qty_lots=4, price_ticks=236)

    strategy = Waits(4, 2.5, 6.5, 15.5)
    result = vl.Backtest(trades_only(kind).table(), strategy, cash=1_000, sample="500ms").run()
    (fill,) = result.fills.to_pylist()
    assert strategy.seen[6.5][:3] == (105.0, "TRADE", 0.5 * S)
    assert strategy.seen[15.5][:3] == (78.0, "TRADE", 0.5 * S)
    money = result.statistics()["money"][0]
    value = 4 * (63.0 - fill["price"]) if kind == "linear" else 400 * (1 / fill["price"] - 1 / 63.0)
    assert money["unrealized_pnl"] == pytest.approx(value, abs=1e-7)
    assert money["end_equity"] == pytest.approx(1_000 + value, abs=1e-7)
    assert money["max_drawdown"] > 0.9 * abs(value)
    assert sum(row["pnl_units"] for row in result.pnl_by_cause().to_pylist()) == money["pnl_units"]
    assert set(result.counters["marks"][0]) == {"TRADE"}
    for second in (6.5, 15.5):
        assert at(result, int(second * S)) == pytest.approx(float(strategy.seen[second][4]), abs=1e-9)


def test_a_quote_without_an_ask_is_a_lone_bid():
    flow = Flow(instrument()).quote(S, (200, 9), (202, 9)).quote(3 * S, (119, 9), (121, 9))
    flow.quote(5 * S, (119, 9), (121, 0)).quote(7 * S, (90, 9), (90, 0))
    strategy = Looks(5, 4, 6, 8)
    vl.Backtest(flow.quote(20 * S, (90, 9), (92, 9)).table(), strategy, cash=1).run()
    assert [one[:2] for one in strategy.seen.values()] == [(60.0, "MID"), (60.0, "LAST_MID"), (45.0, "QUOTE")]


@pytest.mark.parametrize("kind", ["linear", "inverse"])
def test_pnl_by_cause_sums_to_the_run_at_a_mark_price(kind):
    strategy = Looks(7, 30)
    flow = mark_price(fallen(kind).trade(4 * S, SELL, 119, 1).snapshot(5 * S), 9 * S, 41.98765432)
    result = vl.Backtest(flow.table(), strategy, cash=5).run()
    money = result.statistics()["money"][0]
    assert sum(row["pnl_units"] for row in result.pnl_by_cause().to_pylist()) == money["pnl_units"]
    value = 7 * (41.98765432 - 101) if kind == "linear" else 700 * (1 / 101 - 1 / 41.98765432)
    assert money["unrealized_pnl"] == pytest.approx(value, abs=2e-8)
    assert result.position["mark_source"].to_pylist()[-1] == "MARK_PRICE"
    assert result.position["mark"].to_pylist()[-1] == pytest.approx(41.98765432)


# ---------------------------------------------------------------------- nothing at all


def test_a_fill_that_is_heard_of_before_any_data_has_no_worth_yet():
    """The answers overtake the feed, which is ten seconds away."""
    flow = Flow(instrument(), feed_latency=10 * S).snapshot(S, bids=[(200, 5)], asks=[(202, 5)])
    flow.delta(30 * S, BUY, 1, 1)
    other = Flow(instrument(symbol="CLOCK")).trade(S, BUY, 1, 1).trade(40 * S, BUY, 1, 1)
    strategy = Looks(3, 5, 12)
    result = vl.Backtest([flow.table(), other.table()], strategy, cash=1_000, sample="1s").run()
    assert strategy.seen[5] == (None, "UNKNOWN", None, None, None)
    assert strategy.seen[12][3:] == (3 * (100.5 - 101), Decimal("998.5"))
    assert at(result, 5 * S) is None
    assert at(result, 12 * S) == 998.5
    assert result.statistics()["money"][0]["max_drawdown"] == pytest.approx(1.5)
    assert result.counters["marks"][0]["UNKNOWN"] == 10  # at 2 s twice, and up to 10 s


def test_a_run_that_ends_without_a_mark_says_so():
    flow = Flow(instrument(), feed_latency=10 * S).snapshot(S, bids=[(200, 5)], asks=[(202, 5)])
    other = Flow(instrument(symbol="CLOCK")).trade(S, BUY, 1, 1).trade(40 * S, BUY, 1, 1)
    run = vl.Backtest([flow.table(), other.table()], Looks(3), cash=1_000, sample="1s").start()
    run.advance_to(6 * S)
    result = run.finish()
    money = result.statistics()["money"][0]
    assert (money["end_equity"], money["unrealized_pnl"], money["total_return"]) == (None, None, None)
    assert result.equity["equity"].to_pylist()[-1] is None
    assert [row["mark"] for row in result.position.to_pylist() if row["symbol"] == "M"][-1] is None
    assert sum(row["pnl_units"] for row in result.pnl_by_cause().to_pylist()) == money["pnl_units"] == 0
    assert "n/a" in str(result.summary())


def test_exposure_counts_at_the_mark():
    class Exposure(Looks):
        def look(self, second):
            self.seen[second] = self.portfolio.net_exposure(), self.portfolio.gross_exposure()

    strategy = Exposure(-10, 4, 6)
    played(fallen().delta(5 * S, SELL, 121, 0), strategy)
    assert strategy.seen[4] == strategy.seen[6] == (Decimal(-600), Decimal(600))


# ---------------------------------------------------------------------- one function


class Random(vl.Strategy):
    """Trades about at random in each instrument and writes down its equity whenever a sample is taken."""

    def __init__(self, seed):
        self.rng, self.seen = random.Random(seed), {}

    def on_start(self):
        self.every(vl.ns(S // 4), self.note)
        self.every(vl.ns(S // 5), self.act)

    def act(self):
        one = self.rng.choice(self.instruments)
        send = self.rng.choice((self.buy, self.sell))
        price = self.rng.randrange(190, 215)
        send(one, qty_lots=self.rng.randrange(1, 4), price_ticks=price, time_in_force=self.rng.choice(("GTC", "IOC")))

    def on_fill(self, fill):
        self.note()

    def note(self):
        self.seen[self.now] = {
            currency: self.portfolio.equity_units(currency) for currency in self.portfolio.currencies
        }


def ragged(symbol, seed, **changes):
    """A feed whose sides come and go, with gaps, prints and mark prices."""
    rng = np.random.default_rng(seed)
    flow = Flow(instrument(symbol=symbol, **changes), feed_latency=3_000_000)
    flow.snapshot(S, bids=[(200, 20)], asks=[(203, 20)])
    ts, mid = S, 201
    for _ in range(500):
        ts += int(rng.integers(1, S // 5))
        mid += int(rng.integers(-2, 3))
        what = int(rng.integers(0, 12))
        if what == 0:
            flow.snapshot(ts, bids=[(mid, 20)])
        elif what == 1:
            flow.snapshot(ts, asks=[(mid + 2, 20)])
        elif what == 2:
            flow.snapshot(ts)
        elif what == 3:
            flow.row(ts, EventKind.GAP)
        elif what < 6:
            flow.trade(ts, BUY if what == 4 else SELL, mid, 3)
        elif what == 6:
            mark_price(flow, ts, mid / 2 + float(rng.integers(0, 999)) / 1e3)
        elif what == 7:
            flow.row(ts, EventKind.FUNDING, price=mid * 5 * 10**7, qty=10**4)
        else:
            flow.snapshot(ts, bids=[(mid, 20), (mid - 3, 20)], asks=[(mid + 2, 20), (mid + 4, 20)])
    return flow.table()


@pytest.mark.parametrize("latency", [0, "7ms"])
@pytest.mark.parametrize("seed", range(4))
def test_the_curve_is_what_each_portfolio_said_at_every_sample(seed, latency):
    tables = [
        ragged("A", seed, maker_fee="0.0001", taker_fee="0.0004"),
        ragged("B", seed + 50, lot_size="0.01", tick_size="0.0001"),
        ragged("C", seed + 90, kind="inverse"),
    ]
    traders = {"one": Random(seed), "two": Random(seed + 1)}
    capital = {"one": {"USD": 300}, "two": {"USD": 200}}
    result = vl.Backtest(tables, traders, capital=capital, latency=latency, sample="250ms", on_error="raise").run()
    sources, compared = set(), 0
    for name, trader in traders.items():
        own = result.of(name)
        table = own.equity.to_pydict()
        said = trader.seen
        for ts, currency, units in zip(
            own.equity["ts"].cast("int64").to_pylist(), table["currency"], table["equity_units"], strict=True
        ):
            if ts in said:
                assert said[ts][currency] == units, (name, ts)
                compared += 1
        sources |= set(own.position["mark_source"].to_pylist())
        assert own.fills_raw.size > 30
    assert compared > 500
    assert sources >= {"MID", "LAST_MID", "QUOTE", "TRADE", "MARK_PRICE"}
    for currency in result.currencies:
        causes = [row["pnl_units"] for row in result.pnl_by_cause().to_pylist() if row["currency"] == currency]
        assert sum(causes) == result.pnl_units(currency)
    loaded = result.samples_raw
    counted = {}
    for counts in result.counters["marks"]:
        for source, count in counts.items():
            counted[source] = counted.get(source, 0) + count
    open_samples = loaded[loaded["position"] != 0]
    assert sum(counted.values()) == open_samples.size


def test_a_saved_result_keeps_its_marks(tmp_path):
    result = played(fallen().snapshot(5 * S).trade(7 * S, SELL, 110, 1), Looks(5, 6))
    again = vl.Result.load(result.to_parquet(tmp_path / "r"))
    assert again.samples_raw.tobytes() == result.samples_raw.tobytes()
    assert again.statistics()["money"] == result.statistics()["money"]


def test_marks_of_a_paced_run_and_of_its_journal_are_the_backtests(tmp_path):
    from velora.paper.clock import ManualClock
    from velora.paper.run import PacedRun

    def make():
        return vl.Backtest(ragged("A", 3), Random(5), latency="2ms", cash=100)

    backtest, run = make().run(), PacedRun(make(), clock=ManualClock(), journal=tmp_path / "j")
    run.start()
    while run.pump():
        run.clock.ts = max(run.clock.ts, run.driver.next_due)
    live = run.finish()
    assert live.hash == backtest.hash
    assert live.samples_raw.tobytes() == backtest.samples_raw.tobytes()
    assert vl.replay_journal(tmp_path / "j", Random(5)).is_same
