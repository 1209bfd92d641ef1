"""How far to trust a backtest: what its fills rest on, what its data can resolve, and what was assumed.

Each finding has a grade and one sentence of advice. The grades are rules of thumb (docs/how_to/read_the_report.md says
which); they are about how well the run imitates the market, not about whether the strategy is good. What nothing looked
at is unknown, never good.

`Result.audit(data)` looks at the data once more. What it finds stays with the result, as "look" of its `data`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest.feed import Columns, Feed
from velora.backtest.summary import format_money, format_percent, format_span
from velora.backtest.tables import instrument_names
from velora.core.clock import format_ns
from velora.core.events import EventKind
from velora.core.orders import FillCause
from velora.core.terminal import cell, readable
from velora.errors import InvalidArgument

if TYPE_CHECKING:
    from velora.backtest.result import Result
    from velora.data import EventSource

__all__ = ["EVIDENCE", "GRADES", "Audit", "AuditItem", "AuditSection", "Evidence", "audit"]

GRADES = ("good", "fair", "poor", "unknown")

#: By cause: the datum that shows the fill, and how strongly.
EVIDENCE = {
    "THROUGH": ("a trade", "strong"),
    "TAKER": ("displayed quantity", "strong"),
    "CROSS": ("a book change", "medium"),
    "QUEUE": ("a trade", "by the queue model"),
    "CANDLE": ("a candle", "weak"),
}
_SECOND_NS = 1_000_000_000

Ints = npt.NDArray[np.int64]


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
    """Findings about one thing."""

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


@dataclass(frozen=True)
class Audit:
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
    def sentence(self) -> str:
        """The audit in one sentence: how many findings are poor or unknown, and the worst of them."""
        counts, total = self.counts, sum(self.counts.values())
        parts = [f"{counts[grade]} {'is' if counts[grade] == 1 else 'are'} {grade}" for grade in ("poor", "unknown")]
        parts = [part for part in parts if part[0] != "0"]
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
        several = len({one.currency for one in self.evidence}) > 1
        header = ["Cause", "Datum", "Evidence", "Fills", "Notional", "PnL"]
        return header, [
            [
                f"{one.cause} {one.currency}" if several else one.cause,
                one.datum,
                one.strength,
                f"{one.fills:,}",
                format_percent(one.share),
                format_money(one.pnl, signed=True),
            ]
            for one in self.evidence
        ]

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
        from rich.box import SIMPLE_HEAD
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        parts: list[Any] = [cell(f"Audit: {self.headline}", style="bold"), cell(self.sentence)]
        header, rows = self.evidence_rows()
        if rows:
            table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0))
            for at, name in enumerate(header):
                table.add_column(name, justify="left" if at < 3 else "right", no_wrap=True)
            for row in rows:
                table.add_row(*(cell(one) for one in row))
            parts.append(table)
        styles = {"good": "green", "fair": "yellow", "poor": "red", "unknown": "dim"}
        for section in self.sections:
            grid = Table.grid(padding=(0, 2))
            for ratio in (0, 0, 2, 3):
                grid.add_column(ratio=ratio or None, no_wrap=ratio == 0)
            for item in section.items:
                grid.add_row(
                    Text(f"  {item.grade}", style=styles[item.grade]),
                    cell(item.name),
                    cell(item.value),
                    cell(item.advice, "dim"),
                )
            parts += [Text(""), cell(section.title, style="bold"), grid]
        return Group(*parts)


#: Of findings with one grade, those to name first.
_FIRST = ("Crossed book", "Gaps", "Snapshots", "Detail", "Strong evidence")


def audit(result: Result, data: object = None) -> Audit:
    """The audit of a result; see `Result.audit`."""
    from velora.backtest.doubts import doubt_items

    if data is not None:
        _look(result, data)
    sections = [AuditSection("Fills", _fill_items(result))]
    sections.append(AuditSection("What is not known", doubt_items(result)))
    for index, instrument in enumerate(result.names):
        title = "Data" if len(result.instruments) == 1 else f"Data: {instrument}"
        sections.append(AuditSection(title, _data_items(result, index)))
    sections.append(AuditSection("Buying power", _power_items(result)))
    sections.append(AuditSection("Latency", _latency_items(result)))
    sections.append(AuditSection("Assumptions", _assumption_items(result)))
    return Audit(result.strategy, result.hash, _evidence(result), sections, result.data)


# ---------------------------------------------------------------------- fills


def _evidence(result: Result) -> list[Evidence]:
    rows = [row for row in result.pnl_by_cause().to_pylist() if row["fills"]]
    total: Counter[str] = Counter()
    for row in rows:
        total[row["currency"]] += int(row["notional_units"])
    return [
        Evidence(
            row["cause"],
            *EVIDENCE[row["cause"]],
            row["currency"],
            row["fills"],
            int(row["notional_units"]) / total[row["currency"]] if total[row["currency"]] else 0.0,
            row["pnl"],
        )
        for row in rows
    ]


def _at_most(value: float, good: float, fair: float) -> str:
    return "good" if value <= good else "fair" if value <= fair else "poor"


def _fill_items(result: Result) -> list[AuditItem]:
    if result.totals.fills == 0:
        advice = "Nothing was filled, so nothing rests on how fills are made."
        return [
            AuditItem("Fills", "none", "unknown", advice),
            AuditItem("Strong evidence", "no fills", "unknown", advice),
        ]
    items = [_strength_item(result), _queue_item(result), _order_item(result), _volume_item(result)]
    return items + _size_items(result)


def _strength_item(result: Result) -> AuditItem:
    shares = []
    for currency in result.currencies:
        rows = [one for one in _evidence(result) if one.currency == currency]
        if rows:
            shares.append(sum(one.share for one in rows if one.strength == "strong"))
    share = min(shares)
    grade = "good" if share >= 2 / 3 else "fair" if share >= 1 / 3 else "poor"
    advice = {
        "good": "Most of what was traded is shown by a print beyond the price or by displayed quantity.",
        "fair": "A good part rests on the queue model or on book changes: look at the PnL of each cause.",
        "poor": "Most of it rests on the queue model or on book changes: believe the PnL of the others first.",
    }[grade]
    return AuditItem("Strong evidence", f"{format_percent(share)} of the notional", grade, advice)


def _queue_item(result: Result) -> AuditItem:
    name = "Fills by place that stand under the pessimistic bound"
    own = result.fills_raw[result.fills_raw["cause"] == FillCause.QUEUE]
    if not any(sums.fills for (_, _, cause), sums in result.totals.causes.items() if cause == FillCause.QUEUE):
        return AuditItem(name, "there are none", "good", "No fill depends on the queue model.")
    if result.config.get("queue") == "risk_averse":
        if _kinds_without_places(result, {int(one) for one in np.unique(own["instrument"])}):
            advice = "The data does not show what stood behind the best price, so no bound of it is known."
            return AuditItem(name, "not known", "unknown", advice)
        advice = "The run is the pessimistic bound itself: every cancel is taken to have stood behind."
        return AuditItem(name, "all", "good", advice)
    if result.pessimistic is None:
        return AuditItem(name, "not known", "unknown", "Run queue_bounds to see how many would stand.")
    if result.dropped["fills"] or result.pessimistic.dropped["fills"]:
        advice = "Retention dropped fills of the runs, so that they cannot be compared: run the bounds without it."
        return AuditItem(name, "not known", "unknown", advice)
    share = _standing_share(own, result.pessimistic.fills_raw)
    grade = "good" if share >= 0.9 else "fair" if share >= 0.5 else "poor"
    advice = "The rest is owed to the queue model: fit it on data by order (velora check queue), or leave it out."
    if grade == "good":
        advice = "The queue model hardly matters to this run."
    return AuditItem(name, f"{format_percent(share)} of their quantity", grade, advice)


def _kinds_without_places(result: Result, of: set[int] | None = None) -> set[str]:
    """Kinds of data, of some instruments, that do not show the levels behind the best."""
    kinds = {data["kind"] for at, data in enumerate(result.data) if of is None or at in of}
    return kinds & {"quotes only", "trades only"}


def _standing_share(own: npt.NDArray[Any], pessimistic: npt.NDArray[Any]) -> float:
    """Quantity of fills that the same row also made, at the same price and side, in the pessimistic run."""

    def by_datum(fills: npt.NDArray[Any]) -> Counter[tuple[int, int, int, int]]:
        found: Counter[tuple[int, int, int, int]] = Counter()
        names = ("instrument", "datum_row", "side", "price", "qty")
        for instrument, row, side, price, qty in fills[list(names)].tolist():
            found[instrument, row, side, price] += qty
        return found

    wanted, there = by_datum(own), by_datum(pessimistic)
    return sum(min(qty, there[key]) for key, qty in wanted.items()) / sum(wanted.values())


def _own_events(result: Result, index: int) -> tuple[Ints, Ints]:
    """Instants at the venue of own fills, arrivals and cancels of an instrument, in order; and for each fill the
    arrival of its order, -1 where that is not known.

    Arrivals and cancels are what was known here less the way back: the response leg where it is constant, else half of
    the round trip.
    """
    orders = result.orders_raw[result._of("orders", index)]
    back = (
        result.config.get("latency", {}).get("response_ns") if isinstance(result.config.get("latency"), dict) else None
    )
    known = orders[orders["ts_ack"] > 0]
    way = (known["ts_ack"] - known["ts_sent"]) // 2 if back is None else np.full(known.size, back, np.int64)
    arrivals = known["ts_ack"] - way
    is_canceled = (known["state"] == 3) & (known["ts_done"] > 0)
    fills = result.fills_raw[result._of("fills", index)]
    instants = np.concatenate([arrivals, known["ts_done"][is_canceled] - way[is_canceled], fills["ts_venue"]])
    by_id = np.argsort(known["order_id"], kind="stable")
    of_fill = np.full(fills.size, -1, np.int64)
    if known.size:
        ids = known["order_id"][by_id]
        at = np.minimum(np.searchsorted(ids, fills["order_id"]), ids.size - 1)
        of_fill = np.where(ids[at] == fills["order_id"], arrivals[by_id][at], -1)
    return np.sort(instants), of_fill


def _resolution(result: Result, index: int) -> int | None:
    if index >= len(result.data):
        return None
    resolution = result.data[index]["resolution_event_ns"]
    return None if resolution is None else int(resolution)


def _order_item(result: Result) -> AuditItem:
    name = "Order among own events"
    resolutions = [_resolution(result, index) for index in range(len(result.instruments))]
    if any(resolution is None for resolution in resolutions):
        return AuditItem(name, "not known", "unknown", "The result does not say what its data was made of.")
    if result.fills_raw.size == 0:
        return AuditItem(name, "not known", "unknown", "Retention dropped all fills of the run.")
    ambiguous = 0
    for index, resolution in enumerate(resolutions):
        assert resolution is not None
        fills = result.fills_raw[result._of("fills", index)]
        if fills.size == 0:
            continue
        events, arrivals = _own_events(result, index)
        ts = fills["ts_venue"]
        near = np.searchsorted(events, ts + resolution, "left") - np.searchsorted(events, ts - resolution, "right")
        # Fills of one row come in the order of price and time; a taker's arrival is its fill.
        _, inverse, counts = np.unique(fills["datum_row"], return_inverse=True, return_counts=True)
        is_own = (fills["cause"] == FillCause.TAKER) & (arrivals >= 0) & (np.abs(arrivals - ts) < resolution)
        ambiguous += int((near - counts[inverse] - is_own > 0).sum())
    share = ambiguous / result.fills_raw.size
    coarsest = max(resolution for resolution in resolutions if resolution is not None)
    grade = _at_most(share, 0.01, 0.1)
    advice = {
        "good": "Hardly any fill falls into the same tick of the venue's clock as another own event.",
        "fair": "Some fills share a tick of the venue's clock with another own event: either may have come first.",
        "poor": "Many fills share a tick of the venue's clock with another own event: which came first is a guess.",
    }[grade]
    kept = "fills kept" if result.dropped["fills"] else "fills"
    value = f"{format_percent(share)} of the {kept} within {format_span(coarsest / 1e9)} of another"
    return AuditItem(name, value, grade, advice)


def _volume_share(result: Result) -> float | None:
    """Own traded quantity as a share of the volume traded, of the instrument where it is largest."""
    if len(result.data) < len(result.instruments):
        return None
    traded: Counter[int] = Counter()
    for (index, _, _), sums in result.totals.causes.items():
        traded[index] += sums.qty
    shares = []
    for index, own in traded.items():
        volume = result.data[index]["volume_lots"]
        if own:
            shares.append(own / volume if volume else float("inf"))
    return max(shares, default=0.0)


def _volume_item(result: Result) -> AuditItem:
    name = "Own part of the volume traded"
    share = _volume_share(result)
    if share is None:
        return AuditItem(name, "not known", "unknown", "The result does not say what its data was made of.")
    if share == float("inf"):
        advice = "The data has no trades to compare with: nothing shows that this quantity was to be had."
        return AuditItem(name, "no trades in the data", "poor", advice)
    grade = _at_most(share, 0.01, 0.1)
    advice = {
        "good": "The market would hardly have noticed.",
        "fair": "Others would have seen these trades: expect worse prices than the run shows.",
        "poor": "This is a large part of the market: it would have moved, and the run does not show how.",
    }[grade]
    return AuditItem(name, format_percent(share, 2), grade, advice)


def _size_items(result: Result) -> list[AuditItem]:
    """How large the fills were beside their prints and levels, of the instrument where they were largest."""
    looks = [one["look"] for one in result.data if one.get("look") is not None]
    if len(looks) < len(result.instruments):
        return [
            AuditItem(name, _UNSEEN, "unknown", _LOOK) for name in ("Own part of the prints", "Own part of the level")
        ]
    items = []
    for name, key, what in (
        ("Own part of the prints", "print_shares", "the trade that filled us"),
        ("Own part of the level", "level_shares", "what the level showed"),
    ):
        shares = [look[key] for look in looks if look[key] is not None]
        if not shares:
            items.append(AuditItem(name, "not known", "unknown", f"No fill can be compared with {what}."))
            continue
        largest = max(shares, key=lambda share: float(share["p95"]))
        grade = _at_most(largest["p95"], 0.25, 1.0)
        advice = {
            "good": f"Fills are small beside {what}.",
            "fair": f"Some fills are large beside {what}: part of it may have gone to others.",
            "poor": f"Some fills are larger than {what}.",
        }[grade]
        median, high, fills = format_percent(largest["median"]), format_percent(largest["p95"]), largest["fills"]
        items.append(AuditItem(name, f"median {median}, 95 % within {high}, of {fills:,} fills", grade, advice))
    return items


# ---------------------------------------------------------------------- a second look at the data


_UNSEEN = "not looked at"
_LOOK = "Look at the data once more, with result.audit(data) or `velora report FOLDER --audit --data CATALOG`."


def _look(result: Result, data: object) -> None:
    """Look at the data once more; what is found stays with the result."""
    if len(result.data) < len(result.instruments):
        raise InvalidArgument("this result does not say what its data was made of, so no data can be held against it")
    for index, (source, by_order) in enumerate(_sources(result, data)):
        result.data[index]["look"] = _second_pass(result, index, source, by_order)


def _sources(result: Result, data: object) -> list[tuple[EventSource, bool]]:
    """The source of each instrument, and whether the venue read it by order."""
    from velora.data import Catalog, resolve

    start, end = result.config.get("start_ns"), result.config.get("end_ns")
    if isinstance(data, (str, Path)):
        data = Catalog(data)
    if isinstance(data, Catalog):  # which may hold more than the run had
        there = set(data.names())
        names = [f"{one.symbol}@{one.venue}" if one.venue else one.symbol for one in result.instruments]
        if there.issuperset(names):
            data = dict.fromkeys(names, data)
    sources = resolve(data, start=start, end=end)
    symbols = instrument_names([source.instrument for source in sources])
    wanted = result.names
    if symbols != wanted:
        raise InvalidArgument(f"the run had the instruments {', '.join(wanted)}, the data has {', '.join(symbols)}")
    return [(source, bool(getattr(source, "has_orders", False))) for source in sources]


def _shares(values: list[float]) -> dict[str, Any] | None:
    if not values:
        return None
    median, high = np.quantile(np.array(values), [0.5, 0.95]).tolist()
    return {"median": median, "p95": high, "fills": len(values)}


def _second_pass(result: Result, index: int, source: EventSource, by_order: bool) -> dict[str, Any]:
    """Replay the book of an instrument in venue order, and stop at each row that filled something.

    Rows by order have numbers of their own: what filled us is not looked up in them.
    """
    from velora.core.book import OrderBookL2
    from velora.data.watch import BookWatch

    feed = Feed(source, 65_536, has_local=False)
    fills = result.fills_raw[result._of("fills", index)]
    own = fills[(fills["maker"] != 0) & (fills["datum_row"] >= 0)]
    own = own[np.argsort(own["datum_row"], kind="stable")][: 0 if by_order else None]
    watch = BookWatch()
    book = OrderBookL2(result.instruments[index])
    taken: Counter[int] = Counter()
    for row, qty in own[["datum_row", "qty"]].tolist():
        taken[row] += qty
    print_shares: list[float] = []
    level_shares: list[float] = []
    done = at = total = 0

    def know(columns: Columns, is_state: bool) -> None:
        book.apply(columns.kind, columns.side, columns.price, columns.qty)
        watch.know(columns)

    feed.open(None, know)
    while (columns := feed.next_venue()) is not None:
        rows = len(columns.ts_event)
        total += rows
        watch.add(columns)
        start = rows if by_order else 0
        while start < rows:
            stop = rows
            if at < len(own) and own["datum_row"][at] < done + rows:
                stop = int(own["datum_row"][at]) - done
            if stop > start:
                rows_of = slice(start, stop)
                book.apply(columns.kind[rows_of], columns.side[rows_of], columns.price[rows_of], columns.qty[rows_of])
                start = stop
            while at < len(own) and own["datum_row"][at] == done + start and start < rows:
                fill = own[at]
                shown = book.qty_lots(int(fill["side"]), int(fill["price"]))
                if shown > 0:
                    level_shares.append(int(fill["qty"]) / shown)
                if columns.kind[start] == EventKind.TRADE and columns.qty[start] > 0:
                    print_shares.append(taken[done + start] / int(columns.qty[start]))
                at += 1
        done += rows
    return {
        **watch.to_dict(),
        "rows": total,
        "print_shares": _shares(print_shares),
        "level_shares": _shares(level_shares),
    }


# ---------------------------------------------------------------------- data


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _data_items(result: Result, index: int) -> list[AuditItem]:
    if index >= len(result.data):
        return [AuditItem("Data", "not known", "unknown", "The result does not say what its data was made of.")]
    data = result.data[index]
    if data["rows"] == 0:
        return [AuditItem("Data", "no rows", "unknown", "There was no data.")]
    start = _start_item(data, data["span_ns"])
    return [
        _detail_item(data),
        _gap_item(data),
        _clock_item(data),
        *([] if start is None else [start]),
        _stale_item(data),
        _crossed_item(data),
        _receipt_item(data),
        _aside_item(data),
        _snapshot_item(data),
    ]


def _looked_for(data: dict[str, Any], what: str) -> bool:
    """Whether whoever made the data would have marked it: gaps, hidden trades, trades off the book."""
    return what in data.get("looked_for", ())


def _stale_item(data: dict[str, Any]) -> AuditItem:
    stale = _share(data["stale_ns"], data["span_ns"])
    value = f"{data['gaps']:,}, stale for {format_percent(stale, 3)} of the time"
    if data["gaps"] or stale > 0:
        advice = "From a gap to the next snapshot the book is not to be relied on."
        return AuditItem("Gaps", value, _at_most(stale, 0.001, 0.01), advice)
    if not _looked_for(data, "gaps"):
        return AuditItem(
            "Gaps", "none stated", "unknown", "Nothing says that anybody looked for gaps: a missing row would not show."
        )
    return AuditItem("Gaps", value, "good", "No row is missing, as far as the feed's own numbers tell.")


def _receipt_item(data: dict[str, Any]) -> AuditItem:
    name = "Received before it happened"
    back = _share(data["recv_before_event_rows"], data["sampled_rows"])
    if back == 0 and data["feed_latency_p99_ns"] == 0:
        return AuditItem(
            name, "not known", "unknown", "The receipt was not recorded: it is the venue's time, to the ns."
        )
    return AuditItem(
        name,
        f"{format_percent(back, 2)} of the rows",
        _at_most(back, 0.0, 0.01),
        "Both clocks agree on the order."
        if back == 0
        else "The two clocks are not in step: the feed's latency, and with it every reaction, is too short here.",
    )


def _aside_item(data: dict[str, Any]) -> AuditItem:
    name, trades = "Trades off the displayed book", data["trades"]
    if not trades:
        return AuditItem(name, "no trades", "poor", "Without trades an order fills by book changes alone.")
    marked = data["off_book_trades"] + data["hidden_trades"]
    if not marked and not (_looked_for(data, "hidden") or _looked_for(data, "off_book")):
        return AuditItem(
            name, f"none marked of {trades:,}", "unknown", "The feed does not say which trades were hidden."
        )
    return AuditItem(
        name,
        f"{data['off_book_trades']:,} off the book and {data['hidden_trades']:,} hidden of {trades:,}",
        _at_most(_share(marked, trades), 0.05, 0.3),
        "Off-book trades fill nobody; hidden ones say less about the displayed queue.",
    )


def _snapshot_item(data: dict[str, Any]) -> AuditItem:
    name, kind, count = "Snapshots", data["kind"], data["snapshots"]
    if kind == "trades only":
        return AuditItem(name, "none", "unknown", "There is no book to begin with.")
    if kind == "quotes only":
        return AuditItem(name, "none", "good", "Each quote says all that a book of quotes holds.")
    if data.get("is_whole_at_start"):
        return AuditItem(
            name, f"{count:,}", "good", "The run begins with what the rows before its start make of the book."
        )
    if not count:
        unknown = (data.get("look") or {}).get("unknown_orders", 0)
        if kind == "by order":
            advice = (
                f"{unknown:,} rows are about orders from before the first row: the book lacks them, and who stands "
                "behind them stands too far ahead."
                if unknown
                else "What stood in the book before the first row is unknown: who joins behind it stands too far ahead."
            )
        else:
            advice = (
                "The book fills up from its changes: a level is unknown until it changes, and early places are guesses."
            )
        return AuditItem(name, "none", "poor" if unknown else "unknown", advice)
    late = data.get("snapshot_after_ns")
    if late is None:
        return AuditItem(name, f"{count:,}", "unknown", "The result does not say when the first one came.")
    if late == 0:
        return AuditItem(name, f"{count:,}", "good", "The book starts from a snapshot.")
    return AuditItem(
        name,
        f"{count:,}, the first after {format_span(late / 1e9)}",
        _at_most(_share(late, data["span_ns"]), 0.001, 0.01),
        "Until the first snapshot the book holds only what has changed, and places in it are guesses.",
    )


def _start_item(data: dict[str, Any], span: int) -> AuditItem | None:
    """What was known of the book when a run started inside its data."""
    if data.get("start_ns") is None:
        return None
    if data["is_whole_at_start"]:
        return AuditItem("Book at the start", "known", "good", "It is built from the rows before the start.")
    stale = data["start_stale_ns"]
    if stale is None:
        advice = "No snapshot is in the data: what did not change before the start is missing from the book."
        return AuditItem("Book at the start", "known from its changes alone", "fair", advice)
    return AuditItem(
        "Book at the start",
        f"not known: stale from {format_ns(data['start_ns'])} on, for {format_span(stale / 1e9)}",
        _at_most(_share(stale, max(span, stale)), 0.001, 0.01),
        "The rows before the start do not make a whole book: start after a snapshot.",
    )


def _detail_item(data: dict[str, Any]) -> AuditItem:
    grade, advice = {
        "by order": ("good", "The venue reads each order; the session can fit a queue model (velora check queue)."),
        "by level": ("good", "Places in queues are bounded by the totals of the levels."),
        "quotes only": ("fair", "Places behind the best price are not known: keep orders at the touch."),
        "trades only": ("poor", "There is no book: orders fill by prints alone, and nobody knows what was ahead."),
    }[data["kind"]]
    return AuditItem("Detail", data["kind"], grade, advice)


def _gap_item(data: dict[str, Any]) -> AuditItem:
    median, high = data["book_gap_median_ns"], data["book_gap_p99_ns"]
    if median is None:
        return AuditItem("Between book updates", "no updates", "unknown", "The book does not change in this data.")
    grade = _at_most(median, 20_000_000, 200_000_000)
    advice = {
        "good": "The book is told about as often as it changes.",
        "fair": "Updates are bundled: what came and went between two of them is not seen, nor is its order.",
        "poor": "Updates are rare: orders act on a book that has long changed.",
    }[grade]
    ticks = data["tick_gap_median_ns"], data["tick_gap_p99_ns"]
    value = f"median {format_span(median / 1e9)}, 99 % within {format_span(high / 1e9)}"
    if None not in ticks:
        value += f"; between instants {format_span(ticks[0] / 1e9)} and {format_span(ticks[1] / 1e9)}"
    return AuditItem("Between book updates", value, grade, advice)


def _clock_item(data: dict[str, Any]) -> AuditItem:
    event, recv = data["resolution_event_ns"], data["resolution_recv_ns"]
    value = f"{_unit(event)} at the venue, {_unit(recv)} at receipt"
    if data["estimated_rows"]:
        share = _share(data["estimated_rows"], data["rows"])
        value += f", estimated in {format_percent(share)} of the rows"
        if share > 0.01:
            return AuditItem("Clocks", value, "poor", "The venue's clock is a guess: so is the feed's latency.")
    grade = _at_most(event, 1_000, 1_000_000)
    advice = {
        "good": "The data tells the order of what happens.",
        "fair": "Within a tick of the clock the order of events is that of the file.",
        "poor": "Within a second nothing tells the order of events.",
    }[grade]
    return AuditItem("Clocks", value, grade, advice)


def _unit(resolution: int) -> str:
    return {1: "1 ns", 1_000: "1 us", 1_000_000: "1 ms", 1_000_000_000: "1 s"}[resolution]


def _crossed_item(data: dict[str, Any]) -> AuditItem:
    name, look = "Crossed book", data.get("look")
    if data["kind"] == "trades only":
        return AuditItem(name, "no book", "unknown", "There is no book that could be crossed, or be seen not to be.")
    if look is None:
        return AuditItem(name, _UNSEEN, "unknown", _LOOK)
    if not (look["has_book"] or look["has_quotes"]):
        return AuditItem(name, "no book", "unknown", "There is no book that could be crossed, or be seen not to be.")
    halted = look["halted_crossed_ns"]
    # What is crossed in a halt is an auction's: nothing trades against it until it is over.
    share = _share(look["crossed_ns"], look["span_ns"] - look["halted_ns"])
    value = f"{format_percent(share, 3)} of the time"
    if halted:
        value += f", and {format_span(halted / 1e9)} while trading was halted"
    if not look["crossed_ns"] and not look["crossed_batches"] and not look["crossed_quotes"]:
        advice = "The best bid stays below the best ask while there is trading."
    elif look["has_states"]:
        advice = "While it is crossed, orders of both sides fill as they would not have."
    else:
        advice = (
            "While it is crossed, orders of both sides fill as they would not have. The data does not say when trading "
            "was halted: these may be auctions."
        )
    return AuditItem(name, value, _at_most(share, 0.0001, 0.01), advice)


# ---------------------------------------------------------------------- buying power


def _power_items(result: Result) -> list[AuditItem]:
    """How far the run went beyond what its account could pay for: nothing limits it."""
    figures = result.statistics()
    items = []
    for money in figures["money"]:
        currency = money["currency"]
        of = f" ({currency})" if len(figures["money"]) > 1 else ""
        exposure, equity = f"Largest exposure over equity{of}", f"Lowest equity{of}"
        if money["lowest_equity"] is None:
            if not money["turnover"]:
                continue
            advice = f"Give the cash at the start in {currency or 'its currency'}: without it no leverage is known."
            items += [AuditItem(name, "no start cash", "unknown", advice) for name in (exposure, equity)]
            continue
        leverage, lowest = money["largest_leverage"], money["lowest_equity"]
        grade = "poor" if lowest <= 0 else "good" if leverage is None else _at_most(leverage, 1.0, 10.0)
        advice = {
            "good": "The account could pay for all that it held, without leverage.",
            "fair": "The positions need margin, which the run does not ask for: check that the venue grants it.",
            "poor": "Few venues grant this leverage: margin and liquidation are not modelled, so the run went on.",
        }[grade]
        value = "no positions" if leverage is None else f"{leverage:,.2f}"
        if lowest <= 0:
            value = "without bound: positions stood with no equity left"
        items.append(AuditItem(exposure, value, grade, advice))
        share = lowest / money["start_cash"]
        grade = "good" if share >= 0.5 else "fair" if share > 0 else "poor"
        advice = {
            "good": "The equity stayed well above zero.",
            "fair": "More than half of the equity was lost in between: a leveraged account may be liquidated sooner.",
            "poor": "The equity was negative or zero: a real account is liquidated before, and its run ends there.",
        }[grade]
        items.append(AuditItem(equity, f"{format_money(lowest)} at the samples", grade, advice))
    for balance in figures["balances"]:
        short = balance["lowest"] < 0
        if balance["is_cash"]:
            name, good = f"Lowest cash ({balance['asset']})", "What was bought was paid for with cash that was there."
            advice = "It bought for more than its cash: a spot account cannot without borrowing, which is not modelled."
        else:
            name, good = f"Short on spot ({balance['asset']})", "Nothing was sold that was not held."
            advice = "It sold what it did not hold: a spot account cannot without borrowing, which is not modelled."
        value = f"{balance['lowest']:,.8g}" if short or balance["is_cash"] else "never"
        items.append(AuditItem(name, value, "poor" if short else "good", advice if short else good))
    return items


def power_warnings(result: Result) -> list[str]:
    """What a summary must say of a run that went beyond its buying power."""
    figures = result.statistics()
    found = [
        f"equity fell to {format_money(money['lowest_equity'])} {money['currency']}".rstrip()
        for money in figures["money"]
        if money["lowest_equity"] is not None and money["lowest_equity"] <= 0
    ]
    found += [
        f"held {money['largest_leverage']:,.1f} times its equity in {money['currency'] or 'quote currency'}"
        for money in figures["money"]
        if money["largest_leverage"] is not None and money["largest_leverage"] > 10.0
    ]
    for balance in figures["balances"]:
        if balance["lowest"] < 0:
            what = "bought beyond its cash" if balance["is_cash"] else "was short on spot"
            found.append(f"{what}: {balance['asset']} down to {balance['lowest']:,.8g}")
    return found


# ---------------------------------------------------------------------- latency and assumptions


def _latency_items(result: Result) -> list[AuditItem]:
    legs = result.config.get("latency")
    if not isinstance(legs, dict):
        return [AuditItem("Latency", "not known", "unknown", "The result does not say what latency it had.")]
    zero = [name for name in ("decision", "entry", "venue", "response") if legs.get(f"{name}_ns") == 0]
    both = {"entry", "response"} & set(zero)
    items = [
        AuditItem(
            "Legs at zero",
            ", ".join(zero) or "none",
            "poor" if both else "fair" if zero else "good",
            "Orders and answers take no time: nothing live is like that."
            if both
            else "Thinking and the venue's processing take some microseconds at least."
            if zero
            else "Every leg takes its time.",
        )
    ]
    orders = result.orders_raw
    known = orders[orders["ts_ack"] > 0]
    if known.size == 0:
        items.append(AuditItem("Round trip", "no order was answered", "unknown", "Nothing to compare with the feed."))
        return items
    trip = float(np.median(known["ts_ack"] - known["ts_sent"]))
    feeds = [one["feed_latency_median_ns"] for one in result.data if one["feed_latency_median_ns"] is not None]
    ticks = [one["resolution_event_ns"] for one in result.data if one["resolution_event_ns"] is not None]
    if not feeds or not ticks:
        advice = "The result does not say what its data was made of."
        items.append(AuditItem("Round trip", f"median {format_span(trip / 1e9)}", "unknown", advice))
        return items
    feed, tick = max(feeds), max(ticks)
    value = f"median {format_span(trip / 1e9)}, the feed {format_span(feed / 1e9)} one way"
    grade = "good" if trip >= feed else "fair" if trip > 0 else "poor"
    if feed == 0:
        grade, advice = (
            "fair",
            "The feed takes no time: its receipt was not recorded, so the strategy sees it too early.",
        )
    elif grade == "good":
        advice = "Orders are no faster than the data."
    else:
        advice = (
            "Orders make both ways in less than the data makes one: check that both are measured at the same place."
        )
    items.append(AuditItem("Round trip", value, grade, advice))
    items.append(
        AuditItem(
            "Latency and the data's clock",
            f"{format_span(trip / 1e9)} against {_unit(tick)}",
            "good" if trip >= 10 * tick else "fair" if trip >= tick else "poor",
            "The clock resolves what the latency decides."
            if trip >= 10 * tick
            else "The clock is about as coarse as the latency: small changes of it cannot be told apart.",
        )
    )
    return items


def _assumption_items(result: Result) -> list[AuditItem]:
    config = result.config
    queue = str(config.get("queue", "not known"))
    grade, advice = {
        "risk_averse": ("good", "The pessimistic bound: what fills by its place would have filled."),
        "optimistic": ("poor", "The optimistic bound: use it beside the pessimistic one, never alone."),
        "not known": ("unknown", "The result does not say how queues were modelled."),
    }.get(queue, ("fair", "A model between the bounds: run queue_bounds, or fit it with velora check queue."))
    if queue == "risk_averse" and _kinds_without_places(result):
        grade, advice = (
            "fair",
            "The pessimistic bound, of places that the data shows; behind the best price it shows none.",
        )
    items = [AuditItem("Queue model", queue, grade, advice)]
    fees = [(instrument.maker_fee, instrument.taker_fee) for instrument in result.instruments]
    no_fees = [name for name, pair in zip(result.names, fees, strict=True) if not any(pair)]
    free_maker = any(maker == 0 for maker, _ in fees)
    value = ", ".join(dict.fromkeys(f"maker {maker:.4%}, taker {taker:.4%}" for maker, taker in fees))
    items.append(
        AuditItem(
            "Fees",
            value,
            "poor" if no_fees else "fair" if free_maker else "good",
            f"None on {', '.join(no_fees)}: set fees=(maker, taker)."
            if no_fees
            else "Makers pay nothing: does your account have that tier?"
            if free_maker
            else "Both sides pay or earn a fee.",
        )
    )
    share = _volume_share(result) if result.totals.fills else 0.0
    items.append(
        AuditItem(
            "Market impact",
            "none" if not config.get("impact") else "modelled",
            "unknown" if share is None else _at_most(share, 0.01, 0.1),
            "Recorded flow does not react to own orders; what a taker takes is gone until the feed shows it again.",
        )
    )
    items.append(_fusion_item(result))
    return items


def _fusion_item(result: Result) -> AuditItem:
    """Whether quotes run beside a book by level, and what was made of them."""
    name = "Quotes over the book"
    if result.config.get("fuse_quotes", False):
        return AuditItem(name, "fused", "good", "Quotes newer than the book move its top.")
    kinds = {data["kind"] for data in result.data}
    if kinds and kinds <= {"quotes only", "trades only"}:
        return AuditItem(name, "no book beside them", "good", "The quotes are the book.")
    looks = [data.get("look") for data in result.data]
    if not looks or any(look is None for look in looks):
        advice = "Where quotes run ahead of the depth, as Binance's bookTicker, fuse_quotes=True shows the newer top."
        return AuditItem(name, "not fused", "unknown", advice)
    if any(look["has_quotes"] and look["has_book"] for look in looks if look is not None):
        advice = (
            "The data has quotes beside the book: where they run ahead of it, fuse_quotes=True shows the newer top."
        )
        return AuditItem(name, "not fused", "fair", advice)
    return AuditItem(name, "no quotes beside the book", "good", "Nothing runs ahead of the book.")
