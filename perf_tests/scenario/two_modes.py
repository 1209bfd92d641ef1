"""Two modes: the recorded sessions in real time, and their journals given to the same strategy again.

Runs a market maker live over a replayed feed against the simulated venue: the 650 s of spot BTC and ETH at 10x, and two
hours of ETHBTC of 2020 at 100x. Says how late inputs were, in this machine's time; whether the decisions of the replay
are those of the live run byte for byte; and beside it what a backtest of the same data does. Exit status 1 when a
replay differs.

A regression means that the loop does not keep up (lateness grows with the run), or that something other than the
journal's inputs decides.

    python -m perf_tests.scenario.two_modes [--data FOLDER] [--speed-up FACTOR]
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import velora as vl
from velora.data.importers import import_files
from velora.strategy.examples import MarketMaker

ROOT = Path(__file__).resolve().parents[2]
SPOT, SPOT_2020 = "binance_spot", "binance_spot_2020"
#: name: (files of each instrument, speed)
SESSIONS = {
    "spot BTC and ETH, 650 s": (
        [[f"{SPOT}/{name}_20240808.gz", f"{SPOT}/{name}_20240809.gz"] for name in ("btcusdt", "ethusdt")],
        10.0,
    ),
    "spot ETHBTC of 2020, 2 h": (
        [
            [
                f"{SPOT_2020}/ETHBTC_2020-11-01T{hour}-00-00_{kind}.json.gz"
                for hour in ("09", "10")
                for kind in ("snapshot", "update", "trades")
            ]
        ],
        100.0,
    ),
}


def make_backtest(catalog: Path) -> vl.Backtest:
    makers = {name: MarketMaker(symbol=name, qty_lots=100, cap_lots=1000) for name in vl.Catalog(catalog).names()}
    return vl.Backtest(catalog, makers, latency="5ms", queue="risk_averse")


def run_session(name: str, files: list[list[str]], speed: float, data: Path, folder: Path) -> bool:
    formats = {SPOT: "binance-capture", SPOT_2020: "binance-json"}
    catalog = folder / "catalog"
    for part in files:
        made = vl.Catalog(catalog, create=True)
        import_files([data / file for file in part], made, format=formats[part[0].split("/")[0]])
    backtest = make_backtest(catalog).run()

    journal = folder / "live.journal"
    live = vl.PacedRun(make_backtest(catalog), speed=speed, journal=journal)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    result = live.run()
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    replay = vl.replay_journal(journal, make_backtest(catalog).strategies)
    replayed = time.perf_counter() - began

    late = live.lateness
    ours = [f"{value / speed / 1e6:.3f}" for value in (late.p50_ns, late.p99_ns, late.max_ns)]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}, at {speed:g}x: {took:.1f} s, {100 * cpu / took:.0f} % of a core, {result.rows:,} rows")
    print(f"  lateness       p50 {ours[0]}, p99 {ours[1]}, max {ours[2]} ms of this machine; {late.inputs:,} inputs")
    print(f"  decisions      {replay.commands:,} live, {len(result.fills):,} fills")
    print(f"  replay         {'the same' if replay.is_same else replay.difference}, {replayed:.2f} s")
    print(f"  hash           live {replay.recorded_hash}, replay {replay.hash}")
    print(f"  journal        {journal.stat().st_size / 1e6:.1f} MB")
    print(
        f"  backtest       {backtest.rows:,} rows, {len(backtest.orders):,} orders, {len(backtest.fills):,} fills; ",
        end="",
    )
    print(f"live {len(result.orders):,} orders, {len(result.fills):,} fills")
    return replay.is_same and replay.commands > 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("VELORA_SHARED", ROOT.parent / "shared")) / "data"
    parser.add_argument("--data", type=Path, default=shared, help="folder of the recorded sessions")
    parser.add_argument("--speed-up", type=float, default=1.0, help="factor on the speeds")
    options = parser.parse_args()
    are_same = True
    for name, (files, speed) in SESSIONS.items():
        with tempfile.TemporaryDirectory(prefix="velora-two-modes-") as folder:
            are_same &= run_session(name, files, speed * options.speed_up, options.data, Path(folder))
    return 0 if are_same else 1


if __name__ == "__main__":
    sys.exit(main())
