"""Strategies from files: their neighbours are theirs alone, and each error is one message with the user's line."""

from __future__ import annotations

import sys

import pytest

import velora as vl
from velora.cli.backtest import build_backtest
from velora.cli.main import run
from velora.cli.strategies import load_strategy
from velora.core.config import load_config
from velora.errors import ConfigError, StrategyError

MARKET = vl.SyntheticMarket(seed=3, events=300).table()

STRATEGY = """
import velora as vl
from shared_name import VALUE


class Mine(vl.Strategy):
    def on_start(self):
        import shared_name
        from late_name import LATE
        from shared_package import inner
        self.seen = (VALUE, shared_name.VALUE, LATE, inner.VALUE)
"""


def project(folder, value):
    (folder / "shared_package").mkdir(parents=True)
    (folder / "shared_package" / "__init__.py").write_text("from . import inner\n")
    (folder / "shared_package" / "inner.py").write_text(f"from shared_name import VALUE\nassert VALUE == {value}\n")
    (folder / "shared_name.py").write_text(f"VALUE = {value}\n")
    (folder / "late_name.py").write_text(f"import shared_name\nLATE = shared_name.VALUE + {value}\n")
    (folder / "mine.py").write_text(STRATEGY)
    return folder


@pytest.fixture
def two(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    return project(tmp_path / "a", 1), project(tmp_path / "b", 2)


@pytest.mark.parametrize("spec", ["mine.py:Mine", "mine:Mine"])
def test_two_strategies_whose_neighbours_have_the_same_names_each_see_their_own(two, spec):
    strategies = [load_strategy(spec, {}, folder) for folder in two]
    assert type(strategies[0]) is not type(strategies[1])
    vl.Backtest(MARKET, dict(zip("ab", strategies, strict=True))).run()
    assert [one.seen for one in strategies] == [(1, 1, 2, 1), (2, 2, 4, 2)]


def test_a_folder_does_not_see_what_only_another_one_has(two):
    load_strategy("mine.py:Mine", {}, two[0])
    (two[1] / "late_name.py").unlink()
    strategy = load_strategy("mine.py:Mine", {}, two[1])
    with pytest.raises(ModuleNotFoundError, match="late_name"):
        vl.Backtest(MARKET, strategy).run()


def test_a_file_is_run_once_and_again_when_it_has_changed(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("import velora as vl\nclass Mine(vl.Strategy):\n    size = 1\n")
    first, second = (type(load_strategy("mine.py:Mine", {}, tmp_path)) for _ in range(2))
    assert first is second
    file.write_text("import velora as vl\nclass Mine(vl.Strategy):\n    size = 20\n")
    assert load_strategy("mine.py:Mine", {}, tmp_path).size == 20


def test_what_an_import_leaves_behind_is_its_folder_at_the_end_of_the_path(two):
    before, finders = list(sys.path), list(sys.meta_path)
    load_strategy("mine.py:Mine", {}, two[0])
    assert sys.path[: len(before)] == before
    assert str(two[0].resolve()) in sys.path[len(before) :]
    assert sys.meta_path == finders


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "import nothing_of_that_name\n",
            ["helper.py, line 1", "ModuleNotFoundError", "`import nothing_of_that_name`"],
        ),
        ("from velora import Nothing\n", ["helper.py, line 1", "Nothing"]),
        ("def f(:\n", ["helper.py, line 1: SyntaxError", "`def f(:`"]),
        ("\n1 / 0\n", ["helper.py, line 2: ZeroDivisionError", "`1 / 0`"]),
    ],
)
@pytest.mark.parametrize("spec", ["mine.py:Mine", "mine:Mine"])
def test_an_error_in_a_neighbour_is_one_message_with_its_line(tmp_path, source, words, spec):
    (tmp_path / "helper.py").write_text(source)
    (tmp_path / "mine.py").write_text("import velora as vl\nimport helper\nclass Mine(vl.Strategy): ...\n")
    with pytest.raises(StrategyError) as raised:
        load_strategy(spec, {}, tmp_path)
    assert "\n" not in str(raised.value)
    for word in words:
        assert word in str(raised.value)


