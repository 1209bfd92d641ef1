from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from velora.core.book import OrderBookL2
from velora.core.enums import NamedEnum
from velora.core.instrument import Instrument
from velora.core.orders import OrderReason, OrderType, SelfTrade, TimeInForce, TriggerBy

class MatchAction(NamedEnum):
    NEW = 0
    AMEND = 1
    CANCEL = 2
    CANCEL_ALL = 3

class MatchReportKind(NamedEnum):
    ACK = 0
    FILL = 1
    CANCELED = 2
    REJECTED = 3
    EXPIRED = 4
    AMENDED = 5
    CANCEL_REJECTED = 6
    AMEND_REJECTED = 7
    FIRED = 8
    RELEASED = 9

COMMAND: np.dtype[Any]
REPORT: np.dtype[Any]

class MatchReport:
    __slots__: tuple[str, ...]
    kind: MatchReportKind
    reason: OrderReason
    order_id: int
    other_id: int
    owner: int
    side: int
    price_ticks: int
    qty_lots: int
    leaves_lots: int
    trade: int
    is_maker: bool
    ts: int
    def __init__(
        self,
        kind: int,
        reason: int,
        order_id: int,
        other_id: int,
        owner: int,
        side: int,
        price_ticks: int,
        qty_lots: int,
        leaves_lots: int,
        trade: int,
        is_maker: bool,
        ts: int,
    ) -> None: ...

@final
class MatchingEngine:
    def __new__(
        cls,
        instrument: Instrument,
        *,
        amend: Literal["in_place", "reinsert"] = "in_place",
        children: str = "fills",
        oco: str = "protect",
    ) -> MatchingEngine: ...
    @property
    def instrument(self) -> Instrument: ...
    @property
    def levels(self) -> OrderBookL2: ...
    def submit(
        self,
        order_id: int,
        side: int,
        qty_lots: int,
        price_ticks: int | None = None,
        *,
        owner: int = 0,
        type: OrderType | str | None = None,
        time_in_force: TimeInForce | str = TimeInForce.GTC,
        display_lots: int = 0,
        stop_ticks: int | None = None,
        touch_ticks: int | None = None,
        trail_ticks: int | None = None,
        trail_bps: int | None = None,
        self_trade: SelfTrade | str = SelfTrade.EXPIRE_TAKER,
        post_only: bool = False,
        slide: bool = False,
        reduce_only: bool = False,
        expire: int = 0,
        oco_group: int = 0,
        parent: int = 0,
        ts: int = 0,
        strategy: int = 0,
        trigger_by: TriggerBy | str = TriggerBy.LAST,
        activation_ticks: int = 0,
        when_filled: bool = False,
        on_oco: str | None = None,
    ) -> list[MatchReport]: ...
    def amend(
        self, order_id: int, qty_lots: int, price_ticks: int, *, trigger: int = 0, owner: int = 0, ts: int = 0
    ) -> list[MatchReport]: ...
    def cancel(self, order_id: int, *, owner: int = 0, ts: int = 0) -> list[MatchReport]: ...
    def cancel_all(self, owner: int, *, ts: int = 0, strategy: int = 0) -> list[MatchReport]: ...
    def apply(self, commands: NDArray[np.void]) -> NDArray[np.void]: ...
    def advance(self, ts: int) -> list[MatchReport]: ...
    def end_of_day(self) -> list[MatchReport]: ...
    def __len__(self) -> int: ...
    def __contains__(self, order_id: int, /) -> bool: ...
    def leaves(self, order_id: int) -> int: ...
    def queue(
        self, side: int, price_ticks: int, n: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
    def position(self, owner: int) -> int: ...
    @property
    def last_ticks(self) -> int | None: ...
    @property
    def trades(self) -> int: ...
    def state_hash(self) -> int: ...
