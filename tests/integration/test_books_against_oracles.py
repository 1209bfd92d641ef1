"""Books rebuilt from recorded sessions, against oracles that owe nothing to this library."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from recordings import kraken_books, lobster_books

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.data.feeds import UNNUMBERED, BookDiff, BookGuard, BookSync, FeedSnapshot, kraken_checksum
from velora.data.importers import detect_format, import_files
from velora.data.levels import LevelsOfOrders
from velora.sim.queue_score import score_queue_models
from velora.strategy.examples import MarketMaker

LAST = int(EventFlag.LAST)
SNAPSHOT = int(EventFlag.SNAPSHOT)
CROSSED_FROM, CROSSED_TO = 1703543995_000000000, 1703545200_000000000  # the pre-open auction of 2023-12-25


def load(path, tmp_path, **options):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    summary = import_files([path], catalog, format=detect_format([path]), **options)
    (one,) = summary.instruments
    return summary, one, catalog.source(one.name).table()


@pytest.mark.parametrize(
    ("name", "levels", "steps", "hidden"),
    [("GOOG_2012-06-21_10", 10, 147_916, 3_913), ("AAPL_2012-06-21_1", 1, 118_497, 11_332)],
    ids=["GOOG", "AAPL"],
)
def test_lobster_orders_make_the_order_book_file_at_every_step(shared_data, tmp_path, name, levels, steps, hidden):
    path = shared_data / "lobster" / f"LOBSTER_SampleFile_{name}.zip"
    summary, one, table = load(path, tmp_path)
    assert summary.lines == steps
    assert (one.book_equal, one.book_checked) == (steps - 1, steps - 1)
    assert set(summary.defects) == {"hidden fill between two ticks, rounded"}
    assert int((table.flags & EventFlag.HIDDEN != 0).sum()) == hidden

    # The rows alone, without what the importer knew: after the rows of each time, the book is the file's at it.
    book = vl.OrderBookL3(table.instrument)
    ts = table.ts_event
    ends = np.append(np.flatnonzero(np.diff(ts)) + 1, len(ts))
    books = dict(zip(message_times(path, table), lobster_books(path, levels), strict=True))  # the last of each time
    start = wrong = 0
    for end in ends.tolist():
        rows = slice(start, end)
        book.apply(table.kind[rows], table.side[rows], table.price[rows], table.qty[rows], table.order_id[rows])
        sides = [list(zip(*(a.tolist() for a in book.levels.levels(s, levels)), strict=True)) for s in (0, 1)]
        wrong += tuple(sides) != books[int(ts[start])]
        start = end
    assert wrong == 0
    assert len(books) == len(ends)


def message_times(path, table):
    """Venue times of the messages: as text in the file, ns after midnight in New York, summer time."""
    import zipfile

    midnight = int(np.datetime64("2012-06-21T04:00:00", "ns").astype(np.int64))
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if "message" in name]
        for line in archive.read(name).decode().splitlines():
            yield midnight + int(Decimal(line.partition(",")[0]) * 1_000_000_000)


def test_kraken_books_have_the_venues_checksum_after_every_update(shared_data):
    sync, guards, decimals = {}, {}, {}
    checked = 0
    for message in kraken_books(shared_data / "cryptofeed_ws" / "KRAKEN.ws.50.0.gz"):
        pair = message.pair
        if message.is_snapshot and pair not in guards:
            places = len(message.levels[0][1].partition(".")[2])
            inst = vl.Instrument(pair, tick_size=Decimal(1).scaleb(-places), lot_size="0.00000001")
            check = kraken_checksum(inst, price_decimals=places)
            guards[pair] = BookGuard(vl.OrderBookL2(inst), checksum=check, depth=1000, crossed="stale")
            sync[pair], decimals[pair] = BookSync(UNNUMBERED), inst
        if message.is_snapshot:
            given = sync[pair].on_snapshot(FeedSnapshot(0, body=message))
        else:
            given = sync[pair].on_diff(BookDiff(0, 0, body=message, checksum=message.checksum))
        guard, inst = guards[pair], decimals[pair]
        for item in given:
            if item.body.is_snapshot:
                guard.clear()
            for side, price, qty in item.body.levels:
                guard.set(side, inst.price_to_ticks(price), inst.qty_to_lots(qty))
            verdict = guard.end(item.body.checksum)
            assert verdict.fault == ""
            checked += item.body.checksum is not None
    assert (len(guards), checked) == (10, 4_269)


def test_cme_book_is_crossed_in_the_auction_and_never_else(shared_data, tmp_path):
    path = shared_data / "databento_cme" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
    summary, one, table = load(path, tmp_path)
    assert (summary.lines, summary.defects, one.trades) == (68_792, {}, 2_973)
    assert str(table.instrument.tick_size) == "0.25"
    book = vl.OrderBookL3(table.instrument)
    crossed, batches, start = [], 0, 0
    for end in (np.flatnonzero((table.flags & LAST != 0) & (table.kind != EventKind.TRADE)) + 1).tolist():
        rows = slice(start, end)
        book.apply(table.kind[rows], table.side[rows], table.price[rows], table.qty[rows], table.order_id[rows])
        if book.is_crossed:
            crossed.append(int(table.ts_event[end - 1]))
        batches += 1
        start = end
    assert (len(crossed), batches) == (891, 47_022 + 1)  # and the snapshot's
    assert (one.crossed, one.crossed_first_ts, one.snapshots) == (891, crossed[0], 1)
    assert one.crossed_share == pytest.approx(0.01394, abs=1e-5)  # of the day
    assert min(crossed) >= CROSSED_FROM
    assert max(crossed) < CROSSED_TO


def test_cme_fills_are_executions_and_their_volume_is_that_of_the_trades(shared_data, tmp_path):
    path = shared_data / "databento_cme" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
    _, _, table = load(path, tmp_path)
    traded = int(table.qty[table.kind == EventKind.TRADE].sum())
    filled = int(table.qty[table.kind == EventKind.ORDER_EXECUTE].sum())
    # What the fills have less: implied and aggressor-side fills, and the hidden part of icebergs.
    assert 0.9 * traded < filled <= traded


def test_the_audit_of_the_cme_session_says_how_long_it_was_crossed(shared_data, tmp_path):
    path = shared_data / "databento_cme" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
    load(path, tmp_path)
    catalog = vl.Catalog(tmp_path / "catalog")
    result = vl.Backtest(catalog, vl.Strategy(), latency="1ms").run()
    assert result.audit().item("Crossed book").grade == "unknown"
    found = result.audit(catalog)
    assert (found.item("Crossed book").value, found.item("Crossed book").grade) == ("1.394 % of the time", "poor")
    assert [found.item(name).grade for name in ("Gaps", "Snapshots")] == ["good", "good"]


def test_mbp_1_is_read_as_quotes_and_trades(shared_data, tmp_path):
    path = shared_data / "databento_cme" / "esu4-mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst"
    summary, one, table = load(path, tmp_path)
    assert (summary.lines, one.name) == (2_288, "ESU4")
    assert one.trades == int((table.kind == EventKind.TRADE).sum()) > 0
    quotes = table.kind == EventKind.QUOTE
    bids, asks = table.price[quotes & (table.side == Side.BUY)], table.price[quotes & (table.side == Side.SELL)]
    assert (bids < asks).all()


def test_bitstamp_day_loads_and_says_how_far_the_venues_own_book_agrees(shared_data, tmp_path):
    summary, one, table = load(shared_data / "bitstamp" / "2015-05-01.log.bz2", tmp_path)
    assert summary.lines == 276_767
    assert one.messages["order_created"] == 118_960
    assert one.trades == 4_251
    # The oracle is not exact: the venue's books lag its orders, and orders go without a word.
    assert one.book_checked == 1_199_640
    assert 0.91 < one.book_equal / one.book_checked < 0.97
    assert summary.defects == {"order unknown": 532, "order left behind, removed": 13}
    book = vl.OrderBookL3(table.instrument)
    assert book.apply(table.kind, table.side, table.price, table.qty, table.order_id) == 0
    assert not book.is_crossed


class FusedTop(vl.Strategy):
    """Counts quotes after which the fused book's top is the quote, and diffs after which nothing else is left of it."""

    def __init__(self, table):
        self.ids = iter(table.order_id[(table.kind == EventKind.QUOTE) & (table.side == Side.SELL)].tolist())
        self.quotes = self.equal = self.crossed = 0

    def on_start(self):
        (self.on,) = self.instruments
        self.subscribe_quotes(self.on)
        self.subscribe_book(self.on)

    def on_quote(self, quote):
        book = self.book(self.on)
        if next(self.ids) <= book.update_id or book.bid_levels == 0:
            return  # the diffs know more already
        self.quotes += 1
        self.equal += (book.best_bid_ticks, book.best_ask_ticks) == (quote.bid_ticks, quote.ask_ticks)
        self.crossed += book.is_crossed

    def on_book(self, book):
        self.crossed += book.is_crossed


