"""The engine's words and records in one place: names by code, and the dtypes of what a run leaves.

The codes are the enums of `velora.core`; the dtypes are the C structs. A test compares both with the headers, so that
nothing else repeats them.
"""

from __future__ import annotations

import numpy as np

from velora.core.enums import NamedEnum, NamedFlag
from velora.core.events import Side
from velora.core.orders import (
    FillCause,
    FillDoubt,
    MarkSource,
    OrderReason,
    OrderState,
    OrderType,
    TimeInForce,
    TriggerKind,
)

__all__ = [
    "CAUSES",
    "DOUBTS",
    "EVIDENCED_FILL_DTYPE",
    "EVIDENCE_DTYPE",
    "FILL_DTYPE",
    "INSTANT_DTYPE",
    "LIQUIDITY",
    "MARK_SOURCES",
    "ORDER_DTYPE",
    "ORDER_STATES",
    "ORDER_TYPES",
    "QUEUE_EVENTS",
    "QUEUE_POSITION_DTYPE",
    "REASONS",
    "RECORDS",
    "SAMPLE_DTYPE",
    "SIDES",
    "TIMES_IN_FORCE",
    "TRIGGERS",
    "QueueEvent",
    "fields_of",
    "name_of",
    "names_of",
]


class QueueEvent(NamedEnum):
    """What moved an own order's position in its queue.

    Attributes
    ----------
    JOINED
        The order joined the queue.
    DEPTH
        The level's displayed quantity changed without a trade.
    TRADE
        A trade at the order's price.
    THROUGH
        A trade beyond the order's price.
    """

    JOINED = 0
    DEPTH = 1
    TRADE = 2
    THROUGH = 3


# ---------------------------------------------------------------------- names


def name_of(code: int) -> str:
    """What stands for a code that has no name."""
    return f"CODE_{code}"


class Names(tuple[str, ...]):
    """Names by code. A code that the enum lacks is `CODE_n`, however large it is."""

    __slots__ = ()

    def of(self, code: int) -> str:
        """The name of a code."""
        return self[code] if 0 <= code < len(self) else name_of(code)


def names_of(kind: type[NamedEnum]) -> Names:
    """Names of an enum's codes."""
    by_code = {int(member): member.name for member in kind}
    return Names(by_code.get(code, name_of(code)) for code in range(max(by_code) + 1))


def _names_of_bits(kind: type[NamedFlag]) -> Names:
    """Names of a flag's values, joined by ``|``."""
    return Names("|".join(one.name or "" for one in kind if one & bits) for bits in range(2 * max(kind)))


SIDES = names_of(Side)
CAUSES = names_of(FillCause)
LIQUIDITY = Names(("TAKER", "MAKER"))
#: What a fill rests on that the data does not say, by the bits of `velora.FillDoubt`.
DOUBTS = _names_of_bits(FillDoubt)
ORDER_TYPES = names_of(OrderType)
TIMES_IN_FORCE = names_of(TimeInForce)
ORDER_STATES = names_of(OrderState)
REASONS = names_of(OrderReason)
MARK_SOURCES = names_of(MarkSource)
TRIGGERS = names_of(TriggerKind)
QUEUE_EVENTS = names_of(QueueEvent)

# ---------------------------------------------------------------------- records

#: A fill as the local side has it.
FILL_DTYPE = np.dtype(
    [
        ("ts_venue", "<i8"),
        ("ts_local", "<i8"),
        ("order_id", "<i8"),
        ("trade_id", "<i8"),
        ("instrument", "<i4"),
        ("strategy", "<i4"),
        ("price", "<i8"),
        ("qty", "<i8"),
        ("fee", "<i8"),
        ("position", "<i8"),
        ("realized", "<i8"),
        ("fee_currency", "<i4"),
        ("account", "<i4"),
        ("side", "u1"),
        ("maker", "u1"),
        ("pad", "V6"),
    ]
)
#: What a simulated venue knows of a fill besides, by its trade id.
EVIDENCE_DTYPE = np.dtype(
    [
        ("trade_id", "<i8"),
        ("datum_ts", "<i8"),
        ("datum_row", "<i8"),
        ("mid_x2", "<i8"),
        ("instrument", "<i4"),
        ("cause", "u1"),
        ("doubts", "u1"),
        ("pad", "V2"),
    ]
)
#: A fill of a result: with the evidence for it.
EVIDENCED_FILL_DTYPE = np.dtype(
    [(name, FILL_DTYPE[name].str) for name in FILL_DTYPE.names or () if name != "pad"]
    + [(name, EVIDENCE_DTYPE[name].str) for name in ("cause", "doubts", "datum_ts", "datum_row", "mid_x2")]
)
ORDER_DTYPE = np.dtype(
    [
        ("order_id", "<i8"),
        ("instrument", "<i4"),
        ("strategy", "<i4"),
        ("side", "u1"),
        ("type", "u1"),
        ("tif", "u1"),
        ("post_only", "u1"),
        ("reduce_only", "u1"),
        ("trigger_kind", "u1"),
        ("state", "u1"),
        ("reason", "u1"),
        ("amends", "<i4"),
        ("pad", "V4"),
        ("price", "<i8"),
        ("qty", "<i8"),
        ("cum_qty", "<i8"),
        ("ts_sent", "<i8"),
        ("ts_ack", "<i8"),
        ("ts_done", "<i8"),
        ("trigger", "<i8"),
        ("display", "<i8"),
        ("oco_group", "<i8"),
        ("parent", "<i8"),
        ("expires_at", "<i8"),
    ]
)
SAMPLE_DTYPE = np.dtype(
    [
        ("ts", "<i8"),
        ("instrument", "<i4"),
        ("strategy", "<i4"),
        ("position", "<i8"),
        ("mid_x2", "<i8"),
        ("cash", "<i8"),
        ("fee", "<i8"),
        ("realized", "<i8"),
        ("unrealized", "<i8"),
        ("mark", "<i8"),
        ("mark_source", "u1"),
        ("pad", "V7"),
    ]
)
#: An instant at which everything that ever traded was sampled.
INSTANT_DTYPE = np.dtype([("ts", "<i8")])
QUEUE_POSITION_DTYPE = np.dtype(
    [
        ("ts", "<i8"),
        ("order_id", "<i8"),
        ("datum_row", "<i8"),
        ("ahead", "<f8"),
        ("before", "<i8"),
        ("after", "<i8"),
        ("volume", "<i8"),
        ("instrument", "<i4"),
        ("kind", "u1"),
        ("pad", "V3"),
    ]
)
#: The records of a result by their names.
RECORDS = {
    "fills": EVIDENCED_FILL_DTYPE,
    "orders": ORDER_DTYPE,
    "samples": SAMPLE_DTYPE,
    "instants": INSTANT_DTYPE,
    "queue_positions": QUEUE_POSITION_DTYPE,
}


def fields_of(dtype: np.dtype[np.void]) -> list[str]:
    """Names of a record's fields, its padding left out."""
    return [name for name in dtype.names or () if name != "pad"]
