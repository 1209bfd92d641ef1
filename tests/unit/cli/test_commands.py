"""The commands, as a user runs them: results on standard output; one message and exit code 1 for a mistake."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

FILE = """
[data]
synthetic = { seed = 3, events = 30000 }

[strategy]
class = "velora.strategy.examples:MarketMaker"

[latency]
entry = "2ms"
"""


def velora(*arguments, cwd, **environment):
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment}
    program = "from velora.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def failed(done, *words):
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in done.stderr


def test_demo_prints_its_result_and_the_same_hash_again(tmp_path):
    seen = []
    for hash_seed in ("1", "2"):
        done = velora("demo", "--events", 50_000, cwd=tmp_path, PYTHONHASHSEED=hash_seed)
        assert done.returncode == 0, done.stderr
        assert "events per second" in done.stdout
        seen.append(done.stdout.split("hash: ")[1].split()[0])
    assert seen[0] == seen[1]
    assert (tmp_path / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize(("columns", "rows"), [(80, 23), (120, 39)])
def test_demo_fits_a_screen_and_ends_with_a_result_that_it_qualifies(tmp_path, columns, rows):
    done = velora("demo", cwd=tmp_path, COLUMNS=str(columns))
    lines = done.stdout.splitlines()
    assert len(lines) <= rows
    assert all(len(line) <= columns for line in lines if not line.startswith("report: "))
    text = " ".join(done.stdout.split())
    sentence = text.partition("Velora replayed")[2].partition(" PnL by")[0]
    for word in ("1,000,000 market events", "million a second", "fills, each with its cause", "report.html"):
        assert word in sentence
    assert re.search(r"PnL \+0\.\d{4} USDT", text)
    assert "no evidence" in " ".join(lines[-3:])
    decimals = {len(one) for one in re.findall(r"[-+]\d+\.(\d+) (?:USDT|of)", text)}
    assert decimals == {4}


def test_backtest_of_a_file_saved_and_shown_again(tmp_path):
    (tmp_path / "run.toml").write_text(FILE)
    done = velora("backtest", "run.toml", "--json", "--save", "kept", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)
    again = velora("report", "kept", "--json", "--html", "again.html", cwd=tmp_path)
    assert json.loads(again.stdout) == first
    assert (tmp_path / "again.html").exists()


@pytest.mark.parametrize(
    "impact",
    [
        'impact = "obizhaeva_wang(depth=50, resilience=0.1)"',
        'impact = { model = "square_root", sigma_d = 60, volume_d = 9e4, memory = "1h" }',
    ],
)
def test_impact_of_a_file_is_in_the_result(tmp_path, impact):
    (tmp_path / "run.toml").write_text(f"{FILE}\n[venue]\n{impact}\n")
    done = velora("backtest", "run.toml", "--save", "kept", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "kept" / "result.json").read_text())
    assert kept["config"]["impact"]["model"] in impact
    failed(
        velora("backtest", "run.toml", "--set", "venue.impact=cube(x=1)", cwd=tmp_path), "unknown impact model 'cube'"
    )


def test_strategy_of_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import velora as vl\n\n\nclass Mine(vl.Strategy):\n    def on_start(self):\n        self.every('1s')\n"
    )
    (tmp_path / "run.toml").write_text(FILE.replace("velora.strategy.examples:MarketMaker", "mine.py:Mine"))
    done = velora("backtest", "run.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


SEVERAL = """
[data]
synthetic = { seed = 3, events = 30000 }

[[strategies]]
name = "near"
class = "velora.strategy.examples:MarketMaker"
capital = 3000

[[strategies]]
class = "mine.py:Fails"
parameters = { after = "1s" }
capital = { USDT = 1000 }

[run]
retention = 5
"""

FAILS = """
import velora as vl


class Fails(vl.Strategy):
    def __init__(self, after):
        self.when = after

    def on_start(self):
        self.after(self.when, lambda: 1 / 0)
