"""The past of a market: what a warm-up collected, and rings of the last candles."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from velora.core.clock import duration_ns, format_duration
from velora.core.instrument import Instrument
from velora.core.market import Candle, Trade
from velora.errors import InvalidArgument, UnknownInstrument
from velora.strategy.state import Stateful

__all__ = ["Histories", "History", "Trades"]

_Where = str | Instrument
_Duration = str | int | timedelta
_Maker = Callable[..., list[Candle]]


class Trades(NamedTuple):
    """Trades of one instrument in the order of receipt: (n,) arrays."""

    #: ns of receipt.
    ts: NDArray[np.int64]
    price_ticks: NDArray[np.int64]
    qty_lots: NDArray[np.int64]
    #: `Side` of the aggressor.
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

    def candles(self, instrument: _Where, interval: _Duration, *, closed: str = "left") -> list[Candle]:
        """Whole candles of an instrument, oldest first; `closed` as of `subscribe_candles`."""
        trades = self.trades(instrument)
        return self._make_candles(
            self._instrument(instrument), duration_ns(interval), *trades, self.ts_begin, self.ts_end, closed
        )


class Histories(Stateful):
    """The part of `velora.Strategy` that looks back."""

    _rings: dict[tuple[int, int], deque[Candle]] | None = None
    _history: History | None = None
    _is_warming = False
    _refused = ("buy", "sell", "quote", "amend", "target", "close", "follow", "scale", "bracket", "execute")

    def on_warmup(self, history: History) -> None:
        """The warm-up is over and trading begins with `on_start`; orders are refused here."""

    def _warm_up(self, history: History) -> None:
        """Called by the engine between the warm-up and `on_start`."""
        self._history = history

        def refuse(*_: Any, **__: Any) -> None:
            raise InvalidArgument("no orders during the warm-up: trading begins with on_start")

        for name in self._refused:
            setattr(self, name, refuse)
        self._is_warming = True
        try:
            self.on_warmup(history)
        finally:
            self._is_warming = False
            for name in self._refused:
                delattr(self, name)

    def subscribe_candles(
        self,
        instrument: _Where,
        interval: _Duration,
        *more: _Duration,
        keep: int = 1_000,
        closed: str = "left",
    ) -> None:
        """Receive `on_candle` at the end of each interval, such as ``"1m"``; intervals start at its multiples.

        Parameters
        ----------
        instrument : str or Instrument
        interval, *more : str, int or timedelta
            Of several that end together the longest is received first: when the candle of a minute comes, that of the
            hour which ended with it is there.
        keep : int
            How many of the last candles `candles` can give; those of a warm-up are among them when this is called in
            `on_start`, and the candle in progress goes on from it.
        closed : {"left", "right"}
            An interval is [start, end), as venues' klines have it: a trade at the boundary belongs to the candle that
            opens there. With "right" it is (start, end].
        """
        if keep < 1:
            raise InvalidArgument(f"keep must be at least 1, was {keep}")
        one = self.instrument(instrument)
        if self._rings is None:
            self._rings = {}
            self._context.subscribe_hook("on_candle", self._keep_candle, first=True)
        for interval_ns in sorted({duration_ns(each) for each in (interval, *more)}, reverse=True):
            super().subscribe_candles(one, interval_ns, closed=closed)
            ring = self._rings.get((id(one), interval_ns))
            if ring is None or ring.maxlen != keep:
                past = ring if ring is not None else ()
                if ring is None and self._history is not None and self._context.has_fresh_history:
                    past = deque(self._history.candles(one, interval_ns, closed=closed))
                self._rings[id(one), interval_ns] = deque(past, maxlen=keep)

    def _keep_candle(self, candle: Candle) -> None:
        assert self._rings is not None
        ring = self._rings.get((id(candle.instrument), candle.interval_ns))
        if ring is not None:
            ring.append(candle)

    def candles(self, instrument: _Where, interval: _Duration, n: int | None = None) -> list[Candle]:
        """The last `n` candles of an interval that was subscribed to, oldest first; all that are kept without `n`."""
        interval_ns = duration_ns(interval)
        one = self.instrument(instrument)
        ring = None if self._rings is None else self._rings.get((id(one), interval_ns))
        if ring is None:
            raise InvalidArgument(
                f"candles of {format_duration(interval_ns)} of {one.symbol} are kept from subscribe_candles on"
            )
        if n is None or n >= len(ring):
            return list(ring)
        if n < 0:
            raise InvalidArgument(f"n must be at least 0, was {n}")
        return [ring[at] for at in range(len(ring) - n, len(ring))]
