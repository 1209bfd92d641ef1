"""Views outlive nothing they need: whatever is kept of a run, memory is freed once and only when nobody needs it."""

from __future__ import annotations

import gc

import velora as vl
from velora.core.events import Side
from velora.testkit.flow import Flow, Script


def _flow():
    return Flow().snapshot(0, bids=[(100, 5)], asks=[(101, 5)]).trade(20, Side.SELL, 99, 10).delta(50, Side.BUY, 100, 7)


def test_views_kept_after_a_run_stay_readable():
    script = Script((10, lambda s: s.bid(100, 2)))
    run = vl.Backtest(_flow().table(), script).start()
    book, position = run.book("TEST"), run.position("TEST")
    run.advance_to_end()
    run.finish()
    order = script.placed[0]
    del run, script
    gc.collect()
    assert book.best_bid_qty == 7.0
    assert position.qty_lots == 2
    assert order.cum_qty_lots == 2


def test_cycles_through_views_are_collected_without_freeing_twice():
    # The collector clears a view's owner before the view is freed; the view must not take the book for its own.
    for _ in range(20):
        script = Script((10, lambda s: s.bid(100, 2)))
        run = vl.Backtest(_flow().table(), script).start()
        script.market = run.book("TEST")
        script.run = run
        run.advance_to_end()
        run.finish()
        del run, script
        gc.collect()


def test_an_object_kept_from_a_callback_stays_as_it_was():
    class Keeper(vl.Strategy):
        def __init__(self):
            self.kept = []

        def on_trade(self, trade):
            self.kept.append(trade)

    keeper = Keeper()
    flow = Flow().trade(1, Side.BUY, 100, 1).trade(2, Side.SELL, 101, 2).trade(3, Side.BUY, 102, 3)
    vl.Backtest(flow.table(), keeper).run()
    assert [trade.price_ticks for trade in keeper.kept] == [100, 101, 102]


def test_an_object_not_kept_is_used_again():
    class Counter(vl.Strategy):
        def __init__(self):
            self.ids = set()

        def on_trade(self, trade):
            self.ids.add(id(trade))

    counter = Counter()
    flow = Flow()
    for ts in range(1, 50):
        flow.trade(ts, Side.BUY, 100, 1)
    vl.Backtest(flow.table(), counter).run()
    assert len(counter.ids) == 1
