"""What a reader of a run must see first: refused orders, positions without their protection, and no latency."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from velora.backtest.audit.configured import latencies_of
from velora.backtest.audit.power import power_warnings
from velora.backtest.formats import format_percent, format_span
from velora.core.orders import OrderState
from velora.core.vocabulary import REASONS

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["notices", "without_latency"]

_WAYS = ("entry_ns", "response_ns")
_SHOWN_MAX = 3


def notices(result: Result) -> list[tuple[str, str]]:
    """Labels and sentences, the gravest first; empty for a run that needs none."""
    found = [
        ("Refused", _refusals(result)),
        ("Unprotected", _unprotected(result)),
        ("Buying power", _power(result)),
    ]
    return [(label, text) for label, text in found if text]


def without_latency(result: Result) -> str:
    """The part of a headline that says where orders take no time; empty where all orders take some."""
    latencies = latencies_of(result)
    if latencies is None:
        return ""
    pairs = list(zip(result.names, latencies, strict=True))
    free = [name for name, one in pairs if all(one.values.get(way) == 0 for way in _WAYS)]
    if not free:
        return ""
    return "latency=0" if len(free) == len(pairs) else f"latency=0 on {', '.join(free)}"


def _reason(code: int) -> str:
    return REASONS.of(code) if code else "no reason given"


def _refusals(result: Result) -> str:
    """How many orders were refused, where most of them were."""
    totals = result.statistics()
    refused = totals["order_outcomes"][OrderState.REJECTED.name]
    if 2 * refused <= totals["orders"]:
        return ""
    orders = result.orders_raw
    reasons = Counter(orders["reason"][orders["state"] == OrderState.REJECTED].tolist())
    named = ", ".join(f"{count:,} {_reason(code)}" for code, count in reasons.most_common(_SHOWN_MAX))
    share = format_percent(refused / totals["orders"])
    return (
        f"{refused:,} of {totals['orders']:,} orders ({share}) were refused"
        + (f": {named}" if named else "")
        + ". The figures below are those of the other orders"
    )


def _unprotected(result: Result) -> str:
    """Child and reduce-only orders that were refused while a position was open, with how long it stood."""
    count = sum(int(one.get("unprotected", 0)) for one in result.strategies)
    if not count:
        return ""
    orders = result.orders_raw
    is_guard = (orders["reduce_only"] != 0) | (orders["parent"] != 0)
    refused = orders[(orders["state"] == OrderState.REJECTED) & is_guard]
    parts = []
    for order in refused:
        held = _held_after(result, order)
        if held is None:
            continue
        name = result.names[int(order["instrument"])]
        qty, span, is_open = held
        until = "to the end of the run" if is_open else format_span(span / 1e9)
        parts.append(f"order {order['order_id']} ({_reason(int(order['reason']))}): {qty:+,.8g} {name} stood {until}")
    more = count - min(len(parts), _SHOWN_MAX)
    shown = parts[:_SHOWN_MAX] + ([f"{more:,} more"] if parts and more else [])
    one = count == 1
    return (
        f"{count:,} child or reduce-only order{'' if one else 's'} {'was' if one else 'were'} refused while a position "
        "was open" + (f". {'; '.join(shown)}" if shown else "")
    )


def _held_after(result: Result, order: np.void) -> tuple[float, int, bool] | None:
    """Position at an order's end, ns until it was flat and whether it never was; None where it was flat then."""
    index = int(order["instrument"])
    rows = result._of("samples", index, int(order["strategy"]))
    samples = result.samples_raw[rows]
    done = int(order["ts_done"])
    before = int(np.searchsorted(samples["ts"], done, "right")) - 1
    if before < 0 or samples["position"][before] == 0:
        return None
    lots = int(samples["position"][before])
    flat: Any = np.flatnonzero(np.sign(samples["position"][before:]) != np.sign(lots))
    is_open = flat.size == 0
    end = result.period[1] if is_open else int(samples["ts"][before + int(flat[0])])
    return result.instruments[index].lots_to_qty(lots), max(end - done, 0), is_open


def _power(result: Result) -> str:
    warnings = power_warnings(result)
    if not warnings:
        return ""
    return "; ".join(warnings) + ". Nothing limited the run: margin, borrowing and liquidation are not modelled"
