"""Brackets: what is entered is protected, and no more is exited than was entered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import Side, order_side
from velora.errors import InvalidArgument
from velora.strategy.bracket import split_lots
from velora.testkit import Flow, Script


def book():
    return Flow().snapshot(0, bids=[(99, 50), (90, 90)], asks=[(101, 50), (110, 90)])


def end(flow):
    return flow.delta(10**9, Side.BUY, 1, 1).table()


def sent(result):
    sides = ("buy", "sell")
    return [
        (sides[o["side"]], int(o["price"]), int(o["qty"]), int(o["cum_qty"]), vl.OrderState(o["state"]).name)
        for o in result.orders_raw
    ]


def bracketed(flow, *more, latency="5ns", **options):
    kept, done = [], []
    options = {"qty_lots": 10, "price_ticks": 101, "take_profit_ticks": 105, "stop_loss_ticks": 97} | options
    side = options.pop("side", Side.BUY)
    script = Script(
        (10, lambda s: kept.append(s.bracket("TEST", side, on_done=lambda b: done.append(s.now), **options))),
        *((ts, lambda s, act=act: act(kept[0])) for ts, act in more),
    )
    result = vl.Backtest(end(flow), script, latency=latency).run()
    return kept[0], result, done, script.position("TEST").qty_lots


def test_profit_is_taken_by_a_limit_order_and_the_stop_is_forgotten():
    flow = book().trade(100, Side.BUY, 106, 60).trade(200, Side.SELL, 90, 5)
    bracket, result, done, held = bracketed(flow)
    assert sent(result) == [("buy", 101, 10, 10, "FILLED"), ("sell", 105, 10, 10, "FILLED")]
    assert (bracket.state, bracket.open_lots, held) == ("done", 0, 0)
    assert done == [105]


def test_a_print_at_the_stop_cancels_the_profit_and_leaves_at_the_market():
    flow = book().trade(100, Side.SELL, 97, 1)
    bracket, result, done, held = bracketed(flow)
    orders = sent(result)
    assert orders[1] == ("sell", 105, 10, 0, "CANCELED")
    assert orders[2][0::2] == ("sell", 10, "FILLED")
    assert int(result.orders_raw["ts_sent"][2]) == int(result.orders_raw["ts_done"][1])
    assert (bracket.state, held, len(done)) == ("done", 0, 1)


def test_the_best_price_at_the_stop_is_enough():
    flow = book().delta(100, Side.BUY, 99, 0)  # the best bid is 90 from here on
    bracket, result, _, held = bracketed(flow)
    assert sent(result)[2] == ("sell", 0, 10, 10, "FILLED")
    assert held == 0
    assert bracket.is_done


def test_a_short_is_the_mirror_image():
    flow = book().trade(100, Side.BUY, 104, 1)
    bracket, result, _, held = bracketed(
        flow, side=Side.SELL, price_ticks=99, take_profit_ticks=95, stop_loss_ticks=104
    )
    orders = sent(result)
    assert orders[:2] == [("sell", 99, 10, 10, "FILLED"), ("buy", 95, 10, 0, "CANCELED")]
    assert (orders[2][0], held, bracket.is_done) == ("buy", 0, True)


def test_parts_of_the_entry_are_protected_as_they_fill():
    flow = book().trade(50, Side.SELL, 98, 4).trade(200, Side.SELL, 98, 6)
    bracket, result, _, _ = bracketed(flow, price_ticks=98, stop_loss_ticks=80)
    assert sent(result) == [("buy", 98, 10, 10, "FILLED"), ("sell", 105, 10, 0, "OPEN")]
    assert (bracket.state, bracket.open_lots) == ("protected", 10)


def test_a_stop_while_the_entry_still_works_cancels_the_entry():
    flow = book().trade(50, Side.SELL, 98, 4).trade(100, Side.SELL, 80, 0 + 1, off_book=True)
    flow.delta(150, Side.BUY, 99, 0)
    bracket, result, _, held = bracketed(flow, price_ticks=98, stop_loss_ticks=95)
    orders = sent(result)
    assert orders[0] == ("buy", 98, 10, 4, "CANCELED")
    assert orders[2] == ("sell", 0, 4, 4, "FILLED")
    assert (held, bracket.is_done) == (0, True)


def test_a_cancelled_entry_that_never_filled_ends_the_bracket():
    bracket, result, done, _ = bracketed(book(), (50, lambda b: b.cancel()), price_ticks=98, stop_loss_ticks=80)
    assert sent(result) == [("buy", 98, 10, 0, "CANCELED")]
    assert bracket.is_done
    assert len(done) == 1


def test_leave_ends_it_at_the_market():
    bracket, result, _, held = bracketed(book(), (50, lambda b: b.leave()))
    assert [order[4] for order in sent(result)] == ["FILLED", "CANCELED", "FILLED"]
    assert (held, bracket.is_done) == (0, True)


def test_an_exit_that_finds_nothing_is_tried_again_later():
    flow = book().delta(100, Side.BUY, 99, 0).delta(100, Side.BUY, 90, 0).trade(110, Side.SELL, 97, 1)
    flow.delta(5 * 10**8, Side.BUY, 60, 90)
    bracket, result, _, held = bracketed(flow, latency=0)
    assert (held, bracket.is_done) == (0, True)
    assert result.counters["orders"] < 12  # a retry each 100 ms, not an endless loop in one instant


@pytest.mark.parametrize(
    "options",
    [
        {"take_profit_ticks": None, "stop_loss_ticks": None},
        {"take_profit_ticks": 100},
        {"stop_loss_ticks": 101},
        {"side": Side.SELL},
        {"stop_loss": 95},
    ],
)
def test_brackets_that_make_no_sense_are_refused(options):
    with pytest.raises(InvalidArgument):
        bracketed(book(), **options)


@settings(max_examples=10)
@given(
    seed=st.integers(0, 1_000),
    latency=st.sampled_from([0, "2ms", "40ms", "lognormal(5ms, 40ms)"]),
    side=st.sampled_from([Side.BUY, Side.SELL]),
    away=st.integers(1, 6),
)
def test_whatever_happens_no_more_is_exited_than_entered(seed, latency, side, away):
    class Many(vl.Strategy):
        def on_start(self):
            self.brackets = []
            self.every("300ms", self.enter)

        def enter(self):
            if self.brackets and not self.brackets[-1].is_done:
                return
            book, sign = self.book("SYNUSDT"), 1 if side is Side.BUY else -1
            at = book.best_bid_ticks if side is Side.BUY else book.best_ask_ticks
            self.brackets.append(
                self.bracket(
                    book.instrument,
                    side,
                    price_ticks=at,
                    qty_lots=40,
                    take_profit_ticks=at + sign * away,
                    stop_loss_ticks=at - sign * away,
                )
            )

        def on_fill(self, fill):
            held = self.position("SYNUSDT").qty_lots
            assert 0 <= (held if side is Side.BUY else -held) <= 40

    many = Many()
    vl.Backtest(vl.SyntheticMarket(seed=seed, duration="20s"), many, latency=latency).run()
    assert all(bracket.is_done for bracket in many.brackets[:-1])
    for bracket in many.brackets:
        assert 0 <= bracket.open_lots <= bracket.entry.cum_qty_lots
    held = many.position("SYNUSDT").qty_lots
    assert abs(held) == sum(bracket.open_lots for bracket in many.brackets)


def test_a_ladder_splits_to_the_lot_and_steps_away_from_the_market():
    def ladders(s):
        s.scale("TEST", Side.BUY, qty_lots=10, levels=4, step_ticks=2)
        s.scale("TEST", Side.SELL, 7, levels=3, step_ticks=1, weights=[4, 2, 1], price=103)

    result = vl.Backtest(end(book()), Script((10, ladders))).run()
    orders = [order[:3] for order in sent(result)]
    assert [order[:2] for order in orders[:4]] == [("buy", 99), ("buy", 97), ("buy", 95), ("buy", 93)]
    assert sum(order[2] for order in orders[:4]) == 10
    assert orders[4:] == [("sell", 103, 4), ("sell", 104, 2), ("sell", 105, 1)]


@pytest.mark.parametrize(
    "options",
    [{"levels": 0}, {"step_ticks": 0}, {"weights": [1]}, {"weights": [0] * 5}, {"weights": [-1, 2, 1, 1, 1]}],
)
def test_ladders_that_make_no_sense_are_refused(options):
    script = Script((10, lambda s: s.scale("TEST", Side.BUY, qty_lots=5, **options)))
    with pytest.raises(InvalidArgument):
        vl.Backtest(end(book()), script).run()


@given(
    lots=st.integers(0, 10**6),
    weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=50).filter(lambda w: sum(w) > 0),
)
def test_split_is_exact_and_close_to_each_share(lots, weights):
    parts = split_lots(lots, weights)
    assert sum(parts) == lots
    for part, weight in zip(parts, weights, strict=True):
        assert part >= 0
        assert abs(part - lots * weight / sum(weights)) <= 1 + 1e-6 * lots


@pytest.mark.parametrize("side", [Side.SELL, 1, "SELL", "sell"])
def test_the_side_of_an_order_may_be_said_by_name(side):
    assert order_side(side) is Side.SELL


@pytest.mark.parametrize("side", [Side.NONE, 3, -1, "short", "none", None, 1.5])
def test_what_is_no_side_of_an_order_is_refused(side):
    with pytest.raises(InvalidArgument, match="side must be BUY or SELL"):
        order_side(side)
