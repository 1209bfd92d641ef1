"""Runs that start at random instants of the recorded sessions, against one run over all of each session."""

from __future__ import annotations

import random

import numpy as np
import pytest

import velora as vl
from velora.core.events import EventKind
from velora.data import states
from velora.data.importers import detect_format, import_files

STARTS = 20
#: Instants after each start at which the books are compared, ns.
AFTER_NS = (0, 1_000_000, 50_000_000, 400_000_000, 1_500_000_000)

SESSIONS = {
    "usdm-btc": ["binance_usdm/btcusdt_20240808.gz"],
    "spot-btc": ["binance_spot/btcusdt_20240808.gz", "binance_spot/btcusdt_20240809.gz"],
    "coinm-btc": ["binance_coinm/btcusd_perp_20240808.gz", "binance_coinm/btcusd_perp_20240809.gz"],
    "AAPL-1": ["lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip"],
    "GOOG-10": ["lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip"],
    "ES": ["databento_cme/esh4-glbx-mdp3-20231225.mbo.dbn.zst"],
    "ES-quotes": ["databento_cme/esu4-mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst"],
    "bitstamp": ["bitstamp/2015-05-01.log.bz2"],
}


def seen(run: vl.Run) -> list[tuple]:
    """All levels of both books, and what else is known of them."""
    book, venue = run.book(run.instruments[0]), run._replay.venue_book(0)
    return [(one.touch, one.bids(10), one.asks(10), one.state_hash(), one.is_stale) for one in (book, venue)]


@pytest.mark.parametrize("name", SESSIONS)
def test_a_start_at_random_instants_has_the_books_of_the_whole_run(name, shared_data, tmp_path, monkeypatch):
    monkeypatch.setattr(states, "_ROWS_MIN", 10_000)
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    files = [shared_data / file for file in SESSIONS[name]]
    import_files(files, catalog, format=detect_format(files))
    symbol = catalog.names()[0]
    received, kinds = [], []
    for chunk in catalog.source(symbol).chunks(65_536):
        received.append(chunk.ts_recv)
        kinds.append(chunk.kind)
    recv, kind = np.concatenate(received), np.concatenate(kinds)
    ends = recv[kind == EventKind.SNAPSHOT_END]
    first = int(ends[0] if len(ends) else recv[0])  # the first whole state that there is
    rng = random.Random(name)
    starts = sorted(rng.randrange(first + 1, int(recv[-1]) - AFTER_NS[-1]) for _ in range(STARTS))
    times = sorted({start + after for start in starts for after in AFTER_NS})
    data = {symbol: catalog}
    whole = vl.Backtest(data, vl.Strategy(), sample=0).start()
    expected = {}
    for ts in times:
        whole.advance_to(ts)
        expected[ts] = seen(whole)
    for start in starts:
        run = vl.Backtest(data, vl.Strategy(), sample=0, start=start, chunk_rows=8_192).start()
        assert run.now == start
        for after in AFTER_NS:
            run.advance_to(start + after)
            assert seen(run) == expected[start + after], f"start {start}, {after} ns after it"
