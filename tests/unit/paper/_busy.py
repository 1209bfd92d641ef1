"""A strategy that uses what there is, and its drivers, for the tests of the two modes."""

from __future__ import annotations

import velora as vl
from velora.paper.clock import ManualClock


class Busy(vl.Strategy):
    """Timers, quotes, orders of its own, amends, candles, signals, an execution algorithm and places in queues.

    Times go into its decisions, so that a replay at other times decides otherwise.
    """

    def __init__(self, symbol: str | None = None) -> None:
        self.symbol = symbol
        self.seen = 0

    def on_start(self):
        self.symbol = self.symbol or self.instruments[0].symbol
        self.market = self.book(self.symbol)
        self.held = self.position(self.symbol)
        self.long = None
        self.places = 0
        self.track_queue(self.symbol)
        self.subscribe_candles(self.symbol, "700ms")
        self.subscribe_book(self.symbol, every_n=5)
        self.every("130ms", self.requote)
        self.every("1s", name="tick")
        self.after("2s", self.begin_execution)

    def begin_execution(self):
        self.execution = self.execute(vl.Twap(self.symbol, "BUY", qty_lots=40, duration="4s", slices=8, seed=1))

    def requote(self):
        bid, ask = self.market.best_bid_ticks, self.market.best_ask_ticks
        if bid is None or ask is None:
            return
        wide = self.seen % 2
        self.quote(self.market.instrument, bid_ticks=bid - wide, ask_ticks=ask + wide, qty_lots=10)

    def on_trade(self, trade):
        self.seen += 1
        if self.seen % 20 == 0:
            self.emit("trades", self.seen)

    def on_quote(self, quote):
        if quote.ts_recv % 7 == 0 and self.long is None and quote.bid_ticks:
            self.long = self.buy(self.symbol, price_ticks=quote.bid_ticks - 3, qty_lots=2)

    def on_book(self, book):
        pass

    def on_signal(self, signal):
        if self.held.qty_lots > 0:
            self.sell(self.symbol, qty_lots=1)
        if self.market.best_ask_ticks:
            far = self.market.best_ask_ticks + 40
            with self.batch():
                self.sell(self.symbol, price_ticks=far, qty_lots=1, expire=self.now + 300_000_001)
                self.buy(self.symbol, qty_lots=1, stop_ticks=far)

    def on_candle(self, candle):
        if self.long is not None and not self.long.is_done:
            place = self.queue_position(self.long)
            if place is not None and place.ahead_lots >= 0:
                self.places += 1
                self.amend(self.long, price_ticks=candle.close_ticks - 2 - self.seen % 3)

    def on_timer(self, timer):
        self.seen += self.now % 3

    def on_order(self, order):
        if self.long is not None and order.id == self.long.id and order.is_done:
            self.long = None

    def on_fill(self, fill):
        self.seen += fill.ts_recv % 2

    def on_stop(self):
        self.cancel_all()


def drive(live, *, stop_at=None):
    """Run a live run on its `ManualClock` from due time to due time; ends the run in order unless it stops before."""
    clock = live.clock
    assert isinstance(clock, ManualClock)
    live.start()
    while live.pump():
        if stop_at is not None and clock.ts >= stop_at:
            break
        clock.ts = max(clock.ts, live.driver.next_due)
    return live.finish()
