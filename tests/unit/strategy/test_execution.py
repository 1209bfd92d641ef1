"""Execution algorithms in the simulated venue: what they promise about price, rate and what they show."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.errors import InvalidArgument
from velora.testkit import Flow

S = 1_000_000_000
SEEDS = range(6)
#: One tick of the synthetic market at its start price, basis points.
TICK_BPS = 0.1 / 3000 * 1e4


def market(seed=7, duration="70s", **options):
    return vl.SyntheticMarket(seed=seed, duration=duration, **options)


def run(algorithm, data=None, **options):
    result = vl.Backtest(market() if data is None else data, algorithm, **({"latency": "5ms"} | options)).run()
    return algorithm.execution.report(), result


# ---------------------------------------------------------------------- TWAP and VWAP


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_twap_is_within_two_ticks_of_the_mean_price_of_its_period(seed, side):
    report, _ = run(vl.Twap(side=side, qty=4, duration="1m", slices=20), market(seed))
    assert report.filled_qty == 4.0
    assert report.ending == "filled"
    # The price itself moves by up to 8 bps in these minutes.
    assert abs(report.twap_bps) < 2 * TICK_BPS


def test_twap_that_only_crosses_pays_about_half_the_spread():
    costs, makers = [], []
    for seed in SEEDS:
        report, _ = run(vl.Twap(side="SELL", qty=4, duration="1m", slices=20, patience=0.0), market(seed))
        costs.append(report.twap_bps)
        makers.append(report.maker_share)
    assert 0 < np.mean(costs) < 1.5 * TICK_BPS
    assert makers == [0.0] * len(makers)


def test_patience_buys_maker_fills():
    shares = []
    for patience in (0.0, 0.3, 0.9):
        reports = [run(vl.Twap(qty=4, duration="1m", patience=patience), market(seed))[0] for seed in SEEDS]
        shares.append(np.mean([report.maker_share for report in reports]))
    assert shares[0] < shares[1] < shares[2]


def test_twap_is_never_ahead_of_its_schedule_and_never_a_slice_behind():
    twap = vl.Twap(qty_lots=1000, duration="1m", slices=20)
    report, result = run(twap, sample="1s")
    filled = np.cumsum(result.fills_raw["qty"])
    share = (result.fills_raw["ts_local"] - report.ts_begin) / (60 * S)
    due = np.ceil(share * 20) * 50
    assert (filled <= due).all()
    for at in range(1, 21):
        done = filled[share <= at / 20]
        assert (done[-1] if done.size else 0) >= 50 * (at - 1)


def test_what_the_report_says_of_the_period_is_what_the_data_says():
    report, result = run(vl.Twap(side="BUY", qty=4, duration="1m"))
    table = market().table()
    trades = (table.kind == EventKind.TRADE) & (table.ts_recv > report.ts_begin) & (table.ts_recv <= report.ts_end)
    price, qty = table.price[trades] * 0.1, table.qty[trades]
    assert report.vwap == pytest.approx((price * qty).sum() / qty.sum(), rel=1e-12)
    assert report.participation == pytest.approx(4 / (qty.sum() * 0.001))
    measures = vl.measure_table(table)
    ts, mid = np.array(measures["ts_recv"]), np.array(measures["mid"], float)
    inside = (ts >= report.ts_begin) & (ts <= report.ts_end) & np.isfinite(mid)
    spans = np.diff(np.append(ts[inside], report.ts_end))
    assert report.twap == pytest.approx((mid[inside] * spans).sum() / spans.sum(), abs=0.01)
    fills = result.fills_raw
    assert report.avg_price == pytest.approx((fills["price"] * fills["qty"]).sum() / fills["qty"].sum() * 0.1)
    assert report.fees == pytest.approx(float(fills["fee"].sum() * table.instrument.money_unit))
    assert report.maker_share == pytest.approx(fills["qty"][fills["maker"] == 1].sum() / fills["qty"].sum())
    assert report.shortfall_bps == pytest.approx((report.avg_price / report.arrival_mid - 1) * 1e4)


def test_costs_hurt_with_the_same_sign_on_both_sides():
    falling, rising = 1, 2  # what the price of these seeds does
    for seed, side in ((falling, "SELL"), (rising, "BUY")):
        assert run(vl.Twap(side=side, qty=4, duration="1m"), market(seed))[0].shortfall_bps > 3
    for seed, side in ((falling, "BUY"), (rising, "SELL")):
        assert run(vl.Twap(side=side, qty=4, duration="1m"), market(seed))[0].shortfall_bps < -3


def u_shaped(seconds=60):
    """A minute in which the volume is a U and the price an arch, so that the mean price and the VWAP lie apart."""
    instrument = vl.Instrument("UUU", tick_size="0.1", lot_size="0.001", maker_fee=0, taker_fee=0)
    flow = Flow(instrument)
    flow.snapshot(0, bids=[(10_000, 500)], asks=[(10_001, 500)])
    bid = 10_000
    for step in range(1, seconds * 10):
        ts, x = step * S // 10, step / (seconds * 10)
        new = 10_000 + round(400 * x * (1 - x))
        if new != bid:
            for side, old, now in ((Side.BUY, bid, new), (Side.SELL, bid + 1, new + 1)):
                flow.row(ts, EventKind.DELTA, side, old, 0, flags=0)
                flow.row(ts, EventKind.DELTA, side, now, 500, flags=0 if side is Side.BUY else vl.EventFlag.LAST)
            bid = new
        lots = round(20 + 800 * (x - 0.5) ** 2)
        flow.trade(ts + 1, Side.BUY, bid + 1, lots).trade(ts + 2, Side.SELL, bid, lots)
    return flow.table()


def test_on_a_day_with_a_volume_smile_vwap_is_nearer_to_the_vwap_and_twap_to_the_mean():
    table = u_shaped()
    curve = vl.VolumeCurve.of_table(table, buckets=12, period="1m")
    reports = {}
    for name, algorithm in {
        "twap": vl.Twap(side="SELL", qty=6, duration="59s", slices=30),
        "vwap": vl.Vwap(side="SELL", qty=6, duration="59s", slices=30, curve=curve),
        "list": vl.Vwap(side="SELL", qty=6, duration="59s", slices=30, curve=[9, 5, 2, 2, 5, 9]),
    }.items():
        reports[name], _ = run(algorithm, table)
        assert reports[name].filled_qty == 6.0
    assert abs(reports["twap"].vwap_bps) > 15  # the two benchmarks do lie apart
    assert abs(reports["vwap"].vwap_bps) < 0.2 * abs(reports["twap"].vwap_bps)
    assert abs(reports["list"].vwap_bps) < 0.5 * abs(reports["twap"].vwap_bps)
    assert abs(reports["twap"].twap_bps) < 0.2 * abs(reports["vwap"].twap_bps)


def test_a_flat_curve_makes_a_vwap_a_twap():
    hashes = {
        run(algorithm)[1].hash
        for algorithm in (vl.Twap(qty=4, duration="1m"), vl.Vwap(qty=4, duration="1m", curve=[1, 1, 1]))
    }
    assert len(hashes) == 1


def test_seeds_move_the_slices_and_nothing_else_does():
    def hash_of(seed, **options):
        return run(vl.Twap(qty=4, duration="1m", seed=seed), **options)[1].hash

    assert hash_of(1) == hash_of(1) == hash_of(1, chunk_rows=37)
    assert hash_of(1) != hash_of(2)


# ---------------------------------------------------------------------- volume curves


def test_a_curve_learns_the_volume_of_each_bucket_over_all_days():
    day = 86_400 * S
    ts = [0, 1, 6 * 3600 * S, day + 5, day + 23 * 3600 * S]
    curve = vl.VolumeCurve.of_trades(ts, [1, 2, 4, 8, 16], buckets=4)
    assert curve.weights.tolist() == [11, 4, 0, 16]
    assert curve.volume(0, 6 * 3600 * S) == pytest.approx(11)
    assert curve.volume(3 * 3600 * S, 9 * 3600 * S) == pytest.approx(7.5)
    assert curve.volume(5 * day, 6 * day) == pytest.approx(31)
    assert curve.volume(18 * 3600 * S, day + 3 * 3600 * S) == pytest.approx(16 + 5.5)


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2], [float("nan")], [[1, 2]]])
def test_curves_that_are_none_are_refused(weights):
    with pytest.raises(InvalidArgument):
        vl.VolumeCurve(weights)


def test_a_curve_without_volume_in_the_period_is_refused():
    curve = vl.VolumeCurve([0] * 12 + [1] * 12)  # the market begins at midnight
    with pytest.raises(InvalidArgument, match="no volume in the period"):
        run(vl.Vwap(qty=1, duration="1m", curve=curve))


# ---------------------------------------------------------------------- POV


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.2])
def test_pov_holds_its_rate_within_a_twentieth_and_never_exceeds_it(seed, rate):
    pov = vl.Pov(side="BUY", qty=10_000, rate=rate, duration="1m")
    report, result = run(pov, market(seed))
    assert report.ending == "time"
    assert 0.95 * rate <= report.participation <= rate
    table = market(seed).table()
    trades = table.kind == EventKind.TRADE
    ts, volume = table.ts_recv[trades], np.cumsum(table.qty[trades])
    fills = result.fills_raw
    seen = volume[np.searchsorted(ts, fills["ts_local"], side="right") - 1]
    assert (np.cumsum(fills["qty"]) <= rate * seen).all()


def test_pov_ends_with_its_quantity():
    report, _ = run(vl.Pov(side="SELL", qty=5, rate=0.1))
    assert (report.filled_qty, report.ending) == (5.0, "filled")


def test_pov_sends_no_small_orders_but_the_last():
    report, result = run(vl.Pov(side="SELL", qty_lots=5_010, rate=0.1, clip_lots=1000))
    assert report.ending == "filled"
    sizes = result.orders_raw["qty"]
    assert len(sizes) > 2
    assert sizes[:-1].min() >= 1000


# ---------------------------------------------------------------------- iceberg


def test_iceberg_shows_no_more_than_its_part_and_only_at_its_price():
    iceberg = vl.Iceberg(side="BUY", qty_lots=500, limit=3000, show_lots=40, vary=0.5, seed=3)
    report, result = run(iceberg)
    orders = result.orders_raw
    assert report.filled_qty == 0.5
    assert orders["qty"].max() <= 40
    assert (orders["price"] == 30_000).all()
    assert len(set(orders["qty"].tolist())) > 5
    assert report.maker_share == 1.0
    # One at a time: each is sent when the one before has ended.
    assert (orders["ts_sent"][1:] >= orders["ts_done"][:-1]).all()


def test_iceberg_leaves_the_rest_when_its_time_is_over():
    report, result = run(vl.Iceberg(side="BUY", qty=50, limit=2990, show_lots=40, duration="10s"))
    assert (report.ending, report.filled_qty) == ("time", 0.0)
    assert [vl.OrderState(o["state"]).name for o in result.orders_raw] == ["CANCELED"]


def test_iceberg_and_sniper_need_a_limit():
    for algorithm in (vl.Iceberg(qty=1), vl.Sniper(qty=1)):
        with pytest.raises(InvalidArgument, match="needs limit"):
            run(algorithm)


# ---------------------------------------------------------------------- sniper


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("side", "limit"), [("BUY", 2999.8), ("SELL", 3000.2)])
def test_sniper_takes_only_at_its_limit_or_better_and_shows_nothing(seed, side, limit):
    report, result = run(vl.Sniper(side=side, qty=3, limit=limit), market(seed))
    fills, orders = result.fills_raw, result.orders_raw
    assert (orders["tif"] == vl.TimeInForce.IOC).all()
    better = fills["price"] <= round(limit * 10) if side == "BUY" else fills["price"] >= round(limit * 10)
    assert better.all()
    assert report.maker_share in (None, 0.0)


def test_sniper_waits_for_enough_at_the_best_price():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(100, 3)])
    flow.delta(S, Side.SELL, 100, 8).delta(2 * S, Side.SELL, 100, 30).delta(9 * S, Side.BUY, 1, 1)
    sniper = vl.Sniper(side="BUY", qty_lots=25, limit=100, min_lots=8)
    _, result = run(sniper, flow.table(), latency=vl.ns(10))
    sent = [(int(o["ts_sent"]), int(o["qty"]), int(o["cum_qty"])) for o in result.orders_raw]
    assert sent[0] == (S, 8, 8)
    assert sum(cum for _, _, cum in sent) == 25
    assert all(ts >= S for ts, _, _ in sent)


def test_sniper_shoots_at_the_event_and_not_at_the_next_look():
    flow = Flow().snapshot(0, bids=[(90, 5)], asks=[(110, 9)]).delta(S + 12_345, Side.SELL, 100, 9)
    flow.delta(S + 12_400, Side.SELL, 100, 0).delta(2 * S, Side.BUY, 1, 1)
    report, result = run(vl.Sniper(side="BUY", qty_lots=9, limit=100), flow.table(), latency=vl.ns(10))
    assert report.filled_qty == 9.0
    assert int(result.orders_raw["ts_sent"][0]) == S + 12_345


# ---------------------------------------------------------------------- limits and liquidity


def test_a_limit_is_kept_and_the_rest_is_left_when_the_time_is_over():
    report, result = run(vl.Twap(side="BUY", qty=4, duration="1m", limit=2999.9), market(2))
    assert report.ending == "time"
    assert report.filled_qty < 4
    assert result.orders_raw["price"].max() <= 29_999
    assert report.ts_end - report.ts_begin >= 65 * S


def test_without_a_book_nothing_is_sent():
    flow = Flow()
    for ts in range(1, 40):
        flow.trade(ts * S // 10, Side.BUY, 100, 1)
    report, result = run(vl.Twap(qty_lots=5, duration="1s", grace="1s"), flow.table())
    assert (report.filled_qty, report.ending, result.counters["orders"]) == (0.0, "time", 0)
    assert (report.arrival_mid, report.shortfall_bps, report.avg_price) == (None, None, None)
    assert "0 of 5 TEST" in str(report)


def test_through_reaches_more_than_the_best_price():
    flow = Flow().snapshot(0, bids=[(90, 50)], asks=[(100, 3), (101, 3), (102, 50)]).delta(5 * S, Side.BUY, 1, 1)
    reports = [
        run(vl.Twap(qty_lots=20, duration="1s", slices=1, patience=0.0, through=through), flow.table())[0]
        for through in (0, 1, 2)
    ]
    assert [report.filled_qty for report in reports] == [3.0, 6.0, 20.0]


# ---------------------------------------------------------------------- as a part of a strategy


class Parent(vl.Strategy):
    """Has two orders worked at once, beside a quote of its own."""

    def __init__(self, *algorithms):
        self.algorithms = algorithms
        self.done = []
        self.seen = {"orders": set(), "fills": 0}

    def on_start(self):
        self.after("1s", self.begin)

    def begin(self):
        self.quote("SYNUSDT", bid=2900, ask=3100, qty=0.01)
        self.executions = [self.execute(one, on_done=self.done.append) for one in self.algorithms]

    def on_order(self, order):
        self.seen["orders"].add(order.id)

    def on_fill(self, fill):
        self.seen["fills"] += fill.qty_lots


def test_a_strategy_has_several_orders_worked_at_once():
    parent = Parent(
        vl.Twap("SYNUSDT", "BUY", qty=3, duration="40s"), vl.Pov("SYNUSDT", "BUY", qty=2, rate=0.05, duration="1m")
    )
    result = vl.Backtest(market(), parent, latency="5ms").run()
    assert [execution.filled_lots for execution in parent.executions] == [3000, 2000]
    assert set(parent.done) == set(parent.executions)
    assert parent.position("SYNUSDT").qty == 5.0
    assert parent.seen["fills"] == 5000
    assert len(parent.seen["orders"]) == result.counters["orders"]
    assert result.counters["orders"] == 2 + sum(one.worker.sent for one in parent.algorithms)
    for execution in parent.executions:
        assert execution.is_done
        assert execution.progress == 1.0
        assert sum(fill.qty_lots for fill in execution.fills) == execution.qty_lots


def test_as_a_part_it_does_what_it_does_alone():
    alone, _ = run(vl.Twap(side="BUY", qty=3, duration="40s"))

    class Whole(vl.Strategy):
        def on_start(self):
            self.execution = self.execute(vl.Twap(side="BUY", qty=3, duration="40s"))

    whole = Whole()
    vl.Backtest(market(), whole, latency="5ms").run()
    assert whole.execution.report() == alone


def test_a_cancelled_execution_stops_and_keeps_what_it_has():
    class Cancels(vl.Strategy):
        def on_start(self):
            self.told = []
            self.execution = self.execute(vl.Twap(side="BUY", qty=3, duration="40s"), on_done=self.told.append)
            self.after("20.003s", self.execution.cancel)
            self.after("21s", lambda: self.held.append(self.position("SYNUSDT").qty_lots))
            self.held = []

    cancels = Cancels()
    vl.Backtest(market(), cancels, latency="50ms").run()
    execution = cancels.execution
    assert cancels.told == [execution]
    assert execution.ending == "cancelled"
    assert 0 < execution.filled_lots < 3000
    assert cancels.held == [cancels.position("SYNUSDT").qty_lots] == [execution.filled_lots]
    assert cancels.orders() == []


def test_a_fill_that_is_just_being_told_counts_in_spite_of_a_cancel():
    class Cancels(vl.Strategy):
        def on_start(self):
            self.execution = self.execute(vl.Iceberg(side="BUY", qty=1, limit=3000, show_lots=20))

        def on_order(self, order):
            if order.state is vl.OrderState.FILLED:
                self.execution.cancel()

    cancels = Cancels()
    result = vl.Backtest(market(), cancels, latency="5ms").run()
    assert cancels.execution.ending == "cancelled"
    assert cancels.execution.filled_lots == 20 == int(result.fills_raw["qty"].sum())


def test_done_callbacks_may_begin_the_next():
    class Chain(vl.Strategy):
        def on_start(self):
            self.executions = []
            self.next()

        def next(self, *_):
            if len(self.executions) < 3:
                one = vl.Twap(side=["BUY", "SELL"][len(self.executions) % 2], qty=1, duration="5s", slices=5)
                self.executions.append(self.execute(one, on_done=self.next))

    chain = Chain()
    vl.Backtest(market(), chain, latency="5ms").run()
    assert [execution.ending for execution in chain.executions] == ["filled"] * 3
    assert chain.position("SYNUSDT").qty == 1.0


def test_an_algorithm_works_one_order_once():
    class Twice(vl.Strategy):
        def on_start(self):
            one = vl.Twap(qty=1)
            self.execute(one)
            with pytest.raises(InvalidArgument, match="works one order once"):
                self.execute(one)

    vl.Backtest(market(duration="1s"), Twice()).run()


def test_an_algorithm_can_be_backtested_again_and_says_nothing_before():
    twap = vl.Twap(side="BUY", qty=3, duration="40s")
    with pytest.raises(InvalidArgument, match="before the run"):
        twap.execution.report()
    reports = [run(twap)[0] for _ in range(2)]
    assert reports[0] == reports[1]


def test_parameters_of_a_running_execution_can_be_changed():
    class Faster(vl.Strategy):
        def on_start(self):
            self.pov = vl.Pov(side="BUY", qty=1000, rate=0.05, duration="1m")
            self.execute(self.pov)
            self.after("30s", lambda: self.pov.set_parameters(rate=0.2))
            self.after("40s", self.slower)

        def slower(self):
            with pytest.raises(InvalidArgument, match="filled already"):
                self.pov.set_parameters(rate=0.01)

    faster = Faster()
    vl.Backtest(market(), faster).run()
    assert [change[1:] for change in faster.pov.parameter_changes] == [("rate", 0.05, 0.2)]
    assert 0.19 < faster.pov.execution.report().participation <= 0.2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"qty": 1, "qty_lots": 1},
        {"qty_lots": 0},
        {"qty": 1, "side": "UP"},
        {"qty": 1, "side": Side.NONE},
        {"qty": 1, "limit": 1, "limit_ticks": 1},
        {"qty": 1, "slices": 0},
        {"qty": 1, "patience": 2},
        {"qty": 1, "slice": 3},
    ],
)
def test_orders_that_make_no_sense_are_refused(options):
    with pytest.raises(InvalidArgument):
        vl.Twap(**options)


def test_an_algorithm_with_a_hook_of_the_market_is_an_error():
    with pytest.raises(vl.VeloraError, match=r'call self.subscribe_hook\("on_trade"'):
        type("Mine", (vl.Algorithm,), {"on_trade": lambda self, trade: None})


def test_with_several_instruments_one_must_be_named():
    tables = [
        Flow(vl.Instrument(symbol, tick_size=1, lot_size=1)).snapshot(0, [(1, 1)], [(2, 1)]).table() for symbol in "AB"
    ]
    with pytest.raises(InvalidArgument, match="needs an instrument"):
        vl.Backtest(tables, vl.Twap(qty=1)).run()
    vl.Backtest(tables, vl.Twap("B", qty=1)).run()
