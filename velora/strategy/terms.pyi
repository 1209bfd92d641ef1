from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from velora.core.orders import Order

_Number = float | int | str | Decimal

class OrderTerms(TypedDict, total=False):
    stop: _Number | None
    stop_ticks: int | None
    touch: _Number | None
    touch_ticks: int | None
    trail: _Number | None
    trail_ticks: int | None
    trail_bps: int | None
    activation: _Number | None
    activation_ticks: int | None
    trigger_by: str
    display: _Number | None
    display_lots: int | None
    slide: bool
    reduce_only: bool
    market_to_limit: bool
    expire: int | str | datetime | None
    oco_group: int
    on_oco: str
    parent: Order | None
    when: str
    self_trade: str
    take_profit: _Number | None
    take_profit_ticks: int | None
    stop_loss: _Number | None
    stop_loss_ticks: int | None
