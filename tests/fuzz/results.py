"""Saved results: the folder of a small run, damaged, loaded and summed up."""

from __future__ import annotations

import tempfile
from pathlib import Path

import velora as vl
from tests.fuzz import mutate, resealed
from tests.fuzz.harness import Target, main
from tests.fuzz.imports import pick
from velora.strategy.examples import MarketMaker


def seeds():
    found = []
    for cash in (0, 1_000):
        result = vl.Backtest(vl.SyntheticMarket(events=400, seed=3), MarketMaker(), latency="1ms", cash=cash).run()
        with tempfile.TemporaryDirectory() as folder:
            result.to_parquet(Path(folder) / "r")
            found.append({path.name: path.read_bytes() for path in (Path(folder) / "r").iterdir()})
    return found


def change(rng, files):
    if rng.random() < 0.02:
        name = rng.choice(list(files))
        return {one: data for one, data in files.items() if one != name} or files
    if rng.random() < 0.7 and "result.json" in files:
        data = rng.choice((mutate.json_text, mutate.json_text, mutate.number, mutate.octets))(rng, files["result.json"])
        files = {**files, "result.json": data}
    else:
        files = pick(rng, files, mutate.octets)
    return resealed.result(files) if rng.random() < 0.8 else files


def read(folder, rng):
    result = vl.Result.load(folder)
    result.summary().to_dict()
    if rng.random() < 0.2:
        _ = result.fills, result.orders, result.position, result.statistics()
        str(result.audit())
    return result


TARGET = Target("results", seeds, change, read)

if __name__ == "__main__":
    main(TARGET, "tests.fuzz.results")
