"""Queue positions at prices that the data does not show, one flow each: ticks of 1, lots of 1, no latency."""

from __future__ import annotations

import pytest

import velora as vl
from velora.backtest.bounds import queue_bounds
from velora.core.events import EventFlag, EventKind, Side
from velora.core.orders import FillCause, FillDoubt
from velora.testkit.flow import Flow, Script

BUY, SELL = Side.BUY, Side.SELL
BOUNDS = ("risk_averse", "optimistic")


def run(flow, *steps, queue="risk_averse", **options):
    return vl.Backtest(flow.table(), Script(*steps), queue=queue, **options).run()


def fills(result):
    """(instant, lots, cause, doubts) of each fill."""
    return [
        (int(f["ts_venue"]), int(f["qty"]), FillCause(int(f["cause"])).name, FillDoubt(int(f["doubts"])))
        for f in result.fills_raw
    ]


def both(flow, *steps):
    return [fills(run(flow, *steps, queue=queue)) for queue in BOUNDS]


# ---------------------------------------------------------------- quotes


def flicker():
    """70 lots at the touch; a bid of one lot stands one tick higher for a moment; two lots trade at our price."""
    flow = Flow().quote(1_000, (99, 70), (101, 5)).quote(2_000, (100, 1), (101, 5)).quote(2_500, (99, 70), (101, 5))
    return flow.trade(3_000, SELL, 99, 2).quote(9_000, (98, 3), (101, 5))


def test_a_better_bid_that_flickers_puts_nobody_ahead_of_the_touch():
    pessimistic, optimistic = both(flicker(), (1_500, lambda s: s.bid(99, 3)))
    assert pessimistic == []
    assert optimistic == [(3_000, 2, "QUEUE", FillDoubt.QUEUE)]


def test_queue_bounds_differ_where_the_queue_is_unknown():
    table = flicker().table()
    bounds = queue_bounds(lambda queue: vl.Backtest(table, Script((1_500, lambda s: s.bid(99, 3))), queue=queue))
    assert [len(one.fills_raw) for one in (bounds.pessimistic, bounds.optimistic)] == [0, 1]
    item = bounds.optimistic.audit().item("PnL between the bounds")
    assert item.grade == "poor"


def test_an_order_behind_the_best_bid_stands_behind_what_shows_up_there():
    flow = Flow().quote(1_000, (100, 5), (102, 6)).quote(2_000, (99, 4), (102, 6))
    flow = flow.trade(3_000, SELL, 99, 3).trade(4_000, SELL, 99, 3).quote(9_000, (99, 37), (102, 6))
    pessimistic, optimistic = both(flow, (1_500, lambda s: s.bid(99, 3)))
    assert pessimistic == [(4_000, 2, "QUEUE", FillDoubt.QUEUE)]
    assert optimistic == [(3_000, 3, "QUEUE", FillDoubt.QUEUE)]


def test_a_bid_that_the_market_left_behind_stands_first():
    flow = Flow().quote(1_000, (99, 70), (101, 5)).quote(2_000, (98, 9), (101, 5)).quote(3_000, (99, 8), (101, 5))
    flow = flow.trade(4_000, SELL, 99, 1).quote(9_000, (99, 7), (101, 5))
    for found in both(flow, (1_500, lambda s: s.bid(99, 3))):
        assert found == [(4_000, 1, "QUEUE", FillDoubt(0))]


def test_quotes_alone_let_what_leaves_the_best_bid_be_a_trade_for_the_optimist():
    flow = Flow().quote(1_000, (99, 5), (101, 5)).quote(2_000, (99, 9), (101, 5)).quote(3_000, (99, 1), (101, 5))
    pessimistic, optimistic = both(flow.quote(9_000, (99, 1), (101, 5)), (1_500, lambda s: s.bid(99, 2)))
    assert pessimistic == []
    assert optimistic == [(3_000, 2, "QUEUE", FillDoubt.PRINT)]


# ---------------------------------------------------------------- trades alone


def test_trades_alone_fill_the_pessimist_by_what_goes_through_its_price():
    flow = Flow().trade(1_000, SELL, 99, 2).trade(2_000, SELL, 99, 9).trade(3_000, BUY, 98, 1).trade(9_000, BUY, 99, 1)
    pessimistic, optimistic = both(flow, (1_500, lambda s: s.bid(99, 3)))
    assert [(ts, cause) for ts, _, cause, _ in pessimistic] == [(3_000, "THROUGH")]
    assert optimistic[0][0] == 1_500


# ---------------------------------------------------------------- windows


def window(ts, flow, top):
    """The best two levels a side around a price, as a snapshot."""
    return flow.snapshot(ts, bids=[(top - 1, 50), (top - 2, 400)], asks=[(top, 50), (top + 1, 60)])


