"""Own orders, their fills, and positions, as views of the engine's records."""

cimport cython
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport free, malloc

from typing import NamedTuple

from velora.core._c cimport (
    VEL_BUY,
    VEL_LIMIT,
    VEL_MARK_MARK_PRICE,
    VEL_MARK_UNKNOWN,
    VEL_MARKET,
    VEL_ORDER_FILLED,
    VEL_ORDER_PENDING,
    VEL_ORDER_UNKNOWN,
    VEL_EXEC_POST_ONLY,
    VEL_EXEC_REDUCE_ONLY,
    VEL_RATE_SCALE,
    VEL_SELL,
    VEL_TRIGGER_NONE,
    vel_market_mark,
    vel_local_unrealized,
    vel_mark_t,
)
from velora.core.sealed cimport seal
from velora.core.status cimport check_status

from velora.core.enums import NamedEnum, NamedFlag
from velora.core.events import Side
from velora.core.terminal import readable
from velora.errors import InvalidArgument, NotPicklable

cdef tuple _SIDES = (Side.BUY, Side.SELL, Side.NONE)


class OrderState(NamedEnum):
    """State of an order, as the local side knows it; ``csrc/include/velora/order.h`` draws the transitions.

    ``UNKNOWN``: a request was not answered in time, and no report has said since where the order stands. It may be
    working, filled or gone. ``REJECTED`` is the venue's refusal, ``DENIED`` that of our own gate: it was never sent.
    The states from ``FILLED`` on are final.

    Attributes
    ----------
    PENDING
        Sent, and not yet acknowledged by the venue.
    OPEN
        Acknowledged: it works at the venue.
    UNKNOWN
        A request was not answered in time; it may be working, filled or gone.
    FILLED
        Filled whole. Final.
    CANCELED
        Cancelled on request. Final.
    REJECTED
        Refused by the venue. Final.
    EXPIRED
        Ended by the venue: the remainder of an IOC or FOK order, self-trade prevention, no liquidity, or its time.
        Final.
    DENIED
        Refused by Velora's own gate and never sent. Final.
    """

    PENDING = 0
    OPEN = 1
    UNKNOWN = 2
    FILLED = 3
    CANCELED = 4
    REJECTED = 5
    EXPIRED = 6
    DENIED = 7


class OrderType(NamedEnum):
    """Kind of an order.

    Attributes
    ----------
    LIMIT
        Trades at its price or better.
    MARKET
        Trades at any price, at once; what finds no liquidity expires.
    MARKET_TO_LIMIT
        Trades at once at the best opposite price; the remainder rests as a limit order at that price.
    """

    LIMIT = 0
    MARKET = 1
    MARKET_TO_LIMIT = 2


class TimeInForce(NamedEnum):
    """How long an order stays: until cancelled, for what it gets at once, all at once or nothing, until a time, or
    until the day ends.

    Attributes
    ----------
    GTC
        Good till cancelled.
    IOC
        Immediate or cancel: fills what it can on arrival, the remainder expires.
    FOK
        Fill or kill: fills whole on arrival, or not at all.
    GTD
        Good till date: expires at `Order.expires_at`.
    DAY
        Expires at the end of the UTC day of the venue's clock.
    """

    GTC = 0
    IOC = 1
    FOK = 2
    GTD = 3
    DAY = 4


class TriggerKind(NamedEnum):
    """What an order waits for before it acts.

    Attributes
    ----------
    NONE
        No trigger: the order acts on arrival.
    STOP
        Acts when the price moves through the trigger against the side: a buy at or above it, a sell at or below it.
    TOUCHED
        Acts when the price reaches the trigger from the favourable side: a buy at or below it, a sell at or above
        it.
    TRAIL_TICKS
        A stop that follows the best price at a distance in ticks.
    TRAIL_BPS
        A stop that follows the best price at a distance in basis points.
    """

    NONE = 0
    STOP = 1
    TOUCHED = 2
    TRAIL_TICKS = 3
    TRAIL_BPS = 4


class TriggerBy(NamedEnum):
    """Which of the venue's prices a trigger looks at.

    Attributes
    ----------
    LAST
        The last trade price; where the data has no trades, the opposite side of the book.
    MARK
        The venue's mark price.
    BID
        The best bid.
    ASK
        The best ask.
    """

    LAST = 0
    MARK = 1
    BID = 2
    ASK = 3


