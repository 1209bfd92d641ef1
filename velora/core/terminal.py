"""Display of untrusted text on a terminal.

Symbols, venues, currencies, topics, file names and the content of files may contain any character: escape codes that
move the cursor or set the window's title, line breaks that fake a line, marks that reverse the reading direction. All
text written for people goes through `readable`; text written for machines (JSON, `to_dict`, files) is kept unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["cell", "readable"]


def readable(text: object, *, lines: bool = False) -> str:
    r"""Text with all invisible characters escaped.

    Parameters
    ----------
    text : object
        Converted with `str`.
    lines : bool
        Whether to keep line breaks and tabs: for a message or a traceback, not for a name.

    Returns
    -------
    str
        Control characters, marks of direction, lone surrogates and other unprintable characters are replaced by the
        escapes of `repr`, such as ``\x1b``.
    """
    found = str(text)
    if found.isprintable():
        return found
    return "".join(
        one if one.isprintable() or (lines and one in "\n\t") else one.encode("unicode_escape").decode("ascii")
        for one in found
    )


def cell(text: object, style: str = "") -> Text:
    """A readable name for a cell of a rich table, which would read ``[red]`` in a plain string as markup."""
    from rich.text import Text

    return Text(readable(text), style=style)
