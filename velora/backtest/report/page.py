"""The report's page: its parts put together, and written to a file."""

from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from velora.backtest.report.charts import build_figures
from velora.backtest.report.plot import needs_plotly
from velora.backtest.report.sections import (
    account_sections,
    assumption_section,
    audit_section,
    cards,
    cause_section,
    header,
    instrument_sections,
    order_section,
)
from velora.backtest.report.style import SCRIPT, STYLE
from velora.core.files import WholeFile
from velora.errors import InvalidArgument, MissingFile

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["render_html", "write_html"]


def write_html(result: Result, path: str | os.PathLike[str]) -> Path:
    """Write the report of a result.

    Parameters
    ----------
    result : Result
    path : path
        The file to write; replaced when it exists. Its folder must exist.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    MissingFile
        If the folder does not exist.
    MissingDependency
        If plotly is not installed.
    """
    target = Path(path)
    parent = target.absolute().parent
    if not parent.is_dir():
        raise MissingFile(f"cannot write the report {target}: the folder {parent} does not exist; make it first")
    if target.is_dir():
        raise InvalidArgument(f"cannot write the report {target}: it is a folder; name a file such as report.html")
    page = render_html(result)
    with WholeFile(target) as out:
        out.write(page.encode())
    return target


def render_html(result: Result) -> str:
    """Make the report's page; see `write_html`."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise needs_plotly("the HTML report") from None
    figures = build_figures(result)
    body = "".join(
        [
            header(result),
            cards(result),
            account_sections(result),
            cause_section(result),
            audit_section(result),
            instrument_sections(result),
            order_section(result),
            assumption_section(result),
        ]
    )
    data = json.dumps(figures, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    title = escape(f"{result.title}: backtest report")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><main>{body}</main>"
        f"<script>{get_plotlyjs()}</script>"
        f'<script id="figures" type="application/json">{data}</script>'
        f"<script>{SCRIPT}</script></body></html>\n"
    )