class SelfTrade(NamedEnum):
    """Who goes when a taker meets an order of its owner.

    Attributes
    ----------
    NONE
        No prevention: the two orders trade.
    EXPIRE_TAKER
        The incoming order expires.
    EXPIRE_MAKER
        The resting order expires, and the incoming one goes on.
    EXPIRE_BOTH
        Both orders expire.
    DECREMENT
        Both lose the smaller of the two quantities; an order without quantity left expires.
    """

    NONE = 0
    EXPIRE_TAKER = 1
    EXPIRE_MAKER = 2
    EXPIRE_BOTH = 3
    DECREMENT = 4


class OrderReason(NamedEnum):
    """Why an order was refused or ended.

    Attributes
    ----------
    NONE
        No reason: nothing was refused, and the order did not end early.
    POST_ONLY
        A post-only order would have taken liquidity.
    FOK
        A fill-or-kill order could not be filled whole.
    IOC
        The remainder of an immediate-or-cancel order.
    NO_LIQUIDITY
        A market order found nothing to trade with.
    SELF_TRADE
        It met another order of the same account.
    HALTED
        The instrument is not trading.
    FILTER
        Below the venue's smallest quantity or notional.
    UNKNOWN_ORDER
        The amend or cancel found no such live order: it filled or ended before the request arrived.
    AMEND
        The amended quantity is not above the filled quantity, so the order ended.
    GATEWAY
        The venue's gateway refused the request; it never reached the matching.
    OVERLOADED
        The venue refused the request because of its load.
    TIMEOUT
        No answer came in time, and the venue does not have the order.
    UNKNOWN_BOOK
        Nothing was taken: the data does not show what the book held.
    INVALID
        A field is out of range, or fields contradict each other.
    DUPLICATE
        An order with this id is live.
    TRIGGERED
        The trigger price was reached already when the order arrived.
    REDUCE_ONLY
        There is no position to reduce.
    OCO
        Another order of its OCO group filled, triggered or ended.
    PARENT
        The parent order ended, or there was none: the child loses what did not fill of the parent.
    EXPIRED
        Its time in force is over.
    ALL
        A cancel-all request ended it.
    NO_PRICE
        The venue has never had the price that the trigger watches.
    KILLED
        Velora's gate is closed: the order was denied.
    ORDER_QTY
        Velora's gate denied it: the quantity is above the limit for one order.
    """

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


class FillCause(NamedEnum):
    """What made a simulated fill happen.

    Attributes
    ----------
    QUEUE
        A trade at the order's price reached the order's position in the queue.
    THROUGH
        A trade printed beyond the order's price.
    CROSS
        The other side of the book moved to the order's price.
    TAKER
        The order took displayed liquidity.
    CANDLE
        The range of a candle reached the order's price.
    """

    QUEUE = 0
    THROUGH = 1
    CROSS = 2
    TAKER = 3
    CANDLE = 4


class FillDoubt(NamedFlag):
    """What the data does not say and a simulated fill rests on all the same.

    ``QUEUE``: what stood ahead; the price was out of the feed's view when the order joined it, or later, or a gap came.
    ``BOOK``: what there was to take; the book was stale, or there was none. ``SIDE``: who was aggressive in the trade.
    ``PRINT``: that there was a trade; it is inferred from a change of the book.

    Attributes
    ----------
    QUEUE
        The quantity ahead of the order is uncertain.
    BOOK
        The quantity that could be taken is uncertain.
    SIDE
        The aggressor of the trade is uncertain.
    PRINT
        The trade itself is inferred.
    """

    QUEUE = 1
    BOOK = 2
    SIDE = 4
    PRINT = 8


class MarkSource(NamedEnum):
    """What says what a position is worth; see `Position.mark`.

    Attributes
    ----------
    UNKNOWN
        Nothing is known.
    MID
        Mid of the book, now.
    LAST_MID
        Mid of the book or of a quote when both sides were last known.
    STALE_MID
        Mid of a book that a gap has made stale, used where it is worse for the position than the last known mid.
    QUOTE
        One side of the book.
    TRADE
        The last trade.
    MARK_PRICE
        The venue's mark price.
    """

    UNKNOWN = 0
    MID = 1
    LAST_MID = 2
    STALE_MID = 3
    QUOTE = 4
    TRADE = 5
    MARK_PRICE = 6