@pytest.mark.parametrize(
    "files",
    [["binance_usdm/btcusdt_20240808.gz"], ["binance_spot/btcusdt_20240808.gz", "binance_spot/btcusdt_20240809.gz"]],
    ids=["usdm", "spot"],
)
def test_fused_book_has_the_quotes_top_and_ends_as_the_diffs_alone_do(shared_data, tmp_path, files):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    import_files([shared_data / name for name in files], catalog, format="binance-capture")
    table = catalog.source("BTCUSDT").table()
    for fuse in (True, False):
        watch = FusedTop(table)
        run = vl.Backtest(table, watch, fuse_quotes=fuse, sample=0).start()
        run.advance_to_end()
        if fuse:
            assert watch.quotes > 40_000
            assert watch.equal == watch.quotes
            assert watch.crossed == 0
        else:
            assert watch.equal < watch.quotes
        run.finish()
    assert caught_up(table, True) == caught_up(table, False)


def caught_up(table, fuse):
    """Hash of the book after the last diff, when it has caught up with every quote before it."""
    last = int(np.flatnonzero(table.kind == EventKind.DELTA)[-1])
    caught = np.flatnonzero((table.kind == EventKind.QUOTE) & (table.order_id > table.order_id[last]))
    keep = np.ones(len(table), bool)
    keep[caught] = False
    keep[last + 1 :] = False
    part = vl.EventTable.from_numpy(
        table.instrument,
        check=False,
        **{
            name: np.ascontiguousarray(getattr(table, name)[keep])
            for name in ("ts_event", "ts_recv", "kind", "side", "flags", "price", "qty", "order_id")
        },
    )
    run = vl.Backtest(part, FusedTop(part), fuse_quotes=fuse, sample=0).start()
    run.advance_to_end()
    found = run.book(table.instrument).state_hash()
    run.finish()
    return found


