"""What the fills of a run rest on: their evidence, the queue model, the order of events, their size."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest.audit.configured import latencies_of
from velora.backtest.audit.findings import EVIDENCE, LOOK, UNSEEN, AuditItem, Evidence, at_most
from velora.backtest.formats import format_percent, format_span
from velora.core.orders import FillCause, OrderState

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["evidence_of", "fill_items", "kinds_without_places", "volume_share"]

Ints = npt.NDArray[np.int64]


def evidence_of(result: Result) -> list[Evidence]:
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


def fill_items(result: Result) -> list[AuditItem]:
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
        rows = [one for one in evidence_of(result) if one.currency == currency]
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
        if kinds_without_places(result, {int(one) for one in np.unique(own["instrument"])}):
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


def kinds_without_places(result: Result, of: set[int] | None = None) -> set[str]:
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
    latencies = latencies_of(result)
    back = None if latencies is None else latencies[index].values.get("response_ns")
    known = orders[orders["ts_ack"] > 0]
    way = (known["ts_ack"] - known["ts_sent"]) // 2 if back is None else np.full(known.size, back, np.int64)
    arrivals = known["ts_ack"] - way
    is_canceled = (known["state"] == OrderState.CANCELED) & (known["ts_done"] > 0)
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
    grade = at_most(share, 0.01, 0.1)
    advice = {
        "good": "Hardly any fill falls into the same tick of the venue's clock as another own event.",
        "fair": "Some fills share a tick of the venue's clock with another own event: either may have come first.",
        "poor": "Many fills share a tick of the venue's clock with another own event: which came first is a guess.",
    }[grade]
    kept = "fills kept" if result.dropped["fills"] else "fills"
    value = f"{format_percent(share)} of the {kept} within {format_span(coarsest / 1e9)} of another"
    return AuditItem(name, value, grade, advice)


def volume_share(result: Result, instrument: int | None = None) -> float | None:
    """Own traded quantity as a share of the volume traded: of an instrument, or of the one where it is largest.

    None where the result does not say what its data was made of.
    """
    if len(result.data) < len(result.instruments):
        return None
    traded: Counter[int] = Counter()
    for (index, _, _), sums in result.totals.causes.items():
        if instrument is None or index == instrument:
            traded[index] += sums.qty
    shares = []
    for index, own in traded.items():
        volume = result.data[index]["volume_lots"]
        if own:
            shares.append(own / volume if volume else float("inf"))
    return max(shares, default=0.0)


def _volume_item(result: Result) -> AuditItem:
    name = "Own part of the volume traded"
    share = volume_share(result)
    if share is None:
        return AuditItem(name, "not known", "unknown", "The result does not say what its data was made of.")
    if share == float("inf"):
        advice = "The data has no trades to compare with: nothing shows that this quantity was to be had."
        return AuditItem(name, "no trades in the data", "poor", advice)
    grade = at_most(share, 0.01, 0.1)
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
            AuditItem(name, UNSEEN, "unknown", LOOK) for name in ("Own part of the prints", "Own part of the level")
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
        grade = at_most(largest["p95"], 0.25, 1.0)
        advice = {
            "good": f"Fills are small beside {what}.",
            "fair": f"Some fills are large beside {what}: part of it may have gone to others.",
            "poor": f"Some fills are larger than {what}.",
        }[grade]
        median, high, fills = format_percent(largest["median"]), format_percent(largest["p95"]), largest["fills"]
        items.append(AuditItem(name, f"median {median}, 95 % within {high}, of {fills:,} fills", grade, advice))
    return items
