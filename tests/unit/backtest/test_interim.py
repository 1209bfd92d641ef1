"""The tables of a run that goes on: the first rows of the final ones, at any moment, and reading changes nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import velora as vl
from velora.paper.clock import ManualClock

SECOND = 1_000_000_000
#: Columns of a fill that the market after it decides: PnL to the end and markouts.
LATER = {"pnl", "pnl_units", "markout_1s", "markout_10s"}


class Maker(vl.Strategy):
    """Joins the touch, crosses now and then, and leaves some orders to be canceled."""

    def __init__(self, every: str = "100ms", cap: float = 0.05) -> None:
        self.interval, self.cap, self.turn = every, cap, 0

    def on_start(self) -> None:
        self.every(self.interval, self.requote)

    def requote(self) -> None:
        for instrument in self.instruments:
            book, held = self.book(instrument), self.position(instrument).qty
            self.turn += 1
            if self.turn % 37 == 0 and book.best_ask is not None:
                (self.buy if held <= 0 else self.sell)(instrument, 0.02)
            self.quote(
                instrument,
                bid=book.best_bid if held < self.cap else None,
                ask=book.best_ask if held > -self.cap else None,
                qty=0.01,
            )


class Taker(vl.Strategy):
    """Buys and sells in turn, each 5 ms."""

    def on_start(self) -> None:
        self.every("5ms", self.cross)
        self.turn = 0

    def cross(self) -> None:
        self.turn += 1
        (self.buy if self.turn % 2 else self.sell)(self.instruments[0], 0.001)


def tables(count: int = 1, duration: str = "25s") -> list[vl.EventTable]:
    return [
        vl.SyntheticMarket(
            seed=7 + at,
            duration=duration,
            instrument=vl.Instrument(f"SYN{at}USDT", tick_size=0.01, lot_size=0.001, settle="USDT"),
        ).table()
        for at in range(count)
    ]


SETTINGS = {
    "one": lambda: vl.Backtest(tables(), Maker(), latency="5ms", cash=1_000),
    "without regular samples": lambda: vl.Backtest(tables(), Maker(), latency="5ms", sample=0),
    "several strategies and instruments": lambda: vl.Backtest(
        tables(2), {"fast": Maker(), "slow": Maker("700ms", 0.01)}, latency="5ms", cash=1_000
    ),
    "warm-up": lambda: vl.Backtest(tables(), Maker(), latency="5ms", warmup="5s"),
    "queue traced, callbacks measured": lambda: vl.Backtest(
        tables(), Maker(), latency=vl.Latency("50ms", decision="50ms"), trace_queue=True, measure_callbacks=True
    ),
}


def first_rows(final: pa.Table, count: int, without: set[str] = frozenset()) -> dict[str, list[object]]:
    return final.slice(0, count).drop_columns(sorted(without & set(final.column_names))).to_pydict()


@pytest.mark.parametrize("name", SETTINGS)
def test_tables_of_a_run_that_goes_on_are_the_first_rows_of_the_final_ones(name):
    run = SETTINGS[name]().start()
    seen = []
    while True:
        seen.append((run.now, run.orders, run.fills, run.equity, run.interim().position))
        if not run.advance("3700ms"):
            break
    seen.append((run.now, run.orders, run.fills, run.equity, run.interim().position))
    final = run.finish()
    assert final.hash == SETTINGS[name]().run().hash
    assert len(final.fills) > 10
    for now, orders, fills, equity, position in seen:
        for table, whole, clock in (
            (fills, final.fills, "ts_local"),
            (equity, final.equity, "ts"),
            (position, final.position, "ts"),
            (orders, final.orders, "ts_sent"),
        ):
            assert table.schema == whole.schema
            is_past = whole[clock].cast(pa.int64()).to_numpy() <= now
            last = whole[clock].cast(pa.int64()).to_numpy() == now  # the sample that ends a run is taken by finish
            assert is_past.sum() - last.sum() <= len(table) <= is_past.sum()
        assert first_rows(fills, len(fills), LATER) == first_rows(final.fills, len(fills), LATER)
        assert equity.to_pydict() == first_rows(final.equity, len(equity))
        assert position.to_pydict() == first_rows(final.position, len(position))
        done = orders["ts_done"].is_valid().to_numpy(zero_copy_only=False)
        assert orders.filter(done).to_pydict() == final.orders.slice(0, len(orders)).filter(done).to_pydict()
        assert orders["order_id"].to_pylist() == final.orders["order_id"].slice(0, len(orders)).to_pylist()
        # An order that was open then may only have been filled further, ended or amended since.
        assert (orders["cum_qty_lots"].to_numpy() <= final.orders["cum_qty_lots"].to_numpy()[: len(orders)]).all()


def test_markouts_of_fills_that_are_old_enough_are_final():
    run = SETTINGS["one"]().start()
    run.advance("20s")
    fills, now = run.fills, run.now
    run.advance_to_end()
    final = run.finish().fills.slice(0, len(fills))
    for name, horizon in (("markout_1s", 2 * SECOND), ("markout_10s", 12 * SECOND)):
        old = fills["ts_local"].cast(pa.int64()).to_numpy() < now - horizon
        assert old.any()
        assert fills.filter(old)[name].to_pylist() == final.filter(old)[name].to_pylist()


def test_interim_results_change_nothing_of_a_run_that_drops_its_records():
    def test(**bound):
        return vl.Backtest(tables(), Taker(), latency="5ms", cash=1_000, sample="20ms", chunk_rows=1_000, **bound)

    dropped: dict[str, int] = {"fills": 0, "orders": 0, "samples": 0}

    def sink(name, records):
        dropped[name] += len(records)

    undisturbed = test(retention=20).run()
    whole = test().start()
    run = test(retention=20, sink=sink).start()
    goes_on = True
    while goes_on:
        goes_on = run.advance("2500ms")
        whole.advance("2500ms")
        interim, complete = run.interim(), whole.interim()
        # The figures are those of all records so far, the tables hold what is kept.
        assert {**interim.statistics(), "elapsed_s": 0} == {**complete.statistics(), "elapsed_s": 0}
        assert interim.dropped["fills"] == len(complete.fills) - len(interim.fills)
        count = len(interim.orders)
        assert interim.orders["order_id"].to_pylist() == complete.orders["order_id"].to_pylist()[-count or None :]
    final = run.finish()
    assert all(dropped.values())
    assert final.hash == undisturbed.hash
    assert final.totals.to_dict() == undisturbed.totals.to_dict()


def test_before_anything_happened_there_is_the_start_cash_and_nothing_else():
    run = SETTINGS["one"]().start()
    assert len(run.orders) == len(run.fills) == 0
    assert run.equity["equity"].to_pylist() == [1_000.0]
    assert str(run.interim().summary())
    assert run.interim().audit().counts


def test_after_the_end_the_tables_are_those_of_the_result():
    run = SETTINGS["one"]().start()
    run.advance("5s")
    result = run.finish()
    assert run.interim() is result
    assert run.fills is result.fills
    assert run.equity is result.equity


def test_an_interim_result_stays_as_it_was():
    run = SETTINGS["one"]().start()
    run.advance("5s")
    interim = run.interim()
    before = interim.fills_raw.copy()
    run.advance_to_end()
    run.finish()
    assert np.array_equal(interim.fills_raw, before)
    assert interim.equity["ts"].to_pylist()[-1].value <= interim.period[0] + 5 * SECOND
    assert interim.hash != run.interim().hash


def test_tables_can_be_read_from_within_the_run():
    counts = []

    class Reader(Maker):
        def on_fill(self, fill):
            counts.append(len(run.fills))

    run = vl.Backtest(tables(), Reader(), latency="5ms").start()
    run.advance_to_end()
    result = run.finish()
    assert counts == list(range(1, len(result.fills) + 1))


def test_a_paced_run_has_the_tables_too():
    test = vl.Backtest(tables(duration="5s"), Maker(), latency="5ms", cash=1_000)
    clock = ManualClock()
    run = vl.PacedRun(test, clock=clock)
    run.start()
    while run.pump():
        clock.ts = max(clock.ts, run.driver.next_due)
        if len(run.joined.fills) > 3:
            break
    fills = run.joined.fills
    assert len(fills) > 3
    assert run.joined.equity["equity"].to_pylist()[0] == 1_000.0
    result = run.finish()
    assert fills["order_id"].to_pylist() == result.fills["order_id"].to_pylist()[: len(fills)]


def test_a_run_names_itself_in_one_line():
    run = SETTINGS["several strategies and instruments"]().start()
    assert repr(run) == "Run(Maker, Maker on SYN0USDT, SYN1USDT: going on at 2024-01-01T00:00:00.001000000Z, 0 rows)"
    run.finish()
    assert ": finished at" in repr(run)
