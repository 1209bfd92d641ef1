from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from velora.core.instrument import Instrument
from velora.engine.delivery import Delivery
from velora.strategy.base import StrategyBase

SAMPLES_MAX: int

@final
class Kernel(Delivery):
    def __new__(
        cls,
        instruments: list[Instrument],
        strategies: StrategyBase | dict[str, StrategyBase],
        quote_fed: list[bool],
        *,
        capital: Mapping[str, Mapping[str, Decimal]] | None = None,
        isolates: bool = False,
        retention: int = -1,
        sink: Callable[[str, NDArray[np.void]], object] | None = None,
        tally: Any = None,
        fuse_quotes: bool = False,
        shows_own: bool = False,
        stopwatch: object | None = None,
        warns: bool = True,
    ) -> Kernel: ...
    @property
    def retention(self) -> int: ...
    @property
    def warns(self) -> bool: ...
    @property
    def tallied_fills(self) -> int: ...
    @property
    def tallied_samples(self) -> int: ...
    def warm_up(self, duration_ns: int, history: Any) -> None: ...
    @property
    def order_qty_max(self) -> list[int | None] | None: ...
    def limit_order_qty(self, lots: list[int | None]) -> None: ...
    def strategies(self) -> list[dict[str, Any]]: ...
