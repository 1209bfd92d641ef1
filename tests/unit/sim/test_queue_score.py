"""Queue models scored against sessions whose truth is known."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import numpy as np
import pytest
from typer.testing import CliRunner

import velora as vl
from velora.cli.main import app
from velora.core.events import EventFlag, EventKind
from velora.errors import InvalidArgument
from velora.sim.queue_follow import ENDS, follow_orders
from velora.sim.queue_score import (
    fit_queue_model,
    score_queue_models,
    search_queue_models,
    split_pnl,
    virtual_placements,
)

INSTRUMENT = vl.Instrument("TEST", tick_size="1", lot_size="1")
ADD, CHANGE, CANCEL, EXECUTE = (
    EventKind.ORDER_ADD,
    EventKind.ORDER_CHANGE,
    EventKind.ORDER_CANCEL,
    EventKind.ORDER_EXECUTE,
)


def table(rows):
    """Rows of (kind, order_id, price, qty), one a second, all bids."""
    kind, ids, price, qty = (list(column) for column in zip(*rows, strict=True))
    ts = [at * 1_000_000_000 for at in range(len(rows))]
    return vl.EventTable.from_numpy(
        INSTRUMENT, ts_event=ts, kind=kind, side=[0] * len(rows), price=price, qty=qty, order_id=ids
    )


def by_name(group):
    return {one.model: one for one in group.models}


def test_place_and_fill_of_one_order_by_the_bounds():
    # Order 2 has 10 ahead; 4 of them are cancelled, 6 trade, then it fills.
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (ADD, 3, 100, 4), (CANCEL, 1, 100, 4), (EXECUTE, 1, 100, 6)]
    rows += [(EXECUTE, 2, 100, 5), (EXECUTE, 3, 100, 4)]
    score = score_queue_models(table(rows), ["risk_averse", "optimistic"], virtual=0)
    assert score.virtual is None
    assert (score.real.orders, score.real.filled, score.fifo_share, score.executions) == (3, 3, 1.0, 3)
    assert score.is_trusted
    assert score.real.best == "optimistic"
    found = by_name(score.real)
    assert found["optimistic"].mae_lots == 0
    # Order 3 truly has 11 ahead after the cancel, and 15 by the pessimist; and so on.
    assert found["risk_averse"].bias_lots == found["risk_averse"].mae_lots > 0
    assert found["optimistic"].recall == found["optimistic"].precision == 1.0


def test_all_cancels_behind_are_what_the_pessimist_says():
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (ADD, 3, 100, 9), (CANCEL, 3, 100, 9), (EXECUTE, 1, 100, 10)]
    rows += [(EXECUTE, 2, 100, 5)]
    score = score_queue_models(table(rows), ["risk_averse", "optimistic"], virtual=0)
    assert score.real.best == "risk_averse"
    assert score.real.models[0].mae_lots == 0


def sided(rows):
    """Rows of (second, kind, side, order_id, price, qty)."""
    ts, kind, side, ids, price, qty = (list(column) for column in zip(*rows, strict=True))
    ns = [at * 1_000_000_000 for at in ts]
    return vl.EventTable.from_numpy(INSTRUMENT, ts_event=ns, kind=kind, side=side, price=price, qty=qty, order_id=ids)


OPENING = [(0, ADD, 0, 1, 100, 10), (0, ADD, 1, 2, 103, 10)]


def follow(rows, *, side=0, away=0, at=0, models=("risk_averse", "optimistic"), **options):
    placements = np.array([(at * 1_000_000_000, away, side)])
    chosen = [vl.QueueModel.of(model) for model in models]
    return follow_orders(sided(OPENING + rows), chosen, placements=placements, every=0, **options)


def test_virtual_order_fills_once_an_order_behind_it_is_executed():
    rows = [(1, ADD, 0, 3, 100, 4), (2, CANCEL, 0, 1, 100, 6), (3, EXECUTE, 0, 1, 100, 4), (4, EXECUTE, 0, 3, 100, 1)]
    found = follow(rows)
    (order,) = found.orders
    assert (order["ahead_start"], order["ahead"], order["ts_fill"], order["cause"]) == (10, 0, 4_000_000_000, 0)
    # The optimist knows 4 lots ahead before the trades and needs one more; the pessimist still has 5 of 10 ahead.
    assert found.estimates["ts_fill"].tolist() == [[-1, 4_000_000_000]]


def test_execution_beyond_its_price_fills_a_virtual_order_and_every_model():
    rows = [(1, ADD, 0, 3, 99, 4), (2, CANCEL, 0, 1, 100, 0), (3, EXECUTE, 0, 3, 99, 1)]
    found = follow(rows)
    assert found.orders["ts_fill"].tolist() == [3_000_000_000]
    assert found.orders["cause"].tolist() == [1]
    assert found.estimates["ts_fill"].tolist() == [[3_000_000_000] * 2]


def test_other_side_coming_to_its_price_fills_a_virtual_order():
    rows = [(1, ADD, 0, 3, 98, 4), (2, CANCEL, 0, 1, 100, 0), (3, ADD, 1, 4, 100, 2)]
    found = follow(rows)
    assert found.orders["ts_fill"].tolist() == [3_000_000_000]
    assert found.orders["cause"].tolist() == [2]
    assert follow(rows, crosses=False).orders["ts_fill"].tolist() == [-1]


def test_book_that_is_crossed_for_a_moment_fills_no_virtual_order():
    # An aggressor that is told of before what it meets: the level at 100 still stands.
    rows = [(1, ADD, 1, 3, 100, 2), (2, EXECUTE, 1, 3, 100, 2), (2, EXECUTE, 0, 1, 100, 2)]
    assert follow(rows).orders["ts_fill"].tolist() == [-1]


def test_virtual_order_of_one_tick_away_joins_an_empty_level_between_known_ones():
    rows = [(1, ADD, 0, 3, 98, 4), (2, CANCEL, 0, 3, 98, 1)]
    assert follow(rows, at=1, away=1).orders[["price", "ahead_start"]].tolist() == [(99, 0)]
    # Behind the last level that the recording tells of nobody knows who stands.
    assert len(follow(rows, at=0, away=1).orders) == 0


def test_virtual_order_ends_with_the_first_event_at_its_horizon():
    rows = [(5, ADD, 0, 3, 100, 4), (12, CANCEL, 0, 3, 100, 1), (20, CANCEL, 0, 3, 100, 1)]
    found = follow(rows, horizon_ns=10_000_000_000)
    assert found.orders[["end", "ts_end", "places"]].tolist() == [(3, 12_000_000_000, 2)]


def test_fill_after_the_horizon_is_none():
    rows = [(1, ADD, 0, 3, 100, 4), (2, EXECUTE, 0, 1, 100, 10), (30, EXECUTE, 0, 3, 100, 1), (90, ADD, 0, 5, 100, 1)]
    early = score_queue_models(sided(OPENING + rows), ["risk_averse"], every=0, virtual=10, away=(0,), horizon="60s")
    late = score_queue_models(sided(OPENING + rows), ["risk_averse"], every=0, virtual=10, away=(0,), horizon="20s")
    assert early.virtual.filled > late.virtual.filled == 0


def test_missing_fill_counts_in_the_time_error_as_the_end_of_the_orders_life():
    market, horizon = flow(1, 0.9), vl.ns(400_000_000_000)
    score = score_queue_models(market, ["risk_averse"], every=0, virtual=300, away=(0,), horizon=horizon)
    found = follow_orders(
        market, [vl.QueueModel("risk_averse")], placements=virtual_placements(market, 300, (0,)), horizon_ns=horizon,
        every=0,
    )  # fmt: skip
    errors, missed = [], 0
    for order, own in zip(found.orders, found.estimates["ts_fill"][:, 0].tolist(), strict=True):
        if ENDS[order["end"]] in ("OPEN", "LOST"):
            continue
        deadline = int(order["ts_start"]) + horizon
        fills = [ts if 0 <= ts <= deadline else None for ts in (own, int(order["ts_fill"]))]
        if fills != [None, None]:
            missed += None in fills
            guess, truth = (deadline if ts is None else ts for ts in fills)
            errors.append(abs(guess - truth) / 1e9)
    assert missed > 0
    assert score.virtual.models[0].time_error_s == pytest.approx(np.mean(errors))


def test_worth_of_a_fill_is_the_later_mid_less_its_price_for_a_buy():
    # A bid at 100 fills at 2 s; the mid is 101.5, from 4 s on 99.5 (bid 99, ask 100).
    rows = [(1, ADD, 0, 3, 100, 4), (1, ADD, 0, 5, 99, 9), (2, EXECUTE, 0, 1, 100, 10), (2, EXECUTE, 0, 3, 100, 4)]
    rows += [(4, CANCEL, 1, 2, 103, 0), (4, ADD, 1, 6, 100, 5), (60, ADD, 1, 7, 110, 1)]
    score = score_queue_models(
        sided(OPENING + rows), ["optimistic"], every=1, virtual=0, markouts=("1s", "10s", "100s")
    )
    one, ten, never = score.real.models[0].pnl
    # Orders 1 and 3 fill, both at 100: the bid is 99 and the ask 103 a second later.
    assert (one.true_fills, one.true_markout) == (2, 1.0)
    assert (ten.true_fills, ten.true_markout) == (2, -0.5)
    assert (never.true_fills, never.fills, never.total) == (0, 0, 0.0)


def test_pnl_bias_splits_exactly_into_count_and_worth():
    rng = random.Random(5)
    for _ in range(200):
        fills, true_fills = rng.randrange(0, 50), rng.randrange(0, 50)
        worth = Fraction(rng.randrange(-500, 500), 2) if fills else Fraction(0)
        true_worth = Fraction(rng.randrange(-500, 500), 2) if true_fills else Fraction(0)
        by_count, by_worth = split_pnl(worth, fills, true_worth, true_fills)
        assert by_count + by_worth == worth - true_worth
        if fills and true_fills:
            assert by_worth == fills * (worth / fills - true_worth / true_fills)
    assert split_pnl(Fraction(6), 3, Fraction(4), 2) == (2, 0)  # as good, one more
    assert split_pnl(Fraction(1), 2, Fraction(4), 2) == (0, -3)  # as many, worse


def test_scored_pnl_bias_is_the_sum_of_its_parts():
    for group in score_queue_models(flow(4, 0.5), virtual=300).groups:
        for one in group.models:
            for bias in one.pnl:
                assert bias.fill_count + bias.adverse_selection == pytest.approx(bias.total, abs=1e-9)
                assert bias.total == pytest.approx(
                    bias.fills * bias.markout - bias.true_fills * bias.true_markout, abs=1e-6
                )


def flow(seed, front_share):
    """Queues at one price whose cancels come from the front with a given probability."""
    rng = random.Random(seed)
    rows, queue, next_id = [], [], 1
    for _ in range(4_000):
        kind = rng.random()
        if kind < 0.5 or len(queue) < 3:
            queue.append([next_id, rng.randrange(1, 9)])
            rows.append((ADD, *queue[-1][:1], 100, queue[-1][1]))
            next_id += 1
        elif kind < 0.85:
            half = max(1, len(queue) // 2)
            at = rng.randrange(half) if rng.random() < front_share else rng.randrange(half, len(queue))
            order_id, qty = queue.pop(at)
            rows.append((CANCEL, order_id, 100, qty))
        else:
            order = queue[0]
            lots = rng.randrange(1, order[1] + 1)
            rows.append((EXECUTE, order[0], 100, lots))
            order[1] -= lots
            if order[1] == 0:
                queue.pop(0)
    rows.append((ADD, 10**6, 90, 1))
    return two_sided(rows)


def two_sided(rows):
    """The bids of `flow` and an ask that stays, so that there is a mid."""
    made = [(at, kind, 0, ids, price, qty) for at, (kind, ids, price, qty) in enumerate(rows)]
    return sided([(0, ADD, 1, 10**7, 105, 5), *made])


def test_the_truth_lies_between_the_bounds_and_the_fit_follows_the_flow():
    for seed in range(3):
        score = score_queue_models(flow(seed, 0.5), virtual=200)
        for group in score.groups:
            found = by_name(group)
            assert found["optimistic"].bias_lots <= 0 <= found["risk_averse"].bias_lots
            assert found["proportional"].mae_lots < found["risk_averse"].mae_lots
            assert found["optimistic"].recall >= found["risk_averse"].recall
            assert found["optimistic"].late.mean_s <= found["risk_averse"].late.mean_s
    back, front = score_queue_models(flow(1, 0.02), virtual=0), score_queue_models(flow(1, 0.98), virtual=0)
    assert back.real.best in ("risk_averse", "power3", "log2")
    assert front.real.best in ("optimistic", "power2", "log1", "rigtorp")


def test_fit_holds_where_it_was_not_fitted():
    fit = search_queue_models(flow(2, 0.5), orders="real")
    assert fit.candidates[0][0] == fit.model.name != "risk_averse"
    assert fit.fitted == min(one[1] for one in fit.candidates)
    assert fit.held_out < 1.5 * fit.fitted
    held_out = {name: value for name, _, value in fit.candidates}
    assert fit.held_out == held_out[fit.model.name] < min(held_out["risk_averse"], held_out["optimistic"]) / 2
    assert fit.held_out_rank == 1 + sum(value < fit.held_out for value in held_out.values())
    assert fit.is_trusted


@pytest.mark.parametrize("criterion", ["place", "fills", "time", "pnl"])
def test_fit_gives_a_model_that_a_backtest_takes(criterion):
    model = fit_queue_model(flow(2, 0.9), criterion=criterion, virtual=200)
    assert vl.Backtest(flow(2, 0.9), vl.Strategy(), queue=model).queue is model


def test_fit_that_cannot_be_made_is_refused():
    market = flow(2, 0.5)
    with pytest.raises(InvalidArgument, match="criterion must be"):
        search_queue_models(market, criterion="luck")
    with pytest.raises(InvalidArgument, match="'time' on virtual orders"):
        search_queue_models(market, criterion="time", orders="real")
    with pytest.raises(InvalidArgument, match="held_out"):
        search_queue_models(market, held_out=1.0)
    with pytest.raises(InvalidArgument, match="too few"):
        search_queue_models(market, orders="real", every=100_000)


def test_schedule_of_virtual_orders_follows_its_seed():
    market = flow(2, 0.5)
    one = virtual_placements(market, 50, (0, 2), seed=3)
    assert one.shape == (200, 3)
    assert sorted(set(map(tuple, one[:, 1:].tolist()))) == [(0, 0), (0, 1), (2, 0), (2, 1)]
    assert (one == virtual_placements(market, 50, (0, 2), seed=3)).all()
    assert not (one == virtual_placements(market, 50, (0, 2), seed=4)).all()


def test_execution_of_a_later_order_lowers_the_share_of_first_in_first_out():
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (EXECUTE, 2, 100, 5), (EXECUTE, 1, 100, 10)]
    score = score_queue_models(table(rows), ["risk_averse"], virtual=0)
    assert score.fifo_share == 0.5
    assert not score.is_trusted


def test_executions_of_one_event_may_be_told_in_any_order():
    rows = [(0, ADD, 0, 11, 100, 4), (1, EXECUTE, 0, 11, 100, 4), (1, EXECUTE, 0, 1, 100, 10)]
    made = sided(OPENING + rows)
    made.flags[3] = 0
    assert score_queue_models(made, ["risk_averse"], virtual=0).fifo_share == 1.0


def test_rows_that_only_restate_a_level_are_no_cancels():
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (CANCEL, 1, 100, 10), (CANCEL, 2, 100, 5)]
    made = table(rows)
    made.flags[2:] |= np.uint8(EventFlag.SNAPSHOT)
    score = score_queue_models(made, ["risk_averse"], virtual=0)
    # Order 1 saw one come behind it; then both are lost.
    assert score.real.models[0].places == 1
    assert score.real.undecided == 2


def test_order_that_a_model_fills_too_early_costs_precision():
    # 10 ahead of order 2. The level loses 8 behind it; the optimist thinks them ahead, and fills it at the next trade.
    rows = [(ADD, 1, 100, 10), (ADD, 2, 100, 5), (ADD, 3, 100, 8), (CANCEL, 3, 100, 8), (EXECUTE, 1, 100, 4)]
    rows += [(CANCEL, 2, 100, 5)]
    score = score_queue_models(table(rows), ["risk_averse", "optimistic"], every=2, virtual=0)
    assert score.real.orders == 1
    found = by_name(score.real)["optimistic"]
    assert (found.fills, found.precision, found.recall) == (1, 0.0, 0.0)


def test_model_of_ones_own_is_scored_and_its_error_is_raised():
    class Front(vl.QueueModel):
        def lots_ahead(self, ahead, before, after, traded):
            return max(ahead - max(before - after - traded, 0), 0)

    class Broken(vl.QueueModel):
        def lots_ahead(self, ahead, before, after, traded):
            raise RuntimeError("no idea")

    score = score_queue_models(flow(3, 0.5), ["optimistic", Front], virtual=100)
    for group in score.groups:
        own, twin = group.score("Front"), group.score("optimistic")
        assert (own.mae_lots, own.fills, own.late, own.pnl) == (twin.mae_lots, twin.fills, twin.late, twin.pnl)
    with pytest.raises(RuntimeError, match="no idea"):
        score_queue_models(flow(3, 0.5), [Broken])


def test_table_without_orders_is_refused():
    with pytest.raises(InvalidArgument, match="no rows by order"):
        score_queue_models(vl.SyntheticMarket(seed=1, duration="1s").table())


def test_row_that_contradicts_the_book_is_named():
    with pytest.raises(InvalidArgument, match="row 1: order 1"):
        score_queue_models(table([(ADD, 1, 100, 10), (ADD, 1, 100, 5)]))


def test_command_prints_the_table_and_json(tmp_path):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write([flow(3, 0.5)])
    arguments = ["check", "queue", "TEST", "-c", str(tmp_path / "catalog"), "--virtual", "200"]
    shown = CliRunner().invoke(app, [*arguments, "--fit"], env={"COLUMNS": "160"})
    assert shown.exit_code == 0, shown.output
    assert "risk_averse" in shown.output
    assert "first in, first out" in shown.output
    assert "Use it with Backtest(queue=" in shown.output
    as_json = CliRunner().invoke(app, [*arguments, "--json", "--fit", "--criterion", "pnl", "--away", "0"])
    found = json.loads(as_json.stdout)
    assert found["virtual"]["best"] in {one["model"] for one in found["virtual"]["models"]}
    assert found["real"]["orders"] > 1_000
    assert found["fit"]["model"] == found["fit"]["candidates"][0][0]
