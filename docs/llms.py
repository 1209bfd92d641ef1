"""The documentation as plain text for language models: llms.txt lists the pages, llms-full.txt has all of them.

Both follow the order of the navigation and hold nothing that changes from build to build. The form of llms.txt is that
of https://llmstxt.org: a title, a sentence, and sections of links with a sentence each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.text import TextBuilder
from sphinx.writers.text import TextTranslator

ABOUT = (
    "Velora is a high-frequency trading framework for crypto markets in Python with a C core: tick backtests with "
    "latency, queue positions and fill causes, and the same strategy in real time. Install: `pip install velora-hft`, "
    "import name `velora`."
)


def write(app: Any) -> None:
    """Write both files beside the built pages."""
    pages = list(_ordered(app.env, app.config.root_doc))
    out = Path(app.outdir)
    (out / "llms.txt").write_text(_index(app, pages))
    (out / "llms-full.txt").write_text(_full(app, pages))


def _ordered(env: Any, root: str) -> Iterator[tuple[str, str]]:
    """Pages in the order of the navigation, each with the caption that it stands under."""
    seen = {root}
    for tree in env.get_doctree(root).findall(addnodes.toctree):
        for _, page in tree["entries"]:
            yield from _below(env, page, tree.get("caption") or "Start", seen)


def _below(env: Any, page: str | None, caption: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    if page is None or page in seen or page not in env.all_docs:
        return
    seen.add(page)
    yield page, caption
    for below in (*env.toctree_includes.get(page, ()), *_beside(env, page)):
        yield from _below(env, below, caption, seen)


def _beside(env: Any, page: str) -> list[str]:
    """Pages in the folder of an index: the index may link them without having them in its contents."""
    folder, name = page.rsplit("/", 1) if "/" in page else ("", page)
    return sorted(one for one in env.all_docs if one.startswith(f"{folder}/")) if folder and name == "index" else []


def _title(env: Any, page: str) -> str:
    return env.titles[page].astext()


def _sentence(env: Any, page: str) -> str:
    """First sentence of a page."""
    for paragraph in env.get_doctree(page).findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if text:
            return re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text)[0]
    return ""


def _index(app: Any, pages: list[tuple[str, str]]) -> str:
    env = app.env
    lines = ["# Velora", "", f"> {ABOUT}", "", "All pages as one text: [llms-full.txt](llms-full.txt)"]
    current = None
    for page, caption in pages:
        if caption != current:
            lines += ["", f"## {caption}", ""]
            current = caption
        sentence = _sentence(env, page)
        lines.append(f"- [{_title(env, page)}]({page}.html)" + (f": {sentence}" if sentence else ""))
    return "\n".join([*lines, ""])


def _full(app: Any, pages: list[tuple[str, str]]) -> str:
    """Markdown pages as they are written, the others as text."""
    env = app.env
    builder = TextBuilder(app, env)
    builder.init()
    builder.prepare_writing({page for page, _ in pages})
    parts = [f"# Velora\n\n{ABOUT}\n"]
    for page, _ in pages:
        source = Path(env.doc2path(page))
        if source.suffix == ".md":
            text = re.sub(r"\A---\n.*?^---\n", "", source.read_text(), flags=re.MULTILINE | re.DOTALL)
            text = re.sub(r"^```\{toctree\}\n.*?^```\n", "", text, flags=re.MULTILINE | re.DOTALL)
        else:
            translator = TextTranslator(env.get_doctree(page), builder)
            env.get_doctree(page).walkabout(translator)
            text = translator.body
        parts.append(f"<!-- {page}.html -->\n\n{text.strip()}\n")
    return "\n\n".join(parts)
