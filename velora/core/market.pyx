"""Events from the market that a strategy receives: trades, quotes, candles, funding, gaps, timers and signals.

An object passed to a callback is reused for the next event unless your code holds a reference to it; an object that you
keep does not change. The objects can be pickled, but only Velora creates them.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t

from velora.core._c cimport VEL_BUY, VEL_NO_SIDE
from velora.core.instrument cimport Instrument
from velora.core.sealed cimport seal

from velora.core.events import Side
from velora.core.terminal import readable
from velora.errors import InvalidArgument

cdef tuple _SIDES = (Side.BUY, Side.SELL, Side.NONE)


@cython.final
cdef class Trade:
    """One trade; `price` and `qty` are floats for reading, `price_ticks` and `qty_lots` the exact values.

    Attributes
    ----------
    instrument : Instrument
        The instrument that it is about; it gives the grid of ticks and lots.
    ts_event : int
        When it happened: ns since 1970-01-01 UTC, the venue's clock.
    ts_recv : int
        When it was received: ns since 1970-01-01 UTC, the local clock.
    price_ticks : int
        Price in ticks.
    qty_lots : int
        Quantity in lots.
    trade_id : int
        The venue's number of the trade, 0 where the feed gives none.
    is_off_book : bool
        Whether the trade did not happen in the order book (a block or an insurance fund trade); it never fills an
        order.
    """

    @property
    def price(self):
        """Price in quote currency."""
        return self.instrument.ticks_to_price_c(self.price_ticks)

    @property
    def qty(self):
        """Quantity in base currency (or contracts)."""
        return self.instrument.lots_to_qty_c(self.qty_lots)

    @property
    def aggressor_side(self):
        """Side of the order that took liquidity: Side.BUY, Side.SELL, or Side.NONE when the feed does not state it."""
        return _SIDES[self._side]

    @property
    def is_buy(self):
        """Whether a buyer was the aggressor."""
        return self._side == VEL_BUY

    def __repr__(self):
        return f"Trade({readable(self.instrument.symbol)}, {self.aggressor_side.name} {self.qty} @ {self.price})"

    def __reduce__(self):
        return _trade, (self.instrument, self.ts_event, self.ts_recv, self.price_ticks, self.qty_lots, self.trade_id,
                        self._side, self.is_off_book)


@cython.final
cdef class Quote:
    """Best bid and ask with their quantities.

    From the venue's quote stream if the data has one, else from the top of the book after each update that changed it.
    A side with quantity 0 is empty: it has no price, and `bid_ticks` or `ask_ticks` are meaningless.

    Attributes
    ----------
    instrument : Instrument
        The instrument that it is about; it gives the grid of ticks and lots.
    ts_event : int
        When it happened: ns since 1970-01-01 UTC, the venue's clock.
    ts_recv : int
        When it was received: ns since 1970-01-01 UTC, the local clock.
    bid_ticks, ask_ticks : int
        Best prices in ticks.
    bid_lots, ask_lots : int
        Quantities at the best prices in lots; 0 for an empty side.
    """

    @property
    def bid(self):
        """Best bid price, or None when the side is empty."""
        return self.instrument.ticks_to_price_c(self.bid_ticks) if self.bid_lots > 0 else None

    @property
    def ask(self):
        """Best ask price, or None when the side is empty."""
        return self.instrument.ticks_to_price_c(self.ask_ticks) if self.ask_lots > 0 else None

    @property
    def bid_qty(self):
        """Quantity at the best bid, 0 when the side is empty."""
        return self.instrument.lots_to_qty_c(self.bid_lots)

    @property
    def ask_qty(self):
        """Quantity at the best ask, 0 when the side is empty."""
        return self.instrument.lots_to_qty_c(self.ask_lots)

    @property
    def mid(self):
        """Mean of bid and ask, or None when a side is empty."""
        if self.bid_lots <= 0 or self.ask_lots <= 0:
            return None
        return 0.5 * self.instrument.ticks_to_price_c(self.bid_ticks + self.ask_ticks)

    def __repr__(self):
        return f"Quote({readable(self.instrument.symbol)}, {self.bid_qty} @ {self.bid} x {self.ask} @ {self.ask_qty})"

    def __reduce__(self):
        return _quote, (self.instrument, self.ts_event, self.ts_recv, self.bid_ticks, self.ask_ticks, self.bid_lots,
                        self.ask_lots)


@cython.final
cdef class Candle:
    """Open, high, low, close and volume of the trades received in one interval of the local clock.

    An interval without trades has the previous close in all four prices and zero volume.

    Attributes
    ----------
    instrument : Instrument
        The instrument that it is about; it gives the grid of ticks and lots.
    interval_ns : int
        Length of the interval, ns.
    ts_open, ts_close : int
        Begin and end of the interval: ns since 1970-01-01 UTC, the local clock.
    open_ticks, high_ticks, low_ticks, close_ticks : int
        Prices in ticks.
    volume_lots, buy_volume_lots : int
        Quantity traded, and the part of it that aggressors bought, in lots.
    trades : int
        Number of trades in the interval.
    """

    @property
    def open(self):
        """First price of the interval."""
        return self.instrument.ticks_to_price_c(self.open_ticks)

    @property
    def high(self):
        """Highest price."""
        return self.instrument.ticks_to_price_c(self.high_ticks)

    @property
    def low(self):
        """Lowest price."""
        return self.instrument.ticks_to_price_c(self.low_ticks)

    @property
    def close(self):
        """Last price."""
        return self.instrument.ticks_to_price_c(self.close_ticks)

    @property
    def volume(self):
        """Quantity traded."""
        return self.instrument.lots_to_qty_c(self.volume_lots)

    @property
    def buy_volume(self):
        """Quantity bought by aggressors."""
        return self.instrument.lots_to_qty_c(self.buy_volume_lots)

    def __repr__(self):
        return (f"Candle({readable(self.instrument.symbol)}, open={self.open}, high={self.high}, low={self.low}, "
                f"close={self.close}, volume={self.volume})")

    def __reduce__(self):
        return _candle, (self.instrument, self.interval_ns, self.ts_open, self.ts_close, self.open_ticks,
                         self.high_ticks, self.low_ticks, self.close_ticks, self.volume_lots, self.buy_volume_lots,
                         self.trades)


@cython.final
cdef class Funding:
    """Funding paid at this instant: longs pay `rate` of the position's value at `mark_price` to shorts.

    Attributes
    ----------
    instrument : Instrument
        The instrument that it is about; it gives the grid of ticks and lots.
    ts_event : int
        When it happened: ns since 1970-01-01 UTC, the venue's clock.
    ts_recv : int
        When it was received: ns since 1970-01-01 UTC, the local clock.
    mark_price : float
        The venue's mark price that the payment is computed from, quote currency.
    rate : float
        Fraction of the position's value that longs pay to shorts; negative when shorts pay.
    """

    def __repr__(self):
        return f"Funding({readable(self.instrument.symbol)}, rate={self.rate}, mark_price={self.mark_price})"

    def __reduce__(self):
        return _funding, (self.instrument, self.ts_event, self.ts_recv, self.mark_price, self.rate)


@cython.final
cdef class Gap:
    """The feed lost messages: the book is stale until the next snapshot.

    Attributes
    ----------
    instrument : Instrument
        The instrument that it is about; it gives the grid of ticks and lots.
    ts_event : int
        When it happened: ns since 1970-01-01 UTC, the venue's clock.
    ts_recv : int
        When it was received: ns since 1970-01-01 UTC, the local clock.
    missing_id : int
        First update id that is missing, 0 when it is unknown.
    """

    def __repr__(self):
        return f"Gap({readable(self.instrument.symbol)}, ts_recv={self.ts_recv})"

    def __reduce__(self):
        return _gap, (self.instrument, self.ts_event, self.ts_recv, self.missing_id)


@cython.final
cdef class Timer:
    """A timer that is due.

    Attributes
    ----------
    id : int
        Number that `Strategy.at`, `after` and `every` return, for `cancel_timer`.
    ts : int
        When it was due: ns since 1970-01-01 UTC, the local clock.
    interval_ns : int
        Interval of a periodic timer in ns, 0 for one that fires once.
    name : str
        Name that the strategy gave it.
    """

    def __repr__(self):
        return f"Timer({self.name!r}, ts={self.ts})"

    def __reduce__(self):
        return _timer, (self.id, self.ts, self.interval_ns, self.name)


@cython.final
cdef class Signal:
    """A named value that a strategy published.

    Attributes
    ----------
    name : str
        Name of the signal.
    value : object
        The published value.
    ts : int
        When it was published: ns since 1970-01-01 UTC, the local clock.
    strategy : str or None
        Name of the strategy that published it, None when the publisher is not a strategy.
    """

    def __repr__(self):
        return f"Signal({self.name!r}, {self.value!r})"

    def __reduce__(self):
        return _signal, (self.name, self.value, self.ts, self.strategy)


# ------------------------------------------------------------------ unpickling

def _trade(Instrument instrument not None, int64_t ts_event, int64_t ts_recv, int64_t price_ticks, int64_t qty_lots,
           int64_t trade_id, uint8_t side, bint is_off_book):
    cdef Trade made = Trade.__new__(Trade)
    if side > VEL_NO_SIDE:
        raise InvalidArgument(f"a trade has no side {side}")
    made.instrument = instrument
    made.ts_event = ts_event
    made.ts_recv = ts_recv
    made.price_ticks = price_ticks
    made.qty_lots = qty_lots
    made.trade_id = trade_id
    made._side = side
    made.is_off_book = is_off_book
    return made


def _quote(Instrument instrument not None, int64_t ts_event, int64_t ts_recv, int64_t bid_ticks, int64_t ask_ticks,
           int64_t bid_lots, int64_t ask_lots):
    cdef Quote made = Quote.__new__(Quote)
    made.instrument = instrument
    made.ts_event = ts_event
    made.ts_recv = ts_recv
    made.bid_ticks = bid_ticks
    made.ask_ticks = ask_ticks
    made.bid_lots = bid_lots
    made.ask_lots = ask_lots
    return made


def _candle(Instrument instrument not None, int64_t interval_ns, int64_t ts_open, int64_t ts_close, int64_t open_ticks,
            int64_t high_ticks, int64_t low_ticks, int64_t close_ticks, int64_t volume_lots,
            int64_t buy_volume_lots, int64_t trades):
    cdef Candle made = Candle.__new__(Candle)
    made.instrument = instrument
    made.interval_ns = interval_ns
    made.ts_open = ts_open
    made.ts_close = ts_close
    made.open_ticks = open_ticks
    made.high_ticks = high_ticks
    made.low_ticks = low_ticks
    made.close_ticks = close_ticks
    made.volume_lots = volume_lots
    made.buy_volume_lots = buy_volume_lots
    made.trades = trades
    return made


def _funding(Instrument instrument not None, int64_t ts_event, int64_t ts_recv, double mark_price, double rate):
    cdef Funding made = Funding.__new__(Funding)
    made.instrument = instrument
    made.ts_event = ts_event
    made.ts_recv = ts_recv
    made.mark_price = mark_price
    made.rate = rate
    return made


def _gap(Instrument instrument not None, int64_t ts_event, int64_t ts_recv, int64_t missing_id):
    cdef Gap made = Gap.__new__(Gap)
    made.instrument = instrument
    made.ts_event = ts_event
    made.ts_recv = ts_recv
    made.missing_id = missing_id
    return made


def _timer(int64_t id, int64_t ts, int64_t interval_ns, str name):
    cdef Timer made = Timer.__new__(Timer)
    made.id = id
    made.ts = ts
    made.interval_ns = interval_ns
    made.name = name
    return made


def _signal(str name, object value, int64_t ts, str strategy):
    cdef Signal made = Signal.__new__(Signal)
    made.name = name
    made.value = value
    made.ts = ts
    made.strategy = strategy
    return made


for _cls in (Trade, Quote, Candle, Funding, Gap, Timer, Signal):
    seal(_cls)
del _cls
