"""Several strategies in one run: one market and account, everything else apart."""

from __future__ import annotations

import logging
import random

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.errors import InvalidArgument, VeloraError
from velora.testkit import Flow, Script


class Noisy(vl.Strategy):
    """Quotes, takes and cancels at random; may stop or fail at a local time."""

    def __init__(self, seed, ends_at=None, how="raise"):
        self.rng = random.Random(seed)
        self.ends_at, self.how = ends_at, how
        self.stops = 0
        self.called_after_end = 0
        self.ended = False

    def on_start(self):
        self.symbol = self.instruments[0].symbol
        self.every("250ms", self.act)
        if self.ends_at is not None:
            self.after(self.ends_at, self.end)

    def on_stop(self):
        self.stops += 1

    def on_trade(self, trade):
        self.called_after_end += self.ended
        if self.rng.random() < 0.02:
            self.act()

    def on_order(self, order):
        self.called_after_end += self.ended

    def act(self):
        self.called_after_end += self.ended
        book, rng = self.book(self.symbol), self.rng
        bid, ask = book.best_bid_ticks, book.best_ask_ticks
        if bid is None or ask is None:
            return
        what = rng.random()
        if what < 0.7:
            self.quote(self.symbol, bid_ticks=bid - rng.randrange(3), ask_ticks=ask + rng.randrange(3), qty_lots=3)
        elif what < 0.8:
            self.cancel_all()
        else:
            (self.buy if what < 0.9 else self.sell)(self.symbol, qty_lots=2)

    def end(self):
        self.ended = True
        if self.how == "stop":
            self.stop()
        elif self.how == "raise":
            raise RuntimeError("out of luck")


class Watcher(vl.Strategy):
    """Never trades; may fail."""

    def __init__(self, fails):
        self.fails = fails

    def on_trade(self, trade):
        if self.fails:
            raise ValueError("cannot look")


@pytest.fixture(scope="module")
def market():
    return vl.SyntheticMarket(seed=3, duration="30s").table()


def run(market, strategies, **options):
    return vl.Backtest(market, strategies, latency="3ms", **options).run()


def test_names_are_the_classes_numbered_where_they_repeat(market):
    result = run(market, [Noisy(1), Watcher(False), Noisy(2)])
    assert [one["name"] for one in result.strategies] == ["Noisy-1", "Watcher", "Noisy-2"]
    assert [one["name"] for one in run(market, {"a": Noisy(1), "b": Noisy(2)}).strategies] == ["a", "b"]


def test_a_strategy_given_twice_or_none_is_an_error(market):
    one = Noisy(1)
    with pytest.raises(InvalidArgument, match="given twice"):
        vl.Backtest(market, [one, one])
    with pytest.raises(InvalidArgument, match="at least one"):
        vl.Backtest(market, [])
    with pytest.raises(InvalidArgument, match=r"add \(\)"):
        vl.Backtest(market, [Noisy])


def test_the_account_is_the_sum_of_the_strategies(market):
    test = vl.Backtest(market, {"a": Noisy(1), "b": Noisy(2)}, latency="3ms", capital={"a": 1000, "b": "2500.5"})
    stepped = test.start()
    stepped.advance_to_end()
    result = stepped.finish()
    a, b = result.of("a"), result.of("b")
    assert a.fills_raw.size > 10
    assert b.fills_raw.size > 10
    assert a.fills_raw.size + b.fills_raw.size == result.fills_raw.size
    assert a.orders_raw.size + b.orders_raw.size == result.orders_raw.size
    assert a.counters["commands"] + b.counters["commands"] == result.counters["commands"]
    for currency in result.currencies:
        assert a.pnl_units(currency) + b.pnl_units(currency) == result.pnl_units(currency)
        assert a.start_cash_units(currency) + b.start_cash_units(currency) == result.start_cash_units(currency)
        sums = [result._ledger.equity(currency)["equity"][-1], 0]
        sums[1] = sum(part._ledger.equity(currency)["equity"][-1] for part in (a, b))
        assert sums[0] == sums[1]
    causes = [sum(part.pnl_by_cause()["pnl_units"].to_pylist()) for part in (a, b, result)]
    assert causes[0] + causes[1] == causes[2]
    signs = np.where(result.fills_raw["side"] == 0, 1, -1)
    net = result._net_position(0)[1]
    assert int(net[-1]) == int((signs * result.fills_raw["qty"]).sum())
    assert a.statistics()["money"][0]["start_cash"] == 1000


