"""Figures: what was measured, of both sides, and how it is printed."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass

__all__ = ["Figure", "show"]


@dataclass(frozen=True)
class Figure:
    """One comparison; passes of both sides were taken in turn.

    Parameters
    ----------
    figure : str
        What was done.
    unit : str
        Unit of the rates, such as ``"rows/s"``; more is better.
    items : int
        Items of one pass.
    velora_s, peer_s : tuple of float
        Seconds of each pass, pair by pair.
    peer_name : str
    hash : str
        Velora's result hash.
    """

    figure: str
    unit: str
    items: int
    velora_s: tuple[float, ...]
    peer_s: tuple[float, ...]
    peer_name: str
    hash: str

    @property
    def velora(self) -> float:
        """Velora's rate, median over the passes."""
        return self.items / statistics.median(self.velora_s)

    @property
    def peer(self) -> float:
        """The peer's rate, median over the passes."""
        return self.items / statistics.median(self.peer_s)

    @property
    def ratios(self) -> list[float]:
        """How many times as fast Velora was, pair by pair."""
        return [peer / own for own, peer in zip(self.velora_s, self.peer_s, strict=True)]

    @property
    def ratio(self) -> float:
        """Median of the ratios; over 1 means that Velora is ahead."""
        return statistics.median(self.ratios)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "figure": self.figure,
                "unit": self.unit,
                "velora": round(self.velora, 1),
                "peer": round(self.peer, 1),
                "peer_name": self.peer_name,
                "ratio": round(self.ratio, 3),
                "n": self.items,
                "hash": self.hash,
            }
        )


def show(figures: list[Figure], *, as_json: bool) -> None:
    """Print figures, as JSON lines or as a table."""
    if as_json:
        for figure in figures:
            print(figure.to_json())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="ratio over 1: Velora is ahead", title_justify="left")
    for name in ("figure", "unit", "Velora", "peer", "peer's rate", "ratio", "lowest", "highest"):
        table.add_column(name, justify="left" if name in ("figure", "unit", "peer") else "right")
    for figure in figures:
        ratios = figure.ratios
        table.add_row(
            figure.figure,
            figure.unit,
            f"{figure.velora:,.0f}",
            figure.peer_name,
            f"{figure.peer:,.0f}",
            f"{figure.ratio:.2f}",
            f"{min(ratios):.2f}",
            f"{max(ratios):.2f}",
        )
    Console(width=140).print(table)