class QueuePosition(NamedTuple):
    """What a strategy may know of an order's place in its queue; see `Strategy.queue_position`.

    Attributes
    ----------
    ahead_lots : float
        Lots of others ahead of it: the estimate, that cancels come from each lot of the level alike.
    low_lots, high_lots : float
        The same if every cancel had stood ahead of it, and if none had. At a price that the book does not know
        `low_lots` is 0 and `high_lots` infinite, until the level shows up: then all that shows may stand ahead.
    confidence : float
        1 less the distance of the bounds as a share of what stood there when it joined, or when that was first known: 1
        is certain, 0 that nothing is known.
    """

    ahead_lots: float
    low_lots: float
    high_lots: float
    confidence: float


cdef tuple _STATES = tuple(OrderState)
cdef tuple _MARK_SOURCES = tuple(MarkSource)
cdef tuple _TYPES = tuple(OrderType)
cdef tuple _TIFS = tuple(TimeInForce)
cdef tuple _TRIGGERS = tuple(TriggerKind)
cdef tuple _TRIGGERS_BY = tuple(TriggerBy)
cdef tuple _SELF_TRADES = tuple(SelfTrade)
cdef dict _REASONS = {int(one): one for one in OrderReason}
cdef vel_order_t _NOTHING  # all zero


