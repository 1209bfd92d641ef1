"""What a caller of `MatchingEngine` may ask beside its rules, which are the scenarios'."""

from __future__ import annotations

import pytest

import velora as vl
from velora.errors import InvalidArgument

BUY, SELL = vl.Side.BUY, vl.Side.SELL


@pytest.fixture
def engine():
    return vl.MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"))


def rows(queue):
    ids, lots = queue
    assert ids.dtype == lots.dtype == "i8"
    return list(zip(ids.tolist(), lots.tolist(), strict=True))


def test_queue_gives_ids_and_open_lots_in_priority(engine):
    for order_id, lots in ((7, 5), (3, 4), (9, 6)):
        engine.submit(order_id, SELL, lots, 101)
    engine.submit(1, BUY, 7, 101, time_in_force="ioc")
    assert rows(engine.queue(SELL, 101)) == [(3, 2), (9, 6)]
    assert rows(engine.queue(SELL, 101, 1)) == [(3, 2)]
    assert rows(engine.queue(SELL, 101, n=50)) == [(3, 2), (9, 6)]
    assert rows(engine.queue(SELL, 101, 0)) == []


def test_queue_of_a_price_without_orders_is_empty(engine):
    assert rows(engine.queue(BUY, 100)) == []
    engine.submit(1, BUY, 5, 100)
    assert rows(engine.queue(SELL, 100)) == rows(engine.queue(BUY, 99)) == []
    engine.cancel(1)
    assert rows(engine.queue(BUY, 100)) == []


def test_queue_counts_the_hidden_part_of_an_iceberg(engine):
    engine.submit(1, BUY, 9, 100, display_lots=2)
    engine.submit(2, BUY, 1, 100)
    assert rows(engine.queue(BUY, 100)) == [(1, 9), (2, 1)]
    assert engine.levels.bids() == [(100.0, 3.0)]
    engine.submit(3, SELL, 2, 100)
    assert rows(engine.queue(BUY, 100)) == [(2, 1), (1, 7)]


def test_queue_leaves_out_orders_that_wait(engine):
    engine.submit(1, BUY, 5, 100)
    engine.submit(2, BUY, 5, 100, stop_ticks=105)
    engine.submit(3, BUY, 5, 100, parent=1)
    assert rows(engine.queue(BUY, 100)) == [(1, 5)]


def test_queues_stay_what_they_were_when_the_engine_goes_on(engine):
    engine.submit(1, BUY, 5, 100)
    before = engine.queue(BUY, 100)
    engine.submit(2, SELL, 2, 100)
    assert rows(before) == [(1, 5)]
    assert rows(engine.queue(BUY, 100)) == [(1, 3)]


def test_queue_reads_the_sum_that_the_level_shows(engine):
    for at in range(200):
        engine.submit(1 + at, at % 2, 1 + at % 7, 100 + 3 * (at % 2) - at % 3)
    for side in (BUY, SELL):
        for ticks, lots in (engine.levels.bids, engine.levels.asks)[side]():
            ids, open_lots = engine.queue(side, int(ticks))
            assert sum(open_lots.tolist()) == lots
            assert ids.tolist() == sorted(ids.tolist())


@pytest.mark.parametrize(
    ("arguments", "names"), [((2, 100), "side"), ((0, 1 << 60), "price"), ((0, 100, -1), "n must")]
)
def test_queue_refuses_what_no_book_has(engine, arguments, names):
    with pytest.raises(InvalidArgument, match=names):
        engine.queue(*arguments)


def test_an_unknown_rule_for_amends_is_refused():
    instrument = vl.Instrument("TEST", tick_size="1", lot_size="1")
    with pytest.raises(InvalidArgument, match="in_place, reinsert, was 'native'"):
        vl.MatchingEngine(instrument, amend="native")


def test_reports_of_a_reinserted_amend_give_total_and_open_lots():
    engine = vl.MatchingEngine(vl.Instrument("TEST", tick_size="1", lot_size="1"), amend="reinsert")
    engine.submit(1, BUY, 5, 100)
    engine.submit(2, SELL, 3, 100)
    (report,) = engine.amend(1, 4, 100)
    assert (report.kind, report.qty_lots, report.leaves_lots) == (vl.sim.matching.MatchReportKind.AMENDED, 7, 4)
    assert engine.leaves(1) == 4


@pytest.mark.parametrize(
    "term",
    [{"stop_ticks": 105}, {"touch_ticks": 95}, {"trail_ticks": 3}, {"trail_bps": 100}],
    ids=lambda term: next(iter(term)),
)
def test_an_order_with_a_trigger_waits(engine, term):
    engine.submit(1, SELL, 5, 100)
    engine.submit(2, BUY, 1, 100)  # a trade, from which a trailing order measures
    assert [one.qty_lots for one in engine.submit(3, BUY, 2, **term) if one.other_id] == []
    assert 3 in engine


def test_an_order_has_one_trigger(engine):
    with pytest.raises(InvalidArgument, match="one trigger"):
        engine.submit(1, BUY, 1, stop_ticks=105, touch_ticks=95)
