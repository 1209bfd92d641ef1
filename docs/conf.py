"""Sphinx configuration: MyST pages, API pages from the docstrings, a page of each indicator from its descriptor."""

import sys
from importlib.metadata import version as _version
from pathlib import Path

project = "Velora"
copyright = "2026, the Velora developers"
author = "The Velora developers"
release = _version("velora-hft")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # autodoc describes the attributes already
autosummary_generate = True
autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_typehints = "none"
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Velora"
nitpicky = False


def _write_indicator_pages(app):
    sys.path.insert(0, str(Path(__file__).parent))
    from indicator_pages import write_pages

    write_pages(Path(app.srcdir) / "indicators")


def _write_notebook_pages(app):
    sys.path.insert(0, str(Path(__file__).parent))
    from notebook_pages import write_pages

    write_pages(Path(app.srcdir) / "notebooks")


def _write_notebook_script(app, error):
    from notebook_pages import write_script

    if error is None and app.builder.format == "html":
        write_script(Path(app.outdir) / "_static")


def setup(app):
    app.connect("builder-inited", _write_notebook_pages)
    app.connect("build-finished", _write_notebook_script)
    app.connect("builder-inited", _write_indicator_pages)
