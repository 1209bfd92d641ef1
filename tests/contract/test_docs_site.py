"""The pages that the documentation's build writes itself: the reference by public name, and the text for models."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

import velora

pytest.importorskip("sphinx", reason="the documentation's tools are not installed")

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = [
    pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not here"),
    pytest.mark.filterwarnings("default"),  # those of Sphinx and its extensions
]


@pytest.fixture(scope="module")
def reference():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("reference_pages")


@pytest.fixture(scope="module")
def pages(reference):
    return reference.pages()


def test_every_public_name_has_a_page_of_its_own(reference, pages):
    for name, value in reference.public_names().items():
        text = pages[f"velora.{name}.rst"]
        directive = "autoclass" if isinstance(value, type) else "autofunction"
        assert text.startswith(f"{name}\n{'=' * len(name)}\n")
        assert text.count(f".. {directive}:: velora.{name}\n") == 1
    assert set(reference.public_names()) == {
        name for name in velora.__all__ if name not in ("__version__", "data", "ta")
    }


def test_every_page_is_in_the_navigation_once(reference, pages):
    linked = [
        page
        for subject in reference.SUBJECTS
        if subject.pages
        for page in re.findall(r"^   \S+ <(\S+)>$", pages[f"{subject.name}.rst"], re.MULTILINE)
    ]
    listed = re.findall(r"^   (\w+)$", pages["index.rst"], re.MULTILINE)
    assert sorted([*linked, *listed, "index"]) == sorted(name.removesuffix(".rst") for name in pages)


def test_no_name_is_described_on_two_pages(pages):
    described = [
        name
        for text in pages.values()
        for name in re.findall(r"^\.\. auto(?:class|function|method|attribute):: (\S+)$", text, re.MULTILINE)
    ]
    assert len(described) > 500
    assert sorted(described) == sorted(set(described))


def test_members_of_an_enum_stand_on_its_page_with_value_and_sentence(pages):
    text = pages["velora.OrderReason.rst"]
    for member in velora.OrderReason:
        assert re.search(rf"attribute:: OrderReason\.{member.name}\n   :value: {int(member)}\n\n   \w.+\.$", text, re.M)


def test_a_page_has_the_members_of_private_bases_and_not_of_public_ones(pages):
    assert ".. automethod:: velora.Strategy.buy\n" in pages["velora.Strategy.rst"]
    twap = pages["velora.Twap.rst"]
    assert "velora.Twap.buy" not in twap
    assert "Derives from :py:obj:`velora.Algorithm`, :py:obj:`velora.Strategy`" in twap


def test_no_page_is_a_wall(pages):
    directives = {name: len(re.findall(r"^\.\. (?:auto|py:)\w+::", text, re.MULTILINE)) for name, text in pages.items()}
    assert max(directives.values()) < 160, sorted(directives.items(), key=lambda item: item[1])[-5:]


def test_pages_that_would_not_change_are_not_touched(reference, tmp_path):
    (tmp_path / "velora.Gone.rst").write_text("of a name that is no longer public")
    names = reference.write_pages(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    reference.write_pages(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_attributes_of_a_docstring_are_read_and_taken_out(reference):
    text = inspect.cleandoc(
        """A thing.

        Attributes
        ----------
        first, second : int
            Two of
            them.

        Notes
        -----
        More.
        """
    )
    found = reference.entries(text, "Attributes")
    assert found == {"first": ("int", ["Two of", "them."]), "second": ("int", ["Two of", "them."])}
    assert reference.without_attributes(text.splitlines()) == ["A thing.", "", "Notes", "-----", "More."]


# ---- text for models

CONF = """
import sys

sys.path.insert(0, {docs!r})
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]


def write(app, exception):
    import llms

    llms.write(app)


def setup(app):
    app.connect("build-finished", write)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    from sphinx.application import Sphinx

    source = tmp_path_factory.mktemp("source")
    (source / "conf.py").write_text(CONF.format(docs=str(DOCS)))
    (source / "index.md").write_text(
        "# Home\n\n```{toctree}\n:caption: Guide\n\nuse\n```\n\n"
        "```{toctree}\n:caption: Reference\n\napi\nkinds/index\n```\n"
    )
    (source / "use.md").write_text("# How to use it\n\nCall it. Then stop.\n\n```python\nprint(1)\n```\n")
    (source / "kinds").mkdir()
    (source / "kinds" / "index.md").write_text("# Kinds\n\nEach kind is linked: [one](one.md).\n")
    (source / "kinds" / "one.md").write_text("---\norphan: true\n---\n\n# One\n\nIt stands in no contents.\n")
    (source / "api.rst").write_text("API\n===\n\n.. autoclass:: velora.OrderType\n")
    folders = []
    for number in (1, 2):
        out = tmp_path_factory.mktemp(f"out{number}")
        app = Sphinx(source, source, out, out / ".doctrees", "html", status=None, warningiserror=True)
        app.build()
        folders.append(out)
    return folders


def test_llms_txt_lists_the_pages_in_order_with_a_sentence(built):
    text = (built[0] / "llms.txt").read_text()
    assert text.startswith("# Velora\n\n> Velora is a high-frequency trading framework")
    assert "## Guide\n\n- [How to use it](use.html): Call it.\n\n## Reference\n\n- [API](api.html)" in text
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links == ["llms-full.txt", "use.html", "api.html", "kinds/index.html", "kinds/one.html"]
    assert all((built[0] / link).is_file() for link in links)


def test_llms_full_txt_holds_the_pages_and_the_docstrings(built):
    text = (built[0] / "llms-full.txt").read_text()
    assert "# How to use it\n\nCall it. Then stop.\n\n```python\nprint(1)\n```" in text
    assert "Trades at its price or better." in text
    assert "{toctree}" not in text
    assert "orphan" not in text
    assert "<!-- kinds/one.html -->\n\n# One\n" in text


def test_texts_for_models_are_the_same_in_every_build(built):
    for name in ("llms.txt", "llms-full.txt"):
        assert (built[0] / name).read_bytes() == (built[1] / name).read_bytes()


WORDS = """
margin leverage OHLCV kline parallel multiprocessing Jupyter notebook commission slippage drawdown walk-forward
optimisation hyperopt stop-loss take-profit liquidation funding portfolio warm-up paper live broker latency
look-ahead iceberg TWAP queue markout rebate
"""


def test_glossary_has_the_words_that_strangers_search_for():
    text = (DOCS / "reference" / "glossary.md").read_text().lower()
    assert [word for word in WORDS.split() if word.lower() not in text] == []


def test_glossary_is_in_alphabetical_order_and_every_word_is_explained():
    text = (DOCS / "reference" / "glossary.md").read_text()
    terms = re.findall(r"^(\S.*)\n: ", text, re.MULTILINE)
    assert len(terms) > 40
    firsts = [term.split(",")[0].split(";")[0].lower() for term in terms]
    assert firsts == sorted(firsts)


def test_names_of_pages_about_other_frameworks_exist_here():
    import velora.ta

    for page in sorted((DOCS / "coming_from").glob("*.md")):
        for name in re.findall(r"`vl\.(\w+)", page.read_text()):
            assert hasattr(velora, name), f"{page.name}: vl.{name}"
        for name in re.findall(r"`velora\.ta\.(\w+)", page.read_text()):
            assert hasattr(velora.ta, name), f"{page.name}: velora.ta.{name}"
        for name in re.findall(r"`self\.(\w+)\([^`]*\)`[^|]*\|$", page.read_text(), re.MULTILINE):
            assert hasattr(velora.Strategy, name), f"{page.name}: self.{name}"
