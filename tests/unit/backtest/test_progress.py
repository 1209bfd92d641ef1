"""`progress=True`: a bar where somebody can see it, silence everywhere else, and the same run."""

from __future__ import annotations

import io
import sys
import types

import pytest

import velora as vl


class Idle(vl.Strategy):
    def on_start(self) -> None:
        self.buy("SYNUSDT", 0.001)


@pytest.fixture(scope="module")
def table():
    return vl.SyntheticMarket(seed=3, duration="100s").table()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch) -> Terminal:
    """Make the standard error claim to be a terminal; its text can be read. Not a fixture: pytest sets its own after
    those."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    return screen


@pytest.fixture
def notebook(monkeypatch):
    """IPython's part of a kernel: what a cell displays, and then each update of it."""
    shown: list[str] = []

    class ZMQInteractiveShell:
        pass

    def display(html, display_id):
        assert display_id is True
        shown.append(html)
        return types.SimpleNamespace(update=shown.append)

    package, module = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    package.get_ipython = ZMQInteractiveShell
    module.display, module.HTML = display, str
    package.display = module
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return shown


def test_a_run_is_silent_unless_it_is_asked(table, monkeypatch, notebook):
    screen = terminal(monkeypatch)
    vl.Backtest(table, Idle()).run()
    vl.Backtest(table, Idle()).run(progress=False)
    assert screen.getvalue() == ""
    assert notebook == []


def test_a_terminal_has_a_bar_that_goes_when_the_run_is_done(table, monkeypatch):
    screen = terminal(monkeypatch)
    result = vl.Backtest(table, Idle()).run(progress=True)
    text = screen.getvalue()
    assert "backtest" in text
    assert f"{result.rows:,} rows" in text
    assert "100%" in text
    assert text.endswith("\x1b[2K")  # the line is cleared
    assert result.hash == vl.Backtest(table, Idle()).run().hash


def test_a_pipe_has_no_bar(table, capsys):
    vl.Backtest(table, Idle()).run(progress=True)
    assert capsys.readouterr() == ("", "")


def test_a_notebook_has_a_bar_that_leaves_nothing_behind(table, notebook, monkeypatch):
    monkeypatch.setattr("velora.backtest.progress._REDRAW_S", 0.0)
    result = vl.Backtest(table, Idle()).run(progress=True)
    assert notebook[0].startswith('<progress value="0.0000"')
    assert f"{result.rows:,} rows" in "".join(notebook)
    assert notebook[-1] == ""


def test_a_bar_goes_when_the_run_fails(table, notebook):
    class Fails(Idle):
        def on_stop(self) -> None: ...

        def on_trade(self, trade) -> None:
            raise RuntimeError("as it should")

    with pytest.raises(RuntimeError, match="as it should"):
        vl.Backtest(table, Fails()).run(progress=True)
    assert notebook[-1] == ""


def test_the_bar_of_a_step_is_of_that_step(table, monkeypatch):
    screen = terminal(monkeypatch)
    run = vl.Backtest(table, Idle()).start()
    run.advance("30s")
    assert screen.getvalue() == ""
    run.advance("10s", progress=True)
    run.advance_to_end(progress=True)
    assert screen.getvalue().count("\x1b[2K") >= 2


def test_a_callable_is_called_with_rows_and_time(table):
    calls: list[tuple[int, int]] = []
    result = vl.Backtest(table, Idle()).run(progress=lambda rows, now: calls.append((rows, now)))
    assert calls[-1] == (result.rows, result.period[1])
    assert calls == sorted(calls)


def test_a_source_that_does_not_say_how_long_it_is_has_a_bar_without_a_share(notebook, monkeypatch):
    monkeypatch.setattr("velora.backtest.progress._REDRAW_S", 0.0)
    vl.Backtest(vl.SyntheticMarket(seed=3, duration="60s"), Idle()).run(progress=True)
    assert any(html.startswith("<progress style") and "rows" in html for html in notebook)


@pytest.mark.parametrize("wrong", [1, "yes", 0.5])
def test_anything_else_is_refused_by_name(table, wrong):
    with pytest.raises(vl.VeloraError, match="progress must be True or a callable"):
        vl.Backtest(table, Idle()).run(progress=wrong)
