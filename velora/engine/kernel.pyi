from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from velora.core.bus import Handler, MessageBus
from velora.core.context import Context
from velora.core.instrument import Instrument
from velora.strategy.base import StrategyBase

SAMPLES_MAX: int

@final
class Kernel:
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
    ) -> Kernel: ...
    @property
    def instruments(self) -> list[Instrument]: ...
    @property
    def desks(self) -> list[Desk]: ...
    @property
    def bus(self) -> MessageBus: ...
    @property
    def isolates(self) -> bool: ...
    @property
    def retention(self) -> int: ...
    @property
    def tallied_fills(self) -> int: ...
    @property
    def tallied_samples(self) -> int: ...
    @property
    def history(self) -> Any: ...
    def warm_up(self, duration_ns: int, history: Any) -> None: ...
    def strategies(self) -> list[dict[str, Any]]: ...

@final
class Desk(Context):
    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def strategy(self) -> StrategyBase: ...
    @property
    def capital(self) -> dict[str, Decimal]: ...
    @property
    def error(self) -> str | None: ...
    @property
    def has_fresh_history(self) -> bool: ...
    @property
    def gate(self) -> Any: ...
    def listen(
        self,
        hook: str,
        callback: Callable[[Any], object],
        instruments: Sequence[str | Instrument] | None = None,
        *,
        first: bool = False,
    ) -> None: ...
    def unlisten(self, hook: str, callback: Callable[[Any], object]) -> None: ...
    def give_up(self, instrument: Instrument, what: str, why: str) -> None: ...
    def adopt(self, part: StrategyBase) -> None: ...

@final
class Subscription: ...

@final
class Receiver(Handler): ...

@final
class SignalRelay(Handler): ...
