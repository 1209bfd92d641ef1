from collections.abc import Iterator
from typing import final

from velora.core.instrument import Instrument
from velora.data.source import EventSource, Opening
from velora.data.table import EventTable

@final
class LevelReader:
    def __new__(cls) -> LevelReader: ...
    @property
    def unknown(self) -> int: ...
    def convert(self, table: EventTable) -> EventTable: ...

class LevelsOfOrders:
    has_orders: bool
    has_depth: bool
    is_of_orders: bool
    instrument: Instrument
    disorder_ns: int
    def __init__(self, source: EventSource) -> None: ...
    def chunks(self, rows: int) -> Iterator[EventTable]: ...
    def opening(self, rows: int, slack_ns: int | None = 0) -> Opening | None: ...
