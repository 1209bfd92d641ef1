"""What a run knows that starts inside its data."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventKind, Side
from velora.errors import InvalidArgument
from velora.paper.clock import ManualClock
from velora.paper.replay import replay_journal
from velora.paper.run import PacedRun
from velora.testkit import Flow, Script

S = 10**9


class Seen(Script):
    """Keeps what it sees of the book at its start, and the gaps that it is told of."""

    def on_start(self):
        super().on_start()
        self.gaps = []
        self.first = look(self)

    def on_gap(self, gap):
        self.gaps.append((self.now, gap.ts_event, self.book("TEST").is_stale))


def look(strategy):
    book = strategy.book("TEST")
    return (strategy.now, book.bids(), book.asks(), book.is_stale)


def session() -> Flow:
    """A snapshot in the first second, and a change of a far level on each side after the tenth."""
    flow = Flow().snapshot(1 * S, [(100, 5), (99, 5), (98, 5)], [(101, 5), (102, 5), (103, 5)])
    return flow.delta(11 * S, Side.SELL, 103, 7).delta(12 * S, Side.BUY, 98, 4).trade(20 * S, Side.BUY, 101, 1)


def looks_at(data, *times, **options):
    found = []
    strategy = Seen(*((ts, lambda one: found.append(look(one))) for ts in times))
    result = vl.Backtest(data, strategy, **options).run()
    return strategy, found, result


def values(audit, name):
    return [(item.value, item.grade) for section in audit.sections for item in section.items if item.name == name]


# ---------------------------------------------------------------------- what is known


def test_a_start_inside_has_the_levels_from_before_it():
    _, whole_looks, _ = looks_at(session().table(), 10 * S, 15 * S)
    _, inside_looks, result = looks_at(session().table(), 10 * S, 15 * S, start=10 * S)
    assert inside_looks == whole_looks
    assert inside_looks[1][1:] == ([(100, 5), (99, 5), (98, 4)], [(101, 5), (102, 5), (103, 7)], False)
    assert values(result.audit(), "Book at the start") == [("known", "good")]
    assert values(result.audit(), "Snapshots")[0][1] == "good"


def test_the_book_is_whole_when_the_strategy_starts():
    strategy, _, _ = looks_at(session().table(), start=10 * S)
    assert strategy.first == (10 * S, [(100, 5), (99, 5), (98, 5)], [(101, 5), (102, 5), (103, 5)], False)
    assert strategy.gaps == []


def test_a_taker_after_the_start_pays_what_the_whole_run_pays():
    fills = []
    for start in (None, 10 * S, 15 * S):
        strategy = Script((16 * S, lambda one: one.buy("TEST", 7)))
        vl.Backtest(session().table(), strategy, start=start).run()
        fills.append([(fill.ts_event, fill.price, fill.qty) for fill in strategy.fills])
    assert fills[0] == fills[1] == fills[2] == [(16 * S, 101.0, 5.0), (16 * S, 102.0, 2.0)]


@pytest.mark.parametrize("form", ["table", "arrow", "list", "mapping", "source", "catalog"])
def test_each_form_of_data_starts_inside(form):
    table = session().table()
    catalog = vl.Catalog("memory://start-forms", create=True)
    catalog.write(table, overwrite=True)

    class Source:
        instrument, disorder_ns, has_depth = table.instrument, 0, True

        def chunks(self, rows):
            return table.chunks(2)

    forms = {
        "table": table,
        "arrow": table.to_arrow(),
        "list": [table],
        "mapping": {"TEST": table},
        "source": Source(),
        "catalog": catalog,
    }
    _, found, _ = looks_at(forms[form], 15 * S, start=10 * S)
    assert found[0][1:] == ([(100, 5), (99, 5), (98, 4)], [(101, 5), (102, 5), (103, 7)], False)


def test_a_start_before_the_first_row_changes_nothing():
    plain = vl.Backtest(session().table(), Seen()).run()
    early = vl.Backtest(session().table(), Seen(), start=0).run()
    at_first = vl.Backtest(session().table(), Seen(), start=1 * S).run()
    assert plain.hash == early.hash == at_first.hash
    assert plain.data == early.data == at_first.data
    assert plain.data[0]["start_ns"] is None


def test_a_period_without_rows_is_refused():
    for start, end in ((30 * S, None), (13 * S, 14 * S)):
        with pytest.raises(InvalidArgument, match="no rows in the chosen period"):
            vl.Backtest(session().table(), Seen(), start=start, end=end).run()


def test_an_instrument_without_rows_in_the_period_keeps_its_book():
    quiet = Flow(vl.Instrument("QUIET", tick_size=1, lot_size=1, quote="USD")).snapshot(2 * S, [(7, 3)], [(9, 4)])
    seen = []

    class Both(vl.Strategy):
        def on_start(self):
            self.at(15 * S, self.look)

        def look(self):
            seen.append(self.book("QUIET").touch)
            self.buy("QUIET", 1)

    result = vl.Backtest([session().table(), quiet.table()], Both(), start=10 * S).run()
    assert seen == [(7, 9)]
    assert result.fills["price"].to_pylist() == [9.0]


# ---------------------------------------------------------------------- what is not known


def gap_flow() -> Flow:
    flow = session()
    flow.row(21 * S, EventKind.GAP, order_id=77)
    flow.delta(25 * S, Side.BUY, 100, 9)
    flow.snapshot(31 * S, [(100, 2)], [(101, 3)])
    return flow.delta(41 * S, Side.BUY, 99, 1)


def test_a_start_in_a_gap_is_stale_until_the_next_snapshot_and_tells():
    strategy, found, result = looks_at(gap_flow().table(), 26 * S, 31 * S, start=22 * S)
    assert (strategy.first[0], strategy.first[3]) == (22 * S, True)
    assert strategy.gaps == [(22 * S, 21 * S, True)]
    assert [one[3] for one in found] == [True, False]
    data = result.data[0]
    assert (data["is_whole_at_start"], data["gaps"]) == (False, 0)
    assert data["start_stale_ns"] == data["stale_ns"] == 9 * S
    told = "not known: stale from 1970-01-01T00:00:22.000000000Z on, for 9.0 s"
    assert values(result.audit(), "Book at the start") == [(told, "poor")]
    assert values(result.audit(), "Gaps")[0][1] == "poor"


def test_a_start_after_the_gap_has_ended_is_whole():
    strategy, _, result = looks_at(gap_flow().table(), start=32 * S)
    assert strategy.first[1:] == ([(100, 2)], [(101, 3)], False)
    assert strategy.gaps == []
    assert result.data[0]["stale_ns"] == 0


def test_a_start_before_the_first_snapshot_is_stale_until_it():
    flow = Flow().delta(1 * S, Side.BUY, 100, 5).delta(2 * S, Side.SELL, 101, 5)
    flow.delta(8 * S, Side.SELL, 101, 6).snapshot(9 * S, [(100, 5)], [(101, 6)]).delta(12 * S, Side.BUY, 99, 1)
    strategy, found, result = looks_at(flow.table(), 6 * S, 10 * S, start=5 * S)
    assert strategy.gaps == [(5 * S, 5 * S, True)]
    assert [one[3] for one in found] == [True, False]
    assert result.data[0]["start_stale_ns"] == 4 * S


def test_data_of_changes_alone_is_what_the_whole_run_has():
    flow = Flow().delta(1 * S, Side.BUY, 100, 5).delta(2 * S, Side.SELL, 101, 5).delta(8 * S, Side.SELL, 101, 6)
    _, found, result = looks_at(flow.table(), 6 * S, start=5 * S)
    assert found == [(6 * S, [(100, 5)], [(101, 5)], False)]
    assert values(result.audit(), "Book at the start") == [("known from its changes alone", "fair")]


def test_a_stale_start_without_a_later_snapshot_counts_to_the_end():
    flow = session()
    flow.row(21 * S, EventKind.GAP)
    flow.delta(25 * S, Side.BUY, 100, 9).delta(30 * S, Side.BUY, 100, 8)
    _, _, result = looks_at(flow.table(), start=24 * S)
    assert result.data[0]["stale_ns"] == 6 * S == result.data[0]["start_stale_ns"]


# ---------------------------------------------------------------------- all that follows


def test_a_halt_from_before_the_start_holds():
    flow = Flow().snapshot(1 * S, [(100, 5)], [(101, 5), (103, 5)])
    flow.row(13 * S, EventKind.STATUS, qty=0)
    flow.row(18 * S, EventKind.STATUS, qty=1)
    flow.delta(22 * S, Side.SELL, 103, 8)
    strategy = Script((16 * S, lambda one: one.buy("TEST", 1)), (19 * S, lambda one: one.buy("TEST", 1)))
    vl.Backtest(flow.table(), strategy, start=15 * S).run()
    assert [state for _, number, state in strategy.log if number == 1] == ["REJECTED"]
    assert [(fill.order_id, fill.price) for fill in strategy.fills] == [(2, 101.0)]


def test_the_last_trade_from_before_the_start_arms_triggers():
    flow = session().delta(25 * S, Side.BUY, 100, 9)
    reports = []
    for start in (None, 21 * S):
        strategy = Script((22 * S, lambda one: one.buy("TEST", 1, stop_ticks=101)))
        vl.Backtest(flow.table(), strategy, start=start).run()
        reports.append((strategy.log, [(fill.ts_event, fill.price) for fill in strategy.fills]))
    assert reports[0] == reports[1]


def test_the_last_quote_of_each_side_is_the_book_of_a_feed_of_quotes():
    flow = Flow().quote(1 * S, (100, 5), (101, 5)).quote(3 * S, (99, 2), (101, 7)).quote(20 * S, (98, 1), (99, 1))
    strategy, _, result = looks_at(flow.table(), start=10 * S)
    assert strategy.first == (10 * S, [(99, 2)], [(101, 7)], False)
    assert result.data[0]["book_rows"] == 2


def test_what_traded_before_the_start_is_no_candle():
    candles = []

    class Candles(vl.Strategy):
        def on_start(self):
            self.subscribe_candles("TEST", "10s")

        def on_candle(self, candle):
            candles.append((candle.trades, candle.open_ticks))

    flow = session().trade(28 * S, Side.SELL, 100, 2).delta(51 * S, Side.BUY, 97, 1)
    vl.Backtest(flow.table(), Candles(), start=25 * S).run()
    assert [one for one in candles if one[0]] == [(1, 100)]


def test_queues_by_order_keep_their_order():
    flow = Flow()
    for number, (price, qty) in enumerate([(100, 4), (100, 3), (99, 2)], 1):
        flow.row(number * S, EventKind.ORDER_ADD, Side.BUY, price, qty, order_id=number)
    flow.row(4 * S, EventKind.ORDER_ADD, Side.SELL, 102, 5, order_id=9)
    # The first loses its place by a larger quantity: the second is ahead of it.
    flow.row(5 * S, EventKind.ORDER_CHANGE, Side.BUY, 100, 6, order_id=1)
    flow.row(12 * S, EventKind.ORDER_ADD, Side.BUY, 100, 5, order_id=4)
    flow.row(13 * S, EventKind.ORDER_EXECUTE, Side.BUY, 100, 3, order_id=2)
    flow.row(14 * S, EventKind.ORDER_CANCEL, Side.BUY, 100, 0, order_id=1)
    flow.row(15 * S, EventKind.ORDER_EXECUTE, Side.BUY, 100, 2, order_id=4)
    fills = []
    for start in (None, 6 * S):
        strategy = Script((11 * S, lambda one: one.buy("TEST", 2, price_ticks=100)))
        result = vl.Backtest(flow.table(), strategy, start=start, trace_queue=True).run()
        names = ("ts", "kind", "ahead", "before", "after")
        places = [tuple(place[name] for name in names) for place in result.queue_positions_raw]
        fills.append((places, [(fill.ts_event, fill.price) for fill in strategy.fills]))
    assert fills[0] == fills[1]
    assert fills[0][1] == [(15 * S, 100.0)]


def test_warm_up_counts_from_the_start():
    began = []

    class Late(vl.Strategy):
        def on_start(self):
            began.append((self.now, self.book("TEST").touch))

    vl.Backtest(session().table(), Late(), start=10 * S, warmup="4s").run()
    assert began == [(14 * S, (100, 101))]


# ---------------------------------------------------------------------- figures


def test_statistics_count_the_rows_from_the_start_on():
    _, _, whole = looks_at(session().table())
    _, _, inside = looks_at(session().table(), start=11 * S)
    _, _, less = looks_at(session().table(), start=11 * S, end=20 * S)
    assert (whole.data[0]["rows"], inside.data[0]["rows"], less.data[0]["rows"]) == (11, 3, 2)
    assert (inside.data[0]["span_ns"], inside.data[0]["snapshots"], inside.data[0]["trades"]) == (9 * S, 0, 1)


def test_rows_are_numbered_from_the_start_and_the_audit_finds_them():
    flow = session().delta(25 * S, Side.BUY, 100, 5).trade(26 * S, Side.SELL, 100, 9).delta(27 * S, Side.BUY, 100, 1)
    found = []
    for start in (None, 21 * S):
        strategy = Script((22 * S, lambda one: one.buy("TEST", 2, price_ticks=100)))
        backtest = vl.Backtest(flow.table(), strategy, start=start, trace_queue=True)
        result = backtest.run()
        audit = result.audit(flow.table())
        shares = [values(audit, f"Own part of the {what}") for what in ("prints", "level")]
        explained = [step.datum_row for step in result.explain(1).steps if step.datum_row is not None]
        found.append((shares, result.fills_raw["datum_row"].tolist(), explained))
    assert found[0][0] == found[1][0]
    assert not any("not known" in str(share) for share in found[1][0])
    assert found[1][1] == [1]  # the second row after the start
    assert found[0][1] == [12]
    # Where the order joined no row of the run had come yet.
    assert [row + 11 for row in found[1][2]] == found[0][2][1:]


# ---------------------------------------------------------------------- live


class Maker(vl.Strategy):
    def on_start(self):
        self.every("200ms", self.go)
        self.first = (self.now, self.book(self.instruments[0]).touch)

    def go(self):
        book = self.book(self.instruments[0])
        if book.best_bid_ticks is not None:
            self.quote(book.instrument, bid_ticks=book.best_bid_ticks, ask_ticks=book.best_ask_ticks, qty_lots=20)

    def on_quote(self, quote):
        pass


@pytest.mark.parametrize("fuse", [False, True])
def test_a_live_run_starts_inside_as_a_backtest_does(fuse, tmp_path):
    market = vl.SyntheticMarket(seed=5, duration="9s")
    start = int(market.table().ts_recv[0]) + 4 * S
    options = {"latency": "2ms", "start": start, "fuse_quotes": fuse}
    backtest = vl.Backtest(market, Maker(), **options)
    result = backtest.run()
    live = PacedRun(vl.Backtest(market, Maker(), **options), clock=ManualClock(), journal=tmp_path / "journal")
    live.start()
    while live.pump():
        live.clock.ts = max(live.clock.ts, live.driver.next_due)
    again = live.finish()
    assert len(again.fills) > 0
    assert again.hash == result.hash
    assert again.samples_raw.tobytes() == result.samples_raw.tobytes()
    assert again.fills_raw.tobytes() == result.fills_raw.tobytes()
    assert live._test.strategy.first == backtest.strategy.first
    assert live._test.strategy.first[1][0] is not None
    replayed = replay_journal(tmp_path / "journal", Maker())
    assert replayed.is_same
    assert replayed.commands > 0
