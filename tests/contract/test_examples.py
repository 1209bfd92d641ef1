"""The numbered examples: each runs as a user runs it and prints the hashes that are on record.

The record is tests/golden/examples.json: the hashes that an example prints, in their order; an empty list where it is
no backtest. After a change of the engine that is meant, write it anew and look at the difference:

    python tests/contract/test_examples.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "tests" / "golden" / "examples.json"
EXAMPLES = sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))


def hashes(script: Path, *arguments: str) -> list[str]:
    """Hashes that an example prints."""
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, str(script), *arguments], env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return re.findall(r"\bHash +([0-9a-f]{16})\b", done.stdout)


@pytest.mark.skipif(not EXAMPLES, reason="the examples are not here")
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.name)
def test_numbered_example_prints_the_hashes_on_record(script):
    record = json.loads(RECORD.read_text())
    assert script.name in record, f"{script.name} has no entry in {RECORD.name}"
    assert hashes(script) == record[script.name]


@pytest.mark.skipif(not EXAMPLES, reason="the examples are not here")
def test_every_entry_of_the_record_has_its_example():
    assert sorted(json.loads(RECORD.read_text())) == [script.name for script in EXAMPLES]


@pytest.mark.parametrize("name", ["04_twap.py", "05_vwap.py"])
def test_execution_examples_run_on_a_recorded_session(name, repository, recorded_catalog):
    script = repository / "examples" / name
    assert hashes(script, "--catalog", recorded_catalog, "--symbol", "BTCUSDT", "--qty", "5")


@pytest.fixture(scope="module")
def recorded_catalog(shared_data, tmp_path_factory):
    """A catalog of one recorded session of BTCUSDT."""
    import velora as vl
    from velora.data.importers.binance_capture import import_captures

    folder = tmp_path_factory.mktemp("catalog")
    import_captures([shared_data / "binance_usdm" / "btcusdt_20240808.gz"], vl.Catalog(folder, create=True))
    return str(folder)


if __name__ == "__main__":
    RECORD.write_text(json.dumps({script.name: hashes(script) for script in EXAMPLES}, indent=2) + "\n")
