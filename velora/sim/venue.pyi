from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.sim.hftbacktest import HftbacktestRules
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
        rules: HftbacktestRules | str | None = None,
    ) -> SimulatedVenue: ...
    @property
    def instruments(self) -> list[Instrument]: ...
    @property
    def queue(self) -> QueueModel: ...
    @property
    def rules(self) -> HftbacktestRules | None: ...
    def places(self) -> NDArray[np.void]: ...
    def account(self, index: int) -> dict[str, int]: ...
