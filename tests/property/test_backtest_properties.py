"""What must hold in every run: no look-ahead, one result whatever the chunks, quantity and money conserved."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import EventFlag, EventKind, Side

TICKS = 50


def random_table(seed: int, rows: int = 300, *, disorder: bool = True, symbol: str = "TEST") -> vl.EventTable:
    """A small market with ties in time, trades, snapshots and venue times out of order."""
    rng = random.Random(seed)
    instrument = vl.Instrument(symbol, tick_size="0.5", lot_size="0.1", quote="USD", taker_fee="0.00075")
    ts, out = 1_000, []

    def add(kind, side=Side.NONE, price=0, qty=0, flags=EventFlag.LAST):
        lag = rng.choice([0, 0, 5, 40]) if disorder else 0
        out.append((ts - lag, ts + 20, int(kind), int(side), int(flags), price, qty, len(out)))

    def snapshot():
        mid = rng.randrange(20, 30)
        add(EventKind.SNAPSHOT_BEGIN, flags=0)
        for level in range(5):
            add(EventKind.DELTA, Side.BUY, mid - level, rng.randrange(1, 9), EventFlag.SNAPSHOT)
            add(EventKind.DELTA, Side.SELL, mid + 1 + level, rng.randrange(1, 9), EventFlag.SNAPSHOT)
        add(EventKind.SNAPSHOT_END)

    snapshot()
    while len(out) < rows:
        ts += rng.choice([0, 0, 1, 7, 30])
        draw = rng.random()
        side = Side(rng.randrange(2))
        if draw < 0.3:
            add(EventKind.TRADE, side, rng.randrange(18, 33), rng.randrange(1, 12))
        elif draw < 0.97:
            low, high = (15, 27) if side is Side.BUY else (24, 36)
            last = EventFlag.LAST if rng.random() < 0.7 else 0
            add(EventKind.DELTA, side, rng.randrange(low, high), rng.choice([0, 0, 1, 3, 8]), last)
        else:
            snapshot()
    columns = [np.array(column) for column in zip(*out, strict=True)]
    return vl.EventTable.from_numpy(
        instrument,
        ts_event=columns[0].astype(np.int64),
        ts_recv=columns[1].astype(np.int64),
        kind=columns[2].astype(np.uint8),
        side=columns[3].astype(np.uint8),
        flags=columns[4].astype(np.uint8),
        price=columns[5].astype(np.int64),
        qty=columns[6].astype(np.int64),
        order_id=columns[7].astype(np.int64),
    )


class RandomTrader(vl.Strategy):
    """Does random things on every kind of event and writes down all it sees."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seen: list[tuple] = []

    def on_start(self):
        self.every(vl.ns(13), self.act)

    def on_trade(self, trade):
        self.seen.append((self.now, "trade", trade.price_ticks, trade.qty_lots))
        if self.rng.random() < 0.2:
            self.act()

    def on_book(self, book):
        self.seen.append((self.now, "book", book.best_bid_ticks, book.best_ask_ticks, book.state_hash()))

    def on_order(self, order):
        self.seen.append((self.now, "order", order.id, order.state.name, order.cum_qty_lots, order.price_ticks))

    def on_fill(self, fill):
        self.seen.append((self.now, "fill", fill.order_id, fill.price_ticks, fill.qty_lots, fill.fee_units))

    def terms(self, price, qty):
        """Terms that go together, of a limit order."""
        rng = self.rng
        kind = rng.randrange(8)
        if kind == 0:
            return {"stop_ticks": rng.randrange(18, 33), "oco_group": rng.randrange(3)}
        if kind == 1:
            return {"trail_ticks": rng.randrange(1, 4), "reduce_only": rng.random() < 0.5}
        if kind == 2:
            return {"display_lots": rng.randrange(1, qty + 1), "expire": self.now + rng.randrange(1, 90)}
        if kind == 3:
            return {"post_only": True, "slide": True, "oco_group": rng.randrange(3)}
        if kind == 4 and self.orders():
            return {"parent": rng.choice(self.orders()), "self_trade": rng.choice(["expire_maker", "decrement"])}
        return {"time_in_force": rng.choice(["GTC", "IOC", "FOK", "DAY"])}

    def act(self):
        rng = self.rng
        what = rng.randrange(6)
        live = self.orders()
        price, qty = rng.randrange(18, 33), rng.randrange(1, 6)
        if what == 0:
            self.buy("TEST", price_ticks=price, qty_lots=qty, **self.terms(price, qty))
        elif what == 1:
            self.sell("TEST", price_ticks=price, qty_lots=qty, post_only=rng.random() < 0.5)
        elif what == 2 and live:
            self.cancel(rng.choice(live))
        elif what == 3 and (limits := [order for order in live if order.price is not None]):
            self.amend(rng.choice(limits), price_ticks=price, qty_lots=qty)
        elif what == 4:
            bid = rng.choice([None, price])
            self.quote("TEST", bid_ticks=bid, ask_ticks=rng.choice([None, price + 2]), qty_lots=qty)
        else:
            self.sell("TEST", qty_lots=qty)
        self.seen.append((self.now, "act", what, price, qty, len(live)))