def test_equal_cash_is_shared_out_to_the_last_unit(market):
    result = run(market, [Noisy(1), Noisy(2), Noisy(3)], cash=100)
    parts = [result.of(index).start_cash_units("USDT") for index in range(3)]
    assert sum(parts) == result.start_cash_units("USDT")
    assert max(parts) - min(parts) < 1e-6 / float(result.money_unit("USDT"))


def test_a_strategy_beside_one_that_never_trades_has_the_hash_it_has_alone(market):
    alone = run(market, Noisy(1)).of("Noisy")
    beside = run(market, [Watcher(False), Noisy(1)]).of("Noisy")
    assert alone.hash == beside.hash
    assert alone.orders_raw["ts_done"].tolist() == beside.orders_raw["ts_done"].tolist()
    assert run(market, Noisy(2)).of("Noisy").hash != alone.hash


def test_a_trades_volume_is_spent_once_over_all_strategies(market):
    result = run(market, [Noisy(seed) for seed in range(4)])
    prints = result.fills_raw[np.isin(result.fills_raw["cause"], (0, 1))]
    order = np.argsort(market.ts_event, kind="stable")
    qty, kind = market.qty[order], market.kind[order]
    rows, counts = np.unique(prints["datum_row"], return_counts=True)
    assert counts.max() > 1, "no print met two strategies: the test shows nothing"
    for row in rows:
        assert kind[row] == EventKind.TRADE
        assert prints["qty"][prints["datum_row"] == row].sum() <= qty[row]


def test_one_that_raises_is_stopped_alone_as_if_it_had_stopped_itself(market, caplog):
    def others(how):
        bad = Noisy(7, ends_at="12s", how=how)
        with caplog.at_level(logging.ERROR, logger="velora.engine"):
            return run(market, {"first": Noisy(1), "bad": bad, "last": Noisy(2)}), bad

    failed, bad = others("raise")
    assert len(caplog.records) == 1
    assert "bad" in caplog.text
    stopped, graceful = others("stop")
    went_on, _ = others("nothing")
    for name in ("first", "last"):
        assert failed.of(name).hash == stopped.of(name).hash
        assert failed.of(name).strategies[0]["state"] == "STOPPED"
    assert failed.of("bad").hash != went_on.of("bad").hash
    assert [one["state"] for one in failed.strategies] == ["STOPPED", "FAILED", "STOPPED"]
    assert "RuntimeError: out of luck" in failed.errors["bad"]
    assert stopped.errors == {}
    assert failed.hash == stopped.hash
    assert (bad.stops, graceful.stops) == (0, 1)
    assert (bad.called_after_end, graceful.called_after_end) == (0, 0)
    assert bad.life is vl.StrategyState.FAILED
    assert graceful.life is vl.StrategyState.STOPPED
    orders = failed.of("bad").orders_raw
    assert orders.size
    assert np.isin(orders["state"], (0, 1)).sum() == 0
    with pytest.raises(VeloraError, match="has failed"):
        bad.buy(bad.symbol, qty_lots=1)


def test_one_that_fails_without_ever_trading_changes_nothing_for_the_others(market):
    without = run(market, {"one": Noisy(1), "two": Noisy(2)})
    beside = run(market, {"one": Noisy(1), "bad": Watcher(True), "two": Noisy(2)})
    assert beside.strategies[1]["state"] == "FAILED"
    for name in ("one", "two"):
        assert without.of(name).hash == beside.of(name).hash


def test_errors_end_a_run_of_one_strategy_unless_they_shall_stop_it(market):
    with pytest.raises(RuntimeError, match="out of luck"):
        run(market, Noisy(1, ends_at="5s"))
    with pytest.raises(RuntimeError, match="out of luck"):
        run(market, [Noisy(1, ends_at="5s"), Noisy(2)], on_error="raise")
    result = run(market, Noisy(1, ends_at="5s"), on_error="stop")
    assert result.strategies[0]["state"] == "FAILED"
    assert result.rows == len(market)


@pytest.mark.parametrize("hook", ["on_start", "on_stop", "on_fill", "on_signal", "on_candle", "on_timer"])
def test_a_failure_in_any_hook_is_kept_apart(market, hook):
    class Bad(Noisy):
        def on_start(self):
            super().on_start()
            self.subscribe_candles(self.symbol, "1s")
            self.every("1s", name="mine")
            self.emit("hello")

        def on_candle(self, candle):
            pass

    def fail(self, *event):
        raise KeyError(hook)

    setattr(Bad, hook, fail)
    result = run(market, {"bad": Bad(5), "good": Noisy(1)})
    assert [one["state"] for one in result.strategies] == ["FAILED", "STOPPED"]
    assert f"KeyError: '{hook}'" in result.errors["bad"]


