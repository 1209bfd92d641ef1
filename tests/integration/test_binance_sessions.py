"""The recorded Binance sessions, against the counts and the oracles that their README states."""

from __future__ import annotations

import numpy as np
import pytest

import velora as vl
from velora.data.importers.binance_capture import LATENCY_FLOOR_NS, import_captures
from velora.strategy.examples import MarketMaker

USDM, SPOT, COINM = "binance_usdm/", "binance_spot/", "binance_coinm/"

SESSIONS = {
    # name: (files, diffs, trades, quotes, (top equal, top checked), snapshots)
    "usdm-btc": ([USDM + "btcusdt_20240808.gz"], 6_551, 21_313, 66_089, (6_545, 6_545), 1),
    "usdm-eth": ([USDM + "ethusdt_20240808.gz"], 6_586, 14_076, 53_992, (6_579, 6_579), 1),
    "spot-btc": (
        [SPOT + "btcusdt_20240808.gz", SPOT + "btcusdt_20240809.gz"],
        6_495,
        19_904,
        73_174,
        (6_490, 6_492),
        1,
    ),
    "spot-eth": (
        [SPOT + "ethusdt_20240808.gz", SPOT + "ethusdt_20240809.gz"],
        6_470,
        14_515,
        58_758,
        (6_468, 6_468),
        1,
    ),
    "coinm-btc": (
        [COINM + "btcusd_perp_20240808.gz", COINM + "btcusd_perp_20240809.gz"],
        44_795,
        5_235,
        48_355,
        (44_770, 44_770),
        1,
    ),
    "usdm-btc-2023": (
        [USDM + "btcusdt_20230404.dat.gz", USDM + "btcusdt_20230405.dat.gz"],
        16_110,
        12_935,
        44_205,
        (16_110, 16_110),
        1,
    ),
    "spot-btc-2023": ([SPOT + "btcusdt_20230405.dat.gz"], 3_929, 3_144, 8_015, (0, 0), 0),
}


@pytest.fixture(scope="session")
def imported(shared_data, tmp_path_factory):
    """Imports a session once and keeps its catalog."""
    kept = {}

    def get(name):
        if name not in kept:
            root = tmp_path_factory.mktemp(name)
            catalog = vl.Catalog(root, create=True)
            files = [shared_data / file for file in SESSIONS[name][0]]
            kept[name] = (catalog, import_captures(files, catalog))
        return kept[name]

    return get


@pytest.mark.parametrize("name", SESSIONS)
def test_session_holds_what_its_readme_says(imported, name):
    _, diffs, trades, quotes, top, snapshots = SESSIONS[name]
    _, summary = imported(name)
    (found,) = summary.instruments
    assert (found.diffs, found.trades, found.quotes, found.snapshots) == (diffs, trades, quotes, snapshots)
    assert (found.gaps, found.crossed) == (0, 0)
    assert (found.top_equal, found.top_checked) == top
    assert summary.defects == {}


def test_join_rule_keeps_what_the_venue_says(imported):
    _, summary = imported("usdm-btc")
    (found,) = summary.instruments
    assert (found.level_changes, found.diffs_kept, found.level_changes_kept) == (443_521, 6_547, 443_262)


def test_recorder_clock_behind_the_venue_is_shifted_and_kept(imported):
    import pyarrow.parquet as pq

    catalog, summary = imported("usdm-btc")
    (found,) = summary.instruments
    assert found.lowest_latency_raw_ns < -1_200_000_000
    source = catalog.source("BTCUSDT")
    (path, stats), *_ = source.parts()
    assert stats["lowest_latency_ns"] == LATENCY_FLOOR_NS
    raw = pq.read_table(path, columns=["ts_recv", "ts_recv_raw"])
    shift = raw["ts_recv"].to_numpy() - raw["ts_recv_raw"].to_numpy()
    assert (shift == found.clock_shift_ns).all()


def test_recorder_clock_ahead_of_the_venue_is_left_alone(imported):
    _, summary = imported("spot-btc-2023")
    assert summary.instruments[0].clock_shift_ns == 0


def test_insurance_fund_trade_is_kept_and_never_matched(imported):
    catalog, summary = imported("usdm-btc-2023")
    assert summary.instruments[0].off_book_trades == 1
    table = catalog.source("BTCUSDT").table()
    off = (table.flags & vl.EventFlag.OFF_BOOK) != 0
    assert off.sum() == 1
    assert table.instrument.ticks_to_price(int(table.price[off][0])) == 28_722.5


def test_funding_is_an_event_at_its_announced_instant(imported):
    catalog, _ = imported("usdm-btc-2023")
    table = catalog.source("BTCUSDT").table()
    rows = np.flatnonzero(table.kind == vl.EventKind.FUNDING)
    assert len(rows) == 1
    assert int(table.ts_event[rows[0]]) == 1_680_652_800 * 10**9  # 2023-04-05T00:00:00Z


def test_replayed_book_ends_where_a_plain_dict_ends(imported):
    catalog, _ = imported("usdm-eth")
    table = catalog.source("ETHUSDT").table()
    book = vl.OrderBookL2(table.instrument)
    book.apply(table.kind, table.side, table.price, table.qty)
    levels = ({}, {})
    kinds = table.kind.tolist()
    for kind, side, price, qty in zip(
        kinds, table.side.tolist(), table.price.tolist(), table.qty.tolist(), strict=True
    ):
        if kind == vl.EventKind.SNAPSHOT_BEGIN:
            levels = ({}, {})
        elif kind == vl.EventKind.DELTA:
            levels[side][price] = qty
            if qty == 0:
                del levels[side][price]
    for side in (0, 1):
        ticks, lots = book.levels(side)
        assert dict(zip(ticks.tolist(), lots.tolist(), strict=True)) == levels[side]


def test_market_maker_on_a_real_session_is_the_same_in_any_chunks(imported):
    catalog, _ = imported("usdm-btc")
    hashes, books = set(), set()
    for chunk_rows in (65_536, 10_007, 1_000_000):
        result = vl.Backtest(catalog, MarketMaker(), latency="5ms", chunk_rows=chunk_rows).run()
        hashes.add(result.hash)
        books.add(result.counters["fills"])
    assert len(hashes) == 1
    assert books.pop() > 100
    causes = result.pnl_by_cause().to_pydict()
    assert set(causes["cause"]) >= {"QUEUE", "THROUGH", "CROSS"}
