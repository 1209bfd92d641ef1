"""What a run assumed of queues, fees, market impact and quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from velora.backtest.audit.configured import impacts_of
from velora.backtest.audit.fills import kinds_without_places, volume_share
from velora.backtest.audit.findings import AuditItem, at_most
from velora.core.clock import format_duration

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["assumption_items"]


def assumption_items(result: Result) -> list[AuditItem]:
    config = result.config
    queue = str(config.get("queue", "not known"))
    grade, advice = {
        "risk_averse": ("good", "The pessimistic bound: what fills by its place would have filled."),
        "optimistic": ("poor", "The optimistic bound: use it beside the pessimistic one, never alone."),
        "not known": ("unknown", "The result does not say how queues were modelled."),
    }.get(queue, ("fair", "A model between the bounds: run queue_bounds, or fit it with velora check queue."))
    if queue == "risk_averse" and kinds_without_places(result):
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
    items.append(_impact_item(result))
    items.append(_fusion_item(result))
    return items


def _impact_item(result: Result) -> AuditItem:
    """What moves the market after own executions: the configured model of each instrument, or nothing."""
    name, models = "Market impact", impacts_of(result)
    texts = ["none" if model is None else _impact_text(model) for model in models]
    value = texts[0]
    if len(set(texts)) > 1:
        value = "; ".join(f"{one}: {text}" for one, text in zip(result.names, texts, strict=True))
    traded = {index for (index, _, _), sums in result.totals.causes.items() if sums.fills}
    shares = dict.fromkeys((False, True), 0.0)
    for index in traded:
        share = volume_share(result, index)
        if share is None:
            return AuditItem(name, value, "unknown", "The result does not say what its data was made of.")
        modelled = models[index] is not None
        shares[modelled] = max(shares[modelled], share)
    grade = at_most(shares[False], 0.01, 0.1)
    if grade == "good" and shares[True] > 0.01:
        grade = "fair"
    unmoved = "Recorded flow does not react to own orders; what a taker takes is gone until the feed shows it again."
    moved = "Own executions move the prices of later takers by the model; recorded flow does not react to them."
    some = "Where there is a model, own executions move the prices of later takers; elsewhere nothing reacts to them."
    return AuditItem(name, value, grade, unmoved if not any(models) else moved if all(models) else some)


def _impact_text(model: dict[str, Any]) -> str:
    """A model's name and its parameters."""
    parts = []
    for name, value in model.items():
        if name.endswith("_ns") and isinstance(value, int):
            parts.append(f"{name.removesuffix('_ns')} {format_duration(value)}")
        elif name != "model":
            parts.append(f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}")
    return f"{str(model['model']).replace('_', ' ')} ({', '.join(parts)})" if parts else str(model["model"])


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