def test_a_strategy_may_flatten_in_on_stop_and_trades_no_more_afterwards():
    flow = Flow().snapshot(0, bids=[(99, 9)], asks=[(101, 9)])
    for ts in range(10, 200, 10):
        flow.trade(ts, Side.BUY, 101, 1)

    class Flat(Script):
        def on_stop(self):
            if not self.position("TEST").is_flat:
                self.sell("TEST", qty_lots=self.position("TEST").qty_lots)

    flat = Flat((5, lambda s: s.buy("TEST", qty_lots=2)), (50, lambda s: s.stop()), (90, lambda s: s.bid(99, 1)))
    result = vl.Backtest(
        flow.table(), {"flat": flat, "other": Script((120, lambda s: s.bid(90, 1)))}, latency=vl.ns(3)
    ).run()
    assert flat.position("TEST").is_flat
    assert result.of("flat").orders_raw.size == 2
    assert result.of("other").orders_raw.size == 1
    with pytest.raises(VeloraError, match="has stopped"):
        flat.bid(99, 1)


def test_orders_of_another_strategy_are_out_of_reach():
    flow = Flow().snapshot(0, bids=[(99, 9)], asks=[(101, 9)]).trade(50, Side.BUY, 101, 1).trade(99, Side.BUY, 101, 1)
    a = Script((5, lambda s: s.bid(90, 1)))

    def meddle(action):
        def step(s):
            with pytest.raises(InvalidArgument) as caught:
                action(s)
            seen.append(str(caught.value))

        return step

    seen = []
    b = Script(
        (10, meddle(lambda s: s.cancel(a.placed[0]))),
        (11, meddle(lambda s: s.amend(a.placed[0], qty_lots=2))),
        (12, meddle(lambda s: s.order(1))),
        (13, lambda s: seen.append(s.orders())),
    )
    vl.Backtest(flow.table(), {"a": a, "b": b}).run()
    assert seen == ["this strategy has no order 1"] * 3 + [[]]


def test_funding_is_borne_by_those_who_hold_the_position_and_sums_to_what_the_venue_took():
    flow = Flow().snapshot(0, bids=[(99, 90)], asks=[(101, 90)])
    flow.row(30, EventKind.FUNDING, price=100 * 10**8, qty=1_000_000).trade(60, Side.BUY, 101, 1)
    longer = Script((5, lambda s: s.buy("TEST", qty_lots=10)))
    shorter = Script((6, lambda s: s.sell("TEST", qty_lots=7)))
    stepped = vl.Backtest(flow.table(), {"long": longer, "short": shorter, "none": Script()}).start()
    stepped.advance_to_end()
    result = stepped.finish()
    paid = [one["funding_units"][0] for one in result.strategies]
    assert paid[0] > 0 > paid[1]
    assert paid[2] == 0
    assert paid[0] * 7 == -paid[1] * 10
    assert sum(paid) == result.counters["funding_units"][0] != 0
    account = stepped.venue.account(0)
    assert account["fees"] == int(result.fills_raw["fee"].sum()) + sum(paid)


def test_signals_reach_every_strategy_in_their_order():
    seen = []

    class Hears(Script):
        def on_signal(self, signal):
            seen.append((self, signal.name, signal.value))

    a, b = Hears((5, lambda s: s.emit("edge", 3))), Hears()
    vl.Backtest(Flow().trade(0, Side.BUY, 100, 1).trade(9, Side.BUY, 100, 1).table(), [a, b]).run()
    assert seen == [(a, "edge", 3), (b, "edge", 3)]


def test_summary_and_report_name_each_strategy(market, tmp_path):
    result = run(market, {"alpha": Noisy(1), "beta": Noisy(2, ends_at="5s")})
    text = str(result.summary())
    assert "Strategies" in text
    assert "alpha" in text
    assert "failed" in text
    page = result.to_html(tmp_path / "report.html").read_text()
    assert "alpha, beta" in page
    loaded = vl.Result.load(result.to_parquet(tmp_path / "kept"))
    assert loaded.strategies == result.strategies
    assert loaded.of("beta").hash == result.of("beta").hash
    assert set(result.fills["strategy"].to_pylist()) == {"alpha", "beta"}


