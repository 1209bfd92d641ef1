"""Tables for terminals of any width: no number is ever cut or broken.

A table that is too wide changes its layout. Columns of text wrap between words. Where the text columns would become
too narrow to read, their cells move to lines of their own below the row. Columns that still do not fit move to a
second table below the first, which repeats the first column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from velora.core.terminal import cell, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table
    from rich.text import Text

__all__ = ["FittedTable", "Pairs"]

_GAP = 2
_GAP_LEAST = 1
#: A text column narrower than this is hard to read: its cells then go below the row.
_COMFORT = 24
_INDENT = 4
_INDENT_MAX = 12


@dataclass(frozen=True)
class _Column:
    name: str
    justify: Literal["left", "right"]
    wraps: bool


@dataclass(frozen=True)
class _Row:
    cells: list[Text]
    style: str
    ends_section: bool


@dataclass
class FittedTable:
    """A table that keeps every number whole at any width of the terminal; print it through rich.

    Parameters
    ----------
    title, caption : str
        Lines above and below the table; empty for none.
    show_header : bool
    """

    title: str | Text = ""
    caption: str | Text = ""
    show_header: bool = True
    _columns: list[_Column] = field(default_factory=list, init=False)
    _rows: list[_Row] = field(default_factory=list, init=False)

    def add_column(self, name: str, justify: Literal["left", "right"] = "left", *, wraps: bool = False) -> None:
        """Add a column; the first one is repeated where the table is split.

        Parameters
        ----------
        name : str
        justify : {"left", "right"}
        wraps : bool
            Whether its cells are prose, which may be broken between words. All other cells stay on one line.
        """
        self._columns.append(_Column(readable(name), justify, wraps))

    def add_row(self, *cells: str | Text, style: str = "", end_section: bool = False) -> None:
        """Add a row with one cell for each column; plain strings are escaped and never read as markup."""
        made = [cell(one) if isinstance(one, str) else one for one in cells]
        self._rows.append(_Row(made, style, end_section))

    def whole(self) -> Table:
        """All columns as one rich table, for a page, which has no width of its own."""
        from rich.table import Table
        from rich.text import Text

        table = Table(show_header=self.show_header and any(one.name for one in self._columns))
        for column in self._columns:
            table.add_column(Text(column.name), justify=column.justify, no_wrap=not column.wraps)
        for row in self._rows:
            table.add_row(*row.cells, style=row.style, end_section=row.ends_section)
        return table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        if self.title:
            yield self._heading(self.title, "bold")
        width = options.max_width
        wide = [at for at, column in enumerate(self._columns) if column.wraps]
        below: list[int] = []
        for at in reversed([at for at in wide if at > 0]):
            if self._is_comfortable(below, width):
                break
            below.insert(0, at)
        beside = [at for at in range(len(self._columns)) if at not in below]
        gap = _GAP if self._width(beside, _GAP) <= width else _GAP_LEAST
        for number, band in enumerate(self._bands(beside, width, gap)):
            if number:
                yield Text("")
            yield from self._band(band, below if number == 0 else [], width, gap)
        if self.caption:
            yield self._heading(self.caption, "dim")

    @staticmethod
    def _heading(text: str | Text, style: str) -> Text:
        return cell(text, style) if isinstance(text, str) else text

    def parts(self) -> Iterator[Table | Text]:
        """Title, the whole table and caption, as a page shows them."""
        if self.title:
            yield self._heading(self.title, "bold")
        yield self.whole()
        if self.caption:
            yield self._heading(self.caption, "dim")

    def _is_comfortable(self, below: list[int], width: int) -> bool:
        """Whether what stays in the row leaves each text column wide enough to read."""
        beside = [at for at in range(len(self._columns)) if at not in below]
        needs = (
            min(self._natural(at), max(_COMFORT, self._least(at))) if self._columns[at].wraps else self._natural(at)
            for at in beside
        )
        return sum(needs) + _GAP * (len(beside) - 1) <= width

    def _texts(self, at: int) -> Iterator[str]:
        if self.show_header:
            yield self._columns[at].name
        for row in self._rows:
            yield row.cells[at].plain

    def _natural(self, at: int) -> int:
        """Width of a column that nothing wraps."""
        from rich.cells import cell_len

        return max((cell_len(line) for text in self._texts(at) for line in text.split("\n")), default=0)

    def _least(self, at: int) -> int:
        """Width below which a column would break a word or a number."""
        from rich.cells import cell_len

        if not self._columns[at].wraps:
            return self._natural(at)
        return max((cell_len(word) for text in self._texts(at) for word in text.split()), default=0)

    def _width(self, columns: Iterable[int], gap: int) -> int:
        widths = [self._least(at) for at in columns]
        return sum(widths) + gap * max(len(widths) - 1, 0)

    def _bands(self, columns: list[int], width: int, gap: int) -> Iterator[list[int]]:
        """Groups of columns that fit the width, each with the first column in front."""
        band = columns[:1]
        for at in columns[1:]:
            if len(band) > 1 and self._width([*band, at], gap) > width:
                yield band
                band = columns[:1]
            band = [*band, at]
        yield band

    def _widths(self, band: list[int], width: int, gap: int) -> dict[int, int]:
        """Widths of a band's columns: what is too much is taken from the widest column of text."""
        widths = {at: self._natural(at) for at in band}
        over = sum(widths.values()) + gap * (len(band) - 1) - width
        least = {at: self._least(at) for at in band}
        while over > 0:
            slack = [at for at in band if widths[at] > least[at]]
            if not slack:
                break
            widths[max(slack, key=lambda at: widths[at])] -= 1
            over -= 1
        return widths

    def _band(self, band: list[int], below: list[int], width: int, gap: int) -> Iterator[Table | Text]:
        """One table, or one line a row where not even two columns fit side by side."""
        from rich.box import SIMPLE_HEAD
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        widths = self._widths(band, width, gap)
        if sum(widths.values()) + gap * (len(band) - 1) > width:
            for row in self._rows:
                for at in band:
                    yield Text.assemble((f"{self._columns[at].name} ", "dim"), row.cells[at], style=row.style)
            return

        def started(*, has_header: bool) -> Table:
            table = Table(
                box=SIMPLE_HEAD if has_header else None,
                show_header=has_header,
                show_edge=False,
                header_style="dim",
                pad_edge=False,
                padding=(0, gap - 1 if has_header else gap, 0, 0),
            )
            for at in band:
                column = self._columns[at]
                table.add_column(Text(column.name), justify=column.justify, width=widths[at], no_wrap=not column.wraps)
            return table

        has_header = self.show_header and any(self._columns[at].name for at in band)
        table = started(has_header=has_header)
        indent = widths[band[0]] + gap if widths[band[0]] + gap <= _INDENT_MAX else _INDENT
        for row in self._rows:
            table.add_row(*(row.cells[at] for at in band), style=row.style, end_section=row.ends_section)
            if not below:
                continue
            yield table
            for at in below:
                if row.cells[at].plain:
                    yield Padding(row.cells[at], (0, 0, 0, indent), style=row.style)  # type: ignore[misc]
            table = started(has_header=False)
        if not below:
            yield table


class Pairs(FittedTable):
    """Labels with their values, in two columns."""

    def __init__(self, title: str | Text = "", indent: int = 0) -> None:
        super().__init__(title, show_header=False)
        self._indent = indent
        self.add_column("")
        self.add_column("", wraps=True)

    def add_pair(self, label: str, value: str | Text) -> None:
        """Add a label with its value."""
        self.add_row(cell(" " * self._indent + readable(label), "dim"), value)
