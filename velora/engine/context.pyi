from decimal import Decimal
from typing import final

from velora.core.orders import Position
from velora.engine.delivery import Recipient

@final
class StrategyContext(Recipient):
    @property
    def capital(self) -> dict[str, Decimal]: ...
    def touched_positions(self) -> list[Position]: ...
