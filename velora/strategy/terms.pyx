"""Terms of an order beyond side, price and quantity."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

from velora.core._c cimport (
    VEL_BUY,
    VEL_BY_ASK,
    VEL_BY_BID,
    VEL_BY_LAST,
    VEL_BY_MARK,
    VEL_FOK,
    VEL_GTC,
    VEL_GTD,
    VEL_IOC,
    VEL_LIMIT,
    VEL_MARKET,
    VEL_MARKET_TO_LIMIT,
    VEL_EXEC_OCO_CANCELS,
    VEL_EXEC_OCO_REDUCES,
    VEL_EXEC_POST_ONLY,
    VEL_EXEC_REDUCE_ONLY,
    VEL_EXEC_SLIDE,
    VEL_EXEC_WHEN_FILLED,
    VEL_SELL,
    VEL_STP_BOTH,
    VEL_STP_DECREMENT,
    VEL_STP_MAKER,
    VEL_STP_TAKER,
    VEL_TRIGGER_NONE,
    VEL_TRIGGER_STOP,
    VEL_TRIGGER_TOUCHED,
    VEL_TRIGGER_TRAIL_BPS,
    VEL_TRIGGER_TRAIL_TICKS,
    vel_order_terms_t,
)
from velora.core.instrument cimport ROUND_DOWN, ROUND_NEAREST, ROUND_UP, Instrument
from velora.core.orders cimport Order

from typing import TypedDict

from velora.core.clock import timestamp_ns
from velora.errors import InvalidArgument

cdef dict _SELF_TRADES = {
    "expire_taker": VEL_STP_TAKER, "expire_maker": VEL_STP_MAKER, "expire_both": VEL_STP_BOTH,
    "decrement": VEL_STP_DECREMENT,
}

cdef dict _PRICES = {"last": VEL_BY_LAST, "mark": VEL_BY_MARK, "bid": VEL_BY_BID, "ask": VEL_BY_ASK}

cdef dict _WHEN = {"fills": 0, "filled": VEL_EXEC_WHEN_FILLED}

cdef dict _ON_OCO = {"reduce": VEL_EXEC_OCO_REDUCES, "cancel": VEL_EXEC_OCO_CANCELS}

cdef dict _SNAPS = {"outward": SNAP_OUTWARD, "inward": SNAP_INWARD, "nearest": SNAP_NEAREST}

cdef tuple _TRIGGERS = ("stop", "stop_ticks", "touch", "touch_ticks", "trail", "trail_ticks", "trail_bps")


class OrderTerms(TypedDict, total=False):
    """Keywords of `Strategy.buy` and `Strategy.sell`, all optional.

    Attributes
    ----------
    stop, touch : price, or stop_ticks, touch_ticks : int
        The order waits at the venue. A stop fires when the price is at or beyond it against the order (a buy's at or
        above), a touched order when it is at or beyond it for the order. With a price it is then a limit order
        (stop-limit, limit-if-touched), without one a market order.
    trail : distance in price, or trail_ticks or trail_bps : int
        A stop whose trigger follows the best price at this distance.
    activation : price, or activation_ticks : int
        Of a trailing stop: it begins to follow when the price has come here (a sell's at or above, a buy's at or
        below).
    trigger_by : {"last", "mark", "bid", "ask"}
        Which price the trigger looks at: the last trade unless given. Where the data has no trade, ``"last"`` looks at
        the side that the order would trade against. A price that the venue's data has not had is refused: NO_PRICE.
    display : quantity, or display_lots : int
        An iceberg: how much of it is shown; the next part goes to the back of the queue.
    slide : bool
        With `post_only`: moved to one tick before the other side rather than refused.
    reduce_only : bool
        Never fills beyond this strategy's position; ends when there is nothing left to reduce.
    market_to_limit : bool
        Without a price: takes the best price and no other, and rests there with what is left.
    expire : time
        When a GTD order ends at the venue (ns, ISO string or datetime); makes the order GTD.
    oco_group : int
        Orders of one instrument with the same number end one another (OCO); the numbers are this strategy's own. When
        one fills in part the others lose as much, where they are children, reduce-only, or close what is left of the
        position; else they end. When one fires or is cancelled the others end.
    on_oco : {"reduce", "cancel"}
        Whether a fill in part of another of its OCO group takes as much off this order, or ends it.
    parent : Order
        The order works in proportion to what has filled of this one (OTO), also when that has filled or ended before
        it arrives. When the parent ends with a part filled, the order is amended to that part (PARENT); with nothing
        filled it ends. Two children with one OCO group are a bracket.
    when : {"fills", "filled"}
        Whether a child works from the first fill of its parent on, or waits until it has filled whole.
    self_trade : {"expire_taker", "expire_maker", "expire_both", "decrement"}
        Who goes when it meets another own order.
    take_profit, stop_loss : price, or take_profit_ticks, stop_loss_ticks : int
        Sends with the order, in one message, a limit order that takes the profit and a stop market order that ends the
        loss. Both are reduce-only children of it, and with both given an OCO group: they stand at the venue as soon as
        something of the order has filled, and in proportion to it. `Strategy.orders` with ``parent=`` gives them.
    """

    stop: object
    stop_ticks: int
    touch: object
    touch_ticks: int
    trail: object
    trail_ticks: int
    trail_bps: int
    activation: object
    activation_ticks: int
    trigger_by: str
    display: object
    display_lots: int
    slide: bool
    reduce_only: bool
    market_to_limit: bool
    expire: object
    oco_group: int
    on_oco: str
    parent: object
    when: str
    self_trade: str
    take_profit: object
    take_profit_ticks: int
    stop_loss: object
    stop_loss_ticks: int


cdef Snap snap_of(object snap) except? SNAP_NONE:
    """The way of rounding that the keyword `snap` names."""
    if snap is None:
        return SNAP_NONE
    return <Snap>_one_of(_SNAPS, "snap", snap)


cdef int64_t snapped(Instrument instrument, object price, bint is_below, Snap snap) except? -1:
    """Ticks of a price; one off the grid is rounded as `snap` says.

    `is_below` says on which side of the market the price lies, or which way is the less eager one: a buy's limit, the
    stop of a sell.
    """
    if snap == SNAP_NONE:
        return instrument.price_to_ticks(price)
    if snap == SNAP_NEAREST:
        return instrument.snapped_ticks_c(price, ROUND_NEAREST)
    return instrument.snapped_ticks_c(price, ROUND_DOWN if is_below == (snap == SNAP_OUTWARD) else ROUND_UP)


cdef int _set_trigger(vel_order_terms_t *made, Instrument instrument, str name, object value, Snap snap) except -1:
    cdef bint is_buy = made.side == VEL_BUY
    if made.trigger_kind != VEL_TRIGGER_NONE:
        raise InvalidArgument("an order has one trigger: give one of stop, touch and trail")
    if name == "trail_bps":
        made.trigger_kind = VEL_TRIGGER_TRAIL_BPS
        made.trigger = value
        if not 1 <= made.trigger <= 9999:
            raise InvalidArgument(f"trail_bps must be within 1 and 9999, was {value}")
        return 0
    # A buy's stop lies above the market and its touch below; the wider distance is the outward one.
    made.trigger = value if name.endswith("_ticks") else snapped(
        instrument, value, name == "stop" and not is_buy or name == "touch" and is_buy, snap)
    if name.startswith("trail"):
        made.trigger_kind = VEL_TRIGGER_TRAIL_TICKS
        if made.trigger < 1:
            raise InvalidArgument(f"a trailing distance must be at least one tick, was {value}")
    else:
        made.trigger_kind = VEL_TRIGGER_STOP if name.startswith("stop") else VEL_TRIGGER_TOUCHED
    return 0


cdef int _one_of(dict names, str term, object value) except -1:
    if not isinstance(value, str) or value not in names:
        raise InvalidArgument(f"{term} must be one of {', '.join(map(repr, names))}, was {value!r}")
    return names[value]


cdef int set_terms(vel_order_terms_t *made, Instrument instrument, dict terms, Snap snap) except -1:
    """Set what the keywords say; everything else of `made` is set already."""
    cdef Order parent
    cdef bint names_price = False
    for name, value in terms.items():
        if value is None or value is False:
            continue
        if name in _TRIGGERS:
            _set_trigger(made, instrument, name, value, snap)
        elif name == "display" or name == "display_lots":
            made.display = value if name == "display_lots" else instrument.qty_to_lots(value)
            if not 0 < made.display <= made.qty:
                raise InvalidArgument(f"an iceberg shows between one lot and all of its {made.qty} lots, was {value}")
        elif name == "slide":
            made.flags |= VEL_EXEC_SLIDE
        elif name == "reduce_only":
            made.flags |= VEL_EXEC_REDUCE_ONLY
        elif name == "market_to_limit":
            if made.type != VEL_MARKET:
                raise InvalidArgument("a market-to-limit order takes its price from the market: give no price")
            made.type = VEL_MARKET_TO_LIMIT
        elif name == "expire":
            if made.tif != VEL_GTC and made.tif != VEL_GTD:
                raise InvalidArgument("expire makes an order GTD: leave time_in_force out")
            made.tif = VEL_GTD
            made.expiry = timestamp_ns(value)
        elif name == "oco_group":
            made.oco_group = value
            if made.oco_group < 0:
                raise InvalidArgument(f"oco_group must be at least 0, was {value}: the numbers below are the engine's")
        elif name == "activation" or name == "activation_ticks":
            # A trailing sell begins to follow above the market.
            made.activation = value if name == "activation_ticks" else snapped(
                instrument, value, made.side == VEL_BUY, snap)
        elif name == "trigger_by":
            made.trigger_by = <uint8_t>_one_of(_PRICES, "trigger_by", value)
            names_price = True
        elif name == "when":
            made.flags |= <uint8_t>_one_of(_WHEN, "when", value)
        elif name == "on_oco":
            made.flags |= <uint8_t>_one_of(_ON_OCO, "on_oco", value)
        elif name == "parent":
            if not isinstance(value, Order):
                raise InvalidArgument(f"parent must be an Order, was {value!r}")
            parent = value
            if parent.instrument is not instrument:
                raise InvalidArgument(f"a parent is of the same instrument, was of {parent.instrument.symbol}")
            made.parent = parent._c.id
        elif name == "self_trade":
            if value not in _SELF_TRADES:
                raise InvalidArgument(f"self_trade must be one of {', '.join(_SELF_TRADES)}, was {value!r}")
            made.stp = <uint8_t>_SELF_TRADES[value]
        else:
            raise InvalidArgument(f"an order has no term {name!r}; there are {', '.join(OrderTerms.__annotations__)}")
    cdef bint rests = made.tif != VEL_IOC and made.tif != VEL_FOK
    if names_price and made.trigger_kind == VEL_TRIGGER_NONE:
        raise InvalidArgument("trigger_by goes with stop, touch or trail")
    if made.activation != 0 and made.trigger_kind < VEL_TRIGGER_TRAIL_TICKS:
        raise InvalidArgument("activation goes with trail, trail_ticks or trail_bps")
    if terms.get("when") is not None and made.parent == 0:
        raise InvalidArgument("when goes with parent")
    if terms.get("on_oco") is not None and made.oco_group == 0:
        raise InvalidArgument("on_oco goes with oco_group")
    if made.flags & VEL_EXEC_SLIDE and not made.flags & VEL_EXEC_POST_ONLY:
        raise InvalidArgument("slide goes with post_only=True")
    if made.display > 0 and not (made.type == VEL_LIMIT and rests):
        raise InvalidArgument("an iceberg is a limit order that rests: GTC, GTD or DAY")
    if made.type == VEL_MARKET_TO_LIMIT and not rests:
        raise InvalidArgument("a market-to-limit order rests with what is left: GTC, GTD or DAY")
    return 0


cdef bint _take_exit(int64_t *ticks, Instrument instrument, str name, bint is_below, dict terms, Snap snap) except -1:
    """Take one exit's price out of the keywords; whether it was given."""
    price, exact = terms.pop(name, None), terms.pop(name + "_ticks", None)
    if price is not None and exact is not None:
        raise InvalidArgument(f"give {name} or {name}_ticks, not both")
    if price is None and exact is None:
        return False
    ticks[0] = snapped(instrument, price, is_below, snap) if exact is None else <int64_t>exact
    return True


