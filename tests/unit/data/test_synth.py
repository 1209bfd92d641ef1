"""The synthetic market: the same bytes from the same seed, and a book that a venue could have had."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import velora as vl
from velora.core.clock import timestamp_ns
from velora.core.events import EventFlag, EventKind, Side
from velora.data.schema import COLUMNS
from velora.errors import CapacityError, InvalidArgument, VeloraError
from velora.testkit import ReferenceBook


def digest(table):
    return hashlib.sha256(
        b"".join(np.ascontiguousarray(getattr(table, name)).tobytes() for name in COLUMNS)
    ).hexdigest()


def books(table, times, depth=15):
    """The best levels at each venue time, from rows by level or by order."""
    names = ["kind", "side", "price", "qty"]
    if table.has_orders:
        names.append("order_id")
    book = (vl.OrderBookL3 if table.has_orders else vl.OrderBookL2)(table.instrument)
    view = book.levels if table.has_orders else book
    ends = np.searchsorted(table.ts_event, times, side="right").tolist()
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        book.apply(*(getattr(table, name)[begin:end] for name in names))
        yield [[level.tolist() for level in view.levels(side, depth)] for side in (Side.BUY, Side.SELL)]


def test_same_seed_gives_the_same_bytes_and_another_seed_others():
    one = vl.SyntheticMarket(11, events=20_000)
    assert digest(one.table()) == digest(vl.SyntheticMarket(11, events=20_000).table())
    assert digest(one.table()) != digest(vl.SyntheticMarket(12, events=20_000).table())


def test_bytes_are_those_of_every_machine():
    assert digest(vl.SyntheticMarket(7, events=50_000).table())[:16] == "0e36ce2956c52d1c"


@pytest.mark.parametrize(
    "flow",
    [{}, {"limit": (9.0,), "cancel": (0.2,), "far_levels": 600, "far_rate": 2_000.0}, {"theta_reinit": 1.0}],
    ids=["usual", "full queues", "redrawn"],
)
@pytest.mark.parametrize("seed", [3, 8])
def test_market_by_order_is_the_market_by_level(seed, flow):
    by_level = vl.SyntheticMarket(seed, duration="8s", **flow).table()
    market = vl.SyntheticMarket(seed, duration="8s", orders=True, **flow)
    by_order = market.table()
    assert market.has_orders
    assert by_order.has_orders
    for kind in (EventKind.TRADE, EventKind.QUOTE):
        for name in COLUMNS:
            one, other = (getattr(table, name)[table.kind == kind].tolist() for table in (by_level, by_order))
            assert one == other, (kind.name, name)
    times = np.unique(by_level.ts_event)
    assert len(times) > 1_000
    assert np.isin(by_order.ts_event, times).all()
    for ts, one, other in zip(times.tolist(), books(by_level, times), books(by_order, times), strict=True):
        assert one == other, ts


def test_orders_are_filled_first_in_first_out_and_ids_are_given_once():
    table = vl.SyntheticMarket(4, duration="20s", orders=True).table()
    rows = zip(*(getattr(table, name).tolist() for name in ("kind", "side", "price", "qty", "order_id")), strict=True)
    queues: dict[tuple[int, int], dict[int, int]] = {}
    seen: set[int] = set()
    printed = fills = 0
    for kind, side, price, qty, order_id in rows:
        queue = queues.setdefault((side, price), {})
        if kind == EventKind.ORDER_ADD:
            assert order_id not in seen
            seen.add(order_id)
            queue[order_id] = qty
        elif kind == EventKind.ORDER_CANCEL:
            assert queue.pop(order_id) == qty
        elif kind == EventKind.TRADE:
            assert printed == 0
            printed = qty
        elif kind == EventKind.ORDER_EXECUTE:
            assert order_id == next(iter(queue))
            queue[order_id] -= qty
            printed -= qty
            fills += 1
            assert queue[order_id] >= 0
            if queue[order_id] == 0:
                del queue[order_id]
    assert printed == 0
    assert fills > 500


@pytest.mark.parametrize("rows", [1, 7, 1000, 19_999])
def test_chunks_change_nothing(rows):
    market = vl.SyntheticMarket(3, events=3_000 if rows == 1 else 20_000)
    whole = market.table()
    parts = list(market.chunks(rows))
    for name in COLUMNS:
        assert np.concatenate([getattr(part, name) for part in parts]).tolist() == getattr(whole, name).tolist()


def test_duration_ends_where_it_says():
    table = vl.SyntheticMarket(3, duration="2s", start="2024-05-01").table()
    start = timestamp_ns("2024-05-01")
    assert start + 1_900_000_000 < int(table.ts_event[-1]) <= start + 2_000_000_000


def test_book_is_never_crossed_never_empty_and_trades_happen_at_the_touch():
    table = vl.SyntheticMarket(5, events=150_000).table()
    book = ReferenceBook()
    compiled = vl.OrderBookL2(table.instrument)
    last_trade = None
    ids = {EventKind.TRADE: 0}
    for kind, side, flags, price, qty, order_id in zip(
        *(getattr(table, name).tolist() for name in ("kind", "side", "flags", "price", "qty", "order_id")), strict=True
    ):
        if kind == EventKind.DELTA:
            if last_trade is not None:
                # A trade is followed by what it left at its level.
                passive, at, traded = last_trade
                assert (side, price) == (passive, at)
                assert book.sides[side][price] - traded == qty
                last_trade = None
            book.set(side, price, qty)
            compiled.set(side, price, qty)
            if flags & EventFlag.LAST:
                assert compiled.best_bid_ticks < compiled.best_ask_ticks
        elif kind == EventKind.TRADE:
            assert order_id == ids[kind] + 1
            ids[kind] = order_id
            passive = Side.SELL if side == Side.BUY else Side.BUY
            best = compiled.best_ask_ticks if passive == Side.SELL else compiled.best_bid_ticks
            assert price == best
            assert 0 < qty <= book.sides[passive][price]
            last_trade = (passive, price, qty)
        elif kind == EventKind.QUOTE and side == Side.SELL:
            assert (price, qty) == (compiled.best_ask_ticks, compiled.qty_lots(1, compiled.best_ask_ticks))
    assert len(table.price[table.flags & EventFlag.SNAPSHOT != 0]) > 400
    assert (np.diff(table.ts_recv) >= 0).all()
    assert (np.diff(table.ts_event) >= 0).all()
    assert int((table.ts_recv - table.ts_event).min()) >= 1_000_000


def test_queue_follows_the_stationary_law_of_its_birth_and_death():
    # One level, orders of one lot, no moves, no excitation: births at limit(n), deaths at cancel * n + market.
    limit, cancel, market, crowding, boost = 20.0, 2.0, 5.0, 0.05, 1.5
    flow = {
        "limit": (limit,), "cancel": (cancel,), "market": market, "crowding": crowding, "empty_boost": boost,
        "excite": 0.0, "cross_excite": 0.0, "theta": 0.0, "theta_reinit": 0.0, "far_levels": 200, "far_rate": 0.0,
        "order_lots": 1.0, "market_lots": 1.0,
    }  # fmt: skip
    table = vl.SyntheticMarket(1, events=400_000, quotes=False, **flow).table()
    ask = (table.kind == EventKind.DELTA) & (table.side == Side.SELL)
    price = int(table.price[ask][0])
    rows = ask & (table.price == price)
    ts, n = table.ts_event[rows], table.qty[rows]
    held = np.diff(ts)
    found = np.bincount(n[:-1], weights=held, minlength=12)[:12] / held.sum()
    weights = [1.0]
    for k in range(1, 40):
        birth = limit / (1 + crowding * (k - 1)) * (boost if k == 1 else 1.0)
        weights.append(weights[-1] * birth / (cancel * k + market))
    law = np.array(weights) / sum(weights)
    assert np.abs(found - law[:12]).max() < 0.01


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        ({"theta": 2.0}, "out of range"),
        ({"excite": 50.0}, "below decay"),
        ({"thetta": 1}, "no parameter 'thetta'; did you mean 'theta'"),
        ({"limit": (1.0,)}, "one rate per level"),
    ],
)
def test_bad_parameters_are_refused_at_once(flow, message):
    with pytest.raises(InvalidArgument, match=message):
        vl.SyntheticMarket(1, **flow)


@pytest.mark.parametrize(
    "options",
    [
        {"events": float("nan")},
        {"events": float("inf")},
        {"events": "many"},
        {"events": 1.5},
        {"events": 2**63},
        {"events": 0},
        {"seed": "x"},
        {"seed": 1.5},
        {"seed": 2**64},
        {"seed": None},
        {"duration": 2**63 - 1},
        {"duration": "-1s"},
        {"instrument": True},
        {"instrument": "SYNUSDT"},
        {"market": float("nan")},
        {"decay": "fast"},
        {"theta": True},
        {"crowding": 10**400},
        {"far_levels": 1e300},
        {"far_levels": "x"},
        {"limit": 5},
        {"limit": "5"},
        {"limit": ["x"]},
        {"cancel": []},
        {"price": float("nan")},
        {"start": "soon"},
        {"feed_latency": "-1ms"},
        {"latency_tail": "x"},
    ],
    ids=str,
)
def test_numbers_that_make_no_market_are_refused_at_once(options):
    with pytest.raises(VeloraError):
        vl.SyntheticMarket(**options)


def test_a_table_that_does_not_fit_the_memory_is_refused():
    with pytest.raises(CapacityError, match="does not fit the memory"):
        vl.SyntheticMarket(events=10**12).table()


def test_whole_floats_are_numbers_of_rows():
    assert len(vl.SyntheticMarket(events=1e3).table()) == 1_000