@pytest.mark.parametrize(("shown", "filled"), [(500, 0), (3, 5)])
def test_a_level_that_comes_into_view_stands_ahead_with_all_that_it_shows(shown, filled):
    flow = Flow()
    window(1_000, flow, 101)
    window(3_000, flow, 99)
    flow.snapshot(4_000, bids=[(96, 60), (95, shown)], asks=[(97, 50), (98, 60)])
    flow.trade(5_000, SELL, 95, 10)
    window(9_000, flow, 97)
    result = run(flow, (2_000, lambda s: s.bid(95, 5)))
    assert sum(qty for _, qty, _, _ in fills(result)) == filled
    assert result.counters["queue_joins_unknown"] == [1]


def test_a_level_that_leaves_a_window_of_changes_keeps_our_place():
    flow = Flow().snapshot(0, bids=[(100, 5), (99, 70)], asks=[(101, 5), (102, 5)])
    for side, price, qty in ((BUY, 101, 4), (BUY, 99, 0)):  # the window moves up
        flow.delta(2_000, side, price, qty)
    for side, price, qty in ((BUY, 101, 0), (BUY, 99, 80)):  # and down again
        flow.delta(3_000, side, price, qty)
    flow.delta(4_000, BUY, 100, 0).trade(5_000, SELL, 99, 71).delta(5_000, BUY, 99, 9).delta(9_000, BUY, 99, 8)
    pessimistic, optimistic = both(flow, (1_000, lambda s: s.bid(99, 3)))
    assert pessimistic == [(5_000, 1, "QUEUE", FillDoubt.QUEUE)]
    assert optimistic == [(5_000, 3, "QUEUE", FillDoubt.QUEUE)]


def test_cancels_between_whole_snapshots_are_seen():
    flow = Flow()
    for ts, lots in ((0, 9), (2_000, 12), (3_000, 8)):  # three join behind us, and four leave
        flow.snapshot(ts, bids=[(100, lots)], asks=[(101, 5)])
    flow.trade(4_000, SELL, 100, 6).snapshot(9_000, bids=[(100, 2)], asks=[(101, 5)])
    pessimistic, optimistic = both(flow, (1_000, lambda s: s.bid(100, 2)))
    assert pessimistic == []
    assert optimistic == [(4_000, 1, "QUEUE", FillDoubt(0))]


def test_by_order_a_level_that_comes_back_stands_ahead():
    flow = Flow()
    for order, (side, price, qty) in enumerate([(BUY, 100, 5), (BUY, 99, 500), (SELL, 101, 9)], 1):
        flow.row(1_000 + order, EventKind.ORDER_ADD, side, price, qty, order_id=order)
    both_flags = EventFlag.LAST | EventFlag.SNAPSHOT
    flow.row(2_000, EventKind.ORDER_CANCEL, BUY, 99, 500, flags=both_flags, order_id=2)
    flow.row(4_000, EventKind.ORDER_CANCEL, BUY, 100, 5, flags=0, order_id=1)
    flow.row(4_000, EventKind.ORDER_ADD, BUY, 99, 500, flags=both_flags, order_id=2)
    for ts, qty in ((5_000, 10), (6_000, 490)):
        flow.trade(ts, SELL, 99, qty).row(ts, EventKind.ORDER_EXECUTE, BUY, 99, qty, order_id=2)
    flow.row(6_500, EventKind.ORDER_ADD, BUY, 99, 9, order_id=7)
    flow.trade(7_000, SELL, 99, 2).row(7_000, EventKind.ORDER_EXECUTE, BUY, 99, 2, order_id=7).trade(9_000, BUY, 101, 1)
    result = run(flow, (3_000, lambda s: s.bid(99, 5)))
    assert fills(result) == [(7_000, 2, "QUEUE", FillDoubt.QUEUE)]


# ---------------------------------------------------------------- gaps


def test_a_gap_keeps_the_place_and_the_snapshot_bounds_it():
    flow = Flow().snapshot(0, bids=[(100, 9)], asks=[(101, 5)]).row(2_000, EventKind.GAP)
    flow.snapshot(3_000, bids=[(100, 6)], asks=[(101, 5)]).trade(4_000, SELL, 100, 7).delta(9_000, SELL, 120, 1)
    pessimistic, optimistic = both(flow, (1_000, lambda s: s.bid(100, 4)))
    assert pessimistic == [(4_000, 1, "QUEUE", FillDoubt.QUEUE)]
    assert sum(one[1] for one in optimistic) == 4


# ---------------------------------------------------------------- what the result says


def test_the_audit_counts_what_rests_on_unknown_queues():
    result = run(flicker(), (1_500, lambda s: s.bid(98, 3)), queue="optimistic")
    item = result.audit().item("Queue positions unknown when joined")
    assert (item.grade, item.value) == ("poor", "1 of 1, 100.0 %")
    known = run(flicker(), (1_500, lambda s: s.bid(99, 3)))
    assert known.audit().item("Queue positions unknown when joined").grade == "good"
    assert known.audit().item("Fills that rest on something unknown").grade == "unknown"


def test_fills_name_their_doubts_and_the_explanation_says_them():
    result = run(flicker(), (1_500, lambda s: s.bid(99, 3)), queue="optimistic")
    assert result.fills["doubts"].to_pylist() == ["QUEUE"]
    assert "does not say what stood ahead" in str(result.explain(1))
