"""Feed discipline: joining by each venue's rule, gaps, repeats, checksums, crossed books."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import velora as vl
from velora.data.feeds import (
    BINANCE_FUTURES,
    BINANCE_SPOT,
    COUNTED,
    LINKED,
    TIMED,
    UNNUMBERED,
    BookDiff,
    BookGuard,
    BookSync,
    FeedSnapshot,
    Missing,
    kraken_checksum,
    okx_checksum,
)
from velora.errors import InvalidArgument

BUY, SELL = 0, 1


def diff(first, last, previous=None):
    return BookDiff(first, last, previous)


def ids(given):
    """What came back: the last id of a snapshot or diff, None for something missing."""
    return [None if isinstance(item, Missing) else item.last_id for item in given]


def synced(rule, snapshot_id):
    sync = BookSync(rule)
    sync.on_snapshot(FeedSnapshot(snapshot_id))
    return sync


@pytest.mark.parametrize(
    ("rule", "old", "first", "second"),
    [
        (BINANCE_SPOT, diff(5, 10), diff(9, 12), diff(13, 14)),
        (BINANCE_SPOT, diff(5, 10), diff(11, 12), diff(13, 14)),
        (BINANCE_FUTURES, diff(5, 9, 4), diff(9, 10, 8), diff(15, 16, 10)),
        (BINANCE_FUTURES, diff(5, 9, 4), diff(10, 12, 8), diff(15, 16, 12)),
        (LINKED, diff(9, 10, 8), diff(0, 12, 10), diff(0, 15, 12)),
        (COUNTED, diff(9, 10), diff(10, 11), diff(12, 13)),
        (TIMED, diff(10, 10), diff(11, 11), diff(11, 11)),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
def test_old_diffs_are_dropped_and_the_first_one_joins(rule, old, first, second):
    sync = synced(rule, 10)
    assert sync.on_diff(old) == []
    assert sync.old == 1
    assert sync.on_diff(first) == [first]
    assert sync.on_diff(second) == [second]
    assert not sync.is_stale


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        (BINANCE_SPOT, diff(12, 14)),
        (BINANCE_FUTURES, diff(11, 14, 10)),
        (LINKED, diff(0, 14, 11)),
        (COUNTED, diff(12, 14)),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
def test_first_diff_that_does_not_join_is_a_gap(rule, first):
    sync = synced(rule, 10)
    missing, after = sync.on_diff(first)
    assert isinstance(missing, Missing)
    assert missing.first_id == 11
    assert after is first
    assert sync.is_stale


@pytest.mark.parametrize(
    ("rule", "chain", "broken"),
    [
        (BINANCE_SPOT, [diff(11, 12), diff(13, 15)], diff(17, 18)),
        (BINANCE_FUTURES, [diff(9, 12, 8), diff(14, 15, 12)], diff(17, 18, 16)),
        (LINKED, [diff(0, 12, 10), diff(0, 15, 12)], diff(0, 18, 16)),
        (COUNTED, [diff(11, 12), diff(13, 15)], diff(17, 18)),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
def test_broken_chain_is_a_gap_and_a_second_snapshot_with_what_was_held_mends_it(rule, chain, broken):
    sync = synced(rule, 10)
    for link in chain:
        assert sync.on_diff(link) == [link]
    assert sync.on_diff(chain[0]) == []
    assert sync.repeats == 1
    assert ids(sync.on_diff(broken)) == [None, 18]
    assert (sync.is_stale, sync.gaps, sync.held) == (True, 1, 1)
    joining = broken.previous_id if broken.previous_id is not None and rule is LINKED else 17
    given = sync.on_snapshot(FeedSnapshot(joining))
    assert ids(given) == [joining]
    # The last one held says that it goes on; it is believed when the next one says so too.
    assert ids(sync.on_diff(diff(19, 20, 18))) == [18, 20]
    assert not sync.is_stale


def test_held_diff_with_a_wrong_last_id_never_covers_newer_levels():
    sync = synced(BINANCE_FUTURES, 10)
    sync.on_diff(diff(9, 12, 8))
    sync.on_diff(diff(15, 16, 14))
    sync.on_diff(diff(17, 999, 16))  # 17..18 in truth
    assert ids(sync.on_snapshot(FeedSnapshot(20))) == [20]
    assert not sync.is_stale
    assert sync.on_diff(diff(17, 18, 16)) == []
    assert ids(sync.on_diff(diff(21, 22, 20))) == [None, 22]
    assert sync.is_stale


def test_okx_says_no_change_with_equal_ids_and_may_start_its_numbers_again():
    sync = synced(LINKED, 10)
    for link in (diff(0, 12, 10), diff(0, 12, 12), diff(0, 3, 12), diff(0, 5, 3)):
        assert sync.on_diff(link) == [link]
    assert sync.gaps == 0


def test_diffs_before_the_snapshot_are_held_and_follow_it():
    sync = BookSync(BINANCE_SPOT)
    for link in (diff(1, 5), diff(6, 10), diff(11, 15)):
        assert sync.on_diff(link) == []
    assert sync.needs_snapshot
    assert ids(sync.on_snapshot(FeedSnapshot(7))) == [7, 10, 15]
    sync = BookSync(BINANCE_SPOT, confirm=False)
    sync.on_diff(diff(6, 10))
    assert ids(sync.on_snapshot(FeedSnapshot(7))) == [7, 10]


def test_no_more_diffs_are_held_than_asked_for_and_what_fell_out_is_a_gap():
    sync = BookSync(BINANCE_SPOT, hold_max=2)
    for n in range(5):
        sync.on_diff(diff(10 * n + 1, 10 * n + 10))
    assert ids(sync.on_snapshot(FeedSnapshot(15))) == [15, None, 40, 50]
    assert sync.is_stale


def test_snapshot_that_is_older_than_a_whole_book_is_dropped():
    sync = synced(BINANCE_SPOT, 10)
    sync.on_diff(diff(11, 20))
    assert sync.on_snapshot(FeedSnapshot(15)) == []
    assert sync.last_id == 20


def test_lost_messages_make_the_book_stale_where_no_number_would_tell():
    sync = synced(UNNUMBERED, 0)
    assert sync.on_diff(diff(0, 0)) != []
    assert ids(sync.on_lost("the connection broke")) == [None]
    assert sync.is_stale


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=5, max_size=40),
    st.data(),
    st.sampled_from([BINANCE_SPOT, BINANCE_FUTURES, LINKED, COUNTED]),
)
def test_whatever_is_lost_repeated_or_reordered_nothing_is_applied_twice_or_skipped_unsaid(steps, data, rule):
    """The claim of the drill, on ids alone: while the sync says fresh, what it gave back is the whole chain."""
    chain, last = [], 100
    for step in steps:
        chain.append(BookDiff(last + 1, last + step, last))
        last += step
    feed = list(chain)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(feed) - 1))
        fault = data.draw(st.sampled_from(["drop", "repeat", "swap"]))
        if fault == "drop" and len(feed) > 1:
            del feed[at]
        elif fault == "repeat":
            feed.insert(data.draw(st.integers(at, len(feed))), feed[at])
        elif at + 1 < len(feed):
            feed[at], feed[at + 1] = feed[at + 1], feed[at]
    sync = synced(rule, 100)
    applied, joining = 100, -1
    for one in feed:
        for item in sync.on_diff(one):
            if isinstance(item, BookDiff) and not sync.is_stale:
                assert item.previous_id == applied or item.previous_id < joining <= item.last_id
                applied = item.last_id
                joining = -1
        if sync.is_stale:
            # Recovery: a snapshot of now.
            for item in sync.on_snapshot(FeedSnapshot(one.last_id)):
                if isinstance(item, FeedSnapshot):
                    applied = joining = item.last_id
                elif isinstance(item, BookDiff):
                    assert item.last_id >= applied
                    applied = item.last_id
            if sync.is_stale:
                return


# ---------------------------------------------------------------------- checksums


def instrument(tick="0.1", lot="1"):
    return vl.Instrument("X", tick_size=tick, lot_size=lot)


def book_of(inst, bids, asks):
    book = vl.OrderBookL2(inst)
    for side, levels in ((BUY, bids), (SELL, asks)):
        for price, qty in levels:
            book.set(side, inst.price_to_ticks(price), inst.qty_to_lots(qty))
    return book


def test_okx_checksum_is_that_of_its_documentation():
    inst = instrument()
    book = book_of(inst, [("3366.1", "7"), ("3366", "6")], [("3366.8", "9"), ("3368", "8")])
    assert okx_checksum(inst)(book) == -1881014294


def test_okx_checksum_leaves_out_a_side_that_has_ended():
    inst = instrument()
    one = book_of(inst, [("3366.1", "7")], [("3366.8", "9"), ("3368", "8"), ("3372", "8")])
    assert okx_checksum(inst)(one) == 831078360


def test_kraken_checksum_is_that_of_its_documentation():
    # https://docs.kraken.com/api/docs/guides/spot-ws-book-v1: expected 974947235
    asks = [
        "0.05005",
        "0.05010",
        "0.05015",
        "0.05020",
        "0.05025",
        "0.05030",
        "0.05035",
        "0.05040",
        "0.05045",
        "0.05050",
    ]
    bids = [
        "0.05000",
        "0.04995",
        "0.04990",
        "0.04980",
        "0.04975",
        "0.04970",
        "0.04965",
        "0.04960",
        "0.04955",
        "0.04950",
    ]
    inst = instrument("0.00001", "0.00000001")
    book = book_of(inst, [(price, "0.00000500") for price in bids], [(price, "0.00000500") for price in asks])
    assert kraken_checksum(inst, price_decimals=5)(book) == 974947235


def test_kraken_checksum_needs_at_least_the_decimals_of_the_grid():
    with pytest.raises(InvalidArgument, match=r"tick_size 0\.001 has more than 2 decimals"):
        kraken_checksum(instrument("0.001"), price_decimals=2)


# ---------------------------------------------------------------------- guard


def guard(**options):
    inst = instrument()
    found = BookGuard(vl.OrderBookL2(inst), **options)
    for side, price in ((BUY, 100), (BUY, 99), (SELL, 102), (SELL, 103)):
        found.set(side, price, 5)
    assert found.end().removed == []
    return found


def test_levels_that_a_batch_crosses_and_does_not_mention_are_phantoms():
    found = guard()
    found.set(BUY, 103, 1)
    verdict = found.end()
    assert (verdict.was_crossed, verdict.fault) == (True, "")
    assert verdict.removed == [(SELL, 102), (SELL, 103)]
    assert (found.book.best_bid_ticks, found.book.best_ask_ticks) == (103, None)


def test_levels_that_are_both_new_leave_the_book_at_fault():
    found = guard()
    found.set(BUY, 102, 1)
    found.set(SELL, 102, 1)
    assert "nothing tells which is newer" in found.end().fault


def test_an_older_batch_does_not_make_a_level_new():
    found = guard()
    found.set(SELL, 104, 1)
    found.end()
    found.set(BUY, 104, 1)
    assert found.end().removed == [(SELL, 102), (SELL, 103), (SELL, 104)]


@pytest.mark.parametrize(("crossed", "fault"), [("stale", "the book is crossed"), ("keep", "")])
def test_crossed_books_may_be_at_fault_or_kept(crossed, fault):
    found = guard(crossed=crossed)
    found.set(BUY, 103, 1)
    verdict = found.end()
    assert (verdict.removed, verdict.fault, verdict.was_crossed) == ([], fault, True)


def test_levels_beyond_the_venues_depth_are_removed():
    found = guard(depth=2)
    found.set(BUY, 101, 1)
    assert found.end().removed == [(BUY, 99)]


def test_checksum_that_differs_leaves_the_book_at_fault():
    found = guard(checksum=lambda _: 7)
    assert found.end(7).fault == ""
    assert found.end(8).fault == "the book's checksum is 7, the venue's 8"


@pytest.mark.parametrize("options", [{"crossed": "no"}, {"depth": 0}])
def test_guard_refuses_what_it_does_not_know(options):
    with pytest.raises(InvalidArgument):
        guard(**options)