CLASSES = """import velora as vl
class Mine(vl.Strategy): ...
class Other(vl.Strategy): ...
class Plain: ...
class Needs(vl.Strategy):
    def __init__(self, size): ...
class Abstract(vl.Strategy):
    def __init__(self):
        raise NotImplementedError("abstract")
def function(): ...
"""


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("mine.py:Mime", "has no strategy 'Mime'; did you mean Mine"),
        ("mine.py", "names no class; it has Abstract, Mine, Needs, Other"),
        ("mine.py:Plain", r"Plain of mine\.py, .*mine\.py, line 4, does not extend velora\.Strategy"),
        ("mine.py:function", r"function of mine\.py, .*mine\.py, line 10, does not extend velora\.Strategy"),
        ("mine.py:Needs", r"cannot create Needs: .*missing 1 required.*'size', .*mine\.py, line 5"),
        ("mine.py:Abstract", r"cannot create Abstract: .*mine\.py, line 9: NotImplementedError: abstract"),
    ],
)
def test_a_class_that_will_not_do_is_one_message(tmp_path, spec, words):
    (tmp_path / "mine.py").write_text(CLASSES)
    with pytest.raises(ConfigError, match=words):
        load_strategy(spec, {}, tmp_path)


def ends(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["velora", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        run()
    return ended.value.code, capsys.readouterr().err


RUN = '[data]\nsynthetic = { seed = 3, events = 300 }\n[strategy]\nclass = "mine.py:Mine"\n'


def test_an_error_of_velora_in_a_hook_begins_with_the_users_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "import velora as vl\nclass Mine(vl.Strategy):\n    def on_start(self):\n        self.book('NOWHERE')\n"
    )
    (tmp_path / "run.toml").write_text(RUN)
    for command in ("backtest", "paper"):
        code, errors = ends(capsys, monkeypatch, command, tmp_path / "run.toml")
        assert code == 1
        (line,) = errors.replace("\n", " ").strip().split("error: ")[1:]
        assert "mine.py, line 4: " in line
        assert "NOWHERE" in line
        assert "`self.book('NOWHERE')`" in line


def test_traceback_shows_the_whole_traceback(tmp_path, capsys, monkeypatch):
    (tmp_path / "mine.py").write_text("1 / 0\n")
    (tmp_path / "run.toml").write_text(RUN)
    monkeypatch.delenv("VELORA_DEBUG", raising=False)
    monkeypatch.setattr(sys, "argv", ["velora", "backtest", str(tmp_path / "run.toml"), "--traceback"])
    with pytest.raises(StrategyError) as raised:
        run()
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


# ---------------------------------------------------------------------------------------------- paths of a TOML file


def test_paths_of_a_file_are_relative_to_the_file(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "there"
    folder.mkdir()
    vl.Catalog(folder / "kept", create=True).write(MARKET)
    (folder / "mine.py").write_text("import velora as vl\nclass Mine(vl.Strategy): ...\n")
    (folder / "run.toml").write_text(
        '[data]\npath = "kept"\n[strategy]\nclass = "mine.py:Mine"\n[report]\nsave = "saved"\nhtml = "r.html"\n'
    )
    monkeypatch.chdir(tmp_path)
    code, errors = ends(capsys, monkeypatch, "backtest", "there/run.toml")
    assert (code, errors) == (0, "")
    assert (folder / "saved" / "result.json").is_file()
    assert (folder / "r.html").is_file()
    ends(capsys, monkeypatch, "backtest", "there/run.toml", "--save", "here")
    assert (tmp_path / "here" / "result.json").is_file()


@pytest.mark.parametrize(
    ("old", "new"), [('"kept"', '"none"'), ('"mine.py:', '"none.py:'), ('"mine.py:', '"none_at_all:')]
)
def test_a_path_that_is_not_there_says_where_it_was_searched(tmp_path, old, new):
    vl.Catalog(tmp_path / "kept", create=True).write(MARKET)
    (tmp_path / "mine.py").write_text("import velora as vl\nclass Mine(vl.Strategy): ...\n")
    text = '[data]\npath = "kept"\n[strategy]\nclass = "mine.py:Mine"\n'
    (tmp_path / "run.toml").write_text(text.replace(old, new))
    with pytest.raises(vl.errors.VeloraError, match=f"[lL]ooked in '{tmp_path}'"):
        build_backtest(load_config(tmp_path / "run.toml", environment={}), tmp_path)
