from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.core.market import Candle
from velora.engine.kernel import Kernel
from velora.strategy.base import StrategyBase

class Fanout:
    def __init__(self, entries: tuple[Any, ...]) -> None: ...
    def __call__(self, event: Any) -> None: ...

class ListeningKernel(Kernel):
    @property
    def warmup_ns(self) -> int: ...
    @property
    def history(self) -> Any: ...
    @property
    def has_fresh_history(self) -> bool: ...
    def warm_up(self, duration_ns: int, history: Any) -> None: ...
    def listen(
        self,
        hook: str,
        callback: Callable[[Any], object],
        instruments: Sequence[str | Instrument] | None = None,
        *,
        first: bool = False,
    ) -> None: ...
    def unlisten(self, hook: str, callback: Callable[[Any], object]) -> None: ...
    def adopt(self, part: StrategyBase) -> None: ...

def make_candles(
    instrument: Instrument,
    interval_ns: int,
    ts: NDArray[np.int64],
    price: NDArray[np.int64],
    qty: NDArray[np.int64],
    side: NDArray[np.int64],
    ts_begin: int,
    ts_end: int,
) -> list[Candle]: ...
