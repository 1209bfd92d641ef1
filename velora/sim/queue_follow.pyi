from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.data.table import EventTable
from velora.sim.queue_model import QueueModel

ENDS: tuple[str, ...]
CAUSES: tuple[str, ...]
FOLLOWED_DTYPE: np.dtype[Any]
ESTIMATE_DTYPE: np.dtype[Any]
MID_DTYPE: np.dtype[Any]

class Followed:
    def __init__(
        self,
        orders: NDArray[Any],
        estimates: NDArray[Any],
        mids: NDArray[Any],
        executed: int,
        executed_first: int,
        unknown: int,
    ) -> None: ...
    orders: NDArray[Any]
    estimates: NDArray[Any]
    mids: NDArray[Any]
    executed: int
    executed_first: int
    unknown: int

def follow_orders(
    table: EventTable,
    models: Sequence[QueueModel],
    *,
    placements: NDArray[np.int64] | None = None,
    horizon_ns: int = 60_000_000_000,
    every: int = 1,
    has_trades: bool = False,
    crosses: bool = True,
    progress: Callable[[int, int], object] | None = None,
) -> Followed: ...
