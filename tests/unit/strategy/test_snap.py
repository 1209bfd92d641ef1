"""`snap=`: prices off the grid in quotes, orders and amends."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventKind
from velora.errors import InvalidArgument, OffGrid
from velora.testkit.flow import Flow, Script


def act(*steps):
    """A script that has run each step over a book of 100 to 101 ticks of 1."""
    script = Script(*((10 + 10 * index, step) for index, step in enumerate(steps)))
    flow = Flow().snapshot(0, bids=[(100, 50)], asks=[(101, 50)]).row(10_000, EventKind.STATUS, qty=1)
    vl.Backtest(flow.table(), script).run()
    return script


def standing(script):
    return sorted((str(one.side), one.price_ticks) for one in script.seen)


def price_of(script, ticks):
    return ticks * float(script.instrument("TEST").tick_size)


def see(script):
    script.seen = script.orders()


@pytest.mark.parametrize(("snap", "bid", "ask"), [("outward", 90, 111), ("inward", 91, 110), ("nearest", 90, 110)])
def test_a_quote_moves_by_less_than_a_tick(snap, bid, ask):
    script = act(lambda s: s.quote("TEST", price_of(s, 90.3), price_of(s, 110.4), qty_lots=1, snap=snap), see)
    assert standing(script) == [("BUY", bid), ("SELL", ask)]


@pytest.mark.parametrize(("snap", "bid", "ask"), [("outward", 90, 111), ("inward", 91, 110), ("nearest", 91, 111)])
def test_orders_move_by_less_than_a_tick(snap, bid, ask):
    def send(s):
        s.buy("TEST", price=price_of(s, 90.6), qty_lots=1, snap=snap)
        s.sell("TEST", price=price_of(s, 110.6), qty_lots=1, snap=snap)

    assert standing(act(send, see)) == [("BUY", bid), ("SELL", ask)]


@pytest.mark.parametrize(
    ("side", "term", "outward"),
    [
        ("buy", "stop", 111),
        ("sell", "stop", 90),
        ("buy", "touch", 90),
        ("sell", "touch", 111),
        ("buy", "trail", 11),
        ("sell", "trail", 11),
    ],
)
def test_a_trigger_moves_away_from_the_market_and_towards_it(side, term, outward):
    above = outward == 111
    given = {"trail": 10.6}.get(term, 110.6 if above else 90.6)

    def send(s, snap):
        getattr(s, side)("TEST", qty_lots=1, snap=snap, **{term: price_of(s, given)})

    for snap, expected in (("outward", outward), ("inward", outward - 1 if outward != 90 else 91)):
        (order,) = act(lambda s, snap=snap: send(s, snap), see).seen
        assert order.trigger_ticks == expected


def test_an_amend_snaps_by_the_side_of_its_order():
    def amend(s):
        for order in s.orders():
            s.amend(order, price=price_of(s, order.price_ticks + 0.5), snap="outward")

    script = act(lambda s: s.quote("TEST", bid_ticks=90, ask_ticks=110, qty_lots=1), amend, see)
    assert standing(script) == [("BUY", 90), ("SELL", 111)]


def test_several_quotes_snap():
    script = act(lambda s: s.quote_many([("TEST", price_of(s, 90.5), price_of(s, 110.5), 1)], snap="outward"), see)
    assert standing(script) == [("BUY", 90), ("SELL", 111)]


def test_without_it_a_price_off_the_grid_is_refused_and_nothing_is_sent():
    def send(s):
        with pytest.raises(OffGrid, match="the nearest are"):
            s.quote("TEST", price_of(s, 90.5), price_of(s, 110), qty_lots=1)

    assert standing(act(send, see)) == []


@pytest.mark.parametrize("snap", ["up", "", True, 1, "OUTWARD"])
def test_another_word_is_refused_with_the_words_there_are(snap):
    def send(s):
        with pytest.raises(InvalidArgument, match="snap must be one of 'outward', 'inward', 'nearest'"):
            s.buy("TEST", price=price_of(s, 90), qty_lots=1, snap=snap)
        with pytest.raises(InvalidArgument, match="snap must be one of"):
            s.quote("TEST", price_of(s, 90), None, qty_lots=1, snap=snap)

    act(send)
