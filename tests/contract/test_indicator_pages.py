"""The pages of the indicators: one of each, with an example that runs and a picture that opens."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from velora import ta
from velora.ta.indicator import compiled_kinds

DOCS = Path(__file__).resolve().parents[2] / "docs"
KINDS = compiled_kinds()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    if not DOCS.is_dir():
        pytest.skip("the documentation is not here")
    sys.path.insert(0, str(DOCS))
    try:
        import indicator_pages
    finally:
        sys.path.remove(str(DOCS))
    folder = tmp_path_factory.mktemp("indicators")
    (folder / "gone.md").write_text("of a kind that is no longer there")
    assert indicator_pages.write_pages(folder) == sorted(KINDS)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    indicator_pages.write_pages(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    return folder


def test_there_is_a_page_and_a_picture_of_each_kind(pages):
    wanted = {"index.md", *(f"{name}{end}" for name in KINDS for end in (".md", ".svg"))}
    assert {path.name for path in pages.iterdir()} == wanted
    index = (pages / "index.md").read_text()
    assert all(f"]({name}.md)" in index for name in KINDS)


def test_the_pages_are_not_in_the_navigation_which_every_page_repeats(pages):
    assert "toctree" not in (pages / "index.md").read_text()
    assert all((pages / f"{name}.md").read_text().startswith("---\norphan: true\n---\n") for name in KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_page_says_everything_and_its_example_runs(kind, pages, capsys):
    text = (pages / f"{kind.name}.md").read_text()
    plain = " ".join(text.replace("\\", "").split())
    for said in (kind.title, kind.group, kind.formula, kind.notes, kind.source, kind.talib):
        assert " ".join(said.replace("\\", "").split()) in plain
    for param in kind.params:
        assert f"| `{param.name}` |" in text
    made = getattr(ta, kind.class_name)()
    assert f"row {made.lookback + 1}." in text
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    with np.errstate(all="ignore"):
        exec(compile(block, f"{kind.name}.md", "exec"), names)
    values = names["values"]
    columns = values if isinstance(values, tuple) else (values,)
    assert [len(column) for column in columns] == [500] * len(kind.outputs)
    first, last = capsys.readouterr().out.split()
    assert first == last or last == "None"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_picture_shows_the_indicator(kind, pages):
    root = ElementTree.fromstring((pages / f"{kind.name}.svg").read_text())
    texts = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(kind.class_name in one for one in texts)
