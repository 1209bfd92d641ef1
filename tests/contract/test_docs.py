"""What the documentation shows works."""

from __future__ import annotations

import importlib
import re
import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
needs_docs = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the documentation is not here")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def run_page(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("outputs").run_page


@needs_docs
def test_quickstart_runs_and_prints_what_it_shows(run_page):
    page = ROOT / "docs" / "quickstart.md"
    text, names = run_page(page)
    assert text == page.read_text(), "python docs/outputs.py docs/quickstart.md --renew"
    assert "did you mean on_trade?" in text
    assert names["result"].hash == names["stepped"].hash


PAGES_WITH_OUTPUTS = [
    "index.md",
    "installation.md",
    *sorted(
        f"coming_from/{path.name}" for path in (ROOT / "docs" / "coming_from").glob("*.md") if path.stem != "index"
    ),
]


@needs_docs
@pytest.mark.parametrize("name", PAGES_WITH_OUTPUTS)
def test_page_prints_what_it_shows(name, run_page):
    page = ROOT / "docs" / name
    text, _ = run_page(page)
    assert text == page.read_text(), f"python docs/outputs.py docs/{name} --renew"
    assert blocks(page, "text"), "a page with outputs shows one"


@needs_docs
def test_an_output_that_is_not_the_code_s_is_found(tmp_path, run_page):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nprint('5 rows in 3.0 ms (7 rows/s)')\n```\n\n```text\n5 rows in 9.9 s (1 rows/s)\n```\n"
    )
    assert run_page(page)[0] == page.read_text(), "times and rates are not compared"
    page.write_text(page.read_text().replace("5 rows in 9.9", "6 rows in 9.9"))
    assert "```text\n5 rows in 3.0 ms" in run_page(page)[0]


@needs_docs
def test_message_bus_page_runs_from_top_to_bottom(capsys):
    names: dict[str, object] = {"__name__": "message_bus"}
    for block in blocks(ROOT / "docs" / "concepts" / "message_bus.md", "python"):
        exec(compile(block, "message_bus.md", "exec"), names)
    assert "did you mean execution.binance?" in capsys.readouterr().out


@needs_docs
def test_two_modes_page_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "two_modes"}
    for block in blocks(ROOT / "docs" / "concepts" / "two_modes.md", "python"):
        exec(compile(block, "two_modes.md", "exec"), names)
    assert names["expected"].rows == names["result"].rows
    assert len(names["result"].fills) > 0


@pytest.mark.parametrize(
    "page",
    [
        "execute_a_large_order.md",
        "import_data.md",
        "indicators.md",
        "notebooks.md",
        "parameters_and_state.md",
        "sweep_parameters.md",
        "your_own_data.md",
    ],
)
def test_how_to_pages_run_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = blocks(ROOT / "docs" / "how_to" / page, "python")
    assert found
    names: dict[str, object] = {"__name__": page}
    for block in found:
        exec(compile(block, page, "exec"), names)


@needs_docs
def test_strategies_page_runs_from_top_to_bottom(capsys):
    names: dict[str, object] = {"__name__": "strategies"}
    for block in blocks(ROOT / "docs" / "concepts" / "strategies.md", "python"):
        exec(compile(block, "strategies.md", "exec"), names)
    assert list(names["result"].errors) == ["bad"]
    assert "Strategies" in capsys.readouterr().out


@pytest.mark.skipif(not (ROOT / "README.md").is_file(), reason="the README is not here")
def test_readme_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (block,) = blocks(ROOT / "README.md", "python")
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    assert "Hash" in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()


@needs_docs
def test_configuration_of_the_reference_is_accepted(tmp_path):
    from velora.core.config import load_config

    (block,) = blocks(ROOT / "docs" / "reference" / "command_line.md", "toml")
    tomllib.loads(block)
    path = tmp_path / "run.toml"
    path.write_text(block)
    assert load_config(path, environment={}).latency.entry == "5ms"


@pytest.mark.skipif(not (ROOT / "examples").is_dir(), reason="the examples are not here")
def test_example_files_are_valid():
    from velora.core.config import load_config

    files = sorted((ROOT / "examples").glob("*.toml"))
    assert files
    for file in files:
        assert load_config(file, environment={}).strategy.cls


@needs_docs
def test_figures_of_the_synthetic_market_can_be_drawn_again():
    figures = ROOT / "docs" / "figures"
    before = (figures / "synthetic_market.md").read_text()
    runpy.run_path(str(figures / "synthetic_market.py"), run_name="__main__")
    assert (figures / "synthetic_market.md").read_text() == before