cdef int take_exits(Exits *exits, vel_order_terms_t *entry, Instrument instrument, dict terms, Snap snap) except -1:
    """Take take_profit and stop_loss out of the keywords, which `set_terms` gets afterwards."""
    cdef bint is_buy = entry.side == VEL_BUY
    exits.has_profit = _take_exit(&exits.profit, instrument, "take_profit", not is_buy, terms, snap)
    exits.has_stop = _take_exit(&exits.stop, instrument, "stop_loss", is_buy, terms, snap)
    return 0


cdef int check_exits(Exits *exits, vel_order_terms_t *entry, Instrument instrument) except -1:
    """The profit lies beyond the entry's price, where that is given, and the loss on its other side."""
    cdef int64_t sign = 1 if entry.side == VEL_BUY else -1
    prices = []
    if exits.has_stop:
        prices.append(("stop_loss", exits.stop))
    if entry.type == VEL_LIMIT:
        prices.append(("price", entry.price))
    elif entry.trigger_kind == VEL_TRIGGER_STOP or entry.trigger_kind == VEL_TRIGGER_TOUCHED:
        prices.append(("the trigger", entry.trigger))
    if exits.has_profit:
        prices.append(("take_profit", exits.profit))
    for (low, below), (high, above) in zip(prices, prices[1:]):
        if sign * below >= sign * above:
            raise InvalidArgument(
                f"to {'buy' if sign > 0 else 'sell'}, {low} must lie {'below' if sign > 0 else 'above'} {high}, was "
                f"{instrument.ticks_to_price(below)} and {instrument.ticks_to_price(above)}"
            )
    return 0


cdef void exit_terms(vel_order_terms_t *made, vel_order_terms_t *entry, int64_t entry_id, bint in_group) noexcept:
    """Start the terms of an exit of an entry: all but its price or trigger."""
    memset(made, 0, sizeof(made[0]))
    made.side = VEL_SELL if entry.side == VEL_BUY else VEL_BUY
    made.qty = entry.qty
    made.tif = VEL_GTC
    made.stp = VEL_STP_TAKER
    made.flags = VEL_EXEC_REDUCE_ONLY
    made.parent = entry_id
    # The numbers below zero are for this: a strategy's own are not negative, and an order's id is unique in a run.
    made.oco_group = -entry_id if in_group else 0
