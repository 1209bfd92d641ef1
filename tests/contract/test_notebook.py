"""The notebook of the examples: it runs from top to bottom, and the outputs that it stores are the ones it makes.

After a change that is meant, store its outputs anew and look at the difference:

    python tests/contract/test_notebook.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "26_notebook.ipynb"
needs_notebook = pytest.mark.skipif(not NOTEBOOK.is_file(), reason="the examples are not here")

#: Runs in a process of its own: a kernel's client starts threads and warns about its own affairs.
_EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    cell.metadata.pop("execution", None)
NotebookClient(notebook, timeout=120, kernel_name="python3", record_timing=False).execute()
notebook.metadata["language_info"] = {"name": "python"}
sys.stdout.write(nbformat.writes(notebook))
"""


def executed() -> dict[str, Any]:
    """The notebook with the outputs that it makes now."""
    # Plotly stores a figure as its data, without the megabytes of its script.
    env = {**os.environ, "PLOTLY_RENDERER": "plotly_mimetype", "NO_COLOR": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", _EXECUTE, str(NOTEBOOK)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    notebook: dict[str, Any] = json.loads(done.stdout)
    for cell in notebook["cells"]:
        cell.get("outputs", [])[:] = [settled(one) for one in cell.get("outputs", []) if not is_gone(one)]
    return notebook


def is_gone(output: dict[str, Any]) -> bool:
    """Whether an output is a bar that has disappeared."""
    html = "".join(output.get("data", {}).get("text/html", ["-"]))
    return output["output_type"] == "display_data" and not html.strip()


def settled(output: dict[str, Any]) -> dict[str, Any]:
    """An output without what differs between equal runs: the look that plotly's version gives a figure by default."""
    figure = output.get("data", {}).get("application/vnd.plotly.v1+json")
    if figure is not None:
        figure["layout"].pop("template", None)
        figure.pop("config", None)
    return output


def texts(notebook: dict[str, Any]) -> list[list[str]]:
    """The texts and the HTML that the cells put out; those of pandas without the style that its version writes."""
    found = []
    for cell in notebook["cells"]:
        own = []
        for output in cell.get("outputs", []):
            own += ["".join(output.get("text", ""))]
            data = output.get("data", {})
            own += ["".join(data.get(kind, "")) for kind in ("text/plain", "text/html")]
        found.append([re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL) for text in own if text])
    return found


def figures(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    kind = "application/vnd.plotly.v1+json"
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return [output["data"][kind] for output in outputs if kind in output.get("data", {})]


@needs_notebook
def test_the_notebook_has_its_outputs():
    stored = json.loads(NOTEBOOK.read_text())
    code = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert len(figures(stored)) == 1
    assert sum(len(cell["outputs"]) for cell in code) >= 10
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] in ("error", "stream")]
    assert NOTEBOOK.stat().st_size < 400_000


@needs_notebook
def test_the_notebook_runs_and_its_stored_outputs_are_fresh():
    for package in ("nbclient", "nbformat", "ipykernel", "pandas", "plotly"):
        pytest.importorskip(package, reason=f"{package} is not installed: it comes with the extra `test`")
    stored, made = json.loads(NOTEBOOK.read_text()), executed()
    assert [cell["source"] for cell in made["cells"]] == [cell["source"] for cell in stored["cells"]]
    assert texts(made) == texts(stored)
    drawn = [[(one["name"], len(one["y"])) for one in figure["data"]] for figure in figures(made)]
    assert drawn == [[(one["name"], len(one["y"])) for one in figure["data"]] for figure in figures(stored)]


if __name__ == "__main__":
    NOTEBOOK.write_text(json.dumps(executed(), indent=1, ensure_ascii=False) + "\n")