# It holds nothing that could hold it, so that the collector has nothing to do with it. The first two decorators must
# stand here: Cython ignores them in a .pxd file.
@cython.no_gc
@cython.freelist(64)
@cython.final
cdef class Order:
    """One own order, from submission to its end; the same object everywhere, always up to date.

    It stays readable as long as your code holds it, also after a run with a retention bound has dropped its record.

    Attributes
    ----------
    instrument : Instrument
        The instrument that it trades.
    """

    def __dealloc__(self):
        if self._is_kept:
            free(self._c)
        elif self._c != NULL:
            self._c.view = NULL

    @staticmethod
    cdef Order view(vel_order_t *order, Instrument instrument):
        """The object that shows an order of the engine."""
        if order.view != NULL:
            return <Order>order.view
        cdef Order made = Order.__new__(Order)
        made._c = order
        made.instrument = instrument
        order.view = <void *>made
        return made

    cdef int keep(self) except -1:
        """Copy the record, which is about to go and shows itself by this object no more."""
        cdef vel_order_t *copy = <vel_order_t *>malloc(sizeof(vel_order_t))
        if copy == NULL:
            raise MemoryError
        copy[0] = self._c[0]
        self._c.view = NULL
        self._c = copy
        self._is_kept = True
        return 0

    cdef void keep_or_lose(self) noexcept:
        """The same where nothing can be raised: without memory for the copy it shows nothing from now on."""
        try:
            self.keep()
        except MemoryError:
            self._c = &_NOTHING

    @property
    def id(self):
        """Client order id: 1, 2, 3 ... in the order of submission, over all strategies of the run."""
        return self._c.id

    @property
    def side(self):
        """Side.BUY or Side.SELL."""
        return _SIDES[self._c.terms.side]

    @property
    def type(self):
        """OrderType."""
        return _TYPES[self._c.terms.type]

    @property
    def time_in_force(self):
        """TimeInForce."""
        return _TIFS[self._c.terms.tif]

    @property
    def post_only(self):
        """Whether the venue refuses it rather than let it take."""
        return self._c.terms.flags & VEL_EXEC_POST_ONLY != 0

    @property
    def reduce_only(self):
        """Whether it never fills beyond its strategy's position."""
        return self._c.terms.flags & VEL_EXEC_REDUCE_ONLY != 0

    @property
    def self_trade(self):
        """SelfTrade: who goes when it meets another own order."""
        return _SELF_TRADES[self._c.terms.stp]

    @property
    def trigger_kind(self):
        """TriggerKind that it still waits for."""
        return _TRIGGERS[self._c.terms.trigger_kind]

    @property
    def trigger_ticks(self):
        """Trigger in ticks; of a trailing order its distance, in ticks or basis points; 0 without one."""
        return self._c.terms.trigger

    @property
    def trigger_by(self):
        """TriggerBy: which price its trigger looks at."""
        return _TRIGGERS_BY[self._c.terms.trigger_by]

    @property
    def activation_ticks(self):
        """Where a trailing order begins to follow, in ticks; 0 for at once."""
        return self._c.terms.activation

    @property
    def is_contingent(self):
        """Whether it waits at the venue, for its trigger or its parent, and cannot fill yet."""
        return self._c.is_contingent != 0

    @property
    def held_qty_lots(self):
        """Lots of a child that wait for its parent to fill, as far as we know; `leaves_qty_lots` counts them too."""
        return 0 if self._c.state >= VEL_ORDER_FILLED else self._c.held

    @property
    def display_qty_lots(self):
        """Lots shown of an iceberg; 0 when it shows all."""
        return self._c.terms.display

    @property
    def expires_at(self):
        """When a GTD order ends: ns, venue clock; 0 for others."""
        return self._c.terms.expiry

    @property
    def oco_group(self):
        """Number of its OCO group, 0 for none."""
        return self._c.terms.oco_group

    @property
    def parent_id(self):
        """Id of the order whose fills let it work, 0 for none."""
        return self._c.terms.parent

    @property
    def state(self):
        """OrderState."""
        return _STATES[self._c.state]

    @property
    def reason(self):
        """OrderReason: why it was refused or ended, or why the venue has amended it."""
        return _REASONS[self._c.reason]

    @property
    def refusal(self):
        """OrderReason of the last amend or cancel that was refused or timed out, NONE before one was."""
        return _REASONS[self._c.refusal]

    @property
    def is_done(self):
        """Whether it can no longer fill."""
        return self._c.state >= VEL_ORDER_FILLED

    @property
    def is_pending(self):
        """Whether a request (new, amend, cancel or query) waits for its answer; an UNKNOWN order is always queried."""
        return (self._c.state == VEL_ORDER_PENDING or self._c.state == VEL_ORDER_UNKNOWN or self._c.pending_amends > 0
                or self._c.pending_cancels > 0)

    @property
    def is_unknown(self):
        """Whether a request was not answered in time, and no report has said since where the order stands."""
        return self._c.state == VEL_ORDER_UNKNOWN

    @property
    def price_ticks(self):
        """Limit price in ticks, 0 for a market order."""
        return self._c.terms.price

    @property
    def price(self):
        """Limit price, None for a market order, or a market-to-limit order that has not traded."""
        if self._c.terms.type == VEL_MARKET or (self._c.terms.type != VEL_LIMIT and self._c.cum_qty == 0):
            return None
        return self.instrument.ticks_to_price_c(self._c.terms.price)

    @property
    def qty_lots(self):
        """Total quantity in lots."""
        return self._c.terms.qty

    @property
    def qty(self):
        """Total quantity."""
        return self.instrument.lots_to_qty_c(self._c.terms.qty)

    @property
    def cum_qty_lots(self):
        """Filled quantity in lots."""
        return self._c.cum_qty

    @property
    def cum_qty(self):
        """Filled quantity."""
        return self.instrument.lots_to_qty_c(self._c.cum_qty)

    @property
    def leaves_qty_lots(self):
        """Quantity that can still fill, in lots; 0 once done."""
        return 0 if self._c.state >= VEL_ORDER_FILLED else self._c.terms.qty - self._c.cum_qty

    @property
    def leaves_qty(self):
        """Quantity that can still fill; 0.0 once done."""
        cdef int64_t left = 0 if self._c.state >= VEL_ORDER_FILLED else self._c.terms.qty - self._c.cum_qty
        return self.instrument.lots_to_qty_c(left)

    @property
    def avg_price(self):
        """Average price of its fills, None before the first; of an inverse contract the harmonic mean.

        Equal contracts of an inverse instrument are worth coins in proportion to one over the price.
        """
        if self._c.cum_qty == 0:
            return None
        cdef double mean = <double>self._c.cum_ticks / <double>self._c.cum_qty
        if self.instrument.is_inverse:
            mean = self._c.avg_ticks
        return mean * <double>self.instrument.tick_num / <double>self.instrument.tick_den

    @property
    def ts_sent(self):
        """When it was sent: ns, our clock."""
        return self._c.ts_sent

    @property
    def ts_ack(self):
        """When its acknowledgement came: ns, our clock; 0 before."""
        return self._c.ts_ack

    @property
    def ts_done(self):
        """When we learnt of its end: ns, our clock; 0 before."""
        return self._c.ts_done

    def __reduce__(self):
        raise NotPicklable("an Order follows its run and can be neither pickled nor copied: keep the "
                           "fields that you need, or take Result.orders")

    def __repr__(self):
        words = [f"{self.side.name} {self.qty} @ {'market' if self.price is None else self.price}"]
        if self._c.terms.trigger_kind != VEL_TRIGGER_NONE:
            words.append(f"{self._trigger()} by {self.trigger_by.name.lower()}")
        if self._c.terms.parent != 0:
            words.append(f"child of {self._c.terms.parent}")
        words.append(self.state.name if self._c.reason == 0 else f"{self.state.name} ({self.reason.name})")
        return f"Order({self.id}, {readable(self.instrument.symbol)} {', '.join(words)}, filled {self.cum_qty})"

    def _trigger(self):
        """What the order waits for, in a few words."""
        kind = self.trigger_kind
        if kind is TriggerKind.TRAIL_BPS:
            return f"trails by {self._c.terms.trigger} bps"
        price = self.instrument.ticks_to_price_c(self._c.terms.trigger)
        if kind is TriggerKind.TRAIL_TICKS:
            return f"trails by {price}"
        # A buy's stop and a sell's touch fire from below.
        rises = (kind is TriggerKind.STOP) == (self._c.terms.side == VEL_BUY)
        return f"{'stop' if kind is TriggerKind.STOP else 'touch'} {'>=' if rises else '<='} {price}"


