"""A run that starts inside its data is, from its start on, the run over all of the data."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.data import states
from velora.paper.clock import ManualClock
from velora.paper.run import PacedRun
from velora.sim.feed_latency import FeedLatency

COLUMNS = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")


class Rows:
    """Rows of a random feed, in the order of receipt."""

    def __init__(self, seed: int, *, symbol: str = "TEST", latency: tuple[int, ...] = (20,)) -> None:
        self.rng = random.Random(seed)
        self.instrument = vl.Instrument(symbol, tick_size=1, lot_size=1, quote="USD", taker_fee="0.001")
        self.latency = latency
        self.ts = 1_000
        self.ids = 0
        self.recv = 0
        self.out: list[tuple[int, ...]] = []

    def message(self, *rows, late: bool = False) -> None:
        """Rows of one instant; `late`: their venue time lies before that of rows already sent."""
        event = self.ts - (self.rng.choice([3, 15, 60]) if late else 0)
        self.recv = max(self.recv, self.ts + self.rng.choice(self.latency))
        for at, (kind, side, price, qty, flags, number) in enumerate(rows):
            last = EventFlag.LAST if at == len(rows) - 1 else 0
            self.out.append((event, self.recv, int(kind), int(side), int(flags | last), price, qty, number))
        self.ts += self.rng.choice([0, 0, 1, 7, 30])

    def table(self) -> vl.EventTable:
        small = {"kind", "side", "flags"}
        columns = {
            name: np.array(values, np.uint8 if name in small else np.int64)
            for name, values in zip(COLUMNS, zip(*self.out, strict=True), strict=True)
        }
        return vl.EventTable.from_numpy(self.instrument, **columns)


def others(rows: Rows, *, quotes: bool) -> None:
    """A message that is not of the book."""
    rng, draw = rows.rng, rows.rng.random()
    side = Side(rng.randrange(2))
    if draw < 0.55:
        flags = rng.choice([0, 0, 0, EventFlag.OFF_BOOK, EventFlag.HIDDEN])
        row = (EventKind.TRADE, side, rng.randrange(18, 33), rng.randrange(1, 9), flags, 0)
        rows.message(row, late=rng.random() < 0.2)
    elif draw < 0.85 and quotes:
        number = rows.ids + rng.choice([-2, 0, 1, 4])
        bid = rng.randrange(18, 26)
        rows.message(
            (EventKind.QUOTE, Side.BUY, bid, rng.randrange(1, 9), 0, number),
            (EventKind.QUOTE, Side.SELL, bid + rng.randrange(1, 4), rng.randrange(1, 9), 0, number),
            late=rng.random() < 0.2,
        )
    elif draw < 0.9:
        rows.message((EventKind.STATUS, Side.NONE, 0, rng.choice([0, 1, 1]), 0, 0))
    else:
        kind = rng.choice([EventKind.MARK_PRICE, EventKind.FUNDING])
        rows.message((kind, Side.NONE, rng.randrange(20, 30) * 10**8, 1_000, 0, 0))


def by_level(seed: int, *, late_books: bool, first_snapshot: bool = True, count: int = 220) -> vl.EventTable:
    rows = Rows(seed, latency=(0, 5, 20, 20, 90))
    rng = rows.rng

    def snapshot() -> None:
        mid, rows.ids = rng.randrange(20, 28), rows.ids + 1
        prices = [
            (side, mid - at if side == Side.BUY else mid + 1 + at) for side in Side if side < 2 for at in range(4)
        ]
        levels = [(EventKind.DELTA, *price, rng.randrange(1, 9), EventFlag.SNAPSHOT) for price in prices]
        rows.message(
            (EventKind.SNAPSHOT_BEGIN, Side.NONE, 0, 0, EventFlag.SNAPSHOT, rows.ids),
            *((*level, rows.ids) for level in levels),
            (EventKind.SNAPSHOT_END, Side.NONE, 0, 0, EventFlag.SNAPSHOT, rows.ids),
        )

    if first_snapshot:
        snapshot()
    while len(rows.out) < count:
        draw = rng.random()
        if draw < 0.6:
            rows.ids += 1
            diff = []
            for _ in range(rng.randrange(1, 4)):
                side = Side(rng.randrange(2))
                price = rng.randrange(15, 27) if side == Side.BUY else rng.randrange(24, 36)
                diff.append((EventKind.DELTA, side, price, rng.choice([0, 0, 1, 3, 8]), 0, rows.ids))
            rows.message(*diff, late=late_books and rng.random() < 0.2)
        elif draw < 0.94:
            others(rows, quotes=True)
        elif draw < 0.97:
            rows.message((EventKind.GAP, Side.NONE, 0, 0, 0, rows.ids + 1))
        else:
            snapshot()
    return rows.table()


def by_order(seed: int, *, late_books: bool = False, count: int = 220) -> vl.EventTable:
    rows = Rows(seed, latency=(0, 5, 20, 20, 90))
    rng = rows.rng
    alive: dict[int, list[int]] = {}

    def price_of(side: Side) -> int:
        return rng.randrange(15, 25) if side == Side.BUY else rng.randrange(25, 36)

    def add(flags: int = 0):
        rows.ids += 1
        side = Side(rng.randrange(2))
        alive[rows.ids] = [side, price_of(side), rng.randrange(1, 9)]
        return (EventKind.ORDER_ADD, *alive[rows.ids], flags, rows.ids)

    def snapshot() -> None:
        alive.clear()
        rows.message(
            (EventKind.SNAPSHOT_BEGIN, Side.NONE, 0, 0, EventFlag.SNAPSHOT, 0),
            *(add(EventFlag.SNAPSHOT) for _ in range(14)),
            (EventKind.SNAPSHOT_END, Side.NONE, 0, 0, EventFlag.SNAPSHOT, 0),
        )

    snapshot()
    while len(rows.out) < count:
        draw = rng.random()
        if draw < 0.35 or not alive:
            rows.message(add())
        elif draw < 0.75:
            number = rng.choice(list(alive))
            side, price, qty = alive[number]
            kind = rng.choice([EventKind.ORDER_CHANGE, EventKind.ORDER_CANCEL, EventKind.ORDER_EXECUTE])
            if kind == EventKind.ORDER_CHANGE:
                price, qty = rng.choice([price, price_of(side)]), rng.randrange(1, 9)
                alive[number] = [side, price, qty]
            else:
                qty = rng.randrange(1, qty + 1)
                alive[number][2] -= qty
                if alive[number][2] == 0:
                    del alive[number]
            rows.message((kind, side, price, qty, 0, number))
        elif draw < 0.95:
            others(rows, quotes=False)
        elif draw < 0.97:
            rows.message((EventKind.GAP, Side.NONE, 0, 0, 0, 0))
        else:
            snapshot()
    return rows.table()


def by_quotes(seed: int, *, late_books: bool = False, count: int = 220) -> vl.EventTable:
    rows = Rows(seed, latency=(0, 5, 20, 20, 90))
    while len(rows.out) < count:
        others(rows, quotes=True)
    return rows.table()


FEEDS = {"by level": by_level, "by order": by_order, "by quotes": by_quotes}


class Idle(vl.Strategy):
    """Does nothing before `begin`, then trades on everything it sees, always alike."""

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.steps = 0
        self.told: list[tuple] = []

    def on_start(self):
        self.symbol = self.instruments[0].symbol
        for at in range(40):
            self.at(self.begin + 1 + 13 * at, self.act)

    def see(self, *what):
        if self.now >= self.begin:
            self.told.append((self.now, *what))
            self.steps += 1
            if self.steps % 5 == 0:
                self.act()

    def act(self):
        book = self.book(self.symbol)
        side = "BUY" if self.steps % 2 else "SELL"
        send = self.buy if side == "BUY" else self.sell
        best = book.best_bid_ticks if side == "BUY" else book.best_ask_ticks
        other = book.best_ask_ticks if side == "BUY" else book.best_bid_ticks
        self.told.append((self.now, book.is_stale, book.best_bid_ticks, book.best_ask_ticks, book.update_id))
        if best is not None and self.steps % 3:
            send(self.symbol, 2, price_ticks=best)
        elif other is not None and self.steps % 7 == 0:
            send(self.symbol, 1)
        elif best is not None and self.steps % 4 == 0:
            send(self.symbol, 1, stop_ticks=best + (2 if side == "BUY" else -2))
        self.steps += 1

    def on_trade(self, trade):
        self.see("trade", trade.price_ticks, trade.qty_lots)

    def on_book(self, book):
        self.see("book", book.best_bid_ticks, book.best_ask_ticks, book.is_stale)

    def on_quote(self, quote):
        self.see("quote", quote.bid_ticks, quote.ask_ticks)

    def on_order(self, order):
        self.told.append((self.now, "order", order.id, order.state.name, order.reason.name))


def levels(book: vl.OrderBookL2) -> tuple:
    taken = book.copy()
    return (book.bids(), book.asks(), book.is_stale, taken.state_hash())


def fills(result: vl.Result) -> list[tuple]:
    """Each fill; of a taker the datum is the last row that the venue had seen, which a state does not tell."""
    names = ("ts_venue", "ts_local", "order_id", "side", "cause", "maker", "price", "qty", "fee", "position")
    return [
        (*(int(fill[name]) for name in names), int(fill["datum_ts"]) if fill["maker"] else None)
        for fill in result.fills_raw
    ]


def orders(result: vl.Result) -> list[tuple]:
    return [tuple(order.tolist()) for order in result.orders_raw]


def assert_same(whole, inside, begin: int, times) -> None:
    """Books at each of the times, and what the strategies saw and did."""
    one, other = whole.start(), inside.start()
    assert other.now == begin
    for ts in times:
        one.advance_to(int(ts))
        other.advance_to(int(ts))
        for index, instrument in enumerate(one.instruments):
            assert levels(one.book(instrument)) == levels(other.book(instrument)), (ts, "local")
            assert levels(one._replay.venue_book(index)) == levels(other._replay.venue_book(index)), (ts, "venue")
    one.advance_to_end()
    other.advance_to_end()
    first, second = one.finish(), other.finish()
    assert whole.strategy.told == inside.strategy.told
    assert orders(first) == orders(second)
    assert fills(first) == fills(second)


def instants(table: vl.EventTable, seed: int) -> tuple[int, np.ndarray]:
    """A start inside of the table, and the times after it at which something happens or is received.

    Another feed latency than the data's neither moves the first row behind it nor the last one before it.
    """
    rng = random.Random(seed)
    begin = rng.randrange(int(table.ts_recv[0]) + 30, int(table.ts_recv[-1]) - 100)
    times = np.unique(np.concatenate([table.ts_event, table.ts_recv]))
    return begin, np.concatenate([[begin], times[times > begin]])


ASSUMPTIONS = (
    {"latency": 0},
    {"latency": "17ns"},
    {"latency": "5ns", "fuse_quotes": True, "queue": "optimistic"},
    {
        "latency": vl.Latency(
            entry=vl.ns(9), response=vl.ns(4), load=vl.LatencyLoad(service=vl.ns(3), window=vl.ns(640))
        )
    },
    {"latency": vl.Latency(entry=vl.ns(3), feed=FeedLatency(vl.ns(25)))},
    {"latency": vl.Latency(entry=vl.ns(3), feed=FeedLatency(vl.ns(-4), scale=0.5))},
    {"latency": "3ns", "rules": "hftbacktest"},
)


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    late=st.booleans(),
    how=st.integers(0, len(ASSUMPTIONS) - 1),
    rows=st.sampled_from([7, 64, 65_536]),
)
def test_a_run_from_inside_is_the_whole_run_from_there_on(feed, seed, late, how, rows):
    table = FEEDS[feed](seed, late_books=late)
    begin, times = instants(table, seed)
    how = dict(ASSUMPTIONS[how])
    if feed == "by order":
        how.pop("rules", None)
    whole = vl.Backtest(table, Idle(begin), chunk_rows=rows, **how)
    inside = vl.Backtest(table, Idle(begin), start=begin, chunk_rows=rows, **how)
    assert_same(whole, inside, begin, times)


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), late=st.booleans(), how=st.integers(0, len(ASSUMPTIONS) - 1))
def test_a_catalog_with_states_gives_the_same(feed, seed, late, how):
    table = FEEDS[feed](seed, late_books=late, count=400)
    begin, times = instants(table, seed)
    how = dict(ASSUMPTIONS[how])
    if feed == "by order":
        how.pop("rules", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(states, "_ROWS_MIN", 40)
        patch.setattr(states, "_ROWS_PER_STATE_ROW", 0)
        catalog = vl.Catalog(f"memory://start-inside-{feed.replace(' ', '-')}", create=True)
        catalog.write(table, overwrite=True, chunk_rows=97)
    whole = vl.Backtest(table, Idle(begin), **how)
    inside = vl.Backtest(catalog, Idle(begin), start=begin, **how)
    assert_same(whole, inside, begin, times)


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), late=st.booleans(), how=st.integers(0, 4))
def test_a_live_run_from_inside_is_the_backtest_from_there(feed, seed, late, how):
    table = FEEDS[feed](seed, late_books=late)
    begin, _ = instants(table, seed)
    backtest = vl.Backtest(table, Idle(begin), start=begin, **ASSUMPTIONS[how])
    result = backtest.run()
    live = PacedRun(vl.Backtest(table, Idle(begin), start=begin, **ASSUMPTIONS[how]), clock=ManualClock())
    live.start()
    while live.pump():
        live.clock.ts = max(live.clock.ts, live.driver.next_due)
    again = live.finish()
    assert live.strategies["Idle"].told == backtest.strategy.told
    assert fills(again) == fills(result)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), late=st.booleans(), how=st.sampled_from([0, 1, 3]))
def test_a_start_before_the_first_snapshot_is_stale_until_it_and_the_whole_run_from_then_on(seed, late, how):
    table = by_level(seed, late_books=late, first_snapshot=False, count=300)
    begin, times = instants(table, seed)
    ends = table.kind == EventKind.SNAPSHOT_END
    received, happened = (np.sort(column[ends]) for column in (table.ts_recv, table.ts_event))
    one = vl.Backtest(table, Idle(begin), **ASSUMPTIONS[how]).start()
    other = vl.Backtest(table, Idle(begin), start=begin, **ASSUMPTIONS[how]).start()
    for ts in times:
        one.advance_to(int(ts))
        other.advance_to(int(ts))
        book, venue = other.book("TEST"), other._replay.venue_book(0)
        for mine, whole, known in (
            (book, one.book("TEST"), received),
            (venue, one._replay.venue_book(0), happened),
        ):
            if len(known) and known[0] <= ts:
                assert levels(mine) == levels(whole)
            elif len(known):
                assert mine.is_stale
