"""The folder of a result: private, whole, and nothing else in it is touched."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

import velora as vl
from velora.backtest.saved import FORMAT
from velora.cli.main import app
from velora.core.files import alone_in
from velora.core.seal import BLANK_SEAL, seal
from velora.errors import CorruptData, InvalidArgument, MissingFile, WriteError
from velora.strategy.examples import MarketMaker

TABLES = [f"{name}.parquet" for name in ("fills", "instants", "orders", "queue_positions", "samples")]
FILES = sorted([*TABLES, "result.json"])


@pytest.fixture(scope="module")
def results():
    return [
        vl.Backtest(vl.SyntheticMarket(seed=seed, events=3_000), MarketMaker(), latency="1ms").run() for seed in (1, 2)
    ]


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def test_saving_again_touches_nothing_else_in_the_folder(tmp_path, results):
    folder = tmp_path / "mine"
    results[0].to_parquet(folder)
    results[0].to_html(folder / "report.html")
    (folder / "notes.md").write_text("a week of work")
    (folder / "plots").mkdir()
    (folder / "plots" / "a.png").write_bytes(b"png")
    (folder / ".fills.parquet.partial").write_bytes(b"a file of the user's")
    before = names(folder)
    page = (folder / "report.html").read_bytes()
    results[1].to_parquet(folder)
    assert names(folder) == before
    assert (folder / "report.html").read_bytes() == page
    assert (folder / "plots" / "a.png").read_bytes() == b"png"
    assert vl.Result.load(folder).hash == results[1].hash
    assert names(tmp_path) == ["mine"]


def test_the_files_of_a_result_are_private(tmp_path, results):
    folder = results[0].to_parquet(tmp_path / "run")
    assert names(folder) == FILES
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_folder_that_one_is_in_is_a_folder_too(tmp_path, results, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results[0].to_parquet(".")
    results[1].to_parquet(".")
    assert vl.Result.load(".").hash == results[1].hash
    assert names(tmp_path) == FILES


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", "{", "5", "", '{"format": "mine", "name": "x"}', "[" * 100_000],
    ids=["empty object", "list", "broken", "number", "nothing", "of something else", "deep"],
)
def test_a_result_json_of_something_else_makes_no_folder_of_ours(tmp_path, results, content):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "result.json").write_text(content)
    (tmp_path / "other" / "fills.parquet").write_text("mine")
    with pytest.raises(InvalidArgument, match="holds other files"):
        results[0].to_parquet(tmp_path / "other")
    assert names(tmp_path / "other") == ["fills.parquet", "result.json"]
    assert (tmp_path / "other" / "fills.parquet").read_text() == "mine"


def test_links_and_files_and_pipes_are_refused(tmp_path, results):
    results[0].to_parquet(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "dangling", "file", "pipe"):
        with pytest.raises(InvalidArgument, match=name):
            results[1].to_parquet(tmp_path / name)
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "run" / "fills.parquet").unlink()
    (tmp_path / "run" / "fills.parquet").symlink_to(tmp_path / "victim")
    with pytest.raises(InvalidArgument, match="link"):
        results[1].to_parquet(tmp_path / "run")
    assert (tmp_path / "victim").read_text() == "precious"
    assert vl.Result.load.__doc__
    assert names(tmp_path) == ["dangling", "file", "link", "pipe", "run", "victim"]
    assert names(tmp_path / "run") == FILES


def test_a_pipe_in_a_result_is_not_waited_for(tmp_path, results):
    folder = results[0].to_parquet(tmp_path / "run")
    for name in ("fills.parquet", "result.json"):
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(InvalidArgument, match="pipe"):
            vl.Result.load(folder)


def test_a_mix_of_two_results_is_found(tmp_path, results):
    one, two = results[0].to_parquet(tmp_path / "one"), results[1].to_parquet(tmp_path / "two")
    for name in FILES[:3]:
        kept = (one / name).read_bytes()
        if kept == (two / name).read_bytes():
            continue
        (one / name).write_bytes((two / name).read_bytes())
        with pytest.raises(CorruptData, match=f"{name}.*checksum"):
            vl.Result.load(one)
        (one / name).write_bytes(kept)
    (one / "result.json").write_bytes((two / "result.json").read_bytes())
    with pytest.raises(CorruptData, match="checksum"):
        vl.Result.load(one)


def test_a_save_that_was_cut_short_is_named(tmp_path, results):
    folder = tmp_path / "run"
    folder.mkdir()
    left = ".fills.parquet.0123456789abcdef.partial"
    (folder / left).write_bytes(b"half")
    with pytest.raises(MissingFile, match=r"cut short and has left \.fills\.parquet\.0123456789abcdef\.partial"):
        vl.Result.load(folder)
    results[0].to_parquet(folder)
    assert names(folder) == FILES


def test_two_processes_do_not_save_into_one_folder_at_once(tmp_path, results):
    folder = results[0].to_parquet(tmp_path / "run")
    with alone_in(folder), pytest.raises(WriteError, match="another process"):
        results[1].to_parquet(folder)
    assert vl.Result.load(folder).hash == results[0].hash
    results[1].to_parquet(folder)


def test_backtest_may_save_and_report_into_one_folder_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.toml").write_text(
        '[data]\nsynthetic = { seed = 3, events = 3000 }\n[strategy]\nclass = "velora.strategy.examples:MarketMaker"\n'
    )
    for _ in range(2):
        done = CliRunner().invoke(app, ["backtest", "run.toml", "--save", "r", "--html", "r/report.html"])
        assert done.exit_code == 0, done.output
    assert names("r") == sorted([*FILES, "report.html"])


# ---------------------------------------------------------------------- what result.json may not say


def resealed(folder, change):
    """Change result.json as somebody would who can compute its checksum."""
    meta = json.loads((folder / "result.json").read_text())
    change(meta)
    meta["checksum"] = BLANK_SEAL
    (folder / "result.json").write_bytes(seal(json.dumps(meta).encode()))


WRONG = [5, "x", None, [], {}, [5], {"x": 5}, [None], [[]], -1, 1e300, True]


def test_a_wrong_type_anywhere_in_result_json_is_an_error_of_ours(tmp_path, results):
    folder = results[0].to_parquet(tmp_path / "run")
    text = (folder / "result.json").read_bytes()
    free = {"counters", "config", "versions", "data", "callbacks_note"}  # the records are the run's, whatever they hold
    for key in json.loads(text):
        for value in WRONG:
            if key == "checksum":
                continue
            (folder / "result.json").write_bytes(text)
            resealed(folder, lambda meta, key=key, value=value: meta.update({key: value}))
            if key in free or key == "elapsed_s" or (key, value) in (("format", FORMAT), ("totals", None)):
                with contextlib.suppress(CorruptData):
                    vl.Result.load(folder)
            else:
                with pytest.raises(CorruptData, match=r"result\.json"):
                    vl.Result.load(folder)
        (folder / "result.json").write_bytes(text)
        if key not in ("totals", "versions"):
            resealed(folder, lambda meta, key=key: meta.pop(key))
            if key != "checksum":
                with pytest.raises(CorruptData):
                    vl.Result.load(folder)


@pytest.mark.parametrize("key", ["data", "instruments", "config"])
def test_a_result_json_that_was_edited_is_an_error_of_ours(tmp_path, results, key):
    folder = results[0].to_parquet(tmp_path / "run")
    meta = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**meta, key: 5}))
    with pytest.raises(CorruptData, match=r"result\.json"):
        vl.Result.load(folder)


def test_results_of_another_format_say_so(tmp_path, results):
    folder = results[0].to_parquet(tmp_path / "run")
    for value in (FORMAT - 1, FORMAT + 1, "x", None):
        resealed(folder, lambda meta, value=value: meta.update(format=value))
        with pytest.raises(CorruptData, match=f"must be {FORMAT}"):
            vl.Result.load(folder)