def funded(spec, mark, rate, latency, **strategies):
    """Funding at 5 us of a market of 199 and 201 ticks, beside strategies that hold what they are named for."""
    flow = Flow(vl.Instrument("TEST", **({"tick_size": "0.5", "lot_size": "0.01", "quote": "USDT"} | spec)))
    flow.snapshot(1_000, bids=[(199, 500)], asks=[(201, 500)])
    flow.row(5_000, EventKind.FUNDING, price=mark, qty=rate).delta(90_000_000, Side.BUY, 198, 5)

    def trader(ts, lots):
        act = (lambda s: s.buy("TEST", qty_lots=lots)) if lots > 0 else (lambda s: s.sell("TEST", qty_lots=-lots))
        return Script((ts, act)) if lots else Script()

    made = {name: trader(*one) for name, one in strategies.items()}
    return vl.Backtest(flow.table(), made, latency=latency).start()


INVERSE = {"kind": "inverse", "base": "BTC", "quote": "USD", "lot_size": "1", "contract_size": "100"}


@pytest.mark.parametrize("spec", [{}, INVERSE], ids=["linear", "inverse"])
@pytest.mark.parametrize("others", [(), (-10,), (-9,), (-3, -7), (-10, 0), (4, -14), (0, -25)])
def test_a_strategy_pays_funding_for_its_own_position_whatever_the_others_hold(spec, others):
    mark, rate = 10_025_000_000, 1_000_000  # 100.25, 1 %
    paid = {}
    for name, rest in (("alone", ()), ("beside", others)):
        holders = {f"other {number}": (1_600 + number, lots) for number, lots in enumerate(rest)}
        run = funded(spec, mark, rate, "1us", **holders, long=(1_500, 10))
        run.advance_to_end()
        result = run.finish()
        currency = result.currencies[0]
        paid[name] = result.of("long").funding_units(currency)
        each = [result.of(one["name"]).funding_units(currency) for one in result.strategies]
        assert sum(each) == result.funding_units(currency)
        assert run.venue.account(0)["fees"] == int(result.fills_raw["fee"].sum()) + sum(each)
        for lots, share in zip(rest, each, strict=False):
            assert (share > 0) - (share < 0) == (lots > 0) - (lots < 0)
            if lots == -10:
                assert share == -paid["beside"]
        assert sum(row["pnl_units"] for row in result.pnl_by_cause().to_pylist()) == result.pnl_units(currency)
    assert paid["alone"] == paid["beside"] > 0
    if not spec:
        assert paid["alone"] == 10_025_000


@pytest.mark.parametrize("seed", range(12))
def test_messages_that_overtake_charge_no_strategy_that_never_traded(seed):
    latency = vl.Latency(entry=0, response="exponential(3ms)", seed=seed, overtakes=True)
    run = funded({}, 10_025_000_000, 1_000_000, latency, idle=(0, 0), buyer=(4_990, 10), late=(5_010, 6))
    run.advance_to_end()
    result = run.finish()
    shares = {one["name"]: result.of(one["name"]).funding_units("USDT") for one in result.strategies}
    # What had not reached the strategy by the end of the data is not in the result; nobody pays for anybody else.
    assert shares["idle"] == shares["late"] == 0
    assert shares["buyer"] in (0, 10_025_000)


def test_funding_under_other_venue_rules_is_shared_alike():
    flow = Flow(vl.Instrument("TEST", tick_size="0.5", lot_size="0.01", quote="USDT"))
    flow.snapshot(1_000, bids=[(199, 500)], asks=[(201, 500)])
    flow.row(5_000, EventKind.FUNDING, price=10_025_000_000, qty=1_000_000).delta(90_000, Side.BUY, 198, 5)
    longer = Script((1_500, lambda s: s.buy("TEST", qty_lots=10, price_ticks=201)))
    shorter = Script((1_600, lambda s: s.sell("TEST", qty_lots=10, price_ticks=199)))
    result = vl.Backtest(
        flow.table(), {"short": shorter, "none": Script(), "long": longer}, rules="hftbacktest", queue="risk_averse",
        latency="1us",
    ).run()  # fmt: skip
    shares = [result.of(name).funding_units("USDT") for name in ("short", "none", "long")]
    assert shares == [-10_025_000, 0, 10_025_000]