@cython.final
cdef class Fill:
    """One execution of an own order.

    Attributes
    ----------
    instrument : Instrument
        The instrument that was traded.
    order_id : int
        `Order.id` of the order that filled.
    trade_id : int
        The venue's number of the execution, 0 where it gives none.
    ts_event : int
        When the venue executed it: ns since 1970-01-01 UTC, the venue's clock.
    ts_recv : int
        When the report was received: ns since 1970-01-01 UTC, the local clock.
    price_ticks : int
        Price in ticks.
    qty_lots : int
        Quantity in lots, positive for both sides.
    fee_units : int
        Fee in money units (`Instrument.money_unit`); negative is a rebate.
    is_maker : bool
        Whether the order rested in the book (maker) rather than took liquidity (taker).
    """

    @property
    def side(self):
        """Side.BUY or Side.SELL."""
        return _SIDES[self._side]

    @property
    def price(self):
        """Price of the execution."""
        return self.instrument.ticks_to_price_c(self.price_ticks)

    @property
    def qty(self):
        """Quantity of the execution."""
        return self.instrument.lots_to_qty_c(self.qty_lots)

    @property
    def signed_qty(self):
        """Quantity, negative for a sale."""
        return self.instrument.lots_to_qty_c(self.qty_lots if self._side == VEL_BUY else -self.qty_lots)

    @property
    def fee(self):
        """Fee paid in settlement currency; negative is a rebate."""
        return float(self.fee_units * self.instrument.money_unit)

    def __repr__(self):
        role = "maker" if self.is_maker else "taker"
        what = f"{readable(self.instrument.symbol)} {self.side.name} {self.qty} @ {self.price}"
        return f"Fill(order {self.order_id}, {what}, {role})"

    def __reduce__(self):
        return _fill, (self.instrument, self.order_id, self.trade_id, self.ts_event, self.ts_recv, self.price_ticks,
                       self.qty_lots, self.fee_units, self.is_maker, self._side)


def _fill(Instrument instrument not None, int64_t order_id, int64_t trade_id, int64_t ts_event, int64_t ts_recv,
          int64_t price_ticks, int64_t qty_lots, int64_t fee_units, bint is_maker, uint8_t side):
    """A fill out of a pickle."""
    cdef Fill made = Fill.__new__(Fill)
    if side > VEL_SELL:
        raise InvalidArgument(f"a fill has no side {side}")
    made.instrument = instrument
    made.order_id = order_id
    made.trade_id = trade_id
    made.ts_event = ts_event
    made.ts_recv = ts_recv
    made.price_ticks = price_ticks
    made.qty_lots = qty_lots
    made.fee_units = fee_units
    made.is_maker = is_maker
    made._side = side
    return made


