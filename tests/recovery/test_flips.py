"""Flipped bits: each one in a catalog, a result or a journal is found, and ends in an error of ours.

`VELORA_FLIPS` is the number of flips of each kind of file.
"""

from __future__ import annotations

import os
import random
import re

import pyarrow as pa
import pytest
from _harm import NEW, RESULTS, Journal, flipped

import velora as vl
from velora.data import states
from velora.engine.journal import JournalReader
from velora.errors import CorruptData

FLIPS = int(os.environ.get("VELORA_FLIPS", "200"))


def flip_each(paths, read, seed):
    """Flip bits of files one after the other; `read` must find each."""
    rng = random.Random(seed)
    whole = {path: path.read_bytes() for path in paths}
    weights = [len(data) for data in whole.values()]
    for number in range(FLIPS):
        # Every third in a file chosen as if all were of one size: small ones have bits too.
        path = rng.choice(paths) if number % 3 == 0 else rng.choices(paths, weights)[0]
        data, at = flipped(whole[path], rng)
        path.write_bytes(data)
        with pytest.raises(CorruptData) as caught:
            read()
        assert re.search(re.escape(path.name.split(".")[0]), str(caught.value)), (path.name, at, caught.value)
        path.write_bytes(whole[path])
    read()


def test_a_flipped_bit_of_a_catalog_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(states, "_ROWS_MIN", 300)
    monkeypatch.setattr(states, "_ROWS_PER_STATE_ROW", 0)
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(NEW)
    catalog.write_candles(NEW.instrument, "1m", pa.table({"open": [1.0, 2.0], "close": [3.0, 4.0]}))
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert [path.name[:6] for path in paths] == ["candle", "events", "states"]
    flip_each(paths, catalog.verify, 1)


def test_a_flipped_bit_of_a_part_ends_a_run(tmp_path):
    vl.Catalog(tmp_path, create=True).write(NEW)
    run = vl.Backtest(NEW, vl.Strategy()).run().hash
    assert vl.Backtest(tmp_path, vl.Strategy()).run().hash == run
    flip_each(list(tmp_path.rglob("events-*")), lambda: vl.Backtest(tmp_path, vl.Strategy()).run(), 2)


def test_a_flipped_bit_of_states_changes_nothing(tmp_path, monkeypatch):
    """They are an aid: a run reads from the beginning where they do not serve."""
    monkeypatch.setattr(states, "_ROWS_MIN", 300)
    monkeypatch.setattr(states, "_ROWS_PER_STATE_ROW", 0)
    catalog = vl.Catalog(tmp_path, create=True)
    catalog.write(NEW)
    start = int(NEW.ts_recv[2_000])
    (path,) = tmp_path.rglob("states-*")
    whole = path.read_bytes()

    def run():
        return vl.Backtest(catalog, vl.Strategy(), start=start).run().hash

    expected = run()
    rng = random.Random(3)
    for _ in range(FLIPS // 4):
        path.write_bytes(flipped(whole, rng)[0])
        assert run() == expected


def test_a_flipped_bit_of_a_result_is_found(tmp_path):
    folder = RESULTS["new"].to_parquet(tmp_path / "r")
    flip_each(sorted(folder.iterdir()), lambda: vl.Result.load(folder), 4)


def test_a_flipped_bit_of_a_journal_is_found(tmp_path):
    Journal().work(tmp_path)
    path = tmp_path / "run.journal"
    flip_each([path], lambda: list(JournalReader(path)), 5)
