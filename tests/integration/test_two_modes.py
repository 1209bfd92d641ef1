"""The two modes on recorded sessions: some seconds of them in real time, much sped up."""

from __future__ import annotations

import pytest

import velora as vl
from velora.data.importers import import_files
from velora.strategy.examples import MarketMaker

SPOT = [[f"binance_spot/{name}_20240808.gz"] for name in ("btcusdt", "ethusdt")]
ETHBTC = [[f"binance_spot_2020/ETHBTC_2020-11-01T09-00-00_{kind}.json.gz" for kind in ("snapshot", "update", "trades")]]


@pytest.mark.parametrize(
    ("parts", "format", "end", "speed"),
    [
        (SPOT, "binance-capture", "2024-08-08T23:57:20", 100),
        (ETHBTC, "binance-json", "2020-11-01T09:40:00", 1_000),
    ],
    ids=["spot BTC and ETH", "spot ETHBTC of 2020"],
)
def test_decisions_of_a_live_run_are_those_of_its_replay(shared_data, tmp_path, parts, format, end, speed):
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    for files in parts:
        import_files([shared_data / file for file in files], catalog, format=format)

    def make():
        makers = {name: MarketMaker(symbol=name, qty_lots=100, cap_lots=1_000) for name in catalog.names()}
        return vl.Backtest(catalog, makers, latency="5ms", end=end)

    journal = tmp_path / "live.journal"
    result = vl.PacedRun(make(), speed=speed, journal=journal).run()
    backtest = make().run()
    assert result.rows == backtest.rows > 20_000
    assert len(result.fills) > 20
    replay = vl.replay_journal(journal, make().strategies)
    assert replay.is_same, replay.difference
    assert replay.decisions == replay.recorded
    assert replay.hash == replay.recorded_hash
    assert replay.commands > 100


def test_the_hours_of_2020_agree_with_their_second_snapshot(shared_data, tmp_path):
    """At 10:00 the book made of an hour of diffs is the venue's own but for the levels of one diff."""
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    folder = shared_data / "binance_spot_2020"
    names = [
        f"ETHBTC_2020-11-01T{hour}-00-00_{kind}.json.gz" for hour in ("09", "10") for kind in ("snapshot", "update")
    ]
    summary = import_files([folder / name for name in names], catalog, format="binance-json")
    (found,) = summary.instruments
    assert (found.diffs, found.snapshots, found.gaps, found.crossed) == (7_199, 2, 0, 0)
    assert summary.defects == {}


@pytest.mark.parametrize("interval_s", [1, 5])
def test_candles_of_millisecond_trades_are_those_of_the_venue(shared_data, tmp_path, interval_s):
    """A venue's klines are of [start, end) by its own clock, and this session has no other."""
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    import_files([shared_data / file for file in ETHBTC[0]], catalog, format="binance-json")

    class Takes(vl.Strategy):
        def __init__(self):
            self.got = {}

        def on_start(self):
            self.subscribe_candles(self.instruments[0], f"{interval_s}s")

        def on_candle(self, one):
            if one.trades:
                self.got[one.ts_open // 1_000_000] = (
                    one.open_ticks, one.high_ticks, one.low_ticks, one.close_ticks, one.volume_lots, one.trades,
                )  # fmt: skip

    takes = Takes()
    vl.Backtest(catalog, takes).run()
    table = catalog.source(catalog.names()[0]).table()
    wanted = {}
    is_trade = table.kind == vl.EventKind.TRADE
    columns = (table.ts_recv[is_trade] // 1_000_000, table.price[is_trade], table.qty[is_trade])
    for ms, price, qty in zip(*(column.tolist() for column in columns), strict=True):
        wanted.setdefault(ms // (1_000 * interval_s) * 1_000 * interval_s, []).append((price, qty))
    at_boundaries = sum(ms % (1_000 * interval_s) == 0 for ms in columns[0].tolist())
    assert at_boundaries > 0, "no trade tells the one edge from the other"
    assert len(takes.got) > 100
    for opens, found in takes.got.items():
        prices = [price for price, _ in wanted[opens]]
        volume = sum(qty for _, qty in wanted[opens])
        assert found == (prices[0], max(prices), min(prices), prices[-1], volume, len(prices))
    assert len(wanted) - len(takes.got) <= 2  # the first and the last are not whole