@cython.final
cdef class Position:
    """Net position in one instrument, always up to date.

    Money is exact inside: the `_units` properties are integers of `Instrument.money_unit`.

    Attributes
    ----------
    instrument : Instrument
        The instrument that is held.
    """

    @property
    def qty_lots(self):
        """Net quantity in lots, negative for a short."""
        return self._c.lots

    @property
    def qty(self):
        """Net quantity, negative for a short."""
        return self.instrument.lots_to_qty_c(self._c.lots)

    @property
    def is_flat(self):
        """Whether nothing is held."""
        return self._c.lots == 0

    @property
    def avg_price(self):
        """Average entry price of what is held, None when flat; of an inverse contract the harmonic mean."""
        cdef int64_t lots = self._c.lots
        if lots == 0:
            return None
        cdef double ratio
        if self.instrument.is_inverse:
            ratio = self._c.avg_ticks
        else:
            ratio = <double>self._c.cost / (<double>self.instrument.value_mult * <double>lots)
        return ratio * <double>self.instrument.tick_num / <double>self.instrument.tick_den

    @property
    def realized_units(self):
        """Realised PnL without fees, money units."""
        return self._c.realized

    cdef vel_mark_t mark_c(self) noexcept:
        """What the position is marked by, now."""
        return vel_market_mark(self._market, self._c.lots, self._now[0])

    @property
    def mark(self):
        """Price that the position is worth now, None where nothing is known.

        The mid of the book while the book is whole and shows both sides; else what was last known of mid, quote side,
        trade and mark price, see :doc:`/concepts/results`. Own fills are no mark.
        """
        cdef vel_mark_t mark = self.mark_c()
        if mark.source == VEL_MARK_UNKNOWN:
            return None
        if mark.source == VEL_MARK_MARK_PRICE:
            return <double>mark.price / <double>VEL_RATE_SCALE
        return 0.5 * <double>mark.price * <double>self.instrument.tick_num / <double>self.instrument.tick_den

    @property
    def mark_source(self):
        """MarkSource: what the mark rests on."""
        return _MARK_SOURCES[self.mark_c().source]

    @property
    def mark_age_ns(self):
        """How long ago the mark was last known, ns; 0 for what stands now, None where nothing is known."""
        cdef vel_mark_t mark = self.mark_c()
        return None if mark.source == VEL_MARK_UNKNOWN else self._now[0] - mark.ts

    @property
    def unrealized_units(self):
        """Unrealised PnL at the mark, money units; None where something is held and its mark is unknown."""
        cdef int64_t unrealized = 0
        cdef vel_mark_t mark
        check_status(vel_local_unrealized(self._market, self._c, self._now[0], &mark, &unrealized),
                     f"unrealised PnL of {self.instrument.symbol} does not fit 64 bits")
        return None if self._c.lots != 0 and mark.source == VEL_MARK_UNKNOWN else unrealized

    @property
    def value_units(self):
        """Value of what is held at the mark, negative for a short, money units; None where the mark is unknown.

        Of an inverse contract it is an amount of the settlement coin.
        """
        unrealized = self.unrealized_units
        if unrealized is None:
            return None
        return self._c.cost - unrealized if self.instrument.is_inverse else self._c.cost + unrealized

    @property
    def fee_units(self):
        """Fees and funding paid, money units."""
        return self._c.fees

    @property
    def realized_pnl(self):
        """Realised PnL without fees, settlement currency."""
        return self._c.realized * self._unit

    @property
    def unrealized_pnl(self):
        """Unrealised PnL at the mark, settlement currency; None where something is held and its mark is unknown."""
        unrealized = self.unrealized_units
        return None if unrealized is None else unrealized * self._unit

    @property
    def fees(self):
        """Fees and funding paid, settlement currency."""
        return self._c.fees * self._unit

    @property
    def pnl(self):
        """Realised plus unrealised PnL less fees and funding, settlement currency; None where the mark is unknown."""
        unrealized = self.unrealized_units
        return None if unrealized is None else (self._c.realized + unrealized - self._c.fees) * self._unit

    def __reduce__(self):
        raise NotPicklable("a Position follows its run and can be neither pickled nor copied: keep the "
                           "fields that you need, or take Result.position")

    def __repr__(self):
        return f"Position({readable(self.instrument.symbol)}, {self.qty} @ {self.avg_price})"


for _cls in (Order, Fill, Position):
    seal(_cls)
del _cls
