"""Whatever a command is given, it ends with one message and exit code 1, never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import velora as vl
from velora.cli.failures import describe
from velora.cli.main import run
from velora.cli.strategies import load_strategy
from velora.errors import ConfigError, MissingFile, StrategyError

FILE = """
[data]
synthetic = { seed = 3, events = 300 }

[strategy]
class = "velora.strategy.examples:MarketMaker"
"""

STRATEGY = """
import velora as vl


class Mine(vl.Strategy):
    pass
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of things that are not what a command wants."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "path", list(sys.path))
    vl.Catalog("c", create=True).write(vl.SyntheticMarket(events=300))
    vl.Backtest(vl.SyntheticMarket(events=300), vl.Strategy()).run().to_parquet("res")
    (tmp_path / "run.toml").write_text(FILE)
    os.mkfifo("pipe")
    (tmp_path / "dir").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "esc\x1b[31m").write_text("a,b\n1,2\n")
    return tmp_path


def ends(capsys, monkeypatch, *arguments):
    """Run a command here; returns exit code and what it wrote on standard error."""
    monkeypatch.setattr(sys, "argv", ["velora", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        run()
    return ended.value.code, capsys.readouterr().err


NO_FILES = ("pipe", "dir", "empty", "binary", "loop", "none", "esc\x1b[31m", "x" * 5_000, "/dev/zero", "", "\udcff")


@pytest.mark.parametrize(
    "command",
    [
        ("backtest", "{}"),
        ("paper", "{}"),
        ("journal", "{}"),
        ("report", "{}"),
        ("explain", "{}", "1"),
        ("data", "import", "{}", "-c", "new"),
        ("data", "import", "{}", "-c", "new", "--format", "table"),
        ("data", "import", "{}", "-c", "new", "--format", "binance-archive"),
        ("data", "list", "-c", "{}"),
        ("data", "inspect", "SYNUSDT", "-c", "{}"),
        ("check", "queue", "SYNUSDT", "-c", "{}"),
        ("check", "bounds", "{}"),
        ("check", "takers", "{}"),
        ("backtest", "run.toml", "--set", "strategy.class={}:S"),
        ("backtest", "run.toml", "--set", "latency.recording={}"),
        ("backtest", "run.toml", "--set", "latency.entry=samples({})"),
    ],
    ids=lambda command: " ".join(command),
)
def test_a_path_that_is_not_what_it_should_be_is_one_message(folder, capsys, monkeypatch, command):
    for path in NO_FILES:
        if command[:2] == ("data", "list") and path in ("dir", ""):
            continue  # an empty folder is an empty catalog, and so may this one be
        if command[-1] == "latency.recording={}" and path == "":
            continue  # none
        code, errors = ends(capsys, monkeypatch, *(part.format(path) for part in command))
        assert code == 1, (path, errors)
        assert errors.startswith("error: ")
        assert len(errors.splitlines()) == 1
        assert "\x1b" not in errors
        assert "unexpected" not in errors


@pytest.mark.parametrize(
    "command",
    [
        ("demo", "--events", "{}", "--html", "dir/r.html"),
        ("demo", "--events", "300", "--seed", "{}", "--html", "dir/r.html"),
        ("paper", "run.toml", "--speed", "{}"),
        ("explain", "res", "{}"),
        ("data", "inspect", "SYNUSDT", "-c", "c", "--rows", "{}"),
        ("check", "queue", "SYNUSDT", "-c", "c", "--every", "{}"),
        ("check", "queue", "SYNUSDT", "-c", "c", "--horizon", "{}"),
        ("check", "bounds", "c", "--symbol", "SYNUSDT", "--orders", "{}"),
        ("check", "takers", "c", "--jump", "{}"),
        ("check", "takers", "c", "--latency", "{}"),
    ],
    ids=lambda command: " ".join(command),
)
def test_a_number_that_makes_no_sense_is_one_message(folder, capsys, monkeypatch, command):
    for value in ("-1", "9223372036854775808", "1" + "0" * 30, "nan", "inf", "", "x", "\x1b[2J"):
        code, errors = ends(capsys, monkeypatch, *(part.format(value) for part in command))
        assert code in (0, 1, 2), (value, errors)
        assert "Traceback" not in errors
        assert "\x1b" not in errors
        assert "unexpected" not in errors, (value, errors)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = undefined\n", ["mine.py, line 2: NameError", "`x = undefined`"]),
        ("1 / 0\n", ["mine.py, line 2: ZeroDivisionError", "`1 / 0`"]),
        ("def f(:\n", ["mine.py, line 2: SyntaxError", "`def f(:`"]),
        ("import no_such_module_at_all\n", ["mine.py, line 2: ModuleNotFoundError", "no_such_module_at_all"]),
        ("raise SystemExit(3)\n", ["mine.py, line 2: SystemExit"]),
        ("import json; json.loads('{')\n", ["mine.py, line 2: JSONDecodeError"]),
        ("def f():\n    f()\nf()\n", ["RecursionError", "mine.py"]),
        ("class Mine(vl.Strategy):\n    def on_trades(self, t): ...\n", ["StrategyError", "mine.py", "on_trade"]),
    ],
)
def test_a_strategy_file_that_raises_is_one_message_with_its_line(folder, capsys, monkeypatch, source, words):
    (folder / "mine.py").write_text("import velora as vl\n" + source)
    code, errors = ends(capsys, monkeypatch, "backtest", "run.toml", "--set", "strategy.class=mine.py:Mine")
    assert code == 1
    assert len(errors.splitlines()) == 1
    for word in words:
        assert word in errors


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = '\x00'", b"# coding: nonsense\n"])
def test_a_strategy_file_that_is_no_python_is_one_message(folder, content):
    (folder / "mine.py").write_bytes(content)
    with pytest.raises(StrategyError, match=r"strategy\.class"):
        load_strategy("mine.py:Mine", {}, folder)