def run(table, seed, **options):
    trader = RandomTrader(seed)
    run = vl.Backtest(
        table, trader, latency=options.pop("latency", vl.ns(9)), sample=options.pop("sample", vl.ns(100)), **options
    ).start()
    run.advance_to_end()
    return trader, run, run.finish()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), cut=st.floats(0.4, 0.95), latency=st.sampled_from([0, 1, 9, 60]).map(vl.ns))
def test_cutting_the_data_after_t_changes_nothing_before_t(seed, cut, latency):
    table = random_table(seed)
    t = int(np.quantile(table.ts_event, cut))
    keep = table.ts_event <= t
    part = vl.EventTable.from_numpy(
        table.instrument,
        **{
            name: np.ascontiguousarray(getattr(table, name)[keep])
            for name in ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
        },
    )
    whole, _, _ = run(table, seed, latency=latency)
    trader, cut_run, _ = run(part, seed, latency=latency)
    until = min(t, cut_run.now)
    before = [entry for entry in whole.seen if entry[0] < until]
    assert before
    assert [entry for entry in trader.seen if entry[0] < until] == before


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), chunk_rows=st.sampled_from([1, 2, 3, 17, 100]))
def test_chunk_size_changes_nothing(seed, chunk_rows):
    table = random_table(seed)
    one, _, result = run(table, seed)
    other, _, chunked = run(table, seed, chunk_rows=chunk_rows)
    assert one.seen == other.seen
    assert result.hash == chunked.hash


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), steps=st.lists(st.integers(0, 200), max_size=20))
def test_stepping_changes_nothing(seed, steps):
    table = random_table(seed)
    whole, _, result = run(table, seed)
    trader = RandomTrader(seed)
    stepped = vl.Backtest(table, trader, latency=vl.ns(9), sample=vl.ns(100)).start()
    for step in steps:
        stepped.advance(vl.ns(step))
    stepped.advance_to_end()
    assert trader.seen == whole.seen
    assert stepped.finish().hash == result.hash


