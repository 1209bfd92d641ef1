from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.sim.hftbacktest import HftbacktestRules
from velora.sim.impact import Impact
from velora.sim.queue_model import QueueModel

class VenueReport(NamedTuple):
    kind: int
    order_id: int
    side: int
    price_ticks: int
    qty_lots: int
    cause: int
    is_maker: bool
    reason: int
    fee_units: int
    ts: int
    doubts: int

class SimulatedVenue:
    def __new__(
        cls,
        instruments: list[Instrument],
        quote_fed: list[bool],
        queue: str | QueueModel = "risk_averse",
        *,
        trace_queue: bool = False,
        by_order: list[bool] | None = None,
        impact: list[Impact | None] | None = None,
        rules: HftbacktestRules | str | None = None,
        has_trades: list[bool] | None = None,
        take_unknown: bool = False,
        children: str = "fills",
        oco: str = "protect",
        last_by_quotes: bool | list[bool] = False,
    ) -> SimulatedVenue: ...
    @property
    def instruments(self) -> list[Instrument]: ...
    @property
    def queue(self) -> QueueModel: ...
    @property
    def rules(self) -> HftbacktestRules | None: ...
    @property
    def is_at_work(self) -> bool: ...
    def on_row(
        self,
        index: int,
        kind: int,
        *,
        ts: int,
        side: int = 2,
        price: int = 0,
        qty: int = 0,
        flags: int = 0,
        order_id: int = 0,
    ) -> list[VenueReport]: ...
    def on_command(
        self,
        index: int,
        action: int,
        order_id: int,
        *,
        ts: int,
        side: int = 0,
        price: int = 0,
        qty: int = 0,
        type: int = 0,
        tif: int = 0,
        trigger_kind: int = 0,
        trigger: int = 0,
        display: int = 0,
        self_trade: int = 1,
        flags: int = 0,
        expiry: int = 0,
        oco_group: int = 0,
        parent: int = 0,
        activation: int = 0,
        trigger_by: int = 0,
        strategy: int = 0,
    ) -> list[VenueReport]: ...
    def available(self, index: int, side: int, price: int) -> int: ...
    def displacement(self, index: int, ts: int | None = None) -> float: ...
    def impact_costs(self) -> list[int]: ...
    def queue_ahead(self, index: int, order_id: int) -> float | None: ...
    def evidence(self) -> NDArray[np.void]: ...
    def drop_evidence(self, trade_id: int) -> None: ...
    def queue_positions(self) -> NDArray[np.void]: ...
    def account(self, index: int) -> dict[str, int]: ...