@pytest.mark.parametrize("spec", [".:S", "..:S", "a..b:S", "a/b:S", "a\0b:S", " :S", "a b:S", "1:S", ".a:S", "é!:S"])
def test_what_names_no_module_is_one_message(tmp_path, spec):
    with pytest.raises(ConfigError, match=r"neither a \.py file nor the name of a module"):
        load_strategy(spec, {}, tmp_path)


@pytest.mark.parametrize("spec", ["", ":", ":S", "a:", "a"])
def test_what_names_no_class_is_one_message(tmp_path, spec):
    with pytest.raises(ConfigError, match=r"strategy\.class must be"):
        load_strategy(spec, {}, tmp_path)


def test_a_strategy_file_that_is_no_file_is_one_message(folder):
    (folder / "dir.py").mkdir()
    os.mkfifo(folder / "pipe.py")
    for name, error in (("dir.py", ConfigError), ("pipe.py", ConfigError), ("none.py", MissingFile)):
        with pytest.raises(error):
            load_strategy(f"{name}:S", {}, folder)


def test_a_strategy_file_finds_its_neighbours_when_it_is_loaded_and_later(folder, capsys, monkeypatch):
    (folder / "sub").mkdir()
    (folder / "sub" / "neighbour_of_mine.py").write_text("VALUE = 3\n")
    (folder / "sub" / "late_neighbour.py").write_text("VALUE = 4\n")
    (folder / "sub" / "mine.py").write_text(
        "import velora as vl\nfrom neighbour_of_mine import VALUE\n\n\nclass Mine(vl.Strategy):\n"
        "    def on_start(self):\n        from late_neighbour import VALUE as late\n"
        "        assert (VALUE, late) == (3, 4)\n"
    )
    code, errors = ends(capsys, monkeypatch, "backtest", "run.toml", "--set", "strategy.class=sub/mine.py:Mine")
    assert (code, errors) == (0, "")


def test_what_a_strategy_raises_in_a_run_is_one_message_with_its_line(folder, capsys, monkeypatch):
    (folder / "mine.py").write_text(STRATEGY.replace("pass", "def on_start(self):\n        1 / 0"))
    code, errors = ends(capsys, monkeypatch, "backtest", "run.toml", "--set", "strategy.class=mine.py:Mine")
    assert code == 1
    assert "mine.py, line 7: ZeroDivisionError: division by zero: `1 / 0`. Add --traceback" in errors


def test_debugging_shows_the_traceback(folder, monkeypatch):
    (folder / "mine.py").write_text(STRATEGY.replace("pass", "def on_start(self):\n        1 / 0"))
    monkeypatch.setenv("VELORA_DEBUG", "1")
    monkeypatch.setattr(sys, "argv", ["velora", "backtest", "run.toml", "--set", "strategy.class=mine.py:Mine"])
    with pytest.raises(ZeroDivisionError):
        run()


def test_a_constructor_that_raises_is_one_message_with_its_line(tmp_path):
    (tmp_path / "mine.py").write_text(STRATEGY.replace("pass", "def __init__(self):\n        {}['a']"))
    with pytest.raises(ConfigError, match=r"cannot create Mine: .*mine\.py, line 7: KeyError: 'a'"):
        load_strategy("mine.py:Mine", {}, tmp_path)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(2, "No such file or directory", "a"), "a: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError(), "out of memory"),
        (RecursionError("deep"), "nested too deeply"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "not UTF-8"),
        (OverflowError("big"), "a number is too large: big"),
        (KeyError("x"), "unexpected KeyError: 'x'"),
    ],
)
def test_any_exception_is_one_message(error, text):
    assert text in describe(error)


def shell(folder, line, **environment):
    program = f"'{sys.executable}' -W ignore -c 'from velora.cli import main; main()'"
    env = {**os.environ, "COLUMNS": "100", **environment}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace("velora", program)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_streams_that_are_closed_full_or_broken_are_no_traceback(folder):
    for line, code in (
        ("velora backtest run.toml --json >/dev/full", 1),
        ("velora backtest run.toml >/dev/full", 1),
        ("velora backtest run.toml --json | true", None),
        ("velora backtest run.toml --json >&- <&-", 0),
        ("velora backtest none.toml 2>&-", 1),
    ):
        done = shell(folder, line)
        assert code is None or done.returncode == code, (line, done)
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr


def test_a_terminal_that_cannot_show_a_character_gets_its_escape(folder):
    done = shell(folder, "velora backtest é.toml", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "\\xe9.toml" in done.stderr


@pytest.mark.parametrize("columns", ["0", "-5"])
def test_a_width_that_is_none_is_no_reason_to_print_nothing(folder, columns):
    done = shell(folder, "velora backtest run.toml", COLUMNS=columns)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 20


def test_an_environment_with_nothing_in_it_is_enough(folder):
    done = shell(folder, "env -i velora data list -c c")
    assert done.returncode == 0, done.stderr
