"""What the data of a run can resolve: its detail, gaps, clocks, snapshots and crossed books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from velora.backtest.audit.findings import LOOK, UNSEEN, AuditItem, at_most, share_of
from velora.backtest.formats import format_percent, format_span
from velora.core.clock import format_duration, format_ns

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["clock_items", "data_items", "unit_of"]


def data_items(result: Result, index: int) -> list[AuditItem]:
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


def clock_items(result: Result) -> list[AuditItem]:
    """Whether importers shifted the times of receipt of all instruments alike; nothing for one instrument."""
    if len(result.data) < 2 or any("clock_shift_ns" not in data for data in result.data):
        return []
    shifts = [int(data["clock_shift_ns"]) for data in result.data]
    name, spread = "Clock shifts between instruments", max(shifts) - min(shifts)
    if not spread:
        value = f"all shifted by {format_duration(shifts[0])}" if shifts[0] else "none shifted"
        return [AuditItem(name, value, "good", "No import has moved one instrument against another.")]
    value = ", ".join(
        f"{one} {format_duration(shift) if shift else 'not shifted'}"
        for one, shift in zip(result.names, shifts, strict=True)
    )
    advice = (
        f"The imports made a lead of {spread / 1e6:,.6g} ms of {result.names[shifts.index(min(shifts))]} over "
        f"{result.names[shifts.index(max(shifts))]}: import both again with --clock-shift {max(shifts)}ns."
    )
    return [AuditItem(name, value, "poor", advice)]


def _looked_for(data: dict[str, Any], what: str) -> bool:
    """Whether whoever made the data would have marked it: gaps, hidden trades, trades off the book."""
    return what in data.get("looked_for", ())


def _stale_item(data: dict[str, Any]) -> AuditItem:
    stale = share_of(data["stale_ns"], data["span_ns"])
    value = f"{data['gaps']:,}, stale for {format_percent(stale, 3)} of the time"
    if data["gaps"] or stale > 0:
        advice = "From a gap to the next snapshot the book is not to be relied on."
        return AuditItem("Gaps", value, at_most(stale, 0.001, 0.01), advice)
    if not _looked_for(data, "gaps"):
        return AuditItem(
            "Gaps", "none stated", "unknown", "Nothing says that anybody looked for gaps: a missing row would not show."
        )
    return AuditItem("Gaps", value, "good", "No row is missing, as far as the feed's own numbers tell.")


def _receipt_item(data: dict[str, Any]) -> AuditItem:
    name = "Received before it happened"
    back = share_of(data["recv_before_event_rows"], data["sampled_rows"])
    if back == 0 and data["feed_latency_p99_ns"] == 0:
        return AuditItem(
            name, "not known", "unknown", "The receipt was not recorded: it is the venue's time, to the ns."
        )
    return AuditItem(
        name,
        f"{format_percent(back, 2)} of the rows",
        at_most(back, 0.0, 0.01),
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
        at_most(share_of(marked, trades), 0.05, 0.3),
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
        at_most(share_of(late, data["span_ns"]), 0.001, 0.01),
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
        at_most(share_of(stale, max(span, stale)), 0.001, 0.01),
        "The rows before the start do not make a whole book: start after a snapshot.",
    )


def _detail_item(data: dict[str, Any]) -> AuditItem:
    grade, advice = {
        "by order": (
            "good",
            "The venue reads each order, the strategy sees the levels that they make; the session can fit a queue "
            "model (velora check queue).",
        ),
        "by level": ("good", "Places in queues are bounded by the totals of the levels."),
        "quotes only": ("fair", "Places behind the best price are not known: keep orders at the touch."),
        "trades only": ("poor", "There is no book: orders fill by prints alone, and nobody knows what was ahead."),
    }[data["kind"]]
    return AuditItem("Detail", data["kind"], grade, advice)


def _gap_item(data: dict[str, Any]) -> AuditItem:
    median, high = data["book_gap_median_ns"], data["book_gap_p99_ns"]
    if median is None:
        return AuditItem("Between book updates", "no updates", "unknown", "The book does not change in this data.")
    grade = at_most(median, 20_000_000, 200_000_000)
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
    value = f"{unit_of(event)} at the venue, {unit_of(recv)} at receipt"
    if data["estimated_rows"]:
        share = share_of(data["estimated_rows"], data["rows"])
        value += f", estimated in {format_percent(share)} of the rows"
        if share > 0.01:
            return AuditItem("Clocks", value, "poor", "The venue's clock is a guess: so is the feed's latency.")
    grade = at_most(event, 1_000, 1_000_000)
    advice = {
        "good": "The data tells the order of what happens.",
        "fair": "Within a tick of the clock the order of events is that of the file.",
        "poor": "Within a second nothing tells the order of events.",
    }[grade]
    return AuditItem("Clocks", value, grade, advice)


def unit_of(resolution: int) -> str:
    return {1: "1 ns", 1_000: "1 us", 1_000_000: "1 ms", 1_000_000_000: "1 s"}[resolution]


def _crossed_item(data: dict[str, Any]) -> AuditItem:
    name, look = "Crossed book", data.get("look")
    if data["kind"] == "trades only":
        return AuditItem(name, "no book", "unknown", "There is no book that could be crossed, or be seen not to be.")
    if look is None:
        return AuditItem(name, UNSEEN, "unknown", LOOK)
    if not (look["has_book"] or look["has_quotes"]):
        return AuditItem(name, "no book", "unknown", "There is no book that could be crossed, or be seen not to be.")
    halted = look["halted_crossed_ns"]
    # What is crossed in a halt is an auction's: nothing trades against it until it is over.
    share = share_of(look["crossed_ns"], look["span_ns"] - look["halted_ns"])
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
    return AuditItem(name, value, at_most(share, 0.0001, 0.01), advice)
