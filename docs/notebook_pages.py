"""Pages of the notebooks in examples/, written into docs/notebooks/ when the documentation is built.

    python docs/notebook_pages.py FOLDER

A page has the cells of a notebook and the outputs that it stores; nothing is executed. Figures are drawn by plotly.js,
which `write_script` takes from the plotly package. A file that would not change is not touched, so that Sphinx reads
only what is new.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from velora.core.files import WholeFile

ROOT = Path(__file__).resolve().parents[1]
FIGURE = "application/vnd.plotly.v1+json"
SCRIPT = "plotly.min.js"
#: Tables of pandas, which bring no style of their own that suits a page.
STYLE = """<style>
.notebook-output{overflow-x:auto}
.notebook-output table.dataframe{border:0;border-collapse:collapse;font-variant-numeric:tabular-nums}
.notebook-output table.dataframe :is(th,td){border:0;border-bottom:1px solid rgba(128,140,160,.3);
padding:3px 14px 3px 0;white-space:nowrap}
</style>"""


def write_pages(folder: Path) -> list[str]:
    """Write the page of each notebook and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    notebooks = sorted((ROOT / "examples").glob("*.ipynb"))
    files = {f"{one.stem}.md": page(json.loads(one.read_text()), one.name) for one in notebooks}
    for old in folder.glob("*.md"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            with WholeFile(path) as out:
                out.write(text.encode())
    return list(files)


def write_script(folder: Path) -> None:
    """Write plotly.js into a folder of static files, where a page with a figure looks for it."""
    from plotly.offline import get_plotlyjs

    folder.mkdir(parents=True, exist_ok=True)
    with WholeFile(folder / SCRIPT) as out:
        out.write(get_plotlyjs().encode())


def page(notebook: dict[str, Any], name: str) -> str:
    """The Markdown of a notebook."""
    parts: list[str] = []
    figures = 0
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if FIGURE in data:
                figures += 1
                parts.append(raw(figure(data[FIGURE], figures)))
            elif "text/html" in data:
                parts.append(raw("".join(data["text/html"])))
            else:
                text = "".join(output.get("text", data.get("text/plain", "")))
                parts.append(f"```text\n{text}\n```")
    script = f'<script src="../_static/{SCRIPT}"></script>' if figures else ""
    parts.insert(1, raw(STYLE + script))
    parts.append(f"The notebook is `examples/{name}`.")
    return "\n\n".join(parts) + "\n"


def raw(html: str) -> str:
    """HTML that the page takes as it is."""
    fence = "`" * 4
    return f'{fence}{{raw}} html\n<div class="notebook-output">{html}</div>\n{fence}'


def figure(values: dict[str, Any], number: int) -> str:
    """A place for a figure and the script that draws it."""
    drawn = json.dumps({"data": values["data"], "layout": values["layout"]}).replace("</", "<\\/")
    return (
        f'<div id="figure-{number}"></div><script>(() => {{ const figure = {drawn};'
        f'Plotly.newPlot("figure-{number}", figure.data, figure.layout, {{responsive: true, displaylogo: false}});'
        "})()</script>"
    )


if __name__ == "__main__":
    print("\n".join(write_pages(Path(sys.argv[1]))))
