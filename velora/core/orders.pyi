from typing import NamedTuple, final

from velora.core.enums import NamedEnum, NamedFlag
from velora.core.events import Side
from velora.core.instrument import Instrument

class OrderState(NamedEnum):
    PENDING = 0
    OPEN = 1
    UNKNOWN = 2
    FILLED = 3
    CANCELED = 4
    REJECTED = 5
    EXPIRED = 6
    DENIED = 7

class OrderType(NamedEnum):
    LIMIT = 0
    MARKET = 1
    MARKET_TO_LIMIT = 2

class TimeInForce(NamedEnum):
    GTC = 0
    IOC = 1
    FOK = 2
    GTD = 3
    DAY = 4

class TriggerKind(NamedEnum):
    NONE = 0
    STOP = 1
    TOUCHED = 2
    TRAIL_TICKS = 3
    TRAIL_BPS = 4

class TriggerBy(NamedEnum):
    LAST = 0
    MARK = 1
    BID = 2
    ASK = 3

class SelfTrade(NamedEnum):
    NONE = 0
    EXPIRE_TAKER = 1
    EXPIRE_MAKER = 2
    EXPIRE_BOTH = 3
    DECREMENT = 4

class OrderReason(NamedEnum):
    NONE = 0
    POST_ONLY = 1
    FOK = 2
    IOC = 3
    NO_LIQUIDITY = 4
    SELF_TRADE = 5
    HALTED = 6
    FILTER = 7
    UNKNOWN_ORDER = 8
    AMEND = 9
    GATEWAY = 10
    OVERLOADED = 11
    TIMEOUT = 12
    UNKNOWN_BOOK = 13
    INVALID = 32
    DUPLICATE = 33
    TRIGGERED = 34
    REDUCE_ONLY = 35
    OCO = 36
    PARENT = 37
    EXPIRED = 38
    ALL = 39
    NO_PRICE = 44
    KILLED = 48
    ORDER_QTY = 49

class MarkSource(NamedEnum):
    UNKNOWN = 0
    MID = 1
    LAST_MID = 2
    STALE_MID = 3
    QUOTE = 4
    TRADE = 5
    MARK_PRICE = 6

class FillCause(NamedEnum):
    QUEUE = 0
    THROUGH = 1
    CROSS = 2
    TAKER = 3
    CANDLE = 4

class FillDoubt(NamedFlag):
    QUEUE = 1
    BOOK = 2
    SIDE = 4
    PRINT = 8

class QueuePosition(NamedTuple):
    ahead_lots: float
    low_lots: float
    high_lots: float
    confidence: float

@final
class Order:
    @property
    def instrument(self) -> Instrument: ...
    @property
    def id(self) -> int: ...
    @property
    def side(self) -> Side: ...
    @property
    def type(self) -> OrderType: ...
    @property
    def time_in_force(self) -> TimeInForce: ...
    @property
    def post_only(self) -> bool: ...
    @property
    def reduce_only(self) -> bool: ...
    @property
    def self_trade(self) -> SelfTrade: ...
    @property
    def trigger_kind(self) -> TriggerKind: ...
    @property
    def trigger_ticks(self) -> int: ...
    @property
    def trigger_by(self) -> TriggerBy: ...
    @property
    def activation_ticks(self) -> int: ...
    @property
    def held_qty_lots(self) -> int: ...
    @property
    def is_contingent(self) -> bool: ...
    @property
    def display_qty_lots(self) -> int: ...
    @property
    def expires_at(self) -> int: ...
    @property
    def oco_group(self) -> int: ...
    @property
    def parent_id(self) -> int: ...
    @property
    def state(self) -> OrderState: ...
    @property
    def reason(self) -> OrderReason: ...
    @property
    def refusal(self) -> OrderReason: ...
    @property
    def is_done(self) -> bool: ...
    @property
    def is_pending(self) -> bool: ...
    @property
    def is_unknown(self) -> bool: ...
    @property
    def price_ticks(self) -> int: ...
    @property
    def price(self) -> float | None: ...
    @property
    def qty_lots(self) -> int: ...
    @property
    def qty(self) -> float: ...
    @property
    def cum_qty_lots(self) -> int: ...
    @property
    def cum_qty(self) -> float: ...
    @property
    def leaves_qty_lots(self) -> int: ...
    @property
    def leaves_qty(self) -> float: ...
    @property
    def avg_price(self) -> float | None: ...
    @property
    def ts_sent(self) -> int: ...
    @property
    def ts_ack(self) -> int: ...
    @property
    def ts_done(self) -> int: ...

@final
class Fill:
    @property
    def instrument(self) -> Instrument: ...
    @property
    def order_id(self) -> int: ...
    @property
    def trade_id(self) -> int: ...
    @property
    def ts_event(self) -> int: ...
    @property
    def ts_recv(self) -> int: ...
    @property
    def price_ticks(self) -> int: ...
    @property
    def qty_lots(self) -> int: ...
    @property
    def fee_units(self) -> int: ...
    @property
    def is_maker(self) -> bool: ...
    @property
    def side(self) -> Side: ...
    @property
    def price(self) -> float: ...
    @property
    def qty(self) -> float: ...
    @property
    def signed_qty(self) -> float: ...
    @property
    def fee(self) -> float: ...

@final
class Position:
    @property
    def instrument(self) -> Instrument: ...
    @property
    def qty_lots(self) -> int: ...
    @property
    def qty(self) -> float: ...
    @property
    def is_flat(self) -> bool: ...
    @property
    def avg_price(self) -> float | None: ...
    @property
    def realized_units(self) -> int: ...
    @property
    def mark(self) -> float | None: ...
    @property
    def mark_source(self) -> MarkSource: ...
    @property
    def mark_age_ns(self) -> int | None: ...
    @property
    def unrealized_units(self) -> int | None: ...
    @property
    def value_units(self) -> int | None: ...
    @property
    def fee_units(self) -> int: ...
    @property
    def realized_pnl(self) -> float: ...
    @property
    def unrealized_pnl(self) -> float | None: ...
    @property
    def fees(self) -> float: ...
    @property
    def pnl(self) -> float | None: ...
