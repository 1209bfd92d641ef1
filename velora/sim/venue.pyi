from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.sim.impact import Impact
from velora.sim.queue_model import QueueModel

PLACE_DTYPE: np.dtype[Any]

class SimulatedVenue:
    def __new__(
        cls,
        instruments: list[Instrument],
        quote_fed: list[bool],
        queue: str | QueueModel = "risk_averse",
        *,
        trace_queue: bool = False,
        impact: list[Impact | None] | None = None,
    ) -> SimulatedVenue: ...
    @property
    def instruments(self) -> list[Instrument]: ...
    @property
    def queue(self) -> QueueModel: ...
    def displacement(self, index: int, ts: int | None = None) -> float: ...
    def impact_costs(self) -> list[int]: ...
    def places(self) -> NDArray[np.void]: ...
    def account(self, index: int) -> dict[str, int]: ...
