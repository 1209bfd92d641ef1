"""What reaches a strategy from the market: trades, quotes, candles, funding, gaps, timers and signals.

An object given to a callback is used again for the next event if nobody holds it, and left alone if somebody does: keep
one and it stays as it is.
"""

cimport cython

from velora.core._c cimport VEL_BUY

from velora.core.events import Side
from velora.core.terminal import readable

cdef tuple _SIDES = (Side.BUY, Side.SELL, Side.NONE)


@cython.final
cdef class Trade:
    """One trade; `price` and `qty` are floats for reading, `price_ticks` and `qty_lots` the truth."""

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
        """Side of the order that took liquidity: Side.BUY, Side.SELL, or Side.NONE when the feed does not say."""
        return _SIDES[self._side]

    @property
    def is_buy(self):
        """Whether a buyer was the aggressor."""
        return self._side == VEL_BUY

    def __repr__(self):
        return f"Trade({readable(self.instrument.symbol)}, {self.aggressor_side.name} {self.qty} @ {self.price})"


@cython.final
cdef class Quote:
    """Best bid and ask with their quantities.

    From the venue's quote stream where the data has one, else from the top of the book after each update that changed
    it. A side of quantity 0 is empty: it has no price, and `bid_ticks` or `ask_ticks` mean nothing.
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


@cython.final
cdef class Candle:
    """Open, high, low, close and volume of the trades received in one interval of the local clock.

    An interval without trades carries the last close in all four prices and no volume.
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
        """Quantity taken by buyers."""
        return self.instrument.lots_to_qty_c(self.buy_volume_lots)

    def __repr__(self):
        return (f"Candle({readable(self.instrument.symbol)}, open={self.open}, high={self.high}, low={self.low}, "
                f"close={self.close}, volume={self.volume})")


@cython.final
cdef class Funding:
    """Funding is paid at this instant: longs pay `rate` of the position's value at `mark_price` to shorts."""

    def __repr__(self):
        return f"Funding({readable(self.instrument.symbol)}, rate={self.rate}, mark_price={self.mark_price})"


@cython.final
cdef class Gap:
    """The feed lost something: the book is stale until the next snapshot."""

    def __repr__(self):
        return f"Gap({readable(self.instrument.symbol)}, ts_recv={self.ts_recv})"


@cython.final
cdef class Timer:
    """A timer that is due."""

    def __repr__(self):
        return f"Timer({self.name!r}, ts={self.ts})"


@cython.final
cdef class Signal:
    """A named value that a strategy published."""

    def __repr__(self):
        return f"Signal({self.name!r}, {self.value!r})"
