"""Why an order did what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from velora.backtest.formats import format_times
from velora.core.clock import format_duration
from velora.core.html import ShownAsHtml
from velora.core.orders import FillDoubt
from velora.core.terminal import cell, readable
from velora.core.terminal_table import FittedTable
from velora.core.vocabulary import CAUSES, ORDER_STATES, ORDER_TYPES, QUEUE_EVENTS, REASONS
from velora.errors import NotFound

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["Explanation", "ExplanationStep", "explain"]

#: From here on nobody knows what is ahead; the venue's VEL_QUEUE_UNKNOWN.
_UNKNOWN = 1e17

_CAUSES = {
    "QUEUE": "a trade at our price went through what was ahead of us",
    "THROUGH": "a trade printed beyond our price; it fills us for no more than its volume",
    "CROSS": "the other side of the book came to our price; we got no more than it showed",
    "TAKER": "we took what was displayed",
    "CANDLE": "a candle reached our price",
}

_DOUBTS = {
    FillDoubt.QUEUE: "what stood ahead",
    FillDoubt.BOOK: "what there was to take",
    FillDoubt.SIDE: "who was aggressive",
    FillDoubt.PRINT: "that there was a trade",
}


@dataclass(frozen=True)
class ExplanationStep:
    """One thing that happened to an order.

    Parameters
    ----------
    ts : int
        ns; of the venue's clock, except for what the strategy did itself.
    what : str
        ``"sent"``, ``"accepted"``, ``"joined"``, ``"depth"``, ``"trade"``, ``"through"``, ``"fill"`` or ``"ended"``.
    text : str
        For people.
    ahead_lots : float or None
        Lots ahead after it, where that is known.
    datum_row : int or None
        Number of the feed row behind it, in venue order.
    ahead : float or None
        The quantity ahead, to the lot, in base units, as `text` has it.
    """

    ts: int
    what: str
    text: str
    ahead_lots: float | None = None
    datum_row: int | None = None
    ahead: float | None = None


@dataclass(frozen=True, repr=False)
class Explanation(ShownAsHtml):
    """The life of one order; print it, or read `steps`.

    Attributes
    ----------
    order_id : int
        `Order.id` of the order.
    headline : str
        The order and its outcome in one line.
    is_traced : bool
        Whether the run recorded the moves of the order's queue position (`trace_queue`).
    steps : list of ExplanationStep
        What happened to it, in order of time.
    """

    order_id: int
    headline: str
    is_traced: bool
    steps: list[ExplanationStep] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "order_id": self.order_id,
            "headline": self.headline,
            "is_traced": self.is_traced,
            "steps": [dict(step.__dict__) for step in self.steps],
        }

    def __repr__(self) -> str:
        return readable(f"Explanation({self.headline}; {len(self.steps)} steps)")

    def __str__(self) -> str:
        lines = [readable(self.headline), *([f"  {self._day}"] if self.steps else [])]
        times, spans = self._times()
        width = max(map(len, spans), default=0)
        for time, span, step in zip(times, spans, self.steps, strict=True):
            row = "" if step.datum_row is None else f"  [row {step.datum_row}]"
            lines.append(f"  {time}  {span:>{width}}  {readable(step.text)}{row}")
        if not self.is_traced:
            lines.append("  The queue was not traced: run again with trace_queue=True to see the place in it.")
        return "\n".join(lines)

    @property
    def _day(self) -> str:
        """The day of the first step."""
        return f"{np.datetime64(self.steps[0].ts, 'ns').astype('datetime64[D]')}, UTC"

    def _times(self) -> tuple[list[str], list[str]]:
        """Of each step the instant, and the time since the order was sent."""
        sent = next((step.ts for step in self.steps if step.what == "sent"), 0)
        return (
            format_times([step.ts for step in self.steps]),
            ["" if step.ts <= sent else f"+{format_duration(step.ts - sent)}" for step in self.steps],
        )

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        table = FittedTable()
        table.add_column("time")
        for name in ("since sent", "ahead", "row"):
            table.add_column(name, "right")
        table.add_column("", wraps=True)
        styles = {"fill": "green", "ended": "bold", "joined": "cyan"}
        for time, span, step in zip(*self._times(), self.steps, strict=True):
            table.add_row(
                time,
                span,
                "" if step.ahead is None else f"{step.ahead:,.12g}",
                "" if step.datum_row is None else str(step.datum_row),
                cell(step.text, style=styles.get(step.what, "")),
            )
        parts: list[Any] = [cell(self.headline, style="bold"), Text(self._day if self.steps else ""), table]
        if not self.is_traced:
            parts.append(
                Text("The queue was not traced: run again with trace_queue=True to see the place in it.", style="dim")
            )
        return Group(*parts)


def explain(result: Result, order_id: int) -> Explanation:
    """The life of an order of a result; see `Result.explain`."""
    found = np.flatnonzero(result.orders_raw["order_id"] == order_id)
    if len(found) == 0:
        count = result.orders_raw.size
        if result.dropped["orders"] and 1 <= order_id <= count + result.dropped["orders"]:
            raise NotFound(f"order {order_id} was dropped by the retention bound; a sink keeps what it drops")
        raise NotFound(f"the run has no order {order_id}; it has {count} orders" + (", 1 and up" if count else ""))
    order = result.orders_raw[int(found[0])]
    instrument = result.instruments[int(order["instrument"])]
    side = "buy" if order["side"] == 0 else "sell"

    def price(ticks: int) -> str:
        return _digits(int(ticks), instrument.tick_num, instrument.tick_den)

    def qty(lots: int) -> str:
        return _digits(int(lots), instrument.lot_num, instrument.lot_den)

    kind = ORDER_TYPES.of(order["type"])
    has_price = kind == "LIMIT" or (kind == "MARKET_TO_LIMIT" and order["price"] != 0)
    at = f"at {price(order['price'])}" if has_price else "at market"
    state, reason = ORDER_STATES.of(order["state"]), REASONS.of(order["reason"])
    ended = state.lower()
    headline = f"Order {order_id}: {side} {qty(order['qty'])} {result.names[int(order['instrument'])]} {at}, {ended}"
    if order["cum_qty"] and order["cum_qty"] != order["qty"]:
        headline += f", {qty(order['cum_qty'])} filled"
    if order["reason"]:
        headline += f" ({reason})"

    steps = [ExplanationStep(int(order["ts_sent"]), "sent", "sent by the strategy")]
    if order["ts_ack"] > 0:
        took = format_duration(int(order["ts_ack"]) - int(order["ts_sent"]))
        steps.append(
            ExplanationStep(int(order["ts_ack"]), "accepted", f"known to be accepted, {took} after it was sent")
        )
    places = result.queue_positions_raw[result.queue_positions_raw["order_id"] == order_id]
    before: float | None = None
    for place in places:
        ahead = None if place["ahead"] > _UNKNOWN else float(place["ahead"])
        steps.append(_place_step(place, before, ahead, qty))
        before = ahead
    fills = result.fills_raw[result.fills_raw["order_id"] == order_id]
    missing = int(order["cum_qty"]) - sum(fills["qty"].tolist())
    if missing > 0 and result.dropped["fills"]:
        steps.append(
            ExplanationStep(
                int(order["ts_sent"]), "sent", f"fills of {qty(missing)} were dropped by the retention bound"
            )
        )
    for fill in fills:
        cause = CAUSES.of(fill["cause"])
        text = f"filled {qty(fill['qty'])} at {price(fill['price'])}: {cause}, {_CAUSES.get(cause, 'by the venue')}"
        doubts = [words for doubt, words in _DOUBTS.items() if fill["doubts"] & int(doubt)]
        if doubts:
            text += f"; the data does not say {' nor '.join(doubts)}"
        steps.append(ExplanationStep(int(fill["ts_venue"]), "fill", text, None, int(fill["datum_row"])))
    if order["ts_done"] > 0 and state != "FILLED":
        why = f" ({reason.lower().replace('_', ' ')})" if order["reason"] else ""
        steps.append(ExplanationStep(int(order["ts_done"]), "ended", f"known to be {ended}{why}"))
    ranks = {"sent": 0, "joined": 1, "accepted": 3, "ended": 4}
    steps.sort(key=lambda step: (step.ts, ranks.get(step.what, 2)))
    return Explanation(order_id, headline, len(places) > 0, steps)


def _digits(steps: int, num: int, den: int) -> str:
    """Steps of ``num / den`` as a decimal number with all its digits and no more."""
    with localcontext() as context:
        context.prec = 60
        text = f"{Decimal(steps) * num / den:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _place_step(place: np.void, before: float | None, ahead: float | None, qty: Any) -> ExplanationStep:
    shown = "nobody knows what is" if ahead is None else f"{qty(round(ahead))} is"
    kind = int(place["kind"])
    what = QUEUE_EVENTS.of(kind).lower()
    if kind == 0:
        text = f"joined the queue: {shown} ahead"
    elif kind == 1:
        text = f"the level went from {qty(place['before'])} to {qty(place['after'])} without a trade: {shown} ahead"
        if place["before"] == place["after"]:
            text = f"a snapshot shows {qty(place['after'])} at the level: {shown} ahead"
    elif kind == 2:
        text = f"{qty(place['volume'])} traded at the price: {shown} ahead"
    else:
        text = f"{qty(place['volume'])} traded beyond the price: nothing is ahead any more"
    row = int(place["datum_row"])
    shown_ahead = None if ahead is None else float(qty(round(ahead)))
    return ExplanationStep(int(place["ts"]), what, text, ahead, row if row >= 0 else None, shown_ahead)
