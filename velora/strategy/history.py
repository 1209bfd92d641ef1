"""The past of a market: what a warm-up collected, and rings of the last candles."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import DurationLike, duration_ns, format_duration
from velora.core.context import Context
from velora.core.instrument import Instrument
from velora.core.market import Candle, Trade
from velora.errors import InvalidArgument, UnknownInstrument

__all__ = ["Histories", "History", "Trades"]

_Where = str | Instrument
_Maker = Callable[..., list[Candle]]


class Trades(NamedTuple):
    """Trades of one instrument in the order of receipt: (n,) arrays.

    Attributes
    ----------
    ts : (n,) int64 array
        When each trade was received: ns since 1970-01-01 UTC, the local clock.
    price_ticks : (n,) int64 array
        Prices in ticks.
    qty_lots : (n,) int64 array
        Quantities in lots.
    side : (n,) int64 array
        `Side` of each aggressor.
    """

    ts: NDArray[np.int64]
    price_ticks: NDArray[np.int64]
    qty_lots: NDArray[np.int64]
    side: NDArray[np.int64]


class History:
    """Trades of a warm-up, and candles made of them as a run makes them.

    Parameters
    ----------
    instruments : list of Instrument
    make_candles : callable
        `velora.engine.candles.make_candles`.
    """

    def __init__(self, instruments: list[Instrument], make_candles: _Maker) -> None:
        self.instruments = instruments
        #: ns: the first row of the data, and the end of the warm-up.
        self.ts_begin = 0
        self.ts_end = 0
        self._make_candles = make_candles
        self._columns: dict[int, tuple[array[int], ...]] = {
            id(one): tuple(array("q") for _ in Trades._fields) for one in instruments
        }

    def __getstate__(self) -> dict[str, Any]:
        columns = [self._columns[id(one)] for one in self.instruments]
        return {**self.__dict__, "_columns": columns}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # The columns are found by the instruments' identities, which differ in a copy.
        self._columns = {id(one): column for one, column in zip(self.instruments, state["_columns"], strict=True)}

    def add(self, trade: Trade) -> None:
        """Add a trade; those outside of the order book are left out, as candles leave them out."""
        if trade.is_off_book:
            return
        ts, price, qty, side = self._columns[id(trade.instrument)]
        ts.append(trade.ts_recv)
        price.append(trade.price_ticks)
        qty.append(trade.qty_lots)
        side.append(int(trade.aggressor_side))

    def _instrument(self, where: _Where) -> Instrument:
        for one in self.instruments:
            if where in (one.symbol, f"{one.symbol}@{one.venue}") or one is where or one == where:
                return one
        known = ", ".join(one.symbol for one in self.instruments)
        raise UnknownInstrument(f"the history has no instrument {where!r}; it has {known}")

    def trades(self, instrument: _Where) -> Trades:
        """Trades of an instrument."""
        columns = self._columns[id(self._instrument(instrument))]
        return Trades._make(np.array(column, np.int64) for column in columns)

    def candles(self, instrument: _Where, interval: DurationLike, *, closed: str = "left") -> list[Candle]:
        """Whole candles of an instrument, oldest first; `closed` as of `subscribe_candles`."""
        trades = self.trades(instrument)
        return self._make_candles(
            self._instrument(instrument), duration_ns(interval, "interval"), *trades, self.ts_begin, self.ts_end, closed
        )


class Histories:
    """The component of a strategy that keeps the last candles, those of a warm-up included.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rings: dict[tuple[int, int], deque[Candle]] = {}
        #: Of the warm-up; None without one.
        self.history: History | None = None

    def subscribe(self, instrument: _Where, intervals: Sequence[DurationLike], keep: int, closed: str) -> None:
        """Subscribe to candles and keep the last ones; see `Strategy.subscribe_candles`."""
        if keep < 1:
            raise InvalidArgument(f"keep must be at least 1, was {keep}")
        context = self._context
        one = context.instrument(instrument)
        if not self._rings:
            context.subscribe_hook("on_candle", self._keep, first=True)
        for interval_ns in sorted({duration_ns(each, "interval") for each in intervals}, reverse=True):
            context.subscribe_candles(one, interval_ns, closed)
            ring = self._rings.get((id(one), interval_ns))
            if ring is None or ring.maxlen != keep:
                past = ring if ring is not None else ()
                if ring is None and self.history is not None and context.has_fresh_history:
                    past = deque(self.history.candles(one, interval_ns, closed=closed))
                self._rings[id(one), interval_ns] = deque(past, maxlen=keep)

    def _keep(self, candle: Candle) -> None:
        ring = self._rings.get((id(candle.instrument), candle.interval_ns))
        if ring is not None:
            ring.append(candle)

    def candles(self, instrument: _Where, interval: DurationLike, n: int | None) -> list[Candle]:
        """The last `n` candles of an interval; see `Strategy.candles`."""
        interval_ns = duration_ns(interval, "interval")
        one = self._context.instrument(instrument)
        ring = self._rings.get((id(one), interval_ns))
        if ring is None:
            raise InvalidArgument(
                f"candles of {format_duration(interval_ns)} of {one.symbol} are kept from subscribe_candles on"
            )
        if n is None or n >= len(ring):
            return list(ring)
        if n < 0:
            raise InvalidArgument(f"n must be at least 0, was {n}")
        return [ring[at] for at in range(len(ring) - n, len(ring))]
