from collections.abc import Iterator
from datetime import datetime
from typing import Any

from velora.core.clock import DurationLike
from velora.core.instrument import Instrument
from velora.data.table import EventTable

class SyntheticMarket:
    instrument: Instrument
    seed: int
    disorder_ns: int
    has_depth: bool
    has_orders: bool
    has_trades: bool
    end_ns: int | None
    def __init__(
        self,
        seed: int = 7,
        *,
        duration: DurationLike | None = None,
        events: int | None = None,
        instrument: Instrument | None = None,
        start: str | int | datetime = "2024-01-01",
        price: float = 3000.0,
        feed_latency: DurationLike = "1ms",
        latency_tail: DurationLike = "500us",
        quotes: bool = True,
        orders: bool = False,
        **flow: Any,
    ) -> None: ...
    def chunks(self, rows: int) -> Iterator[EventTable]: ...
    def table(self) -> EventTable: ...
