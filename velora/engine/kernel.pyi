from velora.core.context import Context
from velora.core.instrument import Instrument
from velora.strategy.base import StrategyBase

class Kernel(Context):
    def __new__(
        cls,
        instruments: list[Instrument],
        strategy: StrategyBase,
        quote_fed: list[bool],
        *,
        fuse_quotes: bool = False,
        shows_own: bool = False,
        stopwatch: object | None = None,
    ) -> Kernel: ...
    @property
    def instruments(self) -> list[Instrument]: ...
    @property
    def strategy(self) -> StrategyBase: ...

class CandleMaker: ...