"""


def test_several_strategies_of_a_file_run_side_by_side(tmp_path):
    (tmp_path / "mine.py").write_text(FAILS)
    (tmp_path / "run.toml").write_text(SEVERAL)
    done = velora("backtest", "run.toml", "--save", "kept", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "kept" / "result.json").read_text())
    assert [(one["name"], one["state"]) for one in kept["strategies"]] == [("near", "STOPPED"), ("Fails", "FAILED")]
    assert [one["capital"] for one in kept["strategies"]] == [{"USDT": "3000.0"}, {"USDT": "1000.0"}]
    assert (kept["config"]["on_error"], kept["config"]["retention"]) == ("stop", 5)
    assert velora("backtest", "run.toml", "--set", "run.on_error=raise", cwd=tmp_path).returncode != 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("mine.py:Fails", "mine.py:Failz"), ["strategies[1]", "has no strategy 'Failz'", "Fails"]),
        (("capital = 3000", ""), ["near has none"]),
        (('class = "mine.py:Fails"', 'class = "mine.py:Fails"\nname = "near"'), ["two strategies are named 'near'"]),
        (('class = "mine.py:Fails"', ""), ["strategies[1].class is required"]),
        (("[run]", '[strategy]\nclass = "mine.py:Fails"\n[run]'), ["not both"]),
    ],
)
def test_mistakes_in_several_strategies_are_one_message(tmp_path, change, words):
    (tmp_path / "mine.py").write_text(FAILS)
    (tmp_path / "run.toml").write_text(SEVERAL.replace(*change))
    failed(velora("backtest", "run.toml", cwd=tmp_path), *words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[latency]", "[latensy]"), ["latensy", "did you mean"]),
        (("MarketMaker", "MarketTaker"), ["has no strategy 'MarketTaker'", "MarketMaker"]),
        (("velora.strategy.examples:", "nowhere.py:"), ["nowhere.py", "does not exist"]),
        (("synthetic = { seed = 3, events = 30000 }", 'path = "catalog"'), ["catalog", "velora data import"]),
        (("events = 30000", "count = 30000"), ["count"]),
        (('"2ms"', '"2 parsecs"'), ["2 parsecs"]),
    ],
)
def test_mistakes_in_a_file_are_one_message(tmp_path, change, words):
    (tmp_path / "run.toml").write_text(FILE.replace(*change))
    failed(velora("backtest", "run.toml", cwd=tmp_path), *words)


def test_missing_files_are_one_message(tmp_path):
    failed(velora("backtest", "none.toml", cwd=tmp_path), "none.toml", "does not exist")
    failed(velora("data", "import", "none.gz", cwd=tmp_path), "none.gz", "does not exist")
    failed(velora("data", "list", "-c", "none", cwd=tmp_path), "none", "does not exist")
    failed(velora("report", "none", cwd=tmp_path), "none", "does not exist")
    assert list(tmp_path.iterdir()) == []


def test_import_list_inspect(tmp_path):
    rows = "\n".join(f"{1_700_000_000_000 + i},1,{100 + i},0.5" for i in range(5))
    (tmp_path / "t.csv").write_text("ts_event,kind,price,qty\n" + rows.replace(",1,", "000000,1,") + "\n")
    options = ["--symbol", "ABCUSDT", "--tick-size", "1", "--lot-size", "0.5", "--catalog", "c"]
    done = velora("data", "import", "t.csv", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = json.loads(velora("data", "list", "-c", "c", "--json", cwd=tmp_path).stdout)
    assert [(one["name"], one["rows"]) for one in listed] == [("ABCUSDT", 5)]
    shown = velora("data", "inspect", "ABCUSDT", "-c", "c", cwd=tmp_path)
    assert "TRADE" in shown.stdout
    failed(velora("data", "inspect", "XYZ", "-c", "c", cwd=tmp_path), "has no instrument 'XYZ'", "ABCUSDT")
    failed(velora("data", "import", "t.csv", *options, cwd=tmp_path), "--overwrite")


def test_price_off_the_grid_in_a_table_names_file_row_and_field(tmp_path):
    (tmp_path / "t.csv").write_text("ts_event,kind,price,qty\n1,1,100,1\n2,1,100.5,1\n")
    options = ["--symbol", "ABC", "--tick-size", "1", "--lot-size", "1", "--catalog", "c"]
    failed(velora("data", "import", "t.csv", *options, cwd=tmp_path), "t.csv", "row 1", "price", "100.5")
    assert not (tmp_path / "c").exists()


def test_live_keeps_a_journal_that_is_checked_and_replayed(tmp_path):
    (tmp_path / "run.toml").write_text(FILE)
    done = velora(
        "paper", "run.toml", "--speed", 100, "--journal", "a.journal", "--json", "--save", "kept", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["run"]["rows"] > 1_000
    assert told["pacing"]["inputs"] > 1_000
    assert (tmp_path / "kept" / "result.json").exists()
    done = velora("journal", "a.journal", "--replay", "run.toml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["has_ended"]
    assert found["rows"] == told["run"]["rows"]
    assert found["replay"]["is_same"]
    assert found["replay"]["hash"] == told["pacing"]["hash"]
    assert found["replay"]["commands"] == found["records"]["COMMAND"] > 10
    shown = velora("journal", "a.journal", "--replay", "velora.strategy.examples:MarketMaker", cwd=tmp_path)
    assert "the same decisions, byte for byte" in shown.stdout
    failed(velora("paper", "run.toml", "--journal", "a.journal", cwd=tmp_path), "never written over")
    (tmp_path / "other.toml").write_text(f"{FILE}\n[strategy.parameters]\noffset_ticks = 3\n")
    done = velora("journal", "a.journal", "--replay", "other.toml", cwd=tmp_path)
    assert done.returncode == 1
    assert "other decisions" in done.stdout
    assert "error: the replay differs from the recorded run: decision" in done.stderr


def test_live_of_a_catalog_instead_of_the_files_data(tmp_path):
    import velora as vl

    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    catalog.write(vl.SyntheticMarket(seed=5, duration="5s").table())
    (tmp_path / "run.toml").write_text(FILE)
    done = velora("paper", "run.toml", "--feed", "catalog", "--speed", 50, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "lateness: p50" in done.stdout
    failed(velora("paper", "run.toml", "--feed", "nowhere", cwd=tmp_path), "nowhere")


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_an_interrupted_live_run_ends_in_order_and_a_killed_one_is_replayed_as_far_as_it_went(tmp_path, name):
    import signal
    import time

    (tmp_path / "run.toml").write_text(FILE)
    program = "from velora.cli import main; main()"
    arguments = ["paper", "run.toml", "--speed", "0.5", "--journal", "a.journal", "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        deadline = time.monotonic() + 60
        # Some inputs are in the file: so it runs, and Ctrl-C is its own by now.
        while not (tmp_path / "a.journal").exists() or (tmp_path / "a.journal").stat().st_size < 70_000:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(getattr(signal, name))
        told, errors = process.communicate(timeout=60)
    if name == "SIGINT":
        assert process.returncode == 0, errors
        assert json.loads(told)["run"]["rows"] > 0
    done = velora("journal", "a.journal", "--replay", "run.toml", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["has_ended"] == (name == "SIGINT")
    assert found["replay"]["is_same"]
    assert found["replay"]["inputs"] > 100


def test_a_live_run_takes_parameters_from_its_file_on_a_hangup(tmp_path):
    import signal
    import time

    (tmp_path / "wide.py").write_text(
        "import velora as vl\n"
        "class Wide(vl.Strategy):\n"
        "    ticks = vl.Parameter(2, low=0, high=50)\n"
        "    def __init__(self, lots=1, **parameters):\n"
        "        super().__init__(**parameters)\n"
        "        self.lots = lots\n"
        "    def on_start(self):\n"
        "        self.market = self.book(self.instruments[0])\n"
        "        self.every('50ms', self.requote)\n"
        "    def requote(self):\n"
        "        bid = self.market.best_bid_ticks\n"
        "        if bid is not None:\n"
        "            self.quote(self.market.instrument, bid_ticks=bid - self.ticks, qty_lots=self.lots)\n"
    )
    toml = FILE.replace("velora.strategy.examples:MarketMaker", "wide.py:Wide")
    file = tmp_path / "run.toml"
    file.write_text(toml)
    program = "from velora.cli import main; main()"
    arguments = ["paper", "run.toml", "--speed", "0.5", "--journal", "a.journal", "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        deadline = time.monotonic() + 60
        while not (tmp_path / "a.journal").exists() or (tmp_path / "a.journal").stat().st_size < 70_000:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        for parameters, words in (
            ("ticks = 9", "Wide.ticks: 2 is now 9"),
            ("ticks = 51", "must be in [0, 50]"),
            ("tics = 1", "did you mean ticks?"),
            ("ticks = [", "the parameters are unchanged"),
            ("ticks = 9\nlots = 2", "lots is an argument of Wide's constructor"),
            ("ticks = 9", "no parameter has changed"),
        ):
            file.write_text(f"{toml}\n[strategy.parameters]\n{parameters}\n")
            process.send_signal(signal.SIGHUP)
            assert words in process.stderr.readline().decode()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    file.write_text(f"{toml}\n[strategy.parameters]\nticks = 33\n")
    found = json.loads(velora("journal", "a.journal", "--replay", "run.toml", "--json", cwd=tmp_path).stdout)
    assert found["records"]["PARAMETERS"] == 1
    assert found["replay"]["is_same"]
    assert found["replay"]["commands"] > 0


def test_what_is_no_journal_is_one_message(tmp_path):
    failed(velora("journal", "nowhere", cwd=tmp_path), "nowhere", "does not exist")
    (tmp_path / "x").write_text("something else")
    failed(velora("journal", "x", cwd=tmp_path), "no journal")


def test_a_start_in_a_file_begins_with_the_book_of_the_rows_before_it(tmp_path):
    import velora as vl
    from velora.core.events import Side
    from velora.testkit import Flow

    flow = Flow().snapshot(10**9, [(100, 5)], [(101, 5)])
    for second in range(2, 30):
        flow.delta(second * 10**9, Side.SELL, 120, second)
    vl.Catalog(tmp_path / "kept", create=True).write(flow.table())
    (tmp_path / "mine.py").write_text(
        "import velora as vl\n"
        "class Mine(vl.Strategy):\n"
        "    def on_start(self):\n"
        "        print('book', self.now, self.book('TEST').touch)\n"
    )
    (tmp_path / "run.toml").write_text(
        '[data]\npath = "kept"\n[strategy]\nclass = "mine.py:Mine"\n[run]\nstart = "1970-01-01T00:00:10"\n'
    )
    done = velora("backtest", "run.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "book 10000000000 (100, 101)" in done.stdout
