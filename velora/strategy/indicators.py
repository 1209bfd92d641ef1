"""Indicators fed by a run: by candles, trades, quotes, book updates, or the values of other indicators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from velora.core.book import OrderBookL2
from velora.core.clock import DurationLike, duration_ns
from velora.core.context import Context
from velora.core.events import Side
from velora.core.instrument import Instrument
from velora.core.market import Candle, Quote, Trade
from velora.errors import InvalidArgument
from velora.strategy.history import Histories, History

__all__ = ["Feedable", "Indicators"]

_Where = str | Instrument
_Row = tuple[float, ...]

#: Inputs of an indicator that an event without a candle answers with its price.
_PRICES = ("close", "open", "high", "low", "x", "price", "mid")


class Feedable(Protocol):
    """An indicator of `velora.ta`, compiled or a user's own."""

    @property
    def kind(self) -> Any: ...
    @property
    def value(self) -> Any: ...
    @property
    def update(self) -> Callable[..., Any]: ...
    def extend(self, *columns: Any) -> Any: ...


_I = TypeVar("_I", bound=Feedable)


def _trade_row(trade: Trade, name: str) -> float:
    if name in _PRICES:
        return trade.price
    if name in ("volume", "qty"):
        return trade.qty
    if name == "side":
        return {Side.BUY: 1.0, Side.SELL: -1.0}.get(trade.aggressor_side, 0.0)
    return float(trade.ts_recv)


def _quote_row(quote: Quote, name: str) -> float | None:
    return quote.mid if name in _PRICES else getattr(quote, _QUOTE_INPUTS[name])


#: Inputs that each source has besides prices, and the attribute of the event.
_TRADE_INPUTS = ("volume", "qty", "side", "ts")
_QUOTE_INPUTS = {"bid": "bid", "ask": "ask", "bid_qty": "bid_qty", "ask_qty": "ask_qty", "ts": "ts_recv"}
_BOOK_INPUTS = {
    "bid": "best_bid",
    "ask": "best_ask",
    "bid_qty": "best_bid_qty",
    "ask_qty": "best_ask_qty",
    "ts": "now",  # of the context: a book has no time of receipt of its own
}
_CANDLE_INPUTS = {
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "volume": "volume",
    "x": "close",
    "price": "close",
    "mid": "close",
    "qty": "volume",
    "buy_volume": "buy_volume",
    "ts": "ts_close",
}


class _Node:
    """An attached indicator, and the ones that its values feed."""

    __slots__ = ("followers", "indicator", "past", "update")

    def __init__(self, indicator: Feedable) -> None:
        self.indicator = indicator
        self.update = indicator.update
        self.followers: list[tuple[_Node, Callable[[Any], float]]] = []
        #: Outputs over the warm-up, for indicators that are attached to this one.
        self.past: Any = None

    def push(self, row: Sequence[float]) -> None:
        value = self.update(*row)
        if value is not None:
            for node, pick in self.followers:
                node.push((pick(value),))


