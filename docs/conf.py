"""Sphinx configuration: MyST pages, and pages of the API and of the indicators that the build writes itself."""

import enum
import sys
from importlib.metadata import version as _version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "Velora"
copyright = "2026, the Velora developers"
author = "The Velora developers"
release = _version("velora-hft")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "none"
autodoc_member_order = "groupwise"
# Names in single backticks, as docstrings have them, are references where they can be.
default_role = "py:obj"
add_module_names = False
maximum_signature_line_length = 88
# The navigation of each page is built anew from the contents of all: with every method in them a build takes minutes.
toc_object_entries = False
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Velora"
html_static_path = ["static"]
html_css_files = ["velora.css"]
html_theme_options = {"navigation_with_keys": True}
html_show_sourcelink = False
nitpicky = False


def _write_pages(app):
    import indicator_pages
    import notebook_pages
    import reference_pages

    indicator_pages.write_pages(HERE / "indicators")
    notebook_pages.write_pages(HERE / "notebooks")
    reference_pages.write_pages(HERE / "reference" / "api")


def _shape_docstring(app, what, name, obj, options, lines):
    """Attributes have directives of their own on the page of a class, so that search and references find them."""
    if what == "class":
        from reference_pages import without_attributes

        lines[:] = without_attributes(lines)
    elif what in ("attribute", "data", "property") and lines:
        # An empty comment: of a first line with a colon napoleon takes what stands before it for the type.
        lines[:0] = ["..", ""]


def _drop_signature(app, what, name, obj, options, signature, return_annotation):
    """An enum is not called, and its members have their values on its page."""
    return ("", "") if what == "class" and issubclass(obj, enum.Enum) else None


def _leave_words(app, doctree):
    """Lower-case words in the types of arguments, such as "path", are words and no references to attributes."""
    from sphinx import addnodes

    for node in list(doctree.findall(addnodes.pending_xref)):
        target = node.get("reftarget", "")
        if node.get("refspecific") and target.islower() and "." not in target:
            node.replace_self(node.children)


def _write_llms(app, exception):
    if exception is None and app.builder.name == "html":
        import llms

        llms.write(app)


def _write_notebook_script(app, error):
    from notebook_pages import write_script

    if error is None and app.builder.format == "html":
        write_script(Path(app.outdir) / "_static")


def setup(app):
    app.connect("builder-inited", _write_pages)
    app.connect("autodoc-process-docstring", _shape_docstring, priority=400)  # before napoleon, which rewrites them
    app.connect("autodoc-process-signature", _drop_signature)
    app.connect("doctree-read", _leave_words)
    app.connect("build-finished", _write_llms)
    app.connect("build-finished", _write_notebook_script)
