"""States of a feed: what its rows have come to as rows, and where the catalog keeps them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import velora as vl
from velora.core.events import EventFlag, EventKind, Side
from velora.data import states
from velora.data.schema import COLUMNS, METADATA_STATES
from velora.data.state import FeedState
from velora.testkit import Flow

SNAPSHOT = [EventKind.SNAPSHOT_BEGIN, EventKind.DELTA, EventKind.DELTA, EventKind.SNAPSHOT_END]


def state_of(table):
    state = FeedState()
    state.add(table)
    return state


def rows_of(table):
    return [tuple(int(getattr(table, name)[at]) for name in COLUMNS) for at in range(len(table))]


def same(a, b):
    return rows_of(a) == rows_of(b)


def long_flow(rows=4_000, *, disorder=0):
    """Levels and trades, with a quote here and there; each message ends with a depth row."""
    rng = np.random.default_rng(3)
    flow = Flow().snapshot(10, [(100 - at, 5) for at in range(20)], [(101 + at, 5) for at in range(20)])
    for at in range(rows):
        ts = 20 + 10 * at
        if at % 7 == 3:
            flow.trade(ts - disorder, Side.BUY, 101, 1)
        elif at % 31 == 5:
            flow.quote(ts, (100, 1), (101, 1))
        side = Side(int(rng.integers(2)))
        price = 100 - int(rng.integers(20)) if side == Side.BUY else 101 + int(rng.integers(20))
        flow.delta(ts, side, price, int(rng.integers(0, 9)), update_id=at)
    return flow


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(states, "_ROWS_MIN", 500)
    monkeypatch.setattr(states, "_ROWS_PER_STATE_ROW", 0)


def stored(folder):
    path = Path(folder) / "TEST" / "states-00000.parquet"
    file = pq.ParquetFile(path)
    return json.loads(file.metadata.metadata[METADATA_STATES])


# ---------------------------------------------------------------------- a state as rows


def test_a_state_is_a_snapshot_and_what_else_there_was():
    flow = Flow().trade(1, Side.BUY, 101, 2).snapshot(2, [(100, 5)], [(101, 5)], update_id=7)
    flow.row(3, EventKind.STATUS, qty=1).row(4, EventKind.MARK_PRICE, price=5, qty=6, order_id=7)
    table = state_of(flow.table()).table(flow.instrument)
    kinds = table.kind.tolist()
    assert kinds == [EventKind.TRADE, EventKind.STATUS, EventKind.MARK_PRICE, *SNAPSHOT]
    assert table.order_id.tolist()[3:] == [7] * 4
    assert table.ts_event.tolist() == [1, 3, 4, 2, 2, 2, 2]
    assert table.flags.tolist()[3:] == [EventFlag.SNAPSHOT] * 3 + [EventFlag.SNAPSHOT | EventFlag.LAST]


def test_a_state_of_a_state_is_the_same():
    for flow in (long_flow(), Flow().quote(1, (9, 1), (10, 1)), Flow().row(1, EventKind.GAP)):
        once = state_of(flow.table()).table(flow.instrument)
        assert same(state_of(once).table(flow.instrument), once)


def test_levels_beyond_the_snapshot_follow_it_and_its_bound_stays():
    flow = Flow().snapshot(1, [(100, 5), (98, 5)], [(101, 5), (103, 5)])
    flow.delta(2, Side.BUY, 90, 4).delta(3, Side.BUY, 98, 0).delta(4, Side.SELL, 102, 1)
    table = state_of(flow.table()).table(flow.instrument)
    end = table.kind.tolist().index(EventKind.SNAPSHOT_END)
    levels = list(zip(table.side.tolist(), table.price.tolist(), table.qty.tolist(), strict=True))
    inside, beyond = levels[1:end], levels[end + 1 :]
    assert sorted(inside) == [(0, 98, 0), (0, 100, 5), (1, 101, 5), (1, 102, 1), (1, 103, 5)]
    assert beyond == [(0, 90, 4)]


def test_a_book_of_changes_alone_is_no_snapshot():
    flow = Flow().delta(1, Side.BUY, 90, 4).delta(2, Side.BUY, 91, 4)
    table = state_of(flow.table()).table(flow.instrument)
    assert table.kind.tolist() == [EventKind.DELTA] * 2


def test_a_gap_is_the_last_word_on_the_book():
    flow = Flow().snapshot(1, [(100, 5)], [(101, 5)]).quote(2, (100, 1), (101, 1), update_id=9).row(3, EventKind.GAP)
    table = state_of(flow.table()).table(flow.instrument)
    assert table.kind.tolist() == [EventKind.QUOTE, EventKind.QUOTE, *SNAPSHOT, EventKind.GAP]
    whole = flow.snapshot(4, [(99, 5)], [(101, 5)])
    table = state_of(whole.table()).table(flow.instrument)
    assert EventKind.GAP not in table.kind.tolist()


def test_orders_come_oldest_first():
    flow = Flow()
    for number, price in enumerate([100, 99, 100, 98], 1):
        flow.row(number, EventKind.ORDER_ADD, Side.BUY, price, 5, order_id=number)
    flow.row(5, EventKind.ORDER_CHANGE, Side.BUY, 100, 9, order_id=1)
    flow.row(6, EventKind.ORDER_CANCEL, Side.BUY, 99, 0, order_id=2)
    table = state_of(flow.table()).table(flow.instrument)
    assert list(zip(table.order_id.tolist(), table.qty.tolist(), strict=True)) == [(3, 5), (4, 5), (1, 9)]


def test_venue_times_out_of_order_unsettle_a_state():
    flow = Flow().snapshot(10, [(100, 5)], [(101, 5)]).delta(20, Side.BUY, 100, 4)
    assert state_of(flow.table()).is_settled
    for kind, side in ((EventKind.DELTA, Side.BUY), (EventKind.TRADE, Side.BUY), (EventKind.GAP, Side.NONE)):
        late = Flow().snapshot(10, [(100, 5)], [(101, 5)]).delta(20, Side.BUY, 100, 4).trade(20, Side.BUY, 101, 1)
        table = late.row(30, kind, side, 100, 1).table()
        table.ts_event[-1] = 15
        assert not state_of(table).is_settled


# ---------------------------------------------------------------------- beside a part


def test_a_start_reads_from_the_last_state_before_it(often, tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    table = long_flow().table()
    catalog.write(table, chunk_rows=700)
    entries = stored(tmp_path)["entries"]
    assert len(entries) >= 5
    for start in (int(table.ts_recv[2_000]), int(table.ts_recv[-1])):
        opening = catalog.source("TEST", start=start).opening(100, 0)
        before = [entry for entry in entries if entry["last_recv"] < start and entry["last_event"] < start]
        first = before[-1]["row"]
        read = np.concatenate([chunk.order_id for chunk in opening.chunks])
        assert read.tolist() == table.order_id[first:].tolist()
        assert same(opening.state, state_of(table.slice(0, first)).table(table.instrument))
        assert opening.messages == len(np.unique(table.ts_recv[:first]))
        assert opening.last_recv == table.ts_recv[first - 1]


def test_a_state_after_the_slack_is_not_taken(often, tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    table = long_flow().table()
    catalog.write(table)
    source = catalog.source("TEST", start=int(table.ts_recv[2_000]))
    assert source.opening(100, 0).last_recv > source.opening(100, 10_000).last_recv
    assert source.opening(100, None).state is None
    assert source.opening(100, 10**9).state is None
    assert catalog.source("TEST").opening(100, 0) is None


def test_no_state_stands_where_a_later_row_came_before_it_at_the_venue(often, tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    table = long_flow().table()
    late = table.ts_event.copy()
    row = int(np.flatnonzero(table.kind == EventKind.DELTA)[3_000])
    late[row] = table.ts_event[1_500]
    columns = {name: getattr(table, name) for name in COLUMNS if name != "ts_event"}
    catalog.write(vl.EventTable.from_numpy(table.instrument, ts_event=late, **columns), chunk_rows=333)
    rows = [entry["row"] for entry in stored(tmp_path)["entries"]]
    assert 0 < max(rows) <= 1_501


@pytest.mark.parametrize("harm", ["missing", "damaged", "torn", "other part", "other version"])
def test_states_that_do_not_serve_are_left_out(harm, often, tmp_path, monkeypatch):
    table = long_flow().table()
    catalog = vl.Catalog(tmp_path, create=True)
    if harm == "other version":
        with monkeypatch.context() as patch:
            patch.setattr(states, "STATES_VERSION", 99)
            catalog.write(table)
    else:
        catalog.write(table)
    path = tmp_path / "TEST" / "states-00000.parquet"
    if harm == "missing":
        path.unlink()
    elif harm == "damaged":
        raw = bytearray(path.read_bytes())
        raw[4 : len(raw) // 2] = bytes(len(raw) // 2 - 4)
        path.write_bytes(raw)
    elif harm == "torn":
        path.write_bytes(path.read_bytes()[:-200])
    elif harm == "other part":
        kept = path.read_bytes()
        other = table.price.copy()
        other[50] += 1
        columns = {name: getattr(table, name) for name in COLUMNS if name != "price"}
        catalog.write(vl.EventTable.from_numpy(table.instrument, price=other, **columns), overwrite=True)
        path.write_bytes(kept)
    opening = catalog.source("TEST", start=int(table.ts_recv[1_200])).opening(10_000, 0)
    assert opening.state is None
    assert sum(len(chunk) for chunk in opening.chunks) == len(table)


def test_another_write_takes_the_states_with_it(often, tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(long_flow().table())
    names = sorted(path.name for path in (tmp_path / "TEST").iterdir())
    assert names == ["events-00000.parquet", "states-00000.parquet"]
    catalog.write(long_flow(50).table(), overwrite=True)
    assert [path.name for path in (tmp_path / "TEST").iterdir()] == ["events-00000.parquet"]
    assert catalog.names() == ["TEST"]


def test_a_failed_write_leaves_no_states(often, tmp_path):
    catalog = vl.Catalog(tmp_path, create=True)
    table = long_flow().table()

    def broken():
        yield table
        raise RuntimeError

    with pytest.raises(RuntimeError):
        catalog.write(broken())
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_levels_and_orders_has_no_states(often, tmp_path):
    flow = long_flow()
    flow.row(10**6, EventKind.ORDER_ADD, Side.BUY, 90, 1, order_id=1)
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(flow.table())
    assert not (tmp_path / "TEST" / "states-00000.parquet").exists()


def test_rows_that_do_not_fit_end_the_states_and_not_the_write(often, tmp_path):
    flow = Flow()
    for number in range(1, 2_001):
        flow.row(number, EventKind.ORDER_ADD, Side.BUY, 90 + number % 5, 1, order_id=number)
    flow.row(3_000, EventKind.ORDER_ADD, Side.BUY, 90, 1, order_id=7)
    catalog = vl.Catalog(tmp_path, create=True)
    assert catalog.write(flow.table())["rows"] == 2_001
    assert catalog.source("TEST", start=1_500).opening(100, 0).state is None


def test_states_are_small_and_the_same_each_time(tmp_path):
    market = vl.SyntheticMarket(seed=2, events=400_000)
    sizes = []
    for name in ("one", "two"):
        catalog = vl.Catalog(tmp_path / name, create=True)
        catalog.write(market)
        folder = tmp_path / name / catalog.names()[0]
        sizes.append((folder / "states-00000.parquet").read_bytes())
        assert len(sizes[-1]) < 0.05 * (folder / "events-00000.parquet").stat().st_size
    assert sizes[0] == sizes[1]
