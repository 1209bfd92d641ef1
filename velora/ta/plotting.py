"""`plot`: candles with indicators to a file or a figure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from velora.core.files import WholeFile
from velora.errors import InvalidArgument, MissingFile

__all__ = ["plot"]

_PICTURE_ROWS = 240


def plot(
    frame: Any,
    indicators: Any = (),
    path: str | os.PathLike[str] | None = None,
    *,
    title: str = "",
    last: int | None = None,
    volume: bool | None = None,
    theme: str = "light",
    width: int = 1200,
    height: int | None = None,
) -> Any:
    """Draw candles with indicators.

    Parameters
    ----------
    frame : data frame, Arrow table, mapping of columns, or sequence of candles
        With the columns open, high, low, close, and volume and a time if it has them (such as ``ts``, ``time`` or
        ``date``, or the index of a pandas frame). With close alone the price is a line.
    indicators : sequence
        What to draw: ``ta.EMA(20)``, ``ta.RSI``, ``"macd"`` or ``"ema(50)"``. Outputs over prices are drawn over the
        candles, others in a pane of each indicator.
    path : path, optional
        A file to write, replaced when it exists: ``.html``, ``.png`` or ``.svg``.
    title : str
    last : int, optional
        Number of rows that are shown, by default 240 in a picture and all in HTML, which can be moved and zoomed. The
        indicators are computed over all rows.
    volume : bool, optional
        Whether to show the volume, by default if the frame has it.
    theme : {"light", "dark"}
    width, height : int
        Size in pixels; a PNG has twice as many of them in each direction, for sharp text.

    Returns
    -------
    pathlib.Path or plotly.graph_objects.Figure
        The path of the file; without one the figure.

    Raises
    ------
    InvalidArgument
        If there is no such indicator, or the frame lacks one of its inputs.
    MissingDependency
        If plotly is needed and not installed (the extra ``report``), or Pillow for a PNG (the extra ``plot``).
    MissingFile
        If the folder of the file does not exist.
    """
    if theme not in ("light", "dark"):
        raise InvalidArgument(f"theme must be 'light' or 'dark', was {theme!r}")
    for name, size in (("width", width), ("height", height)):
        if size is not None and not (isinstance(size, int) and 200 <= size <= 10_000):
            raise InvalidArgument(f"{name} must be a whole number between 200 and 10000, was {size!r}")
    if last is not None and not (isinstance(last, int) and last >= 1):
        raise InvalidArgument(f"last must be a whole number of at least 1, was {last!r}")
    target = None if path is None else _target(path)
    from velora.ta.chart import build_chart

    chart = build_chart(frame, indicators, title=title, volume=volume)
    if target is None or target.suffix.lower() in (".html", ".htm"):
        from velora.ta.chart_html import make_figure, render_page

        shown = chart if last is None else chart.last(last)
        if target is None:
            return make_figure(shown, theme=theme, width=width, height=height)
        content = render_page(shown, theme=theme, height=height).encode()
    else:
        from velora.ta.chart_picture import draw_png, draw_svg

        shown = chart.last(_PICTURE_ROWS if last is None else last)
        if target.suffix.lower() == ".svg":
            content = draw_svg(shown, theme=theme, width=width, height=height).encode()
        else:
            content = draw_png(shown, theme=theme, width=width, height=height)
    with WholeFile(target) as out:
        out.write(content)
    return target


def _target(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm", ".png", ".svg"):
        raise InvalidArgument(f"path must end in .html, .png or .svg, was {str(target)!r}")
    if not target.absolute().parent.is_dir():
        raise MissingFile(f"cannot write {target}: the folder {target.absolute().parent} does not exist; make it first")
    if target.is_dir():
        raise InvalidArgument(f"cannot write {target}: it is a folder")
    return target