def test_different_behaviour_has_a_different_hash():
    table = random_table(3)
    hashes = {run(table, seed)[2].hash for seed in range(20)}
    assert len(hashes) == 20


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_quantity_and_money_are_conserved(seed):
    # Without latency every report of the venue has arrived when the run ends.
    table = random_table(seed)
    _, finished, result = run(table, seed, latency=0)
    account = finished.venue.account(0)
    fills = result.fills_raw
    orders = result.orders_raw
    signs = np.where(fills["side"] == 0, 1, -1)
    instrument = table.instrument
    assert account["position"] == int((signs * fills["qty"]).sum())
    assert account["cash"] == -int((signs * fills["qty"] * fills["price"]).sum()) * instrument.value_mult
    assert account["fees"] == int(fills["fee"].sum())
    filled = {int(o["order_id"]): int(o["cum_qty"]) for o in orders}
    for order_id in filled:
        assert filled[order_id] == int(fills["qty"][fills["order_id"] == order_id].sum())
    assert (orders["cum_qty"] <= orders["qty"]).all()
    last = result.samples_raw[-1]
    assert int(last["position"]) == account["position"]
    assert int(last["cash"]) == account["cash"]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_pnl_is_exact_to_the_last_unit(seed):
    table = random_table(seed)
    _, _, result = run(table, seed)
    mult = table.instrument.value_mult
    held, cost, realized = 0, Fraction(0), Fraction(0)
    for fill in result.fills_raw:
        signed = int(fill["qty"]) * (1 if fill["side"] == 0 else -1)
        price = int(fill["price"]) * mult
        closing = 0
        if held * signed < 0:
            closing = min(abs(held), abs(signed)) * (1 if signed > 0 else -1)
            closed_cost = _half_even(cost * abs(closing), abs(held)) if abs(closing) != abs(held) else cost
            gained = -closing * price - closed_cost
            realized += gained
            cost -= closed_cost
            assert int(fill["realized"]) == gained
        cost += (signed - closing) * price
        held += signed
        assert int(fill["position"]) == held
    last = result.samples_raw[-1]
    assert int(last["realized"]) == realized
    if held and last["mid_x2"]:
        assert int(last["unrealized"]) == held * int(last["mid_x2"]) * mult // 2 - cost
        # Cash and the position at the mid are all there is.
        assert int(last["realized"] + last["unrealized"]) == int(last["cash"]) + held * int(last["mid_x2"]) * mult // 2


def _half_even(numerator: Fraction, denominator: int) -> int:
    return round(Fraction(numerator) / denominator)


def test_what_a_venue_fills_never_exceeds_what_the_data_traded_or_showed():
    for seed in range(60):
        table = random_table(seed, disorder=False)
        _, _, result = run(table, seed)
        fills = result.fills_raw
        prints = fills[np.isin(fills["cause"], (0, 1))]
        for row in np.unique(prints["datum_row"]):
            assert table.kind[row] == EventKind.TRADE
            assert prints["qty"][prints["datum_row"] == row].sum() <= table.qty[row]


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_hash_does_not_depend_on_pythons_hash_seed(hash_seed):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_backtest_properties as t; "
        "print(t.run(t.random_table(11), 11)[2].hash)"
    )
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    out = subprocess.run(
        [sys.executable, "-c", program, os.path.dirname(__file__)],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.strip() == run(random_table(11), 11)[2].hash


class TwoMarkets(RandomTrader):
    """Trades one instrument on what it sees of both."""

    def on_book(self, book):
        self.seen.append((self.now, book.instrument.symbol, book.best_bid_ticks, book.best_ask_ticks))

    def on_trade(self, trade):
        self.seen.append((self.now, trade.instrument.symbol, trade.price_ticks, trade.qty_lots))
        if trade.instrument.symbol == "OTHER" and self.rng.random() < 0.3:
            self.act()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), chunk_rows=st.sampled_from([1, 3, 50]))
def test_two_instruments_are_worked_in_one_order_whatever_the_chunks(seed, chunk_rows):
    tables = [random_table(seed), random_table(seed + 1, symbol="OTHER")]
    seen, hashes = [], set()
    for rows in (65_536, chunk_rows):
        trader = TwoMarkets(seed)
        hashes.add(vl.Backtest(tables, trader, latency=vl.ns(9), sample=vl.ns(100), chunk_rows=rows).run().hash)
        seen.append(trader.seen)
    assert seen[0] == seen[1]
    assert len(hashes) == 1
    times = [entry[0] for entry in seen[0]]
    assert times == sorted(times)
    # At one nanosecond of local time the first instrument's rows come before the second's.
    feed = [entry for entry in seen[0] if entry[1] in ("TEST", "OTHER")]
    for a, b in itertools.pairwise(feed):
        assert a[0] < b[0] or not (a[1] == "OTHER" and b[1] == "TEST")


