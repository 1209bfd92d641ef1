"""Whether the latencies of a run are plausible beside its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from velora.backtest.audit.configured import latencies_of
from velora.backtest.audit.data import unit_of
from velora.backtest.audit.findings import AuditItem
from velora.backtest.formats import format_span

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["latency_items"]


#: Legs that an order or its answer goes; the rest are thinking and the venue's processing.
_WAYS = ("entry", "amend", "cancel", "response")
_LEGS = ("decision", "entry", "amend", "cancel", "venue", "response")


def latency_items(result: Result) -> list[AuditItem]:
    """Findings about the latency of each link: of all instruments, or of those that one key of the mapping names."""
    latencies = latencies_of(result)
    if latencies is None:
        return [AuditItem("Latency", "not known", "unknown", "The result does not say what latency it had.")]
    links = {one.key: one.values for one in latencies}
    instruments = {key: [at for at, one in enumerate(latencies) if one.key == key] for key in links}
    items = [_zero_item(links)]
    for key, own in instruments.items():
        items += _trip_items(result, own, f" ({key})" if len(links) > 1 else "")
    return items


def _zero_item(links: dict[str, dict[str, Any]]) -> AuditItem:
    """Legs that take no time, by link where there are several."""
    zero = {key: [name for name in _LEGS if legs.get(f"{name}_ns") == 0] for key, legs in links.items()}
    both = any(name in _WAYS for names in zero.values() for name in names)
    some = any(zero.values())
    words = {key: ", ".join(names) or "none" for key, names in zero.items()}
    return AuditItem(
        "Legs at zero",
        "; ".join(f"{key}: {text}" for key, text in words.items()) if len(words) > 1 else next(iter(words.values())),
        "poor" if both else "fair" if some else "good",
        "Orders and answers take no time: nothing live is like that."
        if both
        else "Thinking and the venue's processing take some microseconds at least."
        if some
        else "Every leg takes its time.",
    )


def _trip_items(result: Result, instruments: list[int], of: str) -> list[AuditItem]:
    """The round trip of a link's orders beside the feed and the clock of its instruments."""
    name = f"Round trip{of}"
    orders = result.orders_raw
    known = orders[(orders["ts_ack"] > 0) & np.isin(orders["instrument"], instruments)]
    if known.size == 0:
        return [AuditItem(name, "no order was answered", "unknown", "Nothing to compare with the feed.")]
    trip = float(np.median(known["ts_ack"] - known["ts_sent"]))
    data = [one for at, one in enumerate(result.data) if at in instruments]
    feeds = [one["feed_latency_median_ns"] for one in data if one["feed_latency_median_ns"] is not None]
    ticks = [one["resolution_event_ns"] for one in data if one["resolution_event_ns"] is not None]
    if not feeds or not ticks:
        advice = "The result does not say what its data was made of."
        return [AuditItem(name, f"median {format_span(trip / 1e9)}", "unknown", advice)]
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
    return [
        AuditItem(name, value, grade, advice),
        AuditItem(
            f"Latency and the data's clock{of}",
            f"{format_span(trip / 1e9)} against {unit_of(tick)}",
            "good" if trip >= 10 * tick else "fair" if trip >= tick else "poor",
            "The clock resolves what the latency decides."
            if trip >= 10 * tick
            else "The clock is about as coarse as the latency: small changes of it cannot be told apart.",
        ),
    ]
