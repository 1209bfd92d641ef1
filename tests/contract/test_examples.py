"""The numbered examples: each runs as a user runs it and prints the hashes that are on record.

The record is tests/golden/examples.json: the hashes that an example prints, in their order; an empty list where it is
no backtest. After a change of the engine that is meant, write it anew and look at the difference:

    python tests/contract/test_examples.py
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from velora.testkit.pairs import lagging_pair

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "tests" / "golden" / "examples.json"
EXAMPLES = sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))

#: What an example that is no backtest prints.
SHOWN = {"02_book_explorer.py": "microprice", "06_compiled_strategy.py": "M rows/s"}


def output(script: Path, *arguments: str) -> str:
    """What an example prints; its warnings are errors, as everywhere in the tests."""
    command = [sys.executable, "-W", "error", str(script), *arguments]
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def hashes(printed: str) -> list[str]:
    return re.findall(r"\bHash +([0-9a-f]{16})\b", printed)


@pytest.mark.skipif(not EXAMPLES, reason="the examples are not here")
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.name)
def test_numbered_example_prints_what_is_on_record(script):
    record = json.loads(RECORD.read_text())
    assert script.name in record, f"{script.name} has no entry in {RECORD.name}"
    printed = output(script)
    assert hashes(printed) == record[script.name]
    if not record[script.name]:
        assert SHOWN[script.name] in printed


@pytest.mark.skipif(not EXAMPLES, reason="the examples are not here")
def test_every_entry_of_the_record_has_its_example():
    assert sorted(json.loads(RECORD.read_text())) == [script.name for script in EXAMPLES]


def test_every_example_is_in_the_table_of_the_docs(repository):
    page = (repository / "docs" / "how_to" / "examples.md").read_text()
    assert [script.stem for script in EXAMPLES if f"| `{script.stem}`" not in page] == []


def test_no_example_imports_its_neighbours_so_that_each_can_be_copied_alone():
    beside = {path.stem for path in (ROOT / "examples").glob("*.py")}
    for script in EXAMPLES:
        imported = set(re.findall(r"^(?:from|import) ([\w.]+)", script.read_text(), re.MULTILINE))
        assert not imported & beside, script.name


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A capture and the files of an order feed, as `velora data sample` makes them."""
    from velora.data import sample

    folder = tmp_path_factory.mktemp("samples")
    return [[str(path) for path in sample(kind, folder).files] for kind in ("binance-capture", "databento")]


@pytest.mark.parametrize(
    "script", [one for one in EXAMPLES if "--session FILE" in one.read_text()], ids=lambda script: script.name
)
def test_examples_run_alone_on_samples(script, samples, tmp_path):
    copy = tmp_path / script.name
    copy.write_bytes(script.read_bytes())
    for files in samples:
        printed = output(copy, "--session", *files)
        assert hashes(printed) or SHOWN[script.name] in printed


