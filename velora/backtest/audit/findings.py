"""Findings of an audit, and how they are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from velora.backtest.formats import format_money, format_percent, money_digits
from velora.core.html import ShownAsHtml
from velora.core.terminal import cell, readable
from velora.core.terminal_table import FittedTable
from velora.errors import InvalidArgument

__all__ = [
    "EVIDENCE",
    "GRADES",
    "LOOK",
    "UNSEEN",
    "Audit",
    "AuditItem",
    "AuditSection",
    "Evidence",
    "at_most",
    "share_of",
]

GRADES = ("good", "fair", "poor", "unknown")

#: By cause: the datum that shows the fill, and how strongly.
EVIDENCE = {
    "THROUGH": ("a trade", "strong"),
    "TAKER": ("displayed quantity", "strong"),
    "CROSS": ("a book change", "medium"),
    "QUEUE": ("a trade", "by the queue model"),
    "CANDLE": ("a candle", "weak"),
}
UNSEEN = "not looked at"
LOOK = "Look at the data once more, with result.audit(data) or `velora report FOLDER --audit --data CATALOG`."

#: Of findings with one grade, those to name first.
_FIRST = ("Crossed book", "Gaps", "Snapshots", "Detail", "Strong evidence")


def at_most(value: float, good: float, fair: float) -> str:
    """The grade of a value that should be small."""
    return "good" if value <= good else "fair" if value <= fair else "poor"


def share_of(part: int, whole: int) -> float:
    """A part as a share; of nothing it is 0."""
    return part / whole if whole else 0.0


@dataclass(frozen=True)
class AuditItem:
    """One finding.

    Parameters
    ----------
    name, value : str
    grade : {"good", "fair", "poor", "unknown"}
    advice : str
        What it means, or what to do.
    """

    name: str
    value: str
    grade: str
    advice: str


@dataclass(frozen=True)
class AuditSection:
    """Findings about one thing.

    Attributes
    ----------
    title : str
        Subject of the findings.
    items : list of AuditItem
        The findings.
    """

    title: str
    items: list[AuditItem]


@dataclass(frozen=True)
class Evidence:
    """Fills of one cause and settlement currency.

    Parameters
    ----------
    cause, datum, strength : str
        See `EVIDENCE`.
    currency : str
    fills : int
    share : float
        Of the notional in the currency.
    pnl : float
        To the end of the run, after fees.
    """

    cause: str
    datum: str
    strength: str
    currency: str
    fills: int
    share: float
    pnl: float


@dataclass(frozen=True, repr=False)
class Audit(ShownAsHtml):
    """Findings of a run; print it.

    Parameters
    ----------
    strategy, hash : str
    evidence : list of Evidence
        Causes that filled something.
    sections : list of AuditSection
    data : list of dict
        The figures behind the findings about the data, one an instrument; see `Result.data`.
    """

    strategy: str
    hash: str
    evidence: list[Evidence]
    sections: list[AuditSection]
    data: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Findings of each grade."""
        found = Counter(item.grade for section in self.sections for item in section.items)
        return {grade: found[grade] for grade in GRADES}

    @property
    def headline(self) -> str:
        """The counts, in words."""
        return ", ".join(f"{count} {grade}" for grade, count in self.counts.items() if count)

    @property
    def worst(self) -> AuditItem | None:
        """The finding to look at first: of the poor ones, else of the unknown ones, else of the fair ones.

        Of one grade what is known of the data comes first, then the rest in the order of the sections.
        """
        items = [item for section in self.sections for item in section.items]
        for grade in ("poor", "unknown", "fair"):
            found = [item for item in items if item.grade == grade]
            if found:
                rank = {name: at for at, name in enumerate(_FIRST)}
                return min(found, key=lambda item: rank.get(item.name, len(rank)))
        return None

    @property
    def poor(self) -> list[str]:
        """Names of the poor findings."""
        items = (item for section in self.sections for item in section.items)
        return list(dict.fromkeys(item.name for item in items if item.grade == "poor"))

    @property
    def sentence(self) -> str:
        """The audit in one sentence: how many findings are poor or unknown, and the worst of them."""
        counts, total = self.counts, sum(self.counts.values())
        parts = [
            f"{counts[grade]} {'is' if counts[grade] == 1 else 'are'} {grade}"
            for grade in ("poor", "unknown")
            if counts[grade]
        ]
        worst = self.worst
        if not parts:
            text = f"No finding of {total} is poor or unknown"
            return f"{text}." if worst is None else f"{text}; the least: {worst.name}, {worst.value}."
        assert worst is not None
        return f"Of {total} findings {' and '.join(parts)}; the worst: {worst.name}, {worst.value}."

    def item(self, name: str) -> AuditItem:
        """The first finding of a name."""
        for section in self.sections:
            for item in section.items:
                if item.name == name:
                    return item
        raise InvalidArgument(f"the audit has no finding {name!r}")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "strategy": self.strategy,
            "hash": self.hash,
            "counts": self.counts,
            "sentence": self.sentence,
            "evidence": [dict(one.__dict__) for one in self.evidence],
            "sections": [
                {"title": section.title, "items": [dict(item.__dict__) for item in section.items]}
                for section in self.sections
            ],
            "data": self.data,
        }

    def evidence_rows(self) -> tuple[list[str], list[list[str]]]:
        """Header and formatted rows of the table by evidence."""
        currencies = {one.currency for one in self.evidence}
        several = len(currencies) > 1
        digits = {
            currency: money_digits(*(one.pnl for one in self.evidence if one.currency == currency))
            for currency in currencies
        }
        header = ["Cause", "Datum", "Evidence", "Fills", "Notional", "PnL"]
        return header, [
            [
                f"{one.cause} {one.currency}" if several else one.cause,
                one.datum,
                one.strength,
                f"{one.fills:,}",
                format_percent(one.share),
                format_money(one.pnl, digits[one.currency], signed=True),
            ]
            for one in self.evidence
        ]

    def __repr__(self) -> str:
        return readable(f"Audit({self.strategy}: {self.headline or 'no findings'})")

    def __str__(self) -> str:
        lines = [readable(f"Audit: {self.headline}"), readable(self.sentence), ""]
        for section in self.sections:
            lines.append(readable(section.title))
            width = max((len(item.name) for item in section.items), default=0)
            for item in section.items:
                lines.append(readable(f"  [{item.grade:<7}] {item.name:<{width}}  {item.value}"))
                lines.append(readable(f"  {'':<{width + 10}}  {item.advice}"))
            lines.append("")
        return "\n".join(lines).rstrip()

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        parts: list[Any] = [cell(f"Audit: {self.headline}", style="bold"), cell(self.sentence)]
        header, rows = self.evidence_rows()
        if rows:
            table = FittedTable()
            for at, name in enumerate(header):
                table.add_column(name, "left" if at < 3 else "right")
            for row in rows:
                table.add_row(*row)
            parts += [Text(""), table]
        styles = {"good": "green", "fair": "yellow", "poor": "red", "unknown": "dim"}
        for section in self.sections:
            grid = FittedTable(section.title, show_header=False)
            for name in ("grade", "finding", "value", "advice"):
                grid.add_column(name, wraps=name != "grade")
            for item in section.items:
                grid.add_row(
                    Text(f"  {item.grade}", style=styles[item.grade]),
                    item.name,
                    item.value,
                    cell(item.advice, "dim"),
                )
            parts += [Text(""), grid]
        return Group(*parts)
