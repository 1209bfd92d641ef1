"""Text of strangers on a terminal.

Symbols, venues, currencies, topics, file names and the content of files may hold anything: escape codes that move the
cursor or set the window's title, line breaks that forge a line, marks that turn the reading direction around. Whatever
is written for people goes through `readable`; what is written for machines (JSON, `to_dict`, files) keeps it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["cell", "readable"]


def readable(text: object, *, lines: bool = False) -> str:
    r"""Text in which every character can be seen.

    Parameters
    ----------
    text : object
        Its `str` is taken.
    lines : bool
        Whether line breaks and tabs stay: for a message or a traceback, not for a name.

    Returns
    -------
    str
        Control characters, marks of direction, lone surrogates and other characters that do not print as the escapes
        that `repr` gives them, such as ``\x1b``.
    """
    found = str(text)
    if found.isprintable():
        return found
    return "".join(
        one if one.isprintable() or (lines and one in "\n\t") else one.encode("unicode_escape").decode("ascii")
        for one in found
    )


def cell(text: object, style: str = "") -> Text:
    """A readable name for a table of rich, which takes ``[red]`` in a plain string for its own markup."""
    from rich.text import Text

    return Text(readable(text), style=style)