class Second(RandomTrader):
    """The other trader of a run, on a clock of its own."""

    def on_start(self):
        self.every(vl.ns(17), self.act)


def run_two(table, seed, **options):
    traders = {"one": RandomTrader(seed), "two": Second(seed + 1)}
    run = vl.Backtest(
        table, traders, latency=options.pop("latency", vl.ns(9)), sample=vl.ns(100), on_error="raise", **options
    ).start()
    run.advance_to_end()
    return traders, run, run.finish()


def _part(table, t):
    keep = table.ts_event <= t
    return vl.EventTable.from_numpy(
        table.instrument,
        **{
            name: np.ascontiguousarray(getattr(table, name)[keep])
            for name in ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
        },
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), cut=st.floats(0.4, 0.95), latency=st.sampled_from([0, 9, 60]).map(vl.ns))
def test_cutting_the_data_changes_nothing_before_for_any_of_two_strategies(seed, cut, latency):
    table = random_table(seed)
    t = int(np.quantile(table.ts_event, cut))
    whole, _, _ = run_two(table, seed, latency=latency)
    traders, cut_run, _ = run_two(_part(table, t), seed, latency=latency)
    until = min(t, cut_run.now)
    for name, trader in traders.items():
        before = [entry for entry in whole[name].seen if entry[0] < until]
        assert before
        assert [entry for entry in trader.seen if entry[0] < until] == before


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), chunk_rows=st.sampled_from([1, 3, 50]))
def test_chunk_size_changes_nothing_for_any_of_two_strategies(seed, chunk_rows):
    table = random_table(seed)
    whole, _, result = run_two(table, seed)
    traders, _, chunked = run_two(table, seed, chunk_rows=chunk_rows)
    assert result.hash == chunked.hash
    for name, trader in traders.items():
        assert trader.seen == whole[name].seen
        assert result.of(name).hash == chunked.of(name).hash


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_quantity_and_money_of_two_strategies_add_up_to_the_venues_account(seed):
    table = random_table(seed)
    _, finished, result = run_two(table, seed, latency=0)
    account = finished.venue.account(0)
    last = {}
    for sample in result.samples_raw:
        last[int(sample["strategy"])] = sample
    assert sum(int(sample["position"]) for sample in last.values()) == account["position"]
    assert sum(int(sample["cash"]) for sample in last.values()) == account["cash"]
    assert sum(int(sample["fee"]) for sample in last.values()) == account["fees"]
    parts = [result.of(name) for name in ("one", "two")]
    assert sum(part.pnl_units("USD") for part in parts) == result.pnl_units("USD")
    for part in parts:
        signs = np.where(part.fills_raw["side"] == 0, 1, -1)
        assert int((signs * part.fills_raw["qty"]).sum()) == int(part.samples_raw["position"][-1])
        assert sum(part.pnl_by_cause()["pnl_units"].to_pylist()) == part.pnl_units("USD")


class Onlooker(vl.Strategy):
    """Writes down every trade of every instrument."""

    def __init__(self):
        self.seen = []

    def on_trade(self, trade):
        self.seen.append((self.now, int(trade.instrument.symbol), trade.trade_id))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), count=st.integers(3, 9), chunk_rows=st.sampled_from([1, 7, 65_536]))
def test_many_instruments_are_worked_by_time_then_index_then_row(seed, count, chunk_rows):
    tables = [random_table(seed + index, rows=60 + 20 * index, symbol=str(index)) for index in range(count)]
    onlooker = Onlooker()
    vl.Backtest(tables, onlooker, chunk_rows=chunk_rows).run()
    trades = [
        (int(table.ts_recv[row]), index, int(table.order_id[row]))
        for index, table in enumerate(tables)
        for row in np.flatnonzero(table.kind == EventKind.TRADE)
    ]
    assert onlooker.seen == sorted(trades)