@pytest.mark.parametrize(
    ("path", "fifo"),
    [
        ("lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip", 0.999),
        ("lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip", 0.998),
        ("databento_cme/esh4-glbx-mdp3-20231225.mbo.dbn.zst", 0.945),
        ("bitstamp/2015-05-01.log.bz2", 0.999),
    ],
    ids=["GOOG", "AAPL", "ES", "BTCUSD"],
)
def test_true_places_lie_between_the_bounds_of_the_queue_models(shared_data, tmp_path, path, fifo):
    _, _, table = load(shared_data / path, tmp_path)
    score = score_queue_models(table, ["risk_averse", "optimistic", "log2"], every=5, virtual=1_000)
    assert score.fifo_share == pytest.approx(fifo, abs=1e-3)
    for group in score.groups:
        by_name = {one.model: one for one in group.models}
        # On every comparison, so that the mean error is the mean absolute error: but for executions out of the order.
        slack = 1 - score.fifo_share
        assert by_name["optimistic"].mae_lots == pytest.approx(-by_name["optimistic"].bias_lots, rel=slack)
        assert by_name["risk_averse"].mae_lots == pytest.approx(by_name["risk_averse"].bias_lots, rel=slack)
        assert by_name["optimistic"].recall >= by_name["log2"].recall >= by_name["risk_averse"].recall


def test_levels_of_orders_make_the_lobster_book_and_carry_a_backtest(shared_data, tmp_path):
    _, _, table = load(shared_data / "lobster" / "LOBSTER_SampleFile_AAPL_2012-06-21_1.zip", tmp_path)
    by_order, by_level = vl.OrderBookL3(table.instrument), vl.OrderBookL2(table.instrument)
    by_order.apply(table.kind, table.side, table.price, table.qty, table.order_id)
    for chunk in LevelsOfOrders(table).chunks(10_000):
        by_level.apply(chunk.kind, chunk.side, chunk.price, chunk.qty)
    assert by_level == by_order.levels
    result = vl.Backtest(
        vl.Catalog(tmp_path / "catalog"), MarketMaker(qty_lots=1, cap_lots=10, offset_ticks=1.0), latency="1ms"
    ).run()
    assert result.counters["orders"] > 1_000
    assert len(result.fills) > 100
