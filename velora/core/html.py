"""HTML of objects for notebooks.

A table that a class draws in the terminal with rich is the one that a notebook shows: `html_of` translates it, and
`ShownAsHtml` gives a class with ``__rich__`` its ``_repr_html_``. Objects that draw none use `facts_html`. The HTML
carries its style, inherits the page's ink and ground, so that light and dark pages show it alike, and contains names
and other foreign text as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from velora.core.terminal import readable
from velora.core.terminal_table import FittedTable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style
    from rich.table import Table
    from rich.text import Text

__all__ = ["ShownAsHtml", "facts_html", "html_of", "plain_table"]

#: Twice the class: notebooks style tables too, by rules that one class would lose against.
_STYLE = """<style>
.velora-html.velora-html{overflow-x:auto;line-height:1.45;font-variant-numeric:tabular-nums;margin:2px 0 6px}
.velora-html.velora-html table{border-collapse:collapse;border:0;margin:2px 0 10px;width:auto;display:table}
.velora-html.velora-html tr{background:none}
.velora-html.velora-html :is(th,td){padding:3px 18px 3px 0;border:0;
border-bottom:1px solid rgba(128,140,160,.3);background:none;color:inherit;font-size:inherit;text-align:left;
vertical-align:top;white-space:normal;max-width:72ch}
.velora-html.velora-html th{font-weight:500;opacity:.7}
.velora-html.velora-html .r{text-align:right;white-space:nowrap}.velora-html.velora-html .n{white-space:nowrap}
.velora-html.velora-html p{margin:2px 0 4px}.velora-html.velora-html .t{margin:8px 0 2px}
.velora-html .b{font-weight:650}.velora-html .d{opacity:.7}.velora-html .green{color:#1f9d6b}
.velora-html .red{color:#d9534a}.velora-html .yellow{color:#b7861b}.velora-html .cyan{color:#3b8fc4}
</style>"""
_HUES = ("green", "red", "yellow", "cyan")
#: A cell of more characters than this may wrap.
_LONG = 36
#: Columns that a renderable may use that asks for the width of its terminal.
_WIDTH = 200


class ShownAsHtml:
    """Gives a class that draws itself with rich the same tables in a notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return html_of(self)


def html_of(renderable: Any, *, note: str = "") -> str:
    """HTML of a rich renderable, or of an object with ``__rich__``.

    Parameters
    ----------
    renderable : rich renderable
        Texts, tables, groups of these, and objects that consist of such. Other renderables are shown as rich prints
        them, and any other object by its `str`.
    note : str
        A line in small print below.
    """
    return _whole(_parts(renderable, _console()), note)


def facts_html(title: str, facts: Iterable[tuple[str, object]], *parts: Any, note: str = "") -> str:
    """HTML of a title, a table of names and values (text, or rich Text), and more parts as `html_of` takes them."""
    from rich.text import Text

    console = _console()
    rows = "".join(
        f'<tr><td class="d n">{_escaped(name)}</td>'
        f"<td>{_inline(value, console) if isinstance(value, Text) else _escaped(value)}</td></tr>"
        for name, value in facts
    )
    body = [f'<p class="b">{_escaped(title)}</p>']
    if rows:
        body.append(f"<table><tbody>{rows}</tbody></table>")
    for part in parts:
        body += _parts(part, console)
    return _whole(body, note)


def plain_table(header: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> FittedTable:
    """A table of a header and rows, the first `left` columns to the left; for `facts_html`."""
    table = FittedTable()
    for at, name in enumerate(header):
        table.add_column(name, "left" if at < left else "right")
    for row in rows:
        table.add_row(*(str(value) for value in row))
    return table


def _whole(parts: Iterable[str], note: str) -> str:
    small = f'<p class="d">{_escaped(note)}</p>' if note else ""
    return f'<div class="velora-html">{_STYLE}{"".join(parts)}{small}</div>'


def _escaped(text: object) -> str:
    return escape(readable(text)).replace("\n", "<br>")


def _console() -> Console:
    """A console for its names of styles; it prints nothing."""
    import io

    from rich.console import Console

    return Console(file=io.StringIO(), width=_WIDTH, color_system=None, legacy_windows=False)


def _parts(renderable: Any, console: Console) -> list[str]:
    """HTML of each part of a renderable."""
    from rich.console import Group
    from rich.errors import MarkupError
    from rich.protocol import is_renderable
    from rich.segment import Segment
    from rich.table import Table
    from rich.text import Text

    if not is_renderable(renderable):
        renderable = Text(readable(str(renderable), lines=True))
    if isinstance(renderable, str):
        try:
            renderable = Text.from_markup(renderable)
        except MarkupError:
            renderable = Text(readable(renderable, lines=True))
    if isinstance(renderable, Text):
        body = _text(renderable, console)
        return [f"<p{_classes('', _style(renderable.style, console))}>{body}</p>"] if body else []
    if isinstance(renderable, Table):
        return [_table(renderable, console)]
    if isinstance(renderable, FittedTable):
        return [part for one in renderable.parts() for part in _parts(one, console)]
    if isinstance(renderable, Group):
        return [part for one in renderable.renderables for part in _parts(one, console)]
    if hasattr(renderable, "__rich__"):
        return _parts(renderable.__rich__(), console)
    parts: list[str] = []
    printed = ""
    own = type(renderable).__module__.partition(".")[0] != "rich"
    if own and hasattr(renderable, "__rich_console__"):
        for one in renderable.__rich_console__(console, console.options):
            if isinstance(one, Segment):
                printed += one.text
            else:
                parts += _parts(one, console)
    else:
        printed = "".join(segment.text for segment in console.render(renderable))
    if printed.strip():
        parts.append(f"<pre>{escape(readable(printed.rstrip(), lines=True))}</pre>")
    return parts


def _table(table: Table, console: Console) -> str:
    """A rich table as an HTML one, its title before it."""
    title = f'<p class="t b">{_inline(table.title, console)}</p>' if table.title else ""
    columns = table.columns
    sides = ["r" if column.justify == "right" else "" for column in columns]
    head = ""
    if table.show_header and any(str(column.header) for column in columns):
        names = (
            f"<th{_classes(side or 'n')}>{_inline(column.header, console)}</th>"
            for column, side in zip(columns, sides, strict=True)
        )
        head = f"<thead><tr>{''.join(names)}</tr></thead>"
    styles = [_style(column.style, console) for column in columns]
    lines = []
    for row, cells in zip(table.rows, zip(*(column.cells for column in columns), strict=True), strict=True):
        over = _style(row.style or "", console)
        line = []
        for cell, side, style in zip(cells, sides, styles, strict=True):
            body = _inline(cell, console)
            width = side or ("n" if len(str(cell)) <= _LONG else "")
            line.append(f"<td{_classes(width, style + over)}>{body}</td>")
        lines.append(f"<tr>{''.join(line)}</tr>")
    return f"{title}<table>{head}<tbody>{''.join(lines)}</tbody></table>"


def _inline(renderable: Any, console: Console) -> str:
    """HTML of a cell."""
    from rich.text import Text

    if isinstance(renderable, str):
        renderable = Text.from_markup(renderable)
    if isinstance(renderable, Text):
        base = _classes("", _style(renderable.style, console))
        body = _text(renderable, console)
        return f"<span{base}>{body}</span>" if base and body else body
    return "".join(_parts(renderable, console))


def _text(text: Text, console: Console) -> str:
    """HTML of a text without its own style: its parts with theirs."""
    plain = text.copy()
    plain.style = ""
    plain.end = ""
    found = []
    for segment in plain.render(console):
        body = _escaped(segment.text)
        classes = _classes("", segment.style) if segment.style else ""
        found.append(f"<span{classes}>{body}</span>" if classes else body)
    return "".join(found).strip()


def _style(style: str | Style, console: Console) -> Style:
    return console.get_style(style, default="none") if isinstance(style, str) else style


def _classes(name: str, style: Style | None = None) -> str:
    """The attribute with a class, and the ones that stand for a style; "" without any."""
    names = [name] if name else []
    if style is not None:
        names += ["b"] if style.bold else []
        names += ["d"] if style.dim else []
        hue = "" if style.color is None else style.color.name.removeprefix("bright_")
        names += [hue] if hue in _HUES else []
    return f' class="{" ".join(names)}"' if names else ""