class Indicators:
    """The component of a strategy that feeds indicators before the strategy's own hooks are called.

    Parameters
    ----------
    context : Context
    histories : Histories
        Gives the candles and trades of a warm-up.
    """

    def __init__(self, context: Context, histories: Histories) -> None:
        self._context = context
        self._histories = histories
        self._nodes: dict[int, _Node] = {}

    def attach(
        self,
        indicator: _I,
        on: _Where | Feedable | Sequence[_Where],
        every: DurationLike | None,
        output: str | None,
        value: Callable[[Any], Any] | None,
        closed: str,
    ) -> _I:
        """Attach an indicator; see `Strategy.indicator`."""
        if not callable(getattr(indicator, "update", None)) or not hasattr(indicator, "kind"):
            raise InvalidArgument(f"an indicator is an object of velora.ta, such as ta.RSI(14), was {indicator!r}")
        if id(indicator) in self._nodes:
            raise InvalidArgument(f"{indicator!r} is attached already; make another one for another source")
        node = _Node(indicator)
        if not isinstance(on, str | Instrument) and hasattr(on, "kind"):
            if every is not None or value is not None:
                raise InvalidArgument("an indicator on another one is updated with it: leave out every and value")
            self._follow(node, on, output)
        elif output is not None:
            raise InvalidArgument("output names one of several values of another indicator; `on` is no indicator")
        elif isinstance(on, str | Instrument):
            self._feed(node, self._context.instrument(on), every, value, closed)
        else:
            self._feed_pair(node, [self._context.instrument(one) for one in on], every, closed)
        self._nodes[id(indicator)] = node
        return indicator

    def _names(self, node: _Node) -> tuple[str, ...]:
        names: tuple[str, ...] = node.indicator.kind.inputs
        return names

    # ------------------------------------------------------------------ on another indicator

    def _follow(self, node: _Node, parent: Any, output: str | None) -> None:
        above = self._nodes.get(id(parent))
        if above is None:
            raise InvalidArgument(f"attach {parent!r} first: its values feed this indicator")
        names = [one.name for one in parent.kind.outputs]
        if len(self._names(node)) != 1:
            raise InvalidArgument(f"{node.indicator!r} has several inputs; only one can come from another indicator")
        if len(names) > 1 and output not in names:
            raise InvalidArgument(f"{parent!r} has several outputs: set output to one of {', '.join(names)}")
        if len(names) == 1 and output not in (None, names[0]):
            raise InvalidArgument(f"{parent!r} has the output {names[0]} alone, was {output!r}")
        at = names.index(output) if output is not None and len(names) > 1 else 0
        above.followers.append((node, (lambda found: found[at]) if len(names) > 1 else float))
        if above.past is not None:
            past = above.past[at] if len(names) > 1 else above.past
            self._extend(node, [past[np.isfinite(past)]])

    # ------------------------------------------------------------------ on an instrument

    def _feed(
        self, node: _Node, one: Instrument, every: DurationLike | None, value: Callable[[Any], Any] | None, closed: str
    ) -> None:
        if every in (None, "trade"):
            row = self._row(node, value, "trade", _TRADE_INPUTS, _trade_row)
            self._extend_trades(node, one, value)
            self._listen("on_trade", node, one, row)
        elif every == "quote":
            self._listen("on_quote", node, one, self._row(node, value, "quote", _QUOTE_INPUTS, _quote_row))
        elif every == "book":
            self._listen("on_book", node, one, self._row(node, value, "book", _BOOK_INPUTS, self._book_row))
        else:
            assert every is not None
            interval_ns = duration_ns(every, "every")
            row = self._candle_row(node, value)
            self._context.subscribe_candles(one, interval_ns, closed)
            history = self._history()
            if history is not None:
                rows = [row(candle) for candle in history.candles(one, interval_ns, closed=closed)]
                self._extend(node, list(np.array(rows, np.float64).reshape(len(rows), -1).T) if rows else [])

            def on_candle(candle: Candle) -> None:
                if candle.interval_ns == interval_ns:
                    node.push(row(candle))

            self._context.subscribe_hook("on_candle", on_candle, [one], first=True)

    def _book_row(self, book: OrderBookL2, name: str) -> Any:
        if name == "ts":
            return float(self._context.now)
        return book.mid if name in _PRICES else getattr(book, _BOOK_INPUTS[name])

    def _row(
        self,
        node: _Node,
        value: Callable[[Any], Any] | None,
        source: str,
        known: Sequence[str] | dict[str, str],
        read: Callable[[Any, str], float | None],
    ) -> Callable[[Any], _Row | None]:
        """How an event becomes a row of the indicator; None where the event lacks a value."""
        if value is not None:
            return self._given_row(node, value)
        names = self._names(node)
        for name in names:
            if name not in _PRICES and name not in known:
                raise InvalidArgument(
                    f"{node.indicator!r} has the input {name}, which a {source} does not have: use value="
                )
        if len(names) == 1:
            only = names[0]

            def single(event: Any) -> _Row | None:
                found = read(event, only)
                return None if found is None else (found,)

            return single

        def several(event: Any) -> _Row | None:
            row = tuple([read(event, name) for name in names])
            return None if None in row else row  # type: ignore[return-value]

        return several

    def _given_row(self, node: _Node, value: Callable[[Any], Any]) -> Callable[[Any], _Row | None]:
        count = len(self._names(node))

        def given(event: Any) -> _Row | None:
            found = value(event)
            if found is None:
                return None
            row = tuple(found) if isinstance(found, tuple | list) else (found,)
            if len(row) != count:
                raise InvalidArgument(f"{node.indicator!r} has {count} inputs, value gave {len(row)}")
            return row

        return given

    def _candle_row(self, node: _Node, value: Callable[[Any], Any] | None) -> Callable[[Candle], _Row]:
        if value is not None:
            given = self._given_row(node, value)

            def whole(candle: Candle) -> _Row:
                row = given(candle)
                if row is None:
                    raise InvalidArgument(f"value gave nothing for a candle of {node.indicator!r}")
                return row

            return whole
        names = self._names(node)
        for name in names:
            if name not in _CANDLE_INPUTS:
                raise InvalidArgument(
                    f"{node.indicator!r} has the input {name}, which a candle does not have: use value="
                )
        read: Callable[[Candle], Any] = attrgetter(*[_CANDLE_INPUTS[name] for name in names])
        return (lambda candle: (read(candle),)) if len(names) == 1 else read

    def _listen(self, hook: str, node: _Node, one: Instrument, row: Callable[[Any], _Row | None]) -> None:
        def on_event(event: Any) -> None:
            found = row(event)
            if found is not None:
                node.push(found)

        self._context.subscribe_hook(hook, on_event, [one], first=True)

    # ------------------------------------------------------------------ on two instruments

    def _feed_pair(self, node: _Node, pair: list[Instrument], every: DurationLike | None, closed: str) -> None:
        """The closes of candles that end together."""
        if len(pair) != len(self._names(node)) or len(pair) < 2:
            raise InvalidArgument(
                f"{node.indicator!r} has {len(self._names(node))} inputs, `on` names {len(pair)} instruments"
            )
        if every is None or every in ("trade", "quote", "book"):
            raise InvalidArgument("an indicator on several instruments takes the closes of candles: set every")
        interval_ns = duration_ns(every, "every")
        closes: dict[int, float] = {}
        ts_last = 0

        def on_candle(candle: Candle) -> None:
            nonlocal ts_last
            if candle.interval_ns != interval_ns:
                return
            if candle.ts_close != ts_last:
                closes.clear()
                ts_last = candle.ts_close
            closes[id(candle.instrument)] = candle.close
            if len(closes) == len(pair):
                node.push([closes[id(one)] for one in pair])

        history = self._history()
        if history is not None:
            found = [{c.ts_close: c.close for c in history.candles(one, interval_ns, closed=closed)} for one in pair]
            common = sorted(set.intersection(*[set(one) for one in found]))
            self._extend(node, [np.array([one[ts] for ts in common]) for one in found])
        for one in pair:
            self._context.subscribe_candles(one, interval_ns, closed)
        self._context.subscribe_hook("on_candle", on_candle, pair, first=True)

    # ------------------------------------------------------------------ the warm-up

    def _history(self) -> History | None:
        return self._histories.history if self._context.has_fresh_history else None

    def _extend(self, node: _Node, columns: list[NDArray[np.float64]]) -> None:
        if columns and len(columns[0]):
            node.past = node.indicator.extend(*columns)

    def _extend_trades(self, node: _Node, one: Instrument, value: Callable[[Any], Any] | None) -> None:
        history = self._history()
        if history is None or value is not None:
            return
        trades = history.trades(one)
        columns = []
        for name in self._names(node):
            if name in _PRICES:
                columns.append(trades.price_ticks.astype(np.float64) * one.tick_num / one.tick_den)
            elif name in ("volume", "qty"):
                columns.append(trades.qty_lots.astype(np.float64) * one.lot_num / one.lot_den)
            elif name == "side":
                is_sell = trades.side == int(Side.SELL)
                columns.append(np.where(trades.side == int(Side.BUY), 1.0, np.where(is_sell, -1.0, 0.0)))
            else:
                columns.append(trades.ts.astype(np.float64))
        self._extend(node, columns)