def test_lead_lag_example_runs_on_two_samples_and_says_what_it_needs(repository, samples, tmp_path):
    from velora.data import sample

    script = repository / "examples" / "12_lead_lag.py"
    capture, orders = samples
    quotes = [str(path) for path in sample("binance-archive", tmp_path).files if "bookTicker" in path.name]
    assert len(hashes(output(script, "--session", *capture, "--session", *quotes))) == 3
    for arguments, message in (
        (["--session", *capture], "give two instruments"),
        (["--session", *capture, "--session", *orders], "reads quotes"),
        (["--session", str(tmp_path / "none.gz")], "does not exist"),
    ):
        done = subprocess.run(
            [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["04_twap.py", "05_vwap.py"])
def test_execution_examples_run_on_a_recorded_session(name, repository, recorded_catalog):
    script = repository / "examples" / name
    assert hashes(output(script, "--session", recorded_catalog, "--symbol", "BTCUSDT", "--qty", "5"))


@pytest.mark.parametrize(
    "name",
    [
        "07_avellaneda_stoikov.py",
        "08_glft.py",
        "09_grid.py",
        "10_imbalance_maker.py",
        "11_queue_maker.py",
        "14_ema_cross.py",
    ],
)
def test_strategies_of_the_examples_run_on_a_recorded_session(name, repository, recorded_catalog):
    assert hashes(output(repository / "examples" / name, "--session", recorded_catalog))


def test_lead_lag_example_runs_on_the_recorded_pair(repository, shared_data):
    pair = [str(shared_data / f"binance_{market}" / "btcusdt_20240808.gz") for market in ("spot", "usdm")]
    script = repository / "examples" / "12_lead_lag.py"
    assert len(hashes(output(script, "--session", pair[0], "--session", pair[1]))) == 3


@pytest.fixture
def example(repository, monkeypatch):
    """An example as a module, by its name."""
    monkeypatch.syspath_prepend(str(repository / "examples"))
    return importlib.import_module


def test_lead_lag_example_finds_the_lag_that_was_built_in(example):
    lead_lag = example("12_lead_lag")
    for lag_ms in (40, 100):
        # The follower's own delay is the lag and a quarter of it, exponential; moves are read every 10 ms.
        leader, follower = (lead_lag.mids(table) for table in lagging_pair(f"{lag_ms}ms", duration="60s"))
        found = lead_lag.measure(leader, follower)
        assert lag_ms <= found.lags_ms[found.value.argmax()] <= 1.5 * lag_ms
        if lag_ms < 100:  # the lead is of what lies within 100 ms
            assert found.lead > 4 * found.lead_error
    turned = lead_lag.measure(follower, leader)
    assert turned.value == pytest.approx(found.value[::-1], abs=1e-12)
    assert turned.lead == pytest.approx(-found.lead, abs=1e-12)


def test_lead_lag_example_finds_no_lead_between_strangers(example):
    import velora as vl

    lead_lag = example("12_lead_lag")
    a, b = (lead_lag.mids(vl.SyntheticMarket(seed=seed, duration="60s").table()) for seed in (1, 2))
    found = lead_lag.measure(a, b)
    assert abs(found.lead) < 3 * found.lead_error
    assert (np.abs(found.value) < 4 * found.error + 1e-3).all()


def test_lead_lag_example_correlates_what_a_loop_correlates(example):
    lead_lag = example("12_lead_lag")
    a, b = (lead_lag.mids(table) for table in lagging_pair(duration="10s"))
    step = lead_lag.STEP_MS * lead_lag.MS
    times = range(max(a.ts[0], b.ts[0]), min(a.ts[-1], b.ts[-1]), step)
    x, y = ([series.log[max(np.flatnonzero(series.ts <= ts))] for ts in times] for series in (a, b))
    x, y = ([after - before for before, after in itertools.pairwise(one)] for one in (x, y))
    scale = (sum(one**2 for one in x) * sum(one**2 for one in y)) ** 0.5
    found = lead_lag.measure(a, b)
    for at, lag in enumerate(found.lags_ms // lead_lag.STEP_MS):
        pairs = [x[i] * y[i + lag] for i in range(len(x)) if 0 <= i + lag < len(y)]
        assert found.value[at] == pytest.approx(sum(pairs) / scale, abs=1e-9)


def test_triangle_of_the_example_earns_what_its_balances_say(example):
    triangle = example("13_triangular_arbitrage")
    import velora as vl

    tables = triangle.markets(seconds=30)
    strategy = triangle.Triangle()
    result = vl.Backtest(tables, strategy, latency="10ms", fees=("0", "0.0002")).run()
    assert strategy.whole > 0
    assert strategy.missed > 0
    assert strategy.whole + strategy.missed == strategy.tried
    held = dict.fromkeys(("ETH", "BTC", "USDT"), 0.0)
    through_btc = 0.0
    for fill in result.fills.to_pylist():
        base, quote = fill["symbol"].split("/")
        sign = 1 if fill["side"] == "BUY" else -1
        held[base] += sign * fill["qty"]
        through_btc += sign * fill["qty"] * (fill["symbol"] == "ETH/BTC")
        held[quote] -= sign * fill["qty"] * fill["price"] + fill["fee"]
    eth, btc, cross = (float(triangle.mid_at(table, table.ts_event[-1:])[0]) for table in tables)
    pnl, _ = triangle.in_usdt(result, btc)
    # The run marks ETH sold for BTC by the price in BTC, which agrees with that in USDT only to a tick.
    apart = through_btc * (cross * btc - eth)
    assert pnl == pytest.approx(held["USDT"] + held["BTC"] * btc + held["ETH"] * eth + apart, abs=1e-6)
    assert abs(held["ETH"]) < 1e-9  # each round, whole or closed, leaves none
    assert eth == pytest.approx(cross * btc, rel=1e-3)


@pytest.fixture(scope="module")
def recorded_catalog(shared_data, tmp_path_factory):
    """A catalog of one recorded session of BTCUSDT."""
    import velora as vl
    from velora.data.importers.binance_capture import import_captures

    folder = tmp_path_factory.mktemp("catalog")
    import_captures([shared_data / "binance_usdm" / "btcusdt_20240808.gz"], vl.Catalog(folder, create=True))
    return str(folder)


if __name__ == "__main__":
    RECORD.write_text(json.dumps({script.name: hashes(output(script)) for script in EXAMPLES}, indent=2) + "\n")
